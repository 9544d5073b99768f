//! The value modifiers of Sigma: one table of their names, families and operands, and one of which families
//! combine, from which every check here follows.
//!
//! Follows the specification's appendix "Modifiers" and sigma.md §4 (D-13, D-14). To add a modifier: its
//! variant in [`Modifier`], its row in [`ROWS`], its pairs in [`PAIRS`]. Deliberately absent: what modifiers
//! do to values.

use super::Modifier;
use super::yaml::Scalar;
use crate::diag::{Code, Diagnostic, quote};
use crate::text::similar;
use crate::text::time::Part;
use std::ops::Range;

/// What is said about one modifier.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) modifier: Modifier,
    /// Its name, then its aliases.
    names: &'static [&'static str],
    pub(super) family: Family,
    pub(super) operand: Operand,
}

/// Modifiers that combine alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Where in the value the text is looked for.
    Position,
    All,
    Neq,
    Cased,
    Exists,
    Regex,
    /// Flags of a regular expression.
    Flag,
    Network,
    Dash,
    Base64,
    /// Character encodings, which only `base64` and `base64offset` make text again.
    Encoding,
    /// The value names another field.
    Reference,
    Expand,
    Comparison,
    /// A part of a time.
    Time,
}

/// The type of value that a modifier takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Any,
    Text,
    Number,
    Integer,
    Boolean,
}

impl Operand {
    /// Whether a value of this type will do.
    pub(super) fn takes(self, found: Self) -> bool {
        self == found || (self == Self::Number && found == Self::Integer)
    }

    /// The type in words.
    fn name(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Text => "text",
            Self::Number => "number",
            Self::Integer => "whole number",
            Self::Boolean => "boolean",
        }
    }
}

const fn row(modifier: Modifier, names: &'static [&'static str], family: Family, operand: Operand) -> Row {
    Row { modifier, names, family, operand }
}

/// The modifiers, in the order of the specification.
const ROWS: &[Row] = &[
    row(Modifier::All, &["all"], Family::All, Operand::Any),
    row(Modifier::Cased, &["cased"], Family::Cased, Operand::Text),
    row(Modifier::Neq, &["neq"], Family::Neq, Operand::Any),
    row(Modifier::Contains, &["contains"], Family::Position, Operand::Text),
    row(Modifier::StartsWith, &["startswith"], Family::Position, Operand::Text),
    row(Modifier::EndsWith, &["endswith"], Family::Position, Operand::Text),
    row(Modifier::Exists, &["exists"], Family::Exists, Operand::Boolean),
    row(Modifier::Re, &["re"], Family::Regex, Operand::Text),
    row(Modifier::IgnoreCase, &["i", "ignorecase"], Family::Flag, Operand::Text),
    row(Modifier::Multiline, &["m", "multiline"], Family::Flag, Operand::Text),
    row(Modifier::DotAll, &["s", "dotall"], Family::Flag, Operand::Text),
    row(Modifier::Cidr, &["cidr"], Family::Network, Operand::Text),
    row(Modifier::Windash, &["windash"], Family::Dash, Operand::Text),
    row(Modifier::Base64, &["base64"], Family::Base64, Operand::Text),
    row(Modifier::Base64Offset, &["base64offset"], Family::Base64, Operand::Text),
    row(Modifier::Utf16Le, &["wide", "utf16le"], Family::Encoding, Operand::Text),
    row(Modifier::Utf16Be, &["utf16be"], Family::Encoding, Operand::Text),
    row(Modifier::Utf16, &["utf16"], Family::Encoding, Operand::Text),
    row(Modifier::Fieldref, &["fieldref"], Family::Reference, Operand::Text),
    row(Modifier::Expand, &["expand"], Family::Expand, Operand::Text),
    row(Modifier::Time(Part::Minute), &["minute"], Family::Time, Operand::Integer),
    row(Modifier::Time(Part::Hour), &["hour"], Family::Time, Operand::Integer),
    row(Modifier::Time(Part::Day), &["day"], Family::Time, Operand::Integer),
    row(Modifier::Time(Part::Week), &["week"], Family::Time, Operand::Integer),
    row(Modifier::Time(Part::Month), &["month"], Family::Time, Operand::Integer),
    row(Modifier::Time(Part::Year), &["year"], Family::Time, Operand::Integer),
    row(Modifier::Lt, &["lt"], Family::Comparison, Operand::Number),
    row(Modifier::Lte, &["lte"], Family::Comparison, Operand::Number),
    row(Modifier::Gt, &["gt"], Family::Comparison, Operand::Number),
    row(Modifier::Gte, &["gte"], Family::Comparison, Operand::Number),
];

