//! Values as guarded pieces: under this condition, the value is this term.
//!
//! A term is NULL, a constant, or something about one column whose comparisons with constants are tests on
//! that column. That is all that `CASE`, `COALESCE`, `NULLIF` and truth values used as numbers need. The
//! conditions of one value exclude each other and leave nothing out. Deliberately absent: arithmetic.

use super::clock::{Day, TimePart};
use super::number::Number;
use crate::ir::{Case, Expr, Pattern, Predicate, Subject};
use crate::source::Place;
use crate::storage::Affinity;
use std::cmp::Ordering;
use std::sync::Arc;

/// What a value is under a condition.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// When.
    pub(super) guard: Expr,
    /// What.
    pub(super) term: Term,
}

impl Piece {
    /// A term without condition.
    pub(super) fn always(term: Term) -> Vec<Self> {
        vec![Self { guard: Expr::True, term }]
    }
}

/// A value that is NULL, a constant, or something about one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Null,
    Constant(Constant),
    /// What the column holds, of whichever type.
    Stored(Column),
    /// The text of what the column holds.
    Text(TextOf),
    /// The bytes of that text.
    Bytes(TextOf),
    /// A part of that text, in characters.
    Slice(TextOf, Span),
    /// A part of that text, in bytes.
    ByteSlice(TextOf, Span),
    /// The text without blanks at the ends.
    Trimmed(TextOf, Ends),
    /// The number of characters, with a minus sign where `negative`.
    Length {
        of: TextOf,
        negative: bool,
    },
    /// By how many characters the one text is longer than the other, and so many more.
    Excess {
        of: TextOf,
        over: TextOf,
        more: i64,
    },
    /// The place of a text in the text of a column: 0 where it is not found.
    Position {
        of: TextOf,
        needle: Needle,
    },
    /// The column's text as a number.
    Number(Column),
    /// The day of the time that the column's text is.
    Day(Day),
    /// A part of the time that the column's text is.
    Part(TimePart),
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Needle {
    Constant(String),
    Text(TextOf),
}

/// Which part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Span {
    /// What is left after so many.
    After(usize),
    /// So many, after so many.
    Within { skip: usize, take: usize },
    /// So many at the end, or all.
    Last(usize),
    /// As many at the start as this text has.
    FirstOf(TextOf),
    /// As many at the end as this text has.
    LastOf(TextOf),
    /// As many at the end as this text has, or another number of them where the text has not so many.
    TailOf(TextOf),
}

/// Which ends of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Both,
    Left,
    Right,
}

/// A column of the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its key in records.
    pub(super) key: Arc<str>,
    pub(super) affinity: Affinity,
    /// How letters compare in it.
    pub(super) compares: Case,
}

/// The text of a column, its letters as they are or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextOf {
    pub(super) column: Column,
    pub(super) letters: Letters,
}

/// What is done to the ASCII letters of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    Kept,
    Lower,
    Upper,
}

impl Letters {
    /// What becomes of a text.
    pub(super) fn apply(self, text: &str) -> String {
        match self {
            Self::Kept => text.to_owned(),
            Self::Lower => text.to_ascii_lowercase(),
            Self::Upper => text.to_ascii_uppercase(),
        }
    }

    /// Whether a text can be the result.
    pub(super) fn yields(self, text: &str) -> bool {
        match self {
            Self::Kept => true,
            Self::Lower => !text.bytes().any(|b| b.is_ascii_uppercase()),
            Self::Upper => !text.bytes().any(|b| b.is_ascii_lowercase()),
        }
    }

    /// The relation under which a possible result matches exactly its origins.
    pub(super) fn case(self) -> Case {
        match self {
            Self::Kept => Case::Sensitive,
            Self::Lower | Self::Upper => Case::Ascii,
        }
    }
}

impl Column {
    /// Whether everything that the column holds is a text.
    pub(super) fn is_text(&self) -> bool {
        self.affinity == Affinity::Text
    }

    /// Whether texts that look like numbers become numbers.
    pub(super) fn is_numeric(&self) -> bool {
        match self.affinity {
            Affinity::Integer | Affinity::Numeric | Affinity::Real => true,
            Affinity::Text | Affinity::Untyped => false,
        }
    }

    /// The text of what it holds.
    pub(super) fn text(&self) -> TextOf {
        TextOf { column: self.clone(), letters: Letters::Kept }
    }

    /// A test on it.
    pub(super) fn test(&self, predicate: Predicate, place: Place) -> Expr {
        Expr::test(Subject::Field(self.key.clone()), predicate, place)
    }

    /// It holds the empty text.
    pub(super) fn is_empty_text(&self, place: Place) -> Expr {
        self.test(Predicate::like(Pattern::default(), Case::Sensitive), place)
    }

    /// It holds something.
    pub(super) fn exists(&self, place: Place) -> Expr {
        self.test(Predicate::Exists, place)
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Number(Number),
    Text(String),
    Blob(Vec<u8>),
}

impl Constant {
    /// The integer that stands for a truth value.
    pub(super) fn truth(value: bool) -> Term {
        Term::Constant(Self::Number(Number::Integer(i64::from(value))))
    }

    /// How it compares with another: numbers before texts before bytes.
    pub(super) fn compare(&self, other: &Self, case: Case) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.compare(*b),
            (Self::Text(a), Self::Text(b)) => crate::text::fold::fold_text(a, case).cmp(&crate::text::fold::fold_text(b, case)),
            (Self::Blob(a), Self::Blob(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Blob(_) => 2,
        }
    }
}

impl Term {
    /// The constant that it is.
    pub(super) fn constant(&self) -> Option<&Constant> {
        if let Self::Constant(constant) = self { Some(constant) } else { None }
    }

    /// The term is not NULL.
    pub(super) fn known(&self, place: Place) -> Expr {
        match self {
            Self::Null => Expr::False,
            Self::Constant(_) => Expr::True,
            Self::Stored(column) | Self::Number(column) => column.exists(place),
            Self::Day(day) => day.known(place),
            Self::Part(part) => part.known(place),
            Self::Text(of) | Self::Bytes(of) | Self::Trimmed(of, _) | Self::Length { of, .. } => of.column.exists(place),
            // A part of no bytes is NULL.
            Self::ByteSlice(of, _) => Expr::and([of.column.exists(place), Expr::not(of.column.is_empty_text(place))]),
            Self::Slice(of, span) => match span {
                Span::FirstOf(other) | Span::LastOf(other) | Span::TailOf(other) => {
                    Expr::and([of.column.exists(place), other.column.exists(place)])
                }
                Span::After(_) | Span::Within { .. } | Span::Last(_) => of.column.exists(place),
            },
            Self::Excess { of, over, .. } => Expr::and([of.column.exists(place), over.column.exists(place)]),
            Self::Position { of, needle } => match needle {
                Needle::Constant(_) => of.column.exists(place),
                Needle::Text(other) => Expr::and([of.column.exists(place), other.column.exists(place)]),
            },
        }
    }
}
