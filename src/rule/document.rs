//! From a source to its documents: which kind of document each is, and its parts put together.
//!
//! Follows sigma.md §1.1 and §1.2 (D-4). All errors of a document are found in one go, except where one
//! hides another. Deliberately absent: what documents of a collection have to do with each other (see
//! [`super::collection`]).

use super::action::{Actions, Step};
use super::correlation::{Correlation, Reference};
use super::expand::Expansion;
use super::metadata::{self, child, is_null, key_place, lenient_text, or_meant};
use super::yaml::{Documents, Map, Node, Tree, View};
use super::{Document, Filter, Rule, Variables, correlation, detection, filter};
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::{Place, Source};

/// A document shows at most so many mistakes.
const MAX_IN_DOCUMENT: usize = 100;

/// A file in which more mistakes were found is not read any further.
const MAX_IN_FILE: usize = 300;

/// Parses a rule file in which no placeholder has a value. See [`parse_with`].
pub fn parse(source: &Source) -> Vec<Document> {
    parse_with(source, &Variables::default())
}

/// Parses a rule file, its placeholders replaced by these values.
///
/// Every document of the file that is not empty gives one [`Document`], but for the old `action: global` and `action:
/// reset`, which only say something about those that follow. A syntax error ends the file: the document in which it
/// stands is the last one, those before it are complete. So do some hundred mistakes.
pub fn parse_with(source: &Source, variables: &Variables) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut actions = Actions::default();
    let mut mistakes = 0_usize;
    for tree in Documents::new(source) {
        let is_empty = tree.root().is_none_or(is_null);
        if is_empty && tree.diagnostics.is_empty() {
            continue;
        }
        mistakes += documents.last().map_or(0, |last: &Document| last.diagnostics.len());
        if mistakes > MAX_IN_FILE {
            documents.push(named(&tree, None, vec![unread(start(&tree))]));
            break;
        }
        match actions.step(&tree) {
            Step::AsWritten => documents.push(document(&tree, start(&tree), variables)),
            Step::Merged(merged) => documents.push(document(&merged, start(&tree), variables)),
            Step::NoRule if tree.diagnostics.is_empty() => {}
            Step::NoRule => documents.push(named(&tree, None, tree.diagnostics.clone())),
            Step::Wrong(problem) => documents.push(named(&tree, None, tree.diagnostics.iter().cloned().chain([problem]).collect())),
        }
        actions.done(tree);
    }
    documents
}

/// Why a document and all after it are not read.
fn unread(place: Place) -> Diagnostic {
    Diagnostic::error(Code::MistakesLeftOut, place, format!("more than {MAX_IN_FILE} mistakes: the rest of the file is not read"))
        .help("correct those above, and try again")
}

/// What a document without errors holds.
enum Content {
    Rule(Rule),
    Correlation(Correlation),
    Filter(Filter),
}

/// One document, with the place where it starts.
fn document(tree: &Tree, start: Place, variables: &Variables) -> Document {
    let mut diagnostics = tree.diagnostics.clone();
    let root = tree.root().filter(|_| !tree.broken);
    let content = root.and_then(|root| content(root, start, &mut Expansion::new(variables), &mut diagnostics));
    named(tree, content, diagnostics)
}

/// A document with its names and its diagnostics in order; with its content only where these hold no error.
fn named(tree: &Tree, content: Option<Content>, mut diagnostics: Vec<Diagnostic>) -> Document {
    let text = |name| match tree.root()?.view() {
        View::Map(map) => {
            let scalar = child(map, name)?.scalar()?;
            lenient_text(scalar).map(|text| Reference { name: text.to_owned(), place: scalar.place })
        }
        View::Scalar(_) | View::List(_) => None,
    };
    let (id, title) = (text("id"), text("title"));
    settle(&mut diagnostics);
    let mut document = Document {
        id: id.as_ref().map(|id| id.name.clone()),
        title: title.map(|title| title.name),
        rule: None,
        correlation: None,
        filter: None,
        names: id.into_iter().chain(text("name")).collect(),
        diagnostics,
    };
    let invalid = document.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match content.filter(|_| !invalid) {
        Some(Content::Rule(rule)) => document.rule = Some(rule),
        Some(Content::Correlation(correlation)) => document.correlation = Some(Box::new(correlation)),
        Some(Content::Filter(filter)) => document.filter = Some(Box::new(filter)),
        None => {}
    }
    document
}

