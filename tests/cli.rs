//! The command line without a target: arguments, files, events, streams, exit codes.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "cli/sandbox.rs"]
mod sandbox;

use sandbox::{EVENT, RULE, Ran, Sandbox, keys};
use serde_json::{Value, json};

const INVALID: &str = "title: No detection\nlogsource:\n  product: windows\n";

/// Rules and an event in the usual places, and the rules tested on the event.
fn test_rules(sandbox: &Sandbox) -> Ran {
    sandbox.file("e.json", EVENT).run(&["test", "rules", "--events", "e.json", "--format", "jsonl"])
}

/// The paths of the rules in records.
fn paths(ran: &Ran) -> Vec<String> {
    ran.records().iter().map(|record| record["rule"]["path"].as_str().unwrap().to_owned()).collect()
}

/// The diagnostics on standard error, one a line; the summary is none.
fn diagnostics(ran: &Ran) -> Vec<Value> {
    ran.err.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect()
}

// Arguments

#[test]
fn help_and_version_are_data() {
    let sandbox = Sandbox::new();
    for arguments in
        [&["--help"][..], &["-h"], &["help"], &["convert", "--help"], &["verify", "-h"], &["test", "--help"], &["list", "--help"]]
    {
        let ran = sandbox.run(arguments).exits(0);
        assert!(ran.out.contains("Usage: verisigma") && ran.err.is_empty(), "{ran:#?}");
    }
    assert_eq!(sandbox.run(&["--version"]).exits(0).out, format!("verisigma {}\n", env!("CARGO_PKG_VERSION")));
    assert!(sandbox.run(&["convert", "--help"]).out.contains("Examples:"));
}

#[test]
fn wrong_usage_exits_with_2() {
    let sandbox = Sandbox::new();
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["diff", "a", "b"],
        &["convert"],
        &["convert", "rule.yml"],
        &["convert", "-t", "sqlite"],
        &["convert", "-t", "sqlite", "--frobnicate", "rule.yml"],
        &["convert", "-t", "sqlite", "-O", "table", "rule.yml"],
        &["convert", "-t", "sqlite", "-O", "=x", "rule.yml"],
        &["convert", "-t", "sqlite", "--emit", "soup", "rule.yml"],
        &["convert", "-t", "sqlite", "--emit", "ir", "-f", "jsonl", "rule.yml"],
        &["convert", "-t", "sqlite", "--message-format", "xml", "rule.yml"],
        &["verify", "-t", "sqlite"],
        &["verify", "-t", "sqlite", "rule.yml", "--condition", "1"],
        &["test", "rule.yml"],
        &["test", "--events", "e.json"],
        &["test", "rule.yml", "-t", "sqlite", "--events", "e.json"],
        &["test", "--query", "q.sql", "--events", "e.json"],
        &["list"],
        &["list", "cheese"],
    ] {
        let ran = sandbox.run(arguments).exits(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?} {ran:#?}");
    }
}

#[test]
fn what_is_missing_says_so() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    let ran = sandbox.run(&["convert", "-t", "sqlite", "-p", "sysmon", "rule.yml"]).exits(2);
    ran.says(&["`--pipeline` is not supported yet"]);
    for list in ["pipelines", "checks"] {
        sandbox.run(&["list", list]).exits(2).says(&["not supported yet", list]);
    }
}

#[test]
fn options_are_given_once() {
    let sandbox = Sandbox::new();
    sandbox.run(&["convert", "-t", "sqlite", "-O", "table=a", "-O", "table=b", "rule.yml"]).exits(2).says(&["`-O table` is given twice"]);
}

#[test]
fn standard_input_is_read_once() {
    let sandbox = Sandbox::new();
    sandbox.run(&["test", "-", "--events", "-"]).exits(2).says(&["`-` is given twice"]);
    sandbox.run(&["test", "-", "-", "--events", "e.json"]).exits(2).says(&["`-` is given twice"]);
}

#[test]
fn rules_are_tested_without_settings_of_a_target() {
    let sandbox = Sandbox::new();
    sandbox.run(&["test", "rule.yml", "-O", "table=x", "--events", "e.json"]).exits(2).says(&["`-O` says something about a target"]);
    sandbox.run(&["test", "rule.yml", "--schema", "x", "--events", "e.json"]).exits(2).says(&["`--schema` says something about a target"]);
}

// Lists

