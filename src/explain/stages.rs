//! The stages of a rule: each condition, then each of its references to searches, with what stands in the rule for them.
//!
//! Numbers and labels are those of `references`. A rule with several conditions has a stage of role `condition`
//! for each, labelled `condition 1`, `condition 2`, …; a filter has one of its own, with its title as origin. Of a rule whose
//! references stand for more names than `MAX_TEXT` there are the conditions only. Deliberately absent: what is excluded,
//! and what is looked for.

use super::model::{Member, Role, Stage};
use super::references::{Origin, Reference, Sentence, Side, sentences};
use super::slice;
use super::texts::Texts;
use crate::rule::{Quantifier, Rule, SearchIdentifier};
use std::collections::HashMap;

/// The texts of members are written out up to so many bytes; after that, members that were shown are only referred to.
const MAX_TEXT: usize = 4 << 20;

/// The stages of a rule, in the order of their numbers.
pub fn stages(rule: &Rule, texts: &Texts) -> Vec<Stage> {
    let sentences = sentences(rule);
    let mut names = 0_usize;
    for sentence in &sentences {
        sentence.meaning.for_each(&mut |reference| {
            names = reference.members.iter().fold(names, |names, own| names.saturating_add(own.name.len()));
        });
    }
    let (mut stages, mut members) = (Vec::new(), Members { texts, shown: HashMap::new(), room: MAX_TEXT });
    for sentence in &sentences {
        let origin = match sentence.origin {
            Origin::Rule => None,
            Origin::Filter => Some(texts.filter_title(sentence.detection).unwrap_or_else(|| "filter".to_owned())),
        };
        stages.push(condition(rule, sentence, origin.clone()));
        if names <= MAX_TEXT {
            sentence.meaning.for_each(&mut |reference| stages.push(stage(reference, &mut members, origin.clone())));
        }
    }
    stages
}

fn condition(rule: &Rule, sentence: &Sentence<'_>, origin: Option<String>) -> Stage {
    let ordinal = rule.detection.conditions.iter().position(|own| std::ptr::eq(own, sentence.written));
    let several = rule.detection.conditions.len() > 1;
    let label = match ordinal.filter(|_| several) {
        Some(before) => format!("condition {}", before + 1),
        None => "condition".to_owned(),
    };
    Stage {
        n: sentence.number,
        label,
        role: Role::Condition,
        part: None,
        text: Some(sentence.written.text.trim().to_owned()),
        annotated: Some(sentence.meaning.numbered()),
        quantifier: None,
        members: Vec::new(),
        origin,
    }
}

fn stage(reference: &Reference<'_>, members: &mut Members<'_>, origin: Option<String>) -> Stage {
    Stage {
        n: reference.number,
        label: reference.label(),
        role: match reference.side {
            Side::Wanted => Role::Select,
            Side::Suppressed => Role::Exclude,
        },
        part: Some(reference.part),
        text: None,
        annotated: None,
        quantifier: reference.quantifier.map(|quantifier| match quantifier {
            Quantifier::Any => "1 of",
            Quantifier::All => "all of",
        }),
        members: reference.members.iter().map(|own| members.member(own, reference.number)).collect(),
        origin,
    }
}

/// The members of stages.
struct Members<'t> {
    texts: &'t Texts,
    /// Of each search its text, and the first stage that shows it.
    shown: HashMap<*const SearchIdentifier, (String, usize)>,
    room: usize,
}

