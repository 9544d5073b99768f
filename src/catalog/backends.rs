//! Targets: what became of the rules on each, and why some were refused.

use super::frame::Spot;
use super::names::slug;
use super::plan::{Site, fitting};
use super::state::State;
use super::{Error, File, rule_parts};
use crate::engine;
use minijinja::Value;
use std::collections::BTreeMap;

/// The path of a target's page.
pub(super) fn path(target: &str) -> String {
    format!("backend/{}.html", slug(target))
}

/// How many rules became what on a target.
fn counts(site: &Site<'_>, target: usize) -> Vec<Value> {
    let count = |state: State| {
        let list = site.lists.states.get(&(target, state)).and_then(|number| site.list(*number));
        let rules = list.map_or(0, |list| list.members.len());
        view! { word => state.word(), meaning => state.meaning(), href => list.map(super::lists::List::path), rules }
    };
    State::ALL.into_iter().map(count).collect()
}

/// The page on all targets.
pub(super) fn overview(site: &Site<'_>) -> Result<File, Error> {
    let rows = site.catalog.targets.iter().enumerate().map(|(number, name)| {
        let about = engine::target(name);
        view! {
            name, href => path(name), counts => counts(site, number), about => about.map(|target| &*target.description),
            evidence => about.map(|target| rule_parts::evidence(target.evidence, name)),
        }
    });
    let words = State::ALL.map(|state| view! { word => state.word(), meaning => state.meaning() });
    let view = view! { rows => rows.collect::<Vec<_>>(), words => words.to_vec() };
    site.page("backends.html", Spot { path: "backends.html", section: "backends" }, view)
}

/// The page of a target.
pub(super) fn page(site: &Site<'_>, number: usize) -> Result<Vec<File>, Error> {
    /// So many reasons stand on the page.
    const REASONS: usize = 600;
    let Some(name) = site.catalog.targets.get(number) else { return Ok(Vec::new()) };
    let about = engine::target(name);
    let reasons: Vec<Value> = site
        .lists
        .reasons
        .get(&number)
        .into_iter()
        .flatten()
        .filter_map(|list| site.list(*list))
        .map(|list| {
            view! { reason => list.heading, href => list.path(), rules => list.members.len() }
        })
        .collect();
    let assumptions = assumptions(site, name);
    let path = path(name);
    let file = fitting(|divisor| {
        let shown = REASONS / divisor;
        let view = view! {
            name, about => about.map(|target| &*target.description), evidence => about.map(|target| rule_parts::evidence(target.evidence, name)),
            counts => counts(site, number), reasons => reasons.iter().take(shown).cloned().collect::<Vec<_>>(),
            more => reasons.len().saturating_sub(shown), assumptions, total => site.entries.len(),
        };
        site.page("backend.html", Spot { path: &path, section: "backends" }, view)
    })?;
    Ok(vec![file])
}

/// What queries on a target assume, with the number of rules.
fn assumptions(site: &Site<'_>, target: &str) -> Vec<Value> {
    let mut found: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for entry in &site.entries {
        let verdicts = entry.explanation.queries.iter().filter(|query| query.target == target).filter_map(|query| query.verdict.as_ref());
        let names: BTreeMap<&str, &str> =
            verdicts.flat_map(|verdict| &verdict.assumptions).map(|assumed| (assumed.name.name(), assumed.name.wording())).collect();
        for (name, wording) in names {
            found.entry(name).or_insert((wording, 0)).1 += 1;
        }
    }
    found.into_iter().map(|(name, (wording, rules))| view! { name, wording, rules }).collect()
}
