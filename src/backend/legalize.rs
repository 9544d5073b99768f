//! Legalizing: rewriting a formula until every test of it can be said by a text of the target.
//!
//! Each value of a test goes its own way: values that a form can say stay together, the others are
//! rewritten as the list of ways tells, and the result is legalized again. The formula that comes out means
//! the same on all records within the assumptions. Deliberately absent: text, and order of choice (data).

use super::choose::{Choice, Chooser, Field, Question, Why, pattern_key, test_key, value_of};
use super::descriptor::Key;
use super::literal::Value;
use super::refuse::{Refusal, network_pattern};
use crate::ir::{self, Expr, Predicate, Subject, Test};
use crate::source::Place;
use crate::storage::Assumption;
use ipnet::IpNet;

/// A formula that the target can say, and what the rewrites assume.
pub(super) type Legal = (Expr, Vec<Assumption>);

impl Chooser<'_> {
    /// The formula in terms that the stage can say.
    ///
    /// # Errors
    /// The first test that it cannot say in any way.
    pub(super) fn legalize(&self, expr: &Expr) -> Result<Legal, Refusal> {
        let mut assumptions = Vec::new();
        let legal = self.legal(expr, &mut assumptions)?;
        Ok((legal, assumptions))
    }

    fn legal(&self, expr: &Expr, assumptions: &mut Vec<Assumption>) -> Result<Expr, Refusal> {
        let mut all = |children: &[Expr]| children.iter().map(|child| self.legal(child, assumptions)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::True => Expr::True,
            Expr::False => Expr::False,
            Expr::And(children) => Expr::and(all(children)?),
            Expr::Or(children) => Expr::or(all(children)?),
            Expr::Not(child) => Expr::not(self.legal(child, assumptions)?),
            Expr::Test(test) => {
                let (legal, needed) = self.legal_test(test)?;
                assumptions.extend(needed);
                legal
            }
        })
    }

    /// One test in terms that the stage can say.
    ///
    /// # Errors
    /// The first value that it cannot say in any way.
    pub(super) fn legal_test(&self, test: &Test) -> Result<Legal, Refusal> {
        let Subject::Field(name) = &test.subject else { return Ok((Expr::Test(test.clone()), Vec::new())) };
        let Some(field) = self.field(name) else { return Ok((Expr::Test(test.clone()), Vec::new())) };
        match &test.predicate {
            Predicate::Like { any, case } => {
                let one = |value: &ir::Value| self.legal_pattern(test, &field, value, *case);
                together(test, any.iter().map(one).collect::<Result<Vec<_>, _>>()?)
            }
            Predicate::Within { any } => {
                let one = |net: &IpNet| self.legal_network(test, &field, net);
                together(test, any.iter().map(one).collect::<Result<Vec<_>, _>>()?)
            }
            Predicate::Regex(_)
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. } => self.single(test, &field),
        }
    }

    /// A test on one thing: some form says it as it is, or an expression is rewritten.
    fn single(&self, test: &Test, field: &Field) -> Result<Legal, Refusal> {
        let Some((key, case)) = test_key(test) else { return Err(Refusal::of_kind(field, test.place)) };
        let other = self.other_field(test);
        let question = Question { key, field, other: other.as_ref(), value: value_of(test), case };
        let rewritten = self.first(&question, test.place, |rewrite| match &test.predicate {
            Predicate::Regex(regex) => rewrite.regex(regex, test.place).map(|p| on(test, p)),
            Predicate::Like { .. }
            | Predicate::Within { .. }
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. } => None,
        })?;
        Ok(rewritten.unwrap_or_else(|| (Expr::Test(test.clone()), Vec::new())))
    }

    fn legal_pattern(&self, test: &Test, field: &Field, value: &ir::Value, case: ir::Case) -> Result<Part, Refusal> {
        let question =
            Question { key: pattern_key(&value.pattern), field, other: None, value: Value::Pattern(&value.pattern), case: Some(case) };
        let place = if value.place.is_somewhere() { value.place } else { test.place };
        let rewritten = self.first(&question, place, |rewrite| rewrite.pattern(&value.pattern, case, value.place).map(|p| on(test, p)))?;
        Ok(rewritten.map_or_else(|| Part::Kept(Predicate::Like { any: vec![value.clone()], case }), Part::Rewritten))
    }

    fn legal_network(&self, test: &Test, field: &Field, net: &IpNet) -> Result<Part, Refusal> {
        let shown = network_pattern(net);
        let question = Question { key: Key::Cidr, field, other: None, value: Value::Pattern(&shown), case: None };
        let rewritten = self.first(&question, test.place, |rewrite| rewrite.network(net, test.place).map(|p| on(test, p)))?;
        Ok(rewritten.map_or_else(|| Part::Kept(Predicate::Within { any: vec![*net] }), Part::Rewritten))
    }

    /// `None` where a form says the value as it is, else the first rewrite whose result can be said.
    fn first(
        &self,
        question: &Question<'_>,
        place: Place,
        rewritten: impl Fn(super::rewrite::Rewrite) -> Option<Test>,
    ) -> Result<Option<Legal>, Refusal> {
        let mut why = Why::NoWay;
        for choice in self.choices(question) {
            let failed = match choice {
                Ok(Choice::Form(..)) => return Ok(None),
                Ok(Choice::Rewrite(rewrite, assumptions)) => match rewritten(rewrite).map(|test| self.legal_test(&test)) {
                    Some(Ok((legal, more))) => return Ok(Some((legal, [assumptions, more].concat()))),
                    Some(Err(refusal)) => refusal.why,
                    None => Why::NoRewrite,
                },
                Err(failed) => failed,
            };
            if failed.weight() > why.weight() {
                why = failed;
            }
        }
        Err(Refusal::new(question, why, place))
    }
}

