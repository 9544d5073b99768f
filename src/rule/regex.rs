//! Regular expressions of the modifier `re`: whether one is valid, and inside what Sigma allows.
//!
//! Sigma (specification, section "Regular Expressions"; sigma.md §4.1 `re`) has a subset of PCRE. Accepted
//! is what PCRE, Python and the `regex` crate all read the same way: literals, escapes of punctuation, `\t`
//! `\n` `\r` `\f` `\a` `\xHH`, `.`, classes, `\d \w \s` and their complements, `^ $ \A \b \B`, groups with and
//! without capture, alternation, quantifiers greedy and lazy, and the flags `i`, `m` and `s` at the start. `\<` and `\>`
//! are escapes of punctuation (the `regex` crate alone has boundaries of words there).
//! What one of them lacks or reads otherwise is refused. Deliberately absent: meaning, and matching.

use crate::diag::Code;
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    Assertion, AssertionKind, Ast, ClassBracketed, ClassSet, ClassSetItem, ErrorKind, Flag, Flags, FlagsItemKind, Group, GroupKind,
    HexLiteralKind, Literal, LiteralKind, Repetition, RepetitionKind, RepetitionRange, SetFlags, Span, SpecialLiteralKind,
};
use std::ops::Range;

/// Expressions whose compiled form would have more states than about this are refused.
const MAX_SIZE: u64 = 60_000;

/// The longest expression that is parsed, in bytes: its tree takes some hundred times as much.
const MAX_LENGTH: usize = 120_000;

/// The size of one class or `.`: about so many states stand for any character of UTF-8.
const CLASS_SIZE: u64 = 12;

/// Why an expression is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    /// Where, in bytes of the expression.
    pub(super) range: Range<usize>,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// Checks an expression, and gives about how many states its compiled form has.
///
/// # Errors
/// The first fault: [`Code::InvalidRegex`] or [`Code::UnsupportedRegex`].
pub(super) fn check(text: &str) -> Result<u64, Fault> {
    if text.len() > MAX_LENGTH {
        let message = format!("a regular expression of more than {MAX_LENGTH} bytes");
        let help = "write several values, each with a part of the alternatives";
        return Err(Fault { code: Code::UnsupportedRegex, range: 0..text.len(), message, help });
    }
    let ast = Parser::new().parse(text).map_err(|error| nested_class(text, &error).unwrap_or_else(|| syntax_fault(&error, text)))?;
    let size = Checker { text, flags_end: 0 }.ast(&ast)?;
    if size > MAX_SIZE {
        let message = "a regular expression too large to compile".to_owned();
        let help = "use smaller repetition counts";
        return Err(Fault { code: Code::UnsupportedRegex, range: 0..text.len(), message, help });
    }
    Ok(size)
}

/// The fault of a class that is only unclosed because a bracket in it opens another one for some engines: PCRE takes it as
/// it is.
fn nested_class(text: &str, error: &regex_syntax::ast::Error) -> Option<Fault> {
    if *error.kind() != ErrorKind::ClassUnclosed {
        return None;
    }
    let (mut literal, mut inner, mut escaped, mut start) = (String::with_capacity(text.len()), None, false, None);
    for (at, c) in text.char_indices() {
        let is_first = start.is_some_and(|start| matches!(text.get(start..at), Some("[" | "[^")));
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if start.is_some() => {
                inner = inner.or(Some(at));
                literal.push('\\');
            }
            '[' => start = Some(at),
            ']' if !is_first => start = None,
            _ => {}
        }
        literal.push(c);
    }
    let at = inner.filter(|_| Parser::new().parse(&literal).is_ok())?;
    let message = "engines disagree about a bracket in a class, which is not part of Sigma's regular expressions".to_owned();
    Some(Fault { code: Code::UnsupportedRegex, range: at..at + 1, message, help: "escape it: `\\[`" })
}

