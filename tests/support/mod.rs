//! What the suites on the public rule set share: its rules, the storages that they are converted for, and each
//! step from a rule to a verdict with what lies between.

#![allow(dead_code, reason = "each suite uses a part")]

pub(crate) mod engine;
pub(crate) mod judged;
pub(crate) mod settings;

use rayon::prelude::*;
use std::path::{Path, PathBuf};
use verisigma::rule::{self, Rule};
use verisigma::source::Source;

/// The folder that holds the public rule set; without it there is nothing to do.
pub(crate) fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("VERISIGMA_SHARED").map(PathBuf::from);
    if shared.is_none() {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
    }
    shared
}

/// A rule with the path of its file, from the folder of the corpus.
pub(crate) struct Named {
    pub(crate) path: String,
    pub(crate) rule: Rule,
}

impl Named {
    /// The rule's own name for itself: its id.
    pub(crate) fn id(&self) -> &str {
        self.rule.metadata.id.as_deref().unwrap_or(&self.path)
    }
}

/// All rules, in the order of their paths.
pub(crate) fn rules(shared: &Path) -> Vec<Named> {
    let root = shared.join("corpus");
    let parse = |path: &PathBuf| {
        let source = Source::new("", &std::fs::read_to_string(path).unwrap());
        let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        rule::parse(&source).into_iter().filter_map(|document| document.rule).map(move |rule| Named { path: path.clone(), rule }).collect()
    };
    let parsed: Vec<Vec<Named>> = files(&root.join("rules"), "yml").par_iter().map(parse).collect();
    parsed.into_iter().flatten().collect()
}

/// The files of a folder and its folders that have this extension, in order.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let inside = |path: PathBuf| match path.is_dir() {
        true => files(&path, extension),
        false => Vec::from_iter(Some(path).filter(|path| path.extension().is_some_and(|own| own == extension))),
    };
    entries.into_iter().flat_map(inside).collect()
}

/// A share in percent.
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
