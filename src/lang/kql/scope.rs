//! Names of fields: what the data view knows, and what the engine finds under the name that it is sent.
//!
//! Source: `get_fields.ts` of Kibana, and how Elasticsearch expands names with `*`. Deliberately absent: metadata
//! fields such as `_id`.

use super::super::elastic::field::Field;
use super::super::elastic::{invalid, unread};
use super::Result;
use super::literal::{Content, Literal};
use crate::diag::quote;
use crate::ir::{Case, Pattern};
use crate::source::Place;
use crate::storage::{Column, IndexKind, Storage};
use crate::text::pattern::Part;
use std::collections::BTreeMap;

/// What stands for a field in a query.
#[derive(Debug)]
pub(super) enum Named {
    /// No field: the value is searched everywhere.
    Nothing,
    /// Fields of the data view that a pattern found.
    Found(Vec<Field>),
    /// A name that is sent as it is.
    Sent(String),
}

/// The fields of a storage.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    storage: &'s Storage,
    /// Fields that were looked up before: a query has few, an index thousands.
    known: BTreeMap<String, Option<Field>>,
}

impl<'s> Scope<'s> {
    /// The fields of this storage.
    pub(super) fn new(storage: &'s Storage) -> Self {
        Self { storage, known: BTreeMap::new() }
    }

    /// What the literal before a colon or an operator names.
    pub(super) fn named(&self, literal: &Literal) -> Result<Named> {
        match &literal.content {
            Content::Null => Ok(Named::Nothing),
            Content::Boolean(_) => Err(unread(literal.place, "`true` and `false` as fields")),
            Content::Quoted(name) | Content::Bare(name) if name.is_empty() => Err(unread(literal.place, "an empty name of a field")),
            Content::Quoted(name) | Content::Bare(name) => Ok(Named::Sent(name.clone())),
            Content::Wild(pieces) => {
                if self.others(literal.place)?.is_some_and(|field| field.is_viewed()) {
                    return Err(unread(literal.place, "wildcards in names, where every name is a field"));
                }
                let pattern = pieces.pattern();
                let found = self.listed(literal.place, |column| pattern.matches(&column.name, Case::Sensitive))?;
                // A data view lists what has values, which objects have not.
                let is_known = |field: &Field| field.is_viewed() && field.kind() != IndexKind::Object;
                let viewed: Vec<Field> = found.into_iter().filter(is_known).collect();
                if viewed.iter().any(|field| field.kind() == IndexKind::Nested) {
                    return Err(unread(literal.place, "wildcards in names that find nested fields"));
                }
                Ok(if viewed.is_empty() { Named::Sent(pieces.starred()) } else { Named::Found(viewed) })
            }
        }
    }

    /// The field of exactly this name, if it is mapped. A nested one is found inside its block only.
    pub(super) fn field(&mut self, name: &str, place: Place) -> Result<Option<Field>> {
        if let Some(field) = self.known.get(name) {
            return Ok(field.clone());
        }
        let field = match self.storage.column(name) {
            Some((key, kind)) => Some(Field::new(&key, kind).ok_or_else(|| unread(place, "a storage that is no index"))?),
            None => None,
        };
        let field = match field {
            Some(field) if field.kind() == IndexKind::Nested && self.is_in_nested(name) => match field.is_viewed() {
                true => return Err(invalid(place, format!("the nested field {} outside of its block", quote(name)))),
                false => None,
            },
            Some(_) | None => field,
        };
        self.known.insert(name.to_owned(), field.clone());
        Ok(field)
    }

    /// The fields that the engine finds under a name in which `*` is a wildcard to it; nested ones are hidden.
    pub(super) fn expanded(&mut self, name: &str, place: Place) -> Result<Vec<Field>> {
        if !name.contains('*') {
            return Ok(self.field(name, place)?.into_iter().collect());
        }
        if self.others(place)?.is_some() {
            return Err(unread(place, "wildcards in names, where every name is a field"));
        }
        let mut parts: Vec<Part> = Vec::new();
        for text in name.split('*') {
            parts.extend([Part::Text(text.to_owned()), Part::Any]);
        }
        parts.pop();
        let pattern = Pattern::new(parts);
        self.leaves(place, |column| pattern.matches(&column.name, Case::Sensitive))
    }

    /// The fields below an object.
    pub(super) fn children(&self, object: &str, place: Place) -> Result<Vec<Field>> {
        let is_child = |column: &Column| column.name.strip_prefix(object).is_some_and(|rest| rest.starts_with('.'));
        self.leaves(place, is_child)
    }

    /// All fields, for values that are searched everywhere.
    pub(super) fn everything(&self, place: Place) -> Result<Vec<Field>> {
        if self.others(place)?.is_some() {
            return Err(unread(place, "a value without a field, where every name is a field"));
        }
        self.leaves(place, |_| true)
    }

    fn leaves(&self, place: Place, wanted: impl Fn(&Column) -> bool) -> Result<Vec<Field>> {
        let is_leaf = |field: &Field| !matches!(field.kind(), IndexKind::Object | IndexKind::Nested);
        Ok(self.listed(place, wanted)?.into_iter().filter(is_leaf).collect())
    }

    fn listed(&self, place: Place, wanted: impl Fn(&Column) -> bool) -> Result<Vec<Field>> {
        let columns = self.storage.columns.listed.iter().filter(|column| wanted(column));
        columns.map(|column| self.mapped(&column.name, column.kind, place)).collect()
    }

    fn mapped(&self, name: &str, kind: crate::storage::ColumnType, place: Place) -> Result<Field> {
        Field::new(name, kind).ok_or_else(|| unread(place, "a storage that is no index"))
    }

    /// The type of every name that is not listed.
    fn others(&self, place: Place) -> Result<Option<Field>> {
        self.storage.columns.others.map(|kind| self.mapped("", kind, place)).transpose()
    }

    fn is_in_nested(&self, name: &str) -> bool {
        let is_nested = |path: &str| {
            self.storage.column(path).and_then(|(key, kind)| Field::new(&key, kind)).is_some_and(|field| field.kind() == IndexKind::Nested)
        };
        name.match_indices('.').filter_map(|(at, _)| name.get(..at)).any(is_nested)
    }
}
