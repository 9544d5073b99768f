//! `list`: what can be named on the command line.

use super::args::{ListArgs, Listed};
use super::exit::{Exit, Stop};
use super::output::print;
use super::record::{self, Outcome};
use super::report::usage;
use serde::Serialize;
use std::collections::BTreeSet;
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{self, Answered, Capability, Choice, Format, Target, Verdict};
use verisigma::rule::Modifier;
use verisigma::storage::Name;

/// Lists.
///
/// # Errors
/// There is nothing of the kind yet, or the list cannot be written.
pub(crate) fn run(arguments: &ListArgs) -> Result<Exit, Stop> {
    if arguments.target.is_some() && !matches!(arguments.what, Listed::Formats | Listed::Capabilities) {
        return Err(usage("`-t` says of which target formats or capabilities are listed; it means nothing here").into());
    }
    match arguments.what {
        Listed::Targets => show(engine::targets().iter(), describe, arguments),
        Listed::Formats => formats(arguments),
        Listed::Capabilities => capabilities(arguments),
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

/// The targets that are asked about.
fn wanted(arguments: &ListArgs) -> Result<Vec<&'static Target>, Diagnostic> {
    match &arguments.target {
        Some(name) => Ok(vec![engine::find_target(name)?]),
        None => Ok(engine::targets().iter().collect()),
    }
}

fn formats(arguments: &ListArgs) -> Result<Exit, Stop> {
    let records = wanted(arguments)?.into_iter().flat_map(|target| {
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

#[derive(Serialize)]
struct CapabilityRecord<'c> {
    construct: &'static str,
    example: &'static str,
    target: &'c str,
    outcome: Outcome,
    query: Option<&'c str>,
    verdict: Option<&'c Verdict>,
    code: Option<&'static str>,
}

impl<'c> CapabilityRecord<'c> {
    fn new(of: &'c Capability, target: &'c str, answer: &'c Answered) -> Self {
        let (outcome, query, verdict, code) = match answer {
            Answered::Written(query, verdict) => (Outcome::Written, Some(query.as_str()), Some(&**verdict), None),
            Answered::Refused(code) => (Outcome::Refused, None, None, Some(code.name())),
        };
        Self { construct: of.construct, example: of.example, target, outcome, query, verdict, code }
    }
}

/// What targets say of constructs: a row for each construct, a column for each target.
fn capabilities(arguments: &ListArgs) -> Result<Exit, Stop> {
    let targets = wanted(arguments)?;
    let found = engine::capabilities(&targets);
    if arguments.format.records().is_some() {
        let answers = found.iter().flat_map(|of| targets.iter().zip(&of.answers).map(move |(target, answer)| (of, target, answer)));
        return show(answers.map(|(of, target, answer)| CapabilityRecord::new(of, &target.name, answer)), |_| String::new(), arguments);
    }
    let head = ["construct", "example"].into_iter().chain(targets.iter().map(|target| target.name.as_str())).map(str::to_owned).collect();
    let shown = Assumptions::new(&found, targets.len());
    let rows = found.iter().map(|of| {
        let parts = [of.construct.to_owned(), of.example.to_owned()];
        parts.into_iter().chain(of.answers.iter().map(|answer| in_words(answer, &shown))).collect()
    });
    let evidence = targets.iter().map(|target| target.evidence.to_string());
    let evidence = ["evidence".to_owned(), String::new()].into_iter().chain(evidence).collect();
    let table = table(&[head].into_iter().chain(rows).chain([evidence]).collect::<Vec<_>>());
    print(&format!("{table}{}", shown.legend()))?;
    Ok(Exit::Done)
}

/// How assumptions stand in the table: by name beside one target, by letters with a legend beside several.
enum Assumptions {
    Names,
    Letters(Vec<Name>),
}

impl Assumptions {
    fn new(found: &[Capability], targets: usize) -> Self {
        let verdicts = found.iter().flat_map(|of| &of.answers).filter_map(|answer| match answer {
            Answered::Written(_, verdict) => Some(verdict),
            Answered::Refused(_) => None,
        });
        let names: BTreeSet<Name> = verdicts.flat_map(|verdict| &verdict.assumptions).map(|assumed| assumed.name).collect();
        if targets > 1 { Self::Letters(names.into_iter().collect()) } else { Self::Names }
    }

    fn words(&self, names: &BTreeSet<Name>) -> String {
        match self {
            Self::Names => names.iter().map(|name| name.name()).collect::<Vec<_>>().join(", "),
            Self::Letters(all) => ('a'..).zip(all).filter(|(_, name)| names.contains(name)).map(|(letter, _)| letter).collect(),
        }
    }

    fn legend(&self) -> String {
        match self {
            Self::Names => String::new(),
            Self::Letters(all) => {
                let line = |(letter, name): (char, &Name)| format!("  {letter}  {}\n", name.name());
                format!("if:\n{}", ('a'..).zip(all).map(line).collect::<String>())
            }
        }
    }
}

/// An answer in a word, with what is assumed or why it is refused.
fn in_words(answer: &Answered, shown: &Assumptions) -> String {
    match answer {
        Answered::Written(_, verdict) => {
            let assumed: BTreeSet<Name> = verdict.assumptions.iter().map(|assumed| assumed.name).collect();
            let word = verdict.kind.to_string();
            if assumed.is_empty() { word } else { format!("{word} if {}", shown.words(&assumed)) }
        }
        Answered::Refused(Code::NotSupportedYet) => "not yet".to_owned(),
        Answered::Refused(code) => format!("refused: {}", code.name().trim_start_matches("refused_")),
    }
}

/// Rows whose columns are as wide as their widest part.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|part| part.chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let line = |row: &Vec<String>| row.iter().zip(&widths).map(|(part, width)| format!("{part:<width$}  ")).collect::<String>();
    rows.iter().map(|row| format!("{}\n", line(row).trim_end())).collect()
}
