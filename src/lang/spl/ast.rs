//! The syntax tree of expressions.

use super::syntax::Operator;
use crate::ir::Decimal;
use crate::source::Place;

/// A part of an expression with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// What a part of an expression is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Text(String),
    Number(Decimal),
    Field(String),
    Minus(Box<Node>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Xor(Vec<Node>),
    Compare { operator: Operator, left: Box<Node>, right: Box<Node> },
    In { value: Box<Node>, list: Vec<Node> },
    Like { value: Box<Node>, pattern: Box<Node> },
    Call { name: String, arguments: Vec<Node> },
}
