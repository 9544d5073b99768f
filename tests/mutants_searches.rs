//! Verification held to account for searches: faults in queries for Splunk and in Kibana's KQL, of every kind that
//! converters have had. No engine of theirs runs here: what the query answers about the events that show its faults
//! is what its reader says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking and shows its table"
)]

mod faults;

use faults::formula::{children, compare, exists, like, recased, regex, relates, tests, within};
use faults::{Edit, Fault, fault};
use verisigma::engine::{self, Answer, Job};
use verisigma::event::Event;
use verisigma::ir::{Case, Comparison, Expr, Predicate, Relation};
use verisigma::rule::Rule;
use verisigma::source::Source;
use verisigma::text::pattern::Part;

const fn splunk(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("splunk", name, detection, Edit::Descriptor("splunk.yaml", from, to))
}

const fn spl(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("splunk", name, detection, Edit::Query(from, to))
}

const fn kibana(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("kql", name, detection, Edit::Descriptor("kql.yaml", from, to))
}

const fn kql(name: &'static str, detection: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault("kql", name, detection, Edit::Query(from, to))
}

const fn formula(target: &'static str, name: &'static str, detection: &'static str, change: fn(&Expr) -> Expr) -> Fault {
    fault(target, name, detection, Edit::Formula(change))
}

const NUMBERS: &str = r#"{"mappings": {"properties": {"n": {"type": "long"}, "r": {"type": "double"}, "b": {"type": "boolean"}}}}"#;

/// Only the condition of the `where` stands then: the one before it would rest on this.
const LINES: &[&str] = &["no-line-breaks"];

