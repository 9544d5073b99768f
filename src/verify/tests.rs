//! Claims made by hand: approximations, fields of several values, and what targets say in other words.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use crate::ir::{Comparison, Decimal, Predicate, Subject, Value, lower};
use crate::rule;
use crate::source::{Place, Source};
use crate::storage::{ColumnKey, ColumnType, Columns, Names};
use crate::text::{ip, pattern::Part};

/// `*` and `?` as wildcards, nothing escaped: a notation for tests only.
fn pattern(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|c| match c {
        '*' => Part::Any,
        '?' => Part::One,
        other => Part::Text(other.to_string()),
    }))
}

fn on(field: &str, predicate: Predicate) -> Expr {
    Expr::test(Subject::field(field), predicate, Place::NOWHERE)
}

fn cased(field: &str, case: Case, patterns: &[&str]) -> Expr {
    let any = patterns.iter().map(|text| Value { pattern: pattern(text), place: Place::NOWHERE }).collect();
    on(field, Predicate::Like { any, case })
}

fn exact(field: &str, patterns: &[&str]) -> Expr {
    cased(field, Case::Sensitive, patterns)
}

fn like(field: &str, patterns: &[&str]) -> Expr {
    cased(field, Case::Fold, patterns)
}

fn found(items: &str, query: &Expr, key: ColumnKey, approximation: Option<Direction>, assumptions: &[Assumption]) -> Finding {
    let text = format!("title: T\nlogsource: {{category: test}}\ndetection:\n  s: {{{items}}}\n  condition: s\n");
    let rule = rule::parse(&Source::new("", &text)).into_iter().find_map(|document| document.rule);
    let rule = rule.unwrap_or_else(|| panic!("no rule: {text}"));
    let meaning = lower::lower(&rule).unwrap().into_iter().next().unwrap();
    let columns = Columns::open(ColumnType { holds: key.holds(), compares: Case::Sensitive });
    let storage = Storage { table: None, names: Names::Sensitive, columns, raw: None, networks: None };
    let bound = storage.keyed(&meaning);
    verify(&Claim {
        rule: &rule,
        condition: 0,
        meaning: &meaning,
        bound: &bound,
        legal: None,
        query,
        assumptions,
        storage: &storage,
        approximation,
    })
}

fn names(finding: &Finding) -> Vec<Name> {
    finding.assumptions.iter().map(|assumption| assumption.name).collect()
}

#[test]
fn approximations_differ_in_their_direction_only() {
    let (over, under) = (Some(Direction::Over), Some(Direction::Under));
    for (items, query, direction, bounded) in [
        ("f|contains: 'ab c'", like("f", &["*ab*"]), over, Kind::Proved),
        ("f: 'a?c'", like("f", &["a*c"]), over, Kind::Proved),
        ("f|re: 'foo\\d+bar'", exact("f", &["*foo*bar*"]), over, Kind::Proved),
        ("f: foo", exact("f", &["foo"]), under, Kind::Proved),
        ("f|contains: [a, 'b?d']", like("f", &["*a*"]), under, Kind::Proved),
        ("f|fieldref: g", Expr::and([on("f", Predicate::Exists), on("g", Predicate::Exists)]), over, Kind::Proved),
        ("f|contains: a, g|re: 'x\\dy|z+'", like("f", &["*a*"]), over, Kind::Proved),
    ] {
        let finding = found(items, &query, ColumnKey::Texts, direction, &[]);
        assert_eq!(
            (finding.kind, finding.approximation, finding.bounded),
            (Kind::Differs, direction, Some(bounded)),
            "{items}: {finding:?}"
        );
        let shown = finding.counterexample.unwrap();
        assert_eq!((shown.rule, shown.query), (direction == under, direction == over), "{items}");
        // In the other direction, or without permission, the same is an error.
        for direction in [None, if direction == over { under } else { over }] {
            let finding = found(items, &query, ColumnKey::Texts, direction, &[]);
            assert_eq!((finding.kind, finding.approximation), (Kind::Differs, None), "{items}: {finding:?}");
        }
    }
    let same = found("f: foo", &like("f", &["foo"]), ColumnKey::Texts, over, &[]);
    assert_eq!((same.kind, same.approximation), (Kind::Proved, over));
}

