//! YAML data of any shape, each value with its place: the values of attributes that Sigma does not know, and
//! files that belong to rules.
//!
//! Scalars mean what they mean in a rule (sigma.md §1.1): where YAML versions disagree, the text is kept and the
//! value left open. Bounds are those of `yaml`: a tree is at most 64 levels deep, and aliases cannot make
//! it larger than the text by more than 100,000 values. Deliberately absent: what any of it is for.

use super::metadata::is_null;
use super::scalar::{self, Resolved};
use super::yaml::{Documents, Node, Scalar, View};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::{Place, Source};
use crate::text::number::Decimal;
use std::str::FromStr;

/// An attribute of a rule that Sigma does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// Its value.
    pub value: Data,
}

/// A value of any shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// What it is.
    pub kind: DataKind,
    /// Where it stands; a list or map by its first character.
    pub place: Place,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataKind {
    /// Null, or nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(Decimal),
    /// A text.
    Text(String),
    /// A scalar, as written, of which YAML versions make different values, or a number beyond 64 bits.
    Open(String),
    /// A list.
    List(Vec<Data>),
    /// A map, in the order of the text.
    Map(Vec<(Key, Data)>),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The text as written; empty for a key that is a list or a map.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// The first document of a text that is not empty; `None` where there is none.
///
/// # Errors
/// What is wrong with the text as YAML, or a second document.
pub fn parse(source: &Source) -> Result<Option<Data>, Vec<Diagnostic>> {
    let mut found: Option<Data> = None;
    for tree in Documents::new(source) {
        if !tree.diagnostics.is_empty() {
            return Err(tree.diagnostics);
        }
        let Some(root) = tree.root().filter(|root| !is_null(*root)) else { continue };
        if found.is_some() {
            let problem = Diagnostic::error(Code::YamlStructure, root.place(), "a second document");
            return Err(vec![problem.help("this file holds one document: remove the `---` before this one")]);
        }
        found = Some(data(root));
    }
    Ok(found)
}

/// The value that a node is.
pub(super) fn data(node: Node) -> Data {
    let kind = match node.view() {
        View::Scalar(own) => self::scalar(own),
        View::List(list) => DataKind::List(list.iter().map(data).collect()),
        View::Map(map) => DataKind::Map(map.entries().map(|(name, value)| (key(name), data(value))).collect()),
    };
    Data { kind, place: node.place() }
}

fn key(node: Node) -> Key {
    Key { text: node.scalar().map(|own| own.text.to_string()).unwrap_or_default(), place: node.place() }
}

fn scalar(own: &Scalar) -> DataKind {
    match scalar::resolve(own) {
        Resolved::Text => DataKind::Text(own.text.to_string()),
        Resolved::Null => DataKind::Null,
        Resolved::Boolean(value) => DataKind::Boolean(value),
        Resolved::Number(number) => DataKind::Number(number),
        Resolved::Ambiguous | Resolved::Unrepresentable => DataKind::Open(own.text.to_string()),
    }
}

impl Data {
    /// The value of a key, where this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            DataKind::Map(entries) => entries.iter().find(|(key, _)| key.text == name).map(|(_, value)| value),
            DataKind::Null | DataKind::Boolean(_) | DataKind::Number(_) | DataKind::Text(_) | DataKind::Open(_) | DataKind::List(_) => None,
        }
    }

    /// The text, where this is one in some YAML version.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            DataKind::Text(text) | DataKind::Open(text) => Some(text),
            DataKind::Null | DataKind::Boolean(_) | DataKind::Number(_) | DataKind::List(_) | DataKind::Map(_) => None,
        }
    }

    /// The same value as JSON.
    ///
    /// # Errors
    /// A value that is open, or a key that is no text, at its place.
    pub fn json(&self) -> Result<serde_json::Value, Diagnostic> {
        use serde_json::Value;
        Ok(match &self.kind {
            DataKind::Null => Value::Null,
            DataKind::Boolean(value) => Value::Bool(*value),
            DataKind::Number(number) => serde_json::Number::from_str(&number.to_string()).map_or(Value::Null, Value::Number),
            DataKind::Text(text) => Value::String(text.clone()),
            DataKind::Open(text) => return Err(open(text, self.place)),
            DataKind::List(values) => Value::Array(values.iter().map(Self::json).collect::<Result<_, _>>()?),
            DataKind::Map(entries) => {
                let entry = |(key, value): &(Key, Self)| Ok((key.text.clone(), value.json()?));
                Value::Object(entries.iter().map(entry).collect::<Result<_, Diagnostic>>()?)
            }
        })
    }
}

fn open(text: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::AmbiguousScalar, place, format!("the value of {} depends on the YAML version", quote(text)))
        .help("quote it if it is text, or write another number")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Option<serde_json::Value>, Vec<&'static str>> {
        let names = |errors: Vec<Diagnostic>| errors.iter().map(|error| error.code.name()).collect::<Vec<_>>();
        match parse(&Source::new("test", text)).map_err(names)? {
            Some(data) => data.json().map(Some).map_err(|error| vec![error.code.name()]),
            None => Ok(None),
        }
    }

    #[test]
    fn values_are_those_of_rules() {
        let text = "a: x\nb: [1, 0x10, 1.5, -3]\nc: {d: true, e: null, 5: '5'}\nf: |\n  y\n  z\n";
        let expected = json!({"a": "x", "b": [1, 16, 1.5, -3], "c": {"d": true, "e": null, "5": "5"}, "f": "y\nz\n"});
        assert_eq!(read(text), Ok(Some(expected)));
        assert_eq!(read("# nothing\n---\n~\n"), Ok(None));
        for (text, name) in [
            ("a: yes", "ambiguous_scalar"),
            ("a: 99999999999999999999", "ambiguous_scalar"),
            ("a: [", "yaml_syntax"),
            ("a: 1\na: 2", "duplicate_key"),
            ("a: 1\n---\nb: 1", "yaml_structure"),
        ] {
            assert_eq!(read(text), Err(vec![name]), "{text}");
        }
        assert_eq!(read(&"[".repeat(1_000_000)), Err(vec!["yaml_syntax"]));
    }

    #[test]
    fn attributes_that_sigma_does_not_know_are_kept_with_their_values_and_places() {
        let text = "title: a\nowner: blue\nlogsource: {product: x}\nmeta:\n  - k: 2024-01-01\ndetection:\n  s: {A: x}\n  condition: s\n";
        let rule = super::super::parse(&Source::new("test", text)).remove(0).rule.unwrap();
        let [owner, meta] = rule.metadata.custom.as_slice() else { panic!("{:?}", rule.metadata.custom) };
        assert_eq!((owner.name.as_str(), owner.value.text(), owner.place.line), ("owner", Some("blue"), 2));
        let DataKind::List(entries) = &meta.value.kind else { panic!("{meta:?}") };
        let value = entries.first().and_then(|entry| entry.get("k")).unwrap();
        assert_eq!((meta.name.as_str(), value.text(), value.place.line, value.place.column), ("meta", Some("2024-01-01"), 5, 8));
    }
}
