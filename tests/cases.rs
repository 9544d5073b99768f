//! The project's own rules against the events that lie beside them: `NAME.yml` and `NAME.events.json`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sqlite;

use serde_json::{Map, Value};
use sqlite::Table;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use verisigma::backend::{Metadata, Settings, builtin};
use verisigma::engine::{self, Answer, Job, Request, Schema};
use verisigma::eval;
use verisigma::event::{Event, flatten_windows};
use verisigma::ir;
use verisigma::rule::{DetectionItem, Modifier, Rule, Search, parse};
use verisigma::source::Source;
use verisigma::storage::Assumption;

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

/// What a table for flat logs holds of an event: scalars by their paths. `None` where there are several values
/// on one path, for which it has no column.
fn flat(event: &Event) -> Option<Event> {
    let mut scalars = Map::new();
    flatten(event.root(), "", &mut scalars)?;
    Some(Event::new(scalars))
}

fn flatten(object: &Map<String, Value>, path: &str, scalars: &mut Map<String, Value>) -> Option<()> {
    for (key, value) in object {
        let name = format!("{path}{key}");
        match value {
            Value::Null => {}
            Value::Object(inner) => flatten(inner, &format!("{name}."), scalars)?,
            Value::Array(elements) => match elements.as_slice() {
                [] => {}
                [Value::Object(inner)] => flatten(inner, &format!("{name}."), scalars)?,
                [only @ (Value::Bool(_) | Value::Number(_) | Value::String(_))] => {
                    scalars.insert(name, scalar(only));
                }
                _ => return None,
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                scalars.insert(name, scalar(value));
            }
        }
    }
    Some(())
}

/// A scalar as tools put it into a column of texts: SQLite has no booleans, and 1 would not say the same.
fn scalar(value: &Value) -> Value {
    value.as_bool().map_or_else(|| value.clone(), |boolean| Value::String(boolean.to_string()))
}

/// The job for tables with these columns, for SQLite.
fn job(names: &BTreeSet<String>) -> Job {
    let columns: Vec<String> = names.iter().map(|name| format!("`{name}` TEXT")).collect();
    let text = format!("CREATE TABLE events ({})", columns.join(", "));
    let schema = engine::schema(engine::target("sqlite").unwrap(), &Source::new("schema.sql", &text)).unwrap();
    Job::new(Request { target: "sqlite".to_owned(), schema: Schema::Given(schema), ..Request::default() }).unwrap()
}

/// The names of the fields of a rule, and of the scalars of events.
fn names(rule: &Rule, events: &[Event]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = events.iter().flat_map(|event| event.root().keys().cloned()).collect();
    for meaning in ir::lower::lower(rule).unwrap() {
        meaning.for_each_field(&mut |field| {
            names.insert(field.to_owned());
        });
    }
    names
}

/// Evaluator, formula, the written query as it is read, and the query in the real engine say the same of every
/// event that a flat table holds within the assumptions; outside them reader and engine still do.
#[test]
fn all_parties_agree_on_the_events() {
    let (mut within, mut outside) = (0, 0);
    for case in cases() {
        let events: Vec<Event> = ["match", "miss"].iter().flat_map(|key| case.events(key)).filter_map(|event| flat(&event)).collect();
        let job = job(&names(&case.rule, &events));
        let table = Table::new(&job.storage, &[], &events);
        for (condition, meaning) in ir::lower::lower(&case.rule).unwrap().iter().enumerate() {
            let written = builtin("sqlite").unwrap().unwrap().write(meaning, &job.storage, &Settings::default(), &Metadata::new()).unwrap();
            let distortions = job.storage.distortions(meaning);
            let reading = engine::read_query(&Source::new("query", &written.text), &job).unwrap();
            for (event, found) in events.iter().zip(table.answers(&written.text).unwrap()) {
                let expected = eval::matches_condition(&case.rule, condition, event);
                let shown = || format!("{}: {}: {event:?}", case.path.display(), written.text);
                assert_eq!(ir::eval::matches(meaning, event), expected, "formula: {}", shown());
                let read = reading.matches(event);
                let assumed = |it: &Assumption| it.holds(&job.storage, event, &job.storage.record(event, &[]).unwrap());
                if written.assumptions.iter().chain(&distortions).all(assumed) {
                    within += 1;
                    assert_eq!(found, Some(expected), "engine: {}", shown());
                    assert_eq!(read, if expected { Answer::True } else { Answer::False }, "read: {}", shown());
                } else {
                    outside += 1;
                    assert!(
                        matches!((read, found), (Answer::Open(_), _) | (Answer::True, Some(true)) | (Answer::False, Some(false))),
                        "{}",
                        shown()
                    );
                }
            }
        }
    }
    assert!(within > 100 && outside < 10, "{within} within, {outside} outside");
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
