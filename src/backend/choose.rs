//! Choosing: the first way in a list that says a value exactly.
//!
//! A way is exact for a value when the column is one that it is for, its comparison of letters is the
//! one that the test asks for on this very pattern (or `ascii-case` makes it so), what it assumes is not
//! denied, and its literals can be written. Failing is a normal answer with a reason ([`Why`]). The same
//! choice serves legalizing and emitting, so that they cannot disagree. Deliberately absent: query text.

use super::descriptor::{Key, Stage};
use super::form::{self, Compares, Form, Strength, Way};
use super::literal::{Unwritten, Value};
use super::rewrite::Rewrite;
use crate::ir::{Case, Comparison, Pattern, Predicate, Relation, Test};
use crate::storage::{Assumption, ColumnKey, ColumnType, Name, Storage, Values, sees_numbers};
use crate::text::pattern::{Part, Shape};
use crate::text::time;

/// A field as it is spelled, its key in records, and its column.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) spelled: String,
    /// Its name as the stage writes it, if it can.
    pub(super) written: Option<(String, Strength)>,
    pub(super) key: String,
    column: ColumnType,
}

/// One value of a test, put to a list of ways.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'q> {
    pub(super) key: Key,
    pub(super) field: &'q Field,
    pub(super) other: Option<&'q Field>,
    pub(super) value: Value<'q>,
    /// How letters are to compare, where the test says it.
    pub(super) case: Option<Case>,
}

/// What a form answered: its literals, in order, and what must be assumed.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) literals: Vec<String>,
    pub(super) assumptions: Vec<Assumption>,
}

/// Why a form cannot say a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// The list has nothing for it.
    NoWay,
    /// The name of a field cannot be written.
    Unnamed,
    /// The form is for columns of another type.
    Column,
    /// Letters compare differently.
    Case,
    /// The rewrite has no result that can be said.
    NoRewrite,
    /// Numbers of a REAL column print as `5.0`.
    Real,
    /// A literal cannot be written.
    Literal(Unwritten),
    /// The user denied what would have to be assumed.
    Denied(Name),
}

impl Why {
    /// How much the reason tells: the reason shown is the most telling one.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::NoWay => 0,
            Self::Unnamed => 7,
            Self::Column => 1,
            Self::NoRewrite => 2,
            Self::Case => 3,
            Self::Literal(_) => 4,
            Self::Real => 5,
            Self::Denied(_) => 6,
        }
    }
}

/// How tests are chosen for: the stage, the storage, and what is denied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chooser<'c> {
    pub(super) stage: &'c Stage,
    pub(super) storage: &'c Storage,
    pub(super) denied: &'c [Name],
}

/// A way that says the value, or a rewrite to be tried.
pub(super) enum Choice<'c> {
    /// This form, with these literals.
    Form(&'c Form, Answer),
    /// This rewrite, under these assumptions.
    Rewrite(Rewrite, Vec<Assumption>),
}

