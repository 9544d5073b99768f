//! `verisigma test --expect`: the samples of rules, as users run them.
//!
//! With `VERISIGMA_SHARED` also on the samples of the public rule set.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it was skipped"
)]

#[path = "cli/sandbox.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod sandbox;

use sandbox::{EVENT, RULE, Ran, Sandbox, keys};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

const OTHER: &str = r#"{"Image":"C:\\Windows\\System32\\cmd.exe"}"#;

/// A description as the public rule set has it.
fn description(count: &str) -> String {
    format!(
        "id: e0123384-7d25-4178-b011-c1d37394d8dc\nregression_tests_info:\n  - name: Positive\n    type: evtx\n{count}    path: data/whoami/log.evtx\n"
    )
}

/// A rule that names a recorded log, two directories above it.
fn recorded(events: &str, count: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("rules/windows/a.yml", format!("{RULE}regression_tests_path: data/whoami/info.yml\n"));
    sandbox.file("data/whoami/info.yml", description(count)).file("data/whoami/log.json", events);
    sandbox
}

fn outcomes(ran: &Ran) -> Vec<Value> {
    ran.records().iter().map(|record| record["outcome"].clone()).collect()
}

#[test]
fn cases_beside_a_rule_are_asked_in_every_form() {
    let forms = [
        ("a.events.json", format!("{{\"match\": [{EVENT}], \"miss\": [{OTHER}, {{}}]}}")),
        ("a.events.yml", format!("match:\n  - {EVENT}\nmiss:\n  - Image: 5\n  - {OTHER}\n")),
        (
            "a.events.ndjson",
            format!(
                "{{\"match\": true, \"event\": {EVENT}}}\n\n{{\"match\": false, \"event\": {{}}}}\n{{\"match\":false,\"event\":{OTHER}}}\n"
            ),
        ),
    ];
    for (name, text) in forms {
        let sandbox = Sandbox::new();
        sandbox.file("rules/a.yml", RULE).file(&format!("rules/{name}"), text);
        let ran = sandbox.run(&["test", "--expect", "rules"]).exits(0);
        assert_eq!(ran.out, "rules/a.yml: Whoami: 3 passed\n", "{name}");
        assert_eq!(ran.summary(), "1 rule: 1 passed (3 events), 0 failed, 0 without samples", "{name}");
    }
}

#[test]
fn a_failure_has_its_place_and_says_what_decides() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("a.events.yml", format!("match:\n  - {OTHER}\n  - {{}}\nmiss:\n  - {EVENT}\n"));
    let ran = sandbox.run(&["test", "--expect", "a.yml"]).exits(1).says(&[
        "error[sample_failed]: the rule does not match this event, and must",
        "a.events.yml:2:5",
        "note[why]: `Image|endswith: '\\whoami.exe'` does not hold: `Image` is `C:\\Windows\\System32\\cmd.exe`",
        "a.yml:8:21",
        "`Image` is absent",
        "error[sample_failed]: the rule matches this event, and must not",
        "`Image|endswith: '\\whoami.exe'` holds",
    ]);
    assert_eq!(ran.out, "a.yml: Whoami: 3 failed\n");
    assert_eq!(ran.summary(), "1 rule: 0 passed (3 events), 1 failed, 0 without samples");
}

#[test]
fn cases_stand_in_rules_too() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", format!("{RULE}verisigma_tests:\n  match:\n    - {EVENT}\n  miss:\n    - {{Image: x}}\n    - {EVENT}\n"));
    let ran = sandbox.run(&["test", "--expect", "a.yml", "--format", "jsonl"]).exits(1).says(&["a.yml:15:7"]);
    assert_eq!(outcomes(&ran), ["passed", "passed", "failed"]);
    let record = &ran.records()[2];
    assert_eq!(keys(record), ["rule", "sample", "expected", "found", "through", "outcome", "reason"]);
    assert_eq!(record["sample"], json!({"path": "a.yml", "index": 2}));
    assert_eq!((&record["expected"], &record["found"], &record["through"]), (&json!(false), &json!(true), &Value::Null));
}

