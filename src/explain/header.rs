//! What a rule says of itself.
//!
//! Deliberately absent: whether it is true, and how it is written down for people.

use super::Subject;
use super::model::{Header, Logsource};
use crate::rule::{self, Level, Status};

/// The attributes of a rule. Its licence is its own, or that of the rule set where one is known.
pub(super) fn header(subject: &Subject<'_>) -> Header {
    let known = &subject.rule.metadata;
    Header {
        id: known.id.clone(),
        title: known.title.clone(),
        description: known.description.clone(),
        level: known.level.map(Level::name),
        status: known.status.map(Status::name),
        author: known.author.clone(),
        date: known.date.clone(),
        modified: known.modified.clone(),
        logsource: logsource(&subject.rule.logsource),
        source: subject.source.name.to_string(),
        license: known.license.clone().or_else(|| subject.license.map(str::to_owned)),
        references: known.references.clone(),
        tags: known.tags.clone(),
        falsepositives: known.falsepositives.clone(),
    }
}

fn logsource(logsource: &rule::Logsource) -> Logsource {
    let rule::Logsource { category, product, service, definition } = logsource.clone();
    Logsource { product, category, service, definition }
}
