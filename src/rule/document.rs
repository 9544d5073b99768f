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
    for tree in Documents::new(&source.text) {
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
    Document { id, title, rule: rule.filter(|_| !invalid), diagnostics }
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
    Some(Rule { place: start, metadata, logsource: logsource?, detection })
}
