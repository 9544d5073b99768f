//! `test --expect`: the samples that belong to rules, and whether rules and queries answer them as they should.
//!
//! Each rule is taken alone: [`super::recorded`] and [`cases`] find its samples, [`judge`] asks the rule and the queries that
//! are written for it, [`print`] and [`junit`] say what came of it. All rules at once, results in their order.
//! Deliberately absent: samples of correlation rules.

mod cases;
mod judge;
mod junit;
mod print;
mod summary;

use super::args::{TestArgs, TestFormat};
use super::exit::{Exit, Stop};
use super::input;
use super::recorded::{self, Content, Recorded};
use super::report::{Report, usage};
use super::request::{self, Latitude};
use super::rules::{self, Read};
use judge::Asked;
use rayon::prelude::*;
use std::path::Path;
use summary::Summary;
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::Job;
use verisigma::engine::samples::Expected;
use verisigma::event::Event;
use verisigma::source::{Place, Source};

/// Events, and how many of them a rule must match.
#[derive(Debug)]
struct Sample {
    /// The file, or the rule itself.
    path: String,
    /// What its description calls it.
    name: Option<String>,
    /// Which of several cases in the file, from 0.
    index: Option<usize>,
    expected: Expected,
    events: Vec<Event>,
    /// The text that the place points into; nothing for the rule.
    source: Option<Source>,
    /// Where it is asked for.
    place: Place,
}

/// What is said, and about which text; nothing for the rule.
#[derive(Debug)]
struct Said {
    source: Option<Source>,
    diagnostic: Diagnostic,
}

/// The samples of a rule.
#[derive(Debug, Default)]
struct Samples {
    found: Vec<Sample>,
    /// Paths of those that are not there.
    absent: Vec<Absent>,
    said: Vec<Said>,
    /// Whether something could not be read.
    unreadable: bool,
}

/// A sample that is named and not there.
#[derive(Debug)]
struct Absent {
    path: String,
    /// Where the rule names it.
    place: Place,
}

impl Samples {
    fn unread(&mut self, unread: input::Unread) {
        self.unreadable = true;
        self.said.push(Said { source: Some(unread.source), diagnostic: unread.diagnostic });
    }

    /// Takes what a rule set recorded.
    fn recorded(&mut self, recorded: Recorded) {
        let Recorded { about, content } = recorded;
        let expected = about.expected();
        match content {
            Content::Events(events) => self.found.push(Sample {
                path: about.path,
                name: about.name,
                index: None,
                expected,
                events,
                source: None,
                place: about.place,
            }),
            Content::Absent => self.absent.push(Absent { path: about.path, place: about.place }),
            Content::Unread(unread) => self.unread(unread),
            Content::Faulty(source, diagnostics) => self.invalid(source, diagnostics),
        }
    }

    fn invalid(&mut self, source: Option<Source>, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.said.extend(diagnostics.into_iter().map(|diagnostic| Said { source: source.clone(), diagnostic }));
    }
}

/// A rule with what came of its samples.
struct Tested<'r> {
    read: &'r Read<()>,
    samples: Samples,
    /// One for each sample, and each of those once more for each target; or what became of the query.
    asked: Vec<Asked>,
}

/// Tests the samples of rules.
///
/// # Errors
/// The arguments ask for what does not exist, or the answers cannot be written.
pub(super) fn run(arguments: TestArgs, report: &mut Report) -> Result<Exit, Stop> {
    input::only_one_stdin(&arguments.paths)?;
    let jobs = jobs(&arguments)?;
    let collection = rules::read(&arguments.paths, &arguments.additions, |_| ())?;
    collection.warnings().for_each(|warning| report.note(&warning));
    let rules::Collection { files, filters, .. } = collection;
    files.iter().chain(&filters).for_each(|file| file.tell(report, |()| Vec::new()));
    let mut summary = Summary::new(&jobs, files.iter().chain(&filters).filter(|file| file.content.is_err()).count());
    let rules: Vec<(&Path, &Read<()>, usize)> = files
        .iter()
        .flat_map(|file| {
            let number = file.rules().count();
            file.rules().map(move |read| (file.input.path.as_path(), read, number))
        })
        .collect();
    let tested: Vec<Tested<'_>> = rules.into_par_iter().map(|(path, read, number)| test(path, read, number, &jobs)).collect();
    for rule in &tested {
        tell(rule, arguments.require_samples, report);
        summary.add(rule);
    }
    match arguments.format {
        TestFormat::Junit => junit::print(&tested, arguments.require_samples)?,
        TestFormat::Text | TestFormat::Jsonl | TestFormat::Json => print::print(&tested, arguments.format)?,
    }
    if !arguments.require_samples {
        summary.absent_note().iter().for_each(|note| report.note(note));
    }
    report.summary(&summary.to_string());
    Ok(summary.exit(arguments.require_samples))
}

/// A job for each target through which the rules are asked.
fn jobs(arguments: &TestArgs) -> Result<Vec<Job>, Stop> {
    let settings = &arguments.settings;
    if arguments.through.is_empty() && (!settings.options.is_empty() || settings.schema.is_some()) {
        let error = usage("`-O` and `--schema` say something about a target, and rules are tested without one");
        return Err(error.help("add `--through TARGET` to ask its queries as well").into());
    }
    let latitude = Latitude { denied: Vec::new(), allowed: arguments.allow.clone() };
    arguments.through.iter().map(|target| request::job(target, None, settings.clone(), latitude.clone())).collect()
}

/// The samples of a rule, and the answers to them. `number` is how many rules its file has.
fn test<'r>(path: &Path, read: &'r Read<()>, number: usize, jobs: &[Job]) -> Tested<'r> {
    let mut samples = Samples::default();
    let Some(rule) = rules::rule(&read.document) else { return Tested { read, samples, asked: Vec::new() } };
    recorded::find(path, rule).into_iter().for_each(|recorded| samples.recorded(recorded));
    cases::inline(&read.source.name, rule, &mut samples);
    if !input::is_stdin(path) {
        cases::beside(path, number, &mut samples);
    }
    let asked = judge::ask(rule, &samples.found, jobs);
    Tested { read, samples, asked }
}

fn tell(rule: &Tested<'_>, require_samples: bool, report: &mut Report) {
    let mut say = |source: Option<&Source>, diagnostic: &Diagnostic| match source {
        Some(source) => report.diagnostics(source, rule.read.document.id.as_deref(), [diagnostic]),
        None => rule.read.tell(report, [diagnostic]),
    };
    rule.samples.said.iter().for_each(|said| say(said.source.as_ref(), &said.diagnostic));
    if require_samples {
        rule.samples.absent.iter().for_each(|absent| say(None, &absent_error(absent)));
    }
    for asked in &rule.asked {
        asked.said.iter().for_each(|said| say(said.source.as_ref(), &said.diagnostic));
    }
}

fn absent_error(absent: &Absent) -> Diagnostic {
    Diagnostic::error(Code::SampleAbsent, absent.place, format!("the sample `{}` is not there", absent.path))
        .help("its path is looked for in the rule's directory and in those above it")
}
