//! The page of words, sources and licences.

use super::frame::{Spot, license_url, version};
use super::plan::Site;
use super::state::State;
use super::{Error, File, digest};
use minijinja::Value;

/// How predicates compare, in words.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("eq", "The field has this value. Letters match in either case."),
    ("match", "The value occurs in the field. Letters match in either case."),
    ("starts_with", "The field begins with the value. Letters match in either case."),
    ("ends_with", "The field ends with the value. Letters match in either case."),
    ("wildcard", "The field has the form of the value: * stands for any characters, ? for one. Letters match in either case."),
    ("regex_match", "The regular expression matches somewhere in the field. Letters must have the same case, unless the flag i is set."),
    ("cidr_match", "The field is an address in this network."),
    ("keyword", "The value occurs anywhere in the event. Letters match in either case."),
    ("is_null", "The field has no value."),
    ("is_not_null", "The field has a value."),
    ("gt, ge, lt, le", "The field is a number, and greater, at least, less, or at most this."),
    ("ne", "The field does not have this value. Letters match in either case."),
    ("field_eq, field_starts_with, …", "The field is compared with another field, whose name is the value. Letters match in either case."),
    ("ts_part_eq", "A part of the time, such as its hour, has this value."),
];

/// What is done with a value, or to the comparison, before.
const TRANSFORMS: &[(&str, &str)] = &[
    ("cased", "Letters must have the same case."),
    ("windash", "- and / and the dashes of Unicode stand for each other."),
    ("base64", "The value is looked for in its Base64 form, as it is when the encoded text begins with the value."),
    ("base64offset", "The value is looked for in the Base64 forms that it has within an encoded text: three, one for each offset."),
    ("wide, utf16le, utf16be, utf16", "The value is encoded in UTF-16 first."),
    ("expand", "The value is a placeholder that stands for a list of the user's own."),
    ("i, m, s", "Flags of the regular expression: letters match in either case; ^ and $ match at lines; . matches line breaks."),
];

/// The page.
pub(super) fn page(site: &Site<'_>) -> Result<Vec<File>, Error> {
    let pair = |(word, meaning): &(&str, &str)| view! { word, meaning };
    let states = State::ALL.map(|state| view! { word => state.word(), meaning => state.meaning() });
    let trees = site.catalog.trees.iter().map(|tree| {
        let license = tree.license.as_deref();
        view! { under => tree.under, license, license_url => license.and_then(license_url), source_url => tree.source_url }
    });
    let filters = site.lists.filters.iter().filter_map(|number| site.list(*number)).map(|list| {
        let path = list.facts.first().map(|fact| fact.text.as_str());
        view! { title => list.heading, href => list.path(), path, rules => list.members.len() }
    });
    let filters: Vec<Value> = filters.collect();
    let view = view! {
        filters, kinds => KINDS.iter().map(pair).collect::<Vec<_>>(), transforms => TRANSFORMS.iter().map(pair).collect::<Vec<_>>(),
        states => states.to_vec(), trees => trees.collect::<Vec<Value>>(), digest => inputs(site), attack_version => site.catalog.attack.shown_version(), attack_domain => site.catalog.attack.domain.name(),
        attack_file => site.catalog.attack_file.as_ref().map(|file| view! { name => file.name, sha256 => file.sha256 }),
        program => version(), targets => site.catalog.targets, total => site.entries.len(), date => site.catalog.date,
    };
    Ok(vec![site.page("about.html", Spot { path: "about.html", section: "about" }, view)?])
}

/// The digest of the texts of all rules, in the order of their paths.
pub(super) fn inputs(site: &Site<'_>) -> String {
    let mut texts: Vec<(&str, String)> =
        site.entries.iter().map(|entry| (&*entry.explanation.rule.source, digest::hex(entry.explanation.body.as_bytes()))).collect();
    texts.sort_unstable();
    let lines: String = texts.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    digest::hex(lines.as_bytes())
}
