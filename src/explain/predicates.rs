//! The predicates of detection items: a field, how it is compared, with what, and what is done to the value before.
//!
//! How a text is compared follows from its pattern with the position modifier applied, so `'*\cmd.exe'` and
//! `endswith: '\cmd.exe'` are the same predicate, as they mean the same. Values have Sigma's escapes resolved and are those
//! of the author, not the encodings or variants that modifiers make of them; in a value of the kind `wildcard` the
//! wildcards of the position are written out, and a `*` may be a literal one. Numbers are in plain notation, networks as
//! address and prefix. Deliberately absent: negation (`neq`) and linking (`all`), which say how predicates are joined.

use super::model::Predicate;
use crate::rule::{DetectionItem, Modifier, ValueKind};
use crate::text::pattern::{Part, Pattern, Shape};
use crate::text::time;

/// The modifiers that are transforms, in the order in which predicates list them.
const TRANSFORMS: &[Modifier] = &[
    Modifier::Expand,
    Modifier::Cased,
    Modifier::Windash,
    Modifier::Utf16Le,
    Modifier::Utf16Be,
    Modifier::Utf16,
    Modifier::Base64,
    Modifier::Base64Offset,
    Modifier::IgnoreCase,
    Modifier::Multiline,
    Modifier::DotAll,
    Modifier::Time(time::Part::Minute),
    Modifier::Time(time::Part::Hour),
    Modifier::Time(time::Part::Day),
    Modifier::Time(time::Part::Week),
    Modifier::Time(time::Part::Month),
    Modifier::Time(time::Part::Year),
];

/// The predicates of a value, one of which has to hold: one, unless a placeholder stands for several values.
pub(super) fn predicates(item: &DetectionItem, kind: &ValueKind) -> Vec<Predicate> {
    let (kind, value) = match kind {
        ValueKind::AnyOf(kinds) => return kinds.iter().flat_map(|kind| predicates(item, kind)).collect(),
        ValueKind::Text(pattern) => text(item, pattern),
        ValueKind::Regex(written) => ("regex_match", written.clone()),
        ValueKind::Network(network) => ("cidr_match", network.to_string()),
        ValueKind::Field(other) => (reference(item), other.clone()),
        ValueKind::Number(number) => (number_kind(item), number.to_string()),
        ValueKind::Boolean(wanted) => match (item.has(Modifier::Exists), wanted) {
            (true, true) => ("is_not_null", String::new()),
            (true, false) => ("is_null", String::new()),
            (false, wanted) => ("eq", wanted.to_string()),
        },
        ValueKind::Null => ("is_null", String::new()),
    };
    vec![Predicate { field: item.field.clone(), kind, value, transforms: transforms(item) }]
}

fn transforms(item: &DetectionItem) -> Vec<&'static str> {
    TRANSFORMS.iter().filter(|modifier| item.has(**modifier)).map(|modifier| modifier.name()).collect()
}

fn text(item: &DetectionItem, written: &Pattern) -> (&'static str, String) {
    let pattern = if item.has(Modifier::StartsWith) {
        written.with_any_after()
    } else if item.has(Modifier::EndsWith) {
        written.with_any_before()
    } else if item.field.is_none() {
        return ("keyword", shown(written));
    } else if item.has(Modifier::Contains) {
        written.with_any_before().with_any_after()
    } else {
        written.clone()
    };
    match pattern.shape() {
        Shape::Exact(text) => ("eq", text.to_owned()),
        Shape::Prefix(text) => ("starts_with", text.to_owned()),
        Shape::Suffix(text) => ("ends_with", text.to_owned()),
        Shape::Infix(text) => ("match", text.to_owned()),
        Shape::Everything => ("is_not_null", String::new()),
        Shape::General => ("wildcard", shown(&pattern)),
    }
}

/// A pattern with `*` and `?` for wildcards, nothing escaped.
fn shown(pattern: &Pattern) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::One => "?".to_owned(),
        Part::Any => "*".to_owned(),
    };
    pattern.parts().iter().map(part).collect()
}

fn reference(item: &DetectionItem) -> &'static str {
    if item.has(Modifier::Contains) {
        "field_match"
    } else if item.has(Modifier::StartsWith) {
        "field_starts_with"
    } else if item.has(Modifier::EndsWith) {
        "field_ends_with"
    } else {
        "field_eq"
    }
}

fn number_kind(item: &DetectionItem) -> &'static str {
    const COMPARISONS: [(Modifier, &str, &str); 4] = [
        (Modifier::Lt, "lt", "ts_part_lt"),
        (Modifier::Lte, "le", "ts_part_le"),
        (Modifier::Gt, "gt", "ts_part_gt"),
        (Modifier::Gte, "ge", "ts_part_ge"),
    ];
    let of_time = item.modifiers.iter().any(|modifier| matches!(modifier, Modifier::Time(_)));
    let comparison = COMPARISONS.iter().find(|(modifier, ..)| item.has(*modifier));
    match (comparison, of_time) {
        (Some((_, kind, _)), false) => kind,
        (Some((_, _, kind)), true) => kind,
        (None, true) => "ts_part_eq",
        (None, false) if item.field.is_none() => "keyword",
        (None, false) => "eq",
    }
}

/// What two predicates have in common that ask for the same: values folded as Sigma compares them. A regular expression,
/// the name of a field, and what is compared with its case, or encoded before, stays as it is.
pub(super) fn identity(predicate: &Predicate) -> Predicate {
    let keeps_case = predicate.kind == "regex_match"
        || predicate.kind.starts_with("field_")
        || [Modifier::Cased, Modifier::Base64, Modifier::Base64Offset].iter().any(|own| predicate.transforms.contains(&own.name()));
    if keeps_case {
        return predicate.clone();
    }
    Predicate { value: crate::text::fold::fold_text(&predicate.value, crate::text::fold::Case::Fold), ..predicate.clone() }
}

/// The kind of a predicate that must not hold; used where something suppresses only what lacks it.
pub(super) fn negated(kind: &'static str) -> &'static str {
    const NEGATED: &[(&str, &str)] = &[
        ("eq", "ne"),
        ("match", "not_match"),
        ("starts_with", "not_starts_with"),
        ("ends_with", "not_ends_with"),
        ("wildcard", "not_wildcard"),
        ("regex_match", "not_regex_match"),
        ("cidr_match", "not_cidr_match"),
        ("is_null", "is_not_null"),
        ("is_not_null", "is_null"),
        ("keyword", "not_keyword"),
        ("lt", "not_lt"),
        ("le", "not_le"),
        ("gt", "not_gt"),
        ("ge", "not_ge"),
        ("ts_part_eq", "ts_part_ne"),
        ("ts_part_lt", "not_ts_part_lt"),
        ("ts_part_le", "not_ts_part_le"),
        ("ts_part_gt", "not_ts_part_gt"),
        ("ts_part_ge", "not_ts_part_ge"),
        ("field_eq", "field_ne"),
        ("field_match", "not_field_match"),
        ("field_starts_with", "not_field_starts_with"),
        ("field_ends_with", "not_field_ends_with"),
    ];
    NEGATED.iter().find(|(own, _)| *own == kind).map_or(kind, |(_, negated)| negated)
}
