//! Regular expressions of the host's `REGEXP` into meaning.
//!
//! SQLite has none of its own; hosts register a function. The dialect read here is that of Rust's `regex`
//! crate with its defaults, by its own parser; that it is this one is an assumption (`regexp-function`).

use super::value::Letters;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

/// The syntax tree of an expression, or the parser's message.
pub(super) fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::parse(pattern).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    })
}

/// The expression that finds in a text what this one finds after the letters were changed.
///
/// Changing the case of ASCII letters maps characters one by one and moves no word boundary, so it is enough
/// to replace every character by those that become it.
pub(super) fn before(tree: &Hir, letters: Letters) -> Hir {
    if letters == Letters::Kept {
        return tree.clone();
    }
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => tree.clone(),
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            Hir::concat(text.chars().map(|c| Hir::class(Class::Unicode(origins(&ClassUnicode::new([range(c, c)]), letters)))).collect())
        }
        HirKind::Class(Class::Unicode(class)) => Hir::class(Class::Unicode(origins(class, letters))),
        HirKind::Class(Class::Bytes(class)) => {
            let class = class.to_unicode_class().unwrap_or_else(ClassUnicode::empty);
            Hir::class(Class::Unicode(origins(&class, letters)))
        }
        HirKind::Repetition(repetition) => {
            let sub = Box::new(before(&repetition.sub, letters));
            Hir::repetition(Repetition { min: repetition.min, max: repetition.max, greedy: true, sub })
        }
        HirKind::Capture(capture) => before(&capture.sub, letters),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| before(part, letters)).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(|part| before(part, letters)).collect()),
    }
}

/// The characters that become one of these.
fn origins(class: &ClassUnicode, letters: Letters) -> ClassUnicode {
    let lower = range('a', 'z');
    let upper = range('A', 'Z');
    let (from, to) = match letters {
        Letters::Kept => return class.clone(),
        Letters::Lower => (upper, lower),
        Letters::Upper => (lower, upper),
    };
    // The letters that are changed are no result; each result also comes from its partner.
    let mut result = class.clone();
    result.difference(&ClassUnicode::new([from]));
    let mut changed = class.clone();
    changed.intersect(&ClassUnicode::new([to]));
    let partner = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let partners = changed.ranges().iter().map(|letters| range(partner(letters.start()), partner(letters.end())));
    result.union(&ClassUnicode::new(partners));
    result
}

fn range(from: char, to: char) -> ClassUnicodeRange {
    ClassUnicodeRange::new(from, to)
}
