//! Fast answers to "does this value satisfy this predicate", for one predicate and many values.
//!
//! Contract: [`Matcher::holds`] says of the bag that a JSON value makes what `ir::eval` says of it (a
//! property test holds it to that). It folds each pattern once, and looks whole values up in a set, so
//! that a list of thousands of values can be asked again and again. Deliberately absent: tests that look
//! at more than one field.

use crate::event::{Event, Member};
use crate::ir::{Case, Pattern, Predicate, Value as Listed, eval};
use crate::text::fold::fold_text;
use crate::text::pattern::Shape;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

/// A predicate, prepared.
pub(super) enum Matcher<'e> {
    /// A list of patterns.
    Like(Patterns<'e>),
    /// Any other predicate.
    Other(&'e Predicate),
}

impl<'e> Matcher<'e> {
    /// Prepares a predicate.
    pub(super) fn new(predicate: &'e Predicate) -> Self {
        match predicate {
            Predicate::Like { any, case } => Self::Like(Patterns::new(any, *case)),
            Predicate::Regex(_)
            | Predicate::Within { .. }
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. } => Self::Other(predicate),
        }
    }

    /// Whether some member of a bag satisfies the predicate.
    pub(super) fn holds(&self, bag: &[Asked<'_>]) -> bool {
        bag.iter().any(|asked| match self {
            Self::Like(patterns) => patterns.cover(asked),
            Self::Other(predicate) => eval::satisfies(asked.member, predicate, &Event::default()),
        })
    }

    /// The work that one answer takes, in comparisons of a text with a pattern.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Like(patterns) => {
                1 + patterns.prefixes.len() + patterns.suffixes.len() + 2 * patterns.infixes.len() + 4 * patterns.others.len()
            }
            Self::Other(_) => 4,
        }
    }
}

/// One member of a bag, with its text folded as often as asked for.
pub(super) struct Asked<'v> {
    member: Member<'v>,
    text: Option<Cow<'v, str>>,
    folded: [OnceCell<String>; 4],
}

impl<'v> Asked<'v> {
    /// The bag that a JSON value makes.
    pub(super) fn bag(value: &'v Value) -> Vec<Self> {
        let mut bag = Vec::new();
        collect(value, &mut bag);
        bag
    }

    fn new(member: Member<'v>) -> Self {
        Self { member, text: member.canonical(), folded: Default::default() }
    }

    fn folded(&self, case: Case) -> Option<&str> {
        let text = self.text.as_deref()?;
        let [sensitive, ascii, lower, fold] = &self.folded;
        let cell = match case {
            Case::Sensitive => sensitive,
            Case::Ascii => ascii,
            Case::Lower => lower,
            Case::Fold => fold,
        };
        Some(cell.get_or_init(|| fold_text(text, case)))
    }
}

fn collect<'v>(value: &'v Value, bag: &mut Vec<Asked<'v>>) {
    match value {
        Value::Null => {}
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, bag)),
        Value::Bool(truth) => bag.push(Asked::new(Member::Boolean(*truth))),
        Value::Number(number) => bag.push(Asked::new(Member::Number(number))),
        Value::String(text) => bag.push(Asked::new(Member::Text(text))),
        Value::Object(_) => bag.push(Asked::new(Member::Object)),
    }
}

/// The patterns of a list by their shape, folded.
pub(super) struct Patterns<'e> {
    case: Case,
    exact: HashSet<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    infixes: Vec<String>,
    others: Vec<&'e Pattern>,
}

impl<'e> Patterns<'e> {
    fn new(any: &'e [Listed], case: Case) -> Self {
        let mut patterns =
            Self { case, exact: HashSet::new(), prefixes: Vec::new(), suffixes: Vec::new(), infixes: Vec::new(), others: Vec::new() };
        for value in any {
            match value.pattern.shape() {
                Shape::Exact(text) => {
                    patterns.exact.insert(fold_text(text, case));
                }
                Shape::Prefix(text) => patterns.prefixes.push(fold_text(text, case)),
                Shape::Suffix(text) => patterns.suffixes.push(fold_text(text, case)),
                Shape::Infix(text) => patterns.infixes.push(fold_text(text, case)),
                Shape::Everything | Shape::General => patterns.others.push(&value.pattern),
            }
        }
        patterns
    }

    fn cover(&self, asked: &Asked<'_>) -> bool {
        let (Some(text), Some(folded)) = (asked.text.as_deref(), asked.folded(self.case)) else { return false };
        self.exact.contains(folded)
            || self.prefixes.iter().any(|prefix| folded.starts_with(prefix.as_str()))
            || self.suffixes.iter().any(|suffix| folded.ends_with(suffix.as_str()))
            || self.infixes.iter().any(|infix| folded.contains(infix.as_str()))
            || self.others.iter().any(|pattern| pattern.matches(text, self.case))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Expr, Subject};
    use crate::source::Place;
    use crate::text::pattern::Part;
    use proptest::prelude::*;
    use serde_json::json;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            other => Part::Text(other.to_string()),
        }))
    }

    proptest! {
        #[test]
        fn a_matcher_says_what_the_evaluator_says(
            patterns in prop::collection::vec("[aAkK5?*]{0,4}", 1..4),
            case in prop::sample::select(vec![Case::Sensitive, Case::Ascii, Case::Lower, Case::Fold]),
            text in "[aAkK5\u{212a}\u{e9}]{0,4}",
            shape in 0..6,
        ) {
            let any = patterns.iter().map(|text| Listed { pattern: pattern(text), place: Place::NOWHERE }).collect();
            let predicate = Predicate::Like { any, case };
            let value = match shape {
                0 => json!(text),
                1 => json!([null, text, [5]]),
                2 => json!({ "a": text }),
                3 => json!(5),
                4 => json!(null),
                _ => json!(true),
            };
            let held = Matcher::new(&predicate).holds(&Asked::bag(&value));
            let expr = Expr::test(Subject::field("f"), predicate.clone(), Place::NOWHERE);
            prop_assert_eq!(held, eval::matches(&expr, &Event::default().with("f", value)));
        }
    }
}
