//! The last line of `convert`: what became of the rules, and what had to be assumed.

use super::exit::Exit;
use super::report::{count, thousands};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use verisigma::engine::{Conversion, Kind, Outcome};
use verisigma::rule::Document;

/// Counts of rules. A rule with several conditions counts once, by the worst that became of them.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rules: usize,
    proved: usize,
    tested: usize,
    differ: usize,
    refused: BTreeMap<String, usize>,
    invalid: usize,
    /// Files that could not be read.
    pub(crate) unreadable: usize,
    assumed: BTreeMap<&'static str, usize>,
}

impl Summary {
    /// Counts a rule.
    pub(crate) fn add(&mut self, document: &Document, outcomes: &[Outcome]) {
        self.rules += 1;
        let any = |is: fn(&Conversion) -> bool| outcomes.iter().find(|outcome| is(&outcome.result));
        let proved = |conversion: &Conversion| matches!(conversion, Conversion::Written { verdict, .. } if verdict.kind == Kind::Proved);
        if document.rule.is_none() {
            self.invalid += 1;
        } else if any(|conversion| matches!(conversion, Conversion::Differs { .. })).is_some() {
            self.differ += 1;
        } else if let Some(refused) = any(|conversion| matches!(conversion, Conversion::Refused)) {
            *self.refused.entry(reason(refused)).or_default() += 1;
        } else if outcomes.iter().all(|outcome| proved(&outcome.result)) {
            self.proved += 1;
        } else {
            self.tested += 1;
        }
        for name in assumptions(outcomes) {
            *self.assumed.entry(name).or_default() += 1;
        }
    }

    /// How the run ended.
    pub(crate) fn exit(&self, skip_unsupported: bool) -> Exit {
        if self.unreadable > 0 {
            Exit::Failed
        } else if self.invalid > 0 || self.differ > 0 || (!self.refused.is_empty() && !skip_unsupported) {
            Exit::Found
        } else {
            Exit::Done
        }
    }

    fn written(&self) -> String {
        let parts: Vec<String> = [(self.proved, "proved"), (self.tested, "tested")]
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{} {word}", thousands(*number)))
            .collect();
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        format!("{} written{parts}", thousands(self.proved + self.tested))
    }

    fn refused(&self) -> String {
        format!("{} refused ({})", thousands(self.refused.values().sum()), by_number(&self.refused))
    }
}

/// What was assumed in the queries that are written, each once.
fn assumptions(outcomes: &[Outcome]) -> BTreeSet<&'static str> {
    let written = outcomes.iter().filter_map(|outcome| match &outcome.result {
        Conversion::Written { verdict, .. } => Some(verdict),
        Conversion::Refused | Conversion::Differs { .. } => None,
    });
    written.flat_map(|verdict| &verdict.assumptions).map(|assumed| assumed.name.name()).collect()
}

/// What a rule was refused for first: the construct.
fn reason(refused: &Outcome) -> String {
    let name = refused.diagnostics.first().map_or("unknown", |diagnostic| diagnostic.code.name());
    name.strip_prefix("refused_").unwrap_or(name).to_owned()
}

/// The most frequent first.
fn by_number<N: AsRef<str>>(counts: &BTreeMap<N, usize>) -> String {
    let mut sorted: Vec<(&N, &usize)> = counts.iter().collect();
    sorted.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    sorted.iter().map(|(name, number)| format!("{} {}", name.as_ref(), thousands(**number))).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", count(self.rules, "rule"), self.written())?;
        if self.differ > 0 {
            write!(formatter, ", {} differing", thousands(self.differ))?;
        }
        if !self.refused.is_empty() {
            write!(formatter, ", {}", self.refused())?;
        }
        if self.invalid > 0 {
            write!(formatter, ", {} invalid", thousands(self.invalid))?;
        }
        if self.unreadable > 0 {
            write!(formatter, "; {}", count(self.unreadable, "unreadable file"))?;
        }
        if !self.assumed.is_empty() {
            write!(formatter, "; assumed: {}", by_number(&self.assumed))?;
        }
        Ok(())
    }
}
