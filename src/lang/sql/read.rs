//! Meaning: a syntax tree and a storage into a formula over records.
//!
//! SQL's logic has three values, so a condition is asked for one side: when is it true, when is it false
//! ([`Reader::when`]); and when is a value not NULL ([`Reader::known`]). Only the side that is asked for is
//! built. Work is counted, so that no query takes more than a bounded time. Deliberately absent: what the
//! engine would reject (`check`), and all comparisons of values (`compare`).

use super::ast::{Kind, MatchOperator, Node};
use super::dialect::Function;
use super::manner::{Conversion, Manner};
use super::number::{Extent, Number};
use super::scope::Scope;
use super::value::{Column, Constant, Needle, Piece, Term};
use super::{Result, regexp, unread};
use crate::ir::{Case, Comparison, Expr, Pattern, Predicate, Regex, Relation};
use crate::source::Place;
use crate::storage::{Affinity, Assumption, Name};
use crate::text::pattern::Shape;
use std::collections::BTreeSet;

/// Steps, and nodes of formulas copied, before a query is left unread.
const BUDGET: usize = 3_000_000;

/// A text that SQL takes for true: its numeric prefix has a digit other than zero.
const TRUE_TEXT: &str = r"\A[ \t\n\x0B\f\r]*[+-]?0*(?:\.0*)?[1-9]";

/// Which side of a condition is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    True,
    False,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
        }
    }
}

/// The reading of one statement.
#[derive(Debug)]
pub(super) struct Reader<'s> {
    scope: Scope<'s>,
    assumptions: BTreeSet<Assumption>,
    /// Keys of columns whose texts never look like numbers.
    numeric: BTreeSet<std::sync::Arc<str>>,
    budget: usize,
}

impl<'s> Reader<'s> {
    /// A reader in a scope.
    pub(super) fn new(scope: Scope<'s>) -> Self {
        Self { scope, assumptions: BTreeSet::new(), numeric: BTreeSet::new(), budget: BUDGET }
    }

    /// What had to be assumed.
    pub(super) fn into_assumptions(self) -> Vec<Assumption> {
        self.assumptions.into_iter().collect()
    }

    /// Notes an assumption about a column.
    pub(super) fn assume(&mut self, name: Name, field: &str, because: &str) {
        self.assumptions.insert(Assumption::on_field(name, field, because));
    }

    /// Notes an assumption about the engine as it is hosted.
    pub(super) fn assume_of_host(&mut self, name: Name, because: &str) {
        self.assumptions.insert(Assumption::global(name, because));
    }

    /// Notes that letters are compared by a collation that stops at NUL.
    pub(super) fn note_nul(&mut self, column: &Column, case: Case) {
        if case != Case::Sensitive {
            self.assume(Name::NoNul, &column.key, "NOCASE stops at NUL");
        }
    }

    /// The same where the other side is a constant: one without NUL differs from what has one before the
    /// collation stops.
    pub(super) fn note_nul_beside(&mut self, column: &Column, constant: &str, case: Case) {
        if constant.contains('\0') {
            self.note_nul(column, case);
        }
    }

    /// Notes that the text of a number is looked at.
    pub(super) fn note_text(&mut self, column: &Column, because: &str) {
        if !column.is_text() {
            self.assume(Name::CanonicalNumbers, &column.key, because);
        }
    }

    /// The same, where only some patterns can tell how a number is written.
    pub(super) fn note_pattern(&mut self, column: &Column, pattern: &Pattern) {
        let number_like = |c: char| c.is_ascii_digit() || "+-.eEinfINF".contains(c);
        if pattern.shape() != Shape::Everything && pattern.as_exact() != Some("") && pattern.literal_chars().all(number_like) {
            self.note_text(column, "the text of a number is tested");
        }
    }

    /// Counts steps of work.
    pub(super) fn charge(&mut self, steps: usize, place: Place) -> Result<()> {
        self.budget = self.budget.checked_sub(steps).ok_or_else(|| unread(place, "a condition whose meaning is this large"))?;
        Ok(())
    }

    /// A copy of a formula, counted.
    fn copy(&mut self, expr: &Expr, place: Place) -> Result<Expr> {
        self.charge(size(expr), place)?;
        Ok(expr.clone())
    }

