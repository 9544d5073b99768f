//! Statements of SQL as far as correlations need them, as a tree, and their text.
//!
//! Names of common table expressions and their columns are ours: lower case letters, digits and `_`, no keywords. What
//! speaks of the table of events was said by the target's own forms ([`Sql::Given`]) and is never looked into.
//! Parentheses are computed from how tightly texts hold together. Deliberately absent: what a statement is for.

use std::fmt::Write;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sql {
    /// A text of the target's own forms; in parentheses wherever it is not alone.
    Given(String),
    /// A text of the target's own forms that holds together at least as AND does.
    Condition(String),
    /// A column of ours.
    Name(String),
    /// A column of ours, of the table of this name.
    Of(&'static str, String),
    /// A number.
    Number(i64),
    /// A text of ours, without quotes in it.
    Text(String),
    /// Operands with an operator between them; at least one.
    Chain(Operator, Vec<Sql>),
    /// `x IS NOT NULL`
    NotNull(Box<Sql>),
    /// `CASE WHEN … THEN … END`
    Case(Vec<(Sql, Sql)>),
    /// A function.
    Call(&'static str, Vec<Sql>),
    /// `COUNT(DISTINCT x)`
    CountDistinct(Box<Sql>),
    /// A function over a window that the statement names.
    Over(Box<Sql>, &'static str),
}

/// An operator between operands, and how tightly it holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    text: &'static str,
    strength: u8,
    /// Whether `(a o b) o c` is `a o b o c`, so that an operand of the same strength needs no parentheses.
    chains: Chains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chains {
    Yes,
    No,
}

impl Operator {
    pub(super) const OR: Self = Self { text: " OR ", strength: 0, chains: Chains::Yes };
    pub(super) const AND: Self = Self { text: " AND ", strength: 1, chains: Chains::Yes };
    pub(super) const EQ: Self = Self { text: " = ", strength: 2, chains: Chains::No };
    pub(super) const NE: Self = Self { text: " <> ", strength: 2, chains: Chains::No };
    pub(super) const LT: Self = Self { text: " < ", strength: 3, chains: Chains::No };
    pub(super) const LE: Self = Self { text: " <= ", strength: 3, chains: Chains::No };
    pub(super) const GT: Self = Self { text: " > ", strength: 3, chains: Chains::No };
    pub(super) const GE: Self = Self { text: " >= ", strength: 3, chains: Chains::No };
    pub(super) const ADD: Self = Self { text: " + ", strength: 4, chains: Chains::Yes };
    pub(super) const SUBTRACT: Self = Self { text: " - ", strength: 4, chains: Chains::No };
    pub(super) const MULTIPLY: Self = Self { text: " * ", strength: 5, chains: Chains::No };
    pub(super) const DIVIDE: Self = Self { text: " / ", strength: 5, chains: Chains::No };
    pub(super) const REMAINDER: Self = Self { text: " % ", strength: 5, chains: Chains::No };
    pub(super) const JOIN: Self = Self { text: " || ", strength: 6, chains: Chains::Yes };
}

/// The strength of what is in no need of parentheses.
const TIGHT: u8 = 7;

impl Sql {
    pub(super) fn name(name: &str) -> Self {
        Self::Name(name.to_owned())
    }

    pub(super) fn pair(self, operator: Operator, other: Self) -> Self {
        Self::Chain(operator, vec![self, other])
    }

    pub(super) fn over(self, window: &'static str) -> Self {
        Self::Over(Box::new(self), window)
    }

    fn strength(&self) -> u8 {
        match self {
            Self::Given(_) => 0,
            Self::Condition(_) => Operator::AND.strength,
            Self::Chain(operator, operands) if operands.len() > 1 => operator.strength,
            Self::Chain(_, operands) => operands.first().map_or(TIGHT, Self::strength),
            Self::NotNull(_) => Operator::EQ.strength,
            Self::Number(number) if *number < 0 => Operator::JOIN.strength,
            Self::Name(_)
            | Self::Of(..)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Case(_)
            | Self::Call(..)
            | Self::CountDistinct(_)
            | Self::Over(..) => TIGHT,
        }
    }

    /// The text, in parentheses where it holds together less than is needed.
    fn write(&self, needed: u8, out: &mut String) {
        if self.strength() < needed {
            out.push('(');
            self.write_bare(out);
            out.push(')');
        } else {
            self.write_bare(out);
        }
    }

    fn write_bare(&self, out: &mut String) {
        match self {
            Self::Given(text) | Self::Condition(text) | Self::Name(text) => out.push_str(text),
            Self::Of(table, name) => out.extend([*table, ".", name]),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => out.extend(["'", text, "'"]),
            Self::Chain(operator, operands) => operator.write(operands, out),
            Self::NotNull(operand) => {
                operand.write(Operator::EQ.strength + 1, out);
                out.push_str(" IS NOT NULL");
            }
            Self::Case(branches) => {
                out.push_str("CASE");
                for (when, then) in branches {
                    out.push_str(" WHEN ");
                    when.write(0, out);
                    out.push_str(" THEN ");
                    then.write(0, out);
                }
                out.push_str(" END");
            }
            Self::Call(function, arguments) => {
                out.extend([*function, "("]);
                list(arguments, out);
                out.push(')');
            }
            Self::CountDistinct(argument) => {
                out.push_str("COUNT(DISTINCT ");
                argument.write(0, out);
                out.push(')');
            }
            Self::Over(function, window) => {
                function.write(TIGHT, out);
                out.extend([" OVER ", window]);
            }
        }
    }
}

impl Operator {
    fn write(self, operands: &[Sql], out: &mut String) {
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                out.push_str(self.text);
            }
            let may_chain = self.chains == Chains::Yes || operands.len() == 1;
            operand.write(if may_chain { self.strength } else { self.strength + 1 }, out);
        }
    }
}

fn list(items: &[Sql], out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        item.write(0, out);
    }
}

