//! What the fields of an index hold of a value (Elasticsearch, "Field data types").
//!
//! Values that a field would not take (a word in a field of numbers, an object where a scalar is mapped) make
//! the index reject the event, so that it has no record; texts longer than `ignore_above` are left out. What
//! fields of one kind hold differently (decimals in single and in double precision) has no record either.
//! Deliberately absent: normalizers, which are relations of texts ([`ColumnType::compares`]); times, whose texts
//! stay as they are; and what analysis makes of words.

use super::record::written;
use super::{Column, ColumnType, Holds, IndexKind, Indexed, Storage, View};
use crate::event::Member;
use crate::ir::Case;
use crate::text::{date, ip, number};
use serde_json::{Number, Value};

impl Storage {
    /// Makes searches on keywords fold ASCII letters (Kibana's `caseInsensitive`).
    pub fn fold_keywords(&mut self) {
        self.for_each_type(|kind| {
            if let (Holds::Indexed(Indexed { kind: IndexKind::Keyword, view: View::Typed, .. }), Case::Sensitive) =
                (kind.holds, kind.compares)
            {
                kind.compares = Case::Ascii;
            }
        });
    }

    /// Limits what those who search know to the fields of these names.
    pub fn view(&mut self, fields: &[&str]) {
        let others = self.columns.others;
        for &field in fields {
            if let (true, Some(kind)) = (self.columns.listed.iter().all(|column| column.name != field), others) {
                self.columns.listed.push(Column::new(field, kind));
            }
        }
        if let Some(kind) = &mut self.columns.others {
            unview(kind);
        }
        self.columns.listed.iter_mut().filter(|column| !fields.contains(&column.name.as_str())).for_each(|column| unview(&mut column.kind));
    }

    fn for_each_type(&mut self, change: impl Fn(&mut ColumnType)) {
        self.columns.listed.iter_mut().map(|column| &mut column.kind).chain(&mut self.columns.others).for_each(change);
    }
}

fn unview(kind: &mut ColumnType) {
    if let Holds::Indexed(indexed) = &mut kind.holds {
        indexed.view = View::Untyped;
    }
}

/// A keyword without `ignore_above` rejects longer texts, in bytes of UTF-8 (Lucene's longest term).
const LONGEST_TERM: usize = 32_766;

impl Indexed {
    /// What the field holds of a value: `Some(None)` where it leaves it out, `None` where it rejects the event.
    pub(super) fn stored(self, member: Member<'_>) -> Option<Option<Value>> {
        let text = match self.kind {
            // Whatever a field that is not looked into holds, no query on it is read.
            IndexKind::Nested | IndexKind::Other => return Some(None),
            IndexKind::Object => return matches!(member, Member::Object).then_some(None),
            IndexKind::Keyword
            | IndexKind::Constant
            | IndexKind::Wildcard
            | IndexKind::Analyzed
            | IndexKind::Ip
            | IndexKind::Whole
            | IndexKind::Fraction
            | IndexKind::Boolean
            | IndexKind::Date => written(member)?,
        };
        match self.kind {
            IndexKind::Keyword | IndexKind::Constant | IndexKind::Wildcard => self.whole_text(text),
            IndexKind::Analyzed => Some(Some(Value::String(text))),
            IndexKind::Date => is_date(&text).then_some(Some(Value::String(text))),
            IndexKind::Ip => ip::address(&text).map(|address| Some(Value::String(address.to_canonical().to_string()))),
            IndexKind::Whole | IndexKind::Fraction if text.is_empty() => Some(None),
            IndexKind::Whole => whole(&text).map(Some),
            IndexKind::Fraction => fraction(&text).map(Some),
            IndexKind::Boolean => match (member, text.as_str()) {
                (Member::Boolean(_) | Member::Text(_), "true") => Some(Some(Value::Bool(true))),
                (Member::Boolean(_) | Member::Text(_), "false") | (Member::Text(_), "") => Some(Some(Value::Bool(false))),
                _ => None,
            },
            IndexKind::Nested | IndexKind::Object | IndexKind::Other => Some(None),
        }
    }

    /// Texts are measured as Java counts them, in units of UTF-16, before a normalizer changes them.
    fn whole_text(self, text: String) -> Option<Option<Value>> {
        let fits = self.longest.is_none_or(|longest| text.encode_utf16().count() <= longest as usize);
        let is_term = self.kind != IndexKind::Keyword || text.len() <= LONGEST_TERM;
        if fits && !is_term { None } else { Some(fits.then_some(Value::String(text))) }
    }
}

/// Whether a field of dates takes a text: a date, or milliseconds since the epoch.
fn is_date(text: &str) -> bool {
    date::moment(text).is_some() || number::is_plain(text)
}

/// The whole number that a number is truncated to.
fn whole(text: &str) -> Option<Value> {
    if !number::is_plain(text) {
        return None;
    }
    let (integer, _) = text.split_once('.').unwrap_or((text, ""));
    integer.parse::<i64>().ok().map(|integer| Value::Number(Number::from(integer)))
}

/// A decimal that single and double precision keep alike.
fn fraction(text: &str) -> Option<Value> {
    if !number::is_plain(text) {
        return None;
    }
    let (single, double): (f32, f64) = (text.parse().ok()?, text.parse().ok()?);
    (single.to_string() == double.to_string()).then(|| Number::from_f64(double).map(Value::Number)).flatten()
}
