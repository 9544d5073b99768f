//! What is said about a rule: one structure, of which terminal text, Markdown, HTML and JSON are renderings.
//!
//! Contract: the JSON form of [`Explanation`] is what `docs/explain.schema.json` describes, and every other rendering
//! shows what stands here and nothing else. Texts are as their authors wrote them: whoever renders them escapes them.
//! Deliberately absent: how any of it is found, and any rendering.

mod samples;

pub use samples::{Sample, SampleAnswer, SampleOutcome, SampleTarget};

use crate::engine::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the structure.
pub const SCHEMA: &str = "explain/1";

/// Everything that is said about one rule.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What the rule says of itself.
    pub rule: Header,
    /// MITRE ATT&CK coverage, in the order of the matrix.
    #[serde(flatten)]
    pub attack: Attack,
    /// The numbered events in which the rule looks.
    #[serde(flatten)]
    pub events: Events,
    /// What the rule looks for as a digest, by meaning: a form and, after a colon, a SHA-256. Two rules with one form and
    /// one digest match the same events of a log.
    pub logic: String,
    /// The condition, then each of its references to searches, from left to right.
    pub stages: Vec<Stage>,
    /// What the rule suppresses.
    #[serde(flatten)]
    pub exclusions: Exclusions,
    /// What the rule looks for, sorted by field, kind and value.
    pub indicators: Vec<Indicator>,
    /// What the rule compiles to, for each target that was asked for, in the order of the targets.
    pub queries: Vec<Compiled>,
    /// Events that match, and events that nearly do.
    pub examples: Examples,
    /// Rules that have something to do with it.
    pub neighbours: Neighbours,
    /// What the rule set keeps to test the rule, and what came of it.
    pub samples: Vec<Sample>,
    /// The text of the document, comments kept.
    pub body: String,
}

/// What a rule says of itself (specification, section "Attributes"). What it does not say is null, or an empty list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Header {
    /// The id.
    pub id: Option<String>,
    /// The title.
    pub title: String,
    /// The description.
    pub description: Option<String>,
    /// The severity.
    pub level: Option<&'static str>,
    /// The maturity.
    pub status: Option<&'static str>,
    /// The author or authors.
    pub author: Option<String>,
    /// The date of creation.
    pub date: Option<String>,
    /// The date of the last change.
    pub modified: Option<String>,
    /// The kind of log.
    pub logsource: Logsource,
    /// The path of the file, as it was given.
    pub source: String,
    /// The licence, as the rule or its rule set says.
    pub license: Option<String>,
    /// References, mostly URLs.
    pub references: Vec<String>,
    /// Tags as written.
    pub tags: Vec<String>,
    /// Known false positives.
    pub falsepositives: Vec<String>,
}

/// The log source of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Logsource {
    /// For example `windows`.
    pub product: Option<String>,
    /// For example `process_creation`.
    pub category: Option<String>,
    /// For example `security`.
    pub service: Option<String>,
    /// What must be configured for the log to exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// MITRE ATT&CK coverage.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Attack {
    /// A row for each tactic, in the order of the matrix.
    #[serde(rename = "attack")]
    pub rows: Vec<AttackRow>,
    /// Tags of the namespace `attack` that the table does not have, as written.
    #[serde(rename = "attack_unknown")]
    pub unknown: Vec<String>,
    /// The version of the table, where the table says it.
    #[serde(rename = "attack_version")]
    pub version: Option<String>,
}

/// A tactic and the techniques of the rule that serve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttackRow {
    /// The tactic. A retired one has the id that it had.
    pub tactic: AttackName,
    /// The techniques, by id. Empty: the tag names the tactic, and no technique of the rule serves it.
    pub techniques: Vec<AttackName>,
}

/// A tactic, technique or sub-technique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AttackName {
    /// Its id: `TA0002`, `T1059.001`.
    pub id: String,
    /// Its name; of a sub-technique with that of its technique: `Command and Scripting Interpreter: PowerShell`.
    pub name: String,
    /// What became of it.
    pub status: AttackStatus,
    /// What replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
}

/// What became of a tactic or technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AttackStatus {
    /// It stands in the matrix.
    Active,
    /// Another one replaced it.
    Revoked,
    /// It was withdrawn.
    Deprecated,
    /// A tactic that the matrix no longer has.
    Retired,
}

