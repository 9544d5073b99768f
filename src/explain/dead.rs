//! Filters that suppress nothing: of each search that a condition negates in its conjunction, whether an event can have
//! what the condition asks for, and that search too.
//!
//! Contract: a filter is named where it is proved ([`refute`]) that no event with at most one value a field has both, as
//! when it asks for another `Image` than the selection. Logs have such events; a list could hold what each asks for. Of
//! all others nothing is said. Deliberately absent: negations inside alternatives, and events, which prove no lack.

use super::refute;
use crate::ir::lower::lower;
use crate::rule::{Condition, ConditionText, Detection, Quantifier, Rule, SearchIdentifier};

/// More filters of a rule than this are not asked about.
const MAX_FILTERS: usize = 100;

/// The names of these filters, in the order of the rule.
pub(super) fn filters(rule: &Rule) -> Vec<String> {
    let conditions = rule.detection.conditions.iter();
    let asked = conditions.flat_map(|written| {
        let (wanted, suppressed) = sides(&written.condition);
        let searches = rule.detection.identifiers.iter().filter(move |own| suppressed.iter().any(|part| is_named(part, &own.name)));
        searches.map(move |own| (written, wanted.clone(), own))
    });
    let is_dead = |(written, wanted, own): &(&ConditionText, Vec<&Condition>, &SearchIdentifier)| {
        !wanted.is_empty() && is_without_events(&together(rule, written, wanted, &own.name))
    };
    let mut names: Vec<String> = asked.take(MAX_FILTERS).filter(is_dead).map(|(.., own)| own.name.clone()).collect();
    names.dedup();
    names
}

/// The conjuncts that a condition asks for, and what it negates: single searches, and any of several.
fn sides(condition: &Condition) -> (Vec<&Condition>, Vec<&Condition>) {
    let parts = match condition {
        Condition::And(parts) => parts.iter().collect(),
        Condition::Or(_) | Condition::Not(_) | Condition::Identifier(_) | Condition::Selector { .. } => vec![condition],
    };
    let (mut wanted, mut suppressed) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Condition::Not(inner) => suppressed.extend(alternatives(inner)),
            Condition::Or(_) | Condition::And(_) | Condition::Identifier(_) | Condition::Selector { .. } => wanted.push(part),
        }
    }
    (wanted, suppressed)
}

/// What each alone makes a negated condition hold.
fn alternatives(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::Or(parts) => parts.iter().flat_map(alternatives).collect(),
        Condition::Identifier(_) | Condition::Selector { quantifier: Quantifier::Any, .. } => vec![condition],
        Condition::And(_) | Condition::Not(_) | Condition::Selector { quantifier: Quantifier::All, .. } => Vec::new(),
    }
}

/// Whether a search alone makes such a part hold.
fn is_named(part: &Condition, search: &str) -> bool {
    match part {
        Condition::Identifier(name) => name == search,
        Condition::Selector { pattern, .. } => pattern.selects(search),
        Condition::Or(_) | Condition::And(_) | Condition::Not(_) => false,
    }
}

/// The rule that asks for what a condition wants and for a search besides.
fn together(rule: &Rule, written: &ConditionText, wanted: &[&Condition], name: &str) -> Rule {
    let own = Condition::Identifier(name.to_owned());
    let condition = Condition::And(wanted.iter().copied().cloned().chain([own]).collect());
    let conditions = vec![ConditionText { condition, ..written.clone() }];
    let detection = Detection { identifiers: rule.detection.identifiers.clone(), conditions };
    Rule { place: rule.place, metadata: rule.metadata.clone(), logsource: rule.logsource.clone(), detection, filters: Vec::new() }
}

/// Whether no event with one value a field matches a rule. A rule without a formula is not asked.
fn is_without_events(rule: &Rule) -> bool {
    lower(rule).is_ok_and(|meanings| meanings.iter().all(refute::is_refuted))
}

#[cfg(test)]
mod tests {
    use super::super::texts::example;
    use super::*;

    fn dead(detection: &str) -> Vec<String> {
        filters(&example::rule(detection).0)
    }

