//! Stages: what each of a target's languages says of a formula, and what it leaves to the next.
//!
//! A target is a list of stages that an event passes one after the other (Splunk: `search`, then `where`).
//! [`plan`] gives every stage but the last the strongest superset of the formula that it can say, and the
//! last one what is not exact by then, so that all stages together mean the formula. The same function
//! ([`Chooser::nearest`]) writes what is not exact at all, where that is allowed. Under a negation a superset
//! becomes a subset. Deliberately absent: text.

use super::choose::{Chooser, Why};
use super::cover::cover;
use super::refuse::Refusal;
use super::weaken::Weakening;
use super::{Approximation, Direction};
use crate::ir::{self, Case, Expr, Pattern, Predicate, Subject, Test};
use crate::source::Place;
use crate::storage::Assumption;

/// What a stage says of a formula.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) expr: Expr,
    pub(super) assumptions: Vec<Assumption>,
    /// What was replaced; nothing where the stage says the formula exactly.
    pub(super) changes: Vec<Change>,
}

/// A test that a stage cannot say, and what it says instead.
#[derive(Debug, Clone)]
pub(super) struct Change {
    refusal: Refusal,
    by: Expr,
}

/// What all stages say, in their order.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The formula of each stage.
    pub(super) formulas: Vec<Expr>,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) approximation: Option<Approximation>,
}

/// Shares a formula out among stages, the last of which has to say exactly what the others do not; or says it
/// in the first of the allowed directions that says something.
///
/// # Errors
/// What the last stage cannot say.
pub(super) fn plan(target: &str, stages: &[Chooser<'_>], allowed: &[Direction], expr: &Expr) -> Result<Plan, Refusal> {
    let Some((last, earlier)) = stages.split_last() else {
        return Ok(Plan { formulas: Vec::new(), assumptions: Vec::new(), approximation: None });
    };
    let mut plan = Plan { formulas: Vec::new(), assumptions: Vec::new(), approximation: None };
    let mut rest = expr.clone();
    for stage in earlier {
        let (formula, left) = stage.share(rest, &mut plan.assumptions);
        plan.formulas.push(formula);
        rest = left;
    }
    match last.legalize(&rest) {
        Ok((legal, more)) => {
            plan.assumptions.extend(more);
            plan.formulas.push(legal);
        }
        Err(refusal) => {
            let (said, direction) = last.approximate(&rest, allowed).ok_or(refusal)?;
            plan.assumptions.extend(said.assumptions);
            let because = said.changes.iter().map(|change| change.refusal.replaced(target, &change.by)).collect();
            plan.approximation = Some(Approximation { direction, because });
            // What an earlier stage says already is not said again.
            let repeats = plan.formulas.iter().any(|formula| *formula == said.expr);
            plan.formulas.push(if repeats { Expr::True } else { said.expr });
        }
    }
    Ok(plan)
}

impl Chooser<'_> {
    /// What this stage says, and what is left: of the conjuncts those that it says exactly are not left.
    fn share(&self, expr: Expr, assumptions: &mut Vec<Assumption>) -> (Expr, Expr) {
        let conjuncts = if let Expr::And(children) = expr { children } else { vec![expr] };
        let (mut own, mut left) = (Vec::new(), Vec::new());
        for conjunct in conjuncts {
            let said = self.nearest(&conjunct, Direction::Over);
            match conjunct {
                _ if said.changes.is_empty() => {
                    assumptions.extend(said.assumptions);
                    own.push((said.expr, Origin::Rule));
                }
                Expr::Not(inner) => match *inner {
                    Expr::Or(children) => {
                        let (none_of, open) = self.share_alternatives(children, assumptions);
                        own.push((none_of, Origin::Weakened));
                        left.push(open);
                    }
                    inner => {
                        assumptions.extend(said.assumptions);
                        own.push((said.expr, Origin::Weakened));
                        left.push(Expr::not(inner));
                    }
                },
                conjunct => {
                    assumptions.extend(said.assumptions);
                    own.push((said.expr, Origin::Weakened));
                    left.push(conjunct);
                }
            }
        }
        (conjunction(own), Expr::and(left))
    }

    /// "None of these": said of those that the stage can say, left for the others.
    fn share_alternatives(&self, alternatives: Vec<Expr>, assumptions: &mut Vec<Assumption>) -> (Expr, Expr) {
        let (mut own, mut left) = (Vec::new(), Vec::new());
        for alternative in alternatives {
            let said = self.nearest(&alternative, Direction::Under);
            assumptions.extend(said.assumptions);
            own.push(said.expr);
            if !said.changes.is_empty() {
                left.push(alternative);
            }
        }
        (Expr::not(Expr::or(own)), Expr::not(Expr::or(left)))
    }

    /// The formula in the first allowed direction in which it still says something.
    fn approximate(&self, expr: &Expr, allowed: &[Direction]) -> Option<(Said, Direction)> {
        let says_something = |said: &Said| !matches!(said.expr, Expr::True | Expr::False);
        allowed.iter().map(|&direction| (self.nearest(expr, direction), direction)).find(|(said, _)| says_something(said))
    }

    /// The strongest superset (or the weakest subset) of a formula that the stage can say.
    pub(super) fn nearest(&self, expr: &Expr, direction: Direction) -> Said {
        let mut nearing = Nearing { chooser: self, assumptions: Vec::new(), changes: Vec::new() };
        let expr = nearing.expr(expr, direction);
        Said { expr, assumptions: nearing.assumptions, changes: nearing.changes }
    }
}

