//! The table that the program brings along.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use std::collections::BTreeSet;

/// Tactics, techniques and sub-techniques on one line.
fn shown(tags: &[&str]) -> String {
    let technique = |technique: &Technique<'_>| {
        let below: Vec<&str> = technique.subtechniques.iter().map(|entry| entry.id).collect();
        format!("{}({})", technique.technique.id, below.join(" "))
    };
    let threat =
        |threat: &Threat<'_>| format!("{}: {}", threat.tactic.name, threat.techniques.iter().map(technique).collect::<Vec<_>>().join(" "));
    Attack::built_in().threats(tags.iter().copied()).iter().map(threat).collect::<Vec<_>>().join("; ")
}

#[test]
fn techniques_stand_under_the_tactics_that_they_serve() {
    assert_eq!(shown(&["attack.discovery", "attack.t1033"]), "Discovery: T1033()");
    assert_eq!(shown(&["attack.t1003.001", "attack.credential_access", "attack.T1003"]), "Credential Access: T1003(T1003.001)");
    let both = "Privilege Escalation: T1547(T1547.001); Persistence: T1547(T1547.001)";
    assert_eq!(shown(&["attack.privilege-escalation", "attack.persistence", "attack.t1547.001"]), both);
    assert_eq!(shown(&["attack.impact", "attack.t1033"]), "Impact: ; Discovery: T1033()");
    assert_eq!(shown(&["attack.ta0007", "attack.discovery"]), "Discovery: ");
}

#[test]
fn what_was_revoked_stands_for_what_replaced_it() {
    assert_eq!(shown(&["attack.t1002"]), "Collection: T1560()");
    assert_eq!(shown(&["attack.persistence", "attack.t1004"]), "Persistence: T1547(T1547.004)");
}

#[test]
fn the_matrix_has_every_tactic_and_no_technique_that_was_revoked() {
    let matrix = Attack::built_in().matrix();
    assert_eq!((matrix.len(), matrix.first().map(|threat| threat.tactic.name)), (15, Some("Reconnaissance")));
    let ids: BTreeSet<&str> = matrix.iter().flat_map(|threat| &threat.techniques).map(|technique| technique.technique.id).collect();
    assert_eq!((ids.len(), ids.contains("T1059"), ids.contains("T1002")), (222, true, false));
}

#[test]
fn unknown_tags_stand_for_nothing() {
    assert_eq!(shown(&["attack.t9999", "attack.s0002", "attack.g0032", "cve.2021-44228", "attack.nothing", "attack"]), "");
}

#[test]
fn every_row_can_be_read() {
    let text = include_str!("../attack.tsv");
    let table = tsv::read(text).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#')).count() - 1;
    assert_eq!(table.tactics.len() + table.techniques.len(), lines);
    assert_eq!((table.version.as_deref(), table.domain), (Some("19"), Domain::Enterprise));
    assert!(text.contains(NOTICE) && table == *Attack::built_in());
    for row in table.techniques.values().filter(|row| row.is_active()) {
        assert!(row.tactics.iter().any(|name| table.tactic(name).is_some()), "{row:?}");
        assert!(row.parent.as_ref().is_none_or(|parent| table.techniques.contains_key(parent)), "{row:?}");
    }
    assert!(table.techniques.values().filter(|row| row.replaced_by.is_some()).all(|row| table.replacement(&row.id).is_some()));
}

#[test]
fn a_technique_says_what_became_of_it() {
    let said = |id| Attack::built_in().technique(id).map(|named| (named.name, named.standing, named.replaced_by));
    assert_eq!(said("t1059.001"), Some(("Command and Scripting Interpreter: PowerShell", Standing::Active, None)));
    assert_eq!(said("T1562"), Some(("Impair Defenses", Standing::Revoked, Some("T1685"))));
    assert_eq!(said("T1026"), Some(("Multiband Communication", Standing::Deprecated, None)));
    assert_eq!(said("T9999"), None);
}

#[test]
fn tactics_have_an_order_and_every_technique_has_one() {
    let table = Attack::built_in();
    let of = |id| table.tactics_of(id).into_iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(of("T1547.001"), ["Persistence", "Privilege Escalation"]);
    assert!(table.techniques.keys().all(|id| !table.tactics_of(id).is_empty()));
    assert_eq!(of("T9999"), [""; 0]);
    // Data Compressed keeps its own; Impair Defenses has that of its successor, and LC_MAIN Hijacking has none.
    assert_eq!((of("T1002"), of("T1562")), (vec!["Exfiltration"], vec!["Defense Impairment"]));
    assert_eq!(of("T1149"), ["Defense Evasion (retired in ATT&CK v19)"]);
}

#[test]
fn defense_evasion_is_no_other_tactic() {
    let table = Attack::built_in();
    assert_eq!((table.tactic("defense-evasion"), table.tactic("Defense_Impairment").map(|entry| entry.id)), (None, Some("TA0112")));
    assert_eq!(table.retired_tactic("defense_evasion").map(|entry| entry.id), Some("TA0005"));
    assert_eq!((table.tactic("TA0005").map(|entry| entry.name), table.retired_tactic("stealth")), (Some("Stealth"), None));
    assert_eq!(Attack::default().retired_tactic("defense-evasion"), None);
}

#[test]
fn groups_and_software_are_told_by_their_form() {
    assert!(["g0010", "S0002", "ds0005", "C0001", "m1036"].into_iter().all(is_other_object));
    assert!(["t1059", "g10", "s00021", "stealth", "ga001", ""].into_iter().all(|name| !is_other_object(name)));
}

#[test]
fn pages_have_addresses() {
    let url = |id| Entry { id, name: "" }.url();
    assert_eq!(url("TA0007"), "https://attack.mitre.org/tactics/TA0007/");
    assert_eq!(url("T1059.001"), "https://attack.mitre.org/techniques/T1059/001/");
}
