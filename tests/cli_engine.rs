//! The command line with a target: queries, verdicts, formats, output files.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "cli/sandbox.rs"]
mod sandbox;

use sandbox::{EVENT, RULE, Ran, Sandbox, keys};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A target that has comments, options and files as schemas.
const TARGET: &str = "sqlite";

const INVALID: &str = "title: No detection\nlogsource:\n  product: windows\n";

/// The rule with another title.
fn titled(title: &str) -> String {
    replaced(RULE, "Whoami", title)
}

/// A rule of keywords, which a target without a column for the raw text refuses.
fn keywords() -> String {
    replaced(RULE, "    Image|endswith: '\\whoami.exe'\n", "    - mimikatz\n")
}

/// A rule with two conditions.
fn two_conditions() -> String {
    replaced(RULE, "condition: selection", "condition:\n    - selection\n    - not selection")
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from));
    text.split(from).collect::<Vec<_>>().join(to)
}

fn convert(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run(&[&["convert", "-t", TARGET][..], arguments].concat())
}

/// The one query of the rule.
fn query() -> String {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    convert(&sandbox, &["rule.yml"]).exits(0).out
}

// Names

#[test]
fn names_that_do_not_exist_are_errors() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    for (arguments, message) in [
        (&["-f", "savedsearch"][..], "there is no format `savedsearch`"),
        (&["-O", "tabel=x"], "there is no option `tabel`"),
        (&["--deny", "ascii-csae"], "there is no assumption `ascii-csae`"),
        (&["--schema", "nothing"], "there is no schema `nothing`"),
        (&["--schema", "missing.sql"], "cannot read: no such file or directory"),
    ] {
        let ran = convert(&sandbox, &[arguments, &["rule.yml"]].concat()).exits(2).says(&[message]);
        assert!(ran.out.is_empty(), "{ran:#?}");
    }
    convert(&sandbox, &["-O", "tabel=x", "--deny", "ascii-csae", "rule.yml"])
        .exits(2)
        .says(&["did you mean `table`?", "did you mean `ascii-case`?"]);
    sandbox.run(&["convert", "-t", "sqlitte", "rule.yml"]).exits(2).says(&["there is no target `sqlitte`", "did you mean `sqlite`?"]);
}

#[test]
fn targets_and_formats_are_listed() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["list", "targets"]).exits(0).out;
    assert!(text.lines().any(|line| line.starts_with(TARGET)), "{text}");
    let targets = sandbox.run(&["list", "targets", "--format", "jsonl"]).exits(0).records();
    let target = targets.iter().find(|record| record["name"] == TARGET).unwrap();
    assert_eq!(keys(target), ["name", "description", "formats", "options", "schemas", "evidence", "comment"]);
    let formats = sandbox.run(&["list", "formats", "-t", TARGET, "--format", "jsonl"]).exits(0).records();
    assert_eq!(formats.len(), target["formats"].as_array().unwrap().len());
    assert!(formats.iter().all(|record| record["target"] == TARGET));
    assert_eq!(keys(&formats[0]), ["target", "name", "description", "extension", "layout"]);
}

#[test]
fn capabilities_are_listed() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["list", "capabilities", "-t", TARGET]).exits(0).out;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("construct") && lines[0].ends_with(TARGET) && lines[1].contains("proved if ascii-case"), "{text}");
    let records = sandbox.run(&["list", "capabilities", "--format", "jsonl"]).exits(0).records();
    assert_eq!(keys(&records[0]), ["construct", "example", "target", "outcome", "query", "verdict", "code"]);
    let of = |construct: &str| records.iter().find(|record| record["construct"] == construct).unwrap();
    assert_eq!((&of("cased")["outcome"], &of("cased")["verdict"]["kind"]), (&json!("written"), &json!("proved")));
    assert_eq!((&of("keywords")["outcome"], &of("keywords")["code"]), (&json!("refused"), &json!("refused_keywords")));
}

// Queries on standard output

