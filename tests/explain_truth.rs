//! What explanations say of public rules: stages, exclusions, indicators and their counts as an independent computation
//! has them, and what a whole rule set must give.
//!
//! The expected results and the rules are found through `VERISIGMA_SHARED`; without it this suite only says so. The rule
//! set may hold more trees than `rules`; what is said of all of them is checked where they are there.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and explains on stderr"
)]
#![allow(dead_code, reason = "a part of what the suites share is used")]

mod support;

use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;
use support::{files, shared};
use verisigma::explain::corpus::{Corpus, Entry};
use verisigma::explain::exclusions::exclusions;
use verisigma::explain::indicators::indicators;
use verisigma::explain::model::{Exclusion, Predicate, Stage};
use verisigma::explain::stages::stages;
use verisigma::explain::texts::Texts;
use verisigma::rule::{self, Search, Variables, print};
use verisigma::source::Source;

/// The expected results make a stage of each search that a positive `1 of` selects. Here that is one stage, since stages
/// read as a conjunction. These rules have one.
const POSITIVE_ONE_OF: &[&str] = &["c70834fa-fb9d-4aa0-9e7d-45ceed36f3f7"];

/// How many rules all trees have together.
const ALL_TREES: usize = 3780;

/// How many distinct indicators of each kind all trees have. The expected results count `field: '*'`, which two rules
/// have, as `ends_with` of an empty text; it asks for any value.
const KINDS: [(&str, usize); 11] = [
    ("cidr_match", 8),
    ("ends_with", 4628),
    ("eq", 2880),
    ("field_eq", 2),
    ("is_not_null", 7),
    ("is_null", 10),
    ("keyword", 696),
    ("match", 21466),
    ("regex_match", 179),
    ("starts_with", 306),
    ("wildcard", 208),
];

/// A predicate as the expected results compare them: in lower case, but for regular expressions and `cased`.
fn folded(own: Predicate) -> Predicate {
    if own.kind == "regex_match" || own.transforms.contains(&"cased") {
        return own;
    }
    Predicate { value: own.value.to_lowercase(), meant: own.meant.map(|meant| meant.to_lowercase()), ..own }
}

/// A rule with its text.
struct Written {
    entry: Entry,
    texts: Texts,
}

fn written(shared: &Path) -> Vec<Written> {
    below(&shared.join("corpus"))
}

/// The rules in the trees of rules below a directory, with their paths from there.
fn below(root: &Path) -> Vec<Written> {
    let parse = |path: &std::path::PathBuf| {
        let source = Source::new("", &std::fs::read_to_string(path).unwrap());
        let texts = Texts::new([source.clone()]);
        let path = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let rules = rule::parse_with(&source, &Variables::kept()).into_iter().filter_map(|document| document.rule);
        rules.map(|rule| Written { entry: Entry { path: path.clone(), rule }, texts: texts.clone() }).collect::<Vec<_>>()
    };
    let is_tree = |path: &std::path::PathBuf| {
        path.strip_prefix(root).unwrap().iter().next().is_some_and(|first| first.to_string_lossy().starts_with("rules"))
    };
    let paths: Vec<_> = files(root, "yml").into_iter().filter(is_tree).collect();
    paths.par_iter().flat_map(parse).collect()
}

fn corpus<'w>(rules: impl IntoIterator<Item = &'w Written>) -> Corpus {
    Corpus::new(rules.into_iter().map(|written| written.entry.clone()).collect())
}

/// The tree `rules`, and all trees where they are complete.
struct Corpora {
    rules: Corpus,
    all: Option<Corpus>,
}

