//! Literals: quoted and unquoted texts, with their escapes.
//!
//! Source: `QuotedString` and `UnquotedLiteral` of Kibana's grammar. Unquoted texts are trimmed after decoding, as
//! JavaScript's `trim` does. Deliberately absent: halves of surrogate pairs on their own, which no text here holds.

use super::super::elastic::pieces::Pieces;
use super::super::elastic::unread;
use super::Result;
use super::cursor::{Cursor, at_keyword, strip_word};
use crate::source::Place;

/// A literal with its place.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub(super) content: Content,
    pub(super) place: Place,
}

/// What a literal says.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A text between quotes.
    Quoted(String),
    /// A bare text.
    Bare(String),
    /// A bare text with wildcards.
    Wild(Pieces),
}

impl Content {
    /// Whether it is a lone `*`.
    pub(super) fn is_lone_star(&self) -> bool {
        matches!(self, Self::Wild(pieces) if pieces.is_lone_star())
    }
}

/// What Kibana's own representation writes for a wildcard: a bare text that holds it has one.
const INNER_WILDCARD: &str = "@kuery-wildcard@";

/// Characters that stand for themselves only after a backslash.
const SPECIAL: &str = "\\():<>\"*{}";

/// A literal, if one starts here.
pub(super) fn literal(cursor: &mut Cursor<'_>) -> Result<Option<Literal>> {
    let start = *cursor;
    let content = match cursor.peek() {
        Some('"') => Some(quoted(cursor)?),
        Some(_) | None => bare(cursor)?,
    };
    Ok(content.map(|content| Literal { content, place: cursor.since(start) }))
}

fn quoted(cursor: &mut Cursor<'_>) -> Result<Content> {
    cursor.next();
    let mut text = Decoder::default();
    loop {
        match escape(cursor, "\\\"") {
            Some(unit) => text.push(unit, cursor)?,
            None => match cursor.next() {
                Some('"') => break,
                Some(c) => text.push(Unit::Char(c), cursor)?,
                None => return cursor.expected("a closing quote"),
            },
        }
    }
    Ok(Content::Quoted(text.end(cursor)?.starred()))
}

fn bare(cursor: &mut Cursor<'_>) -> Result<Option<Content>> {
    let start = *cursor;
    let mut text = Decoder::default();
    loop {
        if let Some(unit) = escape(cursor, SPECIAL) {
            text.push(unit, cursor)?;
        } else if let Some(word) = escaped_word(cursor.rest()) {
            cursor.next();
            for c in word.chars() {
                cursor.next();
                text.push(Unit::Char(c), cursor)?;
            }
        } else if cursor.eat("*") {
            text.push(Unit::Star, cursor)?;
        } else {
            match cursor.peek() {
                Some(c) if !SPECIAL.contains(c) && !at_keyword(cursor.rest()) => {
                    cursor.next();
                    text.push(Unit::Char(c), cursor)?;
                }
                Some(_) | None => break,
            }
        }
    }
    let is_empty = cursor.rest().len() == start.rest().len();
    let pieces = text.end(cursor)?.trimmed(is_trimmed);
    Ok(if is_empty { None } else { Some(content(pieces, cursor.since(start))?) })
}

fn content(pieces: Pieces, place: Place) -> Result<Content> {
    if pieces.starred().contains(INNER_WILDCARD) {
        return Err(unread(place, format!("a text with `{INNER_WILDCARD}`")));
    }
    Ok(match pieces.as_text() {
        Some("null") => Content::Null,
        Some("true") => Content::Boolean(true),
        Some("false") => Content::Boolean(false),
        Some(text) => Content::Bare(text.to_owned()),
        None => Content::Wild(pieces),
    })
}

/// A unit of a literal.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Char(char),
    /// A unit of UTF-16, as `\uXXXX` gives one.
    Utf16(u16),
    Star,
}

/// Takes an escape, if one comes next: of a control character, of one of these characters, or of a unit of UTF-16.
fn escape(cursor: &mut Cursor<'_>, special: &str) -> Option<Unit> {
    let after = cursor.rest().strip_prefix('\\')?;
    let unit = match after.chars().next()? {
        't' => Unit::Char('\t'),
        'r' => Unit::Char('\r'),
        'n' => Unit::Char('\n'),
        c if special.contains(c) => Unit::Char(c),
        'u' => {
            let digits = after.get(1..5).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            cursor.skip(digits.len());
            Unit::Utf16(u16::from_str_radix(digits, 16).ok()?)
        }
        _ => return None,
    };
    cursor.skip(2);
    Some(unit)
}

/// The word of the language that follows a backslash.
fn escaped_word(text: &str) -> Option<&str> {
    let after = text.strip_prefix('\\')?;
    let rest = ["or", "and", "not"].iter().find_map(|word| strip_word(after, word))?;
    after.strip_suffix(rest)
}

/// Whether JavaScript's `trim` takes a character away.
fn is_trimmed(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// Joins units, where two escapes may be one character.
#[derive(Debug, Default)]
struct Decoder {
    pieces: Pieces,
    high: Option<u16>,
}

impl Decoder {
    fn push(&mut self, unit: Unit, cursor: &Cursor<'_>) -> Result<()> {
        match (self.high.take(), unit) {
            (None, Unit::Char(c)) => self.pieces.push(c),
            (None, Unit::Star) => self.pieces.push_star(),
            (None, Unit::Utf16(high)) if (0xd800..0xdc00).contains(&high) => self.high = Some(high),
            (high, Unit::Utf16(low)) => match char::decode_utf16(high.into_iter().chain([low])).next() {
                Some(Ok(c)) => self.pieces.push(c),
                Some(Err(_)) | None => return Err(half(cursor)),
            },
            (Some(_), Unit::Char(_) | Unit::Star) => return Err(half(cursor)),
        }
        Ok(())
    }

    fn end(self, cursor: &Cursor<'_>) -> Result<Pieces> {
        if self.high.is_some() { Err(half(cursor)) } else { Ok(self.pieces) }
    }
}

fn half(cursor: &Cursor<'_>) -> crate::diag::Diagnostic {
    unread(cursor.since(*cursor), "half of a surrogate pair")
}
