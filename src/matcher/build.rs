//! From formulas to a [`Matcher`]: tests get numbers, their patterns an index, formulas the tests that reach them.

use super::formula::Formula;
use super::index::{self, Builder};
use super::{Answered, Indexed, Matcher, TestId};
use crate::ir::{Expr, Predicate, Subject, Test};
use crate::text::fold::Case;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(super) fn matcher<'e>(formulas: impl IntoIterator<Item = &'e Expr>) -> Matcher {
    let mut tests = Tests::default();
    let formulas: Vec<Formula> = formulas.into_iter().map(|expr| Formula::new(expr, &mut |test| tests.number(test))).collect();
    let costs: Vec<Option<u64>> = tests.list.iter().map(|test| cost(test)).collect();
    let (mut reached, mut always) = (vec![Vec::new(); costs.len()], Vec::new());
    for (number, formula) in formulas.iter().enumerate() {
        match formula.anchors(&costs) {
            Some(anchors) => anchors.tests.into_iter().for_each(|test| reach(&mut reached, test, number)),
            None => always.push(number),
        }
    }
    let subjects = tests.indexed();
    let (by_key, everywhere) = keys(&subjects);
    let tests = tests.list.into_iter().map(answered).collect();
    Matcher { formulas, tests, reached, always, subjects, by_key, everywhere }
}

fn reach(reached: &mut [Vec<usize>], test: TestId, formula: usize) {
    if let Some(reached) = reached.get_mut(test) {
        reached.push(formula);
    }
}

/// The distinct tests of formulas.
#[derive(Default)]
struct Tests<'e> {
    list: Vec<&'e Test>,
    numbers: HashMap<&'e Test, TestId>,
}

impl<'e> Tests<'e> {
    fn number(&mut self, test: &'e Test) -> TestId {
        let list = &mut self.list;
        *self.numbers.entry(test).or_insert_with(|| {
            list.push(test);
            list.len() - 1
        })
    }

    /// The subjects of tests on patterns, with their indexes.
    fn indexed(&self) -> Vec<Indexed> {
        let mut builders: BTreeMap<&Subject, BTreeMap<Case, Builder>> = BTreeMap::new();
        for (number, test) in self.list.iter().enumerate() {
            if let (true, Predicate::Like { any, case }) = (is_read(test), &test.predicate) {
                let builder = builders.entry(&test.subject).or_default().entry(*case).or_default();
                any.iter().for_each(|value| builder.add(&value.pattern, *case, number));
            }
        }
        let indexed = |(subject, builders): (&Subject, BTreeMap<Case, Builder>)| Indexed {
            subject: subject.clone(),
            indexes: builders.into_iter().map(|(case, builder)| builder.build(case)).collect(),
        };
        builders.into_iter().map(indexed).collect()
    }
}

/// Whether a test is answered by reading the members of its subject through an index. The raw text is none of them.
pub(super) fn is_read(test: &Test) -> bool {
    let is_read = match test.subject {
        Subject::Field(_) | Subject::AnyLeaf => true,
        Subject::Raw => false,
    };
    match test.predicate {
        Predicate::Like { .. } => is_read,
        Predicate::Regex(_)
        | Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => false,
    }
}

fn answered(test: &Test) -> Answered {
    if is_read(test) { Answered::Read } else { Answered::Asked(Box::new(test.clone())) }
}

/// How often a test may be expected to hold, in no unit; nothing where reading does not answer it.
fn cost(test: &Test) -> Option<u64> {
    match &test.predicate {
        Predicate::Like { any, .. } if is_read(test) => Some(any.iter().map(|value| index::cost(&value.pattern)).sum()),
        Predicate::Like { .. }
        | Predicate::Regex(_)
        | Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => None,
    }
}

type ByKey = HashMap<Arc<str>, Vec<usize>>;

/// Under which keys at the top of an event a subject may have members: a field under its name or, where that is
/// dotted, under its first part.
fn keys(subjects: &[Indexed]) -> (ByKey, Vec<usize>) {
    let (mut by_key, mut everywhere) = (ByKey::new(), Vec::new());
    for (number, indexed) in subjects.iter().enumerate() {
        match &indexed.subject {
            Subject::Field(name) => {
                by_key.entry(name.clone()).or_default().push(number);
                if let Some((head, _)) = name.split_once('.') {
                    by_key.entry(head.into()).or_default().push(number);
                }
            }
            Subject::AnyLeaf | Subject::Raw => everywhere.push(number),
        }
    }
    (by_key, everywhere)
}
