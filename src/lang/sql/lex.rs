//! SQL text into tokens, with their places.
//!
//! What counts as quote, symbol or blank is the dialect's data; here is the machinery. Deliberately absent:
//! keywords (a word is a keyword only where the grammar wants one) and the values of numbers.

use super::ast::Quoting;
use super::dialect::{Dialect, Quotes};
use super::{Result, invalid, unread};
use crate::source::Place;
use nom::Parser;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{hex_digit0, one_of};
use nom::combinator::{opt, recognize};

/// A token with its place.
#[derive(Debug, Clone)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) place: Place,
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A bare word: a name or a keyword.
    Word(String),
    /// A quoted name.
    Name(String, Quoting),
    /// A text.
    Text(String),
    /// A byte string.
    Blob(Vec<u8>),
    /// A number as written.
    Number(String),
    /// A placeholder for a bound value, as written.
    Variable(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

/// All tokens of a text; the last is [`Token::End`].
pub(super) fn lex(text: &str, dialect: &Dialect) -> Result<Vec<Lexeme>> {
    let mut lexemes = Vec::new();
    let mut cursor = Cursor { rest: text, line: 1, column: 1 };
    loop {
        cursor.skip_blanks(dialect);
        let start = cursor;
        let token = cursor.token(dialect)?;
        let ended = token == Token::End;
        lexemes.push(Lexeme { token, place: cursor.since(start) });
        if ended {
            return Ok(lexemes);
        }
    }
}

/// Where the lexer stands.
#[derive(Debug, Clone, Copy)]
struct Cursor<'t> {
    rest: &'t str,
    line: u32,
    column: u32,
}

type Parsed<'t, T> = std::result::Result<(&'t str, T), nom::Err<nom::error::Error<&'t str>>>;

impl<'t> Cursor<'t> {
    fn since(self, start: Self) -> Place {
        Place { line: start.line, column: start.column, end_line: self.line, end_column: self.column, file: 0 }
    }

    /// Moves to where `rest` starts, a suffix of what is left.
    fn advance(&mut self, rest: &'t str) {
        let taken = self.rest.len() - rest.len();
        for c in self.rest.get(..taken).unwrap_or_default().chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
    }

    /// Applies a parser and moves past what it took.
    fn take<T>(&mut self, parser: impl FnOnce(&'t str) -> Parsed<'t, T>) -> Option<T> {
        let (rest, value) = parser(self.rest).ok()?;
        self.advance(rest);
        Some(value)
    }

    fn skip_blanks(&mut self, dialect: &Dialect) {
        loop {
            let before = self.rest.len();
            let blank = |c: char| dialect.blanks.contains(c);
            self.advance(self.rest.trim_start_matches(blank));
            if self.rest.starts_with("--") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.advance(self.rest.get(end..).unwrap_or_default());
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                let rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
                self.advance(rest);
            }
            if self.rest.len() == before {
                return;
            }
        }
    }

    fn token(&mut self, dialect: &Dialect) -> Result<Token> {
        let start = *self;
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        if first == '\0' {
            return Err(unread(start.next_place(), "a NUL character, where the engine stops reading"));
        }
        if let Some(blob) = self.blob()? {
            return Ok(blob);
        }
        if let Some(quotes) = dialect.quotes.iter().find(|quotes| self.rest.starts_with(quotes.open)) {
            return self.quoted(quotes);
        }
        if first.is_ascii_digit() || (first == '.' && self.rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())) {
            return self.number(dialect);
        }
        if is_word_start(first) {
            let word = self.take(|input| recognize((take_while1(is_word), take_while(is_word))).parse(input)).unwrap_or_default();
            return Ok(Token::Word(word.to_owned()));
        }
        if let Some(variable) = self.take(variable) {
            return Ok(Token::Variable(variable.to_owned()));
        }
        if let Some(symbol) = dialect.symbols.iter().find(|symbol| self.rest.starts_with(**symbol)) {
            self.advance(self.rest.get(symbol.len()..).unwrap_or_default());
            return Ok(Token::Symbol(symbol));
        }
        Err(invalid(start.next_place(), format!("unrecognized `{first}`")))
    }

    /// The place of the next character.
    fn next_place(self) -> Place {
        Place::on_line(self.line, self.column, 1)
    }

    /// `X'0AFF'`
    fn blob(&mut self) -> Result<Option<Token>> {
        let start = *self;
        let Some((_, digits)) = self.take(|input| ((one_of("xX"), tag("'")), hex_digit0).parse(input)) else { return Ok(None) };
        let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(hex_byte).collect();
        match (self.take(|input| tag("'").parse(input)), bytes) {
            (Some(_), Some(bytes)) => Ok(Some(Token::Blob(bytes))),
            (_, _) => Err(invalid(self.since(start), "a byte string that is no even number of hexadecimal digits")),
        }
    }

    fn quoted(&mut self, quotes: &Quotes) -> Result<Token> {
        let start = *self;
        let mut text = String::new();
        let mut rest = self.rest.strip_prefix(quotes.open).unwrap_or_default();
        loop {
            let Some((part, after)) = rest.split_once(quotes.close) else {
                return Err(invalid(start.next_place(), format!("no closing `{}`", quotes.close)));
            };
            text.push_str(part);
            match after.strip_prefix(quotes.close) {
                Some(more) if quotes.doubled => {
                    text.push(quotes.close);
                    rest = more;
                }
                Some(_) | None => {
                    self.advance(after);
                    return Ok(quotes.names.map_or_else(|| Token::Text(text.clone()), |quoting| Token::Name(text.clone(), quoting)));
                }
            }
        }
    }

    fn number(&mut self, dialect: &Dialect) -> Result<Token> {
        let start = *self;
        let digits = |c: char| c.is_ascii_digit() || (dialect.digit_separator && c == '_');
        let number = self.take(hexadecimal).or_else(|| self.take(|input| decimal(input, digits))).unwrap_or_default();
        let separated = number.contains("__") || number.split('_').any(|part| part.is_empty() || !digit_edges(part));
        let glued = self.rest.starts_with(is_word);
        if glued || (number.contains('_') && separated) {
            self.advance(self.rest.trim_start_matches(is_word));
            return Err(invalid(self.since(start), format!("unrecognized number `{number}`")));
        }
        Ok(Token::Number(number.chars().filter(|c| *c != '_').collect()))
    }
}

/// Whether a part of a number between separators starts and ends with a digit.
fn digit_edges(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_hexdigit()) && part.ends_with(|c: char| c.is_ascii_hexdigit())
}

fn hexadecimal(input: &str) -> Parsed<'_, &str> {
    recognize((tag("0"), one_of("xX"), take_while1(|c: char| c.is_ascii_hexdigit() || c == '_'))).parse(input)
}

fn decimal<'t>(input: &'t str, digit: impl Fn(char) -> bool + Copy) -> Parsed<'t, &'t str> {
    let exponent = (one_of("eE"), opt(one_of("+-")), take_while1(|c: char| c.is_ascii_digit()), take_while(digit));
    recognize((take_while(digit), opt((tag("."), take_while(digit))), opt(exponent))).parse(input)
}

fn variable(input: &str) -> Parsed<'_, &str> {
    let named = |c: char| is_word(c);
    nom::branch::alt((recognize((tag("?"), take_while(|c: char| c.is_ascii_digit()))), recognize((one_of("$@:#"), take_while1(named)))))
        .parse(input)
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    let [high, low] = pair else { return None };
    let digit = |byte: u8| (byte as char).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_word(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}
