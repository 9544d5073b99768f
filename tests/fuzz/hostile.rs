//! Inputs made to be hostile: whatever a parser, a rewriting or a search could be made to repeat.
//!
//! Each is about a megabyte, which is more than any rule has, or as much as multiplies beyond it.

/// The size of the largest inputs.
const SIZE: usize = 1 << 20;

/// An input: the entry that it is for, its name, and the bytes.
pub(crate) type Hostile = (&'static str, String, Vec<u8>);

/// All of them.
pub(crate) fn inputs() -> Vec<Hostile> {
    [pipelines(), collections(), variables(), conditions(), modifiers(), readers(), descriptors()].concat()
}

/// A text again and again, a megabyte of it.
fn full(text: &str) -> String {
    text.repeat(SIZE / text.len())
}

fn numbered(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

/// A rule with this detection section.
fn rule(detection: &str) -> String {
    format!("title: Hostile\nlogsource: {{category: test}}\ndetection:\n{detection}")
}

/// A rule of one selection with this item.
fn item(item: &str) -> String {
    rule(&format!("  s:\n    {item}\n  condition: s\n"))
}

fn list(count: usize, value: impl Fn(usize) -> String) -> String {
    format!("[{}]", numbered(count, |index| format!("{}, ", value(index))))
}

fn named(entry: &'static str, inputs: Vec<(&str, String)>) -> Vec<Hostile> {
    inputs.into_iter().map(|(name, text)| (entry, name.to_owned(), text.into_bytes())).collect()
}

fn pipelines() -> Vec<Hostile> {
    let laughs = numbered(30, |level| match level {
        0 => "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
        _ => format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9)),
    });
    let many = |condition: &str| {
        rule(&format!("{}  condition: {condition}\n", numbered(40_000, |index| format!("  s{index}: {{a: b{index}}}\n"))))
    };
    let names = |operator: &str| rule(&format!("  s: {{a: b}}\n  condition: {}s\n", format!("s {operator} ").repeat(150_000)));
    let words = |count, modifiers: &str| item(&format!("a{modifiers}: {}", list(count, |index| format!("w{index}"))));
    let fields = |count, key: &str| rule(&format!("  s:\n{}  condition: s\n", numbered(count, |index| format!("    f{index}{key}\n"))));
    named(
        "pipeline",
        vec![
            ("parentheses", full("(")),
            ("brackets", full("[")),
            ("braces", full("{a: ")),
            ("dashes", full("- ")),
            ("questions", full("? ")),
            ("anchors", full("&a ")),
            ("tags", full("!a ")),
            ("quotes", full("\"")),
            ("newlines", full("\n")),
            ("documents", full("---\n")),
            ("empty documents", full("---\na\n")),
            ("small documents", full("---\n{a: b}\n")),
            ("indentation", numbered(1_400, |level| format!("{}a:\n", " ".repeat(level)))),
            ("comments", full("# x\n")),
            ("byte order marks", full("\u{feff}")),
            ("laughs", laughs.clone()),
            ("laughs in a detection", rule(&format!("  s: {{a: b}}\n  condition: s\n{laughs}"))),
            ("aliases", format!("a: &a x\nb: {}", list(250_000, |_| "*a".to_owned()))),
            ("keys", numbered(100_000, |index| format!("key{index}: \n"))),
            ("equal keys", full("a: b\n")),
            ("equal keys in a map", item(&format!("{{{}}}", full("a: b, ")))),
            ("merge keys", full("<<: {}\n")),
            ("scalar", full("a")),
            ("quoted scalar", format!("title: \"{}\"", full("\\x41"))),
            ("block scalar", format!("title: |\n{}", full("  a\n"))),
            ("folded scalar", format!("title: >\n{}", full("  a\n"))),
            ("title", format!("title: {}\n", full("a"))),
            ("tags of a rule", format!("title: a\ntags: {}", list(100_000, |index| format!("t{index}")))),
            (
                "references",
                format!("title: a\nreferences: {}{}", list(100_000, |index| format!("r{index}")), &item("a: b")["title: Hostile".len()..]),
            ),
            ("related", format!("title: a\nrelated: {}", list(50_000, |_| "{id: x, type: y}".to_owned()))),
            ("a text", item(&format!("a: {}", full("a")))),
            ("a keyword", rule(&format!("  s: [{}]\n  condition: s\n", full("a")))),
            ("a base64 text", item(&format!("a|base64offset|contains: {}", full("a")))),
            ("an utf16 text", item(&format!("a|wide|base64offset|contains: {}", full("a")))),
            ("backslashes", item(&format!("a: {}", full("\\")))),
            ("values", words(100_000, "")),
            ("values to contain", words(100_000, "|contains")),
            ("values all", words(100_000, "|contains|all")),
            ("values none", words(100_000, "|neq")),
            ("values cased", words(100_000, "|cased")),
            ("numbers", item(&format!("a: {}", list(100_000, |index| index.to_string())))),
            ("keywords", rule(&format!("  s: {}\n  condition: s\n", list(100_000, |index| format!("w{index}"))))),
            ("windash", item(&format!("a|windash|contains: {}", list(100_000, |index| format!(" -w{index}"))))),
            ("windash all", item(&format!("a|windash|contains|all: {}", list(100_000, |index| format!(" -w{index}"))))),
            ("dashes to vary", item(&format!("a|windash: \"{}\"", full(" -a")))),
            ("offsets", words(100_000, "|wide|base64offset|contains")),
            ("networks", item(&format!("a|cidr: {}", list(65_000, |index| format!("10.{}.{}.0/24", index >> 8, index & 255))))),
            ("wide networks", item(&format!("a|cidr: {}", list(65_000, |index| format!("10.{}.{}.0/27", index >> 8, index & 255))))),
            ("new networks", item(&format!("a|cidr: {}", list(40_000, |index| format!("\"2001:db8:{index:x}::/50\""))))),
            ("regexes", item(&format!("a|re: {}", list(50_000, |index| format!("'w{index}.*x'"))))),
            ("stars", item(&format!("a: '{}'", full("*a")))),
            ("question marks", item(&format!("a: '{}'", full("?a")))),
            ("star and question marks", item(&format!("a: '*{}'", full("?")))),
            ("stars all", item(&format!("a|contains|all: {}", list(20_000, |index| format!("'a{index}*b*c*d*e'"))))),
            ("small stars", item(&format!("a: '{}'", "*a".repeat(1_000)))),
            ("percents", item(&format!("a: '{}'", full("%a")))),
            ("placeholders", item(&format!("a|expand: '{}'", full("%a%")))),
            ("fields", fields(60_000, ": v")),
            ("long fields", item(&format!("? {} \n    : v", full("a")))),
            ("fields of networks", fields(25_000, "|cidr: 10.0.0.0/8")),
            ("fields of regexes", fields(25_000, "|re: 'a.*b'")),
            ("fields of numbers", fields(40_000, "|gt: 5")),
            ("fields compared", fields(25_000, "|fieldref: g")),
            ("fields null", fields(40_000, ": null")),
            ("maps", rule(&format!("  s: {}\n  condition: s\n", list(60_000, |index| format!("{{a: b{index}}}"))))),
            ("maps negated", rule(&format!("  s: {}\n  condition: not s\n", list(30_000, |index| format!("{{a: b{index}, c: d}}"))))),
            ("one of many", many("1 of them")),
            ("all of many", many("all of them")),
            ("none of many", many("not 1 of them")),
            ("patterns of many", many(&["1 of s*"; 5_000].join(" or "))),
            ("patterns and many", many(&["1 of s*"; 5_000].join(" and "))),
            ("disjunction", names("or")),
            ("conjunction", names("and")),
            ("mixture", names("and s or not")),
            ("conditions", rule(&format!("  s: {{a: b}}\n  condition: {}", list(100_000, |_| "s".to_owned())))),
            ("unknown names", rule(&format!("  s: {{a: b}}\n  condition: {}s\n", numbered(60_000, |index| format!("x{index} or "))))),
            ("stars against a name", rule(&format!("  {}: {{a: b}}\n  condition: 1 of {}b\n", "a".repeat(10_000), "a*".repeat(10_000)))),
            (
                "crossed",
                rule(&format!(
                    "{}  condition: {}\n",
                    numbered(200, |i| format!("  s{i}: {{f{i}: {}}}\n", list(200, |j| format!("v{j}")))),
                    &["1 of s*"; 100].join(" and not ")
                )),
            ),
        ],
    )
}

