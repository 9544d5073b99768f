//! Each modifier and each decision, with events that match and events that nearly do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use crate::rule::{ConditionText, Logsource, Metadata, Value};
use crate::source::Place;
use crate::text::number::Decimal;
use crate::text::time;
use serde_json::json;

fn text(pattern: &str) -> ValueKind {
    let part = |c| match c {
        '*' => Part::Any,
        '?' => Part::One,
        c => Part::Text(c.to_string()),
    };
    ValueKind::Text(Pattern::new(pattern.chars().map(part)))
}

fn texts_of(patterns: &[&str]) -> Vec<ValueKind> {
    patterns.iter().map(|pattern| text(pattern)).collect()
}

/// A text in which `*` and `?` are themselves.
fn literal(text: &str) -> ValueKind {
    ValueKind::Text(Pattern::exact(text))
}

fn number(token: &str) -> ValueKind {
    ValueKind::Number(Decimal::parse(token).unwrap())
}

fn network(text: &str) -> ValueKind {
    ValueKind::Network(ip::network(text).unwrap())
}

fn expression(text: &str) -> ValueKind {
    ValueKind::Regex(text.to_owned())
}

fn other(field: &str) -> ValueKind {
    ValueKind::Field(field.to_owned())
}

fn modifier(name: &str) -> Modifier {
    match name {
        "contains" => Modifier::Contains,
        "startswith" => Modifier::StartsWith,
        "endswith" => Modifier::EndsWith,
        "all" => Modifier::All,
        "neq" => Modifier::Neq,
        "cased" => Modifier::Cased,
        "exists" => Modifier::Exists,
        "re" => Modifier::Re,
        "i" => Modifier::IgnoreCase,
        "m" => Modifier::Multiline,
        "s" => Modifier::DotAll,
        "cidr" => Modifier::Cidr,
        "windash" => Modifier::Windash,
        "base64" => Modifier::Base64,
        "base64offset" => Modifier::Base64Offset,
        "wide" => Modifier::Utf16Le,
        "utf16be" => Modifier::Utf16Be,
        "utf16" => Modifier::Utf16,
        "fieldref" => Modifier::Fieldref,
        "lt" => Modifier::Lt,
        "lte" => Modifier::Lte,
        "gt" => Modifier::Gt,
        "gte" => Modifier::Gte,
        "minute" => Modifier::Time(time::Part::Minute),
        "hour" => Modifier::Time(time::Part::Hour),
        "day" => Modifier::Time(time::Part::Day),
        "week" => Modifier::Time(time::Part::Week),
        "month" => Modifier::Time(time::Part::Month),
        "year" => Modifier::Time(time::Part::Year),
        other => panic!("no modifier {other}"),
    }
}

/// An item from its key as a rule writes it, and its values.
fn item(key: &str, values: Vec<ValueKind>) -> DetectionItem {
    let mut names = key.split('|');
    let field = names.next().filter(|name| !name.is_empty()).map(str::to_owned);
    let modifiers: Vec<Modifier> = names.map(modifier).collect();
    let linking = if modifiers.contains(&Modifier::All) { Linking::All } else { Linking::Any };
    let values = values.into_iter().map(|kind| Value { kind, place: Place::NOWHERE, written: None }).collect();
    DetectionItem { field, place: Place::NOWHERE, modifiers, values, linking }
}

fn rule(identifiers: Vec<(&str, Search)>, conditions: Vec<Condition>) -> Rule {
    let identifier = |(name, search): (&str, Search)| SearchIdentifier { name: name.to_owned(), place: Place::NOWHERE, search };
    let condition = |condition| ConditionText { condition, text: String::new(), place: Place::NOWHERE };
    Rule {
        filters: Vec::new(),
        place: Place::NOWHERE,
        metadata: Metadata::default(),
        logsource: Logsource::default(),
        detection: Detection {
            identifiers: identifiers.into_iter().map(identifier).collect(),
            conditions: conditions.into_iter().map(condition).collect(),
        },
    }
}

fn event(value: serde_json::Value) -> Event {
    let serde_json::Value::Object(root) = value else { panic!("{value} is no object") };
    Event::new(root)
}

fn name(name: &str) -> Condition {
    Condition::Identifier(name.to_owned())
}

/// Checks a rule of a single item on events, given with what is expected of each.
#[track_caller]
fn check(key: &str, values: Vec<ValueKind>, events: &[(serde_json::Value, bool)]) {
    let rule = rule(vec![("sel", Search::All(vec![item(key, values)]))], vec![name("sel")]);
    for (value, expected) in events {
        assert_eq!(matches(&rule, &event(value.clone())), *expected, "{key} on {value}");
    }
}

