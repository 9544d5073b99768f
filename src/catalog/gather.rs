//! Gathering rules into lists.

use super::Catalog;
use super::lists::{Facet, Fact, List, Lists, kind_of_log, logsource_words};
use super::names;
use super::plan::Entry;
use super::quality;
use super::state::State;
use crate::explain::model::{AttackName, AttackStatus, EventRow, Logsource};
use std::collections::BTreeMap;

/// The label of what Microsoft calls an event.
pub(super) const EVENT_TITLE: &str = "Title";

/// What stands for an attribute that a rule does not have.
pub(super) const NOT_GIVEN: &str = "not given";

/// The attributes: name, label, and the value of a rule.
type Attribute = (&'static str, &'static str, fn(&Entry<'_>) -> String);

const ATTRIBUTES: &[Attribute] = &[
    ("level", "Level", |entry| or_not_given(entry.explanation.rule.level)),
    ("status", "Status", |entry| or_not_given(entry.explanation.rule.status)),
    ("product", "Product", |entry| or_not_given(entry.explanation.rule.logsource.product.as_deref())),
    ("category", "Category", |entry| or_not_given(entry.explanation.rule.logsource.category.as_deref())),
    ("service", "Service", |entry| or_not_given(entry.explanation.rule.logsource.service.as_deref())),
    ("exclusions", "Exclusions", |entry| (if entry.explanation.exclusions.rows.is_empty() { "none" } else { "some" }).to_owned()),
    ("changed", "Year of the last change", |entry| year(entry)),
];

const LEVELS: [&str; 5] = ["critical", "high", "medium", "low", "informational"];

fn or_not_given(text: Option<&str>) -> String {
    text.unwrap_or(NOT_GIVEN).to_owned()
}

fn year(entry: &Entry<'_>) -> String {
    let header = &entry.explanation.rule;
    let date = header.modified.as_deref().or(header.date.as_deref()).and_then(|date| date.get(..4));
    or_not_given(date.filter(|year| year.chars().all(|c| c.is_ascii_digit())))
}

/// Gathers all lists.
pub(super) fn plan(catalog: &Catalog, entries: &[Entry<'_>]) -> Lists {
    let mut lists = Lists::default();
    for attribute in ATTRIBUTES {
        facet(&mut lists, attribute, entries);
    }
    attack(&mut lists, entries);
    logsources(&mut lists, entries);
    events(&mut lists, entries);
    backends(&mut lists, catalog, entries);
    quality::plan(&mut lists, entries);
    lists
}

impl Lists {
    /// Adds a list.
    pub(super) fn add(&mut self, list: List) -> usize {
        self.all.push(list);
        self.all.len() - 1
    }
}

/// The numbers of entries by what each of them has.
fn by<K: Ord>(entries: &[Entry<'_>], keys: impl Fn(&Entry<'_>) -> Vec<K>) -> BTreeMap<K, Vec<usize>> {
    let mut found: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for key in keys(entry) {
            let members = found.entry(key).or_default();
            if members.last() != Some(&number) {
                members.push(number);
            }
        }
    }
    found
}

fn facet(lists: &mut Lists, (name, label, value): &Attribute, entries: &[Entry<'_>]) {
    let mut found: Vec<(String, Vec<usize>)> = by(entries, |entry| vec![value(entry)]).into_iter().collect();
    let rank = |value: &str| LEVELS.iter().position(|level| *level == value).unwrap_or(LEVELS.len());
    found.sort_by_key(|(value, _)| (value == NOT_GIVEN, if *name == "level" { rank(value) } else { 0 }));
    let stems: Vec<String> = found.iter().map(|(value, _)| format!("{name}-{value}")).collect();
    let files = names::unique(stems.iter().map(String::as_str));
    let mut values = Vec::new();
    for ((value, members), stem) in found.into_iter().zip(&stems) {
        let number = lists.add(List {
            stem: format!("facet/{}", files.get(stem.as_str()).map_or("none", String::as_str)),
            section: "browse",
            kicker: (*label).to_owned(),
            heading: value.clone(),
            facts: Vec::new(),
            note: None,
            related: Vec::new(),
            members,
        });
        values.push((value, number));
    }
    lists.facets.push(Facet { name, label, values });
}

/// What tells tactics and techniques apart: a retired tactic may have the id of one that stands in the matrix.
pub(super) fn attack_key(name: &AttackName) -> String {
    match standing(name) {
        None => name.id.clone(),
        Some(standing) => format!("{}-{standing}", name.id),
    }
}

/// What became of a tactic or technique that the matrix does not have.
pub(super) fn standing(name: &AttackName) -> Option<&'static str> {
    match name.status {
        AttackStatus::Active => None,
        AttackStatus::Revoked => Some("revoked"),
        AttackStatus::Deprecated => Some("deprecated"),
        AttackStatus::Retired => Some("retired"),
    }
}

fn attack(lists: &mut Lists, entries: &[Entry<'_>]) {
    let rows = || entries.iter().flat_map(|entry| &entry.explanation.attack.rows);
    let tactics = by(entries, |entry| entry.explanation.attack.rows.iter().map(|row| attack_key(&row.tactic)).collect());
    let techniques = by(entries, |entry| {
        let rows = entry.explanation.attack.rows.iter();
        rows.flat_map(|row| row.techniques.iter().map(attack_key)).collect()
    });
    let mut names: BTreeMap<String, &AttackName> = BTreeMap::new();
    for name in rows().flat_map(|row| std::iter::once(&row.tactic).chain(&row.techniques)) {
        let known = names.entry(attack_key(name)).or_insert(name);
        *known = (*known).min(name);
    }
    let files = attack_files(&names.keys().map(String::as_str).collect::<Vec<_>>());
    for (key, members) in tactics {
        let Some(name) = names.get(&key) else { continue };
        let number = lists.add(attack_list(name, &key, "MITRE ATT&CK® tactic", &files, members));
        lists.tactics.insert(key, number);
    }
    for (key, members) in techniques {
        let Some(name) = names.get(&key) else { continue };
        let kicker = if name.id.contains('.') { "MITRE ATT&CK® sub-technique" } else { "MITRE ATT&CK® technique" };
        // Of what is wrongly a tactic and a technique, the tactic has the page.
        let number = match lists.tactics.get(&key) {
            Some(number) => *number,
            None => lists.add(attack_list(name, &key, kicker, &files, members)),
        };
        lists.techniques.insert(key, number);
    }
    relate_techniques(lists);
}

/// Ids keep their capitals: `attack/T1059.001.html`. One that is no id of ATT&CK has the name of any other text.
fn attack_files<'i>(ids: &[&'i str]) -> BTreeMap<&'i str, String> {
    let is_id = |id: &&str| id.starts_with('T') && id.chars().all(|c| c.is_ascii_digit() || matches!(c, 'T' | 'A' | '.'));
    let others = names::unique(ids.iter().copied().filter(|id| !is_id(id)));
    ids.iter().map(|id| (*id, others.get(id).cloned().unwrap_or_else(|| (*id).to_owned()))).collect()
}

