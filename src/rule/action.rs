//! The old `action` documents: templates for those that follow, and repetitions with changes.
//!
//! Not part of Sigma 2, but of rules that are still around; follows sigma.md §1.2 (D-5). `global` is a template that is
//! laid under each detection rule after it, until another one or `reset`; `repeat` is the document before it with this one
//! laid over. Bound: what one file puts together has at most [`MAX_MERGED`] nodes,
//! long texts counted as several. Deliberately absent: how documents are
//! joined (see `yaml::merge`), and templates for correlations and filters, which came after them.

use super::metadata::child;
use super::yaml::{Node, Tree, View};
use crate::diag::{Code, Diagnostic};
use crate::source::Place;

/// The documents that are put together from others have at most so many nodes in one file.
const MAX_MERGED: u64 = 1_000_000;

/// What the documents above mean for the next one.
#[derive(Default)]
pub(super) struct Actions<'s> {
    template: Option<Tree<'s>>,
    previous: Option<Tree<'s>>,
    /// So many nodes have been put together.
    merged: u64,
}

/// What to make of a document.
pub(super) enum Step<'s> {
    /// Parse it as it is.
    AsWritten,
    /// Parse this in its place.
    Merged(Tree<'s>),
    /// It is no rule itself.
    NoRule,
    /// It cannot be used.
    Wrong(Diagnostic),
}

impl<'s> Actions<'s> {
    /// What to make of the next document. Afterwards it is to be [`done`](Self::done).
    pub(super) fn step(&mut self, tree: &Tree<'s>) -> Step<'s> {
        let Some(View::Map(map)) = tree.root().filter(|_| !tree.broken).map(Node::view) else { return Step::AsWritten };
        let Some(action) = child(map, "action") else {
            return match self.template.as_ref().filter(|_| takes_template(tree)) {
                Some(template) => charged(&mut self.merged, || template.overlaid(tree), place(tree)),
                None => Step::AsWritten,
            };
        };
        match action.scalar().map(|scalar| &*scalar.text) {
            Some("global" | "reset") => Step::NoRule,
            Some("repeat") => self.repeated(tree, action),
            _ => {
                let problem = Diagnostic::error(Code::CollectionAction, action.place(), "an unknown action");
                Step::Wrong(problem.help("the actions are `global`, `reset` and `repeat`"))
            }
        }
    }

    fn repeated(&mut self, tree: &Tree<'s>, action: Node) -> Step<'s> {
        let Some(previous) = self.previous.take() else {
            let problem = Diagnostic::error(Code::CollectionAction, action.place(), "nothing to repeat");
            return Step::Wrong(problem.help("`action: repeat` needs a rule before it in the same file"));
        };
        let whole = match charged(&mut self.merged, || previous.overlaid(tree), action.place()) {
            Step::Merged(whole) => whole,
            other @ (Step::AsWritten | Step::NoRule | Step::Wrong(_)) => return other,
        };
        let step = match self.template.as_ref().filter(|_| takes_template(&whole)) {
            Some(template) => charged(&mut self.merged, || template.overlaid(&whole), action.place()),
            None => charged(&mut self.merged, || whole.clone(), action.place()),
        };
        self.previous = Some(whole);
        step
    }

    /// Remembers a document for those that follow.
    pub(super) fn done(&mut self, tree: Tree<'s>) {
        let action = match tree.root().map(Node::view) {
            Some(View::Map(map)) => child(map, "action").map(|action| action.scalar().map(|scalar| scalar.text.to_string())),
            Some(View::Scalar(_) | View::List(_)) | None => None,
        };
        match action.as_ref().map(Option::as_deref) {
            None => self.previous = Some(tree),
            Some(Some("global")) => self.template = Some(tree),
            Some(Some("reset")) => self.template = None,
            Some(_) => {}
        }
    }
}

/// Where to speak of a document as a whole.
fn place(tree: &Tree) -> Place {
    tree.root().map_or(Place::NOWHERE, Node::place)
}

/// A document that is put together, unless that has been done too often.
fn charged<'s>(merged: &mut u64, make: impl FnOnce() -> Tree<'s>, place: Place) -> Step<'s> {
    if *merged <= MAX_MERGED {
        let tree = make();
        *merged = merged.saturating_add(tree.size());
        if *merged <= MAX_MERGED {
            return Step::Merged(tree);
        }
    }
    let message = format!("the documents of this file that are put together have more than {MAX_MERGED} nodes, long texts as several");
    Step::Wrong(Diagnostic::error(Code::CollectionAction, place, message).help("write the shared parts into fewer rules"))
}

/// Templates are for detection rules.
fn takes_template(tree: &Tree) -> bool {
    match tree.root().map(Node::view) {
        Some(View::Map(map)) => child(map, "correlation").is_none() && child(map, "filter").is_none(),
        Some(View::Scalar(_) | View::List(_)) | None => false,
    }
}
