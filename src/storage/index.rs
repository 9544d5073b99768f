//! What the fields of an index hold of a value (Elasticsearch, "Field data types").
//!
//! Values that a field would not take (a word in a field of numbers, an object where a scalar is mapped) make
//! the index reject the event, so that it has no record; texts longer than `ignore_above` are left out.
//! Deliberately absent: dates, whose texts stay as they are, and what analysis makes of words.

use super::record::written;
use super::{Column, ColumnType, Holds, IndexKind, Indexed, Storage, View};
use crate::event::Member;
use crate::ir::Case;
use crate::text::{ip, number};
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

impl Indexed {
    /// What the field holds of a value: `Some(None)` where it leaves it out, `None` where it rejects the event.
    pub(super) fn stored(self, member: Member<'_>) -> Option<Option<Value>> {
        match self.kind {
            IndexKind::Keyword | IndexKind::Constant | IndexKind::Wildcard => {
                let text = written(member)?;
                let fits = self.longest.is_none_or(|longest| text.encode_utf16().count() <= longest as usize);
                Some(fits.then_some(Value::String(text)))
            }
            IndexKind::Analyzed | IndexKind::Date => written(member).map(|text| Some(Value::String(text))),
            IndexKind::Ip => ip::address(&written(member)?).map(|address| Some(Value::String(address.to_string()))),
            IndexKind::Whole => whole(&written(member)?).map(Some),
            IndexKind::Fraction => fraction(&written(member)?).map(Some),
            IndexKind::Boolean => match (member, written(member)?.as_str()) {
                (Member::Boolean(_) | Member::Text(_), "true") => Some(Some(Value::Bool(true))),
                (Member::Boolean(_) | Member::Text(_), "false") | (Member::Text(_), "") => Some(Some(Value::Bool(false))),
                _ => None,
            },
            IndexKind::Nested | IndexKind::Object | IndexKind::Other => Some(None),
        }
    }
}

/// The whole number that a number is truncated to.
fn whole(text: &str) -> Option<Value> {
    if !number::is_plain(text) {
        return None;
    }
    let (integer, _) = text.split_once('.').unwrap_or((text, ""));
    integer.parse::<i64>().ok().map(|integer| Value::Number(Number::from(integer)))
}

fn fraction(text: &str) -> Option<Value> {
    if !number::is_plain(text) {
        return None;
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
}
