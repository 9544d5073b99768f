//! A condition over the presence of rules as its branches: the disjunctive normal form (sigma.md §7.1).

use crate::rule::Condition;
use crate::rule::program::Slot;
use std::collections::BTreeSet;

/// Rules that must have occurred and rules that must not have, by their numbers in the list of the correlation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Branch {
    pub(super) present: BTreeSet<usize>,
    pub(super) absent: BTreeSet<usize>,
}

/// A form may grow exponentially with the condition; beyond this it is refused.
pub(super) const MAX_BRANCHES: usize = 1024;

/// Whether a part of the condition must hold, or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Polarity {
    Holds,
    Fails,
}

impl Polarity {
    fn opposite(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

/// The branches of a condition, each once; `None` if there are more than [`MAX_BRANCHES`].
pub(super) fn branches(condition: &Condition, slots: &[Slot]) -> Option<Vec<Branch>> {
    expand(condition, Polarity::Holds, slots).map(|branches| branches.into_iter().collect())
}

fn expand(condition: &Condition, polarity: Polarity, slots: &[Slot]) -> Option<BTreeSet<Branch>> {
    match (condition, polarity) {
        (Condition::Not(operand), polarity) => expand(operand, polarity.opposite(), slots),
        (Condition::Or(operands), Polarity::Holds) | (Condition::And(operands), Polarity::Fails) => {
            operands.iter().try_fold(BTreeSet::new(), |mut all, operand| {
                all.append(&mut expand(operand, polarity, slots)?);
                (all.len() <= MAX_BRANCHES).then_some(all)
            })
        }
        (Condition::And(operands), Polarity::Holds) | (Condition::Or(operands), Polarity::Fails) => {
            let nothing_asked = BTreeSet::from([Branch::default()]);
            operands.iter().try_fold(nothing_asked, |all, operand| product(&all, &expand(operand, polarity, slots)?))
        }
        (Condition::Identifier(name), polarity) => {
            let slot = slots.iter().position(|slot| slot.names.contains(name));
            Some(slot.map(|slot| literal(slot, polarity)).into_iter().collect())
        }
        (Condition::Selector { .. }, _) => Some(BTreeSet::new()), // The parser refuses it here.
    }
}

fn literal(slot: usize, polarity: Polarity) -> Branch {
    let (own, none) = (BTreeSet::from([slot]), BTreeSet::new());
    match polarity {
        Polarity::Holds => Branch { present: own, absent: none },
        Polarity::Fails => Branch { present: none, absent: own },
    }
}

/// Each branch of one side with each of the other.
fn product(left: &BTreeSet<Branch>, right: &BTreeSet<Branch>) -> Option<BTreeSet<Branch>> {
    let both = |one: &Branch, other: &Branch| Branch { present: &one.present | &other.present, absent: &one.absent | &other.absent };
    let bounded = left.len().saturating_mul(right.len()) <= MAX_BRANCHES;
    bounded.then(|| left.iter().flat_map(|one| right.iter().map(move |other| both(one, other))).collect())
}
