//! What differs between SQL dialects, as data: blanks, quotes, symbols, operators with their precedence,
//! words that are no names, functions, and how patterns compare.
//!
//! A new dialect is a new [`Dialect`] and, where it has functions or operators of a kind that no other has, a
//! new variant of [`Function`] or of the syntax tree with its meaning. Sources: the SQLite grammar
//! (`parse.y`), tokenizer and `PRAGMA function_list` of 3.54.

use super::ast::{Binary, MatchOperator, Quoting};
use crate::ir::{Case, Comparison};

/// An SQL dialect.
#[derive(Debug)]
pub struct Dialect {
    /// The engine's name, for messages.
    pub(super) name: &'static str,
    /// Characters that only separate.
    pub(super) blanks: &'static str,
    /// What can be quoted how.
    pub(super) quotes: &'static [Quotes],
    /// Operators and brackets, a longer one before its prefixes.
    pub(super) symbols: &'static [&'static str],
    /// Whether `_` may stand between the digits of a number.
    pub(super) digit_separator: bool,
    /// Binary operators that are symbols.
    pub(super) operators: &'static [(&'static str, Level, Operator)],
    /// Words that are no name where a value may stand, upper case.
    pub(super) reserved: &'static [&'static str],
    /// Words that are values where a value may stand, upper case.
    pub(super) value_words: &'static [&'static str],
    /// Operators that hold a text against a pattern, upper case.
    pub(super) matches: &'static [(&'static str, MatchOperator)],
    /// Collations, upper case; `None` for one whose comparisons are not known here.
    pub(super) collations: &'static [(&'static str, Option<Case>)],
    /// Names by which every table can be asked for the number of a row, upper case.
    pub(super) row_ids: &'static [&'static str],
    /// The functions, by name in lower case, with the least and the greatest number of arguments.
    pub(super) functions: &'static [(&'static str, usize, usize, Function)],
    /// How letters compare in `LIKE`.
    pub(super) like_case: Case,
    /// The limits of the engine.
    pub(super) limits: Limits,
}

/// A way to quote.
#[derive(Debug)]
pub(super) struct Quotes {
    pub(super) open: char,
    pub(super) close: char,
    /// Whether the closing character, doubled, stands for itself.
    pub(super) doubled: bool,
    /// Whether names are quoted so, and how surely; `None` for texts.
    pub(super) names: Option<Quoting>,
}

/// Limits beyond which the engine rejects a query.
#[derive(Debug)]
pub(super) struct Limits {
    /// Levels of an expression.
    pub(super) expression_depth: usize,
    /// Open brackets at any place.
    pub(super) open_brackets: usize,
    /// Bytes of a pattern of `LIKE` or `GLOB`.
    pub(super) pattern_bytes: usize,
    /// Arguments of a function.
    pub(super) arguments: usize,
    /// Columns of a table (SQLite, "Limits": `SQLITE_MAX_COLUMN`).
    pub(super) columns: usize,
}

/// How tightly an operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Anything.
    Lowest,
    Or,
    And,
    Not,
    Equality,
    Order,
    Bits,
    Sum,
    Product,
    Concatenation,
    Collation,
    Prefix,
}

impl Level {
    /// The next tighter level: what the right operand of a left-associative operator needs.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Lowest => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Equality,
            Self::Equality => Self::Order,
            Self::Order => Self::Bits,
            Self::Bits => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Concatenation,
            Self::Concatenation => Self::Collation,
            Self::Collation | Self::Prefix => Self::Prefix,
        }
    }
}

/// What a binary operator that is a symbol does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Compare(Comparison),
    NotEqual,
    Value(Binary),
}

/// What a function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// The first argument that is not NULL.
    Coalesce,
    /// The first argument, or NULL where it equals the second.
    NullIf,
    /// `CASE` in the form of a function.
    If,
    Lower,
    Upper,
    /// The place of the second text in the first.
    Position,
    Substring,
    Length,
    TypeOf,
    Like,
    Glob,
    Regexp,
    /// A time in this format, after modifiers.
    FormatTime,
    /// The day of a time, after modifiers.
    Day,
    Trim,
    TrimLeft,
    TrimRight,
    /// A value for each row whose meaning is not known here.
    Other,
    /// One value for many rows, which no condition on rows can hold.
    Aggregate,
    /// A function that fails wherever it is called.
    Failing,
}

/// More arguments than any function takes.
const MANY: usize = usize::MAX;

