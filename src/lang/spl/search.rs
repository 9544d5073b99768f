//! The expressions of `search`: implicit AND, OR that binds tighter than AND, NOT, brackets.
//!
//! Source: Splunk, "search" and "Boolean expressions". Conditions on what is searched (index, source type, time) are
//! kept apart from conditions on events, which works only where they are conjuncts. Deliberately absent: what a
//! comparison means (`compare`) and what a bare term means (`keyword`).

use super::cursor::Cursor;
use super::reader::Reader;
use super::syntax::{self, Form, Word};
use super::{MAX_DEPTH, Result, apart, invalid, unread, value};
use crate::diag::{Diagnostic, quote};
use crate::ir::Expr;

/// Fields that choose what is searched.
const SELECTORS: &[&str] = &["index", "sourcetype", "earliest", "latest"];

/// Words before `=` that are directives of the search itself, and not known here.
const DIRECTIVES: &[&str] = &["_index_earliest", "_index_latest", "splunk_server", "splunk_server_group"];

/// Where in the pipeline a search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It reads the index.
    First,
    /// It reads the events of the command before it.
    Later,
}

/// What a part of a search says.
#[derive(Debug, Default)]
struct Found {
    /// Of events; `None` where it only selects sources.
    expr: Option<Expr>,
    /// Of sources.
    selectors: Vec<Diagnostic>,
}

/// The condition of a search, up to the end of the command. `None` where there is none.
pub(super) fn read<'t>(reader: &mut Reader<'_>, cursor: &mut Cursor<'t>, stage: Stage) -> Result<Option<Expr>> {
    let mut search = Search { reader, cursor, stage };
    let found = search.conjunction(0)?;
    if search.cursor.at(")") {
        return Err(invalid(search.cursor.here(), "a closing bracket that none opens"));
    }
    let Some(found) = found else { return Ok(None) };
    search.reader.set_apart(found.selectors);
    Ok(Some(found.expr.unwrap_or(Expr::True)))
}

struct Search<'r, 's, 't> {
    reader: &'r mut Reader<'s>,
    cursor: &'r mut Cursor<'t>,
    stage: Stage,
}

impl<'t> Search<'_, '_, 't> {
    fn at_end(&self) -> bool {
        self.cursor.is_done() || self.cursor.at("|") || self.cursor.at(")")
    }

    fn eat_word(&mut self, word: &str) -> Result<bool> {
        self.cursor.skip_blanks()?;
        Ok(syntax::eat_word(self.cursor, word))
    }

    /// Parts with or without AND between them; `None` where there is no part.
    fn conjunction(&mut self, depth: usize) -> Result<Option<Found>> {
        let (mut parts, mut selectors, mut is_empty) = (Vec::new(), Vec::new(), true);
        loop {
            let start = *self.cursor;
            let joined = self.eat_word("AND")?;
            if joined && is_empty {
                return Err(invalid(self.cursor.since(start), "`AND` without an operand before it"));
            }
            if !joined && self.at_end() {
                break;
            }
            let found = self.disjunction(depth)?;
            is_empty = false;
            parts.extend(found.expr);
            selectors.extend(found.selectors);
        }
        let expr = if parts.is_empty() { None } else { Some(Expr::and(parts)) };
        Ok(if is_empty { None } else { Some(Found { expr, selectors }) })
    }

    fn disjunction(&mut self, depth: usize) -> Result<Found> {
        let first = self.negation(depth)?;
        if !self.eat_word("OR")? {
            return Ok(first);
        }
        let mut found = vec![first];
        loop {
            found.push(self.negation(depth)?);
            if !self.eat_word("OR")? {
                return either(found);
            }
        }
    }

    fn negation(&mut self, depth: usize) -> Result<Found> {
        let mut count = 0_usize;
        while self.eat_word("NOT")? {
            count = count.saturating_add(1);
        }
        let found = self.primary(depth)?;
        match (count, found.selectors.first()) {
            (0, _) => Ok(found),
            (_, Some(selector)) => Err(unread(selector.place, "a selection of sources under `NOT`")),
            (_, None) if count.is_multiple_of(2) => Ok(found),
            (_, None) => Ok(Found { expr: found.expr.map(Expr::not), ..found }),
        }
    }

    fn primary(&mut self, depth: usize) -> Result<Found> {
        let start = *self.cursor;
        match self.cursor.peek() {
            None | Some('|' | ')') => Err(invalid(start.here(), "an operator without an operand")),
            Some('(') => self.brackets(depth.saturating_add(1)),
            Some('[') => Err(unread(start.here(), "a subsearch")),
            Some('`') => Err(unread(start.here(), "a macro")),
            Some(',') => Err(unread(start.here(), "a comma outside a list")),
            Some(']') => Err(unread(start.here(), "a square bracket")),
            Some('=' | '<' | '>' | '!') => Err(invalid(start.here(), "a comparison without a field")),
            Some(_) => self.term(),
        }
    }

