//! Regular expressions that say no more than patterns do: literals, any character, any text.
//!
//! A target without patterns for a case relation writes them as expressions; here they are patterns again, so
//! that both have one canonical form. Deliberately absent: everything that patterns cannot say exactly.

use super::{Case, Pattern, Regex};
use crate::text::fold::fold_class;
use crate::text::pattern::Part;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// The patterns of which an expression is the disjunction, each with its case relation; `None` where it says
/// something that patterns do not.
pub fn patterns(regex: &Regex) -> Option<Vec<(Pattern, Case)>> {
    match regex.tree().kind() {
        HirKind::Alternation(branches) => branches.iter().map(pattern).collect(),
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_) => Some(vec![pattern(regex.tree())?]),
    }
}

fn pattern(tree: &Hir) -> Option<(Pattern, Case)> {
    let steps = match tree.kind() {
        HirKind::Concat(steps) => steps.as_slice(),
        HirKind::Empty => &[],
        HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Alternation(_) => std::slice::from_ref(tree),
    };
    let is = |step: Option<&Hir>, look: Look| step.is_some_and(|step| *step.kind() == HirKind::Look(look));
    let (starts, ends) =
        (is(steps.first(), Look::Start), is(steps.last(), Look::End) && (steps.len() > 1 || !is(steps.first(), Look::Start)));
    let mut inner = steps.get(usize::from(starts)..steps.len() - usize::from(ends))?;
    // Before and after what is only to be found, whatever may be empty adds nothing.
    while let (false, [first, rest @ ..]) = (starts, inner)
        && may_be_empty(first)
    {
        inner = rest;
    }
    while let (false, [rest @ .., last]) = (ends, inner)
        && may_be_empty(last)
    {
        inner = rest;
    }
    let mut letters = Letters::default();
    let mut parts = Vec::new();
    if !starts {
        parts.push(Part::Any);
    }
    for step in inner {
        parts.push(part(step, &mut letters)?);
    }
    if !ends {
        parts.push(Part::Any);
    }
    Some((Pattern::new(parts), letters.case()?))
}

fn may_be_empty(step: &Hir) -> bool {
    step.properties().minimum_len() == Some(0) && step.properties().look_set().is_empty()
}

fn part(step: &Hir, letters: &mut Letters) -> Option<Part> {
    match step.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.chars().for_each(|c| letters.see(c, &[c]));
            Some(Part::Text(text.to_owned()))
        }
        HirKind::Class(class) if is_any(class) => Some(Part::One),
        HirKind::Class(Class::Unicode(class)) => {
            let members: Vec<char> = class.iter().flat_map(|range| (range.start()..=range.end()).take(9)).take(9).collect();
            let first = members.iter().copied().find(char::is_ascii_lowercase).or_else(|| members.first().copied())?;
            letters.see(first, &members);
            Some(Part::Text(first.to_string()))
        }
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max.is_none() => match repetition.sub.kind() {
            HirKind::Class(class) if is_any(class) => Some(Part::Any),
            HirKind::Empty
            | HirKind::Literal(_)
            | HirKind::Class(_)
            | HirKind::Look(_)
            | HirKind::Repetition(_)
            | HirKind::Capture(_)
            | HirKind::Concat(_)
            | HirKind::Alternation(_) => None,
        },
        HirKind::Class(Class::Bytes(_))
        | HirKind::Empty
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => None,
    }
}

/// Whether a class has every character.
fn is_any(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => matches!(class.ranges(), [all] if (all.start(), all.end()) == ('\0', char::MAX)),
        Class::Bytes(_) => false,
    }
}

/// Under which case relations each letter of an expression stands for itself and no others.
#[derive(Debug)]
struct Letters {
    possible: Vec<Case>,
}

impl Default for Letters {
    fn default() -> Self {
        Self { possible: vec![Case::Sensitive, Case::Ascii, Case::Fold] }
    }
}

impl Letters {
    /// Takes note that a letter is written as this class of characters, in order.
    fn see(&mut self, letter: char, class: &[char]) {
        self.possible.retain(|case| match case {
            Case::Sensitive | Case::Lower => class == [letter],
            Case::Ascii if letter.is_ascii_alphabetic() => class == [letter.to_ascii_uppercase(), letter.to_ascii_lowercase()],
            Case::Ascii => class == [letter],
            Case::Fold => class == fold_class(letter),
        });
    }

    /// The strictest relation that fits all letters.
    fn case(&self) -> Option<Case> {
        self.possible.first().copied()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn of(pattern: &str) -> Option<Vec<(Pattern, Case)>> {
        patterns(&Regex::new(&regex_syntax::parse(pattern).unwrap()).unwrap())
    }

    fn glob(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            c => Part::Text(c.to_string()),
        }))
    }

    #[test]
    fn literals_and_gaps_are_patterns() {
        for (regex, expected, case) in [
            (r"(?s)\Aab.*c.\z", "ab*c?", Case::Sensitive),
            (r"ab", "*ab*", Case::Sensitive),
            (r"\Aab", "ab*", Case::Sensitive),
            (r"ab\z", "*ab", Case::Sensitive),
            (r"(?i)\Aax1\z", "ax1", Case::Ascii),
            (r"(?i)\Ak\z", "k", Case::Fold),
            (r"\A[Kk]\z", "k", Case::Ascii),
            (r"\A1\z", "1", Case::Sensitive),
            (r"(?i)\A\x{e9}a\z", "Éa", Case::Fold),
            (r"\A\z", "", Case::Sensitive),
            ("", "*", Case::Sensitive),
            (".*ab.*", "*ab*", Case::Sensitive),
            ("a*b?ab(?:cd)*", "*ab*", Case::Sensitive),
            (r"\Aab.*", "ab*", Case::Sensitive),
        ] {
            assert_eq!(of(regex), Some(vec![(glob(expected), case)]), "{regex}");
        }
        assert_eq!(of("ab|cd.").map(|all| all.len()), None);
        assert_eq!(of("(?s)ab|cd.").map(|all| all.len()), Some(2));
    }

    #[test]
    fn other_expressions_are_none() {
        for regex in ["a.b", "[ab]", "a+", r"\bab", "(?m)^a", "(?i)a(?-i)b", "a(b|c)", r"\d"] {
            assert_eq!(of(regex), None, "{regex}");
        }
    }
}
