//! Rules of several documents against facts about Sigma: the vectors of filters and of correlations.
//!
//! They are found through `VERISIGMA_SHARED`; without it these tests only say so.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and explains on stderr")]

use serde::Deserialize;
use std::path::PathBuf;
use verisigma::diag::Severity;
use verisigma::eval;
use verisigma::eval::correlation::{Clock, Run};
use verisigma::event::Event;
use verisigma::rule::{self, Document, collection};
use verisigma::source::Source;

/// One vector of `conformance/sigma.json`.
#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    rule: String,
    event: serde_json::Value,
    #[serde(default)]
    expected: Option<bool>,
    #[serde(default)]
    error: Option<String>,
}

/// What a linked text says of a vector: its errors, or whether something fires.
#[derive(Debug, PartialEq)]
enum Verdict {
    Errors(Vec<&'static str>),
    Fires(bool),
}

fn vectors(kind: &str) -> Vec<Vector> {
    let Some(shared) = std::env::var_os("VERISIGMA_SHARED").map(PathBuf::from) else {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
        return Vec::new();
    };
    let vectors: Vec<Vector> = serde_json::from_str(&std::fs::read_to_string(shared.join("conformance/sigma.json")).unwrap()).unwrap();
    vectors.into_iter().filter(|vector| vector.kind == kind).collect()
}

fn check(kind: &str, at_least: usize, fires: impl Fn(&[Document], &collection::Links, &[Event]) -> bool) {
    let vectors = vectors(kind);
    let mut mismatches = Vec::new();
    for vector in &vectors {
        let mut documents = rule::parse(&Source::new(&vector.name, &vector.rule));
        let links = collection::link(&mut documents.iter_mut().collect::<Vec<_>>());
        let names = documents.iter().flat_map(|document| &document.diagnostics);
        let names: Vec<_> = names.filter(|found| found.severity == Severity::Error).map(|found| found.code.name()).collect();
        let one = std::slice::from_ref(&vector.event);
        let events = vector.event.as_array().map_or(one, Vec::as_slice);
        let events: Vec<Event> = events.iter().map(|event| Event::new(event.as_object().unwrap().clone())).collect();
        let verdict = if names.is_empty() { Verdict::Fires(fires(&documents, &links, &events)) } else { Verdict::Errors(names) };
        let agrees = match (&verdict, vector.expected) {
            (Verdict::Fires(found), Some(expected)) => *found == expected,
            (Verdict::Errors(names), None) => names.iter().any(|name| Some(*name) == vector.error.as_deref()),
            (Verdict::Fires(_), None) | (Verdict::Errors(_), Some(_)) => false,
        };
        if !agrees {
            mismatches.push(format!("{}: expected {:?} {:?}, found {verdict:?}", vector.name, vector.expected, vector.error));
        }
    }
    assert!(vectors.is_empty() || vectors.len() >= at_least, "{} vectors", vectors.len());
    assert!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), mismatches.join("\n"));
}

#[test]
fn filters_restrict_what_rules_match() {
    check("filter", 16, |documents, _, events| {
        let rules = || documents.iter().filter_map(|document| document.rule.as_ref());
        events.iter().any(|event| rules().any(|rule| eval::matches(rule, event)))
    });
}

#[test]
fn correlations_fire_as_expected() {
    check("correlation", 55, |documents, links, events| {
        let number = documents.iter().position(|document| document.title.as_deref() == Some("CORR")).unwrap();
        let Some(program) = links.program(&documents.iter().collect::<Vec<_>>(), number) else { return false };
        let mut run = Run::new(&program, Clock::new(vec!["timestamp".to_owned()])).unwrap();
        events.iter().zip(0..).for_each(|(event, id)| run.observe(id, event));
        !run.finish().alerts.is_empty()
    });
}
