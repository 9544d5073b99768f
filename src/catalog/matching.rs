//! Which rule of an earlier build a rule is.
//!
//! A rule is known by its page, which its id names; then, where one of the two builds has no id for it or several rules with
//! one id, by its id, its file and title, its file, and its text. What two rules of a build have in common tells nothing, and
//! rules with different ids are different rules. Deliberately absent: likeness.

use super::record::Record;
use std::collections::BTreeMap;

/// What a rule may be known by.
type Way = fn(&Record) -> Option<String>;

/// The ways, the surest first.
const WAYS: [Way; 5] = [
    |record| Some(record.page.clone()),
    |record| record.id.as_ref().map(|id| id.to_ascii_lowercase()),
    |record| Some(format!("{}\n{}", record.source, record.title)),
    |record| Some(record.source.clone()),
    |record| Some(record.text.clone()),
];

/// For each rule of now the number of the rule that it was before.
pub(super) fn matching(before: &[Record], now: &[Record]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; now.len()];
    let mut taken = vec![false; before.len()];
    for way in WAYS {
        let open: Vec<bool> = taken.iter().map(|taken| !taken).collect();
        let candidates = unique(before, &open, way);
        let open: Vec<bool> = found.iter().map(Option::is_none).collect();
        for (key, number) in unique(now, &open, way) {
            let Some(candidate) = candidates.get(&key).copied() else { continue };
            let (Some(one), Some(other)) = (before.get(candidate), now.get(number)) else { continue };
            if let (true, Some(own), Some(taken)) = (may_be_one(one, other), found.get_mut(number), taken.get_mut(candidate)) {
                *own = Some(candidate);
                *taken = true;
            }
        }
    }
    found
}

/// The rules that are open, by what no other of them has.
fn unique(records: &[Record], open: &[bool], way: Way) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for (number, (record, _)) in records.iter().zip(open).enumerate().filter(|(_, (_, is_open))| **is_open) {
        if let Some(key) = way(record) {
            found.entry(key).and_modify(|known| *known = None).or_insert(Some(number));
        }
    }
    found.into_iter().filter_map(|(key, number)| Some((key, number?))).collect()
}

fn may_be_one(one: &Record, other: &Record) -> bool {
    match (&one.id, &other.id) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (Some(_) | None, None) | (None, Some(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::example::record;
    use super::*;

    #[test]
    fn rules_are_known_by_their_pages_and_ids() {
        let before = [record("a"), record("b")];
        let moved = Record { source: "elsewhere.yml".to_owned(), title: "T".to_owned(), text: "x".to_owned(), ..record("b") };
        assert_eq!(matching(&before, &[moved, record("c"), record("a")]), [Some(1), None, Some(0)]);
    }

    #[test]
    fn rules_without_ids_are_known_by_what_no_other_has() {
        let without = |name: &str, page: &str| Record { id: None, page: page.to_owned(), ..record(name) };
        let titled = Record { title: "Another".to_owned(), ..without("a", "r/2.html") };
        assert_eq!(matching(&[without("a", "r/1.html")], &[titled]), [Some(0)], "by its file");
        let moved = Record { source: "b.yml".to_owned(), ..without("a", "r/2.html") };
        assert_eq!(matching(&[without("a", "r/1.html")], &[moved]), [Some(0)], "by its text");
        assert_eq!(matching(&[without("a", "r/1.html")], &[record("a")]), [Some(0)], "it got an id");
        let twin = |page| Record { title: "x".to_owned(), text: "x".to_owned(), source: "f.yml".to_owned(), ..without("a", page) };
        assert_eq!(matching(&[twin("r/1.html"), twin("r/2.html")], &[twin("r/3.html")]), [None], "two are as likely");
    }

    #[test]
    fn another_id_is_another_rule() {
        let other = Record { id: Some("b".to_owned()), page: "r/b.html".to_owned(), ..record("a") };
        assert_eq!(matching(&[record("a")], &[other]), [None]);
    }

    #[test]
    fn of_several_with_one_id_each_is_known_by_its_file() {
        let twin = |page: &str, source: &str| Record { page: page.to_owned(), source: source.to_owned(), ..record("a") };
        let before = [twin("r/1.html", "1.yml"), twin("r/2.html", "2.yml")];
        assert_eq!(matching(&before, &[twin("r/a.html", "2.yml")]), [Some(1)]);
    }
}
