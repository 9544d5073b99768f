//! Rules on events: answers rule by rule, and for each rule the events in order.
//!
//! That order needs every hit before the first is printed. Events are not held, and hits are small ([`Hits`]), so
//! nothing has to be put aside on disk.

use super::super::args::Additions;
use super::super::events::{self, Work};
use super::super::exit::{Exit, Stop};
use super::super::input::shown;
use super::super::progress::Progress;
use super::super::record::{self, Sink};
use super::super::report::{Report, count, thousands};
use super::super::rules::{self, Collection, Read, Standing};
use super::alerts::{self, Alarms, Witness, Witnesses};
use super::hits::{EventFiles, Hits};
use super::logsource::Wanted;
use super::nearest::{Near, Nearest};
use super::{Shown, exit, matches_found};
use std::path::{Path, PathBuf};
use verisigma::engine::{Asker, Reason, RuleSet};
use verisigma::eval::correlation::{Clock, Findings};
use verisigma::event::Event;
use verisigma::rule::Rule;

/// So many answers are printed at once.
const PRINTED: usize = 4096;

/// Which rules are asked.
pub(super) struct Asked<'a> {
    /// The files and directories.
    pub(super) paths: &'a [PathBuf],
    /// What is added to them.
    pub(super) additions: &'a Additions,
    /// For which log source.
    pub(super) wanted: &'a Wanted,
}

/// Asks the rules for a log source about events.
pub(super) fn test(asked: &Asked<'_>, clock: Clock, events: &[PathBuf], shown: Shown, report: &mut Report) -> Result<Exit, Stop> {
    let collection = rules::read(asked.paths, asked.additions, |_| ())?;
    let mut exit = tell(&collection, report);
    let mut all: Vec<&Read<()>> = collection.files.iter().flat_map(rules::File::rules).collect();
    asked.wanted.retain(&mut all, report);
    let rules: Vec<&Rule> = all.iter().filter_map(|read| rules::rule(&read.document)).collect();
    let programs = collection.programs();
    let valid: Vec<(&Read<()>, &Rule)> = all.iter().filter_map(|read| Some((*read, rules::rule(&read.document)?))).collect();
    let nearest = shown.why.then(|| Nearest::new(&valid));
    let work = Questions {
        set: RuleSet::new(rules.iter().copied()),
        nearest: nearest.as_ref(),
        witnesses: Witnesses::new(&programs, clock.clone()),
    };
    let mut matched = Matched {
        hits: vec![Hits::default(); rules.len()],
        alarms: Alarms::new(&programs, &clock, report),
        near: Near::default(),
        files: EventFiles::default(),
    };
    let progress = Progress::new(events, report.volume());
    for path in events {
        exit = exit.max(matched.read(path, &work, (report, &progress))?);
    }
    drop(progress);
    let Matched { hits, alarms, files, near } = matched;
    if let Some(nearest) = &nearest {
        nearest.tell(&near, &hits, &files, report);
    }
    let findings = alarms.finish();
    let answers = Answers { hits: &hits, findings: &findings, files: &files };
    let alerted = answers.print(&all, shown, report)?;
    let matches = hits.iter().map(Hits::len).sum();
    let invalid = all.iter().filter(|read| read.standing == Standing::Invalid).count();
    let invalid = if invalid > 0 { format!(", {} invalid", thousands(invalid)) } else { String::new() };
    let alerts = if programs.is_empty() { String::new() } else { format!(", {}", count(alerted, "alert")) };
    let (tested, events) = (count(all.len(), "rule"), count(files.events(), "event"));
    report.summary(&format!("{tested} on {events}: {}{alerts}{invalid}", matches_found(matches)));
    Ok(exit)
}

fn tell(collection: &Collection<()>, report: &mut Report) -> Exit {
    let mut exit = Exit::Done;
    collection.warnings().for_each(|warning| report.note(&warning));
    for file in collection.filters.iter().chain(&collection.files) {
        file.tell(report, |()| Vec::new());
        let is_invalid = file.documents().any(|read| read.standing == Standing::Invalid);
        exit = exit.max(match file.content {
            Err(_) => Exit::Failed,
            Ok(_) if is_invalid => Exit::Found,
            Ok(_) => Exit::Done,
        });
    }
    exit
}

/// What each event is asked.
struct Questions<'r> {
    set: RuleSet<'r>,
    witnesses: Witnesses<'r>,
    /// Where it is to be said why a rule matches nothing.
    nearest: Option<&'r Nearest<'r>>,
}

