//! Many rules at once: who looks for the same, and who suppresses the same.
//!
//! Two predicates are the same if field, kind, transforms and value are; letters of the value compare as Sigma compares
//! them. A rule that is explained may be one of the corpus or not: the rule with its path is taken for it, or else the one
//! with its id. Deliberately absent: reading files; which rules are near to a rule (see `neighbours`).

use super::model::{Neighbours, Predicate};
use super::neighbours::Neighbourhood;
use super::predicates::identity;
use super::references::Side;
use super::sides::Sides;
use crate::rule::Rule;
use std::collections::{BTreeSet, HashMap};

/// A rule of a corpus.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The path of its file, as it is to be shown.
    pub path: String,
    /// The rule.
    pub rule: Rule,
}

/// Rules that are compared with each other.
#[derive(Debug)]
pub struct Corpus {
    /// In the order of their paths, then as they stand in their files.
    entries: Vec<Entry>,
    /// How many rules have a predicate on a side.
    counts: HashMap<(Side, Predicate), usize>,
    neighbourhood: Neighbourhood,
}

impl Corpus {
    /// An index of these rules.
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| (&a.path, a.rule.place.line).cmp(&(&b.path, b.rule.place.line)));
        let mut counts = HashMap::new();
        for entry in &entries {
            for key in identities(&entry.rule) {
                *counts.entry(key).or_default() += 1;
            }
        }
        let neighbourhood = Neighbourhood::new(&entries);
        Self { entries, counts, neighbourhood }
    }

    /// The rules, in the order of their paths.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The rules that have something to do with a rule. `path` is where the rule stands.
    pub fn neighbours(&self, rule: &Rule, path: &str) -> Neighbours {
        self.neighbourhood.of(&self.entries, rule, self.find(rule, path))
    }

    /// The counts without a rule, which may be one of the corpus.
    pub(super) fn counts(&self, rule: &Rule, path: &str) -> Counts<'_> {
        let own = self.find(rule, path).and_then(|at| self.entries.get(at));
        Counts { corpus: self, own: own.map(|entry| identities(&entry.rule)).unwrap_or_default() }
    }

    /// Which of the rules a rule is.
    fn find(&self, rule: &Rule, path: &str) -> Option<usize> {
        let start = self.entries.partition_point(|entry| entry.path.as_str() < path);
        let beside = self.entries.iter().skip(start).take_while(|entry| entry.path == path).count();
        let in_file = |is: &dyn Fn(&Rule) -> bool| {
            let mut found = self.entries.iter().enumerate().skip(start).take(beside);
            found.find(|(_, entry)| is(&entry.rule)).map(|(at, _)| at)
        };
        let same_id = |own: &Rule| own.metadata.id.is_some() && id(own) == id(rule);
        let same_line = |own: &Rule| own.place.line == rule.place.line;
        match beside {
            0 => self.neighbourhood.with_id(rule),
            1 => Some(start),
            _ => in_file(&same_id).or_else(|| in_file(&same_line)),
        }
    }
}

/// The id of a rule as it is compared.
pub(super) fn id(rule: &Rule) -> Option<String> {
    rule.metadata.id.as_ref().map(|id| id.to_ascii_lowercase())
}

/// What a rule has on each side, as it is compared.
fn identities(rule: &Rule) -> BTreeSet<(Side, Predicate)> {
    let sides = Sides::of(rule);
    let wanted = sides.wanted.iter().map(|own| (Side::Wanted, identity(own)));
    wanted.chain(sides.suppressed.iter().map(|own| (Side::Suppressed, identity(own)))).collect()
}

/// How many rules have a predicate, one rule left out.
#[derive(Debug)]
pub(super) struct Counts<'c> {
    corpus: &'c Corpus,
    /// What the rule that is left out has.
    own: BTreeSet<(Side, Predicate)>,
}

impl Counts<'_> {
    /// How many other rules have this predicate on this side.
    pub(super) fn others(&self, predicate: &Predicate, side: Side) -> usize {
        let key = (side, identity(predicate));
        let all = self.corpus.counts.get(&key).copied().unwrap_or_default();
        all.saturating_sub(usize::from(self.own.contains(&key)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::exclusions::exclusions;
    use super::super::indicators::indicators;
    use super::super::model::IndicatorRole;
    use super::super::texts::example;
    use super::*;

    fn entry(path: &str, id: u8, detection: &str) -> Entry {
        let id = format!("00000000-0000-4000-8000-0000000000{id:02X}");
        let text = format!("title: t\nid: {id}\nlogsource: {{category: c}}\ndetection: {{{detection}}}\n");
        Entry { path: path.to_owned(), rule: example::written(&text).0 }
    }

    fn corpus() -> Corpus {
        Corpus::new(vec![
            entry("c.yml", 0xc, "s: {A|endswith: [x, X]}, condition: s"),
            entry("a.yml", 0xa, r"s: {A: ['*x', y]}, f: {B: z}, condition: s and not f"),
            entry("b.yml", 0xb, "s: {B: Z}, f: {A|endswith: x}, condition: s and not f"),
        ])
    }

    /// For each indicator its value, and the counts with and without the rule.
    fn counts(entry: &Entry) -> Vec<(String, usize, usize)> {
        let found = indicators(&entry.rule, Some(&corpus()), &entry.path);
        found.into_iter().map(|own| (own.predicate.value, own.rules.unwrap_or_default(), own.others.unwrap_or_default())).collect()
    }

    #[test]
    fn other_rules_are_counted_by_side() {
        let detection = "s: {A: ['*x', y]}, f: {B: z}, condition: s and not f";
        let expected = |x| vec![("x".to_owned(), x + 1, x), ("y".to_owned(), 1, 0)];
        let sorted = |own: &Entry| {
            let mut counts = counts(own);
            counts.sort();
            counts
        };
        assert_eq!(sorted(&entry("a.yml", 0xa, detection)), expected(1), "the rule of the corpus");
        assert_eq!(sorted(&entry("elsewhere.yml", 0xa, detection)), expected(1), "the same by its id");
        let copy = entry("elsewhere.yml", 0xd, detection);
        assert_eq!(sorted(&copy), vec![("x".to_owned(), 3, 2), ("y".to_owned(), 2, 1)], "another rule");
        let others = exclusions(&copy.rule, Some(&corpus()), &copy.path).rows.into_iter().map(|row| row.others).collect::<Vec<_>>();
        assert_eq!(others, [Some(1)], "z is looked for by one, and suppressed by one");
        assert!(indicators(&copy.rule, None, "").iter().all(|own| own.rules.is_none() && own.others.is_none()));
    }

    #[test]
    fn fields_that_select_events_are_told_apart() {
        let (rule, _) = example::rule("{s: {EventID: 1, Image: x}, condition: s}");
        let roles: Vec<_> = indicators(&rule, None, "").into_iter().map(|own| own.role).collect();
        assert_eq!(roles, [IndicatorRole::EventSelector, IndicatorRole::Indicator]);
    }

    #[test]
    fn entries_are_in_order_of_their_paths() {
        let paths: Vec<_> = corpus().entries().iter().map(|entry| entry.path.clone()).collect();
        assert_eq!(paths, ["a.yml", "b.yml", "c.yml"]);
    }

    /// Letters of either case in one rule are two indicators, and one rule.
    #[test]
    fn a_rule_counts_once() {
        assert_eq!(counts(&entry("c.yml", 0xc, "s: {A|endswith: [x, X]}, condition: s")), [("X".to_owned(), 2, 1), ("x".to_owned(), 2, 1)]);
    }
}
