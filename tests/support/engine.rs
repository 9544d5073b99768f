//! The real engine: written queries run by SQLite on a table that holds the events.

use super::settings::{declaration, quoted};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Error, params_from_iter};
use std::collections::BTreeSet;
use verisigma::event::{Event, Member};
use verisigma::storage::Storage;

/// A database with REGEXP as the `regex` crate has it. On a number it fails: hosts may be that strict.
pub(crate) fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("regexp", 2, flags, regexp).unwrap();
    connection
}

/// `REGEXP`; the compiled expression stays with its place in the statement.
fn regexp(context: &mut Context<'_>) -> rusqlite::Result<Option<bool>> {
    let error = |message: &str| Error::UserFunctionError(message.into());
    let regex = context.get_or_create_aux(0, |pattern| -> Result<regex::Regex, Box<dyn std::error::Error + Send + Sync>> {
        Ok(regex::Regex::new(pattern.as_str()?)?)
    })?;
    match context.get_raw(1) {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) => Ok(Some(regex.is_match(std::str::from_utf8(text)?))),
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => Err(error("REGEXP on what is no text")),
    }
}

/// For each event whether SQLite finds it with the query, in a table that has these fields as columns of the
/// storage's types.
pub(crate) fn found(
    connection: &Connection,
    query: &str,
    table: &str,
    fields: &[String],
    storage: &Storage,
    events: &[&Event],
) -> Vec<bool> {
    let column = |name: &String| format!("{} {}", quoted(name), declaration(storage.column(name).unwrap().1));
    let columns: Vec<String> = std::iter::once("row_number INTEGER".to_owned()).chain(fields.iter().map(column)).collect();
    connection.execute_batch(&format!("BEGIN; CREATE TABLE {} ({})", quoted(table), columns.join(", "))).unwrap();
    fill(connection, table, fields, events);
    let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{error}: {query}"));
    let numbers = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    let found: BTreeSet<i64> = numbers.map(|number| number.unwrap_or_else(|error| panic!("{error}: {query}"))).collect();
    drop(statement);
    connection.execute_batch("ROLLBACK").unwrap();
    (0..events.len()).map(|number| found.contains(&(number as i64))).collect()
}

fn fill(connection: &Connection, table: &str, fields: &[String], events: &[&Event]) {
    let marks = vec!["?"; fields.len() + 1].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO {} VALUES ({marks})", quoted(table))).unwrap();
    for (number, event) in events.iter().enumerate() {
        let values = fields.iter().map(|field| bound(&members(event, field)));
        insert.execute(params_from_iter(std::iter::once(Sql::Integer(number as i64)).chain(values))).unwrap();
    }
}

/// The bag of a field, whose name may be spelled otherwise in the event.
fn members<'e>(event: &'e Event, field: &str) -> Vec<Member<'e>> {
    let members = event.field(field);
    let mut others = event.root().keys().filter(|key| key.eq_ignore_ascii_case(field));
    if members.is_empty() {
        others.find_map(|key| Some(event.field(key)).filter(|bag| !bag.is_empty())).unwrap_or_default()
    } else {
        members
    }
}

/// What a host binds for the value of a field: a scalar or nothing.
fn bound(bag: &[Member<'_>]) -> Sql {
    match bag {
        [] => Sql::Null,
        [Member::Text(text)] => Sql::Text((*text).to_owned()),
        [Member::Boolean(truth)] => Sql::Integer(i64::from(*truth)),
        [Member::Number(number)] => match number.as_str().parse() {
            Ok(integer) => Sql::Integer(integer),
            Err(_) => Sql::Real(number.as_str().parse().unwrap()),
        },
        _ => panic!("{bag:?} has no record"),
    }
}
