//! Markdown's marks: texts made safe for each place where they can stand.
//!
//! Source: CommonMark 0.31 (§2.4 backslash escapes, §6.1 code spans, §4.5 fenced code blocks) and the tables of GitHub
//! Flavored Markdown 0.29. Deliberately absent: what any text says.

use crate::diag::ticks::{self, Ticked};
use crate::explain::render::visible;

/// Text in a line of its own or in a cell, with no mark in it.
pub(super) fn prose(text: &str) -> String {
    escaped(&visible::on_one_line(text))
}

fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' | '#') {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// Text of several lines: its paragraphs, with their lines, none of which begins a list, a heading or a rule.
pub(super) fn paragraphs(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim();
        if line.is_empty() { String::new() } else { unmarked(&escaped(&visible::in_lines(line))) }
    };
    let lines: Vec<String> = text.trim().lines().map(line).collect();
    lines.join("\n")
}

/// The line, with what could make it a list item, a rule or a heading of the line before it escaped.
fn unmarked(line: &str) -> String {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    match rest.chars().next() {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{line}"),
        Some('.' | ')') if digits > 0 => format!("{number}\\{rest}"),
        Some(_) | None => line.to_owned(),
    }
}

/// A sentence of the program, in which backticks stand around texts of users.
pub(super) fn message(text: &str) -> String {
    let part = |part: Ticked<'_>| match part {
        Ticked::Prose(text) => prose(text),
        Ticked::Code(text) => code(text),
    };
    ticks::parts(text).into_iter().map(part).collect()
}

/// A value or a name as code in a cell.
pub(super) fn cell(text: &str) -> String {
    let shown = visible::value(text);
    // A backslash before a bar escapes it in a cell, and one that the text has there cannot be told from it.
    if shown.contains('|') { format!("<code>{}</code>", entities(&shown)) } else { code(text) }
}

/// A value or a name as code on one line, in no cell.
pub(super) fn code(text: &str) -> String {
    let text = visible::value(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // A blank at either end keeps the fence apart from a backtick of the text, and is not shown.
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// Text between tags: every mark, of HTML or Markdown, as a reference to its character.
fn entities(text: &str) -> String {
    let reference = |c: char| if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { c.to_string() };
    text.chars().map(reference).collect()
}

/// Lines as a block of code in a language.
pub(super) fn block(language: &str, text: &str) -> String {
    let text = visible::in_lines(text);
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

/// How many backticks stand together at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A link that shows its address, or the text as code where it is no address of a page.
pub(super) fn link(text: &str) -> String {
    let is_page = ["http://", "https://"].iter().any(|scheme| text.get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme)));
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'));
    if is_page && is_plain { format!("<{text}>") } else { code(text) }
}

/// A table, its cells as they are.
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    rows.into_iter().for_each(|row| text += &format!("| {} |\n", row.join(" | ")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_cell_or_its_code() {
        assert_eq!(prose("a|b *c* <d>\n\u{202e}"), "a\\|b \\*c\\* \\<d\\>⟨U+000A⟩⟨U+202E⟩");
        assert_eq!(code("C:\\a\\"), "`C:\\a\\`");
        assert_eq!(code(" -E "), "`␣-E␣`");
        assert_eq!(code("``x`"), "``` ``x` ```");
        assert_eq!(cell("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(code("a\nb"), "`a⟨U+000A⟩b`");
        assert_eq!(code(""), "`(empty)`");
        assert_eq!(message("`a|*`: b*"), "`a|*`: b\\*");
        assert_eq!(message("`a`b` c"), "`a`b\\` c");
        assert_eq!(message("``a`b`` c"), "``a`b`` c");
    }

    #[test]
    fn blocks_have_longer_fences_than_anything_in_them() {
        assert_eq!(block("yaml", "a: b\n"), "```yaml\na: b\n```\n");
        assert_eq!(block("", "```\n<x>"), "````\n```\n<x>\n````\n");
    }

    #[test]
    fn lines_of_prose_stay_prose() {
        let text = "a\n- b\n1. c\n\n    d\n===\n# e\n> f\n10) g\n2022 h\n+ i";
        let expected = "a\n\\- b\n1\\. c\n\nd\n\\===\n\\# e\n\\> f\n10\\) g\n2022 h\n\\+ i";
        assert_eq!(paragraphs(text), expected);
    }

    #[test]
    fn only_addresses_of_pages_are_links() {
        assert_eq!(link("https://a.example/?b=c&d"), "<https://a.example/?b=c&d>");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://a b"), "`https://a b`");
        assert_eq!(link("https://a>b"), "`https://a>b`");
    }
}
