//! Rules on an index whose mapping is known: what is written for each type of field, or why nothing is, and what
//! that assumes. Every query is verified on the mapping before it is compared with what is expected.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use verisigma::engine::{Conversion, Job, Kind, Request, Schema, convert, parse, schema, target};
use verisigma::source::Source;

/// Two indices; they map `Odd` to different types.
const MAPPING: &str = r#"{
  "logs": {"mappings": {"properties": {
    "Image": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}},
    "CommandLine": {"type": "wildcard"},
    "User": {"type": "keyword", "normalizer": "lowercase"},
    "Folded": {"type": "keyword", "normalizer": "of_our_own"},
    "Message": {"type": "text"},
    "EventID": {"type": "long"},
    "Elevated": {"type": "boolean"},
    "DestinationIp": {"type": "ip"},
    "Odd": {"type": "keyword"},
    "process": {"properties": {"name": {"type": "keyword", "ignore_above": 1024}}}
  }}},
  "older": {"mappings": {"properties": {"Odd": {"type": "long"}}}}
}"#;

/// Detection items, what is written for them or the code of the refusal, and the assumptions.
const CASES: &[(&str, &str, &[&str])] = &[
    // The words of a text field say nothing exact; its multi-field does.
    (r"Image|endswith: '\cmd.exe'", r"Image.keyword:*\\cmd.exe", &["case-as-logged", "within-ignore-above"]),
    (r"Image|cased: 'C:\a'", r#"Image.keyword:"C:\\a""#, &["within-ignore-above"]),
    ("Image: null", "not Image.keyword:*", &["within-ignore-above"]),
    ("Message: hello", "refused_test", &[]),
    ("Message|exists: true", "Message:*", &[]),
    // Patterns on a wildcard field are split at blanks.
    ("CommandLine|contains|cased: whoami", "CommandLine:*whoami*", &[]),
    ("CommandLine|contains|cased: 'who am'", "refused_literal", &[]),
    ("CommandLine|cased: 'who am'", "CommandLine:\"who am\"", &[]),
    // A normalizer folds values and queries.
    ("User: Admin", "User:\"Admin\"", &["ascii-case"]),
    ("User|cased: Admin", "refused_case", &[]),
    ("Folded: x", "refused_test", &[]),
    // Typed fields.
    ("EventID: 4688", "EventID:4688", &["canonical-numbers"]),
    ("EventID|gt: 5", "EventID > 5", &["canonical-numbers"]),
    ("Elevated: true", "Elevated:true", &["canonical-numbers"]),
    ("DestinationIp|cidr: 10.0.0.0/8", "DestinationIp:\"10.0.0.0/8\"", &["ip-mapped"]),
    // Two indices that do not agree, a field of neither, an object's field.
    ("Odd: x", "refused_test", &[]),
    ("Missing: x", "refused_column", &[]),
    ("process.name|cased: x", "process.name:\"x\"", &["within-ignore-above"]),
];

#[test]
fn every_type_of_field_has_its_queries() {
    let storage = schema(target("kql").unwrap(), &Source::new("mapping.json", MAPPING)).unwrap();
    let job = Job::new(Request { target: "kql".to_owned(), schema: Schema::Given(storage), ..Request::default() }).unwrap();
    for (item, expected, assumed) in CASES {
        let text = format!("title: T\nlogsource: {{category: c}}\ndetection:\n  s:\n    {item}\n  condition: s\n");
        let rule = parse(&Source::new("rule.yml", &text)).remove(0).rule.unwrap();
        let outcome = convert(&rule, &job).remove(0);
        match outcome.result {
            Conversion::Written { query, verdict, .. } => {
                let names: BTreeSet<&str> = verdict.assumptions.iter().map(|assumed| assumed.name.name()).collect();
                let wanted: BTreeSet<&str> = assumed.iter().copied().collect();
                assert_eq!((query.as_str(), verdict.kind, names), (*expected, Kind::Proved, wanted), "{item}");
            }
            Conversion::Refused => assert_eq!(outcome.diagnostics.first().unwrap().code.name(), *expected, "{item}"),
            Conversion::Differs { query, verdict } => panic!("{item}: {query}: {verdict}"),
        }
    }
}
