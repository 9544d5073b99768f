//! Formulas as readers like to see them: the few rewrites that undo how SQL has to say a simple thing.
//!
//! Each is an equivalence on records, where a column holds at most one value. Deliberately absent: everything
//! that verification decides anyway.

use crate::ir::{Case, Expr, Kind, Pattern, Predicate, Relation, Subject, Test, Value};
use crate::source::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The conjunction. Where it says that a column holds a number, what only texts satisfy is dropped: this is
/// how `f > 5 AND f <= 9e999` says "a number above 5".
pub(super) fn and(parts: Vec<Expr>, numeric: &BTreeSet<Arc<str>>) -> Expr {
    let children = conjuncts(Expr::and(parts));
    let numbers: BTreeSet<Arc<str>> = children.iter().filter_map(is_number).collect();
    if numbers.is_empty() {
        return Expr::and(children);
    }
    let children: Vec<Expr> = children.into_iter().map(|child| without_texts(child, &numbers)).collect();
    let compared: BTreeSet<Arc<str>> = children.iter().filter_map(compared_field).filter(|field| numeric.contains(field)).collect();
    Expr::and(children.into_iter().filter(|child| is_number(child).is_none_or(|field| !compared.contains(&field))))
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
    let only_texts = |child: &Expr| {
        let text = as_test(child).filter(|test| test.predicate == Predicate::Kind(Kind::Text));
        text.and_then(field).is_some_and(|field| numbers.contains(&field))
    };
    Expr::or(disjuncts(expr).into_iter().filter(|child| !only_texts(child)))
}

fn compared_field(expr: &Expr) -> Option<Arc<str>> {
    as_test(expr).filter(|test| matches!(test.predicate, Predicate::Compare { .. })).and_then(field)
}

fn conjuncts(expr: Expr) -> Vec<Expr> {
    if let Expr::And(children) = expr { children } else { vec![expr] }
}

fn disjuncts(expr: Expr) -> Vec<Expr> {
    if let Expr::Or(children) = expr { children } else { vec![expr] }
}

fn as_test(expr: &Expr) -> Option<&Test> {
    if let Expr::Test(test) = expr { Some(test) } else { None }
}

fn field(test: &Test) -> Option<Arc<str>> {
    match &test.subject {
        Subject::Field(field) => Some(field.clone()),
        Subject::AnyLeaf | Subject::Raw => None,
    }
}

/// The disjunction. A suffix test that was guarded against the empty text is the suffix test.
pub(super) fn or(parts: Vec<Expr>) -> Expr {
    let mut children = disjuncts(Expr::or(parts));
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

/// The suffix test in "suffix, and (the other text is not empty or this one is)", possibly with "the other
/// text is not empty" once more.
fn suffix_of_longer(expr: &Expr) -> Option<Test> {
    let Expr::And(children) = expr else { return None };
    let suffix =
        children.iter().filter_map(as_test).find(|test| matches!(test.predicate, Predicate::Relates { how: Relation::Suffix, .. }))?;
    let (own, other) = related(suffix)?;
    let not_empty = |expr: &Expr| matches!(expr, Expr::Not(inner) if is_empty_text(inner, &other));
    let guard = |expr: &Expr| {
        let parts = if let Expr::Or(parts) = expr { parts.as_slice() } else { std::slice::from_ref(expr) };
        parts.iter().all(|part| not_empty(part) || is_empty_text(part, &own)) && parts.iter().any(not_empty)
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
    let Predicate::Relates { other, .. } = &suffix.predicate else { return None };
    Some((field(suffix)?, other.clone()))
}

fn is_empty_text(expr: &Expr, of: &Arc<str>) -> bool {
    let Some(Test { predicate: Predicate::Like { any, .. }, .. }) = as_test(expr) else { return false };
    as_test(expr).and_then(field).as_ref() == Some(of) && any.iter().all(|value| value.pattern == Pattern::default())
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
    let mut present = BTreeSet::new();
    let mut rest = Vec::new();
    for child in parts.into_iter().flat_map(conjuncts) {
        let exists = as_test(&child).filter(|test| test.predicate == Predicate::Exists).and_then(field);
        if let Expr::Not(inner) = child {
            rest.extend(lists.take(*inner).map(Expr::not));
        } else if exists.is_none_or(|field| present.insert(field)) {
            rest.push(child);
        }
    }
    Expr::and(rest.into_iter().chain(lists.tests().map(Expr::not)))
}

/// Lists of values, by field and case relation.
#[derive(Default)]
struct Lists(BTreeMap<(Subject, Case), (Vec<Value>, Place)>);

impl Lists {
    /// Takes a test on values; gives back anything else.
    fn take(&mut self, expr: Expr) -> Option<Expr> {
        let Expr::Test(Test { subject, predicate: Predicate::Like { any, case }, place }) = expr else { return Some(expr) };
        let any = any.into_iter().map(|value| if value.place.is_somewhere() { value } else { Value { place, ..value } });
        self.0.entry((subject, case)).or_insert_with(|| (Vec::new(), place)).0.extend(any);
        None
    }

    fn tests(self) -> impl Iterator<Item = Expr> {
        self.0.into_iter().map(|((subject, case), (any, place))| Expr::test(subject, Predicate::Like { any, case }, place))
    }
}
