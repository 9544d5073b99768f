//! The ids and names of a collection, each of one document (D-6).
//!
//! A rule that is there twice harms nobody until another document speaks of it: then it is an error there. In one file,
//! where it can only be a slip, it is a warning as well.

use super::shown;
use crate::diag::{Code, Diagnostic, quote};
use crate::rule::Document;
use crate::rule::correlation::Reference;
use crate::rule::metadata::is_uuid;
use crate::text::similar;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The number of the document that has an id or name.
pub(super) struct Names {
    documents: BTreeMap<String, usize>,
    /// Those that several documents have.
    shared: BTreeSet<String>,
    /// As written, for what is said about names that are not there.
    written: Vec<String>,
    /// So many more times a similar name is looked for.
    suggestions: Cell<usize>,
}

/// So many times a similar name is looked for in a collection: each look takes time in proportion to it.
const MAX_SUGGESTIONS: usize = 50;

/// The same for every spelling of an id.
fn key(name: &str) -> String {
    if is_uuid(name) { name.to_ascii_lowercase() } else { name.to_owned() }
}

impl Names {
    /// The names of all documents. A document of one file that has a name of an earlier one is told so.
    pub(super) fn collect(documents: &mut [&mut Document]) -> Self {
        let mut names =
            Self { documents: BTreeMap::new(), shared: BTreeSet::new(), written: Vec::new(), suggestions: Cell::new(MAX_SUGGESTIONS) };
        for number in 0..documents.len() {
            let mut problems = Vec::new();
            for name in documents.get(number).into_iter().flat_map(|document| &document.names) {
                match names.documents.get(&key(&name.name)).and_then(|first| Some((*first, documents.get(*first)?))) {
                    Some((first, _)) if first == number => {}
                    Some((_, first)) => {
                        names.shared.insert(key(&name.name));
                        if first.names.first().is_some_and(|own| own.place.file != name.place.file) {
                            continue;
                        }
                        let problem = Diagnostic::warning(Code::DuplicateRule, name.place, format!("{} is taken", quote(&name.name)));
                        problems.push(problem.help(taken_by(first, &name.name)));
                    }
                    None => {
                        names.documents.insert(key(&name.name), number);
                        names.written.push(name.name.clone());
                    }
                }
            }
            if let Some(document) = documents.get_mut(number) {
                document.diagnostics.extend(problems);
                crate::rule::document::settle(&mut document.diagnostics);
            }
        }
        names
    }

    /// The document of this id or name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.documents.get(&key(name)).copied()
    }

    /// Why a name stands for no document, where several have it.
    pub(super) fn ambiguous(&self, reference: &Reference) -> Option<Diagnostic> {
        let problem =
            || Diagnostic::error(Code::DuplicateRule, reference.place, format!("several rules are called {}", quote(&reference.name)));
        self.shared.contains(&key(&reference.name)).then(|| problem().help("give one of them only: ids and names are unique"))
    }

    /// Help for a name that is not there.
    pub(super) fn meant(&self, name: &str) -> String {
        let left = self.suggestions.get().checked_sub(1);
        self.suggestions.set(left.unwrap_or_default());
        let near = left.and_then(|_| similar::nearest(name, self.written.iter().map(String::as_str)));
        near.map_or_else(
            || "rules are referred to by `id` or `name`, not by title; give all files that a correlation needs together".to_owned(),
            |meant| format!("did you mean {}?", quote(meant)),
        )
    }
}

fn taken_by(first: &Document, name: &str) -> String {
    let line = first.names.iter().find(|own| key(&own.name) == key(name)).map(|own| own.place.line);
    format!("{} has it on line {} of its file: ids and names are unique", shown(first), line.unwrap_or_default())
}
