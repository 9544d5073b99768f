//! What two formulas have to do with each other on every assignment of truth values to their tests that some
//! record allows.
//!
//! Contract: what is found is so; formulas of too many tests are left undecided. An assignment counts unless
//! two tests rule it out, so some that no record has are counted: then less is found, never what is wrong.
//! Deliberately absent: facts about more than two tests.

use super::facts::Facts;
use super::imply::Implication;
use super::skeleton::{Skeleton, get};
use crate::ir::{Expr, Test};

/// Formulas are tried up to this number of distinct tests.
const MAX_TESTS: usize = 12;

/// Which of two formulas implies the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Implied {
    /// The first implies the second.
    pub(super) forward: bool,
    /// The second implies the first.
    pub(super) backward: bool,
}

/// Goes through all assignments.
pub(super) fn compare(a: &Expr, b: &Expr, facts: &Facts<'_>, implication: &mut Implication<'_>) -> Implied {
    let mut skeleton = Skeleton::default();
    let roots = [skeleton.add_root(a).node(), skeleton.add_root(b).node()];
    let tests = skeleton.tests().len();
    if tests > MAX_TESTS {
        return Implied { forward: false, backward: false };
    }
    let ruled_out = ruled_out(skeleton.tests(), facts, implication);
    let mut found = Implied { forward: true, backward: true };
    for bits in 0_u32..1 << tests {
        if ruled_out.iter().any(|&(these, must)| bits & these == must) {
            continue;
        }
        let truths: Vec<bool> = (0..tests).map(|test| bits >> test & 1 == 1).collect();
        let values = skeleton.values(&truths);
        let [first, second] = roots.map(|root| get(&values, root));
        found.forward &= !first || second;
        found.backward &= !second || first;
        if !found.forward && !found.backward {
            break;
        }
    }
    found
}

/// Pairs of tests that cannot have these truths together, as masks: which tests, and their truths.
fn ruled_out(tests: &[&Test], facts: &Facts<'_>, implication: &mut Implication<'_>) -> Vec<(u32, u32)> {
    let mut ruled_out = Vec::new();
    for (at, one) in tests.iter().enumerate() {
        for (other, two) in tests.iter().enumerate().filter(|(other, _)| *other != at) {
            let pair = 1_u32 << at | 1 << other;
            if facts.exclude(one, two) {
                ruled_out.push((pair, pair));
            }
            if implication.tests(one, two) {
                ruled_out.push((pair, 1 << at));
            }
        }
    }
    ruled_out
}
