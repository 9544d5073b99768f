//! Asking a rule, and the queries that are written for it, about events of which is known how many must match.
//!
//! Contract: a query is asked as it was read back from its text. Where it answers otherwise than its rule on an event that
//! is outside what it assumes, the answer is open; so is what the target itself leaves open. A rule with several
//! conditions has a query for each, of which any may match. Deliberately absent: finding and reading samples.

mod flat;

use self::flat::flat;
use super::{Answer, Conversion, Job, Query, convert_to_run, matches};
use crate::diag::Diagnostic;
use crate::event::Event;
use crate::rule::Rule;

/// What must be so of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// So many of its events match, or more.
    AtLeast {
        /// So many.
        number: usize,
        /// Whether the description says how many.
        stated: bool,
    },
    /// Its one event matches.
    Match,
    /// Its one event does not.
    Miss,
}

/// What came of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was answered as it must be.
    Passed,
    /// Outside what the query assumes.
    Open,
    /// There is no query.
    Refused,
    /// It was not.
    Failed,
}

impl Outcome {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What came of a sample, by the answers to its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What came of it.
    pub outcome: Outcome,
    /// How many of its events match.
    pub matching: usize,
    /// Why it did not pass; paths and what is quoted of the rule stand in backticks.
    pub reason: Option<String>,
}

/// What a rule answers to events.
pub fn answers(rule: &Rule, events: &[Event]) -> Vec<Answer> {
    events.iter().map(|event| answer(matches(rule, event))).collect()
}

fn answer(matches: bool) -> Answer {
    if matches { Answer::True } else { Answer::False }
}

/// Judges the answers to the events of a sample that is called so, which `who` gave.
pub fn judge(expected: Expected, path: &str, answers: &[Answer], who: &str) -> Judged {
    let matching = answers.iter().filter(|answer| **answer == Answer::True).count();
    let open = answers.iter().filter(|answer| matches!(answer, Answer::Open(_))).count();
    let because = || answers.iter().find_map(|answer| if let Answer::Open(because) = answer { Some(because.clone()) } else { None });
    let judged = |outcome, reason| Judged { outcome, matching, reason };
    let wanted = match expected {
        Expected::AtLeast { number, .. } if matching >= number => return judged(Outcome::Passed, None),
        Expected::AtLeast { number, .. } if matching + open >= number => return judged(Outcome::Open, because()),
        Expected::AtLeast { number, .. } => {
            let of = format!("{who} matches {matching} of {} events of `{path}`", answers.len());
            return judged(Outcome::Failed, Some(format!("{of}, and must match {number} or more")));
        }
        Expected::Match => true,
        Expected::Miss => false,
    };
    match answers.first() {
        Some(Answer::Open(_)) | None => judged(Outcome::Open, because()),
        Some(found) if *found == answer(wanted) => judged(Outcome::Passed, None),
        Some(_) if wanted => judged(Outcome::Failed, Some(format!("{who} does not match this event, and must"))),
        Some(_) => judged(Outcome::Failed, Some(format!("{who} matches this event, and must not"))),
    }
}

/// The queries of a rule for a target, or what else became of them.
#[derive(Debug)]
pub enum Written {
    /// The queries, each with its text.
    Queries(Vec<(Query, String)>),
    /// There is none that may be used: refused, or it differs from its rule.
    None {
        /// Which of the two.
        outcome: Outcome,
        /// Why.
        diagnostics: Vec<Diagnostic>,
    },
}

impl Written {
    /// Writes the queries of a rule.
    pub fn new(rule: &Rule, job: &Job) -> Self {
        let mut queries = Vec::new();
        for (outcome, query) in convert_to_run(rule, job) {
            match (outcome.result, query) {
                (Conversion::Written { query: text, .. }, Some(query)) => queries.push((query, text)),
                (Conversion::Refused, _) => return Self::None { outcome: Outcome::Refused, diagnostics: outcome.diagnostics },
                (Conversion::Differs { .. } | Conversion::Written { .. }, _) => {
                    return Self::None { outcome: Outcome::Failed, diagnostics: outcome.diagnostics };
                }
            }
        }
        Self::Queries(queries)
    }
}

/// What queries together answer to each event: true where one of them is.
pub fn answers_of(queries: &[(Query, String)], rule: &Rule, events: &[Event]) -> Vec<Answer> {
    events.iter().map(|event| answer_of(queries, rule, event)).collect()
}

fn answer_of(queries: &[(Query, String)], rule: &Rule, event: &Event) -> Answer {
    let expected = matches(rule, event);
    let flat = flat(event).filter(|flat| matches(rule, flat) == expected);
    let event = flat.as_ref().unwrap_or(event);
    let answers: Vec<Answer> = queries.iter().map(|(query, _)| query.matches(event)).collect();
    let found = if answers.contains(&Answer::True) {
        Answer::True
    } else {
        answers.into_iter().find(|answer| matches!(answer, Answer::Open(_))).unwrap_or(Answer::False)
    };
    let differs = match found {
        Answer::Open(_) => false,
        Answer::True | Answer::False => found != answer(expected),
    };
    match queries.iter().filter(|_| differs).find_map(|(query, _)| query.excuse(event)) {
        Some(excuse) => Answer::Open(excuse),
        None => found,
    }
}