    /// When the condition is true, or when it is false.
    pub(super) fn when(&mut self, node: &Node, side: Side) -> Result<Expr> {
        self.charge(1, node.place)?;
        match &node.kind {
            Kind::Not(child) => self.when(child, side.other()),
            Kind::And(list) | Kind::Or(list) => {
                let parts = list.iter().map(|child| self.when(child, side)).collect::<Result<Vec<_>>>()?;
                let all = matches!(node.kind, Kind::And(_)) == (side == Side::True);
                Ok(if all { super::simplify::and(parts, &self.numeric) } else { super::simplify::or(parts) })
            }
            Kind::IsNull(child) => {
                let known = self.known(child)?;
                Ok(two_valued(Expr::not(known), side))
            }
            Kind::Is { left, right } => self.is(left, right).map(|is| two_valued(is, side)),
            Kind::Compare { op, left, right } => {
                let manner = self.manner(*op, left, right, node.place)?;
                let (left, right) = (self.pieces(left)?, self.pieces(right)?);
                self.compare(&left, &right, manner, side)
            }
            Kind::Between { value, low, high } => self.between(value, low, high, side),
            Kind::In { value, list } => self.membership(value, list, node.place, side),
            Kind::Match { op, text, pattern, escape } => {
                let escape = escape.as_deref();
                self.matching(*op, text, pattern, escape, node.place, side)
            }
            Kind::Case { .. } => self.when_branch(node, side),
            Kind::Call { name, arguments } => self.when_call(node, name, arguments, side),
            Kind::Null
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Blob(_)
            | Kind::Name { .. }
            | Kind::Unary(..)
            | Kind::Binary { .. }
            | Kind::Cast { .. }
            | Kind::Collate { .. }
            | Kind::Relational(_)
            | Kind::Row(_) => self.when_value(node, side),
        }
    }

    fn when_call(&mut self, node: &Node, name: &str, arguments: &[Node], side: Side) -> Result<Expr> {
        match (self.function(name, arguments.len()), arguments) {
            (Function::Coalesce, _) => self.when_coalesce(arguments, side),
            (Function::If, _) => self.when_branch(node, side),
            (Function::NullIf, [value, other]) => {
                let pieces = self.pieces(value)?;
                let nulled = self.nulled(&pieces, value, other)?;
                Ok(Expr::and([self.when(value, side)?, Expr::not(nulled)]))
            }
            (Function::Like, [pattern, text]) => self.matching(MatchOperator::Like, text, pattern, None, node.place, side),
            (Function::Like, [pattern, text, escape]) => self.matching(MatchOperator::Like, text, pattern, Some(escape), node.place, side),
            (Function::Glob, [pattern, text]) => self.matching(MatchOperator::Glob, text, pattern, None, node.place, side),
            (Function::Regexp, [pattern, text]) => self.matching(MatchOperator::Regexp, text, pattern, None, node.place, side),
            (_, _) => self.when_value(node, side),
        }
    }

    /// A value as a condition.
    fn when_value(&mut self, node: &Node, side: Side) -> Result<Expr> {
        let mut cases = Vec::new();
        for piece in self.pieces(node)? {
            let holds = self.term_is_true(&piece.term, node.place)?;
            let holds = match side {
                Side::True => holds,
                Side::False => Expr::and([piece.term.known(node.place), Expr::not(holds)]),
            };
            cases.push(Expr::and([piece.guard, holds]));
        }
        Ok(Expr::or(cases))
    }

