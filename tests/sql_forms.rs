//! Forms that queries use, and the formulas that they are read as.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use verisigma::ir::print::print;
use verisigma::lang::sql::{SQLITE, read, schema};

const TABLE: &str = "CREATE TABLE t (f TEXT, g TEXT, c TEXT COLLATE NOCASE, n INTEGER, r REAL, u)";

/// Stands for a regular expression that says "a number".
const NUMBER: &str = "'^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$'";

/// The formula on one line, `~` for each level, and the names of what is assumed.
fn meaning(condition: &str) -> (String, String) {
    let storage = schema(TABLE, &SQLITE).unwrap();
    let condition = condition.split("{NUMBER}").collect::<Vec<_>>().join(NUMBER);
    let reading = read(&format!("SELECT * FROM t WHERE {condition}"), &storage, &SQLITE).unwrap();
    let line = |line: &str| format!("{}{}", "~".repeat((line.len() - line.trim_start().len()) / 2), line.trim());
    let formula: Vec<String> = print(&reading.expr).lines().map(line).collect();
    let assumed: BTreeSet<&str> = reading.assumptions.iter().map(|assumption| assumption.name.name()).collect();
    (formula.join(" "), assumed.into_iter().collect::<Vec<_>>().join(" "))
}

#[test]
fn forms_are_read_as_simply_as_they_can_be_said() {
    for (condition, formula, assumed) in [
        ("f = 'x'", "f like cased 'x'", ""),
        ("f = 'x' COLLATE NOCASE", "f like (ASCII case) 'x'", ""),
        ("f COLLATE NOCASE IN ('a', 'b')", "f like (ASCII case) 'a' | 'b'", ""),
        ("f IN ('a', 'b')", "f like cased 'a' | 'b'", ""),
        ("c = 'x'", "c like (ASCII case) 'x'", ""),
        ("f LIKE 'a!_%' ESCAPE '!'", "f like (ASCII case) 'a_*'", ""),
        ("f GLOB 'a[*]?*'", r"f like cased 'a\*?*'", "no-nul"),
        ("f = 5", "f like cased '5'", ""),
        ("f IN (1, 2)", "f like cased '1' | '2'", ""),
        ("n = 5", "n = 5", ""),
        ("n IN (1, 2)", "or ~n = 1 ~n = 2", ""),
        ("u = 5", "and ~not ~~u is text ~u = 5", ""),
        ("u = '5'", "and ~u is text ~u like cased '5'", ""),
        ("f IS NULL", "not ~f exists", ""),
        ("f IS NOT NULL", "f exists", ""),
        ("(f = 'x') IS NOT TRUE", "not ~f like cased 'x'", ""),
        ("NOT COALESCE(f = 'x', FALSE)", "not ~f like cased 'x'", ""),
        ("NOT COALESCE((f = 'x' AND g = 'y'), 0)", "not ~and ~~f like cased 'x' ~~g like cased 'y'", ""),
        ("f <> 'x'", "and ~f exists ~not ~~f like cased 'x'", ""),
        ("f NOT IN ('x', 'y')", "and ~f exists ~not ~~f like cased 'x' | 'y'", ""),
        ("f = g COLLATE NOCASE", "f equals (ASCII case) field g", "no-nul"),
        ("lower(f) = lower(g)", "f equals (ASCII case) field g", ""),
        ("instr(lower(f), lower(g)) > 0", "f contains (ASCII case) field g", ""),
        ("instr(lower(f), lower(g)) = 1", "f starts with (ASCII case) field g", ""),
        (
            "substr(lower(f), -length(g)) = lower(g)",
            "and ~f ends with (ASCII case) field g ~or ~~not ~~~g like cased '' ~~f like cased ''",
            "no-nul",
        ),
        ("(g = '' AND f IS NOT NULL) OR substr(lower(f), -length(g)) = lower(g)", "f ends with (ASCII case) field g", "no-nul"),
        (
            "CASE WHEN g = '' THEN f IS NOT NULL ELSE substr(lower(f), -length(g)) = lower(g) END",
            "f ends with (ASCII case) field g",
            "no-nul",
        ),
        ("n > 5", "or ~n > 5 ~n is text", ""),
        ("n > 5 AND n <= 9e999", "n > 5", ""),
        ("r > 5 AND r <= 9e999", "r > 5", ""),
        ("u > 5 AND u <= 9e999", "and ~u > 5 ~or ~~u is an integer ~~u is a real number", ""),
        ("n <= 5", "n <= 5", ""),
        ("CASE WHEN f REGEXP {NUMBER} THEN CAST(f AS NUMERIC) END > 5", "f > 5", "exact-numbers regexp-function"),
        ("(CASE WHEN f REGEXP {NUMBER} THEN CAST(f AS NUMERIC) END > 5) IS NOT TRUE", "not ~f > 5", "exact-numbers regexp-function"),
        ("lower(f) = 'abc'", "f like (ASCII case) 'abc'", ""),
        ("lower(f) = 'Abc'", "false", ""),
        ("instr(lower(f), 'b') > 0", "f like (ASCII case) '*b*'", ""),
        ("substr(lower(f), 1, 3) = 'abc'", "f like (ASCII case) 'abc*'", ""),
        ("substr(CAST(lower(f) AS BLOB), -3) = CAST('abc' AS BLOB)", "f like (ASCII case) '*abc'", ""),
        ("typeof(u) = 'text'", "u is text", ""),
    ] {
        assert_eq!(meaning(condition), (formula.to_owned(), assumed.to_owned()), "{condition}");
    }
}

