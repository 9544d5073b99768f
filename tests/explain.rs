//! What `explain` says: the two rules whose pages the project began with, texts that try to break out, every public rule
//! against the schema, and the command line.
//!
//! The pages and the public rules are found through `VERISIGMA_SHARED`; without it those parts only say so.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and explains on stderr"
)]
#![allow(dead_code, reason = "a part of what the suites share is used")]

#[path = "explain/page.rs"]
mod page;
#[path = "cli/sandbox.rs"]
mod sandbox;
mod support;
#[path = "explain/words.rs"]
mod words;

use page::{Page, SECTIONS};
use rayon::prelude::*;
use sandbox::{RULE, Sandbox};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{files, shared};
use verisigma::diag::Code;
use verisigma::engine::{self, Job, Request};
use verisigma::explain::corpus::{Corpus, Entry};
use verisigma::explain::model::Explanation;
use verisigma::explain::texts::Texts;
use verisigma::explain::{Subject, explain, render};
use verisigma::rule::{self, Rule, Variables};
use verisigma::source::Source;

const POWERSHELL: &str = "net_connection_win_powershell_network_connection";
const INTERPRETER: &str = "net_connection_win_wscript_cscript_outbound_connection";

fn job(target: &str) -> Job {
    Job::new(Request { target: target.to_owned(), ..Request::default() }).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A rule in its file, placeholders as written, and why they have no values.
struct Written {
    rule: Rule,
    source: Source,
    unresolved: Vec<String>,
}

impl Written {
    fn explained(&self, corpus: Option<&Corpus>, jobs: &[Job]) -> Explanation {
        let texts = Texts::new([self.source.clone()]);
        let subject = Subject { unresolved: &self.unresolved, ..Subject::new(&self.rule, &self.source, &texts) };
        explain(&subject, corpus, jobs)
    }
}

/// The rules of a file, named from a folder.
fn written(path: &Path, folder: &Path) -> Vec<Written> {
    let name = path.strip_prefix(folder).unwrap().to_string_lossy();
    let source = Source::new(&name, &fs::read_to_string(path).unwrap());
    let strict = rule::parse(&source);
    let kept = rule::parse_with(&source, &Variables::kept());
    let unresolved = |document: &rule::Document| {
        let lacking = document.diagnostics.iter().filter(|own| own.code == Code::UnresolvedPlaceholder);
        lacking.map(|own| own.message.clone()).collect()
    };
    let written = |(strict, kept): (rule::Document, rule::Document)| {
        Some(Written { unresolved: unresolved(&strict), rule: kept.rule?, source: source.clone() })
    };
    strict.into_iter().zip(kept).filter_map(written).collect()
}

/// A rule set as a corpus.
fn corpus<'w>(all: impl IntoIterator<Item = &'w Written>) -> Corpus {
    let entry = |own: &Written| Entry { path: own.source.name.to_string(), rule: own.rule.clone() };
    Corpus::new(all.into_iter().map(entry).collect())
}

fn our_rules() -> Vec<Written> {
    files(&root().join("rules"), "yml").iter().flat_map(|path| written(path, &root())).collect()
}

/// How many events are derived is the affair of derivation.
fn without_counts(text: &str) -> String {
    let words: Vec<&str> = text.split("agreed on ").collect();
    let rest = |part: &&str| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let rest: Vec<String> = words.iter().skip(1).map(rest).collect();
    std::iter::once(words[0].to_owned()).chain(rest).collect::<Vec<_>>().join("agreed on [..]")
}

#[test]
fn pages_of_the_seeds() {
    let ours = our_rules();
    let corpus = corpus(&ours);
    for stem in [POWERSHELL, INTERPRETER] {
        let own = ours.iter().find(|own| own.source.name.contains(stem)).unwrap();
        let explained = own.explained(Some(&corpus), &[job("sqlite"), job("splunk")]);
        insta::with_settings!({ omit_expression => true, snapshot_suffix => stem }, {
            insta::assert_snapshot!("markdown", without_counts(&render::markdown(&explained)));
            insta::assert_snapshot!("text", without_counts(&render::text(&explained)));
        });
    }
}

