//! Tokens into statements: the reader of tokens, and `SELECT` with one table and a condition.
//!
//! The parser goes back in one case only: windows are named after their use, so that their definitions are read first
//! (see `relation`). Expressions are in `expression`. Deliberately
//! absent: names of columns and functions, which the grammar does not know.

use super::ast::{Identifier, ResultColumn, Select, span};
use super::dialect::{Dialect, Level, contains_word};
use super::lex::{Lexeme, Token, lex};
use super::relation::ast::Window;
use super::{Result, invalid, unread};
use crate::source::Place;

/// Words that start a statement which is no `SELECT`.
const OTHER_STATEMENTS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DETACH",
    "DROP",
    "END",
    "EXPLAIN",
    "INSERT",
    "PRAGMA",
    "REINDEX",
    "RELEASE",
    "REPLACE",
    "ROLLBACK",
    "SAVEPOINT",
    "UPDATE",
    "VACUUM",
    "VALUES",
    "WITH",
];

/// Words that may follow a table or a condition and are not read.
const OTHER_CLAUSES: &[&str] = &[
    "CROSS",
    "EXCEPT",
    "FULL",
    "GROUP",
    "HAVING",
    "INDEXED",
    "INNER",
    "INTERSECT",
    "JOIN",
    "LEFT",
    "LIMIT",
    "NATURAL",
    "NOT",
    "ORDER",
    "OUTER",
    "RIGHT",
    "UNION",
    "WINDOW",
];

/// The statement that a text is.
pub(super) fn select(text: &str, dialect: &Dialect) -> Result<Select> {
    let mut parser = Parser::new(text, dialect)?;
    parser.statement()
}

/// What a text is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The condition of one table.
    Condition,
    /// Whole queries: their subqueries, aggregates and windows are taken.
    Query,
}

/// A reader of tokens.
pub(super) struct Parser<'d> {
    lexemes: Vec<Lexeme>,
    at: usize,
    /// How deep the recursion is.
    pub(super) depth: usize,
    pub(super) dialect: &'d Dialect,
    /// The table of the statement, once it is known.
    pub(super) table: Option<String>,
    /// What the text is read for.
    pub(super) purpose: Purpose,
    /// The windows that the query at hand gives names to.
    pub(super) windows: Vec<(String, Window)>,
}

impl<'d> Parser<'d> {
    /// A parser at the start of a text.
    pub(super) fn new(text: &str, dialect: &'d Dialect) -> Result<Self> {
        let lexemes = lex(text, dialect)?;
        check_brackets(&lexemes, dialect)?;
        Ok(Self { lexemes, at: 0, depth: 0, dialect, table: None, purpose: Purpose::Condition, windows: Vec::new() })
    }

    pub(super) fn token(&self) -> &Token {
        self.lexemes.get(self.at).map_or(&Token::End, |lexeme| &lexeme.token)
    }

    pub(super) fn following(&self) -> &Token {
        self.lexemes.get(self.at + 1).map_or(&Token::End, |lexeme| &lexeme.token)
    }

    /// The place of the next token.
    pub(super) fn place(&self) -> Place {
        self.lexemes.get(self.at).or(self.lexemes.last()).map_or(Place::NOWHERE, |lexeme| lexeme.place)
    }

