//! The detection section: search identifiers, their searches, detection items and values.
//!
//! Follows the specification's section "Detection" and sigma.md §2, §4 and §6.3. Every search is checked,
//! whether or not a condition uses it. Bounds: `windash` varies at most [`MAX_DASHES`] dashes of a value, and
//! the variants of an item together are at most [`MAX_VARIANTS`]; plain values are not counted.
//! Deliberately absent: the condition (see [`super::condition`]), and what searches mean.

use super::condition::{self, RESERVED};
use super::expand::Expansion;
use super::metadata::or_meant;
use super::modifier::{self, Chain, Family, Operand};
use super::scalar::{self, Resolved};
use super::value as texts;
use super::yaml::{List, Map, Node, Scalar, View};
use super::{Detection, DetectionItem, Linking, Modifier, Search, SearchIdentifier, Value, ValueKind};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::Place;
use crate::text::ip::{self, NetworkError};
use crate::text::pattern::Pattern;
use std::ops::Range;

/// `windash` varies at most so many dashes of one value (5⁴ = 625 variants).
const MAX_DASHES: u32 = 4;

/// The texts that `windash` and `base64offset` make of all values of one item are at most so many.
const MAX_VARIANTS: u64 = 10_000;

/// A section with search identifiers.
pub(super) struct Section<'n> {
    /// What messages call it.
    pub(super) name: &'n str,
    /// Its keys that are neither search identifiers nor the condition.
    pub(super) others: &'n [&'n str],
}

