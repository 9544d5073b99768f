//! Formulas that no event satisfies, as far as pairs of tests on one field tell.
//!
//! Contract: [`is_refuted`] answers yes only where no event with at most one value a field satisfies the formula.
//! Conjunctions are taken apart; of alternatives, those that a test rules out fall away, and where several are left each
//! has to be refuted. Patterns are compared under full folding, so that they have more texts in common than they may
//! have. The work is counted; where it is spent the answer is no. Deliberately absent: what only three tests together
//! rule out, regular expressions, and keywords, which look at many values.

use crate::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Subject, Test};
use crate::text::fold::fold;
use crate::text::pattern::Part;
use std::rc::Rc;

/// All steps of one question.
const STEPS: usize = 4_000_000;
/// Alternatives are tried inside alternatives this deep.
const MAX_DEPTH: usize = 40;

/// Whether no event with at most one value a field satisfies a formula.
pub(super) fn is_refuted(formula: &Expr) -> bool {
    let mut search = Search { steps: STEPS };
    search.refutes(State { facts: Vec::new(), open: Vec::new() }, vec![Claim::Formula(formula, Sign::Holds)], 0)
}

/// Whether something holds or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Holds,
    Fails,
}

impl Sign {
    fn opposite(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

/// What a value of a field is, or is not.
#[derive(Debug, Clone)]
struct Fact<'e> {
    subject: &'e Subject,
    what: What<'e>,
    sign: Sign,
}

/// What is said of a value.
#[derive(Debug, Clone)]
enum What<'e> {
    /// A pattern covers it.
    Like(Rc<Like<'e>>),
    /// Anything else.
    Other(&'e Predicate),
}

/// A pattern with its characters one by one.
#[derive(Debug)]
struct Like<'e> {
    pattern: &'e Pattern,
    case: Case,
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// This character, folded.
    Char(char),
    One,
    Any,
}

impl<'e> Like<'e> {
    fn new(pattern: &'e Pattern, case: Case) -> Self {
        let mut cells = Vec::new();
        for part in pattern.parts() {
            match part {
                Part::Text(text) => cells.extend(text.chars().map(|c| Cell::Char(fold(c, Case::Fold)))),
                Part::One => cells.push(Cell::One),
                Part::Any => cells.push(Cell::Any),
            }
        }
        Self { pattern, case, cells }
    }
}

/// What is to be assumed.
#[derive(Debug, Clone)]
enum Claim<'e> {
    Formula(&'e Expr, Sign),
    Fact(Fact<'e>),
}

/// What is assumed.
#[derive(Debug, Clone)]
struct State<'e> {
    facts: Vec<Fact<'e>>,
    /// Lists of claims, of each of which one holds.
    open: Vec<Vec<Claim<'e>>>,
}

struct Search {
    steps: usize,
}

impl Search {
    /// Takes some steps; whether there were as many.
    fn take(&mut self, steps: usize) -> bool {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.is_some()
    }

    /// Whether nothing satisfies a state together with these claims.
    fn refutes<'e>(&mut self, mut state: State<'e>, mut claims: Vec<Claim<'e>>, depth: usize) -> bool {
        loop {
            while let Some(claim) = claims.pop() {
                if self.contradicts(&mut state, claim, &mut claims) {
                    return true;
                }
            }
            if self.steps == 0 {
                return false;
            }
            match self.reduce(&mut state) {
                Reduced::Refuted => return true,
                Reduced::Single(claim) => claims.push(claim),
                Reduced::Open => break,
            }
        }
        let smallest = state.open.iter().enumerate().min_by_key(|(_, alternatives)| alternatives.len()).map(|(at, _)| at);
        let Some(at) = smallest.filter(|_| depth < MAX_DEPTH) else { return false };
        let alternatives = state.open.swap_remove(at);
        alternatives.into_iter().all(|claim| {
            let copied = state.facts.len() + state.open.iter().map(Vec::len).sum::<usize>();
            self.take(copied + 1) && self.refutes(state.clone(), vec![claim], depth + 1)
        })
    }

