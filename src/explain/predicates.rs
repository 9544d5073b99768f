//! The predicates of detection items: a field, how it is compared, with what, and what is done to the value before.
//!
//! How a text is compared follows from its pattern with the position modifier applied, so `'*\cmd.exe'` and
//! `endswith: '\cmd.exe'` are the same predicate, as they mean the same. Values have Sigma's escapes resolved and are those
//! of the author, not the encodings or variants that modifiers make of them. Values of the kinds `wildcard` and `keyword`
//! have wildcards: there they are in Sigma's spelling, with a backslash before what is meant literally, and the wildcards
//! of the position are written out. Numbers are as written, networks as address and prefix; two ways to write the same
//! count as one ([`identity`]). Deliberately absent: negation (`neq`) and linking (`all`), which say how predicates are
//! joined.

use super::model::Predicate;
use crate::rule::{DetectionItem, Modifier, Value, ValueKind};
use crate::text::fold::{Case, fold_text};
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
pub(super) fn predicates(item: &DetectionItem, value: &Value) -> Vec<Predicate> {
    match (&value.kind, &value.written) {
        (ValueKind::AnyOf(kinds), _) => kinds.iter().map(|kind| predicate(item, kind)).collect(),
        (ValueKind::Number(number), Some(written)) => {
            let plain = number.to_string();
            vec![Predicate { value: written.to_string(), meant: Some(plain), ..predicate(item, &value.kind) }]
        }
        (kind, _) => vec![predicate(item, kind)],
    }
}

fn predicate(item: &DetectionItem, kind: &ValueKind) -> Predicate {
    let plain = |kind, value| Predicate { field: item.field.clone(), kind, value, transforms: transforms(item), meant: None };
    match kind {
        ValueKind::Text(pattern) => text(item, pattern, &plain),
        ValueKind::Regex(written) => plain("regex_match", written.clone()),
        ValueKind::Network(network) => plain("cidr_match", network.to_string()),
        ValueKind::Field(other) => plain(reference(item), other.clone()),
        ValueKind::Number(number) => plain(number_kind(item), number.to_string()),
        ValueKind::Boolean(wanted) => match (item.has(Modifier::Exists), wanted) {
            (true, true) => plain("is_not_null", String::new()),
            (true, false) => plain("is_null", String::new()),
            (false, wanted) => plain("eq", wanted.to_string()),
        },
        // There are no groups in groups, and none is empty.
        ValueKind::Null | ValueKind::AnyOf(_) => plain("is_null", String::new()),
    }
}

fn transforms(item: &DetectionItem) -> Vec<&'static str> {
    TRANSFORMS.iter().filter(|modifier| item.has(**modifier)).map(|modifier| modifier.name()).collect()
}

