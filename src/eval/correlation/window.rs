//! Windows over the occurrences of a group, and what slides over them (sigma.md §7.1).

use super::group::Item;

/// The occurrences `start..end` of a group, and the time at which they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) time: i128,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// §7.1: for every distinct time t of an occurrence, in order, the closed window [t − span, t].
pub(super) fn backward(items: &[Item<'_>], span: i128) -> Vec<Window> {
    let mut start = 0;
    let mut end = 0;
    let mut windows = Vec::new();
    for batch in items.chunk_by(|one, other| one.time == other.time) {
        let Some(time) = batch.first().map(|item| item.time) else { continue };
        end += batch.len();
        start += items.iter().skip(start).take_while(|item| item.time < time - span).count();
        windows.push(Window { time, start, end });
    }
    windows
}

/// §7.1, conditions with `not`: for every distinct time t of an occurrence the closed window [t, t + span], which is judged
/// at its end.
pub(super) fn forward(items: &[Item<'_>], span: i128) -> Vec<Window> {
    let mut start = 0;
    let mut end = 0;
    let mut windows = Vec::new();
    for batch in items.chunk_by(|one, other| one.time == other.time) {
        let Some(time) = batch.first().map(|item| item.time + span) else { continue };
        end += items.iter().skip(end).take_while(|item| item.time <= time).count();
        windows.push(Window { time, start, end });
        start += batch.len();
    }
    windows
}

/// What is known of the occurrences in a window, by their numbers in the group.
pub(super) trait Tally {
    /// An occurrence comes in.
    fn add(&mut self, item: usize);
    /// An occurrence that came in leaves.
    fn remove(&mut self, item: usize);
}

/// The windows of which something holds. Neither their starts nor their ends ever go back, so each occurrence comes in once
/// and leaves once.
pub(super) fn slide<T: Tally>(windows: &[Window], mut tally: T, holds: impl Fn(&T, &Window) -> bool) -> Vec<Window> {
    let (mut start, mut end) = (0, 0);
    let mut found = Vec::new();
    for window in windows {
        (end..window.end).for_each(|item| tally.add(item));
        (start..window.start).for_each(|item| tally.remove(item));
        (start, end) = (window.start, window.end);
        if holds(&tally, window) {
            found.push(*window);
        }
    }
    found
}

/// Labels, of which each occurrence has some: how many different ones there are.
#[derive(Debug)]
pub(super) struct Labels {
    labels: Vec<Vec<usize>>,
    counts: Vec<usize>,
    distinct: usize,
}

impl Labels {
    /// From the labels of each occurrence. They are small numbers.
    pub(super) fn new(labels: Vec<Vec<usize>>) -> Self {
        let counts = vec![0; labels.iter().flatten().max().map_or(0, |last| last + 1)];
        Self { labels, counts, distinct: 0 }
    }

    /// How many different labels are in the window.
    pub(super) fn distinct(&self) -> usize {
        self.distinct
    }

    /// Whether a label is in the window.
    pub(super) fn has(&self, label: usize) -> bool {
        self.counts.get(label).is_some_and(|&count| count > 0)
    }
}

impl Tally for Labels {
    fn add(&mut self, item: usize) {
        for &label in self.labels.get(item).into_iter().flatten() {
            if let Some(count) = self.counts.get_mut(label) {
                self.distinct += usize::from(*count == 0);
                *count += 1;
            }
        }
    }

    fn remove(&mut self, item: usize) {
        for &label in self.labels.get(item).into_iter().flatten() {
            if let Some(count) = self.counts.get_mut(label) {
                *count = count.saturating_sub(1);
                self.distinct = self.distinct.saturating_sub(usize::from(*count == 0));
            }
        }
    }
}
