//! `coverage`: what rules cover, by the program as users run it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and explains on stderr"
)]

#[path = "cli/sandbox.rs"]
#[allow(dead_code, reason = "each suite uses a part")]
mod sandbox;
#[allow(unused_imports, reason = "each suite uses a part")]
mod support;

use sandbox::{Ran, Sandbox};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rules of this suite.
fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/coverage")
}

/// The program with its command, run on the rules of this suite.
fn covered(arguments: &[&str]) -> Ran {
    let cases = cases();
    let all: Vec<&str> = ["coverage", cases.to_str().unwrap()].iter().chain(arguments).copied().collect();
    Sandbox::new().run(&all).exits(0)
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn techniques_are_a_table() {
    let ran = covered(&[]);
    let expected = "\
TACTIC                                   ID         NAME                                                                   RULES  WITH SUB-TECHNIQUES
Execution                                T1059      Command and Scripting Interpreter                                          1                    2
                                         T1059.005  Command and Scripting Interpreter: Visual Basic                            1
                                         T1059.007  Command and Scripting Interpreter: JavaScript                              1
Persistence                              T1547      Boot or Logon Autostart Execution                                          0                    1
                                         T1547.001  Boot or Logon Autostart Execution: Registry Run Keys / Startup Folder      1
Privilege Escalation                     T1547      Boot or Logon Autostart Execution                                          0                    1
                                         T1547.001  Boot or Logon Autostart Execution: Registry Run Keys / Startup Folder      1
Defense Impairment                       T1562      Impair Defenses (revoked, now T1685)                                       0                    1
                                         T1562.001  Impair Defenses: Disable or Modify Tools (revoked, now T1685)              1
Credential Access                        T1110      Brute Force                                                                0                    1
                                         T1110.001  Brute Force: Password Guessing                                             1
Exfiltration                                        No specific technique                                                      1
Impact                                              No specific technique                                                      1
Defense Evasion (retired in ATT&CK v19)             No specific technique                                                      1
5 rules: 5 of 697 techniques and 7 of 15 tactics of MITRE ATT&CK® v19; left out: 1 rule without a tactic or technique, \
1 rule only referred to, unknown tag attack.t9999 (1 rule)
";
    assert_eq!(ran.out, expected);
    assert_eq!(ran.summary(), "5 rules counted; 1 rule only referred to");
}

#[test]
fn techniques_are_values() {
    let found = document(&covered(&["--format", "json"]));
    assert_eq!(found["attack_version"], "19");
    assert!(found["notice"].as_str().unwrap().contains("The MITRE Corporation"));
    assert_eq!((&found["rules"], &found["rules_without_attack"]), (&json!(5), &json!(1)));
    assert_eq!(found["unknown"], json!({"attack.t9999": 1}));
    let execution = json!({
        "id": "TA0002", "name": "Execution", "status": "active", "rules": 2, "rules_without_technique": 0,
        "techniques": [
            {"id": "T1059", "name": "Command and Scripting Interpreter", "status": "active", "rules": 1, "rules_with_subtechniques": 2},
            {"id": "T1059.005", "name": "Command and Scripting Interpreter: Visual Basic", "status": "active",
                "rules": 1, "rules_with_subtechniques": 1},
            {"id": "T1059.007", "name": "Command and Scripting Interpreter: JavaScript", "status": "active",
                "rules": 1, "rules_with_subtechniques": 1},
        ],
    });
    assert_eq!(found["tactics"][0], execution);
    let tactics: Vec<(&str, &str)> =
        found["tactics"].as_array().unwrap().iter().map(|own| (own["id"].as_str().unwrap(), own["status"].as_str().unwrap())).collect();
    let ids = ["TA0002", "TA0003", "TA0004", "TA0112", "TA0006", "TA0010", "TA0040"].map(|id| (id, "active"));
    assert_eq!(tactics, [ids.as_slice(), &[("TA0005", "retired")]].concat());
}

#[test]
fn techniques_are_lines_of_csv() {
    let ran = covered(&["--format", "csv"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[0], "tactic,technique_id,technique,status,rules,rules_with_subtechniques");
    assert_eq!(lines[1], "Execution,T1059,Command and Scripting Interpreter,,1,2");
    assert!(
        lines.contains(&"Defense Impairment,T1562.001,Impair Defenses: Disable or Modify Tools,\"revoked, now T1685\",1,1"),
        "{lines:#?}"
    );
    assert!(lines.contains(&"Impact,,No specific technique,,1,1"));
    assert!(lines.iter().all(|line| !line.is_empty()) && lines.len() == 15);
}

#[test]
fn techniques_are_a_layer() {
    let layer = document(&covered(&["--format", "navigator"]));
    assert_eq!(layer["versions"], json!({"attack": "19", "navigator": "5.1.0", "layer": "4.5"}));
    assert_eq!((&layer["domain"], &layer["gradient"]["maxValue"]), (&json!("enterprise-attack"), &json!(1)));
    let cells = layer["techniques"].as_array().unwrap();
    let places: Vec<String> = cells
        .iter()
        .map(|cell| format!("{} {} {}", cell["techniqueID"].as_str().unwrap(), cell["tactic"].as_str().unwrap(), cell["score"]))
        .collect();
    let expected = [
        "T1059 execution 1",
        "T1059.005 execution 1",
        "T1059.007 execution 1",
        "T1547 persistence null",
        "T1547.001 persistence 1",
        "T1547 privilege-escalation null",
        "T1547.001 privilege-escalation 1",
        "T1110 credential-access null",
        "T1110.001 credential-access 1",
    ];
    assert_eq!(places, expected);
    assert_eq!(cells[0]["comment"], "Run Key With A Script");
    assert_eq!((&cells[0]["showSubtechniques"], &cells[1]["showSubtechniques"]), (&json!(true), &json!(false)));
    // What the matrix no longer has is said.
    let metadata: BTreeMap<&str, &str> =
        layer["metadata"].as_array().unwrap().iter().map(|own| (own["name"].as_str().unwrap(), own["value"].as_str().unwrap())).collect();
    assert_eq!(metadata["left out, not in the matrix"], "T1562, T1562.001");
    assert_eq!(metadata["left out, unknown tags"], "attack.t9999");
}

#[test]
fn log_sources_and_fields_are_counted_over_all_rules() {
    let ran = covered(&["--fields"]);
    let expected = "\
PRODUCT  CATEGORY            SERVICE   RULES
linux                                      1
windows                      security      1
windows  network_connection                1
windows  process_creation                  1
windows  registry_set                      1

FIELD          RULES
Image              2
CommandLine        1
DestinationIp      1
Details            1
EventID            1
Initiated          1
TargetObject       1

5 rules, 5 log sources, 7 fields, 1 rule with keywords in no field
";
    assert_eq!(ran.out, expected);
    let found = document(&covered(&["--fields", "--format", "json"]));
    assert_eq!(found["fields"][0], json!({"field": "Image", "rules": 2}));
    assert_eq!(found["logsources"][1], json!({"product": "windows", "category": null, "service": "security", "rules": 1}));
    assert_eq!(found["keyword_rules"], 1);
    let csv = covered(&["--fields", "--format", "csv"]).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[..3], ["kind,product,category,service,field,rules", "logsource,linux,,,,1", "logsource,windows,,security,,1"]);
    assert_eq!(lines[6..8], ["field,,,,Image,2", "field,,,,CommandLine,1"]);
    assert_eq!(lines.last(), Some(&"keywords,,,,,1"));
}

#[test]
fn a_file_is_written_and_nothing_printed() {
    let sandbox = Sandbox::new();
    let cases = cases();
    let ran = sandbox.run(&["coverage", "--format", "navigator", "-o", "layer.json", cases.to_str().unwrap()]).exits(0);
    assert_eq!(ran.out, "");
    let written: Value = serde_json::from_str(&sandbox.text("layer.json")).unwrap();
    assert_eq!(written, document(&covered(&["--format", "navigator"])));
    let own = sandbox.file("rule.yml", sandbox::RULE).run(&["coverage", "-o", "rule.yml", "rule.yml"]).exits(2);
    own.says(&["would be overwritten"]);
    fs::create_dir(sandbox.path("there")).unwrap();
    sandbox.run(&["coverage", "-o", "there", "rule.yml"]).exits(2).says(&["is a directory"]);
}

#[test]
fn invalid_rules_are_reported_and_counted() {
    let sandbox = Sandbox::new();
    sandbox.file("rules/a.yml", "title: Nothing\nlogsource: {product: windows}\n").file("rules/b.yml", sandbox::RULE);
    let ran = sandbox.run(&["coverage", "rules"]).exits(1).says(&["a.yml", "detection"]);
    assert!(ran.out.ends_with("left out: 1 rule without a tactic or technique, 1 invalid\n"), "{ran:#?}");
    assert_eq!(ran.summary(), "1 rule counted; 1 invalid");
    sandbox.run(&["coverage", "rules", "nowhere.yml"]).exits(2).says(&["nowhere.yml", "cannot read"]);
    sandbox.run(&["coverage"]).exits(2);
    sandbox.run(&["coverage", "--fields", "--format", "navigator", "rules"]).exits(2).says(&["leave out `--fields`"]);
    // What could hide text on a terminal never reaches one.
    sandbox.file("odd.yml", sandbox::RULE.replace("Image|endswith", "\"Im\\u202eage|endswith\""));
    let odd = sandbox.run(&["coverage", "--fields", "odd.yml"]).exits(0);
    assert!(odd.out.contains("Im age") && !odd.out.contains('\u{202e}'), "{odd:#?}");
}

/// The techniques that the lines of a file name as tags.
fn tagged(text: &str) -> BTreeSet<String> {
    let tags = text.lines().filter_map(|line| line.trim().strip_prefix("- ")?.trim().strip_prefix("attack.t"));
    let ids = tags.map(|tag| tag.split([' ', '#']).next().unwrap_or_default().to_owned());
    ids.filter(|id| id.starts_with(|c: char| c.is_ascii_digit())).map(|id| format!("T{id}")).collect()
}

#[test]
fn the_public_rule_set_counts_as_its_text_does() {
    let Some(shared) = support::shared() else { return };
    let folder = shared.join("corpus/rules");
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    let files = support::files(&folder, "yml");
    for path in &files {
        for id in tagged(&fs::read_to_string(path).unwrap()) {
            *expected.entry(id).or_default() += 1;
        }
    }
    let ran = Sandbox::new().run(&["coverage", "--format", "json", folder.to_str().unwrap()]).exits(0);
    let found = document(&ran);
    assert_eq!(found["rules"], files.len());
    let techniques = found["tactics"].as_array().unwrap().iter().flat_map(|tactic| tactic["techniques"].as_array().unwrap());
    let counted: BTreeMap<String, u64> = techniques
        .map(|own| (own["id"].as_str().unwrap().to_owned(), own["rules"].as_u64().unwrap()))
        .filter(|(_, rules)| *rules > 0)
        .collect();
    assert_eq!(counted, expected);
    assert!(found["unknown"].as_object().unwrap().is_empty());
}
