//! What a rule compiles to, for each target that was asked for.
//!
//! Contract: every query is one that was read back and found to mean what the rule means; anything else is refused, with
//! its reasons. A rule with placeholders that have no values has no query: what they stand for is not known.
//! Deliberately absent: whatever wraps queries for a product.

use super::Subject;
use super::model::{Compiled, Outcome};
use crate::engine::{self, Conversion, Job};

/// The queries of a rule, target by target, and for each the conditions in order.
pub(super) fn queries(subject: &Subject<'_>, jobs: &[Job]) -> Vec<Compiled> {
    jobs.iter().flat_map(|job| compiled(subject, job)).collect()
}

fn compiled(subject: &Subject<'_>, job: &Job) -> Vec<Compiled> {
    if !subject.unresolved.is_empty() {
        return vec![Compiled { reasons: subject.unresolved.to_vec(), ..refused(job) }];
    }
    let is_one_of_several = subject.rule.detection.conditions.len() > 1;
    let compiled = |outcome: engine::Outcome| Compiled {
        condition: Some(outcome.condition).filter(|_| is_one_of_several),
        reasons: outcome.diagnostics.into_iter().map(|reason| reason.message).collect(),
        ..match outcome.result {
            Conversion::Written { query, verdict, .. } => Compiled {
                outcome: Outcome::Written,
                query: Some(query),
                matched: Some(verdict.matched),
                verdict: Some(verdict),
                ..refused(job)
            },
            Conversion::Refused => refused(job),
            Conversion::Differs { verdict, .. } => Compiled { matched: Some(verdict.matched), verdict: Some(verdict), ..refused(job) },
        }
    };
    engine::convert(subject.rule, job).into_iter().map(compiled).collect()
}

fn refused(job: &Job) -> Compiled {
    Compiled {
        target: job.target.name.clone(),
        pipeline: None,
        condition: None,
        outcome: Outcome::Refused,
        query: None,
        verdict: None,
        matched: None,
        reasons: Vec::new(),
    }
}
