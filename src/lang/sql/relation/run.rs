//! Plans over rows: joins, conditions, results, orders, limits.
//!
//! Work is counted, so that no query takes more than a bounded time. A limit that cuts among rows which the
//! order leaves tied is open.

use super::Open;
use super::ast::Joined;
use super::eval::Env;
use super::group::{Group, order};
use super::plan::{Block, Plan, Rows as From, Sort, SortKey};
use super::value::{Value, truncated};
use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;
use std::rc::Rc;

/// Steps before a query is left open.
const BUDGET: usize = 100_000_000;

pub(super) type Rows = Vec<Vec<Value>>;

/// A row of a result with its keys of the order.
type Keyed = (Vec<Value>, Vec<Value>);

/// A run of plans over the rows of the base table.
pub(super) struct Runner<'p> {
    plans: &'p [Plan],
    base: Rc<Rows>,
    cache: Vec<OnceCell<Rc<Rows>>>,
    budget: Cell<usize>,
}

/// The key of a base column that no record has: the number of the row.
pub(super) const ROW_NUMBER: &str = "\0row";

/// The row of a record, which has this number in the table.
pub(super) fn base_row(record: &serde_json::Map<String, serde_json::Value>, columns: &[String], number: i64) -> Vec<Value> {
    let value = |key: &String| match record.get(key) {
        _ if key == ROW_NUMBER => Value::Integer(number),
        Some(serde_json::Value::String(text)) => Value::Text(text.clone()),
        Some(serde_json::Value::Number(number)) => match number.as_str().parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => number.as_str().parse().map_or(Value::Null, Value::real),
        },
        Some(serde_json::Value::Bool(truth)) => Value::truth(Some(*truth)),
        Some(serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_)) | None => Value::Null,
    };
    columns.iter().map(value).collect()
}

/// The rows of a plan.
pub(super) fn run(plans: &[Plan], root: usize, base: Rows) -> Result<Rows, Open> {
    let cache = plans.iter().map(|_| OnceCell::new()).collect();
    let runner = Runner { plans, base: Rc::new(base), cache, budget: Cell::new(BUDGET) };
    Ok(runner.rows(root, None, usize::MAX)?.as_ref().clone())
}

/// How two values stand in an order.
pub(super) fn sorted(a: &Value, b: &Value, sort: &Sort) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if sort.nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if sort.nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) => {
            let order = a.order(b, sort.case);
            if sort.descending { order.reverse() } else { order }
        }
    }
}

