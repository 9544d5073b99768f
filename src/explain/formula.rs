//! What searches look for, as formulas over predicates, each with the stage and the search that it stands in.
//!
//! The structure is the author's, not the meaning's: nothing is folded, encoded or merged, so that a reader finds each
//! value again. Deliberately absent: what the formulas are for.

use super::model::Predicate;
use super::predicates::predicates;
use super::references::{Junction, Reference, Side};
use crate::rule::{DetectionItem, Linking, Modifier, Quantifier, Search};

/// A formula. `All` and `Any` have two children at least, none of them of their own kind; a `Not` holds no `Not`.
#[derive(Debug, Clone)]
pub(super) enum Formula<L> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Leaf(L),
}

/// A predicate where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found<'r> {
    pub(super) predicate: Predicate,
    /// The number of the stage.
    pub(super) stage: usize,
    /// The name of the search.
    pub(super) search: &'r str,
}

impl<L> Formula<L> {
    pub(super) fn all(children: impl IntoIterator<Item = Self>) -> Self {
        let flat = children.into_iter().flat_map(|child| if let Self::All(inner) = child { inner } else { vec![child] });
        single(flat.collect(), Self::All)
    }

    pub(super) fn any(children: impl IntoIterator<Item = Self>) -> Self {
        let flat = children.into_iter().flat_map(|child| if let Self::Any(inner) = child { inner } else { vec![child] });
        single(flat.collect(), Self::Any)
    }

    fn negated(self) -> Self {
        if let Self::Not(inner) = self { *inner } else { Self::Not(Box::new(self)) }
    }

    /// The formula with negations only at leaves, below as many negations as `side` says.
    pub(super) fn settled(self, side: Side) -> Formula<(L, Side)> {
        match (self, side) {
            (Self::Not(child), _) => child.settled(side.opposite()),
            (Self::All(children), Side::Wanted) | (Self::Any(children), Side::Suppressed) => {
                Formula::all(children.into_iter().map(|child| child.settled(side)))
            }
            (Self::Any(children), Side::Wanted) | (Self::All(children), Side::Suppressed) => {
                Formula::any(children.into_iter().map(|child| child.settled(side)))
            }
            (Self::Leaf(leaf), side) => Formula::Leaf((leaf, side)),
        }
    }

    /// The leaves, in order.
    pub(super) fn leaves(self) -> Vec<L> {
        let mut leaves = Vec::new();
        self.gather(&mut leaves);
        leaves
    }

    fn gather(self, leaves: &mut Vec<L>) {
        match self {
            Self::All(children) | Self::Any(children) => children.into_iter().for_each(|child| child.gather(leaves)),
            Self::Not(child) => child.gather(leaves),
            Self::Leaf(leaf) => leaves.push(leaf),
        }
    }
}

fn single<L>(mut children: Vec<Formula<L>>, many: fn(Vec<Formula<L>>) -> Formula<L>) -> Formula<L> {
    match (children.len(), children.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            children.extend(last);
            many(children)
        }
    }
}

/// What a condition asks for.
pub(super) fn formula<'r>(junction: &Junction<'r>) -> Formula<Found<'r>> {
    match junction {
        Junction::All(children) => Formula::all(children.iter().map(formula)),
        Junction::Any(children) => Formula::any(children.iter().map(formula)),
        Junction::Not(child) => formula(child).negated(),
        Junction::Reference(reference) => referred(reference),
    }
}

fn referred<'r>(reference: &Reference<'r>) -> Formula<Found<'r>> {
    let members = reference.members.iter().map(|own| {
        let found = |predicate| Found { predicate, stage: reference.number, search: &own.name };
        search(&own.search, &found)
    });
    match reference.quantifier {
        Some(Quantifier::Any) => Formula::any(members),
        Some(Quantifier::All) | None => Formula::all(members),
    }
}

/// What a search asks for.
pub(super) fn search<L>(written: &Search, leaf: &impl Fn(Predicate) -> L) -> Formula<L> {
    match written {
        Search::All(items) => Formula::all(items.iter().map(|own| item(own, leaf))),
        Search::Any(searches) => Formula::any(searches.iter().map(|own| search(own, leaf))),
        Search::Keywords(keywords) => item(keywords, leaf),
    }
}

fn item<L>(written: &DetectionItem, leaf: &impl Fn(Predicate) -> L) -> Formula<L> {
    let values = written.values.iter().map(|value| {
        let alternatives = predicates(written, value).into_iter();
        Formula::any(alternatives.map(|predicate| Formula::Leaf(leaf(predicate))))
    });
    let linked = match written.linking {
        Linking::Any => Formula::any(values),
        Linking::All => Formula::all(values),
    };
    if written.has(Modifier::Neq) { linked.negated() } else { linked }
}

/// How many values a search has.
pub(super) fn size(written: &Search) -> usize {
    match written {
        Search::All(items) => items.iter().map(|item| item.values.len()).sum(),
        Search::Any(searches) => searches.iter().map(size).sum(),
        Search::Keywords(item) => item.values.len(),
    }
}
