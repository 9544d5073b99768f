//! Numbers against members: equality, comparisons, and parts of times (sigma.md §2.1, §4.1).

use crate::event::Member;
use crate::rule::{DetectionItem, Modifier};
use crate::text::number::Decimal;
use crate::text::time;
use std::cmp::Ordering;

/// Whether a member is to the number as the item asks.
pub(super) fn holds(item: &DetectionItem, member: Member<'_>, number: &Decimal) -> bool {
    match part(item) {
        Some(part) => part_compares(item, member, part, number),
        None => compares(item, member, number),
    }
}

/// §4.1 `lt lte gt gte`: JSON numbers, and texts in JSON's number grammar, in numeric order. Without a
/// comparison §2.1, D-10: an equal JSON number, or the canonical text (whose characters have no case).
fn compares(item: &DetectionItem, member: Member<'_>, number: &Decimal) -> bool {
    let actual = match member {
        Member::Number(number) => Decimal::parse(number.as_str()),
        Member::Text(text) => Decimal::parse(text),
        Member::Boolean(_) | Member::Object => None,
    };
    let order = actual.map(|actual| actual.cmp(number));
    match comparison(item) {
        Some(holds) => order.is_some_and(holds),
        None => match member {
            Member::Text(text) => text == number.to_string(),
            Member::Number(_) | Member::Boolean(_) | Member::Object => order.is_some_and(Ordering::is_eq),
        },
    }
}

/// §4.1 `minute` … `year`: the part, in UTC, of a text that is a time; a number never is (D-22). Equality, or the comparison
/// that follows.
fn part_compares(item: &DetectionItem, member: Member<'_>, part: time::Part, number: &Decimal) -> bool {
    let actual = match member {
        Member::Text(text) => time::parse(text).map(|time| Decimal::from(time.part(part))),
        Member::Number(_) | Member::Boolean(_) | Member::Object => None,
    };
    let holds = comparison(item).unwrap_or(Ordering::is_eq);
    actual.is_some_and(|actual| holds(actual.cmp(number)))
}

/// The part of a time that an item asks for.
fn part(item: &DetectionItem) -> Option<time::Part> {
    item.modifiers.iter().find_map(|modifier| if let Modifier::Time(part) = modifier { Some(*part) } else { None })
}

/// The comparison that an item asks for.
fn comparison(item: &DetectionItem) -> Option<Comparison> {
    COMPARISONS.iter().find(|(modifier, _)| item.has(*modifier)).map(|(_, holds)| *holds)
}

type Comparison = fn(Ordering) -> bool;

const COMPARISONS: [(Modifier, Comparison); 4] =
    [(Modifier::Lt, Ordering::is_lt), (Modifier::Lte, Ordering::is_le), (Modifier::Gt, Ordering::is_gt), (Modifier::Gte, Ordering::is_ge)];