/// The same for texts of the field `A`.
#[track_caller]
fn check_texts(key: &str, values: Vec<ValueKind>, hits: &[&str], misses: &[&str]) {
    let hits = hits.iter().map(|text| (json!({"A": text}), true));
    let misses = misses.iter().map(|text| (json!({"A": text}), false));
    check(key, values, &hits.chain(misses).collect::<Vec<_>>());
}

#[test]
fn strings_cover_the_whole_value_caselessly() {
    check_texts("A", texts_of(&["AbC"]), &["abc", "ABC"], &["xabc", "abcx", "ab", ""]);
    check_texts("A", texts_of(&["ΟΔΟΣ", "straße"]), &["οδος", "οδοσ", "STRAßE", "\u{17f}traße"], &["strasse", "οδο"]);
    check_texts("A", texts_of(&["é"]), &["É"], &["e\u{301}"]);
    check("A", texts_of(&["5"]), &[(json!({"A": 5}), true), (json!({"A": "5.0"}), false), (json!({"A": 50}), false)]);
    check("A", texts_of(&["TRUE"]), &[(json!({"A": true}), true), (json!({"A": 1}), false)]);
}

#[test]
fn wildcards_match_every_character() {
    check_texts("A", texts_of(&["a*c"]), &["ac", "abc", "a\n\nc", "acc"], &["ab", "xac", "acx"]);
    check_texts("A", texts_of(&["a?c"]), &["abc", "a\nc", "a🔥c", "a?c"], &["ac", "abbc"]);
    check_texts("A", texts_of(&["*ab?"]), &["ab ab1", "abx"], &["ab", "xab"]);
    check_texts("A", texts_of(&["a*b*a"]), &["aba", "abxa", "axbxba"], &["a", "ab", "aa", "abab"]);
    check_texts("A", texts_of(&["ab*ab"]), &["abab", "abxab"], &["ab", "abaab2"]);
    check_texts("A", vec![literal("a*?")], &["A*?"], &["abc", "a*x"]);
    check("A", texts_of(&["46*"]), &[(json!({"A": 4625}), true), (json!({"A": 546}), false)]);
    let any =
        [(json!({"A": ""}), true), (json!({"A": 0}), true), (json!({"A": null}), false), (json!({"A": {}}), false), (json!({}), false)];
    check("A", texts_of(&["*"]), &any);
}

/// A hard case for a matcher that tries every split: it must not take exponential time.
#[test]
fn many_wildcards_are_no_trouble() {
    let pattern = "*a".repeat(60) + "*b";
    check_texts("A", texts_of(&[&pattern]), &[&("a".repeat(3_000) + "b")], &[&"a".repeat(3_000)]);
}

#[test]
fn many_dashes_are_no_trouble() {
    let pattern = "-a ".repeat(100);
    check_texts("A|windash", texts_of(&[&pattern]), &["/a ".repeat(100).as_str(), &pattern], &["-b ".repeat(100).as_str()]);
}

#[test]
fn empty_is_present_and_null_is_absent() {
    let absent = [json!({}), json!({"A": null}), json!({"A": []}), json!({"A": [null]})];
    let present = [json!({"A": ""}), json!({"A": "x"}), json!({"A": {"B": 1}}), json!({"A": [null, 0]})];
    let cases = |if_absent: bool| -> Vec<_> {
        absent.iter().map(|e| (e.clone(), if_absent)).chain(present.iter().map(|e| (e.clone(), !if_absent))).collect()
    };
    check("A", vec![ValueKind::Null], &cases(true));
    check("A|neq", vec![ValueKind::Null], &cases(false));
    check("A|exists", vec![ValueKind::Boolean(true)], &cases(false));
    check("A|exists", vec![ValueKind::Boolean(false)], &cases(true));
    check("A", texts_of(&[""]), &[(json!({"A": ""}), true), (json!({"A": " "}), false), (json!({"A": null}), false), (json!({}), false)]);
}

#[test]
fn numbers_are_equal_exactly_or_by_their_canonical_text() {
    let five = [(json!(5), true), (json!(5.0), true), (json!("5"), true), (json!(["x", 5]), true)];
    let others = [json!("05"), json!("5.0"), json!("0x5"), json!(" 5"), json!(true), json!(50), json!({"B": 5}), json!(null)];
    let cases: Vec<_> = five.into_iter().chain(others.map(|other| (other, false))).map(|(a, hit)| (json!({"A": a}), hit)).collect();
    check("A", vec![number("5")], &cases);
    let exact = [(json!({"A": 9_007_199_254_740_993_u64}), true), (json!({"A": 9_007_199_254_740_992_u64}), false)];
    check("A", vec![number("9007199254740993")], &exact);
    check("A", vec![number("1.5")], &[(json!({"A": 1.5}), true), (json!({"A": "1.5"}), true), (json!({"A": "1.50"}), false)]);
    check("A", vec![text("accept"), number("2")], &[(json!({"A": "ACCEPT"}), true), (json!({"A": "2"}), true), (json!({"A": 3}), false)]);
}

