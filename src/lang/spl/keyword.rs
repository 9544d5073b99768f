//! Bare terms of `search`: words and phrases in the text of the event, on the boundaries of its segments.
//!
//! Source: Splunk, "Event segmentation and searching", "Use CASE() and TERM() to match phrases". What begins or ends
//! with a letter or the like needs a breaker or an end there. Deliberately absent: wildcards beside punctuation, which
//! the documentation calls unreliable.

use super::reader::Reader;
use super::syntax::{Form, Word};
use super::{Result, unread, value};
use crate::ir::{Case, Expr, Pattern, Predicate, Regex};
use crate::source::Place;
use crate::storage::Name;
use crate::text::pattern::Part;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look};

/// What divides the text of an event into segments.
const MAJOR: &str = " \t\n\r[]<>(){}|!;,'\"*&?+";

/// Longer terms are not read where their ends matter: the expressions that find them would be too large.
const MAX_TERM: usize = 1_000;

/// The steps of work that an expression counts for: making it takes as long as copying so many nodes.
const EXPRESSION: usize = 1_000;

/// What divides segments further.
const MINOR: &str = "/:-_=@.$#%\\";

impl Reader<'_> {
    /// The text of the event has this term.
    pub(super) fn keyword(&mut self, word: Word<'_>, place: Place) -> Result<Expr> {
        let pattern = value::pattern(word.text, place)?;
        if pattern == Pattern::everything() {
            return Ok(Expr::True);
        }
        let breakers = match word.form {
            Form::Bare | Form::Quoted | Form::Case => format!("{MAJOR}{MINOR}"),
            Form::Term => MAJOR.to_owned(),
        };
        let case = if word.form == Form::Case { Case::Sensitive } else { Case::Ascii };
        let predicate = predicate(pattern.clone(), &breakers, case).map_err(|what| unread(place, what))?;
        if matches!(predicate, Predicate::Regex(_)) {
            self.charge(EXPRESSION, place)?;
        }
        let raw = self.raw(place)?;
        if case == Case::Ascii && pattern.needed_case(Case::Fold) == Case::Fold {
            self.assume(Name::AsciiCase, &raw, "it is open how letters beyond ASCII compare");
        }
        let because = "the text is searched by segments, and more divides them than is documented";
        if word.form == Form::Term {
            self.assume_of(Name::PlainSegments, &raw, &Pattern::exact("--"), because);
        } else {
            self.assume(Name::PlainSegments, &raw, because);
        }
        Ok(raw.test(predicate, place))
    }
}

/// What finds a term: a pattern where it may stand anywhere, otherwise an expression.
fn predicate(pattern: Pattern, breakers: &str, case: Case) -> std::result::Result<Predicate, String> {
    let (open_start, text, open_end) = match pattern.parts() {
        [Part::Text(text)] => (false, text, false),
        [Part::Text(text), Part::Any] => (false, text, true),
        [Part::Any, Part::Text(text)] => (true, text, false),
        [Part::Any, Part::Text(text), Part::Any] => (true, text, true),
        _ => return Err("a term with a wildcard inside, or an empty one".to_owned()),
    };
    if text.chars().all(|c| MAJOR.contains(c) || MINOR.contains(c)) {
        return Err("a term of punctuation".to_owned());
    }
    if (open_start || open_end) && text.chars().any(|c| MAJOR.contains(c) || MINOR.contains(c)) {
        return Err("a term with punctuation and a wildcard".to_owned());
    }
    if open_start && open_end {
        return Ok(Predicate::like(pattern, case));
    }
    if text.len() > MAX_TERM {
        return Err(format!("a term of more than {MAX_TERM} bytes without `*` at both ends"));
    }
    let is_breaker = |c: char| breakers.contains(c);
    let boundary = |end: Option<char>, look: Look| match end {
        Some(c) if !is_breaker(c) => Hir::alternation(vec![Hir::look(look), one_of(breakers)]),
        Some(_) | None => Hir::empty(),
    };
    let before = if open_start { Hir::empty() } else { boundary(text.chars().next(), Look::Start) };
    let after = if open_end { Hir::empty() } else { boundary(text.chars().next_back(), Look::End) };
    let tree = Hir::concat(vec![before, Hir::concat(text.chars().map(|c| letter(c, case)).collect()), after]);
    Regex::new(&tree).map(Predicate::Regex).map_err(|error| error.to_string())
}

fn one_of(characters: &str) -> Hir {
    Hir::class(Class::Unicode(ClassUnicode::new(characters.chars().map(|c| ClassUnicodeRange::new(c, c)))))
}

fn letter(c: char, case: Case) -> Hir {
    let (lower, upper) = match case {
        Case::Sensitive => (c, c),
        Case::Ascii | Case::Lower | Case::Fold => (c.to_ascii_lowercase(), c.to_ascii_uppercase()),
    };
    Hir::class(Class::Unicode(ClassUnicode::new([ClassUnicodeRange::new(lower, lower), ClassUnicodeRange::new(upper, upper)])))
}
