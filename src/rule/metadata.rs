//! The attributes of a rule beside its detection, and its log source.
//!
//! Follows the specification's section "Attributes", its JSON schema and sigma.md §1.3. Lenient where
//! nothing depends on it: a plain scalar that only some YAML versions take for a date or a boolean is text,
//! null is as good as absent, and an attribute that Sigma does not know is kept as data. Deliberately
//! absent: style (the case of tags, uniqueness in lists), which is for lints.

use super::data::{self, Attribute};
use super::scalar::{self, Resolved};
use super::yaml::{List, Map, Node, Scalar, View};
use super::{Level, Logsource, Metadata, Related, Status};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::Place;
use crate::text::similar;

/// Titles and names may have this many characters (specification).
const MAX_TITLE: usize = 256;

/// Descriptions may have this many characters (JSON schema).
const MAX_DESCRIPTION: usize = 65_535;

const STATUSES: &[(&str, Status)] = &[
    ("stable", Status::Stable),
    ("test", Status::Test),
    ("experimental", Status::Experimental),
    ("deprecated", Status::Deprecated),
    ("unsupported", Status::Unsupported),
];

const LEVELS: &[(&str, Level)] = &[
    ("informational", Level::Informational),
    ("low", Level::Low),
    ("medium", Level::Medium),
    ("high", Level::High),
    ("critical", Level::Critical),
];

const RELATIONS: &[&str] = &["derived", "obsolete", "merged", "renamed", "similar", "correlation"];

/// Reads every attribute but the sections: `logsource`, `detection`, `correlation` and `filter`. What is wrong is reported.
pub(super) fn read(document: Map, start: Place, report: &mut Vec<Diagnostic>) -> Metadata {
    let mut metadata = Metadata::default();
    let mut reader = Reader { report };
    let mut has_title = false;
    for (key, node) in document.entries() {
        let Some(name) = key.scalar().filter(|key| scalar::is_text(key)).map(|key| &*key.text) else {
            let problem = Diagnostic::error(Code::YamlStructure, key.place(), "a key that is no text");
            reader.report.push(problem.help("quote the key"));
            continue;
        };
        if name == "generate" && child(document, "correlation").is_some() {
            continue;
        }
        if name == "title" {
            has_title = !is_null(node);
            metadata.title = reader.text(name, node, Code::InvalidTitle, 1..=MAX_TITLE).unwrap_or_default();
        } else {
            reader.attribute(name, key.place(), node, &mut metadata);
        }
    }
    if !has_title {
        let problem = Diagnostic::error(Code::MissingTitle, start, "a rule without a title");
        report.push(problem.help(or_meant("write `title: …` with 1 to 256 characters", "title", document)));
    }
    metadata
}

/// Help for a missing key: the general one, or the key that was probably meant for it. A key without a value is as good as
/// missing.
pub(super) fn or_meant(help: &str, missing: &str, map: Map) -> String {
    let keys = || map.entries().filter_map(|(key, _)| key.scalar()).map(|key| &*key.text);
    if keys().any(|key| key == missing) {
        return format!("the key `{missing}` is there, but has no value: {help}");
    }
    let near = keys().find(|key| similar::nearest(key, [missing]).is_some());
    near.map_or_else(|| help.to_owned(), |key| format!("the key {} should probably be `{missing}`", quote(key)))
}

/// Whether a node is null, which is as good as absent.
pub(super) fn is_null(node: Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar::resolve(scalar) == Resolved::Null)
}

/// The text of a scalar that some YAML version reads as text.
pub(super) fn lenient_text<'t>(scalar: &'t Scalar) -> Option<&'t str> {
    match scalar::resolve(scalar) {
        Resolved::Text | Resolved::Ambiguous => Some(&scalar.text),
        Resolved::Null | Resolved::Boolean(_) | Resolved::Number(_) | Resolved::Unrepresentable => None,
    }
}

