//! Comparisons of terms: which test says that one value equals, precedes or follows another.
//!
//! Source: SQLite, "Datatypes In SQLite" §3 to §7. Numbers precede texts, texts precede bytes; affinity of one
//! side may convert the other first. Every answer here is for values that are not NULL. What has no test is
//! unread. Deliberately absent: order between two columns, conversion of a column's texts to numbers.

use super::number::{Extent, Number};
use super::read::Reader;
use super::value::{Column, Constant, Ends, Letters, Needle, Span, Term, TextOf};
use super::{Result, unread};
use crate::ir::{Case, Comparison, Expr, Kind, Pattern, Predicate, Regex, Relation};
use crate::source::Place;
use crate::storage::Name;
use crate::text::pattern::Part;
use regex_syntax::hir::{Hir, Look, Repetition};

/// Characters beyond which a length is not spelled out as a pattern.
const MAX_LENGTH: usize = 1000;

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
                    Comparison::Lt | Comparison::Lte | Comparison::Eq if column.is_numeric() => numbers,
                    Comparison::Lt | Comparison::Lte | Comparison::Eq => Expr::and([Expr::not(text), numbers]),
                })
            }
            Constant::Text(constant) => {
                self.note_nul(column, manner.case);
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

    /// A text against a constant.
    fn compare_text(&mut self, of: &TextOf, right: &Constant, manner: Manner) -> Result<Expr> {
        match right {
            _ if manner.conversion == Conversion::Numeric => {
                Err(unread(manner.place, "a comparison for which texts of a column become numbers"))
            }
            Constant::Number(_) => Ok(follows(&Term::Text(of.clone()), manner)),
            Constant::Blob(_) => Ok(precedes(&Term::Text(of.clone()), manner)),
            Constant::Text(text) if manner.op == Comparison::Eq => self.text_is(of, text, manner.case, manner.place),
            Constant::Text(text) => {
                let foldable = manner.case == Case::Ascii || of.letters == Letters::Kept;
                if !foldable && (of.letters == Letters::Upper || !of.letters.yields(text)) {
                    return Err(unread(manner.place, "the order of texts with changed letters"));
                }
                let case = if foldable { manner.case } else { Case::Ascii };
                self.note_nul(&of.column, manner.case);
                self.note_text(&of.column, "texts are ordered", manner.place)?;
                Ok(of.column.test(text_predicate(manner.op, text, case), manner.place))
            }
        }
    }

    /// The text is this one.
    fn text_is(&mut self, of: &TextOf, text: &str, case: Case, place: Place) -> Result<Expr> {
        self.note_nul(&of.column, case);
        if case == Case::Sensitive && !of.letters.yields(text) {
            return Ok(Expr::False);
        }
        let case = if case == Case::Sensitive { of.letters.case() } else { case };
        self.note_pattern(&of.column, &Pattern::exact(text), place)?;
        Ok(of.column.test(Predicate::like(Pattern::exact(text), case), place))
    }

    /// A pattern covers the text with its letters changed; letters of the pattern compare exactly.
    pub(super) fn text_like(&mut self, of: &TextOf, pattern: Pattern, place: Place) -> Result<Expr> {
        if !of.letters.yields(&pattern.literal_chars().collect::<String>()) {
            return Ok(Expr::False);
        }
        self.note_pattern(&of.column, &pattern, place)?;
        Ok(of.column.test(Predicate::like(pattern, of.letters.case()), place))
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
        self.note_text(column, "texts are compared as numbers", manner.place)?;
        Ok(column.test(Predicate::Compare { op: manner.op, number: exact }, manner.place))
    }

    fn compare_length(&mut self, of: &TextOf, negative: bool, number: Number, manner: Manner) -> Result<Expr> {
        let Number::Integer(number) = number else { return Err(unread(manner.place, "a length that is no integer")) };
        let (number, op) = if negative { (number.saturating_neg(), flipped(manner.op)) } else { (number, manner.op) };
        let known = of.column.exists(manner.place);
        let Ok(length) = usize::try_from(number) else {
            return Ok(if matches!(op, Comparison::Gt | Comparison::Gte) { known } else { Expr::False });
        };
        if length > MAX_LENGTH {
            return Err(unread(manner.place, "a length beyond 1000"));
        }
        self.assume(Name::NoNul, &of.column.key, "`length` stops at NUL");
        self.note_text(&of.column, "the length of a text is tested", manner.place)?;
        let ones = |count| vec![Part::One; count];
        let exactly = of.column.test(Predicate::like(Pattern::new(ones(length)), Case::Sensitive), manner.place);
        let at_least = |count| {
            let parts = ones(count).into_iter().chain([Part::Any]);
            of.column.test(Predicate::like(Pattern::new(parts), Case::Sensitive), manner.place)
        };
        Ok(match op {
            Comparison::Eq => exactly,
            Comparison::Gte => at_least(length),
            Comparison::Gt => at_least(length + 1),
            Comparison::Lt => Expr::and([known, Expr::not(at_least(length))]),
            Comparison::Lte => Expr::and([known, Expr::not(at_least(length + 1))]),
        })
    }

    fn compare_position(&mut self, of: &TextOf, needle: &Needle, number: i64, manner: Manner) -> Result<Expr> {
        let place = manner.place;
        let known = Term::Position { of: of.clone(), needle: needle.clone() }.known(place);
        // Places are natural numbers; 0 is "not found", 1 is the start.
        match (manner.op, number) {
            (Comparison::Gt, 0) | (Comparison::Gte, 1) => self.contains(of, needle, Relation::Infix, place),
            (Comparison::Eq, 1) => self.contains(of, needle, Relation::Prefix, place),
            (Comparison::Eq | Comparison::Lte, 0) | (Comparison::Lt, 1) => {
                let found = self.contains(of, needle, Relation::Infix, place)?;
                Ok(Expr::and([known, Expr::not(found)]))
            }
            (Comparison::Gt | Comparison::Gte, _) if number <= 0 => Ok(known),
            (Comparison::Lt | Comparison::Lte | Comparison::Eq, _) if number <= 0 => Ok(Expr::False),
            (_, _) => Err(unread(place, "such a place of a text in a text")),
        }
    }

    /// A text has another in it, or at its start or end.
    pub(super) fn contains(&mut self, of: &TextOf, needle: &Needle, how: Relation, place: Place) -> Result<Expr> {
        match needle {
            Needle::Text(other) => self.relate(of, other, how, Case::Sensitive, place),
            Needle::Constant(text) => {
                let exact = Pattern::exact(text);
                let pattern = match how {
                    Relation::Equal => exact,
                    Relation::Prefix => exact.with_any_after(),
                    Relation::Suffix => exact.with_any_before(),
                    Relation::Infix => exact.with_any_before().with_any_after(),
                };
                self.text_like(of, pattern, place)
            }
        }
    }

    /// Two texts relate so, letters compared under `case` after they were changed.
    fn relate(&mut self, of: &TextOf, other: &TextOf, how: Relation, case: Case, place: Place) -> Result<Expr> {
        let case = match (case, of.letters == other.letters) {
            (Case::Ascii, _) => Case::Ascii,
            (_, true) => of.letters.case(),
            (_, false) => return Err(unread(place, "a comparison of texts whose letters were changed differently")),
        };
        self.note_text(&of.column, "two texts are compared", place)?;
        self.note_text(&other.column, "two texts are compared", place)?;
        Ok(of.column.test(Predicate::Relates { other: other.column.key.clone(), how, case }, place))
    }

    /// A part of a text is this one.
    fn slice_is(&mut self, of: &TextOf, span: &Span, text: &str, place: Place) -> Result<Expr> {
        self.assume(Name::NoNul, &of.column.key, "`substr` stops at NUL");
        let length = text.chars().count();
        let after = |skip: usize| std::iter::repeat_n(Part::One, skip);
        let literal = Part::Text(text.to_owned());
        let (skip, take) = match span {
            Span::After(skip) => (*skip, None),
            Span::Within { skip, take } => (*skip, Some(*take)),
            Span::Last(count) => return self.last_is(of, *count, length, text, place),
            Span::FirstOf(_) | Span::LastOf(_) | Span::TailOf(_) => {
                return Err(unread(place, "a part as long as another text, against a constant"));
            }
        };
        if skip > MAX_LENGTH {
            return Err(unread(place, "a part of a text beyond 1000 characters"));
        }
        match take {
            Some(0) => Ok(if text.is_empty() { of.column.exists(place) } else { Expr::False }),
            _ if text.is_empty() => {
                // Nothing is left: the text ends before.
                let longer = self.text_like(of, Pattern::new(after(skip + 1).chain([Part::Any])), place)?;
                Ok(Expr::and([of.column.exists(place), Expr::not(longer)]))
            }
            Some(take) if length > take => Ok(Expr::False),
            Some(take) if length == take => self.text_like(of, Pattern::new(after(skip).chain([literal, Part::Any])), place),
            Some(_) | None => self.text_like(of, Pattern::new(after(skip).chain([literal])), place),
        }
    }

    /// The last characters (or bytes) of a text are this text.
    fn last_is(&mut self, of: &TextOf, count: usize, length: usize, text: &str, place: Place) -> Result<Expr> {
        match length.cmp(&count) {
            std::cmp::Ordering::Less => self.text_like(of, Pattern::exact(text), place),
            std::cmp::Ordering::Equal => self.text_like(of, Pattern::exact(text).with_any_before(), place),
            std::cmp::Ordering::Greater => Ok(Expr::False),
        }
    }

    /// A part of the bytes of a text is this text. UTF-8 never lets a character start inside another.
    fn bytes_are(&mut self, of: &TextOf, span: &Span, text: &str, place: Place) -> Result<Expr> {
        match span {
            // A part of no bytes is NULL.
            Span::Last(_) | Span::After(0) if text.is_empty() => Ok(Expr::False),
            Span::Within { take: 0, .. } => Err(unread(place, "a part of no bytes")),
            Span::Last(count) => self.last_is(of, *count, text.len(), text, place),
            Span::Within { skip: 0, .. } if text.is_empty() => Ok(Expr::False),
            Span::Within { skip: 0, take } if text.len() == *take => self.text_like(of, Pattern::exact(text).with_any_after(), place),
            Span::Within { skip: 0, take } if text.len() < *take => self.text_like(of, Pattern::exact(text), place),
            Span::Within { skip: 0, .. } => Ok(Expr::False),
            Span::After(0) => self.text_like(of, Pattern::exact(text), place),
            Span::After(_) | Span::Within { .. } | Span::FirstOf(_) | Span::LastOf(_) | Span::TailOf(_) => {
                Err(unread(place, "such a part of bytes"))
            }
        }
    }

    /// The text without blanks at its ends is this one.
    fn trimmed_is(&mut self, of: &TextOf, ends: Ends, text: &str, place: Place) -> Result<Expr> {
        let (left, right) = match ends {
            Ends::Both => (true, true),
            Ends::Left => (true, false),
            Ends::Right => (false, true),
        };
        if (left && text.starts_with(' ')) || (right && text.ends_with(' ')) {
            return Ok(Expr::False);
        }
        let blanks = |there: bool| {
            let sub = Box::new(Hir::literal(*b" "));
            there.then(|| Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub }))
        };
        let parts =
            [Some(Hir::look(Look::Start)), blanks(left), Some(Hir::literal(text.as_bytes())), blanks(right), Some(Hir::look(Look::End))];
        self.text_matches(of, &Hir::concat(parts.into_iter().flatten().collect()), place)
    }

    /// An expression is found in the text with its letters changed.
    pub(super) fn text_matches(&mut self, of: &TextOf, tree: &Hir, place: Place) -> Result<Expr> {
        let regex = Regex::new(&super::regexp::before(tree, of.letters)).map_err(|error| unread(place, error))?;
        self.note_text(&of.column, "a text is searched", place)?;
        Ok(of.column.test(Predicate::Regex(regex), place))
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
fn plain(manner: Manner) -> bool {
    manner.conversion != Conversion::Numeric && manner.case == Case::Sensitive
}

/// A value whose type precedes that of the other.
fn precedes(term: &Term, manner: Manner) -> Expr {
    if manner.op.accepts(std::cmp::Ordering::Less) { term.known(manner.place) } else { Expr::False }
}

/// A value whose type follows that of the other.
fn follows(term: &Term, manner: Manner) -> Expr {
    if manner.op.accepts(std::cmp::Ordering::Greater) { term.known(manner.place) } else { Expr::False }
}

fn infinite_accepts(number: Number, op: Comparison) -> bool {
    op.accepts(0.0_f64.total_cmp(&number.as_real()))
}

fn text_predicate(op: Comparison, text: &str, case: Case) -> Predicate {
    match op {
        Comparison::Eq => Predicate::like(Pattern::exact(text), case),
        Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte => Predicate::Order { op, text: text.to_owned(), case },
    }
}

fn utf8(bytes: &[u8], place: Place) -> Result<&str> {
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
