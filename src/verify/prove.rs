//! Deciding that two formulas are equal on every record, within named assumptions.
//!
//! Structure first: equal canonical forms are equal functions. Then implication in both directions (`imply`),
//! which decides what a query adds in front of an exact condition. Then all assignments of truth values to the
//! tests, where these are few (`cases`). What none of them decides is left to derived events: this module never
//! guesses. Where two tests differ only in what a named assumption rules out, the assumption is named whether or
//! not the formulas are equal, so that events show other differences (`spoken`). Deliberately absent: sampling,
//! time budgets (bounds count tests and steps).

use super::cases;
use super::facts::Facts;
use super::imply::Implication;
use super::spoken::Spoken;
use crate::ir::canonical::{Canonical, Literal, canonical};
use crate::ir::{Expr, Subject};
use crate::storage::{Assumption, Name};
use std::collections::BTreeSet;

/// What comparing two formulas shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// On every record within the assumptions the query holds if the meaning does; otherwise nothing was decided.
    pub covers: bool,
    /// The other way round: the meaning holds if the query does.
    pub is_covered: bool,
    /// What must hold for tests that both formulas make, each in its own way, to mean the same in both.
    pub assumptions: Vec<Assumption>,
}

impl Compared {
    /// The formulas are equal on every record within the assumptions.
    pub fn equal(&self) -> bool {
        self.covers && self.is_covered
    }
}

/// Compares what a rule means with what a query says.
pub fn compare(meaning: &Expr, query: &Expr, facts: &Facts<'_>) -> Compared {
    let query = canonical(query);
    let (meaning, mut assumptions) = said(meaning, &query.expr, facts);
    let mut compared = Compared { covers: true, is_covered: true, assumptions: Vec::new() };
    if meaning.expr != query.expr {
        let mut implication = Implication::new(facts, [&meaning, &query]);
        compared.covers = implication.holds(&meaning.expr, &query.expr);
        compared.is_covered = implication.holds(&query.expr, &meaning.expr);
        if !compared.equal() {
            let implied = cases::compare(&meaning.expr, &query.expr, facts, &mut implication);
            compared.covers |= implied.forward;
            compared.is_covered |= implied.backward;
        }
        assumptions.extend(implication.assumptions());
    }
    assumptions.extend(relations(&meaning, &query));
    Compared { assumptions, ..compared }
}

/// The two formulas as they are compared: where they still differ, they differ in more than in how they speak.
pub(super) fn as_compared(meaning: &Expr, query: &Expr, facts: &Facts<'_>) -> (Expr, Expr) {
    let query = canonical(query).expr;
    (said(meaning, &query, facts).0.expr, query)
}

/// The meaning as the query says it, in canonical form.
fn said(meaning: &Expr, query: &Expr, facts: &Facts<'_>) -> (Canonical, Vec<Assumption>) {
    let mut spoken = Spoken::new(query, facts);
    let meaning = canonical(&spoken.said(meaning));
    (meaning, spoken.assumptions)
}

/// The assumptions that make up for literals compared under different relations: on the two sides, or on one.
fn relations(meaning: &Canonical, query: &Canonical) -> Vec<Assumption> {
    let literals: BTreeSet<&Literal> = meaning.relations.keys().chain(query.relations.keys()).collect();
    let differ = |literal: &&Literal| is_mixed(meaning.relations.get(*literal), query.relations.get(*literal));
    let folded = literals.into_iter().filter(differ).filter_map(|(subject, pattern)| {
        let because = "the target folds ASCII letters only";
        match (subject, pattern) {
            (Subject::Field(field), Some(pattern)) => Some(Assumption::on_pattern(Name::AsciiCase, field, pattern, because)),
            (Subject::Field(field), None) => Some(Assumption::on_field(Name::AsciiCase, field, because)),
            (Subject::AnyLeaf | Subject::Raw, _) => None,
        }
    });
    let regexes: BTreeSet<&(Subject, String)> = meaning.boundaries.keys().chain(query.boundaries.keys()).collect();
    let bounded = regexes.into_iter().filter(|regex| is_mixed(meaning.boundaries.get(*regex), query.boundaries.get(*regex)));
    let bounded = bounded.filter_map(|(subject, _)| match subject {
        Subject::Field(field) => Some(Assumption::on_field(Name::AsciiClasses, field, "the target's `\\b` knows Unicode letters")),
        Subject::AnyLeaf | Subject::Raw => None,
    });
    folded.chain(bounded).collect()
}

/// Whether what is taken for one thing is several: in one formula, or in two that both have it.
fn is_mixed<T: Ord>(meaning: Option<&BTreeSet<T>>, query: Option<&BTreeSet<T>>) -> bool {
    meaning.into_iter().chain(query).any(|own| own.len() > 1) || matches!((meaning, query), (Some(own), Some(other)) if own != other)
}
