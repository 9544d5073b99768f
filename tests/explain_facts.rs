//! What is said of a rule's ATT&CK coverage and of its events: on rules of this suite, and over the public rule set.
//!
//! The rule set is found through `VERISIGMA_SHARED`; without it those tests only say so.
#![expect(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "a test fails by panicking and explains on stderr")]

#[allow(unused_imports, reason = "each suite uses a part")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use support::{Named, files, shared};
use verisigma::explain::attack::attack;
use verisigma::explain::events::events;
use verisigma::explain::model::{AttackStatus, EventRow, Events, Via};
use verisigma::facts::attack::Attack;
use verisigma::facts::windows_events;
use verisigma::rule::{self, Rule};
use verisigma::source::Source;

// ATT&CK

/// Tactics with their techniques, then unknown tags, on one line.
fn shown(tags: &[&str]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let found = attack(&tags, Attack::built_in());
    let technique = |name: &verisigma::explain::model::AttackName| match (&name.replaced_by, name.status) {
        (_, AttackStatus::Active) => format!("{} {}", name.id, name.name),
        (Some(now), status) => format!("{} {} ({status:?}, now {now})", name.id, name.name),
        (None, status) => format!("{} {} ({status:?})", name.id, name.name),
    };
    let rows = found.rows.iter().map(|row| {
        let techniques: Vec<String> = row.techniques.iter().map(technique).collect();
        format!("{}: {}", row.tactic.name, techniques.join(", ")).trim_end().to_owned()
    });
    rows.chain(found.unknown.iter().map(|tag| format!("? {tag}"))).collect::<Vec<_>>().join("; ")
}

#[test]
fn rows_are_the_tactics_of_techniques_and_those_tagged() {
    let powershell = "Execution: T1059.001 Command and Scripting Interpreter: PowerShell";
    assert_eq!(shown(&["attack.t1059.001", "attack.execution"]), powershell);
    assert_eq!(shown(&["ATTACK.T1059.001"]), powershell);
    let autostart = "T1547.001 Boot or Logon Autostart Execution: Registry Run Keys / Startup Folder";
    assert_eq!(shown(&["attack.t1547.001"]), format!("Persistence: {autostart}; Privilege Escalation: {autostart}"));
    // A tag without a technique keeps its row, in the order of the matrix.
    assert_eq!(shown(&["attack.exfiltration", "attack.discovery", "attack.t1012"]), "Discovery: T1012 Query Registry; Exfiltration:");
    assert_eq!(shown(&["attack.stealth"]), "Stealth:");
    assert_eq!(shown(&["attack.command_and_control", "attack.command-and-control"]), "Command and Control:");
    assert_eq!(shown(&["attack.t1112", "attack.t1012", "attack.t1033"]).matches("Discovery: T1012 Query Registry, T1033").count(), 1);
}

#[test]
fn what_is_not_in_the_matrix_is_said() {
    assert_eq!(shown(&["attack.t9999", "attack.t9999", "attack.nothing", "car.2013-01-001"]), "? attack.t9999; ? attack.nothing");
    assert_eq!(shown(&["attack.g0010", "attack.s0002", "attack.ds0005"]), "");
    let revoked = "Defense Impairment: T1562.001 Impair Defenses: Disable or Modify Tools (Revoked, now T1685)";
    assert_eq!(shown(&["attack.t1562.001"]), revoked);
    assert_eq!(shown(&["attack.t1026"]), "Command and Control: T1026 Multiband Communication (Deprecated)");
    let retired = "Defense Evasion (retired in ATT&CK v19):";
    assert_eq!(shown(&["attack.defense_evasion", "attack.impact"]), format!("Impact:; {retired}"));
    let found = attack(&["attack.defense-evasion".to_owned()], Attack::built_in());
    let tactic = &found.rows.first().unwrap().tactic;
    assert_eq!((tactic.id.as_str(), tactic.status), ("TA0005", AttackStatus::Retired));
    assert_eq!(shown(&["attack.ta0005"]), "Stealth:");
}

// Events

fn rule(logsource: &str, detection: &str) -> Rule {
    let text = format!("title: Rule\nlogsource: {{{logsource}}}\ndetection:\n{detection}");
    let document = rule::parse(&Source::new("rule.yml", &text)).remove(0);
    assert!(document.rule.is_some(), "{:#?}", document.diagnostics);
    document.rule.unwrap()
}

