//! `explain`: what a rule says, what it compiles to, and what it has to do with others.

use super::args::{ExplainArgs, ExplainFormat};
use super::exit::{Exit, Stop};
use super::output::print;
use super::progress::Waiting;
use super::record::{self, Records};
use super::report::Report;
use super::request::{self, Latitude};
use super::rules::{self, Collection, Read, Standing};
use rayon::prelude::*;
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{self, Job};
use verisigma::explain::model::Explanation;
use verisigma::explain::{Subject, explain, render};
use verisigma::source::Place;

/// Explains.
///
/// # Errors
/// The arguments ask for what does not exist, a file cannot be read, or the explanations cannot be written.
pub(crate) fn run(arguments: &ExplainArgs, report: &mut Report) -> Result<Exit, Stop> {
    let jobs = jobs(&arguments.target)?;
    let collection = rules::read_one(&arguments.rule, &arguments.additions, |_| ())?;
    let exit = tell(&collection, report);
    let waiting = Waiting::new("explaining", report.volume());
    let found: Vec<&Read<()>> = collection.files.iter().flat_map(rules::File::documents).collect();
    let explained: Vec<Explanation> = found.par_iter().filter_map(|read| explained(read, &jobs)).collect();
    drop(waiting);
    print(&text(&explained, arguments.format))?;
    Ok(exit)
}

/// The targets that were named, or all.
fn jobs(named: &[String]) -> Result<Vec<Job>, Stop> {
    let all = || engine::targets().iter().map(|target| target.name.clone()).collect();
    let names: Vec<String> = if named.is_empty() { all() } else { named.to_vec() };
    names.iter().map(|name| request::job(name, None, Default::default(), Latitude::default())).collect()
}

/// Says what is wrong, and what is not explained.
fn tell(collection: &Collection<()>, report: &mut Report) -> Exit {
    let mut exit = Exit::Done;
    for file in &collection.filters {
        file.tell(report, |()| Vec::new());
        let is_fine = file.content.is_ok() && file.documents().all(|read| read.standing == Standing::Filter);
        exit = exit.max(if is_fine { Exit::Done } else { Exit::Found });
    }
    for file in &collection.files {
        file.tell(report, |()| Vec::new());
        for read in file.documents() {
            let left_out = unexplained(read);
            read.tell(report, &left_out);
            let is_found = left_out.is_some() || read.standing == Standing::Invalid;
            exit = exit.max(if is_found { Exit::Found } else { Exit::Done });
        }
    }
    exit
}

/// Only detection rules are explained: a correlation has no searches, and a filter is a part of others.
fn unexplained(read: &Read<()>) -> Option<Diagnostic> {
    let document = &read.document;
    let message = "only detection rules are explained, and this is a";
    let left_out =
        |place: Place, what: &str, help: &str| Diagnostic::error(Code::NotExplained, place, format!("{message} {what}")).help(help);
    match (&document.correlation, &document.filter) {
        (Some(correlation), _) => Some(left_out(
            correlation.place,
            "correlation rule",
            "the rules that it refers to are explained where they are in the file; `convert` writes its query",
        )),
        (None, Some(filter)) => Some(left_out(filter.place, "filter", "give it with `--filter`, beside a rule that it is for")),
        (None, None) => None,
    }
}

fn explained(read: &Read<()>, jobs: &[Job]) -> Option<Explanation> {
    let rule = rules::rule(&read.document)?;
    Some(explain(&Subject { rule, source: &read.source, license: None, unresolved: &[] }, jobs))
}

/// All explanations, one after the other.
fn text(explained: &[Explanation], format: ExplainFormat) -> String {
    let rendered = |render: fn(&Explanation) -> String| explained.iter().map(render).collect::<Vec<_>>().join("\n");
    match (format, explained) {
        (ExplainFormat::Text, _) => rendered(render::text),
        (ExplainFormat::Markdown, _) => rendered(render::markdown),
        (ExplainFormat::Json, [one]) => record::line(one),
        (ExplainFormat::Json, several) => record::text(several.iter(), Records::Document),
        (ExplainFormat::Jsonl, all) => record::text(all.iter(), Records::Lines),
    }
}
