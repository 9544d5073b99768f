//! Backends: meaning becomes text. A target is data, with named algorithms.
//!
//! `descriptor` checks a target's YAML; `legalize` rewrites a formula into what the target can say; `emit`
//! prints it; `wrap` puts the query into its envelope. Nothing but the last two returns query text. Every
//! query is exact on the records within the assumptions that come with it, or the formula is refused.
//! Deliberately absent: reading queries back (`lang`, which shares no code with this module), and any
//! target's name outside the registry of embedded files below.

mod choose;
mod correlation;
mod cover;
mod descriptor;
mod emit;
mod entries;
mod form;
mod legalize;
mod literal;
mod refuse;
mod regex;
mod rewrite;
mod stage;
mod weaken;
mod wrap;

pub use correlation::WrittenCorrelation;
pub use descriptor::{BuiltinStorage, Comment, Envelope, Evidence, Format, Language, TargetOption};
use wrap::Facts;
pub use wrap::Metadata;

use crate::diag::{Code, Diagnostic};
use crate::ir::Expr;
use crate::source::{Place, Source};
use crate::storage::{Assumption, Name, Storage, Unbound};
use crate::text::fold::Case;
use choose::Chooser;
use descriptor::{Setting, Stage, Windows};
use emit::{Emitter, Stands};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The embedded files, by the paths under which descriptors name them.
const FILES: &[(&str, &str)] = &[
    ("kql.yaml", include_str!("../../backends/kql.yaml")),
    ("kql/default.j2", include_str!("../../templates/kql/default.j2")),
    ("kql/kibana_ndjson.j2", include_str!("../../templates/kql/kibana_ndjson.j2")),
    ("kql/siem_rule_ndjson.j2", include_str!("../../templates/kql/siem_rule_ndjson.j2")),
    ("sql.yaml", include_str!("../../backends/sql.yaml")),
    ("splunk.yaml", include_str!("../../backends/splunk.yaml")),
    ("sqlite.yaml", include_str!("../../backends/sqlite.yaml")),
    ("splunk/default.j2", include_str!("../../templates/splunk/default.j2")),
    ("splunk/savedsearches.j2", include_str!("../../templates/splunk/savedsearches.j2")),
    ("splunk/savedsearches_document.j2", include_str!("../../templates/splunk/savedsearches_document.j2")),
    ("sql/default.j2", include_str!("../../templates/sql/default.j2")),
];

/// The targets among the embedded files, compiled once.
static TARGETS: [(&str, OnceLock<Built>); 3] = [("kql", OnceLock::new()), ("splunk", OnceLock::new()), ("sqlite", OnceLock::new())];

/// A built-in target, or what is wrong with its descriptor.
type Built = Result<Arc<Target>, Vec<Diagnostic>>;

/// The embedded file of this path: a descriptor (`sql.yaml`) or a template (`sql/default.j2`).
pub fn embedded(path: &str) -> Option<String> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
}

/// The names of the built-in targets.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().map(|(name, _)| *name)
}

/// The built-in target of this name. `Some(Err(_))` only where an embedded descriptor has an error.
pub fn builtin(name: &str) -> Option<Built> {
    let (_, cell) = TARGETS.iter().find(|(known, _)| *known == name)?;
    let built = cell.get_or_init(|| {
        let file = format!("{name}.yaml");
        let text = embedded(&file).unwrap_or_default();
        Target::load(&Source::new(&file, &text), &embedded).map(Arc::new)
    });
    Some(built.clone())
}

/// A checked target.
#[derive(Debug)]
pub struct Target {
    /// Its name, as in `-t NAME`.
    pub name: String,
    /// What it is, for people.
    pub about: String,
    /// The language of its queries.
    pub language: Language,
    /// What is known of its semantics.
    pub evidence: Evidence,
    /// The engine and its version whose verdicts were recorded, where some were.
    pub engine: Option<String>,
    /// How its language writes a comment, where it has any.
    pub comment: Option<Comment>,
    /// Its output formats, by name, the default first.
    pub formats: Vec<(String, Format)>,
    /// Its options, by name.
    pub options: Vec<(String, TargetOption)>,
    /// How it may hold events, the default first; never empty.
    pub storages: Vec<BuiltinStorage>,
    correlations: Option<Windows>,
    stages: Vec<Stage>,
    envelopes: wrap::Envelopes,
}

/// What a user chose for a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The output format; the target's first where none was chosen.
    pub format: Option<String>,
    /// Options of the target: `-O KEY=VALUE`.
    pub options: BTreeMap<String, String>,
    /// Assumptions that must not be made.
    pub denied: Vec<Name>,
    /// In which directions a query may differ from its rule where the target cannot say it exactly.
    pub allowed: Vec<Direction>,
}