/// How two families combine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Either may come first.
    Free,
    /// The first named comes first.
    Fixed,
}

/// The pairs of families that combine. Pairs that are not here exclude each other; `all` and `neq` combine
/// with everything but `exists`, see [`combination`].
const PAIRS: &[(Family, Order, Family)] = &[
    (Family::Position, Order::Free, Family::Dash),
    (Family::Position, Order::Free, Family::Encoding),
    (Family::Position, Order::Free, Family::Base64),
    (Family::Position, Order::Free, Family::Cased),
    (Family::Position, Order::Free, Family::Expand),
    (Family::Reference, Order::Fixed, Family::Position),
    (Family::Reference, Order::Free, Family::Cased),
    (Family::Expand, Order::Free, Family::Dash),
    (Family::Expand, Order::Free, Family::Cased),
    (Family::Expand, Order::Fixed, Family::Encoding),
    (Family::Expand, Order::Fixed, Family::Base64),
    (Family::Dash, Order::Free, Family::Cased),
    (Family::Dash, Order::Fixed, Family::Encoding),
    (Family::Dash, Order::Fixed, Family::Base64),
    (Family::Encoding, Order::Fixed, Family::Base64),
    (Family::Encoding, Order::Free, Family::Cased),
    (Family::Base64, Order::Free, Family::Cased),
    (Family::Regex, Order::Fixed, Family::Flag),
    (Family::Regex, Order::Fixed, Family::Expand),
    (Family::Flag, Order::Free, Family::Flag),
    (Family::Flag, Order::Free, Family::Expand),
    (Family::Time, Order::Fixed, Family::Comparison),
];

/// Families that mean nothing without another one: what their lack is called, what is lacking, help.
const COMPANIONS: &[(Family, Family, Code, &str, &str)] = &[
    (Family::Encoding, Family::Base64, Code::EncodingWithoutBase64, "`base64` after it", "write `base64` or `base64offset` after it"),
    (Family::Flag, Family::Regex, Code::ModifierConflict, "`re`", "write `re` before it; text compares ignoring case without any modifier"),
];

/// Families that look at the value of a field, which keywords have not.
const NEEDS_FIELD: &[Family] = &[Family::Exists, Family::Network, Family::Reference, Family::Comparison, Family::Time];

/// What combines with a family, in words, the most restrictive first.
const COMPANY: &[(Family, &str)] = &[
    (Family::Exists, "`exists` stands alone"),
    (Family::Network, "`cidr` combines with `all` and `neq` only"),
    (Family::Time, "a part of a time combines with one comparison after it, with `all` and `neq` only"),
    (Family::Comparison, "a comparison combines with `all` and `neq` only; write a second detection item for a second bound"),
    (Family::Regex, "`re` comes first, and combines with `i`, `m`, `s`, `expand`, `all` and `neq` only"),
    (Family::Flag, "the flags `i`, `m` and `s` belong to `re`"),
    (Family::Reference, "`fieldref` combines with one of `contains`, `startswith` and `endswith`, with `cased`, `all` and `neq` only"),
    (Family::Position, "keep one of `contains`, `startswith` and `endswith`"),
    (Family::Encoding, "keep one character encoding"),
    (Family::Base64, "keep one of `base64` and `base64offset`"),
];

impl Modifier {
    /// The name as the specification writes it.
    pub fn name(self) -> &'static str {
        let row = ROWS.iter().find(|row| row.modifier == self);
        row.and_then(|row| row.names.first()).copied().unwrap_or_default()
    }

    /// The names of every modifier, in the order of the specification: the name, then its aliases; and the
    /// type of value that it takes.
    pub fn all() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
        ROWS.iter().map(|row| (row.names, row.operand.name()))
    }
}

/// A valid sequence of modifiers.
#[derive(Debug, Default)]
pub(super) struct Chain {
    rows: Vec<&'static Row>,
}

impl Chain {
    pub(super) fn modifiers(&self) -> Vec<Modifier> {
        self.rows.iter().map(|row| row.modifier).collect()
    }

    pub(super) fn has(&self, modifier: Modifier) -> bool {
        self.rows.iter().any(|row| row.modifier == modifier)
    }

    pub(super) fn has_family(&self, family: Family) -> bool {
        self.rows.iter().any(|row| row.family == family)
    }

    /// The modifier that decides which type the values must have, if any does.
    pub(super) fn demanding(&self) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.operand != Operand::Any).copied()
    }
}

