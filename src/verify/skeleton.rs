//! The Boolean skeleton of formulas: what is left when every distinct test is a number.
//!
//! Contract: a formula's value is computed from the truths of its distinct tests alone, so events that
//! differ in one field cost the tests on that field. Nodes stand after their children, so every pass is a
//! loop. Deliberately absent: what a test looks at.

use crate::ir::{Expr, Test};
use std::collections::HashMap;

/// The number of a distinct test, in order of first occurrence.
pub(super) type TestId = usize;
/// The number of a node.
pub(super) type NodeId = usize;

/// A node of the skeleton.
pub(super) enum Node {
    /// A whole formula that is a constant.
    Constant(bool),
    /// All of these.
    All(Vec<NodeId>),
    /// One of these.
    Any(Vec<NodeId>),
    /// Not this.
    Not(NodeId),
    /// A test.
    Test(TestId),
}

/// The most tests with several occurrences that [`Skeleton::deciding`] looks at: each costs a pass over all nodes.
const MAX_REPEATED: usize = 16;

/// A whole formula in a skeleton.
pub(super) struct Root {
    node: NodeId,
    /// The first node of the formula.
    start: NodeId,
    /// The tests that occur more than once in it.
    repeated: Vec<TestId>,
}

impl Root {
    /// The node that is the whole formula.
    pub(super) fn node(&self) -> NodeId {
        self.node
    }
}

/// One or several formulas over the same distinct tests.
#[derive(Default)]
pub(super) struct Skeleton<'e> {
    tests: Vec<&'e Test>,
    numbers: HashMap<&'e Test, TestId>,
    nodes: Vec<Node>,
    parents: Vec<Option<NodeId>>,
    occurrences: Vec<Vec<NodeId>>,
}

impl<'e> Skeleton<'e> {
    /// Adds a formula.
    pub(super) fn add_root(&mut self, expr: &'e Expr) -> Root {
        let start = self.nodes.len();
        let node = self.add(expr);
        let mut root = Root { node, start, repeated: Vec::new() };
        root.repeated = (0..self.tests.len()).filter(|&test| self.occurrences(test, &root).nth(1).is_some()).collect();
        root
    }

    fn add(&mut self, expr: &'e Expr) -> NodeId {
        let node = match expr {
            Expr::True => Node::Constant(true),
            Expr::False => Node::Constant(false),
            Expr::And(children) => Node::All(children.iter().map(|child| self.add(child)).collect()),
            Expr::Or(children) => Node::Any(children.iter().map(|child| self.add(child)).collect()),
            Expr::Not(child) => Node::Not(self.add(child)),
            Expr::Test(test) => Node::Test(self.number(test)),
        };
        let at = self.nodes.len();
        match &node {
            Node::Constant(_) => {}
            Node::All(children) | Node::Any(children) => children.iter().for_each(|&child| set(&mut self.parents, child, Some(at))),
            Node::Not(child) => set(&mut self.parents, *child, Some(at)),
            Node::Test(test) => {
                if let Some(places) = self.occurrences.get_mut(*test) {
                    places.push(at);
                }
            }
        }
        self.nodes.push(node);
        self.parents.push(None);
        at
    }

    fn number(&mut self, test: &'e Test) -> TestId {
        if let Some(&known) = self.numbers.get(test) {
            return known;
        }
        let number = self.tests.len();
        self.numbers.insert(test, number);
        self.tests.push(test);
        self.occurrences.push(Vec::new());
        number
    }

    /// The distinct tests, by number.
    pub(super) fn tests(&self) -> &[&'e Test] {
        &self.tests
    }

    /// A node.
    pub(super) fn node(&self, at: NodeId) -> &Node {
        self.nodes.get(at).unwrap_or(&Node::Constant(false))
    }

    /// Where a test occurs in a formula.
    pub(super) fn occurrences(&self, test: TestId, root: &Root) -> impl Iterator<Item = NodeId> {
        let places = self.occurrences.get(test).map(Vec::as_slice).unwrap_or_default();
        let range = root.start..=root.node;
        places.iter().copied().filter(move |place| range.contains(place))
    }

