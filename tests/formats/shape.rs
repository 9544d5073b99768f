//! What the importing products accept, as documented (docs/FORMATS.md): a small language of shapes for JSON,
//! and a reader of `.conf` files of its own.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a JSON value must be.
pub(crate) enum Shape {
    /// A text that is not empty.
    Text,
    /// Any text.
    AnyText,
    Boolean,
    /// An integer between these.
    Integer(i64, i64),
    /// This very value.
    Is(Value),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list.
    List(Box<Shape>),
    /// An object with these keys and no others; a key may be missing where its name ends in `?`.
    Object(Vec<(&'static str, Shape)>),
    /// A text that is JSON itself.
    Json(Box<Shape>),
}

impl Shape {
    /// Fails with the path of what is not so.
    pub(crate) fn check(&self, value: &Value, path: &str) {
        match self {
            Self::Text => assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{path}: {value}"),
            Self::AnyText => assert!(value.is_string(), "{path}: {value}"),
            Self::Boolean => assert!(value.is_boolean(), "{path}: {value}"),
            Self::Integer(low, high) => assert!(value.as_i64().is_some_and(|n| (*low..=*high).contains(&n)), "{path}: {value}"),
            Self::Is(expected) => assert_eq!(value, expected, "{path}"),
            Self::OneOf(words) => assert!(value.as_str().is_some_and(|text| words.contains(&text)), "{path}: {value}"),
            Self::List(item) => value.as_array().unwrap().iter().for_each(|value| item.check(value, &format!("{path}[]"))),
            Self::Object(keys) => Self::check_object(keys, value.as_object().unwrap(), path),
            Self::Json(shape) => shape.check(&serde_json::from_str(value.as_str().unwrap()).unwrap(), &format!("{path}#")),
        }
    }

    fn check_object(keys: &[(&'static str, Self)], object: &Map<String, Value>, path: &str) {
        for (key, shape) in keys {
            let name = key.trim_end_matches('?');
            match object.get(name) {
                Some(value) => shape.check(value, &format!("{path}.{name}")),
                None => assert!(key.ends_with('?'), "{path}.{name} is missing"),
            }
        }
        for key in object.keys() {
            assert!(keys.iter().any(|(known, _)| known.trim_end_matches('?') == key), "{path}.{key} is not known");
        }
    }
}

fn list(item: Shape) -> Shape {
    Shape::List(Box::new(item))
}

fn empty() -> Shape {
    Shape::Is(Value::Array(Vec::new()))
}

/// A saved object of type `search` in the shape of version 8.0.0, as Kibana 8.8 and later migrate it.
pub(crate) fn saved_search() -> Shape {
    use Shape::{AnyText, Boolean, Is, Json, Object, Text};
    const INDEX: &str = "kibanaSavedObjectMeta.searchSourceJSON.index";
    let query = Object(vec![("query", Text), ("language", Is("kuery".into()))]);
    let source = Object(vec![
        ("query", query),
        ("filter", empty()),
        ("highlightAll", Boolean),
        ("version", Boolean),
        ("indexRefName", Is(INDEX.into())),
    ]);
    let attributes = vec![
        ("title", Text),
        ("description", AnyText),
        ("columns", list(Text)),
        ("sort", list(list(Text))),
        ("grid", Object(Vec::new())),
        ("hideChart", Boolean),
        ("isTextBasedQuery", Is(false.into())),
        ("timeRestore", Boolean),
        ("kibanaSavedObjectMeta", Object(vec![("searchSourceJSON", Json(Box::new(source)))])),
    ];
    let reference = Object(vec![("name", Is(INDEX.into())), ("type", Is("index-pattern".into())), ("id", Text)]);
    Object(vec![
        ("id", Text),
        ("type", Is("search".into())),
        ("coreMigrationVersion", Is("8.8.0".into())),
        ("typeMigrationVersion", Is("8.0.0".into())),
        ("attributes", Object(attributes)),
        ("references", list(reference)),
    ])
}

/// A detection rule of type `query`, as Elastic Security imports it.
pub(crate) fn detection_rule() -> Shape {
    use Shape::{AnyText, Boolean, Integer, Is, Object, OneOf, Text};
    let entry = |below: Option<(&'static str, Shape)>| {
        Object([("id", Text), ("name", Text), ("reference", Text)].into_iter().chain(below).collect())
    };
    let technique = entry(Some(("subtechnique", list(entry(None)))));
    let threat = Object(vec![("framework", Is("MITRE ATT&CK".into())), ("tactic", entry(None)), ("technique", list(technique))]);
    Object(vec![
        ("rule_id", Text),
        ("name", Text),
        ("description", Text),
        ("enabled", Boolean),
        ("type", Is("query".into())),
        ("language", OneOf(&["kuery", "lucene"])),
        ("query", Text),
        ("index", list(Text)),
        ("filters", empty()),
        ("severity", OneOf(&["low", "medium", "high", "critical"])),
        ("severity_mapping", empty()),
        ("risk_score", Integer(0, 100)),
        ("risk_score_mapping", empty()),
        ("interval", Text),
        ("from", Text),
        ("to", Text),
        ("max_signals", Integer(1, 1000)),
        ("version", Integer(1, i64::MAX)),
        ("author", list(AnyText)),
        ("license?", AnyText),
        ("tags", list(AnyText)),
        ("false_positives", list(AnyText)),
        ("references", list(AnyText)),
        ("setup", AnyText),
        ("threat", list(threat)),
        ("exceptions_list", empty()),
        ("actions", empty()),
    ])
}

/// The stanzas of a `.conf` file: a line that ends in a backslash and the next one are one value with a line
/// break in it; lines that begin with `#` are comments.
pub(crate) fn stanzas(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut stanzas = Vec::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        let mut logical = line.to_owned();
        while logical.ends_with('\\') {
            logical.pop();
            logical = format!("{logical}\n{}", lines.next().expect("a line after a backslash"));
        }
        if logical.trim().is_empty() || logical.starts_with('#') {
            continue;
        }
        if let Some(name) = logical.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            stanzas.push((name.to_owned(), BTreeMap::new()));
        } else {
            let (key, value) = logical.split_once('=').expect("a setting");
            let (_, settings) = stanzas.last_mut().expect("a stanza");
            assert_eq!(settings.insert(key.trim().to_owned(), value.trim().to_owned()), None, "{key} twice");
        }
    }
    stanzas
}
