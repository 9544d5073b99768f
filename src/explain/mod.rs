//! What a rule says, for people: its coverage, its stages, what it looks for and what it excludes, its queries with
//! their verdicts, and its neighbours in a corpus.
//!
//! Follows `docs/explain.schema.json`; the pages that it renders are those of a rule catalogue. Deliberately absent:
//! reading files, and writing them.

pub mod corpus;
pub mod exclusions;
mod formula;
pub mod indicators;
pub mod model;
mod neighbours;
mod predicates;
mod references;
mod sides;
mod slice;
pub mod stages;
pub mod texts;
