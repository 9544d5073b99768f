//! What the search of the index page loads, and what its template prints.
//!
//! Contract: each data file is one assignment of JSON to a variable, safe in a script whatever texts rules hold, and the
//! same for the same rules. `rules` is loaded with the page: what is shown and counted, and the words that rules say of
//! themselves. `values`, what rules look for and leave out, comes with the first search; `queries`, of one target each,
//! when they are to be downloaded. Lines of one file belong to the same rules as those of another, in the order of titles.
//! `assets/search.js` reads them. Deliberately absent: the search itself, and markup.

use super::digest::short;
use super::state::State;
use super::{File, assets, html};
use crate::explain::model::{Compiled, Explanation, Indicator, IndicatorRole};
use crate::facts::attack::Attack;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Between the fields of a rule in the file of values.
const BETWEEN_FIELDS: char = '\u{1e}';
/// Between a field and its values.
const BETWEEN_VALUES: char = '\u{1f}';

/// A rule and its page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'e> {
    /// What is said about it.
    pub(super) explanation: &'e Explanation,
    /// The path of its page, as part of a URL that starts at the root of the site.
    pub(super) page: &'e str,
}

/// What makes an index.
#[derive(Debug, Clone)]
pub(super) struct Search {
    /// The data files.
    pub(super) files: Vec<File>,
    /// What the template prints.
    pub(super) index: Index,
}

/// What the template of the index prints.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Index {
    /// What there is, as a sentence.
    lede: String,
    /// The path of the script.
    script: String,
    /// The path of the data that it starts with.
    rules: String,
    /// The path of the values.
    inside: String,
    /// The paths of the queries.
    queries: Vec<Link>,
    /// Ways to all rules.
    groups: Vec<Group>,
}

/// Links under a heading.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    /// The heading.
    pub(super) heading: String,
    /// The links.
    pub(super) links: Vec<Link>,
}

/// A link from the index.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Link {
    /// Its text.
    pub(super) label: String,
    /// The path, as part of a URL that starts at the root of the site.
    pub(super) href: String,
    /// How many rules there are.
    pub(super) count: Option<usize>,
}

