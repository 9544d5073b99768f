//! The canonical form of formulas: equal canonical forms are equal functions.
//!
//! Negations are moved inward, lists split into one test for each value, children sorted and made unique,
//! absorbed ones dropped; each literal gets the strictest case relation that accepts the same texts. Where
//! two sides use different relations for one literal, they are equal only under an assumption: so letters
//! of every folding relation are folded as ASCII here, and [`Canonical::relations`] remembers what each
//! literal really uses. Never the other way round: full folding would equate `É` with `é`, which SQL's
//! `LIKE` does not. Likewise Unicode word boundaries are written as ASCII ones and remembered. A regular
//! expression that says what patterns say becomes those.
//!
//! Laws used: De Morgan; `some L1 or some L2 = some (L1 ∪ L2)`; absorption; every test implies `Exists`.

use super::{Case, Expr, Pattern, Predicate, Regex, Relation, Subject, Test, Value, plain_regex};
use crate::source::Place;
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};
use std::collections::{BTreeMap, BTreeSet};

/// A literal whose meaning depends on a relation: the subject with its pattern, or with the other field
/// that it is compared with.
pub type Literal = (Subject, Option<Pattern>);

/// A formula in canonical form, and the relations that its literals use.
#[derive(Debug, Clone)]
pub struct Canonical {
    /// The formula.
    pub expr: Expr,
    /// For each cased literal the relations that occurrences of it need.
    pub relations: BTreeMap<Literal, BTreeSet<Case>>,
    /// For each subject and regular expression with a word boundary, whether the boundaries are Unicode's.
    pub boundaries: BTreeMap<(Subject, String), BTreeSet<bool>>,
}

/// The canonical form of a formula.
pub fn canonical(expr: &Expr) -> Canonical {
    let mut builder = Canonical { expr: Expr::True, relations: BTreeMap::new(), boundaries: BTreeMap::new() };
    builder.expr = builder.form(expr, Sign::Positive);
    builder
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Positive,
    Negative,
}

impl Sign {
    fn flipped(self) -> Self {
        match self {
            Self::Positive => Self::Negative,
            Self::Negative => Self::Positive,
        }
    }
}

impl Canonical {
    fn form(&mut self, expr: &Expr, sign: Sign) -> Expr {
        match (expr, sign) {
            (Expr::True, Sign::Positive) | (Expr::False, Sign::Negative) => Expr::True,
            (Expr::False, Sign::Positive) | (Expr::True, Sign::Negative) => Expr::False,
            (Expr::Not(child), _) => self.form(child, sign.flipped()),
            (Expr::And(children), Sign::Positive) | (Expr::Or(children), Sign::Negative) => {
                conjunction(children.iter().map(|child| self.form(child, sign)).collect())
            }
            (Expr::Or(children), Sign::Positive) | (Expr::And(children), Sign::Negative) => {
                disjunction(children.iter().map(|child| self.form(child, sign)).collect())
            }
            (Expr::Test(test), Sign::Positive) => disjunction(self.leaves(test)),
            (Expr::Test(test), Sign::Negative) => conjunction(self.leaves(test).into_iter().map(Expr::not).collect()),
        }
    }

    /// The tests whose disjunction a test is, each on one value.
    fn leaves(&mut self, test: &Test) -> Vec<Expr> {
        let leaf = |predicate| Expr::test(test.subject.clone(), predicate, Place::NOWHERE);
        match &test.predicate {
            Predicate::Like { any, case } => any.iter().map(|value| leaf(self.like(&test.subject, &value.pattern, *case))).collect(),
            Predicate::Within { any } => any.iter().map(|network| leaf(Predicate::Within { any: vec![*network] })).collect(),
            Predicate::Regex(regex) => match plain_regex::patterns(regex.tree()) {
                Some((patterns, case)) => patterns.iter().map(|pattern| leaf(self.like(&test.subject, pattern, case))).collect(),
                None => vec![leaf(Predicate::Regex(self.regex(&test.subject, regex)))],
            },
            Predicate::Relates { other, how, case } => vec![self.relates(&test.subject, other, *how, *case)],
            Predicate::Compare { .. } | Predicate::TimePart { .. } | Predicate::Order { .. } | Predicate::Kind(_) | Predicate::Exists => {
                vec![leaf(test.predicate.clone())]
            }
        }
    }

