//! The reader of KQL: Kibana's query language, into a formula over records.

use super::Reading;
use crate::diag::{Code, Diagnostic};
use crate::source::Place;
use crate::storage::Storage;

/// What a query means for the records of a storage.
///
/// # Errors
/// `query_invalid` or `query_unread`, with the place in the text.
pub fn read(_text: &str, _storage: &Storage) -> Result<Reading, Diagnostic> {
    Err(Diagnostic::error(Code::QueryUnread, Place::NOWHERE, "not read"))
}

/// The storage that a schema describes.
///
/// # Errors
/// `invalid_schema`, at its place in the text.
pub fn schema(_text: &str) -> Result<Storage, Diagnostic> {
    Err(Diagnostic::error(Code::InvalidSchema, Place::NOWHERE, "not read"))
}
