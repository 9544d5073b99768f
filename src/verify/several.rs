//! Events with several values in a field, for storages that hold them: what shows whether a query asks for
//! some value, as a rule does, or for all, the first, or the last.
//!
//! Contract: linear in the number of events and fields. Each event puts a value that makes the formula hold
//! beside one that does not, in both orders. Deliberately absent: events for storages of one value a field,
//! which have no record of these.

use crate::event::Event;
use crate::ir::{Expr, eval::matches};
use crate::storage::{Storage, Values};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A value that hardly any test is about.
const OTHER: &str = "zz";

/// Events like these with two values in a field, where the storage holds them.
pub(super) fn several(events: &[Event], meaning: &Expr, storage: &Storage) -> Vec<Event> {
    let mut fields = BTreeSet::new();
    meaning.for_each_field(&mut |field| {
        if storage.column(storage.tested(field)).is_some_and(|(_, kind)| kind.values() == Values::Several) {
            fields.insert(field);
        }
    });
    if fields.is_empty() {
        return Vec::new();
    }
    let is_flat = |event: &&Event| event.root().values().all(|value| !value.is_array() && !value.is_object());
    let Some(matching) = events.iter().find(|event| is_flat(event) && matches(meaning, event)) else { return Vec::new() };
    let neighbours: Vec<(&str, &Event)> = events.iter().filter_map(|event| Some((only_difference(matching, event)?, event))).collect();
    fields.into_iter().flat_map(|field| for_field(field, matching, &neighbours, meaning)).collect()
}

/// The one field in which two events differ.
fn only_difference<'e>(one: &'e Event, two: &'e Event) -> Option<&'e str> {
    let names = one.root().keys().chain(two.root().keys().filter(|name| !one.root().contains_key(*name)));
    let mut differing = names.filter(|name| one.root().get(*name) != two.root().get(*name));
    let first = differing.next();
    first.filter(|_| differing.next().is_none()).map(String::as_str)
}

/// Two values of a field: one with which the formula holds and one with which it does not.
fn for_field(field: &str, matching: &Event, neighbours: &[(&str, &Event)], meaning: &Expr) -> Vec<Event> {
    let own = matching.root().get(field);
    let missing = neighbours.iter().filter(|(name, event)| *name == field && !matches(meaning, event));
    let other = missing.filter_map(|(_, event)| event.root().get(field)).find(|value| is_scalar(value));
    let pair = match (own.filter(|own| is_scalar(own)), other) {
        (Some(own), Some(other)) => [own.clone(), other.clone()],
        (Some(only), None) | (None, Some(only)) => [only.clone(), json!(OTHER)],
        (None, None) => return Vec::new(),
    };
    let [one, two] = pair;
    let with = |values: [&Value; 2]| matching.clone().with(field, json!(values));
    vec![with([&one, &two]), with([&two, &one])]
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Case, Pattern, Predicate, Subject};
    use crate::source::Place;
    use crate::storage::{ColumnKey, ColumnType, Columns, Names};
    use crate::verify::derive::derive;

    #[test]
    fn values_that_matter_stand_side_by_side() {
        let like = |field, text| Expr::test(Subject::field(field), Predicate::like(Pattern::exact(text), Case::Fold), Place::NOWHERE);
        let expr = Expr::and([like("a", "x"), Expr::not(like("b", "y"))]);
        let of = |key: ColumnKey| {
            let columns = Columns::open(ColumnType { holds: key.holds(), compares: Case::Sensitive });
            let storage = Storage { table: None, names: Names::Sensitive, columns, raw: None, networks: None };
            several(&derive(&expr).events, &expr, &storage)
        };
        assert!(of(ColumnKey::Text).is_empty());
        let events = of(ColumnKey::Texts);
        assert_eq!(events.len(), 4);
        let matched = events.iter().filter(|event| matches(&expr, event)).count();
        assert_eq!(matched, 2, "{events:?}");
    }
}
