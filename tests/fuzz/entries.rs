//! The ways in for hostile input: bytes of any kind go in, and what must hold of every input is asserted.
//!
//! The fuzz targets below `fuzz/` and the bounded suite `tests/fuzz_entries.rs` share these functions. Nothing
//! here names a target or a kind of document: what the engine lists is what is tried. Time and memory are for
//! the callers to watch.

#![allow(dead_code, reason = "each fuzz target uses one entry")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;
use verisigma::backend::{self, embedded};
use verisigma::diag::{Code, Diagnostic, Severity};
use verisigma::engine::{self, Conversion, Job, Outcome, Request, Schema};
use verisigma::event::Event;
use verisigma::ir::{self, lower::lower};
use verisigma::lang::envelope::{Envelope, envelope};
use verisigma::rule::collection::link;
use verisigma::rule::{Document, Rule, Variables, parse_with};
use verisigma::source::Source;

/// An entry, by the name that its fuzz target has.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&[u8]),
    /// Inputs that are worth changing.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub(crate) const ENTRIES: [Entry; 6] = [
    Entry { name: "pipeline", run: pipeline, seeds: pipeline_seeds },
    Entry { name: "variables", run: variables, seeds: variables_seeds },
    Entry { name: "condition", run: condition, seeds: condition_seeds },
    Entry { name: "modifiers", run: modifiers, seeds: modifiers_seeds },
    Entry { name: "readers", run: readers, seeds: readers_seeds },
    Entry { name: "descriptors", run: descriptors, seeds: descriptors_seeds },
];

/// So many rules of a file are converted: what each takes has nothing to do with the others.
const CONVERTED: usize = 16;

/// A file of rules, correlations and filters, linked and converted for every target. Which of a target's formats and
/// schemas is taken depends on the length of the text, so that each has its turn.
pub(crate) fn pipeline(data: &[u8]) {
    let text = text(data);
    let source = Source::new("rule.yml", text);
    let mut documents = engine::parse(&source);
    documents.iter().for_each(|document| sound(document, &source));
    let links = link(&mut documents.iter_mut().collect::<Vec<_>>());
    documents.iter().for_each(|document| sound(document, &source));
    let jobs = || jobs().iter().map(|of_target| &of_target[text.len() % of_target.len()]);
    for rule in documents.iter().filter_map(|document| document.rule.as_ref()).take(CONVERTED) {
        agree(rule);
        jobs().for_each(|job| convert(rule, job));
    }
    let all: Vec<&Document> = documents.iter().collect();
    let correlations = (0..all.len()).filter(|number| all[*number].correlation.is_some());
    for program in correlations.filter_map(|number| links.program(&all, number)).take(CONVERTED) {
        jobs().for_each(|job| converted(engine::convert_correlation(&program, job), job));
    }
}

