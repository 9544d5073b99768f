//! Random streams: the evaluator and the oracle find the same alerts, with the same events.

use super::oracle::{self, Formula, Occurrence, Test};
use super::*;
use std::collections::BTreeSet;

/// A generator of numbers (SplitMix64), so that a failure has a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn number(&mut self, bound: u64) -> i64 {
        self.below(bound) as i64
    }

    fn formula(&mut self, rules: u64, depth: u64) -> Formula {
        match self.below(if depth == 0 { 2 } else { 6 }) {
            0 | 1 => Formula::Rule(self.below(rules) as usize),
            2 => Formula::Not(Box::new(self.formula(rules, depth - 1))),
            3 | 4 => Formula::And(Box::new(self.formula(rules, depth - 1)), Box::new(self.formula(rules, depth - 1))),
            _ => Formula::Or(Box::new(self.formula(rules, depth - 1)), Box::new(self.formula(rules, depth - 1))),
        }
    }
}

/// One event in both forms.
struct Sample {
    time: i64,
    rules: Vec<usize>,
    groups: Vec<String>,
    values: Vec<i64>,
}

impl Sample {
    fn new(random: &mut Random, spread: u64) -> Self {
        let rules = (0..RULES.len()).filter(|_| random.below(3) == 0).collect();
        let groups: BTreeSet<String> = (0..random.below(3)).map(|_| ["x", "y"][random.below(2) as usize].to_owned()).collect();
        let values = (0..random.below(3)).map(|_| random.number(5) - 1).collect();
        Self { time: random.number(spread), rules, groups: groups.into_iter().collect(), values }
    }

    fn event(&self) -> Event {
        let rules: String = self.rules.iter().map(|&rule| RULES[rule]).collect();
        at(self.time, &rules, json!({"U": self.groups, "N": self.values}))
    }

    fn occurrences(&self, number: usize, list: &[usize]) -> Vec<Occurrence> {
        let matched = self.rules.iter().filter_map(|rule| list.iter().position(|listed| listed == rule));
        let of = |slot: usize, group: &String| Occurrence {
            time: self.time,
            slot,
            identity: format!("event {number}"),
            events: BTreeSet::from([number]),
            group: group.clone(),
            values: self.values.clone(),
        };
        matched.flat_map(|slot| self.groups.iter().map(move |group| of(slot, group))).collect()
    }
}

fn occurrences(samples: &[Sample], list: &[usize]) -> Vec<Occurrence> {
    samples.iter().enumerate().flat_map(|(number, sample)| sample.occurrences(number, list)).collect()
}

fn condition(formula: &Formula, names: &[&str]) -> Condition {
    match formula {
        Formula::Rule(slot) => id(names[*slot]),
        Formula::Not(inner) => not(condition(inner, names)),
        Formula::And(one, other) => Condition::And(vec![condition(one, names), condition(other, names)]),
        Formula::Or(one, other) => Condition::Or(vec![condition(one, names), condition(other, names)]),
    }
}

/// A correlation over named rules, and what the oracle says it finds among occurrences with a horizon.
type Judge = Box<dyn Fn(&[Occurrence], i64) -> BTreeSet<oracle::Alert>>;

fn correlation_of(random: &mut Random, names: &[&str]) -> (Correlation, Judge) {
    let span = 1 + random.number(8);
    let list = names.join(" ");
    let mut firing = || {
        let (bound, operator) = (random.number(6) - 1, random.below(6));
        let passes = move |number: i64, scale: i64| match operator {
            0 => number < bound * scale,
            1 => number <= bound * scale,
            2 => number > bound * scale,
            3 => number >= bound * scale,
            4 => number == bound * scale,
            _ => number != bound * scale,
        };
        (thresholds(&format!("{} {bound}", ["lt", "lte", "gt", "gte", "eq", "neq"][operator as usize])), passes)
    };
    let n = || "N".to_owned();
    let (bounds, passes) = firing();
    let counted = |test: Test| -> Judge { Box::new(move |all, _| oracle::counted(all, span, &test, passes)) };
    let (kind, firing, judge): (Kind, Firing, Judge) = match random.below(10) {
        0 => (Kind::EventCount, bounds, counted(Test::Events)),
        1 => (Kind::ValueCount(vec![n()]), bounds, counted(Test::Values)),
        2 => (Kind::ValueSum(n()), bounds, counted(Test::Sum)),
        3 => (Kind::ValueAvg(n()), bounds, counted(Test::Mean)),
        4 => {
            let p = random.number(101);
            (Kind::ValuePercentile { field: n(), rank: Decimal::from(p) }, bounds, counted(Test::Percentile(p)))
        }
        5 => (Kind::ValueMedian(n()), bounds, counted(Test::Percentile(50))),
        6 => (Kind::Temporal, bounds, counted(Test::Rules)),
        7 => (Kind::TemporalOrdered, bounds, counted(Test::Order)),
        other => {
            let formula = random.formula(names.len() as u64, 3);
            let firing = when(condition(&formula, names));
            if other == 8 {
                (Kind::Temporal, firing, Box::new(move |all, horizon| oracle::present(all, span, &formula, horizon, oracle::in_any_order)))
            } else {
                (
                    Kind::TemporalOrdered,
                    firing,
                    Box::new(move |all, horizon| oracle::present(all, span, &formula, horizon, oracle::in_order)),
                )
            }
        }
    };
    (Correlation { timespan: span as u64, ..correlation(kind, &list, firing) }, judge)
}

