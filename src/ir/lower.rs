//! From what a rule says to what it means: [`Rule`] → [`Expr`], one formula for each condition.
//!
//! All of Sigma's surface ends here: modifiers are applied (sigma.md §4), encodings and `windash` become
//! lists of patterns, selectors become conjunctions and disjunctions, keywords become tests on every leaf.
//! The result must mean the same as the reference evaluator says; the two are written independently, and
//! verification replays events through both. Deliberately absent: targets.

use super::regex::Regex;
use super::sigma_regex;
use super::{Case, Comparison, Expr, Pattern, Predicate, Relation, Subject};
use crate::diag::{Code, Diagnostic};
use crate::rule::{Condition, Detection, DetectionItem, Linking, Modifier, Quantifier, Rule, Search, SelectorPattern, ValueKind};
use crate::source::Place;
use crate::text::encoding;
use crate::text::pattern;
use crate::text::time::Part;
use ipnet::IpNet;

/// What the rule means: one formula for each of its conditions, in order.
///
/// # Errors
/// What of the rule has no formula: a regular expression beyond the size bound.
pub fn lower(rule: &Rule) -> Result<Vec<Expr>, Diagnostic> {
    let mut filters = Vec::new();
    for filter in &rule.filters {
        filters.extend(detection(filter)?);
    }
    let filtered = |meaning| Expr::and(std::iter::once(meaning).chain(filters.iter().cloned()));
    Ok(detection(&rule.detection)?.into_iter().map(filtered).collect())
}

/// One formula for each condition, over search identifiers that no other detection sees (sigma.md §8).
fn detection(written: &Detection) -> Result<Vec<Expr>, Diagnostic> {
    let named = written.identifiers.iter().map(|identifier| Ok((identifier.name.as_str(), search(&identifier.search)?)));
    let named: Vec<(&str, Expr)> = named.collect::<Result<_, Diagnostic>>()?;
    Ok(written.conditions.iter().map(|text| condition(&text.condition, &named)).collect())
}

fn condition(written: &Condition, named: &[(&str, Expr)]) -> Expr {
    match written {
        Condition::Or(parts) => Expr::or(parts.iter().map(|part| condition(part, named))),
        Condition::And(parts) => Expr::and(parts.iter().map(|part| condition(part, named))),
        Condition::Not(part) => Expr::not(condition(part, named)),
        Condition::Identifier(name) => Expr::or(named.iter().filter(|(own, _)| own == name).map(|(_, expr)| expr.clone())),
        Condition::Selector { quantifier, pattern } => {
            let selected = named.iter().filter(|(name, _)| selects(pattern, name)).map(|(_, expr)| expr.clone());
            match quantifier {
                Quantifier::Any => Expr::or(selected),
                Quantifier::All => Expr::and(selected),
            }
        }
    }
}

/// Whether a selector ranges over an identifier: those that start with `_` only when asked for so.
fn selects(selector: &SelectorPattern, name: &str) -> bool {
    match selector {
        SelectorPattern::Them => !name.starts_with('_'),
        SelectorPattern::Pattern(text) => {
            let parts = text.split('*').flat_map(|piece| [pattern::Part::Any, pattern::Part::Text(piece.to_owned())]).skip(1);
            (!name.starts_with('_') || text.starts_with('_')) && Pattern::new(parts).matches(name, Case::Sensitive)
        }
    }
}

fn search(written: &Search) -> Result<Expr, Diagnostic> {
    match written {
        Search::All(items) => Ok(Expr::and(items.iter().map(item).collect::<Result<Vec<_>, _>>()?)),
        Search::Any(searches) => Ok(Expr::or(searches.iter().map(search).collect::<Result<Vec<_>, _>>()?)),
        Search::Keywords(keywords) => item(keywords),
    }
}

fn item(written: &DetectionItem) -> Result<Expr, Diagnostic> {
    let mut values: Vec<Vec<(Meaning, Place)>> = Vec::with_capacity(written.values.len());
    for value in &written.values {
        values.push(meanings(written, &value.kind, value.place)?.into_iter().map(|meaning| (meaning, value.place)).collect());
    }
    let linked = match written.linking {
        Linking::Any => some(written, values.into_iter().flatten().collect()),
        Linking::All => Expr::and(values.into_iter().map(|value| some(written, value))),
    };
    Ok(if written.has(Modifier::Neq) { Expr::not(linked) } else { linked })
}

/// What one value asks of a member.
enum Meaning {
    /// One of these patterns covers it.
    Patterns(Vec<Pattern>),
    /// It is an address in this network.
    Network(IpNet),
    /// Another predicate holds.
    Predicate(Predicate),
    /// There is no member at all.
    Missing,
}

