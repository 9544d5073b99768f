//! The reader of SQL against SQLite itself, in process: generated queries on generated rows.
//!
//! Wherever the reader takes a query, its verdict is the engine's on every row within its assumptions;
//! wherever the engine rejects a query, the reader does not take it. Queries are generated from a seed, with
//! random quoting, spacing and brackets, over all constructs that the reader knows and some that it does not.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    reason = "a test fails by panicking and says what it counted"
)]

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::ir::eval;
use verisigma::lang::sql::{SQLITE, read, schema};
use verisigma::storage::Storage;

/// A small generator of pseudo-random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

fn engine() -> Connection {
    let engine = Connection::open_in_memory().unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    engine
        .create_scalar_function("regexp", 2, flags, |context| {
            let text = match context.get_raw(1) {
                ValueRef::Null => return Ok(None),
                ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Integer(integer) => integer.to_string(),
                ValueRef::Real(real) => format!("{real:?}"),
            };
            let Some(pattern) = context.get::<Option<String>>(0)? else { return Ok(None) };
            let regex = regex::Regex::new(&pattern).map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
            Ok(Some(regex.is_match(&text)))
        })
        .unwrap();
    engine
}

/// What the engine says of a query on the row that the table holds.
#[derive(Debug, PartialEq)]
enum Said {
    Match(bool),
    /// Rejected before any row was looked at.
    Rejected(String),
    /// Failed on a row.
    Failed(String),
}

fn ask(engine: &Connection, query: &str) -> Said {
    let mut statement = match engine.prepare(query) {
        Ok(statement) => statement,
        Err(error) => return Said::Rejected(error.to_string()),
    };
    match statement.query([]).and_then(|mut rows| rows.next().map(|row| row.is_some())) {
        Ok(found) => Said::Match(found),
        Err(error) => Said::Failed(error.to_string()),
    }
}

fn insert(engine: &Connection, columns: &[&str], row: &Value) {
    engine.execute("DELETE FROM t", []).unwrap();
    let values = columns.iter().map(|column| match &row[column] {
        Value::Null => rusqlite::types::Value::Null,
        Value::Bool(boolean) => rusqlite::types::Value::Integer(i64::from(*boolean)),
        Value::Number(number) => match number.as_str().parse() {
            Ok(integer) => rusqlite::types::Value::Integer(integer),
            Err(_) => rusqlite::types::Value::Real(number.as_str().parse().unwrap()),
        },
        Value::String(text) => rusqlite::types::Value::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => panic!("no scalar"),
    });
    let marks = vec!["?"; columns.len()].join(", ");
    engine.execute(&format!("INSERT INTO t VALUES ({marks})"), params_from_iter(values)).unwrap();
}

const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "ab",
    "aB",
    "abc",
    "ABC",
    "b",
    "bc",
    "xabc",
    "a%c",
    "a_c",
    "a*c",
    "a?c",
    "a[c",
    "a\\c",
    "é",
    "É",
    "xé",
    "\u{212a}",
    "k",
    "s",
    "\u{17f}",
    " ",
    " a ",
    "a ",
    "5",
    "5.0",
    "05",
    "10",
    "9",
    "-5",
    "0",
    "1",
    "1.5",
    "1e3",
    "1e400",
    "0.1",
    "9007199254740993",
    "+5",
    " 5",
    ".5",
    "5abc",
    "abc5",
    "true",
    "null",
    "Inf",
    "a\nc",
    "a\nb",
    "ab\0c",
    "\0",
    "-",
    "'",
    "\"",
    "`",
    "日本",
    "NULL",
    "1.0e+20",
    "2024-01-01",
    "2021-01-03T23:30:00-01:00",
    "2020-12-31 22:05",
    "0000-01-01T00:30+01:00",
    "9999-12-30T12:00:59.999Z",
    "22",
    "05",
    "022",
    "2024",
    "2024-02-30",
    "12:30",
    "now",
    "now\0",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "5",
    "9",
    "10",
    "-5",
    "5.0",
    "5.5",
    "0.5",
    "-0.5",
    "1e3",
    "1e20",
    "0.1",
    "0.30000000000000004",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e15",
    "4611686018427387904.0",
    "1e-7",
];

fn value(random: &mut Random) -> Value {
    match random.below(10) {
        0..=1 => Value::Null,
        2 => Value::Bool(random.chance(50)),
        3..=4 => serde_json::from_str(random.pick(NUMBERS)).unwrap(),
        _ => json!(random.pick(TEXTS)),
    }
}