#[test]
fn booleans_are_themselves_or_their_text() {
    let hits = [json!(true), json!("true"), json!("TRUE"), json!([false, true])];
    let misses = [json!(false), json!(1), json!("1"), json!("yes"), json!(null), json!("true ")];
    let cases: Vec<_> =
        hits.map(|hit| (json!({"A": hit}), true)).into_iter().chain(misses.map(|miss| (json!({"A": miss}), false))).collect();
    check("A", vec![ValueKind::Boolean(true)], &cases);
    check("A", vec![ValueKind::Boolean(false)], &[(json!({"A": "False"}), true), (json!({"A": 0}), false), (json!({}), false)]);
}

#[test]
fn positions_are_added_to_parsed_parts() {
    check_texts("A|contains", texts_of(&["b"]), &["aBc", "b"], &["ac", ""]);
    check_texts("A|contains", texts_of(&["C:\\"]), &["xc:\\y"], &["c:/"]);
    check_texts("A|contains", texts_of(&["a*c"]), &["xaYcz"], &["ca"]);
    check_texts("A|startswith", texts_of(&["a?c*d"]), &["ABCd", "a\\c xx d y"], &["xabcd", "abc"]);
    check_texts("A|endswith", texts_of(&["1?"]), &["x1y", "11"], &["1", "1yz"]);
    check("A|contains", texts_of(&[""]), &[(json!({"A": ""}), true), (json!({"A": 1}), true), (json!({"B": ""}), false)]);
    check("A|startswith", texts_of(&["46"]), &[(json!({"A": 4688}), true), (json!({"A": 1468}), false)]);
}

#[test]
fn lists_are_any_or_all() {
    check_texts("A", texts_of(&["x", "y"]), &["X", "y"], &["z", "xy"]);
    check_texts("A|contains|all", texts_of(&["a", "c"]), &["abc", "ca"], &["ab", "c", ""]);
    check_texts("A|all|contains", texts_of(&["a", "c"]), &["ca"], &["a"]);
    check("A|contains|all", texts_of(&["foo", "bar"]), &[(json!({"A": ["xfoo", "bar"]}), true), (json!({"A": ["foo", "fo"]}), false)]);
}

#[test]
fn neq_negates_the_whole_item() {
    let cases = [(json!({"A": "z"}), true), (json!({"A": "X"}), false), (json!({"A": ["z", "y"]}), false), (json!({"A": null}), true)];
    check("A|neq", texts_of(&["x", "y"]), &cases);
    check("A|neq", texts_of(&["x"]), &[(json!({}), true)]);
    check_texts("A|contains|all|neq", texts_of(&["a", "b"]), &["a", "b", ""], &["ab"]);
    check_texts("A|re|neq", vec![expression("^x")], &["y"], &["x"]);
    check(
        "A|cidr|neq",
        vec![network("10.0.0.0/8")],
        &[(json!({"A": "11.0.0.1"}), true), (json!({}), true), (json!({"A": "10.0.0.1"}), false)],
    );
    check("A|neq", vec![number("5")], &[(json!({"A": 6}), true), (json!({"A": "5"}), false)]);
}

#[test]
fn cased_compares_exactly() {
    check_texts("A|cased", texts_of(&["AbC"]), &["AbC"], &["abc", "ABC"]);
    check_texts("A|cased|contains", texts_of(&["A*c"]), &["xAbcx"], &["xabcx", "xAbCx"]);
    check_texts("A|contains|cased", texts_of(&["Ä"]), &["xÄ"], &["xä"]);
}

#[test]
fn windash_varies_each_leading_dash_alone() {
    check_texts(
        "A|windash|contains",
        texts_of(&[" -f "]),
        &["x /f y", "x -f y", "x –f y", "x —F y", "x ―f y"],
        &["x f y", "x +f y", "x −f y"],
    );
    check_texts("A|contains|windash", texts_of(&[" /f "]), &["x -f y"], &["x  f y"]);
    check_texts("A|windash", texts_of(&["-foo-bar"]), &["/foo-bar", "–foo-bar"], &["/foo/bar", "-foo/bar"]);
    check_texts("A|windash", texts_of(&["--foo"]), &["-/foo", "--foo"], &["/-foo", "//foo"]);
    check_texts("A|windash", texts_of(&["a - b"]), &["a - b"], &["a / b"]);
    check_texts("A|windash", texts_of(&["*-a -b"]), &["/a –b", "x-a ―b"], &["/a b"]);
    check_texts("A|windash", texts_of(&["-é -_x -*"]), &["/é /_x -q"], &["/é /_x /q"]);
    check_texts("A|windash|contains|all", texts_of(&["-a", "-b"]), &["/a –b"], &["/a b"]);
    check_texts("A|windash|cased", texts_of(&["-A"]), &["/A"], &["/a"]);
    check_texts("A|windash|base64", texts_of(&["-a"]), &["LWE=", "L2E=", "4oCTYQ=="], &["YQ==", "K2E="]);
}

