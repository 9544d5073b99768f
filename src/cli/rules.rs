//! Files of rules: read and parsed in parallel, linked with each other and with filters, and then worked on in parallel.
//!
//! Results come in the order of the paths. What one document says about another (a filter, a correlation) is settled
//! between parsing and working, over everything that was given.

use super::args::Additions;
use super::exit::Stop;
use super::input::{self, Input, Unread};
use super::output::one_line;
use super::record;
use super::report::Report;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use verisigma::diag::{Code, Diagnostic, Record, Severity, quote};
use verisigma::rule::collection::{self, Links};
use verisigma::rule::program::Program;
use verisigma::rule::{self, Document, Rule, Variables};
use verisigma::source::{Place, Source};

/// The rules that were given, and what came of them.
#[derive(Debug)]
pub(crate) struct Collection<R> {
    /// The files that the paths stand for.
    pub(crate) files: Vec<File<R>>,
    /// The files of filters.
    pub(crate) filters: Vec<File<()>>,
    /// The directories that were given and hold no file of rules.
    empty: Vec<PathBuf>,
    links: Links,
}

impl<R> Collection<R> {
    /// Warnings of directories without rules, which may be the wrong ones.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = Diagnostic> {
        self.empty.iter().map(|path| Diagnostic { severity: Severity::Warning, ..no_rules(&[path]) })
    }

    /// The correlation rules that stand on their own.
    pub(crate) fn programs(&self) -> Vec<(&Read<R>, Program<'_>)> {
        let reads: Vec<&Read<R>> = self.files.iter().flat_map(File::documents).collect();
        let documents: Vec<&Document> = reads.iter().map(|read| &read.document).collect();
        let is_asked = |read: &Read<R>| read.standing == Standing::Rule && read.document.correlation.is_some();
        let asked = reads.iter().enumerate().filter(|(_, read)| is_asked(read));
        asked.filter_map(|(number, read)| Some((*read, self.links.program(&documents, number)?))).collect()
    }
}

/// A file of rules and what came of them.
#[derive(Debug)]
pub(crate) struct File<R> {
    /// Where it was found.
    pub(crate) input: Input,
    /// Its documents, or why it could not be read.
    pub(crate) content: Result<Vec<Read<R>>, Unread>,
}

impl<R> File<R> {
    /// Its documents; none if it could not be read.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Read<R>> {
        self.content.iter().flatten()
    }

    /// Its rules: the documents that stand for something on their own, or would if they had no errors.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Read<R>> {
        self.documents().filter(|read| matches!(read.standing, Standing::Rule | Standing::Invalid))
    }

    /// Says what is wrong with the file and its documents, and with what came of them.
    pub(crate) fn tell(&self, report: &mut Report, more: impl Fn(&R) -> Vec<&Diagnostic>) {
        match &self.content {
            Err(unread) => report.diagnostics(&unread.source, None, [&unread.diagnostic]),
            Ok(documents) => {
                documents.iter().for_each(|read| read.tell(report, read.document.diagnostics.iter().chain(more(&read.result))))
            }
        }
    }
}

/// A document and what came of it.
#[derive(Debug)]
pub(crate) struct Read<R> {
    /// The text of the file.
    pub(crate) source: Source,
    /// The rule, or what is wrong with it.
    pub(crate) document: Document,
    /// What it stands for.
    pub(crate) standing: Standing,
    /// What came of it.
    pub(crate) result: R,
    /// Every text that places may point into.
    sources: Arc<[Source]>,
}

/// What a document stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A rule, or a correlation rule, on its own.
    Rule,
    /// A rule that only correlation rules speak of.
    Referenced,
    /// A filter of other rules.
    Filter,
    /// Nothing: it has errors.
    Invalid,
}

