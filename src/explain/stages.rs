//! The stages of a rule: each condition, then each of its references to searches, with what stands in the rule for them.
//!
//! Numbers and labels are those of [`super::references`]. A rule with several conditions has a stage of role `condition`
//! for each, labelled `condition 1`, `condition 2`, …; a filter has one of its own, with its title as origin. Deliberately
//! absent: what is excluded, and what is looked for.

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
    let mut stages = Vec::new();
    for sentence in sentences(rule) {
        let origin = match sentence.origin {
            Origin::Rule => None,
            Origin::Filter => Some(texts.filter_title(sentence.detection).unwrap_or_else(|| "filter".to_owned())),
        };
        stages.push(condition(rule, &sentence, origin.clone()));
        let mut members = Members::new(texts);
        sentence.meaning.for_each(&mut |reference| stages.push(stage(reference, &mut members, origin.clone())));
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
        label: reference.label.clone(),
        role: match reference.side {
            Side::Wanted => Role::Select,
            Side::Suppressed => Role::Exclude,
        },
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

/// The members of the stages of one condition.
struct Members<'t> {
    texts: &'t Texts,
    /// Of each search its text, and the first stage that shows it.
    shown: HashMap<String, (String, usize)>,
    room: usize,
}

impl<'t> Members<'t> {
    fn new(texts: &'t Texts) -> Self {
        Self { texts, shown: HashMap::new(), room: MAX_TEXT }
    }

    fn member(&mut self, identifier: &SearchIdentifier, number: usize) -> Member {
        let name = identifier.name.clone();
        let yaml = match self.shown.get(&name) {
            Some((yaml, _)) if yaml.len() <= self.room => yaml.clone(),
            Some((_, first)) => format!("# as in stage {first}"),
            None => {
                let yaml = slice::yaml(identifier, self.texts);
                self.shown.insert(name.clone(), (yaml.clone(), number));
                yaml
            }
        };
        self.room = self.room.saturating_sub(yaml.len());
        Member { name, yaml }
    }
}