/// Writes expressions.
struct Writer<'c> {
    random: Random,
    columns: &'c [&'c str],
}

impl Writer<'_> {
    fn blank(&mut self) -> &'static str {
        match self.random.below(12) {
            0 => "  ",
            1 => "\n",
            2 => "\t",
            3 => " /* c */ ",
            4 => " -- c\n",
            _ => " ",
        }
    }

    fn keyword(&mut self, word: &str) -> String {
        let word = match self.random.below(4) {
            0 => word.to_ascii_lowercase(),
            _ => word.to_owned(),
        };
        format!("{}{word}{}", self.blank(), self.blank())
    }

    fn column(&mut self) -> String {
        let name = self.random.pick(self.columns).to_owned();
        let name = if self.random.chance(10) { name.to_ascii_uppercase() } else { name };
        match self.random.below(8) {
            0 => format!("`{name}`"),
            1 => format!("[{name}]"),
            2 => format!("\"{name}\""),
            3 => format!("t.{name}"),
            _ => name,
        }
    }

    fn text(&mut self) -> String {
        let text = loop {
            let text = self.random.pick(TEXTS);
            if !text.contains('\0') {
                break text;
            }
        };
        format!("'{}'", text.split('\'').collect::<Vec<_>>().join("''"))
    }

    fn number(&mut self) -> String {
        let number = self.random.pick(&[
            "0",
            "1",
            "2",
            "5",
            "9",
            "10",
            "-5",
            "+5",
            "5.0",
            "5.5",
            "0.5",
            ".5",
            "5.",
            "1e3",
            "1e20",
            "9e999",
            "-9e999",
            "0x10",
            "0.1",
            "9007199254740993",
            "9007199254740992.0",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "1_000",
            "4611686018427387904.0",
            "1e15",
            "1e-7",
        ]);
        number.to_owned()
    }

    fn literal(&mut self) -> String {
        match self.random.below(20) {
            0 => "NULL".to_owned(),
            1 => self.random.pick(&["TRUE", "FALSE", "true"]).to_owned(),
            2 => self.random.pick(&["x'61'", "X''", "x'ff'", "x'c3a9'"]).to_owned(),
            3..=8 => self.number(),
            9 => format!("\"{}\"", self.random.pick(&["zz", "a", "5"])),
            _ => self.text(),
        }
    }

    fn collated(&mut self, value: String) -> String {
        if !self.random.chance(12) {
            return value;
        }
        let collation = self.random.pick(&["NOCASE", "nocase", "BINARY", "`NoCase`"]);
        format!("{value}{}{collation}", self.keyword("COLLATE"))
    }

    /// A value: a column or what functions make of one, or a constant.
    fn value(&mut self, depth: usize) -> String {
        let value = match self.random.below(if depth == 0 { 9 } else { 29 }) {
            0..=5 => self.column(),
            6..=8 => self.literal(),
            9 => format!("lower({})", self.value(depth - 1)),
            10 => format!("upper({})", self.value(depth - 1)),
            11 => format!(
                "CAST({} AS {})",
                self.value(depth - 1),
                self.random.pick(&["TEXT", "BLOB", "NUMERIC", "INTEGER", "REAL", "VARCHAR(9)", "x"])
            ),
            12 => format!("substr({}, {})", self.value(depth - 1), self.random.pick(&["1", "2", "3", "-1", "-2", "-3", "0"])),
            13 => {
                let (start, count) = (self.random.pick(&["1", "2", "-1", "-2", "-3"]), self.random.pick(&["0", "1", "2", "3"]));
                format!("substr({}, {start}, {count})", self.value(depth - 1))
            }
            14 => format!("instr({}, {})", self.value(depth - 1), self.value(depth - 1)),
            15 => format!("length({})", self.value(depth - 1)),
            16 => format!(
                "{}({}, {})",
                self.random.pick(&["coalesce", "ifnull", "IfNull", "nullif"]),
                self.value(depth - 1),
                self.value(depth - 1)
            ),
            17 => format!("iif({}, {}, {})", self.condition(depth - 1), self.value(depth - 1), self.value(depth - 1)),
            18 => format!("CASE WHEN {} THEN {} ELSE {} END", self.condition(depth - 1), self.value(depth - 1), self.value(depth - 1)),
            19 => format!("CASE {} WHEN {} THEN {} END", self.value(depth - 1), self.value(depth - 1), self.value(depth - 1)),
            20 => format!("typeof({})", self.value(depth - 1)),
            21 => format!("({})", self.value(depth - 1)),
            22 => format!("{}({})", self.random.pick(&["trim", "ltrim", "rtrim"]), self.value(depth - 1)),
            23 => format!("({} || {})", self.value(depth - 1), self.random.pick(&["''", "'a'", "5"])),
            24 => format!("{}{}", self.random.pick(&["+", "-", "+ "]), self.column()),
            25..=27 => self.part_of_time(depth - 1),
            _ => format!("({})", self.condition(depth - 1)),
        };
        self.collated(value)
    }

    /// A part of a time, or something near it.
    fn part_of_time(&mut self, depth: usize) -> String {
        let value = if self.random.chance(80) { self.column() } else { self.value(depth) };
        let modifiers = self.random.pick(&[
            "",
            "",
            ", '-3 days', 'weekday 4'",
            ", '-3 days', 'weekday 4'",
            ", 'weekday 0', '-3 days'",
            ", '+0 days'",
            ", '-1 day', '+1 day'",
            ", '+1 day'",
        ]);
        let format = self.random.pick(&["%M", "%H", "%d", "%m", "%Y", "%j", "%j", "%W", "%H%M", "%V"]);
        let text = match self.random.below(4) {
            0 => format!("strftime('{format}', date({value}{modifiers}))"),
            _ => format!("strftime('{format}', {value}{modifiers})"),
        };
        match self.random.below(8) {
            0 => text,
            1..=3 => format!("CAST({text} AS {})", self.random.pick(&["INTEGER", "INTEGER", "NUMERIC", "REAL", "TEXT"])),
            4 => format!("{text} {}", self.random.pick(&["+ 0", "- 1", "* 1", "% 7", "/ 1", "/ 0"])),
            5 => format!("(1 + ({text} - 1) / 7)"),
            _ => format!("(({text} - 1) / 7 + 1)"),
        }
    }

    fn like_pattern(&mut self) -> String {
        let mut pattern = String::new();
        for _ in 0..self.random.below(5) {
            pattern.push_str(
                self.random.pick(&["a", "b", "c", "A", "%", "%", "_", "é", "É", "5", "k", "K", "\\", "!", "!%", "*", "[", " ", "''"]),
            );
        }
        format!("'{pattern}'")
    }

    fn glob_pattern(&mut self) -> String {
        let mut pattern = String::new();
        for _ in 0..self.random.below(5) {
            pattern.push_str(self.random.pick(&[
                "a", "b", "c", "A", "*", "*", "?", "é", "5", "[a-c]", "[^a]", "[]]", "[^]a]", "[*]", "[a-]", "[-a]", "[c-a]", "[", "]",
                "[?]", "[0-9]", "[a-b-c]", "[A-Z]", "[^A-z]", "^", "!", "\\", "[[]",
            ]));
        }
        format!("'{pattern}'")
    }

    fn regexp_pattern(&mut self) -> String {
        let mut pattern = String::new();
        for _ in 0..self.random.below(5) {
            pattern.push_str(self.random.pick(&[
                "a", "b", "c", "A", ".", ".*", "^", "$", "[a-c]", "[^a]", "\\d", "\\w", "\\s", "\\b", "(?i)", "(ab)+", "a|b", "5", "\\.",
                "k", "(?i:K)", "é", "\\p{L}", "(", "[", "\\W", "a{2}", "\\A", "\\z",
            ]));
        }
        format!("'{pattern}'")
    }

    /// A condition, with or without brackets around it.
    fn condition(&mut self, depth: usize) -> String {
        let condition = self.bare_condition(depth);
        if self.random.chance(35) { format!("({condition})") } else { condition }
    }

    fn bare_condition(&mut self, depth: usize) -> String {
        let inner = depth.saturating_sub(1);
        match self.random.below(if depth == 0 { 14 } else { 24 }) {
            0..=3 => {
                let op = self.random.pick(&["=", "=", "=", "==", "<>", "!=", "<", "<=", ">", ">="]);
                format!("{}{}{op}{}{}", self.value(inner), self.blank(), self.blank(), self.value(inner))
            }
            4 => {
                let is = self.random.pick(&["IS", "IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]);
                format!("{}{}{}", self.value(inner), self.keyword(is), self.literal_or_value(inner))
            }
            5 => {
                let escape = if self.random.chance(30) {
                    format!(" ESCAPE {}", self.random.pick(&["'!'", "'\\'", "'%'", "'_'", "'a'", "''", "'ab'", "NULL"]))
                } else {
                    String::new()
                };
                format!("{}{}{}{escape}", self.value(inner), self.maybe_not("LIKE"), self.like_pattern())
            }
            6 => format!("{}{}{}", self.value(inner), self.maybe_not("GLOB"), self.glob_pattern()),
            7 => format!("{}{}{}", self.value(inner), self.maybe_not("REGEXP"), self.regexp_pattern()),
            8..=9 => {
                let count = self.random.below(4);
                let list: Vec<String> =
                    (0..count).map(|_| if self.random.chance(80) { self.literal() } else { self.value(inner) }).collect();
                format!("{}{}({})", self.value(inner), self.maybe_not("IN"), list.join(", "))
            }
            10 => format!(
                "{}{}{}{}{}",
                self.value(inner),
                self.maybe_not("BETWEEN"),
                self.value(inner),
                self.keyword("AND"),
                self.value(inner)
            ),
            11 => format!("{}{}", self.value(inner), self.random.pick(&[" IS NULL", " IS NOT NULL", " ISNULL", " NOTNULL", " NOT NULL"])),
            12 => self.relation(),
            13 => self.number_guard(),
            14..=16 => format!("{}{}{}", self.condition(inner), self.keyword("AND"), self.condition(inner)),
            17..=19 => format!("{}{}{}", self.condition(inner), self.keyword("OR"), self.condition(inner)),
            20 => format!("NOT {}", self.condition(inner)),
            21 => format!(
                "({}) IS {}",
                self.condition(inner),
                self.random.pick(&["TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "NULL", "NOT NULL"])
            ),
            22 => format!("NOT COALESCE({}, {})", self.condition(inner), self.random.pick(&["FALSE", "0", "1", "TRUE"])),
            _ => self.value(inner),
        }
    }

    fn literal_or_value(&mut self, depth: usize) -> String {
        if self.random.chance(60) { self.literal() } else { self.value(depth) }
    }

    fn maybe_not(&mut self, word: &str) -> String {
        if self.random.chance(25) { self.keyword(&format!("NOT {word}")) } else { self.keyword(word) }
    }

    /// Two columns.
    fn relation(&mut self) -> String {
        let (a, b) = (self.column(), self.column());
        match self.random.below(11) {
            0 => format!("lower({a}) = lower({b})"),
            1 => format!("{a} = {b} COLLATE NOCASE"),
            2 => format!("instr(lower({a}), lower({b})) > 0"),
            3 => format!("instr(lower({a}), lower({b})) = 1"),
            4 => format!("substr(lower({a}), -length({b})) = lower({b})"),
            5 => format!("({b} = '' AND {a} IS NOT NULL OR substr(lower({a}), -length({b})) = lower({b}))"),
            6 => format!("CASE WHEN {b} = '' THEN {a} IS NOT NULL ELSE substr({a}, -length({b})) = {b} END"),
            7 => format!("substr({a}, 1, length({b})) = {b}"),
            8 => format!("substr(lower({a}), length({a}) - length({b}) + 1) = lower({b})"),
            9 => format!("substr({a}, length({a}) - length({b}) + 1) = {b}"),
            _ => format!("{a} = {b}"),
        }
    }

    /// Numbers in texts.
    fn number_guard(&mut self) -> String {
        let column = self.column();
        let op = self.random.pick(&["<", "<=", ">", ">=", "=", "<>"]);
        let number = self.number();
        match self.random.below(3) {
            0 => format!("{column} {op} {number} AND {column} <= 9e999"),
            _ => format!(
                "CASE WHEN {column} REGEXP '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$' THEN CAST({column} AS NUMERIC) END {op} {number}"
            ),
        }
    }

    /// A query, now and then with a piece missing or one too many.
    fn query(&mut self) -> String {
        let condition = self.condition(3);
        let query = format!("SELECT * FROM t WHERE {condition}");
        if !self.random.chance(8) {
            return query;
        }
        let places: Vec<usize> = query.char_indices().map(|(at, _)| at).skip(15).collect();
        let at = places[self.random.below(places.len())];
        let (before, after) = query.split_at(at);
        let junk = self.random.pick(&[
            " ", "(", ")", "'", "NOT ", "=", ",", "a", "1", "<", "\"", " AND ", "!", ";", "[", "IS ", ".", "--", "/*", "||", " x ", "::",
        ]);
        match self.random.below(2) {
            0 => format!("{before}{junk}{after}"),
            _ => format!("{before}{}", after.chars().skip(1).collect::<String>()),
        }
    }
}

const SCHEMAS: &[(&str, &[&str])] = &[
    ("CREATE TABLE t (a TEXT, b TEXT, n INTEGER)", &["a", "b", "n"]),
    ("CREATE TABLE t (a TEXT, b TEXT COLLATE NOCASE, c VARCHAR(20))", &["a", "b", "c"]),
    ("CREATE TABLE t (n INTEGER, r REAL, m NUMERIC)", &["n", "r", "m"]),
    ("CREATE TABLE t (u, v BLOB, a TEXT)", &["u", "v", "a"]),
    ("CREATE TABLE t (u COLLATE NOCASE, n INTEGER COLLATE NOCASE, a TEXT)", &["u", "n", "a"]),
    ("CREATE TABLE t (d DATETIME, b BOOLEAN, s STRING)", &["d", "b", "s"]),
];

/// What a run counted.
#[derive(Debug, Default)]
struct Count {
    read: usize,
    invalid: usize,
    unread: usize,
    compared: usize,
    matched: usize,
    outside: usize,
    wrong: Vec<String>,
}

fn check_query(engine: &Connection, storage: &Storage, columns: &[&str], query: &str, random: &mut Random, count: &mut Count) {
    let reading = read(query, storage, &SQLITE);
    insert(engine, columns, &json!({}));
    let empty = ask(engine, query);
    match &reading {
        Err(error) if error.code == Code::QueryInvalid => count.invalid += 1,
        Err(_) => count.unread += 1,
        Ok(_) => count.read += 1,
    }
    if let Said::Rejected(reason) = &empty {
        if reading.is_ok() {
            count.wrong.push(format!("{query}\n  is read, but rejected: {reason}"));
        }
        return;
    }
    let rows: Vec<Value> =
        (0..6).map(|_| Value::Object(columns.iter().map(|column| ((*column).to_owned(), value(random))).collect())).collect();
    for row in rows {
        let event = Event::new(row.as_object().unwrap().clone());
        let Some(record) = storage.record(&event, &[]) else { continue };
        insert(engine, columns, &row);
        let said = ask(engine, query);
        match (&reading, &said) {
            (Ok(reading), Said::Match(found)) => {
                if !reading.assumptions.iter().all(|assumption| assumption.holds(storage, &event, &record)) {
                    count.outside += 1;
                    continue;
                }
                count.compared += 1;
                count.matched += usize::from(*found);
                let own = eval::matches(&reading.expr, &record);
                if own != *found {
                    count.wrong.push(format!("{query}\n  on {row}\n  is {found}, read as {own}"));
                }
            }
            (Ok(_), Said::Failed(reason)) => count.wrong.push(format!("{query}\n  on {row}\n  fails: {reason}")),
            (_, _) => {}
        }
    }
}

#[test]
fn generated_queries_are_read_as_the_engine_means_them() {
    let queries: usize = std::env::var("VERISIGMA_SQL_QUERIES").ok().and_then(|count| count.parse().ok()).unwrap_or(600);
    let seed: u64 = std::env::var("VERISIGMA_SQL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut count = Count::default();
    for (number, (table, columns)) in SCHEMAS.iter().enumerate() {
        let storage = schema(table, &SQLITE).unwrap();
        let engine = engine();
        engine.execute(table, []).unwrap();
        let mut writer = Writer { random: Random(seed * 1000 + number as u64), columns };
        for _ in 0..queries {
            let query = writer.query();
            check_query(&engine, &storage, columns, &query, &mut writer.random, &mut count);
        }
    }
    let wrong = std::mem::take(&mut count.wrong);
    eprintln!("{count:?}");
    let first: Vec<String> = wrong.iter().take(20).cloned().collect();
    assert!(wrong.is_empty(), "{} wrong, such as:\n{}", wrong.len(), first.join("\n"));
    assert!(count.compared > queries && count.matched * 20 > count.compared);
}

/// Every keyword of SQLite's grammar.
const KEYWORDS: &str = "ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE CAST \
CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE \
DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR \
FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS \
ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER \
PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT \
ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER TRUE UNBOUNDED UNION UNIQUE UPDATE USING VACUUM \
VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT WITHIN FALSE";

#[test]
fn words_are_names_where_they_are_for_the_engine() {
    let engine = engine();
    let mut wrong = Vec::new();
    for word in KEYWORDS.split_whitespace() {
        engine.execute("DROP TABLE IF EXISTS t", []).unwrap();
        let table = format!("CREATE TABLE t (`{word}` TEXT)");
        engine.execute(&table, []).unwrap();
        let storage = schema(&table, &SQLITE).unwrap();
        for form in [
            "SELECT * FROM t WHERE ? = 'x'",
            "SELECT * FROM t WHERE 'x' = ?",
            "SELECT * FROM t WHERE (?) = 'x'",
            "SELECT * FROM t WHERE (? = 'x') AND ? = 'y'",
            "SELECT * FROM t WHERE t.? = 'x'",
            "SELECT * FROM t WHERE lower(?) = 'x'",
            "SELECT * FROM t WHERE NOT ? IN ('x', ?)",
            "SELECT * FROM t WHERE ? LIKE 'x%' OR ? IS NULL",
            "SELECT * FROM t WHERE CASE ? WHEN 'x' THEN ? ELSE ? END = 'x'",
            "SELECT ? FROM t WHERE 'x' = 'x'",
        ] {
            let query = form.split('?').collect::<Vec<_>>().join(word);
            let taken = !matches!(ask(&engine, &query), Said::Rejected(_));
            match (read(&query, &storage, &SQLITE), taken) {
                (Ok(_), true) => {}
                (Err(error), false) if error.code == Code::QueryInvalid || error.code == Code::QueryUnread => {}
                (Err(error), true) if error.code == Code::QueryUnread => {}
                (own, _) => {
                    wrong.push(format!("{query}: taken by the engine: {taken}; read: {:?}", own.map(|_| ()).map_err(|error| error.message)))
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What columns of every affinity hold is what [`Storage::record`] says.
#[test]
fn records_are_what_the_engine_stores() {
    let table = "CREATE TABLE t (a TEXT, n INTEGER, m NUMERIC, r REAL, u)";
    let columns = ["a", "n", "m", "r", "u"];
    let engine = engine();
    engine.execute(table, []).unwrap();
    let storage = schema(table, &SQLITE).unwrap();
    let more = [
        "5.",
        "1e18",
        "-9223372036854775808.0",
        "9223372036854775808",
        " 5 ",
        "-",
        ".",
        "e5",
        "5e",
        "0x10",
        "1_000",
        "-0",
        "5\n",
        "inf",
        "00001",
    ];
    let texts = TEXTS.iter().chain(&more).filter(|text| !text.contains('\0')).map(|text| json!(text));
    let numbers = NUMBERS.iter().chain(&["-0", "-0.0", "1e300", "4503599627370497.0", "9.2e18", "5e-324", "123456789.123456"]);
    let numbers = numbers.map(|number| serde_json::from_str(number).unwrap());
    let mut recorded = 0;
    for value in texts.chain(numbers).chain([json!(true), json!(false), Value::Null]) {
        for column in columns {
            let mut row = json!({});
            row[column] = value.clone();
            insert(&engine, &columns, &row);
            let Some(record) = storage.record(&Event::new(row.as_object().unwrap().clone()), &[]) else { continue };
            recorded += 1;
            let stored = engine.query_row(&format!("SELECT {column} FROM t"), [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
            let own = &record.root().get(column).cloned().unwrap_or_default();
            let same = match (&stored, own) {
                (rusqlite::types::Value::Null, Value::Null) => true,
                (rusqlite::types::Value::Text(stored), Value::String(own)) => stored == own,
                (rusqlite::types::Value::Integer(stored), Value::Number(own)) => stored.to_string() == own.as_str(),
                (rusqlite::types::Value::Real(stored), Value::Number(own)) => {
                    own.as_str().contains(['.', 'e', 'E']) && own.as_str().parse() == Ok(*stored)
                }
                (_, _) => false,
            };
            assert!(same, "{value} in {column}: {stored:?}, recorded as {own:?}");
        }
    }
    assert!(recorded > 400, "{recorded} records");
}

/// What a user is told of the evidence names the engine by its version.
#[test]
fn the_engine_is_the_one_that_the_target_names() {
    let target = verisigma::engine::target("sqlite").unwrap();
    assert_eq!(target.engine, Some(format!("SQLite {}", rusqlite::version())));
}