fn attack_list(name: &AttackName, key: &str, kicker: &str, files: &BTreeMap<&str, String>, members: Vec<usize>) -> List {
    let folder = if name.id.starts_with("TA") { "tactics" } else { "techniques" };
    let url = format!("https://attack.mitre.org/{folder}/{}/", names::in_url(&name.id.replace('.', "/")));
    let replaced = name.replaced_by.as_deref().map(|id| format!(", now {id}")).unwrap_or_default();
    let state = standing(name).map(|state| Fact { label: "Status", text: format!("{state}{replaced}"), url: None });
    List {
        stem: format!("attack/{}", files.get(key).map_or("none", String::as_str)),
        section: "attack",
        kicker: format!("{kicker} {}", name.id),
        heading: name.name.clone(),
        facts: [Fact { label: "Described by MITRE", text: name.id.clone(), url: Some(url) }].into_iter().chain(state).collect(),
        note: None,
        related: Vec::new(),
        members,
    }
}

/// Techniques and their sub-techniques lead to each other.
fn relate_techniques(lists: &mut Lists) {
    let mut pairs = Vec::new();
    for (id, number) in &lists.techniques {
        let parent = id.split_once('.').and_then(|(parent, _)| lists.techniques.get(parent));
        pairs.extend(parent.map(|parent| (*parent, *number)));
    }
    for (parent, child) in pairs {
        if let Some(list) = lists.all.get_mut(parent) {
            list.related.push(("Sub-technique".to_owned(), child));
        }
        if let Some(list) = lists.all.get_mut(child) {
            list.related.push(("Technique".to_owned(), parent));
        }
    }
}

