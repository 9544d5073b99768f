//! Filters put into the rules that they apply to (sigma.md §8).
//!
//! Bounds: [`MAX_FILTERS`] for one rule, and [`Room`] for all of them. A rule that has no room for a filter is an error and
//! is not written without it. Deliberately absent: what a filter means (see `ir::lower`).

use super::names::Names;
use super::reject;
use super::size::{Room, of_detection};
use crate::diag::{Code, Diagnostic, quote};
use crate::rule::{Document, Filter, Logsource, Rule};
use std::collections::BTreeSet;
use std::sync::Arc;

/// At most so many filters apply to one rule.
const MAX_FILTERS: usize = 256;

/// Why a rule cannot have a further filter, and the remedy.
fn refusal(rule: &Rule, nodes: usize, room: &mut Room) -> Option<Diagnostic> {
    let (message, help) = if rule.filters.len() >= MAX_FILTERS {
        (format!("more than {MAX_FILTERS} filters apply to this rule"), "join filters, or name in each the rules that it is for")
    } else if room.take(nodes) {
        return None;
    } else {
        let message = "the filters of this rule and others are together too large".to_owned();
        (message, "name in each filter the rules that it is for, or give fewer rules at a time")
    };
    Some(Diagnostic::error(Code::InvalidFilter, rule.place, message).help(help))
}

/// Adds each filter to each rule that it applies to. A filter that names a rule which is not there does nothing to it,
/// which is noted.
pub(super) fn apply(documents: &mut [&mut Document], names: &Names) {
    let mut room = Room::beside(documents);
    for number in 0..documents.len() {
        let Some(filter) = documents.get(number).and_then(|document| document.filter.clone()) else { continue };
        let ambiguous: Vec<Diagnostic> = filter.rules.iter().flatten().filter_map(|reference| names.ambiguous(reference)).collect();
        if !ambiguous.is_empty() {
            documents.get_mut(number).into_iter().for_each(|document| reject(document, ambiguous.clone()));
            continue;
        }
        let mut notes = Vec::new();
        let detection = Arc::new(filter.detection.clone());
        let nodes = of_detection(&detection);
        let named = filter.rules.as_ref().map(|_| named(&filter, documents, names, &mut notes));
        for (other, document) in documents.iter_mut().enumerate() {
            let is_named = named.as_ref().is_none_or(|named| named.contains(&other));
            if let Some(rule) = document.rule.as_mut().filter(|rule| is_named && contains(&filter.logsource, &rule.logsource)) {
                match refusal(rule, nodes, &mut room) {
                    None => rule.filters.push(Arc::clone(&detection)),
                    Some(problem) => reject(document, vec![problem]),
                }
            }
        }
        if let Some(document) = documents.get_mut(number) {
            document.diagnostics.extend(notes);
            crate::rule::document::settle(&mut document.diagnostics);
        }
    }
}

/// The documents that a filter names.
fn named(filter: &Filter, documents: &[&mut Document], names: &Names, notes: &mut Vec<Diagnostic>) -> BTreeSet<usize> {
    let mut named = BTreeSet::new();
    for reference in filter.rules.iter().flatten() {
        let found = names.find(&reference.name);
        let is_rule = found.and_then(|number| documents.get(number)).is_some_and(|document| document.rule.is_some());
        if let Some(number) = found.filter(|_| is_rule) {
            named.insert(number);
            continue;
        }
        let (message, help) = match found {
            None => (format!("no rule {}: the filter does nothing to it", quote(&reference.name)), names.meant(&reference.name)),
            Some(_) => (
                format!("{} is no valid detection rule: the filter does nothing to it", quote(&reference.name)),
                "filters apply to detection rules; correct the rule, or remove it from the list".to_owned(),
            ),
        };
        notes.push(Diagnostic::note(Code::RuleNotFound, reference.place, message).help(help));
    }
    named
}

/// Whether a rule's log source has every attribute that the filter's names, with the same value.
fn contains(filter: &Logsource, rule: &Logsource) -> bool {
    let pairs = [(&filter.category, &rule.category), (&filter.product, &rule.product), (&filter.service, &rule.service)];
    pairs.into_iter().all(|(wanted, found)| wanted.is_none() || wanted == found)
}
