//! The reader of SQL against recorded verdicts of SQLite, and against queries of another compiler.
//!
//! Both live in the shared folder that `VERISIGMA_SHARED` names; without it there is nothing to do.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "a test fails by panicking and says what it skips")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::ir::{Case, eval};
use verisigma::lang::sql::{SQLITE, read, schema};
use verisigma::storage::{Affinity, ColumnType, Columns, Names, Storage};

/// Groups of constructs that the reader need not know.
const OPTIONAL: &[&str] = &["json", "time", "keyword", "func", "cast", "num", "order"];

fn shared(path: &str) -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("VERISIGMA_SHARED") else {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join(path)).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// What the reader makes of a row: the verdict, or why there is none.
fn verdict(row: &Value) -> Result<bool, (Code, String)> {
    let storage = schema(row["schema"].as_str().unwrap(), &SQLITE).unwrap();
    let query = row["q"].as_str().unwrap();
    let reading = read(query, &storage, &SQLITE).map_err(|error| (error.code, error.message))?;
    let event = Event::new(row["e"].as_object().unwrap().clone());
    let record = storage.record(&event, &[]).ok_or((Code::QueryUnread, "the event has no record".to_owned()))?;
    match reading.assumptions.iter().find(|assumption| !assumption.holds(&storage, &event, &record)) {
        Some(broken) => Err((Code::QueryUnread, format!("{} does not hold", broken.name.name()))),
        None => Ok(eval::matches(&reading.expr, &record)),
    }
}

#[test]
fn the_recorded_verdicts_hold() {
    let Some(rows) = shared("conformance/sql.jsonl") else { return };
    let rows: Vec<&Value> = rows.iter().filter(|row| row["d"] == "sqlite").collect();
    let mut wrong = Vec::new();
    let mut unread: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
    for row in &rows {
        let expected = row["x"].as_bool();
        let query = row["q"].as_str().unwrap();
        let optional = OPTIONAL.contains(&row["g"].as_str().unwrap());
        match (verdict(row), expected) {
            (Ok(own), Some(expected)) if own == expected => {}
            (Err((Code::QueryInvalid, _)), None) => {}
            (Err((Code::QueryUnread, _)), None) if row["when"] == "run" => {}
            (Err((Code::QueryUnread, reason)), Some(_)) => {
                unread.entry((optional, reason)).or_default().push(query.to_owned());
            }
            (own, _) => wrong.push(format!("{query} on {}: {own:?}, not {}", row["e"], row["x"])),
        }
    }
    for ((optional, reason), queries) in &unread {
        eprintln!("unread{}: {reason}: {} rows, such as {:.120}", if *optional { " (optional)" } else { "" }, queries.len(), queries[0]);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let required = rows.iter().filter(|row| !OPTIONAL.contains(&row["g"].as_str().unwrap())).count();
    let missing: usize = unread.iter().filter(|((optional, _), _)| !optional).map(|(_, queries)| queries.len()).sum();
    eprintln!("{missing} of {required} required rows unread");
    assert!(missing * 20 <= required);
}

#[test]
fn queries_of_another_compiler_are_read() {
    let Some(rules) = shared("peer-queries/sqlite.jsonl") else { return };
    let storage = Storage {
        table: Some("logs".to_owned()),
        names: Names::IgnoreCase,
        columns: Columns::open(ColumnType::scalar(Affinity::Text, Case::Sensitive)),
        raw: None,
        networks: None,
    };
    let queries: Vec<&str> =
        rules.iter().filter_map(|rule| rule["queries"].as_array()).flatten().map(|query| query.as_str().unwrap()).collect();
    let mut unread = 0;
    for query in &queries {
        if let Err(error) = read(query, &storage, &SQLITE) {
            unread += 1;
            eprintln!("{}: {}: {query:.120}", error.code.name(), error.message);
        }
    }
    eprintln!("{unread} of {} queries unread", queries.len());
    assert!(unread * 50 <= queries.len());
}
