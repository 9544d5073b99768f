//! Sequences of events on which a correlation rule and its query are compared.
//!
//! A sequence is planned from the correlation down: so many occurrences as its thresholds are about, spread over so much
//! time as its window is about, with the values that it counts; each occurrence is an event that the rule below matches,
//! or again a sequence that makes the correlation below fire. Around them stand events that try the rest: of other
//! groups and of none, at equal times, without a time, that match no rule, in any order of arrival.
//!
//! Contract: deterministic. A sequence is a proposal: whether it makes the rule fire is for the reference evaluator to
//! say. Deliberately absent: what a correlation means.

use crate::eval;
use crate::event::Event;
use crate::rule::Rule;
use crate::rule::correlation::{Correlation, Firing, Kind, Operator, Threshold};
use crate::rule::program::{Node, Program, Slot};
use crate::text::number::Decimal;
use crate::text::time::{self, Time};
use serde_json::{Number, Value};
use std::collections::BTreeMap;

/// The most occurrences that one level of a plan has.
const MAX_OCCURRENCES: usize = 300;
/// The most events of a sequence.
const MAX_EVENTS: usize = 3_000;
/// How many sequences are planned.
const SEQUENCES: u64 = 48;
const MILLISECOND: i128 = 1_000_000;

/// Sequences for a program whose last rule is a correlation.
///
/// `matching` holds for each of its nodes events that the rule matches, and some that it does not; none for correlations.
/// `clock` is the field that holds the times.
pub fn sequences(program: &Program<'_>, matching: &[Vec<Event>], clock: &str) -> Vec<Vec<Event>> {
    let planner = Planner { program, matching, clock };
    (0..SEQUENCES).map(|number| planner.sequence(number)).collect()
}

/// A small deterministic generator (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; 0 below none.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next().checked_rem(bound).unwrap_or_default()).unwrap_or_default()
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

/// The values of fields, by the names under which one node knows them.
type Fields = BTreeMap<String, Value>;

/// An event that is to happen, in nanoseconds.
struct Happening {
    at: i128,
    event: Event,
}

struct Planner<'p> {
    program: &'p Program<'p>,
    matching: &'p [Vec<Event>],
    clock: &'p str,
}