fn syntax_fault(error: &regex_syntax::ast::Error, text: &str) -> Fault {
    let fault = |code, message: String, help| Fault { code, range: range(error.span()), message, help };
    let kind = error.kind();
    if *kind == ErrorKind::UnsupportedLookAround {
        let help = "say what must not follow or precede in a detection item of its own";
        return fault(Code::UnsupportedRegex, "look-around is not part of Sigma's regular expressions".to_owned(), help);
    }
    if *kind == ErrorKind::UnsupportedBackreference && text.get(range(error.span())).is_some_and(|escape| escape.starts_with("\\0")) {
        let message = "octal escapes are not part of Sigma's regular expressions".to_owned();
        return fault(Code::UnsupportedRegex, message, "write `\\xHH`, such as `\\x00`");
    }
    if *kind == ErrorKind::UnsupportedBackreference {
        let help = "write the alternatives out, or escape the backslash: `\\\\`";
        return fault(Code::UnsupportedRegex, "back-references are not part of Sigma's regular expressions".to_owned(), help);
    }
    if is_beyond_sigma(kind) {
        let help = "use `. ^ $ * + ? {n,m} [..] | ()`, `\\d \\w \\s \\b`, escaped punctuation, and `(?i)` at the start";
        return fault(Code::UnsupportedRegex, format!("not part of Sigma's regular expressions: {kind}"), help);
    }
    let help = "escape characters that are meant literally, such as `\\(`, `\\[`, `\\{` and `\\\\`";
    fault(Code::InvalidRegex, format!("not a regular expression: {kind}"), help)
}

/// Whether an error is about a construct that other engines have: atomic groups, conditionals, `\K`, `\p{…}` …
fn is_beyond_sigma(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NestLimitExceeded(_)
            | ErrorKind::CaptureLimitExceeded
            | ErrorKind::EscapeUnrecognized
            | ErrorKind::ClassEscapeInvalid
            | ErrorKind::FlagUnrecognized
            | ErrorKind::UnicodeClassInvalid
            | ErrorKind::SpecialWordBoundaryUnclosed
            | ErrorKind::SpecialWordBoundaryUnrecognized
            | ErrorKind::SpecialWordOrRepetitionUnexpectedEof
    )
}

fn unsupported(span: &Span, what: &str, help: &'static str) -> Fault {
    let message = format!("{what} not part of Sigma's regular expressions");
    Fault { code: Code::UnsupportedRegex, range: range(span), message, help }
}

fn range(span: &Span) -> Range<usize> {
    span.start.offset..span.end.offset
}

/// Walks a syntax tree, whose depth the parser has bounded, and gives the size of its compiled form.
struct Checker<'t> {
    text: &'t str,
    /// Where the flags at the start of the expression end.
    flags_end: usize,
}

