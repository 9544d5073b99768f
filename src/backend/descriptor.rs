//! Descriptors: what a target looks like, as YAML, and the checks that make a [`Target`] of one.
//!
//! A descriptor may extend another, one level only: maps are merged key by key, everything else is
//! replaced. Unknown keys, unknown holes and missing parts are errors with a place. Deliberately absent:
//! reading files (texts come from a lookup), and any name of a target.

mod check;

use self::check::Checker;
use super::Target;
use super::entries::Entries;
use super::form::{Form, Holes, RawWay, Strength, Template, Way};
use super::literal::Literal;
use crate::diag::{Code, Diagnostic};
use crate::source::{Place, Source};
use crate::storage::{Column, ColumnKey, ColumnType, Columns, Names, Storage};
use crate::text::config;
use crate::text::fold::Case;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a list of ways is for, in Sigma's words where Sigma has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Key {
    /// A value without wildcards.
    Equals,
    /// `abc*`
    Startswith,
    /// `*abc`
    Endswith,
    /// `*abc*`
    Contains,
    /// Any other value with wildcards, and the three before where they have no list.
    Wildcards,
    /// `*`
    Anything,
    /// There is a value.
    Exists,
    /// There is none.
    Missing,
    /// A regular expression.
    Regex,
    /// A network.
    Cidr,
    /// A number, less.
    Lt,
    /// A number, less or equal.
    Lte,
    /// A number, greater.
    Gt,
    /// A number, greater or equal.
    Gte,
    /// A number, equal.
    Eq,
    /// The minute of a time, compared.
    Minute,
    /// The hour, compared.
    Hour,
    /// The day of the month, compared.
    Day,
    /// The week as ISO 8601 counts, compared.
    Week,
    /// The month, compared.
    Month,
    /// The year, compared.
    Year,
    /// A text, less.
    TextLt,
    /// A text, less or equal.
    TextLte,
    /// A text, greater.
    TextGt,
    /// A text, greater or equal.
    TextGte,
    /// A text, equal in the storage's order.
    TextEq,
    /// Two fields are equal.
    Fieldref,
    /// The other field is a prefix of this one.
    FieldrefStartswith,
    /// The other field is a suffix of this one.
    FieldrefEndswith,
    /// The other field is contained in this one.
    FieldrefContains,
    /// For correlations: the value as a text that compares exactly.
    AsText,
    /// The whole number that the value is, or nothing.
    AsNumber,
    /// The time that the value is, in milliseconds since 1970.
    AsTime,
    /// Whether the value is a time.
    IsTime,
}

impl Key {
    fn holes(self) -> Holes {
        if self.compares_fields() { Holes::TwoFields } else { Holes::Field }
    }

    fn compares_fields(self) -> bool {
        matches!(self, Self::Fieldref | Self::FieldrefStartswith | Self::FieldrefEndswith | Self::FieldrefContains)
    }

    /// Whether a form of this list must say how letters compare in it.
    fn compares_letters(self) -> bool {
        self.compares_fields()
            || matches!(self, Self::Equals | Self::Startswith | Self::Endswith | Self::Contains | Self::Wildcards)
            || matches!(self, Self::TextLt | Self::TextLte | Self::TextGt | Self::TextGte | Self::TextEq)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    extends: Option<String>,
    name: Option<String>,
    about: Option<String>,
    language: Option<Language>,
    evidence: Option<Evidence>,
    engine: Option<String>,
    comment: Option<Comment>,
    #[serde(default)]
    formats: Entries<String, Format>,
    #[serde(default)]
    options: Entries<String, TargetOption>,
    #[serde(default)]
    storages: Entries<String, RawStorage>,
    correlations: Option<Windows>,
    #[serde(default)]
    stages: Entries<String, RawStage>,
}

/// The language of a target's queries: which reader reads them back, and in which dialect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The reader.
    pub name: String,
    /// The dialect that it is to read.
    pub dialect: Option<String>,
}

/// What is known of a target's semantics, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Verdicts recorded from the real engine.
    Recorded,
    /// The documentation or the source of the engine.
    Documented,
    /// Inference from related engines.
    Inferred,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recorded => "recorded",
            Self::Documented => "documented",
            Self::Inferred => "inferred",
        })
    }
}

/// How a language writes a comment on one line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// What opens it, such as `-- `.
    pub open: String,
    /// What closes it; empty where the end of the line does.
    pub close: String,
}

