//! The documents that products import: their shapes, and queries that come back out as they went in.
//!
//! Formats are templates and belong to no query language, so they are tried here on a target of the tests
//! that writes whatever query it is given, and on SQLite's, whose queries are verified.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "formats/shape.rs"]
mod shape;

use proptest::prelude::*;
use serde_json::{Value, json};
use shape::{Shape, stanzas};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use verisigma::backend::{Metadata, Settings, Target, embedded};
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{Conversion, Job, Kind, Request, convert, parse};
use verisigma::ir::{Case, Expr, Pattern, Predicate, Subject, Value as Operand};
use verisigma::lang::envelope::{Envelope, envelope};
use verisigma::source::{Place, Source};
use verisigma::text::pattern::Part;

/// The formats of these tests, as descriptors have them.
const FORMATS: &str = r"
formats:
  savedsearches:
    template: splunk/savedsearches.j2
    document: splunk/savedsearches_document.j2
    envelope: {kind: conf, path: search}
    extension: conf
    about: saved searches
  kibana_ndjson:
    template: kql/kibana_ndjson.j2
    envelope: {kind: json-line, path: '/attributes/kibanaSavedObjectMeta/searchSourceJSON#/query/query', identity: /id}
    extension: ndjson
    about: saved objects
  siem_rule_ndjson:
    template: kql/siem_rule_ndjson.j2
    envelope: {kind: json-line, path: /query, identity: /rule_id}
    extension: ndjson
    about: detection rules
options:
  index: {sets: template, about: where}
  min_time: {sets: template, about: from}
  max_time: {sets: template, about: to}
  cron_schedule: {sets: template, about: when}
  data_view_id: {sets: template, about: data view}
  index_names: {sets: template, about: indices}
  interval: {sets: template, about: how often}
  enabled: {sets: template, about: whether}
";

const NAMES: [&str; 3] = ["savedsearches", "kibana_ndjson", "siem_rule_ndjson"];

/// SQLite's target with these formats; each template begins with `before`.
fn target(before: &'static str) -> Arc<Target> {
    let text = embedded("sqlite.yaml").unwrap() + FORMATS;
    let lookup = |path: &str| match std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(path)) {
        Ok(template) if NAMES.iter().any(|name| path.ends_with(&format!("{name}.j2"))) => Some(format!("{before}{template}")),
        Ok(template) => Some(template),
        Err(_) => embedded(path),
    };
    Arc::new(Target::load(&Source::new("formats.yaml", &text), &lookup).unwrap_or_else(|errors| panic!("{errors:#?}")))
}

/// A target that writes the query that stands in the metadata.
static ANY: LazyLock<Arc<Target>> = LazyLock::new(|| target("{%- set query = rule.query -%}"));

/// A target that writes SQL in these formats.
static SQL: LazyLock<Arc<Target>> = LazyLock::new(|| target("{%- set query = 'SELECT * FROM events WHERE ' ~ query -%}"));

/// The envelope of a format.
fn envelope_of(format: &str) -> Envelope {
    let described = &ANY.formats.iter().find(|(name, _)| name == format).unwrap().1.envelope;
    envelope(&described.kind, &described.path, described.identity.as_deref()).unwrap()
}

/// A query of any text in a format, with this text wherever a rule has one.
fn wrapped(format: &str, query: &str, text: &str, options: &[(&str, &str)]) -> Result<String, Diagnostic> {
    let mut rule = json!({
        "query": query, "key": "5f2c7c5e-1b1f-4d60-9d0a-6a3b0f1e8c11", "level": null, "fields": [], "attack": [],
        "logsource": {"category": text, "product": text, "service": text, "definition": text},
    });
    for key in ["title", "label", "id", "description", "author", "date", "modified", "status", "license", "condition"] {
        rule[key] = json!(text);
    }
    for key in ["references", "tags", "falsepositives"] {
        rule[key] = json!([text, text]);
    }
    let Value::Object(rule) = rule else { panic!() };
    write(format, options, &rule)
}

fn write(format: &str, options: &[(&str, &str)], rule: &Metadata) -> Result<String, Diagnostic> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = Settings { format: Some(format.to_owned()), options, ..Settings::default() };
    let pattern = Pattern::new(std::iter::once(Part::Text("b".to_owned())));
    let any = vec![Operand { pattern, place: Place::NOWHERE }];
    let expr = Expr::test(Subject::field("a"), Predicate::Like { any, case: Case::Fold }, Place::NOWHERE);
    Ok(ANY.write(&expr, ANY.default_storage().unwrap(), &settings, rule)?.text)
}