#[test]
fn codes_are_listed() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["list", "codes"]).exits(0).out;
    assert!(text.lines().any(|line| line.starts_with("VS0104") && line.contains("unknown_modifier")), "{text}");
    let records = sandbox.run(&["list", "codes", "--format", "jsonl"]).exits(0).records();
    assert_eq!(keys(&records[0]), ["code", "name", "summary"]);
    assert_eq!(records.len(), text.lines().count());
    let document: Value = serde_json::from_str(&sandbox.run(&["list", "codes", "--format", "json"]).out).unwrap();
    assert_eq!(document, Value::Array(records));
}

#[test]
fn assumptions_are_listed() {
    let records = Sandbox::new().run(&["list", "assumptions", "--format", "jsonl"]).exits(0).records();
    assert!(records.iter().any(|record| record["name"] == "ascii-case"));
    assert_eq!(keys(&records[0]), ["name", "description"]);
}

#[test]
fn modifiers_are_listed() {
    let records = Sandbox::new().run(&["list", "modifiers", "--format", "jsonl"]).exits(0).records();
    let utf16 = records.iter().find(|record| record["name"] == "utf16le" || record["aliases"].to_string().contains("utf16le"));
    assert!(utf16.is_some() && records.iter().any(|record| record["name"] == "contains"), "{records:?}");
}

// Rules and events

#[test]
fn matches_are_records() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("e.json", format!("[{EVENT}, {{}}]"));
    let ran = sandbox.run(&["test", "rules", "--events", "e.json", "--format", "jsonl"]).exits(0);
    let rule = json!({"id": "8f3c1f7e-5a39-4d5b-9c0e-0a1d8e0f3b11", "title": "Whoami", "path": "rules/a.yml"});
    assert_eq!(ran.records(), [json!({"rule": rule, "event": {"path": "e.json", "index": 0}, "match": true})]);
    assert_eq!(keys(&ran.records()[0]), ["rule", "event", "match"]);
    assert_eq!(keys(&ran.records()[0]["rule"]), ["id", "title", "path"]);
    assert_eq!(ran.summary(), "1 rule on 2 events: 1 match");
    let all = sandbox.run(&["test", "rules", "--events", "e.json", "--format", "json", "--all"]).exits(0);
    let document: Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(document[0], ran.records()[0]);
    assert_eq!(document[1], json!({"rule": rule, "event": {"path": "e.json", "index": 1}, "match": false}));
    let text = sandbox.run(&["test", "rules", "--events", "e.json", "--all"]).exits(0).out;
    assert_eq!(text, "rules/a.yml: Whoami: matches event 0 of e.json\nrules/a.yml: Whoami: does not match event 1 of e.json\n");
}

#[test]
fn no_match_is_no_finding() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("e.json", "{}");
    assert_eq!(sandbox.run(&["test", "a.yml", "--events", "e.json"]).exits(0).out, "");
    assert_eq!(sandbox.run(&["test", "a.yml", "--events", "e.json", "--format", "json"]).exits(0).out, "[]\n");
}

#[test]
fn events_come_in_many_shapes() {
    let sandbox = Sandbox::new();
    sandbox
        .file("a.yml", RULE)
        .file("one.json", EVENT)
        .file("array.json", format!("[{EVENT},{EVENT}]"))
        .file("concatenated.json", format!("{EVENT}{EVENT}\n{EVENT}"))
        .file("lines.ndjson", format!("{EVENT}\n\n{EVENT}\r\n"))
        .file("lines.jsonl", format!("\u{feff}{EVENT}"))
        .file("raw.json", json!({"Event": {"System": {}, "EventData": {"Image": "C:\\whoami.exe"}}}).to_string())
        .file("empty.json", "")
        .file("empty.ndjson", "");
    let files = ["one.json", "array.json", "concatenated.json", "lines.ndjson", "lines.jsonl", "raw.json", "empty.json", "empty.ndjson"];
    let ran = sandbox.run(&[&["test", "a.yml", "--format", "jsonl", "--events"][..], &files].concat()).exits(0);
    let found: Vec<(String, u64)> = ran
        .records()
        .iter()
        .map(|record| (record["event"]["path"].as_str().unwrap().to_owned(), record["event"]["index"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("one.json", 0),
        ("array.json", 0),
        ("array.json", 1),
        ("concatenated.json", 0),
        ("concatenated.json", 1),
        ("concatenated.json", 2),
        ("lines.ndjson", 0),
        ("lines.ndjson", 1),
        ("lines.jsonl", 0),
        ("raw.json", 0),
    ];
    assert_eq!(found, expected.map(|(path, index)| (path.to_owned(), index)));
    assert_eq!(ran.summary(), "1 rule on 10 events: 10 matches");
}

#[test]
fn events_come_from_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE);
    let ran = sandbox.run_with_stdin(&["test", "a.yml", "--events", "-", "--format", "jsonl"], &format!("{{}}\n{EVENT}\n")).exits(0);
    assert_eq!(ran.records()[0]["event"], json!({"path": "-", "index": 1}));
}