/// A modifier of a key: its row, and where it stands in the key's text.
type Placed = (&'static Row, Range<usize>);

/// What is wrong with a chain, with its place in bytes of the key's text.
#[derive(Debug)]
struct Fault {
    code: Code,
    range: Range<usize>,
    message: String,
    help: String,
}

impl Fault {
    fn new(code: Code, range: &Range<usize>, message: String, help: impl Into<String>) -> Self {
        Self { code, range: range.clone(), message, help: help.into() }
    }
}

/// Reads the modifiers of a detection item's key, given where each stands in the key's text.
///
/// What is wrong is reported, and then there is no chain. Of very long chains only the beginning is looked
/// at: since no modifier may occur twice, something is wrong there.
pub(super) fn read(key: &Scalar, names: &[Range<usize>], has_field: bool, report: &mut Vec<Diagnostic>) -> Option<Chain> {
    let mut rows: Vec<Placed> = Vec::with_capacity(names.len().min(ROWS.len() + 1));
    let mut faults = Vec::new();
    for range in names.iter().take(ROWS.len() + 1) {
        let name = key.text.get(range.clone()).unwrap_or_default();
        match find(name) {
            Some(row) => rows.push((row, range.clone())),
            None => faults.push(unknown(name, range, &key.text)),
        }
    }
    let written = |range: &Range<usize>| key.text.get(range.clone()).unwrap_or_default();
    let fault = first_fault(&rows, has_field, &written);
    // Where a modifier is not known, it may be what the others lack.
    faults.extend(fault.filter(|fault| faults.is_empty() || fault.code == Code::InvalidKeyword));
    if faults.is_empty() {
        return Some(Chain { rows: rows.into_iter().map(|(row, _)| row).collect() });
    }
    report.extend(faults.into_iter().map(|fault| Diagnostic::error(fault.code, key.part(fault.range), fault.message).help(fault.help)));
    None
}

/// The first thing that is wrong with modifiers that are all known.
fn first_fault(rows: &[Placed], has_field: bool, written: Written) -> Option<Fault> {
    match combination_fault(rows, written) {
        // Where a companion is missing altogether, the order of the others is of no interest yet.
        Some(fault) if fault.code == Code::ModifierOrder => companion_fault(rows, written).or(Some(fault)),
        Some(fault) => Some(fault),
        None => companion_fault(rows, written).or_else(|| keyword_fault(rows, has_field, written)),
    }
}

fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.names.contains(&name))
}

fn unknown(name: &str, range: &Range<usize>, key: &str) -> Fault {
    if name.is_empty() {
        let help = "remove the `|`, or write a modifier after it";
        return Fault::new(Code::UnknownModifier, &(0..key.len()), format!("an empty modifier in {}", quote(key)), help);
    }
    let names = || ROWS.iter().flat_map(|row| row.names).copied();
    let help = match similar::nearest(name, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the modifiers are {}", names().map(quote).collect::<Vec<_>>().join(", ")),
    };
    Fault::new(Code::UnknownModifier, range, format!("unknown modifier {}", quote(name)), help)
}

/// How two families combine, the one that is written first named first.
fn combination(first: Family, second: Family) -> Result<(), Code> {
    let is_free = |family| matches!(family, Family::All | Family::Neq);
    if is_free(first) || is_free(second) {
        let clash = first == second || first == Family::Exists || second == Family::Exists;
        return if clash { Err(Code::ModifierConflict) } else { Ok(()) };
    }
    let listed = |a, b| PAIRS.iter().find(|pair| pair.0 == a && pair.2 == b).map(|pair| pair.1);
    match (listed(first, second), listed(second, first)) {
        (Some(_), _) | (None, Some(Order::Free)) => Ok(()),
        (None, Some(Order::Fixed)) => Err(Code::ModifierOrder),
        (None, None) => Err(Code::ModifierConflict),
    }
}

/// The text of a modifier as its author wrote it, by its place: an alias is spoken of by its own name.
type Written<'w> = &'w dyn Fn(&Range<usize>) -> &'w str;

/// The first pair of modifiers that do not combine.
fn combination_fault(rows: &[Placed], written: Written) -> Option<Fault> {
    let pairs = rows.iter().enumerate().flat_map(|(at, second)| rows.iter().take(at).map(move |first| (first, second)));
    pairs.into_iter().find_map(|((first, before), (second, range))| {
        let (a, b) = (written(before), written(range));
        if first.modifier == second.modifier {
            return Some(Fault::new(Code::ModifierConflict, range, twice(a, b), "write it once"));
        }
        let code = combination(first.family, second.family).err()?;
        Some(if code == Code::ModifierOrder {
            let help = format!("write `{b}` before `{a}`: modifiers apply from left to right");
            Fault::new(code, range, format!("the modifier `{b}` after `{a}`"), help)
        } else {
            let help = company(first.family, second.family);
            Fault::new(code, range, format!("the modifiers `{a}` and `{b}` exclude each other"), help)
        })
    })
}

