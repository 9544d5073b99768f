//! Queries as files: each can be saved without a script.
//!
//! A host takes some twenty thousand files, and a large rule set with a file for each query would have more. So a short
//! query stands in its link, as a `data:` URL (RFC 2397), and only a long one in a file beside the page.

use super::names::{self, in_url, slug};
use super::rule::{Extra, Scope};
use crate::engine;
use crate::explain::model::{Compiled, Explanation};
use minijinja::Value;

/// What the file of a query is called.
#[derive(Debug)]
pub(super) struct Name {
    rule: String,
    suffix: String,
}

impl Name {
    /// The name for a query of a rule: with the number of its condition, where the rule has several.
    pub(super) fn new(explanation: &Explanation, query: &Compiled) -> Self {
        let header = &explanation.rule;
        let format = engine::target(&query.target).and_then(|target| target.formats.first());
        let extension = slug(format.map_or("txt", |format| &format.extension));
        let condition = query.condition.map(|condition| format!("-{}", condition + 1)).unwrap_or_default();
        Self {
            rule: names::of_rule(header.id.as_deref(), &header.source, &header.title, 0),
            suffix: format!("-{}{condition}.{extension}", slug(&query.target)),
        }
    }

    /// What comes after the name of the rule.
    pub(super) fn suffix(&self) -> &str {
        &self.suffix
    }
}

/// The link to a query, with the name under which it is saved.
pub(super) fn link(query: &str, name: &Name, scope: &Scope<'_>, extra: &mut Extra) -> Value {
    let file = format!("{}{}", name.rule, name.suffix);
    if query.len() <= scope.code / 8 {
        return view! { data => format!("data:text/plain;charset=utf-8,{}", in_url(query)), href => (), file };
    }
    let href = scope.path(&name.suffix);
    if query.len() <= scope.code {
        extra.put(scope, &name.suffix, query);
    }
    view! { data => (), href, file }
}
