//! Patterns run over what texts have in common: does every text of a pattern or of a regular expression match
//! one of these patterns?
//!
//! Contract: [`Automaton::covers_pattern`] and [`Automaton::covers_regex`] answer yes only where it is so. A
//! [`Set`] holds positions of the patterns that *all* texts read so far have reached; where texts go different
//! ways there are several sets, and where there are too many, what these have in common. A regular
//! expression's looks are taken to hold, so that it has more texts than it really has. Deliberately absent:
//! fields, assumptions.

use crate::ir::plain_regex::members;
use crate::ir::{Case, Pattern};
use crate::text::fold::{fold, is_cased};
use crate::text::pattern::Part;
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

/// The most sets at a time.
const MAX_SETS: usize = 16;
/// The most repetitions that are followed one by one.
const MAX_REPETITIONS: u32 = 32;
/// The most rounds until what is repeated is taken together.
const MAX_ROUNDS: usize = 64;

/// Steps that may still be taken.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    left: usize,
}

impl Steps {
    /// So many steps.
    pub(super) fn new(left: usize) -> Self {
        Self { left }
    }

    /// Takes some steps; `None` where there are not that many.
    pub(super) fn take(&mut self, steps: usize) -> Option<()> {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.map(|_| ())
    }
}

/// Positions in ascending order.
type Set = Vec<usize>;

/// What stands at a position of a pattern.
#[derive(Debug, Clone, Copy)]
enum Cell {
    /// This character, folded under the relation.
    Char(char, Case),
    /// One character.
    One,
    /// Any characters.
    Any,
    /// The end of a pattern.
    End,
}

/// What is read.
#[derive(Debug, Clone, Copy)]
enum Symbol {
    /// This very character.
    Char(char),
    /// This character, and every other that folds to the same under the relations of caseless patterns.
    Caseless(char),
    /// Any character, so only what is matched by wildcards.
    Unknown,
}

impl Cell {
    fn reads(self, symbol: Symbol) -> bool {
        match (self, symbol) {
            (Self::End, _) | (Self::Char(..), Symbol::Unknown) => false,
            (Self::One | Self::Any, _) => true,
            (Self::Char(own, case), Symbol::Char(c)) => fold(c, case) == own,
            (Self::Char(own, Case::Sensitive), Symbol::Caseless(c)) => c == own && !is_cased(c, Case::Fold),
            (Self::Char(own, case @ (Case::Ascii | Case::Lower | Case::Fold)), Symbol::Caseless(c)) => fold(c, case) == own,
        }
    }
}

/// Several patterns.
#[derive(Debug, Clone)]
pub(super) struct Automaton {
    cells: Vec<Cell>,
    start: Set,
}

