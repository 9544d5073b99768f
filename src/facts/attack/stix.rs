//! ATT&CK as a STIX 2.1 bundle, as MITRE publishes it (mitre-attack/attack-stix-data, USAGE.md, "The ATT&CK spec").
//!
//! `x-mitre-matrix` has the domain and the order of the tactics, `x-mitre-tactic` their names, `attack-pattern` the
//! techniques and sub-techniques with their tactics (`kill_chain_phases`), `relationship` of the type `revoked-by` what
//! replaced what, and `x-mitre-collection` the version. A bundle in STIX 2.0 has the same objects but for the collection,
//! and so no version. Deliberately absent: every other object; `attack-pattern`s without an id of ATT&CK, which no tag can
//! name; and several domains in one bundle, whose tactics share names.

use super::read::{Draft, Fate, Said, invalid, version};
use super::{Attack, Domain, Standing};
use crate::diag::{Diagnostic, quote};
use crate::source::Place;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const HELP: &str = "give a STIX 2.1 bundle as MITRE publishes it, such as `enterprise-attack.json` of \
     https://github.com/mitre-attack/attack-stix-data, or a table separated by tabs";

/// The names of ATT&CK as the source of ids and as kill chains, one for each domain; the first is used in all of them today.
const ATTACK: [&str; 3] = ["mitre-attack", "mitre-mobile-attack", "mitre-ics-attack"];

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    objects: Vec<Object>,
}

/// What is read of an object, of whatever type.
#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    id: String,
    name: Option<String>,
    #[serde(default)]
    external_references: Vec<Reference>,
    #[serde(default)]
    kill_chain_phases: Vec<Phase>,
    #[serde(default)]
    revoked: bool,
    #[serde(default)]
    x_mitre_deprecated: bool,
    #[serde(default)]
    x_mitre_is_subtechnique: bool,
    x_mitre_shortname: Option<String>,
    x_mitre_version: Option<String>,
    #[serde(default)]
    tactic_refs: Vec<String>,
    relationship_type: Option<String>,
    source_ref: Option<String>,
    target_ref: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    source_name: Option<String>,
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Phase {
    kill_chain_name: Option<String>,
    phase_name: Option<String>,
}

impl Object {
    /// Its id of ATT&CK.
    fn external_id(&self) -> Option<&str> {
        let is_own = |reference: &&Reference| reference.source_name.as_deref().is_some_and(|name| ATTACK.contains(&name));
        self.external_references.iter().find(is_own)?.external_id.as_deref()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn standing(&self) -> Standing {
        match (self.revoked, self.x_mitre_deprecated) {
            (true, _) => Standing::Revoked,
            (false, true) => Standing::Deprecated,
            (false, false) => Standing::Active,
        }
    }

    /// The tactics that it serves.
    fn tactics(&self) -> Vec<String> {
        let is_own = |phase: &&Phase| phase.kill_chain_name.as_deref().is_some_and(|name| ATTACK.contains(&name));
        self.kill_chain_phases.iter().filter(is_own).filter_map(|phase| phase.phase_name.clone()).collect()
    }
}

/// Reads a bundle.
///
/// # Errors
/// What is wrong with it first.
pub(super) fn read(text: &str) -> Result<Attack, Diagnostic> {
    let bundle: Bundle = serde_json::from_str(text).map_err(|error| unread(text, &error))?;
    if bundle.kind != "bundle" {
        return Err(invalid(Place::NOWHERE, format!("no STIX bundle: its `type` is {}", quote(&bundle.kind))).help(HELP));
    }
    let objects = Objects::new(&bundle.objects);
    let mut draft = Draft::new(objects.domain(text)?, objects.version());
    objects.tactics(text, &mut draft)?;
    objects.techniques(text, &mut draft)?;
    draft.finish(HELP)
}

/// What the parser of JSON says, and where. Columns of the parser are bytes.
fn unread(text: &str, error: &serde_json::Error) -> Diagnostic {
    /// So many characters of what it says are shown.
    const SHOWN: usize = 200;
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let shown: String =
        said.chars().take(SHOWN).flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.get(..error.column().saturating_sub(1)).map_or(0, |before| before.chars().count());
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place::on_line(number(error.line()), number(before.saturating_add(1)), 1);
    invalid(place, format!("not the JSON of a STIX bundle: {shown}")).help(HELP)
}

/// Where an object stands: where its `id` does.
fn place(text: &str, object: &Object) -> Place {
    let quoted = format!("\"{}\"", object.id);
    let is_id = |at: &usize| text.get(..*at).is_some_and(|before| before.trim_end().trim_end_matches(':').trim_end().ends_with("\"id\""));
    let Some(at) = text.match_indices(&quoted).map(|(at, _)| at).find(is_id) else { return Place::NOWHERE };
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place::on_line(number(line), number(column), number(quoted.chars().count()))
}

/// The objects of a bundle, by what they are.
struct Objects<'b> {
    matrices: Vec<&'b Object>,
    collections: Vec<&'b Object>,
    /// By STIX id.
    tactics: BTreeMap<&'b str, &'b Object>,
    techniques: Vec<&'b Object>,
    /// The STIX ids of what was revoked, each with what replaced it.
    replaced: BTreeMap<&'b str, &'b str>,
    /// The names of techniques by their ids of ATT&CK.
    names: BTreeMap<&'b str, &'b str>,
}

