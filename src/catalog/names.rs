//! Names of files: of rules by their ids, of everything else by what it is called.
//!
//! A name holds lower-case ASCII letters, digits, `-`, `_` and `.` only, so that it is the same on every file system,
//! and needs no escape in a URL. Two things never have one name.

use super::digest::short;
use std::collections::{BTreeMap, BTreeSet};

/// No name is longer, without what tells it from others.
const LONGEST: usize = 80;

/// A text as a part of a name: what cannot stand in one becomes `-`.
pub(super) fn slug(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(LONGEST) {
        match c {
            'a'..='z' | '0'..='9' | '_' | '.' => name.push(c),
            'A'..='Z' => name.push(c.to_ascii_lowercase()),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_matches(['-', '.']).to_owned();
    if name.is_empty() { "none".to_owned() } else { name }
}

/// A name for each of some texts. Where two would have the same, or one that files of devices have, a digest follows.
pub(super) fn unique<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeMap<&'t str, String> {
    let texts: BTreeSet<&str> = texts.collect();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for text in &texts {
        *times.entry(slug(text)).or_default() += 1;
    }
    let name = |text: &&'t str| {
        let name = slug(text);
        let is_alone = times.get(&name) == Some(&1) && !is_device(&name) && name != "index";
        (*text, if is_alone { name } else { format!("{name}-{}", short(text)) })
    };
    texts.iter().map(name).collect()
}

/// Names that Windows keeps for devices.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let numbered = |stem: &str| matches!(stem.get(..3), Some("com" | "lpt")) && stem.len() == 4;
    matches!(stem, "con" | "prn" | "aux" | "nul") || numbered(stem)
}

/// The name of a rule: its id, or the stem of its file with a digest of where it stands.
pub(super) fn of_rule(id: Option<&str>, source: &str, title: &str, number: usize) -> String {
    match id.filter(|id| is_uuid(id)) {
        Some(id) => id.to_ascii_lowercase(),
        None => {
            let file = source.rsplit(['/', '\\']).next().unwrap_or_default();
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            format!("{}-{}", slug(stem), short(&format!("{source}\n{title}\n{number}")))
        }
    }
}

/// The name of a log source: product, category and service, each in a place of its own, so that it says nothing of what
/// other log sources there are. Where another one could have it too, a digest follows.
pub(super) fn of_logsource(parts: [Option<&str>; 3]) -> String {
    let is_kept = parts.iter().flatten().all(|part| slug(part) == **part);
    let name = parts.map(|part| part.map(slug).unwrap_or_default()).join("-");
    match parts {
        [None, None, None] => "any".to_owned(),
        [..] if is_kept && readings(&name) == 1 => name,
        [..] => format!("{name}-{}", short(&format!("{parts:?}"))),
    }
}

/// In how many ways a name is three others that begin and end without a hyphen.
fn readings(name: &str) -> usize {
    let parts: Vec<&str> = name.split('-').collect();
    let is_one = |parts: &[&str]| matches!(parts, [_]) || !matches!(parts, [] | ["", ..] | [.., ""]);
    let ways = (1..parts.len()).flat_map(|first| (first + 1..parts.len()).map(move |second| (first, second)));
    let is_way = |(first, second): &(usize, usize)| {
        [parts.get(..*first), parts.get(*first..*second), parts.get(*second..)].into_iter().all(|part| part.is_some_and(is_one))
    };
    ways.filter(is_way).count()
}

fn is_uuid(id: &str) -> bool {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// A path as a part of a URL: everything but letters, digits, `-._~` and `/` is percent-encoded.
pub(super) fn in_url(path: &str) -> String {
    let mut url = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => url.push(char::from(byte)),
            _ => url += &format!("%{byte:02X}"),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(slug("Microsoft-Windows-Sysmon 1"), "microsoft-windows-sysmon-1");
        assert_eq!((slug("../../etc"), slug("<>"), slug("T1059.001")), ("etc".to_owned(), "none".to_owned(), "t1059.001".to_owned()));
    }

    #[test]
    fn no_two_things_have_one_name() {
        let names = unique(["a b", "a-b", "A-B", "con", "x"].into_iter());
        let distinct: BTreeSet<&String> = names.values().collect();
        assert_eq!((distinct.len(), names.get("x").map(String::as_str)), (5, Some("x")));
        assert_ne!(names.get("con").map(String::as_str), Some("con"));
    }

    #[test]
    fn rules_are_named_by_their_ids() {
        let id = "1F21EC3F-810D-4B0E-8045-322202E22B4B";
        assert_eq!(of_rule(Some(id), "a/b.yml", "B", 0), id.to_ascii_lowercase());
        assert!(of_rule(Some("../x"), "a/b.c.yml", "B", 0).starts_with("b.c-"));
        assert_ne!(of_rule(None, "a/b.yml", "B", 0), of_rule(None, "a/b.yml", "B", 1));
    }

    #[test]
    fn log_sources_keep_their_names_whatever_others_there_are() {
        let name = |product, category, service| of_logsource([product, category, service]);
        assert_eq!(name(Some("zeek"), Some("dns"), None), "zeek-dns-");
        assert_eq!(name(Some("zeek"), None, Some("dns")), "zeek--dns");
        assert_eq!((name(None, Some("dns"), None), name(None, None, None)), ("-dns-".to_owned(), "any".to_owned()));
        assert_eq!(name(Some("windows"), None, Some("dns-server")), "windows--dns-server");
        let parts = ["a", "a-b", "b-c", "a-b-c", "b", "c", "A", "", "a--b"].map(Some).into_iter().chain([None]);
        let all = || {
            parts
                .clone()
                .flat_map(|one| parts.clone().flat_map(move |two| [None, Some("c"), Some("b-c"), Some("")].map(|three| [one, two, three])))
        };
        let names: BTreeSet<String> = all().map(of_logsource).collect();
        assert_eq!(names.len(), all().count());
    }

    #[test]
    fn paths_in_urls_are_encoded() {
        assert_eq!(in_url("rules/a b#\"é.yml"), "rules/a%20b%23%22%C3%A9.yml");
    }
}
