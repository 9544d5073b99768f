//! From a correlation rule and the rules that it refers to, to what they mean together: [`rule::program::Program`] →
//! [`Program`].
//!
//! Names end here: an alias becomes the field that it stands for in each rule, an identifier of a condition the number of
//! a slot. A rule with several conditions occurs where one of them holds. Where an alias names no field for a rule, the
//! name is that of the field. Deliberately absent: resolving references, which the program has behind it.

use super::Expr;
use super::correlation::{Correlation, Firing, Kind, Node, Operator, Presence, Program, Slot, Threshold};
use super::lower;
use crate::diag::{Code, Diagnostic};
use crate::rule::correlation as written;
use crate::rule::{self, Condition};
use crate::source::Place;
use crate::text::number::Decimal;

/// What the program means.
///
/// # Errors
/// What of a rule has no formula; a name in a condition that is no rule of the correlation; a time span beyond what
/// milliseconds can count.
pub fn lower(program: &rule::program::Program<'_>) -> Result<Program, Diagnostic> {
    let node = |node: &rule::program::Node<'_>| match node {
        rule::program::Node::Rule(rule) => Ok(Node::Base(Expr::or(lower::lower(rule)?))),
        rule::program::Node::Correlation { correlation, slots } => Ok(Node::Correlation(Box::new(self::correlation(correlation, slots)?))),
    };
    Ok(Program { nodes: program.nodes.iter().map(node).collect::<Result<_, Diagnostic>>()? })
}

fn correlation(written: &written::Correlation, slots: &[rule::program::Slot]) -> Result<Correlation, Diagnostic> {
    let (kind, counted) = kind(&written.kind);
    let slot = |slot: &rule::program::Slot| {
        let named = |name: &String| field(written, slot, name);
        Slot { node: slot.node, group: written.group_by.iter().map(named).collect(), values: counted.iter().map(named).collect() }
    };
    let window = written.timespan.checked_mul(1000).and_then(|window| i64::try_from(window).ok());
    Ok(Correlation {
        place: written.place,
        kind,
        slots: slots.iter().map(slot).collect(),
        group_by: written.group_by.clone(),
        window: window.ok_or_else(|| Diagnostic::error(Code::NotSupportedYet, written.place, "the time span is too long"))?,
        firing: firing(&written.condition, slots)?,
    })
}

/// What is counted, and of which fields.
fn kind(written: &written::Kind) -> (Kind, Vec<String>) {
    match written {
        written::Kind::EventCount => (Kind::Events, Vec::new()),
        written::Kind::ValueCount(fields) => (Kind::Values, fields.clone()),
        written::Kind::ValueSum(field) => (Kind::Sum, vec![field.clone()]),
        written::Kind::ValueAvg(field) => (Kind::Average, vec![field.clone()]),
        written::Kind::ValuePercentile { field, rank } => (Kind::Percentile(rank.clone()), vec![field.clone()]),
        written::Kind::ValueMedian(field) => (Kind::Percentile(Decimal::from(50)), vec![field.clone()]),
        written::Kind::Temporal => (Kind::Slots, Vec::new()),
        written::Kind::TemporalOrdered => (Kind::OrderedSlots, Vec::new()),
    }
}

/// The field for which a name stands in a rule.
fn field(written: &written::Correlation, slot: &rule::program::Slot, name: &str) -> String {
    let aliases = written.aliases.iter().filter(|alias| alias.name == name).flat_map(|alias| &alias.fields);
    let mut here = aliases.filter(|(rule, _)| slot.names.contains(&rule.name)).map(|(_, field)| field);
    here.next().map_or_else(|| name.to_owned(), Clone::clone)
}

fn firing(written: &written::Firing, slots: &[rule::program::Slot]) -> Result<Firing, Diagnostic> {
    match written {
        written::Firing::Thresholds(thresholds) => Ok(Firing::Thresholds(thresholds.iter().map(threshold).collect())),
        written::Firing::Presence { condition, place, .. } => Ok(Firing::Presence(presence(condition, *place, slots)?)),
    }
}

fn threshold(written: &written::Threshold) -> Threshold {
    let operator = match written.operator {
        written::Operator::Lt => Operator::Lt,
        written::Operator::Lte => Operator::Lte,
        written::Operator::Gt => Operator::Gt,
        written::Operator::Gte => Operator::Gte,
        written::Operator::Eq => Operator::Eq,
        written::Operator::Neq => Operator::Neq,
    };
    Threshold { operator, number: written.number.clone() }
}

fn presence(written: &Condition, place: Place, slots: &[rule::program::Slot]) -> Result<Presence, Diagnostic> {
    let all = |parts: &[Condition]| parts.iter().map(|part| presence(part, place, slots)).collect::<Result<Vec<_>, _>>();
    match written {
        Condition::And(parts) => Ok(Presence::And(all(parts)?)),
        Condition::Or(parts) => Ok(Presence::Or(all(parts)?)),
        Condition::Not(part) => Ok(Presence::Not(Box::new(presence(part, place, slots)?))),
        Condition::Identifier(name) => {
            let slot = slots.iter().position(|slot| slot.names.contains(name));
            let unknown = || format!("`{}` is no rule of this correlation", name.escape_debug());
            slot.map(Presence::Slot).ok_or_else(|| Diagnostic::error(Code::UnknownIdentifier, place, unknown()))
        }
        Condition::Selector { .. } => {
            Err(Diagnostic::error(Code::ConditionSyntax, place, "the condition of a correlation has names of rules only"))
        }
    }
}
