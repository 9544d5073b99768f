//! Readers: the text of a query back into its meaning, each language by its own grammar and its target's
//! own semantics.
//!
//! Contract: a [`Reading`] says for every record of the storage what the target's engine would say, within
//! the assumptions that it lists. A text that the engine would reject is `query_invalid`; a construct that a
//! reader does not know, or whose meaning the target leaves open, is `query_unread`; nothing is dropped.
//! Deliberately absent: everything that writes queries. Readers share no code with backends.

mod elastic;
pub mod envelope;
pub mod kql;
pub mod spl;
pub mod sql;

use self::sql::relation::Relation;
use crate::diag::{Code, Diagnostic};
use crate::ir::Expr;
use crate::source::{Place, Source};
use crate::storage::{Assumption, Storage};

/// What a query means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The formula over records: field names are keys of [`crate::storage::Storage::column`].
    pub expr: Expr,
    /// What must hold of a record for the formula to be what the engine says, in order, each once.
    pub assumptions: Vec<Assumption>,
    /// What the text says that is no condition on events, each with its place: which source is searched, what
    /// is shown, in which order. It is named and takes no part in comparing.
    pub set_apart: Vec<Diagnostic>,
}

/// A reader of one language, in one dialect.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// SQL.
    Sql(&'static sql::Dialect),
    /// Splunk's search processing language.
    Spl,
    /// Kibana's query language.
    Kql,
}

/// The reader of a language and dialect, by the names that descriptors use.
pub fn reader(language: &str, dialect: Option<&str>) -> Option<Reader> {
    match (language, dialect) {
        ("sql", Some("sqlite")) => Some(Reader::Sql(&sql::SQLITE)),
        ("spl", None) => Some(Reader::Spl),
        ("kql", None) => Some(Reader::Kql),
        (_, Some(_) | None) => None,
    }
}

impl Reader {
    /// What a query means on a storage.
    ///
    /// # Errors
    /// `query_invalid` or `query_unread`, at its place in the text.
    pub fn read(self, text: &str, storage: &Storage) -> Result<Reading, Diagnostic> {
        match self {
            Self::Sql(dialect) => sql::read(text, storage, dialect),
            Self::Spl => spl::read(text, storage),
            Self::Kql => kql::read(text, storage),
        }
    }

    /// What a query that counts over several records means on a storage.
    ///
    /// # Errors
    /// As [`Reader::read`]; and in a language of which only conditions on single records are read.
    pub fn read_relation(self, query: &Source, storage: &Storage) -> Result<Relation, Diagnostic> {
        let unread = || {
            Diagnostic::error(
                Code::QueryUnread,
                Place::on_line(1, 1, 0),
                "a query over several events, in a language of which only conditions are read",
            )
        };
        match self {
            Self::Sql(dialect) => sql::relation::read(query, storage, dialect),
            Self::Spl | Self::Kql => Err(unread()),
        }
    }

    /// The storage that a schema describes.
    ///
    /// # Errors
    /// `invalid_schema`, at its place in the text.
    pub fn schema(self, text: &str) -> Result<Storage, Diagnostic> {
        match self {
            Self::Sql(dialect) => sql::schema(text, dialect),
            Self::Spl => spl::schema(text),
            Self::Kql => kql::schema(text),
        }
    }
}
