//! The grammar of expressions: what `where` and `eval` take.
//!
//! Source: Splunk, "Types of expressions", "Expressions and predicates", "where". NOT binds tightest, then AND, OR,
//! XOR. Deliberately absent: arithmetic, and texts joined by a point.

use super::ast::{Kind, Node};
use super::cursor::Cursor;
use super::syntax::Operator;
use super::{MAX_DEPTH, Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Comparison, Decimal};

/// The words that are operators, in upper case.
const OPERATORS: &[&str] = &["AND", "OR", "NOT", "XOR", "IN", "LIKE"];

/// An expression.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Node> {
    Grammar { cursor }.junction(Level::Xor, 0)
}

/// The name of a field, bare or between single quotes, that comes next.
pub(super) fn field_name<'t>(cursor: &mut Cursor<'t>) -> Result<Option<&'t str>> {
    let start = *cursor;
    if cursor.at("'") {
        let name = cursor.quoted('\'')?;
        if name.is_empty() || name.contains('\\') {
            return Err(unread(cursor.since(start), "an empty name, or one with a backslash"));
        }
        return Ok(Some(name));
    }
    let name = word(*cursor);
    cursor.eat(name);
    Ok(Some(name).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())))
}

/// The levels of binding of operators between conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Xor,
    Or,
    And,
}

struct Grammar<'c, 't> {
    cursor: &'c mut Cursor<'t>,
}

impl Grammar<'_, '_> {
    fn junction(&mut self, level: Level, depth: usize) -> Result<Node> {
        let start = *self.cursor;
        let (word, many): (_, fn(Vec<Node>) -> Kind) = match level {
            Level::Xor => ("XOR", Kind::Xor),
            Level::Or => ("OR", Kind::Or),
            Level::And => ("AND", Kind::And),
        };
        let first = self.below(level, depth)?;
        if !self.eat_word(word)? {
            return Ok(first);
        }
        let mut parts = vec![first];
        loop {
            parts.push(self.below(level, depth)?);
            if !self.eat_word(word)? {
                return Ok(self.node(many(parts), start));
            }
        }
    }

    fn below(&mut self, level: Level, depth: usize) -> Result<Node> {
        match level {
            Level::Xor => self.junction(Level::Or, depth),
            Level::Or => self.junction(Level::And, depth),
            Level::And => self.negation(depth),
        }
    }

    fn negation(&mut self, depth: usize) -> Result<Node> {
        self.cursor.skip_blanks()?;
        let start = *self.cursor;
        let mut count = 0_usize;
        while self.eat_word("NOT")? {
            count = count.saturating_add(1);
        }
        let node = self.comparison(depth)?;
        self.cursor.skip_blanks()?;
        self.check_case()?;
        // Negated again and again, it still has to be no NULL.
        let negations = if count == 0 { 0 } else { 2 - count % 2 };
        Ok((0..negations).fold(node, |node, _| self.node(Kind::Not(Box::new(node)), start)))
    }

    fn comparison(&mut self, depth: usize) -> Result<Node> {
        self.cursor.skip_blanks()?;
        let start = *self.cursor;
        let left = self.operand(depth)?;
        if let Some(operator) = self.operator()? {
            let right = self.operand(depth)?;
            let kind = Kind::Compare { operator, left: Box::new(left), right: Box::new(right) };
            if self.operator()?.is_some() {
                return Err(unread(self.cursor.since(start), "a comparison of a comparison"));
            }
            return Ok(self.node(kind, start));
        }
        if self.eat_word("LIKE")? {
            let pattern = self.operand(depth)?;
            return Ok(self.node(Kind::Like { value: Box::new(left), pattern: Box::new(pattern) }, start));
        }
        let mut after = *self.cursor;
        if word(after) == "NOT" {
            after.eat("NOT");
            after.skip_blanks()?;
            if word(after) != "IN" {
                return Err(unread(self.cursor.here(), "`NOT` after a value"));
            }
            *self.cursor = after;
            let inside = self.membership(left, depth, start)?;
            return Ok(self.node(Kind::Not(Box::new(inside)), start));
        }
        if word(after) == "IN" {
            return self.membership(left, depth, start);
        }
        Ok(left)
    }

