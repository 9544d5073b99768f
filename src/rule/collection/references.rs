//! What correlations refer to: found, without circles, and the same in rules, conditions and aliases (sigma.md §7).

use super::names::Names;
use super::size::{Room, of_rule};
use super::{reject, shown};
use crate::diag::{Code, Diagnostic, quote};
use crate::rule::correlation::{Correlation, Firing, Reference};
use crate::rule::{Condition, Document};
use crate::source::Place;
use std::collections::{BTreeMap, BTreeSet};

/// For each correlation the documents that it refers to.
pub(super) type Slots = BTreeMap<usize, Vec<usize>>;

/// Resolves the references of all correlations; those with an error are left out, and those that refer to them. Also
/// gives an order of the correlations in which each comes after those that it refers to.
pub(super) fn resolve(documents: &mut [&mut Document], names: &Names) -> (Slots, BTreeMap<usize, usize>) {
    let mut slots = Slots::new();
    for number in 0..documents.len() {
        let Some(correlation) = documents.get(number).and_then(|document| document.correlation.clone()) else { continue };
        match found(&correlation, documents, names) {
            Ok(rules) => {
                slots.insert(number, rules);
            }
            Err(problems) => rejected(documents, number, problems),
        }
    }
    let ranks = order(documents, &mut slots);
    (slots, ranks)
}

fn rejected(documents: &mut [&mut Document], number: usize, problems: Vec<Diagnostic>) {
    if let Some(document) = documents.get_mut(number) {
        reject(document, problems);
    }
}

/// The documents of the rules of a correlation, or everything that is wrong with its references.
fn found(correlation: &Correlation, documents: &[&mut Document], names: &Names) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let (mut rules, mut seen, mut problems) = (Vec::new(), BTreeSet::new(), Vec::new());
    for reference in &correlation.rules {
        if let Some(problem) = names.ambiguous(reference) {
            problems.push(problem);
            continue;
        }
        match names.find(&reference.name) {
            None => {
                let problem = Diagnostic::error(Code::RuleNotFound, reference.place, format!("no rule {}", quote(&reference.name)));
                problems.push(problem.help(names.meant(&reference.name)));
            }
            Some(number) if documents.get(number).is_some_and(|document| document.filter.is_some()) => {
                let problem = Diagnostic::error(Code::CorrelationRules, reference.place, format!("{} is a filter", quote(&reference.name)));
                problems.push(problem.help("refer to detection rules and correlations"));
            }
            Some(number) if !seen.insert(number) => {
                let message = format!("{} is in the list already, by its other name", quote(&reference.name));
                problems.push(Diagnostic::error(Code::CorrelationRules, reference.place, message).help("remove one of the two"));
            }
            Some(number) => rules.push(number),
        }
    }
    if problems.is_empty() {
        problems = mismatches(correlation, &rules, &seen, names);
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

/// Where aliases and the condition speak of other rules than the list does.
fn mismatches(correlation: &Correlation, rules: &[usize], all: &BTreeSet<usize>, names: &Names) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for alias in &correlation.aliases {
        let mut seen = BTreeSet::new();
        for (reference, _) in &alias.fields {
            let number = names.find(&reference.name).filter(|number| all.contains(number));
            let message = match number {
                None => {
                    format!("the alias {} names {}, which the correlation does not refer to", quote(&alias.name), quote(&reference.name))
                }
                Some(number) if !seen.insert(number) => {
                    format!("the alias {} names the rule {} twice", quote(&alias.name), quote(&reference.name))
                }
                Some(_) => continue,
            };
            let problem = Diagnostic::error(Code::CorrelationAliases, reference.place, message);
            problems.push(problem.help("write each rule of `rules` once, by id or name"));
        }
    }
    if let Firing::Presence { condition, place, .. } = &correlation.condition {
        problems.extend(other_rules(condition, *place, correlation, rules, names));
    }
    problems
}

