//! Which rules of a corpus have something to do with a rule: named by it or naming it, of the same meaning, wider or
//! narrower by whole conjuncts, with a technique in common.
//!
//! Rules are compared in the canonical form of what they mean ([`canonical`]), and only within one log source. A rule whose
//! conjuncts are a part of another's matches whatever that one matches; that is proof, not likeness, but no proof that
//! there is no other relation. Each rule is filed under its rarest conjunct, so that few pairs are looked at. Deliberately
//! absent: rules that often fire together, which nothing here measures.

use super::corpus::{Entry, id};
use super::model::{Direction, Neighbour, Neighbours, RelatedRule, SameTechnique, Wider};
use crate::ir::canonical::canonical;
use crate::ir::lower::lower;
use crate::ir::{Expr, Predicate};
use crate::rule::Rule;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Of the rules that share a technique so many are named.
const FIRST: usize = 10;

/// What is known of the rules of a corpus. Rules are named by their place in it.
#[derive(Debug, Default)]
pub(super) struct Neighbourhood {
    /// The first rule with an id.
    by_id: HashMap<String, usize>,
    /// For each id the rules that name it, with the kind of relation.
    naming: HashMap<String, Vec<(usize, String)>>,
    /// The rules with a technique, in order.
    techniques: HashMap<String, Vec<usize>>,
    /// The number of each conjunct.
    numbers: HashMap<Expr, u32>,
    /// The conjuncts of each rule; `None` where its meaning is constant or beyond the bounds.
    shapes: Vec<Option<Shape>>,
    /// For each conjunct the rules that have it.
    having: HashMap<u32, Vec<usize>>,
    /// For each conjunct the rules that are filed under it: of theirs the rarest.
    filed: HashMap<u32, Vec<usize>>,
}

/// A log source, as far as it is compared.
type Logsource = (Option<String>, Option<String>, Option<String>);

/// What a rule means.
#[derive(Debug)]
struct Shape {
    logsource: Logsource,
    conjuncts: BTreeSet<u32>,
    /// Those of the conjuncts that only suppress.
    filters: BTreeSet<u32>,
}

