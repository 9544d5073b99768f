//! Which tactics and techniques of MITRE ATT&CK the tags of a rule name.
//!
//! Rows are the tactics of the techniques and the tactics that are tagged, in the order of the matrix: a tactic that no
//! technique of the rule serves has an empty list. A technique that was revoked or deprecated keeps its name and says
//! so. Tags of groups, software and other objects (`attack.g0010`, `attack.s0002`) name no tactic and no technique, so
//! they have no row; they are not unknown either: they have the form of an id of ATT&CK, and the tags of the rule show
//! them. Deliberately absent: guesses. A tag that the table does not have is listed as unknown.

use super::model::{Attack, AttackName, AttackRow, AttackStatus};
use crate::facts::attack::{self as facts, Entry, Named, Standing};
use std::collections::BTreeMap;

/// What the tags say of ATT&CK.
pub fn attack(tags: &[String]) -> Attack {
    let mut said = Said::default();
    for tag in tags {
        if let Some((namespace, name)) = tag.split_once('.')
            && namespace.eq_ignore_ascii_case("attack")
        {
            said.add(tag, &spelled(name));
        }
    }
    Attack { rows: said.rows(), unknown: said.unknown }
}

/// What the tags of a rule name.
#[derive(Debug, Default)]
struct Said {
    tactics: Vec<Entry>,
    /// Techniques by id.
    techniques: BTreeMap<&'static str, Named>,
    unknown: Vec<String>,
}

impl Said {
    fn add(&mut self, tag: &str, name: &str) {
        if let Some(tactic) = facts::tactic(name).or_else(|| facts::retired_tactic(name)) {
            self.tactics.push(tactic);
        } else if let Some(technique) = facts::technique(name) {
            self.techniques.insert(technique.id, technique);
        } else if !facts::is_other_object(name) && !self.unknown.iter().any(|known| known == tag) {
            self.unknown.push(tag.to_owned());
        }
    }

    fn rows(&self) -> Vec<AttackRow> {
        let row = |tactic: Entry| (place(tactic), AttackRow { tactic: tactic_name(tactic), techniques: Vec::new() });
        let mut rows: BTreeMap<usize, AttackRow> = self.tactics.iter().copied().map(row).collect();
        for technique in self.techniques.values() {
            for tactic in facts::tactics_of(technique.id) {
                let (place, empty) = row(tactic);
                rows.entry(place).or_insert(empty).techniques.push(technique_name(technique));
            }
        }
        rows.into_values().collect()
    }
}

/// The place of a tactic in the matrix. What is no longer there comes after the rest.
fn place(tactic: Entry) -> usize {
    facts::tactics().position(|(known, _)| known == tactic).unwrap_or(usize::MAX)
}

fn tactic_name(tactic: Entry) -> AttackName {
    let status = if place(tactic) == usize::MAX { AttackStatus::Retired } else { AttackStatus::Active };
    AttackName { id: tactic.id.to_owned(), name: tactic.name.to_owned(), status, replaced_by: None }
}

/// A technique as pages name it, whatever became of it.
pub(super) fn technique(id: &str) -> Option<AttackName> {
    facts::technique(id).as_ref().map(technique_name)
}

fn technique_name(technique: &Named) -> AttackName {
    let status = match technique.standing {
        Standing::Active => AttackStatus::Active,
        Standing::Revoked => AttackStatus::Revoked,
        Standing::Deprecated => AttackStatus::Deprecated,
    };
    let replaced_by = technique.replaced_by.map(str::to_owned);
    AttackName { id: technique.id.to_owned(), name: technique.name.to_owned(), status, replaced_by }
}

/// A name of a tag as the table has it: before the number of a sub-technique tags also have `_` or `-`.
fn spelled(name: &str) -> String {
    let is_digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = name.split_once(['_', '-']).filter(|(technique, number)| {
        is_digits(number, 3) && technique.split_at_checked(1).is_some_and(|(t, rest)| t.eq_ignore_ascii_case("t") && is_digits(rest, 4))
    });
    parts.map_or_else(|| name.to_owned(), |(technique, number)| format!("{technique}.{number}"))
}
