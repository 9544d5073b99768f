//! Patterns of `LIKE` and `GLOB` into meaning.
//!
//! Source: SQLite's `patternCompare`, read branch by branch. Deliberately absent: NUL, at which the engine's
//! texts end; the reader assumes that there is none.

use crate::text::pattern::{Part, Pattern};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

/// What a pattern covers.
#[derive(Debug, Clone)]
pub(super) enum Covers {
    /// What this wildcard pattern covers.
    Pattern(Pattern),
    /// What this anchored expression covers: there are sets of characters in it.
    Tree(Hir),
    /// Nothing.
    Nothing,
}

/// A pattern of `LIKE`: `%`, `_`, and a character that makes the next one stand for itself.
pub(super) fn like(pattern: &str, escape: Option<char>) -> Covers {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            _ if Some(c) == escape => match chars.next() {
                Some(escaped) => Part::Text(escaped.to_string()),
                // An escape character at the end never matches.
                None => return Covers::Nothing,
            },
            '%' => Part::Any,
            '_' => Part::One,
            _ => Part::Text(c.to_string()),
        });
    }
    Covers::Pattern(Pattern::new(parts))
}

/// A pattern of `GLOB`: `*`, `?` and sets in brackets; no escapes.
pub(super) fn glob(pattern: &str) -> Covers {
    let mut items = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        items.push(match c {
            '*' => Item::Part(Part::Any),
            '?' => Item::Part(Part::One),
            '[' => match set(&mut chars) {
                Some(set) => single(&set).map_or(Item::Set(set), |c| Item::Part(Part::Text(c.to_string()))),
                // A set that is not closed never matches.
                None => return Covers::Nothing,
            },
            _ => Item::Part(Part::Text(c.to_string())),
        });
    }
    let parts: Option<Vec<Part>> = items.iter().map(Item::part).collect();
    parts.map_or_else(|| Covers::Tree(tree(&items)), |parts| Covers::Pattern(Pattern::new(parts)))
}

enum Item {
    Part(Part),
    Set(ClassUnicode),
}

impl Item {
    fn part(&self) -> Option<Part> {
        match self {
            Self::Part(part) => Some(part.clone()),
            Self::Set(_) => None,
        }
    }
}

/// A set, after its opening bracket. `^` first negates, `]` first stands for itself, `-` between two
/// characters is a range, and a range's end starts no other range.
fn set(chars: &mut std::str::Chars<'_>) -> Option<ClassUnicode> {
    let mut ranges = Vec::new();
    let mut current = chars.next();
    let negated = current == Some('^');
    if negated {
        current = chars.next();
    }
    if current == Some(']') {
        ranges.push(ClassUnicodeRange::new(']', ']'));
        current = chars.next();
    }
    let mut before: Option<char> = None;
    loop {
        let c = current?;
        if c == ']' {
            let mut set = ClassUnicode::new(ranges);
            if negated {
                set.negate();
            }
            return Some(set);
        }
        match (c, before, chars.clone().next()) {
            ('-', Some(from), Some(to)) if to != ']' => {
                chars.next();
                // A range that runs backwards is empty.
                ranges.extend((from <= to).then(|| ClassUnicodeRange::new(from, to)));
                before = None;
            }
            _ => {
                ranges.push(ClassUnicodeRange::new(c, c));
                before = Some(c);
            }
        }
        current = chars.next();
    }
}

/// The only character of a set.
fn single(set: &ClassUnicode) -> Option<char> {
    match set.ranges() {
        [only] if only.start() == only.end() => Some(only.start()),
        _ => None,
    }
}

fn tree(items: &[Item]) -> Hir {
    let any = || Hir::class(Class::Unicode(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])));
    let item = |item: &Item| match item {
        Item::Part(Part::Text(text)) => Hir::literal(text.as_bytes()),
        Item::Part(Part::One) => any(),
        Item::Part(Part::Any) => Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub: Box::new(any()) }),
        Item::Set(set) => Hir::class(Class::Unicode(set.clone())),
    };
    let ends = |look| std::iter::once(Hir::look(look));
    Hir::concat(ends(Look::Start).chain(items.iter().map(item)).chain(ends(Look::End)).collect())
}
