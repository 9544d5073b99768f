//! Random correlation rules on planned sequences of events: the reference evaluator, the written query as it is read back,
//! and SQLite itself give the same alerts.
//!
//! Rules are made from a seed, as text, so that the parser takes part.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it counted"
)]

mod sqlite;

use sqlite::Table;
use std::collections::{BTreeMap, BTreeSet};
use verisigma::backend::{Settings, builtin};
use verisigma::event::Event;
use verisigma::ir::correlation::{Node as Meaning, Program as Lowered};
use verisigma::ir::lower_correlation::lower;
use verisigma::lang::{self, sql::relation::Value};
use verisigma::rule::collection::link;
use verisigma::rule::program::{Node, Program};
use verisigma::rule::{self, Document};
use verisigma::source::Source;
use verisigma::storage::Storage;
use verisigma::verify::correlation::alerts;
use verisigma::verify::{derive::derive, sequence::sequences};

/// A small deterministic generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

const RULES: &str = "\
title: A
name: a
logsource: {product: test}
detection: {s: {Kind: login}, condition: s}
---
title: B
name: b
logsource: {product: test}
detection: {s: {Kind|startswith: log}, f: {Result: ok}, condition: s and not f}
---
title: C
name: c
logsource: {product: test}
detection: {s: {Kind|contains: [exec, spawn]}, condition: s}
---
title: Many
name: many
correlation:
  type: event_count
  rules: [a, b]
  group-by: [User]
  timespan: 30s
  condition: {gte: 2}
";

/// What is counted, with a type of each kind.
const KINDS: [&str; 8] =
    ["event_count", "value_count", "value_sum", "value_avg", "value_median", "value_percentile", "temporal", "temporal_ordered"];

fn correlation(random: &mut Random, kind: &str) -> String {
    let rules = random.pick(&[vec!["a"], vec!["a", "b"], vec!["c", "a"], vec!["a", "b", "c"], vec!["many", "c"]]);
    let is_temporal = kind.starts_with("temporal");
    let rules = if is_temporal && rules.len() == 1 { vec!["b", "c"] } else { rules };
    let counts_values = kind.starts_with("value_");
    let rules: Vec<&str> = if counts_values { rules.into_iter().filter(|rule| *rule != "many").collect() } else { rules };
    let group = if rules.contains(&"many") { "[User]" } else { random.pick(&["[User]", "[User, Host]", "[]", "[Ip]"]) };
    let aliases = if group == "[Ip]" {
        let fields: Vec<String> =
            rules.iter().map(|rule| format!("{rule}: {}", if *rule == "a" { "SourceIp" } else { "TargetIp" })).collect();
        format!("  aliases:\n    Ip: {{{}}}\n", fields.join(", "))
    } else {
        String::new()
    };
    let group = if group == "[]" { String::new() } else { format!("  group-by: {group}\n") };
    let timespan = random.pick(&["1s", "10s", "1m", "2h", "1d"]);
    let condition = condition(random, kind, rules.len());
    format!(
        "{RULES}---\ntitle: Random\ncorrelation:\n  type: {kind}\n  rules: [{}]\n{group}  timespan: {timespan}\n{aliases}{condition}",
        rules.join(", ")
    )
}

fn condition(random: &mut Random, kind: &str, rules: usize) -> String {
    let bound = |random: &mut Random, least: usize, most: usize| {
        let number = least + random.below(most - least + 1);
        match random.below(6) {
            0 => format!("gt: {number}"),
            1 => format!("lt: {number}"),
            2 => format!("eq: {number}"),
            3 => format!("gte: {}, lte: {}", least, number.max(least)),
            _ => format!("gte: {number}"),
        }
    };
    let keys = match kind {
        "event_count" => bound(random, 1, 6),
        "value_count" => format!("field: {}, {}", random.pick(&["Value", "[Value, Host]"]), bound(random, 1, 4)),
        "value_percentile" => {
            format!("field: Size, percentile: {}, {}", random.pick(&["0", "25", "50", "90", "100"]), bound(random, 1, 20))
        }
        "value_avg" | "value_median" if random.below(3) == 0 => format!("field: Size, gte: {}.5", random.below(20)),
        "value_sum" | "value_avg" | "value_median" => format!("field: Size, {}", bound(random, 1, 30)),
        _ if random.below(2) == 0 => return String::new(),
        _ => format!("gte: {}", 1 + random.below(rules)),
    };
    format!("  condition: {{{keys}}}\n")
}

#[derive(Debug, Default)]
struct Tally {
    rules: usize,
    refused: BTreeMap<String, usize>,
    sequences: usize,
    firing: BTreeMap<String, usize>,
    alerts: usize,
}

/// Everything that is compared about one rule.
struct Case<'c> {
    text: &'c str,
    program: &'c Program<'c>,
    lowered: &'c Lowered,
    storage: &'c Storage,
}

