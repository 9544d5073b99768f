//! Implications that must be found, and random ones against bags.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::event::Event;
use crate::ir::canonical::canonical;
use crate::ir::{Value, eval};
use crate::source::Place;
use crate::storage::{Column, ColumnKey, ColumnType, Columns, Names, Storage};
use crate::text::pattern::Part;
use crate::verify::prove;
use proptest::prelude::*;

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

fn like(patterns: &[&str]) -> Expr {
    cased("f", Case::Fold, patterns)
}

fn regex(text: &str) -> Expr {
    on("f", Predicate::Regex(Regex::new(&regex_syntax::parse(text).unwrap()).unwrap()))
}

fn within(network: &str) -> Expr {
    on("f", Predicate::Within { any: vec![ip::network(network).unwrap()] })
}

fn compare(op: Comparison, number: &str) -> Expr {
    on("f", Predicate::Compare { op, number: Decimal::parse(number).unwrap() })
}

/// A storage of fields of one kind.
fn storage(key: ColumnKey) -> Storage {
    let kind = ColumnType { holds: key.holds(), compares: Case::Sensitive };
    let listed = vec![Column::new("f", kind), Column::new("g", kind)];
    Storage { table: None, names: Names::Sensitive, columns: Columns { listed, others: Some(kind) }, raw: None, networks: None }
}

fn implies_on(a: &Expr, b: &Expr, key: ColumnKey) -> (bool, BTreeSet<Assumption>) {
    let storage = storage(key);
    let facts = Facts::new(&storage, &[]);
    let (a, b) = (canonical(a), canonical(b));
    let mut implication = Implication::new(&facts, [&a, &b]);
    let holds = implication.holds(&a.expr, &b.expr);
    (holds, implication.assumptions())
}

fn implies(a: &Expr, b: &Expr) -> bool {
    implies_on(a, b, ColumnKey::Texts).0
}

#[test]
fn tests_imply_wider_ones() {
    for (a, b) in [
        (like(&["C:\\a?b*"]), like(&["c:\\*"])),
        (like(&["ab"]), like(&["*B*", "x"])),
        (like(&["a*b*c"]), like(&["a*c"])),
        (cased("f", Case::Sensitive, &["aB*"]), like(&["ab*"])),
        (like(&["a", "b"]), like(&["?"])),
        (like(&["10.1.2.3"]), within("10.0.0.0/8")),
        (like(&["5"]), compare(Comparison::Gte, "5")),
        (within("10.1.0.0/16"), within("10.0.0.0/8")),
        (within("10.1.0.0/16"), like(&["?*"])),
        (compare(Comparison::Gt, "5"), compare(Comparison::Gte, "5")),
        (compare(Comparison::Gt, "5"), on("f", Predicate::Exists)),
        (regex(r"(?i)cmd\.exe\s+/c\s+\d+"), like(&["*CMD.EXE*"])),
        (regex(r"(?i)cmd\.exe\s+/c"), Expr::and([like(&["*cmd.exe*"]), like(&["*/c*"])])),
        (regex(r"^foo\d+|^foobar.*x$"), like(&["foo*"])),
        (regex(r"a(?:foo|bar)+\d"), like(&["*foo*", "*bar*"])),
        (regex(r"(?:ab){2,}c\w"), like(&["*ababc?*"])),
        (regex(r"\bfoo\b.+"), like(&["*foo?*"])),
        (regex(r"(?i)task\d"), like(&["*task*"])),
        (Expr::not(like(&["a*"])), Expr::not(like(&["ab", "ac*"]))),
        (Expr::or([like(&["ab"]), regex("xy+z")]), Expr::or([like(&["a*"]), like(&["*y*"])])),
        (Expr::and([like(&["ab"]), on("g", Predicate::Exists)]), on("f", Predicate::Exists)),
        (on("f", Predicate::Relates { other: "g".into(), how: Relation::Prefix, case: Case::Fold }), on("g", Predicate::Exists)),
    ] {
        assert!(implies(&a, &b), "{a:?} does not imply {b:?}");
        assert!(!implies(&b, &a), "{b:?} implies {a:?}");
    }
}

#[test]
fn what_looks_implied_and_is_not() {
    for (a, b) in [
        (Expr::and([like(&["a*"]), like(&["*b"])]), like(&["a*b"])),
        (like(&["*ab*"]), cased("f", Case::Sensitive, &["*ab*"])),
        (like(&["a*b"]), like(&["a?*b"])),
        (Expr::and([regex("a\\d"), regex("b\\d")]), like(&["*a*b*", "*b*a*"])),
        (like(&["05"]), compare(Comparison::Eq, "5")),
        (compare(Comparison::Eq, "5"), like(&["5"])),
        (on("f", Predicate::Exists), like(&["*"])),
        (regex(r"(?m)^foo\d$"), like(&["foo?"])),
        (like(&["a"]), Expr::not(like(&["b"]))),
    ] {
        assert!(!implies(&a, &b), "{a:?} implies {b:?}");
    }
    // Of one value, other texts are ruled out.
    assert!(implies_on(&like(&["a"]), &Expr::not(like(&["b"])), ColumnKey::OneText).0);
}

