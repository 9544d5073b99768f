//! A place in a text from which reading goes on: characters, blanks, comments and quoted texts.
//!
//! The two expression languages of SPL have different words but share these. Deliberately absent: escapes, which
//! differ between them.

use super::{Result, invalid, unread};
use crate::source::Place;

/// Where reading stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
    line: u32,
    column: u32,
    /// The place of everything here, where the text is itself the value of a quoted text.
    inside: Option<Place>,
}

impl<'t> Cursor<'t> {
    /// The start of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text, line: 1, column: 1, inside: None }
    }

    /// The start of a text that stands, escaped, at this place.
    pub(super) fn inside(text: &'t str, place: Place) -> Self {
        Self { inside: Some(place), ..Self::new(text) }
    }

    /// The next character.
    pub(super) fn peek(self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Whether this comes next.
    pub(super) fn at(self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// Whether the text ends here.
    pub(super) fn is_done(self) -> bool {
        self.rest.is_empty()
    }

    /// What is between here and a later place.
    pub(super) fn until(self, later: Self) -> &'t str {
        self.rest.get(..self.rest.len().saturating_sub(later.rest.len())).unwrap_or_default()
    }

    /// From an earlier place to here.
    pub(super) fn since(self, start: Self) -> Place {
        let place = Place { line: start.line, column: start.column, end_line: self.line, end_column: self.column, file: 0 };
        self.inside.unwrap_or(place)
    }

    /// The place of the next character.
    pub(super) fn here(self) -> Place {
        self.inside.unwrap_or_else(|| Place::on_line(self.line, self.column, 1))
    }

    fn advance(&mut self, bytes: usize) {
        let Some((taken, rest)) = self.rest.split_at_checked(bytes) else { return };
        let count = |text: &str, line: bool| {
            let characters = text.chars().filter(|c| !line || *c == '\n').count();
            u32::try_from(characters).unwrap_or(u32::MAX)
        };
        match taken.rsplit_once('\n') {
            Some((_, last)) => {
                self.line = self.line.saturating_add(count(taken, true));
                self.column = count(last, false).saturating_add(1);
            }
            None => self.column = self.column.saturating_add(count(taken, false)),
        }
        self.rest = rest;
    }

    /// Passes this if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.at(text);
        if found {
            self.advance(text.len());
        }
        found
    }

    /// Passes the characters that satisfy a condition.
    pub(super) fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let length = self.rest.find(|c: char| !is_part(c)).unwrap_or(self.rest.len());
        let taken = self.rest.get(..length).unwrap_or_default();
        self.advance(length);
        taken
    }

    /// Passes blanks and comments.
    pub(super) fn skip_blanks(&mut self) -> Result<()> {
        loop {
            self.take_while(is_blank);
            if !self.at("```") {
                return Ok(());
            }
            let start = *self;
            let length = self.rest.get(3..).and_then(|comment| comment.find("```"));
            let length = length.ok_or_else(|| invalid(start.here(), "a comment without end"))?;
            self.advance(length.saturating_add(6));
        }
    }

    /// What stands between quotes, as written; a backslash keeps the character after it from ending the text.
    pub(super) fn quoted(&mut self, mark: char) -> Result<&'t str> {
        let start = *self;
        let mut escaped = false;
        let inner = self.rest.strip_prefix(mark).unwrap_or_default();
        for (at, c) in inner.char_indices() {
            if c == '`' {
                return Err(unread(start.here(), "a backtick between quotes, where a macro may start"));
            }
            if c == mark && !escaped {
                self.advance(at.saturating_add(2 * mark.len_utf8()));
                return Ok(inner.get(..at).unwrap_or_default());
            }
            escaped = c == '\\' && !escaped;
        }
        Err(invalid(start.here(), format!("no closing `{mark}`")))
    }
}

/// Whether a character separates words.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}
