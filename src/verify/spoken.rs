//! What a rule means, said as a query says it, where the two ways mean the same within a named assumption.
//!
//! Networks as patterns on canonical addresses, addresses as networks of one, letters as the rule writes them,
//! numbers by value. Contract: the formula that is returned means the same on every record within the
//! assumptions that come with it; a test is changed only where the query makes the changed one, and not the
//! test itself as well. Deliberately absent: deciding whether the formulas are equal.

use super::facts::Facts;
use crate::ir::canonical::canonical;
use crate::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Subject, Test, Value, network, plain_regex};
use crate::source::Place;
use crate::storage::{Assumption, Name};
use crate::text::ip;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// The tests that a query makes, and what it takes to say a rule's tests as they are said there.
pub(super) struct Spoken<'q> {
    facts: &'q Facts<'q>,
    tests: BTreeSet<&'q Test>,
    /// The patterns whose letters the query compares as they are, by what they are ignoring case.
    cased: BTreeMap<(&'q Subject, Pattern), Vec<&'q Pattern>>,
    /// The subjects that the query compares with networks or with numbers.
    typed: BTreeSet<&'q Subject>,
    /// What the changes assume.
    pub(super) assumptions: Vec<Assumption>,
}

impl<'q> Spoken<'q> {
    /// The tests of a query's formula, which is canonical.
    pub(super) fn new(query: &'q Expr, facts: &'q Facts<'q>) -> Self {
        let mut spoken = Self { facts, tests: BTreeSet::new(), cased: BTreeMap::new(), typed: BTreeSet::new(), assumptions: Vec::new() };
        query.for_each_test(&mut |test| {
            spoken.tests.insert(test);
            match &test.predicate {
                Predicate::Like { any, case: Case::Sensitive } if is_case_as_logged(&test.subject, facts) => {
                    for value in any.iter().filter(|value| value.pattern.needed_case(Case::Fold) != Case::Sensitive) {
                        spoken.cased.entry((&test.subject, value.pattern.folded(Case::Fold))).or_default().push(&value.pattern);
                    }
                }
                Predicate::Within { .. } | Predicate::Compare { op: Comparison::Eq, .. } => {
                    spoken.typed.insert(&test.subject);
                }
                Predicate::Like { .. }
                | Predicate::Regex(_)
                | Predicate::Compare { .. }
                | Predicate::TimePart { .. }
                | Predicate::Order { .. }
                | Predicate::Kind(_)
                | Predicate::Exists
                | Predicate::Relates { .. } => {}
            }
        });
        spoken
    }

