//! What a rule looks for: the predicates that stand below an even number of negations.
//!
//! Sorted by field, kind and value, bytewise; each once. Deliberately absent: how they are joined, which stages show.

use super::corpus::Corpus;
use super::model::{Indicator, IndicatorRole, Predicate};
use super::references::Side;
use super::sides::Sides;
use crate::rule::Rule;

/// The fields that say which events are meant.
const EVENT_SELECTORS: &[&str] = &["EventID", "Provider_Name", "Channel"];

/// What a rule looks for, and how many rules of a corpus look for the same. `path` is where the rule stands; in the corpus
/// the same path, or else the same id, is the same rule.
pub fn indicators(rule: &Rule, corpus: Option<&Corpus>, path: &str) -> Vec<Indicator> {
    let counts = corpus.map(|corpus| corpus.counts(rule, path));
    let indicator = |predicate: Predicate| {
        let others = counts.as_ref().map(|counts| counts.others(&predicate, Side::Wanted));
        Indicator { role: role(&predicate), rules: others.map(|others| others + 1), others, predicate }
    };
    Sides::of(rule).wanted.into_iter().map(indicator).collect()
}

fn role(predicate: &Predicate) -> IndicatorRole {
    let selects = predicate.field.as_deref().is_some_and(|field| EVENT_SELECTORS.contains(&field));
    if selects { IndicatorRole::EventSelector } else { IndicatorRole::Indicator }
}