impl<'c> Chooser<'c> {
    /// The field of this name, if the storage has it.
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        let tested = self.storage.tested(name);
        let (key, column) = self.storage.column(tested)?;
        Some(Field { spelled: tested.to_owned(), written: form::name(&self.stage.field, tested), key, column })
    }

    /// The other field of a test that compares two.
    pub(super) fn other_field(&self, test: &Test) -> Option<Field> {
        if let Predicate::Relates { other, .. } = &test.predicate { self.field(other) } else { None }
    }

    /// The list for a kind of test; lists of special shapes fall back on that of all wildcards.
    pub(super) fn ways(&self, key: Key) -> &'c [Way] {
        let special = matches!(key, Key::Startswith | Key::Endswith | Key::Contains | Key::Anything);
        let fallback = if special { self.stage.tests.get(&Key::Wildcards) } else { None };
        self.stage.tests.get(&key).or(fallback).map_or(&[], Vec::as_slice)
    }

    /// The ways that could say the value, in order, each with what it answers.
    pub(super) fn choices<'q>(&self, question: &'q Question<'q>) -> impl Iterator<Item = Result<Choice<'c>, Why>> + use<'c, 'q> {
        let chooser = *self;
        self.ways(question.key).iter().map(move |way| match way {
            Way::Say(form) => chooser.answer(form, question).map(|answer| Choice::Form(form, answer)),
            Way::By(rewrite, assumes) => {
                let mut assumptions = Vec::new();
                assumes.iter().try_for_each(|&name| chooser.assume(name, question, &mut assumptions))?;
                Ok(Choice::Rewrite(*rewrite, assumptions))
            }
        })
    }

    /// What this form answers.
    pub(super) fn answer(&self, form: &Form, question: &Question<'_>) -> Result<Answer, Why> {
        let fields = || std::iter::once(question.field).chain(question.other);
        if fields().any(|field| field.written.is_none()) {
            return Err(Why::Unnamed);
        }
        let right_type = |field: &Field| form.column.is_empty() || form.column.contains(&field.column.holds.key());
        let right_collation = |field: &Field| form.collated.is_none_or(|case| field.column.compares == case);
        if !fields().all(|field| right_type(field) && right_collation(field)) {
            return Err(Why::Column);
        }
        let mut answer = Answer::default();
        if let Some(case) = question.case {
            self.compare(form, question, case, &mut answer.assumptions)?;
        }
        // What `compare` did not need to be assumed of letters is not.
        for &name in form.assumes.iter().filter(|&&name| name != Name::CaseAsLogged) {
            self.assume(name, question, &mut answer.assumptions)?;
        }
        for literal in &form.literals {
            let token = literal.write(question.value).map_err(Why::Literal)?;
            for name in token.needs {
                self.assume(name, question, &mut answer.assumptions)?;
            }
            answer.literals.push(token.text);
        }
        Ok(answer)
    }

    /// Checks that letters compare as they are to, possibly under `ascii-case`, or under `case-as-logged` where
    /// the form may assume it.
    fn compare(&self, form: &Form, question: &Question<'_>, wanted: Case, assumptions: &mut Vec<Assumption>) -> Result<(), Why> {
        let own = match form.compares {
            Some(Compares::Column) => question.field.column.compares,
            Some(Compares::Sensitive) | None => Case::Sensitive,
            Some(Compares::Ascii | Compares::AsciiAtLeast) => Case::Ascii,
            Some(Compares::Lower) => Case::Lower,
            Some(Compares::Fold) => Case::Fold,
        };
        // On a pattern two relations are the same when they need the same strictest one.
        let same = |a: Case, b: Case| match question.value {
            Value::Pattern(pattern) => pattern.needed_case(a) == pattern.needed_case(b),
            Value::Nothing | Value::Text(_) | Value::Regex(_) | Value::Number(_) | Value::Compared(..) | Value::Name(_) => a == b,
        };
        let is_open = form.compares == Some(Compares::AsciiAtLeast);
        match same(own, wanted) {
            true if is_open && !same(Case::Fold, wanted) => return self.assume(Name::AsciiCase, question, assumptions),
            true => return Ok(()),
            false => {}
        }
        let pattern_or_fields = !matches!(question.value, Value::Text(_));
        let folds = same(wanted, Case::Fold);
        if folds && pattern_or_fields && (same(own, Case::Ascii) || same(own, Case::Lower)) {
            return self.assume(Name::AsciiCase, question, assumptions);
        }
        let may_be_as_logged = form.assumes.contains(&Name::CaseAsLogged) && matches!(question.value, Value::Pattern(_));
        if folds && own == Case::Sensitive && may_be_as_logged {
            return self.assume(Name::CaseAsLogged, question, assumptions);
        }
        Err(Why::Case)
    }

    /// Adds the instances of an assumption that the question needs.
    fn assume(&self, name: Name, question: &Question<'_>, assumptions: &mut Vec<Assumption>) -> Result<(), Why> {
        let before = assumptions.len();
        for field in std::iter::once(question.field).chain(question.other) {
            assumptions.extend(instance(name, field, question)?);
        }
        if assumptions.len() > before && self.denied.contains(&name) {
            return Err(Why::Denied(name));
        }
        Ok(())
    }
}