/// What there is to work on.
#[derive(Debug, Clone)]
pub(crate) enum Subject<'d> {
    /// A detection rule.
    Rule(&'d Rule),
    /// A correlation rule with those that it refers to.
    Correlation(Program<'d>),
}

impl<R> Read<R> {
    /// A rule of this title in a file `a.yml`.
    #[cfg(test)]
    pub(crate) fn example(title: &str, result: R) -> Self {
        let document = Document { title: Some(title.to_owned()), ..rule::parse(&Source::new("", "title: x")).remove(0) };
        Self { source: Source::new("a.yml", ""), document, standing: Standing::Rule, result, sources: [].into() }
    }

    /// The rule as records name it.
    pub(crate) fn name(&self) -> record::Rule<'_> {
        record::Rule { id: self.document.id.as_deref(), title: self.document.title.as_deref(), path: &self.source.name }
    }

    /// The rule as people are told of it: path and title, on one line.
    pub(crate) fn shown(&self) -> String {
        one_line(&format!("{}: {}", self.source.name, self.document.title.as_deref().unwrap_or_default()))
    }

    /// Diagnostics about it as records.
    pub(crate) fn records<'r>(&'r self, diagnostics: impl Iterator<Item = &'r Diagnostic>) -> Vec<Record<'r>> {
        diagnostics.map(|diagnostic| diagnostic.record(self.source_of(diagnostic), self.document.id.as_deref())).collect()
    }

    /// Says diagnostics about it, each with the text that its place points into.
    pub(crate) fn tell<'d>(&self, report: &mut Report, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
        for diagnostic in diagnostics {
            report.diagnostics(self.source_of(diagnostic), self.document.id.as_deref(), [diagnostic]);
        }
    }

    /// Every text that places may point into.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    fn source_of(&self, diagnostic: &Diagnostic) -> &Source {
        let is_elsewhere = diagnostic.place.is_somewhere() && diagnostic.place.file != self.source.number;
        let number = usize::try_from(diagnostic.place.file).ok().filter(|_| is_elsewhere);
        number.and_then(|number| self.sources.get(number.checked_sub(1)?)).unwrap_or(&self.source)
    }
}

/// That no file of rules was found in these.
pub(crate) fn no_rules(paths: &[&PathBuf]) -> Diagnostic {
    let paths: Vec<String> = paths.iter().map(|path| quote(&input::shown(path))).collect();
    let message = format!("no rules in {}", paths.join(", "));
    Diagnostic::error(Code::NoRules, Place::NOWHERE, message).help("rules stand in files whose names end in `.yml` or `.yaml`")
}

/// The rule of a document that has no errors.
pub(crate) fn rule(document: &Document) -> Option<&Rule> {
    document.rule.as_ref()
}

