//! The reference evaluator: whether a rule matches an event.
//!
//! It is written like the specification, arm by arm, and each arm names the section of sigma.md or the
//! decision (D-n) that it states. It is the measure for everything else, so it shares nothing with the
//! intermediate representation: it reads the rule as written and interprets modifiers itself, from left to
//! right. Contract: rules come from the parser, which has refused whatever has no meaning; for a rule that
//! it would refuse the answer is unspecified, but there is one. Deliberately absent: log source routing
//! (D-25), optimisation.

pub mod correlation;
mod encoding;
mod number;
mod regex;
#[cfg(test)]
mod tests;

use crate::event::{Event, Member};
use crate::rule::{
    Condition, Detection, DetectionItem, Linking, Modifier, Quantifier, Rule, Search, SearchIdentifier, SelectorPattern, ValueKind,
};
use crate::text::fold::{Case, fold, same};
use crate::text::ip;
use crate::text::pattern::{Part, Pattern};
use std::cell::OnceCell;

/// Whether some condition of the rule holds on the event (sigma.md §5: a list of conditions is ORed).
pub fn matches(rule: &Rule, event: &Event) -> bool {
    (0..rule.detection.conditions.len()).any(|condition| matches_condition(rule, condition, event))
}

/// Whether one condition of the rule, counted from 0, holds on the event, and that of each filter with it. One that the
/// rule does not have never does.
pub fn matches_condition(rule: &Rule, condition: usize, event: &Event) -> bool {
    let own = rule.detection.conditions.get(condition).is_some_and(|it| holds(&it.condition, &rule.detection, event));
    own && rule.filters.iter().all(|filter| admits(filter, event))
}

/// §8, D-32: the condition of a filter as written, over the filter's own search identifiers.
fn admits(filter: &Detection, event: &Event) -> bool {
    filter.conditions.iter().all(|it| holds(&it.condition, filter, event))
}

/// §5, §6.2: conditions are two-valued.
fn holds(condition: &Condition, detection: &Detection, event: &Event) -> bool {
    match condition {
        Condition::Or(operands) => operands.iter().any(|operand| holds(operand, detection, event)),
        Condition::And(operands) => operands.iter().all(|operand| holds(operand, detection, event)),
        Condition::Not(operand) => !holds(operand, detection, event),
        Condition::Identifier(name) => detection.identifiers.iter().any(|it| it.name == *name && found(&it.search, event)),
        Condition::Selector { quantifier, pattern } => {
            let mut selected = detection.identifiers.iter().filter(|it| selects(pattern, it));
            match quantifier {
                Quantifier::Any => selected.any(|it| found(&it.search, event)),
                Quantifier::All => selected.all(|it| found(&it.search, event)),
            }
        }
    }
}

/// §5: `them` is every identifier not starting with `_`; a pattern selects what it matches completely, and
/// identifiers starting with `_` only if it starts with `_` itself.
fn selects(selector: &SelectorPattern, identifier: &SearchIdentifier) -> bool {
    let hidden = identifier.name.starts_with('_');
    match selector {
        SelectorPattern::Them => !hidden,
        SelectorPattern::Pattern(pattern) => {
            let symbols: Vec<_> = pattern.chars().map(|c| if c == '*' { Symbol::Any } else { Symbol::Char(c) }).collect();
            (!hidden || pattern.starts_with('_')) && covers(&symbols, &identifier.name.chars().collect::<Vec<_>>(), Case::Sensitive)
        }
    }
}

/// §2: a map is AND, a list is OR.
fn found(search: &Search, event: &Event) -> bool {
    match search {
        Search::All(items) => items.iter().all(|item| item_holds(item, event)),
        Search::Any(searches) => searches.iter().any(|search| found(search, event)),
        Search::Keywords(item) => item_holds(item, event),
    }
}

/// §4.1 `all`, `neq`: values are ORed, or ANDed with `all`; `neq` negates the whole item, so that it is true
/// of an absent field (D-15).
fn item_holds(item: &DetectionItem, event: &Event) -> bool {
    let bag = Bag::new(match &item.field {
        Some(name) => event.field(name), // §6.1, D-24
        None => event.leaves(),          // §6.3
    });
    let holds = |value: &ValueKind| value_holds(item, value, &bag, event);
    let positive = match item.linking {
        Linking::Any => item.values.iter().any(|value| holds(&value.kind)),
        Linking::All => item.values.iter().all(|value| holds(&value.kind)),
    };
    positive != item.has(Modifier::Neq)
}

