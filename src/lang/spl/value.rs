//! The values of `search`: escapes and wildcards, case, networks.
//!
//! Source: Splunk, "search", sections "Quotes and escaping characters" and "CIDR"; "Wildcards". Deliberately absent:
//! what a value is compared with.

use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Case, Pattern};
use crate::source::Place;
use crate::text::ip;
use crate::text::pattern::Part;
use ipnet::IpNet;

/// What stands on the right of a comparison.
#[derive(Debug, Clone)]
pub(super) struct SearchValue {
    pub(super) pattern: Pattern,
    /// `Sensitive` for `CASE(…)`.
    pub(super) case: Case,
    pub(super) place: Place,
}

/// The pattern that a text means, given as written between quotes or bare.
pub(super) fn pattern(written: &str, place: Place) -> Result<Pattern> {
    let mut parts = Vec::new();
    let mut text = String::with_capacity(written.len());
    let mut characters = written.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '*' => {
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Part::Any);
            }
            '\\' => match characters.peek() {
                Some('\\' | '"' | '|') => text.extend(characters.next()),
                Some('*') => {
                    return Err(
                        unread(place, "`\\*`, which has no documented meaning").help("write `\\\\*` for a backslash before a wildcard")
                    );
                }
                Some(_) => text.push('\\'),
                None => return Err(unread(place, "a lone backslash at the end")),
            },
            '\n' | '\t' | '\r' => return Err(unread(place, "a line break or tabulator in a value")),
            other => text.push(other),
        }
    }
    parts.push(Part::Text(text));
    Ok(Pattern::new(parts))
}

/// The network that an exact value names. A bare address is no network but a text.
pub(super) fn network(value: &SearchValue) -> Result<Option<IpNet>> {
    let Some(text) = value.pattern.as_exact().filter(|text| looks_like_network(text)) else { return Ok(None) };
    let network = ip::network(text).map_err(|_| unread(value.place, format!("{}, which is no network in canonical form", quote(text))))?;
    Ok(Some(network))
}

fn looks_like_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let all = |part: &str, is_part: fn(char) -> bool| part.chars().all(is_part);
    let four = address.matches('.').count() == 3 && all(address, |c| c.is_ascii_digit() || c == '.');
    let six = address.matches(':').count() >= 2 && all(address, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    (four || six) && !length.is_empty() && all(length, |c| c.is_ascii_digit())
}

/// The network of `cidrmatch`.
pub(super) fn cidr(text: &str, place: Place) -> Result<IpNet> {
    let network = Some(text).filter(|text| looks_like_network(text)).and_then(|text| ip::network(text).ok());
    network.ok_or_else(|| unread(place, format!("{} as a network", quote(text))))
}

/// A value that stands where nothing may.
pub(super) fn missing(place: Place) -> crate::diag::Diagnostic {
    invalid(place, "a comparison without a value")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn escapes_are_those_of_search() {
        let text = |written| pattern(written, Place::NOWHERE).map(|pattern| pattern.as_exact().map(str::to_owned));
        assert_eq!(text(r"a\\b\sc").unwrap().unwrap(), r"a\b\sc");
        assert_eq!(text(r#"say \"hi\" \| no"#).unwrap().unwrap(), "say \"hi\" | no");
        assert_eq!(text(r"a?%_").unwrap().unwrap(), "a?%_");
        assert!(text(r"a\*").is_err() && text("a\\").is_err() && text("a\tb").is_err());
        let wild = pattern(r"*\\*", Place::NOWHERE).unwrap();
        assert_eq!(wild, Pattern::exact("\\").with_any_before().with_any_after());
    }

    #[test]
    fn networks_are_told_from_texts() {
        let value = |text: &str| SearchValue { pattern: Pattern::exact(text), case: Case::Ascii, place: Place::NOWHERE };
        assert!(network(&value("10.0.0.0/8")).unwrap().is_some() && network(&value("2001:db8::/32")).unwrap().is_some());
        for text in ["10.0.0.1", "::1", "a/8", "1/2", "10.0.0.0/", "/8", "10.0.0.0/8/8"] {
            assert!(network(&value(text)).unwrap().is_none(), "{text}");
        }
        for text in ["10.0.0.1/8", "010.0.0.0/8", "10.0.0.0/33", "2001:db8::1/32"] {
            assert!(network(&value(text)).is_err(), "{text}");
        }
    }
}
