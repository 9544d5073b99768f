//! Rules on events: answers rule by rule, and for each rule the events in order.
//!
//! That order needs every hit before the first is printed. Events are not held, and hits are small ([`Hits`]), so
//! nothing has to be put aside on disk.

use super::super::events::{self, Work};
use super::super::exit::{Exit, Stop};
use super::super::input::shown;
use super::super::progress::Progress;
use super::super::record::{self, Sink};
use super::super::report::{Report, count, thousands};
use super::super::rules::{self, Read};
use super::hits::Hits;
use super::logsource::Wanted;
use super::{Shown, exit, matches_found};
use std::path::{Path, PathBuf};
use verisigma::engine::{Asker, RuleSet};
use verisigma::event::Event;
use verisigma::rule::Rule;

/// So many answers are printed at once.
const PRINTED: usize = 4096;

/// Asks the rules for a log source about events.
pub(super) fn test((paths, wanted): (&[PathBuf], &Wanted), events: &[PathBuf], shown: Shown, report: &mut Report) -> Result<Exit, Stop> {
    let files = rules::read(paths, |_| ());
    let mut exit = tell(&files, report);
    let mut all: Vec<&Read<()>> = files.iter().flat_map(rules::File::rules).collect();
    wanted.retain(&mut all, report);
    let rules: Vec<(&Read<()>, &Rule)> = all.iter().filter_map(|read| Some((*read, rules::rule(&read.document)?))).collect();
    let set = RuleSet::new(rules.iter().map(|(_, rule)| *rule));
    let mut matched = Matched { rules: &rules, hits: vec![Hits::default(); rules.len()], files: Vec::new() };
    let progress = Progress::new(events, report.volume());
    for path in events {
        exit = exit.max(matched.read(path, &set, (report, &progress))?);
    }
    drop(progress);
    matched.print(shown)?;
    let matches = matched.hits.iter().map(Hits::len).sum();
    let invalid = if all.len() > rules.len() { format!(", {} invalid", thousands(all.len() - rules.len())) } else { String::new() };
    let (tested, events) = (count(all.len(), "rule"), count(matched.events(), "event"));
    report.summary(&format!("{tested} on {events}: {}{invalid}", matches_found(matches)));
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

struct Asked<'r>(&'r RuleSet<'r>);

impl<'r> Work for Asked<'r> {
    type Tool = Asker<'r>;
    type Answer = Vec<usize>;

    fn tool(&self) -> Asker<'r> {
        self.0.asker()
    }

    fn answer(&self, asker: &mut Asker<'r>, event: &Event) -> Vec<usize> {
        asker.matching(event)
    }
}

/// Which rules match which events.
struct Matched<'r> {
    rules: &'r [(&'r Read<()>, &'r Rule)],
    /// For each rule the events that it matches.
    hits: Vec<Hits>,
    /// The files of events, in order.
    files: Vec<EventFile>,
}

/// A file of events that was read.
struct EventFile {
    name: String,
    /// How many events come before it, and after it with its own.
    place: std::ops::Range<usize>,
}

impl Matched<'_> {
    /// How many events were read.
    fn events(&self) -> usize {
        self.files.last().map_or(0, |file| file.place.end)
    }

    fn read(&mut self, path: &Path, set: &RuleSet<'_>, (report, progress): (&mut Report, &Progress)) -> Result<Exit, Stop> {
        let start = self.events();
        let (number, completeness) = events::read(path, (report, progress), &Asked(set), |first, answers| {
            for (event, rules) in (start + first..).zip(answers) {
                for rule in rules {
                    if let Some(hits) = self.hits.get_mut(rule) {
                        hits.push(event);
                    }
                }
            }
            Ok(())
        })?;
        self.files.push(EventFile { name: shown(path), place: start..start + number });
        Ok(exit(completeness))
    }

    fn print(&self, shown: Shown) -> Result<(), Stop> {
        let mut sink = Sink::new(shown.format.records());
        for ((read, _), hits) in self.rules.iter().zip(&self.hits) {
            if shown.all {
                let mut hits = hits.iter().peekable();
                self.print_answers(read, (0..self.events()).map(|event| (event, hits.next_if_eq(&event).is_some())), &mut sink)?;
            } else {
                self.print_answers(read, hits.iter().map(|event| (event, true)), &mut sink)?;
            }
        }
        sink.finish()
    }

    /// Prints what a rule answers about events, which are in order.
    fn print_answers(&self, read: &Read<()>, answers: impl Iterator<Item = (usize, bool)>, sink: &mut Sink) -> Result<(), Stop> {
        let mut files = self.files.iter();
        let mut file = files.next();
        let mut answers = answers.map(|(event, matches)| {
            while file.is_some_and(|file| file.place.end <= event) {
                file = files.next();
            }
            (file, event, matches)
        });
        loop {
            let some: Vec<String> = answers
                .by_ref()
                .filter_map(|(file, event, matches)| Some(answer(read, (file?, event), matches, sink)))
                .take(PRINTED)
                .collect();
            if some.is_empty() {
                return Ok(());
            }
            sink.print(&some)?;
        }
    }
}

fn answer(read: &Read<()>, (file, event): (&EventFile, usize), matches: bool, sink: &Sink) -> String {
    let (path, index) = (file.name.as_str(), event - file.place.start);
    let record = record::Match { rule: Some(read.name()), event: record::Event { path, index }, matches: Some(matches), because: None };
    sink.item(&record, || {
        let says = if matches { "matches" } else { "does not match" };
        format!("{}: {says} event {index} of {path}", read.shown())
    })
}
