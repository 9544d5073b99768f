//! Each type and each decision on streams small enough to count by hand; then everything at random against an oracle.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod oracle;
mod random;

use super::*;
use crate::rule::correlation::{Alias, Correlation, Firing, Operator, Reference, Threshold};
use crate::rule::program::{Node, Slot};
use crate::rule::{
    Condition, ConditionText, Detection, DetectionItem, Linking, Logsource, Metadata, Modifier, Rule, Search, SearchIdentifier, Value,
    ValueKind,
};
use crate::text::number::Decimal;
use crate::text::pattern::{Part, Pattern};
use serde_json::json;

/// The detection rules of every program here: each looks for its name in the field `E`.
const RULES: [&str; 4] = ["a", "b", "c", "d"];

fn named(name: &str) -> Metadata {
    Metadata { name: Some(name.to_owned()), ..Metadata::default() }
}

fn rule(name: &str) -> Rule {
    let item = DetectionItem {
        field: Some("E".to_owned()),
        place: Place::NOWHERE,
        modifiers: vec![Modifier::Contains],
        values: vec![Value { kind: ValueKind::Text(Pattern::new([Part::Text(name.to_owned())])), place: Place::NOWHERE, written: None }],
        linking: Linking::Any,
    };
    let own = SearchIdentifier { name: "s".to_owned(), place: Place::NOWHERE, search: Search::All(vec![item]) };
    let condition = ConditionText { condition: id("s"), text: String::new(), place: Place::NOWHERE };
    Rule {
        place: Place::NOWHERE,
        metadata: named(name),
        logsource: Logsource::default(),
        detection: Detection { identifiers: vec![own], conditions: vec![condition] },
        filters: Vec::new(),
    }
}

fn reference(name: &str) -> Reference {
    Reference { name: name.to_owned(), place: Place::NOWHERE }
}

/// Thresholds as a rule writes them: `gte 2, lt 5`.
fn thresholds(text: &str) -> Firing {
    let threshold = |text: &str| {
        let (operator, number) = text.split_once(' ').unwrap();
        let operator = match operator {
            "lt" => Operator::Lt,
            "lte" => Operator::Lte,
            "gt" => Operator::Gt,
            "gte" => Operator::Gte,
            "eq" => Operator::Eq,
            "neq" => Operator::Neq,
            other => panic!("no operator {other}"),
        };
        Threshold { operator, number: Decimal::parse(number).unwrap(), place: Place::NOWHERE }
    };
    Firing::Thresholds(text.split(", ").map(threshold).collect())
}

fn when(condition: Condition) -> Firing {
    Firing::Presence { condition, text: String::new(), place: Place::NOWHERE }
}

fn id(name: &str) -> Condition {
    Condition::Identifier(name.to_owned())
}

fn not(operand: Condition) -> Condition {
    Condition::Not(Box::new(operand))
}

/// A correlation over rules named with blanks between them, grouped by `U`, over ten seconds.
fn correlation(kind: Kind, rules: &str, condition: Firing) -> Correlation {
    Correlation {
        place: Place::NOWHERE,
        metadata: named("corr"),
        kind,
        rules: rules.split(' ').map(reference).collect(),
        group_by: vec!["U".to_owned()],
        timespan: 10,
        aliases: Vec::new(),
        condition,
        generate: false,
    }
}

fn event(time: &str, value: serde_json::Value) -> Event {
    let serde_json::Value::Object(root) = value else { panic!("{value} is no object") };
    Event::new(root).with("timestamp", json!(time))
}

/// An event at a second, that the rules match whose names are in a text.
fn at(second: i64, rules: &str, value: serde_json::Value) -> Event {
    event(&Time::from_nanoseconds(i128::from(second) * 1_000_000_000).unwrap().to_string(), value).with("E", json!(rules))
}

