//! The samples that a rule set keeps for its rules, on their pages: found as `test --expect` finds them, answered as it
//! answers, shown in every rendering, and counted over a set.
//!
//! With `VERISIGMA_SHARED` also those of the public rule set, against `test --expect`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it was skipped"
)]
#![allow(dead_code, reason = "a part of what the suites share is used")]

#[path = "cli/sandbox.rs"]
mod sandbox;
mod support;

use sandbox::{EVENT, RULE, Ran, Sandbox};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

const OTHER: &str = r#"{"Image":"C:\\Windows\\System32\\cmd.exe"}"#;

/// The description of some logs, each with its name and what else it says.
fn description(tests: &[(&str, &str)]) -> String {
    let test = |(name, more): &(&str, &str)| format!("  - name: \"{name}\"\n    type: evtx\n    path: data/{name}.evtx\n{more}");
    format!("description: What was run\nregression_tests_info:\n{}", tests.iter().map(test).collect::<String>())
}

/// A rule that names three logs: one that it answers, one that it does not, and one that is not there; and a rule without.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("set/rules/windows/a.yml", format!("{RULE}regression_tests_path: data/info.yml\n"));
    sandbox.file("set/rules/windows/b.yml", RULE.replace("8f3c1f7e", "8f3c1f7f").replace("Whoami", "Other"));
    let tests = [("good", "    match_count: 2\n"), ("bad", "    description: \"N/A\"\n"), ("gone", "")];
    sandbox.file("set/data/info.yml", description(&tests));
    sandbox.file("set/data/good.json", format!("[{EVENT},{OTHER},{EVENT}]")).file("set/data/bad.json", OTHER);
    sandbox
}