#[test]
fn one_rule_is_a_query_alone() {
    let query = query();
    assert!(query.ends_with('\n') && query.contains("whoami.exe") && !query.starts_with("--"), "{query}");
    let sandbox = Sandbox::new();
    let ran = sandbox.run_with_stdin(&["convert", "-t", TARGET, "-"], RULE).exits(0);
    assert_eq!((ran.out.as_str(), ran.summary()), (query.as_str(), summary_of_one(&ran).as_str()));
}

fn summary_of_one(ran: &Ran) -> String {
    let assumed = ran.summary().split_once("; assumed: ").map(|(_, assumed)| format!("; assumed: {assumed}")).unwrap_or_default();
    format!("1 rule: 1 written (1 proved){assumed}")
}

#[test]
fn several_rules_have_headings() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", titled("First")).file("rules/b.yml", titled("Second"));
    let query = query();
    let ran = convert(&sandbox, &["rules"]).exits(0);
    assert_eq!(ran.out, format!("-- rules/a.yml: First\n{query}-- rules/b.yml: Second\n{query}"));
}

#[test]
fn titles_cannot_end_the_comment() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", titled("\"x\\nDROP TABLE y;\\r\\u2028\\u0085\\u202ez\"")).file("rules/b.yml", RULE);
    let ran = convert(&sandbox, &["rules"]).exits(0);
    assert_eq!(ran.out.lines().next(), Some("-- rules/a.yml: x DROP TABLE y;    z"));
}

#[test]
fn conditions_are_queries_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", two_conditions());
    let ran = convert(&sandbox, &["rule.yml"]).exits(0);
    let headings: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("--")).collect();
    assert_eq!(headings, ["-- rule.yml: Whoami (condition 0)", "-- rule.yml: Whoami (condition 1)"]);
    let records = convert(&sandbox, &["-f", "jsonl", "rule.yml"]).exits(0).records();
    assert_eq!(records.iter().map(|record| record["condition"].clone()).collect::<Vec<_>>(), [0, 1]);
    assert!(ran.summary().starts_with("1 rule: 1 written"));
}

#[test]
fn emit_shows_each_stage() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    for stage in ["rule", "ir", "legal"] {
        let ran = convert(&sandbox, &["--emit", stage, "rule.yml"]).exits(0);
        assert!(ran.out.contains("whoami.exe") && ran.out != query(), "{ran:#?}");
    }
    assert_eq!(convert(&sandbox, &["--emit", "query", "rule.yml"]).exits(0).out, query());
    sandbox.file("rule.yml", keywords());
    let ran = convert(&sandbox, &["--emit", "ir", "rule.yml"]).exits(1);
    assert!(ran.out.contains("mimikatz"), "{ran:#?}");
}

// Exit codes and the summary

#[test]
fn invalid_and_refused_rules_are_findings() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("rules/b.yml", keywords()).file("rules/c.yml", INVALID);
    let ran = convert(&sandbox, &["rules"]).exits(1).says(&["error[refused_keywords]", "error[missing_detection]"]);
    assert_eq!(ran.out, format!("-- rules/a.yml: Whoami\n{}", query()));
    let summary = ran.summary().split("; assumed").next().unwrap().to_owned();
    assert_eq!(summary, "3 rules: 1 written (1 proved), 1 refused (keywords 1), 1 invalid");
    convert(&sandbox, &["-s", "rules"]).exits(1);
    convert(&sandbox, &["rules/b.yml"]).exits(1);
    let skipped = convert(&sandbox, &["--skip-unsupported", "rules/a.yml", "rules/b.yml"]).exits(0);
    skipped.says(&["error[refused_keywords]", "1 refused (keywords 1)"]);
}

#[test]
fn unreadable_files_cost_only_themselves() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("rules/b.yml", b"title: \xff");
    let ran = convert(&sandbox, &["-o", "out/", "missing.yml", "rules"]).exits(2).says(&["missing.yml", "error[invalid_encoding]"]);
    assert_eq!(sandbox.text("out/a.sql"), query());
    assert!(ran.summary().contains("1 written (1 proved); 2 unreadable files"), "{ran:#?}");
}