/// What the last of some correlations finds; each may refer to those before it.
fn find(correlations: &[Correlation], events: &[Event]) -> Findings {
    let rules = RULES.map(rule);
    let mut names: Vec<Metadata> = RULES.map(named).to_vec();
    let mut nodes: Vec<Node<'_>> = rules.iter().map(Node::Rule).collect();
    for correlation in correlations {
        let slot = |rule: &Reference| {
            let node = names.iter().position(|metadata| metadata.name.as_ref() == Some(&rule.name)).unwrap();
            Slot { node, names: vec![format!("id of {}", rule.name), rule.name.clone()] }
        };
        let slots = correlation.rules.iter().map(slot).collect();
        nodes.push(Node::Correlation { correlation, slots });
        names.push(correlation.metadata.clone());
    }
    let program = Program { nodes };
    let mut run = Run::new(&program, Clock::new(vec!["timestamp".to_owned()])).unwrap();
    events.iter().zip(0..).for_each(|(event, id)| run.observe(id, event));
    run.finish()
}

/// The alerts as text: second, group, events.
fn shown(findings: &Findings) -> Vec<String> {
    let alert = |alert: &Alert| {
        let second = alert.time.nanoseconds() / 1_000_000_000;
        let group: Vec<String> = alert.group.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{second} {} {:?}", group.join(","), findings.events(alert))
    };
    findings.alerts.iter().map(alert).collect()
}

/// Checks the alerts of one correlation.
#[track_caller]
fn check(correlation: Correlation, events: &[Event], expected: &[&str]) {
    assert_eq!(shown(&find(&[correlation], events)), expected);
}

fn x(second: i64, rules: &str) -> Event {
    at(second, rules, json!({"U": "x"}))
}

#[test]
fn windows_slide_are_closed_and_look_backward() {
    let twice = || correlation(Kind::EventCount, "a", thresholds("gte 2"));
    check(twice(), &[x(5, "a"), x(15, "a")], &["15 U=x [0, 1]"]);
    check(twice(), &[x(5, "a"), x(16, "a")], &[]);
    check(twice(), &[x(15, "a"), x(5, "a"), x(7, "b")], &["15 U=x [1, 0]"]);
    check(twice(), &[x(0, "a"), x(1, "a"), x(11, "a"), x(30, "a")], &["1 U=x [0, 1]", "11 U=x [1, 2]"]);
    check(twice(), &[x(3, "a"), x(3, "a")], &["3 U=x [0, 1]"]);
    let fraction = |text| event(text, json!({"U": "x", "E": "a"}));
    check(twice(), &[fraction("2024-01-01T00:00:00.5Z"), fraction("2024-01-01T02:00:10.500000001+02:00")], &[]);
    check(twice(), &[fraction("1970-01-01T00:00:00.5"), fraction("1970-01-01 00:00:10.5")], &["10 U=x [0, 1]"]);
}

#[test]
fn event_count_counts_an_event_once() {
    let over = |condition| correlation(Kind::EventCount, "a b", thresholds(condition));
    check(over("gte 2"), &[x(0, "ab")], &[]);
    check(over("gte 2"), &[x(0, "ab"), x(0, "b")], &["0 U=x [0, 1]"]);
    check(over("gt 1, lte 2"), &[x(0, "a"), x(1, "b"), x(2, "a")], &["1 U=x [0, 1]"]);
    check(over("lt 2"), &[x(0, "a"), x(1, "b"), x(2, "c")], &["0 U=x [0]"]);
    check(over("neq 1"), &[x(0, "a"), x(1, "b"), x(20, "b")], &["1 U=x [0, 1]"]);
    check(over("eq 1"), &[x(0, "a"), x(1, "b"), x(20, "b")], &["0 U=x [0]", "20 U=x [2]"]);
    check(over("lt 5"), &[x(0, "c")], &[]);
}

#[test]
fn groups_are_tuples_of_exact_canonical_texts() {
    let twice = |fields: &[&str]| {
        let group_by = fields.iter().map(|&field| field.to_owned()).collect();
        Correlation { group_by, ..correlation(Kind::EventCount, "a", thresholds("gte 2")) }
    };
    let of = |second, value| at(second, "a", value);
    check(twice(&["U"]), &[of(0, json!({"U": "x"})), of(1, json!({"U": "X"}))], &[]);
    check(twice(&["U"]), &[of(0, json!({"U": 1})), of(1, json!({"U": "1"})), of(1, json!({"U": "1.0"}))], &["1 U=1 [0, 1]"]);
    let two = [of(0, json!({"U": "x", "H": 1})), of(1, json!({"U": "x", "H": 2})), of(2, json!({"H": true, "U": "x"}))];
    check(twice(&["U", "H"]), &two, &[]);
    check(twice(&["H"]), &[of(0, json!({"H": true})), of(1, json!({"H": "true"}))], &["1 H=true [0, 1]"]);
    check(twice(&[]), &[of(0, json!({"U": "x"})), of(1, json!({}))], &["1  [0, 1]"]);
    let several = [of(1, json!({"U": "y"})), of(0, json!({"U": ["x", "y", "x"]})), of(1, json!({"U": "x"}))];
    check(twice(&["U"]), &several, &["1 U=x [1, 2]", "1 U=y [1, 0]"]);
}

