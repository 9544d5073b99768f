//! Meaning: a syntax tree and a storage into a formula over records.
//!
//! Source: Kibana's translation of each function into the query DSL (`is.ts`, `range.ts`, `and.ts`, `or.ts`,
//! `not.ts`). Deliberately absent: the grammar, and what a request finds in a field of some type.

use super::super::elastic::field::{Field, Manner};
use super::super::elastic::pieces::Pieces;
use super::super::elastic::{Notes, invalid, unread};
use super::Result;
use super::literal::{Content, Literal};
use super::parse::{Leaf, Tree};
use super::scope::{Named, Scope};
use super::words::{Request, query_string};
use crate::diag::Code;
use crate::ir::{Comparison, Expr};
use crate::source::Place;
use crate::storage::{Assumption, IndexKind, Storage};

/// The reading of one query.
#[derive(Debug)]
pub(super) struct Reader<'s> {
    scope: Scope<'s>,
    notes: Notes,
}

impl<'s> Reader<'s> {
    /// A reader on a storage.
    pub(super) fn new(storage: &'s Storage) -> Self {
        Self { scope: Scope::new(storage), notes: Notes::default() }
    }

    /// What had to be assumed.
    pub(super) fn into_assumptions(self) -> Vec<Assumption> {
        self.notes.into_assumptions()
    }

    /// What a query means.
    pub(super) fn query(&mut self, tree: &Tree<Leaf>) -> Result<Expr> {
        tree.expr(&mut |leaf| match leaf {
            Leaf::Free(value) => self.free(value),
            Leaf::Is { field, values } => values.expr(&mut |value| self.is(field, value)),
            Leaf::Range { field, op, bound } => self.range(field, *op, bound),
            Leaf::Nested(place) => Err(unread(*place, "a nested block")),
        })
    }

    /// `field: value`
    fn is(&mut self, field: &Literal, value: &Literal) -> Result<Expr> {
        if field.content.is_lone_star() && value.content.is_lone_star() {
            return Ok(Expr::True);
        }
        let place = value.place;
        let (name, fields) = match self.scope.named(field)? {
            Named::Nothing => return self.free(value),
            Named::Found(fields) => (None, fields),
            Named::Sent(name) => {
                let fields = self.scope.field(&name, field.place)?.into_iter().collect();
                (Some(name), fields)
            }
        };
        match &value.content {
            Content::Null if fields.iter().any(|field| field.kind() == IndexKind::Date) => Err(unread(place, "`null` as a date")),
            Content::Null => Err(null(place)),
            Content::Boolean(truth) => self.find(&fields, &truth.to_string(), Manner::SomeWord, place),
            Content::Bare(text) => self.find(&fields, text, Manner::SomeWord, place),
            Content::Quoted(text) => self.find(&fields, text, Manner::Phrase, place),
            Content::Wild(pieces) if pieces.is_lone_star() => match name {
                Some(name) => self.exists(&name, place),
                None => self.exist(&fields, place),
            },
            Content::Wild(pieces) => match (&name, fields.as_slice()) {
                (Some(_), [field]) if field.is_known_keyword() => field.covers(&pieces.pattern(), place, &mut self.notes),
                (Some(name), _) => {
                    let expanded = self.scope.expanded(name, field.place)?;
                    self.query_string(pieces, &expanded, place)
                }
                (None, fields) => {
                    let each = fields.iter().map(|field| match field.is_known_keyword() {
                        true => field.covers(&pieces.pattern(), place, &mut self.notes),
                        false => self.query_string(pieces, std::slice::from_ref(field), place),
                    });
                    Ok(Expr::or(each.collect::<Result<Vec<_>>>()?))
                }
            },
        }
    }

    fn find(&mut self, fields: &[Field], text: &str, manner: Manner, place: Place) -> Result<Expr> {
        let found = fields.iter().map(|field| field.finds(text, manner, place, &mut self.notes));
        // Where analysis leaves nothing of a text, nothing is found.
        Ok(Expr::or(found.collect::<Result<Vec<_>>>()?.into_iter().flatten()))
    }

    /// That the field of a name has a value, an object's fields among them.
    fn exists(&mut self, name: &str, place: Place) -> Result<Expr> {
        let fields = self.scope.expanded(name, place)?;
        let is_object = matches!(fields.as_slice(), [field] if field.kind() == IndexKind::Object);
        let fields = if is_object { self.scope.children(name, place)? } else { fields };
        self.exist(&fields, place)
    }

    fn exist(&mut self, fields: &[Field], place: Place) -> Result<Expr> {
        let each = fields.iter().map(|field| field.exists(place, &mut self.notes));
        Ok(Expr::or(each.collect::<Result<Vec<_>>>()?))
    }

