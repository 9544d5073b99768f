//! The reference evaluator for correlation rules: which alerts a program gives on a stream of events.
//!
//! Written like sigma.md §7.1. A [`Run`] is shown each event once, in any order, and keeps of those that match a rule of
//! the program what correlations ask for: the time, and the values of a few fields. So its memory grows with the
//! occurrences, never with the events. Alerts come at the end, because an event may arrive late.
//!
//! Where §7.1 leaves something open, this is what holds here:
//!
//! * The horizon has passed a deadline when some event, matching or not, is later; at the deadline itself the window is
//!   still open.
//! * With several rules that must occur, a branch with `not` asks for all of them in the forward window, which any of them
//!   may open. A branch in which none must occur is opened by any occurrence in its group; so a condition of
//!   negations alone never fires.
//! * An event with several values in a `group-by` field is in the group of each; in the fields of a `value_count` it counts
//!   with each combination.
//! * `value_sum`, `value_avg` and percentiles are over occurrences: an event that matches two of the rules gives its numbers
//!   twice, as it may through aliases from different fields. Numbers beyond 10^±400 are none.
//! * What `temporal_ordered` compares with its thresholds is the most rules that occur in order.
//! * A name that an alias maps for other rules only is, for this one, a field.
//! * An alert has the values of its own `group-by` under those names, and no other fields.
//!
//! Deliberately absent: suppression of alerts that follow one another, which is presentation; numbers as times (D-22).

mod branch;
mod exact;
mod findings;
mod group;
mod judge;
mod numbers;
mod order;
mod plan;
#[cfg(test)]
mod tests;
mod window;

pub use self::findings::{Alert, Findings};
use self::findings::{Seen, Trace};
use self::group::{Group, Occurrence, Source, Symbol, Texts};
use self::plan::{Joint, Stage};
use self::window::Window;
use super::matches;
use crate::event::{Event, Member};
use crate::rule::correlation::Kind;
use crate::rule::program::Program;
use crate::source::Place;
use crate::text::time::{self, Time};
use std::fmt;

/// How the caller calls an event. Nothing depends on it: each event that is shown is one of its own.
pub type EventId = u64;

/// Where the time of an event is found.
#[derive(Debug, Clone)]
pub struct Clock {
    fields: Vec<String>,
}

impl Clock {
    /// The first text in the first of these fields that is a time.
    pub fn new(fields: Vec<String>) -> Self {
        Self { fields }
    }

    /// The time of an event (D-22: numbers are no times).
    pub fn time(&self, event: &Event) -> Option<Time> {
        let text = |member| match member {
            Member::Text(text) => time::parse(text),
            Member::Number(_) | Member::Boolean(_) | Member::Object => None,
        };
        self.fields.iter().flat_map(|field| event.field(field)).find_map(text)
    }
}

/// Why a program is not run: the normal form of a condition over rules has more than 1024 branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyBranches {
    /// Where the condition stands.
    pub place: Place,
}

impl fmt::Display for TooManyBranches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the condition has more than {} alternatives", branch::MAX_BRANCHES)
    }
}

impl std::error::Error for TooManyBranches {}

/// A program on its way through events.
#[derive(Debug)]
pub struct Run<'p> {
    stages: Vec<Stage<'p>>,
    clock: Clock,
    texts: Texts,
    /// The occurrences of each node; those of correlations come at the end.
    streams: Vec<Vec<Occurrence>>,
    seen: Vec<Seen>,
    /// The latest time of all events.
    horizon: i128,
    unclocked: u64,
}

impl<'p> Run<'p> {
    /// A run that has seen nothing yet.
    ///
    /// # Errors
    /// Where a condition over rules has too many branches.
    pub fn new(program: &'p Program<'p>, clock: Clock) -> Result<Self, TooManyBranches> {
        let stages = plan::stages(program)?;
        let streams = stages.iter().map(|_| Vec::new()).collect();
        Ok(Self { stages, clock, texts: Texts::default(), streams, seen: Vec::new(), horizon: i128::MIN, unclocked: 0 })
    }

