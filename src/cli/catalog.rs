//! `catalog`: a set of rules as a static site.
//!
//! Pages go to disk as they are rendered, beside their places, and are put there together at the end: if all that was
//! given could be read, and there is a rule. What is read and where it goes, `site` knows; paths of rules are those below
//! their directory, so that the site is the same wherever the rules lie.

use super::args::{CatalogArgs, Volume};
use super::attack::{self, Table};
use super::exit::{Exit, Stop};
use super::explain::{jobs, lacks_values};
use super::input;
use super::output::{Staging, holds, print, remove_file};
use super::progress::{Steps, Waiting};
use super::recorded;
use super::report::{Report, count, thousands, usage};
use super::rules::{self, Collection, File, Inputs, Read, Standing};
use super::site::{self, Labels};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use verisigma::catalog::{Broken, Catalog, Counts, Error, Filter, Listed, MANIFEST, Previous, Site, Tree, Unit, Unusable, listed};
use verisigma::diag::{Code, Diagnostic, Severity};
use verisigma::engine::Job;
use verisigma::explain::corpus::{Corpus, Entry};
use verisigma::explain::model::Explanation;
use verisigma::explain::texts::Texts;
use verisigma::explain::{Subject, explain};
use verisigma::rule::{self, Detection, Document, Rule, Variables, collection};
use verisigma::source::{Place, Source};
use verisigma::text::time::Time;

/// Writes a site, or compares it with what is there.
///
/// # Errors
/// The arguments ask for what does not exist, or something cannot be written.
pub(crate) fn run(arguments: &CatalogArgs, report: &mut Report) -> Result<Exit, Stop> {
    let jobs = jobs(&arguments.target)?;
    let date = date()?;
    let trees = trees(arguments)?;
    // Before anything is written: it may be the list of the very site.
    let previous = previous(arguments)?;
    let table = attack::table(arguments.attack.as_ref())?;
    let inputs = Inputs::new(site::inputs(arguments)?, &arguments.paths, &arguments.additions.filter);
    let waiting = Waiting::new("reading the rules", report.volume());
    let collection = rules::read_inputs(inputs, &rules::variables(&arguments.additions)?, |_| ());
    drop(waiting);
    let exit = tell(&collection, report);
    if exit == Exit::Failed {
        report.summary("nothing is written: not everything could be read");
        return Ok(exit);
    }
    let texts = Shown::new(&collection, arguments);
    let kept = kept(&collection);
    let asked = asked(&collection, &kept);
    if asked.is_empty() {
        return Err(rules::no_rules(&arguments.paths.iter().collect::<Vec<_>>()).into());
    }
    let how = How { arguments, jobs: &jobs, table: &table, volume: report.volume() };
    let explanations = explained(&asked, &collection, &texts, &how);
    let catalog = Catalog {
        name: name(arguments),
        explanations,
        targets: jobs.iter().map(|job| job.target.name.clone()).collect(),
        trees,
        broken: broken(&collection, &texts, &asked),
        filters: filters(&collection, &texts, &asked),
        date,
        previous,
        attack: table.attack.into_owned(),
        attack_file: table.file,
    };
    let site = Site::new(&catalog).map_err(template)?;
    let found = if arguments.check { check(&site, arguments, report) } else { write(&site, arguments, report) }?;
    if let Some(counts) = site.changes() {
        report.summary(&changed(counts));
    }
    Ok(exit.max(found))
}

/// A fault in a template.
pub(super) fn template(error: Error) -> Stop {
    Diagnostic::error(Code::InvalidDescriptor, Place::NOWHERE, error.to_string()).into()
}

/// The list of an earlier build.
fn previous(arguments: &CatalogArgs) -> Result<Option<Previous>, Stop> {
    const HELP: &str = "`--previous` takes the `catalog.json` that this version of `verisigma catalog`, or an earlier one, wrote";
    let Some(given) = &arguments.previous else { return Ok(None) };
    let path = if given.is_dir() { given.join(MANIFEST) } else { given.clone() };
    let source = input::read(&path).map_err(|unread| Stop::Failed(unread.source, vec![unread.diagnostic.help(HELP)]))?;
    match Previous::read(&source.text) {
        Ok(previous) => Ok(Some(previous)),
        Err(Unusable { place, message }) => {
            Err(Stop::Failed(source, vec![Diagnostic::error(Code::InvalidCatalog, place, message).help(HELP)]))
        }
    }
}

