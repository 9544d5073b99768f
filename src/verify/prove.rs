//! Deciding that two formulas are equal on every record, within named assumptions.
//!
//! Structure first: equal canonical forms are equal functions. Then a truth table over the remaining
//! tests, restricted to the assignments that tests on one field allow. What neither decides is left to
//! derived events: this module never guesses. Where two tests differ only in what a named assumption rules
//! out, the assumption is named whether or not the formulas are equal, so that events show other differences.
//! Deliberately absent: sampling, time budgets (bounds count tests).

use crate::ir::canonical::{Canonical, canonical};
use crate::ir::network;
use crate::ir::{Case, Comparison, Expr, Kind, Predicate, Regex, Subject, Test, Value};
use crate::source::Place;
use crate::storage::{Assumption, Name};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// Truth tables are tried up to this number of distinct tests.
const MAX_TESTS: usize = 12;

/// What comparing two formulas shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// They are equal on every record within the assumptions; otherwise nothing was decided.
    pub equal: bool,
    /// What must hold for tests that both formulas make, each in its own way, to mean the same in both.
    pub assumptions: Vec<Assumption>,
}

/// Compares what a rule means with what a query says.
pub fn compare(meaning: &Expr, query: &Expr) -> Compared {
    let query = canonical(query);
    let spoken: BTreeSet<&Test> = tests(&query.expr);
    let mut assumptions = Vec::new();
    let mut meaning = canonical(&networks_as_spoken(meaning, &spoken, &mut assumptions));
    let equal = meaning.expr == query.expr || equal_by_cases(&meaning.expr, &query.expr);
    if !equal {
        meaning.relations.retain(|literal, _| query.relations.contains_key(literal));
        meaning.boundaries.retain(|regex, _| query.boundaries.contains_key(regex));
    }
    assumptions.extend(relations(&meaning, &query));
    Compared { equal, assumptions }
}

fn tests(expr: &Expr) -> BTreeSet<&Test> {
    let mut tests = BTreeSet::new();
    expr.for_each_test(&mut |test| {
        tests.insert(test);
    });
    tests
}

/// The formula with each network written as the query writes it: as patterns under `canonical-ips`, as an
/// exact regular expression, or as a network.
fn networks_as_spoken(expr: &Expr, spoken: &BTreeSet<&Test>, assumptions: &mut Vec<Assumption>) -> Expr {
    match expr {
        Expr::True | Expr::False => expr.clone(),
        Expr::And(children) => Expr::and(children.iter().map(|child| networks_as_spoken(child, spoken, assumptions)).collect::<Vec<_>>()),
        Expr::Or(children) => Expr::or(children.iter().map(|child| networks_as_spoken(child, spoken, assumptions)).collect::<Vec<_>>()),
        Expr::Not(child) => Expr::not(networks_as_spoken(child, spoken, assumptions)),
        Expr::Test(test) => match &test.predicate {
            Predicate::Within { any } => {
                Expr::or(any.iter().map(|network| network_as_spoken(&test.subject, network, spoken, assumptions)).collect::<Vec<_>>())
            }
            Predicate::Like { .. }
            | Predicate::Regex(_)
            | Predicate::Compare { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. } => expr.clone(),
        },
    }
}

fn network_as_spoken(subject: &Subject, network: &IpNet, spoken: &BTreeSet<&Test>, assumptions: &mut Vec<Assumption>) -> Expr {
    let test = |predicate| Expr::test(subject.clone(), predicate, Place::NOWHERE);
    let is_spoken = |expr: &Expr| tests(&canonical(expr).expr).iter().all(|test| spoken.contains(test));
    let short = network::canonical_regex(network).and_then(|tree| Regex::new(&tree).ok()).map(|regex| test(Predicate::Regex(regex)));
    let by_patterns = network::patterns(network).map(|patterns| {
        let any = patterns.into_iter().map(|pattern| Value { pattern, place: Place::NOWHERE }).collect();
        test(Predicate::Like { any, case: Case::Fold })
    });
    if let Some(said) = by_patterns.into_iter().chain(short).find(is_spoken) {
        if let Subject::Field(field) = subject {
            assumptions.push(Assumption::on_field(Name::CanonicalIps, field, format!("networks are tested on the text of `{field}`")));
        }
        return said;
    }
    // The expression for every form of an address is large: it comes last.
    let exact = Regex::new(&network::regex(network)).ok().map(|regex| test(Predicate::Regex(regex))).filter(is_spoken);
    exact.unwrap_or_else(|| test(Predicate::Within { any: vec![*network] }))
}

