//! From texts to markup: the one place where texts of rules become parts of pages.
//!
//! Everything that a template prints passes through [`print`], unless one of the filters here made it. Characters that
//! cannot be seen are shown as escapes (`text::visible`); where a text can be copied, `data-copy` holds the true one.
//! Deliberately absent: any other way to make a string "safe".

use crate::diag::ticks::{self, Ticked};
use crate::text::visible::{self, Run};
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State as Template};

/// So many bytes of a value stand on a page; the rest is in the rule itself and in its JSON.
const LONGEST_VALUE: usize = 4_000;

/// Makes an environment print through [`print`], and gives it the filters.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(print);
    environment.add_filter("value", |text: &str| Value::from_safe_string(value(text)));
    environment.add_filter("block", |text: &str| Value::from_safe_string(block(text)));
    environment.add_filter("ticked", |text: &str| Value::from_safe_string(ticked(text)));
    environment.add_filter("copy", |text: &str| Value::from_safe_string(attribute(text)));
    environment.add_filter("glyph", glyph);
    environment.add_filter("web", |url: &str| is_web(url));
    environment.add_filter("thousands", |number: u64| thousands(number));
    environment.add_filter("plural", |number: u64, one: &str, many: &str| {
        format!("{} {}", thousands(number), if number == 1 { one } else { many })
    });
}

/// The glyph of a word for what became of a query, or of a sample.
fn glyph(word: &str) -> &'static str {
    let state = super::State::ALL.into_iter().find(|state| state.word() == word);
    state.map(super::State::glyph).or_else(|| super::samples::glyph(word)).unwrap_or_default()
}

/// What a template prints: nothing for what is not there, and texts escaped.
fn print(out: &mut Output<'_>, _: &mut Template<'_, '_>, printed: &Value) -> Result<(), Error> {
    let nothing = matches!(printed.kind(), ValueKind::Undefined | ValueKind::None);
    match printed.as_str() {
        Some(text) if printed.is_safe() => out.write_str(text)?,
        Some(text) => out.write_str(&prose(text))?,
        None if nothing => {}
        None => out.write_str(&prose(&printed.to_string()))?,
    }
    Ok(())
}

/// Prose in markup or in an attribute, escapes without markup of their own.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for run in visible::prose(text) {
        match run {
            Run::Shown(text) => escape(text, &mut html),
            Run::Escape(shown) => escape(&shown, &mut html),
        }
    }
    html
}

/// A value of a rule, with what cannot be seen; where that is not its text, the text to copy.
pub(super) fn value(text: &str) -> String {
    let shown = cut(text);
    let runs = visible::value(shown);
    let is_plain = shown.len() == text.len() && !runs.iter().any(|run| matches!(run, Run::Escape(_)));
    let copy = if is_plain { String::new() } else { format!(" data-copy=\"{}\"", attribute(text)) };
    let rest =
        if shown.len() == text.len() { String::new() } else { format!(" <span class=\"note\">… {} bytes in all</span>", text.len()) };
    let copy = if text.len() > 4 * LONGEST_VALUE { String::new() } else { copy };
    match text {
        "" => "<span class=\"note\">(empty)</span>".to_owned(),
        _ => format!("<bdi><code{copy}>{}</code></bdi>{rest}", marked(runs)),
    }
}

/// Prose in which backticks enclose code.
fn ticked(text: &str) -> String {
    let part = |part: Ticked<'_>| match part {
        Ticked::Prose(text) => prose(text),
        Ticked::Code(code) => format!("<code>{}</code>", marked(visible::value(code))),
    };
    ticks::parts(text).into_iter().map(part).collect()
}

/// A text of several lines, such as a query.
pub(super) fn block(text: &str) -> String {
    marked(visible::block(text))
}

/// The beginning of a value that is too long for a page.
fn cut(text: &str) -> &str {
    if text.len() <= LONGEST_VALUE {
        return text;
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST_VALUE).last().unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

fn marked(runs: Vec<Run<'_>>) -> String {
    let mut html = String::new();
    for run in runs {
        match run {
            Run::Shown(text) => escape(text, &mut html),
            Run::Escape(shown) => {
                html.push_str("<span class=\"esc\">");
                escape(&shown, &mut html);
                html.push_str("</span>");
            }
        }
    }
    html
}

/// The true text in an attribute. A parser of HTML makes a line feed of a carriage return that is not a reference; no
/// reference stands for U+0000, which is lost.
pub(super) fn attribute(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape(text, &mut html);
    html.replace('\r', "&#13;").replace('\n', "&#10;").replace('\t', "&#9;")
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
}

/// Whether a reference is an address that a page may link to.
pub(super) fn is_web(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let is_plain = |rest: &str| !rest.is_empty() && !rest.chars().any(|c| c.is_whitespace() || visible::escape(c).is_some());
    scheme.is_some_and(|(scheme, rest)| matches!(scheme.as_str(), "http" | "https") && is_plain(rest))
}

/// A number with commas between thousands.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_others_is_text() {
        assert_eq!(prose("<script>'\"&\u{202e}"), "&lt;script&gt;&#39;&quot;&amp;\\u{202e}");
        assert_eq!(value("\\reg.exe"), "<bdi><code>\\reg.exe</code></bdi>");
        assert_eq!(value("<b>\r"), "<bdi><code data-copy=\"&lt;b&gt;&#13;\">&lt;b&gt;<span class=\"esc\">\\r</span></code></bdi>");
        assert_eq!(value(" -E "), "<bdi><code data-copy=\" -E \"><span class=\"esc\">␣</span>-E<span class=\"esc\">␣</span></code></bdi>");
    }

    #[test]
    fn backticks_enclose_code() {
        assert_eq!(ticked("`a<b` is ` x`"), "<code>a&lt;b</code> is <code><span class=\"esc\">␣</span>x</code>");
        assert_eq!(ticked("one ` only <b>"), "one ` only &lt;b&gt;");
        assert_eq!(ticked("``a`b`` and `` ` ``, ``c`"), "<code>a`b</code> and <code>`</code>, ``c`");
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = value(&"ä".repeat(LONGEST_VALUE));
        assert!(long.contains("… 8000 bytes in all"));
    }

    #[test]
    fn only_the_web_is_linked() {
        assert!(is_web("https://example.org/a?b=c") && is_web("HTTP://example.org"));
        for text in ["javascript:alert(1)", "data://x", "https://", "https://a b", "https://a\u{202e}b", " https://a", "example.org"] {
            assert!(!is_web(text), "{text}");
        }
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!((thousands(7), thousands(1000), thousands(1_234_567)), ("7".to_owned(), "1,000".to_owned(), "1,234,567".to_owned()));
    }
}