/// Reads the value of the key `detection`. What is wrong is reported.
pub(super) fn read(key: Place, node: Node, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<Detection> {
    let View::Map(map) = node.view() else {
        let problem = Diagnostic::error(Code::InvalidDetection, node.place(), "`detection` must be a map");
        report.push(problem.help("write search identifiers and `condition:` below it"));
        return None;
    };
    section(&Section { name: "a detection section", others: &[] }, key, map, expansion, report)
}

/// Reads a section with search identifiers and a condition. What is wrong is reported.
pub(super) fn section(
    section: &Section,
    key: Place,
    map: Map,
    expansion: &mut Expansion,
    report: &mut Vec<Diagnostic>,
) -> Option<Detection> {
    let mut names = Vec::new();
    let mut identifiers = Vec::new();
    let mut condition = None;
    for (name, content) in map.entries() {
        match name.scalar().map(|name| &*name.text) {
            Some("condition") => condition = condition.or(Some((name.place(), content))),
            Some("timeframe") => report.push(no_timeframe(name.place())),
            Some(text) if section.others.contains(&text) => {}
            text => {
                names.extend(text);
                identifiers.extend(search_identifier(name, content, expansion, report));
            }
        }
    }
    if names.is_empty() {
        let problem = Diagnostic::error(Code::MissingDetection, key, format!("{} without search identifiers", section.name));
        report.push(problem.help("write, for example, `selection:` with a map of fields below it"));
        return None;
    }
    let Some((place, content)) = condition else {
        let problem = Diagnostic::error(Code::MissingCondition, key, format!("{} without a condition", section.name));
        report.push(problem.help(or_meant("write a condition, such as `condition: selection`", "condition", map)));
        return None;
    };
    let conditions = condition::read(place, content, &names, report);
    Some(Detection { identifiers, conditions })
}

/// A key of Sigma 1 for aggregations, which rules of Sigma 2 may still have (D-8).
fn no_timeframe(place: Place) -> Diagnostic {
    Diagnostic::warning(Code::IgnoredKey, place, "`timeframe` means nothing here any more")
        .help("remove it; where events are to be counted, write a correlation rule with a `timespan` that refers to this one")
}

fn search_identifier(key: Node, content: Node, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<SearchIdentifier> {
    let name = key_text(key, Code::InvalidIdentifier, "a search identifier", report);
    if let Some(name) = name.filter(|name| name.text.is_empty() || RESERVED.contains(&&*name.text)) {
        let (message, help) = match name.text.is_empty() {
            true => ("a search identifier without a name".to_owned(), "write a name that conditions can use, such as `selection`"),
            false => (
                format!("a search identifier called {}", quote(&name.text)),
                "choose another name: this word means something in conditions",
            ),
        };
        report.push(Diagnostic::error(Code::InvalidIdentifier, name.place, message).help(help));
    }
    let search = search(key.place(), content, expansion, report)?;
    Some(SearchIdentifier { name: name?.text.to_string(), place: key.place(), search })
}

/// A key that is text, else a report.
fn key_text<'t, 's>(key: Node<'t, 's>, code: Code, what: &str, report: &mut Vec<Diagnostic>) -> Option<&'t Scalar<'s>> {
    let scalar = key.scalar();
    match scalar.map(|scalar| (scalar, scalar::resolve(scalar))) {
        Some((scalar, Resolved::Text)) => return Some(scalar),
        Some((scalar, Resolved::Ambiguous)) => report.push(scalar::ambiguous(scalar)),
        _ => {
            let problem = Diagnostic::error(code, key.place(), format!("{what} that is no text"));
            let help = scalar.map_or_else(|| "write a text before the colon".to_owned(), scalar::quote_it);
            report.push(problem.help(help));
        }
    }
    None
}

/// Reads what a search identifier, or an entry of its list, looks for. `key` is the place to speak of where there is nothing.
fn search(key: Place, node: Node, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<Search> {
    match node.view() {
        View::Map(map) if map.is_empty() => empty(node.place(), report),
        View::Map(map) => {
            let count = report.len();
            let items: Vec<DetectionItem> = map.entries().filter_map(|(key, value)| item(key, value, expansion, report)).collect();
            (report.len() == count).then_some(Search::All(items))
        }
        View::List(list) if list.len() == 0 => empty(node.place(), report),
        View::List(list) if list.iter().all(|entry| entry.scalar().is_some()) => {
            keywords(list.iter().filter_map(Node::scalar), expansion, report).map(Search::Keywords)
        }
        View::List(list) => any(list, expansion, report),
        View::Scalar(scalar) if scalar::resolve(scalar) == Resolved::Null => empty(key, report),
        View::Scalar(scalar) => keywords(std::iter::once(scalar), expansion, report).map(Search::Keywords),
    }
}

fn empty(place: Place, report: &mut Vec<Diagnostic>) -> Option<Search> {
    let problem = Diagnostic::error(Code::EmptySelection, place, "a search without content");
    report.push(problem.help("write fields with values, or a list of keywords, or remove it"));
    None
}

/// A list of which at least one entry is no scalar: any of the entries.
fn any(list: List, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<Search> {
    let mut searches = Vec::with_capacity(list.len());
    for entry in list.iter() {
        searches.push(match entry.view() {
            View::Scalar(scalar) => keywords(std::iter::once(scalar), expansion, report).map(Search::Keywords),
            View::List(_) | View::Map(_) => search(entry.place(), entry, expansion, report),
        });
    }
    searches.into_iter().collect::<Option<Vec<_>>>().map(Search::Any)
}

/// One keyword item.
fn keywords<'t, 's: 't>(
    scalars: impl Iterator<Item = &'t Scalar<'s>>,
    expansion: &mut Expansion,
    report: &mut Vec<Diagnostic>,
) -> Option<DetectionItem> {
    let values = values(scalars, &Chain::default(), Subject::Keywords, expansion, report)?;
    let place = values.first()?.place;
    Some(DetectionItem { field: None, place, modifiers: Vec::new(), values, linking: Linking::Any })
}

/// Whether values belong to a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Field,
    Keywords,
}

/// Reads a detection item: `field|modifier|…: value or values`.
fn item(key: Node, node: Node, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<DetectionItem> {
    let key = key_text(key, Code::InvalidFieldName, "a field", report)?;
    let (field, modifiers) = split(&key.text);
    let subject = if field.is_empty() { Subject::Keywords } else { Subject::Field };
    let chain = modifier::read(key, &modifiers, subject == Subject::Field, report);
    let scalars = scalars(key, node, report)?;
    let Some(chain) = chain else {
        // Without its modifiers, only what is wrong with any value can be said.
        values(scalars.into_iter(), &Chain::default(), subject, expansion, report);
        return None;
    };
    let linking = if chain.has(Modifier::All) { Linking::All } else { Linking::Any };
    let before = report.len();
    check_count(key, node, &chain, &modifiers, report);
    let values = values(scalars.into_iter(), &chain, subject, expansion, report)?;
    check_variants(key, &chain, &values, report);
    let field = (subject == Subject::Field).then(|| field.to_owned());
    (report.len() == before).then(|| DetectionItem { field, place: key.place, modifiers: chain.modifiers(), values, linking })
}

/// The field of a key, and where its modifiers stand.
fn split(key: &str) -> (&str, Vec<Range<usize>>) {
    let (field, rest) = key.split_once('|').map_or((key, None), |(field, rest)| (field, Some(rest)));
    let mut start = field.len() + 1;
    let modifiers = rest.into_iter().flat_map(|rest| rest.split('|')).map(|name| {
        let range = start..start + name.len();
        start = range.end + 1;
        range
    });
    (field, modifiers.collect())
}

/// The scalars that an item has as values; at least one.
fn scalars<'t, 's>(key: &Scalar, node: Node<'t, 's>, report: &mut Vec<Diagnostic>) -> Option<Vec<&'t Scalar<'s>>> {
    let list = match node.view() {
        View::Scalar(scalar) => return Some(vec![scalar]),
        View::List(list) if list.len() > 0 => list,
        View::List(_) => {
            let problem =
                Diagnostic::error(Code::EmptyValueList, node.place(), format!("{} has an empty list of values", quote(&key.text)));
            report.push(problem.help("write a value; `null` matches a field that is absent"));
            return None;
        }
        View::Map(_) => {
            report.push(no_value(node.place(), "a map"));
            return None;
        }
    };
    let mut scalars = Vec::with_capacity(list.len());
    for entry in list.iter() {
        match entry.view() {
            View::Scalar(scalar) if list.len() > 1 && scalar::resolve(scalar) == Resolved::Null => {
                let problem = Diagnostic::error(Code::NullInList, scalar.place, "null in a list of values");
                report.push(problem.help("write a detection item of its own for null, in another entry of a list of maps"));
            }
            View::Scalar(scalar) => scalars.push(scalar),
            View::List(_) => report.push(no_value(entry.place(), "a list inside a list")),
            View::Map(_) => report.push(no_value(entry.place(), "a map")),
        }
    }
    (!scalars.is_empty()).then_some(scalars)
}

fn no_value(place: Place, what: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, place, format!("{what} as a value"))
        .help("write a text, number, boolean or null, or a list of them; a field inside an object is named `outer.inner`")
}

/// Checks how many values the modifiers want. `names` is where they stand in the key.
fn check_count(key: &Scalar, node: Node, chain: &Chain, names: &[Range<usize>], report: &mut Vec<Diagnostic>) {
    let is_single = !matches!(node.view(), View::List(list) if list.len() > 1);
    let all = chain.modifiers().iter().position(|modifier| *modifier == Modifier::All);
    if let Some(range) = all.and_then(|at| names.get(at)).filter(|_| is_single) {
        let problem = Diagnostic::error(Code::AllSingleValue, key.part(range.clone()), "`all` on a single value");
        report.push(problem.help("remove `all`, or write a list of two or more values"));
    }
    if chain.has(Modifier::Exists) && node.scalar().is_none() {
        let problem = Diagnostic::error(Code::ModifierType, node.place(), "`exists` takes a single boolean, not a list");
        report.push(problem.help("write `true` or `false`"));
    }
}

/// The values, or a report of each that is none.
fn values<'t, 's: 't>(
    scalars: impl Iterator<Item = &'t Scalar<'s>>,
    chain: &Chain,
    subject: Subject,
    expansion: &mut Expansion,
    report: &mut Vec<Diagnostic>,
) -> Option<Vec<Value>> {
    let mut values = Vec::with_capacity(scalars.size_hint().0);
    let mut complete = true;
    for scalar in scalars {
        match value(scalar, chain, subject, expansion) {
            Ok(kinds) => values.extend(grouped(kinds, chain).into_iter().map(|kind| entry(kind, scalar))),
            Err(problem) => {
                complete = false;
                report.push(problem);
            }
        }
    }
    complete.then_some(values)
}

fn entry(kind: ValueKind, scalar: &Scalar) -> Value {
    let written = match &kind {
        ValueKind::Number(number) => Some(&*scalar.text).filter(|text| number.to_string() != **text).map(Box::from),
        ValueKind::Text(_)
        | ValueKind::Regex(_)
        | ValueKind::Network(_)
        | ValueKind::Field(_)
        | ValueKind::Boolean(_)
        | ValueKind::Null
        | ValueKind::AnyOf(_) => None,
    };
    Value { kind, place: scalar.place, written }
}

/// What a value stands for as entries of its item: where the entries are ANDed, it stays one of them.
fn grouped(kinds: Vec<ValueKind>, chain: &Chain) -> Vec<ValueKind> {
    if kinds.len() > 1 && chain.has(Modifier::All) { vec![ValueKind::AnyOf(kinds)] } else { kinds }
}

/// What a value stands for: one of these.
fn value(scalar: &Scalar, chain: &Chain, subject: Subject, expansion: &mut Expansion) -> Result<Vec<ValueKind>, Diagnostic> {
    let resolved = scalar::resolve(scalar);
    let (kind, operand, what) = match resolved {
        Resolved::Ambiguous => return Err(scalar::ambiguous(scalar)),
        Resolved::Unrepresentable => return Err(unrepresentable(scalar)),
        Resolved::Text => (None, Operand::Text, "text"),
        Resolved::Null => (Some(ValueKind::Null), Operand::Any, "null"),
        Resolved::Boolean(value) => (Some(ValueKind::Boolean(value)), Operand::Boolean, "a boolean"),
        Resolved::Number(number) if scalar::is_integer(scalar) => (Some(ValueKind::Number(number)), Operand::Integer, "a number"),
        Resolved::Number(number) => (Some(ValueKind::Number(number)), Operand::Number, "a number"),
    };
    if let Some(row) = chain.demanding().filter(|row| !row.operand.takes(operand)) {
        return Err(wrong_type(scalar, row.modifier, row.operand, what));
    }
    if subject == Subject::Keywords && matches!(kind, Some(ValueKind::Null | ValueKind::Boolean(_))) {
        let problem = Diagnostic::error(Code::InvalidKeyword, scalar.place, format!("{what} as a keyword"));
        return Err(problem.help("keywords are texts and numbers: quote it, or write the name of a field before it"));
    }
    kind.map_or_else(|| text(scalar, chain, expansion), |kind| Ok(vec![kind]))
}

fn unrepresentable(scalar: &Scalar) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, scalar.place, format!("{} is no number that can be compared", quote(&scalar.text)))
        .help("quote it if it is text; integers have at most 64 bits")
}

