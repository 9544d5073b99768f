//! Near misses and unusual hits: what a wrong translation of a test would get wrong.
//!
//! Contract: everything here is a proposal for one field's value; some of it hits, most of it misses, and
//! whoever uses it asks the test. The most telling comes first, since budgets cut the end. Deliberately
//! absent: truth, formulas.

use super::sample::{self, Mold, neighbour};
use super::strings;
use crate::ir::{Case, Pattern, Predicate};
use crate::text::fold::fold_class;
use crate::text::pattern::Part;
use ipnet::IpNet;
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use std::rc::Rc;

/// A length beyond the usual limit on values that are indexed whole (256 characters).
const LONG: usize = 300;
/// The most values of a list that are framed.
const MAX_FRAMED: usize = 6;
/// Characters that are wildcards in some language's patterns.
const WILDCARDS: &str = "_%*?";
/// Characters that some language escapes, or that mean something in its regular expressions.
const SPECIAL: &str = ".\\'\"[](){}^$|+/:&<>=~!#,-` \t";

/// Changes of the molds of a predicate, mostly of the first; made when they are asked for.
pub(super) fn variants(predicate: &Predicate, molds: Rc<[Mold]>) -> Box<dyn Iterator<Item = Mold> + '_> {
    match predicate {
        Predicate::Like { .. } | Predicate::Relates { .. } => Box::new(patterns(molds)),
        Predicate::Regex(regex) => Box::new(strings::near(regex).into_iter().chain(patterns(molds))),
        Predicate::Within { any } => Box::new(sample::spread(any, 4).flat_map(around)),
        Predicate::Compare { number, .. } => {
            let number = number.to_string();
            let odd =
                [format!("0{number}"), format!("{number}x"), format!("+{number}"), format!(" {number}"), "9".repeat(30), "x".to_owned()];
            Box::new(outside(predicate).into_iter().chain(odd.into_iter().map(|text| Mold::exact(&text))))
        }
        Predicate::TimePart { .. } => Box::new(outside(predicate).into_iter().chain(sample::no_times().map(Mold::exact))),
        Predicate::Order { .. } => Box::new(outside(predicate).into_iter()),
        Predicate::Kind(_) | Predicate::Exists => Box::new(std::iter::empty()),
    }
}

/// Values at the boundary of a predicate, on both sides.
pub(super) fn outside(predicate: &Predicate) -> Vec<Mold> {
    match predicate {
        Predicate::Within { any } => sample::spread(any, 16).flat_map(edges).map(|address| Mold::exact(&address.to_string())).collect(),
        Predicate::Compare { number, .. } => sample::numbers(number).iter().map(|text| Mold::exact(text)).collect(),
        Predicate::TimePart { part, number, .. } => sample::times(*part, number).iter().map(|text| Mold::exact(text)).collect(),
        Predicate::Order { text, .. } => sample::texts_around(text).iter().map(|text| Mold::exact(text)).collect(),
        Predicate::Regex(regex) => strings::near(regex),
        Predicate::Like { .. } | Predicate::Kind(_) | Predicate::Exists | Predicate::Relates { .. } => Vec::new(),
    }
}

/// More ways to satisfy a predicate, where it has more than its molds.
pub(super) fn inside(predicate: &Predicate) -> Vec<Mold> {
    match predicate {
        Predicate::Regex(regex) => strings::others(regex),
        Predicate::Like { .. }
        | Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => Vec::new(),
    }
}

/// The same letters in other cases, one of them beyond ASCII.
pub(super) fn recased(mold: &Mold) -> Vec<Mold> {
    let changes: [fn((usize, char)) -> char; 4] = [
        |(_, c)| other_case(c),
        |(_, c)| c.to_ascii_uppercase(),
        |(_, c)| c.to_ascii_lowercase(),
        |(at, c)| if at % 2 == 0 { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() },
    ];
    let recased = changes.iter().map(|change| each_text(&mold.pattern, |text| text.chars().enumerate().map(change).collect()));
    recased.chain(beyond_ascii(&mold.pattern)).filter(|pattern| *pattern != mold.pattern).map(Mold::of).collect()
}