impl<'b> Objects<'b> {
    fn new(all: &'b [Object]) -> Self {
        let of = |kind: &'static str| all.iter().filter(move |object| object.kind == kind);
        let is_named = |object: &&Object| object.external_id().is_some();
        let is_revocation = |object: &&Object| object.relationship_type.as_deref() == Some("revoked-by") && !object.revoked;
        let pair = |object: &'b Object| Some((object.source_ref.as_deref()?, object.target_ref.as_deref()?));
        let techniques: Vec<&Object> = of("attack-pattern").filter(is_named).collect();
        // The name of what stands, where something revoked had its id.
        let mut by_standing = techniques.clone();
        by_standing.sort_by_key(|object| std::cmp::Reverse(object.standing()));
        Self {
            matrices: of("x-mitre-matrix").filter(|object| object.standing() == Standing::Active).collect(),
            collections: of("x-mitre-collection").collect(),
            tactics: of("x-mitre-tactic").map(|object| (object.id.as_str(), object)).collect(),
            replaced: of("relationship").filter(is_revocation).filter_map(pair).collect(),
            names: by_standing.iter().filter_map(|object| Some((object.external_id()?, object.name()))).collect(),
            techniques,
        }
    }

    /// The one domain of the matrices.
    fn domain(&self, text: &str) -> Result<Domain, Diagnostic> {
        let mut found = None;
        for matrix in &self.matrices {
            let wrong = |what: &str| invalid(place(text, matrix), what).help(HELP);
            let id = matrix.external_id().unwrap_or_default();
            let domain = Domain::ALL.into_iter().find(|domain| domain.identifier() == id);
            let domain = domain.ok_or_else(|| wrong(&format!("a matrix of the domain {}, which is none of ATT&CK", quote(id))))?;
            if found.is_some_and(|known| known != domain) {
                return Err(wrong("matrices of several domains in one bundle").help("give the bundle of one domain"));
            }
            found = Some(domain);
        }
        found.ok_or_else(|| invalid(Place::NOWHERE, "a bundle without `x-mitre-matrix`, which has the order of the tactics").help(HELP))
    }

    /// The version of the one collection.
    fn version(&self) -> Option<String> {
        let versions: BTreeSet<Option<&str>> = self.collections.iter().map(|object| object.x_mitre_version.as_deref()).collect();
        let only = versions.into_iter().collect::<Vec<_>>();
        if let [Some(only)] = only.as_slice() { version(only) } else { None }
    }

    fn tactics(&self, text: &str, draft: &mut Draft) -> Result<(), Diagnostic> {
        let mut known = BTreeSet::new();
        for matrix in &self.matrices {
            for id in matrix.tactic_refs.iter().filter(|id| known.insert(id.as_str())) {
                let missing = || invalid(place(text, matrix), format!("the matrix names {}, which the bundle lacks", quote(id))).help(HELP);
                let tactic = self.tactics.get(id.as_str()).ok_or_else(missing)?;
                if tactic.standing() == Standing::Active {
                    let tactics = tactic.x_mitre_shortname.iter().cloned().collect();
                    self.add(text, draft, tactic, None, Fate { tactics, standing: Standing::Active, replaced_by: None })?;
                }
            }
        }
        Ok(())
    }

    fn techniques(&self, text: &str, draft: &mut Draft) -> Result<(), Diagnostic> {
        let ids: BTreeMap<&str, &str> =
            self.techniques.iter().filter_map(|object| Some((object.id.as_str(), object.external_id()?))).collect();
        for technique in &self.techniques {
            let replaced_by = self.replaced.get(technique.id.as_str()).and_then(|id| ids.get(id)).map(|id| (*id).to_owned());
            let fate = Fate { tactics: technique.tactics(), standing: technique.standing(), replaced_by };
            let parent = technique.external_id().and_then(|id| id.split_once('.')).map(|(parent, _)| parent);
            if technique.x_mitre_is_subtechnique && parent.is_none() {
                let message = format!("the sub-technique {} has the id of a technique", quote(technique.name()));
                return Err(invalid(place(text, technique), message).help(HELP));
            }
            let parent = parent.and_then(|parent| self.names.get(parent).copied());
            self.add(text, draft, technique, parent, fate)?;
        }
        Ok(())
    }

    /// Adds an object, of a sub-technique with the name of its technique.
    fn add(&self, text: &str, draft: &mut Draft, object: &Object, parent: Option<&str>, fate: Fate) -> Result<(), Diagnostic> {
        let own = object.name().trim();
        let name = parent.map_or_else(|| own.to_owned(), |parent| format!("{}: {own}", parent.trim()));
        let said = Said { id: object.external_id().unwrap_or_default(), name: &name, own: Some(own), fate };
        draft.add(said).map_err(|message| invalid(place(text, object), message).help(HELP))
    }
}
