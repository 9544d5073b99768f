//! Samples as the public rule set records them.
//!
//! The attribute `regression_tests_path` names a description, relative to the directory that holds the rule set: the
//! nearest one above the rule in which it is there. The description, `info.yml`, lists under `regression_tests_info`
//! the logs, each with its `path`, relative to the same directory, and a `match_count`: at least so many events
//! match, at least one if it is absent (sigma.md §12). Where an event log is not there, its JSON beside it is taken.
//! What is wrong with a description, or with a log, takes the place of its events. Deliberately absent: asking anything.

use super::events::evtx;
use super::input::{self, Unread};
use std::fs;
use std::path::{Path, PathBuf};
use verisigma::diag::{Code, Diagnostic, quote};
use verisigma::engine::samples::Expected;
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::explain::samples::{self, Form};
use verisigma::rule::Rule;
use verisigma::rule::data::{self, Attribute, Data, DataKind};
use verisigma::source::{Place, Source};

const ATTRIBUTE: &str = "regression_tests_path";

/// A log that a rule names, or a description of logs that cannot be used.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) about: About,
    pub(crate) content: Content,
}

/// What is said of a log.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// Its path, as the rule set has it.
    pub(crate) path: String,
    /// What its description calls it.
    pub(crate) name: Option<String>,
    description: Option<String>,
    form: Option<Form>,
    /// What must be so of it; nothing where no description of it was read.
    expected: Option<Expected>,
    /// Where the rule names it.
    pub(crate) place: Place,
}

impl About {
    fn new(path: &Path, place: Place) -> Self {
        Self { path: input::shown(path), name: None, description: None, form: None, expected: None, place }
    }

    /// What must be so of it.
    pub(crate) fn expected(&self) -> Expected {
        self.expected.unwrap_or(Expected::AtLeast { number: 1, stated: false })
    }
}

/// What a log holds, or why that is not known.
#[derive(Debug)]
pub(crate) enum Content {
    /// Its events.
    Events(Vec<Event>),
    /// It is not there.
    Absent,
    /// It cannot be read.
    Unread(Unread),
    /// What names or describes it has errors: in this text, or in the rule.
    Faulty(Option<Source>, Vec<Diagnostic>),
}

/// The samples of a rule for its page.
pub(crate) fn for_page(path: &Path, rule: &Rule) -> Vec<samples::Recorded> {
    let message = |diagnostics: &[Diagnostic]| diagnostics.first().map(|first| first.message.clone()).unwrap_or_default();
    let recorded = |Recorded { about, content }: Recorded| samples::Recorded {
        path: about.path,
        name: about.name,
        description: about.description,
        form: about.form,
        expected: about.expected,
        content: match content {
            Content::Events(events) => samples::Content::Events(events),
            Content::Absent => samples::Content::Absent,
            Content::Unread(unread) => samples::Content::Unread(unread.diagnostic.message),
            Content::Faulty(_, diagnostics) => samples::Content::Unread(message(&diagnostics)),
        },
    };
    find(path, rule).into_iter().map(recorded).collect()
}

/// Finds the samples that a rule in this file names.
pub(crate) fn find(rule_path: &Path, rule: &Rule) -> Vec<Recorded> {
    let Some(attribute) = rule.metadata.custom.iter().find(|own| own.name == ATTRIBUTE) else { return Vec::new() };
    let place = attribute.value.place;
    let Some(path) = attribute.value.text().and_then(below) else {
        let error = invalid(place, &format!("`{ATTRIBUTE}` is no path that stays below the rule set"));
        let about = About::new(Path::new(attribute.value.text().unwrap_or_default()), place);
        return vec![Recorded { about, content: Content::Faulty(None, vec![error.help("write a relative path without `..`")]) }];
    };
    match root(rule_path, &path) {
        Some(root) => described(&root, &path, attribute),
        None => vec![Recorded { about: About::new(&path, place), content: Content::Absent }],
    }
}

/// Whether a path of a description stays below the directory that it is relative to.
fn below(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(path);
    let stays = path.components().all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    (stays && path.file_name().is_some()).then_some(path)
}

/// The nearest directory above a rule in which the path is there.
fn root(rule: &Path, path: &Path) -> Option<PathBuf> {
    let parent = rule.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let start = fs::canonicalize(parent).ok()?;
    start.ancestors().find(|directory| directory.join(path).is_file()).map(Path::to_owned)
}

