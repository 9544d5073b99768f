//! When a correlation fires on the occurrences of a group (sigma.md §7.1), type by type.

use super::branch::Branch;
use super::exact::{Bounds, Fraction};
use super::group::{Group, Item, Texts, tuples};
use super::numbers::{Numbers, Ranks, Total};
use super::order;
use super::plan::{Joint, Link, When};
use super::window::{self, Labels, Window};
use crate::rule::correlation::Kind;
use crate::text::number::Decimal;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A second in nanoseconds.
const SECOND: i128 = 1_000_000_000;

/// The windows of a group in which a correlation fires, in order of time, one for each time. `horizon` is the latest time
/// that was observed.
pub(super) fn fires(joint: &Joint<'_>, group: &Group<'_>, texts: &Texts, horizon: i128) -> Vec<Window> {
    let span = i128::from(joint.correlation.timespan) * SECOND;
    match &joint.when {
        When::Bounds(bounds) => counts(joint, bounds, &group.items, span, texts),
        When::Branches(branches) => presence(joint, branches, &group.items, span, horizon),
    }
}

/// §7.1: in the backward window of each occurrence what is counted is within the bounds. That is at occurrence times only:
/// absence never fires.
fn counts(joint: &Joint<'_>, bounds: &Bounds, items: &[Item<'_>], span: i128, texts: &Texts) -> Vec<Window> {
    let windows = window::backward(items, span);
    let distinct = |labels| window::slide(&windows, Labels::new(labels), |labels, _| bounds.admit(&Fraction::count(labels.distinct())));
    let numbers = || Numbers::new(items, |item| value(&joint.links, item), texts);
    let admitted = |counted: Option<Fraction>| counted.is_some_and(|counted| bounds.admit(&counted));
    let percentile = |p: &Fraction| window::slide(&windows, Ranks::new(numbers()), |ranks, _| admitted(ranks.percentile(p)));
    match &joint.correlation.kind {
        // Distinct events: one that matches two of the rules counts once. Each alert of a correlation is one of its own.
        Kind::EventCount => distinct(numbered(items.iter().map(|item| vec![item.occurrence.source]))),
        // Distinct tuples of canonical texts, compared exactly (D-30); a tuple with an absent value is none.
        Kind::ValueCount(_) => distinct(numbered(items.iter().map(|item| {
            let fields = joint.links.get(item.slot).map_or(&[][..], |link| &link.values);
            tuples(item.occurrence, fields)
        }))),
        Kind::ValueSum(_) => window::slide(&windows, Total::new(numbers()), |total, _| admitted(total.sum())),
        Kind::ValueAvg(_) => window::slide(&windows, Total::new(numbers()), |total, _| admitted(total.mean())),
        Kind::ValuePercentile { field: _, rank } => percentile(&Fraction::decimal(rank)),
        Kind::ValueMedian(_) => percentile(&Fraction::decimal(&Decimal::from(MEDIAN))),
        // Distinct rules.
        Kind::Temporal => distinct(items.iter().map(|item| vec![item.slot]).collect()),
        // The most rules in the order of the list: `gte: k` is any k of them.
        Kind::TemporalOrdered => {
            let all: Vec<usize> = (0..joint.links.len()).collect();
            let lengths = order::backward(items, &all, span);
            let admitted = windows.iter().zip(lengths).filter(|(_, length)| bounds.admit(&Fraction::count(*length)));
            admitted.map(|(window, _)| *window).collect()
        }
    }
}

/// The rank of the median.
const MEDIAN: i64 = 50;

/// Where the field of an occurrence is whose numbers are counted.
fn value(links: &[Link], item: &Item<'_>) -> Option<usize> {
    links.get(item.slot).and_then(|link| link.values.first()).copied().flatten()
}

/// Small numbers for labels.
fn numbered<L: Eq + Hash>(labels: impl Iterator<Item = Vec<L>>) -> Vec<Vec<usize>> {
    let mut numbers = HashMap::new();
    let mut number = |label| {
        let next = numbers.len();
        *numbers.entry(label).or_insert(next)
    };
    labels.map(|labels| labels.into_iter().map(&mut number).collect()).collect()
}

/// §7.1, string conditions: some branch holds. One without `not` is judged in the backward window of each occurrence, one
/// with it in the forward window, at whose end the horizon must have passed.
fn presence(joint: &Joint<'_>, branches: &[Branch], items: &[Item<'_>], span: i128, horizon: i128) -> Vec<Window> {
    let slots = || Labels::new(items.iter().map(|item| vec![item.slot]).collect());
    let backward = window::backward(items, span);
    let mut forward = window::forward(items, span);
    forward.retain(|window| window.time < horizon);
    let mut found = BTreeMap::new();
    for branch in branches {
        let order: Vec<usize> = branch.present.iter().copied().collect();
        let holding = if branch.absent.is_empty() {
            let windows = in_order(joint, &backward, order.len(), || order::backward(items, &order, span));
            window::slide(&windows, slots(), |slots, _| branch.present.iter().all(|&slot| slots.has(slot)))
        } else {
            let windows = in_order(joint, &forward, order.len(), || order::forward(items, &order, span));
            window::slide(&windows, slots(), |slots, window| {
                let occurred = branch.present.iter().all(|&slot| slots.has(slot));
                occurred && !branch.absent.iter().any(|&slot| slots.has(slot)) && opens(branch, items, window)
            })
        };
        found.extend(holding.into_iter().map(|window| (window.time, window)));
    }
    found.into_values().collect()
}

/// Whether a forward window starts with an occurrence that can open it: one of a rule that must occur. Where no rule must,
/// any occurrence of the group is the context in which absence is observed.
fn opens(branch: &Branch, items: &[Item<'_>], window: &Window) -> bool {
    let opened = items.get(window.start).map(|item| item.time);
    let mut first = items.iter().skip(window.start).take_while(|item| Some(item.time) == opened);
    branch.present.is_empty() || first.any(|item| branch.present.contains(&item.slot))
}

/// The windows with a chain of so many rules, for the type that asks for order; for others all. Lengths are of all windows
/// of the group, and the given ones are the first of these.
fn in_order(joint: &Joint<'_>, windows: &[Window], rules: usize, lengths: impl Fn() -> Vec<usize>) -> Vec<Window> {
    match joint.correlation.kind {
        Kind::TemporalOrdered => windows.iter().zip(lengths()).filter(|(_, own)| *own >= rules).map(|(window, _)| *window).collect(),
        Kind::EventCount
        | Kind::ValueCount(_)
        | Kind::ValueSum(_)
        | Kind::ValueAvg(_)
        | Kind::ValuePercentile { .. }
        | Kind::ValueMedian(_)
        | Kind::Temporal => windows.to_vec(),
    }
}