#[test]
fn long_event_files_keep_their_order() {
    let sandbox = Sandbox::new();
    let lines: String = (0..20_000).map(|number| if number % 7 == 0 { format!("{EVENT}\n") } else { "{}\n".to_owned() }).collect();
    sandbox.file("a.yml", RULE).file("b.yml", RULE).file("e.ndjson", lines);
    let ran = sandbox.run(&["test", "a.yml", "b.yml", "--events", "e.ndjson", "--format", "jsonl"]).exits(0);
    let found: Vec<(String, u64)> = ran
        .records()
        .iter()
        .map(|record| (record["rule"]["path"].as_str().unwrap().to_owned(), record["event"]["index"].as_u64().unwrap()))
        .collect();
    let expected = |path: &str| (0..20_000).filter(|number| number % 7 == 0).map(|index| (path.to_owned(), index)).collect::<Vec<_>>();
    assert_eq!(found, [expected("a.yml"), expected("b.yml")].concat());
    assert_eq!(ran.summary(), "2 rules on 20,000 events: 5,716 matches");
}

#[test]
fn bad_event_files_cost_only_themselves() {
    let sandbox = Sandbox::new();
    sandbox
        .file("a.yml", RULE)
        .file("good.json", EVENT)
        .file("broken.json", "{\"a\":")
        .file("number.json", "7")
        .file("deep.json", "[".repeat(100_000))
        .file("broken.ndjson", format!("{EVENT}\n{{\"a\":}}\n{EVENT}\n"))
        .file("latin.ndjson", b"{\"a\":\"\xe9\"}\n")
        .file("log.evtx", "ElfFile");
    let files = ["broken.json", "number.json", "deep.json", "broken.ndjson", "latin.ndjson", "log.evtx", "missing.json", "good.json"];
    let ran = sandbox.run(&[&["test", "a.yml", "--format", "jsonl", "--message-format", "json", "--events"][..], &files].concat()).exits(2);
    let found: Vec<Value> = ran.records().iter().map(|record| record["event"]["path"].clone()).collect();
    assert_eq!(found, ["broken.ndjson", "good.json"]);
    let said: Vec<(Value, Value)> = diagnostics(&ran).iter().map(|record| (record["name"].clone(), record["path"].clone())).collect();
    let names =
        ["invalid_events", "invalid_events", "invalid_events", "invalid_events", "invalid_events", "invalid_events", "unreadable_input"];
    assert_eq!(said, names.iter().zip(files).map(|(name, file)| (json!(name), json!(file))).collect::<Vec<_>>());
    ran.says(&["at line 2 column 6", "line 1 is not UTF-8", "an event must be a JSON object", "no event log"]);
}

#[test]
fn invalid_rules_are_a_finding_and_the_others_are_tested() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", INVALID).file("rules/b.yml", RULE);
    let ran = test_rules(&sandbox).exits(1).says(&["error[missing_detection]", "rules/a.yml"]);
    assert_eq!(paths(&ran), ["rules/b.yml"]);
    assert_eq!(ran.summary(), "2 rules on 1 event: 1 match, 1 invalid");
}

// Files

#[test]
fn directories_are_searched_in_the_order_of_bytes() {
    let sandbox = Sandbox::new();
    for name in ["b.yml", "a/z.yml", "a-b.yml", "a/Z.yaml", "B.yml", "é.yml", "deep/er/x.yml", "a.yml/inner.yml"] {
        sandbox.file(&format!("rules/{name}"), RULE);
    }
    for name in ["notes.txt", "x.yml.bak", "yml"] {
        sandbox.file(&format!("rules/{name}"), "no rule");
    }
    let expected = ["B.yml", "a-b.yml", "a.yml/inner.yml", "a/Z.yaml", "a/z.yml", "b.yml", "deep/er/x.yml", "é.yml"];
    assert_eq!(paths(&test_rules(&sandbox).exits(0)), expected.map(|name| format!("rules/{name}")));
}

