//! What queries in Kibana's language look like, and that no value breaks out of its place.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and explains on stderr"
)]

mod support;

use proptest::prelude::*;
use verisigma::backend::{self, Settings, Target, builtin};
use verisigma::diag::{Code, Diagnostic};
use verisigma::event::Event;
use verisigma::ir::lower::lower;
use verisigma::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Relation, Subject, Value};
use verisigma::source::{Place, Source};
use verisigma::storage::{Column, ColumnKey, ColumnType, Columns, Name, Names, Storage};
use verisigma::text::pattern::Part;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|c| match c {
        '*' => Part::Any,
        '?' => Part::One,
        c => Part::Text(c.to_string()),
    }))
}

fn literally(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn test(field: &str, predicate: Predicate) -> Expr {
    Expr::test(Subject::field(field), predicate, Place::NOWHERE)
}

fn patterns(field: &str, patterns: impl IntoIterator<Item = Pattern>, case: Case) -> Expr {
    let any = patterns.into_iter().map(|pattern| Value { pattern, place: Place::NOWHERE }).collect();
    test(field, Predicate::Like { any, case })
}

fn like(field: &str, values: &[&str]) -> Expr {
    patterns(field, values.iter().map(|text| pattern(text)), Case::Fold)
}

fn cased(field: &str, values: &[&str]) -> Expr {
    patterns(field, values.iter().map(|text| pattern(text)), Case::Sensitive)
}

fn exists(field: &str) -> Expr {
    test(field, Predicate::Exists)
}

fn regex(field: &str, text: &str) -> Expr {
    test(field, Predicate::Regex(Regex::new(&regex_syntax::parse(text).unwrap()).unwrap()))
}

fn within(field: &str, networks: &[&str]) -> Expr {
    test(field, Predicate::Within { any: networks.iter().map(|network| network.parse().unwrap()).collect() })
}

fn compare(field: &str, op: Comparison, number: &str) -> Expr {
    test(field, Predicate::Compare { op, number: Decimal::parse(number).unwrap() })
}

fn target() -> std::sync::Arc<Target> {
    builtin("kql").unwrap().unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Fields of every type: the name says which.
fn typed() -> Storage {
    let column = |(name, key): &(&str, ColumnKey)| Column::new(name, ColumnType { holds: key.holds(), compares: Case::Sensitive });
    let kinds = [
        ("key", ColumnKey::Keyword),
        ("unviewed", ColumnKey::UnviewedKeyword),
        ("wild", ColumnKey::Wildcard),
        ("constant", ColumnKey::Constant),
        ("words", ColumnKey::Analyzed),
        ("ip", ColumnKey::Ip),
        ("whole", ColumnKey::Whole),
        ("fraction", ColumnKey::Fraction),
        ("bool", ColumnKey::Boolean),
        ("date", ColumnKey::Date),
        ("other", ColumnKey::Other),
    ];
    let columns = Columns::listed(kinds.iter().map(column).collect());
    Storage { table: None, names: Names::Sensitive, columns, raw: None, networks: None }
}

fn own(name: &str) -> Storage {
    target().storages.iter().find(|own| own.name == name).unwrap().storage.clone()
}

fn with_options(options: &[(&str, &str)]) -> (Storage, Settings) {
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let settings = Settings { options, ..Settings::default() };
    (target().storage(None, &settings).unwrap(), settings)
}

fn written(expr: &Expr, storage: &Storage) -> Result<(String, Vec<&'static str>), Diagnostic> {
    let (storage, _) = storage.suited(expr);
    let written = target().write(expr, &storage, &Settings::default(), &serde_json::Map::new())?;
    let mut names: Vec<&str> = written.assumptions.iter().map(|assumption| assumption.name.name()).collect();
    names.dedup();
    Ok((written.text, names))
}

/// Holds formulas against their queries and what those assume.
fn check(storage: &Storage, cases: &[(Expr, &str, &[&str])]) {
    for (expr, query, assumed) in cases {
        let (text, names) = written(expr, storage).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        assert_eq!((text.as_str(), names.as_slice()), (*query, *assumed));
    }
}

/// Holds formulas against the codes of their refusals and something that their messages say.
fn refuses(storage: &Storage, cases: &[(Expr, Code, &str)]) {
    for (expr, code, says) in cases {
        let error = written(expr, storage).unwrap_err();
        assert!(error.code == *code && error.message.contains(says), "{error:?}");
    }
}

const LOGGED: &[&str] = &["case-as-logged"];
const FACT: &[&str] = &[];

#[test]
fn values_on_keywords() {
    check(
        &own("keyword"),
        &[
            (like("Image", &[r"C:\Windows\cmd.exe"]), r#"Image:"C:\\Windows\\cmd.exe""#, LOGGED),
            (like("Image", &[r"*\cmd.exe"]), r"Image:*\\cmd.exe", LOGGED),
            (like("Image", &[r"*\cmd.exe", r"*\calc.exe"]), r"Image:(*\\cmd.exe or *\\calc.exe)", LOGGED),
            (like("Image", &[r"C:\*", r"*\x", "*y*", "a*b"]), r"Image:(C\:\\* or *\\x or *y* or a*b)", LOGGED),
            (like("User", &["admin", "*svc*"]), r#"User:"admin" or User:*svc*"#, LOGGED),
            (like("EventID", &["4688"]), r#"EventID:"4688""#, FACT),
            (like("EventID", &["4688", "4689"]), r#"EventID:("4688" or "4689")"#, FACT),
            (cased("CommandLine", &["Invoke-*"]), "CommandLine:Invoke-*", FACT),
            (cased("CommandLine", &["ABC", "DEF"]), r#"CommandLine:("ABC" or "DEF")"#, FACT),
            (like("CommandLine", &["* -enc *"]), "CommandLine:* -enc *", LOGGED),
            (like("CommandLine", &[""]), r#"CommandLine:"""#, FACT),
            (like("CommandLine", &["*"]), "CommandLine:*", FACT),
            (exists("Image"), "Image:*", FACT),
            (Expr::not(exists("Image")), "not Image:*", FACT),
            (Expr::not(like("a", &["1", "2"])), r#"not a:("1" or "2")"#, FACT),
        ],
    );
}

#[test]
fn literals_in_their_way() {
    let text = |text: &str| patterns("f", [Pattern::exact(text)], Case::Sensitive);
    let contains = |text: &str| patterns("f", [Pattern::new([Part::Any, literally(text), Part::Any])], Case::Sensitive);
    let endswith = |text: &str| patterns("f", [Pattern::new([Part::Any, literally(text)])], Case::Sensitive);
    let startswith = |text: &str| patterns("f", [Pattern::new([literally(text), Part::Any])], Case::Sensitive);
    check(
        &own("keyword"),
        &[
            (text(r#"a"b\"#), r#"f:"a\"b\\""#, FACT),
            (text("*?"), r#"f:"*?""#, FACT),
            (text("a\tb\r\nc\0d\u{7f}"), r#"f:"a\tb\r\nc\u0000d\u007f""#, FACT),
            (text("null"), r#"f:"null""#, FACT),
            (text(" x "), r#"f:" x ""#, FACT),
            (text("a and b or not c"), r#"f:"a and b or not c""#, FACT),
            (text("\u{202e}fdp.exe\u{a0}\u{feff}"), r#"f:"\u202efdp.exe\u00a0\ufeff""#, FACT),
            (text("Größe 😀"), r#"f:"Größe 😀""#, FACT),
            (contains(r#"\():<>"*{}"#), r#"f:*\\\(\)\:\<\>\"\*\{\}*"#, FACT),
            (contains("?+-=&|![]^~/;,'#@%$"), "f:*?+-=&|![]^~/;,'#@%$*", FACT),
            (contains(r"\not a \n"), r"f:*\\\u006eot a \\n*", FACT),
            (contains("rock and roll"), r"f:*rock \and roll*", FACT),
            (contains("this Or that"), r"f:*this \Or that*", FACT),
            (contains(" and or "), r"f:* \and \or *", FACT),
            (contains("cannot start"), r"f:*can\u006eot start*", FACT),
            (contains("NOT x"), r"f:*\u004eOT x*", FACT),
            (contains("sandy order notes"), "f:*sandy order notes*", FACT),
            (endswith("do not"), r"f:*do \u006eot", FACT),
            (endswith("this and"), r"f:*this \and", FACT),
            (startswith("and so"), r"f:\and so*", FACT),
            (startswith("nothing"), "f:nothing*", FACT),
            (contains("a\u{a0}and\u{3000}b\t"), r"f:*a\u00a0and\u3000b\t*", FACT),
            (contains("true"), "f:*true*", FACT),
            (endswith("x  y"), "f:*x  y", FACT),
        ],
    );
    refuses(
        &own("keyword"),
        &[
            (endswith("x "), Code::RefusedLiteral, "a blank at the edge"),
            (startswith("\u{a0}x"), Code::RefusedLiteral, "a blank at the edge"),
            (startswith("\u{feff}x"), Code::RefusedLiteral, "a blank at the edge"),
            (endswith("x\t"), Code::RefusedLiteral, "a blank at the edge"),
            (like("f", &["a?c"]), Code::RefusedLiteral, "a wildcard for one character"),
            (contains("@kuery-wildcard@"), Code::RefusedLiteral, "keeps `@kuery-wildcard@` to itself"),
            (startswith("@kuery-wildcard"), Code::RefusedLiteral, "keeps `@kuery-wildcard@` to itself"),
        ],
    );
}

#[test]
fn names() {
    let value = |name: &str| exists(name);
    check(
        &own("keyword"),
        &[
            (value("process.command_line"), "process.command_line:*", FACT),
            (value("@timestamp"), "@timestamp:*", FACT),
            (value("cs-User-Agent"), "cs-User-Agent:*", FACT),
            (value("my field"), r#""my field":*"#, FACT),
            (value("or"), r#""or":*"#, FACT),
            (value("Null"), r#""Null":*"#, FACT),
            (value("a:b\"c\n"), r#""a:b\"c\n":*"#, FACT),
            (value("größe"), r#""größe":*"#, FACT),
            (value("@kuery-wildcard@"), r#""@kuery-wildcard@":*"#, FACT),
        ],
    );
    refuses(&own("keyword"), &[(value("a*"), Code::RefusedFieldName, "`a*`"), (value(""), Code::RefusedFieldName, "the name ``")]);
}

#[test]
fn logic_has_the_parentheses_that_it_needs() {
    let (a, b, c) = (like("A", &["1"]), like("B", &["2"]), like("C", &["3*", "*4"]));
    check(
        &own("keyword"),
        &[
            (Expr::or([Expr::and([a.clone(), b.clone()]), c.clone()]), r#"A:"1" and B:"2" or C:(3* or *4)"#, FACT),
            (Expr::and([Expr::or([a.clone(), b.clone()]), c.clone()]), r#"(A:"1" or B:"2") and C:(3* or *4)"#, FACT),
            (Expr::and([a.clone(), Expr::not(Expr::or([b.clone(), c.clone()]))]), r#"A:"1" and not (B:"2" or C:(3* or *4))"#, FACT),
            (Expr::not(Expr::and([a.clone(), Expr::not(b.clone())])), r#"not (A:"1" and not B:"2")"#, FACT),
            (Expr::and([like("A", &["1", "x*"]), b.clone()]), r#"(A:"1" or A:x*) and B:"2""#, LOGGED),
            (Expr::True, "*:*", FACT),
            (Expr::False, "not *:*", FACT),
        ],
    );
}

#[test]
fn fields_of_other_types() {
    check(
        &typed(),
        &[
            (cased("key", &["*a b*"]), "key:*a b*", FACT),
            (cased("unviewed", &["a b"]), r#"unviewed:"a b""#, FACT),
            (like("unviewed", &["*a\u{a0}b*"]), r"unviewed:*a\u00a0b*", LOGGED),
            (cased("wild", &[r"*\cmd.exe", "*AND*"]), r"wild:(*\\cmd.exe or *AND*)", FACT),
            (cased("constant", &["*x"]), "constant:*x", FACT),
            (exists("words"), "words:*", FACT),
            (exists("date"), "date:*", FACT),
            (like("ip", &["10.0.0.1"]), r#"ip:"10.0.0.1""#, &["ip-spelling"]),
            (cased("ip", &["fe80::1", "10.0.0.1"]), r#"ip:("fe80::1" or "10.0.0.1")"#, &["ip-spelling"]),
            // What no address is, a field of addresses never holds.
            (cased("ip", &["-", "10.0.0.1", "*x*"]), r#"ip:"10.0.0.1""#, &["ip-spelling"]),
            (within("ip", &["10.0.0.0/8"]), r#"ip:"10.0.0.0/8""#, &["ip-mapped"]),
            (within("ip", &["10.0.0.0/8", "fd00::/8"]), r#"ip:("10.0.0.0/8" or "fd00::/8")"#, &["ip-mapped"]),
            (within("key", &["10.0.0.0/8"]), "key:10.*", &["canonical-ips"]),
            (like("whole", &["5", "-7"]), "whole:(5 or -7)", FACT),
            (like("fraction", &["0.5"]), "fraction:0.5", FACT),
            (compare("whole", Comparison::Lt, "5"), "whole < 5", FACT),
            (compare("fraction", Comparison::Gte, "-0.5"), "fraction >= -0.5", FACT),
            (Expr::not(compare("whole", Comparison::Gt, "5")), "not whole > 5", FACT),
            (like("bool", &["true"]), "bool:true", FACT),
            (cased("bool", &["false"]), "bool:false", FACT),
        ],
    );
    let order = |field: &str| test(field, Predicate::Order { op: Comparison::Lt, text: "a b".to_owned(), case: Case::Sensitive });
    check(&typed(), &[(order("key"), r#"key < "a b""#, FACT)]);
    refuses(
        &typed(),
        &[
            (cased("wild", &["*a b*"]), Code::RefusedLiteral, "a blank in a value with wildcards"),
            (cased("unviewed", &["*a\u{3000}b*"]), Code::RefusedLiteral, "a blank in a value with wildcards"),
            (cased("words", &["x"]), Code::RefusedTest, "a column of this type"),
            (cased("words", &["*x*"]), Code::RefusedTest, "a column of this type"),
            (cased("date", &["2024"]), Code::RefusedTest, "a column of this type"),
            (exists("other"), Code::RefusedTest, "a column of this type"),
            (cased("ip", &["10.*"]), Code::RefusedTest, "a column of this type"),
            (cased("ip", &["FE80::1"]), Code::RefusedLiteral, "no address"),
            (cased("whole", &["x"]), Code::RefusedLiteral, "beyond the numbers"),
            (cased("whole", &["5.5"]), Code::RefusedLiteral, "no whole number"),
            (cased("bool", &["1"]), Code::RefusedLiteral, "neither `true` nor `false`"),
            (compare("key", Comparison::Lt, "5"), Code::RefusedNumber, "a column of this type"),
            (regex("key", "a[b-z]+"), Code::RefusedRegex, "the regular expression"),
        ],
    );
}

#[test]
fn expressions_that_are_patterns_are_written_as_such() {
    check(
        &own("keyword"),
        &[
            (regex("f", r"(?s)\Aa b.*\\c\.exe\z"), r"f:a b*\\c.exe", FACT),
            (regex("f", "-D"), "f:*-D*", FACT),
            (regex("f", r"\Aab\z|cd"), r#"f:"ab" or f:*cd*"#, FACT),
            (regex("f", "(?i)ab|12"), "f:(*ab* or *12*)", LOGGED),
            (regex("f", "a[bc]"), "f:(*ab* or *ac*)", FACT),
        ],
    );
    refuses(
        &own("keyword"),
        &[
            (regex("f", r"\Aa.*b\z"), Code::RefusedRegex, "no exact way to rewrite it"),
            (regex("f", "(?s)a.b"), Code::RefusedRegex, "a wildcard for one character"),
        ],
    );
    let endless = backend::embedded("kql.yaml").unwrap().replace("anything: [{by: exists}]", "anything: [{by: regex}]");
    let errors = Target::load(&Source::new("endless.yaml", &endless), &backend::embedded).unwrap_err();
    assert!(errors[0].message.contains("would lead to each other"), "{errors:?}");
}

/// A field of type ip makes one spelling of all: what was logged decides whether an assumption holds.
#[test]
fn assumptions_on_addresses_are_about_what_was_logged() {
    let storage = typed();
    for (expr, logged, holds) in [
        (within("ip", &["10.0.0.0/8"]), "10.0.0.1", true),
        (within("ip", &["10.0.0.0/8"]), "::ffff:10.0.0.1", false),
        (cased("ip", &["fe80::1"]), "fe80::1", true),
        (cased("ip", &["fe80::1"]), "FE80:0::1", false),
        (cased("ip", &["10.0.0.1"]), "::ffff:10.0.0.1", false),
    ] {
        let written = target().write(&expr, &storage, &Settings::default(), &serde_json::Map::new()).unwrap();
        let event = Event::default().with("ip", logged.into());
        let record = storage.record(&event, &["ip"]).unwrap();
        assert_eq!(written.assumptions.iter().all(|assumption| assumption.holds(&storage, &event, &record)), holds, "{logged}");
    }
}

#[test]
fn what_the_language_lacks_is_refused_with_help() {
    let keyword = Expr::test(Subject::AnyLeaf, Predicate::like(pattern("*x*"), Case::Fold), Place::NOWHERE);
    let error = written(&keyword, &own("keyword")).unwrap_err();
    assert_eq!((error.code, error.help.as_deref()), (Code::RefusedKeywords, Some("name in the rule the fields in which the words may be")));
    let other = Predicate::Relates { other: "b".into(), how: Relation::Equal, case: Case::Fold };
    refuses(&own("keyword"), &[(test("a", other), Code::RefusedFieldref, "the comparison with the field `b`")]);
    let storage = own("keyword");
    let settings = Settings { denied: vec![Name::CaseAsLogged], ..Settings::default() };
    let refused = target().write(&like("a", &["x"]), &storage, &settings, &serde_json::Map::new()).unwrap_err();
    assert!(refused.help.as_ref().is_some_and(|help| help.contains("--schema lowercase-keyword")), "{refused:?}");
    assert!(target().write(&like("a", &["1"]), &storage, &settings, &serde_json::Map::new()).is_ok());
}

#[test]
fn letters_compare_as_the_storage_says() {
    let folds: &[&str] = &["ascii-case"];
    check(
        &own("lowercase-keyword"),
        &[
            (like("f", &["sc.exe"]), r#"f:"sc.exe""#, folds),
            (like("f", &["*Abc*"]), "f:*Abc*", FACT),
            (like("f", &["*É*"]), "f:*É*", FACT),
            (cased("f", &["5*"]), "f:5*", FACT),
        ],
    );
    refuses(&own("lowercase-keyword"), &[(cased("f", &["x"]), Code::RefusedCase, "compare letters")]);
    let (caseless, _) = with_options(&[("case_insensitive", "true")]);
    check(
        &caseless,
        &[(like("f", &["*Abc*"]), "f:*Abc*", FACT), (like("f", &["k"]), r#"f:"k""#, folds), (like("f", &["é"]), r#"f:"é""#, folds)],
    );
    // The flag is for keywords that Kibana knows as such.
    let (viewed, _) = with_options(&[("case_insensitive", "true"), ("data_view", "f")]);
    check(&viewed, &[(like("f", &["*Abc*"]), "f:*Abc*", FACT), (like("g", &["*Abc*"]), "g:*Abc*", LOGGED)]);
    refuses(&viewed, &[(like("g", &["*a c*"]), Code::RefusedLiteral, "a blank")]);
}

/// A piece of a query, as a reader who knows only the grammar takes it apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// In quotes.
    Quoted(String),
    /// Outside: the texts between wildcards.
    Bare(Vec<String>),
    Word(&'static str),
    Mark(char),
}

const MARKS: &[char] = &['(', ')', ':', '<', '>', '{', '}'];
const SPECIAL: &[char] = &['\\', '(', ')', ':', '<', '>', '"', '*', '{', '}'];
const SYMBOL: &str = "@kuery-wildcard@";

fn is_space(c: Option<&char>) -> bool {
    matches!(c, Some(' ' | '\t' | '\r' | '\n' | '\u{a0}'))
}

fn word_at(rest: &[char], word: &str) -> bool {
    rest.len() >= word.len() && rest.iter().zip(word.chars()).all(|(c, w)| c.to_ascii_lowercase() == w)
}

fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let rest = &chars[at..];
        let spaced = |word: &str| word_at(rest, word) && is_space(rest.get(word.len()));
        let before = at > 0 && is_space(chars.get(at - 1));
        match c {
            _ if is_space(Some(&c)) => at += 1,
            c if c.is_control() => return Err(format!("control character {c:?}")),
            _ if spaced("not") => {
                tokens.push(Token::Word("not"));
                at += 3;
            }
            _ if before && spaced("and") => {
                tokens.push(Token::Word("and"));
                at += 3;
            }
            _ if before && spaced("or") => {
                tokens.push(Token::Word("or"));
                at += 2;
            }
            '"' => at += quoted_at(rest, &mut tokens)?,
            c if MARKS.contains(&c) => {
                tokens.push(Token::Mark(c));
                at += 1;
            }
            _ => at += bare_at(rest, &mut tokens)?,
        }
    }
    Ok(tokens)
}

fn unit_at(rest: &[char]) -> Option<u16> {
    let digits: String = rest.get(2..6)?.iter().collect();
    (rest.get(1) == Some(&'u')).then(|| u16::from_str_radix(&digits, 16).ok()).flatten()
}

fn control_at(rest: &[char]) -> Option<char> {
    match rest.get(1)? {
        't' => Some('\t'),
        'r' => Some('\r'),
        'n' => Some('\n'),
        _ => None,
    }
}

fn push(units: &mut Vec<u16>, c: char) {
    units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
}

fn quoted_at(rest: &[char], tokens: &mut Vec<Token>) -> Result<usize, String> {
    let mut units = Vec::new();
    let mut at = 1;
    while let Some(&c) = rest.get(at) {
        let here = &rest[at..];
        match c {
            '"' => {
                tokens.push(Token::Quoted(String::from_utf16(&units).unwrap()));
                return Ok(at + 1);
            }
            '\\' if control_at(here).is_some() => {
                push(&mut units, control_at(here).unwrap());
                at += 2;
            }
            '\\' if unit_at(here).is_some() => {
                units.push(unit_at(here).unwrap());
                at += 6;
            }
            '\\' if matches!(here.get(1), Some('\\' | '"')) => {
                push(&mut units, here[1]);
                at += 2;
            }
            c if c.is_control() || c == '\\' => return Err(format!("{c:?} in quotes")),
            c => {
                push(&mut units, c);
                at += 1;
            }
        }
    }
    Err("no closing quote".to_owned())
}

fn bare_at(rest: &[char], tokens: &mut Vec<Token>) -> Result<usize, String> {
    let mut units = Vec::new();
    let mut at = 0;
    while let Some(&c) = rest.get(at) {
        let here = &rest[at..];
        let operator = |word: &str| is_space(here.first()) && word_at(&here[1..], word) && is_space(here.get(1 + word.len()));
        match c {
            '\\' if control_at(here).is_some() => {
                push(&mut units, control_at(here).unwrap());
                at += 2;
            }
            '\\' if here.get(1).is_some_and(|next| SPECIAL.contains(next)) => {
                push(&mut units, here[1]);
                at += 2;
            }
            '\\' if unit_at(here).is_some() => {
                units.push(unit_at(here).unwrap());
                at += 6;
            }
            '\\' => {
                let word = ["or", "and"].into_iter().find(|word| word_at(&here[1..], word)).ok_or("a backslash before nothing")?;
                here[1..=word.len()].iter().for_each(|&c| push(&mut units, c));
                at += 1 + word.len();
            }
            '*' => {
                SYMBOL.chars().for_each(|c| push(&mut units, c));
                at += 1;
            }
            c if SPECIAL.contains(&c) => break,
            _ if operator("or") || operator("and") => break,
            _ if word_at(here, "not") && is_space(here.get(3)) => break,
            c if c.is_control() => return Err(format!("control character {c:?}")),
            c => {
                push(&mut units, c);
                at += 1;
            }
        }
    }
    let text = String::from_utf16(&units).unwrap();
    let trimmed = text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'));
    tokens.push(Token::Bare(trimmed.split(SYMBOL).map(str::to_owned).collect()));
    Ok(at)
}

/// What a reader must find for a pattern.
fn expected(pattern: &Pattern) -> Token {
    match pattern.as_exact() {
        Some(text) => Token::Quoted(text.to_owned()),
        None => {
            let mut texts = vec![String::new()];
            for part in pattern.parts() {
                match part {
                    Part::Text(text) => texts.last_mut().unwrap().push_str(text),
                    Part::Any => texts.push(String::new()),
                    Part::One => panic!("written with a wildcard for one character"),
                }
            }
            Token::Bare(texts)
        }
    }
}

fn name_token(name: &str) -> [Token; 2] {
    [Token::Quoted(name.to_owned()), Token::Bare(vec![name.to_owned()])]
}

/// One test, then another with a value in a list, and what follows: whatever the values are, a reader finds them
/// and nothing else.
fn stays_in_place(name: &str, first: &Pattern, second: &Pattern) -> Result<(), String> {
    let anything = Pattern::new([Part::Any, literally("7")]);
    let list = Expr::not(patterns(name, [second.clone(), anything.clone()], Case::Sensitive));
    let formula = Expr::and([patterns("a", [first.clone()], Case::Sensitive), list, cased("z", &["1"])]);
    let query = match written(&formula, &own("keyword")) {
        Ok((query, _)) => query,
        Err(error) if matches!(error.code, Code::RefusedLiteral | Code::RefusedFieldName) => return Ok(()),
        Err(error) => return Err(format!("{error:?}")),
    };
    let found = tokens(&query).map_err(|error| format!("{error} in {query}"))?;
    let plain = |text: &str| Token::Bare(vec![text.to_owned()]);
    let named = |name_token: Token| {
        let mut all = vec![plain("a"), Token::Mark(':'), expected(first), Token::Word("and"), Token::Word("not")];
        if second.as_exact().is_some() {
            let other = expected(&anything);
            let alternatives =
                [name_token.clone(), Token::Mark(':'), expected(second), Token::Word("or"), name_token, Token::Mark(':'), other];
            all.extend([Token::Mark('(')].into_iter().chain(alternatives));
        } else {
            all.extend([name_token, Token::Mark(':'), Token::Mark('('), expected(second), Token::Word("or"), expected(&anything)]);
        }
        all.extend([Token::Mark(')'), Token::Word("and"), plain("z"), Token::Mark(':'), Token::Quoted("1".to_owned())]);
        all
    };
    if name_token(name).into_iter().any(|token| named(token) == found) { Ok(()) } else { Err(format!("{query}\n{found:?}")) }
}

const HOSTILE: &[&str] = &[
    "\\",
    "\\\\",
    "\"",
    "\\\"",
    "\" or *:* or a:\"",
    ") or (a",
    "x and y",
    " and ",
    " or",
    "or ",
    "and",
    "not",
    "not ",
    "cannot ",
    "no",
    "t ",
    "\\not ",
    "NOT ",
    "\\u006eot ",
    "\\u0022",
    "\\t",
    "\\",
    "\t",
    "\n",
    "\r\n",
    "\u{0}",
    "\u{1b}[31m",
    "\u{a0}and\u{a0}",
    "\u{3000}",
    "\u{feff}",
    "\u{202e}",
    "\u{85}",
    "*",
    "?",
    "{",
    "}",
    ":",
    "<",
    ">",
    "null",
    "true",
    "@kuery-wildcard@",
    "@kuery-wildcard",
    "kuery-wildcard@",
    "😀",
    "\u{e9}",
    "a",
    " ",
    "  ",
    "\u{2028}",
    "-",
    "AND",
    "OR",
    "\u{212a}",
    "",
];

#[test]
fn hostile_literals_stay_in_place() {
    for one in HOSTILE {
        for two in HOSTILE {
            for parts in [
                vec![literally(one), literally(two)],
                vec![Part::Any, literally(one), literally(two)],
                vec![literally(one), Part::Any, literally(two)],
                vec![Part::Any, literally(one), literally(two), Part::Any],
                vec![literally(one), literally(two), Part::Any],
            ] {
                let pattern = Pattern::new(parts);
                if pattern != Pattern::everything() {
                    stays_in_place("f", &pattern, &pattern).unwrap_or_else(|error| panic!("{pattern:?}: {error}"));
                }
            }
            let name = format!("{one}{two}");
            stays_in_place(&name, &Pattern::exact("x"), &Pattern::exact("y")).unwrap_or_else(|error| panic!("{name:?}: {error}"));
        }
    }
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let text = prop_oneof![prop::sample::select(HOSTILE).prop_map(literally), any::<char>().prop_map(|c| literally(&c.to_string()))];
    prop::collection::vec(prop_oneof![4 => text, 1 => Just(Part::Any)], 1..8).prop_map(Pattern::new)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_stay_in_place(first in any_pattern(), second in any_pattern(), name in prop::collection::vec(prop::sample::select(HOSTILE), 1..4)) {
        prop_assume!(first != Pattern::everything() && second != Pattern::everything());
        prop_assert_eq!(stays_in_place(&name.concat(), &first, &second), Ok(()));
    }
}

/// The public rule set is found through `VERISIGMA_SHARED`; without it this only says so.
#[test]
fn the_public_rule_set_is_written() {
    let Some(shared) = support::shared() else { return };
    let storage = own("keyword");
    let (mut queries, mut refused) = (0, 0);
    for named in support::rules(&shared) {
        for meaning in lower(&named.rule).into_iter().flatten() {
            match written(&meaning, &storage) {
                Ok((query, _)) => {
                    queries += 1;
                    tokens(&query).unwrap_or_else(|error| panic!("{}: {error}\n{query}", named.path));
                }
                Err(_) => refused += 1,
            }
        }
    }
    eprintln!("{queries} queries, {refused} refused");
    assert!(queries > 2_900 && refused <= 200, "{queries} queries, {refused} refused");
}