#[test]
fn any_value_is_not_every_value() {
    let query = like("f", &["a"]);
    let right = found("f: a", &query, ColumnKey::Texts, None, &[]);
    assert_eq!(right.kind, Kind::Proved);
    // Of several values one may be a number and another a text that is equal to none.
    let both = Expr::and([like("f", &["a"]), Expr::not(like("f", &["b"]))]);
    assert_eq!(found("f: a", &both, ColumnKey::OneText, None, &[]).kind, Kind::Proved);
    let several = found("f: a", &both, ColumnKey::Texts, None, &[]);
    assert_eq!(several.kind, Kind::Differs);
    assert!(several.counterexample.unwrap().event.root().values().all(serde_json::Value::is_array));
    let single = [Assumption::on_field(Name::SingleValued, "f", "so it is")];
    assert_eq!(found("f: a", &both, ColumnKey::Texts, None, &single).kind, Kind::Proved);
}

#[test]
fn letters_are_as_logged_where_a_target_compares_no_other_way() {
    let finding =
        found("f|endswith: ['\\Cmd.exe', '\\pwsh.exe']", &exact("f", &["*\\Cmd.exe", "*\\pwsh.exe"]), ColumnKey::Keyword, None, &[]);
    assert_eq!((finding.kind, names(&finding)), (Kind::Proved, vec![Name::CaseAsLogged, Name::CaseAsLogged]), "{finding:?}");
    // Another spelling of a value is that value.
    let finding = found("f|contains: [Foo, foo]", &exact("f", &["*Foo*"]), ColumnKey::Keyword, None, &[]);
    assert_eq!((finding.kind, names(&finding)), (Kind::Proved, vec![Name::CaseAsLogged]), "{finding:?}");
    // Two patterns that overlap but for the case of letters are found as both are written.
    let both = Expr::and([exact("f", &["*\\cmd.exe"]), exact("f", &["*CMD*"])]);
    let finding = found("f|endswith: '\\cmd.exe', f|contains: CMD", &both, ColumnKey::Keyword, None, &[]);
    assert_eq!(finding.kind, Kind::Proved, "{finding:?}");
    assert_eq!(found("f: foo", &exact("f", &["foo"]), ColumnKey::Texts, None, &[]).kind, Kind::Differs);
}

#[test]
fn addresses_and_numbers_are_said_in_other_words() {
    let address = on("f", Predicate::Within { any: vec![ip::network("10.1.2.3").unwrap()] });
    let finding = found("f: 10.1.2.3", &address, ColumnKey::Ip, None, &[]);
    assert_eq!(finding.kind, Kind::Proved, "{finding:?}");
    let finding = found("f: 10.1.2.3", &address, ColumnKey::Texts, None, &[]);
    assert_eq!(finding.kind, Kind::Proved, "{finding:?}");
    assert!(names(&finding).contains(&Name::CanonicalIps));
    let five = on("f", Predicate::Compare { op: Comparison::Eq, number: Decimal::parse("5").unwrap() });
    assert_eq!(found("f: 5", &five, ColumnKey::Whole, None, &[]).kind, Kind::Proved);
    assert_eq!(found("f: 5", &five, ColumnKey::Fraction, None, &[]).kind, Kind::Proved);
    assert_ne!(found("f: 5", &five, ColumnKey::Numbers, None, &[]).kind, Kind::Proved);
    let plain = [Assumption::on_pattern(Name::PlainNumbers, "f", &Pattern::exact("5"), "so it is")];
    assert_eq!(found("f: 5", &five, ColumnKey::Numbers, None, &plain).kind, Kind::Proved);
}