/// D-29, D-22: nothing is left out in silence.
#[test]
fn what_cannot_be_counted_is_said() {
    let many: Vec<usize> = (0..100).collect();
    let events = [
        at(0, "a", json!({})),
        at(1, "a", json!({"U": null})),
        at(2, "a", json!({"U": {"k": 1}})),
        x(3, "z"),
        event("no time", json!({"U": "x", "E": "ab"})),
        event("", json!({"U": "x", "E": "z"})),
        event("", json!({"U": "x", "E": "a"})).with("timestamp", json!(5)),
        at(4, "a", json!({"U": many, "F": many, "G": many})),
    ];
    let findings = find(&[correlation(Kind::EventCount, "a b", thresholds("gte 2"))], &events);
    assert_eq!((shown(&findings).len(), findings.ungrouped, findings.unclocked, findings.crowded), (0, 3, 2, 0));
    let tuples = correlation(Kind::ValueCount(vec!["F".to_owned(), "G".to_owned()]), "a", thresholds("gte 1"));
    assert_eq!(find(&[tuples], &events).crowded, 1);
    let single = correlation(Kind::ValueCount(vec!["F".to_owned()]), "a", thresholds("eq 100"));
    assert_eq!(find(&[single], &events).alerts.len(), 100);
}

#[test]
fn clocks_try_their_fields_in_order() {
    let clock = Clock::new(vec!["t".to_owned(), "log.time".to_owned()]);
    let time = |value| clock.time(&event("", value)).map(|time| time.to_string());
    assert_eq!(time(json!({"log": {"time": "2024-01-01"}})).unwrap(), "2024-01-01T00:00:00Z");
    assert_eq!(time(json!({"t": ["x", 5, "2023-01-01"], "log": {"time": "2024-01-01"}})).unwrap(), "2023-01-01T00:00:00Z");
    assert_eq!(time(json!({"t": "x", "log.time": "2024-01-01"})).unwrap(), "2024-01-01T00:00:00Z");
    assert_eq!(time(json!({"t": 5})), None);
}

#[test]
fn value_count_counts_distinct_tuples() {
    let count = |fields: &[&str], condition| {
        correlation(Kind::ValueCount(fields.iter().map(|&field| field.to_owned()).collect()), "a b", thresholds(condition))
    };
    let of = |second, value: serde_json::Value| at(second, "a", value).with("U", json!("x"));
    let f = |second, value| of(second, json!({"F": value}));
    check(count(&["F"], "gte 2"), &[f(0, json!("p")), f(1, json!("P"))], &["1 U=x [0, 1]"]);
    check(count(&["F"], "gte 2"), &[f(0, json!(1)), f(1, json!("1")), f(2, json!(1.0)), f(3, json!(null))], &[]);
    check(count(&["F"], "gte 2"), &[f(0, json!(["p", "q"]))], &["0 U=x [0]"]);
    check(count(&["F"], "lt 1"), &[f(0, json!({}))], &["0 U=x [0]"]);
    let two = [of(0, json!({"F": 1, "G": 1})), of(1, json!({"F": 1, "G": 2})), of(2, json!({"F": 3}))];
    check(count(&["F", "G"], "gte 2"), &two, &["1 U=x [0, 1]", "2 U=x [0, 1, 2]"]);
    check(count(&["F", "G"], "gte 3"), &two, &[]);
    check(count(&["F", "G"], "eq 4"), &[of(0, json!({"F": [1, 2], "G": [1, 2]}))], &["0 U=x [0]"]);
}

