//! The public rule set through the engine: how much of it is written and proved, on which events that rests, and
//! the recorded events that rules must match.
//!
//! The rule set is found through `VERISIGMA_SHARED`; without it this suite only says so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and explains on stderr"
)]

mod support;

use rayon::prelude::*;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::engine::{database, found};
use support::judged::{Judged, Row, judged};
use support::settings::{Setting, approximate, default_setting, searches, settings};
use support::{Named, files, percent, rules, shared};
use verisigma::diag::Code;
use verisigma::engine::{Conversion, Direction, Kind, convert};
use verisigma::event::{Event, flatten_windows, read_events};
use verisigma::ir::eval::matches_test;
use verisigma::ir::{Expr, Test};

/// How many rules of the set may be refused on a storage: tables, Splunk, Kibana.
fn most_refused(setting: &Setting) -> usize {
    match setting.job.target.name.as_str() {
        "sqlite" => 87,
        "splunk" => 12,
        "kql" => 200,
        other => panic!("{other} has no bar"),
    }
}

/// How many of them may be refused because they search for keywords.
const MOST_KEYWORDS: usize = 86;

/// What became of the conditions of all rules.
#[derive(Debug, Default)]
struct Tally {
    proved: usize,
    tested: Vec<String>,
    /// Those that differ by permission, and whether an event shows it.
    approximate: Vec<(String, bool)>,
    differ: Vec<String>,
    refused: BTreeMap<&'static str, Vec<String>>,
}

impl Tally {
    fn of(setting: &Setting, rules: &[Named]) -> Self {
        let outcomes: Vec<_> = rules.par_iter().map(|named| (named, convert(&named.rule, &setting.job))).collect();
        let mut tally = Self::default();
        for (named, outcome) in outcomes.into_iter().flat_map(|(named, outcomes)| outcomes.into_iter().map(move |outcome| (named, outcome)))
        {
            let path = named.path.clone();
            match outcome.result {
                Conversion::Written { verdict, .. } if verdict.approximation.is_some() => {
                    tally.approximate.push((path, verdict.counterexample.is_some()));
                }
                Conversion::Written { verdict, .. } if verdict.kind == Kind::Proved => tally.proved += 1,
                Conversion::Written { .. } => tally.tested.push(path),
                Conversion::Differs { verdict, .. } => tally.differ.push(format!("{path}: {verdict}")),
                Conversion::Refused => {
                    let code = outcome.diagnostics.first().unwrap_or_else(|| panic!("{path} is refused without a reason")).code;
                    tally.refused.entry(code.name()).or_default().push(path);
                }
            }
        }
        tally
    }

    fn refused_for(&self, code: Code) -> usize {
        self.refused.get(code.name()).map_or(0, Vec::len)
    }

    fn refused(&self) -> usize {
        self.refused.values().map(Vec::len).sum()
    }
}

#[test]
fn the_rule_set_is_written_and_proved() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    assert!(rules.len() > 3_000, "{} rules", rules.len());
    for setting in settings(&rules).iter().chain(&searches()) {
        let tally = Tally::of(setting, &rules);
        let written = tally.proved + tally.tested.len();
        let reasons: Vec<String> = tally.refused.iter().map(|(name, paths)| format!("{name} {}", paths.len())).collect();
        let name = setting.name;
        eprintln!("{name}: {written} written, {} proved, refused: {}", tally.proved, reasons.join(", "));
        let shown: Vec<&String> = tally.tested.iter().take(30).collect();
        eprintln!("{name}: not proved: {shown:#?}");
        assert!(tally.differ.is_empty(), "{name}:\n{}", tally.differ.join("\n"));
        assert!(percent(tally.proved, written) >= 99.0, "{name}: {} of {written} proved", tally.proved);
        // What a table lacks is no fault: two names of one rule for one column.
        let beside = tally.refused_for(Code::RefusedFieldName);
        assert!(tally.refused() - beside <= most_refused(setting), "{name}: {:#?}", tally.refused);
        assert!(tally.refused_for(Code::RefusedKeywords) <= MOST_KEYWORDS);
    }
}

/// The most rules that are refused where queries may match more.
const MOST_REFUSED_OVER: usize = 90;

