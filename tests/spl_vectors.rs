//! The reader of SPL against facts about its meaning, and against queries of another compiler.
//!
//! Both live in the shared folder that `VERISIGMA_SHARED` names; without it there is nothing to do.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "a test fails by panicking and says what it skips")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;
use verisigma::diag::{Code, Diagnostic};
use verisigma::event::Event;
use verisigma::ir::eval;
use verisigma::lang::spl::{read, schema};
use verisigma::storage::Storage;

fn shared(path: &str) -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("VERISIGMA_SHARED") else {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join(path)).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Fields that are extracted from events, of which nothing is known.
fn storage() -> Storage {
    schema("").unwrap()
}

/// What a query says about an event: `None` where it is open.
fn answer(query: &str, event: &Value) -> Result<Option<bool>, Diagnostic> {
    let storage = storage();
    let reading = match read(query, &storage) {
        Err(error) if error.code == Code::QueryUnread => return Ok(None),
        reading => reading?,
    };
    let event = Event::new(event.as_object().unwrap().clone());
    let mut names = BTreeSet::new();
    reading.expr.for_each_field(&mut |name| {
        names.insert(name);
    });
    names.extend(reading.assumptions.iter().filter_map(|assumption| assumption.field.as_deref()));
    let record = storage.record(&event, &names.into_iter().collect::<Vec<_>>()).unwrap();
    let is_within = reading.assumptions.iter().all(|assumption| assumption.holds(&storage, &event, &record));
    Ok(is_within.then(|| eval::matches(&reading.expr, &record)))
}

/// How an answer is written in the vectors.
fn written(answer: Result<Option<bool>, Diagnostic>) -> Value {
    match answer {
        Ok(Some(matched)) => Value::from(matched),
        Ok(None) => Value::from("unspecified"),
        Err(_) => Value::from("error"),
    }
}

#[test]
fn the_documented_verdicts_hold() {
    let Some(rows) = shared("conformance/spl.jsonl") else { return };
    let mut wrong = Vec::new();
    for row in &rows {
        let own = written(answer(row["q"].as_str().unwrap(), &row["e"]));
        if own != row["x"] {
            wrong.push(format!("{} on {}: {own}, not {}", row["q"], row["e"], row["x"]));
        }
    }
    assert!(!rows.is_empty() && wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn queries_of_another_compiler_are_read() {
    let Some(rules) = shared("peer-queries/splunk.jsonl") else { return };
    let storage = storage();
    let queries: Vec<&str> =
        rules.iter().filter_map(|rule| rule["queries"].as_array()).flatten().map(|query| query.as_str().unwrap()).collect();
    let mut unread: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let start = Instant::now();
    for query in &queries {
        if let Err(error) = read(query, &storage) {
            unread.entry(format!("{}: {}", error.code.name(), error.message)).or_default().push(query);
        }
    }
    let took = start.elapsed();
    for (reason, queries) in &unread {
        eprintln!("{} {reason}: such as {:.160}", queries.len(), queries[0].replace('\n', " "));
    }
    let count: usize = unread.values().map(Vec::len).sum();
    eprintln!("{count} of {} queries unread; {took:?}", queries.len());
    assert!(count * 20 <= queries.len());
}