/// Orders diagnostics by place, drops repetitions, which aliases make, and all after the first [`MAX_IN_DOCUMENT`]; a
/// diagnostic as severe as any of those takes their place.
pub(super) fn settle(diagnostics: &mut Vec<Diagnostic>) {
    let key = |diagnostic: &Diagnostic| (diagnostic.place.line, diagnostic.place.column);
    diagnostics.sort_by_key(key);
    diagnostics.dedup_by(|a, b| key(a) == key(b) && a == b);
    if diagnostics.iter().any(|own| own.code == Code::MistakesLeftOut) {
        return;
    }
    let left_out = diagnostics.split_off(MAX_IN_DOCUMENT.min(diagnostics.len()));
    let Some((first, severity)) = left_out.first().zip(left_out.iter().map(|own| own.severity).max()) else { return };
    let message = format!("and {} more in this document", left_out.len());
    let more = Diagnostic::error(Code::MistakesLeftOut, first.place, message).help("correct those above, and try again");
    diagnostics.push(Diagnostic { severity, ..more });
}

/// Where a document starts: its first key.
fn start(tree: &Tree) -> Place {
    let Some(root) = tree.root() else { return Place::NOWHERE };
    match root.view() {
        View::Map(map) => map.entries().next().map_or(root.place(), |(key, _)| key.place()),
        View::Scalar(_) | View::List(_) => root.place(),
    }
}

