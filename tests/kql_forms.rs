//! Queries in Kibana's language, form by form: what they mean, what is rejected, what is not read.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::ir::Case;
use verisigma::ir::eval;
use verisigma::lang::kql::{read, schema};
use verisigma::storage::{Column, ColumnKey, ColumnType, Columns, Names, Storage};

/// A mapping with a field of each type.
fn mapped() -> Storage {
    let mapping = json!({"mappings": {"properties": {
        "a": {"type": "keyword"}, "ab": {"type": "keyword"}, "l": {"type": "keyword", "normalizer": "lowercase"}, "w": {"type": "wildcard"},
        "c": {"type": "constant_keyword"}, "t": {"type": "text"}, "i": {"type": "ip"}, "n": {"type": "long"}, "f": {"type": "double"},
        "b": {"type": "boolean"}, "d": {"type": "date"}, "o": {"properties": {"x": {"type": "keyword"}, "y": {"type": "long"}}},
        "s": {"type": "nested", "properties": {"x": {"type": "keyword"}}}, "g": {"type": "geo_point"},
    }}});
    schema(&mapping.to_string()).unwrap()
}

/// Every name a keyword.
fn open() -> Storage {
    let kind = ColumnType { holds: ColumnKey::Keyword.holds(), compares: Case::Sensitive };
    Storage { table: None, names: Names::Sensitive, columns: Columns::open(kind), raw: None, networks: None }
}

