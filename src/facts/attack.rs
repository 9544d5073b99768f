//! MITRE ATT&CK: the tactics, techniques and sub-techniques that the tags of a rule name.
//!
//! The table beside this file holds version 19 of the enterprise matrix ([`Attack::built_in`]). © 2026 The MITRE
//! Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation. Another table can be
//! read ([`Attack::read`]): one in the form of that file, or a STIX bundle as MITRE publishes it. Techniques that were
//! revoked stand for what replaced them; deprecated ones, and names that the table does not have, stand for
//! nothing: that is [`Attack::threats`], for what imports rules. What people read keeps a revoked technique and says what
//! became of it: [`Attack::technique`]. Deliberately absent: reading files; in the table beside this file the mobile
//! matrix, whose tactics have ids of their own; and the names of groups, software and data sources, which tags may name
//! ([`is_other_object`]) and which have no tactics.

mod read;
mod stix;
#[cfg(test)]
mod tests;
mod tsv;

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What MITRE asks for wherever its work is reproduced.
pub const NOTICE: &str =
    "© 2026 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.";

/// A matrix of ATT&CK: its tactics in their order, and techniques with what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attack {
    /// Which matrix it is.
    pub domain: Domain,
    /// Its version, where whoever made the table says it: `19`, `19.1`.
    pub version: Option<String>,
    /// The tactics, in the order of the matrix.
    tactics: Vec<Row>,
    /// Techniques and sub-techniques by id.
    techniques: BTreeMap<String, Row>,
}

/// The domains that ATT&CK has a matrix for (mitre-attack/attack-stix-data, USAGE.md, "Domains").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Domain {
    /// Enterprise networks and clouds.
    #[default]
    Enterprise,
    /// Mobile devices.
    Mobile,
    /// Industrial control systems.
    Ics,
}

impl Domain {
    const ALL: [Self; 3] = [Self::Enterprise, Self::Mobile, Self::Ics];

    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Mobile => "mobile",
            Self::Ics => "ICS",
        }
    }

    /// Its identifier: `enterprise-attack`.
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise-attack",
            Self::Mobile => "mobile-attack",
            Self::Ics => "ics-attack",
        }
    }
}

/// A tactic, a technique or a sub-technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'t> {
    /// Its id: `TA0002`, `T1059`, `T1059.001`.
    pub id: &'t str,
    /// Its name, without that of the technique to which a sub-technique belongs.
    pub name: &'t str,
}

impl Entry<'_> {
    /// The address of its page (attack.mitre.org).
    pub fn url(&self) -> String {
        let folder = if self.id.starts_with("TA") { "tactics" } else { "techniques" };
        format!("https://attack.mitre.org/{folder}/{}/", self.id.replace('.', "/"))
    }
}

/// A tactic with the techniques that serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threat<'t> {
    /// The tactic.
    pub tactic: Entry<'t>,
    /// The techniques.
    pub techniques: Vec<Technique<'t>>,
}

/// A technique with its sub-techniques.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique<'t> {
    /// The technique.
    pub technique: Entry<'t>,
    /// Those of its sub-techniques that are meant.
    pub subtechniques: Vec<Entry<'t>>,
}

/// What became of a technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
pub struct Named<'t> {
    /// Its id.
    pub id: &'t str,
    /// Its name; of a sub-technique with that of its technique: `Command and Scripting Interpreter: PowerShell`.
    pub name: &'t str,
    /// Of a sub-technique: the id of the technique.
    pub parent: Option<&'t str>,
    /// What became of it.
    pub standing: Standing,
    /// What replaced it.
    pub replaced_by: Option<&'t str>,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: String,
    /// Its name, of a sub-technique with that of its technique.
    name: String,
    /// Its name alone.
    own: String,
    /// Of a sub-technique: the technique.
    parent: Option<String>,
    /// Names of tactics as tags have them; of a tactic: its own.
    tactics: Vec<String>,
    standing: Standing,
    replaced_by: Option<String>,
}

impl Row {
    fn is_active(&self) -> bool {
        self.standing == Standing::Active
    }

