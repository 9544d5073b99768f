//! Groups of rows, and aggregate functions.
//!
//! Source: SQLite, "Built-in Aggregate Functions". NULL is one group. What a group's rows differ in has no one
//! value, nor has a text made of values whose order is not known. Deliberately absent: how sums are added (`sums`).

use super::Open;
use super::eval::Env;
use super::plan::{Aggregate, AggregateKind, Groups};
use super::run::{Rows, Runner};
use super::sums::{self, Sum};
use super::value::Value;
use crate::ir::Case;
use std::cmp::Ordering;

/// A group: its first row, the values of its keys and aggregates.
pub(super) struct Group {
    pub(super) row: Vec<Value>,
    pub(super) keys: Vec<Value>,
    pub(super) aggregates: Vec<Value>,
}

/// How two lists of values compare.
pub(super) fn order(a: &[Value], b: &[Value], cases: impl Iterator<Item = Case>) -> Ordering {
    a.iter().zip(b).zip(cases).map(|((a, b), case)| a.order(b, case)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

impl Runner<'_> {
    pub(super) fn groups(&self, groups: &Groups, rows: Rows, width: usize, outer: Option<&Env<'_>>) -> Result<Vec<Group>, Open> {
        let mut keyed = Vec::new();
        for row in rows {
            let env = Env { row: &row, outer, ..Env::default() };
            let keys = groups.keys.iter().map(|key| self.value(&key.0, &env)).collect::<Result<Vec<_>, _>>()?;
            keyed.push((keys, row));
        }
        let cases = || groups.keys.iter().map(|key| key.1);
        keyed.sort_by(|a, b| order(&a.0, &b.0, cases()));
        if keyed.is_empty() && !groups.keyed {
            let row = vec![Value::Null; width];
            let aggregates = groups.aggregates.iter().map(|aggregate| self.aggregate(aggregate, &[])).collect::<Result<_, _>>()?;
            return Ok(vec![Group { row, keys: Vec::new(), aggregates }]);
        }
        let mut result = Vec::new();
        for members in keyed.chunk_by(|a, b| order(&a.0, &b.0, cases()).is_eq()) {
            let Some((keys, row)) = members.first() else { continue };
            for (index, name) in &groups.bare {
                if members.iter().any(|(_, other)| other.get(*index) != row.get(*index)) {
                    return Err(Open(format!("`{name}`, which has several values in a group")));
                }
            }
            let envs: Vec<Env<'_>> = members.iter().map(|(_, row)| Env { row, outer, ..Env::default() }).collect();
            let aggregates = groups.aggregates.iter().map(|aggregate| self.aggregate(aggregate, &envs)).collect::<Result<_, _>>()?;
            result.push(Group { row: row.clone(), keys: keys.clone(), aggregates });
        }
        Ok(result)
    }

    /// The value of an aggregate over rows in no order.
    fn aggregate(&self, aggregate: &Aggregate, rows: &[Env<'_>]) -> Result<Value, Open> {
        let arguments = rows.iter().map(|env| self.arguments(aggregate, env)).collect::<Result<Vec<_>, _>>()?;
        let values: Vec<&[Value]> = arguments.iter().filter_map(Option::as_deref).collect();
        if aggregate.kind == AggregateKind::Concatenation && values.windows(2).any(|two| two.first() != two.last()) {
            return Err(Open("a concatenation of values in no order".to_owned()));
        }
        self.combined(aggregate, values)
    }

    /// The arguments of an aggregate for a row; `None` where it passes the row over.
    pub(super) fn arguments(&self, aggregate: &Aggregate, env: &Env<'_>) -> Result<Option<Vec<Value>>, Open> {
        if !self.is_true(aggregate.filter.as_ref(), env)? {
            return Ok(None);
        }
        let arguments = self.values(&aggregate.arguments, env)?;
        Ok(if arguments.first().is_some_and(Value::is_null) { None } else { Some(arguments) })
    }

    /// The value of an aggregate over the arguments of rows in order.
    pub(super) fn combined(&self, aggregate: &Aggregate, mut values: Vec<&[Value]>) -> Result<Value, Open> {
        if aggregate.distinct {
            let case = || std::iter::repeat(aggregate.case);
            values.sort_by(|a, b| order(a, b, case()));
            let alike = |two: &[&[Value]]| two.first() != two.last() && matches!(two, [a, b] if order(a, b, case()).is_eq());
            if aggregate.kind != AggregateKind::Count && values.windows(2).any(alike) {
                return Err(Open("one of values that differ but compare alike".to_owned()));
            }
            values.dedup_by(|a, b| order(a, b, case()).is_eq());
        }
        self.charge(values.len())?;
        let firsts = || values.iter().filter_map(|arguments| arguments.first());
        Ok(match aggregate.kind {
            AggregateKind::Count => Value::Integer(i64::try_from(values.len()).unwrap_or(i64::MAX)),
            AggregateKind::Sum if values.is_empty() => Value::Null,
            AggregateKind::Sum => match sums::sum(firsts())? {
                Sum::Integer(integer) => Value::Integer(integer),
                Sum::Real(real) => Value::real(real),
            },
            AggregateKind::Total => Value::real(sums::total(firsts())?),
            AggregateKind::Average if values.is_empty() => Value::Null,
            AggregateKind::Average => Value::real(sums::total(firsts())? / values.len() as f64),
            AggregateKind::Least => extreme(firsts().min_by(|a, b| a.order(b, aggregate.case)), firsts(), aggregate.case)?,
            AggregateKind::Greatest => extreme(firsts().max_by(|a, b| a.order(b, aggregate.case)), firsts(), aggregate.case)?,
            AggregateKind::Concatenation if values.is_empty() => Value::Null,
            AggregateKind::Concatenation => {
                let mut text = String::new();
                for (at, arguments) in values.iter().enumerate() {
                    if at > 0 {
                        let separator = arguments.get(1).map(Value::text).transpose()?;
                        text.push_str(&separator.map_or_else(|| ",".to_owned(), Option::unwrap_or_default));
                    }
                    text.push_str(&arguments.first().map(Value::text).transpose()?.flatten().unwrap_or_default());
                }
                Value::Text(text)
            }
        })
    }
}

/// The least or greatest value, where only one spelling of it is there: `1` and `1.0` compare alike.
fn extreme<'v>(best: Option<&'v Value>, mut values: impl Iterator<Item = &'v Value>, case: Case) -> Result<Value, Open> {
    let Some(best) = best else { return Ok(Value::Null) };
    if values.any(|value| value != best && value.order(best, case).is_eq()) {
        return Err(Open("the least or greatest of values that differ but compare alike".to_owned()));
    }
    Ok(best.clone())
}
