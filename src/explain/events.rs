//! In which numbered events a rule looks.
//!
//! The log source says provider and channel, and for a category also the numbers. Where the rule names events itself,
//! those count: the values of `EventID` of every search that the condition reaches below an even number of negations,
//! united. A value counts where it is compared for equality and is a number. Where a channel has many providers,
//! `Provider_Name` of the same search says which, or else that of a search that names no event, or else every provider
//! that is known to write such an event there. An event that the table does not have is shown without a title, and
//! where nobody knows its provider the channel stands for it. Deliberately absent: values that only filters of other
//! documents name, and titles for what is unknown.

use super::model::{EventRow, Events, Needs, Via};
use crate::facts::logsources::{Alternative, Asked, Log, log};
use crate::facts::windows_events::{self as facts, Event};
use crate::rule::{Condition, Detection, DetectionItem, Modifier, Rule, Search, SearchIdentifier, ValueKind};
use std::collections::BTreeSet;

/// In which numbered events a rule looks, or why there are none.
pub fn events(rule: &Rule) -> Events {
    let source = &rule.logsource;
    let asked = Asked { product: source.product.as_deref(), category: source.category.as_deref(), service: source.service.as_deref() };
    let Some(log) = log(asked) else { return none(format!("Unknown log source: {}", described(asked))) };
    if let Some(name) = log.unnumbered {
        return none(format!("No numbered events: {name}"));
    }
    let named = Named::of(rule);
    let found = if named.events.is_empty() { by_log_source(log, rule) } else { by_event_id(log, &named) };
    match found.rows.is_empty() {
        true => none(unnamed(log, &named)),
        false => found,
    }
}

fn none(note: String) -> Events {
    Events { note: Some(note), ..Events::default() }
}

fn described(asked: Asked<'_>) -> String {
    let attributes = [("product", asked.product), ("category", asked.category), ("service", asked.service)];
    let named = attributes.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name} {value}")));
    named.collect::<Vec<_>>().join(", ")
}

/// Why a log with numbered events has none for the rule.
fn unnamed(log: &Log, named: &Named<'_>) -> String {
    match log.channels.as_slice() {
        [] if named.events.is_empty() => "No numbered events: the rule names neither a channel nor an EventID".to_owned(),
        [] => "No numbered events: the rule names an EventID, and neither a channel nor a provider".to_owned(),
        channels => format!("No numbered events: the rule names no EventID of {}", channels.join(", ")),
    }
}

/// The events that a category means, and the other ones that hold the same.
fn by_log_source(log: &Log, rule: &Rule) -> Events {
    let one = |id: &u32| Writers { log, channels: log.channels.clone() }.rows(*id, None, Via::Logsource);
    let rows: Vec<EventRow> = log.event_ids.iter().flat_map(one).collect();
    match log.alternative().filter(|_| !rows.is_empty()) {
        Some(alternative) => with_alternative(rows, alternative, log, rule),
        None => Events { rows, ..Events::default() },
    }
}

fn with_alternative(mut rows: Vec<EventRow>, alternative: Alternative, log: &Log, rule: &Rule) -> Events {
    let there = |field: &str| alternative.fields.iter().find(|(own, _)| *own == field).map(|(_, there)| (*there).to_owned());
    let used: Vec<(&str, Option<String>)> = fields(rule).into_iter().map(|field| (field, there(field))).collect();
    let missing: Vec<String> = used.iter().filter(|(_, there)| there.is_none()).map(|(field, _)| (*field).to_owned()).collect();
    if missing.is_empty() {
        let mapping = used.into_iter().filter_map(|(field, there)| Some((field.to_owned(), there?))).collect();
        rows.push(EventRow { mapping, ..alternative_row(alternative, Via::Alternative) });
        return Events { rows, ..Events::default() };
    }
    let (fields, unknown_fields): (Vec<String>, Vec<String>) =
        missing.into_iter().partition(|field| alternative.own.contains(&field.as_str()));
    let needs = log.provider.filter(|_| !fields.is_empty()).map(|provider| Needs { short: facts::short_name(provider), fields });
    Events { rows, note: None, needs, unknown_fields }
}

fn alternative_row(alternative: Alternative, via: Via) -> EventRow {
    let is_meant = |event: &&Event| (event.provider, event.channel) == (alternative.provider, alternative.channel);
    let title = facts::events(alternative.event_id).iter().find(is_meant).and_then(|event| event.title);
    row(alternative.provider, Some(alternative.channel), alternative.event_id, title, via)
}

fn row(provider: &str, channel: Option<&str>, event_id: u32, title: Option<&str>, via: Via) -> EventRow {
    EventRow {
        provider: provider.to_owned(),
        short: facts::short_name(provider),
        channel: channel.map(str::to_owned),
        event_id,
        title: title.map(str::to_owned),
        via,
        mapping: Vec::new(),
    }
}

