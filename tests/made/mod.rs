//! Explanations that were made by hand: as rules have them, and as nobody would wish them.

use serde_json::json;
use verisigma::catalog::{Broken, Catalog, Tree};
use verisigma::engine::{Arrow, Assumed, Counterexample, Evidence, Kind, Verdict};
use verisigma::event::Event;
use verisigma::explain::model::*;
use verisigma::storage::Name;

/// A text that would be markup, a script or a template, in the wrong hands, and that changes how it is shown.
pub(crate) const HOSTILE: &str = " </textarea></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>x &amp; {{ 7 * 7 }} {% raw %}\u{202e}\u{200b}\u{0}\r\n ";

/// A set of rules for three targets.
pub(crate) fn catalog(explanations: Vec<Explanation>) -> Catalog {
    Catalog {
        name: "Example rules".to_owned(),
        explanations,
        targets: ["kql", "splunk", "sqlite"].map(str::to_owned).to_vec(),
        trees: vec![Tree {
            under: String::new(),
            license: Some("DRL-1.1".to_owned()),
            source_url: Some("https://example.org/rules/".to_owned()),
        }],
        broken: vec![Broken { path: "broken.yml".to_owned(), title: Some(HOSTILE.to_owned()), reasons: vec!["no `detection`".to_owned()] }],
        filters: Vec::new(),
        date: Some("2026-08-05".to_owned()),
        previous: None,
        attack: verisigma::facts::attack::Attack::built_in().clone(),
        attack_file: None,
    }
}

fn name(id: &str, name: &str, status: AttackStatus) -> AttackName {
    AttackName { id: id.to_owned(), name: name.to_owned(), status, replaced_by: None }
}

fn verdict(kind: Kind) -> Verdict {
    let because = "`CommandLine` is compared without regard to case".to_owned();
    Verdict { kind, events: 48, assumptions: vec![Assumed { name: Name::AsciiCase, because }], ..Verdict::unread(Evidence::Documented) }
}

fn compiled(target: &str, number: usize) -> Compiled {
    let kind = [Kind::Proved, Kind::Proved, Kind::Tested, Kind::Proved, Kind::Differs][number % 5];
    let refused = (number + target.len()).is_multiple_of(4);
    let query = "SELECT * FROM events WHERE (Image LIKE '%\\reg.exe' AND CommandLine LIKE '%export%')\nAND NOT (User LIKE '%AUTHORI%')";
    let mut verdict = verdict(kind);
    if kind == Kind::Differs {
        let event = json!({"Image": "C:\\reg.exe"}).as_object().unwrap().clone();
        verdict.counterexample =
            Some(Counterexample { event: Event::new(event), rule: true, query: false, arrow: Arrow::Emit, sequence: None });
    }
    Compiled {
        target: target.to_owned(),
        pipeline: None,
        condition: None,
        outcome: if refused { Outcome::Refused } else { Outcome::Written },
        query: (!refused).then(|| query.to_owned()),
        verdict: (!refused).then_some(verdict),
        matched: (!refused).then_some(7),
        reasons: if refused { vec![format!("the target cannot compare `Field{number}` with case")] } else { Vec::new() },
    }
}

fn predicate(field: &str, kind: &'static str, value: &str) -> Predicate {
    Predicate { field: Some(field.to_owned()), kind, value: value.to_owned(), transforms: Vec::new(), meant: None }
}

fn indicator(predicate: Predicate, others: usize) -> Indicator {
    Indicator { predicate, role: IndicatorRole::Indicator, rules: Some(others + 1), others: Some(others) }
}

fn exclusion(group: usize, within: Within, selection: &str, predicate: Predicate) -> Exclusion {
    Exclusion {
        stage: 2,
        group,
        within,
        conjunct: Some(1).filter(|_| group > 0),
        selection: selection.to_owned(),
        predicate,
        others: Some(3),
    }
}

fn stage(n: usize, label: &str, role: Role, yaml: &str) -> Stage {
    Stage {
        n,
        label: label.to_owned(),
        role,
        part: match role {
            Role::Condition => None,
            Role::Select => Some(Part::Required),
            Role::Exclude => Some(Part::Excluded),
        },
        text: (role == Role::Condition).then(|| yaml.to_owned()),
        annotated: (role == Role::Condition).then(|| "1 and not 2".to_owned()),
        quantifier: None,
        members: if role == Role::Condition { Vec::new() } else { vec![Member { name: label.to_owned(), yaml: yaml.to_owned() }] },
        origin: None,
    }
}

