//! Which tactics and techniques of MITRE ATT&CK the tags of a rule name.
//!
//! Rows are the tactics of the techniques and the tactics that are tagged, in the order of the matrix: a tactic that no
//! technique of the rule serves has an empty list. A technique that was revoked or deprecated keeps its name and says
//! so. Tags of groups, software and other objects (`attack.g0010`, `attack.s0002`) name no tactic and no technique, so
//! they have no row; they are not unknown either: they have the form of an id of ATT&CK, and the tags of the rule show
//! them. Deliberately absent: guesses. A tag that the table does not have, or has under no tactic of its matrix, is listed
//! as unknown.

use super::model::{Attack, AttackName, AttackRow, AttackStatus};
use crate::facts::attack::{self as facts, Entry, Named, Standing};
use std::collections::BTreeMap;

/// What the tags say of ATT&CK, as a table of it has names.
pub fn attack(tags: &[String], table: &facts::Attack) -> Attack {
    let mut said = Said { table, tactics: Vec::new(), techniques: BTreeMap::new(), unknown: Vec::new() };
    for tag in tags {
        if let Some((namespace, name)) = tag.split_once('.')
            && namespace.eq_ignore_ascii_case("attack")
        {
            said.add(tag, &spelled(name));
        }
    }
    Attack { version: table.version.clone(), rows: said.rows(), unknown: said.unknown }
}

/// What the tags of a rule name.
#[derive(Debug)]
struct Said<'t> {
    table: &'t facts::Attack,
    tactics: Vec<Entry<'t>>,
    /// Techniques by id.
    techniques: BTreeMap<&'t str, Named<'t>>,
    unknown: Vec<String>,
}

impl<'t> Said<'t> {
    fn add(&mut self, tag: &str, name: &str) {
        let table = self.table;
        if let Some(tactic) = table.tactic(name).or_else(|| table.retired_tactic(name)) {
            self.tactics.push(tactic);
        } else if let Some(technique) = table.technique(name).filter(|technique| !table.tactics_of(technique.id).is_empty()) {
            self.techniques.insert(technique.id, technique);
        } else if !facts::is_other_object(name) && !self.unknown.iter().any(|known| known == tag) {
            self.unknown.push(tag.to_owned());
        }
    }

    fn rows(&self) -> Vec<AttackRow> {
        let row =
            |tactic: Entry<'_>| (place(self.table, tactic), AttackRow { tactic: tactic_name(self.table, tactic), techniques: Vec::new() });
        let mut rows: BTreeMap<usize, AttackRow> = self.tactics.iter().copied().map(row).collect();
        for technique in self.techniques.values() {
            for tactic in self.table.tactics_of(technique.id) {
                let (place, empty) = row(tactic);
                rows.entry(place).or_insert(empty).techniques.push(technique_name(technique));
            }
        }
        rows.into_values().collect()
    }
}

/// The place of a tactic in the matrix. What is no longer there comes after the rest.
fn place(table: &facts::Attack, tactic: Entry<'_>) -> usize {
    table.tactics().position(|(known, _)| known == tactic).unwrap_or(usize::MAX)
}

fn tactic_name(table: &facts::Attack, tactic: Entry<'_>) -> AttackName {
    let status = if place(table, tactic) == usize::MAX { AttackStatus::Retired } else { AttackStatus::Active };
    AttackName { id: tactic.id.to_owned(), name: tactic.name.to_owned(), status, replaced_by: None }
}

/// A technique as pages name it, whatever became of it.
pub(super) fn technique_name(technique: &Named<'_>) -> AttackName {
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