impl Neighbourhood {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut own = Self::default();
        for (at, Entry { rule, .. }) in entries.iter().enumerate() {
            if let Some(id) = id(rule) {
                own.by_id.entry(id).or_insert(at);
            }
            for related in &rule.metadata.related {
                own.naming.entry(related.id.to_ascii_lowercase()).or_default().push((at, related.kind.clone()));
            }
            for technique in techniques(rule) {
                own.techniques.entry(technique).or_default().push(at);
            }
            let shape = own.file_shape(rule);
            for conjunct in shape.iter().flat_map(|shape| &shape.conjuncts) {
                own.having.entry(*conjunct).or_default().push(at);
            }
            own.shapes.push(shape);
        }
        for (at, shape) in own.shapes.iter().enumerate() {
            let rarity = |conjunct: &&u32| own.having.get(conjunct).map_or(0, Vec::len);
            if let Some(rarest) = shape.as_ref().and_then(|shape| shape.conjuncts.iter().min_by_key(rarity)) {
                own.filed.entry(*rarest).or_default().push(at);
            }
        }
        own
    }

    /// The first rule with the id of this one.
    pub(super) fn with_id(&self, rule: &Rule) -> Option<usize> {
        self.by_id.get(&id(rule)?).copied()
    }

    /// The neighbours of a rule, which may be one of the corpus.
    pub(super) fn of(&self, entries: &[Entry], rule: &Rule, own: Option<usize>) -> Neighbours {
        let mut neighbours = Neighbours {
            related: self.related(entries, rule, own),
            names_itself: names_itself(rule),
            same_technique: self.same_technique(entries, rule, own),
            ..Neighbours::default()
        };
        if let Some(subject) = self.subject(rule) {
            self.compare(&subject, entries, own, &mut neighbours);
        }
        neighbours
    }

    fn file_shape(&mut self, rule: &Rule) -> Option<Shape> {
        let mut shape = Shape { logsource: logsource(rule), conjuncts: BTreeSet::new(), filters: BTreeSet::new() };
        for conjunct in conjuncts(rule)? {
            let is_filter = only_suppresses(&conjunct);
            let next = u32::try_from(self.numbers.len()).ok()?;
            let number = *self.numbers.entry(conjunct).or_insert(next);
            shape.conjuncts.insert(number);
            if is_filter {
                shape.filters.insert(number);
            }
        }
        Some(shape)
    }

    fn related(&self, entries: &[Entry], rule: &Rule, own: Option<usize>) -> Vec<RelatedRule> {
        let others = rule.metadata.related.iter().filter(|related| !is_id_of(rule, &related.id));
        let to = others.map(|related| {
            let found = self.by_id.get(&related.id.to_ascii_lowercase()).and_then(|at| entries.get(*at));
            let unknown = || Neighbour { title: None, id: Some(related.id.clone()), source: None };
            RelatedRule { rule: found.map_or_else(unknown, neighbour), kind: related.kind.clone(), direction: Direction::To }
        });
        let naming = id(rule).and_then(|id| self.naming.get(&id)).into_iter().flatten();
        let is_other = |at: usize| Some(at) != own && entries.get(at).is_none_or(|entry| id(&entry.rule) != id(rule));
        let from = naming.filter(|(at, _)| is_other(*at)).filter_map(|(at, kind)| {
            Some(RelatedRule { rule: neighbour(entries.get(*at)?), kind: kind.clone(), direction: Direction::From })
        });
        let mut related: Vec<RelatedRule> = to.chain(from).collect();
        related.sort_by(|a, b| (a.direction, &a.rule.source, a).cmp(&(b.direction, &b.rule.source, b)));
        related.dedup();
        related
    }

    fn same_technique(&self, entries: &[Entry], rule: &Rule, own: Option<usize>) -> Vec<SameTechnique> {
        let shared = techniques(rule).into_iter().map(|id| {
            let mut others: Vec<usize> = self.techniques.get(&id).into_iter().flatten().copied().filter(|at| Some(*at) != own).collect();
            others.sort_by_key(|at| self.distance(entries, rule, own, *at));
            let first = others.iter().take(FIRST).filter_map(|at| entries.get(*at)).map(neighbour).collect();
            SameTechnique { others: others.len(), first, id: id.clone() }
        });
        shared.filter(|shared| shared.others > 0).collect()
    }

    /// How far a rule of the corpus is from a rule: those of its log source are nearest, and among them those that have most
    /// conjuncts in common with it.
    fn distance(&self, entries: &[Entry], rule: &Rule, own: Option<usize>, other: usize) -> (bool, Reverse<usize>) {
        let is_elsewhere = entries.get(other).is_none_or(|entry| logsource(&entry.rule) != logsource(rule));
        let conjuncts = |at: usize| self.shapes.get(at).and_then(Option::as_ref).map(|shape| &shape.conjuncts);
        let shared = own.and_then(conjuncts).zip(conjuncts(other)).map_or(0, |(one, other)| one.intersection(other).count());
        (is_elsewhere, Reverse(shared))
    }

    /// The conjuncts of a rule with their numbers in the corpus.
    fn subject(&self, rule: &Rule) -> Option<Subject> {
        let mut subject =
            Subject { logsource: logsource(rule), known: BTreeSet::new(), filters: BTreeSet::new(), unknown: 0, unknown_filters: 0 };
        for conjunct in conjuncts(rule)? {
            let is_filter = only_suppresses(&conjunct);
            match self.numbers.get(&conjunct) {
                Some(number) => {
                    subject.known.insert(*number);
                    if is_filter {
                        subject.filters.insert(*number);
                    }
                }
                None => {
                    subject.unknown += 1;
                    subject.unknown_filters += usize::from(is_filter);
                }
            }
        }
        Some(subject)
    }

    fn compare(&self, subject: &Subject, entries: &[Entry], own: Option<usize>, neighbours: &mut Neighbours) {
        let is_other = |at: usize| Some(at) != own;
        let shape = |at: usize| self.shapes.get(at)?.as_ref().filter(|shape| shape.logsource == subject.logsource);
        let filed = subject.known.iter().filter_map(|conjunct| self.filed.get(conjunct)).flatten().copied();
        let candidates: BTreeSet<usize> = filed.filter(|at| is_other(*at)).collect();
        for at in candidates {
            let Some((shape, entry)) = shape(at).zip(entries.get(at)) else { continue };
            if !shape.conjuncts.is_subset(&subject.known) {
                continue;
            }
            let conjuncts = subject.known.len() - shape.conjuncts.len() + subject.unknown;
            if conjuncts == 0 {
                neighbours.same_logic.push(neighbour(entry));
            } else {
                let filters = subject.filters.difference(&shape.filters).count() + subject.unknown_filters;
                neighbours.broader.push(Wider { rule: neighbour(entry), conjuncts, filters });
            }
        }
        if subject.unknown > 0 {
            return;
        }
        let having = subject.known.iter().map(|conjunct| self.having.get(conjunct).map(Vec::as_slice).unwrap_or_default());
        for at in having.min_by_key(|rules| rules.len()).unwrap_or_default().iter().copied().filter(|at| is_other(*at)) {
            let Some((shape, entry)) = shape(at).zip(entries.get(at)) else { continue };
            if shape.conjuncts.len() > subject.known.len() && subject.known.is_subset(&shape.conjuncts) {
                let conjuncts = shape.conjuncts.len() - subject.known.len();
                let filters = shape.filters.difference(&subject.filters).count();
                neighbours.narrower.push(Wider { rule: neighbour(entry), conjuncts, filters });
            }
        }
    }
}

