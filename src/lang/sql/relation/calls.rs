//! Aggregates and window functions into plans.
//!
//! Source: SQLite, "Built-in Aggregate Functions", "Window Functions". Deliberately absent: `ntile`, `nth_value`,
//! `percent_rank`, `cume_dist`, and offsets of frames that are no literals.

use super::super::ast::{Kind as NodeKind, Node};
use super::super::{Result, invalid, unread};
use super::ast::{Bound, Call, Exclude, Relational, Unit, Window};
use super::compile::{Compiler, Typed};
use super::names::{Kind, Stage};
use super::plan::{Aggregate, AggregateKind, Ex, Frame, SortKey, WindowCall, WindowKind};
use super::select::sort;
use super::value::Value;
use crate::ir::Case;
use crate::source::Place;

const AGGREGATES: &[(&str, usize, usize, AggregateKind)] = &[
    ("count", 0, 1, AggregateKind::Count),
    ("sum", 1, 1, AggregateKind::Sum),
    ("total", 1, 1, AggregateKind::Total),
    ("avg", 1, 1, AggregateKind::Average),
    ("min", 1, 1, AggregateKind::Least),
    ("max", 1, 1, AggregateKind::Greatest),
    ("group_concat", 1, 2, AggregateKind::Concatenation),
];

fn aggregate_kind(call: &Call) -> Option<AggregateKind> {
    let fits = |entry: &&(&str, usize, usize, AggregateKind)| {
        entry.0.eq_ignore_ascii_case(&call.name) && (entry.1..=entry.2).contains(&call.arguments.len())
    };
    AGGREGATES.iter().find(fits).map(|entry| entry.3)
}

/// Whether there is an aggregate here or below that is no window function.
pub(super) fn aggregates(node: &Node) -> bool {
    if let NodeKind::Relational(relational) = &node.kind
        && let Relational::Call(call) = relational.as_ref()
        && call.over.is_none()
        && aggregate_kind(call).is_some()
    {
        return true;
    }
    node.kind.children().into_iter().any(aggregates)
}

