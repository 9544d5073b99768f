//! What names denote in a query: columns of its sources, of the queries around it, and aliases of its result.
//!
//! Source: SQLite's `lookupName`. Where not all columns of the table are known, those that the text names are
//! taken for its columns, but `*` stands only for those that are no alias.

use super::super::ast::Node;
use super::super::dialect::{Dialect, contains_word};
use super::super::lex::{Token, lex};
use super::super::{Result, invalid, unread};
use crate::ir::Case;
use crate::source::Place;
use crate::storage::{Affinity, Storage};

/// A column of a source.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether `*` stands for it, and its name alone finds it before aliases.
    pub(super) visible: bool,
}

/// How the values of an expression compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kind {
    pub(super) affinity: Option<Affinity>,
    pub(super) case: Option<Case>,
    /// Parts of a compound have different affinities.
    pub(super) mixed: bool,
}

impl Kind {
    pub(super) const PLAIN: Self = Self { affinity: None, case: None, mixed: false };
}

/// A source in `FROM`.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) offset: usize,
    pub(super) columns: Vec<Column>,
}

/// What expressions may hold where one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Rows of the sources.
    Rows,
    /// The result: windows, and aggregates where rows are grouped.
    Result,
    /// After grouping, without windows.
    Groups,
}

/// The names of one `SELECT`.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) sources: Vec<Named>,
    pub(super) aliases: Vec<(String, Node)>,
    pub(super) stage: Stage,
    pub(super) block: super::plan::Block,
}

/// Words of the grammar that are names elsewhere.
const WORDS: &[&str] = &[
    "WITH",
    "LIKE",
    "GLOB",
    "REGEXP",
    "MATCH",
    "CAST",
    "INNER",
    "LEFT",
    "CROSS",
    "OUTER",
    "OVER",
    "PARTITION",
    "BY",
    "ROWS",
    "RANGE",
    "GROUPS",
    "PRECEDING",
    "FOLLOWING",
    "UNBOUNDED",
    "CURRENT",
    "ROW",
    "EXCLUDE",
    "TIES",
    "NO",
    "OTHERS",
    "FILTER",
    "ASC",
    "DESC",
    "NULLS",
    "FIRST",
    "LAST",
    "OFFSET",
    "END",
    "MATERIALIZED",
    "TRUE",
    "FALSE",
];

/// The columns of the base table.
pub(super) fn base(text: &str, storage: &Storage, dialect: &Dialect) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    let kind = |name: &str| {
        storage.column(name).and_then(|(_, kind)| Some(Kind { affinity: Some(kind.affinity()?), case: Some(kind.compares), mixed: false }))
    };
    for column in &storage.columns.listed {
        let kind = kind(&column.name).ok_or_else(|| unread(Place::NOWHERE, format!("`{}`, which is no column of a table", column.name)))?;
        columns.push(Column { name: column.name.clone(), kind, visible: true });
    }
    let is_listed = |name: &str| storage.columns.listed.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    for name in dialect.row_ids.iter().filter(|name| !is_listed(name)) {
        columns.push(Column { name: (*name).to_owned(), kind: row_number(), visible: false });
    }
    if storage.columns.others.is_none() {
        return Ok(columns);
    }
    let tokens: Vec<Token> = lex(text, dialect)?.into_iter().map(|lexeme| lexeme.token).collect();
    let is_as = |token: Option<&Token>| matches!(token, Some(Token::Word(word)) if word.eq_ignore_ascii_case("AS"));
    let mut aliases: Vec<&str> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        if let Token::Word(name) | Token::Name(name, _) = token
            && (is_as(before) || is_as(tokens.get(at + 1)))
        {
            aliases.push(name);
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        let follows = tokens.get(at + 1);
        let name = match token {
            Token::Word(word) if !contains_word(dialect.reserved, word) && !contains_word(WORDS, word) => word,
            Token::Name(name, _) => name,
            Token::Word(_) | Token::Text(_) | Token::Blob(_) | Token::Number(_) | Token::Variable(_) | Token::Symbol(_) | Token::End => {
                continue;
            }
        };
        let is_other = matches!(follows, Some(Token::Symbol("(" | ".")));
        let known = columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let table = at
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|token| matches!(token, Token::Word(word) if contains_word(&["FROM", "JOIN"], word)));
        if let (false, false, false, Some(kind)) = (is_other, known, table, kind(name)) {
            let visible = !aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
            columns.push(Column { name: name.clone(), kind, visible });
        }
    }
    Ok(columns)
}

/// The type of the number of a row, which every table has beside its columns and `*` leaves out.
fn row_number() -> Kind {
    Kind { affinity: Some(Affinity::Integer), case: Some(Case::Sensitive), mixed: false }
}

/// Whether a column of the base table is the number of the row.
pub(super) fn is_row_number(column: &Column, storage: &Storage, dialect: &Dialect) -> bool {
    let is_listed = storage.columns.listed.iter().any(|own| own.name.eq_ignore_ascii_case(&column.name));
    !is_listed && contains_word(dialect.row_ids, &column.name)
}

impl Scope {
    /// The column that a name denotes among the sources.
    pub(super) fn find(&self, table: Option<&str>, name: &str, place: Place) -> Result<Option<(usize, &Column)>> {
        let mut found: Vec<(usize, &Column)> = Vec::new();
        for source in self.sources.iter().filter(|source| table.is_none_or(|table| table.eq_ignore_ascii_case(&source.name))) {
            let own = source.columns.iter().enumerate().find(|(_, column)| column.name.eq_ignore_ascii_case(name));
            found.extend(own.map(|(at, column)| (source.offset + at, column)));
        }
        if table.is_none() && found.iter().any(|(_, column)| column.visible) {
            found.retain(|(_, column)| column.visible);
        }
        if found.len() > 1 {
            return Err(invalid(place, format!("ambiguous column name: `{name}`")));
        }
        Ok(found.pop())
    }
}
