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
    if let Some((head, tail)) = name.split_once('.')
        && let Some(value) = object.get(head)
    {
        descend(value, tail, bag);
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
            value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => events.push(object(value)?),
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
        for (_, inner) in user.iter().filter(|(key, _)| *key != ATTRIBUTES) {
            if let Value::Object(data) = inner {
                flatten_data(data, &mut flat);
            }
        }
    }
    Event::new(flat)
}

/// The key under which the raw shape has an element's XML attributes.
const ATTRIBUTES: &str = "#attributes";

/// The key under which the raw shape has an element's text where the element has attributes too.
const TEXT: &str = "#text";

/// `System`: `K` → `K`, `K.#text` → `K`, `K.#attributes.A` → `K_A`.
fn flatten_system(key: &str, value: &Value, flat: &mut Map<String, Value>) {
    let attributes = value.get(ATTRIBUTES).and_then(Value::as_object);
    if attributes.is_none() || value.get(TEXT).is_some() {
        flat.insert(key.to_owned(), element_text(value));
    }
    for (name, attribute) in attributes.into_iter().flatten() {
        flat.insert(format!("{key}_{name}"), attribute.clone());
    }
}

/// `EventData` and the content of `UserData`: `K` → `K` without its blanks.
fn flatten_data(data: &Map<String, Value>, flat: &mut Map<String, Value>) {
    for (key, value) in data.iter().filter(|(key, _)| *key != ATTRIBUTES) {
        flat.insert(key.replace(' ', ""), element_text(value));
    }
}