fn described(root: &Path, path: &Path, attribute: &Attribute) -> Vec<Recorded> {
    let own = |content| Recorded { about: About::new(path, attribute.value.place), content };
    let source = match input::read(&root.join(path)) {
        Ok(source) => Source::new(&input::shown(path), &source.text),
        Err(unread) => return vec![own(Content::Unread(unread))],
    };
    let description = match data::parse(&source) {
        Ok(description) => description,
        Err(errors) => return vec![own(Content::Faulty(Some(source), errors))],
    };
    let faulty = |error| own(Content::Faulty(Some(source.clone()), vec![error]));
    let text = description.as_ref().and_then(|description| description.get("description")).and_then(Data::text);
    match description.as_ref().and_then(|description| description.get("regression_tests_info")).map(|list| &list.kind) {
        // A description whose tests are all commented out.
        None | Some(DataKind::Null) => Vec::new(),
        Some(DataKind::List(tests)) => {
            tests.iter().map(|test| listed(root, test, text, attribute.value.place).unwrap_or_else(faulty)).collect()
        }
        Some(DataKind::Boolean(_) | DataKind::Number(_) | DataKind::Text(_) | DataKind::Open(_) | DataKind::Map(_)) => {
            vec![faulty(invalid(Place::NOWHERE, "`regression_tests_info` must be a list"))]
        }
    }
}

/// A log that a description lists; what the description says of all of them is said of it, if it has no words of its own.
fn listed(root: &Path, test: &Data, description: Option<&str>, place: Place) -> Result<Recorded, Diagnostic> {
    let text = |name| test.get(name).and_then(Data::text);
    if let Some(kind) = text("type").filter(|kind| *kind != "evtx") {
        return Err(invalid(test.place, &format!("a sample of the type {}", quote(kind))).help("the type that is known is `evtx`"));
    }
    let path = text("path").and_then(below);
    let path = path.ok_or_else(|| invalid(test.place, "a sample without a `path` that stays below the rule set"))?;
    // The public rule set writes this where there is nothing to say.
    let is_said = |text: &&str| !text.trim().is_empty() && *text != "N/A";
    let about = About {
        name: text("name").map(str::to_owned),
        description: text("description").or(description).filter(is_said).map(str::to_owned),
        expected: Some(expected(test)?),
        ..About::new(&path, place)
    };
    let json = path.with_extension("json");
    let Some(path) = [path, json].into_iter().find(|path| root.join(path).is_file()) else {
        return Ok(Recorded { about, content: Content::Absent });
    };
    let form = if is_evtx(&path) { Form::Evtx } else { Form::Json };
    let about = About { path: input::shown(&path), form: Some(form), ..about };
    let content = match events(&root.join(&path)) {
        Ok(events) => Content::Events(events),
        Err(unread) => Content::Unread(Unread { source: Source::new(&about.path, &unread.source.text), ..unread }),
    };
    Ok(Recorded { about, content })
}

/// How many events must match: one, where that is not said.
fn expected(test: &Data) -> Result<Expected, Diagnostic> {
    let number = number(test)?;
    Ok(Expected::AtLeast { number: number.unwrap_or(1), stated: number.is_some() })
}

fn number(test: &Data) -> Result<Option<usize>, Diagnostic> {
    match test.get("match_count").map(|count| (&count.kind, count.place)) {
        None | Some((DataKind::Null, _)) => Ok(None),
        Some((DataKind::Number(number), place)) => {
            number.to_string().parse().map(Some).map_err(|_| invalid(place, "`match_count` must be a whole number"))
        }
        Some((DataKind::Boolean(_) | DataKind::Text(_) | DataKind::Open(_) | DataKind::List(_) | DataKind::Map(_), place)) => {
            Err(invalid(place, "`match_count` must be a whole number"))
        }
    }
}

fn is_evtx(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "evtx")
}

/// All events of a log.
fn events(path: &Path) -> Result<Vec<Event>, Unread> {
    let raw = if is_evtx(path) {
        let mut events = Vec::new();
        let mut keep = |more| {
            events.extend::<Vec<Event>>(more);
            Ok(())
        };
        match evtx::read(path, &mut keep) {
            Ok(Some(unread)) => return Err(unread),
            Ok(None) | Err(_) => events,
        }
    } else {
        let source = input::read(path)?;
        read_events(&source.text).map_err(|message| Unread {
            source: Source::new(&source.name, ""),
            diagnostic: Diagnostic::error(Code::InvalidEvents, Place::NOWHERE, message),
        })?
    };
    Ok(raw.into_iter().map(flatten_windows).collect())
}

fn invalid(place: Place, message: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidSample, place, message)
}
