//! Parser and evaluator of rules against facts about Sigma: vectors of meaning, the public rule set, and the
//! events that were recorded for it.
//!
//! Both are found through `VERISIGMA_SHARED`; without it these tests only say so.

#![expect(clippy::unwrap_used, clippy::print_stderr, clippy::indexing_slicing, reason = "a test fails by panicking and explains on stderr")]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use verisigma::eval;
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::rule::{self, Document, Rule};
use verisigma::source::Source;

/// One vector of `conformance/sigma.json`.
#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    rule: String,
    event: serde_json::Value,
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

fn vectors(shared: &Path) -> Vec<Vector> {
    let text = std::fs::read_to_string(shared.join("conformance/sigma.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
    vectors.into_iter().filter(|vector| vector.kind == "detection").collect()
}

fn names(documents: &[Document]) -> Vec<&'static str> {
    documents.iter().flat_map(|document| &document.diagnostics).map(|diagnostic| diagnostic.code.name()).collect()
}

#[test]
fn vectors_parse_or_fail_as_expected() {
    let Some(shared) = shared() else { return };
    let mut mismatches = Vec::new();
    for vector in vectors(&shared) {
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
fn vectors_match_as_expected() {
    let Some(shared) = shared() else { return };
    let (mut compared, mut mismatches) = (0, Vec::new());
    for vector in vectors(&shared).iter().filter(|vector| !LATER.contains(&vector.name.as_str())) {
        let Some(expected) = vector.expected else { continue };
        let event = Event::new(vector.event.as_object().unwrap().clone());
        let documents = rule::parse(&Source::new(&vector.name, &vector.rule));
        compared += 1;
        if documents.iter().filter_map(|document| document.rule.as_ref()).any(|rule| eval::matches(rule, &event)) != expected {
            mismatches.push(format!("{}: expected {expected}", vector.name));
        }
    }
    assert!(compared > 200, "{compared} vectors");
    assert!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), mismatches.join("\n"));
}

/// The recorded events of a public rule: its id, how many of them it is to match at least, and their file.
struct Recording {
    id: String,
    at_least: u64,
    events: PathBuf,
}

/// What an `info.yml` says of the recordings beside it.
fn recordings(info: &Path) -> Vec<Recording> {
    let yaml: serde_yaml::Value = serde_yaml::from_str(&std::fs::read_to_string(info).unwrap()).unwrap();
    let id = yaml["rule_metadata"][0]["id"].as_str().unwrap().to_owned();
    let tests = yaml["regression_tests_info"].as_sequence().unwrap();
    let recording = |test: &serde_yaml::Value| {
        let name = Path::new(test["path"].as_str().unwrap()).file_name().unwrap();
        let events = info.with_file_name(name).with_extension("json");
        Recording { id: id.clone(), at_least: test["match_count"].as_u64().unwrap_or(1), events }
    };
    tests.iter().map(recording).collect()
}

/// Every public rule matches the events that were recorded for it.
#[test]
fn public_rules_match_their_recorded_events() {
    let Some(shared) = shared() else { return };
    let parse = |path: &PathBuf| rule::parse(&Source::new("", &std::fs::read_to_string(path).unwrap()));
    let rules: Vec<Rule> = collect(&shared.join("corpus/rules")).iter().flat_map(parse).filter_map(|document| document.rule).collect();
    let by_id: BTreeMap<&str, &Rule> = rules.iter().filter_map(|rule| Some((rule.metadata.id.as_deref()?, rule))).collect();
    let recordings: Vec<Recording> = collect(&shared.join("corpus/regression_data")).iter().flat_map(|info| recordings(info)).collect();
    assert!(recordings.len() > 100, "{} recordings", recordings.len());
    for recording in recordings {
        let rule = by_id.get(recording.id.as_str()).unwrap();
        let events = read_events(&std::fs::read_to_string(&recording.events).unwrap()).unwrap();
        let matched = events.into_iter().map(flatten_windows).filter(|event| eval::matches(rule, event)).count() as u64;
        assert!(matched >= recording.at_least, "{}: {matched} of {}", recording.events.display(), recording.at_least);
    }
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
    collect(folder).iter().map(|path| Source::new(&path.display().to_string(), &std::fs::read_to_string(path).unwrap())).collect()
}

/// The YAML files of a folder and its folders, in order.
fn collect(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let files = |path: PathBuf| {
        if path.is_dir() {
            collect(&path)
        } else {
            Vec::from_iter(Some(path).filter(|path| path.extension().is_some_and(|extension| extension == "yml")))
        }
    };
    entries.into_iter().flat_map(files).collect()
}
