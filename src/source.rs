//! Source texts and places in them.
//!
//! Every scalar of a rule, every value of the intermediate representation and every diagnostic carries a
//! [`Place`]. A place is small and `Copy`; the text it points into is a [`Source`].
//!
//! Contract: lines and columns count from 1, columns in characters (Unicode scalar values), the end is
//! exclusive. Deliberately absent: reading files. Texts come in as strings, with the name to show for them.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// A text with the name that messages show for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name shown in messages: the path as the user gave it, or `-` for standard input.
    pub name: Arc<str>,
    /// The whole text, as decoded from UTF-8, without a byte order mark.
    pub text: Arc<str>,
    /// What the places in it carry, to be told from those of other sources: 0, unless a filter of this source is put
    /// into the rules of others.
    pub number: u32,
    lines: Lines,
}

/// Where the lines of a text start, once somebody asked. It follows from the text, and takes no part in comparison.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<OnceLock<Vec<usize>>>);

impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lines {}

impl Source {
    /// A source from its name and text. A leading byte order mark (U+FEFF) is dropped.
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { name: name.into(), text: text.into(), number: 0, lines: Lines::default() }
    }

    /// The same source with a number of its own.
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        Self { number, ..self }
    }

    /// The byte at which a line starts, counted from 1; where the text has fewer lines, nothing.
    pub fn line_start(&self, line: u32) -> Option<usize> {
        let starts = || std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.lines.0.get_or_init(starts).get(usize::try_from(line.checked_sub(1)?).ok()?).copied()
    }
}

/// Where something stands in a source: from a line and column to a line and column, end exclusive.
///
/// A place says where, never what: all places compare equal and hash alike, so that types that carry one
/// can derive their comparison from what they mean.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// First line, from 1. Zero means "nowhere" ([`Place::NOWHERE`]).
    pub line: u32,
    /// First column, from 1, in characters.
    pub column: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// The number of the source, where several are put together ([`Source::number`]).
    pub file: u32,
}

impl Place {
    /// The place of what was not written anywhere.
    pub const NOWHERE: Self = Self { line: 0, column: 0, end_line: 0, end_column: 0, file: 0 };

    /// A place on one line: from `column` for `length` characters.
    pub fn on_line(line: u32, column: u32, length: u32) -> Self {
        Self { line, column, end_line: line, end_column: column.saturating_add(length), file: 0 }
    }

    /// The same place in the source of this number.
    #[must_use]
    pub fn in_file(self, file: u32) -> Self {
        Self { file, ..self }
    }

    /// Whether this place points into a source at all.
    pub fn is_somewhere(self) -> bool {
        self.line > 0
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}
