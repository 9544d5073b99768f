//! Plans: queries with their names resolved, ready to be run.
//!
//! A row of a block is that of its joined sources; what groups and windows make of it stands beside it.

use super::ast::{Bound, Exclude, Joined, Unit};
use super::functions::Function;
use super::value::{How, Value};
use crate::ir::{Case, Comparison};
use crate::lang::sql::ast::{Binary, MatchOperator};
use crate::storage::Affinity;

/// An expression over a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ex {
    Constant(Value),
    /// A column of the row, or of that of a query around this one.
    Column {
        up: usize,
        index: usize,
    },
    Key(usize),
    Aggregate(usize),
    Window(usize),
    Not(Box<Ex>),
    Minus(Box<Ex>),
    And(Vec<Ex>),
    Or(Vec<Ex>),
    Compare(Comparison, Box<Ex>, Box<Ex>, How),
    Is(Box<Ex>, Box<Ex>, How),
    IsNull(Box<Ex>),
    Between(Box<Ex>, (Box<Ex>, How), (Box<Ex>, How)),
    In(Box<Ex>, Vec<(Ex, How)>),
    InQuery(Box<Ex>, usize, How),
    Exists(usize),
    Scalar(usize),
    Match(MatchOperator, Box<Ex>, Box<Ex>, Option<Box<Ex>>),
    Binary(Binary, Box<Ex>, Box<Ex>),
    Cast(Box<Ex>, Affinity),
    /// Without an operand, the branches' first parts are conditions.
    Case(Option<Box<Ex>>, Vec<(Ex, How, Ex)>, Option<Box<Ex>>),
    Call(Function, Vec<Ex>, Case),
}

/// A query.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) blocks: Vec<(Joined, Block)>,
    pub(super) order: Vec<Sort>,
    pub(super) limit: Option<Ex>,
    pub(super) offset: Option<Ex>,
    /// How letters compare in the columns of the result.
    pub(super) cases: Vec<Case>,
    /// Whether the rows depend on a query around this one.
    pub(super) correlated: bool,
}

/// A key of an order.
#[derive(Debug)]
pub(super) struct Sort {
    pub(super) key: SortKey,
    pub(super) case: Case,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

/// What is ordered by.
#[derive(Debug)]
pub(super) enum SortKey {
    Result(usize),
    Row(Ex),
}

/// One `SELECT`.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) sources: Vec<Source>,
    pub(super) condition: Option<Ex>,
    pub(super) groups: Option<Groups>,
    pub(super) having: Option<Ex>,
    pub(super) windows: Vec<WindowCall>,
    pub(super) results: Vec<Ex>,
    pub(super) distinct: bool,
}

/// A source with how it is joined to those before it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) rows: Rows,
    pub(super) width: usize,
    pub(super) outer: bool,
    pub(super) on: Option<Ex>,
}

/// Where rows come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows {
    Base,
    Plan(usize),
}

/// Groups of rows.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Whether rows are grouped at all; else there is one group, of any number of rows.
    pub(super) keyed: bool,
    pub(super) keys: Vec<(Ex, Case)>,
    pub(super) aggregates: Vec<Aggregate>,
    /// Columns that are asked for although they are neither grouped nor aggregated.
    pub(super) bare: Vec<(usize, String)>,
}

/// An aggregate function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aggregate {
    pub(super) kind: AggregateKind,
    pub(super) arguments: Vec<Ex>,
    pub(super) distinct: bool,
    pub(super) filter: Option<Ex>,
    pub(super) case: Case,
}

/// The aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AggregateKind {
    Count,
    Sum,
    Total,
    Average,
    Least,
    Greatest,
    Concatenation,
}

/// A window function.
#[derive(Debug)]
pub(super) struct WindowCall {
    pub(super) kind: WindowKind,
    pub(super) partition: Vec<(Ex, Case)>,
    pub(super) order: Vec<Sort>,
    pub(super) frame: Frame,
}

/// What a window function computes.
#[derive(Debug)]
pub(super) enum WindowKind {
    Aggregate(Aggregate),
    RowNumber,
    Rank,
    DenseRank,
    Lag(Vec<Ex>),
    Lead(Vec<Ex>),
    First(Ex),
    Last(Ex),
}

/// The rows of a partition that a window function sees.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) unit: Unit,
    pub(super) start: Bound<Value>,
    pub(super) end: Bound<Value>,
    pub(super) exclude: Exclude,
}
