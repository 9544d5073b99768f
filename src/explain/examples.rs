//! Events made from a rule: some that match, and some that nearly do, with what decides.
//!
//! They are chosen from the events that verification derives from the meaning of the rule, and each has been put to the
//! reference evaluator: what is shown as matching does match. Of those that match the smallest are taken, of the others
//! those that differ least from them, with different parts of the rule to decide. Deliberately absent: events that
//! anybody recorded.

use super::Subject;
use super::model::{Examples, NearMiss};
use crate::eval;
use crate::eval::why::{Explanation, why};
use crate::event::Event;
use crate::ir::Expr;
use crate::ir::lower::lower;
use crate::rule::Rule;
use crate::verify::derive::derive;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// So many events that do not match are shown.
const NEAR_MISSES: usize = 3;
/// An event with more bytes than this is nothing to look at.
const LONGEST: usize = 2_000;
/// So many derived events are looked at.
const CANDIDATES: usize = 160;
/// So many of them are asked why they do not match.
const ASKED: usize = 40;

/// Some events, in a fixed order.
pub(super) fn examples(subject: &Subject<'_>) -> Examples {
    if !subject.unresolved.is_empty() {
        return without("what the placeholders of the rule stand for is not known");
    }
    let Ok(meanings) = lower(subject.rule) else { return without("the rule is too large for events to be made from it") };
    let derived = derive(&Expr::or(meanings)).events.into_iter();
    let small = derived.filter_map(|event| Candidate::new(event, subject.rule)).take(CANDIDATES);
    let (matching, others): (Vec<_>, Vec<_>) = small.partition(|own| own.matches);
    if matching.is_empty() {
        return without("no small event was found that matches");
    }
    let near_misses = nearest(others, &matching, subject.rule);
    Examples { matching: plainest(matching).into_iter().map(Candidate::value).collect(), near_misses, note: None }
}

fn without(why: &str) -> Examples {
    Examples { note: Some(why.to_owned()), ..Examples::default() }
}

struct Candidate {
    event: Event,
    matches: bool,
}

impl Candidate {
    fn new(event: Event, rule: &Rule) -> Option<Self> {
        let length = serde_json::to_string(event.root()).map_or(usize::MAX, |text| text.len());
        (length <= LONGEST).then(|| Self { matches: eval::matches(rule, &event), event })
    }

    fn fields(&self) -> usize {
        self.event.root().len()
    }

    fn value(self) -> Value {
        Value::Object(self.event.root().clone())
    }

    /// How many of its values are lists, objects or null, empty, or hold more than ASCII: few logs have such events.
    fn oddities(&self) -> usize {
        let is_odd = |value: &Value| match value {
            Value::Null | Value::Array(_) | Value::Object(_) => true,
            Value::String(text) => text.is_empty() || !text.chars().all(|c| (' '..='~').contains(&c)),
            Value::Bool(_) | Value::Number(_) => false,
        };
        self.event.root().values().filter(|value| is_odd(value)).count()
    }

    /// In how many fields two events differ.
    fn distance(&self, other: &Self) -> usize {
        let (own, other) = (self.event.root(), other.event.root());
        let fields: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
        fields.into_iter().filter(|field| own.get(*field) != other.get(*field)).count()
    }
}

/// The plainest event, and of the others the one that has least in common with it: the two show most. Of equals the first
/// one counts: events that hit as the rule is written come before those in disguise.
fn plainest(mut matching: Vec<Candidate>) -> Vec<Candidate> {
    matching.sort_by_key(|own| (own.oddities(), own.fields()));
    let mut rest = matching.into_iter();
    let Some(first) = rest.next() else { return Vec::new() };
    let others = rest.filter(|own| own.distance(&first) > 0);
    let second = others.min_by_key(|own| (own.oddities(), Reverse(own.distance(&first))));
    std::iter::once(first).chain(second).collect()
}

/// The events that differ least from one that matches, rather in a value than by lacking it: first those of which
/// different parts of the rule decide.
fn nearest(mut others: Vec<Candidate>, matching: &[Candidate], rule: &Rule) -> Vec<NearMiss> {
    let far = |own: &Candidate| {
        let each = matching.iter().map(|matching| (own.distance(matching), matching.fields().saturating_sub(own.fields())));
        each.min().unwrap_or_default()
    };
    others.sort_by_cached_key(|own| (own.oddities(), far(own)));
    let (mut new, mut known) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for own in others.into_iter().take(ASKED) {
        let Explanation { matches: false, reasons } = why(rule, &own.event) else { continue };
        let places: Vec<_> = reasons.iter().map(|reason| (reason.place.file, reason.place.line, reason.place.column)).collect();
        let because = reasons.into_iter().map(|reason| reason.message).collect();
        let miss = NearMiss { event: own.value(), because };
        if seen.insert(places) {
            new.push(miss)
        } else {
            known.push(miss)
        }
        if new.len() == NEAR_MISSES {
            break;
        }
    }
    new.into_iter().chain(known).take(NEAR_MISSES).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::explain::texts::Texts;
    use crate::source::Source;

    fn of(detection: &str) -> Examples {
        let text = format!("title: a\nlogsource: {{product: x}}\ndetection:\n{detection}");
        let source = Source::new("", &text);
        let rule = crate::rule::parse(&source).remove(0).rule.unwrap();
        examples(&Subject::new(&rule, &source, &Texts::default()))
    }

    #[test]
    fn examples_are_few_and_right() {
        let of = of("  a:\n    Image|endswith: '\\x.exe'\n    User: b\n  b:\n    Path|contains: /tmp/\n  condition: a and not b\n");
        let first = of.matching.first().unwrap();
        assert_eq!(first, &serde_json::json!({"Image": "\\x.exe", "User": "b"}), "{of:#?}");
        assert!(of.matching.len() == 2 && of.near_misses.len() == 3 && of.note.is_none(), "{of:#?}");
        let parts = ["Image|endswith", "User", "Path|contains"];
        let decides = |part: &&str| of.near_misses.iter().any(|miss| matches!(miss.because.as_slice(), [only] if only.contains(part)));
        assert!(parts.iter().all(decides), "{of:#?}");
    }

    #[test]
    fn what_cannot_match_has_no_example() {
        let of = of("  a: {b: c}\n  condition: a and not a\n");
        assert!(of.matching.is_empty() && of.near_misses.is_empty() && of.note.is_some(), "{of:#?}");
    }
}
