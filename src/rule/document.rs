//! From a source to its documents: which kind of document each is, and its parts put together.
//!
//! Follows sigma.md §1.1 and §1.2 (D-4). All errors of a document are found in one go, except where one
//! hides another. Correlation rules, filters and the old `action` documents are recognised and refused for
//! now. Deliberately absent: rules across documents.

use super::metadata::{self, child, is_null, lenient_text, or_meant};
use super::yaml::{Documents, Map, Node, Tree, View};
use super::{Document, Rule, detection};
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::{Place, Source};

/// Parses a rule file.
///
/// Every document of the file that is not empty gives one [`Document`]. A syntax error ends the file: the
/// document in which it stands is the last one, those before it are complete.
pub fn parse(source: &Source) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut inherits = false;
    for tree in Documents::new(source) {
        let is_empty = tree.root().is_none_or(is_null);
        if is_empty && tree.diagnostics.is_empty() {
            continue;
        }
        documents.push(document(tree, &mut inherits));
    }
    documents
}

/// One document. `inherits` says whether an `action: global` document above changes what it means.
fn document(mut tree: Tree, inherits: &mut bool) -> Document {
    let mut diagnostics = std::mem::take(&mut tree.diagnostics);
    let root = tree.root();
    let rule = root.filter(|_| !tree.broken).and_then(|root| kind(root, inherits, &mut diagnostics));
    let text = |name| match root?.view() {
        View::Map(map) => child(map, name)?.scalar().and_then(lenient_text).map(str::to_owned),
        View::Scalar(_) | View::List(_) => None,
    };
    let (id, title) = (text("id"), text("title"));
    sort(&mut diagnostics);
    let invalid = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Document { id, title, rule: rule.filter(|_| !invalid), correlation: None, filter: None, diagnostics }
}

/// Orders diagnostics by place and drops repetitions, which aliases make.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let key = |diagnostic: &Diagnostic| (diagnostic.place.line, diagnostic.place.column);
    diagnostics.sort_by_key(key);
    diagnostics.dedup_by(|a, b| key(a) == key(b) && a == b);
}

/// Where a document starts: its first key.
fn start(root: Node, map: Map) -> Place {
    map.entries().next().map_or(root.place(), |(key, _)| key.place())
}

/// Dispatches on the kind of document.
fn kind(root: Node, inherits: &mut bool, report: &mut Vec<Diagnostic>) -> Option<Rule> {
    let View::Map(map) = root.view() else {
        let problem = Diagnostic::error(Code::YamlStructure, root.place(), "a document that is no map");
        report.push(problem.help("a rule starts with keys such as `title:`, `logsource:` and `detection:`"));
        return None;
    };
    let start = start(root, map);
    let sections = ["detection", "correlation", "filter"].map(|name| key_place(map, name));
    let present: Vec<Place> = sections.into_iter().flatten().collect();
    if let Some(action) = child(map, "action") {
        report.push(refused_action(action, inherits));
        return None;
    }
    if *inherits {
        report.push(not_yet(start, "a document that continues `action: global`"));
        return None;
    }
    if let &[_, second, ..] = present.as_slice() {
        let problem = Diagnostic::error(Code::AmbiguousDocument, second, "a document is one of a rule, a correlation and a filter");
        report.push(problem.help("write each into a document of its own, with `---` between them"));
        return None;
    }
    let [_, correlation, filter] = sections;
    if let Some(place) = correlation {
        report.push(not_yet(place, "a correlation rule"));
        return None;
    }
    if let Some(place) = filter {
        report.push(not_yet(place, "a filter"));
        return None;
    }
    rule(start, map, report)
}

fn key_place(map: Map, name: &str) -> Option<Place> {
    map.entries().filter_map(|(key, _)| key.scalar()).find(|key| key.text == name).map(|key| key.place)
}

fn not_yet(place: Place, what: &str) -> Diagnostic {
    Diagnostic::error(Code::NotSupportedYet, place, format!("{what} is not supported yet"))
        .help("this version handles detection rules: leave this document out")
}

fn refused_action(action: Node, inherits: &mut bool) -> Diagnostic {
    let name = action.scalar().map(|scalar| &*scalar.text);
    match name {
        Some("global") => *inherits = true,
        Some("reset") => *inherits = false,
        Some("repeat") => {}
        _ => {
            let problem = Diagnostic::error(Code::CollectionAction, action.place(), "an unknown action");
            return problem.help("the actions are `global`, `reset` and `repeat`");
        }
    }
    Diagnostic::error(Code::NotSupportedYet, action.place(), format!("`action: {}` is not supported yet", name.unwrap_or_default()))
        .help("write the shared parts into each rule")
}

