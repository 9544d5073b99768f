//! Envelopes: the query taken back out of what wraps it, by parsers that share nothing with the templates.
//!
//! What a user imports is the artefact, so the artefact is what is verified: it holds one query, and nothing
//! that a reader of its format could take for another. Deliberately absent: everything else that an artefact
//! says.

mod conf;
mod json;

use crate::diag::{Code, Diagnostic};
use crate::source::Place;
use std::borrow::Cow;

/// How a query stands in the text of an artefact for one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Envelope {
    /// It is the text.
    Bare,
    /// It is a setting of this name, in the one stanza of a `.conf` file.
    Conf(String),
    /// It is a text in a JSON document.
    Json(json::Paths),
    /// The same, where the document is one line among others.
    JsonLine(json::Paths),
}

/// The envelope of a description, as descriptors write it: a kind, where in it the query stands, and where
/// the name that no other artefact of a document may have. `None` where there is no such kind or place.
pub fn envelope(kind: &str, path: &str, identity: Option<&str>) -> Option<Envelope> {
    match (kind, identity) {
        ("bare", None) if path.is_empty() => Some(Envelope::Bare),
        ("conf", None) if !path.is_empty() => Some(Envelope::Conf(path.to_owned())),
        ("json", _) => json::Paths::new(path, identity).map(Envelope::Json),
        ("json-line", _) => json::Paths::new(path, identity).map(Envelope::JsonLine),
        _ => None,
    }
}

impl Envelope {
    /// The query in the artefact of one rule.
    ///
    /// # Errors
    /// `query_invalid` where the target would reject the artefact, or finds no query in it; `query_unread`
    /// where it is open what the target finds.
    pub fn query<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Diagnostic> {
        match self {
            Self::Bare if text.is_empty() => Err(invalid(Place::NOWHERE, "there is no query")),
            Self::Bare => Ok(Cow::Borrowed(text)),
            Self::Conf(key) => conf::only(text)?.setting(key).map(Cow::Owned),
            Self::Json(paths) => paths.query(text).map(Cow::Owned),
            Self::JsonLine(paths) => paths.query(json::line(text)?).map(Cow::Owned),
        }
    }

    /// The name of the artefact of one rule among others, where its format has names.
    ///
    /// # Errors
    /// As for [`Envelope::query`].
    pub fn identity(&self, text: &str) -> Result<Option<String>, Diagnostic> {
        match self {
            Self::Bare => Ok(None),
            Self::Conf(_) => conf::only(text).map(|stanza| Some(stanza.name)),
            Self::Json(paths) | Self::JsonLine(paths) => paths.identity(text),
        }
    }
}

fn invalid(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::QueryInvalid, place, message)
}

fn unread(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::QueryUnread, place, message)
}