    /// From a place to the end of the last token that was taken.
    pub(super) fn since(&self, start: Place) -> Place {
        let last = self.at.checked_sub(1).and_then(|at| self.lexemes.get(at));
        last.map_or(start, |last| span(start, last.place))
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Token {
        let token = self.token().clone();
        self.at += 1;
        token
    }

    /// How many tokens were taken.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes on from a position: for what is to be read before its turn.
    pub(super) fn go_to(&mut self, position: usize) {
        self.at = position;
    }

    /// The token at a position.
    pub(super) fn token_at(&self, position: usize) -> &Token {
        self.lexemes.get(position).map_or(&Token::End, |lexeme| &lexeme.token)
    }

    /// Passes over the next token.
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// Whether the next token is this word.
    pub(super) fn at_word(&self, word: &str) -> bool {
        matches!(self.token(), Token::Word(own) if own.eq_ignore_ascii_case(word))
    }

    /// Whether everything was taken.
    pub(super) fn at_end(&self) -> bool {
        *self.token() == Token::End
    }

    /// Whether the next token is one of these words.
    pub(super) fn at_one_of(&self, words: &[&str]) -> bool {
        matches!(self.token(), Token::Word(own) if contains_word(words, own))
    }

    /// Whether the next token is this symbol.
    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.token(), Token::Symbol(own) if *own == symbol)
    }

    /// Takes this word, if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        self.at += usize::from(found);
        found
    }

    /// Takes this symbol, if it is next.
    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// Takes this symbol, which must be next.
    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    /// Takes this word, which must be next.
    pub(super) fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    /// The error that something else stands here.
    pub(super) fn unexpected(&self, expected: &str) -> crate::diag::Diagnostic {
        let found = match self.token() {
            Token::Word(text) | Token::Number(text) | Token::Variable(text) => format!("`{text}`"),
            Token::Name(text, _) => format!("the name `{text}`"),
            Token::Text(text) => format!("the text `{text}`"),
            Token::Blob(_) => "a byte string".to_owned(),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_owned(),
        };
        invalid(self.place(), format!("expected {expected}, found {found}"))
    }

    pub(super) fn unread_here(&self, what: &str) -> crate::diag::Diagnostic {
        unread(self.place(), what)
    }

    fn statement(&mut self) -> Result<Select> {
        if self.at_one_of(OTHER_STATEMENTS) {
            return Err(self.unread_here("a statement other than SELECT"));
        }
        self.expect_word("SELECT").map_err(|error| error.help("a query is a whole statement: `SELECT * FROM … WHERE …`"))?;
        if self.at_word("DISTINCT") {
            return Err(self.unread_here("SELECT DISTINCT"));
        }
        self.eat_word("ALL");
        let columns = self.list(Self::result_column)?;
        self.expect_word("FROM")?;
        let table = self.table()?;
        let alias = self.alias()?;
        self.table = Some(table.text.clone());
        self.other_clauses()?;
        let condition = if self.eat_word("WHERE") { Some(self.expression(Level::Lowest)?) } else { None };
        self.other_clauses()?;
        self.end()?;
        Ok(Select { columns, table, alias, condition })
    }

    /// The end of the statement and of the text.
    pub(super) fn end(&mut self) -> Result<()> {
        let terminated = self.eat_symbol(";");
        while self.eat_symbol(";") {}
        match (self.at_end(), terminated) {
            (true, _) => Ok(()),
            (false, true) => Err(self.unread_here("a second statement")),
            (false, false) => Err(self.unexpected("an operator or the end")),
        }
    }

    fn other_clauses(&self) -> Result<()> {
        if self.at_one_of(OTHER_CLAUSES) || self.at_symbol(",") || self.at_symbol("(") {
            return Err(self.unread_here("a part of SELECT other than a table and a condition"));
        }
        Ok(())
    }

    pub(super) fn result_column(&mut self) -> Result<ResultColumn> {
        if self.eat_symbol("*") {
            return Ok(ResultColumn::All(None));
        }
        let qualified = matches!(self.token(), Token::Word(_) | Token::Name(..)) && matches!(self.following(), Token::Symbol("."));
        if qualified && matches!(self.lexemes.get(self.at + 2).map(|lexeme| &lexeme.token), Some(Token::Symbol("*"))) {
            let table = self.name()?;
            self.at += 2;
            return Ok(ResultColumn::All(Some(table)));
        }
        let value = self.expression(Level::Lowest)?;
        let alias = self.alias()?.map(|alias| alias.text);
        Ok(ResultColumn::Value(value, alias))
    }

    /// `AS name`, or a bare name.
    pub(super) fn alias(&mut self) -> Result<Option<Identifier>> {
        if self.eat_word("AS") {
            return self.name().map(Some);
        }
        match self.token() {
            Token::Word(word) if self.is_reserved(word) || contains_word(OTHER_CLAUSES, word) => Ok(None),
            Token::Word(_) | Token::Name(..) | Token::Text(_) => self.name().map(Some),
            Token::Blob(_) | Token::Number(_) | Token::Variable(_) | Token::Symbol(_) | Token::End => Ok(None),
        }
    }

    fn table(&mut self) -> Result<Identifier> {
        if self.at_symbol("(") {
            return Err(self.unread_here("a subquery in FROM"));
        }
        let name = self.name()?;
        if self.at_symbol(".") {
            return Err(self.unread_here("a table of a named database"));
        }
        Ok(name)
    }

    /// A name of a table, a column or an alias: also as a text in quotes.
    pub(super) fn name(&mut self) -> Result<Identifier> {
        let place = self.place();
        let (Token::Word(text) | Token::Name(text, _) | Token::Text(text)) = self.token().clone() else {
            return Err(self.unexpected("a name"));
        };
        if matches!(self.token(), Token::Word(_)) && self.is_reserved(&text) {
            return Err(self.unexpected("a name"));
        }
        self.skip();
        Ok(Identifier { text, place })
    }

    pub(super) fn is_reserved(&self, word: &str) -> bool {
        contains_word(self.dialect.reserved, word)
    }

    /// One or more, separated by commas.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }
}

/// Rejects what has more open brackets than the engine takes.
fn check_brackets(lexemes: &[Lexeme], dialect: &Dialect) -> Result<()> {
    let mut open: usize = 0;
    for lexeme in lexemes {
        if lexeme.token == Token::Symbol("(") {
            open += 1;
        } else if lexeme.token == Token::Symbol(")") {
            open = open.saturating_sub(1);
        }
        if open > dialect.limits.open_brackets {
            return Err(invalid(lexeme.place, format!("more open brackets than {} takes", dialect.name)));
        }
    }
    Ok(())
}