#[test]
fn paths_keep_their_order() {
    let sandbox = Sandbox::new();
    sandbox.file("b/x.yml", RULE).file("a.txt", RULE).file("c.yml", RULE).file("e.json", EVENT);
    let ran = sandbox.run(&["test", "c.yml", "b", "a.txt", "--events", "e.json", "--format", "jsonl"]).exits(0);
    assert_eq!(paths(&ran), ["c.yml", "b/x.yml", "a.txt"]);
}

#[test]
fn rules_come_from_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.file("e.json", EVENT);
    let ran = sandbox.run_with_stdin(&["test", "-", "--events", "e.json", "--format", "jsonl"], RULE).exits(0);
    assert_eq!(paths(&ran), ["-"]);
}

#[test]
fn several_documents_are_several_rules() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", format!("{RULE}---\n{RULE}---\n{INVALID}"));
    let ran = test_rules(&sandbox).exits(1);
    assert_eq!(paths(&ran), ["rules/a.yml", "rules/a.yml"]);
    assert_eq!(ran.summary(), "3 rules on 1 event: 2 matches, 1 invalid");
}

#[test]
fn byte_order_marks_and_carriage_returns_are_harmless() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/bom.yml", format!("\u{feff}{RULE}")).file("rules/crlf.yml", RULE.split('\n').collect::<Vec<_>>().join("\r\n"));
    assert_eq!(paths(&test_rules(&sandbox).exits(0)), ["rules/bom.yml", "rules/crlf.yml"]);
}

#[test]
fn carriage_returns_do_not_garble_diagnostics() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE.split("endswith").collect::<Vec<_>>().join("endwith").split('\n').collect::<Vec<_>>().join("\r\n"));
    let ran = test_rules(&sandbox).exits(1).says(&["rules/a.yml:8:", "Image|endwith", "^^^^^^^"]);
    assert!(!ran.err.contains("\\u{d}") && !ran.err.contains('\r'), "{ran:#?}");
}

#[test]
fn other_encodings_are_named() {
    let sandbox = Sandbox::new();
    let utf16 = |bytes: fn(u16) -> [u8; 2], mark: &[u8]| [mark, &RULE.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()].concat();
    sandbox
        .file("rules/a.yml", utf16(u16::to_le_bytes, b"\xff\xfe"))
        .file("rules/b.yml", utf16(u16::to_be_bytes, b"\xfe\xff"))
        .file("rules/c.yml", utf16(u16::to_le_bytes, b""))
        .file("rules/d.yml", b"title: caf\xe9\n")
        .file("rules/e.yml", b"\x89PNG\r\n\x1a\n\0\0")
        .file("rules/f.yml", RULE);
    let ran = test_rules(&sandbox).exits(2).says(&["UTF-16, not UTF-8", "iconv -f UTF-16", "byte 0xe9", "rules/d.yml:1:11"]);
    assert_eq!(ran.err.matches("error[invalid_encoding]").count(), 5);
    assert_eq!(paths(&ran), ["rules/f.yml"]);
}

#[test]
fn files_without_a_rule_say_nothing() {
    let sandbox = Sandbox::new();
    sandbox
        .file("rules/a.yml", "")
        .file("rules/b.yml", "---\n---\n")
        .file("rules/c.yml", "# only a comment\n")
        .file("rules/d.yml", "null\n");
    let ran = test_rules(&sandbox).exits(0);
    assert_eq!((ran.out.as_str(), ran.summary()), ("", "0 rules on 1 event: 0 matches"));
}

#[test]
fn hostile_yaml_costs_only_itself() {
    let sandbox = Sandbox::new();
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        let below = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{below}, {below}, {below}, {below}, {below}, {below}, {below}, {below}]\n");
    }
    let parentheses = |text: String| RULE.split("condition: selection").collect::<Vec<_>>().join(&format!("condition: '{text}'"));
    sandbox
        .file("rules/bomb.yml", bomb)
        .file("rules/brackets.yml", "[".repeat(1_000_000))
        .file("rules/condition.yml", parentheses("(".repeat(1_000_000)))
        .file("rules/good.yml", RULE)
        .file("rules/maps.yml", (0..20_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 2000))).collect::<String>())
        .file("rules/nots.yml", parentheses(format!("{}selection", "not ".repeat(300_000))))
        .file("rules/parentheses.yml", "(".repeat(1_000_000));
    let ran = test_rules(&sandbox).exits(1);
    assert_eq!(paths(&ran), ["rules/good.yml"]);
    assert!(ran.err.len() < 100_000, "{} bytes were said", ran.err.len());
}

