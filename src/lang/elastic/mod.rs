//! What the query languages of one index share: its mapping, and what a request on a field means by its type.
//!
//! Sources: the Elasticsearch reference ("Mapping", "Field data types", "Query DSL") and verdicts recorded from
//! engines. Each language has its own grammar and decides itself which request a text becomes. Deliberately
//! absent: all grammars of queries.

mod address;
mod date;
pub(super) mod field;
pub(super) mod mapping;
mod number;
pub(super) mod pieces;
mod setting;
mod word;

use crate::diag::{Code, Diagnostic};
use crate::source::Place;
use crate::storage::{Assumption, Name};
use std::collections::BTreeSet;

type Result<T> = std::result::Result<T, Diagnostic>;

/// What the engine would reject.
pub(super) fn invalid(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::QueryInvalid, place, message)
}

/// What is not known, or left open.
pub(super) fn unread(place: Place, what: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::QueryUnread, place, format!("not read: {what}"))
}

/// What had to be assumed, each once.
#[derive(Debug, Default)]
pub(super) struct Notes {
    assumptions: BTreeSet<Assumption>,
}

impl Notes {
    /// Notes an assumption about a field.
    pub(super) fn assume(&mut self, name: Name, field: &str, because: &str) {
        self.assumptions.insert(Assumption::on_field(name, field, because));
    }

    /// All of them, in order.
    pub(super) fn into_assumptions(self) -> Vec<Assumption> {
        self.assumptions.into_iter().collect()
    }
}
