//! The value of an expression for a row.
//!
//! Logic has three values. Deliberately absent: regular expressions, which are the host's.

use super::Open;
use super::compile::holds;
use super::plan::Ex;
use super::run::Runner;
use super::value::{How, Value};
use crate::ir::{Case, Regex};
use crate::lang::sql::ast::{Binary, Kind, MatchOperator, Node, Unary};
use crate::lang::sql::number::Number;
use crate::lang::sql::pattern::{Covers, glob, like};

/// A row with what stands beside it and around it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Env<'r> {
    pub(super) row: &'r [Value],
    pub(super) keys: &'r [Value],
    pub(super) aggregates: &'r [Value],
    pub(super) windows: &'r [Value],
    pub(super) outer: Option<&'r Env<'r>>,
}

type Outcome = Result<Value, Open>;

fn at(values: &[Value], index: usize) -> Value {
    values.get(index).cloned().unwrap_or(Value::Null)
}

/// The value of a literal, also under signs and arithmetic.
pub(super) fn constant(node: &Node) -> Option<Value> {
    if let Kind::Number(number) = &node.kind {
        return Some((*number).into());
    }
    if let Kind::Unary(Unary::Plus, child) = &node.kind {
        return constant(child);
    }
    if let Kind::Unary(Unary::Minus, child) = &node.kind {
        return Some(constant(child)?.number()?.negated().into());
    }
    let Kind::Binary { op, left, right } = &node.kind else { return None };
    if *op == Binary::Concatenate {
        return None;
    }
    super::arithmetic::binary(*op, &constant(left)?, &constant(right)?).ok()
}

