//! What stages do, and what groups of exclusions mean, in words: shared by every rendering for people.
//!
//! Texts of rules come through as they are: whoever renders them escapes them. Deliberately absent: marks of any format.

use crate::explain::model::{Exclusion, Part, Predicate, Role, Stage};

/// So many values of a phrase are written out.
const VALUES: usize = 4;

/// What a stage does, as a sentence without period. `condition` is the name of its condition, where there are several.
pub(crate) fn does(of: &Stage, condition: Option<&str>) -> String {
    let many = of.quantifier.filter(|_| of.members.len() > 1);
    let (it, any, together) = match many {
        None => ("it", "it", "it"),
        Some(quantifier) if quantifier.starts_with("all") => ("all of these", "all of these together", "all of these"),
        Some(_) => ("one of these", "any of these", "one of these"),
    };
    let sentence = match (of.part, of.role) {
        (Some(Part::Required) | None, Role::Select | Role::Condition) => format!("events must have {it}"),
        (Some(Part::Required), Role::Exclude) | (Some(Part::Excluded) | None, _) => format!("events must not have {any}"),
        (Some(Part::Together), Role::Exclude | Role::Condition) => {
            format!("events must not have {together} together with the others in its brackets")
        }
        (Some(Part::Together), Role::Select) => format!("events that have {together} are not excluded by the others in its brackets"),
        (Some(Part::Alternative), Role::Select | Role::Condition) => format!("one of the alternatives asks for {it}"),
        (Some(Part::Alternative), Role::Exclude) => format!("one of the alternatives excludes {any}"),
    };
    match condition {
        Some(condition) => format!("for {condition}, {sentence}"),
        None => sentence,
    }
}

/// Whether the label of a stage says what it does.
pub(super) fn is_plain(of: &Stage) -> bool {
    match of.part {
        Some(Part::Required) | None => of.members.len() <= 1,
        Some(Part::Excluded) => of.members.len() <= 1 && of.label.starts_with("not "),
        Some(Part::Together | Part::Alternative) => false,
    }
}

/// A field with a comparison, and the values with which it is compared: one of them has to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase<'e> {
    /// The field; `None` for keywords.
    pub(crate) field: Option<&'e str>,
    /// How it is compared: `ends with one of`.
    pub(crate) words: String,
    /// The first of the values; none where the words say all.
    pub(crate) values: Vec<&'e str>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// What the rows of a group exclude together: of each list of phrases one has to hold. `None` for rows each of which
/// excludes alone, and where a group is built otherwise.
pub(crate) fn phrases<'e>(rows: &[&'e Exclusion]) -> Option<Vec<Vec<Phrase<'e>>>> {
    let mut conjuncts: Vec<usize> = rows.iter().map(|row| row.conjunct).collect::<Option<_>>()?;
    conjuncts.sort_unstable();
    conjuncts.dedup();
    let of = |conjunct: usize| {
        let own: Vec<&Predicate> = rows.iter().filter(|row| row.conjunct == Some(conjunct)).map(|row| &row.predicate).collect();
        own.chunk_by(|one, next| are_listed(one, next)).filter_map(phrase).collect()
    };
    Some(conjuncts.into_iter().map(of).collect())
}

/// Whether two alternatives are one phrase. Of what must not be so, each is one of its own.
fn are_listed(one: &Predicate, next: &Predicate) -> bool {
    let head = |own: &Predicate| (own.field.clone(), own.kind, own.transforms.clone());
    head(one) == head(next) && verb(one.kind).is_some_and(|verb| verb.takes_list)
}

fn phrase<'e>(same: &[&'e Predicate]) -> Option<Phrase<'e>> {
    let first = same.first()?;
    let (words, takes_value) = match verb(first.kind) {
        Some(verb) => (verb.words.to_owned(), verb.takes_value),
        None => (first.kind.to_owned(), true),
    };
    let transforms = if first.transforms.is_empty() { String::new() } else { format!(" ({})", first.transforms.join(", ")) };
    let list = if same.len() > 1 { " one of" } else { "" };
    let values: Vec<&str> = same.iter().filter(|_| takes_value).take(VALUES).map(|own| own.value.as_str()).collect();
    let more = if takes_value { same.len() - values.len() } else { 0 };
    Some(Phrase { field: first.field.as_deref(), words: format!("{words}{transforms}{list}"), values, more })
}

