//! Many formulas on one event at once.
//!
//! Asking each of thousands of rules about an event looks the same fields up and folds the same texts thousands of
//! times. A [`Matcher`] turns the formulas inside out once. Tests that several formulas share are one test. The
//! literal texts of all patterns on a field stand in one automaton (`index`), so that each member is folded once
//! and read once. A formula is looked at only where one of the tests that it cannot hold without has been found to
//! hold (`formula`). All other tests are asked when a formula needs them, at most once an event.
//!
//! Contract: the answer is that of `ir::eval` on each formula by itself, on every event. Bounds: a scan is linear in
//! the text of the event, but for patterns with wildcards inside, of which each costs what it costs alone.
//! Deliberately absent: rules (the façade gives their formulas), log sources, and any state between events.

mod build;
mod formula;
mod index;
#[cfg(test)]
mod tests;

use crate::event::{Event, Member};
use crate::ir::eval::matches_test;
use crate::ir::{Expr, Subject, Test};
use formula::Formula;
use index::{Index, Reader};
use std::collections::HashMap;
use std::sync::Arc;

/// The number of a distinct test.
type TestId = usize;

/// Formulas, prepared to be asked together.
#[derive(Debug)]
pub struct Matcher {
    formulas: Vec<Formula>,
    /// How each distinct test is answered.
    tests: Vec<Answered>,
    /// For each test the formulas that are looked at once it holds.
    reached: Vec<Vec<usize>>,
    /// The formulas that are looked at on every event.
    always: Vec<usize>,
    /// The subjects whose members are read.
    subjects: Vec<Indexed>,
    /// The fields, as numbers of `subjects`, of which an event with this key at its top may have a member.
    by_key: HashMap<Arc<str>, Vec<usize>>,
    /// The other subjects.
    everywhere: Vec<usize>,
}

/// How a test is answered.
#[derive(Debug)]
enum Answered {
    /// By reading its subject.
    Read,
    /// By itself, when a formula needs it.
    Asked(Box<Test>),
}

/// A subject with the patterns on it, for each case relation that they compare under.
#[derive(Debug)]
struct Indexed {
    subject: Subject,
    indexes: Vec<Index>,
}

impl Matcher {
    /// Prepares formulas, which are known by their number from here on.
    pub fn new<'e>(formulas: impl IntoIterator<Item = &'e Expr>) -> Self {
        build::matcher(formulas)
    }

    /// A scan that asks one event after the other. Each thread has its own.
    pub fn scan(&self) -> Scan<'_> {
        Scan {
            matcher: self,
            reader: Reader::default(),
            truths: vec![Truth::Unknown; self.tests.len()],
            known: Vec::new(),
            is_reached: vec![false; self.formulas.len()],
            reached: Vec::new(),
            subjects: Vec::new(),
        }
    }
}

/// What is known of a test on the event at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// Not asked yet. Of a test that is answered by reading: it does not hold, once everything is read.
    Unknown,
    True,
    False,
}

/// Formulas that are asked about events, one event after the other.
#[derive(Debug)]
pub struct Scan<'m> {
    matcher: &'m Matcher,
    reader: Reader,
    truths: Vec<Truth>,
    /// The tests whose truth is known.
    known: Vec<TestId>,
    is_reached: Vec<bool>,
    /// The formulas that may hold.
    reached: Vec<usize>,
    /// The subjects that the event may have members of.
    subjects: Vec<usize>,
}

impl Scan<'_> {
    /// The numbers of the formulas that hold for the event, in ascending order.
    pub fn matching(&mut self, event: &Event) -> Vec<usize> {
        self.forget();
        self.find_subjects(event);
        self.read(event);
        let reached = std::mem::take(&mut self.reached);
        let candidates = reached.iter().chain(&self.matcher.always);
        let mut matching: Vec<usize> = candidates.copied().filter(|&number| self.holds(number, event)).collect();
        matching.sort_unstable();
        self.reached = reached;
        matching
    }

    fn forget(&mut self) {
        for test in self.known.drain(..) {
            set(&mut self.truths, test, Truth::Unknown);
        }
        for number in self.reached.drain(..) {
            set(&mut self.is_reached, number, false);
        }
    }

    fn find_subjects(&mut self, event: &Event) {
        self.subjects.clear();
        self.subjects.extend(&self.matcher.everywhere);
        self.subjects.extend(event.root().keys().filter_map(|key| self.matcher.by_key.get(key.as_str())).flatten());
        // A dotted name is found under itself and under its first part.
        self.subjects.sort_unstable();
        self.subjects.dedup();
    }

    fn read(&mut self, event: &Event) {
        let Self { matcher, reader, truths, known, is_reached, reached, subjects } = self;
        let mut found = |test: TestId| {
            if truths.get(test) == Some(&Truth::Unknown) {
                set(truths, test, Truth::True);
                known.push(test);
                for &number in matcher.reached.get(test).into_iter().flatten() {
                    if is_reached.get(number) == Some(&false) {
                        set(is_reached, number, true);
                        reached.push(number);
                    }
                }
            }
        };
        for indexed in subjects.iter().filter_map(|&subject| matcher.subjects.get(subject)) {
            let members = match &indexed.subject {
                Subject::Field(name) => event.field(name),
                Subject::AnyLeaf | Subject::Raw => event.leaves(),
            };
            for text in members.into_iter().filter_map(Member::canonical) {
                indexed.indexes.iter().for_each(|index| index.read(&text, reader, &mut found));
            }
        }
    }

    fn holds(&mut self, number: usize, event: &Event) -> bool {
        let Self { matcher, truths, known, .. } = self;
        let mut ask = |test: TestId| match (truths.get(test), matcher.tests.get(test)) {
            (Some(Truth::True), _) => true,
            (Some(Truth::Unknown), Some(Answered::Asked(asked))) => {
                let truth = matches_test(asked, event);
                set(truths, test, if truth { Truth::True } else { Truth::False });
                known.push(test);
                truth
            }
            (Some(Truth::False | Truth::Unknown) | None, _) => false,
        };
        matcher.formulas.get(number).is_some_and(|formula| formula.holds(&mut ask))
    }
}

fn set<T>(values: &mut [T], at: usize, value: T) {
    if let Some(place) = values.get_mut(at) {
        *place = value;
    }
}