    /// The formula as the query would say it.
    pub(super) fn said(&mut self, expr: &Expr) -> Expr {
        match expr {
            Expr::True | Expr::False => expr.clone(),
            Expr::And(children) => Expr::and(children.iter().map(|child| self.said(child)).collect::<Vec<_>>()),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.said(child)).collect::<Vec<_>>()),
            Expr::Not(child) => Expr::not(self.said(child)),
            Expr::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> Expr {
        match &test.predicate {
            Predicate::Within { any } => Expr::or(any.iter().map(|network| self.network(&test.subject, network)).collect::<Vec<_>>()),
            Predicate::Like { any, case } => {
                let patterns: Vec<&Pattern> = any.iter().map(|value| &value.pattern).collect();
                self.patterns(test, &patterns, *case)
            }
            Predicate::Regex(regex) if !self.cased.is_empty() => match plain_regex::patterns(regex.tree()) {
                Some((patterns, case)) => self.patterns(test, &patterns.iter().collect::<Vec<_>>(), case),
                None => Expr::Test(test.clone()),
            },
            Predicate::Regex(_)
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. } => Expr::Test(test.clone()),
        }
    }

    fn is_said(&self, subject: &Subject, predicate: Predicate) -> bool {
        self.tests.contains(&Test { subject: subject.clone(), predicate, place: Place::NOWHERE })
    }

    fn patterns(&mut self, test: &Test, patterns: &[&Pattern], case: Case) -> Expr {
        if self.cased.is_empty() && !self.typed.contains(&test.subject) {
            return Expr::Test(test.clone());
        }
        let said: Vec<Option<Expr>> = patterns.iter().map(|pattern| self.pattern(&test.subject, pattern, case)).collect();
        if said.iter().all(Option::is_none) {
            return Expr::Test(test.clone());
        }
        let own = |pattern: &Pattern| Expr::test(test.subject.clone(), Predicate::like(pattern.clone(), case), Place::NOWHERE);
        Expr::or(patterns.iter().zip(said).map(|(pattern, said)| said.unwrap_or_else(|| own(pattern))).collect::<Vec<_>>())
    }

    /// Another way to say a pattern that the query takes.
    fn pattern(&mut self, subject: &Subject, pattern: &Pattern, case: Case) -> Option<Expr> {
        let Subject::Field(field) = subject else { return None };
        let needed = pattern.needed_case(case);
        let own = match needed {
            Case::Sensitive => Predicate::like(pattern.clone(), Case::Sensitive),
            Case::Ascii | Case::Lower | Case::Fold => Predicate::like(pattern.folded(Case::Ascii), pattern.needed_case(Case::Ascii)),
        };
        if self.is_said(subject, own) {
            return None;
        }
        let cased = if needed == Case::Sensitive { None } else { self.cased_as(subject, pattern).cloned() };
        let (said, assumption) = if let Some(cased) = cased {
            let because = format!("the target compares letters of `{field}` as they are");
            let assumption = Assumption::on_pattern(Name::CaseAsLogged, field, &cased, because);
            (Predicate::like(cased, Case::Sensitive), Some(assumption))
        } else if let Some(network) = self.typed.contains(subject).then(|| address(pattern, needed)).flatten() {
            let is_typed = self.facts.is_of_addresses(field);
            let because = format!("an address is tested on the text of `{field}`");
            let assumption = (!is_typed).then(|| Assumption::on_field(Name::CanonicalIps, field, because));
            (Predicate::Within { any: vec![network] }, assumption)
        } else {
            let text = pattern.as_exact()?;
            let number = Decimal::parse(text).filter(|number| number.to_string() == text && self.facts.is_plain_number(field, text))?;
            (Predicate::Compare { op: Comparison::Eq, number }, None)
        };
        if !self.is_said(subject, said.clone()) {
            return None;
        }
        self.assumptions.extend(assumption);
        Some(Expr::test(subject.clone(), said, Place::NOWHERE))
    }

    /// The pattern that the query has in the place of a caseless one: the same if it is there, else one that
    /// is the same ignoring case.
    fn cased_as(&self, subject: &Subject, pattern: &Pattern) -> Option<&'q Pattern> {
        let spoken = self.cased.get(&(subject, pattern.folded(Case::Fold)))?;
        spoken.iter().find(|own| **own == pattern).or_else(|| spoken.first()).copied()
    }

    fn network(&mut self, subject: &Subject, network: &IpNet) -> Expr {
        let test = |predicate| Expr::test(subject.clone(), predicate, Place::NOWHERE);
        let own = Predicate::Within { any: vec![*network] };
        if self.is_said(subject, own.clone()) {
            return test(own);
        }
        let is_said = |expr: &Expr| {
            let mut is_said = true;
            canonical(expr).expr.for_each_test(&mut |test| is_said &= self.tests.contains(test));
            is_said
        };
        let by_patterns = network::patterns(network).map(|patterns| {
            let any = patterns.into_iter().map(|pattern| Value { pattern, place: Place::NOWHERE }).collect();
            test(Predicate::Like { any, case: Case::Fold })
        });
        let by_regex =
            || network::canonical_regex(network).and_then(|tree| Regex::new(&tree).ok()).map(|regex| test(Predicate::Regex(regex)));
        let canonical = by_patterns.filter(is_said).or_else(|| by_regex().filter(is_said));
        if let Some(said) = canonical {
            if let Subject::Field(field) = subject
                && !self.facts.is_of_addresses(field)
            {
                self.assumptions.push(Assumption::on_field(
                    Name::CanonicalIps,
                    field,
                    format!("networks are tested on the text of `{field}`"),
                ));
            }
            return said;
        }
        // The expression for every form of an address is large: it comes last.
        let exact = Regex::new(&network::regex(network)).ok().map(|regex| test(Predicate::Regex(regex))).filter(is_said);
        exact.unwrap_or_else(|| test(own))
    }
}

fn is_case_as_logged(subject: &Subject, facts: &Facts<'_>) -> bool {
    match subject {
        Subject::Field(field) => facts.is_case_as_logged(field),
        Subject::AnyLeaf | Subject::Raw => false,
    }
}

/// The network of one address that a pattern accepts the canonical text of.
fn address(pattern: &Pattern, case: Case) -> Option<IpNet> {
    let text = pattern.as_exact()?;
    let address = ip::address(text)?;
    let written = address.to_string();
    (written == text || (case != Case::Sensitive && written.eq_ignore_ascii_case(text))).then(|| IpNet::from(address))
}
