//! Documents put together: what the old `action: global` and `action: repeat` ask for.
//!
//! Maps are joined key by key, at every depth; of anything else, lists included, the later document's stands (D-5).
//! Every node keeps the place where it was written. Deliberately absent: when documents are put together (see
//! [`crate::rule::action`]).

use super::build::identity;
use super::small;
use super::tree::{Content, Entry, Node, Scalar, Tree};
use crate::source::Place;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The key that says what to do with a document; it is no part of what is put together.
const ACTION: &str = "action";

impl<'s> Tree<'s> {
    /// This document with the other one laid over it.
    pub(in crate::rule) fn overlaid(&self, other: &Self) -> Self {
        let mut tree = Self::new();
        let below = tree.append(self);
        let above = tree.append(other);
        tree.root = match (below, above) {
            (Some(below), Some(above)) => Some(tree.overlay(below, above, Some(ACTION))),
            (below, above) => above.or(below),
        };
        tree.diagnostics = self.diagnostics.iter().chain(&other.diagnostics).cloned().collect();
        tree
    }

    /// How many nodes the document has for who walks it: each as often as aliases name it, and long texts as several.
    pub(in crate::rule) fn size(&self) -> u64 {
        let mut sizes: Vec<u64> = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            // Children stand before their parents.
            let of = |link: &u32| sizes.get(*link as usize).copied().unwrap_or(1);
            sizes.push(match &entry.content {
                Content::Scalar(scalar) => scalar.size(),
                Content::List(range) | Content::Map(range) => self.children(range).iter().map(of).fold(1, u64::saturating_add),
            });
        }
        self.root.and_then(|root| sizes.get(root as usize).copied()).unwrap_or(0)
    }

    /// Takes over all nodes of another tree; its root.
    fn append(&mut self, other: &Self) -> Option<u32> {
        let (nodes, links) = (small(self.entries.len()), self.links.len());
        let moved = |range: &Range<usize>| range.start + links..range.end + links;
        self.links.extend(other.links.iter().map(|link| link.saturating_add(nodes)));
        self.entries.extend(other.entries.iter().map(|entry| Entry {
            place: entry.place,
            content: match &entry.content {
                Content::Scalar(scalar) => Content::Scalar(scalar.clone()),
                Content::List(range) => Content::List(moved(range)),
                Content::Map(range) => Content::Map(moved(range)),
            },
        }));
        other.root.map(|root| root.saturating_add(nodes))
    }

    /// One node laid over another, without the key that is given. Recursion is as deep as collections nest.
    fn overlay(&mut self, below: u32, above: u32, without: Option<&str>) -> u32 {
        let (Some(under), Some(over)) = (self.pairs_of(below), self.pairs_of(above)) else { return above };
        let mut own: HashMap<(bool, String), (u32, u32)> = HashMap::with_capacity(over.len());
        for &(key, value) in &over {
            own.extend(self.identity(key).map(|identity| (identity, (key, value))));
        }
        let mut links = Vec::with_capacity((under.len() + over.len()) * 2);
        let mut taken = HashSet::new();
        for (key, value) in under.into_iter().filter(|&(key, _)| !self.is_called(key, without)).collect::<Vec<_>>() {
            match self.identity(key).and_then(|identity| own.get(&identity)) {
                Some(&(own_key, own_value)) => {
                    taken.insert(own_key);
                    links.extend([own_key, self.overlay(value, own_value, None)]);
                }
                None => links.extend([key, value]),
            }
        }
        for (key, value) in over {
            if !taken.contains(&key) && !self.is_called(key, without) {
                links.extend([key, value]);
            }
        }
        let start = self.links.len();
        self.links.extend(links);
        let content = Content::Map(start..self.links.len());
        let place = self.node(above).map_or(Place::NOWHERE, Node::place);
        self.entries.push(Entry { place, content });
        small(self.entries.len() - 1)
    }

    /// The keys and values of a map.
    fn pairs_of(&self, link: u32) -> Option<Vec<(u32, u32)>> {
        let Content::Map(range) = &self.entries.get(link as usize)?.content else { return None };
        let pair = |pair: &[u32]| if let &[key, value] = pair { Some((key, value)) } else { None };
        Some(self.children(range).chunks_exact(2).filter_map(pair).collect())
    }

    fn scalar_of(&self, link: u32) -> Option<&Scalar<'s>> {
        self.node(link).and_then(Node::scalar)
    }

    fn identity(&self, key: u32) -> Option<(bool, String)> {
        self.scalar_of(key).map(identity)
    }

    fn is_called(&self, key: u32, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.scalar_of(key).is_some_and(|key| key.text == name))
    }
}
