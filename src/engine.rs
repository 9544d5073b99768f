//! The engine as its users see it: rules in; queries, verdicts and answers out.
//!
//! The façade over rules, backends, readers and verification: what the command line needs, and what a
//! program that embeds Verisigma needs. A [`Job`] says what is wanted of which target, [`convert`] writes
//! and verifies queries, [`verify_query`] judges text from elsewhere, [`read_query`] runs it on events.
//! Deliberately absent: reading and writing files, and words about how a run went.

mod capabilities;
mod correlation;
mod metadata;
mod rule_set;
pub mod samples;
mod targets;

pub use crate::backend::{Comment, Direction, Evidence};
pub use crate::eval::matches;
pub use crate::eval::why::{Explanation, Reason, why};
pub use crate::rule::parse;
pub use crate::verify::report::{Arrow, Assumed, Counterexample, Kind, Verdict};
pub use capabilities::{Answered, Capability, capabilities};
pub use correlation::{convert_correlation, verify_correlation};
pub use rule_set::{Asker, RuleSet};
pub use targets::{Choice, Format, Job, Layout, Request, Schema, Target, find_target, schema, target, targets};

use crate::backend::{Metadata, Written};
use crate::diag::{Code, Diagnostic};
use crate::event::Event;
use crate::ir::{self, Expr};
use crate::lang::Reading;
use crate::rule::Rule;
use crate::source::{Place, Source};
use crate::storage::{Assumption, Storage};
use crate::verify::{self, Claim, Finding};

/// What became of one condition of a rule.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Which condition, from 0.
    pub condition: usize,
    /// Everything that is to be said about it.
    pub diagnostics: Vec<Diagnostic>,
    /// What became of it.
    pub result: Conversion,
}

/// A query, or none.
#[derive(Debug, Clone)]
pub enum Conversion {
    /// A query that is verified to mean what the rule means.
    Written {
        /// The query alone.
        query: String,
        /// The query in the job's format; the same for bare queries.
        text: String,
        /// What verification found: proved or tested.
        verdict: Verdict,
    },
    /// The target cannot say it; the diagnostics hold the reasons.
    Refused,
    /// A query that does not mean what the rule means, and is not to be used.
    Differs {
        /// The query.
        query: String,
        /// What verification found, with the event.
        verdict: Verdict,
    },
}

/// The queries of a rule, one for each of its conditions, in order. Every one of them has been read back
/// and compared with the rule.
pub fn convert(rule: &Rule, job: &Job) -> Vec<Outcome> {
    convert_to_run(rule, job).into_iter().map(|(outcome, _)| outcome).collect()
}

/// As [`convert`], and each written query as it was read back, to be asked about events.
pub fn convert_to_run(rule: &Rule, job: &Job) -> Vec<(Outcome, Option<Query>)> {
    let refused = |condition, why| (Outcome { condition, diagnostics: vec![why], result: Conversion::Refused }, None);
    match ir::lower::lower(rule) {
        Err(why) => vec![refused(0, why)],
        Ok(meanings) => {
            let outcome = |(condition, meaning): (usize, &Expr)| {
                convert_condition(rule, condition, meaning, job).unwrap_or_else(|why| refused(condition, why))
            };
            meanings.iter().enumerate().map(outcome).collect()
        }
    }
}

fn convert_condition(rule: &Rule, condition: usize, meaning: &Expr, job: &Job) -> Result<(Outcome, Option<Query>), Diagnostic> {
    let (storage, suited) = job.storage.suited(meaning);
    let written = write(rule, condition, meaning, &storage, job)?;
    let reading = match job.read(&written.text, &storage) {
        Ok(reading) => reading,
        Err(why) => return Ok((unread(condition, written.query, why, job), None)),
    };
    let judged = Judged { rule, condition, meaning, storage: &storage, suited };
    let finding = judge(judged, Some(&written), &reading, job)?;
    if let Some(denied) = finding.assumptions.iter().find(|assumption| job.settings.denied.contains(&assumption.name)) {
        return Err(refused_assumption(denied));
    }
    let (kind, matched, approximation) = (finding.kind, finding.matched, finding.approximation);
    let assumed = finding.assumptions.clone();
    let verdict = Verdict::new(finding, job.target.evidence);
    if kind == Kind::Differs && approximation.is_none() {
        let why = Diagnostic::error(Code::QueryDiffers, Place::NOWHERE, format!("the query differs from its rule ({verdict})"));
        return Ok((Outcome { condition, diagnostics: vec![why], result: Conversion::Differs { query: written.query, verdict } }, None));
    }
    if matched == 0 {
        return Err(unmatchable());
    }
    let diagnostics = written.approximation.map(|approximation| shown(approximation.because, &verdict)).unwrap_or_default();
    let result = Conversion::Written { query: written.query, text: written.text, verdict };
    let query = Query { reading, storage: storage.into_owned(), assumed };
    Ok((Outcome { condition, diagnostics, result }, Some(query)))
}

