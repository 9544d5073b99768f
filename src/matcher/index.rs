//! All patterns on one subject under one case relation, found in one pass over a text.
//!
//! Each pattern hangs on a literal text: all of it where the pattern is exact, a prefix, a suffix or an infix, else
//! its longest. The literals stand in one Aho–Corasick automaton over folded texts; folding works character by
//! character and UTF-8 is self-synchronising, so a hit on bytes is one on characters. Where a literal stands decides
//! whether its pattern is found; a pattern with wildcards elsewhere is then matched by itself, once for each text.

use super::TestId;
use crate::text::fold::{Case, fold_into};
use crate::text::pattern::{Pattern, Shape};
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;

/// The patterns.
#[derive(Debug)]
pub(super) struct Index {
    case: Case,
    /// Finds the literals; `None` where they are too many for an automaton, and each pattern is matched by itself.
    automaton: Option<AhoCorasick>,
    /// For each literal what hangs on it.
    hooks: Vec<Box<[Hook]>>,
    /// Patterns that are matched by themselves, folded, with their tests.
    general: Vec<General>,
    /// Those of them that are matched against every text.
    always: Vec<usize>,
}

/// A pattern that is matched by itself.
#[derive(Debug)]
struct General {
    pattern: Pattern,
    tests: Vec<TestId>,
}

/// What follows from a literal that is found.
#[derive(Debug, Clone, Copy)]
enum Hook {
    /// The test holds if the literal is the whole text.
    Whole(TestId),
    /// The test holds if the literal stands at the start.
    Start(TestId),
    /// The test holds if the literal stands at the end.
    End(TestId),
    /// The test holds.
    Anywhere(TestId),
    /// The pattern of this number has to be matched.
    General(usize),
}

/// What reading needs and what can be used again for the next text.
#[derive(Debug, Default)]
pub(super) struct Reader {
    folded: String,
    /// The general patterns that are to be matched.
    wanted: Vec<usize>,
    is_wanted: Vec<bool>,
}

impl Index {
    /// Calls `found` with every test of which some pattern covers the text, some of them several times.
    pub(super) fn read(&self, text: &str, reader: &mut Reader, found: &mut impl FnMut(TestId)) {
        fold_into(text, self.case, &mut reader.folded);
        reader.wanted.clear();
        reader.wanted.extend(&self.always);
        reader.is_wanted.clear();
        reader.is_wanted.resize(self.general.len(), false);
        let folded = reader.folded.as_str();
        for hit in self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(folded)) {
            let (at_start, at_end) = (hit.start() == 0, hit.end() == folded.len());
            for hook in self.hooks.get(hit.pattern().as_usize()).into_iter().flatten() {
                match *hook {
                    Hook::Anywhere(test) => found(test),
                    Hook::End(test) if at_end => found(test),
                    Hook::Start(test) if at_start => found(test),
                    Hook::Whole(test) if at_start && at_end => found(test),
                    Hook::Whole(_) | Hook::Start(_) | Hook::End(_) => {}
                    Hook::General(number) => {
                        if let Some(is_wanted @ false) = reader.is_wanted.get_mut(number) {
                            *is_wanted = true;
                            reader.wanted.push(number);
                        }
                    }
                }
            }
        }
        for general in reader.wanted.iter().filter_map(|&number| self.general.get(number)) {
            if general.pattern.matches(folded, Case::Sensitive) {
                general.tests.iter().for_each(|&test| found(test));
            }
        }
    }
}

/// Patterns that are collected for an index.
#[derive(Debug, Default)]
pub(super) struct Builder {
    /// Folded patterns, with the tests that each belongs to.
    patterns: BTreeMap<Pattern, Vec<TestId>>,
}

impl Builder {
    /// Adds a pattern of a test, which compares under a case relation.
    pub(super) fn add(&mut self, pattern: &Pattern, case: Case, test: TestId) {
        self.patterns.entry(pattern.folded(case)).or_default().push(test);
    }

    /// The index of all patterns that were added, which compare under this relation.
    pub(super) fn build(self, case: Case) -> Index {
        let mut hooks: BTreeMap<&str, Vec<Hook>> = BTreeMap::new();
        let (mut general, mut always) = (Vec::new(), Vec::new());
        for (pattern, tests) in &self.patterns {
            let number = general.len();
            match (simple(pattern), longest(pattern)) {
                (Some((text, hook)), _) => hooks.entry(text).or_default().extend(tests.iter().map(|&test| hook(test))),
                (None, literal) => {
                    general.push(General { pattern: pattern.clone(), tests: tests.clone() });
                    match literal {
                        Some(text) => hooks.entry(text).or_default().push(Hook::General(number)),
                        None => always.push(number),
                    }
                }
            }
        }
        match AhoCorasick::new(hooks.keys()) {
            Ok(automaton) => {
                let hooks = hooks.into_values().map(Vec::into_boxed_slice).collect();
                Index { case, automaton: Some(automaton), hooks, general, always }
            }
            Err(_) => self.without_automaton(case),
        }
    }

    /// An index that matches each pattern by itself.
    pub(super) fn without_automaton(self, case: Case) -> Index {
        let general: Vec<General> = self.patterns.into_iter().map(|(pattern, tests)| General { pattern, tests }).collect();
        Index { case, automaton: None, hooks: Vec::new(), always: (0..general.len()).collect(), general }
    }
}

type MakeHook = fn(TestId) -> Hook;

/// The text of a pattern that holds where that text is found, and what follows then.
fn simple(pattern: &Pattern) -> Option<(&str, MakeHook)> {
    match pattern.shape() {
        Shape::Exact("") | Shape::Everything | Shape::General => None,
        Shape::Exact(text) => Some((text, Hook::Whole)),
        Shape::Prefix(text) => Some((text, Hook::Start)),
        Shape::Suffix(text) => Some((text, Hook::End)),
        Shape::Infix(text) => Some((text, Hook::Anywhere)),
    }
}

/// The literal that a pattern hangs on.
fn longest(pattern: &Pattern) -> Option<&str> {
    pattern.texts().max_by_key(|text| text.len())
}

/// How often a pattern may be expected to cover a text, in no unit: the longer its literal, the less often.
pub(super) fn cost(pattern: &Pattern) -> u64 {
    let length = longest(pattern).map_or(0, str::len);
    (1 << 24) >> length.min(20)
}