/// The instance of an assumption on a field, where the value needs it.
fn instance(name: Name, field: &Field, question: &Question<'_>) -> Result<Option<Assumption>, Why> {
    let shown = &field.spelled;
    let on_field = |because: String| Ok(Some(Assumption::on_field(name, &field.key, because)));
    match (name, question.value) {
        (Name::AsciiCase, Value::Pattern(pattern)) => {
            let how = match field.column.compares {
                Case::Lower => "the target compares by lower case",
                Case::Sensitive | Case::Ascii | Case::Fold => "the target folds ASCII letters only",
            };
            let because = format!("{how}: `{}` on `{shown}`", display(pattern));
            Ok(Some(Assumption::on_pattern(name, &field.key, pattern, because)))
        }
        (Name::AsciiCase, _) => on_field(format!("the target folds ASCII letters only: `{shown}`")),
        (Name::CanonicalNumbers, _) if keeps_spelling(field) => Ok(None),
        (Name::CanonicalNumbers, Value::Pattern(pattern)) if !sees_numbers(pattern, question.case.unwrap_or(Case::Sensitive)) => Ok(None),
        (Name::CanonicalNumbers, _) if field.column.holds.key() == ColumnKey::Real => Err(Why::Real),
        (Name::CanonicalNumbers, _) => on_field(format!("numbers in `{shown}` are compared as texts")),
        (Name::IpMapped, Value::Pattern(network)) => {
            Ok(Some(Assumption::on_pattern(name, &field.key, network, format!("`{shown}` is compared with networks"))))
        }
        (Name::CaseAsLogged, Value::Pattern(pattern)) => {
            let because = format!("the target compares letters as they are: `{}` on `{shown}`", display(pattern));
            Ok(Some(Assumption::on_pattern(name, &field.key, pattern, because)))
        }
        (Name::PlainNumbers, Value::Pattern(pattern)) => {
            let because = format!("the target may take `{}` on `{shown}` for a number", display(pattern));
            let is_number = pattern.as_exact().is_some_and(|text| crate::ir::Decimal::parse_loosely(text).is_some());
            Ok(is_number.then(|| Assumption::on_pattern(name, &field.key, pattern, because)))
        }
        (Name::SearchTimeFields, Value::Pattern(pattern)) if pattern.parts().first() == Some(&Part::Any) => Ok(None),
        (Name::SingleValued, _) if field.column.values() == Values::One => Ok(None),
        (Name::NumericValues, _) if holds_numbers(field) => Ok(None),
        (Name::CanonicalIps, _) => on_field(format!("networks are written as text patterns on `{shown}`")),
        (Name::ExactNumbers, _) => on_field(format!("texts in `{shown}` are compared as numbers")),
        (Name::AsciiClasses, Value::Regex(_)) => on_field(format!(r"`\b` in the expression on `{shown}` knows more than ASCII")),
        (Name::AsciiClasses, _) => on_field(format!("it is open how the target counts characters of `{shown}` beyond ASCII")),
        (Name::NoNul, _) => on_field(format!("the target stops reading `{shown}` at a NUL")),
        (Name::NoLineBreaks, _) => on_field(format!("it is open whether wildcards on `{shown}` cross line breaks")),
        (Name::NoEmptyValues, _) => on_field(format!("it is open whether the empty text counts as a value of `{shown}`")),
        (Name::SingleValued, _) => on_field(format!("several values of `{shown}` are not compared one by one")),
        (Name::WithinIgnoreAbove, _) => on_field(format!("the mapping leaves long texts of `{shown}` out")),
        (Name::NumericValues | Name::PlainNumbers, _) => on_field(format!("values of `{shown}` are compared as numbers")),
        (Name::IsoTimes, _) => on_field(format!("`{shown}` is read as a time")),
        (Name::WholeNumbers, _) => on_field(format!("numbers in `{shown}` are computed with")),
        (Name::RegexpFunction, _) => Ok(Some(Assumption::global(name, format!("`{shown}` is matched by a regular expression")))),
        (Name::SearchTimeFields, _) => Ok(Some(Assumption::global(name, "fields are searched in the index"))),
        (Name::IpSpelling, _) => on_field(format!("addresses in `{shown}` are compared as such, however they are spelled")),
        (Name::RawHoldsValues, _) => on_field(format!("keywords are searched in `{shown}`")),
        (
            Name::CaseAsLogged
            | Name::ConstantLogged
            | Name::PlainWords
            | Name::UtcDates
            | Name::FieldPresent
            | Name::IpMapped
            | Name::NumberSpelling
            | Name::OneSided
            | Name::PlainSegments
            | Name::TextOrder,
            _,
        ) => on_field(format!("`{shown}` is compared so")),
    }
}

