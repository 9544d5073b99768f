//! Values for placeholders, as an organisation keeps them beside its rules.
//!
//! A YAML map from names to a value or a list of values. Each value is a string of Sigma, with wildcards and escapes
//! (sigma.md §9), or a number, which stands for its digits as written. Where a rule is only shown, every placeholder
//! stands for itself instead. Deliberately absent: what placeholders are replaced by (see [`super::expand`]), and names of
//! which Sigma would know the values.

use super::document::settle;
use super::metadata::is_null;
use super::scalar::{self, Resolved};
use super::value;
use super::yaml::{Documents, Map, Node, Scalar, View};
use crate::diag::{Code, Diagnostic, quote};
use crate::source::{Place, Source};
use crate::text::pattern::Pattern;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Values by the name of the placeholder, without its percent signs.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, Values>,
    others: Others,
}

/// The values of one name.
#[derive(Debug, Clone)]
struct Values {
    patterns: Vec<Pattern>,
    /// About what the longest takes, in bytes.
    longest: usize,
}

impl Values {
    fn new(patterns: Vec<Pattern>) -> Self {
        let longest = patterns.iter().map(bytes).max().unwrap_or_default();
        Self { patterns, longest }
    }
}

/// What a part of a pattern takes beside its text.
pub(super) const OVERHEAD: usize = 64;

/// About what a pattern takes.
fn bytes(pattern: &Pattern) -> usize {
    pattern.texts().map(str::len).fold(pattern.parts().len().saturating_mul(OVERHEAD), usize::saturating_add)
}

/// What becomes of placeholders without values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Others {
    /// They are mistakes.
    #[default]
    Unresolved,
    /// They stand for their own text.
    AsWritten,
}

impl Variables {
    /// Reads a file of values; an empty one has none.
    ///
    /// # Errors
    /// What is wrong with the file, as [`Code::InvalidVariables`]; of very many mistakes the first, and how many there are.
    pub fn read(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let mut variables = Self::default();
        let mut report = Vec::new();
        let mut has_map = false;
        for tree in Documents::new(source) {
            report.extend(tree.diagnostics.iter().map(|problem| Diagnostic { code: Code::InvalidVariables, ..problem.clone() }));
            match tree.root().filter(|root| !is_null(*root)).map(|root| (root, root.view())) {
                None => {}
                Some((_, View::Map(map))) if !has_map => {
                    has_map = true;
                    variables.take(map, &mut report);
                }
                Some((root, View::Map(_))) => report.push(invalid(root.place(), "a second document", "write all values into one")),
                Some((root, View::List(_) | View::Scalar(_))) => {
                    report.push(invalid(root.place(), "a file of values that is no map", "write `name:` with values below it"));
                }
            }
        }
        settle(&mut report);
        if report.is_empty() { Ok(variables) } else { Err(report) }
    }

    /// Every placeholder stands for itself as written, `%name%`, in regular expressions too: for showing a rule, not for
    /// asking what it matches.
    pub fn kept() -> Self {
        Self { values: BTreeMap::new(), others: Others::AsWritten }
    }

    /// Whether every placeholder stands for itself.
    pub(super) fn are_kept(&self) -> bool {
        self.others == Others::AsWritten
    }

    /// The values of a placeholder; at least one.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'_, [Pattern]>> {
        let given = self.values.get(name).map(|values| Cow::Borrowed(values.patterns.as_slice()));
        given.or_else(|| self.are_kept().then(|| Cow::Owned(vec![Pattern::exact(&format!("%{name}%"))])))
    }

    /// How many values a placeholder has, and about how many bytes the longest takes.
    pub(super) fn extent(&self, name: &str) -> (usize, usize) {
        self.values.get(name).map_or((1, name.len()), |values| (values.patterns.len(), values.longest))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    fn take(&mut self, map: Map, report: &mut Vec<Diagnostic>) {
        for (key, node) in map.entries() {
            let name = key.scalar().filter(|key| scalar::is_text(key)).map(|key| &*key.text);
            match name.filter(|name| !name.is_empty() && !name.contains('%')) {
                Some(name) => {
                    let values = values(node, report);
                    self.values.insert(name.to_owned(), Values::new(values));
                }
                None => {
                    report.push(invalid(key.place(), "no name of a placeholder", "write what stands between the percent signs, as text"))
                }
            }
        }
    }
}

