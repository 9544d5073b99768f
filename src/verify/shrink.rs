//! Smaller events for which something still holds.
//!
//! Contract: [`shrink`] drops fields, simplifies and shortens values, one change at a time, and keeps a
//! change only where the question is still answered yes; so whatever it returns answers yes if the event
//! did. It asks a bounded number of times. Deliberately absent: what is asked.

use crate::event::Event;
use serde_json::{Map, Value};

/// The most questions that are asked about one event.
const MAX_QUESTIONS: usize = 2_000;

/// An event that is minimal as far as asked: no field can be dropped and no value simplified, in one of
/// the ways that are tried, such that `still` holds. The event itself where `still` does not hold for it.
pub fn shrink(event: &Event, still: &dyn Fn(&Event) -> bool) -> Event {
    let mut shrinking = Shrinking { best: event.root().clone(), still, questions: MAX_QUESTIONS };
    loop {
        let before = shrinking.best.clone();
        shrinking.drop_fields();
        shrinking.simplify_values();
        if shrinking.best == before || shrinking.questions == 0 {
            return Event::new(shrinking.best);
        }
    }
}

struct Shrinking<'s> {
    best: Map<String, Value>,
    still: &'s dyn Fn(&Event) -> bool,
    questions: usize,
}

impl Shrinking<'_> {
    fn accept(&mut self, smaller: Map<String, Value>) -> bool {
        let Some(left) = self.questions.checked_sub(1) else { return false };
        self.questions = left;
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
                let is_done = !simpler.into_iter().any(|value| self.accept_value(&name, value));
                if is_done {
                    break;
                }
            }
            self.shorten(&name);
        }
    }

    fn accept_value(&mut self, name: &str, value: Value) -> bool {
        let mut smaller = self.best.clone();
        smaller.insert(name.to_owned(), value);
        self.accept(smaller)
    }

    /// Cuts pieces out of a text, halves of it first and single characters last.
    fn shorten(&mut self, name: &str) {
        let mut size = self.text(name).len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.text(name).len() {
                let text = self.text(name);
                let rest: String = text.iter().take(at).chain(text.iter().skip(at + size)).collect();
                if !self.accept_value(name, Value::String(rest)) {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    fn text(&self, name: &str) -> Vec<char> {
        self.best.get(name).and_then(Value::as_str).map(|text| text.chars().collect()).unwrap_or_default()
    }
}

/// Simpler values in place of one: an element of an array, an array without one, a field of an object
/// less; never another text.
fn simpler(value: &Value) -> Vec<Value> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        Value::Array(elements) => {
            let without = (0..elements.len()).map(|gone| {
                let kept = elements.iter().enumerate().filter(|&(at, _)| at != gone).map(|(_, element)| element.clone());
                Value::Array(kept.collect())
            });
            elements.iter().cloned().chain(without).collect()
        }
        Value::Object(object) => {
            let without = object.keys().map(|gone| {
                let mut kept = object.clone();
                kept.shift_remove(gone);
                Value::Object(kept)
            });
            without.collect()
        }
    }
}
