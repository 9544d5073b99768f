//! Any text can be a value or the name of a field: what is written for it reads back as one test with exactly
//! that text, or it is refused by name. No text breaks out of its literal, and none becomes another.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

mod sqlite;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlite::Table;
use std::sync::Arc;
use verisigma::backend::{Metadata, Settings, Target, Written, builtin};
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::ir::{Case, Expr, Pattern, Predicate, Regex, Subject, eval};
use verisigma::lang::{self, Reader};
use verisigma::source::Place;
use verisigma::storage::{Name, Storage};
use verisigma::text::pattern::Part;
use verisigma::verify::Facts;
use verisigma::verify::prove::compare;

/// One text in so many is put to the real engine as well.
const SAMPLE: u32 = 20;
/// Beyond this many bytes patterns become regular expressions.
const LONG: usize = 50_000;

/// A target on one of its storages, with what it may refuse.
struct Check {
    target: Arc<Target>,
    reader: Reader,
    storage: Storage,
    settings: Settings,
    /// Whether a pattern may be refused under a case relation.
    refuses_value: fn(&Pattern, Case) -> bool,
    /// Whether a name may be.
    refuses_name: fn(&str) -> bool,
}

impl Check {
    fn new(target: &str, storage: &str, refuses_value: fn(&Pattern, Case) -> bool, refuses_name: fn(&str) -> bool) -> Self {
        let target = builtin(target).unwrap().unwrap();
        let reader = lang::reader(&target.language.name, target.language.dialect.as_deref()).unwrap();
        let storage = target.storages.iter().find(|own| own.name == storage).unwrap().storage.clone();
        Self { target, reader, storage, settings: Settings::default(), refuses_value, refuses_name }
    }

    /// Values go another way where the usual one would assume something that is denied.
    fn denying(mut self, denied: &[Name]) -> Self {
        self.settings.denied = denied.to_vec();
        self
    }

    fn sqlite() -> Self {
        Self::new("sqlite", "text", has_nul, |name| name.is_empty() || name.contains('\0'))
    }

    fn all() -> [Self; 5] {
        let splunk = || Self::new("splunk", "fields", |_, _| false, not_a_name_in_spl);
        [
            Self::sqlite(),
            splunk(),
            splunk().denying(&[Name::SearchTimeFields, Name::NoLineBreaks]),
            Self::new("kql", "keyword", |pattern, _| not_in_kql(pattern), not_a_name_in_kql),
            Self::new("kql", "lowercase-keyword", |pattern, case| not_in_kql(pattern) || is_cased(pattern, case), not_a_name_in_kql),
        ]
    }

    fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The query for a formula about a field with this name and a pattern; `None` where it is refused by name.
    fn written(&self, expr: &Expr, (name, pattern, case): (&str, &Pattern, Case)) -> Option<Written> {
        match self.target.write(expr, self.storage(), &self.settings, &Metadata::new()) {
            Ok(written) => Some(written),
            Err(why) => {
                let may_be = match why.code {
                    Code::RefusedFieldName => (self.refuses_name)(name),
                    Code::RefusedLiteral | Code::RefusedCase | Code::RefusedRegex => (self.refuses_value)(pattern, case),
                    _ => false,
                };
                assert!(may_be, "{name:?} {pattern:?} {case:?}: {}: {}", why.code.name(), why.message);
                None
            }
        }
    }

    /// Writes, reads back and compares. What no literal for patterns of SQLite can hold may come back as a regular
    /// expression, of which events have to show that it is the same.
    fn comes_back(&self, name: &str, pattern: &Pattern, case: Case) -> Option<(Expr, Written)> {
        let expr = like(name, pattern.clone(), case);
        let written = self.said(&expr, (name, pattern, case))?;
        Some((expr, written))
    }