fn found(correlations: &[Correlation], samples: &[Sample]) -> BTreeSet<oracle::Alert> {
    let events: Vec<Event> = samples.iter().map(Sample::event).collect();
    let findings = find(correlations, &events);
    assert!(findings.alerts.is_sorted_by_key(|alert| (alert.time, alert.group.clone())));
    let alert = |alert: &Alert| {
        let events: Vec<usize> = findings.events(alert).into_iter().map(|event| event as usize).collect();
        assert!(events.is_sorted_by_key(|&event| (samples[event].time, event)));
        let second = (alert.time.nanoseconds() / 1_000_000_000) as i64;
        (second, alert.group[0].1.clone(), events.into_iter().collect())
    };
    let alerts: BTreeSet<oracle::Alert> = findings.alerts.iter().map(alert).collect();
    assert_eq!(alerts.len(), findings.alerts.len(), "no alert twice");
    alerts
}

#[test]
fn random_streams_give_what_the_oracle_finds() {
    let (mut fired, mut alerts) = (0, 0);
    for seed in 0..4000 {
        let random = &mut Random(seed);
        let spread = 3 + random.below(25);
        let samples: Vec<Sample> = (0..random.below(14)).map(|_| Sample::new(random, spread)).collect();
        let horizon = samples.iter().map(|sample| sample.time).max().unwrap_or(0);
        let list: Vec<usize> = (0..=random.below(3) as usize).collect();
        let (outer, judge) = correlation_of(random, &list.iter().map(|&rule| RULES[rule]).collect::<Vec<_>>());
        let expected = judge(&occurrences(&samples, &list), horizon);
        assert_eq!(found(std::slice::from_ref(&outer), &samples), expected, "seed {seed}: {outer:?}");
        fired += usize::from(!expected.is_empty());
        alerts += expected.len();
    }
    assert!(fired > 1500 && alerts > 4000, "{fired} streams with {alerts} alerts: too quiet to prove anything");
}

#[test]
fn random_chains_give_what_the_oracle_finds() {
    let mut fired = 0;
    for seed in 0..2000 {
        let random = &mut Random(seed ^ 0xc0ffee);
        let samples: Vec<Sample> = (0..random.below(14)).map(|_| Sample::new(random, 20)).collect();
        let horizon = samples.iter().map(|sample| sample.time).max().unwrap_or(0);
        let (inner, inner_judge) = correlation_of(random, &["a", "b"]);
        let (outer, outer_judge) = correlation_of(random, &["inner", "c"]);
        let alerts = inner_judge(&occurrences(&samples, &[0, 1]), horizon);
        let chained = alerts.into_iter().enumerate().map(|(number, (time, group, events))| {
            let identity = format!("alert {number}");
            Occurrence { time, slot: 0, identity, events, group, values: Vec::new() }
        });
        let others = occurrences(&samples, &[9, 2]);
        let expected = outer_judge(&chained.chain(others).collect::<Vec<_>>(), horizon);
        let inner = Correlation { metadata: named("inner"), ..inner };
        assert_eq!(found(&[inner.clone(), outer.clone()], &samples), expected, "seed {seed}: {inner:?} {outer:?}");
        fired += usize::from(!expected.is_empty());
    }
    assert!(fired > 500, "{fired} streams with alerts: too quiet to prove anything");
}