/// Documents that have to do with each other.
fn collections() -> Vec<Hostile> {
    let small = |name: &str| format!("title: a\nname: {name}\nlogsource: {{category: c}}\ndetection: {{s: {{a: b}}, condition: s}}\n---\n");
    let count = |name: &str, rules: &str| {
        format!("title: a\nname: {name}\ncorrelation: {{type: event_count, rules: {rules}, timespan: 1m, condition: {{gte: 1}}}}\n---\n")
    };
    let filter = |detection: &str| {
        format!("title: a\nlogsource: {{category: c}}\nfilter: {{rules: any, s: {{{detection}}}, condition: not s}}\n---\n")
    };
    let rule = "title: a\nlogsource: {category: c}\ndetection: {s: {a: b}, condition: s}\n---\n";
    named(
        "pipeline",
        vec![
            ("rules", numbered(9_000, |index| small(&format!("r{index}")))),
            ("references to nothing", count("c", &list(60_000, |index| format!("none{index}")))),
            (
                "aliases to nothing",
                format!(
                    "title: a\nname: c\ncorrelation:\n  type: value_count\n  rules: r\n  timespan: 1m\n  group-by: [a]\n  condition: {{gte: 1, field: a}}\n  aliases:\n    a: {{{}}}\n---\n{}",
                    numbered(40_000, |index| format!("r{index}: f, ")),
                    small("r")
                ),
            ),
            (
                "references to all",
                numbered(6_000, |index| small(&format!("r{index}"))) + &count("c", &list(6_000, |index| format!("r{index}"))),
            ),
            ("chain of correlations", small("c0") + &numbered(6_000, |index| count(&format!("c{}", index + 1), &format!("c{index}")))),
            (
                "ladder of correlations",
                small("c0")
                    + &small("d0")
                    + &numbered(3_500, |index| {
                        let rules = format!("[c{index}, d{index}]");
                        count(&format!("c{}", index + 1), &rules) + &count(&format!("d{}", index + 1), &rules)
                    }),
            ),
            ("circle of correlations", numbered(7_000, |index| count(&format!("c{index}"), &format!("c{}", (index + 1) % 7_000)))),
            ("equal names", numbered(9_000, |_| small("r"))),
            ("filters", rule.to_owned() + &numbered(9_000, |_| filter("a: c"))),
            ("filters and rules", numbered(5_000, |index| small(&format!("r{index}"))) + &numbered(4_500, |_| filter("a: c"))),
            (
                "a large filter for all",
                numbered(4_000, |index| small(&format!("r{index}")))
                    + &filter(&format!("a: {}", list(60_000, |index| format!("w{index}")))),
            ),
            ("a long text for all", numbered(4_000, |index| small(&format!("r{index}"))) + &filter(&format!("a: {}", "x".repeat(500_000)))),
            (
                "a long text in a template",
                format!("action: global\nlogsource: {{category: c}}\ndetection: {{s: {{a: {}}}, condition: s}}\n", "x".repeat(500_000))
                    + &"---\ntitle: t\n".repeat(33_000),
            ),
            (
                "aliases of a long text",
                format!(
                    "title: t\nlogsource: {{category: c}}\ndetection:\n  s:\n    a: &x {}\n{}  condition: s\n",
                    "x".repeat(400_000),
                    numbered(30_000, |index| format!("    a{index}: *x\n"))
                ),
            ),
            (
                "correlations of a large rule",
                small("r").replace("a: b", &format!("a: {}", list(60_000, |index| format!("w{index}"))))
                    + &numbered(4_000, |index| count(&format!("c{index}"), "r")),
            ),
            ("large filters", rule.to_owned() + &numbered(50, |_| filter(&format!("a: {}", list(2_000, |index| format!("w{index}")))))),
            ("repeat", rule.to_owned() + &numbered(30_000, |index| format!("action: repeat\nd{index}: {{a: b}}\n---\n"))),
            ("global", format!("action: global\nx: {}\n---\n{}", list(20_000, |index| index.to_string()), rule.repeat(10_000))),
            ("globals", full("action: global\na: {b: c}\n---\n")),
            (
                "expression",
                count("c", "r").replace("event_count", "temporal").replace("{gte: 1}", &format!("\"{}r\"", "r or ".repeat(150_000)))
                    + &small("r"),
            ),
        ],
    )
}

