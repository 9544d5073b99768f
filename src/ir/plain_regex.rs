//! Regular expressions that say no more than wildcard patterns do: `(?is)\Aab.*\z` is `ab*`.
//!
//! Contract: [`patterns`] returns patterns that together accept exactly the texts in which the expression is
//! found, under one case relation; or nothing, where the expression says what patterns cannot, or only too
//! many could. Deliberately absent: approximations, and every look-around but the ends of the text.

use crate::text::fold::{Case, fold, fold_class, is_lower_only};
use crate::text::pattern::{Part, Pattern};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};
use std::collections::BTreeMap;

/// The most patterns that one expression becomes.
const MAX_PATTERNS: usize = 512;
/// The most pieces of all of them, and the most repetitions that are written out.
const MAX_PIECES: usize = 8_192;
/// The most characters of a class that are written one by one.
const MAX_CHARACTERS: usize = 16;
/// The relations that are tried, the loosest first: letters in both cases are one letter that is not cased.
const CASES: [Case; 4] = [Case::Fold, Case::Lower, Case::Ascii, Case::Sensitive];

/// The patterns that an expression is, and the relation under which they are it.
pub fn patterns(tree: &Hir) -> Option<(Vec<Pattern>, Case)> {
    let tree = trimmed(tree);
    CASES.into_iter().find_map(|case| Some((under(&tree, case)?, case)))
}

/// The expression without what may be empty at its ends, which adds nothing to what is only to be found.
fn trimmed(tree: &Hir) -> Hir {
    match tree.kind() {
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(trimmed).collect()),
        HirKind::Concat(parts) => {
            let start = parts.iter().take_while(|part| may_be_empty(part)).count();
            let rest = parts.get(start..).unwrap_or_default();
            let end = rest.iter().rev().take_while(|part| may_be_empty(part)).count();
            Hir::concat(rest.iter().take(rest.len() - end).cloned().collect())
        }
        HirKind::Repetition(_) if may_be_empty(tree) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) | HirKind::Capture(_) => {
            tree.clone()
        }
    }
}

fn may_be_empty(part: &Hir) -> bool {
    part.properties().minimum_len() == Some(0) && part.properties().look_set().is_empty()
}

fn under(tree: &Hir, case: Case) -> Option<Vec<Pattern>> {
    let most = most(case);
    let all: Vec<Pattern> = alternatives(tree, case)?.iter().map(|pieces| anchored(pieces)).collect::<Option<_>>()?;
    (all.len() <= most).then_some(all)
}

/// The most patterns that one expression becomes. Letters that are written out in both cases are no list.
fn most(case: Case) -> usize {
    match case {
        Case::Sensitive => MAX_PATTERNS / 32,
        Case::Ascii | Case::Lower | Case::Fold => MAX_PATTERNS,
    }
}

/// A piece of what an expression may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// What a pattern has.
    Part(Part),
    /// The text starts here.
    Start,
    /// The text ends here.
    End,
}

/// The pattern of pieces, which are found anywhere unless they say that the text starts or ends there.
fn anchored(pieces: &[Piece]) -> Option<Pattern> {
    let starts = pieces.iter().take_while(|piece| **piece == Piece::Start).count();
    let ends = pieces.iter().rev().take_while(|piece| **piece == Piece::End).count();
    let middle = pieces.get(starts..pieces.len().checked_sub(ends)?)?;
    let middle: Vec<Part> =
        middle.iter().map(|piece| if let Piece::Part(part) = piece { Some(part.clone()) } else { None }).collect::<Option<_>>()?;
    let open = |looks: usize| if looks == 0 { Some(Part::Any) } else { None };
    Some(Pattern::new(open(starts).into_iter().chain(middle).chain(open(ends))))
}

/// What each of several parts may be, one after the other.
fn sequence(parts: &[Hir], case: Case) -> Option<Vec<Vec<Piece>>> {
    parts.iter().try_fold(vec![Vec::new()], |before, part| product(&before, &alternatives(part, case)?, case))
}

/// Each of the one followed by each of the other.
fn product(before: &[Vec<Piece>], after: &[Vec<Piece>], case: Case) -> Option<Vec<Vec<Piece>>> {
    let length = |all: &[Vec<Piece>]| all.iter().map(Vec::len).sum::<usize>();
    let pieces = before.len().saturating_mul(length(after)).saturating_add(after.len().saturating_mul(length(before)));
    if before.len().saturating_mul(after.len()) > most(case) || pieces > MAX_PIECES {
        return None;
    }
    Some(before.iter().flat_map(|start| after.iter().map(move |end| start.iter().chain(end).cloned().collect())).collect())
}

/// What a part may be.
fn alternatives(tree: &Hir, case: Case) -> Option<Vec<Vec<Piece>>> {
    match tree.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            let is_itself = |c: char| class_of(c, case).len() == 1;
            text.chars().all(is_itself).then(|| vec![vec![Piece::Part(Part::Text(text.to_owned()))]])
        }
        HirKind::Class(class) if is_everything(class) => Some(vec![vec![Piece::Part(Part::One)]]),
        HirKind::Class(class) => characters(class, case),
        HirKind::Look(Look::Start) => Some(vec![vec![Piece::Start]]),
        HirKind::Look(Look::End) => Some(vec![vec![Piece::End]]),
        HirKind::Look(_) => None,
        HirKind::Repetition(repetition) => repeated(repetition, case),
        HirKind::Capture(capture) => alternatives(&capture.sub, case),
        HirKind::Concat(parts) => sequence(parts, case),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(alternatives(branch, case)?);
                if all.len() > MAX_PATTERNS {
                    return None;
                }
            }
            (all.len() <= most(case)).then_some(all)
        }
    }
}

