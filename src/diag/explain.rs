//! What each code means at length: why it matters, an example that has the mistake and one that does not.
//!
//! The texts stand in `explanations/*.md`, one file for a group of codes, and are parts of the program. Contract:
//! every code has an explanation with both examples; tests run the examples that say how. Deliberately absent:
//! the summary, which the registry has.

use super::Code;
use serde::Serialize;

/// The groups, in the order of the registry.
const GROUPS: &[&str] = &[
    include_str!("explanations/documents.md"),
    include_str!("explanations/metadata.md"),
    include_str!("explanations/detection.md"),
    include_str!("explanations/correlation.md"),
    include_str!("explanations/modifiers.md"),
    include_str!("explanations/refusals.md"),
    include_str!("explanations/queries.md"),
];

/// A code explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The number of the code.
    pub code: &'static str,
    /// The name of the code.
    pub name: &'static str,
    /// One sentence, from the registry.
    pub summary: &'static str,
    /// What it is and why it matters.
    pub explanation: &'static str,
    /// Where what is right is laid down.
    pub source: &'static str,
    /// An example with the mistake.
    pub wrong: Example,
    /// The same without it.
    pub right: Example,
}

/// A piece of text that shows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Example {
    /// What it is: `yaml` is a part of a rule, `yaml whole` all of a file, `yaml TARGET` a rule for a target,
    /// `query TARGET` a query of a language, `sh` a command.
    pub kind: &'static str,
    /// The text.
    pub text: &'static str,
}

impl Code {
    /// What the code means at length.
    pub fn explanation(self) -> Option<Explanation> {
        GROUPS.iter().find_map(|group| explained(self, group))
    }
}

/// The explanation of a code in a group.
fn explained(code: Code, group: &'static str) -> Option<Explanation> {
    let mut sections = group.split("\n## ");
    let source = sections.next()?.trim();
    let body = sections.find_map(|section| section.strip_prefix(code.name())?.strip_prefix('\n'))?;
    let (explanation, rest) = body.split_once("```")?;
    let (wrong, rest) = example(rest)?;
    let (_, rest) = rest.split_once("```")?;
    let (right, _) = example(rest)?;
    let (name, number, summary) = (code.name(), code.number(), code.summary());
    Some(Explanation { code: number, name, summary, explanation: explanation.trim(), source, wrong, right })
}

/// An example whose opening fence has been read, and what follows it.
fn example(text: &'static str) -> Option<(Example, &'static str)> {
    let (kind, text) = text.split_once('\n')?;
    let (text, rest) = text.split_once("```\n")?;
    Some((Example { kind, text }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained() {
        let silent: Vec<&str> = Code::ALL.iter().filter(|code| code.explanation().is_none()).map(|code| code.name()).collect();
        assert!(silent.is_empty(), "no explanation of {silent:?}");
    }

    /// What is explained and not in the registry could never be asked for.
    #[test]
    fn every_explanation_is_of_a_code() {
        let names = GROUPS.iter().flat_map(|group| group.split("\n## ").skip(1)).filter_map(|section| section.lines().next());
        let strangers: Vec<&str> = names.filter(|name| !Code::ALL.iter().any(|code| code.name() == *name)).collect();
        assert!(strangers.is_empty(), "no code of the name {strangers:?}");
    }
}
