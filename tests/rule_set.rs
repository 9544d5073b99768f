//! The public rule set, asked together: on recorded and derived events each rule answers as it does alone.
//!
//! The judge is the reference evaluator. It is slow, so that not every rule is asked about every derived event:
//! each is asked about its own events, and all of them about some events of each.

#![expect(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "a test fails by panicking and explains on stderr")]

mod support;

use rayon::prelude::*;
use support::{Named, files, rules, shared};
use verisigma::engine::{Asker, RuleSet, matches};
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::ir::lower::lower;
use verisigma::verify::derive::derive;

/// Of so many derived events, one is put to all rules.
const ONE_IN: usize = 400;

/// What was compared.
#[derive(Debug, Default, Clone, Copy)]
struct Compared {
    pairs: usize,
    matches: usize,
}

impl Compared {
    fn plus(self, other: Self) -> Self {
        Self { pairs: self.pairs + other.pairs, matches: self.matches + other.matches }
    }
}

/// All rules on one event.
fn all(asker: &mut Asker<'_>, rules: &[Named], event: &Event) -> Compared {
    let found = asker.matching(event);
    let expected: Vec<usize> = (0..).zip(rules).filter(|(_, named)| matches(&named.rule, event)).map(|(number, _)| number).collect();
    assert_eq!(found, expected, "{event:?}");
    Compared { pairs: rules.len(), matches: found.len() }
}

/// One rule on one event.
fn own(asker: &mut Asker<'_>, number: usize, named: &Named, event: &Event) -> Compared {
    let found = asker.matching(event).contains(&number);
    assert_eq!(found, matches(&named.rule, event), "{}: {event:?}", named.path);
    Compared { pairs: 1, matches: usize::from(found) }
}

#[test]
fn recorded_events() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    let set = RuleSet::new(rules.iter().map(|named| &named.rule));
    let read = |path: &std::path::PathBuf| read_events(&std::fs::read_to_string(path).unwrap()).unwrap();
    let events: Vec<Event> = files(&shared.join("corpus/regression_data"), "json").iter().flat_map(read).map(flatten_windows).collect();
    let compared = events.par_iter().map_init(|| set.asker(), |asker, event| all(asker, &rules, event));
    let compared = compared.reduce(Compared::default, Compared::plus);
    eprintln!("{} events: {compared:?}", events.len());
    assert!(compared.pairs > 300_000 && compared.matches > 100, "{compared:?}");
}

#[test]
fn derived_events() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    let set = RuleSet::new(rules.iter().map(|named| &named.rule));
    let ask = |asker: &mut Asker<'_>, (number, named): (usize, &Named)| {
        let mut compared = Compared::default();
        for meaning in lower(&named.rule).unwrap() {
            for (at, event) in derive(&meaning).events.iter().enumerate() {
                let is_for_all = (number + at) % ONE_IN == 0;
                compared = compared.plus(own(asker, number, named, event));
                compared = compared.plus(if is_for_all { all(asker, &rules, event) } else { Compared::default() });
            }
        }
        compared
    };
    let compared = rules.par_iter().enumerate().map_init(|| set.asker(), ask).reduce(Compared::default, Compared::plus);
    eprintln!("{compared:?}");
    assert!(compared.pairs > 1_000_000 && compared.matches > 20_000, "{compared:?}");
}
