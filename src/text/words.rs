//! The words of a text, where every segmentation of text finds the same.
//!
//! Source: Unicode Standard Annex #29, which Elasticsearch's standard analyzer follows. Its rules join words
//! across some characters (`3.14`, `can't`), break scripts differently, and change between versions; here are
//! only the texts to which none of that applies. Deliberately absent: every other text, and folding.

/// Words longer than this are cut by the standard analyzer.
const LONGEST: usize = 255;

/// Characters that may join the words on both sides of them.
const JOINERS: &[char] = &['.', ',', ':', ';', '\''];

/// The words of a text; `None` where segmentations could differ: beyond ASCII, where a character that may join
/// words stands between two, where a word is too long or only of underscores.
pub fn words(text: &str) -> Option<Vec<&str>> {
    if !text.is_ascii() || joins(text) {
        return None;
    }
    let words: Vec<&str> = text.split(|c: char| !is_inside(c)).filter(|word| !word.is_empty()).collect();
    let is_plain = |word: &&str| word.len() <= LONGEST && word.contains(|c: char| c != '_');
    words.iter().all(is_plain).then_some(words)
}

/// Whether a character is part of a word, of the texts that have words here.
pub fn is_inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a character that may join words stands between two.
fn joins(text: &str) -> bool {
    let after = text.chars().skip(1);
    let triples = text.chars().zip(after).zip(text.chars().skip(2));
    triples.into_iter().any(|((before, c), after)| JOINERS.contains(&c) && is_inside(before) && is_inside(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_have_words() {
        assert_eq!(words("The quick, brown-fox_1. (\"Yes!\")"), Some(vec!["The", "quick", "brown", "fox_1", "Yes"]));
        assert_eq!(words(" - "), Some(vec![]));
        for text in ["3.14", "can't", "é", "a __ b", "a:b", &"x".repeat(256)] {
            assert_eq!(words(text), None, "{text}");
        }
    }
}
