//! Wildcard patterns: literal text, "any characters" and "one character".
//!
//! A pattern always covers the whole value; `contains` is a pattern with [`Part::Any`] on both sides. Both
//! wildcards match every character, line breaks included (sigma.md §3). Patterns are kept in a normal form
//! (adjacent texts joined; in a run of wildcards first the single characters, then at most one `Any`), so
//! equal patterns accept the same texts. Deliberately absent: every escape. `*` in a [`Part::Text`] is an
//! asterisk.

use super::fold::{Case, ascii_suffices, fold, fold_class, fold_text, is_cased, is_lower_only};

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// These very characters. Never empty inside a [`Pattern`].
    Text(String),
    /// Exactly one character, whichever.
    One,
    /// Zero or more characters, whichever.
    Any,
}

/// A wildcard pattern in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pattern {
    parts: Vec<Part>,
}

/// What a pattern looks like in Sigma's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape<'p> {
    /// The whole value is this text (possibly empty).
    Exact(&'p str),
    /// The value starts with this text (`startswith`).
    Prefix(&'p str),
    /// The value ends with this text (`endswith`).
    Suffix(&'p str),
    /// The value contains this text (`contains`).
    Infix(&'p str),
    /// Any value at all: a lone `*`.
    Everything,
    /// Wildcards elsewhere.
    General,
}

impl Pattern {
    /// The pattern of these parts, brought to normal form.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut normal: Vec<Part> = Vec::new();
        for part in parts {
            push(&mut normal, part);
        }
        Self { parts: normal }
    }

    /// The pattern that accepts exactly this text.
    pub fn exact(text: &str) -> Self {
        Self::new([Part::Text(text.to_owned())])
    }

    /// The pattern that accepts every text.
    pub fn everything() -> Self {
        Self::new([Part::Any])
    }

    /// The pattern that accepts every text but the empty one.
    pub fn something() -> Self {
        Self::new([Part::One, Part::Any])
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// This pattern with anything allowed before it.
    pub fn with_any_before(&self) -> Self {
        Self::new(std::iter::once(Part::Any).chain(self.parts.iter().cloned()))
    }

    /// This pattern with anything allowed after it.
    pub fn with_any_after(&self) -> Self {
        Self::new(self.parts.iter().cloned().chain(std::iter::once(Part::Any)))
    }

    /// The text, where the pattern has no wildcard.
    pub fn as_exact(&self) -> Option<&str> {
        match self.shape() {
            Shape::Exact(text) => Some(text),
            Shape::Prefix(_) | Shape::Suffix(_) | Shape::Infix(_) | Shape::Everything | Shape::General => None,
        }
    }

    /// What the pattern looks like.
    pub fn shape(&self) -> Shape<'_> {
        match self.parts.as_slice() {
            [] => Shape::Exact(""),
            [Part::Text(text)] => Shape::Exact(text),
            [Part::Text(text), Part::Any] => Shape::Prefix(text),
            [Part::Any, Part::Text(text)] => Shape::Suffix(text),
            [Part::Any, Part::Text(text), Part::Any] => Shape::Infix(text),
            [Part::Any] => Shape::Everything,
            _ => Shape::General,
        }
    }

    /// Whether the pattern covers the whole of `text`, characters compared under `case`.
    ///
    /// The parts between two `Any` are found leftmost, which is enough since nothing before them is ever
    /// retried: time `O(pattern × text)`, no allocation.
    pub fn matches(&self, text: &str, case: Case) -> bool {
        let mut segments = self.parts.split(|part| *part == Part::Any);
        let Some(rest) = segments.next().and_then(|first| strip(first, text, case)) else { return false };
        let Some(last) = segments.next_back() else { return rest.is_empty() };
        let rest = segments.try_fold(rest, |rest, segment| find_after(segment, rest, case));
        rest.is_some_and(|rest| ends_with(last, rest, case))
    }

    /// The literal texts of the pattern, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::One | Part::Any => None,
        })
    }

    /// The literal characters of the pattern, in order.
    pub fn literal_chars(&self) -> impl Iterator<Item = char> + '_ {
        self.parts.iter().flat_map(|part| match part {
            Part::Text(text) => text.chars(),
            Part::One | Part::Any => "".chars(),
        })
    }

    /// The strictest relation that accepts the same texts for this pattern as `case` does.
    ///
    /// `4688` needs none; `cmd.exe` under [`Case::Fold`] needs only [`Case::Ascii`], since none of its letters has a
    /// partner outside ASCII; `sc.exe` keeps [`Case::Fold`] (U+017F folds to `s`).
    pub fn needed_case(&self, case: Case) -> Case {
        if self.literal_chars().all(|c| !is_cased(c, case)) {
            return Case::Sensitive;
        }
        match case {
            Case::Sensitive | Case::Ascii => case,
            Case::Lower if self.literal_chars().any(is_lower_only) => case,
            Case::Fold if self.literal_chars().all(ascii_suffices) => Case::Ascii,
            Case::Lower if self.literal_chars().all(|c| same_in_ascii(c, Case::Lower)) => Case::Ascii,
            Case::Lower if self.literal_chars().all(lower_is_fold) => Case::Fold,
            Case::Lower | Case::Fold => case,
        }
    }

    /// The pattern with every literal character replaced by its representative under `case`.
    pub fn folded(&self, case: Case) -> Self {
        Self::new(self.parts.iter().map(|part| match part {
            Part::Text(text) => Part::Text(fold_text(text, case)),
            Part::One => Part::One,
            Part::Any => Part::Any,
        }))
    }
}

