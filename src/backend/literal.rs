//! Literals: how a value becomes text of the target. Every writer is partial.
//!
//! A writer is named by its algorithm and adjusted by data; failing on a value is a normal answer
//! ([`Unwritten`]), and the next form is tried. What a writer returns is one whole token of the target: a
//! value can never break out of it. Deliberately absent: reading literals back, which is another module's
//! business on purpose.

mod kql;
mod spl;

use super::regex::Dialect;
use crate::ir::{Comparison, Decimal, Pattern, Regex};
use crate::storage::Name;
use crate::text::number;
use crate::text::pattern::Part;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;

/// How values become text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) struct Literal {
    write: Algorithm,
    wildcards: Option<Wildcards>,
    except: Option<Except>,
    max_bytes: Option<usize>,
    regex: Option<Dialect>,
    signs: Option<Signs>,
    quote: Option<char>,
    /// Characters that a bare name may have beside letters, digits and `_`, but not begin with.
    #[serde(default)]
    also: String,
    #[serde(default)]
    reserved: Vec<String>,
}

/// The algorithm of a writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Algorithm {
    /// A text of SQL: in single quotes, which are doubled inside; no NUL.
    Sql,
    /// A number in canonical notation.
    Number,
    /// The sign of a comparison, one of `signs`.
    Sign,
    /// `true` or `false`.
    Boolean,
    /// A text or a name of KQL, in double quotes.
    KqlQuoted,
    /// A value of KQL with wildcards.
    KqlWildcard,
    /// A value of KQL with wildcards and without blanks.
    KqlWord,
    /// An address of KQL, in double quotes.
    KqlAddress,
    /// A network of KQL, in double quotes.
    KqlNetwork,
    /// A name of KQL as it is.
    KqlName,
    /// A name as it is: ASCII letters, digits and `_`, not reserved.
    Bare,
    /// A name between `quote` characters, which are doubled inside; no NUL.
    Quoted,
    /// A value of SPL's `search`: digits bare, everything else in double quotes; `*` is the only wildcard.
    Spl,
    /// A network of SPL, in double quotes.
    SplNetwork,
    /// A bare term of SPL's `search` between two `*`: ASCII letters and digits.
    SplTerm,
    /// A regular expression as a string of SPL's expressions.
    SplRegex,
    /// A pattern as a regular expression, to stand between the quotes of a string of SPL's expressions.
    SplPattern,
    /// A name of SPL between `quote` characters, without anything that would need an escape.
    SplName,
}

/// How wildcards are written, and what makes their characters ordinary.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wildcards {
    any: Option<char>,
    one: Option<char>,
    escape: Option<Escape>,
}

/// The signs of comparisons.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signs {
    lt: String,
    lte: String,
    gt: String,
    gte: String,
    eq: String,
}

/// What makes a wildcard character ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Escape {
    /// This character before it.
    Before(char),
    /// Brackets around it.
    Brackets,
}

impl TryFrom<String> for Escape {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => Ok(Self::Before(only)),
            _ if text == "brackets" => Ok(Self::Brackets),
            _ => Err(format!("`{text}` is neither one character nor `brackets`")),
        }
    }
}

/// Values that a writer leaves to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Except {
    /// Whatever some engine could take for a number.
    Numbers,
    /// Numbers that are not whole.
    Fractions,
}