/// A kind of comparison in words.
struct Verb {
    kind: &'static str,
    words: &'static str,
    takes_value: bool,
    takes_list: bool,
}

const fn listed(kind: &'static str, words: &'static str) -> Verb {
    Verb { kind, words, takes_value: true, takes_list: true }
}

const fn single(kind: &'static str, words: &'static str) -> Verb {
    Verb { kind, words, takes_value: true, takes_list: false }
}

const fn alone(kind: &'static str, words: &'static str) -> Verb {
    Verb { kind, words, takes_value: false, takes_list: false }
}

const VERBS: &[Verb] = &[
    listed("eq", "is"),
    listed("match", "contains"),
    listed("starts_with", "starts with"),
    listed("ends_with", "ends with"),
    listed("wildcard", "is like"),
    listed("regex_match", "matches"),
    listed("cidr_match", "is in"),
    listed("keyword", "contains"),
    listed("ts_part_eq", "is"),
    single("lt", "is less than"),
    single("le", "is at most"),
    single("gt", "is greater than"),
    single("ge", "is at least"),
    single("ne", "is not"),
    single("not_match", "does not contain"),
    single("not_starts_with", "does not start with"),
    single("not_ends_with", "does not end with"),
    single("not_wildcard", "is not like"),
    single("not_regex_match", "does not match"),
    single("not_cidr_match", "is not in"),
    single("not_keyword", "does not contain"),
    single("field_eq", "is the value of"),
    single("field_match", "contains the value of"),
    single("field_starts_with", "starts with the value of"),
    single("field_ends_with", "ends with the value of"),
    single("field_ne", "is not the value of"),
    alone("is_null", "is absent or null"),
    alone("is_not_null", "has a value"),
];

fn verb(kind: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.kind == kind)
}

/// A group of exclusions: the rows that exclude only together, or those of one stage each of which does alone.
pub(crate) fn groups(rows: &[Exclusion]) -> impl Iterator<Item = &[Exclusion]> {
    let group = |row: &Exclusion| (row.group, if row.group == 0 { row.stage } else { 0 });
    rows.chunk_by(move |one, next| group(one) == group(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::exclusions::exclusions;
    use crate::explain::texts::example;

    fn said(searches: &str) -> Vec<String> {
        let (rule, _) = example::rule(&format!("{{s: x, {searches}}}"));
        let rows = exclusions(&rule, None, "").rows;
        let phrase = |own: &Phrase<'_>| {
            let more = if own.more > 0 { format!(" +{}", own.more) } else { String::new() };
            format!("{} {} {}{more}", own.field.unwrap_or("*"), own.words, own.values.join(", ")).trim_end().to_owned()
        };
        let sentence = |rows: &[Exclusion]| {
            let conjuncts = phrases(&rows.iter().collect::<Vec<_>>())?;
            let each = conjuncts.iter().map(|any| any.iter().map(phrase).collect::<Vec<_>>().join(" or "));
            Some(each.collect::<Vec<_>>().join(" and "))
        };
        groups(&rows).map(|rows| sentence(rows).unwrap_or_else(|| "-".to_owned())).collect()
    }

    #[test]
    fn groups_read_true() {
        let one = |filter: &str| said(&format!("f: {filter}, condition: s and not f"));
        assert_eq!(one(r"{I|endswith: [a, b], T|startswith: c}"), ["I ends with one of a, b and T starts with c"]);
        assert_eq!(one(r"{I|contains|all: [a, b], T: null}"), ["I contains a and I contains b and T is absent or null"]);
        assert_eq!(
            one(r"{I: [a*, b*, c, d, e, f, g], T|neq: [x, y]}"),
            ["I is one of c, d, e, f +1 or I starts with one of a, b and T is not x and T is not y"]
        );
        assert_eq!(one(r"{I|cased: [a, b], T: c}"), ["I is (cased) one of a, b and T is c"]);
        assert_eq!(one(r"[{I: a, T: b}, {I: c, T: d}, {U: e}]"), ["I is a and T is b", "I is c and T is d", "-"]);
        assert_eq!(said("a: {I: [p, q]}, b: {T: r}, condition: s and not (a and b)"), ["I is one of p, q and T is r"]);
        assert_eq!(said("a: {I: p}, b: {T: r}, condition: s and not (a and not b)"), ["I is p and T is not r"]);
    }
}
