//! The engine as its users see it: rules in; queries, verdicts and answers out.
//!
//! The façade over rules, backends, readers and verification: what the command line needs, and what a
//! program that embeds Verisigma needs. A [`Job`] says what is wanted of which target, [`convert`] writes
//! and verifies queries, [`verify_query`] judges text from elsewhere, [`read_query`] runs it on events.
//! Deliberately absent: reading and writing files, and words about how a run went.

use crate::diag::{Code, Diagnostic, quote};
use crate::eval;
use crate::event::Event;
use crate::rule::{self, Document, Rule};
use crate::source::{Place, Source};
use crate::storage::{Name, Storage};
use crate::text::similar::nearest;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

/// The rules of a text, document by document.
pub fn parse(source: &Source) -> Vec<Document> {
    rule::parse(source)
}

/// Whether an event matches a rule, by the reference evaluator.
pub fn matches(rule: &Rule, event: &Event) -> bool {
    eval::matches(rule, event)
}

/// A query language, or a product that speaks it, as the listing shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// The name that `-t` takes.
    pub name: String,
    /// One line on what it is.
    pub description: String,
    /// What queries can be wrapped in; the first is the default.
    pub formats: Vec<Format>,
    /// What `-O` takes.
    pub options: Vec<Choice>,
    /// The built-in storages that `--schema` takes by name.
    pub schemas: Vec<Choice>,
    /// What the semantics of the target rests on.
    pub evidence: Evidence,
    /// How the language writes a comment, where it has any.
    pub comment: Option<Comment>,
}

/// What queries are wrapped in.
#[derive(Debug, Clone, Serialize)]
pub struct Format {
    /// The name that `-f` takes.
    pub name: String,
    /// One line on what it is for.
    pub description: String,
    /// The extension of its files, without a period.
    pub extension: String,
    /// How the texts of several queries stand together.
    pub layout: Layout,
}

/// How the texts of several queries stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Bare queries: whoever shows several of them says which is which.
    Plain,
    /// One document that the target imports: [`Job::document`] makes it.
    Document,
}

/// Something that a user can name, with what it does.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// The name.
    pub name: String,
    /// One line on what it does.
    pub description: String,
}

/// How a language writes a comment on one line.
#[derive(Debug, Clone, Serialize)]
pub struct Comment {
    /// What opens it, such as `-- `.
    pub open: String,
    /// What closes it; empty where the end of the line does.
    pub close: String,
}

/// What the semantics of a target rests on, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Recorded => "recorded",
            Self::Documented => "documented",
            Self::Inferred => "inferred",
        })
    }
}

/// All targets, sorted by name.
pub fn targets() -> &'static [Target] {
    &[]
}

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    targets().iter().find(|target| target.name == name)
}

/// The target of a name.
///
/// # Errors
/// `invalid_argument`, with the target that was perhaps meant.
pub fn find_target(name: &str) -> Result<&'static Target, Diagnostic> {
    target(name).ok_or_else(|| unknown("target", name, names(targets(), |target| &target.name)))
}

/// Which description of the storage a job uses.
#[derive(Debug, Clone, Default)]
pub enum Schema {
    /// The target's own.
    #[default]
    Default,
    /// A built-in one of the target, by name.
    Named(String),
    /// The user's own, as [`schema`] reads it.
    Given(Storage),
}

/// What a user asks for, in names.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The name of the target.
    pub target: String,
    /// The name of the format; the target's first where there is none.
    pub format: Option<String>,
    /// How the target stores events.
    pub schema: Schema,
    /// Options of the target.
    pub options: BTreeMap<String, String>,
    /// Names of assumptions that no query may need.
    pub denied: Vec<String>,
}

/// What is wanted of which target: a [`Request`] of which every name exists.
#[derive(Debug, Clone)]
pub struct Job {
    /// The target.
    pub target: &'static Target,
    /// What queries are wrapped in.
    pub format: &'static Format,
    /// How the target stores events.
    pub storage: Storage,
    /// Options of the target.
    pub options: BTreeMap<String, String>,
    /// Assumptions that no query may need.
    pub denied: Vec<Name>,
}

impl Job {
    /// The job that a request asks for.
    ///
    /// # Errors
    /// `invalid_argument` for each name that does not exist, with the one that was perhaps meant.
    pub fn new(request: Request) -> Result<Self, Vec<Diagnostic>> {
        let target = find_target(&request.target).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        let format = find_format(target, request.format.as_deref()).map_err(|error| errors.push(error));
        for option in request.options.keys().filter(|option| target.options.iter().all(|known| known.name != **option)) {
            errors.push(unknown("option", option, names(&target.options, |option| &option.name)));
        }
        let denied = find_assumptions(&request.denied, &mut errors);
        let storage = storage(target, request.schema, &request.options).map_err(|error| errors.push(error));
        match (format, storage) {
            (Ok(format), Ok(storage)) if errors.is_empty() => Ok(Self { target, format, storage, options: request.options, denied }),
            (Ok(_) | Err(()), Ok(_) | Err(())) => Err(errors),
        }
    }