impl Planner<'_> {
    fn sequence(&self, number: u64) -> Vec<Event> {
        let mut dice = Dice(number.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let start = time::parse("2024-02-28T23:59:58Z").map_or(0, Time::nanoseconds);
        let root = self.program.nodes.len().saturating_sub(1);
        let mut happenings = Vec::new();
        let groups = if number < 4 { 1 } else { 1 + dice.below(3) };
        for group in 0..groups {
            let fields = self.group(root, group, &mut dice);
            self.happen(root, &fields, start, &mut dice, &mut happenings);
        }
        if number >= 4 {
            self.disturb(&mut happenings, &mut dice);
        }
        happenings.truncate(MAX_EVENTS);
        if number % 3 == 1 {
            happenings.sort_by_key(|happening| happening.at);
        } else if number >= 4 {
            dice.shuffle(&mut happenings);
        }
        happenings.into_iter().map(|happening| self.timed(happening, number, &mut dice)).collect()
    }

    /// The values that make a group of the root.
    fn group(&self, root: usize, number: usize, dice: &mut Dice) -> Fields {
        let Some(Node::Correlation { correlation, .. }) = self.program.nodes.get(root) else { return Fields::new() };
        let value = |dice: &mut Dice| match (number, dice.below(4)) {
            (0, _) => Value::from("alice"),
            (_, 0) => Value::from("Alice"),
            (_, 1) => Value::from(7),
            _ => Value::from(format!("user{number}")),
        };
        correlation.group_by.iter().map(|name| (name.clone(), value(dice))).collect()
    }

    /// Makes a node occur, mostly: adds the events that this takes, from a time on, with these values of its fields.
    fn happen(&self, node: usize, fields: &Fields, from: i128, dice: &mut Dice, into: &mut Vec<Happening>) {
        if into.len() >= MAX_EVENTS {
            return;
        }
        match self.program.nodes.get(node) {
            None => {}
            Some(Node::Rule(rule)) => into.extend(self.event(node, rule, fields, dice).map(|event| Happening { at: from, event })),
            Some(Node::Correlation { correlation, slots }) => {
                let plan = Plan::new(correlation, slots.len(), dice);
                for occurrence in &plan.occurrences {
                    let Some(slot) = slots.get(occurrence.slot) else { continue };
                    let own = inner_fields(correlation, slot, fields, occurrence.value.as_ref());
                    self.happen(slot.node, &own, from + occurrence.after, dice, into);
                }
            }
        }
    }

    /// An event that a rule still matches with these fields set, if there is one.
    fn event(&self, node: usize, rule: &Rule, fields: &Fields, dice: &mut Dice) -> Option<Event> {
        let known = self.matching.get(node)?;
        let first = dice.below(known.len());
        let rotated = known.iter().cycle().skip(first).take(known.len().min(40));
        let set = |event: &Event| fields.iter().fold(event.clone(), |event, (name, value)| event.with(name, value.clone()));
        let mut candidates = rotated.map(set);
        candidates.find(|event| eval::matches(rule, event)).or_else(|| known.get(first).cloned())
    }

    /// Adds events that have nothing to do with the plan, or spoil it.
    fn disturb(&self, happenings: &mut Vec<Happening>, dice: &mut Dice) {
        let planned: Vec<(i128, Event)> = happenings.iter().take(40).map(|own| (own.at, own.event.clone())).collect();
        for _ in 0..dice.below(6) {
            let Some((at, event)) = dice.pick(&planned) else { return };
            let (at, mut event) = (*at, event.clone());
            if dice.one_in(2) {
                let names: Vec<String> = event.root().keys().cloned().collect();
                if let Some(name) = dice.pick(&names) {
                    event = event.with(name, dice.pick(&[Value::Null, Value::from("zed"), Value::from("")]).cloned().unwrap_or_default());
                }
            }
            let shift = dice.pick(&[0, 0, MILLISECOND, -MILLISECOND, 30_000 * MILLISECOND]).copied().unwrap_or_default();
            happenings.push(Happening { at: at + shift, event });
        }
        let all: Vec<&Event> = self.matching.iter().flatten().collect();
        for _ in 0..dice.below(3) {
            let at = happenings.last().map_or(0, |own| own.at);
            happenings.extend(dice.pick(&all).map(|event| Happening { at, event: (*event).clone() }));
        }
    }

    /// The event with its time, in one of the ways to write it.
    fn timed(&self, happening: Happening, number: u64, dice: &mut Dice) -> Event {
        let Happening { at, event } = happening;
        let Some(time) = Time::from_nanoseconds(at) else { return event };
        let text = time.to_string();
        let value = match dice.below(12) {
            _ if number < 8 => Value::from(text),
            0 => Value::from(text.replace('T', " ").replace('Z', "")),
            1 => Time::from_nanoseconds(at + 7_200_000 * MILLISECOND)
                .map_or(Value::Null, |shifted| Value::from(shifted.to_string().replace('Z', "+02:00"))),
            2 if dice.one_in(4) => Value::Null,
            3 if dice.one_in(4) => Value::from("no time"),
            _ => Value::from(text),
        };
        event.with(self.clock, value)
    }
}

/// The values of an occurrence by the names that the rule below has for them.
fn inner_fields(correlation: &Correlation, slot: &Slot, fields: &Fields, counted: Option<&Vec<Value>>) -> Fields {
    let named = |name: &String| inner_name(correlation, slot, name);
    let group = correlation.group_by.iter().filter_map(|name| Some((named(name), fields.get(name)?.clone())));
    let counted = counted_fields(&correlation.kind).into_iter().zip(counted.into_iter().flatten());
    group.chain(counted.map(|(name, value)| (named(name), value.clone()))).collect()
}

