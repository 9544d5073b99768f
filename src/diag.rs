//! Diagnostics: one type for everything that is said about a rule, a query or a configuration.
//!
//! A diagnostic has a stable code, a message (lower case, no period, user text in backticks), the place it
//! speaks of, and help that says what to write instead. Rendering as text (with the source line and a
//! caret) and as JSON is here; printing is not.

mod explain;
pub mod ticks;

pub use explain::{Example, Explanation};

use crate::source::{Place, Source};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The rule or query cannot be used.
    Error,
}

macro_rules! codes {
    ($($variant:ident $code:literal $name:literal $summary:literal,)+) => {
        /// What a diagnostic is about. A code never changes its meaning once released.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $summary] $variant,)+ }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable number, such as `VS0104`.
            pub fn number(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The readable name, such as `unknown_modifier`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// One sentence on what it means.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary),+ }
            }
        }
    };
}

codes! {
    UnreadableInput "VS0001" "unreadable_input" "a file could not be read",
    InvalidEncoding "VS0002" "invalid_encoding" "a file is not UTF-8",
    UnwritableOutput "VS0003" "unwritable_output" "a file could not be written",
    InvalidArgument "VS0004" "invalid_argument" "a command line that names something that does not exist or cannot be done",
    MistakesLeftOut "VS0005" "mistakes_left_out" "more mistakes than are shown in one document or file",
    YamlSyntax "VS0010" "yaml_syntax" "the text is not well-formed YAML, or is nested too deeply",
    YamlStructure "VS0011" "yaml_structure" "a document is not a map, or a key is not a plain string",
    YamlMergeKey "VS0012" "yaml_merge_key" "a YAML merge key (`<<`), which YAML versions treat differently",
    DuplicateKey "VS0013" "duplicate_key" "a key occurs twice in one map",
    AmbiguousScalar "VS0014" "ambiguous_scalar" "an unquoted scalar whose value depends on the YAML version",
    AmbiguousDocument "VS0020" "ambiguous_document" "more than one of detection, correlation and filter in one document",
    CollectionAction "VS0021" "collection_action" "an unknown `action`",
    NotSupportedYet "VS0022" "not_supported_yet" "a part of Sigma that this version does not handle yet",
    IgnoredKey "VS0023" "ignored_key" "a key that means nothing where it stands",
    MissingTitle "VS0030" "missing_title" "a rule without a title",
    InvalidTitle "VS0031" "invalid_title" "a title that is no text of 1 to 256 characters",
    InvalidId "VS0032" "invalid_id" "an id that is no UUID",
    InvalidStatus "VS0033" "invalid_status" "an unknown status",
    InvalidLevel "VS0034" "invalid_level" "an unknown level",
    InvalidDate "VS0035" "invalid_date" "a date that is not in the calendar or not written YYYY-MM-DD",
    InvalidTags "VS0036" "invalid_tags" "tags that are not a list of `namespace.name`",
    InvalidRelated "VS0037" "invalid_related" "related rules that are not a list of id and type",
    InvalidAttribute "VS0038" "invalid_attribute" "an attribute of the wrong type",
    MissingLogsource "VS0040" "missing_logsource" "a rule without a log source",
    InvalidLogsource "VS0041" "invalid_logsource" "a log source that is no map of texts",
    EmptyLogsource "VS0042" "empty_logsource" "a log source without category, product and service",
    MissingDetection "VS0050" "missing_detection" "a rule without a detection section, or one without search identifiers",
    InvalidDetection "VS0051" "invalid_detection" "a detection section that is no map",
    MissingCondition "VS0060" "missing_condition" "a detection section without a condition",
    ConditionType "VS0061" "condition_type" "a condition that is neither text nor a list of texts",
    ConditionSyntax "VS0062" "condition_syntax" "a condition that does not follow the grammar",
    UnknownIdentifier "VS0063" "unknown_identifier" "a condition names a search identifier that does not exist",
    InvalidIdentifier "VS0064" "invalid_identifier" "a search identifier that is a reserved word or no text",
    PatternNoMatch "VS0065" "pattern_no_match" "a selector in a condition matches no search identifier",
    DeprecatedAggregation "VS0066" "deprecated_aggregation" "the old pipe syntax in a condition, replaced by correlation rules",
    EmptySelection "VS0070" "empty_selection" "a search identifier without content",
    InvalidFieldName "VS0071" "invalid_field_name" "a detection item whose key is no text",
    InvalidValue "VS0072" "invalid_value" "a value that a detection item cannot have",
    EmptyValueList "VS0073" "empty_value_list" "an empty list of values",
    NullInList "VS0074" "null_in_list" "null inside a list of values",
    InvalidKeyword "VS0075" "invalid_keyword" "a keyword, or a modifier on keywords, that needs a field",
    TooManyVariants "VS0076" "too_many_variants" "modifiers that multiply a value beyond bounds",
    MissingFilterRules "VS0080" "missing_filter_rules" "a filter that does not say which rules it is for",
    InvalidFilter "VS0081" "invalid_filter" "a filter that is no map, or with an unusable part",
    CorrelationType "VS0082" "correlation_type" "a correlation of an unknown type, or of none",
    CorrelationTimespan "VS0083" "correlation_timespan" "a time span that is no positive number with a unit",
    CorrelationCondition "VS0084" "correlation_condition" "a condition that a correlation cannot have",
    CorrelationField "VS0085" "correlation_field" "a correlation about values without a usable field",
    CorrelationPercentile "VS0086" "correlation_percentile" "a percentile that is missing or not from 0 to 100",
    CorrelationRules "VS0087" "correlation_rules" "a correlation without a usable list of rules",
    CorrelationAliases "VS0088" "correlation_aliases" "aliases that do not name a field for each rule",
    CorrelationCycle "VS0089" "correlation_cycle" "correlations that refer to themselves",
    RuleNotFound "VS0090" "rule_not_found" "a reference to a rule that is not there",
    DuplicateRule "VS0091" "duplicate_rule" "an id or a name that two rules have",
    UnknownModifier "VS0104" "unknown_modifier" "a modifier that Sigma does not have",
    ModifierType "VS0105" "modifier_type" "a value of a type that the modifier does not take",
    ModifierConflict "VS0106" "modifier_conflict" "modifiers that exclude each other",
    ModifierOrder "VS0107" "modifier_order" "modifiers in an order that has no meaning",
    AllSingleValue "VS0108" "all_single_value" "`all` on a single value",
    InvalidRegex "VS0109" "invalid_regex" "a regular expression with a syntax error",
    UnsupportedRegex "VS0110" "unsupported_regex" "a regular expression beyond what Sigma allows",
    InvalidCidr "VS0111" "invalid_cidr" "a value of `cidr` that is no network",
    WildcardInEncoding "VS0112" "wildcard_in_encoding" "a wildcard in a value that is to be encoded",
    EncodingWithoutBase64 "VS0113" "encoding_without_base64" "a character encoding that no base64 modifier follows",
    UnresolvedPlaceholder "VS0114" "unresolved_placeholder" "a placeholder without a value",
    RefusedKeywords "VS0200" "refused_keywords" "keywords, where the target has nothing to search them in",
    RefusedColumn "VS0201" "refused_column" "a field that the schema has no column for",
    RefusedFieldName "VS0202" "refused_field_name" "field names that the target cannot tell apart or cannot write",
    RefusedLiteral "VS0203" "refused_literal" "a value that the target cannot write",
    RefusedRegex "VS0204" "refused_regex" "a regular expression that the target cannot say",
    RefusedCidr "VS0205" "refused_cidr" "a network test that the target cannot say",
    RefusedNumber "VS0206" "refused_number" "a numeric test that the target cannot say",
    RefusedFieldref "VS0207" "refused_fieldref" "a comparison of two fields that the target cannot say",
    RefusedCase "VS0208" "refused_case" "a case relation that the target cannot say",
    RefusedTest "VS0209" "refused_test" "another test that the target cannot say",
    RefusedSize "VS0210" "refused_size" "a query beyond the limits of the target",
    RefusedUnmatchable "VS0211" "refused_unmatchable" "a query of which no verified event is matched within its assumptions",
    RefusedAssumption "VS0212" "refused_assumption" "a query that would need an assumption which was denied",
    Assumed "VS0213" "assumed" "what queries assume that many logs do not hold, said once a run",
    Approximated "VS0214" "approximated" "a test that the target cannot say, replaced by another one as `--allow` permits",
    RefusedCorrelation "VS0215" "refused_correlation" "a correlation that the target cannot say",
    QueryDiffers "VS0300" "query_differs" "a query that does not mean what its rule means",
    QueryInvalid "VS0301" "query_invalid" "a query that the target itself would reject",
    QueryUnread "VS0302" "query_unread" "a construct in a query that is not known, or whose meaning the target leaves open",
    InvalidSchema "VS0303" "invalid_schema" "a schema file that cannot be used",
    InvalidDescriptor "VS0304" "invalid_descriptor" "a target description with an error",
    InvalidEvents "VS0305" "invalid_events" "an event file that cannot be used",
    UnknownOption "VS0306" "unknown_option" "an option or format that the target does not have",
    QuerySetApart "VS0307" "query_set_apart" "a part of a query that is no condition on events, which comparing leaves out",
    InvalidVariables "VS0308" "invalid_variables" "a file of variables that cannot be used",
    InvalidAttack "VS0309" "invalid_attack" "a table of ATT&CK that cannot be used",
    InvalidCatalog "VS0310" "invalid_catalog" "the list of an earlier catalogue that cannot be compared with",
    RulesLeftOut "VS0311" "rules_left_out" "rules for other log sources than the one that is asked for",
    EventsLeftOut "VS0312" "events_left_out" "events that match a rule of a correlation, and that it cannot count",
    NotExplained "VS0313" "not_explained" "a document that is no detection rule, where one is to be explained",
    NoRules "VS0316" "no_rules" "a directory in which there is no file of rules",
    SampleFailed "VS0320" "sample_failed" "a rule, or its query, does not answer a sample as it should",
    SampleExceeded "VS0321" "sample_exceeded" "a sample in which more events match than its description says",
    SampleAbsent "VS0322" "sample_absent" "a sample that a rule names and that is not there",
    SampleOpen "VS0323" "sample_open" "an event of a sample that is outside what a query assumes",
    InvalidSample "VS0324" "invalid_sample" "a description of samples with an error",
    Why "VS0325" "why" "the smallest part of a rule that decides whether an event matches",
}

