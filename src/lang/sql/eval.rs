//! Values: a syntax tree into guarded pieces.
//!
//! Constants are computed, columns keep their identity through the functions that tests can be said about,
//! conditions become 1, 0 and NULL. Deliberately absent: comparisons (`compare`) and conditions (`read`).

use super::ast::{Binary, Kind, Node, Unary};
use super::dialect::Function;
use super::number::Number;
use super::read::{Reader, Side, needle};
use super::scope::Meaning;
use super::value::{Column, Constant, Ends, Letters, Piece, Span, Term, TextOf};
use super::{Result, unread};
use crate::ir::{Expr, Kind as JsonKind, Predicate};
use crate::source::Place;
use crate::storage::Affinity;

impl Reader<'_> {
    /// What a value is, and when.
    pub(super) fn pieces(&mut self, node: &Node) -> Result<Vec<Piece>> {
        match &node.kind {
            Kind::Null => Ok(Piece::always(Term::Null)),
            Kind::Number(number) => Ok(Piece::always(Term::Constant(Constant::Number(*number)))),
            Kind::Text(text) => Ok(Piece::always(Term::Constant(Constant::Text(text.clone())))),
            Kind::Blob(bytes) => Ok(Piece::always(Term::Constant(Constant::Blob(bytes.clone())))),
            Kind::Name { table, name, quoting } => {
                let meaning = self.scope().resolve(table.as_deref(), name, *quoting, node.place)?;
                Ok(Piece::always(match meaning {
                    Meaning::Column(column) => Term::Stored(self.column(column)),
                    Meaning::Truth(value) => Constant::truth(value),
                    Meaning::Text(text) => Term::Constant(Constant::Text(text)),
                }))
            }
            Kind::Collate { value, .. } | Kind::Unary(Unary::Plus, value) => self.pieces(value),
            Kind::Unary(Unary::Minus, value) => self.map(value, |term| negated(term, node.place)),
            Kind::Unary(Unary::Invert, _) => Err(unread(node.place, "arithmetic")),
            Kind::Binary { op, left, right } => self.binary(*op, left, right, node.place),
            Kind::Cast { value, type_name } => {
                let affinity = super::schema::affinity(type_name);
                self.map(value, |term| cast(term, affinity, node.place))
            }
            Kind::Case { .. } => self.branch_pieces(node),
            Kind::Call { name, arguments } => self.call_pieces(node, name, arguments),
            Kind::Relational(_) => Err(unread(node.place, "a subquery")),
            Kind::Row(_) => Err(unread(node.place, "a row value")),
            Kind::Not(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Compare { .. }
            | Kind::Is { .. }
            | Kind::IsNull(_)
            | Kind::Match { .. }
            | Kind::Between { .. }
            | Kind::In { .. } => self.condition_pieces(node),
        }
    }

    /// A condition as a value: 1, 0 or NULL.
    fn condition_pieces(&mut self, node: &Node) -> Result<Vec<Piece>> {
        let holds = self.when(node, Side::True)?;
        let fails = self.when(node, Side::False)?;
        let unknown = Expr::not(self.known(node)?);
        let pieces = [(holds, Constant::truth(true)), (fails, Constant::truth(false)), (unknown, Term::Null)];
        Ok(pieces.into_iter().filter(|piece| piece.0 != Expr::False).map(|(guard, term)| Piece { guard, term }).collect())
    }

    fn branch_pieces(&mut self, node: &Node) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for (guard, result) in self.branches(node)? {
            match result {
                Some(result) => {
                    let inner = self.pieces(result)?;
                    pieces.extend(self.under(&guard, inner, result.place)?);
                }
                None => pieces.push(Piece { guard, term: Term::Null }),
            }
        }
        Ok(pieces)
    }

    /// The pieces of a value, each with its term changed.
    fn map(&mut self, node: &Node, change: impl Fn(Term) -> Result<Term>) -> Result<Vec<Piece>> {
        let pieces = self.pieces(node)?;
        pieces.into_iter().map(|piece| Ok(Piece { guard: piece.guard, term: change(piece.term)? })).collect()
    }

    fn call_pieces(&mut self, node: &Node, name: &str, arguments: &[Node]) -> Result<Vec<Piece>> {
        let place = node.place;
        match (self.function(name, arguments.len()), arguments) {
            (Function::Coalesce, _) => self.coalesce(arguments, place),
            (Function::If, _) => self.branch_pieces(node),
            (Function::NullIf, [value, other]) => self.null_if(value, other),
            (Function::Lower, [value]) => self.map(value, |term| letters(term, Letters::Lower, place)),
            (Function::Upper, [value]) => self.map(value, |term| letters(term, Letters::Upper, place)),
            (Function::Length, [value]) => self.map(value, |term| length(term, place)),
            (Function::TypeOf, [value]) => self.type_of(value),
            (Function::Position, [value, sought]) => self.pairs(value, sought, |a, b| position(a, b, place)),
            (Function::Substring, [value, start]) => self.pairs(value, start, |value, start| slice(value, start, None, place)),
            (Function::Substring, [value, start, count]) => {
                let counts = self.pieces(count)?;
                let [Piece { guard: Expr::True, term: count }] = counts.as_slice() else {
                    return Err(unread(place, "a part of a text of no constant length"));
                };
                self.pairs(value, start, |value, start| slice(value, start, Some(count), place))
            }
            (Function::FormatTime, [format, value, modifiers @ ..]) => self.format_time(format, value, modifiers, place),
            (Function::Day, [value, modifiers @ ..]) => self.day(value, modifiers, place),
            (Function::Trim, [value]) => self.map(value, |term| trimmed(term, Ends::Both, place)),
            (Function::TrimLeft, [value]) => self.map(value, |term| trimmed(term, Ends::Left, place)),
            (Function::TrimRight, [value]) => self.map(value, |term| trimmed(term, Ends::Right, place)),
            (Function::Like | Function::Glob | Function::Regexp, _) => self.condition_pieces(node),
            (_, _) => Err(unread(place, format!("the function `{name}`"))),
        }
    }

    fn coalesce(&mut self, arguments: &[Node], place: Place) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut before = Expr::True;
        for argument in arguments {
            let known = self.known(argument)?;
            let found: Vec<Piece> = self.pieces(argument)?.into_iter().filter(|piece| piece.term != Term::Null).collect();
            let guard = Expr::and([before.clone(), known.clone()]);
            pieces.extend(self.under(&guard, found, place)?);
            before = Expr::and([before, Expr::not(known)]);
        }
        pieces.push(Piece { guard: before, term: Term::Null });
        pieces.retain(|piece| piece.guard != Expr::False);
        Ok(pieces)
    }

    fn null_if(&mut self, value: &Node, other: &Node) -> Result<Vec<Piece>> {
        let mut result = Vec::new();
        for piece in self.pieces(value)? {
            let alone = [Piece { guard: Expr::True, term: piece.term.clone() }];
            let equal = self.nulled(&alone, value, other)?;
            let kept = Expr::and([piece.guard.clone(), Expr::not(equal.clone())]);
            result.push(Piece { guard: kept, term: piece.term });
            result.push(Piece { guard: Expr::and([piece.guard, equal]), term: Term::Null });
        }
        result.retain(|piece| piece.guard != Expr::False);
        Ok(result)
    }

    /// A function of two values, piece by piece; NULL where one of them is.
    fn pairs(&mut self, left: &Node, right: &Node, combine: impl Fn(&Term, &Term) -> Result<Term>) -> Result<Vec<Piece>> {
        let (left, right) = (self.pieces(left)?, self.pieces(right)?);
        let mut result = Vec::new();
        for a in left {
            for b in self.under(&a.guard, right.clone(), Place::NOWHERE)? {
                let null = a.term == Term::Null || b.term == Term::Null;
                let term = if null { Term::Null } else { combine(&a.term, &b.term)? };
                result.push(Piece { guard: b.guard, term });
            }
        }
        Ok(result)
    }

    fn type_of(&mut self, value: &Node) -> Result<Vec<Piece>> {
        let mut result = Vec::new();
        for piece in self.pieces(value)? {
            let types = type_names(&piece.term, value.place)?;
            let types = types.into_iter().map(|(guard, name)| Piece { guard, term: Term::Constant(Constant::Text(name.to_owned())) });
            result.extend(self.under(&piece.guard, types.collect(), value.place)?);
        }
        Ok(result)
    }

    fn binary(&mut self, op: Binary, left: &Node, right: &Node, place: Place) -> Result<Vec<Piece>> {
        match op {
            Binary::Concatenate => self.pairs(left, right, |a, b| concatenated(a, b, place)),
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder => {
                self.pairs(left, right, |a, b| calculated(op, a, b, place))
            }
            Binary::BitAnd | Binary::BitOr | Binary::ShiftLeft | Binary::ShiftRight => Err(unread(place, "arithmetic on bits")),
            Binary::JsonValue | Binary::JsonText => Err(unread(place, "a value inside JSON")),
        }
    }
}

