//! The reader of whole queries against SQLite itself, in process.
//!
//! Wherever the reader takes a query, its rows are the engine's, in any order.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::lang::sql::relation::{Value, read};
use verisigma::lang::sql::{SQLITE, schema};
use verisigma::source::Source;

const TABLE: &str = "CREATE TABLE t (id INTEGER, g TEXT, ts TEXT, v, n REAL, c TEXT COLLATE NOCASE)";

type Cells = Vec<serde_json::Value>;

const COLUMNS: [&str; 6] = ["id", "g", "ts", "v", "n", "c"];

/// Rows that exercise ties, NULL keys, exact boundaries and texts that are no times.
fn rows(random: &mut u64, count: usize) -> Vec<Cells> {
    let mut next = |bound: usize| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*random >> 33).unwrap() % bound
    };
    let null = serde_json::Value::Null;
    (0..count)
        .map(|id| {
            vec![
                id.into(),
                ["a", "b", "A", ""].get(next(5)).map_or(null.clone(), |text| (*text).into()),
                match next(8) {
                    0 => null.clone(),
                    1 => "yesterday".into(),
                    2 => "2024-01-01T00:00:30Z".into(),
                    minute => format!("2024-01-01 00:{:02}:{:02}", minute % 4, 15 * next(4)).into(),
                },
                match next(6) {
                    0 => null.clone(),
                    1 => "x".into(),
                    2 => "7".into(),
                    number => number.into(),
                },
                if next(6) == 0 { null.clone() } else { serde_json::json!(next(9) as f64 / 4.0) },
                ["x", "X", "y", "z%"].get(next(5)).map_or(null.clone(), |text| (*text).into()),
            ]
        })
        .collect()
}

fn engine(rows: &[Cells]) -> Connection {
    let engine = Connection::open_in_memory().unwrap();
    engine.execute(TABLE, []).unwrap();
    for row in rows {
        let cell = |value: &serde_json::Value| match value {
            serde_json::Value::Number(number) if number.is_i64() => rusqlite::types::Value::Integer(number.as_i64().unwrap()),
            serde_json::Value::Number(number) => rusqlite::types::Value::Real(number.as_f64().unwrap()),
            serde_json::Value::String(text) => rusqlite::types::Value::Text(text.clone()),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
                rusqlite::types::Value::Null
            }
        };
        engine.execute("INSERT INTO t VALUES (?,?,?,?,?,?)", rusqlite::params_from_iter(row.iter().map(cell))).unwrap();
    }
    engine
}

fn theirs(engine: &Connection, query: &str) -> Result<Vec<Vec<Value>>, rusqlite::Error> {
    let mut statement = engine.prepare(query)?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..width)
            .map(|index| {
                Ok(match row.get_ref(index)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(integer) => Value::Integer(integer),
                    ValueRef::Real(real) => Value::Real(real),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                })
            })
            .collect()
    })?;
    rows.collect()
}

fn same(mut a: Vec<Vec<Value>>, mut b: Vec<Vec<Value>>) -> bool {
    let key = |row: &Vec<Value>| format!("{row:?}");
    a.sort_by_key(key);
    b.sort_by_key(key);
    a == b
}

/// Whether the reader gave an answer; panics where it is another than the engine's.
fn agrees(query: &str, rows: &[Cells], engine: &Connection) -> bool {
    let storage = schema(TABLE, &SQLITE).unwrap();
    let theirs = theirs(engine, query);
    let relation = match read(&Source::new("q", query), &storage, &SQLITE) {
        Ok(relation) => relation,
        Err(error) => {
            assert!(error.code == Code::QueryUnread || theirs.is_err(), "{query}: {error:?}");
            return false;
        }
    };
    let events: Vec<Event> = rows
        .iter()
        .map(|row| {
            let event = Event::new(COLUMNS.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect());
            storage.record(&event, &COLUMNS).unwrap()
        })
        .collect();
    let Ok(ours) = relation.run(&events.iter().map(Event::root).collect::<Vec<_>>()) else { return false };
    let ours: Vec<Vec<Value>> = ours.into_iter().map(|row| row.into_iter().map(|cell| cell.1).collect()).collect();
    let theirs = theirs.unwrap_or_else(|error| panic!("{query}: taken, but {error}"));
    assert!(same(ours.clone(), theirs.clone()), "{query}\nours   {ours:?}\ntheirs {theirs:?}\nrows {rows:?}");
    true
}

