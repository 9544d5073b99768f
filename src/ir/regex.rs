//! Regular expressions as meaning: a normalised syntax tree with its flags applied.
//!
//! Contract: a [`Regex`] matches when it is found anywhere in the text. Groups do not capture and
//! repetitions are not lazy, since neither changes whether a text matches. Two regexes are equal when
//! their normal forms are. Each language translates its own dialect into the tree (`ir::lower` Sigma's,
//! the readers theirs); each backend prints the tree in its target's dialect. Deliberately absent: all
//! dialects.

use regex_automata::meta;
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};
use std::hash::{Hash, Hasher};

/// A compiled expression takes at most so many bytes: the bound of the `regex` crate.
const MAX_PROGRAM: usize = 10 << 20;

/// A regular expression in normal form.
#[derive(Debug, Clone)]
pub struct Regex {
    tree: Hir,
    pattern: String,
    program: meta::Regex,
}

impl Regex {
    /// The regular expression that a syntax tree means.
    ///
    /// # Errors
    /// The engine's message where the compiled program would be too large.
    pub fn new(tree: &Hir) -> Result<Self, String> {
        let tree = normal(tree);
        let pattern = grouped(&tree).to_string();
        let bounds = meta::Config::new().nfa_size_limit(Some(MAX_PROGRAM));
        let program = meta::Builder::new().configure(bounds).build_from_hir(&tree).map_err(|error| error.to_string())?;
        Ok(Self { tree, pattern, program })
    }

    /// The normal form of a syntax tree as text: equal for equal meanings as far as [`Regex`] tells.
    pub fn normal_form(tree: &Hir) -> String {
        grouped(&normal(tree)).to_string()
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

/// The same expression with a group around each repetition that is repeated: `regex-syntax` prints `(?:a+)?` as `a+?`,
/// which is another expression.
fn grouped(tree: &Hir) -> Hir {
    match tree.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => tree.clone(),
        HirKind::Repetition(repetition) => {
            let sub = grouped(&repetition.sub);
            let sub = match sub.kind() {
                HirKind::Repetition(_) => Hir::capture(Capture { index: 1, name: None, sub: Box::new(sub) }),
                HirKind::Empty
                | HirKind::Literal(_)
                | HirKind::Class(_)
                | HirKind::Look(_)
                | HirKind::Capture(_)
                | HirKind::Concat(_)
                | HirKind::Alternation(_) => sub,
            };
            Hir::repetition(Repetition { sub: Box::new(sub), ..repetition.clone() })
        }
        HirKind::Capture(capture) => grouped(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(grouped).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(grouped).collect()),
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// The text of an expression is that expression, and it means what the `regex` crate means by it.
    #[test]
    fn repeated_repetitions_stay_what_they_are() {
        for inner in ["a", "a?", "a*", "a+", "a{2}", "a{2,}", "a{2,3}", "ab", "a|b", "(?:a+)?"] {
            for outer in ["?", "*", "+", "{2}", "{2,}", "{0,2}", "??", "+?"] {
                let text = format!(r"\A(?:{inner}){outer}b\z");
                let own = Regex::new(&regex_syntax::parse(&text).unwrap()).unwrap();
                let again = Regex::new(&regex_syntax::parse(own.pattern()).unwrap()).unwrap();
                assert_eq!(own, again, "{text}");
                let other = regex::Regex::new(&text).unwrap();
                for count in 0..8 {
                    for word in ["a".repeat(count) + "b", "ab".repeat(count) + "b", "b".repeat(count)] {
                        assert_eq!(own.is_match(&word), other.is_match(&word), "{text} on {word}");
                    }
                }
            }
        }
    }
}
