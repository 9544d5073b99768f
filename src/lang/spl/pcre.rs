//! Regular expressions of PCRE into meaning.
//!
//! Source: pcrepattern(3). The text is first rewritten into the syntax of `regex-syntax` (`rewrite`); then `$` gets its
//! meaning, and what is open is noted. What PCRE has beyond that syntax (look-around, back-references, atomic groups,
//! possessive quantifiers, verbs) is unread. Deliberately absent: the layer of escapes of the text in which an
//! expression stands.

use super::rewrite::{self, Rewritten};
use super::{Result, invalid, unread};
use crate::diag::Diagnostic;
use crate::ir::{Case, Pattern, Predicate, Regex};
use crate::source::Place;
use crate::text::fold::ascii_suffices;
use crate::text::pattern::Part;
use regex_syntax::ast::{self, AssertionKind, Ast, ErrorKind, Flag, FlagsItemKind, GroupKind};
use regex_syntax::hir::{Hir, HirKind, translate::TranslatorBuilder};

/// Groups nest at most this deep.
const NEST_LIMIT: u32 = 100;

/// Longer expressions are not read.
const MAX_LENGTH: usize = 10_000;

/// An expression that was read.
#[derive(Debug)]
pub(super) struct Pcre {
    /// What is found in a text.
    pub(super) predicate: Predicate,
    /// What it depends on that is open.
    pub(super) opens: Opens,
    tree: Hir,
}

/// What an expression depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Opens {
    /// What counts as a digit, letter, blank or border of words.
    pub(super) classes: bool,
    /// How letters beyond ASCII fold.
    pub(super) folding: bool,
    /// Where lines end: `$` matches before a line break at the end of the text.
    pub(super) line_end: bool,
}

impl Pcre {
    /// The names of its groups, and whether each takes part in every match with at least one character.
    pub(super) fn groups(&self) -> Vec<(String, bool)> {
        let mut groups = Vec::new();
        collect_groups(&self.tree, true, &mut groups);
        groups
    }
}

fn collect_groups(tree: &Hir, required: bool, groups: &mut Vec<(String, bool)>) {
    match tree.kind() {
        HirKind::Capture(capture) => {
            if let Some(name) = &capture.name {
                let filled = capture.sub.properties().minimum_len().is_some_and(|length| length > 0);
                groups.push((name.to_string(), required && filled));
            }
            collect_groups(&capture.sub, required, groups);
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect_groups(part, required, groups)),
        HirKind::Alternation(parts) => parts.iter().for_each(|part| collect_groups(part, false, groups)),
        HirKind::Repetition(repetition) => collect_groups(&repetition.sub, required && repetition.min > 0, groups),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
    }
}

/// Reads an expression.
pub(super) fn read(text: &str, place: Place) -> Result<Pcre> {
    if text.len() > MAX_LENGTH {
        return Err(unread(place, "a regular expression of this size"));
    }
    let Rewritten { text: out, classes } = rewrite::rewrite(text, place)?;
    let parsed = ast::parse::ParserBuilder::new().nest_limit(NEST_LIMIT).build().parse(&out);
    let mut ast = parsed.map_err(|error| syntax_error(error.kind(), place))?;
    let mut walk = Walk::new(place);
    walk.node(&ast)?;
    let mut opens = Opens { classes, folding: walk.ignores_case && walk.folds, line_end: false };
    opens.line_end = match (walk.multi_line, is_multi_line(&ast)) {
        (false, _) => walk.ends > loosen_ends(&mut ast, place)?,
        // Only the start of lines differs then: PCRE knows none after the last line break.
        (true, true) => walk.starts > 0 && !is_never_empty(&out, &ast),
        (true, false) => walk.ends.saturating_add(walk.starts) > 0,
    };
    let tree = TranslatorBuilder::new().build().translate(&out, &ast).map_err(|error| unread(place, error.kind()))?;
    let (predicate, is_pattern) = match plain_pattern(&ast) {
        Some((pattern, case)) => (Predicate::like(pattern, case), true),
        None => (Predicate::Regex(Regex::new(&tree).map_err(|_| unread(place, "an expression of this size"))?), false),
    };
    // A pattern is compared by its own letters.
    opens.folding = opens.folding && !is_pattern;
    Ok(Pcre { predicate, opens, tree })
}

