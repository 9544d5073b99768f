//! Lines of at most 100 columns.
//!
//! A column is a character: text in wide scripts takes more room, and nothing breaks. Deliberately absent: what any line
//! says.

use crate::explain::render::visible;

/// No line that can be broken is longer.
const WIDTH: usize = 100;
/// A first column is at most so wide.
const FIRST: usize = 30;

/// A section with its heading; nothing where it would be empty.
pub(super) fn section(heading: &str, content: String) -> String {
    if content.is_empty() { content } else { format!("{heading}\n{content}") }
}

/// Text on as many lines as it takes, the first and the others indented by so much.
pub(super) fn wrapped(first: usize, others: usize, text: &str) -> String {
    let text = visible::on_one_line(text);
    let mut lines = String::new();
    let (mut line, mut width) = (" ".repeat(first), first);
    let mut is_empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !is_empty && width + 1 + length > WIDTH {
            lines = lines + line.trim_end() + "\n";
            (line, width, is_empty) = (" ".repeat(others), others, true);
        }
        if !is_empty {
            line.push(' ');
            width += 1;
        }
        line += word;
        width += length;
        is_empty = false;
    }
    lines + line.trim_end() + "\n"
}

/// Lines as they are, indented by so much.
pub(super) fn indented(by: usize, text: &str) -> String {
    let text = visible::in_lines(text);
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", " ".repeat(by)) };
    text.lines().map(line).collect()
}

/// Two columns, the second wrapped.
pub(super) fn columns(rows: &[(String, String)]) -> String {
    let widths = rows.iter().map(|(first, _)| visible::on_one_line(first).chars().count());
    let width = widths.filter(|width| *width <= FIRST).max().unwrap_or_default();
    let row = |(first, second): &(String, String)| {
        let first = visible::on_one_line(first);
        wrapped(2, width + 4, &format!("{first:width$}  {}", second.trim()))
    };
    rows.iter().map(row).collect()
}

/// Texts, one after the other.
pub(super) fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| wrapped(2, 4, text.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks() {
        let text = format!("{} b", "a".repeat(97));
        assert_eq!(wrapped(2, 4, &text), format!("  {}\n    b\n", "a".repeat(97)));
        assert_eq!(wrapped(2, 4, &"x".repeat(200)), format!("  {}\n", "x".repeat(200)));
        assert_eq!(wrapped(0, 0, ""), "\n");
        let rows = [("a".to_owned(), "b c".to_owned()), ("long".to_owned(), String::new())];
        assert_eq!(columns(&rows), "  a     b c\n  long\n");
        assert_eq!(indented(2, "a\n\n b\u{1b}"), "  a\n\n   b⟨U+001B⟩\n");
    }
}
