//! The project's own rules against the events that lie beside them: `NAME.yml` and `NAME.events.json`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use verisigma::eval;
use verisigma::event::{Event, flatten_windows};
use verisigma::rule::{DetectionItem, Modifier, Rule, Search, parse};
use verisigma::source::Source;

/// Every modifier but `expand`, whose values come from outside a rule.
const MODIFIERS: [Modifier; 23] = [
    Modifier::Contains,
    Modifier::StartsWith,
    Modifier::EndsWith,
    Modifier::All,
    Modifier::Neq,
    Modifier::Cased,
    Modifier::Exists,
    Modifier::Re,
    Modifier::IgnoreCase,
    Modifier::Multiline,
    Modifier::DotAll,
    Modifier::Cidr,
    Modifier::Windash,
    Modifier::Base64,
    Modifier::Base64Offset,
    Modifier::Utf16Le,
    Modifier::Utf16Be,
    Modifier::Utf16,
    Modifier::Fieldref,
    Modifier::Lt,
    Modifier::Lte,
    Modifier::Gt,
    Modifier::Gte,
];

/// A rule file with its rule and its events.
struct Case {
    path: PathBuf,
    rule: Rule,
    events: Value,
}

impl Case {
    /// The events under a key of the event file.
    fn events(&self, key: &str) -> Vec<Event> {
        let object = |event: &Value| flatten_windows(Event::new(event.as_object().unwrap().clone()));
        self.events.get(key).unwrap().as_array().unwrap().iter().map(object).collect()
    }
}

/// All cases, in order of path.
fn cases() -> Vec<Case> {
    let mut paths = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    paths.sort();
    paths.into_iter().map(case).collect()
}

fn case(path: PathBuf) -> Case {
    let source = Source::new(&path.to_string_lossy(), &std::fs::read_to_string(&path).unwrap());
    let mut documents = parse(&source);
    assert_eq!(documents.len(), 1, "{}", path.display());
    let document = documents.remove(0);
    let said: Vec<String> = document.diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    assert!(document.rule.is_some(), "{}", said.join("\n"));
    let events = std::fs::read_to_string(path.with_extension("events.json")).unwrap();
    Case { rule: document.rule.unwrap(), events: serde_json::from_str(&events).unwrap(), path }
}

fn walk(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

#[test]
fn rules_match_their_events_and_no_near_misses() {
    let mut wrong = Vec::new();
    for case in cases() {
        for (key, expected) in [("match", true), ("miss", false)] {
            let events = case.events(key);
            assert!(events.len() >= 2, "{}: fewer than two events under `{key}`", case.path.display());
            for (index, event) in events.iter().enumerate() {
                if eval::matches(&case.rule, event) != expected {
                    wrong.push(format!("{}: event {index} of `{key}`", case.path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_event_file_belongs_to_a_rule() {
    let mut paths = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &mut paths);
    for path in paths {
        if let Some(name) = path.to_string_lossy().strip_suffix(".events.json") {
            assert!(Path::new(&format!("{name}.yml")).exists(), "{}", path.display());
        }
    }
}

#[test]
fn ids_and_titles_are_unique() {
    let cases = cases();
    let ids: BTreeSet<_> = cases.iter().map(|case| case.rule.metadata.id.as_ref().unwrap()).collect();
    let titles: BTreeSet<_> = cases.iter().map(|case| &case.rule.metadata.title).collect();
    assert_eq!((ids.len(), titles.len()), (cases.len(), cases.len()));
}

#[test]
fn rules_use_every_modifier() {
    let mut used = BTreeSet::new();
    for case in cases() {
        for identifier in &case.rule.detection.identifiers {
            modifiers(&identifier.search, &mut used);
        }
    }
    let unused: Vec<_> = MODIFIERS.iter().filter(|modifier| !used.contains(modifier)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

fn modifiers(search: &Search, used: &mut BTreeSet<Modifier>) {
    let mut collect = |item: &DetectionItem| used.extend(item.modifiers.iter().copied());
    match search {
        Search::All(items) => items.iter().for_each(collect),
        Search::Any(searches) => searches.iter().for_each(|search| modifiers(search, used)),
        Search::Keywords(item) => collect(item),
    }
}