#[test]
fn base64_encodes_bytes() {
    check_texts("A|base64", texts_of(&["fo"]), &["Zm8=", "zM8="], &["Zm8", "Zm9=", "fo"]);
    check_texts("A|base64|contains", texts_of(&["foobar"]), &["xZm9vYmFyx", "zM9VyMfY"], &["Zm9vYmF"]);
    check_texts("A|contains|base64", texts_of(&["foobar"]), &["xZm9vYmFyx"], &["foobar"]);
    check_texts("A|base64|contains|cased", texts_of(&["foobar"]), &["Zm9vYmFy"], &["zM9VyMfY"]);
    check_texts("A|base64", vec![literal("f*"), literal("é"), literal("")], &["Zio=", "w6k=", ""], &["Zlwq", "f*"]);
    check_texts("A|wide|base64|contains", texts_of(&["cmd", "é"]), &["YwBtAGQA", "6QA="], &["AGMAbQBk", "Y21k"]);
    check_texts("A|utf16be|base64", texts_of(&["cmd"]), &["AGMAbQBk"], &["YwBtAGQA"]);
    check_texts("A|utf16|base64", texts_of(&["cmd"]), &["//5jAG0AZAA="], &["77u/YwBtAGQA", "YwBtAGQA"]);
    check_texts("A|wide|base64", texts_of(&["🔥"]), &["Pdgl3Q=="], &["8J+UpQ=="]);
}

#[test]
fn base64offset_has_three_cores() {
    let hits = ["L2Jpbi9zaHp6", "eC9iaW4vc2h6eg==", "eHgvYmluL3NoCg==", "L2Jpbi9za", "9iaW4vc2", "vYmluL3No"];
    check_texts("A|base64offset|contains", texts_of(&["/bin/sh"]), &hits, &["L2Jpbi9iYXNo", "/bin/sh", "L2Jpbi9z"]);
    check_texts("A|base64offset", texts_of(&["/bin/sh"]), &["L2Jpbi9za"], &["L2Jpbi9zaA"]);
    check_texts("A|base64offset", texts_of(&["f"]), &["Z", "m"], &["", "!!"]);
    check_texts("A|base64offset|contains", texts_of(&["é"]), &["w6kK", "4cOp"], &["w5Q="]);
    check_texts("A|wide|base64offset|contains", texts_of(&["cmd"]), &["eHgAYwBtAGQAeAA=", "eABjAG0AZAA="], &["Y21k"]);
    check_texts("A|base64offset|contains|cased", texts_of(&["/bin/sh"]), &["L2Jpbi9zaHp6"], &["l2jPBI9ZAhP6"]);
}

/// The cores are what every surrounding has in common: compared with the encoding of a text in its midst. A
/// single byte has no core in the middle of a group, where no character depends on it alone.
#[test]
fn base64offset_finds_its_text_at_every_alignment() {
    for needle in ["a", "ab", "abc", "abcd", "é🔥"] {
        for before in ["", "\u{0}", "zz", "\u{7f}~~"] {
            for after in ["", "\u{7f}", "~~"] {
                if (needle.len(), before.len()) == (1, 1) {
                    continue;
                }
                let haystack = encoding::base64(format!("{before}{needle}{after}").as_bytes());
                check_texts("A|base64offset|contains|cased", vec![literal(needle)], &[&haystack], &[]);
            }
        }
    }
    assert_eq!(encoding::base64_cores(b"f"), ["Z", "m"]);
    assert_eq!(encoding::base64_cores(b""), [""; 0]);
}

#[test]
fn regexes_search() {
    check_texts("A|re", vec![expression("b.d")], &["abcde"], &["ab\nde", "aBcde"]);
    check_texts("A|re", vec![expression("^foo$")], &["foo"], &["foo bar", "x\nfoo", "foo\n", "Foo"]);
    check_texts("A|re", vec![expression("")], &["", "abc"], &[]);
    check_texts("A|re", vec![expression(r"a\*b\?")], &["xa*b?x"], &["aab"]);
    check_texts("A|re", vec![expression(r"C:\\Users\\")], &["C:\\Users\\x"], &["C:/Users/"]);
    check_texts("A|re|all", vec![expression("a"), expression("b")], &["xba"], &["xb"]);
    check(
        "A|re",
        vec![expression("^46")],
        &[(json!({"A": 4625}), true), (json!({"A": null}), false), (json!({"A": {}}), false), (json!({}), false)],
    );
    check("A|re", vec![expression("(")], &[(json!({"A": "("}), false)]);
}