/// Where a conjunct of an earlier stage comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It is what the rule says.
    Rule,
    /// It is weaker, and there to find events faster.
    Weakened,
}

/// The conjunction without weaker conjuncts that others imply: repetitions, and presence beside a test.
fn conjunction(conjuncts: Vec<(Expr, Origin)>) -> Expr {
    let mut flat: Vec<(Expr, Origin)> = Vec::new();
    for (conjunct, origin) in conjuncts {
        match conjunct {
            Expr::And(children) => flat.extend(children.into_iter().map(|child| (child, origin))),
            Expr::True | Expr::False | Expr::Or(_) | Expr::Not(_) | Expr::Test(_) => flat.push((conjunct, origin)),
        }
    }
    let is_superfluous = |index: usize, conjunct: &Expr| {
        flat.iter().enumerate().any(|(other, (known, origin))| {
            let repeated = known == conjunct && (other < index || *origin == Origin::Rule);
            other != index && (repeated || implies_presence(known, conjunct))
        })
    };
    let superfluous: Vec<bool> =
        flat.iter().enumerate().map(|(index, (conjunct, origin))| *origin == Origin::Weakened && is_superfluous(index, conjunct)).collect();
    let kept = flat.into_iter().zip(superfluous).filter(|(_, superfluous)| !superfluous);
    Expr::and(kept.map(|((conjunct, _), _)| conjunct))
}

/// Whether the second is presence of a field of which the first is another test.
fn implies_presence(known: &Expr, conjunct: &Expr) -> bool {
    match (known, conjunct) {
        (Expr::Test(known), Expr::Test(presence)) => {
            presence.predicate == Predicate::Exists && known.predicate != Predicate::Exists && known.subject == presence.subject
        }
        (Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Test(_), _) => false,
    }
}

/// A walk over a formula towards one that the stage can say.
struct Nearing<'n, 'c> {
    chooser: &'n Chooser<'c>,
    assumptions: Vec<Assumption>,
    changes: Vec<Change>,
}

impl Nearing<'_, '_> {
    fn expr(&mut self, expr: &Expr, direction: Direction) -> Expr {
        match expr {
            Expr::True | Expr::False => expr.clone(),
            Expr::And(children) => Expr::and(children.iter().map(|child| self.expr(child, direction)).collect::<Vec<_>>()),
            Expr::Or(children) => self.alternatives(children, direction),
            Expr::Not(child) => Expr::not(self.expr(child, direction.opposite())),
            Expr::Test(test) => match self.chooser.legal_test(test) {
                Ok((legal, more)) => {
                    self.assumptions.extend(more);
                    legal
                }
                Err(refusal) => self.test(test, direction, refusal),
            },
        }
    }

    /// Alternatives; as soon as one is replaced, values of one field that are said alike stand together.
    fn alternatives(&mut self, children: &[Expr], direction: Direction) -> Expr {
        let before = self.changes.len();
        let said: Vec<Expr> = children.iter().map(|child| self.expr(child, direction)).collect();
        if self.changes.len() == before {
            return Expr::or(said);
        }
        let mut merged = Vec::new();
        for alternative in said {
            let parts = if let Expr::Or(parts) = alternative { parts } else { vec![alternative] };
            parts.into_iter().for_each(|part| merge_once(&mut merged, part));
        }
        Expr::or(merged)
    }

