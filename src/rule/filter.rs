//! Filters from their documents.
//!
//! Follows the specification's "Sigma Filters" and sigma.md §8 (D-32): a log source, the rules that the filter applies to,
//! search identifiers of its own and exactly one condition over them. Deliberately absent: to which rules of a collection a
//! filter applies (see [`super::collection`]).

use super::correlation::{self, Reference};
use super::detection::{self, Section};
use super::expand::Expansion;
use super::metadata::{self, child, is_null, key_place, or_meant};
use super::yaml::{Map, Node, View};
use super::{Filter, Logsource};
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::Place;

/// Reads a document with a section `filter`. What is wrong is reported.
pub(super) fn read(start: Place, document: Map, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<Filter> {
    let before = report.len();
    let metadata = metadata::read(document, start, report);
    let logsource: Option<Logsource> = metadata::required_logsource(document, start, "a filter", report);
    let (key, node) = key_place(document, "filter").zip(child(document, "filter"))?;
    let View::Map(map) = node.view() else {
        let problem = Diagnostic::error(Code::InvalidFilter, node.place(), "`filter` must be a map");
        report.push(problem.help("write `rules:`, search identifiers and `condition:` below it"));
        return None;
    };
    let rules = rules(key, map, report);
    one_condition(map, report);
    let section = Section { name: "a filter", others: &["rules"] };
    let detection = detection::section(&section, key, map, expansion, report)?;
    let filter = Filter { place: start, metadata, logsource: logsource?, rules, detection };
    let is_sound = report.iter().skip(before).all(|problem| problem.severity != Severity::Error);
    is_sound.then_some(filter)
}

/// The rules that a filter applies to; `None` for `any`, and where something is wrong, which has been reported.
fn rules(key: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<Vec<Reference>> {
    let Some(node) = child(map, "rules").filter(|node| !is_null(*node)) else {
        let problem = Diagnostic::error(Code::MissingFilterRules, key, "a filter that does not say which rules it applies to");
        report.push(problem.help(or_meant("write `rules: any`, or `rules:` with ids or names of rules below it", "rules", map)));
        return None;
    };
    let is_any = node.scalar().is_some_and(|scalar| scalar.text.eq_ignore_ascii_case("any"));
    (!is_any).then(|| correlation::references(node, Code::InvalidFilter, report))
}

/// A filter has one condition, not a list of them.
fn one_condition(map: Map, report: &mut Vec<Diagnostic>) {
    let list = child(map, "condition").filter(|node| matches!(node.view(), View::List(_)));
    if let Some(place) = list.map(Node::place) {
        let problem = Diagnostic::error(Code::ConditionType, place, "a list of conditions in a filter");
        report.push(problem.help("write one condition, such as `not selection`"));
    }
}