/// A value to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'v> {
    /// Nothing.
    Nothing,
    /// A pattern.
    Pattern(&'v Pattern),
    /// A text, never a pattern.
    Text(&'v str),
    /// A regular expression.
    Regex(&'v Regex),
    /// A number.
    Number(&'v Decimal),
    /// A number that something is compared with, in a way that is also to be written.
    Compared(Comparison, &'v Decimal),
    /// The name of a column or table.
    Name(&'v str),
}

/// A written value, with what it needs to be assumed of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) needs: Vec<Name>,
}

/// Why a value could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unwritten {
    /// It contains a NUL character.
    Nul,
    /// It has wildcards, and the literal has none.
    Wildcard,
    /// It has a wildcard for one character, and the literal has none.
    One,
    /// It has a blank at an edge, where the target trims.
    Edge,
    /// It has a blank, at which the target splits.
    Blank,
    /// The target keeps this text to itself.
    Reserved(&'static str),
    /// This character has a meaning of its own in the literal.
    Special(char),
    /// It is longer than so many bytes.
    TooLong(usize),
    /// It contains this text, which the target does not keep.
    Sequence(&'static str),
    /// It could be taken for a number.
    Number,
    /// It could be taken for a network.
    Network,
    /// It is no network that the target reads as such.
    NoNetwork,
    /// It is more than a plain word.
    Word,
    /// It is no number that the target holds exactly.
    NoNumber,
    /// It is no whole number, and the field holds only those.
    Fraction,
    /// It is no bare name.
    Name,
    /// It is no address in canonical notation.
    NoAddress,
    /// It is neither `true` nor `false`.
    NoBoolean,
    /// The dialect of regular expressions lacks something.
    Regex(String),
    /// It is not the kind of value that the literal is for.
    Kind,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul => f.write_str("a NUL character cannot be written"),
            Self::Wildcard => f.write_str("wildcards cannot be written"),
            Self::One => f.write_str("a wildcard for one character cannot be written"),
            Self::Edge => f.write_str("a blank at the edge of a value with wildcards cannot be written"),
            Self::Blank => f.write_str("a blank in a value with wildcards cannot be written for a field of this type"),
            Self::Reserved(text) => write!(f, "the target keeps `{text}` to itself"),
            Self::Special(c) => write!(f, "a literal `{c}` cannot be written"),
            Self::TooLong(bytes) => write!(f, "it is longer than {bytes} bytes"),
            Self::Sequence(text) => write!(f, "a literal `{text}` cannot be written"),
            Self::Network => f.write_str("it could be taken for a network"),
            Self::NoNetwork => f.write_str("it is no network in the notation of the target"),
            Self::Word => f.write_str("it is more than a plain word"),
            Self::Number => f.write_str("it could be taken for a number"),
            Self::Fraction => f.write_str("it is no whole number of 64 bits"),
            Self::NoNumber => f.write_str("it is beyond the numbers that are held exactly"),
            Self::Name => f.write_str("it is no plain name"),
            Self::NoAddress => f.write_str("it is no address as the field would write it"),
            Self::NoBoolean => f.write_str("it is neither `true` nor `false`"),
            Self::Regex(what) => f.write_str(what),
            Self::Kind => f.write_str("it is a value of another kind"),
        }
    }
}

/// The longest regular expression and the longest search term of SPL that are written, in bytes.
const LONGEST: usize = 10_000;

/// A regular expression or a term, if it is not too long.
fn short(text: String) -> Result<String, Unwritten> {
    if text.len() > LONGEST { Err(Unwritten::TooLong(LONGEST)) } else { Ok(text) }
}

impl Literal {
    /// The value as a token of the target.
    ///
    /// # Errors
    /// Why this writer cannot write this value.
    pub(super) fn write(&self, value: Value<'_>) -> Result<Token, Unwritten> {
        let plain = |text: String| Token { text, needs: Vec::new() };
        match (self.write, value) {
            (Algorithm::Sql, Value::Regex(regex)) => self.write_regex(regex),
            (Algorithm::Sql, value) => self.content(value).and_then(|content| self.quoted_text(&content)).map(plain),
            (Algorithm::Number, value) => self.write_number(value).map(plain),
            (Algorithm::Sign, Value::Compared(op, _)) => self.sign(op).map(plain),
            (Algorithm::Boolean, value) => write_boolean(value).map(plain),
            (Algorithm::KqlQuoted, value) => kql::quoted(value).map(plain),
            (Algorithm::KqlWildcard, value) => kql::wildcard(value).map(plain),
            (Algorithm::KqlWord, value) => kql::word(value).map(plain),
            (Algorithm::KqlAddress, value) => kql::address(value).map(plain),
            (Algorithm::KqlNetwork, value) => kql::network(value).map(plain),
            (Algorithm::KqlName, value) => kql::name(value).map(plain),
            (Algorithm::Bare, Value::Name(name)) => self.write_bare(name).map(plain),
            (Algorithm::Quoted, Value::Name(name)) => self.write_quoted(name).map(plain),
            (Algorithm::Spl, Value::Pattern(pattern)) => spl::value(pattern).map(plain),
            (Algorithm::SplNetwork, Value::Pattern(pattern)) => spl::network(pattern).map(plain),
            (Algorithm::SplTerm, Value::Pattern(pattern)) => spl::term(pattern).and_then(short).map(plain),
            (Algorithm::SplPattern, Value::Pattern(pattern)) => spl::pattern(pattern).and_then(short).map(plain),
            (Algorithm::SplRegex, Value::Regex(regex)) => {
                self.printed(regex).and_then(|(text, needs)| Ok(Token { text: short(spl::string(&text))?, needs }))
            }
            (Algorithm::SplName, Value::Name(name)) => self.write_spl_name(name).map(plain),
            (Algorithm::Sign | Algorithm::Bare | Algorithm::Quoted | Algorithm::SplName, _)
            | (Algorithm::Spl | Algorithm::SplNetwork | Algorithm::SplTerm | Algorithm::SplPattern | Algorithm::SplRegex, _) => {
                Err(Unwritten::Kind)
            }
        }
    }

    /// What the text of a literal is to contain, before quoting.
    fn content<'v>(&self, value: Value<'v>) -> Result<Cow<'v, str>, Unwritten> {
        match value {
            Value::Pattern(pattern) => match (&self.wildcards, pattern.as_exact()) {
                (Some(wildcards), _) => wildcards.write(pattern).map(Cow::Owned),
                (None, Some(text)) => self.plain(text),
                (None, None) => Err(Unwritten::Wildcard),
            },
            Value::Text(text) => self.plain(text),
            Value::Nothing | Value::Regex(_) | Value::Number(_) | Value::Compared(..) | Value::Name(_) => Err(Unwritten::Kind),
        }
    }

    fn sign(&self, op: Comparison) -> Result<String, Unwritten> {
        let signs = self.signs.as_ref().ok_or(Unwritten::Kind)?;
        Ok(match op {
            Comparison::Lt => &signs.lt,
            Comparison::Lte => &signs.lte,
            Comparison::Gt => &signs.gt,
            Comparison::Gte => &signs.gte,
            Comparison::Eq => &signs.eq,
        }
        .clone())
    }

    fn plain<'v>(&self, text: &'v str) -> Result<Cow<'v, str>, Unwritten> {
        match self.except {
            Some(Except::Numbers) if could_be_number(text) => Err(Unwritten::Number),
            Some(Except::Numbers | Except::Fractions) | None => Ok(Cow::Borrowed(text)),
        }
    }

    fn write_number(&self, value: Value<'_>) -> Result<String, Unwritten> {
        let text = write_number(value)?;
        match self.except {
            Some(Except::Fractions) if text.parse::<i64>().is_err() => Err(Unwritten::Fraction),
            Some(Except::Fractions | Except::Numbers) | None => Ok(text),
        }
    }

    fn write_regex(&self, regex: &Regex) -> Result<Token, Unwritten> {
        let (text, needs) = self.printed(regex)?;
        Ok(Token { text: self.quoted_text(&text)?, needs })
    }

    fn printed(&self, regex: &Regex) -> Result<(String, Vec<Name>), Unwritten> {
        let dialect = self.regex.ok_or(Unwritten::Kind)?;
        super::regex::print(regex, dialect).map(|printed| (printed.text, printed.needs)).map_err(Unwritten::Regex)
    }

    fn quoted_text(&self, content: &str) -> Result<String, Unwritten> {
        if let Some(limit) = self.max_bytes.filter(|&limit| content.len() > limit) {
            return Err(Unwritten::TooLong(limit));
        }
        doubled(content, '\'')
    }

    fn write_bare(&self, name: &str) -> Result<String, Unwritten> {
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let continues = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || self.also.contains(c));
        if starts && continues && !self.is_reserved(name) { Ok(name.to_owned()) } else { Err(Unwritten::Name) }
    }

    fn write_spl_name(&self, name: &str) -> Result<String, Unwritten> {
        if self.is_reserved(name) { Err(Unwritten::Name) } else { spl::name(name, self.quote.unwrap_or('"')) }
    }

    fn is_reserved(&self, name: &str) -> bool {
        self.reserved.iter().any(|word| word.eq_ignore_ascii_case(name))
    }

    fn write_quoted(&self, name: &str) -> Result<String, Unwritten> {
        if name.is_empty() {
            return Err(Unwritten::Name);
        }
        doubled(name, self.quote.unwrap_or('"'))
    }
}

