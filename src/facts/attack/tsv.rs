//! A table of ATT&CK as values separated by tabs (docs/FORMATS.md, "Tables of ATT&CK").
//!
//! Lines that begin with `#` are comments; one of them before the header may say the version: `ATT&CK v19`. The header
//! names the columns, in any order: `id`, `name`, `tactics` (names as tags have them, separated by `|`; of a tactic its
//! own) and `status` (`active`, `revoked`, `deprecated`) must be there; `replaced_by`, `kind` and `domain` may. Of a
//! table with kinds only tactics, techniques and sub-techniques are taken, of one with domains only the enterprise
//! matrix. Other columns are left alone. Tactics stand in the order of the matrix.

use super::read::{Draft, Fate, Said, invalid, is_tactic, version};
use super::{Attack, Standing};
use crate::diag::{Diagnostic, quote};
use crate::source::Place;

const HELP: &str = "a table has a header with the columns `id`, `name`, `tactics` and `status`, separated by tabs, and may have \
     `replaced_by`, `kind` and `domain`; otherwise give a STIX bundle, such as MITRE's `enterprise-attack.json`";

/// Reads a table.
///
/// # Errors
/// What is wrong with it first.
pub(super) fn read(text: &str) -> Result<Attack, Diagnostic> {
    let mut draft = Draft::default();
    let mut columns = None;
    for (line, number) in text.lines().zip(1..) {
        let whole = || Place::on_line(number, 1, u32::try_from(line.chars().count()).unwrap_or(u32::MAX));
        match &columns {
            _ if line.trim().is_empty() => {}
            _ if line.starts_with('#') => draft.version = draft.version.or_else(|| said_version(line)),
            None => columns = Some(Columns::new(line).map_err(|message| invalid(whole(), message).help(HELP))?),
            Some(columns) => take(&mut draft, columns, line).map_err(|message| invalid(whole(), message).help(HELP))?,
        }
    }
    draft.finish(HELP)
}

/// The version that a comment says.
fn said_version(comment: &str) -> Option<String> {
    let (_, after) = comment.split_once("ATT&CK")?;
    let after = after.trim_start_matches('®').trim_start();
    let after = after.strip_prefix("version ").or_else(|| after.strip_prefix('v'))?;
    let number: &str = after.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    version(number.trim_end_matches('.'))
}

/// Which cell holds what.
struct Columns {
    id: usize,
    name: usize,
    tactics: usize,
    status: usize,
    replaced_by: Option<usize>,
    kind: Option<usize>,
    domain: Option<usize>,
}

impl Columns {
    fn new(header: &str) -> Result<Self, String> {
        let find = |wanted: &str| header.split('\t').position(|name| name.trim() == wanted);
        let must = |wanted: &str| find(wanted).ok_or_else(|| format!("a table of ATT&CK without the column `{wanted}`"));
        Ok(Self {
            id: must("id")?,
            name: must("name")?,
            tactics: must("tactics")?,
            status: must("status")?,
            replaced_by: find("replaced_by"),
            kind: find("kind"),
            domain: find("domain"),
        })
    }
}

/// Adds what a line holds, if it is of a kind that is wanted.
fn take(draft: &mut Draft, columns: &Columns, line: &str) -> Result<(), String> {
    let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
    let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
    let optional = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty());
    let is_wanted = optional(columns.kind).is_none_or(|kind| matches!(kind, "tactic" | "technique" | "subtechnique"))
        && optional(columns.domain).is_none_or(|domain| domain == "enterprise");
    if !is_wanted {
        return Ok(());
    }
    let standing = match cell(columns.status) {
        "active" => Standing::Active,
        "revoked" => Standing::Revoked,
        "deprecated" => Standing::Deprecated,
        other => return Err(format!("{} is no status: `active`, `revoked` or `deprecated`", quote(other))),
    };
    let (id, name) = (cell(columns.id), cell(columns.name));
    // A tactic that is no longer in the matrix has no column there.
    if standing != Standing::Active && is_tactic(id) {
        return Ok(());
    }
    // The name of a sub-technique stands after that of its technique.
    let own = id.contains('.').then(|| name.split_once(": ").map_or(name, |(_, own)| own));
    let tactics = cell(columns.tactics).split('|').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let replaced_by = optional(columns.replaced_by).map(str::to_owned);
    draft.add(Said { id, name, own, fate: Fate { tactics, standing, replaced_by } })
}