/// In which numbered events a rule looks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Events {
    /// The events.
    #[serde(rename = "events")]
    pub rows: Vec<EventRow>,
    /// Why there is none, or what else is to be said, as a sentence without period.
    #[serde(rename = "events_note")]
    pub note: Option<String>,
    /// Fields of the rule that only the first provider has, where there is another one without them.
    #[serde(rename = "events_need")]
    pub needs: Option<Needs>,
    /// Fields of the rule that neither of two events has, where the log source means one and another one holds the same.
    #[serde(rename = "events_unknown_fields")]
    pub unknown_fields: Vec<String>,
}

/// A numbered event of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// The provider: `Microsoft-Windows-Sysmon`.
    pub provider: String,
    /// As pages show it: `Sysmon`.
    pub short: String,
    /// The channel, where it is known: `Microsoft-Windows-Sysmon/Operational`.
    pub channel: Option<String>,
    /// The number.
    pub event_id: u32,
    /// Microsoft's text, where it is known.
    pub title: Option<String>,
    /// How the rule names it.
    pub via: Via,
    /// Of an alternative: the names that fields have there, as pairs of the rule's and the event's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapping: Vec<(String, String)>,
}

/// How a rule names an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By its log source.
    Logsource,
    /// By a value of `EventID`.
    EventId,
    /// The log source means another event; all fields of the rule exist here too.
    Alternative,
}

/// What only one provider has. Where a rule needs nothing of the kind there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// The provider, as pages show it.
    pub short: String,
    /// The fields of the rule that the alternative has not.
    pub fields: Vec<String>,
}

/// A part of a rule that a reader understands by itself.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    /// Its number; 0 is the first condition, and numbers run on over further conditions and filters.
    pub n: usize,
    /// `condition` (of several, `condition 1` …), or the reference in the words of the condition: `selection`, `not filter_main_*`, `1 of sel_*`.
    pub label: String,
    /// What it does.
    pub role: Role,
    /// Of a reference: how it decides on its condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Of a condition: its text as written, without blanks at the ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of a condition: its text with numbers of stages for references: `1 and not 2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotated: Option<String>,
    /// How the members are joined, where the reference says: `1 of`, `all of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantifier: Option<&'static str>,
    /// The searches that are meant, in the order of the rule.
    pub members: Vec<Member>,
    /// Of a stage that a filter adds: the title of the filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// How a stage decides on its condition; of a rule with several, each makes a query of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Whatever matches has it.
    Required,
    /// Nothing that matches has it.
    Excluded,
    /// It belongs to a conjunction that nothing that matches fulfils: `not (a and b)`.
    Together,
    /// It belongs to one of several alternatives: neither is needed.
    Alternative,
}

/// What a stage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It joins the others.
    Condition,
    /// It is looked for: it stands below an even number of negations. Whether events have to have it says [`Part`].
    Select,
    /// It is suppressed: it stands below an odd number of negations.
    Exclude,
}

/// A search of a stage.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What stands below its name, in the order and with the quotes of the rule, comments dropped, indented from
    /// column 0.
    pub yaml: String,
}

/// What the rule suppresses.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Exclusions {
    /// The predicates of the negations that stand in the condition's conjunction, in the order of the condition.
    #[serde(rename = "exclusions")]
    pub rows: Vec<Exclusion>,
    /// Where negations stand inside alternatives, and so have no row: that they do, and in which stages. What else is to be
    /// said of the rows.
    #[serde(rename = "exclusions_note")]
    pub note: Option<String>,
    /// The names of searches that the condition negates and that are proved to suppress no event with at most one value a
    /// field.
    #[serde(rename = "dead_filters")]
    pub dead: Vec<String>,
}

/// A predicate that is suppressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// The stage that it belongs to.
    pub stage: usize,
    /// Rows of one group other than 0 exclude only together; a row of group 0 alone excludes.
    pub group: usize,
    /// Whether each row alone excludes.
    pub within: Within,
    /// Of rows that exclude only together: those with the same number are alternatives, and one of each number is needed.
    /// Null where each row alone excludes, or where the group is built otherwise.
    pub conjunct: Option<usize>,
    /// The search that it stands in; several, where alternatives of several searches are one row.
    pub selection: String,
    /// What is suppressed.
    #[serde(flatten)]
    pub predicate: Predicate,
    /// How many other rules of the corpus suppress the same; null without a corpus, and for what must be lacking.
    pub others: Option<usize>,
}

