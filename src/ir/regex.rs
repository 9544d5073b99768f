//! Regular expressions as meaning: a normalised syntax tree with its flags applied.
//!
//! Contract: a [`Regex`] matches when it is found anywhere in the text. Groups do not capture and
//! repetitions are not lazy, since neither changes whether a text matches. Two regexes are equal when
//! their normal forms are. Each language translates its own dialect into the tree (`ir::lower` Sigma's,
//! the readers theirs); each backend prints the tree in its target's dialect. Deliberately absent: all
//! dialects.

use regex_syntax::hir::{Hir, HirKind, Repetition};
use std::hash::{Hash, Hasher};

/// A regular expression in normal form.
#[derive(Debug, Clone)]
pub struct Regex {
    tree: Hir,
    pattern: String,
    program: regex::Regex,
}

impl Regex {
    /// The regular expression that a syntax tree means.
    ///
    /// # Errors
    /// The engine's message where the compiled program would be too large.
    pub fn new(tree: &Hir) -> Result<Self, String> {
        let tree = normal(tree);
        let pattern = tree.to_string();
        let program = regex::Regex::new(&pattern).map_err(|error| error.to_string())?;
        Ok(Self { tree, pattern, program })
    }

    /// The normal form of a syntax tree as text: equal for equal meanings as far as [`Regex`] tells.
    pub fn normal_form(tree: &Hir) -> String {
        normal(tree).to_string()
    }

    /// The syntax tree in normal form.
    pub fn tree(&self) -> &Hir {
        &self.tree
    }

    /// The normal form as text, in the syntax of the `regex` crate: for comparing and for showing.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the expression is found anywhere in the text. Linear in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.program.is_match(text)
    }
}

fn normal(tree: &Hir) -> Hir {
    match tree.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(class) => Hir::class(class.clone()),
        HirKind::Look(look) => Hir::look(*look),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { min: repetition.min, max: repetition.max, greedy: true, sub: Box::new(normal(&repetition.sub)) })
        }
        HirKind::Capture(capture) => normal(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(normal).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(normal).collect()),
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern.hash(state);
    }
}

impl PartialOrd for Regex {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Regex {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.pattern.cmp(&other.pattern)
    }
}
