//! Texts held against patterns: `LIKE`, `GLOB`, `REGEXP`.
//!
//! The pattern must be a constant. Patterns see where a text ends, which for this engine is a NUL character;
//! that there is none is assumed where it matters.

use super::ast::{MatchOperator, Node};
use super::number::Number;
use super::pattern::{Covers, glob, like};
use super::read::{Reader, Side};
use super::value::{Constant, Piece, Term, TextOf};
use super::{Result, invalid, regexp, unread};
use crate::ir::{Case, Expr, Pattern, Predicate, Regex};
use crate::source::Place;
use crate::storage::Name;
use crate::text::pattern::Shape;

/// A pattern that is ready to be held against texts.
enum Matcher {
    Like(Covers),
    Glob(Covers),
    Regexp(regex_syntax::hir::Hir),
}

impl Reader<'_> {
    /// A text held against a pattern.
    pub(super) fn matching(
        &mut self,
        op: MatchOperator,
        text: &Node,
        pattern: &Node,
        escape: Option<&Node>,
        place: Place,
        side: Side,
    ) -> Result<Expr> {
        let known = |reader: &mut Self| match escape {
            Some(escape) => Ok(Expr::and([reader.known(text)?, reader.known(pattern)?, reader.known(escape)?])),
            None => Ok(Expr::and([reader.known(text)?, reader.known(pattern)?])),
        };
        let escape_char = match escape.map(|escape| self.pieces(escape)).transpose()? {
            None => None,
            Some(pieces) => match single_text(&pieces) {
                Some(Some(escape)) => Some(one_char(&escape, place)?),
                Some(None) => return Ok(Expr::False),
                None => return Err(unread(place, "an escape character that is no constant")),
            },
        };
        let constant = match single_text(&self.pieces(pattern)?) {
            Some(Some(constant)) => constant,
            Some(None) => return Ok(Expr::False),
            None => return Err(unread(pattern.place, "a pattern that is no constant")),
        };
        let matcher = self.matcher(op, &constant, escape_char, pattern.place)?;
        let mut cases = Vec::new();
        for piece in self.pieces(text)? {
            let holds = self.term_matches(&piece.term, &matcher, place)?;
            cases.push(Expr::and([piece.guard, holds]));
        }
        let holds = Expr::or(cases);
        Ok(match side {
            Side::True => holds,
            Side::False => Expr::and([known(self)?, Expr::not(holds)]),
        })
    }

    fn matcher(&mut self, op: MatchOperator, pattern: &str, escape: Option<char>, place: Place) -> Result<Matcher> {
        let limit = self.scope().dialect.limits.pattern_bytes;
        let long = pattern.len() > limit;
        match op {
            MatchOperator::Like | MatchOperator::Glob if long => {
                Err(invalid(place, format!("a pattern longer than the {limit} bytes that {} takes", self.scope().dialect.name)))
            }
            MatchOperator::Like => Ok(Matcher::Like(like(pattern, escape))),
            MatchOperator::Glob => Ok(Matcher::Glob(glob(pattern))),
            MatchOperator::Regexp => {
                let because = "SQLite has no regular expressions of its own";
                self.assume_of_host(Name::RegexpFunction, because);
                let tree = regexp::parse(pattern).map_err(|error| invalid(place, format!("an invalid regular expression: {error}")))?;
                Ok(Matcher::Regexp(tree))
            }
            MatchOperator::Match => Err(invalid(place, "`MATCH` cannot be used on this table")),
        }
    }

    /// When a term that is not NULL matches.
    fn term_matches(&mut self, term: &Term, matcher: &Matcher, place: Place) -> Result<Expr> {
        match term {
            Term::Null => Ok(Expr::False),
            Term::Stored(column) => self.text_of_matches(&column.text(), matcher, place),
            Term::Text(of) => self.text_of_matches(of, matcher, place),
            Term::Constant(Constant::Text(text)) => self.constant_matches(text, matcher, place),
            Term::Constant(Constant::Number(number)) => match number.text() {
                Some(text) => self.constant_matches(&text, matcher, place),
                None => Err(unread(place, "a number as a text, which versions of the engine write differently")),
            },
            Term::Constant(Constant::Blob(_))
            | Term::Bytes(_)
            | Term::Slice(..)
            | Term::ByteSlice(..)
            | Term::Trimmed(..)
            | Term::Length { .. }
            | Term::Excess { .. }
            | Term::Position { .. }
            | Term::Day(_)
            | Term::Part(_)
            | Term::Number(_) => Err(unread(place, "such a value held against a pattern")),
        }
    }

    fn constant_matches(&self, text: &str, matcher: &Matcher, place: Place) -> Result<Expr> {
        let found = |tree| Regex::new(tree).map(|regex| regex.is_match(text)).map_err(|error| unread(place, error));
        let holds = match matcher {
            Matcher::Like(Covers::Pattern(pattern)) => pattern.matches(text, self.scope().dialect.like_case),
            Matcher::Glob(Covers::Pattern(pattern)) => pattern.matches(text, Case::Sensitive),
            Matcher::Like(Covers::Tree(tree)) | Matcher::Glob(Covers::Tree(tree)) | Matcher::Regexp(tree) => found(tree)?,
            Matcher::Like(Covers::Nothing) | Matcher::Glob(Covers::Nothing) => false,
        };
        Ok(if holds { Expr::True } else { Expr::False })
    }

    fn text_of_matches(&mut self, of: &TextOf, matcher: &Matcher, place: Place) -> Result<Expr> {
        match matcher {
            Matcher::Regexp(tree) => self.text_matches(of, tree, place),
            Matcher::Like(Covers::Nothing) | Matcher::Glob(Covers::Nothing) => Ok(Expr::False),
            Matcher::Like(Covers::Tree(tree)) | Matcher::Glob(Covers::Tree(tree)) => {
                self.assume(Name::NoNul, &of.column.key, "`GLOB` stops at NUL");
                self.text_matches(of, tree, place)
            }
            Matcher::Glob(Covers::Pattern(pattern)) => {
                self.note_end(of, pattern, "`GLOB` stops at NUL");
                Ok(self.text_like(of, pattern.clone(), place))
            }
            Matcher::Like(Covers::Pattern(pattern)) => {
                self.note_end(of, pattern, "`LIKE` stops at NUL");
                self.note_pattern(&of.column, pattern);
                Ok(of.column.test(Predicate::like(pattern.clone(), self.scope().dialect.like_case), place))
            }
        }
    }

    /// Notes that a pattern sees where a text ends.
    fn note_end(&mut self, of: &TextOf, pattern: &Pattern, because: &str) {
        if !matches!(pattern.shape(), Shape::Everything | Shape::Prefix(_)) {
            self.assume(Name::NoNul, &of.column.key, because);
        }
    }
}

/// The text that a value is in any case; the inner value is `None` for NULL.
fn single_text(pieces: &[Piece]) -> Option<Option<String>> {
    let [Piece { guard: Expr::True, term }] = pieces else { return None };
    if *term == Term::Null {
        return Some(None);
    }
    match term.constant()? {
        Constant::Text(text) => Some(Some(text.clone())),
        Constant::Number(Number::Integer(integer)) => Some(Some(integer.to_string())),
        Constant::Number(Number::Real(_)) | Constant::Blob(_) => None,
    }
}

fn one_char(text: &str, place: Place) -> Result<char> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => Ok(only),
        (_, _) => Err(invalid(place, format!("`{text}` after `ESCAPE`, which takes one character"))),
    }
}