    fn membership(&mut self, value: Node, depth: usize, start: Cursor<'_>) -> Result<Node> {
        self.cursor.eat("IN");
        self.cursor.skip_blanks()?;
        if !self.cursor.at("(") {
            return Err(invalid(self.cursor.here(), "`IN` without a list"));
        }
        let list = self.arguments(depth)?;
        if list.is_empty() {
            return Err(invalid(self.cursor.since(start), "an empty list"));
        }
        Ok(self.node(Kind::In { value: Box::new(value), list }, start))
    }

    fn operator(&mut self) -> Result<Option<Operator>> {
        const TABLE: &[(&str, Operator)] = &[
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::Order(Comparison::Lte)),
            (">=", Operator::Order(Comparison::Gte)),
            ("=", Operator::Equal),
            ("<", Operator::Order(Comparison::Lt)),
            (">", Operator::Order(Comparison::Gt)),
        ];
        self.cursor.skip_blanks()?;
        Ok(TABLE.iter().find(|(text, _)| self.cursor.eat(text)).map(|(_, operator)| *operator))
    }

    fn operand(&mut self, depth: usize) -> Result<Node> {
        self.cursor.skip_blanks()?;
        let start = *self.cursor;
        let node = match self.cursor.peek() {
            Some('"') => {
                let written = self.cursor.quoted('"')?;
                self.node(Kind::Text(unescaped(written, start, *self.cursor)?), start)
            }
            Some('(') => self.brackets(depth.saturating_add(1))?,
            Some('-') => self.minus(depth.saturating_add(1))?,
            Some(c) if c.is_ascii_digit() => self.number()?,
            Some(c) if c == '\'' || is_word(c) => self.named(depth)?,
            Some('`') => return Err(unread(start.here(), "a macro")),
            Some('[') => return Err(unread(start.here(), "a subsearch")),
            Some('+' | '.') => return Err(unread(start.here(), "such a number")),
            Some(c) if !c.is_ascii() => return Err(unread(start.here(), "such a name")),
            Some(_) | None => return Err(invalid(start.here(), "a value should stand here")),
        };
        self.cursor.skip_blanks()?;
        match self.cursor.peek() {
            Some('+' | '-' | '*' | '/' | '%') => Err(unread(self.cursor.here(), "arithmetic")),
            Some('.') => Err(unread(self.cursor.here(), "texts joined by `.`").help("the name of a field with a point is written 'a.b'")),
            Some('{' | ':' | '@') => Err(unread(self.cursor.here(), "such a name").help("quote the name: 'a{}'")),
            Some(_) | None => Ok(node),
        }
    }

    fn brackets(&mut self, depth: usize) -> Result<Node> {
        let start = *self.cursor;
        self.check_depth(depth)?;
        self.cursor.eat("(");
        let node = self.junction(Level::Xor, depth)?;
        if !self.cursor.eat(")") {
            return Err(invalid(start.here(), "no closing `)`"));
        }
        Ok(node)
    }

    fn minus(&mut self, depth: usize) -> Result<Node> {
        let start = *self.cursor;
        self.check_depth(depth)?;
        self.cursor.eat("-");
        let node = self.operand(depth)?;
        let Kind::Number(number) = &node.kind else { return Ok(self.node(Kind::Minus(Box::new(node)), start)) };
        let negative = Decimal::parse(&format!("-{number}"));
        let negative = negative.ok_or_else(|| unread(self.cursor.since(start), "such a number"))?;
        Ok(self.node(Kind::Number(negative), start))
    }

    fn number(&mut self) -> Result<Node> {
        let start = *self.cursor;
        let written = self.cursor.take_while(|c| is_word(c) || c == '.');
        let number = Decimal::parse(written).filter(|_| crate::text::number::is_plain(written));
        let number = number.ok_or_else(|| unread(self.cursor.since(start), format!("the number {}", quote(written))))?;
        Ok(self.node(Kind::Number(number), start))
    }

    /// A field, or a function with its arguments.
    fn named(&mut self, depth: usize) -> Result<Node> {
        let start = *self.cursor;
        let is_quoted = self.cursor.at("'");
        if !is_quoted {
            if OPERATORS.contains(&word(start)) {
                return Err(invalid(start.here(), "an operator without an operand"));
            }
            let mut after = start;
            let word = field_name(&mut after)?.unwrap_or_default();
            let is_function = ["in", "like"].contains(&word) && after.at("(");
            if !is_function {
                self.check_case()?;
            }
        }
        let name = field_name(self.cursor)?.unwrap_or_default();
        self.cursor.skip_blanks()?;
        if !is_quoted && self.cursor.at("(") {
            let arguments = self.arguments(depth)?;
            return Ok(self.node(Kind::Call { name: name.to_owned(), arguments }, start));
        }
        if !is_quoted && ["true", "false", "null"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
            return Err(unread(self.cursor.since(start), format!("the bare word `{name}`")));
        }
        Ok(self.node(Kind::Field(name.to_owned()), start))
    }

    /// Expressions between brackets; there may be none.
    fn arguments(&mut self, depth: usize) -> Result<Vec<Node>> {
        let start = *self.cursor;
        let depth = depth.saturating_add(1);
        self.check_depth(depth)?;
        self.cursor.eat("(");
        self.cursor.skip_blanks()?;
        let mut arguments = Vec::new();
        if self.cursor.eat(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.junction(Level::Xor, depth)?);
            if self.cursor.eat(")") {
                return Ok(arguments);
            }
            if !self.cursor.eat(",") {
                return Err(invalid(start.here(), "no closing `)`"));
            }
        }
    }

    fn check_depth(&self, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH { Err(unread(self.cursor.here(), "brackets that nest this deeply")) } else { Ok(()) }
    }

    /// Lower-case operators have no documented meaning here.
    fn check_case(&self) -> Result<()> {
        let word = word(*self.cursor);
        if !OPERATORS.contains(&word) && OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(word)) {
            return Err(unread(self.cursor.here(), format!("the operator `{word}`")).help("operators are in upper case"));
        }
        Ok(())
    }

    fn eat_word(&mut self, expected: &str) -> Result<bool> {
        self.cursor.skip_blanks()?;
        Ok(word(*self.cursor) == expected && self.cursor.eat(expected))
    }

    fn node(&self, kind: Kind, start: Cursor<'_>) -> Node {
        Node { kind, place: self.cursor.since(start) }
    }
}

/// The word that comes next; empty where there is none.
fn word(cursor: Cursor<'_>) -> &str {
    let mut after = cursor;
    after.take_while(is_word)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The text between double quotes.
fn unescaped(written: &str, start: Cursor<'_>, end: Cursor<'_>) -> Result<String> {
    let mut text = String::with_capacity(written.len());
    let mut characters = written.chars().peekable();
    while let Some(c) = characters.next() {
        let escaped = if c == '\\' { characters.peek().copied() } else { None };
        match (c, escaped) {
            ('\n' | '\t' | '\r', _) => return Err(unread(end.since(start), "a line break or tabulator in a text")),
            (_, Some('b')) => return Err(unread(end.since(start), "`\\b` in a text").help("write `\\\\b`")),
            (_, None) => text.push(c),
            (_, Some(escaped)) => {
                let meant = match escaped {
                    '\\' | '"' => Some(escaped),
                    't' => Some('\t'),
                    'n' => Some('\n'),
                    'r' => Some('\r'),
                    _ => None,
                };
                text.push(meant.unwrap_or(c));
                if meant.is_some() {
                    characters.next();
                }
            }
        }
    }
    Ok(text)
}
