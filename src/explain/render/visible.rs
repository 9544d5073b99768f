//! Text of rules as people see it: characters that do not show are written out.
//!
//! Rules are other people's text. Characters that end lines, reorder or hide text, or look like another blank stand as
//! `⟨U+202E⟩`, in every rendering for people. Which those are says [`crate::text::visible`]. Deliberately absent:
//! what a format needs besides.

use crate::text::visible;
use std::borrow::Cow;

/// Text on one line.
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    shown(text, is_hidden)
}

/// Text that keeps its lines and tabs.
pub(super) fn in_lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| is_hidden(c) && c != '\n' && c != '\t')
}

/// A value on one line. Blanks at its ends are written as `␣`, since they count; none at all is said.
pub(super) fn value(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let inner = text.trim_start_matches(' ');
    let before = text.len() - inner.len();
    let middle = inner.trim_end_matches(' ');
    let after = inner.len() - middle.len();
    format!("{}{}{}", "␣".repeat(before), on_one_line(middle), "␣".repeat(after))
}

/// A JSON document of the same meaning.
pub(super) fn in_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            // All of these characters stand in strings.
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown += &format!("\\u{unit:04x}"));
        } else {
            shown.push(c);
        }
    }
    shown
}

fn shown(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let show = |c: char| if is_hidden(c) { format!("⟨U+{:04X}⟩", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(show).collect())
}

fn is_hidden(c: char) -> bool {
    visible::escape(c).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_written_out() {
        assert_eq!(on_one_line("a\u{202e}b\n\u{1b}[2J é😀"), "a⟨U+202E⟩b⟨U+000A⟩⟨U+001B⟩[2J é😀");
        assert_eq!(in_lines("a\tb\nc\r\u{200b}"), "a\tb\nc⟨U+000D⟩⟨U+200B⟩");
        assert_eq!(in_json("{\n\"\u{202e}\u{e0041}\"}"), "{\n\"\\u202e\\udb40\\udc41\"}");
        assert_eq!(value("  -E \u{a0}"), "␣␣-E ⟨U+00A0⟩");
        assert_eq!((value(""), value("   "), value(" x ")), ("(empty)".into(), "␣␣␣".into(), "␣x␣".into()));
    }
}
