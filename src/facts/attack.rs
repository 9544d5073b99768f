//! MITRE ATT&CK: the tactics, techniques and sub-techniques that the tags of a rule name.
//!
//! The table beside this file holds version 19 of the enterprise matrix. © 2026 The MITRE Corporation. This
//! work is reproduced and distributed with the permission of The MITRE Corporation. Techniques that were
//! revoked stand for what replaced them; deprecated ones, and names that the table does not have, stand for
//! nothing: that is [`threats`], for what imports rules. What people read keeps a revoked technique and says what
//! became of it: [`technique`]. Deliberately absent: the mobile matrix, whose tactics have ids of their own; and the
//! names of groups, software and data sources, which tags may name ([`is_other_object`]) and which have no tactics.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The version of ATT&CK that the table holds.
pub const VERSION: &str = "19";

/// What MITRE asks for wherever its work is reproduced.
pub const NOTICE: &str =
    "© 2026 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.";

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

/// What became of a technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It stands in the matrix.
    Active,
    /// Another one replaced it.
    Revoked,
    /// It was withdrawn.
    Deprecated,
}

/// A technique or sub-technique with what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: &'static str,
    /// Its name; of a sub-technique with that of its technique: `Command and Scripting Interpreter: PowerShell`.
    pub name: &'static str,
    /// Of a sub-technique: the id of the technique.
    pub parent: Option<&'static str>,
    /// What became of it.
    pub standing: Standing,
    /// What replaced it.
    pub replaced_by: Option<&'static str>,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
struct Row {
    entry: Entry,
    /// Its name as the table has it.
    name: &'static str,
    /// Of a sub-technique: the technique.
    parent: Option<&'static str>,
    /// Names of tactics as tags have them, separated by `|`; of a tactic: its own.
    tactics: &'static str,
    standing: Standing,
    replaced_by: &'static str,
}

impl Row {
    fn parse(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let (id, name, parent, tactics, status, replaced_by) = (cell()?, cell()?, cell()?, cell()?, cell()?, cell()?);
        let standing = match status {
            "active" => Standing::Active,
            "revoked" => Standing::Revoked,
            "deprecated" => Standing::Deprecated,
            _ => return None,
        };
        // The name of a sub-technique stands after that of its technique.
        let own = if parent.is_empty() { name } else { name.split_once(": ").map_or(name, |(_, own)| own) };
        let parent = Some(parent).filter(|parent| !parent.is_empty());
        Some(Self { entry: Entry { id, name: own }, name, parent, tactics, standing, replaced_by })
    }

    fn is_active(&self) -> bool {
        self.standing == Standing::Active
    }

    fn named(&self) -> Named {
        let replaced_by = Some(self.replaced_by).filter(|id| !id.is_empty());
        Named { id: self.entry.id, name: self.name, parent: self.parent, standing: self.standing, replaced_by }
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
            if row.is_active() {
                return Some(row);
            }
            row = self.techniques.get(row.replaced_by)?;
        }
        None
    }
}

/// The tactics in the order of the matrix, each with its name as tags have it.
pub fn tactics() -> impl Iterator<Item = (Entry, &'static str)> {
    TABLE.tactics.iter().map(|row| (row.entry, row.tactics))
}

/// The tactic of a name as tags have it, in any case and with `_` for `-`, or of an id.
pub fn tactic(name: &str) -> Option<Entry> {
    TABLE.tactic(name).map(|row| row.entry)
}

/// The tactic that version 19 divided into Stealth, which has its id, and Defense Impairment.
const DEFENSE_EVASION: Entry = Entry { id: "TA0005", name: "Defense Evasion (retired in ATT&CK v19)" };

/// The new one of the two that has the old id, as tags have it.
const FORMERLY_DEFENSE_EVASION: &str = "stealth";

/// A tactic that the matrix had, by its name as tags have it: version 19 divided Defense Evasion between two new ones.
/// Its id is now that of Stealth, so a tag with the id means Stealth.
pub fn retired_tactic(name: &str) -> Option<Entry> {
    let is_meant = name.eq_ignore_ascii_case("defense-evasion") || name.eq_ignore_ascii_case("defense_evasion");
    is_meant.then_some(DEFENSE_EVASION)
}

/// The technique of an id, whatever became of it.
pub fn technique(id: &str) -> Option<Named> {
    TABLE.techniques.get(&*id.to_ascii_uppercase()).map(Row::named)
}

/// The active techniques and sub-techniques by id.
pub fn techniques() -> impl Iterator<Item = Named> {
    TABLE.techniques.values().filter(|row| row.is_active()).map(Row::named)
}

