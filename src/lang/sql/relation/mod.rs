//! The reader of whole queries: common tables, joins, groups, windows, subqueries, run over records.
//!
//! Text becomes a tree (`parse`, `ast`), names are resolved (`names`, `compile`, `select`) into plans (`plan`),
//! and plans are run over rows (`run`, `eval`, `group`, `window`). Sources: SQLite, "SELECT", "Window
//! Functions", "Built-in Aggregate Functions", "Date And Time Functions", "Datatypes In SQLite".
//!
//! Rows that an order leaves tied are taken in the order in which they stand. What a group, a limit or a
//! scalar subquery leaves to chance is [`Open`]. Deliberately absent: more than one table, recursion,
//! `INTERSECT`, `EXCEPT`, right joins, named windows, functions whose result depends on the clock.

mod arithmetic;
pub(super) mod ast;
mod calls;
mod compile;
mod eval;
mod functions;
mod group;
mod names;
mod parse;
mod plan;
mod run;
mod select;
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
        let result =
            run::run(&self.plans, self.root, rows.iter().zip(1..).map(|(row, number)| run::base_row(row, &self.base, number)).collect())?;
        Ok(result.into_iter().map(|row| self.columns.iter().cloned().zip(row).collect()).collect())
    }
}