    fn brackets(&mut self, depth: usize) -> Result<Found> {
        let start = *self.cursor;
        if depth > MAX_DEPTH {
            return Err(unread(start.here(), "brackets that nest this deeply"));
        }
        self.cursor.eat("(");
        let found = self.conjunction(depth)?;
        if !self.cursor.eat(")") {
            return Err(invalid(start.here(), "no closing `)`"));
        }
        found.ok_or_else(|| invalid(self.cursor.since(start), "brackets without a condition"))
    }

    /// A comparison, a list, or a bare term.
    fn term(&mut self) -> Result<Found> {
        let start = *self.cursor;
        let word = syntax::word(self.cursor)?;
        let place = self.cursor.since(start);
        let mut after = *self.cursor;
        after.skip_blanks()?;
        if let Some(operator) = syntax::operator(&mut after)? {
            *self.cursor = after;
            let name = field_name(word, start, *self.cursor)?;
            let value = syntax::value(self.cursor)?;
            if let Some(selector) = self.selector(&name, start)? {
                return Ok(selector);
            }
            let expr = self.reader.compare(&name, operator, value, self.stage, place)?;
            return Ok(Found { expr: Some(expr), selectors: Vec::new() });
        }
        if word.form == Form::Bare && ["AND", "OR"].contains(&word.text) {
            return Err(invalid(place, format!("`{}` without an operand before it", word.text)));
        }
        if word.form == Form::Bare && word.text == "IN" {
            return Err(unread(place, "`IN` without a field"));
        }
        if let Some(found) = self.membership(word, start, after)? {
            return Ok(found);
        }
        let expr = self.reader.keyword(word, place)?;
        Ok(Found { expr: Some(expr), selectors: Vec::new() })
    }

    /// `IN (…)` after a word.
    fn membership(&mut self, field: Word<'t>, start: Cursor<'t>, mut after: Cursor<'t>) -> Result<Option<Found>> {
        let operator = syntax::peek_word(after);
        if !operator.eq_ignore_ascii_case("in") {
            return Ok(None);
        }
        let place = after.here();
        after.eat(operator);
        after.skip_blanks()?;
        if !after.eat("(") {
            return Ok(None);
        }
        if operator != "IN" {
            return Err(invalid(place, format!("`{operator}` before a list")).help("operators are in upper case: `IN`"));
        }
        let place = self.cursor.since(start);
        *self.cursor = after;
        let name = field_name(field, start, *self.cursor)?;
        let values = syntax::list(self.cursor)?;
        if let Some(selector) = self.selector(&name, start)? {
            return Ok(Some(selector));
        }
        let expr = self.reader.among(&name, values, self.stage, place)?;
        Ok(Some(Found { expr: Some(expr), selectors: Vec::new() }))
    }

    /// The comparison that was just read, where it is not on events.
    fn selector(&self, name: &str, start: Cursor<'t>) -> Result<Option<Found>> {
        let place = self.cursor.since(start);
        if DIRECTIVES.contains(&name) {
            return Err(unread(place, format!("the directive `{name}`")));
        }
        let note = || apart(place, format!("selects what is searched: {}", quote(start.until(*self.cursor))));
        Ok(SELECTORS.contains(&name).then(|| Found { expr: None, selectors: vec![note()] }))
    }
}

/// Alternatives: of events, or of sources, but not both.
fn either(found: Vec<Found>) -> Result<Found> {
    let selects = found.iter().find_map(|part| part.selectors.first());
    if let (Some(selector), true) = (selects, found.iter().any(|part| part.expr.is_some())) {
        return Err(unread(selector.place, "a selection of sources as an alternative to a condition on events"));
    }
    let (mut parts, mut selectors) = (Vec::new(), Vec::new());
    for part in found {
        parts.extend(part.expr);
        selectors.extend(part.selectors);
    }
    Ok(Found { expr: if selectors.is_empty() { Some(Expr::or(parts)) } else { None }, selectors })
}

/// The name of the field on the left of a comparison.
fn field_name(word: Word<'_>, start: Cursor<'_>, end: Cursor<'_>) -> Result<String> {
    let place = end.since(start);
    let is_bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '{' | '}' | ':' | '@' | '-');
    match word.form {
        Form::Bare if syntax::OPERATORS.contains(&word.text) => {
            Err(unread(place, "a field whose name is an operator").help("quote the name"))
        }
        Form::Bare if word.text.chars().all(is_bare) => Ok(word.text.to_owned()),
        Form::Bare => Err(unread(place, format!("the name {}", quote(word.text))).help("quote the name")),
        Form::Case | Form::Term => Err(unread(place, "a directive as the name of a field")),
        Form::Quoted => {
            let name = value::pattern(word.text, place)?;
            let exact = name.as_exact().filter(|name| !name.is_empty());
            exact.map(str::to_owned).ok_or_else(|| unread(place, "an empty name, or one with wildcards"))
        }
    }
}