/// What PCRE rejects as well is invalid; what only this parser rejects is unread.
fn syntax_error(kind: &ErrorKind, place: Place) -> Diagnostic {
    let is_wrong = matches!(
        kind,
        ErrorKind::GroupUnclosed
            | ErrorKind::GroupUnopened
            | ErrorKind::ClassUnclosed
            | ErrorKind::ClassRangeInvalid
            | ErrorKind::RepetitionMissing
            | ErrorKind::RepetitionCountInvalid
            | ErrorKind::GroupNameEmpty
            | ErrorKind::GroupNameInvalid
            | ErrorKind::GroupNameUnexpectedEof
            | ErrorKind::EscapeUnexpectedEof
    );
    if is_wrong { invalid(place, format!("a regular expression with an error: {kind}")) } else { unread(place, kind) }
}

/// Finds what is open in an expression, and what PCRE means otherwise.
struct Walk {
    place: Place,
    ignores_case: bool,
    multi_line: bool,
    folds: bool,
    /// How often `^` and `$` are there.
    starts: usize,
    ends: usize,
}

impl Walk {
    fn new(place: Place) -> Self {
        Self { place, ignores_case: false, multi_line: false, folds: false, starts: 0, ends: 0 }
    }

    fn node(&mut self, node: &Ast) -> Result<()> {
        match node {
            Ast::Flags(flags) => self.flags(&flags.flags),
            Ast::Group(group) => {
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    self.flags(flags)?;
                }
                self.node(&group.ast)
            }
            Ast::Repetition(repetition) => {
                if matches!(*repetition.ast, Ast::Repetition(_)) {
                    return Err(unread(self.place, "a quantifier after a quantifier"));
                }
                self.node(&repetition.ast)
            }
            Ast::Alternation(alternation) => alternation.asts.iter().try_for_each(|part| self.node(part)),
            Ast::Concat(concat) => concat.asts.iter().try_for_each(|part| self.node(part)),
            Ast::Literal(literal) => {
                self.folds |= !ascii_suffices(literal.c);
                Ok(())
            }
            // Ranges may hold letters that fold beyond ASCII.
            Ast::ClassBracketed(_) | Ast::ClassUnicode(_) | Ast::ClassPerl(_) => {
                self.folds = true;
                Ok(())
            }
            Ast::Assertion(assertion) => {
                self.starts = self.starts.saturating_add(usize::from(assertion.kind == AssertionKind::StartLine));
                self.ends = self.ends.saturating_add(usize::from(assertion.kind == AssertionKind::EndLine));
                Ok(())
            }
            Ast::Empty(_) | Ast::Dot(_) => Ok(()),
        }
    }

    fn flags(&mut self, flags: &ast::Flags) -> Result<()> {
        for item in &flags.items {
            match item.kind {
                FlagsItemKind::Negation => {}
                FlagsItemKind::Flag(Flag::CaseInsensitive) => self.ignores_case = true,
                FlagsItemKind::Flag(Flag::MultiLine) => self.multi_line = true,
                // Written by the rewriter, for classes and borders.
                FlagsItemKind::Flag(Flag::DotMatchesNewLine | Flag::Unicode) => {}
                FlagsItemKind::Flag(Flag::SwapGreed | Flag::CRLF | Flag::IgnoreWhitespace) => {
                    return Err(unread(self.place, "such a flag in a regular expression"));
                }
            }
        }
        Ok(())
    }
}

/// Whether the first thing in an expression makes `^` and `$` those of lines.
fn is_multi_line(ast: &Ast) -> bool {
    let Ast::Concat(concat) = ast else { return false };
    matches!(concat.asts.first(), Some(Ast::Flags(flags)) if flags.flags.flag_state(Flag::MultiLine) == Some(true))
}

fn is_never_empty(text: &str, ast: &Ast) -> bool {
    let tree = TranslatorBuilder::new().build().translate(text, ast);
    tree.is_ok_and(|tree| tree.properties().minimum_len().is_some_and(|length| length > 0))
}

