//! Reading a table of ATT&CK that somebody else made: which form it has, and what every form must hold.
//!
//! Contract: what comes out has ids of the form of ATT&CK, names that fit on a line, at least one tactic and one
//! technique, and each technique once; anything else is an error with its place. Deliberately absent: reading files.

use super::{Attack, Domain, Row, stix, tsv};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::{Place, Source};
use std::collections::BTreeMap;
use std::collections::btree_map;

impl Attack {
    /// Reads a table: a STIX bundle where the text is JSON, otherwise values separated by tabs.
    ///
    /// # Errors
    /// What is wrong with it first, as [`Code::InvalidAttack`].
    pub fn read(source: &Source) -> Result<Self, Diagnostic> {
        match source.text.trim_start().chars().next() {
            Some('{' | '[') => stix::read(&source.text),
            Some(_) | None => tsv::read(&source.text),
        }
    }
}

/// An error at a place.
pub(super) fn invalid(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidAttack, place, message)
}

/// What a row says, before it is looked at.
#[derive(Debug)]
pub(super) struct Said<'t> {
    pub(super) id: &'t str,
    pub(super) name: &'t str,
    /// Its name alone, of a sub-technique.
    pub(super) own: Option<&'t str>,
    pub(super) fate: Fate,
}

/// What else a row says.
#[derive(Debug)]
pub(super) struct Fate {
    pub(super) tactics: Vec<String>,
    pub(super) standing: super::Standing,
    pub(super) replaced_by: Option<String>,
}

/// A table that is being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    domain: Domain,
    pub(super) version: Option<String>,
    tactics: Vec<Row>,
    techniques: BTreeMap<String, Row>,
}

impl Draft {
    pub(super) fn new(domain: Domain, version: Option<String>) -> Self {
        Self { domain, version, ..Self::default() }
    }

    /// Adds a tactic or a technique, whichever its id says; what is wrong with it otherwise.
    pub(super) fn add(&mut self, said: Said<'_>) -> Result<(), String> {
        let row = row(said)?;
        if is_tactic(&row.id) {
            if self.tactics.iter().any(|known| known.id == row.id || known.short() == row.short()) {
                return Err(format!("the tactic `{}` or its name stands here twice", row.id));
            }
            self.tactics.push(row);
            return Ok(());
        }
        match self.techniques.entry(row.id.clone()) {
            btree_map::Entry::Vacant(free) => {
                free.insert(row);
            }
            // What replaced a technique may have kept its id.
            btree_map::Entry::Occupied(known) if known.get().standing > row.standing => {
                *known.into_mut() = row;
            }
            btree_map::Entry::Occupied(known) if known.get().is_active() && row.is_active() => {
                return Err(format!("the technique `{}` stands here twice", row.id));
            }
            btree_map::Entry::Occupied(_) => {}
        }
        Ok(())
    }

    /// The table, if it can be one.
    pub(super) fn finish(self, help: &str) -> Result<Attack, Diagnostic> {
        let lacks = |what: &str| Err(invalid(Place::NOWHERE, format!("a table of ATT&CK without {what}")).help(help));
        let Self { domain, version, tactics, techniques } = self;
        if tactics.is_empty() {
            return lacks("a tactic");
        }
        if techniques.is_empty() {
            return lacks("a technique");
        }
        Ok(Attack { domain, version, tactics, techniques })
    }
}

fn row(said: Said<'_>) -> Result<Row, String> {
    let id = said.id.trim().to_ascii_uppercase();
    if !is_tactic(&id) && !is_technique(&id) {
        return Err(format!("{} is no id of a tactic or technique", quote(said.id)));
    }
    let is_name = |name: &str| (1..=256).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let (name, own) = (said.name.trim(), said.own.unwrap_or(said.name).trim());
    if !is_name(name) || !is_name(own) {
        return Err(format!("`{id}` has no name of 1 to 256 characters on one line"));
    }
    let Fate { tactics, standing, replaced_by } = said.fate;
    if let Some(odd) = tactics.iter().find(|tactic| !is_short(tactic)) {
        return Err(format!("{} of `{id}` is no name of a tactic as tags have it", quote(odd)));
    }
    if is_tactic(&id) && tactics.len() != 1 {
        return Err(format!("the tactic `{id}` has not one name as tags have it"));
    }
    if let Some(odd) = replaced_by.as_deref().filter(|id| !is_technique(id)) {
        return Err(format!("{}, which replaced `{id}`, is no id of a technique", quote(odd)));
    }
    let parent = id.split_once('.').map(|(parent, _)| parent.to_owned());
    Ok(Row { name: name.to_owned(), own: own.to_owned(), parent, tactics, standing, replaced_by, id })
}

/// `TA0002`.
pub(super) fn is_tactic(id: &str) -> bool {
    id.strip_prefix("TA").is_some_and(is_number)
}

/// `T1059` or `T1059.001`.
pub(super) fn is_technique(id: &str) -> bool {
    let number = |id: &str| id.strip_prefix('T').is_some_and(is_number);
    id.split_once('.').map_or_else(|| number(id), |(parent, own)| number(parent) && is_number(own))
}

fn is_number(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_short(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

/// A version that may stand on pages and in layers: numbers with points between them, as MITRE has them.
pub(super) fn version(text: &str) -> Option<String> {
    let is_version = text.len() <= 16 && text.split('.').all(is_number);
    is_version.then(|| text.to_owned())
}
