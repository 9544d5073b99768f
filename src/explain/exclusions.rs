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
use std::collections::BTreeMap;

/// Rules that stand for more predicates than this, references written out, have no rows.
const MAX_PREDICATES: usize = 500_000;

/// What a rule suppresses, and how many other rules of a corpus suppress the same. `path` is where the rule stands.
pub fn exclusions(rule: &Rule, corpus: Option<&Corpus>, path: &str) -> Exclusions {
    let sentences = sentences(rule);
    if written_out(&sentences) > MAX_PREDICATES {
        let note = format!("The rule stands for more than {MAX_PREDICATES} predicates: its filters are not listed");
        return Exclusions { rows: Vec::new(), note: Some(note) };
    }
    let counts = corpus.map(|corpus| corpus.counts(rule, path));
    let mut listed = Listed { counts: counts.as_ref(), rows: Vec::new(), groups: 0, nested: Vec::new() };
    for sentence in &sentences {
        listed.take(formula(&sentence.meaning));
    }
    let several = rule.detection.conditions.len() > 1;
    let note = [listed.nested_note(), listed.several_note(several)].into_iter().flatten().collect::<Vec<_>>().join(". ");
    Exclusions { rows: listed.rows, note: Some(note).filter(|note| !note.is_empty()) }
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

/// Rows by what they say, with the first stage and the searches that they stand in.
type Rows = BTreeMap<(Predicate, Side), (usize, Vec<String>)>;

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
    fn negation(&mut self, suppressed: Formula<Found<'_>>) {
        let alternatives = match suppressed.settled(Side::Wanted) {
            Formula::Any(children) => children,
            other @ (Formula::All(_) | Formula::Not(_) | Formula::Leaf(_)) => vec![other],
        };
        let (mut groups, mut alone): (Vec<Rows>, Rows) = (Vec::new(), Rows::new());
        for alternative in alternatives {
            let rows = merged(alternative.leaves());
            let is_known = groups.iter().any(|group| group.len() == rows.len() && group.keys().eq(rows.keys()));
            match rows.len() {
                1 => alone = merge(alone, rows),
                _ if is_known => {}
                _ => groups.push(rows),
            }
        }
        for group in groups {
            self.groups += 1;
            self.list(group, self.groups, Within::All);
        }
        self.list(alone, 0, Within::Any);
    }

    fn list(&mut self, rows: Rows, group: usize, within: Within) {
        let counts = self.counts;
        self.rows.extend(rows.into_iter().map(|((predicate, side), (stage, searches))| {
            let is_suppressed = side == Side::Wanted;
            let others = counts.filter(|_| is_suppressed).map(|counts| counts.others(&predicate, Side::Suppressed));
            let kind = if is_suppressed { predicate.kind } else { negated(predicate.kind) };
            let predicate = Predicate { kind, ..predicate };
            Exclusion { stage, group, within, selection: searches.join(", "), predicate, others }
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

/// Rows of these leaves, each once.
fn merged(leaves: Vec<(Found<'_>, Side)>) -> Rows {
    let mut rows = Rows::new();
    for (found, side) in leaves {
        let row = rows.entry((found.predicate, side)).or_insert_with(|| (found.stage, Vec::new()));
        add(&mut row.1, found.search);
    }
    rows
}

fn merge(mut rows: Rows, more: Rows) -> Rows {
    for (key, (stage, searches)) in more {
        let row = rows.entry(key).or_insert_with(|| (stage, Vec::new()));
        searches.iter().for_each(|search| add(&mut row.1, search));
    }
    rows
}

fn add(searches: &mut Vec<String>, search: &str) {
    if !searches.iter().any(|own| own == search) {
        searches.push(search.to_owned());
    }
}
