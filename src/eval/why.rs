//! Why a rule matches an event, or does not: the smallest part of the rule as written that decides it.
//!
//! Contract: the answer is that of [`matches`](super::matches), and changing the truth of all the named items, of
//! nothing else, changes it. What all operands decide together is named whole (the parts of a conjunction that are
//! false); what each operand could decide alone is named by the operand with the fewest reasons, the first of them.
//! Deliberately absent: formulas, and how near a value is to what was wanted.

use super::{Bag, found, item_holds, selects, value_holds};
use crate::diag::quote;
use crate::event::{Event, Member};
use crate::rule::{Condition, Detection, DetectionItem, Linking, Modifier, Quantifier, Rule, Search, Value, ValueKind};
use crate::source::Place;
use crate::text::pattern::{Part, Pattern};

/// So many values of an event are shown.
const SHOWN: usize = 3;

/// What decides whether a rule matches an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it matches.
    pub matches: bool,
    /// The items that decide it, in the order of the rule.
    pub reasons: Vec<Reason>,
}

/// An item of a rule that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Where: the value that decides, where one does; else the key.
    pub place: Place,
    /// What the rule asks and what the event has: lower case, no period.
    pub message: String,
}

/// Why a rule matches an event, or does not.
pub fn why(rule: &Rule, event: &Event) -> Explanation {
    let filters = rule.filters.iter().map(|filter| conditions(Junction::All, filter, event));
    let all = std::iter::once(conditions(Junction::Any, &rule.detection, event)).chain(filters).collect();
    let Decided { truth, items } = Decided::of(Junction::All, all);
    Explanation { matches: truth, reasons: items.iter().map(|item| item.reason(event)).collect() }
}

/// How parts are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Junction {
    All,
    Any,
}

/// A part of a rule, with the items that decide its truth.
struct Decided<'r> {
    truth: bool,
    items: Vec<Item<'r>>,
}

/// An item, with the one value of it that decides.
#[derive(Clone, Copy)]
struct Item<'r> {
    item: &'r DetectionItem,
    value: Option<&'r Value>,
    truth: bool,
}

impl<'r> Decided<'r> {
    /// Parts together. A conjunction is false by its false parts, of which each must change; it is true by all of them,
    /// of which each could change it. A disjunction is the other way round. Where one suffices, the smallest is named.
    fn of(junction: Junction, parts: Vec<Self>) -> Self {
        let truth = match junction {
            Junction::All => parts.iter().all(|part| part.truth),
            Junction::Any => parts.iter().any(|part| part.truth),
        };
        let deciding = parts.into_iter().filter(|part| part.truth == truth).map(|part| part.items);
        let items = match junction {
            Junction::All => deciding.flatten().collect(),
            Junction::Any => deciding.min_by_key(Vec::len).unwrap_or_default(),
        };
        Self { truth, items }
    }
}

fn conditions<'r>(junction: Junction, detection: &'r Detection, event: &Event) -> Decided<'r> {
    Decided::of(junction, detection.conditions.iter().map(|it| part(&it.condition, detection, event)).collect())
}

fn part<'r>(condition: &Condition, detection: &'r Detection, event: &Event) -> Decided<'r> {
    let parts = |operands: &[Condition]| operands.iter().map(|operand| part(operand, detection, event)).collect();
    match condition {
        Condition::Or(operands) => Decided::of(Junction::Any, parts(operands)),
        Condition::And(operands) => Decided::of(Junction::All, parts(operands)),
        Condition::Not(operand) => {
            let inner = part(operand, detection, event);
            Decided { truth: !inner.truth, ..inner }
        }
        Condition::Identifier(name) => {
            let named = detection.identifiers.iter().filter(|it| it.name == *name);
            Decided::of(Junction::Any, named.map(|it| search(&it.search, event)).collect())
        }
        Condition::Selector { quantifier, pattern } => {
            let junction = match quantifier {
                Quantifier::Any => Junction::Any,
                Quantifier::All => Junction::All,
            };
            let selected = detection.identifiers.iter().filter(|it| selects(pattern, it));
            Decided::of(junction, selected.map(|it| search(&it.search, event)).collect())
        }
    }
}