    /// The same for a formula that means that the field is like the pattern.
    fn said(&self, expr: &Expr, (name, pattern, case): (&str, &Pattern, Case)) -> Option<Written> {
        let written = self.written(expr, (name, pattern, case))?;
        let reading = self.reader.read(&written.text, self.storage()).unwrap_or_else(|why| panic!("{}: {}", why.message, written.text));
        let (bound, _) = self.storage().bind(expr).unwrap();
        let is_equal =
            compare(&bound, &self.storage().in_one_way(&reading.expr), &Facts::new(self.storage(), &written.assumptions)).equal();
        let mut is_regex = true;
        reading.expr.for_each_test(&mut |test| is_regex &= matches!(test.predicate, Predicate::Regex(_)));
        let length: usize = pattern.literal_chars().map(char::len_utf8).sum();
        // With letters beyond ASCII beside a NUL, what stands before such an expression looks for one of them only.
        let is_wide = matches!(pattern.needed_case(case), Case::Lower | Case::Fold);
        let hard = (is_regex && length > LONG) || (has_nul(pattern, case) && (is_regex || is_wide));
        assert!(is_equal || hard, "{bound:?} is {:?}: {}", reading.expr, written.text);
        Some(written)
    }

    /// Asks SQLite about rows with texts; where the assumptions hold it must say what the formula says.
    fn engine_agrees(&self, expr: &Expr, written: &Written, field: &str, texts: &[String]) {
        let (bound, _) = self.storage().bind(expr).unwrap();
        let events: Vec<Event> = texts.iter().map(|text| Event::default().with(field, text.as_str().into())).collect();
        let found = Table::new(self.storage(), &[field], &events).answers(&written.text).unwrap();
        for (event, found) in events.iter().zip(found) {
            let record = self.storage().record(event, &[field]).unwrap();
            if written.assumptions.iter().all(|assumption| assumption.holds(self.storage(), event, &record)) {
                assert_eq!(found, Some(eval::matches(&bound, &record)), "{record:?}: {}", written.text);
            }
        }
    }
}

/// The patterns that a text is used in: equals, contains, startswith, endswith, with wildcards inside.
fn patterns(text: &str, wildcards: &[(usize, Part)]) -> Vec<Pattern> {
    let exact = Pattern::exact(text);
    let mut parts: Vec<Part> = text.chars().map(|c| Part::Text(c.to_string())).collect();
    for (place, wildcard) in wildcards {
        parts.insert(place % (parts.len() + 1), wildcard.clone());
    }
    vec![exact.with_any_before().with_any_after(), exact.with_any_after(), exact.with_any_before(), Pattern::new(parts), exact]
}

fn like(field: &str, pattern: Pattern, case: Case) -> Expr {
    Expr::test(Subject::field(field), Predicate::like(pattern, case), Place::NOWHERE)
}

/// A text and others that are nearly it.
fn near(text: &str) -> Vec<String> {
    let mut shorter = text.to_owned();
    shorter.pop();
    let swapped = text.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
    vec![text.to_owned(), shorter, format!("{text}x"), format!("x{text}"), format!("x{text}\n"), swapped]
}

