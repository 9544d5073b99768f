//! Literals of Splunk's SPL: values and terms of `search`, strings and names of its expressions.
//!
//! Values in quotes have the escapes `\\` and `\"` (search command reference, "Quotes and escaping
//! characters"); nothing makes an asterisk ordinary ("Wildcards"). What the documentation leaves open inside
//! quotes (control characters, backticks, which open macros elsewhere) is not written, nor is a path segment
//! `..`, which a browser drops from the address that carries the search. Deliberately absent: reading any of
//! it back.

use super::super::regex;
use super::Unwritten;
use crate::ir::Pattern;
use crate::text::pattern::{Part, Shape};
use ipnet::IpNet;

/// What an address loses on its way to the server (RFC 3986, section 5.2.4).
const DROPPED: &str = "/../";

/// A value of `search`: digits as they are, anything else in quotes.
pub(super) fn value(pattern: &Pattern) -> Result<String, Unwritten> {
    match pattern.as_exact() {
        Some(text) if is_digits(text) => return Ok(text.to_owned()),
        Some(text) if could_be_network(text) => return Err(Unwritten::Network),
        Some(_) | None => {}
    }
    let mut text = String::from("\"");
    for part in pattern.parts() {
        match part {
            Part::Any => text.push('*'),
            Part::One => return Err(Unwritten::Wildcard),
            Part::Text(literal) if literal.contains(DROPPED) => return Err(Unwritten::Sequence(DROPPED)),
            Part::Text(literal) => literal.chars().try_for_each(|c| push_quoted(&mut text, c))?,
        }
    }
    text.push('"');
    Ok(text)
}

fn push_quoted(text: &mut String, c: char) -> Result<(), Unwritten> {
    match c {
        '\0' => return Err(Unwritten::Nul),
        '*' | '`' => return Err(Unwritten::Special(c)),
        c if c.is_control() => return Err(Unwritten::Special(c)),
        '\\' | '"' => text.extend(['\\', c]),
        c => text.push(c),
    }
    Ok(())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `search` could take the text for a network. Errs on the side of yes.
fn could_be_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let in_address = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '%' | ' ');
    let is_address = address.contains(['.', ':']) && address.chars().all(in_address);
    is_address && length.contains(|c: char| c.is_ascii_digit()) && length.chars().all(in_address)
}

/// A network, in quotes, as long as it has no host bits.
pub(super) fn network(pattern: &Pattern) -> Result<String, Unwritten> {
    let text = pattern.as_exact().ok_or(Unwritten::Wildcard)?;
    let network: IpNet = text.parse().map_err(|_| Unwritten::NoNetwork)?;
    if network.trunc() == network { Ok(format!("\"{network}\"")) } else { Err(Unwritten::NoNetwork) }
}

/// A bare term that stands for "contains": only where no breaker could split it.
pub(super) fn term(pattern: &Pattern) -> Result<String, Unwritten> {
    match pattern.shape() {
        Shape::Infix(text) if text.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(format!("*{text}*")),
        Shape::Infix(_) | Shape::Exact(_) | Shape::Prefix(_) | Shape::Suffix(_) | Shape::Everything | Shape::General => {
            Err(Unwritten::Word)
        }
    }
}

/// A pattern as a regular expression inside a string.
pub(super) fn pattern(pattern: &Pattern) -> Result<String, Unwritten> {
    if pattern.literal_chars().any(|c| c == '\0') {
        return Err(Unwritten::Nul);
    }
    Ok(escaped(&regex::pcre_pattern(pattern)))
}

/// A string of expressions.
pub(super) fn string(content: &str) -> String {
    format!("\"{}\"", escaped(content))
}

fn escaped(content: &str) -> String {
    let mut text = String::with_capacity(content.len() + 8);
    for c in content.chars() {
        if matches!(c, '\\' | '"') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// A name in quotes. Wildcards in names stand for several fields, and no escape is documented.
pub(super) fn name(name: &str, quote: char) -> Result<String, Unwritten> {
    let is_open = |c: char| c == quote || matches!(c, '\\' | '"' | '\'' | '`' | '*') || c.is_control();
    if name.is_empty() || name.contains(is_open) { Err(Unwritten::Name) } else { Ok(format!("{quote}{name}{quote}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Result<String, Unwritten> {
        value(&Pattern::exact(text))
    }

    #[test]
    fn values_are_quoted_and_partial() {
        assert_eq!(exact("4688"), Ok("4688".to_owned()));
        assert_eq!(exact(r#"C:\a "b" | [c] 50%_?"#), Ok(r#""C:\\a \"b\" | [c] 50%_?""#.to_owned()));
        assert_eq!(exact(r"a\"), Ok(r#""a\\""#.to_owned()));
        assert_eq!(exact("10.0.0.0/8"), Err(Unwritten::Network));
        assert_eq!(exact("fe80::/10"), Err(Unwritten::Network));
        assert_eq!(exact("/a/8"), Ok("\"/a/8\"".to_owned()));
        assert_eq!(exact("a*"), Err(Unwritten::Special('*')));
        assert_eq!(exact("a`b"), Err(Unwritten::Special('`')));
        assert_eq!(exact("a\tb"), Err(Unwritten::Special('\t')));
        assert_eq!(exact("a/../b"), Err(Unwritten::Sequence("/../")));
        assert_eq!(value(&Pattern::new([Part::Text(r"\".to_owned()), Part::Any])), Ok(r#""\\*""#.to_owned()));
    }

    #[test]
    fn strings_names_and_networks() {
        assert_eq!(string(r#"a\."b""#), r#""a\\.\"b\"""#);
        assert_eq!(name("my field", '\''), Ok("'my field'".to_owned()));
        assert_eq!(name("it's", '"'), Err(Unwritten::Name));
        assert_eq!(network(&Pattern::exact("10.1.0.0/8")), Err(Unwritten::NoNetwork));
        assert_eq!(network(&Pattern::exact("2001:db8::/32")), Ok("\"2001:db8::/32\"".to_owned()));
    }
}