    /// Assumes a claim; whether it contradicts what is assumed. What follows from it is added to the claims.
    fn contradicts<'e>(&mut self, state: &mut State<'e>, claim: Claim<'e>, claims: &mut Vec<Claim<'e>>) -> bool {
        let (formula, sign) = match claim {
            Claim::Fact(fact) => {
                let refuted = self.is_excluded(&state.facts, &fact);
                state.facts.push(fact);
                return refuted;
            }
            Claim::Formula(formula, sign) => (formula, sign),
        };
        let each = |children: &'e [Expr]| children.iter().map(move |child| Claim::Formula(child, sign));
        match (formula, sign) {
            (Expr::True, Sign::Holds) | (Expr::False, Sign::Fails) => {}
            (Expr::True, Sign::Fails) | (Expr::False, Sign::Holds) => return true,
            (Expr::Not(child), _) => claims.push(Claim::Formula(child, sign.opposite())),
            (Expr::And(children), Sign::Holds) | (Expr::Or(children), Sign::Fails) => claims.extend(each(children)),
            (Expr::And(children), Sign::Fails) | (Expr::Or(children), Sign::Holds) => state.open.push(each(children).collect()),
            (Expr::Test(test), Sign::Holds) => {
                let mut facts = facts(test, sign);
                match facts.len() {
                    1 => claims.extend(facts.pop().map(Claim::Fact)),
                    _ => state.open.push(facts.into_iter().map(Claim::Fact).collect()),
                }
            }
            (Expr::Test(test), Sign::Fails) => claims.extend(facts(test, sign).into_iter().map(Claim::Fact)),
        }
        false
    }

    /// Drops alternatives that the facts rule out.
    fn reduce<'e>(&mut self, state: &mut State<'e>) -> Reduced<'e> {
        let mut at = 0;
        while let Some(alternatives) = state.open.get_mut(at) {
            let facts = &state.facts;
            alternatives.retain(|claim| !self.is_ruled_out(facts, claim));
            match alternatives.len() {
                0 => return Reduced::Refuted,
                1 => {
                    let only = state.open.swap_remove(at).pop();
                    return only.map_or(Reduced::Refuted, Reduced::Single);
                }
                _ => at += 1,
            }
        }
        Reduced::Open
    }

    /// Whether facts rule a claim out at once.
    fn is_ruled_out<'e>(&mut self, known: &[Fact<'e>], claim: &Claim<'e>) -> bool {
        if !self.take(values(claim)) {
            return false;
        }
        match claim {
            Claim::Fact(fact) => self.is_excluded(known, fact),
            Claim::Formula(Expr::Test(test), Sign::Holds) => facts(test, Sign::Holds).iter().all(|fact| self.is_excluded(known, fact)),
            Claim::Formula(Expr::Test(test), Sign::Fails) => facts(test, Sign::Fails).iter().any(|fact| self.is_excluded(known, fact)),
            Claim::Formula(Expr::And(children), Sign::Holds) => {
                children.iter().any(|child| matches!(child, Expr::Test(_)) && self.is_ruled_out(known, &Claim::Formula(child, Sign::Holds)))
            }
            Claim::Formula(Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::True | Expr::False, _) => false,
        }
    }

    fn is_excluded(&mut self, known: &[Fact<'_>], fact: &Fact<'_>) -> bool {
        known.iter().any(|other| self.exclude(other, fact))
    }

    /// Whether no value satisfies both.
    fn exclude(&mut self, one: &Fact<'_>, two: &Fact<'_>) -> bool {
        let is_one_value = one.subject == two.subject && matches!(one.subject, Subject::Field(_));
        if !is_one_value || !self.take(1) {
            return false;
        }
        match (one.sign, two.sign) {
            (Sign::Holds, Sign::Holds) => self.are_disjoint(&one.what, &two.what),
            (Sign::Holds, Sign::Fails) => implies(&one.what, &two.what),
            (Sign::Fails, Sign::Holds) => implies(&two.what, &one.what),
            (Sign::Fails, Sign::Fails) => false,
        }
    }

    fn are_disjoint(&mut self, one: &What<'_>, two: &What<'_>) -> bool {
        match (one, two) {
            (What::Like(one), What::Like(two)) => {
                self.take(one.cells.len().saturating_mul(two.cells.len())) && !have_common_text(&one.cells, &two.cells)
            }
            (What::Like(like), What::Other(other)) | (What::Other(other), What::Like(like)) => misses(like.pattern, other),
            (What::Other(one), What::Other(two)) => disjoint(one, two),
        }
    }
}

/// How many facts a claim stands for at least.
fn values(claim: &Claim<'_>) -> usize {
    match claim {
        Claim::Formula(Expr::Test(Test { predicate: Predicate::Like { any, .. }, .. }), _) => any.len(),
        Claim::Formula(Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::True | Expr::False | Expr::Test(_), _) | Claim::Fact(_) => 1,
    }
}