/// What came of it: the numbers of the rules that match, and what correlations are to see.
struct Answer {
    rules: Vec<usize>,
    witness: Option<Witness>,
    /// For rules that do not match what decides against the event, if that is less than ever.
    near: Vec<(usize, Vec<Reason>)>,
}

impl<'r> Work for &'r Questions<'r> {
    type Tool = (Asker<'r>, Asker<'r>);
    type Answer = Answer;

    fn tool(&self) -> Self::Tool {
        (self.set.asker(), self.witnesses.asker())
    }

    fn answer(&self, (rules, witnesses): &mut Self::Tool, event: &Event) -> Answer {
        let matching = rules.matching(event);
        let near = self.nearest.map(|nearest| nearest.look(&matching, event)).unwrap_or_default();
        Answer { rules: matching, witness: self.witnesses.witness(witnesses, event), near }
    }
}

/// Which rules match which events, so far.
struct Matched<'r> {
    /// For each rule the events that it matches.
    hits: Vec<Hits>,
    alarms: Alarms<'r>,
    near: Near,
    files: EventFiles,
}

impl Matched<'_> {
    fn read(&mut self, path: &Path, work: &Questions<'_>, (report, progress): (&mut Report, &Progress)) -> Result<Exit, Stop> {
        let start = self.files.events();
        let (number, completeness) = events::read(path, (report, progress), &work, |first, answers| {
            for (event, answer) in (start + first..).zip(answers) {
                for rule in answer.rules {
                    if let Some(hits) = self.hits.get_mut(rule) {
                        hits.push(event);
                    }
                }
                self.near.add(event, answer.near);
                if let Some(witness) = &answer.witness {
                    self.alarms.observe(event, witness);
                }
            }
            Ok(())
        })?;
        self.files.add(shown(path), number);
        Ok(exit(completeness))
    }
}

/// Everything that was found.
struct Answers<'a> {
    hits: &'a [Hits],
    findings: &'a [Findings],
    files: &'a EventFiles,
}

impl Answers<'_> {
    /// Prints the answers of rules in their order. Gives the number of alerts.
    fn print(&self, rules: &[&Read<()>], shown: Shown, report: &mut Report) -> Result<usize, Stop> {
        let mut sink = Sink::new(shown.format.records());
        let (mut hits, mut findings, mut alerts) = (self.hits.iter(), self.findings.iter(), 0);
        for read in rules {
            if read.document.correlation.is_some() {
                let Some(findings) = findings.next() else { continue };
                alerts::tell(read, findings, report);
                alerts += findings.alerts.len();
                let shown = alerts::shown(read, findings, self.files, &sink);
                sink.print(&shown)?;
            } else if read.document.rule.is_some() {
                let Some(hits) = hits.next() else { continue };
                self.print_hits(read, hits, shown, &mut sink)?;
            }
        }
        sink.finish()?;
        Ok(alerts)
    }

    fn print_hits(&self, read: &Read<()>, hits: &Hits, shown: Shown, sink: &mut Sink) -> Result<(), Stop> {
        if shown.all {
            let mut hits = hits.iter().peekable();
            return self.print_answers(read, (0..self.files.events()).map(|event| (event, hits.next_if_eq(&event).is_some())), sink);
        }
        self.print_answers(read, hits.iter().map(|event| (event, true)), sink)
    }

    /// Prints what a rule answers about events, some at a time.
    fn print_answers(&self, read: &Read<()>, answers: impl Iterator<Item = (usize, bool)>, sink: &mut Sink) -> Result<(), Stop> {
        let mut answers = answers.filter_map(|(event, matches)| Some((self.files.event(event)?, matches)));
        loop {
            let some: Vec<String> = answers.by_ref().map(|(event, matches)| answer(read, event, matches, sink)).take(PRINTED).collect();
            if some.is_empty() {
                return Ok(());
            }
            sink.print(&some)?;
        }
    }
}

fn answer(read: &Read<()>, event: record::Event<'_>, matches: bool, sink: &Sink) -> String {
    let record = record::Match { rule: Some(read.name()), event, matches: Some(matches), because: None };
    sink.item(&record, || {
        let says = if matches { "matches" } else { "does not match" };
        format!("{}: {says} event {} of {}", read.shown(), event.index, event.path)
    })
}
