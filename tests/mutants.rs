//! Verification held to account: faults of every kind that converters have had, each of which it must find. Here
//! those of queries for SQLite, which itself answers about the events that show them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking and shows its table"
)]

mod faults;
mod sqlite;

use faults::formula::{children, compare, exists, like, recased, regex, relates, tests, within};
use faults::{Edit, Fault, fault};
use sqlite::Table;
use std::collections::BTreeSet;
use verisigma::engine::Job;
use verisigma::event::Event;
use verisigma::ir::{Case, Comparison, Expr, Predicate, Relation, lower};
use verisigma::lang;
use verisigma::rule::Rule;
use verisigma::text::pattern::Part;

const fn query(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("sqlite", name, detection, Edit::Query(from, to))
}

const fn sqlite(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("sqlite", name, detection, Edit::Descriptor("sqlite.yaml", from, to))
}

const fn sql(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("sqlite", name, detection, Edit::Descriptor("sql.yaml", from, to))
}

const fn formula(name: &'static str, detection: &'static str, change: fn(&Expr) -> Expr) -> Fault {
    fault("sqlite", name, detection, Edit::Formula(change))
}

const PORTS: &str = "CREATE TABLE events (port INTEGER, name TEXT COLLATE NOCASE, path TEXT)";

const FAULTS: &[Fault] = &[
    // Descriptors: logic
    sql("parentheses in NOT lost", "{a: {x: 1}, b: {y: 2}, condition: not (a or b)}", "{x:operand} IS NOT TRUE", "{x:or} IS NOT TRUE"),
    sql("OR binds like AND", "{a: {x: 1}, b: {y: 2}, c: {z: 3}, condition: c and (a or b)}", "\" OR \", binds: or", "\" OR \", binds: and"),
    sql("NOT without a guard for NULL", "{a: {x|contains: evil}, condition: not a}", "{x:operand} IS NOT TRUE", "NOT {x:operand}"),
    sql("NOT as IS FALSE", "{a: {x|contains: evil}, condition: not a}", "{x:operand} IS NOT TRUE", "{x:operand} IS FALSE"),
    sql("NOT as IS NOT FALSE", "{a: {x|contains: evil}, condition: not a}", "{x:operand} IS NOT TRUE", "{x:operand} IS NOT FALSE"),
    sql("AND joined by OR", "{a: {x: 1, y: 2}, condition: a}", "\" AND \"", "\" OR \""),
    sql("OR joined by AND", "{a: {x: 1}, b: {y: 2}, condition: a or b}", "\" OR \"", "\" AND \""),
    sql("presence as a text", "{a: {x|exists: true}, condition: a}", "{field} IS NOT NULL", "{field} <> ''"),
    sql("absence as the empty text", "{a: {x: null}, condition: a}", "{field} IS NULL", "{field} = ''"),
    sql("absence as presence", "{a: {x: null}, condition: a}", "{field} IS NULL", "{field} IS NOT NULL"),
    sqlite(
        "a LIKE that claims to be never NULL",
        "{a: {x|contains: evil}, condition: not a}",
        "wildcards:             # and contains, endswith\n        - {say: \"{field} LIKE {like}\",",
        "wildcards:\n        - {say: \"{field} LIKE {like}\", two-valued: true,",
    ),
    // Descriptors: patterns
    sqlite(
        "ESCAPE forgotten",
        "{a: {x|contains: a_b}, condition: a}",
        "wildcards:             # and contains, endswith\n        - {say: \"{field} LIKE {like}\", compares: ascii, assumes: [no-nul, canonical-numbers]}\n        - {say: \"{field} LIKE {escaped} ESCAPE '!'\"",
        "wildcards:\n        - {say: \"{field} LIKE {like}\", compares: ascii, assumes: [no-nul, canonical-numbers]}\n        - {say: \"{field} LIKE {escaped}\"",
    ),
    sqlite("`?` written as `%`", "{a: {x: 'svc?.exe'}, condition: a}", "one: \"_\"}, max_bytes", "one: \"%\"}, max_bytes"),
    sqlite("`*` written as `_`", "{a: {x: 'svc*.exe'}, condition: a}", "any: \"%\", one: \"_\"}", "any: \"_\", one: \"_\"}"),
    sqlite("= for LIKE", "{a: {x|startswith: abc}, condition: a}", "{field} LIKE {like}", "{field} = {like}"),
    sqlite("GLOB for LIKE", "{a: {x|startswith: abc}, condition: a}", "{field} LIKE {like}", "{field} GLOB {glob}"),
    sqlite("LIKE for GLOB", "{a: {x|cased|startswith: abc}, condition: a}", "{field} GLOB {glob}", "{field} LIKE {like}"),
    sqlite("brackets of GLOB forgotten", "{a: {x|cased|startswith: 'a[b]'}, condition: a}", "escape: brackets", "escape: \"]\""),
    sqlite("case ignored by nobody", "{a: {x: abc}, condition: a}", "{field} = {text} COLLATE NOCASE", "{field} = {text}"),
    sqlite(
        "case ignored where it counts",
        "{a: {x|cased: abc}, condition: a}",
        "{say: \"{field} = {text}\", many: \"{field} IN ({text})\"",
        "{say: \"{field} = {text} COLLATE NOCASE\", many: \"{field} IN ({text})\"",
    ),
    sqlite(
        "collation of a list lost",
        "{a: {x: [abc, def]}, condition: a}",
        "many: \"{field} COLLATE NOCASE IN ({text})\"",
        "many: \"{field} IN ({text})\"",
    ),
    sqlite(
        "a column that ignores case taken for one that does not",
        "{a: {name|cased: abc}, condition: a}",
        "{field} = {text} COLLATE BINARY",
        "{field} = {text}",
    )
    .on(PORTS),
    // Descriptors: numbers
    sqlite("numbers compared as texts", "{a: {x|gt: 9}, condition: a}", "{text_as_number} > {number}", "{field} > {number}"),
    sqlite("> for >=", "{a: {x|gte: 10}, condition: a}", "{text_as_number} >= {number}", "{text_as_number} > {number}"),
    sqlite("<= for <", "{a: {x|lt: 10}, condition: a}", "{text_as_number} < {number}", "{text_as_number} <= {number}"),
    sqlite("< for >", "{a: {x|gt: 10}, condition: a}", "{text_as_number} > {number}", "{text_as_number} < {number}"),
    sqlite(
        "every text above every number",
        "{a: {port|gt: 1024}, condition: a}",
        "{field} > {number} AND {field} <= 9e999",
        "{field} > {number}",
    )
    .on(PORTS),
    // Descriptors: comparisons of fields
    sqlite(
        "fields compared the wrong way round",
        "{a: {x|fieldref|startswith: y}, condition: a}",
        "instr(lower({field}), lower({other})) = 1",
        "instr(lower({other}), lower({field})) = 1",
    ),
    sqlite(
        "contained for starts with",
        "{a: {x|fieldref|startswith: y}, condition: a}",
        "instr(lower({field}), lower({other})) = 1",
        "instr(lower({field}), lower({other})) > 0",
    ),
    sqlite(
        "fields compared with their case",
        "{a: {x|fieldref: y}, condition: a}",
        "{field} = {other} COLLATE NOCASE",
        "{field} = {other}",
    ),
    sqlite(
        "fields searched with their case",
        "{a: {x|fieldref|contains: y}, condition: a}",
        "instr(lower({field}), lower({other})) > 0",
        "instr({field}, {other}) > 0",
    ),
    // Queries: logic
    query(
        "parentheses dropped",
        "{a: {x: 1}, b: {y: 2}, c: {z: 3}, condition: (a or b) and c}",
        "(x = '1' OR y = '2')",
        "x = '1' OR y = '2'",
    ),
    query(
        "a guard for NULL lost",
        "{a: {x: evil}, b: {y: 2}, condition: b and not a}",
        "(x = 'evil' COLLATE NOCASE) IS NOT TRUE",
        "NOT x = 'evil' COLLATE NOCASE",
    ),
    query("<> for not equal", "{a: {x|neq: evil}, condition: a}", "(x = 'evil' COLLATE NOCASE) IS NOT TRUE", "x <> 'evil' COLLATE NOCASE"),
    query("NOT IN for a negated list", "{a: {x|neq: [1, 2]}, condition: a}", "(x IN ('1', '2')) IS NOT TRUE", "x NOT IN ('1', '2')"),
    query(
        "a negation doubled",
        "{a: {x: evil}, b: {y: 2}, condition: b and not a}",
        "(x = 'evil' COLLATE NOCASE) IS NOT TRUE",
        "((x = 'evil' COLLATE NOCASE) IS NOT TRUE) IS NOT TRUE",
    ),
    query(
        "a negation over too much",
        "{a: {x: 1}, b: {y: 2}, condition: not a and b}",
        "(x = '1') IS NOT TRUE AND y = '2'",
        "(x = '1' AND y = '2') IS NOT TRUE",
    ),
    query(
        "a negation over too little",
        "{a: {x: 1}, b: {y: 2}, condition: not (a and b)}",
        "(x = '1' AND y = '2') IS NOT TRUE",
        "(x = '1') IS NOT TRUE AND y = '2'",
    ),
    query("AND for OR", "{a: [{x: 1}, {y: 2}], condition: a}", " OR ", " AND "),
    query("OR for AND", "{a: {x: 1, y: 2}, condition: a}", " AND ", " OR "),
    query("a condition dropped", "{a: {x: 1, y: 2, z: 3}, condition: a}", " AND y = '2'", ""),
    query("the wrong column", "{a: {ParentImage|endswith: '\\cmd.exe'}, condition: a}", "ParentImage", "Image"),
    query("presence forgotten", "{a: {x|neq: 1, 'x|exists': true}, condition: a}", " AND x IS NOT NULL", ""),
    query("the empty text as absence", "{a: {x: ''}, condition: a}", "x = ''", "x IS NULL"),
    query("the empty text as either", "{a: {x: ''}, condition: a}", "x = ''", "(x = '' OR x IS NULL)"),
    // Queries: patterns
    query("an escape lost", "{a: {x|startswith: 'lsass_'}, condition: a}", "!_", "_"),
    query("an escape too many", "{a: {x: 'svc?.exe'}, condition: a}", "'svc_.exe'", "'svc!_.exe' ESCAPE '!'"),
    query("`?` as `%`", "{a: {x: 'svc?.exe'}, condition: a}", "svc_", "svc%"),
    query("`*` as `_`", "{a: {x: 'svc*.exe'}, condition: a}", "svc%", "svc_"),
    query("`*` lost at the end", "{a: {x|contains: evil}, condition: a}", "%evil%", "%evil"),
    query("`*` lost at the start", "{a: {x|contains: evil}, condition: a}", "%evil%", "evil%"),
    query("a backslash doubled", "{a: {x|endswith: '\\cmd.exe'}, condition: a}", "\\cmd", "\\\\cmd"),
    query("a quote lost", "{a: {x|contains: \"it's\"}, condition: a}", "it''s", "its"),
    query("GLOB for LIKE", "{a: {x|contains: evil}, condition: a}", "LIKE '%evil%'", "GLOB '*evil*'"),
    query("LIKE for GLOB", "{a: {x|contains|cased: evil}, condition: a}", "GLOB '*evil*'", "LIKE '%evil%'"),
    query("a value dropped", "{a: {x: [one, two, three]}, condition: a}", "'two', ", ""),
    query("a value added", "{a: {x: [one, two]}, condition: a}", "'two'", "'two', 'three'"),
    query("a value misspelled", "{a: {x: [one, two]}, condition: a}", "'two'", "'tow'"),
    query("a blank at the end", "{a: {x: one}, condition: a}", "'one'", "'one '"),
    query("BINARY for NOCASE", "{a: {x: one}, condition: a}", "NOCASE", "BINARY"),
    query("NOCASE where case counts", "{a: {x|cased: one}, condition: a}", "'one'", "'one' COLLATE NOCASE"),
    query("a number as another text", "{a: {x: 5}, condition: a}", "'5'", "'5.0'"),
    // Queries: regular expressions
    query("anchored at the start", "{a: {x|re: 'ev[il]'}, condition: a}", "'ev[il]'", "'^ev[il]'"),
    query("anchored at the end", "{a: {x|re: 'ev[il]'}, condition: a}", "'ev[il]'", "'ev[il]\\z'"),
    query("an anchor lost", "{a: {x|re: '^ev[il]'}, condition: a}", "'^ev", "'ev"),
    query("(?i) lost", "{a: {x|re|i: 'ev[il]'}, condition: a}", "(?i)", ""),
    query("(?i) added", "{a: {x|re: 'ev[il]'}, condition: a}", "'ev", "'(?i)ev"),
    query("(?m) lost", "{a: {x|re|m: '^ev[il]'}, condition: a}", "(?m)", ""),
    query("`.` for every character", "{a: {x|re: 'a.c'}, condition: a}", "a.c", "a(?s:.)c"),
    query("`.` unescaped", "{a: {x|re: 'a\\.[cd]'}, condition: a}", "a\\.", "a."),
    query("\\b lost", "{a: {x|re: '\\bdel\\b'}, condition: a}", "\\bdel", "del"),
    query("\\b passed on as a letter", "{a: {x|re: '\\bdel\\b'}, condition: a}", "\\bdel", "bdel"),
    query("$ passed on as a character", "{a: {x|re: 'del$'}, condition: a}", "del\\z", "del\\$"),
    query("a repetition unbounded", "{a: {x|re: 'a[0-9]{1,3}b'}, condition: a}", "{1,3}", "+"),
    query("an alternative lost", "{a: {x|re: '(del|erase) '}, condition: a}", "|erase", ""),
    query("parentheses of alternatives lost", "{a: {x|re: '(del|erase) x'}, condition: a}", "(?:del|erase) x", "del|erase x"),
    // Queries: numbers
    query("> for >= in a query", "{a: {port|gte: 1024}, condition: a}", ">= 1024", "> 1024").on(PORTS),
    query("one more", "{a: {port|lt: 1024}, condition: a}", "< 1024", "< 1025").on(PORTS),
    // Queries: networks
    query("a network too wide", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "'192.168.%'", "'192.16%'"),
    query("a network too narrow", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "'192.168.%'", "'192.168.1.%'"),
    query("a network as its own first address", "{a: {x|cidr: 10.0.0.0/8}, condition: a}", "LIKE '10.%'", "= '10.0.0.0'"),
    query("the point after an octet lost", "{a: {x|cidr: 10.0.0.0/8}, condition: a}", "'10.%'", "'10%'"),
    query("one of a network's patterns lost", "{a: {x|cidr: 172.16.0.0/12}, condition: a}", " OR x LIKE '172.31.%'", ""),
    query("an IPv6 network too narrow", "{a: {x|cidr: 'fe80::/10'}, condition: a}", " OR x LIKE 'feb_:%'", ""),
    query("an IPv6 network too wide", "{a: {x|cidr: 'fe80::/10'}, condition: a}", "'fe8_:%'", "'fe__:%'"),
    query("only the first address of an IPv6 network", "{a: {x|cidr: 'fe80::/10'}, condition: a}", "'fe8_:%'", "'fe80::%'"),
    query("\\z of a network lost", "{a: {x|cidr: 10.0.0.0/8}, condition: a}", "\\z", "").without(&["canonical-ips"]),
    query("^ of a network lost", "{a: {x|cidr: 10.0.0.0/8}, condition: a}", "'^", "'").without(&["canonical-ips"]),
    // Queries: variants
    query("an offset of base64 lost", "{a: {x|base64offset|contains: foobar}, condition: a}", " OR x LIKE '%Zvb2Jhc%'", ""),
    query("a dash of windash lost", "{a: {x|windash|contains: ' -enc'}, condition: a}", " OR x LIKE '% /enc%'", ""),
    query("a long dash of windash lost", "{a: {x|windash|contains: ' -enc'}, condition: a}", " OR x LIKE '% ―enc%'", ""),
    query("bytes of base64 not wide", "{a: {x|wide|base64|contains: foo}, condition: a}", "ZgBvAG8A", "Zm9v"),
    query("base64 compared with its case", "{a: {x|wide|base64|contains: foo}, condition: a}", "LIKE '%ZgBvAG8A%'", "GLOB '*ZgBvAG8A*'"),
    query("a column of a keyword lost", "{a: [evil], condition: a}", " OR path LIKE '%evil%'", "").on(PORTS),
    query("a keyword as a whole value", "{a: [evil], condition: a}", "path LIKE '%evil%'", "path = 'evil' COLLATE NOCASE").on(PORTS),
    query("any of several keywords", "{a: {'|all': [evil, deeds]}, condition: a}", ") AND (", " OR ")
        .on("CREATE TABLE events (x TEXT, y TEXT)"),
    // Queries: comparisons of fields
    query("fields swapped", "{a: {x|fieldref|contains: y}, condition: a}", "instr(lower(x), lower(y))", "instr(lower(y), lower(x))"),
    query("starts with for contained", "{a: {x|fieldref|contains: y}, condition: a}", "> 0", "= 1"),
    query("a field compared with itself", "{a: {x|fieldref: y}, condition: a}", "x = y", "x = x"),
    query("the name of a field as a text", "{a: {x|fieldref: y}, condition: a}", "x = y", "x = 'y'"),
    // Formulas: laws that look true
    formula("not all as all not", "{a: {x: 1}, b: {y: 2}, condition: not (a and b)}", |expr| match expr {
        Expr::Not(inner) => Expr::and(children(inner).iter().cloned().map(Expr::not)),
        other => other.clone(),
    }),
    formula("all values as any", "{a: {x|contains|all: [evil, deed]}, condition: a}", |expr| Expr::or(children(expr).to_vec())),
    formula("any value as all", "{a: [{x: 1}, {y: 2}], condition: a}", |expr| Expr::and(children(expr).to_vec())),
    formula("not less as greater or equal", "{a: {x|lt: 5}, condition: not a}", |_| compare("x", Comparison::Gte, "5")),
    formula("presence dropped beside a negation", "{a: {x|neq: 1, 'x|exists': true}, condition: a}", |expr| children(expr)[0].clone()),
    formula("starts and ends with as one pattern", "{a: {x|startswith: aba, 'x|endswith': bac}, condition: a}", |_| {
        like("x", &[Part::Text("aba".to_owned()), Part::Any, Part::Text("bac".to_owned())])
    }),
    formula("a negation dropped", "{a: {x: 1}, b: {y: 2}, condition: b and not a}", |expr| {
        Expr::and(children(expr).iter().map(|child| if let Expr::Not(inner) = child { (**inner).clone() } else { child.clone() }))
    }),
    formula("AND taken for OR below", "{a: {x: 1}, b: {y: 2}, c: {z: 3}, condition: a and (b or c)}", |expr| {
        let [a, or] = children(expr) else { panic!("{expr:?}") };
        Expr::or([Expr::and([a.clone(), children(or)[0].clone()]), children(or)[1].clone()])
    }),
    formula("a field compared with itself is present", "{a: {x|fieldref: y}, condition: a}", |_| exists("x")),
    formula("absence of one field as of another", "{a: {x: null, y: 1}, condition: a}", |expr| {
        Expr::and([Expr::not(exists("z")), children(expr)[1].clone()])
    }),
    // Formulas: tests
    formula("case made to count", "{a: {x: evil}, condition: a}", |expr| tests(expr, |test| recased(test, Case::Sensitive))),
    formula("case made not to count", "{a: {x|cased: evil}, condition: a}", |expr| tests(expr, |test| recased(test, Case::Fold))),
    formula("case of letters beyond ASCII made not to count", "{a: {x|cased: É}, condition: a}", |expr| {
        tests(expr, |test| recased(test, Case::Fold))
    })
    .without(&["ascii-case"]),
    formula("the first of several values dropped", "{a: {x|contains: [a1, b2, c3]}, condition: a}", |expr| {
        tests(expr, |test| match &test.predicate {
            Predicate::Like { any, case } => Predicate::Like { any: any[1..].to_vec(), case: *case },
            other => other.clone(),
        })
    }),
    formula("wildcards as characters", "{a: {x: 'a*b'}, condition: a}", |_| like("x", &[Part::Text("a*b".to_owned())])),
    formula("characters as wildcards", "{a: {x: 'a\\*b'}, condition: a}", |_| {
        like("x", &[Part::Text("a".to_owned()), Part::Any, Part::Text("b".to_owned())])
    }),
    formula("a number taken for a text that starts so", "{a: {x: 10}, condition: a}", |_| {
        like("x", &[Part::Text("10".to_owned()), Part::Any])
    }),
    formula("a text taken for its number", "{a: {x: 10}, condition: a}", |_| compare("x", Comparison::Eq, "10")),
    formula("less for less or equal", "{a: {x|lte: 10}, condition: a}", |_| compare("x", Comparison::Lt, "10")),
    formula("a digit more", "{a: {x|gt: 10}, condition: a}", |_| compare("x", Comparison::Gt, "100")),
    formula("equal for a prefix", "{a: {x|fieldref|startswith: y}, condition: a}", |_| relates("x", "y", Relation::Equal)),
    formula("a prefix for equal", "{a: {x|fieldref: y}, condition: a}", |_| relates("x", "y", Relation::Prefix)),
    formula("a prefix of the other", "{a: {x|fieldref|startswith: y}, condition: a}", |_| relates("y", "x", Relation::Prefix)),
    formula("the network around it", "{a: {x|cidr: 10.1.0.0/16}, condition: a}", |_| within("x", "10.0.0.0/8")),
    formula("half of the network", "{a: {x|cidr: '2001:db8::/32'}, condition: a}", |_| within("x", "2001:db8::/33")),
    formula("the network beside it", "{a: {x|cidr: 10.1.2.4/31}, condition: a}", |_| within("x", "10.1.2.6/31")),
    formula("an expression without its flags", "{a: {x|re|i|s: 'a.b'}, condition: a}", |_| regex("x", "a.b")),
    formula("an expression as a whole", "{a: {x|re: 'a[bc]'}, condition: a}", |_| regex("x", "^(?:a[bc])$")),
];

/// What SQLite itself answers about the event.
fn sqlite_answer(rule: &Rule, query: &str, event: &Event, job: &Job) -> Result<bool, String> {
    let meaning = lower::lower(rule).unwrap().remove(0);
    let reading = lang::reader("sql", Some("sqlite")).unwrap().read(query, &job.storage).unwrap();
    let mut names = BTreeSet::new();
    for expr in [&meaning, &reading.expr] {
        expr.for_each_field(&mut |name| {
            names.insert(name);
        });
    }
    let names: Vec<&str> = names.into_iter().collect();
    let answers = Table::new(&job.storage, &names, [event]).answers(query)?;
    answers[0].ok_or_else(|| format!("{event:?} has no record"))
}

#[test]
fn every_fault_is_refuted_by_an_event() {
    faults::refute(FAULTS, sqlite_answer);
}