#[test]
fn public_rules_are_explained_as_an_independent_computation_does() {
    let Some(shared) = shared() else { return };
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(shared.join("conformance/explain/truth.json")).unwrap()).unwrap();
    let written = written(&shared);
    let corpora = Corpora {
        rules: corpus(written.iter().filter(|own| own.entry.path.starts_with("rules/"))),
        all: (written.len() == ALL_TREES).then(|| corpus(&written)),
    };
    // One of the seeds lies in a tree that may be absent, and the project has both.
    let seeds = below(Path::new(env!("CARGO_MANIFEST_DIR"))).into_iter().filter(|own| own.entry.path.starts_with("rules/seed/"));
    let seeds: Vec<Written> = seeds.collect();
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let mut faults = Vec::new();
    let mut found = 0;
    for expected in truth["seeds"].as_array().unwrap().iter().chain(truth["sample"].as_array().unwrap()) {
        let path = expected["path"].as_str().unwrap();
        let ours = || seeds.iter().find(|own| name(&own.entry.path) == name(path));
        let Some(own) = written.iter().find(|own| own.entry.path == path).or_else(ours) else { continue };
        found += 1;
        faults.extend(compare(expected, own, &corpora).into_iter().map(|fault| format!("{path}: {fault}")));
    }
    eprintln!("{found} of the 20 rules are here; all trees: {}", corpora.all.is_some());
    assert!(found >= 16, "{found}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn compare(expected: &Value, own: &Written, corpora: &Corpora) -> Vec<String> {
    let Written { entry: Entry { path, rule }, texts } = own;
    let mut faults = Vec::new();
    let stages = stages(rule, texts);
    if !POSITIVE_ONE_OF.contains(&expected["id"].as_str().unwrap()) {
        differ("stages", expected_stages(expected), stages.iter().map(stage).collect(), &mut faults);
    }
    let rows = exclusions(rule, Some(&corpora.rules), path).rows;
    differ("exclusions", expected_rows(expected), rows.iter().map(|row| exclusion(row, &stages)).collect(), &mut faults);
    for (corpus, name) in [(Some(&corpora.rules), "rules.pos.folded"), (corpora.all.as_ref(), "all.pos.folded")] {
        let Some(corpus) = corpus else { continue };
        let others = |row: &Value| row["counts"][name]["others"].as_u64().unwrap();
        let expected: BTreeSet<String> =
            expected["indicators"].as_array().unwrap().iter().map(|row| format!("{} {}", expected_predicate(row), others(row))).collect();
        let actual = indicators(rule, Some(corpus), path).into_iter();
        let actual = actual.map(|row| format!("{} {}", predicate(&row.predicate), row.others.unwrap()));
        differ(name, expected.into_iter().collect(), actual.collect::<BTreeSet<_>>().into_iter().collect(), &mut faults);
    }
    faults
}

fn differ(what: &str, expected: Vec<String>, actual: Vec<String>, faults: &mut Vec<String>) {
    if expected != actual {
        faults.push(format!("{what}\n  expected {}\n  found    {}", expected.join("\n           "), actual.join("\n           ")));
    }
}

