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
//! and `not` nest at most [`MAX_DEPTH`] deep, and selectors expand to at most [`MAX_EXPANSION`] names, so
//! whoever walks a [`Condition`] needs no bounds of his own.
//! Deliberately absent: what a condition means.

use super::correlation::Reference;
use super::scalar::{self, Resolved};
use super::yaml::{Node, Scalar, View};
use super::{Condition, ConditionText, Quantifier, SelectorPattern};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::Place;
use crate::text::similar;
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{cut, map, value, verify};
use nom::error::ParseError;
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};
use std::collections::HashSet;
use std::ops::Range;

/// A detection has at most so many conditions, each of which gives a query of its own.
const MAX_CONDITIONS: usize = 32;

/// Brackets and `not` may nest this deep.
const MAX_DEPTH: usize = 100;

/// So many unknown names of a condition are compared with the known ones.
const MAX_SUGGESTIONS: usize = 10;

/// So many names and patterns of a condition that stand for nothing are reported.
const MAX_UNRESOLVED: usize = 100;

/// An expression over rules names at most so many, each as often as it does.
const MAX_RULES: usize = 256;

/// Selectors times search identifiers are at most so many in a condition.
const MAX_EXPANSION: usize = 1_000_000;

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
                match node.scalar() {
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

/// What is wrong with a condition, with its place in bytes of the text.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    code: Code,
    range: Range<usize>,
    message: String,
    help: String,
}

impl Fault {
    fn syntax(range: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code: Code::ConditionSyntax, range, message: message.into(), help: help.into() }
    }

    fn at(self, scalar: &Scalar) -> Diagnostic {
        let place = if self.range.is_empty() && scalar.text.is_empty() { scalar.place } else { scalar.part(self.range) };
        Diagnostic::error(self.code, place, self.message).help(self.help)
    }
}