const QUERIES: &[&str] = &[
    // The formulations of correlations.
    "SELECT id FROM (SELECT *, COUNT(*) OVER (PARTITION BY g ORDER BY CAST(strftime('%s', ts) AS INTEGER) RANGE BETWEEN 60 PRECEDING AND CURRENT ROW) AS k FROM t WHERE g IS NOT NULL) WHERE k >= 3",
    "WITH h AS (SELECT *, julianday(ts) * 86400.0 AS s FROM t WHERE g IS NOT NULL AND julianday(ts) IS NOT NULL) SELECT id FROM (SELECT id, s - LAG(s, 2) OVER (PARTITION BY g ORDER BY s, id) AS d FROM h) WHERE d <= 60",
    "WITH h AS (SELECT *, CAST(strftime('%s', ts) AS INTEGER) AS s FROM t) SELECT a.id, COUNT(DISTINCT b.v) FROM h a JOIN h b ON b.g = a.g AND b.s BETWEEN a.s - 60 AND a.s GROUP BY a.id HAVING COUNT(DISTINCT b.v) >= 2",
    "WITH h AS (SELECT 'r1' AS rule, * FROM t WHERE c = 'x' UNION ALL SELECT 'r2' AS rule, * FROM t WHERE v >= 3), w AS (SELECT id, g, CAST(strftime('%s', ts) AS INTEGER) AS s, rule FROM h), m AS (SELECT id, s, MAX(CASE WHEN rule = 'r1' THEN s END) OVER (PARTITION BY g ORDER BY s RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s1, MAX(CASE WHEN rule = 'r2' THEN s END) OVER (PARTITION BY g ORDER BY s RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s2 FROM w) SELECT id, s1, s2 FROM m WHERE s1 >= s - 60 AND s2 >= s - 60",
    "SELECT a.id FROM t a WHERE EXISTS (SELECT 1 FROM t b WHERE b.g = a.g AND b.id <> a.id AND julianday(b.ts) BETWEEN julianday(a.ts) - 0.0007 AND julianday(a.ts))",
    "SELECT a.id, (SELECT COUNT(*) FROM t b WHERE b.g = a.g AND b.n <= a.n) AS k FROM t a WHERE k > 1",
    // Groups.
    "SELECT g, COUNT(*), COUNT(v), SUM(n), AVG(n), MIN(n), MAX(n), TOTAL(n) FROM t GROUP BY g",
    "SELECT COUNT(*), SUM(n), MAX(v), TOTAL(n), AVG(n) FROM t WHERE id < 0",
    "SELECT g, COUNT(DISTINCT c) FROM t GROUP BY g HAVING COUNT(*) > 1 ORDER BY 1",
    "SELECT lower(g), COUNT(*) FILTER (WHERE n > 1) FROM t GROUP BY lower(g)",
    "SELECT COUNT(*) FROM (SELECT DISTINCT g, v FROM t)",
    "SELECT SUM(v), AVG(v) FROM t WHERE v <> 'x'",
    "SELECT json_array(g, v), COUNT(*) FROM t GROUP BY 1",
    "SELECT DISTINCT c FROM t WHERE c IN (SELECT c FROM t WHERE n > 1)",
    // Windows.
    "SELECT id, ROW_NUMBER() OVER (PARTITION BY g ORDER BY n, id), RANK() OVER (PARTITION BY g ORDER BY n), DENSE_RANK() OVER (ORDER BY n) FROM t",
    "SELECT id, COUNT(*) OVER (ORDER BY n RANGE BETWEEN 0.5 PRECEDING AND 0.25 FOLLOWING) FROM t",
    "SELECT id, COUNT(*) OVER (ORDER BY n DESC RANGE BETWEEN 0.5 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM t",
    "SELECT id, COUNT(*) OVER (ORDER BY n RANGE BETWEEN 1 FOLLOWING AND 2 FOLLOWING), COUNT(*) OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM t",
    "SELECT id, COUNT(*) OVER (ORDER BY v RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t",
    "SELECT id, SUM(n) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE TIES), MAX(n) OVER (ORDER BY n GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE GROUP) FROM t",
    "SELECT id, LAG(id, 2, -1) OVER (ORDER BY id), LEAD(id) OVER (PARTITION BY g ORDER BY id), FIRST_VALUE(id) OVER (PARTITION BY g ORDER BY id) FROM t",
    "SELECT g, COUNT(*), SUM(COUNT(*)) OVER () FROM t GROUP BY g",
    // Joins, orders, limits, values.
    "SELECT a.id, b.id FROM t a LEFT JOIN t b ON b.g = a.g AND b.n > a.n WHERE a.n IS NOT NULL",
    "SELECT a.id FROM t a, t b WHERE a.id = b.id + 1",
    "SELECT id FROM t ORDER BY n DESC, id LIMIT 3 OFFSET 1",
    "SELECT id, ROUND(n), ROUND(n * 1.5, 3), n + v, n / 2, id / 2, id % 3, v || g, -v FROM t WHERE v IS NOT 'x' OR g LIKE 'A'",
    "SELECT CASE g WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 3 END, CASE WHEN n > 1 THEN 'high' END, COALESCE(g, c, 'none'), iif(n > 1, 1, 0) FROM t",
    "SELECT max(id, n), min(g, 'b'), abs(n - 1), substr(g || 'xyz', -2, 1), instr(ts, ':'), replace(ts, ':', '-'), typeof(v) FROM t",
    "SELECT strftime('%H:%M:%S', ts), strftime('%s', ts), julianday(ts), date(ts), unixepoch(ts), strftime('%f %Y %j %w', ts) FROM t",
    "SELECT id FROM t WHERE c = 'X' AND c IN ('x', 'y') OR v = '7' OR v = 7 OR n BETWEEN '0.5' AND 1",
    "SELECT id FROM t WHERE (SELECT MAX(n) FROM t) = n OR id NOT IN (SELECT id FROM t WHERE n IS NULL)",
    "SELECT id FROM t WHERE (g = 'a' AND n > 1) IS NOT TRUE AND (v = 3) IS NOT FALSE",
    "SELECT g FROM t UNION SELECT c COLLATE BINARY FROM t",
    "SELECT `id`, CAST(n AS INTEGER), CAST(v AS TEXT), CAST('12abc' AS REAL) FROM t WHERE ts GLOB '2024*' AND NOT (v IN (NULL, 3))",
];

