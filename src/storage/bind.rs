//! Formulas about events become formulas about records: names of fields become columns, keywords become tests
//! on what the storage searches them in, and what storing changes is assumed away by name.

use super::{Affinity, Assumption, Column, ColumnType, Holds, IndexKind, Indexed, Name, Storage};
use crate::ir::{Case, Comparison, Expr, Pattern, Predicate, Subject, Test, Value, plain_regex};
use crate::text::ip;
use crate::text::pattern::Part;
use std::collections::BTreeMap;

/// Why a formula cannot be said about a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unbound {
    /// The storage has no column for this field.
    NoColumn(String),
    /// These two fields are one column.
    SameColumn(String, String),
    /// Keywords, and no listed columns or raw text to search.
    Keywords,
    /// A keyword that must be a whole value, which the raw text cannot show.
    WholeKeyword,
}

/// A test that cannot be said about a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnboundTest {
    /// Why.
    pub why: Unbound,
    /// The test, as it was written.
    pub test: Test,
}

impl Storage {
    /// The formula about records that a formula about events becomes: names of fields become keys of
    /// columns, keywords become tests on the listed columns or on the raw text.
    ///
    /// # Errors
    /// The first reason, in the order of the formula, why there is no such formula, with the test.
    pub fn bind(&self, expr: &Expr) -> Result<(Expr, Vec<Assumption>), Box<UnboundTest>> {
        let (expanded, assumptions) = self.expand(expr)?;
        Ok((self.keyed(&expanded), assumptions))
    }

    /// The same formula with names of fields as they are spelled in it (keywords in fields that it does not name: as the
    /// storage spells them), which is what people are to read.
    ///
    /// # Errors
    /// As for [`Storage::bind`].
    pub fn expand(&self, expr: &Expr) -> Result<(Expr, Vec<Assumption>), Box<UnboundTest>> {
        let mut binding = Binding { storage: self, spelled: BTreeMap::new(), assumptions: Vec::new() };
        binding.spell(expr);
        let expanded = binding.expr(expr)?;
        Ok((expanded, binding.assumptions))
    }