#[test]
fn sums_and_means_are_exact_and_of_numbers_alone() {
    let of = |second, value: serde_json::Value| at(second, "a", json!({"U": "x", "N": value}));
    let n = || "N".to_owned();
    let sum = |condition| correlation(Kind::ValueSum(n()), "a b", thresholds(condition));
    check(
        sum("eq 0.3"),
        &[of(0, json!(0.1)), of(1, json!("0.2")), of(2, json!("x")), of(2, json!("+1"))],
        &["1 U=x [0, 1]", "2 U=x [0, 1, 2, 3]"],
    );
    check(sum("gt 9007199254740992"), &[of(0, json!(9_007_199_254_740_992_u64)), of(1, json!("1e-30"))], &["1 U=x [0, 1]"]);
    check(sum("lt 1"), &[of(0, json!("x")), of(1, json!(true))], &[]);
    check(
        sum("eq -4"),
        &[of(0, json!(-5)), of(1, json!(1)), of(20, json!([-1, -2, -1])), of(30, json!("-3"))],
        &["1 U=x [0, 1]", "20 U=x [2]"],
    );
    check(sum("eq 10"), &[at(0, "ab", json!({"U": "x", "N": 5}))], &["0 U=x [0]"]);
    let mean = |condition| correlation(Kind::ValueAvg(n()), "a", thresholds(condition));
    let thirds = [of(0, json!(0)), of(1, json!(0)), of(2, json!(1))];
    check(mean("gt 0.3333333333333333333333333333, lt 0.3333333333333333333333333334"), &thirds, &["2 U=x [0, 1, 2]"]);
    check(mean("lte 6"), &[of(0, json!(4)), of(1, json!(8)), of(2, json!("zz"))], &["0 U=x [0]", "1 U=x [0, 1]", "2 U=x [0, 1, 2]"]);
}

/// D-28
#[test]
fn percentiles_are_interpolated() {
    let of = |second, value: i64| at(second, "a", json!({"U": "x", "N": value}));
    let percentile = |rank, condition: &str| {
        let rank = Decimal::parse(rank).unwrap();
        correlation(Kind::ValuePercentile { field: "N".to_owned(), rank }, "a", thresholds(condition))
    };
    let ten: Vec<Event> = (1..=10).map(|n| of(0, 110 - 10 * n)).collect();
    for (rank, value) in [("0", "10"), ("90", "91"), ("100", "100"), ("50", "55"), ("99.9", "99.91"), ("12.5", "21.25")] {
        assert_eq!(find(&[percentile(rank, &format!("eq {value}"))], &ten).alerts.len(), 1, "{rank}");
    }
    check(percentile("90", "gt 100"), &ten, &[]);
    let median = |condition| correlation(Kind::ValueMedian("N".to_owned()), "a", thresholds(condition));
    check(
        median("eq 6"),
        &[of(0, 5), of(1, 7), of(20, 6), of(40, 1), of(41, 6), of(42, 6)],
        &["1 U=x [0, 1]", "20 U=x [2]", "42 U=x [3, 4, 5]"],
    );
    check(median("lt 1"), &[x(0, "a")], &[]);
}

#[test]
fn temporal_counts_distinct_rules() {
    let of = |rules, condition| correlation(Kind::Temporal, rules, thresholds(condition));
    check(of("a b", "gte 2"), &[x(0, "b"), x(5, "b"), x(9, "a"), x(17, "c")], &["9 U=x [0, 1, 2]"]);
    check(of("a b", "gte 2"), &[x(0, "ab")], &["0 U=x [0]"]);
    check(of("a b", "gte 2"), &[x(0, "a"), at(1, "b", json!({"U": "y"}))], &[]);
    check(of("a b c", "gte 2, lt 3"), &[x(0, "a"), x(1, "c"), x(2, "b")], &["1 U=x [0, 1]"]);
}

