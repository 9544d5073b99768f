//! The reader of SPL rule by rule: what a query says of an event, what is open, what is rejected, what is set apart.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use verisigma::diag::{Code, Severity};
use verisigma::event::Event;
use verisigma::ir::{Pattern, eval};
use verisigma::lang::Reading;
use verisigma::lang::spl::{read, schema};
use verisigma::storage::{Assumption, Name, Storage};

fn storage() -> Storage {
    schema("").unwrap()
}

/// The answer of a reading; `None` where the event is outside its assumptions.
fn said(reading: &Reading, storage: &Storage, event: &Value) -> Option<bool> {
    let event = Event::new(event.as_object().unwrap().clone());
    let mut names = BTreeSet::new();
    reading.expr.for_each_field(&mut |name| {
        names.insert(name);
    });
    names.extend(reading.assumptions.iter().filter_map(|assumption| assumption.field.as_deref()));
    let record = storage.record(&event, &names.into_iter().collect::<Vec<_>>()).unwrap();
    let is_within = reading.assumptions.iter().all(|assumption| assumption.holds(storage, &event, &record));
    is_within.then(|| eval::matches(&reading.expr, &record))
}

/// Each query gives this answer on this event.
fn check(rows: &[(&str, Value, Option<bool>)]) {
    let storage = storage();
    for (query, event, expected) in rows {
        let reading = read(query, &storage).unwrap_or_else(|error| panic!("{query}: {}", error.message));
        assert_eq!(said(&reading, &storage, event), *expected, "{query} on {event}: {:?}", reading.assumptions);
    }
}

fn code(query: &str) -> Code {
    read(query, &storage()).map_or_else(|error| error.code, |_| panic!("{query} is read"))
}

#[test]
fn search_binds_or_tighter_than_and() {
    check(&[
        ("a=1 OR b=2 AND c=3", json!({"a": "1"}), Some(false)),
        ("NOT a=1 b=2", json!({"b": "2"}), Some(true)),
        ("NOT NOT a=1", json!({"a": "1"}), Some(true)),
        ("NOT (a=1 b=2) OR c=3", json!({"a": "1", "b": "2"}), Some(false)),
        ("search(a=1)OR(b=2)", json!({"b": "2"}), Some(true)),
        ("a=1 ```or not``` b=2", json!({"a": "1", "b": "2"}), Some(true)),
        ("a = 1", json!({"a": "1"}), Some(true)),
        ("*", json!({}), Some(true)),
    ]);
}

#[test]
fn values_of_search_fold_and_have_wildcards() {
    check(&[
        ("f=\"K\"", json!({"f": "\u{212a}"}), None),
        ("f=\"É\"", json!({"f": "É"}), Some(true)),
        ("f=*a*", json!({"f": "b\na"}), None),
        ("f=5", json!({"f": "05"}), None),
        ("f=5", json!({"f": 5}), Some(true)),
        ("f!=a", json!({"f": ["b", "c"]}), None),
        ("f=a f=b", json!({"f": ["a", "b"]}), Some(true)),
        ("f IN (a, \"b*\" c)", json!({"f": "BX"}), Some(true)),
        ("f IN (10.0.0.0/8, x)", json!({"f": "10.1.2.3"}), Some(true)),
        ("f=10.0.0.0/8", json!({"f": "10.0.0.0/8"}), None),
        ("f=10.0.0.0/8", json!({"f": "010.1.1.1"}), None),
        ("f=10.0.0.0/8", json!({"f": "host"}), Some(false)),
        ("f=::/0", json!({"f": "::ffff:10.1.1.1"}), None),
        ("f!=10.0.0.0/8", json!({"f": "11.0.0.1"}), Some(true)),
        ("f=CASE(Foo*)", json!({"f": "foobar"}), Some(false)),
        ("f=\"\"", json!({"f": ""}), Some(true)),
        ("f=C:\\Windows\\x", json!({"f": "c:\\windows\\x"}), Some(true)),
    ]);
}

