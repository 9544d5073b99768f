//! `explain`: what a rule says, what it compiles to, and what it has to do with others.
//!
//! A rule whose placeholders have no values is explained as it is written, and has no queries.

use super::args::{ExplainArgs, ExplainFormat, Settings};
use super::attack;
use super::exit::{Exit, Stop};
use super::input;
use super::output::print;
use super::progress::Waiting;
use super::record::{self, Records};
use super::recorded;
use super::report::{Report, count, usage};
use super::request::{self, Latitude};
use super::rules::{self, Collection, File, Read, Standing};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use verisigma::catalog;
use verisigma::diag::{Code, Diagnostic, Severity};
use verisigma::engine::{self, Job, Kind};
use verisigma::explain::corpus::{Corpus, Entry};
use verisigma::explain::model::Explanation;
use verisigma::explain::texts::Texts;
use verisigma::explain::{Subject, explain, render};
use verisigma::facts::attack::Attack;
use verisigma::rule::{self, Document, Rule, Variables, collection};
use verisigma::source::Place;

/// Explains.
///
/// # Errors
/// The arguments ask for what does not exist, a file cannot be read, or the explanations cannot be written.
pub(crate) fn run(arguments: &ExplainArgs, report: &mut Report) -> Result<Exit, Stop> {
    let paths = [&arguments.rule].into_iter().chain(&arguments.corpus).chain(&arguments.additions.filter).chain(&arguments.attack);
    input::only_one_stdin(paths)?;
    let jobs = jobs(&arguments.target)?;
    let table = attack::table(arguments.attack.as_ref())?;
    let collection = rules::read_one(&arguments.rule, &arguments.additions, |_| ())?;
    let kept = kept(&collection);
    let asked: Vec<Asked<'_>> = documents(&collection).enumerate().map(|(at, read)| Asked { read, kept: kept.get(at) }).collect();
    let waiting = Waiting::new("reading the corpus", report.volume());
    let corpus = (!arguments.corpus.is_empty()).then(|| rules::read_with(&arguments.corpus, &[], &Variables::kept(), |_| ()));
    drop(waiting);
    let exit = tell(&collection, &asked, report).max(corpus.as_ref().map_or(Exit::Done, |corpus| tell_corpus(corpus, report)));
    let corpus = corpus.map(|corpus| index(&corpus, &arguments.rule));
    let waiting = Waiting::new("explaining", report.volume());
    let beside: Vec<Entry> = documents(&collection).filter_map(entry).collect();
    let explained: Vec<Explanation> =
        asked.par_iter().filter_map(|asked| asked.explained(&arguments.rule, corpus.as_ref(), &beside, &jobs, &table.attack)).collect();
    drop(waiting);
    print(&text(&explained, arguments.format)?)?;
    let differs = explained.iter().flat_map(|own| &own.queries).any(|it| it.verdict.as_ref().is_some_and(|it| it.kind == Kind::Differs));
    Ok(if differs { exit.max(Exit::Found) } else { exit })
}

/// The targets that were named, or all.
pub(super) fn jobs(named: &[String]) -> Result<Vec<Job>, Stop> {
    let all = || engine::targets().iter().map(|target| target.name.clone()).collect();
    let names: Vec<String> = if named.is_empty() { all() } else { named.to_vec() };
    names.iter().map(|name| request::job(name, None, Settings::default(), Latitude::default())).collect()
}

/// The rule of a document as one of several.
fn entry(read: &Read<()>) -> Option<Entry> {
    Some(Entry { path: read.source.name.to_string(), rule: rules::rule(&read.document)?.clone() })
}

fn documents(collection: &Collection<()>) -> impl Iterator<Item = &Read<()>> {
    collection.files.iter().flat_map(File::documents)
}

/// The documents of the file with placeholders as written, where some have no values; none else.
fn kept(collection: &Collection<()>) -> Vec<Document> {
    if !documents(collection).any(lacks_values) {
        return Vec::new();
    }
    let first = |file: &File<()>| file.documents().next().map(|read| rule::parse_with(&read.source, &Variables::kept()));
    let files = collection.files.iter().chain(&collection.filters);
    let mut documents: Vec<Document> = files.filter_map(first).flatten().collect();
    collection::link(&mut documents.iter_mut().collect::<Vec<_>>());
    documents
}

/// Whether nothing is wrong with a document but that its placeholders have no values.
pub(super) fn lacks_values(read: &Read<()>) -> bool {
    let mut errors = read.document.diagnostics.iter().filter(|own| own.severity == Severity::Error).peekable();
    errors.peek().is_some() && errors.all(|own| own.code == Code::UnresolvedPlaceholder)
}

/// A document, and what it says if its placeholders stand for themselves.
struct Asked<'c> {
    read: &'c Read<()>,
    kept: Option<&'c Document>,
}

