//! Columns: what a target's columns hold of the values that are put in, for tables, for fields extracted from
//! the text of events, and for the fields of an index.
//!
//! Deliberately absent: what becomes of a value (`record`), and what a query finds in it (the readers).

use crate::ir::Case;
use serde::Deserialize;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as declared, by which queries know it.
    pub name: String,
    /// The field of events that fills it: the name itself, but for columns that index another's values again.
    pub source: String,
    /// The type.
    pub kind: ColumnType,
}

impl Column {
    /// A column that is filled by the field of its own name.
    pub fn new(name: &str, kind: ColumnType) -> Self {
        Self { name: name.to_owned(), source: name.to_owned(), kind }
    }
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    /// What the column holds of a value that is put in.
    pub holds: Holds,
    /// How letters compare in the target's equality.
    pub compares: Case,
}

impl ColumnType {
    /// The type of a column of a table: one nullable scalar.
    pub fn scalar(affinity: Affinity, compares: Case) -> Self {
        Self { holds: Holds::Scalar(affinity), compares }
    }

    /// The affinity of a column of a table; `None` for any other.
    pub fn affinity(self) -> Option<Affinity> {
        match self.holds {
            Holds::Scalar(affinity) => Some(affinity),
            Holds::Extracted(_) | Holds::Event | Holds::Indexed(_) => None,
        }
    }

    /// Whether a record has at most one value in such a column.
    pub fn values(self) -> Values {
        match self.holds {
            Holds::Scalar(_) | Holds::Event => Values::One,
            Holds::Extracted(extracted) => extracted.values,
            Holds::Indexed(_) => Values::Several,
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A column of a table: one nullable scalar.
    Scalar(Affinity),
    /// A field that is extracted from the text of events: texts.
    Extracted(Extracted),
    /// The text of the whole event: one, always there.
    Event,
    /// A field of an index: any number of values.
    Indexed(Indexed),
}

/// How many values a record has in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Values {
    /// At most one.
    One,
    /// Any number.
    Several,
}

/// A field that is extracted from the text of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extracted {
    /// How many values it has.
    pub values: Values,
    /// What its texts are.
    pub content: Content,
}

/// What the texts of an extracted field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Any texts.
    Texts,
    /// Numbers in plain notation (`-12.5`), and nothing else.
    Numbers,
}

/// A field of an index (Elasticsearch, "Field data types").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed {
    /// Its type.
    pub kind: IndexKind,
    /// Longer texts (in characters) are not held: `ignore_above`.
    pub longest: Option<u32>,
    /// Whether those who search know the type.
    pub view: View,
}

/// The types of the fields of an index, as far as they differ for queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexKind {
    /// `keyword`: whole texts.
    Keyword,
    /// `constant_keyword`: one text for all events.
    Constant,
    /// `wildcard`: whole texts, indexed for patterns.
    Wildcard,
    /// `text` and `match_only_text`: words.
    Analyzed,
    /// `ip`: addresses.
    Ip,
    /// `long`, `integer`, `short`, `byte`, `unsigned_long`: whole numbers.
    Whole,
    /// `double` and `float`.
    Fraction,
    /// `boolean`.
    Boolean,
    /// `date` and `date_nanos`.
    Date,
    /// `nested`: objects that are searched one by one, and the fields in them.
    Nested,
    /// `object`: it has no values of its own.
    Object,
    /// Everything else, and a field that different indices map differently: queries on it are not read.
    Other,
}

/// Whether those who search know the type of a field: it is in their data view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// It is there, with its type.
    Typed,
    /// It is not there.
    Untyped,
}

/// The kinds of columns that the forms of a target tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKey {
    /// A scalar column of texts.
    Text,
    /// A scalar column of whole numbers.
    Integer,
    /// A scalar column of numbers.
    Numeric,
    /// A scalar column of floating point numbers.
    Real,
    /// A scalar column of no type.
    Untyped,
    /// An extracted field with any number of texts.
    Texts,
    /// An extracted field with at most one text.
    OneText,
    /// An extracted field with any number of numbers.
    Numbers,
    /// An extracted field with at most one number.
    OneNumber,
    /// The text of the whole event.
    Event,
    /// A keyword that searchers know to be one.
    Keyword,
    /// A keyword whose type searchers do not know.
    UnviewedKeyword,
    /// Whole texts, indexed for patterns.
    Wildcard,
    /// One text for all events.
    Constant,
    /// Words.
    Analyzed,
    /// Addresses.
    Ip,
    /// Whole numbers of an index.
    Whole,
    /// Numbers of an index.
    Fraction,
    /// Booleans of an index.
    Boolean,
    /// Dates of an index.
    Date,
    /// Any other field of an index.
    Other,
}

