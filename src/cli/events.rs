//! Files of events, read piece by piece.
//!
//! A file with one event a line is never held whole, so that logs of any size can be read: while one batch of lines
//! is parsed and worked on by all cores, the next is read. A batch is bounded in lines and in bytes, and an event is
//! gone once it was worked on. What is held grows only with the longest line. The index of an event counts from 0 in
//! its file, whatever file it is.

pub(crate) mod evtx;

use super::exit::Stop;
use super::input::{self, Unread, shown};
use super::progress::Progress;
use super::report::{Report, reason};
use rayon::prelude::*;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use verisigma::diag::{Code, Diagnostic};
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::source::{Place, Source};

/// A batch of lines ends after so many of them.
const LINES: usize = 8192;

/// A batch of lines ends with the line that reaches so many bytes.
const BYTES: usize = 2 << 20;

/// What is done with each event, by all cores at once.
pub(crate) trait Work: Sync {
    /// What a thread works with.
    type Tool;
    /// What comes out.
    type Answer: Send;

    /// What a thread works with from now on.
    fn tool(&self) -> Self::Tool;

    /// Works on one event.
    fn answer(&self, tool: &mut Self::Tool, event: &Event) -> Self::Answer;
}

/// Reads a file, works on its events and hands on the answers, in order and some at a time, each time with the index
/// of the first. Gives the number of events, and whether all of the file could be read; if not, that was reported,
/// and the answers about the events before were handed on.
///
/// # Errors
/// Whatever those who take the answers fail with.
pub(crate) fn read<W: Work>(
    path: &Path,
    (report, progress): (&mut Report, &Progress),
    work: &W,
    mut take: impl FnMut(usize, Vec<W::Answer>) -> Result<(), Stop>,
) -> Result<(usize, Completeness), Stop> {
    let mut number = 0;
    let mut hand_on = |answers: Vec<W::Answer>, bytes: u64| {
        let (first, count) = (number, answers.len());
        number += count;
        take(first, answers)?;
        progress.advance(bytes, count);
        Ok::<(), Stop>(())
    };
    let unread = match Kind::of(path) {
        Kind::Lines => read_lines(path, work, &mut hand_on)?,
        Kind::Whole => match read_whole(path) {
            Ok((events, bytes)) => hand_on(all(work, events), bytes).map(|()| None)?,
            Err(unread) => Some(unread),
        },
        Kind::Evtx => evtx::read(path, &mut |events| hand_on(all(work, events), 0))?,
    };
    let completeness = unread.as_ref().map_or(Completeness::Complete, |_| Completeness::Partial);
    if let Some(unread) = unread {
        report.diagnostics(&unread.source, None, [&unread.diagnostic]);
    }
    Ok((number, completeness))
}

/// The answers about events, in their order.
fn all<W: Work>(work: &W, events: Vec<Event>) -> Vec<W::Answer> {
    events.into_par_iter().map_init(|| work.tool(), |tool, event| work.answer(tool, &flatten_windows(event))).collect()
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

fn read_whole(path: &Path) -> Result<(Vec<Event>, u64), Unread> {
    let source = input::read(path)?;
    let events = read_events(&source.text).map_err(|message| invalid(path, &message))?;
    Ok((events, source.text.len() as u64))
}

fn invalid(path: &Path, message: &str) -> Unread {
    let diagnostic = Diagnostic::error(Code::InvalidEvents, Place::NOWHERE, message)
        .help("events are JSON: an object, an array of objects, or objects one after the other");
    Unread { source: Source::new(&shown(path), ""), diagnostic }
}

fn read_lines<W: Work>(
    path: &Path,
    work: &W,
    hand_on: &mut impl FnMut(Vec<W::Answer>, u64) -> Result<(), Stop>,
) -> Result<Option<Unread>, Stop> {
    let mut lines = match fs::File::open(path) {
        Ok(file) => Lines { reader: BufReader::new(file), number: 0 },
        Err(error) => return Ok(Some(Unread::new(path, &reason(&error)))),
    };
    let mut batch = lines.next();
    loop {
        let current = match batch {
            Ok(current) if current.lines.is_empty() => return Ok(None),
            Ok(current) => current,
            Err(error) => return Ok(Some(Unread::new(path, &reason(&error)))),
        };
        let (answers, next) = rayon::join(|| current.work(path, work), || lines.next());
        let (good, bad) = up_to_error(answers);
        hand_on(good, current.bytes.len() as u64)?;
        if bad.is_some() {
            return Ok(bad);
        }
        batch = next;
    }
}

/// The answers before the first line that could not be read, and what is wrong with that.
fn up_to_error<A>(lines: Vec<Result<Vec<A>, Unread>>) -> (Vec<A>, Option<Unread>) {
    let mut good = Vec::new();
    for line in lines {
        match line {
            Ok(answers) => good.extend(answers),
            Err(unread) => return (good, Some(unread)),
        }
    }
    (good, None)
}

/// Some lines of a file.
struct Batch {
    /// Their bytes, one line after the other.
    bytes: Vec<u8>,
    /// The number of each line, counted from 1, with where it stands.
    lines: Vec<(usize, std::ops::Range<usize>)>,
}

impl Batch {
    fn work<W: Work>(&self, path: &Path, work: &W) -> Vec<Result<Vec<W::Answer>, Unread>> {
        let answers = |tool: &mut W::Tool, (number, place): &(usize, std::ops::Range<usize>)| {
            let events = parse(path, *number, self.bytes.get(place.clone()).unwrap_or_default())?;
            Ok(events.into_iter().map(|event| work.answer(tool, &flatten_windows(event))).collect())
        };
        self.lines.par_iter().map_init(|| work.tool(), answers).collect()
    }
}

fn parse(path: &Path, number: usize, line: &[u8]) -> Result<Vec<Event>, Unread> {
    let text = std::str::from_utf8(line).map_err(|_| invalid(path, &format!("line {number} is not UTF-8")))?;
    read_events(text).map_err(|message| {
        // The parser counts lines from the start of what it is given, which is this line.
        let (message, column) = message.split_once(" at line 1 column ").unwrap_or((&message, "1"));
        invalid(path, &format!("{message} at line {number} column {column}"))
    })
}

/// The lines of a file.
struct Lines {
    reader: BufReader<fs::File>,
    /// The number of the last line that was read.
    number: usize,
}

impl Lines {
    /// The next lines; none at the end of the file.
    fn next(&mut self) -> io::Result<Batch> {
        let mut batch = Batch { bytes: Vec::new(), lines: Vec::new() };
        while batch.lines.len() < LINES && batch.bytes.len() < BYTES {
            let start = batch.bytes.len();
            if self.reader.read_until(b'\n', &mut batch.bytes)? == 0 {
                break;
            }
            self.number += 1;
            batch.lines.push((self.number, start..batch.bytes.len()));
        }
        Ok(batch)
    }
}
