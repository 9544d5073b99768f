//! Words and operators of `search`, and where its values end.
//!
//! Deliberately absent: what they mean (`search`).

use super::cursor::{Cursor, is_blank};
use super::value::{self, SearchValue};
use super::{Result, unread};
use crate::diag::quote;
use crate::ir::{Case, Comparison};

/// The words that are operators, in upper case only.
pub(super) const OPERATORS: &[&str] = &["AND", "OR", "NOT", "IN"];

/// A word or a quoted text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'t> {
    /// As written, without the quotes.
    pub(super) text: &'t str,
    pub(super) form: Form,
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Bare,
    Quoted,
    /// `CASE(…)`
    Case,
    /// `TERM(…)`
    Term,
}

/// An operator of comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Order(Comparison),
}

/// Whether a character can stand in a bare word.
pub(super) fn is_bare(c: char) -> bool {
    !is_blank(c) && !matches!(c, ',' | '|' | '"' | '(' | ')' | '[' | ']' | '=' | '<' | '>' | '!' | '`')
}

/// The bare word that comes next; empty where there is none.
pub(super) fn peek_word(cursor: Cursor<'_>) -> &str {
    let mut after = cursor;
    after.take_while(is_bare)
}

/// Passes an operator that is a word.
pub(super) fn eat_word(cursor: &mut Cursor<'_>, word: &str) -> bool {
    let found = peek_word(*cursor) == word;
    if found {
        cursor.eat(word);
    }
    found
}

/// The word, quoted text or directive that comes next. Its text is empty where there is none.
pub(super) fn word<'t>(cursor: &mut Cursor<'t>) -> Result<Word<'t>> {
    let start = *cursor;
    let word = if cursor.at("\"") {
        Word { text: cursor.quoted('"')?, form: Form::Quoted }
    } else {
        let text = cursor.take_while(is_bare);
        match (text, cursor.at("(")) {
            ("CASE", true) => Word { text: directive(cursor)?, form: Form::Case },
            ("TERM", true) => Word { text: directive(cursor)?, form: Form::Term },
            (_, true) if !text.is_empty() && !OPERATORS.contains(&text) => {
                return Err(unread(cursor.since(start), format!("{} right before a bracket", quote(text))));
            }
            (_, _) => Word { text, form: Form::Bare },
        }
    };
    let glued = cursor.at("\"") || (word.form != Form::Bare && cursor.peek().is_some_and(is_bare));
    if glued && !(word.text.is_empty() && word.form == Form::Bare) {
        return Err(unread(cursor.since(start), "a quote inside a word").help("quote the whole of it"));
    }
    Ok(word)
}

fn directive<'t>(cursor: &mut Cursor<'t>) -> Result<&'t str> {
    let start = *cursor;
    cursor.eat("(");
    let text = cursor.take_while(is_bare);
    if text.is_empty() || !cursor.eat(")") {
        return Err(unread(start.here(), "such a text in `CASE` or `TERM`"));
    }
    Ok(text)
}

/// Passes an operator of comparison.
pub(super) fn operator(cursor: &mut Cursor<'_>) -> Result<Option<Operator>> {
    const TABLE: &[(&str, Operator)] = &[
        ("!=", Operator::NotEqual),
        ("<=", Operator::Order(Comparison::Lte)),
        (">=", Operator::Order(Comparison::Gte)),
        ("=", Operator::Equal),
        ("<", Operator::Order(Comparison::Lt)),
        (">", Operator::Order(Comparison::Gt)),
    ];
    let start = *cursor;
    let Some((_, operator)) = TABLE.iter().find(|(text, _)| cursor.eat(text)) else {
        return if cursor.at("!") { Err(unread(start.here(), "`!`")) } else { Ok(None) };
    };
    if cursor.peek().is_some_and(|c| matches!(c, '=' | '<' | '>' | '!')) {
        return Err(unread(start.here(), "such a sequence of operators"));
    }
    Ok(Some(*operator))
}

/// The value that comes next.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Result<SearchValue> {
    cursor.skip_blanks()?;
    let start = *cursor;
    let word = word(cursor)?;
    let place = cursor.since(start);
    if word.form == Form::Bare {
        match cursor.peek() {
            Some('=' | '<' | '>' | '!') => return Err(unread(cursor.here(), "an operator inside a value").help("quote the value")),
            Some('[') if word.text.is_empty() => return Err(unread(cursor.here(), "a subsearch")),
            Some('`') => return Err(unread(cursor.here(), "a macro")),
            Some('(' | '[' | ']') => return Err(unread(cursor.here(), "a bracket at a value").help("quote the value")),
            Some(',') if word.text.is_empty() => return Err(unread(cursor.here(), "a comma at a value").help("quote the value")),
            _ if word.text.is_empty() => return Err(value::missing(start.here())),
            _ if OPERATORS.contains(&word.text) => return Err(unread(place, "an operator as a value").help("quote the value")),
            _ => {}
        }
    }
    let case = match word.form {
        Form::Bare | Form::Quoted => Case::Ascii,
        Form::Case => Case::Sensitive,
        Form::Term => return Err(unread(place, "`TERM` as the value of a field")),
    };
    Ok(SearchValue { pattern: value::pattern(word.text, place)?, case, place })
}

/// The values of `IN`, after its opening bracket.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Vec<SearchValue>> {
    let mut values = Vec::new();
    loop {
        cursor.skip_blanks()?;
        if cursor.eat(")") {
            return if values.is_empty() { Err(super::invalid(cursor.here(), "an empty list")) } else { Ok(values) };
        }
        if cursor.is_done() || cursor.at("|") {
            return Err(super::invalid(cursor.here(), "no closing `)`"));
        }
        values.push(value(cursor)?);
        cursor.skip_blanks()?;
        if cursor.eat(",") {
            cursor.skip_blanks()?;
            if cursor.at(")") || cursor.at(",") {
                return Err(unread(cursor.here(), "a comma without a value after it"));
            }
        }
    }
}
