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
        Expr::and([within("ip", &["10.0.0.0/8", "fe80::/10"]), within("ip", &["10.1.0.0/16", "172.16.0.0/12"])]),
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

/// Where one way to meet a demand needs two values of a field and another needs one, the other is taken.
#[test]
fn one_value_does_before_two() {
    let (no, yes) = (like("f", &["false"]), like("f", &["true"]));
    let expr = Expr::or([Expr::and([no.clone(), yes]), no]);
    let matching = |event: &Event| crate::ir::eval::matches(&expr, event) && event.root().values().all(serde_json::Value::is_string);
    assert!(derive(&expr).events.iter().any(matching));
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

/// A generator of numbers below a bound, from a fixed seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.get(self.below(from.len())).unwrap()
    }

    fn test(&mut self) -> Expr {
        let patterns =
            ["a", "b", "ab", "ba", "a*", "*a", "b*", "*b", "*ab*", "*ba*", "?", "a?", "?b", "*", "", "*a*", "*b*", "a*b", "bab", "?a?"];
        let field = self.pick(&["f", "g"]);
        match self.below(12) {
            0 => regex(field, self.pick(&["^a", "b$", "^(a|b)a", "ab?a", "^$", "^[ab]{2}$", "a.b"])),
            1 => exists(field),
            2 => relates("f", self.pick(&[Relation::Equal, Relation::Prefix, Relation::Infix]), "g"),
            3..=6 => like(field, &[self.pick(&patterns)]),
            7..=11 => like(field, &[self.pick(&patterns), self.pick(&patterns)]),
            _ => Expr::True,
        }
    }

    fn formula(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return self.test();
        }
        let width = 2 + self.below(2);
        let children: Vec<Expr> = (0..width)
            .map(|_| {
                let depth = self.below(depth);
                self.formula(depth)
            })
            .collect();
        match self.below(5) {
            0 | 1 => Expr::and(children),
            2 | 3 => Expr::or(children),
            _ => not(Expr::or(children)),
        }
    }
}

/// All events whose two fields are absent or short texts of two letters.
fn small_events() -> Vec<Event> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..3 {
        let to = texts.len();
        for at in from..to {
            let text = texts.get(at).unwrap().clone();
            texts.extend([format!("{text}a"), format!("{text}b")]);
        }
        from = to;
    }
    let values: Vec<Option<Value>> = std::iter::once(None).chain(texts.into_iter().map(|text| Some(Value::String(text)))).collect();
    let mut events = Vec::new();
    for f in &values {
        for g in &values {
            let named = [("f", f), ("g", g)];
            let present = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
            events.push(Event::new(present.collect()));
        }
    }
    events
}

/// How many random formulas are compared with brute force.
const ROUNDS: usize = 200;

/// Whatever brute force over small events finds to be decided, derivation finds too.
#[test]
fn random_formulas_are_decided_wherever_brute_force_decides() {
    let events = small_events();
    assert_eq!(events.len(), 256);
    let mut dice = Dice(0x5eed_5eed_5eed_5eed);
    let (mut possible, mut missed, mut beyond) = (0, 0, 0);
    for _ in 0..ROUNDS {
        let expr = dice.formula(3);
        decided(&expr);
        for decided in &derive(&expr).decided {
            for (found, truth) in [(decided.when_true, true), (decided.when_false, false)] {
                let is_possible = decides(&expr, decided.test, truth, &events);
                possible += usize::from(is_possible);
                missed += usize::from(is_possible && !found);
                beyond += usize::from(!is_possible && found);
            }
        }
    }
    assert!(possible > 1_200, "{possible}");
    // One formula has the same test in two subtrees that contradict each other unless it is flipped in both at once.
    assert!(missed <= 2, "{missed} of {possible}, {beyond} beyond");
}

/// A formula like those of real rules, with one of each kind of test.
fn rule() -> Expr {
    Expr::and([
        like("Image", &["*\\cmd.exe", "*\\powershell.exe", "*\\my_tool.exe"]),
        all("CommandLine", &["* -enc *", "*a?b*c*"]),
        Expr::or([within("Ip", &["10.0.0.0/8", "fe80::/10"]), regex("Ip", r"^127\.\d{1,3}$"), compare("Port", Comparison::Gte, "1024")]),
        not(Expr::or([
            Expr::and([like("ParentImage", &["C:\\Program Files\\*"]), like("Image", &["C:\\Windows\\*"])]),
            exists("Signature"),
            relates("User", Relation::Equal, "Owner"),
            like("User", &["SYSTEM"]),
        ])),
    ])
}

/// What a mistake in lowering, writing or reading would make of a formula, one test at a time.
fn mistakes(expr: &Expr) -> Vec<Expr> {
    let in_child = |children: &[Expr], many: &dyn Fn(Vec<Expr>) -> Expr| {
        let mut all = Vec::new();
        for (at, child) in children.iter().enumerate() {
            let with = |replaced: Option<Expr>| {
                let kept = children
                    .iter()
                    .enumerate()
                    .filter_map(|(other, child)| if other == at { replaced.clone() } else { Some(child.clone()) });
                many(kept.collect())
            };
            all.push(with(None));
            all.extend(mistakes(child).into_iter().map(|child| with(Some(child))));
        }
        all
    };
    match expr {
        Expr::True | Expr::False => Vec::new(),
        Expr::And(children) => {
            in_child(children, &|children| Expr::and(children)).into_iter().chain([Expr::or(children.clone())]).collect()
        }
        Expr::Or(children) => in_child(children, &|children| Expr::or(children)).into_iter().chain([Expr::and(children.clone())]).collect(),
        Expr::Not(child) => mistakes(child).into_iter().map(Expr::not).chain([(**child).clone()]).collect(),
        Expr::Test(test) => mistaken(test),
    }
}

