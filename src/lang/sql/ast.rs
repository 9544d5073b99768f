//! SQL expressions as written: a tree of nodes with their places.
//!
//! A node knows its depth, how deep the engine counts it, and whether a `COLLATE` stands below it, so that
//! none of these is ever searched for. Negated operators (`<>`, `NOT LIKE`, `IS NOT` …) are [`Kind::Not`]
//! over their positive form, which is what they mean. Deliberately absent: names resolved, types, values.

use super::number::Number;
use crate::ir::Comparison;
use crate::source::Place;

/// A `SELECT` statement with one table.
#[derive(Debug)]
pub(super) struct Select {
    /// The columns of the result.
    pub(super) columns: Vec<ResultColumn>,
    /// The table.
    pub(super) table: Identifier,
    /// Its other name.
    pub(super) alias: Option<Identifier>,
    /// The condition.
    pub(super) condition: Option<Node>,
}

/// A name with its place.
#[derive(Debug, Clone)]
pub(super) struct Identifier {
    pub(super) text: String,
    pub(super) place: Place,
}

/// A column of a result.
#[derive(Debug, Clone)]
pub(super) enum ResultColumn {
    /// `*`, or `t.*` with its table.
    All(Option<Identifier>),
    /// An expression and its alias.
    Value(Node, Option<String>),
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) place: Place,
    /// Levels of nodes from here down.
    pub(super) depth: usize,
    /// The depth that the engine counts, where a chain of `AND` is as deep as it is long.
    pub(super) engine_depth: usize,
    /// Whether there is a `COLLATE` here or below.
    pub(super) collated: bool,
}

/// How a name was quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Not at all.
    Bare,
    /// As a name, without doubt.
    Name,
    /// In a way that also quotes texts where no such name exists.
    NameOrText,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Null,
    Number(Number),
    Text(String),
    Blob(Vec<u8>),
    Name {
        table: Option<String>,
        name: String,
        quoting: Quoting,
    },
    Not(Box<Node>),
    Unary(Unary, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare {
        op: Comparison,
        left: Box<Node>,
        right: Box<Node>,
    },
    Is {
        left: Box<Node>,
        right: Box<Node>,
    },
    IsNull(Box<Node>),
    Match {
        op: MatchOperator,
        text: Box<Node>,
        pattern: Box<Node>,
        escape: Option<Box<Node>>,
    },
    Between {
        value: Box<Node>,
        low: Box<Node>,
        high: Box<Node>,
    },
    In {
        value: Box<Node>,
        list: Vec<Node>,
    },
    Binary {
        op: Binary,
        left: Box<Node>,
        right: Box<Node>,
    },
    Case {
        operand: Option<Box<Node>>,
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    Cast {
        value: Box<Node>,
        type_name: String,
    },
    Collate {
        value: Box<Node>,
        collation: String,
    },
    Call {
        name: String,
        arguments: Vec<Node>,
    },
    Row(Vec<Node>),
    /// What only the reader of whole queries knows; the parser makes it for no other.
    Relational(Box<super::relation::ast::Relational>),
}

/// A prefix operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Minus,
    Plus,
    Invert,
}

/// An operator whose operands and result are values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    BitAnd,
    BitOr,
    ShiftLeft,
    ShiftRight,
    Concatenate,
    JsonValue,
    JsonText,
}

/// An operator that holds a text against a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchOperator {
    Like,
    Glob,
    Regexp,
    Match,
}

impl Node {
    /// A node over its parts.
    pub(super) fn new(kind: Kind, place: Place) -> Self {
        let children = kind.children();
        let depth = children.iter().map(|child| child.depth).max().unwrap_or(0) + 1;
        let collated = matches!(kind, Kind::Collate { .. }) || children.iter().any(|child| child.collated);
        let mut below = children.iter().map(|child| child.engine_depth);
        let engine_depth = if matches!(kind, Kind::And(_) | Kind::Or(_)) {
            below.reduce(|left, right| left.max(right) + 1).unwrap_or(1)
        } else if matches!(kind, Kind::Collate { .. }) {
            below.next().unwrap_or(1)
        } else {
            below.max().unwrap_or(0) + 1
        };
        drop(children);
        Self { kind, place, depth, engine_depth, collated }
    }
}

impl Kind {
    /// The parts, in the order in which the engine looks for a collation among them.
    pub(super) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Null | Self::Number(_) | Self::Text(_) | Self::Blob(_) | Self::Name { .. } => Vec::new(),
            Self::Not(child) | Self::Unary(_, child) | Self::IsNull(child) => vec![child],
            Self::Cast { value, .. } | Self::Collate { value, .. } => vec![value],
            Self::And(list) | Self::Or(list) | Self::Row(list) | Self::Call { arguments: list, .. } => list.iter().collect(),
            Self::Compare { left, right, .. } | Self::Is { left, right } | Self::Binary { left, right, .. } => vec![left, right],
            Self::Relational(relational) => relational.children(),
            Self::Match { text, pattern, escape, .. } => [pattern, text].into_iter().chain(escape).map(|child| &**child).collect(),
            Self::Between { value, low, high } => vec![value, low, high],
            Self::In { value, list } => std::iter::once(&**value).chain(list).collect(),
            Self::Case { operand, branches, otherwise } => {
                let branches = branches.iter().flat_map(|(when, then)| [when, then]);
                operand.as_deref().into_iter().chain(branches).chain(otherwise.as_deref()).collect()
            }
        }
    }
}

/// From the start of one place to the end of another.
pub(super) fn span(from: Place, to: Place) -> Place {
    Place { line: from.line, column: from.column, end_line: to.end_line, end_column: to.end_column, file: 0 }
}