impl Checker<'_> {
    fn ast(&mut self, ast: &Ast) -> Result<u64, Fault> {
        match ast {
            Ast::Empty(_) => Ok(1),
            Ast::Flags(flags) => self.flags(flags),
            Ast::Literal(literal) => self.literal(literal),
            Ast::Dot(_) | Ast::ClassPerl(_) => Ok(CLASS_SIZE),
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassUnicode(class) => Err(unicode_class(&class.span)),
            Ast::ClassBracketed(class) => self.class(class),
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => self.group(group),
            Ast::Alternation(alternation) => self.all(&alternation.asts),
            Ast::Concat(concat) => self.all(&concat.asts),
        }
    }

    fn all(&mut self, asts: &[Ast]) -> Result<u64, Fault> {
        let mut size = 1_u64;
        for ast in asts {
            size = size.saturating_add(self.ast(ast)?);
        }
        Ok(size)
    }

    fn flags(&mut self, set: &SetFlags) -> Result<u64, Fault> {
        if set.span.start.offset != self.flags_end {
            return Err(unsupported(&set.span, "flags after the start are", "move them to the start of the expression"));
        }
        self.flags_end = set.span.end.offset;
        known_flags(&set.flags)?;
        Ok(1)
    }

    fn literal(&self, literal: &Literal) -> Result<u64, Fault> {
        match &literal.kind {
            LiteralKind::Verbatim
            | LiteralKind::Meta
            | LiteralKind::Superfluous
            | LiteralKind::HexFixed(HexLiteralKind::X)
            | LiteralKind::Special(
                SpecialLiteralKind::Bell
                | SpecialLiteralKind::FormFeed
                | SpecialLiteralKind::Tab
                | SpecialLiteralKind::LineFeed
                | SpecialLiteralKind::CarriageReturn
                | SpecialLiteralKind::Space,
            ) => Ok(literal.c.len_utf8() as u64 * 2),
            LiteralKind::Octal
            | LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
            | LiteralKind::HexBrace(_)
            | LiteralKind::Special(SpecialLiteralKind::VerticalTab) => {
                let written = self.text.get(range(&literal.span)).unwrap_or_default();
                Err(unsupported(&literal.span, &format!("the escape `{written}` is"), "write the character itself, or `\\xHH`"))
            }
        }
    }

    fn assertion(&self, assertion: &Assertion) -> Result<u64, Fault> {
        match assertion.kind {
            AssertionKind::StartLine
            | AssertionKind::EndLine
            | AssertionKind::StartText
            | AssertionKind::WordBoundary
            | AssertionKind::NotWordBoundary => Ok(1),
            // Escaped punctuation, though the `regex` crate has boundaries of words there.
            AssertionKind::WordBoundaryStartAngle | AssertionKind::WordBoundaryEndAngle => Ok(1),
            AssertionKind::EndText => Err(unsupported(&assertion.span, "the anchor `\\z` is", "write `$`")),
            AssertionKind::WordBoundaryStart
            | AssertionKind::WordBoundaryEnd
            | AssertionKind::WordBoundaryStartHalf
            | AssertionKind::WordBoundaryEndHalf => Err(unsupported(&assertion.span, "this word boundary is", "write `\\b`")),
        }
    }

    fn class(&self, class: &ClassBracketed) -> Result<u64, Fault> {
        match &class.kind {
            ClassSet::Item(item) => Ok(self.class_item(item)?.saturating_add(CLASS_SIZE)),
            ClassSet::BinaryOp(operation) => {
                Err(unsupported(&operation.span, "class operations (`&&`, `--`, `~~`) are", "escape the characters, as in `\\&`"))
            }
        }
    }

    fn class_item(&self, item: &ClassSetItem) -> Result<u64, Fault> {
        match item {
            ClassSetItem::Empty(_) => Ok(1),
            ClassSetItem::Literal(literal) => self.literal(literal),
            ClassSetItem::Range(range) => Ok(self.literal(&range.start)?.max(self.literal(&range.end)?).saturating_add(CLASS_SIZE)),
            ClassSetItem::Perl(_) => Ok(CLASS_SIZE),
            ClassSetItem::Ascii(class) => Err(unsupported(&class.span, "POSIX classes are", "write the ranges out, as in `[A-Za-z]`")),
            ClassSetItem::Unicode(class) => Err(unicode_class(&class.span)),
            ClassSetItem::Bracketed(class) => Err(unsupported(&class.span, "classes inside classes are", "escape the bracket: `\\[`")),
            ClassSetItem::Union(union) => {
                let mut size = 0_u64;
                for item in &union.items {
                    size = size.saturating_add(self.class_item(item)?);
                }
                Ok(size)
            }
        }
    }

    fn repetition(&mut self, repetition: &Repetition) -> Result<u64, Fault> {
        if matches!(*repetition.ast, Ast::Repetition(_)) {
            let help = "remove the second quantifier, or put the first into a group";
            return Err(unsupported(&repetition.op.span, "possessive and stacked quantifiers are", help));
        }
        let times = match &repetition.op.kind {
            RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 1,
            RepetitionKind::Range(RepetitionRange::Exactly(count) | RepetitionRange::Bounded(_, count)) => u64::from(*count),
            RepetitionKind::Range(RepetitionRange::AtLeast(count)) => u64::from(*count) + 1,
        };
        Ok(self.ast(&repetition.ast)?.saturating_add(1).saturating_mul(times).saturating_add(1))
    }

    fn group(&mut self, group: &Group) -> Result<u64, Fault> {
        match &group.kind {
            GroupKind::CaptureIndex(_) => {}
            GroupKind::CaptureName { .. } => return Err(unsupported(&group.span, "named groups are", "write a plain group: `(…)`")),
            GroupKind::NonCapturing(flags) if flags.items.is_empty() => {}
            GroupKind::NonCapturing(flags) => {
                return Err(unsupported(&flags.span, "flags after the start are", "move them to the start of the expression"));
            }
        }
        Ok(self.ast(&group.ast)?.saturating_add(2))
    }
}

