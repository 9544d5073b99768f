//! Readers: the text of a query back into its meaning, each language by its own grammar and its target's
//! own semantics.
//!
//! Contract: a [`Reading`] says for every record of the storage what the target's engine would say, within
//! the assumptions that it lists. A text that the engine would reject is `query_invalid`; a construct that a
//! reader does not know, or whose meaning the target leaves open, is `query_unread`; nothing is dropped.
//! Deliberately absent: everything that writes queries. Readers share no code with backends.

pub mod sql;

use crate::ir::Expr;
use crate::storage::Assumption;

/// What a query means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The formula over records: field names are keys of [`crate::storage::Storage::column`].
    pub expr: Expr,
    /// What must hold of a record for the formula to be what the engine says, in order, each once.
    pub assumptions: Vec<Assumption>,
}
