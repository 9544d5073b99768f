//! What a reading knows and gathers: the storage, the fields that commands made, what is assumed.
//!
//! Work is counted, so that no query takes more than a bounded time. Deliberately absent: all grammar.

use super::pieces::Piece;
use super::{Result, unread};
use crate::diag::{Diagnostic, quote};
use crate::ir::{Case, Expr, Pattern, Predicate, Subject};
use crate::source::Place;
use crate::storage::{Assumption, ColumnType, Content, Extracted, Holds, Name, Storage, Values};
use crate::text::number::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Steps, and nodes of formulas copied, before a query is left unread.
const BUDGET: usize = 1_000_000;

/// The reading of one query.
#[derive(Debug)]
pub(super) struct Reader<'s> {
    storage: &'s Storage,
    assumptions: Vec<Assumption>,
    set_apart: Vec<Diagnostic>,
    /// The fields that commands made, with their values.
    made: BTreeMap<String, Vec<Piece>>,
    budget: usize,
}

/// A field of the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Its key in records.
    pub(super) key: Arc<str>,
    kind: ColumnType,
}

impl Field {
    /// A test on it.
    pub(super) fn test(&self, predicate: Predicate, place: Place) -> Expr {
        Expr::test(Subject::Field(self.key.clone()), predicate, place)
    }

    /// It has a value.
    pub(super) fn exists(&self, place: Place) -> Expr {
        self.test(Predicate::Exists, place)
    }

    /// Whether it is the text of the event.
    pub(super) fn is_event(&self) -> bool {
        self.kind.holds == Holds::Event
    }
}

impl<'s> Reader<'s> {
    /// A reading that has not begun.
    pub(super) fn new(storage: &'s Storage) -> Self {
        Self { storage, assumptions: Vec::new(), set_apart: Vec::new(), made: BTreeMap::new(), budget: BUDGET }
    }

    /// What had to be assumed, in order and each once, and what was set apart.
    pub(super) fn finish(self) -> (Vec<Assumption>, Vec<Diagnostic>) {
        let mut assumptions = self.assumptions;
        assumptions.sort_unstable();
        assumptions.dedup_by(|a, b| (a.name, &a.field, &a.pattern) == (b.name, &b.field, &b.pattern));
        (assumptions, self.set_apart)
    }

    /// Counts steps of work.
    pub(super) fn charge(&mut self, steps: usize, place: Place) -> Result<()> {
        self.budget = self.budget.checked_sub(steps).ok_or_else(|| unread(place, "a condition whose meaning is this large"))?;
        Ok(())
    }

    /// A copy of a formula, counted.
    pub(super) fn copy(&mut self, expr: &Expr, place: Place) -> Result<Expr> {
        self.charge(size(expr), place)?;
        Ok(expr.clone())
    }

    /// The field of this name in the storage.
    pub(super) fn field(&self, name: &str, place: Place) -> Result<Field> {
        let found = self.storage.column(name).map(|(key, kind)| Field { key: key.into(), kind });
        found.ok_or_else(|| unread(place, format!("{}, a field that the schema does not have", quote(name))))
    }

    /// The field that holds the text of the event.
    pub(super) fn raw(&self, place: Place) -> Result<Field> {
        let raw = self
            .storage
            .raw
            .as_deref()
            .ok_or_else(|| unread(place, "a search in the text of the event, which the schema does not name"))?;
        self.field(raw, place)
    }

    /// The values of a field that some command made.
    pub(super) fn made(&mut self, name: &str, place: Place) -> Result<Option<Vec<Piece>>> {
        let Some(pieces) = self.made.get(name) else { return Ok(None) };
        let pieces = pieces.clone();
        self.charge(pieces.iter().map(|piece| size(&piece.guard)).sum(), place)?;
        Ok(Some(pieces))
    }

    /// Whether some command made a field of this name.
    pub(super) fn is_made(&self, name: &str) -> bool {
        self.made.contains_key(name)
    }

