//! Requests on dates, under `utc-dates`.
//!
//! Source: Elasticsearch, "Date field type" and the rounding of missing units in "Range query". A date stands for
//! the whole period that it names. Among texts of one form in UTC that period is a prefix, and the order of
//! times is that of texts. Deliberately absent: fractions of seconds, zones, milliseconds since the epoch (which
//! is what digits alone are, also four of them), date math.

use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Case, Comparison, Pattern, Predicate};
use crate::source::Place;
use crate::text::date::moment;

/// The test that a time is in the period that a text names.
pub(super) fn within(text: &str, place: Place) -> Result<Predicate> {
    Ok(Predicate::like(Pattern::exact(period(text, place)?).with_any_after(), Case::Sensitive))
}

/// The test that a time compares so with the period that a text names.
pub(super) fn compare(op: Comparison, text: &str, place: Place) -> Result<Predicate> {
    let period = period(text, place)?;
    let (op, text) = match op {
        Comparison::Gte | Comparison::Lt => (op, period.to_owned()),
        Comparison::Gt => (Comparison::Gte, after(period)),
        Comparison::Lte => (Comparison::Lt, after(period)),
        Comparison::Eq => return within(text, place),
    };
    Ok(Predicate::Order { op, text, case: Case::Sensitive })
}

fn period(text: &str, place: Place) -> Result<&str> {
    let is_math = text.starts_with("now") || text.contains("||");
    match moment(text) {
        Some(moment) if moment.is_utc() && moment.period.len() <= "2024-01-31T23:59:59".len() && moment.period.contains('-') => {
            Ok(moment.period)
        }
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
