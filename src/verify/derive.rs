//! Events derived from a formula: those on which a wrong translation would show.
//!
//! Contract: the number of events is linear in the number of distinct tests and bounded, and so is the
//! work, counted in comparisons and never in time; the same formula gives the same events. First come the
//! events that decide a test: flipping its truth would flip the formula's value. Then each deciding value
//! is replaced by near misses and unusual hits. What is found is certain (the truths are computed), what
//! is not found proves nothing. Deliberately absent: storages, assumptions, and the comparison itself.

use super::near;
use super::sample::Mold;
use super::skeleton::{Root, TestId, get};
use super::slot::{Holding, Wants, Work};
use super::solve::{Choice, Problem};
use crate::event::Event;
use crate::ir::{Expr, Pattern, Predicate, Test};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// The most events, whatever the formula.
const MAX_EVENTS: usize = 512;
/// All work on one formula.
const WORK: usize = 400_000;
/// The work on one search.
const WORK_PER_SEARCH: usize = 20_000;
/// The most places of one test at which it is made to decide.
const MAX_OCCURRENCES: usize = 4;
/// What fields may hold, in the order in which it is tried: storages that hold one scalar have no record of
/// other events.
const HOLDINGS: [Holding; 2] = [Holding::Scalar, Holding::Anything];
/// The most values of one list that are hit.
const MAX_HITS: usize = 8;

/// The events of a formula.
#[derive(Debug, Clone)]
pub struct Derived<'e> {
    /// The events, those that decide tests first.
    pub events: Vec<Event>,
    /// The distinct tests of the formula, in order, with what was found for them.
    pub decided: Vec<Decided<'e>>,
}

/// Whether a test decides the formula's value on some event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided<'e> {
    /// The test.
    pub test: &'e Test,
    /// On some event the test holds and the formula's value depends on it.
    pub when_true: bool,
    /// On some event the test does not hold and the formula's value depends on it.
    pub when_false: bool,
}

/// The events of a formula.
pub fn derive(expr: &Expr) -> Derived<'_> {
    let (problem, roots) = Problem::new(&[expr]);
    let mut deriver = Deriver::new(problem, roots);
    let tests: Vec<TestId> = (0..deriver.tests()).collect();
    for &test in &tests {
        deriver.decide(test, 0);
    }
    deriver.verdicts(0);
    deriver.vary(&tests, quota(tests.len()));
    deriver.finish()
}

/// Events aimed at where two formulas differ: those on which they do come first, the others are near.
pub fn derive_difference(a: &Expr, b: &Expr) -> Vec<Event> {
    let (problem, roots) = Problem::new(&[a, b]);
    let mut deriver = Deriver::new(problem, roots);
    let aims = deriver.aims();
    deriver.prefer_unshared(&aims);
    deriver.disagree();
    let tests: Vec<TestId> = aims.iter().map(|&(test, _)| test).collect();
    for &(test, root) in &aims {
        deriver.decide(test, root);
    }
    deriver.verdicts(0);
    deriver.verdicts(1);
    deriver.vary(&tests, quota(tests.len()));
    deriver.finish_differing()
}

/// The number of events for so many distinct tests.
fn quota(tests: usize) -> usize {
    (24 + 14 * tests).min(64 + 2 * tests).min(MAX_EVENTS)
}

/// A change of one field's value.
enum Change {
    /// An instance of this.
    Mold(Mold),
    /// This very value, or none.
    Value(Option<Value>),
}

/// The order in which the queues of [`Changes`] have their turns: misses, hits, misses, shapes.
const TURNS: [usize; 4] = [0, 1, 0, 2];

/// The changes for one test: near misses, other hits and other shapes, in turns until all are exhausted.
#[derive(Default)]
struct Changes<'e> {
    queues: Vec<Box<dyn Iterator<Item = Change> + 'e>>,
    turn: usize,
}

impl Iterator for Changes<'_> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        for _ in TURNS {
            let queue = TURNS.get(self.turn % TURNS.len()).and_then(|&queue| self.queues.get_mut(queue));
            self.turn += 1;
            if let Some(change) = queue.and_then(Iterator::next) {
                return Some(change);
            }
        }
        None
    }
}

struct Deriver<'e> {
    problem: Problem<'e>,
    roots: Vec<Root>,
    work: Work,
    events: Vec<Choice>,
    seen: HashSet<Choice>,
    /// The values of the roots on each event.
    verdicts: Vec<Vec<bool>>,
    /// For each test, the event that it decides while it does not hold, and while it does.
    deciding: Vec<[Option<usize>; 2]>,
}

impl<'e> Deriver<'e> {
    fn new(problem: Problem<'e>, roots: Vec<Root>) -> Self {
        let deciding = vec![[None; 2]; problem.skeleton.tests().len()];
        Self { problem, roots, work: Work::new(WORK), events: Vec::new(), seen: HashSet::new(), verdicts: Vec::new(), deciding }
    }

    fn tests(&self) -> usize {
        self.deciding.len()
    }

    fn is_decided(&self, test: TestId, truth: bool) -> bool {
        self.deciding.get(test).is_some_and(|deciding| deciding.get(usize::from(truth)).is_some_and(Option::is_some))
    }

