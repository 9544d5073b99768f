//! What a run finds: alerts, the events behind them, and what could not be counted.

use super::EventId;
use super::group::{Group, Source};
use super::window::Window;
use crate::text::time::Time;
use std::collections::BTreeSet;
use std::ops::Range;

/// One alert of the program's last rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// When: the time of the occurrence at which the condition holds; with `not`, the end of the window.
    pub time: Time,
    /// The values that all of its events have in common, by the names in `group-by`, in their order.
    pub group: Vec<(String, String)>,
    /// What it is made of.
    pub(super) source: Source,
}

/// What a run finds.
#[derive(Debug)]
pub struct Findings {
    /// The alerts, in order of time and group.
    pub alerts: Vec<Alert>,
    /// How many events match a rule and have no valid time: they count nowhere.
    pub unclocked: u64,
    /// How many occurrences lack a `group-by` field: they are in no group (D-29). One may be missing in several correlations.
    pub ungrouped: u64,
    /// How many occurrences have too many combinations of values in several fields to be followed up; they are left out.
    pub crowded: u64,
    pub(super) traces: Vec<Trace>,
    pub(super) seen: Vec<Seen>,
}

/// An event that matches: when it is from, and how the caller calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) time: i128,
    pub(super) id: EventId,
}

/// The alerts of a node as the occurrences that they are made of.
#[derive(Debug, Default)]
pub(super) struct Trace {
    items: Vec<Source>,
    /// For each alert, which of the items.
    spans: Vec<Span>,
}

/// From one place up to another.
type Span = (usize, usize);

impl Trace {
    /// Keeps what the alerts in some windows of a group are made of, and numbers them.
    pub(super) fn record(&mut self, group: &Group<'_>, windows: &[Window]) -> Range<usize> {
        let (first, base) = (self.spans.len(), self.items.len());
        if !windows.is_empty() {
            self.items.extend(group.items.iter().map(|item| item.occurrence.source));
        }
        self.spans.extend(windows.iter().map(|window| (base + window.start, base + window.end)));
        first..self.spans.len()
    }
}

impl Findings {
    /// The events of an alert, in order of time and arrival, each once: all occurrences in its window, and for those that
    /// are alerts themselves, theirs. They are gathered when asked for: windows overlap, and all of them together may hold
    /// the square of what occurred.
    pub fn events(&self, alert: &Alert) -> Vec<EventId> {
        let mut events = BTreeSet::new();
        let mut spans: Vec<Vec<Span>> = vec![Vec::new(); self.traces.len()];
        self.unfold(alert.source, &mut events, &mut spans);
        // Whatever an alert is made of comes before it in the program.
        for (node, trace) in self.traces.iter().enumerate().rev() {
            for (start, end) in merged(spans.get_mut(node).map(std::mem::take).unwrap_or_default()) {
                let sources = trace.items.iter().skip(start).take(end - start);
                sources.for_each(|&source| self.unfold(source, &mut events, &mut spans));
            }
        }
        let mut seen: Vec<&Seen> = events.into_iter().filter_map(|event| self.seen.get(event)).collect();
        seen.sort_by_key(|seen| seen.time);
        seen.into_iter().map(|seen| seen.id).collect()
    }

    /// Notes an event, or the places of what an alert is made of.
    fn unfold(&self, source: Source, events: &mut BTreeSet<usize>, spans: &mut [Vec<Span>]) {
        match source {
            Source::Event(event) => {
                events.insert(event);
            }
            Source::Alert { node, number } => {
                let span = self.traces.get(node).and_then(|trace| trace.spans.get(number));
                spans.get_mut(node).into_iter().for_each(|spans| spans.extend(span));
            }
        }
    }
}

/// The same places, each in one span only.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}
