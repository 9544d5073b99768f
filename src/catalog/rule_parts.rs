//! The parts of a rule's page, as values for its template.

use super::download;
use super::gather::{attack_key, standing};
use super::lists::short_title;
use super::names::slug;
use super::rule::{Extra, Scope};
use super::state::State;
use crate::engine::{self, Counterexample, Evidence, Verdict};
use crate::explain::model::{
    AttackName, Compiled, Direction, EventRow, Exclusion, Explanation, Indicator, IndicatorRole, Neighbour, Predicate, Role, Stage, Via,
    Wider, Within,
};
use crate::explain::render::phrases::{self, Phrase};
use crate::text::visible::{self, Run};
use minijinja::Value;
use std::collections::BTreeSet;

/// So many neighbours of a kind, and so many examples, stand on a page.
const NEIGHBOURS: usize = 25;
const EXAMPLES: usize = 3;

/// A cell for each target: what became of the rule on it.
pub(super) fn strip(explanation: &Explanation, scope: &Scope<'_>) -> Vec<Value> {
    let targets: Vec<&str> = match scope.site {
        Some((site, _)) => site.catalog.targets.iter().map(String::as_str).collect(),
        None => explanation.queries.iter().map(|query| query.target.as_str()).collect::<BTreeSet<_>>().into_iter().collect(),
    };
    let cell = |target: &str| {
        let state = State::of_rule(explanation, target);
        let own: Vec<(usize, &Compiled)> = explanation.queries.iter().enumerate().filter(|(_, query)| query.target == target).collect();
        let decides = own.iter().find(|(_, query)| State::of(query) == state);
        let conditions = own.len();
        view! {
            target, word => state.word(), href => decides.map(|(number, query)| format!("#{}", anchor(query, *number))),
            why => decides.map(|(_, query)| why(query)), conditions,
        }
    };
    targets.into_iter().map(cell).collect()
}

