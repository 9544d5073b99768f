//! Window functions: partitions, orders, frames.
//!
//! Source: SQLite, "Window Functions" §2. The ends of a range with an offset are found as the engine finds
//! them: by adding the offset to the key, in its arithmetic.

use super::Open;
use super::arithmetic::binary;
use super::ast::{Bound, Exclude, Unit};
use super::eval::Env;
use super::group::order;
use super::plan::{Ex, SortKey, WindowCall, WindowKind};
use super::run::{Runner, ordered, sorted};
use super::value::{Value, truncated};
use crate::lang::sql::ast::Binary;

/// A row in its partition: where it stands among all, its keys.
struct Place {
    at: usize,
    partition: Vec<Value>,
    keys: Vec<Value>,
    /// Which group of peers it belongs to.
    peers: usize,
}

impl Runner<'_> {
    /// The value of a window function for each row.
    pub(super) fn window(&self, call: &WindowCall, envs: &[Env<'_>]) -> Result<Vec<Value>, Open> {
        let mut places = Vec::new();
        for (at, env) in envs.iter().enumerate() {
            let partition = call.partition.iter().map(|key| self.value(&key.0, env)).collect::<Result<Vec<_>, _>>()?;
            let mut keys = Vec::new();
            for sort in &call.order {
                if let SortKey::Row(ex) = &sort.key {
                    keys.push(self.value(ex, env)?);
                }
            }
            places.push(Place { at, partition, keys, peers: 0 });
        }
        let cases = || call.partition.iter().map(|key| key.1);
        places.sort_by(|a, b| order(&a.partition, &b.partition, cases()).then_with(|| ordered(&a.keys, &b.keys, &call.order)));
        let mut values = vec![Value::Null; envs.len()];
        for members in places.chunk_by_mut(|a, b| order(&a.partition, &b.partition, cases()).is_eq()) {
            let mut peers = 0;
            let mut before: Option<Vec<Value>> = None;
            for member in members.iter_mut() {
                if before.as_ref().is_some_and(|keys| ordered(keys, &member.keys, &call.order).is_ne()) {
                    peers += 1;
                }
                member.peers = peers;
                before = Some(member.keys.clone());
            }
            for (number, member) in members.iter().enumerate() {
                if let Some(value) = values.get_mut(member.at) {
                    *value = self.at(call, members, number, member, envs)?;
                }
            }
        }
        Ok(values)
    }

    fn at(&self, call: &WindowCall, members: &[Place], number: usize, own: &Place, envs: &[Env<'_>]) -> Result<Value, Open> {
        let integer = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let env = |place: &Place| envs.get(place.at).copied().unwrap_or_default();
        match &call.kind {
            WindowKind::RowNumber => Ok(integer(number + 1)),
            WindowKind::Rank => Ok(integer(members.iter().position(|member| member.peers == own.peers).unwrap_or(0) + 1)),
            WindowKind::DenseRank => Ok(integer(own.peers + 1)),
            WindowKind::Lag(arguments) => self.shifted(arguments, members, number, &env(own), envs, -1),
            WindowKind::Lead(arguments) => self.shifted(arguments, members, number, &env(own), envs, 1),
            WindowKind::Aggregate(aggregate) => {
                let frame: Vec<Env<'_>> = self.frame(call, members, number, own)?.into_iter().map(env).collect();
                self.aggregate(aggregate, &frame)
            }
            WindowKind::First(ex) => {
                self.frame(call, members, number, own)?.first().map_or(Ok(Value::Null), |place| self.value(ex, &env(place)))
            }
            WindowKind::Last(ex) => {
                self.frame(call, members, number, own)?.last().map_or(Ok(Value::Null), |place| self.value(ex, &env(place)))
            }
        }
    }

    fn shifted(
        &self,
        arguments: &[Ex],
        members: &[Place],
        number: usize,
        own: &Env<'_>,
        envs: &[Env<'_>],
        sign: i64,
    ) -> Result<Value, Open> {
        let offset = arguments.get(1).map(|ex| self.value(ex, own)).transpose()?;
        let offset = offset.map_or(Some(1), |offset| offset.number().map(truncated)).and_then(|offset| offset.checked_mul(sign));
        let target = offset.and_then(|offset| i64::try_from(number).ok()?.checked_add(offset)).and_then(|at| usize::try_from(at).ok());
        match (target.and_then(|at| members.get(at)).and_then(|place| envs.get(place.at)), arguments) {
            (Some(env), [value, ..]) => self.value(value, env),
            (None, [_, _, default]) => self.value(default, own),
            (_, _) => Ok(Value::Null),
        }
    }

    /// The rows of the frame of a row.
    fn frame<'m>(&self, call: &WindowCall, members: &'m [Place], number: usize, own: &Place) -> Result<Vec<&'m Place>, Open> {
        self.charge(members.len())?;
        let mut rows = Vec::new();
        for (at, member) in members.iter().enumerate() {
            let excluded = match call.frame.exclude {
                Exclude::Nothing => false,
                Exclude::Current => at == number,
                Exclude::Group => member.peers == own.peers,
                Exclude::Ties => member.peers == own.peers && at != number,
            };
            if !excluded && within(call, (at, member), (number, own))? {
                rows.push(member);
            }
        }
        Ok(rows)
    }
}

