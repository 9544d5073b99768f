//! Requests on dates, under `utc-dates`.
//!
//! Source: Elasticsearch, "Date field type" and the rounding of missing units in "Range query". A date stands for
//! the whole period that it names. Among texts of one form in UTC that period is a prefix, and the order of
//! times is that of texts. Deliberately absent: fractions of seconds, zones, milliseconds since the epoch (which
//! is what digits alone are, also four of them), date math.

use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Case, Comparison, Pattern, Predicate, Value};
use crate::source::Place;
use crate::text::date::{SECOND, moment};

/// The test that a time is in the period that a text names.
pub(super) fn within(text: &str, place: Place) -> Result<Predicate> {
    let period = period(text, place)?;
    let patterns = std::iter::once(Pattern::exact(period).with_any_after()).chain(day_of_midnight(period).map(Pattern::exact));
    let any = patterns.map(|pattern| Value { pattern, place }).collect();
    Ok(Predicate::Like { any, case: Case::Sensitive })
}

/// The test that a time compares so with the period that a text names.
pub(super) fn compare(op: Comparison, text: &str, place: Place) -> Result<Predicate> {
    let period = period(text, place)?;
    let (op, text) = match op {
        Comparison::Gte | Comparison::Lt => (op, day_of_midnight(period).unwrap_or(period).to_owned()),
        Comparison::Gt => (Comparison::Gte, after(period)),
        Comparison::Lte => (Comparison::Lt, after(period)),
        Comparison::Eq => return within(text, place),
    };
    Ok(Predicate::Order { op, text, case: Case::Sensitive })
}

/// The day at whose start a time is, which a value that is only a day stands for.
fn day_of_midnight(period: &str) -> Option<&str> {
    let (day, time) = period.split_once('T')?;
    time.bytes().all(|b| matches!(b, b'0' | b':')).then_some(day)
}

fn period(text: &str, place: Place) -> Result<&str> {
    let is_math = text.starts_with("now") || text.contains("||");
    match moment(text) {
        Some(moment) if moment.is_utc() && moment.period.len() <= SECOND && moment.period.contains('-') => Ok(moment.period),
        None if !is_math && !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')) => {
            Err(invalid(place, format!("{} is no date, and the field has dates", quote(text))))
        }
        Some(_) | None => Err(unread(place, format!("{} as a date", quote(text)))),
    }
}

/// The least text that is greater than all that start with this one, which ends with a digit.
fn after(period: &str) -> String {
    let mut chars: Vec<char> = period.chars().collect();
    if let Some(last) = chars.last_mut() {
        *last = char::from_u32(u32::from(*last) + 1).unwrap_or(*last);
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instant of a text, as a number that orders like it: a day stands for its start.
    fn key(text: &str) -> String {
        let digits: String = text.trim_end_matches('Z').chars().filter(char::is_ascii_digit).collect();
        format!("{digits:0<17}")
    }

    /// The last instant of the period that a text names.
    fn last(text: &str) -> String {
        let digits: String = text.trim_end_matches('Z').chars().filter(char::is_ascii_digit).collect();
        format!("{digits:9<17}")
    }

    fn holds(predicate: &Predicate, value: &str) -> bool {
        if let Predicate::Order { op, text, .. } = predicate {
            return op.accepts(value.cmp(text.as_str()));
        }
        matches!(predicate, Predicate::Like { any, case } if any.iter().any(|own| own.pattern.matches(value, *case)))
    }

    /// Tests on texts say what comparing instants would say.
    #[test]
    fn texts_are_ordered_as_times() {
        let values = [
            "2023-12-31T23:59:59.999Z",
            "2024-01-01",
            "2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.5",
            "2024-01-01T10:00:00Z",
            "2024-01-10",
            "2024-01-10T00:00:01",
        ];
        let bounds = [
            "2023-12",
            "2024-01",
            "2024-01-01",
            "2024-01-09",
            "2024-01-01T00",
            "2024-01-01T00:00:00Z",
            "2024-01-01T10:00",
            "2024-01-01T09:59:59",
        ];
        for bound in bounds {
            for value in values {
                let own = key(value);
                for (op, expected) in [
                    (Comparison::Lt, own < key(bound)),
                    (Comparison::Gte, own >= key(bound)),
                    (Comparison::Gt, own > last(bound)),
                    (Comparison::Lte, own <= last(bound)),
                    (Comparison::Eq, own >= key(bound) && own <= last(bound)),
                ] {
                    let predicate = compare(op, bound, Place::NOWHERE).ok();
                    assert_eq!(predicate.map(|predicate| holds(&predicate, value)), Some(expected), "{value} {op:?} {bound}");
                }
            }
        }
    }
}
