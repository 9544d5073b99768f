//! The command line: what was typed becomes a job for the engine, and what comes back is printed.
//!
//! The only module that reads, writes and prints. Standard output carries data and nothing else;
//! diagnostics and the summary go to standard error. One file a command; [`args`] knows what can be typed,
//! [`input`] finds and reads, [`output`] writes, [`report`] tells people, [`record`] tells programs.

mod args;
mod attack;
mod catalog;
mod convert;
mod coverage;
mod events;
mod exit;
mod expect;
mod explain;
mod explain_error;
mod input;
mod list;
mod output;
mod progress;
mod record;
mod recorded;
mod report;
mod request;
mod rules;
mod site;
mod summary;
mod test;
mod verify;

use args::{Command, CommandLine};
use clap::Parser;
use exit::{Exit, Stop};
use report::Report;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(instead) => return show(&instead),
    };
    let mut report = Report::new(line.message_format, line.volume());
    let result = match line.command {
        Command::Convert(arguments) => convert::run(arguments, &mut report),
        Command::Verify(arguments) => verify::run(arguments, &mut report),
        Command::Test(arguments) => test::run(arguments, &mut report),
        Command::Coverage(arguments) => coverage::run(arguments, &mut report),
        Command::Catalog(arguments) => catalog::run(&arguments, &mut report),
        Command::List(arguments) => list::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments, &mut report),
        Command::ExplainError(arguments) => explain_error::run(&arguments),
    };
    let exit = result.unwrap_or_else(|stop| match stop {
        Stop::ClosedPipe => Exit::Done,
        Stop::Failed(source, diagnostics) => {
            report.diagnostics(&source, None, &diagnostics);
            Exit::Failed
        }
    });
    report.finish();
    exit.into()
}

/// Help and version, or what is wrong with the command line. Nothing is to be done if nobody listens.
fn show(message: &clap::Error) -> ExitCode {
    let printed = message.print();
    match (message.use_stderr(), printed) {
        (true, _) => Exit::Failed.into(),
        (false, Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Failed.into(),
        (false, _) => Exit::Done.into(),
    }
}