    fn entry(&self) -> Entry<'_> {
        Entry { id: &self.id, name: &self.own }
    }

    fn named(&self) -> Named<'_> {
        let (parent, replaced_by) = (self.parent.as_deref(), self.replaced_by.as_deref());
        Named { id: &self.id, name: &self.name, parent, standing: self.standing, replaced_by }
    }

    /// The name of a tactic as tags have it.
    fn short(&self) -> &str {
        self.tactics.first().map(String::as_str).unwrap_or_default()
    }

    fn has_tactic(&self, name: &str) -> bool {
        self.tactics.iter().any(|own| own == name)
    }

    fn serves(&self, tactic: &Self) -> bool {
        self.has_tactic(tactic.short())
    }
}

/// A table that a test holds to be without faults.
static BUILT_IN: LazyLock<Attack> = LazyLock::new(|| tsv::read(include_str!("attack.tsv")).unwrap_or_default());

/// What version 19 divided into Stealth, which has its id, and Defense Impairment.
const DEFENSE_EVASION: Entry<'static> = Entry { id: "TA0005", name: "Defense Evasion (retired in ATT&CK v19)" };

/// Its name as tags have it.
const DEFENSE_EVASION_SHORT: &str = "defense-evasion";

/// The new one of the two that has the old id, as tags have it.
const FORMERLY_DEFENSE_EVASION: &str = "stealth";