/// What a window holds, besides the row itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// Everything of the group.
    Whole,
    /// Rows of the group from so long before to the same time.
    Back(i64),
    /// Rows of the group up to the same time.
    SoFar,
    /// Rows of the group of earlier times.
    Before,
}

/// A named window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) name: &'static str,
    pub(super) group: Vec<Sql>,
    pub(super) order: Vec<Sql>,
    pub(super) frame: Frame,
}

impl Window {
    fn write(&self, out: &mut String) {
        out.extend([self.name, " AS ("]);
        if !self.group.is_empty() {
            out.push_str("PARTITION BY ");
            list(&self.group, out);
        }
        if !self.order.is_empty() {
            out.push_str(if self.group.is_empty() { "ORDER BY " } else { " ORDER BY " });
            list(&self.order, out);
        }
        match self.frame {
            Frame::Whole => {}
            Frame::Back(span) => {
                let _ = write!(out, " RANGE BETWEEN {span} PRECEDING AND CURRENT ROW");
            }
            Frame::SoFar => out.push_str(" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
            // Times are whole milliseconds: what is earlier is so by one at least.
            Frame::Before => out.push_str(" RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"),
        }
        out.push(')');
    }
}

/// Which rows a SELECT gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rows {
    /// Each as often as it is found.
    #[default]
    All,
    /// Each once.
    Distinct,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// A table by its name, as the target writes it, or as we named it.
    Table(String),
    /// Two tables of ours, as `a` and `b`, where this holds.
    Join(String, String, Sql),
}

/// A SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Select {
    pub(super) rows: Rows,
    /// The columns; with a name as the target writes it where they have one.
    pub(super) columns: Vec<(Sql, Option<String>)>,
    pub(super) from: From,
    /// All of these hold.
    pub(super) filter: Vec<Sql>,
    pub(super) group: Vec<Sql>,
    pub(super) windows: Vec<Window>,
    pub(super) order: Vec<Sql>,
}

impl Select {
    /// These columns of a table, all rows.
    pub(super) fn new(columns: impl IntoIterator<Item = Sql>, from: From) -> Self {
        Self {
            rows: Rows::All,
            columns: columns.into_iter().map(|column| (column, None)).collect(),
            from,
            filter: Vec::new(),
            group: Vec::new(),
            windows: Vec::new(),
            order: Vec::new(),
        }
    }

    fn write(&self, out: &mut String) {
        out.push_str(match self.rows {
            Rows::All => "SELECT ",
            Rows::Distinct => "SELECT DISTINCT ",
        });
        for (index, (column, name)) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            column.write(0, out);
            if let Some(name) = name {
                out.extend([" AS ", name]);
            }
        }
        match &self.from {
            From::Table(name) => out.extend([" FROM ", name]),
            From::Join(one, other, on) => {
                out.extend([" FROM ", one, " AS a JOIN ", other, " AS b ON "]);
                on.write(0, out);
            }
        }
        if !self.filter.is_empty() {
            out.push_str(" WHERE ");
            Operator::AND.write(&self.filter, out);
        }
        self.write_tail(out);
    }

    fn write_tail(&self, out: &mut String) {
        if !self.group.is_empty() {
            out.push_str(" GROUP BY ");
            list(&self.group, out);
        }
        for (index, window) in self.windows.iter().enumerate() {
            out.push_str(if index == 0 { " WINDOW " } else { ", " });
            window.write(out);
        }
        if !self.order.is_empty() {
            out.push_str(" ORDER BY ");
            list(&self.order, out);
        }
    }
}

/// A common table expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// At least one; all their rows together.
    pub(super) selects: Vec<Select>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) tables: Vec<Table>,
    pub(super) last: Select,
}

impl Statement {
    /// The text, a table on lines of its own.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for (index, table) in self.tables.iter().enumerate() {
            out.push_str(if index == 0 { "WITH " } else { ", " });
            out.extend([&table.name, "(", &table.columns.join(", "), ") AS ("]);
            for (index, select) in table.selects.iter().enumerate() {
                out.push_str(if index == 0 { "\n  " } else { "\n  UNION ALL\n  " });
                select.write(&mut out);
            }
            out.push_str("\n)");
        }
        if !self.tables.is_empty() {
            out.push('\n');
        }
        self.last.write(&mut out);
        out
    }
}
