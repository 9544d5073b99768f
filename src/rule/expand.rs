//! Placeholders in values under `expand`, replaced by the values that an organisation gives them.
//!
//! Follows sigma.md §9: a list of values makes one value of each, several placeholders all combinations. In a regular
//! expression a value stands for itself as text, compared like the rest of the expression; a wildcard in it for any
//! characters. Bounds: a value stands for at most [`MAX_COMBINATIONS`] values, and those of a document together take at
//! most [`MAX_ROOM`] bytes. Deliberately absent: queries and event fields as values, which other tools have.

use super::Variables;
use super::value::{Piece, pieces};
use super::variables::OVERHEAD;
use super::yaml::Scalar;
use crate::diag::{Code, Diagnostic, quote};
use crate::text::pattern::{Part, Pattern};
use crate::text::similar;

/// One value stands for at most so many.
const MAX_COMBINATIONS: usize = 10_000;

/// What the placeholders of a document make takes about so many bytes at most.
const MAX_ROOM: usize = 16 << 20;

/// The regular expressions of a document together have about so many states at most.
const MAX_STATES: u64 = 240_000;

/// What a regular expression counts beside its states: compiling takes time of its own.
const STATES_OF_EACH: u64 = 300;

/// What replaces the placeholders of a document.
pub(super) struct Expansion<'v> {
    variables: &'v Variables,
    room: usize,
    /// So many states are left for compiled regular expressions.
    states: u64,
}

impl<'v> Expansion<'v> {
    pub(super) fn new(variables: &'v Variables) -> Self {
        Self { variables, room: MAX_ROOM, states: MAX_STATES }
    }

    /// Takes what a regular expression needs from what is left for those of the document.
    pub(super) fn take_states(&mut self, scalar: &Scalar, size: u64) -> Result<(), Diagnostic> {
        let left = self.states.checked_sub(size.saturating_add(STATES_OF_EACH));
        self.states = left.ok_or_else(|| {
            Diagnostic::error(Code::TooManyVariants, scalar.place, "more or larger regular expressions than a document can have")
                .help("write several rules, each with a part of them")
        })?;
        Ok(())
    }

    /// The patterns that a pattern with placeholders stands for.
    pub(super) fn patterns(&mut self, scalar: &Scalar, pattern: &Pattern) -> Result<Vec<Pattern>, Diagnostic> {
        let mut all = Vec::new();
        for part in pattern.parts() {
            match part {
                Part::Text(text) => all.extend(pieces(text)),
                Part::One | Part::Any => all.push(Piece::Part(part.clone())),
            }
        }
        let made = self.combinations(scalar, &all, |piece| match piece {
            Piece::Part(part) => vec![part.clone()],
            Piece::Percent | Piece::Placeholder(_) => vec![Part::Text("%".to_owned())],
        })?;
        Ok(made.into_iter().map(|parts| Pattern::new(parts.concat())).collect())
    }

    /// The regular expressions that one with placeholders stands for.
    pub(super) fn regexes(&mut self, scalar: &Scalar) -> Result<Vec<String>, Diagnostic> {
        if self.variables.are_kept() {
            return Ok(vec![scalar.text.to_string()]);
        }
        let all = pieces(&scalar.text);
        if let Some(name) = first_in_class(&all) {
            let message = format!("the placeholder {} inside `[…]`", quote(&format!("%{name}%")));
            let help = "write it outside of the brackets, where it stands for a text";
            return Err(Diagnostic::error(Code::UnsupportedRegex, scalar.place, message).help(help));
        }
        if !all.iter().any(|piece| matches!(piece, Piece::Placeholder(_))) {
            return Ok(vec![scalar.text.to_string()]);
        }
        let written = |piece: &Piece| match piece {
            Piece::Part(Part::Text(text)) => text.clone(),
            Piece::Part(Part::One | Part::Any) => String::new(),
            Piece::Percent | Piece::Placeholder(_) => "\\%".to_owned(),
        };
        let made = self.combinations(scalar, &all, |piece| vec![Part::Text(written(piece))])?;
        let expression = |choices: Vec<Vec<Part>>| {
            let texts = choices.iter().zip(&all).map(|(parts, piece)| match piece {
                Piece::Placeholder(_) => quoted(parts),
                Piece::Part(_) | Piece::Percent => written(piece),
            });
            texts.collect()
        };
        Ok(made.into_iter().map(expression).collect())
    }

