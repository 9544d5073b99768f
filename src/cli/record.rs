//! Results as records for programs. Names and order of the keys are a contract with scripts.

use super::args::RecordFormat;
use super::exit::Stop;
use super::output::{escaped_json, print};
use serde::Serialize;
use verisigma::diag;
use verisigma::engine::Verdict;

/// Which rule.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Rule<'r> {
    /// Its id as written.
    pub(crate) id: Option<&'r str>,
    /// Its title as written.
    pub(crate) title: Option<&'r str>,
    /// The file.
    pub(crate) path: &'r str,
}

/// What became of a rule, or of one condition of it, in `convert`.
#[derive(Debug, Serialize)]
pub(crate) struct Conversion<'r> {
    /// The rule.
    pub(crate) rule: Rule<'r>,
    /// Which condition, where the rule has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<usize>,
    /// The name of the target.
    pub(crate) target: &'r str,
    /// The name of the format that the query is in.
    pub(crate) format: &'r str,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// The query; only if it is written.
    pub(crate) query: Option<&'r str>,
    /// What verification found.
    pub(crate) verdict: Option<&'r Verdict>,
    /// Everything said about it.
    pub(crate) diagnostics: Vec<diag::Record<'r>>,
}

/// What became of a rule in `convert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// There is a verified query.
    Written,
    /// The target cannot say it, or what it says differs.
    Refused,
    /// The rule has errors.
    Invalid,
}

/// A verdict of `verify`.
#[derive(Debug, Serialize)]
pub(crate) struct Verification<'r> {
    /// The rule.
    pub(crate) rule: Rule<'r>,
    /// Which condition, where the rule has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<usize>,
    /// The name of the target.
    pub(crate) target: &'r str,
    /// The text of the query.
    pub(crate) query: &'r str,
    /// What was found.
    #[serde(flatten)]
    pub(crate) verdict: &'r Verdict,
    /// Everything said about it.
    pub(crate) diagnostics: Vec<diag::Record<'r>>,
}

/// Which event.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Event<'e> {
    /// The file.
    pub(crate) path: &'e str,
    /// The number of the event in it, from 0.
    pub(crate) index: usize,
}

/// An answer of `test`.
#[derive(Debug, Serialize)]
pub(crate) struct Match<'r> {
    /// The rule, where rules are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<Rule<'r>>,
    /// The event.
    pub(crate) event: Event<'r>,
    /// Whether it matches; nothing if the target leaves that open.
    #[serde(rename = "match")]
    pub(crate) matches: Option<bool>,
    /// Why the answer is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<&'r str>,
}

/// One record as a line.
pub(crate) fn line(record: &impl Serialize) -> String {
    text(std::iter::once(record), Records::Lines)
}

/// An alert of a correlation rule in `test`.
#[derive(Debug, Serialize)]
pub(crate) struct Alerted<'r> {
    /// The correlation rule.
    pub(crate) rule: Rule<'r>,
    /// The alert.
    pub(crate) alert: Alert<'r>,
}

/// What happened, to whom, and when.
#[derive(Debug, Serialize)]
pub(crate) struct Alert<'r> {
    /// When the condition held.
    pub(crate) time: String,
    /// The values of `group-by`.
    pub(crate) group: serde_json::Map<String, serde_json::Value>,
    /// The events that it is made of, in order of time.
    pub(crate) events: Vec<Event<'r>>,
}

/// Records as one text: a line for each, or one document.
pub(crate) fn text(records: impl Iterator<Item = impl Serialize>, format: Records) -> String {
    let lines: Vec<String> = records.map(|record| serde_json::to_string(&record).unwrap_or_default()).collect();
    let text = match format {
        Records::Lines => lines.iter().map(|line| format!("{line}\n")).collect(),
        Records::Document if lines.is_empty() => "[]\n".to_owned(),
        Records::Document => format!("[\n{}\n]\n", lines.join(",\n")),
    };
    escaped_json(&text).into_owned()
}

/// Prints items as they come: lines for people, records, or the elements of one document.
#[derive(Debug)]
pub(crate) struct Sink {
    records: Option<Records>,
    printed: bool,
}

impl Sink {
    /// A sink for records of this form, or for words.
    pub(crate) fn new(records: Option<Records>) -> Self {
        Self { records, printed: false }
    }

    /// An item: the record, or the words.
    pub(crate) fn item(&self, record: &impl Serialize, words: impl FnOnce() -> String) -> String {
        match self.records {
            Some(_) => escaped_json(&serde_json::to_string(record).unwrap_or_default()).into_owned(),
            None => words(),
        }
    }

    /// Prints items.
    ///
    /// # Errors
    /// As [`print`].
    pub(crate) fn print(&mut self, items: &[String]) -> Result<(), Stop> {
        if items.is_empty() {
            return Ok(());
        }
        let text = match self.records {
            Some(Records::Document) => format!("{}{}", if self.printed { ",\n" } else { "[\n" }, items.join(",\n")),
            Some(Records::Lines) | None => items.join("\n") + "\n",
        };
        self.printed = true;
        print(&text)
    }

    /// Prints what ends the document, if it is one.
    ///
    /// # Errors
    /// As [`print`].
    pub(crate) fn finish(self) -> Result<(), Stop> {
        match self.records {
            Some(Records::Document) => print(if self.printed { "\n]\n" } else { "[]\n" }),
            Some(Records::Lines) | None => Ok(()),
        }
    }
}

/// How several records stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    /// One on each line.
    Lines,
    /// In an array.
    Document,
}

impl RecordFormat {
    /// How records stand together, if results are to be records.
    pub(crate) fn records(self) -> Option<Records> {
        match self {
            Self::Text => None,
            Self::Jsonl => Some(Records::Lines),
            Self::Json => Some(Records::Document),
        }
    }
}