fn wrong_type(scalar: &Scalar, modifier: Modifier, wanted: Operand, found: &str) -> Diagnostic {
    let (wanted, help) = match wanted {
        Operand::Text | Operand::Any => ("text", scalar::quote_it(scalar)),
        Operand::Number if found == "text" => ("a number", "write a number, without quotes".to_owned()),
        Operand::Number => ("a number", "write a number".to_owned()),
        Operand::Integer => ("a whole number", "write a number without a fraction and without quotes".to_owned()),
        Operand::Boolean => ("a single boolean", "write `true` or `false`, without quotes".to_owned()),
    };
    Diagnostic::error(Code::ModifierType, scalar.place, format!("`{}` takes {wanted}, not {found}", modifier.name())).help(help)
}

/// A text as its modifiers want it.
fn text(scalar: &Scalar, chain: &Chain, expansion: &mut Expansion) -> Result<Vec<ValueKind>, Diagnostic> {
    if chain.has_family(Family::Regex) {
        return regexes(scalar, chain, expansion);
    }
    if chain.has_family(Family::Network) {
        return network(scalar).map(|kind| vec![kind]);
    }
    let pattern = texts::pattern(&scalar.text);
    if chain.has_family(Family::Reference) {
        return reference(scalar, &pattern).map(|kind| vec![kind]);
    }
    let patterns = if chain.has_family(Family::Expand) { expansion.patterns(scalar, &pattern)? } else { vec![pattern] };
    for pattern in &patterns {
        check_encoding(scalar, chain, pattern)?;
        if chain.has_family(Family::Dash) && texts::dash_sites(pattern) > MAX_DASHES {
            let message = format!("`windash` would vary more than {MAX_DASHES} dashes of this value");
            return Err(Diagnostic::error(Code::TooManyVariants, scalar.place, message)
                .help("split the value with `all`, or list the variants that matter"));
        }
    }
    Ok(patterns.into_iter().map(ValueKind::Text).collect())
}

