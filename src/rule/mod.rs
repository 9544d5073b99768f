//! Sigma rules as written: log source, detection, detection items, modifiers, condition; with a place for
//! each scalar.
//!
//! Follows the Sigma specification 2.1 and the decisions of `docs/semantics` (D-1 … D-26). A [`Rule`] is
//! what its author wrote, with escapes resolved and every error reported; what it means is for the
//! reference evaluator and for `ir::lower` to say, each on its own. Deliberately absent: any knowledge of
//! events, targets and encodings.

mod action;
pub mod collection;
mod condition;
pub mod correlation;
pub mod data;
mod detection;
mod document;
mod expand;
mod filter;
mod metadata;
mod modifier;
pub mod print;
pub mod program;
mod regex;
mod scalar;
mod value;
mod variables;
mod yaml;

pub use self::document::{parse, parse_with};
pub use self::variables::Variables;
use crate::diag::Diagnostic;
use crate::source::Place;
use crate::text::number::Decimal;
use crate::text::pattern::Pattern;
use crate::text::time;
use ipnet::IpNet;

/// One document of a rule file: a rule, or what is wrong with it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The id as written, where there is a text.
    pub id: Option<String>,
    /// The title as written, where there is a text.
    pub title: Option<String>,
    /// The rule; `None` where the document is of another kind, or the diagnostics hold an error.
    pub rule: Option<Rule>,
    /// The correlation rule, where the document is one and has no error.
    pub correlation: Option<Box<correlation::Correlation>>,
    /// The filter, where the document is one and has no error.
    pub filter: Option<Box<Filter>>,
    /// The id and the name as written, where they are texts: by these others refer to the document, whether or not it
    /// has errors.
    pub names: Vec<correlation::Reference>,
    /// Everything that is to be said about the document, in order of place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A detection rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where the document starts.
    pub place: Place,
    /// Everything but log source and detection.
    pub metadata: Metadata,
    /// What kind of log the rule is for. Not tested on events (D-25).
    pub logsource: Logsource,
    /// What the rule looks for.
    pub detection: Detection,
    /// What filters add: the condition of each, over its own search identifiers, is ANDed to each condition of the rule.
    pub filters: Vec<std::sync::Arc<Detection>>,
}

/// A filter: what is ANDed to the conditions of the rules that it names (specification, "Sigma Filters"; sigma.md §8).
#[derive(Debug, Clone)]
pub struct Filter {
    /// Where the document starts.
    pub place: Place,
    /// Everything but log source and filter.
    pub metadata: Metadata,
    /// It applies to rules whose log source has every attribute that is named here, with the same value.
    pub logsource: Logsource,
    /// The rules that it applies to, by id or name; `None` for `any`.
    pub rules: Option<Vec<correlation::Reference>>,
    /// Its search identifiers, in a namespace of their own, and exactly one condition, ANDed as written (D-32).
    pub detection: Detection,
}

/// Metadata of a rule (specification, section "Attributes").
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// The title: 1 to 256 characters.
    pub title: String,
    /// The id: a UUID.
    pub id: Option<String>,
    /// The name: a reference target for correlation rules and filters.
    pub name: Option<String>,
    /// Related rules: id and kind of relation.
    pub related: Vec<Related>,
    /// The taxonomy of field names; absent means `sigma`.
    pub taxonomy: Option<String>,
    /// The maturity.
    pub status: Option<Status>,
    /// The severity.
    pub level: Option<Level>,
    /// A description.
    pub description: Option<String>,
    /// An SPDX licence expression.
    pub license: Option<String>,
    /// The author or authors.
    pub author: Option<String>,
    /// References, mostly URLs.
    pub references: Vec<String>,
    /// Fields worth showing to an analyst.
    pub fields: Vec<String>,
    /// Known false positives.
    pub falsepositives: Vec<String>,
    /// The scope of the rule.
    pub scope: Vec<String>,
    /// The date of creation, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// The date of the last change, `YYYY-MM-DD`.
    pub modified: Option<String>,
    /// Tags, each `namespace.name`.
    pub tags: Vec<String>,
    /// Further attributes, in the order of the document.
    pub custom: Vec<data::Attribute>,
}

/// A related rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The other rule's id.
    pub id: String,
    /// The kind: `derived`, `obsolete`, `merged`, `renamed`, `similar`, `correlation`.
    pub kind: String,
}

/// The maturity of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `stable`
    Stable,
    /// `test`
    Test,
    /// `experimental`
    Experimental,
    /// `deprecated`
    Deprecated,
    /// `unsupported`
    Unsupported,
}

impl Status {
    /// The word of the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Test => "test",
            Self::Experimental => "experimental",
            Self::Deprecated => "deprecated",
            Self::Unsupported => "unsupported",
        }
    }
}

/// The severity of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `informational`
    Informational,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `critical`
    Critical,
}

