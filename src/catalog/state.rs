//! What became of a rule on a target: a word, a glyph and what it means.

use crate::engine::Kind;
use crate::explain::model::{Compiled, Explanation, Outcome};
use serde::{Deserialize, Serialize};

/// What became of a rule on a target, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The query was proved equal to the rule's meaning.
    Proved,
    /// No difference was found.
    Tested,
    /// The target cannot say it exactly.
    Refused,
    /// The query holds something whose meaning is not known.
    Unread,
    /// There is an event on which rule and query differ.
    Differs,
    /// There is no query: the rule has errors.
    Invalid,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Proved, Self::Tested, Self::Refused, Self::Unread, Self::Differs, Self::Invalid];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Tested => "tested",
            Self::Refused => "refused",
            Self::Unread => "unread",
            Self::Differs => "differs",
            Self::Invalid => "invalid",
        }
    }

    /// The glyph that stands beside the word.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Proved => "✓",
            Self::Tested => "≈",
            Self::Refused => "–",
            Self::Unread => "?",
            Self::Differs => "≠",
            Self::Invalid => "✗",
        }
    }

    /// What the word means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Proved => {
                "Query and meaning were proved equal on every event within the assumptions; rule and meaning agreed on all events that were tried."
            }
            Self::Tested => {
                "Whether query and meaning are equal could not be decided within the budget; rule, meaning and query agreed on all events that were tried."
            }
            Self::Refused => "The target cannot say exactly what the rule means, so no query was written. The reason is named.",
            Self::Unread => "The query holds something that the independent reader does not know, so nothing is known about it.",
            Self::Differs => "There is an event on which rule and query differ. It is shown, and the query should not be used.",
            Self::Invalid => "No query was tried: the rule cannot be read on this target.",
        }
    }

    /// What became of one condition.
    pub fn of(compiled: &Compiled) -> Self {
        match (compiled.outcome, compiled.verdict.as_ref().map(|verdict| verdict.kind)) {
            (Outcome::Refused, _) => Self::Refused,
            (Outcome::Written, Some(Kind::Proved)) => Self::Proved,
            (Outcome::Written, Some(Kind::Tested)) => Self::Tested,
            (Outcome::Written, Some(Kind::Differs)) => Self::Differs,
            (Outcome::Written, Some(Kind::Unread)) => Self::Unread,
            (Outcome::Written, None) => Self::Invalid,
        }
    }

    /// What became of a rule on a target: of several conditions, the worst.
    pub fn of_rule(explanation: &Explanation, target: &str) -> Self {
        let conditions = explanation.queries.iter().filter(|compiled| compiled.target == target);
        conditions.map(Self::of).max().unwrap_or(Self::Invalid)
    }
}
