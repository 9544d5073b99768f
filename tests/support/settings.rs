//! The storages that the public rule set is converted for: each target's own, and for SQLite tables with a column
//! for every field that some rule names.

use super::Named;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use verisigma::backend;
use verisigma::engine::{Direction, Job, Request, Schema, schema, target};
use verisigma::ir::lower::lower;
use verisigma::lang::{self, Reader};
use verisigma::rule::{Search, ValueKind};
use verisigma::source::Source;
use verisigma::storage::{Affinity, ColumnType};
use verisigma::text::fold::Case;

/// A storage with its name for people, and the parts of the engine that work on it.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) job: Job,
    pub(crate) backend: Arc<backend::Target>,
    pub(crate) reader: Reader,
    pub(crate) settings: backend::Settings,
    /// Whether the storage has certain columns and no others.
    pub(crate) is_listed: bool,
}

/// The default storage.
pub(crate) fn default_setting() -> Setting {
    setting("open", "sqlite", Schema::Default)
}

/// The built-in storages of the targets that are no tables.
pub(crate) fn searches() -> Vec<Setting> {
    vec![
        setting("splunk", "splunk", Schema::Default),
        setting("kql", "kql", Schema::Default),
        setting("kql lowercase-keyword", "kql", Schema::Named("lowercase-keyword".to_owned())),
    ]
}

/// Kibana's query language, where queries may differ from their rules in this direction.
pub(crate) fn approximate(direction: Direction) -> Setting {
    let allowed = vec![direction];
    let request = Request { target: "kql".to_owned(), allowed: allowed.clone(), ..Request::default() };
    let settings = backend::Settings { allowed, ..backend::Settings::default() };
    Setting { job: Job::new(request).unwrap(), settings, ..setting("kql approximate", "kql", Schema::Default) }
}

fn setting(name: &'static str, target: &str, schema: Schema) -> Setting {
    let is_listed = matches!(schema, Schema::Given(_));
    let job = Job::new(Request { target: target.to_owned(), schema, ..Request::default() }).unwrap();
    let backend = backend::builtin(target).unwrap().unwrap();
    let reader = lang::reader(&backend.language.name, backend.language.dialect.as_deref()).unwrap();
    Setting { name, job, backend, reader, settings: backend::Settings::default(), is_listed }
}

/// The declared type of a column, by its name in lower case.
type Declaring = Box<dyn Fn(&str) -> &'static str>;

/// The default storage, and three tables with the fields of all rules as columns: texts and the numbers that
/// rules compare with, texts that ignore case, and columns without a type.
pub(crate) fn settings(rules: &[Named]) -> Vec<Setting> {
    let numeric = numeric_fields(rules);
    let declared: [(&'static str, Declaring); 3] = [
        ("integers", Box::new(move |name| if numeric.contains(name) { "INTEGER" } else { "TEXT" })),
        ("nocase", Box::new(|_| "TEXT COLLATE NOCASE")),
        ("untyped", Box::new(|_| "")),
    ];
    let columns = columns(rules);
    let listed = declared.into_iter().map(|(name, kind)| {
        let columns: Vec<String> = columns.iter().map(|(key, spelled)| format!("{} {}", quoted(spelled), kind(key))).collect();
        let text = format!("CREATE TABLE events ({})", columns.join(", "));
        let storage = schema(target("sqlite").unwrap(), &Source::new(name, &text)).unwrap();
        setting(name, "sqlite", Schema::Given(storage))
    });
    std::iter::once(default_setting()).chain(listed).collect()
}

/// The fields of all rules, by their names in lower case, each as some rule spells it.
fn columns(rules: &[Named]) -> BTreeMap<String, String> {
    let mut columns = BTreeMap::new();
    for meaning in rules.iter().flat_map(|named| lower(&named.rule).unwrap()) {
        meaning.for_each_field(&mut |name| {
            columns.entry(name.to_ascii_lowercase()).or_insert_with(|| name.to_owned());
        });
    }
    columns
}

/// The fields that some rule compares with a number, by their names in lower case.
fn numeric_fields(rules: &[Named]) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for identifier in rules.iter().flat_map(|named| &named.rule.detection.identifiers) {
        collect_numeric(&identifier.search, &mut fields);
    }
    fields
}

fn collect_numeric(search: &Search, fields: &mut BTreeSet<String>) {
    match search {
        Search::All(items) => {
            let numeric = items.iter().filter(|item| item.values.iter().any(|value| matches!(value.kind, ValueKind::Number(_))));
            fields.extend(numeric.filter_map(|item| item.field.as_ref()).map(|field| field.to_ascii_lowercase()));
        }
        Search::Any(searches) => searches.iter().for_each(|search| collect_numeric(search, fields)),
        Search::Keywords(_) => {}
    }
}

/// A name as an identifier of SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The declaration of a type in SQL.
pub(crate) fn declaration(kind: ColumnType) -> String {
    let affinity = match kind.affinity().unwrap() {
        Affinity::Text => "TEXT",
        Affinity::Integer => "INTEGER",
        Affinity::Numeric => "NUMERIC",
        Affinity::Real => "REAL",
        Affinity::Untyped => "",
    };
    format!("{affinity}{}", if kind.compares == Case::Sensitive { "" } else { " COLLATE NOCASE" })
}
