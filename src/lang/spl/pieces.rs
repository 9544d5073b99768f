//! Values of expressions as guarded pieces: under this condition, the value is this term.
//!
//! A term is NULL, a constant, or something about one field of the storage whose comparisons are tests on that field.
//! The conditions of one value exclude each other and leave nothing out. Deliberately absent: arithmetic.

use super::ast::{Kind, Node};
use super::reader::{Field, Reader};
use super::{Result, unread};
use crate::diag::quote;
use crate::ir::{Case, Decimal, Expr};
use crate::source::Place;
use crate::text::number;

/// What a value is under a condition.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) guard: Expr,
    pub(super) term: Term,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Null,
    Constant(String),
    Number(Decimal),
    /// The texts of a field.
    Text(TextOf),
    /// The text of a field as a number.
    NumberOf(Field),
    /// The length of a field's text.
    Length(Field),
    /// A part of a field's text.
    Slice(TextOf, Span),
    /// The place of a value among several, counted from 0.
    Index,
    /// Something that is not NULL.
    Some,
}

/// The texts of a field, with their letters as they are or changed.
#[derive(Debug, Clone)]
pub(super) struct TextOf {
    pub(super) field: Field,
    pub(super) letters: Letters,
}

/// What is done to the letters of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    Kept,
    Lower,
    Upper,
}

impl Letters {
    /// The relation under which a possible result matches exactly what it is made of.
    pub(super) fn case(self) -> Case {
        match self {
            Self::Kept => Case::Sensitive,
            Self::Lower | Self::Upper => Case::Ascii,
        }
    }

    fn apply(self, text: &str) -> String {
        match self {
            Self::Kept => text.to_owned(),
            Self::Lower => text.to_ascii_lowercase(),
            Self::Upper => text.to_ascii_uppercase(),
        }
    }
}

/// Which part of a text.
#[derive(Debug, Clone)]
pub(super) enum Span {
    /// So many characters at the start.
    First(usize),
    /// So many at the end.
    Last(usize),
    /// As many at the start as this field's text has.
    FirstOf(Field),
    /// As many at the end as this field's text has.
    LastOf(Field),
}

fn always(term: Term) -> Vec<Piece> {
    vec![Piece { guard: Expr::True, term }]
}

