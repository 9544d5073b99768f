//! Groups of rows, and aggregate functions.
//!
//! Source: SQLite, "Built-in Aggregate Functions". NULL is one group. What a group's rows differ in has no one
//! value. Deliberately absent: the compensated sums of newer versions; sums of doubles add in order of rows.

use super::Open;
use super::eval::{Env, double};
use super::plan::{Aggregate, AggregateKind, Groups};
use super::run::{Rows, Runner};
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

    /// The value of an aggregate over rows.
    pub(super) fn aggregate(&self, aggregate: &Aggregate, rows: &[Env<'_>]) -> Result<Value, Open> {
        let mut values: Vec<Vec<Value>> = Vec::new();
        for env in rows {
            if self.is_true(aggregate.filter.as_ref(), env)? {
                let arguments = self.values(&aggregate.arguments, env)?;
                if !arguments.first().is_some_and(Value::is_null) {
                    values.push(arguments);
                }
            }
        }
        if aggregate.distinct {
            let case = || std::iter::repeat(aggregate.case);
            values.sort_by(|a, b| order(a, b, case()));
            values.dedup_by(|a, b| order(a, b, case()).is_eq());
        }
        self.charge(values.len())?;
        let firsts = || values.iter().filter_map(|arguments| arguments.first());
        let count = values.len() as f64;
        Ok(match aggregate.kind {
            AggregateKind::Count => Value::Integer(i64::try_from(values.len()).unwrap_or(i64::MAX)),
            AggregateKind::Sum if values.is_empty() => Value::Null,
            AggregateKind::Sum => match whole(firsts()) {
                Some(sum) => Value::Integer(i64::try_from(sum).map_err(|_| Open("integer overflow".to_owned()))?),
                None => Value::real(firsts().map(double).sum()),
            },
            AggregateKind::Total => Value::real(firsts().map(double).sum::<f64>() + 0.0),
            AggregateKind::Average if values.is_empty() => Value::Null,
            AggregateKind::Average => match whole(firsts()).and_then(|sum| i64::try_from(sum).ok()) {
                Some(sum) => Value::real(sum as f64 / count),
                None => Value::real(firsts().map(double).sum::<f64>() / count),
            },
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

/// The sum of integers; `None` where one is none.
fn whole<'v>(values: impl Iterator<Item = &'v Value>) -> Option<i128> {
    let mut sum: i128 = 0;
    for value in values {
        let Value::Integer(integer) = value.clone().cast(crate::storage::Affinity::Numeric).ok()? else { return None };
        let integral = matches!(value, Value::Integer(_)) || matches!(value, Value::Text(text) if text.trim().parse::<i64>().is_ok());
        sum += i128::from(integral.then_some(integer)?);
    }
    Some(sum)
}
