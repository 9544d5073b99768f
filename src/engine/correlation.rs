//! Correlation rules: their queries, read back and compared with the rules on sequences of events.

use super::{Conversion, Job, Kind, Outcome, Verdict, refused_assumption, unmatchable, unread};
use crate::diag::{Code, Diagnostic};
use crate::eval;
use crate::event::Event;
use crate::ir::correlation as meaning;
use crate::ir::lower_correlation::lower;
use crate::lang::sql::relation::{Relation, Row, Value};
use crate::rule::program::{Node, Program};
use crate::source::{Place, Source};
use crate::storage::Assumption;
use crate::text::time;
use crate::verify::correlation::{Alert, Claim, verify};
use crate::verify::{derive, sequence};
use std::collections::{BTreeMap, BTreeSet};

/// So many events of each kind are taken from those that are derived for a rule.
const MATCHING: usize = 24;
/// So many that it does not match.
const OTHERS: usize = 4;
/// The column of the result that holds the time of an alert.
const TIME: &str = "alert_time";

/// The query of a correlation rule, read back and compared with the rule on sequences of events.
pub fn convert_correlation(program: &Program<'_>, job: &Job) -> Outcome {
    write(program, job).unwrap_or_else(|why| Outcome { condition: 0, diagnostics: vec![why], result: Conversion::Refused })
}

fn write(program: &Program<'_>, job: &Job) -> Result<Outcome, Diagnostic> {
    let lowered = lower(program)?;
    let written = job.backend.write_correlation(&lowered, &job.storage, &job.settings)?;
    if let Some(denied) = written.assumptions.iter().find(|assumption| job.settings.denied.contains(&assumption.name)) {
        return Err(refused_assumption(denied));
    }
    let relation = match job.reader.read_relation(&Source::new("", &written.query), &job.storage) {
        Ok(relation) => relation,
        Err(why) => return Ok(unread(0, written.query, why, job)),
    };
    let judged = judge(program, &lowered, &relation, &written.assumptions, job)?;
    let result = match (judged.verdict.kind, judged.alerts) {
        (Kind::Differs, _) => {
            let why = format!("the query differs from its rule ({})", judged.verdict);
            let diagnostics = vec![Diagnostic::error(Code::QueryDiffers, Place::NOWHERE, why)];
            let result = Conversion::Differs { query: written.query, verdict: judged.verdict };
            return Ok(Outcome { condition: 0, diagnostics, result });
        }
        (_, 0) => return Err(unmatchable()),
        (Kind::Proved | Kind::Tested | Kind::Unread, _) => {
            Conversion::Written { query: written.query, text: written.text, verdict: judged.verdict }
        }
    };
    Ok(Outcome { condition: 0, diagnostics: Vec::new(), result })
}

/// What a query from elsewhere means, compared with a correlation rule: rows of the same alerts.
pub fn verify_correlation(program: &Program<'_>, query: &Source, job: &Job) -> (Verdict, Vec<Diagnostic>) {
    let of_rule = |why: Diagnostic| Diagnostic { place: Place::NOWHERE, ..why };
    let judged = lower(program).map_err(of_rule).and_then(|lowered| {
        let relation = job.reader.read_relation(query, &job.foreign_storage(&job.storage))?;
        judge(program, &lowered, &relation, &[], job).map_err(of_rule)
    });
    match judged {
        Ok(judged) => (judged.verdict, Vec::new()),
        Err(why) => (Verdict::unread(job.target.evidence), vec![why]),
    }
}

/// What was found about a query.
struct Judged {
    verdict: Verdict,
    /// How many alerts the sequences gave.
    alerts: usize,
}