/// Dispatches on the kind of document.
fn content(root: Node, start: Place, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<Content> {
    let View::Map(map) = root.view() else {
        let problem = Diagnostic::error(Code::YamlStructure, root.place(), "a document that is no map");
        report.push(problem.help("a rule starts with keys such as `title:`, `logsource:` and `detection:`"));
        return None;
    };
    let sections = ["detection", "correlation", "filter"].map(|name| key_place(map, name));
    let present: Vec<Place> = sections.into_iter().flatten().collect();
    if let &[_, second, ..] = present.as_slice() {
        let problem = Diagnostic::error(Code::AmbiguousDocument, second, "a document is one of a rule, a correlation and a filter");
        report.push(problem.help("write each into a document of its own, with `---` between them"));
        return None;
    }
    match sections {
        [_, Some(_), _] => correlation::read(start, map, report).map(Content::Correlation),
        [_, None, Some(_)] => filter::read(start, map, expansion, report).map(Content::Filter),
        [_, None, None] => rule(start, map, expansion, report).map(Content::Rule),
    }
}

/// A detection rule.
fn rule(start: Place, map: Map, expansion: &mut Expansion, report: &mut Vec<Diagnostic>) -> Option<Rule> {
    let metadata = metadata::read(map, start, report);
    let logsource = metadata::required_logsource(map, start, "a rule", report);
    let node = child(map, "detection").filter(|node| !is_null(*node));
    let Some((node, key)) = node.zip(key_place(map, "detection")) else {
        let problem = Diagnostic::error(Code::MissingDetection, start, "a rule without a detection section");
        let help = "write `detection:` with search identifiers and a condition below it".to_owned();
        report.push(problem.help(["filter", "correlation", "detection"].iter().fold(help, |help, name| or_meant(&help, name, map))));
        return None;
    };
    let detection = detection::read(key, node, expansion, report)?;
    Some(Rule { place: start, metadata, logsource: logsource?, detection, filters: Vec::new() })
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
    fn mistakes_are_shown_up_to_a_bound() {
        let wrong = "x: 1\nx: 1\n".repeat(100);
        let documents = parse(&Source::new("test", &wrong));
        let shown = documents.first().map(|document| document.diagnostics.as_slice()).unwrap_or_default();
        assert_eq!(shown.len(), MAX_IN_DOCUMENT + 1);
        let last = shown.last().map(|last| (last.code, last.severity, last.message.clone()));
        assert_eq!(last.map(|(code, severity, _)| (code, severity)), Some((Code::MistakesLeftOut, Severity::Error)));
        let documents = parse(&Source::new("test", &"--- a\n".repeat(10_000)));
        assert_eq!(documents.len(), MAX_IN_FILE + 2);
        assert!(documents.last().is_some_and(|last| last.diagnostics.first().is_some_and(|own| own.code == Code::MistakesLeftOut)));
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

    #[test]
    fn old_actions_put_documents_together() {
        let global = "action: global\ntitle: t\nlevel: high\nlogsource: {product: windows}\ndetection: {base: {A: x}}\n---\n";
        let own = "level: low\ndetection: {s: {B: [y]}, condition: base and s}\n---\n";
        let documents = parse(&Source::new("test", &format!("{global}{own}action: repeat\ntitle: u\ndetection: {{s: {{B: [z]}}}}\n---\n")));
        let shown: Vec<String> = documents.iter().filter_map(|document| document.rule.as_ref()).map(crate::rule::print::print).collect();
        assert_eq!(shown.len(), 2);
        assert!(shown.iter().all(|text| text.contains("base") && text.contains("condition (base and s)")), "{shown:?}");
        assert!(shown.last().is_some_and(|text| text.contains("\"z\"") && !text.contains("\"y\"")), "{shown:?}");
        let levels: Vec<_> = documents.iter().filter_map(|document| document.rule.as_ref()?.metadata.level).collect();
        assert_eq!(levels, [crate::rule::Level::Low; 2]);
        assert_eq!(documents.last().and_then(|document| document.title.as_deref()), Some("u"));
        for (text, expected) in [
            (global.to_owned(), vec![]),
            (format!("{global}action: reset\n---\n{own}"), vec!["missing_title", "missing_logsource", "unknown_identifier"]),
            (format!("action: repeat\n---\n{RULE}"), vec!["collection_action"]),
            (format!("{RULE}---\naction: [a]\n"), vec!["collection_action"]),
            (format!("action: global\na: 1\na: 2\n---\n{RULE}"), vec!["duplicate_key", "duplicate_key"]),
            (format!("{global}title: c\ncorrelation: {{type: event_count, rules: a, timespan: 1m, condition: {{gte: 1}}}}\n"), vec![]),
        ] {
            assert_eq!(names(&text).concat(), expected, "{text}");
        }
        let many = format!("action: global\nx: [{}]\n---\n", "1,".repeat(100_000)) + &format!("{RULE}---\n").repeat(1_000);
        assert!(names(&many).concat().contains(&"collection_action"));
    }

    proptest::proptest! {
        /// Whatever a file holds, there is exactly one of rule, correlation and filter when nothing is wrong, and the report is in order.
        #[test]
        fn any_text_gives_rules_or_errors(parts in proptest::collection::vec(proptest::sample::select(TOKENS), 0..60)) {
            let text = parts.concat();
            for document in parse(&Source::new("test", &text)) {
                let kinds = [document.rule.is_some(), document.correlation.is_some(), document.filter.is_some()];
                let count = kinds.iter().filter(|is_there| **is_there).count();
                proptest::prop_assert_eq!(count, usize::from(document.diagnostics.is_empty()));
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
        "correlation:\n",
        "  type: temporal\n",
        "  rules: [a, b]\n",
        "  timespan: 1m\n",
        "  condition: {gte: 1}\n",
        "filter:\n",
        "  rules: any\n",
        "action: global\n",
        "action: repeat\n",
        "    B|expand|all: ['%a%', b]\n",
        "not ",
        "and ",
        "(",
        "1 of ",
        "%",
    ];
}