impl Holds {
    /// The kind that forms tell apart.
    pub fn key(self) -> ColumnKey {
        match self {
            Self::Scalar(Affinity::Text) => ColumnKey::Text,
            Self::Scalar(Affinity::Integer) => ColumnKey::Integer,
            Self::Scalar(Affinity::Numeric) => ColumnKey::Numeric,
            Self::Scalar(Affinity::Real) => ColumnKey::Real,
            Self::Scalar(Affinity::Untyped) => ColumnKey::Untyped,
            Self::Extracted(Extracted { values: Values::Several, content: Content::Texts }) => ColumnKey::Texts,
            Self::Extracted(Extracted { values: Values::One, content: Content::Texts }) => ColumnKey::OneText,
            Self::Extracted(Extracted { values: Values::Several, content: Content::Numbers }) => ColumnKey::Numbers,
            Self::Extracted(Extracted { values: Values::One, content: Content::Numbers }) => ColumnKey::OneNumber,
            Self::Event => ColumnKey::Event,
            Self::Indexed(indexed) => indexed.key(),
        }
    }
}

impl ColumnKey {
    /// What a column of this kind holds, of a field of an index any length.
    pub fn holds(self) -> Holds {
        let extracted = |values, content| Holds::Extracted(Extracted { values, content });
        let indexed = |kind| Holds::Indexed(Indexed { kind, longest: None, view: View::Typed });
        match self {
            Self::Text => Holds::Scalar(Affinity::Text),
            Self::Integer => Holds::Scalar(Affinity::Integer),
            Self::Numeric => Holds::Scalar(Affinity::Numeric),
            Self::Real => Holds::Scalar(Affinity::Real),
            Self::Untyped => Holds::Scalar(Affinity::Untyped),
            Self::Texts => extracted(Values::Several, Content::Texts),
            Self::OneText => extracted(Values::One, Content::Texts),
            Self::Numbers => extracted(Values::Several, Content::Numbers),
            Self::OneNumber => extracted(Values::One, Content::Numbers),
            Self::Event => Holds::Event,
            Self::Keyword => indexed(IndexKind::Keyword),
            Self::UnviewedKeyword => Holds::Indexed(Indexed { kind: IndexKind::Keyword, longest: None, view: View::Untyped }),
            Self::Wildcard => indexed(IndexKind::Wildcard),
            Self::Constant => indexed(IndexKind::Constant),
            Self::Analyzed => indexed(IndexKind::Analyzed),
            Self::Ip => indexed(IndexKind::Ip),
            Self::Whole => indexed(IndexKind::Whole),
            Self::Fraction => indexed(IndexKind::Fraction),
            Self::Boolean => indexed(IndexKind::Boolean),
            Self::Date => indexed(IndexKind::Date),
            Self::Other => indexed(IndexKind::Other),
        }
    }
}

impl Indexed {
    fn key(self) -> ColumnKey {
        match (self.kind, self.view) {
            (IndexKind::Keyword, View::Typed) => ColumnKey::Keyword,
            (IndexKind::Keyword, View::Untyped) => ColumnKey::UnviewedKeyword,
            (IndexKind::Constant, _) => ColumnKey::Constant,
            (IndexKind::Wildcard, _) => ColumnKey::Wildcard,
            (IndexKind::Analyzed, _) => ColumnKey::Analyzed,
            (IndexKind::Ip, _) => ColumnKey::Ip,
            (IndexKind::Whole, _) => ColumnKey::Whole,
            (IndexKind::Fraction, _) => ColumnKey::Fraction,
            (IndexKind::Boolean, _) => ColumnKey::Boolean,
            (IndexKind::Date, _) => ColumnKey::Date,
            (IndexKind::Nested | IndexKind::Object | IndexKind::Other, _) => ColumnKey::Other,
        }
    }

    /// Whether the field holds its texts whole, so that a rule is best tested on it.
    pub(super) fn is_whole_text(self) -> bool {
        matches!(self.kind, IndexKind::Keyword | IndexKind::Constant | IndexKind::Wildcard)
    }
}

/// What becomes of a value that is put into a column (SQLite, "Datatypes", section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// Numbers become texts.
    Text,
    /// Texts that look like numbers become numbers; a fraction of zero is dropped.
    Integer,
    /// As `Integer`.
    Numeric,
    /// Texts that look like numbers become numbers, all of them floating point.
    Real,
    /// Values stay as they are.
    Untyped,
}
