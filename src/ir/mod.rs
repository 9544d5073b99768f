//! The intermediate representation: what a rule or a query means, as a Boolean formula over tests.
//!
//! Rules are lowered to it, backends write it, readers read queries back into it; so any two of them can
//! be compared. A field denotes a bag of values, and a test means that *some member matches*; hence the
//! laws that every rewrite and every reader respects (`docs/ARCHITECTURE.md`).
//!
//! Invariant: [`Expr`] values are built by [`Expr::and`], [`Expr::or`], [`Expr::not`] and [`Expr::test`]
//! only, so `And` and `Or` are flat and have at least two children, and units appear only as whole
//! formulas. Deliberately absent: NULL, three-valued logic, precedence, quoting, encodings.

mod budget;
pub mod canonical;
pub mod correlation;
pub mod eval;
pub mod lower;
pub mod lower_correlation;
pub mod network;
pub mod plain_regex;
pub mod print;
pub mod regex;
mod sigma_regex;

pub use self::regex::Regex;
use crate::source::Place;
pub use crate::text::fold::Case;
pub use crate::text::number::Decimal;
pub use crate::text::pattern::Pattern;
pub use crate::text::time::Part;
use ipnet::IpNet;
use std::sync::Arc;

/// A formula.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr {
    /// Holds for every event.
    True,
    /// Holds for no event.
    False,
    /// All of these hold; at least two, none of them an `And` or a constant.
    And(Vec<Expr>),
    /// One of these holds; at least two, none of them an `Or` or a constant.
    Or(Vec<Expr>),
    /// This does not hold; never a `Not` or a constant.
    Not(Box<Expr>),
    /// A test on the event.
    Test(Test),
}

impl Expr {
    /// The conjunction, flattened, without units; `True` for no children.
    pub fn and(children: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for child in children {
            match child {
                Self::True => {}
                Self::False => return Self::False,
                Self::And(inner) => flat.extend(inner),
                Self::Or(_) | Self::Not(_) | Self::Test(_) => flat.push(child),
            }
        }
        single(flat, Self::True, Self::And)
    }

    /// The disjunction, flattened, without units; `False` for no children.
    pub fn or(children: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for child in children {
            match child {
                Self::False => {}
                Self::True => return Self::True,
                Self::Or(inner) => flat.extend(inner),
                Self::And(_) | Self::Not(_) | Self::Test(_) => flat.push(child),
            }
        }
        single(flat, Self::False, Self::Or)
    }

    /// The negation.
    #[expect(clippy::should_implement_trait, reason = "a smart constructor beside `and` and `or`, not an operator")]
    pub fn not(child: Self) -> Self {
        match child {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(inner) => *inner,
            Self::And(_) | Self::Or(_) | Self::Test(_) => Self::Not(Box::new(child)),
        }
    }

    /// A test on a field.
    pub fn test(subject: Subject, predicate: Predicate, place: Place) -> Self {
        Self::Test(Test { subject, predicate, place })
    }

    /// Calls `visit` for every test, in order.
    pub fn for_each_test<'e>(&'e self, visit: &mut impl FnMut(&'e Test)) {
        match self {
            Self::True | Self::False => {}
            Self::And(children) | Self::Or(children) => children.iter().for_each(|child| child.for_each_test(visit)),
            Self::Not(child) => child.for_each_test(visit),
            Self::Test(test) => visit(test),
        }
    }

    /// The formula with every name of a field replaced.
    pub fn map_fields(&self, name: &impl Fn(&str) -> Arc<str>) -> Self {
        match self {
            Self::True => Self::True,
            Self::False => Self::False,
            Self::And(children) => Self::and(children.iter().map(|child| child.map_fields(name))),
            Self::Or(children) => Self::or(children.iter().map(|child| child.map_fields(name))),
            Self::Not(child) => Self::not(child.map_fields(name)),
            Self::Test(test) => Self::Test(test.map_fields(name)),
        }
    }

    /// Calls `visit` for the name of every field that some test looks at, in order.
    pub fn for_each_field<'e>(&'e self, visit: &mut impl FnMut(&'e str)) {
        self.for_each_test(&mut |test| {
            if let Subject::Field(field) = &test.subject {
                visit(field);
            }
            if let Predicate::Relates { other, .. } = &test.predicate {
                visit(other);
            }
        });
    }
}

