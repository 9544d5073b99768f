//! How much a detection section is, and how much filters and correlations may make of those of a run.
//!
//! A large filter for each of many small rules, or many correlations over a large rule, would be far more than anybody
//! means to write or read. The unit is a node of a document: a key or a value; a long text counts as several (as it does for the aliases of a
//! document). Deliberately absent: what conditions make of it, which lowering bounds.

use crate::rule::{Detection, DetectionItem, Document, Rule, Search, Value, ValueKind};
use crate::text::pattern::Pattern;

/// So many nodes there may be, however few the rules have.
const MIN_ROOM: usize = 1_000_000;

/// There may be so many times the nodes of the rules.
const MAX_GROWTH: usize = 8;

/// How many nodes may still be added to those of the rules of a run.
pub(super) struct Room(usize);

impl Room {
    /// The room beside these rules.
    pub(super) fn beside(documents: &[&mut Document]) -> Self {
        let nodes = sum(documents.iter().filter_map(|document| document.rule.as_ref()).map(of_rule));
        Self(nodes.saturating_mul(MAX_GROWTH).max(MIN_ROOM))
    }

    /// Takes room for so many nodes. Where they are too many, there is no room for anything after them either.
    pub(super) fn take(&mut self, nodes: usize) -> bool {
        let left = self.0.checked_sub(nodes);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }

    /// Whether nothing is left.
    pub(super) fn is_full(&self) -> bool {
        self.0 == 0
    }
}

/// The nodes of a rule with its filters.
pub(super) fn of_rule(rule: &Rule) -> usize {
    sum(rule.filters.iter().map(|filter| of_detection(filter))).saturating_add(of_detection(&rule.detection))
}

/// A text counts as a further node for each so many bytes.
const BYTES_OF_A_NODE: usize = 4;

/// The nodes of a detection section.
pub(super) fn of_detection(detection: &Detection) -> usize {
    let conditions = detection.conditions.iter().map(|condition| text(condition.text.len()));
    let searches = detection.identifiers.iter().map(|identifier| text(identifier.name.len()).saturating_add(of_search(&identifier.search)));
    sum(conditions.chain(searches))
}

/// Searches nest only as deep as documents do.
fn of_search(search: &Search) -> usize {
    match search {
        Search::All(items) => sum(items.iter().map(of_item)),
        Search::Any(searches) => sum(searches.iter().map(of_search)),
        Search::Keywords(item) => of_item(item),
    }
}

fn of_item(item: &DetectionItem) -> usize {
    let field = item.field.as_ref().map_or(0, |field| text(field.len()));
    sum(item.values.iter().map(|Value { kind, .. }| of_value(kind))).saturating_add(field)
}

fn of_value(value: &ValueKind) -> usize {
    match value {
        ValueKind::Text(pattern) => of_pattern(pattern),
        ValueKind::Regex(written) | ValueKind::Field(written) => text(written.len()),
        ValueKind::Network(_) | ValueKind::Number(_) | ValueKind::Boolean(_) | ValueKind::Null => 1,
        ValueKind::AnyOf(values) => sum(values.iter().map(of_value)),
    }
}

fn of_pattern(pattern: &Pattern) -> usize {
    text(sum(pattern.texts().map(str::len))).saturating_add(pattern.parts().len())
}

fn text(bytes: usize) -> usize {
    (bytes / BYTES_OF_A_NODE).saturating_add(1)
}

fn sum(sizes: impl Iterator<Item = usize>) -> usize {
    sizes.fold(0, usize::saturating_add)
}