/// What changed, in words.
fn changed(counts: Counts) -> String {
    let Counts { new, removed, logic, text, status, moved, unchanged } = counts;
    let parts = [
        (new, "new"),
        (removed, "removed"),
        (logic, "with other logic"),
        (text, "with other text"),
        (status, "with another status"),
        (moved, "moved"),
        (unchanged, "unchanged"),
    ];
    let parts: Vec<String> = parts.iter().map(|(number, what)| format!("{} {what}", thousands(*number))).collect();
    format!("since the earlier catalogue: {}", parts.join(", "))
}

/// Says what is wrong with the rules. What cannot be read may be a directory that is not there, and then nothing of what
/// was made of it is to be lost; a file that is no text is like one that is no rule.
fn tell(collection: &Collection<()>, report: &mut Report) -> Exit {
    let mut exit = Exit::Done;
    collection.warnings().for_each(|warning| report.note(&warning));
    for file in collection.filters.iter().chain(&collection.files) {
        if let Err(unread) = &file.content {
            exit = exit.max(if unread.diagnostic.code == Code::InvalidEncoding { Exit::Found } else { Exit::Failed });
            file.tell(report, |()| Vec::new());
        }
        for read in file.documents() {
            let is_written = lacks_values(read);
            read.tell(report, read.document.diagnostics.iter().filter(|own| !is_written || own.code != Code::UnresolvedPlaceholder));
            if read.standing == Standing::Invalid && !is_written {
                exit = exit.max(Exit::Found);
            }
        }
    }
    exit
}

/// The date of the rule set, from the number of seconds that reproducible builds set.
fn date() -> Result<Option<String>, Stop> {
    let Some(given) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let seconds = given.to_str().and_then(|text| text.parse::<i128>().ok());
    let time = seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000)).and_then(Time::from_nanoseconds);
    let date = time.map(|time| time.to_string().chars().take(10).collect());
    date.map(Some).ok_or_else(|| usage("`SOURCE_DATE_EPOCH` is not a number of seconds since 1970").into())
}

fn name(arguments: &CatalogArgs) -> String {
    let first = || arguments.paths.first().and_then(|path| site::name(path));
    arguments.corpus_name.clone().or_else(first).unwrap_or_else(|| "Sigma rules".to_owned())
}

/// The trees of the rules; they have one licence and one beginning of URLs.
fn trees(arguments: &CatalogArgs) -> Result<Vec<Tree>, Stop> {
    if arguments.source_url.as_deref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        return Err(usage("`--source-url` is no URL").help("it begins with `https://`").into());
    }
    // What stands before a path ends as a directory does, or as a question does.
    let whole = |url: &String| if url.ends_with(['/', '=']) { url.clone() } else { format!("{url}/") };
    let source_url = arguments.source_url.as_ref().map(whole);
    Ok(vec![Tree { under: String::new(), license: arguments.license.clone(), source_url }])
}

/// The texts of files under the paths that the site shows for them.
struct Shown {
    sources: Vec<Source>,
    /// Those in which filters stand, which may be a part of any rule.
    filters: Vec<Source>,
}

impl Shown {
    fn new(collection: &Collection<()>, arguments: &CatalogArgs) -> Self {
        let (rules, added) = (Labels::new(&arguments.paths), Labels::new(&arguments.additions.filter));
        let sources: Vec<Source> = collection.files.iter().map(|file| renamed(file, &rules.short_path(&file.input))).collect();
        let is_filter = |file: &File<()>| file.documents().any(|read| read.document.filter.is_some());
        let beside = collection.files.iter().zip(&sources).filter(|(file, _)| is_filter(file)).map(|(_, source)| source.clone());
        let added = collection.filters.iter().map(|file| renamed(file, &added.path(&file.input)));
        let filters = beside.chain(added).collect();
        Self { sources, filters }
    }
}

/// The text of a file under another name.
fn renamed(file: &File<()>, name: &str) -> Source {
    let (text, number) = file.documents().next().map_or(("", 0), |read| (&*read.source.text, read.source.number));
    Source::new(name, text).numbered(number)
}

/// The filters, each with the rules that it was applied to.
fn filters(collection: &Collection<()>, texts: &Shown, asked: &[Asked<'_>]) -> Vec<Filter> {
    let place = |detection: &Detection| detection.identifiers.first().map(|own| (own.place.file, own.place.line, own.place.column));
    let mut applied: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, asked) in asked.iter().enumerate() {
        for filter in asked.rule().into_iter().flat_map(|rule| &rule.filters) {
            applied.entry(place(filter)).or_default().push(number);
        }
    }
    let filter = |read: &Read<()>| {
        let own = read.document.filter.as_ref()?;
        let path = texts.filters.iter().find(|source| source.number == read.source.number)?.name.to_string();
        let rules = applied.get(&place(&own.detection)).cloned().unwrap_or_default();
        Some(Filter { title: own.metadata.title.clone(), path, rules })
    };
    collection.files.iter().chain(&collection.filters).flat_map(File::documents).filter_map(filter).collect()
}