    /// Shows an event. §7.1: each rule that matches it has an occurrence, if the event has a valid time; and every such event
    /// moves the horizon.
    pub fn observe(&mut self, id: EventId, event: &Event) {
        let time = self.clock.time(event).map(Time::nanoseconds);
        self.horizon = self.horizon.max(time.unwrap_or(i128::MIN));
        let number = self.seen.len();
        let mut matched = false;
        for (stage, stream) in self.stages.iter().zip(&mut self.streams) {
            let Stage::Rule { rule, fields } = stage else { continue };
            if !matches(rule, event) {
                continue;
            }
            matched = true;
            if let Some(time) = time {
                let bags = fields.iter().map(|field| bag(event, field, &mut self.texts)).collect();
                stream.push(Occurrence { time, source: Source::Event(number), bags });
            }
        }
        match time {
            Some(time) if matched => self.seen.push(Seen { time, id }),
            None if matched => self.unclocked += 1,
            Some(_) | None => {}
        }
    }

    /// Notes the time of an event that no rule of the program matches: it moves the horizon. The same as showing it.
    pub fn pass(&mut self, time: Time) {
        self.horizon = self.horizon.max(time.nanoseconds());
    }

    /// Ends the run: all alerts of the program's last rule. Where that is a detection rule, they are its occurrences.
    pub fn finish(mut self) -> Findings {
        let (mut traces, mut ungrouped, mut crowded) = (Vec::new(), 0, 0);
        for (node, stage) in self.stages.iter().enumerate() {
            let mut trace = Trace::default();
            if let Stage::Correlation(joint) = stage {
                let grouping = group::group(&joint.links, &self.streams);
                ungrouped += grouping.ungrouped;
                crowded += grouping.crowded;
                let alerts = grouping.groups.iter().flat_map(|group| self.fire(node, joint, group, &mut trace)).collect();
                if let Some(stream) = self.streams.get_mut(node) {
                    *stream = alerts;
                }
            }
            traces.push(trace);
        }
        Findings { alerts: self.alerts(), unclocked: self.unclocked, ungrouped, crowded, traces, seen: self.seen }
    }

    /// §7.1: the alerts of a group as occurrences: at the time of the alert, with the values of the group.
    fn fire(&self, node: usize, joint: &Joint<'_>, group: &Group<'_>, trace: &mut Trace) -> Vec<Occurrence> {
        let windows = judge::fires(joint, group, &self.texts, self.horizon);
        let numbers = trace.record(group, &windows);
        let bags: Vec<Vec<Symbol>> = group.key.iter().map(|&value| vec![value]).collect();
        let alert = |(window, number): (&Window, usize)| {
            let source = Source::Alert { node, number };
            Occurrence { time: window.time, source, bags: bags.clone() }
        };
        windows.iter().zip(numbers).map(alert).collect()
    }

    /// The occurrences of the last node, in order of time and group.
    fn alerts(&self) -> Vec<Alert> {
        let names: &[String] = match self.stages.last() {
            Some(Stage::Correlation(joint)) => &joint.correlation.group_by,
            Some(Stage::Rule { .. }) | None => &[],
        };
        let text = |symbol: Symbol| self.texts.text(symbol).to_owned();
        let group = |occurrence: &Occurrence| names.iter().cloned().zip(occurrence.bags.iter().flatten().copied().map(text)).collect();
        let alert = |occurrence: &Occurrence| {
            // A deadline is before the horizon, so every alert has a time that texts can name.
            let time = Time::from_nanoseconds(occurrence.time)?;
            Some(Alert { time, group: group(occurrence), source: occurrence.source })
        };
        let mut alerts: Vec<Alert> = self.streams.last().into_iter().flatten().filter_map(alert).collect();
        alerts.sort_by(|one, other| (one.time, &one.group).cmp(&(other.time, &other.group)));
        alerts
    }
}

/// The canonical texts of the members of a field; an object has none.
fn bag(event: &Event, field: &str, texts: &mut Texts) -> Vec<Symbol> {
    event.field(field).into_iter().filter_map(Member::canonical).map(|text| texts.symbol(&text)).collect()
}