fn sample(name: &str, outcome: SampleOutcome) -> Sample {
    let is_there = outcome != SampleOutcome::Absent;
    let answer = SampleAnswer { outcome, matched: is_there.then_some(1), reason: None };
    let target = |target: &str| SampleTarget { target: target.to_owned(), answer: answer.clone() };
    Sample {
        name: Some(name.to_owned()),
        description: Some("The export of a hive".to_owned()),
        form: is_there.then_some("evtx"),
        path: "regression_data/export/1.evtx".to_owned(),
        match_count: Some(1),
        present: is_there,
        events: is_there.then_some(3),
        rule: answer.clone(),
        targets: if is_there { ["kql", "splunk", "sqlite"].map(target).to_vec() } else { Vec::new() },
    }
}

/// The rule of a number, as rules are.
pub(crate) fn explanation(number: usize) -> Explanation {
    let services = [None, Some("security"), Some("sysmon")];
    let other = Neighbour {
        title: Some(format!("Export of a Critical Registry Hive {}", number + 1)),
        id: Some(id(number + 1)),
        source: Some(format!("windows/registry/export_{}.yml", number + 1)),
    };
    Explanation {
        schema: SCHEMA,
        rule: Header {
            id: Some(id(number)),
            title: format!("Export of a Critical Registry Hive {number}"),
            description: Some(
                "Detects the export of a critical registry hive to a file, which is how credentials leave a machine.".to_owned(),
            ),
            level: Some(["critical", "high", "medium", "low", "informational"][number % 5]),
            status: Some(["stable", "test", "experimental"][number % 3]),
            author: Some("A. Author, B. Writer".to_owned()),
            date: Some("2020-10-12".to_owned()),
            modified: Some("2024-03-13".to_owned()),
            logsource: Logsource {
                product: Some("windows".to_owned()),
                category: number.is_multiple_of(3).then(|| "process_creation".to_owned()),
                service: services[number % 3].map(str::to_owned),
                definition: None,
            },
            source: format!("windows/registry/export_{number}.yml"),
            license: None,
            references: vec!["https://example.org/a?b=c&d".to_owned(), "internal memo 7".to_owned()],
            tags: vec!["attack.t1012".to_owned()],
            falsepositives: vec!["Administrators that keep a copy".to_owned()],
        },
        attack: Attack {
            rows: vec![
                AttackRow { tactic: name("TA0010", "Exfiltration", AttackStatus::Active), techniques: Vec::new() },
                AttackRow {
                    tactic: name("TA0002", "Execution", AttackStatus::Active),
                    techniques: vec![
                        name("T1059", "Command and Scripting Interpreter", AttackStatus::Active),
                        name("T1059.001", "Command and Scripting Interpreter: PowerShell", AttackStatus::Active),
                    ],
                },
            ],
            unknown: Vec::new(),
            version: Some("19".to_owned()),
        },
        events: Events {
            rows: vec![EventRow {
                provider: "Microsoft-Windows-Sysmon".to_owned(),
                short: "Sysmon".to_owned(),
                channel: Some("Microsoft-Windows-Sysmon/Operational".to_owned()),
                event_id: 1,
                title: Some("Process creation".to_owned()),
                via: Via::Logsource,
                mapping: Vec::new(),
            }],
            note: None,
            needs: Some(Needs { short: "Sysmon".to_owned(), fields: vec!["OriginalFileName".to_owned()] }),
            unknown_fields: Vec::new(),
        },
        logic: format!("canonical-1:{number:064x}"),
        stages: vec![
            stage(0, "condition", Role::Condition, "selection and not 1 of filter_*"),
            stage(1, "selection", Role::Select, "Image|endswith: '\\reg.exe'\nCommandLine|contains:\n    - ' -E '\n    - 'export'"),
            stage(2, "not 1 of filter_*", Role::Exclude, "User|contains: 'AUTHORI'\nDestinationIp|cidr: '10.0.0.0/8'"),
        ],
        exclusions: Exclusions {
            rows: vec![
                exclusion(1, Within::All, "filter_local", predicate("DestinationIp", "cidr_match", "10.0.0.0/8")),
                exclusion(1, Within::All, "filter_local", predicate("User", "match", "AUTHORI")),
                exclusion(0, Within::Any, "filter_range", predicate("DestinationIp", "cidr_match", "20.0.0.0/11")),
                exclusion(0, Within::Any, "filter_range", predicate("DestinationIp", "cidr_match", "::1/128")),
            ],
            note: None,
            dead: Vec::new(),
        },
        indicators: vec![
            indicator(predicate("CommandLine", "match", " -E "), 1),
            indicator(predicate("CommandLine", "match", &format!("export{number}")), 0),
            indicator(predicate("Image", "ends_with", "\\reg.exe"), 47),
        ],
        queries: ["kql", "splunk", "sqlite"].map(|target| compiled(target, number)).to_vec(),
        examples: Examples {
            matching: vec![json!({"Image": "C:\\Windows\\reg.exe", "CommandLine": "reg -E x"})],
            near_misses: vec![NearMiss {
                event: json!({"Image": "C:\\Windows\\reg.exe"}),
                because: vec!["`CommandLine` does not contain ` -E `".to_owned()],
            }],
            ..Examples::default()
        },
        neighbours: Neighbours {
            related: vec![RelatedRule { rule: other.clone(), kind: "similar".to_owned(), direction: Direction::To }],
            names_itself: false,
            same_logic: Vec::new(),
            broader: vec![Wider { rule: other.clone(), conjuncts: 1, filters: 1 }],
            narrower: Vec::new(),
            same_technique: vec![SameTechnique { id: "T1059".to_owned(), others: 5, first: vec![other] }],
        },
        samples: if number.is_multiple_of(2) { vec![sample("Positive Detection Test", SampleOutcome::Passed)] } else { Vec::new() },
        body: "title: Export of a Critical Registry Hive\n# a comment\nlogsource:\n    product: windows\n".to_owned(),
    }
}