    fn query_string(&mut self, pieces: &Pieces, fields: &[Field], place: Place) -> Result<Expr> {
        let notes = &mut self.notes;
        query_string(pieces, place, &mut |request| {
            let each = fields.iter().map(|field| ask(field, request, place, notes)).collect::<Result<Vec<_>>>()?;
            Ok(joined(each))
        })
    }

    /// A value without a field: every field is searched, and those that cannot hold it are passed over.
    fn free(&mut self, value: &Literal) -> Result<Expr> {
        let place = value.place;
        let (text, manner) = match &value.content {
            Content::Null => return Err(null(place)),
            Content::Boolean(truth) => (truth.to_string(), Manner::SomeWord),
            Content::Bare(text) => (text.clone(), Manner::SomeWord),
            Content::Quoted(text) => (text.clone(), Manner::Phrase),
            Content::Wild(pieces) => return self.free_query_string(pieces, place),
        };
        let mut found = Vec::new();
        for field in self.scope.everything(place)? {
            found.extend(leniently(field.finds(&text, manner, place, &mut self.notes))?);
        }
        Ok(Expr::or(found))
    }

    fn free_query_string(&mut self, pieces: &Pieces, place: Place) -> Result<Expr> {
        if pieces.is_lone_star() {
            return Ok(Expr::True);
        }
        let (scope, notes) = (&self.scope, &mut self.notes);
        query_string(pieces, place, &mut |request| match request {
            Request::Exists => Ok(Some(Expr::True)),
            Request::Term(text) if text.starts_with(['<', '>']) => Err(unread(place, "a word that becomes a range on every field")),
            Request::Term(_) | Request::Covered(_) => {
                let each = scope.everything(place)?.into_iter().map(|field| leniently(ask(&field, request, place, notes)));
                each.collect::<Result<Vec<_>>>().map(joined)
            }
        })
    }

    /// `field > value`
    fn range(&mut self, field: &Literal, op: Comparison, bound: &Literal) -> Result<Expr> {
        let fields: Vec<Field> = match self.scope.named(field)? {
            Named::Nothing => return Err(unread(field.place, "a range without a field")),
            Named::Found(fields) => fields,
            Named::Sent(name) => self.scope.field(&name, field.place)?.into_iter().collect(),
        };
        let text = match &bound.content {
            Content::Null => return self.unbounded(&fields, bound.place),
            Content::Boolean(truth) => truth.to_string(),
            Content::Quoted(text) | Content::Bare(text) => text.clone(),
            Content::Wild(pieces) => pieces.starred(),
        };
        let each = fields.iter().map(|field| field.compares(op, &text, bound.place, &mut self.notes));
        Ok(Expr::or(each.collect::<Result<Vec<_>>>()?))
    }

    /// A range without a bound holds wherever there is a value.
    fn unbounded(&mut self, fields: &[Field], place: Place) -> Result<Expr> {
        if fields.iter().any(|field| matches!(field.kind(), IndexKind::Analyzed | IndexKind::Boolean | IndexKind::Constant)) {
            return Err(unread(place, "a range on such a field"));
        }
        self.exist(fields, place)
    }
}

impl<L> Tree<L> {
    /// The formula, given that of each leaf.
    fn expr(&self, leaf: &mut dyn FnMut(&L) -> Result<Expr>) -> Result<Expr> {
        Ok(match self {
            Self::Or(list) => Expr::or(list.iter().map(|tree| tree.expr(leaf)).collect::<Result<Vec<_>>>()?),
            Self::And(list) => Expr::and(list.iter().map(|tree| tree.expr(leaf)).collect::<Result<Vec<_>>>()?),
            Self::Not(tree) => Expr::not(tree.expr(leaf)?),
            Self::Leaf(own) => leaf(own)?,
        })
    }
}

/// What a request of a query string finds in a field.
fn ask(field: &Field, request: &Request, place: Place, notes: &mut Notes) -> Result<Option<Expr>> {
    match request {
        Request::Exists => field.exists(place, notes).map(Some),
        Request::Term(text) => field.finds(text, Manner::SomeWord, place, notes),
        Request::Covered(pattern) => field.covers(pattern, place, notes).map(Some),
    }
}

/// What is found in some field; `None` only where analysis leaves nothing in any.
fn joined(each: Vec<Option<Expr>>) -> Option<Expr> {
    let is_dropped = !each.is_empty() && each.iter().all(Option::is_none);
    if is_dropped { None } else { Some(Expr::or(each.into_iter().flatten())) }
}

/// A request that a field would fail on finds nothing.
fn leniently(found: Result<Option<Expr>>) -> Result<Option<Expr>> {
    match found {
        Err(error) if error.code == Code::QueryInvalid => Ok(Some(Expr::False)),
        Ok(_) | Err(_) => found,
    }
}

fn null(place: Place) -> crate::diag::Diagnostic {
    invalid(place, "`null` is no value to search for").help("a missing field is `not field: *`; the text is `\"null\"`")
}
