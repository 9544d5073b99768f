//! Formulas of many shapes, and random ones against brute force.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::ir::{Case, Comparison, Decimal, Kind, Regex, Relation, Subject, Value as Listed, eval};
use crate::source::Place;
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
    let any = patterns.iter().map(|text| Listed { pattern: pattern(text), place: Place::NOWHERE }).collect();
    on(field, Predicate::Like { any, case })
}

fn like(field: &str, patterns: &[&str]) -> Expr {
    cased(field, Case::Fold, patterns)
}

fn all(field: &str, patterns: &[&str]) -> Expr {
    Expr::and(patterns.iter().map(|text| like(field, &[text])))
}

fn regex(field: &str, text: &str) -> Expr {
    on(field, Predicate::Regex(Regex::new(&regex_syntax::parse(text).unwrap()).unwrap()))
}

fn within(field: &str, networks: &[&str]) -> Expr {
    on(field, Predicate::Within { any: networks.iter().map(|text| ip::network(text).unwrap()).collect() })
}

fn compare(field: &str, op: Comparison, number: &str) -> Expr {
    on(field, Predicate::Compare { op, number: Decimal::parse(number).unwrap() })
}

fn exists(field: &str) -> Expr {
    on(field, Predicate::Exists)
}

fn relates(field: &str, how: Relation, other: &str) -> Expr {
    on(field, Predicate::Relates { other: other.into(), how, case: Case::Fold })
}

fn not(expr: Expr) -> Expr {
    Expr::not(expr)
}

/// Whether the test decides the formula on some of the events while it has this truth, by `ir::eval` alone.
fn decides(expr: &Expr, test: &Test, truth: bool, events: &[Event]) -> bool {
    events.iter().any(|event| {
        eval::matches_test(test, event) == truth
            && eval::matches(&with(expr, test, truth), event) != eval::matches(&with(expr, test, !truth), event)
    })
}

/// The formula with a constant for a test.
fn with(expr: &Expr, test: &Test, truth: bool) -> Expr {
    match expr {
        Expr::Test(own) if own == test => {
            if truth {
                Expr::True
            } else {
                Expr::False
            }
        }
        Expr::True | Expr::False | Expr::Test(_) => expr.clone(),
        Expr::And(children) => Expr::and(children.iter().map(|child| with(child, test, truth))),
        Expr::Or(children) => Expr::or(children.iter().map(|child| with(child, test, truth))),
        Expr::Not(child) => Expr::not(with(child, test, truth)),
    }
}

/// The number of tests that are decided both ways; every claim is checked with the evaluator.
fn decided(expr: &Expr) -> usize {
    let derived = derive(expr);
    for decided in &derived.decided {
        for (claim, truth) in [(decided.when_true, true), (decided.when_false, false)] {
            assert_eq!(claim, decides(expr, decided.test, truth, &derived.events), "{:?} when {truth} in {expr:?}", decided.test);
        }
    }
    let tests = derived.decided.len();
    assert!(derived.events.len() <= quota(tests).max(2 * tests + 3) + 1, "{} events for {tests} tests", derived.events.len());
    derived.decided.iter().filter(|decided| decided.when_true && decided.when_false).count()
}

fn assert_all_decided(expr: &Expr) {
    assert_eq!(
        decided(expr),
        derive(expr).decided.len(),
        "{expr:?}\n{:#?}",
        derive(expr).decided.iter().filter(|d| !(d.when_true && d.when_false)).collect::<Vec<_>>()
    );
}

#[test]
fn a_typical_rule_is_decided_and_varied() {
    let expr = Expr::and([
        like("Image", &["*\\cmd.exe", "*\\powershell.exe", "*\\pwsh.exe"]),
        all("CommandLine", &["* -enc *", "*http*", "*.dll*"]),
        not(Expr::or([
            Expr::and([like("ParentImage", &["C:\\Program Files\\*"]), like("Image", &["C:\\Windows\\*"])]),
            like("User", &["*SYSTEM*"]),
            like("CommandLine", &["*localhost*"]),
        ])),
    ]);
    assert_all_decided(&expr);
    let events = derive(&expr).events;
    assert!((60..=90).contains(&events.len()), "{}", events.len());
    let matching = events.iter().filter(|event| eval::matches(&expr, event)).count();
    assert!(matching >= 10 && events.len() - matching >= 20, "{matching} of {} match", events.len());
}