    fn term_is_true(&mut self, term: &Term, place: Place) -> Result<Expr> {
        match term {
            Term::Null => Ok(Expr::False),
            Term::Constant(Constant::Number(number)) => Ok(if number.is_true() { Expr::True } else { Expr::False }),
            Term::Constant(Constant::Text(text)) => {
                let tree = regexp::parse(TRUE_TEXT).and_then(|tree| Regex::new(&tree)).map_err(|error| unread(place, error))?;
                if text.contains(['e', 'E']) {
                    return Err(unread(place, "such a text as a condition"));
                }
                Ok(if tree.is_match(text) { Expr::True } else { Expr::False })
            }
            Term::Stored(column) if column.is_text() => Ok(column.test(self.true_text(column, place)?, place)),
            Term::Stored(column) => {
                let text = column.test(Predicate::Kind(crate::ir::Kind::Text), place);
                let Extent::Finite(zero) = Number::Integer(0).extent() else { return Ok(Expr::False) };
                let zero = column.test(Predicate::Compare { op: Comparison::Eq, number: zero }, place);
                let number = Expr::and([column.numbers(place), Expr::not(zero)]);
                let text = Expr::and([text, column.test(self.true_text(column, place)?, place)]);
                Ok(Expr::or([number, text]))
            }
            Term::Text(of) => Ok(of.column.test(self.true_text(&of.column, place)?, place)),
            Term::Position { of, needle } => self.contains(of, needle, Relation::Infix, place),
            Term::Constant(Constant::Blob(_))
            | Term::Bytes(_)
            | Term::Slice(..)
            | Term::ByteSlice(..)
            | Term::Trimmed(..)
            | Term::Length { .. }
            | Term::Excess { .. }
            | Term::Day(_)
            | Term::Part(_)
            | Term::Number(_) => Err(unread(place, "such a value as a condition")),
        }
    }

    /// The test that a text of a column is true: what is done to its letters does not matter.
    fn true_text(&mut self, column: &Column, place: Place) -> Result<Predicate> {
        self.assume(Name::ExactNumbers, &column.key, "a text is taken for a number");
        let tree = regexp::parse(TRUE_TEXT).map_err(|error| unread(place, error))?;
        Regex::new(&tree).map(Predicate::Regex).map_err(|error| unread(place, error))
    }

    /// `IS`: a truth value where the right side is literally one, else equality that holds between NULLs.
    fn is(&mut self, left: &Node, right: &Node) -> Result<Expr> {
        match self.scope.truth_literal(right) {
            Some(true) => return self.when(left, Side::True),
            Some(false) => return self.when(left, Side::False),
            None => {}
        }
        if empty_list(right) {
            return Err(unread(right.place, "`IS` a test on an empty list"));
        }
        let manner = self.manner(Comparison::Eq, left, right, left.place)?;
        let (lefts, rights) = (self.pieces(left)?, self.pieces(right)?);
        let equal = self.compare(&lefts, &rights, manner, Side::True)?;
        let neither = Expr::and([Expr::not(self.known(left)?), Expr::not(self.known(right)?)]);
        Ok(Expr::or([equal, neither]))
    }

    /// When two values are equal.
    fn equal(&mut self, left: &Node, right: &Node) -> Result<Expr> {
        let manner = self.manner(Comparison::Eq, left, right, right.place)?;
        let (left, right) = (self.pieces(left)?, self.pieces(right)?);
        self.compare(&left, &right, manner, Side::True)
    }

    /// When two values compare so, or when they compare otherwise.
    pub(super) fn compare(&mut self, left: &[Piece], right: &[Piece], manner: Manner, side: Side) -> Result<Expr> {
        let mut cases = Vec::new();
        for a in left {
            for b in right {
                let guard = Expr::and([self.copy(&a.guard, manner.place)?, self.copy(&b.guard, manner.place)?]);
                if guard == Expr::False || a.term == Term::Null || b.term == Term::Null {
                    continue;
                }
                self.charge(1, manner.place)?;
                let without_guard = guarded(&guard, &a.term, &b.term, manner.place)?;
                let holds = self.compare_terms(&a.term, &b.term, manner)?;
                cases.push(match (side, without_guard) {
                    (Side::True, Some(rest)) if super::grammar::says_number(&holds) => Expr::and([rest, holds]),
                    (Side::True, _) => Expr::and([guard, holds]),
                    (Side::False, _) => Expr::and([guard, a.term.known(manner.place), b.term.known(manner.place), Expr::not(holds)]),
                });
            }
        }
        Ok(Expr::or(cases))
    }

