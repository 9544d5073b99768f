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

/// The codes that no file of rules can have, and why.
const ELSEWHERE: &[(&str, &[Code])] = &[
    ("about reading and writing files", &[Code::UnreadableInput, Code::InvalidEncoding, Code::UnwritableOutput]),
    ("about the command line", &[Code::InvalidArgument, Code::UnknownOption]),
    ("about what a command cannot do yet", &[Code::NotSupportedYet]),
    (
        "a target refuses a valid rule",
        &[
            Code::RefusedKeywords,
            Code::RefusedColumn,
            Code::RefusedFieldName,
            Code::RefusedLiteral,
            Code::RefusedRegex,
            Code::RefusedCidr,
            Code::RefusedNumber,
            Code::RefusedFieldref,
            Code::RefusedCase,
            Code::RefusedTest,
            Code::RefusedSize,
            Code::RefusedUnmatchable,
            Code::RefusedAssumption,
            Code::RefusedCorrelation,
        ],
    ),
    ("about the query of a valid rule", &[Code::Assumed, Code::Approximated]),
    ("about a query that is read", &[Code::QueryDiffers, Code::QueryInvalid, Code::QueryUnread, Code::QuerySetApart]),
    (
        "about files beside rules",
        &[
            Code::InvalidSchema,
            Code::InvalidDescriptor,
            Code::InvalidEvents,
            Code::InvalidVariables,
            Code::InvalidAttack,
            Code::InvalidCatalog,
        ],
    ),
    ("about a file with more mistakes than are shown", &[Code::MistakesLeftOut]),
    ("about rules and events that are tested", &[Code::RulesLeftOut, Code::EventsLeftOut, Code::Why]),
    ("about what is explained: `tests/explain.rs` has them", &[Code::NotExplained]),
    ("about the files that are given: `tests/catalog_paths.rs` has them", &[Code::NoRules]),
    (
        "about samples of a valid rule",
        &[Code::SampleFailed, Code::SampleExceeded, Code::SampleAbsent, Code::SampleOpen, Code::InvalidSample],
    ),
];

#[test]
fn every_code_has_a_case_or_a_reason_to_have_none() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/errors");
    let cases: BTreeSet<String> = std::fs::read_dir(folder).unwrap().map(|entry| category(&entry.unwrap().path())).collect();
    let wrong = Code::ALL.iter().filter_map(|code| {
        let reasons: Vec<&str> = ELSEWHERE.iter().filter(|(_, codes)| codes.contains(code)).map(|(reason, _)| *reason).collect();
        let (has_case, name) = (cases.contains(code.name()), code.name());
        (reasons.len() + usize::from(has_case) != 1).then(|| format!("{name}: has a case: {has_case}; has none, being {reasons:?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const RULE: &str = "\
title: Example
logsource:
  product: windows
detection:
  selection:
    Image|endswith: .exe
  condition: selection
";

const CORRELATION: &str = "\
---
title: Often
correlation:
  type: value_percentile
  rules: [example]
  group-by: [User]
  timespan: 5m
  condition:
    field: Size
    percentile: 95
    gte: 10
";

const FILTER: &str = "\
---
title: Not here
logsource:
  product: windows
filter:
  rules: [example]
  servers:
    Computer|startswith: SRV
  condition: not servers
";

/// A collection with one word misspelt, and what is said to be meant.
const MISSPELT: &[(&str, &str, &str)] = &[
    ("|endswith", "|endwith", "did you mean `endswith`?"),
    ("|endswith", "|EndsWith", "did you mean `endswith`?"),
    ("|startswith", "|starswith", "did you mean `startswith`?"),
    ("condition: selection", "condition: selectoin", "did you mean `selection`?"),
    ("condition: not servers", "condition: not server", "did you mean `servers`?"),
    ("title: Example", "titel: Example", "the key `titel` should probably be `title`"),
    ("logsource:", "log-source:", "the key `log-source` should probably be `logsource`"),
    ("detection:", "detections:", "the key `detections` should probably be `detection`"),
    ("correlation:", "corelation:", "the key `corelation` should probably be `correlation`"),
    ("filter:", "fliter:", "the key `fliter` should probably be `filter`"),
    ("condition: selection", "conditon: selection", "the key `conditon` should probably be `condition`"),
    ("product: windows", "prodcut: windows", "the key `prodcut` should probably be `product`"),
    ("product: windows", "catgeory: windows", "the key `catgeory` should probably be `category`"),
    ("product: windows", "services: windows", "the key `services` should probably be `service`"),
    ("value_percentile", "value_percentil", "did you mean `value_percentile`?"),
    ("type:", "tpye:", "did you mean `type`?"),
    ("group-by:", "group_by:", "did you mean `group-by`?"),
    ("timespan:", "timepsan:", "did you mean `timespan`?"),
    ("timespan:", "timeframe:", "did you mean `timespan`?"),
    ("rules: [example]\n  group", "rule: [example]\n  group", "did you mean `rules`?"),
    ("field:", "feild:", "did you mean `field`?"),
    ("percentile: 95", "percentle: 95", "did you mean `percentile`?"),
    ("gte: 10", "gtee: 10", "did you mean `gte`?"),
    ("rules: [example]\n  group", "rules: [exmaple]\n  group", "did you mean `example`?"),
    ("rules: [example]\n  servers", "rules: [exampel]\n  servers", "did you mean `example`?"),
    ("rules: [example]\n  servers", "rulse: [example]\n  servers", "the key `rulse` should probably be `rules`"),
    ("product: windows", "product: windows\nstatus: experimentell", "did you mean `experimental`?"),
    ("product: windows", "product: windows\nlevel: hihg", "did you mean `high`?"),
];

/// What is said about a collection.
fn helps(text: &str) -> Vec<String> {
    let mut documents = rule::parse(&Source::new("", text));
    link(&mut documents.iter_mut().collect::<Vec<_>>());
    documents.iter().flat_map(|document| &document.diagnostics).filter_map(|it| it.help.clone()).collect()
}

#[test]
fn what_is_misspelt_is_named_as_it_was_meant() {
    let whole = format!("name: example\n{RULE}{CORRELATION}{FILTER}");
    assert_eq!(helps(&whole), Vec::<String>::new());
    for (right, wrong, help) in MISSPELT {
        let text = whole.replacen(right, wrong, 1);
        assert_ne!(text, whole, "{right}");
        let said = helps(&text);
        assert!(said.iter().any(|said| said == help), "{wrong}: {said:?}");
    }
    // What is like nothing that is there is not guessed at.
    assert!(helps(&whole.replacen("|endswith", "|frobnicate", 1)).iter().all(|said| !said.starts_with("did you mean")));
}
