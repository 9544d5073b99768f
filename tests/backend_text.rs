//! What queries look like: formulas and the SQL that they become, side by side.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use verisigma::backend::{Settings, Target, builtin};
use verisigma::ir::print::print;
use verisigma::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Relation, Subject, Value};
use verisigma::source::Place;
use verisigma::storage::{Affinity, Column, ColumnType, Columns, Name, Names, Storage};
use verisigma::text::pattern::Part;
use verisigma::text::time;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|c| match c {
        '*' => Part::Any,
        '?' => Part::One,
        c => Part::Text(c.to_string()),
    }))
}

fn test(field: &str, predicate: Predicate) -> Expr {
    Expr::test(Subject::field(field), predicate, Place::NOWHERE)
}

fn values(patterns: &[&str]) -> Vec<Value> {
    patterns.iter().map(|text| Value { pattern: pattern(text), place: Place::NOWHERE }).collect()
}

fn like(field: &str, patterns: &[&str]) -> Expr {
    test(field, Predicate::Like { any: values(patterns), case: Case::Fold })
}

fn cased(field: &str, patterns: &[&str]) -> Expr {
    test(field, Predicate::Like { any: values(patterns), case: Case::Sensitive })
}

fn exists(field: &str) -> Expr {
    test(field, Predicate::Exists)
}

fn regex(field: &str, text: &str) -> Expr {
    test(field, Predicate::Regex(Regex::new(&regex_syntax::parse(text).unwrap()).unwrap()))
}

fn within(field: &str, nets: &[&str]) -> Expr {
    test(field, Predicate::Within { any: nets.iter().map(|net| net.parse().unwrap()).collect() })
}

fn compare(field: &str, op: Comparison, number: &str) -> Expr {
    test(field, Predicate::Compare { op, number: Decimal::parse(number).unwrap() })
}

fn relates(field: &str, other: &str, how: Relation, case: Case) -> Expr {
    test(field, Predicate::Relates { other: other.into(), how, case })
}

