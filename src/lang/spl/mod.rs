//! The reader of SPL: Splunk's search processing language, into a formula over records.
//!
//! A text is a pipeline (`pipeline`) of commands: `search` (`search`, `value`, `compare`, `keyword`), `where` and
//! `eval` (`expression`, `truth`, `pieces`, `terms`), `regex` and `rex` (`extract`), whose expressions are PCRE's
//! (`pcre`, `rewrite`). What is assumed meanwhile is kept by `reader`. What the documentation leaves open is read under a named
//! assumption, or not at all. Deliberately absent: macros, subsearches, lookups, `stats` and every other command that
//! makes new events, all of which are `query_unread`.

mod ast;
mod compare;
mod cursor;
mod expression;
mod extract;
mod keyword;
mod pcre;
mod pieces;
mod pipeline;
mod reader;
mod rewrite;
mod schema;
mod search;
mod syntax;
mod terms;
mod truth;
mod value;

pub use self::schema::schema;
use super::Reading;
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::Place;
use crate::storage::Storage;

type Result<T> = std::result::Result<T, Diagnostic>;

/// Brackets nest at most this deep.
const MAX_DEPTH: usize = 200;

/// What a query means for the records of a storage.
///
/// # Errors
/// `query_invalid` where Splunk itself would reject the text; `query_unread` where a construct is not known here or
/// its meaning is open. Both with the place in the text.
pub fn read(text: &str, storage: &Storage) -> Result<Reading> {
    let mut reader = reader::Reader::new(storage);
    let expr = pipeline::read(&mut reader, text)?;
    let (assumptions, set_apart) = reader.finish();
    Ok(Reading { expr, assumptions, set_apart })
}

/// What Splunk would reject.
fn invalid(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::QueryInvalid, place, message)
}

/// What is not known, or left open.
fn unread(place: Place, what: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::QueryUnread, place, format!("not read: {what}"))
}

/// What is no condition on events.
fn apart(place: Place, what: impl Into<String>) -> Diagnostic {
    Diagnostic { severity: Severity::Note, ..Diagnostic::error(Code::QuerySetApart, place, what) }
}