/// D-31
#[test]
fn ordered_rules_occur_at_strictly_increasing_times() {
    let of = |rules, condition| correlation(Kind::TemporalOrdered, rules, thresholds(condition));
    check(of("a b", "gte 2"), &[x(0, "a"), x(1, "b")], &["1 U=x [0, 1]"]);
    check(of("a b", "gte 2"), &[x(0, "b"), x(1, "a")], &[]);
    check(of("a b", "gte 2"), &[x(0, "a"), x(0, "b")], &[]);
    check(of("a b", "gte 2"), &[x(0, "ab")], &[]);
    check(of("a b", "gte 2"), &[x(0, "ab"), x(1, "ab")], &["1 U=x [0, 1]"]);
    check(
        of("a b", "gte 2"),
        &[x(0, "a"), x(9, "b"), x(10, "a"), x(11, "a"), x(12, "b")],
        &["9 U=x [0, 1]", "10 U=x [0, 1, 2]", "12 U=x [1, 2, 3, 4]"],
    );
    check(of("a b c", "gte 3"), &[x(0, "c"), x(1, "a"), x(2, "c"), x(3, "b"), x(11, "c"), x(12, "c")], &["11 U=x [1, 2, 3, 4]"]);
    check(of("a b c", "gte 2"), &[x(0, "a"), x(1, "c")], &["1 U=x [0, 1]"]);
    check(of("a b c", "gte 2"), &[x(0, "c"), x(1, "b"), x(2, "a")], &[]);
    check(of("a b", "lt 2"), &[x(0, "b"), x(1, "a"), x(2, "b")], &["0 U=x [0]", "1 U=x [0, 1]"]);
}

#[test]
fn positive_conditions_look_backward() {
    let either = || Condition::And(vec![id("a"), Condition::Or(vec![id("b"), id("id of c")])]);
    let of = |kind| correlation(kind, "a b c", when(either()));
    check(of(Kind::Temporal), &[x(0, "c"), x(1, "a")], &["1 U=x [0, 1]"]);
    check(of(Kind::Temporal), &[x(0, "c"), x(1, "b"), x(30, "a")], &[]);
    check(of(Kind::TemporalOrdered), &[x(0, "c"), x(1, "a")], &[]);
    check(of(Kind::TemporalOrdered), &[x(0, "c"), x(1, "a"), x(1, "b"), x(2, "c")], &["2 U=x [0, 1, 2, 3]"]);
    let double = not(not(Condition::Or(vec![not(not(id("a"))), Condition::And(vec![id("b"), id("a")])])));
    check(correlation(Kind::Temporal, "a b", when(double)), &[x(0, "a"), x(1, "b")], &["0 U=x [0]", "1 U=x [0, 1]"]);
}

#[test]
fn negations_look_forward_to_a_deadline_that_must_have_passed() {
    let of = |rules, condition| correlation(Kind::Temporal, rules, when(condition));
    let alone = || of("a b", Condition::And(vec![id("a"), not(id("b"))]));
    check(alone(), &[x(0, "a"), x(5, "b"), x(60, "z")], &[]);
    check(alone(), &[x(0, "a"), x(10, "b"), x(60, "z")], &[]);
    check(alone(), &[x(0, "a"), x(11, "b")], &["10 U=x [0]"]);
    check(alone(), &[x(0, "b"), x(1, "a"), x(12, "z")], &["11 U=x [1]"]);
    check(alone(), &[x(0, "ab"), x(12, "z")], &[]);
    check(alone(), &[x(0, "a")], &[]);
    check(alone(), &[x(0, "a"), x(10, "z")], &[]);
    check(alone(), &[x(0, "a"), at(11, "z", json!({}))], &["10 U=x [0]"]);
    check(alone(), &[at(60, "z", json!({})), x(5, "a"), x(0, "a")], &["10 U=x [2, 1]", "15 U=x [1]"]);
    let two = || of("a b c", Condition::And(vec![id("a"), id("b"), not(id("c"))]));
    check(two(), &[x(0, "b"), x(9, "a"), x(11, "c")], &["10 U=x [0, 1]"]);
    check(two(), &[x(0, "b"), x(9, "a"), x(10, "c")], &[]);
    let mixed = || of("a b c", Condition::Or(vec![id("a"), Condition::And(vec![id("b"), not(id("c"))])]));
    check(mixed(), &[x(0, "a"), x(1, "b"), x(60, "z")], &["0 U=x [0]", "1 U=x [0, 1]", "11 U=x [1]"]);
    let ordered = |condition| correlation(Kind::TemporalOrdered, "a b c", when(condition));
    let in_order = || Condition::And(vec![id("b"), id("a"), not(id("c"))]);
    check(ordered(in_order()), &[x(0, "a"), x(1, "b"), x(60, "z")], &["10 U=x [0, 1]"]);
    check(ordered(in_order()), &[x(0, "b"), x(1, "a"), x(60, "z")], &[]);
    check(ordered(in_order()), &[x(0, "c"), x(1, "a"), x(2, "a"), x(11, "b"), x(60, "z")], &["11 U=x [1, 2, 3]", "12 U=x [2, 3]"]);
}

