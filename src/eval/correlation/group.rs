//! Occurrences, and the groups that they fall into (sigma.md §7.1, D-27, D-29, D-30).

use super::plan::Link;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A text, by its number in [`Texts`].
pub(super) type Symbol = usize;

/// Every text that is kept, once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    numbers: HashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    pub(super) fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let (symbol, text): (_, Arc<str>) = (self.texts.len(), text.into());
        self.numbers.insert(Arc::clone(&text), symbol);
        self.texts.push(text);
        symbol
    }

    pub(super) fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol).map_or("", |text| text)
    }
}

/// What an occurrence is made of: an event, by its number among the matching ones, or an alert of another correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    Event(usize),
    Alert { node: usize, number: usize },
}

/// One occurrence of a rule: an event that matches, or an alert.
#[derive(Debug)]
pub(super) struct Occurrence {
    /// In nanoseconds, as everywhere here.
    pub(super) time: i128,
    pub(super) source: Source,
    /// For each field that is asked for, its bag of canonical texts.
    pub(super) bags: Vec<Vec<Symbol>>,
}

impl Occurrence {
    pub(super) fn bag(&self, position: Option<usize>) -> &[Symbol] {
        position.and_then(|position| self.bags.get(position)).map_or(&[], Vec::as_slice)
    }
}

/// An occurrence as a member of a group: of which of the correlation's rules it is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'r> {
    pub(super) time: i128,
    pub(super) slot: usize,
    pub(super) occurrence: &'r Occurrence,
}

/// Occurrences with the same values of the `group-by` fields, in order of time.
#[derive(Debug)]
pub(super) struct Group<'r> {
    pub(super) key: Vec<Symbol>,
    pub(super) items: Vec<Item<'r>>,
}

/// The groups of a correlation, and what is in none of them.
#[derive(Debug, Default)]
pub(super) struct Grouping<'r> {
    pub(super) groups: Vec<Group<'r>>,
    /// How many occurrences lack a field (D-29).
    pub(super) ungrouped: u64,
    /// How many have more combinations of values than are followed up.
    pub(super) crowded: u64,
}

/// The most combinations of members that an event with several values in several fields is taken apart into; a single field
/// is taken whole.
const MAX_COMBINATIONS: usize = 4096;

/// §7.1: the occurrences of a correlation's rules by their group. An event with several values in a field is in the group
/// of each: some member is equal, as everywhere (D-24). Keys are canonical texts, compared exactly (D-30).
pub(super) fn group<'r>(links: &[Link], streams: &'r [Vec<Occurrence>]) -> Grouping<'r> {
    let mut grouping = Grouping::default();
    let mut numbers: HashMap<Vec<Symbol>, usize> = HashMap::new();
    for (slot, link) in links.iter().enumerate() {
        for occurrence in streams.get(link.node).into_iter().flatten() {
            if is_crowded(occurrence, &link.group) || is_crowded(occurrence, &link.values) {
                grouping.crowded += 1;
                continue;
            }
            let keys = tuples(occurrence, &link.group);
            grouping.ungrouped += u64::from(keys.is_empty());
            for key in keys {
                let number = *numbers.entry(key.clone()).or_insert(grouping.groups.len());
                if number == grouping.groups.len() {
                    grouping.groups.push(Group { key, items: Vec::new() });
                }
                let item = Item { time: occurrence.time, slot, occurrence };
                grouping.groups.get_mut(number).into_iter().for_each(|group| group.items.push(item));
            }
        }
    }
    grouping.groups.iter_mut().for_each(|group| group.items.sort_by_key(|item| (item.time, item.slot)));
    grouping
}

/// The distinct tuples of values of some fields: none where a field has no value, a single empty one for no fields.
pub(super) fn tuples(occurrence: &Occurrence, fields: &[Option<usize>]) -> Vec<Vec<Symbol>> {
    fields.iter().fold(vec![Vec::new()], |tuples, &field| {
        let members: BTreeSet<Symbol> = occurrence.bag(field).iter().copied().collect();
        tuples.iter().flat_map(|tuple| members.iter().map(move |&member| [tuple.as_slice(), &[member]].concat())).collect()
    })
}

fn is_crowded(occurrence: &Occurrence, fields: &[Option<usize>]) -> bool {
    let sizes = || fields.iter().map(|&field| occurrence.bag(field).len());
    sizes().fold(1, usize::saturating_mul) > MAX_COMBINATIONS.max(sizes().sum())
}