fn logsources(lists: &mut Lists, entries: &[Entry<'_>]) {
    let found = by(entries, |entry| vec![kind_of_log(&entry.explanation.rule.logsource)]);
    let stem = |logsource: &Logsource| {
        let parts = [&logsource.product, &logsource.category, &logsource.service];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("-")
    };
    let stems: Vec<String> = found.keys().map(stem).collect();
    // Different log sources may have one stem: then their words tell them apart.
    let keys: Vec<String> = found
        .keys()
        .zip(&stems)
        .map(|(logsource, own)| {
            let is_alone = stems.iter().filter(|stem| *stem == own).count() == 1;
            if is_alone { own.clone() } else { format!("{logsource:?}") }
        })
        .collect();
    let files = names::unique(keys.iter().map(String::as_str));
    for ((logsource, members), key) in found.into_iter().zip(&keys) {
        let fact = |label, value: &Option<String>| Fact { label, text: or_not_given(value.as_deref()), url: None };
        let facts = vec![fact("Product", &logsource.product), fact("Category", &logsource.category), fact("Service", &logsource.service)];
        let number = lists.add(List {
            stem: format!("logsource/{}", files.get(key.as_str()).map_or("none", String::as_str)),
            section: "logsources",
            kicker: "Log source".to_owned(),
            heading: logsource_words(&logsource),
            facts,
            note: None,
            related: Vec::new(),
            members,
        });
        lists.logsources.insert(logsource, number);
    }
}

fn events(lists: &mut Lists, entries: &[Entry<'_>]) {
    let key = |row: &EventRow| (row.provider.clone(), row.event_id);
    let found = by(entries, |entry| entry.explanation.events.rows.iter().map(key).collect());
    let mut rows: BTreeMap<(String, u32), &EventRow> = BTreeMap::new();
    for row in entries.iter().flat_map(|entry| &entry.explanation.events.rows) {
        rows.entry(key(row)).or_insert(row);
    }
    let stems: Vec<String> = found.keys().map(|(provider, id)| format!("{provider}-{id}")).collect();
    let files = names::unique(stems.iter().map(String::as_str));
    for ((event, members), stem) in found.into_iter().zip(&stems) {
        let Some(row) = rows.get(&event) else { continue };
        let fact = |label, text: &Option<String>| text.clone().map(|text| Fact { label, text, url: None });
        let facts = [
            Some(Fact { label: "Provider", text: row.provider.clone(), url: None }),
            fact("Channel", &row.channel),
            fact(EVENT_TITLE, &row.title),
        ];
        let number = lists.add(List {
            stem: format!("event/{}", files.get(stem.as_str()).map_or("none", String::as_str)),
            section: "events",
            kicker: "Windows event".to_owned(),
            heading: format!("{} {}", row.short, row.event_id),
            facts: facts.into_iter().flatten().collect(),
            note: None,
            related: Vec::new(),
            members,
        });
        lists.events.insert(event, number);
    }
}

fn backends(lists: &mut Lists, catalog: &Catalog, entries: &[Entry<'_>]) {
    for (target, name) in catalog.targets.iter().enumerate() {
        let states = by(entries, |entry| entry.states.get(target).copied().into_iter().collect());
        for (state, members) in states {
            let number = lists.add(List {
                stem: format!("backend/{}-{}", names::slug(name), state.word()),
                section: "backends",
                kicker: format!("Backend {name}"),
                heading: format!("{} {} on {name}", state.glyph(), state.word()),
                facts: Vec::new(),
                note: Some(state.meaning().to_owned()),
                related: Vec::new(),
                members,
            });
            lists.states.insert((target, state), number);
        }
        reasons(lists, target, name, entries);
    }
}

fn reasons(lists: &mut Lists, target: usize, name: &str, entries: &[Entry<'_>]) {
    let is_refused = |entry: &Entry<'_>| entry.states.get(target) == Some(&State::Refused);
    let found = by(entries, |entry| {
        let compiled = entry.explanation.queries.iter().filter(|compiled| is_refused(entry) && compiled.target == name);
        compiled
            .filter(|compiled| State::of(compiled) == State::Refused)
            .filter_map(|compiled| compiled.reasons.first())
            .map(|reason| general(reason, name))
            .collect()
    });
    let mut found: Vec<(String, Vec<usize>)> = found.into_iter().collect();
    found.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let stems: Vec<String> = found.iter().map(|(reason, _)| format!("{name}-refused {reason}")).collect();
    let files = names::unique(stems.iter().map(String::as_str));
    for ((reason, members), stem) in found.into_iter().zip(&stems) {
        let number = lists.add(List {
            stem: format!("backend/{}", files.get(stem.as_str()).map_or("none", String::as_str)),
            section: "backends",
            kicker: format!("Refused on {name}"),
            heading: reason,
            facts: Vec::new(),
            note: None,
            related: Vec::new(),
            members,
        });
        lists.reasons.entry(target).or_default().push(number);
    }
}

/// A reason without what it quotes of one rule: what stands in backticks becomes `…`, but for the name of the target.
fn general(reason: &str, target: &str) -> String {
    let parts = reason.split('`').enumerate().map(|(index, part)| if index % 2 == 0 || part == target { part } else { "…" });
    parts.collect()
}
