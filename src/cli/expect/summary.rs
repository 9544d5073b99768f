//! The last line of `test --expect`, and how the run ended.

use super::Tested;
use crate::cli::exit::Exit;
use crate::cli::report::{count, thousands};
use std::collections::BTreeMap;
use std::fmt;
use verisigma::diag::{Code, Diagnostic, Severity};
use verisigma::engine::Job;
use verisigma::engine::samples::Outcome;
use verisigma::source::Place;

/// Counts of rules. A rule counts once for itself and once for each target, by the worst that came of its samples.
pub(super) struct Summary {
    rules: usize,
    invalid: usize,
    own: BTreeMap<Outcome, usize>,
    through: Vec<(String, BTreeMap<Outcome, usize>)>,
    events: usize,
    without: usize,
    absent: usize,
    /// Descriptions of samples with errors, and files that cannot be used.
    faulty: usize,
    unreadable: usize,
}

impl Summary {
    /// Nothing counted yet, but for files of rules that cannot be read.
    pub(super) fn new(jobs: &[Job], unreadable: usize) -> Self {
        let through = jobs.iter().map(|job| (job.target.name.clone(), BTreeMap::new())).collect();
        Self { rules: 0, invalid: 0, own: BTreeMap::new(), through, events: 0, without: 0, absent: 0, faulty: 0, unreadable }
    }

    /// Counts a rule.
    pub(super) fn add(&mut self, rule: &Tested<'_>) {
        self.rules += 1;
        self.invalid += usize::from(rule.read.document.rule.is_none());
        self.absent += rule.samples.absent.len();
        self.unreadable += usize::from(rule.samples.unreadable);
        let is_error = |said: &super::Said| said.diagnostic.severity == Severity::Error;
        self.faulty += usize::from(!rule.samples.unreadable && rule.samples.said.iter().any(is_error));
        self.events += rule.samples.found.iter().map(|sample| sample.events.len()).sum::<usize>();
        let worst =
            |through: Option<&str>| rule.asked.iter().filter(|asked| asked.through.as_deref() == through).map(|asked| asked.outcome).max();
        match worst(None) {
            Some(outcome) => *self.own.entry(outcome).or_default() += 1,
            None => self.without += usize::from(rule.read.document.rule.is_some()),
        }
        for (target, counts) in &mut self.through {
            if let Some(outcome) = worst(Some(target)) {
                *counts.entry(outcome).or_default() += 1;
            }
        }
    }

    /// How many samples are named and not there.
    pub(super) fn absent_note(&self) -> Option<Diagnostic> {
        let (samples, are) = (count(self.absent, "sample"), if self.absent == 1 { "is" } else { "are" });
        let note = Diagnostic::note(Code::SampleAbsent, Place::NOWHERE, format!("{samples} that rules name {are} not there"));
        (self.absent > 0).then(|| note.help("with `--require-samples` each is an error, with its place"))
    }

    /// How the run ended.
    pub(super) fn exit(&self, require_samples: bool) -> Exit {
        let all = std::iter::once(&self.own).chain(self.through.iter().map(|(_, counts)| counts));
        let failed = all.into_iter().any(|counts| counts.contains_key(&Outcome::Failed));
        if self.unreadable > 0 {
            Exit::Failed
        } else if failed || self.invalid > 0 || self.faulty > 0 || (require_samples && self.absent > 0) {
            Exit::Found
        } else {
            Exit::Done
        }
    }
}

fn number(counts: &BTreeMap<Outcome, usize>, outcome: Outcome) -> usize {
    counts.get(&outcome).copied().unwrap_or_default()
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |counts, outcome| thousands(number(counts, outcome));
        let (passed, failed) = (number(&self.own, Outcome::Passed), number(&self.own, Outcome::Failed));
        write!(formatter, "{}: {passed} passed ({}), {failed} failed", count(self.rules, "rule"), count(self.events, "event"))?;
        write!(formatter, ", {} without samples", thousands(self.without))?;
        for (several, one) in [(self.invalid, "invalid"), (self.faulty, "with faulty samples"), (self.unreadable, "unreadable")] {
            if several > 0 {
                write!(formatter, ", {} {one}", thousands(several))?;
            }
        }
        for (target, counts) in &self.through {
            write!(
                formatter,
                "; through {target}: {} passed, {} failed",
                number(counts, Outcome::Passed),
                number(counts, Outcome::Failed)
            )?;
            for outcome in [Outcome::Open, Outcome::Refused] {
                if counts.contains_key(&outcome) {
                    write!(formatter, ", {} {}", number(counts, outcome), outcome.name())?;
                }
            }
        }
        Ok(())
    }
}