    /// For each combination the parts of each piece.
    fn combinations(
        &mut self,
        scalar: &Scalar,
        all: &[Piece],
        own: impl Fn(&Piece) -> Vec<Part>,
    ) -> Result<Vec<Vec<Vec<Part>>>, Diagnostic> {
        let names: Vec<&str> = all.iter().filter_map(Piece::placeholder).collect();
        let unknown: Vec<&str> = names.iter().copied().filter(|name| self.variables.get(name).is_none()).collect();
        if !unknown.is_empty() {
            return Err(self.unresolved(scalar, &unknown));
        }
        if !names.is_empty() {
            self.charge(scalar, &names)?;
        }
        let mut made: Vec<Vec<Vec<Part>>> = vec![Vec::with_capacity(all.len())];
        for piece in all {
            let choices: Vec<Vec<Part>> = match piece.placeholder().and_then(|name| self.variables.get(name)) {
                Some(values) => values.iter().map(|value| value.parts().to_vec()).collect(),
                None => vec![own(piece)],
            };
            made = match choices.as_slice() {
                [only] => made.into_iter().map(|parts| with(parts, only)).collect(),
                several => made.iter().flat_map(|parts| several.iter().map(|choice| with(parts.clone(), choice))).collect(),
            };
        }
        Ok(made)
    }

    /// Checks how much is going to be made of a value.
    fn charge(&mut self, scalar: &Scalar, names: &[&str]) -> Result<(), Diagnostic> {
        let extents = || names.iter().map(|name| self.variables.extent(name));
        let count = extents().fold(1_usize, |count, (values, _)| count.saturating_mul(values));
        let length = extents().map(|(_, longest)| longest).fold(scalar.text.len(), usize::saturating_add);
        let needed = count.saturating_mul(length.saturating_add(OVERHEAD.saturating_mul(names.len().saturating_mul(2).saturating_add(1))));
        match self.room.checked_sub(needed).filter(|_| count <= MAX_COMBINATIONS) {
            Some(room) => {
                self.room = room;
                Ok(())
            }
            None => {
                let message = format!("the placeholders make {count} values of this one, which is too much");
                let help = "use fewer placeholders in one value, or shorter lists of values";
                Err(Diagnostic::error(Code::TooManyVariants, scalar.place, message).help(help))
            }
        }
    }

    fn unresolved(&self, scalar: &Scalar, names: &[&str]) -> Diagnostic {
        let shown = names.iter().map(|name| quote(&format!("%{name}%"))).collect::<Vec<_>>().join(", ");
        let noun = if names.len() == 1 { "the placeholder" } else { "the placeholders" };
        let near = names.iter().find_map(|name| similar::nearest(name, self.variables.names()));
        let help = near.map_or_else(
            || "give it values with `--vars FILE`, or write them out; percent signs that are meant literally are written `\\%`, or without `expand`".to_owned(),
            |meant| format!("did you mean {}?", quote(&format!("%{meant}%"))),
        );
        Diagnostic::error(Code::UnresolvedPlaceholder, scalar.place, format!("nothing gives a value to {noun} {shown}")).help(help)
    }
}

fn with(mut parts: Vec<Vec<Part>>, next: &[Part]) -> Vec<Vec<Part>> {
    parts.push(next.to_vec());
    parts
}

/// A value as a part of a regular expression, in a group so that a quantifier after it is about all of it.
fn quoted(parts: &[Part]) -> String {
    let piece = |part: &Part| match part {
        Part::Text(text) => regex_syntax::escape(text),
        Part::One => "[\\s\\S]".to_owned(),
        Part::Any => "[\\s\\S]*".to_owned(),
    };
    format!("(?:{})", parts.iter().map(piece).collect::<String>())
}

