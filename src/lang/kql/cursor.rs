//! Where the parser stands in the text.
//!
//! Deliberately absent: tokens. The grammar reads characters, since what ends a literal depends on words in it.

use super::super::elastic::invalid;
use super::Result;
use crate::diag::{Diagnostic, quote};
use crate::source::Place;

/// A position in the text, with its line and column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
    line: u32,
    column: u32,
}

/// Whether the grammar counts a character as a space.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}')
}

impl<'t> Cursor<'t> {
    /// The start of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text, line: 1, column: 1 }
    }

    /// What follows.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes the next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }

    /// Takes so many characters.
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    /// Takes this text if it comes next; it holds no line break.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.starts_with(text);
        if found {
            self.skip(text.chars().count());
        }
        found
    }

    /// Takes all spaces that come next, and says whether there were any.
    pub(super) fn skip_spaces(&mut self) -> bool {
        let before = self.rest.len();
        while self.peek().is_some_and(is_space) {
            self.next();
        }
        self.rest.len() < before
    }

    /// The place from an earlier position to this one.
    pub(super) fn since(&self, start: Self) -> Place {
        Place { line: start.line, column: start.column, end_line: self.line, end_column: self.column, file: 0 }
    }

    /// The error that something else was expected here.
    pub(super) fn expected<T>(&self, what: &str) -> Result<T> {
        Err(self.error(what))
    }

    fn error(&self, what: &str) -> Diagnostic {
        let mut end = *self;
        end.skip(1);
        let found = self.peek().map_or("the end".to_owned(), |c| quote(&c.to_string()));
        invalid(end.since(*self), format!("expected {what}, found {found}"))
    }
}

/// Whether a text starts with `or` or `and` between spaces, or with `not` before one: what ends a literal.
pub(super) fn at_keyword(text: &str) -> bool {
    let rest = match text.chars().next() {
        Some(c) if is_space(c) => {
            let rest = text.get(c.len_utf8()..).unwrap_or_default();
            strip_word(rest, "or").or_else(|| strip_word(rest, "and"))
        }
        Some(_) => strip_word(text, "not"),
        None => None,
    };
    rest.is_some_and(|rest| rest.starts_with(is_space))
}

/// What follows a word in any letter case.
pub(super) fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| text.get(word.len()..)).flatten()
}
