//! MITRE ATT&CK: the tactics, techniques and sub-techniques that the tags of a rule name.
//!
//! The table beside this file holds version 19 of the enterprise matrix. © 2026 The MITRE Corporation. This
//! work is reproduced and distributed with the permission of The MITRE Corporation. Techniques that were
//! revoked stand for what replaced them; deprecated ones, and names that the table does not have, stand for
//! nothing. Deliberately absent: the mobile matrix, whose tactics have ids of their own; groups, software and
//! data sources, of which no format speaks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A tactic, a technique or a sub-technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its id: `TA0002`, `T1059`, `T1059.001`.
    pub id: &'static str,
    /// Its name, without that of the technique to which a sub-technique belongs.
    pub name: &'static str,
}

impl Entry {
    /// The address of its page (attack.mitre.org).
    pub fn url(&self) -> String {
        let folder = if self.id.starts_with("TA") { "tactics" } else { "techniques" };
        format!("https://attack.mitre.org/{folder}/{}/", self.id.replace('.', "/"))
    }
}

/// A tactic with the techniques that serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threat {
    /// The tactic.
    pub tactic: Entry,
    /// The techniques.
    pub techniques: Vec<Technique>,
}

/// A technique with its sub-techniques.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// The technique.
    pub technique: Entry,
    /// Those of its sub-techniques that are meant.
    pub subtechniques: Vec<Entry>,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
struct Row {
    entry: Entry,
    /// Of a sub-technique: the technique.
    parent: Option<&'static str>,
    /// Names of tactics as tags have them, separated by `|`; of a tactic: its own.
    tactics: &'static str,
    is_active: bool,
    replaced_by: &'static str,
}

impl Row {
    fn parse(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let (id, name, parent, tactics, status, replaced_by) = (cell()?, cell()?, cell()?, cell()?, cell()?, cell()?);
        // The name of a sub-technique stands after that of its technique.
        let name = if parent.is_empty() { name } else { name.split_once(": ").map_or(name, |(_, own)| own) };
        let parent = Some(parent).filter(|parent| !parent.is_empty());
        Some(Self { entry: Entry { id, name }, parent, tactics, is_active: status == "active", replaced_by })
    }

    fn serves(&self, tactic: &Self) -> bool {
        self.tactics.split('|').any(|name| name == tactic.tactics)
    }
}

struct Table {
    /// The tactics, in the order of the matrix.
    tactics: Vec<Row>,
    /// Techniques and sub-techniques by id.
    techniques: BTreeMap<&'static str, Row>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let lines = include_str!("attack.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let (tactics, techniques): (Vec<Row>, Vec<Row>) = lines.filter_map(Row::parse).partition(|row| row.entry.id.starts_with("TA"));
    Table { tactics, techniques: techniques.into_iter().map(|row| (row.entry.id, row)).collect() }
});

impl Table {
    /// The tactic of a name, in which old tags have `_` for `-`, or of an id.
    fn tactic(&self, name: &str) -> Option<&Row> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        self.tactics.iter().find(|row| row.tactics == name || row.entry.id.eq_ignore_ascii_case(&name))
    }

    /// The technique of an id, or what replaced it.
    fn technique(&self, id: &str) -> Option<&Row> {
        /// So often may a technique have been replaced.
        const REPLACEMENTS: usize = 4;
        let mut row = self.techniques.get(&*id.to_ascii_uppercase())?;
        for _ in 0..REPLACEMENTS {
            if row.is_active {
                return Some(row);
            }
            row = self.techniques.get(row.replaced_by)?;
        }
        None
    }
}

/// What the tags of a rule say: the tactics in the order of their tags, each with the techniques that serve
/// it. A technique that serves none of the tactics stands under the first one that it has.
pub fn threats<'t>(tags: impl Iterator<Item = &'t str> + Clone) -> Vec<Threat> {
    let table = &*TABLE;
    let names = tags.filter_map(|tag| tag.split_once('.').filter(|(namespace, _)| namespace.eq_ignore_ascii_case("attack")));
    let mut found: Vec<(&Row, Vec<Technique>)> = Vec::new();
    for tactic in names.clone().filter_map(|(_, name)| table.tactic(name)) {
        if found.iter().all(|(known, _)| known.entry != tactic.entry) {
            found.push((tactic, Vec::new()));
        }
    }
    for technique in names.filter_map(|(_, name)| table.technique(name)) {
        if !found.iter().any(|(tactic, _)| technique.serves(tactic)) {
            let first = technique.tactics.split('|').find_map(|name| table.tactic(name));
            found.extend(first.map(|tactic| (tactic, Vec::new())));
        }
        for (_, techniques) in found.iter_mut().filter(|(tactic, _)| technique.serves(tactic)) {
            add(table, technique, techniques);
        }
    }
    found.into_iter().map(|(tactic, techniques)| Threat { tactic: tactic.entry, techniques }).collect()
}