/// The disjunction of several values: patterns merge into one test, networks into another (the bag law
/// `some a or some b = some (a or b)`).
fn some(item: &DetectionItem, values: Vec<(Meaning, Place)>) -> Expr {
    let subject = item.field.as_deref().map_or(Subject::AnyLeaf, Subject::field);
    let case = if item.has(Modifier::Cased) { Case::Sensitive } else { Case::Fold };
    let (mut patterns, mut networks, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (meaning, place) in values {
        match meaning {
            Meaning::Patterns(list) => patterns.extend(list.into_iter().map(|pattern| super::Value { pattern, place })),
            Meaning::Network(network) => networks.push(network),
            Meaning::Predicate(predicate) => others.push(Expr::test(subject.clone(), predicate, place)),
            Meaning::Missing => others.push(Expr::not(Expr::test(subject.clone(), Predicate::Exists, place))),
        }
    }
    let mut tests = Vec::new();
    if !patterns.is_empty() {
        tests.push(Expr::test(subject.clone(), Predicate::Like { any: patterns, case }, item.place));
    }
    if !networks.is_empty() {
        tests.push(Expr::test(subject, Predicate::Within { any: networks }, item.place));
    }
    tests.extend(others);
    Expr::or(tests)
}

/// What a value asks of a member: one of these.
fn meanings(item: &DetectionItem, kind: &ValueKind, place: Place) -> Result<Vec<Meaning>, Diagnostic> {
    let meaning = match kind {
        ValueKind::Text(pattern) => Meaning::Patterns(patterns(item, pattern)),
        ValueKind::Regex(text) => {
            let flags = sigma_regex::Flags {
                ignore_case: item.has(Modifier::IgnoreCase),
                multi_line: item.has(Modifier::Multiline),
                dot_matches_new_line: item.has(Modifier::DotAll),
            };
            let tree = sigma_regex::parse(text, flags).map_err(|why| Diagnostic::error(Code::InvalidRegex, place, why))?;
            let regex = Regex::new(&tree).map_err(|why| Diagnostic::error(Code::UnsupportedRegex, place, why))?;
            Meaning::Predicate(Predicate::Regex(regex))
        }
        ValueKind::Network(network) => Meaning::Network(*network),
        ValueKind::Field(other) => Meaning::Predicate(Predicate::Relates {
            other: other.as_str().into(),
            how: relation(item),
            case: if item.has(Modifier::Cased) { Case::Sensitive } else { Case::Fold },
        }),
        ValueKind::Number(number) => match (time_part(item), comparison(item)) {
            (Some(part), op) => Meaning::Predicate(Predicate::TimePart { part, op: op.unwrap_or(Comparison::Eq), number: number.clone() }),
            (None, Some(op)) => Meaning::Predicate(Predicate::Compare { op, number: number.clone() }),
            (None, None) => Meaning::Patterns(vec![Pattern::exact(&number.to_string())]),
        },
        ValueKind::Boolean(wanted) => match (item.has(Modifier::Exists), wanted) {
            (true, true) => Meaning::Predicate(Predicate::Exists),
            (true, false) => Meaning::Missing,
            (false, true) => Meaning::Patterns(vec![Pattern::exact("true")]),
            (false, false) => Meaning::Patterns(vec![Pattern::exact("false")]),
        },
        ValueKind::Null => Meaning::Missing,
        ValueKind::AnyOf(kinds) => {
            let each = kinds.iter().map(|kind| meanings(item, kind, place)).collect::<Result<Vec<_>, _>>()?;
            return Ok(each.into_iter().flatten().collect());
        }
    };
    Ok(vec![meaning])
}

fn relation(item: &DetectionItem) -> Relation {
    if item.has(Modifier::StartsWith) {
        Relation::Prefix
    } else if item.has(Modifier::EndsWith) {
        Relation::Suffix
    } else if item.has(Modifier::Contains) {
        Relation::Infix
    } else {
        Relation::Equal
    }
}

fn time_part(item: &DetectionItem) -> Option<Part> {
    item.modifiers.iter().find_map(|modifier| if let Modifier::Time(part) = modifier { Some(*part) } else { None })
}

fn comparison(item: &DetectionItem) -> Option<Comparison> {
    let table = [
        (Modifier::Lt, Comparison::Lt),
        (Modifier::Lte, Comparison::Lte),
        (Modifier::Gt, Comparison::Gt),
        (Modifier::Gte, Comparison::Gte),
    ];
    table.into_iter().find(|(modifier, _)| item.has(*modifier)).map(|(_, comparison)| comparison)
}

/// The patterns that a text becomes: its modifiers applied from left to right, and for a keyword without
/// a position modifier anything before and after (sigma.md §6.3).
fn patterns(item: &DetectionItem, written: &Pattern) -> Vec<Pattern> {
    let mut patterns = vec![written.clone()];
    let mut charset = encoding::Charset::Utf8;
    for modifier in &item.modifiers {
        match modifier {
            Modifier::Contains => patterns = map(&patterns, |pattern| pattern.with_any_before().with_any_after()),
            Modifier::StartsWith => patterns = map(&patterns, Pattern::with_any_after),
            Modifier::EndsWith => patterns = map(&patterns, Pattern::with_any_before),
            Modifier::Windash => patterns = patterns.iter().flat_map(windash).collect(),
            Modifier::Base64 => {
                patterns =
                    patterns.iter().flat_map(|pattern| encode(pattern, |text| vec![encoding::base64(&charset.bytes(text))])).collect()
            }
            Modifier::Base64Offset => {
                patterns =
                    patterns.iter().flat_map(|pattern| encode(pattern, |text| encoding::base64_offsets(&charset.bytes(text)))).collect()
            }
            Modifier::Utf16Le => charset = encoding::Charset::Utf16Le,
            Modifier::Utf16Be => charset = encoding::Charset::Utf16Be,
            Modifier::Utf16 => charset = encoding::Charset::Utf16,
            Modifier::All
            | Modifier::Neq
            | Modifier::Cased
            | Modifier::Exists
            | Modifier::Re
            | Modifier::IgnoreCase
            | Modifier::Multiline
            | Modifier::DotAll
            | Modifier::Cidr
            | Modifier::Fieldref
            | Modifier::Expand
            | Modifier::Lt
            | Modifier::Lte
            | Modifier::Gt
            | Modifier::Gte
            | Modifier::Time(_) => {}
        }
    }
    let positioned = [Modifier::Contains, Modifier::StartsWith, Modifier::EndsWith].iter().any(|modifier| item.has(*modifier));
    if item.field.is_none() && !positioned {
        patterns = map(&patterns, |pattern| pattern.with_any_before().with_any_after());
    }
    patterns
}

fn map(patterns: &[Pattern], change: impl Fn(&Pattern) -> Pattern) -> Vec<Pattern> {
    patterns.iter().map(change).collect()
}

/// The literal text of a pattern encoded, wildcards at its ends kept. The parser admits no others here.
fn encode(pattern: &Pattern, encode: impl Fn(&str) -> Vec<String>) -> Vec<Pattern> {
    let text: String = pattern.literal_chars().collect();
    let is_any = |part: Option<&pattern::Part>| part == Some(&pattern::Part::Any);
    let (before, after) = (is_any(pattern.parts().first()), is_any(pattern.parts().last()));
    let wrap = |encoded: String| {
        let exact = Pattern::exact(&encoded);
        let exact = if before { exact.with_any_before() } else { exact };
        if after { exact.with_any_after() } else { exact }
    };
    encode(&text).into_iter().map(wrap).collect()
}

/// The dashes that `windash` takes for one another.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Every variant of a pattern under `windash`: each `-` or `/` between a non-word and a word character of
/// one literal part ranges over all dashes (sigma.md §4.1, D-20).
fn windash(pattern: &Pattern) -> Vec<Pattern> {
    let mut variants: Vec<Vec<pattern::Part>> = vec![Vec::new()];
    for part in pattern.parts() {
        let alternatives = match part {
            pattern::Part::Text(text) => dashed(text).into_iter().map(pattern::Part::Text).collect(),
            pattern::Part::One | pattern::Part::Any => vec![part.clone()],
        };
        variants =
            variants.iter().flat_map(|variant| alternatives.iter().map(|next| variant.iter().chain([next]).cloned().collect())).collect();
    }
    variants.into_iter().map(Pattern::new).collect()
}

fn dashed(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let chars: Vec<char> = text.chars().collect();
    let mut variants = vec![String::new()];
    let mut before: Option<char> = None;
    let next = chars.iter().skip(1).map(Some).chain([None]);
    for (&c, next) in chars.iter().zip(next) {
        let is_site = matches!(c, '-' | '/') && !before.is_some_and(is_word) && next.copied().is_some_and(is_word);
        let choices: &[char] = if is_site { &DASHES } else { std::slice::from_ref(&c) };
        variants = variants.iter().flat_map(|variant| choices.iter().map(move |choice| format!("{variant}{choice}"))).collect();
        before = Some(c);
    }
    variants
}
