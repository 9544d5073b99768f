//! Values of rows: the five storage classes, how they compare, convert and count as truth.
//!
//! Source: SQLite, "Datatypes In SQLite" (order of classes, affinity), "CAST expressions". Integers and reals
//! compare exactly. A real whose text depends on the engine's version has none ([`Open`]).

use super::super::number::Number;
use super::Open;
use crate::ir::Case;
use crate::storage::Affinity;
use std::cmp::Ordering;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A double, never NaN.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Which affinity a comparison applies to its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
    Kept,
    Numeric,
    Text,
}

/// How two operands compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct How {
    pub(super) conversion: Conversion,
    pub(super) case: Case,
}

impl Value {
    pub(super) fn truth(value: Option<bool>) -> Self {
        value.map_or(Self::Null, |value| Self::Integer(i64::from(value)))
    }

    /// A real, or NULL where it is none.
    pub(super) fn real(real: f64) -> Self {
        if real.is_nan() { Self::Null } else { Self::Real(real) }
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Whether the value holds as a condition.
    pub(super) fn holds(&self) -> Option<bool> {
        match self.number()? {
            Number::Integer(integer) => Some(integer != 0),
            Number::Real(real) => Some(real != 0.0),
        }
    }

    /// The number that arithmetic takes the value for; `None` for NULL.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Null => None,
            Self::Integer(integer) => Some(Number::Integer(*integer)),
            Self::Real(real) => Some(Number::Real(*real)),
            Self::Text(text) => Some(prefix(text).0),
            Self::Blob(bytes) => Some(prefix(&String::from_utf8_lossy(bytes)).0),
        }
    }

    /// The text of the value; `None` for NULL.
    pub(super) fn text(&self) -> Result<Option<String>, Open> {
        match self {
            Self::Null => Ok(None),
            Self::Integer(integer) => Ok(Some(integer.to_string())),
            Self::Real(real) => match Number::Real(*real).text() {
                Some(text) => Ok(Some(text)),
                None => Err(Open("the text of a number that versions of the engine write differently".to_owned())),
            },
            Self::Text(text) => Ok(Some(text.clone())),
            Self::Blob(bytes) => match String::from_utf8(bytes.clone()) {
                Ok(text) if !text.contains('\0') => Ok(Some(text)),
                Ok(_) => Err(Open("a text that holds NUL".to_owned())),
                Err(_) => Err(Open("bytes as a text that are no UTF-8".to_owned())),
            },
        }
    }

    /// The value as a text that looks like a number becomes under numeric affinity.
    fn numeric(&self) -> Self {
        match self {
            Self::Text(text) => match prefix(text) {
                (number, Prefix::Whole) => integral(number),
                (_, Prefix::Part) => self.clone(),
            },
            Self::Null | Self::Integer(_) | Self::Real(_) | Self::Blob(_) => self.clone(),
        }
    }

    /// `CAST`
    pub(super) fn cast(&self, affinity: Affinity) -> Result<Self, Open> {
        if self.is_null() {
            return Ok(Self::Null);
        }
        let number = self.number().unwrap_or(Number::Integer(0));
        Ok(match affinity {
            Affinity::Text => self.text()?.map_or(Self::Null, Self::Text),
            Affinity::Untyped => match self {
                Self::Blob(bytes) => Self::Blob(bytes.clone()),
                Self::Null | Self::Integer(_) | Self::Real(_) | Self::Text(_) => {
                    self.text()?.map_or(Self::Null, |text| Self::Blob(text.into_bytes()))
                }
            },
            Affinity::Real => Self::Real(number.as_real()),
            Affinity::Integer => Self::Integer(match self {
                Self::Text(text) => integer_prefix(text),
                Self::Blob(bytes) => integer_prefix(&String::from_utf8_lossy(bytes)),
                Self::Null | Self::Integer(_) | Self::Real(_) => truncated(number),
            }),
            Affinity::Numeric => match self {
                Self::Text(_) | Self::Blob(_) => integral(number),
                Self::Null | Self::Integer(_) | Self::Real(_) => self.clone(),
            },
        })
    }

    /// How two values that are not NULL compare, after the conversion.
    pub(super) fn compare(&self, other: &Self, how: How) -> Result<Ordering, Open> {
        Ok(match how.conversion {
            Conversion::Kept => self.order(other, how.case),
            Conversion::Numeric => self.numeric().order(&other.numeric(), how.case),
            Conversion::Text => self.texted()?.order(&other.texted()?, how.case),
        })
    }

    fn texted(&self) -> Result<Self, Open> {
        match self {
            Self::Integer(_) | Self::Real(_) => Ok(self.text()?.map_or(Self::Null, Self::Text)),
            Self::Null | Self::Text(_) | Self::Blob(_) => Ok(self.clone()),
        }
    }

    /// The order of values: NULL, numbers, texts, bytes.
    pub(super) fn order(&self, other: &Self, case: Case) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Integer(a), Self::Real(b)) => mixed(*a, *b),
            (Self::Real(a), Self::Integer(b)) => mixed(*b, *a).reverse(),
            (Self::Text(a), Self::Text(b)) if case == Case::Sensitive => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.bytes().map(|c| c.to_ascii_lowercase()).cmp(b.bytes().map(|c| c.to_ascii_lowercase())),
            (Self::Blob(a), Self::Blob(b)) => a.cmp(b),
            (a, b) => a.class().cmp(&b.class()),
        }
    }

    fn class(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
            Self::Blob(_) => 3,
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Integer(integer) => Self::Integer(integer),
            Number::Real(real) => Self::real(real),
        }
    }
}

