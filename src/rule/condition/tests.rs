//! Conditions: grammar, names, faults.

use super::grammar::MAX_DEPTH;
use super::names::pattern_selects;
use super::*;
use crate::rule::{Quantifier, SelectorPattern};

/// The condition with all brackets written out, or the error and the text that it is about.
fn show(text: &str) -> String {
    match parse(text) {
        Ok(condition) => brackets(&condition),
        Err(fault) => format!("{} `{}`", fault.code.name(), text.get(fault.range).unwrap_or_default()),
    }
}

fn brackets(condition: &Condition) -> String {
    let list = |children: &[Condition], operator: &str| format!("({})", children.iter().map(brackets).collect::<Vec<_>>().join(operator));
    match condition {
        Condition::Or(children) => list(children, " or "),
        Condition::And(children) => list(children, " and "),
        Condition::Not(child) => format!("not {}", brackets(child)),
        Condition::Identifier(name) => name.clone(),
        Condition::Selector { quantifier, pattern } => {
            let quantifier = match quantifier {
                Quantifier::Any => "any",
                Quantifier::All => "all",
            };
            let pattern = match pattern {
                SelectorPattern::Them => "them",
                SelectorPattern::Pattern(pattern) => pattern,
            };
            format!("{quantifier} of {pattern}")
        }
    }
}

#[test]
fn grammar() {
    for (text, expected) in [
        ("a", "a"),
        (" a ", "a"),
        ("a and b or c", "((a and b) or c)"),
        ("a or b and not c", "(a or (b and not c))"),
        ("a and b and c", "(a and b and c)"),
        ("a and (b and c)", "(a and (b and c))"),
        ("not not a", "not not a"),
        ("not(a)and(b)", "(not a and b)"),
        ("((a))", "a"),
        ("notepad", "notepad"),
        ("android and order", "(android and order)"),
        ("not_x", "not_x"),
        ("1abc and a", "(1abc and a)"),
        ("1", "1"),
        ("1 or 1 of a*", "(1 or any of a*)"),
        ("filter-x", "filter-x"),
        ("1 of them", "any of them"),
        ("any of a*", "any of a*"),
        ("all of *_a*", "all of *_a*"),
        ("all of them and not 1 of filter-*", "(all of them and not any of filter-*)"),
        ("1 of exact", "any of exact"),
        ("1 of THEM", "any of THEM"),
        ("a\n  and\tb", "(a and b)"),
    ] {
        assert_eq!(show(text), expected, "{text}");
    }
}

#[test]
fn syntax_errors_point_at_the_token() {
    for (text, expected) in [
        ("", "condition_syntax ``"),
        ("  ", "condition_syntax `  `"),
        ("a andb", "condition_syntax `andb`"),
        ("a b", "condition_syntax `b`"),
        ("a and", "condition_syntax ``"),
        ("and a", "condition_syntax `and`"),
        ("a not b", "condition_syntax `not`"),
        ("a AND b", "condition_syntax `AND`"),
        ("NOT a", "condition_syntax `NOT`"),
        ("(a", "condition_syntax ``"),
        ("(a b)", "condition_syntax `b`"),
        ("a)", "condition_syntax `)`"),
        ("()", "condition_syntax `)`"),
        ("1 of", "condition_syntax ``"),
        ("1 of (x*)", "condition_syntax `(`"),
        ("1of them", "condition_syntax `them`"),
        ("2 of a*", "condition_syntax `2`"),
        ("1 OF a*", "condition_syntax `OF`"),
        ("all a", "condition_syntax `all`"),
        ("them", "condition_syntax `them`"),
        ("a* and b", "condition_syntax `a*`"),
        ("filter.x", "condition_syntax `.`"),
        ("1 of sel?ction_*", "condition_syntax `?`"),
        ("é", "condition_syntax `é`"),
        ("a | count() > 5", "deprecated_aggregation `| count() > 5`"),
        ("a or not", "condition_syntax ``"),
    ] {
        assert_eq!(show(text), expected, "{text}");
    }
}

#[test]
fn long_conditions_are_flat_and_deep_ones_are_refused() {
    let long = vec!["a"; 10_000].join(" and ");
    assert!(matches!(parse(&long), Ok(Condition::And(children)) if children.len() == 10_000));
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(parse(&format!("{}a", "not ".repeat(MAX_DEPTH))).is_ok());
    for deep in [
        nested(MAX_DEPTH + 1),
        "(".repeat(1_000_000),
        "not ".repeat(250_000),
        "not(".repeat(250_000),
        format!("{}a", "not ".repeat(MAX_DEPTH + 1)),
    ] {
        assert!(parse(&deep).is_err_and(|fault| fault.code == Code::ConditionSyntax));
    }
}

#[test]
fn patterns_cover_whole_names() {
    for (pattern, name, expected) in [
        ("a*", "abc", true),
        ("a*", "ba", false),
        ("*", "x", true),
        ("*", "_x", false),
        ("_*", "_x", true),
        ("*id", "_hid", false),
        ("s*_*w*", "selection_two", true),
        ("s*_*w*", "selection_one", false),
        ("*_o*", "selection_one", true),
        ("ab*ba", "aba", false),
        ("a**b", "ab", true),
        ("*a*a*", "a", false),
        ("*a*a*", "aa", true),
        ("abc", "abc", true),
        ("abc", "abcd", false),
    ] {
        assert_eq!(pattern_selects(pattern, name), expected, "{pattern} on {name}");
    }
}

#[test]
fn uses_are_names_and_patterns() {
    let text = "not a and (1 of x* or 1 or all of them)";
    assert_eq!(uses(text), [Use::Name("a", 4..5), Use::Pattern("x*", 16..18), Use::Name("1", 22..23), Use::Pattern("them", 34..38)]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_condition_or_an_error(text in "(a|not|and|or|of|1|all|them|[()*|é ]){0,20}") {
        if let Err(fault) = parse(&text) {
            proptest::prop_assert!(text.get(fault.range).is_some());
        }
    }
}