#[test]
fn missing_files_cost_only_themselves() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("e.json", EVENT);
    let ran = sandbox.run(&["test", "missing.yml", "a.yml", "--events", "e.json", "--format", "jsonl"]).exits(2);
    assert_eq!(paths(&ran), ["a.yml"]);
    ran.says(&["error[unreadable_input]: cannot read: no such file or directory", "missing.yml"]);
}

#[cfg(unix)]
#[test]
#[expect(clippy::print_stdout, reason = "a check that is left out says why")]
fn unreadable_files_cost_only_themselves() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("rules/locked.yml", RULE).file("rules/z.yml", RULE);
    symlink("nowhere.yml", sandbox.path("rules/dangling.yml")).unwrap();
    std::fs::set_permissions(sandbox.path("rules/locked.yml"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let ran = test_rules(&sandbox).exits(2).says(&["error[unreadable_input]", "rules/dangling.yml"]);
    if std::fs::read(sandbox.path("rules/locked.yml")).is_ok() {
        println!("no check of a file without permission: this user may read everything");
        assert_eq!(paths(&ran), ["rules/a.yml", "rules/locked.yml", "rules/z.yml"]);
    } else {
        assert_eq!(paths(&ran), ["rules/a.yml", "rules/z.yml"]);
        ran.says(&["permission denied", "rules/locked.yml"]);
    }
}

#[cfg(unix)]
#[test]
fn pipes_in_directories_are_not_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).shell("mkfifo rules/pipe.yml").exits(0);
    let ran = test_rules(&sandbox).exits(2).says(&["not a regular file", "rules/pipe.yml"]);
    assert_eq!(paths(&ran), ["rules/a.yml"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.file("rules/a/x.yml", RULE).file("elsewhere/y.yml", RULE).file("single.yml", RULE);
    let link = |target: &str, name: &str| symlink(sandbox.path(target), sandbox.path(name)).unwrap();
    link("rules", "rules/a/loop");
    link("rules/a/self", "rules/a/self");
    link("elsewhere", "rules/b");
    link("elsewhere", "rules/c");
    link("rules", "elsewhere/back");
    link("single.yml", "rules/d.yml");
    link("single.yml", "rules/e.yml");
    let ran = test_rules(&sandbox).exits(0);
    assert_eq!(paths(&ran), ["rules/a/x.yml", "rules/b/y.yml", "rules/d.yml"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_to_each_other_end() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.file("rules/a/x.yml", RULE).file("rules/b/y.yml", RULE);
    symlink(sandbox.path("rules/b"), sandbox.path("rules/a/to-b")).unwrap();
    symlink(sandbox.path("rules/a"), sandbox.path("rules/b/to-a")).unwrap();
    symlink("two.yml", sandbox.path("rules/one.yml")).unwrap();
    symlink("one.yml", sandbox.path("rules/two.yml")).unwrap();
    let ran = test_rules(&sandbox).exits(2).says(&["rules/one.yml", "rules/two.yml"]);
    let found = paths(&ran);
    assert!(found.len() <= 4 && found.contains(&"rules/a/x.yml".to_owned()) && found.contains(&"rules/b/y.yml".to_owned()), "{found:?}");
}

// Streams

#[test]
fn diagnostics_have_places() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE.split("endswith").collect::<Vec<_>>().join("endwith"));
    test_rules(&sandbox).exits(1).says(&["error[unknown_modifier]", "rules/a.yml:8:11", "Image|endwith", "^^^^^^^", "endswith"]);
    let ran = sandbox.run(&["test", "rules", "--events", "e.json", "--message-format", "json"]).exits(1);
    let records = diagnostics(&ran);
    assert_eq!(records.len(), 1);
    let expected = ["severity", "code", "name", "message", "help", "path", "line", "column", "end_line", "end_column", "rule"];
    assert_eq!(keys(&records[0]), expected);
    assert_eq!(records[0]["severity"], "error");
    assert_eq!(records[0]["code"], "VS0104");
    assert_eq!(records[0]["name"], "unknown_modifier");
    assert_eq!(records[0]["path"], "rules/a.yml");
    assert_eq!(records[0]["rule"], "8f3c1f7e-5a39-4d5b-9c0e-0a1d8e0f3b11");
    let place = ["line", "column", "end_line", "end_column"].map(|key| records[0][key].as_u64().unwrap());
    assert_eq!(place, [8, 11, 8, 18]);
}

#[test]
fn what_has_no_place_points_to_the_start_of_the_file() {
    let sandbox = Sandbox::new();
    sandbox.file("e.json", EVENT);
    let ran = sandbox.run(&["test", "missing.yml", "--events", "e.json", "--message-format", "json"]).exits(2);
    let record = &diagnostics(&ran)[0];
    assert_eq!((&record["name"], &record["path"], &record["rule"]), (&json!("unreadable_input"), &json!("missing.yml"), &Value::Null));
    assert_eq!(["line", "column", "end_line", "end_column"].map(|key| record[key].as_u64()), [Some(1); 4]);
}

#[test]
fn diagnostics_come_in_the_order_of_input() {
    let sandbox = Sandbox::new();
    for number in 0..60 {
        sandbox.file(&format!("rules/{number:02}.yml"), INVALID);
    }
    let first = sandbox.file("e.json", EVENT).run(&["test", "rules", "--events", "e.json", "--message-format", "json", "-q"]).exits(1);
    let said: Vec<Value> = diagnostics(&first).iter().map(|record| record["path"].clone()).collect();
    let mut sorted = said.clone();
    sorted.sort_by_key(|path| path.as_str().unwrap().to_owned());
    assert!(said == sorted && said.len() >= 60);
    assert_eq!(first.err, sandbox.run(&["test", "rules", "--events", "e.json", "--message-format", "json", "-q"]).err);
}

#[test]
fn quiet_leaves_the_summary_out() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("e.json", EVENT);
    let ran = sandbox.run(&["test", "-q", "a.yml", "--events", "e.json"]).exits(0);
    assert_eq!((ran.err.as_str(), ran.out.as_str()), ("", "a.yml: Whoami: matches event 0 of e.json\n"));
}

