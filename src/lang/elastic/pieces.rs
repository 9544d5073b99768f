//! Texts with wildcards, as a language reads them: literal pieces and stars.
//!
//! Unlike a pattern they keep how many stars there are, since `*` asks for any value and `**` for a text.
//! Deliberately absent: escapes.

use crate::ir::Pattern;
use crate::text::pattern::Part;

/// A piece of a text with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lang) enum Piece {
    /// These characters.
    Text(String),
    /// Any characters.
    Star,
}

/// A text with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::lang) struct Pieces(Vec<Piece>);

impl Pieces {
    /// Appends a character.
    pub(in crate::lang) fn push(&mut self, c: char) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            Some(Piece::Star) | None => self.0.push(Piece::Text(c.to_string())),
        }
    }

    /// Appends a wildcard.
    pub(in crate::lang) fn push_star(&mut self) {
        self.0.push(Piece::Star);
    }

    /// Whether this is nothing but one star.
    pub(in crate::lang) fn is_lone_star(&self) -> bool {
        self.0 == [Piece::Star]
    }

    /// Whether there is neither text nor star.
    pub(in crate::lang) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, where there is no star.
    pub(in crate::lang) fn as_text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            [Piece::Star] | [_, _, ..] => None,
        }
    }

    /// The text with stars as asterisks.
    pub(in crate::lang) fn starred(&self) -> String {
        self.0.iter().map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "*" }).collect()
    }

    /// The pattern of all texts that this covers.
    pub(in crate::lang) fn pattern(&self) -> Pattern {
        Pattern::new(self.0.iter().map(|piece| match piece {
            Piece::Text(text) => Part::Text(text.clone()),
            Piece::Star => Part::Any,
        }))
    }

    /// The same without these characters at both ends; stars stay.
    pub(in crate::lang) fn trimmed(mut self, blank: fn(char) -> bool) -> Self {
        if let Some(Piece::Text(text)) = self.0.first_mut() {
            *text = text.trim_start_matches(blank).to_owned();
        }
        if let Some(Piece::Text(text)) = self.0.last_mut() {
            text.truncate(text.trim_end_matches(blank).len());
        }
        self.0.retain(|piece| *piece != Piece::Text(String::new()));
        self
    }

    /// The parts between these characters, none of them empty.
    pub(in crate::lang) fn split(&self, separates: fn(char) -> bool) -> Vec<Self> {
        let mut words = vec![Self::default()];
        for piece in &self.0 {
            let Piece::Text(text) = piece else {
                if let Some(word) = words.last_mut() {
                    word.push_star();
                }
                continue;
            };
            for c in text.chars() {
                match words.last_mut() {
                    Some(word) if !separates(c) => word.push(c),
                    Some(_) | None => words.push(Self::default()),
                }
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}
