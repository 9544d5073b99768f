//! The reader of SQL: `SELECT … FROM t WHERE …` into a formula over records.
//!
//! Text becomes tokens (`lex`), a syntax tree (`parse`, `expression`), is checked for what the engine would
//! reject (`check`), and gets its meaning (`read`, `value`, `compare`, `clock` and what they use). What differs between
//! dialects is data (`dialect`). Deliberately absent: subqueries, joins, aggregates, bound parameters, and
//! arithmetic on columns other than parts of times, all of which are `query_unread`.

mod ast;
mod check;
mod clock;
mod compare;
mod dialect;
mod eval;
mod expression;
mod grammar;
mod known;
mod lex;
mod manner;
mod matching;
mod number;
mod parse;
mod pattern;
mod read;
mod regexp;
pub mod relation;
mod schema;
mod scope;
mod simplify;
mod texts;
mod value;

pub use self::dialect::{Dialect, SQLITE};
pub use self::schema::schema;
use super::Reading;
use crate::diag::{Code, Diagnostic};
use crate::ir::Expr;
use crate::source::Place;
use crate::storage::Storage;

type Result<T> = std::result::Result<T, Diagnostic>;

/// What a statement means for the records of a storage.
///
/// # Errors
/// `query_invalid` where the engine itself would reject the text, or fail on some row; `query_unread` where a
/// construct is not known here or its meaning is open. Both with the place in the text.
pub fn read(text: &str, storage: &Storage, dialect: &Dialect) -> Result<Reading> {
    let select = parse::select(text, dialect)?;
    let scope = scope::Scope::new(&select, storage, dialect)?;
    let Some(condition) = &select.condition else {
        return Ok(Reading { expr: Expr::True, assumptions: Vec::new(), set_apart: Vec::new() });
    };
    check::check(condition, &scope)?;
    let mut reader = read::Reader::new(scope);
    let expr = reader.when(condition, read::Side::True)?;
    Ok(Reading { expr, assumptions: reader.into_assumptions(), set_apart: Vec::new() })
}

/// What the engine would reject.
fn invalid(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::QueryInvalid, place, message)
}

/// What is not known, or left open.
fn unread(place: Place, what: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::QueryUnread, place, format!("not read: {what}"))
}
