//! `test --events --why`: for a rule that matches no event, the event that is nearest, and what is missing there.
//!
//! The nearest event is the one on which the fewest parts of the rule decide against it; the first of several.

use crate::cli::report::Report;
use crate::cli::rules::Read;
use rayon::prelude::*;
use verisigma::diag::{Code, Diagnostic, quote};
use verisigma::engine::{self, Reason};
use verisigma::event::Event;
use verisigma::rule::Rule;

/// The nearest event of each rule, so far.
#[derive(Debug)]
pub(in crate::cli) struct Nearest {
    found: Vec<Option<Near>>,
}

/// An event, by file and index, and what decides against it.
#[derive(Debug)]
struct Near {
    event: (usize, usize),
    reasons: Vec<Reason>,
}

impl Nearest {
    /// Nothing found yet for so many rules.
    pub(in crate::cli) fn new(rules: usize) -> Self {
        Self { found: (0..rules).map(|_| None).collect() }
    }

    /// Looks at events, the first of which has this file and index, for the rules that have matched nothing so far.
    pub(in crate::cli) fn look(
        &mut self,
        rules: &[(&Read<()>, &Rule)],
        hits: &[Vec<(usize, usize)>],
        (file, first): (usize, usize),
        events: &[Event],
    ) {
        self.found.par_iter_mut().zip(rules).zip(hits).filter(|(_, hits)| hits.is_empty()).for_each(|((found, (_, rule)), _)| {
            for (index, event) in (first..).zip(events) {
                let reasons = engine::why(rule, event).reasons;
                if found.as_ref().is_none_or(|near| reasons.len() < near.reasons.len()) {
                    *found = Some(Near { event: (file, index), reasons });
                }
            }
        });
        self.found.iter_mut().zip(hits).filter(|(_, hits)| !hits.is_empty()).for_each(|(found, _)| *found = None);
    }

    /// Says what is missing, rule by rule.
    pub(in crate::cli) fn tell(&self, rules: &[(&Read<()>, &Rule)], files: &[(String, usize)], report: &mut Report) {
        for (found, (read, _)) in self.found.iter().zip(rules) {
            let Some(Near { event: (file, index), reasons }) = found else { continue };
            let path = files.get(*file).map(|(path, _)| path.as_str()).unwrap_or_default();
            let note = |reason: &Reason| {
                let message = format!("{} (event {index} of {}, the nearest)", reason.message, quote(path));
                Diagnostic::note(Code::Why, reason.place, message)
            };
            read.tell(report, &reasons.iter().map(note).collect::<Vec<_>>());
        }
    }
}
