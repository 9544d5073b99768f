//! Weakenings: patterns that match whatever another pattern matches, and more.
//!
//! A closed list in the order in which they are tried, the mildest first; each is a small function from a
//! pattern and its relation to a looser pair. They are applied one on top of the other until a stage can say
//! the result. Deliberately absent: whether a stage can say something (`choose`), and what is done with what
//! is left (`stage`).

use super::choose::Why;
use super::literal::Unwritten;
use crate::ir::{Case, Pattern};
use crate::storage::Name;
use crate::text::fold::ascii_suffices;
use crate::text::pattern::Part;

/// A way to make a pattern match more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weakening {
    /// Letters compare by this looser relation.
    Letters(Case),
    /// Letters that folding ASCII does not reach may be anything.
    WideLetters,
    /// `?` may be anything: `*`.
    SingleCharacters,
    /// What cannot be written may be anything.
    Unwritable,
    /// Blanks at the end, and whatever follows, may be anything.
    OpenEnd,
    /// Blanks at the start, and whatever goes before, may be anything.
    OpenStart,
    /// Only the longest word has to be there.
    LongestWord,
}

impl Weakening {
    /// All of them, the mildest first.
    pub(super) const ALL: [Self; 9] = [
        Self::Letters(Case::Ascii),
        Self::Letters(Case::Lower),
        Self::Letters(Case::Fold),
        Self::WideLetters,
        Self::SingleCharacters,
        Self::Unwritable,
        Self::OpenEnd,
        Self::OpenStart,
        Self::LongestWord,
    ];

    /// The looser pattern and relation; `None` where this changes nothing. `why` is what a stage said of the
    /// pattern as it is.
    pub(super) fn apply(self, pattern: &Pattern, case: Case, why: &Why) -> Option<(Pattern, Case)> {
        let loosened = match self {
            Self::Letters(looser) => return (*why == Why::Case && case < looser).then(|| (pattern.clone(), looser)),
            Self::WideLetters if *why == Why::Denied(Name::AsciiCase) => {
                return Some((with_any_for(pattern, |c| !ascii_suffices(c)), Case::Ascii)).filter(|(looser, _)| looser != pattern);
            }
            Self::WideLetters => return None,
            Self::SingleCharacters => Pattern::new(pattern.parts().iter().map(|part| match part {
                Part::One | Part::Any => Part::Any,
                Part::Text(text) => Part::Text(text.clone()),
            })),
            Self::Unwritable => without_unwritable(pattern, why)?,
            Self::OpenEnd => open_end(pattern)?,
            Self::OpenStart => open_start(pattern)?,
            Self::LongestWord => Pattern::new([Part::Any, Part::Text(longest_word(pattern)?.to_owned()), Part::Any]),
        };
        (loosened != *pattern).then_some((loosened, case))
    }
}

/// The pattern with `*` for what a literal could not write.
fn without_unwritable(pattern: &Pattern, why: &Why) -> Option<Pattern> {
    let Why::Literal(unwritten) = why else { return None };
    match unwritten {
        Unwritten::Special(unwritten) => Some(with_any_for(pattern, |c| c == *unwritten)),
        Unwritten::Nul => Some(with_any_for(pattern, |c| c == '\0')),
        Unwritten::Sequence(unwritten) | Unwritten::Reserved(unwritten) => {
            Some(with_any_between(pattern, |text| text.split(unwritten).collect()))
        }
        Unwritten::Wildcard
        | Unwritten::One
        | Unwritten::Edge
        | Unwritten::Blank
        | Unwritten::NoAddress
        | Unwritten::NoBoolean
        | Unwritten::Fraction
        | Unwritten::TooLong(_)
        | Unwritten::Number
        | Unwritten::Network
        | Unwritten::NoNetwork
        | Unwritten::Word
        | Unwritten::NoNumber
        | Unwritten::Name
        | Unwritten::Regex(_)
        | Unwritten::Kind => None,
    }
}

/// The pattern with `*` for every character that a test picks.
fn with_any_for(pattern: &Pattern, picked: impl Fn(char) -> bool + Copy) -> Pattern {
    with_any_between(pattern, |text| text.split(picked).collect())
}

