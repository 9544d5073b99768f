//! Files of events, read piece by piece.
//!
//! A file with one event a line is never held whole, so that logs of any size can be read. The index of an
//! event counts from 0 in its file, whatever file it is.

pub(crate) mod evtx;

use super::exit::Stop;
use super::input::{self, Unread, shown};
use super::report::{Report, reason};
use rayon::prelude::*;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use verisigma::diag::{Code, Diagnostic};
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::source::{Place, Source};

/// How many lines are read before the events in them are worked on.
const LINES: usize = 8192;

/// Reads a file and hands on its events, some at a time. Gives their number, or `None` where something of
/// the file could not be read; that was reported, and the events before it were handed on.
///
/// # Errors
/// Whatever those who take the events fail with.
pub(crate) fn read(
    path: &Path,
    report: &mut Report,
    mut take: impl FnMut(usize, &[Event]) -> Result<(), Stop>,
) -> Result<(usize, Completeness), Stop> {
    let mut number = 0;
    let mut hand_on = |events: Vec<Event>| {
        let events: Vec<Event> = events.into_par_iter().map(flatten_windows).collect();
        take(number, &events)?;
        number += events.len();
        Ok::<(), Stop>(())
    };
    let unread = match Kind::of(path) {
        Kind::Lines => read_lines(path, &mut hand_on)?,
        Kind::Whole => match read_whole(path) {
            Ok(events) => hand_on(events).map(|()| None)?,
            Err(unread) => Some(unread),
        },
        Kind::Evtx => evtx::read(path, &mut hand_on)?,
    };
    let completeness = unread.as_ref().map_or(Completeness::Complete, |_| Completeness::Partial);
    if let Some(unread) = unread {
        report.diagnostics(&unread.source, None, [&unread.diagnostic]);
    }
    Ok((number, completeness))
}

/// Whether all of a file could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// All of it.
    Complete,
    /// Only a part, or nothing.
    Partial,
}

/// How a file holds events.
enum Kind {
    /// One on each line.
    Lines,
    /// In any of the forms of [`read_events`].
    Whole,
    /// In Windows' binary form.
    Evtx,
}

impl Kind {
    fn of(path: &Path) -> Self {
        match path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("ndjson" | "jsonl") => Self::Lines,
            Some("evtx") => Self::Evtx,
            Some(_) | None => Self::Whole,
        }
    }
}

fn read_whole(path: &Path) -> Result<Vec<Event>, Unread> {
    let source = input::read(path)?;
    read_events(&source.text).map_err(|message| invalid(path, &message))
}

fn invalid(path: &Path, message: &str) -> Unread {
    let diagnostic = Diagnostic::error(Code::InvalidEvents, Place::NOWHERE, message)
        .help("events are JSON: an object, an array of objects, or objects one after the other");
    Unread { source: Source::new(&shown(path), ""), diagnostic }
}

fn read_lines(path: &Path, hand_on: &mut impl FnMut(Vec<Event>) -> Result<(), Stop>) -> Result<Option<Unread>, Stop> {
    let mut lines = match fs::File::open(path) {
        Ok(file) => Lines { reader: BufReader::new(file), number: 0 },
        Err(error) => return Ok(Some(Unread::new(path, &reason(&error)))),
    };
    loop {
        let lines = match lines.next() {
            Ok(lines) if lines.is_empty() => return Ok(None),
            Ok(lines) => lines,
            Err(error) => return Ok(Some(Unread::new(path, &reason(&error)))),
        };
        let mut parsed: Vec<Result<Vec<Event>, Unread>> = lines.into_par_iter().map(|(number, line)| parse(path, number, line)).collect();
        let good = parsed.iter().position(Result::is_err).unwrap_or(parsed.len());
        let bad = parsed.drain(good..).next().and_then(Result::err);
        hand_on(parsed.into_iter().flatten().flatten().collect())?;
        if bad.is_some() {
            return Ok(bad);
        }
    }
}

fn parse(path: &Path, number: usize, line: Vec<u8>) -> Result<Vec<Event>, Unread> {
    let text = String::from_utf8(line).map_err(|_| invalid(path, &format!("line {number} is not UTF-8")))?;
    read_events(&text).map_err(|message| {
        // The parser counts lines from the start of what it is given, which is this line.
        let (message, column) = message.split_once(" at line 1 column ").unwrap_or((&message, "1"));
        invalid(path, &format!("{message} at line {number} column {column}"))
    })
}

/// The lines of a file, with their numbers.
struct Lines {
    reader: BufReader<fs::File>,
    number: usize,
}

impl Lines {
    /// The next lines; none at the end of the file.
    fn next(&mut self) -> io::Result<Vec<(usize, Vec<u8>)>> {
        let mut lines = Vec::new();
        while lines.len() < LINES {
            let mut line = Vec::new();
            if self.reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.number += 1;
            lines.push((self.number, line));
        }
        Ok(lines)
    }
}
