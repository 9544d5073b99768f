//! Faults in formulas: parts of a formula, and formulas that are not the rule's.

use verisigma::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Regex, Relation, Subject, Test, Value};
use verisigma::source::Place;
use verisigma::text::pattern::Part;

pub(crate) fn children(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::And(children) | Expr::Or(children) => children,
        other => panic!("{other:?} has no children"),
    }
}

/// The formula with the predicate of every test replaced.
pub(crate) fn tests(expr: &Expr, change: fn(&Test) -> Predicate) -> Expr {
    match expr {
        Expr::True | Expr::False => expr.clone(),
        Expr::And(children) => Expr::and(children.iter().map(|child| tests(child, change))),
        Expr::Or(children) => Expr::or(children.iter().map(|child| tests(child, change))),
        Expr::Not(child) => Expr::not(tests(child, change)),
        Expr::Test(test) => Expr::test(test.subject.clone(), change(test), test.place),
    }
}

pub(crate) fn recased(test: &Test, case: Case) -> Predicate {
    match &test.predicate {
        Predicate::Like { any, .. } => Predicate::Like { any: any.clone(), case },
        other => other.clone(),
    }
}

fn test(field: &str, predicate: Predicate) -> Expr {
    Expr::test(Subject::field(field), predicate, Place::NOWHERE)
}

pub(crate) fn like(field: &str, parts: &[Part]) -> Expr {
    let value = Value { pattern: Pattern::new(parts.iter().cloned()), place: Place::NOWHERE };
    test(field, Predicate::Like { any: vec![value], case: Case::Fold })
}

pub(crate) fn exists(field: &str) -> Expr {
    test(field, Predicate::Exists)
}

pub(crate) fn compare(field: &str, op: Comparison, number: &str) -> Expr {
    test(field, Predicate::Compare { op, number: Decimal::parse(number).unwrap() })
}

pub(crate) fn relates(field: &str, other: &str, how: Relation) -> Expr {
    test(field, Predicate::Relates { other: other.into(), how, case: Case::Fold })
}

pub(crate) fn within(field: &str, network: &str) -> Expr {
    test(field, Predicate::Within { any: vec![network.parse().unwrap()] })
}

pub(crate) fn regex(field: &str, pattern: &str) -> Expr {
    test(field, Predicate::Regex(Regex::new(&regex_syntax::parse(pattern).unwrap()).unwrap()))
}
