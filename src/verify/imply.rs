//! Whether one formula implies another on every record: by Boolean structure, and by what single tests say.
//!
//! Contract: [`Implication::holds`] answers yes only where it is so, for fields with any number of values: a
//! test means that some member matches, so it implies another on the same subject if whatever matches the one
//! matches the other; two tests are never taken together, since different members may witness them. Formulas
//! are canonical. Where a step needs ASCII and full folding to agree, that is noted as an assumption. The work
//! is bounded and counted in steps. Deliberately absent: a yes by exhaustion (`cases`).

use super::automaton::{Automaton, Steps};
use super::facts::Facts;
use crate::ir::canonical::{Canonical, Literal};
use crate::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Relation, Subject, Test};
use crate::storage::{Assumption, Name};
use crate::text::{ip, time};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All steps of one question about two formulas.
const STEPS: usize = 400_000;
/// The most patterns of a list that a regular expression is held against together.
const MAX_TOGETHER: usize = 256;

/// Implications between the tests of two formulas.
pub(super) struct Implication<'f> {
    facts: &'f Facts<'f>,
    /// The strictest and the loosest relation that each caseless literal has in either formula.
    relations: BTreeMap<&'f Literal, (Case, Case)>,
    steps: Steps,
    /// What was found about two formulas that are no tests, by where they stand.
    known: HashMap<(usize, usize), bool>,
    assumptions: BTreeSet<Assumption>,
}

