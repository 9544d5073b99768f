//! Text of rules as people see it: characters that do not show are written out.
//!
//! Rules are other people's text. Characters that end lines, reorder or hide text, or look like another blank stand as
//! `⟨U+202E⟩`, in every rendering for people. Deliberately absent: what a format needs besides.

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

/// What stands for a blank here, control characters, blanks other than the space, and what has no width or changes the direction of text (Unicode's
/// category Cf and the fillers that show as nothing).
fn is_hidden(c: char) -> bool {
    c == '␣'
        || c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{115f}' | '\u{1160}')
        || matches!(c, '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}')
        || matches!(c, '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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
