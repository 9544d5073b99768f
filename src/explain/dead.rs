//! Filters that suppress nothing: of each search that a condition negates in its conjunction, whether an event was found
//! that has what the condition asks for, and that search too.
//!
//! Events are made from the meaning of both together, with one value a field, as logs have them: a list could hold what
//! each asks for. One that matches shows that the filter does something; where none was found, either there is none, as when a filter asks for another `Image` than the selection, or it is beyond the
//! search: so nothing more is said than that, and nothing where lists are long. Deliberately absent: negations inside alternatives.

use crate::event::Event;
use crate::ir::eval::matches;
use crate::ir::lower::lower;
use crate::ir::{Predicate, Test};
use crate::rule::{Condition, ConditionText, Detection, Quantifier, Rule, SearchIdentifier};
use crate::verify::derive::derive;
use serde_json::Value;

/// More filters of a rule than this are not asked about.
const MAX_FILTERS: usize = 100;

/// The names of these filters, in the order of the rule.
pub(super) fn filters(rule: &Rule) -> Vec<String> {
    let conditions = rule.detection.conditions.iter();
    let asked = conditions.flat_map(|written| {
        let (wanted, suppressed) = sides(&written.condition);
        let searches = rule.detection.identifiers.iter().filter(move |own| suppressed.iter().any(|part| is_named(part, &own.name)));
        searches.map(move |own| (written, wanted.clone(), own))
    });
    let is_dead = |(written, wanted, own): &(&ConditionText, Vec<&Condition>, &SearchIdentifier)| {
        !wanted.is_empty() && is_without_events(&together(rule, written, wanted, &own.name))
    };
    let mut names: Vec<String> = asked.take(MAX_FILTERS).filter(is_dead).map(|(.., own)| own.name.clone()).collect();
    names.dedup();
    names
}

/// The conjuncts that a condition asks for, and what it negates: single searches, and any of several.
fn sides(condition: &Condition) -> (Vec<&Condition>, Vec<&Condition>) {
    let parts = match condition {
        Condition::And(parts) => parts.iter().collect(),
        Condition::Or(_) | Condition::Not(_) | Condition::Identifier(_) | Condition::Selector { .. } => vec![condition],
    };
    let (mut wanted, mut suppressed) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Condition::Not(inner) => suppressed.extend(alternatives(inner)),
            Condition::Or(_) | Condition::And(_) | Condition::Identifier(_) | Condition::Selector { .. } => wanted.push(part),
        }
    }
    (wanted, suppressed)
}

/// What each alone makes a negated condition hold.
fn alternatives(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::Or(parts) => parts.iter().flat_map(alternatives).collect(),
        Condition::Identifier(_) | Condition::Selector { quantifier: Quantifier::Any, .. } => vec![condition],
        Condition::And(_) | Condition::Not(_) | Condition::Selector { quantifier: Quantifier::All, .. } => Vec::new(),
    }
}

/// Whether a search alone makes such a part hold.
fn is_named(part: &Condition, search: &str) -> bool {
    match part {
        Condition::Identifier(name) => name == search,
        Condition::Selector { pattern, .. } => pattern.selects(search),
        Condition::Or(_) | Condition::And(_) | Condition::Not(_) => false,
    }
}

/// The rule that asks for what a condition wants and for a search besides.
fn together(rule: &Rule, written: &ConditionText, wanted: &[&Condition], name: &str) -> Rule {
    let own = Condition::Identifier(name.to_owned());
    let condition = Condition::And(wanted.iter().copied().cloned().chain([own]).collect());
    let conditions = vec![ConditionText { condition, ..written.clone() }];
    let detection = Detection { identifiers: rule.detection.identifiers.clone(), conditions };
    Rule { place: rule.place, metadata: rule.metadata.clone(), logsource: rule.logsource.clone(), detection, filters: Vec::new() }
}

/// Of a longer list not every value is tried with the others: that nothing was found would say nothing.
const MAX_VALUES: usize = 8;

/// Whether no event was found on which a rule matches. A rule without a formula, or with long lists, is not asked.
fn is_without_events(rule: &Rule) -> bool {
    let Ok(meanings) = lower(rule) else { return false };
    let mut longest = 0;
    meanings.iter().for_each(|meaning| meaning.for_each_test(&mut |test| longest = longest.max(values(test))));
    let is_searched = longest <= MAX_VALUES;
    is_searched && meanings.iter().all(|meaning| !derive(meaning).events.iter().any(|event| is_plain(event) && matches(meaning, event)))
}

fn values(test: &Test) -> usize {
    match &test.predicate {
        Predicate::Like { any, .. } => any.len(),
        Predicate::Within { any } => any.len(),
        Predicate::Regex(_) | Predicate::Compare { .. } | Predicate::Order { .. } | Predicate::Kind(_) => 1,
        Predicate::Exists | Predicate::Relates { .. } | Predicate::TimePart { .. } => 1,
    }
}

/// Whether no field has several values.
fn is_plain(event: &Event) -> bool {
    let mut rest: Vec<&Value> = event.root().values().collect();
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(_) => return false,
            Value::Object(members) => rest.extend(members.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::texts::example;
    use super::*;

    fn dead(detection: &str) -> Vec<String> {
        filters(&example::rule(detection).0)
    }

    #[test]
    fn a_filter_that_asks_for_another_value_suppresses_nothing() {
        let searches =
            r"s: {Image: 'C:\a.exe'}, f_dead: {Image|endswith: b.exe}, f_live: {User: x}, f_both: {Image|endswith: a.exe, User: y}";
        assert_eq!(dead(&format!("{{{searches}, condition: s and not 1 of f_*}}")), ["f_dead"]);
        assert_eq!(dead(&format!("{{{searches}, condition: s and not (f_dead or f_live)}}")), ["f_dead"]);
        assert_eq!(dead(&format!("{{{searches}, condition: s and not f_live and not f_both}}")), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_said_of_filters_inside_alternatives_or_alone() {
        let searches = "s: {A: a}, t: {A: c}, f: {A: b}";
        assert_eq!(dead(&format!("{{{searches}, condition: t or (s and not f)}}")), Vec::<String>::new());
        assert_eq!(dead(&format!("{{{searches}, condition: not f}}")), Vec::<String>::new());
        assert_eq!(dead(&format!("{{{searches}, condition: s and not (f and t)}}")), Vec::<String>::new());
    }
}