fn target() -> std::sync::Arc<Target> {
    builtin("sqlite").unwrap().unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Columns of every type: the name says which.
fn typed() -> Storage {
    let column = |name: &str, affinity, compares| Column::new(name, ColumnType::scalar(affinity, compares));
    Storage {
        table: Some("logs".to_owned()),
        names: Names::IgnoreCase,
        columns: Columns::listed(vec![
            column("txt", Affinity::Text, Case::Sensitive),
            column("nocase", Affinity::Text, Case::Ascii),
            column("int", Affinity::Integer, Case::Sensitive),
            column("num", Affinity::Numeric, Case::Ascii),
            column("real", Affinity::Real, Case::Sensitive),
            column("any", Affinity::Untyped, Case::Sensitive),
        ]),
        raw: None,
        networks: None,
    }
}

/// The formula, its query and what it assumes, or the refusal.
fn shown(expr: &Expr, schema: Option<&Storage>, settings: &Settings) -> String {
    let target = target();
    let storage = target.storage(schema, settings).unwrap();
    let mut text = print(expr);
    match target.write(expr, &storage, settings, &serde_json::Map::new()) {
        Ok(written) => {
            let condition = written.text.split_once(" WHERE ").map_or(&*written.text, |(_, condition)| condition).to_owned();
            let _ = writeln!(text, "=> {condition}");
            for assumption in written.assumptions {
                let _ = writeln!(text, "   {}: {}", assumption.name.name(), assumption.because);
            }
        }
        Err(error) => {
            let _ = writeln!(text, "=> {}: {}", error.code.name(), error.message);
            error.help.iter().for_each(|help| writeln!(text, "   help: {help}").unwrap());
        }
    }
    text
}

fn all(exprs: &[Expr], schema: Option<&Storage>, settings: &Settings) -> String {
    exprs.iter().map(|expr| shown(expr, schema, settings)).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_on_open_text_columns() {
    let exprs = [
        like("Image", &[r"C:\Windows\System32\cmd.exe"]),
        like("Image", &[r"*\cmd.exe", r"*\powershell.exe"]),
        like("EventID", &["4688"]),
        like("EventID", &["4688", "4689", "0x10"]),
        like("User", &["admin", "Größe", "*svc_*", "4*"]),
        like("CommandLine", &["* -enc *", "50%", "*!*_*", "it's"]),
        like("CommandLine", &["*"]),
        like("CommandLine", &[""]),
        like("CommandLine", &["??*", "a?c"]),
        like("auditType.category", &["x"]),
        like("order", &["x`y"]),
        cased("CommandLine", &["Invoke-*", "*[*", "ABC", "DEF", "a*"]),
        exists("Image"),
        Expr::not(exists("Image")),
        Expr::not(like("Image", &[r"*\cmd.exe"])),
        Expr::not(like("Image", &["*"])),
    ];
    insta::assert_snapshot!(all(&exprs, None, &Settings::default()));
}

#[test]
fn logic() {
    let (a, b, c) = (like("A", &["1"]), like("B", &["2"]), like("C", &["*x*", "*y*"]));
    let exprs = [
        Expr::or([Expr::and([a.clone(), b.clone()]), c.clone()]),
        Expr::and([Expr::or([a.clone(), b.clone()]), c.clone()]),
        Expr::and([a.clone(), Expr::not(Expr::or([b.clone(), c.clone()]))]),
        Expr::not(Expr::and([a.clone(), Expr::not(b.clone())])),
        Expr::not(Expr::and([Expr::not(exists("A")), Expr::not(exists("B"))])),
        Expr::not(Expr::and([exists("A"), Expr::not(a.clone())])),
        Expr::and([compare("A", Comparison::Gt, "5"), b.clone()]),
        Expr::True,
        Expr::False,
        Expr::and([like("Status", &["x"]), like("status", &["y"])]),
        Expr::test(Subject::AnyLeaf, Predicate::like(pattern("*mimikatz*"), Case::Fold), Place::NOWHERE),
    ];
    insta::assert_snapshot!(all(&exprs, None, &Settings::default()));
}

#[test]
fn regexes_networks_numbers_and_fields() {
    let exprs = [
        regex("CommandLine", r"(?i)\bcertutil(\.exe)?\s.*-urlcache"),
        regex("CommandLine", r"(?i)(?-u:\b)foo"),
        regex("CommandLine", "it's[^a-z]{3}$"),
        regex("CommandLine", r"\b{start}x"),
        within("Ip", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.1/32", "::1/128", "fe80::/10", "fc00::/7"]),
        within("Ip", &["64:ff9b::/96"]),
        compare("Size", Comparison::Gte, "1048576"),
        relates("A", "B", Relation::Equal, Case::Fold),
        relates("A", "B", Relation::Equal, Case::Sensitive),
        relates("A", "B", Relation::Prefix, Case::Fold),
        relates("A", "B", Relation::Suffix, Case::Fold),
        Expr::not(relates("A", "B", Relation::Infix, Case::Fold)),
        relates("A", "B", Relation::Suffix, Case::Sensitive),
    ];
    insta::assert_snapshot!(all(&exprs, None, &Settings::default()));
}

#[test]
fn typed_columns() {
    let mut exprs = Vec::new();
    for column in ["txt", "nocase", "int", "num", "real", "any"] {
        exprs.extend([
            like(column, &["4688"]),
            like(column, &["abc", "4688", "05"]),
            cased(column, &["Abc"]),
            like(column, &["5*"]),
            like(column, &["*cmd*"]),
            regex(column, "^5"),
            compare(column, Comparison::Gt, "5"),
            relates(column, "any", Relation::Equal, Case::Fold),
        ]);
    }
    exprs.push(like("missing", &["x"]));
    exprs.push(relates("int", "real", Relation::Equal, Case::Sensitive));
    exprs.push(Expr::test(Subject::AnyLeaf, Predicate::like(pattern("*mimikatz*"), Case::Fold), Place::NOWHERE));
    insta::assert_snapshot!(all(&exprs, Some(&typed()), &Settings::default()));
}

#[test]
fn parts_of_times() {
    use time::Part::{Day, Hour, Minute, Month, Week, Year};
    let part = |field: &str, part, op, number: &str| test(field, Predicate::TimePart { part, op, number: Decimal::parse(number).unwrap() });
    let exprs = [
        part("txt", Minute, Comparison::Eq, "5"),
        part("txt", Hour, Comparison::Gte, "22"),
        part("nocase", Day, Comparison::Lt, "1.5"),
        part("any", Week, Comparison::Eq, "1"),
        part("num", Month, Comparison::Lte, "6"),
        Expr::not(part("any", Year, Comparison::Gt, "2024")),
        part("int", Hour, Comparison::Gte, "22"),
    ];
    let denied = Settings { denied: vec![Name::IsoTimes], ..Settings::default() };
    insta::assert_snapshot!(all(&exprs, Some(&typed()), &Settings::default()) + "\n" + &shown(&exprs[1], Some(&typed()), &denied));
}

#[test]
fn denied_assumptions_and_options() {
    let keywords = Expr::test(Subject::AnyLeaf, Predicate::like(pattern("*mimikatz*"), Case::Fold), Place::NOWHERE);
    let exprs = [
        like("User", &["sekurlsa", "*ä*", "abc"]),
        like("User", &["*x*"]),
        within("Ip", &["10.0.0.0/9", "2001:db8::/32"]),
        regex("User", "x"),
        compare("Size", Comparison::Lt, "5"),
        keywords,
    ];
    let deny = |names: &[Name]| Settings {
        denied: names.to_vec(),
        options: [("keyword_field".to_owned(), "message".to_owned())].into(),
        ..Settings::default()
    };
    let texts = [
        all(&exprs, None, &deny(&[])),
        all(&exprs, None, &deny(&[Name::AsciiCase, Name::CanonicalIps, Name::RawHoldsValues])),
        all(&exprs, None, &deny(&[Name::AsciiCase, Name::CanonicalIps, Name::RegexpFunction])),
    ];
    insta::assert_snapshot!(texts.join("\n-----\n\n"));
}

#[test]
fn the_whole_statement() {
    let target = target();
    let settings = Settings { options: [("table".to_owned(), "my logs".to_owned())].into(), ..Settings::default() };
    let storage = target.storage(None, &settings).unwrap();
    let written = target.write(&like("A", &["1"]), &storage, &settings, &serde_json::Map::new()).unwrap();
    assert_eq!(written.text, "SELECT * FROM `my logs` WHERE A = '1'");
    let unknown = Settings { options: [("tabel".to_owned(), "x".to_owned())].into(), ..Settings::default() };
    let error = target.storage(None, &unknown).unwrap_err();
    assert_eq!(error.message, "`sqlite` has no option `tabel`");
    assert_eq!(error.help.as_deref(), Some("it has `table`, `keyword_field`, `timestamp_field`"));
}

/// SQLite refuses expressions higher than 1,000: long chains become trees.
#[test]
fn long_chains_are_balanced() {
    let (target, settings) = (target(), Settings::default());
    let many: Vec<String> = (0..3000).map(|n| format!("*{n}*")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let written = target.write(&like("A", &many), target.default_storage().unwrap(), &settings, &serde_json::Map::new()).unwrap();
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE events (A TEXT)").unwrap();
    connection.prepare(&written.text).unwrap();
    let deep = (0..300).fold(like("A", &["x"]), |deep, n| {
        let other = like("B", &[&n.to_string()]);
        if n % 2 == 0 { Expr::and([deep, other]) } else { Expr::or([deep, other]) }
    });
    let error = target.write(&deep, target.default_storage().unwrap(), &settings, &serde_json::Map::new()).unwrap_err();
    assert_eq!(error.code.name(), "refused_size");
}

/// A target whose OR binds tighter than its AND, and whose AND is a blank: numbers in the descriptor.
const TIGHT_OR: &str = r#"
name: tight
about: for this test
language: {name: sql}
evidence: inferred
storages: {texts: {about: texts, names: sensitive, columns: {type: text, compares: fold}}}
formats:
  default: {template: plain, extension: txt, about: the bare condition}
stages:
  search:
    binding: [and, or, not, test]
    literals: {text: {write: sql}, bare: {write: bare}}
    field: [{say: "{bare}"}]
    logic:
      and: {join: " ", binds: and}
      or: {join: " OR ", binds: or}
      not: [{say: "NOT {x:test}", binds: not}]
      true: "*"
      false: "NOT *"
    tests:
      equals: [{say: "{field}={text}", many: "{field} IN ({text})", compares: fold}]
"#;

fn load(text: &str) -> Result<Target, Vec<verisigma::diag::Diagnostic>> {
    let lookup = |path: &str| if path == "plain" { Some("{{ query }}".to_owned()) } else { verisigma::backend::embedded(path) };
    Target::load(&verisigma::source::Source::new("mine.yaml", text), &lookup)
}

#[test]
fn strength_is_data() {
    let target = load(TIGHT_OR).unwrap();
    let (a, b, c) = (like("a", &["1"]), like("b", &["2"]), like("c", &["x", "y"]));
    for (expr, text) in [
        (Expr::and([a.clone(), Expr::or([b.clone(), c.clone()])]), "a='1' b='2' OR c IN ('x', 'y')"),
        (Expr::or([Expr::and([a.clone(), b.clone()]), c.clone()]), "(a='1' b='2') OR c IN ('x', 'y')"),
        (Expr::not(Expr::and([a.clone(), c])), "NOT (a='1' c IN ('x', 'y'))"),
        (Expr::and([Expr::not(a), b]), "NOT a='1' b='2'"),
    ] {
        let written = target.write(&expr, target.default_storage().unwrap(), &Settings::default(), &serde_json::Map::new()).unwrap();
        assert_eq!(written.text, text);
    }
    let error = target.write(&exists("a"), target.default_storage().unwrap(), &Settings::default(), &serde_json::Map::new()).unwrap_err();
    assert_eq!(error.message, "`tight` cannot say the test of the field `a`: it has nothing for such a test");
}

/// Errors in a descriptor have a place, and say what is known.
#[test]
fn descriptors_are_checked() {
    let mut shown = String::new();
    for (from, to) in [
        ("say: \"{field}={text}\"", "say: \"{field}={txet}\""),
        ("say: \"{field}={text}\"", "say: \"{field}={text\""),
        ("{x:test}", "{x:tset}"),
        ("compares: fold}]", "two-valued: true}]"),
        ("equals:", "equal:"),
        ("write: sql}", "write: sql, max: 5}"),
        ("    field:", "    felid:"),
        ("binds: or}", "binds: tight}"),
        ("about: for this test", "about: for this test\nextends: nothing"),
        ("name: tight", ""),
        ("not: [{say: \"NOT {x:test}\", binds: not}]", "not: [{say: \"NOT {x:test}\", binds: not, needs: two-valued}]"),
        ("compares: fold}]", "compares: fold, assumes: [no-null]}]"),
        ("template: plain", "template: fancy"),
    ] {
        let (before, after) = TIGHT_OR.split_once(from).unwrap();
        let text = format!("{before}{to}{after}");
        let source = verisigma::source::Source::new("mine.yaml", &text);
        for error in load(&text).unwrap_err() {
            let _ = writeln!(shown, "{}\n", error.render(&source));
        }
    }
    insta::assert_snapshot!(shown);
}