fn id(number: usize) -> String {
    format!("{number:08x}-810d-4b0e-8045-322202e22b4b")
}

/// A rule with [`HOSTILE`] wherever a text can stand.
pub(crate) fn hostile() -> Explanation {
    let text = || HOSTILE.to_owned();
    let some = || Some(text());
    let neighbour = Neighbour { title: some(), id: some(), source: some() };
    let predicate = Predicate { field: some(), kind: "match", value: text(), transforms: Vec::new(), meant: None };
    let attack = name(HOSTILE, HOSTILE, AttackStatus::Revoked);
    let mut own = explanation(2);
    own.rule = Header {
        id: some(),
        title: text(),
        description: some(),
        level: own.rule.level,
        status: own.rule.status,
        author: some(),
        date: some(),
        modified: some(),
        logsource: Logsource { product: some(), category: some(), service: some(), definition: some() },
        source: text(),
        license: some(),
        references: vec![text(), "javascript:alert(1)".to_owned(), format!("https://{HOSTILE}")],
        tags: vec![text()],
        falsepositives: vec![text()],
    };
    own.attack = Attack {
        rows: vec![AttackRow { tactic: attack.clone(), techniques: vec![AttackName { replaced_by: some(), ..attack }] }],
        unknown: vec![text()],
        version: some(),
    };
    own.events = Events {
        rows: vec![EventRow {
            provider: text(),
            short: text(),
            channel: some(),
            event_id: 7,
            title: some(),
            via: Via::Alternative,
            mapping: vec![(text(), text())],
        }],
        note: some(),
        needs: Some(Needs { short: text(), fields: vec![text()] }),
        unknown_fields: vec![text()],
    };
    own.stages = vec![stage(0, HOSTILE, Role::Condition, HOSTILE), stage(1, HOSTILE, Role::Exclude, HOSTILE)];
    own.stages.iter_mut().for_each(|stage| stage.origin = some());
    own.exclusions =
        Exclusions { rows: vec![exclusion(1, Within::All, HOSTILE, predicate.clone())], note: some(), dead: vec![HOSTILE.to_owned()] };
    own.indicators = vec![indicator(predicate, 9)];
    for query in &mut own.queries {
        (query.query, query.pipeline, query.reasons) = (query.query.as_ref().and_then(|_| some()), some(), vec![text()]);
        query.verdict.iter_mut().flat_map(|verdict| &mut verdict.assumptions).for_each(|assumed| assumed.because = text());
    }
    own.examples = Examples {
        matching: vec![json!({ HOSTILE: HOSTILE })],
        near_misses: vec![NearMiss { event: json!({ HOSTILE: HOSTILE }), because: vec![text()] }],
        ..Examples::default()
    };
    own.neighbours = Neighbours {
        related: vec![RelatedRule { rule: neighbour.clone(), kind: text(), direction: Direction::From }],
        names_itself: true,
        same_logic: vec![neighbour.clone()],
        broader: vec![Wider { rule: neighbour.clone(), conjuncts: 2, filters: 1 }],
        narrower: vec![Wider { rule: neighbour.clone(), conjuncts: 1, filters: 0 }],
        same_technique: vec![SameTechnique { id: text(), others: 30, first: vec![neighbour] }],
    };
    own.samples = SampleOutcome::ALL.map(|outcome| sample(HOSTILE, outcome)).to_vec();
    for sample in &mut own.samples {
        (sample.path, sample.description, sample.rule.reason) = (text(), some(), some());
    }
    own.body = text();
    own
}
