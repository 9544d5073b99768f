//! What became of the rules since an earlier build.
//!
//! Contract: every rule of either build is in a section or unchanged. A rule is in each section that applies, but not in
//! `text` where it is in `logic`: a change of logic is one of text. What the earlier list does not say is not compared, and
//! counted. Deliberately absent: how it is shown, and what became of a query whose verdict is the same.

use super::matching::matching;
use super::record::Record;
use super::state::State;
use crate::explain::logic::is_known;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A rule in both builds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'c> {
    pub(super) before: &'c Record,
    pub(super) now: &'c Record,
}

/// What became of a rule on a target, where it is something else than before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'c> {
    pub(super) pair: Pair<'c>,
    pub(super) target: &'c str,
    pub(super) before: State,
    pub(super) now: State,
}

/// An attribute that is another one than before, with both values where the lists have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'c> {
    pub(super) name: &'c str,
    pub(super) values: Option<[Option<&'c str>; 2]>,
}

/// Whether two digests of logic are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Logic {
    Same,
    Other,
    /// The earlier list has none, or one of another form.
    Unknown,
}

/// What became of all rules.
#[derive(Debug, Default)]
pub(super) struct Comparison<'c> {
    pub(super) new: Vec<&'c Record>,
    pub(super) removed: Vec<&'c Record>,
    pub(super) logic: Vec<Pair<'c>>,
    pub(super) text: Vec<Pair<'c>>,
    pub(super) status: Vec<Turn<'c>>,
    pub(super) moved: Vec<Pair<'c>>,
    /// How many rules are in no section.
    pub(super) unchanged: usize,
    /// Of how many rules the logic could not be compared.
    pub(super) not_compared: usize,
}

/// How many rules are in each section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rules that were not there.
    pub new: usize,
    /// Rules that are gone.
    pub removed: usize,
    /// Rules that look for something else, or in another log.
    pub logic: usize,
    /// Rules with the same logic and another text.
    pub text: usize,
    /// Rules of which something else became on a target.
    pub status: usize,
    /// Rules in another file.
    pub moved: usize,
    /// All others.
    pub unchanged: usize,
}

impl<'c> Pair<'c> {
    fn logic(self) -> Logic {
        match (&self.before.logic, &self.now.logic) {
            (Some(before), Some(now)) if before == now => Logic::Same,
            (Some(before), Some(_)) if is_known(before) => Logic::Other,
            (Some(_) | None, Some(_) | None) => Logic::Unknown,
        }
    }

    /// Whether the rule looks for something else.
    pub(super) fn has_other_condition(self) -> bool {
        self.logic() == Logic::Other
    }

    /// Whether the rule looks in another log.
    pub(super) fn has_other_logsource(self) -> bool {
        self.before.logsource.is_some() && self.before.logsource != self.now.logsource
    }

    /// The attributes that are others, those with values first.
    pub(super) fn fields(self) -> Vec<Field<'c>> {
        let Self { before, now } = self;
        let known = [
            ("title", Some(&*before.title), Some(&*now.title)),
            ("id", before.id.as_deref(), now.id.as_deref()),
            ("level", before.level.as_deref(), now.level.as_deref()),
            ("status", before.status.as_deref(), now.status.as_deref()),
        ];
        let known = known.into_iter().filter(|(_, before, now)| before != now);
        let known = known.map(|(name, before, now)| Field { name, values: Some([before, now]) });
        let names = |of: &'c BTreeMap<String, String>| of.keys().map(String::as_str);
        let digests = before.metadata.as_ref().zip(now.metadata.as_ref()).into_iter().flat_map(|(before, now)| {
            let all: BTreeSet<&str> = names(before).chain(names(now)).collect();
            all.into_iter().filter(|name| before.get(*name) != now.get(*name))
        });
        known.chain(digests.map(|name| Field { name, values: None })).collect()
    }

    /// What became of it on the targets of both builds.
    fn turns(self) -> impl Iterator<Item = Turn<'c>> {
        let both =
            self.now.verification.iter().filter_map(move |(target, now)| Some((target, *self.before.verification.get(target)?, *now)));
        both.filter(|(_, before, now)| before != now).map(move |(target, before, now)| Turn { pair: self, target, before, now })
    }
}

