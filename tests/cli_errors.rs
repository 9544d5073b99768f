//! What the command line says about wrong rules, and what it explains.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "cli/sandbox.rs"]
#[allow(dead_code, reason = "each suite uses a part")]
mod sandbox;

use sandbox::{Ran, Sandbox, keys};
use serde_json::Value;
use verisigma::diag::Code;

/// A mistake in each document but the last, and what follows a wrong document is still read.
const DOCUMENTS: &str = "\
title: No condition
name: first
logsource:
  product: windows
detection:
  selection:
    User: SYSTEM
---
title: Unknown modifier
name: second
logsource:
  product: windows
detection:
  selection:
    User|startwith: S
  condition: selection
---
title: Nothing to count
correlation:
  type: event_count
  rules: [third]
  timespan: 5m
  condition:
    gte: 10
---
title: Not for anyone
logsource:
  product: windows
filter:
  selection:
    User: SYSTEM
  condition: not selection
---
title: Right
logsource:
  product: windows
detection:
  selection:
    User: SYSTEM
  condition: selection
";

fn explained(arguments: &[&str]) -> Ran {
    Sandbox::new().run(&[&["explain-error"][..], arguments].concat())
}

/// All of standard error, without the time at its end.
fn said(ran: &Ran) -> String {
    let (before, _) = ran.err.trim_end().rsplit_once('\n').unwrap();
    format!("{before}\n{}", ran.summary())
}

#[test]
fn codes_are_explained_by_name_or_number() {
    let by_name = explained(&["unknown_modifier"]).exits(0);
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(by_name.out) });
    assert!(by_name.err.is_empty());
    for spelling in ["VS0104", "vs0104"] {
        assert_eq!(explained(&[spelling]).exits(0).out, by_name.out, "{spelling}");
    }
}

#[test]
fn explanations_are_data() {
    for format in ["json", "jsonl"] {
        let ran = explained(&["--format", format, "VS0104"]).exits(0);
        let record = &ran.records()[0];
        assert_eq!(keys(record), ["code", "name", "summary", "explanation", "source", "wrong", "right"]);
        assert_eq!((&record["code"], &record["name"]), (&Value::from("VS0104"), &Value::from("unknown_modifier")));
        assert_eq!(keys(&record["wrong"]), ["kind", "text"]);
    }
}

#[test]
fn unknown_codes_are_wrong_usage() {
    for (asked, help) in [
        ("unknown_modifer", "did you mean `unknown_modifier`?"),
        ("VS104", "did you mean `VS0104`?"),
        ("cheese", "`verisigma list codes` shows all codes"),
    ] {
        let ran = explained(&[asked]).exits(2).says(&["error[invalid_argument]", &format!("there is no code `{asked}`"), help]);
        assert!(ran.out.is_empty(), "{asked}");
    }
    assert!(explained(&[]).exits(2).err.contains("Usage:"));
}

/// Commands of examples fail for want of their files here, and never since an argument is not known.
#[test]
fn examples_are_commands_that_there_are() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for explanation in Code::ALL.iter().filter(|code| **code != Code::InvalidArgument).filter_map(|code| code.explanation()) {
        for example in [explanation.wrong, explanation.right].iter().filter(|example| example.kind == "sh") {
            for line in example.text.lines().filter_map(|line| line.strip_prefix("verisigma ")) {
                let words: Vec<&str> = line.split(' ').take_while(|word| !["|", ">"].contains(word)).collect();
                if sandbox.run(&words).err.contains("Usage:") {
                    wrong.push(format!("{}: {line}", explanation.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn five_mistakes_are_said_at_once_and_in_order() {
    let sandbox = Sandbox::new();
    sandbox.file("five.yml", include_str!("cases/errors/five_mistakes.yml"));
    let ran = sandbox.run(&["convert", "-t", "sqlite", "five.yml"]).exits(1);
    assert!(ran.out.is_empty());
    assert_eq!(ran.err.matches("error[").count(), 5);
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(said(&ran)) });
}

#[test]
fn each_document_says_what_is_wrong_with_it() {
    let sandbox = Sandbox::new();
    sandbox.file("rules.yml", DOCUMENTS);
    let ran = sandbox.run(&["convert", "-t", "sqlite", "rules.yml"]).exits(1);
    assert_eq!(ran.out.lines().next(), Some("-- rules.yml: Right"), "{ran:#?}");
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(said(&ran)) });
}