/// Whether a row stands between the ends of the frame of another.
fn within(call: &WindowCall, (at, member): (usize, &Place), (number, own): (usize, &Place)) -> Result<bool, Open> {
    let (position, current) = match call.frame.unit {
        Unit::Rows => (at, number),
        Unit::Range | Unit::Groups => (member.peers, own.peers),
    };
    let distance = |offset: &Value| usize::try_from(offset.number().map_or(0, truncated)).unwrap_or(usize::MAX);
    let range = call.frame.unit == Unit::Range;
    let starts = match &call.frame.start {
        Bound::First => true,
        Bound::Current => position >= current,
        Bound::Before(offset) if range => !later(call, own, member, Some(offset))?,
        Bound::After(offset) if range => !shifted_after(call, own, member, offset)?,
        Bound::Before(offset) => position.saturating_add(distance(offset)) >= current,
        Bound::After(offset) => position >= current.saturating_add(distance(offset)),
        Bound::Last => false,
    };
    let ends = match &call.frame.end {
        Bound::Last => true,
        Bound::Current => position <= current,
        Bound::Before(offset) if range => !shifted_after(call, member, own, offset)?,
        Bound::After(offset) if range => !later(call, member, own, Some(offset))?,
        Bound::Before(offset) => position.saturating_add(distance(offset)) <= current,
        Bound::After(offset) => position <= current.saturating_add(distance(offset)),
        Bound::First => false,
    };
    Ok(starts && ends)
}

/// A key moved on by an offset in the direction of the order; what is no number stays.
fn moved(call: &WindowCall, place: &Place, offset: &Value) -> Result<Value, Open> {
    let key = place.keys.first().cloned().unwrap_or(Value::Null);
    let down = call.order.first().is_some_and(|sort| sort.descending);
    match key {
        Value::Integer(_) | Value::Real(_) => binary(if down { Binary::Subtract } else { Binary::Add }, &key, offset),
        Value::Null | Value::Text(_) | Value::Blob(_) => Ok(key),
    }
}

/// Whether the first row stands after the second one moved on.
fn later(call: &WindowCall, row: &Place, from: &Place, offset: Option<&Value>) -> Result<bool, Open> {
    let (Some(sort), Some(key), Some(offset)) = (call.order.first(), row.keys.first(), offset) else { return Ok(false) };
    Ok(sorted(key, &moved(call, from, offset)?, sort).is_gt())
}

/// Whether the first row moved on stands after the second one.
fn shifted_after(call: &WindowCall, from: &Place, row: &Place, offset: &Value) -> Result<bool, Open> {
    let (Some(sort), Some(key)) = (call.order.first(), row.keys.first()) else { return Ok(false) };
    Ok(sorted(&moved(call, from, offset)?, key, sort).is_gt())
}