fn negated(term: Term, place: Place) -> Result<Term> {
    match term {
        Term::Null => Ok(Term::Null),
        Term::Constant(Constant::Number(number)) => Ok(Term::Constant(Constant::Number(number.negated()))),
        Term::Length { of, negative } => Ok(Term::Length { of, negative: !negative }),
        Term::Constant(Constant::Text(_) | Constant::Blob(_))
        | Term::Stored(_)
        | Term::Text(_)
        | Term::Bytes(_)
        | Term::Slice(..)
        | Term::ByteSlice(..)
        | Term::Trimmed(..)
        | Term::Excess { .. }
        | Term::Position { .. }
        | Term::Day(_)
        | Term::Part(_)
        | Term::Number(_) => Err(unread(place, "arithmetic on a column or a text")),
    }
}

fn calculated(op: Binary, left: &Term, right: &Term, place: Place) -> Result<Term> {
    match (op, left, right) {
        (Binary::Subtract, Term::Length { of, negative: false }, Term::Length { of: over, negative: false }) => {
            return Ok(Term::Excess { of: of.clone(), over: over.clone(), more: 0 });
        }
        (Binary::Add, Term::Excess { of, over, more: 0 }, Term::Constant(Constant::Number(Number::Integer(more)))) => {
            return Ok(Term::Excess { of: of.clone(), over: over.clone(), more: *more });
        }
        (op, Term::Part(part), Term::Constant(Constant::Number(Number::Integer(operand)))) => {
            return Ok(Term::Part(part.calculated(op, *operand)));
        }
        (Binary::Add | Binary::Multiply, Term::Constant(Constant::Number(Number::Integer(operand))), Term::Part(part)) => {
            return Ok(Term::Part(part.calculated(op, *operand)));
        }
        _ => {}
    }
    let (Term::Constant(Constant::Number(left)), Term::Constant(Constant::Number(right))) = (left, right) else {
        return Err(unread(place, "arithmetic on a column or a text"));
    };
    let (Number::Integer(a), Number::Integer(b)) = (left, right) else { return Err(unread(place, "arithmetic with fractions")) };
    let exact = match op {
        Binary::Add => a.checked_add(*b),
        Binary::Subtract => a.checked_sub(*b),
        Binary::Multiply => a.checked_mul(*b),
        Binary::Divide | Binary::Remainder if *b == 0 => return Ok(Term::Null),
        Binary::Divide => a.checked_div(*b),
        Binary::Remainder => a.checked_rem(*b),
        Binary::BitAnd
        | Binary::BitOr
        | Binary::ShiftLeft
        | Binary::ShiftRight
        | Binary::Concatenate
        | Binary::JsonValue
        | Binary::JsonText => None,
    };
    exact
        .map(|integer| Term::Constant(Constant::Number(Number::Integer(integer))))
        .ok_or_else(|| unread(place, "arithmetic beyond 64 bits"))
}

