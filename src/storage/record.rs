//! Records: what the columns of a storage hold after an event was put in.
//!
//! Follows SQLite ("Datatypes", section 3: affinity) and is held against the engine itself. Deliberately
//! absent: a record for what engines of different versions write differently, or cannot hold.

use super::{Affinity, Column, ColumnType, Columns, Names, Storage};
use crate::event::{Event, Member};
use serde_json::Value;
use std::collections::BTreeMap;

impl Storage {
    /// The record that putting the event into the storage makes: see [`Recorder::record`].
    pub fn record(&self, event: &Event, names: &[&str]) -> Option<Event> {
        self.recorder(names).record(event)
    }

    /// What makes records of events. Only the columns that `names` denote are filled, and for a listed storage
    /// all of its columns.
    pub fn recorder<'s>(&'s self, names: &[&'s str]) -> Recorder<'s> {
        let filled = match &self.columns {
            Columns::Open(kind) => names.iter().map(|name| Filled { name, key: self.key(name), kind: *kind }).collect(),
            Columns::Listed(columns) => {
                let filled = |name: &'s str, own: &Column| Filled { name, key: self.key(&own.name), kind: own.kind };
                // A name that is spelled as its column is among the columns already.
                let column = |name: &str| columns.iter().find(|own| self.same_name(&own.name, name)).filter(|own| own.name != name);
                let spelled = names.iter().filter_map(|name| Some(filled(name, column(name)?)));
                spelled.chain(columns.iter().map(|own| filled(&own.name, own))).collect()
            }
        };
        Recorder { storage: self, filled }
    }

    /// The members of a field, found under another case where names ignore it.
    pub(super) fn members<'e>(&self, event: &'e Event, name: &str) -> Vec<Member<'e>> {
        let members = event.field(name);
        if !members.is_empty() || self.names == Names::Sensitive {
            return members;
        }
        event.root().keys().filter(|key| key.eq_ignore_ascii_case(name)).flat_map(|key| event.field(key)).collect()
    }
}

/// Makes records of events, with the columns that it fills looked up once.
#[derive(Debug, Clone)]
pub struct Recorder<'s> {
    storage: &'s Storage,
    filled: Vec<Filled<'s>>,
}

/// A column that is filled: the name under which events have it, its key in records, its type.
#[derive(Debug, Clone)]
struct Filled<'s> {
    name: &'s str,
    key: String,
    kind: ColumnType,
}

impl Recorder<'_> {
    /// The record that putting the event into the storage makes, as an event whose keys are those of
    /// [`Storage::column`] and whose values are those that the columns hold.
    ///
    /// `None` where the event has no record: an array of several values or an object for a column, or two
    /// names for one column with different values. What no column holds is not part of the record.
    pub fn record(&self, event: &Event) -> Option<Event> {
        let mut columns: BTreeMap<&str, Value> = BTreeMap::new();
        for Filled { name, key, kind } in &self.filled {
            let members = self.storage.members(event, name);
            let stored = match members.as_slice() {
                [] => continue,
                [one] => store(*one, kind.affinity)?,
                _ => return None,
            };
            if columns.insert(key, stored.clone()).is_some_and(|before| before != stored) {
                return None;
            }
        }
        Some(Event::new(columns.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
    }
}

/// What a column of this affinity holds after the value was put in; `None` where no record says it: objects,
/// numbers beyond doubles, and numbers that become texts which versions of SQLite write differently.
fn store(member: Member<'_>, affinity: Affinity) -> Option<Value> {
    let number = match member {
        Member::Object => return None,
        Member::Text(text) => match affinity {
            Affinity::Text | Affinity::Untyped => return Some(Value::String(text.to_owned())),
            Affinity::Integer | Affinity::Numeric | Affinity::Real => match looks_numeric(text.split('\0').next().unwrap_or_default()) {
                Some(number) => StoredNumber::parse(&number)?,
                None => return Some(Value::String(text.to_owned())),
            },
        },
        // SQLite has no booleans: hosts bind them as 1 and 0.
        Member::Boolean(boolean) => StoredNumber::Integer(i64::from(boolean)),
        Member::Number(number) => StoredNumber::parse(number.as_str())?,
    };
    match affinity {
        Affinity::Text => number.text().map(Value::String),
        Affinity::Untyped => number.value(),
        Affinity::Integer | Affinity::Numeric => number.integral().value(),
        Affinity::Real => StoredNumber::Real(number.as_real()).value(),
    }
}

/// A number as SQLite stores it.
#[derive(Debug, Clone, Copy)]
pub(super) enum StoredNumber {
    Integer(i64),
    Real(f64),
}

/// Doubles from here on have no fraction.
const INTEGRAL: f64 = 9_007_199_254_740_992.0;

impl StoredNumber {
    /// The number that a token is; `None` beyond doubles.
    pub(super) fn parse(token: &str) -> Option<Self> {
        if let Ok(integer) = token.parse() {
            return Some(Self::Integer(integer));
        }
        token.parse().ok().filter(|real: &f64| real.is_finite()).map(Self::Real)
    }

    fn as_real(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Real(real) => real,
        }
    }

    /// What an integer column makes of it: a double without a fraction becomes an integer.
    fn integral(self) -> Self {
        match self {
            Self::Real(real) if real.fract() == 0.0 && real > i64::MIN as f64 && real < i64::MAX as f64 => Self::Integer(real as i64),
            Self::Integer(_) | Self::Real(_) => self,
        }
    }

    /// The number as a value of records, which compares with integers as the double does: with its exact
    /// digits where they are those of an integer, else with the fewest that name it.
    fn value(self) -> Option<Value> {
        let token = match self {
            Self::Integer(integer) => integer.to_string(),
            Self::Real(0.0) => "0.0".to_owned(),
            Self::Real(real) if (INTEGRAL..1e19).contains(&real.abs()) => format!("{real:.1}"),
            Self::Real(real) => format!("{real:?}"),
        };
        serde_json::from_str::<serde_json::Number>(&token).ok().map(Value::Number)
    }

    /// The text that every version of SQLite writes; `None` where they differ: older ones write 15 significant
    /// digits, newer ones 17.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Real(0.0) => Some("0.0".to_owned()),
            Self::Real(real) => {
                let digits = format!("{:e}", real.abs()).bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count();
                (digits <= 15 && (1e-4..1e15).contains(&real.abs())).then(|| format!("{real:?}"))
            }
        }
    }
}

/// The number that a text looks like to SQLite's affinity: blanks around it, a plus sign, leading zeros
/// and a bare point are allowed.
fn looks_numeric(text: &str) -> Option<String> {
    let trimmed = text.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r'));
    let (sign, unsigned) = match trimmed.strip_prefix(['+', '-']) {
        Some(rest) if trimmed.starts_with('-') => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", trimmed),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let number = digits(integer) && digits(fraction) && integer.len() + fraction.len() > 0 && exponent_fits;
    number.then(|| format!("{sign}{unsigned}"))
}
