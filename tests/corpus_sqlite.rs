//! The written queries of the public rule set, run by SQLite itself on the derived events: it agrees with the
//! reader on all of them, and with the reference evaluator on those within the verdict's assumptions.
//!
//! The rule set is found through `VERISIGMA_SHARED`; without it this suite only says so.

#![expect(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "a test fails by panicking and explains on stderr")]

mod support;

use rayon::prelude::*;
use rusqlite::Connection;
use support::engine::{database, found};
use support::judged::{Judged, judged};
use support::settings::{Setting, settings};
use support::{Named, rules, shared};
use verisigma::event::Event;

/// What was compared, and what was found.
#[derive(Debug, Default)]
struct Tally {
    queries: usize,
    rows: usize,
    within: usize,
    matched: usize,
    /// Rows outside the assumptions under which the reader speaks, where SQLite says something else.
    unclaimed: usize,
    disagreements: Vec<String>,
}

impl Tally {
    fn add(mut self, other: Self) -> Self {
        self.queries += other.queries;
        self.rows += other.rows;
        self.within += other.within;
        self.matched += other.matched;
        self.unclaimed += other.unclaimed;
        self.disagreements.extend(other.disagreements);
        self
    }
}

#[test]
fn sqlite_agrees_on_all_derived_events() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    for setting in &settings(&rules) {
        let tally = run(setting, &rules);
        let Tally { queries, rows, within, matched, unclaimed, disagreements } = tally;
        let name = setting.name;
        eprintln!("{name}: {queries} queries, {rows} rows, {within} within the assumptions, {matched} found, {unclaimed} unclaimed");
        let shown: Vec<&str> = disagreements.iter().take(20).map(String::as_str).collect();
        assert!(disagreements.is_empty(), "{name}: {} disagreements:\n{}", disagreements.len(), shown.join("\n\n"));
        assert!(queries > 2_900 && within > 30 * queries && matched > queries, "too little was compared");
    }
}

fn run(setting: &Setting, rules: &[Named]) -> Tally {
    let one = |connection: &mut Connection, named: &Named| {
        let tallies = judged(named, setting).into_iter().map(|judged| compare(connection, setting, &judged));
        tallies.fold(Tally::default(), Tally::add)
    };
    rules.par_iter().map_init(database, one).reduce(Tally::default, Tally::add)
}

fn compare(connection: &Connection, setting: &Setting, judged: &Judged<'_>) -> Tally {
    let storage = &setting.job.storage;
    let events: Vec<&Event> = judged.rows.iter().map(|row| &row.event).collect();
    let answers = found(connection, &judged.text, storage.table.as_deref().unwrap(), &judged.columns(), storage, &events);
    let mut tally = Tally { queries: 1, rows: events.len(), ..Tally::default() };
    for (row, answer) in judged.rows.iter().zip(answers) {
        let is_claimed = judged.reading.assumptions.iter().all(|assumption| assumption.holds(storage, &row.event, &row.record));
        let read = judged.query_matches(&row.record);
        tally.unclaimed += usize::from(!is_claimed && read != answer);
        tally.within += usize::from(row.is_within);
        tally.matched += usize::from(answer);
        let differs = (is_claimed && read != answer) || (row.is_within && judged.rule_matches(&row.event) != answer);
        if differs {
            let rule = judged.rule_matches(&row.event);
            let event = serde_json::to_string(row.event.root()).unwrap();
            tally.disagreements.push(format!(
                "{}: SQLite {answer}, reader {read}, rule {rule} on {event}, within: {}\n{:.600}",
                judged.named.path, row.is_within, judged.text
            ));
        }
    }
    tally
}