fn explained(sandbox: &Sandbox, rule: &str, format: &str) -> Ran {
    sandbox.run(&["explain", rule, "-t", "sqlite", "-t", "splunk", "--format", format]).exits(0)
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

fn faults(explained: &Value) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/explain.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    schema.iter_errors(explained).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn samples_are_found_and_answered() {
    let sandbox = sandbox();
    let found = document(&explained(&sandbox, "set/rules/windows/a.yml", "json"));
    let passed = json!({"outcome": "passed", "matched": 2, "reason": null});
    let of = |target: &str, answer: &Value| {
        let mut answer = answer.clone();
        answer["target"] = json!(target);
        answer
    };
    let failed = |who: &str| {
        let reason = format!("{who} matches 0 of 1 events of `data/bad.json`, and must match 1 or more");
        json!({"outcome": "failed", "matched": 0, "reason": reason})
    };
    let expected = json!([
        {"name": "good", "description": "What was run", "type": "json", "path": "data/good.json", "match_count": 2, "present": true,
            "events": 3, "rule": &passed, "targets": [of("sqlite", &passed), of("splunk", &passed)]},
        {"name": "bad", "description": null, "type": "json", "path": "data/bad.json", "match_count": 1, "present": true,
            "events": 1, "rule": failed("the rule"),
            "targets": [of("sqlite", &failed("the query for `sqlite`")), of("splunk", &failed("the query for `splunk`"))]},
        {"name": "gone", "description": "What was run", "type": null, "path": "data/gone.evtx", "match_count": 1, "present": false,
            "events": null, "rule": {"outcome": "absent", "matched": null, "reason": null}, "targets": []},
    ]);
    assert_eq!(found["samples"], expected);
    assert_eq!(faults(&found), Vec::<String>::new());
    let without = document(&explained(&sandbox, "set/rules/windows/b.yml", "json"));
    assert_eq!((&without["samples"], faults(&without)), (&json!([]), Vec::new()));
}

#[test]
fn every_rendering_shows_samples_and_none_an_empty_section() {
    let sandbox = sandbox();
    for format in ["text", "markdown", "html"] {
        let page = explained(&sandbox, "set/rules/windows/a.yml", format).out;
        for shown in ["Upstream regression sample", "What was run", "good", "passed", "failed", "absent", "data/gone.evtx"] {
            assert!(page.contains(shown), "{format}: {shown}\n{page}");
        }
        let page = explained(&sandbox, "set/rules/windows/b.yml", format).out;
        assert!(!page.contains("regression sample"), "{format}: {page}");
    }
    let text = explained(&sandbox, "set/rules/windows/a.yml", "text").out;
    let section = text.split("Upstream regression sample\n").nth(1).unwrap().split("\nRule body").next().unwrap();
    let expected = "  good\n    What was run\n    data/good.json (json; 2 events or more must match)\n    the rule: passed: 2 of 3 events match\n    \
        sqlite: passed: 2 of 3 events match\n    splunk: passed: 2 of 3 events match\n";
    assert!(section.starts_with(expected), "{section}");
    assert!(
        section.ends_with(
            "  gone\n    What was run\n    data/gone.evtx (1 event or more must match)\n    the rule: absent: the sample is not there\n"
        ),
        "{section}"
    );
}

#[test]
fn what_cannot_be_used_is_shown() {
    let cases = [
        ("data/none.yml", "", "absent", ""),
        ("../data/info.yml", "", "unread", "no path that stays below the rule set"),
        ("data/info.yml", "regression_tests_info: [{type: pcap, path: data/a.pcap}]\n", "unread", "a sample of the type `pcap`"),
        ("data/info.yml", "regression_tests_info: 7\n", "unread", "`regression_tests_info` must be a list"),
        ("data/info.yml", "a: [\n", "unread", ""),
        ("data/info.yml", "regression_tests_info: [{path: ../../etc/passwd}]\n", "unread", "a `path` that stays below"),
        ("data/info.yml", "regression_tests_info: [{path: data/no.evtx}]\n", "unread", "no event log"),
    ];
    for (path, description, outcome, reason) in cases {
        let sandbox = Sandbox::new();
        sandbox.file("set/rules/a.yml", format!("{RULE}regression_tests_path: {path}\n"));
        sandbox.file("set/data/info.yml", description).file("set/data/no.evtx", "no log");
        let found = document(&explained(&sandbox, "set/rules/a.yml", "json"));
        let sample = &found["samples"][0];
        assert_eq!((&sample["rule"]["outcome"], &sample["targets"]), (&json!(outcome), &json!([])), "{path} {description}: {sample}");
        assert!(sample["rule"]["reason"].as_str().unwrap_or_default().contains(reason), "{sample}");
        assert_eq!(sample["match_count"].is_null(), sample["path"] != "data/no.evtx", "{sample}");
        assert_eq!(faults(&found), Vec::<String>::new());
    }
    // A description whose tests are all commented out names none.
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", format!("{RULE}regression_tests_path: i.yml\n")).file("i.yml", "regression_tests_info:\n");
    assert_eq!(document(&explained(&sandbox, "rules/a.yml", "json"))["samples"], json!([]));
}

#[test]
fn names_of_samples_are_inert() {
    let hostile = r##"<script>alert(1)</script> | `x` \n# y \u202e {{ 7 * 7 }}"##;
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", format!("{RULE}regression_tests_path: i.yml\n"));
    let test = format!("- name: \"{hostile}\"\n  description: \"{hostile}\"\n  path: \"d/{hostile}.json\"\n");
    sandbox.file("i.yml", format!("regression_tests_info:\n{test}"));
    for format in ["text", "markdown", "html"] {
        let page = explained(&sandbox, "rules/a.yml", format).out;
        assert!(page.contains("7 \\* 7") || page.contains("7 * 7"), "{page}");
        assert!(!page.contains('\u{202e}') && (format == "html" || !page.contains("\n# y")), "{page}");
        // In Markdown it stands in code, or escaped.
        let is_raw = |line: &str| line.contains("<script>alert") && !line.contains('`');
        assert!(format == "text" || !page.lines().any(is_raw), "{page}");
        assert!(format != "html" || !page.contains("<script>alert"), "{page}");
    }
    sandbox.run(&["catalog", "rules", "-o", "site", "-t", "sqlite"]).exits(0);
    let page =
        fs::read_dir(sandbox.path("site/r")).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.extension().unwrap() == "html");
    let page = fs::read_to_string(page.unwrap()).unwrap();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert") && !page.contains('\u{202e}'), "{page}");
}

