//! Whether a configuration file in YAML is one that a parser without bounds can be given.
//!
//! Contract: a text that passes is well-formed, at most `MAX_LENGTH` bytes long and nests at most `MAX_DEPTH` deep.
//! Parsers take time that grows with the square of both. Deliberately absent: rules, whose own parser has bounds, and
//! what a configuration says.

use saphyr_parser::{Event, Parser};

/// The longest file, in bytes. Those that come with the program have a tenth of it.
const MAX_LENGTH: usize = 256 << 10;

/// Collections nest at most this deep.
const MAX_DEPTH: usize = 64;

/// Why a text is refused, with the place: line and column from 1, zero for the text as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// What is wrong.
    pub message: String,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Checks a text.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(text: &str) -> Result<(), Excess> {
    if text.len() > MAX_LENGTH {
        return Err(Excess { message: format!("a file of more than {} kB", MAX_LENGTH >> 10), line: 0, column: 0 });
    }
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| excess(error.info().to_owned(), error.marker()))?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Alias(_)
            | Event::Scalar(..) => {}
        }
        if depth > MAX_DEPTH {
            return Err(excess(format!("collections nested more than {MAX_DEPTH} deep"), &span.start));
        }
    }
    Ok(())
}

fn excess(message: String, at: &saphyr_parser::Marker) -> Excess {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Excess { message, line: number(at.line()), column: number(at.col()).saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_deep_texts_are_refused() {
        let nested = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&nested(MAX_DEPTH - 1)), Ok(()));
        let too_deep = |text: &str| check(text).is_err_and(|excess| excess.message.contains("deep") && excess.line == 1);
        assert!(too_deep(&nested(MAX_DEPTH)) && check(&"[".repeat(MAX_LENGTH)).is_err() && check(&"{a: ".repeat(1_000)).is_err());
        assert!(check(&"a".repeat(MAX_LENGTH + 1)).is_err_and(|excess| excess.message.contains("kB")));
        assert!(check("a: [").is_err() && check("").is_ok() && check("a: b\n---\nc: d\n").is_ok());
    }
}
