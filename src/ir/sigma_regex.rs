//! Sigma's regular expressions: text → syntax tree.
//!
//! Sigma's dialect (sigma.md §4.1, `re`): search semantics, case-sensitive unless `i`, `$` means the end of
//! the text unless `m` (D-17), `.` excludes the line feed unless `s`, `\d \w \s \b` are ASCII (D-18), letters
//! under `i` fold by Unicode simple folding. The syntax is that of `regex-syntax`, which the parser of rules
//! has already narrowed to what Sigma allows.

use regex_syntax::ast::{self, Ast, ClassPerlKind, ClassSet, ClassSetItem};
use regex_syntax::hir::{Hir, translate::TranslatorBuilder};

/// The flags that modifiers set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    /// Modifier `i`.
    pub(super) ignore_case: bool,
    /// Modifier `m`.
    pub(super) multi_line: bool,
    /// Modifier `s`.
    pub(super) dot_matches_new_line: bool,
}

/// The tree of a regular expression in Sigma's dialect.
///
/// # Errors
/// The parser's message where the text is no regular expression.
pub(super) fn parse(text: &str, flags: Flags) -> Result<Hir, String> {
    let mut tree = fragment(text)?;
    make_ascii(&mut tree)?;
    let mut translator = TranslatorBuilder::new()
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_matches_new_line)
        .build();
    translator.translate(text, &tree).map_err(|error| error.kind().to_string())
}

/// Replaces the Perl classes and word boundaries of a tree by their ASCII forms. The parser bounds the
/// depth of the tree.
fn make_ascii(tree: &mut Ast) -> Result<(), String> {
    let replacement = match tree {
        Ast::ClassPerl(class) => Some(fragment(&format!("(?-i:{})", set_of(class)))?),
        Ast::Assertion(assertion) if assertion.kind == ast::AssertionKind::WordBoundary => Some(fragment(r"(?-u:\b)")?),
        Ast::Assertion(assertion) if assertion.kind == ast::AssertionKind::NotWordBoundary => Some(fragment(r"(?-u:\B)")?),
        Ast::Assertion(assertion) if assertion.kind == ast::AssertionKind::WordBoundaryStartAngle => Some(fragment("<")?),
        Ast::Assertion(assertion) if assertion.kind == ast::AssertionKind::WordBoundaryEndAngle => Some(fragment(">")?),
        Ast::ClassBracketed(class) => {
            make_set_ascii(&mut class.kind)?;
            None
        }
        Ast::Repetition(repetition) => {
            make_ascii(&mut repetition.ast)?;
            None
        }
        Ast::Group(group) => {
            make_ascii(&mut group.ast)?;
            None
        }
        Ast::Alternation(alternation) => {
            alternation.asts.iter_mut().try_for_each(make_ascii)?;
            None
        }
        Ast::Concat(concat) => {
            concat.asts.iter_mut().try_for_each(make_ascii)?;
            None
        }
        Ast::Empty(_) | Ast::Flags(_) | Ast::Literal(_) | Ast::Dot(_) | Ast::Assertion(_) | Ast::ClassUnicode(_) => None,
    };
    if let Some(replacement) = replacement {
        *tree = replacement;
    }
    Ok(())
}

fn make_set_ascii(set: &mut ClassSet) -> Result<(), String> {
    match set {
        ClassSet::Item(item) => make_item_ascii(item),
        ClassSet::BinaryOp(operation) => {
            make_set_ascii(&mut operation.lhs)?;
            make_set_ascii(&mut operation.rhs)
        }
    }
}

fn make_item_ascii(item: &mut ClassSetItem) -> Result<(), String> {
    match item {
        ClassSetItem::Perl(class) => {
            if let Ast::ClassBracketed(bracketed) = &fragment(&set_of(class))? {
                *item = ClassSetItem::Bracketed(bracketed.clone());
            }
            Ok(())
        }
        ClassSetItem::Bracketed(bracketed) => make_set_ascii(&mut bracketed.kind),
        ClassSetItem::Union(union) => union.items.iter_mut().try_for_each(make_item_ascii),
        ClassSetItem::Empty(_) | ClassSetItem::Literal(_) | ClassSetItem::Range(_) | ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) => {
            Ok(())
        }
    }
}

fn set_of(class: &ast::ClassPerl) -> String {
    let negation = if class.negated { "^" } else { "" };
    let members = match class.kind {
        ClassPerlKind::Digit => "0-9",
        ClassPerlKind::Space => r"\t-\r ",
        ClassPerlKind::Word => "0-9A-Za-z_",
    };
    format!("[{negation}{members}]")
}

fn fragment(text: &str) -> Result<Ast, String> {
    ast::parse::Parser::new().parse(text).map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::ir::Regex;

    #[test]
    fn classes_are_ascii_and_letters_fold() {
        let regex = |text: &str, flags| Regex::new(&parse(text, flags).unwrap()).unwrap();
        let insensitive = Flags { ignore_case: true, ..Flags::default() };
        assert!(!regex(r"^\w$", Flags::default()).is_match("é"));
        assert!(regex(r"^\W$", Flags::default()).is_match("é"));
        assert!(!regex(r"^[\d]$", Flags::default()).is_match("１"));
        assert!(regex("k", insensitive).is_match("\u{212a}"));
        assert!(!regex(r"^\w$", insensitive).is_match("\u{212a}"));
        assert!(!regex("^foo$", Flags::default()).is_match("foo\n"));
        assert!(regex(r"\<a\>", Flags::default()).is_match("x<a>"));
        assert!(!regex(r"\<a\>", Flags::default()).is_match("a"));
        assert_eq!(regex("a|b", Flags::default()), regex("(?:b|a)", Flags::default()));
        assert_eq!(regex("(a+?)b", Flags::default()), regex("a+b", Flags::default()));
    }
}
