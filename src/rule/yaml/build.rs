//! Trees from the events of the parser.
//!
//! Bounds: collections nest at most [`MAX_DEPTH`] deep, and all aliases of a document together stand for at most
//! [`MAX_ALIASED`] nodes, of which a long text counts as several. Deliberately absent: what ends a document (see
//! [`super::Documents`]).

use super::small;
use super::tree::{Content, Entry, Map, Scalar, Tree};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::Place;
use saphyr_parser::{Event, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// Collections nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// All aliases of a document together may stand for this many nodes.
const MAX_ALIASED: u64 = 100_000;

/// What the names of the core schema start with where they are written out: `!<tag:yaml.org,2002:str>`.
const CORE: &str = "tag:yaml.org,2002:";

/// Maps up to this size are searched for duplicate keys pair by pair.
const SMALL_MAP: usize = 12;

/// Builds a tree from events.
pub(super) struct Builder<'s> {
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
    pub(super) fn new() -> Self {
        Self { tree: Tree::new(), pending: Vec::new(), open: Vec::new(), anchors: BTreeMap::new(), aliased: 0 }
    }

    pub(super) fn take(&mut self, event: Event<'s>, place: Place) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.core_tag(tag, place, &["str", "int", "float", "bool", "null", ""]);
                let scalar = Scalar { text, style, tag, place };
                let size = scalar.size();
                let node = Anchored { link: self.add(place, Content::Scalar(scalar)), size, height: 0 };
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
            let message = format!("the aliases of this document stand for more than {MAX_ALIASED} nodes, long texts as several");
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
        let verbatim = if tag.handle.is_empty() { tag.suffix.strip_prefix(CORE) } else { None };
        let is_core = verbatim.is_some()
            || tag.is_yaml_core_schema()
            || (tag.handle.is_empty() && tag.suffix == "!")
            || (tag.handle == "!" && tag.suffix.is_empty());
        let suffix = verbatim.unwrap_or(if tag.is_yaml_core_schema() { tag.suffix.as_str() } else { "" });
        if is_core && known.contains(&suffix) {
            return Some(suffix.into());
        }
        let shown = match (verbatim, tag.is_yaml_core_schema()) {
            (Some(name), _) => format!("!!{name}"),
            (None, true) => format!("!!{}", tag.suffix),
            (None, false) => tag.to_string(),
        };
        let problem = Diagnostic::error(Code::YamlStructure, place, format!("a tag that rules cannot have: {}", quote(&shown)));
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
    pub(super) fn fail(&mut self, problem: Diagnostic) {
        self.tree.broken = true;
        while !self.open.is_empty() {
            self.end();
        }
        self.tree.diagnostics.push(problem);
    }

    pub(super) fn finish(self) -> Tree<'s> {
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
pub(super) fn identity(key: &Scalar) -> (bool, String) {
    (key.style == ScalarStyle::Plain && !crate::rule::scalar::is_text(key), key.text.to_string())
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
