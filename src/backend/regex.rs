//! Printing regular expressions in the dialect of a target.
//!
//! The normalised tree is printed, never the text that somebody wrote: literals escaped only where needed,
//! classes as explicit ranges, no captures, no shorthands whose meaning depends on the engine. What the
//! dialect cannot say is an answer for people, not an approximation. Deliberately absent: reading any
//! dialect; the one use of a parser here checks that `(?i)` says exactly the same.

use crate::ir::{Pattern, Regex};
use crate::storage::Name;
use crate::text::fold::{ascii_suffices, fold_class};
use crate::text::pattern::Part;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};
use serde::Deserialize;

/// A dialect of regular expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Dialect {
    /// The syntax of Rust's `regex` crate, as far as PCRE has it too.
    Rust,
    /// The syntax of PCRE: `\b` is ASCII, `(?i)` folds at least ASCII letters, and `(?m)^` is not found after a
    /// line break that ends the text (pcrepattern, "Circumflex and dollar").
    Pcre,
    /// The same without `(?i)`: every letter in all its cases.
    PcreSpelled,
}

/// A printed regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Printed {
    pub(super) text: String,
    /// What must hold of the texts for the dialect to mean the same.
    pub(super) needs: Vec<Name>,
}

/// The regular expression in a dialect.
///
/// # Errors
/// What the dialect lacks, for people.
pub(super) fn print(regex: &Regex, dialect: Dialect) -> Result<Printed, String> {
    let folded = match dialect {
        Dialect::Rust => ignoring_case(regex, dialect),
        // How `(?i)` folds letters beyond ASCII is open: where they are named, all letters are spelled in both cases.
        Dialect::Pcre => ignoring_case(regex, dialect).filter(|(_, simpler)| !has_letter(simpler, |c| !c.is_ascii() && !ascii_suffices(c))),
        Dialect::PcreSpelled => None,
    };
    let (text, wide) = match folded {
        Some((text, simpler)) => (text, has_letter(&simpler, |c| !ascii_suffices(c))),
        None => (Printer::text(regex.tree(), "", dialect)?, false),
    };
    Ok(Printed { text, needs: needs(regex.tree(), wide, dialect) })
}

/// What the dialect needs for an expression; `wide` where `(?i)` has letters with partners beyond ASCII.
fn needs(tree: &Hir, wide: bool, dialect: Dialect) -> Vec<Name> {
    let looks = tree.properties().look_set();
    let ascii_words = looks.contains(Look::WordAscii) || looks.contains(Look::WordAsciiNegate);
    let unicode_words = looks.contains(Look::WordUnicode) || looks.contains(Look::WordUnicodeNegate);
    let needed = match dialect {
        Dialect::Rust => [(Name::AsciiClasses, ascii_words), (Name::AsciiCase, false), (Name::NoLineBreaks, false)],
        Dialect::Pcre | Dialect::PcreSpelled => {
            [(Name::AsciiClasses, unicode_words), (Name::AsciiCase, wide), (Name::NoLineBreaks, looks.contains(Look::StartLF))]
        }
    };
    needed.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| name).collect()
}

/// The expression as `(?i)` and something simpler, where that is exactly the same.
fn ignoring_case(regex: &Regex, dialect: Dialect) -> Option<(String, Hir)> {
    let simpler = unfolded(regex.tree())?;
    if simpler == *regex.tree() {
        return None;
    }
    // Every dialect that is printed here is close enough to Rust's for this check, but for its word boundaries.
    let text = Printer::text(&simpler, "i", Dialect::Rust).ok()?;
    let parsed = regex_syntax::parse(&with_ascii_boundaries(&text)).ok()?;
    if Regex::normal_form(&parsed) != regex.pattern() {
        return None;
    }
    let text = if dialect == Dialect::Rust { text } else { Printer::text(&simpler, "i", dialect).ok()? };
    Some((text, simpler))
}

/// Whether some letter of an expression that may fold is of a kind.
fn has_letter(tree: &Hir, is: fn(char) -> bool) -> bool {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().any(is)),
        HirKind::Class(Class::Unicode(class)) => {
            // A class with all partners of its letters is the same under every folding.
            !is_closed(class) && class.iter().flat_map(|range| range.start()..=range.end()).any(is)
        }
        HirKind::Class(Class::Bytes(_)) => false,
        HirKind::Repetition(repetition) => has_letter(&repetition.sub, is),
        HirKind::Capture(capture) => has_letter(&capture.sub, is),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| has_letter(part, is)),
    }
}

