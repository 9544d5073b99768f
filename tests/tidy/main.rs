//! What holds of the project's files and no compiler checks: the layers, the words, the papers.
//!
//! Nothing here looks at behaviour. A check that fails names the file and what to do; where it is wrong
//! about a case, the rule is to be made more exact, not given an exception for the case.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod rust;

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file below `src/`.
struct Source {
    /// Its path below `src/`, such as `ir/lower.rs`.
    path: String,
    text: String,
}

impl Source {
    /// Its module, such as `ir`, `lower`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').filter(|part| !matches!(*part, "lib" | "main")).map(str::to_owned).collect()
    }

    /// The layer that it belongs to: the first part of its path.
    fn layer(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    fn production(&self) -> rust::Tokens {
        if self.is_test() { Vec::new() } else { rust::production(rust::tokens(&self.text)) }
    }
}

fn sources() -> Vec<Source> {
    let root = root().join("src");
    let read = |path: PathBuf| Source { text: fs::read_to_string(&path).unwrap(), path: below(&path, &root) };
    files(&root).into_iter().filter(|path| has_extension(path, &["rs"])).map(read).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn below(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap().iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/")
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|own| extensions.iter().any(|known| own == *known))
}

/// Every file below a directory, sorted; what builds and version control leave there is not looked at.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let ignored = |path: &PathBuf| ["target", ".git"].iter().any(|name| path.file_name().unwrap() == *name);
    entries.into_iter().filter(|path| !ignored(path)).flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn assert_none(found: &[String], what: &str) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// The first cells of the rows of a Markdown table, without quotes, each with the second one.
fn rows(markdown: &str, heading: &str) -> BTreeMap<String, String> {
    let section = markdown.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_else(|| panic!("no section `{heading}`"));
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    cells.map(|(name, rest)| (name.to_owned(), rest.split(" |").next().unwrap().to_owned())).collect()
}

/// The table of layers in the architecture document: for each layer, or file in one, what it may use.
fn layers() -> BTreeMap<String, BTreeSet<String>> {
    let split = |cell: &str| cell.split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
    rows(&read("docs/ARCHITECTURE.md"), "Layers").into_iter().map(|(layer, cell)| (layer, split(&cell))).collect()
}

#[test]
fn layers_use_what_the_architecture_says() {
    let layers = layers();
    let mut found = Vec::new();
    for source in sources() {
        let name = source.layer();
        let Some(own) = layers.get(name) else {
            found.push(format!("src/{}: `{name}` has no row in docs/ARCHITECTURE.md", source.path));
            continue;
        };
        let extra = layers.get(&source.path);
        let may = |used: &String| {
            used == name
                || !layers.contains_key(used)
                || own.contains("everything")
                || own.contains(used)
                || extra.is_some_and(|extra| extra.contains(used))
        };
        let used: BTreeSet<String> =
            rust::paths(&source.production(), &source.module()).into_iter().filter_map(|path| path.into_iter().next()).collect();
        found.extend(used.iter().filter(|used| !may(used)).map(|used| format!("src/{} uses `{used}`", source.path)));
    }
    assert_none(&found, "against the layers of docs/ARCHITECTURE.md");
}

/// What is written twice so that one can check the other must stay two things, in tests as well.
#[test]
fn independent_parts_never_meet() {
    const APART: &[(&str, &str)] = &[("lang", "backend"), ("eval", "ir")];
    let mut found = Vec::new();
    for source in sources() {
        let used = rust::paths(&rust::tokens(&source.text), &source.module());
        for (one, other) in APART {
            let met = (source.layer() == *one && used.iter().any(|path| path[0] == *other))
                || (source.layer() == *other && used.iter().any(|path| path[0] == *one));
            if met {
                found.push(format!("src/{}: `{one}` and `{other}`", source.path));
            }
        }
    }
    assert_none(&found, "these must not know each other");
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path);
    assert_none(&silent.collect::<Vec<_>>(), "files below src/ that do not start with `//! `");
}

