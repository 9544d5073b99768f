//! What a rule says, for people: its coverage, its stages, what it looks for and what it excludes, its queries with
//! their verdicts, and its neighbours in a corpus.
//!
//! Follows `docs/explain.schema.json`; the pages that it renders are those of a rule catalogue. Deliberately absent:
//! reading files, and writing them.

pub mod attack;
pub mod coverage;
pub mod events;
pub mod model;
