//! The names in conditions, and what selectors range over.
//!
//! Bound: selectors times search identifiers are at most [`MAX_EXPANSION`] in a condition. Deliberately absent: the
//! grammar; the text is well-formed.

use super::RESERVED;
use super::fault::{Fault, token};
use super::grammar::{is_word, selector_pattern};
use crate::diag::{Code, quote};
use crate::rule::SelectorPattern;
use crate::text::similar;
use std::collections::HashSet;
use std::ops::Range;

/// So many unknown names of a condition are compared with the known ones.
const MAX_SUGGESTIONS: usize = 10;

/// So many names and patterns of a condition that stand for nothing are reported.
const MAX_UNRESOLVED: usize = 100;

/// Selectors times search identifiers are at most so many in a condition.
const MAX_EXPANSION: usize = 1_000_000;

/// The search identifiers of a rule.
pub(super) struct Names<'n> {
    pub(super) list: &'n [&'n str],
    pub(super) set: HashSet<&'n str>,
}

/// A use of a name in a condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Use<'c> {
    Name(&'c str, Range<usize>),
    Pattern(&'c str, Range<usize>),
}

/// The names and patterns in a well-formed condition, in order.
pub(super) fn uses(text: &str) -> Vec<Use<'_>> {
    let mut words = Vec::new();
    let mut start = 0;
    while let Some(offset) = text.get(start..).and_then(|rest| rest.find(is_word)) {
        let (word, range) = token(text, start + offset);
        start = range.end;
        words.extend(word.map(|word| (word, range)));
    }
    let mut uses = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some((word, range)) = words.next() {
        let selects = matches!(word, "1" | "any" | "all") && words.next_if(|(next, _)| *next == "of").is_some();
        if selects {
            uses.extend(words.next().map(|(pattern, range)| Use::Pattern(pattern, range)));
        } else if !RESERVED.contains(&word) {
            uses.push(Use::Name(word, range));
        }
    }
    uses
}

/// What is wrong with the names and patterns of a well-formed condition: the first so many that name or select nothing.
pub(super) fn unresolved(text: &str, names: &Names) -> Vec<Fault> {
    let uses = uses(text);
    let selectors = uses.iter().filter(|used| matches!(used, Use::Pattern(..))).count();
    if selectors.saturating_mul(names.list.len()) > MAX_EXPANSION {
        let message = format!("{selectors} selectors over {} search identifiers are too many", names.list.len());
        return vec![Fault::syntax(0..text.len(), message, "use fewer selectors, or split the rule")];
    }
    let mut suggestions = 0..MAX_SUGGESTIONS;
    let faults = uses.into_iter().filter_map(|used| match used {
        Use::Name(name, _) if names.set.contains(name) => None,
        Use::Name(name, range) => {
            let near = suggestions.next().and_then(|_| similar::nearest(name, names.list.iter().copied()));
            Some(unknown_identifier(name, near, range, names))
        }
        Use::Pattern(pattern, range) => {
            let selector = selector_pattern(pattern);
            let selected = names.list.iter().any(|name| selector.selects(name));
            (!selected).then(|| no_match(pattern, range, names))
        }
    });
    faults.take(MAX_UNRESOLVED).collect()
}

fn unknown_identifier(name: &str, near: Option<&str>, range: Range<usize>, names: &Names) -> Fault {
    let help = match near {
        Some(meant) => format!("did you mean {}?", quote(meant)),
        None => format!("the search identifiers are {}", some_names(names)),
    };
    Fault { code: Code::UnknownIdentifier, range, message: format!("unknown search identifier {}", quote(name)), help }
}

fn no_match(pattern: &str, range: Range<usize>, names: &Names) -> Fault {
    let hidden = names.list.iter().any(|name| name.starts_with('_'));
    let mut help = format!("the search identifiers are {}", some_names(names));
    if hidden && !pattern.starts_with('_') {
        help.push_str("; those that start with `_` are selected only by patterns that do so too");
    }
    Fault { code: Code::PatternNoMatch, range, message: format!("{} selects no search identifier", quote(pattern)), help }
}

/// The first few names.
fn some_names(names: &Names) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = names.list.iter().take(SHOWN).map(|name| quote(name)).collect();
    if names.list.len() > SHOWN {
        shown.push(format!("{} more", names.list.len() - SHOWN));
    }
    shown.join(", ")
}

impl SelectorPattern {
    /// Whether the selector ranges over the search identifier of this name.
    pub fn selects(&self, name: &str) -> bool {
        match self {
            Self::Them => !name.starts_with('_'),
            Self::Pattern(pattern) => pattern_selects(pattern, name),
        }
    }
}

pub(super) fn pattern_selects(pattern: &str, name: &str) -> bool {
    (pattern.starts_with('_') || !name.starts_with('_')) && covers(pattern, name)
}

/// Whether a pattern with `*` covers a name: pieces between the stars are found from left to right.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((head, others)) = pattern.split_once('*') else { return pattern == name };
    let (middle, tail) = others.rsplit_once('*').unwrap_or(("", others));
    let Some(rest) = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) else { return false };
    let mut rest = rest;
    middle.split('*').all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
