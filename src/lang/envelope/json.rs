//! JSON documents: the text at a path.
//!
//! A path is a JSON pointer (RFC 6901); where the text that it leads to is JSON itself, `#` and another
//! pointer follow. Of a key that occurs twice the last one counts, as for the parsers of browsers and
//! servers (ECMA-262, `JSON.parse`).

use super::invalid;
use crate::diag::{Diagnostic, quote};
use crate::source::Place;
use serde_json::Value;

/// Where query and identity stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    query: Vec<String>,
    identity: Option<Vec<String>>,
}

impl Paths {
    /// The paths of these texts; `None` where one is no path.
    pub(super) fn new(query: &str, identity: Option<&str>) -> Option<Self> {
        let identity = match identity {
            Some(identity) => Some(path(identity)?),
            None => None,
        };
        Some(Self { query: path(query)?, identity })
    }

    /// The text of the query.
    pub(super) fn query(&self, text: &str) -> Result<String, Diagnostic> {
        at(&self.query, text)
    }

    /// The text of the identity, where there is a path to it.
    pub(super) fn identity(&self, text: &str) -> Result<Option<String>, Diagnostic> {
        self.identity.as_ref().map(|path| at(path, text)).transpose()
    }
}

fn path(text: &str) -> Option<Vec<String>> {
    text.split('#').map(|pointer| pointer.starts_with('/').then(|| pointer.to_owned())).collect()
}

fn at(path: &[String], text: &str) -> Result<String, Diagnostic> {
    let mut text = text.to_owned();
    for pointer in path {
        let document: Value = serde_json::from_str(&text).map_err(|error| invalid(place(&error), format!("this is no JSON: {error}")))?;
        match document.pointer(pointer) {
            Some(Value::String(found)) => text = found.clone(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => {
                return Err(invalid(Place::NOWHERE, format!("there is no text at {}", quote(pointer))));
            }
        }
    }
    Ok(text)
}

fn place(error: &serde_json::Error) -> Place {
    let number = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    Place::on_line(number(error.line()), number(error.column()), 1)
}

/// The one line of a text.
pub(super) fn line(text: &str) -> Result<&str, Diagnostic> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    if line.contains(['\n', '\r']) { Err(invalid(Place::NOWHERE, "a document of several lines, where each must be one")) } else { Ok(line) }
}