/// The text of an element that has attributes, and of each element in a list of equal names; else the
/// value itself.
fn element_text(value: &Value) -> Value {
    match value {
        Value::Object(object) => object.get(TEXT).unwrap_or(value).clone(),
        Value::Array(elements) => Value::Array(elements.iter().map(|element| element.get(TEXT).unwrap_or(element).clone()).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::print_stderr,
        reason = "a test fails by panicking and says why it was skipped"
    )]
    use super::*;
    use serde_json::json;
    use std::path::Path;

    fn event(value: Value) -> Event {
        object(value).unwrap()
    }

    /// The bag of a field as canonical texts, objects as `{}`.
    fn bag(value: Value, name: &str) -> Vec<String> {
        event(value).field(name).into_iter().map(|member| member.canonical().map_or("{}".to_owned(), Cow::into_owned)).collect()
    }

    fn flat(value: Value) -> Value {
        Value::Object(flatten_windows(event(value)).root().clone())
    }

    #[test]
    fn the_exact_path_comes_first_and_hides_the_nested_one() {
        assert_eq!(bag(json!({"a.b": "y", "a": {"b": "x"}}), "a.b"), ["y"]);
        assert_eq!(bag(json!({"a.b": null, "a": {"b": "x"}}), "a.b"), [""; 0]);
        assert_eq!(bag(json!({"a": {"b.c": "y", "b": {"c": "x"}}}), "a.b.c"), ["y"]);
    }

    #[test]
    fn else_the_name_is_split_at_its_first_dot() {
        assert_eq!(bag(json!({"a": {"b": {"c": 1}}}), "a.b.c"), ["1"]);
        assert_eq!(bag(json!({"a.b": {"c": 1}}), "a.b.c"), [""; 0], "only the first dot splits");
        assert_eq!(bag(json!({"": {"": "x"}}), "."), ["x"]);
        assert_eq!(bag(json!({"a": "x"}), "a.b"), [""; 0], "a scalar has no members");
        assert_eq!(bag(json!({"A": 1}), "a"), [""; 0], "names are case-sensitive");
    }

    #[test]
    fn arrays_distribute_and_flatten_and_nulls_are_dropped() {
        assert_eq!(bag(json!({"a": [{"b": "x"}, {"c": 0}, "s", [{"b": ["y", null]}]]}), "a.b"), ["x", "y"]);
        assert_eq!(bag(json!({"a": [["x"], [["y"], null], []]}), "a"), ["x", "y"]);
        assert_eq!(bag(json!({"a": ["x"]}), "a.0"), [""; 0], "no numeric indexes");
        for absent in [json!({}), json!({"a": null}), json!({"a": []}), json!({"a": [null, [null]]})] {
            assert_eq!(bag(absent, "a"), [""; 0]);
        }
    }

    #[test]
    fn scalars_have_canonical_texts_and_objects_are_opaque() {
        let value = json!({"a": ["T", 5, true, false, {"b": "x"}]});
        assert_eq!(bag(value, "a"), ["T", "5", "true", "false", "{}"]);
        let exact = read_events(r#"{"a": [5.0, 1.50, 9007199254740993, 18446744073709551616, 1e2]}"#).unwrap();
        let texts: Vec<_> = exact[0].field("a").into_iter().filter_map(Member::canonical).collect();
        assert_eq!(texts, ["5", "1.5", "9007199254740993", "18446744073709551616", "100"]);
    }

    #[test]
    fn leaves_are_the_scalars_at_any_depth() {
        let value = event(json!({"k": "a", "b": {"c": ["d", {"e": 1}, null]}, "f": {}, "g": true}));
        let leaves: Vec<_> = value.leaves().into_iter().filter_map(Member::canonical).collect();
        assert_eq!(leaves, ["a", "d", "1", "true"]);
    }

    #[test]
    fn events_come_alone_in_arrays_and_one_after_the_other() {
        for (text, count) in [
            ("", 0),
            ("\u{feff}{}", 1),
            ("[]", 0),
            (r#"[{"a":1},{"a":2}]"#, 2),
            ("{\"a\":1}\n{\"a\":2}\n", 2),
            ("{\r\n \"a\": 1\r\n}\r\n{\r\n}", 2),
            ("{}{}[{}] {}", 4),
        ] {
            assert_eq!(read_events(text).unwrap().len(), count, "{text}");
        }
        for text in ["5", "[5]", "[[{}]]", "{} x", r#"{"a":}"#, r#"{"a":1"#, &"[".repeat(10_000), &r#"{"a":"#.repeat(10_000)] {
            assert!(read_events(text).is_err(), "{text}");
        }
    }

    #[test]
    fn windows_system_is_flattened_with_its_attributes() {
        let raw = json!({"Event": {"#attributes": {"xmlns": "x"}, "System": {
            "Provider": {"#attributes": {"Name": "Service Control Manager", "Guid": "{5}"}},
            "EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 7045},
            "Channel": "System",
            "Correlation": null,
            "Security": {"#attributes": {"UserID": "S-1-5-18"}},
            "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
        }}});
        let expected = json!({
            "Provider_Name": "Service Control Manager", "Provider_Guid": "{5}", "EventID": 7045, "EventID_Qualifiers": 16384, "Channel": "System",
            "Correlation": null, "Security_UserID": "S-1-5-18", "Execution_ProcessID": 4, "Execution_ThreadID": 8,
        });
        assert_eq!(flat(raw), expected);
    }

    #[test]
    fn windows_event_data_loses_blanks_in_keys_and_wrappers_of_values() {
        let raw = json!({"Event": {"System": {"EventID": 1116}, "EventData": {
            "#attributes": {"Name": "x"},
            "Threat Name": "EICAR",
            "Detection  User": null,
            "Wrapped": {"#attributes": {"Type": "t"}, "#text": "w"},
            "Data": ["a", {"#text": "b"}, {"#attributes": {}, "#text": "c"}],
        }}});
        let expected = json!({"EventID": 1116, "ThreatName": "EICAR", "DetectionUser": null, "Wrapped": "w", "Data": ["a", "b", "c"]});
        assert_eq!(flat(raw), expected);
    }

    #[test]
    fn windows_user_data_is_flattened_one_level_down() {
        let raw = json!({"Event": {"System": {"EventID": 5858}, "UserData": {
            "#attributes": {"xmlns": "x"},
            "Operation_ClientFailure": {"#attributes": {"xmlns": "y"}, "Id": "{0}", "Inner": {"k": 1}},
        }}});
        assert_eq!(flat(raw), json!({"EventID": 5858, "Id": "{0}", "Inner": {"k": 1}}));
    }

    #[test]
    fn other_events_are_taken_as_they_are() {
        for value in [json!({"Event": "x"}), json!({"Event": {"Type": "a b"}}), json!({"EventData": {"a b": 1}}), json!({"a b": 1})] {
            assert_eq!(flat(value.clone()), value);
        }
    }

    /// Every recorded event file of the rule set is read whole and flattened.
    #[test]
    fn recorded_windows_events_are_read_and_flattened() {
        let Ok(shared) = std::env::var("VERISIGMA_SHARED") else {
            eprintln!("skipped: VERISIGMA_SHARED is not set");
            return;
        };
        let mut files = Vec::new();
        json_files(&Path::new(&shared).join("corpus/regression_data"), &mut files);
        assert!(!files.is_empty());
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let objects = text.matches("\"System\":").count();
            let events = read_events(&text).unwrap();
            assert_eq!(events.len(), objects, "{}", file.display());
            for event in events.into_iter().map(flatten_windows) {
                for key in ["EventID", "Channel", "Computer", "Provider_Name", "TimeCreated_SystemTime"] {
                    assert_eq!(event.field(key).len(), 1, "{key} in {}", file.display());
                }
                assert!(event.root().keys().all(|key| !key.contains([' ', '#'])), "{}", file.display());
            }
        }
    }

    fn json_files(directory: &Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                json_files(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
}
