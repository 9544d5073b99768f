//! Sentences and words that every rendering for people shares.
//!
//! Texts of rules come through as they are: whoever renders them escapes them. Deliberately absent: marks of any format.

use super::phrases::{self, Phrase};
use super::visible;
use crate::diag::ticks::fenced;
use crate::engine::{Assumed, Evidence, Verdict};
use crate::explain::model::{
    Attack, AttackName, AttackStatus, Compiled, Direction, Events, Exclusion, Exclusions, Explanation, Header, Indicator, IndicatorRole,
    Logsource, Member, Neighbour, Outcome, Predicate, Role, Sample, SampleAnswer, SampleOutcome, Stage, Via, Wider, Within,
};
use serde_json::Value;

/// Whose names those of tactics and techniques are, and of which version: said once a page, as their licence asks.
pub(super) fn attack_note(of: &Attack) -> String {
    match of.rows.is_empty() {
        true => "No tags of MITRE ATT&CK®".to_owned(),
        false => format!("Tactics and techniques of MITRE ATT&CK®, version {}", version(of)),
    }
}

/// The version of ATT&CK, or that nobody knows it.
fn version(of: &Attack) -> &str {
    of.version.as_deref().unwrap_or("unknown")
}

/// What is to be said of exclusions besides their rows.
pub(super) fn exclusion_notes(of: &Exclusions) -> Vec<String> {
    let dead = of.dead.iter().map(|name| {
        format!("{} suppresses nothing: no event with one value in each field has what it and the condition ask for", fenced(name))
    });
    of.note.iter().cloned().chain(dead).collect()
}

/// The attributes of the header that the rule has, in order, each with its name.
pub(super) fn attributes(of: &Header) -> Vec<(&'static str, String)> {
    let own = |text: &Option<String>| text.clone();
    let attributes = [
        ("Status", of.status.map(str::to_owned)),
        ("Severity", of.level.map(str::to_owned)),
        ("Log source", Some(logsource(&of.logsource))),
        ("Needs", own(&of.logsource.definition)),
        ("Author", own(&of.author)),
        ("Date", own(&of.date)),
        ("Modified", own(&of.modified)),
        ("Id", own(&of.id)),
        ("Source", Some(of.source.clone()).filter(|source| !source.is_empty())),
        ("Licence", own(&of.license)),
    ];
    attributes.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// A log source in one line: `product: windows, category: process_creation`.
fn logsource(of: &Logsource) -> String {
    let parts = [("product", &of.product), ("category", &of.category), ("service", &of.service)];
    let parts = parts.into_iter().filter_map(|(name, part)| Some(format!("{name}: {}", part.as_ref()?)));
    parts.collect::<Vec<_>>().join(", ")
}

/// A technique with its id, and what became of it: `T1059.001 Command and Scripting Interpreter: PowerShell`.
pub(super) fn technique(of: &AttackName) -> String {
    format!("{} {}{}", of.id, of.name, fate(of))
}

/// A tactic, and what became of it.
pub(super) fn tactic(of: &AttackName) -> String {
    format!("{}{}", of.name, fate(of))
}

/// What became of a tactic or technique, in parentheses; nothing of one that stands.
fn fate(of: &AttackName) -> String {
    let now = of.replaced_by.as_ref().map(|now| format!(", now {now}")).unwrap_or_default();
    match of.status {
        AttackStatus::Active => String::new(),
        AttackStatus::Revoked => format!(" (revoked{now})"),
        AttackStatus::Deprecated => format!(" (deprecated{now})"),
        // Its name says so, and since when.
        AttackStatus::Retired => now,
    }
}

/// What serves a tactic; that is said where nothing does.
pub(super) fn techniques(of: &[AttackName]) -> String {
    if of.is_empty() {
        return "No specific technique".to_owned();
    }
    of.iter().map(technique).collect::<Vec<_>>().join(", ")
}

/// What is to be said of events beside their rows: a sentence each, without period.
pub(super) fn event_notes(of: &Events) -> Vec<String> {
    let also = of.rows.iter().filter(|row| match row.via {
        Via::Alternative => true,
        Via::Logsource | Via::EventId => false,
    });
    let unknown = (!of.unknown_fields.is_empty()).then(|| {
        let fields: Vec<String> = of.unknown_fields.iter().map(|field| fenced(field)).collect();
        format!("In neither event: {}", fields.join(", "))
    });
    let also = also.map(|row| {
        let renamed = row.mapping.iter().filter(|(own, there)| own != there);
        let names: Vec<String> = renamed.map(|(own, there)| format!("{} is {}", fenced(own), fenced(there))).collect();
        let names = if names.is_empty() { String::new() } else { format!(": there {}", names.join(", ")) };
        format!("Also available from {} {}{names}", row.short, row.event_id)
    });
    let needs = of.needs.as_ref().map(|needs| {
        let fields: Vec<String> = needs.fields.iter().map(|field| fenced(field)).collect();
        format!("Needs {}: {}", needs.short, fields.join(", "))
    });
    also.chain(of.note.clone()).chain(needs).chain(unknown).collect()
}

/// What is to be said of a stage beside its label: what it does, where the label does not say it, and where it comes from.
pub(super) fn stage_notes(of: &Stage) -> Vec<String> {
    let is_said = of.role == Role::Condition || phrases::is_plain(of);
    let searches = if of.members.len() > 1 { format!("{} searches; ", of.members.len()) } else { String::new() };
    let does = (!is_said).then(|| format!("{searches}{}", phrases::does(of, None)));
    let origin = of.origin.as_ref().map(|title| format!("added by the filter \"{title}\""));
    does.into_iter().chain(origin).collect()
}

/// A condition with numbers for references, where that says more than that there is one.
pub(super) fn annotated(of: &Stage) -> Option<&str> {
    of.annotated.as_deref().filter(|text| text.parse::<usize>().is_err())
}

/// What the rows of a group exclude together, with values shown by `value` and names of fields by `field`.
pub(super) fn together(rows: &[Exclusion], field: impl Fn(&str) -> String, value: impl Fn(&str) -> String) -> Option<String> {
    let conjuncts = phrases::phrases(&rows.iter().collect::<Vec<_>>())?;
    let phrase = |own: &Phrase<'_>| {
        let values: Vec<String> = own.values.iter().map(|own| value(own)).collect();
        let values = if values.is_empty() { String::new() } else { format!(" {}", values.join(", ")) };
        let more = if own.more > 0 { format!(" and {} more", own.more) } else { String::new() };
        format!("{} {}{values}{more}", own.field.map_or_else(|| "any field".to_owned(), &field), own.words)
    };
    let any = |any: &Vec<Phrase<'_>>| {
        let joined = any.iter().map(phrase).collect::<Vec<_>>().join(" or ");
        if any.len() > 1 { format!("({joined})") } else { joined }
    };
    Some(conjuncts.iter().map(any).collect::<Vec<_>>().join(" and "))
}