fn expected_stages(expected: &Value) -> Vec<String> {
    let stage = |stage: &Value| {
        let members: Vec<&str> = stage["selections"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
        format!("{} {} {members:?}", stage["n"], stage["label"])
    };
    expected["stages"].as_array().unwrap().iter().map(stage).collect()
}

fn stage(stage: &Stage) -> String {
    let members: Vec<&str> = stage.members.iter().map(|member| member.name.as_str()).collect();
    format!("{} {:?} {members:?}", stage.n, stage.label)
}

fn expected_rows(expected: &Value) -> Vec<String> {
    let row = |row: &Value| format!("{} {} {} {}", row["stage"], row["group"], row["within"], expected_predicate(row));
    expected["exclusions"].as_array().unwrap().iter().map(row).collect()
}

fn exclusion(row: &Exclusion, stages: &[Stage]) -> String {
    let within = serde_json::to_value(row.within).unwrap();
    format!("{:?} {} {within} {}", stages[row.stage].label, row.group, predicate(&row.predicate))
}

fn expected_predicate(row: &Value) -> String {
    format!("{} {} {} {}", row["field"], row["kind"], row["value"], row["transforms"])
}

fn predicate(predicate: &Predicate) -> String {
    expected_predicate(&serde_json::to_value(predicate).unwrap())
}

/// The stages of the pages that the seeds are, where their rules are here: each line of a search, without indentation.
#[test]
fn seeds_show_the_same_lines() {
    let Some(shared) = shared() else { return };
    let written = written(&shared);
    for path in files(&shared.join("seeds"), "txt") {
        let page = std::fs::read_to_string(&path).unwrap();
        let id = page.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        let Some(own) = written.iter().find(|own| own.entry.rule.metadata.id.as_deref() == Some(id)) else { continue };
        let shown = page.split_once("Stage 1: ").unwrap().1.split_once("Exclusions").unwrap().0;
        let expected: Vec<&str> = shown.lines().skip(1).filter(|line| !line.starts_with("Stage ")).map(str::trim).collect();
        let mut actual = Vec::new();
        for member in stages(&own.entry.rule, &own.texts).into_iter().flat_map(|stage| stage.members) {
            actual.push(format!("{}:", member.name));
            actual.extend(member.yaml.lines().map(|line| line.trim().to_owned()));
        }
        assert_eq!(actual, expected, "{id}");
    }
}

/// Every search of the rule set is shown in its author's words.
#[test]
fn searches_are_cut_out_of_their_rules() {
    let Some(shared) = shared() else { return };
    let (mut members, mut printed) = (0, Vec::new());
    for own in written(&shared) {
        let searches: BTreeMap<&str, &Search> =
            own.entry.rule.detection.identifiers.iter().map(|own| (own.name.as_str(), &own.search)).collect();
        for member in stages(&own.entry.rule, &own.texts).into_iter().flat_map(|stage| stage.members) {
            members += 1;
            if member.yaml == print::search(searches[member.name.as_str()]).trim_end() || member.yaml.is_empty() {
                printed.push(format!("{}: {}", own.entry.path, member.name));
            }
        }
    }
    eprintln!("{members} members, {} of them printed", printed.len());
    assert!(printed.is_empty(), "{printed:#?}");
}

/// The whole rule set against itself.
#[test]
fn a_corpus_knows_its_neighbours() {
    let Some(shared) = shared() else { return };
    let written = written(&shared);
    let start = Instant::now();
    let corpus = corpus(&written);
    let indexed = start.elapsed();
    let start = Instant::now();
    let all: Vec<_> = corpus.entries().iter().map(|entry| (entry, corpus.neighbours(&entry.rule, &entry.path))).collect();
    let asked = start.elapsed();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let distinct: BTreeSet<Predicate> =
        corpus.entries().iter().flat_map(|entry| indicators(&entry.rule, None, "")).map(|row| row.predicate).collect();
    let folded: BTreeSet<Predicate> = distinct.into_iter().map(folded).collect();
    folded.iter().for_each(|own| *kinds.entry(own.kind).or_default() += 1);
    let pairs = |wider: bool| -> BTreeSet<(String, String)> {
        let list = all.iter().flat_map(|(entry, own)| {
            let found = if wider { &own.broader } else { &own.narrower };
            found.iter().map(move |other| (entry.path.clone(), other.rule.source.clone().unwrap()))
        });
        list.map(|(own, other)| if wider { (other, own) } else { (own, other) }).collect()
    };
    let (broader, narrower) = (pairs(true), pairs(false));
    let same = all.iter().map(|(_, own)| own.same_logic.len()).sum::<usize>();
    let related = all.iter().filter(|(entry, _)| !entry.rule.metadata.related.is_empty()).count();
    eprintln!("{} rules indexed in {indexed:.2?}, asked in {asked:.2?}", written.len());
    eprintln!("{} indicators: {kinds:?}; {} wider pairs, {same} same, {related} related", folded.len(), broader.len());
    assert_eq!(broader, narrower);
    if written.len() == ALL_TREES {
        assert_eq!((broader.len(), same, related), (68, 0, 915));
        assert_eq!(kinds, BTreeMap::from(KINDS));
    }
}
