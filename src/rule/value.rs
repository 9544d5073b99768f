//! Strings of detection items: Sigma's escapes and wildcards, placeholders, dashes.
//!
//! Follows sigma.md §3 (escapes), §9 (placeholders) and §4.1 `windash` (sites). Works on texts as YAML gives
//! them. Deliberately absent: applying modifiers, which is a matter of meaning.

use crate::text::pattern::{Part, Pattern};

/// The pattern that a string is: `\*`, `\?` and `\\` are literal characters, other backslashes stand for
/// themselves, `*` and `?` are wildcards.
pub(super) fn pattern(text: &str) -> Pattern {
    if !text.contains(['*', '?', '\\']) {
        return Pattern::exact(text);
    }
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut escaped = false;
    for c in text.chars() {
        match (escaped, c) {
            (true, '*' | '?' | '\\') => literal.push(c),
            (true, _) => literal.extend(['\\', c]),
            (false, '*' | '?') => {
                parts.push(Part::Text(std::mem::take(&mut literal)));
                parts.push(if c == '*' { Part::Any } else { Part::One });
            }
            (false, '\\') => {}
            (false, _) => literal.push(c),
        }
        escaped = !escaped && c == '\\';
    }
    if escaped {
        literal.push('\\');
    }
    parts.push(Part::Text(literal));
    Pattern::new(parts)
}

/// Whether a pattern has wildcards.
pub(super) fn has_wildcards(pattern: &Pattern) -> bool {
    pattern.parts().iter().any(|part| matches!(part, Part::One | Part::Any))
}

/// A piece of a literal part under `expand`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// What stands for itself.
    Part(Part),
    /// `\%`: a percent sign that begins no placeholder.
    Percent,
    /// The name of a placeholder.
    Placeholder(String),
}

impl Piece {
    pub(super) fn placeholder(&self) -> Option<&str> {
        match self {
            Self::Placeholder(name) => Some(name),
            Self::Part(_) | Self::Percent => None,
        }
    }
}

/// The pieces of a literal part: placeholders are `(?<!\\)%([^%]+)%`.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        rest = after;
        if let Some(unescaped) = before.strip_suffix('\\') {
            literal.push_str(unescaped);
            pieces.extend([Piece::Part(Part::Text(std::mem::take(&mut literal))), Piece::Percent]);
            continue;
        }
        literal.push_str(before);
        match after.split_once('%') {
            Some((name, behind)) if !name.is_empty() => {
                pieces.extend([Piece::Part(Part::Text(std::mem::take(&mut literal))), Piece::Placeholder(name.to_owned())]);
                rest = behind;
            }
            _ => literal.push('%'),
        }
    }
    literal.push_str(rest);
    pieces.push(Piece::Part(Part::Text(literal)));
    pieces
}

/// How many dashes `windash` varies: each `-` or `/` in a literal part that stands before a word character
/// and not after one (`\B[-/]\b`).
pub(super) fn dash_sites(pattern: &Pattern) -> u32 {
    let mut sites = 0;
    for part in pattern.parts() {
        let Part::Text(text) = part else { continue };
        let mut after_word = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let before_word = chars.peek().is_some_and(|&next| is_word(next));
            sites += u32::from(matches!(c, '-' | '/') && !after_word && before_word);
            after_word = is_word(c);
        }
    }
    sites
}

