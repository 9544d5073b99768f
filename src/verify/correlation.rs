//! Verification of a correlation rule's query: on sequences of events, rule and query give the same alerts.
//!
//! The query's text has been read back, and is run as a relation on the records of each sequence; the reference evaluator
//! runs the rule. An alert is a time and the values of `group-by`: that is what a row of the query holds. There is no proof
//! here, so the best verdict is `tested`. Deliberately absent: planning sequences ([`sequence`](super::sequence)), and
//! reading queries.

use super::report::{Arrow, Counterexample, Kind, Sequence};
use crate::eval::correlation::{Clock, Run, TooManyBranches};
use crate::event::Event;
use crate::rule::program::Program;
use crate::storage::{Assumption, Storage};
use std::collections::{BTreeMap, BTreeSet};

/// A correlation rule and a query that is claimed to give the same alerts.
pub struct Claim<'c> {
    /// The rule.
    pub program: &'c Program<'c>,
    /// The field that holds the times of events.
    pub clock: &'c str,
    /// How the target holds events.
    pub storage: &'c Storage,
    /// The fields that the records need.
    pub fields: &'c [&'c str],
    /// What writing and reading assume.
    pub assumptions: &'c [Assumption],
    /// Runs the query on records.
    ///
    /// Errors: why the target aborts, or leaves its answer open.
    pub query: &'c Runs<'c>,
}

/// Gives the alerts of a query on records, or says why there is no answer.
pub type Runs<'c> = dyn Fn(&[Event]) -> Result<BTreeSet<Alert>, String> + 'c;

/// An alert as rule and query both name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alert {
    /// Its time in milliseconds since 1970.
    pub time: i128,
    /// The values of `group-by`, by name.
    pub group: BTreeMap<String, String>,
}

/// What was found about a claim.
#[derive(Debug)]
pub struct Finding {
    /// `tested` or `differs`.
    pub kind: Kind,
    /// How many events the sequences within the assumptions had.
    pub events: usize,
    /// How many alerts they gave.
    pub alerts: usize,
    /// What they differ on.
    pub counterexample: Option<Counterexample>,
}

/// Compares the alerts on sequences of events.
///
/// # Errors
/// The rule has a condition that is not run.
pub fn verify(claim: &Claim<'_>, sequences: &[Vec<Event>]) -> Result<Finding, TooManyBranches> {
    let mut finding = Finding { kind: Kind::Tested, events: 0, alerts: 0, counterexample: None };
    for sequence in sequences {
        let Some(compared) = claim.compare(sequence)? else { continue };
        finding.events += sequence.len();
        finding.alerts += compared.rule.len();
        if compared.differs() {
            finding.kind = Kind::Differs;
            finding.counterexample = claim.counterexample(&claim.shrink(sequence)?)?;
            break;
        }
    }
    Ok(finding)
}

/// The alerts of both on one sequence.
struct Compared {
    rule: BTreeSet<Alert>,
    query: Result<BTreeSet<Alert>, String>,
}

impl Compared {
    fn differs(&self) -> bool {
        self.query.as_ref() != Ok(&self.rule)
    }
}

impl Claim<'_> {
    /// Both on a sequence; `None` where an event has no record, or is outside the assumptions.
    fn compare(&self, sequence: &[Event]) -> Result<Option<Compared>, TooManyBranches> {
        let Some(records) = sequence.iter().map(|event| self.record(event)).collect::<Option<Vec<_>>>() else { return Ok(None) };
        Ok(Some(Compared { rule: alerts(self.program, self.clock, sequence)?, query: (self.query)(&records) }))
    }

    /// The record of an event within the assumptions.
    fn record(&self, event: &Event) -> Option<Event> {
        let record = self.storage.record(event, self.fields)?;
        self.assumptions.iter().all(|assumption| assumption.holds(self.storage, event, &record)).then_some(record)
    }

    /// Leaves out events without a record, or outside the assumptions: a sequence with one of them shows nothing.
    pub fn retain(&self, events: &mut Vec<Event>) {
        events.retain(|event| self.record(event).is_some());
    }

    /// A sequence on which they differ still, without what that does not take.
    fn shrink(&self, sequence: &[Event]) -> Result<Vec<Event>, TooManyBranches> {
        /// So many comparisons are made at most.
        const BUDGET: usize = 400;
        let (mut kept, mut spent, mut size) = (sequence.to_vec(), 0, sequence.len() / 2);
        while size > 0 && spent < BUDGET {
            let mut start = 0;
            while start < kept.len() && spent < BUDGET {
                let fewer: Vec<Event> = kept.iter().take(start).chain(kept.iter().skip(start + size)).cloned().collect();
                spent += 1;
                match self.compare(&fewer)? {
                    Some(compared) if compared.differs() => kept = fewer,
                    Some(_) | None => start += size,
                }
            }
            size /= 2;
        }
        Ok(kept)
    }

    /// The first alert that only one of them gives, on a sequence on which they differ.
    fn counterexample(&self, sequence: &[Event]) -> Result<Option<Counterexample>, TooManyBranches> {
        let Some(compared) = self.compare(sequence)? else { return Ok(None) };
        let (query, aborts) = match compared.query {
            Ok(query) => (query, None),
            Err(because) => (BTreeSet::new(), Some(because)),
        };
        let alert = compared.rule.symmetric_difference(&query).next().cloned();
        let rule = alert.as_ref().is_some_and(|alert| compared.rule.contains(alert));
        let time = alert.as_ref().map(|alert| alert.time);
        let clock = Clock::new(vec![self.clock.to_owned()]);
        let is_then = |event: &&Event| clock.time(event).map(|own| own.nanoseconds().div_euclid(NANOSECONDS)) == time;
        let event = sequence.iter().find(is_then).or(sequence.last()).cloned().unwrap_or_default();
        let query = !rule && aborts.is_none();
        let sequence = Sequence::new(sequence.to_vec(), alert.map(|alert| (alert.time, alert.group)), aborts);
        Ok(Some(Counterexample { event, rule, query, arrow: Arrow::Query, sequence: Some(sequence) }))
    }
}

/// Nanoseconds of a millisecond.
const NANOSECONDS: i128 = 1_000_000;

/// The alerts of a rule on a sequence.
///
/// # Errors
/// The rule has a condition that is not run.
pub fn alerts(program: &Program<'_>, clock: &str, sequence: &[Event]) -> Result<BTreeSet<Alert>, TooManyBranches> {
    let mut run = Run::new(program, Clock::new(vec![clock.to_owned()]))?;
    (0..).zip(sequence).for_each(|(id, event)| run.observe(id, event));
    let alert = |alert: &crate::eval::correlation::Alert| Alert {
        time: alert.time.nanoseconds().div_euclid(NANOSECONDS),
        group: alert.group.iter().cloned().collect(),
    };
    Ok(run.finish().alerts.iter().map(alert).collect())
}