/// A printed expression with its `\b` and `\B` spelled as the ASCII ones that they stand for.
fn with_ascii_boundaries(printed: &str) -> String {
    let mut text = String::with_capacity(printed.len());
    let mut chars = printed.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match escaped {
            Some(boundary @ ('b' | 'B')) => text.push_str(&format!("(?-u:\\{boundary})")),
            Some(other) => text.extend([c, other]),
            None => text.push(c),
        }
    }
    text
}

/// The tree with every class that is closed under case folding replaced by its lower case half. `None`
/// where a letter stands without its partners.
fn unfolded(tree: &Hir) -> Option<Hir> {
    let all = |parts: &[Hir]| parts.iter().map(unfolded).collect::<Option<Vec<_>>>();
    Some(match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => tree.clone(),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            return text.chars().all(|c| fold_class(c).len() == 1).then(|| tree.clone());
        }
        HirKind::Class(Class::Unicode(class)) => Hir::class(Class::Unicode(lower_half(class)?)),
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repetition) => Hir::repetition(Repetition { sub: Box::new(unfolded(&repetition.sub)?), ..repetition.clone() }),
        HirKind::Capture(capture) => unfolded(&capture.sub)?,
        HirKind::Concat(parts) => Hir::concat(all(parts)?),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)?),
    })
}

/// Classes with more characters than this are left as they are: they are closed or they are not.
const SMALL: usize = 512;

fn lower_half(class: &ClassUnicode) -> Option<ClassUnicode> {
    if !is_closed(class) {
        return None;
    }
    if size(class) > SMALL {
        return Some(class.clone());
    }
    let lower = class.iter().flat_map(|range| range.start()..=range.end()).filter(|&c| spoken(c) == c);
    Some(ClassUnicode::new(lower.map(|c| ClassUnicodeRange::new(c, c))))
}

/// Whether a class has the case partners of all its characters. It has exactly when its complement has, and
/// the smaller of the two is folded faster.
fn is_closed(class: &ClassUnicode) -> bool {
    let mut complement = class.clone();
    complement.negate();
    let smaller = if size(&complement) < size(class) { &complement } else { class };
    let mut folded = smaller.clone();
    folded.case_fold_simple();
    folded == *smaller
}

fn size(class: &ClassUnicode) -> usize {
    class.iter().map(ClassUnicodeRange::len).sum()
}

/// The member of a folding class that people would write.
fn spoken(c: char) -> char {
    let class = fold_class(c);
    class.iter().copied().find(|c| c.is_lowercase()).or(class.first().copied()).unwrap_or(c)
}

struct Printer {
    text: String,
    /// Whether `^` and `$` stand for lines.
    lines: bool,
    dialect: Dialect,
}

/// How tightly a printed piece must hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Alternation,
    Concat,
    Atom,
}

impl Printer {
    fn text(tree: &Hir, flags: &str, dialect: Dialect) -> Result<String, String> {
        let looks = tree.properties().look_set();
        let lines = looks.contains(Look::StartLF) || looks.contains(Look::EndLF);
        let flags = format!("{flags}{}", if lines { "m" } else { "" });
        let text = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
        let mut printer = Self { text, lines, dialect };
        printer.tree(tree, Level::Alternation)?;
        Ok(printer.text)
    }