fn variables() -> Vec<Hostile> {
    let rule = item;
    named(
        "variables",
        vec![
            ("names", numbered(80_000, |index| format!("n{index}: x\n"))),
            ("values", format!("n: {}\n%%\n{}", list(100_000, |index| format!("v{index}")), rule("a|expand: '%n%'"))),
            ("combinations", format!("n: {}\n%%\n{}", list(100, |index| format!("v{index}")), rule("a|expand: '%n%%n%'"))),
            (
                "many combinations",
                format!(
                    "n: {}\n%%\n{}",
                    list(100, |index| format!("v{index}")),
                    rule(&format!("a|expand: {}", list(2_000, |_| "'%n%%n%'".to_owned())))
                ),
            ),
            (
                "many placeholders of many values",
                format!(
                    "n: {}\n%%\n{}",
                    list(60_000, |index| format!("v{index}")),
                    rule(&numbered(15_000, |index| format!("a{index}|expand: '%n%'\n    ")))
                ),
            ),
            (
                "many placeholders of a long value",
                format!("n: '{}'\n%%\n{}", "*a".repeat(200_000), rule(&numbered(15_000, |index| format!("a{index}|expand: '%n%'\n    ")))),
            ),
            ("a long value", format!("n: {}\n%%\n{}", full("a"), rule(&format!("a|expand: '{}'", "%n%".repeat(1_000))))),
            ("unknown names", format!("n: x\n%%\n{}", rule(&format!("a|expand: {}", list(60_000, |index| format!("'%m{index}%'")))))),
            (
                "many unknown names",
                format!(
                    "{}\n%%\n{}",
                    numbered(2_000, |index| format!("n{index}: x\n")),
                    rule(&format!("a|expand: '{}'", numbered(100_000, |index| format!("%m{index}%"))))
                ),
            ),
            ("no values", numbered(80_000, |index| format!("n{index}: {{}}\n"))),
            ("brackets", full("[")),
            ("scalars", full("a\n")),
            ("regexes", format!("n: {}\n%%\n{}", list(1_000, |index| format!("v{index}*")), rule("a|re|expand: '%n%+'"))),
        ],
    )
}