/// A file of variables and, after a line `%%`, rules in which they stand.
pub(crate) fn variables(data: &[u8]) {
    let (values, rules) = text(data).split_once("\n%%\n").unwrap_or((text(data), ""));
    let source = Source::new("variables.yml", values);
    match Variables::read(&source) {
        Ok(values) => {
            let source = Source::new("rule.yml", rules);
            let documents = parse_with(&source, &values);
            documents.iter().for_each(|document| sound(document, &source));
            for rule in documents.iter().filter_map(|document| document.rule.as_ref()).take(CONVERTED) {
                agree(rule);
                jobs().iter().for_each(|of_target| convert(rule, &of_target[0]));
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            errors.iter().for_each(|why| shown(why, &source));
        }
    }
}

/// The text of a condition over a few search identifiers.
pub(crate) fn condition(data: &[u8]) {
    let text = format!(
        "title: Condition\nlogsource: {{category: test}}\ndetection:\n  sel_a: {{Image: a, User|contains: b}}\n  sel_b: [{{Image: c}}, \
         {{CommandLine: d*}}]\n  _hidden: {{Port: 5}}\n  filter: {{User: null}}\n  words: [e, f]\n  condition: {}\n",
        quoted(text(data))
    );
    for rule in rules(&text) {
        agree(&rule);
        jobs().iter().for_each(|of_target| convert(&rule, &of_target[0]));
    }
}

/// A detection item: the key on the first line, a value on each other line.
pub(crate) fn modifiers(data: &[u8]) {
    let mut lines = text(data).lines();
    let key = quoted(lines.next().unwrap_or_default());
    let is_plain = |line: &str| matches!(line, "null" | "true" | "false") || line.parse::<f64>().is_ok_and(f64::is_finite);
    let value = |line: &str| if is_plain(line) { line.to_owned() } else { quoted(line) };
    let values = match lines.clone().count() {
        1 => lines.map(value).collect(),
        _ => format!("[{}]", lines.map(value).collect::<Vec<_>>().join(", ")),
    };
    let text = format!(
        "title: Modifiers\nlogsource: {{category: test}}\ndetection:\n  selection:\n    ? {key}\n    : {values}\n  condition: selection\n"
    );
    for rule in rules(&text) {
        agree(&rule);
        jobs().iter().for_each(|of_target| convert(&rule, &of_target[0]));
    }
}

/// Texts of queries and artefacts. The first byte selects who reads them.
pub(crate) fn readers(data: &[u8]) {
    let Some((&selector, rest)) = data.split_first() else { return };
    let (readings, text) = (&*READINGS, text(rest));
    match &readings[usize::from(selector) % readings.len()].1 {
        Reading::Query(job) => read(text, job),
        Reading::Artefact(envelope, job) => {
            let source = Source::new("artefact", text);
            let _ = envelope.identity(text).map_err(|why| shown(&why, &source));
            match envelope.query(text) {
                Ok(query) => read(&query, job),
                Err(why) => {
                    assert!(matches!(why.code, Code::QueryInvalid | Code::QueryUnread), "{why:?}");
                    shown(&why, &source);
                }
            }
        }
    }
}

/// Descriptions of targets and of storages. The first byte selects the kind: a descriptor, or the schema of a
/// target's language.
pub(crate) fn descriptors(data: &[u8]) {
    let Some((&selector, rest)) = data.split_first() else { return };
    let (targets, text) = (engine::targets(), text(rest));
    let source = Source::new("described", text);
    match (usize::from(selector) % (targets.len() + 1)).checked_sub(1) {
        None => match backend::Target::load(&source, &embedded) {
            Ok(target) => described(target),
            Err(errors) => {
                assert!(!errors.is_empty(), "refused without a reason");
                errors.iter().for_each(|why| shown(why, &source));
            }
        },
        Some(index) => match engine::schema(&targets[index], &source) {
            Ok(storage) => {
                let request = Request { target: targets[index].name.clone(), schema: Schema::Given(storage), ..Request::default() };
                SIMPLE.iter().for_each(|rule| convert(rule, &Job::new(request.clone()).unwrap()));
            }
            Err(why) => {
                assert_eq!(why.code, Code::InvalidSchema, "{why:?}");
                shown(&why, &source);
            }
        },
    }
}

/// A target that was loaded writes or refuses. What it writes may be anything: its author says what is exact,
/// and verification finds out.
fn described(target: backend::Target) {
    let request = Request { target: target.name.clone(), ..Request::default() };
    match Job::on(target.into(), request) {
        Ok(job) => SIMPLE.iter().for_each(|rule| drop(engine::convert(rule, &job))),
        Err(errors) => assert!(!errors.is_empty(), "refused without a reason"),
    }
}

/// The text of an input: all of it up to the first byte that is no UTF-8, which files may not hold.
fn text(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&data[..error.valid_up_to()]).unwrap(),
    }
}

/// A text as YAML writes it between quotes.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The rules of a file.
fn rules(text: &str) -> Vec<Rule> {
    let source = Source::new("rule.yml", text);
    let documents = engine::parse(&source).into_iter();
    documents.inspect(|document| sound(document, &source)).filter_map(|document| document.rule).collect()
}