    /// Adds an event, unless it is there or there are enough; notes which tests it decides.
    fn record(&mut self, choice: Choice, goal: Option<TestId>) {
        if self.events.len() >= MAX_EVENTS || !self.seen.insert(choice.clone()) {
            return;
        }
        let truths = self.problem.truths(&choice);
        let values = self.problem.skeleton.values(&truths);
        for root in &self.roots {
            let mut deciding = self.problem.skeleton.deciding(root, &truths, &values);
            let missed = goal.filter(|goal| !deciding.contains(goal));
            deciding.extend(missed.filter(|&goal| self.problem.skeleton.flips(root, goal, &truths, get(&values, root.node()))));
            for test in deciding {
                if let Some([when_false, when_true]) = self.deciding.get_mut(test) {
                    let place = if get(&truths, test) { when_true } else { when_false };
                    place.get_or_insert(self.events.len());
                }
            }
        }
        self.verdicts.push(self.roots.iter().map(|root| get(&values, root.node())).collect());
        self.events.push(choice);
    }

    /// Events on which the test decides a formula's value, once true and once false.
    fn decide(&mut self, test: TestId, root: usize) {
        for truth in [true, false] {
            let Some(root) = self.roots.get(root) else { return };
            let places: Vec<_> = self.problem.skeleton.occurrences(test, root).take(MAX_OCCURRENCES).collect();
            for (holding, &place) in HOLDINGS.iter().flat_map(|holding| places.iter().map(move |place| (*holding, place))) {
                if self.is_decided(test, truth) || self.work.is_spent() {
                    break;
                }
                let mut demands = vec![(place, truth)];
                demands.extend(self.problem.skeleton.sensitising(place));
                self.search(demands, holding, Some(test));
            }
        }
    }

    /// Records an event that meets these demands; false where none was found.
    fn search(&mut self, demands: Vec<(usize, bool)>, holding: Holding, goal: Option<TestId>) -> bool {
        let mut part = self.work.lend(WORK_PER_SEARCH);
        let solved = self.problem.solve(demands, holding, &mut part);
        self.work.restore(part);
        solved.map(|choice| self.record(choice, goal)).is_some()
    }

    /// Events on which a formula holds and does not hold, where there are none yet.
    fn verdicts(&mut self, root: usize) {
        for verdict in [true, false] {
            let is_there = self.verdicts.iter().any(|verdicts| verdicts.get(root) == Some(&verdict));
            if let Some(node) = self.roots.get(root).map(Root::node).filter(|_| !is_there) {
                let _ = HOLDINGS.iter().any(|&holding| self.search(vec![(node, verdict)], holding, None));
            }
        }
        self.record(vec![None; self.problem.slots.len()], None);
    }

    /// Replaces the values that decide tests, one test after the other in rounds, up to so many events.
    fn vary(&mut self, tests: &[TestId], quota: usize) {
        let mut queues: Vec<_> = tests.iter().take(quota).map(|&test| (test, self.changes(test))).collect();
        let mut is_more = true;
        while is_more && self.events.len() < quota {
            is_more = false;
            for (test, queue) in &mut queues {
                if let Some(change) = queue.next().filter(|_| self.events.len() < quota) {
                    is_more = true;
                    self.change(*test, change);
                }
            }
        }
    }

    /// The event whose value for the test is replaced: one that it decides, if there is one.
    fn base(&self, test: TestId) -> Option<&Choice> {
        let [when_false, when_true] = self.deciding.get(test).copied()?;
        let matching = || self.verdicts.iter().position(|verdicts| verdicts.first() == Some(&true));
        self.events.get(when_true.or(when_false).or_else(matching).unwrap_or(0))
    }

