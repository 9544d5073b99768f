//! Time values: the texts and numbers that date functions take, and their parts.
//!
//! Source: SQLite, "Date And Time Functions" §2 and §3. Times are milliseconds of the Julian day, as in the
//! engine. Deliberately absent: `now`, and modifiers other than whole days and weekdays.

use super::Open;
use super::value::{Prefix, Value, prefix};

const DAY: i64 = 86_400_000;

/// The last millisecond of the year 9999.
const LAST: i64 = 464_269_060_799_999;

/// The Julian day of the Unix epoch, in milliseconds.
const EPOCH: i64 = 210_866_760_000_000;

/// A time in milliseconds of the Julian day.
#[derive(Debug, Clone, Copy)]
struct Time {
    milliseconds: i64,
    /// Why its parts are not those of the milliseconds, where the engine keeps them as they are written.
    kept: Option<Kept>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// The fraction is between two milliseconds, or near it.
    Tie,
}

/// Words that stand for the present.
const NOW: &[&str] = &["now", "subsec", "subsecond"];

/// Whether a time value is the present.
pub(super) fn is_now(text: &str) -> bool {
    NOW.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// `julianday`
pub(super) fn julian_day(value: &Value) -> Result<Value, Open> {
    Ok(time(value)?.map_or(Value::Null, |time| Value::Real(time.milliseconds as f64 / DAY as f64)))
}

/// The time that a value is, if it is one.
fn time(value: &Value) -> Result<Option<Time>, Open> {
    let number = |real: f64| {
        let milliseconds = (0.0..5_373_484.5).contains(&real).then_some((real * DAY as f64 + 0.5) as i64);
        milliseconds.filter(|time| *time <= LAST).map(|milliseconds| Time { milliseconds, kept: None })
    };
    match value {
        Value::Null => Ok(None),
        Value::Blob(_) => Err(Open("a time value of bytes".to_owned())),
        Value::Integer(integer) => Ok(number(*integer as f64)),
        Value::Real(real) => Ok(number(*real)),
        Value::Text(text) if is_now(text) => Err(Open("the present".to_owned())),
        Value::Text(text) => match (parse(text)?, prefix(text)) {
            (Some(time), _) => Ok(Some(time).filter(|time| (0..=LAST).contains(&time.milliseconds))),
            (None, (parsed, Prefix::Whole)) => Ok(number(parsed.as_real())),
            (None, (_, Prefix::Part)) => Ok(None),
        },
    }
}

fn digits(text: &mut &str, count: usize, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let part = text.get(..count).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?;
    *text = text.get(count..)?;
    part.parse().ok().filter(|number| range.contains(number))
}

fn eat(text: &mut &str, c: char) -> Option<()> {
    *text = text.strip_prefix(c)?;
    Some(())
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{b}'
}

fn parse(text: &str) -> Result<Option<Time>, Open> {
    let mut rest = text;
    let Some(days) = date(&mut rest) else {
        return clock(text, days(2000, 1, 1) * DAY - DAY / 2);
    };
    let start = days * DAY - DAY / 2;
    rest = rest.trim_start_matches(|c| is_blank(c) || c == 'T');
    if rest.is_empty() { Ok(Some(Time { milliseconds: start, kept: None })) } else { clock(rest, start) }
}

fn date(text: &mut &str) -> Option<i64> {
    let negative = eat(text, '-').is_some();
    let year = digits(text, 4, 0..=9999)?;
    eat(text, '-')?;
    let month = digits(text, 2, 1..=12)?;
    eat(text, '-')?;
    let day = digits(text, 2, 1..=31)?;
    Some(days(if negative { -year } else { year }, month, day))
}

/// The Julian day that starts at noon of a date; days beyond the month run into the next one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 12) } else { (year, month) };
    let century = year.div_euclid(100);
    let leap = 2 - century + century.div_euclid(4);
    (36525 * (year + 4716)).div_euclid(100) + (306_001 * (month + 1)) / 10_000 + day + leap - 1524
}

/// A time of day with its zone, on the day that starts at `start`.
fn clock(text: &str, start: i64) -> Result<Option<Time>, Open> {
    let Some((hours, minutes, seconds, zone)) = hands(text) else { return Ok(None) };
    // Newer versions cut a fraction that older ones round up to the next second.
    if seconds.fract() * 1000.0 > 999.000_001 {
        return Err(Open("a fraction of a second that versions of the engine round differently".to_owned()));
    }
    // Not a time to all versions of the engine.
    if hours == 24 {
        return Err(Open("the hour 24".to_owned()));
    }
    let time = hours * 3_600_000 + minutes * 60_000 + (seconds * 1000.0 + 0.5) as i64 - zone * 60_000;
    let tie = ((seconds * 1000.0).fract() - 0.5).abs() < 1e-3;
    let kept = match (zone, tie) {
        (0, true) => Some(Kept::Tie),
        (_, _) => None,
    };
    Ok(Some(Time { milliseconds: start + time, kept }))
}

