//! Mapping files into storages.
//!
//! Source: Elasticsearch, "Mapping" and the answer of `GET index/_mapping`: one or several indices, or
//! `{"mappings": …}` alone; with `settings` beside it, as index templates have them, normalizers are looked up
//! there. Names that are not mapped are no fields. A field that indices map differently is one on which no request
//! is read. Deliberately absent: dynamic templates, and what an index will map later.

use super::setting::{Normalizers, column_type, indexed};
use crate::diag::{Code, Diagnostic, quote};
use crate::ir::Case;
use crate::source::Place;
use crate::storage::{Column, ColumnType, Columns, Holds, IndexKind, Indexed, Names, Storage};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, Diagnostic>;
type Object = Map<String, Value>;

/// The storage that a mapping file describes.
///
/// # Errors
/// `invalid_schema`, with the place in the text where it is no JSON.
pub(in crate::lang) fn storage(text: &str) -> Result<Storage> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Object = serde_json::from_str(text).map_err(|error| no_json(&error))?;
    let mut merged: BTreeMap<String, Column> = BTreeMap::new();
    for index in indices(&root)? {
        for column in fields(index)? {
            add(&mut merged, column);
        }
    }
    let columns = Columns::listed(merged.into_values().collect());
    Ok(Storage { table: None, names: Names::Sensitive, columns, raw: None, networks: None })
}

fn no_json(error: &serde_json::Error) -> Diagnostic {
    let number = |count: usize| u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    let place = Place::on_line(number(error.line()), number(error.column()), 1);
    let message = error.to_string();
    // The parser ends its message with the place, which is said anyway.
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    Diagnostic { place, ..refused(&format!("no JSON object: {what}")) }
}

fn refused(what: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidSchema, Place::NOWHERE, what)
        .help("a schema is a mapping as `GET index/_mapping` answers it: `{\"mappings\": {\"properties\": {…}}}`")
}

/// The indices of a file: it is one itself, or names them.
fn indices(root: &Object) -> Result<Vec<&Object>> {
    if root.contains_key("mappings") {
        return Ok(vec![root]);
    }
    let index = |(name, value): (&String, &'_ Value)| match value.as_object().filter(|index| index.contains_key("mappings")) {
        Some(_) => Ok(()),
        None => Err(refused(&format!("{} is no index with `mappings`", quote(name)))),
    };
    if root.is_empty() {
        return Err(refused("no index"));
    }
    root.iter().try_for_each(index)?;
    Ok(root.values().filter_map(Value::as_object).collect())
}

/// The fields of one index.
fn fields(index: &Object) -> Result<Vec<Column>> {
    let mappings = object(index.get("mappings"), "mappings")?;
    let settings = index.get("settings");
    let normalizers = |name: &str| normalizer(settings, name);
    let mut walk = Walk { normalizers: &normalizers, columns: BTreeMap::new(), aliases: Vec::new(), copied: Vec::new() };
    if let Some(properties) = mappings.get("properties") {
        walk.properties("", object(Some(properties), "properties")?, Visibility::Open)?;
    }
    // A field that is computed at search time hides what is stored under its name.
    for name in mappings.get("runtime").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
        walk.hide(name);
    }
    Ok(walk.finish())
}

fn object<'v>(value: Option<&'v Value>, name: &str) -> Result<&'v Object> {
    value.and_then(Value::as_object).ok_or_else(|| refused(&format!("{} is no object", quote(name))))
}

/// The relation under which texts are the same after a normalizer: `lowercase`, built in or said in settings.
fn normalizer(settings: Option<&Value>, name: &str) -> Option<Case> {
    let analysis = ["/index/analysis", "/analysis"].iter().find_map(|path| settings?.pointer(path));
    let own = analysis.and_then(|analysis| analysis.get("normalizer")?.get(name));
    let Some(own) = own else { return (name == "lowercase").then_some(Case::Lower) };
    let is_redefined = analysis.is_some_and(|analysis| analysis.pointer("/filter/lowercase").is_some());
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    let has_no_characters = own.get("char_filter").is_none_or(is_empty);
    let lowers = match own.get("filter") {
        Some(Value::Array(filters)) => matches!(filters.as_slice(), [filter] if filter == "lowercase"),
        Some(filter) => filter == "lowercase",
        None => false,
    };
    (lowers && has_no_characters && !is_redefined).then_some(Case::Lower)
}

/// Whether requests see the fields below an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    /// They do.
    Open,
    /// Only inside the block of a nested object.
    Nested,
}

