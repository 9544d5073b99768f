//! Strings of regular expressions: texts that match one, and texts that almost do, made by walking its
//! tree.
//!
//! Contract: hits are checked with the expression itself; near misses are only likely to miss. The walk
//! has a bound on what it writes. Deliberately absent: look-around is honoured only where it says that the
//! text starts or ends there, and at the edges of words.

use super::sample::Mold;
use crate::ir::{Pattern, Regex};
use crate::text::pattern::Part;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// The most characters of one string.
const MAX_LENGTH: usize = 4_096;
/// The most nodes that one walk visits.
const MAX_STEPS: usize = 20_000;
/// The most strings that are tried for hits.
const MAX_HITS: usize = 12;
/// The most places of an expression at which a string deviates.
const MAX_SITES: usize = 16;

/// Molds that match the expression: every alternative in turn, the fewest repetitions first.
pub(super) fn hits(regex: &Regex) -> Vec<Mold> {
    let mut molds = Vec::new();
    for variant in 0..MAX_HITS {
        let Some(walk) = Walk::over(regex.tree(), Choice { variant, deviation: None }) else { break };
        for mold in walk.molds() {
            if !molds.contains(&mold) && mold.instances().any(|text| regex.is_match(&text)) {
                molds.push(mold);
            }
        }
    }
    molds
}

/// Molds that match the expression and differ from its first hit at one place each.
pub(super) fn others(regex: &Regex) -> Vec<Mold> {
    let mut molds = deviating(regex, &[Deviation::Within]);
    molds.retain(|mold| mold.instances().any(|text| regex.is_match(&text)));
    molds
}

/// Molds that leave the expression at one place each: a character next to a class, one repetition too
/// few or too many.
pub(super) fn near(regex: &Regex) -> Vec<Mold> {
    deviating(regex, &[Deviation::Less, Deviation::More])
}

fn deviating(regex: &Regex, kinds: &[Deviation]) -> Vec<Mold> {
    let sites = Walk::over(regex.tree(), Choice { variant: 0, deviation: None }).map_or(0, |walk| walk.sites);
    let mut molds = Vec::new();
    for site in 0..sites.min(MAX_SITES) {
        for &kind in kinds {
            let walk = Walk::over(regex.tree(), Choice { variant: 0, deviation: Some((site, kind)) });
            let first = walk.and_then(|walk| walk.molds().into_iter().next());
            molds.extend(first.filter(|mold| !molds.contains(mold)));
        }
    }
    molds
}

/// In which direction a string deviates from its expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deviation {
    /// A character before a class, or one repetition less.
    Less,
    /// A character after a class, or one repetition more.
    More,
    /// The last character of a class, or one repetition more where it may be.
    Within,
}

/// How a walk decides.
#[derive(Debug, Clone, Copy)]
struct Choice {
    /// Which alternative, and which member of a class.
    variant: usize,
    /// The one place where the string leaves the expression.
    deviation: Option<(usize, Deviation)>,
}

/// A walk over the tree of an expression, and what it has written.
struct Walk {
    choice: Choice,
    parts: Vec<Part>,
    length: usize,
    steps: usize,
    /// The number of places where one can deviate.
    sites: usize,
    from_start: bool,
    /// The length at which the text must end.
    end: Option<usize>,
    at_words: bool,
}

impl Walk {
    fn over(tree: &Hir, choice: Choice) -> Option<Self> {
        let mut walk = Self { choice, parts: Vec::new(), length: 0, steps: 0, sites: 0, from_start: false, end: None, at_words: false };
        walk.visit(tree)?;
        Some(walk)
    }

    /// What was written, open at the ends that the expression leaves open.
    fn molds(self) -> Vec<Mold> {
        let (from_start, to_end) = (self.from_start, self.end == Some(self.length));
        let framed = |edge: Option<Part>| {
            let before = if from_start { vec![] } else { [Some(Part::Any), edge.clone()].into_iter().flatten().collect() };
            let after = if to_end { vec![] } else { [edge, Some(Part::Any)].into_iter().flatten().collect() };
            Mold::of(Pattern::new(before.into_iter().chain(self.parts.iter().cloned()).chain(after)))
        };
        let blank = Part::Text(" ".to_owned());
        if self.at_words { vec![framed(Some(blank)), framed(Some(Part::Text("a".to_owned()))), framed(None)] } else { vec![framed(None)] }
    }

