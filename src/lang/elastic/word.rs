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
use crate::text::words::{is_inside, is_plain, words};

/// Before a word.
const BEFORE: &str = r"(?:\A|[^0-9A-Za-z_])";
/// After a word.
const AFTER: &str = r"(?:[^0-9A-Za-z_]|\z)";
/// Between two words in a row.
const BETWEEN: &str = "[^0-9A-Za-z_]+";

/// What a request on words looks for.
#[derive(Debug)]
pub(super) enum Sought {
    /// Nothing: the text has no words.
    Nothing,
    /// What no plain value has.
    Never,
    /// A value that satisfies this.
    Found(Predicate),
}

/// A value that has some word of the text.
pub(super) fn some_word(text: &str, place: Place) -> Result<Sought> {
    let words = query_words(text, place)?;
    let plain: Vec<String> = words.iter().filter(|word| is_plain(word)).map(|word| spelled(word)).collect();
    match (words.is_empty(), plain.is_empty()) {
        (true, _) => Ok(Sought::Nothing),
        (false, true) => Ok(Sought::Never),
        (false, false) => found(&plain.join("|"), place),
    }
}

/// A value that has the words of the text, in a row.
pub(super) fn phrase(text: &str, place: Place) -> Result<Sought> {
    let words = query_words(text, place)?;
    if words.is_empty() {
        return Ok(Sought::Nothing);
    }
    if !words.iter().all(|word| is_plain(word)) {
        return Ok(Sought::Never);
    }
    found(&words.into_iter().map(spelled).collect::<Vec<_>>().join(BETWEEN), place)
}

/// A value of which some word is covered by a pattern.
pub(super) fn covered(pattern: &Pattern, place: Place) -> Result<Sought> {
    if !pattern.literal_chars().all(is_inside) {
        return Ok(Sought::Never);
    }
    let part = |part: &Part| match part {
        Part::Text(text) => spelled(text),
        Part::One => "[0-9A-Za-z_]".to_owned(),
        Part::Any => "[0-9A-Za-z_]*".to_owned(),
    };
    let word: String = pattern.parts().iter().map(part).collect();
    found(if *pattern == Pattern::everything() { "[0-9A-Za-z_]+" } else { &word }, place)
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

fn found(word: &str, place: Place) -> Result<Sought> {
    let tree = regex_syntax::parse(&format!("{BEFORE}(?:{word}){AFTER}")).map_err(|error| unread(place, error))?;
    Regex::new(&tree).map(|regex| Sought::Found(Predicate::Regex(regex))).map_err(|error| unread(place, error))
}
