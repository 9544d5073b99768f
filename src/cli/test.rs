//! `test`: rules, or a query, on events.

use super::args::{Additions, RecordFormat, Settings, TestArgs};
use super::events::{self, Completeness};
use super::exit::{Exit, Stop};
use super::expect::nearest::Nearest;
use super::input::{self, shown};
use super::record::{self, Sink};
use super::report::{Report, count, thousands, usage};
use super::request::{self, Latitude};
use super::rules::{self, Read};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use verisigma::diag::Diagnostic;
use verisigma::engine::{self, Answer, Query};
use verisigma::event::Event;
use verisigma::rule::Rule;

/// Tests.
///
/// # Errors
/// The arguments ask for what does not exist, a query cannot be read, or the answers cannot be written.
pub(crate) fn run(arguments: TestArgs, report: &mut Report) -> Result<Exit, Stop> {
    input::only_one_stdin(arguments.paths.iter().chain(&arguments.events).chain(&arguments.query))?;
    if arguments.expect {
        return super::expect::run(arguments, report);
    }
    if !arguments.through.is_empty() || arguments.require_samples {
        let error = usage("`--through` and `--require-samples` are for the samples of rules");
        return Err(error.help("add `--expect`, without `--events`").into());
    }
    let Some(format) = arguments.format.records() else {
        return Err(usage("`--format junit` is for the samples of rules").help("add `--expect`, without `--events`").into());
    };
    let shown = Shown { all: arguments.all, why: arguments.why, format };
    match (&arguments.target, &arguments.query) {
        (Some(target), Some(query)) => {
            let job = request::job(target, None, arguments.settings, Latitude::default())?;
            let source = input::read(query)?;
            match engine::read_query(&source, &job) {
                Ok(query) => {
                    report.diagnostics(&source, None, query.set_apart());
                    test_query(&query, &arguments.events, shown, report)
                }
                Err(error) => {
                    report.diagnostics(&source, None, [&error]);
                    Ok(Exit::Found)
                }
            }
        }
        (Some(_), None) => Err(usage("`-t` is the language of a query, and none is given")
            .help("leave it out to test rules, or add `--query FILE`")
            .into()),
        (None, Some(_) | None) => {
            only_with_query(&arguments.settings)?;
            test_rules(&arguments.paths, &arguments.additions, &arguments.events, shown, report)
        }
    }
}

fn only_with_query(settings: &Settings) -> Result<(), Diagnostic> {
    match (settings.options.is_empty(), &settings.schema) {
        (true, None) => Ok(()),
        (_, Some(_)) => Err(usage("`--schema` says something about a target, and rules are tested without one")),
        (false, None) => Err(usage("`-O` says something about a target, and rules are tested without one")),
    }
}

/// Which answers are shown, and how.
#[derive(Clone, Copy)]
struct Shown {
    all: bool,
    why: bool,
    format: RecordFormat,
}

/// Asks rules about events: rule by rule, and for each the events in order.
fn test_rules(paths: &[PathBuf], additions: &Additions, events: &[PathBuf], shown: Shown, report: &mut Report) -> Result<Exit, Stop> {
    let rules::Collection { files, .. } = rules::read(paths, additions, |_| ())?;
    let mut exit = tell(&files, report);
    let all: Vec<&Read<()>> = files.iter().flat_map(rules::File::rules).collect();
    let rules: Vec<(&Read<()>, &Rule)> = all.iter().filter_map(|read| Some((*read, rules::rule(&read.document)?))).collect();
    let mut matched = Matched { rules: &rules, hits: vec![Vec::new(); rules.len()], files: Vec::new(), nearest: None };
    matched.nearest = shown.why.then(|| Nearest::new(rules.len()));
    for path in events {
        exit = exit.max(matched.read(path, report)?);
    }
    matched.print(shown)?;
    if let Some(nearest) = &matched.nearest {
        nearest.tell(matched.rules, &matched.files, report);
    }
    let (number, matches) = (matched.files.iter().map(|(_, number)| number).sum(), matched.hits.iter().map(Vec::len).sum());
    let invalid = if all.len() > rules.len() { format!(", {} invalid", thousands(all.len() - rules.len())) } else { String::new() };
    let matches = if matches == 1 { "1 match".to_owned() } else { format!("{} matches", thousands(matches)) };
    report.summary(&format!("{} on {}: {matches}{invalid}", count(all.len(), "rule"), count(number, "event")));
    Ok(exit)
}

fn tell(files: &[rules::File<()>], report: &mut Report) -> Exit {
    let mut exit = Exit::Done;
    for file in files {
        match &file.content {
            Err(unread) => {
                report.diagnostics(&unread.source, None, [&unread.diagnostic]);
                exit = Exit::Failed;
            }
            Ok(rules) => rules.iter().for_each(|rule| {
                report.diagnostics(&rule.source, rule.document.id.as_deref(), &rule.document.diagnostics);
                exit = exit.max(if rule.document.rule.is_some() { Exit::Done } else { Exit::Found });
            }),
        }
    }
    exit
}

