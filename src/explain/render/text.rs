//! An explanation as text for terminals: at most 100 columns, but for what is to be copied.
//!
//! Deliberately absent: colours, and tables wider than a window. A long list is cut, and how much is left out is said.

mod layout;

use self::layout::{columns, indented, listed, section, wrapped};
use super::phrases::groups;
use super::{visible, words};
use crate::explain::model::{
    AttackRow, Compiled, EventRow, Examples, Exclusion, Explanation, Indicator, Neighbour, Neighbours, Predicate, Sample, Stage, Wider,
};

/// So many values of one field and kind are shown.
const VALUES: usize = 20;

/// The text of a rule.
pub fn text(of: &Explanation) -> String {
    let sections = [
        header(of),
        section("MITRE ATT&CK coverage", attack(of)),
        section("Event coverage", events(of)),
        section("Stages and predicates", of.stages.iter().map(stage).collect()),
        section("Exclusions", exclusions(of)),
        section("Indicators", indicators(of)),
        section("False positives", listed(&of.rule.falsepositives)),
        section("References", listed(&of.rule.references)),
        section("Compiled queries", of.queries.iter().map(query).collect()),
        section("Examples", examples(&of.examples)),
        section("Neighbours", neighbours(&of.neighbours)),
        section("Upstream regression sample", of.samples.iter().map(sample).collect()),
        section("Rule body", indented(4, &of.body)),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

fn header(of: &Explanation) -> String {
    let description = of.rule.description.as_deref().map(|text| paragraphs(text) + "\n").unwrap_or_default();
    let attributes: Vec<_> = words::attributes(&of.rule).into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    format!("{}\n\n{description}{}", visible::on_one_line(&of.rule.title), columns(&attributes))
}

/// Text of several lines, each wrapped on its own.
fn paragraphs(text: &str) -> String {
    text.trim().lines().map(|line| wrapped(2, 2, line.trim())).collect()
}

fn sentence(text: &str) -> String {
    wrapped(2, 2, &format!("{text}."))
}

fn attack(of: &Explanation) -> String {
    let attack = &of.attack;
    let row = |row: &AttackRow| (words::tactic(&row.tactic), words::techniques(&row.techniques));
    let rows: Vec<_> = attack.rows.iter().map(row).collect();
    let unknown = match attack.unknown.is_empty() {
        true => String::new(),
        false => sentence(&format!("Unknown tags: {}", attack.unknown.join(", "))),
    };
    columns(&rows) + &sentence(&words::attack_note(attack)) + &unknown
}

fn events(of: &Explanation) -> String {
    let row = |row: &EventRow| (format!("{} {}", row.short, row.event_id), row.title.clone().unwrap_or_default());
    let notes = words::event_notes(&of.events);
    columns(&of.events.rows.iter().map(row).collect::<Vec<_>>()) + &notes.iter().map(|note| sentence(note)).collect::<String>()
}

fn stage(of: &Stage) -> String {
    let heading = wrapped(2, 6, &format!("{}  {}", of.n, of.label));
    let condition = of.text.as_deref().map(|text| indented(6, text)).unwrap_or_default();
    let annotated = words::annotated(of).map(|text| wrapped(6, 6, &format!("in numbers of stages: {text}"))).unwrap_or_default();
    let notes: String = words::stage_notes(of).iter().map(|note| wrapped(6, 6, &format!("({note})"))).collect();
    let members: String = of.members.iter().map(|member| indented(6, &words::member(member))).collect();
    format!("{heading}{condition}{annotated}{notes}{members}")
}

fn exclusions(of: &Explanation) -> String {
    let rows = &of.exclusions.rows;
    let note: String = words::exclusion_notes(&of.exclusions).iter().map(|note| sentence(note)).collect();
    if rows.is_empty() {
        return note;
    }
    let is_counted = rows.iter().any(|row| row.others.is_some());
    let counts = if is_counted { wrapped(2, 2, words::SUPPRESSED_BY) } else { String::new() };
    wrapped(2, 2, words::EXCLUSIONS) + &counts + &groups(rows).map(excluded).collect::<String>() + &note
}

/// The rows of a group: what they are together, then values by field and kind.
fn excluded(rows: &[Exclusion]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let heading = format!("{}, {} ({}):", words::stages(rows), words::within(first), words::searches(rows).join(", "));
    let together = words::together(rows, str::to_owned, quoted);
    let together = together.map(|text| wrapped(4, 4, &format!("Excluded where {text}:"))).unwrap_or_default();
    let all: Vec<_> = rows.iter().map(|row| (&row.predicate, row.others)).collect();
    wrapped(2, 4, &heading) + &together + &values(&all)
}

/// A value in a sentence: blanks at its ends are seen by the quotes.
fn quoted(value: &str) -> String {
    if value.is_empty() { visible::value(value) } else { format!("`{value}`") }
}

fn indicators(of: &Explanation) -> String {
    let indicators = words::indicators(of);
    if indicators.is_empty() {
        return String::new();
    }
    let all: Vec<_> = indicators.iter().map(|row: &&Indicator| (&row.predicate, row.others)).collect();
    wrapped(2, 2, words::indicators_sentence(&indicators)) + &values(&all)
}

/// Predicates by field and kind, a value on each line, with how many other rules have it.
fn values(of: &[(&Predicate, Option<usize>)]) -> String {
    let head = |predicate: &Predicate| (predicate.field.clone(), words::kind(predicate));
    let mut text = String::new();
    for same in of.chunk_by(|(one, _), (next, _)| head(one) == head(next)) {
        let Some((first, _)) = same.first() else { continue };
        text += &wrapped(4, 8, &format!("{} {}", words::field(first), words::kind(first)));
        for (predicate, others) in same.iter().take(VALUES).filter(|(predicate, _)| words::has_value(predicate)) {
            let counted = words::others(*others);
            let counted = if counted.is_empty() { counted } else { format!("  (other rules: {counted})") };
            text += &format!("        {}{counted}\n", visible::value(&predicate.value));
        }
        if same.len() > VALUES {
            text += &format!("        and {} more, which other formats show\n", same.len() - VALUES);
        }
    }
    text
}

fn query(of: &Compiled) -> String {
    let heading = wrapped(2, 6, &format!("{}: {}", words::query_name(of), words::verdict(of)));
    let query = of.query.as_deref().map(|query| indented(6, query)).unwrap_or_default();
    let assumed = of.verdict.iter().flat_map(words::assumptions);
    let notes: String = of.reasons.iter().cloned().chain(assumed).map(|note| wrapped(4, 6, &note)).collect();
    format!("{heading}{query}{notes}")
}

fn examples(of: &Examples) -> String {
    let matching = of.matching.iter().map(|event| format!("  matches\n{}", indented(6, &words::event(event))));
    let near = of.near_misses.iter().map(|miss| {
        let because: String = miss.because.iter().map(|because| wrapped(4, 6, because)).collect();
        format!("  does not match\n{}{because}", indented(6, &words::event(&miss.event)))
    });
    matching.chain(near).chain(of.note.as_deref().map(sentence)).collect()
}

fn sample(of: &Sample) -> String {
    let heading = of.name.as_deref().map(|name| wrapped(2, 4, name)).unwrap_or_default();
    let description = of.description.as_deref().map(|text| wrapped(4, 4, text.trim())).unwrap_or_default();
    let facts = wrapped(4, 6, &format!("{}{}", of.path, words::sample_facts(of)));
    let answers: String = words::sample_answers(of).iter().map(|(who, answer)| wrapped(4, 6, &format!("{who}: {answer}"))).collect();
    format!("{heading}{description}{facts}{answers}")
}

fn neighbours(of: &Neighbours) -> String {
    let related = of.related.iter().map(|own| (words::relation_to(&own.kind, own.direction), shown(&own.rule)));
    let same = of.same_logic.iter().map(|own| ("same logic".to_owned(), shown(own)));
    let technique = of.same_technique.iter().map(|own| {
        let first = own.first.iter().map(words::neighbour).collect::<Vec<_>>().join("; ");
        (own.id.clone(), format!("{}: {first}", words::counted(own.others, "other rule")))
    });
    let all = related.chain(same).chain(wider("broader, drops", &of.broader)).chain(wider("narrower, adds", &of.narrower)).chain(technique);
    columns(&all.collect::<Vec<_>>())
}

fn wider<'w>(how: &'static str, of: &'w [Wider]) -> impl Iterator<Item = (String, String)> + 'w {
    of.iter().map(move |own| (format!("{how} {}", words::difference(own)), shown(&own.rule)))
}

fn shown(of: &Neighbour) -> String {
    let source = of.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
    format!("{}{source}", words::neighbour(of))
}