#[test]
fn parts_of_times_are_read_by_what_they_do() {
    for (condition, formula) in [
        ("CAST(strftime('%H', f) AS INTEGER) >= 22", "f hour >= 22"),
        ("22 <= strftime('%H', f) + 0", "f hour >= 22"),
        ("CAST(strftime('%M', u) AS NUMERIC) = '5'", "u minute = 5"),
        ("strftime('%H', f) = '07'", "f hour = 7"),
        ("strftime('%H', f) = '7'", "false"),
        ("strftime('%Y', f) < '2024'", "f year < 2024"),
        ("CAST(strftime('%d', CAST(f AS TEXT), '+0 days') AS INTEGER) > 15.5", "f day > 15.5"),
        ("strftime('%m', date(f)) - 0 IN (1, 2)", "or ~f month = 1 ~f month = 2"),
        ("(strftime('%j', date(f, '-3 days', 'weekday 4')) - 1) / 7 + 1 = 53", "f week = 53"),
        ("1 < 1 + (strftime('%j', c, '-3 days', 'weekday 4') - 1) / 7", "c week > 1"),
        ("(strftime('%j', f, '-3 days', 'weekday 4') + 6) / 7 BETWEEN 1 AND 2", "and ~f week >= 1 ~f week <= 2"),
        ("(CAST(strftime('%H', f) AS INTEGER) = 5) IS NOT TRUE", "not ~f hour = 5"),
        ("CAST(strftime('%H', f) AS INTEGER) <> 5", "and ~f minute >= 0 ~not ~~f hour = 5"),
        ("strftime('%H', f) > 22", "f minute >= 0"),
        ("CAST(strftime('%H', f) AS INTEGER) < 9e999", "f minute >= 0"),
        ("date(f) IS NOT NULL", "f minute >= 0"),
    ] {
        assert_eq!(meaning(condition), (formula.to_owned(), "iso-times".to_owned()), "{condition}");
    }
}

#[test]
fn what_is_near_a_part_of_a_time_is_left_unread() {
    let storage = schema(TABLE, &SQLITE).unwrap();
    for condition in [
        "strftime('%V', f) = '01'",
        "CAST(strftime('%W', f) AS INTEGER) = 1",
        "CAST(strftime('%j', f) AS INTEGER) = 1",
        "CAST(strftime('%H', f, 'localtime') AS INTEGER) = 1",
        "CAST(strftime('%H', f, 'unixepoch') AS INTEGER) = 1",
        "CAST(strftime('%H', f, '+1 day') AS INTEGER) = 1",
        "CAST(strftime('%H', date(f)) AS INTEGER) = 0",
        "CAST(strftime('%H', 'now') AS INTEGER) = 1",
        "CAST(strftime('%H') AS INTEGER) = 1",
        "CAST(strftime(g, f) AS INTEGER) = 1",
        "strftime('%H', f) > '7'",
        "strftime('%H', f) = g",
        "strftime('%H', f) + 1 = 8",
        "CAST(strftime('%H', f) AS REAL) = 8",
        "strftime('%H:%M', f) > '22:30'",
        "(strftime('%j', f, '-3 days', 'weekday 4') - 1) / 7 = 1",
        "(strftime('%j', f, '-3 days', 'weekday 5') - 1) / 7 + 1 = 1",
        "(strftime('%j', f, 'weekday 0', '-3 days') - 1) / 7 + 1 = 1",
        "strftime('%j', f, '-3 days', 'weekday 4') / 7 + 1 = 1",
        "(strftime('%j', f, '-3 days', 'weekday 4') - 1) / 7.0 + 1 = 1",
        "(strftime('%j', f, '-3 days', 'weekday 4') - 1) / 0 = 1",
        "date(f) = '2024-01-01'",
        "time(f) > '22:00:00'",
        "strftime('%H', lower(f)) = '07'",
    ] {
        let error = read(&format!("SELECT * FROM t WHERE {condition}"), &storage, &SQLITE).unwrap_err();
        assert_eq!(error.code.name(), "query_unread", "{condition}: {error:?}");
    }
}