/// What is said of the events of a rule with one map of items.
fn of(logsource: &str, items: &str) -> Events {
    events(&rule(logsource, &format!("  selection: {{{items}}}\n  condition: selection\n")))
}

fn line(row: &EventRow) -> String {
    format!("{} {}", row.short, row.event_id)
}

/// The events on one line.
fn lines(found: &Events) -> String {
    found.rows.iter().map(line).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_category_means_its_events() {
    let found = of("product: windows, category: registry_set", "TargetObject: x");
    let row = found.rows.first().unwrap();
    assert_eq!((row.provider.as_str(), row.short.as_str()), ("Microsoft-Windows-Sysmon", "Sysmon"));
    assert_eq!((row.channel.as_deref(), row.event_id), (Some("Microsoft-Windows-Sysmon/Operational"), 13));
    assert_eq!((row.title.as_deref(), row.via), (Some("RegistryEvent (Value Set)"), Via::Logsource));
    assert_eq!((found.rows.len(), found.note, found.needs), (1, None, None));
    assert_eq!(lines(&of("product: windows, category: network_connection", "Image: x")), "Sysmon 3");
    assert_eq!(lines(&of("product: windows, category: registry_event", "Image: x")), "Sysmon 12, Sysmon 13, Sysmon 14");
    assert_eq!(lines(&of("product: windows, category: registry_event", "EventID: 12")), "Sysmon 12");
    let script = of("product: windows, category: ps_script", "ScriptBlockText: x");
    assert_eq!(lines(&script), "PowerShell 4104");
    assert_eq!(script.rows.first().unwrap().title.as_deref(), Some("Creating Scriptblock text (MessageNumber of MessageTotal)."));
    assert_eq!(lines(&of("product: linux, category: file_event", "TargetFilename: x")), "Linux-Sysmon 11");
}

#[test]
fn process_creation_is_also_in_the_security_log_where_all_fields_are() {
    let windows = "product: windows, category: process_creation";
    let found = of(windows, "Image: x, CommandLine: y");
    assert_eq!(lines(&found), "Sysmon 1, Security-Auditing 4688");
    let other = found.rows.last().unwrap();
    let mapping = [("Image", "NewProcessName"), ("CommandLine", "CommandLine")].map(|(own, there)| (own.to_owned(), there.to_owned()));
    assert_eq!((other.via, other.mapping.as_slice()), (Via::Alternative, mapping.as_slice()));
    assert_eq!(other.title.as_deref(), Some("A new process has been created."));
    assert_eq!(found.needs, None);
    let found = of(windows, "Image: x, OriginalFileName: y, Hashes: z");
    assert_eq!(lines(&found), "Sysmon 1");
    let needs = found.needs.unwrap();
    assert_eq!(
        (needs.short.as_str(), needs.fields.as_slice()),
        ("Sysmon", ["OriginalFileName".to_owned(), "Hashes".to_owned()].as_slice())
    );
    // A field that only an exclusion asks for is asked for as well; one that no condition refers to is not.
    let filtered = rule(windows, "  a: {Image: x}\n  b: {User: y}\n  c: {Hashes: z}\n  condition: a and not b\n");
    assert_eq!(events(&filtered).needs.unwrap().fields, ["User"]);
    let compared = of(windows, "Image|fieldref: ParentCommandLine");
    assert_eq!(compared.needs.unwrap().fields, ["ParentCommandLine"]);
    assert_eq!(lines(&of("product: macos, category: process_creation", "Image: x")), "");
    assert_eq!(lines(&of(windows, "EventID: 4688, NewProcessName: x")), "Security-Auditing 4688");
}

#[test]
fn a_rule_names_its_events() {
    let security = "product: windows, service: security";
    let named = |detection: &str| lines(&events(&rule(security, detection)));
    let both = "  a: {EventID: 4663}\n  b: {EventID: '4656'}\n  condition: ";
    assert_eq!(named(&format!("{both}a or b\n")), "Security-Auditing 4656, Security-Auditing 4663");
    assert_eq!(named(&format!("{both}1 of them\n")), "Security-Auditing 4656, Security-Auditing 4663");
    assert_eq!(named(&format!("{both}a and not b\n")), "Security-Auditing 4663");
    assert_eq!(named(&format!("{both}a and not (not b)\n")), "Security-Auditing 4656, Security-Auditing 4663");
    assert_eq!(
        named("  a:\n    - EventID: [4624, 4625]\n    - EventID: 4624\n  condition: a\n"),
        "Security-Auditing 4624, Security-Auditing 4625"
    );
    // Events of the channel that another provider writes.
    assert_eq!(named("  a: {EventID: 1102}\n  condition: a\n"), "Eventlog 1102");
    let unknown = of(security, "EventID: 64999");
    let row = unknown.rows.first().unwrap();
    assert_eq!((row.provider.as_str(), row.title.as_deref(), row.via), ("Microsoft-Windows-Security-Auditing", None, Via::EventId));
}

#[test]
fn only_equality_with_a_number_names_an_event() {
    let security = "product: windows, service: security";
    for item in [
        "EventID|contains: '46'",
        "EventID|gte: 4624",
        "EventID|neq: 4624",
        "EventID|re: '46.*'",
        "EventID: 46*",
        "EventID: '04624'",
        "EventID: 1.5",
    ] {
        let found = of(security, item);
        assert_eq!(lines(&found), "", "{item}");
        assert_eq!(found.note.as_deref(), Some("No numbered events: the rule names no EventID of Security"), "{item}");
    }
    assert_eq!(lines(&of(security, "EventID: 4624.0, User: x")), "Security-Auditing 4624");
}

#[test]
fn the_provider_is_named_in_channels_of_many() {
    let system = "product: windows, service: system";
    assert_eq!(lines(&of(system, "EventID: 7045, Provider_Name: Service Control Manager")), "Service-Control-Manager 7045");
    assert_eq!(lines(&of(system, "EventID: 7045")), "Service-Control-Manager 7045");
    let apart = rule(system, "  a: {EventID: [5805, 5723]}\n  b: {Provider_Name: NetLogon}\n  condition: a and b\n");
    assert_eq!(lines(&events(&apart)), "NETLOGON 5723, NETLOGON 5805");
    let pairs = "  a:\n    - {EventID: 16, Provider_Name: Microsoft-Windows-Kernel-General}\n    - {EventID: 104, Provider_Name: Microsoft-Windows-Eventlog}\n  condition: a\n";
    assert_eq!(lines(&events(&rule(system, pairs))), "Kernel-General 16, Eventlog 104");
    // Nobody knows who writes them.
    assert_eq!(lines(&of(system, "EventID: 64999, Provider_Name: Nobody Knows")), "Nobody-Knows 64999");
    assert_eq!(lines(&of(system, "EventID: 64999")), "System 64999");
    // A part of a provider's name is none.
    let part = of("product: windows, service: application", "EventID: 18456, Provider_Name|contains: MSSQL");
    assert_eq!(lines(&part), "MSSQLSERVER 18456");
}

#[test]
fn without_numbered_events_there_is_a_reason() {
    let note = |logsource: &str| {
        let found = of(logsource, "a: b");
        assert!(found.rows.is_empty());
        found.note.unwrap()
    };
    assert_eq!(note("product: gcp, service: gcp.audit"), "No numbered events: Google Cloud audit logs");
    assert_eq!(note("category: proxy"), "No numbered events: proxy logs");
    assert_eq!(note("product: windows, category: nothing"), "Unknown log source: product windows, category nothing");
    assert_eq!(note("product: windows"), "No numbered events: the rule names neither a channel nor an EventID");
    let channels = "product: windows, service: powershell";
    assert_eq!(
        note(channels),
        "No numbered events: the rule names no EventID of Microsoft-Windows-PowerShell/Operational, PowerShellCore/Operational"
    );
    assert_eq!(lines(&of("product: windows", "Channel: Security, EventID: 4624")), "Security-Auditing 4624");
    let nowhere = of("product: windows", "EventID: 4624");
    assert_eq!(nowhere.note.as_deref(), Some("No numbered events: the rule names an EventID, and neither a channel nor a provider"));
}

// The public rule set

/// The rules of all folders of rules, with the text of their files.
fn corpus(shared: &Path) -> Vec<(Named, String)> {
    let root = shared.join("corpus");
    let mut folders: Vec<_> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir() && path.file_name().unwrap().to_string_lossy().starts_with("rules"));
    folders.sort();
    let mut rules = Vec::new();
    for path in folders.iter().flat_map(|folder| files(folder, "yml")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let variables = rule::Variables::default();
        let documents = rule::parse_with(&Source::new("", &text), &variables);
        let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        rules.extend(documents.into_iter().filter_map(|own| own.rule).map(|rule| (Named { path: path.clone(), rule }, text.clone())));
    }
    rules
}