/// The events that the rule names.
fn by_event_id(log: &Log, named: &Named<'_>) -> Events {
    let channels = if log.channels.is_empty() { named.channels.clone() } else { log.channels.clone() };
    let writers = Writers { log, channels };
    let mut rows: Vec<EventRow> = Vec::new();
    for (id, provider) in &named.events {
        let other = log.alternative().filter(|other| other.event_id == *id);
        let found = match other {
            Some(other) => vec![alternative_row(other, Via::EventId)],
            None => writers.rows(*id, *provider, Via::EventId),
        };
        for row in found {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    Events { rows, ..Events::default() }
}

/// Who may write the events that a log source means.
struct Writers<'l> {
    log: &'l Log,
    channels: Vec<&'l str>,
}

impl Writers<'_> {
    /// The events with a number that are meant.
    fn rows(&self, id: u32, provider: Option<&str>, via: Via) -> Vec<EventRow> {
        let is_here = |event: &&Event| self.channels.iter().any(|channel| channel.eq_ignore_ascii_case(event.channel));
        let anywhere = self.channels.is_empty() && provider.is_some();
        let known: Vec<&Event> = facts::events(id).iter().filter(|event| anywhere || is_here(event)).collect();
        let meant = match (self.log.provider, provider) {
            (Some(usual), _) => written_by(&known, usual).unwrap_or(known),
            (None, Some(asked)) => written_by(&known, asked).unwrap_or_default(),
            (None, None) => known,
        };
        if meant.is_empty() {
            return self.unknown(id, provider, via).into_iter().collect();
        }
        meant.into_iter().map(|event| row(event.provider, Some(event.channel), id, event.title, via)).collect()
    }

    /// An event that the table does not have.
    fn unknown(&self, id: u32, provider: Option<&str>, via: Via) -> Option<EventRow> {
        let channel = match self.channels.as_slice() {
            [channel] => Some(*channel),
            [] | [_, _, ..] => None,
        };
        let provider = self.log.provider.or(provider).or_else(|| self.channels.first().copied())?;
        Some(row(provider, channel, id, None, via))
    }
}

/// Those of the events that a provider writes; of several ways to spell its name, the exact one goes first.
fn written_by<'e>(events: &[&'e Event], provider: &str) -> Option<Vec<&'e Event>> {
    let short = facts::short_name(provider);
    let exact = |event: &Event| event.provider.eq_ignore_ascii_case(provider);
    let alike = |event: &Event| facts::short_name(event.provider).eq_ignore_ascii_case(&short);
    let those = |is: &dyn Fn(&Event) -> bool| events.iter().copied().filter(|event| is(event)).collect::<Vec<_>>();
    [those(&exact), those(&alike)].into_iter().find(|found| !found.is_empty())
}

/// What a rule says of its events.
#[derive(Debug, Default)]
struct Named<'r> {
    /// Numbers, each with the provider that is named with it.
    events: BTreeSet<(u32, Option<&'r str>)>,
    channels: Vec<&'r str>,
}

impl<'r> Named<'r> {
    fn of(rule: &'r Rule) -> Self {
        let detection = &rule.detection;
        let mut reached = Vec::new();
        for condition in &detection.conditions {
            reach(&condition.condition, detection, Sign::Positive, &mut reached);
        }
        let mut maps = Vec::new();
        reached.iter().filter(|(_, sign)| *sign == Sign::Positive).for_each(|(identifier, _)| add_maps(&identifier.search, &mut maps));
        let mentions: Vec<Mention<'r>> = maps.into_iter().map(Mention::of).collect();
        let elsewhere: Vec<&str> = mentions.iter().filter(|own| own.ids.is_empty()).flat_map(|own| &own.providers).copied().collect();
        let mut named = Self::default();
        for mention in &mentions {
            named.channels.extend(&mention.channels);
            let providers = if mention.providers.is_empty() { &elsewhere } else { &mention.providers };
            for id in &mention.ids {
                match providers.as_slice() {
                    [] => drop(named.events.insert((*id, None))),
                    several => named.events.extend(several.iter().map(|provider| (*id, Some(*provider)))),
                }
            }
        }
        named
    }
}

/// What one map of a search says of its events.
struct Mention<'r> {
    ids: Vec<u32>,
    providers: Vec<&'r str>,
    channels: Vec<&'r str>,
}

impl<'r> Mention<'r> {
    fn of(items: &'r [DetectionItem]) -> Self {
        Self { ids: numbers(items), providers: texts(items, "Provider_Name"), channels: texts(items, "Channel") }
    }
}

/// The values with which a field is compared for equality.
fn values<'r>(items: &'r [DetectionItem], field: &str) -> impl Iterator<Item = &'r ValueKind> {
    let is_equality = |modifier: &Modifier| matches!(modifier, Modifier::All | Modifier::Cased | Modifier::Expand);
    let meant = items.iter().filter(move |item| item.field.as_deref() == Some(field) && item.modifiers.iter().all(is_equality));
    meant.flat_map(|item| &item.values).flat_map(|value| members(&value.kind))
}