    fn visit(&mut self, tree: &Hir) -> Option<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return None;
        }
        match tree.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => self.write(std::str::from_utf8(&literal.0).ok()?),
            HirKind::Class(class) => self.class(class),
            HirKind::Look(look) => {
                self.look(*look);
                Some(())
            }
            HirKind::Repetition(repetition) => self.repetition(repetition),
            HirKind::Capture(capture) => self.visit(&capture.sub),
            HirKind::Concat(children) => children.iter().try_for_each(|child| self.visit(child)),
            HirKind::Alternation(children) => {
                let at = self.choice.variant.checked_rem(children.len())?;
                self.visit(children.get(at)?)
            }
        }
    }

    fn write(&mut self, text: &str) -> Option<()> {
        self.length += text.chars().count();
        self.parts.push(Part::Text(text.to_owned()));
        (self.length <= MAX_LENGTH).then_some(())
    }

    /// The deviation that is due at the next site.
    fn site(&mut self) -> Option<Deviation> {
        self.sites += 1;
        self.choice.deviation.filter(|(site, _)| site + 1 == self.sites).map(|(_, kind)| kind)
    }

    fn class(&mut self, class: &Class) -> Option<()> {
        let ranges = ranges(class);
        match self.site() {
            Some(Deviation::Within) => self.write(&ranges.last()?.1.to_string()),
            Some(kind) => self.write(&outside(&ranges, kind)?.to_string()),
            None if is_wide(&ranges) => {
                self.length += 1;
                self.parts.push(Part::One);
                Some(())
            }
            None => self.write(&member(&ranges, self.choice.variant)?.to_string()),
        }
    }

    fn look(&mut self, look: Look) {
        match look {
            Look::Start | Look::StartLF | Look::StartCRLF => self.from_start |= self.length == 0,
            Look::End | Look::EndLF | Look::EndCRLF => self.end = Some(self.length),
            Look::WordAscii
            | Look::WordAsciiNegate
            | Look::WordUnicode
            | Look::WordUnicodeNegate
            | Look::WordStartAscii
            | Look::WordEndAscii
            | Look::WordStartUnicode
            | Look::WordEndUnicode
            | Look::WordStartHalfAscii
            | Look::WordEndHalfAscii
            | Look::WordStartHalfUnicode
            | Look::WordEndHalfUnicode => self.at_words = true,
        }
    }

    fn repetition(&mut self, repetition: &Repetition) -> Option<()> {
        let least = repetition.min;
        let most = repetition.max.unwrap_or(least.saturating_add(1));
        let count = match self.site() {
            Some(Deviation::Less) => least.saturating_sub(1),
            Some(Deviation::More) => most.saturating_add(1),
            Some(Deviation::Within) => least.saturating_add(1).min(most),
            None if self.choice.variant % 2 == 1 => least.saturating_add(1).min(most),
            None => least,
        };
        let sites = self.sites;
        for _ in 0..count {
            self.sites = sites;
            self.visit(&repetition.sub)?;
        }
        if repetition.max.is_none() && self.choice.deviation.is_none() && is_wide_class(&repetition.sub) {
            self.length += 1;
            self.parts.push(Part::Any);
        }
        Some(())
    }
}

fn is_wide_class(tree: &Hir) -> bool {
    match tree.kind() {
        HirKind::Class(class) => is_wide(&ranges(class)),
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => false,
    }
}

/// The ranges of a class, of bytes only those that are characters by themselves.
fn ranges(class: &Class) -> Vec<(char, char)> {
    match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            let ascii = class.iter().filter(|range| range.start().is_ascii());
            ascii.map(|range| (char::from(range.start()), char::from(range.end().min(0x7f)))).collect()
        }
    }
}

fn contains(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|&(start, end)| (start..=end).contains(&c))
}

/// Whether a class has most characters, as `.` and negated classes do.
fn is_wide(ranges: &[(char, char)]) -> bool {
    "x0-".chars().all(|c| contains(ranges, c))
}

/// A member of a class: an ordinary character first, then the ends of its ranges.
fn member(ranges: &[(char, char)], variant: usize) -> Option<char> {
    if variant == 0 {
        let ordinary = "ax0bA1 ./-_\\".chars().find(|&c| contains(ranges, c));
        return ordinary.or_else(|| ('a'..='z').find(|&c| contains(ranges, c))).or_else(|| ranges.first().map(|range| range.0));
    }
    let (start, end) = ranges.get((variant / 2).checked_rem(ranges.len())?)?;
    Some(if variant % 2 == 1 { *end } else { *start })
}

/// A character next to a range of a class that the class does not have.
fn outside(ranges: &[(char, char)], kind: Deviation) -> Option<char> {
    let before = |&(start, _): &(char, char)| char::from_u32((start as u32).checked_sub(1)?);
    let after = |&(_, end): &(char, char)| char::from_u32((end as u32).checked_add(1)?);
    let mut candidates: Vec<char> = match kind {
        Deviation::Less => ranges.iter().filter_map(before).collect(),
        Deviation::More | Deviation::Within => ranges.iter().rev().filter_map(after).collect(),
    };
    candidates.extend(['\n', '~']);
    candidates.retain(|&c| !contains(ranges, c));
    candidates.iter().copied().find(|c| c.is_ascii()).or_else(|| candidates.first().copied())
}