#[test]
fn regex_flags_come_from_modifiers_and_from_the_expression() {
    check_texts("A|re|i", vec![expression("FOO|k")], &["foo", "\u{212a}"], &["fo"]);
    check_texts("A|re|m", vec![expression("^foo$")], &["x\nfoo\ny"], &["xfoo"]);
    check_texts("A|re|s", vec![expression("a.b")], &["a\nb"], &["A\nb"]);
    check_texts("A|re|i|s", vec![expression("A.b")], &["a\nB"], &["ab"]);
    check_texts("A|re", vec![expression("(?i)FOO")], &["foo"], &["fo"]);
    check_texts("A|re", vec![expression("a(?i:b)c")], &["aBc"], &["abC", "Abc"]);
    check_texts("A|re|i", vec![expression("a(?-i)b|c")], &["Ab", "c"], &["aB", "C"]);
    check_texts("A|re", vec![expression("(?ms)^a.b$")], &["x\na\nb\ny"], &["xa\nb"]);
    check_texts("A|re", vec![expression("(?im-s:^A.$)")], &["x\nab\n"], &["x\na\n"]);
}

#[test]
fn regex_classes_are_ascii() {
    check_texts("A|re", vec![expression(r"^\d$")], &["5"], &["٥", "a"]);
    check_texts("A|re", vec![expression(r"^\w$")], &["a", "_", "7"], &["é", "-"]);
    check_texts("A|re", vec![expression(r"^\s$")], &[" ", "\t", "\u{b}"], &["\u{a0}", "x"]);
    check_texts("A|re", vec![expression(r"^\D\W\S$")], &["٥éx", "a-\u{a0}"], &["5--", "aa-", "a- "]);
    check_texts("A|re", vec![expression(r"^[\w-]+[^\d\s]$")], &["a-bé"], &["éa", "a1"]);
    check_texts("A|re", vec![expression(r"\bfoo\b")], &["a foo.", "éfoo"], &["foo_", "afoo"]);
    check_texts("A|re", vec![expression(r"a\Bb|\B-")], &["ab", "é-"], &["a b", "a-"]);
    check_texts("A|re|i", vec![expression(r"^\w$"), expression(r"^[\w.]$")], &["K", "s"], &["\u{212a}", "\u{17f}"]);
    check_texts("A|re|i", vec![expression("^[a-k]$")], &["K", "\u{212a}"], &["l"]);
    check_texts("A|re|i", vec![expression("^[^a-k]$")], &["L"], &["K", "\u{212a}"]);
}

#[test]
fn regex_syntax_of_the_subset() {
    check_texts("A|re", vec![expression("^a{2,3}b{2}c{1,}(d|e)?f*?$")], &["aabbc", "aaabbccdff"], &["abbc", "aabbcg"]);
    check_texts("A|re", vec![expression("^(?:a|b)+$")], &["abba"], &["", "abc"]);
    check_texts("A|re", vec![expression(r"\<a\>\/\-\@")], &["<a>/-@"], &["a/-@"]);
    check_texts("A|re", vec![expression(r"^[\]\\^-]$")], &["]", "\\", "^", "-"], &["a"]);
    check_texts("A|re", vec![expression(r"\Aa\z")], &["a"], &["a\n", "xa"]);
}

/// A repetition that is repeated keeps its group (the printer of `regex-syntax` leaves it out).
#[test]
fn repeated_repetitions_are_optional() {
    for text in ["^(a+)?b$", "^(?:a+)??b$", "^(a{1,2})?b$", "^(a+?)?b$", "^((a{2}?)+)?b$"] {
        check_texts("A|re", vec![expression(text)], &["b", "aab"], &["cb", ""]);
    }
    check_texts("A|re", vec![expression(r"^\<a\>$")], &["<a>"], &["a", " a "]);
    check_texts("A|re", vec![expression("^(a+){2}$")], &["aa", "aaa"], &["a", ""]);
}

#[test]
fn deeply_nested_regexes_are_translated_as_far_as_they_parse() {
    for depth in 1..250 {
        for (open, close) in [("(a|", "b)+"), ("(", ")"), ("(?:a", "b)?"), ("(?:", ")*")] {
            let nested = open.repeat(depth) + "x" + &close.repeat(depth);
            let parses = ::regex::Regex::new(&nested).is_ok();
            assert_eq!(regex::compile(&nested, regex::Flags::default()).is_some(), parses, "{nested}");
        }
    }
}

