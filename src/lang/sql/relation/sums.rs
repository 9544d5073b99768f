//! Sums that no order of adding and no version of the engine changes.
//!
//! Source: SQLite, "Built-in Aggregate Functions" (`sum`, `total`, `avg`); release notes of 3.43, since which
//! sums of doubles are compensated. A sum is known where every sum of some of its terms is exact.
//! Deliberately absent: rounding; a sum that needs it is [`Open`].

use super::Open;
use super::value::Value;
use crate::lang::sql::number::{Number, is_blank};

/// Integers up to here are doubles.
const EXACT: u128 = 1 << 53;

/// An exact sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sum {
    Integer(i64),
    Real(f64),
}

impl Sum {
    /// The sum as a double, where it is one and was one after every term.
    pub(super) fn real(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Real(real) => real,
        }
    }
}

/// The integer that a value counts for in a sum; `None` where it makes the sum a double.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(integer) => Some(*integer),
        Value::Text(text) => text.trim_matches(is_blank).parse().ok(),
        Value::Null | Value::Real(_) | Value::Blob(_) => None,
    }
}

/// The sum of values that are not NULL.
pub(super) fn sum<'v>(values: impl Iterator<Item = &'v Value> + Clone) -> Result<Sum, Open> {
    let (mut sum, mut size) = (0_i128, 0_u128);
    let integers = values.clone().try_for_each(|value| {
        let integer = integer(value)?;
        sum += i128::from(integer);
        size += u128::from(integer.unsigned_abs());
        Some(())
    });
    if integers.is_some() {
        let whole = i64::try_from(size).ok().and_then(|_| i64::try_from(sum).ok());
        return whole.map(Sum::Integer).ok_or_else(|| Open("a sum of integers that may overflow".to_owned()));
    }
    if exact(values.clone()) {
        return Ok(Sum::Real(values.fold(0.0, |sum, value| sum + super::eval::double(value))));
    }
    Err(Open("a sum of doubles that is rounded".to_owned()))
}

/// As [`sum`], where doubles alone are added, as `total` and `avg` did in versions before.
pub(super) fn total<'v>(values: impl Iterator<Item = &'v Value> + Clone) -> Result<f64, Open> {
    if exact(values.clone()) { sum(values).map(Sum::real) } else { Err(Open("a sum of doubles that is rounded".to_owned())) }
}

/// Whether the sums of all parts of these values are doubles: they are small multiples of one power of two.
fn exact<'v>(values: impl Iterator<Item = &'v Value> + Clone) -> bool {
    let parts = values.map(|value| value.number().and_then(parts).filter(|part| part.0 != 0));
    let Some(unit) = parts.clone().flatten().map(|part| part.1).min() else {
        return true;
    };
    let mut size = 0_u128;
    for (factor, power) in parts.flatten() {
        let shift = u32::try_from(power - unit).unwrap_or(u32::MAX);
        // The factor is odd, so a greater shift is beyond the limit.
        if shift > 53 {
            return false;
        }
        size = size.saturating_add(u128::from(factor) << shift);
    }
    size <= EXACT
}

/// The size of a number as an odd factor and a power of two; beyond all powers where it is infinite.
fn parts(number: Number) -> Option<(u64, i32)> {
    let (factor, power) = match number {
        Number::Integer(integer) => (integer.unsigned_abs(), 0),
        Number::Real(real) if real.is_infinite() => (u64::MAX, 0),
        Number::Real(real) => {
            let bits = real.to_bits();
            let fraction = bits & ((1 << 52) - 1);
            match i32::try_from(bits >> 52 & 0x7ff).ok()? {
                0 => (fraction, -1074),
                power => (fraction | 1 << 52, power - 1075),
            }
        }
    };
    let zeros = factor.trailing_zeros();
    Some((factor.checked_shr(zeros).unwrap_or(0), power + i32::try_from(zeros).ok()?))
}