/// The first placeholder that stands in a class of characters.
fn first_in_class(pieces: &[Piece]) -> Option<&str> {
    let (mut escaped, mut in_class) = (false, false);
    for piece in pieces {
        match piece {
            Piece::Placeholder(name) if in_class => return Some(name),
            Piece::Part(Part::Text(text)) => {
                for c in text.chars() {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' => escaped = true,
                        '[' => in_class = true,
                        ']' => in_class = false,
                        _ => {}
                    }
                }
            }
            Piece::Part(Part::One | Part::Any) | Piece::Percent | Piece::Placeholder(_) => escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::rule::{ValueKind, parse_with, print};
    use crate::source::Source;

    const VALUES: &str = "one: x\ntwo: [a*, b]\ndot: [a.b, c?]\nmany: [0,1,2,3,4,5,6,7,8,9]\n";

    /// The values of the only item, or the name of the error.
    fn values(item: &str) -> String {
        let variables = Variables::read(&Source::new("variables.yml", VALUES)).unwrap();
        let text = format!("title: a\nlogsource: {{product: windows}}\ndetection:\n  s:\n    {item}\n  condition: s\n");
        let documents = parse_with(&Source::new("test", &text), &variables);
        let document = documents.first().unwrap();
        match (&document.rule, document.diagnostics.first()) {
            (Some(rule), _) => print::print(rule).lines().nth(1).unwrap().split_once("] ").unwrap().1.to_owned(),
            (None, problem) => problem.unwrap().code.name().to_owned(),
        }
    }

    #[test]
    fn placeholders_become_their_values() {
        for (item, expected) in [
            ("A|expand: '%one%'", "\"x\""),
            ("A|expand: '\\%%one%-%two%'", "\"%x-a\" ANY | \"%x-b\""),
            ("A|expand: ['%two%', c]", "\"a\" ANY | \"b\" | \"c\""),
            ("A|expand|all: ['%two%', c]", "(\"a\" ANY | \"b\") & \"c\""),
            ("A|re|expand: 'x%dot%+$'", "/x(?:a\\.b)+$/ | /x(?:c[\\s\\S])+$/"),
            ("A|re|expand: '[%one%]'", "unsupported_regex"),
            ("A|re|expand: '\\[%one%]'", "/\\[(?:x)]/"),
            ("A|re|expand: '\\%a%'", "/\\%a%/"),
            ("A|expand|base64: '%two%'", "wildcard_in_encoding"),
            ("A|expand: '%One% %none%'", "unresolved_placeholder"),
            ("A: '%one%'", "\"%one%\""),
            ("A|expand: '%many%%many%%many%%many%%many%'", "too_many_variants"),
        ] {
            assert_eq!(values(item), expected, "{item}");
        }
    }

    #[test]
    fn unknown_placeholders_are_reported_once_a_value() {
        let variables = Variables::read(&Source::new("variables.yml", VALUES)).unwrap();
        let text = "title: a\nlogsource: {product: windows}\ndetection:\n  s:\n    A|expand: '%One% %none% %two%'\n  condition: s\n";
        let documents = parse_with(&Source::new("test", text), &variables);
        let problems = &documents.first().unwrap().diagnostics;
        assert_eq!(problems.len(), 1);
        let problem = problems.first().unwrap();
        assert!(problem.message.contains("`%One%`, `%none%`") && problem.help.as_deref() == Some("did you mean `%one%`?"), "{problem:?}");
    }

    #[test]
    fn expanded_values_stay_patterns() {
        let variables = Variables::read(&Source::new("variables.yml", VALUES)).unwrap();
        let text = "title: a\nlogsource: {product: windows}\ndetection: {s: {A|expand: '%one%'}, condition: s}\n";
        let rule = parse_with(&Source::new("test", text), &variables).remove(0).rule.unwrap();
        let crate::rule::Search::All(items) = &rule.detection.identifiers.first().unwrap().search else { return };
        assert_eq!(items.first().unwrap().values.first().unwrap().kind, ValueKind::Text(Pattern::exact("x")));
    }
}
