//! Verification: whether a query means what its rule means.
//!
//! The query's text has been read back into a formula; here that formula is compared with the rule's. The
//! formulas are decided equal where possible ([`prove`]), and whether or not they are, derived events
//! ([`derive`]) are replayed through the reference evaluator, the rule's formula and the query's. The
//! verdict `proved` needs both, and a derived event inside the assumptions that matches: what no event can
//! satisfy proves nothing. Deliberately absent: reading and writing queries.

pub mod derive;
mod near;
pub mod prove;
pub mod report;
mod sample;
pub mod shrink;
mod skeleton;
mod slot;
mod solve;
mod strings;
mod truth;

use crate::eval;
use crate::event::Event;
use crate::ir::{Expr, eval::matches};
use crate::rule::Rule;
use crate::storage::{Assumption, Name, Recorder, Storage};
use report::{Arrow, Counterexample, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// A rule's condition and a query that is claimed to mean the same.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'c> {
    /// The rule.
    pub rule: &'c Rule,
    /// Which of its conditions, from 0.
    pub condition: usize,
    /// What the condition means, in the rule's spelling, with keywords replaced by fields.
    pub meaning: &'c Expr,
    /// The same about records of the storage.
    pub bound: &'c Expr,
    /// What legalization made of it, where the query is ours.
    pub legal: Option<&'c Expr>,
    /// What the query's text was read as, about records.
    pub query: &'c Expr,
    /// What binding, writing and reading assume.
    pub assumptions: &'c [Assumption],
    /// How the target holds events.
    pub storage: &'c Storage,
}

/// What was found about a claim.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The word.
    pub kind: Kind,
    /// How many derived events lay within the assumptions and were compared.
    pub events: usize,
    /// How many of them matched.
    pub matched: usize,
    /// The tests that no compared event decides.
    pub undecided: usize,
    /// What it holds under, one entry a name, field and pattern.
    pub assumptions: Vec<Assumption>,
    /// The event on which rule and query differ.
    pub counterexample: Option<Counterexample>,
}

/// Compares a rule's condition with a query.
pub fn verify(claim: &Claim<'_>) -> Finding {
    let proof = prove::equal(claim.bound, &claim.storage.equal_texts(claim.query));
    let assumptions = assumed(claim, proof.as_deref());
    let replay = Replay::new(claim, &assumptions);
    let derived = derive::derive(claim.meaning);
    let aimed = if proof.is_some() { Vec::new() } else { derive::derive_difference(claim.meaning, &respelled(claim)) };
    let mut finding =
        Finding { kind: Kind::Tested, events: 0, matched: 0, undecided: 0, assumptions: assumptions.clone(), counterexample: None };
    for event in derived.events.iter().chain(&aimed) {
        let Some(seen) = replay.run(event) else { continue };
        finding.events += 1;
        finding.matched += usize::from(seen.rule);
        if seen.rule != seen.query || seen.rule != seen.meaning {
            finding.kind = Kind::Differs;
            finding.counterexample = Some(replay.counterexample(event));
            return finding;
        }
    }
    if proof.is_some() && finding.matched > 0 {
        finding.kind = Kind::Proved;
    }
    finding
}

/// The query's formula with fields spelled as the rule spells them, so that events can be made for both.
fn respelled(claim: &Claim<'_>) -> Expr {
    let mut spelled: BTreeMap<String, &str> = BTreeMap::new();
    claim.meaning.for_each_field(&mut |name| {
        if let Some((key, _)) = claim.storage.column(name) {
            spelled.insert(key, name);
        }
    });
    claim.query.map_fields(&|key| spelled.get(key).copied().unwrap_or(key).into())
}

/// Everything that the verdict rests on, without repetition: what reading and writing assume, what the
/// proof needed, and what storing numbers may change.
fn assumed(claim: &Claim<'_>, proof: Option<&[Assumption]>) -> Vec<Assumption> {
    let distortions = claim.storage.distortions(claim.bound);
    let all = claim.assumptions.iter().chain(proof.unwrap_or_default()).chain(&distortions);
    let mut unique: BTreeMap<(Name, Option<&String>, Option<&crate::ir::Pattern>), &Assumption> = BTreeMap::new();
    for assumption in all {
        unique.entry((assumption.name, assumption.field.as_ref(), assumption.pattern.as_ref())).or_insert(assumption);
    }
    unique.into_values().cloned().collect()
}

/// What the parties say about one event.
struct Seen {
    rule: bool,
    meaning: bool,
    query: bool,
}

/// Replays events through rule, formula and query.
struct Replay<'c> {
    claim: &'c Claim<'c>,
    /// What is assumed of each field.
    assumptions: BTreeMap<Option<&'c str>, Vec<&'c Assumption>>,
    recorder: Recorder<'c>,
}

impl<'c> Replay<'c> {
    fn new(claim: &'c Claim<'c>, assumptions: &'c [Assumption]) -> Self {
        let mut names = BTreeSet::new();
        for expr in [claim.meaning, claim.query] {
            expr.for_each_field(&mut |field| {
                names.insert(field);
            });
        }
        let names: Vec<&str> = names.into_iter().collect();
        let mut by_field: BTreeMap<Option<&str>, Vec<&Assumption>> = BTreeMap::new();
        for assumption in assumptions {
            by_field.entry(assumption.field.as_deref()).or_default().push(assumption);
        }
        Self { claim, assumptions: by_field, recorder: claim.storage.recorder(&names) }
    }

    /// The record of an event, where it has one within the assumptions.
    fn record(&self, event: &Event) -> Option<Event> {
        let record = self.recorder.record(event)?;
        let holds = |assumption: &&Assumption| assumption.holds(self.claim.storage, event, &record);
        // Of a column that holds nothing all but one kind of assumption is true.
        let is_empty = |field: Option<&str>| field.is_some_and(|field| !record.root().contains_key(field));
        let all_hold = |(&field, group): (&Option<&str>, &Vec<&Assumption>)| {
            let is_empty = is_empty(field);
            let mut relevant = group.iter().filter(|assumption| !is_empty || assumption.name == Name::RawHoldsValues);
            relevant.all(holds)
        };
        self.assumptions.iter().all(all_hold).then_some(record)
    }

    fn run(&self, event: &Event) -> Option<Seen> {
        let record = self.record(event)?;
        Some(Seen {
            rule: eval::matches_condition(self.claim.rule, self.claim.condition, event),
            meaning: matches(self.claim.meaning, event),
            query: matches(self.claim.query, &record),
        })
    }

    /// The smallest event that still shows the difference, with the arrow that broke.
    fn counterexample(&self, event: &Event) -> Counterexample {
        let differs = |event: &Event| self.run(event).is_some_and(|seen| seen.rule != seen.query || seen.rule != seen.meaning);
        let event = shrink::shrink(event, &differs);
        let seen = self.run(&event).unwrap_or(Seen { rule: false, meaning: false, query: false });
        let arrow = self.broken_arrow(&event, &seen);
        Counterexample { event, rule: seen.rule, query: seen.query, arrow }
    }

    fn broken_arrow(&self, event: &Event, seen: &Seen) -> Arrow {
        if seen.rule != seen.meaning {
            return Arrow::Lower;
        }
        let Some(legal) = self.claim.legal else { return Arrow::Query };
        let record = self.record(event).unwrap_or_default();
        if matches(legal, &record) == seen.meaning { Arrow::Emit } else { Arrow::Legalize }
    }
}