#[test]
fn rows_are_those_of_the_engine() {
    let mut random = 7;
    let mut open: std::collections::BTreeSet<&str> = QUERIES.iter().copied().collect();
    for count in [0, 1, 5, 40] {
        for _ in 0..4 {
            let rows = rows(&mut random, count);
            let engine = engine(&rows);
            for query in QUERIES {
                if agrees(query, &rows, &engine) && count == 40 {
                    open.remove(query);
                }
            }
        }
    }
    assert!(open.is_empty(), "never answered: {open:#?}");
}

#[test]
fn every_listed_query_is_read() {
    let storage = schema(TABLE, &SQLITE).unwrap();
    for query in QUERIES {
        read(&Source::new("q", query), &storage, &SQLITE).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    }
}

#[test]
fn generated_queries_agree() {
    let mut random = 99_u64;
    let mut answered = 0;
    for round in 0..90 {
        let rows = rows(&mut random, round % 12);
        let engine = engine(&rows);
        for _ in 0..40 {
            let mut pick = |list: &[&str]| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                list[usize::try_from(random >> 33).unwrap() % list.len()].to_owned()
            };
            let column = ["id", "g", "v", "n", "c", "id + n", "v * 2", "CAST(v AS INTEGER)", "lower(g)", "c COLLATE BINARY"];
            let condition = ["n > 1", "v = '7'", "g = c", "g IS NULL", "c = 'X'", "v < n", "NOT v IN (3, 'x')", "n BETWEEN 0.5 AND v", "1"];
            let aggregate =
                ["COUNT(*)", "COUNT(v)", "SUM(n)", "MAX(c)", "MIN(v)", "TOTAL(id)", "AVG(n)", "COUNT(DISTINCT c)", "COUNT(DISTINCT v)"];
            let plain = ["COUNT(*)", "SUM(n)", "MAX(n)", "COUNT(v)", "MIN(id)", "AVG(n)", "COUNT(*) FILTER (WHERE n > 1)"];
            let frame = [
                "",
                "RANGE BETWEEN 1 PRECEDING AND CURRENT ROW",
                "RANGE BETWEEN 0.5 PRECEDING AND 0.5 FOLLOWING",
                "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                "RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING",
                "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            ];
            let exclude = ["", "EXCLUDE CURRENT ROW", "EXCLUDE GROUP", "EXCLUDE TIES", "EXCLUDE NO OTHERS"];
            let query = match pick(&["g", "w", "j", "e", "u", "c"]).as_str() {
                "g" => format!(
                    "SELECT {0}, {1} FROM t WHERE {2} GROUP BY {0} HAVING {3}",
                    "g",
                    pick(&aggregate),
                    pick(&condition),
                    pick(&["1", "COUNT(*) > 1", "MAX(n) > 1"])
                ),
                "w" => {
                    let frame = pick(&frame);
                    let exclude = if frame.is_empty() { String::new() } else { pick(&exclude) };
                    format!(
                        "SELECT id, {} OVER (PARTITION BY {} ORDER BY {} {frame} {exclude}) FROM t WHERE {}",
                        pick(&plain),
                        pick(&["g", "c", "v", "1"]),
                        pick(&["n", "v", "id", "n DESC", "v DESC", "julianday(ts)"]),
                        pick(&condition)
                    )
                }
                "j" => format!(
                    "SELECT a.id, b.id FROM t a {} JOIN t b ON a.{} {} b.{}",
                    pick(&["", "LEFT", "CROSS"]),
                    pick(&["g", "c", "v", "n"]),
                    pick(&["=", "<", "IS", "<>"]),
                    pick(&["g", "c", "v", "id"])
                ),
                "e" => format!(
                    "SELECT id FROM t a WHERE {} EXISTS (SELECT 1 FROM t b WHERE a.{1} = b.{1} AND {2} AND b.id <> a.id)",
                    pick(&["", "NOT"]),
                    pick(&["g", "c", "v"]),
                    pick(&["b.n > a.n", "b.v = a.n", "1"])
                ),
                "u" => format!(
                    "WITH x AS (SELECT 'p' AS r, {0} AS k FROM t WHERE {1} UNION ALL SELECT 'q', {0} FROM t WHERE {2}) SELECT r, k, COUNT(*) FROM x WHERE k IS NOT NULL GROUP BY r, k",
                    pick(&["id", "g", "n"]),
                    pick(&condition),
                    pick(&condition)
                ),
                _ => format!(
                    "SELECT {}, {} FROM t WHERE {} OR {} = {}",
                    pick(&column),
                    pick(&column),
                    pick(&condition),
                    pick(&column),
                    pick(&column)
                ),
            };
            answered += usize::from(agrees(&query, &rows, &engine));
        }
    }
    assert!(answered >= 2_000, "{answered}");
}

