//! Texts that satisfy predicates: each predicate as patterns to be instantiated, and one text out of
//! several patterns.
//!
//! Contract: a [`Mold`] is a proposal. Whoever uses a text made from it asks the predicate whether it
//! holds; so molds may be approximate (they ignore a regular expression's look-around) and need only be
//! likely and few. Deliberately absent: truth, formulas, fields.

use super::strings;
use crate::ir::{Case, Decimal, Pattern, Predicate};
use crate::text::fold::fold;
use crate::text::pattern::Part;
use crate::text::time::{self, Time};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The most values of a list that become molds.
const MAX_VALUES: usize = 64;
/// The most values of a list that are looked at for peculiar characters.
const MAX_SCANNED: usize = 256;
/// The most mixtures of molds that are tried for one value.
const MAX_MIXTURES: usize = 64;

/// A pattern whose instances probably satisfy a predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mold {
    /// The pattern.
    pub(super) pattern: Pattern,
    /// How its letters compare.
    pub(super) case: Case,
}

impl Mold {
    /// A mold with one instance.
    pub(super) fn exact(text: &str) -> Self {
        Self::of(Pattern::exact(text))
    }

    /// A mold whose letters are themselves.
    pub(super) fn of(pattern: Pattern) -> Self {
        Self { pattern, case: Case::Sensitive }
    }

    /// The instance whose wildcards stand for what no pattern is likely to ask for.
    pub(super) fn plain_instance(&self) -> String {
        instance(&self.pattern, Filler { any: "\u{b7}", one: '\u{b7}' })
    }

    /// Its instances, one for each filler.
    pub(super) fn instances(&self) -> impl Iterator<Item = String> {
        FILLERS.into_iter().map(|filler| instance(&self.pattern, filler))
    }
}

/// What stands for wildcards in an instance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filler {
    any: &'static str,
    one: char,
}

/// The fillers in the order in which they are tried: they share no character, so that a pattern that must
/// not match is unlikely to match all instances.
const FILLERS: [Filler; 4] =
    [Filler { any: "", one: 'x' }, Filler { any: "x", one: '0' }, Filler { any: " 7", one: '-' }, Filler { any: "\u{e9}", one: '\u{e9}' }];
/// The filler of the last resort, which most expressions do not take for any character.
const LINE_BREAK: Filler = Filler { any: "\n", one: '\n' };

/// The molds of a predicate, the most telling first.
pub(super) fn molds(predicate: &Predicate) -> Vec<Mold> {
    match predicate {
        Predicate::Like { any, case } => {
            let patterns: Vec<&Pattern> = any.iter().map(|value| &value.pattern).collect();
            let all = representatives(&patterns).into_iter().map(|pattern| Mold { pattern: pattern.clone(), case: *case });
            all.flat_map(|mold| some_text(&mold.pattern).into_iter().chain([mold])).collect()
        }
        Predicate::Regex(regex) => strings::hits(regex),
        Predicate::Within { any } => spread(any, MAX_VALUES).flat_map(inside).map(|address| Mold::exact(&address.to_string())).collect(),
        Predicate::Compare { number, .. } => numbers(number).iter().map(|text| Mold::exact(text)).collect(),
        Predicate::TimePart { part, number, .. } => times(*part, number).iter().map(|text| Mold::exact(text)).collect(),
        Predicate::Order { text, .. } => texts_around(text).iter().map(|text| Mold::exact(text)).collect(),
        Predicate::Kind(_) => ["x", "5", "5.5", "true"].map(Mold::exact).to_vec(),
        Predicate::Exists | Predicate::Relates { .. } => {
            let everything = Pattern::everything();
            some_text(&everything).into_iter().chain([Mold::of(everything)]).collect()
        }
    }
}

/// Times with a part below, at and above a number; the last of them in another zone.
pub(super) fn times(part: time::Part, number: &Decimal) -> Vec<String> {
    let at = number.to_string().parse::<i64>().unwrap_or_default();
    let around = [at, at.saturating_add(1), at.saturating_sub(1), 1, 10].into_iter().filter_map(|value| time_at(part, value));
    let mut times: Vec<String> = around.collect();
    let shifted = times.first().and_then(|time| time.strip_suffix('Z')).map(|time| format!("{time}-01:30"));
    times.extend(shifted);
    times
}

