//! Parts of times: what `strftime` makes of the text of a column, and what is computed with it.
//!
//! Source: SQLite, "Date And Time Functions" §1 to §3. A column's text is taken for a time under `iso-times`: then the
//! engine and Sigma read the same one, and the engine moves it to UTC. Formats and modifiers are read by what they do:
//! modifiers by where they move each day of the week, arithmetic by its results for each value that a part can have.
//! Deliberately absent: `now`, other zones, seconds, days of the year as such, `%V`, which came with 3.46.

use super::ast::{Binary, Node};
use super::compare::{follows, precedes};
use super::manner::{Conversion, Manner};
use super::number::{Extent, Number};
use super::read::Reader;
use super::value::{Column, Constant, Letters, Piece, Term, TextOf};
use super::{Result, unread};
use crate::ir::{Comparison, Decimal, Expr, Predicate};
use crate::source::Place;
use crate::storage::Name;
use crate::text::time::Part;
use std::ops::RangeInclusive;

/// Days that modifiers may move a time by.
const MAX_DAYS: i64 = 400;

/// The day of the time that the text of a column is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Day {
    column: Column,
    moved: Moved,
}

/// Where modifiers move a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// Nowhere.
    Not,
    /// To the Thursday of its week, which starts on Monday: the year of that day has the week.
    ToThursday,
}

/// A part of the time that the text of a column is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimePart {
    column: Column,
    unit: Unit,
    form: Form,
}

/// Which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// One that Sigma knows too.
    Known(Part),
    /// The place in its year of the Thursday of the week.
    Thursday,
}

/// As what.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    /// Digits, with zeros before them.
    Text,
    /// An integer, on which this was done in turn.
    Number(Vec<(Binary, i64)>),
}

impl Unit {
    /// The values that it can have.
    fn values(self) -> RangeInclusive<i64> {
        match self {
            Self::Known(Part::Minute) => 0..=59,
            Self::Known(Part::Hour) => 0..=23,
            Self::Known(Part::Day) => 1..=31,
            Self::Known(Part::Week) => 1..=53,
            Self::Known(Part::Month) => 1..=12,
            // An offset can move the first day of the year 0 into the one before.
            Self::Known(Part::Year) => -1..=9999,
            Self::Thursday => 1..=366,
        }
    }

    /// The number of digits of its text.
    fn digits(self) -> usize {
        match self {
            Self::Known(Part::Minute | Part::Hour | Part::Day | Part::Week | Part::Month) => 2,
            Self::Known(Part::Year) => 4,
            Self::Thursday => 3,
        }
    }
}

impl Day {
    /// The column holds a time.
    pub(super) fn known(&self, place: Place) -> Expr {
        is_time(&self.column, place)
    }
}

impl TimePart {
    /// The column holds a time.
    pub(super) fn known(&self, place: Place) -> Expr {
        is_time(&self.column, place)
    }

    /// The name of the type of its value.
    pub(super) fn type_name(&self) -> &'static str {
        match self.form {
            Form::Text => "text",
            Form::Number(_) => "integer",
        }
    }

    /// The number that it is.
    pub(super) fn number(self) -> Self {
        let form = match self.form {
            Form::Text => Form::Number(Vec::new()),
            Form::Number(steps) => Form::Number(steps),
        };
        Self { form, ..self }
    }

    /// What is left of an operator with this integer on the right; a text of digits becomes a number first.
    pub(super) fn calculated(&self, op: Binary, operand: i64) -> Self {
        let mut steps = match &self.form {
            Form::Text => Vec::new(),
            Form::Number(steps) => steps.clone(),
        };
        steps.push((op, operand));
        Self { column: self.column.clone(), unit: self.unit, form: Form::Number(steps) }
    }
}

/// Every time has a minute.
fn is_time(column: &Column, place: Place) -> Expr {
    column.test(Predicate::TimePart { part: Part::Minute, op: Comparison::Gte, number: Decimal::from(0) }, place)
}