/// One line on what became of a condition.
fn why(query: &Compiled) -> String {
    const LONGEST: usize = 140;
    let assumptions = query.verdict.as_ref().map_or(0, |verdict| names_of(verdict).len());
    let text = match (State::of(query), assumptions) {
        (State::Refused, _) => query.reasons.first().cloned().unwrap_or_default(),
        (State::Proved | State::Tested, 0) => "under no assumption".to_owned(),
        (State::Proved | State::Tested, 1) => "under 1 assumption".to_owned(),
        (State::Proved | State::Tested, number) => format!("under {number} assumptions"),
        (State::Differs, _) => "the event is shown below".to_owned(),
        (State::Unread, _) => "nothing is known of it".to_owned(),
        (State::Invalid, _) => "no query".to_owned(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn names_of(verdict: &Verdict) -> BTreeSet<&'static str> {
    verdict.assumptions.iter().map(|assumed| assumed.name.name()).collect()
}

fn anchor(query: &Compiled, number: usize) -> String {
    format!("query-{}-{}", slug(&query.target), number + 1)
}

/// The queries, each with what verification found.
pub(super) fn queries(explanation: &Explanation, scope: &Scope<'_>, extra: &mut Extra) -> Vec<Value> {
    let mut shown = Vec::new();
    for (number, query) in explanation.queries.iter().enumerate() {
        let state = State::of(query);
        let label = match query.condition {
            Some(condition) => format!("{}, condition {}", query.target, condition + 1),
            None => query.target.clone(),
        };
        let file = download::Name::new(explanation, query);
        let written = query.query.as_deref().map(|text| {
            let code = code(text, scope, extra, file.suffix());
            let link = download::link(text, &file, scope, extra);
            (code, link)
        });
        let (code, download) = written.unzip();
        shown.push(view! {
            id => anchor(query, number), label, word => state.word(), pipeline => query.pipeline, refused => state == State::Refused,
            code, download, verdict => query.verdict.as_ref().map(|found| verdict(found, query, scope)), reasons => bounded(&query.reasons, scope),
        });
    }
    shown
}

fn verdict(verdict: &Verdict, query: &Compiled, scope: &Scope<'_>) -> Value {
    const SHOWN: usize = 3;
    let assumptions = verdict.assumptions.chunk_by(|one, next| one.name == next.name).filter_map(|same| {
        let first = same.first()?;
        let because: Vec<&str> = same.iter().take(SHOWN).map(|assumed| assumed.because.as_str()).collect();
        Some(view! { name => first.name.name(), wording => first.name.wording(), because, more => same.len().saturating_sub(SHOWN) })
    });
    let words = if verdict.counterexample.is_some() { String::new() } else { verdict.to_string() };
    view! {
        words, events => verdict.events, matched => query.matched, assumptions => assumptions.collect::<Vec<_>>(),
        evidence => evidence(verdict.evidence, &query.target),
        difference => verdict.counterexample.as_ref().map(|found| difference(found, scope)),
    }
}

/// What a verdict rests on, with the engine where one was measured.
pub(super) fn evidence(evidence: Evidence, target: &str) -> String {
    let engine = engine::target(target).and_then(|target| target.engine.as_deref());
    match (evidence, engine) {
        (Evidence::Recorded, Some(engine)) => format!("recorded: what the engine does was measured on {engine} itself"),
        (Evidence::Recorded, None) => "recorded: what the engine does was measured on the engine itself".to_owned(),
        (Evidence::Documented, _) => "documented: what the engine does is taken from its documentation or its source".to_owned(),
        (Evidence::Inferred, _) => "inferred: what the engine does is inferred from related engines".to_owned(),
    }
}

fn difference(found: &Counterexample, scope: &Scope<'_>) -> Value {
    let who = match (found.rule, found.query) {
        (true, false) => "The rule matches this event, the query does not.",
        (false, true) => "The query matches this event, the rule does not.",
        (true, true) => "Rule and query match this event, what the rule was understood as does not.",
        (false, false) => "What the rule was understood as matches this event, rule and query do not.",
    };
    view! { who, event => short_json(&serde_json::Value::Object(found.event.root().clone()), scope) }
}

fn short_json(value: &serde_json::Value, scope: &Scope<'_>) -> String {
    beginning(&format!("{value:#}"), scope.values / 4).to_owned()
}

/// The beginning of a text, on a boundary of characters.
fn beginning(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

/// A text of several lines, or where it stands if it is too long.
pub(super) fn code(text: &str, scope: &Scope<'_>, extra: &mut Extra, suffix: &str) -> Value {
    if text.len() > scope.code {
        let file = extra.put(scope, suffix, text);
        return view! { text => beginning(text, scope.code / 10), file, plain => false };
    }
    view! { text, file => (), plain => is_plain(text) }
}

/// Whether a text is shown as it is, so that what is copied can be taken from the page.
pub(super) fn is_plain(text: &str) -> bool {
    !text.contains('\r') && visible::block(text).iter().all(|run| matches!(run, Run::Shown(_)))
}

fn attack_name(name: &AttackName, scope: &Scope<'_>) -> Value {
    let href = scope.find(|site| {
        let list = if name.id.starts_with("TA") { &site.lists.tactics } else { &site.lists.techniques };
        site.lists.path(list.get(&attack_key(name)))
    });
    view! { id => name.id, name => name.name, href, status => standing(name), replaced_by => name.replaced_by }
}

/// A row for each tactic.
pub(super) fn attack(explanation: &Explanation, scope: &Scope<'_>) -> Vec<Value> {
    let rows = explanation.attack.rows.iter().map(|row| {
        let techniques: Vec<Value> = row.techniques.iter().map(|name| attack_name(name, scope)).collect();
        view! { tactic => attack_name(&row.tactic, scope), techniques }
    });
    rows.collect()
}

/// The numbered events, and what is to be said about them.
pub(super) fn events(explanation: &Explanation, scope: &Scope<'_>) -> Value {
    let events = &explanation.events;
    let row = |row: &EventRow| {
        let via = match row.via {
            Via::Logsource => "the log source",
            Via::EventId => "its number",
            Via::Alternative => "also available from",
        };
        let renamed = row.mapping.iter().filter(|(from, to)| from != to);
        let mapping = renamed.map(|(from, to)| view! { from, to });
        let href = scope.find(|site| site.lists.path(site.lists.events.get(&(row.provider.clone(), row.event_id))));
        view! {
            short => row.short, provider => row.provider, channel => row.channel, number => row.event_id.to_string(), title => row.title, via, href,
            mapping => mapping.collect::<Vec<_>>(),
        }
    };
    let rows: Vec<Value> = events.rows.iter().take(scope.rows).map(row).collect();
    let needs = events.needs.as_ref().map(|needs| view! { short => needs.short, fields => needs.fields });
    view! { rows, more => events.rows.len().saturating_sub(scope.rows), note => events.note, needs, unknown => events.unknown_fields }
}

/// The stages: each condition, as written and with the numbers of stages, and then its references.
pub(super) fn stages(explanation: &Explanation, scope: &Scope<'_>) -> Vec<Value> {
    let conditions = explanation.stages.iter().filter(|stage| stage.role == Role::Condition && stage.origin.is_none()).count();
    let mut room = scope.code;
    let mut left = scope.rows;
    let mut condition = None;
    let mut shown = Vec::new();
    for stage in &explanation.stages {
        if stage.role == Role::Condition {
            condition = Some(stage.label.as_str()).filter(|_| conditions > 1 && stage.origin.is_none());
            shown.push(condition_stage(stage));
            continue;
        }
        let Some(rest) = left.checked_sub(1) else { continue };
        left = rest;
        let mut members = Vec::new();
        for member in stage.members.iter().take(scope.rows) {
            let yaml = beginning(&member.yaml, room);
            room = room.saturating_sub(yaml.len() + 120);
            members.push(view! { name => member.name, yaml, cut => yaml.len() < member.yaml.len() });
        }
        shown.push(view! {
            condition => false, n => stage.n, label => stage.label, class => if stage.role == Role::Exclude { "exclude" } else { "select" },
            does => phrases::does(stage, condition), origin => stage.origin, members, several => stage.members.len() > 1,
        });
    }
    shown
}

/// A condition, with its annotated form where that says more.
fn condition_stage(stage: &Stage) -> Value {
    let says_more = |annotated: &&str| Some(*annotated) != stage.text.as_deref() && annotated.parse::<usize>().is_err();
    let annotated = stage.annotated.as_deref().filter(says_more);
    view! { condition => true, n => stage.n, label => stage.label, text => stage.text, annotated, origin => stage.origin }
}

/// The rows that have room on a page: so many, and not more bytes of values.
fn room<T>(rows: &[T], scope: &Scope<'_>, size: impl Fn(&T) -> usize) -> usize {
    let mut left = scope.values;
    let fits = |row: &&T| {
        let size = size(row);
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    };
    rows.iter().take(scope.rows).take_while(fits).count()
}

fn predicate(predicate: &Predicate) -> Value {
    // That a field is absent is no value; an empty text is one.
    let blank = matches!(predicate.kind, "is_null" | "is_not_null");
    view! { blank, field => predicate.field, kind => predicate.kind, value => predicate.value, transforms => predicate.transforms }
}

/// A row of a file that holds what has no room on a page, shown as the page shows it.
fn line(predicate: &Predicate, others: Option<usize>) -> String {
    let plain = |text: &str| {
        let run = |run: Run<'_>| match run {
            Run::Shown(text) => text.to_owned(),
            Run::Escape(escape) => escape.into_owned(),
        };
        visible::value(text).into_iter().map(run).collect::<String>()
    };
    let field = predicate.field.as_deref().map_or_else(|| "(any)".to_owned(), plain);
    let others = others.map(|others| others.to_string()).unwrap_or_default();
    format!("{field}\t{}\t{}\t{}\t{others}\n", predicate.kind, predicate.transforms.join(","), plain(&predicate.value))
}

const COLUMNS: &str = "field\tkind\ttransforms\tvalue\tother rules\n";

/// What the rule suppresses, in groups: each row alone, or all of them together.
pub(super) fn exclusions(explanation: &Explanation, scope: &Scope<'_>, extra: &mut Extra) -> Value {
    let exclusions = &explanation.exclusions;
    let shown = room(&exclusions.rows, scope, |row| row.predicate.value.len());
    let mut left = shown;
    let groups = phrases::groups(&exclusions.rows).map_while(|rows| {
        let of = rows.first()?;
        let fitting = rows.get(..left.min(rows.len())).filter(|fitting| !fitting.is_empty())?;
        left -= fitting.len();
        let views: Vec<Value> = fitting.iter().map(|row| view! { predicate => predicate(&row.predicate), selection => row.selection, others => row.others.filter(|others| *others > 0) }).collect();
        Some(view! { stage => of.stage, alone => of.within == Within::Any, together => together(rows, scope), rows => views })
    });
    let groups: Vec<Value> = groups.collect();
    let rest = (shown < exclusions.rows.len()).then(|| {
        let lines: String = exclusions.rows.iter().map(|row| line(&row.predicate, row.others)).collect();
        extra.put(scope, "-exclusions.tsv", &format!("{COLUMNS}{lines}"))
    });
    let counted = exclusions.rows.iter().any(|row| row.others.is_some());
    view! { groups, note => exclusions.note, dead => exclusions.dead, total => exclusions.rows.len(), shown, rest, counted }
}

/// What the rows of a group exclude together: of each list of phrases one.
fn together(rows: &[Exclusion], scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let phrase = |own: &Phrase<'_>| {
        let values: Vec<&str> = own.values.iter().map(|value| beginning(value, scope.values / 50)).collect();
        view! { field => own.field, words => own.words, values, more => own.more }
    };
    let conjuncts = phrases::phrases(&rows.iter().collect::<Vec<_>>()).unwrap_or_default();
    conjuncts.iter().map(|any| any.iter().map(phrase).collect()).collect()
}

/// What the rule looks for, by field and kind.
pub(super) fn indicators(explanation: &Explanation, scope: &Scope<'_>, extra: &mut Extra) -> Value {
    let is_shown = |indicator: &&Indicator| indicator.role == IndicatorRole::Indicator;
    let all: Vec<&Indicator> = explanation.indicators.iter().filter(is_shown).collect();
    let shown = room(&all, scope, |row| row.predicate.value.len());
    let is_same =
        |one: &&Indicator, next: &&Indicator| one.predicate.field == next.predicate.field && one.predicate.kind == next.predicate.kind;
    let first = all.get(..shown).unwrap_or_default();
    let view = |indicator: &&Indicator| {
        let others = indicator.others.filter(|others| *others > 0);
        let href = others.and_then(|_| scope.find(|site| site.shared.href(&indicator.predicate)));
        view! { predicate => predicate(&indicator.predicate), others, href }
    };
    let group = |rows: &[&Indicator]| {
        let of = &rows.first()?.predicate;
        Some(view! { field => of.field, kind => of.kind, rows => rows.iter().map(view).collect::<Vec<_>>() })
    };
    let groups: Vec<Value> = first.chunk_by(is_same).filter_map(group).collect();
    let rest = (shown < all.len()).then(|| {
        let lines: String = all.iter().map(|row| line(&row.predicate, row.others)).collect();
        extra.put(scope, "-indicators.tsv", &format!("{COLUMNS}{lines}"))
    });
    let counted = all.iter().any(|row| row.others.is_some());
    view! { groups, total => all.len(), shown, rest, counted }
}

/// Texts of a list, as many as have room.
pub(super) fn bounded(texts: &[String], scope: &Scope<'_>) -> Value {
    let shown = room(texts, scope, String::len);
    let first: Vec<&str> = texts.iter().take(shown).map(String::as_str).collect();
    view! { rows => first, more => texts.len() - shown }
}

/// Events that match, and events that nearly do.
pub(super) fn examples(explanation: &Explanation, scope: &Scope<'_>) -> Value {
    let examples = &explanation.examples;
    let matching: Vec<String> = examples.matching.iter().take(EXAMPLES).map(|event| short_json(event, scope)).collect();
    let near = examples.near_misses.iter().take(EXAMPLES).map(|miss| {
        view! { event => short_json(&miss.event, scope), because => bounded(&miss.because, scope) }
    });
    view! { matching, near => near.collect::<Vec<_>>() }
}

fn neighbour(neighbour: &Neighbour, scope: &Scope<'_>) -> Value {
    let href = scope.find(|site| site.neighbour(neighbour).map(super::plan::Entry::path));
    view! { title => neighbour.title.as_deref().map(short_title), id => neighbour.id, href, source => neighbour.source }
}

fn with_text(other: &Neighbour, text: String, scope: &Scope<'_>) -> Value {
    view! { rule => neighbour(other, scope), text }
}

/// A kind of neighbours, with as many as have room.
fn group(heading: &str, note: &str, rows: Vec<Value>) -> Option<Value> {
    let (total, shown) = (rows.len(), rows.into_iter().take(NEIGHBOURS).collect::<Vec<_>>());
    (total > 0).then(|| view! { heading, note, rows => shown, more => total.saturating_sub(NEIGHBOURS) })
}

/// The rules that have something to do with it, by kind.
pub(super) fn neighbours(explanation: &Explanation, scope: &Scope<'_>) -> Value {
    let all = &explanation.neighbours;
    let related = all.related.iter().map(|related| {
        let who = match related.direction {
            Direction::To => "named by this rule",
            Direction::From => "names this rule",
        };
        with_text(&related.rule, format!("{}, {who}", related.kind), scope)
    });
    let wider = |rows: &[Wider]| rows.iter().map(|wider| with_text(&wider.rule, parts_of(wider), scope)).collect::<Vec<_>>();
    let same = all.same_logic.iter().map(|rule| with_text(rule, String::new(), scope));
    let groups = [
        group("Related", "Named by one of the two in its field “related”.", related.collect()),
        group("Same logic", "The same log source and the same meaning.", same.collect()),
        group("Broader", "They match whatever this rule matches: some of its conjuncts and no other.", wider(&all.broader)),
        group("Narrower", "This rule matches whatever they match.", wider(&all.narrower)),
    ];
    let techniques = all.same_technique.iter().map(|same| {
        let href = scope.find(|site| site.lists.path(site.lists.techniques.get(&same.id)));
        let rows: Vec<Value> = same.first.iter().take(NEIGHBOURS).map(|rule| neighbour(rule, scope)).collect();
        view! { id => same.id, others => same.others, href, rows, more => same.others.saturating_sub(rows.len()) }
    });
    view! { groups => groups.into_iter().flatten().collect::<Vec<_>>(), techniques => techniques.collect::<Vec<_>>() }
}

/// What the narrower of two rules adds.
fn parts_of(wider: &Wider) -> String {
    let plural = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let others = wider.conjuncts.saturating_sub(wider.filters);
    match (others, wider.filters) {
        (0, filters) => plural(filters, "filter"),
        (others, 0) => plural(others, "condition"),
        (others, filters) => format!("{} and {}", plural(others, "condition"), plural(filters, "filter")),
    }
}
