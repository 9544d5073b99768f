//! Forms: pieces of the target's syntax with holes, and how tightly they hold together.
//!
//! A text such as `{field} LIKE {like}` is parsed once into parts; filling its holes is one pass over
//! them, so nothing that a hole is filled with is ever looked at again. A form says what it needs of the
//! column, how letters compare in it and what must hold of the events; it never contains a condition.
//! Deliberately absent: which form is taken (`choose`), and the text itself (`emit`).

use super::literal::{Literal, Value};
use super::rewrite::Rewrite;
use crate::ir::Case;
use crate::storage::{ColumnKey, Name};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How tightly a text holds together: its position in the descriptor's list, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Strength(pub(super) usize);

/// A text with holes as it is written: `{name}` or `{name:strength}`, a brace doubled for itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Template {
    pub(super) source: String,
    parts: Vec<TemplatePart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Hole { name: String, strength: Option<String> },
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.next_if_eq(&c).is_some() => text.push(c),
                '{' => {
                    let mut hole = String::new();
                    hole.extend(std::iter::from_fn(|| rest.next_if(|&c| c != '}')));
                    rest.next().ok_or_else(|| format!("`{{{hole}` has no `}}`; `{{{{` is a brace"))?;
                    parts.push(TemplatePart::Text(std::mem::take(&mut text)));
                    parts.push(hole_part(&hole)?);
                }
                '}' => return Err(format!("`}}` without `{{` in `{source}`; `}}}}` is a brace")),
                c => text.push(c),
            }
        }
        parts.push(TemplatePart::Text(text));
        parts.retain(|part| *part != TemplatePart::Text(String::new()));
        Ok(Self { source, parts })
    }
}

impl Template {
    /// The text, with every hole filled.
    ///
    /// # Errors
    /// A hole of another name.
    pub(super) fn with(&self, hole: &str, filling: &str) -> Result<String, String> {
        let part = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => Ok(text.clone()),
            TemplatePart::Hole { name, .. } if name == hole => Ok(filling.to_owned()),
            TemplatePart::Hole { name, .. } => Err(format!("`{{{name}}}` is no hole here")),
        };
        self.parts.iter().map(part).collect()
    }
}

fn hole_part(hole: &str) -> Result<TemplatePart, String> {
    let (name, strength) = hole.split_once(':').map_or((hole, None), |(name, strength)| (name, Some(strength.to_owned())));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(format!("`{{{hole}}}` is no hole"));
    }
    Ok(TemplatePart::Hole { name: name.to_owned(), strength })
}

/// A piece of a checked text.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Text of the target.
    Text(String),
    /// The field, holding together at least so.
    Field(Strength),
    /// The other field of a comparison of two.
    Other(Strength),
    /// Another condition.
    Operand(Strength),
    /// A literal, by its position among those of the form.
    Literal(usize),
}

/// Which holes a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holes {
    /// `{field}` and the literals.
    Field,
    /// `{field}` and `{other}`.
    TwoFields,
    /// `{x}`, another condition.
    Operand,
    /// The literals that write names.
    Name,
}

/// A way to say something, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawWay {
    pub(super) say: Option<Template>,
    pub(super) by: Option<Rewrite>,
    pub(super) many: Option<Template>,
    not: Option<Template>,
    separator: Option<String>,
    binds: Option<String>,
    compares: Option<Compares>,
    #[serde(default, deserialize_with = "names")]
    assumes: Vec<Name>,
    #[serde(default)]
    column: Vec<ColumnKey>,
    collated: Option<Case>,
    #[serde(default)]
    two_valued: bool,
    needs: Option<Need>,
}

fn names<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Name>, D::Error> {
    let written = Vec::<String>::deserialize(deserializer)?;
    let unknown = |name: &String| serde::de::Error::custom(format!("unknown assumption `{name}`"));
    written.iter().map(|name| Name::find(name).ok_or_else(|| unknown(name))).collect()
}

