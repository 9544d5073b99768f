//! The entries of the fuzz targets on bounded input: seeds, changed seeds, and inputs made to be hostile.
//!
//! Every input is handled without a panic and within a second of an optimised build. The same inputs are taken
//! every time; the targets below `fuzz/` take others.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[path = "fuzz/entries.rs"]
mod entries;
#[path = "fuzz/hostile.rs"]
mod hostile;

use entries::{ENTRIES, Entry, abridged};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// So many times longer than a second an input may take: builds for tests are not optimised much, and tests run
/// beside each other.
const PATIENCE: u32 = if cfg!(debug_assertions) { 10 } else { 2 };

/// Runs an entry on an input, and says which it was if it fails.
fn run(entry: &Entry, data: &[u8]) {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (entry.run)(data)));
    assert!(outcome.is_ok(), "{} panics on {}", entry.name, abridged(data));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(1) * PATIENCE, "{} takes {took:?} for {}", entry.name, abridged(data));
}

#[test]
fn seeds() {
    for entry in &ENTRIES {
        (entry.seeds)().iter().for_each(|seed| run(entry, seed));
    }
}

/// What the targets found, each made small.
const FOUND: [(&str, &str); 2] = [
    ("pipeline", "title: A\nlogsource: {category: test}\ndetection: {s: {a: b}, t: [x], condition: s and not t}\n"),
    // A keyword and a field speak of one column, which the field spells differently.
    ("descriptors", "\u{3}CREATE TABLE e (b, A)"),
];

#[test]
fn found_inputs() {
    for (name, text) in FOUND {
        run(ENTRIES.iter().find(|entry| entry.name == name).unwrap(), text.as_bytes());
    }
}

/// A chain of correlations is an error where it is too long, and no deep recursion.
#[test]
fn chains_of_correlations_are_bounded() {
    let mut text = "title: a\nname: c0\nlogsource: {category: c}\ndetection: {s: {a: b}, condition: s}\n".to_owned();
    for index in 1..2_000 {
        let rules = index - 1;
        text += &format!(
            "---\ntitle: a\nname: c{index}\ncorrelation: {{type: event_count, rules: c{rules}, timespan: 1m, condition: {{gte: 1}}}}\n"
        );
    }
    let documents = verisigma::rule::parse(&verisigma::source::Source::new("chain.yml", &text));
    let mut documents: Vec<_> = documents.into_iter().collect();
    verisigma::rule::collection::link(&mut documents.iter_mut().collect::<Vec<_>>());
    assert_eq!(documents.iter().filter(|document| document.correlation.is_some()).count(), 16);
    let found: Vec<&str> = documents.iter().flat_map(|document| &document.diagnostics).map(|own| own.message.as_str()).collect();
    assert!(found[0].starts_with("a chain of more than 16 correlations"), "{}", found[0]);
    run(ENTRIES.iter().find(|entry| entry.name == "pipeline").unwrap(), text.as_bytes());
}

/// A small deterministic generator (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

/// A seed with some changes: bytes replaced or left out, parts repeated or taken from another seed.
fn changed(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const TOKENS: &[u8] = b"*?\\\"'|:,-[]{}()%&!#<>=~ \n\t\0aZ09\xc3\xa9\xff";
    let mut data = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(data.len() + 1);
        let end = (at + random.below(12)).min(data.len());
        match random.below(5) {
            0 => drop(data.drain(at..end)),
            1 => data.insert(at, TOKENS[random.below(TOKENS.len())]),
            2 => drop(data.splice(at..end, [TOKENS[random.below(TOKENS.len())]])),
            3 => {
                let part = data[at..end].repeat(1 + random.below(8));
                drop(data.splice(at..at, part));
            }
            _ => {
                let from = random.below(other.len());
                let until = (from + random.below(40)).min(other.len());
                drop(data.splice(at..end, other[from..until].iter().copied()));
            }
        }
    }
    data
}

/// So many changed seeds of each entry are tried.
const CHANGED: usize = 600;

#[test]
fn changed_seeds() {
    let mut random = Random(0xf0_22ed);
    for entry in &ENTRIES {
        let seeds = (entry.seeds)();
        for _ in 0..CHANGED {
            let (seed, other) = (&seeds[random.below(seeds.len())], &seeds[random.below(seeds.len())]);
            run(entry, &changed(seed, other, &mut random));
        }
    }
}

/// The hostile inputs that every run of the tests takes, by the start of their names: those that a bound answers.
const BOUNDED: &[&str] = &[
    "parentheses",
    "brackets",
    "braces",
    "dashes",
    "anchors",
    "laughs",
    "aliases",
    "equal keys",
    "related",
    "empty documents",
    "references to nothing",
    "circle",
    "equal names",
    "open classes",
    "columns",
    "options",
    "negations",
    "regexes",
    "fields of",
];

#[test]
fn hostile_inputs() {
    for (entry, name, data) in hostile::inputs() {
        let entry = ENTRIES.iter().find(|own| own.name == entry).unwrap();
        if entry.name != "readers" && BOUNDED.iter().any(|start| name.starts_with(start)) {
            run(entry, &data);
        }
    }
}

/// All of them, and those that took longest.
#[test]
#[ignore = "takes a minute: `.ci/run` has a step of its own for it"]
fn all_hostile_inputs() {
    let timed = hostile::inputs().into_iter().map(|(entry, name, data)| {
        let start = Instant::now();
        run(ENTRIES.iter().find(|own| own.name == entry).unwrap(), &data);
        (start.elapsed(), entry, name)
    });
    let mut timed: Vec<_> = timed.collect();
    timed.sort_by_key(|(took, ..)| std::cmp::Reverse(*took));
    timed.iter().take(8).for_each(|(took, entry, name)| println!("{took:?} {entry}: {name}"));
}

/// Writes the seeds of each entry into a folder of its name, to start the fuzz targets with.
#[test]
#[ignore = "writes files: VERISIGMA_SEEDS names the folder"]
fn write_seeds() {
    let folder = std::path::PathBuf::from(std::env::var_os("VERISIGMA_SEEDS").unwrap());
    for entry in &ENTRIES {
        let folder = folder.join(entry.name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in (entry.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:04}")), seed).unwrap();
        }
    }
    for (number, (entry, name, data)) in hostile::inputs().into_iter().enumerate() {
        let folder = folder.join("hostile").join(entry);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{number:04} {name}")), data).unwrap();
    }
}
