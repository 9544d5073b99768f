//! The text of one document of a file, comments kept.
//!
//! Documents are told apart by their markers alone (YAML 1.2, §9.1.2): a line that begins with `---` or `...` can stand in
//! no scalar, so that nothing has to be parsed. Deliberately absent: any change of the text.

use crate::source::{Place, Source};

/// The text of the document that begins at a place, without markers and without empty lines at its ends.
pub(super) fn body(source: &Source, place: Place) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for (number, line) in (1_u32..).zip(source.text.lines()) {
        let Some((marker, rest)) = marked(line) else {
            lines.push(line);
            continue;
        };
        // What follows `---` on its line belongs to the document that it begins.
        let begins_here = marker == "---" && place.line == number;
        if place.line < number || (place.line == number && !begins_here) {
            break;
        }
        lines.clear();
        lines.extend(Some(rest.trim_start()).filter(|rest| !rest.is_empty()));
    }
    let is_blank = |line: &&&str| line.trim().is_empty();
    let from = lines.iter().take_while(is_blank).count();
    let to = lines.len() - lines.iter().rev().take_while(is_blank).count();
    lines.get(from..to.max(from)).unwrap_or_default().iter().map(|line| format!("{line}\n")).collect()
}

/// The marker that a line begins with, and what stands after it.
fn marked(line: &str) -> Option<(&'static str, &str)> {
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    ["---", "..."].into_iter().find_map(|marker| Some((marker, line.strip_prefix(marker).filter(|rest| is_end(rest))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, line: u32) -> String {
        body(&Source::new("", text), Place::on_line(line, 1, 0))
    }

    #[test]
    fn only_the_document_of_the_place_with_its_comments() {
        let text = "# licence\ntitle: a # one\n\n--- # next\n\n# about b\ntitle: b\nx: |\n  ---\n...\n# end\n---\ntitle: c\r\n";
        assert_eq!(at(text, 2), "# licence\ntitle: a # one\n");
        assert_eq!(at(text, 7), "# next\n\n# about b\ntitle: b\nx: |\n  ---\n");
        assert_eq!(at(text, 13), "title: c\n");
    }

    #[test]
    fn a_document_may_begin_on_the_line_of_its_marker() {
        let text = "--- {title: a}\n--- {title: b}\n";
        assert_eq!((at(text, 1), at(text, 2)), ("{title: a}\n".to_owned(), "{title: b}\n".to_owned()));
        assert_eq!((at("", 1), at("---\n", 1), at("\n\n", 1)), Default::default());
    }
}
