//! `verify`: does a query mean what its rule means?

use super::args::VerifyArgs;
use super::exit::{Exit, Stop};
use super::input;
use super::output::{one_line, print};
use super::record::{self, Verification};
use super::report::{Report, usage};
use super::request::{self, Latitude};
use super::rules::{self, Read, Standing, Subject};
use verisigma::diag::Diagnostic;
use verisigma::engine::{self, Arrow, Assumed, Conversion, Counterexample, Job, Kind, Outcome, Verdict};
use verisigma::rule::Rule;
use verisigma::source::Source;

/// Verifies.
///
/// # Errors
/// The arguments ask for what does not exist, a file cannot be read, or the verdicts cannot be written.
pub(crate) fn run(arguments: VerifyArgs, report: &mut Report) -> Result<Exit, Stop> {
    input::only_one_stdin([&arguments.rule].into_iter().chain(&arguments.query))?;
    let latitude = Latitude { denied: arguments.deny, allowed: arguments.allow };
    let job = request::job(&arguments.target, None, arguments.settings, latitude)?;
    let query = arguments.query.as_deref().map(input::read).transpose()?;
    let work = |subject: Subject<'_>| match (subject, &query) {
        (_, Some(_)) => Vec::new(),
        (Subject::Rule(rule), None) => engine::convert(rule, &job),
        (Subject::Correlation(program), None) => vec![engine::convert_correlation(&program, &job)],
    };
    let collection = rules::read_one(&arguments.rule, &arguments.additions, work)?;
    collection.filters.iter().for_each(|file| file.tell(report, |()| Vec::new()));
    collection.files.iter().for_each(|file| file.tell(report, |_| Vec::new()));
    let found: Vec<&Read<_>> = collection.files.iter().flat_map(|file| file.rules()).collect();
    let is_broken = |file: &rules::File<()>| file.content.is_err() || file.documents().any(|read| read.document.filter.is_none());
    let invalid = found.iter().any(|read| read.standing == Standing::Invalid) || collection.filters.iter().any(is_broken);
    let judged = match &query {
        Some(_) if invalid => Vec::new(),
        Some(query) => vec![judge(&found, arguments.condition, query, &job)?],
        None => found.iter().flat_map(|read| judge_ours(read)).collect(),
    };
    for judged in &judged {
        match &query {
            Some(query) => report.diagnostics(query, judged.rule.document.id.as_deref(), &judged.diagnostics),
            None => judged.rule.tell(report, &judged.diagnostics),
        }
    }
    print(&match arguments.format.records() {
        Some(format) => records(&judged, query.as_ref(), &job, format),
        None => judged.iter().map(Judged::words).collect(),
    })?;
    Ok(if invalid || judged.iter().any(Judged::is_finding) { Exit::Found } else { Exit::Done })
}

/// What was found about one query.
struct Judged<'r> {
    rule: &'r Read<Vec<Outcome>>,
    condition: Option<usize>,
    query: String,
    verdict: Option<Verdict>,
    diagnostics: Vec<Diagnostic>,
}

/// Judges text from elsewhere against the one rule, and the one condition, that it should mean.
fn judge<'r>(found: &[&'r Read<Vec<Outcome>>], condition: Option<usize>, query: &Source, job: &Job) -> Result<Judged<'r>, Stop> {
    let ([read], Some(rule)) = (found, found.first().and_then(|read| rules::rule(&read.document))) else {
        return Err(usage(format!("`--query` is compared with one rule, and the file holds {}", found.len())).into());
    };
    let index = choose(rule, condition)?;
    let (verdict, diagnostics) = engine::verify_query(rule, index, query, job);
    Ok(Judged { rule: read, condition: several(rule, index), query: query.text.to_string(), verdict: Some(verdict), diagnostics })
}

fn choose(rule: &Rule, condition: Option<usize>) -> Result<usize, Diagnostic> {
    let last = rule.detection.conditions.len().saturating_sub(1);
    match condition {
        Some(index) if index <= last => Ok(index),
        Some(index) => Err(usage(format!("there is no condition {index}")).help(format!("the rule's conditions are 0 to {last}"))),
        None if last == 0 => Ok(0),
        None => Err(usage("the rule has several conditions, and each has a query of its own")
            .help(format!("say which one with `--condition`, from 0 to {last}"))),
    }
}