/// What any field can hold instead of a value; `None` where it is absent.
pub(super) fn shapes(value: &Value) -> Vec<Option<Value>> {
    let mut shapes = vec![None, Some(json!("")), Some(json!([Value::Null, "x", value])), Some(Value::Null)];
    match value {
        Value::Number(number) => {
            let token = number.as_str();
            shapes.push(Some(Value::String(token.to_owned())));
            shapes.push(serde_json::from_str(&format!("{token}.0")).ok().map(Value::Number));
            shapes.push(Some(json!(format!("0{token}"))));
            shapes.push(Some(json!(format!("{token}.0"))));
        }
        Value::String(text) => {
            shapes.extend(serde_json::from_str(text).ok().map(|number| Some(Value::Number(number))));
            shapes.extend(text.to_lowercase().parse().ok().map(|truth| Some(Value::Bool(truth))));
            shapes.push(Some(json!(format!("{text}\n"))));
            shapes.push(Some(json!(format!(" {text}"))));
            shapes.push(Some(json!(format!("{text} "))));
            shapes.push(Some(json!(format!("{text}{}", "x".repeat(LONG)))));
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
    }
    shapes.extend([Some(json!([])), Some(json!(0)), Some(json!(["x", "y"])), Some(Value::Bool(true)), Some(Value::Object(Map::new()))]);
    shapes
}

/// A way to change some of several patterns.
type ChangePatterns = fn(&[Mold]) -> Vec<Pattern>;

/// The ways to change patterns, the most telling first.
const CHANGES: [ChangePatterns; 11] = [
    |molds| first(molds, disguised),
    |molds| first(molds, framed),
    |molds| first(molds, mistyped),
    |molds| replaced(molds, WILDCARDS),
    |molds| first(molds, cut),
    |molds| first(molds, wildcards),
    |molds| molds.iter().take(MAX_FRAMED).skip(1).flat_map(|mold| framed(&mold.pattern)).collect(),
    |molds| first(molds, broken),
    |molds| first(molds, beyond_ascii),
    |molds| replaced(molds, SPECIAL),
    |molds| first(molds, respelled),
];

/// Changes of patterns, as patterns to be instantiated.
fn patterns(molds: Rc<[Mold]>) -> impl Iterator<Item = Mold> {
    let own = molds.first().map(|mold| mold.pattern.clone()).unwrap_or_default();
    let changed = CHANGES.into_iter().flat_map(move |change| change(&molds));
    changed.filter(move |changed| *changed != own).map(Mold::of)
}

fn first(molds: &[Mold], change: fn(&Pattern) -> Vec<Pattern>) -> Vec<Pattern> {
    molds.first().map(|mold| change(&mold.pattern)).unwrap_or_default()
}

/// For each of these characters the first pattern that has it, with another in its place.
fn replaced(molds: &[Mold], characters: &str) -> Vec<Pattern> {
    let having = |c: char| molds.iter().find(|mold| mold.pattern.literal_chars().any(|own| own == c));
    let changed = characters.chars().filter_map(|c| having(c).map(|mold| each_text(&mold.pattern, |text| text.replace(c, "x"))));
    changed.collect()
}

/// What a mold of a predicate looks like in disguise: a hit if the mold is one.
pub(super) fn disguise(predicate: &Predicate, mold: &Mold) -> Mold {
    match predicate {
        Predicate::Like { case, .. } => {
            let pattern = filled(&mold.pattern, "x y", "z");
            let is_caseless = *case != Case::Sensitive;
            Mold::of(if is_caseless { each_text(&pattern, |text| text.chars().map(other_case).collect()) } else { pattern })
        }
        Predicate::Regex(_)
        | Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => mold.clone(),
    }
}

/// Every letter of ASCII in its other case, and something wherever something may stand.
fn disguised(pattern: &Pattern) -> Vec<Pattern> {
    let swapped = each_text(pattern, |text| text.chars().map(other_case).collect());
    vec![filled(&swapped, "x y", "z"), swapped]
}

/// Something before the start and after the end, where the pattern does not allow it.
fn framed(pattern: &Pattern) -> Vec<Pattern> {
    let x = || std::iter::once(literal("x"));
    let parts = || pattern.parts().iter().cloned();
    let is_closed = |part: Option<&Part>| part != Some(&Part::Any);
    let before = is_closed(pattern.parts().first()).then(|| Pattern::new(x().chain(parts())));
    let after = is_closed(pattern.parts().last()).then(|| Pattern::new(parts().chain(x())));
    before.into_iter().chain(after).collect()
}

/// Lines before and after.
fn broken(pattern: &Pattern) -> Vec<Pattern> {
    let lines = [literal("a\n")].into_iter().chain(pattern.parts().iter().cloned()).chain([literal("\nb")]);
    vec![Pattern::new(lines)]
}

/// One character in the middle of the longest text is another.
fn mistyped(pattern: &Pattern) -> Vec<Pattern> {
    let longest = pattern.parts().iter().map(text_length).max().unwrap_or(0);
    let mut is_done = false;
    let changed = each_text(pattern, |text| {
        if is_done || text.chars().count() != longest {
            return text.to_owned();
        }
        is_done = true;
        let other = |c| if c == 'q' { 'j' } else { 'q' };
        text.chars().enumerate().map(|(at, c)| if at == longest / 2 { other(c) } else { c }).collect()
    });
    vec![changed]
}

fn text_length(part: &Part) -> usize {
    match part {
        Part::Text(text) => text.chars().count(),
        Part::One | Part::Any => 0,
    }
}

/// The first and the last character are gone.
fn cut(pattern: &Pattern) -> Vec<Pattern> {
    let texts = pattern.parts().iter().filter(|part| matches!(part, Part::Text(_))).count();
    let mut at = 0;
    let front = each_text(pattern, |text| {
        at += 1;
        text.chars().skip(usize::from(at == 1)).collect()
    });
    at = 0;
    let back = each_text(pattern, |text| {
        at += 1;
        text.chars().take(text.chars().count() - usize::from(at == texts)).collect()
    });
    vec![front, back]
}

/// Wildcards stand for a line break, for themselves, for nothing, for what other languages write for them,
/// for a character of two code units, and for much.
fn wildcards(pattern: &Pattern) -> Vec<Pattern> {
    let long = "x".repeat(LONG);
    let fillings = [("\n", "\n"), ("*", "?"), ("", ""), ("%", "_"), ("\u{1f600}", "\u{1f600}"), (&long, "xx")];
    fillings.map(|(any, one)| filled(pattern, any, one)).to_vec()
}

fn filled(pattern: &Pattern, any: &str, one: &str) -> Pattern {
    Pattern::new(pattern.parts().iter().map(|part| match part {
        Part::Text(_) => part.clone(),
        Part::One => literal(one),
        Part::Any => literal(any),
    }))
}

/// One letter is replaced by its case partner beyond ASCII, or beyond ASCII in the other case.
fn beyond_ascii(pattern: &Pattern) -> Vec<Pattern> {
    let partner = |c: char| fold_class(c).into_iter().find(|&other| other != c && !other.is_ascii());
    let mut is_done = false;
    let changed = each_text(pattern, |text| {
        let change = |c: char| match partner(c).filter(|_| !is_done && (matches!(c, 'k' | 'K' | 's' | 'S') || !c.is_ascii())) {
            Some(other) => {
                is_done = true;
                other
            }
            None => c,
        };
        text.chars().map(change).collect()
    });
    if is_done { vec![changed] } else { Vec::new() }
}

/// Each special character of the pattern in turn is doubled and dropped everywhere.
fn respelled(pattern: &Pattern) -> Vec<Pattern> {
    let present = SPECIAL.chars().chain(WILDCARDS.chars()).filter(|&c| pattern.literal_chars().any(|own| own == c));
    let spell = |c: char, text: &str| each_text(pattern, |own| own.replace(c, text));
    present.flat_map(|c| [spell(c, &format!("{c}{c}")), spell(c, "")]).collect()
}

fn each_text(pattern: &Pattern, mut change: impl FnMut(&str) -> String) -> Pattern {
    Pattern::new(pattern.parts().iter().map(|part| match part {
        Part::Text(text) => Part::Text(change(text)),
        Part::One => Part::One,
        Part::Any => Part::Any,
    }))
}

fn literal(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn other_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// The addresses just outside and just inside a network.
fn edges(net: &IpNet) -> Vec<IpAddr> {
    let outside = [neighbour(net.network(), -1), neighbour(net.broadcast(), 1)];
    outside.into_iter().flatten().chain([net.network(), net.broadcast()]).collect()
}

/// Texts around a network: addresses at its edges, and what looks like an address in it.
fn around(net: &IpNet) -> Vec<Mold> {
    let first = net.network();
    let mut texts: Vec<String> = edges(net).iter().map(IpAddr::to_string).collect();
    match first {
        IpAddr::V4(v4) => {
            let octets = usize::from(net.prefix_len() / 8).clamp(1, 3);
            let start: Vec<String> = v4.octets().iter().take(octets).map(u8::to_string).collect();
            texts.push(format!("{}.evil.example", start.join(".")));
            texts.push(format!("{}.", start.join(".")));
            texts.extend([v4.to_ipv6_mapped().to_string(), format!("0{v4}"), format!("{v4}:80"), format!("{v4}/{}", net.prefix_len())]);
        }
        IpAddr::V6(v6) => {
            let groups = v6.segments().map(|group| format!("{group:04X}"));
            texts.push(groups.join(":"));
            texts.extend([v6.to_string().to_uppercase(), format!("[{v6}]"), format!("{v6}%eth0"), format!("{v6}x")]);
        }
    }
    texts.push(format!(" {first}"));
    texts.iter().map(|text| Mold::exact(text)).collect()
}
