//! What is to be mended in a rule set, as far as explanations tell.

use super::frame::Spot;
use super::lists::{List, Lists};
use super::plan::{Entry, Site, fitting};
use super::state::State;
use super::{Error, File, samples};
use crate::explain::model::{AttackRow, AttackStatus, Explanation, Outcome};
use minijinja::Value;
use std::collections::BTreeMap;

/// Something that rules are checked for.
struct Check {
    name: &'static str,
    heading: &'static str,
    note: &'static str,
    /// Whether a rule is found; with how many rules of the set have its id.
    finds: fn(&Entry<'_>, usize) -> bool,
}

const CHECKS: &[Check] = &[
    Check {
        name: "no-match",
        heading: "No event that matches was found",
        note: "Either the condition cannot hold, or an event that makes it hold is beyond the search: a conjunction of thousands of values, for example.",
        finds: |entry, _| entry.explanation.examples.matching.is_empty() && is_read(entry),
    },
    Check {
        name: "dead-filter",
        heading: "A filter that suppresses nothing",
        note: "No event with one value in each field has both what the rule asks for and what the filter suppresses. The page of the rule names the filter.",
        finds: |entry, _| !entry.explanation.exclusions.dead.is_empty(),
    },
    Check {
        name: "differs",
        heading: "A query differs from its rule, or cannot be read back",
        note: "On one backend at least. The page of the rule shows the event.",
        finds: |entry, _| entry.states.iter().any(|state| matches!(state, State::Differs | State::Unread)),
    },
    Check {
        name: "sample",
        heading: "A regression sample that is not answered as it must be, or cannot be read",
        note: "By the rule itself, or by the query of a backend. The page of the rule says which.",
        finds: |entry, _| samples::is_faulty(entry),
    },
    Check {
        name: "refused-everywhere",
        heading: "Refused on every backend",
        note: "No backend can say exactly what the rule means.",
        finds: |entry, _| !entry.states.is_empty() && entry.states.iter().all(|state| *state == State::Refused),
    },
    Check {
        name: "same-logic",
        heading: "Rules of the same meaning",
        note: "Another rule for the same log source has the same condition, written alike or not.",
        finds: |entry, _| !entry.explanation.neighbours.same_logic.is_empty(),
    },
    Check {
        name: "no-id",
        heading: "No id",
        note: "Nothing else names a rule for good.",
        finds: |entry, _| entry.explanation.rule.id.is_none(),
    },
    Check {
        name: "duplicate-id",
        heading: "The id of another rule",
        note: "Ids must be unique: what is imported under this one replaces the other.",
        finds: |_, times| times > 1,
    },
    Check {
        name: "unknown-attack",
        heading: "Tags of ATT&CK that name nothing",
        note: "The version of the matrix that is used here has no tactic, technique, group or software of this name.",
        finds: |entry, _| !entry.explanation.attack.unknown.is_empty(),
    },
    Check {
        name: "retired-attack",
        heading: "Tactics or techniques that the matrix no longer has",
        note: "They were revoked, deprecated or retired.",
        finds: |entry, _| entry.explanation.attack.rows.iter().any(is_outdated),
    },
    Check {
        name: "no-technique",
        heading: "No technique of ATT&CK",
        note: "A tactic at most.",
        finds: |entry, _| entry.explanation.attack.rows.iter().all(|row| row.techniques.is_empty()),
    },
    Check {
        name: "related-missing",
        heading: "Relations to rules that are not here",
        note: "The field `related` names an id that no rule of this set has.",
        finds: |entry, _| entry.explanation.neighbours.related.iter().any(|related| related.rule.source.is_none()),
    },
    Check {
        name: "related-self",
        heading: "Relations of a rule to itself",
        note: "The field `related` names the rule's own id: perhaps another one is meant, or it was copied.",
        finds: |entry, _| entry.explanation.neighbours.names_itself,
    },
    Check {
        name: "no-level",
        heading: "No level or no status",
        note: "Who filters by them does not find the rule.",
        finds: |entry, _| lacks_level(entry.explanation),
    },
    Check {
        name: "no-description",
        heading: "No description",
        note: "Nobody is told what the rule is for.",
        finds: |entry, _| entry.explanation.rule.description.as_deref().is_none_or(|text| text.trim().is_empty()),
    },
];

/// Whether a query was made and judged somewhere: then events were tried.
fn is_read(entry: &Entry<'_>) -> bool {
    entry.explanation.queries.iter().any(|query| query.outcome == Outcome::Written)
}

fn is_outdated(row: &AttackRow) -> bool {
    std::iter::once(&row.tactic).chain(&row.techniques).any(|name| name.status != AttackStatus::Active)
}

fn lacks_level(explanation: &Explanation) -> bool {
    explanation.rule.level.is_none() || explanation.rule.status.is_none()
}

/// Adds a list for each check that finds something.
pub(super) fn plan(lists: &mut Lists, entries: &[Entry<'_>]) {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for id in entries.iter().filter_map(|entry| entry.explanation.rule.id.as_deref()) {
        *times.entry(id).or_default() += 1;
    }
    for check in CHECKS {
        let times = |entry: &Entry<'_>| entry.explanation.rule.id.as_deref().and_then(|id| times.get(id)).copied().unwrap_or_default();
        let members: Vec<usize> =
            entries.iter().enumerate().filter(|(_, entry)| (check.finds)(entry, times(entry))).map(|(number, _)| number).collect();
        if members.is_empty() {
            continue;
        }
        let own = List::new(format!("quality/{}", check.name), "quality", "Quality".to_owned(), check.heading.to_owned(), members);
        let number = lists.add(List { note: Some(check.note.to_owned()), ..own });
        lists.checks.push(number);
    }
}

/// The page.
pub(super) fn page(site: &Site<'_>) -> Result<Vec<File>, Error> {
    /// So many documents, and so many reasons for each, stand on the page.
    const BROKEN: usize = 500;
    const REASONS: usize = 8;
    let checks = site.lists.checks.iter().filter_map(|number| site.list(*number));
    let checks: Vec<Value> =
        checks.map(|list| view! { heading => list.heading, note => list.note, href => list.path(), rules => list.members.len() }).collect();
    let file = fitting(|divisor| {
        let shown = BROKEN / divisor;
        let broken = site.catalog.broken.iter().take(shown).map(|broken| {
            let reasons = broken.reasons.iter().take(REASONS).map(|reason| reason.chars().take(600).collect::<String>());
            view! {
                path => broken.path, title => broken.title, reasons => reasons.collect::<Vec<_>>(),
                more => broken.reasons.len().saturating_sub(REASONS),
            }
        });
        let view = view! {
            checks, samples => samples::counts(site), broken => broken.collect::<Vec<_>>(), number => site.catalog.broken.len(),
            more => site.catalog.broken.len().saturating_sub(shown), total => site.entries.len(),
        };
        site.page("quality.html", Spot { path: "quality.html", section: "quality" }, view)
    })?;
    Ok(vec![file])
}