fn known_flags(flags: &Flags) -> Result<(), Fault> {
    for item in &flags.items {
        match item.kind {
            FlagsItemKind::Flag(Flag::CaseInsensitive | Flag::MultiLine | Flag::DotMatchesNewLine) => {}
            FlagsItemKind::Negation | FlagsItemKind::Flag(Flag::SwapGreed | Flag::Unicode | Flag::CRLF | Flag::IgnoreWhitespace) => {
                return Err(unsupported(&item.span, "this flag is", "Sigma has the flags `i`, `m` and `s`"));
            }
        }
    }
    Ok(())
}

fn unicode_class(span: &Span) -> Fault {
    unsupported(span, "Unicode classes are", "write the characters or ranges out")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str) -> &'static str {
        check(text).map_or_else(|fault| fault.code.name(), |_| "ok")
    }

    #[test]
    fn sigmas_subset() {
        for text in [
            "",
            "a.b",
            "^a$",
            "a*b+c?",
            "a{1,3}",
            "a{2}",
            "a{2,}",
            "[a-z]",
            "[^a-z]",
            "(a|b)",
            "(?:a|b)",
            r"\d\w\s\S\W\D\b\B",
            "a.*?b",
            r"\/\.\-\\",
            "(?i)a",
            "(?im)a",
            "(?i)(?s)a|b",
            r"[\w.-]+",
            r"\x41\t\n\r",
            r"\A",
            "é+",
            r"\ ",
            r#"\"\'\%\:\,\!\@\#\=\_\~\`\&\;"#,
            "[a-]",
            "[]a]",
            "[&-]",
            r"\<a\>",
            r"[\[a]",
        ] {
            assert_eq!(outcome(text), "ok", "{text}");
        }
    }

    #[test]
    fn beyond_the_subset() {
        for text in [
            "a(?=b)",
            "a(?!b)",
            "(?<=a)b",
            "(?<!a)b",
            r"(a)\1",
            "(?>a)",
            "(a)(?(1)b|c)",
            "(?P<n>a)",
            "(?<n>a)",
            "a(?i)b",
            "(?i:a)",
            "(?-i)a",
            "(?x)a",
            "(?U)a",
            "a++",
            "a*+",
            "a?+",
            "a**",
            r"\p{L}",
            r"\pL",
            "[[:alpha:]]",
            "[a&&b]",
            "[a--b]",
            "[a[b]]",
            r"\u0041",
            r"\x{41}",
            "[a[b]",
            "[[]",
            r"\07",
            r"\z",
            r"\Z",
            r"\K",
            r"\h",
            r"\Qa\E",
            r"[\b]",
            r"\b{start}",
            "(?#c)a",
            "(?|a)",
            "(?R)",
            r"\v",
            r"\é",
        ] {
            assert_eq!(outcome(text), "unsupported_regex", "{text}");
        }
    }

    #[test]
    fn errors() {
        for text in ["(", ")", "[", "*a", "a{2,1}", "a{x}", r"a\", "[z-a]", "(?", r"\xZZ", "a{", "(a", "a{1,", "+"] {
            assert_eq!(outcome(text), "invalid_regex", "{text}");
        }
    }

    #[test]
    fn sizes_are_bounded_and_what_passes_compiles() {
        for text in [
            "a{1000}{1000}",
            "((a{1000}){1000}){1000}",
            ".{100000}",
            r"(\w{300}){300}",
            &format!("{}a{}", "(".repeat(1000), ")".repeat(1000)),
            "[é-ü]{100000}",
        ] {
            assert_eq!(outcome(text), "unsupported_regex", "{text}");
        }
        for text in [".{4000}", "a{19000}", "[^a]{2000}", "(?i)k{19000}", r"(?-u:\w){4000}", "[α-ωa-z]{1300}", "(?i)[α-ωa-z]{1300}"] {
            if !text.contains("-u") {
                assert_eq!(outcome(text), "ok", "{text}");
            }
            assert!(regex::Regex::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn places_are_exact() {
        let range = |text: &str| check(text).err().map(|fault| fault.range);
        assert_eq!(range("foo(?=bar)"), Some(3..6));
        assert_eq!(range("aé(?i)b"), Some(3..7));
        assert_eq!(range(r"(a)\1"), Some(3..5));
    }
}