#[test]
fn orders_are_of_numbers_or_of_texts() {
    check(&[
        ("n<10", json!({"n": "9"}), Some(true)),
        ("n<10", json!({"n": "x"}), None),
        ("n<10", json!({"n": "09"}), None),
        ("n<10", json!({"n": ["1", "2"]}), Some(true)),
        ("n<10", json!({"n": ["1", "20"]}), None),
        ("s<b", json!({"s": "a"}), Some(true)),
        ("s<b", json!({"s": "B"}), None),
        ("s<b", json!({"s": "5"}), None),
        ("NOT n<10", json!({}), Some(true)),
    ]);
}

#[test]
fn bare_terms_are_segments_of_the_text() {
    check(&[
        ("fail", json!({"_raw": "login FAIL: x"}), Some(true)),
        ("fail", json!({"_raw": "login failed"}), Some(false)),
        ("fail*", json!({"_raw": "login failed"}), Some(true)),
        ("*ail*", json!({"_raw": "login failed"}), Some(true)),
        ("127", json!({"_raw": "127.0.0.1"}), Some(true)),
        ("\"a b\"", json!({"_raw": "x=a b"}), Some(true)),
        ("CASE(Fail)", json!({"_raw": "fail"}), Some(false)),
        ("TERM(127.0.0.1)", json!({"_raw": "at 127.0.0.1, x"}), Some(true)),
        ("fail", json!({"_raw": "%20fail"}), None),
        ("or", json!({"_raw": "this or that"}), Some(true)),
        ("NOT fail", json!({"_raw": "well"}), Some(true)),
    ]);
}

#[test]
fn sources_are_set_apart_where_they_are_conjuncts() {
    let reading = read("index=main (sourcetype=a OR sourcetype=b) earliest=-1h f=1 | table f | sort - f", &storage()).unwrap();
    let messages: Vec<&str> = reading.set_apart.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "selects what is searched: `index=main`",
            "selects what is searched: `sourcetype=a`",
            "selects what is searched: `sourcetype=b`",
            "selects what is searched: `earliest=-1h`",
            "shows or orders what was found: `table f`",
            "shows or orders what was found: `sort - f`",
        ]
    );
    assert!(reading.set_apart.iter().all(|note| (note.severity, note.code) == (Severity::Note, Code::QuerySetApart)));
    assert!(reading.set_apart.iter().all(|note| note.place.is_somewhere()));
    for query in [
        "NOT index=a",
        "index=a OR f=1",
        "(index=a f=1) OR (index=b f=2)",
        "| where searchmatch(\"index=a\")",
        "f=1 | table f | where f=1",
        "f=1 | dedup 2 g",
        "f=1 | dedup g keepempty=true",
        "f=1 | dedup g | where h=1",
        "f=1 | sort 1 - f",
        "f=1 | sort limit=20 f",
    ] {
        assert_eq!(code(query), Code::QueryUnread, "{query}");
    }
}

#[test]
fn null_is_not_true() {
    check(&[
        ("| where f!=\"a\"", json!({}), Some(false)),
        ("| where f!=\"a\"", json!({"f": "b"}), Some(true)),
        ("| where NOT f=\"a\"", json!({}), None),
        ("| where NOT f=\"a\"", json!({"f": "b"}), Some(true)),
        ("| where if(match(f,\"a\"),1,0)=0", json!({}), Some(true)),
        ("| where isnull(f) OR f!=\"a\"", json!({}), Some(true)),
        ("| where NOT (isnull(f) OR f=\"a\")", json!({}), Some(false)),
        ("| where f=\"a\" XOR g=\"b\"", json!({"f": "a", "g": "x"}), Some(true)),
        ("| where f=\"a\" XOR g=\"b\"", json!({"f": "a"}), None),
        ("| where coalesce(f, g)=\"x\"", json!({"g": "x"}), Some(true)),
        ("| where case(f=\"a\", 1, true(), 0)=0", json!({}), Some(true)),
        ("| where f=null()", json!({"f": "x"}), Some(false)),
        ("| where f=\"a\"", json!({"f": ["a", "b"]}), None),
        ("| where isnotnull(f)", json!({"f": ["a", "b"]}), Some(true)),
        ("| where mvfind(f, \"b\")>=0", json!({"f": ["a", "b"]}), Some(true)),
        ("| where isnull(mvfind(f, \"b\"))", json!({"f": ["a", "b"]}), Some(false)),
    ]);
}