impl Turn<'_> {
    /// What became worse comes first, the worst of it before the rest; then what became better.
    fn rank(&self) -> (bool, Reverse<State>, State) {
        (self.now < self.before, Reverse(self.now), self.before)
    }
}

impl Comparison<'_> {
    pub(super) fn counts(&self) -> Counts {
        let turned: BTreeSet<&str> = self.status.iter().map(|turn| turn.pair.now.page.as_str()).collect();
        Counts {
            new: self.new.len(),
            removed: self.removed.len(),
            logic: self.logic.len(),
            text: self.text.len(),
            status: turned.len(),
            moved: self.moved.len(),
            unchanged: self.unchanged,
        }
    }

    /// How often one thing became another on a target, in the order of `status`.
    pub(super) fn turns(&self) -> Vec<(State, State, usize)> {
        let mut found: BTreeMap<_, (State, State, usize)> = BTreeMap::new();
        for turn in &self.status {
            found.entry(turn.rank()).or_insert((turn.before, turn.now, 0)).2 += 1;
        }
        found.into_values().collect()
    }
}

/// Compares the rules of two builds; those of now in their order.
pub(super) fn compare<'c>(before: &'c [Record], now: &'c [Record]) -> Comparison<'c> {
    let found = matching(before, now);
    let known: BTreeSet<usize> = found.iter().flatten().copied().collect();
    let mut comparison = Comparison::default();
    for (now, number) in now.iter().zip(&found) {
        match number.and_then(|number| before.get(number)) {
            None => comparison.new.push(now),
            Some(before) => comparison.add(Pair { before, now }),
        }
    }
    comparison.status.sort_by_key(Turn::rank);
    comparison.removed = before.iter().enumerate().filter(|(number, _)| !known.contains(number)).map(|(_, record)| record).collect();
    comparison.removed.sort_by_cached_key(|record| (record.title.to_lowercase(), record.title.clone(), record.source.clone()));
    comparison
}

impl<'c> Comparison<'c> {
    fn add(&mut self, pair: Pair<'c>) {
        let has_other_logic = pair.has_other_condition() || pair.has_other_logsource();
        let has_other_text = pair.before.text != pair.now.text;
        let is_moved = pair.before.source != pair.now.source;
        let turns = self.status.len();
        self.status.extend(pair.turns());
        if has_other_logic {
            self.logic.push(pair);
        } else if has_other_text {
            self.text.push(pair);
        }
        if is_moved {
            self.moved.push(pair);
        }
        self.unchanged += usize::from(!has_other_logic && !has_other_text && !is_moved && self.status.len() == turns);
        self.not_compared += usize::from(pair.logic() == Logic::Unknown);
    }
}

#[cfg(test)]
pub(super) mod example {
    //! Records for tests.

    use super::*;
    use crate::explain::model::Logsource;