/// What became of one value of a test.
enum Part {
    /// It is said as it is.
    Kept(Predicate),
    /// It is said by other means.
    Rewritten(Legal),
}

fn on(test: &Test, predicate: Predicate) -> Test {
    Test { subject: test.subject.clone(), predicate, place: test.place }
}

/// The disjunction of the parts of a test: values that belong together merge, since "some value in L1 or
/// some value in L2" is "some value in L1 ∪ L2".
fn together(test: &Test, parts: Vec<Part>) -> Result<Legal, Refusal> {
    let mut assumptions = Vec::new();
    let mut merged: Vec<Expr> = Vec::new();
    for part in parts {
        match part {
            Part::Kept(predicate) => merge(&mut merged, Expr::Test(on(test, predicate))),
            Part::Rewritten((Expr::Or(children), more)) => {
                children.into_iter().for_each(|child| merge(&mut merged, child));
                assumptions.extend(more);
            }
            Part::Rewritten((legal, more)) => {
                merge(&mut merged, legal);
                assumptions.extend(more);
            }
        }
    }
    Ok((Expr::or(merged), assumptions))
}

/// Adds one alternative, into a list of values of the same kind where there is one.
pub(super) fn merge(merged: &mut Vec<Expr>, next: Expr) {
    if let Expr::Test(next) = &next {
        let absorbs = |expr: &mut Expr| match expr {
            Expr::Test(known) => known.subject == next.subject && absorb(&mut known.predicate, &next.predicate),
            Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => false,
        };
        if merged.iter_mut().any(absorbs) {
            return;
        }
    }
    merged.push(next);
}

fn absorb(known: &mut Predicate, next: &Predicate) -> bool {
    match (known, next) {
        (Predicate::Like { any, case }, Predicate::Like { any: more, case: same }) if case == same => {
            any.extend(more.iter().cloned());
            true
        }
        (Predicate::Within { any }, Predicate::Within { any: more }) => {
            any.extend(more);
            true
        }
        (known, next) => known == next,
    }
}
