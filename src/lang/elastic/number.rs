//! Requests on fields of numbers.
//!
//! Source: Elasticsearch, "Numeric field types". A whole number takes every text that is a decimal number; what
//! a field of floating point numbers takes beyond that (`1d`, `0x1p3`, blanks) is not read. Deliberately absent:
//! what becomes of a number that is stored (`storage`).

use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Comparison, Decimal, Predicate};
use crate::source::Place;
use crate::storage::IndexKind;

/// The test that a number of the field compares so with what a text says.
pub(super) fn compare(kind: IndexKind, op: Comparison, text: &str, place: Place) -> Result<Predicate> {
    let number = number(kind, text, place)?;
    let number = if kind == IndexKind::Fraction { kept(&number, place)? } else { in_range(number, place)? };
    Ok(Predicate::Compare { op, number })
}

fn number(kind: IndexKind, text: &str, place: Place) -> Result<Decimal> {
    let open = || unread(place, format!("{} as a number", quote(text)));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if is_decimal(unsigned) {
        return Decimal::parse_loosely(text).ok_or_else(open);
    }
    // Java takes the digits of all scripts, and for floating point numbers blanks, suffixes and hexadecimal digits.
    let starts = unsigned.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.' || !c.is_ascii());
    let continues = |c: char| !c.is_ascii() || (kind == IndexKind::Fraction && (c.is_ascii_whitespace() || c.is_ascii_alphabetic()));
    let is_word = kind == IndexKind::Fraction && ["NaN", "Infinity"].contains(&unsigned.trim());
    if is_word || (starts && text.contains(continues)) {
        return Err(open());
    }
    Err(invalid(place, format!("{} is no number, and the field has numbers", quote(text))))
}

/// Whether a text without a sign is a decimal number: a point may stand at either end.
fn is_decimal(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digit = !whole.is_empty() || !fraction.is_empty();
    has_digit && digits(whole) && digits(fraction) && exponent.is_none_or(|digit| !digit.is_empty() && digits(digit))
}

/// A number that fields of whole numbers could hold.
fn in_range(number: Decimal, place: Place) -> Result<Decimal> {
    let bound = |limit: i64| Decimal::parse(&limit.to_string());
    let fits = bound(i64::MIN).is_some_and(|low| low <= number) && bound(i64::MAX).is_some_and(|high| number <= high);
    if fits { Ok(number) } else { Err(unread(place, format!("the number {number}, which is beyond 64 bits"))) }
}

/// A number that single and double precision keep alike.
fn kept(number: &Decimal, place: Place) -> Result<Decimal> {
    let text = number.to_string();
    let single = text.parse().map(|value: f32| value.to_string()).ok();
    let double = text.parse().map(|value: f64| value.to_string()).ok();
    let decimal = double.as_deref().and_then(Decimal::parse).filter(|_| single == double);
    decimal.ok_or_else(|| unread(place, format!("the number {number}, which single precision does not keep")))
}