/// A detection rule.
fn rule(start: Place, map: Map, report: &mut Vec<Diagnostic>) -> Option<Rule> {
    let metadata = metadata::read(map, start, report);
    let present = |name| child(map, name).filter(|node| !is_null(*node)).zip(key_place(map, name));
    let logsource = present("logsource").map(|(node, key)| metadata::logsource(key, node, report));
    if logsource.is_none() {
        let problem = Diagnostic::error(Code::MissingLogsource, start, "a rule without a log source");
        report.push(problem.help(or_meant("write `logsource:` with `category:`, `product:` or `service:` below it", "logsource", map)));
    }
    let Some((node, key)) = present("detection") else {
        let problem = Diagnostic::error(Code::MissingDetection, start, "a rule without a detection section");
        report.push(problem.help(or_meant("write `detection:` with search identifiers and a condition below it", "detection", map)));
        return None;
    };
    let detection = detection::read(key, node, report)?;
    Some(Rule { place: start, metadata, logsource: logsource?, detection, filters: Vec::new() })
}

/// As [`parse`], with values for placeholders.
pub fn parse_with(source: &Source, _: &super::variables::Variables) -> Vec<Document> {
    parse(source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Search, ValueKind};
    use crate::text::pattern::Shape;

    const RULE: &str = "title: a\nlogsource: {product: windows}\ndetection:\n  s:\n    A: x\n  condition: s\n";

    fn names(text: &str) -> Vec<Vec<&'static str>> {
        let documents = parse(&Source::new("test", text));
        documents.iter().map(|document| document.diagnostics.iter().map(|diagnostic| diagnostic.code.name()).collect()).collect()
    }

    /// A valid rule with this as its search `s`.
    fn with_search(search: &str) -> Vec<&'static str> {
        names(&format!("title: a\nlogsource: {{product: windows}}\ndetection:\n  s: {search}\n  condition: s\n")).concat()
    }

    #[test]
    fn empty_documents_are_skipped() {
        for text in ["", "# only a comment\n", "---\n", "---\n---\n...\n", "null\n", "~\n---\n"] {
            assert!(names(text).is_empty(), "{text:?}");
        }
        assert_eq!(names(&format!("---\n{RULE}---\n---\n{RULE}---\n")), [[""; 0], []]);
    }

    #[test]
    fn line_ends_and_marks_are_harmless() {
        let text = format!("\u{feff}{}\r\n", RULE.lines().collect::<Vec<_>>().join("\r\n"));
        let documents = parse(&Source::new("test", &text));
        assert!(documents.iter().all(|document| document.rule.is_some()) && documents.len() == 1);
    }

    #[test]
    fn a_syntax_error_costs_the_rest_of_the_file() {
        let text = format!("{RULE}---\ntitle: b\nid: c\ndetection: [\n---\n{RULE}");
        let documents = parse(&Source::new("test", &text));
        assert_eq!(documents.len(), 2);
        assert!(documents.first().is_some_and(|document| document.rule.is_some()));
        let broken = documents.last().map(|document| (document.rule.is_some(), document.id.as_deref(), document.title.as_deref()));
        assert_eq!(broken, Some((false, Some("c"), Some("b"))));
        assert_eq!(names(&text), [vec![], vec!["yaml_syntax"]]);
    }

    #[test]
    fn a_nul_character_is_a_syntax_error_unless_escaped() {
        assert_eq!(names(&format!("{RULE}---\ntitle: b\0\n{RULE}")), [vec![], vec!["yaml_syntax"]]);
        assert_eq!(names("\0"), [["yaml_syntax"]]);
        assert!(with_search(r#"{"A\0": "x\0\x07"}"#).is_empty());
    }

    #[test]
    fn aliases_share_nodes_within_bounds() {
        let text = "title: a\nlogsource: {product: windows}\ndetection:\n  s: &s\n    A: &v x\n    B: *v\n  t: [*s, {C: [*v, y]}]\n  condition: s or t\n";
        assert_eq!(names(text), [[""; 0]]);
        for (text, expected) in [("a: &a [*a]\n", "yaml_syntax"), ("a: *b\n", "yaml_syntax"), ("a: &a 1\n---\nb: *a\n", "yaml_syntax")] {
            assert_eq!(names(text).concat().last(), Some(&expected), "{text}");
        }
        let twice = "title: a\nlogsource: {product: windows}\ndetection:\n  s: {A: &v yes, B: *v}\n  condition: s\n";
        assert_eq!(names(twice), [["ambiguous_scalar"]]);
    }

    #[test]
    fn searches_have_the_forms_of_the_specification() {
        for search in [
            "{A: x}",
            "[x, y]",
            "[{A: x}, {B: y}]",
            "[x, {A: x}]",
            "[[x, y], [{A: x}]]",
            "x",
            "5",
            "{'|all': [x, y]}",
            "{'': x}",
            "{A: null}",
            "{A: [null]}",
        ] {
            assert_eq!(with_search(search), [""; 0], "{search}");
        }
        for (search, expected) in [
            ("{}", "empty_selection"),
            ("[]", "empty_selection"),
            ("", "empty_selection"),
            ("[{}]", "empty_selection"),
            ("[x, null]", "invalid_keyword"),
            ("true", "invalid_keyword"),
            ("{A: [x, null]}", "null_in_list"),
            ("{A|contains: [x, null]}", "null_in_list"),
            ("{A: [[x]]}", "invalid_value"),
            ("{A|foo: yes}", "unknown_modifier"),
            ("{'|fieldref': x}", "invalid_keyword"),
            ("{A|re: [x, '(']}", "invalid_regex"),
            ("{A|all: x}", "all_single_value"),
        ] {
            assert!(with_search(search).contains(&expected), "{search}: {:?}", with_search(search));
        }
    }

    #[test]
    fn scalars_keep_their_text() {
        let text = "title: a\nlogsource: {product: windows}\ndetection:\n  s:\n    A: !!str 010\n    B: >-\n      x\n      y\n    C: '  z '\n  condition: s\n";
        let documents = parse(&Source::new("test", text));
        let rule = documents.first().and_then(|document| document.rule.as_ref());
        let search = rule.and_then(|rule| rule.detection.identifiers.first()).map(|identifier| &identifier.search);
        let items =
            search.and_then(|search| if let Search::All(items) = search { Some(items.as_slice()) } else { None }).unwrap_or_default();
        let pattern = |value: &'_ crate::rule::Value| if let ValueKind::Text(pattern) = &value.kind { Some(pattern.clone()) } else { None };
        let patterns: Vec<_> = items.iter().flat_map(|item| &item.values).filter_map(pattern).collect();
        let texts: Vec<Shape> = patterns.iter().map(crate::text::pattern::Pattern::shape).collect();
        assert_eq!(texts, [Shape::Exact("010"), Shape::Exact("x y"), Shape::Exact("  z ")]);
    }

    #[test]
    fn all_mistakes_are_found_in_order_of_place() {
        let text = "title: 5\nlevel: urgent\nlogsource: {}\ndetection:\n  s: {A|foo: yes}\n  condition: s and t\n";
        assert_eq!(
            names(text),
            [["invalid_title", "invalid_level", "empty_logsource", "unknown_modifier", "ambiguous_scalar", "unknown_identifier"]]
        );
    }

    proptest::proptest! {
        /// Whatever a file holds, there is a rule exactly when nothing is wrong, and the report is in order.
        #[test]
        fn any_text_gives_rules_or_errors(parts in proptest::collection::vec(proptest::sample::select(TOKENS), 0..60)) {
            let text = parts.concat();
            for document in parse(&Source::new("test", &text)) {
                proptest::prop_assert_eq!(document.rule.is_some(), document.diagnostics.is_empty());
                proptest::prop_assert!(document.diagnostics.iter().all(|diagnostic| diagnostic.place.is_somewhere()));
                proptest::prop_assert!(document.diagnostics.is_sorted_by_key(|diagnostic| (diagnostic.place.line, diagnostic.place.column)));
            }
        }
    }

    const TOKENS: &[&str] = &[
        "title: a\n",
        "logsource:\n",
        "  product: x\n",
        "detection:\n",
        "  s:\n",
        "    A: x\n",
        "    B|contains: ",
        "  condition: s\n",
        "\n",
        " ",
        "- ",
        "a",
        "|re",
        "|all",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        "\"",
        "\\",
        "*",
        "&a ",
        "*a",
        "!!str ",
        "!x ",
        "---\n",
        "...\n",
        "#",
        "<<: ",
        "? ",
        "|\n",
        ">-\n",
        "\t",
        "\0",
        "\r\n",
        "é",
        "not ",
        "and ",
        "(",
        "1 of ",
        "%",
    ];
}
