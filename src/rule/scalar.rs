//! What a plain scalar means, resolved late: as text, null, boolean or number.
//!
//! Follows sigma.md §1.1. A plain scalar is read twice, as YAML 1.1 (what PyYAML and so pySigma do) and as
//! YAML 1.2's core schema; where the two differ in type or value it is ambiguous (D-3). The one exception
//! are digits such as `00000429`, which both families of implementations take as text. Quoted and block
//! scalars are always text. Deliberately absent: dates (text, or ambiguous), and what a value is used for.

use super::yaml::Scalar;
use crate::diag::{Code, Diagnostic, quote};
use crate::text::number::Decimal;
use saphyr_parser::ScalarStyle;

/// The meaning of a scalar.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Text,
    Null,
    Boolean(bool),
    Number(Decimal),
    /// YAML versions disagree.
    Ambiguous,
    /// A number beyond every bound: infinite, not a number, or no 64 bit integer; or a tag that does not fit.
    Unrepresentable,
}

/// The meaning of a scalar.
pub(super) fn resolve(scalar: &Scalar) -> Resolved {
    match (scalar.tag.as_deref(), scalar.style) {
        (Some("str" | ""), _) => Resolved::Text,
        (Some(tag), _) => tagged(tag, plain(&scalar.text)),
        (None, ScalarStyle::Plain) => plain(&scalar.text),
        (None, _) => Resolved::Text,
    }
}

/// Whether a scalar is text.
pub(super) fn is_text(scalar: &Scalar) -> bool {
    resolve(scalar) == Resolved::Text
}

/// Whether a number is written as an integer: `5`, but not `5.0`, which is a float in YAML.
pub(super) fn is_integer(scalar: &Scalar) -> bool {
    scalar.tag.as_deref() == Some("int") || matches!(new(&scalar.text), New::Integer(_))
}

/// What is said of an ambiguous scalar.
pub(super) fn ambiguous(scalar: &Scalar) -> Diagnostic {
    let message = format!("the value of {} depends on the YAML version", quote(&scalar.text));
    Diagnostic::error(Code::AmbiguousScalar, scalar.place, message).help(quote_it(scalar))
}

/// The advice to write a scalar as text.
pub(super) fn quote_it(scalar: &Scalar) -> String {
    format!("quote it: {}", quote(&format!("'{}'", scalar.text.split('\'').collect::<Vec<_>>().join("''"))))
}

/// The meaning of a scalar with a tag, which must be what its text says anyway.
fn tagged(tag: &str, meaning: Resolved) -> Resolved {
    let fits = match &meaning {
        Resolved::Null => tag == "null",
        Resolved::Boolean(_) => tag == "bool",
        Resolved::Number(number) => tag == "float" || (tag == "int" && number.is_integer()),
        Resolved::Ambiguous => true,
        Resolved::Text | Resolved::Unrepresentable => false,
    };
    if fits { meaning } else { Resolved::Unrepresentable }
}

/// The meaning of the text of a plain scalar.
fn plain(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Boolean(true),
        "false" | "False" | "FALSE" => return Resolved::Boolean(false),
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF" | "=" => return Resolved::Ambiguous,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" => return Resolved::Unrepresentable,
        "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" => return Resolved::Unrepresentable,
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) || is_digits_with_leading_zero(text) {
        return Resolved::Text;
    }
    match (old(text), new(text)) {
        (Old::Text, New::Text) => Resolved::Text,
        (Old::Shared, New::Integer(number) | New::Float(number)) => number.map_or(Resolved::Unrepresentable, Resolved::Number),
        (Old::Text | Old::Shared | Old::Own, New::Text | New::Integer(_) | New::Float(_)) => Resolved::Ambiguous,
    }
}

/// Digits that start with zero and are no octal number: text in YAML 1.1, and taken as text by most others.
fn is_digits_with_leading_zero(text: &str) -> bool {
    text.starts_with('0') && all(text, |b| b.is_ascii_digit()) && text.contains(['8', '9'])
}

/// What YAML 1.1 makes of a plain scalar.
enum Old {
    Text,
    /// A number that YAML 1.2 reads as the same number, if it reads a number at all.
    Shared,
    /// A value that YAML 1.2 does not see in this text.
    Own,
}

fn old(text: &str) -> Old {
    let (signed, body) = without_sign(text);
    if is_own_integer(body) || is_sexagesimal(body) || is_timestamp(text) {
        return Old::Own;
    }
    let is_hex = body.strip_prefix("0x").is_some_and(|digits| all(digits, |b| b.is_ascii_hexdigit()));
    if is_hex {
        return if signed { Old::Own } else { Old::Shared };
    }
    if all(body, |b| b.is_ascii_digit()) {
        return if body == "0" || !body.starts_with('0') { Old::Shared } else { Old::Own };
    }
    old_float(signed, body)
}

