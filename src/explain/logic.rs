//! What a rule means, as a digest: two builds of a catalogue are compared by it without the rules of the first.
//!
//! Contract: two rules with one form and one digest match the same events of a log. Names of searches, the order of lists and
//! of conjuncts, comments, and the case of letters that do not matter change nothing. The converse is not claimed: the
//! canonical form of formulas does not see through every way to say the same. The digest says nothing of the log source.
//! A change of the canonical form, or of how formulas are printed, makes it another form: its number goes up, so that digests
//! of different builds of the program are never taken for changes of rules. Deliberately absent: what changed.

use super::model::Stage;
use crate::ir::canonical::canonical;
use crate::ir::lower::lower;
use crate::ir::print::print;
use crate::ir::{Case, Expr, Pattern, Predicate, Subject, Test, Value, plain_regex};
use crate::rule::Rule;
use crate::source::Place;
use crate::text::encoding::hex;
use sha2::{Digest, Sha256};

/// The form of a digest of the formula.
const CANONICAL: &str = "canonical-1";
/// The form of a digest of the text, which is all there is of a rule beyond the bounds of formulas.
const WRITTEN: &str = "written-1";

/// Whether a digest has a form that this version gives, and can be compared with others of this version.
pub fn is_known(logic: &str) -> bool {
    logic.split_once(':').is_some_and(|(form, _)| matches!(form, CANONICAL | WRITTEN))
}

/// The digest of a rule, whose stages and text are used where it has no formula.
pub(super) fn logic(rule: &Rule, stages: &[Stage], body: &str) -> String {
    let digest = |form: &str, text: &str| format!("{form}:{}", hex(&Sha256::digest(text.as_bytes())));
    match lower(rule) {
        Ok(conditions) => digest(CANONICAL, &print(&canonical(&separated(&Expr::or(conditions))).expr)),
        Err(_) => digest(WRITTEN, &format!("{body}\n{}", serde_json::to_string(stages).unwrap_or_default())),
    }
}

/// The formula with tests under different relations of case told apart.
///
/// The canonical form folds letters as ASCII, and says beside the formula what each literal really needs. Here the formula
/// alone has to say it: letters are folded as Sigma folds them, and a pattern under another relation is a test on a subject
/// of its own.
fn separated(expr: &Expr) -> Expr {
    match expr {
        Expr::True => Expr::True,
        Expr::False => Expr::False,
        Expr::And(children) => Expr::and(children.iter().map(separated)),
        Expr::Or(children) => Expr::or(children.iter().map(separated)),
        Expr::Not(child) => Expr::not(separated(child)),
        Expr::Test(test) => tests(test),
    }
}

fn tests(test: &Test) -> Expr {
    match &test.predicate {
        Predicate::Like { any, case } => Expr::or(any.iter().map(|value| like(&test.subject, &value.pattern, *case))),
        Predicate::Regex(regex) => match plain_regex::patterns(regex.tree()) {
            Some((patterns, case)) => Expr::or(patterns.iter().map(|pattern| like(&test.subject, pattern, case))),
            None => Expr::Test(test.clone()),
        },
        Predicate::Within { .. }
        | Predicate::Compare { .. }
        | Predicate::TimePart { .. }
        | Predicate::Order { .. }
        | Predicate::Kind(_)
        | Predicate::Exists
        | Predicate::Relates { .. } => Expr::Test(test.clone()),
    }
}

fn like(subject: &Subject, pattern: &Pattern, case: Case) -> Expr {
    let needed = pattern.needed_case(case);
    let (subject, pattern, case) = if needed == pattern.needed_case(Case::Fold) {
        (subject.clone(), pattern.folded(Case::Fold), Case::Fold)
    } else {
        (under(subject, needed), pattern.clone(), case)
    };
    Expr::test(subject, Predicate::Like { any: vec![Value { pattern, place: Place::NOWHERE }], case }, Place::NOWHERE)
}

/// A subject as it is compared under a relation: a name that no field of a rule has.
fn under(subject: &Subject, case: Case) -> Subject {
    let name = match subject {
        Subject::Field(name) => name,
        Subject::AnyLeaf => "\u{0}any",
        Subject::Raw => "\u{0}raw",
    };
    Subject::field(&format!("{name}\u{0}{case:?}"))
}

