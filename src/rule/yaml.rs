//! YAML texts as trees of nodes, each with its place, and each scalar as written.
//!
//! Built from the events of `saphyr-parser` (YAML 1.2). Nothing is resolved here: what a plain scalar means
//! is for [`super::scalar`] to say, late, because YAML versions disagree. A document is one flat table of
//! nodes; an alias is a second link to the node that its anchor names, so nothing is copied. Bounds:
//! collections nest at most [`MAX_DEPTH`] deep, and all aliases of a document together stand for at most
//! [`MAX_ALIASED`] nodes, so that whoever walks a tree needs no bounds of his own.
//!
//! Reported here, because it is so of every map: duplicate keys (D-1), merge keys (D-2) and tags beyond
//! the core schema. Deliberately absent: types, and what Sigma wants.

mod merge;

use crate::diag::{Code, Diagnostic, quote};
use crate::source::{Place, Source};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// Collections nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// All aliases of a document together may stand for this many nodes.
const MAX_ALIASED: u64 = 100_000;

/// Room for the nodes of most rules.
const USUAL_SIZE: usize = 128;

/// Maps up to this size are searched for duplicate keys pair by pair.
const SMALL_MAP: usize = 12;

/// The documents of a text, in order. A syntax error ends them, as the last one.
pub(super) struct Documents<'s> {
    parser: Option<Parser<'s, StrInput<'s>>>,
    /// Where a NUL character ends the text, which YAML does not allow.
    nul: Option<Place>,
    lines: Lines<'s>,
    /// The number of the source.
    file: u32,
}

impl<'s> Documents<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        let text = &*source.text;
        let (text, nul) = text.split_once('\0').map_or((text, None), |(head, _)| (head, Some(end_of(head))));
        Self { parser: Some(Parser::new_from_str(text)), nul, lines: Lines { rest: text, line: 1 }, file: source.number }
    }

    /// The place of an event. Block scalars end where their text does, not where the
    /// next token starts; collections are spoken of by their first character.
    fn place(&mut self, event: &Event, span: Span) -> Place {
        let place = place(span).in_file(self.file);
        if matches!(event, Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, _, _)) {
            return self.lines.trimmed(place);
        }
        let begins = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        if begins { Place::on_line(place.line, place.column, 1).in_file(place.file) } else { place }
    }

    /// What was begun when the text ended, if it ended at a NUL character.
    fn last(&mut self, mut builder: Builder<'s>) -> Option<Tree<'s>> {
        self.parser = None;
        let place = self.nul.take()?;
        builder.fail(
            Diagnostic::error(Code::YamlSyntax, place.in_file(self.file), "a NUL character")
                .help("YAML is text: write `\"\\0\"` for the character"),
        );
        Some(builder.finish())
    }
}

impl<'s> Iterator for Documents<'s> {
    type Item = Tree<'s>;

    fn next(&mut self) -> Option<Tree<'s>> {
        let mut builder = Builder::new();
        loop {
            let step = match self.parser.as_mut()?.next_event() {
                Some(Ok((Event::StreamEnd, _))) | None => return self.last(builder),
                Some(Ok((Event::DocumentEnd, span))) if self.nul.is_none_or(|nul| place(span).line < nul.line) => {
                    return Some(builder.finish());
                }
                Some(Ok((event, span))) => {
                    let place = self.place(&event, span);
                    builder.take(event, place)
                }
                Some(Err(error)) => Err(syntax_error(&error, self.file)),
            };
            if let Err(problem) = step {
                self.parser = None;
                builder.fail(problem);
                return Some(builder.finish());
            }
        }
    }
}

/// The lines of a text, read once from top to bottom.
struct Lines<'s> {
    rest: &'s str,
    /// The number of the line that `rest` starts with.
    line: u32,
}

impl Lines<'_> {
    /// A place without the blank lines and the indentation at its end.
    fn trimmed(&mut self, place: Place) -> Place {
        let mut trimmed = Place::on_line(place.line, place.column, 1).in_file(place.file);
        while self.line <= place.end_line {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            let width = if self.line < place.end_line { usize::MAX } else { place.end_column.saturating_sub(1) as usize };
            let end = line.char_indices().nth(width).map_or(line.len(), |(at, _)| at);
            let content = line.get(..end).unwrap_or_default().trim_end();
            if self.line >= place.line && !content.is_empty() {
                (trimmed.end_line, trimmed.end_column) = (self.line, small(content.chars().count()).saturating_add(1));
            }
            if self.line == place.end_line {
                break;
            }
            (self.rest, self.line) = (rest, self.line + 1);
        }
        trimmed
    }
}