/// One thing that is said, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub code: Code,
    /// What is wrong: lower case, no period, user text in backticks.
    pub message: String,
    /// What to write or do instead.
    pub help: Option<String>,
    /// Where, in the source that the holder of this diagnostic knows.
    pub place: Place,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), help: None, place }
    }

    /// A warning about a place.
    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// A note about a place.
    pub fn note(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, place, message) }
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The diagnostic as text: the message with its code, the source line with a caret, the help. A source
    /// without a name is not shown.
    pub fn render(&self, source: &Source) -> String {
        let level = match self.severity {
            Severity::Note => Level::NOTE,
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let title = level.primary_title(self.message.as_str()).id(self.code.name());
        let window = Window::new(source, self.place);
        let window_length = window.text.len();
        let annotation = AnnotationKind::Primary.span(window.span);
        let snippet = Snippet::source(window.text).line_start(window.first).path(&*source.name).annotation(annotation);
        let origin = annotate_snippets::Origin::path(&*source.name);
        let group = match self.place.is_somewhere() {
            true if window_length > LONGEST_SHOWN => {
                title.element(origin.line(self.place.line as usize).char_column(self.place.column as usize))
            }
            true => title.element(snippet),
            false if source.name.is_empty() => annotate_snippets::Group::with_title(title),
            false => title.element(origin),
        };
        let help = self.help.as_ref().map(|help| annotate_snippets::Group::with_title(Level::HELP.secondary_title(help.as_str())));
        let report: Vec<_> = std::iter::once(group).chain(help).collect();
        if self.place.is_somewhere() {
            return Renderer::plain().render(&report);
        }
        // Rendered together, they would be joined by the margin of a snippet that is not there.
        let parts: Vec<String> = report.chunks(1).map(|part| Renderer::plain().render(part)).collect();
        parts.join("\n")
    }

    /// The diagnostic as the record of `--message-format json`. What has no place is about the source as a
    /// whole, and points to its start: lines and columns of records count from 1.
    pub fn record<'d>(&'d self, source: &'d Source, rule: Option<&'d str>) -> Record<'d> {
        let place = if self.place.is_somewhere() { self.place } else { Place::on_line(1, 1, 0) };
        Record {
            severity: self.severity,
            code: self.code.number(),
            name: self.code.name(),
            message: &self.message,
            help: self.help.as_deref(),
            path: &source.name,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            rule,
        }
    }
}