/// An integer against a double, exactly.
fn mixed(integer: i64, real: f64) -> Ordering {
    if real >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if real < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    let whole = real.trunc() as i64;
    integer.cmp(&whole).then_with(|| 0.0_f64.partial_cmp(&real.fract()).unwrap_or(Ordering::Equal))
}

/// A real that is an integer, as one.
fn integral(number: Number) -> Value {
    match number {
        Number::Real(real) if real.fract() == 0.0 && real.abs() < 9_007_199_254_740_992.0 => Value::Integer(real as i64),
        Number::Real(_) | Number::Integer(_) => number.into(),
    }
}

/// A number without its fraction, at the limits of integers where it is beyond.
pub(super) fn truncated(number: Number) -> i64 {
    match number {
        Number::Integer(integer) => integer,
        Number::Real(real) => real as i64,
    }
}

/// How much of a text a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Whole,
    Part,
}

fn integer_prefix(text: &str) -> i64 {
    let text = text.trim_start_matches(super::super::number::is_blank);
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return 0;
    }
    let signed = if negative { format!("-{digits}") } else { digits };
    signed.parse().unwrap_or(if negative { i64::MIN } else { i64::MAX })
}

/// The number that a text starts with, zero where with none, and whether there is nothing else but blanks.
pub(super) fn prefix(text: &str) -> (Number, Prefix) {
    let trimmed = text.trim_matches(super::super::number::is_blank);
    let (sign, rest) = match trimmed.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let after = rest.get(whole..).unwrap_or_default();
    let fraction = after.strip_prefix('.').map(digits);
    if whole + fraction.unwrap_or(0) == 0 {
        return (Number::Integer(0), Prefix::Part);
    }
    let mut length = whole + fraction.map_or(0, |count| count + 1);
    let mut real = fraction.is_some();
    let tail = rest.get(length..).unwrap_or_default();
    if let Some(exponent) = tail.strip_prefix(['e', 'E']) {
        let signed = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(exponent.get(signed..).unwrap_or_default());
        if count > 0 {
            length += 1 + signed + count;
            real = true;
        }
    }
    let number = format!("{sign}{}", rest.get(..length).unwrap_or_default());
    let how = if length == rest.len() { Prefix::Whole } else { Prefix::Part };
    match number.parse::<i64>() {
        Ok(integer) if !real => (Number::Integer(integer), how),
        Ok(_) | Err(_) => (Number::Real(number.parse().unwrap_or(0.0)), how),
    }
}