/// Which rules match which events.
struct Matched<'r> {
    rules: &'r [(&'r Read<()>, &'r Rule)],
    /// For each rule the events that it matches, by file and index.
    hits: Vec<Vec<(usize, usize)>>,
    /// The names of the files of events, with how many events each holds.
    files: Vec<(String, usize)>,
    /// Where it is to be said why a rule matches nothing.
    nearest: Option<Nearest>,
}

impl Matched<'_> {
    fn read(&mut self, path: &Path, report: &mut Report) -> Result<Exit, Stop> {
        let file = self.files.len();
        let (number, completeness) = events::read(path, report, |first, events| {
            let matching: Vec<Vec<usize>> = events.par_iter().map(|event| self.matching(event)).collect();
            for (index, rules) in (first..).zip(matching) {
                for rule in rules {
                    self.hits.get_mut(rule).into_iter().for_each(|hits| hits.push((file, index)));
                }
            }
            if let Some(nearest) = &mut self.nearest {
                nearest.look(self.rules, &self.hits, (file, first), events);
            }
            Ok(())
        })?;
        self.files.push((shown(path), number));
        Ok(exit(completeness))
    }

    fn matching(&self, event: &Event) -> Vec<usize> {
        (0..).zip(self.rules).filter(|(_, (_, rule))| engine::matches(rule, event)).map(|(number, _)| number).collect()
    }

    fn print(&self, shown: Shown) -> Result<(), Stop> {
        let mut sink = Sink::new(shown.format.records());
        for ((read, _), hits) in self.rules.iter().zip(&self.hits) {
            let answers: Vec<String> = if shown.all {
                let mut hits = hits.iter().peekable();
                self.pairs().map(|pair| self.answer(read, pair, hits.next_if_eq(&&pair).is_some(), &sink)).collect()
            } else {
                hits.iter().map(|pair| self.answer(read, *pair, true, &sink)).collect()
            };
            sink.print(&answers)?;
        }
        sink.finish()
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..).zip(&self.files).flat_map(|(file, (_, number))| (0..*number).map(move |index| (file, index)))
    }

    fn answer(&self, read: &Read<()>, (file, index): (usize, usize), matches: bool, sink: &Sink) -> String {
        let path = self.files.get(file).map(|(path, _)| path.as_str()).unwrap_or_default();
        let record = record::Match { rule: Some(read.name()), event: record::Event { path, index }, matches: Some(matches), because: None };
        sink.item(&record, || {
            let says = if matches { "matches" } else { "does not match" };
            format!("{}: {says} event {index} of {path}", read.shown())
        })
    }
}

fn exit(completeness: Completeness) -> Exit {
    match completeness {
        Completeness::Complete => Exit::Done,
        Completeness::Partial => Exit::Failed,
    }
}

/// Asks a query about events, in their order.
fn test_query(query: &Query, files: &[PathBuf], settings: Shown, report: &mut Report) -> Result<Exit, Stop> {
    let mut sink = Sink::new(settings.format.records());
    let (mut result, mut total, mut matches) = (Exit::Done, 0, 0);
    for file in files {
        let path = shown(file);
        let (number, completeness) = events::read(file, report, |first, events| {
            let answers: Vec<Answer> = events.par_iter().map(|event| query.matches(event)).collect();
            matches += answers.iter().filter(|answer| **answer == Answer::True).count();
            let wanted = (first..).zip(&answers).filter(|(_, answer)| settings.all || **answer != Answer::False);
            sink.print(&wanted.map(|(index, answer)| query_answer(&path, index, answer, &sink)).collect::<Vec<_>>())
        })?;
        total += number;
        result = result.max(exit(completeness));
    }
    sink.finish()?;
    let matches = if matches == 1 { "1 match".to_owned() } else { format!("{} matches", thousands(matches)) };
    report.summary(&format!("1 query on {}: {matches}", count(total, "event")));
    Ok(result)
}

fn query_answer(path: &str, index: usize, answer: &Answer, sink: &Sink) -> String {
    let (matches, because) = match answer {
        Answer::True => (Some(true), None),
        Answer::False => (Some(false), None),
        Answer::Open(because) => (None, Some(because.as_str())),
    };
    let record = record::Match { rule: None, event: record::Event { path, index }, matches, because };
    sink.item(&record, || match answer {
        Answer::True => format!("matches event {index} of {path}"),
        Answer::False => format!("does not match event {index} of {path}"),
        Answer::Open(because) => format!("leaves open event {index} of {path}: {because}"),
    })
}
