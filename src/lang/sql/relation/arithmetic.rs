//! Arithmetic: 64-bit integers that overflow into doubles, and doubles whose NaN is NULL.
//!
//! Source: SQLite, "SQL Language Expressions" and `OP_Add` and its kin.

use super::Open;
use super::value::{Value, truncated};
use crate::lang::sql::ast::Binary;
use crate::lang::sql::number::Number;

/// Doubles from here on have no fraction that `round` could cut.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// The value of an operator.
pub(super) fn binary(op: Binary, left: &Value, right: &Value) -> Result<Value, Open> {
    if op == Binary::Concatenate {
        return Ok(match (left.text()?, right.text()?) {
            (Some(left), Some(right)) => Value::Text(left + &right),
            (_, _) => Value::Null,
        });
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else { return Ok(Value::Null) };
    let (x, y) = (a.as_real(), b.as_real());
    let whole = |exact: fn(i64, i64) -> Option<i64>| match (a, b) {
        (Number::Integer(a), Number::Integer(b)) => exact(a, b).map(Value::Integer),
        (_, _) => None,
    };
    Ok(match op {
        Binary::Add => whole(i64::checked_add).unwrap_or_else(|| Value::real(x + y)),
        Binary::Subtract => whole(i64::checked_sub).unwrap_or_else(|| Value::real(x - y)),
        Binary::Multiply => whole(i64::checked_mul).unwrap_or_else(|| Value::real(x * y)),
        Binary::Divide if y == 0.0 => Value::Null,
        Binary::Divide => whole(i64::checked_div).unwrap_or_else(|| Value::real(x / y)),
        Binary::Remainder => match (truncated(a), truncated(b), a, b) {
            (_, 0, _, _) => Value::Null,
            (a, b, Number::Integer(_), Number::Integer(_)) => Value::Integer(a.wrapping_rem(b)),
            (a, b, _, _) => Value::Real(a.wrapping_rem(b) as f64),
        },
        Binary::BitAnd => Value::Integer(truncated(a) & truncated(b)),
        Binary::BitOr => Value::Integer(truncated(a) | truncated(b)),
        Binary::ShiftLeft | Binary::ShiftRight | Binary::Concatenate | Binary::JsonValue | Binary::JsonText => {
            return Err(Open("an operator that is not known here".to_owned()));
        }
    })
}

/// `round(x)`, and `round(x, digits)` where versions of the engine agree.
pub(super) fn round(value: &Value, digits: Option<&Value>) -> Result<Value, Open> {
    let real = value.number().map_or(0.0, Number::as_real);
    let digits = digits.and_then(Value::number).map_or(0, truncated).clamp(0, 30);
    if real.abs() >= WHOLE {
        return Ok(Value::Real(real));
    }
    if digits == 0 {
        let shifted = if real < 0.0 { real - 0.5 } else { real + 0.5 };
        return Ok(Value::Real(shifted.trunc()));
    }
    let text = format!("{:.*}", usize::try_from(digits).unwrap_or(0), real);
    let shortest = format!("{real}");
    let decimals = shortest.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    // A tie in the shortest decimal is rounded by versions in different ways.
    if shortest.ends_with('5') && i64::try_from(decimals).unwrap_or(0) == digits + 1 {
        return Err(Open("a tie in `round` that versions of the engine round differently".to_owned()));
    }
    Ok(Value::Real(text.parse().unwrap_or(real)))
}