#[test]
fn assumptions_are_counted_and_can_be_denied() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("rules/b.yml", RULE);
    let ran = convert(&sandbox, &["rules"]).exits(0);
    let (_, assumed) = ran.summary().split_once("; assumed: ").unwrap();
    let name = assumed.split(' ').next().unwrap();
    assert!(assumed.starts_with(&format!("{name} 2")), "{assumed}");
    let denied = convert(&sandbox, &["--deny", name, "-f", "jsonl", "rules"]);
    let names: Vec<String> = denied.records().iter().map(|record| record["verdict"]["assumptions"].to_string()).collect();
    assert!(names.iter().all(|names| !names.contains(name)), "{names:?}");
}

// Records

#[test]
fn records_have_exactly_these_keys() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("rules/b.yml", keywords()).file("rules/c.yml", INVALID);
    let ran = convert(&sandbox, &["-f", "jsonl", "rules"]).exits(1);
    let records = ran.records();
    for record in &records {
        assert_eq!(keys(record), ["rule", "target", "format", "outcome", "query", "verdict", "diagnostics"]);
        assert_eq!(keys(&record["rule"]), ["id", "title", "path"]);
        assert_eq!(record["target"], TARGET);
    }
    assert_eq!(records.iter().map(|record| record["outcome"].clone()).collect::<Vec<_>>(), ["written", "refused", "invalid"]);
    assert_eq!(format!("{}\n", records[0]["query"].as_str().unwrap()), query());
    assert_eq!(keys(&records[0]["verdict"]), ["kind", "events", "assumptions", "evidence", "counterexample"]);
    assert_eq!(records[0]["verdict"]["kind"], "proved");
    for assumption in records[0]["verdict"]["assumptions"].as_array().unwrap() {
        assert_eq!(keys(assumption), ["name", "because"]);
    }
    assert_eq!((&records[0]["verdict"]["counterexample"], &records[0]["diagnostics"]), (&Value::Null, &json!([])));
    assert_eq!((&records[1]["query"], &records[2]["verdict"]), (&Value::Null, &Value::Null));
    assert_eq!(records[1]["diagnostics"][0]["name"], "refused_keywords");
    assert_eq!(records[2]["rule"], json!({"id": null, "title": "No detection", "path": "rules/c.yml"}));
    let document: Value = serde_json::from_str(&convert(&sandbox, &["-f", "json", "rules"]).out).unwrap();
    assert_eq!(document, Value::Array(records));
}

#[test]
fn records_are_the_same_in_every_run() {
    let sandbox = Sandbox::new();
    for number in 0..100 {
        sandbox.file(&format!("rules/{number}.yml"), if number % 3 == 0 { keywords() } else { titled(&format!("Rule {number}")) });
    }
    let first = convert(&sandbox, &["-f", "jsonl", "rules"]);
    let second = convert(&sandbox, &["-f", "jsonl", "rules"]);
    assert_eq!((&first.out, first.summary()), (&second.out, second.summary()));
}

// Output files

/// The names of everything below the directory, sorted.
fn tree(sandbox: &Sandbox) -> Vec<String> {
    let mut names = Vec::new();
    walk(&sandbox.path(""), &sandbox.path(""), &mut names);
    names.sort();
    names
}

fn walk(root: &Path, directory: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        if entry.file_type().unwrap().is_dir() {
            walk(root, &entry.path(), names);
        }
    }
}

#[test]
fn one_file_holds_what_standard_output_would() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", RULE).file("rules/b.yml", RULE).file("out.sql", "before");
    let stdout = convert(&sandbox, &["rules"]).exits(0).out;
    let ran = convert(&sandbox, &["-o", "out.sql", "rules"]).exits(0);
    assert_eq!((ran.out.as_str(), sandbox.text("out.sql")), ("", stdout.clone()));
    assert_eq!(convert(&sandbox, &["-o", "-", "rules"]).exits(0).out, stdout);
    assert_eq!(tree(&sandbox), ["out.sql", "rules", "rules/a.yml", "rules/b.yml"]);
}

