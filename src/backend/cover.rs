//! Covering: the patterns of which one matches whatever a regular expression is found in.
//!
//! Literal characters stay, joined by `*` where anything may stand between; anchored ends stay closed,
//! alternatives become several patterns. What patterns cannot say (lines, word boundaries) is left out, which
//! only matches more. Deliberately absent: whether a stage can say the patterns.

use crate::ir::{Case, Pattern, Regex};
use crate::text::fold::{fold, fold_class};
use crate::text::pattern::Part;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// More alternatives than this become one `*`.
const MAX_PATTERNS: usize = 16;

/// Repetitions are written out so often at most.
const MAX_REPEATED: u32 = 4;

/// A character's place in a covering pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// This very character.
    Char(char),
    /// This character in any case.
    Letter(char),
    One,
    Any,
    Start,
    End,
}

/// The patterns, with the relation under which each is to be matched. `None` where nothing is known.
pub(super) fn cover(regex: &Regex) -> Option<Vec<(Pattern, Case)>> {
    let sequences = sequences(regex.tree());
    let patterns: Vec<_> = sequences.iter().map(|sequence| pattern(sequence)).collect();
    let says_nothing = |(pattern, _): &(Pattern, Case)| pattern.literal_chars().nth(1).is_none();
    (!patterns.is_empty() && !patterns.iter().any(says_nothing)).then_some(patterns)
}

/// A search finds the expression anywhere: an end without an anchor is open.
fn pattern(sequence: &[Item]) -> (Pattern, Case) {
    let open = |anchored: bool| if anchored { None } else { Some(Part::Any) };
    let has_letters = sequence.iter().any(|item| matches!(item, Item::Letter(_)));
    let parts = sequence.iter().filter_map(|item| match item {
        Item::Char(c) | Item::Letter(c) => Some(Part::Text(c.to_string())),
        Item::One => Some(Part::One),
        Item::Any => Some(Part::Any),
        Item::Start | Item::End => None,
    });
    let before = open(sequence.first() == Some(&Item::Start));
    let after = open(sequence.last() == Some(&Item::End));
    let case = if has_letters { Case::Fold } else { Case::Sensitive };
    (Pattern::new(before.into_iter().chain(parts).chain(after)), case)
}

fn sequences(tree: &Hir) -> Vec<Vec<Item>> {
    match tree.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => vec![text.chars().map(Item::Char).collect()],
            Err(_) => vec![vec![Item::Any]],
        },
        HirKind::Class(class) => vec![vec![class_item(class)]],
        HirKind::Look(Look::Start) => vec![vec![Item::Start]],
        HirKind::Look(Look::End) => vec![vec![Item::End]],
        HirKind::Look(_) => vec![Vec::new()],
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Capture(capture) => sequences(&capture.sub),
        HirKind::Concat(parts) => parts.iter().fold(vec![Vec::new()], |before, part| joined(before, sequences(part))),
        HirKind::Alternation(parts) => {
            let all: Vec<_> = parts.iter().flat_map(sequences).take(MAX_PATTERNS + 1).collect();
            if all.len() > MAX_PATTERNS { vec![vec![Item::Any]] } else { all }
        }
    }
}

/// Each of these followed by each of those; `*` for the latter where that would be too many.
fn joined(before: Vec<Vec<Item>>, after: Vec<Vec<Item>>) -> Vec<Vec<Item>> {
    let after = if before.len() * after.len() > MAX_PATTERNS { vec![vec![Item::Any]] } else { after };
    before.iter().flat_map(|first| after.iter().map(move |second| first.iter().chain(second).copied().collect())).collect()
}

fn repeated(repetition: &Repetition) -> Vec<Vec<Item>> {
    if repetition.min == 0 {
        return vec![vec![Item::Any]];
    }
    // An anchor that is repeated is no anchor at a fixed place.
    let once: Vec<Vec<Item>> = sequences(&repetition.sub)
        .into_iter()
        .map(|sequence| sequence.into_iter().filter(|item| !matches!(item, Item::Start | Item::End)).collect())
        .collect();
    let times = repetition.min.min(MAX_REPEATED);
    let mut all = (0..times).fold(vec![Vec::new()], |before, _| joined(before, once.clone()));
    if repetition.max != Some(times) {
        all.iter_mut().for_each(|sequence| sequence.push(Item::Any));
    }
    all
}

/// A class that holds one character in all its cases, or only in some, is that character.
fn class_item(class: &Class) -> Item {
    let Class::Unicode(class) = class else { return Item::Any };
    let chars: Vec<char> = class.iter().flat_map(|range| range.start()..=range.end()).take(5).collect();
    match chars.as_slice() {
        [only] => Item::Char(*only),
        [first, ..] if chars.len() <= 4 && chars.iter().all(|c| fold_class(*first).contains(c)) => Item::Letter(fold(*first, Case::Fold)),
        _ => Item::One,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::backend::choose::display;
    use proptest::prelude::*;

    fn regex(pattern: &str) -> Regex {
        Regex::new(&regex_syntax::parse(pattern).unwrap()).unwrap()
    }

    #[test]
    fn covers_what_it_can() {
        for (pattern, covers) in [
            (r"(?i)certutil(\.exe)?\s.*-urlcache", "*certutil?*-urlcache*"),
            (r"^C:\\(Users|Temp)\\[^\\]+\.exe$", r"C:\Temp\?*.exe | C:\Users\?*.exe"),
            (r"(?m)^ab$", "*ab*"),
            (r"\bab{2,3}\b", "*abb*"),
            (r"(ab|cd|ef|gh|ij)(ab|cd|ef|gh|ij)xyz", "*ab*xyz* | *cd*xyz* | *ef*xyz* | *gh*xyz* | *ij*xyz*"),
            (r"(ab|c)(xx|yz)", "*abxx* | *abyz* | *cxx* | *cyz*"),
        ] {
            let mut shown: Vec<String> = cover(&regex(pattern)).unwrap().iter().map(|(p, _)| display(p)).collect();
            shown.sort();
            assert_eq!(shown.join(" | "), covers, "{pattern}");
        }
        for pattern in ["a+|b", "[Aa]b|c", "...", r"\babc|\d"] {
            assert_eq!(cover(&regex(pattern)), None, "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        /// Whatever an expression is found in, one of its patterns matches.
        #[test]
        fn covers_are_weaker(
            text in r"(\(\?[ims]\)|)([abk^$]|\[[^a]?[A-Bk]\]|\\b|\.|\(ab|bk\)|[a-k][*+?]|(a|\^k|ab)\{1,2\}|\(a\|bb\)|\|){1,8}",
            value in "[aAbBkK\u{212a}\n]{0,8}",
        ) {
            let Ok(tree) = regex_syntax::parse(&text) else { return Ok(()) };
            let Ok(regex) = Regex::new(&tree) else { return Ok(()) };
            let Some(patterns) = cover(&regex) else { return Ok(()) };
            let is_covered = patterns.iter().any(|(pattern, case)| pattern.matches(&value, *case));
            prop_assert!(!regex.is_match(&value) || is_covered, "{} covered by {:?} on {:?}", text, patterns, value);
        }
    }
}