/// Every document is a rule, a correlation or a filter exactly when nothing is wrong with it.
fn sound(document: &Document, source: &Source) {
    let is_wrong = document.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let is_something = document.rule.is_some() || document.correlation.is_some() || document.filter.is_some();
    assert_ne!(is_wrong, is_something, "{:?}", document.diagnostics);
    document.diagnostics.iter().for_each(|diagnostic| shown(diagnostic, source));
}

/// Every diagnostic can be shown in both forms.
fn shown(diagnostic: &Diagnostic, source: &Source) {
    assert!(!diagnostic.render(source).is_empty());
    assert!(!json!(diagnostic.record(source, None)).is_null());
}

/// What a rule means and its formula are of one opinion about an event.
fn agree(rule: &Rule) {
    let Ok(meanings) = lower(rule) else { return };
    for (condition, meaning) in meanings.iter().enumerate() {
        let expected = verisigma::eval::matches_condition(rule, condition, &EVENT);
        assert_eq!(ir::eval::matches(meaning, &EVENT), expected, "rule and formula differ");
    }
}

/// What is written was read back and means the same; what is not is refused with a reason.
fn convert(rule: &Rule, job: &Job) {
    engine::convert(rule, job).into_iter().for_each(|outcome| converted(outcome, job));
}

fn converted(outcome: Outcome, job: &Job) {
    let refused = outcome.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match outcome.result {
        Conversion::Written { query, text, .. } => {
            assert!(!refused, "a query with errors: {query}");
            let document = job.document(&[&text]).unwrap_or_else(|why| panic!("{}: {why:?}: {text}", job.target.name));
            assert!(!document.is_empty());
        }
        Conversion::Refused => assert!(refused, "{} refuses without a reason", job.target.name),
        Conversion::Differs { query, verdict } => {
            let found: Vec<String> = outcome.diagnostics.iter().map(|why| why.message.chars().take(300).collect()).collect();
            let query: String = query.chars().take(1_000).collect();
            panic!("{}: {verdict}: {query}\n{found:?}", job.target.name)
        }
    }
}

/// A query from elsewhere is read, and answers, or is refused by the right name.
fn read(text: &str, job: &Job) {
    let source = Source::new("query", text);
    match engine::read_query(&source, job) {
        Ok(query) => {
            query.set_apart().iter().for_each(|diagnostic| shown(diagnostic, &source));
            let _ = query.matches(&EVENT);
        }
        Err(why) => {
            assert!(matches!(why.code, Code::QueryInvalid | Code::QueryUnread), "{why:?}");
            shown(&why, &source);
        }
    }
}

/// For each target its jobs: the default, every format, every built-in schema.
fn jobs() -> &'static [Vec<Job>] {
    static JOBS: LazyLock<Vec<Vec<Job>>> = LazyLock::new(|| engine::targets().iter().map(of_target).collect());
    &JOBS
}

fn of_target(target: &engine::Target) -> Vec<Job> {
    let base = || Request { target: target.name.clone(), ..Request::default() };
    let formats = target.formats.iter().map(|format| Request { format: Some(format.name.clone()), ..base() });
    let schemas = target.schemas.iter().skip(1).map(|schema| Request { schema: Schema::Named(schema.name.clone()), ..base() });
    formats.chain(schemas).map(|request| Job::new(request).unwrap()).collect()
}

/// What reads a text.
enum Reading {
    /// The reader of a target.
    Query(Job),
    /// The reader of an envelope, then the one of its target.
    Artefact(Envelope, Job),
}

/// All that read texts, each with its name.
static READINGS: LazyLock<Vec<(String, Reading)>> = LazyLock::new(|| {
    let mut readings = Vec::new();
    for of_target in jobs() {
        for job in of_target {
            let name = &job.target.name;
            readings.push((name.clone(), Reading::Query(job.clone())));
            let backend = backend::builtin(name).unwrap().unwrap();
            let described = backend.formats.iter().find(|(format, _)| *format == job.format.name).map(|(_, format)| &format.envelope);
            let envelope = described.and_then(|it| envelope(&it.kind, &it.path, it.identity.as_deref())).unwrap();
            if envelope != Envelope::Bare {
                readings.push((format!("{name} {}", job.format.name), Reading::Artefact(envelope, job.clone())));
            }
        }
    }
    readings
});

