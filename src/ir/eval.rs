//! A second, tiny evaluator: formulas on events. It locates the arrow that broke a query, and holds every
//! rewrite to account; the judge of what a rule means is the reference evaluator, which does not know this
//! module. Deliberately absent: any optimisation that a reader of these lines would have to trust.

use super::{Expr, Kind, Predicate, Relation, Subject, Test};
use crate::event::{Event, Member};
use crate::text::fold::{Case, fold_text};
use crate::text::ip;
use crate::text::number::Decimal;
use crate::text::time::{self, Time};

/// Whether the formula holds for the event.
pub fn matches(expr: &Expr, event: &Event) -> bool {
    match expr {
        Expr::True => true,
        Expr::False => false,
        Expr::And(children) => children.iter().all(|child| matches(child, event)),
        Expr::Or(children) => children.iter().any(|child| matches(child, event)),
        Expr::Not(child) => !matches(child, event),
        Expr::Test(test) => matches_test(test, event),
    }
}

/// Whether some member of the test's subject satisfies its predicate.
pub fn matches_test(test: &Test, event: &Event) -> bool {
    match &test.subject {
        Subject::Field(name) => event.field(name).into_iter().any(|member| satisfies(member, &test.predicate, event)),
        Subject::AnyLeaf => event.leaves().into_iter().any(|member| satisfies(member, &test.predicate, event)),
        Subject::Raw => {
            let raw = serde_json::Value::Object(event.root().clone()).to_string();
            satisfies(Member::Text(&raw), &test.predicate, event)
        }
    }
}

/// Whether one member satisfies a predicate; the event is where another field is looked up.
pub fn satisfies(member: Member<'_>, predicate: &Predicate, event: &Event) -> bool {
    match predicate {
        Predicate::Exists => true,
        Predicate::Kind(kind) => kind_of(member) == Some(*kind),
        Predicate::Like { any, case } => on_text(member, |text| any.iter().any(|value| value.pattern.matches(text, *case))),
        Predicate::Regex(regex) => on_text(member, |text| regex.is_match(text)),
        Predicate::Within { any } => on_text(member, |text| ip::within(text, any)),
        Predicate::Compare { op, number } => {
            on_text(member, |text| Decimal::parse(text).is_some_and(|value| op.accepts(value.cmp(number))))
        }
        Predicate::TimePart { part, op, number } => {
            let is_so = |time: Time| op.accepts(Decimal::from(time.part(*part)).cmp(number));
            on_text(member, |text| time::parse(text).is_some_and(is_so))
        }
        Predicate::Order { op, text, case } => on_text(member, |own| op.accepts(fold_text(own, *case).cmp(&fold_text(text, *case)))),
        Predicate::Relates { other, how, case } => on_text(member, |text| {
            let others = event.field(other);
            others.into_iter().filter_map(Member::canonical).any(|other| relates(text, &other, *how, *case))
        }),
    }
}

fn on_text(member: Member<'_>, test: impl FnOnce(&str) -> bool) -> bool {
    member.canonical().is_some_and(|text| test(&text))
}

fn kind_of(member: Member<'_>) -> Option<Kind> {
    match member {
        Member::Text(_) => Some(Kind::Text),
        Member::Number(number) if number.as_str().contains(['.', 'e', 'E']) => Some(Kind::Real),
        Member::Number(_) => Some(Kind::Integer),
        Member::Boolean(_) => Some(Kind::Boolean),
        Member::Object => None,
    }
}

fn relates(text: &str, other: &str, how: Relation, case: Case) -> bool {
    let (text, other) = (fold_text(text, case), fold_text(other, case));
    match how {
        Relation::Equal => text == other,
        Relation::Prefix => text.starts_with(&other),
        Relation::Suffix => text.ends_with(&other),
        Relation::Infix => text.contains(&other),
    }
}
