//! The matrix of MITRE ATT&CK: how many rules there are for each technique, gaps among them, and the same as layers for
//! the ATT&CK Navigator (layer format 4.5).

use super::frame::Spot;
use super::names::slug;
use super::plan::{Entry, Site};
use super::state::State;
use super::{Error, File};
use crate::explain::coverage::{Counted, Coverage, layer};
use crate::facts::attack::{Technique, Threat};
use minijinja::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Shades from none to the strongest.
const SHADES: usize = 5;

/// How many rules there are for each technique and tactic.
struct Counts<'s> {
    /// The matrix.
    matrix: Vec<Threat<'s>>,
    rules: BTreeMap<String, BTreeSet<usize>>,
    /// The greatest number of each shade but the last.
    bounds: Vec<usize>,
}

impl<'s> Counts<'s> {
    fn new(site: &'s Site<'_>, target: Option<usize>) -> Self {
        let is_meant = |number: &usize| {
            let states = site.entries.get(*number).map(|entry| &entry.states);
            target.is_none_or(|target| states.is_some_and(|states| states.get(target) == Some(&State::Proved)))
        };
        let members =
            |number: &usize| site.list(*number).into_iter().flat_map(|list| list.members.iter().copied()).filter(is_meant).collect();
        let both = site.lists.tactics.iter().chain(&site.lists.techniques);
        let rules: BTreeMap<String, BTreeSet<usize>> = both.map(|(id, number)| (id.clone(), members(number))).collect();
        let mut counts = Self { matrix: site.catalog.attack.matrix(), rules, bounds: Vec::new() };
        let mut numbers = counts.numbers();
        numbers.sort_unstable();
        counts.bounds = (1..SHADES).filter_map(|shade| numbers.get((numbers.len() * shade / SHADES).checked_sub(1)?).copied()).collect();
        counts
    }

    /// The numbers of the cells that are not empty, each technique once.
    fn numbers(&self) -> Vec<usize> {
        let cells: BTreeMap<&str, usize> =
            self.matrix.iter().flat_map(|threat| &threat.techniques).map(|own| (own.technique.id, self.shaded(own))).collect();
        cells.into_values().filter(|number| *number > 0).collect()
    }

    /// What decides the shade of a cell: rules for a technique and for its sub-techniques.
    fn shaded(&self, technique: &Technique<'_>) -> usize {
        self.of(technique.technique.id) + self.below(technique)
    }

    fn of(&self, id: &str) -> usize {
        self.rules.get(id).map_or(0, BTreeSet::len)
    }

    /// How many rules have a sub-technique, and not the technique itself.
    fn below(&self, technique: &Technique<'_>) -> usize {
        let below: BTreeSet<&usize> = technique.subtechniques.iter().filter_map(|own| self.rules.get(own.id)).flatten().collect();
        let own = self.rules.get(technique.technique.id);
        below.into_iter().filter(|number| own.is_none_or(|own| !own.contains(number))).count()
    }

    fn shade(&self, number: usize) -> usize {
        if number == 0 { 0 } else { 1 + self.bounds.iter().filter(|bound| number > **bound).count().min(SHADES - 1) }
    }

    /// The numbers that each shade stands for.
    fn legend(&self) -> Vec<Value> {
        let greatest = self.numbers().into_iter().max().unwrap_or_default();
        let mut legend = vec![view! { shade => 0, text => "0 rules" }];
        for shade in 1..=SHADES {
            let numbers: Vec<usize> = (1..=greatest).filter(|number| self.shade(*number) == shade).collect();
            if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
                let text = if first == last { first.to_string() } else { format!("{first} to {last}") };
                legend.push(view! { shade, text });
            }
        }
        legend
    }
}

