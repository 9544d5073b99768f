//! Cases: single events that a rule must match or must miss.
//!
//! They stand in the attribute `verisigma_tests` of the rule, or in a file beside it: for `NAME.yml`,
//! `NAME.events.json`, `NAME.events.yml`, `NAME.events.yaml` or `NAME.events.ndjson` (docs/FORMATS.md). A file beside
//! is for the one rule of its file. Windows events in their raw shape are flattened.

use super::{Sample, Samples};
use crate::cli::input;
use serde_json::Value;
use std::path::Path;
use verisigma::diag::{Code, Diagnostic, quote};
use verisigma::engine::samples::Expected;
use verisigma::event::{Event, flatten_windows};
use verisigma::rule::Rule;
use verisigma::rule::data::{self, Data, DataKind, Key};
use verisigma::source::{Place, Source};

const ATTRIBUTE: &str = "verisigma_tests";

const HELP: &str = "cases are `match: [event, …]` and `miss: [event, …]`, where an event is a map of fields";

/// An event that must match or not, and where it stands.
type Case = (Expected, Event, Place);

/// Finds the cases in a rule.
pub(super) fn inline(path: &str, rule: &Rule, samples: &mut Samples) {
    let Some(attribute) = rule.metadata.custom.iter().find(|own| own.name == ATTRIBUTE) else { return };
    add(cases(&attribute.value, None), path, None, samples);
}

/// Finds the cases beside the file of a rule, which has so many rules.
pub(super) fn beside(path: &Path, rules: usize, samples: &mut Samples) {
    for form in Form::ALL {
        let beside = path.with_extension(form.extension());
        if !beside.is_file() {
            continue;
        }
        let source = match input::read(&beside) {
            Ok(source) => source,
            Err(unread) => {
                samples.unread(unread);
                continue;
            }
        };
        let found = if rules == 1 { form.read(&source) } else { Err(vec![several(rules)]) };
        let name = source.name.to_string();
        add(found, &name, Some(source), samples);
    }
}

fn several(rules: usize) -> Diagnostic {
    invalid(Place::NOWHERE, &format!("cases beside a file of {rules} rules"))
        .help(format!("write them into each rule, as its attribute `{ATTRIBUTE}`"))
}

fn add(found: Result<Vec<Case>, Vec<Diagnostic>>, path: &str, source: Option<Source>, samples: &mut Samples) {
    match found {
        Err(errors) => samples.invalid(source, errors),
        Ok(cases) => samples.found.extend(cases.into_iter().enumerate().map(|(index, (expected, event, place))| Sample {
            path: path.to_owned(),
            name: None,
            index: Some(index),
            expected,
            events: vec![flatten_windows(event)],
            source: source.clone(),
            place,
        })),
    }
}

/// The forms of a file of cases.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Yaml,
    YamlLong,
    Lines,
}

impl Form {
    const ALL: [Self; 4] = [Self::Json, Self::Yaml, Self::YamlLong, Self::Lines];

    fn extension(self) -> &'static str {
        match self {
            Self::Json => "events.json",
            Self::Yaml => "events.yml",
            Self::YamlLong => "events.yaml",
            Self::Lines => "events.ndjson",
        }
    }

    fn read(self, source: &Source) -> Result<Vec<Case>, Vec<Diagnostic>> {
        match self {
            Self::Json => json(source),
            Self::Yaml | Self::YamlLong => match data::parse(source)? {
                Some(data) => cases(&data, None),
                None => Err(vec![invalid(Place::NOWHERE, "a file of cases that is empty").help(HELP)]),
            },
            Self::Lines => lines(source),
        }
    }
}

/// JSON is YAML, nearly: the values are taken as JSON, their places as far as YAML finds them.
fn json(source: &Source) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let value: Value = serde_json::from_str(&source.text).map_err(|error| vec![invalid(Place::NOWHERE, &error.to_string()).help(HELP)])?;
    let outline = match data::parse(source) {
        Err(errors) if errors.iter().any(|error| error.code == Code::DuplicateKey) => return Err(errors),
        Ok(Some(data)) => data,
        Err(_) | Ok(None) => outline(&value),
    };
    cases(&outline, Some(&value))
}

/// The lists of cases, without places.
fn outline(value: &Value) -> Data {
    let nowhere = |kind| Data { kind, place: Place::NOWHERE };
    nowhere(match value {
        Value::Object(object) => {
            let key = |text: &String| Key { text: text.clone(), place: Place::NOWHERE };
            DataKind::Map(object.iter().map(|(name, value)| (key(name), outline(value))).collect())
        }
        Value::Array(values) => DataKind::List(values.iter().map(|_| nowhere(DataKind::Null)).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => DataKind::Null,
    })
}

/// The cases of a map of lists. Where `values` is given, it has the same shape and holds the values.
fn cases(data: &Data, values: Option<&Value>) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let DataKind::Map(entries) = &data.kind else { return Err(vec![invalid(data.place, "cases that are no map").help(HELP)]) };
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for (key, list) in entries {
        let expected = match key.text.as_str() {
            "match" => Expected::Match,
            "miss" => Expected::Miss,
            other => {
                errors.push(invalid(key.place, &format!("a key {} among cases", quote(other))).help(HELP));
                continue;
            }
        };
        let DataKind::List(events) = &list.kind else {
            errors.push(invalid(list.place, &format!("`{}` must be a list of events", key.text)).help(HELP));
            continue;
        };
        for (index, event) in events.iter().enumerate() {
            let value = values.map_or_else(|| event.json(), |values| Ok(pick(values, &key.text, index)));
            match value.and_then(|value| object(value, event.place)) {
                Ok(object) => cases.push((expected, object, event.place)),
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() && cases.is_empty() {
        errors.push(invalid(data.place, "cases without an event").help(HELP));
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

fn pick(values: &Value, key: &str, index: usize) -> Value {
    values.get(key).and_then(|list| list.get(index)).cloned().unwrap_or_default()
}

fn object(value: Value, place: Place) -> Result<Event, Diagnostic> {
    match value {
        Value::Object(root) => Ok(Event::new(root)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(invalid(place, "an event that is no map").help(HELP))
        }
    }
}

/// A case on each line: `{"match": true, "event": {…}}`.
fn lines(source: &Source) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for (line, number) in source.text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let width = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
        match case(line, Place::on_line(number, 1, width)) {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

fn case(line: &str, place: Place) -> Result<Case, Diagnostic> {
    const LINE: &str = "a line is `{\"match\": true, \"event\": {…}}`, or `false`";
    let shape = |message: &str| invalid(place, message).help(LINE);
    let value: Value = serde_json::from_str(line).map_err(|error| shape(&error.to_string()))?;
    let Value::Object(mut entries) = value else { return Err(shape("a case that is no object")) };
    let (matches, event) = (entries.remove("match"), entries.remove("event"));
    if let Some(key) = entries.keys().next() {
        return Err(shape(&format!("a key {} in a case", quote(key))));
    }
    let Some(matches) = matches.as_ref().and_then(Value::as_bool) else { return Err(shape("a case without `match`")) };
    let expected = if matches { Expected::Match } else { Expected::Miss };
    Ok((expected, object(event.unwrap_or_default(), place)?, place))
}

fn invalid(place: Place, message: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidSample, place, message)
}
