//! Tables of ATT&CK that users bring: read alike from both forms, used by every command that speaks of ATT&CK, and
//! refused with a place where they are none.
//!
//! The matrix of these tests is made up: two tactics in an order of their own, a technique with a sub-technique, one that
//! was revoked for it, and one that is deprecated.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "a part of what the suites share is used")]

#[path = "cli/sandbox.rs"]
mod sandbox;

use sandbox::{Ran, Sandbox};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use verisigma::diag::Diagnostic;
use verisigma::facts::attack::Attack;
use verisigma::source::Source;

const TABLES: [&str; 2] = ["table.tsv", "bundle.json"];

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/attack").join(name)).unwrap()
}

fn read(text: &str) -> Result<Attack, Diagnostic> {
    Attack::read(&Source::new("table", text))
}

const RULE: &str = "title: Made up\nlogsource: {product: windows}\nlevel: low\nstatus: test\n\
    tags: [attack.first_thing, attack.t9001, attack.T9001.001, attack.t9002, attack.t9003, attack.t9004, attack.t1059, attack.g9001]\n\
    detection: {a: {b: c}, condition: a}\n";

/// Rules and both tables.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("rules/rule.yml", RULE);
    for name in TABLES {
        sandbox.file(name, text(name));
    }
    sandbox
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

#[test]
fn both_forms_hold_the_same() {
    let [table, bundle] = TABLES.map(|name| read(&text(name)).unwrap());
    assert_eq!(table, bundle);
    assert_eq!(table.version.as_deref(), Some("77.1"));
    let tactics: Vec<_> = table.tactics().map(|(entry, short)| (entry.id, entry.name, short)).collect();
    assert_eq!(tactics, [("TA9002", "Second", "second-thing"), ("TA9001", "First", "first-thing")]);
    let old = table.technique("t9002").unwrap();
    assert_eq!((old.name, old.replaced_by), ("Old", Some("T9001.001")));
    assert_eq!(table.technique("T9001.001").unwrap().name, "Parent: Child");
    assert_eq!(table.retired_tactic("defense-evasion"), None);
}

#[test]
fn every_command_uses_the_table() {
    let sandbox = sandbox();
    for name in TABLES {
        let explained =
            document(&sandbox.run(&["explain", "rules/rule.yml", "-t", "sqlite", "--attack", name, "--format", "json"]).exits(0));
        let child = json!({"id": "T9001.001", "name": "Parent: Child", "status": "active"});
        let parent = json!({"id": "T9001", "name": "Parent", "status": "active"});
        let old = json!({"id": "T9002", "name": "Old", "status": "revoked", "replaced_by": "T9001.001"});
        let gone = json!({"id": "T9003", "name": "Gone", "status": "deprecated"});
        let tactic = |id: &str, name: &str| json!({"id": id, "name": name, "status": "active"});
        let expected = json!([
            {"tactic": tactic("TA9002", "Second"), "techniques": [&parent, &child, gone]},
            {"tactic": tactic("TA9001", "First"), "techniques": [parent, child, old]},
        ]);
        assert_eq!((&explained["attack"], &explained["attack_version"]), (&expected, &json!("77.1")));
        assert_eq!(explained["attack_unknown"], json!(["attack.t9004", "attack.t1059"]));
        for format in ["text", "markdown", "html"] {
            let page = sandbox.run(&["explain", "rules/rule.yml", "-t", "sqlite", "--attack", name, "--format", format]).exits(0).out;
            assert!(page.contains("version 77.1") && page.contains("revoked, now T9001.001") && page.contains("deprecated"), "{page}");
        }
        let counted = document(&sandbox.run(&["coverage", "rules", "--attack", name, "--format", "json"]).exits(0));
        assert_eq!((&counted["attack_version"], &counted["tactics"][0]["name"]), (&json!("77.1"), &json!("Second")));
        let layer = document(&sandbox.run(&["coverage", "rules", "--attack", name, "--format", "navigator"]).exits(0));
        assert_eq!((&layer["versions"]["attack"], &layer["domain"]), (&json!("77"), &json!("enterprise-attack")));
        assert_eq!(layer["metadata"][0], json!({"name": "MITRE ATT&CK", "value": "version 77.1"}));
        assert_eq!(layer["techniques"].as_array().unwrap().len(), 4);
        let table = sandbox.run(&["coverage", "rules", "--attack", name]).exits(0);
        assert!(table.out.contains("2 of 2 techniques and 2 of 2 tactics of MITRE ATT&CK® v77.1"), "{table:#?}");
        site(&sandbox, name);
    }
}

fn site(sandbox: &Sandbox, name: &str) {
    let arguments = ["catalog", "rules", "-o", "site", "-t", "sqlite", "--attack", name];
    sandbox.run(&arguments).exits(0);
    let page = |path: &str| sandbox.text(&format!("site/{path}"));
    let matrix = page("attack.html");
    assert!(matrix.contains("the enterprise matrix, version 77.1") && matrix.contains("Child") && !matrix.contains("T1059"), "{matrix}");
    let about = page("about.html");
    let sha256 = about.split("SHA-256").find(|part| part.len() > 90 && part.contains("class=\"path\">")).map(str::to_owned);
    assert!(about.contains(&format!("<bdi>{name}</bdi>")) && about.contains("version 77.1") && sha256.is_some(), "{about}");
    let layer: Value = serde_json::from_str(&page("attack-layer.json")).unwrap();
    assert_eq!(layer["versions"]["attack"], "77");
    let manifest: Value = serde_json::from_str(&page("catalog.json")).unwrap();
    assert_eq!((&manifest["attack"], manifest["attack_file"].as_str().unwrap().len()), (&json!("77.1"), 64));
    let list = page("attack/t9002-revoked.html");
    assert!(list.contains("revoked, now T9001.001"), "{list}");
    sandbox.run(&[arguments.as_slice(), &["--check"]].concat()).exits(0);
    // What the pages were made with is part of them.
    sandbox.run(&["catalog", "rules", "-o", "site", "-t", "sqlite", "--check"]).exits(1);
}

