//! The outer languages of envelopes: how a text stands in a JSON document, and in a `.conf` file.
//!
//! What a query says must come back out byte for byte, or it is refused; what is said for people may be
//! cleaned of what could end its line. Deliberately absent: the languages of the queries themselves.

use minijinja::{Environment, Error, ErrorKind, Value};

/// Registers the filters that templates use.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("json", json);
    environment.add_filter("json_line", json_line);
    environment.add_filter("boolean", boolean);
    environment.add_filter("conf_name", conf_name);
    environment.add_filter("conf_text", conf_text);
    environment.add_filter("conf_query", conf_query);
}

/// A refusal: the format cannot hold this text.
fn refused(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::BadSerialization, why.into())
}

/// A value as JSON.
fn json(value: Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    serde_json::to_string(&value).map(|text| escaped(&text)).map_err(|error| refused(error.to_string()))
}

/// JSON of any layout as JSON on one line, its keys in order.
fn json_line(text: &str) -> Result<String, Error> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("this is no JSON: {error}")))?;
    serde_json::to_string(&value).map(|text| escaped(&text)).map_err(|error| refused(error.to_string()))
}

/// JSON in which no reader sees another line, and nobody another order of characters. All of these stand in
/// strings, and have four hexadecimal digits.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unprintable(c) { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
    }
    text
}

/// Control characters, line separators, and what changes the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An option that is `true` or `false`.
fn boolean(text: &str) -> Result<bool, Error> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(refused(format!("an option is `true` or `false`, not `{text}`"))),
    }
}

/// Text for people in a `.conf` file: on one line, which the next one does not continue. What separates or
/// reorders characters becomes a blank.
fn conf_text(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = one_line.split_whitespace().collect();
    let text = words.join(" ");
    // A backslash at the end would take the next setting into this one.
    if text.ends_with('\\') { format!("{text}.") } else { text }
}

/// The name of a stanza: a text for people, and a key that no other stanza has.
fn conf_name(text: &str, key: &str) -> String {
    let brackets = |c| match c {
        '[' => '(',
        ']' => ')',
        c => c,
    };
    let name: String = format!("{text} ({key})").chars().map(brackets).collect();
    conf_text(&name)
}

/// A query as the value of a setting. A line break is a backslash at the end of the line, and it is not
/// documented what the value then holds: the break, a blank, or nothing. So a line can only begin where the
/// language begins a command, to which all of these are the same. Two backslashes at the end of a line, and
/// blanks around a value, are read differently by different tools.
fn conf_query(query: &str) -> Result<String, Error> {
    let why = if query.is_empty() || query == "\"\"" {
        Some("a setting without a value")
    } else if query.trim() != query {
        Some("a query that begins or ends with a blank")
    } else if query.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        Some("a query with control characters")
    } else if query.lines().any(|line| line.ends_with('\\')) {
        Some("a query of which a line ends in a backslash")
    } else if query.split('\n').skip(1).any(|line| !line.starts_with('|')) {
        Some("a query of which a line does not begin with a command")
    } else {
        None
    };
    match why {
        Some(why) => Err(refused(format!("a `.conf` file cannot hold {why}"))),
        None => Ok(query.split('\n').collect::<Vec<_>>().join("\\\n")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn conf_text_is_one_line() {
        assert_eq!(conf_text("a\r\n[b]\u{2028}\tc  d\\"), r"a [b] c d\.");
        assert_eq!(conf_name("a]\n[default]", "k\u{202e}1"), "a) (default) (k 1)");
        assert_eq!(conf_text(" \n "), "");
    }

    #[test]
    fn queries_are_exact_or_refused() {
        assert_eq!(conf_query("a\n| where b\n| table c").unwrap(), "a\\\n| where b\\\n| table c");
        assert_eq!(conf_query("f=\"$x$ # [y] = \u{2028}\"").unwrap(), "f=\"$x$ # [y] = \u{2028}\"");
        for query in ["", "\"\"", " a", "a ", "a\nb", "a\n\n| b", "a\\", "a\\\\\n| b", "a\rb", "a\0b", "a\n|b\\"] {
            assert_eq!(conf_query(query).unwrap_err().kind(), ErrorKind::BadSerialization, "{query:?}");
        }
    }

    #[test]
    fn json_has_no_line_breaks_and_no_hidden_characters() {
        let written = json(Value::from("a\n\"\\\u{2028}\u{202e}\u{9b}é")).unwrap();
        assert_eq!(written, r#""a\n\"\\\u2028\u202e\u009bé""#);
        assert_eq!(json_line("{\"b\": 1.50,\n \"a\": [null, \"\\u2028\"]}").unwrap(), r#"{"b":1.50,"a":[null,"\u2028"]}"#);
        assert!(json_line("{} {}").is_err() && json(Value::UNDEFINED).is_err());
        assert!(boolean("yes").is_err());
    }
}
