//! Events: JSON objects, their fields and leaves.
//!
//! A field denotes a bag of values (sigma.md §6.1): nulls are dropped, arrays flattened, an object counts
//! as one opaque member that no text or number test matches. Numbers keep their token, so nothing is
//! rounded. Deliberately absent: reading files, log source routing, and every notion of time.

use crate::text::number;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    root: Map<String, Value>,
}

/// One member of the bag that a field denotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member<'e> {
    /// A JSON string.
    Text(&'e str),
    /// A JSON number, by its token.
    Number(&'e serde_json::Number),
    /// A JSON boolean.
    Boolean(bool),
    /// An object: present, and matched by no other test.
    Object,
}

impl<'e> Member<'e> {
    /// The canonical text of a scalar (sigma.md §2.1); `None` for an object.
    pub fn canonical(self) -> Option<Cow<'e, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(Cow::Owned(number::canonical(number.as_str()))),
            Self::Boolean(true) => Some(Cow::Borrowed("true")),
            Self::Boolean(false) => Some(Cow::Borrowed("false")),
            Self::Object => None,
        }
    }
}

impl Event {
    /// An event from a JSON object.
    pub fn new(root: Map<String, Value>) -> Self {
        Self { root }
    }

    /// The JSON object.
    pub fn root(&self) -> &Map<String, Value> {
        &self.root
    }

    /// The same event with one top-level field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.root.insert(field.to_owned(), value);
        self
    }

    /// The bag of values that a field name denotes, in document order.
    ///
    /// The whole name is tried as a key first and hides any nested path; else the name is split at its
    /// first dot, and arrays distribute over their elements (sigma.md §6.1).
    pub fn field(&self, name: &str) -> Vec<Member<'_>> {
        let mut bag = Vec::new();
        lookup(&self.root, name, &mut bag);
        bag
    }

    /// Every scalar value at any depth, in document order: what keywords search (sigma.md §6.3).
    pub fn leaves(&self) -> Vec<Member<'_>> {
        let mut leaves = Vec::new();
        for value in self.root.values() {
            collect_leaves(value, &mut leaves);
        }
        leaves
    }
}

fn lookup<'e>(object: &'e Map<String, Value>, name: &str, bag: &mut Vec<Member<'e>>) {
    if let Some(value) = object.get(name) {
        return flatten(value, bag);
    }
    if let Some((head, tail)) = name.split_once('.') {
        if let Some(value) = object.get(head) {
            descend(value, tail, bag);
        }
    }
}

fn descend<'e>(value: &'e Value, tail: &str, bag: &mut Vec<Member<'e>>) {
    match value {
        Value::Object(object) => lookup(object, tail, bag),
        Value::Array(elements) => elements.iter().for_each(|element| descend(element, tail, bag)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn flatten<'e>(value: &'e Value, bag: &mut Vec<Member<'e>>) {
    match value {
        Value::Null => {}
        Value::Array(elements) => elements.iter().for_each(|element| flatten(element, bag)),
        Value::Bool(b) => bag.push(Member::Boolean(*b)),
        Value::Number(number) => bag.push(Member::Number(number)),
        Value::String(text) => bag.push(Member::Text(text)),
        Value::Object(_) => bag.push(Member::Object),
    }
}

fn collect_leaves<'e>(value: &'e Value, leaves: &mut Vec<Member<'e>>) {
    match value {
        Value::Object(object) => object.values().for_each(|inner| collect_leaves(inner, leaves)),
        Value::Array(elements) => elements.iter().for_each(|inner| collect_leaves(inner, leaves)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => flatten(value, leaves),
    }
}

/// The events of a text: one object, an array of objects, or objects one after the other, on lines of
/// their own or not.
///
/// # Errors
/// The JSON parser's message (with line and column) where the text is no JSON, nests deeper than 128
/// levels, or holds something that is no object.
pub fn read_events(text: &str) -> Result<Vec<Event>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value.map_err(|error| error.to_string())? {
            Value::Array(elements) => {
                for element in elements {
                    events.push(object(element)?);
                }
            }
            value => events.push(object(value)?),
        }
    }
    Ok(events)
}

fn object(value: Value) -> Result<Event, String> {
    match value {
        Value::Object(root) => Ok(Event::new(root)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err("an event must be a JSON object".to_owned())
        }
    }
}

/// A Windows event in its raw shape (`Event.System`, `Event.EventData`, `Event.UserData`), flattened as
/// sigma.md §12 says; any other event as it is.
pub fn flatten_windows(event: Event) -> Event {
    let Some(Value::Object(raw)) = event.root.get("Event") else { return event };
    if !raw.contains_key("System") && !raw.contains_key("EventData") && !raw.contains_key("UserData") {
        return event;
    }
    let mut flat = Map::new();
    if let Some(Value::Object(system)) = raw.get("System") {
        system.iter().for_each(|(key, value)| flatten_system(key, value, &mut flat));
    }
    if let Some(Value::Object(data)) = raw.get("EventData") {
        flatten_data(data, &mut flat);
    }
    if let Some(Value::Object(user)) = raw.get("UserData") {
        for inner in user.values() {
            if let Value::Object(data) = inner {
                flatten_data(data, &mut flat);
            }
        }
    }
    Event::new(flat)
}

fn flatten_system(key: &str, value: &Value, flat: &mut Map<String, Value>) {
    let Value::Object(object) = value else {
        flat.insert(key.to_owned(), value.clone());
        return;
    };
    if let Some(text) = object.get("#text") {
        flat.insert(key.to_owned(), text.clone());
    }
    if let Some(Value::Object(attributes)) = object.get("#attributes") {
        for (name, attribute) in attributes {
            flat.insert(format!("{key}_{name}"), attribute.clone());
        }
    }
}

fn flatten_data(data: &Map<String, Value>, flat: &mut Map<String, Value>) {
    for (key, value) in data {
        if key == "#attributes" {
            continue;
        }
        let name: String = key.chars().filter(|&c| c != ' ').collect();
        let value = value.get("#text").unwrap_or(value);
        flat.insert(name, value.clone());
    }
}
