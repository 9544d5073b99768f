//! When a value is not NULL.
//!
//! Deliberately absent: which value it is (`eval`), and whether it is true (`read`).

use super::Result;
use super::ast::{Kind, Node};
use super::dialect::Function;
use super::read::{Reader, Side};
use crate::ir::Expr;

impl Reader<'_> {
    /// When a value is not NULL.
    pub(super) fn known(&mut self, node: &Node) -> Result<Expr> {
        self.charge(1, node.place)?;
        match &node.kind {
            Kind::Not(child) | Kind::Collate { value: child, .. } => self.known(child),
            Kind::IsNull(_) | Kind::Is { .. } => Ok(Expr::True),
            Kind::Compare { left, right, .. } => Ok(Expr::and([self.known(left)?, self.known(right)?])),
            Kind::Match { text, pattern, escape, .. } => {
                // A pattern that fails, fails here too.
                self.when(node, Side::True)?;
                let escape = escape.as_ref().map_or(Ok(Expr::True), |escape| self.known(escape))?;
                Ok(Expr::and([self.known(text)?, self.known(pattern)?, escape]))
            }
            Kind::And(_) | Kind::Or(_) | Kind::Between { .. } | Kind::In { .. } => {
                Ok(Expr::or([self.when(node, Side::True)?, self.when(node, Side::False)?]))
            }
            Kind::Case { .. } => self.known_branch(node),
            Kind::Call { name, arguments } => match (self.function(name, arguments.len()), arguments.as_slice()) {
                (Function::Coalesce, _) => Ok(Expr::or(arguments.iter().map(|argument| self.known(argument)).collect::<Result<Vec<_>>>()?)),
                (Function::If, _) => self.known_branch(node),
                (Function::Like | Function::Glob | Function::Regexp, _) => {
                    self.when(node, Side::True)?;
                    Ok(Expr::and(arguments.iter().map(|argument| self.known(argument)).collect::<Result<Vec<_>>>()?))
                }
                (_, _) => self.known_value(node),
            },
            Kind::Null
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Blob(_)
            | Kind::Name { .. }
            | Kind::Unary(..)
            | Kind::Binary { .. }
            | Kind::Cast { .. }
            | Kind::Relational(_)
            | Kind::Row(_) => self.known_value(node),
        }
    }

    fn known_branch(&mut self, node: &Node) -> Result<Expr> {
        let mut cases = Vec::new();
        for (guard, result) in self.branches(node)? {
            if let Some(result) = result {
                let known = self.known(result)?;
                cases.push(Expr::and([guard, known]));
            }
        }
        Ok(Expr::or(cases))
    }

    fn known_value(&mut self, node: &Node) -> Result<Expr> {
        let pieces = self.pieces(node)?;
        Ok(Expr::or(pieces.into_iter().map(|piece| Expr::and([piece.guard, piece.term.known(node.place)]))))
    }
}
