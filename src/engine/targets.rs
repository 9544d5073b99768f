//! What the engine offers and what is asked of it: targets, formats, options, and jobs made of them.

use crate::backend::{self, Comment, Direction, Evidence, Settings};
use crate::diag::{Code, Diagnostic, quote};
use crate::lang::envelope::Envelope;
use crate::lang::{self, Reader, Reading};
use crate::source::{Place, Source};
use crate::storage::{Name, Storage};
use crate::text::similar::nearest;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// A query language, or a product that speaks it, as the listing shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// The name that `-t` takes.
    pub name: String,
    /// One line on what it is.
    pub description: String,
    /// What queries can be wrapped in; the first is the default.
    pub formats: Vec<Format>,
    /// What `-O` takes.
    pub options: Vec<Choice>,
    /// The built-in storages that `--schema` takes by name.
    pub schemas: Vec<Choice>,
    /// What the semantics of the target rests on.
    pub evidence: Evidence,
    /// The engine and its version whose verdicts were recorded, where some were.
    #[serde(skip)]
    pub engine: Option<String>,
    /// How the language writes a comment, where it has any.
    pub comment: Option<Comment>,
}

/// What queries are wrapped in.
#[derive(Debug, Clone, Serialize)]
pub struct Format {
    /// The name that `-f` takes.
    pub name: String,
    /// One line on what it is for.
    pub description: String,
    /// The extension of its files, without a period.
    pub extension: String,
    /// How the texts of several queries stand together.
    pub layout: Layout,
}

/// How the texts of several queries stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Bare queries: whoever shows several of them says which is which.
    Plain,
    /// One document that the target imports: [`Job::document`] makes it.
    Document,
}

/// Something that a user can name, with what it does.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// The name.
    pub name: String,
    /// One line on what it does.
    pub description: String,
}

/// All targets, sorted by name.
pub fn targets() -> &'static [Target] {
    static LISTING: LazyLock<Vec<Target>> = LazyLock::new(|| {
        let mut listing: Vec<Target> =
            backend::builtin_names().filter_map(backend::builtin).flatten().map(|target| describe(&target)).collect();
        listing.sort_by(|a, b| a.name.cmp(&b.name));
        listing
    });
    &LISTING
}

fn describe(target: &backend::Target) -> Target {
    let format = |(name, format): &(String, backend::Format)| Format {
        name: name.clone(),
        description: format.about.clone(),
        extension: format.extension.clone(),
        layout: layout(format),
    };
    Target {
        name: target.name.clone(),
        description: target.about.clone(),
        formats: target.formats.iter().map(format).collect(),
        options: target.options.iter().map(|(name, option)| Choice { name: name.clone(), description: option.about.clone() }).collect(),
        schemas: target.storages.iter().map(|own| Choice { name: own.name.clone(), description: own.about.clone() }).collect(),
        evidence: target.evidence,
        engine: target.engine.clone(),
        comment: target.comment.clone(),
    }
}

/// Bare queries say nothing of their rule; what wraps them is made to stand in a document.
fn layout(format: &backend::Format) -> Layout {
    if format.envelope == backend::Envelope::default() { Layout::Plain } else { Layout::Document }
}

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    targets().iter().find(|target| target.name == name)
}

/// The target of a name.
///
/// # Errors
/// `invalid_argument`, with the target that was perhaps meant.
pub fn find_target(name: &str) -> Result<&'static Target, Diagnostic> {
    target(name).ok_or_else(|| unknown("target", name, names(targets(), |target| &target.name)))
}

/// Which description of the storage a job uses.
#[derive(Debug, Clone, Default)]
pub enum Schema {
    /// The target's own.
    #[default]
    Default,
    /// A built-in one of the target, by name.
    Named(String),
    /// The user's own, as [`schema`] reads it.
    Given(Storage),
}

