//! Queries as written: selects, their parts, and the expressions that only queries have.
//!
//! Deliberately absent: names resolved, types, values.

use super::super::ast::{Identifier, Node, ResultColumn};
use crate::source::Place;

/// An expression that only whole queries have.
#[derive(Debug, Clone)]
pub(crate) enum Relational {
    /// `EXISTS (…)`
    Exists(Query),
    /// `(SELECT …)`
    Scalar(Query),
    /// `value IN (SELECT …)`
    In(Node, Query),
    /// A function that is, or may be, an aggregate or a window function.
    Call(Call),
}

/// A function with what may stand beside it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Node>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Node>,
    pub(crate) over: Option<Window>,
}

/// A `SELECT` with its common tables, order and limit.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) common: Vec<Common>,
    /// The parts that `UNION ALL` or `UNION` joins, each with how it is joined to those before it.
    pub(crate) parts: Vec<(Joined, Core)>,
    pub(crate) order: Vec<Ordered>,
    pub(crate) limit: Option<Node>,
    pub(crate) offset: Option<Node>,
}

/// How a part of a compound is joined to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    All,
    Distinct,
}

/// A common table: `name (columns) AS (query)`.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    pub(crate) name: Identifier,
    pub(crate) columns: Vec<Identifier>,
    pub(crate) query: Query,
}

/// One `SELECT` without order and limit.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    pub(crate) distinct: bool,
    pub(crate) columns: Vec<ResultColumn>,
    pub(crate) from: Vec<Joint>,
    pub(crate) condition: Option<Node>,
    pub(crate) group: Vec<Node>,
    pub(crate) having: Option<Node>,
    pub(crate) place: Place,
}

/// A table in `FROM`, with how it is joined to those before it.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    pub(crate) outer: bool,
    pub(crate) table: Table,
    pub(crate) alias: Option<Identifier>,
    pub(crate) on: Option<Node>,
}

/// What stands in `FROM`.
#[derive(Debug, Clone)]
pub(crate) enum Table {
    Named(Identifier),
    Query(Box<Query>),
}

/// A term of `ORDER BY`.
#[derive(Debug, Clone)]
pub(crate) struct Ordered {
    pub(crate) node: Node,
    pub(crate) descending: bool,
    /// Whether NULL comes first; without a word it is less than everything.
    pub(crate) nulls_first: bool,
}

/// What follows `OVER`.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) partition: Vec<Node>,
    pub(crate) order: Vec<Ordered>,
    pub(crate) frame: Option<Frame>,
    pub(crate) place: Place,
}

/// A frame as written.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) unit: Unit,
    pub(crate) start: Bound<Node>,
    pub(crate) end: Bound<Node>,
    pub(crate) exclude: Exclude,
}

/// What a frame counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Rows,
    Range,
    Groups,
}

/// An end of a frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bound<T> {
    First,
    Before(T),
    Current,
    After(T),
    Last,
}

/// What is left out of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exclude {
    Nothing,
    Current,
    Group,
    Ties,
}

impl Relational {
    /// The expressions of the same row.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Exists(_) | Self::Scalar(_) => Vec::new(),
            Self::In(value, _) => vec![value],
            Self::Call(call) => call.arguments.iter().chain(&call.filter).collect(),
        }
    }
}
