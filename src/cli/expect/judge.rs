//! Asking a rule, and the queries that are written for it, about its samples.
//!
//! A query is asked as it was read back from its text. Where it answers otherwise than its rule on an event that is
//! outside what it assumes, the answer is open; so is what the target itself leaves open.

use super::flat::flat;
use super::{Expected, Said, Sample};
use crate::cli::output::one_line;
use serde_json::Value;
use verisigma::diag::{Code, Diagnostic, Severity};
use verisigma::engine::{self, Answer, Conversion, Job, Query};
use verisigma::event::Event;
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

/// What came of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Passed,
    /// Outside what the query assumes.
    Open,
    /// There is no query.
    Refused,
    Failed,
}

impl Outcome {
    /// The word for it in records and lines.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
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
    let answers: Vec<Answer> = sample.events.iter().map(|event| answer(engine::matches(rule, event))).collect();
    let judged = judge(sample, &answers, "the rule");
    let mut said: Vec<Said> = judged.failure(sample).into_iter().collect();
    if judged.outcome == Outcome::Failed {
        said.extend(reasons(rule, sample, &answers));
    }
    said.extend(exceeded(sample, &answers));
    Asked { sample: number, through: None, outcome: judged.outcome, found: judged.found, reason: judged.reason, said }
}

fn answer(matches: bool) -> Answer {
    if matches { Answer::True } else { Answer::False }
}

/// The smallest part of the rule that decides the first event that is answered otherwise than it should be.
fn reasons(rule: &Rule, sample: &Sample, answers: &[Answer]) -> Vec<Said> {
    let unwanted = answer(sample.expected == Expected::Miss);
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

/// What came of a sample, by the answers to its events.
struct Judged {
    outcome: Outcome,
    found: Value,
    reason: Option<String>,
}

impl Judged {
    fn failure(&self, sample: &Sample) -> Option<Said> {
        let reason = self.reason.as_ref().filter(|_| self.outcome == Outcome::Failed)?;
        Some(Said { source: sample.source.clone(), diagnostic: Diagnostic::error(Code::SampleFailed, sample.place, reason) })
    }
}

fn judge(sample: &Sample, answers: &[Answer], who: &str) -> Judged {
    let matching = answers.iter().filter(|answer| **answer == Answer::True).count();
    let open = answers.iter().filter(|answer| matches!(answer, Answer::Open(_))).count();
    let because = answers.iter().find_map(|answer| if let Answer::Open(because) = answer { Some(because.clone()) } else { None });
    let passed = |found: Value| Judged { outcome: Outcome::Passed, found, reason: None };
    let opened = |found: Value| Judged { outcome: Outcome::Open, found, reason: because.clone() };
    let failed = |found: Value, reason: String| Judged { outcome: Outcome::Failed, found, reason: Some(reason) };
    let wanted = match sample.expected {
        Expected::AtLeast { number, .. } if matching >= number => return passed(matching.into()),
        Expected::AtLeast { number, .. } if matching + open >= number => return opened(matching.into()),
        Expected::AtLeast { number, .. } => {
            let of = format!("{who} matches {matching} of {} events of {}", sample.events.len(), path(sample));
            return failed(matching.into(), format!("{of}, and must match {number} or more"));
        }
        Expected::Match => true,
        Expected::Miss => false,
    };
    match answers.first() {
        Some(Answer::Open(_)) | None => opened(Value::Null),
        Some(found) if *found == answer(wanted) => passed(wanted.into()),
        Some(_) if wanted => failed(false.into(), format!("{who} does not match this event, and must")),
        Some(_) => failed(true.into(), format!("{who} matches this event, and must not")),
    }
}

/// The queries of a rule, one for each of its conditions, of which any may match; or what else became of them.
enum Queries {
    Written { queries: Vec<Query>, text: String },
    None { outcome: Outcome, diagnostics: Vec<Diagnostic> },
}

fn queries(rule: &Rule, job: &Job) -> Queries {
    let (mut queries, mut texts) = (Vec::new(), Vec::new());
    for (outcome, query) in engine::convert_to_run(rule, job) {
        match (outcome.result, query) {
            (Conversion::Written { query: text, .. }, Some(query)) => {
                queries.push(query);
                texts.push(one_line(text.trim()));
            }
            (Conversion::Refused, _) => {
                let refused = |why: Diagnostic| {
                    let message = format!("refused by `{}`: {}", job.target.name, why.message);
                    Diagnostic { severity: Severity::Note, message, ..why }
                };
                let diagnostics = outcome.diagnostics.into_iter().map(refused).collect();
                return Queries::None { outcome: Outcome::Refused, diagnostics };
            }
            (Conversion::Differs { .. } | Conversion::Written { .. }, _) => {
                return Queries::None { outcome: Outcome::Failed, diagnostics: outcome.diagnostics };
            }
        }
    }
    Queries::Written { queries, text: texts.join(" ; ") }
}

fn ask_target(rule: &Rule, samples: &[Sample], job: &Job) -> Vec<Asked> {
    let target = &job.target.name;
    match queries(rule, job) {
        Queries::None { outcome, diagnostics } => {
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
        Queries::Written { queries, text } => {
            (0..).zip(samples).map(|(number, sample)| ask_queries(rule, number, sample, &queries, (target, &text))).collect()
        }
    }
}

fn ask_queries(rule: &Rule, number: usize, sample: &Sample, queries: &[Query], (target, text): (&str, &str)) -> Asked {
    let answers: Vec<Answer> = sample.events.iter().map(|event| answer_of(queries, rule, event)).collect();
    let judged = judge(sample, &answers, &format!("the query for `{target}`"));
    let with_query = |said: Said| Said { diagnostic: said.diagnostic.help(format!("the query is {}", shortened(text))), ..said };
    let mut said: Vec<Said> = judged.failure(sample).map(with_query).into_iter().collect();
    if judged.outcome == Outcome::Open {
        said.extend((0..).zip(&answers).filter_map(|(index, answer)| open(sample, index, answer, target)));
    }
    Asked { sample: number, through: Some(target.to_owned()), outcome: judged.outcome, found: judged.found, reason: judged.reason, said }
}

/// A query as help shows it.
fn shortened(text: &str) -> String {
    /// So many characters are shown.
    const SHOWN: usize = 300;
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

/// What the queries together answer: true where one of them is.
fn answer_of(queries: &[Query], rule: &Rule, event: &Event) -> Answer {
    let expected = engine::matches(rule, event);
    let flat = flat(event).filter(|flat| engine::matches(rule, flat) == expected);
    let event = flat.as_ref().unwrap_or(event);
    let answers: Vec<Answer> = queries.iter().map(|query| query.matches(event)).collect();
    let found = if answers.contains(&Answer::True) {
        Answer::True
    } else {
        answers.into_iter().find(|answer| matches!(answer, Answer::Open(_))).unwrap_or(Answer::False)
    };
    let differs = match found {
        Answer::Open(_) => false,
        Answer::True | Answer::False => found != answer(expected),
    };
    match queries.iter().filter(|_| differs).find_map(|query| query.excuse(event)) {
        Some(excuse) => Answer::Open(excuse),
        None => found,
    }
}

fn open(sample: &Sample, index: usize, answer: &Answer, target: &str) -> Option<Said> {
    let Answer::Open(because) = answer else { return None };
    let event = if sample.events.len() == 1 { "the event".to_owned() } else { format!("event {index}") };
    let message = format!("{event} of {} is outside what the query for `{target}` assumes: {because}", path(sample));
    Some(Said { source: sample.source.clone(), diagnostic: Diagnostic::note(Code::SampleOpen, sample.place, message) })
}