/// The members that an item is about, with the characters of their texts as they are to be compared.
struct Bag<'e> {
    members: Vec<Member<'e>>,
    folded: OnceCell<Vec<Vec<char>>>,
}

impl<'e> Bag<'e> {
    fn new(members: Vec<Member<'e>>) -> Self {
        Self { members, folded: OnceCell::new() }
    }

    /// The texts, folded under the relation that the item compares with.
    fn folded(&self, case: Case) -> &[Vec<char>] {
        self.folded.get_or_init(|| texts(&self.members).map(|text| text.chars().map(|c| fold(c, case)).collect()).collect())
    }
}

/// §2.1, §6.1: a value holds when some member of the bag matches it; `null` and `exists` ask for the bag.
fn value_holds(item: &DetectionItem, value: &ValueKind, asked: &Bag<'_>, event: &Event) -> bool {
    let bag = &asked.members;
    match value {
        ValueKind::AnyOf(kinds) => kinds.iter().any(|kind| value_holds(item, kind, asked, event)),
        ValueKind::Null => bag.is_empty(),                                                         // D-24
        ValueKind::Boolean(expected) if item.has(Modifier::Exists) => *expected != bag.is_empty(), // D-16
        ValueKind::Boolean(expected) => bag.iter().any(|&member| is_boolean(member, *expected)),
        ValueKind::Number(number) => bag.iter().any(|&member| number::holds(item, member, number)),
        // §4.1 `cidr`: a string that is an IP address.
        ValueKind::Network(network) => bag.iter().any(|member| matches!(member, Member::Text(text) if ip::within(text, &[*network]))),
        // §4.1 `re`: search in the canonical text.
        ValueKind::Regex(expression) => regex::is_found(expression, regex::Flags::of(item), texts(bag)),
        ValueKind::Field(name) => texts(&event.field(name)).any(|other| text_holds(item, &Pattern::exact(&other), asked)),
        ValueKind::Text(pattern) => text_holds(item, pattern, asked),
    }
}

/// §2.1: the canonical texts of the scalars in a bag; an object has none.
fn texts<'b>(bag: &'b [Member<'_>]) -> impl Iterator<Item = std::borrow::Cow<'b, str>> {
    bag.iter().filter_map(|member| member.canonical())
}

/// §2.1, D-11: the boolean itself or its text, never 1 or 0.
fn is_boolean(member: Member<'_>, expected: bool) -> bool {
    match member {
        Member::Boolean(actual) => actual == expected,
        Member::Text(text) => same(text, if expected { "true" } else { "false" }, Case::Fold),
        Member::Number(_) | Member::Object => false,
    }
}

/// §3, §4: some alternative of the value covers the whole text of some member, caselessly (D-12) unless
/// `cased` (D-14).
fn text_holds(item: &DetectionItem, pattern: &Pattern, bag: &Bag<'_>) -> bool {
    let case = if item.has(Modifier::Cased) { Case::Sensitive } else { Case::Fold };
    let texts = bag.folded(case);
    !texts.is_empty() && alternatives(item, pattern).iter().any(|symbols| texts.iter().any(|text| covers(symbols, text, case)))
}

/// A place of a pattern while modifiers are applied to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    /// This character.
    Char(char),
    /// Any one of [`DASHES`].
    Dash,
    /// `?`
    One,
    /// `*`
    Any,
}

impl Symbol {
    /// Whether it stands for a character of a folded text.
    fn accepts(self, c: char, case: Case) -> bool {
        match self {
            Self::Char(expected) => fold(expected, case) == c,
            Self::Dash => DASHES.contains(&c),
            Self::One | Self::Any => true,
        }
    }
}

/// §4.1 `windash`: what a switch may begin with.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// §3: whether the symbols cover the whole text, which is folded under `case`. What stands between two `*` may take its leftmost fit:
/// that leaves the most for the rest.
fn covers(symbols: &[Symbol], text: &[char], case: Case) -> bool {
    let fits = |segment: &[Symbol], text: &[char]| {
        segment.len() == text.len() && segment.iter().zip(text).all(|(symbol, &c)| symbol.accepts(c, case))
    };
    let segments: Vec<&[Symbol]> = symbols.split(|&symbol| symbol == Symbol::Any).collect();
    let [first, middle @ .., last] = segments.as_slice() else { return fits(symbols, text) };
    let Some((head, rest)) = text.split_at_checked(first.len()) else { return false };
    let Some((mut rest, tail)) = rest.len().checked_sub(last.len()).and_then(|at| rest.split_at_checked(at)) else { return false };
    let in_order = middle.iter().filter(|segment| !segment.is_empty()).all(|segment| {
        let found = rest.windows(segment.len()).position(|window| fits(segment, window));
        found.and_then(|at| rest.get(at + segment.len()..)).map(|after| rest = after).is_some()
    });
    in_order && fits(first, head) && fits(last, tail)
}

