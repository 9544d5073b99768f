//! Windows event logs, `.evtx`.
//!
//! The crate `evtx` reads them; its JSON is the raw shape that [`verisigma::event::flatten_windows`] knows. A record
//! that cannot be read costs only itself. The format is a nest of offsets that a hostile file chooses, and the crate
//! does not promise to never panic on them; so a panic in it is caught here and is an error about the file.

use super::{input::Unread, invalid};
use crate::cli::exit::Stop;
use crate::cli::report::{count, reason};
use evtx::{EvtxParser, err::EvtxError};
use serde_json::Value;
use std::cell::Cell;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;
use verisigma::event::Event;

/// How many events are handed on at once.
const EVENTS: usize = 1024;

/// Reads a log and hands on its events as they are; gives what of it could not be read.
///
/// # Errors
/// Whatever those who take the events fail with.
pub(crate) fn read(path: &Path, hand_on: &mut impl FnMut(Vec<Event>) -> Result<(), Stop>) -> Result<Option<Unread>, Stop> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Some(Unread::new(path, &reason(&error)))),
    };
    let mut parser = match guarded(|| EvtxParser::from_read_seek(file)) {
        Some(Ok(parser)) => parser,
        Some(Err(error)) => return Ok(Some(broken(path, &format!("no event log: {}", said(&error))))),
        None => return Ok(Some(broken(path, "no event log: its header makes no sense"))),
    };
    let mut records = parser.records_json_value();
    let (mut events, mut bad) = (Vec::new(), Bad::default());
    loop {
        match guarded(|| records.next()) {
            Some(None) => break,
            Some(Some(Ok(record))) => match record.data {
                Value::Object(root) => events.push(Event::new(root)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                    bad.add("a record that is no event")
                }
            },
            Some(Some(Err(error))) => bad.add(&said(&error)),
            None => {
                bad.add("a record makes no sense, and what follows it cannot be found");
                break;
            }
        }
        if events.len() >= EVENTS {
            hand_on(std::mem::take(&mut events))?;
        }
    }
    hand_on(events)?;
    Ok(bad.first.map(|first| broken(path, &format!("{} cannot be read: {first}", count(bad.number, "record")))))
}

/// What could not be read of a log.
#[derive(Default)]
struct Bad {
    number: usize,
    first: Option<String>,
}

impl Bad {
    fn add(&mut self, reason: &str) {
        self.number += 1;
        self.first.get_or_insert_with(|| reason.to_owned());
    }
}

fn broken(path: &Path, message: &str) -> Unread {
    let mut unread = invalid(path, message);
    unread.diagnostic.help = None;
    unread
}

/// The reason, on one line.
fn said(error: &EvtxError) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

thread_local! {
    /// Whether a panic of this thread is about a file.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What a step of the crate gives; `None` if it panics, of which nothing is printed.
fn guarded<R>(step: impl FnOnce() -> R) -> Option<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                before(info);
            }
        }));
    });
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(step));
    GUARDED.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_errors_and_only_here() {
        #[expect(clippy::panic, reason = "this is what is caught")]
        let caught = guarded(|| panic!("hostile"));
        assert_eq!((caught.is_none(), guarded(|| 1), GUARDED.get()), (true, Some(1), false));
    }
}