fn mistaken(test: &Test) -> Vec<Expr> {
    let again = |predicate: Predicate| Expr::test(test.subject.clone(), predicate, Place::NOWHERE);
    match &test.predicate {
        Predicate::Like { any, case } => {
            let patterns = |change: fn(&Pattern) -> Pattern| {
                let changed = any.iter().map(|value| Listed { pattern: change(&value.pattern), place: Place::NOWHERE }).collect();
                again(Predicate::Like { any: changed, case: *case })
            };
            let mut all = vec![
                again(Predicate::Like { any: any.clone(), case: Case::Sensitive }),
                patterns(|pattern| pattern.with_any_before().with_any_after()),
                patterns(|pattern| Pattern::new(pattern.parts().iter().filter(|part| **part != Part::Any).cloned())),
                patterns(|pattern| {
                    Pattern::new(pattern.parts().iter().map(|part| if *part == Part::One { Part::Any } else { part.clone() }))
                }),
                patterns(|pattern| {
                    Pattern::new(pattern.parts().iter().map(|part| if *part == Part::One { Part::Text("?".into()) } else { part.clone() }))
                }),
                patterns(|pattern| Pattern::new(pattern.parts().iter().flat_map(underscore_as_wildcard))),
            ];
            if any.len() > 1 {
                all.extend((0..any.len()).map(|gone| {
                    let kept = any.iter().enumerate().filter(|&(at, _)| at != gone).map(|(_, value)| value.clone());
                    again(Predicate::Like { any: kept.collect(), case: *case })
                }));
            }
            all
        }
        Predicate::Regex(_) => vec![
            regex("Ip", r"127\.\d{1,3}$"),
            regex("Ip", r"^127.\d{1,3}$"),
            regex("Ip", r"^127\.\d{1,2}$"),
            regex("Ip", r"^127\.\d{1,3}"),
        ],
        Predicate::Within { .. } => {
            vec![like("Ip", &["10.*", "fe80:*"]), within("Ip", &["10.0.0.0/8"]), within("Ip", &["10.0.0.0/9", "fe80::/10"])]
        }
        Predicate::Compare { number, .. } => vec![again(Predicate::Compare { op: Comparison::Gt, number: number.clone() })],
        Predicate::TimePart { part, number, .. } => {
            vec![again(Predicate::TimePart { part: *part, op: Comparison::Gt, number: number.clone() })]
        }
        Predicate::Exists => vec![again(Predicate::like(pattern("?*"), Case::Fold))],
        Predicate::Relates { other, how, .. } => vec![again(Predicate::Relates { other: other.clone(), how: *how, case: Case::Sensitive })],
        Predicate::Order { .. } | Predicate::Kind(_) => Vec::new(),
    }
}

fn underscore_as_wildcard(part: &Part) -> Vec<Part> {
    match part {
        Part::Text(text) => text.chars().map(|c| if c == '_' { Part::One } else { Part::Text(c.to_string()) }).collect(),
        Part::One | Part::Any => vec![part.clone()],
    }
}

fn tells_apart(events: &[Event], a: &Expr, b: &Expr) -> bool {
    events.iter().any(|event| eval::matches(a, event) != eval::matches(b, event))
}

#[test]
fn mistakes_are_found() {
    let expr = rule();
    assert_all_decided(&expr);
    let events = derive(&expr).events;
    let mistakes: Vec<Expr> = mistakes(&expr).into_iter().filter(|mistake| *mistake != expr).collect();
    let found = mistakes.iter().filter(|mistake| tells_apart(&events, &expr, mistake)).count();
    let aimed = mistakes.iter().filter(|mistake| tells_apart(&derive_difference(&expr, mistake), &expr, mistake)).count();
    assert_eq!((found, aimed), (mistakes.len() - 4, mistakes.len()));
}

#[test]
fn differences_come_first() {
    let a = Expr::and([like("f", &["*\\cmd.exe"]), not(like("g", &["x*", "*y"]))]);
    for b in [
        Expr::and([like("f", &["*\\cmd.exe"]), not(like("g", &["x*"]))]),
        Expr::and([cased("f", Case::Ascii, &["*\\cmd.exe"]), not(cased("g", Case::Ascii, &["x*", "*y", "k"]))]),
        Expr::and([like("f", &["*\\cmd?exe"]), not(like("g", &["x*", "*y"]))]),
        Expr::and([like("f", &["*\\cmd.exe"]), not(like("g", &["x*", "*y"])), exists("g")]),
        like("f", &["*\\cmd.exe"]),
        Expr::False,
    ] {
        let events = derive_difference(&a, &b);
        assert!(tells_apart(events.get(..1).unwrap(), &a, &b), "{b:?}");
        assert!(!tells_apart(&derive_difference(&a, &a), &a, &a));
    }
    let many: Vec<String> = (0..5_000).map(|number| format!("*hash={number:064}*")).collect();
    let mut patterns: Vec<&str> = many.iter().map(String::as_str).collect();
    let a = like("f", &patterns);
    patterns.remove(3_210);
    let b = like("f", &patterns);
    assert!(tells_apart(&derive_difference(&a, &b), &a, &b));
    assert!(tells_apart(&derive_difference(&b, &a), &a, &b));
}