/// A name as tags have it, in any case and with `_` for `-`.
fn tag(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

impl Attack {
    /// The table that the program brings along.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Its version as it is shown.
    pub fn shown_version(&self) -> &str {
        self.version.as_deref().unwrap_or("unknown")
    }

    fn row_of_tactic(&self, name: &str) -> Option<&Row> {
        let name = tag(name);
        self.tactics.iter().find(|row| row.short() == name || row.id.eq_ignore_ascii_case(&name))
    }

    fn row(&self, id: &str) -> Option<&Row> {
        self.techniques.get(&*id.to_ascii_uppercase())
    }

    /// The technique of an id, or what replaced it.
    fn replacement(&self, id: &str) -> Option<&Row> {
        /// So often may a technique have been replaced.
        const REPLACEMENTS: usize = 4;
        let mut row = self.row(id)?;
        for _ in 0..REPLACEMENTS {
            if row.is_active() {
                return Some(row);
            }
            row = self.techniques.get(row.replaced_by.as_deref()?)?;
        }
        None
    }

    /// The tactics in the order of the matrix, each with its name as tags have it.
    pub fn tactics(&self) -> impl Iterator<Item = (Entry<'_>, &str)> {
        self.tactics.iter().map(|row| (row.entry(), row.short()))
    }

    /// The tactic of a name as tags have it, in any case and with `_` for `-`, or of an id.
    pub fn tactic(&self, name: &str) -> Option<Entry<'_>> {
        self.row_of_tactic(name).map(Row::entry)
    }

    /// A tactic that the matrix had, by its name as tags have it: version 19 divided Defense Evasion between two new ones.
    /// Its id is now that of Stealth, so a tag with the id means Stealth. A matrix that has the tactic, or never had it, has
    /// no retired one.
    pub fn retired_tactic(&self, name: &str) -> Option<Entry<'static>> {
        (tag(name) == DEFENSE_EVASION_SHORT && self.is_divided()).then_some(DEFENSE_EVASION)
    }

    /// Whether the matrix is one in which Defense Evasion was divided.
    fn is_divided(&self) -> bool {
        self.tactics.iter().any(|row| row.id == DEFENSE_EVASION.id && row.short() == FORMERLY_DEFENSE_EVASION)
    }

    /// The technique of an id, whatever became of it.
    pub fn technique(&self, id: &str) -> Option<Named<'_>> {
        self.row(id).map(Row::named)
    }

    /// The active techniques and sub-techniques by id.
    pub fn techniques(&self) -> impl Iterator<Item = Named<'_>> {
        self.techniques.values().filter(|row| row.is_active()).map(Row::named)
    }

    /// The tactics that a technique serves, in the order of the matrix.
    ///
    /// Those of a technique that is not active are the ones that it had. Where it had Defense Evasion, which a table may call
    /// Stealth also for what was revoked before the tactic was divided, the tactics of what replaced it say which of the two
    /// new ones is meant; where nothing replaced it, it stands under the retired tactic.
    pub fn tactics_of(&self, id: &str) -> Vec<Entry<'_>> {
        let Some(row) = self.row(id) else { return Vec::new() };
        let successor = self.replacement(id);
        let is_doubtful = |name: &str| self.is_divided() && (name == FORMERLY_DEFENSE_EVASION || name == DEFENSE_EVASION_SHORT);
        let is_own = |tactic: &Row| row.serves(tactic) && (row.is_active() || !is_doubtful(tactic.short()));
        let had_more = !row.is_active() && row.tactics.iter().any(|name| is_doubtful(name));
        let has_own = self.tactics.iter().any(is_own);
        let is_meant = |tactic: &Row| is_own(tactic) || ((had_more || !has_own) && successor.is_some_and(|row| row.serves(tactic)));
        let mut found: Vec<Entry<'_>> = self.tactics.iter().filter(|tactic| is_meant(tactic)).map(Row::entry).collect();
        found.extend(Some(DEFENSE_EVASION).filter(|_| had_more && successor.is_none()));
        found
    }

    /// What the tags of a rule say: the tactics in the order of their tags, each with the techniques that serve
    /// it. A technique that serves none of the tactics stands under the first one that it has.
    pub fn threats<'t>(&self, tags: impl Iterator<Item = &'t str> + Clone) -> Vec<Threat<'_>> {
        let names = tags.filter_map(|tag| tag.split_once('.').filter(|(namespace, _)| namespace.eq_ignore_ascii_case("attack")));
        let mut found: Vec<(&Row, Vec<Technique<'_>>)> = Vec::new();
        for tactic in names.clone().filter_map(|(_, name)| self.row_of_tactic(name)) {
            if found.iter().all(|(known, _)| known.id != tactic.id) {
                found.push((tactic, Vec::new()));
            }
        }
        for technique in names.filter_map(|(_, name)| self.replacement(name)) {
            if !found.iter().any(|(tactic, _)| technique.serves(tactic)) {
                let first = technique.tactics.iter().find_map(|name| self.row_of_tactic(name));
                found.extend(first.map(|tactic| (tactic, Vec::new())));
            }
            for (_, techniques) in found.iter_mut().filter(|(tactic, _)| technique.serves(tactic)) {
                self.add(technique, techniques);
            }
        }
        found.into_iter().map(|(tactic, techniques)| Threat { tactic: tactic.entry(), techniques }).collect()
    }

    /// Adds a technique, or a sub-technique below its technique.
    fn add<'t>(&'t self, row: &'t Row, techniques: &mut Vec<Technique<'t>>) {
        let Some(owner) = row.parent.as_ref().map_or(Some(row), |parent| self.techniques.get(parent)) else { return };
        if techniques.iter().all(|known| known.technique != owner.entry()) {
            techniques.push(Technique { technique: owner.entry(), subtechniques: Vec::new() });
        }
        let known = techniques.iter_mut().find(|known| known.technique == owner.entry());
        let subtechniques = known.map(|known| &mut known.subtechniques).filter(|_| row.parent.is_some());
        if let Some(subtechniques) = subtechniques.filter(|known| !known.contains(&row.entry())) {
            subtechniques.push(row.entry());
        }
    }

    /// The whole matrix: every tactic in order, each with its techniques and their sub-techniques, by id.
    pub fn matrix(&self) -> Vec<Threat<'_>> {
        let row = |tactic: &'_ Row| -> Vec<Technique<'_>> {
            let mut techniques = Vec::new();
            let serving = self.techniques.values().filter(|technique| technique.is_active() && technique.serves(tactic));
            serving.for_each(|technique| self.add(technique, &mut techniques));
            techniques
        };
        self.tactics.iter().map(|tactic| Threat { tactic: tactic.entry(), techniques: row(tactic) }).collect()
    }
}

/// Whether a name has the form of the id of another object of ATT&CK: a group (`G0010`), software (`S0002`), a
/// campaign, a mitigation, a data source or a data component. The table does not have them.
pub fn is_other_object(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let number = ["DS", "DC", "G", "S", "C", "M"].into_iter().find_map(|kind| name.strip_prefix(kind));
    number.is_some_and(|number| number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit()))
}