/// The text between quotes, those inside it doubled.
fn doubled(content: &str, quote: char) -> Result<String, Unwritten> {
    let mut text = String::with_capacity(content.len() + 2);
    text.push(quote);
    for c in content.chars() {
        match c {
            '\0' => return Err(Unwritten::Nul),
            c if c == quote => text.extend([quote, quote]),
            c => text.push(c),
        }
    }
    text.push(quote);
    Ok(text)
}

impl Wildcards {
    fn write(&self, pattern: &Pattern) -> Result<String, Unwritten> {
        let mut text = String::new();
        for part in pattern.parts() {
            match part {
                Part::Any => text.push(self.any.ok_or(Unwritten::Wildcard)?),
                Part::One => text.push(self.one.ok_or(Unwritten::Wildcard)?),
                Part::Text(literal) => literal.chars().try_for_each(|c| self.write_char(c, &mut text))?,
            }
        }
        Ok(text)
    }

    fn write_char(&self, c: char, text: &mut String) -> Result<(), Unwritten> {
        let wildcard = self.any == Some(c) || self.one == Some(c);
        match self.escape {
            Some(Escape::Before(escape)) if wildcard || c == escape => text.extend([escape, c]),
            Some(Escape::Brackets) if wildcard || c == '[' => text.extend(['[', c, ']']),
            None if wildcard => return Err(Unwritten::Special(c)),
            Some(Escape::Before(_) | Escape::Brackets) | None => text.push(c),
        }
        Ok(())
    }
}