const SPLUNK: &[Fault] = &[
    // Descriptor: logic
    splunk("OR taken for looser than AND", "{a: {x: 1, y: 2}, b: {z: 3}, condition: a or b}", "binds: or, operands: not", "binds: or"),
    splunk(
        "parentheses in NOT lost",
        "{a: {x: 1}, b: {y: 2}, condition: not (a or b)}",
        "NOT {x:test}\", binds: not}]",
        "NOT {x:or}\", binds: not}]",
    ),
    splunk("NOT lost", "{a: {x: 1}, b: {y: 2}, condition: b and not a}", "NOT {x:test}\", binds: not}]", "{x:test}\", binds: not}]"),
    splunk("terms joined by OR", "{a: {x: 1, y: 2}, condition: a}", "join: \" \", binds", "join: \" OR \", binds"),
    splunk(
        "alternatives joined by a blank",
        "{a: [{x: 1}, {y: 2}], condition: a}",
        "join: \" OR \", binds: or, ",
        "join: \" \", binds: or, ",
    ),
    splunk("AND joined by OR in where", "{a: {x|re: 'a[bc]', y|re: 'd[ef]'}, condition: a}", "join: \" AND \"", "join: \" OR \""),
    splunk("if with its branches swapped", "{a: {x|fieldref: y}, condition: not a}", "if({x:or}, 1, 0)=0", "if({x:or}, 0, 1)=0"),
    // Descriptor: presence
    splunk("presence as absence", "{a: {x|exists: true}, condition: a}", "say: \"{field}=*\"", "say: \"{field}!=*\""),
    splunk(
        "absence as the empty text",
        "{a: {x: null}, b: {y|re: 'ev[il]'}, condition: a or b}",
        "not: \"isnull({field})\"",
        "not: \"{field}=\\\"\\\"\"",
    ),
    splunk(
        "isnotnull for isnull",
        "{a: {x: null}, b: {y|re: 'ev[il]'}, condition: a or b}",
        "not: \"isnull({field})\"",
        "not: \"isnotnull({field})\"",
    ),
    splunk(
        "a negated pattern not negated",
        "{a: {x: 'a?c'}, condition: not a}",
        "not: 'isnull(mvfind({field}, \"(?is)",
        "not: 'isnotnull(mvfind({field}, \"(?is)",
    ),
    splunk(
        "a negated expression not negated",
        "{a: {x|re: 'a[bc]'}, condition: not a}",
        "not: \"isnull(mvfind({field}, {regex}))\"",
        "not: \"isnotnull(mvfind({field}, {regex}))\"",
    ),
    // Descriptor: patterns
    splunk("case flag lost", "{a: {x: 'svc?.exe'}, condition: a}", "(?is)", "(?s)"),
    splunk("case flag added", "{a: {x|cased: abc}, condition: a}", "(?s)", "(?is)"),
    splunk("`.` not for line feeds", "{a: {x: 'a?c'}, condition: a}", "(?is)", "(?i)").without(LINES),
    splunk("alternatives run together", "{a: {x: ['a?c', 'd?f']}, condition: a}", "separator: \"|\"", "separator: \"\""),
    splunk("patterns as flags", "{a: {x|cased: abc}, condition: a}", "(?s){pattern}", "(?s)"),
    splunk(
        "an expression for the whole text of the event",
        "{a: ['ab-cd'], condition: a}",
        "match({field}, \"(?is){pattern}\")",
        "match({field}, \"(?is)^{pattern}\")",
    ),
    // Descriptor: numbers, networks, comparisons of fields
    splunk("< for <=", "{a: {x|lte: 10}, condition: a}", "\"{field}<={number}\"", "\"{field}<{number}\""),
    splunk("<= for <", "{a: {x|lt: 10}, condition: a}", "\"{field}<{number}\"", "\"{field}<={number}\""),
    splunk(
        "> for <",
        "{a: {x|lt: 10}, b: {y|re: 'ev[il]'}, condition: a or b}",
        "tonumber({field})<{number}",
        "tonumber({field})>{number}",
    ),
    splunk(
        "a network compared as a text",
        "{a: {x|cidr: 10.0.0.0/8}, b: {y|re: 'ev[il]'}, condition: a or b}",
        "cidrmatch({network}, {field})",
        "{field}={network}",
    ),
    splunk("case of fields made to count", "{a: {x|fieldref: y}, condition: a}", "lower({field})=lower({other})", "{field}={other}"),
    splunk(
        "case of one of two fields made to count",
        "{a: {x|fieldref|startswith: y}, condition: a}",
        "substr(lower({field}), 1, len({other}))=lower({other})",
        "substr({field}, 1, len({other}))={other}",
    ),
    splunk(
        "the start for the end",
        "{a: {x|fieldref|endswith: y}, condition: a}",
        "substr(lower({field}), -len({other}))",
        "substr(lower({field}), 1, len({other}))",
    ),
    // Queries: logic
    spl("parentheses dropped", "{a: {x: 1}, b: {y: 2}, condition: not (a or b)}", "(x=1 OR y=2)", "x=1 OR y=2"),
    spl("OR for a blank", "{a: {x|contains|all: [evil, deed]}, condition: a}", "\" x", "\" OR x"),
    spl("a blank for OR", "{a: [{x: 1}, {y: 2}], condition: a}", " OR ", " "),
    spl("lower-case or is a word", "{a: [{x: 1}, {y: 2}], condition: a}", " OR ", " or "),
    spl("!= for NOT", "{a: {x: 1}, condition: not a}", "NOT x=1", "x!=1"),
    spl("a negation over too little", "{a: {x: 1, y: 2}, condition: not a}", "NOT (x=1 y=2)", "NOT x=1 y=2"),
    spl("presence forgotten", "{a: {x|neq: 1, 'x|exists': true}, condition: a}", " x=*", ""),
    spl("the where dropped", "{a: {x|re: 'ev[il]'}, condition: a}", "\n| where isnotnull(mvfind(x, \"ev[il]\"))", ""),
    spl("a search stronger than the rule", "{a: {x|re: 'ev[il]'}, condition: a}", "x=\"*ev*\"", "x=\"ev*\""),
    spl("a search for a letter more", "{a: {x|re: 'ev[il]'}, condition: a}", "x=\"*ev*\"", "x=\"*evi*\""),
    spl("a search in another field", "{a: [{x: 1}, {y|re: 'ev[il]'}], condition: a}", "y=\"*ev*\"", "x=\"*ev*\""),
    spl("an alternative lost in the search only", "{a: [{x: 1}, {y|re: 'ev[il]'}], condition: a}", "x=1 OR ", ""),
    spl("the name of a field in another case", "{a: {Image|endswith: '\\cmd.exe'}, condition: a}", "Image", "image"),
    // Queries: values
    spl("`*` lost at the end", "{a: {x|contains: evil}, condition: a}", "evil*", "evil"),
    spl("`*` lost at the start", "{a: {x|contains: evil}, condition: a}", "*evil", "evil"),
    spl("`*` added", "{a: {x: evil}, condition: a}", "evil", "evil*"),
    spl(
        "`?` as `*`, where dropped",
        "{a: {x: 'svc?.exe'}, condition: a}",
        "\n| where isnotnull(mvfind(x, \"(?is)\\\\Asvc.\\\\.exe\\\\z\"))",
        "",
    ),
    spl("`?` as a character", "{a: {x: 'svc?.exe'}, condition: a}", "svc*.exe\"\n", "svc?.exe\"\n"),
    spl("a literal `*` as a wildcard", "{a: {x: 'a\\*b'}, condition: a}", "\n| where isnotnull(mvfind(x, \"(?is)\\\\Aa\\\\*b\\\\z\"))", ""),
    spl("a backslash doubled", "{a: {x|endswith: '\\cmd.exe'}, condition: a}", "\\\\cmd", "\\\\\\\\cmd"),
    spl("a backslash lost", "{a: {x|endswith: '\\cmd.exe'}, condition: a}", "\\\\cmd", "cmd"),
    spl("a quote lost", "{a: {x: 'say \"hi\"'}, condition: a}", "\\\"hi\\\"", "hi"),
    spl("a blank at the end", "{a: {x: one}, condition: a}", "\"one\"", "\"one \""),
    spl("a value dropped", "{a: {x: [one, two, three]}, condition: a}", "\"two\", ", ""),
    spl("= for IN", "{a: {x: [one, two, three]}, condition: a}", "x IN (\"one\", \"two\", \"three\")", "x=\"one\""),
    spl("a list as one text", "{a: {x: [one, two]}, condition: a}", "\"one\", \"two\"", "\"one, two\""),
    spl("a dash of windash lost", "{a: {x|windash|contains: ' -enc'}, condition: a}", ", \"* /enc*\"", ""),
    spl("a keyword as a whole word", "{a: [evil], condition: a}", "*evil*", "evil"),
    spl("a keyword as the start of a word", "{a: [evil], condition: a}", "*evil*", "evil*"),
    // Queries: regular expressions
    spl("\\A lost", "{a: {x: 'svc?.exe'}, condition: a}", "\\\\A", ""),
    spl("\\z lost", "{a: {x: 'a?c'}, condition: a}", "\\\\z", ""),
    spl("$ for \\z", "{a: {x|re: 'ev[il]$'}, condition: a}", "\\\\z", "$").without(LINES),
    spl("\\A lost before an alternative", "{a: {x: ['a?c', 'd?f']}, condition: a}", "|\\\\Ad", "|d"),
    spl("`*` not escaped", "{a: {x: 'a\\*b'}, condition: a}", "\\\\*", "*"),
    spl("`.` not escaped", "{a: {x|re: 'a\\.[cd]'}, condition: a}", "a\\\\.", "a."),
    spl("a backslash halved", "{a: {x|re: 'a\\\\[cd]'}, condition: a}", "a\\\\\\\\[", "a\\\\["),
    spl("(?s:) lost", "{a: {x|re|s: 'a.b'}, condition: a}", "(?s:.)", ".").without(LINES),
    spl("(?i) lost", "{a: {x|re|i: 'a[bc]'}, condition: a}", "(?i)", ""),
    spl("an alternative lost", "{a: {x|re: '(del|erase) '}, condition: a}", "|erase", ""),
    spl("a repetition unbounded", "{a: {x|re: 'a[0-9]{1,3}b'}, condition: a}", "{1,3}", "+"),
    spl("an expression on the whole value", "{a: {x|re: 'ev[il]'}, condition: a}", "\"ev[il]\"", "\"^ev[il]\""),
    // Queries: numbers and networks
    spl("a digit more", "{a: {x: 5}, condition: a}", "x=5", "x=50"),
    spl("a number as the start of a text", "{a: {x: 5}, condition: a}", "x=5", "x=5*"),
    spl(">= for >", "{a: {x|gt: 10}, condition: a}", "x>10", "x>=10"),
    spl("one more", "{a: {x|gt: 10}, condition: a}", "x>10", "x>11"),
    spl("a network too wide", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "/16", "/15"),
    spl("a network too narrow", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "/16", "/17"),
    spl("a network as its own first address", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "0/16", "0"),
    spl("a network as a pattern too wide", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "192.168.0.0/16", "192.16*"),
    // Queries: comparisons of fields
    spl("the name of a field as a text", "{a: {x|fieldref: y}, condition: a}", "=lower(y)", "=lower(\"y\")"),
    spl("a field compared with itself", "{a: {x|fieldref: y}, condition: a}", "=lower(y)", "=lower(x)"),
    // Formulas
    formula("splunk", "not all as all not", "{a: {x: 1}, b: {y: 2}, condition: not (a and b)}", |expr| match expr {
        Expr::Not(inner) => Expr::and(children(inner).iter().cloned().map(Expr::not)),
        other => other.clone(),
    }),
    formula("splunk", "all values as any", "{a: {x|contains|all: [evil, deed]}, condition: a}", |expr| Expr::or(children(expr).to_vec())),
    formula("splunk", "case made to count", "{a: {x: evil}, condition: a}", |expr| tests(expr, |test| recased(test, Case::Sensitive))),
    formula("splunk", "case made not to count", "{a: {x|cased: evil}, condition: a}", |expr| tests(expr, |test| recased(test, Case::Fold))),
    formula("splunk", "less for less or equal", "{a: {x|lte: 10}, condition: a}", |_| compare("x", Comparison::Lt, "10")),
    formula("splunk", "the network around it", "{a: {x|cidr: 10.1.0.0/16}, condition: a}", |_| within("x", "10.0.0.0/8")),
    formula("splunk", "an expression without its flags", "{a: {x|re|i: 'a[bc]'}, condition: a}", |_| regex("x", "a[bc]")),
    formula("splunk", "equal for a prefix", "{a: {x|fieldref|startswith: y}, condition: a}", |_| relates("x", "y", Relation::Equal)),
    formula("splunk", "starts and ends with as one pattern", "{a: {x|startswith: aba, 'x|endswith': bac}, condition: a}", |_| {
        like("x", &[Part::Text("aba".to_owned()), Part::Any, Part::Text("bac".to_owned())])
    }),
];

