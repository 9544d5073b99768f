//! Values with wildcards on fields that are not known keywords: they become a query string, in which blanks
//! separate words and `AND`, `OR`, `NOT` are operators.
//!
//! Source: the grammar and `addClause` of Lucene's classic query parser, with the operator OR between words. All
//! other characters that it knows are escaped by then. Deliberately absent: everything else of that language.

use super::super::elastic::invalid;
use super::super::elastic::pieces::Pieces;
use super::Result;
use crate::ir::{Expr, Pattern};
use crate::source::Place;

/// A word of a query string.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    And,
    Or,
    Not,
    Star,
    Term(String),
    Wild(Pattern),
}

/// What is asked of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// That there is a value.
    Exists,
    /// A text.
    Term(String),
    /// A pattern.
    Covered(Pattern),
}

/// How a clause counts in its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occurs {
    Should,
    Must,
    MustNot,
}

/// What a query string means, given what each request in it does: `None` for one whose analysis leaves nothing.
pub(super) fn query_string(pieces: &Pieces, place: Place, ask: &mut impl FnMut(&Request) -> Result<Option<Expr>>) -> Result<Expr> {
    let words: Vec<Word> = pieces.split(is_separator).iter().map(word).collect();
    let mut level = Level { clauses: Vec::new() };
    let mut rest = words.as_slice();
    let mut is_first = true;
    while !rest.is_empty() {
        let (taken, joined) = match rest {
            [Word::And, ..] if !is_first => (1, Some(Occurs::Must)),
            [Word::Or, ..] if !is_first => (1, Some(Occurs::Should)),
            _ => (0, None),
        };
        is_first = false;
        rest = rest.get(taken..).unwrap_or_default();
        let terms = if joined.is_none() { terms_in_a_row(rest) } else { 0 };
        let is_prohibited = terms == 0 && rest.first() == Some(&Word::Not);
        rest = rest.get(usize::from(is_prohibited)..).unwrap_or_default();
        let (request, after) = request(rest, terms, place)?;
        rest = after;
        let clause = ask(&request)?;
        level.add(joined == Some(Occurs::Must), is_prohibited, clause);
    }
    Ok(level.expr())
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

fn word(pieces: &Pieces) -> Word {
    match pieces.as_text() {
        Some("AND") => Word::And,
        Some("OR") => Word::Or,
        Some("NOT") => Word::Not,
        Some(text) => Word::Term(text.to_owned()),
        None if pieces.is_lone_star() => Word::Star,
        None => Word::Wild(pieces.pattern()),
    }
}

/// How many terms at the start are one: at least two, and none that `AND`, `OR` or a lone `*` follows.
fn terms_in_a_row(words: &[Word]) -> usize {
    let joins = |pair: &&[Word]| match pair {
        [Word::Term(_)] => true,
        [Word::Term(_), next] => !matches!(next, Word::And | Word::Or | Word::Star),
        _ => false,
    };
    if !matches!(words.first(), Some(Word::Term(_))) {
        return 0;
    }
    let after = words.get(1..).unwrap_or_default();
    let more = (0..after.len()).filter_map(|at| after.get(at..after.len().min(at + 2))).take_while(joins).count();
    if more == 0 { 0 } else { more + 1 }
}

/// The next request, of so many terms in a row, and what follows it.
fn request(words: &[Word], terms: usize, place: Place) -> Result<(Request, &[Word])> {
    if terms > 0 {
        let (row, after) = words.split_at_checked(terms).unwrap_or((words, &[]));
        let texts: Vec<&str> = row.iter().filter_map(|word| if let Word::Term(text) = word { Some(text.as_str()) } else { None }).collect();
        return Ok((Request::Term(texts.join(" ")), after));
    }
    match words.split_first() {
        Some((Word::Star, after)) => Ok((Request::Exists, after)),
        Some((Word::Term(text), after)) => Ok((Request::Term(text.clone()), after)),
        Some((Word::Wild(pattern), after)) => Ok((Request::Covered(pattern.clone()), after)),
        Some((Word::And | Word::Or | Word::Not, _)) | None => {
            Err(invalid(place, "`AND`, `OR` and `NOT` are operators in a value with wildcards here, and one has no operand"))
        }
    }
}

/// The clauses of one level, which are not nested: they count together.
struct Level {
    clauses: Vec<(Occurs, Expr)>,
}

impl Level {
    fn add(&mut self, is_joined: bool, is_prohibited: bool, clause: Option<Expr>) {
        // `AND` asks for its left neighbour too, whatever becomes of the right one.
        if let (true, Some((occurs @ Occurs::Should, _))) = (is_joined, self.clauses.last_mut()) {
            *occurs = Occurs::Must;
        }
        let occurs = match (is_prohibited, is_joined) {
            (true, _) => Occurs::MustNot,
            (false, true) => Occurs::Must,
            (false, false) => Occurs::Should,
        };
        self.clauses.extend(clause.map(|clause| (occurs, clause)));
    }

    fn expr(self) -> Expr {
        if self.clauses.is_empty() {
            return Expr::False;
        }
        let of = |own: Occurs| self.clauses.iter().filter(move |(occurs, _)| *occurs == own).map(|(_, expr)| expr.clone());
        let prohibited = of(Occurs::MustNot).map(Expr::not);
        let has = |own: Occurs| of(own).next().is_some();
        let wanted = match (has(Occurs::Must), has(Occurs::Should)) {
            (true, _) => Expr::and(of(Occurs::Must)),
            (false, true) => Expr::or(of(Occurs::Should)),
            (false, false) => Expr::True,
        };
        Expr::and(std::iter::once(wanted).chain(prohibited))
    }
}
