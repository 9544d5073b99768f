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
    let number = number(text, place)?;
    let number = if kind == IndexKind::Fraction { kept(&number, place)? } else { in_range(number, place)? };
    Ok(Predicate::Compare { op, number })
}

fn number(text: &str, place: Place) -> Result<Decimal> {
    let is_open = |c: char| !c.is_ascii() || c.is_ascii_whitespace() || c.is_ascii_alphabetic();
    let open = || unread(place, format!("{} as a number", quote(text)));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number =
        whole.len() + fraction.len() > 0 && digits(whole) && digits(fraction) && exponent.is_none_or(|e| !e.is_empty() && digits(e));
    if is_number {
        return Decimal::parse_loosely(text).ok_or_else(open);
    }
    // `1d` and `NaN` are numbers to some types; a word or a text with other signs is none.
    let starts_as_number = unsigned.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.' || !c.is_ascii());
    let is_word = ["NaN", "Infinity"].contains(&unsigned);
    if is_word || (starts_as_number && text.contains(is_open)) {
        return Err(open());
    }
    Err(invalid(place, format!("{} is no number, and the field has numbers", quote(text))))
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