fn conditions() -> Vec<Hostile> {
    named(
        "condition",
        vec![
            ("parentheses", full("(")),
            ("closed parentheses", format!("{}sel_a{}", "(".repeat(SIZE / 2), ")".repeat(SIZE / 2))),
            ("negations", full("not ")),
            ("negations of a name", format!("{}sel_a", full("not "))),
            ("negated parentheses", full("not (")),
            ("blanks", full(" ")),
            ("tabs", full("\t\n")),
            ("a name", full("a")),
            ("stars", full("*")),
            ("a selection", format!("1 of {}", full("s*"))),
            ("selections", format!("{}sel_a", full("1 of * or "))),
            ("them", format!("{}sel_a", full("all of them and "))),
            ("disjunction", format!("{}sel_a", full("sel_b or "))),
            ("conjunction", format!("{}sel_a", full("sel_b and "))),
            ("alternation", format!("{}sel_a", full("sel_b and not sel_a or "))),
            ("nested alternation", format!("{}sel_a{}", "(sel_b and (sel_a or ".repeat(30), "))".repeat(30))),
            ("words alone", full("or ")),
            ("pipes", full("| ")),
            ("letters", full("é")),
            ("quotes", full("'\"")),
        ],
    )
}

fn modifiers() -> Vec<Hostile> {
    let regex = |text: &str| format!("Image|re\n{text}");
    named(
        "modifiers",
        vec![
            ("modifiers", format!("a{}\nx", full("|contains"))),
            ("unknown modifiers", format!("a{}\nx", full("|x"))),
            ("pipes", format!("a{}\nx", full("|"))),
            ("field", format!("{}\nx", full("a"))),
            ("repeated", regex("(a{1000}){1000}")),
            ("more repeated", regex("((a{100}){100}){100}")),
            ("repeated within", regex("(a{1,1000}b{1,1000}){1,1000}")),
            ("repeated letters", regex("(?i)[a-zéß]{1,1000}")),
            ("repeated classes", regex("\\w{1000}")),
            ("negated classes", regex("[^\\w]{1000}x")),
            ("much repeated", regex(&"a{1000}".repeat(1_000))),
            ("groups", regex(&full("("))),
            ("closed groups", regex(&format!("{}a{}", "(".repeat(SIZE / 2), ")".repeat(SIZE / 2)))),
            ("few groups", regex(&format!("{}a{}", "(".repeat(100), ")".repeat(100)))),
            ("alternatives", regex(&full("a|"))),
            ("different alternatives", regex(&numbered(100_000, |index| format!("w{index}|")))),
            ("alternatives and", regex(&format!("{}x", "(a|b|c|d)".repeat(1_000)))),
            ("options", regex(&"(a|b)?".repeat(20))),
            ("more options", regex(&"(a|b)?".repeat(10_000))),
            ("any", regex(&full(".*"))),
            ("few any", regex(&"a.*".repeat(500))),
            ("classes", regex(&full("[a-z]"))),
            ("long class", regex(&format!("[{}]", full("ab")))),
            ("open classes", regex(&full("[a"))),
            ("digits", regex(&full("\\d"))),
            ("a literal", regex(&full("a"))),
            ("boundaries", regex(&full("\\ba"))),
            ("few boundaries", regex(&"\\ba".repeat(500))),
            ("anchors", regex(&full("^$"))),
            ("flags", regex(&full("(?i)"))),
            ("stars of stars", regex("((((a*)*)*)*)*b")),
            ("case-insensitive", format!("Image|re|i\n{}", full("k"))),
            ("windash", format!("a|windash\n{}", full(" -x"))),
            ("windash values", format!("a|windash|all\n{}", full("-x\n"))),
            ("few windash", format!("a|windash\n{}", "-a ".repeat(12))),
            ("base64", format!("a|wide|base64offset|contains\n{}", full("é"))),
            ("utf16", format!("a|utf16|base64offset|contains\n{}", full("é\n"))),
            ("empty values", format!("a\n{}", "\n".repeat(SIZE / 4))),
            ("values", format!("a\n{}", numbered(150_000, |index| format!("{index}x\n")))),
            ("stars", format!("a\n{}", full("*a"))),
            ("stars in values", format!("a\n{}", "*a*b*c*d\n".repeat(100_000))),
            ("different stars", format!("a|all\n{}", numbered(30_000, |index| format!("*a{index}*b*c\n")))),
            ("escapes", format!("a\n{}", full("\\*"))),
            ("percents", format!("a|expand\n{}", full("%a"))),
            ("digits of a number", format!("a\n{}", full("1"))),
            ("exponents", "a\n1e999999999\n1e-999999999\n1e308\n".to_owned()),
            ("numbers", format!("a|gt\n{}", numbered(100_000, |index| format!("{index}\n")))),
            ("networks", format!("a|cidr\n{}", numbered(65_000, |index| format!("10.{}.{}.0/25\n", index >> 8, index & 255)))),
            ("networks all", format!("a|cidr|all\n{}", numbered(65_000, |index| format!("10.{}.{}.0/25\n", index >> 8, index & 255)))),
            ("everything", "a|cidr\n0.0.0.0/1\n::/1\n::/3\n8000::/1\n".to_owned()),
            ("keywords", format!("\n{}", numbered(100_000, |index| format!("w{index}\n")))),
            ("controls", format!("a\n{}", full("\u{1}"))),
            ("letters to fold", format!("a\n{}", full("ẞ"))),
            ("plane", format!("a\n{}", full("\u{10ffff}"))),
        ],
    )
}