#[test]
fn control_characters_are_shown_and_not_obeyed() {
    let sandbox = Sandbox::new();
    let hostile = "\"Who\\e[2Jami\\u202e\\nx\"";
    sandbox.file("rules/a.yml", RULE.split("Whoami").collect::<Vec<_>>().join(hostile)).file("e.json", EVENT);
    let ran = sandbox.run(&["test", "rules", "--events", "e.json"]).exits(0);
    assert_eq!(ran.out.lines().count(), 1);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
    let ran = test_rules(&sandbox).exits(0);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
    assert_eq!(ran.records()[0]["rule"]["title"], "Who\u{1b}[2Jami\u{202e}\nx");
    sandbox.file("rules/a.yml", RULE.split("Image").collect::<Vec<_>>().join("\"\\e[2J\u{202e}|x\\e[0m\""));
    let ran = test_rules(&sandbox).exits(1);
    assert!(!ran.err.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn closed_pipes_end_silently() {
    let sandbox = Sandbox::new();
    let events: String = (0..200_000).map(|_| format!("{EVENT}\n")).collect();
    sandbox.file("a.yml", RULE).file("e.ndjson", events);
    let ran = sandbox.shell("{ $V test a.yml --events e.ndjson; echo $? > code; } | head -n 1").exits(0);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""));
    assert_eq!(sandbox.text("code"), "0\n");
    let ran = sandbox.shell("$V --help | true; $V list codes | true; $V frobnicate 2>&1 | true; $V test a.yml --events x.json 2>&1 | true");
    assert_eq!((ran.exits(0).err.as_str()), "");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disks_are_reported() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("e.json", EVENT);
    let message = "error[unwritable_output]: cannot write standard output: no space left on device";
    sandbox.shell("$V test a.yml --events e.json > /dev/full").exits(2).says(&[message]);
    sandbox.shell("$V list codes > /dev/full").exits(2).says(&[message]);
    sandbox.shell("$V --help > /dev/full").exits(2);
    sandbox.shell("$V test a.yml --events e.json 2> /dev/full").exits(0);
    sandbox.shell("$V list codes >&-; exit 0").exits(0);
}

#[test]
fn unknown_targets_are_named() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE);
    for arguments in
        [&["convert", "-t", "sqlitte", "a.yml"][..], &["verify", "-t", "sqlitte", "a.yml"], &["list", "formats", "-t", "sqlitte"]]
    {
        sandbox.run(arguments).exits(2).says(&["error[invalid_argument]: there is no target `sqlitte`"]);
    }
    sandbox.run(&["list", "codes", "-t", "sqlite"]).exits(2).says(&["`-t` says of which target formats or capabilities are listed"]);
}