/// Reads all files that the paths stand for and what is added to them, and works on each document that stands for
/// something.
///
/// # Errors
/// The file of variables cannot be used.
pub(crate) fn read<R: Send + Default>(
    paths: &[PathBuf],
    additions: &Additions,
    work: impl Fn(Subject<'_>) -> R + Sync,
) -> Result<Collection<R>, Stop> {
    Ok(read_with(paths, &additions.filter, &variables(additions)?, work))
}

/// As [`read`]; where no file has values for placeholders, each stands for itself, as the rule has it.
///
/// # Errors
/// As for [`read`].
pub(crate) fn read_as_written<R: Send + Default>(
    paths: &[PathBuf],
    additions: &Additions,
    work: impl Fn(Subject<'_>) -> R + Sync,
) -> Result<Collection<R>, Stop> {
    let values = if additions.vars.is_some() { variables(additions)? } else { Variables::kept() };
    Ok(read_with(paths, &additions.filter, &values, work))
}

/// As [`read`], with these values for placeholders.
pub(crate) fn read_with<R: Send + Default>(
    paths: &[PathBuf],
    filters: &[PathBuf],
    variables: &Variables,
    work: impl Fn(Subject<'_>) -> R + Sync,
) -> Collection<R> {
    let inputs = Inputs::new(input::find(paths), paths, filters);
    read_inputs(inputs, variables, work)
}

/// The files that are to be read.
#[derive(Debug)]
pub(crate) struct Inputs {
    rules: Vec<Input>,
    filters: Vec<Input>,
    empty: Vec<PathBuf>,
}

impl Inputs {
    /// Files of rules, found below these paths, and filters.
    pub(crate) fn new(rules: Vec<Input>, paths: &[PathBuf], filters: &[PathBuf]) -> Self {
        let found = input::find(filters);
        let empty = input::without_rules(paths, &rules).into_iter().chain(input::without_rules(filters, &found)).collect();
        Self { rules, filters: found, empty }
    }
}

/// As [`read_with`], with files that were found before.
pub(crate) fn read_inputs<R: Send + Default>(
    inputs: Inputs,
    variables: &Variables,
    work: impl Fn(Subject<'_>) -> R + Sync,
) -> Collection<R> {
    let rules = inputs.rules.len();
    let all: Vec<(u32, Input)> = (1..).zip(inputs.rules.into_iter().chain(inputs.filters)).collect();
    let mut parsed: Vec<Parsed> = all.into_par_iter().map(|(number, input)| Parsed::new(input, number, variables)).collect();
    parsed.iter_mut().skip(rules).for_each(Parsed::keep_filters);
    let sources = parsed.iter().map(|parsed| parsed.source.clone()).collect();
    let links = collection::link(&mut parsed.iter_mut().flat_map(|parsed| &mut parsed.documents).collect::<Vec<_>>());
    let results = work_on(&parsed, &links, work);
    let (mut results, mut files) = (results.into_iter(), parsed.into_iter());
    let filed: Vec<File<R>> = files.by_ref().take(rules).map(|parsed| parsed.file(&sources, &mut results)).collect();
    let mut standings = results.map(|(standing, _)| (standing, ()));
    let filters = files.map(|parsed| parsed.file(&sources, &mut standings)).collect();
    Collection { files: filed, filters, empty: inputs.empty, links }
}

/// The values of placeholders.
///
/// # Errors
/// The file of variables cannot be used.
pub(crate) fn variables(additions: &Additions) -> Result<Variables, Stop> {
    let Some(path) = &additions.vars else { return Ok(Variables::default()) };
    let source = input::read(path)?;
    Variables::read(&source).map_err(|errors| Stop::Failed(source, errors))
}

/// What came of each document, in order.
fn work_on<R: Send + Default>(parsed: &[Parsed], links: &Links, work: impl Fn(Subject<'_>) -> R + Sync) -> Vec<(Standing, R)> {
    let documents: Vec<&Document> = parsed.iter().flat_map(|parsed| &parsed.documents).collect();
    let result = |number: usize| {
        let document = documents.get(number);
        let subject = match document {
            Some(document) if document.correlation.is_some() => links.program(&documents, number).map(Subject::Correlation),
            Some(document) => rule(document).map(Subject::Rule),
            None => None,
        };
        match subject {
            Some(subject) if links.stands_alone(number) => (Standing::Rule, work(subject)),
            Some(_) => (Standing::Referenced, R::default()),
            None if document.is_some_and(|document| document.filter.is_some()) => (Standing::Filter, R::default()),
            None => (Standing::Invalid, R::default()),
        }
    };
    (0..documents.len()).into_par_iter().map(result).collect()
}

/// A file that was parsed.
struct Parsed {
    input: Input,
    source: Source,
    documents: Vec<Document>,
    unread: Option<Unread>,
}

impl Parsed {
    fn new(input: Input, number: u32, variables: &Variables) -> Self {
        match input.read() {
            Err(unread) => Self { input, source: unread.source.clone(), documents: Vec::new(), unread: Some(unread) },
            Ok(source) => {
                let source = source.numbered(number);
                Self { input, documents: rule::parse_with(&source, variables), source, unread: None }
            }
        }
    }

    /// In a file of filters everything else is a mistake.
    fn keep_filters(&mut self) {
        for document in &mut self.documents {
            let place = document.rule.take().map(|rule| rule.place).or_else(|| document.correlation.take().map(|own| own.place));
            document.diagnostics.extend(place.map(no_filter));
        }
    }

    fn file<R>(self, sources: &Arc<[Source]>, results: &mut impl Iterator<Item = (Standing, R)>) -> File<R> {
        let Self { input, source, documents, unread } = self;
        let read = |(document, (standing, result))| Read { source: source.clone(), document, standing, result, sources: sources.clone() };
        File { input, content: unread.map_or_else(|| Ok(documents.into_iter().zip(results).map(read).collect()), Err) }
    }
}

fn no_filter(place: Place) -> Diagnostic {
    Diagnostic::error(Code::InvalidFilter, place, "a rule among filters").help("give the files of rules without `--filter`")
}

/// Reads one file of rules.
///
/// # Errors
/// It cannot be read, or the file of variables cannot be used.
pub(crate) fn read_one<R: Send + Default>(
    path: &Path,
    additions: &Additions,
    work: impl Fn(Subject<'_>) -> R + Sync,
) -> Result<Collection<R>, Stop> {
    if path.is_dir() {
        return Err(Unread::new(path, "is a directory").into());
    }
    let mut collection = read(&[path.to_owned()], additions, work)?;
    match collection.files.pop() {
        Some(File { content: Err(unread), .. }) => Err(unread.into()),
        file => Ok(Collection { files: file.into_iter().collect(), ..collection }),
    }
}