    /// The document that the texts of several queries make, in this job's format.
    pub fn document(&self, texts: &[&str]) -> String {
        texts.concat()
    }
}

fn find_format(target: &'static Target, name: Option<&str>) -> Result<&'static Format, Diagnostic> {
    let format = name.map_or_else(|| target.formats.first(), |name| target.formats.iter().find(|format| format.name == name));
    format.ok_or_else(|| unknown("format", name.unwrap_or_default(), names(&target.formats, |format| &format.name)))
}

fn find_assumptions(denied: &[String], errors: &mut Vec<Diagnostic>) -> Vec<Name> {
    let mut found = Vec::new();
    for name in denied {
        match Name::find(name) {
            Some(assumption) => found.push(assumption),
            None => errors.push(unknown("assumption", name, Name::ALL.iter().map(|known| known.name()).collect())),
        }
    }
    found
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> Vec<&str> {
    items.iter().map(|item| name(item).as_str()).collect()
}

/// The storage of a job: the schema with what options such as `table` change about it.
fn storage(target: &Target, schema: Schema, _options: &BTreeMap<String, String>) -> Result<Storage, Diagnostic> {
    match schema {
        Schema::Given(storage) => Ok(storage),
        Schema::Named(name) if target.schemas.iter().all(|known| known.name != name) => {
            Err(unknown("schema", &name, names(&target.schemas, |schema| &schema.name)))
        }
        Schema::Named(_) | Schema::Default => Err(not_yet("built-in schemas")),
    }
}

/// The storage that a schema file describes, in the form that the target's own tools export.
///
/// # Errors
/// `invalid_schema`, at its place.
pub fn schema(_target: &Target, _text: &Source) -> Result<Storage, Diagnostic> {
    Err(not_yet("schema files"))
}

/// What became of one condition of a rule.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Which condition, from 0.
    pub condition: usize,
    /// Everything that is to be said about it.
    pub diagnostics: Vec<Diagnostic>,
    /// What became of it.
    pub result: Conversion,
}

/// A query, or none.
#[derive(Debug, Clone)]
pub enum Conversion {
    /// A query that is verified to mean what the rule means.
    Written {
        /// The query alone.
        query: String,
        /// The query in the job's format; the same for bare queries.
        text: String,
        /// What verification found: proved or tested.
        verdict: Verdict,
    },
    /// The target cannot say it; the diagnostics hold the reasons.
    Refused,
    /// A query that does not mean what the rule means, and is not to be used.
    Differs {
        /// The query.
        query: String,
        /// What verification found, with the event.
        verdict: Verdict,
    },
}

/// The queries of a rule, one for each of its conditions, in order.
pub fn convert(rule: &Rule, _job: &Job) -> Vec<Outcome> {
    let refused = |condition| Outcome { condition, diagnostics: vec![not_yet("writing queries")], result: Conversion::Refused };
    (0..rule.detection.conditions.len()).map(refused).collect()
}

/// A stage on the way from rule to query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The rule as understood.
    Rule,
    /// What it means.
    Ir,
    /// What the target can say, with the same meaning.
    Legal,
    /// The query.
    Query,
}

/// A condition of a rule at a stage, for people who look for where something went wrong. `None` where it
/// does not get that far; [`convert`] says why.
pub fn stage(_rule: &Rule, _condition: usize, _job: &Job, _stage: Stage) -> Option<String> {
    None
}

/// What verification found about a rule and a query.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The word.
    pub kind: Kind,
    /// On how many derived events rule, meaning and query were compared.
    pub events: usize,
    /// What it holds under.
    pub assumptions: Vec<Assumed>,
    /// The weakest basis of the semantics used.
    pub evidence: Evidence,
    /// The event on which they differ.
    pub counterexample: Option<Counterexample>,
}

/// The word of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Equal on every record within the assumptions.
    Proved,
    /// Undecided within the budget; equal on the derived events.
    Tested,
    /// There is an event on which they differ.
    Differs,
    /// The query holds something whose meaning is not known.
    Unread,
}

/// An assumption that was needed, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Assumed {
    /// Which.
    #[serde(serialize_with = "assumption_name")]
    pub name: Name,
    /// Why.
    pub because: String,
}

fn assumption_name<S: Serializer>(name: &Name, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.name())
}