#[test]
fn negations_alone_need_a_context() {
    let of = |rules, condition| correlation(Kind::Temporal, rules, when(condition));
    check(of("a", not(id("a"))), &[x(0, "a"), x(60, "z")], &[]);
    check(of("a b", not(Condition::Or(vec![id("a"), id("b")]))), &[x(0, "a"), x(60, "b"), x(99, "z")], &[]);
    let or = || Condition::Or(vec![Condition::And(vec![id("a"), id("c")]), not(id("b"))]);
    check(of("a b c", or()), &[x(0, "a"), x(20, "b"), x(60, "z")], &["10 U=x [0]"]);
}

#[test]
fn forms_that_grow_too_large_are_refused() {
    let pairs = |count| Condition::And((0..count).map(|_| Condition::Or(RULES.map(id).to_vec())).collect());
    let slots = RULES.map(|name| Slot { node: 0, names: vec![name.to_owned()] });
    assert_eq!(branch::branches(&pairs(9), &slots).unwrap().len(), 15);
    let names: Vec<String> = (0..22).map(|number| number.to_string()).collect();
    let slots: Vec<Slot> = names.iter().map(|name| Slot { node: 0, names: vec![name.clone()] }).collect();
    let wide =
        |count| Condition::And((0..count).map(|at: usize| Condition::Or(vec![id(&names[2 * at]), id(&names[2 * at + 1])])).collect());
    assert_eq!(branch::branches(&wide(10), &slots).unwrap().len(), 1024);
    assert_eq!(branch::branches(&wide(11), &slots), None);
    assert_eq!(branch::branches(&not(not(wide(11))), &slots), None);
    assert_eq!(branch::branches(&not(wide(11)), &slots).unwrap().len(), 11);
}

#[test]
fn aliases_name_fields_rule_by_rule() {
    let alias = |fields: &[(&str, &str)]| Alias {
        name: "ip".to_owned(),
        fields: fields.iter().map(|&(rule, field)| (reference(rule), field.to_owned())).collect(),
    };
    let of = |fields: &[(&str, &str)]| Correlation {
        group_by: vec!["ip".to_owned()],
        aliases: vec![alias(fields)],
        ..correlation(Kind::Temporal, "a b", thresholds("gte 2"))
    };
    let events = |other: &str| [at(0, "a", json!({"src": "1", "dst": "9"})), at(1, "b", json!({"src": "8"})).with(other, json!("1"))];
    check(of(&[("a", "src"), ("id of b", "dst")]), &events("dst"), &["1 ip=1 [0, 1]"]);
    check(of(&[("a", "src"), ("b", "dst")]), &events("src"), &[]);
    check(of(&[("a", "src")]), &events("ip"), &["1 ip=1 [0, 1]"]);
    let sum = Correlation {
        aliases: vec![alias(&[("a", "n"), ("b", "m")])],
        ..correlation(Kind::ValueSum("ip".to_owned()), "a b", thresholds("eq 7"))
    };
    check(sum, &[at(0, "ab", json!({"U": "x", "n": 3, "m": 4}))], &["0 U=x [0]"]);
}

