//! What the comparisons of expressions mean: of texts with regard to case, of numbers by value.
//!
//! Source: Splunk, "where", "Types of expressions", "Comparison and conditional functions". Deliberately absent: the
//! comparisons of `search` (`compare`), which fold letters and have wildcards.

use super::pieces::{Letters, Piece, Span, Term, TextOf};
use super::reader::{Field, Reader};
use super::syntax::Operator;
use super::{Result, unread};
use crate::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Relation};
use crate::source::Place;
use crate::storage::Name;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};
use std::cmp::Ordering;

/// Lengths beyond this are not compared with.
const MAX_LENGTH: u32 = 1_000;

impl Span {
    /// The other field that says how long the part is.
    pub(super) fn other(&self) -> Option<&Field> {
        match self {
            Self::First(_) | Self::Last(_) => None,
            Self::FirstOf(field) | Self::LastOf(field) => Some(field),
        }
    }
}

impl Reader<'_> {
    /// When a term is not NULL.
    pub(super) fn known(&mut self, term: &Term, place: Place) -> Result<Expr> {
        Ok(match term {
            Term::Null => Expr::False,
            Term::Constant(_) | Term::Number(_) | Term::Index | Term::Some => Expr::True,
            Term::Text(of) => of.field.exists(place),
            Term::Length(field) => {
                self.assume_single(field);
                field.exists(place)
            }
            Term::Slice(of, span) => {
                Expr::and(std::iter::once(of.field.exists(place)).chain(span.other().map(|field| field.exists(place))))
            }
            Term::NumberOf(field) => {
                self.note_number(field);
                let zero = Decimal::parse("0").ok_or_else(|| unread(place, "a number"))?;
                let test = |op| field.test(Predicate::Compare { op, number: zero.clone() }, place);
                Expr::or([test(Comparison::Gte), test(Comparison::Lt)])
            }
        })
    }

    /// When a value is not NULL.
    pub(super) fn known_pieces(&mut self, pieces: &[Piece], place: Place) -> Result<Expr> {
        let mut cases = Vec::new();
        for piece in pieces {
            let known = self.known(&piece.term, place)?;
            cases.push(Expr::and([self.copy(&piece.guard, place)?, known]));
        }
        Ok(Expr::or(cases))
    }

    /// When two values are known and compare so.
    pub(super) fn compares(&mut self, operator: Operator, left: &[Piece], right: &[Piece], place: Place) -> Result<Expr> {
        let mut cases = Vec::new();
        for a in left {
            for b in right {
                let guard = Expr::and([self.copy(&a.guard, place)?, self.copy(&b.guard, place)?]);
                let holds = self.compare_terms(operator, &a.term, &b.term, place)?;
                cases.push(Expr::and([guard, holds]));
            }
        }
        Ok(Expr::or(cases))
    }

    fn compare_terms(&mut self, operator: Operator, left: &Term, right: &Term, place: Place) -> Result<Expr> {
        self.charge(1, place)?;
        if rank(left) > rank(right) {
            return self.compare_terms(flipped(operator), right, left, place);
        }
        match (left, right) {
            (Term::Null, _) | (_, Term::Null) => Ok(Expr::False),
            (Term::Constant(a), Term::Constant(b)) => constants(operator, a, b, place),
            (Term::Number(a), Term::Number(b)) => Ok(constant(accepts(operator, a.cmp(b)))),
            (Term::Text(of), Term::Constant(text)) => self.text_with_text(operator, of, text, place),
            (Term::Text(of), Term::Number(number)) => self.text_with_number(operator, of, number, place),
            (Term::Text(a), Term::Text(b)) => self.texts(operator, a, Relation::Equal, b, place),
            (Term::NumberOf(field), Term::Number(number)) => self.numbers(operator, field, number, place),
            (Term::Index, Term::Number(number)) => index(operator, number, place),
            (Term::Length(field), Term::Number(number)) => self.length(operator, field, number, place),
            (Term::Slice(of, span), Term::Constant(text)) => self.slice_with_text(operator, (of, span), text, place),
            (Term::Slice(of, Span::FirstOf(length)), Term::Text(b)) if b.field == *length => {
                self.note_measure(&of.field, length);
                self.texts(operator, of, Relation::Prefix, b, place)
            }
            (Term::Slice(of, Span::LastOf(length)), Term::Text(b)) if b.field == *length => {
                self.note_measure(&of.field, length);
                self.texts(operator, of, Relation::Suffix, b, place)
            }
            (_, _) => Err(unread(place, "a comparison of such values")),
        }
    }

    /// The part of a text that has the length of another is compared with that other one.
    fn note_measure(&mut self, field: &Field, length: &Field) {
        self.assume(Name::NoEmptyValues, length, "it is open what the part of a text without characters is");
        for field in [field, length] {
            self.assume(Name::AsciiClasses, field, "it is open whether lengths count characters or bytes");
        }
    }

    /// A text of the field is covered by a pattern.
    pub(super) fn covers(&mut self, of: &TextOf, pattern: &Pattern, place: Place) -> Result<Expr> {
        let never = match of.letters {
            Letters::Kept => false,
            Letters::Lower => pattern.literal_chars().any(|c| c.is_ascii_uppercase()),
            Letters::Upper => pattern.literal_chars().any(|c| c.is_ascii_lowercase()),
        };
        if of.letters != Letters::Kept {
            if pattern.literal_chars().any(|c| !c.is_ascii()) {
                return Err(unread(place, "letters beyond ASCII beside lower() or upper()"));
            }
            self.assume_folding(&of.field, pattern);
        }
        Ok(if never { Expr::False } else { of.field.test(Predicate::like(pattern.clone(), of.letters.case()), place) })
    }

    fn text_with_text(&mut self, operator: Operator, of: &TextOf, text: &str, place: Place) -> Result<Expr> {
        self.assume_single(&of.field);
        let Operator::Order(comparison) = operator else {
            self.assume_spelling(&of.field, text);
            let equal = self.covers(of, &Pattern::exact(text), place)?;
            return Ok(signed(operator, equal, of.field.exists(place)));
        };
        if Decimal::parse_loosely(text).is_some() || of.letters != Letters::Kept {
            return Err(unread(place, "the order of such texts").help("compare numbers with tonumber()"));
        }
        Ok(of.field.test(Predicate::Order { op: comparison, text: text.to_owned(), case: Case::Sensitive }, place))
    }

    fn text_with_number(&mut self, operator: Operator, of: &TextOf, number: &Decimal, place: Place) -> Result<Expr> {
        self.assume_single(&of.field);
        let Operator::Order(op) = operator else {
            let text = number.to_string();
            self.assume_spelling(&of.field, &text);
            let equal = of.field.test(Predicate::like(Pattern::exact(&text), Case::Sensitive), place);
            return Ok(signed(operator, equal, of.field.exists(place)));
        };
        self.assume_numbers(&of.field);
        Ok(of.field.test(Predicate::Compare { op, number: number.clone() }, place))
    }

    fn note_number(&mut self, field: &Field) {
        self.assume_single(field);
        self.assume(Name::NumberSpelling, field, "it is open which spellings of numbers tonumber() reads");
    }

    fn numbers(&mut self, operator: Operator, field: &Field, number: &Decimal, place: Place) -> Result<Expr> {
        self.note_number(field);
        let test = |op| field.test(Predicate::Compare { op, number: number.clone() }, place);
        Ok(match operator {
            Operator::Equal => test(Comparison::Eq),
            Operator::NotEqual => Expr::or([test(Comparison::Lt), test(Comparison::Gt)]),
            Operator::Order(op) => test(op),
        })
    }

    fn length(&mut self, operator: Operator, field: &Field, number: &Decimal, place: Place) -> Result<Expr> {
        let length = number.to_string().parse::<u32>().ok().filter(|length| *length <= MAX_LENGTH);
        let length = length.ok_or_else(|| unread(place, "such a length"))?;
        self.assume_single(field);
        self.assume(Name::AsciiClasses, field, "it is open whether lengths count characters or bytes");
        let bounds = match operator {
            Operator::Equal | Operator::NotEqual | Operator::Order(Comparison::Eq) => Some((length, Some(length))),
            Operator::Order(Comparison::Lt) => length.checked_sub(1).map(|below| (0, Some(below))),
            Operator::Order(Comparison::Lte) => Some((0, Some(length))),
            Operator::Order(Comparison::Gt) => Some((length.saturating_add(1), None)),
            Operator::Order(Comparison::Gte) => Some((length, None)),
        };
        let Some((min, max)) = bounds else { return Ok(Expr::False) };
        let any = Hir::class(Class::Unicode(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])));
        let run = Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(any) });
        let tree = Hir::concat(vec![Hir::look(Look::Start), run, Hir::look(Look::End)]);
        let regex = Regex::new(&tree).map_err(|error| unread(place, error))?;
        let holds = field.test(Predicate::Regex(regex), place);
        Ok(if operator == Operator::NotEqual { signed(operator, holds, field.exists(place)) } else { holds })
    }

    fn slice_with_text(&mut self, operator: Operator, slice: (&TextOf, &Span), text: &str, place: Place) -> Result<Expr> {
        let (of, span) = slice;
        if !text.is_ascii() || text.is_empty() || matches!(operator, Operator::Order(_)) {
            return Err(unread(place, "a comparison of such a part of a text"));
        }
        self.assume_single(&of.field);
        self.assume_spelling(&of.field, text);
        let exact = Pattern::exact(text);
        let (length, longer) = match span {
            Span::First(length) => (length, exact.with_any_after()),
            Span::Last(length) => (length, exact.with_any_before()),
            Span::FirstOf(_) | Span::LastOf(_) => return Err(unread(place, "a comparison of such a part of a text")),
        };
        let equal = match text.len().cmp(length) {
            Ordering::Less => self.covers(of, &exact, place)?,
            Ordering::Equal => self.covers(of, &longer, place)?,
            Ordering::Greater => Expr::False,
        };
        Ok(signed(operator, equal, of.field.exists(place)))
    }

    fn texts(&mut self, operator: Operator, a: &TextOf, how: Relation, b: &TextOf, place: Place) -> Result<Expr> {
        if matches!(operator, Operator::Order(_)) || a.letters != b.letters {
            return Err(unread(place, "such a comparison of two fields"));
        }
        for of in [a, b] {
            self.assume_single(&of.field);
            if of.letters != Letters::Kept {
                self.assume(Name::AsciiCase, &of.field, "it is open what lower() and upper() make of letters beyond ASCII");
            }
            if how == Relation::Equal {
                self.assume(Name::PlainNumbers, &of.field, "it is open whether equal numbers are equal values");
            }
        }
        let related = a.field.test(Predicate::Relates { other: b.field.key.clone(), how, case: a.letters.case() }, place);
        Ok(signed(operator, related, Expr::and([a.field.exists(place), b.field.exists(place)])))
    }
}

