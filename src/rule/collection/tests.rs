//! Links between documents.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::rule::{Document, parse};
use crate::source::Source;

fn rule(name: &str) -> String {
    format!("title: {name}\nname: {name}\nlogsource: {{product: windows}}\ndetection: {{s: {{A: x}}, condition: s}}\n---\n")
}

fn correlation(name: &str, rules: &str) -> String {
    format!("title: {name}\nname: {name}\ncorrelation: {{type: temporal, rules: [{rules}], timespan: 1m}}\n---\n")
}

fn filter(logsource: &str, rules: &str) -> String {
    format!("title: f\nlogsource: {{{logsource}}}\nfilter: {{rules: {rules}, s: {{B: y}}, condition: not s}}\n---\n")
}

fn linked(text: &str) -> (Vec<Document>, Links) {
    let mut documents = parse(&Source::new("test", text));
    let links = link(&mut documents.iter_mut().collect::<Vec<_>>());
    (documents, links)
}

fn names(documents: &[Document]) -> Vec<&'static str> {
    documents.iter().flat_map(|document| &document.diagnostics).map(|diagnostic| diagnostic.code.name()).collect()
}

/// The program of a document: for each node its title, and the numbers of its slots.
fn program(text: &str, number: usize) -> Vec<(String, Vec<usize>)> {
    let (documents, links) = linked(text);
    assert!(names(&documents).is_empty(), "{:?}", names(&documents));
    let program = links.program(&documents.iter().collect::<Vec<_>>(), number).unwrap();
    let node = |node: &Node| match node {
        Node::Rule(rule) => (rule.metadata.title.clone(), Vec::new()),
        Node::Correlation { correlation, slots } => (correlation.metadata.title.clone(), slots.iter().map(|slot| slot.node).collect()),
    };
    program.nodes.iter().map(node).collect()
}

#[test]
fn programs_hold_each_rule_once_after_those_below_it() {
    let text =
        [correlation("d", "c, b"), correlation("c", "b, r"), rule("r"), correlation("b", "r, q"), rule("q"), rule("unused")].concat();
    let nodes = program(&text, 0);
    assert_eq!(nodes.len(), 5);
    assert_eq!(nodes.last().unwrap().0, "d");
    for (at, (_, slots)) in nodes.iter().enumerate() {
        assert!(slots.iter().all(|slot| *slot < at));
    }
    let (documents, links) = linked(&text);
    assert!(links.program(&documents.iter().collect::<Vec<_>>(), 2).is_none());
    let alone: Vec<bool> = (0..6).map(|number| links.stands_alone(number)).collect();
    assert_eq!(alone, [true, false, false, false, false, true]);
}

#[test]
fn correlations_over_correlations_do_not_multiply() {
    let mut text = rule("n0") + &rule("m0");
    for level in 1..=16 {
        let below = format!("n{0}, m{0}", level - 1);
        text += &correlation(&format!("n{level}"), &below);
        text += &correlation(&format!("m{level}"), &below);
    }
    assert_eq!(program(&text, 32).len(), 33);
}

#[test]
fn longer_chains_are_refused_where_they_become_too_long() {
    let deep: String =
        rule("n0") + &(1..3_000).map(|level| correlation(&format!("n{level}"), &format!("n{}", level - 1))).collect::<String>();
    let (documents, links) = linked(&deep);
    let documents: Vec<&Document> = documents.iter().collect();
    assert_eq!(links.program(&documents, 16).unwrap().nodes.len(), 17);
    for (number, document) in documents.iter().enumerate() {
        let found: Vec<&str> = document.diagnostics.iter().map(|diagnostic| diagnostic.code.name()).collect();
        let expected: &[&str] = match number {
            0..=16 => &[],
            17 => &["correlation_rules"],
            _ => &["rule_not_found"],
        };
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn references_and_names_are_checked() {
    let generate = |text: &str| text.replace("timespan: 1m", "timespan: 1m, generate: true");
    for (text, expected) in [
        ([rule("a"), rule("a")].concat(), vec!["duplicate_rule"]),
        ([correlation("c", "a")].concat(), vec!["rule_not_found"]),
        ([correlation("c", "c")].concat(), vec!["correlation_cycle"]),
        (
            [correlation("a", "b"), correlation("b", "a"), correlation("c", "a")].concat(),
            vec!["correlation_cycle", "correlation_cycle", "rule_not_found"],
        ),
        (
            [rule("a").replace("condition: s", "condition: t"), correlation("c", "a"), correlation("d", "c")].concat(),
            vec!["unknown_identifier", "rule_not_found", "rule_not_found"],
        ),
        (
            [filter("product: windows", "any").replace("title: f", "title: f\nname: f"), correlation("c", "f")].concat(),
            vec!["correlation_rules"],
        ),
        ([rule("a"), filter("product: windows", "[b]")].concat(), vec!["rule_not_found"]),
        ([rule("a"), generate(&correlation("c", "a"))].concat(), vec![]),
    ] {
        let (documents, links) = linked(&text);
        assert_eq!(names(&documents), expected, "{text}");
        assert!(links.stands_alone(0) || expected.is_empty() || !text.contains("generate"));
    }
}

#[test]
fn filters_apply_where_log_source_and_names_fit() {
    for (logsource, rules, expected) in [
        ("product: windows", "any", 1),
        ("product: windows", "ANY", 1),
        ("product: windows", "a", 1),
        ("product: windows", "[b]", 0),
        ("product: Windows", "any", 0),
        ("product: windows, category: x", "any", 0),
    ] {
        let (documents, _) = linked(&[rule("a"), rule("b"), filter(logsource, rules)].concat());
        assert_eq!(documents.first().unwrap().rule.as_ref().unwrap().filters.len(), expected, "{logsource} {rules}");
    }
}

#[test]
fn filters_make_rules_only_so_large() {
    let rules: String = (0..300).map(|number| rule(&format!("r{number}"))).collect();
    let values = vec!["w"; 8_000].join(", ");
    let filter = filter("product: windows", "any").replace("B: y", &format!("B: [{values}]"));
    let (documents, _) = linked(&(rules + &filter));
    let (written, refused): (Vec<&Document>, Vec<&Document>) =
        documents.iter().filter(|document| document.filter.is_none()).partition(|document| document.rule.is_some());
    assert!(written.iter().all(|document| document.rule.as_ref().unwrap().filters.len() == 1));
    assert!((200..300).contains(&refused.len()), "{}", refused.len());
    assert!(refused.iter().all(|document| document.diagnostics.iter().all(|problem| problem.code == crate::diag::Code::InvalidFilter)));
}

#[test]
fn correlations_of_large_rules_are_only_so_many() {
    let large = rule("r").replace("A: x", &format!("A: [{}]", vec!["w"; 8_000].join(", ")));
    let text = large + &(0..300).map(|number| correlation(&format!("c{number}"), "r, q")).collect::<String>() + &rule("q");
    let (documents, _) = linked(&text);
    let kept = documents.iter().filter(|document| document.correlation.is_some()).count();
    assert!((50..100).contains(&kept), "{kept}");
    assert_eq!(names(&documents), vec!["correlation_rules"; 300 - kept]);
}
