//! Written queries against the real engine: random formulas on random records of random schemas, run by
//! SQLite, must give the answers of `ir::eval` wherever the assumptions that come with a query hold.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};
use serde_json::Value as Json;
use std::sync::Arc;
use verisigma::backend::{Settings, Target, builtin};
use verisigma::event::Event;
use verisigma::ir::eval::matches;
use verisigma::ir::print::print;
use verisigma::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Relation, Subject, Value};
use verisigma::source::Place;
use verisigma::storage::{Affinity, Assumption, Column, ColumnType, Columns, Name, Names, Storage};
use verisigma::text::pattern::Part;
use verisigma::text::time;

/// A small deterministic generator (splitmix64).
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
        (self.next() % bound as u64) as usize
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn many<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..=self.below(most)).map(|_| make(self)).collect()
    }
}

const NAMES: &[&str] = &["a", "Image", "order", "x.y", "back`tick"];
const CHARS: &[char] = &[
    'a', 'A', 'k', 'K', 's', 'S', 'e', '1', '5', '0', '.', '%', '_', '*', '?', '[', ']', '^', '-', '\\', '\'', '"', '!', '\n', ' ', 'é',
    'É', '\u{212a}', 'ſ', '😀', '\0',
];
const TEXTS: &[&str] = &[
    "",
    "5",
    "05",
    "5.0",
    "1e3",
    "1000",
    " 5",
    "5 ",
    "-5",
    "+5",
    ".5",
    "0.5",
    "5.",
    "0x5",
    "true",
    "false",
    "1",
    "0",
    "abc",
    "ABC",
    "10.1.2.3",
    "010.1.2.3",
    "172.20.1.1",
    "fe80::1",
    "fe8::1",
    "::1",
    "0:0:0:0:0:0:0:1",
    "FC00::1",
    "::ffff:10.0.0.1",
    "9007199254740993",
    "9223372036854775808",
    "1e999",
    "inf",
    "nan",
    "kelvin",
    "\u{212a}elvin",
    "2024-01-01",
    "2021-01-03T23:30:00-01:00",
    "2020-12-31 22:05",
    "2024-02-30",
    "now",
];
const NUMBERS: &[&str] = &[
    "5",
    "5.0",
    "-0",
    "0",
    "1",
    "1e3",
    "0.5",
    "-5",
    "1e20",
    "9007199254740993",
    "9223372036854775808",
    "0.1",
    "10",
    "1.5e-7",
    "123456789012345678901234567890",
];
const REGEXES: &[&str] = &[
    "^5",
    r"(?i)k",
    r"(?i)ab?c\z",
    "[^a]",
    r"\.0$",
    "a.c|5",
    r"(?s).",
    r"(?-u:\b)a",
    r"(?m)^a$",
    r"it's|'",
    "^$",
    r"(?i)[a-e]{2}",
    r"\\|\[",
    "(?i)é",
];
const NETS: &[&str] =
    &["10.0.0.0/8", "172.16.0.0/12", "0.0.0.0/0", "10.1.2.3/32", "fe80::/10", "fc00::/7", "::1/128", "::/0", "::ffff:0:0/96", "fe80::/64"];
const PARTS: &[time::Part] =
    &[time::Part::Minute, time::Part::Hour, time::Part::Day, time::Part::Week, time::Part::Month, time::Part::Year];
const COMPARISONS: &[Comparison] = &[Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte, Comparison::Eq];

fn text(random: &mut Random) -> String {
    if random.below(2) == 0 { random.pick(TEXTS).to_owned() } else { (0..random.below(5)).map(|_| random.pick(CHARS)).collect() }
}

fn pattern(random: &mut Random) -> Pattern {
    let parts = (0..random.below(4)).map(|_| match random.below(4) {
        0 => Part::Any,
        1 => Part::One,
        _ => Part::Text(text(random)),
    });
    let parts: Vec<Part> = parts.collect();
    match random.below(4) {
        0 => Pattern::exact(&text(random)),
        1 => Pattern::new([Part::Any, Part::Text(text(random)), Part::Any]),
        _ => Pattern::new(parts),
    }
}