/// A target is data. Its name stands in the registry of embedded files and in those of the readers; code that
/// asks for it elsewhere is a special case. Texts for people may name targets.
#[test]
fn no_code_asks_for_a_target_by_name() {
    // Registries, and what re-exports an entry of one.
    let registry = |path: &str| match path {
        "backend/mod.rs" | "lang/mod.rs" => true,
        _ => path.starts_with("lang/") && path.split('/').count() == 3 && (path.ends_with("/mod.rs") || path.ends_with("/dialect.rs")),
    };
    let names = targets();
    let named = |word: &str| {
        let (word, is_text) = (word.to_ascii_lowercase(), word.contains('"'));
        names.iter().any(|name| if is_text { word.trim_matches(|c| !char::is_alphanumeric(c)) == name } else { word.contains(name) })
    };
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !registry(&source.path)) {
        let words = rust::words(&source.production());
        found.extend(words.iter().filter(|word| named(word)).map(|word| format!("src/{}: {word}", source.path)));
    }
    assert_none(&found, "names of targets in code");
}

/// Names of products: the targets described here and others that Sigma's users convert to. A language that
/// has a reader of its own is no product.
fn targets() -> Vec<String> {
    const OTHERS: &str = "splunk elasticsearch elastalert opensearch kibana postgres postgresql mysql mariadb duckdb clickhouse \
        snowflake databricks bigquery athena trino datafusion sentinel defender qradar logscale zircolite";
    let directory = root().join("backends");
    let described = if directory.exists() { files(&directory) } else { Vec::new() };
    let names = described
        .iter()
        .filter_map(|path| Some(fs::read_to_string(path).ok()?.lines().find_map(|line| line.strip_prefix("name: "))?.to_owned()));
    let languages: BTreeSet<String> = sources().iter().filter(|source| source.layer() == "lang").flat_map(Source::module).collect();
    names.chain(OTHERS.split_whitespace().map(str::to_owned)).filter(|name| !languages.contains(name)).collect()
}

/// Formulas keep their invariants because only the smart constructors make these variants.
#[test]
fn formulas_are_built_by_smart_constructors() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.path != "ir/mod.rs") {
        let tokens = rust::production(rust::tokens(&source.text));
        let formula = ["ir".to_owned(), "Expr".to_owned()];
        if rust::paths(&tokens, &source.module()).iter().any(|path| path.starts_with(&formula)) {
            let made = rust::constructions(&tokens, "Expr", &["And", "Or", "Not"]);
            found.extend(made.iter().map(|made| format!("src/{}: {made}", source.path)));
        }
    }
    assert_none(&found, "use `Expr::and`, `Expr::or`, `Expr::not`");
}

/// The evaluator is the specification: it must stay small enough to be read in one sitting.
#[test]
fn the_reference_evaluator_is_small() {
    let lines = read("src/eval.rs").lines().take_while(|line| !line.starts_with("mod tests {")).count();
    assert!(lines <= 320, "src/eval.rs has {lines} lines");
}

/// Committed text speaks of the project alone, and a clone works on any machine.
#[test]
fn files_speak_of_the_project_alone() {
    const PROSE: &str =
        r"(?i)\b(sessions?|helpers?|worktrees?|chatbots?|copilot|language models?|LLMs?|integrator|CEO)\b|\b(?-i:TODO|FIXME)\b";
    const PLACES: &str =
        r"(?i)(^|[\s'\x22`(=:,])/(work|root)/|\bcrates\.io\b|\bpypi\.org\b|pythonhosted\.|\bnpmjs\.|\bproxy\.golang\.|/home/\w+/";
    let (prose, places) = (Regex::new(PROSE).unwrap(), Regex::new(PLACES).unwrap());
    let mut found = Vec::new();
    for path in files(&root()) {
        let name = below(&path, &root());
        // The lock file names the registry because cargo writes it; this file names all the words.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if matches!(name.as_str(), "Cargo.lock" | "tests/tidy/main.rs") {
            continue;
        }
        // Rules, events and queries are about logons and paths; prose and code are about the project.
        let is_prose = has_extension(&path, &["rs", "md", "toml", "sh"]) || name.starts_with(".ci/");
        for (line, number) in text.lines().zip(1..) {
            let bad = if is_prose { prose.find(line).or_else(|| places.find(line)) } else { None };
            found.extend(bad.map(|bad| format!("{name}:{number}: {}", bad.as_str())));
        }
    }
    assert_none(&found, "words that do not belong into the project's files");
}