/// A time of which a part is this number, if there is one.
fn time_at(part: time::Part, value: i64) -> Option<String> {
    let text = match part {
        time::Part::Minute => format!("2024-05-06T07:{value:02}:09Z"),
        time::Part::Hour => format!("2024-05-06T{value:02}:08:09Z"),
        time::Part::Day => format!("2024-05-{value:02}T07:08:09Z"),
        time::Part::Month => format!("2024-{value:02}-06T07:08:09Z"),
        time::Part::Year => format!("{value:04}-05-06T07:08:09Z"),
        // The week of 2020-01-01 is the first of a year with 53 weeks.
        time::Part::Week => {
            let first = time::parse("2020-01-01T07:08:09Z")?.nanoseconds();
            let week = i128::from(value.checked_sub(1).filter(|week| (0..53).contains(week))?);
            Time::from_nanoseconds(first + week * 7 * 86_400_000_000_000)?.to_string()
        }
    };
    time::parse(&text).map(|_| text)
}

/// Texts that come close to a time.
pub(super) fn no_times() -> impl Iterator<Item = &'static str> {
    ["1714979289", "2024-05-06T07", "2024-05-06T07:08:09+0000", "2024-13-06", "07:08:09", "x"].into_iter()
}

/// Before the empty text, which many targets do not hold or take for nothing: some text, for a pattern that
/// any text fits.
fn some_text(pattern: &Pattern) -> Option<Mold> {
    (*pattern == Pattern::everything()).then(|| Mold::exact("x"))
}

/// Up to [`MAX_VALUES`] patterns of a list: the first, the last, the longest, those with characters that
/// languages treat specially, then others spread over the list.
fn representatives<'p>(patterns: &[&'p Pattern]) -> Vec<&'p Pattern> {
    let longest = patterns.iter().max_by_key(|pattern| pattern.literal_chars().count());
    let mut chosen: Vec<&Pattern> = patterns.first().into_iter().chain(patterns.last()).chain(longest).copied().collect();
    let scanned: Vec<&Pattern> = spread(patterns, MAX_SCANNED).copied().collect();
    let peculiar = PECULIAR.iter().filter_map(|is_peculiar| scanned.iter().find(|pattern| pattern.literal_chars().any(is_peculiar)));
    chosen.extend(peculiar);
    chosen.extend(spread(&scanned, MAX_VALUES));
    let mut distinct: Vec<&Pattern> = Vec::with_capacity(chosen.len());
    for pattern in chosen {
        if !distinct.iter().any(|known| std::ptr::eq(*known, pattern)) {
            distinct.push(pattern);
        }
    }
    distinct
}

/// Classes of characters that some language escapes, folds or forbids.
const PECULIAR: [fn(char) -> bool; 7] = [
    |c| c == '\\',
    |c| matches!(c, '\'' | '"' | '`'),
    |c| matches!(c, '%' | '_' | '*' | '?'),
    |c| !c.is_ascii(),
    |c| matches!(c, '$' | '^' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '+'),
    |c| matches!(c, ':' | '/' | '&' | '<' | '>' | '=' | '~' | '!' | '#' | ','),
    char::is_whitespace,
];

/// At most `most` elements, evenly spread, the first among them.
pub(super) fn spread<T>(elements: &[T], most: usize) -> impl Iterator<Item = &T> {
    elements.iter().step_by(elements.len().div_ceil(most.max(1)).max(1))
}

/// Some addresses of a network: the first, the second, the last, and one in which no group after the first
/// is that of the network.
fn inside(net: &IpNet) -> Vec<IpAddr> {
    let mut addresses = vec![net.network()];
    addresses.extend(neighbour(net.network(), 1).filter(|address| net.contains(address)));
    addresses.extend([net.broadcast(), middle(net)]);
    addresses.dedup();
    addresses
}

fn middle(net: &IpNet) -> IpAddr {
    match net {
        IpNet::V4(net) => (net.network() | (net.hostmask() & Ipv4Addr::new(0, 85, 85, 85))).into(),
        IpNet::V6(net) => (net.network() | (net.hostmask() & Ipv6Addr::from_bits((u128::MAX / 3) >> 16))).into(),
    }
}

