//! One field and the values that have been made for it.
//!
//! Contract: every value is asked once by every test on the field; what is remembered is a value with its
//! truths. Asking for a value with given truths ([`Slot::find`]) looks among those first and makes new ones
//! where none fits: single values before several. Deliberately absent: formulas, tests on two fields.

use super::near;
use super::sample::{self, Mold};
use super::skeleton::get;
use super::truth::{Asked, Matcher};
use crate::ir::{Predicate, Test};
use crate::text::number;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// The looks at a known truth that take as much work as a comparison.
const LOOKS: usize = 32;
/// The combinations of molds that are tried before molds are looked at one by one.
const FIRST_COMBINATIONS: usize = 6;
/// The most combinations of molds that are tried for one value.
const MAX_COMBINATIONS: usize = 96;
/// The most combinations of molds that are tried for a given one.
const MAX_CASTS: usize = 3;
/// The most hints that are taken from tests that must not hold.
const MAX_HINTS: usize = 64;

/// What a test on the field must be, or `None` where it does not matter; by position in the field.
pub(super) type Wants = Vec<Option<bool>>;

/// The work that may still be spent, in comparisons of a text with a pattern.
#[derive(Debug)]
pub(super) struct Work {
    left: usize,
}

impl Work {
    /// So much work.
    pub(super) fn new(left: usize) -> Self {
        Self { left }
    }

    /// Spends some; false where there is not that much.
    pub(super) fn spend(&mut self, amount: usize) -> bool {
        let enough = amount <= self.left;
        self.left = if enough { self.left - amount } else { 0 };
        enough
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// A part of what is left, to be given back.
    pub(super) fn lend(&mut self, amount: usize) -> Self {
        let part = amount.min(self.left);
        self.left -= part;
        Self { left: part }
    }

    /// Takes back what a part has left.
    pub(super) fn restore(&mut self, part: Self) {
        self.left += part.left;
    }
}

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holding {
    /// One scalar, as most storages want it.
    Scalar,
    /// Whatever JSON has: also several values, or an object.
    Anything,
}

/// A value of the field with the truth of every test on the field.
struct Candidate {
    value: Value,
    truths: Vec<bool>,
    /// Made to satisfy a test, not to miss one narrowly.
    is_plain: bool,
}

/// A field with its tests and values.
pub(super) struct Slot<'e> {
    name: String,
    predicates: Vec<&'e Predicate>,
    matchers: Vec<Matcher<'e>>,
    molds: Vec<Rc<[Mold]>>,
    /// Whether some test asks for the JSON type.
    is_typed: bool,
    cost: usize,
    pool: Vec<Candidate>,
    numbers: HashMap<Value, usize>,
    /// What was sought in vain.
    hopeless: Vec<(Wants, Holding)>,
}

