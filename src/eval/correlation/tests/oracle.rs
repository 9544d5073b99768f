//! Sigma.md §7.1 once more, by trying everything: a window is a filter, an order is an assignment, a branch is a list.

use std::collections::BTreeSet;

/// An occurrence: its rule's place in the list, what tells it from others, and the events behind it.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) time: i64,
    pub(super) slot: usize,
    pub(super) identity: String,
    pub(super) events: BTreeSet<usize>,
    pub(super) group: String,
    pub(super) values: Vec<i64>,
}

/// Time, group, events.
pub(super) type Alert = (i64, String, BTreeSet<usize>);

/// A condition over the places of rules.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Rule(usize),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
}

/// What a window must be like.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Events,
    Values,
    Sum,
    Mean,
    Percentile(i64),
    Rules,
    Order,
}

/// Backward windows in which the tested number, of which `scale` make one, passes.
pub(super) fn counted(all: &[Occurrence], span: i64, test: &Test, passes: impl Fn(i64, i64) -> bool) -> BTreeSet<Alert> {
    let mut alerts = BTreeSet::new();
    for occurrence in all {
        let window = window(all, &occurrence.group, occurrence.time - span, occurrence.time);
        let mut values: Vec<i64> = window.iter().flat_map(|o| o.values.clone()).collect();
        values.sort_unstable();
        let (count, sum) = (values.len() as i64, values.iter().sum::<i64>());
        let number = match test {
            Test::Events => Some((window.iter().map(|o| &o.identity).collect::<BTreeSet<_>>().len() as i64, 1)),
            Test::Values => Some((values.iter().collect::<BTreeSet<_>>().len() as i64, 1)),
            Test::Sum => (count > 0).then_some((sum, 1)),
            Test::Mean => (count > 0).then_some((sum, count)),
            Test::Percentile(p) => (count > 0).then(|| {
                let (at, part) = ((count - 1) * p / 100, (count - 1) * p % 100);
                let above = values.get(at as usize + 1).map_or(0, |above| above - values[at as usize]);
                (100 * values[at as usize] + part * above, 100)
            }),
            Test::Rules => Some((window.iter().map(|o| o.slot).collect::<BTreeSet<_>>().len() as i64, 1)),
            Test::Order => Some((longest(&window, i64::MIN, 0), 1)),
        };
        if number.is_some_and(|(number, scale)| passes(number, scale)) {
            alerts.insert(alert(occurrence.time, &window));
        }
    }
    alerts
}

fn window<'o>(all: &'o [Occurrence], group: &str, from: i64, to: i64) -> Vec<&'o Occurrence> {
    all.iter().filter(|o| o.group == group && from <= o.time && o.time <= to).collect()
}

fn alert(time: i64, window: &[&Occurrence]) -> Alert {
    (time, window[0].group.clone(), window.iter().flat_map(|o| o.events.clone()).collect())
}

/// The most rules from a place on that follow each other after a time.
fn longest(window: &[&Occurrence], after: i64, from: usize) -> i64 {
    let next = window.iter().filter(|o| o.time > after && o.slot >= from);
    next.map(|o| 1 + longest(window, o.time, o.slot + 1)).max().unwrap_or(0)
}

/// Whether these rules follow each other.
fn follow(window: &[&Occurrence], after: i64, rules: &[usize]) -> bool {
    let Some((first, rest)) = rules.split_first() else { return true };
    window.iter().any(|o| o.slot == *first && o.time > after && follow(window, o.time, rest))
}

/// Alerts of a condition; `ordered` asks of its positive rules, which are given in order.
pub(super) fn present(
    all: &[Occurrence],
    span: i64,
    formula: &Formula,
    horizon: i64,
    ordered: impl Fn(&[&Occurrence], &[usize]) -> bool,
) -> BTreeSet<Alert> {
    let mut alerts = BTreeSet::new();
    for branch in branches(formula, true) {
        let wanted: BTreeSet<usize> = branch.iter().filter(|(_, present)| *present).map(|(slot, _)| *slot).collect();
        let order: Vec<usize> = wanted.iter().copied().collect();
        let looks_forward = branch.iter().any(|(_, present)| !present);
        for occurrence in all {
            let (from, to) =
                if looks_forward { (occurrence.time, occurrence.time + span) } else { (occurrence.time - span, occurrence.time) };
            let window = window(all, &occurrence.group, from, to);
            let holds = branch.iter().all(|(slot, present)| window.iter().any(|o| o.slot == *slot) == *present);
            let opened = !looks_forward || (to < horizon && (wanted.is_empty() || wanted.contains(&occurrence.slot)));
            if holds && opened && ordered(&window, &order) {
                alerts.insert(alert(to, &window));
            }
        }
    }
    alerts
}

pub(super) fn in_any_order(_: &[&Occurrence], _: &[usize]) -> bool {
    true
}

pub(super) fn in_order(window: &[&Occurrence], rules: &[usize]) -> bool {
    follow(window, i64::MIN, rules)
}

fn branches(formula: &Formula, holds: bool) -> Vec<Vec<(usize, bool)>> {
    match (formula, holds) {
        (Formula::Rule(slot), _) => vec![vec![(*slot, holds)]],
        (Formula::Not(inner), _) => branches(inner, !holds),
        (Formula::Or(one, other), true) | (Formula::And(one, other), false) => [branches(one, holds), branches(other, holds)].concat(),
        (Formula::And(one, other), true) | (Formula::Or(one, other), false) => {
            let right = branches(other, holds);
            branches(one, holds).iter().flat_map(|one| right.iter().map(|other| [one.clone(), other.clone()].concat())).collect()
        }
    }
}
