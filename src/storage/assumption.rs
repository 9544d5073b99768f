//! Assumptions: the closed list of their names, and on which events an instance holds.

use super::Storage;
use super::record::StoredNumber;
use crate::event::{Event, Member};
use crate::ir::{Case, Pattern};
use crate::text::fold::{fold_text, is_cased};
use crate::text::number::{self, Decimal};
use crate::text::{date, ip, time, words};
use std::borrow::Cow;

macro_rules! assumptions {
    ($($variant:ident $name:literal $wording:literal,)+) => {
        /// The names of all assumptions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Name { $(#[doc = $wording] $variant,)+ }

        impl Name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name as users write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it says.
            pub fn wording(self) -> &'static str {
                match self { $(Self::$variant => $wording),+ }
            }

            /// The assumption of this name.
            pub fn find(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|assumption| assumption.name() == name)
            }
        }
    };
}

assumptions! {
    AsciiCase "ascii-case" "full Unicode case folding, lower case and ASCII folding give the same answer for this field and value",
    AsciiClasses "ascii-classes" "`\\d`, `\\w`, `\\s` and `\\b` meet ASCII text only in this field",
    CanonicalNumbers "canonical-numbers" "numbers and booleans of this field are held as their canonical text (5, not 5.0)",
    CaseAsLogged "case-as-logged" "values match ignoring case exactly when they match as the rule writes them",
    CanonicalIps "canonical-ips" "this field holds an IP address that was given to somebody, in canonical text (RFC 5952), or nothing",
    ConstantLogged "constant-logged" "every event has this field, which the mapping says to be one text for all events",
    ExactNumbers "exact-numbers" "numbers in texts of this field keep their value as the engine's 64-bit integers or doubles",
    FieldPresent "field-present" "this field has a value",
    IpMapped "ip-mapped" "this field is of type ip and holds no IPv4-mapped IPv6 address, and no IPv4 address where a network covers those",
    IpSpelling "ip-spelling" "a value of this field that looks like an IP address is one in canonical text (RFC 5952), and not IPv4-mapped",
    IsoTimes "iso-times" "this field holds a time in ISO 8601 with whole milliseconds and an offset of less than 15 hours, or nothing that looks like one",
    NoEmptyValues "no-empty-values" "no value of this field is the empty text",
    NoLineBreaks "no-line-breaks" "no value of this field contains a line break",
    NoNul "no-nul" "no value of this field contains a NUL character",
    NumberSpelling "number-spelling" "a value of this field that some engine takes for a number is one in plain notation (-12.5), without leading zeros",
    NumericValues "numeric-values" "every value of this field is a number in plain notation (-12.5), without leading zeros",
    OneSided "one-sided" "all values of this field stand in the same order to this value",
    PlainNumbers "plain-numbers" "no value of this field is the number compared with in another notation (05 or 5.0 for 5)",
    PlainSegments "plain-segments" "what divides the raw text into segments is single characters: no %20 and the like",
    PlainWords "plain-words" "values of this field are ASCII, and no word in them has a point or another sign inside (3.14, can't, a:b)",
    RawHoldsValues "raw-holds-values" "the raw text contains this keyword exactly when some value of the event does",
    RegexpFunction "regexp-function" "the host registers REGEXP with the syntax of Rust's regex crate",
    SearchTimeFields "search-time-fields" "the first search finds every value of the fields that it names: each is a token of the indexed text, or fields.conf says otherwise",
    SingleValued "single-valued" "this field has at most one value",
    TextOrder "text-order" "no value of this field is a number, and each stands in the same order to this text with and without regard to case",
    UtcDates "utc-dates" "values of this field are days or times in UTC with seconds (2024-01-31T23:59:59Z), and searchers are in UTC",
    WholeNumbers "whole-numbers" "numbers of this field are whole, in plain notation, and at most a million million",
    WithinIgnoreAbove "within-ignore-above" "no value of this field is longer than its mapping's ignore_above",
}

/// An instance of an assumption: what is assumed, of which field and value, and why it was needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// What is assumed.
    pub name: Name,
    /// Of which field, by its key in records.
    pub field: Option<String>,
    /// For which pattern.
    pub pattern: Option<Pattern>,
    /// Why it was needed: one short clause for people.
    pub because: String,
}

impl Assumption {
    /// An assumption about a field, whatever the pattern.
    pub fn on_field(name: Name, field: &str, because: impl Into<String>) -> Self {
        Self { name, field: Some(field.to_owned()), pattern: None, because: because.into() }
    }

    /// An assumption about a field and a pattern.
    pub fn on_pattern(name: Name, field: &str, pattern: &Pattern, because: impl Into<String>) -> Self {
        Self { name, field: Some(field.to_owned()), pattern: Some(pattern.clone()), because: because.into() }
    }

    /// An assumption about the target as a whole.
    pub fn global(name: Name, because: impl Into<String>) -> Self {
        Self { name, field: None, pattern: None, because: because.into() }
    }