impl Asked<'_> {
    /// The rule as written, where it has placeholders without values.
    fn unresolved(&self) -> Option<&Rule> {
        self.kept.filter(|_| lacks_values(self.read)).and_then(rules::rule)
    }

    fn explained(&self, path: &Path, corpus: Option<&Corpus>, beside: &[Entry], jobs: &[Job], attack: &Attack) -> Option<Explanation> {
        let sources = self.read.sources().iter().cloned();
        let texts = Texts::new(sources);
        let diagnostics = self.read.document.diagnostics.iter();
        let lacking: Vec<String> = diagnostics
            .filter(|own| own.code == Code::UnresolvedPlaceholder)
            .map(|own| format!("unresolved placeholder: {}", own.message))
            .collect();
        let rule = rules::rule(&self.read.document).or_else(|| self.unresolved())?;
        let samples = recorded::for_page(path, rule);
        let known = Subject { beside, attack, samples: &samples, ..Subject::new(rule, &self.read.source, &texts) };
        let subject = Subject { unresolved: &lacking, ..known };
        Some(explain(&subject, corpus, jobs))
    }

    /// What is wrong, and why it is not explained.
    fn tell(&self, report: &mut Report) -> Exit {
        let is_written = self.unresolved().is_some();
        let diagnostics = self.read.document.diagnostics.iter();
        self.read.tell(report, diagnostics.filter(|own| !is_written || own.code != Code::UnresolvedPlaceholder));
        let left_out = left_out(&self.read.document);
        self.read.tell(report, &left_out);
        let is_invalid = self.read.standing == Standing::Invalid && !is_written;
        if is_invalid || left_out.is_some() { Exit::Found } else { Exit::Done }
    }
}

/// Says what is wrong, and what is not explained.
fn tell(collection: &Collection<()>, asked: &[Asked<'_>], report: &mut Report) -> Exit {
    let mut exit = asked.iter().map(|asked| asked.tell(report)).max().unwrap_or(Exit::Done);
    for file in collection.files.iter().filter(|file| file.content.as_ref().is_ok_and(Vec::is_empty)) {
        let name = input::shown(&file.input.path);
        let empty = Diagnostic::error(Code::NotExplained, Place::NOWHERE, format!("there is no rule in `{name}`"));
        report.note(&empty.help("a rule is a document with a title, a log source and a detection section"));
        exit = exit.max(Exit::Found);
    }
    for file in &collection.filters {
        file.tell(report, |()| Vec::new());
        let is_fine = file.documents().all(|read| read.standing == Standing::Filter);
        let found = if file.content.is_err() { Exit::Failed } else { Exit::Found };
        exit = exit.max(if is_fine && file.content.is_ok() { Exit::Done } else { found });
    }
    exit
}

/// Only detection rules are explained: a correlation has no searches, and a filter is a part of others.
fn left_out(document: &Document) -> Option<Diagnostic> {
    let left_out = |place: Place, what: &str| {
        Diagnostic::error(Code::NotExplained, place, format!("only detection rules are explained, and this is a {what}"))
    };
    let correlation = document.correlation.as_ref().map(|own| {
        left_out(own.place, "correlation rule")
            .help("the rules that it refers to are explained with their files; `convert` writes its query")
    });
    let filter =
        || document.filter.as_ref().map(|own| left_out(own.place, "filter").help("give it with `--filter`, beside a rule that it is for"));
    correlation.or_else(filter)
}

/// Says which files of the corpus cannot be read, and how many documents have errors.
fn tell_corpus(corpus: &Collection<()>, report: &mut Report) -> Exit {
    let unreadable: Vec<&File<()>> = corpus.files.iter().filter(|file| file.content.is_err()).collect();
    unreadable.iter().for_each(|file| file.tell(report, |()| Vec::new()));
    let invalid = documents(corpus).filter(|read| read.standing == Standing::Invalid).count();
    if invalid > 0 {
        let message = format!("{} of the corpus left out: they have errors", count(invalid, "document"));
        report.note(&Diagnostic::note(Code::RulesLeftOut, Place::NOWHERE, message));
    }
    if unreadable.is_empty() { Exit::Done } else { Exit::Failed }
}

/// The rules of a corpus. The one that is explained has the path that was given for it, however the corpus reaches it.
fn index(corpus: &Collection<()>, explained: &Path) -> Corpus {
    let real = fs::canonicalize(explained).ok();
    let is_explained = |path: &PathBuf| path.file_name() == explained.file_name() && real.is_some() && fs::canonicalize(path).ok() == real;
    let path = |file: &File<()>, read: &Read<()>| {
        if is_explained(&file.input.path) { input::shown(explained) } else { read.source.name.to_string() }
    };
    let entry = |file: &File<()>, read: &Read<()>| Some(Entry { path: path(file, read), rule: rules::rule(&read.document)?.clone() });
    Corpus::new(corpus.files.iter().flat_map(|file| file.documents().filter_map(|read| entry(file, read)).collect::<Vec<_>>()).collect())
}

/// All explanations, one after the other.
///
/// # Errors
/// Several rules are asked for on one page, or the page cannot be made.
fn text(explained: &[Explanation], format: ExplainFormat) -> Result<String, Stop> {
    let rendered = |render: fn(&Explanation) -> String| explained.iter().map(render).collect::<Vec<_>>().join("\n");
    Ok(match (format, explained) {
        (ExplainFormat::Text, _) => rendered(render::text),
        (ExplainFormat::Markdown, _) => rendered(render::markdown),
        (ExplainFormat::Html, [one]) => catalog::page(one).map_err(super::catalog::template)?,
        (ExplainFormat::Html, []) => String::new(),
        (ExplainFormat::Html, several) => return Err(one_page(several.len()).into()),
        (ExplainFormat::Json, [one]) => record::line(one),
        (ExplainFormat::Json, several) => record::text(several.iter(), Records::Document),
        (ExplainFormat::Jsonl, all) => record::text(all.iter(), Records::Lines),
    })
}

fn one_page(rules: usize) -> Diagnostic {
    usage(format!("`--format html` is the page of one rule, and the file holds {rules}"))
        .help("write each into a file of its own, or take `verisigma catalog` for the pages of a directory")
}
