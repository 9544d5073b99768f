//! A query on events: answers in the order of the events.

use super::super::events::{self, Work};
use super::super::exit::{Exit, Stop};
use super::super::input::shown;
use super::super::progress::Progress;
use super::super::record::{self, Sink};
use super::super::report::{Report, count};
use super::{Shown, exit, matches_found};
use std::path::PathBuf;
use verisigma::engine::{Answer, Query};
use verisigma::event::Event;

struct Asked<'q>(&'q Query);

impl Work for Asked<'_> {
    type Tool = ();
    type Answer = Answer;

    fn tool(&self) {}

    fn answer(&self, (): &mut (), event: &Event) -> Answer {
        self.0.matches(event)
    }
}

/// Asks a query about events, in their order.
pub(super) fn test(query: &Query, files: &[PathBuf], settings: Shown, report: &mut Report) -> Result<Exit, Stop> {
    let progress = Progress::new(files, report.volume());
    let mut sink = Sink::new(settings.format.records());
    let (mut result, mut total, mut matches) = (Exit::Done, 0, 0);
    for file in files {
        let path = shown(file);
        let (number, completeness) = events::read(file, (report, &progress), &Asked(query), |first, answers| {
            matches += answers.iter().filter(|answer| **answer == Answer::True).count();
            let wanted = (first..).zip(&answers).filter(|(_, answer)| settings.all || **answer != Answer::False);
            sink.print(&wanted.map(|(index, answer)| item(&path, index, answer, &sink)).collect::<Vec<_>>())
        })?;
        total += number;
        result = result.max(exit(completeness));
    }
    sink.finish()?;
    report.summary(&format!("1 query on {}: {}", count(total, "event"), matches_found(matches)));
    Ok(result)
}

fn item(path: &str, index: usize, answer: &Answer, sink: &Sink) -> String {
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