/// In which direction a query differs from its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It matches every event that the rule matches, and more.
    Over,
    /// It matches no event that the rule does not match, and fewer.
    Under,
}

impl Direction {
    /// The direction under a negation.
    fn opposite(self) -> Self {
        match self {
            Self::Over => Self::Under,
            Self::Under => Self::Over,
        }
    }
}

/// What makes a query differ from its rule on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approximation {
    /// In which direction.
    pub direction: Direction,
    /// For each test that the target cannot say: why, and by what it was replaced.
    pub because: Vec<Diagnostic>,
}

/// A written query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The query alone.
    pub query: String,
    /// The whole text, in its envelope.
    pub text: String,
    /// The formula that the text says: what was asked for, rewritten into what the target can say. Names of
    /// fields are spelled as in the rule.
    pub legal: Expr,
    /// What must hold of the events for the text to mean what was asked for.
    pub assumptions: Vec<Assumption>,
    /// How the text differs from what was asked for, where it does so by permission.
    pub approximation: Option<Approximation>,
}

impl Target {
    /// The target that a descriptor describes. What it names (`sql.yaml` to extend, templates such as
    /// `sql/default.j2`) comes from `lookup`; [`embedded`] knows the built-in ones.
    ///
    /// # Errors
    /// What is wrong, with places in the descriptor.
    pub fn load(source: &Source, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Diagnostic>> {
        descriptor::load(source, lookup)
    }

    /// The storage of a run: the schema's or the target's own, as the options change it.
    ///
    /// # Errors
    /// An option that the target does not have.
    pub fn storage(&self, schema: Option<&Storage>, settings: &Settings) -> Result<Storage, Diagnostic> {
        let default = self.default_storage()?;
        let mut storage = schema.unwrap_or(default).clone();
        if storage.table.is_none() {
            storage.table.clone_from(&default.table);
        }
        let mut options = Vec::new();
        for (key, value) in &settings.options {
            let known = self.options.iter().find(|(name, _)| name == key);
            let (_, option) = known.ok_or_else(|| self.unknown("option", key, self.options.iter().map(|(name, _)| name)))?;
            options.push((option.sets, key, value));
        }
        // What a search folds depends on what it knows.
        options.sort_by_key(|(sets, ..)| *sets);
        for (sets, key, value) in options {
            match sets {
                Setting::Table => storage.table = Some(value.clone()),
                Setting::Keywords => storage.raw = Some(value.clone()),
                Setting::Caseless if value == "true" => storage.fold_keywords(),
                Setting::Caseless if value == "false" => {}
                Setting::Caseless => {
                    let message = format!("the option `{key}` is `true` or `false`, not `{value}`");
                    return Err(Diagnostic::error(Code::InvalidArgument, Place::NOWHERE, message));
                }
                Setting::View => storage.view(&value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<_>>()),
                Setting::Timestamp | Setting::Template | Setting::Beside => {}
            }
        }
        Ok(storage)
    }

    /// How the target holds events unless a schema says otherwise.
    ///
    /// # Errors
    /// Never for a target that was loaded: loading makes sure that there is one.
    pub fn default_storage(&self) -> Result<&Storage, Diagnostic> {
        self.storages.first().map(|storage| &storage.storage).ok_or_else(|| refuse::incomplete(&self.name, "storages"))
    }

    fn unknown<'n>(&self, what: &str, name: &str, known: impl Iterator<Item = &'n String>) -> Diagnostic {
        let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
        let message = format!("`{}` has no {what} `{name}`", self.name);
        Diagnostic::error(Code::UnknownOption, Place::NOWHERE, message).help(format!("it has {}", known.join(", ")))
    }

    /// The formula with keywords replaced by tests on what the storage searches them in, and what that
    /// assumes; every field of it is a column.
    ///
    /// # Errors
    /// What the storage cannot hold.
    pub fn expand(&self, expr: &Expr, storage: &Storage) -> Result<(Expr, Vec<Assumption>), Diagnostic> {
        storage.expand(expr).map_err(|unbound| {
            let refused = refuse::unbound(&self.name, &unbound.why, &unbound.test);
            let is_asked = |(_, option): &(String, TargetOption)| option.sets == Setting::Keywords;
            if unbound.why == Unbound::Keywords && !self.options.iter().any(is_asked) {
                return refused.help("name in the rule the fields in which the words may be");
            }
            refused
        })
    }