fn repeated(repetition: &Repetition, case: Case) -> Option<Vec<Vec<Piece>>> {
    let once = alternatives(&repetition.sub, case)?;
    let least = usize::try_from(repetition.min).ok().filter(|&least| least <= MAX_PIECES)?;
    let mut all = (0..least).try_fold(vec![Vec::new()], |before, _| product(&before, &once, case))?;
    match repetition.max {
        None if once == [[Piece::Part(Part::One)]] => product(&all, &[vec![Piece::Part(Part::Any)]], case),
        None => None,
        Some(most) => {
            let mut longer = all.clone();
            for _ in repetition.min..most {
                longer = product(&longer, &once, case)?;
                all.extend(longer.iter().cloned());
                if all.len() > MAX_PATTERNS {
                    return None;
                }
            }
            Some(all)
        }
    }
}

fn is_everything(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => matches!(class.ranges(), [only] if only.start() == '\0' && only.end() == char::MAX),
        Class::Bytes(_) => false,
    }
}

/// The members of a class that stand for all of it under a relation.
fn characters(class: &Class, case: Case) -> Option<Vec<Vec<Piece>>> {
    let members = members(class)?;
    let mut classes: BTreeMap<char, usize> = BTreeMap::new();
    for &member in &members {
        *classes.entry(fold(member, case)).or_default() += 1;
    }
    let is_whole = |(&folded, &count): (&char, &usize)| class_of(folded, case).len() == count;
    classes.iter().all(is_whole).then(|| classes.into_keys().map(|c| vec![Piece::Part(Part::Text(c.to_string()))]).collect())
}

/// The characters of a class, where they are few.
pub fn members(class: &Class) -> Option<Vec<char>> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) if class.is_ascii() => class.iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect(),
        Class::Bytes(_) => return None,
    };
    let members: Vec<char> = ranges.into_iter().flat_map(|(start, end)| start..=end).take(MAX_CHARACTERS + 1).collect();
    (members.len() <= MAX_CHARACTERS).then_some(members)
}

/// The characters that are the same as this one under a relation.
fn class_of(c: char, case: Case) -> Vec<char> {
    match case {
        Case::Sensitive => vec![c],
        // What one lower case brings together and no folding does.
        Case::Lower if is_lower_only(c) => vec!['I', 'i', '\u{130}'],
        Case::Ascii | Case::Lower | Case::Fold => fold_class(c).into_iter().filter(|&other| fold(other, case) == fold(c, case)).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Option<(Vec<Pattern>, Case)> {
        patterns(&regex_syntax::parse(text).unwrap())
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            other => Part::Text(other.to_string()),
        }))
    }

    #[test]
    fn expressions_that_are_patterns() {
        for (text, expected, case) in [
            ("foo", "*foo*", Case::Sensitive),
            ("\u{130}ſ", "*\u{130}ſ*", Case::Ascii),
            ("(?i:i)ſ", "*iſ*", Case::Ascii),
            (r"(?is)\A.*foo.*\z", "*foo*", Case::Fold),
            (r"(?s)\Aa.{2,}b\z", "a??*b", Case::Sensitive),
            (r"(?i-u)\Atask\z", "task", Case::Ascii),
            ("(?i)^tas", "tas*", Case::Fold),
            (r"\A4688\z", "4688", Case::Fold),
            ("a*.*foo.*(?:bar)?", "*foo*", Case::Sensitive),
            ("^foo.*", "foo*", Case::Sensitive),
            (".*", "*", Case::Fold),
        ] {
            assert_eq!(said(text), Some((vec![pattern(expected)], case)), "{text}");
        }
        assert_eq!(said(r"(?i)\\(?:a1\z|b2)$").unwrap().0, [pattern("*\\a1"), pattern("*\\b2")]);
        for (text, count) in [("(?i)^(?:ab|ac|d[12])$", 4), ("(?i)a(?-i)b", 2), ("[a&&b]", 0)] {
            assert_eq!(said(text).unwrap().0.len(), count, "{text}");
        }
        for text in ["a.*b", r"\bfoo", "(?m)^a", "a+", "[^a]", "[a-z]", "x(?:^|a)"] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    fn expression() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a",
            "b",
            "k",
            "K",
            "(?i:k)",
            "(?i-u:k)",
            "(?s:.)",
            "(?s:.*)",
            "(?s:.)?",
            "(?:a|bk)",
            "[ab]",
            "(?i:[ab])",
            "a{2}",
            "(?:|k)",
        ]);
        let anchored = (any::<bool>(), prop::collection::vec(piece, 0..4), any::<bool>());
        let branch = anchored
            .prop_map(|(start, pieces, end)| format!("{}{}{}", if start { "^" } else { "" }, pieces.concat(), if end { "$" } else { "" }));
        prop::collection::vec(branch, 1..3).prop_map(|branches| branches.join("|"))
    }

    proptest! {
        #[test]
        fn patterns_accept_what_the_expression_does(text in expression(), value in "[abAkK\u{212a}\n]{0,6}") {
            if let Some((patterns, case)) = said(&text) {
                let is_found = regex::Regex::new(&text).unwrap().is_match(&value);
                prop_assert_eq!(patterns.iter().any(|pattern| pattern.matches(&value, case)), is_found, "{} {:?}", text, patterns);
            }
        }
    }
}