    /// A test that cannot be said as it is: value by value.
    fn test(&mut self, test: &Test, direction: Direction, refusal: Refusal) -> Expr {
        let parts: Vec<Test> = match &test.predicate {
            Predicate::Like { any, case } => any.iter().map(|value| on(test, one(&value.pattern, value.place, *case))).collect(),
            Predicate::Within { any } => any.iter().map(|network| on(test, Predicate::Within { any: vec![*network] })).collect(),
            Predicate::Regex(_)
            | Predicate::Compare { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists
            | Predicate::Relates { .. } => return self.single(test, direction, refusal),
        };
        let mut said: Vec<Expr> = Vec::new();
        for part in &parts {
            match self.chooser.legal_test(part) {
                Ok((legal, more)) => {
                    self.assumptions.extend(more);
                    super::legalize::merge(&mut said, legal);
                }
                Err(refusal) => match self.single(part, direction, refusal) {
                    // One value that may be anything makes the list presence.
                    Expr::True => return Expr::True,
                    Expr::Test(presence) if presence.predicate == Predicate::Exists => return Expr::Test(presence),
                    Expr::Or(children) => children.into_iter().for_each(|child| merge_once(&mut said, child)),
                    weaker => merge_once(&mut said, weaker),
                },
            }
        }
        Expr::or(said)
    }

    /// A test on one value that cannot be said.
    fn single(&mut self, test: &Test, direction: Direction, refusal: Refusal) -> Expr {
        let by = match direction {
            Direction::Under => Expr::False,
            Direction::Over => self.weaker(test, &refusal.why),
        };
        self.changes.push(Change { refusal, by: by.clone() });
        by
    }

    fn weaker(&mut self, test: &Test, why: &Why) -> Expr {
        let found = match &test.predicate {
            Predicate::Like { any, case } => match any.as_slice() {
                [value] => self.looser(test, &value.pattern, *case, why),
                _ => None,
            },
            Predicate::Regex(regex) => cover(regex).and_then(|patterns| self.covered(test, &patterns)),
            Predicate::Relates { other, .. } => {
                let other = Test { subject: Subject::Field(other.clone()), predicate: Predicate::Exists, place: test.place };
                return Expr::and([self.presence(test), self.presence(&other)]);
            }
            Predicate::Within { .. } | Predicate::Compare { .. } | Predicate::Order { .. } | Predicate::Kind(_) | Predicate::Exists => None,
        };
        found.unwrap_or_else(|| self.presence(test))
    }

    /// The first weakening of a pattern that can be said, each on top of the ones before.
    fn looser(&mut self, test: &Test, pattern: &Pattern, case: Case, why: &Why) -> Option<Expr> {
        let (mut pattern, mut case, mut why) = (pattern.clone(), case, why.clone());
        for weakening in Weakening::ALL {
            while let Some((weaker, looser)) = weakening.apply(&pattern, case, &why) {
                (pattern, case) = (weaker, looser);
                match self.chooser.legal_test(&on(test, one(&pattern, test.place, case))) {
                    Ok(legal) => return Some(self.taken(legal)),
                    Err(refusal) => why = refusal.why,
                }
            }
        }
        None
    }

    /// Each of the patterns as it is or weaker; nothing where one of them says nothing.
    fn covered(&mut self, test: &Test, patterns: &[(Pattern, Case)]) -> Option<Expr> {
        let mut said = Vec::new();
        for (pattern, case) in patterns {
            let expr = match self.chooser.legal_test(&on(test, one(pattern, test.place, *case))) {
                Ok(legal) => self.taken(legal),
                Err(refusal) => self.looser(test, pattern, *case, &refusal.why)?,
            };
            merge_once(&mut said, expr);
        }
        Some(Expr::or(said))
    }

    /// The presence of the field of a test, or nothing at all.
    fn presence(&mut self, test: &Test) -> Expr {
        self.chooser.legal_test(&on(test, Predicate::Exists)).map_or(Expr::True, |legal| self.taken(legal))
    }

    fn taken(&mut self, (legal, more): super::legalize::Legal) -> Expr {
        self.assumptions.extend(more);
        legal
    }
}

/// Adds one alternative without the values that are among the others already.
fn merge_once(merged: &mut Vec<Expr>, next: Expr) {
    let Expr::Test(Test { subject, predicate: Predicate::Like { any, case }, place }) = next else {
        if !merged.contains(&next) {
            super::legalize::merge(merged, next);
        }
        return;
    };
    let holds = |expr: &Expr, value: &ir::Value| match expr {
        Expr::Test(Test { subject: same, predicate: Predicate::Like { any, case: alike }, .. }) => {
            *same == subject && *alike == case && any.iter().any(|known| known.pattern == value.pattern)
        }
        Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Test(_) => false,
    };
    for value in any {
        if !merged.iter().any(|expr| holds(expr, &value)) {
            let predicate = Predicate::Like { any: vec![value], case };
            super::legalize::merge(merged, Expr::Test(Test { subject: subject.clone(), predicate, place }));
        }
    }
}

fn on(test: &Test, predicate: Predicate) -> Test {
    Test { subject: test.subject.clone(), predicate, place: test.place }
}

fn one(pattern: &Pattern, place: Place, case: Case) -> Predicate {
    Predicate::Like { any: vec![ir::Value { pattern: pattern.clone(), place }], case }
}
