//! Formulas over numbers of tests, and the tests without which a formula cannot hold.

use super::TestId;
use super::build::is_read;
use crate::ir::{Expr, Test};

/// A formula.
#[derive(Debug)]
pub(super) enum Formula {
    True,
    False,
    And(Box<[Formula]>),
    Or(Box<[Formula]>),
    Not(Box<Formula>),
    Test(TestId),
}

/// Tests of which at least one holds wherever the formula does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Anchors {
    pub(super) tests: Vec<TestId>,
    cost: u64,
}

impl Formula {
    /// The formula that an expression is; `number` gives each distinct test its number.
    pub(super) fn new<'e>(expr: &'e Expr, number: &mut impl FnMut(&'e Test) -> TestId) -> Self {
        match expr {
            Expr::True => Self::True,
            Expr::False => Self::False,
            Expr::And(children) => Self::And(cheapest_first(children, number)),
            Expr::Or(children) => Self::Or(cheapest_first(children, number)),
            Expr::Not(child) => Self::Not(Box::new(Self::new(child, number))),
            Expr::Test(test) => Self::Test(number(test)),
        }
    }

    /// Whether the formula holds where tests hold as `ask` says.
    pub(super) fn holds(&self, ask: &mut impl FnMut(TestId) -> bool) -> bool {
        match self {
            Self::True => true,
            Self::False => false,
            Self::And(children) => children.iter().all(|child| child.holds(ask)),
            Self::Or(children) => children.iter().any(|child| child.holds(ask)),
            Self::Not(child) => !child.holds(ask),
            Self::Test(test) => ask(*test),
        }
    }

    /// The cheapest anchors, where each test that can be one has a cost. A negation has none: it holds also where
    /// nothing was found.
    pub(super) fn anchors(&self, costs: &[Option<u64>]) -> Option<Anchors> {
        match self {
            Self::True | Self::Not(_) => None,
            Self::False => Some(Anchors { tests: Vec::new(), cost: 0 }),
            Self::Test(test) => costs.get(*test).copied().flatten().map(|cost| Anchors { tests: vec![*test], cost }),
            Self::And(children) => children.iter().filter_map(|child| child.anchors(costs)).min_by_key(|anchors| anchors.cost),
            Self::Or(children) => {
                let children: Vec<Anchors> = children.iter().map(|child| child.anchors(costs)).collect::<Option<_>>()?;
                let cost = children.iter().map(|anchors| anchors.cost).fold(0, u64::saturating_add);
                let mut tests: Vec<TestId> = children.into_iter().flat_map(|anchors| anchors.tests).collect();
                tests.sort_unstable();
                tests.dedup();
                Some(Anchors { tests, cost })
            }
        }
    }
}

/// Children in the order in which they are best asked: first those that reading has answered.
fn cheapest_first<'e>(children: &'e [Expr], number: &mut impl FnMut(&'e Test) -> TestId) -> Box<[Formula]> {
    let mut children: Vec<(usize, &Expr)> = children.iter().map(|child| (asked(child), child)).collect();
    children.sort_by_key(|(asked, _)| *asked);
    children.into_iter().map(|(_, child)| Formula::new(child, number)).collect()
}

/// How many tests of a formula reading does not answer.
fn asked(expr: &Expr) -> usize {
    let mut asked = 0;
    expr.for_each_test(&mut |test| asked += usize::from(!is_read(test)));
    asked
}