fn single(mut flat: Vec<Expr>, unit: Expr, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match (flat.len(), flat.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            flat.push(last);
            many(flat)
        }
        (_, None) => unit,
    }
}

/// A test: some member of the bag that the subject denotes satisfies the predicate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Test {
    /// What is looked at.
    pub subject: Subject,
    /// What must hold of one member.
    pub predicate: Predicate,
    /// Where it was written; no part of equality.
    pub place: Place,
}

impl Test {
    fn map_fields(&self, name: &impl Fn(&str) -> Arc<str>) -> Self {
        let subject = match &self.subject {
            Subject::Field(own) => Subject::Field(name(own)),
            Subject::AnyLeaf | Subject::Raw => self.subject.clone(),
        };
        let predicate = match &self.predicate {
            Predicate::Relates { other, how, case } => Predicate::Relates { other: name(other), how: *how, case: *case },
            Predicate::Like { .. }
            | Predicate::Regex(_)
            | Predicate::Within { .. }
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Kind(_)
            | Predicate::Exists => self.predicate.clone(),
        };
        Self { subject, predicate, place: self.place }
    }
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The bag of values of a field.
    Field(Arc<str>),
    /// Every scalar leaf of the event, at any depth: what keywords search.
    AnyLeaf,
    /// The unparsed text of the event.
    Raw,
}

impl Subject {
    /// The field of this name.
    pub fn field(name: &str) -> Self {
        Self::Field(name.into())
    }
}

/// What must hold of one member. All but [`Predicate::Exists`] and [`Predicate::Kind`] are functions of
/// the member's canonical text, and false for objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Predicate {
    /// One of these patterns covers the text, under a case relation. Never empty.
    Like {
        /// The patterns.
        any: Vec<Value>,
        /// How letters compare.
        case: Case,
    },
    /// The regular expression is found in the text.
    Regex(Regex),
    /// The text is an IP address inside one of these networks. Never empty.
    Within {
        /// The networks.
        any: Vec<IpNet>,
    },
    /// The text is a number (JSON's grammar) that compares so with this one.
    Compare {
        /// The comparison, member on the left.
        op: Comparison,
        /// The number on the right.
        number: Decimal,
    },
    /// The text names a time (sigma.md §4.1) of which this part, in UTC, compares so with this number.
    TimePart {
        /// The part.
        part: Part,
        /// The comparison, the part on the left.
        op: Comparison,
        /// The number on the right.
        number: Decimal,
    },
    /// The text stands so in the storage's order of texts (by code point after folding) to this one.
    /// Read from queries, never lowered to.
    Order {
        /// The comparison, member on the left.
        op: Comparison,
        /// The text on the right.
        text: String,
        /// The relation under which texts are folded before they are ordered.
        case: Case,
    },
    /// The member is of this JSON type. Read from queries on typed storages, never lowered to.
    Kind(Kind),
    /// There is a member.
    Exists,
    /// The text relates so to some member's text of another field.
    Relates {
        /// The other field.
        other: Arc<str>,
        /// How.
        how: Relation,
        /// How letters compare.
        case: Case,
    },
}

impl Predicate {
    /// The predicate "covered by this one pattern".
    pub fn like(pattern: Pattern, case: Case) -> Self {
        Self::Like { any: vec![Value { pattern, place: Place::NOWHERE }], case }
    }
}

/// A pattern with its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// What the text must be covered by.
    pub pattern: Pattern,
    /// Where it was written.
    pub place: Place,
}

/// A comparison of numbers or texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Comparison {
    /// `<`
    Lt,
    /// `<=`
    Lte,
    /// `>`
    Gt,
    /// `>=`
    Gte,
    /// `=`
    Eq,
}

impl Comparison {
    /// Whether an ordering satisfies the comparison.
    pub fn accepts(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Lt => ordering.is_lt(),
            Self::Lte => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Gte => ordering.is_ge(),
            Self::Eq => ordering.is_eq(),
        }
    }
}

/// A JSON type of scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A string.
    Text,
    /// A number without a fraction, as the storage holds it.
    Integer,
    /// A number that the storage holds with a fraction or exponent.
    Real,
    /// A boolean.
    Boolean,
}

/// How one text relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// They are the same.
    Equal,
    /// The other is a prefix of this one.
    Prefix,
    /// The other is a suffix of this one.
    Suffix,
    /// The other is contained in this one.
    Infix,
}