/// Characters that some language escapes, folds or forbids, and any others.
fn character() -> impl Strategy<Value = char> {
    let peculiar: Vec<char> = "'\"`\\%_*?[]^!-{}()|.$+#/:;,&<>=~@ \t\n\r\0\u{7}\u{1b}\u{7f}".chars().collect();
    let foreign: Vec<char> =
        "éÉßſ\u{212a}İıςΣ\u{301}\u{5d0}\u{627}\u{202e}\u{200b}\u{feff}\u{2028}\u{fffd}\u{ffff}😀\u{10ffff}".chars().collect();
    prop_oneof![
        4 => prop::sample::select(peculiar),
        3 => prop::char::range('0', 'z'),
        1 => prop::sample::select(foreign),
        1 => any::<char>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let of = |length| prop::collection::vec(character(), length).prop_map(String::from_iter);
    prop_oneof![20 => of(0..12), 1 => of(0..301)]
}

fn wildcards() -> impl Strategy<Value = Vec<(usize, Part)>> {
    prop::collection::vec((0_usize..400, prop::sample::select(vec![Part::Any, Part::One])), 1..4)
}

fn cases() -> u32 {
    let asked = std::env::var("VERISIGMA_CASES").ok().and_then(|cases| cases.parse().ok());
    asked.unwrap_or(if cfg!(debug_assertions) { 5_000 } else { 100_000 })
}

/// A text with what is done to it.
#[derive(Debug, Clone)]
struct Use {
    text: String,
    wildcards: Vec<(usize, Part)>,
    /// Which of the patterns.
    shape: usize,
    case: Case,
    /// Whether the engine is asked as well.
    sampled: bool,
}

fn uses() -> impl Strategy<Value = Use> {
    let case = prop::sample::select(vec![Case::Fold, Case::Sensitive]);
    (text(), wildcards(), 0_usize..5, case, 0..SAMPLE).prop_map(|(text, wildcards, shape, case, sample)| Use {
        text,
        wildcards,
        shape,
        case,
        sampled: sample == 0,
    })
}

fn for_each_use(check: impl Fn(Use)) {
    let mut runner = TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let result = runner.run(&uses(), |case| {
        check(case);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

fn has_nul(pattern: &Pattern, _: Case) -> bool {
    pattern.literal_chars().any(|c| c == '\0')
}

/// Whether case counts, on a field that has lower case only.
fn is_cased(pattern: &Pattern, case: Case) -> bool {
    case == Case::Sensitive && pattern.needed_case(Case::Fold) != Case::Sensitive
}

/// What no quotes of SPL are documented to hold: quotes, the characters of escapes and macros, `*`.
fn not_a_name_in_spl(name: &str) -> bool {
    name.is_empty() || name.contains(|c: char| "\\\"'`*".contains(c) || c.is_control())
}

fn not_a_name_in_kql(name: &str) -> bool {
    name.is_empty() || name.contains('*')
}

/// What KQL has no literal for: `?` as a wildcard, a blank at the edge of a value with wildcards.
fn not_in_kql(pattern: &Pattern) -> bool {
    let parts = pattern.parts();
    let starts = |part: Option<&Part>| matches!(part, Some(Part::Text(text)) if text.starts_with(is_blank));
    let ends = |part: Option<&Part>| matches!(part, Some(Part::Text(text)) if text.ends_with(is_blank));
    parts.contains(&Part::One) || (pattern.as_exact().is_none() && (starts(parts.first()) || ends(parts.last())))
}

/// What JavaScript trims.
fn is_blank(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

#[test]
fn values_come_back_as_they_are() {
    for check in Check::all() {
        for_each_use(|case| {
            let pattern = &patterns(&case.text, &case.wildcards)[case.shape];
            let back = check.comes_back("field", pattern, case.case);
            if let Some((expr, written)) = back.filter(|_| case.sampled && check.target.name == "sqlite") {
                check.engine_agrees(&expr, &written, "field", &near(&case.text));
            }
        });
    }
}

#[test]
fn expressions_of_texts_come_back_as_they_are() {
    for check in Check::all() {
        for_each_use(|case| {
            let pattern = Pattern::exact(&case.text).with_any_before().with_any_after();
            let flags = if case.case == Case::Fold { "(?i)" } else { "" };
            let tree = regex_syntax::parse(&format!("{flags}{}", regex_syntax::escape(&case.text))).unwrap();
            let expr = Expr::test(Subject::field("field"), Predicate::Regex(Regex::new(&tree).unwrap()), Place::NOWHERE);
            let written = check.said(&expr, ("field", &pattern, case.case));
            if let Some(written) = written.filter(|_| case.sampled && check.target.name == "sqlite") {
                check.engine_agrees(&expr, &written, "field", &near(&case.text));
            }
        });
    }
}

#[test]
fn names_of_fields_come_back_as_they_are() {
    for check in Check::all() {
        for_each_use(|case| {
            let back = check.comes_back(&case.text, &Pattern::exact("value"), case.case);
            if let Some((expr, written)) = back.filter(|_| case.sampled && check.target.name == "sqlite") {
                check.engine_agrees(&expr, &written, &case.text, &near("value"));
            }
        });
    }
}

#[test]
fn long_values_come_back_as_they_are() {
    let check = Check::sqlite();
    let unit = "it's 100%_*?[!]\\ é";
    let long = unit.repeat(60_000 / unit.len());
    let wildcards = vec![(7, Part::Any), (30, Part::One)];
    for (shape, case) in [(0, Case::Fold), (1, Case::Sensitive), (3, Case::Sensitive), (4, Case::Fold)] {
        let (expr, written) = check.comes_back("field", &patterns(&long, &wildcards)[shape], case).unwrap();
        check.engine_agrees(&expr, &written, "field", &near(&long)[..2]);
    }
}