#[test]
fn faulty_cases_are_errors_at_their_place() {
    for (name, text, expected) in [
        ("a.events.yml", "match: [{A: yes}]", "ambiguous_scalar"),
        ("a.events.yml", "matches: []", "invalid_sample"),
        ("a.events.yml", "match: [x]", "invalid_sample"),
        ("a.events.yml", "", "invalid_sample"),
        ("a.events.json", "{\"match\": [{}], \"match\": []}", "duplicate_key"),
        ("a.events.json", "{\"match\": [", "invalid_sample"),
        ("a.events.ndjson", "{\"event\": {}}", "invalid_sample"),
        ("a.events.ndjson", "{\"match\": true, \"event\": {}, \"x\": 1}", "invalid_sample"),
    ] {
        let sandbox = Sandbox::new();
        let ran = sandbox.file("a.yml", RULE).file(name, text).run(&["test", "--expect", "a.yml"]).exits(1).says(&[expected, name]);
        assert!(ran.summary().contains("1 with faulty samples"), "{ran:?}");
    }
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", format!("{RULE}---\n{RULE}")).file("a.events.yml", "match: [{}]");
    sandbox.run(&["test", "--expect", "a.yml"]).exits(1).says(&["cases beside a file of 2 rules"]);
}

#[test]
fn recorded_logs_must_match_often_enough() {
    let matches = "0 failed, 0 without samples";
    for (count, code, said) in [
        ("", 0, matches),
        ("    match_count: 2\n", 0, matches),
        ("    match_count: 1\n", 0, "note[sample_exceeded]: 2 events of `data/whoami/log.json` match, and its description says 1"),
        ("    match_count: 3\n", 1, "matches 2 of 3 events of `data/whoami/log.json`, and must match 3 or more"),
        ("    match_count: many\n", 1, "`match_count` must be a whole number"),
    ] {
        let sandbox = recorded(&[EVENT, OTHER, EVENT].join("\n"), count);
        sandbox.run(&["test", "--expect", "rules"]).exits(code).says(&[said]);
    }
    let ran = recorded(EVENT, "").run(&["test", "--expect", "rules", "--format", "jsonl"]).exits(0);
    assert_eq!(ran.records()[0]["sample"], json!({"path": "data/whoami/log.json", "name": "Positive"}));
    recorded("{", "").run(&["test", "--expect", "rules"]).exits(2).says(&["error[invalid_events]", "data/whoami/log.json"]);
    let sandbox = recorded(EVENT, "");
    sandbox.file("data/whoami/log.evtx", [b"ElfFile\0".to_vec(), vec![0xff; 5000]].concat());
    sandbox.run(&["test", "--expect", "rules"]).exits(2).says(&["error[invalid_events]", "data/whoami/log.evtx"]);
}

#[test]
fn absent_samples_are_noted_or_required() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", format!("{RULE}regression_tests_path: data/whoami/info.yml\n"));
    let ran = sandbox.run(&["test", "--expect", "rules"]).exits(0).says(&["note[sample_absent]: 1 sample that rules name is not there"]);
    assert_eq!(ran.out, "rules/a.yml: Whoami: 1 absent\n");
    assert_eq!(ran.summary(), "1 rule: 0 passed (0 events), 0 failed, 1 without samples");
    sandbox.run(&["test", "--expect", "--require-samples", "rules"]).exits(1).says(&["error[sample_absent]", "rules/a.yml:10:24"]);
    sandbox.file("data/whoami/info.yml", description(""));
    let ran = sandbox.run(&["test", "--expect", "--require-samples", "rules", "--format", "jsonl"]).exits(1).says(&["rules/a.yml:10:24"]);
    assert_eq!(outcomes(&ran), ["absent"]);
    for path in ["/data/info.yml", "../data/info.yml"] {
        sandbox.file("rules/a.yml", format!("{RULE}regression_tests_path: {path}\n"));
        sandbox.run(&["test", "--expect", "rules"]).exits(1).says(&["error[invalid_sample]", "rules/a.yml:10:24"]);
    }
}

