//! Numbers as exact decimals, their grammar and their canonical text.
//!
//! Sigma compares numbers exactly (`2^53 + 1` is not `2^53`), so no number passes through a float here. The
//! grammar is JSON's (RFC 8259 §6): `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`. The canonical text is
//! plain decimal notation: no exponent, no trailing zeros, no fraction where there is none (`5.0` is `5`),
//! no negative zero. Deliberately absent: arithmetic, infinities, NaN.

use std::cmp::Ordering;
use std::fmt;

/// Exponents beyond this are refused: their plain notation would fill the memory.
const MAX_EXPONENT: i64 = 400;

/// An exact decimal number: `digits × 10^exponent`, without leading or trailing zeros in `digits`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a number in JSON's grammar. `None` for any other text, and for magnitudes beyond `10^±400`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (integer, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some((integer, fraction)) => (integer, fraction),
            None => (mantissa, ""),
        };
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if integer.is_empty() || !plain(integer) || !plain(fraction) || (integer.len() > 1 && integer.starts_with('0')) {
            return None;
        }
        Self::from_parts(negative, &format!("{integer}{fraction}"), exponent.checked_sub(fraction.len() as i64)?)
    }

    /// Reads what some engine could take for a number: as [`Decimal::parse`] does, but with blanks around it, a
    /// plus sign, leading zeros and a bare point allowed.
    pub fn parse_loosely(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let (sign, unsigned) = match trimmed.strip_prefix(['+', '-']) {
            Some(rest) if trimmed.starts_with('-') => ("-", rest),
            Some(rest) => ("", rest),
            None => ("", trimmed),
        };
        let (mantissa, exponent) = unsigned.split_at(unsigned.find(['e', 'E']).unwrap_or(unsigned.len()));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let integer = integer.trim_start_matches('0');
        if !mantissa.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (integer, fraction) = (if integer.is_empty() { "0" } else { integer }, if fraction.is_empty() { "0" } else { fraction });
        Self::parse(&format!("{sign}{integer}.{fraction}{exponent}"))
    }

    /// The number `digits × 10^exponent`, normalised. `None` where its plain notation is beyond bounds.
    pub fn from_parts(negative: bool, digits: &str, exponent: i64) -> Option<Self> {
        let significant = digits.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let exponent = exponent.checked_add((significant.len() - trimmed.len()) as i64)?;
        let magnitude = exponent.checked_add(trimmed.len() as i64)?;
        if exponent < -MAX_EXPONENT || magnitude > MAX_EXPONENT {
            return None;
        }
        Some(Self { negative, digits: trimmed.to_owned(), exponent })
    }

    /// Whether the number has no fraction.
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The number of digits before the decimal point (negative for leading zeros after it).
    fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(self.digits.len() as i64)
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.magnitude().cmp(&other.magnitude()).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = digits.parse().ok()?;
    Some(if text.starts_with('-') { -value } else { value })
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::parse(&number.to_string()).unwrap_or(Self { negative: false, digits: String::new(), exponent: 0 })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl fmt::Display for Decimal {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let magnitude = self.magnitude();
        if self.exponent >= 0 {
            write!(f, "{}{}", self.digits, "0".repeat(self.exponent as usize))
        } else if magnitude <= 0 {
            write!(f, "0.{}{}", "0".repeat(magnitude.unsigned_abs() as usize), self.digits)
        } else {
            let (integer, fraction) = self.digits.split_at(magnitude as usize);
            write!(f, "{integer}.{fraction}")
        }
    }
}

/// The canonical text of a JSON number token: plain decimal notation, or the token itself where that would
/// be beyond bounds.
pub fn canonical(token: &str) -> String {
    Decimal::parse(token).map_or_else(|| token.to_owned(), |number| number.to_string())
}

/// Whether a text is a number written in its canonical form.
pub fn is_canonical(text: &str) -> bool {
    Decimal::parse(text).is_some_and(|number| number.to_string() == text)
}

/// Whether a text is a number in plain notation: `-?[0-9]+(\.[0-9]+)?`.
pub fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.split_once('.').map_or_else(|| digits(unsigned), |(integer, fraction)| digits(integer) && digits(fraction))
}

/// Whether a text is a number in plain notation without leading zeros.
pub fn is_unpadded(text: &str) -> bool {
    is_plain(text) && Decimal::parse(text).is_some()
}

/// Whether some engine could take a text for a number.
pub fn is_alike(text: &str) -> bool {
    let unsigned = text.trim().trim_start_matches(['+', '-']).to_ascii_lowercase();
    let words = ["0x", "inf", "nan"];
    Decimal::parse_loosely(text).is_some() || words.iter().any(|word| unsigned.starts_with(word))
}

/// Whether engines hold the number of this canonical text exactly: as a 64-bit integer, or as a double with
/// at most 15 significant digits and a magnitude well inside its range.
pub fn fits_engine(canonical: &str) -> bool {
    let digits = || canonical.chars().filter(char::is_ascii_digit);
    let significant: String = digits().skip_while(|&c| c == '0').collect();
    let significant = significant.trim_end_matches('0').len();
    canonical.parse::<i64>().is_ok() || (significant <= 15 && digits().count() < 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text() {
        for (token, text) in [
            ("5", "5"),
            ("5.0", "5"),
            ("-0", "0"),
            ("0.50", "0.5"),
            ("1e3", "1000"),
            ("1.5E+2", "150"),
            ("12e-3", "0.012"),
            ("9007199254740993", "9007199254740993"),
            ("-12.34", "-12.34"),
        ] {
            assert_eq!(canonical(token), text, "{token}");
        }
    }

    #[test]
    fn grammar_is_jsons() {
        for text in ["", "-", "+5", "05", "5.", ".5", "1e", "0x10", " 5", "5 ", "1_000", "1e9999", "inf", "--5", "1.e3"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn order_is_numeric() {
        let sorted = ["-10", "-9.5", "-0.1", "0", "0.01", "0.1", "9", "10", "9007199254740992", "9007199254740993", "1e30"];
        for pair in sorted.windows(2) {
            let [a, b] = pair else { continue };
            assert!(Decimal::parse(a) < Decimal::parse(b), "{a} < {b}");
        }
    }
}