/// What differs from the catalogue's pages, and why:
/// * it writes "Command & Control"; MITRE's name is "Command and Control";
/// * the group and the counts of exclusions are ours, and so are the numbers of stages in the condition and the sentence
///   on how members are joined: they are no part of a catalogue's page;
/// * the extraction of the pages lost what the table of indicators holds, and where several blanks stand together.
#[test]
fn pages_of_the_catalogue_are_reproduced() {
    let Some(shared) = shared() else { return };
    let pages = files(&shared.join("seeds"), "txt");
    assert_eq!(pages.len(), 2);
    let rules: Vec<Written> = files(&root().join("rules/seed"), "yml").iter().flat_map(|path| written(path, &root())).collect();
    for path in pages {
        let text = fs::read_to_string(path).unwrap().replace("Command & Control", "Command and Control");
        let theirs = Page::of_catalogue(&text);
        let title = theirs.lines("")[1];
        let own = rules.iter().find(|own| own.rule.metadata.title == title).unwrap();
        let explained = own.explained(None, &[]);
        let ours = Page::of_markdown(&render::markdown(&explained));
        let shared_headings: Vec<&String> = ours.headings.iter().filter(|own| SECTIONS.contains(&own.as_str())).collect();
        assert_eq!(shared_headings, theirs.headings.iter().collect::<Vec<_>>());
        assert_eq!(ours.lines("")[0], title);
        let description = ours.lines("").into_iter().skip(1).take_while(|line| !line.contains('|')).collect::<Vec<_>>().join(" ");
        assert_eq!(description, theirs.lines("")[2..].join(" "));
        for heading in ["MITRE ATT&CK coverage", "Event coverage"] {
            assert!(!ours.rows(heading).is_empty());
            assert_eq!(ours.rows(heading), theirs.rows(heading));
        }
        let words = |page: &Page| -> Vec<String> {
            page.lines("Rule body").iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        assert_eq!(words(&ours), words(&theirs));
        let is_added = |line: &&str| line.starts_with("In numbers of stages:") || line.contains(" searches; events must");
        let stages: Vec<&str> = ours.lines("Stages and Predicates").into_iter().filter(|line| !is_added(line)).collect();
        assert_eq!(stages, theirs.lines("Stages and Predicates"));
        assert_eq!(ours.lines("Exclusions")[0], theirs.lines("Exclusions")[0]);
        let cells: Vec<Vec<String>> = ours.rows("Exclusions").into_iter().map(|row| row[..3].to_vec()).collect();
        assert!(cells.len() > 9);
        assert_eq!(cells, theirs.rows("Exclusions"));
        assert!(ours.rows("Indicators").len() == 4 && theirs.rows("Indicators").is_empty(), "{:?}", ours.rows("Indicators"));
    }
}

/// A rule of somebody who means harm: marks, bars, backticks, line breaks, and letters that turn the text around.
const HOSTILE: &str = r#"title: "a | b ` <script>alert(1)</script> \u202E # *x*"
description: "first\n- item\n\n    # heading\n| a | b |\n<img src=x> \u200B&lt;"
author: "x\n## Stages"
references: ["javascript:alert(1)", "https://a.example/)<b>", "https://a.example/?q=|"]
tags: [attack.t1059.001, "attack.|x`"]
falsepositives: ["<b>\n## none"]
logsource: {product: windows, category: process_creation, definition: "``` \u2028"}
detection:
  "sel | `a`":
    CommandLine|contains|windash:
      - " -E "
      - "a|b\\|c"
      - "```\n## x"
      - "\u202Egnp.exe"
      - ""
    "Field `x`": null
  filter: {Image|re: "(?:a|b)`"}
  keywords: ["|", "<x>"]
  condition: 1 of sel* and not filter and keywords
"#;

#[test]
fn texts_of_rules_stay_in_their_place() {
    let source = Source::new("a|`b`\n.yml", HOSTILE);
    let document = rule::parse(&source).remove(0);
    let rule = document.rule.unwrap_or_else(|| panic!("{:?}", document.diagnostics));
    let own = Written { rule, source, unresolved: Vec::new() };
    let explained = own.explained(None, &[job("sqlite")]);
    for text in [render::markdown(&explained), render::text(&explained)] {
        let is_hidden = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'));
        assert!(!text.contains(is_hidden), "{text}");
    }
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("hostile_markdown", without_counts(&render::markdown(&explained)));
        insta::assert_snapshot!("hostile_text", without_counts(&render::text(&explained)));
    });
}

