//! What many rules cover: tactics and techniques of MITRE ATT&CK, log sources, and fields.
//!
//! A rule counts once for each technique that it names, and once more for the technique to which a sub-technique
//! belongs, in a second number that never goes the other way. Deliberately absent: reading files, tables as text, and a
//! judgement whether a number is enough.

use super::attack::{attack, technique_name};
use super::events;
use super::model::{AttackName, AttackStatus, Logsource};
use crate::facts::attack::Attack;
use crate::rule::Rule;
use serde::Serialize;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A rule, or a correlation rule, that is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'r> {
    /// Its title.
    pub title: &'r str,
    /// Its tags as written.
    pub tags: &'r [String],
}

/// What rules cover of MITRE ATT&CK.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many rules were counted.
    pub rules: usize,
    /// How many of them name nothing of ATT&CK that has a tactic.
    pub rules_without_attack: usize,
    /// The tactics that they name, or that their techniques serve, in the order of the matrix.
    pub tactics: Vec<Tactic>,
    /// Tags of the namespace `attack` that the table does not have, with the number of rules.
    pub unknown: BTreeMap<String, usize>,
}

/// What rules cover of a tactic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tactic {
    /// The tactic.
    #[serde(flatten)]
    pub name: AttackName,
    /// How many rules name it, or a technique that serves it.
    pub rules: usize,
    /// How many of these name no technique that serves it.
    pub rules_without_technique: usize,
    /// The techniques, by id.
    pub techniques: Vec<Technique>,
}

/// How many rules cover a technique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Technique {
    /// The technique.
    #[serde(flatten)]
    pub name: AttackName,
    /// How many rules name it.
    pub rules: usize,
    /// How many rules name it or one of its sub-techniques.
    pub rules_with_subtechniques: usize,
    /// The titles of the rules that name it, sorted.
    #[serde(skip)]
    pub titles: Vec<String>,
}

impl Coverage {
    /// Counts rules, by what a table of ATT&CK has.
    pub fn new<'r>(rules: impl IntoIterator<Item = Counted<'r>>, table: &Attack) -> Self {
        let mut tally = Tally::new(table);
        rules.into_iter().for_each(|rule| tally.add(rule));
        tally.coverage()
    }

    /// How many active techniques and sub-techniques rules name.
    pub fn techniques(&self) -> usize {
        let all = self.tactics.iter().flat_map(|tactic| &tactic.techniques);
        let named = all.filter(|technique| technique.rules > 0 && technique.name.status == AttackStatus::Active);
        named.map(|technique| technique.name.id.as_str()).collect::<BTreeSet<_>>().len()
    }
}

/// A tactic's place: what the matrix no longer has comes last.
fn place(table: &Attack, tactic: &AttackName) -> usize {
    let position = table.tactics().position(|(known, _)| known.id == tactic.id);
    position.filter(|_| tactic.status != AttackStatus::Retired).unwrap_or(usize::MAX)
}

/// Rules by number, as they are counted.
#[derive(Debug)]
struct Tally<'r> {
    table: &'r Attack,
    titles: Vec<&'r str>,
    without_attack: usize,
    tactics: BTreeMap<usize, Row>,
    techniques: BTreeMap<String, (AttackName, BTreeSet<usize>)>,
    unknown: BTreeMap<String, usize>,
}

/// What is counted for a tactic.
#[derive(Debug)]
struct Row {
    name: AttackName,
    rules: usize,
    without_technique: usize,
    techniques: BTreeSet<String>,
}

impl<'r> Tally<'r> {
    fn new(table: &'r Attack) -> Self {
        let (tactics, techniques) = (BTreeMap::new(), BTreeMap::new());
        Self { table, titles: Vec::new(), without_attack: 0, tactics, techniques, unknown: BTreeMap::new() }
    }