/// The machine-readable form of a diagnostic.
#[derive(Debug, Clone, Serialize)]
pub struct Record<'d> {
    severity: Severity,
    code: &'static str,
    name: &'static str,
    message: &'d str,
    help: Option<&'d str>,
    path: &'d str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    rule: Option<&'d str>,
}

/// Text of users as messages show it: in backticks, on one line, and not longer than a line.
pub fn quote(text: &str) -> String {
    /// So many characters are shown.
    const SHOWN: usize = 80;
    let mut quoted = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN {
            quoted.push('…');
            break;
        }
        if c.is_control() { quoted.extend(c.escape_default()) } else { quoted.push(c) }
    }
    ticks::fenced(&quoted)
}

/// Lines that are longer than this together, in bytes, are not shown: nobody would see the place in them.
const LONGEST_SHOWN: usize = 16 << 10;

/// The lines of a text that a place is on: rendering takes time in proportion to what it is given.
struct Window<'t> {
    text: &'t str,
    /// The number of its first line.
    first: usize,
    /// The bytes of the place.
    span: std::ops::Range<usize>,
}

impl<'t> Window<'t> {
    fn new(source: &'t Source, place: Place) -> Self {
        let whole = || Self { text: &source.text, first: 1, span: span(&source.text, place) };
        Self::around(source, place).unwrap_or_else(whole)
    }