fn predicate(random: &mut Random) -> Predicate {
    let case = random.pick(&[Case::Fold, Case::Fold, Case::Sensitive]);
    let op = random.pick(&[Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte, Comparison::Eq]);
    match random.below(13) {
        0 => Predicate::Exists,
        1 => Predicate::Regex(Regex::new(&regex_syntax::parse(random.pick(REGEXES)).unwrap()).unwrap()),
        2 => Predicate::Within { any: random.many(3, |random| random.pick(NETS).parse().unwrap()) },
        3 => Predicate::Compare { op, number: Decimal::parse(random.pick(NUMBERS)).unwrap() },
        4 => Predicate::Order { op, text: text(random), case: random.pick(&[Case::Sensitive, Case::Ascii]) },
        5 => {
            let how = random.pick(&[Relation::Equal, Relation::Prefix, Relation::Suffix, Relation::Infix]);
            Predicate::Relates { other: random.pick(NAMES).into(), how, case }
        }
        6 => Predicate::TimePart {
            part: random.pick(PARTS),
            op,
            number: Decimal::parse(random.pick(&["1", "5", "22", "53", "2020.5"])).unwrap(),
        },
        _ => Predicate::Like { any: random.many(4, |random| Value { pattern: pattern(random), place: Place::NOWHERE }), case },
    }
}

fn formula(random: &mut Random, depth: usize) -> Expr {
    match if depth == 0 { 9 } else { random.below(8) } {
        0 | 1 => Expr::and(random.many(3, |random| formula(random, depth - 1))),
        2 | 3 => Expr::or(random.many(3, |random| formula(random, depth - 1))),
        4 => Expr::not(formula(random, depth - 1)),
        _ => {
            let subject = if random.below(15) == 0 { Subject::AnyLeaf } else { Subject::field(random.pick(NAMES)) };
            let predicate = predicate(random);
            let like = matches!(predicate, Predicate::Like { .. });
            let subject = if like { subject } else { Subject::field(random.pick(NAMES)) };
            Expr::test(subject, predicate, Place::NOWHERE)
        }
    }
}

fn schema(random: &mut Random) -> Storage {
    const TYPES: &[Affinity] = &[Affinity::Text, Affinity::Text, Affinity::Integer, Affinity::Numeric, Affinity::Real, Affinity::Untyped];
    let columns = NAMES.iter().map(|name| {
        let kind = ColumnType::scalar(random.pick(TYPES), random.pick(&[Case::Sensitive, Case::Sensitive, Case::Ascii]));
        Column::new(name, kind)
    });
    Storage {
        table: Some("events".to_owned()),
        names: Names::IgnoreCase,
        columns: Columns::listed(columns.collect()),
        raw: None,
        networks: None,
    }
}

fn create(storage: &Storage) -> String {
    let columns = &storage.columns.listed;
    let declared = |column: &Column| {
        let kind = match column.kind.affinity().unwrap() {
            Affinity::Text => "TEXT",
            Affinity::Integer => "INTEGER",
            Affinity::Numeric => "NUMERIC",
            Affinity::Real => "REAL",
            Affinity::Untyped => "",
        };
        let collation = if column.kind.compares == Case::Ascii { " COLLATE NOCASE" } else { "" };
        let name: String = column.name.chars().flat_map(|c| if c == '`' { vec!['`', '`'] } else { vec![c] }).collect();
        format!("`{name}` {kind}{collation}")
    };
    format!("CREATE TABLE events (row_number INTEGER, {})", columns.iter().map(declared).collect::<Vec<_>>().join(", "))
}

fn event(random: &mut Random) -> Event {
    let mut event = Event::default();
    for name in NAMES {
        let value = match random.below(8) {
            0 => continue,
            1 => Json::Null,
            2 => Json::Bool(random.below(2) == 0),
            3 | 4 => serde_json::from_str(random.pick(NUMBERS)).unwrap(),
            _ => Json::String(text(random)),
        };
        event = event.with(name, value);
    }
    event
}

