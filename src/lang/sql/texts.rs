//! Tests on the text of a column: equality, order, parts, lengths, places of other texts.
//!
//! Source: SQLite, "Built-In Scalar SQL Functions". Letters may have been changed before; then a test is said
//! about the text as it was. Deliberately absent: patterns that queries write themselves (`matching`).

use super::compare::{flipped, follows, precedes, text_predicate};
use super::manner::{Conversion, Manner};
use super::number::Number;
use super::read::Reader;
use super::value::{Constant, Ends, Letters, Needle, Span, Term, TextOf};
use super::{Result, unread};
use crate::ir::{Case, Comparison, Expr, Pattern, Predicate, Regex, Relation};
use crate::source::Place;
use crate::storage::Name;
use crate::text::pattern::Part;
use regex_syntax::hir::{Hir, Look, Repetition};

/// Characters beyond which a length is not spelled out as a pattern.
const MAX_LENGTH: usize = 1000;

impl Reader<'_> {
    /// A text against a constant.
    pub(super) fn compare_text(&mut self, of: &TextOf, right: &Constant, manner: Manner) -> Result<Expr> {
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
                self.note_nul_beside(&of.column, text, manner.case);
                self.note_text(&of.column, "texts are ordered");
                Ok(of.column.test(text_predicate(manner.op, text, case), manner.place))
            }
        }
    }

    /// The text is this one.
    pub(super) fn text_is(&mut self, of: &TextOf, text: &str, case: Case, place: Place) -> Result<Expr> {
        self.note_nul_beside(&of.column, text, case);
        if case == Case::Sensitive && !of.letters.yields(text) {
            return Ok(Expr::False);
        }
        let case = if case == Case::Sensitive { of.letters.case() } else { case };
        self.note_pattern(&of.column, &Pattern::exact(text));
        Ok(of.column.test(Predicate::like(Pattern::exact(text), case), place))
    }

    /// A pattern covers the text with its letters changed; letters of the pattern compare exactly.
    pub(super) fn text_like(&mut self, of: &TextOf, pattern: Pattern, place: Place) -> Expr {
        if !of.letters.yields(&pattern.literal_chars().collect::<String>()) {
            return Expr::False;
        }
        self.note_pattern(&of.column, &pattern);
        of.column.test(Predicate::like(pattern, of.letters.case()), place)
    }

    pub(super) fn compare_length(&mut self, of: &TextOf, negative: bool, number: Number, manner: Manner) -> Result<Expr> {
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
        self.note_text(&of.column, "the length of a text is tested");
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

    pub(super) fn compare_position(&mut self, of: &TextOf, needle: &Needle, number: i64, manner: Manner) -> Result<Expr> {
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
                Ok(self.text_like(of, pattern, place))
            }
        }
    }

    /// Two texts relate so, letters compared under `case` after they were changed.
    pub(super) fn relate(&mut self, of: &TextOf, other: &TextOf, how: Relation, case: Case, place: Place) -> Result<Expr> {
        let case = match (case, of.letters == other.letters) {
            (Case::Ascii, _) => Case::Ascii,
            (_, true) => of.letters.case(),
            (_, false) => return Err(unread(place, "a comparison of texts whose letters were changed differently")),
        };
        self.note_text(&of.column, "two texts are compared");
        self.note_text(&other.column, "two texts are compared");
        Ok(of.column.test(Predicate::Relates { other: other.column.key.clone(), how, case }, place))
    }

    /// A part of a text is this one.
    pub(super) fn slice_is(&mut self, of: &TextOf, span: &Span, text: &str, place: Place) -> Result<Expr> {
        let length = text.chars().count();
        if length == 0 || *span != (Span::Within { skip: 0, take: length }) {
            self.assume(Name::NoNul, &of.column.key, "`substr` stops at NUL");
        }
        let after = |skip: usize| std::iter::repeat_n(Part::One, skip);
        let literal = Part::Text(text.to_owned());
        let (skip, take) = match span {
            Span::After(skip) => (*skip, None),
            Span::Within { skip, take } => (*skip, Some(*take)),
            Span::Last(count) => return Ok(self.last_is(of, *count, length, text, place)),
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
                let longer = self.text_like(of, Pattern::new(after(skip + 1).chain([Part::Any])), place);
                Ok(Expr::and([of.column.exists(place), Expr::not(longer)]))
            }
            Some(take) if length > take => Ok(Expr::False),
            Some(take) if length == take => Ok(self.text_like(of, Pattern::new(after(skip).chain([literal, Part::Any])), place)),
            Some(_) | None => Ok(self.text_like(of, Pattern::new(after(skip).chain([literal])), place)),
        }
    }

    /// The last characters (or bytes) of a text are this text.
    fn last_is(&mut self, of: &TextOf, count: usize, length: usize, text: &str, place: Place) -> Expr {
        match length.cmp(&count) {
            std::cmp::Ordering::Less => self.text_like(of, Pattern::exact(text), place),
            std::cmp::Ordering::Equal => self.text_like(of, Pattern::exact(text).with_any_before(), place),
            std::cmp::Ordering::Greater => Expr::False,
        }
    }

    /// A part of the bytes of a text is this text. UTF-8 never lets a character start inside another.
    pub(super) fn bytes_are(&mut self, of: &TextOf, span: &Span, text: &str, place: Place) -> Result<Expr> {
        match span {
            // A part of no bytes is NULL.
            Span::Last(_) | Span::After(0) if text.is_empty() => Ok(Expr::False),
            Span::Within { take: 0, .. } => Err(unread(place, "a part of no bytes")),
            Span::Last(count) => Ok(self.last_is(of, *count, text.len(), text, place)),
            Span::Within { skip: 0, .. } if text.is_empty() => Ok(Expr::False),
            Span::Within { skip: 0, take } if text.len() == *take => Ok(self.text_like(of, Pattern::exact(text).with_any_after(), place)),
            Span::Within { skip: 0, take } if text.len() < *take => Ok(self.text_like(of, Pattern::exact(text), place)),
            Span::Within { skip: 0, .. } => Ok(Expr::False),
            Span::After(0) => Ok(self.text_like(of, Pattern::exact(text), place)),
            Span::After(_) | Span::Within { .. } | Span::FirstOf(_) | Span::LastOf(_) | Span::TailOf(_) => {
                Err(unread(place, "such a part of bytes"))
            }
        }
    }

    /// The text without blanks at its ends is this one.
    pub(super) fn trimmed_is(&mut self, of: &TextOf, ends: Ends, text: &str, place: Place) -> Result<Expr> {
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
        self.note_text(&of.column, "a text is searched");
        Ok(of.column.test(Predicate::Regex(regex), place))
    }
}