    #[test]
    fn a_filter_that_asks_for_another_value_suppresses_nothing() {
        let searches =
            r"s: {Image: 'C:\a.exe'}, f_dead: {Image|endswith: b.exe}, f_live: {User: x}, f_both: {Image|endswith: a.exe, User: y}";
        assert_eq!(dead(&format!("{{{searches}, condition: s and not 1 of f_*}}")), ["f_dead"]);
        assert_eq!(dead(&format!("{{{searches}, condition: s and not (f_dead or f_live)}}")), ["f_dead"]);
        assert_eq!(dead(&format!("{{{searches}, condition: s and not f_live and not f_both}}")), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_said_of_filters_inside_alternatives_or_alone() {
        let searches = "s: {A: a}, t: {A: c}, f: {A: b}";
        assert_eq!(dead(&format!("{{{searches}, condition: t or (s and not f)}}")), Vec::<String>::new());
        assert_eq!(dead(&format!("{{{searches}, condition: not f}}")), Vec::<String>::new());
        assert_eq!(dead(&format!("{{{searches}, condition: s and not (f and t)}}")), Vec::<String>::new());
    }

    /// Whether `f` is called dead, of a rule that asks for `s`.
    fn is_dead(search: &str, filter: &str) -> bool {
        dead(&format!("{{s: {search}, f: {filter}, condition: s and not f}}")) == ["f"]
    }

    #[test]
    fn long_lists_say_nothing_of_filters_that_are_alive() {
        for length in [2, 4, 6, 8, 18, 40] {
            let maps: Vec<String> = (0..length).map(|at| format!("{{A|contains|all: [aa{at}, bb{at}]}}")).collect();
            let (maps, last) = (format!("[{}]", maps.join(", ")), length - 1);
            assert!(!is_dead(&maps, &format!("{{A|contains: 'aa{last},bb{last} x'}}")), "{length}");
            assert!(!is_dead(&maps, &format!("{{P: c, A|contains|all: [aa{last}, bb{last}, .cpl]}}")), "{length}");
            assert!(is_dead(&maps, "{A: 'x'}"), "{length}");
            assert!(is_dead(&maps, &format!("{{A: ['aa{last}', bb{last}]}}")), "{length}");
        }
    }

    #[test]
    fn only_what_is_proved_is_said() {
        for (search, filter) in [
            (r"{A|contains|all: [shell32.dll, Control]}", r"{A|contains: 'shell32.dll,Control desk'}"),
            (r"{A|endswith: .evtx}", r"{A|startswith: C, A|endswith: x}"),
            (r"{A|cidr: 10.0.0.0/8}", r"{A|cidr: 10.1.0.0/16}"),
            (r"{A|re: '^a.*z$'}", r"{A: b}"),
            (r"{A: 'a*b*c'}", r"{A: '*x*b*y*'}"),
            (r"{A|gt: 5}", r"{A|gt: 10, A|lt: 12}"),
            (r"{A|gte: 5}", r"{A|lte: 5}"),
            (r"{A|endswith: '\a.exe'}", r"{A: 'C:\x\A.EXE'}"),
            (r"{A: x, B: null}", r"{C: y}"),
            (r"[foo]", r"{A: bar}"),
            (r"{A: 'a?c'}", r"{A: abc}"),
            (r"{A: 5}", r"{A|gt: 4}"),
            (r"{A|cased: x}", r"{A|cased: X, B: y}"),
            (r"{A|neq: x}", r"{A|startswith: x}"),
        ] {
            assert!(!is_dead(search, filter), "{search} and {filter}");
        }
        for (search, filter) in [
            (r"{A|cidr: 10.0.0.0/8}", r"{A|cidr: 192.168.0.0/16}"),
            (r"{A|gt: 5}", r"{A|lt: 5}"),
            (r"{A|gte: 5}", r"{A|lt: 5}"),
            (r"{A: 5}", r"{A|gt: 5}"),
            (r"{A|endswith: '\a.exe'}", r"{A|endswith: ['b.exe', 'x\ba.exe']}"),
            (r"{A: null}", r"{A|contains: x}"),
            (r"{A|exists: false}", r"{A: '*'}"),
            (r"{A|neq: x}", r"{A: x}"),
            (r"{A: 'a?c'}", r"{A: [ac, abbc]}"),
            (r"{A: [a, b]}", r"[{A: c}, {A: a, B: x, C: null, 'B|endswith': y}]"),
            (r"{A: [a, b], B: c}", r"[{A: a, B: d}, {A: c}]"),
        ] {
            assert!(is_dead(search, filter), "{search} and {filter}");
        }
    }
}