fn judge(
    program: &Program<'_>,
    lowered: &meaning::Program,
    relation: &Relation,
    assumptions: &[Assumption],
    job: &Job,
) -> Result<Judged, Diagnostic> {
    let Some(Node::Correlation { correlation, .. }) = program.nodes.last() else { return Err(unmatchable()) };
    let clock = job.backend.timestamp(&job.settings);
    let assumptions = &stored(lowered, assumptions, job)?;
    let fields = fields(lowered, clock);
    let alerts = |records: &[Event]| {
        let rows = relation.run(&records.iter().map(Event::root).collect::<Vec<_>>()).map_err(|open| open.0)?;
        rows.iter().map(|row| alert(row, &correlation.group_by)).collect()
    };
    let claim = Claim {
        program,
        clock,
        storage: &job.storage,
        fields: &fields.iter().map(String::as_str).collect::<Vec<_>>(),
        assumptions,
        query: &alerts,
    };
    let mut matching = matching(program, lowered);
    matching.iter_mut().for_each(|events| claim.retain(events));
    let sequences = sequence::sequences(program, &matching, clock);
    let too_many = |why: eval::correlation::TooManyBranches| Diagnostic::error(Code::RefusedCorrelation, why.place, why.to_string());
    let finding = verify(&claim, &sequences).map_err(too_many)?;
    let verdict = Verdict::of_alerts(finding.kind, finding.events, assumptions, job.target.evidence, finding.counterexample);
    let verdict = Verdict { matched: finding.alerts, ..verdict };
    Ok(Judged { verdict, alerts: finding.alerts })
}

/// What is assumed, with what holding the events of the base rules may change.
fn stored(lowered: &meaning::Program, assumptions: &[Assumption], job: &Job) -> Result<Vec<Assumption>, Diagnostic> {
    let mut all = assumptions.to_vec();
    for node in &lowered.nodes {
        if let meaning::Node::Base(expr) = node {
            let (expanded, bound) = job.backend.expand(expr, &job.storage)?;
            all.extend(bound);
            all.extend(job.storage.distortions(&expanded));
        }
    }
    Ok(all)
}

/// The fields that the records of a program need.
fn fields(lowered: &meaning::Program, clock: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::from([clock.to_owned()]);
    for node in &lowered.nodes {
        match node {
            meaning::Node::Base(expr) => expr.for_each_field(&mut |field| {
                fields.insert(field.to_owned());
            }),
            meaning::Node::Correlation(correlation) => {
                fields.extend(correlation.slots.iter().flat_map(|slot| slot.group.iter().chain(&slot.values)).cloned());
            }
        }
    }
    fields
}

/// For each rule of a program some events that it matches, and some that it does not.
fn matching(program: &Program<'_>, lowered: &meaning::Program) -> Vec<Vec<Event>> {
    let events = |(node, lowered): (&Node<'_>, &meaning::Node)| match (node, lowered) {
        (Node::Rule(rule), meaning::Node::Base(expr)) => {
            let (matching, others): (Vec<Event>, Vec<Event>) =
                derive::derive(expr).events.into_iter().partition(|event| eval::matches(rule, event));
            matching.into_iter().take(MATCHING).chain(others.into_iter().take(OTHERS)).collect()
        }
        (Node::Rule(_) | Node::Correlation { .. }, _) => Vec::new(),
    };
    program.nodes.iter().zip(&lowered.nodes).map(events).collect()
}

/// The alert that a row is.
///
/// Errors: what of it is none.
fn alert(row: &Row, group_by: &[String]) -> Result<Alert, String> {
    let column = |name: &str| row.iter().find(|(own, _)| own == name).map(|(_, value)| value);
    let text = |name: &str| match column(name) {
        Some(Value::Text(text)) => Ok(text.clone()),
        Some(Value::Integer(number)) => Ok(number.to_string()),
        Some(Value::Null | Value::Real(_) | Value::Blob(_)) => Err(format!("the column `{name}` of a row holds no text")),
        None => Err(format!("the result has no column `{name}`")),
    };
    let shown = text(TIME)?;
    let time = time::parse(&shown).ok_or_else(|| format!("`{TIME}` is no time: {shown}"))?;
    let group: Result<BTreeMap<String, String>, String> = group_by.iter().map(|name| Ok((name.clone(), text(name)?))).collect();
    Ok(Alert { time: time.nanoseconds().div_euclid(1_000_000), group: group? })
}