/// Parses a condition.
fn parse(text: &str) -> Result<Condition, Fault> {
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
enum Expected {
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

fn selector_pattern(word: &str) -> SelectorPattern {
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

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*')
}

fn blank(text: &str) -> &str {
    text.trim_start()
}

/// Says what is wrong where parsing stopped.
fn explain(text: &str, stopped: usize, expected: Expected) -> Fault {
    let rest = text.get(stopped..).unwrap_or_default();
    let start = text.len() - blank(rest).len();
    let (found, range) = token(text, start);
    if let Expected::Shallower = expected {
        return Fault::syntax(range, format!("brackets and `not` nested more than {MAX_DEPTH} deep"), "write the condition flatter");
    }
    let Some(found) = found else { return at_the_end(text, range, expected) };
    if let Some(fault) = explain_word(text, found, &range, expected) {
        return fault;
    }
    match expected {
        Expected::ClosingBracket => {
            Fault::syntax(range, format!("expected `)`, found {}", quote(found)), "close the bracket, or write `and` or `or` before this")
        }
        Expected::Pattern => {
            Fault::syntax(range, format!("expected `them` or a pattern, found {}", quote(found)), "write, for example, `1 of selection_*`")
        }
        Expected::Operator if found == ")" => {
            Fault::syntax(range, "a closing bracket that nothing opens", "remove it, or write `(` before")
        }
        Expected::Operator => {
            Fault::syntax(range, format!("expected `and` or `or`, found {}", quote(found)), "write `and` or `or` before this")
        }
        Expected::Operand | Expected::Shallower => Fault::syntax(
            range,
            format!("expected a search identifier, found {}", quote(found)),
            "write a search identifier, `1 of …`, `all of …` or `(…)` here",
        ),
    }
}

/// The token at an offset (a word or one character), and its range.
fn token(text: &str, start: usize) -> (Option<&str>, Range<usize>) {
    let rest = text.get(start..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return (None, text.len()..text.len()) };
    let length = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
    (rest.get(..length), start..start + length)
}

fn at_the_end(text: &str, range: Range<usize>, expected: Expected) -> Fault {
    match expected {
        Expected::ClosingBracket => Fault::syntax(range, "a bracket is not closed", "write `)` at the end"),
        Expected::Pattern => Fault::syntax(range, "`of` without a pattern", "write `them` or a pattern such as `selection_*` after it"),
        Expected::Operand | Expected::Operator | Expected::Shallower if blank(text).is_empty() => {
            Fault::syntax(0..text.len(), "an empty condition", "write the name of a search identifier")
        }
        Expected::Operand | Expected::Operator | Expected::Shallower => {
            Fault::syntax(range, "the condition ends where a search identifier must follow", "write a search identifier here")
        }
    }
}

/// The frequent mistakes: keywords in capitals, other quantifiers, patterns without quantifier, names with
/// other characters.
fn explain_word(text: &str, found: &str, range: &Range<usize>, expected: Expected) -> Option<Fault> {
    let before = text.get(..range.start).unwrap_or_default().trim_end();
    let previous = before.rsplit(|c| !is_word(c)).next().unwrap_or_default();
    let previous_range = before.len() - previous.len()..before.len();
    let is_capital = |word: &str| RESERVED.contains(&word.to_ascii_lowercase().as_str()) && !RESERVED.contains(&word);
    let keyword = |word: &str, range| {
        Fault::syntax(range, format!("`{word}` is no keyword"), format!("keywords are lower case: `{}`", word.to_ascii_lowercase()))
    };
    match expected {
        Expected::Operator | Expected::ClosingBracket if is_capital(found) => Some(keyword(found, range.clone())),
        Expected::Operator | Expected::ClosingBracket if found == "of" => Some(Fault::syntax(
            previous_range,
            format!("{} is no quantifier", quote(&format!("{previous} of"))),
            "the quantifiers are `1 of`, `any of` and `all of`",
        )),
        Expected::Operator | Expected::ClosingBracket if is_capital(previous) => Some(keyword(previous, previous_range)),
        Expected::Operand if found.contains('*') => Some(Fault::syntax(
            range.clone(),
            format!("the pattern {} without a quantifier", quote(found)),
            "write `1 of` or `all of` before it",
        )),
        Expected::Operand if matches!(found, "all" | "any") => Some(Fault::syntax(
            range.clone(),
            format!("`{found}` without `of`"),
            format!("write `{found} of` and a pattern, or `{found} of them`"),
        )),
        Expected::Operand | Expected::Operator | Expected::Pattern | Expected::ClosingBracket
            if !found.starts_with(|c| is_word(c) || matches!(c, '(' | ')')) =>
        {
            let help = "names and patterns in conditions consist of letters (A-Z), digits, `_`, `-`, and `*` after `of`";
            Some(Fault::syntax(range.clone(), format!("{} cannot stand here", quote(found)), help))
        }
        Expected::Operand | Expected::Operator | Expected::Pattern | Expected::ClosingBracket | Expected::Shallower => None,
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

/// The search identifiers of a rule.
struct Names<'n> {
    list: &'n [&'n str],
    set: HashSet<&'n str>,
}

/// A use of a name in a condition.
#[derive(Debug, PartialEq, Eq)]
enum Use<'c> {
    Name(&'c str, Range<usize>),
    Pattern(&'c str, Range<usize>),
}

/// The names and patterns in a well-formed condition, in order.
fn uses(text: &str) -> Vec<Use<'_>> {
    let mut words = Vec::new();
    let mut start = 0;
    while let Some(offset) = text.get(start..).and_then(|rest| rest.find(is_word)) {
        let (word, range) = token(text, start + offset);
        start = range.end;
        words.extend(word.map(|word| (word, range)));
    }
    let mut uses = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some((word, range)) = words.next() {
        let selects = matches!(word, "1" | "any" | "all") && words.next_if(|(next, _)| *next == "of").is_some();
        if selects {
            uses.extend(words.next().map(|(pattern, range)| Use::Pattern(pattern, range)));
        } else if !RESERVED.contains(&word) {
            uses.push(Use::Name(word, range));
        }
    }
    uses
}

/// What is wrong with the names and patterns of a well-formed condition: the first so many that name or select nothing.
fn unresolved(text: &str, names: &Names) -> Vec<Fault> {
    let uses = uses(text);
    let selectors = uses.iter().filter(|used| matches!(used, Use::Pattern(..))).count();
    if selectors.saturating_mul(names.list.len()) > MAX_EXPANSION {
        let message = format!("{selectors} selectors over {} search identifiers are too many", names.list.len());
        return vec![Fault::syntax(0..text.len(), message, "use fewer selectors, or split the rule")];
    }
    let mut suggestions = 0..MAX_SUGGESTIONS;
    let faults = uses.into_iter().filter_map(|used| match used {
        Use::Name(name, _) if names.set.contains(name) => None,
        Use::Name(name, range) => {
            let near = suggestions.next().and_then(|_| similar::nearest(name, names.list.iter().copied()));
            Some(unknown_identifier(name, near, range, names))
        }
        Use::Pattern(pattern, range) => {
            let selector = selector_pattern(pattern);
            let selected = names.list.iter().any(|name| selector.selects(name));
            (!selected).then(|| no_match(pattern, range, names))
        }
    });
    faults.take(MAX_UNRESOLVED).collect()
}

fn unknown_identifier(name: &str, near: Option<&str>, range: Range<usize>, names: &Names) -> Fault {
    let help = match near {
        Some(meant) => format!("did you mean {}?", quote(meant)),
        None => format!("the search identifiers are {}", some_names(names)),
    };
    Fault { code: Code::UnknownIdentifier, range, message: format!("unknown search identifier {}", quote(name)), help }
}

fn no_match(pattern: &str, range: Range<usize>, names: &Names) -> Fault {
    let hidden = names.list.iter().any(|name| name.starts_with('_'));
    let mut help = format!("the search identifiers are {}", some_names(names));
    if hidden && !pattern.starts_with('_') {
        help.push_str("; those that start with `_` are selected only by patterns that do so too");
    }
    Fault { code: Code::PatternNoMatch, range, message: format!("{} selects no search identifier", quote(pattern)), help }
}

/// The first few names.
fn some_names(names: &Names) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = names.list.iter().take(SHOWN).map(|name| quote(name)).collect();
    if names.list.len() > SHOWN {
        shown.push(format!("{} more", names.list.len() - SHOWN));
    }
    shown.join(", ")
}

impl SelectorPattern {
    /// Whether the selector ranges over the search identifier of this name.
    pub fn selects(&self, name: &str) -> bool {
        match self {
            Self::Them => !name.starts_with('_'),
            Self::Pattern(pattern) => pattern_selects(pattern, name),
        }
    }
}

fn pattern_selects(pattern: &str, name: &str) -> bool {
    (pattern.starts_with('_') || !name.starts_with('_')) && covers(pattern, name)
}

/// Whether a pattern with `*` covers a name: pieces between the stars are found from left to right.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((head, others)) = pattern.split_once('*') else { return pattern == name };
    let (middle, tail) = others.rsplit_once('*').unwrap_or(("", others));
    let Some(rest) = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) else { return false };
    let mut rest = rest;
    middle.split('*').all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The condition with all brackets written out, or the error and the text that it is about.
    fn show(text: &str) -> String {
        match parse(text) {
            Ok(condition) => brackets(&condition),
            Err(fault) => format!("{} `{}`", fault.code.name(), text.get(fault.range).unwrap_or_default()),
        }
    }

    fn brackets(condition: &Condition) -> String {
        let list =
            |children: &[Condition], operator: &str| format!("({})", children.iter().map(brackets).collect::<Vec<_>>().join(operator));
        match condition {
            Condition::Or(children) => list(children, " or "),
            Condition::And(children) => list(children, " and "),
            Condition::Not(child) => format!("not {}", brackets(child)),
            Condition::Identifier(name) => name.clone(),
            Condition::Selector { quantifier, pattern } => {
                let quantifier = match quantifier {
                    Quantifier::Any => "any",
                    Quantifier::All => "all",
                };
                let pattern = match pattern {
                    SelectorPattern::Them => "them",
                    SelectorPattern::Pattern(pattern) => pattern,
                };
                format!("{quantifier} of {pattern}")
            }
        }
    }

    #[test]
    fn grammar() {
        for (text, expected) in [
            ("a", "a"),
            (" a ", "a"),
            ("a and b or c", "((a and b) or c)"),
            ("a or b and not c", "(a or (b and not c))"),
            ("a and b and c", "(a and b and c)"),
            ("a and (b and c)", "(a and (b and c))"),
            ("not not a", "not not a"),
            ("not(a)and(b)", "(not a and b)"),
            ("((a))", "a"),
            ("notepad", "notepad"),
            ("android and order", "(android and order)"),
            ("not_x", "not_x"),
            ("1abc and a", "(1abc and a)"),
            ("1", "1"),
            ("1 or 1 of a*", "(1 or any of a*)"),
            ("filter-x", "filter-x"),
            ("1 of them", "any of them"),
            ("any of a*", "any of a*"),
            ("all of *_a*", "all of *_a*"),
            ("all of them and not 1 of filter-*", "(all of them and not any of filter-*)"),
            ("1 of exact", "any of exact"),
            ("1 of THEM", "any of THEM"),
            ("a\n  and\tb", "(a and b)"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn syntax_errors_point_at_the_token() {
        for (text, expected) in [
            ("", "condition_syntax ``"),
            ("  ", "condition_syntax `  `"),
            ("a andb", "condition_syntax `andb`"),
            ("a b", "condition_syntax `b`"),
            ("a and", "condition_syntax ``"),
            ("and a", "condition_syntax `and`"),
            ("a not b", "condition_syntax `not`"),
            ("a AND b", "condition_syntax `AND`"),
            ("NOT a", "condition_syntax `NOT`"),
            ("(a", "condition_syntax ``"),
            ("(a b)", "condition_syntax `b`"),
            ("a)", "condition_syntax `)`"),
            ("()", "condition_syntax `)`"),
            ("1 of", "condition_syntax ``"),
            ("1 of (x*)", "condition_syntax `(`"),
            ("1of them", "condition_syntax `them`"),
            ("2 of a*", "condition_syntax `2`"),
            ("1 OF a*", "condition_syntax `OF`"),
            ("all a", "condition_syntax `all`"),
            ("them", "condition_syntax `them`"),
            ("a* and b", "condition_syntax `a*`"),
            ("filter.x", "condition_syntax `.`"),
            ("1 of sel?ction_*", "condition_syntax `?`"),
            ("é", "condition_syntax `é`"),
            ("a | count() > 5", "deprecated_aggregation `| count() > 5`"),
            ("a or not", "condition_syntax ``"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn long_conditions_are_flat_and_deep_ones_are_refused() {
        let long = vec!["a"; 10_000].join(" and ");
        assert!(matches!(parse(&long), Ok(Condition::And(children)) if children.len() == 10_000));
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert!(parse(&format!("{}a", "not ".repeat(MAX_DEPTH))).is_ok());
        for deep in [
            nested(MAX_DEPTH + 1),
            "(".repeat(1_000_000),
            "not ".repeat(250_000),
            "not(".repeat(250_000),
            format!("{}a", "not ".repeat(MAX_DEPTH + 1)),
        ] {
            assert!(parse(&deep).is_err_and(|fault| fault.code == Code::ConditionSyntax));
        }
    }

    #[test]
    fn patterns_cover_whole_names() {
        for (pattern, name, expected) in [
            ("a*", "abc", true),
            ("a*", "ba", false),
            ("*", "x", true),
            ("*", "_x", false),
            ("_*", "_x", true),
            ("*id", "_hid", false),
            ("s*_*w*", "selection_two", true),
            ("s*_*w*", "selection_one", false),
            ("*_o*", "selection_one", true),
            ("ab*ba", "aba", false),
            ("a**b", "ab", true),
            ("*a*a*", "a", false),
            ("*a*a*", "aa", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(pattern_selects(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn uses_are_names_and_patterns() {
        let text = "not a and (1 of x* or 1 or all of them)";
        assert_eq!(uses(text), [Use::Name("a", 4..5), Use::Pattern("x*", 16..18), Use::Name("1", 22..23), Use::Pattern("them", 34..38)]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_condition_or_an_error(text in "(a|not|and|or|of|1|all|them|[()*|é ]){0,20}") {
            if let Err(fault) = parse(&text) {
                proptest::prop_assert!(text.get(fault.range).is_some());
            }
        }
    }
}