/// Where the condition and the list of rules differ.
fn other_rules(condition: &Condition, place: Place, correlation: &Correlation, rules: &[usize], names: &Names) -> Vec<Diagnostic> {
    let error = |place, message| {
        Diagnostic::error(Code::CorrelationCondition, place, message)
            .help("name the same rules in `rules` and in the condition, or leave `rules` out")
    };
    let all: BTreeSet<usize> = rules.iter().copied().collect();
    let mut named = BTreeSet::new();
    let mut problems = Vec::new();
    for name in identifiers(condition) {
        match names.find(name).filter(|number| all.contains(number)) {
            Some(number) => {
                named.insert(number);
            }
            None => problems.push(error(place, format!("the condition names {}, which is not in `rules`", quote(name)))),
        }
    }
    let unnamed = correlation.rules.iter().zip(rules).filter(|(_, number)| !named.contains(number));
    problems.extend(unnamed.map(|(Reference { name, place }, _)| error(*place, format!("the condition does not name {}", quote(name)))));
    problems
}

/// The names in a condition.
fn identifiers(condition: &Condition) -> BTreeSet<&str> {
    let (mut open, mut names) = (vec![condition], BTreeSet::new());
    while let Some(next) = open.pop() {
        match next {
            Condition::Or(children) | Condition::And(children) => open.extend(children),
            Condition::Not(child) => open.push(child),
            Condition::Identifier(name) => {
                names.insert(name.as_str());
            }
            Condition::Selector { .. } => {}
        }
    }
    names
}

/// So many correlations may refer to each other in a chain: a query is nested as deep as its chain is long.
const MAX_CHAIN: usize = 16;

/// Why a correlation that refers to nothing wrong is none that can be used.
#[derive(Clone, Copy)]
enum Excess {
    /// The chain below it is too long.
    Chain,
    /// With others it is too large, each with the rules below it.
    Size,
}

impl Excess {
    /// What is wrong, and the remedy.
    fn words(self) -> (String, &'static str) {
        match self {
            Self::Chain => {
                let message = format!("a chain of more than {MAX_CHAIN} correlations, each of which refers to the next");
                (message, "correlate what the others are made of")
            }
            Self::Size => {
                let message = "this correlation and others, each with the rules below it, are together too large".to_owned();
                (message, "refer to smaller rules, or give fewer correlations at a time")
            }
        }
    }
}

/// Everything below a correlation, itself included.
pub(super) fn reached(slots: &Slots, number: usize) -> BTreeSet<usize> {
    let (mut open, mut seen) = (vec![number], BTreeSet::from([number]));
    while let Some(next) = open.pop() {
        open.extend(slots.get(&next).into_iter().flatten().copied().filter(|below| seen.insert(*below)));
    }
    seen
}

/// Whether a correlation of this height is too much.
fn excess(documents: &[&mut Document], slots: &Slots, number: usize, height: usize, room: &mut Room) -> Option<Excess> {
    if height > MAX_CHAIN {
        return Some(Excess::Chain);
    }
    (room.is_full() || !room.take(extent(documents, slots, number))).then_some(Excess::Size)
}

/// The nodes of all rules below a correlation.
fn extent(documents: &[&mut Document], slots: &Slots, number: usize) -> usize {
    let rules = reached(slots, number).into_iter().filter_map(|number| documents.get(number));
    rules.fold(0, |sum, document| sum.saturating_add(document.rule.as_ref().map_or(1, of_rule)))
}

/// Ranks correlations after those that they refer to. What refers to a document without rule, or to itself, is an error
/// and no longer a slot.
fn order(documents: &mut [&mut Document], slots: &mut Slots) -> BTreeMap<usize, usize> {
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, rules) in &*slots {
        rules.iter().for_each(|rule| users.entry(*rule).or_default().push(*number));
    }
    let mut waiting: BTreeMap<usize, usize> = slots.iter().map(|(number, rules)| (*number, rules.len())).collect();
    let mut ready: Vec<usize> =
        users.keys().copied().filter(|number| documents.get(*number).is_some_and(|own| own.rule.is_some())).collect();
    let mut ranks = BTreeMap::new();
    let mut heights: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut room, mut excesses) = (Room::beside(documents), BTreeMap::new());
    while let Some(number) = ready.pop() {
        if let Some(rules) = slots.get(&number) {
            let height = 1 + rules.iter().filter_map(|rule| heights.get(rule)).max().copied().unwrap_or_default();
            if let Some(excess) = excess(documents, slots, number, height, &mut room) {
                excesses.insert(number, excess);
                continue;
            }
            heights.insert(number, height);
            ranks.insert(number, ranks.len());
        }
        for user in users.get(&number).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(user) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(*user);
                }
            }
        }
    }
    let stuck: BTreeSet<usize> = slots.keys().copied().filter(|number| !ranks.contains_key(number)).collect();
    let circles = circles(&stuck, slots);
    for number in &stuck {
        let rules = slots.remove(number).unwrap_or_default();
        match excesses.get(number) {
            Some(excess) => exceeded(documents, *number, *excess),
            None => refuse(documents, *number, &rules, &stuck, &circles),
        }
    }
    ranks
}