/// What is left of alternatives.
enum Reduced<'e> {
    /// None of some of them.
    Refuted,
    /// One of some of them, which is taken out.
    Single(Claim<'e>),
    /// Several of all of them.
    Open,
}

/// What a test says: of one that holds, one of these; of one that fails, all of them.
fn facts(test: &Test, sign: Sign) -> Vec<Fact<'_>> {
    let fact = |what| Fact { subject: &test.subject, what, sign };
    match &test.predicate {
        Predicate::Like { any, case } => any.iter().map(|value| fact(What::Like(Rc::new(Like::new(&value.pattern, *case))))).collect(),
        Predicate::Regex(_)
        | Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => vec![fact(What::Other(&test.predicate))],
    }
}

/// Whether some text is covered by both patterns: whether the ends of both can be reached together.
fn have_common_text(one: &[Cell], two: &[Cell]) -> bool {
    // Whether the ends are reached from a position of `one` and each position of `two`; rows from the last one on.
    let mut below: Vec<bool> = Vec::new();
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; two.len() + 1];
        for other in (0..=two.len()).rev() {
            let own = [one.get(at).copied(), two.get(other).copied()];
            let here = |offset: usize| row.get(other + offset).copied().unwrap_or_default();
            let next = |offset: usize| below.get(other + offset).copied().unwrap_or_default();
            let reached = match own {
                [None, None] => true,
                [Some(Cell::Any), None] => next(0),
                [None, Some(Cell::Any)] => here(1),
                [Some(Cell::Any), Some(_)] | [Some(_), Some(Cell::Any)] => next(0) || here(1),
                [Some(Cell::Char(a)), Some(Cell::Char(b))] => a == b && next(1),
                [Some(Cell::One), Some(_)] | [Some(_), Some(Cell::One)] => next(1),
                [Some(_), None] | [None, Some(_)] => false,
            };
            if let Some(cell) = row.get_mut(other) {
                *cell = reached;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or_default()
}

/// Whether no text of a pattern satisfies a predicate.
fn misses(pattern: &Pattern, other: &Predicate) -> bool {
    match (pattern.as_exact(), other) {
        (Some(text), Predicate::Compare { op, number }) => !Decimal::parse(text).is_some_and(|own| op.accepts(own.cmp(number))),
        _ => false,
    }
}

/// Whether no value satisfies both predicates.
fn disjoint(one: &Predicate, two: &Predicate) -> bool {
    match (one, two) {
        (Predicate::Compare { op, number }, Predicate::Compare { op: other, number: bound }) => {
            are_apart((*op, number), (*other, bound)) || are_apart((*other, bound), (*op, number))
        }
        (Predicate::Within { any }, Predicate::Within { any: others }) => {
            any.iter().all(|network| others.iter().all(|other| !network.contains(other) && !other.contains(network)))
        }
        _ => false,
    }
}

/// Whether the numbers of the one all lie below those of the other, or the one is a number that the other has not.
fn are_apart((op, number): (Comparison, &Decimal), (other, bound): (Comparison, &Decimal)) -> bool {
    match (op, other) {
        (Comparison::Eq, _) => !other.accepts(number.cmp(bound)),
        (Comparison::Lte, Comparison::Gte) => number < bound,
        (Comparison::Lt | Comparison::Lte, Comparison::Gt | Comparison::Gte) => number <= bound,
        (Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte, _) => false,
    }
}

/// Whether every value of which the one is true is one of which the other is true.
fn implies(one: &What<'_>, two: &What<'_>) -> bool {
    match (one, two) {
        (_, What::Other(Predicate::Exists)) => true,
        (What::Like(one), What::Like(two)) => is_covered(one, two),
        (What::Other(one), What::Other(two)) => one == two,
        (What::Like(_), What::Other(_)) | (What::Other(_), What::Like(_)) => false,
    }
}

/// Whether a pattern covers every text of another one.
///
/// A character that it does not name stands for what is open in the other: without single characters, only its `*` can
/// cover that, and so whatever stands there.
fn is_covered(one: &Like<'_>, by: &Like<'_>) -> bool {
    const OPEN: &str = "\u{10ffff}";
    let is_looser = one.case == by.case || one.case == Case::Sensitive;
    let takes_all = !by.pattern.parts().contains(&Part::One) && !by.pattern.texts().any(|text| text.contains(OPEN));
    let text: String = one.pattern.parts().iter().map(|part| if let Part::Text(text) = part { text } else { OPEN }).collect();
    is_looser && takes_all && by.pattern.matches(&text, by.case)
}