/// The values that one stands for.
fn members(kind: &ValueKind) -> &[ValueKind] {
    match kind {
        ValueKind::AnyOf(kinds) => kinds,
        ValueKind::Text(_)
        | ValueKind::Regex(_)
        | ValueKind::Network(_)
        | ValueKind::Field(_)
        | ValueKind::Number(_)
        | ValueKind::Boolean(_)
        | ValueKind::Null => std::slice::from_ref(kind),
    }
}

fn numbers(items: &[DetectionItem]) -> Vec<u32> {
    let number = |kind: &ValueKind| match kind {
        ValueKind::Number(number) => number.to_string().parse().ok(),
        ValueKind::Text(text) => text.as_exact().and_then(|text| text.parse().ok().filter(|id: &u32| id.to_string() == text)),
        ValueKind::Regex(_)
        | ValueKind::Network(_)
        | ValueKind::Field(_)
        | ValueKind::Boolean(_)
        | ValueKind::Null
        | ValueKind::AnyOf(_) => None,
    };
    values(items, "EventID").filter_map(number).collect()
}

fn texts<'r>(items: &'r [DetectionItem], field: &str) -> Vec<&'r str> {
    let text = |kind: &'r ValueKind| match kind {
        ValueKind::Text(text) => text.as_exact(),
        ValueKind::Regex(_)
        | ValueKind::Network(_)
        | ValueKind::Field(_)
        | ValueKind::Number(_)
        | ValueKind::Boolean(_)
        | ValueKind::Null
        | ValueKind::AnyOf(_) => None,
    };
    values(items, field).filter_map(text).collect()
}

/// Whether a search stands below an odd number of negations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Positive,
    Negative,
}

/// The searches that a condition refers to, in its order.
fn reach<'r>(condition: &Condition, detection: &'r Detection, sign: Sign, found: &mut Vec<(&'r SearchIdentifier, Sign)>) {
    let mut add = |is_meant: &dyn Fn(&str) -> bool| {
        found.extend(detection.identifiers.iter().filter(|own| is_meant(&own.name)).map(|own| (own, sign)));
    };
    match condition {
        Condition::Or(operands) | Condition::And(operands) => operands.iter().for_each(|own| reach(own, detection, sign, found)),
        Condition::Not(operand) => {
            let opposite = match sign {
                Sign::Positive => Sign::Negative,
                Sign::Negative => Sign::Positive,
            };
            reach(operand, detection, opposite, found);
        }
        Condition::Identifier(name) => add(&|own| own == name),
        Condition::Selector { pattern, .. } => add(&|own| pattern.selects(own)),
    }
}

/// The maps of a search, each on its own.
fn add_maps<'r>(search: &'r Search, maps: &mut Vec<&'r [DetectionItem]>) {
    match search {
        Search::All(items) => maps.push(items),
        Search::Any(searches) => searches.iter().for_each(|own| add_maps(own, maps)),
        Search::Keywords(item) => maps.push(std::slice::from_ref(item)),
    }
}

/// The fields that a rule and what filters add ask for, whether or not an event has to have them, in their order.
///
/// Which events are meant is no question to a field: `EventID`, `Provider_Name`, `Channel` and `Computer` are in every
/// Windows event.
pub(super) fn fields(rule: &Rule) -> Vec<&str> {
    const OF_EVERY_EVENT: &[&str] = &["EventID", "Provider_Name", "Channel", "Computer"];
    all_fields(rule).into_iter().filter(|field| !OF_EVERY_EVENT.contains(field)).collect()
}

/// All fields that a rule and what filters add ask for, each once.
pub(super) fn all_fields(rule: &Rule) -> Vec<&str> {
    let mut fields: Vec<&str> = Vec::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for item in items(rule) {
        let others = item.values.iter().filter_map(|value| match &value.kind {
            ValueKind::Field(field) => Some(field.as_str()),
            ValueKind::Text(_)
            | ValueKind::Regex(_)
            | ValueKind::Network(_)
            | ValueKind::Number(_)
            | ValueKind::Boolean(_)
            | ValueKind::Null
            | ValueKind::AnyOf(_) => None,
        });
        fields.extend(item.field.as_deref().into_iter().chain(others).filter(|field| known.insert(field)));
    }
    fields
}

/// The items of every search that a condition of the rule, or of a filter, refers to.
pub(super) fn items(rule: &Rule) -> Vec<&DetectionItem> {
    let mut maps = Vec::new();
    for detection in std::iter::once(&rule.detection).chain(rule.filters.iter().map(AsRef::as_ref)) {
        let mut reached = Vec::new();
        for condition in &detection.conditions {
            reach(&condition.condition, detection, Sign::Positive, &mut reached);
        }
        reached.iter().for_each(|(identifier, _)| add_maps(&identifier.search, &mut maps));
    }
    maps.into_iter().flatten().collect()
}
