//! Comparisons of terms: which test says that one value equals, precedes or follows another.
//!
//! Source: SQLite, "Datatypes In SQLite" §3 to §7. Numbers precede texts, texts precede bytes; affinity of one
//! side may convert the other first. Every answer here is for values that are not NULL. What has no test is
//! unread. Deliberately absent: order between two columns, conversion of a column's texts to numbers.

use super::manner::{Conversion, Manner};
use super::number::{Extent, Number};
use super::read::Reader;
use super::value::{Column, Constant, Span, Term, TextOf};
use super::{Result, unread};
use crate::ir::{Case, Comparison, Expr, Kind, Pattern, Predicate, Relation};
use crate::source::Place;
use crate::storage::Name;

/// The comparison with its sides exchanged.
pub(super) fn flipped(op: Comparison) -> Comparison {
    match op {
        Comparison::Lt => Comparison::Gt,
        Comparison::Lte => Comparison::Gte,
        Comparison::Gt => Comparison::Lt,
        Comparison::Gte => Comparison::Lte,
        Comparison::Eq => Comparison::Eq,
    }
}

impl Reader<'_> {
    /// When two terms that are not NULL compare so.
    pub(super) fn compare_terms(&mut self, left: &Term, right: &Term, manner: Manner) -> Result<Expr> {
        match (left, right) {
            (Term::Null, _) | (_, Term::Null) => Ok(Expr::False),
            (Term::Constant(left), Term::Constant(right)) => {
                let (left, right) = (converted(left, manner)?, converted(right, manner)?);
                Ok(truth(manner.op.accepts(left.compare(&right, manner.case))))
            }
            (Term::Constant(_), _) => self.compare_terms(right, left, Manner { op: flipped(manner.op), ..manner }),
            (_, Term::Constant(constant)) => {
                let constant = converted(constant, manner)?;
                self.compare_constant(left, &constant, manner)
            }
            (_, _) => self.compare_columns(left, right, manner),
        }
    }

    fn compare_constant(&mut self, left: &Term, right: &Constant, manner: Manner) -> Result<Expr> {
        match left {
            Term::Null | Term::Constant(_) => Ok(Expr::False),
            Term::Stored(column) if column.is_text() || manner.conversion == Conversion::Text => {
                self.compare_text(&column.text(), right, manner)
            }
            Term::Stored(column) => self.compare_stored(column, right, manner),
            Term::Text(of) => self.compare_text(of, right, manner),
            Term::Excess { .. } => Err(unread(manner.place, "a comparison of two lengths")),
            Term::Part(part) => self.compare_part(part, right, manner),
            Term::Day(_) => Err(unread(manner.place, "a comparison of a day")),
            Term::Number(_) | Term::Length { .. } | Term::Position { .. } if manner.conversion == Conversion::Text => {
                Err(unread(manner.place, "a number that becomes a text"))
            }
            Term::Number(column) => match right {
                Constant::Number(number) => self.compare_cast(column, *number, manner),
                Constant::Text(_) | Constant::Blob(_) => Ok(precedes(left, manner)),
            },
            Term::Length { of, negative } => match right {
                Constant::Number(number) => self.compare_length(of, *negative, *number, manner),
                Constant::Text(_) | Constant::Blob(_) => Ok(precedes(left, manner)),
            },
            Term::Position { of, needle } => match right {
                Constant::Number(Number::Integer(number)) => self.compare_position(of, needle, *number, manner),
                Constant::Number(Number::Real(_)) => Err(unread(manner.place, "such a place of a text in a text")),
                Constant::Text(_) | Constant::Blob(_) => Ok(precedes(left, manner)),
            },
            Term::Slice(of, span) => match right {
                Constant::Text(text) if manner.op == Comparison::Eq && plain(manner) => self.slice_is(of, span, text, manner.place),
                Constant::Number(_) if manner.conversion == Conversion::None => Ok(follows(left, manner)),
                Constant::Blob(_) => Ok(precedes(left, manner)),
                Constant::Text(_) | Constant::Number(_) => Err(unread(manner.place, "such a comparison of a part of a text")),
            },
            Term::Trimmed(of, ends) => match right {
                Constant::Text(text) if manner.op == Comparison::Eq && plain(manner) => self.trimmed_is(of, *ends, text, manner.place),
                Constant::Text(_) | Constant::Number(_) | Constant::Blob(_) => {
                    Err(unread(manner.place, "such a comparison of a trimmed text"))
                }
            },
            Term::Bytes(of) => match right {
                Constant::Blob(bytes) if manner.op == Comparison::Eq => {
                    let text = utf8(bytes, manner.place)?;
                    self.text_is(of, text, Case::Sensitive, manner.place)
                }
                Constant::Blob(_) => Err(unread(manner.place, "the order of bytes")),
                Constant::Text(_) | Constant::Number(_) => Ok(follows(left, manner)),
            },
            Term::ByteSlice(of, span) => match right {
                Constant::Blob(bytes) if manner.op == Comparison::Eq => {
                    let text = utf8(bytes, manner.place)?;
                    self.bytes_are(of, span, text, manner.place)
                }
                Constant::Blob(_) => Err(unread(manner.place, "the order of bytes")),
                Constant::Text(_) | Constant::Number(_) => Ok(follows(left, manner)),
            },
        }
    }

    /// A column that may hold numbers and texts.
    fn compare_stored(&mut self, column: &Column, right: &Constant, manner: Manner) -> Result<Expr> {
        if manner.conversion == Conversion::Numeric && !column.is_numeric() {
            return Err(unread(manner.place, "a comparison for which texts of a column become numbers"));
        }
        let place = manner.place;
        let text = column.test(Predicate::Kind(Kind::Text), place);
        let low = matches!(manner.op, Comparison::Lt | Comparison::Lte);
        match right {
            Constant::Number(number) => {
                let numbers = match number.extent() {
                    Extent::Finite(number) => column.test(Predicate::Compare { op: manner.op, number }, place),
                    Extent::Above if low => column.numbers(place),
                    Extent::Below if !low && manner.op != Comparison::Eq => column.numbers(place),
                    Extent::Above | Extent::Below => Expr::False,
                };
                Ok(match manner.op {
                    Comparison::Gt | Comparison::Gte => Expr::or([numbers, text]),
                    // Texts of a numeric column never look like numbers.
                    Comparison::Lt | Comparison::Lte | Comparison::Eq if column.is_numeric() || number.is_infinite() => numbers,
                    Comparison::Lt | Comparison::Lte | Comparison::Eq => Expr::and([Expr::not(text), numbers]),
                })
            }
            Constant::Text(constant) => {
                self.note_nul_beside(column, constant, manner.case);
                let same = column.test(text_predicate(manner.op, constant, manner.case), place);
                Ok(match manner.op {
                    Comparison::Lt | Comparison::Lte => Expr::or([column.numbers(place), Expr::and([text, same])]),
                    Comparison::Gt | Comparison::Gte => Expr::and([text, same]),
                    Comparison::Eq if Number::from_text(constant).is_none() => same,
                    Comparison::Eq => Expr::and([text, same]),
                })
            }
            Constant::Blob(_) => Ok(if low { column.exists(place) } else { Expr::False }),
        }
    }

    /// A text cast to a number, which the guard around it has shown to be one.
    fn compare_cast(&mut self, column: &Column, number: Number, manner: Manner) -> Result<Expr> {
        self.assume(Name::ExactNumbers, &column.key, "texts are compared as numbers");
        let Extent::Finite(exact) = number.extent() else {
            return Ok(if infinite_accepts(number, manner.op) { column.exists(manner.place) } else { Expr::False });
        };
        let comparable = match number {
            Number::Integer(_) => true,
            Number::Real(real) => real.abs() < 1e15 && number.text().is_some(),
        };
        if !comparable {
            return Err(unread(manner.place, "a comparison with a number of so many digits"));
        }
        self.note_text(column, "texts are compared as numbers");
        Ok(column.test(Predicate::Compare { op: manner.op, number: exact }, manner.place))
    }

    /// Two terms about columns.
    fn compare_columns(&mut self, left: &Term, right: &Term, manner: Manner) -> Result<Expr> {
        if left == right && !matches!(left, Term::Number(_)) {
            return Ok(if manner.op.accepts(std::cmp::Ordering::Equal) { left.known(manner.place) } else { Expr::False });
        }
        if manner.op != Comparison::Eq {
            return Err(unread(manner.place, "the order of two columns"));
        }
        match (left, right) {
            (Term::Stored(a), Term::Stored(b)) => self.compare_stored_columns(a, b, manner),
            (Term::Stored(a), Term::Text(b)) | (Term::Text(b), Term::Stored(a)) => {
                let converted = a.is_text() || manner.conversion == Conversion::Text;
                if converted { self.texts_equal(&a.text(), b, manner) } else { self.stored_is_text(a, b, manner) }
            }
            (Term::Text(a), Term::Text(b)) => self.texts_equal(a, b, manner),
            (Term::Slice(of, span), Term::Text(whole)) | (Term::Text(whole), Term::Slice(of, span)) => {
                self.slice_equals(of, span, whole, manner)
            }
            (Term::Slice(of, span), Term::Stored(whole)) | (Term::Stored(whole), Term::Slice(of, span)) if whole.is_text() => {
                self.slice_equals(of, span, &whole.text(), manner)
            }
            (_, _) => Err(unread(manner.place, "such a comparison of two columns")),
        }
    }

    fn compare_stored_columns(&mut self, a: &Column, b: &Column, manner: Manner) -> Result<Expr> {
        let place = manner.place;
        let one_type = a.is_numeric() == b.is_numeric() || manner.conversion != Conversion::Numeric;
        if !one_type || manner.conversion == Conversion::Text || (a.is_text() && b.is_text()) {
            return self.texts_equal(&a.text(), &b.text(), manner);
        }
        self.note_nul(a, manner.case);
        self.note_nul(b, manner.case);
        // Canonical texts are equal exactly when numbers are.
        let same = a.test(Predicate::Relates { other: b.key.clone(), how: Relation::Equal, case: manner.case }, place);
        if a.is_numeric() && b.is_numeric() {
            return Ok(same);
        }
        let text = |column: &Column| if column.is_text() { Expr::True } else { column.test(Predicate::Kind(Kind::Text), place) };
        let both = Expr::and([text(a), text(b)]);
        let neither = Expr::and([Expr::not(text(a)), Expr::not(text(b))]);
        Ok(Expr::and([same, Expr::or([both, neither])]))
    }

    /// A column that may hold numbers equals a text.
    fn stored_is_text(&mut self, column: &Column, text: &TextOf, manner: Manner) -> Result<Expr> {
        if manner.conversion == Conversion::Numeric {
            return Err(unread(manner.place, "a comparison for which texts of a column become numbers"));
        }
        let same = self.texts_equal(&column.text(), text, manner)?;
        Ok(Expr::and([column.test(Predicate::Kind(Kind::Text), manner.place), same]))
    }

    fn texts_equal(&mut self, a: &TextOf, b: &TextOf, manner: Manner) -> Result<Expr> {
        if manner.conversion == Conversion::Numeric {
            return Err(unread(manner.place, "a comparison for which texts of a column become numbers"));
        }
        self.note_nul(&a.column, manner.case);
        self.note_nul(&b.column, manner.case);
        self.relate(a, b, Relation::Equal, manner.case, manner.place)
    }

    /// A part of a text as long as another is that other.
    fn slice_equals(&mut self, of: &TextOf, span: &Span, whole: &TextOf, manner: Manner) -> Result<Expr> {
        let place = manner.place;
        let (how, length) = match span {
            Span::FirstOf(other) => (Relation::Prefix, other),
            Span::LastOf(other) | Span::TailOf(other) => (Relation::Suffix, other),
            Span::After(_) | Span::Within { .. } | Span::Last(_) => return Err(unread(place, "a part of a text against a column")),
        };
        if length.column != whole.column || !plain(manner) {
            return Err(unread(place, "a part of a text as long as another than it is compared with"));
        }
        for column in [&of.column, &whole.column] {
            self.assume(Name::NoNul, &column.key, "`substr` and `length` stop at NUL");
        }
        let related = self.relate(of, whole, how, Case::Sensitive, place)?;
        if !matches!(span, Span::LastOf(_)) {
            return Ok(related);
        }
        // With a length of 0, `substr` gives the whole text.
        let empty = |text: &TextOf| text.column.is_empty_text(place);
        Ok(Expr::and([related, Expr::or([Expr::not(empty(whole)), empty(of)])]))
    }
}