fn text(item: &DetectionItem, written: &Pattern, plain: &dyn Fn(&'static str, String) -> Predicate) -> Predicate {
    let (is_open_before, pattern) = if item.has(Modifier::StartsWith) {
        (false, written.with_any_after())
    } else if item.has(Modifier::EndsWith) {
        (true, written.with_any_before())
    } else if item.field.is_none() {
        return plain("keyword", spelled(written.parts()));
    } else if item.has(Modifier::Contains) {
        (true, written.with_any_before().with_any_after())
    } else {
        (false, written.clone())
    };
    match pattern.shape() {
        Shape::Exact(text) => plain("eq", text.to_owned()),
        Shape::Prefix(text) => plain("starts_with", text.to_owned()),
        Shape::Suffix(text) => plain("ends_with", text.to_owned()),
        Shape::Infix(text) => plain("match", text.to_owned()),
        Shape::Everything => plain("is_not_null", String::new()),
        Shape::General => {
            let meant = spelled(pattern.parts());
            let shown = if is_open_before { spelled(&with_any_first(pattern.parts())) } else { meant.clone() };
            Predicate { meant: Some(meant).filter(|meant| *meant != shown), ..plain("wildcard", shown) }
        }
    }
}

/// The parts of a pattern that begins with wildcards, `*` among them, with the `*` in front of the `?`: that is where
/// `contains` and `endswith` put it.
fn with_any_first(parts: &[Part]) -> Vec<Part> {
    let singles = parts.iter().take_while(|part| **part == Part::One).count();
    let mut parts = parts.to_vec();
    if parts.get(singles) == Some(&Part::Any) {
        parts.swap(0, singles);
    }
    parts
}

/// A pattern as Sigma has it: `*` and `?` for wildcards, and a backslash before them for the characters. Backslashes are
/// doubled where they would be read as such a backslash, or as a half of two.
fn spelled(parts: &[Part]) -> String {
    let mut spelled = String::new();
    let mut backslashes = 0;
    let end = |spelled: &mut String, backslashes: &mut usize, before_special: bool| {
        let is_alone = *backslashes == 1 && !before_special;
        spelled.push_str(&"\\".repeat(if is_alone { 1 } else { 2 * *backslashes }));
        *backslashes = 0;
    };
    for part in parts {
        match part {
            Part::Text(text) => {
                for c in text.chars() {
                    let is_special = matches!(c, '*' | '?');
                    match c {
                        '\\' => backslashes += 1,
                        _ => {
                            end(&mut spelled, &mut backslashes, is_special);
                            spelled.extend(Some('\\').filter(|_| is_special));
                            spelled.push(c);
                        }
                    }
                }
            }
            Part::One | Part::Any => {
                end(&mut spelled, &mut backslashes, true);
                spelled.push(if *part == Part::One { '?' } else { '*' });
            }
        }
    }
    end(&mut spelled, &mut backslashes, false);
    spelled
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
pub(crate) fn identity(predicate: &Predicate) -> Predicate {
    let keeps_case = predicate.kind == "regex_match"
        || predicate.kind.starts_with("field_")
        || [Modifier::Cased, Modifier::Base64, Modifier::Base64Offset].iter().any(|own| predicate.transforms.contains(&own.name()));
    let meant = predicate.meant.as_ref().unwrap_or(&predicate.value);
    let value = if keeps_case { meant.clone() } else { fold_text(meant, Case::Fold) };
    Predicate { value, meant: None, ..predicate.clone() }
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
            (r"{A: 'C:\\*\x'}", r"A wildcard C:\\*\x"),
            (r"{A: 'a\*b*c'}", r"A wildcard a\*b*c"),
            (r"{A: 'a*b*c'}", r"A wildcard a*b*c"),
            (r"{A: '\\\\x\y*z\\\?\'}", r"A wildcard \\\\x\y*z\\\?\"),
            (r"{A|contains: '?x'}", "A wildcard *?x*"),
            (r"{A|endswith: '??x'}", "A wildcard *??x"),
            (r"{A|startswith: 'x?'}", "A wildcard x?*"),
            (r"{A: '?*x'}", "A wildcard ?*x"),
            (r"'a\*b*c'", r"(any) keyword a\*b*c"),
            (r"'a\*b'", r"(any) keyword a\*b"),
            (r"'a\b\'", r"(any) keyword a\b\"),
            (r"{A: 0x10}", "A eq 0x10"),
            (r"{A: 1.50}", "A eq 1.50"),
            (r"0x10", "(any) keyword 0x10"),
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
        for (a, b) in [
            ("{A|contains: X}", "{A: '*x*'}"),
            ("{A: 0x10}", "{A: 16}"),
            ("{A|gt: 1.50}", "{A|gt: 1.5}"),
            ("{A|contains: '?x'}", "{A: '?*x*'}"),
            (r"{A: 'a\\\\b*c'}", r"{A: 'a\\\b*c'}"),
        ] {
            assert!(same(a, b), "{a} and {b}");
        }
        for (a, b) in [
            (r"{A: 'a\*b*c'}", "{A: 'a*b*c'}"),
            (r"{A: 'a\\*b*c'}", r"{A: 'a\*b*c'}"),
            (r"'a\*b'", "'a*b'"),
            ("{A: 0x10}", "{A: '0x10'}"),
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