/// The address that stands so far from another, if there is one.
pub(super) fn neighbour(address: IpAddr, distance: i8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => v4.to_bits().checked_add_signed(distance.into()).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        IpAddr::V6(v6) => v6.to_bits().checked_add_signed(distance.into()).map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
    }
}

/// The texts of numbers at a boundary: itself, the next whole numbers, and a little more.
pub(super) fn numbers(number: &Decimal) -> Vec<String> {
    let text = number.to_string();
    let integer = text.split('.').next().unwrap_or_default();
    let mut numbers = vec![text.clone()];
    if let Ok(whole) = integer.parse::<i128>() {
        numbers.extend([1, -1, 0, 1000, -1000].into_iter().filter_map(|step| whole.checked_add(step)).map(|near| near.to_string()));
    }
    numbers.push(if text.contains('.') { format!("{text}1") } else { format!("{text}.1") });
    numbers
}

/// Texts close to another in the order of texts, on both sides.
pub(super) fn texts_around(text: &str) -> Vec<String> {
    let mut shorter = text.to_owned();
    let last = shorter.pop();
    let mut texts = vec![text.to_owned(), format!("{text}a"), shorter.clone()];
    let near = |step: i32| last.and_then(|c| char::from_u32((c as u32).saturating_add_signed(step)));
    texts.extend([1, -1].into_iter().filter_map(near).map(|c| format!("{shorter}{c}")));
    texts.extend([String::new(), "\u{10ffff}".to_owned()]);
    texts
}

/// Offers texts that are instances of one mold of each list, for at most so many combinations, until one
/// is taken.
pub(super) fn compose(required: &[&[Mold]], combinations: usize, take: &mut impl FnMut(String) -> bool) -> bool {
    let sizes: Vec<usize> = required.iter().map(|molds| molds.len()).collect();
    for (number, combination) in choices(&sizes).take(combinations).enumerate() {
        let picked: Option<Vec<&Mold>> = required.iter().zip(&combination).map(|(molds, &at)| molds.get(at)).collect();
        let Some(picked) = picked else { return false };
        for filler in FILLERS.into_iter().chain((number == 0).then_some(LINE_BREAK)) {
            let Some(text) = overlay(&picked, filler) else { break };
            if take(text) {
                return true;
            }
        }
    }
    false
}

/// Choices of one position in each list: all first, then one list at a time,
/// then a mixture of the first few.
fn choices(sizes: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let first = std::iter::once(vec![0; sizes.len()]);
    let longest = sizes.iter().copied().max().unwrap_or(0);
    let single = (1..longest).flat_map(move |at| {
        let varied = sizes.iter().enumerate().filter(move |&(_, &size)| at < size);
        varied.map(move |(position, _)| (0..sizes.len()).map(|other| if other == position { at } else { 0 }).collect())
    });
    let mixture = (1..=MAX_MIXTURES).map(move |mut number| {
        let mut digit = |&size: &usize| {
            let base = size.clamp(1, 4);
            let digit = number % base;
            number /= base;
            digit
        };
        sizes.iter().map(&mut digit).collect()
    });
    first.chain(single.take(MAX_VALUES)).chain(mixture.take(if sizes.len() > 1 { MAX_MIXTURES } else { 0 }))
}

/// A text that all of these patterns cover, as far as one can be put together: what they start with laid
/// over each other, then what is in their middles, then what they end with.
fn overlay(molds: &[&Mold], filler: Filler) -> Option<String> {
    if let [only] = molds {
        return Some(instance(&only.pattern, filler));
    }
    let (mut head, mut tail, mut whole) = (Vec::new(), Vec::new(), None);
    for mold in molds {
        let mut pieces = mold.pattern.parts().split(|part| *part == Part::Any);
        let first = cells(pieces.next().unwrap_or_default(), mold.case);
        match pieces.next_back() {
            None => whole = Some(merged(whole.unwrap_or_default(), first)?),
            Some(last) => {
                head = merged(head, first)?;
                tail = merged(tail, reversed(cells(last, mold.case)))?;
            }
        }
    }
    match whole {
        None => Some(bridged(molds, &head, &reversed(tail), filler)),
        Some(whole) => {
            let whole = reversed(merged(reversed(merged(whole, head)?), tail)?);
            Some(whole.iter().map(|cell| cell_char(*cell, filler)).collect())
        }
    }
}

