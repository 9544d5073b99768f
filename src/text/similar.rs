//! Finding the name that was probably meant: what "did you mean" in a message needs.
//!
//! Contract: deterministic (the first of several equally near candidates wins), and bounded in time by the
//! lengths allowed here. Deliberately absent: dictionaries, and any knowledge of what the names are.

/// Words longer than this are not compared.
const MAX_LENGTH: usize = 64;

/// The candidate nearest to a word: at most one typing error for three characters away, case ignored.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let near = candidates.into_iter().filter(|candidate| candidate.len() <= MAX_LENGTH).filter_map(|candidate| {
        let distance = distance(&word, &candidate.to_lowercase());
        (distance * 3 <= length.max(candidate.chars().count())).then_some((distance, candidate))
    });
    near.min_by_key(|&(distance, _)| distance).map(|(_, candidate)| candidate)
}

/// The least number of characters to insert, delete or replace to get from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (count, a) in (1..).zip(from.chars()) {
        let mut next = vec![count];
        for (pair, b) in row.windows(2).zip(&to) {
            let &[diagonal, above] = pair else { continue };
            let left = next.last().copied().unwrap_or_default();
            let replaced = diagonal + usize::from(a != *b);
            next.push(replaced.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_typing_errors_only() {
        let names = ["contains", "startswith", "endswith", "re"];
        for (word, expected) in [
            ("contain", Some("contains")),
            ("Contains", Some("contains")),
            ("startwith", Some("startswith")),
            ("ednswith", Some("endswith")),
            ("regex", None),
            ("", None),
            ("xyz", None),
        ] {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
        assert_eq!(nearest(&"a".repeat(100), ["a"]), None);
    }

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, expected) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("né", "ne", 1)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