    /// An expanded formula as one about records: with the keys of columns for the names of fields, and, since
    /// what a column holds are scalars, one or several, with presence for every pattern that accepts any text.
    pub fn keyed(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::True | Expr::False => expr.clone(),
            Expr::And(children) => Expr::and(children.iter().map(|child| self.keyed(child))),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.keyed(child))),
            Expr::Not(child) => Expr::not(self.keyed(child)),
            Expr::Test(test) if accepts_everything(&test.predicate) => {
                self.renamed(&Expr::test(test.subject.clone(), Predicate::Exists, test.place))
            }
            Expr::Test(_) => self.renamed(expr),
        }
    }

    /// A formula about records with what means the same on every record said in one way. Numeric equality is
    /// equality of texts wherever the column makes numbers of all texts that look like some: then only numbers
    /// are equal to a number, and those that are have its canonical text. A pattern that accepts any text is
    /// presence: what a column holds are scalars.
    #[must_use]
    pub fn in_one_way(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::True | Expr::False => expr.clone(),
            Expr::And(children) => Expr::and(children.iter().map(|child| self.in_one_way(child))),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.in_one_way(child))),
            Expr::Not(child) => Expr::not(self.in_one_way(child)),
            Expr::Test(test) => match (&test.subject, &test.predicate) {
                (Subject::Field(field), Predicate::Compare { op: Comparison::Eq, number }) if self.makes_numbers(field) => {
                    let text = Pattern::exact(&number.to_string());
                    Expr::test(test.subject.clone(), Predicate::like(text, Case::Sensitive), test.place)
                }
                (Subject::Field(_), predicate) if accepts_everything(predicate) => {
                    Expr::test(test.subject.clone(), Predicate::Exists, test.place)
                }
                _ => expr.clone(),
            },
        }
    }

    fn makes_numbers(&self, name: &str) -> bool {
        self.column(name).is_some_and(|(_, kind)| match kind.holds {
            Holds::Scalar(Affinity::Integer | Affinity::Numeric | Affinity::Real) => true,
            Holds::Indexed(Indexed { kind: IndexKind::Whole | IndexKind::Fraction, .. }) => true,
            Holds::Scalar(Affinity::Text | Affinity::Untyped) | Holds::Extracted(_) | Holds::Event | Holds::Indexed(_) => false,
        })
    }

    fn renamed(&self, expr: &Expr) -> Expr {
        expr.map_fields(&|name| self.column(self.tested(name)).map_or_else(|| name.into(), |(key, _)| key.into()))
    }

    /// The storage on which a formula is said: a column of no declared type that it compares with networks has
    /// the type that the storage names for that, and this assumption comes with it.
    pub fn suited(&self, expr: &Expr) -> (std::borrow::Cow<'_, Self>, Vec<Assumption>) {
        let mut suited = std::borrow::Cow::Borrowed(self);
        let mut assumptions = Vec::new();
        let Some(networks) = self.networks else { return (suited, assumptions) };
        expr.for_each_test(&mut |test| {
            let (Subject::Field(name), Predicate::Within { any }) = (&test.subject, &test.predicate) else { return };
            if self.columns.listed.iter().any(|column| self.same_name(&column.name, name)) {
                return;
            }
            let because = || format!("`{name}` is compared with networks");
            assumptions.extend(
                any.iter().map(|network| {
                    Assumption::on_pattern(Name::IpMapped, &self.key(name), &Pattern::exact(&network.to_string()), because())
                }),
            );
            let columns = &suited.columns.listed;
            if columns.iter().all(|column| !self.same_name(&column.name, name)) {
                suited.to_mut().columns.listed.push(Column::new(name, networks));
            }
        });
        (suited, assumptions)
    }

    /// What must be assumed because fields leave out texts that are too long.
    fn left_out(&self, expr: &Expr) -> Vec<Assumption> {
        let mut assumptions = Vec::new();
        expr.for_each_field(&mut |field| {
            let Some((key, kind)) = self.column(self.tested(field)) else { return };
            if let Holds::Indexed(Indexed { longest: Some(longest), .. }) = kind.holds {
                let because = format!("the mapping leaves texts of `{field}` out that are longer than {longest} characters");
                assumptions.push(Assumption::on_field(Name::WithinIgnoreAbove, &key, because));
            }
        });
        assumptions
    }

    /// What must be assumed because a field of addresses holds each in one notation.
    fn rewritten_addresses(&self, field: &str, predicate: &Predicate) -> Option<Assumption> {
        let (key, kind) = self.column(self.tested(field))?;
        let is_address = matches!(kind.holds, Holds::Indexed(Indexed { kind: IndexKind::Ip, .. }));
        let because = || format!("a test on `{field}` could see how addresses are stored");
        (is_address && sees_notation(predicate)).then(|| Assumption::on_field(Name::CanonicalIps, &key, because()))
    }

    /// What must be assumed because putting events into the storage changes how numbers and booleans read,
    /// wherever a test of the formula could see the difference.
    pub fn distortions(&self, expr: &Expr) -> Vec<Assumption> {
        let mut assumptions = self.left_out(expr);
        expr.for_each_test(&mut |test| {
            let Subject::Field(field) = &test.subject else { return };
            assumptions.extend(self.rewritten_addresses(field, &test.predicate));
            if !sees_storage(&test.predicate) {
                return;
            }
            let other = if let Predicate::Relates { other, .. } = &test.predicate { Some(other) } else { None };
            for field in std::iter::once(field).chain(other) {
                let because = format!("a test on `{field}` could see how numbers and booleans are stored");
                let key = self.column(self.tested(field)).map_or_else(|| field.to_string(), |(key, _)| key);
                assumptions.push(Assumption::on_pattern(Name::CanonicalNumbers, &key, &Pattern::everything(), because));
            }
        });
        assumptions
    }
}

/// Whether a predicate could tell an address from another text of it.
fn sees_notation(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Within { .. } | Predicate::TimePart { .. } | Predicate::Kind(_) | Predicate::Exists => false,
        Predicate::Like { .. } | Predicate::Regex(_) | Predicate::Compare { .. } | Predicate::Order { .. } | Predicate::Relates { .. } => {
            true
        }
    }
}

