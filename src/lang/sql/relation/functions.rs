//! Scalar functions.
//!
//! Source: SQLite, "Built-In Scalar SQL Functions", "Date And Time Functions", "JSON Functions". Deliberately
//! absent: functions of the clock and of chance.

use super::time;
use super::value::{Value, truncated};
use super::{Open, arithmetic};
use crate::ir::Case;
use crate::lang::sql::number::Number;
use std::cmp::Ordering;

/// A scalar function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Coalesce,
    NullIf,
    Lower,
    Upper,
    Length,
    Position,
    Substring,
    Trim,
    TrimLeft,
    TrimRight,
    TypeOf,
    Absolute,
    Round,
    Greatest,
    Least,
    Replace,
    Hex,
    JulianDay,
    Format,
    Date,
    Time,
    DateTime,
    UnixTime,
    JsonArray,
    JsonObject,
}

impl Function {
    /// What is not known here of a function with this constant among its arguments.
    pub(super) fn unknown(self, text: &str) -> Option<&'static str> {
        match self {
            Self::Format if time::has_other_part(text) => Some("such a part of a time"),
            Self::Format | Self::JulianDay | Self::Date | Self::Time | Self::DateTime | Self::UnixTime if time::is_now(text) => {
                Some("a function of the clock")
            }
            Self::Format
            | Self::JulianDay
            | Self::Date
            | Self::Time
            | Self::DateTime
            | Self::UnixTime
            | Self::Coalesce
            | Self::NullIf
            | Self::Lower
            | Self::Upper
            | Self::Length
            | Self::Position
            | Self::Substring
            | Self::Trim
            | Self::TrimLeft
            | Self::TrimRight
            | Self::TypeOf
            | Self::Absolute
            | Self::Round
            | Self::Greatest
            | Self::Least
            | Self::Replace
            | Self::Hex
            | Self::JsonArray
            | Self::JsonObject => None,
        }
    }
}

const MANY: usize = 1000;

/// The functions, with the least and the greatest number of arguments.
pub(super) const FUNCTIONS: &[(&str, usize, usize, Function)] = &[
    ("coalesce", 2, MANY, Function::Coalesce),
    ("ifnull", 2, 2, Function::Coalesce),
    ("nullif", 2, 2, Function::NullIf),
    ("lower", 1, 1, Function::Lower),
    ("upper", 1, 1, Function::Upper),
    ("length", 1, 1, Function::Length),
    ("instr", 2, 2, Function::Position),
    ("substr", 2, 3, Function::Substring),
    ("substring", 2, 3, Function::Substring),
    ("trim", 1, 2, Function::Trim),
    ("ltrim", 1, 2, Function::TrimLeft),
    ("rtrim", 1, 2, Function::TrimRight),
    ("typeof", 1, 1, Function::TypeOf),
    ("abs", 1, 1, Function::Absolute),
    ("round", 1, 2, Function::Round),
    ("max", 2, MANY, Function::Greatest),
    ("min", 2, MANY, Function::Least),
    ("replace", 3, 3, Function::Replace),
    ("hex", 1, 1, Function::Hex),
    ("julianday", 1, 1, Function::JulianDay),
    ("strftime", 2, MANY, Function::Format),
    ("date", 1, 1, Function::Date),
    ("time", 1, 1, Function::Time),
    ("datetime", 1, 1, Function::DateTime),
    ("unixepoch", 1, 1, Function::UnixTime),
    ("json_array", 0, MANY, Function::JsonArray),
    ("json_object", 0, MANY, Function::JsonObject),
];

fn open(text: &str) -> Open {
    Open(text.to_owned())
}

