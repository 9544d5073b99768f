//! What a table of faults is, and how each of its rows is held against verification.
//!
//! A fault is an edit of a descriptor, of a written query, or of a formula before it is written. For each the
//! query without the fault must be proved, and the one with it refuted by an event on which the reference
//! evaluator and whoever answers for the target differ. An edit that changes nothing is an error of the table.

pub(crate) mod formula;

use std::sync::Arc;
use verisigma::backend::{self, Settings, embedded};
use verisigma::engine::{self, Conversion, Job, Kind, Request, Schema, Verdict};
use verisigma::event::Event;
use verisigma::ir::{Expr, lower};
use verisigma::rule::Rule;
use verisigma::source::Source;
use verisigma::storage::Name;

/// A fault, and a rule whose query must show it.
pub(crate) struct Fault {
    /// The name of the target.
    pub(crate) target: &'static str,
    pub(crate) name: &'static str,
    /// The detection section, in one line.
    pub(crate) detection: &'static str,
    /// The description of the storage, where it is not the default one: the name of a built-in one, or what tools export.
    pub(crate) schema: &'static str,
    /// The assumptions that are denied.
    pub(crate) denied: &'static [&'static str],
    pub(crate) edit: Edit,
}

/// What a fault changes.
pub(crate) enum Edit {
    /// A text of a descriptor, in the file of this name.
    Descriptor(&'static str, &'static str, &'static str),
    /// A text of the query.
    Query(&'static str, &'static str),
    /// The formula.
    Formula(fn(&Expr) -> Expr),
}

pub(crate) const fn fault(target: &'static str, name: &'static str, detection: &'static str, edit: Edit) -> Fault {
    Fault { target, name, detection, schema: "", denied: &[], edit }
}

impl Fault {
    pub(crate) const fn on(mut self, schema: &'static str) -> Self {
        self.schema = schema;
        self
    }

    pub(crate) const fn without(mut self, denied: &'static [&'static str]) -> Self {
        self.denied = denied;
        self
    }
}

/// What a target answers about an event, or why it answers nothing.
pub(crate) type Answer = fn(rule: &Rule, query: &str, event: &Event, job: &Job) -> Result<bool, String>;

/// The rows of a table that are refuted by an event, for people; the whole table has to be.
pub(crate) fn refute(faults: &[Fault], answer: Answer) {
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    for fault in faults {
        match found(fault, answer) {
            Ok(row) => rows.push(row),
            Err(why) => missed.push(format!("{} ({}): {why}", fault.name, fault.target)),
        }
    }
    println!("{:7} {:58} {:10} {:5} event\n{}", "target", "fault", "arrow", "rule", rows.join("\n"));
    assert!(missed.is_empty(), "{} of {} faults:\n{}", missed.len(), faults.len(), missed.join("\n"));
}

/// A row of the table: the fault and the event that shows it.
fn found(fault: &Fault, answer: Answer) -> Result<String, String> {
    let rule = rule(fault.detection);
    let sound = job(fault, &rule, backend::builtin(fault.target).unwrap().unwrap());
    let (right, verdict) = converted(&rule, &sound)?;
    if verdict.kind != Kind::Proved {
        return Err(format!("without the fault {verdict}: {right}"));
    }
    let (wrong, verdict) = faulty(fault, &rule, &right, &sound)?;
    if wrong == right {
        return Err(format!("changes nothing: {right}"));
    }
    let (Kind::Differs, Some(shown)) = (verdict.kind, &verdict.counterexample) else {
        return Err(format!("{verdict}\n  {right}\n  {wrong}"));
    };
    let event = serde_json::json!(shown.event.root());
    let rule_says = engine::matches(&rule, &shown.event);
    if answer(&rule, &right, &shown.event, &sound) != Ok(rule_says) {
        return Err(format!("{event}: the query without the fault differs as well: {right}"));
    }
    let query_says = answer(&rule, &wrong, &shown.event, &sound)?;
    if (rule_says, query_says) != (shown.rule, shown.query) || rule_says == query_says {
        return Err(format!("{event}: the rule says {rule_says}, the target {query_says}, not {shown:?}: {wrong}"));
    }
    let arrow = format!("{:?}", shown.arrow).to_lowercase();
    Ok(format!("{:7} {:58} {arrow:10} {:5} {event}", fault.target, fault.name, shown.rule))
}

