//! The list of an earlier build, as it is read again.
//!
//! It is a file that somebody names: it may be anything. Contract: what is no list of this form is an error with a place;
//! what is one is taken at its word, as texts that become no markup. Deliberately absent: reading files; comparing.

use super::manifest::SCHEMA;
use super::record::Record;
use crate::source::Place;
use serde::Deserialize;

/// The list of an earlier build.
#[derive(Debug, Clone, Deserialize)]
pub struct Previous {
    /// What the set was called.
    pub(super) name: String,
    /// Its date.
    pub(super) date: Option<String>,
    /// The version of the program that wrote it.
    pub(super) verisigma: String,
    /// The targets that were asked for.
    pub(super) targets: Vec<String>,
    /// The digest of the texts of all rules.
    pub(super) inputs: String,
    /// The rules.
    pub(super) rules: Vec<Record>,
}

/// Why a text is no list that can be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Where it stops to be one.
    pub place: Place,
    /// What is wrong, without period.
    pub message: String,
}

/// The beginning that all versions of the list have in common.
#[derive(Deserialize)]
struct Marked {
    #[serde(rename = "schema")]
    _schema: Schema,
}

/// The form of a list, which is the one that is known.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Schema;

impl TryFrom<String> for Schema {
    type Error = String;

    fn try_from(schema: String) -> Result<Self, String> {
        if schema == SCHEMA {
            return Ok(Self);
        }
        let is_later = schema.strip_prefix("catalog/").is_some_and(|number| number.parse::<u32>().is_ok());
        let other = if is_later { "another version of the program wrote it: " } else { "" };
        Err(format!("{other}its form is `{}`, and this version reads `{SCHEMA}`", schema.chars().take(60).collect::<String>()))
    }
}

impl Previous {
    /// Reads the text of a `catalog.json`.
    ///
    /// # Errors
    /// It is none, or one of a form that is not known.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        let unusable = |error: serde_json::Error| Unusable::new(text, &error);
        serde_json::from_str::<Marked>(text).map_err(unusable)?;
        serde_json::from_str(text).map_err(unusable)
    }
}

impl Unusable {
    fn new(text: &str, error: &serde_json::Error) -> Self {
        let reason = error.to_string();
        let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(reason, _)| reason);
        let what = if error.is_data() { "no list of a catalogue that can be compared" } else { "no JSON" };
        Self { place: place(text, error.line(), error.column()), message: format!("{what}: {reason}") }
    }
}

/// A place in characters, from one in bytes.
fn place(text: &str, line: usize, column: usize) -> Place {
    let before = text.lines().nth(line.saturating_sub(1)).and_then(|line| line.get(..column.saturating_sub(1)));
    let column = before.map_or(1, |before| before.chars().count() + 1);
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place::on_line(number(line.max(1)), number(column), 1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const EMPTY: &str = r#"{"schema":"catalog/1","name":"n","date":null,"verisigma":"0","targets":[],"inputs":"","more":[1],"#;

    fn said(text: &str) -> (u32, u32, String) {
        let unusable = Previous::read(text).unwrap_err();
        (unusable.place.line, unusable.place.column, unusable.message)
    }

    #[test]
    fn lists_of_this_form_are_read_with_more_and_with_less() {
        assert_eq!(Previous::read(&format!("{EMPTY}\"rules\":[]}}")).unwrap().rules, []);
        let older = r#"{"id":null,"title":"t","source":"s","page":"r/p.html","data":"r/p.json","level":null,"status":"test","verification":{"kql":"proved"},"text":"","input":""}"#;
        let read = Previous::read(&format!("{EMPTY}\"rules\":[{older}]}}")).unwrap();
        assert!(read.rules.iter().all(|record| record.logic.is_none() && record.metadata.is_none() && record.logsource.is_none()));
    }

    #[test]
    fn anything_else_is_an_error_with_a_place() {
        assert_eq!(said(""), (1, 1, "no JSON: EOF while parsing a value".to_owned()));
        assert_eq!(said("{\n \"a\": x}").0, 2);
        assert!(said("[]").2.starts_with("no list of a catalogue that can be compared: "));
        assert!(said("{}").2.ends_with("missing field `schema`"));
        let (_, _, newer) = said("{\"schema\":\"catalog/2\",\n\"rules\":7}");
        assert!(newer.contains("another version") && newer.contains("`catalog/2`"), "{newer}");
        assert!(said("{\"schema\":\"explain/1\"}").2.contains("its form is `explain/1`"));
        let (line, _, broken) = said(&format!("{EMPTY}\n\"rules\":[{{\"id\":7}}]}}"));
        assert_eq!((line, broken.contains("invalid type")), (2, true), "{broken}");
        assert!(!said(&"[".repeat(1 << 20)).2.is_empty());
        assert!(!said(&format!("{EMPTY}\"x\":{}", "[".repeat(1 << 20))).2.is_empty());
    }

    #[test]
    fn columns_are_counted_in_characters() {
        assert_eq!(place("é: x", 1, 4), Place::on_line(1, 3, 1));
        assert_eq!(place("é: x", 1, 4).column, 3);
        assert_eq!(place("a", 9, 9).column, 1);
    }
}
