//! The examples of `explain-error` show what they say, and `docs/errors.md` says the same as the program.
//!
//! `UPDATE_EXAMPLES=1 cargo test --test explanations` writes the paper.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use verisigma::diag::{Code, Example, Severity};
use verisigma::engine::{self, Job, Request};
use verisigma::rule;
use verisigma::rule::collection::link;
use verisigma::source::Source;

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
    let mut documents = rule::parse(&Source::new("", text));
    link(&mut documents.iter_mut().collect::<Vec<_>>());
    for document in documents {
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
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let explanation = code.explanation().unwrap();
        let (bad, good) = (found(explanation.wrong), found(explanation.right));
        if bad.as_ref().is_some_and(|bad| *bad != BTreeSet::from([code.name()])) || good.as_ref().is_some_and(|good| !good.is_empty()) {
            wrong.push(format!("{}: {bad:?} {good:?}", code.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All codes on one page.
fn paper() -> String {
    let mut text = String::from(
        "# What Verisigma says\n\nEvery message has a code, which never changes its meaning; `verisigma explain-error CODE` prints what stands \
         here.\nThis page is made from the registry in `src/diag.rs` and the texts in `src/diag/explanations/`.\n\n| code | name | what it is |\n\
         |---|---|---|\n",
    );
    for code in Code::ALL {
        text += &format!("| {} | [`{1}`](#{1}) | {2} |\n", code.number(), code.name(), code.summary().replace('|', "\\|"));
    }
    for code in Code::ALL {
        let it = code.explanation().unwrap();
        text += &format!("\n## {}\n\n{}: {}.\n\n{}\n\n{}.\n", it.name, it.code, it.summary, it.explanation, it.source);
        text += &format!("\nWrong:\n\n{}\nRight:\n\n{}", fenced(it.wrong), fenced(it.right));
    }
    text
}

/// An example in the fence of its language.
fn fenced(example: Example) -> String {
    let language = match example.kind.split(' ').next() {
        Some("query") => "",
        other => other.unwrap_or_default(),
    };
    format!("```{language}\n{}```\n", example.text)
}

#[test]
fn the_paper_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&path, paper()).unwrap();
    }
    let is_current = std::fs::read_to_string(&path).is_ok_and(|text| text == paper());
    assert!(is_current, "docs/errors.md: run `UPDATE_EXAMPLES=1 cargo test --test explanations`");
}
