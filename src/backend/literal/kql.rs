//! Literals of KQL as Kibana reads it (`kbn-es-query`, `grammar.peggy`): texts in quotes, values with wildcards
//! outside quotes, names of fields.
//!
//! In quotes there are no wildcards, and everything can be written. Outside them `*` is the only wildcard, blanks
//! at the edges are trimmed after the escapes were read, and three words are operators. Characters that cannot be
//! seen are written by number. Deliberately absent: values that are neither quoted nor have wildcards, which
//! would read as `null`, `true` or `false` now and then.

use super::{Unwritten, Value};
use crate::ir::Pattern;
use crate::text::ip;
use crate::text::pattern::Part;
use ipnet::IpNet;
use std::fmt::Write;

/// What Kibana puts in the place of a wildcard when it has read one, and then looks for in the value.
const WILDCARD: &str = "@kuery-wildcard@";

/// The longest term that Elasticsearch takes, in bytes.
const LONGEST_TERM: usize = 32_766;

/// A text in quotes, from a pattern without wildcards, a text, or a name.
pub(super) fn quoted(value: Value<'_>) -> Result<String, Unwritten> {
    match value {
        Value::Pattern(pattern) => term(pattern.as_exact().ok_or(Unwritten::Wildcard)?),
        Value::Text(text) => term(text),
        Value::Name(name) => possible_name(name).map(in_quotes),
        Value::Nothing | Value::Regex(_) | Value::Number(_) | Value::Compared(..) => Err(Unwritten::Kind),
    }
}

/// An address in quotes, as a field of addresses would write it.
pub(super) fn address(value: Value<'_>) -> Result<String, Unwritten> {
    let Value::Pattern(pattern) = value else { return Err(Unwritten::Kind) };
    let text = pattern.as_exact().ok_or(Unwritten::Wildcard)?;
    let is_canonical = ip::address(text).is_some_and(|address| address.to_string() == text);
    if is_canonical { Ok(in_quotes(text)) } else { Err(Unwritten::NoAddress) }
}

/// A network in quotes. Elasticsearch knows addresses of IPv4 in one form only, so that it refuses networks of the other.
pub(super) fn network(value: Value<'_>) -> Result<String, Unwritten> {
    let Value::Pattern(pattern) = value else { return Err(Unwritten::Kind) };
    let text = pattern.as_exact().ok_or(Unwritten::Wildcard)?;
    let network: IpNet = text.parse().map_err(|_| Unwritten::NoNetwork)?;
    let address = network.addr();
    if address.to_canonical() == address { Ok(in_quotes(text)) } else { Err(Unwritten::NoNetwork) }
}

/// A name outside quotes: it looks like one.
pub(super) fn name(value: Value<'_>) -> Result<String, Unwritten> {
    let Value::Name(name) = value else { return Err(Unwritten::Kind) };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@');
    let is_word = ["and", "or", "not", "null", "true", "false"].iter().any(|word| word.eq_ignore_ascii_case(name));
    let plain = possible_name(name)?.chars().all(is_plain) && !is_word && !name.contains(WILDCARD);
    if plain { Ok(name.to_owned()) } else { Err(Unwritten::Name) }
}

/// The name, if a query can name such a field: Elasticsearch takes a `*` for a pattern in some queries, however
/// it was written.
fn possible_name(name: &str) -> Result<&str, Unwritten> {
    match name {
        "" => Err(Unwritten::Name),
        name if name.contains('*') => Err(Unwritten::Special('*')),
        name => Ok(name),
    }
}

fn term(text: &str) -> Result<String, Unwritten> {
    if text.len() > LONGEST_TERM { Err(Unwritten::TooLong(LONGEST_TERM)) } else { Ok(in_quotes(text)) }
}

fn in_quotes(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    text.chars().for_each(|c| write_char(c, &['\\', '"'], &mut written));
    written.push('"');
    written
}