impl<'e> Slot<'e> {
    /// A field without tests.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            predicates: Vec::new(),
            matchers: Vec::new(),
            molds: Vec::new(),
            is_typed: false,
            cost: 1,
            pool: Vec::new(),
            numbers: HashMap::new(),
            hopeless: Vec::new(),
        }
    }

    /// Adds a test on the field, and returns its position.
    pub(super) fn push(&mut self, test: &'e Test) -> usize {
        let matcher = Matcher::new(&test.predicate);
        self.cost += matcher.cost();
        self.matchers.push(matcher);
        self.is_typed |= matches!(test.predicate, Predicate::Kind(_));
        self.molds.push(sample::molds(&test.predicate).into());
        self.predicates.push(&test.predicate);
        self.predicates.len() - 1
    }

    /// Puts molds before those of the test at this position.
    pub(super) fn prefer(&mut self, position: usize, preferred: Vec<Mold>) {
        if let Some(molds) = self.molds.get_mut(position) {
            *molds = preferred.into_iter().chain(molds.iter().cloned()).collect();
        }
    }

    /// The number of tests on the field.
    pub(super) fn len(&self) -> usize {
        self.predicates.len()
    }

    /// The work of one more value.
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// The name of the field.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The value of this number.
    pub(super) fn value(&self, number: usize) -> Option<&Value> {
        self.pool.get(number).map(|candidate| &candidate.value)
    }

    /// The truth of the test at this position for the value of this number; false where it is absent.
    pub(super) fn truth(&self, number: Option<usize>, position: usize) -> bool {
        number.and_then(|number| self.pool.get(number)).is_some_and(|candidate| get(&candidate.truths, position))
    }

    /// The truths of all tests on the field, for the value of this number.
    pub(super) fn truths(&self, number: usize) -> &[bool] {
        self.pool.get(number).map(|candidate| candidate.truths.as_slice()).unwrap_or_default()
    }

    /// The molds of the test at this position.
    pub(super) fn molds(&self, position: usize) -> Rc<[Mold]> {
        self.molds.get(position).map(Rc::clone).unwrap_or_default()
    }

    /// The numbers of the values that were made to satisfy tests and have these truths.
    pub(super) fn fitting(&self, wants: &Wants, holding: Holding) -> impl Iterator<Item = usize> {
        let is_held = move |value: &Value| holding == Holding::Anything || !(value.is_array() || value.is_object());
        let fits = move |candidate: &Candidate| candidate.is_plain && fits(&candidate.truths, wants) && is_held(&candidate.value);
        self.pool.iter().enumerate().filter(move |(_, candidate)| fits(candidate)).map(|(number, _)| number)
    }

    /// Adds a value, and returns its number; `None` where the work for its truths is not left.
    pub(super) fn add(&mut self, value: Value, work: &mut Work) -> Option<usize> {
        if let Some(&known) = self.numbers.get(&value) {
            return Some(known);
        }
        if !work.spend(self.cost + self.cost * length(&value) / 256) {
            return None;
        }
        let bag = Asked::bag(&value);
        let truths = self.matchers.iter().map(|matcher| matcher.holds(&bag)).collect();
        let number = self.pool.len();
        self.numbers.insert(value.clone(), number);
        self.pool.push(Candidate { value, truths, is_plain: false });
        Some(number)
    }

    /// Adds a value that later searches may use.
    pub(super) fn add_plain(&mut self, value: Value, work: &mut Work) -> Option<usize> {
        let number = self.add(value, work)?;
        if let Some(candidate) = self.pool.get_mut(number) {
            candidate.is_plain = true;
        }
        Some(number)
    }

    /// A value with these truths (`Some(None)`: the field is absent), or `None` where none was found.
    pub(super) fn find(&mut self, wants: &Wants, holding: Holding, work: &mut Work) -> Option<Option<usize>> {
        if !wants.contains(&Some(true)) {
            return Some(None);
        }
        if !work.spend(wants.len() * (self.pool.len() + self.hopeless.len()) / LOOKS) {
            return None;
        }
        if let Some(known) = self.fitting(wants, holding).next() {
            return Some(Some(known));
        }
        if self.is_hopeless(wants, holding) {
            return None;
        }
        let scalar = if self.is_hopeless(wants, Holding::Scalar) { None } else { self.single(wants, work) };
        let found = match holding {
            Holding::Scalar => scalar,
            Holding::Anything => scalar.or_else(|| self.object(wants, work)).or_else(|| self.several(wants, work)),
        };
        if found.is_none() {
            self.hopeless.push((wants.clone(), holding));
        }
        found.map(Some)
    }

    fn is_hopeless(&self, wants: &Wants, holding: Holding) -> bool {
        let covers = |vain: Holding| vain == holding || vain == Holding::Anything;
        self.hopeless.iter().any(|(hopeless, vain)| covers(*vain) && is_part(hopeless, wants))
    }

    /// A new single value with these truths, made from the molds of the tests that must hold, else from
    /// what lies just outside those that must not.
    fn single(&mut self, wants: &Wants, work: &mut Work) -> Option<usize> {
        let required = self.required(wants);
        if let Some(found) = self.take(&required, FIRST_COMBINATIONS, wants, work) {
            return Some(found);
        }
        let hopeful: Vec<Rc<[Mold]>> = required.iter().map(|molds| self.avoiding(molds, wants, work)).collect();
        if let Some(found) = self.take(&hopeful, MAX_COMBINATIONS, wants, work) {
            return Some(found);
        }
        let hints = self.hints(wants);
        let hints = self.avoiding(&hints, wants, work);
        for position in 0..required.len() {
            let mut hinted = required.clone();
            hinted.get_mut(position)?.clone_from(&hints);
            if let Some(found) = self.take(&hinted, FIRST_COMBINATIONS.max(hints.len()), wants, work) {
                return Some(found);
            }
        }
        None
    }

    /// An object: where no text at all fits, a field can be present without one.
    fn object(&mut self, wants: &Wants, work: &mut Work) -> Option<usize> {
        self.add_plain(Value::Object(Map::new()), work).filter(|&number| fits(self.truths(number), wants))
    }

    /// The molds with an instance for which nothing holds that must not. A mold that is covered by a
    /// pattern that must not match has none, whatever its wildcards stand for.
    fn avoiding(&mut self, molds: &[Mold], wants: &Wants, work: &mut Work) -> Rc<[Mold]> {
        let mut hopeful = Vec::new();
        for mold in molds {
            let number = self.add(Value::String(mold.plain_instance()), work);
            let is_hopeful = number.is_some_and(|number| {
                let truths = self.truths(number);
                wants.iter().zip(truths).all(|(want, truth)| *want != Some(false) || !truth)
            });
            if is_hopeful {
                hopeful.push(mold.clone());
            }
        }
        hopeful.into()
    }

    /// A value with these truths that is an instance of this mold.
    pub(super) fn cast(&mut self, mold: &Mold, wants: &Wants, work: &mut Work) -> Option<usize> {
        let mut required = self.required(wants);
        required.insert(0, Rc::from([mold.clone()]));
        self.take(&required, MAX_CASTS, wants, work)
    }

    /// The molds of the tests that must hold.
    pub(super) fn required(&self, wants: &Wants) -> Vec<Rc<[Mold]>> {
        self.molds.iter().zip(wants).filter(|(_, want)| **want == Some(true)).map(|(molds, _)| Rc::clone(molds)).collect()
    }

    /// The first value with these truths among those that the molds make.
    fn take(&mut self, required: &[Rc<[Mold]>], combinations: usize, wants: &Wants, work: &mut Work) -> Option<usize> {
        let required: Vec<&[Mold]> = required.iter().map(Rc::as_ref).collect();
        let mut found = None;
        sample::compose(&required, combinations, &mut |text| {
            if !work.spend(required.len()) {
                return true;
            }
            let values = if self.is_typed { readings(&text) } else { vec![reading(text)] };
            for value in values {
                let Some(number) = self.add_plain(value, work) else { return true };
                if fits(self.truths(number), wants) {
                    found = Some(number);
                    return true;
                }
            }
            false
        });
        found
    }

    /// Values just outside what must not hold, and other spellings of what must.
    fn hints(&self, wants: &Wants) -> Vec<Mold> {
        let unwanted = self.predicates.iter().zip(wants).filter(|(_, want)| **want == Some(false));
        let mut hints: Vec<Mold> = unwanted.flat_map(|(predicate, _)| near::outside(predicate)).take(MAX_HINTS).collect();
        for ((molds, predicate), _) in self.molds.iter().zip(&self.predicates).zip(wants).filter(|(_, want)| **want == Some(true)) {
            hints.extend(molds.iter().take(4).flat_map(near::recased));
            hints.extend(near::inside(predicate));
        }
        hints
    }

    /// Several values, each for one test that must hold and none for a test that must not.
    fn several(&mut self, wants: &Wants, work: &mut Work) -> Option<usize> {
        let mut members = Vec::new();
        let held = wants.iter().enumerate().filter(|(_, want)| **want == Some(true)).map(|(position, _)| position);
        for position in held {
            let alone = wants.iter().enumerate().map(|(other, want)| want.filter(|&want| !want || other == position)).collect();
            let known = self.fitting(&alone, Holding::Scalar).next();
            let number = known.or_else(|| self.single(&alone, work))?;
            let value = self.value(number)?.clone();
            if !members.contains(&value) {
                members.push(value);
            }
        }
        let number = self.add_plain(Value::Array(members), work)?;
        fits(self.truths(number), wants).then_some(number)
    }
}

/// The JSON value that usually has this canonical text.
fn reading(text: String) -> Value {
    match text.parse::<i64>() {
        Ok(integer) if number::is_canonical(&text) => Value::Number(integer.into()),
        Ok(_) | Err(_) => Value::String(text),
    }
}

/// All JSON scalars that have this canonical text.
fn readings(text: &str) -> Vec<Value> {
    let number = if number::is_canonical(text) { serde_json::from_str(text).ok() } else { None };
    let boolean = text.parse().ok().map(Value::Bool);
    number.into_iter().chain(boolean).chain([Value::String(text.to_owned())]).collect()
}

/// Whether whatever has the truths that `wants` asks for has those that `part` asks for.
fn is_part(part: &Wants, wants: &Wants) -> bool {
    part.iter().zip(wants).all(|(part, want)| part.is_none() || part == want)
}

fn fits(truths: &[bool], wants: &Wants) -> bool {
    truths.iter().zip(wants).all(|(truth, want)| want.is_none_or(|want| want == *truth))
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(elements) => elements.iter().map(length).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 1,
    }
}
