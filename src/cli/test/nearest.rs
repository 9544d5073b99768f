//! `test --events --why`: for a rule that matches no event, the event that is nearest, and what is missing there.
//!
//! The nearest event is the one on which the fewest parts of the rule decide against it; the first of several.

use super::super::report::Report;
use super::super::rules::Read;
use super::hits::{EventFiles, Hits};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use verisigma::diag::{Code, Diagnostic, quote};
use verisigma::engine::{self, Reason};
use verisigma::event::Event;
use verisigma::rule::Rule;

/// The rules of which it is to be said, with the fewest parts that ever decided against an event.
#[derive(Debug)]
pub(super) struct Nearest<'r> {
    rules: Vec<(&'r Read<()>, &'r Rule, AtomicUsize)>,
}

/// The nearest event of each rule so far, by its number, and what decides against it.
#[derive(Debug, Default)]
pub(super) struct Near {
    found: BTreeMap<usize, (usize, Vec<Reason>)>,
}

impl Near {
    /// Takes what was found on an event that comes after all others.
    pub(super) fn add(&mut self, event: usize, near: Vec<(usize, Vec<Reason>)>) {
        for (rule, reasons) in near {
            if self.found.get(&rule).is_none_or(|(_, known)| reasons.len() < known.len()) {
                self.found.insert(rule, (event, reasons));
            }
        }
    }
}

impl<'r> Nearest<'r> {
    pub(super) fn new(rules: &[(&'r Read<()>, &'r Rule)]) -> Self {
        Self { rules: rules.iter().map(|(read, rule)| (*read, *rule, AtomicUsize::new(usize::MAX))).collect() }
    }

    /// For the rules that do not match an event what decides against it. What cannot be the least is left out; an event
    /// with as many reasons as one that was looked at at the same time stays, since it may come first.
    pub(super) fn look(&self, matching: &[usize], event: &Event) -> Vec<(usize, Vec<Reason>)> {
        let mut near = Vec::new();
        for (number, (_, rule, least)) in self.rules.iter().enumerate() {
            if matching.binary_search(&number).is_ok() {
                continue;
            }
            let reasons = engine::why(rule, event).reasons;
            if reasons.len() <= least.fetch_min(reasons.len(), Ordering::Relaxed) {
                near.push((number, reasons));
            }
        }
        near
    }

    /// Says what is missing, rule by rule, where a rule matches nothing.
    pub(super) fn tell(&self, near: &Near, hits: &[Hits], files: &EventFiles, report: &mut Report) {
        for (number, ((read, ..), hits)) in self.rules.iter().zip(hits).enumerate() {
            let Some((event, reasons)) = near.found.get(&number).filter(|_| hits.len() == 0) else { continue };
            let Some(event) = files.event(*event) else { continue };
            let note = |reason: &Reason| {
                let message = format!("{} (event {} of {}, the nearest)", reason.message, event.index, quote(event.path));
                Diagnostic::note(Code::Why, reason.place, message)
            };
            read.tell(report, &reasons.iter().map(note).collect::<Vec<_>>());
        }
    }
}