/// An event on which rule and query differ.
#[derive(Debug, Clone, Serialize)]
pub struct Counterexample {
    /// The event.
    #[serde(serialize_with = "event_root")]
    pub event: Event,
    /// Whether the rule matches it.
    pub rule: bool,
    /// Whether the query matches it.
    pub query: bool,
    /// The step that broke the meaning.
    pub arrow: Arrow,
}

fn event_root<S: Serializer>(event: &Event, serializer: S) -> Result<S::Ok, S::Error> {
    event.root().serialize(serializer)
}

/// A step on the way from rule to query and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrow {
    /// From the rule to its meaning.
    Lower,
    /// From its meaning to what the target can say.
    Legalize,
    /// From that to text.
    Emit,
    /// From the text back to meaning.
    Read,
    /// The text itself, where it is not ours.
    Query,
}

impl fmt::Display for Arrow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lower => "lower",
            Self::Legalize => "legalize",
            Self::Emit => "emit",
            Self::Read => "read",
            Self::Query => "query",
        })
    }
}

/// The words for people: both halves of the claim, such as
/// `query = meaning: proved; rule = meaning: agreed on 48 events`.
impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = format!("{} {}", self.events, if self.events == 1 { "event" } else { "events" });
        match (self.kind, &self.counterexample) {
            (Kind::Proved, _) => write!(formatter, "query = meaning: proved; rule = meaning: agreed on {events}"),
            (Kind::Tested, _) => write!(formatter, "query = meaning: undecided, agreed on {events}; rule = meaning: agreed on {events}"),
            (Kind::Differs, Some(Counterexample { arrow: Arrow::Lower, .. })) => formatter.write_str("rule = meaning: differs"),
            (Kind::Differs, _) => formatter.write_str("query = meaning: differs"),
            (Kind::Unread, _) => formatter.write_str("query = meaning: unread, nothing is known"),
        }
    }
}

/// What a query from elsewhere means, compared with one condition of a rule.
pub fn verify_query(_rule: &Rule, _condition: usize, _query: &Source, job: &Job) -> (Verdict, Vec<Diagnostic>) {
    let verdict = Verdict { kind: Kind::Unread, events: 0, assumptions: Vec::new(), evidence: job.target.evidence, counterexample: None };
    (verdict, vec![not_yet("reading queries")])
}

/// A query, read once and asked about many events.
#[derive(Debug, Clone)]
pub struct Query {
    never: Infallible,
}

/// Reads a query in the language of the job's target.
///
/// # Errors
/// `query_invalid` or `query_unread`, at its place.
pub fn read_query(_query: &Source, _job: &Job) -> Result<Query, Diagnostic> {
    Err(not_yet("reading queries"))
}

impl Query {
    /// What the target answers about an event.
    pub fn matches(&self, _event: &Event) -> Answer {
        match self.never {}
    }
}

/// What a target answers about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The query matches.
    True,
    /// It does not.
    False,
    /// The target aborts, or leaves the answer open; with the reason.
    Open(String),
}

fn unknown(what: &str, name: &str, known: Vec<&str>) -> Diagnostic {
    let error = Diagnostic::error(Code::InvalidArgument, Place::NOWHERE, format!("there is no {what} {}", quote(name)));
    match nearest(name, known.iter().copied()) {
        Some(meant) => error.help(format!("perhaps `{meant}` is meant")),
        None if known.is_empty() => error.help(format!("there is no {what} to choose from")),
        None => error.help(format!("choose from: {}", known.join(", "))),
    }
}

fn not_yet(what: &str) -> Diagnostic {
    Diagnostic::error(Code::NotSupportedYet, Place::NOWHERE, format!("{what} is not supported yet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_both_halves_of_a_proof() {
        let verdict =
            Verdict { kind: Kind::Proved, events: 48, assumptions: Vec::new(), evidence: Evidence::Recorded, counterexample: None };
        assert_eq!(verdict.to_string(), "query = meaning: proved; rule = meaning: agreed on 48 events");
        let record = serde_json::json!(verdict);
        let expected =
            serde_json::json!({"kind": "proved", "events": 48, "assumptions": [], "evidence": "recorded", "counterexample": null});
        assert_eq!(record, expected);
    }

    #[test]
    fn counterexamples_are_records() {
        let assumed = Assumed { name: Name::AsciiCase, because: "`LIKE` folds ASCII letters only".to_owned() };
        let event = Event::default().with("a", "x".into());
        let counterexample = Counterexample { event, rule: true, query: false, arrow: Arrow::Emit };
        let expected = serde_json::json!({"event": {"a": "x"}, "rule": true, "query": false, "arrow": "emit"});
        assert_eq!(serde_json::json!(counterexample), expected);
        assert_eq!(serde_json::json!(assumed), serde_json::json!({"name": "ascii-case", "because": "`LIKE` folds ASCII letters only"}));
    }
}