#[test]
fn queries_are_asked_as_they_were_written() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("a.events.json", format!("{{\"match\": [{EVENT}], \"miss\": [{OTHER}]}}"));
    let ran = sandbox.run(&["test", "--expect", "a.yml", "--through", "sqlite", "--through", "splunk"]).exits(0);
    let expected = "a.yml: Whoami: 2 passed\na.yml: Whoami: through sqlite: 2 passed\na.yml: Whoami: through splunk: 2 passed\n";
    assert_eq!(ran.out, expected);
    assert!(ran.summary().ends_with("; through sqlite: 1 passed, 0 failed; through splunk: 1 passed, 0 failed"), "{ran:?}");
    // What SQLite stores in two ways has no record, and a rule of keywords no query there.
    sandbox.file("a.events.json", r#"{"match": [{"Image": ["x", "\\whoami.exe"]}]}"#);
    let ran = sandbox.run(&["test", "--expect", "a.yml", "--through", "sqlite", "--format", "jsonl"]).exits(0).says(&["note[sample_open]"]);
    assert_eq!(outcomes(&ran), ["passed", "open"]);
    let keywords = RULE.replace("Image|endswith: '\\whoami.exe'", "- whoami");
    sandbox.file("a.yml", keywords).file("a.events.json", format!("{{\"match\": [{EVENT}]}}"));
    let ran = sandbox.run(&["test", "--expect", "a.yml", "--through", "sqlite", "--format", "jsonl"]).exits(0);
    assert_eq!(outcomes(&ran), ["passed", "refused"]);
    ran.says(&["note[refused_keywords]: refused by `sqlite`: ", "a.yml:8:7", "; through sqlite: 0 passed, 0 failed, 1 refused"]);
}

#[test]
fn why_names_the_nearest_event_of_a_rule_that_matches_none() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("log.ndjson", format!("{OTHER}\n{{}}\n"));
    let ran = sandbox.run(&["test", "a.yml", "--events", "log.ndjson", "--why"]).exits(0);
    ran.says(&["note[why]: `Image|endswith: '\\whoami.exe'` does not hold", "(event 0 of `log.ndjson`, the nearest)", "a.yml:8:21"]);
    sandbox.file("log.ndjson", format!("{OTHER}\n{EVENT}\n"));
    let ran = sandbox.run(&["test", "a.yml", "--events", "log.ndjson", "--why"]).exits(0);
    assert!(!ran.err.contains("why"), "{ran:?}");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("e.json", EVENT);
    for arguments in [
        &["test", "--expect", "a.yml", "--events", "e.json"][..],
        &["test", "a.yml", "--events", "e.json", "--through", "sqlite"],
        &["test", "a.yml", "--events", "e.json", "--format", "junit"],
        &["test", "--expect", "a.yml", "--through", "nosuch"],
        &["test", "--expect", "a.yml", "-O", "table=x"],
        &["test", "a.yml"],
    ] {
        sandbox.run(arguments).exits(2);
    }
}

#[test]
fn invalid_rules_are_a_finding() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", "title: x\n");
    assert_eq!(
        sandbox.run(&["test", "--expect", "a.yml"]).exits(1).summary(),
        "1 rule: 0 passed (0 events), 0 failed, 0 without samples, 1 invalid"
    );
}