impl Reader<'_> {
    /// `strftime`
    pub(super) fn format_time(&mut self, format: &Node, value: &Node, modifiers: &[Node], place: Place) -> Result<Vec<Piece>> {
        let format = self.constant_text(format)?;
        let moved = self.moved(modifiers, place)?;
        self.of_times(value, |term| {
            let (column, unit) = match timed(term, place)? {
                Timed::Clock(column) => (column, unit(&format, moved)),
                // A day alone has the clock of its start.
                Timed::Day(day) => (day.column, unit(&format, moved.after(day.moved)).filter(|unit| unit.is_of_day())),
            };
            let unit = unit.ok_or_else(|| unread(place, format!("the format `{format}` for such a time")))?;
            Ok((column.clone(), Term::Part(TimePart { column, unit, form: Form::Text })))
        })
    }

    /// `date`
    pub(super) fn day(&mut self, value: &Node, modifiers: &[Node], place: Place) -> Result<Vec<Piece>> {
        let moved = self.moved(modifiers, place)?;
        self.of_times(value, |term| {
            let day = match timed(term, place)? {
                Timed::Clock(column) => Day { column, moved },
                Timed::Day(day) => Day { column: day.column, moved: moved.after(day.moved) },
            };
            Ok((day.column.clone(), Term::Day(day)))
        })
    }

    /// The pieces of a value, each taken for a time of a column.
    fn of_times(&mut self, value: &Node, change: impl Fn(Term) -> Result<(Column, Term)>) -> Result<Vec<Piece>> {
        let mut pieces = self.pieces(value)?;
        for piece in &mut pieces {
            if piece.term != Term::Null {
                let (column, term) = change(std::mem::replace(&mut piece.term, Term::Null))?;
                self.assume(Name::IsoTimes, &column.key, "a text is read as a time");
                piece.term = term;
            }
        }
        Ok(pieces)
    }

    fn constant_text(&mut self, node: &Node) -> Result<String> {
        match self.pieces(node)?.as_slice() {
            [Piece { guard: Expr::True, term: Term::Constant(Constant::Text(text)) }] => Ok(text.clone()),
            _ => Err(unread(node.place, "a format or modifier of times that is no constant text")),
        }
    }

    /// Where modifiers move a time, found by moving each day of a week.
    fn moved(&mut self, modifiers: &[Node], place: Place) -> Result<Moved> {
        let unknown = || unread(place, "such modifiers of a time");
        let modifiers = modifiers.iter().map(|node| Modifier::parse(&self.constant_text(node)?).ok_or_else(unknown));
        let modifiers = modifiers.collect::<Result<Vec<_>>>()?;
        let ends: Option<Vec<i64>> = (0..7).map(|monday_based| end(monday_based, &modifiers)).collect();
        match ends.ok_or_else(unknown)?.as_slice() {
            [0, 1, 2, 3, 4, 5, 6] => Ok(Moved::Not),
            [3, 3, 3, 3, 3, 3, 3] => Ok(Moved::ToThursday),
            _ => Err(unknown()),
        }
    }

    /// A part against a constant.
    pub(super) fn compare_part(&mut self, part: &TimePart, right: &Constant, manner: Manner) -> Result<Expr> {
        let term = || Term::Part(part.clone());
        match (&part.form, right, manner.conversion) {
            (Form::Text, Constant::Text(text), Conversion::None | Conversion::Text) => compare_digits(part, text, manner),
            (Form::Text, Constant::Number(_), Conversion::None) => Ok(follows(&term(), manner)),
            (Form::Number(steps), Constant::Number(number), Conversion::None | Conversion::Numeric) => {
                self.charge(steps.len() * part.unit.values().count(), manner.place)?;
                compare_number(part, steps, *number, manner)
            }
            (Form::Text, Constant::Blob(_), _)
            | (Form::Number(_), Constant::Text(_) | Constant::Blob(_), Conversion::None | Conversion::Numeric) => {
                Ok(precedes(&term(), manner))
            }
            (Form::Text, Constant::Text(_) | Constant::Number(_), _) | (Form::Number(_), _, Conversion::Text) => {
                Err(unread(manner.place, "such a comparison of a part of a time"))
            }
        }
    }
}

impl Unit {
    /// Whether the day alone has it.
    fn is_of_day(self) -> bool {
        match self {
            Self::Known(Part::Minute | Part::Hour) => false,
            Self::Known(Part::Day | Part::Week | Part::Month | Part::Year) | Self::Thursday => true,
        }
    }
}

impl Moved {
    /// Both moves, the other one first.
    fn after(self, first: Self) -> Self {
        if first == Self::Not { self } else { first }
    }
}

/// What is taken for a time.
enum Timed {
    /// The text of a column, as it is.
    Clock(Column),
    /// The day of one.
    Day(Day),
}

fn timed(term: Term, place: Place) -> Result<Timed> {
    match term {
        Term::Stored(column) | Term::Text(TextOf { column, letters: Letters::Kept }) => Ok(Timed::Clock(column)),
        Term::Day(day) => Ok(Timed::Day(day)),
        Term::Null
        | Term::Constant(_)
        | Term::Text(_)
        | Term::Bytes(_)
        | Term::Slice(..)
        | Term::ByteSlice(..)
        | Term::Trimmed(..)
        | Term::Length { .. }
        | Term::Excess { .. }
        | Term::Position { .. }
        | Term::Number(_)
        | Term::Part(_) => Err(unread(place, "such a value as a time")),
    }
}