#[test]
fn cidr_takes_addresses_of_its_family() {
    check_texts(
        "A|cidr",
        vec![network("172.16.0.0/12")],
        &["172.16.0.0", "172.31.255.255"],
        &["172.32.0.0", "172.16.0.1:80", "172.16.0.01", " 172.16.0.1", "172.16.evil.example"],
    );
    check_texts("A|cidr", vec![network("0.0.0.0/0")], &["1.2.3.4"], &["foo", "::1", ""]);
    check_texts("A|cidr", vec![network("fe80::/10")], &["FE80:0:0:0:0:0:0:1", "febf::1"], &["fec0::1", "fe80::1%eth0", "[fe80::1]"]);
    check_texts("A|cidr", vec![network("10.0.0.0/8"), network("::1")], &["10.1.2.3", "0:0:0:0:0:0:0:1"], &["::ffff:10.1.2.3", "::2"]);
    check("A|cidr", vec![network("10.0.0.0/8")], &[(json!({"A": ["x", "10.0.0.1"]}), true), (json!({"A": 10}), false), (json!({}), false)]);
}

#[test]
fn comparisons_are_numeric_and_exact() {
    for (key, hits) in
        [("A|lt", [true, false, false]), ("A|lte", [true, true, false]), ("A|gt", [false, false, true]), ("A|gte", [false, true, true])]
    {
        let numbers = [json!(4.9), json!(5), json!(10)].into_iter().zip(hits);
        let strings = [json!("4.9"), json!("50e-1"), json!("10")].into_iter().zip(hits);
        let never = [json!("abc"), json!(""), json!("05"), json!("+10"), json!(" 4"), json!(true), json!(null), json!({"B": 1})];
        let cases: Vec<_> = numbers
            .chain(strings)
            .chain(never.into_iter().map(|value| (value, false)))
            .map(|(value, hit)| (json!({"A": value}), hit))
            .collect();
        check(key, vec![number("5")], &cases);
    }
    check(
        "A|gt",
        vec![number("9007199254740992")],
        &[(json!({"A": 9_007_199_254_740_993_u64}), true), (json!({"A": 9_007_199_254_740_992_u64}), false)],
    );
    check("A|gt", vec![number("5"), number("10")], &[(json!({"A": 6}), true)]);
    check(
        "A|gt|all",
        vec![number("5"), number("10")],
        &[(json!({"A": 6}), false), (json!({"A": [11]}), true), (json!({"A": [3, -1]}), false)],
    );
    check("A|lt|neq", vec![number("5")], &[(json!({"A": "abc"}), true), (json!({"A": 4}), false)]);
}

#[test]
fn fieldref_compares_two_fields() {
    let values = || vec![other("B.c")];
    check(
        "A|fieldref",
        values(),
        &[
            (json!({"A": "x", "B": {"c": "X"}}), true),
            (json!({"A": 5, "B": {"c": "5"}}), true),
            (json!({"A": ["p", "q"], "B": [{"c": "r"}, {"c": "Q"}]}), true),
            (json!({"A": "abc", "B": {"c": "a*"}}), false),
            (json!({"A": "x", "B": {"c": "xy"}}), false),
            (json!({"A": "x"}), false),
            (json!({}), false),
            (json!({"A": {}, "B": {"c": {}}}), false),
        ],
    );
    let pair = |a: &str, c: &str| json!({"A": a, "B": {"c": c}});
    check("A|fieldref|startswith", values(), &[(pair("abc", "AB"), true), (pair("abc", "bc"), false), (pair("ab", "abc"), false)]);
    check("A|fieldref|endswith", values(), &[(pair("abc", "BC"), true), (pair("abc", "ab"), false)]);
    check(
        "A|fieldref|contains",
        values(),
        &[(pair("abc", "B"), true), (pair("abc", "x"), false), (pair("abc", "?"), false), (pair("abc", ""), true)],
    );
    check("A|fieldref|cased", values(), &[(pair("aB", "aB"), true), (pair("ab", "aB"), false)]);
    check("A|cased|fieldref|endswith", values(), &[(pair("xaB", "aB"), true), (pair("xab", "aB"), false)]);
    check("A|fieldref|neq", values(), &[(pair("x", "y"), true), (pair("x", "X"), false), (json!({}), true)]);
}

