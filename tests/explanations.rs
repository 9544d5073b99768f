//! The examples of `explain-error` show what they say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use verisigma::diag::{Code, Example, Severity};
use verisigma::engine::{self, Job, Request};
use verisigma::rule;
use verisigma::source::Source;

/// Codes whose examples are not run yet, and why; to be empty once there is a parser.
const PENDING: (&str, std::ops::RangeInclusive<&str>) = ("correlations, filters and references are not parsed yet", "VS0080"..="VS0091");

/// A part of a rule with what it lacks.
fn completed(text: &str) -> String {
    let parts = [
        ("title:", "title: Example\n"),
        ("logsource:", "logsource:\n  category: process_creation\n"),
        ("detection:", "detection:\n  selection:\n    User: SYSTEM\n  condition: selection\n"),
    ];
    let lacking = parts.iter().filter(|(key, _)| !text.lines().any(|line| line.starts_with(key))).map(|(_, part)| *part);
    format!("{text}{}", lacking.collect::<String>())
}

fn job(target: &str) -> Job {
    Job::new(Request { target: target.to_owned(), ..Request::default() }).unwrap()
}

/// The names of the errors found in an example; none for a command, which needs files of its own.
fn found(example: Example) -> Option<BTreeSet<&'static str>> {
    let (what, of) = example.kind.split_once(' ').unwrap_or((example.kind, ""));
    match (what, of) {
        ("sh", _) => None,
        ("query", target) => {
            Some(engine::read_query(&Source::new("", example.text), &job(target)).err().iter().map(|e| e.code.name()).collect())
        }
        (_, "whole") => Some(in_rules(example.text, None)),
        (_, "") => Some(in_rules(&completed(example.text), None)),
        (_, target) => Some(in_rules(&completed(example.text), Some(&job(target)))),
    }
}

fn in_rules(text: &str, job: Option<&Job>) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for document in rule::parse(&Source::new("", text)) {
        names.extend(document.diagnostics.iter().map(|diagnostic| diagnostic.code.name()));
        let (Some(rule), Some(job)) = (document.rule, job) else { continue };
        let outcomes = engine::convert(&rule, job);
        let said = outcomes.iter().flat_map(|outcome| &outcome.diagnostics);
        names.extend(said.filter(|it| it.severity == Severity::Error).map(|it| it.code.name()));
    }
    names
}

#[test]
fn examples_have_the_mistake_or_none() {
    println!("not run, {:?}: {}", PENDING.1, PENDING.0);
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().filter(|code| !PENDING.1.contains(&code.number())) {
        let explanation = code.explanation().unwrap();
        let (bad, good) = (found(explanation.wrong), found(explanation.right));
        if bad.as_ref().is_some_and(|bad| *bad != BTreeSet::from([code.name()])) || good.as_ref().is_some_and(|good| !good.is_empty()) {
            wrong.push(format!("{}: {bad:?} {good:?}", code.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