/// Whether a predicate could tell a number or a boolean from what a storage makes of it.
fn sees_storage(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Like { any, case } => any.iter().any(|value| sees_numbers(&value.pattern, *case)),
        Predicate::Compare { .. } | Predicate::Regex(_) | Predicate::Order { .. } | Predicate::Relates { .. } => true,
        // No number and no boolean names a time.
        Predicate::Within { .. } | Predicate::TimePart { .. } | Predicate::Kind(_) | Predicate::Exists => false,
    }
}

struct Binding<'s> {
    storage: &'s Storage,
    /// For each key the spelling that the formula uses: two spellings of one column cannot both be stored.
    spelled: BTreeMap<String, String>,
    assumptions: Vec<Assumption>,
}

impl Binding<'_> {
    fn expr(&mut self, expr: &Expr) -> Result<Expr, Box<UnboundTest>> {
        Ok(match expr {
            Expr::True => Expr::True,
            Expr::False => Expr::False,
            Expr::And(children) => Expr::and(children.iter().map(|child| self.expr(child)).collect::<Result<Vec<_>, _>>()?),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.expr(child)).collect::<Result<Vec<_>, _>>()?),
            Expr::Not(child) => Expr::not(self.expr(child)?),
            Expr::Test(test) => self.test(test).map_err(|why| Box::new(UnboundTest { why, test: test.clone() }))?,
        })
    }

    /// Notes how the formula spells the columns that it names, before keywords speak of them too.
    fn spell(&mut self, expr: &Expr) {
        expr.for_each_field(&mut |name| {
            if let Some((key, _)) = self.storage.column(self.storage.tested(name)) {
                self.spelled.entry(key).or_insert_with(|| name.to_owned());
            }
        });
    }

    /// A column as the formula spells it.
    fn spelling<'c>(&'c self, column: &'c Column) -> &'c str {
        let key = self.storage.column(&column.name).map(|(key, _)| key);
        key.and_then(|key| self.spelled.get(&key)).unwrap_or(&column.name)
    }

    fn test(&mut self, test: &Test) -> Result<Expr, Unbound> {
        match &test.subject {
            Subject::Field(name) => {
                self.field(name)?;
                if let Predicate::Relates { other, .. } = &test.predicate {
                    self.field(other)?;
                }
                Ok(self.storage.possible(name, test))
            }
            Subject::AnyLeaf => self.keyword(test),
            Subject::Raw => Ok(Expr::Test(test.clone())),
        }
    }

    /// Checks that the field is a column, and the only spelling of it.
    fn field(&mut self, name: &str) -> Result<(), Unbound> {
        let (key, _) = self.storage.column(self.storage.tested(name)).ok_or_else(|| Unbound::NoColumn(name.to_owned()))?;
        let spelled = self.spelled.entry(key).or_insert_with(|| name.to_owned());
        if spelled != name {
            return Err(Unbound::SameColumn(spelled.clone(), name.to_owned()));
        }
        Ok(())
    }

    fn keyword(&mut self, test: &Test) -> Result<Expr, Unbound> {
        let columns = &self.storage.columns;
        let is_table = columns.listed.iter().all(|column| matches!(column.kind.holds, Holds::Scalar(_)));
        match &self.storage.raw {
            Some(raw) => self.raw_keyword(test, &raw.clone()),
            None if columns.others.is_none() && is_table => {
                let listed = columns.listed.iter();
                Ok(Expr::or(listed.map(|column| Expr::test(Subject::field(self.spelling(column)), test.predicate.clone(), test.place))))
            }
            None => Err(Unbound::Keywords),
        }
    }

    fn raw_keyword(&mut self, test: &Test, raw: &str) -> Result<Expr, Unbound> {
        let (key, _) = self.storage.column(raw).ok_or_else(|| Unbound::NoColumn(raw.to_owned()))?;
        let Predicate::Like { any, .. } = &test.predicate else { return Err(Unbound::WholeKeyword) };
        for value in any {
            let open = |part: Option<&crate::text::pattern::Part>| part == Some(&Part::Any);
            if !open(value.pattern.parts().first()) || !open(value.pattern.parts().last()) {
                return Err(Unbound::WholeKeyword);
            }
            let because = format!("keywords are searched in `{raw}`");
            self.assumptions.push(Assumption::on_pattern(Name::RawHoldsValues, &key, &value.pattern, because));
        }
        Ok(Expr::test(Subject::field(raw), test.predicate.clone(), test.place))
    }
}