#[test]
fn what_is_wrong_is_named() {
    let storage = schema(TABLE, &SQLITE).unwrap();
    for (query, code, column) in [
        ("SELECT nope FROM t", Code::QueryInvalid, 8),
        ("SELECT id FROM t WHERE COUNT(*) > 1", Code::QueryInvalid, 24),
        ("SELECT id FROM t WHERE ROW_NUMBER() OVER () = 1", Code::QueryInvalid, 24),
        ("SELECT id FROM other", Code::QueryInvalid, 16),
        ("SELECT id FROM t a, t b", Code::QueryInvalid, 8),
        ("SELECT nosuch(id) FROM t", Code::QueryInvalid, 8),
        ("SELECT id FROM t INTERSECT SELECT id FROM t", Code::QueryUnread, 18),
        ("WITH RECURSIVE a AS (SELECT 1) SELECT 1 FROM a", Code::QueryUnread, 6),
        ("SELECT random() FROM t", Code::QueryUnread, 8),
        ("SELECT id, id << 1 FROM t", Code::QueryUnread, 12),
        ("SELECT id >> 1 FROM t", Code::QueryUnread, 8),
        ("SELECT v -> 'a' FROM t", Code::QueryUnread, 8),
        ("SELECT v ->> 'a' FROM t", Code::QueryUnread, 8),
        ("SELECT ~id FROM t", Code::QueryUnread, 8),
        ("SELECT id FROM t WHERE g REGEXP 'a'", Code::QueryUnread, 24),
        ("SELECT id FROM t WHERE g MATCH 'a'", Code::QueryUnread, 24),
        ("SELECT strftime('%G', ts) FROM t", Code::QueryUnread, 17),
        ("SELECT julianday('NOW') FROM t", Code::QueryUnread, 18),
        ("SELECT date(ts, '+1 day') FROM t", Code::QueryUnread, 8),
        ("SELECT CURRENT_TIMESTAMP FROM t", Code::QueryUnread, 8),
        ("SELECT COUNT(*) OVER (ORDER BY id ROWS 1 << 2 PRECEDING) FROM t", Code::QueryUnread, 40),
    ] {
        let error = read(&Source::new("q", query), &storage, &SQLITE).unwrap_err();
        assert_eq!((error.code, error.place.column), (code, column), "{query}: {error:?}");
    }
    for piece in ["(SELECT ", "SELECT * FROM (", "EXISTS (SELECT ", "WITH a AS (", "CASE WHEN ", "COUNT(*) OVER (ORDER BY "] {
        let text = format!("SELECT {}", piece.repeat(100_000 / piece.len()));
        assert!(read(&Source::new("q", &text), &storage, &SQLITE).is_err());
    }
}

