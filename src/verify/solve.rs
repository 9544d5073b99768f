//! Events on which parts of formulas have given values.
//!
//! Contract: [`Problem::solve`] returns values for the fields such that every demand holds, or gives up
//! when its work is spent; giving up proves nothing. The search keeps a value for every field that has a
//! demand, replaces it where a new demand contradicts it, and takes back choices that lead nowhere.
//! Deliberately absent: which demands are worth asking for.

use super::skeleton::{Node, NodeId, Root, Skeleton, TestId};
use super::slot::{Holding, Slot, Wants, Work};
use crate::event::Event;
use crate::ir::{Expr, Predicate, Subject, Test, eval};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The most choices of one search that stand at a time: each is a call on the stack.
const MAX_DEPTH: usize = 300;
/// The most values of a field that are tried against another field.
const MAX_PARTNERS: usize = 12;

/// The value of every field, by number; `None` where it is absent.
pub(super) type Choice = Vec<Option<usize>>;

/// Where a test is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    /// The field whose values matter.
    pub(super) slot: usize,
    /// The position of the test among those of the field; `None` for a test on two fields.
    pub(super) position: Option<usize>,
    /// The other field of a test on two.
    pub(super) other: Option<usize>,
}

/// Formulas with the fields that they test.
pub(super) struct Problem<'e> {
    /// The formulas.
    pub(super) skeleton: Skeleton<'e>,
    /// The fields, in order of first occurrence.
    pub(super) slots: Vec<Slot<'e>>,
    homes: Vec<Home>,
    /// The tests that look at more than one field.
    wide: Vec<TestId>,
}

impl<'e> Problem<'e> {
    /// The problem of these formulas, with the root of each.
    pub(super) fn new(exprs: &[&'e Expr]) -> (Self, Vec<Root>) {
        let mut skeleton = Skeleton::default();
        let roots = exprs.iter().map(|expr| skeleton.add_root(expr)).collect();
        let mut problem = Self { skeleton, slots: Vec::new(), homes: Vec::new(), wide: Vec::new() };
        let mut numbers = HashMap::new();
        for number in 0..problem.skeleton.tests().len() {
            let Some(&test) = problem.skeleton.tests().get(number) else { break };
            let home = problem.house(test, &mut numbers);
            problem.homes.push(home);
            if home.other.is_some() || !matches!(test.subject, Subject::Field(_)) {
                problem.wide.push(number);
            }
        }
        (problem, roots)
    }

    fn house(&mut self, test: &'e Test, numbers: &mut HashMap<&'e str, usize>) -> Home {
        let name = match &test.subject {
            Subject::Field(name) => name.as_ref(),
            // A keyword can be in any field, so it gets one of its own.
            Subject::AnyLeaf | Subject::Raw => "\u{2026}",
        };
        let slot = self.slot(name, numbers);
        match &test.predicate {
            Predicate::Relates { other, .. } => Home { slot, position: None, other: Some(self.slot(other, numbers)) },
            Predicate::Like { .. }
            | Predicate::Regex(_)
            | Predicate::Within { .. }
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists => Home { slot, position: self.slots.get_mut(slot).map(|slot| slot.push(test)), other: None },
        }
    }

    fn slot(&mut self, name: &'e str, numbers: &mut HashMap<&'e str, usize>) -> usize {
        *numbers.entry(name).or_insert_with(|| {
            self.slots.push(Slot::new(name));
            self.slots.len() - 1
        })
    }

    /// Where a test is answered.
    pub(super) fn home(&self, test: TestId) -> Option<Home> {
        self.homes.get(test).copied()
    }

    /// The event of a choice.
    pub(super) fn event(&self, choice: &Choice) -> Event {
        let mut root = Map::new();
        for (slot, number) in self.slots.iter().zip(choice) {
            if let Some(value) = number.and_then(|number| slot.value(number)) {
                root.insert(slot.name().to_owned(), value.clone());
            }
        }
        Event::new(root)
    }

    /// The truths of all tests.
    pub(super) fn truths(&self, choice: &Choice) -> Vec<bool> {
        let at = |home: &Home| choice.get(home.slot).copied().flatten();
        let truth =
            |home: &Home| self.slots.get(home.slot).zip(home.position).is_some_and(|(slot, position)| slot.truth(at(home), position));
        let mut truths: Vec<bool> = self.homes.iter().map(truth).collect();
        if !self.wide.is_empty() {
            let event = self.event(choice);
            for &number in &self.wide {
                if let (Some(truth), Some(test)) = (truths.get_mut(number), self.skeleton.tests().get(number)) {
                    *truth = eval::matches_test(test, &event);
                }
            }
        }
        truths
    }

    /// Values for the fields, which may hold no more than this, such that these nodes have these values.
    pub(super) fn solve(&mut self, demands: Vec<(NodeId, bool)>, holding: Holding, work: &mut Work) -> Option<Choice> {
        let wants = self.slots.iter().map(|slot| vec![None; slot.len()]).collect();
        let choice = vec![None; self.slots.len()];
        let mut search = Search { problem: self, work, holding, wants, choice, pairs: Vec::new(), trail: Vec::new(), pending: Vec::new() };
        search.run(demands).then_some(search.choice)
    }
}

/// What to take back.
enum Undo {
    Want { slot: usize, position: usize },
    Value { slot: usize, before: Option<usize> },
    Pair,
}

struct Search<'p, 'e> {
    problem: &'p mut Problem<'e>,
    work: &'p mut Work,
    holding: Holding,
    wants: Vec<Wants>,
    choice: Choice,
    /// What tests on two fields must be.
    pairs: Vec<(TestId, bool)>,
    trail: Vec<Undo>,
    /// The nodes one of whose children must have this value, in the order in which they are chosen for.
    pending: Vec<(NodeId, bool)>,
}

impl Search<'_, '_> {
    fn run(&mut self, demands: Vec<(NodeId, bool)>) -> bool {
        if !self.expand(demands) {
            return false;
        }
        // First what must hold, since most of what must not then does not anyway.
        self.pending.sort_by_key(|&(_, want)| !want);
        let (trail, pending) = (self.trail.len(), self.pending.len());
        if self.choose_once() {
            return true;
        }
        self.take_back(trail, pending);
        pending < MAX_DEPTH && self.choose(0)
    }

