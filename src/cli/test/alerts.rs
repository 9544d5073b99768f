//! Correlation rules on events: which alerts they give.
//!
//! Events are worked on by all cores, in any order; a correlation is shown those that one of its rules matches, in the
//! order of the files, and of all others the time only. Alerts come at the end, when the last event is known.

use super::super::record::{self, Sink};
use super::super::report::{Report, count};
use super::super::rules::Read;
use super::hits::EventFiles;
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{Asker, RuleSet};
use verisigma::eval::correlation::{Clock, Findings, Run};
use verisigma::event::Event;
use verisigma::rule::Rule;
use verisigma::rule::program::{Node, Program};
use verisigma::source::Place;
use verisigma::text::time::Time;

/// The fields in which times are looked for, unless others are named.
const TIMESTAMPS: [&str; 4] = ["timestamp", "@timestamp", "TimeCreated_SystemTime", "UtcTime"];

/// Where the times of events are.
pub(super) fn clock(named: Vec<String>) -> Clock {
    Clock::new(if named.is_empty() { TIMESTAMPS.map(str::to_owned).to_vec() } else { named })
}

/// The rules below all correlations, asked together whether an event is worth showing.
pub(super) struct Witnesses<'p> {
    set: RuleSet<'p>,
    clock: Clock,
    is_asked: bool,
}

/// What correlations are to be shown of an event.
pub(super) struct Witness {
    /// The event, if a rule matches it.
    event: Option<Event>,
    time: Option<Time>,
}

impl<'p> Witnesses<'p> {
    pub(super) fn new<R>(programs: &'p [(&'p Read<R>, Program<'p>)], clock: Clock) -> Self {
        let rule = |node: &'p Node<'p>| match node {
            Node::Rule(rule) => Some(*rule),
            Node::Correlation { .. } => None,
        };
        let rules: Vec<&Rule> = programs.iter().flat_map(|(_, program)| program.nodes.iter().filter_map(rule)).collect();
        Self { set: RuleSet::new(rules), clock, is_asked: !programs.is_empty() }
    }

    pub(super) fn asker(&'p self) -> Asker<'p> {
        self.set.asker()
    }

    /// What is to be shown of an event; nothing without correlations.
    pub(super) fn witness(&self, asker: &mut Asker<'_>, event: &Event) -> Option<Witness> {
        self.is_asked.then(|| Witness { event: (!asker.matching(event).is_empty()).then(|| event.clone()), time: self.clock.time(event) })
    }
}

/// Correlation rules on their way through events.
pub(super) struct Alarms<'p> {
    runs: Vec<Run<'p>>,
}

impl<'p> Alarms<'p> {
    /// Runs of all programs; what is wrong with a program that cannot run is said, and it has none.
    pub(super) fn new(programs: &'p [(&'p Read<()>, Program<'p>)], clock: &Clock, report: &mut Report) -> Self {
        let mut runs = Vec::new();
        for (read, program) in programs {
            match Run::new(program, clock.clone()) {
                Ok(run) => runs.push(run),
                Err(why) => read.tell(report, [&Diagnostic::error(Code::CorrelationCondition, why.place, why.to_string())]),
            }
        }
        Self { runs }
    }

    /// Shows an event to all.
    pub(super) fn observe(&mut self, number: usize, witness: &Witness) {
        for run in &mut self.runs {
            match (&witness.event, witness.time) {
                (Some(event), _) => run.observe(number as u64, event),
                (None, Some(time)) => run.pass(time),
                (None, None) => {}
            }
        }
    }

    /// What each found, in order.
    pub(super) fn finish(self) -> Vec<Findings> {
        self.runs.into_iter().map(Run::finish).collect()
    }
}

/// Says which events a correlation could not count.
pub(super) fn tell(read: &Read<()>, findings: &Findings, report: &mut Report) {
    let place = read.document.correlation.as_ref().map_or(Place::NOWHERE, |correlation| correlation.place);
    let note = |number: u64, what: &str, help: &str| {
        let message = format!("{} {what}", count(usize::try_from(number).unwrap_or(usize::MAX), "event"));
        (number > 0).then(|| Diagnostic::note(Code::EventsLeftOut, place, message).help(help))
    };
    let notes = [
        note(findings.unclocked, "without a time not counted", "name the field that holds times with `--timestamp-field`"),
        note(findings.ungrouped, "without a value of a `group-by` field not counted", "events without it belong to no group"),
        note(findings.crowded, "with too many values in `group-by` fields not counted", "group by fields that hold one value"),
    ];
    read.tell(report, notes.iter().flatten());
}

/// The alerts of a correlation, for the output.
pub(super) fn shown(read: &Read<()>, findings: &Findings, files: &EventFiles, sink: &Sink) -> Vec<String> {
    let alert = |alert: &verisigma::eval::correlation::Alert| {
        let events = findings.events(alert).into_iter().filter_map(|id| files.event(usize::try_from(id).ok()?)).collect();
        let group = alert.group.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let record = record::Alerted { rule: read.name(), alert: record::Alert { time: alert.time.to_string(), group, events } };
        sink.item(&record, || words(read, &record.alert))
    };
    findings.alerts.iter().map(alert).collect()
}

fn words(read: &Read<()>, alert: &record::Alert<'_>) -> String {
    let group: Vec<String> = alert.group.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    let events: Vec<String> = alert.events.iter().map(|event| format!("{} of {}", event.index, event.path)).collect();
    format!("{}: alert at {}{} on event {}", read.shown(), alert.time, group.concat(), events.join(", "))
}
