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
/// in the first of the allowed directions in which it still says something.
///
/// # Errors
/// What the last stage cannot say.
pub(super) fn plan(target: &str, stages: &[Chooser<'_>], allowed: &[Direction], expr: &Expr) -> Result<Plan, Refusal> {
    let mut plan = Plan { formulas: Vec::new(), assumptions: Vec::new(), approximation: None };
    let Some((last, earlier)) = stages.split_last() else { return Ok(plan) };
    let (mut exact, mut left) = (Vec::new(), expr.clone());
    for stage in earlier {
        let shared = stage.share(left);
        plan.formulas.push(shared.formula);
        plan.assumptions.extend(shared.assumptions);
        exact.extend(shared.exact);
        left = Expr::and(shared.left);
    }
    match last.legalize(&left) {
        Ok((legal, more)) => {
            plan.assumptions.extend(more);
            plan.formulas.push(legal);
            Ok(plan)
        }
        Err(refusal) => allowed.iter().find_map(|&direction| approximate(target, stages, direction, &exact, &left)).ok_or(refusal),
    }
}

/// The plan for a formula in which the conjuncts that no stage says are replaced, if anything is left of it.
fn approximate(target: &str, stages: &[Chooser<'_>], direction: Direction, exact: &[Expr], open: &Expr) -> Option<Plan> {
    let said = stages.last()?.nearest(open, direction);
    let near = Expr::and(exact.iter().cloned().chain([said.expr]));
    if matches!(near, Expr::True | Expr::False) {
        return None;
    }
    let mut plan = plan(target, stages, &[], &near).ok()?;
    plan.assumptions.extend(said.assumptions);
    let because = said.changes.iter().map(|change| change.refusal.replaced(target, &change.by)).collect();
    plan.approximation = Some(Approximation { direction, because });
    Some(plan)
}

/// A formula as a stage that is not the last shares it with the next.
#[derive(Debug, Clone)]
struct Shared {
    formula: Expr,
    assumptions: Vec<Assumption>,
    /// The conjuncts that the stage says exactly, in terms that it can say.
    exact: Vec<Expr>,
    /// The others, as they were.
    left: Vec<Expr>,
}

impl Chooser<'_> {
    /// What this stage says, and what is left.
    fn share(&self, expr: Expr) -> Shared {
        let conjuncts = if let Expr::And(children) = expr { children } else { vec![expr] };
        let mut shared = Shared { formula: Expr::True, assumptions: Vec::new(), exact: Vec::new(), left: Vec::new() };
        let mut own = Vec::new();
        for conjunct in conjuncts {
            let said = self.nearest(&conjunct, Direction::Over);
            if said.changes.is_empty() {
                shared.take(said, None, &mut own);
                continue;
            }
            for (part, said) in self.parts(conjunct, said) {
                shared.take(said, Some(part), &mut own);
            }
        }
        shared.formula = conjunction(own);
        shared
    }

    /// A conjunct with what is said of it: "none of these" as "none of those that the stage can say" and "none
    /// of the others".
    fn parts(&self, conjunct: Expr, said: Said) -> Vec<(Expr, Said)> {
        let Expr::Not(inner) = &conjunct else { return vec![(conjunct, said)] };
        let Expr::Or(alternatives) = &**inner else { return vec![(conjunct, said)] };
        let is_exact = |alternative: &Expr| self.nearest(alternative, Direction::Under).changes.is_empty();
        let (exact, open): (Vec<_>, Vec<_>) = alternatives.iter().cloned().partition(is_exact);
        let none_of = [exact, open].map(|part| Expr::not(Expr::or(part)));
        none_of.map(|part| (self.nearest(&part, Direction::Over), part)).into_iter().map(|(said, part)| (part, said)).collect()
    }

    /// The strongest superset (or the weakest subset) of a formula that the stage can say.
    pub(super) fn nearest(&self, expr: &Expr, direction: Direction) -> Said {
        let mut nearing = Nearing { chooser: self, assumptions: Vec::new(), changes: Vec::new() };
        let expr = nearing.expr(expr, direction);
        Said { expr, assumptions: nearing.assumptions, changes: nearing.changes }
    }
}

impl Shared {
    /// Adds what is said of a conjunct, which is left for the next stage unless that is exact.
    fn take(&mut self, said: Said, conjunct: Option<Expr>, own: &mut Vec<(Expr, Origin)>) {
        self.assumptions.extend(said.assumptions);
        match conjunct.filter(|_| !said.changes.is_empty()) {
            Some(open) => {
                own.push((said.expr, Origin::Weakened));
                self.left.push(open);
            }
            None => {
                self.exact.push(said.expr.clone());
                own.push((said.expr, Origin::Rule));
            }
        }
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
            | Predicate::TimePart { .. }
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
                    weaker @ (Expr::False | Expr::And(_) | Expr::Not(_) | Expr::Test(_)) => merge_once(&mut said, weaker),
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
            Predicate::Within { .. }
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists => None,
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
    use super::*;
    use crate::backend::{Target, builtin};
    use crate::event::Event;
    use crate::ir::eval::matches;
    use crate::ir::{Comparison, Decimal, Regex, Relation};
    use crate::storage::Name;
    use crate::text::pattern::Part;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn splunk() -> Arc<Target> {
        builtin("splunk").unwrap().unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    /// `#` is a literal asterisk.
    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            '#' => Part::Text("*".to_owned()),
            c => Part::Text(c.to_string()),
        }))
    }

    fn predicate() -> impl Strategy<Value = Predicate> {
        let patterns = ["a", "A*", "*ab*", "a?b", "a#", "*?", "*", "", "\tab", "ab ", "10.0.0.0/8", "k", "*K#b*"];
        let value = prop::sample::select(patterns.to_vec()).prop_map(|text| ir::Value { pattern: pattern(text), place: Place::NOWHERE });
        let case = || prop::sample::select(vec![Case::Sensitive, Case::Fold]);
        let regexes = ["^ab?", "(?i)ab|k", "a.b$", "(?i)abk?", "b", "(ab|bk)+"];
        let relation = prop::sample::select(vec![Relation::Equal, Relation::Suffix, Relation::Infix]);
        prop_oneof![
            4 => (prop::collection::vec(value, 1..4), case()).prop_map(|(any, case)| Predicate::Like { any, case }),
            1 => prop::sample::select(regexes.to_vec())
                .prop_map(|text| Predicate::Regex(Regex::new(&regex_syntax::parse(text).unwrap()).unwrap())),
            1 => Just(Predicate::Within { any: vec!["10.0.0.0/8".parse().unwrap()] }),
            1 => Just(Predicate::Compare { op: Comparison::Lt, number: Decimal::parse("5").unwrap() }),
            1 => Just(Predicate::Exists),
            1 => (relation, case()).prop_map(|(how, case)| Predicate::Relates { other: "g".into(), how, case }),
        ]
    }

    fn formula() -> impl Strategy<Value = Expr> {
        let test = (prop::sample::select(vec!["f", "g", "it's"]), predicate())
            .prop_map(|(field, predicate)| Expr::test(Subject::field(field), predicate, Place::NOWHERE));
        test.prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::and),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::or),
                inner.prop_map(Expr::not),
            ]
        })
    }

    fn event() -> impl Strategy<Value = Event> {
        let texts = ["a", "ab", "Ab", "axb", "a*", "a*b", "", "\tab", "ab ", "10.0.0.0/8", "10.1.2.3", "k", "K", "\u{212a}", "4", "abk"];
        let bag = || prop::collection::vec(prop::sample::select(texts.to_vec()), 0..3).prop_map(serde_json::Value::from);
        (bag(), bag(), bag()).prop_map(|(f, g, third)| Event::default().with("f", f).with("g", g).with("it's", third))
    }

    fn denials() -> impl Strategy<Value = Vec<Name>> {
        let names =
            [Name::AsciiCase, Name::SearchTimeFields, Name::NoLineBreaks, Name::NoEmptyValues, Name::CanonicalIps, Name::SingleValued];
        prop::sample::subsequence(names.to_vec(), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        /// What a stage says instead of a formula errs in the direction that was asked for, on every bag.
        #[test]
        fn nearest_errs_in_one_direction(expr in formula(), event in event(), denied in denials()) {
            let target = splunk();
            let storage = target.default_storage().unwrap();
            for stage in &target.stages {
                let chooser = Chooser { stage, storage, denied: &denied };
                let over = chooser.nearest(&expr, Direction::Over);
                let under = chooser.nearest(&expr, Direction::Under);
                prop_assert_eq!(over.changes.is_empty(), chooser.legalize(&expr).is_ok());
                for said in [&over, &under] {
                    prop_assert!(chooser.legalize(&said.expr).is_ok(), "{:?}", said.expr);
                }
                if over.assumptions.iter().chain(&under.assumptions).all(|assumption| assumption.holds(storage, &event, &event)) {
                    let truth = matches(&expr, &event);
                    prop_assert!(!truth || matches(&over.expr, &event), "{:?} over {:?}", over.expr, expr);
                    prop_assert!(truth || !matches(&under.expr, &event), "{:?} under {:?}", under.expr, expr);
                }
            }
        }

        /// All stages together say the formula.
        #[test]
        fn stages_together_mean_the_formula(expr in formula(), event in event(), denied in denials()) {
            let target = splunk();
            let storage = target.default_storage().unwrap();
            let choosers: Vec<_> = target.stages.iter().map(|stage| Chooser { stage, storage, denied: &denied }).collect();
            let Ok(plan) = plan("splunk", &choosers, &[], &expr) else { return Ok(()) };
            prop_assert!(plan.approximation.is_none());
            if plan.assumptions.iter().all(|assumption| assumption.holds(storage, &event, &event)) {
                prop_assert_eq!(matches(&expr, &event), matches(&Expr::and(plan.formulas.clone()), &event), "{:?}", plan.formulas);
            }
        }
    }
}
