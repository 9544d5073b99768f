//! How a target holds events: columns, their types and collations, the record of an event, and the
//! assumptions under which a query means what its rule means.
//!
//! Readers, backends and verification share this description. A storage says what inserting or indexing
//! an event does (`record`); what a query means is said about records (`bind` leads from one to the other). An
//! [`Assumption`] is a named predicate on (event, record) with the reason why it was needed; the list is closed
//! ([`Name`]). Deliberately absent: query text, and schema files (each language reads its own).

mod assumption;
mod bind;
mod record;

pub use assumption::{Assumption, Name};
pub use bind::{Unbound, UnboundTest, sees_numbers};
pub use record::Recorder;

use crate::ir::Case;
use serde::Deserialize;

/// How a target holds events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The table or index that queries name; `None` accepts any one.
    pub table: Option<String>,
    /// How names of columns compare.
    pub names: Names,
    /// The columns.
    pub columns: Columns,
    /// The column that holds the unparsed text of the event, if the user named one: keywords search it.
    pub raw: Option<String>,
}

/// How names of columns compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// Exactly.
    Sensitive,
    /// Ignoring the case of ASCII letters.
    IgnoreCase,
}

/// The columns of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// Every name is a column of this type.
    Open(ColumnType),
    /// These and no others.
    Listed(Vec<Column>),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as declared.
    pub name: String,
    /// The type.
    pub kind: ColumnType,
}

/// The type of a column: one nullable scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    /// What becomes of a value that is put in.
    pub affinity: Affinity,
    /// How letters compare in `=`, `<` and lists.
    pub compares: Case,
}

/// What becomes of a value that is put into a column (SQLite, "Datatypes", section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// Numbers become texts.
    Text,
    /// Texts that look like numbers become numbers; a fraction of zero is dropped.
    Integer,
    /// As `Integer`.
    Numeric,
    /// Texts that look like numbers become numbers, all of them floating point.
    Real,
    /// Values stay as they are.
    Untyped,
}

impl Storage {
    /// The column that a name denotes: its key in records, and its type. `None` where a listed storage has
    /// no such column. Keys of an open storage that ignores case are lower case.
    pub fn column(&self, name: &str) -> Option<(String, ColumnType)> {
        match &self.columns {
            Columns::Open(kind) => Some((self.key(name), *kind)),
            Columns::Listed(columns) => {
                columns.iter().find(|column| self.same_name(&column.name, name)).map(|column| (self.key(&column.name), column.kind))
            }
        }
    }

    fn key(&self, name: &str) -> String {
        match self.names {
            Names::Sensitive => name.to_owned(),
            Names::IgnoreCase => name.to_ascii_lowercase(),
        }
    }

    /// Whether two names denote the same column.
    pub fn same_name(&self, a: &str, b: &str) -> bool {
        match self.names {
            Names::Sensitive => a == b,
            Names::IgnoreCase => a.eq_ignore_ascii_case(b),
        }
    }
}