fn search<'r>(own: &'r Search, event: &Event) -> Decided<'r> {
    match own {
        Search::All(items) => Decided::of(Junction::All, items.iter().map(|own| item(own, event)).collect()),
        // Of a long list that matches, only what does is looked at closely.
        Search::Any(searches) => {
            let truth = found(own, event);
            let parts = searches.iter().filter(|inner| found(inner, event) == truth);
            Decided::of(Junction::Any, parts.map(|inner| search(inner, event)).collect())
        }
        Search::Keywords(keywords) => Decided::of(Junction::All, vec![item(keywords, event)]),
    }
}

fn item<'r>(own: &'r DetectionItem, event: &Event) -> Decided<'r> {
    let truth = item_holds(own, event);
    Decided { truth, items: vec![Item { item: own, value: value(own, truth, event), truth }] }
}

/// The value that decides an item alone: one that holds where any may, one that does not where all must.
fn value<'r>(own: &'r DetectionItem, truth: bool, event: &Event) -> Option<&'r Value> {
    if let [only] = own.values.as_slice() {
        return Some(only);
    }
    let positive = truth != own.has(Modifier::Neq);
    let decides = match own.linking {
        Linking::Any => positive,
        Linking::All => !positive,
    };
    let bag = Bag::new(own.field.as_ref().map_or_else(|| event.leaves(), |name| event.field(name)));
    own.values.iter().filter(|_| decides).find(|value| value_holds(own, &value.kind, &bag, event) == positive)
}