#[test]
fn directories_mirror_the_tree() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/x/a.yml", RULE).file("rules/b.yaml", RULE).file("rules/c.yml", keywords()).file("single.yml", RULE);
    convert(&sandbox, &["-s", "-o", "out/deep/", "rules", "single.yml"]).exits(0);
    for name in ["x/a.sql", "b.sql", "single.sql"] {
        assert_eq!(sandbox.text(&format!("out/deep/{name}")), query());
    }
    let written: Vec<String> = tree(&sandbox).into_iter().filter(|name| name.starts_with("out")).collect();
    assert_eq!(written, ["out", "out/deep", "out/deep/b.sql", "out/deep/single.sql", "out/deep/x", "out/deep/x/a.sql"]);
    convert(&sandbox, &["-o", "out", "rules/b.yaml"]).exits(0);
    assert_eq!(sandbox.text("out/b.sql"), query());
}

#[test]
fn refused_rules_write_nothing() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", keywords()).file("out.sql", "before");
    convert(&sandbox, &["-o", "out.sql", "rule.yml"]).exits(1);
    convert(&sandbox, &["-o", "out/", "rule.yml"]).exits(1);
    assert_eq!((sandbox.text("out.sql").as_str(), tree(&sandbox).len()), ("before", 2));
}

#[test]
fn names_taken_twice_are_errors_before_anything_is_written() {
    let sandbox = Sandbox::new();
    sandbox.file("x/a.yml", RULE).file("x/b.yml", RULE).file("y/a.yaml", RULE).file("two.yml", format!("{RULE}---\n{RULE}"));
    let ran = convert(&sandbox, &["-o", "out/", "x", "y"]).exits(2);
    ran.says(&["`out/a.sql` would be written twice, for `x/a.yml` and for `y/a.yaml`"]);
    convert(&sandbox, &["-o", "out/", "two.yml"]).exits(2).says(&["`out/two.sql` would be written twice, for two rules of `two.yml`"]);
    assert!(!sandbox.path("out").exists());
    convert(&sandbox, &["-o", "out.sql", "x", "y", "two.yml"]).exits(0);
}

#[test]
fn inputs_are_not_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    convert(&sandbox, &["-o", "./rule.yml", "rule.yml"]).exits(2).says(&["`./rule.yml` would be overwritten, and it is an input"]);
    assert_eq!(sandbox.text("rule.yml"), RULE);
}

#[test]
fn what_cannot_be_written_leaves_no_trace() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a/x.yml", RULE).file("rules/b/y.yml", RULE).file("out/b", "a file where a directory is needed");
    let before = tree(&sandbox);
    convert(&sandbox, &["-o", "out/", "rules"]).exits(2).says(&["error[unwritable_output]: cannot write"]);
    convert(&sandbox, &["-o", "missing/out.sql", "rules"]).exits(2).says(&["cannot write `missing/out.sql`: no such file or directory"]);
    convert(&sandbox, &["-o", "out/b/", "rules"]).exits(2).says(&["error[unwritable_output]"]);
    assert_eq!(tree(&sandbox), before);
}

#[cfg(unix)]
#[test]
fn files_have_the_usual_mode_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE).file("real.sql", "before").file("private.sql", "before");
    let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
    sandbox.shell("umask 027; $V convert -t sqlite -o new.sql rule.yml").exits(0);
    assert_eq!(mode("new.sql"), 0o640);
    fs::set_permissions(sandbox.path("private.sql"), fs::Permissions::from_mode(0o600)).unwrap();
    convert(&sandbox, &["-o", "private.sql", "rule.yml"]).exits(0);
    assert_eq!(mode("private.sql"), 0o600);
    symlink("real.sql", sandbox.path("link.sql")).unwrap();
    convert(&sandbox, &["-o", "link.sql", "rule.yml"]).exits(0);
    assert_eq!(sandbox.text("real.sql"), query());
    assert!(fs::symlink_metadata(sandbox.path("link.sql")).unwrap().is_symlink());
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_written_to() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    convert(&sandbox, &["-o", "/dev/null", "rule.yml"]).exits(0);
    convert(&sandbox, &["-o", "/dev/full", "rule.yml"]).exits(2).says(&["cannot write `/dev/full`: no space left on device"]);
    sandbox.shell("$V convert -t sqlite rule.yml > /dev/full").exits(2).says(&["cannot write standard output: no space left on device"]);
    assert_eq!(sandbox.shell("$V convert -t sqlite -o /dev/stdout rule.yml | cat").out, query());
}