#[test]
fn values_on_one_field_are_put_together() {
    for expr in [
        Expr::and([like("f", &["*x"]), like("f", &["*y*"]), not(like("f", &["z*"]))]),
        Expr::and([like("f", &["a", "b", "c"]), not(like("f", &["a", "c"]))]),
        Expr::and([like("f", &["a", "b", "cy"]), like("f", &["*y*", "*q*", "*b"])]),
        Expr::and([like("f", &["ab?*", "q*"]), like("f", &["?bc*"]), like("f", &["*k*", "*l*"]), like("f", &["*d"])]),
        Expr::and([like("f", &["*"]), not(like("f", &[""]))]),
        Expr::and([like("f", &["*"]), not(like("f", &["?*"])), like("g", &["1"])]),
        Expr::and([like("f", &["*a*"]), like("f", &["*b*"]), not(like("f", &["*ab*"])), not(like("f", &["*ba*"]))]),
        Expr::and([
            cased("f", Case::Fold, &["*powershell*"]),
            not(cased("f", Case::Sensitive, &["*powershell*", "*PowerShell*", "*POWERSHELL*"])),
        ]),
        Expr::and([cased("f", Case::Fold, &["k"]), not(cased("f", Case::Ascii, &["k"]))]),
        Expr::and([within("ip", &["10.0.0.0/8", "192.168.0.0/16"]), not(within("ip", &["10.0.0.0/9", "10.128.0.0/9"]))]),
        Expr::and([within("ip", &["10.0.0.0/8"]), not(within("ip", &["10.0.0.0/24", "10.255.255.255"])), not(like("ip", &["*.1"]))]),
        Expr::and([within("ip", &["fe80::/10"]), like("ip", &["fe80:*", "fe81:*"])]),
        Expr::and([compare("n", Comparison::Gt, "5"), compare("n", Comparison::Lte, "7"), not(compare("n", Comparison::Eq, "6"))]),
        Expr::and([compare("n", Comparison::Gte, "-1.5"), compare("n", Comparison::Lt, "1.5")]),
        Expr::and([compare("n", Comparison::Gt, "5"), not(like("n", &["6"]))]),
        Expr::and([exists("f"), not(like("f", &["*"]))]),
        Expr::and([exists("f"), not(like("f", &["x", "xy"]))]),
        Expr::and([on("f", Predicate::Kind(Kind::Integer)), not(like("f", &["5"]))]),
        Expr::and([on("f", Predicate::Kind(Kind::Boolean)), like("f", &["false"])]),
        Expr::and([on("f", Predicate::Order { op: Comparison::Gt, text: "m".into(), case: Case::Ascii }), not(like("f", &["n*"]))]),
        // Two whole values at once need two values.
        Expr::and([like("f", &["a"]), like("f", &["b"])]),
    ] {
        assert_all_decided(&expr);
    }
}

#[test]
fn regular_expressions_are_sampled() {
    for text in [
        "abc",
        "^abc$",
        "(?i)^abc",
        "a.c",
        r"\d{3}-[a-f]{2,4}",
        "x|yy|z*w",
        r"\bfoo\b",
        r"\Bfoo",
        r"(?i)powershell(?-i).*-e[nc]*",
        "[^a-z]{4}",
        r"^(?:\d{1,3}\.){3}\d{1,3}$",
        r"(?s)a.*b",
        r"\\\\[^\\]+\\pipe",
        "^$",
        "(?m)^line$",
        "a{50}",
        r"[\x{4e00}-\x{9fff}]",
        r"\$\{[^}]{2,}\}",
        "(?:a?){20}b",
        r"[A-Za-z0-9+/]{20,}={0,2}",
        r"\w+\s+\w+",
    ] {
        assert_all_decided(&regex("f", text));
    }
    assert_all_decided(&Expr::and([regex("f", "^ab.*yz$"), like("f", &["*mm*"]), not(regex("f", r"\d"))]));
    assert_all_decided(&Expr::and([regex("f", "a+b"), regex("f", "c[de]"), like("f", &["*\\x.exe"])]));
}

#[test]
fn fields_are_compared() {
    for how in [Relation::Equal, Relation::Prefix, Relation::Suffix, Relation::Infix] {
        assert_all_decided(&relates("a", how, "b"));
        assert_all_decided(&Expr::and([relates("a", how, "b"), like("a", &["*y*"]), like("b", &["*x"])]));
        assert_all_decided(&Expr::and([not(relates("a", how, "b")), like("a", &["*y*"]), like("b", &["*x"])]));
    }
}

#[test]
fn subjects_other_than_fields() {
    let keyword = |subject: Subject| Expr::test(subject, Predicate::like(pattern("*secret*"), Case::Fold), Place::NOWHERE);
    assert_all_decided(&Expr::and([keyword(Subject::AnyLeaf), like("f", &["x"])]));
    assert_all_decided(&Expr::and([keyword(Subject::Raw), like("f", &["x"])]));
}

#[test]
fn constants_have_events() {
    assert_eq!(derive(&Expr::True).events.len(), 1);
    assert_eq!(derive(&Expr::False).events.len(), 1);
}
