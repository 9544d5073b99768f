//! `CREATE TABLE` into a storage.
//!
//! Source: SQLite, "CREATE TABLE" and "Datatypes In SQLite" §3.1. What changes the values that a row holds
//! beyond affinity (defaults, generated columns, `STRICT`, row ids) is refused; constraints that only reject
//! rows are passed over. Deliberately absent: `CREATE TABLE … AS SELECT`.

use super::dialect::Dialect;
use super::expression;
use super::parse::Parser;
use crate::diag::{Code, Diagnostic};
use crate::ir::Case;
use crate::source::Place;
use crate::storage::{Affinity, Column, ColumnType, Columns, Names, Storage};
use std::collections::BTreeSet;

type Result<T> = std::result::Result<T, Diagnostic>;

/// Words that start a constraint of a column or of the table.
const CONSTRAINTS: &[&str] =
    &["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS", "FOREIGN"];

/// Words that start a constraint of the table.
const TABLE_CONSTRAINTS: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// The storage that a `CREATE TABLE` statement makes.
///
/// # Errors
/// `invalid_schema`, with the place, where the text is no such statement, or one whose table changes values
/// in ways that a storage cannot say.
pub fn schema(text: &str, dialect: &Dialect) -> Result<Storage> {
    let help = || Some("a schema is one `CREATE TABLE` statement".to_owned());
    read(text, dialect).map_err(|error| Diagnostic { code: Code::InvalidSchema, help: error.help.or_else(help), ..error })
}

/// The affinity of a declared type, or of a type to cast to.
pub(super) fn affinity(type_name: &str) -> Affinity {
    let upper = type_name.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if has(&["INT"]) {
        Affinity::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if has(&["BLOB"]) {
        Affinity::Untyped
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

fn refused(place: Place, what: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidSchema, place, what)
}

fn read(text: &str, dialect: &Dialect) -> Result<Storage> {
    let mut parser = Parser::new(text, dialect)?;
    parser.expect_word("CREATE")?;
    if !parser.eat_word("TEMP") {
        parser.eat_word("TEMPORARY");
    }
    parser.expect_word("TABLE")?;
    if parser.eat_word("IF") {
        parser.expect_word("NOT")?;
        parser.expect_word("EXISTS")?;
    }
    let mut table = parser.name()?;
    if parser.eat_symbol(".") {
        table = parser.name()?;
    }
    parser.expect_symbol("(")?;
    let columns = columns(&mut parser)?;
    parser.expect_symbol(")")?;
    if !parser.at_symbol(";") && !parser.at_end() {
        return Err(refused(parser.place(), "a table option, which changes what a table holds"));
    }
    parser.end()?;
    Ok(Storage { table: Some(table.text), names: Names::IgnoreCase, columns: Columns::listed(columns), raw: None, networks: None })
}

fn columns(parser: &mut Parser<'_>) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    let mut names = BTreeSet::new();
    loop {
        if parser.at_one_of(TABLE_CONSTRAINTS) {
            table_constraint(parser)?;
        } else {
            let place = parser.place();
            let column = column(parser)?;
            let limit = parser.dialect.limits.columns;
            if columns.len() >= limit {
                return Err(refused(place, format!("more than the {limit} columns that a table can have")));
            }
            if !names.insert(column.name.to_ascii_lowercase()) {
                return Err(refused(place, format!("duplicate column `{}`", column.name)));
            }
            columns.push(column);
        }
        if !parser.eat_symbol(",") {
            return Ok(columns);
        }
    }
}

fn column(parser: &mut Parser<'_>) -> Result<Column> {
    let name = parser.name()?.text;
    let typed = !parser.at_one_of(CONSTRAINTS) && !parser.at_symbol(",") && !parser.at_symbol(")");
    let type_name = if typed { parser.type_name()? } else { String::new() };
    let affinity = if type_name.is_empty() { Affinity::Untyped } else { affinity(&type_name) };
    let mut compares = Case::Sensitive;
    while !parser.at_symbol(",") && !parser.at_symbol(")") {
        if parser.at_word("COLLATE") {
            compares = collation(parser)?;
        } else {
            column_constraint(parser, &type_name)?;
        }
    }
    Ok(Column::new(&name, ColumnType::scalar(affinity, compares)))
}

fn collation(parser: &mut Parser<'_>) -> Result<Case> {
    parser.expect_word("COLLATE")?;
    let place = parser.place();
    let name = parser.name()?.text;
    match parser.dialect.collation(&name) {
        Some(Some(case)) => Ok(case),
        Some(None) => Err(refused(place, format!("the collation `{name}` is not supported"))),
        None => Err(refused(place, format!("no such collation: `{name}`"))),
    }
}

fn column_constraint(parser: &mut Parser<'_>, type_name: &str) -> Result<()> {
    let place = parser.place();
    if parser.eat_word("CONSTRAINT") {
        parser.name()?;
        return Ok(());
    }
    if parser.eat_word("PRIMARY") {
        parser.expect_word("KEY")?;
        if type_name.eq_ignore_ascii_case("INTEGER") {
            return Err(refused(place, "an integer primary key, which is never NULL"));
        }
        return Ok(());
    }
    if parser.eat_word("NOT") {
        return parser.expect_word("NULL");
    }
    if parser.eat_word("NULL") || parser.eat_word("UNIQUE") {
        return Ok(());
    }
    if parser.eat_word("CHECK") {
        return brackets(parser);
    }
    if parser.eat_word("DEFAULT") && parser.eat_word("NULL") {
        return Ok(());
    }
    Err(refused(place, "such a constraint is not supported"))
}

fn table_constraint(parser: &mut Parser<'_>) -> Result<()> {
    let place = parser.place();
    if parser.eat_word("CONSTRAINT") {
        parser.name()?;
    }
    if parser.eat_word("UNIQUE") || parser.eat_word("CHECK") {
        return brackets(parser);
    }
    Err(refused(place, "such a constraint is not supported"))
}

/// An expression or a list of columns in brackets, passed over.
fn brackets(parser: &mut Parser<'_>) -> Result<()> {
    parser.expect_symbol("(")?;
    parser.list(expression::any)?;
    parser.expect_symbol(")")
}
