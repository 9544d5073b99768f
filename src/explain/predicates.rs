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

#[cfg(test)]
mod tests {
    use super::super::sides::Sides;
    use super::super::texts::example;
    use super::*;

    /// The predicates that a search in brackets looks for.
    fn wanted(search: &str) -> Vec<String> {
        let (rule, _) = example::rule(&format!("{{s: {search}, condition: s}}"));
        let show = |own: Predicate| {
            let transforms: String = own.transforms.iter().map(|name| format!(" +{name}")).collect();
            format!("{} {} {}{transforms}", own.field.unwrap_or_else(|| "(any)".to_owned()), own.kind, own.value)
        };
        Sides::of(&rule).wanted.into_iter().map(show).collect()
    }

    #[test]
    fn every_way_to_compare_has_a_kind() {
        for (search, expected) in [
            (r"{A: x}", "A eq x"),
            (r"{A: ''}", "A eq "),
            (r"{A: 4104}", "A eq 4104"),
            (r"{A: true}", "A eq true"),
            (r"{A: '*x*'}", "A match x"),
            (r"{A: 'x*'}", "A starts_with x"),
            (r"{A: '*\x'}", r"A ends_with \x"),
            (r"{A: '*\x\*'}", "A ends_with \\x*"),
            (r"{A: 'C:\\*\x'}", r"A wildcard C:\*\x"),
            (r"{A: '*x?'}", "A wildcard *x?"),
            (r"{A: '*'}", "A is_not_null "),
            (r"{A: null}", "A is_null "),
            (r"{A|exists: true}", "A is_not_null "),
            (r"{A|exists: false}", "A is_null "),
            (r"{A|contains: x}", "A match x"),
            (r"{A|contains: 'x*y'}", "A wildcard *x*y*"),
            (r"{A|startswith: ' x '}", "A starts_with  x "),
            (r"{A|endswith|windash: ' -x'}", "A ends_with  -x +windash"),
            (r"{A|cased: X}", "A eq X +cased"),
            (r"{A|re: '^x+$'}", "A regex_match ^x+$"),
            (r"{A|re|s|i: x}", "A regex_match x +i +s"),
            (r"{A|cidr: 20.0.0.0/11}", "A cidr_match 20.0.0.0/11"),
            (r"{A|gt: 5}", "A gt 5"),
            (r"{A|gte: 5}", "A ge 5"),
            (r"{A|lt: 5.5}", "A lt 5.5"),
            (r"{A|lte: 5}", "A le 5"),
            (r"{A|hour: 5}", "A ts_part_eq 5 +hour"),
            (r"{A|day|gte: 5}", "A ts_part_ge 5 +day"),
            (r"{A|fieldref: B}", "A field_eq B"),
            (r"{A|fieldref|startswith: B}", "A field_starts_with B"),
            (r"{A|fieldref|endswith: B}", "A field_ends_with B"),
            (r"{A|fieldref|contains: B}", "A field_match B"),
            (r"{A|base64: x}", "A eq x +base64"),
            (r"{A|utf16le|base64offset|contains: x}", "A match x +wide +base64offset"),
            (r"{A|contains|expand: '%name%'}", "A match %name% +expand"),
            (r"{A|re|expand: 'a[%b%]%c%'}", "A regex_match a[%b%]%c% +expand"),
            (r"x", "(any) keyword x"),
            (r"5", "(any) keyword 5"),
            (r"'x*y'", "(any) keyword x*y"),
            (r"{'|contains': x}", "(any) keyword x"),
            (r"{'|startswith': x}", "(any) starts_with x"),
            (r"{'|re': x}", "(any) regex_match x"),
        ] {
            assert_eq!(wanted(search), [expected], "{search}");
        }
        assert_eq!(wanted("{A|contains|all: [x, y]}"), ["A match x", "A match y"]);
        assert!(wanted("{A|neq: x}").is_empty());
    }

    #[test]
    fn letters_count_where_sigma_compares_them() {
        let same = |a: &str, b: &str| {
            let key = |search: &str| {
                let (rule, _) = example::rule(&format!("{{s: {search}, condition: s}}"));
                Sides::of(&rule).wanted.iter().map(identity).collect::<Vec<_>>()
            };
            key(a) == key(b)
        };
        assert!(same("{A|contains: X}", "{A: '*x*'}"));
        for (a, b) in [
            ("{A: x}", "{a: x}"),
            ("{A: x}", "{A: 'x '}"),
            ("{A|cased: x}", "{A|cased: X}"),
            ("{A|re: x}", "{A|re: X}"),
            ("{A|base64: x}", "{A|base64: X}"),
            ("{A|fieldref: b}", "{A|fieldref: B}"),
            ("{A|windash: x}", "{A: x}"),
        ] {
            assert!(!same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn every_kind_has_a_negation() {
        for kind in ["eq", "match", "keyword", "is_null", "ts_part_eq", "field_eq"] {
            assert_ne!(negated(kind), kind);
        }
    }
}
