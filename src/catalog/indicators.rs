//! Indicators that several rules have: which rules these are, by field, kind and value.
//!
//! Values are the same that Sigma compares as the same: without regard to case, unless a rule asks for it.

use super::digest::short;
use super::frame::Spot;
use super::lists::short_title;
use super::names;
use super::plan::{Entry, Site};
use super::{Error, File};
use crate::explain::model::{IndicatorRole, Predicate};
use crate::explain::predicates::identity;
use minijinja::Value;
use std::collections::BTreeMap;

/// So many bytes, as far as they can be told before, stand on a page.
const BUDGET: usize = 100_000;
/// So many rules are named with an indicator.
const NAMED: usize = 200;
/// So many bytes of markup come with a row, and with a rule that it names.
const ROW: usize = 260;
const NAME: usize = 110;

/// The field, kind, folded value and transforms by which indicators are the same.
type Key = (Option<String>, &'static str, String, Vec<&'static str>);

/// The indicators of several rules, and the pages that they stand on.
#[derive(Debug, Default)]
pub(super) struct Shared<'c> {
    pages: Vec<Vec<Same<'c>>>,
    places: BTreeMap<Key, usize>,
}

/// An indicator with the rules that have it.
#[derive(Debug)]
struct Same<'c> {
    predicate: &'c Predicate,
    rules: Vec<usize>,
}

fn key(predicate: &Predicate) -> Key {
    let Predicate { field, kind, value, transforms, .. } = identity(predicate);
    (field, kind, value, transforms)
}

/// What marks an indicator on its page.
fn anchor(key: &Key) -> String {
    format!("i{}", short(&format!("{key:?}")))
}

/// Finds the indicators of several rules.
pub(super) fn shared<'c>(entries: &[Entry<'c>]) -> Shared<'c> {
    let mut found: BTreeMap<Key, Same<'c>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for indicator in entry.explanation.indicators.iter().filter(|own| own.role == IndicatorRole::Indicator) {
            let same = found.entry(key(&indicator.predicate)).or_insert(Same { predicate: &indicator.predicate, rules: Vec::new() });
            if same.rules.last() != Some(&number) {
                same.rules.push(number);
            }
        }
    }
    let mut shared = Shared { pages: vec![Vec::new()], places: BTreeMap::new() };
    let mut room = BUDGET;
    for (key, same) in found.into_iter().filter(|(_, same)| same.rules.len() > 1) {
        let titles = same
            .rules
            .iter()
            .take(NAMED)
            .filter_map(|number| entries.get(*number))
            .map(|entry| entry.explanation.rule.title.len().min(200) + NAME);
        let size = ROW + same.predicate.value.len().min(4_000) * 2 + titles.sum::<usize>();
        if size > room && shared.pages.last().is_some_and(|page| !page.is_empty()) {
            shared.pages.push(Vec::new());
            room = BUDGET;
        }
        room = room.saturating_sub(size);
        shared.places.insert(key, shared.pages.len() - 1);
        if let Some(page) = shared.pages.last_mut() {
            page.push(same);
        }
    }
    shared
}

impl Shared<'_> {
    /// The address of an indicator below the root, if several rules have it.
    pub(super) fn href(&self, predicate: &Predicate) -> Option<String> {
        let key = key(predicate);
        self.places.get(&key).map(|page| format!("{}#{}", path(*page), anchor(&key)))
    }
}

fn path(page: usize) -> String {
    if page == 0 { "indicators.html".to_owned() } else { format!("indicators-page-{}.html", page + 1) }
}

/// The pages.
pub(super) fn pages(site: &Site<'_>) -> Result<Vec<File>, Error> {
    let fields = fields(site);
    (0..site.shared.pages.len()).map(|page| self::page(site, page, &fields)).collect()
}

/// Those that most rules have.
fn most(site: &Site<'_>) -> Vec<Value> {
    /// So many of them stand before the others.
    const MOST: usize = 50;
    let mut all: Vec<&Same<'_>> = site.shared.pages.iter().flatten().collect();
    all.sort_by_key(|same| std::cmp::Reverse(same.rules.len()));
    let row = |same: &&Same<'_>| {
        let predicate = same.predicate;
        view! {
            field => name(predicate), kind => predicate.kind, value => predicate.value, transforms => predicate.transforms,
            number => same.rules.len(), href => site.shared.href(predicate),
        }
    };
    all.iter().take(MOST).filter(|same| same.predicate.value.len() <= 400).map(row).collect()
}

/// Links to the pages, each with the field that it begins with.
fn parts(site: &Site<'_>, current: usize) -> Vec<Value> {
    let first = |page: usize| {
        site.shared.pages.get(page).and_then(|page| page.first()).map(|same| name(same.predicate).chars().take(60).collect::<String>())
    };
    let link = |page| view! { href => path(page), number => page + 1, label => first(page), current => page == current };
    let pages = site.shared.pages.len();
    if pages < 2 { Vec::new() } else { (0..pages).map(link).collect() }
}

/// Each field with its number of indicators and the address of the first.
fn fields(site: &Site<'_>) -> Vec<Value> {
    let mut found: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (page, rows) in site.shared.pages.iter().enumerate() {
        for same in rows {
            found.entry(name(same.predicate)).or_insert((page, 0)).1 += 1;
        }
    }
    let ids = names::unique(found.keys().copied());
    let link = |(field, (page, number)): (&&str, &(usize, usize))| {
        view! { field, number, href => format!("{}#f-{}", path(*page), ids.get(field).map_or("", String::as_str)) }
    };
    found.iter().map(link).collect()
}

fn name(predicate: &Predicate) -> &str {
    predicate.field.as_deref().unwrap_or("(any field)")
}

fn page(site: &Site<'_>, number: usize, fields: &[Value]) -> Result<File, Error> {
    let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
    for same in site.shared.pages.get(number).into_iter().flatten() {
        match groups.last_mut() {
            Some((field, rows)) if *field == name(same.predicate) => rows.push(row(site, same)),
            Some(_) | None => groups.push((name(same.predicate), vec![row(site, same)])),
        }
    }
    let all = site.shared.pages.iter().flatten().map(|same| name(same.predicate));
    let ids = names::unique(all);
    let groups = groups.iter().map(|(field, rows)| view! { field, id => ids.get(field), rows });
    let pages = site.shared.pages.len();
    let view = view! {
        total => site.shared.places.len(), page => number + 1, pages, parts => parts(site, number),
        most => if number == 0 { most(site) } else { Vec::new() }, fields => if number == 0 { fields.to_vec() } else { Vec::new() }, groups => groups.collect::<Vec<_>>(),
    };
    site.page("indicators.html", Spot { path: &path(number), section: "indicators" }, view)
}

fn row(site: &Site<'_>, same: &Same<'_>) -> Value {
    let rules = same.rules.iter().take(NAMED).filter_map(|number| site.entries.get(*number));
    let rules = rules.map(|entry| view! { href => entry.path(), title => short_title(&entry.explanation.rule.title) });
    let predicate = same.predicate;
    view! {
        id => anchor(&key(predicate)), kind => predicate.kind, value => predicate.value, transforms => predicate.transforms,
        number => same.rules.len(), rules => rules.collect::<Vec<_>>(), more => same.rules.len().saturating_sub(NAMED),
    }
}