fn concatenated(left: &Term, right: &Term, place: Place) -> Result<Term> {
    let text = |term: &Term| match term.constant()? {
        Constant::Text(text) => Some(text.clone()),
        Constant::Number(number) => number.text(),
        Constant::Blob(_) => None,
    };
    match (text(left), text(right)) {
        (Some(left), Some(right)) => Ok(Term::Constant(Constant::Text(left + &right))),
        (Some(empty), None) if empty.is_empty() => as_text(right.clone(), place),
        (None, Some(empty)) if empty.is_empty() => as_text(left.clone(), place),
        (_, _) => Err(unread(place, "a column joined with another text")),
    }
}

fn as_text(term: Term, place: Place) -> Result<Term> {
    Ok(match AsText::of(term, place)? {
        AsText::Null => Term::Null,
        AsText::Column(of) => Term::Text(of),
        AsText::Constant(text) => Term::Constant(Constant::Text(text)),
    })
}

/// A value as a text.
enum AsText {
    Null,
    Column(TextOf),
    Constant(String),
}

impl AsText {
    fn of(term: Term, place: Place) -> Result<Self> {
        match term {
            Term::Null => Ok(Self::Null),
            Term::Stored(column) => Ok(Self::Column(column.text())),
            // Bytes of a text are that text again.
            Term::Text(of) | Term::Bytes(of) => Ok(Self::Column(of)),
            Term::Constant(Constant::Text(text)) => Ok(Self::Constant(text)),
            Term::Constant(Constant::Number(number)) => number
                .text()
                .map(Self::Constant)
                .ok_or_else(|| unread(place, "a number as a text, which versions of the engine write differently")),
            Term::Constant(Constant::Blob(bytes)) => {
                String::from_utf8(bytes).map(Self::Constant).map_err(|_| unread(place, "bytes that are no text"))
            }
            Term::Slice(..)
            | Term::ByteSlice(..)
            | Term::Trimmed(..)
            | Term::Length { .. }
            | Term::Excess { .. }
            | Term::Position { .. }
            | Term::Day(_)
            | Term::Part(_)
            | Term::Number(_) => Err(unread(place, "such a value as a text")),
        }
    }
}

