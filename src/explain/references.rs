//! The conditions of a rule as references to its searches, numbered from left to right.
//!
//! Stages, exclusions and indicators all start here, so a number means the same stage in each. Numbers run on: the first
//! condition is 0 and its references follow; then comes the next condition with its references, then those of the filters
//! that were applied. `all of x*` is a reference to each search that it selects; `not all of x*`, `1 of x*` and `not 1 of
//! x*` are one reference each. Deliberately absent: what the searches look for.

use super::model::Part;
use crate::rule::{Condition, ConditionText, Detection, Quantifier, Rule, SearchIdentifier, SelectorPattern};
use std::collections::HashMap;

/// A condition of the rule, or of a filter, with what it refers to.
#[derive(Debug)]
pub(super) struct Sentence<'r> {
    /// Its number as a stage.
    pub(super) number: usize,
    /// The detection that it stands in.
    pub(super) detection: &'r Detection,
    /// Its text.
    pub(super) written: &'r ConditionText,
    /// Who says it.
    pub(super) origin: Origin,
    /// What it says.
    pub(super) meaning: Junction<'r>,
}

/// Who says a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The rule.
    Rule,
    /// A filter.
    Filter,
}

/// A condition over references; `All` and `Any` have two children at least, none of them of their own kind.
#[derive(Debug)]
pub(super) enum Junction<'r> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Reference(Reference<'r>),
}

/// A reference to searches.
#[derive(Debug)]
pub(super) struct Reference<'r> {
    /// Its number as a stage.
    pub(super) number: usize,
    /// What stands before the name: `not `, `1 of `, `any of `, `not all of `, or nothing.
    before: &'static str,
    /// The name, or the pattern of names.
    name: &'r str,
    /// How many of the members are meant; `None`: the one there is.
    pub(super) quantifier: Option<Quantifier>,
    /// The searches, in the order of the rule.
    pub(super) members: Vec<&'r SearchIdentifier>,
    /// On which side of negations it stands.
    pub(super) side: Side,
    /// How it decides on its condition.
    pub(super) part: Part,
}

/// Where in a condition something stands.
#[derive(Debug, Clone, Copy)]
struct Spot {
    side: Side,
    part: Part,
}

impl Spot {
    /// Of the whole condition.
    const TOP: Self = Self { side: Side::Wanted, part: Part::Required };

    /// Of what stands below a `not`.
    fn negated(self) -> Self {
        let part = match self.part {
            Part::Required => Part::Excluded,
            Part::Excluded => Part::Required,
            Part::Together | Part::Alternative => self.part,
        };
        Self { side: self.side.opposite(), part }
    }

    /// Of the members of a conjunction: together they are excluded where it is negated.
    fn in_conjunction(self) -> Self {
        let part = match (self.part, self.side) {
            (Part::Required, _) => Part::Required,
            (Part::Excluded, _) | (Part::Together, Side::Suppressed) => Part::Together,
            (Part::Together, Side::Wanted) | (Part::Alternative, _) => Part::Alternative,
        };
        Self { part, ..self }
    }

    /// Of the members of a disjunction: each excludes where it is negated.
    fn in_disjunction(self) -> Self {
        let part = match (self.part, self.side) {
            (Part::Excluded, _) => Part::Excluded,
            (Part::Together, Side::Wanted) => Part::Together,
            (Part::Required | Part::Alternative, _) | (Part::Together, Side::Suppressed) => Part::Alternative,
        };
        Self { part, ..self }
    }
}

/// On which side of negations something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    /// Below an even number of negations: it is looked for.
    Wanted,
    /// Below an odd number: it is suppressed.
    Suppressed,
}

impl Reference<'_> {
    /// Its words: `selection`, `not filter_*`, `1 of selection_*`.
    pub(super) fn label(&self) -> String {
        format!("{}{}", self.before, self.name)
    }
}

impl Side {
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Wanted => Self::Suppressed,
            Self::Suppressed => Self::Wanted,
        }
    }
}

impl<'r> Junction<'r> {
    fn all(children: impl IntoIterator<Item = Self>) -> Self {
        let flat = children.into_iter().flat_map(|child| if let Self::All(inner) = child { inner } else { vec![child] });
        single(flat.collect(), Self::All)
    }

    fn any(children: impl IntoIterator<Item = Self>) -> Self {
        let flat = children.into_iter().flat_map(|child| if let Self::Any(inner) = child { inner } else { vec![child] });
        single(flat.collect(), Self::Any)
    }

    /// Calls `visit` for each reference, from left to right.
    pub(super) fn for_each(&self, visit: &mut impl FnMut(&Reference<'r>)) {
        match self {
            Self::All(children) | Self::Any(children) => children.iter().for_each(|child| child.for_each(visit)),
            Self::Not(child) => child.for_each(visit),
            Self::Reference(reference) => visit(reference),
        }
    }

    /// The condition with numbers for references, and brackets wherever operators meet.
    pub(super) fn numbered(&self) -> String {
        let list = |children: &[Self], word: &str| children.iter().map(Self::operand).collect::<Vec<_>>().join(word);
        match self {
            Self::All(children) => list(children, " and "),
            Self::Any(children) => list(children, " or "),
            Self::Not(child) => format!("not {}", child.operand()),
            Self::Reference(reference) => reference.number.to_string(),
        }
    }

    fn operand(&self) -> String {
        match self {
            Self::All(_) | Self::Any(_) => format!("({})", self.numbered()),
            Self::Not(_) | Self::Reference(_) => self.numbered(),
        }
    }
}

fn single<'r>(mut children: Vec<Junction<'r>>, many: fn(Vec<Junction<'r>>) -> Junction<'r>) -> Junction<'r> {
    match (children.len(), children.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            children.extend(last);
            many(children)
        }
    }
}