/// What stands in an artefact of a format, by the shape that its product accepts.
fn shaped(format: &str, text: &str) -> Value {
    let shape: fn() -> Shape = match format {
        "kibana_ndjson" => shape::saved_search,
        "siem_rule_ndjson" => shape::detection_rule,
        _ => return conf(text),
    };
    assert!(text.lines().count() == 1 && !text.contains(['\u{2028}', '\u{2029}', '\u{85}', '\u{202e}', '\r']), "{text:?}");
    let value = serde_json::from_str(text).unwrap();
    shape().check(&value, format);
    value
}

/// The one stanza of a saved search.
fn conf(text: &str) -> Value {
    const KEYS: [&str; 12] = [
        "alert.severity",
        "alert.track",
        "counttype",
        "cron_schedule",
        "description",
        "disabled",
        "dispatch.earliest_time",
        "dispatch.latest_time",
        "enableSched",
        "quantity",
        "relation",
        "search",
    ];
    let stanzas = stanzas(text);
    let [(name, settings)] = stanzas.as_slice() else { panic!("{stanzas:#?}") };
    assert!(!name.contains(['[', ']', '\n', '\r']) && name != "default", "{name:?}");
    assert_eq!(settings.keys().collect::<Vec<_>>(), KEYS);
    json!(settings)
}

/// Where the query stands by the independent reading above.
fn query_of(format: &str, value: &Value) -> String {
    match format {
        "savedsearches" => value["search"].as_str().unwrap().to_owned(),
        "siem_rule_ndjson" => value["query"].as_str().unwrap().to_owned(),
        _ => {
            let source = value["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"].as_str().unwrap();
            serde_json::from_str::<Value>(source).unwrap()["query"]["query"].as_str().unwrap().to_owned()
        }
    }
}

/// Texts that end lines, stanzas, texts and objects.
const HOSTILE: &[&str] = &[
    "a\"b'c`d",
    "a\nsearch = *",
    "a\r\n[default]\r\nsearch = *",
    "a\rb",
    "$x$ $name$ $$ $",
    "back\\",
    "back\\\\",
    "back\\\n[x]",
    "a]\n[b",
    "[x]",
    "]",
    "default",
    "# a\n#b",
    "é \u{1f600} \u{4e2d}",
    "\u{202e}abc\u{202c}\u{2066}\u{feff}",
    "\u{0}\u{1}\u{1b}[2J\u{7f}\u{9b}",
    "a\u{2028}b\u{2029}c\u{85}d",
    "\"}\n{\"type\":\"search\"",
    "\\u0022}",
    "{{ query }}{% raw %}{# x #}",
    "</script><!--",
    "\u{b}\u{c}\t",
];

#[test]
fn texts_of_rules_cannot_change_the_artefact() {
    let long = "x".repeat(100_000);
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        for format in NAMES {
            let artefact = wrapped(format, "a\n| where b", text, &[]).unwrap_or_else(|why| panic!("{format}: {text:?}: {why:?}"));
            let value = shaped(format, &artefact);
            assert_eq!(query_of(format, &value), "a\n| where b", "{format}: {text:?}");
            assert_eq!(envelope_of(format).query(&artefact).unwrap(), "a\n| where b", "{format}: {text:?}");
        }
    }
}