impl Compiler<'_> {
    /// A function that may be an aggregate or a window function.
    pub(super) fn function(&mut self, call: &Call, place: Place) -> Result<Typed> {
        let kind = aggregate_kind(call);
        if let Some(window) = &call.over {
            return self.window_call(call, kind, window, place);
        }
        let Some(kind) = kind else {
            if call.distinct || call.filter.is_some() {
                return Err(invalid(place, format!("`DISTINCT` or `FILTER` with `{}`, which is no aggregate", call.name)));
            }
            return self.call(&call.name, &call.arguments, place);
        };
        let scope = self.scope()?;
        if scope.stage == Stage::Rows || scope.block.groups.is_none() {
            return Err(invalid(place, format!("misuse of aggregate: `{}`", call.name)));
        }
        let stage = std::mem::replace(&mut scope.stage, Stage::Rows);
        let aggregate = self.aggregate(call, kind, place);
        let scope = self.scope()?;
        scope.stage = stage;
        let aggregate = aggregate?;
        let index = scope.block.groups.as_mut().map_or(0, |groups| {
            groups.aggregates.push(aggregate);
            groups.aggregates.len() - 1
        });
        Ok(Typed { ex: Ex::Aggregate(index), kind: Kind::PLAIN })
    }

    fn aggregate(&mut self, call: &Call, kind: AggregateKind, place: Place) -> Result<Aggregate> {
        if call.distinct && call.arguments.len() != 1 {
            return Err(invalid(place, "`DISTINCT` aggregates take one argument"));
        }
        let typed = call.arguments.iter().map(|node| self.expression(node)).collect::<Result<Vec<_>>>()?;
        let case = typed.first().and_then(|typed| typed.kind.case).unwrap_or(Case::Sensitive);
        let filter = call.filter.as_ref().map(|node| self.ex(node)).transpose()?;
        Ok(Aggregate { kind, arguments: typed.into_iter().map(|typed| typed.ex).collect(), distinct: call.distinct, filter, case })
    }

    fn window_call(&mut self, call: &Call, kind: Option<AggregateKind>, window: &Window, place: Place) -> Result<Typed> {
        if self.scope()?.stage != Stage::Result {
            return Err(invalid(place, format!("misuse of window function: `{}`", call.name)));
        }
        if call.distinct {
            return Err(invalid(place, "`DISTINCT` in a window function"));
        }
        self.scope()?.stage = Stage::Groups;
        let made = self.window_parts(call, kind, window, place);
        self.scope()?.stage = Stage::Result;
        let made = made?;
        let windows = &mut self.scope()?.block.windows;
        windows.push(made);
        Ok(Typed { ex: Ex::Window(windows.len() - 1), kind: Kind::PLAIN })
    }

    fn window_parts(&mut self, call: &Call, kind: Option<AggregateKind>, window: &Window, place: Place) -> Result<WindowCall> {
        let kind = match kind {
            Some(kind) => WindowKind::Aggregate(self.aggregate(call, kind, place)?),
            None => self.ranking(call, place)?,
        };
        let mut partition = Vec::new();
        for node in &window.partition {
            let typed = self.expression(node)?;
            partition.push((typed.ex, typed.kind.case.unwrap_or(Case::Sensitive)));
        }
        let mut order = Vec::new();
        for term in &window.order {
            let typed = self.expression(&term.node)?;
            order.push(sort(SortKey::Row(typed.ex), typed.kind.case, term));
        }
        let default = Frame { unit: Unit::Range, start: Bound::First, end: Bound::Current, exclude: Exclude::Nothing };
        let Some(frame) = &window.frame else { return Ok(WindowCall { kind, partition, order, frame: default }) };
        let (start, end) = (bound(&frame.start, frame.unit)?, bound(&frame.end, frame.unit)?);
        let offsets = [&start, &end].into_iter().any(|bound| matches!(bound, Bound::Before(_) | Bound::After(_)));
        if frame.unit == Unit::Range && offsets {
            let [term] = window.order.as_slice() else {
                return Err(invalid(window.place, "a range with an offset needs one term to order by"));
            };
            if term.nulls_first == term.descending {
                return Err(unread(term.node.place, "a range with an offset over such an order of NULL"));
            }
        }
        if frame.unit == Unit::Groups && window.order.is_empty() {
            return Err(invalid(window.place, "a frame of groups without an order"));
        }
        Ok(WindowCall { kind, partition, order, frame: Frame { unit: frame.unit, start, end, exclude: frame.exclude } })
    }

    fn ranking(&mut self, call: &Call, place: Place) -> Result<WindowKind> {
        if call.filter.is_some() {
            return Err(invalid(place, "`FILTER` with a function that is no aggregate"));
        }
        let mut arguments = call.arguments.iter().map(|node| self.ex(node)).collect::<Result<Vec<_>>>()?;
        let kind = match (call.name.to_ascii_lowercase().as_str(), arguments.len()) {
            ("row_number", 0) => WindowKind::RowNumber,
            ("rank", 0) => WindowKind::Rank,
            ("dense_rank", 0) => WindowKind::DenseRank,
            ("lag", 1..=3) => WindowKind::Lag(arguments),
            ("lead", 1..=3) => WindowKind::Lead(arguments),
            (name @ ("first_value" | "last_value"), 1) => {
                let only = arguments.pop().unwrap_or(Ex::Constant(Value::Null));
                if name == "first_value" { WindowKind::First(only) } else { WindowKind::Last(only) }
            }
            (name, _) if self.dialect.functions(name).next().is_none() => {
                return Err(invalid(place, format!("no such function: `{name}`")));
            }
            (name, _) => return Err(unread(place, format!("the window function `{name}`"))),
        };
        Ok(kind)
    }
}

/// An end of a frame, whose offset must be a constant that is not negative.
fn bound(bound: &Bound<Node>, unit: Unit) -> Result<Bound<Value>> {
    let value = |node: &Node| -> Result<Value> {
        let value = super::eval::constant(node).ok_or_else(|| unread(node.place, "an offset of a frame that is no literal"))?;
        let fits = match value {
            Value::Integer(integer) => integer >= 0,
            Value::Real(real) => real >= 0.0 && unit == Unit::Range,
            Value::Null | Value::Text(_) | Value::Blob(_) => false,
        };
        if fits { Ok(value) } else { Err(invalid(node.place, "an offset of a frame that is no number from zero on")) }
    };
    Ok(match bound {
        Bound::First => Bound::First,
        Bound::Before(node) => Bound::Before(value(node)?),
        Bound::Current => Bound::Current,
        Bound::After(node) => Bound::After(value(node)?),
        Bound::Last => Bound::Last,
    })
}