/// A value with wildcards, outside quotes.
pub(super) fn wildcard(value: Value<'_>) -> Result<String, Unwritten> {
    let Value::Pattern(pattern) = value else { return Err(Unwritten::Kind) };
    let parts = pattern.parts();
    if parts.contains(&Part::One) {
        return Err(Unwritten::One);
    }
    if !parts.contains(&Part::Any) {
        return Err(Unwritten::Kind);
    }
    let opens = |part: &Part| matches!(part, Part::Text(text) if text.starts_with(is_trimmed));
    let closes = |part: &Part| matches!(part, Part::Text(text) if text.ends_with(is_trimmed));
    if parts.first().is_some_and(opens) || parts.last().is_some_and(closes) {
        return Err(Unwritten::Edge);
    }
    if !keeps_wildcards(pattern) {
        return Err(Unwritten::Reserved(WILDCARD));
    }
    let mut written = String::new();
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => write_text(text, Edges { opens: index == 0, closes: index == last }, &mut written),
            Part::Any | Part::One => written.push('*'),
        }
    }
    Ok(written)
}

/// A value with wildcards that is one word: what Kibana hands on to `query_string`, which splits at blanks.
pub(super) fn word(value: Value<'_>) -> Result<String, Unwritten> {
    if let Value::Pattern(pattern) = value {
        let splits = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}');
        if pattern.literal_chars().any(splits) {
            return Err(Unwritten::Blank);
        }
    }
    wildcard(value)
}

/// What JavaScript's `trim` takes away.
fn is_trimmed(c: char) -> bool {
    // U+0085 is white space to Unicode and not to JavaScript, U+FEFF the other way round.
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Whether the wildcards are found again where they were put.
fn keeps_wildcards(pattern: &Pattern) -> bool {
    let mut texts = vec![String::new()];
    for part in pattern.parts() {
        match (part, texts.last_mut()) {
            (Part::Text(text), Some(last)) => last.push_str(text),
            (Part::Text(_), None) => {}
            (Part::Any | Part::One, _) => texts.push(String::new()),
        }
    }
    texts.join(WILDCARD).split(WILDCARD).eq(texts.iter().map(String::as_str))
}

/// Where a text stands in a value.
#[derive(Debug, Clone, Copy)]
struct Edges {
    opens: bool,
    closes: bool,
}

fn write_text(text: &str, edges: Edges, written: &mut String) {
    let mut rest = text.chars();
    let mut after_blank = edges.opens;
    loop {
        let here = rest.as_str();
        let Some(c) = rest.next() else { return };
        let stands = |word: &str| {
            let same = here.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            same && here.get(word.len()..).is_some_and(|after| after.starts_with(' ') || (after.is_empty() && edges.closes))
        };
        // `\not` is no way out: it reads as a line feed and `ot`.
        if stands("not") {
            write_unit(c, written);
        } else if after_blank && (stands("and") || stands("or")) {
            written.extend(['\\', c]);
        } else {
            write_char(c, &['\\', '(', ')', ':', '<', '>', '"', '*', '{', '}'], written);
        }
        after_blank = c == ' ';
    }
}

fn write_char(c: char, special: &[char], written: &mut String) {
    match c {
        '\t' => written.push_str("\\t"),
        '\r' => written.push_str("\\r"),
        '\n' => written.push_str("\\n"),
        c if special.contains(&c) => written.extend(['\\', c]),
        c if is_unseen(c) => write_unit(c, written),
        c => written.push(c),
    }
}

/// Whether people could not see the character, or would see others in the wrong order.
fn is_unseen(c: char) -> bool {
    let is_blank = c.is_whitespace() && c != ' ';
    let is_format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || is_blank || is_format
}

/// The character by number, in units of UTF-16.
fn write_unit(c: char, written: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing into a text cannot fail.
        let _ = write!(written, "\\u{unit:04x}");
    }
}
