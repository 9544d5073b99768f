//! Times as events hold them, and their parts.
//!
//! Source: sigma.md §4.1 (time parts, D-22): `YYYY-MM-DD`, alone or with `T` or a blank and `hh:mm[:ss[.f…]]`, and then
//! `Z`, `±hh:mm` or no zone, which stands for UTC. Calendar and ISO weeks are the library's. Deliberately absent: numbers
//! as times, words, leap seconds, digits beyond the nanosecond, which are cut off.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, Unit};
use std::fmt;

/// A point in time; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// 0 to 59
    Minute,
    /// 0 to 23
    Hour,
    /// The day of the month, 1 to 31
    Day,
    /// The week as ISO 8601 counts, 1 to 53
    Week,
    /// 1 to 12
    Month,
    /// 0 to 9999
    Year,
}

impl Part {
    /// Its name, as the modifier of Sigma has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl Time {
    /// A part of it in UTC.
    pub fn part(self, part: Part) -> i64 {
        let civil = Offset::UTC.to_datetime(self.0);
        match part {
            Part::Minute => civil.minute().into(),
            Part::Hour => civil.hour().into(),
            Part::Day => civil.day().into(),
            Part::Week => civil.date().iso_week_date().week().into(),
            Part::Month => civil.month().into(),
            Part::Year => civil.year().into(),
        }
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z, negative before.
    pub fn nanoseconds(self) -> i128 {
        self.0.as_nanosecond()
    }

    /// The time so many nanoseconds after 1970-01-01T00:00:00Z; `None` beyond the years that texts can name.
    pub fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        Timestamp::from_nanosecond(nanoseconds).ok().map(Self)
    }

    /// Whether it falls on a whole millisecond.
    pub fn is_whole_millisecond(self) -> bool {
        self.0.round(Unit::Millisecond).is_ok_and(|rounded| rounded == self.0)
    }
}

/// As `YYYY-MM-DDThh:mm:ss[.f…]Z`, with as many digits as are needed.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The time that a text names.
pub fn parse(text: &str) -> Option<Time> {
    let (date, time) = text.split_at_checked(DATE)?;
    let date = self::date(date)?;
    let (clock, offset) = match time.strip_prefix(['T', ' ']) {
        None if time.is_empty() => return at(date.at(0, 0, 0, 0), 0),
        None => return None,
        Some(time) => zone(time)?,
    };
    at(self::clock(date, clock)?, offset)
}

/// The length of `YYYY-MM-DD`.
const DATE: usize = 10;

fn at(civil: DateTime, offset: i32) -> Option<Time> {
    Offset::from_seconds(offset).ok()?.to_timestamp(civil).ok().map(Time)
}

fn date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let year = digits(year, 4).and_then(|year| i16::try_from(year).ok())?;
    Date::new(year, small(month)?, small(day)?).ok()
}

/// The clock and the offset of its zone in seconds.
fn zone(text: &str) -> Option<(&str, i32)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some((clock, offset)) = text.rfind(['+', '-']).and_then(|at| text.split_at_checked(at)) else { return Some((text, 0)) };
    let (sign, offset) = match offset.strip_prefix('-') {
        Some(offset) => (-1, offset),
        None => (1, offset.strip_prefix('+')?),
    };
    let (hours, minutes) = offset.split_once(':')?;
    let hours = digits(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(minutes, 2).filter(|minutes| *minutes < 60)?;
    Some((clock, sign * i32::try_from(hours * 3600 + minutes * 60).ok()?))
}

fn clock(date: Date, text: &str) -> Option<DateTime> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, seconds) = rest.split_once(':').map_or((rest, None), |(minute, seconds)| (minute, Some(seconds)));
    let (second, fraction) = match seconds {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (small(seconds)?, 0),
            Some((second, fraction)) => (small(second)?, nanoseconds(fraction)?),
        },
    };
    DateTime::new(date.year(), date.month(), date.day(), small(hour)?, small(minute)?, second, fraction).ok()
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    padded.parse().ok()
}

fn small(text: &str) -> Option<i8> {
    digits(text, 2).and_then(|number| i8::try_from(number).ok())
}

/// The number that exactly so many digits are.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn times_have_one_grammar() {
        for (text, expected) in [
            ("2024-01-01", "2024-01-01T00:00:00Z"),
            ("2024-01-01 10:59", "2024-01-01T10:59:00Z"),
            ("2024-01-01T10:59:30.5", "2024-01-01T10:59:30.5Z"),
            ("2024-01-01T00:30:00+02:00", "2023-12-31T22:30:00Z"),
            ("2024-02-29 23:59:59.1234567899-00:30", "2024-03-01T00:29:59.123456789Z"),
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-01",
            "2024-1-1",
            "2023-02-29",
            "2024-01-01Z",
            "2024-01-01T10",
            "2024-01-01T24:00",
            "2024-01-01T10:60",
            "2024-01-01T10:00:60",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00:00+0200",
            "2024-01-01t10:00",
            "2024-01-01T10:00z",
            "2024-01-01T10:00 ",
            " 2024-01-01",
            "1704103200",
            "2024-01-01T",
            "2024-01-01T10:00:00ZZ",
            "20é4-01-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn parts_are_taken_in_utc_and_weeks_follow_iso() {
        let time = parse("2021-01-03T23:30:00-01:00").unwrap();
        let parts = [Part::Minute, Part::Hour, Part::Day, Part::Week, Part::Month, Part::Year].map(|part| time.part(part));
        assert_eq!(parts, [30, 0, 4, 1, 1, 2021]);
        assert_eq!(parse("2021-01-03").unwrap().part(Part::Week), 53);
    }

    #[test]
    fn milliseconds_and_nanoseconds() {
        let time = parse("1970-01-01T00:00:01.002").unwrap();
        assert_eq!((time.nanoseconds(), time.is_whole_millisecond()), (1_002_000_000, true));
        assert!(!parse("1970-01-01T00:00:01.0020001").unwrap().is_whole_millisecond());
        assert_eq!(Time::from_nanoseconds(time.nanoseconds()), Some(time));
        assert_eq!(Time::from_nanoseconds(i128::MAX), None);
    }
}