    fn between(&mut self, value: &Node, low: &Node, high: &Node, side: Side) -> Result<Expr> {
        let at_least = self.manner(Comparison::Gte, value, low, value.place)?;
        let at_most = self.manner(Comparison::Lte, value, high, value.place)?;
        let (value, low, high) = (self.pieces(value)?, self.pieces(low)?, self.pieces(high)?);
        let parts = [self.compare(&value, &low, at_least, side)?, self.compare(&value, &high, at_most, side)?];
        Ok(match side {
            Side::True => Expr::and(parts),
            Side::False => Expr::or(parts),
        })
    }

    /// `IN` a list: affinity and collation are those of the left side alone. An empty list holds nothing, not
    /// even NULL.
    fn membership(&mut self, value: &Node, list: &[Node], place: Place, side: Side) -> Result<Expr> {
        if list.is_empty() {
            return Ok(two_valued(Expr::False, side));
        }
        let conversion = match self.affinity(value)? {
            Some(Affinity::Text) => Conversion::Text,
            Some(Affinity::Integer | Affinity::Numeric | Affinity::Real) => Conversion::Numeric,
            Some(Affinity::Untyped) | None => Conversion::None,
        };
        let case = self.collation(value)?.unwrap_or(Case::Sensitive);
        let manner = Manner { op: Comparison::Eq, conversion, case, place };
        let value = self.pieces(value)?;
        let mut parts = Vec::new();
        for item in list {
            let item_pieces = self.pieces(item)?;
            parts.push(self.compare(&value, &item_pieces, Manner { place: item.place, ..manner }, side)?);
        }
        Ok(match side {
            Side::True => super::simplify::any_of(parts),
            Side::False => super::simplify::none_of(parts),
        })
    }

    /// `COALESCE` as a condition. Where the rest is true, the first value only has to be not false.
    fn when_coalesce(&mut self, arguments: &[Node], side: Side) -> Result<Expr> {
        let Some((last, before)) = arguments.split_last() else { return Ok(Expr::False) };
        let mut result = self.when(last, side)?;
        for argument in before.iter().rev() {
            result = if result == Expr::True {
                Expr::not(self.when(argument, side.other())?)
            } else if result == Expr::False {
                self.when(argument, side)?
            } else {
                let unknown = Expr::not(self.known(argument)?);
                Expr::or([self.when(argument, side)?, Expr::and([unknown, result])])
            };
        }
        Ok(result)
    }

    fn when_branch(&mut self, node: &Node, side: Side) -> Result<Expr> {
        let mut cases = Vec::new();
        for (guard, result) in self.branches(node)? {
            if let Some(result) = result {
                let holds = self.when(result, side)?;
                cases.push(Expr::and([guard, holds]));
            }
        }
        Ok(super::simplify::or(cases))
    }

    /// The results of `CASE` or `IIF` with their conditions, `None` for the NULL of a missing `ELSE`.
    pub(super) fn branches<'n>(&mut self, node: &'n Node) -> Result<Vec<(Expr, Option<&'n Node>)>> {
        let (operand, branches, otherwise) = parts_of_branch(node);
        let mut result = Vec::new();
        let mut before = Expr::True;
        for (when, then) in branches {
            if before == Expr::False {
                break;
            }
            let holds = match operand {
                Some(operand) => self.equal(operand, when)?,
                None => self.when(when, Side::True)?,
            };
            let guard = Expr::and([self.copy(&before, when.place)?, self.copy(&holds, when.place)?]);
            before = Expr::and([before, Expr::not(holds)]);
            if guard != Expr::False {
                result.push((guard, Some(then)));
            }
        }
        if before != Expr::False {
            result.push((before, otherwise));
        }
        Ok(result)
    }

    /// The function that is called.
    pub(super) fn function(&self, name: &str, arguments: usize) -> Function {
        let fits = |entry: &&(&str, usize, usize, Function)| (entry.1..=entry.2).contains(&arguments);
        self.scope.dialect.functions(name).find(fits).map_or(Function::Other, |entry| entry.3)
    }

    /// A column that the statement speaks of.
    pub(super) fn column(&mut self, column: Column) -> Column {
        if column.is_numeric() {
            self.numeric.insert(column.key.clone());
        }
        column
    }

    /// The scope, for values.
    pub(super) fn scope(&self) -> &Scope<'s> {
        &self.scope
    }

    /// The same pieces under one more condition.
    pub(super) fn under(&mut self, guard: &Expr, pieces: Vec<Piece>, place: Place) -> Result<Vec<Piece>> {
        let mut result = Vec::new();
        for piece in pieces {
            let guard = Expr::and([self.copy(guard, place)?, piece.guard]);
            if guard != Expr::False {
                result.push(Piece { guard, term: piece.term });
            }
        }
        Ok(result)
    }

    /// When a piece of the first value of `NULLIF` equals the second. It is a function: its arguments have no
    /// affinity, and the first that has a collation gives it.
    pub(super) fn nulled(&mut self, pieces: &[Piece], value: &Node, other: &Node) -> Result<Expr> {
        let case = match self.collation(value)? {
            Some(case) => Some(case),
            None => self.collation(other)?,
        };
        let case = case.unwrap_or(Case::Sensitive);
        let manner = Manner { op: Comparison::Eq, conversion: Conversion::None, case, place: other.place };
        let others = self.pieces(other)?;
        self.compare(pieces, &others, manner, Side::True)
    }
}