/// What a host binds for a JSON scalar.
fn bound(value: &Json) -> Sql {
    match value {
        Json::Bool(true) => Sql::Integer(1),
        Json::Bool(false) => Sql::Integer(0),
        Json::Number(number) => match number.as_str().parse::<i64>() {
            Ok(integer) => Sql::Integer(integer),
            Err(_) => Sql::Real(number.as_str().parse().unwrap()),
        },
        Json::String(text) => Sql::Text(text.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => Sql::Null,
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

fn target() -> Arc<Target> {
    builtin("sqlite").unwrap().unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// A filled table: its rows with the events and records that they hold.
struct Table {
    storage: Storage,
    connection: Connection,
    rows: Vec<(Event, Event)>,
}

impl Table {
    fn new(storage: Storage, events: Vec<Event>) -> Self {
        let connection = database();
        connection.execute_batch(&create(&storage)).unwrap();
        let marks = vec!["?"; NAMES.len() + 1].join(", ");
        let rows = events.into_iter().filter_map(|event| storage.record(&event, NAMES).map(|record| (event, record)));
        let rows: Vec<_> = rows.collect();
        for (number, (event, _)) in rows.iter().enumerate() {
            let values = NAMES.iter().map(|name| event.root().get(*name).map_or(Sql::Null, bound));
            let row = std::iter::once(Sql::Integer(number as i64)).chain(values);
            connection.execute(&format!("INSERT INTO events VALUES ({marks})"), rusqlite::params_from_iter(row)).unwrap();
        }
        Self { storage, connection, rows }
    }

    /// The numbers of the rows that a statement returns.
    fn found(&self, statement: &str) -> Vec<bool> {
        let mut prepared = self.connection.prepare(statement).unwrap_or_else(|error| panic!("{error}: {statement}"));
        let numbers = prepared.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        let numbers: Vec<i64> = numbers.map(|number| number.unwrap_or_else(|error| panic!("{error}: {statement}"))).collect();
        (0..self.rows.len()).map(|row| numbers.contains(&(row as i64))).collect()
    }
}

fn within(assumptions: &[Assumption], storage: &Storage, row: &(Event, Event)) -> bool {
    assumptions.iter().all(|assumption| assumption.holds(storage, &row.0, &row.1))
}

#[derive(Debug, Default)]
struct Tally {
    refused: usize,
    within: usize,
    outside: usize,
    matched: usize,
}

fn check(target: &Target, table: &Table, expr: &Expr, settings: &Settings, tally: &mut Tally) {
    let storage = &table.storage;
    let written = match target.write(expr, storage, settings, &serde_json::Map::new()) {
        Ok(written) => written,
        Err(error) => {
            assert!(error.code.name().starts_with("refused_"), "{error:?}");
            tally.refused += 1;
            return;
        }
    };
    let (bound, _) = storage.bind(expr).unwrap();
    let legal = storage.keyed(&written.legal);
    let found = table.found(&written.text);
    for (row, found) in table.rows.iter().zip(found) {
        if !within(&written.assumptions, storage, row) {
            tally.outside += 1;
            continue;
        }
        tally.within += 1;
        let meant = matches(&bound, &row.1);
        tally.matched += usize::from(meant);
        let shown = || format!("{}\n{}\nrecord {:?}\nstorage {:?}", print(&bound), written.text, row.1, storage.columns);
        assert_eq!(matches(&legal, &row.1), meant, "legalize: {}", shown());
        assert_eq!(found, meant, "emit: {}", shown());
    }
}

#[test]
fn sqlite_answers_as_the_formula() {
    let target = target();
    let mut random = Random(0x5175_1974);
    let mut tally = Tally::default();
    let rounds: usize = std::env::var("VERISIGMA_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60);
    for _ in 0..rounds {
        let storage = schema(&mut random);
        let events = (0..40).map(|_| event(&mut random)).collect();
        let table = Table::new(storage, events);
        for _ in 0..40 {
            let denied = if random.below(4) == 0 { vec![random.pick(Name::ALL)] } else { Vec::new() };
            let settings = Settings { denied, ..Settings::default() };
            let expr = formula(&mut random, 2);
            check(&target, &table, &expr, &settings, &mut tally);
        }
    }
    assert!(tally.within > rounds * 500 && tally.matched > rounds * 100, "{tally:?}");
}

/// A value cannot break out of its literal, whatever it is: the row that holds it is found, and no other.
#[test]
fn every_text_is_found_by_itself() {
    let target = target();
    let mut random = Random(7);
    let texts: Vec<String> = (0..150).map(|_| (0..=random.below(8)).map(|_| random.pick(CHARS)).collect()).collect();
    let mut storage = schema(&mut random);
    let text = ColumnType::scalar(Affinity::Text, Case::Sensitive);
    storage.columns = Columns::listed(NAMES.iter().map(|name| Column::new(name, text)).collect());
    let events = texts.iter().map(|text| Event::default().with("a", Json::String(text.clone()))).collect();
    let table = Table::new(storage, events);
    let mut tally = Tally::default();
    for text in &texts {
        for case in [Case::Sensitive, Case::Fold] {
            let part = Part::Text(text.clone());
            for parts in
                [vec![part.clone()], vec![Part::Any, part.clone(), Part::Any], vec![part.clone(), Part::Any], vec![Part::Any, part]]
            {
                let expr = Expr::test(Subject::field("a"), Predicate::like(Pattern::new(parts), case), Place::NOWHERE);
                check(&target, &table, &expr, &Settings::default(), &mut tally);
            }
        }
    }
    assert!(tally.matched > 500, "{tally:?}");
}

/// Days around new year and around the end of February of years of every kind, with clocks and zones.
fn times() -> Vec<String> {
    let years = (1995..2030).chain([0, 1, 99, 100, 400, 1582, 1752, 1899, 1900, 1969, 1970, 2000, 9998, 9999]);
    let days = ["01-01", "01-02", "01-03", "01-04", "01-05", "02-28", "03-01", "06-15", "12-28", "12-29", "12-30", "12-31"];
    let clocks = ["", "T00:00Z", " 23:59:59.999", "T22:05:00+14:59", "T00:30-00:45"];
    let texts = years.flat_map(|year| days.iter().enumerate().map(move |(at, day)| format!("{year:04}-{day}{}", clocks[at % 5])));
    texts.filter(|text| time::parse(text).is_some()).chain(["", "x", "Tuesday"].map(str::to_owned)).collect()
}

/// Every part of a time by every comparison, and its negation, on every type of column that may hold times.
#[test]
fn parts_of_times() {
    let target = target();
    let events: Vec<Event> = times().into_iter().map(|text| Event::default().with("a", Json::String(text))).collect();
    for affinity in [Affinity::Text, Affinity::Numeric, Affinity::Untyped] {
        for compares in [Case::Sensitive, Case::Ascii] {
            let mut storage = schema(&mut Random(1));
            storage.columns = Columns::listed(NAMES.iter().map(|name| Column::new(name, ColumnType::scalar(affinity, compares))).collect());
            let table = Table::new(storage, events.clone());
            let mut tally = Tally::default();
            for (part, op) in PARTS.iter().flat_map(|part| COMPARISONS.iter().map(move |op| (*part, *op))) {
                for number in ["-1", "0", "1", "4", "5", "22.5", "30", "52", "53", "59", "1999", "9999"] {
                    let predicate = Predicate::TimePart { part, op, number: Decimal::parse(number).unwrap() };
                    let expr = Expr::test(Subject::field("a"), predicate, Place::NOWHERE);
                    check(&target, &table, &expr, &Settings::default(), &mut tally);
                    check(&target, &table, &Expr::not(expr), &Settings::default(), &mut tally);
                }
            }
            assert!(tally.refused == 0 && tally.outside == 0 && tally.matched > 10_000, "{tally:?}");
        }
    }
}