#[cfg(test)]
mod tests {
    use super::super::texts::example;
    use super::*;

    fn logic_of(detection: &str) -> String {
        logic(&example::rule(detection).0, &[], detection)
    }

    #[test]
    fn what_means_the_same_has_one_digest() {
        let same = [
            ("{s: {A: [x, y]}, condition: s}", "{s: {A: [y, x, Y]}, condition: s}"),
            ("{s: {A: x}, f: {B: y}, condition: s and not f}", "{keep: {A: X}, drop_1: {B: Y}, condition: not 1 of drop_* and keep}"),
            ("{s: {A: x, B: y}, condition: s}", "{a: {A: x}, b: {B: y}, condition: all of them}"),
            ("{s: {A: É}, condition: s}", "{s: {A: é}, condition: s}"),
            ("{s: {A|endswith: x}, condition: s}", "{s: {A: '*X'}, condition: s}"),
            ("{s: {A|contains: [x, y]}, condition: s}", "{s: {A|contains: x}, t: {A|contains: y}, condition: s or t}"),
            ("{s: {A|cased: x}, condition: s}", "{s: {A|re: '^x$'}, condition: s}"),
            ("{s: {A: x}, condition: [s]}", "{s: {A: x}, unused: {B: y}, condition: s}"),
        ];
        for (one, other) in same {
            assert_eq!(logic_of(one), logic_of(other), "{one} {other}");
        }
    }

    #[test]
    fn what_means_something_else_has_another() {
        let texts = [
            "{s: {A: x}, condition: s}",
            "{s: {A: y}, condition: s}",
            "{s: {B: x}, condition: s}",
            "{s: {a: x}, condition: s}",
            "{s: {A|contains: x}, condition: s}",
            "{s: {A|cased: x}, condition: s}",
            "{s: {A|cased: X}, condition: s}",
            "{s: {A: é}, condition: s}",
            "{s: {A|cased: é}, condition: s}",
            "{s: {A: é}, t: {A|cased: é}, condition: s and t}",
            "{s: {A: x}, condition: not s}",
            "{s: {A|contains|all: [x, y]}, condition: s}",
            "{s: {A|contains: [x, y]}, condition: s}",
            "{s: [x], condition: s}",
            "{s: {A|re: 'x+'}, condition: s}",
            "{s: {A|re|i: 'x+'}, condition: s}",
            "{s: {A: null}, condition: s}",
            "{s: {A: ''}, condition: s}",
            "{s: {A|exists: true}, condition: s}",
            "{s: {A|cidr: 10.0.0.0/8}, condition: s}",
            "{s: {A|gt: 1}, condition: s}",
            "{s: {A|fieldref: B}, condition: s}",
        ];
        let digests: std::collections::BTreeMap<String, &str> = texts.iter().map(|text| (logic_of(text), *text)).collect();
        assert_eq!(digests.len(), texts.len(), "{:?}", digests.values());
        assert!(digests.keys().all(|own| is_known(own)));
    }

    /// Catalogues keep digests. If this one is another, the form is another: raise its number.
    #[test]
    fn digests_of_a_form_stay() {
        let detection = r"{s: {A|contains: [É, 'x\*?'], B|re|i: 'a(b|c)+\b', C|cidr: 10.0.0.0/8}, k: [word], f: {D|cased: Y, E|gte: 2.50, F: null}, g: {H|fieldref: I, J|minute: 5}, condition: (s or k) and not 1 of f* or g}";
        assert_eq!(logic_of(detection), "canonical-1:26b794ffc5233abfd106a97443c57a24b08b25b97b1c040307bc8061a89a7968");
    }

    #[test]
    fn of_a_rule_without_a_formula_the_text_counts() {
        let values: Vec<String> = (0..900).map(|number| number.to_string()).collect();
        let (rule, _) = example::rule(&format!("{{s: {{A: [{}]}}, condition: {}s}}", values.join(","), "s or ".repeat(99)));
        assert!(lower(&rule).is_err());
        assert_ne!(logic(&rule, &[], "a"), logic(&rule, &[], "b"));
        assert!(is_known(&logic(&rule, &[], "a")) && !is_known("canonical-0:ab") && !is_known(""));
    }
}
