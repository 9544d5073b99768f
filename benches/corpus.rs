//! Times each step from rule to verdict on a directory of rules, as ratios to reading its files.
//!
//! `cargo bench --bench corpus [-- [DIRECTORY]…]`; without a directory the project's own `rules/`, and
//! `$VERISIGMA_SHARED/corpus/rules` where that is set. One thread, the medians of several rounds: what counts
//! is the ratios, which hold on any machine. Deliberately absent: comparison with stored numbers.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its table, and fails by panicking")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use verisigma::engine::{self, Conversion, Job, Request};
use verisigma::ir::{self, Expr};
use verisigma::rule::Rule;
use verisigma::source::Source;

const TARGET: &str = "sqlite";
const ROUNDS: usize = 7;

fn main() {
    let given: Vec<PathBuf> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    let directories = if given.is_empty() { default_directories() } else { given };
    for directory in directories {
        if directory.is_dir() {
            measure(&directory);
        } else {
            println!("{}: no such directory, nothing measured", directory.display());
        }
    }
}

fn default_directories() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let corpus = std::env::var_os("VERISIGMA_SHARED").map(|shared| Path::new(&shared).join("corpus/rules"));
    std::iter::once(own).chain(corpus).collect()
}

/// A query with the condition of the rule that it is for.
struct Query<'r> {
    rule: &'r Rule,
    condition: usize,
    source: Source,
}

fn measure(directory: &Path) {
    let job = Job::new(Request { target: TARGET.to_owned(), ..Request::default() }).unwrap();
    let sources = read(directory);
    let rules = parse(&sources);
    let queries = convert(&rules, &job);
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    println!(
        "{}: {} files, {bytes} bytes, {} rules, {} queries for {TARGET}",
        directory.display(),
        sources.len(),
        rules.len(),
        queries.len()
    );

    let floor = median(|| read(directory));
    println!("\n{:<10} {:>10} {:>12} {:>10}", "step", "ms", "µs a rule", "ratio");
    let row = |step: &str, time: Duration| {
        let (milliseconds, rule) = (time.as_secs_f64() * 1e3, time.as_secs_f64() * 1e6 / rules.len().max(1) as f64);
        println!("{step:<10} {milliseconds:>10.1} {rule:>12.1} {:>10.2}", time.as_secs_f64() / floor.as_secs_f64());
    };
    row("files", floor);
    row("parse", median(|| parse(&sources)));
    row("lower", median(|| lower(&rules)));
    // What `convert` does beyond this is to read each query back and to compare it.
    row("write", median(|| write(&queries, &job)));
    row("read", median(|| queries.iter().map(|query| engine::read_query(&query.source, &job)).collect::<Vec<_>>()));
    row("verify", median(|| verify(&queries, &job)));
    row("convert", median(|| convert(&rules, &job)));
    println!();
}

/// The median time of some rounds. What is computed is dropped outside the measured time.
fn median<T>(step: impl Fn() -> T) -> Duration {
    let round = |_| {
        let start = Instant::now();
        let result = black_box(step());
        (start.elapsed(), drop(result)).0
    };
    let mut times: Vec<Duration> = (0..ROUNDS).map(round).collect();
    times.sort();
    times.into_iter().nth(ROUNDS / 2).unwrap()
}

fn read(directory: &Path) -> Vec<Source> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let is_rule = |path: &Path| path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    let text = |path: &Path| fs::read_to_string(path).ok().map(|text| Source::new(&path.to_string_lossy(), &text));
    let sources = |path: PathBuf| match path.is_dir() {
        true => read(&path),
        false if is_rule(&path) => text(&path).into_iter().collect(),
        false => Vec::new(),
    };
    entries.into_iter().flat_map(sources).collect()
}

fn parse(sources: &[Source]) -> Vec<Rule> {
    sources.iter().flat_map(engine::parse).filter_map(|document| document.rule).collect()
}

fn lower(rules: &[Rule]) -> Vec<Expr> {
    rules.iter().filter_map(|rule| ir::lower::lower(rule).ok()).flatten().collect()
}

fn convert<'r>(rules: &'r [Rule], job: &Job) -> Vec<Query<'r>> {
    let written = |rule: &'r Rule| {
        engine::convert(rule, job).into_iter().filter_map(move |outcome| match outcome.result {
            Conversion::Written { query, .. } => Some(Query { rule, condition: outcome.condition, source: Source::new("query", &query) }),
            Conversion::Refused | Conversion::Differs { .. } => None,
        })
    };
    rules.iter().flat_map(written).collect()
}

fn write(queries: &[Query<'_>], job: &Job) -> usize {
    let text = |query: &Query<'_>| engine::stage(query.rule, query.condition, job, engine::Stage::Query).map_or(0, |text| text.len());
    queries.iter().map(text).sum()
}

fn verify(queries: &[Query<'_>], job: &Job) -> usize {
    let events = |query: &Query<'_>| engine::verify_query(query.rule, query.condition, &query.source, job).0.events;
    queries.iter().map(events).sum()
}