/// Unicode's `\w`.
fn is_word(c: char) -> bool {
    regex_syntax::try_is_word_character(c).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `⁎` and `⁇` stand for the wildcards.
    fn show(pattern: &Pattern) -> String {
        let show = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Any => "⁎".to_owned(),
            Part::One => "⁇".to_owned(),
        };
        pattern.parts().iter().map(show).collect()
    }

    /// The table of sigma.md §3, by decoded values. `**` is one wildcard in normal form.
    #[test]
    fn escapes_and_wildcards() {
        for (text, expected) in [
            (r"abc", "abc"),
            (r"", ""),
            (r"*", "⁎"),
            (r"?", "⁇"),
            (r"**", "⁎"),
            (r"a*b", "a⁎b"),
            (r"a?b", "a⁇b"),
            (r"*abc*", "⁎abc⁎"),
            (r"\*", "*"),
            (r"\?", "?"),
            (r"\\", r"\"),
            (r"\\*", r"\⁎"),
            (r"\\?", r"\⁇"),
            (r"\\\*", r"\*"),
            (r"\\\?", r"\?"),
            (r"\\\\*", r"\\⁎"),
            (r"\\\\\*", r"\\*"),
            (r"\\\\", r"\\"),
            (r"\\\", r"\\"),
            (r"\\\\\", r"\\\"),
            (r"\", r"\"),
            (r"a\b", r"a\b"),
            (r"a\\b", r"a\b"),
            (r"a\\\b", r"a\\b"),
            (r"a\\\\b", r"a\\b"),
            (r"a\\\\\b", r"a\\\b"),
            (r"C:\Windows\*", r"C:\Windows*"),
            (r"C:\Windows\\*", r"C:\Windows\⁎"),
            (r"C:\\Windows\\*", r"C:\Windows\⁎"),
            (r"C:\Windows*", r"C:\Windows⁎"),
            (r"C:\Windows\", r"C:\Windows\"),
            (r"C:\Windows\\", r"C:\Windows\"),
            (r"*\cmd.exe", r"⁎\cmd.exe"),
            (r"*\\cmd.exe", r"⁎\cmd.exe"),
            (r"\cmd.exe", r"\cmd.exe"),
            (r"\\server\share", r"\server\share"),
            (r"\\\\server\share", r"\\server\share"),
            (r"\\\\server\\share\\*", r"\\server\share\⁎"),
            (r"\\?\C:\x", r"\⁇\C:\x"),
            (r"\\\?\C:\x", r"\?\C:\x"),
            (r"\\\\?\C:\x", r"\\⁇\C:\x"),
            (r"\\\\\?\C:\x", r"\\?\C:\x"),
            (r"\\.\pipe\*", r"\.\pipe*"),
            (r"a\*b*c\?d?e", "a*b⁎c?d⁇e"),
            (r"\**", "*⁎"),
            (r"*\*", "⁎*"),
            (r"*\\*", r"⁎\⁎"),
            (r"%TEMP%\x", r"%TEMP%\x"),
            (r"\%a%", r"\%a%"),
            (r"a\ b", r"a\ b"),
            (r"a\*b", "a*b"),
            ("a\tb", "a\tb"),
            (r"it's", "it's"),
            (r"\ ", r"\ "),
            (r"é*", "é⁎"),
            (r"\é", r"\é"),
            ("a\\*\nb", "a*\nb"),
            (r"~*", "~⁎"),
        ] {
            assert_eq!(show(&pattern(text)), expected, "{text}");
        }
    }

    #[test]
    fn placeholders_need_two_unescaped_percent_signs() {
        for (text, literal, expected) in [
            ("%Servers%", "", &["Servers"][..]),
            (r"\%abc\%", "%abc%", &[]),
            ("100%", "100%", &[]),
            (r"\%plain%name%", "%plain", &["name"]),
            ("%%a%", "%", &["a"]),
            ("a%b%c%d%e", "ace", &["b", "d"]),
            ("%%", "%%", &[]),
        ] {
            let pieces = pieces(text);
            let names: Vec<&str> = pieces.iter().filter_map(Piece::placeholder).collect();
            let written = |piece: &Piece| match piece {
                Piece::Part(Part::Text(text)) => text.clone(),
                Piece::Percent => "%".to_owned(),
                Piece::Part(Part::One | Part::Any) | Piece::Placeholder(_) => String::new(),
            };
            assert_eq!(pieces.iter().map(written).collect::<String>(), literal, "{text}");
            assert_eq!(names, expected, "{text}");
        }
    }

    #[test]
    fn dash_sites_stand_before_words() {
        for (text, expected) in
            [("-foo-bar", 1), ("--foo", 1), (" - ", 0), ("http://x", 1), ("-a /b", 2), ("a-b", 0), ("-é", 1), ("*-a*/_", 2), ("a*-b", 1)]
        {
            assert_eq!(dash_sites(&pattern(text)), expected, "{text}");
        }
    }
}