/// Whether the rows of a group exclude alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// Each row alone excludes.
    Any,
    /// They exclude only together.
    All,
}

/// A field, how it is compared, and with what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Predicate {
    /// The field; null for keywords.
    pub field: Option<String>,
    /// How it is compared: `eq`, `match`, `starts_with`, `ends_with`, `wildcard`, `regex_match`, `cidr_match`, …
    pub kind: &'static str,
    /// With what: the author's value. Escapes of wildcards are resolved where the kind has no wildcards.
    pub value: String,
    /// What is done with the value, or to the comparison, before: `cased`, `windash`, `base64offset`, …
    pub transforms: Vec<&'static str>,
    /// The value by which predicates are told apart, where it is another one than is shown: `16` for `0x10`.
    #[serde(skip)]
    pub meant: Option<String>,
}

/// A predicate that the rule looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Indicator {
    /// What is looked for.
    #[serde(flatten)]
    pub predicate: Predicate,
    /// Whether it says something of the attack, or only which events are meant.
    pub role: IndicatorRole,
    /// How many rules look for the same, this one included; null without a corpus.
    pub rules: Option<usize>,
    /// How many others do.
    pub others: Option<usize>,
}

/// What a predicate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorRole {
    /// It says something of what is looked for.
    Indicator,
    /// It says which events are meant (`EventID`, `Provider_Name`, `Channel`); tables leave it to event coverage.
    EventSelector,
}

/// What a condition of the rule compiles to on a target.
#[derive(Debug, Clone, Serialize)]
pub struct Compiled {
    /// The target.
    pub target: String,
    /// What was applied to the rule before; null: nothing.
    pub pipeline: Option<String>,
    /// Which condition, from 0, where the rule has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<usize>,
    /// What became of it.
    pub outcome: Outcome,
    /// The query.
    pub query: Option<String>,
    /// What verification found.
    pub verdict: Option<Verdict>,
    /// How many of the events on which it was compared the rule matches.
    pub matched: Option<usize>,
    /// Why there is none, or what is lost: a sentence each, without period.
    pub reasons: Vec<String>,
}

/// What became of a condition on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There is a query, with its verdict.
    Written,
    /// The target cannot say it.
    Refused,
}

/// Events made from the rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Examples {
    /// Events that match.
    pub matching: Vec<Value>,
    /// Events that do not match, each with what decides.
    pub near_misses: Vec<NearMiss>,
    /// Why there are none, as a sentence without period.
    pub note: Option<String>,
}

/// An event that nearly matches.
#[derive(Debug, Clone, Serialize)]
pub struct NearMiss {
    /// The event.
    pub event: Value,
    /// What decides: a sentence each, without period.
    pub because: Vec<String>,
}

/// Rules that have something to do with a rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Neighbours {
    /// Those that it names, and those that name it, in `related`.
    pub related: Vec<RelatedRule>,
    /// Whether it names itself in `related`, which says nothing of another one.
    pub names_itself: bool,
    /// Those with the same log source and the same meaning.
    pub same_logic: Vec<Neighbour>,
    /// Those of the same log source that match whatever it matches: some of its conjuncts and no other.
    pub broader: Vec<Wider>,
    /// Those that it is broader than.
    pub narrower: Vec<Wider>,
    /// Those with a technique in common.
    pub same_technique: Vec<SameTechnique>,
}

/// Another rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Neighbour {
    /// Its title; of a rule that the corpus does not hold, null.
    pub title: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// Its path; of a rule that the corpus does not hold, null.
    pub source: Option<String>,
}

/// A rule that one of the two names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RelatedRule {
    /// The other rule.
    #[serde(flatten)]
    pub rule: Neighbour,
    /// The kind of relation, as written: `derived`, `similar`, …
    pub kind: String,
    /// Who says so.
    pub direction: Direction,
}

/// Who names whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// This rule names the other.
    To,
    /// The other names this rule.
    From,
}

/// A rule with some conjuncts more or less.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Wider {
    /// The other rule.
    #[serde(flatten)]
    pub rule: Neighbour,
    /// How many conjuncts the narrower one adds.
    pub conjuncts: usize,
    /// How many of them are negations: filters.
    pub filters: usize,
}

/// The rules that share a technique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SameTechnique {
    /// The technique.
    pub id: String,
    /// How many other rules of the corpus have it.
    pub others: usize,
    /// The first of them: those of the same log source, with most in common, then by path.
    pub first: Vec<Neighbour>,
}
