//! Parts of times in rules, from the rule to the verdict.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use verisigma::engine::{Conversion, Job, Kind, Outcome, Request, convert, parse};
use verisigma::source::Source;

fn converted(item: &str, target: &str) -> Outcome {
    let text = format!("title: T\nlogsource: {{category: c}}\ndetection:\n  s:\n    {item}\n  condition: s\n");
    let rule = parse(&Source::new("rule.yml", &text)).remove(0).rule.unwrap();
    let job = Job::new(Request { target: target.to_owned(), ..Request::default() }).unwrap();
    convert(&rule, &job).remove(0)
}

const ITEMS: &[&str] = &[
    "EventTime|minute: 5",
    "EventTime|hour|gte: 22",
    "EventTime|hour: [22, 23, 0, 1]",
    "EventTime|hour|neq: 5",
    "EventTime|day|lt: 8",
    "EventTime|week: 1",
    "EventTime|week|neq: [1, 53]",
    "EventTime|month|lte: 6",
    "EventTime|year|gt: 2024",
];

#[test]
fn queries_of_sqlite_are_proved() {
    for item in ITEMS {
        match converted(item, "sqlite").result {
            Conversion::Written { verdict, .. } => {
                let names: Vec<&str> = verdict.assumptions.iter().map(|assumed| assumed.name.name()).collect();
                assert_eq!((verdict.kind, names.as_slice()), (Kind::Proved, ["iso-times"].as_slice()), "{item}");
            }
            Conversion::Differs { query, verdict } => panic!("{item}: {query}: {verdict}"),
            Conversion::Refused => panic!("{item} is refused"),
        }
    }
}

#[test]
fn targets_that_have_no_such_test_refuse_it_by_name() {
    for (item, target) in ITEMS.iter().flat_map(|item| ["splunk", "kql"].map(|target| (item, target))) {
        let outcome = converted(item, target);
        assert!(matches!(outcome.result, Conversion::Refused), "{item} on {target}");
        let reason = outcome.diagnostics.first().unwrap();
        let part = item.split(['|', ':']).nth(1).unwrap();
        assert!(reason.message.contains(&format!("the comparison of the {part} with")), "{reason:?}");
        assert_eq!(reason.code.name(), "refused_test", "{item} on {target}");
    }
}