    fn like(&mut self, subject: &Subject, pattern: &Pattern, case: Case) -> Predicate {
        let needed = pattern.needed_case(case);
        let (pattern, case) = match needed {
            Case::Sensitive => (pattern.clone(), Case::Sensitive),
            // Without ASCII letters the ASCII relation is none at all.
            Case::Ascii | Case::Lower | Case::Fold => (pattern.folded(Case::Ascii), pattern.needed_case(Case::Ascii)),
        };
        if needed != Case::Sensitive {
            self.relations.entry((subject.clone(), Some(pattern.clone()))).or_default().insert(needed);
        }
        Predicate::Like { any: vec![Value { pattern, place: Place::NOWHERE }], case }
    }

    fn regex(&mut self, subject: &Subject, regex: &Regex) -> Regex {
        let Some(ascii) = ascii_boundaries(regex.tree()).and_then(|tree| Regex::new(&tree).ok()) else { return regex.clone() };
        let key = (subject.clone(), ascii.pattern().to_owned());
        self.boundaries.entry(key).or_default().insert(ascii != *regex);
        ascii
    }

    fn relates(&mut self, subject: &Subject, other: &std::sync::Arc<str>, how: Relation, case: Case) -> Expr {
        let (subject, other) = match subject {
            Subject::Field(own) if how == Relation::Equal && other < own => (Subject::Field(other.clone()), own.clone()),
            Subject::Field(_) | Subject::AnyLeaf | Subject::Raw => (subject.clone(), other.clone()),
        };
        let folded = if case == Case::Sensitive { Case::Sensitive } else { Case::Ascii };
        if case != Case::Sensitive {
            for side in [subject.clone(), Subject::Field(other.clone())] {
                self.relations.entry((side, None)).or_default().insert(case);
            }
        }
        Expr::test(subject, Predicate::Relates { other, how, case: folded }, Place::NOWHERE)
    }
}

/// The tree with Unicode word boundaries made ASCII; `None` where it has no word boundary at all.
fn ascii_boundaries(tree: &Hir) -> Option<Hir> {
    let looks = tree.properties().look_set();
    looks.contains_word().then(|| map_looks(tree))
}

fn map_looks(tree: &Hir) -> Hir {
    match tree.kind() {
        HirKind::Look(Look::WordUnicode) => Hir::look(Look::WordAscii),
        HirKind::Look(Look::WordUnicodeNegate) => Hir::look(Look::WordAsciiNegate),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => tree.clone(),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition { sub: Box::new(map_looks(&repetition.sub)), ..repetition.clone() }),
        HirKind::Capture(capture) => map_looks(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(map_looks).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(map_looks).collect()),
    }
}

fn conjunction(children: Vec<Expr>) -> Expr {
    let flat = Expr::and(children);
    if let Expr::And(children) = flat { Expr::and(reduce(children, Junction::And)) } else { flat }
}

fn disjunction(children: Vec<Expr>) -> Expr {
    let flat = Expr::or(children);
    if let Expr::Or(children) = flat { Expr::or(reduce(children, Junction::Or)) } else { flat }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Junction {
    And,
    Or,
}

/// Sorted, unique children; absorbed and implied ones dropped; the constant where two children contradict
/// (or exhaust) each other.
fn reduce(children: Vec<Expr>, junction: Junction) -> Vec<Expr> {
    let set: BTreeSet<Expr> = children.into_iter().collect();
    let claims: BTreeSet<Claim<'_>> = set.iter().filter_map(Claim::of).collect();
    let collapses = |child: &Expr| match child {
        Expr::Not(inner) => set.contains(&**inner) || Claim::of(child).is_some_and(|claim| claim.collapses(&claims, junction)),
        Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Test(_) => false,
    };
    if set.iter().any(collapses) {
        return vec![match junction {
            Junction::And => Expr::False,
            Junction::Or => Expr::True,
        }];
    }
    let dropped =
        |child: &Expr| absorbed(child, &set, junction) || Claim::of(child).is_some_and(|claim| claim.is_implied(&claims, junction));
    set.iter().filter(|child| !dropped(child)).cloned().collect()
}

/// Whether another child absorbs this one: `a and (a or b) = a`, `a or (a and b) = a`.
fn absorbed(child: &Expr, set: &BTreeSet<Expr>, junction: Junction) -> bool {
    match (child, junction) {
        (Expr::Or(inner), Junction::And) | (Expr::And(inner), Junction::Or) => inner.iter().any(|part| set.contains(part)),
        (Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Test(_), _) => false,
    }
}

/// What a literal says about its subject: whether it is a test or a negated one, and whether it is only
/// about presence. Every test implies presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'e> {
    subject: &'e Subject,
    holds: bool,
    only_presence: bool,
}

