//! The checks that make a [`Target`] of a descriptor.
//!
//! Every error has a place where the text that is wrong can be found in the descriptor. Deliberately absent: the shape of
//! descriptors, which `serde` checks.

use super::{BuiltinStorage, Chain, Format, Key, Limits, Logic, Raw, RawChain, RawLogic, RawStage, RawStorage, Stage, Windows, place_of};
use crate::backend::Target;
use crate::backend::form::{Form, FormError, Holes, RawWay, Strength, Vocabulary, Way};
use crate::backend::literal::Literal;
use crate::backend::rewrite::Rewrite;
use crate::backend::wrap::Envelopes;
use crate::diag::{Code, Diagnostic};
use crate::source::{Place, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Checks one descriptor.
pub(super) struct Checker<'d> {
    pub(super) source: &'d Source,
    pub(super) lookup: &'d dyn Fn(&str) -> Option<String>,
}

impl Checker<'_> {
    pub(super) fn target(&self, raw: Raw) -> Result<Target, Diagnostic> {
        let named = |(name, raw): (String, RawStorage)| BuiltinStorage { name, about: raw.about.clone(), storage: raw.into() };
        let storages: Vec<BuiltinStorage> = raw.storages.0.into_iter().map(named).collect();
        if storages.is_empty() {
            return Err(self.missing("`storages`"));
        }
        let stages: Vec<Stage> = raw.stages.0.into_iter().map(|(_, stage)| self.stage(stage)).collect::<Result<_, _>>()?;
        // What a template writes stands beside the first stage's condition.
        let stage = stages.first().ok_or_else(|| self.missing("`stages`"))?;
        let envelopes = self.envelopes(&raw.formats.0, stage)?;
        Ok(Target {
            name: raw.name.ok_or_else(|| self.missing("`name`"))?,
            about: raw.about.ok_or_else(|| self.missing("`about`"))?,
            language: raw.language.ok_or_else(|| self.missing("`language`"))?,
            evidence: raw.evidence.ok_or_else(|| self.missing("`evidence`"))?,
            engine: raw.engine,
            comment: raw.comment,
            formats: raw.formats.0,
            options: raw.options.0,
            storages,
            correlations: raw.correlations.map(|windows| self.windows(windows)).transpose()?,
            stages,
            envelopes,
        })
    }

    /// What is said of windows, once it is certain that its texts have their holes.
    fn windows(&self, windows: Windows) -> Result<Windows, Diagnostic> {
        let checked = windows.shown.with("time", "");
        let failed = |message| self.at(FormError { needle: windows.shown.source.clone(), message });
        checked.map_err(failed)?;
        Ok(windows)
    }

    fn missing(&self, key: &str) -> Diagnostic {
        Diagnostic::error(Code::InvalidDescriptor, Place::NOWHERE, format!("`{}` lacks {key}", self.source.name))
    }

    fn at(&self, error: FormError) -> Diagnostic {
        Diagnostic::error(Code::InvalidDescriptor, place_of(self.source, &error.needle), error.message)
    }

    fn envelopes(&self, formats: &[(String, Format)], stage: &Stage) -> Result<Envelopes, Diagnostic> {
        let mut envelopes = Envelopes::new(stage.field.clone(), stage.text.clone());
        for (name, format) in formats {
            let failed = |message: String| Diagnostic::error(Code::InvalidDescriptor, place_of(self.source, &format.template), message);
            let text = (self.lookup)(&format.template).ok_or_else(|| failed(format!("no template `{}`", format.template)))?;
            envelopes.add(name, &text).map_err(|error| failed(format!("template `{}`: {error}", format.template)))?;
            if let Some(document) = &format.document {
                let failed = |message: String| Diagnostic::error(Code::InvalidDescriptor, place_of(self.source, document), message);
                let text = (self.lookup)(document).ok_or_else(|| failed(format!("no template `{document}`")))?;
                envelopes.add_document(name, &text).map_err(|error| failed(format!("template `{document}`: {error}")))?;
            }
        }
        Ok(envelopes)
    }

    fn stage(&self, raw: RawStage) -> Result<Stage, Diagnostic> {
        let binding = raw.binding.filter(|levels| !levels.is_empty()).ok_or_else(|| self.missing("`binding`"))?;
        let literals: BTreeMap<String, Arc<Literal>> =
            raw.literals.0.into_iter().map(|(name, literal)| (name, Arc::new(literal))).collect();
        let vocabulary = Vocabulary { binding: &binding, fragments: &raw.fragments.0, literals: &literals };
        let mut tests = BTreeMap::new();
        for (key, ways) in &raw.tests.0 {
            let way = |raw: &RawWay| {
                let way = vocabulary.way(raw, key.holes(), "test")?;
                if key.compares_letters() { way.with_letters(raw) } else { Ok(way) }
            };
            let checked = ways.iter().map(way).collect::<Result<_, _>>();
            tests.insert(*key, checked.map_err(|error| self.at(error))?);
        }
        self.ends(&tests)?;
        Ok(Stage {
            open: raw.open.unwrap_or_default(),
            limits: raw.limits.unwrap_or(Limits::DEFAULT),
            tightest: Strength(binding.len() - 1),
            field: self.forms(&vocabulary, raw.field, "`field`", Holes::Name)?,
            text: literals.get("text").cloned(),
            logic: self.logic(&vocabulary, raw.logic)?,
            tests,
        })
    }

    /// Makes sure that rewriting ends: expressions become patterns, or patterns expressions.
    fn ends(&self, tests: &BTreeMap<Key, Vec<Way>>) -> Result<(), Diagnostic> {
        let by =
            |key: &Key, rewrite: Rewrite| tests.get(key).into_iter().flatten().any(|way| matches!(way, Way::By(own, _) if *own == rewrite));
        let to_regex = |key: &&Key| !matches!(key, Key::Cidr | Key::Regex) && by(key, Rewrite::Regex);
        if by(&Key::Regex, Rewrite::Patterns) && tests.keys().any(|key| to_regex(&key)) {
            let message = "`by: patterns` of `regex` and `by: regex` of patterns would lead to each other".to_owned();
            return Err(self.at(FormError { needle: "by: patterns".to_owned(), message }));
        }
        Ok(())
    }

    fn logic(&self, vocabulary: &Vocabulary<'_>, raw: RawLogic) -> Result<Logic, Diagnostic> {
        let chain = |raw: Option<RawChain>, key: &str| {
            let raw = raw.ok_or_else(|| self.missing(key))?;
            let strength = |name: &str| vocabulary.strength(name).map_err(|error| self.at(error));
            let binds = strength(&raw.binds)?;
            let operands = raw.operands.as_deref().map_or(Ok(binds), strength)?;
            Ok(Chain { join: raw.join, binds, operands })
        };
        let not = self.forms(vocabulary, raw.not, "`logic.not`", Holes::Operand)?;
        if not.iter().all(|form| form.needs.is_some()) {
            return Err(self.missing("a form of `logic.not` for every condition"));
        }
        Ok(Logic {
            and: chain(raw.and, "`logic.and`")?,
            or: chain(raw.or, "`logic.or`")?,
            not,
            always: raw.always.ok_or_else(|| self.missing("`logic.true`"))?,
            never: raw.never.ok_or_else(|| self.missing("`logic.false`"))?,
        })
    }

    /// A list of texts without rewrites. They bind as tightly as can be unless they say otherwise.
    fn forms(&self, vocabulary: &Vocabulary<'_>, raw: Option<Vec<RawWay>>, key: &str, holes: Holes) -> Result<Vec<Form>, Diagnostic> {
        let default = vocabulary.binding.last().map_or("", String::as_str);
        let raw = raw.ok_or_else(|| self.missing(key))?;
        let form = |way: &RawWay| {
            let say = way.say.as_ref().ok_or_else(|| self.missing(&format!("`say` in {key}")))?;
            vocabulary.form(way, say, holes, default).map_err(|error| self.at(error))
        };
        raw.iter().map(form).collect()
    }
}