    fn add(&mut self, rule: Counted<'r>) {
        let said = attack(rule.tags, self.table);
        let number = self.titles.len();
        self.titles.push(rule.title);
        self.without_attack += usize::from(said.rows.is_empty());
        for tag in said.unknown {
            *self.unknown.entry(tag).or_default() += 1;
        }
        for row in said.rows {
            let empty = || Row { name: row.tactic.clone(), rules: 0, without_technique: 0, techniques: BTreeSet::new() };
            let own = self.tactics.entry(place(self.table, &row.tactic)).or_insert_with(empty);
            own.rules += 1;
            own.without_technique += usize::from(row.techniques.is_empty());
            for technique in row.techniques {
                own.techniques.extend(parent(self.table, &technique.id));
                own.techniques.insert(technique.id.clone());
                let known = self.techniques.entry(technique.id.clone()).or_insert_with(|| (technique, BTreeSet::new()));
                known.1.insert(number);
            }
        }
    }

    fn coverage(self) -> Coverage {
        let tactic = |row: &Row| Tactic {
            name: row.name.clone(),
            rules: row.rules,
            rules_without_technique: row.without_technique,
            techniques: row.techniques.iter().filter_map(|id| self.technique(id)).collect(),
        };
        Coverage {
            rules: self.titles.len(),
            rules_without_attack: self.without_attack,
            tactics: self.tactics.values().map(tactic).collect(),
            unknown: self.unknown.clone(),
        }
    }

    fn technique(&self, id: &str) -> Option<Technique> {
        let below = format!("{id}.");
        let with: BTreeSet<usize> =
            self.techniques.iter().filter(|(own, _)| *own == id || own.starts_with(&below)).flat_map(|(_, own)| &own.1).copied().collect();
        let own = self.techniques.get(id);
        let name = own.map(|(name, _)| name.clone()).or_else(|| self.table.technique(id).as_ref().map(technique_name))?;
        let mut titles: Vec<String> = own
            .iter()
            .flat_map(|(_, rules)| rules)
            .filter_map(|number| self.titles.get(*number))
            .map(|title| (*title).to_owned())
            .collect();
        titles.sort();
        Some(Technique { name, rules: titles.len(), rules_with_subtechniques: with.len(), titles })
    }
}

/// The technique that a sub-technique belongs to, if the table has it.
fn parent(table: &Attack, id: &str) -> Option<String> {
    let parent = table.technique(id)?.parent?;
    table.technique(parent).map(|parent| parent.id.to_owned())
}

/// Which logs rules read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Log sources, without what must be configured, the most frequent first.
    pub logsources: Vec<LogsourceCount>,
    /// Fields that conditions ask for, the most frequent first.
    pub fields: Vec<FieldCount>,
    /// How many rules search for keywords, in no field.
    pub keyword_rules: usize,
}

/// How many rules have a log source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogsourceCount {
    /// The log source.
    #[serde(flatten)]
    pub logsource: Logsource,
    /// How many rules.
    pub rules: usize,
}

/// How many rules ask for a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldCount {
    /// The field.
    pub field: String,
    /// How many rules.
    pub rules: usize,
}

impl Usage {
    /// Counts rules.
    pub fn new<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let (mut logsources, mut fields, mut keyword_rules) = (BTreeMap::<Logsource, usize>::new(), BTreeMap::<&str, usize>::new(), 0);
        for rule in rules {
            let source = &rule.logsource;
            let key = Logsource {
                product: source.product.clone(),
                category: source.category.clone(),
                service: source.service.clone(),
                definition: None,
            };
            *logsources.entry(key).or_default() += 1;
            events::all_fields(rule).into_iter().for_each(|field| *fields.entry(field).or_default() += 1);
            keyword_rules += usize::from(events::items(rule).iter().any(|item| item.field.is_none()));
        }
        let mut logsources: Vec<_> = logsources.into_iter().map(|(logsource, rules)| LogsourceCount { logsource, rules }).collect();
        let mut fields: Vec<_> = fields.into_iter().map(|(field, rules)| FieldCount { field: field.to_owned(), rules }).collect();
        logsources.sort_by_key(|own| Reverse(own.rules));
        fields.sort_by_key(|own| Reverse(own.rules));
        Self { logsources, fields, keyword_rules }
    }
}

/// The version of ATT&CK Navigator whose format a layer has.
const NAVIGATOR: &str = "5.1.0";

