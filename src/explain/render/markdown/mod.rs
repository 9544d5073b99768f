//! An explanation as Markdown, in the headings and tables of a catalogue's page.
//!
//! The parts up to the indicators are those of the two pages that the project's sample rules come from, row for row; what
//! those do not have (groups, counts, queries, examples, neighbours) is added, never put in their place. Deliberately
//! absent: HTML but for `<code>` where Markdown has no way to write a value.

mod marks;

use self::marks::{block, cell, code, link, message, paragraphs, prose, table};
use super::phrases::groups;
use super::words;
use crate::explain::model::{AttackRow, Compiled, EventRow, Examples, Exclusion, Explanation, Neighbour, Neighbours, Sample, Stage, Wider};
use std::collections::BTreeMap;

/// The page of a rule.
pub fn markdown(of: &Explanation) -> String {
    let sections = [
        header(of),
        attack(of),
        events(of),
        format!("## Rule body\n\n{}", block("yaml", &of.body)),
        stages(&of.stages),
        exclusions(of),
        indicators(of),
        list("False positives", &of.rule.falsepositives, prose),
        list("References", &of.rule.references, link),
        queries(&of.queries),
        examples(&of.examples),
        neighbours(&of.neighbours),
        samples(&of.samples),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Parts one after the other, with an empty line between them.
fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A paragraph of one sentence that has no period yet.
fn sentence(text: &str) -> String {
    format!("{}.\n", message(text))
}

fn header(of: &Explanation) -> String {
    let title = format!("# {}\n", prose(&of.rule.title));
    let description = of.rule.description.as_deref().map(|text| format!("{}\n", paragraphs(text))).unwrap_or_default();
    let attributes = words::attributes(&of.rule).into_iter().map(|(name, text)| vec![name.to_owned(), attribute(name, text.trim())]);
    joined([title, description, table(&["Attribute", "Value"], attributes)])
}

/// What names the rule or its logs is code, everything else is words.
fn attribute(name: &str, text: &str) -> String {
    if matches!(name, "Id" | "Source" | "Log source") { cell(text) } else { prose(text) }
}

fn attack(of: &Explanation) -> String {
    let attack = &of.attack;
    let row = |row: &AttackRow| vec![prose(&words::tactic(&row.tactic)), prose(&words::techniques(&row.techniques))];
    let rows = if attack.rows.is_empty() { String::new() } else { table(&["Tactic", "Techniques"], attack.rows.iter().map(row)) };
    let unknown = attack.unknown.iter().map(|tag| code(tag)).collect::<Vec<_>>().join(", ");
    let unknown = if unknown.is_empty() { unknown } else { format!("Unknown tags: {unknown}.\n") };
    joined(["## MITRE ATT&CK coverage\n".to_owned(), rows, sentence(&words::attack_note(attack)), unknown])
}

fn events(of: &Explanation) -> String {
    let events = &of.events;
    let row =
        |row: &EventRow| vec![prose(&row.short), format!("Event ID {}", row.event_id), prose(row.title.as_deref().unwrap_or_default())];
    let rows = if events.rows.is_empty() { String::new() } else { table(&["Provider", "Event", "Title"], events.rows.iter().map(row)) };
    let notes = words::event_notes(events).into_iter().map(|note| sentence(&note));
    let parts = joined(std::iter::once(rows).chain(notes));
    if parts.is_empty() { parts } else { format!("## Event coverage\n\n{parts}") }
}

fn stages(of: &[Stage]) -> String {
    if of.is_empty() {
        return String::new();
    }
    joined(std::iter::once("## Stages and Predicates\n".to_owned()).chain(of.iter().map(stage)))
}

fn stage(of: &Stage) -> String {
    let label = if of.text.is_some() { prose(&of.label) } else { code(&of.label) };
    let heading = format!("### Stage {}: {label}\n", of.n);
    let condition = of.text.as_deref().map(|text| block("", text)).unwrap_or_default();
    let annotated = words::annotated(of).map(|text| format!("In numbers of stages: {}\n", code(text))).unwrap_or_default();
    let notes = words::stage_notes(of).iter().map(|note| sentence(note)).collect::<Vec<_>>().join("\n");
    let members: String = of.members.iter().map(words::member).collect();
    let members = if members.is_empty() { members } else { block("yaml", &members) };
    joined([heading, condition, annotated, notes, members])
}

fn exclusions(of: &Explanation) -> String {
    let exclusions = &of.exclusions;
    if exclusions.rows.is_empty() {
        return exclusions.note.as_deref().map(|note| format!("## Exclusions\n\n{}", sentence(note))).unwrap_or_default();
    }
    let is_counted = exclusions.rows.iter().any(|row| row.others.is_some());
    let head = ["Field", "Kind", "Excluded values", "Group", "Other rules"];
    let columns = if is_counted { head.len() } else { head.len() - 1 };
    let named: Vec<(&[Exclusion], String)> = names(&exclusions.rows);
    let row = |row: &Exclusion, group: &str| {
        let value = if words::has_value(&row.predicate) { cell(&row.predicate.value) } else { String::new() };
        let group = if row.group == 0 { format!("{}: {}", words::within(row), cell(&row.selection)) } else { group.to_owned() };
        let cells = [cell(words::field(&row.predicate)), words::kind(&row.predicate), value, group, words::others(row.others)];
        cells.into_iter().take(columns).collect::<Vec<_>>()
    };
    let rows = named.iter().flat_map(|(rows, group)| rows.iter().map(|own| row(own, group)));
    let rows = table(head.get(..columns).unwrap_or_default(), rows);
    let counts = if is_counted { format!("{}\n", words::SUPPRESSED_BY) } else { String::new() };
    let together = named.iter().filter_map(|(rows, group)| Some(format!("- {group}: {}\n", words::together(rows, code, code)?)));
    let note: String = words::exclusion_notes(exclusions).iter().map(|note| sentence(note)).collect();
    let parts = [rows, format!("{}\n", words::GROUPS), together.collect(), counts, note];
    joined(["## Exclusions\n".to_owned(), format!("{}\n", words::EXCLUSIONS)].into_iter().chain(parts))
}

/// The groups, each with its name: the searches that it stands in and, where the same ones have several groups, a number.
fn names(rows: &[Exclusion]) -> Vec<(&[Exclusion], String)> {
    let mut totals: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    let is_group = |rows: &&[Exclusion]| rows.first().is_some_and(|row| row.group > 0);
    groups(rows).filter(is_group).for_each(|rows| *totals.entry(words::searches(rows)).or_default() += 1);
    let mut numbers: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    let mut named = Vec::new();
    for rows in groups(rows) {
        let searches = words::searches(rows);
        let shown = searches.iter().map(|name| cell(name)).collect::<Vec<_>>().join(", ");
        let within = rows.first().map(words::within).unwrap_or_default();
        let total = totals.get(&searches).copied().filter(|total| *total > 1 && is_group(&rows));
        let number = total.map(|total| {
            let number = numbers.entry(searches).or_default();
            *number += 1;
            format!(" ({number} of {total})")
        });
        named.push((rows, format!("{within}: {shown}{}", number.unwrap_or_default())));
    }
    named
}

fn indicators(of: &Explanation) -> String {
    let indicators = words::indicators(of);
    if indicators.is_empty() {
        return String::new();
    }
    let is_counted = indicators.iter().any(|row| row.others.is_some());
    let head = ["Field", "Kind", "Values", "Other rules"];
    let columns = if is_counted { head.len() } else { head.len() - 1 };
    let rows = indicators.iter().map(|row| {
        let value = if words::has_value(&row.predicate) { cell(&row.predicate.value) } else { String::new() };
        let cells = [cell(words::field(&row.predicate)), words::kind(&row.predicate), value, words::others(row.others)];
        cells.into_iter().take(columns).collect::<Vec<_>>()
    });
    let sentence = format!("{}\n", words::indicators_sentence(&indicators));
    joined(["## Indicators\n".to_owned(), sentence, table(head.get(..columns).unwrap_or_default(), rows)])
}

fn list(heading: &str, texts: &[String], shown: impl Fn(&str) -> String) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let items: String = texts.iter().map(|text| format!("- {}\n", shown(text.trim()))).collect();
    format!("## {heading}\n\n{items}")
}

fn queries(of: &[Compiled]) -> String {
    if of.is_empty() {
        return String::new();
    }
    joined(std::iter::once("## Compiled queries\n".to_owned()).chain(of.iter().map(query)))
}

fn query(of: &Compiled) -> String {
    let heading = format!("### {}\n", prose(&words::query_name(of)));
    let verdict = sentence(&words::verdict(of));
    let query = of.query.as_deref().map(|query| block("", query)).unwrap_or_default();
    let assumed = of.verdict.iter().flat_map(words::assumptions);
    let notes: String = of.reasons.iter().cloned().chain(assumed).map(|note| format!("- {}\n", message(&note))).collect();
    joined([heading, verdict, query, notes])
}

fn examples(of: &Examples) -> String {
    let event = |event: &serde_json::Value| block("json", &words::event(event));
    let matching = of.matching.iter().map(event);
    let near = of.near_misses.iter().flat_map(|miss| {
        let because: String = miss.because.iter().map(|because| format!("- {}\n", message(because))).collect();
        [event(&miss.event), because]
    });
    let headed = |heading: &str, parts: Vec<String>| {
        if parts.is_empty() { String::new() } else { joined([format!("### {heading}\n"), joined(parts)]) }
    };
    let note = of.note.as_deref().map(sentence).unwrap_or_default();
    let parts = joined([headed("Events that match", matching.collect()), headed("Events that do not match", near.collect()), note]);
    if parts.is_empty() { parts } else { format!("## Examples\n\n{parts}") }
}

fn samples(of: &[Sample]) -> String {
    if of.is_empty() {
        return String::new();
    }
    joined(std::iter::once("## Upstream regression sample\n".to_owned()).chain(of.iter().map(sample)))
}

fn sample(of: &Sample) -> String {
    let heading = format!("### {}\n", of.name.as_deref().map_or_else(|| code(&of.path), prose));
    let description = of.description.as_deref().map(|text| format!("{}\n", paragraphs(text))).unwrap_or_default();
    let facts = format!("{}{}.\n", code(&of.path), words::sample_facts(of));
    let row = |(who, answer): (String, String)| vec![prose(&who), message(&answer)];
    joined([heading, description, facts, table(&["Asked", "Outcome"], words::sample_answers(of).into_iter().map(row))])
}

fn neighbours(of: &Neighbours) -> String {
    let related = of.related.iter().map(|own| named(&own.rule, words::relation(&own.kind, own.direction)));
    let same = of.same_logic.iter().map(|own| named(own, String::new()).into_iter().take(2).collect());
    let technique = of.same_technique.iter().map(|own| {
        let first = own.first.iter().map(|rule| prose(words::neighbour(rule))).collect::<Vec<_>>().join("; ");
        vec![prose(&own.id), own.others.to_string(), first]
    });
    let parts = joined([
        headed("Related rules", &["Rule", "Source", "Relation"], related.collect()),
        headed("Same logic", &["Rule", "Source"], same.collect()),
        headed("Broader alternatives", &["Rule", "Source", "Drops"], wider(&of.broader)),
        headed("Narrower alternatives", &["Rule", "Source", "Adds"], wider(&of.narrower)),
        headed("Same technique", &["Technique", "Other rules", "First of them"], technique.collect()),
    ]);
    if parts.is_empty() { parts } else { format!("## Neighbours\n\n{parts}") }
}

fn wider(of: &[Wider]) -> Vec<Vec<String>> {
    of.iter().map(|own| named(&own.rule, words::difference(own))).collect()
}

fn named(rule: &Neighbour, more: String) -> Vec<String> {
    vec![prose(words::neighbour(rule)), rule.source.as_deref().map(cell).unwrap_or_default(), prose(&more)]
}

fn headed(heading: &str, head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() { String::new() } else { format!("### {heading}\n\n{}", table(head, rows)) }
}
