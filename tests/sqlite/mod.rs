//! The real SQLite, in process: a table that holds events as hosts insert them, and what it answers.

#![allow(dead_code, reason = "each suite uses a part")]

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;
use verisigma::event::{Event, Member};
use verisigma::storage::{Affinity, ColumnType, Storage};
use verisigma::text::fold::Case;

/// A table of events that have a record in the storage.
pub(crate) struct Table {
    connection: Connection,
    /// The places of the rows among the events.
    rows: Vec<usize>,
    events: usize,
}

impl Table {
    /// The table of a storage, with columns for these names of fields as far as the storage has them, and the
    /// events that have a record.
    pub(crate) fn new<'e>(storage: &Storage, names: &[&str], events: impl IntoIterator<Item = &'e Event>) -> Self {
        let columns = columns(storage, names);
        let mut table = Self { connection: database(), rows: Vec::new(), events: 0 };
        let name = quoted(storage.table.as_deref().unwrap_or("events"));
        let declared: Vec<String> = columns.values().map(|(name, kind)| format!(", {} {}", quoted(name), declared(*kind))).collect();
        table.connection.execute_batch(&format!("CREATE TABLE {name} (row_number INTEGER{})", declared.concat())).unwrap();
        let insert = format!("INSERT INTO {name} VALUES ({})", vec!["?"; columns.len() + 1].join(", "));
        for event in events {
            if storage.record(event, names).is_some() {
                let values = columns.values().map(|(name, _)| event.field(name).first().map_or(Sql::Null, |member| bound(*member)));
                let row = std::iter::once(Sql::Integer(table.events as i64)).chain(values);
                table.connection.execute(&insert, params_from_iter(row)).unwrap();
                table.rows.push(table.events);
            }
            table.events += 1;
        }
        table
    }

    /// For each event whether a query finds it; `None` where it has no record.
    ///
    /// # Errors
    /// What SQLite says of a query that it cannot run.
    pub(crate) fn answers(&self, query: &str) -> Result<Vec<Option<bool>>, String> {
        let found = || -> rusqlite::Result<Vec<i64>> {
            let mut statement = self.connection.prepare(query)?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        let found = found().map_err(|error| format!("{error}: {query}"))?;
        let answer = |event: usize| self.rows.contains(&event).then(|| found.contains(&(event as i64)));
        Ok((0..self.events).map(answer).collect())
    }

    /// The rows of a query's result, as texts.
    ///
    /// # Errors
    /// What SQLite says of a query that it cannot run, and of a value that is no text and no whole number.
    pub(crate) fn rows(&self, query: &str) -> Result<Vec<Vec<String>>, String> {
        let found = || -> rusqlite::Result<Vec<Vec<String>>> {
            let mut statement = self.connection.prepare(query)?;
            let columns = statement.column_count();
            let value = |value: Sql| match value {
                Sql::Text(text) => text,
                Sql::Integer(integer) => integer.to_string(),
                Sql::Null | Sql::Real(_) | Sql::Blob(_) => format!("{value:?}"),
            };
            statement.query_map([], |row| (0..columns).map(|column| row.get(column).map(value)).collect())?.collect()
        };
        found().map_err(|error| format!("{error}: {query}"))
    }
}

/// The columns to be made, by their keys: name and type.
fn columns(storage: &Storage, names: &[&str]) -> BTreeMap<String, (String, ColumnType)> {
    let listed = storage.columns.listed.iter().map(|column| column.name.as_str());
    let mut columns = BTreeMap::new();
    for name in names.iter().copied().chain(listed) {
        if let Some((key, kind)) = storage.column(name) {
            columns.entry(key).or_insert_with(|| (name.to_owned(), kind));
        }
    }
    columns
}

fn declared(kind: ColumnType) -> String {
    let affinity = match kind.affinity().unwrap() {
        Affinity::Text => "TEXT",
        Affinity::Integer => "INTEGER",
        Affinity::Numeric => "NUMERIC",
        Affinity::Real => "REAL",
        Affinity::Untyped => "",
    };
    let collation = if kind.compares == Case::Ascii { " COLLATE NOCASE" } else { "" };
    format!("{affinity}{collation}")
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.split('`').collect::<Vec<_>>().join("``"))
}

/// What a host binds for a member of a field.
fn bound(member: Member<'_>) -> Sql {
    match member {
        Member::Text(text) => Sql::Text(text.to_owned()),
        Member::Boolean(boolean) => Sql::Integer(i64::from(boolean)),
        Member::Number(number) => match number.as_str().parse() {
            Ok(integer) => Sql::Integer(integer),
            Err(_) => Sql::Real(number.as_str().parse().unwrap()),
        },
        Member::Object => Sql::Null,
    }
}

/// A database with REGEXP as the `regex` crate has it. On a number it fails: hosts may be that strict.
fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("regexp", 2, flags, |context| {
            let error = |message: &str| rusqlite::Error::UserFunctionError(message.into());
            let (ValueRef::Text(pattern), value) = (context.get_raw(0), context.get_raw(1)) else { return Err(error("no pattern")) };
            let regex = regex::Regex::new(std::str::from_utf8(pattern)?).map_err(|e| error(&e.to_string()))?;
            match value {
                ValueRef::Null => Ok(None),
                ValueRef::Text(text) => Ok(Some(regex.is_match(std::str::from_utf8(text)?))),
                ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => Err(error("no text")),
            }
        })
        .unwrap();
    connection
}
