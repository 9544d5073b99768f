//! The conditions of a rule as references to its searches, numbered from left to right.
//!
//! Stages, exclusions and indicators all start here, so a number means the same stage in each. Numbers run on: the first
//! condition is 0 and its references follow; then comes the next condition with its references, then those of the filters
//! that were applied. `all of x*` is a reference to each search that it selects; `not all of x*`, `1 of x*` and `not 1 of
//! x*` are one reference each. Deliberately absent: what the searches look for.

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
    /// What stands before the name: `not `, `1 of `, `not all of `, or nothing.
    before: &'static str,
    /// The name, or the pattern of names.
    name: &'r str,
    /// How many of the members are meant; `None`: the one there is.
    pub(super) quantifier: Option<Quantifier>,
    /// The searches, in the order of the rule.
    pub(super) members: Vec<&'r SearchIdentifier>,
    /// On which side of negations it stands.
    pub(super) side: Side,
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
            let mut reader = Reader { detection, names: &names, next: next + 1 };
            let meaning = reader.read(&written.condition, Side::Wanted);
            sentences.push(Sentence { number: next, detection, written, origin, meaning });
            next = reader.next;
        }
    }
    sentences
}

/// Gives references their numbers.
struct Reader<'n, 'r> {
    detection: &'r Detection,
    names: &'n HashMap<&'r str, &'r SearchIdentifier>,
    next: usize,
}

impl<'r> Reader<'_, 'r> {
    fn read(&mut self, condition: &'r Condition, side: Side) -> Junction<'r> {
        match condition {
            Condition::And(children) => Junction::all(children.iter().map(|child| self.read(child, side)).collect::<Vec<_>>()),
            Condition::Or(children) => Junction::any(children.iter().map(|child| self.read(child, side)).collect::<Vec<_>>()),
            Condition::Not(child) => self.negation(child, side),
            Condition::Identifier(name) => self.identifier("", name, side),
            Condition::Selector { quantifier: Quantifier::Any, pattern } => self.selector("1 of ", Quantifier::Any, pattern, side),
            Condition::Selector { quantifier: Quantifier::All, pattern } => {
                let selected = self.selected(pattern).into_iter();
                let references: Vec<_> = selected.map(|own| self.reference("", &own.name, None, vec![own], side)).collect();
                Junction::all(references)
            }
        }
    }

    /// What stands below a `not`. Two of them cancel out.
    fn negation(&mut self, child: &'r Condition, side: Side) -> Junction<'r> {
        let negated = side.opposite();
        let inner = match child {
            Condition::Not(inner) => return self.read(inner, side),
            Condition::Identifier(name) => self.identifier("not ", name, negated),
            Condition::Selector { quantifier: Quantifier::Any, pattern } => self.selector("not ", Quantifier::Any, pattern, negated),
            Condition::Selector { quantifier: Quantifier::All, pattern } => self.selector("not all of ", Quantifier::All, pattern, negated),
            Condition::And(_) | Condition::Or(_) => self.read(child, negated),
        };
        Junction::Not(Box::new(inner))
    }

    fn identifier(&mut self, before: &'static str, name: &'r str, side: Side) -> Junction<'r> {
        let members = self.names.get(name).copied().into_iter().collect();
        self.reference(before, name, None, members, side)
    }

    fn selector(&mut self, before: &'static str, quantifier: Quantifier, pattern: &'r SelectorPattern, side: Side) -> Junction<'r> {
        let members = self.selected(pattern);
        self.reference(before, words(pattern), Some(quantifier), members, side)
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
        side: Side,
    ) -> Junction<'r> {
        let number = self.next;
        self.next += 1;
        Junction::Reference(Reference { number, before, name, quantifier, members, side })
    }
}

fn words(pattern: &SelectorPattern) -> &str {
    match pattern {
        SelectorPattern::Them => "them",
        SelectorPattern::Pattern(text) => text,
    }
}