/// What Jenkins' schema of JUnit (junit-10.xsd) asks of such a document: the elements in their nesting, the attributes
/// that each must and may have; and XML itself: no character that it cannot hold.
#[test]
fn junit_has_the_structure_that_build_systems_read() {
    let sandbox = Sandbox::new();
    let titled = RULE.replace("title: Whoami", "title: \"<Who> & 'am' \\x01 i\"");
    sandbox.file("r/a.yml", titled).file("r/a.events.json", format!("{{\"match\": [{EVENT}, {OTHER}], \"miss\": [{OTHER}]}}"));
    sandbox.file("r/b.yml", format!("{RULE}regression_tests_path: data/whoami/info.yml\n"));
    let arguments = ["test", "--expect", "r", "--through", "sqlite", "--format", "junit"];
    let ran = sandbox.run(&arguments).exits(1);
    let elements = elements(&ran.out);
    let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
    assert_eq!((count("testsuites"), count("testsuite"), count("testcase"), count("failure"), count("skipped")), (1, 2, 7, 2, 1));
    assert!(!ran.out.contains('\u{1}') && ran.out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{}", ran.out);
    for element in &elements {
        let (parent, required): (&str, &[&str]) = match element.name.as_str() {
            "testsuites" => ("", &["tests", "failures", "errors"]),
            "testsuite" => ("testsuites", &["name", "tests", "failures", "errors"]),
            "testcase" => ("testsuite", &["name", "classname"]),
            "failure" | "error" | "skipped" => ("testcase", &["message"]),
            other => panic!("{other}"),
        };
        assert_eq!(element.parent, parent);
        let allowed = ["name", "classname", "tests", "failures", "errors", "message", "type"];
        let is_known = |name: &String| allowed.contains(&name.as_str()) || (name == "skipped" && element.name == "testsuite");
        assert!(element.attributes.iter().all(is_known), "{element:?}");
        assert!(required.iter().all(|name| element.attributes.contains(&(*name).to_owned())), "{element:?}");
    }
    let required = sandbox.run(&[&arguments[..], &["--require-samples"]].concat()).exits(1);
    assert!(required.out.contains("<error message=\"the sample is not there\""), "{}", required.out);
}

/// An element of an XML text.
#[derive(Debug)]
struct Element {
    name: String,
    parent: String,
    attributes: Vec<String>,
}

/// The elements of a well-formed XML text without comments and sections, in order.
fn elements(text: &str) -> Vec<Element> {
    let tag = regex::Regex::new(r#"<(/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(/?)>"#).unwrap();
    let attribute = regex::Regex::new(r#"([a-z]+)=""#).unwrap();
    let (mut open, mut found): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    let body = text.split_once("?>").unwrap().1;
    for captures in tag.captures_iter(body) {
        let name = captures[2].to_owned();
        if &captures[1] == "/" {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let attributes = attribute.captures_iter(&captures[3]).map(|own| own[1].to_owned()).collect();
        found.push(Element { name: name.clone(), parent: open.last().cloned().unwrap_or_default(), attributes });
        if captures[4].is_empty() {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    assert!(!tag.replace_all(body, "").contains(['<', '>']), "something is no element: {body}");
    found
}

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("VERISIGMA_SHARED");
    if shared.is_none() {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
    }
    shared.map(PathBuf::from)
}

/// Every recorded sample of the public rule set passes, and passes through the queries of three targets.
#[test]
fn the_public_rule_set_passes_its_samples_also_through_queries() {
    let Some(shared) = shared() else { return };
    let rules = shared.join("corpus/rules");
    let sandbox = Sandbox::new();
    let mut arguments = vec!["test", "--expect", rules.to_str().unwrap(), "--format", "jsonl"];
    ["splunk", "kql", "sqlite"].iter().for_each(|target| arguments.extend(["--through", target]));
    let ran = sandbox.run(&arguments).exits(0);
    let records = ran.records();
    let of = |through: Value, outcome: &str| -> Vec<&Value> {
        records.iter().filter(|record| record["through"] == through && record["outcome"] == outcome).collect()
    };
    let own = of(Value::Null, "passed");
    let logs = own.iter().filter(|record| record["sample"]["path"].as_str().unwrap().ends_with(".evtx"));
    assert_eq!((own.len(), logs.count(), of(Value::Null, "failed").len()), (123, 12, 0));
    // Kibana's fields compare letters as they are; it has no comparison of fields and no regular expressions.
    for (target, passed, open, refused) in [("splunk", 123, 0, 0), ("kql", 108, 10, 5), ("sqlite", 123, 0, 0)] {
        let counts = ["passed", "open", "refused", "failed"].map(|outcome| of(json!(target), outcome).len());
        assert_eq!(counts, [passed, open, refused, 0], "{target}");
    }
    let because: BTreeSet<&str> = of(json!("kql"), "open").iter().map(|record| record["reason"].as_str().unwrap()).collect();
    assert!(because.iter().all(|reason| reason.starts_with("`case-as-logged` does not hold")), "{because:#?}");
}