struct Reader<'r> {
    report: &'r mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn attribute(&mut self, name: &str, place: Place, node: Node, metadata: &mut Metadata) {
        match name {
            "id" => metadata.id = self.id(node, Code::InvalidId),
            "name" => metadata.name = self.text(name, node, Code::InvalidAttribute, 1..=MAX_TITLE),
            "related" => metadata.related = self.related(node),
            "taxonomy" => metadata.taxonomy = self.text(name, node, Code::InvalidAttribute, 1..=MAX_TITLE),
            "status" => metadata.status = self.choice(name, node, Code::InvalidStatus, STATUSES),
            "level" => metadata.level = self.choice(name, node, Code::InvalidLevel, LEVELS),
            "description" => metadata.description = self.text(name, node, Code::InvalidAttribute, 0..=MAX_DESCRIPTION),
            "license" => metadata.license = self.text(name, node, Code::InvalidAttribute, 0..=usize::MAX),
            "author" => metadata.author = self.text(name, node, Code::InvalidAttribute, 0..=usize::MAX),
            "references" => metadata.references = self.texts(name, node),
            "fields" => metadata.fields = self.texts(name, node),
            "falsepositives" => metadata.falsepositives = self.texts(name, node),
            "scope" => metadata.scope = self.texts(name, node),
            "date" => metadata.date = self.date(name, node),
            "modified" => metadata.modified = self.date(name, node),
            "tags" => metadata.tags = self.tags(node),
            "logsource" | "detection" | "correlation" | "filter" => {}
            _ => metadata.custom.push(Attribute { name: name.to_owned(), place, value: data::data(node) }),
        }
    }

    fn report(&mut self, code: Code, place: Place, message: String, help: impl Into<String>) {
        self.report.push(Diagnostic::error(code, place, message).help(help));
    }

    /// A text of so many characters; `None` for null.
    fn text(&mut self, name: &str, node: Node, code: Code, length: std::ops::RangeInclusive<usize>) -> Option<String> {
        if is_null(node) {
            return None;
        }
        let Some(text) = node.scalar().and_then(lenient_text) else {
            self.report(code, node.place(), format!("`{name}` must be a text"), not_text(node));
            return None;
        };
        let count = text.chars().count();
        if !length.contains(&count) {
            let help = format!("write {} to {} characters", length.start(), length.end());
            self.report(code, node.place(), format!("`{name}` has {count} characters"), help);
            return None;
        }
        Some(text.to_owned())
    }

    fn id(&mut self, node: Node, code: Code) -> Option<String> {
        if is_null(node) {
            return None;
        }
        match node.scalar().and_then(lenient_text) {
            Some(text) if is_uuid(text) => Some(text.to_owned()),
            _ => {
                let help = "write a UUID, such as `5f2c7c5e-1b1f-4d60-9d0a-6a3b0f1e8c11`";
                self.report(code, node.place(), "an id that is no UUID".to_owned(), help);
                None
            }
        }
    }

    /// One of a closed list of words.
    fn choice<T: Copy>(&mut self, name: &str, node: Node, code: Code, choices: &[(&'static str, T)]) -> Option<T> {
        if is_null(node) {
            return None;
        }
        let words = || choices.iter().map(|(word, _)| *word);
        let Some(text) = node.scalar().map(|scalar| &*scalar.text) else {
            self.report(code, node.place(), format!("`{name}` must be a text"), one_of(words()));
            return None;
        };
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let help = similar::nearest(text, words()).map_or_else(|| one_of(words()), |meant| format!("did you mean `{meant}`?"));
            self.report(code, node.place(), format!("unknown {name} {}", quote(text)), help);
        }
        found
    }

    fn list<'t, 's>(&mut self, name: &str, node: Node<'t, 's>, code: Code) -> Option<List<'t, 's>> {
        match node.view() {
            View::List(list) => Some(list),
            View::Scalar(_) if is_null(node) => None,
            View::Scalar(scalar) => {
                self.report(
                    code,
                    node.place(),
                    format!("`{name}` must be a list"),
                    format!("write {} on a line below `{name}:`", quote(&format!("- {}", scalar.text))),
                );
                None
            }
            View::Map(_) => {
                self.report(code, node.place(), format!("`{name}` must be a list"), "begin each entry with `- `");
                None
            }
        }
    }

    /// A list of scalars, each as written.
    fn texts(&mut self, name: &str, node: Node) -> Vec<String> {
        let Some(list) = self.list(name, node, Code::InvalidAttribute) else { return Vec::new() };
        let mut texts = Vec::with_capacity(list.len());
        for item in list.iter().filter(|item| !is_null(*item)) {
            match item.scalar() {
                Some(scalar) => texts.push(scalar.text.to_string()),
                None => self.report(Code::InvalidAttribute, item.place(), format!("an entry of `{name}` must be a text"), not_text(item)),
            }
        }
        texts
    }

    fn tags(&mut self, node: Node) -> Vec<String> {
        let Some(list) = self.list("tags", node, Code::InvalidTags) else { return Vec::new() };
        let mut tags = Vec::with_capacity(list.len());
        for item in list.iter() {
            let text = item.scalar().and_then(lenient_text);
            match text.filter(|text| text.split_once('.').is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty())) {
                Some(text) => tags.push(text.to_owned()),
                None => {
                    let message =
                        text.map_or_else(|| "a tag must be a text".to_owned(), |text| format!("the tag {} has no namespace", quote(text)));
                    self.report(Code::InvalidTags, item.place(), message, "write `namespace.name`, such as `attack.t1059`");
                }
            }
        }
        tags
    }

    fn date(&mut self, name: &str, node: Node) -> Option<String> {
        if is_null(node) {
            return None;
        }
        let text = node.scalar().map(|scalar| &*scalar.text);
        if let Some(date) = text.filter(|text| is_date(text)) {
            return Some(date.to_owned());
        }
        let dashed = text.map(|text| text.split('/').collect::<Vec<_>>().join("-")).filter(|dashed| is_date(dashed));
        let help = dashed.map_or_else(|| "write a date of the calendar as YYYY-MM-DD".to_owned(), |dashed| format!("write `{dashed}`"));
        self.report(Code::InvalidDate, node.place(), format!("`{name}` is no date"), help);
        None
    }

    fn related(&mut self, node: Node) -> Vec<Related> {
        let Some(list) = self.list("related", node, Code::InvalidRelated) else { return Vec::new() };
        let mut related = Vec::with_capacity(list.len());
        for item in list.iter() {
            let View::Map(map) = item.view() else {
                self.report(
                    Code::InvalidRelated,
                    item.place(),
                    "a related rule must be a map".to_owned(),
                    "write `- id: <UUID>` and below it `type: derived`",
                );
                continue;
            };
            related.extend(self.relation(item.place(), map));
        }
        related
    }

    fn relation(&mut self, place: Place, map: Map) -> Option<Related> {
        let (id, kind) = (child(map, "id"), child(map, "type"));
        let (Some(id), Some(kind)) = (id, kind) else {
            self.report(Code::InvalidRelated, place, "a related rule needs `id` and `type`".to_owned(), one_of(RELATIONS.iter().copied()));
            return None;
        };
        let id = self.id(id, Code::InvalidRelated);
        let choices: Vec<(&str, &str)> = RELATIONS.iter().map(|word| (*word, *word)).collect();
        let kind = self.choice("type", kind, Code::InvalidRelated, &choices);
        Some(Related { id: id?, kind: kind?.to_owned() })
    }
}