/// An output format of a target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// The template that wraps a query.
    pub(super) template: String,
    /// The template of the document that the texts of several rules make; none where they stand one after the
    /// other.
    pub(super) document: Option<String>,
    /// How the query stands in the text of one rule; bare where nothing is said.
    #[serde(default)]
    pub envelope: Envelope,
    /// The extension of its files, without a period.
    pub extension: String,
    /// What it is, for people.
    pub about: String,
}

/// How a query stands in what wraps it, for those who take it back out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The kind of text: `bare`, or a language of documents.
    pub kind: String,
    /// Where in it the query stands.
    #[serde(default)]
    pub path: String,
    /// Where in it the name stands that no other artefact of a document may have; none where the kind itself
    /// says so.
    #[serde(default)]
    pub identity: Option<String>,
}

impl Default for Envelope {
    fn default() -> Self {
        Self { kind: "bare".to_owned(), path: String::new(), identity: None }
    }
}

/// An option of a target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetOption {
    /// What it sets.
    pub(super) sets: Setting,
    /// What it is, for people.
    pub about: String,
}

/// What a target says of correlations, where it can join common table expressions and count in windows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Windows {
    /// The name that every table has for what tells its rows apart.
    pub(super) event: String,
    /// The column of times, unless an option names another.
    pub(super) timestamp: String,
    /// How the time of an alert is shown: `{time}` is a number of milliseconds since 1970.
    pub(super) shown: Template,
    /// How many SELECTs can be put together.
    pub(super) selects: usize,
}

/// What an option sets, in the order in which options change a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Setting {
    /// The table of the storage.
    Table,
    /// The column of the storage in which keywords are searched.
    Keywords,
    /// Which fields those who search know, separated by commas.
    View,
    /// How letters compare in keywords that those who search know: `true` folds ASCII letters.
    Caseless,
    /// The column of times, for correlations.
    Timestamp,
    /// Something that templates write.
    Template,
    /// A condition that templates write beside that of the rule.
    Beside,
}

