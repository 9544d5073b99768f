//! Smaller events for which something still holds.
//!
//! Contract: [`shrink`] drops fields, simplifies and shortens values, one change at a time, and keeps a
//! change only where the question is still answered yes; so whatever it returns answers yes if the event
//! did. It asks a bounded number of times. Deliberately absent: what is asked.

use crate::event::Event;
use serde_json::{Map, Value};

/// What may be asked about one event: a question costs one, and one more for every so many characters.
const MAX_COST: usize = 4_000;
/// The most elements of an array that are tried alone, and fields of an object that are dropped.
const MAX_ELEMENTS: usize = 64;
/// The characters that cost as much as a question.
const CHARACTERS: usize = 256;

/// An event that is minimal as far as asked: no field can be dropped and no value simplified, in one of
/// the ways that are tried, such that `still` holds. The event itself where `still` does not hold for it.
pub fn shrink(event: &Event, still: &dyn Fn(&Event) -> bool) -> Event {
    let mut shrinking = Shrinking { best: event.root().clone(), still, left: MAX_COST };
    loop {
        let before = shrinking.best.clone();
        shrinking.drop_fields();
        shrinking.simplify_values();
        if shrinking.best == before || shrinking.left == 0 {
            return Event::new(shrinking.best);
        }
    }
}

struct Shrinking<'s> {
    best: Map<String, Value>,
    still: &'s dyn Fn(&Event) -> bool,
    left: usize,
}

impl Shrinking<'_> {
    fn accept(&mut self, smaller: Map<String, Value>) -> bool {
        let Some(left) = self.left.checked_sub(1 + length(&smaller) / CHARACTERS) else {
            self.left = 0;
            return false;
        };
        self.left = left;
        let is_accepted = (self.still)(&Event::new(smaller.clone()));
        if is_accepted {
            self.best = smaller;
        }
        is_accepted
    }

    fn names(&self) -> Vec<String> {
        self.best.keys().cloned().collect()
    }

    fn drop_fields(&mut self) {
        for name in self.names() {
            let mut smaller = self.best.clone();
            smaller.shift_remove(&name);
            self.accept(smaller);
        }
    }

    fn simplify_values(&mut self) {
        for name in self.names() {
            while let Some(simpler) = self.best.get(&name).map(simpler) {
                let is_simpler = simpler.into_iter().any(|value| self.accept_value(&name, value));
                if !is_simpler {
                    break;
                }
            }
            match self.best.get(&name).cloned() {
                Some(Value::String(text)) => self.shorten(&name, text.chars().collect(), |kept| Value::String(kept.iter().collect())),
                Some(Value::Array(elements)) => self.shorten(&name, elements, |kept| Value::Array(kept.to_vec())),
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {}
            }
        }
    }

    fn accept_value(&mut self, name: &str, value: Value) -> bool {
        let mut smaller = self.best.clone();
        smaller.insert(name.to_owned(), value);
        self.accept(smaller)
    }

    /// Cuts pieces out of a text or an array, halves of it first and single elements last.
    fn shorten<T: Clone>(&mut self, name: &str, mut kept: Vec<T>, value: fn(&[T]) -> Value) {
        let mut size = kept.len().div_ceil(2);
        while size > 0 && self.left > 0 {
            let mut at = 0;
            while at < kept.len() {
                let rest: Vec<T> = kept.iter().take(at).chain(kept.iter().skip(at + size)).cloned().collect();
                if self.accept_value(name, value(&rest)) {
                    kept = rest;
                } else {
                    at += size;
                }
            }
            size /= 2;
        }
    }
}

/// Simpler values in place of one: an element of an array, an object without one of its fields; never
/// another text.
fn simpler(value: &Value) -> Vec<Value> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        Value::Array(elements) => elements.iter().take(MAX_ELEMENTS).cloned().collect(),
        Value::Object(object) => {
            let without = object.keys().take(MAX_ELEMENTS).map(|gone| {
                let mut kept = object.clone();
                kept.shift_remove(gone);
                Value::Object(kept)
            });
            without.collect()
        }
    }
}

/// The characters of an event, more or less.
fn length(object: &Map<String, Value>) -> usize {
    object.iter().map(|(name, value)| name.len() + value_length(value)).sum()
}

fn value_length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len(),
        Value::Array(elements) => elements.iter().map(|element| 4 + value_length(element)).sum(),
        Value::Object(object) => length(object),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::cell::Cell;

    fn event(value: Value) -> Event {
        Event::new(value.as_object().cloned().unwrap_or_default())
    }

    fn contains(event: &Event, field: &str, text: &str) -> bool {
        event.field(field).iter().any(|member| member.canonical().is_some_and(|own| own.contains(text)))
    }

    #[test]
    fn what_does_not_matter_goes() {
        let large = event(json!({
            "a": "C:\\Windows\\System32\\cmd.exe /c whoami", "b": ["x", "cmd", { "y": 1 }], "c": 5, "d": { "e": "cmd", "f": 1 },
        }));
        for (still, small) in [
            (&(|event: &Event| contains(event, "a", "cmd")) as &dyn Fn(&Event) -> bool, json!({ "a": "cmd" })),
            (&|event: &Event| contains(event, "b", "cmd"), json!({ "b": "cmd" })),
            (&|event: &Event| contains(event, "d.e", "cm"), json!({ "d": { "e": "cmd" } })),
            (&|event: &Event| contains(event, "c", "5") && contains(event, "a", ""), json!({ "a": "", "c": 5 })),
            (&|_: &Event| true, json!({})),
            (&|event: &Event| *event == large, Value::Object(large.root().clone())),
        ] {
            assert_eq!(shrink(&large, still), event(small));
        }
    }

    #[test]
    fn questions_are_bounded() {
        let asked = Cell::new(0);
        let large = event(json!({ "a": "ab".repeat(10_000), "b": vec!["x"; 1_000] }));
        let still = |event: &Event| {
            asked.set(asked.get() + 1);
            contains(event, "a", "ab") && contains(event, "b", "x")
        };
        let small = shrink(&large, &still);
        assert!(still(&small));
        assert!(asked.get() <= MAX_COST + 1, "{}", asked.get());
        assert!(small.root().values().all(|value| value.to_string().len() < 50), "{small:?}");
        // Where what was asked is not so, nothing is changed.
        assert_eq!(shrink(&large, &|_| false), large);
    }
}
