//! When a correlation fires: thresholds on what is counted, or for temporal types an expression over rules.
//!
//! Follows sigma.md §7 (D-28; string conditions as enhancement proposal 198 has them). Deliberately absent: whether the
//! rules that an expression names are those of `rules`, which only a collection can tell, since both may speak of a rule
//! by its id or by its name.

use super::read::{Type, fields, present};
use super::{Firing, Kind, Operator, Reference, Threshold};
use crate::diag::{Code, Diagnostic, quote};
use crate::rule::condition;
use crate::rule::metadata::{one_of, or_meant};
use crate::rule::scalar::{self, Resolved};
use crate::rule::yaml::{Map, Node, Scalar, View};
use crate::source::Place;
use crate::text::number::Decimal;
use crate::text::similar;

const OPERATORS: &[(&str, Operator)] = &[
    ("lt", Operator::Lt),
    ("lte", Operator::Lte),
    ("gt", Operator::Gt),
    ("gte", Operator::Gte),
    ("eq", Operator::Eq),
    ("neq", Operator::Neq),
];

/// What else a condition may have.
const FURTHER: &[&str] = &["field", "percentile"];

/// What a condition says.
pub(super) struct Said {
    pub(super) kind: Kind,
    /// `None` where there is no condition and none is needed.
    pub(super) firing: Option<Firing>,
    /// The rules that the condition names.
    pub(super) named: Vec<Reference>,
}

/// Reads the condition of a correlation of this type. What is wrong is reported.
pub(super) fn read(key: Place, map: Map, of: Type, report: &mut Vec<Diagnostic>) -> Option<Said> {
    let Some(node) = present(map, "condition") else {
        if let Some(kind) = temporal(of) {
            return Some(Said { kind, firing: None, named: Vec::new() });
        }
        let problem = Diagnostic::error(Code::CorrelationCondition, key, "a correlation without a condition");
        report.push(problem.help(or_meant("write `condition:` and below it, for example, `gte: 10`", "condition", map)));
        return None;
    };
    match node.view() {
        View::Map(condition) => thresholds(node, condition, of, report),
        View::Scalar(scalar) => expression(scalar, of, report),
        View::List(_) => {
            report.push(no_condition(node.place(), "a list as the condition of a correlation"));
            None
        }
    }
}

fn temporal(of: Type) -> Option<Kind> {
    match of {
        Type::Temporal => Some(Kind::Temporal),
        Type::TemporalOrdered => Some(Kind::TemporalOrdered),
        Type::EventCount | Type::ValueCount | Type::ValueSum | Type::ValueAvg | Type::ValuePercentile | Type::ValueMedian => None,
    }
}

fn no_condition(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::CorrelationCondition, place, message).help("write `condition:` and below it, for example, `gte: 10`")
}

fn expression(scalar: &Scalar, of: Type, report: &mut Vec<Diagnostic>) -> Option<Said> {
    let Some(kind) = temporal(of) else {
        report.push(no_condition(scalar.place, "an expression as the condition of a correlation that counts"));
        return None;
    };
    if scalar::resolve(scalar) != Resolved::Text {
        report.push(no_condition(scalar.place, "a condition that is neither a map nor an expression over rules"));
        return None;
    }
    match condition::over_rules(scalar) {
        Ok((condition, named)) => {
            let firing = Firing::Presence { condition, text: scalar.text.to_string(), place: scalar.place };
            Some(Said { kind, firing: Some(firing), named })
        }
        Err(problem) => {
            report.push(problem);
            None
        }
    }
}

fn thresholds(node: Node, map: Map, of: Type, report: &mut Vec<Diagnostic>) -> Option<Said> {
    let before = report.len();
    let mut thresholds = Vec::new();
    for (key, value) in map.entries() {
        let name = key.scalar().map(|key| &*key.text).unwrap_or_default();
        match OPERATORS.iter().find(|(known, _)| *known == name) {
            Some((_, operator)) => thresholds.extend(threshold(name, *operator, value, of, report)),
            None if FURTHER.contains(&name) => {}
            None => report.push(unknown_key(key.place(), name)),
        }
    }
    if thresholds.is_empty() && report.len() == before {
        report.push(no_condition(node.place(), "a condition without a comparison"));
    }
    let kind = kind(node.place(), map, of, report);
    let said = Said { kind: kind?, firing: Some(Firing::Thresholds(thresholds)), named: Vec::new() };
    (report.len() == before).then_some(said)
}