#[test]
fn every_dependency_is_explained() {
    let manifest = read("Cargo.toml");
    let tables = manifest.split("\n[").filter(|table| table.split(']').next().unwrap().ends_with("dependencies"));
    let lines = tables.flat_map(|table| table.lines().skip(1).filter(|line| line.starts_with(char::is_alphanumeric)));
    let declared: BTreeSet<String> = lines.map(|line| line.split(['=', '.']).next().unwrap().trim().to_owned()).collect();
    let text = read("docs/DEPENDENCIES.md");
    let explained: BTreeSet<String> = ["Program", "Tests"].iter().flat_map(|heading| rows(&text, heading).into_keys()).collect();
    assert_eq!(declared, explained, "Cargo.toml on the left, docs/DEPENDENCIES.md on the right");
}

/// A snapshot that no test writes any more proves nothing and is never looked at again.
#[test]
fn every_snapshot_has_its_test() {
    let mut found = Vec::new();
    for path in files(&root()).into_iter().filter(|path| has_extension(path, &["snap"])) {
        let (name, text) = (below(&path, &root()), fs::read_to_string(&path).unwrap());
        let header = text.split("\n---\n").next().unwrap();
        let entry = |key: &str| header.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let exists = |file: Option<&str>| file.is_some_and(|file| root().join(file.trim_matches('"')).exists());
        if !exists(entry("source")) {
            found.push(format!("{name}: its test file is gone"));
        } else if entry("input_file").is_some() && !exists(entry("input_file")) {
            found.push(format!("{name}: its input is gone"));
        } else if !read(entry("source").unwrap()).contains(snapshot_name(&path)) {
            found.push(format!("{name}: its test is gone"));
        }
    }
    assert_none(&found, "snapshots to delete");
}

/// The name that the test gave the snapshot, or the name of the test: `module__name@input.snap`, with a
/// number where one test has several.
fn snapshot_name(path: &Path) -> &str {
    let stem = path.file_stem().unwrap().to_str().unwrap().split('@').next().unwrap();
    stem.rsplit("__").next().unwrap().trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-')
}

/// The checks above are only as good as what they read; so they are shown what they must find.
#[test]
fn checks_see_what_they_look_for() {
    let module = ["ir".to_owned(), "lower".to_owned()];
    let paths = |text: &str| rust::paths(&rust::tokens(text), &module).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(paths("use crate::{rule::{self, Rule}, event::Event as E};"), ["event::Event", "rule", "rule::Rule"]);
    assert_eq!(paths("// crate::a\nfn f() { g(\"crate::b\", crate::c::D) }"), ["c::D"]);
    assert_eq!(paths("use super::regex; use super::super::rule; mod t { use super::x; }"), ["ir::lower::x", "ir::regex", "rule"]);
    assert_eq!(paths("pub(crate) fn f() {} pub use crate::text::*;"), ["text"]);

    let production = |text: &str| rust::production(rust::tokens(text)).into_iter().map(|token| token.to_string()).collect::<String>();
    assert_eq!(production("a; #[cfg(test)] mod t { b } c; #[cfg(test)] mod u; d"), "a;c;d");

    let made = |text: &str| rust::constructions(&rust::tokens(text), "Expr", &["And"]).len();
    for pattern in [
        "match e { Expr::And(a) | Expr::And(b) if a => 1 }",
        "match (e, s) { (Expr::And(a), Sign::Positive) | (_, Sign::Negative) => 1 }",
        "if let Some(Expr::And(a)) = e {}",
        "matches!(e, Expr::And(_))",
        "filter(|Expr::And(a)| a)",
        "Expr::and(a)",
    ] {
        assert_eq!(made(pattern), 0, "{pattern}");
    }
    for value in
        ["f(Expr::And(a))", "a.map(Expr::And)", "match e { A => Expr::And(a), B => c }", "e == Expr::And(a)", "{ Expr::And(vec![a, b]) }"]
    {
        assert_eq!(made(value), 1, "{value}");
    }
    assert_eq!(snapshot_name(Path::new("a/convert__queries@x-1.yml.snap")), "queries");
    assert_eq!(snapshot_name(Path::new("a/convert__queries-12.snap")), "queries");
}