#[test]
fn queries_come_back_as_they_went_in() {
    for text in HOSTILE {
        for query in [format!("f=\"{text}\""), (*text).to_owned(), format!("a {text}\n| where {text}"), format!("{text}\n{text}")] {
            for format in NAMES {
                match wrapped(format, &query, "Title", &[]) {
                    Ok(artefact) => {
                        assert_eq!(query_of(format, &shaped(format, &artefact)), query, "{format}: {artefact}");
                        assert_eq!(envelope_of(format).query(&artefact).unwrap(), query, "{format}: {artefact}");
                    }
                    Err(why) => {
                        assert_eq!((format, why.code), ("savedsearches", Code::RefusedLiteral), "{query:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_conf_file_holds_dollars_brackets_and_hashes() {
    for query in [r#"f="$x$ # [y] \\ ]""#, "# x", "[x]", "index=a b=\"\\\\\"\n| where match(c, \"\\\\$\")\n| table a, b", "a = b\\c"] {
        let artefact = wrapped("savedsearches", query, "Title", &[]).unwrap();
        assert_eq!(envelope_of("savedsearches").query(&artefact).unwrap(), query);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the texts are: the query comes back, or it is refused by name.
    #[test]
    fn any_query_in_any_rule(
        query in r#"[\\\n\r\[\]#$"= a|\u{0}-\u{20}\u{80}-\u{a0}\u{2028}\u{1F600}]{1,12}"#,
        text in r#"[\\\n\r\[\]#$"= a|\u{0}-\u{20}\u{80}-\u{a0}\u{2028}\u{202e}]{1,12}"#,
    ) {
        for format in NAMES {
            match wrapped(format, &query, &text, &[]) {
                Ok(artefact) => {
                    prop_assert_eq!(query_of(format, &shaped(format, &artefact)), query.as_str());
                    prop_assert_eq!(envelope_of(format).query(&artefact).unwrap(), query.as_str());
                }
                Err(why) => prop_assert_eq!((format, why.code), ("savedsearches", Code::RefusedLiteral)),
            }
        }
    }

    /// No text makes a reader of envelopes panic.
    #[test]
    fn readers_take_any_text(text in r#"[\\\n\[\]#$"={}a|:,]{0,40}"#) {
        for format in NAMES {
            let envelope = envelope_of(format);
            drop(envelope.query(&text).map(std::borrow::Cow::into_owned));
            drop(envelope.identity(&text));
        }
    }
}

#[test]
fn options_stand_where_they_belong() {
    let options = [
        ("min_time", "-7d\n[x]"),
        ("max_time", "-1h"),
        ("cron_schedule", "*/5 * * * *"),
        ("data_view_id", "\"winlogbeat-*"),
        ("index_names", "a-*, \"b\""),
        ("interval", "1h"),
        ("enabled", "false"),
    ];
    let of = |format| shaped(format, &wrapped(format, "a", "Title", &options).unwrap());
    let (saved, object, rule) = (of(NAMES[0]), of(NAMES[1]), of(NAMES[2]));
    let settings = ["dispatch.earliest_time", "dispatch.latest_time", "cron_schedule", "enableSched"].map(|key| &saved[key]);
    assert_eq!(settings, ["-7d [x]", "-1h", "*/5 * * * *", "1"]);
    assert_eq!(object["references"][0]["id"], "\"winlogbeat-*");
    let settings = ["index", "interval", "from", "to", "enabled"].map(|key| rule[key].clone());
    assert_eq!(settings, [json!(["a-*", "\"b\""]), json!("1h"), json!("-7d\n[x]"), json!("-1h"), json!(false)]);
    let why = wrapped("siem_rule_ndjson", "a", "Title", &[("enabled", "yes")]).unwrap_err();
    assert_eq!(why.message, "an option is `true` or `false`, not `yes`");
}

// With the engine: real rules, real metadata, verified queries.

const RULE: &str = r"
title: Whoami Execution
id: 11111111-1111-4111-8111-111111111111
status: test
description: |
  Detects whoami.
  In two lines.
author: me, and you
date: 2024-01-01
references: ['https://example.org/a']
tags: [attack.discovery, attack.t1033, attack.t1087.001, attack.unknown, cve.2021-44228]
logsource: {category: process_creation, product: windows, definition: Enable command lines}
detection:
  selection:
    Image|endswith: '\whoami.exe'
    CommandLine|contains: ['/all', '/groups']
  condition: selection
fields: [CommandLine, User]
falsepositives: [Admins]
level: informational
license: DRL-1.1
";

fn job(format: &str) -> Job {
    Job::on(SQL.clone(), Request { format: Some(format.to_owned()), ..Request::default() }).unwrap()
}

/// The texts of a file's rules, each of them proved.
fn converted(rules: &str, format: &str) -> Vec<String> {
    let job = job(format);
    let text = |rule| {
        convert(&rule, &job).into_iter().map(|outcome| match outcome.result {
            Conversion::Written { query, text, verdict } => {
                assert_eq!(verdict.kind, Kind::Proved);
                assert!(query.starts_with("SELECT * FROM events WHERE "), "{query}");
                assert_eq!(query_of(format, &shaped(format, &text)), query);
                text
            }
            Conversion::Refused | Conversion::Differs { .. } => panic!("{:#?}", outcome.diagnostics),
        })
    };
    parse(&Source::new("rules.yml", rules)).into_iter().flat_map(|document| text(document.rule.unwrap()).collect::<Vec<_>>()).collect()
}

#[test]
fn artefacts_are_verified() {
    let texts: BTreeMap<&str, String> = NAMES.iter().map(|format| (*format, converted(RULE, format).remove(0))).collect();
    let pretty = |format: &str| serde_json::to_string_pretty(&serde_json::from_str::<Value>(&texts[format]).unwrap()).unwrap();
    insta::assert_snapshot!("savedsearches", texts["savedsearches"]);
    insta::assert_snapshot!("kibana_ndjson", pretty("kibana_ndjson"));
    insta::assert_snapshot!("siem_rule_ndjson", pretty("siem_rule_ndjson"));
}

#[test]
fn levels_are_severities() {
    let level = |level: &str| RULE.replace("level: informational\n", level);
    let of = |rule: &str| {
        let rule_of = |format| shaped(format, &converted(rule, format)[0]);
        let (saved, rule) = (rule_of("savedsearches"), rule_of("siem_rule_ndjson"));
        (saved["alert.severity"].as_str().unwrap().to_owned(), rule["severity"].as_str().unwrap().to_owned(), rule["risk_score"].as_i64())
    };
    let expected = [("informational", "1", "low", 1), ("low", "2", "low", 21), ("medium", "3", "medium", 47), ("high", "4", "high", 73)];
    for (name, splunk, elastic, risk) in expected.into_iter().chain([("critical", "5", "critical", 99)]) {
        assert_eq!(of(&level(&format!("level: {name}\n"))), (splunk.to_owned(), elastic.to_owned(), Some(risk)));
    }
    assert_eq!(of(&level("")), ("3".to_owned(), "low".to_owned(), Some(21)));
}

#[test]
fn several_rules_are_one_document() {
    let second = RULE.replace("11111111-1", "22222222-1").replace("condition: selection", "condition: [selection, not selection]");
    for format in NAMES {
        let texts = converted(&format!("{RULE}---{second}"), format);
        let document = job(format).document(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert!(document.ends_with('\n') && !document.ends_with("\n\n"), "{document:?}");
        if format == "savedsearches" {
            let names: Vec<String> = stanzas(&document).into_iter().map(|(name, _)| name).collect();
            let expected = [
                "Whoami Execution (11111111-1111-4111-8111-111111111111)",
                "Whoami Execution (condition 0) (22222222-1111-4111-8111-111111111111-0)",
                "Whoami Execution (condition 1) (22222222-1111-4111-8111-111111111111-1)",
            ];
            assert_eq!(names, expected);
        } else {
            assert_eq!(document.lines().collect::<Vec<_>>(), texts);
        }
    }
}

#[test]
fn two_of_one_name_are_an_error() {
    for format in NAMES {
        let texts = converted(&format!("{RULE}---{RULE}"), format);
        let why = job(format).document(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_err();
        assert_eq!(why.code, Code::InvalidArgument);
        assert!(why.message.contains("11111111-1111-4111-8111-111111111111"), "{}", why.message);
    }
}

#[test]
fn artefacts_that_are_not_plain_are_not_read() {
    let conf = envelope_of("savedsearches");
    for (text, code) in [
        ("", Code::QueryInvalid),
        ("search = a", Code::QueryUnread),
        ("[a]\nseach = a", Code::QueryInvalid),
        ("[a]\nsearch =", Code::QueryInvalid),
        ("[a]\nsearch = a\n[b]\nsearch = b", Code::QueryUnread),
        ("[a]\nsearch = a\n[a]\nx = b", Code::QueryUnread),
        ("[a]\nsearch = a\nsearch = b", Code::QueryUnread),
        ("[default]\nsearch = a", Code::QueryUnread),
        ("[a[b]]\nsearch = a", Code::QueryUnread),
        ("[a]\nsearch = a \\\nb", Code::QueryUnread),
        ("[a]\nsearch = a\\\\\n| b", Code::QueryUnread),
        ("[a]\nsearch = a\\", Code::QueryInvalid),
        ("[a]\nsearch = a\\ ", Code::QueryUnread),
        ("[a]\nsearch = a\n  # b", Code::QueryUnread),
        ("[a]\n# b\\\nsearch = a", Code::QueryUnread),
        ("[a]\nsearch = a\nb", Code::QueryInvalid),
    ] {
        assert_eq!(conf.query(text).unwrap_err().code, code, "{text:?}");
    }
    let many = |line: fn(u32) -> String| std::iter::once("[a]".to_owned()).chain((0..100_000).map(line)).collect::<Vec<_>>().join("\n");
    for text in [many(|n| format!("k{n} = v")), many(|_| "search = a\\".to_owned()), many(|n| format!("[{n}]"))] {
        conf.query(&text).unwrap_err();
    }
    assert_eq!(conf.query("# x\n\n[a]\nx = 1\r\nsearch = a \\\n| where b\r\n").unwrap(), "a \n| where b");
    let json = envelope_of("siem_rule_ndjson");
    for text in ["", "{}", "{\"query\": 1}", "{\"query\": \"a\"} {}", "{\"query\":\n\"a\"}", "[{\"query\": \"a\"}]"] {
        assert_eq!(json.query(text).unwrap_err().code, Code::QueryInvalid, "{text:?}");
    }
    assert_eq!(json.query("{\"query\": \"a\\n\"}\n").unwrap(), "a\n");
    for (kind, path, identity) in
        [("conf", "", None), ("conf", "a", Some("b")), ("json", "a", None), ("json", "/a", Some("b")), ("xml", "/a", None)]
    {
        assert_eq!(envelope(kind, path, identity), None);
    }
}
