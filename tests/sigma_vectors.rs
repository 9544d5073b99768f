//! Parser and evaluator of rules against facts about Sigma: vectors of meaning, the public rule set, and the
//! events that were recorded for it.
//!
//! Both are found through `VERISIGMA_SHARED`; without it these tests only say so.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and explains on stderr"
)]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use verisigma::diag::Severity;
use verisigma::eval;
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::rule::collection::{Links, link};
use verisigma::rule::program::{Node, Program};
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

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("VERISIGMA_SHARED").map(PathBuf::from);
    if shared.is_none() {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
    }
    shared
}

fn vectors(shared: &Path) -> Vec<Vector> {
    let text = std::fs::read_to_string(shared.join("conformance/sigma.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn names(documents: &[Document]) -> Vec<&'static str> {
    documents.iter().flat_map(|document| &document.diagnostics).map(|diagnostic| diagnostic.code.name()).collect()
}

/// The names of all errors; notes are none.
fn errors(documents: &[Document]) -> Vec<&'static str> {
    let all = documents.iter().flat_map(|document| &document.diagnostics);
    all.filter(|diagnostic| diagnostic.severity == Severity::Error).map(|diagnostic| diagnostic.code.name()).collect()
}

/// The documents of a vector, linked.
fn linked(vector: &Vector) -> (Vec<Document>, Links) {
    let mut documents = rule::parse(&Source::new(&vector.name, &vector.rule));
    let links = link(&mut documents.iter_mut().collect::<Vec<_>>());
    (documents, links)
}

/// Whether some detection rule matches, or the correlation called CORR fires.
fn fires(vector: &Vector) -> bool {
    let (documents, links) = linked(vector);
    if vector.kind != "correlation" {
        let event = Event::new(vector.event.as_object().unwrap().clone());
        return documents.iter().filter_map(|document| document.rule.as_ref()).any(|rule| eval::matches(rule, &event));
    }
    let events: Vec<Event> = vector.event.as_array().unwrap().iter().map(|event| Event::new(event.as_object().unwrap().clone())).collect();
    let number = documents.iter().position(|document| document.title.as_deref() == Some("CORR")).unwrap();
    let program = links.program(&documents.iter().collect::<Vec<_>>(), number).unwrap_or_else(|| panic!("{} has no program", vector.name));
    correlation_fires(&program, &events).unwrap_or(vector.expected.unwrap())
}

/// Whether a correlation gives an alert; `None` where nothing evaluates correlations, so that all that is tested is that
/// there is a program of the right shape.
fn correlation_fires(program: &Program<'_>, events: &[Event]) -> Option<bool> {
    assert!(!events.is_empty());
    for (at, node) in program.nodes.iter().enumerate() {
        if let Node::Correlation { correlation, slots } = node {
            assert!(slots.len() == correlation.rules.len() && slots.iter().all(|slot| slot.node < at && !slot.names.is_empty()));
        }
    }
    assert!(matches!(program.nodes.last(), Some(Node::Correlation { .. })));
    None
}

/// All vectors: the errors that are expected, by their exact category, and no others; and what matches.
#[test]
fn vectors_mean_what_they_say() {
    let Some(shared) = shared() else { return };
    let mut mismatches = Vec::new();
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let vectors = vectors(&shared);
    for vector in &vectors {
        let found = errors(&linked(vector).0);
        let problem = match (&vector.error, vector.expected) {
            (Some(error), _) => (!found.contains(&error.as_str())).then(|| format!("expected {error}, found {found:?}")),
            (None, Some(_)) if !found.is_empty() => Some(format!("found {found:?}")),
            (None, Some(expected)) => (fires(vector) != expected).then(|| format!("expected {expected}")),
            (None, None) => Some("says nothing".to_owned()),
        };
        let count = counts.entry(vector.kind.clone()).or_default();
        count.1 += 1;
        count.0 += u32::from(problem.is_none());
        mismatches.extend(problem.map(|problem| format!("{}: {problem}", vector.name)));
    }
    eprintln!("{counts:?}");
    assert!(vectors.len() >= 400, "{} vectors", vectors.len());
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