fn row(id: i64, g: &str, ts: &str, n: f64) -> Cells {
    vec![id.into(), g.into(), ts.into(), id.into(), n.into(), "x".into()]
}

#[test]
fn what_versions_or_chance_decide_is_open() {
    let rows = [row(1, "a", "", 0.1), row(2, "a", "", 0.2), row(3, "b", "", 0.2)];
    let engine = engine(&rows);
    for (query, answered) in [
        ("SELECT SUM(n) FROM t", false),
        ("SELECT AVG(n) FROM t WHERE id = 1", true),
        ("SELECT SUM(id), AVG(id), TOTAL(id) FROM t", true),
        ("SELECT SUM(9223372036854775807 - id) FROM t", false),
        ("SELECT id, ROW_NUMBER() OVER (ORDER BY n) FROM t", false),
        ("SELECT id, ROW_NUMBER() OVER (ORDER BY n, id) FROM t", true),
        ("SELECT n, LAG(n) OVER (ORDER BY g) FROM t", false),
        ("SELECT id, LEAD(n, 2) OVER (ORDER BY n) FROM t", true),
        ("SELECT id, FIRST_VALUE(id) OVER (ORDER BY n) FROM t", true),
        ("SELECT id, LAST_VALUE(id) OVER (ORDER BY n) FROM t", false),
        ("SELECT id, LAST_VALUE(n) OVER (ORDER BY n) FROM t", true),
        ("SELECT id, SUM(id) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) FROM t", false),
        ("SELECT id, SUM(id) OVER (ORDER BY n) FROM t", true),
        ("SELECT group_concat(g) FROM t", false),
        ("SELECT id, group_concat(g) OVER (ORDER BY id) FROM t", true),
    ] {
        assert_eq!(agrees(query, &rows, &engine), answered, "{query}");
    }
    let rows = [row(1, "a\0b", "", 0.5)];
    let engine = self::engine(&rows);
    for query in ["SELECT length(g) FROM t", "SELECT id FROM t WHERE g LIKE 'a'", "SELECT CAST(x'6100' AS TEXT) FROM t"] {
        assert!(!agrees(query, &rows, &engine), "{query}");
    }
}

/// A text that is, or nearly is, a time value.
fn time_value(pick: &mut impl FnMut(&[&str]) -> String) -> String {
    let date = |pick: &mut dyn FnMut(&[&str]) -> String| {
        let year = pick(&["2024", "2023", "1970", "0000", "9999", "1900", "2000", "-4713", "-4714", "-0001", "24", "02024"]);
        let month = pick(&["01", "02", "04", "11", "12", "00", "13", "1", "03", "10"]);
        let day = pick(&["01", "15", "28", "29", "30", "31", "24", "00", "32", "5"]);
        format!("{year}-{month}-{day}")
    };
    let time = |pick: &mut dyn FnMut(&[&str]) -> String| {
        let hour = pick(&["00", "12", "23", "24", "25", "7", "09"]);
        let minute = pick(&["00", "30", "59", "60", "5"]);
        let second = pick(&["", "", ":00", ":07", ":30", ":59", ":60", ":5", ":"]);
        let fraction = pick(&[
            "",
            "",
            ".5",
            ".25",
            ".123",
            ".1234",
            ".12345",
            ".123456",
            ".1234567",
            ".12345678",
            ".123456789",
            ".999",
            ".0005",
            ".9995",
            ".",
            ".9999999",
            ".0",
            ".000000001",
            "x",
        ]);
        let zone = pick(&[
            "", "", "", "Z", "z", "+00:00", "-00:00", "+01:00", "-05:30", "+14:00", "+14:59", "+15:00", "-15:00", "+1:00", "+0100", "+01",
            "ZZ", " Z", " +02:00 ", "+02:60", "UTC",
        ]);
        format!("{hour}:{minute}{second}{fraction}{zone}")
    };
    let text = match pick(&["b", "b", "b", "b", "d", "d", "t", "t", "j", "w"]).as_str() {
        "b" => {
            let date = date(pick);
            let between = pick(&["T", " ", "t", "", "  ", "\t", "TT", " T ", "\u{b}", "\u{a0}"]);
            date + &between + &time(pick)
        }
        "d" => date(pick),
        "t" => time(pick),
        "j" => {
            let whole = pick(&["0", "2460000", "2440587", "5373484", "5373485", "-1", "+7", "1", "1e6", "2.46e6", "1e", ".", "2460310"]);
            whole + &pick(&["", ".", ".5", ".49999999", ".123456", "e0", "x"])
        }
        _ => pick(&["now", "NOW", "", "subsec", "yesterday", "Z", "T", "nan", "inf"]),
    };
    let (before, after) = (pick(&["", "", "", "", "", "", " ", "x"]), pick(&["", "", "", "", "", "", " ", "\n", "x", "T", "Z"]));
    before + &text + &after
}