impl Column {
    /// It holds a number.
    pub(super) fn numbers(&self, place: Place) -> Expr {
        if self.is_text() {
            return Expr::False;
        }
        Expr::or([Kind::Integer, Kind::Real].map(|kind| self.test(Predicate::Kind(kind), place)))
    }
}

fn truth(value: bool) -> Expr {
    if value { Expr::True } else { Expr::False }
}

/// No conversion and no change of letters.
pub(super) fn plain(manner: Manner) -> bool {
    manner.conversion != Conversion::Numeric && manner.case == Case::Sensitive
}

/// A value whose type precedes that of the other.
pub(super) fn precedes(term: &Term, manner: Manner) -> Expr {
    if manner.op.accepts(std::cmp::Ordering::Less) { term.known(manner.place) } else { Expr::False }
}

/// A value whose type follows that of the other.
pub(super) fn follows(term: &Term, manner: Manner) -> Expr {
    if manner.op.accepts(std::cmp::Ordering::Greater) { term.known(manner.place) } else { Expr::False }
}

fn infinite_accepts(number: Number, op: Comparison) -> bool {
    op.accepts(0.0_f64.total_cmp(&number.as_real()))
}

pub(super) fn text_predicate(op: Comparison, text: &str, case: Case) -> Predicate {
    match op {
        Comparison::Eq => Predicate::like(Pattern::exact(text), case),
        Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte => Predicate::Order { op, text: text.to_owned(), case },
    }
}

pub(super) fn utf8(bytes: &[u8], place: Place) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| unread(place, "bytes that are no text"))
}

/// A constant after conversion.
fn converted(constant: &Constant, manner: Manner) -> Result<Constant> {
    match (manner.conversion, constant) {
        (Conversion::Numeric, Constant::Text(text)) => match Number::from_text(text) {
            Some(number) => number.map(Constant::Number).map_err(|_| unread(manner.place, "a number of so many digits")),
            None => Ok(constant.clone()),
        },
        (Conversion::Text, Constant::Number(number)) => number
            .text()
            .map(Constant::Text)
            .ok_or_else(|| unread(manner.place, "a number as a text, which versions of the engine write differently")),
        (_, _) => Ok(constant.clone()),
    }
}
