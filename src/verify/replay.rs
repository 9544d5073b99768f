//! Events replayed through a rule, its formula and a query.
//!
//! Contract: an event counts where it has a record within the assumptions; others are passed over. Deliberately
//! absent: where events come from.

use super::report::{Arrow, Counterexample};
use super::{Claim, Facts, shrink};
use crate::backend::Direction;
use crate::eval;
use crate::event::Event;
use crate::ir::{self, Case, Predicate, Subject, eval::matches};
use crate::storage::{Assumption, Name, Recorder};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// What the parties say about one event.
struct Seen {
    rule: bool,
    meaning: bool,
    query: bool,
}

impl Seen {
    fn judged(&self, approximation: Option<Direction>) -> Judged {
        let is_permitted = match approximation {
            None => false,
            Some(Direction::Over) => self.query,
            Some(Direction::Under) => self.rule,
        };
        match (self.rule == self.meaning, self.rule == self.query) {
            (true, true) => Judged::Same,
            (true, false) if is_permitted => Judged::Permitted,
            (_, _) => Judged::Wrong,
        }
    }
}

/// What an event shows about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// All parties agree.
    Same,
    /// The query differs, in the direction in which it may.
    Permitted,
    /// They differ.
    Wrong,
}

/// What many events show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Replayed<'e> {
    /// How many counted.
    pub(super) events: usize,
    /// How many of them the rule matches.
    pub(super) matched: usize,
    /// An event on which the parties differ.
    pub(super) wrong: Option<&'e Event>,
    /// An event on which the query differs in the direction in which it may.
    pub(super) permitted: Option<&'e Event>,
}

/// What targets assume of the fields of a formula. A difference on an event within all of that is easier to
/// believe than one outside, which may be that of a right query as well.
fn usual(claim: &Claim<'_>) -> Vec<Assumption> {
    let facts = Facts::new(claim.storage, claim.assumptions);
    let mut usual = Vec::new();
    claim.bound.for_each_test(&mut |test| {
        let Subject::Field(field) = &test.subject else { return };
        if let Predicate::Like { any, case: Case::Fold } = &test.predicate
            && facts.is_case_as_logged(field)
        {
            let logged = |value: &ir::Value| Assumption::on_pattern(Name::CaseAsLogged, field, &value.pattern, "targets assume so");
            usual.extend(any.iter().map(logged));
        }
        let name = match &test.predicate {
            Predicate::Within { .. } => Name::CanonicalIps,
            Predicate::Regex(_) => Name::AsciiClasses,
            Predicate::Like { .. } | Predicate::Relates { .. } => Name::AsciiCase,
            Predicate::Compare { .. } => Name::ExactNumbers,
            Predicate::TimePart { .. } | Predicate::Order { .. } | Predicate::Kind(_) | Predicate::Exists => Name::NoNul,
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
pub(super) struct Replay<'c> {
    claim: &'c Claim<'c>,
    /// What the verdict assumes, but for what holds of every record of ASCII texts.
    assumptions: Vec<&'c Assumption>,
    /// The rest of it.
    beyond_ascii: Vec<&'c Assumption>,
    usual: OnceCell<Vec<Assumption>>,
    recorder: Recorder<'c>,
}

impl<'c> Replay<'c> {
    pub(super) fn new(claim: &'c Claim<'c>, assumptions: &'c [Assumption]) -> Self {
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
        let is_ascii = record.root().values().all(is_ascii);
        (hold(&self.assumptions) && (is_ascii || hold(&self.beyond_ascii))).then_some(record)
    }

    /// Whether an event that has a record lies within what targets assume.
    fn is_usual(&self, event: &Event) -> bool {
        let record = self.record(event);
        let usual = self.usual.get_or_init(|| usual(self.claim));
        record.is_some_and(|record| usual.iter().all(|assumption| assumption.holds(self.claim.storage, event, &record)))
    }

    fn run(&self, event: &Event) -> Option<Seen> {
        let record = self.record(event)?;
        Some(Seen {
            rule: eval::matches_condition(self.claim.rule, self.claim.condition, event),
            meaning: matches(self.claim.meaning, &self.with_raw(event, &record)),
            query: matches(self.claim.query, &record),
        })
    }

    /// The event with its unparsed text, where a storage has that beside what events say: the meaning asks it
    /// for keywords.
    fn with_raw<'e>(&self, event: &'e Event, record: &Event) -> Cow<'e, Event> {
        let raw = self.claim.storage.raw.as_deref().filter(|raw| event.field(raw).is_empty());
        let held = raw.and_then(|raw| self.claim.storage.column(raw).and_then(|(key, _)| Some((raw, record.root().get(&key)?))));
        held.map_or(Cow::Borrowed(event), |(raw, value)| Cow::Owned(event.clone().with(raw, value.clone())))
    }

    /// What these events show, up to the first that is wrong and easy to believe.
    pub(super) fn all<'e>(&self, events: &'e [Event]) -> Replayed<'e> {
        let mut replayed = Replayed::default();
        let mut is_usual = false;
        for event in events {
            let Some(seen) = self.run(event) else { continue };
            replayed.events += 1;
            replayed.matched += usize::from(seen.rule);
            match seen.judged(self.claim.approximation) {
                Judged::Same => {}
                Judged::Permitted => {
                    if !is_usual {
                        is_usual = self.is_usual(event);
                        replayed.permitted = replayed.permitted.filter(|_| !is_usual).or(Some(event));
                    }
                }
                Judged::Wrong => {
                    replayed.wrong.get_or_insert(event);
                    if self.is_usual(event) {
                        replayed.wrong = Some(event);
                        break;
                    }
                }
            }
        }
        replayed
    }

    /// The smallest event that still shows what this one shows, with the arrow that broke.
    pub(super) fn counterexample(&self, event: &Event, judged: Judged) -> Counterexample {
        let is_usual = self.is_usual(event);
        let shows = |seen: Seen| seen.judged(self.claim.approximation) == judged;
        let still = |event: &Event| self.run(event).is_some_and(shows) && (self.is_usual(event) || !is_usual);
        let event = shrink::shrink(event, &still);
        let seen = self.run(&event).unwrap_or(Seen { rule: false, meaning: false, query: false });
        let arrow = self.broken_arrow(&event, &seen);
        Counterexample { event, rule: seen.rule, query: seen.query, arrow, sequence: None }
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

/// Whether the texts of a value have ASCII characters only.
fn is_ascii(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_ascii(),
        Value::Array(elements) => elements.iter().all(is_ascii),
        Value::Object(members) => members.values().all(is_ascii),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}
