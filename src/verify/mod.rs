//! Verification: whether a query means what its rule means.
//!
//! The query's text has been read back into a formula; here that formula is compared with the rule's. The
//! formulas are decided equal where possible ([`prove`]), and whether or not they are, derived events
//! ([`mod@derive`]) are replayed through the reference evaluator, the rule's formula and the query's. The
//! verdict `proved` needs both, and a derived event inside the assumptions that matches: what no event can
//! satisfy proves nothing. Deliberately absent: reading and writing queries.

mod automaton;
mod cases;
pub mod correlation;
pub mod derive;
mod facts;
mod imply;
mod near;
pub mod prove;
mod replay;
pub mod report;
mod sample;
pub mod sequence;
mod several;
pub mod shrink;
mod skeleton;
mod slot;
mod solve;
mod spoken;
mod strings;
mod truth;

use crate::backend::Direction;
use crate::ir::{Case, Expr, Pattern};
use crate::rule::Rule;
use crate::storage::{Assumption, Name, Storage};
pub use facts::Facts;
use prove::Compared;
use replay::{Judged, Replay};
use report::{Counterexample, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// A rule's condition and a query that is claimed to mean the same.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'c> {
    /// The rule.
    pub rule: &'c Rule,
    /// Which of its conditions, from 0.
    pub condition: usize,
    /// What the condition means, in the rule's spelling, with keywords replaced by fields.
    pub meaning: &'c Expr,
    /// The same about records of the storage.
    pub bound: &'c Expr,
    /// What legalization made of it, where the query is ours.
    pub legal: Option<&'c Expr>,
    /// What the query's text was read as, about records.
    pub query: &'c Expr,
    /// What binding, writing and reading assume.
    pub assumptions: &'c [Assumption],
    /// How the target holds events.
    pub storage: &'c Storage,
    /// In which direction the query may differ.
    pub approximation: Option<Direction>,
}

/// What was found about a claim.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The word.
    pub kind: Kind,
    /// How many derived events lay within the assumptions and were compared.
    pub events: usize,
    /// How many of them matched.
    pub matched: usize,
    /// What it holds under, one entry a name, field and pattern.
    pub assumptions: Vec<Assumption>,
    /// The event on which rule and query differ.
    pub counterexample: Option<Counterexample>,
    /// In which direction the query may differ, where it does so in no other.
    pub approximation: Option<Direction>,
    /// Whether that it differs in no other was proved or tested.
    pub bounded: Option<Kind>,
}

/// Compares a rule's condition with a query.
pub fn verify(claim: &Claim<'_>) -> Finding {
    let facts = Facts::new(claim.storage, claim.assumptions);
    let compared = prove::compare(claim.bound, &claim.storage.in_one_way(claim.query), &facts);
    let assumptions = assumed(claim, &compared.assumptions);
    let replay = Replay::new(claim, &assumptions);
    let mut events = derive::derive(claim.meaning).events;
    events.extend(several::several(&events, claim.meaning, claim.storage));
    if !compared.equal() {
        events.extend(derive::derive_difference(claim.meaning, &respelled(claim, claim.query)));
    }
    if claim.approximation.is_some() && !compared.equal() {
        let (meaning, query) = prove::as_compared(claim.bound, claim.query, &facts);
        events.extend(derive::derive_difference(&respelled(claim, &meaning), &respelled(claim, &query)));
    }
    let seen = replay.all(&events);
    let shown = if is_shown(claim.approximation, &compared) && seen.matched > 0 { Kind::Proved } else { Kind::Tested };
    let mut finding = Finding {
        kind: shown,
        events: seen.events,
        matched: seen.matched,
        assumptions: assumptions.clone(),
        counterexample: None,
        approximation: None,
        bounded: None,
    };
    if let Some(event) = seen.wrong {
        finding.kind = Kind::Differs;
        finding.counterexample = Some(replay.counterexample(event, Judged::Wrong));
    } else if let Some(direction) = claim.approximation {
        finding.kind = if compared.equal() { shown } else { Kind::Tested };
        (finding.approximation, finding.bounded) = (Some(direction), Some(shown));
        if let Some(event) = seen.permitted {
            finding.kind = Kind::Differs;
            finding.counterexample = Some(replay.counterexample(event, Judged::Permitted));
        }
    }
    finding
}

/// Whether the formulas were decided to be as the claim says: equal, or one of them implied by the other.
fn is_shown(approximation: Option<Direction>, compared: &Compared) -> bool {
    match approximation {
        None => compared.equal(),
        Some(Direction::Over) => compared.covers,
        Some(Direction::Under) => compared.is_covered,
    }
}

/// A formula about records with fields spelled as the rule spells them, so that events can be made for it.
fn respelled(claim: &Claim<'_>, formula: &Expr) -> Expr {
    let mut spelled: BTreeMap<String, &str> = BTreeMap::new();
    claim.meaning.for_each_field(&mut |name| {
        if let Some((key, _)) = claim.storage.column(name) {
            spelled.insert(key, name);
        }
    });
    formula.map_fields(&|key| spelled.get(key).copied().unwrap_or(key).into())
}

/// Everything that the verdict rests on, without repetition: what reading and writing assume, what comparing
/// the formulas needed, and what storing numbers may change.
fn assumed(claim: &Claim<'_>, compared: &[Assumption]) -> Vec<Assumption> {
    let distortions = claim.storage.distortions(claim.meaning);
    let all = claim.assumptions.iter().chain(compared).chain(&distortions);
    // For the assumption on folding, patterns that fold to one are one; there is no NUL in an address.
    let pattern = |assumption: &Assumption| {
        let pattern = assumption.pattern.as_ref()?;
        Some(if assumption.name == Name::AsciiCase { pattern.folded(Case::Ascii) } else { pattern.clone() })
    };
    let mut unique: BTreeMap<(Name, Option<&String>, Option<Pattern>), &Assumption> = BTreeMap::new();
    for assumption in all {
        unique.entry((assumption.name, assumption.field.as_ref(), pattern(assumption))).or_insert(assumption);
    }
    let addresses: BTreeSet<Option<&String>> =
        unique.keys().filter(|(name, ..)| *name == Name::CanonicalIps).map(|(_, field, _)| *field).collect();
    unique.retain(|(name, field, _), _| *name != Name::NoNul || !addresses.contains(field));
    unique.into_values().cloned().collect()
}

#[cfg(test)]
mod tests;
