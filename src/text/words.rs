//! The words of a text, where every segmentation of text finds the same.
//!
//! Source: Unicode Standard Annex #29, which Elasticsearch's standard analyzer follows. Its rules join words
//! across some characters (`3.14`, `can't`), break scripts differently, and change between versions (`a:b`); here
//! are only the texts to which the last two do not apply. Deliberately absent: every other text, and folding.

/// Words longer than this are cut by the standard analyzer.
const LONGEST: usize = 255;

/// The words of a text; `None` where segmentations could differ.
pub fn words(text: &str) -> Option<Vec<&str>> {
    if !text.is_ascii() {
        return None;
    }
    let mut words = Vec::new();
    let mut start = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let after = text.get(at + 1..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        let is_part = is_inside(c) || (start.is_some() && joins(before, c, after)?);
        if is_part {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            words.push(text.get(start..at)?);
        }
        before = c;
    }
    words.extend(start.and_then(|start| text.get(start..)));
    let is_word = |word: &&str| word.len() <= LONGEST && word.contains(|c: char| c.is_ascii_alphanumeric());
    words.iter().all(is_word).then_some(words)
}

/// The words of a text of which none has a character inside that joins; `None` for any other text.
pub fn plain_words(text: &str) -> Option<Vec<&str>> {
    words(text).filter(|words| words.iter().all(|word| is_plain(word)))
}

/// Whether a word has no character inside that joins.
pub fn is_plain(word: &str) -> bool {
    word.chars().all(is_inside)
}

/// Whether a character is part of a word wherever it stands, of the texts that have words here.
pub fn is_inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a character joins what stands on both sides of it; `None` where that depends on the version.
fn joins(before: char, c: char, after: char) -> Option<bool> {
    let are_digits = before.is_ascii_digit() && after.is_ascii_digit();
    let are_letters = before.is_ascii_alphabetic() && after.is_ascii_alphabetic();
    match c {
        '.' | '\'' => Some(are_digits || are_letters),
        ',' | ';' => Some(are_digits),
        ':' if are_letters => None,
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_words() {
        assert_eq!(words("The quick, brown-fox_1. (\"Yes!\")"), Some(vec!["The", "quick", "brown", "fox_1", "Yes"]));
        assert_eq!(words("can't 3.14 a.1 1,000 a,b .x. 10:30"), Some(vec!["can't", "3.14", "a", "1", "1,000", "a", "b", "x", "10", "30"]));
        assert_eq!(words(" - "), Some(vec![]));
        for text in ["é", "a __ b", "a:b", &"x".repeat(256)] {
            assert_eq!(words(text), None, "{text}");
        }
        assert!(plain_words("a,b 10:30").is_some() && plain_words("x 3.14").is_none());
    }
}