/// For every reader the same, so that nothing depends on who has which selector.
fn readers() -> Vec<Hostile> {
    let texts = vec![
        ("parentheses", full("(")),
        ("closed parentheses", format!("{}a=1{}", "(".repeat(SIZE / 2), ")".repeat(SIZE / 2))),
        ("brackets", full("[")),
        ("braces", full("{\"a\":")),
        ("field braces", full("a:{")),
        ("not", full("not ")),
        ("NOT", full("NOT ")),
        ("minus", full("-")),
        ("or", format!("a=1{}", full(" or a=1"))),
        ("AND", format!("a=1{}", full(" AND b=\"x*\""))),
        ("select", format!("SELECT * FROM events WHERE {}", full("("))),
        ("select not", format!("SELECT * FROM events WHERE {}a", full("NOT "))),
        ("select minus", format!("SELECT * FROM events WHERE {}a", full("- "))),
        ("select or", format!("SELECT * FROM events WHERE a=1{}", full(" OR a LIKE '%x%'"))),
        (
            "select different",
            format!("SELECT * FROM events WHERE a=1{}", numbered(40_000, |index| format!(" OR a{index} LIKE '%x{index}%'"))),
        ),
        (
            "select mixed",
            format!("SELECT * FROM events WHERE a=1{}", numbered(20_000, |index| format!(" OR (a={index} AND NOT b>{index})"))),
        ),
        ("select list", format!("SELECT * FROM events WHERE a IN ({}1)", numbered(100_000, |index| format!("{index},")))),
        ("select stars", format!("SELECT * FROM events WHERE a GLOB '{}'", full("*a"))),
        ("select percents", format!("SELECT * FROM events WHERE a LIKE '{}'", full("%a"))),
        ("select classes", format!("SELECT * FROM events WHERE a GLOB '{}'", full("[a-z]"))),
        ("select functions", format!("SELECT * FROM events WHERE {}a", full("lower("))),
        ("select cases", format!("SELECT * FROM events WHERE {}", full("CASE WHEN a THEN "))),
        ("select concatenation", format!("SELECT * FROM events WHERE 'a'{} = b", full("||'a'"))),
        ("select sum", format!("SELECT * FROM events WHERE 1{} = b", full("+1"))),
        ("select comparisons", format!("SELECT * FROM events WHERE a{}", full("=a"))),
        ("select comments", format!("SELECT * FROM events WHERE a {}", full("/* x */"))),
        ("select columns", format!("SELECT {}a FROM events", full("a,"))),
        ("select regexp", format!("SELECT * FROM events WHERE a REGEXP '{}'", full("(a|b)"))),
        ("select repeated", "SELECT * FROM events WHERE a REGEXP '((a{100}){100}){100}'".to_owned()),
        ("select digits", format!("SELECT * FROM events WHERE a = {}", full("1"))),
        ("fields or", format!("a:1{}", full(" or b:x*"))),
        ("fields different", format!("a:1{}", numbered(50_000, |index| format!(" or a{index}:x{index}*")))),
        ("fields and", format!("a:1{}", numbered(50_000, |index| format!(" and not a{index}:x{index}*")))),
        ("field list", format!("a:({}x)", full("b* or "))),
        ("field stars", format!("a:{}", full("*a"))),
        ("field quoted", format!("a:\"{}\"", full("\\\""))),
        ("terms", full("a ")),
        ("different terms", numbered(100_000, |index| format!("w{index} "))),
        ("quoted", full("\"a\" ")),
        ("quotes", full("\"")),
        ("apostrophes", full("'")),
        ("stars", full("*a")),
        ("backslashes", full("\\")),
        ("pipes", full("|")),
        ("where", format!("a=1 {}", full("| where a=1 "))),
        ("where different", format!("a=1 {}", numbered(30_000, |index| format!("| where a{index}=\"b{index}\" ")))),
        ("where parentheses", format!("a=1 | where {}", full("("))),
        ("where not", format!("a=1 | where {}a=1", full("NOT "))),
        ("where minus", format!("a=1 | where {}a=1", full("-"))),
        ("where functions", format!("a=1 | where {}", full("if(a=1,"))),
        ("where cases", format!("a=1 | where case({}true(), 1)=1", full("a=1, 2, "))),
        ("where or", format!("a=1 | where a=1{}", full(" OR match(b, \"x.*y\")"))),
        ("where regex", format!("a=1 | where match(a, \"{}\")", full("(a|b)"))),
        ("where repeated", "a=1 | where match(a, \"((a{100}){100}){100}\")".to_owned()),
        ("where like", format!("a=1 | where like(a, \"{}\")", full("%a"))),
        ("eval", format!("a=1 {}", full("| eval a=a+1 "))),
        ("eval doubling", format!("a=1 {}| where a=1", "| eval a=a.a ".repeat(60))),
        ("eval conditions", format!("a=1 {}| where a=1", "| eval a=if(a=1, a, a+a) ".repeat(60))),
        ("rex", format!("a=1 {}", full("| rex field=a \"(?<b>x+)\" "))),
        ("search list", format!("a IN ({}1)", numbered(100_000, |index| format!("x{index}*, ")))),
        ("macros", full("`a` ")),
        ("subsearches", full("[search a=1 ")),
        ("stanzas", full("[a]\nsearch = a\n")),
        ("settings", format!("[a]\n{}", full("search = a\n"))),
        ("continued", format!("[a]\nsearch = {}", full("\\\n"))),
        ("objects", format!("{{\"query\": {}", full("{\"a\":"))),
        ("members", format!("{{{}\"query\": \"a:b\", \"rule_id\": \"1\"}}", numbered(70_000, |index| format!("\"k{index}\": 1, ")))),
        ("lines", full("{}\n")),
        ("newlines", full("\n")),
        ("a word", full("a")),
        ("a letter", full("é")),
        ("digits", full("1")),
        ("nul", full("\0")),
    ];
    let selectors = super::entries::readers_count();
    let of = |(name, text): (&str, String)| {
        let with = |selector: u8| ("readers", format!("{name} {selector}"), [&[selector], text.as_bytes()].concat());
        (0..selectors).map(with).collect::<Vec<_>>()
    };
    texts.into_iter().flat_map(of).collect()
}