#[cfg(unix)]
#[test]
fn closed_pipes_end_silently() {
    let sandbox = Sandbox::new();
    for number in 0..300 {
        sandbox.file(&format!("rules/{number}.yml"), RULE);
    }
    let ran = sandbox.shell("$V convert -t sqlite -f jsonl rules | head -n 1");
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""));
    sandbox.shell("$V convert -t sqlite -o out.sql rules 2>&1 | true").exits(0);
    assert!(sandbox.path("out.sql").exists());
}

#[cfg(unix)]
#[test]
fn interruption_leaves_nothing_or_everything() {
    use std::process::{Command, Stdio};
    use std::time::Duration;
    let sandbox = Sandbox::new();
    for number in 0..100 {
        sandbox.file(&format!("rules/{number}.yml"), RULE);
    }
    let started = std::time::Instant::now();
    convert(&sandbox, &["-o", "out/", "rules"]).exits(0);
    let whole = started.elapsed();
    fs::remove_dir_all(sandbox.path("out")).unwrap();
    for part in 0..10_u32 {
        let mut command = sandbox.command(&["convert", "-t", TARGET, "-o", "out/", "rules"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep((whole * part / 10).max(Duration::from_millis(5)));
        Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
        child.wait().unwrap();
        let out: Vec<String> = tree(&sandbox).into_iter().filter(|name| name.starts_with("out")).collect();
        assert!(out.is_empty() || (out.len() == 101 && out.iter().all(|name| !name.contains(".verisigma"))), "{}", out.len());
        fs::remove_dir_all(sandbox.path("out")).ok();
    }
}

// Verification

#[test]
fn verify_proves_what_convert_writes() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE);
    let ran = sandbox.run(&["verify", "-t", TARGET, "rule.yml"]).exits(0);
    assert!(ran.out.starts_with("rule.yml: Whoami\n  query = meaning: proved; rule = meaning: agreed on "), "{ran:#?}");
    let record: Value = serde_json::from_str(&sandbox.run(&["verify", "-t", TARGET, "--format", "json", "rule.yml"]).exits(0).out).unwrap();
    let expected = ["rule", "target", "query", "kind", "events", "assumptions", "evidence", "counterexample", "diagnostics"];
    assert_eq!(keys(&record), expected);
    assert_eq!((&record["kind"], &record["target"]), (&json!("proved"), &json!(TARGET)));
    sandbox.file("query.sql", query());
    let ran = sandbox.run(&["verify", "-t", TARGET, "rule.yml", "--query", "query.sql", "--format", "jsonl"]).exits(0);
    assert_eq!(ran.records()[0]["kind"], "proved");
    assert_eq!(ran.records()[0]["query"], query());
}

#[test]
fn verify_shows_the_event_that_differs() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE).file("query.sql", replaced(&query(), "whoami.exe", "whoami.ex_"));
    let arguments = ["verify", "-t", TARGET, "rule.yml", "--query", "query.sql"];
    let ran = sandbox.run(&arguments).exits(1);
    assert!(
        ran.out.contains("query = meaning: differs")
            && ran.out.contains("the query matches it, the rule does not")
            && ran.out.contains("  event: {"),
        "{ran:#?}"
    );
    let record = &sandbox.run(&[&arguments[..], &["--format", "jsonl"]].concat()).exits(1).records()[0];
    assert_eq!(record["kind"], "differs");
    assert_eq!(keys(&record["counterexample"]), ["event", "rule", "query", "arrow"]);
    assert_eq!(record["counterexample"]["arrow"], "query");
    assert_ne!(record["counterexample"]["rule"], record["counterexample"]["query"]);
}

#[test]
fn verify_says_what_it_cannot_read() {
    let sandbox = Sandbox::new();
    sandbox
        .file("rule.yml", RULE)
        .file("invalid.sql", "SELECT * FROM events WHERE Image = ")
        .file("unread.sql", "SELECT frobnicate(Image) FROM x");
    for name in ["invalid.sql", "unread.sql"] {
        let ran =
            sandbox.run(&["verify", "-t", TARGET, "rule.yml", "--query", name, "--format", "json"]).exits(1).says(&[name, "error[query_"]);
        let record: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(record["kind"], "unread");
        assert_eq!(record["diagnostics"][0]["path"], name);
    }
}

