//! `regex` and `rex`, and what regular expressions on fields leave open.
//!
//! Source: Splunk, "regex", "rex". A field with several values is read under `single-valued`. Deliberately absent:
//! `mode=sed`, several matches.

use super::cursor::Cursor;
use super::pcre::{self, Pcre};
use super::pieces::{Piece, Term};
use super::reader::{Field, Reader};
use super::syntax::{self, Form, Operator};
use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Expr, Predicate};
use crate::source::Place;
use crate::storage::Name;

/// The longest name of a group.
const MAX_NAME: usize = 32;

/// So many steps of work an expression is: it has to be compiled.
const EXPRESSION: usize = 100;

impl Reader<'_> {
    /// The expression is found in some value of a field.
    pub(super) fn matches(&mut self, field: &Field, expression: &str, place: Place) -> Result<Expr> {
        self.charge(EXPRESSION, place)?;
        let pcre = pcre::read(expression, place)?;
        Ok(self.matches_read(field, &pcre, place))
    }

    fn matches_read(&mut self, field: &Field, pcre: &Pcre, place: Place) -> Expr {
        let opens = pcre.opens;
        if opens.classes {
            self.assume(Name::AsciiClasses, field, "it is open whether classes of characters hold more than ASCII");
        }
        if opens.line_end {
            self.assume(Name::NoLineBreaks, field, "`$` also matches before a line break at the end");
        }
        if opens.folding {
            self.assume(Name::AsciiCase, field, "it is open how letters beyond ASCII fold in regular expressions");
        }
        if let Predicate::Like { any, case } = &pcre.predicate
            && *case != crate::ir::Case::Sensitive
        {
            any.iter().for_each(|value| self.assume_folding(field, &value.pattern));
        }
        field.test(pcre.predicate.clone(), place)
    }

    /// `regex`, after the name of the command.
    pub(super) fn regex(&mut self, cursor: &mut Cursor<'_>) -> Result<Expr> {
        cursor.skip_blanks()?;
        let start = *cursor;
        let word = syntax::word(cursor)?;
        let place = cursor.since(start);
        cursor.skip_blanks()?;
        match (syntax::operator(cursor)?, word.form) {
            (Some(operator @ (Operator::Equal | Operator::NotEqual)), Form::Bare | Form::Quoted) if !word.text.is_empty() => {
                let field = self.stored(word.text, place)?;
                let expression = self.expression(cursor)?;
                self.assume_single(&field);
                let found = self.matches(&field, &expression, cursor.since(start))?;
                if operator == Operator::NotEqual {
                    self.assume_present(&field);
                    return Ok(Expr::not(found));
                }
                Ok(found)
            }
            (None, Form::Quoted) => {
                let field = self.raw(place)?;
                self.matches(&field, &unescaped(word.text), place)
            }
            (_, _) => Err(unread(place, "such arguments of `regex`")),
        }
    }

    /// `rex`, after the name of the command: fields from the groups of an expression.
    pub(super) fn rex(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        cursor.skip_blanks()?;
        let start = *cursor;
        let field = if syntax::peek_word(*cursor) == "field" {
            cursor.eat("field");
            cursor.skip_blanks()?;
            if syntax::operator(cursor)? != Some(Operator::Equal) {
                return Err(unread(start.here(), "such arguments of `rex`"));
            }
            cursor.skip_blanks()?;
            let word = syntax::word(cursor)?;
            self.stored(word.text, cursor.since(start))?
        } else {
            self.raw(start.here())?
        };
        cursor.skip_blanks()?;
        let expression_start = *cursor;
        let expression = self.expression(cursor)?;
        let place = cursor.since(expression_start);
        self.assume_single(&field);
        self.charge(EXPRESSION, place)?;
        let pcre = pcre::read(&expression, place)?;
        let groups = pcre.groups();
        if groups.is_empty() {
            return Err(unread(place, "an expression without a named group"));
        }
        let found = self.matches_read(&field, &pcre, place);
        for (name, filled) in groups {
            if !filled || name.len() > MAX_NAME || self.is_made(&name) || self.is_raw(&name) {
                let why = "a group that may be empty or missing, has a long name, or the name of a field that was made before";
                return Err(unread(place, format!("{}, {why}", quote(&name))));
            }
            let nothing = Expr::not(self.copy(&found, place)?);
            let some = Piece { guard: self.copy(&found, place)?, term: Term::Some };
            self.make(&name, vec![some, Piece { guard: nothing, term: Term::Null }]);
        }
        Ok(())
    }

    /// A field that no command made.
    fn stored(&self, name: &str, place: Place) -> Result<Field> {
        if name.is_empty() || name.contains(['\\', '*']) || self.is_made(name) {
            return Err(unread(place, format!("the field {} here", quote(name))));
        }
        self.field(name, place)
    }

    /// The quoted expression that comes next.
    fn expression(&self, cursor: &mut Cursor<'_>) -> Result<String> {
        cursor.skip_blanks()?;
        if !cursor.at("\"") {
            return match cursor.peek() {
                None | Some('|') => Err(invalid(cursor.here(), "no regular expression")),
                Some(_) => Err(unread(cursor.here(), "such arguments of a command with a regular expression")),
            };
        }
        Ok(unescaped(cursor.quoted('"')?))
    }
}

/// The expression between quotes: `\\` is a backslash and `\"` a quote, everything else stands for itself.
fn unescaped(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut characters = written.chars().peekable();
    while let Some(c) = characters.next() {
        let escaped = if c == '\\' { characters.next_if(|next| matches!(next, '\\' | '"')) } else { None };
        text.push(escaped.unwrap_or(c));
    }
    text
}
