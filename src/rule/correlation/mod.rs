//! Correlation rules as written: which rules they count, over what time, and when they fire.
//!
//! Follows the specification's "Sigma Correlation Rules" and sigma.md §7. What they mean is for the reference
//! evaluator to say. Deliberately absent: references resolved; a name may stand for a rule of another file.

mod firing;
mod read;

pub(super) use self::read::{read, references};
use super::{Condition, Metadata};
use crate::source::Place;
use crate::text::number::Decimal;

/// A correlation rule.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// Where the document starts.
    pub place: Place,
    /// Everything but the correlation itself.
    pub metadata: Metadata,
    /// What is counted, and how.
    pub kind: Kind,
    /// The rules that it refers to, in the order of `rules`; where that is absent, those of the condition in the order
    /// in which they are named first. At least one, none twice.
    pub rules: Vec<Reference>,
    /// The fields, or aliases, whose values must be equal in all events of an alert. May be empty (D-27).
    pub group_by: Vec<String>,
    /// The length of the window in seconds; at least 1.
    pub timespan: u64,
    /// Names that stand for different fields in different rules.
    pub aliases: Vec<Alias>,
    /// When it fires.
    pub condition: Firing,
    /// Whether the rules that it refers to also stand on their own (D-7).
    pub generate: bool,
}

/// A rule by its id or name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The id or name as written.
    pub name: String,
    /// Where.
    pub place: Place,
}

/// The type of a correlation. Fields may be aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `event_count`: the number of events.
    EventCount,
    /// `value_count`: the number of different tuples of values of these fields; at least one.
    ValueCount(Vec<String>),
    /// `value_sum`: the sum of a field's numbers.
    ValueSum(String),
    /// `value_avg`: their mean.
    ValueAvg(String),
    /// `value_percentile`: the percentile of this rank, 0 to 100, by linear interpolation (D-28).
    ValuePercentile {
        /// The field.
        field: String,
        /// The rank.
        rank: Decimal,
    },
    /// `value_median`: the percentile of rank 50.
    ValueMedian(String),
    /// `temporal`: the number of different rules.
    Temporal,
    /// `temporal_ordered`: the same, with the rules in the order of the list at strictly increasing times (D-31).
    TemporalOrdered,
}

/// When a correlation fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firing {
    /// All of these hold of what is counted; at least one. A temporal correlation without a condition has
    /// `gte` the number of its rules.
    Thresholds(Vec<Threshold>),
    /// The expression holds of the presence of rules; for temporal types. Its identifiers are names of rules.
    Presence {
        /// The expression, without selectors.
        condition: Condition,
        /// Its text.
        text: String,
        /// Where the text stands.
        place: Place,
    },
}

/// A bound on what is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The comparison, what is counted on the left.
    pub operator: Operator,
    /// The number on the right; whole where events, values or rules are counted.
    pub number: Decimal,
    /// Where it was written.
    pub place: Place,
}

/// A comparison in the condition of a correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `eq`
    Eq,
    /// `neq`
    Neq,
}

/// A name that stands for a field of each rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name, for `group-by` and the fields that are counted.
    pub name: String,
    /// For each rule that it names (by id or name) the field.
    pub fields: Vec<(Reference, String)>,
}
