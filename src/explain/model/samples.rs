//! What a rule set keeps to test a rule, and what came of it.

use serde::Serialize;

/// A sample that the rule set keeps for a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// What its description calls it.
    pub name: Option<String>,
    /// What its description says of it.
    pub description: Option<String>,
    /// The form of what was read: `evtx` or `json`; null where nothing is there.
    #[serde(rename = "type")]
    pub form: Option<&'static str>,
    /// Its path as the rule set has it; of samples whose description is at fault, that of the description.
    pub path: String,
    /// So many of its events must match, or more; null where no description of it was read.
    pub match_count: Option<usize>,
    /// Whether it is there.
    pub present: bool,
    /// How many events it holds, where they were read.
    pub events: Option<usize>,
    /// What the reference evaluator answered.
    pub rule: SampleAnswer,
    /// What the query of each target answered that was asked for; none where there was nothing to ask.
    pub targets: Vec<SampleTarget>,
}

/// What was answered to a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleAnswer {
    /// Whether it is as it must be.
    pub outcome: SampleOutcome,
    /// How many events match; null where none was asked.
    pub matched: Option<usize>,
    /// Why it did not pass, as a sentence without period.
    pub reason: Option<String>,
}

/// What the query of a target answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleTarget {
    /// The target.
    pub target: String,
    /// What it answered.
    #[serde(flatten)]
    pub answer: SampleAnswer,
}

/// What came of a sample, from what says least to what is worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleOutcome {
    /// It is named and not there.
    Absent,
    /// Enough of its events match.
    Passed,
    /// Too few match, and others are outside what the query assumes, or nobody knows what the rule means.
    Open,
    /// There is no query.
    Refused,
    /// It, or its description, cannot be used.
    Unread,
    /// Too few of its events match.
    Failed,
}

impl SampleOutcome {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Absent, Self::Passed, Self::Open, Self::Refused, Self::Unread, Self::Failed];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Passed => "passed",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Unread => "unread",
            Self::Failed => "failed",
        }
    }
}