/// The paths of the matrix and of its layer.
fn paths(site: &Site<'_>, target: Option<usize>) -> (String, String) {
    match target.and_then(|target| site.catalog.targets.get(target)) {
        Some(name) => (format!("attack-{}.html", slug(name)), format!("attack-{}-layer.json", slug(name))),
        None => ("attack.html".to_owned(), "attack-layer.json".to_owned()),
    }
}

/// The matrix and its layer.
pub(super) fn files(site: &Site<'_>, target: Option<usize>) -> Result<Vec<File>, Error> {
    let counts = Counts::new(site, target);
    let (page, layer_path) = paths(site, target);
    let name = target.and_then(|target| site.catalog.targets.get(target));
    let tactics = counts.matrix.iter().map(|threat| {
        let cells = threat.techniques.iter().map(|technique| cell(site, &counts, technique));
        let id = threat.tactic.id;
        let covered = threat.techniques.iter().filter(|technique| counts.shaded(technique) > 0).count();
        view! {
            id, name => threat.tactic.name, href => site.lists.path(site.lists.tactics.get(id)), rules => counts.of(id),
            techniques => threat.techniques.len(), covered, cells => cells.collect::<Vec<_>>(),
        }
    });
    let variants = std::iter::once(None).chain((0..site.catalog.targets.len()).map(Some)).map(|other| {
        let label =
            other.and_then(|other| site.catalog.targets.get(other)).map_or("all rules".to_owned(), |name| format!("proved on {name}"));
        view! { href => paths(site, other).0, label, current => other == target }
    });
    let retired = site.lists.tactics.iter().filter(|(id, _)| !counts.matrix.iter().any(|threat| threat.tactic.id == **id));
    let retired = retired
        .filter_map(|(_, number)| site.list(*number))
        .map(|list| view! { href => list.path(), name => list.heading, rules => list.members.len() });
    let view = view! {
        target => name, domain => site.catalog.attack.domain.name(), version => site.catalog.attack.shown_version(), layer => layer_path, tactics => tactics.collect::<Vec<_>>(), variants => variants.collect::<Vec<_>>(),
        legend => counts.legend(), retired => retired.collect::<Vec<_>>(),
    };
    let matrix = site.page("attack.html", Spot { path: &page, section: "attack" }, view)?;
    Ok(vec![matrix, File { path: layer_path, bytes: navigator(site, target).into_bytes() }])
}

fn cell(site: &Site<'_>, counts: &Counts<'_>, technique: &Technique<'_>) -> Value {
    let href = |id: &str| site.lists.path(site.lists.techniques.get(id));
    let (own, below) = (technique.technique, counts.below(technique));
    let subtechniques = technique.subtechniques.iter().map(|sub| {
        let number = counts.of(sub.id);
        let short = sub.id.split_once('.').map_or(sub.id, |(_, short)| short);
        view! { short, name => sub.name, href => href(sub.id), rules => number }
    });
    let (rules, covered) = (counts.of(own.id), technique.subtechniques.iter().filter(|sub| counts.of(sub.id) > 0).count());
    view! {
        id => own.id, name => own.name, href => href(own.id), rules, below, shade => counts.shade(counts.shaded(technique)), covered,
        subtechniques => subtechniques.collect::<Vec<_>>(),
    }
}

/// A layer of the ATT&CK Navigator, scored by the number of rules.
fn navigator(site: &Site<'_>, target: Option<usize>) -> String {
    let is_meant = |entry: &&Entry<'_>| target.is_none_or(|target| entry.states.get(target) == Some(&State::Proved));
    let rules = site.entries.iter().filter(is_meant).map(|entry| &entry.explanation.rule);
    let coverage = Coverage::new(rules.map(|rule| Counted { title: &rule.title, tags: &rule.tags }), &site.catalog.attack);
    let target = target.and_then(|target| site.catalog.targets.get(target));
    let whose = target.map(|name| format!(", proved on {name}")).unwrap_or_default();
    format!("{:#}\n", layer(&coverage, &format!("{}{whose}", site.catalog.name), &site.catalog.attack))
}