/// Which of two terms is on the left.
fn rank(term: &Term) -> u8 {
    match term {
        Term::NumberOf(_) | Term::Length(_) | Term::Slice(..) | Term::Index | Term::Some => 0,
        Term::Text(_) => 1,
        Term::Null | Term::Constant(_) | Term::Number(_) => 2,
    }
}

fn flipped(operator: Operator) -> Operator {
    match operator {
        Operator::Equal | Operator::NotEqual => operator,
        Operator::Order(comparison) => Operator::Order(match comparison {
            Comparison::Lt => Comparison::Gt,
            Comparison::Lte => Comparison::Gte,
            Comparison::Gt => Comparison::Lt,
            Comparison::Gte => Comparison::Lte,
            Comparison::Eq => Comparison::Eq,
        }),
    }
}

/// Equality, or the lack of it between known values.
fn signed(operator: Operator, equal: Expr, known: Expr) -> Expr {
    match operator {
        Operator::Equal | Operator::Order(_) => equal,
        Operator::NotEqual => Expr::and([known, Expr::not(equal)]),
    }
}

/// A comparison of a number that is known not to be negative, where that decides it.
fn index(operator: Operator, number: &Decimal, place: Place) -> Result<Expr> {
    let zero = Decimal::parse("0");
    match (operator, Some(number).cmp(&zero.as_ref())) {
        (Operator::Order(Comparison::Gte), Ordering::Less | Ordering::Equal) => Ok(Expr::True),
        (Operator::Order(Comparison::Gt) | Operator::NotEqual, Ordering::Less) => Ok(Expr::True),
        (Operator::Order(Comparison::Lt), Ordering::Less | Ordering::Equal) => Ok(Expr::False),
        (Operator::Order(Comparison::Lte) | Operator::Equal, Ordering::Less) => Ok(Expr::False),
        (_, _) => Err(unread(place, "which of several values is found")),
    }
}

fn constants(operator: Operator, a: &str, b: &str, place: Place) -> Result<Expr> {
    let numbers = Decimal::parse_loosely(a).is_some() && Decimal::parse_loosely(b).is_some();
    if numbers && (a != b || matches!(operator, Operator::Order(_))) {
        return Err(unread(place, "texts that look like numbers"));
    }
    Ok(constant(accepts(operator, a.cmp(b))))
}

fn accepts(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Order(comparison) => comparison.accepts(ordering),
    }
}

fn constant(holds: bool) -> Expr {
    if holds { Expr::True } else { Expr::False }
}
