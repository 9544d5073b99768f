//! Schema files: what is known of the fields that are extracted from events.
//!
//! A file is YAML: `fields`, each with `single` (at most one value) and `numeric` (numbers in plain notation only), and
//! `raw`, the field that holds the text of the event. Every other field has any number of texts. Deliberately absent:
//! where a field comes from.

use super::Result;
use crate::diag::{Code, Diagnostic, quote};
use crate::ir::Case;
use crate::source::Place;
use crate::storage::{Column, ColumnKey, ColumnType, Columns, Names, Storage};
use crate::text::config;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The field that holds the text of an event, unless a schema names another.
const RAW: &str = "_raw";

const HELP: &str = "a schema is `fields: {NAME: {single: true, numeric: true}}` and `raw: NAME`";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Schema {
    fields: BTreeMap<String, Facts>,
    raw: Option<String>,
}

/// What is known of a field.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Facts {
    single: bool,
    numeric: bool,
    raw: bool,
}

/// The storage that a schema describes.
///
/// # Errors
/// `invalid_schema`, with the place, where the text is no YAML of this form.
pub fn schema(text: &str) -> Result<Storage> {
    config::check(text).map_err(|excess| refused(Place::on_line(excess.line, excess.column, 1), excess.message).help(HELP))?;
    let schema: Option<Schema> = serde_yaml::from_str(text).map_err(|error| {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = error.location().map_or(Place::NOWHERE, |at| Place::on_line(number(at.line()), number(at.column()), 1));
        refused(place, error.to_string()).help(HELP)
    })?;
    let Schema { fields, raw } = schema.unwrap_or_default();
    let mut raws = raw.into_iter().chain(fields.iter().filter(|(_, facts)| facts.raw).map(|(name, _)| name.clone()));
    let raw = raws.next().unwrap_or_else(|| RAW.to_owned());
    if let Some(other) = raws.find(|other| *other != raw) {
        return Err(refused(Place::NOWHERE, format!("two fields for the text of the event: {} and {}", quote(&raw), quote(&other))));
    }
    let mut listed = vec![column(&raw, ColumnKey::Event)];
    for (name, facts) in fields.iter().filter(|(name, _)| **name != raw) {
        let key = match (facts.single, facts.numeric) {
            (false, false) => ColumnKey::Texts,
            (true, false) => ColumnKey::OneText,
            (false, true) => ColumnKey::Numbers,
            (true, true) => ColumnKey::OneNumber,
        };
        listed.push(column(name, key));
    }
    let others = Some(kind(ColumnKey::Texts));
    Ok(Storage { table: None, names: Names::Sensitive, columns: Columns { listed, others }, raw: Some(raw), networks: None })
}

fn kind(key: ColumnKey) -> ColumnType {
    ColumnType { holds: key.holds(), compares: Case::Ascii }
}

fn column(name: &str, key: ColumnKey) -> Column {
    Column::new(name, kind(key))
}

fn refused(place: Place, what: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidSchema, place, what)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn facts_become_columns() {
        let storage =
            schema("fields:\n  EventID: {single: true, numeric: true}\n  user: {single: true}\n  n: {numeric: true}\nraw: text\n").unwrap();
        let key = |name: &str| storage.column(name).unwrap().1.holds.key();
        assert_eq!(key("EventID"), ColumnKey::OneNumber);
        assert_eq!(key("user"), ColumnKey::OneText);
        assert_eq!(key("n"), ColumnKey::Numbers);
        assert_eq!(key("text"), ColumnKey::Event);
        assert_eq!(key("_raw"), ColumnKey::Texts);
        assert_eq!(storage.raw.as_deref(), Some("text"));
        assert_eq!(schema("").unwrap().raw.as_deref(), Some("_raw"));
        assert_eq!(schema("fields: {text: {raw: true}}").unwrap().raw.as_deref(), Some("text"));
    }

    #[test]
    fn what_is_no_schema_has_a_place() {
        let error = schema("fields:\n  a: {singel: true}\n").unwrap_err();
        assert_eq!((error.code, error.place.line), (Code::InvalidSchema, 2));
        assert!(schema("[1]").is_err() && schema("raw: a\nfields: {b: {raw: true}}").is_err());
    }
}