/// The searches that the rows of a group stand in, each once, sorted.
pub(super) fn searches(rows: &[Exclusion]) -> Vec<&str> {
    let mut names: Vec<&str> = rows.iter().map(|row| row.selection.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The stages that the rows of a group belong to: `stage 2`, `stages 2 and 3`.
pub(super) fn stages(rows: &[Exclusion]) -> String {
    let mut numbers: Vec<usize> = rows.iter().map(|row| row.stage).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let last = numbers.pop().map(|last| last.to_string()).unwrap_or_default();
    let others: Vec<String> = numbers.iter().map(usize::to_string).collect();
    if others.is_empty() { format!("stage {last}") } else { format!("stages {} and {last}", others.join(", ")) }
}

/// A field as tables show it.
pub(super) fn field(of: &Predicate) -> &str {
    of.field.as_deref().unwrap_or("(any)")
}

/// A kind, with the transforms.
pub(super) fn kind(of: &Predicate) -> String {
    if of.transforms.is_empty() { of.kind.to_owned() } else { format!("{} ({})", of.kind, of.transforms.join(", ")) }
}

/// Whether a predicate is about no value.
pub(super) fn has_value(of: &Predicate) -> bool {
    !matches!(of.kind, "is_null" | "is_not_null") || !of.value.is_empty()
}

/// How the rows of a group exclude.
pub(super) fn within(of: &Exclusion) -> &'static str {
    match of.within {
        Within::Any => "any of",
        Within::All => "all of",
    }
}

/// What the table of exclusions is.
pub(super) const EXCLUSIONS: &str = "Top-level NOT(...) conjuncts: predicates this rule actively suppresses.";

/// How to read the column of groups.
pub(super) const GROUPS: &str = "A row marked \"any of\" excludes by itself. Rows marked \"all of\" exclude only together with the others \
     of their group; the stage says how.";

/// What the counts of the table of exclusions are.
pub(super) const SUPPRESSED_BY: &str =
    "\"Other rules\" counts how many other rules in the corpus suppress the same combination; blank is none.";

/// What the table of indicators is; with a corpus, what is counted.
pub(super) fn indicators_sentence(rows: &[&Indicator]) -> &'static str {
    if rows.iter().any(|row| row.others.is_some()) {
        "Each row is a field, operator, and value that the rule matches. \"Other rules\" counts how many other rules in the corpus look \
         for the same combination: a high number says that it is widely used, none that it is specific to this rule."
    } else {
        "Each row is a field, operator, and value that the rule matches."
    }
}

