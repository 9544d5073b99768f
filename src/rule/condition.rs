//! Conditions: their grammar, and the names in them.
//!
//! The grammar is that of sigma.md §5 (specification, section "Condition"):
//!
//! ```text
//! or-expr   = and-expr *( "or" and-expr )
//! and-expr  = not-expr *( "and" not-expr )
//! not-expr  = "not" not-expr / primary
//! primary   = "(" or-expr ")" / selector / identifier
//! selector  = ("1" / "any" / "all") "of" ( "them" / pattern )
//! ```
//!
//! A word is the longest run of letters, digits, `_`, `-` and `*`, so `notepad` is one identifier. Brackets
//! and `not` nest only so deep (see [`grammar`]), and selectors expand to only so many names (see [`names`]), so
//! whoever walks a [`Condition`] needs no bounds of his own.
//! Deliberately absent: what a condition means.

mod fault;
mod grammar;
mod names;

use super::correlation::Reference;
use super::scalar::{self, Resolved};
use super::yaml::{Node, Scalar, View};
use super::{Condition, ConditionText};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::Place;
use fault::Fault;
use grammar::parse;
use names::{Names, Use, unresolved, uses};
use std::collections::HashSet;

/// A detection has at most so many conditions, each of which gives a query of its own.
const MAX_CONDITIONS: usize = 32;

/// An expression over rules names at most so many, each as often as it does.
const MAX_RULES: usize = 256;

/// What no search identifier can be called.
pub(super) const RESERVED: &[&str] = &["and", "or", "not", "of", "all", "any", "them"];

/// Reads the value of the key `condition`: one text, or a list of texts. What is wrong is reported.
pub(super) fn read(key: Place, node: Node, names: &[&str], report: &mut Vec<Diagnostic>) -> Vec<ConditionText> {
    let known = Names { list: names, set: names.iter().copied().collect() };
    match node.view() {
        View::Scalar(scalar) => text(scalar, key, &known, report).into_iter().collect(),
        View::List(list) if list.len() == 0 => {
            report.push(missing(key, "an empty list of conditions"));
            Vec::new()
        }
        View::List(list) if list.len() > MAX_CONDITIONS => {
            let problem = Diagnostic::error(Code::ConditionType, node.place(), format!("more than {MAX_CONDITIONS} conditions"));
            report.push(problem.help("write several rules: each condition gives a query of its own"));
            Vec::new()
        }
        View::List(list) => {
            let mut conditions = Vec::new();
            for node in list.iter() {
                match node.scalar().filter(|scalar| scalar::resolve(scalar) != Resolved::Null) {
                    Some(scalar) => conditions.extend(text(scalar, scalar.place, &known, report)),
                    None => report.push(wrong_type(node.place())),
                }
            }
            conditions
        }
        View::Map(_) => {
            report.push(wrong_type(node.place()));
            Vec::new()
        }
    }
}

fn missing(place: Place, what: &str) -> Diagnostic {
    Diagnostic::error(Code::MissingCondition, place, what).help("write a condition, such as `condition: selection`")
}

fn wrong_type(place: Place) -> Diagnostic {
    Diagnostic::error(Code::ConditionType, place, "a condition that is no text")
        .help("write a text such as `selection and not 1 of filter_*`, or a list of texts")
}

fn text(scalar: &Scalar, key: Place, names: &Names, report: &mut Vec<Diagnostic>) -> Option<ConditionText> {
    match scalar::resolve(scalar) {
        Resolved::Text => {}
        Resolved::Null => {
            report.push(missing(key, "an empty condition"));
            return None;
        }
        Resolved::Ambiguous => {
            report.push(scalar::ambiguous(scalar));
            return None;
        }
        Resolved::Boolean(_) | Resolved::Number(_) | Resolved::Unrepresentable => {
            report.push(wrong_type(scalar.place));
            return None;
        }
    }
    match parse(&scalar.text) {
        Ok(condition) => {
            let faults = unresolved(&scalar.text, names);
            let complete = faults.is_empty();
            report.extend(faults.into_iter().map(|fault| fault.at(scalar)));
            complete.then(|| ConditionText { condition, text: scalar.text.to_string(), place: scalar.place })
        }
        Err(fault) => {
            report.push(fault.at(scalar));
            None
        }
    }
}

/// Reads a condition over rules instead of search identifiers: the same grammar, without selectors. Gives the names in it
/// in the order in which they are named first.
///
/// # Errors
/// What is wrong with it, as [`Code::CorrelationCondition`].
pub(super) fn over_rules(scalar: &Scalar) -> Result<(Condition, Vec<Reference>), Diagnostic> {
    let reject = |fault: Fault| Fault { code: Code::CorrelationCondition, ..fault }.at(scalar);
    let condition = parse(&scalar.text).map_err(reject)?;
    let mut seen = HashSet::new();
    let mut references = Vec::new();
    for (number, used) in uses(&scalar.text).into_iter().enumerate() {
        let (name, range) = match used {
            Use::Name(name, range) => (name, range),
            Use::Pattern(pattern, range) => {
                let message = format!("a selector over rules: {}", quote(pattern));
                return Err(reject(Fault::syntax(range, message, "name each rule, with `and` and `or` between them")));
            }
        };
        if seen.insert(name) {
            references.push(Reference { name: name.to_owned(), place: scalar.part(range) });
        }
        if number >= MAX_RULES {
            let message = format!("an expression that names more than {MAX_RULES} rules");
            return Err(reject(Fault::syntax(0..scalar.text.len(), message, "split the correlation")));
        }
    }
    Ok((condition, references))
}

#[cfg(test)]
mod tests;