/// The index of some rules.
pub(super) fn search(rows: &[Row<'_>], targets: &[String], attack: &Attack, groups: Vec<Group>) -> Search {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(|row| (row.explanation.rule.title.to_lowercase(), row.page.to_owned()));
    let (rules, values) = (rules(&rows, targets, attack), assignment("values", &lines(rows.iter().map(|row| inside(row.explanation)))));
    let of_target = |at: usize, target: &str| {
        let own = lines(rows.iter().map(|row| queries(row.explanation, target)));
        data_file(&format!("queries-{at}"), &assignment("queries", &own))
    };
    let queries: Vec<(&String, File)> = targets.iter().enumerate().map(|(at, target)| (target, of_target(at, target))).collect();
    let (rules, values) = (data_file("rules", &rules), data_file("values", &values));
    let index = Index {
        lede: lede(rows.len(), targets.len()),
        script: assets::path("search", "js"),
        rules: rules.path.clone(),
        inside: values.path.clone(),
        queries: queries.iter().map(|(name, file)| Link { label: (*name).clone(), href: file.path.clone(), count: None }).collect(),
        groups,
    };
    Search { files: [rules, values].into_iter().chain(queries.into_iter().map(|(_, file)| file)).collect(), index }
}

fn lede(rules: usize, targets: usize) -> String {
    let number = |count: usize, one: &str, many: &str| {
        format!("{} {}", html::thousands(u64::try_from(count).unwrap_or(u64::MAX)), if count == 1 { one } else { many })
    };
    let rules = number(rules, "Sigma rule", "Sigma rules");
    let queries = match targets {
        0 => String::new(),
        _ => format!(", and the queries for {}, each with what its verification found", number(targets, "backend", "backends")),
    };
    format!("{rules}: what is looked for, what is left out{queries}.")
}

fn data_file(name: &str, text: &str) -> File {
    File { path: format!("data/{name}-{}.js", short(text)), bytes: text.as_bytes().to_vec() }
}

/// A member of the variable that all data files share.
fn assignment(name: &str, json: &str) -> String {
    format!("verisigma.{name} = {json};\n")
}

/// An array with a line for each element.
fn lines(elements: impl Iterator<Item = Value>) -> String {
    let elements: Vec<String> = elements.map(|element| literal(&element)).collect();
    format!("[\n{}\n]", elements.join(",\n"))
}

/// JSON in which nothing ends or begins a script, and that scripts of any age read as one line.
fn literal(value: &Value) -> String {
    // Outside of texts JSON has none of these characters.
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// The file that the page starts with.
fn rules(rows: &[Row<'_>], targets: &[String], attack: &Attack) -> String {
    let tables = Tables::new(rows, attack);
    let cells: Vec<_> = rows.iter().map(|row| tables.cells(row, targets)).collect();
    let columns: Vec<&str> = cells.first().into_iter().flatten().map(|(name, _)| *name).collect();
    let tactics: Vec<_> = tables.tactics.iter().map(|(_, id, name)| (id, name)).collect();
    let head = json!({
        "columns": columns,
        "targets": targets,
        "outcomes": State::ALL.map(State::word),
        "logsources": tables.logsources,
        "tactics": tactics,
        "techniques": tables.techniques,
        "events": tables.events,
    });
    let rows = lines(cells.into_iter().map(|row| row.into_iter().map(|(_, value)| value).collect()));
    format!("var verisigma = {{}};\n{}{}", assignment("rules", &literal(&head)), assignment("rules.rules", &rows))
}

/// Texts that many rules share: once each, sorted.
struct Tables<'e> {
    /// Product, category and service.
    logsources: Vec<[&'e str; 3]>,
    /// Position in the matrix, id and name. Those that the matrix no longer has come last.
    tactics: Vec<(usize, &'e str, &'e str)>,
    techniques: Vec<(&'e str, &'e str)>,
    events: Vec<(&'e str, u32, &'e str)>,
}

impl<'e> Tables<'e> {
    fn new(rows: &[Row<'e>], attack: &Attack) -> Self {
        let order: Vec<&str> = attack.tactics().map(|(tactic, _)| tactic.id).collect();
        let place = |id: &str| order.iter().position(|known| *known == id).unwrap_or(order.len());
        let all = || rows.iter().map(|row| row.explanation);
        Self {
            logsources: sorted(all().map(logsource)),
            tactics: sorted(all().flat_map(tactics).map(|(id, name)| (place(id), id, name))),
            techniques: sorted(all().flat_map(techniques)),
            events: sorted(all().flat_map(events)),
        }
    }

    /// What the file holds of a rule; the names are those that the script has for it.
    fn cells(&self, row: &Row<'e>, targets: &[String]) -> Vec<(&'static str, Value)> {
        let (own, rule) = (row.explanation, &row.explanation.rule);
        let text = |text: &Option<String>| json!(text.as_deref().unwrap_or_default());
        let tactic = |(id, _): (&str, &str)| self.tactics.iter().position(|(_, known, _)| *known == id);
        vec![
            ("page", json!(page(row))),
            ("title", json!(rule.title)),
            ("description", text(&rule.description)),
            ("id", text(&rule.id)),
            ("level", json!(rule.level.unwrap_or_default())),
            ("status", json!(rule.status.unwrap_or_default())),
            ("logsource", json!(at(&self.logsources, &logsource(own)))),
            ("date", text(&rule.date)),
            ("modified", text(&rule.modified)),
            ("tactics", json!(tactics(own).filter_map(tactic).collect::<BTreeSet<usize>>())),
            ("techniques", json!(techniques(own).filter_map(|name| at(&self.techniques, &name)).collect::<BTreeSet<usize>>())),
            ("events", json!(events(own).filter_map(|event| at(&self.events, &event)).collect::<BTreeSet<usize>>())),
            ("outcomes", json!(outcomes(own, targets))),
            ("excludes", json!(u8::from(!own.exclusions.rows.is_empty() || own.exclusions.note.is_some()))),
            ("own", json!(own.indicators.iter().filter(|indicator| is_own(indicator)).count())),
            ("tags", json!(other_tags(own))),
            ("author", text(&rule.author)),
        ]
    }
}

/// The path of its page; nothing where its id says it, since ids cannot be compressed.
fn page<'e>(row: &Row<'e>) -> &'e str {
    let id = row.explanation.rule.id.as_deref().unwrap_or_default();
    if row.page == format!("r/{id}.html") { "" } else { row.page }
}

fn sorted<T: Ord>(rows: impl Iterator<Item = T>) -> Vec<T> {
    rows.collect::<BTreeSet<T>>().into_iter().collect()
}

fn at<T: Ord>(table: &[T], row: &T) -> Option<usize> {
    table.binary_search(row).ok()
}

fn logsource(explanation: &Explanation) -> [&str; 3] {
    let source = &explanation.rule.logsource;
    [&source.product, &source.category, &source.service].map(|part| part.as_deref().unwrap_or_default())
}

fn tactics(explanation: &Explanation) -> impl Iterator<Item = (&str, &str)> {
    explanation.attack.rows.iter().map(|row| (&*row.tactic.id, &*row.tactic.name))
}

fn techniques(explanation: &Explanation) -> impl Iterator<Item = (&str, &str)> {
    explanation.attack.rows.iter().flat_map(|row| &row.techniques).map(|technique| (&*technique.id, &*technique.name))
}

fn events(explanation: &Explanation) -> impl Iterator<Item = (&str, u32, &str)> {
    explanation.events.rows.iter().map(|event| (&*event.short, event.event_id, event.title.as_deref().unwrap_or_default()))
}

/// What became of the rule on each target: positions in the list of words.
fn outcomes(explanation: &Explanation, targets: &[String]) -> String {
    let position = |target: &String| {
        let state = State::of_rule(explanation, target);
        State::ALL.iter().position(|known| *known == state).unwrap_or_default().to_string()
    };
    targets.iter().map(position).collect()
}

/// Whether no other rule looks for it.
fn is_own(indicator: &Indicator) -> bool {
    indicator.role == IndicatorRole::Indicator && indicator.others == Some(0)
}

/// The tags of which no table speaks.
fn other_tags(explanation: &Explanation) -> String {
    let is_other = |tag: &&str| !tag.to_ascii_lowercase().starts_with("attack.");
    let tags = explanation.rule.tags.iter().map(String::as_str).filter(is_other);
    tags.chain(explanation.attack.unknown.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

/// What a rule looks for and what it leaves out, as one text: fields, each with its values. The path of its file is the
/// first.
fn inside(explanation: &Explanation) -> Value {
    let mut fields: BTreeMap<(bool, &str), BTreeSet<&str>> = BTreeMap::new();
    let wanted = explanation.indicators.iter().map(|indicator| (false, &indicator.predicate));
    let excluded = explanation.exclusions.rows.iter().map(|exclusion| (true, &exclusion.predicate));
    for (is_excluded, predicate) in wanted.chain(excluded) {
        fields.entry((is_excluded, predicate.field.as_deref().unwrap_or_default())).or_default().insert(&predicate.value);
    }
    let field = |((is_excluded, field), values): ((bool, &str), BTreeSet<&str>)| {
        let name = format!("{}{}", if is_excluded { "not " } else { "" }, if field.is_empty() { "(any field)" } else { field });
        let parts = std::iter::once(without_separators(&name)).chain(values.into_iter().map(without_separators));
        parts.collect::<Vec<_>>().join(&BETWEEN_VALUES.to_string())
    };
    let file = format!("file{BETWEEN_VALUES}{}", without_separators(&explanation.rule.source));
    json!(std::iter::once(file).chain(fields.into_iter().map(field)).collect::<Vec<_>>().join(&BETWEEN_FIELDS.to_string()))
}

/// Nobody looks for the characters that keep values apart.
fn without_separators(text: &str) -> String {
    text.replace([BETWEEN_FIELDS, BETWEEN_VALUES], " ")
}

fn queries(explanation: &Explanation, target: &str) -> Value {
    let own = |compiled: &'_ &Compiled| compiled.target == target;
    json!(explanation.queries.iter().filter(own).filter_map(|compiled| compiled.query.as_deref()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;
    use crate::explain::model::{self, Exclusions, Header, Logsource, Predicate, Within};

    const HOSTILE: &str = "</script><!--\u{2028}\u{2029}\u{1e}\"'\\{{ x }}]]>";

    fn predicate(field: &str, value: &str) -> Predicate {
        Predicate { field: Some(field.to_owned()), kind: "ends_with", value: value.to_owned(), transforms: Vec::new(), meant: None }
    }

    fn explanation(title: &str) -> Explanation {
        let indicator = |value: &str, others| Indicator {
            predicate: predicate("Image", value),
            role: IndicatorRole::Indicator,
            rules: Some(others + 1),
            others: Some(others),
        };
        let excluded = model::Exclusion {
            stage: 2,
            group: 0,
            within: Within::Any,
            conjunct: None,
            selection: "f".to_owned(),
            predicate: predicate("User", " A "),
            others: None,
        };
        Explanation {
            schema: model::SCHEMA,
            rule: Header {
                title: title.to_owned(),
                source: "a/b.yml".to_owned(),
                description: Some(HOSTILE.to_owned()),
                logsource: Logsource { product: Some("windows".to_owned()), ..Logsource::default() },
                tags: vec!["attack.t1059".to_owned(), HOSTILE.to_owned()],
                ..Header::default()
            },
            attack: model::Attack::default(),
            events: model::Events::default(),
            logic: String::new(),
            stages: Vec::new(),
            exclusions: Exclusions { rows: vec![excluded], note: None, dead: Vec::new() },
            indicators: vec![indicator("\\tscon.exe", 0), indicator(HOSTILE, 3)],
            queries: vec![],
            examples: model::Examples::default(),
            neighbours: model::Neighbours::default(),
            samples: Vec::new(),
            body: String::new(),
        }
    }

    fn texts(titles: &[&str]) -> Vec<String> {
        let explanations: Vec<Explanation> = titles.iter().map(|title| explanation(title)).collect();
        let rows: Vec<Row<'_>> = explanations.iter().map(|explanation| Row { explanation, page: "r/x.html" }).collect();
        let files = search(&rows, &["splunk".to_owned()], Attack::built_in(), Vec::new()).files;
        files.into_iter().map(|file| String::from_utf8(file.bytes).unwrap()).collect()
    }

    /// The JSON of an assignment.
    fn value(text: &str, name: &str) -> Value {
        let json = text.split_once(&format!("verisigma.{name} = ")).unwrap().1;
        serde_json::from_str(json.split(";\n").next().unwrap()).unwrap()
    }

    #[test]
    fn texts_of_rules_end_no_script_and_are_read_back() {
        let texts = texts(&[HOSTILE]);
        assert!(texts.iter().all(|text| !text.contains(['<', '\u{2028}', '\u{2029}'])), "{texts:?}");
        let (head, rows) = (value(&texts[0], "rules"), value(&texts[0], "rules.rules"));
        let column = |name: &str| head["columns"].as_array().unwrap().iter().position(|own| own == name).unwrap();
        assert_eq!((&rows[0][column("title")], &rows[0][column("tags")]), (&json!(HOSTILE), &json!(HOSTILE)));
        assert_eq!((&rows[0][column("own")], &rows[0][column("excludes")]), (&json!(1), &json!(1)));
        assert_eq!(head["logsources"], json!([["windows", "", ""]]));
    }

    #[test]
    fn values_stand_with_their_fields() {
        let hostile = HOSTILE.replace(BETWEEN_FIELDS, " ");
        let expected = format!("file\u{1f}a/b.yml\u{1e}Image\u{1f}{hostile}\u{1f}\\tscon.exe\u{1e}not User\u{1f} A ");
        assert_eq!(value(&texts(&["A"])[1], "values"), json!([expected]));
    }

    #[test]
    fn pages_that_are_named_by_ids_are_not_named_twice() {
        let mut one = explanation("A");
        one.rule.id = Some("x".to_owned());
        let page_of = |path| page(&Row { explanation: &one, page: path }).to_owned();
        assert_eq!((page_of("r/x.html"), page_of("r/y.html")), (String::new(), "r/y.html".to_owned()));
    }

    #[test]
    fn lines_follow_titles_whatever_the_order_of_rules() {
        assert_eq!(texts(&["b", "A", "c"]), texts(&["c", "b", "A"]));
        let rows = value(&texts(&["b", "A"])[0], "rules.rules");
        assert_eq!((&rows[0][1], &rows[1][1]), (&json!("A"), &json!("b")));
    }
}