    /// `None` where the place is after the last line.
    fn around(source: &'t Source, place: Place) -> Option<Self> {
        let before = place.line.checked_sub(1)?;
        let start = source.line_start(place.line)?;
        let end = source.line_start(place.end_line.max(place.line).saturating_add(1)).unwrap_or(source.text.len());
        let text = source.text.get(start..end).filter(|text| !text.is_empty())?;
        let own = Place { line: 1, end_line: place.end_line.saturating_sub(before), ..place };
        Some(Self { text, first: usize::try_from(place.line).ok()?, span: span(text, own) })
    }
}

/// The byte range of a place in a text, clipped to it.
fn span(text: &str, place: Place) -> std::ops::Range<usize> {
    let start = offset(text, place.line, place.column);
    start..offset(text, place.end_line, place.end_column).max(start)
}

fn offset(text: &str, line: u32, column: u32) -> usize {
    let mut start = 0;
    for (number, content) in (1..).zip(text.split_inclusive('\n')) {
        if number == line {
            let within: usize = content.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum();
            return start + within;
        }
        start += content.len();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number or name that two codes share would mean two things to the scripts that rely on it.
    #[test]
    fn codes_have_numbers_and_names_of_their_own_in_order() {
        let numbers: Vec<&str> = Code::ALL.iter().map(|code| code.number()).collect();
        let twice = numbers.windows(2).find(|pair| pair.first() >= pair.last());
        assert_eq!(twice, None, "in the registry each number is greater than the one before");
        let names: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), numbers.len());
    }

    #[test]
    fn quoted_text_stays_on_one_line() {
        assert_eq!(quote("a\tb\r\n\u{1b}é"), r"`a\tb\r\n\u{1b}é`");
        assert_eq!(quote(&"x".repeat(100)), format!("`{}…`", "x".repeat(80)));
    }
}
