//! The assumptions of the reader of SPL, each tied to what it makes equal: on records where one holds, the readings that
//! the documentation leaves open agree.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::Value;
use verisigma::event::Event;
use verisigma::ir::eval::matches;
use verisigma::ir::{Case, Comparison, Decimal, Expr, Pattern, Predicate, Subject};
use verisigma::lang::spl::schema;
use verisigma::source::Place;
use verisigma::storage::{Assumption, Name};

const COMPARISONS: [Comparison; 5] = [Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte, Comparison::Eq];

fn bag() -> impl Strategy<Value = Vec<String>> {
    let texts = ["5", "05", "5.0", "+5", "4", "10", "-5", "0x5", "a", "b", "B", "c", "", "é", "É", "10.0.0.1", "010.0.0.1", "::1", "0::1"];
    prop::collection::vec(prop::sample::select(texts.to_vec()).prop_map(str::to_owned), 0..3)
}

/// Whether the assumption holds for these values, and the record that they make.
fn within(name: Name, pattern: Option<&str>, values: &[String]) -> (bool, Event) {
    let assumption = match pattern {
        Some(pattern) => Assumption::on_pattern(name, "f", &Pattern::exact(pattern), ""),
        None => Assumption::on_field(name, "f", ""),
    };
    let event = Event::default().with("f", Value::from(values));
    let storage = schema("").unwrap_or_else(|error| panic!("{}", error.message));
    let record = storage.record(&event, &["f"]).unwrap_or_default();
    (assumption.holds(&storage, &event, &record), record)
}

fn says(predicate: Predicate, record: &Event) -> bool {
    matches(&Expr::test(Subject::field("f"), predicate, Place::NOWHERE), record)
}

/// A number as the most lenient engine reads it.
fn lenient(text: &str) -> Option<Decimal> {
    let hexadecimal = text.strip_prefix("0x").and_then(Decimal::parse);
    hexadecimal.or_else(|| Decimal::parse_loosely(text))
}

proptest! {
    /// Whichever spellings of numbers an engine knows, it compares the same.
    #[test]
    fn spellings_of_numbers(values in bag(), number in prop::sample::select(vec!["5", "4", "-5", "0"])) {
        let Some(number) = Decimal::parse(number) else { return Ok(()) };
        for name in [Name::NumberSpelling, Name::NumericValues] {
            let (holds, record) = within(name, None, &values);
            for op in COMPARISONS.into_iter().filter(|_| holds) {
                let all = values.iter().filter_map(|text| lenient(text)).any(|own| op.accepts(own.cmp(&number)));
                prop_assert_eq!(says(Predicate::Compare { op, number: number.clone() }, &record), all);
            }
        }
    }

    /// Equality of texts is equality of numbers.
    #[test]
    fn other_spellings_of_one_number(values in bag(), number in prop::sample::select(vec!["5", "4", "5.0"])) {
        let (holds, record) = within(Name::PlainNumbers, Some(number), &values);
        let equal = values.iter().any(|text| text == number || Decimal::parse_loosely(text).is_some_and(|own| Decimal::parse_loosely(number) == Some(own)));
        prop_assert!(!holds || says(Predicate::like(Pattern::exact(number), Case::Ascii), &record) == equal);
    }

    /// Every case relation orders the texts alike, and all values give one answer.
    #[test]
    fn orders_of_texts(values in bag(), text in prop::sample::select(vec!["b", "C", "é"])) {
        let (holds, record) = within(Name::TextOrder, Some(text), &values);
        let (one_sided, _) = within(Name::OneSided, Some(text), &values);
        for op in COMPARISONS.into_iter().filter(|_| holds) {
            let answers = [Case::Sensitive, Case::Ascii, Case::Fold].map(|case| says(Predicate::Order { op, text: text.to_owned(), case }, &record));
            prop_assert!(answers.iter().all(|answer| *answer == answers[0]));
            let all = values.iter().all(|own| op.accepts(own.as_str().cmp(text)));
            prop_assert!(!one_sided || values.is_empty() || answers[0] == all);
        }
    }

    /// Addresses are known by their text.
    #[test]
    fn spellings_of_addresses(values in bag()) {
        let (holds, record) = within(Name::IpSpelling, None, &values);
        for (network, text) in [("10.0.0.1/32", "10.0.0.1"), ("::1/128", "::1")] {
            let any = network.parse().into_iter().collect();
            let equal = says(Predicate::like(Pattern::exact(text), Case::Sensitive), &record);
            let is_within = says(Predicate::Within { any }, &record);
            prop_assert!(!holds || is_within == equal);
        }
    }

    /// A missing field is no value.
    #[test]
    fn presence(values in bag()) {
        let (holds, record) = within(Name::FieldPresent, None, &values);
        prop_assert_eq!(holds, says(Predicate::Exists, &record));
    }
}
