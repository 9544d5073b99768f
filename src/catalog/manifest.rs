//! The machine-readable list of a site: its rules with digests of what their pages are made of, and its files.

use super::File;
use super::about;
use super::digest;
use super::frame::version;
use super::plan::Site;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The form of the list.
pub(super) const SCHEMA: &str = "catalog/1";

/// The path of the list.
pub const MANIFEST: &str = "catalog.json";

/// A file of a site as the list has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its path below the root.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: usize,
}

impl Listed {
    /// What the list says of a file.
    pub fn new(file: &File) -> Self {
        Self { path: file.path.clone(), sha256: digest::hex(&file.bytes), bytes: file.bytes.len() }
    }
}

impl Site<'_> {
    /// The list of the site, with all its other files.
    pub fn manifest(&self, mut files: Vec<Listed>) -> File {
        files.sort();
        let head = json!({
            "schema": SCHEMA, "name": self.catalog.name, "date": self.catalog.date, "verisigma": version(), "attack": self.catalog.attack.shown_version(), "attack_file": self.catalog.attack_file.as_ref().map(|file| &file.sha256),
            "targets": self.catalog.targets, "inputs": about::inputs(self),
        });
        let rules = lines(self.records.iter());
        let files = lines(files.into_iter().map(|file| json!({"path": file.path, "sha256": file.sha256, "bytes": file.bytes})));
        let head = head.to_string();
        let text = format!("{},\n\"rules\": {rules},\n\"files\": {files}}}\n", head.trim_end_matches('}'));
        File { path: MANIFEST.to_owned(), bytes: text.into_bytes() }
    }
}

/// An array with a line for each element, so that two lists can be compared line by line.
fn lines(elements: impl Iterator<Item = impl Serialize>) -> String {
    format!("[\n{}\n]", elements.map(|element| serde_json::to_string(&element).unwrap_or_default()).collect::<Vec<_>>().join(",\n"))
}

/// The paths that an earlier list has, if it is one: only such as stand below the root.
pub fn listed(manifest: &[u8]) -> Option<BTreeSet<String>> {
    let value: Value = serde_json::from_slice(manifest).ok()?;
    value.get("schema").filter(|schema| **schema == json!(SCHEMA))?;
    let files = value.get("files")?.as_array()?;
    let is_below =
        |path: &&str| path.split('/').all(|part| !part.is_empty() && !part.trim_matches('.').is_empty() && !part.contains(['\\', ':']));
    Some(files.iter().filter_map(|file| file.get("path")?.as_str()).filter(is_below).map(str::to_owned).collect())
}