fn cast(term: Term, affinity: Affinity, place: Place) -> Result<Term> {
    match (affinity, term) {
        (_, Term::Null) => Ok(Term::Null),
        (Affinity::Text, term) => as_text(term, place),
        (Affinity::Untyped, term) => Ok(match AsText::of(term, place)? {
            AsText::Null => Term::Null,
            AsText::Column(of) => Term::Bytes(of),
            AsText::Constant(text) => Term::Constant(Constant::Blob(text.into_bytes())),
        }),
        (Affinity::Numeric, Term::Constant(Constant::Number(number))) => Ok(Term::Constant(Constant::Number(number))),
        (Affinity::Integer, Term::Constant(Constant::Number(Number::Integer(integer)))) => {
            Ok(Term::Constant(Constant::Number(Number::Integer(integer))))
        }
        (Affinity::Real, Term::Constant(Constant::Number(number))) => Ok(Term::Constant(Constant::Number(Number::Real(number.as_real())))),
        (Affinity::Integer | Affinity::Numeric, Term::Part(part)) => Ok(Term::Part(part.number())),
        (Affinity::Numeric | Affinity::Real, Term::Stored(column)) => Ok(Term::Number(column)),
        (Affinity::Integer | Affinity::Numeric | Affinity::Real, _) => Err(unread(place, "a value cast to a number")),
    }
}

/// `lower` and `upper`: ASCII letters only.
fn letters(term: Term, to: Letters, place: Place) -> Result<Term> {
    Ok(match AsText::of(term, place)? {
        AsText::Null => Term::Null,
        AsText::Column(TextOf { column, .. }) => Term::Text(TextOf { column, letters: to }),
        AsText::Constant(text) => Term::Constant(Constant::Text(to.apply(&text))),
    })
}

fn length(term: Term, place: Place) -> Result<Term> {
    let count = |count: usize| Term::Constant(Constant::Number(Number::Integer(count as i64)));
    if let Some(Constant::Blob(bytes)) = term.constant() {
        return Ok(count(bytes.len()));
    }
    if matches!(term, Term::Bytes(_)) {
        return Err(unread(place, "the number of bytes"));
    }
    Ok(match AsText::of(term, place)? {
        AsText::Null => Term::Null,
        AsText::Column(of) => Term::Length { of, negative: false },
        AsText::Constant(text) => count(text.chars().count()),
    })
}

fn position(value: &Term, sought: &Term, place: Place) -> Result<Term> {
    let known = |term: &Term| !matches!(term, Term::Bytes(_) | Term::Constant(Constant::Blob(_)));
    match (value, needle(value), needle(sought)) {
        (Term::Constant(_), Some(super::value::Needle::Constant(text)), Some(super::value::Needle::Constant(sought))) => {
            let at = text.find(&sought).map_or(0, |at| text.get(..at).unwrap_or_default().chars().count() + 1);
            Ok(Term::Constant(Constant::Number(Number::Integer(at as i64))))
        }
        (_, Some(super::value::Needle::Text(of)), Some(needle)) if known(value) && known(sought) => Ok(Term::Position { of, needle }),
        _ => Err(unread(place, "such a text looked for in such a value")),
    }
}