/// What is approximated, with the event that shows it.
fn shown(mut because: Vec<Diagnostic>, verdict: &Verdict) -> Vec<Diagnostic> {
    if let (Some(first), Some(found)) = (because.first_mut(), &verdict.counterexample) {
        let who = if found.query { "the query matches, the rule does not" } else { "the rule matches, the query does not" };
        first.help = Some(format!("{who}: {}", serde_json::Value::Object(found.event.root().clone())));
    }
    because
}

/// A query of ours that our reader does not know is a fault of ours, and is not written. What the reader
/// says is about a place in the query, which is no place in the rule.
fn unread(condition: usize, query: String, why: Diagnostic, job: &Job) -> Outcome {
    let why = Diagnostic { message: format!("the query cannot be read back: {}", why.message), place: Place::NOWHERE, ..why };
    Outcome { condition, diagnostics: vec![why], result: Conversion::Differs { query, verdict: Verdict::unread(job.target.evidence) } }
}

fn refused_assumption(denied: &Assumption) -> Diagnostic {
    let message = format!("the query would assume `{}`: {}", denied.name.name(), denied.because);
    Diagnostic::error(Code::RefusedAssumption, Place::NOWHERE, message)
        .help(format!("leave out `--deny {}`, or describe the storage with `--schema FILE`", denied.name.name()))
}

fn unmatchable() -> Diagnostic {
    let message = "no event that was derived from the rule matches it within the assumptions of the query";
    Diagnostic::error(Code::RefusedUnmatchable, Place::NOWHERE, message)
        .help("check whether the condition can hold at all, and whether the columns of the schema can hold the values; a conjunction of thousands of values is beyond the search for an event")
}

fn write(rule: &Rule, condition: usize, meaning: &Expr, storage: &Storage, job: &Job) -> Result<Written, Diagnostic> {
    let is_told = job.backend.speaks_of_rule(&job.format.name);
    let known = if is_told { metadata::metadata(rule, condition) } else { Metadata::new() };
    let mut written = job.backend.write(meaning, storage, &job.settings, &known)?;
    if job.format.layout == Layout::Document {
        written.query = job.query(&written.text)?;
    }
    Ok(written)
}

/// A condition of a rule, on the storage on which it is said.
struct Judged<'j> {
    rule: &'j Rule,
    condition: usize,
    meaning: &'j Expr,
    storage: &'j Storage,
    /// What is assumed for the sake of that storage.
    suited: Vec<Assumption>,
}

/// Compares a condition's meaning with what a query was read as.
///
/// # Errors
/// Why the storage cannot hold what the condition speaks of.
fn judge(judged: Judged<'_>, written: Option<&Written>, reading: &Reading, job: &Job) -> Result<Finding, Diagnostic> {
    let Judged { rule, condition, meaning, storage, suited } = judged;
    let (expanded, mut assumptions) = job.backend.expand(meaning, storage)?;
    let bound = storage.keyed(&expanded);
    let legal = written.map(|written| storage.keyed(&written.legal));
    assumptions.extend(suited);
    assumptions.extend(written.iter().flat_map(|written| &written.assumptions).chain(&reading.assumptions).cloned());
    let claim = Claim {
        rule,
        condition,
        meaning: &expanded,
        bound: &bound,
        legal: legal.as_ref(),
        query: &reading.expr,
        assumptions: &assumptions,
        storage,
        approximation: written.and_then(|written| written.approximation.as_ref()).map(|approximation| approximation.direction),
    };
    Ok(verify::verify(&claim))
}

/// A stage on the way from rule to query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The rule as understood.
    Rule,
    /// What it means.
    Ir,
    /// What the target can say, with the same meaning.
    Legal,
    /// The query.
    Query,
}

/// A condition of a rule at a stage, for people who look for where something went wrong. `None` where it
/// does not get that far: [`convert`] says why.
pub fn stage(rule: &Rule, condition: usize, job: &Job, stage: Stage) -> Option<String> {
    let meaning = || ir::lower::lower(rule).ok()?.get(condition).cloned();
    let written = || {
        let meaning = meaning()?;
        write(rule, condition, &meaning, &job.storage.suited(&meaning).0, job).ok()
    };
    match stage {
        Stage::Rule => Some(crate::rule::print::print(rule)),
        Stage::Ir => Some(ir::print::print(&meaning()?)),
        Stage::Legal => Some(ir::print::print(&written()?.legal)),
        Stage::Query => Some(written()?.text),
    }
}