/// Of the correlations that cannot be ranked, those in a circle (or between two): what is left when those are taken away,
/// again and again, that refer to no other one, or that no other one refers to.
fn circles(stuck: &BTreeSet<usize>, slots: &Slots) -> BTreeSet<usize> {
    let edges = |number: &usize| slots.get(number).into_iter().flatten().copied().filter(|rule| stuck.contains(rule));
    let forward: BTreeMap<usize, Vec<usize>> = stuck.iter().map(|number| (*number, edges(number).collect())).collect();
    let mut backward: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, rules) in &forward {
        rules.iter().for_each(|rule| backward.entry(*rule).or_default().push(*number));
    }
    let mut left = stuck.clone();
    prune(&mut left, &forward, &backward);
    prune(&mut left, &backward, &forward);
    left
}

/// Takes away what has no edge to anything that is left.
fn prune(left: &mut BTreeSet<usize>, edges: &BTreeMap<usize, Vec<usize>>, reverse: &BTreeMap<usize, Vec<usize>>) {
    let live =
        |number: &usize, left: &BTreeSet<usize>| edges.get(number).into_iter().flatten().filter(|other| left.contains(other)).count();
    let mut counts: BTreeMap<usize, usize> = left.iter().map(|number| (*number, live(number, left))).collect();
    let mut bare: Vec<usize> = counts.iter().filter(|(_, count)| **count == 0).map(|(number, _)| *number).collect();
    while let Some(number) = bare.pop() {
        left.remove(&number);
        for other in reverse.get(&number).into_iter().flatten().filter(|other| left.contains(other)) {
            if let Some(count) = counts.get_mut(other) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    bare.push(*other);
                }
            }
        }
    }
}

/// Says why a correlation cannot be used: a circle, or a rule that has errors.
fn refuse(documents: &mut [&mut Document], number: usize, rules: &[usize], stuck: &BTreeSet<usize>, circles: &BTreeSet<usize>) {
    let in_circle = circles.contains(&number);
    let references = documents.get(number).and_then(|document| document.correlation.as_ref()).map(|own| own.rules.clone());
    let mut problems = Vec::new();
    for (reference, rule) in references.iter().flatten().zip(rules) {
        let Some(other) = documents.get(*rule) else { continue };
        if in_circle && circles.contains(rule) {
            let message = format!("{} refers to this correlation, which refers to it", quote(&reference.name));
            let problem = Diagnostic::error(Code::CorrelationCycle, reference.place, message);
            problems.push(problem.help("break the circle: each correlation counts what is there without it"));
        } else if stuck.contains(rule) || (other.rule.is_none() && other.correlation.is_none()) {
            let message = format!("the rule {} has errors", quote(&reference.name));
            let problem = Diagnostic::error(Code::RuleNotFound, reference.place, message);
            problems.push(problem.help(format!("correct {} first", shown(other))));
        }
    }
    rejected(documents, number, problems);
}

/// Says that a correlation is too much.
fn exceeded(documents: &mut [&mut Document], number: usize, excess: Excess) {
    let place = documents.get(number).and_then(|document| document.correlation.as_ref()).map(|own| own.place);
    let (message, help) = excess.words();
    let problem = place.map(|place| Diagnostic::error(Code::CorrelationRules, place, message).help(help));
    rejected(documents, number, problem.into_iter().collect());
}
