//! SQL numbers: 64-bit integers and doubles, as engines hold them.
//!
//! Sources: SQLite, "Datatypes In SQLite" and `sqlite3AtoF`. A number knows its exact decimal, under which it
//! compares with numbers of records, and its text where all versions of the engine print the same one.
//! Deliberately absent: NaN, which SQL makes NULL.

use crate::ir::Decimal;
use std::cmp::Ordering;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Real(f64),
}

/// Where a number stands among the exact decimals.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Extent {
    Finite(Decimal),
    /// Above every number of a record.
    Above,
    /// Below every number of a record.
    Below,
}

/// Doubles from here on have no fraction, and integers beside them are further apart than their decimals.
const EXACT_LIMIT: f64 = 9_007_199_254_740_992.0;

/// The limits of what all versions of the engine print alike.
const PLAIN: std::ops::Range<f64> = 1e-4..1e15;

/// More significant digits than these may be rounded differently than by the nearest double.
const LITERAL_DIGITS: usize = 17;

impl Number {
    /// The number that a literal means; `None` where an integer in hexadecimal is too big, and the text
    /// where rounding is beyond what is known.
    pub(super) fn literal(text: &str) -> Result<Self, LiteralError> {
        if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            let digits = digits.trim_start_matches('0');
            let digits = if digits.is_empty() { "0" } else { digits };
            let bits = u64::from_str_radix(digits, 16).map_err(|_| LiteralError::TooBig)?;
            return Ok(Self::Integer(bits.cast_signed()));
        }
        match text.parse::<i64>() {
            Ok(integer) => Ok(Self::Integer(integer)),
            Err(_) => real(text).map(Self::Real).ok_or(LiteralError::Rounded),
        }
    }

    /// The number that a text looks like to the engine's affinity: blanks around it and a sign are allowed.
    /// `None` where it looks like none.
    pub(super) fn from_text(text: &str) -> Option<Result<Self, LiteralError>> {
        let text = text.trim_matches(is_blank);
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if !is_number(digits) {
            return None;
        }
        let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
        Some(match signed.parse::<i64>() {
            Ok(integer) => Ok(Self::Integer(integer)),
            Err(_) => real(&signed).map(Self::Real).ok_or(LiteralError::Rounded),
        })
    }

    /// The exact decimal, in which numbers of records are compared with this one.
    pub(super) fn extent(self) -> Extent {
        match self {
            Self::Integer(integer) => finite(&integer.to_string()),
            Self::Real(real) if real == f64::INFINITY => Extent::Above,
            Self::Real(real) if real == f64::NEG_INFINITY => Extent::Below,
            Self::Real(real) if real.abs() >= EXACT_LIMIT && real.abs() < 1e19 => finite(&format!("{real:.0}")),
            Self::Real(real) => finite(&format!("{real:e}")),
        }
    }

    /// The text, where all versions of the engine print the same.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Real(real) if real == f64::INFINITY => Some("Inf".to_owned()),
            Self::Real(real) if real == f64::NEG_INFINITY => Some("-Inf".to_owned()),
            Self::Real(0.0) => Some("0.0".to_owned()),
            Self::Real(real) => {
                let few = format!("{:e}", real.abs()).bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count() <= 15;
                let plain = format!("{real}");
                let plain = if plain.contains('.') { plain } else { plain + ".0" };
                (few && PLAIN.contains(&real.abs())).then_some(plain)
            }
        }
    }

    /// Whether the number is beyond all doubles.
    pub(super) fn is_infinite(self) -> bool {
        self.as_real().is_infinite()
    }

    /// Whether the number counts as true.
    pub(super) fn is_true(self) -> bool {
        match self {
            Self::Integer(integer) => integer != 0,
            Self::Real(real) => real != 0.0,
        }
    }

    /// How two numbers compare: exactly, across types.
    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self.extent(), other.extent()) {
            (Extent::Finite(a), Extent::Finite(b)) => a.cmp(&b),
            (a, b) => rank(&a).cmp(&rank(&b)),
        }
    }

    /// The number with its sign changed.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Integer(integer) => integer.checked_neg().map_or(Self::Real(-(integer as f64)), Self::Integer),
            Self::Real(real) => Self::Real(-real),
        }
    }

    /// The nearest double.
    pub(super) fn as_real(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Real(real) => real,
        }
    }
}

/// Why a literal has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiteralError {
    /// A hexadecimal number beyond 64 bits.
    TooBig,
    /// More digits than engines are known to round alike.
    Rounded,
}

/// What the engine takes for a blank around a number.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

fn finite(text: &str) -> Extent {
    // Every finite double is inside the bounds of exact decimals.
    Decimal::parse(text).map_or(Extent::Above, Extent::Finite)
}

fn rank(extent: &Extent) -> i8 {
    match extent {
        Extent::Below => -1,
        Extent::Finite(_) => 0,
        Extent::Above => 1,
    }
}

fn real(text: &str) -> Option<f64> {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits.trim_matches('0').len() <= LITERAL_DIGITS).then(|| text.parse().ok()).flatten()
}

/// Digits with an optional point among or beside them, and an optional exponent.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && digits(text)
    });
    digits(integer) && digits(fraction) && integer.len() + fraction.len() > 0 && exponent
}
