//! Regular expressions as Sigma means them (sigma.md §4.1 `re`), said in the words of the `regex` crate.
//!
//! The two differ in three ways. Perl classes and word boundaries are ASCII (D-18), also where case is
//! ignored: `(?i)\w` has no Kelvin sign, since a set of characters that names no letter has no case. `\<`
//! and `\>` are escaped punctuation. Everything else has the same meaning in both: search, not whole
//! match; `.` is any character but a line feed; `$` without `m` is the end of the text only (D-17); case
//! folding is Unicode's simple one (D-12). The expression is parsed, translated node by node, and compiled from the
//! nodes: printing them would not always give the same expression. Deliberately absent: what Sigma does not have (`\p`, named POSIX classes, class operators, the
//! flags `u` and `R`); the parser refuses such rules.

use crate::rule::{DetectionItem, Modifier};
use regex_automata::meta::{self, Regex};
use regex_syntax::ast::{self, AssertionKind, Ast, ClassPerlKind, ClassSet, ClassSetItem, GroupKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};
use std::cell::RefCell;
use std::collections::HashMap;

/// A compiled expression takes at most so many bytes.
const MAX_PROGRAM: usize = 10 << 20;

/// The flags `i`, `m`, `s`, as given by modifiers or set inside the expression.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Flags {
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
}

impl Flags {
    pub(super) fn of(item: &DetectionItem) -> Self {
        Self { ignore_case: item.has(Modifier::IgnoreCase), multiline: item.has(Modifier::Multiline), dot_all: item.has(Modifier::DotAll) }
    }
}

thread_local! {
    /// The expressions compiled last: one rule is asked about many events.
    static COMPILED: RefCell<HashMap<(String, Flags), Option<Regex>>> = RefCell::new(HashMap::new());
}

/// More compiled expressions than this are not kept.
const KEPT: usize = 64;

/// Whether the expression with these flags is found in some of the texts; never, where it is beyond Sigma.
pub(super) fn is_found(expression: &str, flags: Flags, mut texts: impl Iterator<Item: AsRef<str>>) -> bool {
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        let regex = compiled.entry((expression.to_owned(), flags)).or_insert_with(|| compile(expression, flags));
        regex.as_ref().is_some_and(|regex| texts.any(|text| regex.is_match(text.as_ref())))
    })
}

/// The expression with these flags; `None` for what is beyond Sigma.
pub(super) fn compile(expression: &str, mut flags: Flags) -> Option<Regex> {
    let ast = ast::parse::Parser::new().parse(expression).ok()?;
    let meaning = translate(&ast, &mut flags)?;
    meta::Builder::new().configure(meta::Config::new().nfa_size_limit(Some(MAX_PROGRAM))).build_from_hir(&meaning).ok()
}

/// What a node means. Flags that it sets hold for what follows it, up to the end of the enclosing group.
fn translate(ast: &Ast, flags: &mut Flags) -> Option<Hir> {
    Some(match ast {
        Ast::Empty(_) => Hir::empty(),
        Ast::Flags(set) => {
            *flags = changed(*flags, &set.flags)?;
            Hir::empty()
        }
        Ast::Literal(literal) => one_of(letters(literal.c, literal.c, *flags)),
        Ast::Dot(_) => Hir::dot(if flags.dot_all { Dot::AnyChar } else { Dot::AnyCharExceptLF }),
        Ast::Assertion(assertion) => assert(&assertion.kind, *flags)?,
        Ast::ClassPerl(class) => one_of(perl(class)),
        Ast::ClassBracketed(class) => one_of(bracketed(class, *flags)?),
        Ast::ClassUnicode(_) => return None,
        Ast::Repetition(repetition) => repeat(repetition, flags)?,
        Ast::Group(group) => {
            let mut inner = match &group.kind {
                GroupKind::NonCapturing(set) => changed(*flags, set)?,
                GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => *flags,
            };
            translate(&group.ast, &mut inner)?
        }
        Ast::Alternation(branches) => Hir::alternation(branches.asts.iter().map(|branch| translate(branch, flags)).collect::<Option<_>>()?),
        Ast::Concat(parts) => Hir::concat(parts.asts.iter().map(|part| translate(part, flags)).collect::<Option<_>>()?),
    })
}