/// One document.
#[derive(Clone)]
pub(super) struct Tree<'s> {
    entries: Vec<Entry<'s>>,
    /// The children of all collections, each collection's together.
    links: Vec<u32>,
    root: Option<u32>,
    /// What is wrong with the document as YAML.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether the text goes on where the tree ends, because of a syntax error.
    pub(super) broken: bool,
}

#[derive(Clone)]
struct Entry<'s> {
    place: Place,
    content: Content<'s>,
}

#[derive(Clone)]
enum Content<'s> {
    Scalar(Scalar<'s>),
    List(Range<usize>),
    /// Keys and values in turn.
    Map(Range<usize>),
}

/// A scalar as written.
#[derive(Clone)]
pub(super) struct Scalar<'s> {
    /// The text, with YAML's escapes and foldings resolved.
    pub(super) text: Cow<'s, str>,
    pub(super) style: ScalarStyle,
    /// The suffix of a tag of the core schema, such as `str`; empty for `!`.
    pub(super) tag: Option<Box<str>>,
    pub(super) place: Place,
}

impl Scalar<'_> {
    /// Whether this is, as a key, a merge key.
    fn is_merge(&self) -> bool {
        self.style == ScalarStyle::Plain && self.text == "<<"
    }

    /// The place of a part of the text, given in bytes: exact where the text stands in the source as it
    /// is, else the whole scalar. Empty after its end.
    pub(super) fn part(&self, range: Range<usize>) -> Place {
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
pub(super) struct Node<'t, 's> {
    tree: &'t Tree<'s>,
    entry: &'t Entry<'s>,
}

/// What a node is.
pub(super) enum View<'t, 's> {
    Scalar(&'t Scalar<'s>),
    List(List<'t, 's>),
    Map(Map<'t, 's>),
}

/// A sequence.
#[derive(Clone, Copy)]
pub(super) struct List<'t, 's> {
    tree: &'t Tree<'s>,
    links: &'t [u32],
}

/// A mapping.
#[derive(Clone, Copy)]
pub(super) struct Map<'t, 's> {
    tree: &'t Tree<'s>,
    links: &'t [u32],
}

impl<'s> Tree<'s> {
    fn new() -> Self {
        let (entries, links) = (Vec::with_capacity(USUAL_SIZE), Vec::with_capacity(USUAL_SIZE));
        Self { entries, links, root: None, diagnostics: Vec::new(), broken: false }
    }

    /// The node that the document is; `None` for a document without any.
    pub(super) fn root(&self) -> Option<Node<'_, 's>> {
        self.node(self.root?)
    }

    fn node(&self, link: u32) -> Option<Node<'_, 's>> {
        self.entries.get(link as usize).map(|entry| Node { tree: self, entry })
    }

    fn children(&self, range: &Range<usize>) -> &[u32] {
        self.links.get(range.clone()).unwrap_or_default()
    }
}

impl<'t, 's> Node<'t, 's> {
    pub(super) fn place(self) -> Place {
        self.entry.place
    }

    pub(super) fn view(self) -> View<'t, 's> {
        let tree = self.tree;
        match &self.entry.content {
            Content::Scalar(scalar) => View::Scalar(scalar),
            Content::List(range) => View::List(List { tree, links: tree.children(range) }),
            Content::Map(range) => View::Map(Map { tree, links: tree.children(range) }),
        }
    }

    pub(super) fn scalar(self) -> Option<&'t Scalar<'s>> {
        match self.view() {
            View::Scalar(scalar) => Some(scalar),
            View::List(_) | View::Map(_) => None,
        }
    }
}

impl<'t, 's> List<'t, 's> {
    pub(super) fn len(self) -> usize {
        self.links.len()
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Node<'t, 's>> {
        self.links.iter().filter_map(move |&link| self.tree.node(link))
    }
}

impl<'t, 's> Map<'t, 's> {
    pub(super) fn is_empty(self) -> bool {
        self.links.is_empty()
    }

    /// The keys with their values, in the order of the document; without merge keys, which have been reported.
    pub(super) fn entries(self) -> impl Iterator<Item = (Node<'t, 's>, Node<'t, 's>)> {
        self.pairs().filter(|(key, _)| !key.scalar().is_some_and(Scalar::is_merge))
    }

    fn pairs(self) -> impl Iterator<Item = (Node<'t, 's>, Node<'t, 's>)> {
        self.links.chunks_exact(2).filter_map(move |pair| match pair {
            &[key, value] => Some((self.tree.node(key)?, self.tree.node(value)?)),
            _ => None,
        })
    }
}

/// Builds a tree from events.
struct Builder<'s> {
    tree: Tree<'s>,
    /// Finished children of the open collections, innermost last.
    pending: Vec<u32>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    aliased: u64,
}

/// A collection whose end has not come yet.
struct Open {
    place: Place,
    anchor: usize,
    is_map: bool,
    /// Where its children begin among the pending nodes.
    base: usize,
    /// How many nodes it stands for, aliases followed.
    size: u64,
    /// How deep the collections in it nest, aliases followed.
    height: usize,
}

#[derive(Clone, Copy)]
struct Anchored {
    link: u32,
    size: u64,
    height: usize,
}

impl<'s> Builder<'s> {
    fn new() -> Self {
        Self { tree: Tree::new(), pending: Vec::new(), open: Vec::new(), anchors: BTreeMap::new(), aliased: 0 }
    }

    fn take(&mut self, event: Event<'s>, place: Place) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.core_tag(tag, place, &["str", "int", "float", "bool", "null", ""]);
                let content = Content::Scalar(Scalar { text, style, tag, place });
                let node = Anchored { link: self.add(place, content), size: 1, height: 0 };
                self.attach(anchor, node);
            }
            Event::SequenceStart(anchor, tag) => {
                self.core_tag(tag, place, &["seq", ""]);
                self.begin(place, anchor, false)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.core_tag(tag, place, &["map", ""]);
                self.begin(place, anchor, true)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, place)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn add(&mut self, place: Place, content: Content<'s>) -> u32 {
        self.tree.entries.push(Entry { place, content });
        small(self.tree.entries.len() - 1)
    }

    fn begin(&mut self, place: Place, anchor: usize, is_map: bool) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.open.push(Open { place, anchor, is_map, base: self.pending.len(), size: 1, height: 0 });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let start = self.tree.links.len();
        self.tree.links.extend(self.pending.drain(open.base..));
        let range = start..self.tree.links.len();
        let content = if open.is_map {
            self.check_keys(range.clone());
            Content::Map(range)
        } else {
            Content::List(range)
        };
        let node = Anchored { link: self.add(open.place, content), size: open.size, height: open.height + 1 };
        self.attach(open.anchor, node);
    }

    /// Makes a finished node a child of the innermost open collection, or the root.
    fn attach(&mut self, anchor: usize, node: Anchored) {
        if anchor > 0 {
            self.anchors.insert(anchor, node);
        }
        match self.open.last_mut() {
            Some(parent) => {
                self.pending.push(node.link);
                parent.size = parent.size.saturating_add(node.size);
                parent.height = parent.height.max(node.height);
            }
            None => self.tree.root = Some(node.link),
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Diagnostic> {
        let Some(&node) = self.anchors.get(&anchor) else {
            let problem = Diagnostic::error(Code::YamlSyntax, place, "an alias to something that is not complete before it");
            return Err(problem.help("an alias can only name an anchor that ends earlier in the same document"));
        };
        self.aliased = self.aliased.saturating_add(node.size);
        if self.aliased > MAX_ALIASED {
            let message = format!("the aliases of this document stand for more than {MAX_ALIASED} nodes");
            return Err(Diagnostic::error(Code::YamlSyntax, place, message).help("write the values out, or use fewer aliases"));
        }
        if self.open.len() + node.height > MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.attach(0, node);
        Ok(())
    }

    /// The suffix of a tag, where it is one of the core schema that fits; other tags are reported.
    fn core_tag(&mut self, tag: Option<Cow<'s, Tag>>, place: Place, known: &[&str]) -> Option<Box<str>> {
        let tag = tag?;
        let is_core =
            tag.is_yaml_core_schema() || (tag.handle.is_empty() && tag.suffix == "!") || (tag.handle == "!" && tag.suffix.is_empty());
        let suffix = if tag.is_yaml_core_schema() { tag.suffix.as_str() } else { "" };
        if is_core && known.contains(&suffix) {
            return Some(suffix.into());
        }
        let problem = Diagnostic::error(Code::YamlStructure, place, format!("a tag that rules cannot have: {}", quote(&tag.to_string())));
        self.tree.diagnostics.push(problem.help("remove the tag; quote the value if it is to be text"));
        None
    }

    /// Reports duplicate and merge keys of the map that has these links.
    fn check_keys(&mut self, links: Range<usize>) {
        let tree = &self.tree;
        let keys: Vec<&Scalar> = Map { tree, links: tree.children(&links) }.pairs().filter_map(|(key, _)| key.scalar()).collect();
        let mut problems = Vec::new();
        problems.extend(keys.iter().filter(|key| key.is_merge()).map(|key| merge_key(key.place)));
        problems.extend(duplicates(&keys).into_iter().map(duplicate_key));
        self.tree.diagnostics.append(&mut problems);
    }

    /// Records why the tree ends here, and closes what is open.
    fn fail(&mut self, problem: Diagnostic) {
        self.tree.broken = true;
        while !self.open.is_empty() {
            self.end();
        }
        self.tree.diagnostics.push(problem);
    }

    fn finish(self) -> Tree<'s> {
        self.tree
    }
}

/// The keys that occurred before in the same map.
fn duplicates<'k, 's>(keys: &[&'k Scalar<'s>]) -> Vec<&'k Scalar<'s>> {
    if keys.len() <= SMALL_MAP {
        let repeated = |(at, key): (usize, &&'k Scalar<'s>)| {
            let earlier = keys.get(..at).unwrap_or_default();
            earlier.iter().any(|other| other.text == key.text && identity(other) == identity(key)).then_some(*key)
        };
        return keys.iter().enumerate().filter_map(repeated).collect();
    }
    let mut seen = HashSet::new();
    keys.iter().filter(|key| !seen.insert(identity(key))).copied().collect()
}

/// What makes a key another one: its text, and whether it is text at all.
fn identity(key: &Scalar) -> (bool, String) {
    (key.style == ScalarStyle::Plain && !super::scalar::is_text(key), key.text.to_string())
}

fn merge_key(place: Place) -> Diagnostic {
    Diagnostic::error(Code::YamlMergeKey, place, "a merge key: `<<`")
        .help("write the keys out: YAML 1.2 has no merge, and tools disagree about it")
}

fn duplicate_key(key: &Scalar) -> Diagnostic {
    Diagnostic::error(Code::DuplicateKey, key.place, format!("the key {} occurs twice in this map", quote(&key.text)))
        .help("join the two, or rename one: only one of them would count")
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::error(Code::YamlSyntax, place, format!("collections nested more than {MAX_DEPTH} deep"))
        .help("rules need three or four levels: write this one flatter")
}

fn syntax_error(error: &ScanError, file: u32) -> Diagnostic {
    let marker = error.marker();
    let place = Place::on_line(small(marker.line()), small(marker.col()).saturating_add(1), 1).in_file(file);
    let info = error.info();
    let help = if info.contains("valid YAML whitespace") {
        "write a space instead of the tab"
    } else if info.contains("anchor") || info.contains("alias") {
        "quote the value: a text that starts with `*` or `&` must be quoted"
    } else if info.contains("tab") {
        "indent with spaces: YAML does not allow tabs there"
    } else if info.contains("escape") {
        "write `'…'` instead of `\"…\"`: single quotes take backslashes as they are"
    } else {
        "check indentation and quotes here and above; quote a text that contains `: ` or ` #`, or starts with one of `*&!%@[{>|`"
    };
    Diagnostic::error(Code::YamlSyntax, place, format!("not well-formed YAML: {info}")).help(help)
}

/// The place of a span, at least one character wide.
fn place(span: Span) -> Place {
    let (line, column) = (small(span.start.line()), small(span.start.col()).saturating_add(1));
    if span.is_empty() {
        return Place::on_line(line, column, 1);
    }
    Place { end_line: small(span.end.line()), end_column: small(span.end.col()).saturating_add(1), ..Place::on_line(line, column, 0) }
}

/// The place after a text that starts a source.
fn end_of(text: &str) -> Place {
    let line = small(text.matches('\n').count()).saturating_add(1);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place::on_line(line, small(last.chars().count()).saturating_add(1), 1)
}

/// A count as it stands in places and links. Sources are far smaller than this can hold.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
