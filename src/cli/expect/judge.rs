//! Asking a rule, and the queries that are written for it, about its samples, and saying what was found.

use super::{Said, Sample};
use crate::cli::output::one_line;
use serde_json::Value;
use verisigma::diag::{Code, Diagnostic, Severity};
use verisigma::engine::samples::{self, Expected, Judged, Outcome, Written};
use verisigma::engine::{self, Answer, Job};
use verisigma::rule::Rule;

/// So many reasons of a failure are shown.
const REASONS: usize = 5;

/// What came of asking about a sample.
#[derive(Debug)]
pub(super) struct Asked {
    /// Its number among the rule's samples.
    pub(super) sample: usize,
    /// The target whose query was asked; nothing for the rule itself.
    pub(super) through: Option<String>,
    pub(super) outcome: Outcome,
    /// What was found: whether its event matches, or how many do; null for what was not asked, or is open.
    pub(super) found: Value,
    /// Why it did not pass.
    pub(super) reason: Option<String>,
    pub(super) said: Vec<Said>,
}

/// Asks a rule about its samples, and then each target's query.
pub(super) fn ask(rule: &Rule, samples: &[Sample], jobs: &[Job]) -> Vec<Asked> {
    let mut asked: Vec<Asked> = (0..).zip(samples).map(|(number, sample)| ask_rule(rule, number, sample)).collect();
    if !samples.is_empty() {
        asked.extend(jobs.iter().flat_map(|job| ask_target(rule, samples, job)));
    }
    asked
}

fn ask_rule(rule: &Rule, number: usize, sample: &Sample) -> Asked {
    let answers = samples::answers(rule, &sample.events);
    let judged = samples::judge(sample.expected, &sample.path, &answers, "the rule");
    let mut said: Vec<Said> = failure(&judged, sample).into_iter().collect();
    if judged.outcome == Outcome::Failed {
        said.extend(reasons(rule, sample, &answers));
    }
    said.extend(exceeded(sample, &answers));
    asked(number, None, sample, judged, said)
}

fn asked(number: usize, through: Option<String>, sample: &Sample, judged: Judged, said: Vec<Said>) -> Asked {
    let found = found(sample, &judged);
    Asked { sample: number, through, outcome: judged.outcome, found, reason: judged.reason, said }
}

/// How many events match, or whether the one event does; null where that is open.
fn found(sample: &Sample, judged: &Judged) -> Value {
    match (sample.expected, judged.outcome) {
        (Expected::AtLeast { .. }, _) => judged.matching.into(),
        (Expected::Match | Expected::Miss, Outcome::Passed | Outcome::Failed) => (judged.matching > 0).into(),
        (Expected::Match | Expected::Miss, Outcome::Open | Outcome::Refused) => Value::Null,
    }
}

fn failure(judged: &Judged, sample: &Sample) -> Option<Said> {
    let reason = judged.reason.as_ref().filter(|_| judged.outcome == Outcome::Failed)?;
    Some(Said { source: sample.source.clone(), diagnostic: Diagnostic::error(Code::SampleFailed, sample.place, reason) })
}

/// The smallest part of the rule that decides the first event that is answered otherwise than it should be.
fn reasons(rule: &Rule, sample: &Sample, answers: &[Answer]) -> Vec<Said> {
    let unwanted = if sample.expected == Expected::Miss { Answer::True } else { Answer::False };
    let Some((_, event)) = answers.iter().zip(&sample.events).find(|(answer, _)| **answer == unwanted) else { return Vec::new() };
    let explanation = engine::why(rule, event);
    let hidden = explanation.reasons.len().saturating_sub(REASONS);
    let mut notes: Vec<Diagnostic> =
        explanation.reasons.into_iter().take(REASONS).map(|reason| Diagnostic::note(Code::Why, reason.place, reason.message)).collect();
    if let Some(last) = notes.last_mut().filter(|_| hidden > 0) {
        last.help = Some(format!("{hidden} more parts of the rule decide this event alike"));
    }
    notes.into_iter().map(|diagnostic| Said { source: None, diagnostic }).collect()
}

/// More matches than a description states: perhaps the rule matches more than it should.
fn exceeded(sample: &Sample, answers: &[Answer]) -> Option<Said> {
    let Expected::AtLeast { number, stated: true } = sample.expected else { return None };
    let found = answers.iter().filter(|answer| **answer == Answer::True).count();
    let message = format!("{found} events of {} match, and its description says {number}", path(sample));
    (found > number)
        .then(|| Said { source: sample.source.clone(), diagnostic: Diagnostic::note(Code::SampleExceeded, sample.place, message) })
}

/// The path of a sample as messages show it: whole, since it says which file to look at.
fn path(sample: &Sample) -> String {
    format!("`{}`", sample.path)
}

fn ask_target(rule: &Rule, samples: &[Sample], job: &Job) -> Vec<Asked> {
    let target = &job.target.name;
    match Written::new(rule, job) {
        Written::None { outcome, diagnostics } => {
            let refused = |why: Diagnostic| {
                let message = format!("refused by `{target}`: {}", why.message);
                if outcome == Outcome::Refused { Diagnostic { severity: Severity::Note, message, ..why } } else { why }
            };
            let diagnostics: Vec<Diagnostic> = diagnostics.into_iter().map(refused).collect();
            let reason = diagnostics.first().map(|why| why.message.clone());
            let mut said = Some(diagnostics.into_iter().map(|diagnostic| Said { source: None, diagnostic }).collect());
            let asked = |sample| Asked {
                sample,
                through: Some(target.clone()),
                outcome,
                found: Value::Null,
                reason: reason.clone(),
                said: said.take().unwrap_or_default(),
            };
            (0..samples.len()).map(asked).collect()
        }
        Written::Queries(queries) => {
            let text = queries.iter().map(|(_, text)| one_line(text.trim())).collect::<Vec<_>>().join(" ; ");
            let answers = |sample: &Sample| samples::answers_of(&queries, rule, &sample.events);
            (0..).zip(samples).map(|(number, sample)| ask_queries(number, sample, &answers(sample), (target, &text))).collect()
        }
    }
}

fn ask_queries(number: usize, sample: &Sample, answers: &[Answer], (target, text): (&str, &str)) -> Asked {
    let judged = samples::judge(sample.expected, &sample.path, answers, &format!("the query for `{target}`"));
    let with_query = |said: Said| Said { diagnostic: said.diagnostic.help(format!("the query is {}", shortened(text))), ..said };
    let mut said: Vec<Said> = failure(&judged, sample).map(with_query).into_iter().collect();
    if judged.outcome == Outcome::Open {
        said.extend((0..).zip(answers).filter_map(|(index, answer)| open(sample, index, answer, target)));
    }
    asked(number, Some(target.to_owned()), sample, judged, said)
}

/// A query as help shows it.
fn shortened(text: &str) -> String {
    /// So many characters are shown.
    const SHOWN: usize = 300;
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

fn open(sample: &Sample, index: usize, answer: &Answer, target: &str) -> Option<Said> {
    let Answer::Open(because) = answer else { return None };
    let event = if sample.events.len() == 1 { "the event".to_owned() } else { format!("event {index}") };
    let message = format!("{event} of {} is outside what the query for `{target}` assumes: {because}", path(sample));
    Some(Said { source: sample.source.clone(), diagnostic: Diagnostic::note(Code::SampleOpen, sample.place, message) })
}
