//! What a program needs of its events: for each rule the fields to keep, for each correlation where it finds them.
//!
//! Deliberately absent: events, and what correlations mean.

use super::branch::{self, Branch};
use super::exact::Bounds;
use super::{Kind, TooManyBranches};
use crate::rule::Rule;
use crate::rule::correlation::{Correlation, Firing};
use crate::rule::program::{Node, Program, Slot};

/// A node of the program, with what it hands on.
#[derive(Debug)]
pub(super) enum Stage<'p> {
    /// A detection rule, and the fields of its events that correlations ask for.
    Rule { rule: &'p Rule, fields: Vec<&'p str> },
    /// A correlation; the fields of its alerts are its `group-by`.
    Correlation(Box<Joint<'p>>),
}

impl<'p> Stage<'p> {
    /// Where the values of a field are kept; `None` where the node has no such field.
    fn position(&mut self, field: &'p str) -> Option<usize> {
        let fields = match self {
            Self::Correlation(joint) => return joint.correlation.group_by.iter().position(|name| name == field),
            Self::Rule { rule: _, fields } => fields,
        };
        let found = fields.iter().position(|name| *name == field);
        found.or_else(|| {
            fields.push(field);
            fields.len().checked_sub(1)
        })
    }
}

/// A correlation, ready to be evaluated.
#[derive(Debug)]
pub(super) struct Joint<'p> {
    pub(super) correlation: &'p Correlation,
    /// For each of its rules, in their order.
    pub(super) links: Vec<Link>,
    pub(super) when: When,
}

/// When it fires.
#[derive(Debug)]
pub(super) enum When {
    Bounds(Bounds),
    Branches(Vec<Branch>),
}

/// A rule that a correlation refers to: its node, and where that keeps what the correlation asks for.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) node: usize,
    pub(super) group: Vec<Option<usize>>,
    pub(super) values: Vec<Option<usize>>,
}

/// The stages of a program, one for each node.
pub(super) fn stages<'p>(program: &'p Program<'p>) -> Result<Vec<Stage<'p>>, TooManyBranches> {
    let mut stages = Vec::new();
    for node in &program.nodes {
        let stage = match node {
            Node::Rule(rule) => Stage::Rule { rule, fields: Vec::new() },
            Node::Correlation { correlation, slots } => Stage::Correlation(Box::new(Joint {
                correlation,
                links: slots.iter().map(|slot| link(correlation, slot, &mut stages)).collect(),
                when: match &correlation.condition {
                    Firing::Thresholds(thresholds) => When::Bounds(Bounds::new(thresholds)),
                    Firing::Presence { condition, text: _, place } => {
                        When::Branches(branch::branches(condition, slots).ok_or(TooManyBranches { place: *place })?)
                    }
                },
            })),
        };
        stages.push(stage);
    }
    Ok(stages)
}

fn link<'p>(correlation: &'p Correlation, slot: &Slot, stages: &mut [Stage<'p>]) -> Link {
    let mut position = |name: &'p str| stages.get_mut(slot.node).and_then(|stage| stage.position(field(correlation, slot, name)));
    let group = correlation.group_by.iter().map(|name| position(name)).collect();
    let values = counted(&correlation.kind).into_iter().map(position).collect();
    Link { node: slot.node, group, values }
}

/// §7 `aliases`: the field that a name stands for in a rule. A name that no alias maps for this rule is a field.
fn field<'p>(correlation: &'p Correlation, slot: &Slot, name: &'p str) -> &'p str {
    let mut mapped = correlation.aliases.iter().filter(|alias| alias.name == name).flat_map(|alias| &alias.fields);
    mapped.find(|(rule, _)| slot.names.contains(&rule.name)).map_or(name, |(_, field)| field)
}

/// The fields whose values are counted.
fn counted(kind: &Kind) -> Vec<&str> {
    match kind {
        Kind::ValueCount(fields) => fields.iter().map(String::as_str).collect(),
        Kind::ValueSum(field) | Kind::ValueAvg(field) | Kind::ValueMedian(field) | Kind::ValuePercentile { field, rank: _ } => vec![field],
        Kind::EventCount | Kind::Temporal | Kind::TemporalOrdered => Vec::new(),
    }
}