impl<'f> Implication<'f> {
    /// Implications between formulas in these canonical forms.
    pub(super) fn new(facts: &'f Facts<'f>, forms: [&'f Canonical; 2]) -> Self {
        let mut relations: BTreeMap<&Literal, (Case, Case)> = BTreeMap::new();
        for (literal, cases) in forms.into_iter().flat_map(|form| &form.relations) {
            for &case in cases {
                let (strictest, loosest) = relations.entry(literal).or_insert((case, case));
                (*strictest, *loosest) = ((*strictest).min(case), (*loosest).max(case));
            }
        }
        Self { facts, relations, steps: Steps::new(STEPS), known: HashMap::new(), assumptions: BTreeSet::new() }
    }

    /// What the implications that were found assume.
    pub(super) fn assumptions(self) -> BTreeSet<Assumption> {
        self.assumptions
    }

    /// Whether every record for which the one holds is one for which the other holds.
    pub(super) fn holds(&mut self, a: &Expr, b: &Expr) -> bool {
        if self.steps.take(1).is_none() {
            return false;
        }
        let known = match (a, b) {
            (Expr::Test(_) | Expr::Not(_), Expr::Test(_) | Expr::Not(_)) => return self.literals(a, b),
            (Expr::False, _) | (_, Expr::True) => return true,
            (_, Expr::False) | (Expr::True, _) => return false,
            (Expr::And(_) | Expr::Or(_) | Expr::Test(_) | Expr::Not(_), _) => (address(a), address(b)),
        };
        if let Some(&known) = self.known.get(&known) {
            return known;
        }
        let found = self.by_structure(a, b);
        self.known.insert(known, found);
        found
    }

    fn by_structure(&mut self, a: &Expr, b: &Expr) -> bool {
        match (a, b) {
            (_, Expr::And(parts)) => parts.iter().all(|part| self.holds(a, part)),
            (Expr::Or(parts), _) => parts.iter().all(|part| self.holds(part, b)),
            (Expr::And(parts), Expr::Or(others)) => {
                contains(parts, b) || contains(others, a) || self.some_implies(parts, b) || self.implies_some(a, others)
            }
            (Expr::And(parts), _) => contains(parts, b) || self.some_implies(parts, b),
            (_, Expr::Or(others)) => contains(others, a) || self.implies_some(a, others) || self.regex_in_list(a, others),
            (Expr::True | Expr::False | Expr::Not(_) | Expr::Test(_), _) => self.literals(a, b),
        }
    }

    fn some_implies(&mut self, parts: &[Expr], b: &Expr) -> bool {
        parts.iter().any(|part| self.holds(part, b))
    }

    fn implies_some(&mut self, a: &Expr, others: &[Expr]) -> bool {
        others.iter().any(|other| self.holds(a, other))
    }

    /// Tests and negated ones.
    fn literals(&mut self, a: &Expr, b: &Expr) -> bool {
        match (a, b) {
            (Expr::Test(one), Expr::Test(two)) => self.tests(one, two),
            (Expr::Not(one), Expr::Not(two)) => match (&**one, &**two) {
                (Expr::Test(one), Expr::Test(two)) => self.tests(two, one),
                _ => one == two,
            },
            (Expr::Test(one), Expr::Not(two)) => match &**two {
                Expr::Test(two) => self.facts.exclude(one, two),
                Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => false,
            },
            _ => false,
        }
    }

    /// Whether every bag of which the one is true is one of which the other is.
    pub(super) fn tests(&mut self, one: &Test, two: &Test) -> bool {
        if one.subject != two.subject {
            let (Predicate::Relates { other, .. }, Subject::Field(field)) = (&one.predicate, &two.subject) else { return false };
            return other == field && two.predicate == Predicate::Exists;
        }
        one.predicate == two.predicate || self.predicates(&one.subject, &one.predicate, &two.predicate)
    }

    fn predicates(&mut self, subject: &Subject, one: &Predicate, two: &Predicate) -> bool {
        match (one, two) {
            (_, Predicate::Exists) => true,
            (Predicate::Like { any, case }, Predicate::Like { any: others, case: other }) => any.iter().all(|value| {
                others.iter().any(|two| self.pattern_in_pattern(subject, (&value.pattern, *case), (&two.pattern, *other)).unwrap_or(false))
            }),
            (Predicate::Like { any, case: Case::Sensitive }, _) => {
                any.iter().all(|value| value.pattern.as_exact().is_some_and(|text| text_satisfies(text, two)))
            }
            (Predicate::Regex(regex), Predicate::Like { any, case }) => {
                let patterns: Vec<(&Pattern, Case)> = any.iter().map(|value| (&value.pattern, *case)).collect();
                self.regex_in_patterns(subject, regex, &patterns).unwrap_or(false)
            }
            (_, Predicate::Like { any, .. }) => any.iter().any(|value| is_loose(one, &value.pattern)),
            (Predicate::Within { any }, Predicate::Within { any: others }) => {
                any.iter().all(|network| others.iter().any(|other| other.contains(network)))
            }
            (Predicate::Compare { op, number }, Predicate::Compare { op: other, number: bound }) => {
                within_bound((*op, number), (*other, bound))
            }
            (Predicate::Relates { other, how, case }, Predicate::Relates { other: field, how: wider, case: loose }) => {
                other == field && (case == loose || *case == Case::Sensitive) && (how == wider || is_part(*how, *wider))
            }
            _ => false,
        }
    }

    /// The strictest and the loosest relation of a pattern in a canonical form.
    fn relation(&self, subject: &Subject, (pattern, case): (&Pattern, Case)) -> (Case, Case) {
        match case {
            Case::Sensitive => (Case::Sensitive, Case::Sensitive),
            Case::Ascii | Case::Lower | Case::Fold => {
                self.relations.get(&(subject.clone(), Some(pattern.clone()))).copied().unwrap_or((Case::Ascii, Case::Fold))
            }
        }
    }

    fn pattern_in_pattern(&mut self, subject: &Subject, one: (&Pattern, Case), two: (&Pattern, Case)) -> Option<bool> {
        self.steps.take(1)?;
        if !could_cover(two, one) {
            return Some(false);
        }
        let is_covered = Automaton::new([two]).covers_pattern(one.0, one.1, &mut self.steps)?;
        if is_covered && self.relation(subject, one).1 > self.relation(subject, two).0 && two.1 != Case::Sensitive {
            self.assume_ascii(subject, one.0);
        }
        Some(is_covered)
    }

    fn regex_in_patterns(&mut self, subject: &Subject, regex: &Regex, patterns: &[(&Pattern, Case)]) -> Option<bool> {
        let strict: Vec<(&Pattern, Case)> = patterns.iter().map(|own| (own.0, self.relation(subject, *own).0)).collect();
        if Automaton::new(strict.iter().copied()).covers_regex(regex.tree(), &mut self.steps)? {
            return Some(true);
        }
        let is_folded = |(own, case): &(&Pattern, Case)| *case != Case::Sensitive && own.needed_case(Case::Fold) > *case;
        let assumed: Vec<&Pattern> = strict.iter().filter(|own| is_folded(own)).map(|own| own.0).collect();
        if assumed.is_empty() {
            return Some(false);
        }
        let loose = strict.iter().map(|(own, case)| (*own, if *case == Case::Sensitive { Case::Sensitive } else { Case::Fold }));
        let is_covered = Automaton::new(loose).covers_regex(regex.tree(), &mut self.steps)?;
        if is_covered {
            assumed.into_iter().for_each(|pattern| self.assume_ascii(subject, pattern));
        }
        Some(is_covered)
    }

    /// Whether a regular expression is within a list of patterns, though perhaps within none of them alone.
    fn regex_in_list(&mut self, a: &Expr, others: &[Expr]) -> bool {
        let Expr::Test(Test { subject, predicate: Predicate::Regex(regex), .. }) = a else { return false };
        let mut patterns = Vec::new();
        for other in others {
            if let Expr::Test(Test { subject: own, predicate: Predicate::Like { any, case }, .. }) = other
                && own == subject
            {
                patterns.extend(any.iter().map(|value| (&value.pattern, *case)));
            }
        }
        (2..=MAX_TOGETHER).contains(&patterns.len()) && self.regex_in_patterns(subject, regex, &patterns).unwrap_or(false)
    }

    fn assume_ascii(&mut self, subject: &Subject, pattern: &Pattern) {
        if let Subject::Field(field) = subject {
            let because = "the target folds ASCII letters only";
            self.assumptions.insert(Assumption::on_pattern(Name::AsciiCase, field, pattern, because));
        }
    }
}

/// Where a formula stands: two that stand at one place are one.
fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// Whether a formula is among the children of a canonical one, which are sorted.
fn contains(children: &[Expr], child: &Expr) -> bool {
    children.binary_search(child).is_ok()
}

/// Whether the one pattern could cover the other: each of its texts is within some text of that one.
fn could_cover(two: (&Pattern, Case), one: (&Pattern, Case)) -> bool {
    if two.0.literal_chars().count() > one.0.literal_chars().count() {
        return false;
    }
    let folded;
    let covered = if two.1 != Case::Sensitive && one.1 == Case::Sensitive {
        folded = one.0.folded(two.1);
        &folded
    } else {
        one.0
    };
    two.0.texts().all(|text| covered.texts().any(|own| own.contains(text)))
}

/// Whether a text satisfies a predicate on the text of a member.
fn text_satisfies(text: &str, predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Regex(regex) => regex.is_match(text),
        Predicate::Within { any } => ip::within(text, any),
        Predicate::Compare { op, number } => Decimal::parse(text).is_some_and(|own| op.accepts(own.cmp(number))),
        Predicate::TimePart { part, op, number } => {
            time::parse(text).is_some_and(|time| op.accepts(Decimal::from(time.part(*part)).cmp(number)))
        }
        Predicate::Like { .. } | Predicate::Order { .. } | Predicate::Kind(_) | Predicate::Exists | Predicate::Relates { .. } => false,
    }
}

