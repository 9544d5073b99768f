//! Renderings of an explanation: text for terminals, Markdown, and JSON.
//!
//! Contract: each shows what the structure says, in its order, and nothing else; the texts of rules cannot break out of
//! the place where they stand. Deliberately absent: HTML, which is made of pages that link each other, and colours.

mod markdown;
pub(crate) mod phrases;
mod text;
mod visible;
mod words;

pub use self::markdown::markdown;
pub use self::text::text;

use super::model::Explanation;

/// The JSON document that `docs/explain.schema.json` describes, on one line.
pub fn json(of: &Explanation) -> String {
    // Nothing in the structure can fail to be written: its maps have texts as keys.
    serde_json::to_string(of).unwrap_or_default()
}