/// A storage that a target has of its own.
#[derive(Debug, Clone)]
pub struct BuiltinStorage {
    /// The name that `--schema` takes.
    pub name: String,
    /// What it is, for people.
    pub about: String,
    /// How events are held.
    pub storage: Storage,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStorage {
    about: String,
    table: Option<String>,
    names: Names,
    columns: RawType,
    #[serde(default)]
    listed: Entries<String, RawType>,
    raw: Option<String>,
    networks: Option<RawType>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    #[serde(rename = "type")]
    key: ColumnKey,
    compares: Case,
}

impl From<RawType> for ColumnType {
    fn from(raw: RawType) -> Self {
        Self { holds: raw.key.holds(), compares: raw.compares }
    }
}

impl From<RawStorage> for Storage {
    fn from(raw: RawStorage) -> Self {
        let listed = raw.listed.0.iter().map(|(name, kind)| Column::new(name, (*kind).into())).collect();
        let columns = Columns { listed, others: Some(raw.columns.into()) };
        Self { table: raw.table, names: raw.names, columns, raw: raw.raw, networks: raw.networks.map(ColumnType::from) }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    open: Option<String>,
    binding: Option<Vec<String>>,
    limits: Option<Limits>,
    #[serde(default)]
    fragments: Entries<String, Template>,
    #[serde(default)]
    literals: Entries<String, Literal>,
    field: Option<Vec<RawWay>>,
    #[serde(default)]
    logic: RawLogic,
    #[serde(default)]
    tests: Entries<Key, Vec<RawWay>>,
}

/// What the engine can bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// The height of an expression.
    pub(super) height: usize,
    /// The length of a flat chain of AND or OR; longer ones become trees.
    pub(super) chain: usize,
    /// How many chains, negations and tests can stand in each other, where that is counted.
    pub(super) clauses: Option<usize>,
}

impl Limits {
    /// The limits of a target that names none.
    const DEFAULT: Self = Self { height: 1_000_000, chain: 1_000_000, clauses: None };
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLogic {
    and: Option<RawChain>,
    or: Option<RawChain>,
    not: Option<Vec<RawWay>>,
    #[serde(rename = "true")]
    always: Option<String>,
    #[serde(rename = "false")]
    never: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChain {
    join: String,
    binds: String,
    /// How tightly its operands must hold together, where that is more than the chain itself does.
    operands: Option<String>,
}

impl Raw {
    fn over(self, base: Self) -> Self {
        let replace = |own, _| own;
        let replace_storage = |own, _| own;
        Self {
            extends: self.extends,
            name: self.name,
            about: self.about,
            language: self.language.or(base.language),
            evidence: self.evidence.or(base.evidence),
            engine: self.engine.or(base.engine),
            comment: self.comment.or(base.comment),
            formats: self.formats.over(base.formats, |own, _| own),
            options: self.options.over(base.options, replace),
            storages: self.storages.over(base.storages, replace_storage),
            correlations: self.correlations.or(base.correlations),
            stages: self.stages.over(base.stages, RawStage::over),
        }
    }
}

impl RawStage {
    fn over(self, base: Self) -> Self {
        Self {
            open: self.open.or(base.open),
            binding: self.binding.or(base.binding),
            limits: self.limits.or(base.limits),
            fragments: self.fragments.over(base.fragments, |own, _| own),
            literals: self.literals.over(base.literals, |own, _| own),
            field: self.field.or(base.field),
            logic: RawLogic {
                and: self.logic.and.or(base.logic.and),
                or: self.logic.or.or(base.logic.or),
                not: self.logic.not.or(base.logic.not),
                always: self.logic.always.or(base.logic.always),
                never: self.logic.never.or(base.logic.never),
            },
            tests: self.tests.over(base.tests, |own, _| own),
        }
    }
}

/// A checked stage: one expression language of a target.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    /// What stands before the condition, where another stage comes before it.
    pub(super) open: String,
    pub(super) limits: Limits,
    pub(super) tightest: Strength,
    pub(super) field: Vec<Form>,
    /// The literal named `text`, which writes values in templates.
    pub(super) text: Option<Arc<Literal>>,
    pub(super) logic: Logic,
    pub(super) tests: BTreeMap<Key, Vec<Way>>,
}

/// How formulas are put together.
#[derive(Debug, Clone)]
pub(super) struct Logic {
    pub(super) and: Chain,
    pub(super) or: Chain,
    pub(super) not: Vec<Form>,
    pub(super) always: String,
    pub(super) never: String,
}

/// A connective.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) join: String,
    pub(super) binds: Strength,
    pub(super) operands: Strength,
}

/// The checked target of a descriptor's text. Texts that it names (`sql.yaml`, `sql/default.j2`) come from
/// `lookup`.
pub(super) fn load(source: &Source, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Target, Vec<Diagnostic>> {
    let own: Raw = parse(source)?;
    let raw = match &own.extends {
        Some(name) => {
            let base = base(source, name, lookup)?;
            own.over(base)
        }
        None => own,
    };
    Checker { source, lookup }.target(raw).map_err(|error| vec![error])
}

fn base(source: &Source, name: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Raw, Vec<Diagnostic>> {
    let file = format!("{name}.yaml");
    let place = place_of(source, name);
    let text = lookup(&file)
        .ok_or_else(|| vec![Diagnostic::error(Code::InvalidDescriptor, place, format!("no descriptor `{file}` to extend"))])?;
    let about_base = |error: Diagnostic| Diagnostic { message: format!("in `{file}`: {}", error.message), place, ..error };
    let base: Raw = parse(&Source::new(&file, &text)).map_err(|errors| errors.into_iter().map(about_base).collect::<Vec<_>>())?;
    match base.extends {
        Some(_) => Err(vec![Diagnostic::error(Code::InvalidDescriptor, place, format!("`{name}` extends another descriptor itself"))]),
        None => Ok(base),
    }
}

fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Vec<Diagnostic>> {
    config::check(&source.text).map_err(|excess| {
        vec![Diagnostic::error(Code::InvalidDescriptor, Place::on_line(excess.line, excess.column, 1), excess.message)]
    })?;
    serde_yaml::from_str(&source.text).map_err(|error| {
        let at = error.location().map_or(Place::NOWHERE, |at| Place::on_line(at.line() as u32, at.column() as u32, 1));
        let message = error.to_string();
        let message = message.split_once(" at line ").map_or(&*message, |(message, _)| message);
        vec![Diagnostic::error(Code::InvalidDescriptor, at, message)]
    })
}

/// Where a text first stands in a descriptor.
fn place_of(source: &Source, needle: &str) -> Place {
    let found = (1..).zip(source.text.lines()).find_map(|(number, line)| line.split_once(needle).map(|(before, _)| (number, before)));
    found
        .map_or(Place::NOWHERE, |(number, before)| Place::on_line(number, before.chars().count() as u32 + 1, needle.chars().count() as u32))
}
