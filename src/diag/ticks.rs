//! Backticks in messages: around texts of users, so that it is known where each ends, and read again where messages are shown.
//!
//! Follows CommonMark, section "Code spans", but for blanks within, which count. Deliberately absent: any other markup.

/// A text in backticks: in more of them than stand together in it, so that it is known where it ends (CommonMark, "Code
/// spans"). Blanks keep its own from those around it.
pub fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.trim_matches(' ').starts_with('`') || text.trim_matches(' ').ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A part of a text in which backticks enclose code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticked<'t> {
    /// What stands between.
    Prose(&'t str),
    /// What is enclosed.
    Code(&'t str),
}

/// The parts of a text of [`fenced`]: code ends with as many backticks as it begins with, which are more than any in it.
/// Backticks that nothing ends are prose.
pub fn parts(text: &str) -> Vec<Ticked<'_>> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(start) = rest.get(from..).and_then(|open| open.find('`')).map(|at| at + from) {
        let ticks = run(rest.get(start..).unwrap_or_default());
        let Some(end) = closing(rest, start + ticks, ticks) else {
            from = start + ticks;
            continue;
        };
        parts.push(Ticked::Prose(rest.get(..start).unwrap_or_default()));
        parts.push(Ticked::Code(unpadded(rest.get(start + ticks..end).unwrap_or_default())));
        (rest, from) = (rest.get(end + ticks..).unwrap_or_default(), 0);
    }
    parts.push(Ticked::Prose(rest));
    parts.retain(|part| *part != Ticked::Prose(""));
    parts
}

/// With how many backticks a text begins.
fn run(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// Where a run of so many backticks begins, from a place on.
fn closing(text: &str, mut from: usize, ticks: usize) -> Option<usize> {
    loop {
        let at = text.get(from..)?.find('`')? + from;
        let found = run(text.get(at..)?);
        if found == ticks {
            return Some(at);
        }
        from = at + found;
    }
}

/// Code without the blanks that keep its own backticks from those around it.
fn unpadded(code: &str) -> &str {
    let inner = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
    let has_own = |inner: &str| inner.trim_matches(' ').starts_with('`') || inner.trim_matches(' ').ends_with('`');
    inner.filter(|inner| has_own(inner)).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_was_enclosed() {
        for code in ["a", "`", "a`b", "``a```b` ", " a ", " ` ", "```"] {
            let text = format!("x {} y", fenced(code));
            assert_eq!(parts(&text), [Ticked::Prose("x "), Ticked::Code(code), Ticked::Prose(" y")], "{text}");
        }
    }
}