/// The tactics that a technique serves, in the order of the matrix.
///
/// Those of a technique that is not active are the ones that it had. Where it had Defense Evasion, which the table calls
/// Stealth also for what was revoked before the tactic was divided, the tactics of what replaced it say which of the two
/// new ones is meant; where nothing replaced it, it stands under the retired tactic.
pub fn tactics_of(id: &str) -> Vec<Entry> {
    let table = &*TABLE;
    let Some(row) = table.techniques.get(&*id.to_ascii_uppercase()) else { return Vec::new() };
    let successor = table.technique(id);
    let is_sure = |tactic: &Row| row.is_active() || tactic.tactics != FORMERLY_DEFENSE_EVASION;
    let is_own = |tactic: &Row| row.serves(tactic) && is_sure(tactic);
    let had_more = table.tactics.iter().any(|tactic| row.serves(tactic) && !is_sure(tactic));
    let has_own = table.tactics.iter().any(is_own);
    let is_meant = |tactic: &Row| is_own(tactic) || ((had_more || !has_own) && successor.is_some_and(|row| row.serves(tactic)));
    let mut found: Vec<Entry> = table.tactics.iter().filter(|tactic| is_meant(tactic)).map(|tactic| tactic.entry).collect();
    found.extend(Some(DEFENSE_EVASION).filter(|_| had_more && successor.is_none()));
    found
}

/// Whether a name has the form of the id of another object of ATT&CK: a group (`G0010`), software (`S0002`), a
/// campaign, a mitigation, a data source or a data component. The table does not have them.
pub fn is_other_object(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let number = ["DS", "DC", "G", "S", "C", "M"].into_iter().find_map(|kind| name.strip_prefix(kind));
    number.is_some_and(|number| number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit()))
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
        let serving = table.techniques.values().filter(|technique| technique.is_active() && technique.serves(tactic));
        serving.for_each(|technique| add(table, technique, &mut techniques));
        Threat { tactic: tactic.entry, techniques }
    };
    table.tactics.iter().filter(|tactic| tactic.is_active()).map(row).collect()
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
        assert!(include_str!("attack.tsv").contains(NOTICE) && include_str!("attack.tsv").contains(&format!("ATT&CK v{VERSION}")));
        for row in TABLE.techniques.values().filter(|row| row.is_active()) {
            assert!(row.tactics.split('|').any(|name| TABLE.tactic(name).is_some()), "{row:?}");
            assert!(row.parent.is_none_or(|parent| TABLE.techniques.contains_key(parent)), "{row:?}");
        }
        assert!(TABLE.techniques.values().filter(|row| !row.replaced_by.is_empty()).all(|row| TABLE.technique(row.entry.id).is_some()));
    }

    #[test]
    fn a_technique_says_what_became_of_it() {
        let said = |id| technique(id).map(|named| (named.name, named.standing, named.replaced_by));
        assert_eq!(said("t1059.001"), Some(("Command and Scripting Interpreter: PowerShell", Standing::Active, None)));
        assert_eq!(said("T1562"), Some(("Impair Defenses", Standing::Revoked, Some("T1685"))));
        assert_eq!(said("T1026"), Some(("Multiband Communication", Standing::Deprecated, None)));
        assert_eq!(said("T9999"), None);
    }

    #[test]
    fn tactics_have_an_order_and_every_technique_has_one() {
        let of = |id| tactics_of(id).into_iter().map(|entry| entry.name).collect::<Vec<_>>();
        assert_eq!(of("T1547.001"), ["Persistence", "Privilege Escalation"]);
        assert!(TABLE.techniques.keys().all(|id| !tactics_of(id).is_empty()));
        assert_eq!(of("T9999"), [""; 0]);
        // Data Compressed keeps its own; Impair Defenses has that of its successor, and LC_MAIN Hijacking has none.
        assert_eq!((of("T1002"), of("T1562")), (vec!["Exfiltration"], vec!["Defense Impairment"]));
        assert_eq!(of("T1149"), ["Defense Evasion (retired in ATT&CK v19)"]);
    }

    #[test]
    fn defense_evasion_is_no_other_tactic() {
        assert_eq!((tactic("defense-evasion"), tactic("Defense_Impairment").map(|entry| entry.id)), (None, Some("TA0112")));
        assert_eq!(retired_tactic("defense_evasion").map(|entry| entry.id), Some("TA0005"));
        assert_eq!((tactic("TA0005").map(|entry| entry.name), retired_tactic("stealth")), (Some("Stealth"), None));
    }

    #[test]
    fn groups_and_software_are_told_by_their_form() {
        assert!(["g0010", "S0002", "ds0005", "C0001", "m1036"].into_iter().all(is_other_object));
        assert!(["t1059", "g10", "s00021", "stealth", "ga001", ""].into_iter().all(|name| !is_other_object(name)));
    }

    #[test]
    fn pages_have_addresses() {
        let url = |id| Entry { id, name: "" }.url();
        assert_eq!(url("TA0007"), "https://attack.mitre.org/tactics/TA0007/");
        assert_eq!(url("T1059.001"), "https://attack.mitre.org/techniques/T1059/001/");
    }
}