/// A rule that gets a page.
struct Asked<'c> {
    file: usize,
    read: &'c Read<()>,
    /// The rule as written, if it has placeholders.
    kept: Option<&'c Rule>,
}

impl Asked<'_> {
    fn rule(&self) -> Option<&Rule> {
        self.kept.or_else(|| rules::rule(&self.read.document))
    }
}

/// What the files say in which placeholders have no values, if these stand for themselves: by the number of the file, and
/// with the filters.
fn kept(collection: &Collection<()>) -> BTreeMap<u32, Vec<Document>> {
    let all = || collection.files.iter().chain(&collection.filters);
    if !all().flat_map(File::documents).any(lacks_values) {
        return BTreeMap::new();
    }
    let is_meant = |file: &&File<()>| file.documents().any(|read| lacks_values(read) || read.document.filter.is_some());
    let parsed = |file: &File<()>| {
        let source = &file.documents().next()?.source;
        Some((source.number, rule::parse_with(source, &Variables::kept())))
    };
    let mut documents: BTreeMap<u32, Vec<Document>> = all().filter(is_meant).filter_map(parsed).collect();
    collection::link(&mut documents.values_mut().flatten().collect::<Vec<_>>());
    documents
}

fn asked<'c>(collection: &'c Collection<()>, kept: &'c BTreeMap<u32, Vec<Document>>) -> Vec<Asked<'c>> {
    let documents = |(number, file): (usize, &'c File<()>)| {
        let kept = |at: usize, read: &Read<()>| kept.get(&read.source.number).filter(|_| lacks_values(read))?.get(at)?.rule.as_ref();
        file.documents().enumerate().map(move |(at, read)| Asked { file: number, read, kept: kept(at, read) }).collect::<Vec<_>>()
    };
    collection.files.iter().enumerate().flat_map(documents).filter(|asked| asked.rule().is_some()).collect()
}

/// What could not be read, and what has no page.
fn broken(collection: &Collection<()>, texts: &Shown, asked: &[Asked<'_>]) -> Vec<Broken> {
    let with_pages: BTreeSet<*const Read<()>> = asked.iter().map(|asked| std::ptr::from_ref(asked.read)).collect();
    let mut found = Vec::new();
    let rules = collection.files.iter().zip(&texts.sources);
    let added = texts.filters.len().saturating_sub(collection.filters.len());
    for (file, source) in rules.chain(collection.filters.iter().zip(texts.filters.iter().skip(added))) {
        let path = || source.name.to_string();
        if let Err(unread) = &file.content {
            found.push(Broken { path: path(), title: None, reasons: vec![unread.diagnostic.message.clone()] });
        }
        for read in file.documents().filter(|read| !with_pages.contains(&std::ptr::from_ref(*read))) {
            let errors = read.document.diagnostics.iter().filter(|own| own.severity == Severity::Error);
            let mut reasons: Vec<String> = errors.map(|own| format!("line {}: {}", own.place.line, own.message)).collect();
            if read.document.filter.is_some() && reasons.is_empty() {
                continue;
            }
            if reasons.is_empty() {
                reasons.push("a correlation rule: only detection rules are explained".to_owned());
            }
            found.push(Broken { path: path(), title: read.document.title.clone(), reasons });
        }
    }
    found
}

/// How rules are to be explained.
struct How<'h> {
    arguments: &'h CatalogArgs,
    jobs: &'h [Job],
    table: &'h Table,
    volume: Volume,
}