impl Members<'_> {
    fn member(&mut self, identifier: &SearchIdentifier, number: usize) -> Member {
        let yaml = match self.shown.get(&std::ptr::from_ref(identifier)) {
            Some((yaml, _)) if yaml.len() <= self.room => yaml.clone(),
            Some((_, first)) => format!("# as in stage {first}"),
            None => {
                let yaml = slice::yaml(identifier, self.texts);
                self.shown.insert(std::ptr::from_ref(identifier), (yaml.clone(), number));
                yaml
            }
        };
        self.room = self.room.saturating_sub(yaml.len());
        Member { name: identifier.name.clone(), yaml }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::texts::example;
    use super::*;
    use crate::rule::{collection, parse};
    use crate::source::Source;

    /// The annotated conditions, and the labels of all other stages with their roles and members.
    fn show(stages: &[Stage]) -> (Vec<String>, Vec<String>) {
        let conditions = stages.iter().filter_map(|own| Some(format!("{} {}: {}", own.n, own.label, own.annotated.as_ref()?)));
        let references = stages.iter().filter(|own| own.role != Role::Condition).map(|own| {
            let members: Vec<&str> = own.members.iter().map(|member| member.name.as_str()).collect();
            let sign = if own.role == Role::Exclude { '-' } else { '+' };
            format!("{sign}{} {} ({})", own.n, own.label, members.join(" "))
        });
        (conditions.collect(), references.collect())
    }

    #[test]
    fn references_are_numbered_from_left_to_right() {
        for (condition, annotated, references) in [
            (
                "all of a_* or (b and not 1 of c_*)",
                "(1 and 2) or (3 and not 4)",
                "+1 a_1 (a_1), +2 a_2 (a_2), +3 b (b), -4 not c_* (c_1 c_2)",
            ),
            ("b and all of a_* and not c_1", "1 and 2 and 3 and not 4", "+1 b (b), +2 a_1 (a_1), +3 a_2 (a_2), -4 not c_1 (c_1)"),
            ("any of them", "1", "+1 any of them (a_1 a_2 b c_1 c_2)"),
            ("b and (any of a_* or 1 of c_*)", "1 and (2 or 3)", "+1 b (b), +2 any of a_* (a_1 a_2), +3 1 of c_* (c_1 c_2)"),
            ("b and not any of c_*", "1 and not 2", "+1 b (b), -2 not c_* (c_1 c_2)"),
            ("b and not all of c_*", "1 and not 2", "+1 b (b), -2 not all of c_* (c_1 c_2)"),
            ("b and not (a_1 or not c_1)", "1 and not (2 or not 3)", "+1 b (b), -2 a_1 (a_1), +3 not c_1 (c_1)"),
            ("not not b and b", "1 and 2", "+1 b (b), +2 b (b)"),
            ("not (all of a_*)", "not 1", "-1 not all of a_* (a_1 a_2)"),
        ] {
            let (rule, texts) = example::rule(&format!("{{a_1: x, a_2: x, b: x, c_1: x, c_2: x, condition: {condition}}}"));
            let shown = show(&stages(&rule, &texts));
            assert_eq!(shown.0, [format!("0 condition: {annotated}")], "{condition}");
            assert_eq!(shown.1.join(", "), references, "{condition}");
        }
    }

    #[test]
    fn only_what_stands_in_the_conjunction_is_required_or_excluded() {
        for (condition, parts) in [
            ("b", "required"),
            ("a_1 or a_2", "alternative alternative"),
            ("b and not 1 of c_*", "required excluded"),
            ("b and not (c_1 or c_2)", "required excluded excluded"),
            ("b and not (c_1 and not c_2)", "required together together"),
            ("b and not (c_1 and (a_1 or c_2))", "required together alternative alternative"),
            ("b and not not c_1", "required required"),
            ("b and not all of c_*", "required excluded"),
            ("b or (a_1 and not c_1)", "alternative alternative alternative"),
            ("b and (1 of a_* or not c_1)", "required alternative alternative"),
            ("all of a_* and not (b or all of c_*)", "required required excluded together together"),
            ("not (b or not c_1)", "excluded required"),
            ("b and not (c_1 and (c_2 and a_1))", "required together together together"),
            ("b and not (c_1 and not (c_2 or a_1))", "required together together together"),
            ("b and not (c_1 and not (c_2 and a_1))", "required together alternative alternative"),
        ] {
            let (rule, texts) = example::rule(&format!("{{a_1: x, a_2: x, b: x, c_1: x, c_2: x, condition: {condition}}}"));
            let found: Vec<String> =
                stages(&rule, &texts).iter().filter_map(|own| own.part).map(|part| format!("{part:?}").to_lowercase()).collect();
            assert_eq!(found.join(" "), parts, "{condition}");
        }
    }

    #[test]
    fn numbers_run_on_over_conditions() {
        let (rule, texts) = example::rule("{a: x, b: y, condition: [a and not b, ' b ']}");
        let stages = stages(&rule, &texts);
        let (conditions, references) = show(&stages);
        assert_eq!(conditions, ["0 condition 1: 1 and not 2", "3 condition 2: 4"]);
        assert_eq!(references, ["+1 a (a)", "-2 not b (b)", "+4 b (b)"]);
        assert_eq!(stages.iter().map(|own| own.n).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(stages.iter().filter_map(|own| own.text.as_deref()).collect::<Vec<_>>(), ["a and not b", "b"]);
    }

    #[test]
    fn a_filter_has_stages_with_its_title() {
        let source = Source::new("", "title: r\nlogsource: {product: p}\ndetection: {s: x, condition: s}\n");
        let filter = "title: No desks\nlogsource: {product: p}\nfilter:\n  rules: any\n  s:\n    A: desk # ours\n  condition: not s\n";
        let filter = Source::new("", filter).numbered(1);
        let mut documents = [parse(&source), parse(&filter)].concat();
        collection::link(&mut documents.iter_mut().collect::<Vec<_>>());
        let rule = documents.remove(0).rule.unwrap();
        let stages = stages(&rule, &Texts::new([source, filter]));
        assert_eq!(show(&stages).0, ["0 condition: 1", "2 condition: not 3"]);
        assert_eq!(show(&stages).1, ["+1 s (s)", "-3 not s (s)"]);
        let origins: Vec<_> = stages.iter().map(|own| own.origin.as_deref()).collect();
        assert_eq!(origins, [None, None, Some("No desks"), Some("No desks")]);
        assert_eq!(stages.last().unwrap().members.first().unwrap().yaml, "A: desk");
    }

    #[test]
    fn what_is_shown_often_is_shown_once() {
        let condition = vec!["s"; 100].join(" or ");
        let (rule, texts) = example::rule(&format!("{{s: {}, condition: {condition}}}", "x".repeat(100_000)));
        let stages = stages(&rule, &texts);
        assert_eq!(stages.len(), 101);
        assert_eq!(stages.last().unwrap().members.first().unwrap().yaml, "# as in stage 1");
    }
}