#[test]
fn every_tag_of_the_rule_set_is_active() {
    let Some(shared) = shared() else { return };
    let mut found = Vec::new();
    let mut tags = BTreeSet::new();
    for (named, _) in corpus(&shared) {
        let said = attack(&named.rule.metadata.tags, Attack::built_in());
        let names = said.rows.iter().flat_map(|row| std::iter::once(&row.tactic).chain(&row.techniques));
        found.extend(names.filter(|name| name.status != AttackStatus::Active).map(|name| format!("{}: {}", named.path, name.id)));
        found.extend(said.unknown.iter().map(|tag| format!("{}: {tag}", named.path)));
        tags.extend(named.rule.metadata.tags.into_iter().filter(|tag| tag.starts_with("attack.")));
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(tags.len() > 400, "{}", tags.len());
}

#[test]
fn every_log_source_and_event_of_the_rule_set_is_known() {
    let Some(shared) = shared() else { return };
    let mut found = Vec::new();
    let mut untitled: BTreeMap<String, usize> = BTreeMap::new();
    for (named, _) in corpus(&shared) {
        let said = events(&named.rule);
        found.extend(said.note.filter(|note| note.starts_with("Unknown")).map(|note| format!("{}: {note}", named.path)));
        for row in said.rows {
            let is_known = windows_events::events(row.event_id)
                .iter()
                .any(|event| event.provider == row.provider && Some(event.channel) == row.channel.as_deref());
            if !is_known {
                found.push(format!("{}: {} {}", named.path, row.provider, row.event_id));
            } else if row.title.is_none() {
                *untitled.entry(line(&row)).or_default() += 1;
            }
        }
    }
    eprintln!("without a title: {untitled:?}");
    assert!(found.is_empty(), "{found:#?}");
}

/// The names of fields below `detection`, by reading it as any YAML.
fn named_fields(value: &serde_yaml::Value, found: &mut BTreeSet<String>) {
    if let Some(map) = value.as_mapping() {
        let keys = map.keys().filter_map(serde_yaml::Value::as_str);
        found.extend(keys.map(|key| key.split('|').next().unwrap_or_default().to_owned()));
    }
    value.as_sequence().into_iter().flatten().for_each(|own| named_fields(own, found));
}

#[test]
fn processes_are_in_the_security_log_where_the_rules_text_says_so() {
    let Some(shared) = shared() else { return };
    let (mut all, mut both, mut plain) = (0, 0, 0);
    for (named, text) in corpus(&shared) {
        let source = &named.rule.logsource;
        if (source.product.as_deref(), source.category.as_deref()) != (Some("windows"), Some("process_creation")) {
            continue;
        }
        let document: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let mut fields = BTreeSet::new();
        for (name, search) in document.get("detection").unwrap().as_mapping().unwrap() {
            if name.as_str() != Some("condition") {
                named_fields(search, &mut fields);
            }
        }
        // Every event of Windows has a provider.
        fields.remove("Provider_Name");
        let there = |fields: &BTreeSet<String>, known: &[&str]| fields.iter().all(|field| known.contains(&field.as_str()));
        let said = events(&named.rule);
        let lists = said.rows.iter().any(|row| row.event_id == 4688);
        assert_eq!(lists, there(&fields, &["Image", "CommandLine", "ParentImage", "LogonId"]), "{}: {fields:?}", named.path);
        assert_eq!(lists, said.needs.is_none(), "{}", named.path);
        all += 1;
        both += usize::from(lists);
        plain += usize::from(there(&fields, &["Image", "CommandLine", "ParentImage"]));
    }
    eprintln!("{all} rules: {both} also in the security log, {plain} of them with images and command lines alone");
    assert!(both >= plain && plain > all / 3, "{all} {both} {plain}");
}
