//! The command line on many rules and large files of events: which rules are tested, and how much is held.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "cli/sandbox.rs"]
#[allow(dead_code, reason = "each suite uses a part")]
mod sandbox;

use sandbox::{EVENT, RULE, Ran, Sandbox};
use serde_json::json;
use std::fmt::Write as _;

/// A rule like the usual one, for another log source.
fn rule_for(logsource: &str) -> String {
    RULE.replace("logsource:\n  product: windows\n  category: process_creation\n", &format!("logsource: {logsource}\n"))
}

fn test(sandbox: &Sandbox, logsource: &str) -> Ran {
    sandbox.run(&["test", "rules", "--logsource", logsource, "--events", "e.json", "--format", "jsonl"])
}

/// The files of the rules that matched, without their directory and ending.
fn matched(ran: &Ran) -> String {
    let names = ran.records().iter().map(|record| record["rule"]["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    names.iter().map(|name| name.trim_start_matches("rules/").trim_end_matches(".yml")).collect::<Vec<_>>().join(" ")
}

#[test]
fn rules_for_other_log_sources_are_left_out() {
    let sandbox = Sandbox::new();
    for (name, logsource) in [
        ("both", "{product: windows, category: process_creation}"),
        ("category", "{category: process_creation}"),
        ("linux", "{product: linux, category: process_creation}"),
        ("product", "{product: Windows}"),
        ("security", "{product: windows, service: security}"),
    ] {
        sandbox.file(&format!("rules/{name}.yml"), rule_for(logsource));
    }
    sandbox.file("e.json", EVENT);
    for (logsource, expected, left_out) in [
        ("category=process_creation,product=windows", "both category product security", "1 rule for"),
        ("category=process_creation,product=windows,service=sysmon", "both category product", "2 rules for"),
        ("product=LINUX", "category linux", "3 rules for"),
        ("category=file_event", "product security", "3 rules for"),
    ] {
        let ran = test(&sandbox, logsource).exits(0).says(&["note[rules_left_out]", left_out]);
        assert_eq!(matched(&ran), expected, "{logsource}");
        let number = expected.split(' ').count();
        assert_eq!(ran.summary(), format!("{number} rules on 1 event: {number} matches"));
    }
    let ran = test(&sandbox, "service=security").exits(0);
    assert_eq!(matched(&ran), "both category linux product security");
    assert!(!ran.err.contains("left out"), "{}", ran.err);
}

#[test]
fn log_sources_are_checked() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("e.json", EVENT);
    test(&sandbox, "kind=x").exits(2).says(&["`--logsource` does not know `kind`", "`category`, `product` and `service`"]);
    test(&sandbox, "product=a,product=b").exits(2).says(&["`--logsource` has `product` twice"]);
    test(&sandbox, "windows").exits(2).says(&["KEY=VALUE"]);
    sandbox
        .run(&["test", "-t", "sqlite", "--query", "q.sql", "--logsource", "product=a", "--events", "e.json"])
        .exits(2)
        .says(&["cannot be used with"]);
}

/// What is not valid may be for any log source, and stays a finding.
#[test]
fn invalid_rules_are_not_left_out() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", "title: X\nlogsource: {product: linux}\n").file("e.json", EVENT);
    assert_eq!(test(&sandbox, "product=windows").exits(1).summary(), "1 rule on 1 event: 0 matches, 1 invalid");
}

/// Hits of several files are counted through, and come out by file; empty files lie between.
#[test]
fn hits_keep_their_files() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yml", RULE).file("b.yml", RULE.replace("whoami", "net"));
    sandbox.file("1.ndjson", format!("{{}}\n{EVENT}\n\n")).file("2.ndjson", "").file("3.json", format!("[{EVENT},{EVENT}]"));
    let arguments = ["test", "a.yml", "b.yml", "--events", "2.ndjson", "1.ndjson", "2.ndjson", "3.json", "--format", "jsonl"];
    let found: Vec<_> = sandbox.run(&arguments).exits(0).records().iter().map(|record| record["event"].clone()).collect();
    let expected = [("1.ndjson", 1), ("3.json", 0), ("3.json", 1)].map(|(path, index)| json!({"path": path, "index": index}));
    assert_eq!(found, expected);
    let all = sandbox.run(&[&arguments[..], &["--all"]].concat()).exits(0).records();
    assert_eq!(all.len(), 8);
    assert_eq!(all.iter().filter(|record| record["match"] == true).count(), 3);
}

/// Events in lines of a megabyte, more of them than the program may have memory.
#[test]
#[cfg(target_os = "linux")]
fn long_lines_are_read_in_bounded_memory() {
    const LINES: usize = 320;
    let sandbox = Sandbox::new();
    let mut lines = String::new();
    let padding = "x".repeat(1 << 20);
    for number in 0..LINES {
        let image = if number % 64 == 0 { "whoami.exe" } else { "other.exe" };
        writeln!(lines, r#"{{"Image":"C:\\{image}","Padding":"{padding}"}}"#).unwrap();
    }
    sandbox.file("a.yml", RULE).file("e.ndjson", lines);
    // Less address space than the file has bytes, and programs reserve more of that than they use.
    let limited = "ulimit -v 300000; RAYON_NUM_THREADS=2 MALLOC_ARENA_MAX=1 \"$V\" test a.yml --events e.ndjson --format jsonl";
    let ran = sandbox.shell(limited).exits(0);
    let found: Vec<u64> = ran.records().iter().map(|record| record["event"]["index"].as_u64().unwrap()).collect();
    assert_eq!(found, [0, 64, 128, 192, 256]);
    assert_eq!(ran.summary(), "1 rule on 320 events: 5 matches");
}