const KQL: &[Fault] = &[
    // Descriptor
    kibana(
        "OR binds like AND",
        "{a: {x: 1}, b: {y: 2}, c: {z: 3}, condition: c and (a or b)}",
        "\" or \", binds: or",
        "\" or \", binds: and",
    ),
    kibana("parentheses after not lost", "{a: {x: 1}, b: {y: 2}, condition: not (a or b)}", "not {x:test}", "not {x:or}"),
    kibana("not lost", "{a: {x: 1}, b: {y: 2}, condition: b and not a}", "not {x:test}", "{x:test}"),
    kibana("and joined by or", "{a: {x: 1, y: 2}, condition: a}", "{join: \" and \"", "{join: \" or \""),
    kibana("or joined by and", "{a: [{x: 1}, {y: 2}], condition: a}", "{join: \" or \"", "{join: \" and \""),
    kibana("a list joined by and", "{a: {x: [1, 2]}, condition: a}", "separator: \" or \"", "separator: \" and \""),
    kibana("presence as the empty text", "{a: {x|exists: true}, condition: a}", "say: \"{field}:*\"", "say: '{field}:\"\"'"),
    kibana("presence as absence", "{a: {x|exists: true}, condition: a}", "say: \"{field}:*\"", "say: 'not {field}:*'"),
    kibana("presence as everything", "{a: {x|exists: true}, condition: a}", "say: \"{field}:*\"", "say: '*:*'"),
    kibana("< for <=", "{a: {n|lte: 10}, condition: a}", "{field} <= {integer}", "{field} < {integer}").on(NUMBERS),
    kibana("> for <", "{a: {n|lt: 10}, condition: a}", "{field} < {integer}", "{field} > {integer}").on(NUMBERS),
    kibana(">= for >", "{a: {r|gt: 1.5}, condition: a}", "{field} > {number}", "{field} >= {number}").on(NUMBERS),
    kibana("= for >", "{a: {r|gt: 1.5}, condition: a}", "{field} > {number}", "{field}:{number}").on(NUMBERS),
    kibana(
        "a network as a bound",
        "{a: {x|cidr: 10.0.0.0/8}, condition: a}",
        "say: \"{field}:{network}\", many: \"{field}:({network})\", separator: \" or \", assumes: [ip-mapped]",
        "say: \"not {field}:{network}\", assumes: [ip-mapped]",
    ),
    // Queries: logic
    kql("parentheses dropped", "{a: {x: 1}, b: {y: 2}, condition: not (a or b)}", "(x:\"1\" or y:\"2\")", "x:\"1\" or y:\"2\""),
    kql(
        "parentheses dropped after and",
        "{a: {x: 1}, b: {y: 2}, c: {z: 3}, condition: c and (a or b)}",
        "(x:\"1\" or y:\"2\")",
        "x:\"1\" or y:\"2\"",
    ),
    kql("a negation over too much", "{a: {x|neq: 1, 'x|exists': true}, condition: a}", "x:\"1\" and x:*", "(x:\"1\" and x:*)"),
    kql("presence forgotten", "{a: {x|neq: 1, 'x|exists': true}, condition: a}", " and x:*", ""),
    kql("or for and", "{a: {x|contains|all: [evil, deed]}, condition: a}", " and ", " or "),
    kql("and for or", "{a: [{x: 1}, {y: 2}], condition: a}", " or ", " and "),
    kql("and for or in a list", "{a: {x: [1, 2]}, condition: a}", " or ", " and "),
    kql("a value dropped", "{a: {x: [one, two, three]}, condition: a}", "\"two\" or ", ""),
    kql("a value outside of the list", "{a: {x: [one, two]}, condition: a}", "(\"one\" or \"two\")", "\"one\" or y:\"two\""),
    kql("another field", "{a: {process.name: cmd.exe}, condition: a}", "process.name", "process.parent.name"),
    // Queries: values
    kql("`*` lost at the end", "{a: {x|contains: evil}, condition: a}", "evil*", "evil"),
    kql("`*` lost at the start", "{a: {x|contains: evil}, condition: a}", "*evil", "evil"),
    kql("`*` added", "{a: {x: evil}, condition: a}", "\"evil\"", "evil*"),
    kql("`*` in quotes", "{a: {x|contains: evil}, condition: a}", "*evil*", "\"*evil*\""),
    kql("a literal `*` out of quotes", "{a: {x: 'a\\*b'}, condition: a}", "\"a*b\"", "a*b"),
    kql("a literal `*` not escaped", "{a: {x|startswith: 'a\\*b'}, condition: a}", "\\*", "*"),
    kql("`*` escaped", "{a: {x|startswith: 'ab'}, condition: a}", "ab*", "ab\\*"),
    kql("a backslash doubled", "{a: {x|endswith: '\\cmd.exe'}, condition: a}", "\\\\cmd", "\\\\\\\\cmd"),
    kql("a backslash lost", "{a: {x|endswith: '\\cmd.exe'}, condition: a}", "\\\\cmd", "cmd"),
    kql("a backslash halved before a t", "{a: {x: 'C:\\temp'}, condition: a}", "\\\\temp", "\\temp"),
    kql("a quote lost", "{a: {x: 'say \"hi\"'}, condition: a}", "\\\"hi\\\"", "hi"),
    kql("blanks at the edges out of quotes", "{a: {x: ' edge '}, condition: a}", "\" edge \"", " edge "),
    kql("a blank lost", "{a: {x|contains: ' -enc x'}, condition: a}", "enc x", "encx"),
    kql("a word of the language with a backslash before it", "{a: {x: not}, condition: a}", "\"not\"", "\\\\not"),
    kql("a value in another case", "{a: {x|cased: abc}, condition: a}", "abc", "ABC"),
    kql("a value in another case where case is ignored", "{a: {x: abc}, condition: a}", "abc", "abd").on("lowercase-keyword"),
    kql("a capital where values are lower case", "{a: {x|startswith: abc}, condition: a}", "abc*", "abcd*").on("lowercase-keyword"),
    kql("a dash of windash lost", "{a: {x|windash|contains: ' -enc'}, condition: a}", " or * /enc*", ""),
    kql("a number as another text", "{a: {x: 5}, condition: a}", "\"5\"", "5.0"),
    // Queries: numbers and networks
    kql("> for >= in a query", "{a: {n|gte: 1024}, condition: a}", ">=", ">").on(NUMBERS),
    kql("one more", "{a: {n|lt: 1024}, condition: a}", "1024", "1025").on(NUMBERS),
    kql("a digit lost", "{a: {r|lt: 1.25}, condition: a}", "1.25", "1.2").on(NUMBERS),
    kql("true for false", "{a: {b: false}, condition: a}", "false", "true").on(NUMBERS),
    kql("a network too wide", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "/16", "/15"),
    kql("a network too narrow", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "/16", "/17"),
    kql("a network as its own first address", "{a: {x|cidr: 192.168.0.0/16}, condition: a}", "0/16", "0"),
    kql("half of an IPv6 network", "{a: {x|cidr: 'fe80::/10'}, condition: a}", "/10", "/11"),
    // Formulas
    formula("kql", "not all as all not", "{a: {x: 1}, b: {y: 2}, condition: not (a and b)}", |expr| match expr {
        Expr::Not(inner) => Expr::and(children(inner).iter().cloned().map(Expr::not)),
        other => other.clone(),
    }),
    formula("kql", "any value as all", "{a: [{x: 1}, {y: 2}], condition: a}", |expr| Expr::and(children(expr).to_vec())),
    formula("kql", "presence dropped beside a negation", "{a: {x|neq: 1, 'x|exists': true}, condition: a}", |expr| {
        children(expr)[0].clone()
    }),
    formula("kql", "absence of one field as of another", "{a: {x: null, y: 1}, condition: a}", |expr| {
        Expr::and([Expr::not(exists("z")), children(expr)[1].clone()])
    }),
    formula("kql", "the first of several values dropped", "{a: {x|contains: [a1, b2, c3]}, condition: a}", |expr| {
        tests(expr, |test| match &test.predicate {
            Predicate::Like { any, case } => Predicate::Like { any: any[1..].to_vec(), case: *case },
            other => other.clone(),
        })
    }),
    formula("kql", "wildcards as characters", "{a: {x: 'a*b'}, condition: a}", |_| like("x", &[Part::Text("a*b".to_owned())])),
    formula("kql", "characters as wildcards", "{a: {x: 'a\\*b'}, condition: a}", |_| {
        like("x", &[Part::Text("a".to_owned()), Part::Any, Part::Text("b".to_owned())])
    }),
    formula("kql", "a number taken for a text that starts so", "{a: {x: 10}, condition: a}", |_| {
        like("x", &[Part::Text("10".to_owned()), Part::Any])
    }),
    formula("kql", "the network beside it", "{a: {x|cidr: 10.1.2.4/31}, condition: a}", |_| within("x", "10.1.2.6/31")),
];

/// What the reader of the target's language answers about the event.
fn reading_answer(_: &Rule, query: &str, event: &Event, job: &Job) -> Result<bool, String> {
    let query = engine::read_query(&Source::new("query", query), job).map_err(|why| why.message)?;
    match query.matches(event) {
        Answer::True => Ok(true),
        Answer::False => Ok(false),
        Answer::Open(why) => Err(why),
    }
}

#[test]
fn every_fault_for_splunk_is_refuted_by_an_event() {
    faults::refute(SPLUNK, reading_answer);
}

#[test]
fn every_fault_in_kql_is_refuted_by_an_event() {
    faults::refute(KQL, reading_answer);
}