    /// Whether it holds for an event and its record in this storage.
    pub fn holds(&self, storage: &Storage, event: &Event, record: &Event) -> bool {
        let field = self.field.as_deref().unwrap_or_default();
        let texts: Vec<_> = record.field(field).into_iter().filter_map(Member::canonical).collect();
        match (self.name, &self.pattern) {
            (Name::AsciiCase, Some(pattern)) => {
                // ASCII letters among themselves fold alike under both.
                let is_plain = pattern.literal_chars().all(|c| c.is_ascii());
                let agrees = |text: &str| {
                    let folded = pattern.matches(text, Case::Fold);
                    folded == pattern.matches(text, Case::Ascii) && folded == pattern.matches(text, Case::Lower)
                };
                texts.iter().all(|text| (is_plain && text.is_ascii()) || agrees(text))
            }
            (Name::AsciiCase, None) => texts.iter().all(|text| text.chars().all(|c| c.is_ascii() || !is_cased(c, Case::Fold))),
            (Name::AsciiClasses, _) => texts.iter().all(|text| text.is_ascii()),
            (Name::CanonicalNumbers, _) => {
                let before: Vec<_> = storage.members(event, field).into_iter().map(Member::canonical).collect();
                let after: Vec<_> = record.field(field).into_iter().map(Member::canonical).collect();
                // With a pattern: values keep their canonical text. Without: the engine also writes it so.
                before == after && (self.pattern.is_some() || record.field(field).into_iter().all(is_written_canonically))
            }
            (Name::CaseAsLogged, Some(pattern)) => {
                texts.iter().all(|text| pattern.matches(text, Case::Fold) == pattern.matches(text, Case::Sensitive))
            }
            (Name::CanonicalIps, _) => {
                // A field of type ip holds canonical texts of whatever was put in.
                let before = storage.members(event, storage.source(field)).into_iter().filter_map(Member::canonical);
                texts.iter().all(|text| ip::is_canonical(text)) && before.into_iter().all(|text| ip::is_canonical(&text))
            }
            (Name::IpMapped, pattern) => {
                let network = pattern.as_ref().and_then(Pattern::as_exact).and_then(|text| ip::network(text).ok());
                // As it was logged: the field itself holds mapped addresses as IPv4.
                let logged = storage.members(event, storage.source(field));
                logged.into_iter().filter_map(Member::canonical).all(|text| ip::is_told_apart(&text, network))
            }
            (Name::ConstantLogged, _) => !texts.is_empty(),
            (Name::PlainWords, _) => texts.iter().all(|text| words::plain_words(text).is_some()),
            (Name::UtcDates, _) => texts.iter().all(|text| date::is_utc(text)),
            (Name::IsoTimes, _) => texts.iter().all(|text| is_iso_time(text) || !is_time_alike(text)),
            (Name::WholeNumbers, _) => {
                // A boolean is no number, and neither is `05`; a column may make numbers of them.
                let before: Vec<_> = storage.members(event, field).into_iter().filter_map(Member::canonical).collect();
                before == texts && texts.iter().all(|text| Decimal::parse(text).is_none_or(|number| is_small(&number, text)))
            }
            (Name::NoEmptyValues, _) => texts.iter().all(|text| !text.is_empty()),
            (Name::NoLineBreaks, _) => texts.iter().all(|text| !text.contains(['\n', '\r'])),
            (Name::FieldPresent, _) => !record.field(field).is_empty(),
            (Name::IpSpelling, _) => {
                let before = storage.members(event, storage.source(field)).into_iter().filter_map(Member::canonical);
                texts.into_iter().chain(before).all(|text| !ip::is_alike(&text) || ip::is_spelled_canonically(&text))
            }
            (Name::NumberSpelling, _) => texts.iter().all(|text| !number::is_alike(text) || number::is_unpadded(text)),
            (Name::NumericValues, _) => texts.iter().all(|text| number::is_unpadded(text)),
            (Name::PlainSegments, pattern) => {
                let other = pattern.as_ref().and_then(Pattern::as_exact);
                texts.iter().all(|text| !has_percent_code(text) && other.is_none_or(|other| !text.contains(other)))
            }
            (Name::TextOrder, Some(pattern)) => {
                let text = pattern.as_exact().unwrap_or_default();
                texts.iter().all(|own| !number::is_alike(own) && is_ordered_alike(own, text))
            }
            // Of two fields, each has its numbers in the one notation that all numbers have.
            (Name::PlainNumbers, None) => {
                texts.iter().all(|text| Decimal::parse_loosely(text).is_none_or(|number| number.to_string() == **text))
            }
            (Name::PlainNumbers, Some(pattern)) => texts.iter().all(|text| !is_other_notation(text, pattern)),
            (Name::SingleValued, _) => record.field(field).len() <= 1,
            (Name::WithinIgnoreAbove, _) => storage.members(event, storage.source(field)).len() == record.field(field).len(),
            (Name::ExactNumbers, _) => texts.iter().all(|text| is_kept_by_doubles(text)),
            (Name::NoNul, _) => texts.iter().all(|text| !text.contains('\0')),
            (Name::RawHoldsValues, Some(pattern)) => {
                let leaves = event.leaves();
                let in_leaf = |case| leaves.iter().filter_map(|leaf| leaf.canonical()).any(|text| pattern.matches(&text, case));
                let in_raw = |case| texts.iter().any(|text| pattern.matches(text, case));
                // In these letters as well as in any, since a keyword may be `cased`.
                [Case::Fold, Case::Sensitive].into_iter().all(|case| in_leaf(case) == in_raw(case))
            }
            (Name::OneSided, Some(pattern)) => {
                let value = pattern.as_exact().unwrap_or_default();
                let order = |text: &str| match (Decimal::parse(text), Decimal::parse(value)) {
                    (Some(own), Some(number)) => own.cmp(&number),
                    (_, _) => text.cmp(value),
                };
                let mut orders = texts.iter().map(|text| order(text));
                orders.next().is_none_or(|first| orders.all(|other| other == first))
            }
            (Name::RawHoldsValues | Name::CaseAsLogged | Name::OneSided | Name::TextOrder, None)
            | (Name::RegexpFunction | Name::SearchTimeFields, _) => true,
        }
    }
}