impl Level {
    /// The word of the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The log source of a rule; at least one of category, product and service is present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logsource {
    /// For example `process_creation`.
    pub category: Option<String>,
    /// For example `windows`.
    pub product: Option<String>,
    /// For example `security`.
    pub service: Option<String>,
    /// What must be configured for the log to exist.
    pub definition: Option<String>,
}

/// The detection section: search identifiers, and conditions over them.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The search identifiers in the order of the document; at least one.
    pub identifiers: Vec<SearchIdentifier>,
    /// The conditions; at least one. Each makes a query of its own; the rule matches when one does.
    pub conditions: Vec<ConditionText>,
}

/// A named search.
#[derive(Debug, Clone)]
pub struct SearchIdentifier {
    /// Its name. Any text but the reserved words and the empty one (D-9).
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// What it searches for.
    pub search: Search,
}

/// What a search identifier, or a part of it, looks for (specification, sections "Lists" and "Maps").
#[derive(Debug, Clone)]
pub enum Search {
    /// A map: all of these detection items. Never empty.
    All(Vec<DetectionItem>),
    /// A list: any of these. Never empty.
    Any(Vec<Search>),
    /// A list of scalars, or a bare scalar: one keyword item.
    Keywords(DetectionItem),
}

/// A field (or none, for keywords), modifiers and values.
#[derive(Debug, Clone)]
pub struct DetectionItem {
    /// The field; `None` for keywords.
    pub field: Option<String>,
    /// Where the key stands (for a keyword list: its first value).
    pub place: Place,
    /// The modifiers as written, in order, `all` and `neq` included.
    pub modifiers: Vec<Modifier>,
    /// The values, at least one.
    pub values: Vec<Value>,
    /// Whether any or all of the values must match.
    pub linking: Linking,
}

impl DetectionItem {
    /// Whether the item has this modifier.
    pub fn has(&self, modifier: Modifier) -> bool {
        self.modifiers.contains(&modifier)
    }
}

/// How the values of an item are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linking {
    /// One of them matches.
    Any,
    /// All of them match (modifier `all`).
    All,
}

/// One value of a detection item, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What was written.
    pub kind: ValueKind,
    /// Where.
    pub place: Place,
    /// Of a number its text, where that is not plain notation: `0x10`, `1.50`.
    pub written: Option<Box<str>>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueKind {
    /// A string with Sigma's escapes and wildcards resolved (sigma.md §3).
    Text(Pattern),
    /// A regular expression as written (modifier `re`): valid, and inside Sigma's subset.
    Regex(String),
    /// A network (modifier `cidr`): no host bits set.
    Network(IpNet),
    /// The name of another field (modifier `fieldref`).
    Field(String),
    /// A number.
    Number(Decimal),
    /// A boolean.
    Boolean(bool),
    /// Null.
    Null,
    /// One of these, at least two and none of them again such a group: what a placeholder stands for in a value of an
    /// item with `all`, where the values on their own are ANDed (sigma.md §4.1).
    AnyOf(Vec<ValueKind>),
}

/// A value modifier (specification, appendix "Modifiers").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Modifier {
    /// `contains`
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `all`
    All,
    /// `neq`
    Neq,
    /// `cased`
    Cased,
    /// `exists`
    Exists,
    /// `re`
    Re,
    /// `i`, `ignorecase`
    IgnoreCase,
    /// `m`, `multiline`
    Multiline,
    /// `s`, `dotall`
    DotAll,
    /// `cidr`
    Cidr,
    /// `windash`
    Windash,
    /// `base64`
    Base64,
    /// `base64offset`
    Base64Offset,
    /// `wide`, `utf16le`
    Utf16Le,
    /// `utf16be`
    Utf16Be,
    /// `utf16`
    Utf16,
    /// `fieldref`
    Fieldref,
    /// `expand`
    Expand,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `minute`, `hour`, `day`, `week`, `month`, `year`
    Time(time::Part),
}

/// A condition, as parsed and as written.
#[derive(Debug, Clone)]
pub struct ConditionText {
    /// The parsed form. Every identifier in it exists, every selector selects something.
    pub condition: Condition,
    /// The text.
    pub text: String,
    /// Where the text stands.
    pub place: Place,
}

/// A condition (specification, section "Condition"; grammar in sigma.md §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `a or b …`, at least two.
    Or(Vec<Condition>),
    /// `a and b …`, at least two.
    And(Vec<Condition>),
    /// `not a`
    Not(Box<Condition>),
    /// A search identifier, by name.
    Identifier(String),
    /// `1 of`, `any of`, `all of`
    Selector {
        /// Whether one or all of the selected must match.
        quantifier: Quantifier,
        /// Which identifiers are selected.
        pattern: SelectorPattern,
    },
}

/// The quantifier of a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `1 of`, `any of`
    Any,
    /// `all of`
    All,
}

/// Which identifiers a selector ranges over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorPattern {
    /// `them`: every identifier that does not start with `_`.
    Them,
    /// A name with `*` for any characters, as written. It selects an identifier that starts with `_` only
    /// if it starts with `_` itself.
    Pattern(String),
}
