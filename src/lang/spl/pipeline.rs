//! The pipeline: commands one after the other, each on the events that the one before it left.
//!
//! Filters are a conjunction. What only shows or orders events is set apart by name, where no filter follows.
//! Deliberately absent: commands that make new events.

use super::cursor::Cursor;
use super::reader::Reader;
use super::search::{self, Stage};
use super::{Result, apart, expression, invalid, syntax, unread};
use crate::diag::quote;
use crate::ir::Expr;
use crate::storage::Name;

/// Commands that say what is shown of the found events, and in which order.
const SHOWING: &[&str] = &["fields", "sort", "table"];

/// What a whole text means.
pub(super) fn read(reader: &mut Reader<'_>, text: &str) -> Result<Expr> {
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks()?;
    if cursor.is_done() {
        return Err(invalid(cursor.here(), "there is no query"));
    }
    let mut conditions = Vec::new();
    if !cursor.at("|") {
        conditions.push(first(reader, &mut cursor)?);
    }
    let mut shown = None;
    loop {
        cursor.skip_blanks()?;
        if cursor.is_done() {
            return Ok(Expr::and(conditions));
        }
        if !cursor.eat("|") {
            return Err(invalid(cursor.here(), "the command should end here"));
        }
        cursor.skip_blanks()?;
        let start = cursor;
        let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let place = cursor.since(start);
        match (name, shown) {
            ("sort", _) if is_counted(cursor)? => return Err(unread(place, "`sort` with a number of events to keep")),
            (name, _) if SHOWING.contains(&name) => {
                skip_arguments(&mut cursor)?;
                reader.set_apart([apart(
                    cursor.since(start),
                    format!("shows or orders what was found: {}", quote(start.until(cursor).trim_end())),
                )]);
                shown = Some(name);
            }
            ("dedup", _) => {
                dedup(reader, &mut cursor)?;
                let text = quote(start.until(cursor).trim_end());
                reader.set_apart([apart(cursor.since(start), format!("shows one of the events that are alike: {text}"))]);
                shown = Some(name);
            }
            ("", _) => return Err(invalid(start.here(), "a pipe without a command")),
            (_, Some(before)) => return Err(unread(place, format!("{} after `{before}`", quote(name)))),
            ("search", None) => {
                let found = search::read(reader, &mut cursor, Stage::Later)?;
                conditions.push(found.ok_or_else(|| unread(place, "a search for nothing"))?);
            }
            ("where", None) => {
                let condition = expression::read(&mut cursor)?;
                conditions.push(reader.truth(&condition)?);
            }
            ("regex", None) => conditions.push(reader.regex(&mut cursor)?),
            ("rex", None) => reader.rex(&mut cursor)?,
            ("eval", None) => eval(reader, &mut cursor)?,
            (_, None) => return Err(unread(place, format!("the command {}", quote(name)))),
        }
    }
}

/// The first search, whose name may be left out.
fn first(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Expr> {
    let start = *cursor;
    if syntax::peek_word(start) == "search" {
        cursor.eat("search");
        cursor.skip_blanks()?;
        if matches!(cursor.peek(), Some('=' | '<' | '>' | '!')) {
            return Err(unread(start.here(), "a field called `search`"));
        }
    }
    search::read(reader, cursor, Stage::First)?.ok_or_else(|| unread(start.here(), "a search for nothing"))
}

/// `eval`, after the name of the command.
fn eval(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<()> {
    loop {
        cursor.skip_blanks()?;
        let start = *cursor;
        let name = expression::field_name(cursor)?.ok_or_else(|| unread(start.here(), "such a name for a new field"))?;
        if reader.is_raw(name) {
            return Err(unread(cursor.since(start), "a new text of the event"));
        }
        cursor.skip_blanks()?;
        if cursor.at("==") || !cursor.eat("=") {
            return Err(invalid(cursor.here(), "`=` should stand here"));
        }
        let value = expression::read(cursor)?;
        let pieces = reader.pieces(&value)?;
        reader.make(name, pieces);
        cursor.skip_blanks()?;
        if !cursor.eat(",") {
            return Ok(());
        }
    }
}

/// `dedup`, after the name of the command. It shows one event for each value of its fields, and so none that lacks
/// one of them (Search Reference, "dedup": `keepempty` is false unless given).
fn dedup(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<()> {
    loop {
        cursor.skip_blanks()?;
        if matches!(cursor.peek(), None | Some('|')) {
            return Ok(());
        }
        let start = *cursor;
        let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let is_name = !name.is_empty() && name != "sortby" && !name.bytes().all(|digit| digit.is_ascii_digit());
        if !is_name || cursor.at("=") {
            return Err(unread(start.here(), "such an argument of `dedup`"));
        }
        let field = reader.field(name, cursor.since(start))?;
        reader.assume(Name::FieldPresent, &field, "`dedup` drops events without the field");
        cursor.skip_blanks()?;
        cursor.eat(",");
    }
}

/// Whether the arguments of `sort` begin with how many events it keeps; 0 keeps all.
fn is_counted(mut cursor: Cursor<'_>) -> Result<bool> {
    cursor.skip_blanks()?;
    cursor.eat("limit=");
    let count = cursor.take_while(|c| c.is_ascii_digit());
    Ok(count.bytes().any(|digit| digit != b'0'))
}

/// Passes the arguments of a command.
fn skip_arguments(cursor: &mut Cursor<'_>) -> Result<()> {
    loop {
        cursor.skip_blanks()?;
        match cursor.peek() {
            None | Some('|') => return Ok(()),
            Some('"') => {
                cursor.quoted('"')?;
            }
            Some('`') => return Err(unread(cursor.here(), "a macro")),
            Some('[') => return Err(unread(cursor.here(), "a subsearch")),
            Some(other) => {
                cursor.eat(other.encode_utf8(&mut [0; 4]));
                cursor.take_while(|c| !matches!(c, '|' | '"' | '`' | '[' | ' ' | '\t' | '\n' | '\r'));
            }
        }
    }
}