/// SQLite, with a host that registers `REGEXP` in the syntax of the `regex` crate.
pub static SQLITE: Dialect = Dialect {
    name: "SQLite",
    blanks: " \t\n\u{c}\r\u{feff}",
    quotes: &[
        Quotes { open: '\'', close: '\'', doubled: true, names: None },
        Quotes { open: '"', close: '"', doubled: true, names: Some(Quoting::NameOrText) },
        Quotes { open: '`', close: '`', doubled: true, names: Some(Quoting::Name) },
        Quotes { open: '[', close: ']', doubled: false, names: Some(Quoting::Name) },
    ],
    symbols: &[
        "->>", "->", "<<", ">>", "<=", ">=", "<>", "==", "!=", "||", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "~", "(", ")", ",",
        ".", ";",
    ],
    digit_separator: true,
    operators: &[
        ("=", Level::Equality, Operator::Compare(Comparison::Eq)),
        ("==", Level::Equality, Operator::Compare(Comparison::Eq)),
        ("<>", Level::Equality, Operator::NotEqual),
        ("!=", Level::Equality, Operator::NotEqual),
        ("<", Level::Order, Operator::Compare(Comparison::Lt)),
        ("<=", Level::Order, Operator::Compare(Comparison::Lte)),
        (">", Level::Order, Operator::Compare(Comparison::Gt)),
        (">=", Level::Order, Operator::Compare(Comparison::Gte)),
        ("&", Level::Bits, Operator::Value(Binary::BitAnd)),
        ("|", Level::Bits, Operator::Value(Binary::BitOr)),
        ("<<", Level::Bits, Operator::Value(Binary::ShiftLeft)),
        (">>", Level::Bits, Operator::Value(Binary::ShiftRight)),
        ("+", Level::Sum, Operator::Value(Binary::Add)),
        ("-", Level::Sum, Operator::Value(Binary::Subtract)),
        ("*", Level::Product, Operator::Value(Binary::Multiply)),
        ("/", Level::Product, Operator::Value(Binary::Divide)),
        ("%", Level::Product, Operator::Value(Binary::Remainder)),
        ("||", Level::Concatenation, Operator::Value(Binary::Concatenate)),
        ("->", Level::Concatenation, Operator::Value(Binary::JsonValue)),
        ("->>", Level::Concatenation, Operator::Value(Binary::JsonText)),
    ],
    reserved: &[
        "ADD",
        "ALL",
        "ALTER",
        "AND",
        "AS",
        "AUTOINCREMENT",
        "BETWEEN",
        "CASE",
        "CHECK",
        "COLLATE",
        "COMMIT",
        "CONSTRAINT",
        "CREATE",
        "DEFAULT",
        "DEFERRABLE",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "ESCAPE",
        "EXCEPT",
        "EXISTS",
        "FOREIGN",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INDEX",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "ISNULL",
        "JOIN",
        "LIMIT",
        "NOT",
        "NOTHING",
        "NOTNULL",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "PRIMARY",
        "REFERENCES",
        "RETURNING",
        "SELECT",
        "SET",
        "TABLE",
        "THEN",
        "TO",
        "TRANSACTION",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
    ],
    value_words: &["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"],
    matches: &[
        ("LIKE", MatchOperator::Like),
        ("GLOB", MatchOperator::Glob),
        ("REGEXP", MatchOperator::Regexp),
        ("MATCH", MatchOperator::Match),
    ],
    collations: &[("BINARY", Some(Case::Sensitive)), ("NOCASE", Some(Case::Ascii)), ("RTRIM", None)],
    row_ids: &["ROWID", "_ROWID_", "OID"],
    functions: SQLITE_FUNCTIONS,
    like_case: Case::Ascii,
    limits: Limits { expression_depth: 1000, open_brackets: 2494, pattern_bytes: 50_000, arguments: 1000, columns: 2_000 },
};