impl Item<'_> {
    fn reason(&self, event: &Event) -> Reason {
        let asked = match (self.value, self.item.values.len()) {
            (Some(value), _) => format!("{}: {}", self.key(), written(&value.kind)),
            (None, number) => format!("{}: {} of {number} values", self.key(), if self.any() { "any" } else { "all" }),
        };
        let verb = if self.truth { "holds" } else { "does not hold" };
        let message = format!("{} {verb}: {}", quote(&asked), self.actual(event));
        Reason { place: self.value.map_or(self.item.place, |value| value.place), message }
    }

    fn any(&self) -> bool {
        self.item.linking == Linking::Any
    }

    /// The key as it is written, with the first name of each modifier.
    fn key(&self) -> String {
        let field = self.item.field.as_deref().unwrap_or_default();
        let modifiers = self.item.modifiers.iter().map(|modifier| format!("|{}", modifier.name()));
        let key = std::iter::once(field.to_owned()).chain(modifiers).collect::<String>();
        if key.is_empty() { "keywords".to_owned() } else { key }
    }

    /// What the event has there.
    fn actual(&self, event: &Event) -> String {
        let Some(field) = &self.item.field else {
            let leaves = event.leaves();
            return if leaves.is_empty() { "the event has no values".to_owned() } else { format!("the event has {}", values(&leaves)) };
        };
        let other = self.item.values.iter().find_map(|value| if let ValueKind::Field(name) = &value.kind { Some(name) } else { None });
        let said = |name: &str| match event.field(name).as_slice() {
            [] => format!("{} is absent", quote(name)),
            members => format!("{} is {}", quote(name), values(members)),
        };
        [Some(said(field)), other.map(|name| said(name))].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn values(members: &[Member<'_>]) -> String {
    let mut shown: Vec<String> =
        members.iter().take(SHOWN).map(|member| member.canonical().map_or_else(|| "an object".to_owned(), |text| quote(&text))).collect();
    if members.len() > SHOWN {
        shown.push(format!("{} more", members.len() - SHOWN));
    }
    shown.join(", ")
}

/// A value as a rule writes it, but for escapes.
fn written(value: &ValueKind) -> String {
    match value {
        ValueKind::Text(pattern) => format!("'{}'", text(pattern)),
        ValueKind::Regex(text) | ValueKind::Field(text) => format!("'{text}'"),
        ValueKind::Network(network) => network.to_string(),
        ValueKind::Number(number) => number.to_string(),
        ValueKind::Boolean(value) => value.to_string(),
        ValueKind::Null => "null".to_owned(),
        ValueKind::AnyOf(values) => format!("one of {}", values.iter().map(written).collect::<Vec<_>>().join(", ")),
    }
}

fn text(pattern: &Pattern) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::One => "?".to_owned(),
        Part::Any => "*".to_owned(),
    };
    pattern.parts().iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::rule::parse;
    use crate::source::Source;
    use serde_json::json;

    const RULE: &str = r"title: a
logsource: {product: x}
detection:
  image:
    Image|endswith: '\cmd.exe'
    User: [a, b]
  parent:
    - Parent: x
      Level|gt: 5
    - Hash|contains|all: [p, q]
  filter_one:
    Path|startswith: [/tmp, /var]
  filter_two:
    Kind: null
  words:
    - secret
  condition: CONDITION
";

    /// The lines and messages of the reasons, on an event.
    fn explain(condition: &str, event: serde_json::Value) -> (bool, Vec<(u32, String)>) {
        let text = RULE.replace("CONDITION", condition);
        let rule = parse(&Source::new("test", &text)).remove(0).rule.unwrap();
        let event = Event::new(event.as_object().unwrap().clone());
        let Explanation { matches, reasons } = why(&rule, &event);
        assert_eq!(matches, super::super::matches(&rule, &event));
        (matches, reasons.into_iter().map(|reason| (reason.place.line, reason.message)).collect())
    }

    #[test]
    fn names_every_false_part_of_a_conjunction() {
        let said = explain("image and words", json!({"Image": "C:\\x.exe", "User": "b"}));
        let expected = [
            (5, "`Image|endswith: '\\cmd.exe'` does not hold: `Image` is `C:\\x.exe`".to_owned()),
            (16, "`keywords: 'secret'` does not hold: the event has `C:\\x.exe`, `b`".to_owned()),
        ];
        assert_eq!(said, (false, expected.to_vec()));
        let said = explain("image", json!({"Image": ["a", 5, "c", "d"]}));
        assert_eq!(said.1.first().unwrap().1, "`Image|endswith: '\\cmd.exe'` does not hold: `Image` is `a`, `5`, `c`, 1 more");
        assert_eq!(said.1.last().unwrap(), &(6, "`User: any of 2 values` does not hold: `User` is absent".to_owned()));
    }

    #[test]
    fn names_the_nearest_part_of_a_disjunction() {
        let said = explain("image or parent", json!({"Parent": "x", "Level": 5}));
        assert_eq!(said, (false, vec![(9, "`Level|gt: 5` does not hold: `Level` is `5`".to_owned())]));
        let said = explain("1 of them", json!({"Kind": 1, "Hash": "p", "Parent": "y", "Image": "x"}));
        assert_eq!(said.1.len(), 1, "{said:?}");
        let said = explain("parent", json!({"Hash": "p"}));
        assert_eq!(said, (false, vec![(10, "`Hash|contains|all: 'q'` does not hold: `Hash` is `p`".to_owned())]));
    }

    #[test]
    fn names_what_matched_below_a_negation() {
        let said = explain("not 1 of filter_*", json!({"Path": "/var/x", "Kind": 1}));
        assert_eq!(said, (false, vec![(12, "`Path|startswith: '/var'` holds: `Path` is `/var/x`".to_owned())]));
        let said = explain("not 1 of filter_*", json!({"Path": "/x"}));
        assert_eq!(said, (false, vec![(14, "`Kind: null` holds: `Kind` is absent".to_owned())]));
    }

    #[test]
    fn names_what_a_match_rests_on() {
        let said = explain("image or words", json!({"A": "a secret"}));
        assert_eq!(said, (true, vec![(16, "`keywords: 'secret'` holds: the event has `a secret`".to_owned())]));
    }
}
