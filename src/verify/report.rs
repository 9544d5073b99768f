//! Verdicts: what verification found, in words and as the records of the command line.

use super::Finding;
use crate::backend::{Direction, Evidence};
use crate::event::Event;
use crate::storage::{Assumption, Name};
use crate::text::time::Time;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What verification found about a rule and a query.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The word.
    pub kind: Kind,
    /// On how many derived events rule, meaning and query were compared.
    pub events: usize,
    /// How many of them the rule matched; of a correlation rule, how many alerts it gave.
    #[serde(skip)]
    pub matched: usize,
    /// What it holds under.
    pub assumptions: Vec<Assumed>,
    /// The weakest basis of the semantics used.
    pub evidence: Evidence,
    /// The event on which they differ.
    pub counterexample: Option<Counterexample>,
    /// In which direction the query differs from its rule by permission; then the kind is `differs` where an event
    /// shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approximation: Option<Direction>,
    /// Then whether that it differs in no other direction was proved or tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounded: Option<Kind>,
}

impl Verdict {
    /// The verdict on a finding. Assumptions with one name and one reason are one to a reader.
    pub fn new(finding: Finding, evidence: Evidence) -> Self {
        let assumed: BTreeSet<Assumed> =
            finding.assumptions.into_iter().map(|own| Assumed { name: own.name, because: own.because }).collect();
        Self {
            kind: finding.kind,
            events: finding.events,
            matched: finding.matched,
            assumptions: assumed.into_iter().collect(),
            evidence,
            counterexample: finding.counterexample,
            approximation: finding.approximation,
            bounded: finding.bounded,
        }
    }

    /// The verdict on a query that gives alerts, from what was found on so many events.
    pub fn of_alerts(kind: Kind, events: usize, assumptions: &[Assumption], evidence: Evidence, found: Option<Counterexample>) -> Self {
        let assumed: BTreeSet<Assumed> = assumptions.iter().map(|own| Assumed { name: own.name, because: own.because.clone() }).collect();
        Self { kind, events, assumptions: assumed.into_iter().collect(), counterexample: found, ..Self::unread(evidence) }
    }

    /// The verdict on a text that could not be read.
    pub fn unread(evidence: Evidence) -> Self {
        Self {
            kind: Kind::Unread,
            events: 0,
            matched: 0,
            assumptions: Vec::new(),
            evidence,
            counterexample: None,
            approximation: None,
            bounded: None,
        }
    }
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

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Proved => "proved",
            Self::Tested => "tested",
            Self::Differs => "differs",
            Self::Unread => "unread",
        })
    }
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
    /// Of a correlation rule everything that happened; then `event` is the one at the time of the alert, and `rule` and
    /// `query` say who gives it.
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub sequence: Option<Sequence>,
}

/// A sequence of events on which a correlation rule and its query differ.
#[derive(Debug, Clone, Serialize)]
pub struct Sequence {
    /// The events, in order of arrival.
    #[serde(serialize_with = "event_roots")]
    pub events: Vec<Event>,
    /// The alert that only one of them gives.
    pub alert: Option<Named>,
    /// Why the query gives none at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborts: Option<String>,
}

/// An alert by its time and group.
#[derive(Debug, Clone, Serialize)]
pub struct Named {
    /// Its time.
    pub time: String,
    /// The values of `group-by`.
    pub group: BTreeMap<String, String>,
}

impl Sequence {
    /// A sequence with an alert by its time, in milliseconds since 1970, and its group.
    pub(super) fn new(events: Vec<Event>, alert: Option<(i128, BTreeMap<String, String>)>, aborts: Option<String>) -> Self {
        let time = |milliseconds: i128| {
            Time::from_nanoseconds(milliseconds * 1_000_000).map_or_else(|| milliseconds.to_string(), |time| time.to_string())
        };
        Self { events, alert: alert.map(|(milliseconds, group)| Named { time: time(milliseconds), group }), aborts }
    }
}

fn event_roots<S: Serializer>(events: &[Event], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(events.iter().map(Event::root))
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
/// `query = meaning: proved; rule = meaning: agreed on 48 events`; of a query that may differ,
/// `query ⊇ meaning: proved; matches more than the rule on {"a":"x"}`.
impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = format!("{} {}", self.events, if self.events == 1 { "event" } else { "events" });
        if let Some(direction) = self.approximation {
            return self.write_bounded(formatter, direction, &events);
        }
        match (self.kind, &self.counterexample) {
            (Kind::Proved, _) => write!(formatter, "query = meaning: proved; rule = meaning: agreed on {events}"),
            (Kind::Tested, _) => write!(formatter, "query = meaning: undecided, agreed on {events}; rule = meaning: agreed on {events}"),
            (Kind::Differs, Some(Counterexample { arrow: Arrow::Lower, .. })) => formatter.write_str("rule = meaning: differs"),
            (Kind::Differs, _) => formatter.write_str("query = meaning: differs"),
            (Kind::Unread, _) => formatter.write_str("query = meaning: unread, nothing is known"),
        }
    }
}

impl Verdict {
    /// What is known of a query that may differ in one direction.
    fn write_bounded(&self, formatter: &mut fmt::Formatter<'_>, direction: Direction, events: &str) -> fmt::Result {
        let (relation, more) = match direction {
            Direction::Over => ("⊇", "more"),
            Direction::Under => ("⊆", "fewer"),
        };
        let shown = match self.bounded {
            Some(Kind::Proved) => "proved".to_owned(),
            Some(Kind::Tested | Kind::Differs | Kind::Unread) | None => format!("undecided, agreed on {events}"),
        };
        write!(formatter, "query {relation} meaning: {shown}; ")?;
        match (&self.counterexample, self.kind) {
            (Some(Counterexample { event, .. }), _) => {
                let event = serde_json::Value::Object(event.root().clone());
                let than = if direction == Direction::Over { "matches more than the rule on" } else { "does not match, as the rule does," };
                write!(formatter, "{than} {event}")
            }
            (None, Kind::Proved) => write!(formatter, "query = meaning: proved; rule = meaning: agreed on {events}"),
            (None, Kind::Tested | Kind::Differs | Kind::Unread) => {
                write!(formatter, "no event was found on which it matches {more} than the rule")
            }
        }
    }
}
