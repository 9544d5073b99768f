//! `test`: rules, or a query, on events.

mod alerts;
mod hits;
mod logsource;
mod nearest;
mod query;
mod rules;

use super::args::{RecordFormat, Settings, TestArgs};
use super::events::Completeness;
use super::exit::{Exit, Stop};
use super::input;
use super::report::{Report, thousands, usage};
use super::request::{self, Latitude};
use logsource::Wanted;
use verisigma::diag::Diagnostic;
use verisigma::engine;

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
                    query::test(&query, &arguments.events, shown, report)
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
            let wanted = Wanted::new(&arguments.logsource)?;
            let asked = rules::Asked { paths: &arguments.paths, additions: &arguments.additions, wanted: &wanted };
            rules::test(&asked, alerts::clock(arguments.timestamp_field), &arguments.events, shown, report)
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

fn exit(completeness: Completeness) -> Exit {
    match completeness {
        Completeness::Complete => Exit::Done,
        Completeness::Partial => Exit::Failed,
    }
}

fn matches_found(number: usize) -> String {
    if number == 1 { "1 match".to_owned() } else { format!("{} matches", thousands(number)) }
}