    /// What must hold of other nodes so that this one decides the formula: its siblings true under `All` and
    /// false under `Any`, all the way up; not those that are the same test once more.
    pub(super) fn sensitising(&self, place: NodeId) -> Vec<(NodeId, bool)> {
        let is_same = |sibling: NodeId| match (self.node(place), self.node(sibling)) {
            (Node::Test(own), Node::Test(other)) => own == other,
            (Node::Constant(_) | Node::All(_) | Node::Any(_) | Node::Not(_) | Node::Test(_), _) => false,
        };
        let mut demands = Vec::new();
        let mut at = place;
        while let Some(&Some(parent)) = self.parents.get(at) {
            let (siblings, want): (&[NodeId], bool) = match self.node(parent) {
                Node::All(children) => (children, true),
                Node::Any(children) => (children, false),
                Node::Constant(_) | Node::Not(_) | Node::Test(_) => (&[], true),
            };
            demands.extend(siblings.iter().filter(|&&sibling| sibling != at && !is_same(sibling)).map(|&sibling| (sibling, want)));
            at = parent;
        }
        demands
    }

    /// The values of all nodes, given the truths of the tests.
    pub(super) fn values(&self, truths: &[bool]) -> Vec<bool> {
        let mut values: Vec<bool> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let value = match node {
                Node::Constant(value) => *value,
                Node::All(children) => children.iter().all(|&child| get(&values, child)),
                Node::Any(children) => children.iter().any(|&child| get(&values, child)),
                Node::Not(child) => !get(&values, *child),
                Node::Test(test) => get(truths, *test),
            };
            values.push(value);
        }
        values
    }

    /// The tests that decide the formula, given the truths and the values of all nodes under them. Of the
    /// tests that occur more than once only the first few are looked at; [`Skeleton::flips`] answers for one.
    pub(super) fn deciding(&self, root: &Root, truths: &[bool], values: &[bool]) -> Vec<TestId> {
        let mut observable = vec![false; self.nodes.len()];
        set(&mut observable, root.node, true);
        let mut deciding = Vec::new();
        for at in (root.start..=root.node).rev() {
            if !get(&observable, at) {
                continue;
            }
            match self.node(at) {
                Node::Constant(_) => {}
                Node::All(children) => observe(&mut observable, children, |child| !get(values, child)),
                Node::Any(children) => observe(&mut observable, children, |child| get(values, child)),
                Node::Not(child) => set(&mut observable, *child, true),
                Node::Test(test) => deciding.push(*test),
            }
        }
        deciding.retain(|test| root.repeated.binary_search(test).is_err());
        let repeated = root.repeated.iter().copied().take(MAX_REPEATED);
        deciding.extend(repeated.filter(|&test| self.flips(root, test, truths, get(values, root.node))));
        deciding
    }

    /// Whether the formula's value under these truths changes with the truth of this test.
    pub(super) fn flips(&self, root: &Root, test: TestId, truths: &[bool], value: bool) -> bool {
        let mut flipped = truths.to_vec();
        set(&mut flipped, test, !get(truths, test));
        get(&self.values(&flipped), root.node) != value
    }
}

/// Marks the children that decide their parent: all of them where none blocks the others, or the only one
/// that blocks.
fn observe(observable: &mut [bool], children: &[NodeId], blocks: impl Fn(NodeId) -> bool) {
    let mut blocking = children.iter().copied().filter(|&child| blocks(child));
    match (blocking.next(), blocking.next()) {
        (None, _) => children.iter().for_each(|&child| set(observable, child, true)),
        (Some(only), None) => set(observable, only, true),
        (Some(_), Some(_)) => {}
    }
}

/// An element that the construction guarantees to be there.
pub(super) fn get(flags: &[bool], at: usize) -> bool {
    flags.get(at).copied().unwrap_or(false)
}

fn set<T>(slice: &mut [T], at: usize, value: T) {
    if let Some(place) = slice.get_mut(at) {
        *place = value;
    }
}