/// What a user asks for, in names.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The name of the target.
    pub target: String,
    /// The name of the format; the target's first where there is none.
    pub format: Option<String>,
    /// How the target stores events.
    pub schema: Schema,
    /// Options of the target.
    pub options: BTreeMap<String, String>,
    /// Names of assumptions that no query may need.
    pub denied: Vec<String>,
    /// In which directions queries may differ from their rules where the target cannot say them exactly.
    pub allowed: Vec<Direction>,
}

/// What is wanted of which target: a [`Request`] of which every name exists.
#[derive(Debug, Clone)]
pub struct Job {
    /// The target.
    pub target: Target,
    /// What queries are wrapped in.
    pub format: Format,
    /// How the target stores events.
    pub storage: Storage,
    pub(super) backend: Arc<backend::Target>,
    pub(super) settings: Settings,
    pub(super) reader: Reader,
    envelope: Envelope,
    /// Whose the table of the storage is: queries from elsewhere may name another than the default.
    any_table: bool,
}

impl Job {
    /// The job that a request asks for.
    ///
    /// # Errors
    /// `invalid_argument` for each name that does not exist, with the one that was perhaps meant.
    pub fn new(request: Request) -> Result<Self, Vec<Diagnostic>> {
        let target = find_target(&request.target).map_err(|error| vec![error])?;
        let backend = backend::builtin(&target.name).unwrap_or_else(|| Err(Vec::new()))?;
        Self::on(backend, request)
    }

    /// The job that a request asks for on a target that somebody loaded, whatever the request calls it.
    ///
    /// # Errors
    /// As for [`Job::new`].
    pub fn on(backend: Arc<backend::Target>, request: Request) -> Result<Self, Vec<Diagnostic>> {
        let target = describe(&backend);
        let mut errors = Vec::new();
        let format = find_format(&target, request.format.as_deref()).map_err(|error| errors.push(error)).ok();
        for option in request.options.keys().filter(|option| target.options.iter().all(|known| known.name != **option)) {
            errors.push(unknown("option", option, names(&target.options, |option| &option.name)));
        }
        let denied = find_assumptions(&request.denied, &mut errors);
        let schema = chosen_schema(&backend, request.schema).map_err(|error| errors.push(error)).ok().flatten();
        let (Some(format), true) = (format, errors.is_empty()) else { return Err(errors) };
        let settings = Settings { format: Some(format.name.clone()), options: request.options, denied, allowed: request.allowed };
        let storage = backend.storage(schema.as_ref(), &settings).map_err(|error| vec![error])?;
        let reader = reader(&backend).map_err(|error| vec![error])?;
        let any_table = schema.is_none() && storage.table == backend.default_storage().map_err(|error| vec![error])?.table;
        let envelope = envelope(&backend, &format.name).map_err(|error| vec![error])?;
        Ok(Self { target, format, storage, backend, settings, reader, envelope, any_table })
    }

    /// The document that the texts of several queries make, in this job's format.
    ///
    /// # Errors
    /// `invalid_argument` where two of them have the same name, of which the target would keep one.
    pub fn document(&self, texts: &[&str]) -> Result<String, Diagnostic> {
        let mut names = BTreeSet::new();
        for text in texts {
            let twice = self.envelope.identity(text)?.and_then(|name| names.replace(name));
            if let Some(name) = twice {
                let message = format!("two queries of one document would have the name {}", quote(&name));
                return Err(Diagnostic::error(Code::InvalidArgument, Place::NOWHERE, message)
                    .help("give the rules ids that differ, or write a file for each of them"));
            }
        }
        self.backend.document(&self.format.name, texts)
    }

    /// The query in the artefact that we wrote for one rule.
    pub(super) fn query(&self, artefact: &str) -> Result<String, Diagnostic> {
        self.envelope.query(artefact).map(Cow::into_owned)
    }

