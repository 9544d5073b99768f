//! The matcher against the evaluator of formulas, on what is special: shapes of patterns, letters, members, anchors.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::Matcher;
use super::index::{Builder, Reader};
use crate::event::Event;
use crate::ir::eval::matches;
use crate::ir::{Expr, Pattern, Predicate, Subject, Value};
use crate::source::Place;
use crate::text::fold::Case;
use crate::text::pattern::Part;
use proptest::prelude::*;
use serde_json::json;

/// A pattern as people write it.
fn pattern(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|c| match c {
        '*' => Part::Any,
        '?' => Part::One,
        other => Part::Text(other.to_string()),
    }))
}

fn like(subject: &Subject, patterns: &[&str], case: Case) -> Expr {
    let any = patterns.iter().map(|text| Value { pattern: pattern(text), place: Place::NOWHERE }).collect();
    Expr::test(subject.clone(), Predicate::Like { any, case }, Place::NOWHERE)
}

fn event(value: serde_json::Value) -> Event {
    Event::new(value.as_object().unwrap().clone())
}

fn assert_same(formulas: &[Expr], events: &[Event]) {
    let matcher = Matcher::new(formulas);
    let mut scan = matcher.scan();
    for event in events {
        let expected: Vec<usize> = (0..formulas.len()).filter(|&number| matches(&formulas[number], event)).collect();
        assert_eq!(scan.matching(event), expected, "{event:?}");
    }
}

const PATTERNS: [&str; 22] = [
    "",
    "*",
    "?",
    "?*",
    "a",
    "k",
    "ab",
    "a*",
    "*b",
    "*ab*",
    "*a*b*",
    "a?b",
    "?k*",
    "*s?",
    "K",
    "ſ",
    "*é*",
    "ab*ab",
    "*aa*aa*",
    "*\u{212a}",
    "**ß",
    "abab",
];
const TEXTS: [&str; 20] =
    ["", "a", "A", "b", "ab", "AB", "aab", "abab", "aaa", "aaaa", "k", "\u{212a}", "s", "ſ", "É", "é", "kS", "aſ", "ß", "ss"];

#[test]
fn every_pattern_on_every_text_under_every_relation() {
    let mut formulas = Vec::new();
    for subject in [Subject::field("f"), Subject::field("a.b"), Subject::AnyLeaf, Subject::Raw] {
        for case in [Case::Sensitive, Case::Ascii, Case::Lower, Case::Fold] {
            formulas.extend(PATTERNS.iter().map(|text| like(&subject, &[text], case)));
            formulas.extend(PATTERNS.windows(3).map(|texts| Expr::not(like(&subject, texts, case))));
        }
    }
    let mut events = vec![event(json!({})), event(json!({"f": {"x": "ab"}, "a": [{"b": "k"}, {"b": [null, "S"]}]}))];
    for text in TEXTS {
        events.push(event(json!({"f": text})));
        events.push(event(json!({"f": [text, 5, true, null], "a.b": text, "a": {"b": "hidden"}})));
        events.push(event(json!({"g": {"h": [text]}, "a": {"b": text}})));
    }
    assert_same(&formulas, &events);
}

/// Without an automaton each pattern is matched by itself, to the same end.
#[test]
fn patterns_too_many_for_an_automaton() {
    for text in TEXTS {
        let found = |build: fn(Builder, Case) -> super::Index| {
            let mut builder = Builder::default();
            PATTERNS.iter().enumerate().for_each(|(number, text)| builder.add(&pattern(text), Case::Fold, number));
            let mut found = vec![false; PATTERNS.len()];
            build(builder, Case::Fold).read(text, &mut Reader::default(), &mut |test| found[test] = true);
            found
        };
        assert_eq!(found(Builder::build), found(Builder::without_automaton), "{text}");
    }
}

/// What is asked again on the next event, and what is not asked without need.
#[test]
fn formulas_are_reached_by_what_was_found() {
    let field = Subject::field("f");
    let (rare, frequent) = (like(&field, &["*something long*"], Case::Fold), like(&field, &["*e*"], Case::Fold));
    let exists = Expr::test(field.clone(), Predicate::Exists, Place::NOWHERE);
    let formulas = [
        Expr::and([frequent.clone(), rare.clone()]),
        Expr::or([Expr::and([rare.clone(), exists.clone()]), frequent.clone()]),
        Expr::and([Expr::not(frequent.clone()), exists.clone()]),
        Expr::or([frequent, Expr::not(rare)]),
        Expr::True,
        Expr::False,
    ];
    let matcher = Matcher::new(&formulas);
    assert_eq!(matcher.always, [2, 3, 4]);
    assert_eq!(matcher.reached.iter().map(Vec::len).sum::<usize>(), 3, "one anchor, two anchors, none");
    let events = ["x", "e", "Something Long", "x", ""].map(|text| event(json!({"f": text})));
    assert_same(&formulas, &events);
    assert_same(&formulas, &[event(json!({})), event(json!({"f": null}))]);
    assert_same(&[], &events);
}

fn formula() -> impl Strategy<Value = Expr> {
    let subject = prop_oneof![Just(Subject::field("f")), Just(Subject::field("g.h")), Just(Subject::AnyLeaf)];
    let case = prop_oneof![Just(Case::Fold), Just(Case::Sensitive)];
    let test = (subject, prop::collection::vec("[abk*?é]{0,5}", 1..4), case, any::<bool>()).prop_map(|(subject, texts, case, exists)| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        match exists && texts.len() == 1 {
            true => Expr::test(subject, Predicate::Exists, Place::NOWHERE),
            false => like(&subject, &texts, case),
        }
    });
    test.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::and),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::or),
            inner.prop_map(Expr::not),
        ]
    })
}

proptest! {
    #[test]
    fn formulas_hold_as_they_do_alone(
        formulas in prop::collection::vec(formula(), 0..12),
        texts in prop::collection::vec(("[abkABÉ\u{212a}]{0,7}", "[abkABÉ\u{212a}]{0,7}"), 0..12),
    ) {
        let events: Vec<Event> = texts.iter().map(|(f, h)| event(json!({"f": [f, h], "g": {"h": h}}))).collect();
        assert_same(&formulas, &events);
    }
}