/// `substr`: from a place that counts from 1, or from the end where it is negative.
fn slice(value: &Term, start: &Term, count: Option<&Term>, place: Place) -> Result<Term> {
    let count = match count {
        None => None,
        Some(Term::Constant(Constant::Number(Number::Integer(count)))) => {
            Some(Count::Constant(usize::try_from(*count).map_err(|_| unread(place, "a part of negative length"))?))
        }
        Some(Term::Length { of, negative: false }) => Some(Count::LengthOf(of.clone())),
        Some(Term::Null) => return Ok(Term::Null),
        Some(_) => return Err(unread(place, "a part of a text of such a length")),
    };
    let span = match (start, count) {
        (Term::Constant(Constant::Number(Number::Integer(1))), Some(Count::LengthOf(of))) => Span::FirstOf(of),
        (Term::Constant(Constant::Number(Number::Integer(start))), count) => span(*start, count, place)?,
        (Term::Length { of, negative: true }, None) => Span::LastOf(of.clone()),
        (Term::Excess { of, over, more: 1 }, None) if is_text_of(value, &of.column) => Span::TailOf(over.clone()),
        _ => return Err(unread(place, "a part of a text from such a place")),
    };
    if let Term::Bytes(of) = value {
        return Ok(Term::ByteSlice(of.clone(), span));
    }
    match AsText::of(value.clone(), place)? {
        AsText::Column(of) => Ok(Term::Slice(of, span)),
        AsText::Null | AsText::Constant(_) => Err(unread(place, "a part of a constant")),
    }
}

/// Whether a term is the text of a column; what is done to its letters does not change their number.
fn is_text_of(term: &Term, column: &Column) -> bool {
    matches!(AsText::of(term.clone(), Place::NOWHERE), Ok(AsText::Column(of)) if of.column == *column)
}

enum Count {
    Constant(usize),
    LengthOf(TextOf),
}

fn span(start: i64, count: Option<Count>, place: Place) -> Result<Span> {
    let from_end = usize::try_from(start.unsigned_abs()).map_err(|_| unread(place, "such a place in a text"))?;
    match (start, count) {
        (_, Some(Count::LengthOf(_))) => Err(unread(place, "a part of a text of such a length")),
        (0, Some(_)) => Err(unread(place, "a part of a text from place 0")),
        (0.., None) => Ok(Span::After(from_end.saturating_sub(1))),
        (0.., Some(Count::Constant(take))) => Ok(Span::Within { skip: from_end - 1, take }),
        (_, Some(Count::Constant(take))) if take < from_end => Err(unread(place, "a part of a text before its end")),
        (_, Some(Count::Constant(_)) | None) => Ok(Span::Last(from_end)),
    }
}

fn trimmed(term: Term, ends: Ends, place: Place) -> Result<Term> {
    let blank = |text: &str| match ends {
        Ends::Both => text.trim_matches(' ').to_owned(),
        Ends::Left => text.trim_start_matches(' ').to_owned(),
        Ends::Right => text.trim_end_matches(' ').to_owned(),
    };
    Ok(match AsText::of(term, place)? {
        AsText::Null => Term::Null,
        AsText::Column(of) => Term::Trimmed(of, ends),
        AsText::Constant(text) => Term::Constant(Constant::Text(blank(&text))),
    })
}

/// The names of the types that a term can have, with their conditions.
fn type_names(term: &Term, place: Place) -> Result<Vec<(Expr, &'static str)>> {
    let known = term.known(place);
    let or_null = |name| Ok(vec![(known.clone(), name), (Expr::not(known.clone()), "null")]);
    match term {
        Term::Null => Ok(vec![(Expr::True, "null")]),
        Term::Constant(Constant::Number(Number::Integer(_))) => Ok(vec![(Expr::True, "integer")]),
        Term::Constant(Constant::Number(Number::Real(_))) => Ok(vec![(Expr::True, "real")]),
        Term::Constant(Constant::Text(_)) => Ok(vec![(Expr::True, "text")]),
        Term::Constant(Constant::Blob(_)) => Ok(vec![(Expr::True, "blob")]),
        Term::Stored(column) if column.is_text() => or_null("text"),
        Term::Stored(column) => Ok(stored_types(column, place)),
        Term::Text(_) | Term::Slice(..) | Term::Trimmed(..) | Term::Day(_) => or_null("text"),
        Term::Part(part) => or_null(part.type_name()),
        Term::Bytes(_) | Term::ByteSlice(..) => or_null("blob"),
        Term::Length { .. } | Term::Excess { .. } | Term::Position { .. } => or_null("integer"),
        Term::Number(_) => Err(unread(place, "the type of a text cast to a number")),
    }
}

fn stored_types(column: &Column, place: Place) -> Vec<(Expr, &'static str)> {
    let of_kind = |kind| column.test(Predicate::Kind(kind), place);
    vec![
        (of_kind(JsonKind::Text), "text"),
        (of_kind(JsonKind::Integer), "integer"),
        (of_kind(JsonKind::Real), "real"),
        (Expr::not(column.exists(place)), "null"),
    ]
}