/// The log source of a document that needs one. What is wrong is reported.
pub(super) fn required_logsource(document: Map, start: Place, what: &str, report: &mut Vec<Diagnostic>) -> Option<Logsource> {
    let node = child(document, "logsource").filter(|node| !is_null(*node));
    if let Some((node, key)) = node.zip(key_place(document, "logsource")) {
        return Some(logsource(key, node, report));
    }
    let problem = Diagnostic::error(Code::MissingLogsource, start, format!("{what} without a log source"));
    let help = "write `logsource:` with `category:`, `product:` or `service:` below it";
    report.push(problem.help(or_meant(help, "logsource", document)));
    None
}

/// Reads the value of the key `logsource`. What is wrong is reported.
fn logsource(key: Place, node: Node, report: &mut Vec<Diagnostic>) -> Logsource {
    let mut logsource = Logsource::default();
    let View::Map(map) = node.view() else {
        let problem = Diagnostic::error(Code::InvalidLogsource, node.place(), "`logsource` must be a map");
        report.push(problem.help("write `category:`, `product:` or `service:` below it"));
        return logsource;
    };
    let before = report.len();
    let mut reader = Reader { report };
    for (name, slot) in [
        ("category", &mut logsource.category),
        ("product", &mut logsource.product),
        ("service", &mut logsource.service),
        ("definition", &mut logsource.definition),
    ] {
        *slot = child(map, name).and_then(|node| reader.text(name, node, Code::InvalidLogsource, 1..=usize::MAX));
    }
    let is_empty = logsource.category.is_none() && logsource.product.is_none() && logsource.service.is_none();
    if is_empty && report.len() == before {
        let problem = Diagnostic::error(Code::EmptyLogsource, key, "a log source without category, product and service");
        let help = ["category", "service", "product"]
            .iter()
            .fold("write at least one of the three, such as `product: windows`".to_owned(), |help, name| or_meant(&help, name, map));
        report.push(problem.help(help));
    }
    logsource
}

