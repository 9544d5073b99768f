//! The last line of `convert`: what became of the rules, and what had to be assumed.

use super::exit::Exit;
use super::report::{count, thousands};
use super::rules::{File, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{Conversion, Direction, Kind, Outcome};
use verisigma::source::Place;
use verisigma::storage::Name;

/// Counts of rules. A rule with several conditions counts once, by the worst that became of them.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rules: usize,
    proved: usize,
    tested: usize,
    /// Those that differ from their rules by permission, by direction.
    approximate: BTreeMap<&'static str, usize>,
    differ: usize,
    refused: BTreeMap<String, usize>,
    invalid: usize,
    /// Rules that only correlation rules speak of.
    referenced: usize,
    filters: usize,
    /// Filters with errors.
    broken: usize,
    /// Files that could not be read.
    pub(crate) unreadable: usize,
    assumed: BTreeMap<&'static str, usize>,
}

impl Summary {
    /// Counts the filters of a file.
    pub(crate) fn add_filters(&mut self, file: &File<()>) {
        self.unreadable += usize::from(file.content.is_err());
        for read in file.documents() {
            self.filters += usize::from(read.document.filter.is_some());
            self.broken += usize::from(read.document.filter.is_none());
        }
    }

    /// Counts a document.
    pub(crate) fn add(&mut self, standing: Standing, outcomes: &[Outcome]) {
        match standing {
            Standing::Referenced => self.referenced += 1,
            Standing::Filter => self.filters += 1,
            Standing::Rule | Standing::Invalid => self.add_rule(standing, outcomes),
        }
    }

    fn add_rule(&mut self, standing: Standing, outcomes: &[Outcome]) {
        self.rules += 1;
        let any = |is: fn(&Conversion) -> bool| outcomes.iter().find(|outcome| is(&outcome.result));
        let proved = |conversion: &Conversion| matches!(conversion, Conversion::Written { verdict, .. } if verdict.kind == Kind::Proved);
        if standing == Standing::Invalid {
            self.invalid += 1;
        } else if any(|conversion| matches!(conversion, Conversion::Differs { .. })).is_some() {
            self.differ += 1;
        } else if let Some(refused) = any(|conversion| matches!(conversion, Conversion::Refused)) {
            *self.refused.entry(reason(refused)).or_default() += 1;
        } else if let Some(direction) = outcomes.iter().find_map(approximation) {
            *self.approximate.entry(direction).or_default() += 1;
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
        } else if self.invalid > 0 || self.broken > 0 || self.differ > 0 || (!self.refused.is_empty() && !skip_unsupported) {
            Exit::Found
        } else {
            Exit::Done
        }
    }

    /// What is said once about a run, however many queries it is about.
    pub(crate) fn notes(&self) -> Vec<Diagnostic> {
        let name = Name::CaseAsLogged;
        let Some(number) = self.assumed.get(name.name()) else { return Vec::new() };
        let message = format!(
            "{} right only where letters are logged in the case in which the rule writes them (`{}`): the fields compare them as they are",
            if *number == 1 { "1 query is".to_owned() } else { format!("{} queries are", thousands(*number)) },
            name.name()
        );
        let help = format!("describe fields that fold case with `--schema`, or refuse such queries with `--deny {}`", name.name());
        vec![Diagnostic::note(Code::Assumed, Place::NOWHERE, message).help(help)]
    }

    fn written(&self) -> String {
        let approximate = self.approximate.iter().map(|(direction, number)| (*number, *direction));
        let parts: Vec<String> = [(self.proved, "proved"), (self.tested, "tested")]
            .into_iter()
            .chain(approximate)
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{} {word}", thousands(number)))
            .collect();
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        format!("{} written{parts}", thousands(self.proved + self.tested + self.approximate.values().sum::<usize>()))
    }

    fn refused(&self) -> String {
        format!("{} refused ({})", thousands(self.refused.values().sum()), by_number(&self.refused))
    }
}

/// In which direction a written query differs from its rule by permission.
fn approximation(outcome: &Outcome) -> Option<&'static str> {
    let Conversion::Written { verdict, .. } = &outcome.result else { return None };
    verdict.approximation.map(|direction| match direction {
        Direction::Over => "over-approximated",
        Direction::Under => "under-approximated",
    })
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
        if self.referenced > 0 {
            write!(formatter, "; {} only referred to", count(self.referenced, "rule"))?;
        }
        if self.filters > 0 {
            write!(formatter, "; {}", count(self.filters, "filter"))?;
        }
        if self.broken > 0 {
            write!(formatter, "; {}", count(self.broken, "invalid filter"))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use verisigma::engine::{Assumed, Evidence, Verdict};

    fn outcome(result: Conversion, codes: &[Code]) -> Outcome {
        let diagnostics = codes.iter().map(|code| Diagnostic::error(*code, Place::NOWHERE, "")).collect();
        Outcome { condition: 0, diagnostics, result }
    }

    fn written(kind: Kind, assumed: &[Name]) -> Outcome {
        let assumptions = assumed.iter().map(|name| Assumed { name: *name, because: String::new() }).collect();
        let verdict = Verdict {
            kind,
            events: 1,
            matched: 1,
            assumptions,
            evidence: Evidence::Recorded,
            counterexample: None,
            approximation: None,
            bounded: None,
        };
        outcome(Conversion::Written { query: String::new(), text: String::new(), verdict }, &[])
    }

    #[test]
    fn says_what_became_of_the_rules() {
        let mut summary = Summary::default();
        assert_eq!(summary.to_string(), "0 rules: 0 written");
        assert_eq!(summary.notes(), Vec::new());
        for _ in 0..1200 {
            summary.add(Standing::Rule, &[written(Kind::Proved, &[Name::AsciiCase, Name::AsciiCase])]);
        }
        summary.add(Standing::Rule, &[written(Kind::Tested, &[Name::NoNul]), written(Kind::Proved, &[Name::AsciiCase])]);
        assert_eq!(summary.exit(false), Exit::Done);
        summary.add(Standing::Rule, &[outcome(Conversion::Refused, &[Code::RefusedKeywords, Code::RefusedColumn])]);
        summary.add(Standing::Rule, &[outcome(Conversion::Refused, &[Code::RefusedKeywords]), written(Kind::Proved, &[])]);
        summary.add(Standing::Rule, &[outcome(Conversion::Refused, &[Code::RefusedCase])]);
        assert_eq!((summary.exit(false), summary.exit(true)), (Exit::Found, Exit::Done));
        summary.add(Standing::Invalid, &[]);
        let expected = "1,205 rules: 1,201 written (1,200 proved, 1 tested), 3 refused (keywords 2, case 1), 1 invalid; \
                        assumed: ascii-case 1,201, no-nul 1";
        assert_eq!((summary.to_string().as_str(), summary.exit(true)), (expected, Exit::Found));
    }

    #[test]
    fn a_query_that_differs_is_a_finding_even_if_refusals_are_not() {
        let verdict = Verdict {
            kind: Kind::Differs,
            events: 1,
            matched: 1,
            assumptions: Vec::new(),
            evidence: Evidence::Recorded,
            counterexample: None,
            approximation: None,
            bounded: None,
        };
        let mut summary = Summary::default();
        summary.add(Standing::Rule, &[outcome(Conversion::Differs { query: String::new(), verdict }, &[Code::QueryDiffers])]);
        assert_eq!((summary.to_string().as_str(), summary.exit(true)), ("1 rule: 0 written, 1 differing", Exit::Found));
        summary.unreadable = 1;
        assert_eq!(summary.exit(true), Exit::Failed);
    }
}
