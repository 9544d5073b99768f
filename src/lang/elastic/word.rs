//! Requests on analyzed texts, under `plain-words`.
//!
//! Source: Elasticsearch, "Text field type" with the standard analyzer (words in lower case). Requests ask for
//! words, never for the whole value; where the values are plain, a word is found by a regular expression.
//! Deliberately absent: other analyzers, and words in whose segmentation analyzers could differ.

use super::{Result, unread};
use crate::diag::quote;
use crate::ir::{Pattern, Predicate, Regex};
use crate::source::Place;
use crate::text::pattern::Part;
use crate::text::words::{is_inside, words};

/// Before a word.
const BEFORE: &str = r"(?:\A|[^0-9A-Za-z_])";
/// After a word.
const AFTER: &str = r"(?:[^0-9A-Za-z_]|\z)";
/// Between two words in a row.
const BETWEEN: &str = "[^0-9A-Za-z_]+";

/// The test that some word of the text is in the value; `None` where the text has no words.
pub(super) fn some_word(text: &str, place: Place) -> Result<Option<Predicate>> {
    found(query_words(text, place)?.into_iter().map(spelled).collect(), "|", place)
}

/// The test that the words of the text are in the value, in a row; `None` where the text has no words.
pub(super) fn phrase(text: &str, place: Place) -> Result<Option<Predicate>> {
    found(query_words(text, place)?.into_iter().map(spelled).collect(), BETWEEN, place)
}

/// The test that a word of the value is covered by a pattern; `None` where no word can be.
pub(super) fn covered(pattern: &Pattern, place: Place) -> Result<Option<Predicate>> {
    if !pattern.literal_chars().all(is_inside) {
        return Ok(None);
    }
    let part = |part: &Part| match part {
        Part::Text(text) => spelled(text),
        Part::One => "[0-9A-Za-z_]".to_owned(),
        Part::Any => "[0-9A-Za-z_]*".to_owned(),
    };
    let word: String = pattern.parts().iter().map(part).collect();
    let word = if *pattern == Pattern::everything() { "[0-9A-Za-z_]+".to_owned() } else { word };
    found(vec![word], "", place)
}

fn query_words(text: &str, place: Place) -> Result<Vec<&str>> {
    words(text).ok_or_else(|| unread(place, format!("which words {} has", quote(text))))
}

/// A word in any case. Words are letters, digits and underscores, none of which is special in an expression.
fn spelled(word: &str) -> String {
    let both = |c: char| match c.is_ascii_alphabetic() {
        true => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        false => c.to_string(),
    };
    word.chars().map(both).collect()
}

fn found(words: Vec<String>, joined: &str, place: Place) -> Result<Option<Predicate>> {
    if words.is_empty() {
        return Ok(None);
    }
    let expression = format!("{BEFORE}(?:{}){AFTER}", words.join(joined));
    let tree = regex_syntax::parse(&expression).map_err(|error| unread(place, error))?;
    Regex::new(&tree).map(|regex| Some(Predicate::Regex(regex))).map_err(|error| unread(place, error))
}
