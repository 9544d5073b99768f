//! Wrapping: a finished query and what is known of its rule become the artefact that users import, and the
//! artefacts of several rules one document.
//!
//! Templates are minijinja's, strict about undefined names, compiled once. Their filters write a text in an
//! outer language (`outer`), the name of a table or column as the target does (`name`), and a value (`*` is a
//! wildcard) as the target's literal of that name does (`text`). Deliberately absent: anything that belongs to
//! the condition itself; a template knows neither escaping nor precedence.

mod outer;

use super::form::{Form, name};
use super::literal::Literal;
use crate::diag::{Code, Diagnostic};
use crate::ir::Pattern;
use crate::source::Place;
use crate::text::pattern::Part;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context, value::Serde};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// What is known of a rule, for templates: `rule.title`, `rule.id` and so on.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// What templates may speak of.
pub(super) struct Facts<'f> {
    pub(super) query: &'f str,
    pub(super) table: Option<&'f str>,
    /// Every option of the target, with what was chosen for it.
    pub(super) options: BTreeMap<String, Option<String>>,
    pub(super) rule: &'f Metadata,
}

/// The compiled templates of a target, by format.
pub(super) struct Envelopes {
    environment: Environment<'static>,
    /// The formats whose templates may speak of the rule.
    of_rule: BTreeSet<String>,
}

impl fmt::Debug for Envelopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.environment.templates().map(|(name, _)| name)).finish()
    }
}

impl Envelopes {
    /// No templates yet; names are written by these forms, values by this literal.
    pub(super) fn new(names: Vec<Form>, value: Option<Arc<Literal>>) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        outer::register(&mut environment);
        environment.add_filter("name", move |text: String| {
            let written = name(&names, &text);
            written
                .map(|(text, _)| text)
                .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("`{text}` cannot be written as a name")))
        });
        environment.add_filter("text", move |text: String| {
            let pattern = Pattern::new(text.split('*').enumerate().flat_map(|(index, piece)| {
                let wildcard = (index > 0).then_some(Part::Any);
                wildcard.into_iter().chain([Part::Text(piece.to_owned())])
            }));
            let written = value.as_ref().and_then(|literal| literal.write(super::literal::Value::Pattern(&pattern)).ok());
            written
                .map(|token| token.text)
                .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("`{text}` cannot be written as a value")))
        });
        Self { environment, of_rule: BTreeSet::new() }
    }

    /// Compiles the template of a format.
    pub(super) fn add(&mut self, format: &str, text: &str) -> Result<(), String> {
        if text.contains("rule") {
            self.of_rule.insert(format.to_owned());
        }
        self.environment.add_template_owned(format.to_owned(), text.to_owned()).map_err(|error| error.to_string())
    }

    /// Compiles the template of a format's documents.
    pub(super) fn add_document(&mut self, format: &str, text: &str) -> Result<(), String> {
        self.add(&document_of(format), text)
    }

    /// Whether the template of a format may speak of the rule.
    pub(super) fn speaks_of_rule(&self, format: &str) -> bool {
        self.of_rule.contains(format)
    }

    /// The query in its envelope.
    ///
    /// # Errors
    /// `refused_literal` where the format cannot hold the query; what is wrong with the template.
    pub(super) fn wrap(&self, format: &str, facts: Facts<'_>) -> Result<String, Diagnostic> {
        let Facts { query, table, options, rule } = facts;
        let context = context! { query, table, options, rule => Value::from(Serde(rule)) };
        self.render(format, format, context)
    }

    /// The document that the texts of several rules make.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(super) fn document(&self, format: &str, texts: &[&str]) -> Result<String, Diagnostic> {
        self.render(format, &document_of(format), context! { texts => Value::from(Serde(texts)) })
    }

    fn render(&self, format: &str, template: &str, context: Value) -> Result<String, Diagnostic> {
        let rendered = self.environment.get_template(template).and_then(|template| template.render(context));
        rendered.map_err(|error| match (error.kind(), error.detail()) {
            (ErrorKind::BadSerialization, Some(why)) => Diagnostic::error(Code::RefusedLiteral, Place::NOWHERE, why)
                .help(format!("the format `{format}` cannot hold this query: choose another with `-f`")),
            _ => Diagnostic::error(Code::InvalidDescriptor, Place::NOWHERE, format!("format `{format}`: {error}")),
        })
    }
}

/// The name of the template of a format's documents. No format has this name.
fn document_of(format: &str) -> String {
    format!("{format}/document")
}