#[test]
fn expressions_compare_by_type() {
    check(&[
        ("| where a=b", json!({"a": "5", "b": "5.0"}), None),
        ("| where lower(a)=lower(b)", json!({"a": "X", "b": "x"}), Some(true)),
        ("| where substr(lower(a), -len(b))=lower(b)", json!({"a": "xyAB", "b": "ab"}), Some(true)),
        ("| where substr(a, 1, len(b))=b", json!({"a": "abx", "b": "ab"}), Some(true)),
        ("| where substr(a, 1, 2)=\"ab\"", json!({"a": "abx"}), Some(true)),
        ("| where substr(a, 1, 3)=\"ab\"", json!({"a": "abx"}), Some(false)),
        ("| where len(a)>2", json!({"a": "abc"}), Some(true)),
        ("| where len(a)=1", json!({"a": "é"}), None),
        ("| where tonumber(f)<5", json!({"f": "10"}), Some(false)),
        ("| where tonumber(f)<5", json!({"f": "x"}), Some(false)),
        ("| where tonumber(f)>-5", json!({"f": "-4.5"}), Some(true)),
        ("| where \"a\"=f", json!({"f": "a"}), Some(true)),
        ("| where 5>tonumber(f)", json!({"f": "4"}), Some(true)),
        ("| where f NOT IN (\"a\", \"b\")", json!({"f": "c"}), Some(true)),
        ("| where f LIKE \"a%\"", json!({"f": "ab"}), Some(true)),
        ("| where lower(f) LIKE \"A%\"", json!({"f": "ab"}), Some(false)),
        ("| where f=\"a\\tb\\\\c\\d\"", json!({"f": "a\tb\\c\\d"}), Some(true)),
        ("| where searchmatch(\"f=FOO* OR g=1\")", json!({"f": "foobar"}), Some(true)),
        ("| where match(f, \"a$\")", json!({"f": "a\n"}), Some(true)),
        ("| where match(f, \"\\\\bk\\\\b\")", json!({"f": "a k"}), Some(true)),
        ("| where cidrmatch(\"10.0.0.0/8\", f)", json!({"f": "11.0.0.1"}), Some(false)),
    ]);
}

#[test]
fn commands_hand_fields_on() {
    let rex = "Image=x | rex field=c \"(?<m>\\\\d+)\" | eval n=if(isnotnull(m), \"true\", \"false\")";
    check(&[
        (&format!("{rex} | search n=\"true\" OR c=x*"), json!({"Image": "x", "c": "a1"}), Some(true)),
        (&format!("{rex} | search NOT n=TRUE"), json!({"Image": "x", "c": "a"}), Some(true)),
        ("| eval a=lower(f), b=a | where b=\"x\"", json!({"f": "X"}), Some(true)),
        ("| eval f=if(isnull(f), \"none\", f) | search f=none", json!({}), Some(true)),
        ("| regex f!=\"a\"", json!({}), None),
        ("| regex f!=\"a\"", json!({"f": "b"}), Some(true)),
        ("| regex \"b+\"", json!({"_raw": "abc"}), Some(true)),
    ]);
}

#[test]
fn what_splunk_rejects_is_invalid() {
    for query in [
        "",
        " ",
        "f=",
        "f=a OR",
        "OR f=a",
        "AND f=a",
        "f=a AND",
        "f=a AND OR g=b",
        "NOT",
        "()",
        "(f=a",
        "f=a)",
        "f=\"a",
        "f IN ()",
        "f in (a)",
        "f In (a)",
        "=a",
        "f=a |",
        "f=a | | g=b",
        "| where",
        "| where f=",
        "| where f=\"a\" g=\"b\"",
        "| where (f=\"a\"",
        "| where f IN ()",
        "| where AND",
        "| where match(f, \"(a\")",
        "| regex f=\"[a\"",
        "| eval f",
        "f=a ``` x",
    ] {
        assert_eq!(code(query), Code::QueryInvalid, "{query}");
    }
}