/// The indicators that tables show: what only says which events are meant is event coverage.
pub(super) fn indicators(of: &Explanation) -> Vec<&Indicator> {
    let shown = of.indicators.iter().filter(|row| match row.role {
        IndicatorRole::Indicator => true,
        IndicatorRole::EventSelector => false,
    });
    shown.collect()
}

/// A count of other rules; blank where there are none, or nothing was counted.
pub(super) fn others(count: Option<usize>) -> String {
    count.filter(|count| *count > 0).map(|count| count.to_string()).unwrap_or_default()
}

/// The name of a compiled query: its target, and its condition where there are several.
pub(super) fn query_name(of: &Compiled) -> String {
    of.condition.map_or_else(|| of.target.clone(), |condition| format!("{}, condition {}", of.target, condition + 1))
}

/// What verification says of a query, or that there is none.
pub(super) fn verdict(of: &Compiled) -> String {
    match (of.outcome, &of.verdict) {
        (Outcome::Written, Some(verdict)) => format!("{verdict}; semantics {}", evidence(verdict.evidence)),
        (Outcome::Written, None) => "not verified".to_owned(),
        (Outcome::Refused, _) => "refused".to_owned(),
    }
}

fn evidence(of: Evidence) -> &'static str {
    match of {
        Evidence::Recorded => "recorded from the engine",
        Evidence::Documented => "as documented",
        Evidence::Inferred => "inferred",
    }
}

/// What a query rests on: a sentence for each assumption, with its first reason and how many more there are.
pub(super) fn assumptions(of: &Verdict) -> Vec<String> {
    let same = of.assumptions.chunk_by(|one, next| one.name == next.name);
    let sentence = |same: &[Assumed]| {
        let first = same.first()?;
        let more = same.len() - 1;
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        Some(format!("assumes {}: {}{more}", first.name.name(), first.because))
    };
    same.filter_map(sentence).collect()
}

/// What came of a sample: for the rule, and for each target.
pub(super) fn sample_answers(of: &Sample) -> Vec<(String, String)> {
    let answer = |answer: &SampleAnswer| {
        let matched = answer.matched.zip(of.events).map(|(matched, events)| format!("{matched} of {} match", counted(events, "event")));
        let absent = (answer.outcome == SampleOutcome::Absent).then(|| "the sample is not there".to_owned());
        let why = answer.reason.clone().or(matched).or(absent).map(|why| format!(": {why}")).unwrap_or_default();
        format!("{}{why}", answer.outcome.word())
    };
    let of_targets = of.targets.iter().map(|own| (own.target.clone(), answer(&own.answer)));
    std::iter::once(("the rule".to_owned(), answer(&of.rule))).chain(of_targets).collect()
}

/// Of which form a sample is, and what must match, in parentheses after its path.
pub(super) fn sample_facts(of: &Sample) -> String {
    let must = of.match_count.map(|count| format!("{} or more must match", counted(count, "event")));
    let facts: Vec<String> = of.form.map(str::to_owned).into_iter().chain(must).collect();
    if facts.is_empty() { String::new() } else { format!(" ({})", facts.join("; ")) }
}

/// The name of another rule.
pub(super) fn neighbour(of: &Neighbour) -> &str {
    of.title.as_deref().or(of.id.as_deref()).unwrap_or("(no title)")
}

/// Which of two rules names the other.
pub(super) fn relation(kind: &str, direction: Direction) -> String {
    match direction {
        Direction::To => kind.to_owned(),
        Direction::From => format!("names this rule as {kind}"),
    }
}

/// The same before the name of the other rule.
pub(super) fn relation_to(kind: &str, direction: Direction) -> String {
    match direction {
        Direction::To => kind.to_owned(),
        Direction::From => format!("named as {kind} by"),
    }
}

/// How a broader or narrower rule differs.
pub(super) fn difference(of: &Wider) -> String {
    let others = of.conjuncts.saturating_sub(of.filters);
    let parts = [(of.filters, "filter"), (others, "condition")];
    parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| counted(number, what)).collect::<Vec<_>>().join(" and ")
}

/// A number of things.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A search as it stands in a rule: its name, and its content below.
pub(super) fn member(of: &Member) -> String {
    let lines: String = of.yaml.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect();
    format!("{}:\n{lines}", of.name)
}

/// An event as a document of several lines.
pub(super) fn event(of: &Value) -> String {
    visible::in_json(&serde_json::to_string_pretty(of).unwrap_or_default())
}
