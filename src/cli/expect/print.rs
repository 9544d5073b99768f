//! What came of samples, on standard output: a line for each rule, or a record for each sample.

use super::judge::Asked;
use super::{Sample, Tested};
use crate::cli::args::TestFormat;
use crate::cli::exit::Stop;
use crate::cli::record::{self, Sink};
use crate::cli::report::thousands;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use verisigma::engine::samples::{Expected, Outcome};

/// What came of a sample. Names and order of the keys are a contract with scripts.
#[derive(Serialize)]
struct Record<'r> {
    rule: record::Rule<'r>,
    sample: Name<'r>,
    expected: Value,
    found: &'r Value,
    through: Option<&'r str>,
    outcome: &'r str,
    reason: Option<&'r str>,
}

/// Which sample.
#[derive(Serialize)]
struct Name<'r> {
    path: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

/// Prints what came of samples.
///
/// # Errors
/// Nothing can be written.
pub(super) fn print(tested: &[Tested<'_>], format: TestFormat) -> Result<(), Stop> {
    let records = format.records().and_then(super::super::args::RecordFormat::records);
    let mut sink = Sink::new(records);
    for rule in tested {
        let items = match records {
            Some(_) => self::records(rule).iter().map(|record| sink.item(record, String::new)).collect(),
            None => lines(rule),
        };
        sink.print(&items)?;
    }
    sink.finish()
}

fn records<'r>(rule: &'r Tested<'_>) -> Vec<Record<'r>> {
    let asked = rule.asked.iter().filter_map(|asked| {
        let sample = rule.samples.found.get(asked.sample)?;
        Some(Record {
            rule: rule.read.name(),
            sample: Name { path: &sample.path, name: sample.name.as_deref(), index: sample.index },
            expected: expected(sample),
            found: &asked.found,
            through: asked.through.as_deref(),
            outcome: asked.outcome.name(),
            reason: asked.reason.as_deref(),
        })
    });
    let absent = rule.samples.absent.iter().map(|absent| Record {
        rule: rule.read.name(),
        sample: Name { path: &absent.path, name: None, index: None },
        expected: Value::Null,
        found: &Value::Null,
        through: None,
        outcome: ABSENT,
        reason: Some("it is not there"),
    });
    asked.chain(absent).collect()
}

const ABSENT: &str = "absent";

fn expected(sample: &Sample) -> Value {
    match sample.expected {
        Expected::AtLeast { number, .. } => number.into(),
        Expected::Match => true.into(),
        Expected::Miss => false.into(),
    }
}

/// A line for the rule, and one for each target.
fn lines(rule: &Tested<'_>) -> Vec<String> {
    let mut groups: Vec<(Option<&str>, BTreeMap<Outcome, usize>)> = Vec::new();
    for Asked { through, outcome, .. } in &rule.asked {
        let through = through.as_deref();
        match groups.last_mut().filter(|(last, _)| *last == through) {
            Some((_, counts)) => *counts.entry(*outcome).or_default() += 1,
            None => groups.push((through, BTreeMap::from([(*outcome, 1)]))),
        }
    }
    let absent = rule.samples.absent.len();
    if groups.is_empty() && absent > 0 {
        groups.push((None, BTreeMap::new()));
    }
    let line = |(number, (through, counts)): (usize, &(Option<&str>, BTreeMap<Outcome, usize>))| {
        let counted = counts.iter().map(|(outcome, number)| format!("{} {}", thousands(*number), outcome.name()));
        let absent = (number == 0 && absent > 0).then(|| format!("{} {ABSENT}", thousands(absent)));
        let parts: Vec<String> = counted.chain(absent).collect();
        let through = through.map(|target| format!("through {target}: ")).unwrap_or_default();
        format!("{}: {through}{}", rule.read.shown(), parts.join(", "))
    };
    groups.iter().enumerate().map(line).collect()
}
