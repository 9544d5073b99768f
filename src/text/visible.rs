//! Which characters of a text cannot be seen, and what is shown for them.
//!
//! A value of a rule may end in a blank, turn the direction of what follows, or hide a character of no width between
//! two letters. Whoever shows it to people shows that; whoever compares or copies it takes the text as it is. The classes
//! are those of Unicode 16: control and format characters (Cc, Cf), blanks other than U+0020 (Zs, Zl, Zp), fillers and
//! variation selectors. Deliberately absent: characters that look like others, and any markup.

use std::borrow::Cow;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run<'t> {
    /// What is shown as it is.
    Shown(&'t str),
    /// What is shown in the place of a character that cannot be seen: `␣`, `\n`, `\u{202e}`.
    Escape(Cow<'static, str>),
}

/// What stands for a blank at the beginning or the end of a value.
const BLANK: &str = "␣";

/// A value on one line: whatever cannot be seen is escaped, and so are blanks at its ends.
pub fn value(text: &str) -> Vec<Run<'_>> {
    let (start, end) = (text.len() - text.trim_start_matches(' ').len(), text.trim_end_matches(' ').len());
    runs(text, |at, c| match c {
        ' ' if at < start || at >= end => Some(Cow::Borrowed(BLANK)),
        _ => escape(c),
    })
}

/// A text of several lines, such as a query: its line breaks and tabs stay.
pub fn block(text: &str) -> Vec<Run<'_>> {
    runs(text, |_, c| if matches!(c, '\n' | '\t') { None } else { escape(c) })
}

/// Prose: as for [`block`], and blanks of any width stay.
pub fn prose(text: &str) -> Vec<Run<'_>> {
    runs(text, |_, c| if matches!(c, '\n' | '\t') || is_wide_blank(c) { None } else { escape(c) })
}

/// What is shown for a character that cannot be seen, or that stands for one here.
pub fn escape(c: char) -> Option<Cow<'static, str>> {
    match c {
        '\n' => Some(Cow::Borrowed("\\n")),
        '\r' => Some(Cow::Borrowed("\\r")),
        '\t' => Some(Cow::Borrowed("\\t")),
        _ if is_unseen(c) || BLANK.contains(c) => Some(Cow::Owned(format!("\\u{{{:x}}}", u32::from(c)))),
        _ => None,
    }
}

fn is_unseen(c: char) -> bool {
    c.is_control() || is_wide_blank(c) || is_format(c)
}

/// Blanks other than U+0020.
fn is_wide_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// What has no width, or changes how its neighbours are shown.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn runs(text: &str, escape: impl Fn(usize, char) -> Option<Cow<'static, str>>) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let Some(escape) = escape(at, c) else { continue };
        runs.extend(text.get(from..at).filter(|shown| !shown.is_empty()).map(Run::Shown));
        runs.push(Run::Escape(escape));
        from = at + c.len_utf8();
    }
    runs.extend(text.get(from..).filter(|shown| !shown.is_empty()).map(Run::Shown));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(runs: &[Run<'_>]) -> String {
        let text = |run: &Run<'_>| match run {
            Run::Shown(text) => (*text).to_owned(),
            Run::Escape(escape) => format!("[{escape}]"),
        };
        runs.iter().map(text).collect()
    }

    #[test]
    fn values_show_what_cannot_be_seen() {
        assert_eq!(shown(&value(" -E ")), "[␣]-E[␣]");
        assert_eq!(shown(&value("a b")), "a b");
        assert_eq!(shown(&value("  ")), "[␣][␣]");
        assert_eq!(shown(&value("")), "");
        assert_eq!(shown(&value("exe.\u{202e}fdp\n\u{0}")), "exe.[\\u{202e}]fdp[\\n][\\u{0}]");
        assert_eq!(shown(&value("a\u{200b}b\u{a0}\u{feff}")), "a[\\u{200b}]b[\\u{a0}][\\u{feff}]");
        assert_eq!(shown(&value("a␣")), "a[\\u{2423}]");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown(&block(" a\n\tb\r\n")), " a\n\tb[\\r]\n");
        assert_eq!(shown(&prose("a\u{a0}b\u{2066}")), "a\u{a0}b[\\u{2066}]");
    }
}