impl Storage {
    /// The test without values that its column never holds: a field of addresses holds nothing else, since an
    /// event with another text has no record.
    fn possible(&self, name: &str, test: &Test) -> Expr {
        let is_address = |(_, kind): (String, ColumnType)| matches!(kind.holds, Holds::Indexed(Indexed { kind: IndexKind::Ip, .. }));
        let Predicate::Like { any, case } = &test.predicate else { return Expr::Test(test.clone()) };
        if !self.column(self.tested(name)).is_some_and(is_address) {
            return Expr::Test(test.clone());
        }
        let any: Vec<Value> = any.iter().filter(|value| could_be_address(&value.pattern)).cloned().collect();
        if any.is_empty() { Expr::False } else { Expr::test(test.subject.clone(), Predicate::Like { any, case: *case }, test.place) }
    }
}

/// Whether some address could be covered by a pattern.
fn could_be_address(pattern: &Pattern) -> bool {
    match pattern.as_exact() {
        Some(text) => ip::address(text).is_some(),
        None => pattern.literal_chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')),
    }
}

fn accepts_everything(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Like { any, .. } => any.iter().any(|value| value.pattern == Pattern::everything()),
        Predicate::Regex(regex) => {
            plain_regex::patterns(regex.tree()).is_some_and(|(patterns, _)| patterns.contains(&Pattern::everything()))
        }
        Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => false,
    }
}

/// Whether a pattern could tell some number or boolean from what a storage makes of it: its literal
/// characters could all stand in a number, or it tells `true` from `1` or `false` from `0`.
pub fn sees_numbers(pattern: &Pattern, case: Case) -> bool {
    let tells = |a: &str, b: &str| pattern.matches(a, case) != pattern.matches(b, case);
    let is_empty = pattern.literal_chars().next().is_none() && !pattern.parts().contains(&Part::One);
    let in_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    (!is_empty && pattern.literal_chars().all(in_number)) || tells("true", "1") || tells("false", "0")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::{ColumnKey, ColumnType, Columns, Names};
    use super::*;
    use crate::event::Event;
    use crate::ir::Decimal;
    use crate::ir::eval::matches;
    use crate::source::Place;
    use serde_json::{Value, json};

    /// On whatever a column of numbers holds, equality of numbers is equality of canonical texts.
    #[test]
    fn equal_numbers_have_equal_texts_in_columns_of_numbers() {
        let texts =
            ["5", "5.0", "05", "+5", " 5", "5e0", "50e-1", "5x", "x", "", "-0", "0", "1e3", "1000", "5\0", "9007199254740993", "1e400"];
        let numbers = ["5", "5.0", "5e0", "0", "-0", "-0.0", "1e3", "0.5", "9007199254740993", "9007199254740992", "1e20"];
        let values = texts.iter().map(|text| json!(text)).chain(numbers.iter().map(|number| serde_json::from_str(number).unwrap()));
        let values: Vec<Value> = values.chain([json!(true), json!(null)]).collect();
        let keys = [ColumnKey::Integer, ColumnKey::Numeric, ColumnKey::Real, ColumnKey::Whole, ColumnKey::Fraction];
        for kind in keys.map(|key| ColumnType { holds: key.holds(), compares: Case::Sensitive }) {
            let column = Column::new("a", kind);
            let columns = Columns::listed(vec![column]);
            let storage = Storage { table: None, names: Names::IgnoreCase, columns, raw: None, networks: None };
            for number in numbers.iter().filter_map(|number| Decimal::parse(number)) {
                let equal = Expr::test(Subject::field("a"), Predicate::Compare { op: Comparison::Eq, number }, Place::NOWHERE);
                let text = storage.in_one_way(&equal);
                assert_ne!(equal, text);
                for record in values.iter().filter_map(|value| storage.record(&Event::default().with("a", value.clone()), &["a"])) {
                    assert_eq!(matches(&equal, &record), matches(&text, &record), "{equal:?} on {record:?} ({kind:?})");
                }
            }
        }
    }
}