impl Case<'_> {
    fn compare(&self, kind: &str, tally: &mut Tally) {
        let target = builtin("sqlite").unwrap().unwrap();
        let settings = Settings::default();
        let written = match target.write_correlation(self.lowered, self.storage, &settings) {
            Ok(written) => written,
            Err(why) => {
                assert!(why.code.name().starts_with("refused_"), "{why:?}: {}", self.text);
                *tally.refused.entry(why.message).or_default() += 1;
                return;
            }
        };
        let reader = lang::reader("sql", Some("sqlite")).unwrap();
        let relation = reader
            .read_relation(&Source::new("", &written.query), self.storage)
            .unwrap_or_else(|why| panic!("{}: {}\n{}", why.message, written.query, self.text));
        let mut assumptions = written.assumptions.clone();
        for node in &self.lowered.nodes {
            if let Meaning::Base(expr) = node {
                let (expanded, bound) = target.expand(expr, self.storage).unwrap();
                assumptions.extend(bound);
                assumptions.extend(self.storage.distortions(&expanded));
            }
        }
        let clock = target.timestamp(&settings);
        let names: Vec<&str> = ["Kind", "Result", "User", "Host", "SourceIp", "TargetIp", "Ip", "Value", "Size", clock].to_vec();
        let within = |event: &Event| {
            let record = self.storage.record(event, &names)?;
            assumptions.iter().all(|assumption| assumption.holds(self.storage, event, &record)).then_some(record)
        };
        let matching = self.program.nodes.iter().zip(&self.lowered.nodes).map(|(node, lowered)| match (node, lowered) {
            (Node::Rule(_), Meaning::Base(expr)) => {
                derive(expr).events.into_iter().filter(|event| within(event).is_some()).take(24).collect()
            }
            _ => Vec::new(),
        });
        let Some(Node::Correlation { correlation, .. }) = self.program.nodes.last() else { panic!("no correlation") };
        for sequence in sequences(self.program, &matching.collect::<Vec<_>>(), clock) {
            let Some(records) = sequence.iter().map(within).collect::<Option<Vec<Event>>>() else { continue };
            let expected: BTreeSet<(i128, Vec<String>)> = alerts(self.program, clock, &sequence)
                .unwrap()
                .into_iter()
                .map(|alert| (alert.time, correlation.group_by.iter().map(|name| alert.group[name].clone()).collect()))
                .collect();
            let shown =
                || format!("{}\n{}\n{}", self.text, written.query, serde_json::json!(sequence.iter().map(Event::root).collect::<Vec<_>>()));
            let rows =
                relation.run(&records.iter().map(Event::root).collect::<Vec<_>>()).unwrap_or_else(|open| panic!("{}: {}", open.0, shown()));
            let read: BTreeSet<_> = rows.iter().map(|row| alert(&row.iter().map(|(_, value)| text(value)).collect::<Vec<_>>())).collect();
            assert_eq!(read, expected, "read: {}", shown());
            let table = Table::new(self.storage, &names, &sequence);
            let real: BTreeSet<_> = table.rows(&written.query).unwrap().iter().map(|row| alert(row)).collect();
            assert_eq!(real, expected, "SQLite: {}", shown());
            tally.sequences += 1;
            tally.alerts += expected.len();
            *tally.firing.entry(kind.to_owned()).or_default() += usize::from(!expected.is_empty());
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Integer(integer) => integer.to_string(),
        Value::Null | Value::Real(_) | Value::Blob(_) => panic!("{value:?} in a row"),
    }
}

/// A row as the time, which comes last, and the group.
fn alert(row: &[String]) -> (i128, Vec<String>) {
    let (time, group) = row.split_last().unwrap();
    (verisigma::text::time::parse(time).unwrap().nanoseconds() / 1_000_000, group.to_vec())
}

#[test]
fn all_parties_agree_on_random_correlations() {
    let (mut random, mut tally) = (Random(0xc0_44e1), Tally::default());
    let storage = builtin("sqlite").unwrap().unwrap().default_storage().unwrap().clone();
    let rounds = std::env::var("VERISIGMA_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(96);
    for round in 0..rounds {
        let kind = KINDS[round % KINDS.len()];
        let text = correlation(&mut random, kind);
        let mut documents = rule::parse(&Source::new("rules.yml", &text));
        let links = link(&mut documents.iter_mut().collect::<Vec<_>>());
        let documents: Vec<&Document> = documents.iter().collect();
        let program = links.program(&documents, documents.len() - 1);
        let program = program.unwrap_or_else(|| panic!("{text}\n{:?}", documents.iter().map(|it| &it.diagnostics).collect::<Vec<_>>()));
        let lowered = lower(&program).unwrap();
        tally.rules += 1;
        Case { text: &text, program: &program, lowered: &lowered, storage: &storage }.compare(kind, &mut tally);
    }
    println!("{tally:#?}");
    assert!(tally.sequences >= 2_000, "{} sequences", tally.sequences);
    for kind in KINDS {
        let firing = tally.firing.get(kind).copied().unwrap_or_default();
        assert!(firing > 30, "{kind}: {firing} sequences with an alert");
    }
}
