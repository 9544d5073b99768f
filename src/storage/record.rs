//! Records: what the columns of a storage hold after an event was put in.
//!
//! Tables follow SQLite ("Datatypes", section 3: affinity) and are held against the engine itself; what an
//! index holds is in `index`; extracted fields hold texts. Deliberately absent: a record for what engines of different versions write differently, or cannot hold.

use super::{Affinity, Column, ColumnType, Content, Holds, Names, Storage, Values, index};
use crate::event::{Event, Member};
use crate::text::number;
use serde_json::Value;
use std::collections::BTreeMap;

impl Storage {
    /// The record that putting the event into the storage makes: see [`Recorder::record`].
    pub fn record(&self, event: &Event, names: &[&str]) -> Option<Event> {
        self.recorder(names).record(event)
    }

    /// What makes records of events. Only the columns that `names` denote, or that are filled by the fields of
    /// these names, are filled; and all columns of a table, since an event that one of them cannot hold has no
    /// record.
    pub fn recorder<'s>(&'s self, names: &[&'s str]) -> Recorder<'s> {
        let is_asked = |column: &Column| {
            matches!(column.kind.holds, Holds::Scalar(_)) || names.iter().any(|name| *name == column.name || *name == column.source)
        };
        let own = self.columns.listed.iter().filter(|column| is_asked(column));
        let mut filled: Vec<Filled<'s>> =
            own.map(|column| Filled { name: &column.source, key: self.key(&column.name), kind: column.kind }).collect();
        for &name in names {
            let listed = self.columns.listed.iter().find(|column| self.same_name(&column.name, name));
            match (listed, self.columns.others) {
                // A name that is spelled as its column is among the columns already.
                (Some(column), _) if column.name == name => {}
                (Some(column), _) => filled.push(Filled { name, key: self.key(&column.name), kind: column.kind }),
                (None, Some(kind)) => filled.push(Filled { name, key: self.key(name), kind }),
                (None, None) => {}
            }
        }
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
    /// [`Storage::column`] and whose values are those that the columns hold: an array where there are several.
    ///
    /// `None` where the event has no record: what a column cannot hold (several values or an object in a
    /// column of a table, a word in a field of numbers), or two names for one column with different values.
    /// What no column holds is not part of the record.
    pub fn record(&self, event: &Event) -> Option<Event> {
        let mut columns: BTreeMap<&str, Value> = BTreeMap::new();
        for Filled { name, key, kind } in &self.filled {
            let Some(stored) = self.stored(event, name, kind.holds)? else { continue };
            if columns.get(key.as_str()).is_some_and(|before| *before != stored) {
                return None;
            }
            columns.insert(key, stored);
        }
        Some(Event::new(columns.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
    }

    /// What a column holds of a field; `Some(None)` where it stays empty, `None` where there is no record.
    fn stored(&self, event: &Event, name: &str, holds: Holds) -> Option<Option<Value>> {
        let members = match holds {
            Holds::Indexed(_) => index::members(event, name),
            Holds::Scalar(_) | Holds::Extracted(_) | Holds::Event => self.storage.members(event, name),
        };
        match holds {
            Holds::Scalar(affinity) => match members.as_slice() {
                [] => Some(None),
                [one] => store(*one, affinity).map(Some),
                _ => None,
            },
            Holds::Extracted(extracted) => {
                let texts: Vec<Value> = members.into_iter().map(|member| extract(member, extracted.content)).collect::<Option<_>>()?;
                if extracted.values == Values::One && texts.len() > 1 { None } else { Some(bag(texts)) }
            }
            Holds::Event => match members.as_slice() {
                [] => Some(Some(Value::String(Value::Object(event.root().clone()).to_string()))),
                [Member::Text(text)] => Some(Some(Value::String((*text).to_owned()))),
                _ => None,
            },
            Holds::Indexed(indexed) => {
                let values: Vec<Option<Value>> = members.into_iter().map(|member| indexed.stored(member)).collect::<Option<_>>()?;
                Some(bag(values.into_iter().flatten().collect()))
            }
        }
    }
}

/// Nothing, one value, or an array of several.
fn bag(mut values: Vec<Value>) -> Option<Value> {
    match (values.len(), values.pop()) {
        (1, only) => only,
        (_, Some(last)) => {
            values.push(last);
            Some(Value::Array(values))
        }
        (_, None) => None,
    }
}

/// The text of a value in the text of an event.
fn extract(member: Member<'_>, content: Content) -> Option<Value> {
    let text = written(member)?;
    match content {
        Content::Numbers if !number::is_unpadded(&text) => None,
        Content::Texts | Content::Numbers => Some(Value::String(text)),
    }
}

/// A scalar as it is written in an event; `None` for an object.
pub(super) fn written(member: Member<'_>) -> Option<String> {
    match member {
        Member::Text(text) => Some(text.to_owned()),
        Member::Number(number) => Some(number.as_str().to_owned()),
        Member::Boolean(boolean) => Some(boolean.to_string()),
        Member::Object => None,
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
