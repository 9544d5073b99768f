//! What the list of a site says of one rule: enough to tell later what became of it.
//!
//! Contract: a record of `catalog/1` that an earlier version of the program wrote can be read; what it does not have is
//! `None`. Deliberately absent: comparing records.

use super::lists::kind_of_log;
use super::plan::Entry;
use super::state::State;
use super::{Catalog, digest};
use crate::explain::model::{Direction, Explanation, Logsource};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule as the list has it (`docs/FORMATS.md`, "`catalog.json`").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: Option<String>,
    pub(super) title: String,
    /// The path of its file.
    pub(super) source: String,
    /// The path of its page, which no other rule has: its key.
    pub(super) page: String,
    /// The path of its JSON.
    pub(super) data: String,
    pub(super) level: Option<String>,
    pub(super) status: Option<String>,
    /// The log source, without what must be configured.
    pub(super) logsource: Option<Logsource>,
    /// What became of it on each target.
    pub(super) verification: BTreeMap<String, State>,
    /// The SHA-256 of its text.
    pub(super) text: String,
    /// What it means ([`Explanation::logic`]).
    pub(super) logic: Option<String>,
    /// The beginnings of the digests of what it says of itself, and of how its detection is written.
    pub(super) metadata: Option<BTreeMap<String, String>>,
    /// The SHA-256 of all that its page is made of.
    pub(super) input: String,
}

impl Record {
    /// What the list says of a rule.
    pub(super) fn new(catalog: &Catalog, entry: &Entry<'_>) -> Self {
        let (explanation, header) = (entry.explanation, &entry.explanation.rule);
        Self {
            id: header.id.clone(),
            title: header.title.clone(),
            source: header.source.clone(),
            page: entry.path(),
            data: format!("r/{}.json", entry.name),
            level: header.level.map(str::to_owned),
            status: header.status.map(str::to_owned),
            logsource: Some(kind_of_log(&header.logsource)),
            verification: catalog.targets.iter().cloned().zip(entry.states.iter().copied()).collect(),
            text: digest::hex(explanation.body.as_bytes()),
            logic: Some(explanation.logic.clone()),
            metadata: Some(metadata(explanation)),
            input: digest::hex(&serde_json::to_vec(explanation).unwrap_or_default()),
        }
    }
}

/// A digest of each attribute that is there. The licence is left out: it may be that of the rule set.
fn metadata(explanation: &Explanation) -> BTreeMap<String, String> {
    let header = &explanation.rule;
    let related = explanation.neighbours.related.iter().filter(|related| related.direction == Direction::To);
    let related: Vec<(&Option<String>, &str)> = related.map(|related| (&related.rule.id, related.kind.as_str())).collect();
    let written: Vec<_> = explanation.stages.iter().map(|stage| (&stage.label, &stage.text, members(stage), &stage.origin)).collect();
    let attributes = [
        ("author", of(header.author.as_ref())),
        ("date", of(header.date.as_ref())),
        ("definition", of(header.logsource.definition.as_ref())),
        ("description", of(header.description.as_ref())),
        ("detection", of(Some(written))),
        ("falsepositives", of(some(&header.falsepositives))),
        ("modified", of(header.modified.as_ref())),
        ("references", of(some(&header.references))),
        ("related", of(some(&related))),
        ("tags", of(some(&header.tags))),
    ];
    attributes.into_iter().filter_map(|(name, digest)| Some((name.to_owned(), digest?))).collect()
}

fn members(stage: &crate::explain::model::Stage) -> Vec<(&String, &String)> {
    stage.members.iter().map(|member| (&member.name, &member.yaml)).collect()
}

fn some<T>(list: &[T]) -> Option<&[T]> {
    Some(list).filter(|list| !list.is_empty())
}

/// A digest of an attribute: enough of it to tell one wording from the next.
fn of(attribute: Option<impl Serialize>) -> Option<String> {
    attribute.map(|attribute| digest::short(&serde_json::to_string(&attribute).unwrap_or_default()))
}
