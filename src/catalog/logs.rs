//! Lists of rules by log source and by numbered event, with what is known of them: who writes it where, which fields
//! rules look at, and how a rule names it.
//!
//! Facts about logs are those of `facts`; what rules have, and how many of them, is counted here. A rule belongs to an
//! event that it is written for; one that only a mapping of fields leads there stands in a list beside it.

use super::gather::{by, or_not_given};
use super::lists::{Detail, Fact, Link, List, Lists, kind_of_log, logsource_words, qualified_words};
use super::names;
use super::plan::Entry;
use crate::explain::model::{EventRow, Logsource, Predicate, Via};
use crate::facts::logsources::{Asked, Log, log};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The label of what Microsoft calls an event.
pub(super) const EVENT_TITLE: &str = "Title";
/// So many fields, and so many texts, stand on a page.
const FIELDS: usize = 80;
const TEXTS: usize = 12;
/// So many characters of a text stand on a page.
const LONGEST: usize = 1_000;

/// A provider, and the number of one of its events.
type Event = (String, u32);

/// A list for each log source.
pub(super) fn logsources(lists: &mut Lists, entries: &[Entry<'_>]) {
    let found = by(entries, |entry| vec![kind_of_log(&entry.explanation.rule.logsource)]);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for logsource in found.keys() {
        *times.entry(logsource_words(logsource)).or_default() += 1;
    }
    for (logsource, members) in found {
        let words = logsource_words(&logsource);
        let heading = if times.get(&words) == Some(&1) { words } else { qualified_words(&logsource) };
        let fact = |label, value: &Option<String>| Fact { label, text: or_not_given(value.as_deref()) };
        let facts = vec![fact("Product", &logsource.product), fact("Category", &logsource.category), fact("Service", &logsource.service)];
        let name = names::of_logsource([&logsource.product, &logsource.category, &logsource.service].map(Option::as_deref));
        let own: Vec<&Entry<'_>> = members.iter().filter_map(|number| entries.get(*number)).collect();
        let details = vec![
            Detail::Links { heading: "Events", links: events_of(lists, &own) },
            Detail::Texts { heading: "What must be configured", rows: definitions(&own) },
            Detail::Code { heading: "In a rule", text: snippet(&logsource) },
            fields(&own),
        ];
        let number = lists.add(List {
            facts: facts.into_iter().chain(known(&logsource)).collect(),
            details,
            ..List::new(format!("logsource/{name}"), "logsources", "Log source".to_owned(), heading, members)
        });
        lists.logsources.insert(logsource, number);
    }
}

/// What is known of a log source, whatever rules say.
fn known(logsource: &Logsource) -> Vec<Fact> {
    let Logsource { product, category, service, definition: _ } = logsource;
    let asked = Asked { product: product.as_deref(), category: category.as_deref(), service: service.as_deref() };
    let facts = |log: &Log| {
        let channels = (!log.channels.is_empty()).then(|| log.channels.join(", "));
        let pairs = [("Provider", log.provider.map(str::to_owned)), ("Channel", channels), ("Log", log.unnumbered.map(str::to_owned))];
        pairs.into_iter().filter_map(|(label, text)| Some(Fact { label, text: text? })).collect()
    };
    log(asked).map_or_else(Vec::new, facts)
}

/// The events in which some rules look, with how many do.
fn events_of(lists: &Lists, entries: &[&Entry<'_>]) -> Vec<Link> {
    let mut found: BTreeMap<Event, (usize, &EventRow)> = BTreeMap::new();
    for entry in entries {
        let rows: BTreeMap<Event, &EventRow> = entry.explanation.events.rows.iter().map(|row| (key(row), row)).collect();
        for (event, row) in rows {
            found.entry(event).or_insert((0, row)).0 += 1;
        }
    }
    let link = |(event, (rules, row)): (&Event, &(usize, &EventRow))| {
        let title = row.title.as_deref().map(|title| format!(": {title}")).unwrap_or_default();
        let how = if row.via == Via::Alternative { " (by a mapping of fields)" } else { "" };
        let list = *lists.events.get(event)?;
        Some(Link { label: format!("{} {}{title}{how}", row.short, row.event_id), list, rules: *rules })
    };
    let mut links: Vec<Link> = found.iter().filter_map(link).collect();
    links.sort_by_key(|link| Reverse(link.rules));
    links
}

/// What rules say must be configured, each text once, the most frequent first.
fn definitions(entries: &[&Entry<'_>]) -> Vec<String> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for definition in entries.iter().filter_map(|entry| entry.explanation.rule.logsource.definition.as_deref()) {
        *found.entry(definition.trim()).or_default() += 1;
    }
    let mut sorted: Vec<(&str, usize)> = found.into_iter().collect();
    sorted.sort_by_key(|(_, rules)| Reverse(*rules));
    sorted.into_iter().take(TEXTS).map(|(text, _)| text.chars().take(LONGEST).collect()).collect()
}

/// The fields at which rules look, those of most rules first.
fn fields(entries: &[&Entry<'_>]) -> Detail {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries {
        let wanted = entry.explanation.indicators.iter().map(|own| &own.predicate);
        let suppressed = entry.explanation.exclusions.rows.iter().map(|own| &own.predicate);
        let own: BTreeSet<&str> = wanted.chain(suppressed).filter_map(|own: &Predicate| own.field.as_deref()).collect();
        own.into_iter().for_each(|field| *found.entry(field).or_default() += 1);
    }
    let mut sorted: Vec<(&str, usize)> = found.into_iter().collect();
    sorted.sort_by_key(|(_, rules)| Reverse(*rules));
    let more = sorted.len().saturating_sub(FIELDS);
    let rows = sorted.into_iter().take(FIELDS).map(|(field, rules)| (field.chars().take(LONGEST).collect(), rules)).collect();
    Detail::Counts { heading: "Fields", note: "The fields in which these rules look, with the number of rules.", rows, more }
}

/// How a rule names a log source.
fn snippet(logsource: &Logsource) -> String {
    let attributes = [("product", &logsource.product), ("category", &logsource.category), ("service", &logsource.service)];
    let is_plain = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let reserved = |text: &str| matches!(text, "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    let written = |text: &str| if is_plain(text) && !reserved(text) { text.to_owned() } else { serde_json::Value::from(text).to_string() };
    let line = |(name, value): (&str, &Option<String>)| value.as_deref().map(|text| format!("    {name}: {}\n", written(text)));
    let lines: String = attributes.into_iter().filter_map(line).collect();
    format!("logsource:\n{lines}")
}

fn key(row: &EventRow) -> Event {
    (row.provider.clone(), row.event_id)
}

/// A list for each numbered event.
pub(super) fn events(lists: &mut Lists, entries: &[Entry<'_>]) {
    let rows = |entry: &Entry<'_>, mapped: bool| -> Vec<Event> {
        entry.explanation.events.rows.iter().filter(|row| (row.via == Via::Alternative) == mapped).map(key).collect()
    };
    let (mut written, mut mapped) = (by(entries, |entry| rows(entry, false)), by(entries, |entry| rows(entry, true)));
    let mut known: BTreeMap<Event, &EventRow> = BTreeMap::new();
    for row in entries.iter().flat_map(|entry| &entry.explanation.events.rows) {
        known.entry(key(row)).or_insert(row);
    }
    let stems: Vec<String> = known.keys().map(|(provider, id)| format!("{provider}-{id}")).collect();
    let files = names::unique(stems.iter().map(String::as_str));
    for ((event, row), stem) in known.into_iter().zip(&stems) {
        let (members, others) = (written.remove(&event).unwrap_or_default(), mapped.remove(&event).unwrap_or_default());
        let all = || members.iter().chain(&others).filter_map(|number| entries.get(*number));
        let product = product(all());
        let kicker = format!("{} event", if product.is_empty() { "Numbered" } else { product.as_str() });
        let fact = |label, text: &Option<String>| text.clone().map(|text| Fact { label, text });
        let facts = [
            Some(Fact { label: "Provider", text: row.provider.clone() }),
            fact("Channel", &row.channel),
            Some(Fact { label: "Event ID", text: row.event_id.to_string() }),
            fact(EVENT_TITLE, &row.title),
        ];
        let (stem, heading) =
            (format!("event/{}", files.get(stem.as_str()).map_or("none", String::as_str)), format!("{} {}", row.short, row.event_id));
        let own: Vec<&Entry<'_>> = members.iter().filter_map(|number| entries.get(*number)).collect();
        let mut details = vec![fields(&own)];
        if !others.is_empty() {
            let rules = others.len();
            let list = lists.add(List {
                note: Some(MAPPED.to_owned()),
                ..List::new(format!("{stem}-mapped"), "events", kicker.clone(), format!("{heading}, by a mapping of fields"), others)
            });
            lists.mapped.insert(event.clone(), rules);
            let label = "Rules that are written for another event and reach this one by a mapping".to_owned();
            details.push(Detail::Links { heading: "By a mapping of fields", links: vec![Link { label, list, rules }] });
        }
        let facts = facts.into_iter().flatten().collect();
        let number = lists.add(List { facts, details, ..List::new(stem, "events", kicker, heading, members) });
        lists.products.insert(event.clone(), product);
        lists.events.insert(event, number);
    }
}

const MAPPED: &str = "These rules are written for another event. All fields that they ask for exist in this one, some of them under other names, which their pages say.";

/// The product that most of some rules are for, as a word that begins a title.
fn product<'e>(entries: impl Iterator<Item = &'e Entry<'e>>) -> String {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for product in entries.filter_map(|entry| entry.explanation.rule.logsource.product.as_deref()) {
        *found.entry(product).or_default() += 1;
    }
    let most = found.into_iter().max_by_key(|(product, rules)| (*rules, Reverse(*product))).map_or("", |(product, _)| product);
    let mut letters = most.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).take(60).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_sources_are_written_as_rules_have_them() {
        let logsource = |product: &str| Logsource { product: Some(product.to_owned()), ..Logsource::default() };
        assert_eq!(snippet(&logsource("windows")), "logsource:\n    product: windows\n");
        assert_eq!(snippet(&logsource("no\n")), "logsource:\n    product: \"no\\n\"\n");
        assert_eq!(snippet(&logsource("yes")), "logsource:\n    product: \"yes\"\n");
    }
}