/// A number in canonical notation, if every engine holds it exactly: as a 64-bit integer, or as a double
/// with at most 15 significant digits.
fn write_number(value: Value<'_>) -> Result<String, Unwritten> {
    let text = match value {
        Value::Pattern(pattern) => {
            pattern.as_exact().filter(|text| number::is_canonical(text)).map(str::to_owned).ok_or(Unwritten::NoNumber)?
        }
        Value::Number(decimal) | Value::Compared(_, decimal) => decimal.to_string(),
        Value::Nothing | Value::Text(_) | Value::Regex(_) | Value::Name(_) => return Err(Unwritten::Kind),
    };
    if number::fits_engine(&text) { Ok(text) } else { Err(Unwritten::NoNumber) }
}

fn write_boolean(value: Value<'_>) -> Result<String, Unwritten> {
    let Value::Pattern(pattern) = value else { return Err(Unwritten::Kind) };
    let text = pattern.as_exact().ok_or(Unwritten::Wildcard)?;
    if matches!(text, "true" | "false") { Ok(text.to_owned()) } else { Err(Unwritten::NoBoolean) }
}

/// Whether some engine could take the text for a number, in whatever notation. Errs on the side of yes.
fn could_be_number(text: &str) -> bool {
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E' | '_');
    text.contains(|c: char| c.is_ascii_digit()) && text.trim().chars().all(numeric)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn literal(yaml: &str) -> Literal {
        serde_yaml::from_str(yaml).unwrap()
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            c => Part::Text(c.to_string()),
        }))
    }

    #[test]
    fn writers_are_partial() {
        let like = literal(r#"{write: sql, wildcards: {any: "%", one: "_"}, max_bytes: 10}"#);
        assert_eq!(like.write(Value::Pattern(&pattern("*it's?"))).map(|token| token.text), Ok("'%it''s_'".to_owned()));
        assert_eq!(like.write(Value::Pattern(&pattern("a_b"))), Err(Unwritten::Special('_')));
        assert_eq!(like.write(Value::Pattern(&pattern("abcdefghijk"))), Err(Unwritten::TooLong(10)));
        assert_eq!(like.write(Value::Pattern(&pattern("a\0"))), Err(Unwritten::Nul));
        let text = literal("{write: sql}");
        assert_eq!(text.write(Value::Pattern(&pattern("a*"))), Err(Unwritten::Wildcard));
    }

    #[test]
    fn escapes_are_needed_only() {
        let escaped = literal(r#"{write: sql, wildcards: {any: "%", one: "_", escape: "!"}}"#);
        assert_eq!(escaped.write(Value::Pattern(&pattern(r"*\a_b!%"))).map(|token| token.text), Ok(r"'%\a!_b!!!%'".to_owned()));
        let glob = literal(r#"{write: sql, wildcards: {any: "*", one: "?", escape: brackets}}"#);
        let stars = Pattern::new([Part::Any, Part::Text("[*]?".to_owned())]);
        assert_eq!(glob.write(Value::Pattern(&stars)).map(|token| token.text), Ok("'*[[][*]][?]'".to_owned()));
    }

    #[test]
    fn names_and_numbers() {
        let bare = literal("{write: bare, reserved: [order]}");
        for name in ["Order", "1a", "a.b", "", "é"] {
            assert_eq!(bare.write(Value::Name(name)), Err(Unwritten::Name), "{name}");
        }
        let quoted = literal("{write: quoted, quote: \"`\"}");
        assert_eq!(quoted.write(Value::Name("a`b")).map(|token| token.text), Ok("`a``b`".to_owned()));
        let number = literal("{write: number}");
        for (text, fits) in [("5", true), ("5.0", false), ("9223372036854775807", true), ("9223372036854775808", false), ("0.1", true)] {
            assert_eq!(number.write(Value::Pattern(&Pattern::exact(text))).is_ok(), fits, "{text}");
        }
        let word = literal("{write: sql, except: numbers}");
        assert_eq!(word.write(Value::Text(" +1e3 ")), Err(Unwritten::Number));
        assert!(word.write(Value::Text("10.0.0.1x")).is_ok());
    }
}
