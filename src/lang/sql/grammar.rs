//! Which regular expressions say "this text is a number": those whose language is exactly JSON's number
//! grammar, however they are written.
//!
//! Decided by walking two automata side by side. Bounded; where it is not decided, the answer is no.
//! Deliberately absent: look-around other than the two ends of the text.

use super::value::Column;
use crate::ir::{Expr, Predicate, Subject, Test};
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::collections::BTreeSet;

/// JSON's number grammar (RFC 8259 §6).
const NUMBER: &str = r"\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\z";

/// States of an automaton, and pairs of state sets, beyond which nothing is decided.
const MAX_STATES: usize = 400;

/// A condition without its part that says that the column's text is a number; `None` where it has no such
/// part.
pub(super) fn without_guard(guard: &Expr, column: &Column) -> Option<Expr> {
    let tests_number = |expr: &Expr| {
        let Expr::Test(Test { subject: Subject::Field(field), predicate: Predicate::Regex(regex), .. }) = expr else { return false };
        *field == column.key && is_number_grammar(regex.tree())
    };
    let parts = if let Expr::And(parts) = guard { parts.as_slice() } else { std::slice::from_ref(guard) };
    let guarded = parts.iter().any(tests_number);
    guarded.then(|| Expr::and(parts.iter().filter(|part| !tests_number(part)).cloned()))
}

/// Whether a formula holds only for numbers: it compares one.
pub(super) fn says_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Test(Test { predicate: Predicate::Compare { .. }, .. }))
}

/// Whether an expression is found exactly in the texts that are numbers.
pub(super) fn is_number_grammar(tree: &Hir) -> bool {
    let reference = regex_syntax::parse(NUMBER).ok().and_then(|tree| Automaton::anchored(&tree));
    match (Automaton::anchored(tree), reference) {
        (Some(own), Some(number)) => own.equals(&number),
        (_, _) => false,
    }
}

/// A nondeterministic automaton; state 0 is the start, and the last one accepts.
#[derive(Default)]
struct Automaton {
    /// Ranges of characters to the next state.
    steps: Vec<Vec<(char, char, usize)>>,
    /// Steps without a character.
    jumps: Vec<Vec<usize>>,
    accepting: usize,
}

impl Automaton {
    /// The automaton of an expression that stands between the two ends of the text.
    fn anchored(tree: &Hir) -> Option<Self> {
        let HirKind::Concat(parts) = tree.kind() else { return None };
        let (first, rest) = parts.split_first()?;
        let (last, middle) = rest.split_last()?;
        if *first.kind() != HirKind::Look(Look::Start) || *last.kind() != HirKind::Look(Look::End) {
            return None;
        }
        let mut automaton = Self::default();
        let mut at = automaton.state()?;
        for part in middle {
            at = automaton.add(part, at)?;
        }
        automaton.accepting = at;
        Some(automaton)
    }

    fn state(&mut self) -> Option<usize> {
        self.steps.push(Vec::new());
        self.jumps.push(Vec::new());
        (self.steps.len() <= MAX_STATES).then(|| self.steps.len() - 1)
    }

    fn jump(&mut self, from: usize, to: usize) {
        if let Some(jumps) = self.jumps.get_mut(from) {
            jumps.push(to);
        }
    }

    fn step(&mut self, from: usize, range: (char, char)) -> Option<usize> {
        let to = self.state()?;
        self.steps.get_mut(from)?.push((range.0, range.1, to));
        Some(to)
    }

    /// Adds an expression after a state; the state after it.
    fn add(&mut self, tree: &Hir, from: usize) -> Option<usize> {
        match tree.kind() {
            HirKind::Empty => Some(from),
            HirKind::Look(_) => None,
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                text.chars().try_fold(from, |at, c| self.step(at, (c, c)))
            }
            HirKind::Class(class) => {
                let ranges: Vec<(char, char)> = match class {
                    Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
                    Class::Bytes(class) => class.to_unicode_class()?.ranges().iter().map(|range| (range.start(), range.end())).collect(),
                };
                let to = self.state()?;
                self.steps.get_mut(from)?.extend(ranges.into_iter().map(|(start, end)| (start, end, to)));
                Some(to)
            }
            HirKind::Capture(capture) => self.add(&capture.sub, from),
            HirKind::Concat(parts) => parts.iter().try_fold(from, |at, part| self.add(part, at)),
            HirKind::Alternation(parts) => {
                let to = self.state()?;
                for part in parts {
                    let end = self.add(part, from)?;
                    self.jump(end, to);
                }
                Some(to)
            }
            HirKind::Repetition(repetition) => self.repeat(&repetition.sub, repetition.min, repetition.max, from),
        }
    }

    fn repeat(&mut self, sub: &Hir, min: u32, max: Option<u32>, from: usize) -> Option<usize> {
        let mut at = from;
        for _ in 0..min {
            at = self.add(sub, at)?;
        }
        match max {
            None => {
                let (enter, to) = (self.state()?, self.state()?);
                self.jump(at, enter);
                let end = self.add(sub, enter)?;
                self.jump(end, enter);
                self.jump(enter, to);
                Some(to)
            }
            Some(max) => {
                let to = self.state()?;
                for _ in min..max {
                    self.jump(at, to);
                    at = self.add(sub, at)?;
                }
                self.jump(at, to);
                Some(to)
            }
        }
    }

    fn closure(&self, states: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut open: Vec<usize> = states.into_iter().collect();
        let mut closed = BTreeSet::new();
        while let Some(state) = open.pop() {
            if closed.insert(state) {
                open.extend(self.jumps.get(state).into_iter().flatten());
            }
        }
        closed
    }

    fn after(&self, states: &BTreeSet<usize>, c: char) -> BTreeSet<usize> {
        let steps = states.iter().filter_map(|state| self.steps.get(*state)).flatten();
        self.closure(steps.filter(|step| (step.0..=step.1).contains(&c)).map(|step| step.2))
    }

    /// One character of each kind that the steps tell apart.
    fn representatives<'a>(&'a self, other: &'a Self) -> BTreeSet<char> {
        let steps = self.steps.iter().chain(&other.steps).flatten();
        let after = |c: char| char::from_u32(u32::from(c) + 1);
        std::iter::once('\0').chain(steps.flat_map(|step| [Some(step.0), after(step.1)].into_iter().flatten())).collect()
    }

    /// Whether both accept the same texts.
    fn equals(&self, other: &Self) -> bool {
        let alphabet = self.representatives(other);
        let start = (self.closure([0]), other.closure([0]));
        let mut open = vec![start.clone()];
        let mut seen = BTreeSet::from([start]);
        while let Some((own, others)) = open.pop() {
            if own.contains(&self.accepting) != others.contains(&other.accepting) || seen.len() > MAX_STATES {
                return false;
            }
            for c in &alphabet {
                let next = (self.after(&own, *c), other.after(&others, *c));
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        true
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_known_however_it_is_written() {
        for (pattern, expected) in [
            (NUMBER, true),
            (r"^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$", true),
            (r"^-{0,1}(?:[1-9][0-9]{0,}|0)(?:\.[0-9][0-9]*|)(?:(?:e|E)(?:\+|-)?[0-9]+)?$", true),
            (r"^-?([0-9]+)([.][0-9]+)?([eE][+-]?[0-9]+)?$", false),
            (r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$", false),
            (r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", false),
            (r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$", false),
            (r"(?m)^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$", false),
        ] {
            let tree = crate::ir::Regex::new(&regex_syntax::parse(pattern).unwrap()).unwrap();
            assert_eq!(is_number_grammar(tree.tree()), expected, "{pattern}");
        }
    }
}