/// Lets `$` match before a line break at the end of the text, as PCRE does, wherever nothing comes after it; says how
/// often that was. The parser bounds the depth of the tree.
fn loosen_ends(node: &mut Ast, place: Place) -> Result<usize> {
    match node {
        Ast::Assertion(assertion) if assertion.kind == AssertionKind::EndLine => {
            *node = ast::parse::Parser::new().parse(r"(?:\n?\z)").map_err(|error| unread(place, error.kind()))?;
            Ok(1)
        }
        Ast::Group(group) => loosen_ends(&mut group.ast, place),
        Ast::Concat(concat) => concat.asts.last_mut().map_or(Ok(0), |last| loosen_ends(last, place)),
        Ast::Alternation(alternation) => alternation.asts.iter_mut().map(|part| loosen_ends(part, place)).sum(),
        Ast::Empty(_)
        | Ast::Flags(_)
        | Ast::Literal(_)
        | Ast::Dot(_)
        | Ast::Assertion(_)
        | Ast::ClassUnicode(_)
        | Ast::ClassPerl(_)
        | Ast::ClassBracketed(_)
        | Ast::Repetition(_) => Ok(0),
    }
}

/// The pattern that an expression is, where it has no other operator than `\A`, `\z`, and `.` and `.*` that match every
/// character. Without `\A` and `\z` it is found anywhere.
fn plain_pattern(ast: &Ast) -> Option<(Pattern, Case)> {
    let Ast::Concat(concat) = ast else { return None };
    let (flags, parts) = match concat.asts.as_slice() {
        [Ast::Flags(flags), parts @ ..] => (Some(&flags.flags), parts),
        parts => (None, parts),
    };
    let has = |flag| flags.and_then(|flags| flags.flag_state(flag)) == Some(true);
    let (before, parts) = match parts {
        [Ast::Assertion(start), rest @ ..] if start.kind == AssertionKind::StartText => (None, rest),
        _ => (Some(Part::Any), parts),
    };
    let (parts, after) = match parts {
        [rest @ .., Ast::Assertion(end)] if end.kind == AssertionKind::EndText => (rest, None),
        _ => (parts, Some(Part::Any)),
    };
    let middle: Option<Vec<Part>> = parts.iter().map(|part| pattern_part(part, has(Flag::DotMatchesNewLine))).collect();
    let case = if has(Flag::CaseInsensitive) { Case::Ascii } else { Case::Sensitive };
    let pattern = Pattern::new(before.into_iter().chain(middle?).chain(after));
    // What takes every text is presence, which an expression on a text does not say of objects.
    (pattern != Pattern::everything()).then_some((pattern, case))
}

