//! What another compiler makes of the public rule set for Splunk: its queries are read and compared with their rules.
//!
//! Queries and rules are found through `VERISIGMA_SHARED`; without it this suite only says so. No Splunk can be asked:
//! the differences are those that the documentation foretells.

#![expect(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "a test fails by panicking, and explains on stderr")]

mod support;

use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use support::{Named, percent, rules, shared};
use verisigma::ir::lower::lower;
use verisigma::lang::spl::{read, schema};
use verisigma::storage::Storage;
use verisigma::verify::report::Kind;
use verisigma::verify::{Claim, verify};

/// The word for a query, and what shows it. `None` where the rule itself cannot be said about the storage.
fn judge(named: &Named, condition: usize, query: &str, storage: &Storage) -> Option<(Kind, String)> {
    let reading = match read(query, storage) {
        Ok(reading) => reading,
        Err(error) => return Some((Kind::Unread, error.message)),
    };
    let (meaning, mut assumptions) = storage.expand(lower(&named.rule).ok()?.get(condition)?).ok()?;
    assumptions.extend(reading.assumptions);
    let finding = verify(&Claim {
        rule: &named.rule,
        condition,
        meaning: &meaning,
        bound: &storage.keyed(&meaning),
        legal: None,
        query: &reading.expr,
        assumptions: &assumptions,
        storage,
        approximation: None,
    });
    let shown = finding.counterexample.map(|example| {
        let event = Value::Object(example.event.root().clone()).to_string();
        format!("rule {}, query {} on {event:.200}", example.rule, example.query)
    });
    Some((finding.kind, shown.unwrap_or_default()))
}

#[test]
fn queries_of_another_compiler_are_judged() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    let by_path: BTreeMap<&str, &Named> = rules.iter().map(|named| (named.path.as_str(), named)).collect();
    let storage = schema("").unwrap();
    let text = std::fs::read_to_string(shared.join("peer-queries/splunk.jsonl")).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let judge_all = |record: &Value| -> Vec<(Kind, String)> {
        let named = by_path.get(record["rule"].as_str().unwrap());
        let queries = record["queries"].as_array().into_iter().flatten().enumerate();
        let judged = queries.filter_map(|(condition, query)| judge(named?, condition, query.as_str()?, &storage));
        judged.map(|(kind, shown)| (kind, format!("{}: {shown}", record["rule"]))).collect()
    };
    let judged: Vec<(Kind, String)> = records.par_iter().flat_map_iter(judge_all).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (kind, shown) in &judged {
        *counts.entry(format!("{kind:?}")).or_default() += 1;
        if *kind != Kind::Proved {
            eprintln!("{kind:?}: {shown}");
        }
    }
    eprintln!("{} queries: {counts:?}", judged.len());
    let proved = counts.get("Proved").copied().unwrap_or(0);
    assert!(percent(proved, judged.len()) >= 95.0, "{proved} of {} queries are proved", judged.len());
}
