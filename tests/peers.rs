//! What another compiler makes of the public rule set: its queries are read and compared with their rules, and
//! where they differ, SQLite itself gives the answers that the reader foretold.
//!
//! Queries and rules are found through `VERISIGMA_SHARED`; without it this suite only says so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, explains on stderr, and looks at the predicates that it names only"
)]

mod support;

#[path = "peers/queries.rs"]
mod queries;

use queries::{Peer, assumed, changed, deciding, peers};
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use support::engine::{database, found};
use support::judged::fields;
use support::settings::default_setting;
use support::{percent, rules, shared};
use verisigma::engine::{self, Answer, Counterexample, Job, Kind, verify_query};
use verisigma::eval;
use verisigma::event::Event;
use verisigma::ir::eval::matches;
use verisigma::ir::lower::lower;
use verisigma::ir::{Case, Expr, Predicate};
use verisigma::lang::{Reading, reader};
use verisigma::source::Source;
use verisigma::storage::{Assumption, Storage, sees_numbers};
use verisigma::verify::{Claim, verify};

/// Why a query does not mean what its rule means, as its first counterexample shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// Two fields compared with regard to case.
    Fieldref,
    /// A value compared with regard to the case of ASCII letters.
    Case,
    /// A pattern that ignores the case of ASCII letters only.
    Letters,
    /// A network as text patterns.
    Cidr,
    /// A regular expression under other rules.
    Regex,
    /// A comparison with an absent field, unknown under a negation.
    Null,
    /// Numbers compared as texts.
    Number,
    /// Anything else.
    Other,
}

/// A query that differs from its rule, with a cause and an event that shows it.
struct Difference<'p, 'r> {
    peer: &'p Peer<'r>,
    cause: Cause,
    example: Counterexample,
}

#[test]
fn queries_of_another_compiler_are_judged() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    let peers = peers(&shared, "sqlite.jsonl", &rules);
    let job = default_setting().job;
    let judge = |peer: &Peer<'_>| verify_query(&peer.named.rule, peer.condition, &Source::new("query", &peer.query), &job);
    let judged: Vec<_> = peers.par_iter().map(judge).collect();
    let mut kinds = BTreeMap::<String, usize>::new();
    for (peer, (verdict, why)) in peers.iter().zip(&judged) {
        *kinds.entry(format!("{:?}", verdict.kind)).or_default() += 1;
        if verdict.kind == Kind::Unread {
            eprintln!("unread: {}: {}", peer.named.path, why.iter().map(|why| why.message.as_str()).collect::<String>());
        }
    }
    let differing: Vec<&Peer<'_>> =
        peers.iter().zip(&judged).filter(|(_, (verdict, _))| verdict.kind == Kind::Differs).map(|(peer, _)| peer).collect();
    let differences: Vec<_> = differing.par_iter().flat_map_iter(|peer| differences(peer, &job.storage)).collect();
    eprintln!("{} queries: {kinds:?}", peers.len());
    let read = peers.len() - kinds.get("Unread").copied().unwrap_or(0);
    assert!(percent(read, peers.len()) >= 98.0, "{read} of {} queries are read", peers.len());
    show(&differences);
    for cause in [Cause::Fieldref, Cause::Case, Cause::Regex, Cause::Number] {
        assert!(differences.iter().any(|difference| difference.cause == cause), "no query differs by {cause:?}");
    }
    let assumed = assumed(judged.iter().map(|(verdict, _)| verdict));
    eprintln!("of the others so many assume: {assumed:?}");
    // Letters beyond ASCII, and networks as text patterns.
    assert!(assumed.contains_key("ascii-case") && assumed.contains_key("canonical-ips"));
    confirm(&differences, &job);
}

/// The table of causes: how many queries each explains, with an event that shows it.
fn show(differences: &[Difference<'_, '_>]) {
    let mut by_cause: BTreeMap<Cause, Vec<&Difference<'_, '_>>> = BTreeMap::new();
    for difference in differences {
        by_cause.entry(difference.cause).or_default().push(difference);
    }
    for (cause, all) in by_cause {
        let more = all.iter().filter(|difference| difference.example.query).count();
        eprintln!("{cause:?}: {} queries differ, {more} match more", all.len());
        for Difference { peer, example, .. } in all.iter().take(3) {
            let event = Value::Object(example.event.root().clone()).to_string();
            eprintln!("  {} (rule {}, query {}) on {event:.200}", peer.named.path, example.rule, example.query);
        }
    }
}

