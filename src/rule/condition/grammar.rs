//! The grammar of conditions, as a parser.
//!
//! Bound: brackets and `not` nest at most [`MAX_DEPTH`] deep. Deliberately absent: what names stand for.

use super::RESERVED;
use super::fault::{Fault, explain};
use crate::diag::Code;
use crate::rule::{Condition, Quantifier, SelectorPattern};
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{cut, map, value, verify};
use nom::error::ParseError;
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// Brackets and `not` may nest this deep.
pub(super) const MAX_DEPTH: usize = 100;

/// Parses a condition.
pub(super) fn parse(text: &str) -> Result<Condition, Fault> {
    if let Some(pipe) = text.find('|') {
        let end = text.trim_end().len();
        return Err(Fault {
            code: Code::DeprecatedAggregation,
            range: pipe..end,
            message: "the old pipe syntax for aggregations".to_owned(),
            help: "write a correlation rule (Sigma 2) that refers to this one".to_owned(),
        });
    }
    let failed = |problem: Problem| explain(text, text.len() - problem.rest.len(), problem.expected);
    match or_expression(text, 0) {
        Ok((rest, condition)) if blank(rest).is_empty() => Ok(condition),
        Ok((rest, _)) => Err(failed(Problem { rest, expected: Expected::Operator })),
        Err(nom::Err::Error(problem) | nom::Err::Failure(problem)) => Err(failed(problem)),
        Err(nom::Err::Incomplete(_)) => Err(failed(Problem { rest: "", expected: Expected::Operand })),
    }
}

/// Where parsing stopped, and what would have gone on there.
#[derive(Debug)]
struct Problem<'c> {
    rest: &'c str,
    expected: Expected,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Operand,
    Operator,
    ClosingBracket,
    Pattern,
    Shallower,
}

impl<'c> ParseError<&'c str> for Problem<'c> {
    fn from_error_kind(rest: &'c str, _: nom::error::ErrorKind) -> Self {
        Self { rest, expected: Expected::Operand }
    }

    fn append(_: &'c str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'c, T> = IResult<&'c str, T, Problem<'c>>;

fn or_expression(input: &str, depth: usize) -> Parsed<'_, Condition> {
    chain(input, "or", |input| and_expression(input, depth), Condition::Or)
}

fn and_expression(input: &str, depth: usize) -> Parsed<'_, Condition> {
    chain(input, "and", |input| not_expression(input, depth), Condition::And)
}

/// Operands with an operator between them, as one flat list.
fn chain<'c>(
    input: &'c str,
    operator: &'static str,
    operand: impl Fn(&'c str) -> Parsed<'c, Condition>,
    many: fn(Vec<Condition>) -> Condition,
) -> Parsed<'c, Condition> {
    let (mut rest, first) = operand(input)?;
    let mut operands = vec![first];
    while let Ok((after, ())) = keyword(operator).parse(rest) {
        let (after, next) = cut(&operand).parse(after)?;
        operands.push(next);
        rest = after;
    }
    match operands.pop() {
        Some(only) if operands.is_empty() => Ok((rest, only)),
        last => {
            operands.extend(last);
            Ok((rest, many(operands)))
        }
    }
}

fn not_expression(input: &str, depth: usize) -> Parsed<'_, Condition> {
    let (rest, negations) = many0_count(keyword("not")).parse(input)?;
    let depth = depth + negations;
    let (rest, operand) = if negations > 0 { cut(|input| primary(input, depth)).parse(rest)? } else { primary(rest, depth)? };
    Ok((rest, (0..negations).fold(operand, |inner, _| Condition::Not(Box::new(inner)))))
}

fn primary(input: &str, depth: usize) -> Parsed<'_, Condition> {
    if depth > MAX_DEPTH {
        return Err(nom::Err::Failure(Problem { rest: input, expected: Expected::Shallower }));
    }
    match symbol('(').parse(input) {
        Ok((rest, ())) => bracketed(rest, depth + 1),
        Err(_) => alt((selector, map(identifier, |name: &str| Condition::Identifier(name.to_owned())))).parse(input),
    }
}

/// What follows an opening bracket.
fn bracketed(input: &str, depth: usize) -> Parsed<'_, Condition> {
    let (rest, inner) = cut(|input| or_expression(input, depth)).parse(input)?;
    let (rest, ()) = cut(closing).parse(rest)?;
    Ok((rest, inner))
}

fn closing(input: &str) -> Parsed<'_, ()> {
    let expected = |_| nom::Err::Error(Problem { rest: input, expected: Expected::ClosingBracket });
    symbol(')').parse(input).map_err(expected)
}

fn selector(input: &str) -> Parsed<'_, Condition> {
    let any = alt((keyword("1"), keyword("any")));
    let quantifier = alt((value(Quantifier::Any, any), value(Quantifier::All, keyword("all"))));
    let (rest, quantifier) = terminated(quantifier, keyword("of")).parse(input)?;
    let (rest, pattern) = cut(pattern).parse(rest)?;
    Ok((rest, Condition::Selector { quantifier, pattern: selector_pattern(pattern) }))
}

pub(super) fn selector_pattern(word: &str) -> SelectorPattern {
    if word == "them" { SelectorPattern::Them } else { SelectorPattern::Pattern(word.to_owned()) }
}

fn pattern(input: &str) -> Parsed<'_, &str> {
    word(input).map_err(|_: nom::Err<Problem>| nom::Err::Error(Problem { rest: input, expected: Expected::Pattern }))
}

fn identifier(input: &str) -> Parsed<'_, &str> {
    verify(word, |word: &str| !word.contains('*') && !RESERVED.contains(&word)).parse(input)
}

fn keyword<'c>(name: &'static str) -> impl Parser<&'c str, Output = (), Error = Problem<'c>> {
    value((), verify(word, move |word: &str| word == name))
}

fn symbol<'c>(symbol: char) -> impl Parser<&'c str, Output = (), Error = Problem<'c>> {
    value((), preceded(take_while(char::is_whitespace), char(symbol)))
}

fn word(input: &str) -> Parsed<'_, &str> {
    preceded(take_while(char::is_whitespace), take_while1(is_word)).parse(input)
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*')
}

pub(super) fn blank(text: &str) -> &str {
    text.trim_start()
}