/// The walk through the properties of one index.
struct Walk<'m> {
    normalizers: &'m Normalizers<'m>,
    columns: BTreeMap<String, Column>,
    /// Names that stand for another field, with that field.
    aliases: Vec<(String, String)>,
    /// Fields that other fields are copied to.
    copied: Vec<String>,
}

impl Walk<'_> {
    fn properties(&mut self, prefix: &str, properties: &Object, visibility: Visibility) -> Result<()> {
        for (name, value) in properties {
            let path = format!("{prefix}{name}");
            let parameters = object(Some(value), &path)?;
            self.parents(&path, visibility);
            self.field(&path, parameters, visibility)?;
        }
        Ok(())
    }

    /// A name with dots stands for objects in each other.
    fn parents(&mut self, path: &str, visibility: Visibility) {
        for (at, _) in path.match_indices('.') {
            let parent = path.get(..at).unwrap_or_default();
            if !self.columns.contains_key(parent) {
                self.column(parent, indexed(IndexKind::Object, None, Case::Sensitive), visibility);
            }
        }
    }

    fn field(&mut self, path: &str, parameters: &Object, visibility: Visibility) -> Result<()> {
        if parameters.get("type").is_some_and(|kind| kind == "alias") {
            let target = parameters.get("path").and_then(Value::as_str);
            self.aliases.push((path.to_owned(), target.unwrap_or_default().to_owned()));
            return Ok(());
        }
        let kind = column_type(parameters, self.normalizers);
        self.column(path, kind, visibility);
        self.copies(parameters);
        if let Some(fields) = parameters.get("fields") {
            for (name, value) in object(Some(fields), &format!("{path}.fields"))? {
                let kind = column_type(object(Some(value), &format!("{path}.{name}"))?, self.normalizers);
                self.insert(Column { name: format!("{path}.{name}"), source: path.to_owned(), kind }, visibility);
            }
        }
        let Some(inner) = parameters.get("properties") else { return Ok(()) };
        let is_nested = visibility == Visibility::Nested || parameters.get("type").is_some_and(|kind| kind == "nested");
        let visibility = if is_nested { Visibility::Nested } else { Visibility::Open };
        self.properties(&format!("{path}."), object(Some(inner), path)?, visibility)
    }

    fn column(&mut self, path: &str, kind: ColumnType, visibility: Visibility) {
        self.insert(Column::new(path, kind), visibility);
    }

    fn insert(&mut self, column: Column, visibility: Visibility) {
        let kind = match visibility {
            Visibility::Open => column.kind,
            Visibility::Nested => indexed(IndexKind::Nested, None, Case::Sensitive),
        };
        add(&mut self.columns, Column { kind, ..column });
    }

    fn copies(&mut self, parameters: &Object) {
        let targets = match parameters.get("copy_to") {
            Some(Value::Array(targets)) => targets.iter().collect(),
            target => Vec::from_iter(target),
        };
        self.copied.extend(targets.into_iter().filter_map(Value::as_str).map(str::to_owned));
    }

    /// Makes a field one on which no request is read.
    fn hide(&mut self, name: &str) {
        self.columns.insert(name.to_owned(), Column::new(name, indexed(IndexKind::Other, None, Case::Sensitive)));
    }

    fn finish(mut self) -> Vec<Column> {
        for name in std::mem::take(&mut self.copied) {
            // What is indexed again below the field has the copies too.
            let again: Vec<String> =
                self.columns.values().filter(|column| column.source == name).map(|column| column.name.clone()).collect();
            again.iter().chain([&name]).for_each(|name| self.hide(name));
        }
        for (name, target) in std::mem::take(&mut self.aliases) {
            match self.columns.get(&target).cloned() {
                Some(column) => add(&mut self.columns, Column { name, ..column }),
                None => self.hide(&name),
            }
        }
        self.columns.into_values().collect()
    }
}

/// Adds a column; where there is another of its name, neither type holds.
fn add(columns: &mut BTreeMap<String, Column>, column: Column) {
    match columns.get_mut(&column.name) {
        Some(before) if *before == column => {}
        Some(before) if is_object(before) && is_object(&column) => {}
        Some(before) => before.kind = indexed(IndexKind::Other, None, Case::Sensitive),
        None => {
            columns.insert(column.name.clone(), column);
        }
    }
}

fn is_object(column: &Column) -> bool {
    matches!(column.kind.holds, Holds::Indexed(Indexed { kind: IndexKind::Object, .. }))
}