fn several(rule: &Rule, condition: usize) -> Option<usize> {
    (rule.detection.conditions.len() > 1).then_some(condition)
}

/// Judges what `convert` would write.
fn judge_ours(read: &Read<Vec<Outcome>>) -> Vec<Judged<'_>> {
    let judged = read.result.iter().cloned().map(|outcome| {
        let (query, verdict) = match outcome.result {
            Conversion::Written { query, verdict, .. } | Conversion::Differs { query, verdict } => (query, Some(verdict)),
            Conversion::Refused => (String::new(), None),
        };
        Judged {
            rule: read,
            condition: Some(outcome.condition).filter(|_| read.result.len() > 1),
            query,
            verdict,
            diagnostics: outcome.diagnostics,
        }
    });
    judged.collect()
}

impl Judged<'_> {
    fn is_finding(&self) -> bool {
        match self.verdict.as_ref().map(|verdict| verdict.kind) {
            Some(Kind::Proved | Kind::Tested) => false,
            Some(Kind::Differs) => !self.is_permitted(),
            Some(Kind::Unread) | None => true,
        }
    }

    /// Whether the query differs from its rule by permission.
    fn is_permitted(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.approximation.is_some())
    }

    fn words(&self) -> String {
        let Some(verdict) = &self.verdict else { return String::new() };
        let condition = self.condition.map(|condition| format!(" (condition {condition})")).unwrap_or_default();
        let found = verdict.counterexample.as_ref().map(difference).unwrap_or_default();
        let assumed = assumptions(&verdict.assumptions);
        format!("{}{condition}\n  {verdict}\n{found}  evidence: {}\n{assumed}", self.rule.shown(), verdict.evidence)
    }
}

/// The event, who matches it, and which of our own steps is to blame.
fn difference(found: &Counterexample) -> String {
    let who = match (found.rule, found.query) {
        (true, false) => "the rule matches it, the query does not",
        (false, true) => "the query matches it, the rule does not",
        (true, true) => "rule and query match it, what the rule was understood as does not",
        (false, false) => "what the rule was understood as matches it, rule and query do not",
    };
    let blame = if found.arrow == Arrow::Query { String::new() } else { format!("; broken by: {}", found.arrow) };
    format!("  event: {}\n  {who}{blame}\n", serde_json::json!(found.event.root()))
}

/// Each assumption with what it says and the first reasons for it.
fn assumptions(assumed: &[Assumed]) -> String {
    const SHOWN: usize = 3;
    let mut text = String::new();
    for same in assumed.chunk_by(|one, next| one.name == next.name) {
        let Some(first) = same.first() else { continue };
        text += &format!("  assumes {}: {}\n", first.name.name(), first.name.wording());
        text.extend(same.iter().take(SHOWN).map(|assumed| format!("    since {}\n", one_line(&assumed.because))));
        if same.len() > SHOWN {
            text += &format!("    and {} more, which `--format json` shows\n", same.len() - SHOWN);
        }
    }
    text
}

fn records(judged: &[Judged<'_>], query: Option<&Source>, job: &Job, format: record::Records) -> String {
    let record = |judged: &Judged<'_>| {
        let verdict = judged.verdict.as_ref()?;
        let source = query.unwrap_or(&judged.rule.source);
        let id = judged.rule.document.id.as_deref();
        let diagnostics = judged.diagnostics.iter().map(|diagnostic| diagnostic.record(source, id)).collect();
        let rule = judged.rule.name();
        let (target, query) = (job.target.name.as_str(), judged.query.as_str());
        Some(serde_json::json!(Verification { rule, condition: judged.condition, target, query, verdict, diagnostics }))
    };
    let records: Vec<serde_json::Value> = judged.iter().filter_map(record).collect();
    match (format, records.as_slice()) {
        (record::Records::Document, [one]) => record::text(std::iter::once(one), record::Records::Lines),
        (record::Records::Document | record::Records::Lines, _) => record::text(records.iter(), format),
    }
}