/// Why a query differs: one cause after the other, each found on the query with the case relations repaired that
/// made the ones before. What is no case relation ends the search.
fn differences<'p, 'r>(peer: &'p Peer<'r>, storage: &Storage) -> Vec<Difference<'p, 'r>> {
    let meaning = &lower(&peer.named.rule).unwrap()[peer.condition];
    let Reading { mut expr, assumptions, .. } = reading(&peer.query, storage);
    let mut found = Vec::new();
    while let Some(example) = counterexample(peer, meaning, &expr, &assumptions, storage) {
        let names = fields(&[meaning, &expr]);
        let record = storage.record(&example.event, &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let repaired = REPAIRS.iter().find(|(_, change)| matches(&repair(&expr, *change), &record) == example.rule);
        let cause = repaired.map_or_else(|| cause(&storage.keyed(meaning), &expr, &record), |(cause, _)| *cause);
        found.push(Difference { peer, cause, example });
        match repaired {
            Some((_, change)) => expr = repair(&expr, *change),
            None => break,
        }
    }
    found
}

fn counterexample(peer: &Peer<'_>, meaning: &Expr, query: &Expr, assumptions: &[Assumption], storage: &Storage) -> Option<Counterexample> {
    let (rule, condition, bound) = (&peer.named.rule, peer.condition, &storage.keyed(meaning));
    verify(&Claim { rule, condition, meaning, bound, legal: None, query, assumptions, storage, approximation: None }).counterexample
}

type Change = fn(&Predicate) -> Predicate;

/// What a query has to say otherwise where a case relation is the cause.
const REPAIRS: [(Cause, Change); 3] = [
    (Cause::Fieldref, relating_folded),
    (Cause::Case, |predicate| refolded(predicate, Case::Sensitive, Case::Ascii)),
    (Cause::Letters, |predicate| refolded(predicate, Case::Ascii, Case::Fold)),
];

/// The cause where it is no case relation, by the tests on which the verdicts rest.
fn cause(meaning: &Expr, query: &Expr, record: &Event) -> Cause {
    let (own, other) = (deciding(meaning, record), deciding(query, record));
    let of_rule = |wanted: fn(&Predicate) -> bool| own.iter().any(|test| wanted(&test.predicate));
    if of_rule(|predicate| matches!(predicate, Predicate::Within { .. })) {
        Cause::Cidr
    } else if of_rule(|predicate| matches!(predicate, Predicate::Regex(_))) {
        Cause::Regex
    } else if other.iter().any(|test| test.predicate == Predicate::Exists) {
        Cause::Null
    } else if of_rule(is_numeric) {
        Cause::Number
    } else {
        Cause::Other
    }
}

/// The formula with every predicate changed.
fn repair(expr: &Expr, change: Change) -> Expr {
    changed(expr, &|test| Expr::test(test.subject.clone(), change(&test.predicate), test.place))
}

fn refolded(predicate: &Predicate, from: Case, to: Case) -> Predicate {
    match predicate {
        Predicate::Like { any, case } if *case == from => Predicate::Like { any: any.clone(), case: to },
        other => other.clone(),
    }
}

fn relating_folded(predicate: &Predicate) -> Predicate {
    match predicate {
        Predicate::Relates { other, how, .. } => Predicate::Relates { other: other.clone(), how: *how, case: Case::Fold },
        other => other.clone(),
    }
}

fn is_numeric(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Compare { .. } => true,
        Predicate::Like { any, case } => any.iter().any(|value| sees_numbers(&value.pattern, *case)),
        _ => false,
    }
}

fn reading(query: &str, storage: &Storage) -> Reading {
    let any_table = Storage { table: None, ..storage.clone() };
    reader("sql", Some("sqlite")).unwrap().read(query, &any_table).unwrap()
}

/// For up to two differing queries of each cause: SQLite finds the event as the reader says, and so not as the
/// rule says.
fn confirm(differences: &[Difference<'_, '_>], job: &Job) {
    let connection = database();
    let mut confirmed = BTreeMap::<Cause, usize>::new();
    for Difference { peer, cause, example } in differences {
        // An event that was found on a repaired query shows nothing of the query as it is, unless it differs too.
        let meaning = &lower(&peer.named.rule).unwrap()[peer.condition];
        let read = engine::read_query(&Source::new("query", &peer.query), job).unwrap().matches(&example.event);
        let is_plain = read == if example.query { Answer::True } else { Answer::False };
        let count = confirmed.entry(*cause).or_default();
        if !is_plain || *count == 2 {
            continue;
        }
        *count += 1;
        let mut columns = fields(&[meaning, &reading(&peer.query, &job.storage).expr]);
        columns.sort_by_key(|name| name.to_ascii_lowercase());
        columns.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        let answers = found(&connection, &peer.query, "logs", &columns, &job.storage, &[&example.event]);
        assert_eq!(answers, [example.query], "{}\n{}\n{:?}", peer.named.path, peer.query, example.event);
        assert_eq!(eval::matches_condition(&peer.named.rule, peer.condition, &example.event), example.rule);
        assert_ne!(example.rule, example.query);
    }
    assert!(confirmed.values().sum::<usize>() >= 5, "{confirmed:?} were confirmed");
}