    /// The changes of the values that a test looks at.
    fn changes(&self, test: TestId) -> Changes<'e> {
        let Some((home, own)) = self.problem.home(test).zip(self.problem.skeleton.tests().get(test).copied()) else {
            return Changes::default();
        };
        let Some(slot) = self.problem.slots.get(home.slot) else { return Changes::default() };
        let base = self.base(test);
        let at = |slot: usize| {
            let number = base.and_then(|choice| choice.get(slot).copied().flatten())?;
            self.problem.slots.get(slot)?.value(number)
        };
        let molds: Rc<[Mold]> = match (home.other, home.position) {
            (Some(other), _) => Rc::from([Mold::exact(at(other).and_then(Value::as_str).unwrap_or("xy"))]),
            (None, position) => position.map(|position| slot.molds(position)).unwrap_or_default(),
        };
        let shapes = near::shapes(at(home.slot).unwrap_or(&Value::Null));
        let misses = near::variants(&own.predicate, Rc::clone(&molds)).map(Change::Mold);
        let hits = (0..MAX_HITS).map_while(move |at| molds.get(at).map(|mold| near::disguise(&own.predicate, mold))).map(Change::Mold);
        Changes { queues: vec![Box::new(misses), Box::new(hits), Box::new(shapes.into_iter().map(Change::Value))], turn: 0 }
    }

    fn change(&mut self, test: TestId, change: Change) {
        let Some((home, base)) = self.problem.home(test).zip(self.base(test).cloned()) else { return };
        let Some(slot) = self.problem.slots.get_mut(home.slot) else { return };
        let value = match change {
            Change::Value(None) => None,
            Change::Value(Some(value)) => match slot.add(value, &mut self.work) {
                Some(number) => Some(number),
                None => return,
            },
            Change::Mold(mold) => {
                let present = base.get(home.slot).copied().flatten();
                let wants: Wants = (0..slot.len())
                    .map(|position| present.filter(|_| home.position != Some(position)).map(|_| slot.truth(present, position)))
                    .collect();
                let mut part = self.work.lend(8 * slot.cost());
                let number = slot.cast(&mold, &wants, &mut part);
                self.work.restore(part);
                if number.is_none() {
                    return;
                }
                number
            }
        };
        let mut choice = base;
        if let Some(place) = choice.get_mut(home.slot) {
            *place = value;
        }
        self.record(choice, None);
    }

    /// The tests to aim at, with the formula that has them: first those that only one formula has.
    fn aims(&self) -> Vec<(TestId, usize)> {
        let mut aims = Vec::new();
        let mut shared = Vec::new();
        for test in 0..self.tests() {
            let owners: Vec<usize> = (0..self.roots.len()).filter(|&root| self.has(test, root)).collect();
            match owners.as_slice() {
                [owner] => aims.push((test, *owner)),
                owners => shared.extend(owners.iter().map(|&owner| (test, owner))),
            }
        }
        aims.extend(shared);
        aims
    }

    fn has(&self, test: TestId, root: usize) -> bool {
        self.roots.get(root).is_some_and(|root| self.problem.skeleton.occurrences(test, root).next().is_some())
    }

    /// Puts the patterns first that only one formula has for a field.
    fn prefer_unshared(&mut self, aims: &[(TestId, usize)]) {
        for &(test, root) in aims {
            let Some(own) = self.problem.skeleton.tests().get(test).copied() else { continue };
            if self.has(test, 1 - root.min(1)) {
                continue;
            }
            let known: HashSet<&Pattern> = (0..self.tests())
                .filter(|&other| self.has(other, 1 - root.min(1)))
                .filter_map(|other| self.problem.skeleton.tests().get(other).copied())
                .filter(|other| other.subject == own.subject)
                .flat_map(|other| patterns(&other.predicate))
                .collect();
            let unshared = patterns(&own.predicate).filter(|pattern| !known.contains(pattern)).take(MAX_HITS);
            let molds: Vec<Mold> = unshared.map(|pattern| Mold::of(pattern.clone())).collect();
            let Some(home) = self.problem.home(test) else { continue };
            if let (Some(slot), Some(position)) = (self.problem.slots.get_mut(home.slot), home.position) {
                slot.prefer(position, molds);
            }
        }
    }

    /// Events on which one formula holds and the other does not.
    fn disagree(&mut self) {
        let [a, b] = self.roots.as_slice() else { return };
        let (a, b) = (a.node(), b.node());
        for verdict in [true, false] {
            let _ = HOLDINGS.iter().any(|&holding| self.search(vec![(a, verdict), (b, !verdict)], holding, None));
        }
    }

    fn finish(self) -> Derived<'e> {
        let mut events: Vec<Event> = self.events.iter().map(|choice| self.problem.event(choice)).collect();
        let matching = self.verdicts.iter().position(|verdicts| verdicts.first() == Some(&true));
        events.extend(matching.and_then(|at| events.get(at)).and_then(nested));
        let tests = self.problem.skeleton.tests().iter().zip(&self.deciding);
        let decided =
            tests.map(|(test, [when_false, when_true])| Decided { test, when_true: when_true.is_some(), when_false: when_false.is_some() });
        Derived { events, decided: decided.collect() }
    }

    fn finish_differing(self) -> Vec<Event> {
        let (differing, same): (Vec<_>, Vec<_>) =
            self.events.iter().zip(&self.verdicts).partition(|(_, verdicts)| verdicts.first() != verdicts.last());
        differing.into_iter().chain(same).map(|(choice, _)| self.problem.event(choice)).collect()
    }
}

fn patterns(predicate: &Predicate) -> impl Iterator<Item = &Pattern> {
    let any = match predicate {
        Predicate::Like { any, .. } => any.as_slice(),
        Predicate::Regex(_)
        | Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => &[],
    };
    any.iter().map(|value| &value.pattern)
}

/// The same event with dotted names as nested objects, where that is another event.
fn nested(event: &Event) -> Option<Event> {
    let mut root = Map::new();
    for (name, value) in event.root() {
        let (head, tail) = name.split_once('.').map_or((name.as_str(), None), |(head, tail)| (head, Some(tail)));
        let Some(tail) = tail else {
            if root.insert(name.clone(), value.clone()).is_some() {
                return None;
            }
            continue;
        };
        let inner = root.entry(head).or_insert_with(|| Value::Object(Map::new()));
        inner.as_object_mut()?.insert(tail.to_owned(), value.clone());
    }
    (root != *event.root()).then(|| Event::new(root))
}

#[cfg(test)]
mod tests;
