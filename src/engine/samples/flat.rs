//! Nested events as a store of columns gets them.
//!
//! A rule speaks of `outer.inner`, and so does a query, as a column of that name (docs/ARCHITECTURE.md, "Fields are
//! columns"). So objects are taken apart: each scalar under its path, several of one path as a list, in order. Whoever
//! asks a query about the result must see to it that the rule answers it as it answers the event.

use crate::event::Event;
use serde_json::{Map, Value};

/// The event without objects; nothing where it has none.
pub(super) fn flat(event: &Event) -> Option<Event> {
    let is_nested = |value: &Value| match value {
        Value::Object(_) => true,
        Value::Array(elements) => elements.iter().any(|element| element.is_object() || element.is_array()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if !event.root().values().any(is_nested) {
        return None;
    }
    let mut columns = Map::new();
    event.root().iter().for_each(|(key, value)| add(key.clone(), value, &mut columns));
    Some(Event::new(columns))
}

/// Adds what a value holds under its path. Recursion is as deep as the parser of events lets JSON nest.
fn add(path: String, value: &Value, columns: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, inner)| add(format!("{path}.{key}"), inner, columns)),
        Value::Array(elements) => elements.iter().for_each(|element| add(path.clone(), element, columns)),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => match columns.get_mut(&path) {
            None => {
                columns.insert(path, value.clone());
            }
            Some(Value::Array(several)) => several.push(value.clone()),
            Some(one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))) => {
                *one = Value::Array(vec![one.take(), value.clone()]);
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns(value: Value) -> Option<Value> {
        let Value::Object(root) = value else { return None };
        flat(&Event::new(root)).map(|event| Value::Object(event.root().clone()))
    }

    #[test]
    fn scalars_are_found_under_their_paths() {
        let nested = json!({"a": {"b": 1, "c": [{"d": "x"}, {"d": ["y", null]}], "e": {}}, "f": [[true]], "g": null});
        assert_eq!(columns(nested), Some(json!({"a.b": 1, "a.c.d": ["x", "y"], "f": true})));
        assert_eq!(columns(json!({"a": "x", "b": ["y", "z"]})), None);
    }
}
