//! Finding the name that was probably meant: what "did you mean" in a message needs.
//!
//! Contract: deterministic (the first of several equally near candidates wins), and bounded in time by the
//! lengths allowed here. Deliberately absent: dictionaries, and any knowledge of what the names are.

/// Words longer than this are not compared.
const MAX_LENGTH: usize = 64;

/// At most so many candidates are looked at.
const MAX_CANDIDATES: usize = 1_000;

/// The candidate nearest to a word: at most one typing error for three characters away, case ignored.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let candidates = candidates.into_iter().take(MAX_CANDIDATES).filter(|candidate| candidate.len() <= MAX_LENGTH);
    let near = candidates.filter_map(|candidate| {
        let distance = distance(&word, &candidate.to_lowercase());
        (distance * 3 <= length.max(candidate.chars().count())).then_some((distance, candidate))
    });
    near.min_by_key(|&(distance, _)| distance).map(|(_, candidate)| candidate)
}

/// The least number of typing errors between two texts: characters inserted, deleted, replaced, or two
/// neighbours swapped (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut least = (at(&row, j) + usize::from(a != b)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && from.get(i - 1) == Some(b) && to.get(j - 1) == Some(a);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    at(&row, to.len())
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
    fn distances_count_typing_errors() {
        for (a, b, expected) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("né", "ne", 1), ("titel", "title", 1), ("ab", "ba", 1)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