/// A modifier that is there twice, perhaps by another of its names.
fn twice(first: &str, second: &str) -> String {
    if first == second {
        format!("the modifier `{second}` twice")
    } else {
        format!("the modifier `{second}` after `{first}`, which is the same")
    }
}

/// What the more restrictive of two families combines with.
fn company(first: Family, second: Family) -> &'static str {
    COMPANY.iter().find(|(family, _)| *family == first || *family == second).map_or("write two detection items", |(_, words)| words)
}

/// The first modifier that lacks its companion.
fn companion_fault(rows: &[Placed], written: Written) -> Option<Fault> {
    rows.iter().find_map(|(row, range)| {
        let (_, companion, code, lack, help) = COMPANIONS.iter().find(|(family, ..)| *family == row.family)?;
        if rows.iter().any(|(other, _)| other.family == *companion) {
            return None;
        }
        Some(Fault::new(*code, range, format!("the modifier `{}` without {lack}", written(range)), *help))
    })
}

/// The first modifier that keywords cannot have.
fn keyword_fault(rows: &[Placed], has_field: bool, written: Written) -> Option<Fault> {
    let (_, range) = rows.iter().find(|(row, _)| !has_field && NEEDS_FIELD.contains(&row.family))?;
    let message = format!("the modifier `{}` on keywords", written(range));
    Some(Fault::new(Code::InvalidKeyword, range, message, "write the name of a field before the `|`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(names: &str) -> &'static str {
        let rows: Vec<_> = names.split('|').filter_map(find).map(|row| (row, 0..0)).collect();
        assert_eq!(rows.len(), names.split('|').count(), "{names}");
        first_fault(&rows, true, &|_| "").map_or("ok", |fault| fault.code.name())
    }

    #[test]
    fn names_are_unique_and_every_modifier_has_a_row() {
        let mut names: Vec<&str> = ROWS.iter().flat_map(|row| row.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(Modifier::Utf16Le.name(), "wide");
    }

    #[test]
    fn chains_that_combine() {
        for names in [
            "contains",
            "contains|all",
            "all|contains",
            "cased|contains",
            "contains|windash",
            "windash|contains|all",
            "base64offset|contains",
            "wide|base64offset|contains",
            "contains|wide|base64",
            "contains|base64",
            "base64|contains|cased",
            "windash|wide|base64offset|contains",
            "re|i|m|s",
            "re|ignorecase",
            "neq|re",
            "re|neq|all",
            "all|re",
            "re|expand",
            "cidr|neq",
            "cidr|all",
            "fieldref|endswith",
            "fieldref|cased",
            "cased|fieldref",
            "fieldref|neq",
            "expand|contains",
            "contains|expand",
            "gt|all",
            "neq|gte",
            "exists",
        ] {
            assert_eq!(outcome(names), "ok", "{names}");
        }
    }

    #[test]
    fn chains_that_do_not() {
        for (names, expected) in [
            ("contains|startswith", "modifier_conflict"),
            ("contains|contains", "modifier_conflict"),
            ("wide|utf16le", "modifier_conflict"),
            ("wide|utf16|base64", "modifier_conflict"),
            ("base64|base64offset", "modifier_conflict"),
            ("windash|re", "modifier_conflict"),
            ("contains|re", "modifier_conflict"),
            ("re|contains", "modifier_conflict"),
            ("re|cased", "modifier_conflict"),
            ("i|re", "modifier_order"),
            ("expand|re", "modifier_order"),
            ("i", "modifier_conflict"),
            ("i|m", "modifier_conflict"),
            ("cidr|contains", "modifier_conflict"),
            ("exists|all", "modifier_conflict"),
            ("neq|exists", "modifier_conflict"),
            ("gt|lt", "modifier_conflict"),
            ("cased|gt", "modifier_conflict"),
            ("startswith|fieldref", "modifier_order"),
            ("fieldref|gt", "modifier_conflict"),
            ("wide", "encoding_without_base64"),
            ("wide|contains", "encoding_without_base64"),
            ("wide|windash", "encoding_without_base64"),
            ("utf16le|expand", "encoding_without_base64"),
            ("wide|windash|base64", "modifier_order"),
            ("base64|wide", "modifier_order"),
            ("base64|windash", "modifier_order"),
            ("all|all", "modifier_conflict"),
        ] {
            assert_eq!(outcome(names), expected, "{names}");
        }
    }
}