#[test]
fn folding_is_assumed_where_it_matters() {
    let (fold, ascii) = (like(&["*task*"]), cased("f", Case::Ascii, &["*as*"]));
    let assumed = |a: &Expr, b: &Expr| implies_on(a, b, ColumnKey::Texts).1.len();
    assert_eq!((implies(&fold, &ascii), assumed(&fold, &ascii)), (true, 1));
    assert_eq!((implies(&fold, &like(&["*as*"])), assumed(&fold, &like(&["*as*"]))), (true, 0));
    assert_eq!((implies(&regex(r"(?i)task\d"), &ascii), assumed(&regex(r"(?i)task\d"), &ascii)), (true, 1));
}

/// What stands before an exact condition is proved to add nothing, also for hundreds of values.
#[test]
fn a_weaker_condition_in_front_adds_nothing() {
    let names: Vec<String> = (0..600).map(|n| format!("*\\tool{n}?.exe")).collect();
    let loose: Vec<String> = names.iter().map(|name| name.replace('?', "*")).collect();
    let of = |names: &[String]| like(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let exact = Expr::or([
        Expr::and([of(&names), cased("g", Case::Fold, &["*x*"]), Expr::not(cased("g", Case::Fold, &["*y?z*"]))]),
        regex(r"(?i)evil\d+\.dll"),
    ]);
    let front = Expr::or([Expr::and([of(&loose), cased("g", Case::Fold, &["*x*"])]), like(&["*evil*.dll*"])]);
    let query = Expr::and([front, exact.clone()]);
    let storage = storage(ColumnKey::Texts);
    let compared = prove::compare(&exact, &query, &Facts::new(&storage, &[]));
    assert!(compared.equal(), "{compared:?}");
    assert!(compared.assumptions.is_empty());
}

fn predicate() -> impl Strategy<Value = Expr> {
    let glob = "[abk?*]{0,4}".prop_map(|text: String| text);
    let case = prop::sample::select(vec![Case::Sensitive, Case::Ascii, Case::Fold]);
    let expression = prop::sample::select(vec![
        "a",
        "ab+",
        "^a",
        "a$",
        "a.b",
        "(?i)k+b",
        "(?i-u:k).*",
        "a|b+",
        "(?:ab|ba)*a\\d?",
        "^(?:a|bk){1,2}$",
        "[ab]{2}",
        "(?s)^a.*b$",
        "\\ba",
        "[^a]b",
        "a{2,}",
        "(?:a+|b+)k",
    ]);
    let number = prop::sample::select(vec!["5", "-1", "5.5", "10"]);
    let op = prop::sample::select(vec![Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte, Comparison::Eq]);
    let network = prop::sample::select(vec!["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0"]);
    let how = prop::sample::select(vec![Relation::Equal, Relation::Prefix, Relation::Suffix, Relation::Infix]);
    let field = prop::sample::select(vec!["f", "f", "g"]);
    prop_oneof![
        6 => (field, case.clone(), prop::collection::vec(glob, 1..3))
            .prop_map(|(field, case, globs)| cased(field, case, &globs.iter().map(String::as_str).collect::<Vec<_>>())),
        4 => expression.prop_map(regex),
        1 => (op, number).prop_map(|(op, number)| compare(op, number)),
        1 => prop::sample::select(vec!["5", "10.1.2.3", "a", "-1"]).prop_map(|text| like(&[text])),
        1 => network.prop_map(within),
        1 => Just(on("f", Predicate::Exists)),
        1 => (how, case).prop_map(|(how, case)| on("f", Predicate::Relates { other: "g".into(), how, case })),
    ]
}

fn formula() -> impl Strategy<Value = Expr> {
    predicate().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::and),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::or),
            inner.prop_map(Expr::not),
        ]
    })
}

fn members() -> impl Strategy<Value = Vec<String>> {
    let text = prop_oneof![
        4 => "[aAbBkK\u{212a}]{0,4}",
        1 => prop::sample::select(vec!["5", "5.5", "-1", "05", "10.1.2.3", "10.2.0.1", "a\nb", "1.1.1.1"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(text, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    /// On random bags, what is implied holds where what implies it holds; wherever the assumptions do.
    #[test]
    fn implied_formulas_hold(a in formula(), b in formula(), bags in prop::collection::vec((members(), members()), 24)) {
        for (a, b) in [(&a, &b), (&a, &Expr::or([a.clone(), b.clone()])), (&Expr::and([a.clone(), b.clone()]), &b)] {
            let (holds, assumptions) = implies_on(a, b, ColumnKey::Texts);
            let storage = storage(ColumnKey::Texts);
            let compared = prove::compare(a, b, &Facts::new(&storage, &[]));
            for (f, g) in &bags {
                let event = Event::default().with("f", f.clone().into()).with("g", g.clone().into());
                let (left, right) = (eval::matches(a, &event), eval::matches(b, &event));
                // The forms are canonical: a literal that is compared in several ways is taken for one.
                if assumptions.iter().chain(&compared.assumptions).all(|own| own.holds(&storage, &event, &event)) {
                    prop_assert!(!holds || !left || right, "{:?} on {:?}", (a, b), event);
                    prop_assert!(!compared.covers || !left || right, "{:?} on {:?}", (a, b), event);
                    prop_assert!(!compared.is_covered || !right || left, "{:?} on {:?}", (a, b), event);
                }
            }
        }
    }
}
