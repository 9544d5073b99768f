//! Frames: which rows of its partition a window function sees from a row.
//!
//! Source: SQLite, "Window Functions" §2.2. The ends of a range with an offset are found as the engine finds
//! them: by adding the offset to the key, in its arithmetic. Rows are in order, so both ends are searched for.

use super::Open;
use super::arithmetic::binary;
use super::ast::{Bound, Exclude, Unit};
use super::plan::WindowCall;
use super::run::sorted;
use super::value::{Value, truncated};
use super::window::{Part, Place};
use crate::lang::sql::ast::Binary;
use std::ops::Range;

/// The rows between the ends of the frame of a row, before any is excluded.
pub(super) fn frame(call: &WindowCall, part: &Part<'_>, number: usize) -> Result<Range<usize>, Open> {
    let Some(own) = part.members.get(number) else { return Ok(0..0) };
    let own = (number, own);
    let start = search(part, |row| starts(call, row, own))?;
    let end = search(part, |row| Ok(!ends(call, row, own)?))?;
    Ok(start..end.max(start))
}

/// Whether `EXCLUDE` leaves a row out of the frame of another.
pub(super) fn excluded(call: &WindowCall, part: &Part<'_>, at: usize, number: usize) -> bool {
    let peers = || part.members.get(at).map(|place| place.peers) == part.members.get(number).map(|place| place.peers);
    match call.frame.exclude {
        Exclude::Nothing => false,
        Exclude::Current => at == number,
        Exclude::Group => peers(),
        Exclude::Ties => at != number && peers(),
    }
}

/// The first row for which a condition holds that holds from some row on.
fn search(part: &Part<'_>, holds: impl Fn((usize, &Place)) -> Result<bool, Open>) -> Result<usize, Open> {
    let (mut low, mut high) = (0, part.members.len());
    while low < high {
        let middle = low.midpoint(high);
        let holds = part.members.get(middle).map_or(Ok(true), |place| holds((middle, place)))?;
        if holds { high = middle } else { low = middle + 1 }
    }
    Ok(low)
}

/// Where a row stands, in the unit of the frame.
fn position(call: &WindowCall, (at, place): (usize, &Place)) -> usize {
    match call.frame.unit {
        Unit::Rows => at,
        Unit::Range | Unit::Groups => place.peers,
    }
}

fn distance(offset: &Value) -> usize {
    usize::try_from(offset.number().map_or(0, truncated)).unwrap_or(usize::MAX)
}

fn starts(call: &WindowCall, row: (usize, &Place), own: (usize, &Place)) -> Result<bool, Open> {
    let (at, current) = (position(call, row), position(call, own));
    let range = call.frame.unit == Unit::Range;
    Ok(match &call.frame.start {
        Bound::First => true,
        Bound::Current => at >= current,
        Bound::Before(offset) if range => !later(call, own.1, row.1, offset)?,
        Bound::After(offset) if range => !shifted_after(call, own.1, row.1, offset)?,
        Bound::Before(offset) => at.saturating_add(distance(offset)) >= current,
        Bound::After(offset) => at >= current.saturating_add(distance(offset)),
        Bound::Last => false,
    })
}

fn ends(call: &WindowCall, row: (usize, &Place), own: (usize, &Place)) -> Result<bool, Open> {
    let (at, current) = (position(call, row), position(call, own));
    let range = call.frame.unit == Unit::Range;
    Ok(match &call.frame.end {
        Bound::Last => true,
        Bound::Current => at <= current,
        Bound::Before(offset) if range => !shifted_after(call, row.1, own.1, offset)?,
        Bound::After(offset) if range => !later(call, row.1, own.1, offset)?,
        Bound::Before(offset) => at.saturating_add(distance(offset)) <= current,
        Bound::After(offset) => at <= current.saturating_add(distance(offset)),
        Bound::First => false,
    })
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
fn later(call: &WindowCall, row: &Place, from: &Place, offset: &Value) -> Result<bool, Open> {
    let (Some(sort), Some(key)) = (call.order.first(), row.keys.first()) else { return Ok(false) };
    Ok(sorted(key, &moved(call, from, offset)?, sort).is_gt())
}

/// Whether the first row moved on stands after the second one.
fn shifted_after(call: &WindowCall, from: &Place, row: &Place, offset: &Value) -> Result<bool, Open> {
    let (Some(sort), Some(key)) = (call.order.first(), row.keys.first()) else { return Ok(false) };
    Ok(sorted(&moved(call, from, offset)?, key, sort).is_gt())
}
