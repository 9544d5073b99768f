//! The page of what changed since an earlier build, and the same for pipelines.
//!
//! The page shows the beginning of what is long, and has no link to what is gone; the JSON has all of it. Deliberately
//! absent: what counts as a change (`compare`).

use super::compare::{Comparison, Counts, Field, Pair, Turn, compare};
use super::frame::{CHANGES, Spot, version};
use super::lists::{logsource_words, short_title};
use super::plan::{Site, fitting};
use super::previous::Previous;
use super::record::Record;
use super::{Error, File, about};
use crate::explain::model::Logsource;
use minijinja::Value;
use serde_json::{Value as Json, json};

/// The form of the JSON.
const SCHEMA: &str = "changes/1";
/// So many rows of a section stand on the page.
const ROWS: usize = 200;
/// So many characters of a path, or of another text of the earlier list, stand on the page.
const LONGEST: usize = 200;

impl Site<'_> {
    /// How many rules changed, and how, since the earlier build.
    pub fn changes(&self) -> Option<Counts> {
        Some(self.comparison()?.1.counts())
    }

    fn comparison(&self) -> Option<(&Previous, Comparison<'_>)> {
        self.catalog.previous.as_ref().map(|previous| (previous, compare(&previous.rules, &self.records)))
    }
}

/// The page and the JSON; nothing without an earlier build.
pub(super) fn files(site: &Site<'_>) -> Result<Vec<File>, Error> {
    let Some((previous, comparison)) = site.comparison() else { return Ok(Vec::new()) };
    let page = fitting(|divisor| {
        let view = view(site, previous, &comparison, ROWS / divisor);
        site.page("changes.html", Spot { path: "changes.html", section: CHANGES }, view)
    })?;
    let mut bytes = serde_json::to_vec_pretty(&machine(site, previous, &comparison)).unwrap_or_default();
    bytes.push(b'\n');
    Ok(vec![page, File { path: "changes.json".to_owned(), bytes }])
}

/// Targets of only one of the builds: those that the earlier one lacks, and those that are gone.
fn targets<'s>(site: &'s Site<'_>, previous: &'s Previous) -> [Vec<&'s String>; 2] {
    let without = |own: &'s [String], other: &[String]| own.iter().filter(|target| !other.contains(target)).collect();
    [without(&site.catalog.targets, &previous.targets), without(&previous.targets, &site.catalog.targets)]
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn view(site: &Site<'_>, previous: &Previous, comparison: &Comparison<'_>, rows: usize) -> Value {
    let counts = comparison.counts();
    let section = |total: usize, rows: Vec<Value>| view! { total, shown => rows.len(), rows };
    let records = |records: &[&Record], row: fn(&Record) -> Value| records.iter().take(rows).map(|record| row(record)).collect::<Vec<_>>();
    let pairs = |pairs: &[Pair<'_>], row: fn(Pair<'_>) -> Value| pairs.iter().take(rows).map(|pair| row(*pair)).collect::<Vec<_>>();
    let turns = comparison.turns().into_iter().map(|(before, now, rules)| view! { before => before.word(), now => now.word(), rules });
    let [added, gone] = targets(site, previous);
    view! {
        counts, previous => earlier_view(previous), not_compared => comparison.not_compared,
        new => section(counts.new, records(&comparison.new, present)),
        removed => section(counts.removed, records(&comparison.removed, absent)),
        logic => section(counts.logic, pairs(&comparison.logic, logic)),
        text => section(counts.text, pairs(&comparison.text, text)),
        status => section(comparison.status.len(), comparison.status.iter().take(rows).map(turn).collect()),
        turns => turns.collect::<Vec<_>>(), added, gone => gone.into_iter().map(|target| short(target)).collect::<Vec<_>>(),
        moved => section(counts.moved, pairs(&comparison.moved, moved)),
    }
}

fn earlier_view(previous: &Previous) -> Value {
    view! {
        name => short(&previous.name), date => previous.date.as_deref().map(short), rules => previous.rules.len(),
        digest => short(&previous.inputs), program => short(&previous.verisigma),
    }
}

fn present(record: &Record) -> Value {
    let logsource = record.logsource.as_ref().map(logsource_words);
    view! { href => record.page, title => short_title(&record.title), level => record.level, logsource, path => short(&record.source) }
}

/// A rule that is gone: a text, and nowhere to go.
fn absent(record: &Record) -> Value {
    view! { title => short_title(&record.title), level => record.level.as_deref().map(short), path => short(&record.source) }
}

fn logic(pair: Pair<'_>) -> Value {
    let logsource = pair.has_other_logsource().then(|| {
        let words = |logsource: Option<&Logsource>| short(&logsource.map(logsource_words).unwrap_or_default());
        view! { before => words(pair.before.logsource.as_ref()), now => words(pair.now.logsource.as_ref()) }
    });
    let view = view! { condition => pair.has_other_condition(), logsource, fields => fields(pair) };
    minijinja::context! { ..view, ..present(pair.now) }
}

fn text(pair: Pair<'_>) -> Value {
    let view = view! { fields => fields(pair) };
    minijinja::context! { ..view, ..present(pair.now) }
}

/// Attributes that changed; that the detection is written otherwise is said in words.
fn fields(pair: Pair<'_>) -> Vec<Value> {
    let field = |field: Field<'_>| {
        let values = field.values.map(|values| values.map(|value| value.map(short_title)));
        view! { name => short(field.name), values }
    };
    pair.fields().into_iter().map(field).collect()
}