/// Whether a rule names itself in `related`: that says nothing of another one.
fn names_itself(rule: &Rule) -> bool {
    rule.metadata.related.iter().any(|related| is_id_of(rule, &related.id))
}

fn is_id_of(rule: &Rule, other: &str) -> bool {
    id(rule).is_some_and(|own| own == other.to_ascii_lowercase())
}

/// A rule as it is compared with those of a corpus.
struct Subject {
    logsource: Logsource,
    known: BTreeSet<u32>,
    filters: BTreeSet<u32>,
    /// How many of its conjuncts no rule of the corpus has.
    unknown: usize,
    unknown_filters: usize,
}

fn logsource(rule: &Rule) -> Logsource {
    (rule.logsource.product.clone(), rule.logsource.category.clone(), rule.logsource.service.clone())
}

/// What must all hold for a rule to match; `None` where its meaning is constant or beyond the bounds of formulas.
fn conjuncts(rule: &Rule) -> Option<Vec<Expr>> {
    let meaning = canonical(&Expr::or(lower(rule).ok()?)).expr;
    match meaning {
        Expr::True | Expr::False => None,
        Expr::And(children) => Some(children),
        Expr::Or(_) | Expr::Not(_) | Expr::Test(_) => Some(vec![meaning]),
    }
}

/// Whether a conjunct says only what must not be; that a field is absent is something to look for.
fn only_suppresses(conjunct: &Expr) -> bool {
    match conjunct {
        Expr::And(children) | Expr::Or(children) => children.iter().all(only_suppresses),
        Expr::Not(inner) => !matches!(&**inner, Expr::Test(test) if test.predicate == Predicate::Exists),
        Expr::True | Expr::False | Expr::Test(_) => false,
    }
}

/// The techniques and sub-techniques that a rule's tags name: `attack.t1059.001`.
fn techniques(rule: &Rule) -> BTreeSet<String> {
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    let named = rule.metadata.tags.iter().filter_map(|tag| {
        let tag = tag.to_ascii_lowercase();
        let rest = tag.strip_prefix("attack.t")?;
        let (number, sub) = rest.split_once(['.', '_', '-']).map_or((rest, None), |(number, sub)| (number, Some(sub)));
        (is_number(number, 4) && sub.is_none_or(|sub| is_number(sub, 3))).then(|| match sub {
            Some(sub) => format!("T{number}.{sub}"),
            None => format!("T{number}"),
        })
    });
    named.collect()
}

fn neighbour(entry: &Entry) -> Neighbour {
    Neighbour { title: Some(entry.rule.metadata.title.clone()), id: entry.rule.metadata.id.clone(), source: Some(entry.path.clone()) }
}

#[cfg(test)]
mod tests {
    use super::super::corpus::Corpus;
    use super::super::texts::example;
    use super::*;

    fn entry(path: &str, head: &str, detection: &str) -> Entry {
        let text = format!("title: {path}\n{head}\nlogsource: {{category: c}}\ndetection: {{{detection}}}\n");
        Entry { path: path.to_owned(), rule: example::written(&text).0 }
    }

    fn sources(wider: &[Wider]) -> Vec<(&str, usize, usize)> {
        wider.iter().map(|own| (own.rule.source.as_deref().unwrap_or_default(), own.conjuncts, own.filters)).collect()
    }