/// Head and tail with so much between them that every pattern finds its middle pieces. Where nothing need be
/// between them, the end of the head is the start of the tail as far as they agree: `ab*` and `*ba` make
/// `aba`, which `ab*ba` does not cover.
fn bridged(molds: &[&Mold], head: &[Cell], tail: &[Cell], filler: Filler) -> String {
    let mut text: String = head.iter().map(|cell| cell_char(*cell, filler)).collect();
    for mold in molds {
        let mut pieces = mold.pattern.parts().split(|part| *part == Part::Any);
        let _ = (pieces.next(), pieces.next_back());
        let length = text.len();
        text.extend(tail.iter().map(|cell| cell_char(*cell, filler)));
        // As it is written: what is there in another case is outside what some targets assume of letters.
        let is_there = mold.pattern.matches(&text, Case::Sensitive);
        text.truncate(length);
        for piece in pieces.filter(|_| !is_there) {
            text.push_str(filler.any);
            write(&mut text, piece, filler);
        }
    }
    text.push_str(filler.any);
    let end: String = tail.iter().map(|cell| cell_char(*cell, filler)).collect();
    let shared = if filler.any.is_empty() { overlap(molds, &text, &end) } else { 0 };
    text.push_str(end.get(shared..).unwrap_or_default());
    text
}

/// How much of an end a text that is to be followed by it has already, without harm to any pattern.
fn overlap(molds: &[&Mold], text: &str, end: &str) -> usize {
    let covered = |at: usize| {
        let (start, rest) = end.split_at_checked(at)?;
        let whole = text.ends_with(start).then(|| format!("{text}{rest}"))?;
        molds.iter().all(|mold| mold.pattern.matches(&whole, mold.case)).then_some(at)
    };
    let places = end.char_indices().map(|(at, _)| at).skip(1).chain([end.len()]);
    places.filter(|&at| at <= text.len()).collect::<Vec<_>>().into_iter().rev().find_map(covered).unwrap_or(0)
}

/// The text that a pattern makes with these fillers.
fn instance(pattern: &Pattern, filler: Filler) -> String {
    let mut text = String::new();
    write(&mut text, pattern.parts(), filler);
    text
}

fn write(text: &mut String, parts: &[Part], filler: Filler) {
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::One => text.push(filler.one),
            Part::Any => text.push_str(filler.any),
        }
    }
}

/// One character of a pattern: which, and how it compares; `None` for any.
type Cell = Option<(char, Case)>;

fn cells(parts: &[Part], case: Case) -> Vec<Cell> {
    let mut cells = Vec::new();
    for part in parts {
        match part {
            Part::Text(literal) => cells.extend(literal.chars().map(|c| Some((c, case)))),
            Part::One => cells.push(None),
            Part::Any => {}
        }
    }
    cells
}

fn cell_char(cell: Cell, filler: Filler) -> char {
    cell.map_or(filler.one, |(c, _)| c)
}

fn reversed(mut cells: Vec<Cell>) -> Vec<Cell> {
    cells.reverse();
    cells
}

/// Two runs of characters laid over each other from the start; `None` where they contradict.
fn merged(a: Vec<Cell>, b: Vec<Cell>) -> Option<Vec<Cell>> {
    let (mut long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    for (cell, other) in long.iter_mut().zip(short) {
        *cell = match (*cell, other) {
            (None, any) | (any, None) => any,
            (Some((c, case)), Some((d, _))) if c == d => Some((c, case)),
            (Some((c, case)), Some((d, other))) if fold(c, other) == fold(d, other) => Some((c, case)),
            (Some((c, case)), Some((d, other))) if fold(c, case) == fold(d, case) => Some((d, other)),
            (Some(_), Some(_)) => return None,
        };
    }
    Some(long)
}
