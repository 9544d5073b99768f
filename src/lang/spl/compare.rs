//! What the comparisons of `search` mean.
//!
//! Source: Splunk, "search", section "Field expressions"; "Wildcards"; "NOT expressions"; "CASE and TERM". Deliberately
//! absent: the grammar (`search`), and comparisons in expressions (`terms`).

use super::pieces::{Piece, Term};
use super::reader::{Field, Reader};
use super::search::Stage;
use super::syntax::Operator;
use super::value::{SearchValue, network};
use super::{Result, unread};
use crate::diag::quote;
use crate::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Value};
use crate::source::Place;
use crate::storage::Name;
use crate::text::number;
use crate::text::pattern::Part;

impl Reader<'_> {
    /// A comparison of a field with a value.
    pub(super) fn compare(&mut self, name: &str, operator: Operator, value: SearchValue, stage: Stage, place: Place) -> Result<Expr> {
        if let Some(pieces) = self.made(name, place)? {
            return self.compare_made(&pieces, operator, &value, stage, place);
        }
        let field = self.field(name, place)?;
        match operator {
            Operator::Equal => self.equals(&field, vec![value], stage, place),
            Operator::NotEqual => {
                self.assume_single(&field);
                let equal = self.equals(&field, vec![value], stage, place)?;
                Ok(Expr::and([field.exists(place), Expr::not(equal)]))
            }
            Operator::Order(comparison) => self.orders(&field, comparison, &value, place),
        }
    }

    /// `IN`: one of the values is equal.
    pub(super) fn among(&mut self, name: &str, values: Vec<SearchValue>, stage: Stage, place: Place) -> Result<Expr> {
        if let Some(pieces) = self.made(name, place)? {
            let each = values.iter().map(|value| self.compare_made(&pieces, Operator::Equal, value, stage, place));
            return Ok(Expr::or(each.collect::<Result<Vec<_>>>()?));
        }
        let field = self.field(name, place)?;
        self.equals(&field, values, stage, place)
    }

    /// Some member is covered by one of the patterns, or within one of the networks.
    fn equals(&mut self, field: &Field, values: Vec<SearchValue>, stage: Stage, place: Place) -> Result<Expr> {
        let mut parts = Vec::new();
        let (mut folded, mut exact, mut networks) = (Vec::new(), Vec::new(), Vec::new());
        for value in values {
            self.note_stage(field, &value, stage)?;
            if value.pattern == Pattern::everything() {
                if !field.is_event() {
                    self.assume(Name::NoEmptyValues, field, "it is open whether the empty text is a value");
                }
                parts.push(field.exists(value.place));
            } else if let Some(network) = network(&value)? {
                self.assume(Name::IpSpelling, field, "it is open which spellings of addresses are within a network");
                networks.push(network);
            } else {
                self.note_pattern(field, &value);
                let list = if value.case == Case::Sensitive { &mut exact } else { &mut folded };
                list.push(Value { pattern: value.pattern, place: value.place });
            }
        }
        for (any, case) in [(folded, Case::Ascii), (exact, Case::Sensitive)] {
            if !any.is_empty() {
                parts.push(field.test(Predicate::Like { any, case }, place));
            }
        }
        if !networks.is_empty() {
            parts.push(field.test(Predicate::Within { any: networks }, place));
        }
        Ok(Expr::or(parts))
    }

    /// What the first search needs beyond the comparison itself.
    fn note_stage(&mut self, field: &Field, value: &SearchValue, stage: Stage) -> Result<()> {
        match stage {
            Stage::Later if value.case == Case::Sensitive => Err(unread(value.place, "`CASE` after a pipe")),
            Stage::Later => Ok(()),
            Stage::First => {
                if value.pattern.parts().first() != Some(&Part::Any) && !field.is_event() {
                    self.assume_search_time();
                }
                Ok(())
            }
        }
    }

    /// What equality with a pattern leaves open.
    fn note_pattern(&mut self, field: &Field, value: &SearchValue) {
        if value.pattern.parts().contains(&Part::Any) {
            self.assume(Name::NoLineBreaks, field, "it is open whether wildcards cross line breaks");
        }
        if value.case == Case::Ascii {
            self.assume_folding(field, &value.pattern);
        }
        if let Some(text) = value.pattern.as_exact() {
            self.assume_spelling(field, text);
        }
    }

    /// `<` and the like: of numbers where both sides are, else of texts.
    fn orders(&mut self, field: &Field, comparison: Comparison, value: &SearchValue, place: Place) -> Result<Expr> {
        let text = value.pattern.as_exact().ok_or_else(|| unread(value.place, "a wildcard in an order"))?;
        if value.case == Case::Sensitive {
            return Err(unread(value.place, "`CASE` in an order"));
        }
        self.assume_one_sided(field, &value.pattern);
        if Decimal::parse_loosely(text).is_none() {
            self.assume_of(Name::TextOrder, field, &value.pattern, "it is open how letters and numbers stand in the order of texts");
            return Ok(field.test(Predicate::Order { op: comparison, text: text.to_owned(), case: Case::Sensitive }, place));
        }
        let number = Decimal::parse(text).filter(|_| number::is_plain(text));
        let number = number.ok_or_else(|| unread(value.place, format!("the number {}", quote(text))))?;
        self.assume_numbers(field);
        Ok(field.test(Predicate::Compare { op: comparison, number }, place))
    }

    /// A comparison of a field that some command made.
    fn compare_made(&mut self, pieces: &[Piece], operator: Operator, value: &SearchValue, stage: Stage, place: Place) -> Result<Expr> {
        let mut cases = Vec::new();
        for piece in pieces {
            let equal = self.term_equals(&piece.term, value, stage, place)?;
            let holds = match operator {
                Operator::Equal => equal,
                Operator::NotEqual => {
                    if let Term::Text(of) = &piece.term {
                        self.assume_single(&of.field);
                    }
                    Expr::and([self.known(&piece.term, place)?, Expr::not(equal)])
                }
                Operator::Order(_) => return Err(unread(place, "the order of values that a command made")),
            };
            cases.push(Expr::and([self.copy(&piece.guard, place)?, holds]));
        }
        Ok(Expr::or(cases))
    }

    fn term_equals(&mut self, term: &Term, value: &SearchValue, stage: Stage, place: Place) -> Result<Expr> {
        match term {
            Term::Null => Ok(Expr::False),
            Term::Constant(text) => constant_equals(text, value).map(|equal| if equal { Expr::True } else { Expr::False }),
            // Comparing folds letters again.
            Term::Text(of) => self.equals(&of.field, vec![value.clone()], stage, place),
            Term::Some if value.pattern == Pattern::everything() => Ok(Expr::True),
            Term::Number(_) | Term::NumberOf(_) | Term::Length(_) | Term::Slice(..) | Term::Index | Term::Some => {
                Err(unread(place, "a search in such a value"))
            }
        }
    }
}

/// Whether a text that a command made is equal to a value.
fn constant_equals(text: &str, value: &SearchValue) -> Result<bool> {
    let open = |what: &str| Err(unread(value.place, format!("{what} in a value that a command made")));
    if network(value)?.is_some() {
        return open("a network");
    }
    if text.is_empty() && value.pattern == Pattern::everything() {
        return open("`*` and the empty text");
    }
    let equal = value.pattern.matches(text, Case::Ascii);
    let both_numbers = value.pattern.as_exact().and_then(Decimal::parse_loosely).is_some() && Decimal::parse_loosely(text).is_some();
    if value.case == Case::Sensitive || (both_numbers && !equal) || text.contains('\n') || equal != value.pattern.matches(text, Case::Fold)
    {
        return open("such a comparison");
    }
    Ok(equal)
}