    #[test]
    fn conjuncts_decide_what_is_broader() {
        let corpus = Corpus::new(vec![
            entry("all", "", "s: {A: x}, condition: s"),
            entry("filtered", "", "s: {A: x}, f: {B: y, C: z}, condition: s and not f"),
            entry("more", "", "t: {D: null}, s: {A: X}, f: {B: Y, C: z}, condition: not f and t and s"),
            entry("same", "", "a: {A: x}, b: {B: y}, c: {C: z}, condition: a and not (b and c)"),
            entry("other", "", "s: {A: q}, condition: s"),
        ]);
        let of = |name: &str| {
            let entry = corpus.entries().iter().find(|entry| entry.path == name).cloned();
            entry.map(|entry| corpus.neighbours(&entry.rule, &entry.path)).unwrap_or_default()
        };
        assert_eq!(sources(&of("all").narrower), [("filtered", 1, 1), ("more", 2, 1), ("same", 1, 1)]);
        assert_eq!(sources(&of("more").broader), [("all", 2, 1), ("filtered", 1, 0), ("same", 1, 0)]);
        assert_eq!(of("filtered").same_logic.into_iter().filter_map(|own| own.source).collect::<Vec<_>>(), ["same"]);
        let found = of("other");
        assert!(found.broader.is_empty() && found.narrower.is_empty() && found.same_logic.is_empty());
        let stranger = entry("stranger", "", "s: {A: x, E: new}, f: {F: new}, condition: s and not f");
        assert_eq!(sources(&corpus.neighbours(&stranger.rule, "stranger").broader), [("all", 2, 1)]);
        let elsewhere = example::written("title: t\nlogsource: {category: d}\ndetection: {s: {A: x}, condition: s}\n").0;
        assert!(corpus.neighbours(&elsewhere, "elsewhere").narrower.is_empty());
    }

    #[test]
    fn relations_are_found_both_ways() {
        let id = |n: u8| format!("00000000-0000-4000-8000-0000000000{n:02x}");
        let naming =
            |own: u8, other: u8, kind: &str| format!("id: {}\nrelated: [{{id: {}, type: {kind}}}]", id(own), id(other).to_uppercase());
        let corpus = Corpus::new(vec![
            entry("a", &naming(1, 2, "derived"), "s: {A: x}, condition: s"),
            entry("b", &naming(2, 9, "similar"), "s: {A: y}, condition: s"),
        ]);
        let of = |at: usize| {
            let found = corpus.entries().get(at).map(|entry| corpus.neighbours(&entry.rule, &entry.path)).unwrap_or_default();
            found.related.into_iter().map(|own| (own.direction, own.kind, own.rule.source, own.rule.id.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(of(0), [(Direction::To, "derived".to_owned(), Some("b".to_owned()), true)]);
        let unknown = (Direction::To, "similar".to_owned(), None, true);
        assert_eq!(of(1), [unknown, (Direction::From, "derived".to_owned(), Some("a".to_owned()), true)]);
    }

    #[test]
    fn a_rule_is_no_neighbour_of_itself() {
        let (own, other) = ("00000000-0000-4000-8000-0000000000ab", "00000000-0000-4000-8000-0000000000cd");
        let related = format!("related: [{{id: {}, type: similar}}, {{id: {other}, type: similar}}]", own.to_uppercase());
        let corpus = Corpus::new(vec![
            entry("a", &format!("id: {own}\n{related}"), "s: {A: x}, condition: s"),
            entry("b", &format!("id: {other}"), "s: {A: y}, condition: s"),
        ]);
        let of = |at: usize| corpus.entries().get(at).map(|entry| corpus.neighbours(&entry.rule, &entry.path)).unwrap_or_default();
        let named: Vec<_> = of(0).related.into_iter().map(|own| own.rule.source).collect();
        assert_eq!((named, of(0).names_itself, of(1).names_itself), (vec![Some("b".to_owned())], true, false));
    }

    #[test]
    fn techniques_are_shared() {
        let tagged =
            |at: usize| entry(&format!("r{at:02}"), "tags: [attack.t1059.001, attack.T1105, attack.execution]", "s: {A: x}, condition: s");
        let corpus = Corpus::new((0..13).map(tagged).collect());
        let found = corpus.entries().get(3).map(|entry| corpus.neighbours(&entry.rule, &entry.path)).unwrap_or_default();
        let shared: Vec<_> = found.same_technique.iter().map(|own| (own.id.as_str(), own.others, own.first.len())).collect();
        assert_eq!(shared, [("T1059.001", 12, 10), ("T1105", 12, 10)]);
        let first = found.same_technique.first().and_then(|own| own.first.get(3)).and_then(|own| own.source.clone());
        assert_eq!(first.as_deref(), Some("r04"));
    }
}