/// A layer of ATT&CK Navigator, format 4.5 (mitre-attack/attack-navigator, layers/spec/v4.5).
///
/// The score of a technique is the number of rules that name it, in each of its tactics. What is no longer in the
/// matrix has no place in a layer: the layer says what was left out. `name` is what the Navigator calls the layer, `table`
/// what was counted by. The Navigator names releases by the first part of their version; which it is of an unknown one is
/// left to it.
pub fn layer(coverage: &Coverage, name: &str, table: &Attack) -> Value {
    let all = || coverage.tactics.iter().flat_map(|tactic| tactic.techniques.iter().map(move |technique| (tactic, technique)));
    let is_shown = |(tactic, technique): &(&Tactic, &Technique)| {
        tactic.name.status == AttackStatus::Active && technique.name.status == AttackStatus::Active
    };
    let techniques: Vec<Value> = all().filter(is_shown).filter_map(|(tactic, technique)| cell(table, tactic, technique)).collect();
    let left_out: BTreeSet<&str> = all().filter(|own| !is_shown(own)).map(|(_, technique)| technique.name.id.as_str()).collect();
    let most = all().map(|(_, technique)| technique.rules).max().unwrap_or_default().max(1);
    let mut versions = json!({"navigator": NAVIGATOR, "layer": "4.5"});
    if let Some((parts, release)) = versions.as_object_mut().zip(release(table)) {
        parts.shift_insert(0, "attack".to_owned(), json!(release));
    }
    json!({
        "name": name,
        "versions": versions,
        "domain": table.domain.identifier(),
        "description": format!("Number of Sigma rules that name each technique, of {} rules", coverage.rules),
        "sorting": 3,
        "layout": {"layout": "side", "showID": true, "showName": true},
        "techniques": techniques,
        "gradient": {"colors": ["#deebf7", "#08519c"], "minValue": 0, "maxValue": most},
        "legendItems": [],
        "metadata": [
            {"name": "MITRE ATT&CK", "value": format!("version {}", table.shown_version())},
            {"name": "rules", "value": coverage.rules.to_string()},
            {"name": "rules without a tactic or technique", "value": coverage.rules_without_attack.to_string()},
            {"name": "left out, not in the matrix", "value": listed(left_out)},
            {"name": "left out, unknown tags", "value": listed(coverage.unknown.keys().map(String::as_str))},
        ],
    })
}

/// The release of a version: `19` of `19.1`.
fn release(table: &Attack) -> Option<&str> {
    table.version.as_deref().and_then(|version| version.split('.').next())
}

/// Names one after the other. Values of metadata must not be empty.
fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A technique in a column of the matrix. Of one that only sub-techniques cover: that they are to be shown.
fn cell(table: &Attack, tactic: &Tactic, technique: &Technique) -> Option<Value> {
    let column = table.tactics().find(|(known, _)| known.id == tactic.name.id).map(|(_, column)| column)?;
    let mut cell = json!({"techniqueID": technique.name.id, "tactic": column});
    let parts = cell.as_object_mut()?;
    if technique.rules > 0 {
        parts.insert("score".to_owned(), json!(technique.rules));
        parts.insert("comment".to_owned(), json!(comment(&technique.titles)));
    }
    let numbers = [("rules", technique.rules), ("rules with sub-techniques", technique.rules_with_subtechniques)];
    let metadata: Vec<Value> = numbers.iter().map(|(name, number)| json!({"name": name, "value": number.to_string()})).collect();
    parts.insert("metadata".to_owned(), Value::Array(metadata));
    parts.insert("showSubtechniques".to_owned(), json!(technique.rules_with_subtechniques > technique.rules));
    Some(cell)
}

/// The first titles, each cut where it is long.
fn comment(titles: &[String]) -> String {
    const TITLES: usize = 5;
    const LENGTH: usize = 60;
    let short = |title: &String| match title.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", title.get(..end).unwrap_or(title)),
        None => title.clone(),
    };
    let mut shown: Vec<String> = titles.iter().take(TITLES).map(short).collect();
    if titles.len() > TITLES {
        shown.push(format!("and {} more", titles.len() - TITLES));
    }
    shown.join("; ")
}