/// The pattern with `*` between the pieces into which its texts are split.
fn with_any_between<'p>(pattern: &'p Pattern, split: impl Fn(&'p str) -> Vec<&'p str>) -> Pattern {
    let pieces = |text: &'p str| {
        let joined = split(text).into_iter().enumerate();
        let parts = joined.flat_map(|(index, piece)| (index > 0).then_some(Part::Any).into_iter().chain([Part::Text(piece.to_owned())]));
        parts.collect::<Vec<_>>()
    };
    Pattern::new(pattern.parts().iter().flat_map(|part| match part {
        Part::Text(text) => pieces(text),
        Part::One => vec![Part::One],
        Part::Any => vec![Part::Any],
    }))
}

fn open_end(pattern: &Pattern) -> Option<Pattern> {
    let (last, before) = pattern.parts().split_last()?;
    let last = if let Part::Text(text) = last { Part::Text(text.trim_end().to_owned()) } else { return None };
    Some(Pattern::new(before.iter().cloned().chain([last, Part::Any])))
}

fn open_start(pattern: &Pattern) -> Option<Pattern> {
    let (first, after) = pattern.parts().split_first()?;
    let first = if let Part::Text(text) = first { Part::Text(text.trim_start().to_owned()) } else { return None };
    Some(Pattern::new([Part::Any, first].into_iter().chain(after.iter().cloned())))
}

/// Shorter words find too much to be worth a test.
const MIN_WORD: usize = 3;

/// The longest run of ASCII letters and digits.
fn longest_word(pattern: &Pattern) -> Option<&str> {
    let texts = pattern.parts().iter().filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None });
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    let longest = words.reduce(|longest, word| if word.len() > longest.len() { word } else { longest });
    longest.filter(|word| word.len() >= MIN_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            '#' => Part::Text("*".to_owned()),
            c => Part::Text(c.to_string()),
        }))
    }

    #[test]
    fn weakens_step_by_step() {
        let special = Why::Literal(Unwritten::Special('*'));
        let sequence = Why::Literal(Unwritten::Sequence("/../"));
        for (weakening, why, before, after) in [
            (Weakening::SingleCharacters, &Why::NoWay, "a?b??", Some("a*b*")),
            (Weakening::SingleCharacters, &Why::NoWay, "ab*", None),
            (Weakening::Unwritable, &special, "a#b", Some("a*b")),
            (Weakening::Unwritable, &Why::NoWay, "a#b", None),
            (Weakening::Unwritable, &sequence, "*a/../b", Some("*a*b")),
            (Weakening::OpenEnd, &Why::NoWay, "* ab ", Some("* ab*")),
            (Weakening::OpenStart, &Why::NoWay, " ab*", Some("*ab*")),
            (Weakening::OpenStart, &Why::NoWay, "*ab", None),
            (Weakening::LongestWord, &Why::NoWay, "*Invoke-Mimikatz x*", Some("*Mimikatz*")),
            (Weakening::LongestWord, &Why::NoWay, "*-*", None),
        ] {
            let weakened = weakening.apply(&pattern(before), Case::Fold, why).map(|(pattern, _)| pattern);
            assert_eq!(weakened, after.map(pattern), "{weakening:?} of {before}");
        }
    }

    proptest! {
        /// Whatever a pattern matches, its weakenings match.
        #[test]
        fn every_weakening_is_weaker(
            text in r"[aAk\u{212a} ./\-*?#]{0,7}",
            value in r"[aAkK\u{212a} ./\-*\n]{0,6}",
            case in prop::sample::select(vec![Case::Sensitive, Case::Ascii, Case::Lower, Case::Fold]),
        ) {
            let whys = [
                Why::Case,
                Why::Denied(Name::AsciiCase),
                Why::Literal(Unwritten::Special('*')),
                Why::Literal(Unwritten::Sequence("./")),
            ];
            let strict = pattern(&text);
            for weakening in Weakening::ALL {
                for why in &whys {
                    let Some((loose, looser)) = weakening.apply(&strict, case, why) else { continue };
                    prop_assert!(!strict.matches(&value, case) || loose.matches(&value, looser), "{weakening:?} of {text:?} as {loose:?}");
                    prop_assert!((&loose, looser) != (&strict, case));
                }
            }
        }
    }
}