/// What a query from elsewhere means, compared with one condition of a rule.
pub fn verify_query(rule: &Rule, condition: usize, query: &Source, job: &Job) -> (Verdict, Vec<Diagnostic>) {
    // What is said about the rule has its place in another text than the query.
    let of_rule = |why: Diagnostic| Diagnostic { place: Place::NOWHERE, ..why };
    let judged = ir::lower::lower(rule).map_err(of_rule).and_then(|meanings| {
        let meaning = meanings.get(condition).unwrap_or(&Expr::False);
        let (storage, suited) = job.storage.suited(meaning);
        let reading = job.read_foreign(query, &storage)?;
        let finding = judge(Judged { rule, condition, meaning, storage: &storage, suited }, None, &reading, job).map_err(of_rule)?;
        Ok((finding, reading.set_apart))
    });
    match judged {
        Ok((finding, set_apart)) => (Verdict::new(finding, job.target.evidence), set_apart),
        Err(why) => (Verdict::unread(job.target.evidence), vec![why]),
    }
}

/// A query, read once and asked about many events.
#[derive(Debug, Clone)]
pub struct Query {
    reading: Reading,
    storage: Storage,
    /// What it rests on if it is to mean what its rule means; nothing for a query from elsewhere.
    assumed: Vec<Assumption>,
}

/// Reads a query in the language of the job's target.
///
/// # Errors
/// `query_invalid` or `query_unread`, at its place.
pub fn read_query(query: &Source, job: &Job) -> Result<Query, Diagnostic> {
    Ok(Query { reading: job.read_foreign(query, &job.storage)?, storage: job.storage.clone(), assumed: Vec::new() })
}

impl Query {
    /// What the query says that is no condition on events.
    pub fn set_apart(&self) -> &[Diagnostic] {
        &self.reading.set_apart
    }

    /// What lets the query differ from its rule on this event: an assumption that does not hold there.
    pub fn excuse(&self, event: &Event) -> Option<String> {
        let record = self.storage.record(event, &self.fields())?;
        let broken = self.assumed.iter().find(|assumption| !assumption.holds(&self.storage, event, &record))?;
        Some(broken_assumption(broken))
    }

    fn fields(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.reading.expr.for_each_field(&mut |field| names.push(field));
        names
    }

    /// What the target answers about an event.
    pub fn matches(&self, event: &Event) -> Answer {
        let Some(record) = self.storage.record(event, &self.fields()) else {
            return Answer::Open("the event has no record in this storage".to_owned());
        };
        let broken = self.reading.assumptions.iter().find(|assumption| !assumption.holds(&self.storage, event, &record));
        match broken {
            Some(broken) => Answer::Open(broken_assumption(broken)),
            None if ir::eval::matches(&self.reading.expr, &record) => Answer::True,
            None => Answer::False,
        }
    }
}

fn broken_assumption(broken: &Assumption) -> String {
    format!("`{}` does not hold: {}", broken.name.name(), broken.because)
}

/// What a target answers about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The query matches.
    True,
    /// It does not.
    False,
    /// The target aborts, or leaves the answer open; with the reason.
    Open(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Name;

    #[test]
    fn says_both_halves_of_a_proof() {
        let verdict = Verdict {
            kind: Kind::Proved,
            events: 48,
            matched: 7,
            assumptions: Vec::new(),
            evidence: Evidence::Recorded,
            counterexample: None,
            approximation: None,
            bounded: None,
        };
        assert_eq!(verdict.to_string(), "query = meaning: proved; rule = meaning: agreed on 48 events");
        let record = serde_json::json!(verdict);
        let expected =
            serde_json::json!({"kind": "proved", "events": 48, "assumptions": [], "evidence": "recorded", "counterexample": null});
        assert_eq!(record, expected);
    }

    #[test]
    fn counterexamples_are_records() {
        let assumed = Assumed { name: Name::AsciiCase, because: "`LIKE` folds ASCII letters only".to_owned() };
        let event = Event::default().with("a", "x".into());
        let counterexample = Counterexample { event, rule: true, query: false, arrow: Arrow::Emit, sequence: None };
        let expected = serde_json::json!({"event": {"a": "x"}, "rule": true, "query": false, "arrow": "emit"});
        assert_eq!(serde_json::json!(counterexample), expected);
        assert_eq!(serde_json::json!(assumed), serde_json::json!({"name": "ascii-case", "because": "`LIKE` folds ASCII letters only"}));
    }
}
