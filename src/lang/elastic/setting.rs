//! The parameters of one field of a mapping: which type it is, as far as requests can tell.
//!
//! Source: Elasticsearch, "Mapping parameters" and "Field data types". A parameter that changes what is indexed, or
//! what requests find, in a way that no type here says makes the field [`IndexKind::Other`], on which no request
//! is read. Deliberately absent: parameters of display, storage and scoring.

use crate::ir::Case;
use crate::storage::{ColumnType, Holds, IndexKind, Indexed, View};
use serde_json::{Map, Value};

/// The formats of dates whose texts are read: the defaults, and what they leave when milliseconds are not taken.
const FORMATS: &[&str] = &[
    "strict_date_optional_time",
    "strict_date_optional_time||epoch_millis",
    "strict_date_optional_time_nanos",
    "strict_date_optional_time_nanos||epoch_millis",
];

/// Whether what a parameter says is not the default.
type Differs = fn(&Value) -> bool;

/// Parameters that are not said by any type.
const OPAQUE: &[(&str, Differs)] = &[
    ("null_value", |value| !value.is_null()),
    ("script", |value| !value.is_null()),
    ("split_queries_on_whitespace", is_true),
    ("analyzer", |value| value != "standard"),
    ("search_analyzer", |value| value != "standard"),
    ("search_quote_analyzer", |value| value != "standard"),
    ("index_options", |value| value == "docs" || value == "freqs"),
    ("format", |value| !FORMATS.iter().any(|format| value == format)),
];

/// Normalizers of the index by their names: the relation under which texts are the same after each, where it is known.
pub(super) type Normalizers<'m> = dyn Fn(&str) -> Option<Case> + 'm;

/// The type that a field's parameters make.
pub(super) fn column_type(parameters: &Map<String, Value>, normalizers: &Normalizers<'_>) -> ColumnType {
    let name = parameters.get("type").and_then(Value::as_str);
    let kind = name.map_or(IndexKind::Object, kind);
    let normalizer = parameters.get("normalizer").map(|name| name.as_str().and_then(normalizers));
    let is_opaque = OPAQUE.iter().any(|(name, differs)| parameters.get(*name).is_some_and(differs));
    let longest = longest(parameters, kind);
    match (normalizer, longest) {
        (Some(None), _) | (_, None) => indexed(IndexKind::Other, None, Case::Sensitive),
        (_, Some(_)) if is_opaque || !is_searched(parameters, kind) => indexed(IndexKind::Other, None, Case::Sensitive),
        (Some(Some(case)), Some(longest)) => indexed(kind, longest, case),
        (None, Some(longest)) => indexed(kind, longest, Case::Sensitive),
    }
}

/// A type of these properties.
pub(super) fn indexed(kind: IndexKind, longest: Option<u32>, compares: Case) -> ColumnType {
    ColumnType { holds: Holds::Indexed(Indexed { kind, longest, view: View::Typed }), compares }
}

/// The types by their names. Fields of half precision and of scaled numbers round what they hold.
fn kind(name: &str) -> IndexKind {
    match name {
        "keyword" => IndexKind::Keyword,
        "constant_keyword" => IndexKind::Constant,
        "wildcard" => IndexKind::Wildcard,
        "text" | "match_only_text" => IndexKind::Analyzed,
        "ip" => IndexKind::Ip,
        "long" | "integer" | "short" | "byte" | "unsigned_long" => IndexKind::Whole,
        "double" | "float" => IndexKind::Fraction,
        "boolean" => IndexKind::Boolean,
        "date" | "date_nanos" => IndexKind::Date,
        "nested" => IndexKind::Nested,
        "object" => IndexKind::Object,
        _ => IndexKind::Other,
    }
}

/// `ignore_above`; `None` where it is no number.
fn longest(parameters: &Map<String, Value>, kind: IndexKind) -> Option<Option<u32>> {
    let limits = matches!(kind, IndexKind::Keyword | IndexKind::Wildcard);
    let Some(limit) = parameters.get("ignore_above").filter(|_| limits) else { return Some(None) };
    let number = limit.as_u64().or_else(|| limit.as_str().and_then(|text| text.parse().ok()))?;
    // The default of wildcards stands for no limit.
    Some(u32::try_from(number).ok().filter(|&number| number < i32::MAX.unsigned_abs()))
}

/// Whether the field can be searched: it has an index, or values beside the documents.
fn is_searched(parameters: &Map<String, Value>, kind: IndexKind) -> bool {
    let is_off = |name: &str| parameters.get(name).is_some_and(|value| value == &Value::Bool(false) || value == "false");
    match kind {
        IndexKind::Analyzed => !is_off("index"),
        IndexKind::Object | IndexKind::Nested => !is_off("enabled"),
        IndexKind::Keyword
        | IndexKind::Constant
        | IndexKind::Wildcard
        | IndexKind::Ip
        | IndexKind::Whole
        | IndexKind::Fraction
        | IndexKind::Boolean
        | IndexKind::Date
        | IndexKind::Other => !(is_off("index") && is_off("doc_values")),
    }
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value == "true"
}