fn regexes(scalar: &Scalar, chain: &Chain, expansion: &mut Expansion) -> Result<Vec<ValueKind>, Diagnostic> {
    let texts = if chain.has_family(Family::Expand) { expansion.regexes(scalar)? } else { vec![scalar.text.to_string()] };
    for text in &texts {
        let size = super::regex::check(text).map_err(|fault| {
            let place = if *text == scalar.text { scalar.part(fault.range) } else { scalar.place };
            Diagnostic::error(fault.code, place, fault.message).help(fault.help)
        })?;
        expansion.take_states(scalar, size)?;
    }
    Ok(texts.into_iter().map(ValueKind::Regex).collect())
}

fn network(scalar: &Scalar) -> Result<ValueKind, Diagnostic> {
    let text = quote(&scalar.text);
    let (message, help) = match ip::network(&scalar.text) {
        Ok(network) => return Ok(ValueKind::Network(network)),
        Err(NetworkError::NotAnAddress) => {
            (format!("{text} is no network"), "write an address, `/` and a prefix length, such as `10.0.0.0/8`".to_owned())
        }
        Err(NetworkError::Prefix) => (
            format!("{text} has no valid prefix length"),
            "write 0 to 32 after the `/` for IPv4, 0 to 128 for IPv6; masks have no dots".to_owned(),
        ),
        Err(NetworkError::HostBits(meant)) => (format!("{text} has bits set beyond its prefix"), format!("write `{meant}`")),
    };
    Err(Diagnostic::error(Code::InvalidCidr, scalar.place, message).help(help))
}