#[test]
fn verify_needs_one_rule_and_one_condition() {
    let sandbox = Sandbox::new();
    sandbox
        .file("two.yml", format!("{RULE}---\n{RULE}"))
        .file("conditions.yml", two_conditions())
        .file("invalid.yml", INVALID)
        .file("query.sql", query());
    let verify = |rule: &str, more: &[&str]| sandbox.run(&[&["verify", "-t", TARGET, rule, "--query", "query.sql"][..], more].concat());
    verify("two.yml", &[]).exits(2).says(&["compared with one rule, and the file holds 2"]);
    verify("conditions.yml", &[]).exits(2).says(&["several conditions", "--condition"]);
    verify("conditions.yml", &["--condition", "2"]).exits(2).says(&["there is no condition 2"]);
    verify("conditions.yml", &["--condition", "0"]).exits(0);
    verify("conditions.yml", &["--condition", "1"]).exits(1);
    verify("invalid.yml", &[]).exits(1).says(&["error[missing_detection]"]);
    verify("missing.yml", &[]).exits(2).says(&["missing.yml"]);
}

#[test]
fn a_refused_rule_has_no_verdict() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", keywords());
    let ran = sandbox.run(&["verify", "-t", TARGET, "rule.yml"]).exits(1).says(&["error[refused_keywords]"]);
    assert_eq!(ran.out, "");
}

// Queries on events

#[test]
fn queries_are_tested_on_events() {
    let sandbox = Sandbox::new();
    sandbox.file("query.sql", query()).file("e.json", format!("[{{}},{EVENT}]")).file("f.ndjson", format!("{EVENT}\n"));
    let arguments = ["test", "-t", TARGET, "--query", "query.sql", "--events", "e.json", "f.ndjson", "--format"];
    let ran = sandbox.run(&[&arguments[..], &["jsonl"]].concat()).exits(0);
    let first = json!({"event": {"path": "e.json", "index": 1}, "match": true});
    let second = json!({"event": {"path": "f.ndjson", "index": 0}, "match": true});
    assert_eq!(ran.records(), [first.clone(), second.clone()]);
    assert_eq!(ran.summary(), "1 query on 3 events: 2 matches");
    let all = sandbox.run(&[&arguments[..], &["json", "--all"]].concat()).exits(0);
    let none = json!({"event": {"path": "e.json", "index": 0}, "match": false});
    assert_eq!(serde_json::from_str::<Value>(&all.out).unwrap(), json!([none, first, second]));
    let text = sandbox.run(&[&arguments[..], &["text"]].concat()).exits(0).out;
    assert_eq!(text, "matches event 1 of e.json\nmatches event 0 of f.ndjson\n");
}

#[test]
fn queries_that_cannot_be_read_are_findings() {
    let sandbox = Sandbox::new();
    sandbox.file("query.sql", "SELECT * FROM events WHERE (").file("e.json", EVENT);
    let ran = sandbox.run(&["test", "-t", TARGET, "--query", "query.sql", "--events", "e.json"]).exits(1);
    ran.says(&["error[query_invalid]", "query.sql:1:"]);
}

#[test]
fn schemas_are_files() {
    let sandbox = Sandbox::new();
    sandbox.file("rule.yml", RULE).file("schema.sql", "CREATE TABLE logs (Image TEXT)").file("other.sql", "CREATE TABLE logs (Other TEXT)");
    let ran = convert(&sandbox, &["--schema", "schema.sql", "rule.yml"]).exits(0);
    assert!(ran.out.contains("logs"), "{ran:#?}");
    convert(&sandbox, &["--schema", "other.sql", "rule.yml"]).exits(1).says(&["error[refused_column]"]);
    sandbox.file("broken.sql", "CREATE TABLE");
    convert(&sandbox, &["--schema", "broken.sql", "rule.yml"]).exits(2).says(&["error[invalid_schema]", "broken.sql"]);
}