/// The name that a rule below has for what is an alias, or a field, above.
fn inner_name(correlation: &Correlation, slot: &Slot, name: &str) -> String {
    let alias = correlation.aliases.iter().find(|alias| alias.name == name);
    let field = alias.and_then(|alias| alias.fields.iter().find(|(reference, _)| slot.names.contains(&reference.name)));
    field.map_or_else(|| name.to_owned(), |(_, field)| field.clone())
}

/// The fields whose values are counted.
fn counted_fields(kind: &Kind) -> Vec<&String> {
    match kind {
        Kind::EventCount | Kind::Temporal | Kind::TemporalOrdered => Vec::new(),
        Kind::ValueCount(fields) => fields.iter().collect(),
        Kind::ValueSum(field) | Kind::ValueAvg(field) | Kind::ValueMedian(field) | Kind::ValuePercentile { field, .. } => vec![field],
    }
}

/// An occurrence of a rule below.
struct Occurrence {
    slot: usize,
    /// Nanoseconds after the first.
    after: i128,
    /// The values of what is counted.
    value: Option<Vec<Value>>,
}

/// When the rules below are to occur.
struct Plan {
    occurrences: Vec<Occurrence>,
}

impl Plan {
    fn new(correlation: &Correlation, slots: usize, dice: &mut Dice) -> Self {
        let thresholds = match &correlation.condition {
            Firing::Thresholds(thresholds) => thresholds.as_slice(),
            Firing::Presence { .. } => &[],
        };
        let chosen = chosen_slots(correlation, slots, thresholds, dice);
        let span = span(correlation.timespan, dice);
        let steps = i128::try_from(chosen.len().saturating_sub(1)).unwrap_or(1).max(1);
        let is_bunched = dice.one_in(6);
        let occurrence = |(number, slot): (i128, usize)| Occurrence {
            slot,
            // Whole milliseconds; all but the first at once, now and then.
            after: if is_bunched && number > 0 { span } else { span * number / steps / MILLISECOND * MILLISECOND },
            value: None,
        };
        let mut occurrences: Vec<Occurrence> = (0..).zip(chosen).map(occurrence).collect();
        // The last stands where it is to stand exactly.
        if let Some(last) = occurrences.last_mut().filter(|_| steps > 0) {
            last.after = if last.after == 0 { 0 } else { span };
        }
        value(correlation, thresholds, &mut occurrences, dice);
        Self { occurrences }
    }
}

/// The time from the first occurrence to the last: about the length of the window, or nothing.
fn span(seconds: u64, dice: &mut Dice) -> i128 {
    let window = i128::from(seconds) * 1_000 * MILLISECOND;
    match dice.below(8) {
        0 => 0,
        1 => window + MILLISECOND,
        2 => window - MILLISECOND,
        3 => window / 2,
        4 => 2 * window,
        _ => window,
    }
}

/// Which rules occur, in order of time.
fn chosen_slots(correlation: &Correlation, slots: usize, thresholds: &[Threshold], dice: &mut Dice) -> Vec<usize> {
    match correlation.kind {
        Kind::EventCount => {
            let number = around(thresholds, dice);
            (0..number).map(|_| dice.below(slots)).collect()
        }
        Kind::ValueCount(_) => {
            let number = around(thresholds, dice).saturating_add(dice.below(2));
            (0..number).map(|_| dice.below(slots)).collect()
        }
        Kind::ValueSum(_) | Kind::ValueAvg(_) | Kind::ValueMedian(_) | Kind::ValuePercentile { .. } => {
            (0..1 + dice.below(5)).map(|_| dice.below(slots)).collect()
        }
        Kind::Temporal | Kind::TemporalOrdered => {
            let mut chosen: Vec<usize> = (0..slots).collect();
            match dice.below(6) {
                0 => dice.shuffle(&mut chosen),
                1 => chosen.truncate(slots.saturating_sub(1)),
                2 => chosen.reverse(),
                3 => chosen.extend(0..slots),
                4 => chosen.retain(|_| !dice.one_in(2)),
                _ => {}
            }
            chosen
        }
    }
}