fn reference(scalar: &Scalar, pattern: &Pattern) -> Result<ValueKind, Diagnostic> {
    match pattern.as_exact() {
        Some(field) if !field.is_empty() => Ok(ValueKind::Field(field.to_owned())),
        _ => {
            let problem = Diagnostic::error(
                Code::ModifierType,
                scalar.place,
                format!("`fieldref` takes the name of a field, not {}", quote(&scalar.text)),
            );
            Err(problem.help("write one name, without wildcards; escape `*` and `?` with a backslash"))
        }
    }
}

/// Checks that a value can be encoded, where it is to be.
fn check_encoding(scalar: &Scalar, chain: &Chain, pattern: &Pattern) -> Result<(), Diagnostic> {
    if !chain.has_family(Family::Base64) {
        return Ok(());
    }
    if texts::has_wildcards(pattern) {
        let problem = Diagnostic::error(Code::WildcardInEncoding, scalar.place, "a wildcard in a value that is to be encoded");
        return Err(problem.help("escape it with a backslash, or split the value with `all`"));
    }
    if chain.has(Modifier::Base64Offset) && pattern.parts().is_empty() {
        let problem = Diagnostic::error(Code::InvalidValue, scalar.place, "`base64offset` of an empty text");
        return Err(problem.help("write the text that is looked for"));
    }
    Ok(())
}

/// Checks that the modifiers do not make too many texts of the values.
fn check_variants(key: &Scalar, chain: &Chain, values: &[Value], report: &mut Vec<Diagnostic>) {
    let (has_dash, has_offset) = (chain.has_family(Family::Dash), chain.has(Modifier::Base64Offset));
    if !has_dash && !has_offset {
        return;
    }
    let total = values.iter().fold(0_u64, |total, value| {
        let dashes = if has_dash { dash_variants(&value.kind) } else { alternatives(&value.kind) };
        total.saturating_add(dashes.saturating_mul(if has_offset { 3 } else { 1 }))
    });
    if total > MAX_VARIANTS {
        let message = format!("the modifiers of {} make {total} texts of its values, more than {MAX_VARIANTS}", quote(&key.text));
        let problem = Diagnostic::error(Code::TooManyVariants, key.place, message);
        report.push(problem.help("use fewer values, or split them over several rules"));
    }
}

/// How many values a value is.
fn alternatives(kind: &ValueKind) -> u64 {
    match kind {
        ValueKind::AnyOf(kinds) => u64::try_from(kinds.len()).unwrap_or(u64::MAX),
        ValueKind::Text(_)
        | ValueKind::Regex(_)
        | ValueKind::Network(_)
        | ValueKind::Field(_)
        | ValueKind::Number(_)
        | ValueKind::Boolean(_)
        | ValueKind::Null => 1,
    }
}

/// How many texts `windash` makes of a value.
fn dash_variants(kind: &ValueKind) -> u64 {
    match kind {
        ValueKind::Text(pattern) => 5_u64.saturating_pow(texts::dash_sites(pattern)),
        ValueKind::AnyOf(kinds) => kinds.iter().map(dash_variants).fold(0, u64::saturating_add),
        ValueKind::Regex(_)
        | ValueKind::Network(_)
        | ValueKind::Field(_)
        | ValueKind::Number(_)
        | ValueKind::Boolean(_)
        | ValueKind::Null => 1,
    }
}
