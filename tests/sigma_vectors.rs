//! The parser of rules against facts about Sigma: vectors of meaning, and the public rule set.
//!
//! Both are found through `VERISIGMA_SHARED`; without it these tests only say so.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and explains on stderr")]

use serde::Deserialize;
use std::path::{Path, PathBuf};
use verisigma::rule::{self, Document};
use verisigma::source::Source;

/// One vector of `conformance/sigma.json`.
#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    rule: String,
    #[serde(default)]
    expected: Option<bool>,
    #[serde(default)]
    error: Option<String>,
}

/// Vectors of constructs that are refused for now (`not_supported_yet`).
const LATER: &[&str] = &[
    "doc/action-global",
    "doc/action-global-not-a-rule",
    "doc/action-repeat",
    "mod/hour",
    "mod/hour-offset",
    "mod/hour-gte",
    "mod/hour-string-operand",
    "mod/minute",
    "mod/day-date-only",
    "mod/week-iso",
    "mod/hour-not-a-date",
    "mod/hour-epoch",
];

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("VERISIGMA_SHARED").map(PathBuf::from);
    if shared.is_none() {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
    }
    shared
}

fn names(documents: &[Document]) -> Vec<&'static str> {
    documents.iter().flat_map(|document| &document.diagnostics).map(|diagnostic| diagnostic.code.name()).collect()
}

#[test]
fn vectors_parse_or_fail_as_expected() {
    let Some(shared) = shared() else { return };
    let text = std::fs::read_to_string(shared.join("conformance/sigma.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
    let mut mismatches = Vec::new();
    for vector in vectors.iter().filter(|vector| vector.kind == "detection") {
        let found = names(&rule::parse(&Source::new(&vector.name, &vector.rule)));
        let agrees = match (&vector.error, vector.expected) {
            _ if LATER.contains(&vector.name.as_str()) => found.contains(&"not_supported_yet"),
            (Some(error), _) => found.contains(&error.as_str()),
            (None, Some(_)) => found.is_empty(),
            (None, None) => false,
        };
        if !agrees {
            mismatches.push(format!("{}: expected {:?}, found {found:?}", vector.name, vector.error));
        }
    }
    assert!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), mismatches.join("\n"));
}

#[test]
fn public_rules_parse_cleanly() {
    let Some(shared) = shared() else { return };
    let files = rule_files(&shared.join("corpus/rules"));
    assert!(files.len() > 3_000, "{} files", files.len());
    let mut problems = Vec::new();
    for source in &files {
        let documents = rule::parse(source);
        problems.extend(documents.iter().flat_map(|document| &document.diagnostics).map(|diagnostic| diagnostic.render(source)));
        assert!(
            documents.len() == 1 && documents.iter().all(|document| document.id.is_some() && document.title.is_some()),
            "{}",
            source.name
        );
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n\n"));
}

/// The public rules whose placeholders an organisation fills in: nothing else is wrong with them.
#[test]
fn public_rules_with_placeholders_say_so() {
    let Some(shared) = shared() else { return };
    for source in &rule_files(&shared.join("corpus/rules-placeholder")) {
        let found = names(&rule::parse(source));
        assert!(!found.is_empty() && found.iter().all(|name| *name == "unresolved_placeholder"), "{}: {found:?}", source.name);
    }
}

/// The rule files below a folder.
fn rule_files(folder: &Path) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.iter().map(|path| Source::new(&path.display().to_string(), &std::fs::read_to_string(path).unwrap())).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
}