#[test]
fn what_is_open_is_unread() {
    for query in [
        "f=\"\\*\"",
        "f==a",
        "f=a=b",
        "f=a,b",
        "f=\"a\"b",
        "f=AND",
        "f=`m`",
        "`m`",
        "[search f=a]",
        "f=[search a]",
        "f=(a)",
        "f=\"`\"",
        "f*=a",
        "f=\"a\tb\"",
        "\"...\"",
        "\"a*b\"",
        "f=10.0.0.1/8",
        "f<a*",
        "f<05",
        "| search f=CASE(a)",
        "f=TERM(a)",
        "f=a | stats count by f",
        "| tstats count",
        "| where f=\"a\" or g=\"b\"",
        "| where a.b=\"x\"",
        "| where f<\"5\"",
        "| where f+1=2",
        "| where match(f, \"\\bx\")",
        "| where like(f, \"a\\\\%\")",
        "| where replace(f, \"a\", \"b\")=\"b\"",
        "| where NOT tonumber(null())=1",
        "| rex \"(?<a>x*)\"",
        "| rex \"x\"",
        "| where match(f, \"a(?=b)\")",
        "| where true",
        "search",
        "splunk_server=a",
        "f IN (a,)",
        "f=a | head 5",
        "| where mvfind(f, \"a\")=1",
        "| where mvcount(f)=2",
    ] {
        assert_eq!(code(query), Code::QueryUnread, "{query}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let error = read("f=a\n| where g=\"b\" OR\n  h.i=1", &storage()).unwrap_err();
    assert_eq!((error.place.line, error.place.column), (3, 4));
    let error = read("f=a\n OR (é=b ```\n``` g=\"", &storage()).unwrap_err();
    assert_eq!((error.place.line, error.place.column), (3, 7));
}

#[test]
fn a_schema_needs_fewer_assumptions() {
    let storage = schema("fields: {n: {single: true, numeric: true}}").unwrap();
    let reading = read("| search n<5 n!=7", &storage).unwrap();
    assert_eq!(reading.assumptions.iter().map(|assumption| assumption.name).collect::<Vec<_>>(), [Name::PlainNumbers]);
    assert!(read("| where n<5", &storage).unwrap().assumptions.is_empty());
}

#[test]
fn assumptions_say_where_they_hold() {
    let storage = storage();
    let holds = |name, pattern: Option<&str>, values: Value| {
        let event = Event::default().with("f", values);
        let record = storage.record(&event, &["f"]).unwrap();
        let assumption = match pattern {
            Some(pattern) => Assumption::on_pattern(name, "f", &Pattern::exact(pattern), ""),
            None => Assumption::on_field(name, "f", ""),
        };
        assumption.holds(&storage, &event, &record)
    };
    for (name, pattern, inside, outside) in [
        (Name::FieldPresent, None, json!(""), json!([])),
        (Name::IpSpelling, None, json!(["10.1.2.3", "::1", "host", ""]), json!("10.1")),
        (Name::IpSpelling, None, json!("fe80::1"), json!("fe80::1%eth0")),
        (Name::IpSpelling, None, json!("beef"), json!("10.0.0.0/8")),
        (Name::NumberSpelling, None, json!(["5", "-1.50", "x", "1.2.3"]), json!("05")),
        (Name::NumberSpelling, None, json!("5 apples"), json!("0x10")),
        (Name::NumericValues, None, json!(["5", "-12.5"]), json!("05")),
        (Name::OneSided, Some("5"), json!(["6", "10"]), json!(["4", "10"])),
        (Name::PlainNumbers, Some("5"), json!(["5", "6.0"]), json!("5.0")),
        (Name::PlainNumbers, None, json!(["5", "x"]), json!("5.0")),
        (Name::PlainSegments, None, json!("100% a--b"), json!("a%2Fb")),
        (Name::PlainSegments, Some("--"), json!("a-b"), json!("a--b")),
        (Name::TextOrder, Some("b"), json!(["a", "c"]), json!("B")),
        (Name::TextOrder, Some("b"), json!("!"), json!("5")),
    ] {
        assert!(holds(name, pattern, inside.clone()), "{name:?} on {inside}");
        assert!(!holds(name, pattern, outside.clone()), "{name:?} on {outside}");
    }
}

/// Whatever the text, reading ends soon and says something.
#[test]
fn hostile_texts_end_soon() {
    const SIZE: usize = 1_000_000;
    let storage = storage();
    let doubled: String = (0..60).map(|n| format!("| eval a{}=if(f=a{n}, a{n}, a{n}) ", n + 1)).collect();
    let mut texts: Vec<String> = ["(", "NOT ", "f=a ", "f=a OR ", "\"", "\\", "```", "*", "f=\"", ")", "|", "(f=a) ", "é", "f IN (a "]
        .iter()
        .map(|part| part.repeat(SIZE / part.len()))
        .collect();
    texts.extend(
        ["(", "NOT ", "-", "if(", "f=", "\"a\" ", "f.", "f IN (", "NOT (", "'", "match(f,\"("]
            .iter()
            .map(|part| format!("| where {}", part.repeat(SIZE / part.len()))),
    );
    texts.extend(
        ["(", "[", "a|", "(a*)*", "\\", "a{9}", "(?<n>"].iter().map(|part| format!("| regex f=\"{}\"", part.repeat(SIZE / part.len()))),
    );
    texts.push(format!("| where isnull(a0) {}| where isnull(a60)", doubled));
    texts.push(format!("f IN ({})", "a, ".repeat(SIZE / 3)));
    for text in &texts {
        let start = Instant::now();
        let _ = read(text, &storage);
        assert!(start.elapsed() < Duration::from_secs(5), "{:.40}: {:?}", text, start.elapsed());
    }
}

proptest::proptest! {
    /// No sequence of fragments makes the reader fail, and what it says has a place in the text.
    #[test]
    fn any_text_has_an_answer(parts in proptest::collection::vec(proptest::sample::select(FRAGMENTS.to_vec()), 0..14)) {
        let text: String = parts.concat();
        if let Err(error) = read(&text, &storage()) {
            let lines = u32::try_from(text.split('\n').count()).unwrap();
            proptest::prop_assert!(error.place.is_somewhere() && error.place.end_line <= lines, "{}: {:?}", text, error);
        }
    }
}

const FRAGMENTS: &[&str] = &[
    "f",
    "=",
    "!=",
    "<",
    "\"",
    "a",
    "*",
    "\\",
    " ",
    "\n",
    "(",
    ")",
    ",",
    " IN (",
    " OR ",
    " AND ",
    "NOT ",
    "|",
    "| where ",
    "| search ",
    "| eval x=",
    "| regex f=\"",
    "| rex field=f \"(?<n>a)\"",
    "match(f,\"",
    "(?i)",
    "\\d",
    "[",
    "]",
    "$",
    "{2}",
    "+",
    "-",
    "5",
    "é",
    "'",
    "`",
    "```",
    "x",
    "n",
    "if(",
    "isnull(",
    "substr(f,",
    "len(g)",
    "-len(g)",
    "lower(f)",
    "TERM(",
    "CASE(a)",
    "10.0.0.0/8",
    " LIKE ",
    " XOR ",
    ".",
    "index=a ",
    "| table f",
];

/// What is shown is a sample of what was found, but never an event without the field.
#[test]
fn dedup_wants_its_fields() {
    check(&[
        ("f=1 | dedup g", json!({"f": "1", "g": "x"}), Some(true)),
        ("f=1 | dedup g, h", json!({"f": "2", "g": "x", "h": "y"}), Some(false)),
        ("f=1 | dedup g", json!({"f": "1"}), None),
    ]);
}