/// Hours, minutes, seconds, and minutes of the zone.
fn hands(mut text: &str) -> Option<(i64, i64, f64, i64)> {
    let text = &mut text;
    let hours = digits(text, 2, 0..=24)?;
    eat(text, ':')?;
    let minutes = digits(text, 2, 0..=59)?;
    let mut seconds = 0.0;
    if eat(text, ':').is_some() {
        seconds = digits(text, 2, 0..=59)? as f64;
        let fraction = text.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(rest) = fraction {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            let part = rest.get(..length)?;
            *text = rest.get(length..)?;
            seconds += format!("0.{part}").parse::<f64>().ok()?;
        }
    }
    *text = text.trim_start_matches(is_blank);
    Some((hours, minutes, seconds, zone(text)?))
}

/// A zone in minutes, after which nothing but blanks may stand.
fn zone(text: &mut &str) -> Option<i64> {
    let sign = match text.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        Some('Z' | 'z') => 0,
        Some(_) => return None,
        None => return Some(0),
    };
    *text = text.get(1..)?;
    let mut zone = 0;
    if sign != 0 {
        zone = digits(text, 2, 0..=14)? * 60;
        eat(text, ':')?;
        zone += digits(text, 2, 0..=59)?;
    }
    text.trim_start_matches(is_blank).is_empty().then_some(sign * zone)
}

/// A time after a modifier: so many days, or the next such day of the week where it is another.
fn modified(time: i64, modifier: &Value) -> Result<i64, Open> {
    let open = || Open("such a modifier of a time".to_owned());
    let Value::Text(text) = modifier else { return Err(open()) };
    let days = match (text.strip_prefix("weekday "), text.strip_suffix(" days")) {
        (Some(weekday), _) => {
            let weekday: i64 = weekday.parse().ok().filter(|day| (0..7).contains(day)).ok_or_else(open)?;
            (weekday - ((time + DAY / 2) / DAY + 1)).rem_euclid(7)
        }
        (None, Some(days)) => days.parse().ok().filter(|days: &i64| days.abs() <= 100_000).ok_or_else(open)?,
        (None, None) => return Err(open()),
    };
    let time = time + days * DAY;
    if (0..=LAST).contains(&time) { Ok(time) } else { Err(Open("a time beyond the year 9999".to_owned())) }
}

/// Whether a format asks for a part that is not known here.
pub(super) fn has_other_part(format: &str) -> bool {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c == '%' && chars.next().is_some_and(|part| !"YmdHMSfsw%j".contains(part)) {
            return true;
        }
    }
    false
}

/// `strftime`; NULL for what is no time value.
pub(super) fn format(format: &str, value: &Value, modifiers: &[Value]) -> Result<Value, Open> {
    let Some(Time { milliseconds: time, kept }) = time(value)? else { return Ok(Value::Null) };
    if kept.is_some() && !modifiers.is_empty() {
        return Err(Open("a modifier of a time that the engine keeps as it was written".to_owned()));
    }
    let time = modifiers.iter().try_fold(time, modified)?;
    let (year, month, day) = civil((time + DAY / 2).div_euclid(DAY));
    let clock = (time + DAY / 2).rem_euclid(DAY);
    let (hour, minute, second) = (clock / 3_600_000, clock / 60_000 % 60, clock / 1000 % 60);
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let part = match chars.next() {
            Some('f') if kept == Some(Kept::Tie) => return Err(Open("a fraction between two milliseconds".to_owned())),
            Some('Y' | 'j') if year < 0 => return Err(Open("a year before the first".to_owned())),
            Some('Y') => format!("{year:04}"),
            Some('m') => format!("{month:02}"),
            Some('d') => format!("{day:02}"),
            Some('H') => format!("{hour:02}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('f') => format!("{second:02}.{:03}", clock % 1000),
            Some('s') => (time / 1000 - EPOCH / 1000).to_string(),
            Some('w') => ((time + DAY / 2) / DAY + 1).rem_euclid(7).to_string(),
            Some('%') => "%".to_owned(),
            Some('j') => format!("{:03}", (time + DAY / 2).div_euclid(DAY) - days(year, 1, 1) + 1),
            Some(other) => return Err(Open(format!("`%{other}` in a format of times"))),
            None => return Ok(Value::Null),
        };
        text.push_str(&part);
    }
    Ok(Value::Text(text))
}

/// The date of a Julian day.
fn civil(day: i64) -> (i64, i64, i64) {
    let z = day - 2_440_588 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}