fn schema() -> jsonschema::Validator {
    let text = fs::read_to_string(root().join("docs/explain.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).unwrap()
}

/// What is wrong with an explanation, as its JSON says it.
fn faults(own: &Written, explained: &Explanation, schema: &jsonschema::Validator) -> Vec<String> {
    let json: Value = serde_json::from_str(&render::json(explained)).unwrap();
    let mut faults: Vec<String> = schema.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let rows = json["attack"].as_array().unwrap();
    let tactics = rows.iter().map(|row| text(&row["tactic"]["name"]).replace(' ', "-"));
    let techniques = rows.iter().flat_map(|row| row["techniques"].as_array().unwrap()).map(|technique| text(&technique["id"]));
    let unknown = json["attack_unknown"].as_array().unwrap().iter().map(|tag| text(tag).replace("attack.", ""));
    let resolved: Vec<String> = tactics.chain(techniques).chain(unknown).collect();
    for tag in own.rule.metadata.tags.iter().filter_map(|tag| tag.strip_prefix("attack.")) {
        let name = tag.replace('_', "-");
        let is_object = ["ds", "g", "s"].iter().any(|kind| name.strip_prefix(kind).is_some_and(|number| number.len() == 4));
        if !is_object && !resolved.contains(&name) {
            faults.push(format!("the tag {tag} is lost"));
        }
    }
    if json["events"].as_array().unwrap().is_empty() && json["events_note"].is_null() {
        faults.push("nothing is said of its events".to_owned());
    }
    let longest = render::text(explained).lines().map(str::len).max().unwrap_or_default();
    if longest == 0 || render::markdown(explained).is_empty() {
        faults.push("nothing is shown".to_owned());
    }
    faults.iter().map(|fault| format!("{}: {fault}", own.source.name)).collect()
}

/// Every rule is explained with the query of one target, of each target as many.
fn all_faults(all: &[Written]) -> Vec<String> {
    let schema = schema();
    let corpus = corpus(all);
    let jobs: Vec<[Job; 1]> = engine::targets().iter().map(|target| [job(&target.name)]).collect();
    let asked = all.par_iter().enumerate();
    asked.flat_map_iter(|(at, own)| faults(own, &own.explained(Some(&corpus), &jobs[at % jobs.len()]), &schema)).collect()
}

#[test]
fn our_rules_are_explained_as_the_schema_says() {
    let faults = all_faults(&our_rules());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn public_rules_are_explained_as_the_schema_says() {
    let Some(shared) = shared() else { return };
    let root = shared.join("corpus");
    let is_rule = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().starts_with("rules");
    let paths: Vec<PathBuf> = files(&root, "yml").into_iter().filter(is_rule).collect();
    let started = std::time::Instant::now();
    let all: Vec<Written> = paths.par_iter().flat_map(|path| written(path, &root)).collect();
    let faults = all_faults(&all);
    eprintln!("{} rules, {:.1} s", all.len(), started.elapsed().as_secs_f64());
    assert!(faults.is_empty(), "{} faults, such as {:#?}", faults.len(), &faults[..faults.len().min(20)]);
    assert!(all.len() > 3_000);
    let lacking = all.iter().filter(|own| !own.unresolved.is_empty());
    eprintln!("{} rules with placeholders", lacking.count());
}

#[test]
fn placeholders_without_values_have_no_query() {
    let sandbox = Sandbox::new();
    let rule = RULE.replace("    Image|endswith: '\\whoami.exe'", "    User|expand: '%admins%'\n    Image: x");
    sandbox.file("a.yml", &rule).file("vars.yml", "admins: [root, admin]\n");
    let explained: Value =
        serde_json::from_str(&sandbox.run(&["explain", "a.yml", "-t", "sqlite", "--format", "json"]).exits(0).out).unwrap();
    let query = &explained["queries"][0];
    assert_eq!((&query["outcome"], &query["query"]), (&"refused".into(), &Value::Null));
    assert!(query["reasons"][0].as_str().unwrap().starts_with("unresolved placeholder: "), "{query}");
    assert!(explained["indicators"].to_string().contains("%admins%") && explained["examples"]["note"].is_string(), "{explained}");
    let given = sandbox.run(&["explain", "a.yml", "-t", "sqlite", "--vars", "vars.yml", "--format", "json"]).exits(0);
    assert!(given.out.contains("\"written\"") && given.out.contains("'root'") && given.err.is_empty(), "{given:#?}");
}

#[test]
fn one_rule_is_an_object_and_several_are_an_array() {
    let sandbox = Sandbox::new();
    let other = RULE.replace("8f3c1f7e", "8f3c1f7f").replace("Whoami", "Other");
    sandbox.file("one.yml", RULE).file("two.yml", format!("{RULE}---\n{other}"));
    let one = sandbox.run(&["explain", "one.yml", "-t", "sqlite", "--format", "json"]).exits(0);
    let one: Value = serde_json::from_str(&one.out).unwrap();
    assert_eq!((&one["schema"], &one["rule"]["source"], &one["body"]), (&"explain/1".into(), &"one.yml".into(), &RULE.into()));
    let two: Value = serde_json::from_str(&sandbox.run(&["explain", "two.yml", "-t", "sqlite", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!((two.as_array().unwrap().len(), &two[1]["body"]), (2, &other.as_str().into()));
    let lines = sandbox.run(&["explain", "two.yml", "-t", "sqlite", "--format", "jsonl"]).exits(0);
    assert_eq!(Value::from(lines.records()), two);
    let all = sandbox.run_with_stdin(&["explain", "-", "--format", "jsonl"], RULE).exits(0);
    assert_eq!(all.records()[0]["queries"].as_array().unwrap().len(), engine::targets().len());
}

#[test]
fn a_page_for_a_browser_is_of_one_rule() {
    let sandbox = Sandbox::new();
    let other = RULE.replace("8f3c1f7e", "8f3c1f7f").replace("Whoami", "Other");
    sandbox.file("one.yml", RULE.replace("Whoami", "Whoami <script>")).file("two.yml", format!("{RULE}---\n{other}"));
    let page = sandbox.run(&["explain", "one.yml", "--format", "html"]).exits(0);
    assert!(page.out.starts_with("<!doctype html>") && page.out.trim_end().ends_with("</html>"), "{page:#?}");
    assert!(page.out.contains("Whoami &lt;script&gt;") && !page.out.contains("Whoami <script>"), "{page:#?}");
    for addressed in ["href=\"assets", "src=\"", "href=\"r/", "href=\"../"] {
        assert!(!page.out.contains(addressed), "the page stands alone, and has {addressed}");
    }
    sandbox.run(&["explain", "two.yml", "--format", "html"]).exits(2).says(&["`--format html` is the page of one rule", "catalog"]);
}

#[test]
fn a_corpus_counts_and_names_others() {
    let sandbox = Sandbox::new();
    let other = RULE
        .replace("8f3c1f7e", "8f3c1f7f")
        .replace("Whoami", "Other")
        .replace("condition: selection", "condition: selection and b\n  b: {User: x}");
    sandbox.file("rules/one.yml", RULE).file("rules/two.yml", other).file("rules/bad.yml", "title: x\n");
    let counted = |rule: &str| {
        let ran = sandbox.run(&["explain", rule, "-t", "sqlite", "--corpus", "rules", "--format", "json"]).exits(0);
        let ran = ran.says(&["1 document of the corpus left out: they have errors"]);
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    for path in ["rules/one.yml", "./rules/../rules/one.yml"] {
        let explained = counted(path);
        let indicator = &explained["indicators"][0];
        assert_eq!((&indicator["rules"], &indicator["others"]), (&2.into(), &1.into()), "{explained}");
        let narrower = &explained["neighbours"]["narrower"];
        assert_eq!((narrower.as_array().unwrap().len(), &narrower[0]["source"]), (1, &"rules/two.yml".into()), "{explained}");
    }
    sandbox.run(&["explain", "rules/one.yml", "--corpus", "nowhere"]).exits(2).says(&["cannot read"]);
}

#[test]
fn relations_inside_a_file_are_known_without_a_corpus() {
    let sandbox = Sandbox::new();
    let related = "related: [{id: 8f3c1f7e-5a39-4d5b-9c0e-0a1d8e0f3b11, type: similar}]\n";
    let other = RULE.replace("8f3c1f7e", "8f3c1f7f").replace("title: Whoami\n", &format!("title: Other\n{related}"));
    sandbox.file("two.yml", format!("{RULE}---\n{other}"));
    let ran = sandbox.run(&["explain", "two.yml", "-t", "sqlite", "--format", "jsonl"]).exits(0);
    let records = ran.records();
    let related = |at: usize| (records[at]["neighbours"]["related"][0]["title"].clone(), records[at]["neighbours"]["same_logic"].clone());
    assert_eq!(related(1), ("Whoami".into(), Value::Array(Vec::new())));
    assert_eq!(related(0).0, "Other");
    assert!(records[0]["indicators"][0]["others"].is_null());
    let text = sandbox.run(&["explain", "two.yml", "-t", "sqlite"]).exits(0).out;
    assert!(text.contains("named as similar by  Other"), "{text}");
}

#[test]
fn filters_are_stages_with_their_title() {
    let sandbox = Sandbox::new();
    let filter = "title: Admins\nlogsource: {product: windows}\nfilter:\n  rules: [8f3c1f7e-5a39-4d5b-9c0e-0a1d8e0f3b11]\n  admin: {User: root} # us\n  condition: not admin\n";
    sandbox.file("a.yml", RULE).file("f.yml", filter);
    let ran = sandbox.run(&["explain", "a.yml", "-t", "sqlite", "--filter", "f.yml", "--format", "json"]).exits(0);
    let explained: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(explained["stages"][3]["origin"], "Admins", "{explained}");
    assert_eq!(explained["exclusions"][0]["value"], "root", "{explained}");
    assert!(!explained["body"].as_str().unwrap().contains("admin"));
}

#[test]
fn what_is_no_detection_rule_is_said() {
    let sandbox = Sandbox::new();
    sandbox.file("bad.yml", "title: No detection\nlogsource:\n  product: windows\n");
    let bad = sandbox.run(&["explain", "bad.yml"]).exits(1).says(&["missing_detection"]);
    assert!(bad.out.is_empty(), "{bad:#?}");
    let filter = "title: F\nlogsource: {product: windows}\nfilter:\n  rules: any\n  a: {User: root}\n  condition: not a\n";
    sandbox.file("filter.yml", filter);
    sandbox.run(&["explain", "filter.yml"]).exits(1).says(&["not_explained", "this is a filter", "--filter"]);
    let named = RULE.replace("title: Whoami\n", "title: Whoami\nname: base\n");
    let correlation =
        "title: Many\ncorrelation:\n  type: event_count\n  rules: [base]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 3}\n";
    sandbox.file("both.yml", format!("{named}---\n{correlation}"));
    let both = sandbox.run(&["explain", "both.yml", "-t", "sqlite", "--format", "jsonl"]).exits(1);
    let both = both.says(&["not_explained", "this is a correlation rule"]);
    assert_eq!(both.records()[0]["rule"]["title"], "Whoami");
    sandbox.run(&["explain", "nowhere.yml"]).exits(2).says(&["cannot read"]);
    for (name, text) in [("empty.yml", ""), ("comments.yml", "# nothing\n---\n# here\n")] {
        sandbox.file(name, text);
        let empty = sandbox.run(&["explain", name]).exits(1).says(&["not_explained", "there is no rule in"]);
        assert!(empty.out.is_empty(), "{empty:#?}");
    }
    sandbox.run(&["explain", "both.yml", "-t", "nosuch"]).exits(2).says(&["there is no target"]);
}
