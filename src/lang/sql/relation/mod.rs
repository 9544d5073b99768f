//! The reader of whole queries: common tables, joins, groups, windows, subqueries, run over records.
//!
//! Text becomes a tree (`parse`, `ast`), names are resolved (`names`, `compile`, `select`) into plans (`plan`),
//! and plans are run over rows (`run`, `eval`, `group`, `window`). Sources: SQLite, "SELECT", "Window
//! Functions", "Built-in Aggregate Functions", "Date And Time Functions", "Datatypes In SQLite".
//!
//! What a group, a limit, a scalar subquery or a window over tied rows leaves to chance is [`Open`], and so are
//! records whose texts hold NUL, at which some functions of the engine end a text and others do not. Deliberately absent: more than one table, recursion,
//! `INTERSECT`, `EXCEPT`, right joins, named windows, functions whose result depends on the clock.

mod arithmetic;
pub(super) mod ast;
mod calls;
mod compile;
mod eval;
mod frame;
mod functions;
mod group;
mod names;
mod parse;
mod plan;
mod run;
mod select;
mod sums;
mod time;
mod value;
mod window;

pub use self::value::Value;
use super::dialect::Dialect;
use crate::diag::Diagnostic;
use crate::source::Source;
use crate::storage::Storage;
use serde_json::Map;

/// What a query means: a table for every list of records.
#[derive(Debug)]
pub struct Relation {
    plans: Vec<plan::Plan>,
    root: usize,
    columns: Vec<String>,
    /// The columns of the base table: their keys in records.
    base: Vec<String>,
    fields: Vec<String>,
}

/// A row of the result: its columns, in order, with their values.
pub type Row = Vec<(String, Value)>;

/// Why the engine aborts, or leaves a result open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open(pub String);

/// Reads a query over one table, which is the storage's.
///
/// # Errors
/// `query_invalid` where the engine would reject the text, `query_unread` where its meaning is not known here,
/// both with the place.
pub fn read(source: &Source, storage: &Storage, dialect: &Dialect) -> Result<Relation, Diagnostic> {
    let query = parse::query(&source.text, dialect)?;
    compile::relation(&query, &source.text, storage, dialect)
}

impl Relation {
    /// The names of the result's columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The columns of the base table that the query uses: their keys in records.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The result over these records in this order: the objects that [`Storage::record`] makes.
    ///
    /// # Errors
    /// [`Open`] where the engine aborts or chooses.
    pub fn run(&self, rows: &[&Map<String, serde_json::Value>]) -> Result<Vec<Row>, Open> {
        let holds_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        let base: Vec<Vec<Value>> = rows.iter().zip(1..).map(|(row, number)| run::base_row(row, &self.base, number)).collect();
        if base.iter().flatten().any(holds_nul) {
            return Err(Open("a text that holds NUL".to_owned()));
        }
        let result = run::run(&self.plans, self.root, base)?;
        Ok(result.into_iter().map(|row| self.columns.iter().cloned().zip(row).collect()).collect())
    }
}
