//! When a condition is true.
//!
//! A comparison with a missing field is NULL, and so is most of what is made of NULL; `where` and `if` ask only what is
//! true. Splunk does not document what NOT makes of NULL: so a negated condition is read where nothing in it can be NULL,
//! or under `field-present`. Deliberately absent: the comparisons themselves (`terms`).

use super::ast::{Kind, Node};
use super::cursor::Cursor;
use super::pieces::{Letters, Piece, Term, TextOf};
use super::reader::{Field, Reader};
use super::search::{self, Stage};
use super::syntax::Operator;
use super::{Result, invalid, unread, value};
use crate::diag::quote;
use crate::ir::{Expr, Pattern, Predicate};
use crate::source::Place;
use crate::storage::Name;
use crate::text::pattern::Part;

impl Reader<'_> {
    /// When a condition is true.
    pub(super) fn truth(&mut self, node: &Node) -> Result<Expr> {
        self.charge(1, node.place)?;
        match &node.kind {
            Kind::And(parts) => Ok(Expr::and(self.truths(parts)?)),
            Kind::Or(parts) => Ok(Expr::or(self.truths(parts)?)),
            Kind::Not(inner) => {
                self.certify(inner, &[])?;
                Ok(Expr::not(self.truth(inner)?))
            }
            Kind::Xor(parts) => {
                parts.iter().try_for_each(|part| self.certify(part, &[]))?;
                let mut result = Expr::False;
                for part in self.truths(parts)? {
                    let (a, b) = (self.copy(&result, node.place)?, self.copy(&part, node.place)?);
                    result = Expr::or([Expr::and([a, Expr::not(part)]), Expr::and([Expr::not(result), b])]);
                }
                Ok(result)
            }
            Kind::Compare { operator, left, right } => {
                let (left, right) = (self.pieces(left)?, self.pieces(right)?);
                self.compares(*operator, &left, &right, node.place)
            }
            Kind::In { value, list } => self.is_among(value, list, node.place),
            Kind::Like { value, pattern } => self.is_like(value, pattern, node.place),
            Kind::Call { name, arguments } => self.truth_of_call(name, arguments, node.place),
            Kind::Text(_) | Kind::Number(_) | Kind::Field(_) | Kind::Minus(_) => Err(unread(node.place, "a value as a condition")),
        }
    }

    fn truths(&mut self, nodes: &[Node]) -> Result<Vec<Expr>> {
        nodes.iter().map(|node| self.truth(node)).collect()
    }

    fn truth_of_call(&mut self, name: &str, arguments: &[Node], place: Place) -> Result<Expr> {
        match (name, arguments) {
            ("true", []) => Ok(Expr::True),
            ("false", []) => Ok(Expr::False),
            ("isnotnull", [value]) => self.is_known(value),
            ("isnull", [value]) => Ok(Expr::not(self.is_known(value)?)),
            ("match", [value, expression]) => self.is_match(value, expression, place),
            ("like", [value, pattern]) => self.is_like(value, pattern, place),
            ("cidrmatch", [network, value]) => self.is_within(network, value, place),
            ("searchmatch", [search]) => self.searches(search),
            ("in", [value, list @ ..]) if !list.is_empty() => self.is_among(value, list, place),
            ("if", [condition, yes, no]) => {
                let holds = self.truth(condition)?;
                let yes = Expr::and([self.copy(&holds, place)?, self.truth(yes)?]);
                Ok(Expr::or([yes, Expr::and([Expr::not(holds), self.truth(no)?])]))
            }
            (_, _) => Err(unread(place, format!("the function {} with {} arguments as a condition", quote(name), arguments.len()))),
        }
    }

    fn is_known(&mut self, value: &Node) -> Result<Expr> {
        let pieces = self.pieces(value)?;
        self.known_pieces(&pieces, value.place)
    }

    fn is_among(&mut self, value: &Node, list: &[Node], place: Place) -> Result<Expr> {
        let value = self.pieces(value)?;
        let mut parts = Vec::new();
        for item in list {
            let item_pieces = self.pieces(item)?;
            parts.push(self.compares(Operator::Equal, &value, &item_pieces, place)?);
        }
        Ok(Expr::or(parts))
    }

    /// A condition on a value that is the text of a field, or NULL.
    fn any_text(&mut self, value: &Node, mut test: impl FnMut(&mut Self, &TextOf) -> Result<Expr>) -> Result<Expr> {
        let mut cases = Vec::new();
        for Piece { guard, term } in self.pieces(value)? {
            let holds = match &term {
                Term::Null => Expr::False,
                Term::Text(of) => {
                    self.assume_single(&of.field);
                    test(self, of)?
                }
                Term::Constant(_) | Term::Number(_) | Term::NumberOf(_) | Term::Length(_) | Term::Slice(..) | Term::Index | Term::Some => {
                    return Err(unread(value.place, "a test on such a value"));
                }
            };
            cases.push(Expr::and([guard, holds]));
        }
        Ok(Expr::or(cases))
    }

    fn is_match(&mut self, value: &Node, expression: &Node, place: Place) -> Result<Expr> {
        let Kind::Text(expression) = &expression.kind else { return Err(unread(expression.place, "an expression that is no text")) };
        self.any_text(value, |reader, of| reader.matches(kept(of, place)?, expression, place))
    }

    fn is_like(&mut self, value: &Node, pattern: &Node, place: Place) -> Result<Expr> {
        let Kind::Text(written) = &pattern.kind else { return Err(unread(pattern.place, "a pattern that is no text")) };
        let pattern = like(written, pattern.place)?;
        self.any_text(value, |reader, of| {
            if pattern.as_exact().is_none() {
                reader.assume(Name::NoLineBreaks, &of.field, "it is open whether wildcards match line breaks");
            }
            reader.covers(of, &pattern, place)
        })
    }

    fn is_within(&mut self, network: &Node, value: &Node, place: Place) -> Result<Expr> {
        let Kind::Text(written) = &network.kind else { return Err(unread(network.place, "a network that is no text")) };
        let network = value::cidr(written, network.place)?;
        self.any_text(value, |reader, of| {
            let field = kept(of, place)?;
            reader.assume(Name::IpSpelling, field, "it is open which spellings of addresses are within a network");
            Ok(field.test(Predicate::Within { any: vec![network] }, place))
        })
    }

    /// `searchmatch`: a search inside an expression.
    fn searches(&mut self, node: &Node) -> Result<Expr> {
        let Kind::Text(text) = &node.kind else { return Err(unread(node.place, "a search that is no text")) };
        let mut cursor = Cursor::inside(text, node.place);
        let before = self.count_set_apart();
        let expr = search::read(self, &mut cursor, Stage::Later)?.ok_or_else(|| unread(node.place, "an empty search"))?;
        if self.count_set_apart() != before {
            return Err(unread(node.place, "a selection of sources inside an expression"));
        }
        if !cursor.is_done() {
            return Err(invalid(node.place, "a pipe inside a search"));
        }
        Ok(expr)
    }

    /// Makes sure that a condition is never NULL. Fields that are missing in no record where it matters are left out.
    fn certify(&mut self, node: &Node, settled: &[Field]) -> Result<()> {
        self.charge(settled.len().saturating_add(1), node.place)?;
        match &node.kind {
            Kind::Not(inner) => self.certify(inner, settled),
            Kind::And(parts) | Kind::Xor(parts) => parts.iter().try_for_each(|part| self.certify(part, settled)),
            Kind::Or(parts) => {
                // TRUE OR NULL is TRUE: beside `isnull(f)`, the other parts may be NULL where `f` is missing.
                let missing = parts.iter().filter_map(|part| self.tested_missing(part));
                let settled: Vec<Field> = missing.chain(settled.iter().cloned()).collect();
                parts.iter().try_for_each(|part| self.certify(part, &settled))
            }
            Kind::Compare { left, right, .. } => [left, right].into_iter().try_for_each(|value| self.certify_value(value, settled)),
            Kind::In { value, list } => std::iter::once(&**value).chain(list).try_for_each(|value| self.certify_value(value, settled)),
            Kind::Like { value, .. } => self.certify_value(value, settled),
            Kind::Call { name, arguments } => match (name.as_str(), arguments.as_slice()) {
                ("true" | "false" | "isnull" | "isnotnull" | "searchmatch", _) => Ok(()),
                ("match" | "like", [value, _]) | ("cidrmatch", [_, value]) => self.certify_value(value, settled),
                ("in", values) => values.iter().try_for_each(|value| self.certify_value(value, settled)),
                ("if", [_, yes, no]) => [yes, no].into_iter().try_for_each(|branch| self.certify(branch, settled)),
                (_, _) => Err(unread(node.place, format!("the function {} under `NOT`", quote(name)))),
            },
            Kind::Text(_) | Kind::Number(_) | Kind::Field(_) | Kind::Minus(_) => Err(unread(node.place, "a value as a condition")),
        }
    }

    /// The field that `isnull(…)` is about.
    fn tested_missing(&self, node: &Node) -> Option<Field> {
        let Kind::Call { name, arguments } = &node.kind else { return None };
        let ("isnull", [Node { kind: Kind::Field(field), place }]) = (name.as_str(), arguments.as_slice()) else { return None };
        if self.is_made(field) { None } else { self.field(field, *place).ok() }
    }

    fn certify_value(&mut self, node: &Node, settled: &[Field]) -> Result<()> {
        for piece in self.pieces(node)? {
            let fields = match &piece.term {
                Term::Null => return Err(unread(node.place, "`NOT` of what may be NULL").help("test it with isnull(), or wrap it in if()")),
                Term::Constant(_) | Term::Number(_) | Term::Index | Term::Some => [None, None],
                Term::Text(of) => [Some(&of.field), None],
                Term::Length(field) => [Some(field), None],
                Term::NumberOf(field) => {
                    self.assume_numbers(field);
                    [Some(field), None]
                }
                Term::Slice(of, span) => [Some(&of.field), span.other()],
            };
            for field in fields.into_iter().flatten().filter(|field| !settled.contains(field)) {
                self.assume_present(field);
            }
        }
        Ok(())
    }
}

/// The field, where its letters are as they are.
fn kept(of: &TextOf, place: Place) -> Result<&Field> {
    if of.letters == Letters::Kept { Ok(&of.field) } else { Err(unread(place, "such a test beside lower() or upper()")) }
}

/// The pattern of `LIKE`: `%` and `_` are wildcards.
fn like(written: &str, place: Place) -> Result<Pattern> {
    if written.contains("\\%") || written.contains("\\_") || written.contains("\\\\") {
        return Err(unread(place, "a backslash before `%`, `_` or a backslash in a pattern, which has no documented meaning"));
    }
    Ok(Pattern::new(written.chars().map(|c| match c {
        '%' => Part::Any,
        '_' => Part::One,
        other => Part::Text(other.to_string()),
    })))
}
