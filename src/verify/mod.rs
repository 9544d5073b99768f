//! Verification: whether a query means what its rule means.
//!
//! The query's text has been read back into a formula; here that formula is compared with the rule's. The
//! formulas are decided equal where possible ([`prove`]), and whether or not they are, derived events
//! ([`mod@derive`]) are replayed through the reference evaluator, the rule's formula and the query's. The
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

use crate::backend::Direction;
use crate::eval;
use crate::event::Event;
use crate::ir::{Case, Expr, Pattern, Predicate, Subject, eval::matches};
use crate::rule::Rule;
use crate::storage::{Assumption, Name, Recorder, Storage};
use report::{Arrow, Counterexample, Kind};
use std::cell::OnceCell;
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
    /// In which direction the query may differ.
    pub approximation: Option<Direction>,
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
    /// What it holds under, one entry a name, field and pattern.
    pub assumptions: Vec<Assumption>,
    /// The event on which rule and query differ.
    pub counterexample: Option<Counterexample>,
    /// In which direction the query was found to differ, where it may and does so in no other.
    pub approximation: Option<Direction>,
}

/// Compares a rule's condition with a query.
pub fn verify(claim: &Claim<'_>) -> Finding {
    let compared = prove::compare(claim.bound, &claim.storage.equal_texts(claim.query));
    let assumptions = assumed(claim, &compared.assumptions);
    let replay = Replay::new(claim, &assumptions);
    let derived = derive::derive(claim.meaning);
    let aimed = if compared.equal { Vec::new() } else { derive::derive_difference(claim.meaning, &respelled(claim)) };
    let mut finding =
        Finding { kind: Kind::Tested, events: 0, matched: 0, assumptions: assumptions.clone(), counterexample: None, approximation: None };
    let mut differing = None;
    for event in derived.events.iter().chain(&aimed) {
        let Some(seen) = replay.run(event) else { continue };
        finding.events += 1;
        finding.matched += usize::from(seen.rule);
        if seen.differs() {
            differing.get_or_insert(event);
            if replay.is_usual(event) {
                differing = Some(event);
                break;
            }
        }
    }
    if let Some(event) = differing {
        finding.kind = Kind::Differs;
        finding.counterexample = Some(replay.counterexample(event));
        return finding;
    }
    if compared.equal && finding.matched > 0 {
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

/// Everything that the verdict rests on, without repetition: what reading and writing assume, what comparing
/// the formulas needed, and what storing numbers may change.
fn assumed(claim: &Claim<'_>, compared: &[Assumption]) -> Vec<Assumption> {
    let distortions = claim.storage.distortions(claim.meaning);
    let all = claim.assumptions.iter().chain(compared).chain(&distortions);
    // For the assumption on folding, patterns that fold to one are one; there is no NUL in an address.
    let pattern = |assumption: &Assumption| {
        let pattern = assumption.pattern.as_ref()?;
        Some(if assumption.name == Name::AsciiCase { pattern.folded(Case::Ascii) } else { pattern.clone() })
    };
    let mut unique: BTreeMap<(Name, Option<&String>, Option<Pattern>), &Assumption> = BTreeMap::new();
    for assumption in all {
        unique.entry((assumption.name, assumption.field.as_ref(), pattern(assumption))).or_insert(assumption);
    }
    let addresses: BTreeSet<Option<&String>> =
        unique.keys().filter(|(name, ..)| *name == Name::CanonicalIps).map(|(_, field, _)| *field).collect();
    unique.retain(|(name, field, _), _| *name != Name::NoNul || !addresses.contains(field));
    unique.into_values().cloned().collect()
}

/// What the parties say about one event.
struct Seen {
    rule: bool,
    meaning: bool,
    query: bool,
}

impl Seen {
    fn differs(&self) -> bool {
        self.rule != self.query || self.rule != self.meaning
    }
}

/// What targets assume of the fields of a formula. A difference on an event within all of that is easier to
/// believe than one outside, which may be that of a right query as well.
fn usual(meaning: &Expr) -> Vec<Assumption> {
    let mut usual = Vec::new();
    meaning.for_each_test(&mut |test| {
        let Subject::Field(field) = &test.subject else { return };
        let name = match &test.predicate {
            Predicate::Within { .. } => Name::CanonicalIps,
            Predicate::Regex(_) => Name::AsciiClasses,
            Predicate::Like { .. } | Predicate::Relates { .. } => Name::AsciiCase,
            Predicate::Compare { .. } => Name::ExactNumbers,
            Predicate::Order { .. } | Predicate::Kind(_) | Predicate::Exists => Name::NoNul,
        };
        usual.extend([name, Name::NoNul].map(|name| Assumption::on_field(name, field, "targets assume so")));
    });
    usual
}

/// Whether an assumption holds of every record that has ASCII texts only.
fn holds_of_ascii(assumption: &Assumption) -> bool {
    let is_ascii = assumption.pattern.as_ref().is_none_or(|pattern| pattern.literal_chars().all(|c| c.is_ascii()));
    matches!(assumption.name, Name::AsciiCase | Name::AsciiClasses) && is_ascii
}

/// Replays events through rule, formula and query.
struct Replay<'c> {
    claim: &'c Claim<'c>,
    /// What the verdict assumes, but for what holds of every record of ASCII texts.
    assumptions: Vec<&'c Assumption>,
    /// The rest of it.
    beyond_ascii: Vec<&'c Assumption>,
    usual: OnceCell<Vec<Assumption>>,
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
        let recorder = claim.storage.recorder(&names.into_iter().collect::<Vec<_>>());
        let (beyond_ascii, assumptions) = assumptions.iter().partition(|assumption| holds_of_ascii(assumption));
        Self { claim, assumptions, beyond_ascii, usual: OnceCell::new(), recorder }
    }

    /// The record of an event, where it has one within the assumptions.
    fn record(&self, event: &Event) -> Option<Event> {
        let record = self.recorder.record(event)?;
        let hold = |assumptions: &[&Assumption]| assumptions.iter().all(|assumption| assumption.holds(self.claim.storage, event, &record));
        let is_ascii = record.root().values().all(|value| value.as_str().is_none_or(str::is_ascii));
        (hold(&self.assumptions) && (is_ascii || hold(&self.beyond_ascii))).then_some(record)
    }

    /// Whether an event that has a record lies within what targets assume.
    fn is_usual(&self, event: &Event) -> bool {
        let record = self.record(event);
        let usual = self.usual.get_or_init(|| usual(self.claim.bound));
        record.is_some_and(|record| usual.iter().all(|assumption| assumption.holds(self.claim.storage, event, &record)))
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
        let is_usual = self.is_usual(event);
        let differs = |event: &Event| self.run(event).is_some_and(|seen| seen.differs()) && (self.is_usual(event) || !is_usual);
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