/// Adds a technique, or a sub-technique below its technique.
fn add(table: &Table, row: &Row, techniques: &mut Vec<Technique>) {
    let Some(owner) = row.parent.map_or(Some(row), |parent| table.techniques.get(parent)) else { return };
    if techniques.iter().all(|known| known.technique != owner.entry) {
        techniques.push(Technique { technique: owner.entry, subtechniques: Vec::new() });
    }
    let known = techniques.iter_mut().find(|known| known.technique == owner.entry);
    let subtechniques = known.map(|known| &mut known.subtechniques).filter(|_| row.parent.is_some());
    if let Some(subtechniques) = subtechniques.filter(|known| !known.contains(&row.entry)) {
        subtechniques.push(row.entry);
    }
}

/// The whole matrix: every tactic in order, each with its techniques and their sub-techniques, by id.
pub fn matrix() -> Vec<Threat> {
    let table = &*TABLE;
    let row = |tactic: &Row| {
        let mut techniques = Vec::new();
        let serving = table.techniques.values().filter(|technique| technique.is_active && technique.serves(tactic));
        serving.for_each(|technique| add(table, technique, &mut techniques));
        Threat { tactic: tactic.entry, techniques }
    };
    table.tactics.iter().filter(|tactic| tactic.is_active).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Tactics, techniques and sub-techniques on one line.
    fn shown(tags: &[&str]) -> String {
        let technique = |technique: &Technique| {
            let below: Vec<&str> = technique.subtechniques.iter().map(|entry| entry.id).collect();
            format!("{}({})", technique.technique.id, below.join(" "))
        };
        let threat =
            |threat: &Threat| format!("{}: {}", threat.tactic.name, threat.techniques.iter().map(technique).collect::<Vec<_>>().join(" "));
        threats(tags.iter().copied()).iter().map(threat).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn techniques_stand_under_the_tactics_that_they_serve() {
        assert_eq!(shown(&["attack.discovery", "attack.t1033"]), "Discovery: T1033()");
        assert_eq!(shown(&["attack.t1003.001", "attack.credential_access", "attack.T1003"]), "Credential Access: T1003(T1003.001)");
        let both = "Privilege Escalation: T1547(T1547.001); Persistence: T1547(T1547.001)";
        assert_eq!(shown(&["attack.privilege-escalation", "attack.persistence", "attack.t1547.001"]), both);
        assert_eq!(shown(&["attack.impact", "attack.t1033"]), "Impact: ; Discovery: T1033()");
        assert_eq!(shown(&["attack.ta0007", "attack.discovery"]), "Discovery: ");
    }

    #[test]
    fn what_was_revoked_stands_for_what_replaced_it() {
        assert_eq!(shown(&["attack.t1002"]), "Collection: T1560()");
        assert_eq!(shown(&["attack.persistence", "attack.t1004"]), "Persistence: T1547(T1547.004)");
    }

    #[test]
    fn the_matrix_has_every_tactic_and_no_technique_that_was_revoked() {
        let matrix = matrix();
        assert_eq!((matrix.len(), matrix.first().map(|threat| threat.tactic.name)), (15, Some("Reconnaissance")));
        let ids: BTreeSet<&str> = matrix.iter().flat_map(|threat| &threat.techniques).map(|technique| technique.technique.id).collect();
        assert_eq!((ids.len(), ids.contains("T1059"), ids.contains("T1002")), (222, true, false));
    }

    #[test]
    fn unknown_tags_stand_for_nothing() {
        assert_eq!(shown(&["attack.t9999", "attack.s0002", "attack.g0032", "cve.2021-44228", "attack.nothing", "attack"]), "");
    }

    #[test]
    fn every_row_can_be_read() {
        let lines = include_str!("attack.tsv").lines().filter(|line| !line.starts_with('#')).count() - 1;
        assert_eq!(TABLE.tactics.len() + TABLE.techniques.len(), lines);
        for row in TABLE.techniques.values().filter(|row| row.is_active) {
            assert!(row.tactics.split('|').any(|name| TABLE.tactic(name).is_some()), "{row:?}");
            assert!(row.parent.is_none_or(|parent| TABLE.techniques.contains_key(parent)), "{row:?}");
        }
        assert!(TABLE.techniques.values().filter(|row| !row.replaced_by.is_empty()).all(|row| TABLE.technique(row.entry.id).is_some()));
    }

    #[test]
    fn pages_have_addresses() {
        let url = |id| Entry { id, name: "" }.url();
        assert_eq!(url("TA0007"), "https://attack.mitre.org/tactics/TA0007/");
        assert_eq!(url("T1059.001"), "https://attack.mitre.org/techniques/T1059/001/");
    }
}