fn unknown_key(place: Place, name: &str) -> Diagnostic {
    let names = || OPERATORS.iter().map(|(name, _)| *name).chain(FURTHER.iter().copied());
    let help = similar::nearest(name, names()).map_or_else(|| one_of(names()), |meant| format!("did you mean `{meant}`?"));
    Diagnostic::error(Code::CorrelationCondition, place, format!("the condition of a correlation has no key {}", quote(name))).help(help)
}

fn threshold(name: &str, operator: Operator, node: Node, of: Type, report: &mut Vec<Diagnostic>) -> Option<Threshold> {
    let counts = match of {
        Type::EventCount | Type::ValueCount | Type::Temporal | Type::TemporalOrdered => true,
        Type::ValueSum | Type::ValueAvg | Type::ValuePercentile | Type::ValueMedian => false,
    };
    let number = number(node).filter(|_| !counts || node.scalar().is_some_and(scalar::is_integer));
    if number.is_none() {
        let (what, help) = match counts {
            true => ("a whole number", "write a number without a fraction and without quotes"),
            false => ("a number", "write a number, without quotes"),
        };
        let problem = Diagnostic::error(Code::CorrelationCondition, node.place(), format!("`{name}` takes {what} here"));
        report.push(problem.help(help));
    }
    Some(Threshold { operator, number: number?, place: node.place() })
}

fn number(node: Node) -> Option<Decimal> {
    match scalar::resolve(node.scalar()?) {
        Resolved::Number(number) => Some(number),
        Resolved::Text | Resolved::Null | Resolved::Boolean(_) | Resolved::Ambiguous | Resolved::Unrepresentable => None,
    }
}

/// The type with the fields and the rank that it needs.
fn kind(place: Place, map: Map, of: Type, report: &mut Vec<Diagnostic>) -> Option<Kind> {
    let rank = match of {
        Type::ValuePercentile => Some(rank(place, map, report)),
        Type::EventCount
        | Type::ValueCount
        | Type::ValueSum
        | Type::ValueAvg
        | Type::ValueMedian
        | Type::Temporal
        | Type::TemporalOrdered => {
            unused(map, "percentile", Code::CorrelationPercentile, "only `value_percentile` has a rank", report);
            None
        }
    };
    match of {
        Type::EventCount | Type::Temporal | Type::TemporalOrdered => {
            unused(map, "field", Code::CorrelationField, "only the types `value_…` look at a field", report);
            Some(temporal(of).unwrap_or(Kind::EventCount))
        }
        Type::ValueCount => several(place, map, report).map(Kind::ValueCount),
        Type::ValueSum => one(place, map, report).map(Kind::ValueSum),
        Type::ValueAvg => one(place, map, report).map(Kind::ValueAvg),
        Type::ValueMedian => one(place, map, report).map(Kind::ValueMedian),
        Type::ValuePercentile => one(place, map, report).zip(rank?).map(|(field, rank)| Kind::ValuePercentile { field, rank }),
    }
}

/// Reports a key that the type has no use for.
fn unused(map: Map, name: &str, code: Code, help: &str, report: &mut Vec<Diagnostic>) {
    if let Some(node) = present(map, name) {
        let problem = Diagnostic::error(code, node.place(), format!("`{name}` in the condition of a correlation that has no use for it"));
        report.push(problem.help(format!("remove it: {help}")));
    }
}

fn several(place: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
    let before = report.len();
    let names = present(map, "field").map_or_else(Vec::new, |node| fields(node, "field", Code::CorrelationField, report));
    if names.is_empty() && report.len() == before {
        let problem = Diagnostic::error(Code::CorrelationField, place, "a correlation over values without a field");
        report.push(problem.help(or_meant("write `field:` with the name of the field below `condition:`", "field", map)));
    }
    (report.len() == before).then_some(names)
}

fn one(place: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<String> {
    let mut names = several(place, map, report)?;
    if names.len() > 1 {
        let place = present(map, "field").map_or(place, Node::place);
        let problem = Diagnostic::error(Code::CorrelationField, place, "several fields, where numbers of one are computed with");
        report.push(problem.help("write one field; only `value_count` takes several"));
        return None;
    }
    names.pop()
}

fn rank(place: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<Decimal> {
    let node = present(map, "percentile");
    let (low, high) = (Decimal::parse("0")?, Decimal::parse("100")?);
    let rank = node.and_then(number).filter(|rank| *rank >= low && *rank <= high);
    if rank.is_none() {
        let problem = Diagnostic::error(Code::CorrelationPercentile, node.map_or(place, Node::place), "a percentile needs its rank");
        report.push(problem.help("write `percentile:` with a number from 0 to 100 below `condition:`"));
    }
    rank
}
