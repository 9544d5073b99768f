//! The values of placeholders.
//!
//! Follows sigma.md §9. Deliberately absent: reading files.

use crate::diag::Diagnostic;
use crate::source::Source;

/// The values of placeholders by name.
#[derive(Debug, Clone, Default)]
pub struct Variables;

impl Variables {
    /// Reads a file of variables.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(_: &Source) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self)
    }
}
