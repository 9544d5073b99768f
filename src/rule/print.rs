//! A rule as text for people: what was understood of its detection section, one line an item.
//!
//! It shows values with escapes resolved, modifiers as parsed, and the condition with its grouping made
//! explicit. Nothing reads it back.

use super::{Condition, DetectionItem, Linking, Quantifier, Rule, Search, SelectorPattern, ValueKind};
use crate::text::pattern::{Part, Pattern};
use std::fmt::Write;

/// The detection of a rule as understood, ending in a line break.
pub fn print(rule: &Rule) -> String {
    let mut text = String::new();
    for identifier in &rule.detection.identifiers {
        let _ = writeln!(text, "{}", identifier.name);
        write_search(&identifier.search, 1, &mut text);
    }
    for written in &rule.detection.conditions {
        let _ = writeln!(text, "condition {}", condition(&written.condition));
    }
    text
}

/// What a search looks for as understood, each line ending in a line break.
pub fn search(search: &Search) -> String {
    let mut text = String::new();
    write_search(search, 0, &mut text);
    text
}

fn write_search(search: &Search, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match search {
        Search::All(items) => items.iter().for_each(|own| {
            let _ = writeln!(text, "{indent}{}", item(own));
        }),
        Search::Keywords(keywords) => {
            let _ = writeln!(text, "{indent}{}", item(keywords));
        }
        Search::Any(searches) => {
            let _ = writeln!(text, "{indent}any of");
            for (index, inner) in searches.iter().enumerate() {
                let _ = writeln!(text, "{indent}  - {}", index + 1);
                write_search(inner, depth + 2, text);
            }
        }
    }
}

fn item(item: &DetectionItem) -> String {
    let modifiers: Vec<&str> = item.modifiers.iter().map(|own| own.name()).collect();
    let values: Vec<String> = item.values.iter().map(|own| value(&own.kind)).collect();
    let separator = match item.linking {
        Linking::Any => " | ",
        Linking::All => " & ",
    };
    format!("{} [{}] {}", item.field.as_deref().unwrap_or("<keyword>"), modifiers.join(" "), values.join(separator))
}

fn value(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Text(own) => pattern(own),
        ValueKind::Regex(own) => format!("/{own}/"),
        ValueKind::Network(own) => own.to_string(),
        ValueKind::Field(own) => format!("field {own}"),
        ValueKind::Number(own) => own.to_string(),
        ValueKind::Boolean(own) => own.to_string(),
        ValueKind::Null => "null".to_owned(),
        ValueKind::AnyOf(kinds) => format!("({})", kinds.iter().map(value).collect::<Vec<_>>().join(" | ")),
    }
}

fn pattern(pattern: &Pattern) -> String {
    let parts: Vec<String> = pattern
        .parts()
        .iter()
        .map(|part| match part {
            Part::Text(text) => format!("{text:?}"),
            Part::One => "ONE".to_owned(),
            Part::Any => "ANY".to_owned(),
        })
        .collect();
    if parts.is_empty() { "\"\"".to_owned() } else { parts.join(" ") }
}

fn condition(written: &Condition) -> String {
    let group = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(condition).collect();
        format!("({})", parts.join(word))
    };
    match written {
        Condition::Or(parts) => group(parts, " or "),
        Condition::And(parts) => group(parts, " and "),
        Condition::Not(part) => format!("not {}", condition(part)),
        Condition::Identifier(name) => name.clone(),
        Condition::Selector { quantifier, pattern } => {
            let quantifier = match quantifier {
                Quantifier::Any => "1 of",
                Quantifier::All => "all of",
            };
            match pattern {
                SelectorPattern::Them => format!("{quantifier} them"),
                SelectorPattern::Pattern(text) => format!("{quantifier} {text}"),
            }
        }
    }
}