/// The approximations that no event shows, and why there is none.
const WITHOUT_EVENT: &[(Direction, &str, &str)] = &[
    (Direction::Over, "win_codeintegrity_attempted_dll_load.yml", "what the dropped value excludes, another filter excludes"),
    (Direction::Over, "win_smbserver_connectivity_unsigned_and_unencrypted_share_connection.yml", "no address has so many digits"),
    (Direction::Under, "win_codeintegrity_attempted_dll_load.yml", "what the dropped value excludes, another filter excludes"),
    (Direction::Under, "file_event_win_susp_registry_hive_file_creation.yml", "two values that meet in one text differ in case"),
];

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A query that may match more misses no derived event that its rule matches, one that may match fewer has none
/// besides; each is labelled, and shows an event unless no event of the storage has the difference.
#[test]
fn approximations_err_on_the_allowed_side() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    for direction in [Direction::Over, Direction::Under] {
        let setting = approximate(direction);
        let tally = Tally::of(&setting, &rules);
        eprintln!("{direction:?}: {} approximate, {} refused", tally.approximate.len(), tally.refused());
        assert!(tally.differ.is_empty(), "{:#?}", tally.differ);
        assert!(direction == Direction::Under || tally.refused() <= MOST_REFUSED_OVER, "{:#?}", tally.refused);
        let without: BTreeSet<&str> = tally.approximate.iter().filter(|(_, shown)| !shown).map(|(path, _)| file_name(path)).collect();
        let listed = WITHOUT_EVENT.iter().filter(|(own, ..)| *own == direction).map(|(_, file, _)| *file).collect();
        assert_eq!(without, listed, "{direction:?}: approximations without an event");
        let wrong: Vec<String> = rules
            .par_iter()
            .flat_map_iter(|named| judged(named, &setting))
            .filter(|judged| judged.is_approximate)
            .flat_map_iter(|judged| {
                let errs = |row: &&Row| match direction {
                    Direction::Over => judged.rule_matches(&row.event) && !judged.query_matches(&row.record),
                    Direction::Under => !judged.rule_matches(&row.event) && judged.query_matches(&row.record),
                };
                judged.within().filter(errs).map(|row| format!("{}: {:?}", judged.named.path, row.event)).collect::<Vec<_>>()
            })
            .collect();
        assert!(wrong.is_empty(), "{direction:?}: {wrong:#?}");
    }
}

/// A rule of which some test decides no derived event.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Exception {
    setting: String,
    id: String,
    undecided: usize,
}

/// The verdicts rest on events: some match and some do not, and each distinct test of a rule decides some of
/// them, but for the exceptions that are listed with their reasons.
#[test]
fn every_test_decides_a_derived_event() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    // A query that no event matches is refused: that the engine says so is tested above.
    let is_written = |judged: &Judged<'_>| judged.finding.matched > 0;
    let examined: Vec<_> = std::iter::once(default_setting())
        .chain(searches())
        .flat_map(|setting| {
            let written = rules.par_iter().flat_map_iter(|named| judged(named, &setting)).filter(is_written);
            written.map(|judged| examine(&judged, &setting)).collect::<Vec<_>>()
        })
        .collect();
    let faults: Vec<&String> = examined.iter().filter_map(|(fault, _)| fault.as_ref()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let actual: BTreeSet<Exception> = examined.into_iter().filter_map(|(_, exception)| exception).collect();
    let listed = listed_exceptions();
    let missing: Vec<String> = actual.difference(&listed).map(|it| format!("+ {}\t{}\t{}", it.setting, it.id, it.undecided)).collect();
    let obsolete: Vec<String> = listed.difference(&actual).map(|it| format!("- {}\t{}\t{}", it.setting, it.id, it.undecided)).collect();
    assert!(missing.is_empty() && obsolete.is_empty(), "tests/corpus/exceptions.tsv differs:\n{}", [missing, obsolete].concat().join("\n"));
}

fn listed_exceptions() -> BTreeSet<Exception> {
    const WORDS: &[&str] = &["dead-filter", "absorbed", "spelling", "empty"];
    let exception = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [setting, id, undecided, reason, explanation] = columns.as_slice() else { panic!("five columns: {line}") };
        assert!(WORDS.contains(reason) && !explanation.is_empty(), "{line}");
        Exception { setting: (*setting).to_owned(), id: (*id).to_owned(), undecided: undecided.parse().unwrap() }
    };
    include_str!("corpus/exceptions.tsv").lines().filter(|line| !line.starts_with('#')).map(exception).collect()
}