/// Whether a pattern accepts the texts of a predicate because it asks for next to nothing.
fn is_loose(one: &Predicate, pattern: &Pattern) -> bool {
    let is_text = !matches!(one, Predicate::Kind(_) | Predicate::Exists);
    let has_characters = matches!(one, Predicate::Within { .. } | Predicate::Compare { .. } | Predicate::TimePart { .. });
    (is_text && *pattern == Pattern::everything()) || (has_characters && *pattern == Pattern::something())
}

fn within_bound((a, x): (Comparison, &Decimal), (b, y): (Comparison, &Decimal)) -> bool {
    match (a, b) {
        (Comparison::Eq, _) => b.accepts(x.cmp(y)),
        (Comparison::Gt | Comparison::Gte, Comparison::Gt) => x > y || (x == y && a == Comparison::Gt),
        (Comparison::Gt | Comparison::Gte, Comparison::Gte) => x >= y,
        (Comparison::Lt | Comparison::Lte, Comparison::Lt) => x < y || (x == y && a == Comparison::Lt),
        (Comparison::Lt | Comparison::Lte, Comparison::Lte) => x <= y,
        (Comparison::Gt | Comparison::Gte | Comparison::Lt | Comparison::Lte, _) => false,
    }
}

/// Whether what relates in one way does so in another.
fn is_part(how: Relation, wider: Relation) -> bool {
    match wider {
        Relation::Equal => false,
        Relation::Prefix | Relation::Suffix => how == Relation::Equal,
        Relation::Infix => true,
    }
}

#[cfg(test)]
mod tests;