/// The value of a function.
pub(super) fn call(function: Function, values: &[Value], case: Case) -> Result<Value, Open> {
    let null = values.iter().any(Value::is_null);
    match function {
        Function::Coalesce => return Ok(values.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)),
        Function::TypeOf => return Ok(Value::Text(values.first().map_or("null", type_name).to_owned())),
        Function::JsonArray => {
            let parts = values.iter().map(json).collect::<Result<Vec<_>, _>>()?;
            return Ok(Value::Text(format!("[{}]", parts.join(","))));
        }
        Function::JsonObject => {
            let mut parts = Vec::new();
            for pair in values.chunks(2) {
                let [Value::Text(name), value] = pair else { return Err(open("`json_object` without a label for each value")) };
                parts.push(format!("{}:{}", json(&Value::Text(name.clone()))?, json(value)?));
            }
            return Ok(Value::Text(format!("{{{}}}", parts.join(","))));
        }
        Function::NullIf
        | Function::Greatest
        | Function::Least
        | Function::Lower
        | Function::Upper
        | Function::Length
        | Function::Position
        | Function::Substring
        | Function::Trim
        | Function::TrimLeft
        | Function::TrimRight
        | Function::Absolute
        | Function::Round
        | Function::Replace
        | Function::Hex
        | Function::JulianDay
        | Function::Format
        | Function::Date
        | Function::Time
        | Function::DateTime
        | Function::UnixTime => {}
    }
    let [first, rest @ ..] = values else { return Ok(Value::Null) };
    if function == Function::NullIf {
        let equal = !null && rest.first().is_some_and(|other| first.order(other, case) == Ordering::Equal);
        return Ok(if equal { Value::Null } else { first.clone() });
    }
    // Of nothing it is the empty text.
    if function == Function::Hex && null {
        return Ok(Value::Text(String::new()));
    }
    if null {
        return Ok(Value::Null);
    }
    if let Value::Blob(_) = first
        && !matches!(function, Function::Greatest | Function::Least)
    {
        return Err(open("a function of bytes"));
    }
    let text = || first.text().map(Option::unwrap_or_default);
    Ok(match function {
        Function::Lower => Value::Text(text()?.to_ascii_lowercase()),
        Function::Upper => Value::Text(text()?.to_ascii_uppercase()),
        Function::Length => Value::Integer(count(text()?.split('\0').next().unwrap_or_default())),
        Function::Position => {
            let (text, sought) = (text()?, rest.first().map(Value::text).transpose()?.flatten().unwrap_or_default());
            let found = text.find(&sought).map_or(0, |at| count(text.get(..at).unwrap_or_default()) + 1);
            Value::Integer(found)
        }
        Function::Substring => substring(&text()?, rest),
        Function::Trim | Function::TrimLeft | Function::TrimRight => {
            let set = rest.first().map(Value::text).transpose()?.flatten().unwrap_or_else(|| " ".to_owned());
            let (text, cut) = (text()?, |c: char| set.contains(c));
            let text = if function == Function::TrimRight { text.as_str() } else { text.trim_start_matches(cut) };
            Value::Text(if function == Function::TrimLeft { text } else { text.trim_end_matches(cut) }.to_owned())
        }
        Function::Replace => {
            let other = |at: usize| rest.get(at).map(Value::text).transpose().map(|text| text.flatten().unwrap_or_default());
            let (text, from, to) = (text()?, other(0)?, other(1)?);
            Value::Text(if from.is_empty() { text } else { text.replace(&from, &to) })
        }
        Function::Hex => Value::Text(text()?.bytes().map(|byte| format!("{byte:02X}")).collect()),
        Function::Absolute => match (first, first.number()) {
            (Value::Integer(integer), _) => Value::Integer(integer.checked_abs().ok_or_else(|| open("integer overflow"))?),
            (_, number) => Value::real(number.map_or(0.0, Number::as_real).abs()),
        },
        Function::Round => arithmetic::round(first, rest.first())?,
        Function::Greatest | Function::Least => {
            let wanted = if function == Function::Greatest { Ordering::Greater } else { Ordering::Less };
            let best = rest.iter().fold(first, |best, value| if value.order(best, case) == wanted { value } else { best });
            best.clone()
        }
        Function::JulianDay => time::julian_day(first)?,
        Function::UnixTime => time::format("%s", first, &[])?.cast(crate::storage::Affinity::Integer)?,
        Function::Date => time::format("%Y-%m-%d", first, &[])?,
        Function::Time => time::format("%H:%M:%S", first, &[])?,
        Function::DateTime => time::format("%Y-%m-%d %H:%M:%S", first, &[])?,
        Function::Format => {
            let (time, modifiers) = rest.split_first().unwrap_or((&Value::Null, &[]));
            time::format(&text()?, time, modifiers)?
        }
        Function::Coalesce | Function::NullIf | Function::TypeOf | Function::JsonArray | Function::JsonObject => Value::Null,
    })
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Integer(_) => "integer",
        Value::Real(_) => "real",
        Value::Text(_) => "text",
        Value::Blob(_) => "blob",
    }
}

/// `substr`: places count from 1, from the end where negative; a negative length takes what stands before.
fn substring(text: &str, rest: &[Value]) -> Value {
    let integer = |at: usize| rest.get(at).and_then(Value::number).map(truncated);
    let length = count(text);
    let mut start = integer(0).unwrap_or(0);
    let mut take = integer(1).unwrap_or(i64::MAX).max(-i64::MAX);
    let backwards = take < 0;
    take = take.abs();
    if start < 0 {
        start = start.saturating_add(length);
        if start < 0 {
            take = take.saturating_add(start).max(0);
            start = 0;
        }
    } else if start > 0 {
        start -= 1;
    } else if take > 0 {
        take -= 1;
    }
    if backwards {
        start = start.saturating_sub(take);
        if start < 0 {
            take = take.saturating_add(start);
            start = 0;
        }
    }
    let size = |number: i64| usize::try_from(number).unwrap_or(0);
    Value::Text(text.chars().skip(size(start)).take(size(take)).collect())
}

fn json(value: &Value) -> Result<String, Open> {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Integer(_) | Value::Real(_) => Ok(value.text()?.unwrap_or_default()),
        Value::Text(text) => serde_json::to_string(text).map_err(|_| open("a text as JSON")),
        Value::Blob(_) => Err(open("JSON cannot hold BLOB values")),
    }
}
