//! What people are told: diagnostics, and one line on how the run went.
//!
//! Everything goes to standard error, in the order in which it is reported. If nobody listens there, the
//! run goes on: what it writes is wanted still.

use super::args::{MessageFormat, Volume};
use super::output::{escaped_json, printable};
use std::io::{self, BufWriter, Stderr, Write};
use std::time::Instant;
use verisigma::diag::{Code, Diagnostic};
use verisigma::source::{Place, Source};

/// What is said on standard error during a run.
#[derive(Debug)]
pub(crate) struct Report {
    format: MessageFormat,
    volume: Volume,
    started: Instant,
    stream: BufWriter<Stderr>,
}

impl Report {
    /// A report of a run that starts now.
    pub(crate) fn new(format: MessageFormat, volume: Volume) -> Self {
        Self { format, volume, started: Instant::now(), stream: BufWriter::new(io::stderr()) }
    }

    /// How much is said.
    pub(crate) fn volume(&self) -> Volume {
        self.volume
    }

    /// Says everything about one source. Diagnostics of a rule name its id.
    pub(crate) fn diagnostics<'d>(&mut self, source: &Source, rule: Option<&str>, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
        for diagnostic in diagnostics {
            let text = match self.format {
                MessageFormat::Text => format!("{}\n\n", printable(&diagnostic.render(source))),
                MessageFormat::Json => {
                    format!("{}\n", escaped_json(&serde_json::to_string(&diagnostic.record(source, rule)).unwrap_or_default()))
                }
            };
            self.say(&text);
        }
    }

    /// Says something about the run as a whole.
    pub(crate) fn note(&mut self, note: &Diagnostic) {
        self.diagnostics(&Source::new("", ""), None, [note]);
    }

    /// Says how the run went, and how long it took.
    pub(crate) fn summary(&mut self, summary: &str) {
        if self.volume == Volume::Normal {
            let seconds = self.started.elapsed().as_secs_f64();
            self.say(&format!("{summary}; {seconds:.1} s\n"));
        }
    }

    /// Lets go of everything that was said.
    pub(crate) fn finish(mut self) {
        drop(self.stream.flush());
    }

    fn say(&mut self, text: &str) {
        drop(self.stream.write_all(text.as_bytes()));
    }
}

/// An error about the command line.
pub(crate) fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidArgument, Place::NOWHERE, message)
}

/// The reason of the operating system, as a part of a message.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A number of things, with commas between thousands, such as `1 rule` or `3,141 rules`.
pub(crate) fn count(number: usize, singular: &str) -> String {
    format!("{} {singular}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A number with commas between thousands.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_thousands() {
        for (number, text) in [(0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (3141, "3,141"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
        assert_eq!((count(1, "rule"), count(0, "rule")), ("1 rule".to_owned(), "0 rules".to_owned()));
    }

    #[test]
    fn reasons_are_parts_of_sentences() {
        assert_eq!(reason(&io::Error::from_raw_os_error(2)), "no such file or directory");
        assert_eq!(reason(&io::Error::other("odd")), "odd");
    }
}
