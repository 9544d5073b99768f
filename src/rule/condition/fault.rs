//! What is wrong with a condition, in words.
//!
//! Deliberately absent: where parsing stops (see [`super::grammar`]), and names that stand for nothing (see
//! [`super::names`]).

use super::RESERVED;
use super::grammar::{Expected, MAX_DEPTH, blank, is_word};
use crate::diag::{Code, Diagnostic, quote};
use crate::rule::yaml::Scalar;
use std::ops::Range;

/// What is wrong with a condition, with its place in bytes of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) range: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
}

impl Fault {
    pub(super) fn syntax(range: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code: Code::ConditionSyntax, range, message: message.into(), help: help.into() }
    }

    pub(super) fn at(self, scalar: &Scalar) -> Diagnostic {
        let place = if self.range.is_empty() && scalar.text.is_empty() { scalar.place } else { scalar.part(self.range) };
        Diagnostic::error(self.code, place, self.message).help(self.help)
    }
}

/// Says what is wrong where parsing stopped.
pub(super) fn explain(text: &str, stopped: usize, expected: Expected) -> Fault {
    let rest = text.get(stopped..).unwrap_or_default();
    let start = text.len() - blank(rest).len();
    let (found, range) = token(text, start);
    if let Expected::Shallower = expected {
        return Fault::syntax(range, format!("brackets and `not` nested more than {MAX_DEPTH} deep"), "write the condition flatter");
    }
    let Some(found) = found else { return at_the_end(text, range, expected) };
    if let Some(fault) = explain_word(text, found, &range, expected) {
        return fault;
    }
    match expected {
        Expected::ClosingBracket => {
            Fault::syntax(range, format!("expected `)`, found {}", quote(found)), "close the bracket, or write `and` or `or` before this")
        }
        Expected::Pattern => {
            Fault::syntax(range, format!("expected `them` or a pattern, found {}", quote(found)), "write, for example, `1 of selection_*`")
        }
        Expected::Operator if found == ")" => {
            Fault::syntax(range, "a closing bracket that nothing opens", "remove it, or write `(` before")
        }
        Expected::Operator => {
            Fault::syntax(range, format!("expected `and` or `or`, found {}", quote(found)), "write `and` or `or` before this")
        }
        Expected::Operand | Expected::Shallower => Fault::syntax(
            range,
            format!("expected a search identifier, found {}", quote(found)),
            "write a search identifier, `1 of …`, `all of …` or `(…)` here",
        ),
    }
}

/// The token at an offset (a word or one character), and its range.
pub(super) fn token(text: &str, start: usize) -> (Option<&str>, Range<usize>) {
    let rest = text.get(start..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return (None, text.len()..text.len()) };
    let length = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
    (rest.get(..length), start..start + length)
}

fn at_the_end(text: &str, range: Range<usize>, expected: Expected) -> Fault {
    match expected {
        Expected::ClosingBracket => Fault::syntax(range, "a bracket is not closed", "write `)` at the end"),
        Expected::Pattern => Fault::syntax(range, "`of` without a pattern", "write `them` or a pattern such as `selection_*` after it"),
        Expected::Operand | Expected::Operator | Expected::Shallower if blank(text).is_empty() => {
            Fault::syntax(0..text.len(), "an empty condition", "write the name of a search identifier")
        }
        Expected::Operand | Expected::Operator | Expected::Shallower => {
            Fault::syntax(range, "the condition ends where a search identifier must follow", "write a search identifier here")
        }
    }
}

/// The frequent mistakes: keywords in capitals, other quantifiers, patterns without quantifier, names with
/// other characters.
fn explain_word(text: &str, found: &str, range: &Range<usize>, expected: Expected) -> Option<Fault> {
    let before = text.get(..range.start).unwrap_or_default().trim_end();
    let previous = before.rsplit(|c| !is_word(c)).next().unwrap_or_default();
    let previous_range = before.len() - previous.len()..before.len();
    let is_capital = |word: &str| RESERVED.contains(&word.to_ascii_lowercase().as_str()) && !RESERVED.contains(&word);
    let keyword = |word: &str, range| {
        Fault::syntax(range, format!("`{word}` is no keyword"), format!("keywords are lower case: `{}`", word.to_ascii_lowercase()))
    };
    match expected {
        Expected::Operator | Expected::ClosingBracket if is_capital(found) => Some(keyword(found, range.clone())),
        Expected::Operator | Expected::ClosingBracket if found == "of" => Some(Fault::syntax(
            previous_range,
            format!("{} is no quantifier", quote(&format!("{previous} of"))),
            "the quantifiers are `1 of`, `any of` and `all of`",
        )),
        Expected::Operator | Expected::ClosingBracket if is_capital(previous) => Some(keyword(previous, previous_range)),
        Expected::Operand if found.contains('*') => Some(Fault::syntax(
            range.clone(),
            format!("the pattern {} without a quantifier", quote(found)),
            "write `1 of` or `all of` before it",
        )),
        Expected::Operand if matches!(found, "all" | "any") => Some(Fault::syntax(
            range.clone(),
            format!("`{found}` without `of`"),
            format!("write `{found} of` and a pattern, or `{found} of them`"),
        )),
        Expected::Operand | Expected::Operator | Expected::Pattern | Expected::ClosingBracket
            if !found.starts_with(|c| is_word(c) || matches!(c, '(' | ')')) =>
        {
            let help = "names and patterns in conditions consist of letters (A-Z), digits, `_`, `-`, and `*` after `of`";
            Some(Fault::syntax(range.clone(), format!("{} cannot stand here", quote(found)), help))
        }
        Expected::Operand | Expected::Operator | Expected::Pattern | Expected::ClosingBracket | Expected::Shallower => None,
    }
}