#[test]
fn keywords_search_every_leaf() {
    let nested = json!({"x": {"y": ["z", "a FOO b"]}, "n": 4697});
    check("", texts_of(&["foo", "bar"]), &[(nested.clone(), true), (json!({"foo": "x"}), false), (json!({"A": "fo", "B": "o"}), false)]);
    check("|contains", texts_of(&["foo"]), &[(nested.clone(), true)]);
    check("", texts_of(&["f?o*b"]), &[(nested.clone(), true), (json!({"A": "foo", "B": "b"}), false)]);
    check("", texts_of(&["69"]), &[(nested.clone(), true), (json!({"n": 4688}), false)]);
    check("|all", texts_of(&["foo", "z"]), &[(nested.clone(), true), (json!({"A": "foo"}), false)]);
    check("|startswith", texts_of(&["a f"]), &[(nested.clone(), true), (json!({"A": "xa f"}), false)]);
    check("|endswith", texts_of(&["o b"]), &[(nested.clone(), true), (json!({"A": "o bx"}), false)]);
    check("|cased", texts_of(&["FOO"]), &[(nested.clone(), true), (json!({"A": "foo"}), false)]);
    check("|neq", texts_of(&["foo"]), &[(nested.clone(), false), (json!({"A": "bar"}), true), (json!({}), true)]);
    check("|re", vec![expression("^4.9")], &[(nested.clone(), true), (json!({"A": " 409"}), false)]);
    check("|windash", texts_of(&["-f"]), &[(json!({"A": "x /f y"}), true), (json!({"A": "f"}), false)]);
    check("|base64", texts_of(&["fo"]), &[(json!({"A": "x Zm8= y"}), true), (json!({"A": "fo"}), false)]);
    check("", texts_of(&[""]), &[(json!({"A": "x"}), true), (json!({}), false), (json!({"A": null}), false)]);
}

#[test]
fn numeric_keywords_are_equal_to_a_leaf() {
    let cases = [(json!({"a": {"b": 6}}), true), (json!({"a": ["6"]}), true), (json!({"a": "16", "b": 60, "c": "6.0"}), false)];
    check("", vec![number("6")], &cases);
    check("|all", vec![text("post"), number("200")], &[(json!({"m": "POST /x", "s": 200}), true), (json!({"m": "POST 200"}), false)]);
}

