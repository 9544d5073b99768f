//! The reader of KQL against verdicts of Kibana's translation, executed on the engine.
//!
//! They live in the shared folder that `VERISIGMA_SHARED` names; without it there is nothing to do.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it skips")]

use serde_json::{Map, Value, json};
use std::path::PathBuf;
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::ir::eval;
use verisigma::lang::kql::{read, schema};
use verisigma::storage::Storage;

/// What a row says, and what the reader makes of it.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Matches(bool),
    Invalid,
    Unread(String),
    /// Within no record, or outside what is assumed.
    Open(String),
}

fn rows() -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("VERISIGMA_SHARED") else {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("conformance/kql.jsonl")).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The mapping of a row: the fields of its event, keywords, or numbers by their names, or as it says.
fn storage(row: &Value) -> Storage {
    let mut properties = Map::new();
    for field in row["e"].as_object().unwrap().keys() {
        properties.insert(field.clone(), json!({"type": if field.starts_with("n_") { "long" } else { "keyword" }}));
    }
    for (field, kind) in row["types"].as_object().into_iter().flatten() {
        properties.insert(field.clone(), if kind.is_string() { json!({"type": kind}) } else { kind.clone() });
    }
    let mut storage = schema(&json!({"mappings": {"properties": properties}}).to_string()).unwrap();
    if let Some(view) = row["all"].as_array() {
        storage.view(&view.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>());
    }
    if row["ci"] == true {
        storage.fold_keywords();
    }
    storage
}

fn verdict(row: &Value) -> Verdict {
    let storage = storage(row);
    let reading = match read(row["q"].as_str().unwrap(), &storage) {
        Ok(reading) => reading,
        Err(error) if error.code == Code::QueryInvalid => return Verdict::Invalid,
        Err(error) => return Verdict::Unread(error.message),
    };
    let event = Event::new(row["e"].as_object().unwrap().clone());
    let mut names = Vec::new();
    reading.expr.for_each_field(&mut |field| names.push(field.to_owned()));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(record) = storage.record(&event, &names) else { return Verdict::Open("no record".to_owned()) };
    match reading.assumptions.iter().find(|assumption| !assumption.holds(&storage, &event, &record)) {
        Some(broken) => Verdict::Open(format!("{} does not hold", broken.name.name())),
        None => Verdict::Matches(eval::matches(&reading.expr, &record)),
    }
}

#[test]
fn the_recorded_verdicts_hold() {
    let Some(rows) = rows() else { return };
    let rows: Vec<&Value> = rows.iter().filter(|row| row["impl"] != "S").collect();
    let mut wrong = Vec::new();
    for row in &rows {
        let own = verdict(row);
        let is_right = match (&own, &row["x"]) {
            (Verdict::Matches(own), Value::Bool(expected)) => own == expected,
            (Verdict::Invalid, Value::String(expected)) => expected == "error",
            (Verdict::Unread(_) | Verdict::Open(_), Value::String(expected)) => expected == "unspecified",
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{} on {}: {own:?}, not {}", row["q"], row["e"], row["x"]));
        }
    }
    eprintln!("{} of {} rows", rows.len() - wrong.len(), rows.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