/// Integers that only YAML 1.1 has: binary, octal with a plain zero, and underscores between digits.
fn is_own_integer(body: &str) -> bool {
    let digits = |text: Option<&str>, is: fn(u8) -> bool| text.is_some_and(|text| all(text, |b| is(b) || b == b'_'));
    let underscored = body.contains('_');
    digits(body.strip_prefix("0b"), |b| matches!(b, b'0' | b'1'))
        || digits(body.strip_prefix('0'), |b| matches!(b, b'0'..=b'7'))
        || (underscored && digits(body.strip_prefix("0x"), |b| b.is_ascii_hexdigit()))
        || (underscored && body.starts_with(|c: char| matches!(c, '1'..='9')) && all(body, |b| b.is_ascii_digit() || b == b'_'))
}

/// YAML 1.1 floats: a point is required, an exponent needs its sign, and a leading point allows no sign.
fn old_float(signed: bool, body: &str) -> Old {
    let (mantissa, exponent) = body.split_once(['e', 'E']).map_or((body, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let exponent_fits = exponent.is_none_or(|text| text.strip_prefix(['+', '-']).is_some_and(|digits| all(digits, |b| b.is_ascii_digit())));
    let Some((integer, fraction)) = mantissa.split_once('.') else { return Old::Text };
    let run = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let shape = if integer.is_empty() { !signed && starts(fraction) } else { starts(integer) };
    if !exponent_fits || !shape || !run(integer) || !run(fraction) {
        return Old::Text;
    }
    if mantissa.contains('_') { Old::Own } else { Old::Shared }
}

/// Base 60, such as `1:30`: `[1-9][0-9_]*(:[0-5]?[0-9])+`, or with a fraction after any leading digit.
fn is_sexagesimal(body: &str) -> bool {
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut groups = whole.split(':');
    let head = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    let head_fits = match fraction {
        None => head.starts_with(|c: char| matches!(c, '1'..='9')),
        Some(_) => head.starts_with(|c: char| c.is_ascii_digit()),
    };
    let is_sixtieth = |group: &str| matches!(group.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let run = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    head_fits && run(head) && rest.peek().is_some() && rest.all(is_sixtieth) && fraction.is_none_or(run)
}

/// YAML 1.1 timestamps: `YYYY-MM-DD`, or a date with shorter parts and a time.
fn is_timestamp(text: &str) -> bool {
    let numeric = |part: &str, sizes: std::ops::RangeInclusive<usize>| sizes.contains(&part.len()) && all(part, |b| b.is_ascii_digit());
    let Some((year, rest)) = text.split_once('-') else { return false };
    let Some((month, rest)) = rest.split_once('-') else { return false };
    if !numeric(year, 4..=4) {
        return false;
    }
    let (day, time) = rest.split_once(['T', 't', ' ', '\t']).map_or((rest, None), |(day, time)| (day, Some(time)));
    match time {
        None => numeric(month, 2..=2) && numeric(day, 2..=2),
        Some(time) => numeric(month, 1..=2) && numeric(day, 1..=2) && is_time(time.trim_start_matches([' ', '\t'])),
    }
}

/// `h:mm:ss`, a fraction, a zone.
fn is_time(text: &str) -> bool {
    let (clock, zone) = match text.find(['Z', '+', '-', ' ', '\t']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && all(part, |b| b.is_ascii_digit());
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let zone = zone.trim_start_matches([' ', '\t']);
    let zone_fits = match zone.strip_prefix(['+', '-']) {
        Some(offset) => {
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
            digits(hours, 2) && minutes.len() == 2 && digits(minutes, 2)
        }
        None => matches!(zone, "" | "Z"),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let clock_fits = match parts.as_slice() {
        [hours, minutes, seconds] => digits(hours, 2) && [minutes, seconds].iter().all(|part| part.len() == 2 && digits(part, 2)),
        _ => false,
    };
    clock_fits && zone_fits && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// What YAML 1.2's core schema makes of a plain scalar; `None` for a number beyond bounds.
enum New {
    Text,
    Integer(Option<Decimal>),
    Float(Option<Decimal>),
}

fn new(text: &str) -> New {
    let radix = |digits: Option<&str>, radix: u32| {
        let digits = digits.filter(|digits| all(digits, |b| char::from(b).is_digit(radix)))?;
        Some(New::Integer(i128::from_str_radix(digits, radix).ok().and_then(integer)))
    };
    if let Some(number) = radix(text.strip_prefix("0x"), 16).or_else(|| radix(text.strip_prefix("0o"), 8)) {
        return number;
    }
    let (_, body) = without_sign(text);
    if all(body, |b| b.is_ascii_digit()) {
        return New::Integer(text.parse().ok().and_then(integer));
    }
    float(text.starts_with('-'), body).map_or(New::Text, New::Float)
}

/// An integer, where it fits 64 bits, with or without sign.
fn integer(value: i128) -> Option<Decimal> {
    let fits = (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value);
    if fits { Decimal::parse(&value.to_string()) } else { None }
}

/// A float in YAML 1.2's grammar: `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, after the sign.
fn float(negative: bool, body: &str) -> Option<Option<Decimal>> {
    let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let run = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !run(integer) || !run(fraction) || integer.len() + fraction.len() == 0 || !all(exponent_digits, |b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{integer}{fraction}");
    let scale = exponent.parse::<i64>().ok().and_then(|exponent| exponent.checked_sub(i64::try_from(fraction.len()).ok()?));
    Some(scale.and_then(|scale| Decimal::from_parts(negative, &digits, scale)))
}

fn without_sign(text: &str) -> (bool, &str) {
    text.strip_prefix(['+', '-']).map_or((false, text), |body| (true, body))
}

/// Whether a text is not empty and all its bytes are so.
fn all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match plain(text) {
            Resolved::Text => format!("'{text}'"),
            Resolved::Null => "null".to_owned(),
            Resolved::Boolean(value) => value.to_string(),
            Resolved::Number(number) => number.to_string(),
            Resolved::Ambiguous => "ambiguous".to_owned(),
            Resolved::Unrepresentable => "invalid".to_owned(),
        }
    }

    /// The table of sigma.md §1.1, and neighbours of its rows.
    #[test]
    fn plain_scalars_resolve_as_decided() {
        for text in [
            "y",
            "n",
            "08",
            "00000429",
            "0.0.0.0",
            "1.2.3",
            "10.0.0.0/8",
            "-",
            "--",
            "+",
            ".",
            "0x",
            "0xg",
            "1_a",
            "_1",
            "12:60",
            "aa:bb",
            "00:11",
            "2024-1-1",
            "2024-01",
            "1e",
            "e1",
            "-a",
            ".a",
            "nO",
            "tRUE",
            "cmd.exe",
            "0000042a",
            "1:2:",
            "20:60:10:20:30:40",
            "089",
            "1.2e3.4",
            "00:0c:29",
            "24-01-01",
            "2024-01-01T",
            "2024-01-01T1:1:1",
            "2024-01-01 a",
        ] {
            assert_eq!(show(text), format!("'{text}'"));
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "Yes",
            "NO",
            "-0x10",
            "+0x10",
            "010",
            "-010",
            "007",
            "00",
            "0o10",
            "0b11",
            "1_000",
            "1:30",
            "1e3",
            "1.5e3",
            "2024-01-01",
            "2024-01-01T00:00:00Z",
            "2024-1-1 1:00:00",
            "2024-01-01 00:00:00.5 +01:00",
            "=",
            "-.5",
            "-08",
            "0x1_0",
            "1_0.5",
            "1:30.5",
            "00:30.5",
            "1.5E3",
            "10:20:30",
            ".5_0",
            "0_7",
        ] {
            assert_eq!(show(text), "ambiguous", "{text}");
        }
        for (text, expected) in [
            ("true", "true"),
            ("True", "true"),
            ("TRUE", "true"),
            ("false", "false"),
            ("~", "null"),
            ("null", "null"),
            ("Null", "null"),
            ("", "null"),
            ("0x10", "16"),
            ("+5", "5"),
            ("-5", "-5"),
            ("1.5e+3", "1500"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1.0", "1"),
            ("0", "0"),
            ("-0", "0"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("01.5", "1.5"),
            ("-1.5", "-1.5"),
            (".inf", "invalid"),
            ("-.INF", "invalid"),
            (".nan", "invalid"),
            ("99999999999999999999", "invalid"),
            ("18446744073709551616", "invalid"),
            ("-9223372036854775809", "invalid"),
            ("1.5e+999", "invalid"),
            ("0xfffffffffffffffff", "invalid"),
            ("9007199254740993", "9007199254740993"),
            ("0xffffffffffffffffffffffffffffffffffffffffff", "invalid"),
            ("1.0e+99999999999999999999", "invalid"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }
}