#[test]
fn an_unknown_version_is_said() {
    let sandbox = sandbox();
    sandbox.file("no.tsv", text("table.tsv").replace("ATT&CK v77.1", "ATT&CK"));
    sandbox.file("no.json", text("bundle.json").replace("\"77.1\"", "\"<b>\""));
    for name in ["no.tsv", "no.json"] {
        let page = sandbox.run(&["explain", "rules/rule.yml", "-t", "sqlite", "--attack", name]).exits(0);
        assert!(page.out.contains("version unknown"), "{page:#?}");
        let layer = document(&sandbox.run(&["coverage", "rules", "--attack", name, "--format", "navigator"]).exits(0));
        assert_eq!(layer["versions"], json!({"navigator": "5.1.0", "layer": "4.5"}));
        let counted = document(&sandbox.run(&["coverage", "rules", "--attack", name, "--format", "json"]).exits(0));
        assert_eq!(counted["attack_version"], Value::Null);
        assert!(sandbox.run(&["coverage", "rules", "--attack", name]).exits(0).out.contains("ATT&CK®, version unknown"));
    }
}

#[test]
fn what_is_no_table_is_said_with_its_place() {
    let (table, bundle) = (text("table.tsv"), text("bundle.json"));
    let cases = [
        ("", (0, 0), "without a tactic"),
        ("id\tname\n", (1, 1), "without the column `tactics`"),
        (&table.replace("\tactive\t\tenterprise\nTA9001", "\tsleeping\t\tenterprise\nTA9001"), (3, 1), "`sleeping` is no status"),
        (&table.replace("T9002\t", "X9002\t"), (7, 1), "`X9002` is no id"),
        (&table.replace("T9001.001\tsub", "T9001\tsub"), (6, 1), "`T9001` stands here twice"),
        (&table.replace("second-thing|first-thing", "Second!"), (5, 1), "`Second!` of `T9001` is no name of a tactic"),
        (&table.replace("\tParent\t", "\t\t"), (5, 1), "`T9001` has no name"),
        ("[1, 2]", (1, 0), "not the JSON of a STIX bundle"),
        ("{\"type\": \"report\"}", (0, 0), "its `type` is `report`"),
        ("{\"type\": \"bundle\", \"objects\": []}", (0, 0), "without `x-mitre-matrix`"),
        (
            &bundle.replace("\"x-mitre-tactic--2\", \"x", "\"x-mitre-tactic--9\", \"x"),
            (6, 38),
            "`x-mitre-tactic--9`, which the bundle lacks",
        ),
        (&bundle.replace("\"enterprise-attack\"", "\"my-attack\""), (6, 38), "the domain `my-attack`"),
        (&bundle.replace("\"T9003\"", "\"../T9003\""), (25, 38), "`../T9003` is no id"),
        (&bundle.replace("\"name\": \"Gone\"", "\"name\": 7"), (25, 0), "invalid type"),
        (&bundle.replace("\"bundle--0", "\"bundle--0\n"), (3, 0), "control character"),
    ];
    for (text, (line, column), message) in cases {
        let error = read(text).unwrap_err();
        assert!(error.message.contains(message) && error.help.is_some(), "{error:?}");
        assert_eq!(error.place.line, line, "{error:?}");
        assert!(column == 0 || error.place.column == column, "{error:?}");
    }
}

#[test]
fn hostile_texts_end_with_an_error() {
    let long = 1 << 20;
    let deep = |open: &str| format!("{{\"type\": \"bundle\", \"x\": {}", open.repeat(long / open.len()));
    let objects = format!("{{\"objects\": {}", "[".repeat(long));
    let name = text("bundle.json").replace("Parent", &"x".repeat(long));
    for hostile in
        ["[".repeat(long), "{\"a\":".repeat(long / 5), deep("["), deep("{\"a\":"), objects, name, "\t".repeat(long), "#\n".repeat(long / 2)]
    {
        let error = read(&hostile).unwrap_err();
        assert!(error.message.len() < 2_000, "{}", error.message.len());
    }
}

#[test]
fn nothing_is_written_with_a_bad_table() {
    let sandbox = sandbox();
    sandbox.file("bad.json", "{\"type\": \"bundle\",\n \"objects\": 7}");
    for arguments in [
        ["explain", "rules/rule.yml", "-t", "sqlite", "--format", "json"],
        ["coverage", "rules", "--format", "navigator", "-o", "layer.json"],
        ["catalog", "rules", "-t", "sqlite", "-o", "site"],
    ] {
        let ran = sandbox.run(&[arguments.as_slice(), &["--attack", "bad.json"]].concat()).exits(2);
        let ran = ran.says(&["invalid_attack", "bad.json:2", "enterprise-attack.json"]);
        assert_eq!(ran.out, "");
        sandbox.run(&[arguments.as_slice(), &["--attack", "nowhere.json"]].concat()).exits(2).says(&["cannot read"]);
    }
    assert!(!sandbox.path("layer.json").exists() && !sandbox.path("site").exists());
    sandbox.run(&["coverage", "--fields", "--attack", "table.tsv", "rules"]).exits(2);
    sandbox.run(&["coverage", "--attack", "table.tsv", "-o", "table.tsv", "rules"]).exits(2).says(&["would be overwritten"]);
}
