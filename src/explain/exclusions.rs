//! What a rule suppresses: the predicates of the negations that stand in the conjunction which its condition is.
//!
//! Negations in the order of the condition; of each first the groups that exclude only together, then the rows that
//! exclude alone, both sorted by field, kind and value, bytewise. Groups have a number of their own in the rule. In a group
//! a predicate whose lack belongs to the exclusion has a negated kind (`ne`, `not_match`), and no count. Where a group has
//! alternatives inside (a list of values), its rows hold them all, as a reader of the rule sees them. Deliberately absent:
//! negations inside alternatives, of which the note speaks.

use super::corpus::{Corpus, Counts};
use super::formula::{Formula, Found, formula, size};
use super::model::{Exclusion, Exclusions, Predicate, Within};
use super::predicates::negated;
use super::references::{Sentence, Side, sentences};
use crate::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// Rules that stand for more predicates than this, references written out, have no rows.
const MAX_PREDICATES: usize = 500_000;

/// What a rule suppresses, and how many other rules of a corpus suppress the same. `path` is where the rule stands.
pub fn exclusions(rule: &Rule, corpus: Option<&Corpus>, path: &str) -> Exclusions {
    let sentences = sentences(rule);
    if written_out(&sentences) > MAX_PREDICATES {
        let note = format!("The rule stands for more than {MAX_PREDICATES} predicates: its filters are not listed");
        return Exclusions { note: Some(note), ..Exclusions::default() };
    }
    let counts = corpus.map(|corpus| corpus.counts(rule, path));
    let mut listed = Listed { counts: counts.as_ref(), rows: Vec::new(), groups: 0, nested: Vec::new() };
    for sentence in &sentences {
        listed.take(formula(&sentence.meaning));
    }
    let several = rule.detection.conditions.len() > 1;
    let note = [listed.nested_note(), listed.several_note(several)].into_iter().flatten().collect::<Vec<_>>().join(". ");
    Exclusions { rows: listed.rows, note: Some(note).filter(|note| !note.is_empty()), dead: Vec::new() }
}

fn written_out(sentences: &[Sentence<'_>]) -> usize {
    let mut total = 0_usize;
    for sentence in sentences {
        let sizes: BTreeMap<&str, usize> =
            sentence.detection.identifiers.iter().map(|own| (own.name.as_str(), size(&own.search))).collect();
        sentence.meaning.for_each(&mut |reference| {
            let members = reference.members.iter().filter_map(|own| sizes.get(own.name.as_str()));
            total = members.fold(total, |total, size| total.saturating_add(*size));
        });
    }
    total
}

/// The rows so far.
struct Listed<'c> {
    counts: Option<&'c Counts<'c>>,
    rows: Vec<Exclusion>,
    groups: usize,
    /// The stages with negations inside alternatives.
    nested: Vec<usize>,
}

/// The number of the conjunct of a group that a row stands in, from 1; none where the group is built otherwise.
type Conjuncts = BTreeMap<(Predicate, Side), usize>;

/// Rows by what they say, with the first stage and the searches that they stand in.
type Rows<'r> = BTreeMap<(Predicate, Side), (usize, Vec<&'r str>)>;

impl Listed<'_> {
    /// Takes what a condition asks for.
    fn take(&mut self, condition: Formula<Found<'_>>) {
        let conjuncts = match condition {
            Formula::All(children) => children,
            Formula::Any(_) | Formula::Not(_) | Formula::Leaf(_) => vec![condition],
        };
        for conjunct in conjuncts {
            match conjunct {
                Formula::Not(suppressed) => self.negation(*suppressed),
                Formula::All(_) | Formula::Any(_) | Formula::Leaf(_) => {
                    let leaves = conjunct.settled(Side::Wanted).leaves();
                    self.nested.extend(leaves.iter().filter(|(_, side)| *side == Side::Suppressed).map(|(found, _)| found.stage));
                }
            }
        }
    }

    /// Takes what one negation suppresses.
    fn negation<'r>(&mut self, suppressed: Formula<Found<'r>>) {
        let alternatives = match suppressed.settled(Side::Wanted) {
            Formula::Any(children) => children,
            other @ (Formula::All(_) | Formula::Not(_) | Formula::Leaf(_)) => vec![other],
        };
        let (mut groups, mut alone): (Vec<(Rows<'r>, Conjuncts)>, Rows<'r>) = (Vec::new(), Rows::new());
        let mut known = BTreeSet::new();
        for alternative in alternatives {
            let mut rows = Rows::new();
            let conjuncts = conjuncts(&alternative);
            add(&mut rows, alternative.leaves());
            if rows.len() == 1 {
                rows.into_iter().for_each(|(key, row)| extend(&mut alone, key, row));
            } else if known.insert((rows.keys().cloned().collect::<Vec<_>>(), alternatives_of(&conjuncts))) {
                groups.push((rows, conjuncts));
            }
        }
        for (rows, conjuncts) in groups {
            self.groups += 1;
            self.list(rows, &conjuncts, self.groups, Within::All);
        }
        self.list(alone, &Conjuncts::new(), 0, Within::Any);
    }

    fn list(&mut self, rows: Rows<'_>, conjuncts: &Conjuncts, group: usize, within: Within) {
        let counts = self.counts;
        self.rows.extend(rows.into_iter().map(|((predicate, side), (stage, searches))| {
            let conjunct = conjuncts.get(&(predicate.clone(), side)).copied();
            let is_suppressed = side == Side::Wanted;
            let others = counts.filter(|_| is_suppressed).map(|counts| counts.others(&predicate, Side::Suppressed));
            let kind = if is_suppressed { predicate.kind } else { negated(predicate.kind) };
            let predicate = Predicate { kind, ..predicate };
            Exclusion { stage, group, within, conjunct, selection: names(&searches), predicate, others }
        }));
    }

    fn nested_note(&self) -> Option<String> {
        let mut stages = self.nested.clone();
        stages.sort_unstable();
        stages.dedup();
        let last = stages.pop()?.to_string();
        let others: Vec<String> = stages.iter().map(usize::to_string).collect();
        let shown = if others.is_empty() { format!("stage {last}") } else { format!("stages {} and {last}", others.join(", ")) };
        Some(match self.rows.is_empty() {
            true => format!("This rule's filters apply inside alternatives; see {shown}"),
            false => format!("Further filters apply inside alternatives; see {shown}"),
        })
    }

    fn several_note(&self, several: bool) -> Option<String> {
        let words = "Each condition makes a query of its own, and a row excludes only from that of its stage";
        (several && !self.rows.is_empty()).then(|| words.to_owned())
    }
}