impl<'e> Claim<'e> {
    fn of(child: &'e Expr) -> Option<Self> {
        let (test, holds) = match child {
            Expr::Test(test) => (test, true),
            Expr::Not(inner) => match &**inner {
                Expr::Test(test) => (test, false),
                Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => return None,
            },
            Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) => return None,
        };
        Some(Self { subject: &test.subject, holds, only_presence: test.predicate == Predicate::Exists })
    }

    /// Whether a sibling makes this one superfluous.
    fn is_implied(self, siblings: &BTreeSet<Self>, junction: Junction) -> bool {
        // In a conjunction the stronger literal stays (a test over presence, absence over a negated test),
        // in a disjunction the weaker one.
        let stays_presence = match junction {
            Junction::And => !self.holds,
            Junction::Or => self.holds,
        };
        self.only_presence != stays_presence && siblings.contains(&Self { only_presence: stays_presence, ..self })
    }

    /// Whether a sibling makes the whole junction constant: a test beside absence is false, presence beside
    /// a negated test is true.
    fn collapses(self, siblings: &BTreeSet<Self>, junction: Junction) -> bool {
        let other = match junction {
            Junction::And => self.only_presence.then_some(Self { holds: true, only_presence: false, ..self }),
            Junction::Or => (!self.only_presence).then_some(Self { holds: true, only_presence: true, ..self }),
        };
        other.is_some_and(|other| siblings.contains(&other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::ir::eval::matches;
    use proptest::prelude::*;

    fn literal() -> impl Strategy<Value = Expr> {
        let pattern = prop::sample::select(vec!["a", "A", "k", "b", "1"]).prop_map(Pattern::exact);
        let case = prop::sample::select(vec![Case::Sensitive, Case::Ascii, Case::Fold]);
        let predicate = prop_oneof![
            Just(Predicate::Exists),
            (prop::collection::vec(pattern, 1..3), case).prop_map(|(patterns, case)| Predicate::Like {
                any: patterns.into_iter().map(|pattern| Value { pattern, place: Place::NOWHERE }).collect(),
                case
            }),
            Just(Predicate::Relates { other: "g".into(), how: Relation::Equal, case: Case::Ascii }),
        ];
        (prop::sample::select(vec!["f", "g"]), predicate)
            .prop_map(|(field, predicate)| Expr::test(Subject::field(field), predicate, Place::NOWHERE))
    }

    fn formula() -> impl Strategy<Value = Expr> {
        literal().prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::and),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::or),
                inner.prop_map(Expr::not),
            ]
        })
    }

    fn bag() -> impl Strategy<Value = serde_json::Value> {
        let member = prop::sample::select(vec!["a", "A", "k", "B", "1", ""]).prop_map(serde_json::Value::from);
        prop::collection::vec(member, 0..3).prop_map(serde_json::Value::from)
    }

    proptest! {
        /// The canonical form is the same function on bags, wherever full and ASCII folding agree.
        #[test]
        fn keeps_the_meaning(expr in formula(), f in bag(), g in bag()) {
            let event = Event::default().with("f", f).with("g", g);
            prop_assert_eq!(matches(&expr, &event), matches(&canonical(&expr).expr, &event), "{:?}", canonical(&expr).expr);
        }
    }
}