#[rustfmt::skip]
static SQLITE_FUNCTIONS: &[(&str, usize, usize, Function)] = &[
    ("coalesce", 2, MANY, Function::Coalesce), ("ifnull", 2, 2, Function::Coalesce), ("nullif", 2, 2, Function::NullIf),
    ("iif", 2, MANY, Function::If), ("if", 2, MANY, Function::If),
    ("lower", 1, 1, Function::Lower), ("upper", 1, 1, Function::Upper), ("instr", 2, 2, Function::Position),
    ("substr", 2, 3, Function::Substring), ("substring", 2, 3, Function::Substring), ("length", 1, 1, Function::Length),
    ("typeof", 1, 1, Function::TypeOf), ("like", 2, 3, Function::Like), ("glob", 2, 2, Function::Glob), ("regexp", 2, 2, Function::Regexp),
    ("trim", 1, 2, Function::Trim), ("ltrim", 1, 2, Function::TrimLeft), ("rtrim", 1, 2, Function::TrimRight),
    ("strftime", 2, MANY, Function::FormatTime), ("date", 1, MANY, Function::Day),
    ("match", 2, 2, Function::Failing),
    ("max", 2, MANY, Function::Other), ("min", 2, MANY, Function::Other), ("max", 1, 1, Function::Aggregate), ("min", 1, 1, Function::Aggregate),
    ("abs", 1, 1, Function::Other), ("changes", 0, 0, Function::Other), ("char", 0, MANY, Function::Other),
    ("concat", 1, MANY, Function::Other), ("concat_ws", 2, MANY, Function::Other),
    ("current_date", 0, 0, Function::Other), ("current_time", 0, 0, Function::Other), ("current_timestamp", 0, 0, Function::Other),
    ("date", 0, MANY, Function::Other), ("datetime", 0, MANY, Function::Other), ("format", 0, MANY, Function::Other),
    ("hex", 1, 1, Function::Other), ("json", 1, 1, Function::Other), ("json_array", 0, MANY, Function::Other),
    ("json_array_insert", 0, MANY, Function::Other), ("json_array_length", 1, 2, Function::Other),
    ("json_error_position", 1, 1, Function::Other), ("json_extract", 0, MANY, Function::Other), ("json_insert", 0, MANY, Function::Other),
    ("json_object", 0, MANY, Function::Other), ("json_patch", 2, 2, Function::Other), ("json_pretty", 1, 2, Function::Other),
    ("json_quote", 1, 1, Function::Other), ("json_remove", 0, MANY, Function::Other), ("json_replace", 0, MANY, Function::Other),
    ("json_set", 0, MANY, Function::Other), ("json_type", 1, 2, Function::Other), ("json_valid", 1, 2, Function::Other),
    ("jsonb", 1, 1, Function::Other), ("jsonb_array", 0, MANY, Function::Other), ("jsonb_array_insert", 0, MANY, Function::Other),
    ("jsonb_extract", 0, MANY, Function::Other), ("jsonb_insert", 0, MANY, Function::Other), ("jsonb_object", 0, MANY, Function::Other),
    ("jsonb_patch", 2, 2, Function::Other), ("jsonb_remove", 0, MANY, Function::Other), ("jsonb_replace", 0, MANY, Function::Other),
    ("jsonb_set", 0, MANY, Function::Other), ("julianday", 0, MANY, Function::Other), ("last_insert_rowid", 0, 0, Function::Other),
    ("likelihood", 2, 2, Function::Other), ("likely", 1, 1, Function::Other), ("load_extension", 1, 2, Function::Other),
    ("octet_length", 1, 1, Function::Other), ("printf", 0, MANY, Function::Other), ("quote", 1, 1, Function::Other),
    ("random", 0, 0, Function::Other), ("randomblob", 1, 1, Function::Other), ("replace", 3, 3, Function::Other),
    ("round", 1, 2, Function::Other), ("sign", 1, 1, Function::Other), ("soundex", 1, 1, Function::Other),
    ("sqlite_compileoption_get", 1, 1, Function::Other), ("sqlite_compileoption_used", 1, 1, Function::Other),
    ("sqlite_log", 2, 2, Function::Other), ("sqlite_source_id", 0, 0, Function::Other), ("sqlite_version", 0, 0, Function::Other),
    ("strftime", 0, MANY, Function::Other), ("subtype", 1, 1, Function::Other), ("time", 0, MANY, Function::Other),
    ("timediff", 2, 2, Function::Other), ("total_changes", 0, 0, Function::Other), ("unhex", 1, 2, Function::Other),
    ("unicode", 1, 1, Function::Other), ("unistr", 1, 1, Function::Other), ("unistr_quote", 1, 1, Function::Other),
    ("unixepoch", 0, MANY, Function::Other), ("unlikely", 1, 1, Function::Other), ("zeroblob", 1, 1, Function::Other),
    ("avg", 1, 1, Function::Aggregate), ("count", 0, 1, Function::Aggregate), ("cume_dist", 0, 0, Function::Aggregate),
    ("dense_rank", 0, 0, Function::Aggregate), ("first_value", 1, 1, Function::Aggregate), ("group_concat", 1, 2, Function::Aggregate),
    ("json_group_array", 1, 1, Function::Aggregate), ("json_group_object", 2, 2, Function::Aggregate),
    ("jsonb_group_array", 1, 1, Function::Aggregate), ("jsonb_group_object", 2, 2, Function::Aggregate),
    ("lag", 1, 3, Function::Aggregate), ("last_value", 1, 1, Function::Aggregate), ("lead", 1, 3, Function::Aggregate),
    ("nth_value", 2, 2, Function::Aggregate), ("ntile", 1, 1, Function::Aggregate), ("percent_rank", 0, 0, Function::Aggregate),
    ("rank", 0, 0, Function::Aggregate), ("row_number", 0, 0, Function::Aggregate), ("string_agg", 2, 2, Function::Aggregate),
    ("sum", 1, 1, Function::Aggregate), ("total", 1, 1, Function::Aggregate),
];

impl Dialect {
    /// The functions of this name, whatever their number of arguments.
    pub(super) fn functions(&self, name: &str) -> impl Iterator<Item = &(&'static str, usize, usize, Function)> {
        self.functions.iter().filter(move |function| function.0.eq_ignore_ascii_case(name))
    }

    /// The collation of this name; the inner value is `None` where its comparisons are not known here.
    pub(super) fn collation(&self, name: &str) -> Option<Option<Case>> {
        self.collations.iter().find(|collation| collation.0.eq_ignore_ascii_case(name)).map(|collation| collation.1)
    }
}

/// Whether a word is in a list of upper case words.
pub(super) fn contains_word(list: &[&str], word: &str) -> bool {
    list.iter().any(|other| other.eq_ignore_ascii_case(word))
}