fn invalid(place: Place, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidVariables, place, message).help(help)
}

fn values(node: Node, report: &mut Vec<Diagnostic>) -> Vec<Pattern> {
    let no_value = |place| invalid(place, "no value of a placeholder", "write a text or number, or a list of them");
    match node.view() {
        View::Scalar(scalar) => value(scalar, report).into_iter().collect(),
        View::List(list) if list.len() > 0 => {
            let mut values = Vec::with_capacity(list.len());
            for entry in list.iter() {
                match entry.scalar() {
                    Some(scalar) => values.extend(value(scalar, report)),
                    None => report.push(no_value(entry.place())),
                }
            }
            values
        }
        View::List(_) => {
            report.push(invalid(node.place(), "an empty list of values", "write at least one value, or remove the name"));
            Vec::new()
        }
        View::Map(_) => {
            report.push(no_value(node.place()));
            Vec::new()
        }
    }
}

fn value(scalar: &Scalar, report: &mut Vec<Diagnostic>) -> Option<Pattern> {
    match scalar::resolve(scalar) {
        Resolved::Text => return Some(value::pattern(&scalar.text)),
        Resolved::Number(_) => return Some(Pattern::exact(&scalar.text)),
        Resolved::Ambiguous | Resolved::Boolean(_) | Resolved::Null | Resolved::Unrepresentable => {}
    }
    let message = format!("{} is no text or number that all YAML versions agree on", quote(&scalar.text));
    report.push(invalid(scalar.place, message, scalar::quote_it(scalar)));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Variables, Vec<Diagnostic>> {
        Variables::read(&Source::new("variables.yml", text))
    }

    #[test]
    fn placeholders_can_stand_for_themselves() {
        let text = "title: a\nlogsource: {product: x}\ndetection:\n  s:\n    A|expand: ['%a b%\\*', '\\%c%']\n    B|re|expand: '[%d%]'\n  condition: s\n";
        let documents = super::super::parse_with(&Source::new("test", text), &Variables::kept());
        let printed = documents.first().and_then(|document| document.rule.as_ref()).map(super::super::print::print);
        let expected = "s\n  A [expand] \"%a b%*\" | \"%c%\"\n  B [re expand] /[%d%]/\ncondition s\n";
        assert_eq!(printed.as_deref(), Some(expected));
        assert!(super::super::parse(&Source::new("test", text)).iter().all(|document| document.rule.is_none()));
    }

    #[test]
    fn names_have_texts_and_numbers() {
        let variables = read("servers: [dc*, 'a\\*']\nport: 3389\nempty: ''\n").unwrap_or_default();
        let shapes = |name| variables.get(name).map(|values| values.iter().map(|value| format!("{:?}", value.shape())).collect::<Vec<_>>());
        assert_eq!(shapes("servers"), Some(vec!["Prefix(\"dc\")".to_owned(), "Exact(\"a*\")".to_owned()]));
        assert_eq!(shapes("port"), Some(vec!["Exact(\"3389\")".to_owned()]));
        assert_eq!(shapes("Servers"), None);
        assert!(read("").is_ok_and(|variables| variables.names().next().is_none()));
    }

    #[test]
    fn what_is_no_value_is_reported_with_its_place() {
        for text in [
            "a: 1\na: 2\n",
            "a: {b: c}\n",
            "a: []\n",
            "a: [[b]]\n",
            "a: true\n",
            "a:\n",
            "a: [yes]\n",
            "- a\n",
            "5: a\n",
            "'a%': b\n",
            "a: [\n",
        ] {
            let problems = read(text).err().unwrap_or_default();
            let fine =
                |problem: &Diagnostic| problem.code == Code::InvalidVariables && problem.place.is_somewhere() && problem.help.is_some();
            assert!(!problems.is_empty() && problems.iter().all(fine), "{text}: {problems:?}");
        }
    }
}