/// An event with a value of every kind.
static EVENT: LazyLock<Event> = LazyLock::new(|| {
    let root = json!({
        "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd /c \"whoami\" -enc SQBFAFgA", "User": null, "Port": 445,
        "SourceIp": "10.1.2.3", "Ips": ["::1", "fe80::1", "x"], "Elevated": true, "event": {"id": 4688, "names": ["a", "é\n"]}, "": "",
    });
    let Value::Object(root) = root else { unreachable!() };
    Event::new(root)
});

/// A few rules that every description is tried with.
static SIMPLE: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let items = ["a: b", "a|contains: [b, 'c*d']", "a|re: 'b+'", "a|cidr: 10.0.0.0/8", "a: 5", "a|gt: 5", "a|fieldref: c", "a: null"];
    let text =
        |item| format!("title: Simple\nlogsource: {{category: test}}\ndetection: {{s: {{{item}}}, t: [x], condition: s and not t}}\n");
    items.into_iter().flat_map(|item| engine::parse(&Source::new("", &text(item)))).filter_map(|document| document.rule).collect()
});

/// The texts of the files below a folder of the project, with these extensions.
fn files(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut texts = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| extensions.iter().any(|known| own == *known)) {
                texts.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    texts.into_values().collect()
}

fn pipeline_seeds() -> Vec<Vec<u8>> {
    let files = [files("rules", &["yml"]), files("tests/cases", &["yml"])].concat();
    files.into_iter().map(String::into_bytes).collect()
}

fn variables_seeds() -> Vec<Vec<u8>> {
    let rule = |item| format!("title: a\nlogsource: {{product: windows}}\ndetection: {{s: {{{item}}}, condition: s}}\n");
    let values = "one: x\ntwo: [a*, b]\nport: 3389\ndot: [a.b, 'c?']\n";
    let items =
        ["A|expand: '%one%'", "A|expand|all: ['%two%-%one%', c]", "A|re|expand: 'x%dot%+$'", "A|expand|base64offset|contains: '%one%'"];
    items.into_iter().map(|item| format!("{values}\n%%\n{}", rule(item)).into_bytes()).collect()
}

fn condition_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "sel_a",
        "not sel_a",
        "sel_a and not sel_b or (filter and words)",
        "1 of sel_* and not all of them",
        "any of _hid*",
        "all of sel_*",
        "NOT (sel_a AND NOT (words OR _hidden))",
        "1 of them",
        "sel_a | count() > 5",
        "sel_*",
        "((((sel_a))))",
    ];
    texts.into_iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn modifiers_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "Image\nC:\\Windows\\*\\cmd?exe\n\\*x\\?\\\\y",
        "CommandLine|contains|all|windash\n -enc\n/x\n-y z",
        "CommandLine|wide|base64offset|contains\nIEX\nwhoami",
        "CommandLine|utf16|base64\né",
        "Image|endswith|cased|neq\n\\a.exe",
        "CommandLine|re|i|m|s\n^a[b-z]{1,3}(c|d)+?\\b\\d$",
        "SourceIp|cidr\n10.0.0.0/8\nfe80::/10",
        "Port|gte\n1024",
        "Port\n4688\n-1.5\n1e3",
        "User\nnull",
        "Elevated\ntrue",
        "Image|exists\nfalse",
        "Image|fieldref|startswith\nCommandLine",
        "|contains|all\nwords\nmore",
        "User|expand\n%admins%",
        "event.id|startswith\n46",
        "Date|minute|lt\n5",
    ];
    texts.into_iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The queries that the project's own rules become, for everyone who could read them, and a few from elsewhere.