#[test]
fn a_site_counts_samples() {
    let sandbox = sandbox();
    let arguments = ["catalog", "set/rules", "-o", "site", "-t", "sqlite", "-t", "splunk"];
    sandbox.run(&arguments).exits(0);
    let quality = sandbox.text("site/quality.html");
    assert!(quality.contains("1 rule names a sample that the rule set keeps to test it; of 1 there is one here"), "{quality}");
    assert!(quality.contains("<tr><th scope=\"row\">splunk</th><td class=\"number\">0</td><td class=\"number\">1</td>"), "{quality}");
    assert!(quality.contains("href=\"quality/sample.html\"") && sandbox.path("site/quality/sample.html").is_file());
    let page = sandbox.text("site/r/8f3c1f7e-5a39-4d5b-9c0e-0a1d8e0f3b11.html");
    let order = ["id=\"examples\"", "id=\"samples\"", "id=\"body\""].map(|id| page.find(id).unwrap());
    assert!(order.is_sorted(), "{order:?}");
    assert!(page.contains("<span aria-hidden=\"true\">✓</span> passed") && page.contains("<span aria-hidden=\"true\">∅</span> absent"));
    sandbox.run(&[arguments.as_slice(), &["--check"]].concat()).exits(0);
    sandbox.file("set/data/bad.json", EVENT);
    let stale = sandbox.run(&[arguments.as_slice(), &["--check"]].concat()).exits(1);
    assert!(
        stale.out.contains("out of date: r/8f3c1f7e-5a39-4d5b-9c0e-0a1d8e0f3b11.html") && !stale.out.contains("8f3c1f7f"),
        "{stale:#?}"
    );
    let without = Sandbox::new();
    without.file("rules/a.yml", RULE).run(&["catalog", "rules", "-o", "site", "-t", "sqlite"]).exits(0);
    assert!(!without.text("site/quality.html").contains("sample"));
}

/// What `test --expect` says of the samples of the public rule set is what their pages say.
#[test]
fn pages_say_what_testing_says() {
    let Some(shared) = support::shared() else { return };
    let rules = shared.join("corpus/rules");
    let named: Vec<_> = support::files(&rules, "yml")
        .into_iter()
        .filter(|path| fs::read_to_string(path).unwrap().lines().any(|line| line.starts_with("regression_tests_path:")))
        .collect();
    assert!(named.len() > 150);
    let paths: Vec<&str> = named.iter().step_by(8).map(|path| path.to_str().unwrap()).collect();
    let sandbox = Sandbox::new();
    let tested = sandbox.run(&[&["test", "--expect", "--through", "splunk", "--format", "jsonl"], paths.as_slice()].concat()).exits(0);
    let mut expected: BTreeMap<(String, String, String), Value> = BTreeMap::new();
    for record in tested.records() {
        let text = |value: &Value| value.as_str().unwrap_or("the rule").to_owned();
        expected
            .insert((text(&record["rule"]["path"]), text(&record["sample"]["path"]), text(&record["through"])), record["outcome"].clone());
    }
    let mut found = BTreeMap::new();
    for path in &paths {
        let explained = document(&sandbox.run(&["explain", path, "-t", "splunk", "--format", "json"]).exits(0));
        for sample in explained["samples"].as_array().unwrap() {
            let key = |who: &str| ((*path).to_owned(), sample["path"].as_str().unwrap().to_owned(), who.to_owned());
            found.insert(key("the rule"), sample["rule"]["outcome"].clone());
            for own in sample["targets"].as_array().unwrap() {
                found.insert(key(own["target"].as_str().unwrap()), own["outcome"].clone());
            }
        }
    }
    eprintln!("{} rules, {} answers", paths.len(), found.len());
    assert_eq!(found, expected);
}
