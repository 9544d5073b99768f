//! Samples as the public rule set records them.
//!
//! The attribute `regression_tests_path` names a description, relative to the directory that holds the rule set: the
//! nearest one above the rule in which it is there. The description, `info.yml`, lists under `regression_tests_info`
//! the logs, each with its `path`, relative to the same directory, and a `match_count`: at least so many events
//! match, at least one if it is absent (sigma.md §12). Where an event log is not there, its JSON beside it is taken.

use super::{Absent, Expected, Sample, Samples, below};
use crate::cli::events::evtx;
use crate::cli::input::{self, Unread};
use std::fs;
use std::path::{Path, PathBuf};
use verisigma::diag::{Code, Diagnostic, quote};
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::rule::Rule;
use verisigma::rule::data::{self, Attribute, Data, DataKind};
use verisigma::source::{Place, Source};

const ATTRIBUTE: &str = "regression_tests_path";

/// Finds the samples that a rule in this file names.
pub(super) fn find(rule_path: &Path, rule: &Rule, samples: &mut Samples) {
    let Some(attribute) = rule.metadata.custom.iter().find(|own| own.name == ATTRIBUTE) else { return };
    let Some(path) = attribute.value.text().and_then(below) else {
        let error = invalid(attribute.value.place, &format!("`{ATTRIBUTE}` is no path that stays below the rule set"));
        return samples.invalid(None, [error.help("write a relative path without `..`")]);
    };
    match root(rule_path, &path) {
        Some(root) => described(&root, &path, attribute, samples),
        None => samples.absent.push(Absent { path: input::shown(&path), place: attribute.value.place }),
    }
}

/// The nearest directory above a rule in which the path is there.
fn root(rule: &Path, path: &Path) -> Option<PathBuf> {
    let parent = rule.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let start = fs::canonicalize(parent).ok()?;
    start.ancestors().find(|directory| directory.join(path).is_file()).map(Path::to_owned)
}

fn described(root: &Path, path: &Path, attribute: &Attribute, samples: &mut Samples) {
    let source = match input::read(&root.join(path)) {
        Ok(source) => Source::new(&input::shown(path), &source.text),
        Err(unread) => return samples.unread(unread),
    };
    let list = match data::parse(&source) {
        Ok(description) => description.and_then(|description| description.get("regression_tests_info").cloned()),
        Err(errors) => return samples.invalid(Some(source), errors),
    };
    match list.map(|list| list.kind) {
        // A description whose tests are all commented out.
        None | Some(DataKind::Null) => {}
        Some(DataKind::List(tests)) => {
            for test in tests {
                if let Err(error) = listed(root, &test, attribute, samples) {
                    samples.invalid(Some(source.clone()), [error]);
                }
            }
        }
        Some(DataKind::Boolean(_) | DataKind::Number(_) | DataKind::Text(_) | DataKind::Open(_) | DataKind::Map(_)) => {
            samples.invalid(Some(source), [invalid(Place::NOWHERE, "`regression_tests_info` must be a list")]);
        }
    }
}

/// A log that a description lists.
fn listed(root: &Path, test: &Data, attribute: &Attribute, samples: &mut Samples) -> Result<(), Diagnostic> {
    let text = |name| test.get(name).and_then(Data::text);
    if let Some(kind) = text("type").filter(|kind| *kind != "evtx") {
        return Err(invalid(test.place, &format!("a sample of the type {}", quote(kind))).help("the type that is known is `evtx`"));
    }
    let path = text("path").and_then(below);
    let path = path.ok_or_else(|| invalid(test.place, "a sample without a `path` that stays below the rule set"))?;
    let expected = Expected::AtLeast { number: number(test)?.unwrap_or(1), stated: test.get("match_count").is_some() };
    let json = path.with_extension("json");
    let Some(path) = [path.clone(), json].into_iter().find(|path| root.join(path).is_file()) else {
        samples.absent.push(Absent { path: input::shown(&path), place: attribute.value.place });
        return Ok(());
    };
    let name = text("name").map(str::to_owned);
    let place = attribute.value.place;
    match events(&root.join(&path)) {
        Ok(events) => {
            samples.found.push(Sample { path: input::shown(&path), name, index: None, expected, events, source: None, place });
        }
        Err(unread) => samples.unread(Unread { source: Source::new(&input::shown(&path), &unread.source.text), ..unread }),
    }
    Ok(())
}

/// How many events must match, where that is said.
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

/// All events of a log.
fn events(path: &Path) -> Result<Vec<Event>, Unread> {
    let raw = if path.extension().is_some_and(|extension| extension == "evtx") {
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