/// The conditions of a rule, then those of its filters.
pub(super) fn sentences(rule: &Rule) -> Vec<Sentence<'_>> {
    let own = std::iter::once((&rule.detection, Origin::Rule));
    let filters = rule.filters.iter().map(|filter| (&**filter, Origin::Filter));
    let mut sentences = Vec::new();
    let mut next = 0;
    for (detection, origin) in own.chain(filters) {
        let names = detection.identifiers.iter().map(|identifier| (identifier.name.as_str(), identifier)).collect();
        for written in &detection.conditions {
            let mut reader = Reader { detection, names: &names, next: next + 1, counts: counts(&written.text).into_iter() };
            let meaning = reader.read(&written.condition, Spot::TOP);
            sentences.push(Sentence { number: next, detection, written, origin, meaning });
            next = reader.next;
        }
    }
    sentences
}

/// The word of each selector of a condition, in order: `1`, `any` or `all`.
fn counts(condition: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*');
    let words: Vec<&str> = condition.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    pairs.filter(|(_, next)| **next == "of").map(|(word, _)| *word).collect()
}

/// Gives references their numbers.
struct Reader<'n, 'r> {
    detection: &'r Detection,
    names: &'n HashMap<&'r str, &'r SearchIdentifier>,
    next: usize,
    /// The words of the selectors that are still to come.
    counts: std::vec::IntoIter<&'r str>,
}

impl<'r> Reader<'_, 'r> {
    fn read(&mut self, condition: &'r Condition, spot: Spot) -> Junction<'r> {
        match condition {
            Condition::And(children) => Junction::all(self.each(children, spot.in_conjunction())),
            Condition::Or(children) => Junction::any(self.each(children, spot.in_disjunction())),
            Condition::Not(child) => self.negation(child, spot),
            Condition::Identifier(name) => self.identifier("", name, spot),
            Condition::Selector { quantifier: Quantifier::Any, pattern } => self.selector("", Quantifier::Any, pattern, spot),
            Condition::Selector { quantifier: Quantifier::All, pattern } => {
                self.counts.next();
                let selected = self.selected(pattern);
                let spot = if selected.len() > 1 { spot.in_conjunction() } else { spot };
                let references: Vec<_> = selected.into_iter().map(|own| self.reference("", &own.name, None, vec![own], spot)).collect();
                Junction::all(references)
            }
        }
    }

    fn each(&mut self, children: &'r [Condition], spot: Spot) -> Vec<Junction<'r>> {
        children.iter().map(|child| self.read(child, spot)).collect()
    }

    /// What stands below a `not`. Two of them cancel out.
    fn negation(&mut self, child: &'r Condition, spot: Spot) -> Junction<'r> {
        let negated = spot.negated();
        let inner = match child {
            Condition::Not(inner) => return self.read(inner, spot),
            Condition::Identifier(name) => self.identifier("not ", name, negated),
            Condition::Selector { quantifier, pattern } => self.selector("not ", *quantifier, pattern, negated),
            Condition::And(_) | Condition::Or(_) => self.read(child, negated),
        };
        Junction::Not(Box::new(inner))
    }

    fn identifier(&mut self, before: &'static str, name: &'r str, spot: Spot) -> Junction<'r> {
        let members = self.names.get(name).copied().into_iter().collect();
        self.reference(before, name, None, members, spot)
    }

    /// A selector in the words of its author, but that `not 1 of x*` is `not x*`.
    fn selector(&mut self, before: &'static str, quantifier: Quantifier, pattern: &'r SelectorPattern, spot: Spot) -> Junction<'r> {
        let word = self.counts.next();
        let before = match (before, quantifier, word) {
            ("", Quantifier::Any, Some("any")) => "any of ",
            ("", Quantifier::Any, _) => "1 of ",
            ("", Quantifier::All, _) => "all of ",
            (_, Quantifier::Any, _) => before,
            (_, Quantifier::All, _) => "not all of ",
        };
        let members = self.selected(pattern);
        self.reference(before, words(pattern), Some(quantifier), members, spot)
    }

    fn selected(&self, pattern: &SelectorPattern) -> Vec<&'r SearchIdentifier> {
        self.detection.identifiers.iter().filter(|identifier| pattern.selects(&identifier.name)).collect()
    }

    fn reference(
        &mut self,
        before: &'static str,
        name: &'r str,
        quantifier: Option<Quantifier>,
        members: Vec<&'r SearchIdentifier>,
        spot: Spot,
    ) -> Junction<'r> {
        let number = self.next;
        self.next += 1;
        Junction::Reference(Reference { number, before, name, quantifier, members, side: spot.side, part: spot.part })
    }
}

fn words(pattern: &SelectorPattern) -> &str {
    match pattern {
        SelectorPattern::Them => "them",
        SelectorPattern::Pattern(text) => text,
    }
}
