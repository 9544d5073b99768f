//! What a correlation rule means: occurrences of formulas, the windows over them, and when they give an alert.
//!
//! The second, small representation beside [`Expr`]: a program of nodes, each after those that it refers to. Names are
//! resolved: a slot knows its node, and for every name of the group and of what is counted the field that stands for it
//! there. The meaning is that of sigma.md §7.1: for every time t at which something occurs in a group, the window holds
//! the occurrences in [t − span, t], both ends included; where the condition holds of it, there is an alert of the group
//! at t. Deliberately absent: running a program, and targets.

use super::{Decimal, Expr};
use crate::source::Place;
use std::cmp::Ordering;

/// A correlation and everything that it is about; the last node is the one that the program is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The nodes, each after those that it refers to.
    pub nodes: Vec<Node>,
}

/// Something that occurs at times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// It occurs at the time of every event that the formula matches, with the event's fields.
    Base(Expr),
    /// It occurs at the time of every alert; its fields are the names of its group.
    Correlation(Box<Correlation>),
}

/// A condition on windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    /// Where it was written.
    pub place: Place,
    /// What is counted in a window.
    pub kind: Kind,
    /// What occurs, in the order of the rule; at least one, none twice.
    pub slots: Vec<Slot>,
    /// The names of the group. Occurrences in which one of them has no value belong to no group.
    pub group_by: Vec<String>,
    /// The length of the window in milliseconds; at least 1,000.
    pub window: i64,
    /// When there is an alert.
    pub firing: Firing,
}

/// What occurs in a correlation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The number of its node.
    pub node: usize,
    /// For each name of the group the field that has its value here.
    pub group: Vec<String>,
    /// For each field that is counted the one that has its value here; none where nothing but occurrences is.
    pub values: Vec<String>,
}

/// What is counted in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The different events.
    Events,
    /// The different tuples of values, of occurrences that have all of them.
    Values,
    /// The sum of the numbers.
    Sum,
    /// Their mean.
    Average,
    /// Their percentile of this rank, by linear interpolation.
    Percentile(Decimal),
    /// The different slots.
    Slots,
    /// The most slots of which some occurrences follow each other at strictly increasing times, in the order of the
    /// slots.
    OrderedSlots,
}

/// When a window gives an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firing {
    /// All of these hold of what is counted; at least one.
    Thresholds(Vec<Threshold>),
    /// This holds of the slots that occur. Of ordered slots, those that it needs occur in order.
    Presence(Presence),
}

/// A bound on what is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The comparison, what is counted on the left.
    pub operator: Operator,
    /// The number on the right.
    pub number: Decimal,
}

/// A comparison with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Lt,
    /// `<=`
    Lte,
    /// `>`
    Gt,
    /// `>=`
    Gte,
    /// `=`
    Eq,
    /// Not equal.
    Neq,
}

impl Operator {
    /// Whether an ordering, of what is counted to the bound, satisfies the comparison.
    pub fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Lt => ordering.is_lt(),
            Self::Lte => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Gte => ordering.is_ge(),
            Self::Eq => ordering.is_eq(),
            Self::Neq => ordering.is_ne(),
        }
    }
}

/// A condition on which slots occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The slot of this number occurs.
    Slot(usize),
    /// This does not hold.
    Not(Box<Presence>),
    /// All of these hold.
    And(Vec<Presence>),
    /// One of these holds.
    Or(Vec<Presence>),
}
