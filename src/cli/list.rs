//! `list`: what can be named on the command line.

use super::args::{ListArgs, Listed};
use super::exit::{Exit, Stop};
use super::output::print;
use super::record;
use super::report::usage;
use serde::Serialize;
use verisigma::diag::Code;
use verisigma::engine::{self, Choice, Format, Target};
use verisigma::rule::Modifier;
use verisigma::storage::Name;

/// Lists.
///
/// # Errors
/// There is nothing of the kind yet, or the list cannot be written.
pub(crate) fn run(arguments: &ListArgs) -> Result<Exit, Stop> {
    if arguments.target.is_some() && arguments.what != Listed::Formats {
        return Err(usage("`-t` says of which target formats are listed; it means nothing here").into());
    }
    match arguments.what {
        Listed::Targets => show(engine::targets().iter(), describe, arguments),
        Listed::Formats => formats(arguments),
        Listed::Codes => show(Code::ALL.iter().copied().map(CodeRecord::new), |code| row(&[code.code, code.name, code.summary]), arguments),
        Listed::Assumptions => show(Name::ALL.iter().copied().map(assumption), |named| row(&[named.name, named.description]), arguments),
        Listed::Modifiers => show(Modifier::all().filter_map(ModifierRecord::new), ModifierRecord::line, arguments),
        Listed::Pipelines => Err(usage("`list pipelines` is not supported yet").into()),
        Listed::Checks => Err(usage("`list checks` is not supported yet").into()),
    }
}

fn show<T: Serialize>(items: impl Iterator<Item = T>, line: impl Fn(&T) -> String, arguments: &ListArgs) -> Result<Exit, Stop> {
    let text = match arguments.format.records() {
        Some(format) => record::text(items, format),
        None => items.map(|item| line(&item)).collect(),
    };
    print(&text)?;
    Ok(Exit::Done)
}

/// One line, with the short parts in columns.
fn row(parts: &[&str]) -> String {
    let (last, columns) = parts.split_last().unwrap_or((&"", &[]));
    let columns: String = columns.iter().map(|part| format!("{part:<22} ")).collect();
    format!("{}\n", format!("{columns}{last}").trim_end())
}

#[derive(Serialize)]
struct CodeRecord {
    code: &'static str,
    name: &'static str,
    summary: &'static str,
}

impl CodeRecord {
    fn new(code: Code) -> Self {
        Self { code: code.number(), name: code.name(), summary: code.summary() }
    }
}

#[derive(Serialize)]
struct ModifierRecord {
    name: &'static str,
    aliases: &'static [&'static str],
    takes: &'static str,
}

impl ModifierRecord {
    fn new((names, takes): (&'static [&'static str], &'static str)) -> Option<Self> {
        let (name, aliases) = names.split_first()?;
        Some(Self { name, aliases, takes })
    }

    fn line(&self) -> String {
        row(&[self.name, self.takes, &self.aliases.join(", ")])
    }
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    description: &'static str,
}

fn assumption(name: Name) -> Named {
    Named { name: name.name(), description: name.wording() }
}

#[derive(Serialize)]
struct FormatRecord<'t> {
    target: &'t str,
    #[serde(flatten)]
    format: &'t Format,
}

fn formats(arguments: &ListArgs) -> Result<Exit, Stop> {
    if let Some(name) = &arguments.target {
        engine::find_target(name)?;
    }
    let wanted = |target: &&Target| arguments.target.as_ref().is_none_or(|name| *name == target.name);
    let records = engine::targets().iter().filter(wanted).flat_map(|target| {
        let target_name = target.name.as_str();
        target.formats.iter().map(move |format| FormatRecord { target: target_name, format })
    });
    show(records, |record| row(&[record.target, &record.format.name, &record.format.description]), arguments)
}

fn describe(target: &&Target) -> String {
    let formats: Vec<Choice> = target.formats.iter().map(format_choice).collect();
    let mut text = format!("{}  (evidence: {})\n", row(&[&target.name, &target.description]).trim_end(), target.evidence);
    text.extend([("-f", formats.as_slice()), ("-O", &target.options), ("--schema", &target.schemas)].into_iter().flat_map(choices));
    text
}

fn format_choice(format: &Format) -> Choice {
    Choice { name: format.name.clone(), description: format!("{} (.{})", format.description, format.extension) }
}

fn choices((option, choices): (&'static str, &[Choice])) -> impl Iterator<Item = String> {
    choices.iter().map(move |choice| row(&[&format!("  {option} {}", choice.name), &choice.description]))
}
