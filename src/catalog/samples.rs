//! The samples that a rule set keeps for its rules: on the page of a rule, and counted over all of them.
//!
//! Where no rule names a sample nothing is said of them. Deliberately absent: asking rules and queries (`explain`).

use super::plan::{Entry, Site};
use super::rule::Scope;
use crate::explain::model::{Sample, SampleAnswer, SampleOutcome};
use minijinja::Value;
use std::collections::BTreeMap;

/// So many characters of a reason, or of a text of a description, stand on a page.
const LONGEST: usize = 600;

/// The outcomes that are counted, in the order of the columns.
const COUNTED: [SampleOutcome; 5] =
    [SampleOutcome::Passed, SampleOutcome::Failed, SampleOutcome::Open, SampleOutcome::Refused, SampleOutcome::Unread];

/// The glyph that stands beside a word for what came of a sample.
pub(super) fn glyph(word: &str) -> Option<&'static str> {
    let outcome = SampleOutcome::ALL.into_iter().find(|outcome| outcome.word() == word)?;
    Some(match outcome {
        SampleOutcome::Absent => "∅",
        SampleOutcome::Passed => "✓",
        SampleOutcome::Open => "≈",
        SampleOutcome::Refused => "–",
        SampleOutcome::Unread => "?",
        SampleOutcome::Failed => "✗",
    })
}

/// The samples of a rule.
pub(super) fn of_rule(samples: &[Sample], scope: &Scope<'_>) -> Value {
    let limited = |text: &str| text.trim().chars().take(LONGEST).collect::<String>();
    let answer = |who: &str, answer: &SampleAnswer| {
        view! { who, word => answer.outcome.word(), matched => answer.matched, reason => answer.reason.as_deref().map(limited) }
    };
    let sample = |sample: &Sample| {
        let of_targets = sample.targets.iter().map(|own| answer(&own.target, &own.answer));
        let answers: Vec<Value> = std::iter::once(answer("the rule", &sample.rule)).chain(of_targets).collect();
        view! {
            name => sample.name.as_deref().map(limited), description => sample.description.as_deref().map(limited),
            form => sample.form, path => limited(&sample.path), match_count => sample.match_count, events => sample.events, answers,
        }
    };
    let rows: Vec<Value> = samples.iter().take(scope.rows).map(sample).collect();
    view! { rows, more => samples.len().saturating_sub(scope.rows) }
}

/// What came of the samples of a rule: of several the worst.
fn worst<'s>(answers: impl Iterator<Item = &'s SampleAnswer>) -> Option<SampleOutcome> {
    answers.map(|answer| answer.outcome).max()
}

/// Whether a sample of a rule is not answered as it must be, or cannot be read.
pub(super) fn is_faulty(entry: &Entry<'_>) -> bool {
    let answers = |sample: &'_ Sample| -> Vec<SampleOutcome> {
        std::iter::once(&sample.rule).chain(sample.targets.iter().map(|own| &own.answer)).map(|answer| answer.outcome).collect()
    };
    let is_faulty = |outcome: SampleOutcome| matches!(outcome, SampleOutcome::Failed | SampleOutcome::Unread);
    entry.explanation.samples.iter().flat_map(answers).any(is_faulty)
}

/// How many rules name a sample, and what came of them: for the rules themselves, and for each target. Nothing where none
/// does.
pub(super) fn counts(site: &Site<'_>) -> Option<Value> {
    let named: Vec<&[Sample]> =
        site.entries.iter().map(|entry| &*entry.explanation.samples).filter(|samples| !samples.is_empty()).collect();
    let present = named.iter().filter(|samples| samples.iter().any(|sample| sample.present)).count();
    let row = |who: &str, outcomes: BTreeMap<SampleOutcome, usize>| {
        view! { who, numbers => COUNTED.map(|outcome| outcomes.get(&outcome).copied().unwrap_or_default()) }
    };
    let count = |find: &dyn Fn(&[Sample]) -> Option<SampleOutcome>| {
        let mut outcomes = BTreeMap::new();
        named.iter().filter_map(|samples| find(samples)).for_each(|outcome| *outcomes.entry(outcome).or_default() += 1);
        outcomes
    };
    let own = row("the rule", count(&|samples| worst(samples.iter().map(|sample| &sample.rule))));
    let of_targets = site.catalog.targets.iter().map(|target| {
        let answers = |samples: &[Sample]| {
            let own = samples.iter().flat_map(|sample| &sample.targets).filter(|own| own.target == *target);
            worst(own.map(|own| &own.answer))
        };
        row(target, count(&answers))
    });
    let rows: Vec<Value> = std::iter::once(own).chain(of_targets).collect();
    let words = COUNTED.map(SampleOutcome::word);
    (!named.is_empty()).then(|| view! { named => named.len(), present, rows, words })
}