fn descriptors() -> Vec<Hostile> {
    let target = |part: &str| format!("extends: sqlite.yaml\nname: other\nabout: other\n{part}");
    let ladder = numbered(25, |level| {
        format!(
            "a{level}: &a{level} [{}]\n",
            if level == 0 { "x".to_owned() } else { format!("*a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}", level - 1) }
        )
    });
    let texts = vec![
        ("brackets", full("[")),
        ("braces", full("{a: ")),
        ("dashes", full("- ")),
        ("questions", full("? ")),
        ("newlines", full("\n")),
        ("a scalar", full("a")),
        ("laughs", ladder.clone()),
        ("laughs in a target", target(&ladder)),
        ("anchors", full("&a ")),
        ("options", target(&format!("options:\n{}", numbered(30_000, |index| format!("  o{index}: {{sets: template, about: x}}\n"))))),
        (
            "formats",
            target(&format!(
                "formats:\n{}",
                numbered(10_000, |index| format!("  f{index}: {{template: sql/default.j2, extension: sql, about: x}}\n"))
            )),
        ),
        (
            "storages",
            target(&format!(
                "storages:\n{}",
                numbered(10_000, |index| format!(
                    "  s{index}: {{about: x, names: sensitive, columns: {{type: text, compares: sensitive}}}}\n"
                ))
            )),
        ),
        ("unknown keys", target(&numbered(60_000, |index| format!("k{index}: x\n")))),
        ("holes", target(&format!("stages:\n  query:\n    tests:\n      exists: [{{say: \"{}\"}}]\n", full("{field}")))),
        ("open holes", target(&format!("stages:\n  query:\n    tests:\n      exists: [{{say: \"{}\"}}]\n", full("{")))),
        (
            "ways",
            target(&format!("stages:\n  query:\n    tests:\n      exists: {}\n", list(20_000, |_| "{say: \"{field} x\"}".to_owned()))),
        ),
        ("circles", target("stages:\n  query:\n    tests:\n      exists: [{by: anything}]\n      anything: [{by: exists}]\n")),
        ("itself", "extends: described\nname: other\n".to_owned()),
        (
            "literals",
            target(&format!(
                "stages:\n  query:\n    literals:\n{}",
                numbered(20_000, |index| format!("      l{index}: {{write: number}}\n"))
            )),
        ),
        ("binding", target(&format!("stages:\n  query:\n    binding: {}\n", list(100_000, |index| format!("b{index}"))))),
        ("stages", target(&format!("stages:\n{}", numbered(20_000, |index| format!("  s{index}: {{}}\n"))))),
        ("columns", format!("CREATE TABLE events ({}z TEXT)", numbered(60_000, |index| format!("c{index} TEXT, ")))),
        ("equal columns", format!("CREATE TABLE events ({}z TEXT)", full("a TEXT, "))),
        ("tables", full("CREATE TABLE e (a TEXT);")),
        ("defaults", format!("CREATE TABLE e (a TEXT DEFAULT {}", full("("))),
        ("checks", format!("CREATE TABLE e (a TEXT CHECK {}", full("(1) CHECK "))),
        ("parentheses", full("(")),
        (
            "mapping",
            format!(
                "{{\"mappings\": {{\"properties\": {{{}\"z\": {{\"type\": \"keyword\"}}}}}}}}",
                numbered(20_000, |index| format!("\"f{index}\": {{\"type\": \"keyword\"}}, "))
            ),
        ),
        ("deep mapping", full("{\"properties\": {\"a\": ")),
        ("closed mapping", format!("{{\"mappings\": {}{{}}{}}}", "{\"properties\": {\"a\": ".repeat(20_000), "}}".repeat(20_000))),
        ("deep names", format!("{{\"mappings\": {}{{\"type\": \"keyword\"}}{}}}", "{\"properties\": {\"a\": ".repeat(50), "}}".repeat(50))),
        (
            "subfields",
            format!(
                "{{\"mappings\": {{\"properties\": {{\"a\": {{\"type\": \"keyword\", \"fields\": {{{}\"z\": {{\"type\": \"keyword\"}}}}}}}}}}}}",
                numbered(20_000, |index| format!("\"f{index}\": {{\"type\": \"keyword\"}}, "))
            ),
        ),
        (
            "normalizers",
            format!(
                "{{\"settings\": {{\"analysis\": {{\"normalizer\": {{{}\"z\": {{}}}}}}}}, \"mappings\": {{}}}}",
                numbered(20_000, |index| format!("\"n{index}\": {{\"filter\": [\"lowercase\"]}}, "))
            ),
        ),
        ("listed fields", format!("fields:\n{}raw: _raw\n", numbered(50_000, |index| format!("  f{index}: {{type: texts}}\n")))),
        ("extractions", format!("fields:\n{}", full("  a: {type: texts}\n"))),
    ];
    let selectors = super::entries::descriptors_count();
    let of = |(name, text): (&str, String)| {
        let with = |selector: u8| ("descriptors", format!("{name} {selector}"), [&[selector], text.as_bytes()].concat());
        (0..selectors).map(with).collect::<Vec<_>>()
    };
    texts.into_iter().flat_map(of).collect()
}