    /// The record of a rule with a name.
    pub(in super::super) fn record(name: &str) -> Record {
        Record {
            id: Some(name.to_owned()),
            title: format!("Rule {name}"),
            source: format!("{name}.yml"),
            page: format!("r/{name}.html"),
            data: format!("r/{name}.json"),
            level: Some("high".to_owned()),
            status: Some("test".to_owned()),
            logsource: Some(Logsource { product: Some("windows".to_owned()), ..Logsource::default() }),
            verification: [("kql", State::Proved), ("sqlite", State::Tested)].map(|(target, state)| (target.to_owned(), state)).into(),
            text: format!("text of {name}"),
            logic: Some(format!("canonical-1:{name}")),
            metadata: Some([("tags".to_owned(), "1".to_owned()), ("author".to_owned(), "2".to_owned())].into()),
            input: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::example::record;
    use super::*;

    fn pages<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<&'r str> {
        records.into_iter().map(|record| record.page.as_str()).collect()
    }

    /// The sections of one rule that became another.
    fn sections(before: Record, now: Record) -> (usize, usize, usize, usize, usize) {
        let (before, now) = ([before], [now]);
        let counts = compare(&before, &now).counts();
        assert_eq!((counts.new, counts.removed), (0, 0));
        (counts.logic, counts.text, counts.status, counts.moved, counts.unchanged)
    }

    #[test]
    fn rules_come_and_go() {
        let (before, now) = ([record("b"), record("c"), record("a")], [record("c"), record("d")]);
        let found = compare(&before, &now);
        assert_eq!(
            (pages(found.new.iter().copied()), pages(found.removed.iter().copied())),
            (vec!["r/d.html"], vec!["r/a.html", "r/b.html"])
        );
        assert_eq!(found.unchanged, 1);
    }

    #[test]
    fn each_kind_of_change_has_its_section() {
        let now = || record("a");
        let text = || "other".to_owned();
        assert_eq!(sections(record("a"), now()), (0, 0, 0, 0, 1));
        assert_eq!(sections(record("a"), Record { text: text(), ..now() }), (0, 1, 0, 0, 0));
        let other = Record { text: text(), logic: Some("canonical-1:other".to_owned()), ..now() };
        assert_eq!(sections(record("a"), other.clone()), (1, 0, 0, 0, 0), "no change of text beside one of logic");
        assert_eq!(sections(record("a"), Record { source: "b.yml".to_owned(), ..other }), (1, 0, 0, 1, 0), "each section that applies");
        assert_eq!(sections(record("a"), Record { source: "b.yml".to_owned(), ..now() }), (0, 0, 0, 1, 0));
        assert_eq!(sections(record("a"), Record { logsource: Some(Default::default()), ..now() }), (1, 0, 0, 0, 0), "another log source");
        let filtered = Record { logic: Some("written-1:other".to_owned()), ..now() };
        assert_eq!(sections(record("a"), filtered), (1, 0, 0, 0, 0), "a filter changed, and no text");
        let verification = [("kql".to_owned(), State::Refused), ("splunk".to_owned(), State::Differs)].into();
        assert_eq!(sections(record("a"), Record { verification, ..now() }), (0, 0, 1, 0, 0));
    }

    #[test]
    fn what_an_earlier_list_does_not_have_is_not_compared() {
        let older = Record { logic: None, logsource: None, metadata: None, ..record("a") };
        let (before, now) = (
            [older.clone(), Record { page: "r/b.html".to_owned(), logic: Some("canonical-0:a".to_owned()), ..record("b") }],
            [Record { text: "other".to_owned(), ..record("a") }, record("b")],
        );
        let found = compare(&before, &now);
        assert_eq!((found.logic.len(), found.text.len(), found.not_compared, found.unchanged), (0, 1, 2, 1));
        assert_eq!(found.text.first().map(|pair| pair.fields()), Some(Vec::new()));
    }

    #[test]
    fn attributes_that_changed_are_named() {
        let metadata = Some([("tags".to_owned(), "9".to_owned()), ("related".to_owned(), "3".to_owned())].into());
        let (before, now) = (record("a"), Record { level: None, metadata, ..record("a") });
        let fields = Pair { before: &before, now: &now }.fields();
        let named: Vec<_> = fields.iter().map(|field| (field.name, field.values)).collect();
        assert_eq!(named, [("level", Some([Some("high"), None])), ("author", None), ("related", None), ("tags", None)]);
    }

    #[test]
    fn the_worst_comes_first() {
        let with = |name: &str, state| Record { verification: [("kql".to_owned(), state)].into(), ..record(name) };
        let before = [with("a", State::Refused), with("b", State::Proved), with("c", State::Proved), with("d", State::Tested)];
        let now = [with("a", State::Proved), with("b", State::Refused), with("c", State::Differs), with("d", State::Refused)];
        let found = compare(&before, &now);
        assert_eq!(pages(found.status.iter().map(|turn| turn.pair.now)), ["r/c.html", "r/b.html", "r/d.html", "r/a.html"]);
        let turns = [
            (State::Proved, State::Differs, 1),
            (State::Proved, State::Refused, 1),
            (State::Tested, State::Refused, 1),
            (State::Refused, State::Proved, 1),
        ];
        assert_eq!(found.turns(), turns);
    }
}
