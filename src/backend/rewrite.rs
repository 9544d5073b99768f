//! Rewrites: one test said by means of others. Each is a named function, exact on records (under the
//! assumptions that the descriptor's entry names).
//!
//! A rewrite is an entry of a list of ways (`by: patterns`), takes a test on one value, and leads from
//! networks to patterns and from there to regular expressions, or from regular expressions to patterns, never
//! both (`descriptor` sees to it), so that rewriting ends. Deliberately absent: when a rewrite is used, which
//! the order of the list says.

use crate::ir::{Case, Pattern, Predicate, Regex, Value};
use crate::ir::{network, plain_regex};
use crate::source::Place;
use crate::text::fold::{ascii_suffices, fold, fold_class};
use crate::text::pattern::{Part, Shape};
use ipnet::IpNet;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};
use serde::Deserialize;

/// A named rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rewrite {
    /// `*` is the same as "present", where every member has a text.
    Exists,
    /// Under full case folding: the patterns with each letter that ASCII folding does not reach written in
    /// every case.
    Variants,
    /// A network as patterns on canonical addresses; a regular expression as the patterns that say the same.
    Patterns,
    /// A network as a short regular expression on canonical addresses.
    CanonicalRegex,
    /// A pattern or a network as a regular expression.
    Regex,
}

/// More patterns than this are no readable way to say an expression.
const MAX_PATTERNS: usize = 16;

/// More variants than this are no readable way to say a pattern.
const MAX_VARIANTS: usize = 4;

/// Patterns with more letters than this are not rewritten: an expression has a node for each, and takes a hundred times
/// the memory of the text.
const LONGEST: usize = 100_000;

impl Rewrite {
    /// The predicate that this one value becomes, if the rewrite is for it.
    pub(super) fn pattern(self, pattern: &Pattern, case: Case, place: Place) -> Option<Predicate> {
        if pattern.literal_chars().nth(LONGEST).is_some() {
            return None;
        }
        match self {
            Self::Exists => (pattern.shape() == Shape::Everything).then_some(Predicate::Exists),
            Self::Variants => {
                let variants = if case == Case::Fold { variants(pattern)? } else { return None };
                Some(Predicate::Like { any: variants.into_iter().map(|pattern| Value { pattern, place }).collect(), case: Case::Ascii })
            }
            Self::Regex => Regex::new(&pattern_regex(pattern, case)?).ok().map(Predicate::Regex),
            Self::Patterns | Self::CanonicalRegex => None,
        }
    }

    /// The predicate that this expression becomes, if the rewrite is for it: patterns that compare letters in one
    /// way.
    pub(super) fn regex(self, regex: &Regex, place: Place) -> Option<Predicate> {
        match self {
            Self::Patterns => {
                let (patterns, case) = plain_regex::patterns(regex.tree())?;
                let any = || patterns.iter().map(|pattern| Value { pattern: pattern.clone(), place }).collect();
                (patterns.len() <= MAX_PATTERNS).then(|| Predicate::Like { any: any(), case })
            }
            Self::Exists | Self::Variants | Self::CanonicalRegex | Self::Regex => None,
        }
    }

    /// The predicate that this one network becomes, if the rewrite is for it.
    pub(super) fn network(self, net: &IpNet, place: Place) -> Option<Predicate> {
        match self {
            Self::Patterns => {
                let any = network::patterns(net)?.into_iter().map(|pattern| Value { pattern, place }).collect();
                Some(Predicate::Like { any, case: Case::Fold })
            }
            Self::CanonicalRegex => Regex::new(&network::canonical_regex(net)?).ok().map(Predicate::Regex),
            Self::Regex => Regex::new(&network::regex(net)).ok().map(Predicate::Regex),
            Self::Exists | Self::Variants => None,
        }
    }
}

/// The patterns that together match under ASCII folding what this one matches under full folding.
fn variants(pattern: &Pattern) -> Option<Vec<Pattern>> {
    let mut variants: Vec<Vec<Part>> = vec![Vec::new()];
    for part in pattern.parts() {
        let Part::Text(text) = part else {
            variants.iter_mut().for_each(|variant| variant.push(part.clone()));
            continue;
        };
        for c in text.chars() {
            let choices = if ascii_suffices(c) { vec![c] } else { cases(c) };
            let one_more = |variant: &Vec<Part>, choice: char| variant.iter().cloned().chain([Part::Text(choice.to_string())]).collect();
            variants = variants.iter().flat_map(|variant| choices.iter().map(move |&choice| one_more(variant, choice))).collect();
            if variants.len() > MAX_VARIANTS {
                return None;
            }
        }
    }
    Some(variants.into_iter().map(Pattern::new).collect())
}

/// The character as it is, and its partners that ASCII folding tells from it.
fn cases(c: char) -> Vec<char> {
    let mut cases = vec![c];
    for other in fold_class(c) {
        if cases.iter().all(|&known| fold(known, Case::Ascii) != fold(other, Case::Ascii)) {
            cases.push(other);
        }
    }
    cases
}

/// A pattern as a regular expression. `None` for lower-case folding, which expressions do not have.
fn pattern_regex(pattern: &Pattern, case: Case) -> Option<Hir> {
    let any_char = || Hir::class(Class::Unicode(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])));
    let parts = pattern.parts();
    let mut tree = Vec::new();
    if parts.first() != Some(&Part::Any) {
        tree.push(Hir::look(Look::Start));
    }
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => {
                for c in text.chars() {
                    tree.push(char_regex(c, case)?);
                }
            }
            Part::One => tree.push(any_char()),
            Part::Any if index == 0 || index == last => {}
            Part::Any => tree.push(Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub: Box::new(any_char()) })),
        }
    }
    if parts.last() != Some(&Part::Any) {
        tree.push(Hir::look(Look::End));
    }
    Some(Hir::concat(tree))
}

fn char_regex(c: char, case: Case) -> Option<Hir> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    match case {
        Case::Sensitive => {}
        Case::Ascii => {
            let other = if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            class.push(ClassUnicodeRange::new(other, other));
        }
        Case::Fold => class.case_fold_simple(),
        Case::Lower => return None,
    }
    Some(Hir::class(Class::Unicode(class)))
}