/// Whether a column holds nothing but numbers in plain notation.
fn holds_numbers(field: &Field) -> bool {
    matches!(field.column.holds.key(), ColumnKey::Numbers | ColumnKey::OneNumber)
}

/// Whether a column holds numbers as they are written.
fn keeps_spelling(field: &Field) -> bool {
    matches!(field.column.holds.key(), ColumnKey::Text | ColumnKey::Texts | ColumnKey::OneText | ColumnKey::Event)
}

/// A pattern for people.
pub(super) fn display(pattern: &Pattern) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::One => "?".to_owned(),
        Part::Any => "*".to_owned(),
    };
    pattern.parts().iter().map(part).collect()
}

/// The list for a pattern of this shape.
pub(super) fn pattern_key(pattern: &Pattern) -> Key {
    match pattern.shape() {
        Shape::Exact(_) => Key::Equals,
        Shape::Prefix(_) => Key::Startswith,
        Shape::Suffix(_) => Key::Endswith,
        Shape::Infix(_) => Key::Contains,
        Shape::Everything => Key::Anything,
        Shape::General => Key::Wildcards,
    }
}

/// The list for a test on something else than patterns, and how letters are to compare in it.
pub(super) fn test_key(test: &Test) -> Option<(Key, Option<Case>)> {
    match &test.predicate {
        Predicate::Like { .. } | Predicate::Kind(_) => None,
        Predicate::TimePart { part, .. } => Some((time_key(*part), None)),
        Predicate::Regex(_) => Some((Key::Regex, None)),
        Predicate::Within { .. } => Some((Key::Cidr, None)),
        Predicate::Exists => Some((Key::Exists, None)),
        Predicate::Compare { op, .. } => Some((number_key(*op), None)),
        Predicate::Order { op, case, .. } => Some((text_key(*op), Some(*case))),
        Predicate::Relates { how, case, .. } => Some((relation_key(*how), Some(*case))),
    }
}

/// The value that the literals of a form write, for tests on something else than patterns and networks.
pub(super) fn value_of(test: &Test) -> Value<'_> {
    match &test.predicate {
        Predicate::Regex(regex) => Value::Regex(regex),
        Predicate::Compare { number, .. } => Value::Number(number),
        Predicate::TimePart { op, number, .. } => Value::Compared(*op, number),
        Predicate::Order { text, .. } => Value::Text(text),
        Predicate::Like { .. } | Predicate::Within { .. } | Predicate::Kind(_) | Predicate::Exists | Predicate::Relates { .. } => {
            Value::Nothing
        }
    }
}

fn number_key(op: Comparison) -> Key {
    match op {
        Comparison::Lt => Key::Lt,
        Comparison::Lte => Key::Lte,
        Comparison::Gt => Key::Gt,
        Comparison::Gte => Key::Gte,
        Comparison::Eq => Key::Eq,
    }
}

fn time_key(part: time::Part) -> Key {
    match part {
        time::Part::Minute => Key::Minute,
        time::Part::Hour => Key::Hour,
        time::Part::Day => Key::Day,
        time::Part::Week => Key::Week,
        time::Part::Month => Key::Month,
        time::Part::Year => Key::Year,
    }
}

fn text_key(op: Comparison) -> Key {
    match op {
        Comparison::Lt => Key::TextLt,
        Comparison::Lte => Key::TextLte,
        Comparison::Gt => Key::TextGt,
        Comparison::Gte => Key::TextGte,
        Comparison::Eq => Key::TextEq,
    }
}

fn relation_key(how: Relation) -> Key {
    match how {
        Relation::Equal => Key::Fieldref,
        Relation::Prefix => Key::FieldrefStartswith,
        Relation::Suffix => Key::FieldrefEndswith,
        Relation::Infix => Key::FieldrefContains,
    }
}
