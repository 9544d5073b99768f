//! Envelopes: the query taken back out of what wraps it, by parsers that share nothing with the templates.
//!
//! What a user imports is the artefact, so the artefact is what is verified. Deliberately absent: everything
//! else that an artefact says.

use crate::diag::{Code, Diagnostic};
use crate::source::Place;
use std::borrow::Cow;

/// How a query stands in the text of an artefact for one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Envelope {
    /// It is the text.
    Bare,
}

/// The envelope of a description, as descriptors write it: a kind, and where in it the query stands.
pub fn envelope(kind: &str, _path: &str) -> Option<Envelope> {
    match kind {
        "bare" => Some(Envelope::Bare),
        _ => None,
    }
}

impl Envelope {
    /// The query in the artefact of one rule.
    ///
    /// # Errors
    /// `query_invalid` where the target would reject the artefact, or finds no query in it.
    pub fn query<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Diagnostic> {
        match self {
            Self::Bare if text.is_empty() => Err(Diagnostic::error(Code::QueryInvalid, Place::NOWHERE, "there is no query")),
            Self::Bare => Ok(Cow::Borrowed(text)),
        }
    }
}
