//! Files of rules, read and worked on in parallel; results in the order of the paths.

use super::input::{self, Input, Unread};
use super::output::one_line;
use super::record;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use verisigma::diag::{Diagnostic, Record};
use verisigma::engine;
use verisigma::rule::{Document, Rule};
use verisigma::source::Source;

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
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Read<R>> {
        self.content.iter().flatten()
    }
}

/// A document and what came of it.
#[derive(Debug)]
pub(crate) struct Read<R> {
    /// The text of the file.
    pub(crate) source: Source,
    /// The rule, or what is wrong with it.
    pub(crate) document: Document,
    /// What came of it.
    pub(crate) result: R,
}

impl<R> Read<R> {
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
        diagnostics.map(|diagnostic| diagnostic.record(&self.source, self.document.id.as_deref())).collect()
    }
}

/// The rule of a document that has no errors.
pub(crate) fn rule(document: &Document) -> Option<&Rule> {
    document.rule.as_ref()
}

/// Reads all files that the paths stand for, and works on each document.
pub(crate) fn read<R: Send>(paths: &[PathBuf], work: impl Fn(&Document) -> R + Sync) -> Vec<File<R>> {
    input::find(paths).into_par_iter().map(|input| File { content: read_file(&input, &work), input }).collect()
}

fn read_file<R>(input: &Input, work: impl Fn(&Document) -> R) -> Result<Vec<Read<R>>, Unread> {
    let source = input.read()?;
    let documents = engine::parse(&source).into_iter();
    Ok(documents.map(|document| Read { source: source.clone(), result: work(&document), document }).collect())
}

/// Reads one file of rules.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read_one(path: &Path) -> Result<Vec<Read<()>>, Unread> {
    let source = input::read(path)?;
    Ok(engine::parse(&source).into_iter().map(|document| Read { source: source.clone(), result: (), document }).collect())
}
