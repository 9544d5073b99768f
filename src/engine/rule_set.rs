//! Many rules, prepared to be asked about many events.

use super::matches;
use crate::event::Event;
use crate::ir::Expr;
use crate::ir::lower::lower;
use crate::matcher::{Matcher, Scan};
use crate::rule::Rule;

/// Rules, prepared to be asked together: the answers are those of [`matches()`], and come much faster.
#[derive(Debug)]
pub struct RuleSet<'r> {
    matcher: Matcher,
    /// The numbers of the rules whose formulas the matcher has.
    compiled: Vec<usize>,
    /// Rules that have no formula (an expression beyond the size bound), with their numbers: the reference evaluator
    /// is asked.
    others: Vec<(usize, &'r Rule)>,
}

impl<'r> RuleSet<'r> {
    /// Prepares rules, which are known by their number from here on.
    pub fn new(rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let (mut formulas, mut compiled, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (number, rule) in rules.into_iter().enumerate() {
            match lower(rule) {
                Ok(conditions) => {
                    formulas.push(Expr::or(conditions));
                    compiled.push(number);
                }
                Err(_) => others.push((number, rule)),
            }
        }
        Self { matcher: Matcher::new(&formulas), compiled, others }
    }

    /// An asker for one thread.
    pub fn asker(&self) -> Asker<'_> {
        Asker { set: self, scan: self.matcher.scan() }
    }
}

/// Asks rules about one event after the other.
#[derive(Debug)]
pub struct Asker<'s> {
    set: &'s RuleSet<'s>,
    scan: Scan<'s>,
}

impl Asker<'_> {
    /// The numbers of the rules that match the event, in ascending order.
    pub fn matching(&mut self, event: &Event) -> Vec<usize> {
        let found = self.scan.matching(event);
        let mut matching: Vec<usize> = found.into_iter().filter_map(|number| self.set.compiled.get(number).copied()).collect();
        if !self.set.others.is_empty() {
            matching.extend(self.set.others.iter().filter(|(_, rule)| matches(rule, event)).map(|(number, _)| number));
            matching.sort_unstable();
        }
        matching
    }
}