#[test]
fn time_values_are_those_of_the_engine() {
    let mut random = 5_u64;
    let mut pick = |list: &[&str]| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list[usize::try_from(random >> 33).unwrap() % list.len()].to_owned()
    };
    let engine = engine(&[]);
    let mut insert = engine.prepare("INSERT INTO t (ts) VALUES (?)").unwrap();
    let storage = schema(TABLE, &SQLITE).unwrap();
    let parts = ["julianday(ts)", "strftime('%s', ts)", "strftime('%f', ts)", "strftime('%H', ts)", "date(ts)"];
    let relations = parts.map(|part| read(&Source::new("q", &format!("SELECT {part} FROM t")), &storage, &SQLITE).unwrap());
    let texts: Vec<String> = (0..24_000).map(|_| time_value(&mut pick)).collect();
    for text in &texts {
        insert.execute([text]).unwrap();
    }
    let theirs = theirs(&engine, &format!("SELECT {} FROM t ORDER BY rowid", parts.join(", "))).unwrap();
    let (mut answered, mut times, mut wrong) = (0, 0, std::collections::BTreeMap::new());
    for (text, theirs) in texts.iter().zip(theirs) {
        let record = [("ts".to_owned(), serde_json::Value::from(text.as_str()))].into_iter().collect();
        for ((relation, theirs), part) in relations.iter().zip(theirs).zip(parts) {
            if let Ok(rows) = relation.run(&[&record]) {
                answered += 1;
                times += usize::from(theirs != Value::Null);
                if rows[0][0].1 != theirs {
                    wrong.insert((part, text), (rows[0][0].1.clone(), theirs));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), wrong.iter().take(20).collect::<Vec<_>>());
    assert!(answered >= 100_000 && times >= 9_000, "{answered} {times}");
}

#[test]
fn windows_over_thousands_of_rows_take_little_time() {
    let storage = schema(TABLE, &SQLITE).unwrap();
    let records: Vec<serde_json::Map<String, serde_json::Value>> = (0..3000_i64)
        .map(|id| {
            let ts = format!("2024-01-01 {:02}:{:02}:{:02}", id / 3600, id / 60 % 60, id % 60);
            COLUMNS.iter().map(|name| (*name).to_owned()).zip(row(id, ["a", "b"][usize::from(id % 3 == 0)], &ts, 0.5)).collect()
        })
        .collect();
    for query in [
        "SELECT id, COUNT(*) OVER (PARTITION BY g ORDER BY CAST(strftime('%s', ts) AS INTEGER) RANGE BETWEEN 600 PRECEDING AND CURRENT ROW) FROM t",
        "SELECT id, MAX(CASE WHEN g = 'a' THEN id END) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
        "SELECT id, RANK() OVER (ORDER BY g), LAG(id, 2) OVER (PARTITION BY g ORDER BY id) FROM t",
    ] {
        let relation = read(&Source::new("q", query), &storage, &SQLITE).unwrap();
        let start = std::time::Instant::now();
        assert_eq!(relation.run(&records.iter().collect::<Vec<_>>()).unwrap().len(), 3000);
        assert!(start.elapsed().as_secs() < 5, "{query}: {:?}", start.elapsed());
    }
}
