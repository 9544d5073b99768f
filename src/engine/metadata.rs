//! What templates may say about a rule: its attributes, what names it among others, and what its tags mean.
//!
//! Every key is there; what a rule does not have is null, or an empty list. Deliberately absent: what the
//! rule looks for, which is the query.

use crate::backend::Metadata;
use crate::facts::attack::{Attack, Entry, Technique, Threat};
use crate::rule::{Level, Logsource, Rule, Status};
use serde_json::{Value, json};

/// What templates may say about one condition of a rule:
///
/// * `title`, `id`, `description`, `author`, `date`, `modified`, `level`, `status`, `license`: texts;
/// * `references`, `tags`, `falsepositives`, `fields`: lists of texts;
/// * `logsource`: `category`, `product`, `service`, `definition`;
/// * `condition`: its number, from 0, where the rule has several, as text;
/// * `label`: the title, with that number; `key`: what no other rule has, with that number;
/// * `attack`: for each tactic `id`, `name`, `url` and `techniques`, each of them with `id`, `name`, `url` and
///   `subtechniques`.
pub(super) fn metadata(rule: &Rule, condition: usize) -> Metadata {
    let known = &rule.metadata;
    let number = (rule.detection.conditions.len() > 1).then(|| condition.to_string());
    let numbered = number.as_ref().map_or_else(|| known.title.clone(), |number| format!("{} (condition {number})", known.title));
    let attack = Attack::built_in().threats(known.tags.iter().map(String::as_str));
    let entries = [
        ("title", json!(known.title)),
        ("id", json!(known.id)),
        ("description", json!(known.description)),
        ("author", json!(known.author)),
        ("date", json!(known.date)),
        ("modified", json!(known.modified)),
        ("level", json!(known.level.map(Level::name))),
        ("status", json!(known.status.map(Status::name))),
        ("license", json!(known.license)),
        ("references", json!(known.references)),
        ("tags", json!(known.tags)),
        ("falsepositives", json!(known.falsepositives)),
        ("fields", json!(known.fields)),
        ("logsource", logsource(&rule.logsource)),
        ("label", json!(numbered)),
        ("key", json!(key(rule, number.as_deref()))),
        ("condition", json!(number)),
        ("attack", attack.iter().map(threat).collect()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The id of the rule, or one that is made of its title and stays the same as long as that does; with the
/// number of the condition.
fn key(rule: &Rule, number: Option<&str>) -> String {
    let id = rule.metadata.id.as_ref().map_or_else(|| made_id(&rule.metadata.title), |id| id.to_ascii_lowercase());
    number.map_or_else(|| id.clone(), |number| format!("{id}-{number}"))
}

/// A UUID made of a text: version 8 of RFC 9562, §5.8, by the hash FNV-1a in 128 bits.
fn made_id(text: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = text.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let version = (hash & !(0xf << 76)) | (0x8 << 76);
    let variant = (version & !(0x3 << 62)) | (0x2 << 62);
    let group = |shift: u32, digits: usize| format!("{:0digits$x}", (variant >> shift) & ((1 << (4 * digits)) - 1));
    [group(96, 8), group(80, 4), group(64, 4), group(48, 4), group(0, 12)].join("-")
}

fn logsource(logsource: &Logsource) -> Value {
    let Logsource { category, product, service, definition } = logsource;
    json!({"category": category, "product": product, "service": service, "definition": definition})
}

fn threat(threat: &Threat<'_>) -> Value {
    entry(threat.tactic, "techniques", threat.techniques.iter().map(technique).collect())
}

fn technique(technique: &Technique<'_>) -> Value {
    let leaf = |below: &Entry<'_>| json!({"id": below.id, "name": below.name, "url": below.url()});
    entry(technique.technique, "subtechniques", technique.subtechniques.iter().map(leaf).collect())
}

fn entry(entry: Entry<'_>, below: &str, list: Value) -> Value {
    json!({"id": entry.id, "name": entry.name, "url": entry.url(), below: list})
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::source::Source;

    fn rule(text: &str) -> Rule {
        crate::rule::parse(&Source::new("rule.yml", text)).remove(0).rule.unwrap()
    }

    #[test]
    fn every_key_is_there() {
        let bare = rule("title: A\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n");
        let expected = json!({
            "title": "A", "id": null, "description": null, "author": null, "date": null, "modified": null, "level": null,
            "status": null, "license": null, "references": [], "tags": [], "falsepositives": [], "fields": [],
            "logsource": {"category": null, "product": "windows", "service": null, "definition": null},
            "label": "A", "key": "d228cb69-4f1a-8caf-b891-2b704e4a6204", "condition": null, "attack": []
        });
        assert_eq!(Value::Object(metadata(&bare, 0)), expected);
    }

    #[test]
    fn conditions_have_names_of_their_own() {
        let text = "title: A\nid: 0F0F0F0F-0000-4000-8000-000000000001\nlogsource: {product: windows}\n\
            tags: [attack.execution, attack.t1059.001]\ndetection: {a: {b: c}, condition: [a, not a]}\n";
        let metadata = metadata(&rule(text), 1);
        let of = |key: &str| metadata.get(key).unwrap();
        assert_eq!(of("label"), "A (condition 1)");
        assert_eq!(of("key"), "0f0f0f0f-0000-4000-8000-000000000001-1");
        assert_eq!(of("condition"), "1");
        let expected = json!([{
            "id": "TA0002", "name": "Execution", "url": "https://attack.mitre.org/tactics/TA0002/",
            "techniques": [{
                "id": "T1059", "name": "Command and Scripting Interpreter", "url": "https://attack.mitre.org/techniques/T1059/",
                "subtechniques": [{"id": "T1059.001", "name": "PowerShell", "url": "https://attack.mitre.org/techniques/T1059/001/"}]
            }]
        }]);
        assert_eq!(*of("attack"), expected);
    }
}
