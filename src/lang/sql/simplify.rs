//! Formulas as readers like to see them: the few rewrites that undo how SQL has to say a simple thing.
//!
//! Each is an equivalence on records, where a column holds at most one value. Deliberately absent: everything
//! that verification decides anyway.

use crate::ir::{Expr, Kind, Pattern, Predicate, Relation, Subject, Test, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The conjunction. Where it says that a column holds a number, what only texts satisfy is dropped: this is
/// how `f > 5 AND f <= 9e999` says "a number above 5".
pub(super) fn and(parts: Vec<Expr>, numeric: &BTreeSet<Arc<str>>) -> Expr {
    match Expr::and(parts) {
        Expr::And(children) => {
            let numbers: BTreeSet<Arc<str>> = children.iter().filter_map(is_number).collect();
            if numbers.is_empty() {
                return Expr::and(children);
            }
            let children: Vec<Expr> = children.into_iter().map(|child| without_texts(child, &numbers)).collect();
            let compared: BTreeSet<Arc<str>> = children.iter().filter_map(compared_field).filter(|field| numeric.contains(field)).collect();
            Expr::and(children.into_iter().filter(|child| is_number(child).is_none_or(|field| !compared.contains(&field))))
        }
        other => other,
    }
}

/// The field of which a formula says that it holds a number.
fn is_number(expr: &Expr) -> Option<Arc<str>> {
    let Expr::Or(kinds) = expr else { return None };
    match kinds.as_slice() {
        [Expr::Test(a), Expr::Test(b)] => {
            let (Predicate::Kind(Kind::Integer), Predicate::Kind(Kind::Real)) = (&a.predicate, &b.predicate) else { return None };
            field(a).filter(|_| a.subject == b.subject)
        }
        _ => None,
    }
}

fn without_texts(expr: Expr, numbers: &BTreeSet<Arc<str>>) -> Expr {
    let only_texts = |child: &Expr| match child {
        Expr::Test(test) if test.predicate == Predicate::Kind(Kind::Text) => field(test).is_some_and(|field| numbers.contains(&field)),
        _ => false,
    };
    match expr {
        Expr::Or(children) => Expr::or(children.into_iter().filter(|child| !only_texts(child))),
        other => other,
    }
}

fn compared_field(expr: &Expr) -> Option<Arc<str>> {
    match expr {
        Expr::Test(test) if matches!(test.predicate, Predicate::Compare { .. }) => field(test),
        _ => None,
    }
}

fn field(test: &Test) -> Option<Arc<str>> {
    match &test.subject {
        Subject::Field(field) => Some(field.clone()),
        Subject::AnyLeaf | Subject::Raw => None,
    }
}

/// The disjunction. A suffix test that was guarded against the empty text is the suffix test.
pub(super) fn or(parts: Vec<Expr>) -> Expr {
    match Expr::or(parts) {
        Expr::Or(mut children) => {
            let found = children.iter().enumerate().find_map(|(at, child)| {
                let suffix = suffix_of_longer(child)?;
                let other = children.iter().position(|other| suffix_empty(other, &suffix))?;
                Some((at, other, suffix))
            });
            if let Some((at, other, suffix)) = found {
                children.push(Expr::Test(suffix));
                children.swap_remove(at.max(other));
                children.swap_remove(at.min(other));
            }
            Expr::or(children)
        }
        other => other,
    }
}

/// The suffix test in "suffix, and (the other text is not empty or this one is)", possibly with "the other
/// text is not empty" once more.
fn suffix_of_longer(expr: &Expr) -> Option<Test> {
    let Expr::And(children) = expr else { return None };
    let suffix = children.iter().find_map(|child| match child {
        Expr::Test(test) if matches!(test.predicate, Predicate::Relates { how: Relation::Suffix, .. }) => Some(test),
        _ => None,
    })?;
    let (own, other) = related(suffix)?;
    let not_empty = |expr: &Expr| matches!(expr, Expr::Not(inner) if is_empty_text(inner, &other));
    let guard = |expr: &Expr| match expr {
        Expr::Or(parts) => parts.iter().all(|part| not_empty(part) || is_empty_text(part, &own)) && parts.iter().any(not_empty),
        _ => not_empty(expr),
    };
    let rest: Vec<&Expr> = children.iter().filter(|child| !matches!(child, Expr::Test(test) if test == suffix)).collect();
    (!rest.is_empty() && rest.into_iter().all(guard)).then(|| suffix.clone())
}

/// "The other text is empty, and this one is there."
fn suffix_empty(expr: &Expr, suffix: &Test) -> bool {
    let (Expr::And(children), Some((own, other))) = (expr, related(suffix)) else { return false };
    let exists = |expr: &Expr| matches!(expr, Expr::Test(test) if test.predicate == Predicate::Exists && field(test) == Some(own.clone()));
    match children.as_slice() {
        [a, b] => (exists(a) && is_empty_text(b, &other)) || (exists(b) && is_empty_text(a, &other)),
        _ => false,
    }
}

fn related(suffix: &Test) -> Option<(Arc<str>, Arc<str>)> {
    match &suffix.predicate {
        Predicate::Relates { other, .. } => Some((field(suffix)?, other.clone())),
        _ => None,
    }
}

fn is_empty_text(expr: &Expr, of: &Arc<str>) -> bool {
    match expr {
        Expr::Test(test) => match &test.predicate {
            Predicate::Like { any, .. } => {
                field(test).as_ref() == Some(of) && any.iter().all(|value| value.pattern == Pattern::default()) && !any.is_empty()
            }
            _ => false,
        },
        _ => false,
    }
}

/// One of these: values that one field may have become one list.
pub(super) fn any_of(parts: Vec<Expr>) -> Expr {
    let mut lists = Lists::default();
    let rest: Vec<Expr> = parts.into_iter().filter_map(|part| lists.take(part)).collect();
    Expr::or(lists.tests().chain(rest))
}

/// None of these: values that one field may not have become one list.
pub(super) fn none_of(parts: Vec<Expr>) -> Expr {
    let mut lists = Lists::default();
    let mut seen = BTreeSet::new();
    let mut rest = Vec::new();
    for part in parts {
        let children = match part {
            Expr::And(children) => children,
            other => vec![other],
        };
        for child in children {
            match child {
                Expr::Not(inner) => rest.extend(lists.take(*inner).map(Expr::not)),
                child if seen.insert(child.clone()) => rest.push(child),
                _ => {}
            }
        }
    }
    Expr::and(rest.into_iter().chain(lists.tests().map(Expr::not)))
}

/// Lists of values, by field and case relation.
#[derive(Default)]
struct Lists(BTreeMap<(Subject, crate::ir::Case), (Vec<Value>, crate::source::Place)>);

impl Lists {
    /// Takes a test on values; gives back anything else.
    fn take(&mut self, expr: Expr) -> Option<Expr> {
        match expr {
            Expr::Test(Test { subject, predicate: Predicate::Like { any, case }, place }) => {
                let any = any.into_iter().map(|value| if value.place.is_somewhere() { value } else { Value { place, ..value } });
                self.0.entry((subject, case)).or_insert_with(|| (Vec::new(), place)).0.extend(any);
                None
            }
            other => Some(other),
        }
    }

    fn tests(self) -> impl Iterator<Item = Expr> {
        self.0.into_iter().map(|((subject, case), (any, place))| Expr::test(subject, Predicate::Like { any, case }, place))
    }
}
