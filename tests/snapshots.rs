//! What is written for every rule of the project, for every target: the query, the verdict in words and the
//! assumptions. Nothing is compared with a snapshot before verification has found the query right.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write;
use verisigma::engine::{self, Conversion, Job, Kind, Outcome, Request, Target};
use verisigma::rule::Rule;
use verisigma::source::Source;

/// What became of one condition: refused with its reasons, or a verified query.
fn shown(outcome: &Outcome, source: &Source) -> String {
    let mut text = String::new();
    for diagnostic in &outcome.diagnostics {
        let _ = writeln!(text, "{}\n", diagnostic.render(source));
    }
    match &outcome.result {
        Conversion::Refused => {}
        Conversion::Differs { query, verdict } => panic!("{}: {verdict} {:?}: {query}\n{text}", source.name, verdict.counterexample),
        Conversion::Written { text: query, verdict, .. } => {
            assert!(matches!(verdict.kind, Kind::Proved | Kind::Tested), "{}: {verdict}", source.name);
            let _ = writeln!(text, "{query}\n\n{verdict}");
            let assumed: BTreeSet<String> = verdict.assumptions.iter().map(|it| format!("{}: {}", it.name.name(), it.because)).collect();
            assumed.iter().for_each(|line| {
                let _ = writeln!(text, "  {line}");
            });
        }
    }
    text
}

fn converted(rule: &Rule, target: &Target, source: &Source) -> String {
    let job = Job::new(Request { target: target.name.clone(), ..Request::default() }).unwrap();
    let outcomes = engine::convert(rule, &job);
    outcomes.iter().map(|outcome| format!("--- {}, condition {}\n\n{}", target.name, outcome.condition, shown(outcome, source))).collect()
}

#[test]
fn queries_of_our_rules() {
    insta::glob!("../rules", "**/*.yml", |path| {
        let name = path.file_name().unwrap().to_string_lossy();
        let source = Source::new(&name, &std::fs::read_to_string(path).unwrap());
        let (_, detection) = source.text.split_once("\ndetection:\n").unwrap();
        let detection = detection.lines().take_while(|line| line.starts_with(' ')).map(|line| format!("{line}\n"));
        let mut text = format!("detection:\n{}\n", detection.collect::<String>());
        for document in engine::parse(&source) {
            let rule = document.rule.unwrap_or_else(|| panic!("{name}: {:?}", document.diagnostics));
            engine::targets().iter().for_each(|target| text.push_str(&converted(&rule, target, &source)));
        }
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(text.trim_end()) });
    });
}
