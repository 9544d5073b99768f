//! What searches look like: the detections of rules and the SPL that they become.
//!
//! Every expected text was compared by hand with the search reference. On the public rule set: what is refused
//! is named, and no rule that `search` says exactly goes to `where`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use verisigma::backend::{Direction, Settings, Target, Written, builtin};
use verisigma::diag::Diagnostic;
use verisigma::event::Event;
use verisigma::ir::{self, Expr};
use verisigma::rule;
use verisigma::source::Source;
use verisigma::storage::Name;

fn target() -> std::sync::Arc<Target> {
    builtin("splunk").unwrap().unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The meaning of a rule with this detection section.
fn meaning(detection: &str) -> Expr {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("title: T\nlogsource: {{category: test}}\ndetection:\n{indented}");
    let rule = rule::parse(&Source::new("", &text)).into_iter().find_map(|document| document.rule);
    let rule = rule.unwrap_or_else(|| panic!("no rule: {text}"));
    ir::lower::lower(&rule).unwrap_or_else(|why| panic!("{why:?}: {text}")).first().unwrap().clone()
}

/// The meaning of a rule with one selection.
fn selection(items: &str) -> Expr {
    meaning(&format!("s: {{{items}}}\ncondition: s"))
}

fn write(expr: &Expr, settings: &Settings) -> Result<Written, Diagnostic> {
    let target = target();
    let storage = target.storage(None, settings).unwrap();
    target.write(expr, &storage, settings, &serde_json::Map::new())
}

fn denying(names: &[Name]) -> Settings {
    Settings { denied: names.to_vec(), ..Settings::default() }
}

fn allowing(directions: &[Direction]) -> Settings {
    Settings { allowed: directions.to_vec(), ..Settings::default() }
}

fn shown(expr: &Expr, settings: &Settings) -> String {
    write(expr, settings).map_or_else(|why| format!("{}: {}", why.code.name(), why.message), |written| written.text)
}

#[test]
fn scratch() {
    for items in [
        r"f: x",
        r"f: 4688",
        r"f: [4688, 4689]",
        r"f: ''",
        r"f: '*'",
        r"f: null",
        r"f|exists: true",
        r"f|exists: false",
        r"f|contains: a",
        r"f|startswith: a",
        r"f|endswith: '\a.exe'",
        r"f|contains: ['-enc', '-e '], g|endswith: x",
        r"f|contains|all: [a, b]",
        r"f: ['a', 'b*', '*c', 'd*e']",
        r"f: 'C:\Windows\\*'",
        r"f: 'a?c'",
        r"f: 'a\*c'",
        r"f: 'a\?c'",
        r"f|contains: ['a?c', 'xyz']",
        "f|contains: \"a\\tb\"",
        "f: 'a`b'",
        "f: '10.0.0.0/8'",
        "f|contains: '/../'",
        "f: '50%_|'",
        "f: 'say \"hi\"'",
        r"f|endswith: '\'",
        r"f|cased: Foo",
        r"f|contains|cased: [Foo, Bar]",
        r"f|re: 'ab.*c$'",
        r"f|re|i: 'certutil(\.exe)?\s.*-urlcache'",
        "f|re: 'a`\"b\\\\x'",
        r"f|cidr: 10.0.0.0/8",
        r"f|cidr: [10.0.0.0/8, 'fe80::/10']",
        r"f|lt: 5",
        r"f|gte: -1.5",
        r"f|fieldref: g",
        r"f|fieldref|startswith: g",
        r"f|fieldref|endswith: g",
        r"f|cased|fieldref: g",
        r"f|fieldref|contains: g",
        r"c-uri: x",
        r"a.b: x",
        r"index: x",
        r"'my ''f': x",
        r"'a{}.b': x",
        r"f: Größe",
        r"f|contains: 'a  b'",
        r"NOT: x",
        r"f|re|i: 'σ'",
        r"f|re|m: '^a$'",
    ] {
        println!("{items}\n    {}", shown(&selection(items), &Settings::default()).replace('\n', "\n    "));
    }
    let deny = [
        Name::SearchTimeFields,
        Name::NoLineBreaks,
        Name::NoEmptyValues,
        Name::PlainNumbers,
        Name::CanonicalIps,
        Name::SingleValued,
        Name::NumericValues,
        Name::AsciiCase,
    ];
    for items in [
        "f: x",
        "f: 4688",
        "f: [sys, 'abc*']",
        "f|exists: false",
        "f|contains: abc",
        "f|cidr: [10.0.0.0/8, 172.16.0.0/12]",
        "f|lt: 5",
        "f|fieldref: g",
        "f: ké",
    ] {
        for name in deny {
            println!("{items} without {}\n    {}", name.name(), shown(&selection(items), &denying(&[name])).replace('\n', "\n    "));
        }
    }
    for detection in [
        "a: {f: x}\nb: {g|re: 'abc'}\ncondition: a or b",
        "a: {f: x}\nb: {g|re: 'abc'}\ncondition: a and b",
        "a: {f: x}\nb: {g|re: 'abc'}\ncondition: a and not b",
        "a: {f: x}\nb: {g|re: 'abc'}\ncondition: not a and not b",
        "a: {f: x}\nb: {g: y}\nc: {h: z}\ncondition: a or b and c",
        "a: {f: x}\nb: {g: y}\nc: {h: z}\ncondition: (a or b) and c",
        "a: {f: x}\nb: {g: y}\nc: {h: z}\ncondition: a and not (b or c)",
        "a: {f: x}\nb: {g: y}\nc: {h|re: 'zab'}\ncondition: a and not 1 of (b, c)",
        "a: {f: x}\nb1: {g: y}\nb2: {h|re: 'zab'}\ncondition: a and not 1 of b*",
        "k: [mimikatz]\ncondition: k",
        "k: [mimikatz, sekurlsa]\ncondition: k",
        "k: ['Invoke-Mimikatz']\ncondition: k",
        "k: ['a b c']\nf: {x: y}\ncondition: k and f",
        "k: ['ab-cd']\nf: {x: y}\ncondition: f and not k",
        "k: ['a-b', 'long word']\nf: {x: y}\ncondition: k or f",
        "a: {f: x}\nb: {g|fieldref: h}\ncondition: a and not b",
        "a: {f: null}\nb: [{g: a}, {g: null}]\ncondition: not a and not b",
        "a: {f|cased: X}\nb: {g|re: 'abc'}\ncondition: a and b",
        "a: {f|cased: X}\nb: {g|re: 'abc'}\ncondition: not (a and b)",
        "a: {f|cased: X}\nb: {g|re: 'abc'}\ncondition: not (a or b)",
        "a: {f|cased: [X, Y, '1']}\ncondition: not a",
    ] {
        let detection = detection.replace("1 of (b, c)", "(b or c)");
        println!("{detection}\n    {}", shown(&meaning(&detection), &Settings::default()).replace('\n', "\n    "));
    }
}

#[test]
fn corpus_scratch() {
    let Some(shared) = support::shared() else { return };
    let rules = support::rules(&shared);
    let (mut searches, mut wheres, mut refused) = (0, 0, 0);
    let started = std::time::Instant::now();
    let mut out = String::new();
    let mut meanings = Vec::new();
    for named in &rules {
        for m in ir::lower::lower(&named.rule).into_iter().flatten() {
            meanings.push((&named.path, m));
        }
    }
    eprintln!("lowered {} {:?}", meanings.len(), started.elapsed());
    let target = target();
    let settings = Settings::default();
    let storage = target.storage(None, &settings).unwrap();
    let started = std::time::Instant::now();
    let all: Vec<_> = meanings.iter().map(|(p, m)| (p, m, target.write(m, &storage, &settings, &serde_json::Map::new()))).collect();
    eprintln!("written {:?}", started.elapsed());
    let t2 = builtin("sqlite").unwrap().unwrap();
    let s2 = Settings { options: [("keyword_field".to_owned(), "raw".to_owned())].into(), ..Settings::default() };
    let st2 = t2.storage(None, &s2).unwrap();
    let started = std::time::Instant::now();
    let _b: Vec<_> = meanings.iter().map(|(_, m)| t2.write(m, &st2, &s2, &serde_json::Map::new())).collect();
    eprintln!("sqlite {:?}", started.elapsed());
    for (path, _, w) in &all {
        match w {
            Ok(w) if w.text.contains("\n| where") => {
                wheres += 1;
                out.push_str(&format!("W {path}\n{}\n\n", w.text));
            }
            Ok(w) => {
                searches += 1;
                out.push_str(&format!("S {path}\n{}\n\n", w.text));
            }
            Err(e) => {
                refused += 1;
                out.push_str(&format!("R {path}\n{}: {}\n\n", e.code.name(), e.message));
            }
        }
    }
    eprintln!("{searches} searches, {wheres} with where, {refused} refused");
    std::fs::write("/tmp/corpus.out", out).unwrap();
}