fn unit(format: &str, moved: Moved) -> Option<Unit> {
    match (format, moved) {
        ("%M", Moved::Not) => Some(Unit::Known(Part::Minute)),
        ("%H", Moved::Not) => Some(Unit::Known(Part::Hour)),
        ("%d", Moved::Not) => Some(Unit::Known(Part::Day)),
        ("%m", Moved::Not) => Some(Unit::Known(Part::Month)),
        ("%Y", Moved::Not) => Some(Unit::Known(Part::Year)),
        ("%j", Moved::ToThursday) => Some(Unit::Thursday),
        _ => None,
    }
}

/// A modifier of a time.
enum Modifier {
    /// So many days later.
    Days(i64),
    /// The next such day, from Monday = 0, or the same one.
    Weekday(i64),
}

impl Modifier {
    fn parse(text: &str) -> Option<Self> {
        if let Some(sunday_based) = text.strip_prefix("weekday ") {
            let day = sunday_based.bytes().all(|b| b.is_ascii_digit()).then(|| sunday_based.parse().ok()).flatten();
            return day.filter(|day: &i64| *day < 7).map(|day| Self::Weekday((day + 6) % 7));
        }
        let days = text.strip_suffix(" days").or_else(|| text.strip_suffix(" day"))?;
        days.parse().ok().filter(|days: &i64| days.abs() <= MAX_DAYS).map(Self::Days)
    }
}

/// Where a day of a week ends up, counted from the Monday of that week. `None` where it is on its way later than at
/// both ends: no time is beyond the year 9999, not even between two modifiers.
fn end(start: i64, modifiers: &[Modifier]) -> Option<i64> {
    let (mut day, mut latest) = (start, start);
    for modifier in modifiers {
        day += match modifier {
            Modifier::Days(days) => *days,
            Modifier::Weekday(wanted) => (wanted - day).rem_euclid(7),
        };
        latest = latest.max(day);
    }
    (latest <= start.max(day)).then_some(day)
}

/// A text of digits: an order of texts of one length is that of their numbers, and a sign precedes digits.
fn compare_digits(part: &TimePart, text: &str, manner: Manner) -> Result<Expr> {
    let open = || unread(manner.place, "such a comparison of a part of a time");
    let Unit::Known(known) = part.unit else { return Err(open()) };
    let digits = text.len() == part.unit.digits() && text.bytes().all(|b| b.is_ascii_digit());
    match (digits.then(|| text.parse::<i64>().ok()).flatten(), manner.op) {
        (Some(number), op) => Ok(part.column.test(Predicate::TimePart { part: known, op, number: Decimal::from(number) }, manner.place)),
        (None, Comparison::Eq) if !text.starts_with('-') => Ok(Expr::False),
        (None, _) => Err(open()),
    }
}

/// A number that is a part, whatever was done on the way.
fn compare_number(part: &TimePart, steps: &[(Binary, i64)], number: Number, manner: Manner) -> Result<Expr> {
    let same = |wanted: fn(i64) -> i64| part.unit.values().all(|value| result(value, steps) == Some(wanted(value)));
    let known = match part.unit {
        Unit::Known(known) if same(|value| value) => known,
        // The first Thursday of a year is one of its first seven days.
        Unit::Thursday if same(|day| (day + 6) / 7) => Part::Week,
        Unit::Known(_) | Unit::Thursday => return Err(unread(manner.place, "such arithmetic on a part of a time")),
    };
    let all_if = |holds| if holds { part.known(manner.place) } else { Expr::False };
    Ok(match (number.extent(), manner.op) {
        (Extent::Finite(number), op) => part.column.test(Predicate::TimePart { part: known, op, number }, manner.place),
        (Extent::Above, op) => all_if(op.accepts(std::cmp::Ordering::Less)),
        (Extent::Below, op) => all_if(op.accepts(std::cmp::Ordering::Greater)),
    })
}

/// What integer arithmetic makes of a value.
fn result(value: i64, steps: &[(Binary, i64)]) -> Option<i64> {
    steps.iter().try_fold(value, |value, (op, operand)| match op {
        Binary::Add => value.checked_add(*operand),
        Binary::Subtract => value.checked_sub(*operand),
        Binary::Multiply => value.checked_mul(*operand),
        Binary::Divide => value.checked_div(*operand),
        Binary::Remainder => value.checked_rem(*operand),
        Binary::BitAnd
        | Binary::BitOr
        | Binary::ShiftLeft
        | Binary::ShiftRight
        | Binary::Concatenate
        | Binary::JsonValue
        | Binary::JsonText => None,
    })
}