/// How letters compare in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Compares {
    /// As the column does.
    Column,
    /// Only equal characters match.
    Sensitive,
    /// ASCII letters match either case.
    Ascii,
    /// ASCII letters match either case; whether others do is open.
    AsciiAtLeast,
    /// By simple lower case.
    Lower,
    /// By Unicode simple case folding.
    Fold,
}

/// What a form of negation needs of the condition in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Need {
    /// It is true or false for every event.
    TwoValued,
}

/// A checked form.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) say: Vec<Piece>,
    pub(super) many: Option<Vec<Piece>>,
    /// How `many` is written: values of forms that write it alike stand in one list.
    list: String,
    /// The text of its negation, for one value or for all of a list.
    pub(super) not: Option<Vec<Piece>>,
    pub(super) separator: String,
    pub(super) literals: Vec<Arc<Literal>>,
    pub(super) binds: Strength,
    pub(super) compares: Option<Compares>,
    pub(super) assumes: Vec<Name>,
    pub(super) column: Vec<ColumnKey>,
    pub(super) collated: Option<Case>,
    pub(super) two_valued: bool,
    pub(super) needs: Option<Need>,
}

impl Form {
    /// Whether a value that the other form says can stand in the list that this form writes.
    pub(super) fn lists(&self, other: &Self) -> bool {
        let same_literals = || self.literals.iter().map(Arc::as_ptr).eq(other.literals.iter().map(Arc::as_ptr));
        self.many.is_some() && self.list == other.list && self.separator == other.separator && same_literals()
    }
}

/// A name as the first form that can write it does, and how tightly that holds together.
pub(super) fn name(forms: &[Form], name: &str) -> Option<(String, Strength)> {
    forms.iter().find_map(|form| {
        let literals: Vec<String> =
            form.literals.iter().map(|literal| literal.write(Value::Name(name)).ok().map(|token| token.text)).collect::<Option<_>>()?;
        let text = form.say.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Literal(position) => literals.get(*position).map_or("", String::as_str),
            Piece::Field(_) | Piece::Other(_) | Piece::Operand(_) => "",
        });
        Some((text.collect(), form.binds))
    })
}

/// A checked way to say something.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// By this text.
    Say(Form),
    /// By rewriting the test, and saying the result.
    By(Rewrite, Vec<Name>),
}

impl Way {
    /// The same way, if it is a rewrite or says how letters compare: nothing may be presumed of that.
    pub(super) fn with_letters(self, raw: &RawWay) -> Result<Self, FormError> {
        match (&self, &raw.say) {
            (Self::Say(form), Some(say)) if form.compares.is_none() => {
                Err(at(say, "this form does not say how letters compare (`compares`)"))
            }
            (Self::Say(_) | Self::By(..), _) => Ok(self),
        }
    }
}

/// An error in a form, with the part of the descriptor's text where it is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FormError {
    pub(super) needle: String,
    pub(super) message: String,
}

/// What the parts of a form refer to.
pub(super) struct Vocabulary<'d> {
    pub(super) binding: &'d [String],
    /// Texts that several forms share: their names are holes.
    pub(super) fragments: &'d [(String, Template)],
    pub(super) literals: &'d BTreeMap<String, Arc<Literal>>,
}

