//! The reader of SQL at the limits: long, deep and hostile texts, in bounded time and without overflow.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use verisigma::diag::Code;
use verisigma::ir::{Case, Expr};
use verisigma::lang::sql::{SQLITE, read, schema};
use verisigma::storage::{Affinity, ColumnType, Columns, Names, Storage};

const TABLE: &str = "create table if not exists main.[my t] (
    `a b` varchar(20) not null collate nocase, n INTEGER unique, u, check (n > 0));";

fn open() -> Storage {
    let columns = Columns::open(ColumnType::scalar(Affinity::Text, Case::Sensitive));
    Storage { table: None, names: Names::IgnoreCase, columns, raw: None, networks: None }
}

/// The code of the error, or `None` for a text that is read.
fn code(condition: &str) -> Option<Code> {
    read(&format!("SELECT * FROM t WHERE {condition}"), &open(), &SQLITE).err().map(|error| error.code)
}

/// A chain as a balanced tree of brackets.
fn balanced(terms: &[String], operator: &str) -> String {
    match terms {
        [] => String::new(),
        [only] => only.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({}{operator}{})", balanced(left, operator), balanced(right, operator))
        }
    }
}

#[test]
fn balanced_chains_of_any_length_are_read() {
    let terms: Vec<String> = (0..20_000).map(|number| format!("f LIKE '%{number}%' ESCAPE '\\'")).collect();
    let reading = read(&format!("SELECT * FROM t WHERE {}", balanced(&terms, " OR ")), &open(), &SQLITE).unwrap();
    assert!(matches!(reading.expr, Expr::Or(children) if children.len() == 20_000));
}

#[test]
fn long_lists_are_read() {
    let list: Vec<String> = (0..50_000).map(|number| format!("'{number}'")).collect();
    let reading = read(&format!("SELECT * FROM t WHERE f NOT IN ({})", list.join(", ")), &open(), &SQLITE).unwrap();
    assert!(matches!(reading.expr, Expr::And(children) if children.len() == 2));
}

#[test]
fn the_engines_limits_are_limits() {
    let chain = |length: usize| vec!["f = 'x'"; length].join(" OR ");
    assert_eq!(code(&chain(999)), None);
    assert_eq!(code(&chain(1_000)), Some(Code::QueryInvalid));
    let pattern = |length: usize| format!("f LIKE '{}'", "x".repeat(length));
    assert_eq!(code(&pattern(50_000)), None);
    assert_eq!(code(&pattern(50_001)), Some(Code::QueryInvalid));
    assert_eq!(code(&format!("{}f = 'x'{}", "(".repeat(3_000), ")".repeat(3_000))), Some(Code::QueryInvalid));
}

#[test]
fn deep_texts_are_refused_in_time() {
    for piece in [
        "(",
        "NOT ",
        "-",
        "~",
        "NOT (",
        "f = (",
        "f IN (",
        "CASE WHEN ",
        "lower(",
        "COALESCE(",
        "f LIKE ",
        "f || ",
        "f = ",
        "f AND (",
        "1 + ",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        assert!(code(&format!("{text} f")).is_some(), "{piece}");
    }
    assert_eq!(code(&"(".repeat(1_000_000)), Some(Code::QueryInvalid));
    assert_eq!(code(&"'".repeat(1_000_001)), Some(Code::QueryInvalid));
    let nested = |piece: &str, depth: usize| format!("{}f = 'x'{}", piece.repeat(depth), ")".repeat(depth));
    for depth in [10, 100, 500, 2_000] {
        for piece in ["(", "NOT (", "(f = 'y') = (", "COALESCE(f = 'y', "] {
            let _ = code(&nested(piece, depth));
        }
    }
    assert_eq!(code(&nested("(", 100)), None);
}

/// Equality of truth values needs both sides of both operands at every level.
#[test]
fn conditions_whose_meaning_is_huge_are_refused_in_time() {
    let nested = |depth: usize| format!("{}(f = 'x'){}", "((g = 'y') = ".repeat(depth), ")".repeat(depth));
    assert_eq!(code(&nested(3)), None);
    assert_eq!(code(&nested(40)), Some(Code::QueryUnread));
    let cases = format!("{}f{} = 'x'", "CASE WHEN g = 'y' THEN h ELSE ".repeat(100), " END".repeat(100));
    assert_eq!(code(&cases), None);
}

#[test]
fn places_are_in_the_text() {
    let error = read("SELECT * FROM t\nWHERE é = 'x' AND\n  nosuch(f)", &open(), &SQLITE).unwrap_err();
    assert_eq!((error.code, error.place.line, error.place.column, error.place.end_column), (Code::QueryInvalid, 3, 3, 12));
    let reading = read("SELECT * FROM t WHERE é = 'x' AND f = 'y'", &open(), &SQLITE).unwrap();
    let mut places = Vec::new();
    reading.expr.for_each_test(&mut |test| places.push((test.place.column, test.place.end_column)));
    assert_eq!(places, [(23, 30), (35, 42)]);
}

#[test]
fn tables_are_storages() {
    let storage = schema(TABLE, &SQLITE).unwrap();
    assert_eq!(storage.table.as_deref(), Some("my t"));
    assert_eq!(storage.column("A B"), Some(("a b".to_owned(), ColumnType::scalar(Affinity::Text, Case::Ascii))));
    assert_eq!(storage.column("u"), Some(("u".to_owned(), ColumnType::scalar(Affinity::Untyped, Case::Sensitive))));
    for text in [
        "",
        "CREATE TABLE t",
        "CREATE TABLE t ()",
        "CREATE TABLE t (a, A)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a TEXT DEFAULT 'x')",
        "CREATE TABLE t (a TEXT COLLATE RTRIM)",
        "CREATE TABLE t (a TEXT COLLATE nosuch)",
        "CREATE TABLE t (a TEXT) STRICT",
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW t AS SELECT 1",
    ] {
        assert_eq!(schema(text, &SQLITE).err().map(|error| error.code), Some(Code::InvalidSchema), "{text}");
    }
}
