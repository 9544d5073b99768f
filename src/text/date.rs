//! Dates and times as texts.
//!
//! Source: ISO 8601 as Elasticsearch's built-in format `strict_date_optional_time` takes it ("Date formats"):
//! `YYYY[-MM[-DD[Thh[:mm[:ss[.f…]]]]]]` with a zone (`Z`, `+hh`, `+hh:mm`, `+hhmm`) after a time only.
//! Deliberately absent: arithmetic on times, weeks, years beyond four digits, date math (`now-1d`).

/// A date or time, by its parts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment<'t> {
    /// Everything down to the smallest unit that is written: the period that it names.
    pub period: &'t str,
    /// The zone; empty where there is none.
    pub zone: &'t str,
}

impl Moment<'_> {
    /// Whether it is said for UTC, or for no zone, which stands for UTC in stored values.
    pub fn is_utc(self) -> bool {
        matches!(self.zone, "" | "Z")
    }
}

/// The moment that a text names; `None` where it is none in this format, or none in the calendar.
pub fn moment(text: &str) -> Option<Moment<'_>> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let days = date_units(date)?;
    let Some(time) = time else { return Some(Moment { period: text, zone: "" }) };
    let zone_start = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_start);
    if days != 3 || !is_clock(clock) || !is_zone(zone) {
        return None;
    }
    Some(Moment { period: text.strip_suffix(zone)?, zone })
}

/// Whether a text is a day, or a time in UTC with seconds: `2024-01-31`, `2024-01-31T23:59:59Z`, with or without a
/// fraction or the `Z`.
pub fn is_utc(text: &str) -> bool {
    let is_whole = |moment: Moment<'_>| moment.period.len() == DAY || moment.period.len() >= SECOND;
    moment(text).is_some_and(|moment| moment.is_utc() && is_whole(moment) && !text.contains(','))
}

/// The length of a period that is a day.
const DAY: usize = "2024-01-31".len();

/// The length of a period that is a second.
pub const SECOND: usize = "2024-01-31T23:59:59".len();

/// How many units a date has, if it is one.
fn date_units(date: &str) -> Option<usize> {
    let mut parts = date.split('-');
    let year = unit(parts.next()?, 4)?;
    let Some(month) = parts.next() else { return Some(1) };
    let month = unit(month, 2).filter(|month| (1..=12).contains(month))?;
    let Some(day) = parts.next() else { return Some(2) };
    let day = unit(day, 2)?;
    ((1..=days_of(year, month)).contains(&day) && parts.next().is_none()).then_some(3)
}

fn days_of(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_clock(clock: &str) -> bool {
    let (whole, fraction) = clock.split_once(['.', ',']).map_or((clock, None), |(whole, fraction)| (whole, Some(fraction)));
    let units: Vec<&str> = whole.split(':').collect();
    let fits = |limit: u32, text: &str| unit(text, 2).is_some_and(|value| value < limit);
    let is_whole = units.len() <= 3 && units.iter().zip([24, 60, 60]).all(|(text, limit)| fits(limit, text));
    let is_fraction = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_whole && fraction.is_none_or(|fraction| units.len() == 3 && is_fraction(fraction))
}

fn is_zone(zone: &str) -> bool {
    let offset = zone.strip_prefix(['+', '-']).map(|offset| offset.replace(':', ""));
    let is_offset = |offset: &str| matches!(offset.len(), 2 | 4) && offset.bytes().all(|b| b.is_ascii_digit());
    matches!(zone, "" | "Z") || offset.is_some_and(|offset| is_offset(&offset))
}

/// The number that so many digits are.
fn unit(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_the_calendar() {
        for text in ["2024", "2024-02", "2024-02-29", "2024-01-01T10", "2024-01-01T10:59", "2024-01-01T23:59:59.123456789+02:00"] {
            assert!(moment(text).is_some(), "{text}");
        }
        for text in ["", "24", "2024-13", "2023-02-29", "2024-04-31", "2024-1-1", "2024-01T10", "2024-01-01 10:00", "2024-01-01T24:00"] {
            assert!(moment(text).is_none(), "{text}");
        }
        for text in ["2024-01-01T10:00.5", "2024-01-01T10:00:00.", "2024-01-01T10:00:00ZZ", "2024-01-01Z", "2024-01-01T", "now-1d"] {
            assert!(moment(text).is_none(), "{text}");
        }
    }

    #[test]
    fn days_and_seconds_in_utc() {
        assert!(is_utc("2024-01-01T10:00:00Z") && is_utc("2024-01-01T10:00:00.5") && is_utc("2024-01-01"));
        assert!(!is_utc("2024-01") && !is_utc("2024-01-01T10Z") && !is_utc("2024-01-01T10:00:00+01:00") && !is_utc("1704103200000"));
        assert_eq!(moment("2024-01-01T10:00:00Z"), Some(Moment { period: "2024-01-01T10:00:00", zone: "Z" }));
    }
}