/// Where a text was cast to a number, the guard must show that the text is one: the guard without that part,
/// which a comparison of numbers says again. `None` where nothing was cast.
fn guarded(guard: &Expr, left: &Term, right: &Term, place: Place) -> Result<Option<Expr>> {
    match (left, right) {
        (Term::Number(column), _) | (_, Term::Number(column)) => {
            super::grammar::without_guard(guard, column).map(Some).ok_or_else(|| unread(place, "a text cast to a number"))
        }
        (_, _) => Ok(None),
    }
}

/// The parts of `CASE`, or of `IIF`, which is one.
type BranchParts<'n> = (Option<&'n Node>, Vec<(&'n Node, &'n Node)>, Option<&'n Node>);

fn parts_of_branch(node: &Node) -> BranchParts<'_> {
    if let Kind::Case { operand, branches, otherwise } = &node.kind {
        return (operand.as_deref(), branches.iter().map(|(when, then)| (when, then)).collect(), otherwise.as_deref());
    }
    let arguments = if let Kind::Call { arguments, .. } = &node.kind { arguments.as_slice() } else { &[] };
    let pairs = arguments.chunks_exact(2);
    let otherwise = pairs.remainder().first();
    let branches = pairs.filter_map(|pair| pair.split_first().and_then(|(when, rest)| Some((when, rest.first()?))));
    (None, branches.collect(), otherwise)
}

fn two_valued(expr: Expr, side: Side) -> Expr {
    match side {
        Side::True => expr,
        Side::False => Expr::not(expr),
    }
}

/// The engine takes a test on an empty list for a truth literal.
fn empty_list(node: &Node) -> bool {
    if let Kind::Not(child) | Kind::Collate { value: child, .. } = &node.kind {
        return empty_list(child);
    }
    matches!(&node.kind, Kind::In { list, .. } if list.is_empty())
}

fn size(expr: &Expr) -> usize {
    match expr {
        Expr::True | Expr::False => 0,
        Expr::Test(_) => 1,
        Expr::Not(child) => 1 + size(child),
        Expr::And(children) | Expr::Or(children) => 1 + children.iter().map(size).sum::<usize>(),
    }
}

/// What is looked for, where a value is a text.
pub(super) fn needle(term: &Term) -> Option<Needle> {
    match term {
        Term::Constant(Constant::Text(text)) => Some(Needle::Constant(text.clone())),
        Term::Constant(Constant::Number(number)) => number.text().map(Needle::Constant),
        Term::Stored(column) => Some(Needle::Text(column.text())),
        Term::Text(of) => Some(Needle::Text(of.clone())),
        Term::Null
        | Term::Constant(Constant::Blob(_))
        | Term::Bytes(_)
        | Term::Slice(..)
        | Term::ByteSlice(..)
        | Term::Trimmed(..)
        | Term::Length { .. }
        | Term::Excess { .. }
        | Term::Position { .. }
        | Term::Day(_)
        | Term::Part(_)
        | Term::Number(_) => None,
    }
}
