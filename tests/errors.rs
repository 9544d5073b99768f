//! Wrong rules and what is said about them: one file for each mistake, named after the error's category.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use verisigma::diag::{Code, Severity};
use verisigma::rule;
use verisigma::rule::collection::link;
use verisigma::source::Source;

/// The category that a file is about: its name up to the first `-`.
fn category(path: &Path) -> String {
    let stem = path.file_stem().unwrap().to_string_lossy();
    stem.split('-').next().unwrap_or_default().to_owned()
}

#[test]
fn errors_say_what_is_wrong_and_what_to_write() {
    insta::glob!("cases/errors/*.yml", |path| {
        let name = path.file_name().unwrap().to_string_lossy();
        let source = Source::new(&name, &std::fs::read_to_string(path).unwrap());
        let mut report = String::new();
        let mut found = BTreeSet::new();
        let mut documents = rule::parse(&source);
        link(&mut documents.iter_mut().collect::<Vec<_>>());
        for document in documents {
            let count =
                [document.rule.is_some(), document.correlation.is_some(), document.filter.is_some()].iter().filter(|is| **is).count();
            let is_wrong = document.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
            assert_eq!(count, usize::from(!is_wrong), "{name}");
            for diagnostic in &document.diagnostics {
                assert!(diagnostic.help.is_some() && diagnostic.place.is_somewhere(), "{name}: {}", diagnostic.message);
                found.insert(diagnostic.code.name());
                report.push_str(&diagnostic.render(&source));
                report.push_str("\n\n");
            }
        }
        let wanted = category(path);
        let is_category = Code::ALL.iter().any(|code| code.name() == wanted);
        assert!(!is_category || found.contains(wanted.as_str()), "{name} gives {found:?}");
        insta::with_settings!({ description => &*source.text, omit_expression => true }, { insta::assert_snapshot!(report.trim_end()) });
    });
}

#[test]
fn every_category_of_rule_errors_has_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/errors");
    let cases: BTreeSet<String> = std::fs::read_dir(folder).unwrap().map(|entry| category(&entry.unwrap().path())).collect();
    // What is not supported yet is a format of events.
    let about_rules = Code::ALL.iter().filter(|code| ("VS0010".."VS0200").contains(&code.number()) && **code != Code::NotSupportedYet);
    let missing: Vec<&str> = about_rules.map(|code| code.name()).filter(|name| !cases.contains(*name)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}
