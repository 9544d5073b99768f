//! What holds of records whatever a formula says: how many values fields have, and which tests rule each
//! other out.
//!
//! Deliberately absent: implications between tests (`imply`).

use crate::ir::{Case, Decimal, Kind, Pattern, Predicate, Subject, Test};
use crate::storage::{Assumption, Holds, IndexKind, Indexed, Name, Storage, Values};

/// A storage, and what is assumed of its records.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    storage: &'f Storage,
    assumed: &'f [Assumption],
}

impl<'f> Facts<'f> {
    /// What holds of the records of a storage within assumptions.
    pub fn new(storage: &'f Storage, assumed: &'f [Assumption]) -> Self {
        Self { storage, assumed }
    }

    /// Whether a record has at most one value for a subject.
    pub(super) fn is_single(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Field(field) => self.holds(field).is_some_and(|(values, _)| values == Values::One) || self.is_assumed_single(field),
            Subject::AnyLeaf => false,
            Subject::Raw => true,
        }
    }

    fn is_assumed_single(&self, field: &str) -> bool {
        self.assumed.iter().any(|own| own.name == Name::SingleValued && own.field.as_deref() == Some(field))
    }

    fn holds(&self, field: &str) -> Option<(Values, Holds)> {
        self.storage.column(field).map(|(_, kind)| (kind.values(), kind.holds))
    }

    /// Whether a field holds addresses in canonical text, by its type.
    pub(super) fn is_of_addresses(&self, field: &str) -> bool {
        self.holds(field).is_some_and(|(_, holds)| matches!(holds, Holds::Indexed(Indexed { kind: IndexKind::Ip, .. })))
    }

    /// Whether letters of a field are compared as they are and the target has no other way, or whether that is
    /// what a query assumes.
    pub(super) fn is_case_as_logged(&self, field: &str) -> bool {
        let is_keyword = self.storage.column(field).is_some_and(|(_, kind)| match kind.holds {
            Holds::Indexed(_) => kind.compares == Case::Sensitive,
            Holds::Scalar(_) | Holds::Extracted(_) | Holds::Event => false,
        });
        is_keyword || self.assumed.iter().any(|own| own.name == Name::CaseAsLogged && own.field.as_deref() == Some(field))
    }

    /// Whether a number of this text is assumed to be in a field in this notation only.
    pub(super) fn is_plain_number(&self, field: &str, text: &str) -> bool {
        self.assumed.iter().any(|own| {
            own.name == Name::PlainNumbers
                && own.field.as_deref() == Some(field)
                && own.pattern.as_ref().and_then(Pattern::as_exact) == Some(text)
        })
    }

    /// Whether no record satisfies both tests. Different members of a bag may satisfy them.
    pub(super) fn exclude(&self, one: &Test, two: &Test) -> bool {
        one.subject == two.subject
            && self.is_single(&one.subject)
            && (exclude(&one.predicate, &two.predicate) || exclude(&two.predicate, &one.predicate))
    }
}

/// Whether a value that satisfies the one cannot satisfy the other.
fn exclude(one: &Predicate, two: &Predicate) -> bool {
    match (one, two) {
        (Predicate::Kind(a), Predicate::Kind(b)) => a != b,
        (Predicate::Kind(Kind::Text | Kind::Boolean), Predicate::Compare { .. }) => false,
        (Predicate::Compare { op, number }, Predicate::Like { any, .. }) => {
            let satisfies = |text: &str| Decimal::parse(text).is_some_and(|own| op.accepts(own.cmp(number)));
            any.iter().all(|value| value.pattern.as_exact().is_some_and(|text| !satisfies(text)))
        }
        // Full folding, since a canonical literal may stand for that.
        (Predicate::Like { any, .. }, Predicate::Like { any: others, .. }) => {
            let is_other = |one: &Pattern, two: &Pattern| match (one.as_exact(), two.as_exact()) {
                (Some(text), _) => !two.matches(text, Case::Fold),
                (None, _) => false,
            };
            any.iter().all(|value| others.iter().all(|other| is_other(&value.pattern, &other.pattern)))
        }
        _ => false,
    }
}