/// Whether a text is the number that an exact pattern is, in another notation. A text counts as a number where
/// some engine could take it for one.
fn is_other_notation(text: &str, pattern: &Pattern) -> bool {
    let value = |text: &str| Decimal::parse_loosely(text);
    pattern.as_exact().is_some_and(|own| own != text && value(own).is_some() && value(own) == value(text))
}

/// Whether a text is a time that an engine with milliseconds, and with offsets up to 14:59 (SQLite, "Date And Time
/// Functions", section 2), reads as Sigma does.
fn is_iso_time(text: &str) -> bool {
    let (_, clock) = text.split_at_checked(10).unwrap_or_default();
    let offset = clock.split_once(['+', '-']).and_then(|(_, offset)| offset.split_once(':'));
    let is_near = offset.is_none_or(|(hours, _)| hours.parse().is_ok_and(|hours: u8| hours < 15));
    is_near && time::parse(text).is_some_and(time::Time::is_whole_millisecond)
}

/// Whether some engine could take a text for a time: a number may be a Julian day, a clock alone a time of some day.
fn is_time_alike(text: &str) -> bool {
    // Some read a text only to its first NUL.
    let text = text.split('\0').next().unwrap_or_default();
    let unsigned = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '+' | '-' | '.'));
    let is_now = ["now", "subsec", "subsecond"].iter().any(|word| text.eq_ignore_ascii_case(word));
    is_now || unsigned.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a number is whole, at most 10^12 from zero, and this its plain notation.
fn is_small(number: &Decimal, text: &str) -> bool {
    number.to_string() == text && text.parse().is_ok_and(|number: i64| number.unsigned_abs() <= 1_000_000_000_000)
}

/// Whether a text has a character as URLs encode it.
fn has_percent_code(text: &str) -> bool {
    let is_code = |part: &str| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).any(is_code)
}

/// Whether two texts stand in the same order under every case relation.
fn is_ordered_alike(own: &str, text: &str) -> bool {
    let order = |case| fold_text(own, case).cmp(&fold_text(text, case));
    [Case::Ascii, Case::Lower, Case::Fold].into_iter().all(|case| order(case) == own.cmp(text))
}

/// Whether the storage writes a stored value as its canonical text, wherever it needs a text.
fn is_written_canonically(member: Member<'_>) -> bool {
    match member {
        Member::Number(number) => {
            StoredNumber::parse(number.as_str()).and_then(StoredNumber::text) == member.canonical().map(Cow::into_owned)
        }
        Member::Text(_) | Member::Boolean(_) | Member::Object => true,
    }
}

/// Whether 64-bit integers and doubles keep the number that a text is, in value and in order: it is such an
/// integer, or has at most 15 significant digits and a magnitude at which decimals of so many digits differ
/// as doubles. No text has an exponent, or so many digits, that a double would become 0.
fn is_kept_by_doubles(text: &str) -> bool {
    let exponent = text.rsplit_once(['e', 'E']).map_or("", |(_, exponent)| exponent.trim_start_matches(['+', '-']));
    let bounded = text.len() <= 300 && exponent.bytes().take_while(u8::is_ascii_digit).count() <= 2;
    if Decimal::parse(text).is_none() || text.parse::<i64>().is_ok() {
        return bounded;
    }
    let mantissa: String = text.split(['e', 'E']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    bounded && mantissa.trim_matches('0').len() <= 15 && text.parse().is_ok_and(|number: f64| number.abs() < 1e15)
}
