//! How two values are compared: by which affinity, and by which collation.
//!
//! Source: SQLite, "Datatypes In SQLite" §4.2 and §7.1, and `sqlite3ExprAffinity`, `sqlite3ExprCollSeq`. Both are
//! properties of expressions, whatever their values. Deliberately absent: the comparison itself (`compare`).

use super::ast::{Kind, Node, Unary};
use super::read::Reader;
use super::scope::Meaning;
use super::value::Column;
use super::{Result, unread};
use crate::ir::{Case, Comparison};
use crate::source::Place;
use crate::storage::Affinity;

/// How two values are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) op: Comparison,
    pub(super) conversion: Conversion,
    pub(super) case: Case,
    pub(super) place: Place,
}

/// What becomes of both values before they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
    None,
    /// Texts that look like numbers become numbers.
    Numeric,
    /// Numbers become texts.
    Text,
}

impl Reader<'_> {
    /// How two values are compared: by which affinity and which collation.
    pub(super) fn manner(&self, op: Comparison, left: &Node, right: &Node, place: Place) -> Result<Manner> {
        let conversion = match (self.affinity(left)?, self.affinity(right)?) {
            (Some(a), Some(b)) if is_numeric(a) || is_numeric(b) => Conversion::Numeric,
            (Some(_), Some(_)) | (None, None) => Conversion::None,
            (Some(only), None) | (None, Some(only)) if is_numeric(only) => Conversion::Numeric,
            (Some(Affinity::Text), None) | (None, Some(Affinity::Text)) => Conversion::Text,
            (Some(_), None) | (None, Some(_)) => Conversion::None,
        };
        let case = match (left.collated, right.collated) {
            (false, true) => self.collation(right)?,
            (true, _) => self.collation(left)?,
            (false, false) => match self.collation(left)? {
                Some(case) => Some(case),
                None => self.collation(right)?,
            },
        };
        Ok(Manner { op, conversion, case: case.unwrap_or(Case::Sensitive), place })
    }

    /// The affinity of an expression; `None` where it has none.
    pub(super) fn affinity(&self, node: &Node) -> Result<Option<Affinity>> {
        if let Kind::Cast { type_name, .. } = &node.kind {
            return Ok(Some(super::schema::affinity(type_name)));
        }
        if let Kind::Collate { value, .. } = &node.kind {
            return self.affinity(value);
        }
        Ok(self.column_of(node)?.map(|column| column.affinity))
    }

    /// The collation of an expression; `None` where it has none.
    pub(super) fn collation(&self, node: &Node) -> Result<Option<Case>> {
        if let Kind::Collate { collation, .. } = &node.kind {
            let known = self.scope().dialect.collation(collation).flatten();
            return known.map(Some).ok_or_else(|| unread(node.place, format!("the collation `{collation}`")));
        }
        if let Kind::Cast { value, .. } | Kind::Unary(Unary::Plus, value) = &node.kind {
            return self.collation(value);
        }
        match node.kind.children().into_iter().find(|child| child.collated) {
            Some(child) => self.collation(child),
            None => Ok(self.column_of(node)?.map(|column| column.compares)),
        }
    }

    /// The column that an expression is.
    fn column_of(&self, node: &Node) -> Result<Option<Column>> {
        let Kind::Name { table, name, quoting } = &node.kind else { return Ok(None) };
        match self.scope().resolve(table.as_deref(), name, *quoting, node.place)? {
            Meaning::Column(column) => Ok(Some(column)),
            Meaning::Truth(_) | Meaning::Text(_) => Ok(None),
        }
    }
}

fn is_numeric(affinity: Affinity) -> bool {
    match affinity {
        Affinity::Integer | Affinity::Numeric | Affinity::Real => true,
        Affinity::Text | Affinity::Untyped => false,
    }
}
