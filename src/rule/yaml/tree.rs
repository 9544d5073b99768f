//! A document as a flat table of nodes, and how it is walked.
//!
//! An alias is a second link to the node that its anchor names. Deliberately absent: how the table is made (see
//! [`super::build`]).

use super::small;
use crate::diag::Diagnostic;
use crate::source::Place;
use saphyr_parser::ScalarStyle;
use std::borrow::Cow;
use std::ops::Range;

/// Room for the nodes of most rules.
const USUAL_SIZE: usize = 128;

/// A text counts as a further node for each so many bytes.
const BYTES_OF_A_NODE: usize = 4;

/// One document.
#[derive(Clone)]
pub(in crate::rule) struct Tree<'s> {
    pub(super) entries: Vec<Entry<'s>>,
    /// The children of all collections, each collection's together.
    pub(super) links: Vec<u32>,
    pub(super) root: Option<u32>,
    /// What is wrong with the document as YAML.
    pub(in crate::rule) diagnostics: Vec<Diagnostic>,
    /// Whether the text goes on where the tree ends, because of a syntax error.
    pub(in crate::rule) broken: bool,
}

#[derive(Clone)]
pub(super) struct Entry<'s> {
    pub(super) place: Place,
    pub(super) content: Content<'s>,
}

#[derive(Clone)]
pub(super) enum Content<'s> {
    Scalar(Scalar<'s>),
    List(Range<usize>),
    /// Keys and values in turn.
    Map(Range<usize>),
}

/// A scalar as written.
#[derive(Clone)]
pub(in crate::rule) struct Scalar<'s> {
    /// The text, with YAML's escapes and foldings resolved.
    pub(in crate::rule) text: Cow<'s, str>,
    pub(in crate::rule) style: ScalarStyle,
    /// The suffix of a tag of the core schema, such as `str`; empty for `!`.
    pub(in crate::rule) tag: Option<Box<str>>,
    pub(in crate::rule) place: Place,
}

impl Scalar<'_> {
    /// How many nodes this counts as: a long text is as much work as several short ones.
    pub(super) fn size(&self) -> u64 {
        u64::from(small(self.text.len() / BYTES_OF_A_NODE)).saturating_add(1)
    }

    /// Whether this is, as a key, a merge key.
    pub(super) fn is_merge(&self) -> bool {
        self.style == ScalarStyle::Plain && self.text == "<<"
    }

    /// The place of a part of the text, given in bytes: exact where the text stands in the source as it
    /// is, else the whole scalar. Empty after its end.
    pub(in crate::rule) fn part(&self, range: Range<usize>) -> Place {
        let count = |text: Option<&str>| text.map_or(0, |text| small(text.chars().count()));
        let quotes = u32::from(self.style != ScalarStyle::Plain);
        let width = count(Some(&self.text)).saturating_add(2 * quotes);
        let as_written = self.place.line == self.place.end_line && self.place.column.saturating_add(width) == self.place.end_column;
        if !as_written {
            return self.place;
        }
        let before = count(self.text.get(..range.start));
        let column = self.place.column.saturating_add(quotes).saturating_add(before);
        Place::on_line(self.place.line, column, count(self.text.get(range))).in_file(self.place.file)
    }
}

/// A node of a tree.
#[derive(Clone, Copy)]
pub(in crate::rule) struct Node<'t, 's> {
    tree: &'t Tree<'s>,
    entry: &'t Entry<'s>,
}

/// What a node is.
pub(in crate::rule) enum View<'t, 's> {
    Scalar(&'t Scalar<'s>),
    List(List<'t, 's>),
    Map(Map<'t, 's>),
}

/// A sequence.
#[derive(Clone, Copy)]
pub(in crate::rule) struct List<'t, 's> {
    tree: &'t Tree<'s>,
    links: &'t [u32],
}

/// A mapping.
#[derive(Clone, Copy)]
pub(in crate::rule) struct Map<'t, 's> {
    pub(super) tree: &'t Tree<'s>,
    pub(super) links: &'t [u32],
}

impl<'s> Tree<'s> {
    pub(super) fn new() -> Self {
        let (entries, links) = (Vec::with_capacity(USUAL_SIZE), Vec::with_capacity(USUAL_SIZE));
        Self { entries, links, root: None, diagnostics: Vec::new(), broken: false }
    }

    /// The node that the document is; `None` for a document without any.
    pub(in crate::rule) fn root(&self) -> Option<Node<'_, 's>> {
        self.node(self.root?)
    }

    pub(super) fn node(&self, link: u32) -> Option<Node<'_, 's>> {
        self.entries.get(link as usize).map(|entry| Node { tree: self, entry })
    }

    pub(super) fn children(&self, range: &Range<usize>) -> &[u32] {
        self.links.get(range.clone()).unwrap_or_default()
    }
}

impl<'t, 's> Node<'t, 's> {
    pub(in crate::rule) fn place(self) -> Place {
        self.entry.place
    }

    pub(in crate::rule) fn view(self) -> View<'t, 's> {
        let tree = self.tree;
        match &self.entry.content {
            Content::Scalar(scalar) => View::Scalar(scalar),
            Content::List(range) => View::List(List { tree, links: tree.children(range) }),
            Content::Map(range) => View::Map(Map { tree, links: tree.children(range) }),
        }
    }

    pub(in crate::rule) fn scalar(self) -> Option<&'t Scalar<'s>> {
        match self.view() {
            View::Scalar(scalar) => Some(scalar),
            View::List(_) | View::Map(_) => None,
        }
    }
}

impl<'t, 's> List<'t, 's> {
    pub(in crate::rule) fn len(self) -> usize {
        self.links.len()
    }

    pub(in crate::rule) fn iter(self) -> impl Iterator<Item = Node<'t, 's>> {
        self.links.iter().filter_map(move |&link| self.tree.node(link))
    }
}

impl<'t, 's> Map<'t, 's> {
    pub(in crate::rule) fn is_empty(self) -> bool {
        self.links.is_empty()
    }

    /// The keys with their values, in the order of the document; without merge keys, which have been reported.
    pub(in crate::rule) fn entries(self) -> impl Iterator<Item = (Node<'t, 's>, Node<'t, 's>)> {
        self.pairs().filter(|(key, _)| !key.scalar().is_some_and(Scalar::is_merge))
    }

    pub(super) fn pairs(self) -> impl Iterator<Item = (Node<'t, 's>, Node<'t, 's>)> {
        self.links.chunks_exact(2).filter_map(move |pair| match pair {
            &[key, value] => Some((self.tree.node(key)?, self.tree.node(value)?)),
            _ => None,
        })
    }
}
