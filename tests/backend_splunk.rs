//! What searches look like: the detections of rules and the SPL that they become.
//!
//! Every expected text was compared by hand with the search reference. On the public rule set: what is refused
//! is named, and no rule that `search` says exactly goes to `where`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test reports on standard error and fails by panicking")]

mod support;

use proptest::prelude::*;
use verisigma::backend::{Direction, Settings, Target, Written, builtin};
use verisigma::diag::{Code, Diagnostic};
use verisigma::ir::{self, Case, Expr, Pattern, Predicate, Subject};
use verisigma::rule;
use verisigma::source::{Place, Source};
use verisigma::storage::Name;

fn target() -> std::sync::Arc<Target> {
    builtin("splunk").unwrap().unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The meaning of a rule with this detection section.
fn meaning(detection: &str) -> Expr {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("title: T\nlogsource: {{category: test}}\ndetection:\n{indented}");
    let rule = rule::parse(&Source::new("", &text)).into_iter().find_map(|document| document.rule);
    let rule = rule.unwrap_or_else(|| panic!("no rule: {text}"));
    ir::lower::lower(&rule).unwrap_or_else(|why| panic!("{why:?}: {text}")).first().unwrap().clone()
}

/// The meaning of a rule with one selection.
fn selection(items: &str) -> Expr {
    meaning(&format!("s: {{{items}}}\ncondition: s"))
}

fn write(expr: &Expr, settings: &Settings) -> Result<Written, Diagnostic> {
    let target = target();
    let storage = target.storage(None, settings).unwrap();
    target.write(expr, &storage, settings, &serde_json::Map::new())
}

fn denying(names: &[Name]) -> Settings {
    Settings { denied: names.to_vec(), ..Settings::default() }
}

fn allowing(directions: &[Direction]) -> Settings {
    Settings { allowed: directions.to_vec(), ..Settings::default() }
}

fn shown(expr: &Expr, settings: &Settings) -> String {
    write(expr, settings).map_or_else(|why| format!("{}: {}", why.code.name(), why.message), |written| written.text)
}

/// Detections and their searches.
#[rustfmt::skip]
const SELECTIONS: &[(&str, &str)] = &[
    ("f: x", r#"f="x""#),
    ("f: 4688", "f=4688"),
    ("f: [4688, 4689]", "f IN (4688, 4689)"),
    ("f: -5", r#"f="-5""#),
    ("f: true", r#"f="true""#),
    ("f: ''", r#"f="""#),
    ("f: '*'", "f=*"),
    ("f: null", "NOT f=*"),
    ("f|exists: true", "f=*"),
    ("f|exists: false", "NOT f=*"),
    ("f|contains: a b", r#"f="*a b*""#),
    ("f|startswith: a", r#"f="a*""#),
    (r"f|endswith: '\a.exe'", r#"f="*\\a.exe""#),
    (r"f|endswith: '\'", r#"f="*\\""#),
    (r"f: 'C:\Windows\\*'", r#"f="C:\\Windows\\*""#),
    ("Image|endswith: '\\powershell.exe', CommandLine|contains: ['-enc', '-e ']", r#"Image="*\\powershell.exe" CommandLine IN ("*-enc*", "*-e *")"#),
    ("f|contains|all: [a, b]", r#"f="*a*" f="*b*""#),
    ("f: ['a', 'b*', '*c', 'd*e']", r#"f IN ("a", "b*", "*c", "d*e")"#),
    // Ordinary in `search`.
    (r"f: '50%_|\?, (a) [b] = <c>!'", r#"f="50%_|?, (a) [b] = <c>!""#),
    (r#"f: 'say "hi"'"#, r#"f="say \"hi\"""#),
    ("f: AND", r#"f="AND""#),
    ("f: $x$", r#"f="$x$""#),
    ("f: Größe", r#"f="Größe""#),
    // What `search` cannot say goes to `where`, behind the strongest search.
    ("f: 'a?c'", "f=\"a*c\"\n| where isnotnull(mvfind(f, \"(?is)\\\\Aa.c\\\\z\"))"),
    (r"f: 'a\*c'", "f=\"a*c\"\n| where isnotnull(mvfind(f, \"(?is)\\\\Aa\\\\*c\\\\z\"))"),
    ("f|contains: ['a?c', xyz]", "f IN (\"*a*c*\", \"*xyz*\")\n| where isnotnull(mvfind(f, \"(?is)a.c|xyz\"))"),
    ("f|contains: \"a\\tb\"", "f=\"*a*b*\"\n| where isnotnull(mvfind(f, \"(?is)a\\\\tb\"))"),
    ("f: \"a\\nb\"", "f=\"a*b\"\n| where isnotnull(mvfind(f, \"(?is)\\\\Aa\\\\nb\\\\z\"))"),
    ("f: 'a`b'", "f=\"a*b\"\n| where isnotnull(mvfind(f, \"(?is)\\\\Aa\\\\x60b\\\\z\"))"),
    ("f: '10.0.0.0/8'", "f=\"10.0.0.0/8*\"\n| where isnotnull(mvfind(f, \"(?is)\\\\A10\\\\.0\\\\.0\\\\.0/8\\\\z\"))"),
    ("f|contains: 'abc/../d'", "f=\"*abc*d*\"\n| where isnotnull(mvfind(f, \"(?is)abc/\\\\.\\\\./d\"))"),
    ("f|cased: Foo", "f=\"Foo\"\n| where isnotnull(mvfind(f, \"(?s)\\\\AFoo\\\\z\"))"),
    ("f|cased: '12'", "f=12"),
    ("f|contains|cased: [Foo, Bar]", "f IN (\"*Foo*\", \"*Bar*\")\n| where isnotnull(mvfind(f, \"(?s)Foo|Bar\"))"),
    ("f|re: 'ab.*c$'", "f=\"*ab*c\"\n| where isnotnull(mvfind(f, \"ab.*c\\\\z\"))"),
    (r"f|re|i: 'certutil(\.exe)?\s'", "f=\"*certutil*\"\n| where isnotnull(mvfind(f, \"(?i)certutil(?:\\\\.exe)?[\\\\t-\\\\r ]\"))"),
    (r#"f|re: 'a`"b\\x'"#, "f=\"*a*\\\"b\\\\x*\"\n| where isnotnull(mvfind(f, \"a\\\\x60\\\"b\\\\\\\\x\"))"),
    ("f|re: '^(foo|bar)'", "f IN (\"foo*\", \"bar*\")\n| where isnotnull(mvfind(f, \"^(?:foo|bar)\"))"),
    ("f|cidr: 10.0.0.0/8", r#"f="10.0.0.0/8""#),
    ("f|cidr: [10.0.0.0/8, 'fe80::/10']", r#"f IN ("10.0.0.0/8", "fe80::/10")"#),
    ("f|lt: 5", "f<5"),
    ("f|gte: -1.5", "f>=-1.5"),
    ("f|fieldref: g", "f=* g=*\n| where lower(f)=lower(g)"),
    ("f|cased|fieldref: g", "f=* g=*\n| where f=g"),
    ("f|fieldref|startswith: g", "f=* g=*\n| where substr(lower(f), 1, len(g))=lower(g)"),
    ("f|fieldref|endswith: g", "f=* g=*\n| where substr(lower(f), -len(g))=lower(g)"),
    ("f|fieldref|contains: g", "refused_fieldref: `splunk` cannot say the comparison with the field `g` of the field `f`: it has nothing for such a test"),
    // Names.
    ("c-uri: x", r#""c-uri"="x""#),
    ("a.b: x", r#"a.b="x""#),
    ("a.b|re: xyz", "a.b=\"*xyz*\"\n| where isnotnull(mvfind('a.b', \"xyz\"))"),
    ("NOT: x", r#""NOT"="x""#),
    ("my field: x", r#""my field"="x""#),
    ("index: x", "*\n| where isnotnull(mvfind(index, \"(?is)\\\\Ax\\\\z\"))"),
    ("'it''s': x", "refused_field_name: `splunk` cannot write the name `it\\'s`"),
];

#[test]
fn selections() {
    for (items, expected) in SELECTIONS {
        assert_eq!(shown(&selection(items), &Settings::default()), *expected, "{items}");
    }
}

/// Conditions over selections `a`, `b`, `c` (said by `search`) and `r`, `s`, `u` (not).
#[rustfmt::skip]
const CONDITIONS: &[(&str, &str)] = &[
    ("a or b and c", r#"f="x" OR (g="y" h="z")"#),
    ("(a or b) and c", r#"(f="x" OR g="y") h="z""#),
    ("a and not b", r#"f="x" NOT g="y""#),
    ("a and not (b or c)", r#"f="x" NOT (g="y" OR h="z")"#),
    ("not (a and b)", r#"NOT (f="x" g="y")"#),
    ("not a or b", r#"NOT f="x" OR g="y""#),
    ("a and r", "f=\"x\" i=\"*abc*\"\n| where isnotnull(mvfind(i, \"abc\"))"),
    ("a and not r", "f=\"x\"\n| where isnull(mvfind(i, \"abc\"))"),
    ("not a and not r", "NOT f=\"x\"\n| where isnull(mvfind(i, \"abc\"))"),
    ("a and not (b or r)", "f=\"x\" NOT g=\"y\"\n| where isnull(mvfind(i, \"abc\"))"),
    ("a or r", "f=\"x\" OR i=\"*abc*\"\n| where isnotnull(mvfind(f, \"(?is)\\\\Ax\\\\z\")) OR isnotnull(mvfind(i, \"abc\"))"),
    ("a or not r", "*\n| where isnotnull(mvfind(f, \"(?is)\\\\Ax\\\\z\")) OR isnull(mvfind(i, \"abc\"))"),
    ("a and (b or r) and s", "f=\"x\" (g=\"y\" OR i=\"*abc*\") j=\"K\"\n| where (isnotnull(mvfind(g, \"(?is)\\\\Ay\\\\z\")) OR isnotnull(mvfind(i, \"abc\"))) AND isnotnull(mvfind(j, \"(?s)\\\\AK\\\\z\"))"),
    ("r and s", "i=\"*abc*\" j=\"K\"\n| where isnotnull(mvfind(i, \"abc\")) AND isnotnull(mvfind(j, \"(?s)\\\\AK\\\\z\"))"),
    ("not (r and s)", "*\n| where NOT (isnotnull(mvfind(i, \"abc\")) AND isnotnull(mvfind(j, \"(?s)\\\\AK\\\\z\")))"),
    ("a and not u", "f=\"x\"\n| where if(lower(k)=lower(l), 1, 0)=0"),
];

#[test]
fn conditions() {
    for (condition, expected) in CONDITIONS {
        let selections = "a: {f: x}\nb: {g: y}\nc: {h: z}\nr: {i|re: abc}\ns: {j|cased: K}\nu: {k|fieldref: l}";
        assert_eq!(shown(&meaning(&format!("{selections}\ncondition: {condition}")), &Settings::default()), *expected, "{condition}");
    }
}

/// Keywords, alone and beside a field.
#[rustfmt::skip]
const KEYWORDS: &[(&str, &str, &str)] = &[
    ("[mimikatz]", "k", "*mimikatz*"),
    ("[mimikatz, AND]", "k", "*mimikatz* OR *AND*"),
    ("[mimikatz]", "f and not k", r#"x="y" NOT *mimikatz*"#),
    ("['Invoke-Mimikatz']", "k", "*Mimikatz*\n| where match(_raw, \"(?is)Invoke-Mimikatz\")"),
    ("['a b c']", "f and k", "x=\"y\"\n| where match(_raw, \"(?is)a b c\")"),
    ("['ab-cd']", "f and not k", "x=\"y\"\n| where NOT match(_raw, \"(?is)ab-cd\")"),
    ("['ab-cde', 'x*cde']", "k or f", "*cde* OR x=\"y\"\n| where match(_raw, \"(?is)ab-cde|x.*cde\") OR isnotnull(mvfind(x, \"(?is)\\\\Ay\\\\z\"))"),
];

#[test]
fn keywords() {
    for (words, condition, expected) in KEYWORDS {
        let detection = format!("k: {words}\nf: {{x: y}}\ncondition: {condition}");
        assert_eq!(shown(&meaning(&detection), &Settings::default()), *expected, "{words} {condition}");
    }
}

/// Without an assumption the exact form is taken, as far as there is one.
#[rustfmt::skip]
const DENIED: &[(&str, Name, &str)] = &[
    ("f: x", Name::SearchTimeFields, "f=\"*x*\"\n| where isnotnull(mvfind(f, \"(?is)\\\\Ax\\\\z\"))"),
    ("f|contains: x", Name::SearchTimeFields, "f=\"*x*\""),
    ("f|contains: x", Name::NoLineBreaks, "f=*\n| where isnotnull(mvfind(f, \"(?is)x\"))"),
    ("f: [x, 'y*']", Name::NoLineBreaks, "f=*\n| where isnotnull(mvfind(f, \"(?is)\\\\Ax\\\\z|\\\\Ay\"))"),
    ("f: 5", Name::PlainNumbers, "f=\"5*\"\n| where isnotnull(mvfind(f, \"(?is)\\\\A5\\\\z\"))"),
    ("f: null", Name::NoEmptyValues, "*\n| where isnull(f)"),
    ("f: sys", Name::AsciiCase, "f=\"*y*\"\n| where isnotnull(mvfind(f, \"^[Ssſ][Yy][Ssſ]\\\\z\"))"),
    ("f|re|i: '^sy'", Name::AsciiCase, "f=\"*y*\"\n| where isnotnull(mvfind(f, \"^[Ssſ][Yy]\"))"),
    ("f|lt: 5", Name::SingleValued, "refused_number: `splunk` cannot say the comparison with `5` of the field `f`: `single-valued` would have to be assumed, which is denied"),
];

#[test]
fn denied_assumptions() {
    for (items, name, expected) in DENIED {
        assert_eq!(shown(&selection(items), &denying(&[*name])), *expected, "{items} without {}", name.name());
    }
}

#[test]
fn options_stand_beside_the_query() {
    let rule = serde_json::json!({"fields": ["Image", "c-uri"]});
    let either = meaning("a: {f: x}\nb: {g: y}\ncondition: a or b");
    let with = |options: &[(&str, &str)]| {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let settings = Settings { options, ..Settings::default() };
        let target = target();
        let storage = target.storage(None, &settings).unwrap();
        target.write(&either, &storage, &settings, rule.as_object().unwrap()).map(|written| written.text)
    };
    let beside = with(&[("index", "win*"), ("min_time", "-24h@h"), ("max_time", "now")]);
    assert_eq!(beside.unwrap(), r#"index="win*" earliest="-24h@h" latest="now" (f="x" OR g="y")"#);
    assert_eq!(with(&[("index", "a\" | delete")]).unwrap(), r#"index="a\" | delete" (f="x" OR g="y")"#);
    assert_eq!(with(&[("table", "true")]).unwrap(), "f=\"x\" OR g=\"y\"\n| table Image, \"c-uri\"");
    assert!(with(&[("index", "a`b`")]).is_err());
}

#[test]
fn approximations_are_written_where_allowed() {
    let contains = "f|fieldref|contains: g";
    let either = |condition: &str| meaning(&format!("a: {{f: x}}\nb: {{{contains}}}\ncondition: {condition}"));
    let replaced = "it is replaced by `f exists and g exists`";
    for (expr, allowed, expected, because) in [
        (selection(contains), Direction::Over, "f=* g=*", replaced),
        (either("a or b"), Direction::Over, "f=\"x\" OR (f=* g=*)", replaced),
        (either("a or b"), Direction::Under, "f=\"x\"", "it counts as false"),
        (either("a and not b"), Direction::Under, "f=\"x\" NOT (f=* g=*)", replaced),
        (either("a and not b"), Direction::Over, "f=\"x\"", "it counts as false"),
    ] {
        let written = write(&expr, &allowing(&[allowed])).unwrap();
        let approximation = written.approximation.unwrap();
        assert_eq!((written.text.as_str(), approximation.direction), (expected, allowed));
        let [diagnostic] = approximation.because.as_slice() else { panic!("{:?}", approximation.because) };
        assert!(diagnostic.message.ends_with(because), "{}", diagnostic.message);
        assert!(diagnostic.place.is_somewhere());
    }
    // Nothing would be left of these.
    for (expr, allowed) in
        [(selection(contains), Direction::Under), (either("a and b"), Direction::Under), (either("not b"), Direction::Over)]
    {
        assert_eq!(write(&expr, &allowing(&[allowed])).unwrap_err().code, Code::RefusedFieldref);
    }
    // The first direction that says something is taken, and none where the rule is said exactly.
    let both = allowing(&[Direction::Under, Direction::Over]);
    assert_eq!(write(&selection(contains), &both).unwrap().approximation.unwrap().direction, Direction::Over);
    assert_eq!(write(&selection("f: x"), &both).unwrap().approximation, None);
}

/// What a double-quoted text of `search` says, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?.chars();
    let mut content = String::new();
    loop {
        match rest.next()? {
            '"' => return Some((content, rest.as_str())),
            '\\' => content.push(rest.next().filter(|c| matches!(c, '\\' | '"'))?),
            '*' | '`' => return None,
            c => content.push(c),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]
    /// A value never breaks out of its literal, and the literal says just that value.
    #[test]
    fn values_stay_in_their_literals(value in r#"[ -~é\n\t]{0,6}|[\\"*|`\[\]?a/.]{0,10}"#) {
        let expr = Expr::test(Subject::field("f"), Predicate::like(Pattern::exact(&value), Case::Sensitive), Place::NOWHERE);
        let settings = denying(&[Name::PlainNumbers]);
        let text = write(&expr, &settings).unwrap().text;
        match text.split_once("\n| where ") {
            None => {
                let said = text.strip_prefix("f=").and_then(unquoted);
                prop_assert_eq!(said, Some((value, "")), "{}", text);
            }
            Some((search, condition)) => {
                let rest = search.strip_prefix("f=").unwrap();
                prop_assert!(rest == "*" || unquoted(&rest.replace('*', "")).is_some_and(|(_, after)| after.is_empty()), "{text}");
                let rest = condition.strip_prefix("isnotnull(mvfind(f, ").unwrap();
                let (regex, after) = unquoted(&rest.replace(r"\\*", "<asterisk>")).map(|(regex, after)| (regex, after.to_owned())).unwrap();
                prop_assert_eq!(after, "))");
                let regex = regex::Regex::new(&regex.replace("<asterisk>", r"\*")).unwrap();
                prop_assert!(regex.is_match(&value), "{}", text);
                prop_assert!(!regex.is_match(&format!("{value}x")) && !regex.is_match(&format!("x{value}")), "{}", text);
            }
        }
    }
}

/// On the public rule set: refusals are few and named, and `where` stands only where `search` is not exact.
#[test]
fn the_rule_set_is_written() {
    let Some(shared) = support::shared() else { return };
    let rules = support::rules(&shared);
    let (mut written, mut with_where, mut refused) = (0, 0, Vec::new());
    for named in &rules {
        for expr in ir::lower::lower(&named.rule).unwrap_or_default() {
            match write(&expr, &Settings::default()) {
                Ok(query) => {
                    written += 1;
                    with_where += usize::from(query.text.contains("\n| where "));
                    assert!(!query.text.contains("NOT NOT"), "{}:\n{}", named.path, query.text);
                    assert!(!query.text.contains("/../"), "{}", query.text);
                }
                Err(why) => refused.push(format!("{}: {}", named.path, why.message)),
            }
        }
    }
    eprintln!("splunk: {written} written, {with_where} of them with `where`");
    assert!(written > 3_000 && with_where * 10 < written, "{with_where} of {written} with `where`");
    assert!(refused.len() <= 12, "{refused:#?}");
}