/// A number of occurrences about which a threshold is: at it, below it, above it.
fn around(thresholds: &[Threshold], dice: &mut Dice) -> usize {
    let bound = dice.pick(thresholds).and_then(|threshold| threshold.number.to_string().parse::<usize>().ok()).unwrap_or(2);
    let number = match dice.below(5) {
        0 => bound.saturating_sub(1),
        1 => bound.saturating_add(2),
        2 => bound,
        _ => bound.saturating_add(usize::from(thresholds.iter().any(|threshold| threshold.operator == Operator::Gt))),
    };
    number.min(MAX_OCCURRENCES)
}

/// Gives the occurrences the values that are counted.
fn value(correlation: &Correlation, thresholds: &[Threshold], occurrences: &mut [Occurrence], dice: &mut Dice) {
    let width = counted_fields(&correlation.kind).len();
    if width == 0 {
        return;
    }
    let number = occurrences.len();
    let bound = dice.pick(thresholds).map(|threshold| threshold.number.clone());
    let is_repeating = dice.one_in(4);
    for (at, occurrence) in occurrences.iter_mut().enumerate() {
        let value = match &correlation.kind {
            Kind::EventCount | Kind::Temporal | Kind::TemporalOrdered => return,
            Kind::ValueCount(_) => (0..width).map(|column| distinct(if is_repeating { at / 2 } else { at }, column, width, dice)).collect(),
            Kind::ValueSum(_) => vec![summand(bound.as_ref(), at, number, dice)],
            Kind::ValueAvg(_) | Kind::ValueMedian(_) | Kind::ValuePercentile { .. } => vec![near(bound.as_ref(), dice)],
        };
        occurrence.value = Some(value);
    }
}

/// A value that makes a tuple another one than those before.
fn distinct(at: usize, column: usize, width: usize, dice: &mut Dice) -> Value {
    let own = if column + 1 == width || dice.one_in(2) { at } else { 0 };
    match dice.below(12) {
        0 => Value::from("V1"),
        1 => Value::Null,
        _ => Value::from(format!("v{own}")),
    }
}

/// Numbers that together come to a bound, or miss it by little.
fn summand(bound: Option<&Decimal>, at: usize, number: usize, dice: &mut Dice) -> Value {
    let total = bound.and_then(|bound| bound.to_string().parse::<i64>().ok()).unwrap_or(10);
    let share = i64::try_from(number).ok().and_then(|number| total.checked_div(number)).unwrap_or_default();
    let is_last = at + 1 == number;
    let rest = total.saturating_sub(share.saturating_mul(i64::try_from(at).unwrap_or_default()));
    let own = if is_last { rest } else { share };
    let off = dice.pick(&[0, 0, 0, 1, -1]).copied().unwrap_or_default();
    number_value(&own.saturating_add(off).to_string(), dice)
}

/// A number at a bound or beside it.
fn near(bound: Option<&Decimal>, dice: &mut Dice) -> Value {
    let text = bound.map_or_else(|| "5".to_owned(), ToString::to_string);
    // Whole numbers, which every storage holds exactly; of a fraction those beside it, and never the fraction itself.
    let is_whole = !text.contains('.');
    let whole = text.split('.').next().and_then(|whole| whole.parse::<i64>().ok());
    let beside = whole.map(|bound| bound.saturating_add(dice.pick(&[1, -1, 10]).copied().unwrap_or_default()).to_string());
    match dice.below(5) {
        0 => Value::from("n/a"),
        1 | 2 => number_value(&beside.unwrap_or(text), dice),
        _ if is_whole => number_value(&text, dice),
        _ => number_value(&beside.unwrap_or(text), dice),
    }
}

/// A number, or the text of one.
fn number_value(text: &str, dice: &mut Dice) -> Value {
    match text.parse::<Number>() {
        Ok(number) if dice.one_in(2) => Value::Number(number),
        Ok(_) | Err(_) => Value::from(text),
    }
}
