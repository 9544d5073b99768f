//! What the fields of an index hold of a value (Elasticsearch, "Field data types").
//!
//! Values that a field would not take (a word in a field of numbers, an object where a scalar is mapped) make
//! the index reject the event, so that it has no record; texts longer than `ignore_above` are left out. What
//! fields of one kind hold differently (decimals in single and in double precision) has no record either.
//! Deliberately absent: normalizers, which are relations of texts ([`ColumnType::compares`]); times, whose texts
//! stay as they are; and what analysis makes of words.

use super::record::written;
use super::{Column, ColumnType, Holds, IndexKind, Indexed, Storage, View};
use crate::event::{Event, Member};
use crate::ir::Case;
use crate::text::{date, ip, number};
use serde_json::{Map, Number, Value};

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

/// The values that an index puts into the field of a name: those at every path that spells it, whether dots stand in
/// keys or between them.
pub(super) fn members<'e>(event: &'e Event, name: &str) -> Vec<Member<'e>> {
    let mut members = Vec::new();
    collect(event.root(), name, &mut members);
    members
}

fn collect<'e>(object: &'e Map<String, Value>, name: &str, members: &mut Vec<Member<'e>>) {
    for (key, value) in object {
        match name.strip_prefix(key.as_str()) {
            Some("") => flatten(value, members),
            Some(rest) => {
                if let Some(rest) = rest.strip_prefix('.') {
                    descend(value, rest, members);
                }
            }
            None => {}
        }
    }
}

fn descend<'e>(value: &'e Value, name: &str, members: &mut Vec<Member<'e>>) {
    match value {
        Value::Object(object) => collect(object, name, members),
        Value::Array(elements) => elements.iter().for_each(|element| descend(element, name, members)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn flatten<'e>(value: &'e Value, members: &mut Vec<Member<'e>>) {
    match value {
        Value::Null => {}
        Value::Array(elements) => elements.iter().for_each(|element| flatten(element, members)),
        Value::Bool(boolean) => members.push(Member::Boolean(*boolean)),
        Value::Number(number) => members.push(Member::Number(number)),
        Value::String(text) => members.push(Member::Text(text)),
        Value::Object(_) => members.push(Member::Object),
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::{Columns, Names};
    use super::*;
    use serde_json::json;

    fn field(kind: IndexKind, longest: Option<u32>) -> ColumnType {
        ColumnType { holds: Holds::Indexed(Indexed { kind, longest, view: View::Typed }), compares: Case::Sensitive }
    }

    /// What a field `f` of this type holds of a value: `None` where the event is rejected, null for nothing.
    fn held(kind: ColumnType, value: &Value) -> Option<Value> {
        let columns = Columns::listed(vec![Column::new("f", kind)]);
        let storage = Storage { table: None, names: Names::Sensitive, columns, raw: None, networks: None };
        let record = storage.record(&Event::default().with("f", value.clone()), &["f"])?;
        Some(record.root().get("f").cloned().unwrap_or(Value::Null))
    }

    #[test]
    fn fields_hold_values_of_their_type() {
        let ten = serde_json::from_str::<Value>("5.0").unwrap();
        for (kind, value, expected) in [
            (IndexKind::Keyword, ten.clone(), Some(json!("5.0"))),
            (IndexKind::Keyword, json!([true, null, "x"]), Some(json!(["true", "x"]))),
            (IndexKind::Keyword, json!({"a": 1}), None),
            (IndexKind::Keyword, json!("x".repeat(32_767)), None),
            (IndexKind::Ip, json!("::FFFF:10.0.0.1"), Some(json!("10.0.0.1"))),
            (IndexKind::Ip, json!("2001:DB8::0"), Some(json!("2001:db8::"))),
            (IndexKind::Ip, json!("x"), None),
            (IndexKind::Whole, json!("-5.7"), Some(json!(-5))),
            (IndexKind::Whole, json!(""), Some(Value::Null)),
            (IndexKind::Whole, json!(true), None),
            (IndexKind::Fraction, ten, Some(json!(5.0))),
            (IndexKind::Fraction, json!("0.1000000001"), None),
            (IndexKind::Boolean, json!("false"), Some(json!(false))),
            (IndexKind::Boolean, json!("False"), None),
            (IndexKind::Date, json!("2024-02-30"), None),
            (IndexKind::Date, json!(1_704_067_200_000_i64), Some(json!("1704067200000"))),
            (IndexKind::Object, json!({"a": 1}), Some(Value::Null)),
            (IndexKind::Object, json!("x"), None),
            (IndexKind::Nested, json!([{"a": 1}]), Some(Value::Null)),
        ] {
            assert_eq!(held(field(kind, None), &value), expected, "{kind:?} of {value}");
        }
    }

    /// `ignore_above` counts units of UTF-16.
    #[test]
    fn longer_texts_are_left_out() {
        let kind = field(IndexKind::Keyword, Some(3));
        assert_eq!(held(kind, &json!(["abc", "abcd", "é€x", "a😀", "a😀b"])), Some(json!(["abc", "é€x", "a😀"])));
    }

    #[test]
    fn dots_in_keys_and_between_them_are_one_path() {
        let event = |value: Value| Event::new(value.as_object().unwrap().clone());
        let count = |value: Value, name: &str| members(&event(value), name).len();
        assert_eq!(count(json!({"a.b": 1, "a": {"b": [2, 3]}}), "a.b"), 3);
        assert_eq!(count(json!({"a.b": [{"c": 1}, {"c": null}], "a": {"b.c": 2}}), "a.b.c"), 2);
        assert_eq!(count(json!({"a": {"bc": 1}, "ab": {"c": 1}}), "a.b"), 0);
    }

    #[test]
    fn options_change_what_is_known() {
        let columns = Columns::open(field(IndexKind::Keyword, None));
        let mut storage = Storage { table: None, names: Names::Sensitive, columns, raw: None, networks: None };
        storage.view(&["a"]);
        storage.fold_keywords();
        let kind = |name: &str| storage.column(name).map(|(_, kind)| (kind.compares, kind.holds.key()));
        assert_eq!(kind("a"), Some((Case::Ascii, super::super::ColumnKey::Keyword)));
        assert_eq!(kind("b"), Some((Case::Sensitive, super::super::ColumnKey::UnviewedKeyword)));
    }
}