fn changed(flags: Flags, set: &ast::Flags) -> Option<Flags> {
    if set.flag_state(ast::Flag::Unicode).is_some() || set.flag_state(ast::Flag::CRLF).is_some() {
        return None;
    }
    Some(Flags {
        ignore_case: set.flag_state(ast::Flag::CaseInsensitive).unwrap_or(flags.ignore_case),
        multiline: set.flag_state(ast::Flag::MultiLine).unwrap_or(flags.multiline),
        dot_all: set.flag_state(ast::Flag::DotMatchesNewLine).unwrap_or(flags.dot_all),
    })
}

fn assert(kind: &AssertionKind, flags: Flags) -> Option<Hir> {
    Some(match kind {
        AssertionKind::StartLine => Hir::look(if flags.multiline { Look::StartLF } else { Look::Start }),
        AssertionKind::EndLine => Hir::look(if flags.multiline { Look::EndLF } else { Look::End }),
        AssertionKind::StartText => Hir::look(Look::Start),
        AssertionKind::EndText => Hir::look(Look::End),
        AssertionKind::WordBoundary => Hir::look(Look::WordAscii),
        AssertionKind::NotWordBoundary => Hir::look(Look::WordAsciiNegate),
        AssertionKind::WordBoundaryStartAngle => one_of(range('<', '<')),
        AssertionKind::WordBoundaryEndAngle => one_of(range('>', '>')),
        AssertionKind::WordBoundaryStart
        | AssertionKind::WordBoundaryEnd
        | AssertionKind::WordBoundaryStartHalf
        | AssertionKind::WordBoundaryEndHalf => return None,
    })
}

fn repeat(repetition: &ast::Repetition, flags: &mut Flags) -> Option<Hir> {
    let (min, max) = match &repetition.op.kind {
        ast::RepetitionKind::ZeroOrOne => (0, Some(1)),
        ast::RepetitionKind::ZeroOrMore => (0, None),
        ast::RepetitionKind::OneOrMore => (1, None),
        ast::RepetitionKind::Range(ast::RepetitionRange::Exactly(n)) => (*n, Some(*n)),
        ast::RepetitionKind::Range(ast::RepetitionRange::AtLeast(n)) => (*n, None),
        ast::RepetitionKind::Range(ast::RepetitionRange::Bounded(min, max)) => (*min, Some(*max)),
    };
    let sub = Box::new(translate(&repetition.ast, flags)?);
    Some(Hir::repetition(Repetition { min, max, greedy: repetition.greedy, sub }))
}

fn one_of(class: ClassUnicode) -> Hir {
    Hir::class(Class::Unicode(class))
}

fn range(first: char, last: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(first, last)])
}

/// The characters written, and their case partners where case is ignored.
fn letters(first: char, last: char, flags: Flags) -> ClassUnicode {
    let mut class = range(first, last);
    if flags.ignore_case {
        class.case_fold_simple();
    }
    class
}

fn perl(class: &ast::ClassPerl) -> ClassUnicode {
    let ranges: &[(char, char)] = match class.kind {
        ClassPerlKind::Digit => &[('0', '9')],
        ClassPerlKind::Space => &[('\t', '\r'), (' ', ' ')],
        ClassPerlKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
    };
    negated(ClassUnicode::new(ranges.iter().map(|&(first, last)| ClassUnicodeRange::new(first, last))), class.negated)
}

fn bracketed(class: &ast::ClassBracketed, flags: Flags) -> Option<ClassUnicode> {
    match &class.kind {
        ClassSet::Item(item) => Some(negated(members(item, flags)?, class.negated)),
        ClassSet::BinaryOp(_) => None,
    }
}

fn members(item: &ClassSetItem, flags: Flags) -> Option<ClassUnicode> {
    Some(match item {
        ClassSetItem::Empty(_) => ClassUnicode::empty(),
        ClassSetItem::Literal(literal) => letters(literal.c, literal.c, flags),
        ClassSetItem::Range(range) => letters(range.start.c, range.end.c, flags),
        ClassSetItem::Perl(class) => perl(class),
        ClassSetItem::Bracketed(class) => bracketed(class, flags)?,
        ClassSetItem::Union(union) => {
            let mut all = ClassUnicode::empty();
            for item in &union.items {
                all.union(&members(item, flags)?);
            }
            all
        }
        ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) => return None,
    })
}

fn negated(mut class: ClassUnicode, negate: bool) -> ClassUnicode {
    if negate {
        class.negate();
    }
    class
}