    fn tree(&mut self, tree: &Hir, needed: Level) -> Result<(), String> {
        if level(tree) < needed {
            self.text.push_str("(?:");
            self.tree(tree, Level::Alternation)?;
            self.text.push(')');
            return Ok(());
        }
        match tree.kind() {
            HirKind::Empty => Ok(()),
            HirKind::Literal(literal) => self.literal(&literal.0),
            HirKind::Class(class) => self.class(class),
            HirKind::Look(look) => self.look(*look),
            HirKind::Repetition(repetition) => self.repetition(repetition),
            HirKind::Capture(capture) => self.tree(&capture.sub, needed),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.tree(part, Level::Concat)),
            HirKind::Alternation(parts) => parts.iter().enumerate().try_for_each(|(index, part)| {
                self.text.push_str(if index > 0 { "|" } else { "" });
                self.tree(part, Level::Concat)
            }),
        }
    }

    fn literal(&mut self, bytes: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it matches bytes that are no text".to_owned())?;
        text.chars().for_each(|c| self.char(c, SPECIAL));
        Ok(())
    }

    fn char(&mut self, c: char, special: &str) {
        push_char(&mut self.text, c, special, self.dialect);
    }

    fn class(&mut self, class: &Class) -> Result<(), String> {
        let class = match class {
            Class::Unicode(class) => class.clone(),
            Class::Bytes(bytes) => bytes.to_unicode_class().ok_or("it matches bytes that are no text")?,
        };
        let mut others = class.clone();
        others.negate();
        match (class.ranges(), others.ranges()) {
            ([], _) => self.text.push_str(r"[^\s\S]"),
            (_, []) => self.text.push_str(r"(?s:.)"),
            (_, [only]) if only.start() == '\n' && only.end() == '\n' => self.text.push('.'),
            (ranges, excluded) if ranges.last().is_some_and(|last| last.end() == char::MAX) => self.ranges("[^", excluded),
            (ranges, _) => self.ranges("[", ranges),
        }
        Ok(())
    }

    fn ranges(&mut self, open: &str, ranges: &[ClassUnicodeRange]) {
        self.text.push_str(open);
        for range in ranges {
            self.char(range.start(), r"\[]^-&~");
            if range.len() > 2 {
                self.text.push('-');
            }
            if range.len() > 1 {
                self.char(range.end(), r"\[]^-&~");
            }
        }
        self.text.push(']');
    }

    fn look(&mut self, look: Look) -> Result<(), String> {
        self.text.push_str(match look {
            Look::Start if self.lines => r"\A",
            Look::Start | Look::StartLF => "^",
            Look::End => r"\z",
            Look::EndLF => "$",
            Look::WordAscii | Look::WordUnicode => r"\b",
            Look::WordAsciiNegate | Look::WordUnicodeNegate => r"\B",
            Look::StartCRLF | Look::EndCRLF => return Err("it has anchors at CRLF line ends".to_owned()),
            Look::WordStartAscii
            | Look::WordEndAscii
            | Look::WordStartUnicode
            | Look::WordEndUnicode
            | Look::WordStartHalfAscii
            | Look::WordEndHalfAscii
            | Look::WordStartHalfUnicode
            | Look::WordEndHalfUnicode => return Err("it tells the start of a word from its end".to_owned()),
        });
        Ok(())
    }

    fn repetition(&mut self, repetition: &Repetition) -> Result<(), String> {
        self.tree(&repetition.sub, Level::Atom)?;
        self.text.push_str(&match (repetition.min, repetition.max) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (min, Some(max)) if min == max => format!("{{{min}}}"),
            (min, None) => format!("{{{min},}}"),
            (min, Some(max)) => format!("{{{min},{max}}}"),
        });
        Ok(())
    }
}

/// What has a meaning outside classes.
const SPECIAL: &str = r"\.+*?()|[]{}^$";

fn push_char(text: &mut String, c: char, special: &str, dialect: Dialect) {
    match c {
        '\n' => text.push_str(r"\n"),
        '\r' => text.push_str(r"\r"),
        '\t' => text.push_str(r"\t"),
        c if special.contains(c) => text.extend(['\\', c]),
        // PCRE is mostly spoken inside other languages, where backticks have meanings of their own.
        '`' if dialect != Dialect::Rust => text.push_str(r"\x60"),
        c if c.is_ascii_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
        // PCRE has such escapes only where it is told that texts are UTF-8.
        c if dialect == Dialect::Rust && invisible(c) => text.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
        c => text.push(c),
    }
}

/// A pattern in PCRE's syntax, for an engine that lets `.` match everything: anchored where the pattern is.
pub(super) fn pcre_pattern(pattern: &Pattern) -> String {
    let parts = pattern.parts();
    let mut text = String::from(if parts.first() == Some(&Part::Any) { "" } else { r"\A" });
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(literal) => literal.chars().for_each(|c| push_char(&mut text, c, SPECIAL, Dialect::Pcre)),
            Part::One => text.push('.'),
            Part::Any if index == 0 || index == last => {}
            Part::Any => text.push_str(".*"),
        }
    }
    text.push_str(if parts.last() == Some(&Part::Any) { "" } else { r"\z" });
    text
}

fn level(tree: &Hir) -> Level {
    match tree.kind() {
        HirKind::Class(_) | HirKind::Look(_) => Level::Atom,
        HirKind::Literal(literal) if std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().count() == 1) => Level::Atom,
        HirKind::Empty | HirKind::Literal(_) | HirKind::Repetition(_) | HirKind::Concat(_) => Level::Concat,
        HirKind::Capture(capture) => level(&capture.sub),
        HirKind::Alternation(_) => Level::Alternation,
    }
}