fn rule(detection: &str) -> Rule {
    let text = format!("title: Fault\nlogsource: {{product: windows}}\ndetection: {detection}\n");
    let source = Source::new("rule.yml", &text);
    let document = engine::parse(&source).remove(0);
    document.rule.unwrap_or_else(|| panic!("{}", document.diagnostics.iter().map(|it| it.render(&source)).collect::<String>()))
}

/// The target as described, with a text of one file replaced.
fn edited(target: &str, (file, from, to): (&str, &str, &str)) -> Result<Arc<backend::Target>, String> {
    let text = |name: &str| embedded(name).map(|text| if name == file { text.replace(from, to) } else { text });
    if !embedded(file).unwrap().contains(from) {
        return Err(format!("{file} does not say {from}"));
    }
    let name = format!("{target}.yaml");
    let source = Source::new(&name, &text(&name).unwrap());
    backend::Target::load(&source, &text).map(Arc::new).map_err(|errors| format!("{errors:?}"))
}

/// What is wanted of the target, on the storage on which it can say the rule.
fn job(fault: &Fault, rule: &Rule, backend: Arc<backend::Target>) -> Job {
    let target = engine::target(fault.target).unwrap();
    let schema = match fault.schema {
        "" => Schema::Default,
        name if target.schemas.iter().any(|own| own.name == name) => Schema::Named(name.to_owned()),
        text => Schema::Given(engine::schema(target, &Source::new("schema", text)).unwrap()),
    };
    let denied = fault.denied.iter().map(|name| (*name).to_owned()).collect();
    let mut job = Job::on(backend, Request { schema, denied, ..Request::default() }).unwrap();
    job.storage = job.storage.suited(&meaning(rule)).0.into_owned();
    job
}

fn meaning(rule: &Rule) -> Expr {
    lower::lower(rule).unwrap().remove(0)
}

/// The query of a rule, and what was found about it.
fn converted(rule: &Rule, job: &Job) -> Result<(String, Verdict), String> {
    let outcome = engine::convert(rule, job).remove(0);
    match outcome.result {
        Conversion::Written { query, verdict, .. } | Conversion::Differs { query, verdict } => Ok((query, verdict)),
        Conversion::Refused => Err(format!("refused: {:?}", outcome.diagnostics)),
    }
}

/// The query with the fault, and what was found about it.
fn faulty(fault: &Fault, rule: &Rule, right: &str, sound: &Job) -> Result<(String, Verdict), String> {
    match &fault.edit {
        Edit::Descriptor(file, from, to) => converted(rule, &job(fault, rule, edited(fault.target, (file, from, to))?)),
        Edit::Query(from, to) => {
            if !right.contains(from) {
                return Err(format!("{right} does not say {from}"));
            }
            judged(rule, right.replacen(from, to, 1), sound)
        }
        Edit::Formula(change) => {
            let (meaning, backend) = (meaning(rule), backend::builtin(fault.target).unwrap().unwrap());
            let changed = change(&meaning);
            if changed == meaning {
                return Err("the same formula".to_owned());
            }
            let denied = fault.denied.iter().filter_map(|name| Name::find(name)).collect();
            let settings = Settings { denied, ..Settings::default() };
            let written = backend.write(&changed, &sound.storage, &settings, &backend::Metadata::new());
            judged(rule, written.map_err(|why| why.message)?.text, sound)
        }
    }
}

fn judged(rule: &Rule, query: String, sound: &Job) -> Result<(String, Verdict), String> {
    let (verdict, why) = engine::verify_query(rule, 0, &Source::new("query", &query), sound);
    if why.is_empty() { Ok((query, verdict)) } else { Err(format!("{why:?}: {query}")) }
}