impl Automaton {
    /// The automaton of these patterns, each with its relation.
    pub(super) fn new<'p>(patterns: impl IntoIterator<Item = (&'p Pattern, Case)>) -> Self {
        let mut automaton = Self { cells: Vec::new(), start: Set::new() };
        for (pattern, case) in patterns {
            for part in pattern.parts() {
                match part {
                    Part::Text(text) => automaton.cells.extend(text.chars().map(|c| Cell::Char(fold(c, case), case))),
                    Part::One => automaton.cells.push(Cell::One),
                    Part::Any => automaton.cells.push(Cell::Any),
                }
            }
            automaton.cells.push(Cell::End);
        }
        automaton.start = automaton.starts();
        automaton
    }

    fn starts(&self) -> Set {
        let mut starts = Set::new();
        let mut is_first = true;
        for (at, cell) in self.cells.iter().enumerate() {
            if is_first {
                self.reach(at, &mut starts);
            }
            is_first = matches!(cell, Cell::End);
        }
        normal(starts)
    }

    /// Adds a position, and those that stand behind what may be nothing.
    fn reach(&self, at: usize, set: &mut Set) {
        set.push(at);
        if matches!(self.cells.get(at), Some(Cell::Any)) {
            set.push(at + 1);
        }
    }

    fn step(&self, set: &[usize], symbol: Symbol) -> Set {
        let mut next = Set::new();
        for &at in set {
            match self.cells.get(at) {
                Some(Cell::Any) => self.reach(at, &mut next),
                Some(cell) if cell.reads(symbol) => self.reach(at + 1, &mut next),
                Some(Cell::Char(..) | Cell::One | Cell::End) | None => {}
            }
        }
        normal(next)
    }

    fn accepts(&self, set: &[usize]) -> bool {
        set.iter().any(|&at| matches!(self.cells.get(at), Some(Cell::End)))
    }

    /// Whether every text of a pattern matches. The relation of a caseless pattern is taken to be no looser
    /// than that of any caseless pattern here.
    pub(super) fn covers_pattern(&self, pattern: &Pattern, case: Case, steps: &mut Steps) -> Option<bool> {
        let symbol = |c| if case == Case::Sensitive { Symbol::Char(c) } else { Symbol::Caseless(c) };
        let mut set = self.start.clone();
        for part in pattern.parts() {
            match part {
                Part::Text(text) => {
                    for c in text.chars() {
                        steps.take(1 + set.len())?;
                        set = self.step(&set, symbol(c));
                    }
                }
                Part::One => set = self.step(&set, Symbol::Unknown),
                Part::Any => set = self.anything(set, steps)?,
            }
        }
        Some(self.accepts(&set))
    }

    /// What is reached from all of a set however many characters follow.
    fn anything(&self, mut set: Set, steps: &mut Steps) -> Option<Set> {
        loop {
            steps.take(1 + set.len())?;
            let next = common(&set, &self.step(&set, Symbol::Unknown));
            if next.len() == set.len() {
                return Some(set);
            }
            set = next;
        }
    }

    /// Whether every text in which the expression is found matches.
    pub(super) fn covers_regex(&self, tree: &Hir, steps: &mut Steps) -> Option<bool> {
        let branches = match tree.kind() {
            HirKind::Alternation(branches) => branches.as_slice(),
            HirKind::Empty
            | HirKind::Literal(_)
            | HirKind::Class(_)
            | HirKind::Look(_)
            | HirKind::Repetition(_)
            | HirKind::Capture(_)
            | HirKind::Concat(_) => std::slice::from_ref(tree),
        };
        for branch in branches {
            let mut sets = vec![self.start.clone()];
            if !branch.properties().look_set_prefix().contains(Look::Start) {
                sets = self.each(sets, |set| self.anything(set, steps))?;
            }
            sets = self.walk(branch, sets, steps)?;
            if !branch.properties().look_set_suffix().contains(Look::End) {
                sets = self.each(sets, |set| self.anything(set, steps))?;
            }
            if !sets.iter().all(|set| self.accepts(set)) {
                return Some(false);
            }
        }
        Some(true)
    }

    fn each(&self, sets: Vec<Set>, mut go: impl FnMut(Set) -> Option<Set>) -> Option<Vec<Set>> {
        sets.into_iter().map(&mut go).collect::<Option<Vec<Set>>>().map(weakest)
    }

    /// The sets after an expression was read.
    fn walk(&self, tree: &Hir, sets: Vec<Set>, steps: &mut Steps) -> Option<Vec<Set>> {
        steps.take(1 + sets.iter().map(Vec::len).sum::<usize>())?;
        match tree.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(sets),
            HirKind::Literal(literal) => {
                let mut sets = sets;
                for c in std::str::from_utf8(&literal.0).ok()?.chars() {
                    steps.take(1 + sets.len())?;
                    sets = weakest(sets.iter().map(|set| self.step(set, Symbol::Char(c))).collect());
                }
                Some(sets)
            }
            HirKind::Class(class) => {
                let symbols = match members(class) {
                    Some(members) => members.into_iter().map(Symbol::Char).collect(),
                    None => vec![Symbol::Unknown],
                };
                Some(weakest(sets.iter().flat_map(|set| symbols.iter().map(|&symbol| self.step(set, symbol))).collect()))
            }
            HirKind::Repetition(repetition) => self.repeat(repetition, sets, steps),
            HirKind::Capture(capture) => self.walk(&capture.sub, sets, steps),
            HirKind::Concat(parts) => parts.iter().try_fold(sets, |sets, part| self.walk(part, sets, steps)),
            HirKind::Alternation(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    all.extend(self.walk(branch, sets.clone(), steps)?);
                }
                Some(weakest(all))
            }
        }
    }

    fn repeat(&self, repetition: &Repetition, mut sets: Vec<Set>, steps: &mut Steps) -> Option<Vec<Set>> {
        for _ in 0..repetition.min.min(MAX_REPETITIONS) {
            sets = self.walk(&repetition.sub, sets, steps)?;
        }
        let optional = repetition.max.map(|most| most.saturating_sub(repetition.min));
        match optional.filter(|&optional| optional <= MAX_REPETITIONS && repetition.min <= MAX_REPETITIONS) {
            Some(optional) => {
                for _ in 0..optional {
                    let mut all = self.walk(&repetition.sub, sets.clone(), steps)?;
                    all.extend(sets);
                    sets = weakest(all);
                }
                Some(sets)
            }
            None => self.repeat_freely(&repetition.sub, sets, steps),
        }
    }

    /// The sets after an expression was read any number of times.
    fn repeat_freely(&self, sub: &Hir, mut sets: Vec<Set>, steps: &mut Steps) -> Option<Vec<Set>> {
        for _ in 0..MAX_ROUNDS {
            let mut all = self.walk(sub, sets.clone(), steps)?;
            all.extend(sets.iter().cloned());
            let all = weakest(all);
            if all == sets {
                return Some(sets);
            }
            sets = all;
        }
        let mut shared = shared(&sets);
        loop {
            let next = self.walk(sub, vec![shared.clone()], steps)?.iter().fold(shared.clone(), |shared, set| common(&shared, set));
            if next.len() == shared.len() {
                return Some(vec![shared]);
            }
            shared = next;
        }
    }
}

fn normal(mut set: Set) -> Set {
    set.sort_unstable();
    set.dedup();
    set
}

/// What two sets have in common.
fn common(a: &[usize], b: &[usize]) -> Set {
    a.iter().copied().filter(|at| b.binary_search(at).is_ok()).collect()
}

fn shared(sets: &[Set]) -> Set {
    let mut sets = sets.iter();
    let first = sets.next().cloned().unwrap_or_default();
    sets.fold(first, |shared, set| common(&shared, set))
}

/// The sets that have no other among them within them, sorted; what they have in common where they are too many.
fn weakest(mut sets: Vec<Set>) -> Vec<Set> {
    sets.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    sets.dedup();
    let mut kept: Vec<Set> = Vec::with_capacity(sets.len().min(MAX_SETS));
    for set in sets {
        if !kept.iter().any(|weaker| weaker.iter().all(|at| set.binary_search(at).is_ok())) {
            kept.push(set);
        }
    }
    if kept.len() > MAX_SETS { vec![shared(&kept)] } else { kept }
}
