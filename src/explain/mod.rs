//! What a rule says, for people: its coverage, its stages, what it looks for and what it excludes, its queries with
//! their verdicts, and its neighbours in a corpus.
//!
//! Follows `docs/explain.schema.json`; the pages that it renders are those of a rule catalogue. Deliberately absent:
//! reading files, and writing them.

pub mod attack;
mod body;
pub mod corpus;
pub mod coverage;
mod dead;
pub mod events;
mod examples;
pub mod exclusions;
mod formula;
mod header;
pub mod indicators;
pub mod logic;
pub mod model;
mod neighbours;
pub(crate) mod predicates;
mod queries;
mod references;
mod refute;
pub mod render;
pub mod samples;
mod sides;
mod slice;
pub mod stages;
pub mod texts;

use crate::engine::Job;
use crate::facts::attack::Attack;
use crate::rule::Rule;
use crate::source::Source;
use corpus::{Corpus, Entry};
use model::{Exclusions, Explanation, Neighbours, SCHEMA};
use samples::Recorded;
use texts::Texts;

/// What is to be explained.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    /// The rule, with the filters that were applied to it.
    pub rule: &'s Rule,
    /// The file that it stands in; its name is what the explanation calls its source.
    pub source: &'s Source,
    /// That file, and those of the filters.
    pub texts: &'s Texts,
    /// The licence of the rule set, for rules that name none.
    pub license: Option<&'s str>,
    /// Other rules of its file: without a corpus, those that it names or that name it are looked up here.
    pub beside: &'s [Entry],
    /// Why a rule whose placeholders were kept as written has no query: a sentence for each value, without period.
    pub unresolved: &'s [String],
    /// The table of ATT&CK that its tags are looked up in.
    pub attack: &'s Attack,
    /// The samples that its rule set keeps for it.
    pub samples: &'s [Recorded],
}

impl<'s> Subject<'s> {
    /// A rule in a file, all of whose placeholders have values, of a rule set whose licence is not known,
    /// without samples, looked up in the table of ATT&CK that the program brings along.
    pub fn new(rule: &'s Rule, source: &'s Source, texts: &'s Texts) -> Self {
        Self { rule, source, texts, license: None, beside: &[], unresolved: &[], attack: Attack::built_in(), samples: &[] }
    }
}

/// Everything that is said about a rule, in a corpus of others where there is one, with its queries for these jobs.
pub fn explain(subject: &Subject<'_>, corpus: Option<&Corpus>, jobs: &[Job]) -> Explanation {
    let Subject { rule, source, texts, .. } = *subject;
    let neighbours = match corpus {
        Some(corpus) => corpus.neighbours(rule, &source.name),
        None => beside(subject),
    };
    let stages = stages::stages(rule, texts);
    let body = body::body(source, rule.place);
    Explanation {
        schema: SCHEMA,
        rule: header::header(subject),
        attack: attack::attack(&rule.metadata.tags, subject.attack),
        events: events::events(rule),
        logic: logic::logic(rule, &stages, &body),
        stages,
        exclusions: suppressed(subject, corpus),
        indicators: indicators::indicators(rule, corpus, &source.name),
        queries: queries::queries(subject, jobs),
        examples: examples::examples(subject),
        neighbours,
        samples: samples::samples(subject, jobs),
        body,
    }
}

/// Without a corpus, only relations are known, and the rules of the same file.
fn beside(subject: &Subject<'_>) -> Neighbours {
    let Neighbours { related, names_itself, .. } = Corpus::new(subject.beside.to_vec()).neighbours(subject.rule, &subject.source.name);
    Neighbours { related, names_itself, ..Neighbours::default() }
}

/// What the rule suppresses, and which of its filters suppress nothing; of a rule whose placeholders have no values
/// nobody knows.
fn suppressed(subject: &Subject<'_>, corpus: Option<&Corpus>) -> Exclusions {
    let exclusions = exclusions::exclusions(subject.rule, corpus, &subject.source.name);
    let is_known = subject.unresolved.is_empty() && !exclusions.rows.is_empty();
    Exclusions { dead: if is_known { dead::filters(subject.rule) } else { Vec::new() }, ..exclusions }
}