    /// Follows demands down to tests, and leaves the choices pending.
    fn expand(&mut self, mut demands: Vec<(NodeId, bool)>) -> bool {
        demands.reverse();
        while let Some((at, want)) = demands.pop() {
            if !self.work.spend(1) {
                return false;
            }
            match (self.problem.skeleton.node(at), want) {
                (Node::Constant(value), _) if *value == want => {}
                (Node::Constant(_), _) => return false,
                (Node::Not(child), _) => demands.push((*child, !want)),
                (Node::All(children), true) | (Node::Any(children), false) => {
                    demands.extend(children.iter().rev().map(|&child| (child, want)));
                }
                (Node::All(_), false) | (Node::Any(_), true) => self.pending.push((at, want)),
                (&Node::Test(test), _) => {
                    if !self.literal(test, want) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Chooses for all pending nodes, without taking anything back; this is enough for most formulas and
    /// needs no stack.
    fn choose_once(&mut self) -> bool {
        let mut next = 0;
        while let Some(&(at, want)) = self.pending.get(next) {
            let (trail, pending) = (self.trail.len(), self.pending.len());
            let is_chosen = self.alternatives(at, want).into_iter().any(|child| {
                self.take_back(trail, pending);
                self.expand(vec![(child, want)])
            });
            if !is_chosen {
                return false;
            }
            next += 1;
        }
        self.settle()
    }

    /// Chooses for the pending nodes from this one on.
    fn choose(&mut self, next: usize) -> bool {
        let Some(&(at, want)) = self.pending.get(next) else { return self.settle() };
        if next >= MAX_DEPTH {
            return false;
        }
        let (trail, pending) = (self.trail.len(), self.pending.len());
        for child in self.alternatives(at, want) {
            if self.expand(vec![(child, want)]) && self.choose(next + 1) {
                return true;
            }
            self.take_back(trail, pending);
            if !self.work.spend(1) {
                return false;
            }
        }
        false
    }

    /// The children one of which must have this value, first those that have it already.
    fn alternatives(&mut self, at: NodeId, want: bool) -> Vec<NodeId> {
        let (Node::All(children) | Node::Any(children)) = self.problem.skeleton.node(at) else { return Vec::new() };
        if !self.work.spend(children.len()) {
            return Vec::new();
        }
        let (mut ready, others): (Vec<NodeId>, Vec<NodeId>) = children.iter().partition(|&&child| self.holds(child) == want);
        ready.extend(others);
        ready
    }

    /// The value of a node for the present values of the fields.
    fn holds(&self, at: NodeId) -> bool {
        match self.problem.skeleton.node(at) {
            Node::Constant(value) => *value,
            Node::All(children) => children.iter().all(|&child| self.holds(child)),
            Node::Any(children) => children.iter().any(|&child| self.holds(child)),
            Node::Not(child) => !self.holds(*child),
            Node::Test(test) => self.problem.home(*test).is_some_and(|home| {
                let (slot, number) = (self.problem.slots.get(home.slot), self.choice.get(home.slot).copied().flatten());
                slot.zip(home.position).is_some_and(|(slot, position)| slot.truth(number, position))
            }),
        }
    }

    /// Demands a truth of a test, and changes the value of its field where it must.
    fn literal(&mut self, test: TestId, want: bool) -> bool {
        let Some(home) = self.problem.home(test) else { return false };
        let Some(position) = home.position else {
            self.pairs.push((test, want));
            self.trail.push(Undo::Pair);
            return true;
        };
        let Some(wanted) = self.wants.get_mut(home.slot).and_then(|wants| wants.get_mut(position)) else { return false };
        if wanted.is_some() {
            return *wanted == Some(want);
        }
        *wanted = Some(want);
        self.trail.push(Undo::Want { slot: home.slot, position });
        let (Some(slot), Some(wants)) = (self.problem.slots.get_mut(home.slot), self.wants.get(home.slot)) else { return false };
        let present = self.choice.get(home.slot).copied().flatten();
        if slot.truth(present, position) == want {
            return true;
        }
        match slot.find(wants, self.holding, self.work) {
            Some(found) => {
                self.set(home.slot, found);
                true
            }
            None => false,
        }
    }

    fn set(&mut self, slot: usize, value: Option<usize>) {
        if let Some(place) = self.choice.get_mut(slot) {
            self.trail.push(Undo::Value { slot, before: *place });
            *place = value;
        }
    }

    fn take_back(&mut self, trail: usize, pending: usize) {
        self.pending.truncate(pending);
        for undo in self.trail.drain(trail.min(self.trail.len())..).rev() {
            match undo {
                Undo::Want { slot, position } => {
                    if let Some(want) = self.wants.get_mut(slot).and_then(|wants| wants.get_mut(position)) {
                        *want = None;
                    }
                }
                Undo::Value { slot, before } => {
                    if let Some(place) = self.choice.get_mut(slot) {
                        *place = before;
                    }
                }
                Undo::Pair => {
                    self.pairs.pop();
                }
            }
        }
    }

    /// Chooses values for the tests on two fields, the other fields being settled.
    fn settle(&mut self) -> bool {
        let pairs = self.pairs.clone();
        (1..=pairs.len()).all(|end| pairs.get(..end).is_some_and(|pairs| self.all_related(pairs) || self.relate(pairs)))
    }

    fn all_related(&self, pairs: &[(TestId, bool)]) -> bool {
        let event = self.problem.event(&self.choice);
        let holds = |test: TestId| self.problem.skeleton.tests().get(test).is_some_and(|test| eval::matches_test(test, &event));
        pairs.iter().all(|&(test, want)| holds(test) == want)
    }

    /// Finds values for both fields of the last of these tests such that all of them are as wanted: each
    /// field's own values, and those made from the other's.
    fn relate(&mut self, pairs: &[(TestId, bool)]) -> bool {
        let home = pairs.last().and_then(|&(test, _)| self.problem.home(test));
        let Some((slot, other)) = home.and_then(|home| Some((home.slot, home.other?))) else { return false };
        let (left, right) = (self.partners(slot, other), self.partners(other, slot));
        for (source, target, numbers) in [(other, slot, &right), (slot, other, &left)] {
            for &number in numbers {
                for made in self.derived(source, number, target) {
                    if self.try_pair(pairs, [(source, number), (target, made)]) {
                        return true;
                    }
                }
            }
        }
        left.iter().any(|&a| right.iter().any(|&b| self.try_pair(pairs, [(slot, a), (other, b)])))
    }

    fn try_pair(&mut self, pairs: &[(TestId, bool)], values: [(usize, usize); 2]) -> bool {
        let trail = self.trail.len();
        for (slot, number) in values {
            self.set(slot, Some(number));
        }
        let holds = self.work.spend(4 * pairs.len()) && self.all_related(pairs);
        if !holds {
            self.take_back(trail, self.pending.len());
        }
        holds
    }

    /// The values of a field that meet what is demanded of it, the present one first, and some that meet
    /// what is demanded of the other field as well.
    fn partners(&mut self, slot: usize, other: usize) -> Vec<usize> {
        let present = self.choice.get(slot).copied().flatten();
        let molds = match (self.problem.slots.get(other), self.wants.get(other)) {
            (Some(other), Some(wants)) => other.required(wants).iter().flat_map(|molds| molds.iter().take(2).cloned()).collect(),
            _ => Vec::new(),
        };
        let (Some(field), Some(wants)) = (self.problem.slots.get_mut(slot), self.wants.get(slot)) else { return Vec::new() };
        let text = present.and_then(|number| field.value(number)).and_then(Value::as_str).unwrap_or_default().to_owned();
        for longer in [format!("{text}xy"), format!("7{text}")] {
            field.add_plain(Value::String(longer), self.work);
        }
        let cast: Vec<usize> = molds.iter().filter_map(|mold| field.cast(mold, wants, self.work)).collect();
        present.into_iter().chain(cast).chain(field.fitting(wants, self.holding)).take(MAX_PARTNERS).collect()
    }

    /// Values of one field, equal to or around the text of another's, that meet what is demanded.
    fn derived(&mut self, source: usize, number: usize, target: usize) -> Vec<usize> {
        let text = match self.problem.slots.get(source).and_then(|slot| slot.value(number)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => return Vec::new(),
        };
        let (Some(field), Some(wants)) = (self.problem.slots.get_mut(target), self.wants.get(target)) else { return Vec::new() };
        let texts = [text.clone(), format!("{text}x"), format!("x{text}"), format!("x{text}x"), String::new()];
        let numbers: Vec<usize> = texts.into_iter().filter_map(|text| field.add_plain(Value::String(text), self.work)).collect();
        let fitting: Vec<usize> = field.fitting(wants, self.holding).collect();
        numbers.into_iter().filter(|number| fitting.contains(number)).collect()
    }
}
