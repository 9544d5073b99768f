//! How large a formula may become: each step from rule to verdict takes time and memory in proportion, and a
//! condition can name the same search again and again.
//!
//! Deliberately absent: limits of targets, which are theirs to name.

use super::{Expr, Pattern, Predicate};
use crate::diag::{Code, Diagnostic};
use crate::source::Place;
use crate::text::pattern::Part;
use ipnet::IpNet;

/// The size of a formula that is refused: some ten thousand values.
const MAX_SIZE: usize = 60_000;

/// So many bytes of a text count as much as one test.
const BYTES: usize = 64;

/// What a test counts beside its values: each is bound, written, read and compared on its own.
const TEST: usize = 20;

/// What a network counts: some targets say it as patterns, more of them for the long addresses.
const NETWORK: (usize, usize) = (6, 40);

/// A search, with the size of its formula.
pub(super) struct Sized<'n> {
    pub(super) name: &'n str,
    pub(super) expr: Expr,
    size: usize,
}

impl<'n> Sized<'n> {
    pub(super) fn new(name: &'n str, expr: Expr) -> Self {
        let mut size = 0_usize;
        expr.for_each_test(&mut |test| size = size.saturating_add(predicate(&test.predicate)));
        Self { name, expr, size }
    }
}

/// What is left for a condition.
pub(super) struct Budget {
    left: usize,
    place: Place,
}

impl Budget {
    /// The budget of the condition at this place.
    pub(super) fn new(place: Place) -> Self {
        Self { left: MAX_SIZE, place }
    }

    /// Takes the size of one search from what is left.
    pub(super) fn take(&mut self, search: &Sized<'_>) -> Result<(), Diagnostic> {
        self.left = self.left.checked_sub(search.size).ok_or_else(|| {
            let message = "the condition stands for more tests and values than can be written and verified";
            Diagnostic::error(Code::RefusedSize, self.place, message).help("write several rules, each with a part of the values")
        })?;
        Ok(())
    }
}

fn predicate(predicate: &Predicate) -> usize {
    TEST + match predicate {
        Predicate::Like { any, .. } => any.iter().map(|value| pattern(&value.pattern)).sum(),
        Predicate::Within { any } => any.iter().map(network).sum(),
        Predicate::Order { text, .. } => text.len() / BYTES,
        Predicate::Regex(_)
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => 0,
    }
}

fn network(network: &IpNet) -> usize {
    match network {
        IpNet::V4(_) => NETWORK.0,
        IpNet::V6(_) => NETWORK.1,
    }
}

/// Each wildcard counts, since each is a place to try.
fn pattern(pattern: &Pattern) -> usize {
    let part = |part: &Part| match part {
        Part::Text(text) => text.len() / BYTES,
        Part::One | Part::Any => 1,
    };
    1 + pattern.parts().iter().map(part).sum::<usize>()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use crate::diag::Code;
    use crate::ir::lower::lower;
    use crate::rule::parse;
    use crate::source::Source;

    /// What comes of a condition on a search for this value.
    fn code(value: &str, condition: &str) -> Option<Code> {
        let text = format!("title: Size\nlogsource: {{category: test}}\ndetection:\n  s: {{a: {value}}}\n  condition: {condition}s\n");
        let rule = parse(&Source::new("rule.yml", &text)).remove(0).rule.unwrap();
        lower(&rule).err().map(|why| why.code)
    }

    #[test]
    fn what_is_too_large_is_refused_by_name() {
        assert_eq!(code("b", &"s or ".repeat(1_000)), None);
        assert_eq!(code("b", &"s or ".repeat(50_000)), Some(Code::RefusedSize));
        assert_eq!(code(&format!("'{}'", "*b".repeat(100_000)), ""), Some(Code::RefusedSize));
        let list = |count: usize| format!("[{}]", (0..count).map(|index| format!("b{index}, ")).collect::<String>());
        assert_eq!(code(&list(10_000), ""), None);
        assert_eq!(code(&list(100_000), ""), Some(Code::RefusedSize));
        assert_eq!(code(&list(1_000), &"1 of s* or ".repeat(1_000)), Some(Code::RefusedSize));
    }
}
