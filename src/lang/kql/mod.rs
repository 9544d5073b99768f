//! The reader of KQL: Kibana's query language, into a formula over records.
//!
//! Source: the grammar and the translation into Elasticsearch's query DSL of Kibana's package `kbn-es-query`
//! (the server's own dialect of the language differs and is not read), with verdicts recorded from engines. Text
//! becomes literals (`literal`) in a syntax tree (`parse`), fields are looked up (`scope`), and each request gets
//! its meaning (`read`; `words` for those that become a query string). Deliberately absent: nested blocks,
//! scripted fields, time zones other than UTC, all of which are `query_unread`.

mod cursor;
mod literal;
mod parse;
mod read;
mod scope;
mod words;

use super::Reading;
use super::elastic::mapping;
use crate::diag::Diagnostic;
use crate::storage::Storage;

type Result<T> = std::result::Result<T, Diagnostic>;

/// What a query means for the records of a storage.
///
/// # Errors
/// `query_invalid` where Kibana would reject the text, or the engine the request that it becomes; `query_unread`
/// where a construct is not known here or its meaning is open. Both with the place in the text.
pub fn read(text: &str, storage: &Storage) -> Result<Reading> {
    let mut reader = read::Reader::new(storage);
    let expr = match parse::query(text)? {
        Some(tree) => reader.query(&tree)?,
        None => crate::ir::Expr::True,
    };
    Ok(Reading { expr, assumptions: reader.into_assumptions(), set_apart: Vec::new() })
}

/// The storage that a mapping file describes.
///
/// # Errors
/// `invalid_schema`, at its place in the text.
pub fn schema(text: &str) -> Result<Storage> {
    mapping::storage(text)
}
