//! Configuration files of Splunk: stanzas of settings, continuation lines, comments.
//!
//! Follows the documentation (Admin Manual, "Configuration file structure"; savedsearches.conf.spec): `[name]`,
//! then `key = value`; a line that ends in a backslash continues on the next one; `#` begins a comment at the
//! start of a line. What it leaves open is `query_unread`. What a continued value holds of the line break is
//! open too, so it is read only where that does not matter, which is before a line that begins with the `|`
//! of a command. `$` stands for itself: `$name$` is a place for an argument of the command `savedsearch`
//! (Search Reference), and nothing where a search is scheduled or dispatched.
//! Deliberately absent: merging of files and of stanzas.

use super::{invalid, unread};
use crate::diag::{Diagnostic, quote};
use crate::source::Place;
use std::collections::BTreeMap;

/// A stanza with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stanza {
    pub(super) name: String,
    settings: BTreeMap<String, String>,
}

impl Stanza {
    /// The value of a setting.
    pub(super) fn setting(mut self, key: &str) -> Result<String, Diagnostic> {
        let found = self.settings.remove(key).filter(|value| !value.is_empty());
        found.ok_or_else(|| invalid(Place::NOWHERE, format!("there is no setting {}", quote(key))))
    }
}

/// The one stanza of a text.
pub(super) fn only(text: &str) -> Result<Stanza, Diagnostic> {
    let mut found: Option<Stanza> = None;
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let place = Place::on_line(number, 1, u32::try_from(line.chars().count()).unwrap_or(u32::MAX));
        match (Line::of(line, place)?, &mut found) {
            (Line::Nothing, _) => {}
            (Line::Stanza(name), None) => found = Some(Stanza { name: name.to_owned(), settings: BTreeMap::new() }),
            (Line::Stanza(_), Some(_)) => return Err(unread(place, "another stanza, where one search is to be read")),
            (Line::Setting(..), None) => return Err(unread(place, "a setting before the first stanza, which is for all of them")),
            (Line::Setting(key, value), Some(stanza)) => {
                let value = value_of(value, place, &mut lines)?;
                if stanza.settings.insert(key.to_owned(), value).is_some() {
                    return Err(unread(place, format!("the setting {} stands here twice", quote(key))));
                }
            }
        }
    }
    found.ok_or_else(|| invalid(Place::NOWHERE, "there is no stanza"))
}

/// What a line that continues none is.
enum Line<'t> {
    /// A comment, or nothing.
    Nothing,
    Stanza(&'t str),
    Setting(&'t str, &'t str),
}

impl<'t> Line<'t> {
    fn of(line: &'t str, place: Place) -> Result<Self, Diagnostic> {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Ok(Self::Nothing);
        }
        if trimmed.starts_with('#') {
            let is_plain = line.starts_with('#') && !line.ends_with('\\');
            return if is_plain { Ok(Self::Nothing) } else { Err(unread(place, "a comment that is indented or continued")) };
        }
        if let Some(rest) = trimmed.strip_prefix('[') {
            let name = rest.strip_suffix(']').filter(|name| !name.contains(['[', ']']) && !name.trim().is_empty());
            let name = name.filter(|name| name.trim() == *name && *name != "default");
            return name.map(Self::Stanza).ok_or_else(|| unread(place, "a stanza without a plain name of its own"));
        }
        let (key, value) = line.split_once('=').ok_or_else(|| invalid(place, "a line that is no stanza and no setting"))?;
        let key = key.trim();
        let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if is_name { Ok(Self::Setting(key, value)) } else { Err(unread(place, format!("a setting of the name {}", quote(key)))) }
    }
}

/// The value that begins with this text, to the line that no backslash ends.
fn value_of<'t>(first: &'t str, place: Place, lines: &mut impl Iterator<Item = (u32, &'t str)>) -> Result<String, Diagnostic> {
    let mut value = String::new();
    let mut line = first.trim_start();
    while let Some(continued) = line.strip_suffix('\\') {
        if continued.ends_with('\\') {
            return Err(unread(place, "a line that ends in several backslashes"));
        }
        value.push_str(continued);
        value.push('\n');
        line = lines.next().map(|(_, line)| line).ok_or_else(|| invalid(place, "a value that ends in a backslash"))?;
        if !line.starts_with('|') {
            return Err(unread(place, "a continued value of which a line does not begin with a command"));
        }
    }
    value.push_str(line);
    let value = value.trim();
    if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(unread(place, "a value with control characters"));
    }
    if value.ends_with('\\') {
        return Err(unread(place, "a backslash with blanks after it, which may continue the line"));
    }
    Ok(value.to_owned())
}
