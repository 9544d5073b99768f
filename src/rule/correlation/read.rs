//! Correlation rules from their documents: the type, the rules, the window, groups and aliases.
//!
//! Follows the specification's "Sigma Correlation Rules" and the table of sigma.md §7 (D-7, D-27). A key that the section
//! does not have is an error, since a misspelt `group-by` would change what fires. Deliberately absent: conditions (see
//! [`super::firing`]), and whether the rules exist (see [`crate::rule::collection`]).

use super::firing::{self, Said};
use super::{Alias, Correlation, Firing, Operator, Reference, Threshold};
use crate::diag::{Code, Diagnostic, quote};
use crate::rule::metadata::{self, child, is_null, key_place, lenient_text, one_of, or_meant};
use crate::rule::scalar::{self, Resolved};
use crate::rule::yaml::{Map, Node, View};
use crate::source::Place;
use crate::text::number::Decimal;
use crate::text::similar;
use std::collections::HashSet;

/// The keys of the section.
const KEYS: &[&str] = &["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];

/// Time spans have at most so many characters (JSON schema).
const MAX_TIMESPAN: usize = 10;

/// The units of a time span, in seconds.
const UNITS: &[(char, u64)] = &[('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// The type of a correlation by its name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    EventCount,
    ValueCount,
    ValueSum,
    ValueAvg,
    ValuePercentile,
    ValueMedian,
    Temporal,
    TemporalOrdered,
}

const TYPES: &[(&str, Type)] = &[
    ("event_count", Type::EventCount),
    ("value_count", Type::ValueCount),
    ("value_sum", Type::ValueSum),
    ("value_avg", Type::ValueAvg),
    ("value_percentile", Type::ValuePercentile),
    ("value_median", Type::ValueMedian),
    ("temporal", Type::Temporal),
    ("temporal_ordered", Type::TemporalOrdered),
];

/// Reads a document with a section `correlation`. What is wrong is reported.
pub(in crate::rule) fn read(start: Place, document: Map, report: &mut Vec<Diagnostic>) -> Option<Correlation> {
    let before = report.len();
    let metadata = metadata::read(document, start, report);
    let (key, node) = key_place(document, "correlation").zip(child(document, "correlation"))?;
    let View::Map(map) = node.view() else {
        let problem = Diagnostic::error(Code::InvalidAttribute, node.place(), "`correlation` must be a map");
        report.push(problem.help("write `type:`, `rules:`, `timespan:` and `condition:` below it"));
        return None;
    };
    unknown_keys(map, report);
    let of = correlation_type(key, map, report);
    let listed = rules(map, report);
    let group_by = group_by(map, report);
    let timespan = timespan(key, map, report);
    let aliases = aliases(map, report);
    let generate = generate(document, map, report);
    let Said { kind, firing, named } = firing::read(key, map, of?, report)?;
    let rules = listed.unwrap_or(named);
    if rules.is_empty() && report.len() == before {
        let problem = Diagnostic::error(Code::CorrelationRules, key, "a correlation without rules");
        report.push(problem.help(or_meant("write `rules:` with ids or names of rules below it", "rules", map)));
    }
    let firing = firing.unwrap_or_else(|| all_of(rules.len(), key));
    let correlation =
        Correlation { place: start, metadata, kind, rules, group_by, timespan: timespan?, aliases, condition: firing, generate };
    (report.len() == before).then_some(correlation)
}

/// What a temporal correlation without a condition asks for: all of its rules.
fn all_of(rules: usize, place: Place) -> Firing {
    let number = Decimal::parse(&rules.to_string());
    Firing::Thresholds(number.map(|number| Threshold { operator: Operator::Gte, number, place }).into_iter().collect())
}

fn unknown_keys(map: Map, report: &mut Vec<Diagnostic>) {
    for (key, _) in map.entries() {
        let text = key.scalar().map(|key| &*key.text);
        if text.is_some_and(|text| KEYS.contains(&text)) {
            continue;
        }
        let near = text.and_then(|text| if text == "timeframe" { Some("timespan") } else { similar::nearest(text, KEYS.iter().copied()) });
        let help = near.map_or_else(|| one_of(KEYS.iter().copied()), |meant| format!("did you mean `{meant}`?"));
        let message = format!("a correlation has no key {}", quote(text.unwrap_or_default()));
        report.push(Diagnostic::error(Code::InvalidAttribute, key.place(), message).help(help));
    }
}

/// A node that is there and not null.
pub(super) fn present<'t, 's>(map: Map<'t, 's>, name: &str) -> Option<Node<'t, 's>> {
    child(map, name).filter(|node| !is_null(*node))
}

fn correlation_type(key: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<Type> {
    let names = || TYPES.iter().map(|(name, _)| *name);
    let Some(node) = present(map, "type") else {
        let problem = Diagnostic::error(Code::CorrelationType, key, "a correlation without a type");
        report.push(problem.help(or_meant("write `type: event_count` or another type", "type", map)));
        return None;
    };
    let text = node.scalar().map(|scalar| &*scalar.text).unwrap_or_default();
    let found = TYPES.iter().find(|(name, _)| *name == text).map(|(_, of)| *of);
    if found.is_none() {
        let help = similar::nearest(text, names()).map_or_else(|| one_of(names()), |meant| format!("did you mean `{meant}`?"));
        report.push(Diagnostic::error(Code::CorrelationType, node.place(), format!("unknown type {}", quote(text))).help(help));
    }
    found
}

/// The texts that a node is: one, or a list of them; `None` for entries that are no text.
pub(in crate::rule) fn texts<'t>(node: Node<'t, '_>) -> Option<Vec<(Option<&'t str>, Place)>> {
    match node.view() {
        View::Scalar(scalar) => Some(vec![(lenient_text(scalar), scalar.place)]),
        View::List(list) => Some(list.iter().map(|entry| (entry.scalar().and_then(lenient_text), entry.place())).collect()),
        View::Map(_) => None,
    }
}

/// The rules, where the key is there; empty where something is wrong, which has been reported.
fn rules(map: Map, report: &mut Vec<Diagnostic>) -> Option<Vec<Reference>> {
    let node = present(map, "rules")?;
    Some(references(node, Code::CorrelationRules, report))
}

/// References to rules: at least one, none twice; else a report.
pub(in crate::rule) fn references(node: Node, code: Code, report: &mut Vec<Diagnostic>) -> Vec<Reference> {
    let help = "write ids or names of rules, each on a line that begins with `- `";
    let entries = texts(node).unwrap_or_default();
    if entries.is_empty() {
        report.push(Diagnostic::error(code, node.place(), "`rules` must be a list of ids or names of rules").help(help));
    }
    let mut seen = HashSet::new();
    let mut references = Vec::with_capacity(entries.len());
    for (text, place) in entries {
        match text.filter(|text| !text.is_empty()) {
            None => report.push(Diagnostic::error(code, place, "a reference that is no id or name of a rule").help(help)),
            Some(name) if seen.insert(name) => references.push(Reference { name: name.to_owned(), place }),
            Some(name) => {
                report.push(Diagnostic::error(code, place, format!("the rule {} twice", quote(name))).help("remove one of the two"))
            }
        }
    }
    references
}

fn group_by(map: Map, report: &mut Vec<Diagnostic>) -> Vec<String> {
    let Some(node) = present(map, "group-by") else { return Vec::new() };
    fields(node, "group-by", Code::InvalidAttribute, report)
}

/// Names of fields: one text, or a list of them; else a report.
pub(super) fn fields(node: Node, name: &str, code: Code, report: &mut Vec<Diagnostic>) -> Vec<String> {
    let problem = |place| {
        Diagnostic::error(code, place, format!("`{name}` must be the name of a field, or a list of names"))
            .help("write names of fields or aliases; quote what YAML would not take for text")
    };
    let Some(entries) = texts(node) else {
        report.push(problem(node.place()));
        return Vec::new();
    };
    let mut fields = Vec::with_capacity(entries.len());
    for (text, place) in entries {
        match text.filter(|text| !text.is_empty()) {
            Some(field) => fields.push(field.to_owned()),
            None => report.push(problem(place)),
        }
    }
    fields
}

fn timespan(key: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<u64> {
    let help = "write a whole number from 1 and a unit, such as `5m`: `s`, `m`, `h`, `d` or `w`";
    let Some(node) = present(map, "timespan") else {
        let problem = Diagnostic::error(Code::CorrelationTimespan, key, "a correlation without a time span");
        report.push(problem.help(or_meant("write `timespan:` with a number and a unit, such as `timespan: 5m`", "timespan", map)));
        return None;
    };
    let text = node.scalar().and_then(lenient_text);
    let seconds = text.and_then(seconds);
    if seconds.is_none() {
        let shown = text.map_or_else(|| "this".to_owned(), quote);
        report.push(Diagnostic::error(Code::CorrelationTimespan, node.place(), format!("{shown} is no time span")).help(help));
    }
    seconds
}

/// `[1-9][0-9]*[smhdw]` in seconds.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = UNITS.iter().find_map(|(name, seconds)| Some((text.strip_suffix(*name)?, *seconds)))?;
    let fits = text.len() <= MAX_TIMESPAN && !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
    number.parse::<u64>().ok().filter(|_| fits)?.checked_mul(unit)
}

fn aliases(map: Map, report: &mut Vec<Diagnostic>) -> Vec<Alias> {
    let Some(node) = present(map, "aliases") else { return Vec::new() };
    let View::Map(aliases) = node.view() else {
        report.push(no_alias(node.place(), "`aliases` must be a map"));
        return Vec::new();
    };
    aliases.entries().filter_map(|(name, fields)| alias(name, fields, report)).collect()
}

fn no_alias(place: Place, message: &str) -> Diagnostic {
    Diagnostic::error(Code::CorrelationAliases, place, message)
        .help("write the name of the alias, and below it for each rule `<id or name>: <field>`")
}

fn alias(name: Node, fields: Node, report: &mut Vec<Diagnostic>) -> Option<Alias> {
    let Some(text) = name.scalar().and_then(lenient_text).filter(|text| !text.is_empty()) else {
        report.push(no_alias(name.place(), "the name of an alias must be a text"));
        return None;
    };
    let View::Map(map) = fields.view() else {
        report.push(no_alias(fields.place(), "an alias must be a map"));
        return None;
    };
    if map.is_empty() {
        report.push(no_alias(fields.place(), "an alias without rules"));
    }
    let mut pairs = Vec::new();
    for (rule, field) in map.entries() {
        let (name, field_name) = (rule.scalar().and_then(lenient_text), field.scalar().and_then(lenient_text));
        match (name, field_name.filter(|field| !field.is_empty())) {
            (Some(name), Some(field)) => pairs.push((Reference { name: name.to_owned(), place: rule.place() }, field.to_owned())),
            (None, _) => report.push(no_alias(rule.place(), "a reference that is no id or name of a rule")),
            (Some(_), None) => report.push(no_alias(field.place(), "the field of an alias must be a text")),
        }
    }
    Some(Alias { name: text.to_owned(), fields: pairs })
}

/// `generate`, which the schema has at the root of the document and others in the section (D-7).
fn generate(document: Map, map: Map, report: &mut Vec<Diagnostic>) -> bool {
    let mut said = Vec::new();
    for node in [present(document, "generate"), present(map, "generate")].into_iter().flatten() {
        match node.scalar().map(scalar::resolve) {
            Some(Resolved::Boolean(value)) => said.push(value),
            _ => {
                let problem = Diagnostic::error(Code::InvalidAttribute, node.place(), "`generate` must be a boolean");
                report.push(problem.help("write `true` or `false`, without quotes"));
            }
        }
        if said.contains(&true) && said.contains(&false) {
            let problem = Diagnostic::error(Code::InvalidAttribute, node.place(), "`generate` is both true and false");
            report.push(problem.help("write it once: beside `correlation` or below it"));
        }
    }
    said.contains(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timespans_are_a_number_and_a_unit() {
        for (text, expected) in [
            ("1s", Some(1)),
            ("5m", Some(300)),
            ("2h", Some(7_200)),
            ("10d", Some(864_000)),
            ("1w", Some(604_800)),
            ("999999999w", Some(999_999_999 * 604_800)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        for text in ["", "s", "0s", "05m", "1.5h", "-1m", "+1m", "1H", "1M", "1y", "5", "1m30s", " 1m", "1 m", "1234567890s", "é"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
