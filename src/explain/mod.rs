//! What a rule says, for people: its coverage, its stages, what it looks for and what it excludes, its queries with
//! their verdicts, and its neighbours in a corpus.
//!
//! Follows `docs/explain.schema.json`; the pages that it renders are those of a rule catalogue. Deliberately absent:
//! reading files, and writing them.

mod body;
mod examples;
mod header;
pub mod model;
mod queries;
pub mod render;

use crate::engine::Job;
use crate::rule::Rule;
use crate::source::Source;
use model::{Attack, Events, Exclusions, Explanation, Neighbours, SCHEMA};

/// What is to be explained.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    /// The rule, with the filters that were applied to it.
    pub rule: &'s Rule,
    /// The file that it stands in; its name is what the explanation calls its source.
    pub source: &'s Source,
    /// The licence of the rule set, for rules that name none.
    pub license: Option<&'s str>,
    /// Why a rule whose placeholders were kept as written has no query: a sentence for each value, without period.
    pub unresolved: &'s [String],
}

impl<'s> Subject<'s> {
    /// A rule in a file, all of whose placeholders have values, of a rule set whose licence is not known.
    pub fn new(rule: &'s Rule, source: &'s Source) -> Self {
        Self { rule, source, license: None, unresolved: &[] }
    }
}

/// Everything that is said about a rule, in a corpus of others where there is one, with its queries for these jobs.
pub fn explain(subject: &Subject<'_>, jobs: &[Job]) -> Explanation {
    Explanation {
        schema: SCHEMA,
        rule: header::header(subject),
        attack: Attack::default(),
        events: Events::default(),
        stages: Vec::new(),
        exclusions: Exclusions::default(),
        indicators: Vec::new(),
        queries: queries::queries(subject, jobs),
        examples: examples::examples(subject),
        neighbours: Neighbours::default(),
        body: body::body(subject.source, subject.rule.place),
    }
}