/// Whether a character beyond ASCII could not be told apart, or seen, in a query.
fn invisible(c: char) -> bool {
    !c.is_ascii()
        && (c.is_control()
            || c.is_whitespace()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn regex(pattern: &str) -> Regex {
        Regex::new(&regex_syntax::parse(pattern).unwrap()).unwrap()
    }

    #[test]
    fn prints_plainly() {
        for (pattern, text) in [
            (r"(?i)cmd\.exe", r"(?i)cmd\.exe"),
            (r"(?i)mask-[a-f0-9]+", r"(?i)mask-[0-9a-f]+"),
            (r"(?i:a)b", "[Aa]b"),
            (r"a.c", "a.c"),
            (r"(?s)a.c", "a(?s:.)c"),
            (r"[^\n]x[^a-c\]]", r".x[^\]a-c]"),
            (r"^(foo|bar)+?$", r"^(?:foo|bar)+\z"),
            (r"(?m)^a$|\Ab", r"(?m)^a$|\Ab"),
            (r"(?-u:\b)foo", r"\bfoo"),
            (r"(?i)(?-u:\b)foo", r"(?i)\bfoo"),
            (r"a{2,5}b{3,}c{4}", "a{2,5}b{3,}c{4}"),
            (r"(ab)?c*", "(?:ab)?c*"),
            (r"\x00\x07\u{2028}é", r"\x00\x07\x{2028}é"),
            (r"[a&&b]", r"[^\s\S]"),
            (r"(|a)b", "(?:|a)b"),
            (r"(^)*x", "^?x"),
        ] {
            assert_eq!(print(&regex(pattern), Dialect::Rust).unwrap().text, text, "{pattern}");
        }
    }

    #[test]
    fn says_what_it_lacks() {
        assert!(print(&regex(r"\b{start}a"), Dialect::Rust).is_err());
        assert!(print(&regex("(?mR)^a"), Dialect::Rust).is_err());
        assert_eq!(print(&regex(r"(?-u:\b)a"), Dialect::Rust).unwrap().needs, [Name::AsciiClasses]);
        assert_eq!(print(&regex(r"\ba"), Dialect::Pcre).unwrap().needs, [Name::AsciiClasses]);
        assert_eq!(print(&regex(r"(?im)^k"), Dialect::Pcre).unwrap().needs, [Name::AsciiCase, Name::NoLineBreaks]);
    }

    #[test]
    fn speaks_pcre() {
        for (pattern, text) in [
            (r"(?i)cmd\.exe", r"(?i)cmd\.exe"),
            (r"(?i)sc`[^k]", "(?i)sc\\x60[^Kk\u{212a}]"),
            ("(?i)é[ab]", "[Éé][ABab]"),
            ("\u{202e}", "\u{202e}"),
            (r"a[\[:b]`", r"a[:\[b]\x60"),
            (r"^(foo|bar)+?$", r"^(?:foo|bar)+\z"),
            (r"(?-u:\b)a\t", r"\ba\t"),
            (r"\x{200d}", "\u{200d}"),
        ] {
            assert_eq!(print(&regex(pattern), Dialect::Pcre).unwrap().text, text, "{pattern}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
        #[test]
        fn means_the_same_to_the_engine(pattern in r"(\(\?[ims]{1,2}\)|)([ak.\\^$\-]|\[[^a]?[A-Zk\-]\]|\\[dwsbB.]|\(a|b\)|[a-k][*+?]|(a|\^k)\{1,2\}|\||\n){0,8}", text in "[aAkKsS\u{212a}\u{17f}é1 \n\\-]{0,8}") {
            let Ok(tree) = regex_syntax::parse(&pattern) else { return Ok(()) };
            let Ok(regex) = Regex::new(&tree) else { return Ok(()) };
            let printed = print(&regex, Dialect::Rust).map_err(proptest::test_runner::TestCaseError::fail)?;
            let again = regex::Regex::new(&printed.text).map_err(|e| proptest::test_runner::TestCaseError::fail(e.to_string()))?;
            proptest::prop_assert_eq!(regex.is_match(&text), again.is_match(&text), "{} printed as {}", pattern, printed.text);
        }
    }
}