/// What is wrong with the events of a query, and whether some of its rule's tests decide none of them.
fn examine(judged: &Judged<'_>, setting: &Setting) -> (Option<String>, Option<Exception>) {
    let matched = judged.within().filter(|row| judged.rule_matches(&row.event)).count();
    let all = judged.within().count();
    let fault = (matched == 0 || matched == all).then(|| format!("{}: {matched} of {all} events match", judged.named.path));
    let tests = distinct_tests(&judged.meaning);
    let mut decided = BTreeSet::new();
    for row in judged.within() {
        let truths: Vec<bool> = tests.iter().map(|test| matches_test(test, &row.event)).collect();
        let verdict = value(&judged.meaning, &tests, &truths);
        for at in 0..tests.len() {
            let mut flipped = truths.clone();
            flipped[at] = !flipped[at];
            if !decided.contains(&at) && value(&judged.meaning, &tests, &flipped) != verdict {
                decided.insert(at);
            }
        }
    }
    let undecided: Vec<&Test> = (0..tests.len()).filter(|at| !decided.contains(at)).map(|at| tests[at]).collect();
    if !undecided.is_empty() && std::env::var_os("VERISIGMA_EXPLAIN").is_some() {
        eprintln!("{}\t{}\t{}\t{}\n{undecided:?}", setting.name, judged.named.id(), undecided.len(), judged.named.path);
    }
    let exception = Exception { setting: setting.name.to_owned(), id: judged.named.id().to_owned(), undecided: undecided.len() };
    (fault, Some(exception).filter(|exception| exception.undecided > 0))
}

fn distinct_tests(expr: &Expr) -> Vec<&Test> {
    let mut tests = BTreeSet::new();
    expr.for_each_test(&mut |test| {
        tests.insert(test);
    });
    tests.into_iter().collect()
}

/// The value of a formula for these truths of its tests, which are sorted.
fn value(expr: &Expr, tests: &[&Test], truths: &[bool]) -> bool {
    match expr {
        Expr::True => true,
        Expr::False => false,
        Expr::And(children) => children.iter().all(|child| value(child, tests, truths)),
        Expr::Or(children) => children.iter().any(|child| value(child, tests, truths)),
        Expr::Not(child) => !value(child, tests, truths),
        Expr::Test(test) => truths[tests.binary_search(&test).unwrap()],
    }
}

/// The recorded events of a public rule: its id, how many of them it is to match at least, and their file.
struct Recording {
    id: String,
    at_least: usize,
    events: PathBuf,
}

/// What an `info.yml` says of the recordings beside it.
fn recordings(info: &Path) -> Vec<Recording> {
    let yaml: serde_yaml::Value = serde_yaml::from_str(&std::fs::read_to_string(info).unwrap()).unwrap();
    let id = yaml["rule_metadata"][0]["id"].as_str().unwrap().to_owned();
    let recording = |test: &serde_yaml::Value| {
        let name = Path::new(test["path"].as_str().unwrap()).file_name().unwrap();
        let at_least = test["match_count"].as_u64().unwrap_or(1) as usize;
        Recording { id: id.clone(), at_least, events: info.with_file_name(name).with_extension("json") }
    };
    yaml["regression_tests_info"].as_sequence().unwrap().iter().map(recording).collect()
}

/// Every written query finds the events that were recorded for its rule: its reading on their records, and SQLite
/// in a table of them.
#[test]
fn written_queries_find_the_recorded_events() {
    let Some(shared) = shared() else { return };
    let rules = rules(&shared);
    let by_id: BTreeMap<&str, &Named> = rules.iter().map(|named| (named.id(), named)).collect();
    let setting = default_setting();
    let recordings: Vec<Recording> =
        files(&shared.join("corpus/regression_data"), "yml").iter().flat_map(|info| recordings(info)).collect();
    let check = |connection: &mut Connection, recording: &Recording| {
        let named = by_id[recording.id.as_str()];
        judged(named, &setting).first().map(|judged| check_recording(connection, &setting, judged, recording))
    };
    let checked: Vec<usize> = recordings.par_iter().map_init(database, check).flatten().collect();
    let events: usize = checked.iter().sum();
    eprintln!("{} recordings, {} of written rules, {events} matching events found", recordings.len(), checked.len());
    assert!(checked.len() > 100, "{} recordings were checked", checked.len());
}

/// How many recorded events the rule matches; all of them are found by the query.
fn check_recording(connection: &Connection, setting: &Setting, judged: &Judged<'_>, recording: &Recording) -> usize {
    let storage = &setting.job.storage;
    let columns = judged.columns();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let recorder = storage.recorder(&names);
    let shown = recording.events.display();
    let events: Vec<Event> =
        read_events(&std::fs::read_to_string(&recording.events).unwrap()).unwrap().into_iter().map(flatten_windows).collect();
    let records: Vec<Event> = events.iter().map(|event| recorder.record(event).unwrap_or_else(|| panic!("no record: {shown}"))).collect();
    let answers = found(connection, &judged.text, storage.table.as_deref().unwrap(), &columns, storage, &events.iter().collect::<Vec<_>>());
    let mut matched = 0;
    for ((event, record), answer) in events.iter().zip(&records).zip(answers) {
        let rule = judged.rule_matches(event);
        assert_eq!((judged.query_matches(record), answer), (rule, rule), "{shown}\n{}", judged.text);
        matched += usize::from(rule);
    }
    assert!(matched >= recording.at_least, "{shown}: {matched} of {}", recording.at_least);
    matched
}