/// Where the first key of this name stands.
pub(super) fn key_place(map: Map, name: &str) -> Option<Place> {
    map.entries().filter_map(|(key, _)| key.scalar()).find(|key| key.text == name).map(|key| key.place)
}

/// The value of the first key of this name.
pub(super) fn child<'t, 's>(map: Map<'t, 's>, name: &str) -> Option<Node<'t, 's>> {
    map.entries().find(|(key, _)| key.scalar().is_some_and(|key| key.text == name)).map(|(_, value)| value)
}

fn not_text(node: Node) -> String {
    match node.view() {
        View::Scalar(scalar) => scalar::quote_it(scalar),
        View::List(_) => "write one text instead of a list".to_owned(),
        View::Map(_) => "quote the text: a colon followed by a blank makes a map".to_owned(),
    }
}

/// Help that names all choices.
pub(super) fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    format!("write one of {}", words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
}

/// RFC 9562 §4: 8, 4, 4, 4 and 12 hexadecimal digits with dashes between.
pub(super) fn is_uuid(text: &str) -> bool {
    let sizes = [8, 4, 4, 4, 12];
    let mut groups = text.split('-');
    let fit =
        sizes.iter().all(|&size| groups.next().is_some_and(|group| group.len() == size && group.bytes().all(|b| b.is_ascii_hexdigit())));
    fit && groups.next().is_none()
}

/// `YYYY-MM-DD`, a day of the Gregorian calendar.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-').map(|part| part.bytes().all(|b| b.is_ascii_digit()).then_some(part));
    let (Some(Some(year)), Some(Some(month)), Some(Some(day))) = (parts.next(), parts.next(), parts.next()) else { return false };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>()) else { return false };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for text in ["2024-02-29", "2000-02-29", "2023-12-31", "0001-01-01"] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "2024-1-1",
            "24-01-01",
            "2024/01/01",
            "2024-01-01 ",
            "2024-01",
            "",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn uuids_have_five_groups() {
        assert!(is_uuid("5f2c7c5e-1B1F-4d60-9d0a-6a3b0f1e8c11"));
        for text in [
            "",
            "my-rule-1",
            "5f2c7c5e1b1f4d609d0a6a3b0f1e8c11",
            "5f2c7c5e-1b1f-4d60-9d0a-6a3b0f1e8c1g",
            "5f2c7c5e-1b1f-4d60-9d0a-6a3b0f1e8c11-",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