fn turn(turn: &Turn<'_>) -> Value {
    let view = view! { target => turn.target, before => turn.before.word(), now => turn.now.word() };
    minijinja::context! { ..view, ..present(turn.pair.now) }
}

fn moved(pair: Pair<'_>) -> Value {
    let view = view! { before => short(&pair.before.source) };
    minijinja::context! { ..view, ..present(pair.now) }
}

fn machine(site: &Site<'_>, previous: &Previous, comparison: &Comparison<'_>) -> Json {
    let [added, gone] = targets(site, previous);
    let inputs = about::inputs(site);
    json!({
        "schema": SCHEMA,
        "previous": {
            "name": previous.name, "date": previous.date, "verisigma": previous.verisigma, "inputs": previous.inputs,
            "rules": previous.rules.len(),
        },
        "current": {
            "name": site.catalog.name, "date": site.catalog.date, "verisigma": version(), "inputs": inputs, "rules": site.records.len(),
        },
        "targets": { "new": added, "removed": gone },
        "counts": comparison.counts(),
        "logic_not_compared": comparison.not_compared,
        "new": comparison.new.iter().map(|record| named(record, Some(&record.page))).collect::<Vec<_>>(),
        "removed": comparison.removed.iter().map(|record| named(record, None)).collect::<Vec<_>>(),
        "logic": comparison.logic.iter().map(|pair| with(pair, logic_json(*pair))).collect::<Vec<_>>(),
        "text": comparison.text.iter().map(|pair| with(pair, json!({ "attributes": fields_json(*pair) }))).collect::<Vec<_>>(),
        "status": comparison.status.iter().map(|own| {
            with(&own.pair, json!({ "target": own.target, "before": own.before, "now": own.now }))
        }).collect::<Vec<_>>(),
        "moved": comparison.moved.iter().map(|pair| with(pair, json!({ "before": pair.before.source }))).collect::<Vec<_>>(),
    })
}

fn named(record: &Record, page: Option<&str>) -> Json {
    json!({ "id": record.id, "title": record.title, "source": record.source, "page": page })
}

/// A rule as it is now, with more to say.
fn with(pair: &Pair<'_>, more: Json) -> Json {
    let mut named = named(pair.now, Some(&pair.now.page));
    if let (Json::Object(own), Json::Object(more)) = (&mut named, more) {
        own.extend(more);
    }
    named
}

fn logic_json(pair: Pair<'_>) -> Json {
    let logsource = pair.has_other_logsource().then(|| json!({ "before": pair.before.logsource, "now": pair.now.logsource }));
    json!({ "condition": pair.has_other_condition(), "logsource": logsource, "attributes": fields_json(pair) })
}

fn fields_json(pair: Pair<'_>) -> Vec<Json> {
    let field = |field: Field<'_>| match field.values {
        Some([before, now]) => json!({ "name": field.name, "before": before, "now": now }),
        None => json!({ "name": field.name }),
    };
    pair.fields().into_iter().map(field).collect()
}
