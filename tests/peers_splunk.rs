//! What pySigma's Splunk backend makes of the public rule set: its queries are read and compared with their rules,
//! and for some of them people decided from the documentation what they mean (`peers/splunk.tsv`).
//!
//! Queries and rules are found through `VERISIGMA_SHARED`; without it this suite only says so. No Splunk runs here:
//! that a query means what the reader says is documented, not recorded.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, explains on stderr, and looks at the predicates that it names only"
)]

mod support;

#[path = "peers/queries.rs"]
mod queries;

use queries::{Peer, assumed, changed, deciding, peers};
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use support::judged::fields;
use support::settings::{Setting, searches};
use support::{percent, rules, shared};
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{Answer, Counterexample, Kind, Verdict, read_query, verify_query};
use verisigma::eval;
use verisigma::event::Event;
use verisigma::ir::eval::matches;
use verisigma::ir::lower::lower;
use verisigma::ir::{Case, Expr, Pattern, Predicate, Subject, Value};
use verisigma::source::Source;
use verisigma::storage::Name;
use verisigma::text::pattern::Part;

/// Why a query does not mean what its rule means, as its counterexample shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The same tests, joined otherwise.
    Grouping,
    /// A keyword as a term, which needs boundaries of segments.
    Keyword,
    /// `$`, which also matches before a line break at the end.
    LineEnd,
    /// `?` as `*`.
    SingleWildcard,
    /// Anything else.
    Other,
}

impl Cause {
    fn name(self) -> &'static str {
        match self {
            Self::Grouping => "grouping",
            Self::Keyword => "keyword",
            Self::LineEnd => "line-end",
            Self::SingleWildcard => "single-wildcard",
            Self::Other => "other",
        }
    }
}

/// What the engine says of a query.
struct Said {
    verdict: Verdict,
    why: Vec<Diagnostic>,
}

fn splunk() -> Setting {
    searches().into_iter().find(|setting| setting.name == "splunk").unwrap()
}

fn ask(peer: &Peer<'_>, setting: &Setting) -> Said {
    let (verdict, why) = verify_query(&peer.named.rule, peer.condition, &Source::new("query", &peer.query), &setting.job);
    Said { verdict, why }
}

#[test]
fn queries_of_another_compiler_are_judged() {
    let Some(shared) = shared() else { return };
    let (rules, setting) = (rules(&shared), splunk());
    let peers = peers(&shared, "splunk.jsonl", &rules);
    let said: Vec<Said> = peers.par_iter().map(|peer| ask(peer, &setting)).collect();
    let (mut kinds, mut unread, mut causes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (peer, said) in peers.iter().zip(&said) {
        *kinds.entry(said.verdict.kind.to_string()).or_insert(0_usize) += 1;
        if said.verdict.kind == Kind::Unread {
            unread.entry(said.why[0].message.as_str()).or_insert_with(Vec::new).push(peer.named.path.as_str());
        }
        if let Some(example) = &said.verdict.counterexample {
            confirm(peer, example, &setting);
            let direction = if example.query { "more" } else { "fewer" };
            causes.entry((cause(peer, example, &setting), direction)).or_insert_with(Vec::new).push(peer.named.path.as_str());
        }
    }
    eprintln!("{} queries: {kinds:?}", peers.len());
    for (message, paths) in &unread {
        eprintln!("unread, {message}: {}\n  {}", paths.len(), paths.join("\n  "));
    }
    for ((cause, direction), paths) in &causes {
        eprintln!("{} matches {direction}: {}\n  {}", cause.name(), paths.len(), paths.join("\n  "));
    }
    eprintln!("of the others so many assume: {:?}", assumed(said.iter().map(|said| &said.verdict)));
    let read = peers.len() - kinds.get("unread").copied().unwrap_or(0);
    assert!(percent(read, peers.len()) >= 95.0, "{read} of {} queries are read", peers.len());
    let found: BTreeSet<Cause> = causes.keys().map(|(cause, _)| *cause).collect();
    assert_eq!(found, BTreeSet::from([Cause::Grouping, Cause::Keyword, Cause::LineEnd, Cause::SingleWildcard]));
}

/// The counterexample shows what it says, asked again on both sides.
fn confirm(peer: &Peer<'_>, example: &Counterexample, setting: &Setting) {
    assert_ne!(example.rule, example.query, "{}", peer.named.path);
    assert_eq!(answers(peer, &example.event, setting), (example.rule, example.query), "{}: {:?}", peer.named.path, example.event);
}

/// What rule and query say of an event.
fn answers(peer: &Peer<'_>, event: &Event, setting: &Setting) -> (bool, bool) {
    let query = match read_query(&Source::new("query", &peer.query), &setting.job).unwrap().matches(event) {
        Answer::True => true,
        Answer::False => false,
        Answer::Open(why) => panic!("{}: what the query says of {event:?} is open: {why}", peer.named.path),
    };
    (eval::matches_condition(&peer.named.rule, peer.condition, event), query)
}

fn cause(peer: &Peer<'_>, example: &Counterexample, setting: &Setting) -> Cause {
    let storage = &setting.job.storage;
    let (meaning, _) = setting.backend.expand(&lower(&peer.named.rule).unwrap()[peer.condition], storage).unwrap();
    let meaning = storage.keyed(&meaning);
    let query = setting.reader.read(&peer.query, storage).unwrap().expr;
    let names = fields(&[&meaning, &query]);
    let record = storage.record(&example.event, &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let raw = storage.raw.as_deref().map(Subject::field);
    if deciding(&meaning, &record).iter().any(|test| Some(&test.subject) == raw.as_ref()) {
        Cause::Keyword
    } else if matches(&meaning, &without_last_break(&record)) == example.query {
        Cause::LineEnd
    } else if matches(&widened(&meaning), &record) == example.query {
        Cause::SingleWildcard
    } else if leaves(&meaning) == leaves(&query) {
        Cause::Grouping
    } else {
        Cause::Other
    }
}

/// The record with no line break at the end of any text.
fn without_last_break(record: &Event) -> Event {
    let cut = |value: &serde_json::Value| {
        value.as_str().and_then(|text| text.strip_suffix('\n')).map_or_else(|| value.clone(), serde_json::Value::from)
    };
    Event::new(record.root().iter().map(|(key, value)| (key.clone(), cut(value))).collect())
}

/// The formula with `*` for each `?`.
fn widened(expr: &Expr) -> Expr {
    let wide = |part: &Part| if *part == Part::One { Part::Any } else { part.clone() };
    let value = |value: &Value| Value { pattern: Pattern::new(value.pattern.parts().iter().map(wide)), place: value.place };
    changed(expr, &|test| {
        let predicate = match &test.predicate {
            Predicate::Like { any, case } => Predicate::Like { any: any.iter().map(value).collect(), case: *case },
            other => other.clone(),
        };
        Expr::test(test.subject.clone(), predicate, test.place)
    })
}

/// What a formula tests, value by value, without regard to case relations and to how the tests are joined.
fn leaves(expr: &Expr) -> BTreeSet<String> {
    let mut leaves = BTreeSet::new();
    expr.for_each_test(&mut |test| match &test.predicate {
        Predicate::Like { any, .. } => {
            leaves.extend(any.iter().map(|value| format!("{:?} {:?}", test.subject, value.pattern.folded(Case::Fold))));
        }
        other => {
            leaves.insert(format!("{:?} {other:?}", test.subject));
        }
    });
    leaves
}

/// A query judged by hand.
struct Labelled<'t> {
    rule: &'t str,
    label: &'t str,
    direction: &'t str,
    cause: &'t str,
    event: &'t str,
}

fn labels(table: &str) -> Vec<Labelled<'_>> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let labelled = rows.map(|row| {
        let [rule, label, direction, cause, event, _why] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("six columns: {row}") };
        Labelled { rule, label, direction, cause, event }
    });
    labelled.collect()
}

