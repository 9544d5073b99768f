//! The queries of another compiler, and which tests a verdict rests on.

use crate::support::Named;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use verisigma::engine::Verdict;
use verisigma::event::Event;
use verisigma::ir::eval::matches_test;
use verisigma::ir::{Expr, Test};

/// A query of the other compiler for a condition of a rule.
pub(crate) struct Peer<'r> {
    pub(crate) named: &'r Named,
    pub(crate) condition: usize,
    pub(crate) query: String,
}

/// The queries in a file of the folder of peers; rules that the compiler refused have none.
pub(crate) fn peers<'r>(shared: &Path, file: &str, rules: &'r [Named]) -> Vec<Peer<'r>> {
    let by_path: BTreeMap<&str, &Named> = rules.iter().map(|named| (named.path.as_str(), named)).collect();
    let text = std::fs::read_to_string(shared.join("peer-queries").join(file)).unwrap();
    let mut peers = Vec::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let (Some(named), Some(queries)) = (by_path.get(record["rule"].as_str().unwrap()), record["queries"].as_array()) else { continue };
        for (condition, query) in queries.iter().enumerate() {
            peers.push(Peer { named, condition, query: query.as_str().unwrap().to_owned() });
        }
    }
    peers
}

/// How many of the queries that do not differ need each assumption.
pub(crate) fn assumed<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for verdict in verdicts.filter(|verdict| verdict.counterexample.is_none()) {
        let names: BTreeSet<&'static str> = verdict.assumptions.iter().map(|assumed| assumed.name.name()).collect();
        names.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
    }
    counts
}

/// The tests whose truth decides the value of a formula on a record.
pub(crate) fn deciding<'e>(expr: &'e Expr, record: &Event) -> Vec<&'e Test> {
    let mut tests = BTreeSet::new();
    expr.for_each_test(&mut |test| {
        tests.insert(test);
    });
    let verdict = value(expr, record, None);
    tests.into_iter().filter(|test| value(expr, record, Some(test)) != verdict).collect()
}

/// The value of a formula on a record, with the truth of one test flipped.
fn value(expr: &Expr, record: &Event, flipped: Option<&Test>) -> bool {
    match expr {
        Expr::True => true,
        Expr::False => false,
        Expr::And(children) => children.iter().all(|child| value(child, record, flipped)),
        Expr::Or(children) => children.iter().any(|child| value(child, record, flipped)),
        Expr::Not(child) => !value(child, record, flipped),
        Expr::Test(test) => matches_test(test, record) != (flipped == Some(test)),
    }
}

/// The formula with every test changed.
pub(crate) fn changed(expr: &Expr, change: &impl Fn(&Test) -> Expr) -> Expr {
    match expr {
        Expr::True | Expr::False => expr.clone(),
        Expr::And(children) => Expr::and(children.iter().map(|child| changed(child, change))),
        Expr::Or(children) => Expr::or(children.iter().map(|child| changed(child, change))),
        Expr::Not(child) => Expr::not(changed(child, change)),
        Expr::Test(test) => change(test),
    }
}