/// How two rows stand in an order, by their keys.
pub(super) fn ordered(a: &[Value], b: &[Value], sorts: &[Sort]) -> Ordering {
    a.iter().zip(b).zip(sorts).map(|((a, b), sort)| sorted(a, b, sort)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

impl Runner<'_> {
    pub(super) fn plan(&self, plan: usize) -> Option<&Plan> {
        self.plans.get(plan)
    }

    /// Counts steps of work.
    pub(super) fn charge(&self, steps: usize) -> Result<(), Open> {
        let left = self.budget.get().checked_sub(steps).ok_or_else(|| Open("a query that takes too many steps".to_owned()))?;
        self.budget.set(left);
        Ok(())
    }

    /// The rows of a plan, at least as many of them as are wanted.
    pub(super) fn rows(&self, plan: usize, outer: Option<&Env<'_>>, wanted: usize) -> Result<Rc<Rows>, Open> {
        let (Some(own), Some(cache)) = (self.plans.get(plan), self.cache.get(plan)) else { return Ok(Rc::default()) };
        if own.correlated {
            return self.query(own, outer, wanted).map(Rc::new);
        }
        if let Some(rows) = cache.get() {
            return Ok(Rc::clone(rows));
        }
        let rows = Rc::new(self.query(own, outer, usize::MAX)?);
        Ok(Rc::clone(cache.get_or_init(|| rows)))
    }

    fn query(&self, plan: &Plan, outer: Option<&Env<'_>>, wanted: usize) -> Result<Rows, Open> {
        let simple = plan.limit.is_none() && plan.blocks.len() == 1;
        let early = if simple { wanted } else { usize::MAX };
        let mut result: Vec<Keyed> = Vec::new();
        let cases = || plan.cases.iter().copied();
        for (joined, block) in &plan.blocks {
            result.extend(self.block(block, &plan.order, outer, early)?);
            if block.distinct || *joined == Joined::Distinct {
                let mut kept: Vec<Keyed> = Vec::new();
                for row in result {
                    self.charge(kept.len())?;
                    if !kept.iter().any(|other| order(&other.0, &row.0, cases()).is_eq()) {
                        kept.push(row);
                    }
                }
                result = kept;
            }
        }
        result.sort_by(|a, b| ordered(&a.1, &b.1, &plan.order));
        if let Some(limit) = &plan.limit {
            let env = outer.copied().unwrap_or_default();
            let number = |ex| -> Result<i64, Open> { Ok(self.value(ex, &env)?.number().map_or(0, truncated)) };
            let limit = usize::try_from(number(limit)?).unwrap_or(usize::MAX);
            let skip = plan.offset.as_ref().map(number).transpose()?.map_or(0, |skip| usize::try_from(skip).unwrap_or(0));
            for cut in [skip, skip.saturating_add(limit)] {
                if let (Some(last), Some(next)) = (cut.checked_sub(1).and_then(|cut| result.get(cut)), result.get(cut))
                    && wanted > 1
                    && ordered(&last.1, &next.1, &plan.order).is_eq()
                    && last.0 != next.0
                {
                    return Err(Open("a limit among rows that no order tells apart".to_owned()));
                }
            }
            result = result.into_iter().skip(skip).take(limit).collect();
        }
        Ok(result.into_iter().map(|row| row.0).collect())
    }

    /// The rows of one select, each with its keys of the order.
    fn block(&self, block: &Block, sorts: &[Sort], outer: Option<&Env<'_>>, wanted: usize) -> Result<Vec<Keyed>, Open> {
        let early = block.groups.is_none() && block.windows.is_empty();
        let rows = self.joined(block, outer, if early { wanted } else { usize::MAX })?;
        let width = block.sources.iter().map(|source| source.width).sum();
        let mut groups = match &block.groups {
            Some(groups) => self.groups(groups, rows, width, outer)?,
            None => rows.into_iter().map(|row| Group { row, keys: Vec::new(), aggregates: Vec::new() }).collect(),
        };
        if block.having.is_some() {
            let mut kept = Vec::new();
            for group in groups {
                if self.is_true(block.having.as_ref(), &env_of(&group, outer))? {
                    kept.push(group);
                }
            }
            groups = kept;
        }
        let envs: Vec<Env<'_>> = groups.iter().map(|group| env_of(group, outer)).collect();
        let mut windows = vec![Vec::new(); envs.len()];
        for window in &block.windows {
            for (values, value) in windows.iter_mut().zip(self.window(window, &envs)?) {
                values.push(value);
            }
        }
        let mut result = Vec::new();
        for (env, windows) in envs.iter().zip(&windows) {
            let env = Env { windows, ..*env };
            let row = self.values(&block.results, &env)?;
            let keys = sorts.iter().map(|sort| match &sort.key {
                SortKey::Result(index) => Ok(row.get(*index).cloned().unwrap_or(Value::Null)),
                SortKey::Row(ex) => self.value(ex, &env),
            });
            let keys = keys.collect::<Result<Vec<_>, _>>()?;
            result.push((row, keys));
        }
        Ok(result)
    }

    /// The joined rows that meet the condition.
    fn joined(&self, block: &Block, outer: Option<&Env<'_>>, wanted: usize) -> Result<Rows, Open> {
        let mut rows: Rows = vec![Vec::new()];
        let last = block.sources.len().saturating_sub(1);
        for (at, source) in block.sources.iter().enumerate() {
            let right = match source.rows {
                From::Base => Rc::clone(&self.base),
                From::Plan(plan) => self.rows(plan, outer, usize::MAX)?,
            };
            let mut next = Vec::new();
            for left in &rows {
                let mut found = false;
                for right in right.iter() {
                    self.charge(1)?;
                    let row: Vec<Value> = left.iter().chain(right).cloned().collect();
                    let env = Env { row: &row, outer, ..Env::default() };
                    if self.is_true(source.on.as_ref(), &env)? {
                        found = true;
                        if at < last || self.is_true(block.condition.as_ref(), &env)? {
                            next.push(row);
                        }
                    }
                    if at == last && next.len() >= wanted {
                        return Ok(next);
                    }
                }
                if source.outer && !found {
                    let row: Vec<Value> = left.iter().cloned().chain(std::iter::repeat_n(Value::Null, source.width)).collect();
                    let env = Env { row: &row, outer, ..Env::default() };
                    if at < last || self.is_true(block.condition.as_ref(), &env)? {
                        next.push(row);
                    }
                }
            }
            rows = next;
        }
        if block.sources.is_empty() && !self.is_true(block.condition.as_ref(), &Env { outer, ..Env::default() })? {
            rows.clear();
        }
        Ok(rows)
    }
}

fn env_of<'r>(group: &'r Group, outer: Option<&'r Env<'r>>) -> Env<'r> {
    Env { row: &group.row, keys: &group.keys, aggregates: &group.aggregates, windows: &[], outer }
}
