//! Gathering rules into lists.

use super::digest::short;
use super::lists::{Detail, Facet, Fact, Link, List, Lists};
use super::plan::Entry;
use super::quality;
use super::state::State;
use super::{Catalog, Filter};
use super::{logs, names};
use crate::diag::ticks::{self, Ticked};
use crate::explain::model::{AttackName, AttackStatus, Explanation};
use crate::facts::attack::Attack;
use std::collections::{BTreeMap, BTreeSet};

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

pub(super) fn or_not_given(text: Option<&str>) -> String {
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
    attack(&mut lists, &catalog.attack, entries);
    logs::events(&mut lists, entries);
    logs::logsources(&mut lists, entries);
    filters(&mut lists, catalog, entries);
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

    /// A link to a list, called as it is.
    fn link(&self, list: usize) -> Option<Link> {
        self.all.get(list).map(|own| Link { label: own.heading.clone(), list, rules: own.members.len() })
    }
}

/// The numbers of entries by what each of them has.
pub(super) fn by<K: Ord>(entries: &[Entry<'_>], keys: impl Fn(&Entry<'_>) -> Vec<K>) -> BTreeMap<K, Vec<usize>> {
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
        let stem = format!("facet/{}", files.get(stem.as_str()).map_or("none", String::as_str));
        let number = lists.add(List::new(stem, "browse", (*label).to_owned(), value.clone(), members));
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

fn attack(lists: &mut Lists, table: &Attack, entries: &[Entry<'_>]) {
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
    let serves = tactics_of(entries);
    for (key, members) in techniques {
        let Some(name) = names.get(&key) else { continue };
        let kicker = if name.id.contains('.') { "MITRE ATT&CK® sub-technique" } else { "MITRE ATT&CK® technique" };
        // Of what is wrongly a tactic and a technique, the tactic has the page.
        let number = match lists.tactics.get(&key) {
            Some(number) => *number,
            None => lists.add(attack_list(name, &key, kicker, &files, members)),
        };
        let tactics = serves.get(&key).into_iter().flatten().filter_map(|tactic| lists.tactics.get(tactic).copied());
        let links: Vec<Link> = tactics.filter_map(|list| lists.link(list)).collect();
        if let Some(list) = lists.all.get_mut(number) {
            list.details.push(Detail::Links { heading: "Tactics", links });
        }
        lists.techniques.insert(key, number);
    }
    wholes(lists, table, &names);
}

/// The tactics that rules name with each technique, in the order of their ids.
fn tactics_of(entries: &[Entry<'_>]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in entries.iter().flat_map(|entry| &entry.explanation.attack.rows) {
        for technique in &row.techniques {
            found.entry(attack_key(technique)).or_default().insert(attack_key(&row.tactic));
        }
    }
    found
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
    let state = standing(name).map(|state| Fact { label: "Status", text: format!("{state}{replaced}") });
    let stem = format!("attack/{}", files.get(key).map_or("none", String::as_str));
    List {
        source: Some(("Described by MITRE", name.id.clone(), url)),
        facts: state.into_iter().collect(),
        ..List::new(stem, "attack", format!("{kicker} {}", name.id), name.name.clone(), members)
    }
}

/// Techniques and their sub-techniques lead to each other, and to a list of the rules for all of them. A technique that
/// no rule names has a page if rules name its sub-techniques.
fn wholes(lists: &mut Lists, table: &Attack, names: &BTreeMap<String, &AttackName>) {
    let mut below: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (key, number) in &lists.techniques {
        if let Some((parent, _)) = key.split_once('.').filter(|_| names.get(key).is_some_and(|name| name.status == AttackStatus::Active)) {
            below.entry(parent.to_owned()).or_default().push(*number);
        }
    }
    for (parent, children) in below {
        let number = match lists.techniques.get(&parent) {
            Some(number) => *number,
            None => match whole(lists, table, &parent) {
                Some(number) => number,
                None => continue,
            },
        };
        let technique = lists.link(number);
        for child in &children {
            if let (Some(list), Some(link)) = (lists.all.get_mut(*child), technique.clone()) {
                list.details.push(Detail::Links { heading: "Technique", links: vec![link] });
            }
        }
        let links = children.iter().filter_map(|child| lists.link(*child)).collect();
        let all = with_below(lists, number, &children);
        if let Some(list) = lists.all.get_mut(number) {
            list.details.push(Detail::Links { heading: "Sub-techniques", links });
            list.details.extend(all.map(|link| Detail::Links { heading: "With its sub-techniques", links: vec![link] }));
        }
    }
}

/// The page of a technique that only stands for its sub-techniques.
fn whole(lists: &mut Lists, table: &Attack, id: &str) -> Option<usize> {
    let known = table.matrix().into_iter().flat_map(|threat| threat.techniques).find(|own| own.technique.id == id)?;
    let name = AttackName { id: id.to_owned(), name: known.technique.name.to_owned(), status: AttackStatus::Active, replaced_by: None };
    let files = attack_files(&[id]);
    let number = lists.add(attack_list(&name, id, "MITRE ATT&CK® technique", &files, Vec::new()));
    lists.techniques.insert(id.to_owned(), number);
    Some(number)
}

/// A list of the rules for a technique or one of its sub-techniques, if these are more.
fn with_below(lists: &mut Lists, technique: usize, below: &[usize]) -> Option<Link> {
    let own = lists.all.get(technique)?;
    let lists_of_all = std::iter::once(technique).chain(below.iter().copied()).filter_map(|number| lists.all.get(number));
    let members: BTreeSet<usize> = lists_of_all.flat_map(|list| list.members.iter().copied()).collect();
    let rules = members.len();
    if rules <= own.members.len() {
        return None;
    }
    let (stem, kicker) = (format!("{}-all", own.stem), format!("{}, with its sub-techniques", own.kicker));
    let list = List::new(stem, "attack", kicker, own.heading.clone(), members.into_iter().collect());
    Some(Link { label: "All rules".to_owned(), list: lists.add(list), rules })
}

fn backends(lists: &mut Lists, catalog: &Catalog, entries: &[Entry<'_>]) {
    for (target, name) in catalog.targets.iter().enumerate() {
        let states = by(entries, |entry| entry.states.get(target).copied().into_iter().collect());
        for (state, members) in states {
            let (stem, kicker) = (format!("backend/{}-{}", names::slug(name), state.word()), format!("Backend {name}"));
            let heading = format!("{} {} on {name}", state.glyph(), state.word());
            let note = Some(state.meaning().to_owned());
            let number = lists.add(List { note, ..List::new(stem, "backends", kicker, heading, members) });
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
        let stem = format!("backend/{}", files.get(stem.as_str()).map_or("none", String::as_str));
        let number = lists.add(List::new(stem, "backends", format!("Refused on {name}"), reason, members));
        lists.reasons.entry(target).or_default().push(number);
    }
}

/// A reason without what it quotes of one rule: what stands in backticks becomes `…`, but for the name of the target.
fn general(reason: &str, target: &str) -> String {
    let part = |part: Ticked<'_>| match part {
        Ticked::Prose(text) => text.to_owned(),
        Ticked::Code(code) => if code == target { code } else { "…" }.to_owned(),
    };
    ticks::parts(reason).into_iter().map(part).collect()
}

/// A list for each filter: the rules that it is a part of.
fn filters(lists: &mut Lists, catalog: &Catalog, entries: &[Entry<'_>]) {
    let mut sorted: Vec<&Filter> = catalog.filters.iter().collect();
    sorted.sort_by_key(|filter| (&filter.title, &filter.path));
    for filter in sorted {
        let rules: BTreeSet<*const Explanation> =
            filter.rules.iter().filter_map(|place| catalog.explanations.get(*place)).map(std::ptr::from_ref).collect();
        let is_meant = |entry: &Entry<'_>| rules.contains(&std::ptr::from_ref(entry.explanation));
        let members = entries.iter().enumerate().filter(|(_, entry)| is_meant(entry)).map(|(number, _)| number).collect();
        let stem = format!("filter/{}-{}", names::slug(&filter.title), short(&format!("{}\n{}", filter.path, filter.title)));
        let number = lists.add(List {
            facts: vec![Fact { label: "File", text: filter.path.clone() }],
            note: Some("A filter that was given with the rules. Its condition is a part of each of these: their meaning, their queries and their verdicts are those with it.".to_owned()),
            ..List::new(stem, "browse", "Filter".to_owned(), super::lists::short_title(&filter.title), members)
        });
        lists.filters.push(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_alike_whatever_they_quote() {
        for value in ["a", "``a`*`b", "`", "` of the field `"] {
            let reason = format!("`kql` cannot say the pattern {} of the field `b`: it has no way", ticks::fenced(value));
            assert_eq!(general(&reason, "kql"), "kql cannot say the pattern … of the field …: it has no way", "{reason}");
        }
    }
}