/// Identifiers by name, each a test of field `f` for its own name.
fn named(names: &[&'static str], conditions: Vec<Condition>) -> Rule {
    rule(names.iter().map(|&it| (it, Search::All(vec![item("f", texts_of(&[it]))]))).collect(), conditions)
}

fn of(quantifier: Quantifier, pattern: &str) -> Condition {
    let pattern = if pattern == "them" { SelectorPattern::Them } else { SelectorPattern::Pattern(pattern.to_owned()) };
    Condition::Selector { quantifier, pattern }
}

#[test]
fn conditions_are_two_valued() {
    let both = event(json!({"f": ["a", "b"]}));
    let evaluate = |condition| matches(&named(&["a", "b", "c"], vec![condition]), &both);
    let not = |operand| Condition::Not(Box::new(operand));
    assert!(evaluate(Condition::And(vec![name("a"), name("b")])));
    assert!(!evaluate(Condition::And(vec![name("a"), name("c")])));
    assert!(evaluate(Condition::Or(vec![name("c"), name("b")])));
    assert!(!evaluate(Condition::Or(vec![name("c"), not(name("a"))])));
    assert!(evaluate(not(not(name("a")))));
    assert!(matches(&named(&["a"], vec![not(name("a"))]), &event(json!({}))), "absent: the test is false, its negation true");
    assert!(matches(&named(&["a"], vec![not(name("a"))]), &event(json!({"f": null}))));
    assert!(!matches(&named(&["a"], vec![not(name("a"))]), &event(json!({"f": ["a", "b"]}))), "no member may match");
}

#[test]
fn selectors_leave_out_names_with_an_underscore() {
    let names = ["a_one", "a_two", "_hid", "b"];
    let evaluate =
        |quantifier, pattern, values: &[&str]| matches(&named(&names, vec![of(quantifier, pattern)]), &event(json!({"f": values})));
    assert!(evaluate(Quantifier::Any, "them", &["b"]) && !evaluate(Quantifier::Any, "them", &["_hid"]));
    assert!(evaluate(Quantifier::All, "them", &["a_one", "a_two", "b"]) && !evaluate(Quantifier::All, "them", &["a_one", "a_two"]));
    assert!(evaluate(Quantifier::All, "a_*", &["a_one", "a_two"]) && !evaluate(Quantifier::All, "a_*", &["a_one", "b"]));
    assert!(evaluate(Quantifier::Any, "*_*o*", &["a_one"]) && evaluate(Quantifier::Any, "*_*o*", &["a_two"]));
    assert!(!evaluate(Quantifier::Any, "*id", &["_hid"]) && evaluate(Quantifier::Any, "_*", &["_hid"]));
    assert!(evaluate(Quantifier::Any, "b", &["b"]) && !evaluate(Quantifier::Any, "B", &["b"]), "names are case-sensitive");
    assert!(!evaluate(Quantifier::Any, "a_", &["a_one"]), "the whole name");
}

#[test]
fn each_condition_counts_alone_and_the_rule_matches_by_any() {
    let rule = named(&["a", "b"], vec![name("a"), name("b")]);
    let event = event(json!({"f": "b"}));
    assert!(matches(&rule, &event));
    assert!(!matches_condition(&rule, 0, &event) && matches_condition(&rule, 1, &event) && !matches_condition(&rule, 2, &event));
}

#[test]
fn maps_are_all_and_lists_are_any() {
    let map = |keys: &[&str]| Search::All(keys.iter().map(|key| item(key, texts_of(&["x"]))).collect());
    let evaluate = |search, value| matches(&rule(vec![("sel", search)], vec![name("sel")]), &event(value));
    assert!(evaluate(map(&["A|startswith", "A|endswith", "B"]), json!({"A": "x1x", "B": "x"})));
    assert!(!evaluate(map(&["A|startswith", "A|endswith"]), json!({"A": "xy"})));
    let mixed = || Search::Any(vec![map(&["A", "B"]), Search::Any(vec![map(&["C"])]), Search::Keywords(item("", texts_of(&["kw"])))]);
    assert!(
        evaluate(mixed(), json!({"C": "x"})) && evaluate(mixed(), json!({"D": "a kw b"})) && evaluate(mixed(), json!({"A": "x", "B": "x"}))
    );
    assert!(!evaluate(mixed(), json!({"A": "x", "B": "y"})));
}

proptest::proptest! {
    /// The evaluator's matcher and the shared one were written apart.
    #[test]
    fn agrees_with_the_shared_matcher(parts in "[aAbk*?]{0,8}", value in "[aAbBkK\u{212a}\n]{0,8}") {
        let ValueKind::Text(pattern) = text(&parts) else { panic!("no text") };
        for (key, case) in [("A", Case::Fold), ("A|cased", Case::Sensitive)] {
            let rule = rule(vec![("sel", Search::All(vec![item(key, vec![ValueKind::Text(pattern.clone())])]))], vec![name("sel")]);
            proptest::prop_assert_eq!(matches(&rule, &event(json!({"A": value}))), pattern.matches(&value, case));
        }
    }
}

#[test]
fn parts_of_times_are_taken_from_texts_alone() {
    let at = |text: &str| json!({"A": text});
    check(
        "A|hour",
        vec![number("22")],
        &[
            (at("2024-01-01T22:30:00Z"), true),
            (at("2024-01-02 00:30:00+02:00"), true),
            (at("2024-01-01T23:30:00Z"), false),
            (at("2024-01-01"), false),
            (at("22"), false),
            (json!({"A": 1_704_148_200}), false),
            (json!({"A": "1704148200"}), false),
            (json!({}), false),
            (json!({"A": [5, "x", "2024-01-01T22:00"]}), true),
        ],
    );
    for (key, value, hit, miss) in [
        ("A|minute|gte", "30", "2024-01-01T00:30", "2024-01-01T00:29:59.999"),
        ("A|day|lt", "10", "2024-02-09", "2024-02-10"),
        ("A|week", "53", "2021-01-03", "2021-01-04"),
        ("A|month|lte", "2", "2024-02-29", "2024-03-01"),
        ("A|year|gt", "2023", "2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00+01:00"),
        ("A|year|neq", "2024", "2023-12-31", "2024-01-01"),
    ] {
        check(key, vec![number(value)], &[(at(hit), true), (at(miss), false), (at("no time"), key.ends_with("neq"))]);
    }
}

#[test]
fn filters_are_anded_to_each_condition_with_names_of_their_own() {
    let one = |key, value| Search::All(vec![item(key, vec![text(value)])]);
    let mut filtered = rule(vec![("selection", one("A", "x")), ("sel_b", one("B", "y"))], vec![name("selection"), name("sel_b")]);
    let any = Condition::Selector { quantifier: Quantifier::Any, pattern: SelectorPattern::Pattern("sel*".to_owned()) };
    let users = rule(vec![("selection", one("U", "bob")), ("sel_c", one("H", "h"))], vec![Condition::Not(Box::new(any))]);
    filtered.filters.push(users.detection.into());
    let holds = |rule: &Rule, value: serde_json::Value| [0, 1, 2].map(|at| matches_condition(rule, at, &event(value.clone())));
    assert_eq!(holds(&filtered, json!({"A": "x", "B": "y"})), [true, true, false]);
    assert_eq!(holds(&filtered, json!({"A": "x", "B": "y", "U": "bob"})), [false; 3]);
    assert_eq!(holds(&filtered, json!({"A": "x", "H": "h"})), [false; 3]);
    filtered.filters.push(rule(vec![("selection", one("U", "al"))], vec![name("selection")]).detection.into());
    assert_eq!(holds(&filtered, json!({"A": "x"})), [false; 3], "as written, without a negation");
    assert!(matches(&filtered, &event(json!({"B": "y", "U": "al"}))));
}