impl Vocabulary<'_> {
    /// The strength of this name.
    pub(super) fn strength(&self, name: &str) -> Result<Strength, FormError> {
        let position = self.binding.iter().position(|level| level == name);
        position.map(Strength).ok_or_else(|| FormError {
            needle: format!("binds: {name}"),
            message: format!("unknown strength `{name}`: `binding` has {}", listed(self.binding)),
        })
    }

    /// The strength of what needs no parentheses anywhere.
    fn tightest(&self) -> Strength {
        Strength(self.binding.len().saturating_sub(1))
    }

    /// The checked way.
    pub(super) fn way(&self, raw: &RawWay, holes: Holes, default: &str) -> Result<Way, FormError> {
        match (&raw.say, raw.by) {
            (Some(say), None) => self.form(raw, say, holes, default).map(Way::Say),
            (None, Some(rewrite)) => Ok(Way::By(rewrite, raw.assumes.clone())),
            (say, _) => Err(FormError {
                needle: say.as_ref().map_or("by:", |template| &template.source).to_owned(),
                message: "a way has either `say` or `by`".to_owned(),
            }),
        }
    }

    /// The checked form.
    pub(super) fn form(&self, raw: &RawWay, say: &Template, holes: Holes, default: &str) -> Result<Form, FormError> {
        let mut literals = Vec::new();
        let pieces = self.pieces(say, holes, &mut literals)?;
        let said = literals.len();
        let many = raw.many.as_ref().map(|many| self.pieces(many, holes, &mut literals)).transpose()?;
        let not = raw.not.as_ref().map(|not| self.pieces(not, holes, &mut literals)).transpose()?;
        if let (true, Some(other)) = (literals.len() > said, raw.many.as_ref().or(raw.not.as_ref())) {
            return Err(at(other, "`many` or `not` has a literal that `say` has not"));
        }
        Ok(Form {
            say: pieces,
            many,
            list: raw.many.as_ref().map(|many| many.source.clone()).unwrap_or_default(),
            not,
            separator: raw.separator.clone().unwrap_or_else(|| ", ".to_owned()),
            literals,
            binds: self.strength(raw.binds.as_deref().unwrap_or(default))?,
            compares: raw.compares,
            assumes: raw.assumes.clone(),
            column: raw.column.clone(),
            collated: raw.collated,
            two_valued: raw.two_valued,
            needs: raw.needs,
        })
    }

    fn pieces(&self, template: &Template, holes: Holes, literals: &mut Vec<Arc<Literal>>) -> Result<Vec<Piece>, FormError> {
        let mut pieces = Vec::new();
        for part in &template.parts {
            match self.fragment(part) {
                Some(fragment) => {
                    let inner = fragment.parts.iter().map(|part| self.piece(fragment, part, holes, literals));
                    pieces.extend(inner.collect::<Result<Vec<_>, _>>()?);
                }
                None => pieces.push(self.piece(template, part, holes, literals)?),
            }
        }
        Ok(pieces)
    }

    fn fragment(&self, part: &TemplatePart) -> Option<&Template> {
        let TemplatePart::Hole { name, strength: None } = part else { return None };
        self.fragments.iter().find(|(known, _)| known == name).map(|(_, fragment)| fragment)
    }

    fn piece(&self, template: &Template, part: &TemplatePart, holes: Holes, literals: &mut Vec<Arc<Literal>>) -> Result<Piece, FormError> {
        let (name, strength) = match part {
            TemplatePart::Text(text) => return Ok(Piece::Text(text.clone())),
            TemplatePart::Hole { name, strength } => (name, strength),
        };
        let named = |level: &String| self.strength(level).map_err(|error| at(template, &error.message));
        let needed = strength.as_ref().map_or(Ok(self.tightest()), named)?;
        match (name.as_str(), holes) {
            ("field", Holes::Field | Holes::TwoFields) => Ok(Piece::Field(needed)),
            ("other", Holes::TwoFields) => Ok(Piece::Other(needed)),
            ("x", Holes::Operand) => Ok(Piece::Operand(needed)),
            (_, Holes::Field | Holes::Name) => self.literal(template, name, literals),
            (_, Holes::TwoFields | Holes::Operand) => Err(at(template, &format!("`{{{name}}}` is no hole here"))),
        }
    }

    fn literal(&self, template: &Template, name: &str, literals: &mut Vec<Arc<Literal>>) -> Result<Piece, FormError> {
        let Some(literal) = self.literals.get(name) else {
            let known: Vec<String> = self.literals.keys().cloned().collect();
            return Err(at(
                template,
                &format!("`{{{name}}}` is neither `{{field}}` nor a fragment nor one of the literals {}", listed(&known)),
            ));
        };
        let position = literals.iter().position(|known| Arc::ptr_eq(known, literal)).unwrap_or_else(|| {
            literals.push(Arc::clone(literal));
            literals.len() - 1
        });
        Ok(Piece::Literal(position))
    }
}

fn at(template: &Template, message: &str) -> FormError {
    FormError { needle: template.source.clone(), message: message.to_owned() }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