impl Runner<'_> {
    /// Whether a condition is true.
    pub(super) fn is_true(&self, ex: Option<&Ex>, env: &Env<'_>) -> Result<bool, Open> {
        match ex {
            Some(ex) => Ok(self.value(ex, env)?.holds() == Some(true)),
            None => Ok(true),
        }
    }

    pub(super) fn values(&self, list: &[Ex], env: &Env<'_>) -> Result<Vec<Value>, Open> {
        list.iter().map(|ex| self.value(ex, env)).collect()
    }

    /// The value of an expression.
    pub(super) fn value(&self, ex: &Ex, env: &Env<'_>) -> Outcome {
        match ex {
            Ex::Constant(value) => Ok(value.clone()),
            Ex::Column { up, index } => {
                let mut env = Some(env);
                for _ in 0..*up {
                    env = env.and_then(|env| env.outer);
                }
                Ok(env.map_or(Value::Null, |env| at(env.row, *index)))
            }
            Ex::Key(index) => Ok(at(env.keys, *index)),
            Ex::Aggregate(index) => Ok(at(env.aggregates, *index)),
            Ex::Window(index) => Ok(at(env.windows, *index)),
            Ex::Not(child) => Ok(Value::truth(self.value(child, env)?.holds().map(|holds| !holds))),
            Ex::Minus(child) => Ok(self.value(child, env)?.number().map_or(Value::Null, |number| number.negated().into())),
            Ex::And(list) => self.chain(list, env, false),
            Ex::Or(list) => self.chain(list, env, true),
            Ex::Compare(op, left, right, how) => {
                let order = compared(&self.value(left, env)?, &self.value(right, env)?, *how)?;
                Ok(Value::truth(order.map(|order| holds(*op, order))))
            }
            Ex::Is(left, right, how) => {
                let (left, right) = (self.value(left, env)?, self.value(right, env)?);
                let same = match compared(&left, &right, *how)? {
                    Some(order) => order.is_eq(),
                    None => left.is_null() && right.is_null(),
                };
                Ok(Value::truth(Some(same)))
            }
            Ex::IsNull(child) => Ok(Value::truth(Some(self.value(child, env)?.is_null()))),
            Ex::Between(value, (low, from), (high, to)) => {
                let value = self.value(value, env)?;
                let above = compared(&value, &self.value(low, env)?, *from)?.map(std::cmp::Ordering::is_ge);
                let below = compared(&value, &self.value(high, env)?, *to)?.map(std::cmp::Ordering::is_le);
                Ok(Value::truth(match (above, below) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    (None, _) | (_, None) => None,
                }))
            }
            Ex::In(value, list) => {
                let value = self.value(value, env)?;
                let items = list.iter().map(|(item, how)| Ok((self.value(item, env)?, *how))).collect::<Result<Vec<_>, Open>>()?;
                member(&value, items.iter().map(|(item, how)| (item, *how)))
            }
            Ex::InQuery(value, plan, how) => {
                let value = self.value(value, env)?;
                let rows = self.rows(*plan, Some(env), usize::MAX)?;
                member(&value, rows.iter().filter_map(|row| Some((row.first()?, *how))))
            }
            Ex::Exists(plan) => Ok(Value::truth(Some(!self.rows(*plan, Some(env), 1)?.is_empty()))),
            Ex::Scalar(plan) => {
                let rows = self.rows(*plan, Some(env), usize::MAX)?;
                let first = rows.first().and_then(|row| row.first()).cloned().unwrap_or(Value::Null);
                let ordered = self.plan(*plan).is_some_and(|plan| !plan.order.is_empty());
                if !ordered && rows.iter().any(|row| row.first() != Some(&first)) {
                    return Err(Open("a subquery of several rows where one value is wanted".to_owned()));
                }
                Ok(first)
            }
            Ex::Match(op, text, pattern, escape) => {
                let escape = escape.as_ref().map(|escape| self.value(escape, env)).transpose()?;
                matched(*op, &self.value(text, env)?, &self.value(pattern, env)?, escape.as_ref())
            }
            Ex::Binary(op, left, right) => super::arithmetic::binary(*op, &self.value(left, env)?, &self.value(right, env)?),
            Ex::Cast(child, affinity) => self.value(child, env)?.cast(*affinity),
            Ex::Case(operand, branches, otherwise) => {
                let operand = operand.as_ref().map(|operand| self.value(operand, env)).transpose()?;
                for (when, how, then) in branches {
                    let when = self.value(when, env)?;
                    let applies = match &operand {
                        Some(operand) => compared(operand, &when, *how)?.is_some_and(std::cmp::Ordering::is_eq),
                        None => when.holds() == Some(true),
                    };
                    if applies {
                        return self.value(then, env);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |otherwise| self.value(otherwise, env))
            }
            Ex::Call(function, arguments, case) => super::functions::call(*function, &self.values(arguments, env)?, *case),
        }
    }

    /// `AND` and `OR`: the value that decides, else NULL if there is one.
    fn chain(&self, list: &[Ex], env: &Env<'_>, decides: bool) -> Outcome {
        let mut unknown = false;
        for ex in list {
            match self.value(ex, env)?.holds() {
                Some(value) if value == decides => return Ok(Value::truth(Some(decides))),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(Value::truth(if unknown { None } else { Some(!decides) }))
    }
}

fn compared(left: &Value, right: &Value, how: How) -> Result<Option<std::cmp::Ordering>, Open> {
    if left.is_null() || right.is_null() { Ok(None) } else { left.compare(right, how).map(Some) }
}

fn member<'v>(value: &Value, items: impl Iterator<Item = (&'v Value, How)>) -> Outcome {
    let (mut unknown, mut found) = (false, false);
    for (item, how) in items {
        match compared(value, item, how)? {
            Some(order) => found |= order.is_eq(),
            None => unknown = true,
        }
    }
    Ok(Value::truth(if found {
        Some(true)
    } else if unknown {
        None
    } else {
        Some(false)
    }))
}

fn matched(op: MatchOperator, text: &Value, pattern: &Value, escape: Option<&Value>) -> Outcome {
    let (Some(text), Some(pattern)) = (text.text()?, pattern.text()?) else { return Ok(Value::Null) };
    let escape = match escape.map(Value::text).transpose()? {
        None => None,
        Some(None) => return Ok(Value::Null),
        Some(Some(escape)) if escape.chars().count() == 1 => escape.chars().next(),
        Some(Some(_)) => return Err(Open("`ESCAPE` takes one character".to_owned())),
    };
    let (covers, case) = match op {
        MatchOperator::Like => (like(&pattern, escape), Case::Ascii),
        MatchOperator::Glob => (glob(&pattern), Case::Sensitive),
        MatchOperator::Regexp | MatchOperator::Match => return Err(Open("a function of the host".to_owned())),
    };
    let found = match covers {
        Covers::Pattern(pattern) => pattern.matches(&text, case),
        Covers::Tree(tree) => Regex::new(&tree).map_err(|error| Open(error.to_string()))?.is_match(&text),
        Covers::Nothing => false,
    };
    Ok(Value::truth(Some(found)))
}

/// The number of a value, as a double.
pub(super) fn double(value: &Value) -> f64 {
    value.number().map_or(0.0, Number::as_real)
}