    /// Gives a field its values.
    pub(super) fn make(&mut self, name: &str, pieces: Vec<Piece>) {
        self.made.insert(name.to_owned(), pieces);
    }

    /// Names what is no condition on events.
    pub(super) fn set_apart(&mut self, notes: impl IntoIterator<Item = Diagnostic>) {
        self.set_apart.extend(notes);
    }

    /// How much was set apart.
    pub(super) fn count_set_apart(&self) -> usize {
        self.set_apart.len()
    }

    /// Whether this is the name of the field that holds the text of the event.
    pub(super) fn is_raw(&self, name: &str) -> bool {
        self.storage.raw.as_deref() == Some(name)
    }

    /// Assumes something about a field.
    pub(super) fn assume(&mut self, name: Name, field: &Field, because: &str) {
        self.assumptions.push(Assumption::on_field(name, &field.key, format!("{because}: `{}`", field.key)));
    }

    /// Assumes something about a field and a pattern.
    pub(super) fn assume_of(&mut self, name: Name, field: &Field, pattern: &Pattern, because: &str) {
        self.assumptions.push(Assumption::on_pattern(name, &field.key, pattern, format!("{because}: `{}`", field.key)));
    }

    /// Assumes that the first search finds what it looks for.
    pub(super) fn assume_search_time(&mut self) {
        let is_there = self.assumptions.iter().any(|assumption| assumption.name == Name::SearchTimeFields);
        if !is_there {
            self.assumptions.push(Assumption::global(Name::SearchTimeFields, "the first search looks values up in the index"));
        }
    }

    /// Assumes that a field has one value at most, unless the storage says so.
    pub(super) fn assume_single(&mut self, field: &Field) {
        if field.kind.values() == Values::Several {
            self.assume(Name::SingleValued, field, "it is open how several values compare");
        }
    }

    /// Assumes that all values of a field stand in one order to a value, unless the storage says that there is one.
    pub(super) fn assume_one_sided(&mut self, field: &Field, pattern: &Pattern) {
        if field.kind.values() == Values::Several {
            self.assume_of(Name::OneSided, field, pattern, "it is open how several values compare, unless all agree");
        }
    }

    /// Assumes that a field has a value.
    pub(super) fn assume_present(&mut self, field: &Field) {
        if !field.is_event() {
            self.assume(Name::FieldPresent, field, "it is open what a negated test says of a missing field");
        }
    }

    /// Assumes that a field has numbers only, unless the storage says so.
    pub(super) fn assume_numbers(&mut self, field: &Field) {
        let known = matches!(field.kind.holds, Holds::Extracted(Extracted { content: Content::Numbers, .. }));
        if !known {
            self.assume(Name::NumericValues, field, "it is open how numbers and other texts compare");
        }
    }

    /// Assumes that foldings agree, where they could differ for the letters of this pattern.
    pub(super) fn assume_folding(&mut self, field: &Field, pattern: &Pattern) {
        let needed = pattern.needed_case(Case::Fold);
        if needed == Case::Fold || needed == Case::Lower {
            self.assume_of(Name::AsciiCase, field, pattern, "it is open how letters beyond ASCII compare");
        }
    }

    /// Assumes that a number is in the field as it is in this text, where the text could be taken for one.
    pub(super) fn assume_spelling(&mut self, field: &Field, text: &str) {
        if Decimal::parse_loosely(text).is_some() {
            self.assume_of(Name::PlainNumbers, field, &Pattern::exact(text), "it is open whether equal numbers are equal values");
        }
    }
}

/// The number of nodes of a formula.
fn size(expr: &Expr) -> usize {
    match expr {
        Expr::True | Expr::False | Expr::Test(_) => 1,
        Expr::And(children) | Expr::Or(children) => children.iter().map(size).sum::<usize>().saturating_add(1),
        Expr::Not(child) => size(child).saturating_add(1),
    }
}