/// The verdict: `None` outside of what is assumed, or where there is no record.
fn verdict(query: &str, storage: &Storage, event: Value) -> Option<bool> {
    let reading = read(query, storage).unwrap_or_else(|error| panic!("{query}: {}", error.message));
    let event = Event::new(event.as_object().unwrap().clone());
    let mut names = Vec::new();
    reading.expr.for_each_field(&mut |field| names.push(field.to_owned()));
    let record = storage.record(&event, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let holds = reading.assumptions.iter().all(|assumption| assumption.holds(storage, &event, &record));
    holds.then(|| eval::matches(&reading.expr, &record))
}

fn assert_code(queries: &[&str], storage: &Storage, code: Code) {
    for query in queries {
        let error = read(query, storage).expect_err(query);
        assert_eq!(error.code, code, "{query}: {}", error.message);
        assert!(error.place.is_somewhere(), "{query}");
    }
}

#[test]
fn syntax_errors_are_invalid() {
    let queries = [
        "(",
        ")",
        "a:",
        "a:(",
        "a:(b",
        "a:()",
        "(a:b",
        "a:b)",
        "a:b c:d",
        "not not a:b",
        "not(a:b)",
        "a:\"b",
        "a:\"b\"c",
        "a:\\x",
        "a > ",
        "a > (b)",
        "a:b and ",
        "a:{b:c",
        "a:{}",
        "a:(b:c)",
        "a:b and not ",
        "a: \\",
        "a:\\u12",
        "a:b:c",
        "a:>5",
        "{a:b}",
        ":b",
    ];
    assert_code(&queries, &mapped(), Code::QueryInvalid);
    assert_code(&queries, &open(), Code::QueryInvalid);
}

#[test]
fn requests_that_the_engine_fails_are_invalid() {
    let queries = [
        "a:null",
        "null",
        "missing:null",
        "i:10.*",
        "n:1*",
        "d:2024*",
        "b:t*",
        "n:x",
        "n:\"\"",
        "f:x",
        "b:yes",
        "b:\"\"",
        "i:x",
        "i:\"10.0.0.0/33\"",
        "i:\"::ffff:10.0.0.0/104\"",
        "i > x",
        "n > x",
        "d:x",
        "s.x:v",
        "s.x:*",
        "w:*a \\AND",
        "missing:*a \\OR \\OR b",
        "w:\\AND *a",
    ];
    assert_code(&queries, &mapped(), Code::QueryInvalid);
    // Fields of other types are not read, whatever is asked of all fields.
    let mut storage = mapped();
    storage.columns.listed.retain(|column| !["d", "g", "s", "s.x"].contains(&column.name.as_str()));
    assert_code(&["*:quick"], &storage, Code::QueryInvalid);
}

#[test]
fn what_no_formula_says_is_unread() {
    let queries = [
        "s:{x:v}",
        "s:*",
        "g:*",
        "g:x",
        "true:x",
        "quick",
        "t > x",
        "t:é",
        "t:\"a:b\"",
        "d:now-1d",
        "d:2024",
        "d:\"2024-01-01T10:00:00+02:00\"",
        "b > false",
        "c > x",
        "n:99999999999999999999",
        "f:0.1000000001",
        "f:1d",
        "a:\\ud83d",
        "a:@kuery-wildcard@",
        "d:null",
        "null > x",
    ];
    assert_code(&queries, &mapped(), Code::QueryUnread);
    assert_code(&["quick", "a*:x", "*:x"], &open(), Code::QueryUnread);
    let brackets = format!("{}a:b{}", "(".repeat(201), ")".repeat(201));
    let clauses = |count: usize| format!("{}a:b{}", "not (".repeat(count), ")".repeat(count));
    assert_code(&[&brackets, &clauses(28), "\"\":x"], &open(), Code::QueryUnread);
    assert!(read(&clauses(27), &open()).is_ok());
}

#[test]
fn keywords() {
    let storage = mapped();
    for (query, event, expected) in [
        ("a:\\u0041\\u00e9", json!({"a": "Aé"}), true),
        ("a:\"\\ud83d\\ude00\"", json!({"a": "😀"}), true),
        ("a:\\ud83d\\ude00*", json!({"a": "😀x"}), true),
        ("a:  x\u{3000}", json!({"a": "x"}), true),
        ("a:\\u0020", json!({"a": ""}), true),
        ("a:* x", json!({"a": "y x"}), true),
        ("a: x *", json!({"a": "x "}), true),
        ("a:\\OR", json!({"a": "OR"}), true),
        ("a:\"null\"", json!({"a": "null"}), true),
        ("a:true", json!({"a": true}), true),
        ("a:5", json!({"a": 5}), true),
        ("a:5.0", json!({"a": 5}), false),
        ("a:x\u{a0}OR\tab:y", json!({"ab": "y"}), true),
        ("a:(x OR y AND NOT z)", json!({"a": "x"}), true),
        ("a > null", json!({"a": ""}), true),
        ("a > true", json!({"a": "truf"}), true),
        ("l:ABC", json!({"l": "aBc"}), true),
        ("l:K*", json!({"l": "\u{212a}x"}), true),
        ("l > B", json!({"l": "C"}), true),
        ("l < B", json!({"l": "C"}), false),
        ("missing:* or missing:x or missing > x or missing:*x*", json!({"missing": "x"}), false),
        ("not missing:x", json!({}), true),
        ("a:b or or ab:d", json!({"ab": "d"}), false),
        ("a*:x", json!({"ab": "x"}), true),
        ("a*:x*", json!({"ab": "xy"}), true),
        ("x*:x", json!({"xa": "x"}), false),
        ("*:*", json!({}), true),
        ("*", json!({}), true),
        ("o:*", json!({"o": {"y": 1}}), true),
        ("o:*", json!({}), false),
        ("o:x", json!({"o": {"x": "x"}}), false),
        ("o.x:v", json!({"o.x": "v"}), true),
        ("\"a*\":*", json!({"ab": "x"}), true),
    ] {
        assert_eq!(verdict(query, &storage, event.clone()), Some(expected), "{query} on {event}");
    }
}

#[test]
fn typed_fields() {
    let storage = mapped();
    for (query, event, expected) in [
        ("n:5.7", json!({"n": 5}), false),
        ("n:+5", json!({"n": 5.7}), true),
        ("n > 4.5", json!({"n": "5"}), true),
        ("f:0.50", json!({"f": 0.5}), true),
        ("b:false", json!({"b": ""}), true),
        ("i:\"::/0\"", json!({"i": "1.2.3.4"}), true),
        ("i:\"10.1.2.3/8\"", json!({"i": "10.9.9.9"}), true),
        ("i:10.0.0.1", json!({"i": "::ffff:a00:1"}), true),
        ("i > 255.255.255.255", json!({"i": "2001:db8::"}), true),
        ("i < \"::1\"", json!({"i": "1.2.3.4"}), false),
        ("d:2024-01", json!({"d": "2024-01-31T23:59:59.999Z"}), true),
        ("d > 2024-01-01", json!({"d": "2024-01-01T23:59:59Z"}), false),
        ("d:2024-01-01", json!({"d": "2024-01-01"}), true),
        ("d > 2024-01-09", json!({"d": "2024-01-10T00:00:00Z"}), true),
        ("d <= 2024-01-01", json!({"d": "2024-01-01T23:59:59Z"}), true),
        ("d:\"2024-01-01T10:00:00Z\"", json!({"d": "2024-01-01T10:00:00.5Z"}), true),
        ("t:\"quick fox\"", json!({"t": "a Quick, fox"}), true),
        ("t:\"quick fox\"", json!({"t": "fox quick"}), false),
        ("t:fo*", json!({"t": "quick FOX"}), true),
        ("t:qui*ox", json!({"t": "quick fox"}), false),
        ("t:3.14", json!({"t": "3 14"}), false),
        ("t:-", json!({"t": "-"}), false),
        ("t:*-*", json!({"t": "a-b"}), false),
    ] {
        assert_eq!(verdict(query, &storage, event.clone()), Some(expected), "{query} on {event}");
    }
    for (query, event) in [
        ("d:2024-01-01", json!({"d": "2024-01-01T10:00:00+01:00"})),
        ("t:x", json!({"t": "x.y"})),
        ("c:x", json!({})),
        ("n:5", json!({"n": "x"})),
    ] {
        assert_eq!(verdict(query, &storage, event.clone()), None, "{query} on {event}");
    }
}

/// Values with wildcards on fields that are no known keywords are query strings.
#[test]
fn words_of_query_strings() {
    let storage = mapped();
    for (query, value, expected) in [
        ("w:*a b c d*", json!("b c"), true),
        ("w:*a b c d*", json!("b"), false),
        ("w:*a b c d*", json!("dd"), true),
        ("w:b c \\AND *d", json!(["b", "d"]), false),
        ("w:b c \\AND *d", json!(["c", "d"]), true),
        ("w:x* \\AND b c d*", json!(["x", "b"]), true),
        ("w:x* \\AND b c d*", json!(["x", "b c"]), false),
        ("w:x* \\OR y* \\AND z*", json!("x"), false),
        ("w:\\NOT x*", json!("y"), true),
        ("w:y* \\NOT x*", json!(["y", "x"]), false),
        ("w:* \\NOT x*", json!("x"), false),
        ("w:*a\u{3000}b*", json!("b"), true),
        ("w:*a\u{a0}b*", json!("b"), false),
        ("w:x\\*y*", json!("x*yz"), true),
        ("w:**", json!(""), true),
    ] {
        assert_eq!(verdict(query, &storage, json!({"w": value})), Some(expected), "{query} on {value}");
    }
}

#[test]
fn values_without_a_field_search_all_that_are_mapped() {
    let mut storage = mapped();
    storage.columns.listed.retain(|column| ["a", "t", "i", "n"].contains(&column.name.as_str()));
    for (query, event, expected) in [
        ("\"10.0.0.0/8\"", json!({"i": "10.1.1.1"}), true),
        ("7", json!({"n": 7}), true),
        ("quick fox", json!({"t": "red fox"}), true),
        ("\"quick fox\"", json!({"t": "red fox"}), false),
        ("quick fox", json!({"a": "quick fox"}), true),
        ("quick fox", json!({"a": "fox"}), false),
        ("*uick*", json!({"a": "quick"}), true),
        ("x *", json!({}), true),
        ("null:quick", json!({"t": "quick"}), true),
    ] {
        assert_eq!(verdict(query, &storage, event.clone()), Some(expected), "{query} on {event}");
    }
    assert_code(&[">5 x*"], &storage, Code::QueryInvalid);
    assert_code(&["\\>5 x*"], &storage, Code::QueryUnread);
}

#[test]
fn the_view_decides_what_a_value_with_wildcards_becomes() {
    let mut storage = open();
    storage.view(&["a"]);
    assert_eq!(verdict("a:*x y*", &storage, json!({"a": "1x"})), Some(false));
    assert_eq!(verdict("b:*x y*", &storage, json!({"b": "1x"})), Some(true));
    assert_eq!(verdict("a*:x", &storage, json!({"a": "x"})), Some(true));
    storage.fold_keywords();
    assert_eq!(verdict("a:X or a:*X*", &storage, json!({"a": "x"})), Some(true));
    assert_eq!(verdict("b:X or b:*X*", &storage, json!({"b": "x"})), Some(false));
    assert_eq!(verdict("a >= X", &storage, json!({"a": "x"})), Some(true));
    assert_eq!(verdict("a < X", &storage, json!({"a": "W"})), Some(true));
    assert_eq!(verdict("a < X", &storage, json!({"a": "w"})), Some(false));
}

#[test]
fn a_storage_that_is_no_index_is_unread() {
    let columns = Columns::open(ColumnType { holds: ColumnKey::Text.holds(), compares: Case::Sensitive });
    let storage = Storage { columns, ..open() };
    assert_code(&["a:b", "a > b", "a*:b"], &storage, Code::QueryUnread);
    let listed = Columns::listed(vec![Column::new("a", ColumnType { holds: ColumnKey::Text.holds(), compares: Case::Sensitive })]);
    assert_code(&["x", "a*:b"], &Storage { columns: listed, ..open() }, Code::QueryUnread);
}

#[test]
fn hostile_texts_end() {
    let storage = open();
    let pieces = [
        "(", "not (", "a:(", "a:{", "not ", "a:b or ", "\"", "\\", "\\u", "*", "a:*", "\u{feff}", "\\ud800", ")", "a ", " ", ":", "<", "é(",
    ];
    for piece in pieces {
        let _ = read(&piece.repeat(1_000_000 / piece.len()), &storage);
        let _ = read(&format!("a:{}", piece.repeat(100_000)), &mapped());
        let _ = schema(&piece.repeat(100_000));
    }
    assert!(read(&format!("a:x{}", " or a:x".repeat(100_000)), &storage).is_ok());
    for open in ["[", "{\"a\":", "{\"mappings\":{\"properties\":", "{\"mappings\":"] {
        assert_eq!(schema(&open.repeat(100_000)).unwrap_err().code, Code::InvalidSchema);
    }
}

proptest::proptest! {
    /// Whatever the text, there is a formula or an error with its place.
    #[test]
    fn every_text_is_read_or_has_an_error(text in r#"([abdint:*()<> "\\{}é\t]|not |and | or |a:|null|\\u00e9|AND ){0,12}"#) {
        for storage in [mapped(), open()] {
            if let Err(error) = read(&text, &storage) {
                proptest::prop_assert!(error.place.is_somewhere(), "{text}: {}", error.message);
            }
        }
    }
}
