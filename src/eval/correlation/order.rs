//! Rules in the order of their list at strictly increasing times (sigma.md §7.1, D-31).
//!
//! Going through the occurrences in order of time, it is enough to know of each length of a chain, and each rule that it
//! may end with, when the latest such chain starts: another that ends by now and starts earlier is in no window that
//! the latest is not in.

use super::group::Item;
use std::collections::BTreeSet;

/// For every distinct time of an occurrence, in order, the most rules of `order` that occur one after the other, in that
/// order and at strictly increasing times, in the backward window of that time.
pub(super) fn backward(items: &[Item<'_>], order: &[usize], span: i128) -> Vec<usize> {
    let mut chains = Chains::new(items, order.iter());
    items.chunk_by(|one, other| one.time == other.time).map(|batch| chains.advance(batch, span, |time| time)).collect()
}

/// The same in the forward windows: backward ones, in a time that runs backward.
pub(super) fn forward(items: &[Item<'_>], order: &[usize], span: i128) -> Vec<usize> {
    let mut chains = Chains::new(items, order.iter().rev());
    let batches: Vec<_> = items.chunk_by(|one, other| one.time == other.time).collect();
    let mut lengths: Vec<usize> = batches.into_iter().rev().map(|batch| chains.advance(batch, span, |time| -time)).collect();
    lengths.reverse();
    lengths
}

/// The latest starts of chains that have ended by now.
struct Chains {
    order: Vec<usize>,
    /// `latest[length - 1][place]`: of the chains of a length that end with the rule at this place of the order or an
    /// earlier one.
    latest: Vec<Vec<Option<i128>>>,
}

impl Chains {
    /// Before the first occurrence. Rules that never occur are in no chain.
    fn new<'o>(items: &[Item<'_>], order: impl Iterator<Item = &'o usize>) -> Self {
        let occurring: BTreeSet<usize> = items.iter().map(|item| item.slot).collect();
        let order: Vec<usize> = order.filter(|slot| occurring.contains(slot)).copied().collect();
        Self { latest: vec![vec![None; order.len()]; order.len()], order }
    }

    /// Takes the occurrences of one time, and says how long the longest chain is that started no more than `span` ago.
    fn advance(&mut self, batch: &[Item<'_>], span: i128, clock: impl Fn(i128) -> i128) -> usize {
        let Some(now) = batch.first().map(|item| clock(item.time)) else { return 0 };
        let mut places: Vec<usize> = batch.iter().flat_map(|item| self.order.iter().position(|&slot| slot == item.slot)).collect();
        places.sort_unstable();
        places.dedup();
        // Of rules that occur at the same time none follows another: all are appended to what there was before.
        let grown: Vec<(usize, Vec<Option<i128>>)> = places.into_iter().map(|place| (place, self.append(place, now))).collect();
        for (place, starts) in grown {
            for (latest, start) in self.latest.iter_mut().zip(starts) {
                latest.iter_mut().skip(place).for_each(|known| *known = (*known).max(start));
            }
        }
        let within = |starts: &&Vec<Option<i128>>| starts.last().copied().flatten().is_some_and(|start| start >= now - span);
        self.latest.iter().take_while(within).count()
    }

    /// For each length the latest start of a chain that ends now with the rule at `place`.
    fn append(&self, place: usize, now: i128) -> Vec<Option<i128>> {
        let before = place.checked_sub(1);
        let longer = self.latest.iter().map(|starts| before.and_then(|before| starts.get(before).copied().flatten()));
        std::iter::once(Some(now)).chain(longer).take(self.order.len()).collect()
    }
}