#[test]
fn labels_by_hand_hold() {
    let labels = labels(include_str!("peers/splunk.tsv"));
    let decided = labels.iter().filter(|labelled| ["equal", "differs"].contains(&labelled.label)).count();
    assert!(decided >= 40, "{decided} queries are labelled");
    let Some(shared) = shared() else { return };
    let (rules, setting) = (rules(&shared), splunk());
    let peers = peers(&shared, "splunk.jsonl", &rules);
    let by_path: BTreeMap<&str, &Peer<'_>> = peers.iter().map(|peer| (peer.named.path.as_str(), peer)).collect();
    let wrong: Vec<String> = labels
        .iter()
        .filter_map(|labelled| {
            let peer = by_path.get(labelled.rule).unwrap_or_else(|| panic!("no query for {}", labelled.rule));
            objection(labelled, peer, &setting).map(|what| format!("{}: {what}", labelled.rule))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What speaks against a label.
fn objection(labelled: &Labelled<'_>, peer: &Peer<'_>, setting: &Setting) -> Option<String> {
    let Said { verdict, why } = ask(peer, setting);
    let refused = |code: Code| verdict.kind == Kind::Unread && why[0].code == code && why[0].message.contains(labelled.cause);
    let holds = match labelled.label {
        "equal" => verdict.kind == Kind::Proved && needs(&verdict, labelled.cause),
        "open" => refused(Code::QueryUnread),
        "invalid" => refused(Code::QueryInvalid),
        "differs" => return difference(labelled, peer, &verdict, setting),
        other => panic!("the label {other}"),
    };
    (!holds).then(|| format!("labelled {}, is {} {:?} {why:?}", labelled.label, verdict.kind, verdict.assumptions))
}

/// Whether a verdict has the assumption of this name, if it is one.
fn needs(verdict: &Verdict, name: &str) -> bool {
    Name::find(name).is_none_or(|name| verdict.assumptions.iter().any(|assumed| assumed.name == name))
}

/// What speaks against a labelled difference: the verdict, its cause, or what both sides say of the event.
fn difference(labelled: &Labelled<'_>, peer: &Peer<'_>, verdict: &Verdict, setting: &Setting) -> Option<String> {
    let Some(example) = &verdict.counterexample else { return Some(format!("labelled differs, is {}", verdict.kind)) };
    let expected = match labelled.direction {
        "more" => (false, true),
        "fewer" => (true, false),
        other => panic!("the direction {other}"),
    };
    let event: Json = serde_json::from_str(labelled.event).unwrap();
    let answers = answers(peer, &Event::new(event.as_object().unwrap().clone()), setting);
    if answers != expected {
        return Some(format!("rule and query say {answers:?} of {event}"));
    }
    if (example.rule, example.query) != expected {
        return Some(format!("the counterexample shows the other direction: {:?}", example.event));
    }
    let found = cause(peer, example, setting).name();
    (found != labelled.cause).then(|| format!("the cause is {found}"))
}
