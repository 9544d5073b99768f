//! The text of an expression of PCRE in the syntax of `regex-syntax`.
//!
//! Classes become sets of ASCII characters (PCRE's default); brackets and braces that PCRE takes literally, and escapes
//! that the two read differently, are written so that both mean the same. Deliberately absent: `$`, which needs the
//! syntax tree.

use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::source::Place;
use std::iter::Peekable;
use std::str::Chars;

/// An expression in the other syntax.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Whether it has classes of characters, or borders of words.
    pub(super) classes: bool,
}

/// Rewrites an expression.
pub(super) fn rewrite(text: &str, place: Place) -> Result<Rewritten> {
    let mut rewriter = Rewriter { rest: text.chars().peekable(), out: String::with_capacity(text.len()), place, classes: false };
    rewriter.run()?;
    Ok(Rewritten { text: rewriter.out, classes: rewriter.classes })
}

/// Writes an expression of PCRE in the syntax of `regex-syntax`.
struct Rewriter<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    place: Place,
    classes: bool,
}

impl Rewriter<'_> {
    fn run(&mut self) -> Result<()> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.brace(),
                other => self.out.push(other),
            }
        }
        Ok(())
    }

    fn refuse<T>(&self, what: impl std::fmt::Display) -> Result<T> {
        Err(unread(self.place, format!("{what} in a regular expression")))
    }

    fn escape(&mut self) -> Result<()> {
        let Some(c) = self.rest.next() else { return Err(invalid(self.place, "a regular expression that ends in a backslash")) };
        let class = |members: &str| format!("(?-i:[{members}])");
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.classes = true;
                let negation = if c.is_ascii_uppercase() { "^" } else { "" };
                self.out.push_str(&class(&format!("{negation}{}", members(c))));
            }
            'b' if self.rest.peek() == Some(&'{') => return self.refuse("`\\b{`"),
            'b' | 'B' => {
                self.classes = true;
                self.out.push_str(if c == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" });
            }
            'A' | 'z' | 'n' | 'r' | 't' | 'f' | 'a' => self.out.extend(['\\', c]),
            'x' => self.hexadecimal()?,
            'e' => self.out.push_str("\\x1b"),
            other => self.literal(other)?,
        }
        Ok(())
    }

    /// A character by its number, after `\x`: up to two digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Result<()> {
        let is_digit = char::is_ascii_hexdigit;
        let in_braces = self.rest.next_if_eq(&'{').is_some();
        let most = if in_braces { 8 } else { 2 };
        let mut digits: String = std::iter::from_fn(|| self.rest.next_if(is_digit)).take(most).collect();
        if in_braces && (digits.is_empty() || self.rest.next() != Some('}')) {
            return self.refuse("`\\x{` without digits and `}`");
        }
        if digits.is_empty() {
            digits.push('0');
        }
        self.out.push_str(&format!("\\x{{{digits}}}"));
        Ok(())
    }

    /// A character after a backslash that stands for itself.
    fn literal(&mut self, c: char) -> Result<()> {
        if c.is_ascii_alphanumeric() {
            return self.refuse(quote(&format!("\\{c}")));
        }
        if c.is_ascii_punctuation() && !matches!(c, '<' | '>') {
            self.out.push('\\');
        }
        self.out.push(c);
        Ok(())
    }

    /// A set of characters, after its opening bracket.
    fn class(&mut self) -> Result<()> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        if self.rest.next_if_eq(&']').is_some() {
            self.out.push_str("\\]");
        }
        let mut before = None;
        while let Some(c) = self.rest.next() {
            match c {
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '[' if self.rest.peek() == Some(&':') => self.posix()?,
                '[' if matches!(self.rest.peek(), Some('.' | '=')) => return self.refuse("a collating element"),
                '[' | '&' | '~' => self.out.extend(['\\', c]),
                '-' if before == Some('-') => return self.refuse("`--` in a set"),
                '\\' => self.class_escape(before)?,
                other => self.out.push(other),
            }
            before = Some(c);
        }
        Err(invalid(self.place, "a regular expression with a set that is not closed"))
    }

    fn class_escape(&mut self, before: Option<char>) -> Result<()> {
        let Some(c) = self.rest.next() else { return Err(invalid(self.place, "a regular expression that ends in a backslash")) };
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                if before == Some('-') {
                    return self.refuse("a class after `-` in a set");
                }
                self.classes = true;
                let negation = if c.is_ascii_uppercase() { "^" } else { "" };
                self.out.push_str(&format!("[{negation}{}]", members(c)));
                Ok(())
            }
            'n' | 'r' | 't' | 'f' | 'a' => {
                self.out.extend(['\\', c]);
                Ok(())
            }
            'x' => self.hexadecimal(),
            'b' => {
                self.out.push_str("\\x08");
                Ok(())
            }
            other => self.literal(other),
        }
    }

    /// `[:alpha:]` inside a set.
    fn posix(&mut self) -> Result<()> {
        self.out.push('[');
        for c in self.rest.by_ref() {
            self.out.push(c);
            if c == ']' {
                return Ok(());
            }
        }
        Err(invalid(self.place, "a regular expression with a set that is not closed"))
    }

    /// What stands after an opening round bracket.
    fn group(&mut self) -> Result<()> {
        self.out.push('(');
        let mut ahead = self.rest.clone();
        match (ahead.next(), ahead.next(), ahead.next()) {
            (Some('*'), _, _) => self.refuse("a verb"),
            (Some('?'), Some('=' | '!'), _) | (Some('?'), Some('<'), Some('=' | '!')) => self.refuse("look-around"),
            (Some('?'), Some(':' | '<' | 'P' | 'i' | 's' | 'm' | '-'), _) => {
                self.out.push('?');
                self.rest.next();
                Ok(())
            }
            (Some('?'), _, _) => self.refuse("such a group"),
            (_, _, _) => Ok(()),
        }
    }

    /// A brace that begins no quantifier is a character.
    fn brace(&mut self) {
        let quantifier: String = self.rest.clone().take_while(|c| *c != '}').take(16).collect();
        let closed = self.rest.clone().nth(quantifier.chars().count()) == Some('}');
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let counts = match quantifier.split_once(',') {
            Some((min, max)) => digits(min) && (max.is_empty() || digits(max)),
            None => digits(&quantifier),
        };
        self.out.push_str(if closed && counts { "{" } else { "\\{" });
    }
}

/// The members of a class, without negation.
fn members(class: char) -> &'static str {
    match class.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t-\r ",
        _ => "0-9A-Za-z_",
    }
}
