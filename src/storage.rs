//! How a target holds events: columns, their types and collations, the record of an event, and the
//! assumptions under which a query means what its rule means.
//!
//! Readers, backends and verification share this description. A storage says what inserting or indexing
//! an event does (`record`); what a query means is said about records (`bind` leads from one to the other). An
//! [`Assumption`] is a named predicate on (event, record) with the reason why it was needed; the list is closed
//! ([`Name`]). Deliberately absent: query text, and schema files (each language reads its own).

mod assumption;
mod bind;
mod column;
mod index;
mod record;

pub use assumption::{Assumption, Name};
pub use bind::{Unbound, UnboundTest, sees_numbers};
pub use column::{Affinity, Column, ColumnKey, ColumnType, Content, Extracted, Holds, IndexKind, Indexed, Values, View};
pub use record::Recorder;

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
    /// The column that holds the unparsed text of the event, if there is one: keywords search it.
    pub raw: Option<String>,
    /// The type that a column of no declared type is taken to have where a rule compares it with networks,
    /// under `ip-mapped`.
    pub networks: Option<ColumnType>,
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
pub struct Columns {
    /// Those that are known by name.
    pub listed: Vec<Column>,
    /// The type of every other name; `None` where there are no others.
    pub others: Option<ColumnType>,
}

impl Columns {
    /// Every name is a column of this type.
    pub fn open(others: ColumnType) -> Self {
        Self { listed: Vec::new(), others: Some(others) }
    }

    /// These and no others.
    pub fn listed(listed: Vec<Column>) -> Self {
        Self { listed, others: None }
    }
}

impl Storage {
    /// The column that a name in a query denotes: its key in records, and its type. `None` where there is no
    /// such column. Keys of a storage that ignores case are lower case.
    pub fn column(&self, name: &str) -> Option<(String, ColumnType)> {
        let listed = self.columns.listed.iter().find(|column| self.same_name(&column.name, name));
        match (listed, self.columns.others) {
            (Some(column), _) => Some((self.key(&column.name), column.kind)),
            (None, Some(kind)) => Some((self.key(name), kind)),
            (None, None) => None,
        }
    }

    /// The name of the column on which a rule's field is tested: its own, unless only another column, filled
    /// by the same field, holds its texts whole (a multi-field `f.keyword` of a text field `f`).
    pub fn tested<'s>(&'s self, field: &'s str) -> &'s str {
        let is_whole = |column: &Column| match column.kind.holds {
            Holds::Indexed(indexed) => indexed.is_whole_text(),
            Holds::Scalar(_) | Holds::Extracted(_) | Holds::Event => true,
        };
        let is_words = |column: &&Column| {
            column.name == field && matches!(column.kind.holds, Holds::Indexed(Indexed { kind: IndexKind::Analyzed, .. }))
        };
        if !self.columns.listed.iter().any(|column| is_words(&column)) {
            return field;
        }
        let whole = self.columns.listed.iter().filter(|column| column.source == field && is_whole(column));
        whole.min_by_key(|column| column.kind.holds.key()).map_or(field, |column| &column.name)
    }

    /// The field of events that fills the column of this key.
    fn source<'s>(&'s self, key: &'s str) -> &'s str {
        self.columns.listed.iter().find(|column| self.key(&column.name) == key).map_or(key, |column| &column.source)
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