/// Explains all rules, with all of them as the corpus.
fn explained(asked: &[Asked<'_>], collection: &Collection<()>, texts: &Shown, how: &How<'_>) -> Vec<Explanation> {
    debug_assert_eq!(collection.files.len(), texts.sources.len(), "a text for each file");
    let source = |asked: &Asked<'_>| texts.sources.get(asked.file);
    let entry = |asked: &Asked<'_>| Some(Entry { path: source(asked)?.name.to_string(), rule: asked.rule()?.clone() });
    let waiting = Waiting::new("comparing the rules", how.volume);
    let corpus = Corpus::new(asked.iter().filter_map(entry).collect());
    drop(waiting);
    let steps = Steps::new("explaining", asked.len(), how.volume);
    let explain = |asked: &Asked<'_>| {
        let (rule, source) = (asked.rule()?, source(asked)?);
        let texts = Texts::new([source].into_iter().chain(&texts.filters).cloned());
        let lacking = asked.read.document.diagnostics.iter().filter(|own| own.code == Code::UnresolvedPlaceholder);
        let lacking: Vec<String> = lacking.map(|own| format!("unresolved placeholder: {}", own.message)).collect();
        let (license, attack) = (how.arguments.license.as_deref(), &*how.table.attack);
        let samples = collection.files.get(asked.file).map(|file| recorded::for_page(&file.input.path, rule)).unwrap_or_default();
        let subject = Subject { unresolved: &lacking, license, attack, samples: &samples, ..Subject::new(rule, source, &texts) };
        let explanation = explain(&subject, Some(&corpus), how.jobs);
        steps.advance();
        Some(explanation)
    };
    asked.par_iter().filter_map(explain).collect()
}

/// The paths that an earlier run wrote.
fn before(directory: &Path) -> BTreeSet<String> {
    fs::read(directory.join(MANIFEST)).ok().and_then(|bytes| listed(&bytes)).unwrap_or_default()
}

/// Renders all files, and does something with each, in parallel; gives the list of them with the list itself.
fn each_file(
    site: &Site<'_>,
    volume: Volume,
    work: impl Fn(&verisigma::catalog::File) -> Result<(), Stop> + Sync,
) -> Result<Vec<Listed>, Stop> {
    let units: Vec<Unit> = site.units();
    let steps = Steps::new("writing", units.len(), volume);
    let unit = |unit: &Unit| {
        let files = site.files(unit).map_err(template)?;
        files.iter().try_for_each(&work)?;
        steps.advance();
        Ok(files.iter().map(Listed::new).collect::<Vec<_>>())
    };
    let mut listed: Vec<Listed> = units.par_iter().map(unit).collect::<Result<Vec<_>, Stop>>()?.into_iter().flatten().collect();
    let manifest = site.manifest(listed.clone());
    work(&manifest)?;
    listed.push(Listed::new(&manifest));
    Ok(listed)
}

fn write(site: &Site<'_>, arguments: &CatalogArgs, report: &mut Report) -> Result<Exit, Stop> {
    let directory = &arguments.output;
    let before = before(directory);
    let staging = Staging::new();
    let files = match each_file(site, report.volume(), |file| staging.put(&directory.join(&file.path), &file.bytes)) {
        Ok(files) => files,
        Err(stop) => {
            staging.abandon();
            return Err(stop);
        }
    };
    staging.finish()?;
    let now: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let old: Vec<&String> = before.iter().filter(|path| !now.contains(path.as_str())).collect();
    old.iter().try_for_each(|path| remove_file(&directory.join(path)))?;
    let removed = if old.is_empty() { String::new() } else { format!(", {} removed", count(old.len(), "file")) };
    let filters = site.catalog.filters.len();
    let filters = if filters == 0 { String::new() } else { format!(", {}", count(filters, "filter")) };
    let without = site.catalog.broken.len();
    let without = if without == 0 { String::new() } else { format!(", {} without a page", count(without, "document")) };
    report.summary(&format!("{}: {}{removed}{filters}{without}", count(site.entries.len(), "rule"), count(files.len(), "file")));
    Ok(Exit::Done)
}

fn check(site: &Site<'_>, arguments: &CatalogArgs, report: &mut Report) -> Result<Exit, Stop> {
    let directory = &arguments.output;
    let found = std::sync::Mutex::new(BTreeSet::new());
    let compare = |file: &verisigma::catalog::File| {
        let path = directory.join(&file.path);
        if !holds(&path, &file.bytes) {
            let what = if path.is_file() { "out of date" } else { "missing" };
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert((file.path.clone(), what));
        }
        Ok(())
    };
    let files = each_file(site, report.volume(), compare)?;
    let now: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let old = before(directory).into_iter().filter(|path| !now.contains(path.as_str()) && directory.join(path).is_file());
    found.extend(old.map(|path| (path, "superfluous")));
    print(&found.iter().map(|(path, what)| format!("{what}: {path}\n")).collect::<String>())?;
    report.summary(&format!(
        "{}: {} to be written anew or removed, of {}",
        count(site.entries.len(), "rule"),
        count(found.len(), "file"),
        count(files.len(), "file")
    ));
    Ok(if found.is_empty() { Exit::Done } else { Exit::Found })
}