impl Reader<'_> {
    /// The value of an expression.
    pub(super) fn pieces(&mut self, node: &Node) -> Result<Vec<Piece>> {
        self.charge(1, node.place)?;
        match &node.kind {
            Kind::Text(text) => Ok(always(Term::Constant(text.clone()))),
            Kind::Number(number) => Ok(always(Term::Number(number.clone()))),
            Kind::Field(name) => match self.made(name, node.place)? {
                Some(pieces) => Ok(pieces),
                None => Ok(always(Term::Text(TextOf { field: self.field(name, node.place)?, letters: Letters::Kept }))),
            },
            Kind::Call { name, arguments } => self.call(name, arguments, node.place),
            Kind::Minus(_) => Err(unread(node.place, "arithmetic")),
            Kind::Not(_) | Kind::And(_) | Kind::Or(_) | Kind::Xor(_) | Kind::Compare { .. } | Kind::In { .. } | Kind::Like { .. } => {
                Err(unread(node.place, "a condition as a value"))
            }
        }
    }

    fn call(&mut self, name: &str, arguments: &[Node], place: Place) -> Result<Vec<Piece>> {
        match (name, arguments) {
            ("null", []) => Ok(always(Term::Null)),
            ("if", [condition, yes, no]) => self.choice(&[(condition, yes)], Some(no), place),
            ("case", pairs) if !pairs.is_empty() && pairs.len() % 2 == 0 => {
                let pairs: Vec<_> = pairs.iter().step_by(2).zip(pairs.iter().skip(1).step_by(2)).collect();
                self.choice(&pairs, None, place)
            }
            ("coalesce", [_, ..]) => self.coalesce(arguments, place),
            ("lower", [value]) => self.lettered(value, Letters::Lower),
            ("upper", [value]) => self.lettered(value, Letters::Upper),
            ("tonumber", [value]) => self.each(value, |term| match term {
                Term::Text(TextOf { field, .. }) => Some(Term::NumberOf(field)),
                Term::Constant(text) if number::is_plain(&text) => Decimal::parse(&text).map(Term::Number),
                Term::Number(_) | Term::NumberOf(_) | Term::Length(_) | Term::Null => Some(term),
                Term::Constant(_) | Term::Slice(..) | Term::Index | Term::Some => None,
            }),
            ("len", [value]) => self.each(value, |term| match term {
                Term::Text(TextOf { field, .. }) => Some(Term::Length(field)),
                Term::Null => Some(Term::Null),
                Term::Constant(_) | Term::Number(_) | Term::NumberOf(_) | Term::Length(_) | Term::Slice(..) | Term::Index | Term::Some => {
                    None
                }
            }),
            ("substr", [value, start]) => self.slice(value, start, None),
            ("substr", [value, start, length]) => self.slice(value, start, Some(length)),
            ("mvfind", [value, expression]) => self.find(value, expression, place),
            (_, _) => Err(unread(place, format!("the function {} with {} arguments as a value", quote(name), arguments.len()))),
        }
    }

    /// The first value whose condition is true; else the last, or NULL.
    fn choice(&mut self, pairs: &[(&Node, &Node)], otherwise: Option<&Node>, place: Place) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut left = Expr::True;
        for (condition, value) in pairs {
            let holds = self.truth(condition)?;
            let guard = Expr::and([self.copy(&left, place)?, self.copy(&holds, place)?]);
            self.guarded(&guard, value, &mut pieces)?;
            left = Expr::and([left, Expr::not(holds)]);
        }
        match otherwise {
            Some(value) => self.guarded(&left, value, &mut pieces)?,
            None => pieces.push(Piece { guard: left, term: Term::Null }),
        }
        Ok(pieces)
    }

    fn guarded(&mut self, guard: &Expr, value: &Node, pieces: &mut Vec<Piece>) -> Result<()> {
        for piece in self.pieces(value)? {
            let guard = Expr::and([self.copy(guard, value.place)?, piece.guard]);
            if guard != Expr::False {
                pieces.push(Piece { guard, term: piece.term });
            }
        }
        Ok(())
    }

    fn coalesce(&mut self, arguments: &[Node], place: Place) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut left = Expr::True;
        for argument in arguments {
            let own = self.pieces(argument)?;
            let known = self.known_pieces(&own, place)?;
            for piece in own {
                let known = self.known(&piece.term, place)?;
                let guard = Expr::and([self.copy(&left, place)?, piece.guard, known]);
                if guard != Expr::False {
                    pieces.push(Piece { guard, term: piece.term });
                }
            }
            left = Expr::and([left, Expr::not(known)]);
        }
        pieces.push(Piece { guard: left, term: Term::Null });
        Ok(pieces)
    }

    /// A function of each term, where it has one.
    fn each(&mut self, value: &Node, function: impl Fn(Term) -> Option<Term>) -> Result<Vec<Piece>> {
        let pieces = self.pieces(value)?.into_iter().map(|Piece { guard, term }| Some(Piece { guard, term: function(term)? }));
        pieces.collect::<Option<_>>().ok_or_else(|| unread(value.place, "a function of such a value"))
    }

    fn lettered(&mut self, value: &Node, letters: Letters) -> Result<Vec<Piece>> {
        self.each(value, |term| match term {
            Term::Text(of) => Some(Term::Text(TextOf { letters, ..of })),
            Term::Constant(text) if text.is_ascii() => Some(Term::Constant(letters.apply(&text))),
            Term::Null => Some(Term::Null),
            Term::Constant(_) | Term::Number(_) | Term::NumberOf(_) | Term::Length(_) | Term::Slice(..) | Term::Index | Term::Some => None,
        })
    }

    fn slice(&mut self, value: &Node, start: &Node, length: Option<&Node>) -> Result<Vec<Piece>> {
        let span = self.span(start, length)?;
        self.each(value, |term| match term {
            Term::Text(of) => Some(Term::Slice(of, span.clone())),
            Term::Null => Some(Term::Null),
            Term::Constant(_) | Term::Number(_) | Term::NumberOf(_) | Term::Length(_) | Term::Slice(..) | Term::Index | Term::Some => None,
        })
    }

    /// The part that `substr` takes: at the start, or at the end.
    fn span(&mut self, start: &Node, length: Option<&Node>) -> Result<Span> {
        let other = || unread(start.place, "such a part of a text");
        match (&start.kind, length) {
            (Kind::Minus(length), None) => Ok(Span::LastOf(self.measured(length)?)),
            (Kind::Number(start), None) => count(start, "-").map(Span::Last).ok_or_else(other),
            (Kind::Number(start), Some(length)) if start.to_string() == "1" => match &length.kind {
                Kind::Number(number) => count(number, "").map(Span::First).ok_or_else(other),
                Kind::Call { .. } => Ok(Span::FirstOf(self.measured(length)?)),
                Kind::Text(_)
                | Kind::Field(_)
                | Kind::Minus(_)
                | Kind::Not(_)
                | Kind::And(_)
                | Kind::Or(_)
                | Kind::Xor(_)
                | Kind::Compare { .. }
                | Kind::In { .. }
                | Kind::Like { .. } => Err(other()),
            },
            (_, _) => Err(other()),
        }
    }

    /// The field whose length an expression is.
    fn measured(&mut self, node: &Node) -> Result<Field> {
        match self.pieces(node)?.as_slice() {
            [Piece { guard: Expr::True, term: Term::Length(field) }] => Ok(field.clone()),
            _ => Err(unread(node.place, "such a length")),
        }
    }

    /// `mvfind`: an index where some value is matched, else NULL.
    fn find(&mut self, value: &Node, expression: &Node, place: Place) -> Result<Vec<Piece>> {
        let Kind::Text(expression) = &expression.kind else { return Err(unread(place, "an expression that is no text")) };
        match self.pieces(value)?.as_slice() {
            [Piece { guard: Expr::True, term: Term::Text(TextOf { field, letters: Letters::Kept }) }] => {
                let found = self.matches(field, expression, place)?;
                let nothing = Expr::not(self.copy(&found, place)?);
                Ok(vec![Piece { guard: found, term: Term::Index }, Piece { guard: nothing, term: Term::Null }])
            }
            _ => Err(unread(value.place, "`mvfind` in such a value")),
        }
    }
}

/// A whole number of characters behind this sign.
fn count(number: &Decimal, sign: &str) -> Option<usize> {
    number.to_string().strip_prefix(sign)?.parse().ok().filter(|count| *count > 0)
}
