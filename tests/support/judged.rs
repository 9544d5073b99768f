//! A written query with all that its verdict rests on, step by step as the engine takes them.

use super::Named;
use super::settings::Setting;
use std::collections::BTreeSet;
use verisigma::eval;
use verisigma::event::Event;
use verisigma::ir::Expr;
use verisigma::ir::eval::matches;
use verisigma::ir::lower::lower;
use verisigma::lang::Reading;
use verisigma::verify::derive::derive;
use verisigma::verify::{Claim, Finding, verify};

/// A written query and what is known of it.
pub(crate) struct Judged<'r> {
    pub(crate) named: &'r Named,
    pub(crate) condition: usize,
    /// What the condition means, with keywords replaced by columns.
    pub(crate) meaning: Expr,
    pub(crate) text: String,
    pub(crate) reading: Reading,
    pub(crate) finding: Finding,
    /// Whether the query differs from the rule by permission.
    pub(crate) is_approximate: bool,
    pub(crate) rows: Vec<Row>,
}

/// A derived event that has a record.
pub(crate) struct Row {
    pub(crate) event: Event,
    pub(crate) record: Event,
    /// Whether the event is within all assumptions of the verdict.
    pub(crate) is_within: bool,
}

/// The written queries of a rule; conditions that are refused are left out.
pub(crate) fn judged<'r>(named: &'r Named, setting: &Setting) -> Vec<Judged<'r>> {
    let meanings = lower(&named.rule).unwrap();
    meanings.iter().enumerate().filter_map(|(condition, meaning)| judge(named, condition, meaning, setting)).collect()
}

fn judge<'r>(named: &'r Named, condition: usize, meaning: &Expr, setting: &Setting) -> Option<Judged<'r>> {
    let (storage, suited) = setting.job.storage.suited(meaning);
    let storage = &*storage;
    let written = setting.backend.write(meaning, storage, &setting.settings, &serde_json::Map::new()).ok()?;
    let reading = setting.reader.read(&written.text, storage).unwrap();
    let (meaning, mut assumptions) = setting.backend.expand(meaning, storage).unwrap();
    assumptions.extend(suited);
    assumptions.extend(written.assumptions.iter().chain(&reading.assumptions).cloned());
    let claim = Claim {
        rule: &named.rule,
        condition,
        meaning: &meaning,
        bound: &storage.keyed(&meaning),
        legal: None,
        query: &reading.expr,
        assumptions: &assumptions,
        storage,
        approximation: written.approximation.as_ref().map(|approximation| approximation.direction),
    };
    let finding = verify(&claim);
    let names = fields(&[&meaning, &reading.expr]);
    let recorder = storage.recorder(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let row = |event: Event| {
        let record = recorder.record(&event)?;
        let is_within = finding.assumptions.iter().all(|assumption| assumption.holds(storage, &event, &record));
        Some(Row { event, record, is_within })
    };
    let rows = derive(&meaning).events.into_iter().filter_map(row).collect();
    let is_approximate = written.approximation.is_some();
    Some(Judged { named, is_approximate, condition, meaning, text: written.text, reading, finding, rows })
}

/// The names of the fields that formulas look at.
pub(crate) fn fields(exprs: &[&Expr]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for expr in exprs {
        expr.for_each_field(&mut |name| {
            names.insert(name.to_owned());
        });
    }
    names.into_iter().collect()
}

impl Judged<'_> {
    /// The columns that the rule is about, each in one spelling.
    pub(crate) fn columns(&self) -> Vec<String> {
        let mut columns = fields(&[&self.meaning]);
        columns.sort_by_key(|name| name.to_ascii_lowercase());
        columns.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        columns
    }

    /// What the rule says of an event.
    pub(crate) fn rule_matches(&self, event: &Event) -> bool {
        eval::matches_condition(&self.named.rule, self.condition, event)
    }

    /// What the query says of a record, as it was read.
    pub(crate) fn query_matches(&self, record: &Event) -> bool {
        matches(&self.reading.expr, record)
    }

    /// The rows within the verdict's assumptions.
    pub(crate) fn within(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_within)
    }
}