/// The assumptions that make up for literals compared under different relations on the two sides.
fn relations(meaning: &Canonical, query: &Canonical) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    let none = BTreeSet::new();
    for (literal, own) in &meaning.relations {
        let other = query.relations.get(literal).unwrap_or(&none);
        if let ((Subject::Field(field), pattern), true) = (literal, own != other) {
            assumptions.push(match pattern {
                Some(pattern) => Assumption::on_pattern(Name::AsciiCase, field, pattern, "the target folds ASCII letters only"),
                None => Assumption::on_field(Name::AsciiCase, field, "the target folds ASCII letters only"),
            });
        }
    }
    for ((subject, pattern), own) in &meaning.boundaries {
        let other = query.boundaries.get(&(subject.clone(), pattern.clone()));
        if let (Subject::Field(field), true) = (subject, other != Some(own)) {
            assumptions.push(Assumption::on_field(Name::AsciiClasses, field, "the target's `\\b` knows Unicode letters"));
        }
    }
    assumptions
}

/// Whether the formulas agree on every assignment of truth values to their tests that some record allows.
fn equal_by_cases(a: &Expr, b: &Expr) -> bool {
    let all: Vec<&Test> = tests(a).union(&tests(b)).copied().collect();
    if all.len() > MAX_TESTS {
        return false;
    }
    (0_u32..1 << all.len()).all(|bits| {
        let truth: BTreeMap<&Test, bool> = all.iter().enumerate().map(|(index, &test)| (test, bits >> index & 1 == 1)).collect();
        holds(a, &truth) == holds(b, &truth) || !possible(&truth)
    })
}

fn holds(expr: &Expr, truth: &BTreeMap<&Test, bool>) -> bool {
    match expr {
        Expr::True => true,
        Expr::False => false,
        Expr::And(children) => children.iter().all(|child| holds(child, truth)),
        Expr::Or(children) => children.iter().any(|child| holds(child, truth)),
        Expr::Not(child) => !holds(child, truth),
        Expr::Test(test) => truth.get(test).copied().unwrap_or(false),
    }
}

/// Whether no two tests on one single-valued field contradict each other. An assignment that this calls
/// possible may still be impossible: then equality stays undecided, never wrong.
fn possible(truth: &BTreeMap<&Test, bool>) -> bool {
    truth.iter().all(|(one, &first)| {
        truth.iter().all(|(two, &second)| one.subject != two.subject || compatible(&one.predicate, first, &two.predicate, second))
    })
}

fn compatible(one: &Predicate, first: bool, two: &Predicate, second: bool) -> bool {
    let impossible = match (first, second) {
        (true, true) => excludes(one, two),
        (true, false) => implies(one, two),
        (false, true | false) => false,
    };
    !impossible
}

/// Whether a value that satisfies the one cannot satisfy the other.
fn excludes(one: &Predicate, two: &Predicate) -> bool {
    match (one, two) {
        (Predicate::Kind(a), Predicate::Kind(b)) => a != b,
        (Predicate::Kind(Kind::Text | Kind::Boolean), Predicate::Compare { .. }) => false,
        (Predicate::Compare { .. }, Predicate::Like { any, .. }) => {
            any.iter().all(|value| value.pattern.as_exact().is_some_and(|text| !implies(&exactly(text), one)))
        }
        _ => false,
    }
}

fn exactly(text: &str) -> Predicate {
    Predicate::like(crate::ir::Pattern::exact(text), Case::Sensitive)
}

/// Whether every value that satisfies the one satisfies the other.
fn implies(one: &Predicate, two: &Predicate) -> bool {
    match (one, two) {
        (_, Predicate::Exists) => true,
        (Predicate::Compare { op: a, number: x }, Predicate::Compare { op: b, number: y }) => match (a, b) {
            (Comparison::Eq, _) => b.accepts(x.cmp(y)),
            (Comparison::Gt | Comparison::Gte, Comparison::Gt) => x > y || (x == y && *a == Comparison::Gt),
            (Comparison::Gt | Comparison::Gte, Comparison::Gte) => x >= y,
            (Comparison::Lt | Comparison::Lte, Comparison::Lt) => x < y || (x == y && *a == Comparison::Lt),
            (Comparison::Lt | Comparison::Lte, Comparison::Lte) => x <= y,
            (Comparison::Gt | Comparison::Gte | Comparison::Lt | Comparison::Lte, _) => false,
        },
        (Predicate::Like { any, .. }, Predicate::Compare { op, number }) => any.iter().all(|value| {
            let number_of = |text: &str| crate::ir::Decimal::parse(text);
            value.pattern.as_exact().and_then(number_of).is_some_and(|value| op.accepts(value.cmp(number)))
        }),
        _ => one == two,
    }
}
