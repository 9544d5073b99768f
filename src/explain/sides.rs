//! The predicates of a rule by the side of negations on which they stand.
//!
//! A predicate below an even number of negations is wanted, one below an odd number is suppressed; `neq` is a negation.
//! A search that no condition refers to counts on neither side. Deliberately absent: how the predicates are joined.

use super::formula;
use super::model::Predicate;
use super::references::{Side, sentences};
use crate::rule::{Rule, SearchIdentifier};
use std::collections::BTreeSet;

/// The predicates of a rule; one can stand on both sides.
#[derive(Debug, Default)]
pub(super) struct Sides {
    pub(super) wanted: BTreeSet<Predicate>,
    pub(super) suppressed: BTreeSet<Predicate>,
}

impl Sides {
    pub(super) fn of(rule: &Rule) -> Self {
        let mut sides = Self::default();
        let mut seen: BTreeSet<(*const SearchIdentifier, Side)> = BTreeSet::new();
        for sentence in sentences(rule) {
            sentence.meaning.for_each(&mut |reference| {
                for own in &reference.members {
                    if seen.insert((std::ptr::from_ref(*own), reference.side)) {
                        sides.take(own, reference.side);
                    }
                }
            });
        }
        sides
    }

    fn take(&mut self, identifier: &SearchIdentifier, side: Side) {
        for (predicate, side) in formula::search(&identifier.search, &|predicate| predicate).settled(side).leaves() {
            match side {
                Side::Wanted => self.wanted.insert(predicate),
                Side::Suppressed => self.suppressed.insert(predicate),
            };
        }
    }
}