fn readers_seeds() -> Vec<Vec<u8>> {
    let rules: Vec<Rule> =
        pipeline_seeds().iter().flat_map(|seed| engine::parse(&Source::new("", text(seed)))).filter_map(|it| it.rule).collect();
    let foreign = [
        "SELECT a, b AS c FROM events WHERE a LIKE '%x%' ESCAPE '\\' AND NOT (b IN (1, 'y') OR c BETWEEN 1 AND 2.5e3) ORDER BY a LIMIT 5",
        "SELECT * FROM events WHERE a GLOB '*[a-z]?' OR lower(b) = 'c' COLLATE NOCASE OR d IS NOT NULL -- x",
        "index=main sourcetype=x (a=\"b*\" OR NOT c IN (1, \"d e\")) earliest=-24h | where match(f, \"(?i)^a\\d+\") | table a, b",
        "a:(b* or \"c d\") and not e.f >= 5 or g:{h:1 and i:*}",
        "{\"query\": \"a:b\", \"rule_id\": \"1\"}",
        "[name]\nsearch = a=b \\\ncron_schedule = 5 * * * *\n",
    ];
    let mut seeds = Vec::new();
    for (index, (_, reading)) in READINGS.iter().enumerate() {
        let Ok(selector) = u8::try_from(index) else { break };
        let job = match reading {
            Reading::Query(job) | Reading::Artefact(_, job) => job,
        };
        let written = rules.iter().flat_map(|rule| engine::convert(rule, job)).filter_map(|outcome| match (outcome.result, reading) {
            (Conversion::Written { query, .. }, Reading::Query(_)) => Some(query),
            (Conversion::Written { text, .. }, Reading::Artefact(..)) => Some(text),
            _ => None,
        });
        let texts = written.step_by(4).chain(foreign.map(str::to_owned));
        seeds.extend(texts.map(|text| [&[selector], text.as_bytes()].concat()));
    }
    seeds
}

fn descriptors_seeds() -> Vec<Vec<u8>> {
    let with = |selector: usize, text: &str| [&[u8::try_from(selector).unwrap()], text.as_bytes()].concat();
    let mut schemas = vec![
        "CREATE TABLE events (Image TEXT COLLATE NOCASE, Port INTEGER NOT NULL, x REAL, `user name`, \"y\" VARCHAR(5) DEFAULT 'a')".to_owned(),
        "{\"mappings\": {\"properties\": {\"a\": {\"type\": \"keyword\", \"ignore_above\": 5, \"normalizer\": \"lowercase\"}, \
         \"b\": {\"properties\": {\"c\": {\"type\": \"long\"}, \"d\": {\"type\": \"text\", \"fields\": {\"keyword\": {\"type\": \"keyword\"}}}}}}}}"
            .to_owned(),
        "fields:\n  a: {type: texts}\n  b: {type: number}\nraw: _raw\n".to_owned(),
    ];
    let target = "extends: sqlite.yaml\nname: other\nabout: other\n".to_owned();
    schemas.push(target.clone());
    let mut seeds: Vec<Vec<u8>> = files("backends", &["yaml"]).iter().chain([&target]).map(|text| with(0, text)).collect();
    for selector in 1..=engine::targets().len() {
        seeds.extend(schemas.iter().map(|text| with(selector, text)));
    }
    seeds
}

/// How many read texts: as many selectors differ in the first byte of what [`readers`] takes.
pub(crate) fn readers_count() -> u8 {
    u8::try_from(READINGS.len()).unwrap()
}

/// The same for [`descriptors`].
pub(crate) fn descriptors_count() -> u8 {
    u8::try_from(engine::targets().len() + 1).unwrap()
}

/// What a text would be as one line of a log.
pub(crate) fn abridged(data: &[u8]) -> String {
    let mut line = String::new();
    let _ = write!(
        line,
        "{} bytes: {}",
        data.len(),
        data.iter().take(200).flat_map(|&byte| std::ascii::escape_default(byte)).map(char::from).collect::<String>()
    );
    line
}