/// The conjuncts of a group that is a conjunction of predicates and of alternatives between predicates.
fn conjuncts(group: &Formula<(Found<'_>, Side)>) -> Conjuncts {
    let mut conjuncts = Conjuncts::new();
    let Formula::All(children) = group else { return conjuncts };
    for (number, child) in (1..).zip(children) {
        let alternatives = match child {
            Formula::Leaf(_) => std::slice::from_ref(child),
            Formula::Any(alternatives) => alternatives,
            Formula::All(_) | Formula::Not(_) => return Conjuncts::new(),
        };
        for alternative in alternatives {
            let Formula::Leaf((found, side)) = alternative else { return Conjuncts::new() };
            let known = conjuncts.insert((found.predicate.clone(), *side), number);
            if known.is_some_and(|known| known != number) {
                return Conjuncts::new();
            }
        }
    }
    conjuncts
}

/// The alternatives of each conjunct, in whatever order the conjuncts are.
fn alternatives_of(conjuncts: &Conjuncts) -> BTreeSet<Vec<(Predicate, Side)>> {
    let mut alternatives: BTreeMap<usize, Vec<(Predicate, Side)>> = BTreeMap::new();
    conjuncts.iter().for_each(|(row, number)| alternatives.entry(*number).or_default().push(row.clone()));
    alternatives.into_values().collect()
}

/// Adds rows for these leaves, each once.
fn add<'r>(rows: &mut Rows<'r>, leaves: Vec<(Found<'r>, Side)>) {
    leaves.into_iter().for_each(|(found, side)| extend(rows, (found.predicate, side), (found.stage, vec![found.search])));
}

fn extend<'r>(rows: &mut Rows<'r>, key: (Predicate, Side), (stage, searches): (usize, Vec<&'r str>)) {
    rows.entry(key).or_insert_with(|| (stage, Vec::new())).1.extend(searches);
}

/// Each name once, in their order.
fn names(searches: &[&str]) -> String {
    let mut seen = BTreeSet::new();
    let names: Vec<&str> = searches.iter().copied().filter(|name| seen.insert(*name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::texts::example;
    use super::*;

    /// Rows as `stage/group selection: field kind value`, and the note.
    fn show(detection: &str) -> (Vec<String>, Option<String>) {
        let (rule, _) = example::rule(detection);
        let found = exclusions(&rule, None, "");
        let row = |own: Exclusion| {
            let Predicate { field, kind, value, .. } = own.predicate;
            assert_eq!(own.within == Within::All, own.group > 0);
            format!("{}/{} {}: {} {kind} {value}", own.stage, own.group, own.selection, field.unwrap_or_default())
        };
        (found.rows.into_iter().map(row).collect(), found.note)
    }

    fn rows(detection: &str) -> Vec<String> {
        show(detection).0
    }

    #[test]
    fn groups_come_before_rows_that_exclude_alone() {
        let filters = "s: x, f_z: {B: [y, x]}, f_a: {A|contains: [q, p], B: x}, f_b: {A: k}";
        assert_eq!(
            rows(&format!("{{{filters}, condition: s and not 1 of f_*}}")),
            ["2/1 f_a: A match p", "2/1 f_a: A match q", "2/1 f_a: B eq x", "2/0 f_b: A eq k", "2/0 f_z: B eq x", "2/0 f_z: B eq y"]
        );
        assert_eq!(
            rows(&format!("{{{filters}, condition: s and not f_b and not (f_z or f_a)}}")),
            ["2/0 f_b: A eq k", "4/1 f_a: A match p", "4/1 f_a: A match q", "4/1 f_a: B eq x", "3/0 f_z: B eq x", "3/0 f_z: B eq y"]
        );
        assert_eq!(
            rows("{s: x, f: {A|contains|all: [y, x]}, g: {B: x}, condition: s and not all of g and not f}"),
            ["2/0 g: B eq x", "3/1 f: A match x", "3/1 f: A match y"]
        );
    }

    #[test]
    fn values_sort_by_bytes_and_stand_once() {
        assert_eq!(
            rows(r"{s: x, f: [{A: b}, {A: a}], g: {A: [B, a, null_, '']}, condition: s and not (f or g)}"),
            ["3/0 g: A eq ", "3/0 g: A eq B", "2/0 f, g: A eq a", "2/0 f: A eq b", "3/0 g: A eq null_"]
        );
        assert_eq!(
            rows("{s: x, f: {A: a, B: null}, g: {B: null, A: a}, condition: s and not (f or g)}"),
            ["2/1 f: A eq a", "2/1 f: B is_null "]
        );
    }

    #[test]
    fn a_negation_by_modifier_is_one_too() {
        assert_eq!(rows("{s: {A: x, B|neq: [y, z]}, condition: s}"), ["1/0 s: B eq y", "1/0 s: B eq z"]);
        assert_eq!(
            rows("{s: x, f: {A: x, B|neq: y}, g: {C|contains|neq: z}, condition: s and not f and not (f or g)}"),
            ["2/1 f: A eq x", "2/1 f: B ne y", "3/2 f: A eq x", "3/2 f: B ne y", "4/0 g: C not_match z"]
        );
    }

    #[test]
    fn negations_inside_alternatives_have_no_rows() {
        let nested = "{s: x, t: y, f: {A: x}, g: {B: x}, ";
        let (none, note) = show(&format!("{nested}condition: s or (t and not f) or not g}}"));
        assert!(none.is_empty());
        assert_eq!(note.as_deref(), Some("This rule's filters apply inside alternatives; see stages 3 and 4"));
        let (some, note) = show(&format!("{nested}condition: (s or (t and not f)) and not g}}"));
        assert_eq!(some, ["4/0 g: B eq x"]);
        assert_eq!(note.as_deref(), Some("Further filters apply inside alternatives; see stage 3"));
        assert_eq!(show(&format!("{nested}condition: s or t}}")), (Vec::new(), None));
    }

    #[test]
    fn conditions_have_rows_of_their_own() {
        let (rows, note) = show("{s: x, f: {A: x}, condition: [s and not f, s]}");
        assert_eq!(rows, ["2/0 f: A eq x"]);
        assert!(note.is_some_and(|note| note.starts_with("Each condition")));
    }

    #[test]
    fn rules_beyond_the_bound_say_so() {
        let values = vec!["x"; 1_000].join(", ");
        let condition = vec!["not f"; 600].join(" and ");
        let (rows, note) = show(&format!("{{f: {{A: [{values}]}}, condition: {condition}}}"));
        assert!(rows.is_empty() && note.is_some_and(|note| note.contains("more than")));
    }

    /// Rows of the first group as `conjunct: value`.
    fn conjuncts_of(filter: &str) -> Vec<String> {
        let (rule, _) = example::rule(&format!("{{s: x, f: {filter}, condition: s and not f}}"));
        let shown = |own: Exclusion| format!("{}: {}", own.conjunct.unwrap_or_default(), own.predicate.value);
        exclusions(&rule, None, "").rows.into_iter().map(shown).collect()
    }

    #[test]
    fn rows_of_a_group_say_which_are_alternatives() {
        assert_eq!(conjuncts_of("{A|endswith: [x, y], B: z}"), ["1: x", "1: y", "2: z"]);
        assert_eq!(conjuncts_of("{B: z, A|contains|all: [x, y]}"), ["2: x", "3: y", "1: z"]);
        assert_eq!(conjuncts_of("[{A: x}, {B: y}]"), ["0: x", "0: y"]);
        assert_eq!(conjuncts_of("{A: [x, y], 'A|endswith': [x, y]}"), ["2: x", "2: y", "1: x", "1: y"]);
        let nested = "{s: x, a: {A: 1, B: 2}, b: {A: 3, B: 4}, c: {C: 5}, condition: s and not (c and (a or b))}";
        let (rule, _) = example::rule(nested);
        assert!(exclusions(&rule, None, "").rows.iter().all(|row| row.group == 1 && row.conjunct.is_none()));
    }

    #[test]
    fn groups_of_the_same_rows_are_different_groups() {
        assert_eq!(conjuncts_of("[{A|contains|all: [x, y], B: z}, {A|contains: [x, y], B: z}]").len(), 6);
    }
}
