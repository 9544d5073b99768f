//! Text into a syntax tree.
//!
//! Source: Kibana's `grammar.peggy`. Its ordered choices never have to go back: what follows a literal decides
//! what the literal is. Queries and lists of values are the same trees with different leaves. Deliberately
//! absent: cursor rules, which serve suggestions.

use super::super::elastic::unread;
use super::Result;
use super::cursor::{Cursor, strip_word};
use super::literal::{Literal, literal};
use crate::ir::Comparison;
use crate::source::Place;

/// Parentheses and braces nest at most this deep.
const MAX_DEPTH: usize = 200;

/// Each connective, each `not` and each test becomes a `bool` clause; Elasticsearch rejects requests in which more
/// than 29 stand in each other, one of which is the caller's, and OpenSearch takes more.
const MAX_HEIGHT: usize = 28;

/// A formula over leaves.
#[derive(Debug, Clone)]
pub(super) enum Tree<L> {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Leaf(L),
}

/// A leaf of a query.
#[derive(Debug, Clone)]
pub(super) enum Leaf {
    /// A value without a field.
    Free(Literal),
    /// `field: value`, `field: (values)`
    Is { field: Literal, values: Tree<Literal> },
    /// `field > value`
    Range { field: Literal, op: Comparison, bound: Literal },
    /// `path: { query }`
    Nested(Place),
}

impl<L> Tree<L> {
    /// How many clauses stand in each other, given that of each leaf.
    fn height(&self, leaf: &dyn Fn(&L) -> usize) -> usize {
        let tallest = |list: &[Self]| list.iter().map(|tree| tree.height(leaf)).max().unwrap_or(0);
        match self {
            Self::Or(list) | Self::And(list) => 1 + tallest(list),
            Self::Not(tree) => 1 + tree.height(leaf),
            Self::Leaf(own) => leaf(own),
        }
    }
}

impl Leaf {
    fn height(&self) -> usize {
        match self {
            Self::Free(_) => 0,
            Self::Is { values, .. } => values.height(&|_| 1),
            Self::Range { .. } | Self::Nested(_) => 1,
        }
    }
}

/// The tree of a query; `None` for an empty one.
pub(super) fn query(text: &str) -> Result<Option<Tree<Leaf>>> {
    let mut parser = Parser { cursor: Cursor::new(text), depth: 0 };
    parser.cursor.skip_spaces();
    let start = parser.cursor;
    if parser.cursor.peek().is_none() {
        return Ok(None);
    }
    let tree = parser.or(Parser::leaf)?;
    parser.cursor.skip_spaces();
    if parser.cursor.peek().is_some() {
        return parser.cursor.expected("`and`, `or` or the end");
    }
    if tree.height(&Leaf::height) > MAX_HEIGHT {
        let what = format!("a query of more than {MAX_HEIGHT} clauses in each other, which some engines reject");
        return Err(unread(parser.cursor.since(start), what));
    }
    Ok(Some(tree))
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    depth: usize,
}

/// What reads a leaf.
type ReadLeaf<'t, L> = fn(&mut Parser<'t>) -> Result<L>;

impl<'t> Parser<'t> {
    fn or<L>(&mut self, leaf: ReadLeaf<'t, L>) -> Result<Tree<L>> {
        let mut list = vec![self.and(leaf)?];
        while self.infix("or") {
            list.push(self.and(leaf)?);
        }
        Ok(single(list, Tree::Or))
    }

    fn and<L>(&mut self, leaf: ReadLeaf<'t, L>) -> Result<Tree<L>> {
        let mut list = vec![self.not(leaf)?];
        while self.infix("and") {
            list.push(self.not(leaf)?);
        }
        Ok(single(list, Tree::And))
    }

    fn not<L>(&mut self, leaf: ReadLeaf<'t, L>) -> Result<Tree<L>> {
        let mut after = self.cursor;
        let is_not = strip_word(after.rest(), "not").is_some() && {
            after.skip("not".len());
            after.skip_spaces()
        };
        if !is_not {
            return self.sub(leaf);
        }
        self.cursor = after;
        self.sub(leaf).map(|tree| Tree::Not(Box::new(tree)))
    }

    fn sub<L>(&mut self, leaf: ReadLeaf<'t, L>) -> Result<Tree<L>> {
        if !self.cursor.eat("(") {
            return leaf(self).map(Tree::Leaf);
        }
        self.block(leaf, ")")
    }

    /// What stands between brackets, the first of which was taken.
    fn block<L>(&mut self, leaf: ReadLeaf<'t, L>, close: &str) -> Result<Tree<L>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(unread(self.cursor.since(self.cursor), format!("brackets nested deeper than {MAX_DEPTH}")));
        }
        self.cursor.skip_spaces();
        let tree = self.or(leaf)?;
        self.cursor.skip_spaces();
        if !self.cursor.eat(close) {
            return self.cursor.expected(&format!("`{close}`"));
        }
        self.depth -= 1;
        Ok(tree)
    }

    /// Takes a word between spaces.
    fn infix(&mut self, word: &str) -> bool {
        let mut after = self.cursor;
        let found = after.skip_spaces() && strip_word(after.rest(), word).is_some() && {
            after.skip(word.len());
            after.skip_spaces()
        };
        if found {
            self.cursor = after;
        }
        found
    }

    fn leaf(&mut self) -> Result<Leaf> {
        let start = self.cursor;
        let first = self.value()?;
        let after_first = self.cursor;
        self.cursor.skip_spaces();
        if let Some(op) = self.range_operator() {
            self.cursor.skip_spaces();
            let bound = self.value()?;
            return Ok(Leaf::Range { field: first, op, bound });
        }
        if !self.cursor.eat(":") {
            self.cursor = after_first;
            return Ok(Leaf::Free(first));
        }
        self.cursor.skip_spaces();
        if self.cursor.eat("{") {
            self.block(Self::leaf, "}")?;
            return Ok(Leaf::Nested(self.cursor.since(start)));
        }
        let values = self.sub(Self::value)?;
        Ok(Leaf::Is { field: first, values })
    }

    fn range_operator(&mut self) -> Option<Comparison> {
        const OPERATORS: &[(&str, Comparison)] =
            &[("<=", Comparison::Lte), (">=", Comparison::Gte), ("<", Comparison::Lt), (">", Comparison::Gt)];
        OPERATORS.iter().find(|(text, _)| self.cursor.eat(text)).map(|(_, op)| *op)
    }

    fn value(&mut self) -> Result<Literal> {
        match literal(&mut self.cursor)? {
            Some(literal) => Ok(literal),
            None => self.cursor.expected("a field or a value"),
        }
    }
}

fn single<L>(mut list: Vec<Tree<L>>, many: fn(Vec<Tree<L>>) -> Tree<L>) -> Tree<L> {
    match (list.len(), list.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            list.extend(last);
            many(list)
        }
    }
}
