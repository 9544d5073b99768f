//! Style sheets and scripts: once for all pages, under names that change with their content.

use super::File;
use super::digest::short;

/// The style sheet.
pub(super) const STYLE: &str = include_str!("../../templates/catalog/assets/site.css");

/// The files, each with its name and its extension.
const ASSETS: &[(&str, &str, &str)] = &[
    ("site", "css", STYLE),
    ("site", "js", include_str!("../../templates/catalog/assets/site.js")),
    ("search", "js", include_str!("../../templates/catalog/assets/search.js")),
];

/// The path of an asset below the root.
pub(super) fn path(name: &str, extension: &str) -> String {
    let known = ASSETS.iter().find(|(own, kind, _)| *own == name && *kind == extension);
    named(name, extension, known.map_or("", |(_, _, text)| text))
}

/// The path of a file whose content decides its name.
pub(super) fn named(name: &str, extension: &str, text: &str) -> String {
    format!("assets/{name}-{}.{extension}", short(text))
}

/// All of them.
pub(super) fn files() -> Vec<File> {
    ASSETS.iter().map(|(name, kind, text)| File { path: named(name, kind, text), bytes: text.as_bytes().to_vec() }).collect()
}