fn pattern_part(part: &Ast, dot_is_any: bool) -> Option<Part> {
    match part {
        Ast::Literal(literal) => Some(Part::Text(literal.c.to_string())),
        Ast::Dot(_) if dot_is_any => Some(Part::One),
        Ast::Repetition(repetition) if dot_is_any => {
            let any = matches!(*repetition.ast, Ast::Dot(_)) && repetition.op.kind == ast::RepetitionKind::ZeroOrMore;
            any.then_some(Part::Any)
        }
        Ast::ClassBracketed(class) => match &class.kind {
            ast::ClassSet::Item(ast::ClassSetItem::Literal(literal)) if !class.negated => Some(Part::Text(literal.c.to_string())),
            ast::ClassSet::Item(_) | ast::ClassSet::BinaryOp(_) => None,
        },
        Ast::Empty(_)
        | Ast::Flags(_)
        | Ast::Dot(_)
        | Ast::Assertion(_)
        | Ast::ClassUnicode(_)
        | Ast::ClassPerl(_)
        | Ast::Repetition(_)
        | Ast::Group(_)
        | Ast::Alternation(_)
        | Ast::Concat(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn found(expression: &str, text: &str) -> bool {
        match read(expression, Place::NOWHERE).unwrap().predicate {
            Predicate::Regex(regex) => regex.is_match(text),
            Predicate::Like { any, case } => any.iter().any(|value| value.pattern.matches(text, case)),
            other @ (Predicate::Within { .. }
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. }) => {
                assert_eq!(format!("{other:?}"), "a regular expression or a pattern");
                false
            }
        }
    }

    #[test]
    fn syntax_is_that_of_pcre() {
        for (expression, text, expected) in [
            (r"[[a]", "[", true),
            (r"^\x{202e}\x41\x4g$", "\u{202e}A\u{4}g", true),
            (r"^[\x{e9}\x62]c$", "\u{e9}c", true),
            (r"[]a]+b", "]ab", true),
            (r"[^]a]", "]", false),
            (r"a{,3}", "a{,3}", true),
            (r"{x}", "{x}", true),
            (r"^a{2,3}$", "aaa", true),
            (r"\<a\>", "<a>", true),
            (r"[a&&b]", "&", true),
            (r"[\d-]+x", "4-x", true),
            (r"[\w.]x", ".x", true),
            (r"\bk\b", "a k!", true),
            (r"a\Bb", "ab", true),
            (r"(?i)k", "K", true),
            (r"\x41\/\-\ ", "A/- ", true),
            (r"[[:alpha:]]1", "a1", true),
            (r"\d", "１", false),
            (r"[\D]", "１", true),
            ("i`?n", "in", true),
            ("a$", "a\n", true),
            ("(a|b$)", "b\n", true),
            (r"a\z", "a\n", false),
            ("a$", "a\nb", false),
            ("(?m)a$", "a\nb", true),
        ] {
            assert_eq!(found(expression, text), expected, "{expression} on {text}");
        }
    }

    #[test]
    fn what_is_beyond_is_not_read() {
        for expression in [
            r"(?=a)",
            r"(?<!a)b",
            r"(a)\1",
            r"a++",
            r"(?>a)",
            r"\Qa\E",
            r"a\K",
            r"(?x) a",
            r"(?U)a*",
            r"(*UTF8)a",
            r"\v",
            r"[a--b]",
            r"a\Z",
            r"\x{41",
            r"\x{}",
            r"[\x{4g}]",
        ] {
            assert_eq!(read(expression, Place::NOWHERE).unwrap_err().code, crate::diag::Code::QueryUnread, "{expression}");
        }
        for expression in ["(a", "a)", "[a", "*a", "[z-a]", "a\\", "a{3,2}"] {
            assert_eq!(read(expression, Place::NOWHERE).unwrap_err().code, crate::diag::Code::QueryInvalid, "{expression}");
        }
    }

    #[test]
    fn plain_expressions_are_patterns() {
        let predicate = |expression| read(expression, Place::NOWHERE).unwrap().predicate;
        let text = |text: &str| Part::Text(text.to_owned());
        let pattern = Pattern::new([Part::Any, text("a*b"), Part::One]);
        assert_eq!(predicate(r"(?is)\A.*a[*]b.\z"), Predicate::like(pattern.clone(), Case::Ascii));
        assert_eq!(predicate(r"(?s)\A.*a\*b.\z"), Predicate::like(pattern, Case::Sensitive));
        assert_eq!(predicate(r"(?i)ab"), Predicate::like(Pattern::new([Part::Any, text("ab"), Part::Any]), Case::Ascii));
        assert_eq!(predicate(r"\Aab"), Predicate::like(Pattern::new([text("ab"), Part::Any]), Case::Sensitive));
        assert_eq!(predicate(r"ab\z"), Predicate::like(Pattern::new([Part::Any, text("ab")]), Case::Sensitive));
        for expression in [r"\A.*a\z", r"(?s)\A.*a$", r"(?s)^a\z", r"(?s)\Aa+\z", r"(?s).*", "a|b"] {
            assert!(matches!(predicate(expression), Predicate::Regex(_)), "{expression}");
        }
    }

    #[test]
    fn groups_that_always_take_part() {
        let groups = |expression| read(expression, Place::NOWHERE).unwrap().groups();
        assert_eq!(groups(r"(?<n>a+)b"), [("n".to_owned(), true)]);
        assert_eq!(groups(r"(?<n>a*)b"), [("n".to_owned(), false)]);
        assert_eq!(groups(r"(?:(?<n>a)|b)c"), [("n".to_owned(), false)]);
        assert_eq!(groups(r"((?<n>a)x)?c"), [("n".to_owned(), false)]);
    }
}