/// §4: the modifiers applied to a value from left to right; more than one result is an OR group.
fn alternatives(item: &DetectionItem, pattern: &Pattern) -> Vec<Vec<Symbol>> {
    let mut alternatives = vec![symbols(pattern)];
    let mut charset: fn(&str) -> Vec<u8> = encoding::utf8;
    let mut positioned = false;
    for modifier in &item.modifiers {
        match modifier {
            Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith => {
                positioned = true;
                alternatives.iter_mut().for_each(|symbols| position(*modifier, symbols));
            }
            Modifier::Windash => alternatives.iter_mut().for_each(|symbols| *symbols = windash(symbols)),
            Modifier::Utf16Le => charset = encoding::utf16le,
            Modifier::Utf16Be => charset = encoding::utf16be,
            Modifier::Utf16 => charset = encoding::utf16,
            Modifier::Base64 => alternatives = encode(&alternatives, |text| vec![encoding::base64(&charset(text))]),
            Modifier::Base64Offset => alternatives = encode(&alternatives, |text| encoding::base64_cores(&charset(text))),
            // Flags of the item, and modifiers of other values, are read where they act. What `expand`
            // does has been done: placeholders are replaced before a rule is evaluated (§9).
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
    if item.field.is_none() && !positioned {
        alternatives.iter_mut().for_each(|symbols| position(Modifier::Contains, symbols)); // §6.3: a keyword is `*keyword*`
    }
    alternatives
}

fn symbols(pattern: &Pattern) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for part in pattern.parts() {
        match part {
            Part::Text(text) => symbols.extend(text.chars().map(Symbol::Char)),
            Part::One => symbols.push(Symbol::One),
            Part::Any => symbols.push(Symbol::Any),
        }
    }
    symbols
}

/// §4.1 `contains`, `startswith`, `endswith`: wildcards are added to the parsed parts.
fn position(modifier: Modifier, symbols: &mut Vec<Symbol>) {
    if modifier != Modifier::StartsWith {
        symbols.insert(0, Symbol::Any);
    }
    if modifier != Modifier::EndsWith {
        symbols.push(Symbol::Any);
    }
}

/// §4.1 `windash`, D-20: each `-` or `/` at `\B[-/]\b` becomes any dash, independently of the others.
fn windash(symbols: &[Symbol]) -> Vec<Symbol> {
    let is_word = |at: Option<&Symbol>| matches!(at, Some(Symbol::Char(c)) if regex_syntax::is_word_character(*c));
    let site = |(at, &symbol): (usize, &Symbol)| {
        let before = at.checked_sub(1).and_then(|before| symbols.get(before));
        let is_site = matches!(symbol, Symbol::Char('-' | '/')) && !is_word(before) && is_word(symbols.get(at + 1));
        if is_site { Symbol::Dash } else { symbol }
    };
    symbols.iter().enumerate().map(site).collect()
}

/// Replaces the literal text of each alternative by its encodings. Wildcards around it come from a position
/// modifier, and stay; the parser refuses written ones.
fn encode(alternatives: &[Vec<Symbol>], encodings: impl Fn(&str) -> Vec<String>) -> Vec<Vec<Symbol>> {
    let mut encoded = Vec::new();
    for symbols in alternatives {
        for text in literals(symbols).iter().flat_map(|text| encodings(text)) {
            let before = symbols.first().filter(|&&symbol| symbol == Symbol::Any);
            let after = symbols.last().filter(|&&symbol| symbol == Symbol::Any);
            encoded.push(before.into_iter().copied().chain(text.chars().map(Symbol::Char)).chain(after.into_iter().copied()).collect());
        }
    }
    encoded
}

/// The texts that symbols stand for, wildcards left out: 5^k for k dashes, which the parser bounds.
fn literals(symbols: &[Symbol]) -> Vec<String> {
    symbols.iter().fold(vec![String::new()], |texts, symbol| match symbol {
        Symbol::Char(c) => texts.into_iter().map(|text| format!("{text}{c}")).collect(),
        Symbol::Dash => texts.iter().flat_map(|text| DASHES.map(|dash| format!("{text}{dash}"))).collect(),
        Symbol::One | Symbol::Any => texts,
    })
}