    /// Writes a formula (with the rule's own names of fields) as a query on a storage, which is one that
    /// [`Target::storage`] returned.
    ///
    /// # Errors
    /// What the target cannot say, or not without a denied assumption.
    pub fn write(&self, expr: &Expr, storage: &Storage, settings: &Settings, rule: &Metadata) -> Result<Written, Diagnostic> {
        let (expanded, mut assumptions) = self.expand(expr, storage)?;
        if let Some(denied) = assumptions.iter().find(|assumption| settings.denied.contains(&assumption.name)) {
            return Err(refuse::denied(&self.name, denied));
        }
        let choosers: Vec<Chooser<'_>> = self.stages.iter().map(|stage| Chooser { stage, storage, denied: &settings.denied }).collect();
        let plan = stage::plan(&self.name, &choosers, &settings.allowed, &expanded).map_err(|refusal| self.refused(&refusal))?;
        assumptions.extend(plan.assumptions);
        let condition = self.condition(&choosers, &plan.formulas, settings, &mut assumptions)?;
        let text = self.wrap(&condition, storage, settings, rule)?;
        let legal = Expr::and(plan.formulas);
        Ok(Written { query: text.clone(), text, legal, assumptions: distinct(assumptions), approximation: plan.approximation })
    }

    /// The formulas of all stages as one text. A later stage that has nothing to say is not written.
    fn condition(
        &self,
        stages: &[Chooser<'_>],
        formulas: &[Expr],
        settings: &Settings,
        assumptions: &mut Vec<Assumption>,
    ) -> Result<String, Diagnostic> {
        let is_chosen = |(name, option): &(String, TargetOption)| option.sets == Setting::Beside && settings.options.contains_key(name);
        let mut stands = if self.options.iter().any(is_chosen) { Stands::Beside } else { Stands::Alone };
        let mut text = String::new();
        for (index, (&chooser, formula)) in stages.iter().zip(formulas).enumerate() {
            if index > 0 {
                if *formula == Expr::True {
                    continue;
                }
                text.push_str(&chooser.stage.open);
            }
            let mut emitter = Emitter { target: &self.name, chooser, assumptions: std::mem::take(assumptions) };
            text.push_str(&emitter.condition(formula, stands)?);
            *assumptions = emitter.assumptions;
            stands = Stands::Alone;
        }
        Ok(text)
    }

    /// A refusal; where letters would have to be as the rule writes them, with the storage in which they need not.
    fn refused(&self, refusal: &refuse::Refusal) -> Diagnostic {
        let ignores_case = |own: &&BuiltinStorage| own.storage.columns.others.is_some_and(|kind| kind.compares != Case::Sensitive);
        let diagnostic = refusal.diagnostic(&self.name);
        match (&refusal.why, self.storages.iter().find(ignores_case)) {
            (choose::Why::Denied(name @ Name::CaseAsLogged), Some(own)) => {
                diagnostic.help(format!("leave out `--deny {}`, or take `--schema {}` ({})", name.name(), own.name, own.about))
            }
            _ => diagnostic,
        }
    }

    fn wrap(&self, condition: &str, storage: &Storage, settings: &Settings, rule: &Metadata) -> Result<String, Diagnostic> {
        let names = || self.formats.iter().map(|(name, _)| name);
        let format = settings.format.as_ref().or_else(|| names().next()).map_or("", String::as_str);
        if !names().any(|name| name == format) {
            return Err(self.unknown("format", format, names()));
        }
        let chosen = |(name, _): &(String, TargetOption)| (name.clone(), settings.options.get(name).cloned());
        let options = self.options.iter().map(chosen).collect();
        self.envelopes.wrap(format, Facts { query: condition, table: storage.table.as_deref(), options, rule })
    }

    /// Whether a format says anything about rules: where it does not, [`Target::write`] needs no metadata.
    pub fn speaks_of_rule(&self, format: &str) -> bool {
        self.envelopes.speaks_of_rule(format)
    }

    /// The document that texts in a format of this target make: by the format's own template, or one after the
    /// other, each on lines of its own.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn document(&self, format: &str, texts: &[&str]) -> Result<String, Diagnostic> {
        match self.formats.iter().find(|(name, _)| name == format).and_then(|(_, format)| format.document.as_ref()) {
            Some(_) => self.envelopes.document(format, texts),
            None => Ok(texts.iter().map(|text| format!("{}\n", text.strip_suffix('\n').unwrap_or(text))).collect()),
        }
    }
}

/// The assumptions without repetitions, in order. The same assumption for two reasons is one; a field that
/// holds canonical addresses holds no NUL.
fn distinct(mut assumptions: Vec<Assumption>) -> Vec<Assumption> {
    let of = |name: Name, assumption: &Assumption| (assumption.name == name).then(|| assumption.field.clone());
    let addresses: BTreeSet<_> = assumptions.iter().filter_map(|assumption| of(Name::CanonicalIps, assumption)).collect();
    assumptions.retain(|assumption| of(Name::NoNul, assumption).is_none_or(|field| !addresses.contains(&field)));
    let mut seen = BTreeSet::new();
    let new = |assumption: &Assumption| seen.insert((assumption.name, assumption.field.clone(), assumption.pattern.clone()));
    assumptions.into_iter().filter(new).collect()
}