fn same_in_ascii(c: char, case: Case) -> bool {
    let class: Vec<char> = fold_class(c).into_iter().filter(|&other| fold(other, case) == fold(c, case)).collect();
    class.iter().all(|&other| fold(other, Case::Ascii) == fold(c, Case::Ascii))
}

fn lower_is_fold(c: char) -> bool {
    fold_class(c).into_iter().all(|other| fold(other, Case::Lower) == fold(c, Case::Lower))
}

/// What follows a segment (texts and single characters) at the start of a text.
fn strip<'t>(segment: &[Part], text: &'t str, case: Case) -> Option<&'t str> {
    segment.iter().try_fold(text, |rest, part| match part {
        Part::Text(literal) => strip_literal(literal, rest, case),
        Part::One => {
            let mut chars = rest.chars();
            chars.next().map(|_| chars.as_str())
        }
        // Segments hold no `Any`; one would match the empty text.
        Part::Any => Some(rest),
    })
}

fn strip_literal<'t>(literal: &str, text: &'t str, case: Case) -> Option<&'t str> {
    if case == Case::Sensitive {
        return text.strip_prefix(literal);
    }
    // Most texts are ASCII, where every folding relation is the same and bytes are characters.
    let same = literal.bytes().zip(text.bytes()).take_while(|(a, b)| a.is_ascii() && a.eq_ignore_ascii_case(b)).count();
    let mut rest = text.get(same..)?.chars();
    let matched = literal.get(same..)?.chars().all(|expected| rest.next().is_some_and(|c| fold(c, case) == fold(expected, case)));
    matched.then_some(rest.as_str())
}

/// What follows the leftmost occurrence of a segment.
fn find_after<'t>(segment: &[Part], text: &'t str, case: Case) -> Option<&'t str> {
    let first = segment.first().and_then(|part| if let Part::Text(literal) = part { literal.bytes().next() } else { None });
    // A text that begins with an ASCII letter is found where that letter stands, or a character beyond ASCII.
    let could_start = |byte: u8| first.is_none_or(|first| !first.is_ascii() || !byte.is_ascii() || byte.eq_ignore_ascii_case(&first));
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let next = rest.bytes().next();
        if let Some(after) = next.is_none_or(could_start).then(|| strip(segment, rest, case)).flatten() {
            return Some(after);
        }
        at += rest.chars().next()?.len_utf8();
    }
}

fn ends_with(segment: &[Part], text: &str, case: Case) -> bool {
    let length: usize = segment.iter().map(|part| if let Part::Text(literal) = part { literal.chars().count() } else { 1 }).sum();
    let start = match length.checked_sub(1) {
        None => Some(text.len()),
        Some(last) => text.char_indices().rev().nth(last).map(|(at, _)| at),
    };
    let tail = start.and_then(|start| text.get(start..));
    tail.is_some_and(|tail| strip(segment, tail, case) == Some(""))
}

/// Appends a part to a list in normal form and keeps it so.
fn push(normal: &mut Vec<Part>, part: Part) {
    match (part, normal.last_mut()) {
        (Part::Text(text), _) if text.is_empty() => {}
        (Part::Text(text), Some(Part::Text(last))) => last.push_str(&text),
        (Part::Any, Some(Part::Any)) => {}
        (Part::One, Some(last @ Part::Any)) => {
            *last = Part::One;
            normal.push(Part::Any);
        }
        (part, _) => normal.push(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `*` and `?` as wildcards, nothing escaped: a notation for tests only.
    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            other => Part::Text(other.to_string()),
        }))
    }

    #[test]
    fn matching_backtracks_and_crosses_lines() {
        for (p, text, expected) in [
            ("*ab?", "ab ab1", true),
            ("a*b", "a\nb", true),
            ("?", "é", true),
            ("?", "", false),
            ("*", "", true),
            ("", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcdef", false),
            ("*a*a*a*b", "aaaaaaaa", false),
        ] {
            assert_eq!(pattern(p).matches(text, Case::Fold), expected, "{p} on {text:?}");
        }
    }

    #[test]
    fn normal_form_joins_runs() {
        assert_eq!(pattern("a*?*?b"), pattern("a??*b"));
        assert_eq!(pattern("**").shape(), Shape::Everything);
        assert_eq!(pattern("*ab*").shape(), Shape::Infix("ab"));
        assert_eq!(pattern("ab*").shape(), Shape::Prefix("ab"));
    }

    #[test]
    fn needed_case_is_the_strictest() {
        assert_eq!(pattern("4688").needed_case(Case::Fold), Case::Sensitive);
        assert_eq!(pattern("cmd.exe").needed_case(Case::Fold), Case::Ascii);
        assert_eq!(pattern("sc.exe").needed_case(Case::Fold), Case::Fold);
        assert_eq!(pattern("é").needed_case(Case::Fold), Case::Fold);
        assert_eq!(pattern("日本").needed_case(Case::Fold), Case::Sensitive);
    }

    proptest::proptest! {
        /// An independent matcher: the `regex` crate on the translated pattern.
        #[test]
        fn agrees_with_a_regex_engine(p in "[aAbk*?]{0,8}", text in "[aAbBkK\u{212a}\n]{0,8}") {
            let body: String = p.chars().map(|c| match c { '*' => "(?s:.*)".to_owned(), '?' => "(?s:.)".to_owned(), c => c.to_string() }).collect();
            let regex = regex::Regex::new(&format!("(?i)\\A(?:{body})\\z")).map_err(|e| proptest::test_runner::TestCaseError::fail(e.to_string()))?;
            proptest::prop_assert_eq!(pattern(&p).matches(&text, Case::Fold), regex.is_match(&text));
        }
    }
}