#[test]
fn alerts_are_occurrences_of_their_rule() {
    let inner = || Correlation { metadata: named("inner"), ..correlation(Kind::EventCount, "a", thresholds("gte 2")) };
    let outer = |kind, rules, condition| correlation(kind, rules, thresholds(condition));
    let show = |outer: Correlation, events: &[Event]| shown(&find(&[inner(), outer], events));
    let ordered = || outer(Kind::TemporalOrdered, "inner b", "gte 2");
    assert_eq!(show(ordered(), &[x(0, "a"), x(5, "a"), x(7, "b")]), ["7 U=x [0, 1, 2]"]);
    assert_eq!(show(ordered(), &[x(0, "a"), x(5, "ab")]), [""; 0], "the alert is at the last event");
    assert_eq!(show(ordered(), &[x(0, "a"), x(7, "b"), x(8, "a")]), [""; 0]);
    assert_eq!(show(ordered(), &[x(0, "a"), at(5, "a", json!({"U": "y"})), x(7, "b")]), [""; 0]);
    let counted = || outer(Kind::EventCount, "inner", "gte 2");
    assert_eq!(show(counted(), &[x(0, "a"), x(1, "a"), x(2, "a"), x(30, "a")]), ["2 U=x [0, 1, 2]"]);
    assert_eq!(show(counted(), &[x(0, "a"), x(1, "a"), x(1, "a")]), [""; 0], "one time is one alert");
    let renamed = Correlation {
        group_by: vec!["who".to_owned()],
        aliases: vec![Alias {
            name: "who".to_owned(),
            fields: vec![(reference("inner"), "U".to_owned()), (reference("b"), "V".to_owned())],
        }],
        ..outer(Kind::Temporal, "inner b", "gte 2")
    };
    assert_eq!(show(renamed, &[x(0, "a"), x(1, "a"), at(2, "b", json!({"V": "x"}))]), ["2 who=x [0, 1, 2]"]);
    let foreign = Correlation { group_by: vec!["H".to_owned()], ..outer(Kind::EventCount, "inner", "gte 1") };
    let findings = find(&[inner(), foreign], &[x(0, "a").with("H", json!(1)), x(1, "a").with("H", json!(1))]);
    assert_eq!((findings.alerts.len(), findings.ungrouped), (0, 1));
}

#[test]
fn a_program_may_be_a_single_rule() {
    let rule = rule("a");
    let program = Program { nodes: vec![Node::Rule(&rule)] };
    let mut run = Run::new(&program, Clock::new(vec!["timestamp".to_owned()])).unwrap();
    run.observe(7, &x(5, "a"));
    run.observe(8, &x(3, "a"));
    run.observe(9, &x(4, "b"));
    assert_eq!(shown(&run.finish()), ["3  [8]", "5  [7]"]);
    assert_eq!(shown(&Run::new(&Program { nodes: Vec::new() }, Clock::new(Vec::new())).unwrap().finish()), [""; 0]);
}

/// The longest spans and the ends of time overflow nothing.
#[test]
fn the_ends_of_time_are_reached() {
    let forever = |condition| Correlation { timespan: u64::MAX, ..correlation(Kind::Temporal, "a b", condition) };
    let events = ["0000-01-01", "9999-12-30T22:00:00Z"].map(|time| event(time, json!({"U": "x", "E": "a"})));
    assert_eq!(find(&[forever(thresholds("gte 1"))], &events).alerts.len(), 2);
    assert_eq!(find(&[forever(when(Condition::And(vec![id("a"), not(id("b"))])))], &events).alerts.len(), 0);
}

/// Everything is in every window: whatever went through windows one by one would not come to an end.
#[test]
fn many_occurrences_in_one_window_take_no_longer_than_sorting() {
    let events: Vec<Event> = (0..40_000).map(|n| at(n, ["a", "b", "ab"][n as usize % 3], json!({"U": "x", "N": n % 1000}))).collect();
    let n = || "N".to_owned();
    let kinds = [
        Kind::EventCount,
        Kind::ValueCount(vec![n()]),
        Kind::ValueSum(n()),
        Kind::ValueAvg(n()),
        Kind::ValueMedian(n()),
        Kind::Temporal,
        Kind::TemporalOrdered,
    ];
    for kind in kinds {
        let wide = Correlation { timespan: 1_000_000, ..correlation(kind.clone(), "a b", thresholds("gte 2")) };
        let findings = find(&[wide], &events);
        assert!(findings.alerts.len() > 39_000, "{kind:?}: {}", findings.alerts.len());
        assert_eq!(findings.events(findings.alerts.last().unwrap()).len(), 40_000);
    }
    let presence = Condition::And(vec![id("a"), not(id("c"))]);
    let wide = Correlation { timespan: 100, ..correlation(Kind::TemporalOrdered, "a b c", when(presence)) };
    assert!(find(&[wide], &events).alerts.len() > 26_000);
}