    /// Reads the artefact that we wrote for one rule, on this storage.
    pub(super) fn read(&self, artefact: &str, storage: &Storage) -> Result<Reading, Diagnostic> {
        self.reader.read(&self.envelope.query(artefact)?, storage)
    }

    /// The storage of which queries from elsewhere may name another table.
    pub(super) fn foreign_storage(&self, storage: &Storage) -> Storage {
        Storage { table: storage.table.clone().filter(|_| !self.any_table), ..storage.clone() }
    }

    /// Reads a query from elsewhere, which may name any table where nobody said which there is.
    pub(super) fn read_foreign(&self, query: &Source, storage: &Storage) -> Result<Reading, Diagnostic> {
        self.reader.read(&query.text, &self.foreign_storage(storage))
    }
}

fn find_format(target: &Target, name: Option<&str>) -> Result<Format, Diagnostic> {
    let format = name.map_or_else(|| target.formats.first(), |name| target.formats.iter().find(|format| format.name == name));
    format.cloned().ok_or_else(|| unknown("format", name.unwrap_or_default(), names(&target.formats, |format| &format.name)))
}

fn find_assumptions(denied: &[String], errors: &mut Vec<Diagnostic>) -> Vec<Name> {
    let mut found = Vec::new();
    for name in denied {
        match Name::find(name) {
            Some(assumption) => found.push(assumption),
            None => errors.push(unknown("assumption", name, Name::ALL.iter().map(|known| known.name()).collect())),
        }
    }
    found
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> Vec<&str> {
    items.iter().map(|item| name(item).as_str()).collect()
}

/// The storage that the user chose; `None` for the target's own.
fn chosen_schema(target: &backend::Target, schema: Schema) -> Result<Option<Storage>, Diagnostic> {
    match schema {
        Schema::Default => Ok(None),
        Schema::Given(storage) => Ok(Some(storage)),
        Schema::Named(name) => {
            let known = target.storages.iter().find(|own| own.name == name);
            known.map(|own| Some(own.storage.clone())).ok_or_else(|| unknown("schema", &name, names(&target.storages, |own| &own.name)))
        }
    }
}

/// The storage that a schema file describes, in the form that the target's own tools export.
///
/// # Errors
/// `invalid_schema`, at its place.
pub fn schema(target: &Target, text: &Source) -> Result<Storage, Diagnostic> {
    let backend = backend::builtin(&target.name).and_then(Result::ok);
    let backend = backend.ok_or_else(|| unknown("target", &target.name, names(targets(), |target| &target.name)))?;
    reader(&backend)?.schema(&text.text)
}

fn envelope(backend: &backend::Target, format: &str) -> Result<Envelope, Diagnostic> {
    let described = backend.formats.iter().find(|(name, _)| name == format).map(|(_, format)| &format.envelope);
    let found = described.and_then(|described| lang::envelope::envelope(&described.kind, &described.path, described.identity.as_deref()));
    found.ok_or_else(|| {
        Diagnostic::error(Code::InvalidDescriptor, Place::NOWHERE, format!("nothing takes a query out of the format `{format}`"))
    })
}

fn reader(backend: &backend::Target) -> Result<Reader, Diagnostic> {
    let language = &backend.language;
    let found = lang::reader(&language.name, language.dialect.as_deref());
    found.ok_or_else(|| {
        Diagnostic::error(Code::InvalidDescriptor, Place::NOWHERE, format!("there is no reader for the language of `{}`", backend.name))
    })
}

fn unknown(what: &str, name: &str, known: Vec<&str>) -> Diagnostic {
    let error = Diagnostic::error(Code::InvalidArgument, Place::NOWHERE, format!("there is no {what} {}", quote(name)));
    match nearest(name, known.iter().copied()) {
        Some(meant) => error.help(format!("did you mean `{meant}`?")),
        None if known.is_empty() => error.help(format!("there is no {what} to choose from")),
        None => error.help(format!("choose from: {}", known.join(", "))),
    }
}
