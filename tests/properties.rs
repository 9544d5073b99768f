//! Random rules over all of Sigma's surface: whatever a rule says, the reference evaluator, its formula and the
//! written query of each target as it is read back say the same of every event.
//!
//! Rules are made from a seed, as text, so that the parser takes part. Events are derived from each rule, and
//! some are random: several values, nested ones, numbers, times, absent fields. How often each modifier occurred in each
//! shape is counted, so that a gap in what is generated is a failure as well.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it counted"
)]

use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use verisigma::backend::{self, Metadata, Settings, builtin};
use verisigma::engine::{self, Conversion, Job, Request, RuleSet, Schema};
use verisigma::event::Event;
use verisigma::ir::{Expr, eval, lower, print};
use verisigma::lang::{self, Reader};
use verisigma::rule::{DetectionItem, Linking, Modifier, Rule, Search};
use verisigma::source::Source;
use verisigma::storage::Storage;
use verisigma::verify::derive::derive;

/// A small deterministic generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn many(&mut self, least: usize, most: usize, mut make: impl FnMut(&mut Self) -> String) -> Vec<String> {
        (0..least + self.below(most - least + 1)).map(|_| make(self)).collect()
    }
}

const FIELDS: [&str; 4] = ["Image", "CommandLine", "event.id", "user name"];
const WORDS: [&str; 26] = [
    "", "a", "ab", "aB", "abc", "5", "5.0", "05", "true", "-", "-x", " /x", "it's", "100%", "a_b", "[a]", "a^b!", "K", "s", "é", "É",
    "\u{212a}", "ſ", "10.1.2.3", "::1", "x\ny",
];
const REGEXES: [&str; 16] = [
    "^a", "b$", "a.c", "[ab]+", r"\d{1,3}", r"\bab\b", r"a|^\s", "(ab)?c", r"5\.0", "(?i)ab", r"[^a-z]", r"\w\W", "a{2}", "^$", r"x\ny",
    r"é|k",
];
const NETWORKS: [&str; 9] =
    ["10.0.0.0/8", "10.1.2.0/23", "10.1.2.3", "0.0.0.0/0", "172.16.0.0/12", "fe80::/10", "::1", "2001:db8::/32", "::ffff:10.0.0.0/104"];
const TIMES: [&str; 8] = [
    "2024-02-29",
    "2024-12-30T23:59:59Z",
    "2021-01-03 22:05",
    "2024-05-06T07:08:09.123+02:00",
    "2024-05-06T23:30:00-01:00",
    "2024-05-06T07",
    "07:08:09",
    "2024-13-01",
];
const NUMBERS: [&str; 12] = ["0", "5", "-5", "5.5", "10", "1000", "1024", "0.5", "4688", "9007199254740993", "1.50", "1e3"];

/// A value as Sigma writes it: words with wildcards and escapes.
fn written(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(3) {
        let wildcard = random.chance(25);
        text.push_str(if wildcard { random.pick(&["*", "?", "\\*", "\\?", "\\\\", "\\"]) } else { random.pick(&WORDS) });
    }
    text
}

fn plain(random: &mut Random) -> String {
    random.pick(&["foobar", "a-b", " -enc", "/x", "ab c", "é", "it's", "5"]).to_owned()
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Modifiers with values that go with them, in one of the shapes that they can have.
fn item(random: &mut Random) -> (String, Vec<String>) {
    let position = random.pick(&["", "", "|contains", "|startswith", "|endswith"]);
    let cased = if random.chance(25) { "|cased" } else { "" };
    let (key, most, value): (String, usize, fn(&mut Random) -> String) = match random.below(18) {
        0 | 1 => {
            let flags: String = ["|i", "|m", "|s"].into_iter().filter(|_| random.chance(30)).collect();
            (format!("|re{flags}"), 3, |random| quoted(random.pick(&REGEXES)))
        }
        2 => ("|cidr".to_owned(), 3, |random| quoted(random.pick(&NETWORKS))),
        3 => (format!("|fieldref{position}{cased}"), 2, |random| quoted(random.pick(&FIELDS))),
        4 => return ("|exists".to_owned(), vec![random.pick(&["true", "false"]).to_owned()]),
        5 => (random.pick(&["|lt", "|lte", "|gt", "|gte"]).to_owned(), 2, |random| random.pick(&NUMBERS[..11]).to_owned()),
        6 | 7 => {
            let charset = random.pick(&["", "|wide", "|utf16le", "|utf16be", "|utf16"]);
            let base64 = random.pick(&["|base64", "|base64offset"]);
            let contains = if base64 == "|base64offset" { "|contains" } else { position };
            (format!("{charset}{base64}{contains}{cased}"), 2, |random| quoted(&plain(random)))
        }
        8 => (format!("|windash{position}{cased}"), 2, |random| quoted(&plain(random))),
        9 => (String::new(), 1, |_| "null".to_owned()),
        10 => (String::new(), 3, |random| random.pick(&NUMBERS[..11]).to_owned()),
        11 => (String::new(), 1, |random| random.pick(&["true", "false"]).to_owned()),
        12 => (time_part(random), 2, |random| random.pick(&["0", "1", "5", "6", "7", "10", "22", "30", "52", "53", "2024"]).to_owned()),
        13 => (String::new(), 3, |random| {
            if random.chance(50) { quoted(&written(random)) } else { random.pick(&["5", "true", "1.5", "-5"]).to_owned() }
        }),
        _ => (format!("{position}{cased}"), 4, |random| quoted(&written(random))),
    };
    let values = random.many(1, most, value);
    let all = if values.len() > 1 && random.chance(40) { "|all" } else { "" };
    let neq = if random.chance(15) { "|neq" } else { "" };
    (format!("{key}{all}{neq}"), values)
}

fn time_part(random: &mut Random) -> String {
    let part = random.pick(&["|minute", "|hour", "|day", "|week", "|month", "|year"]);
    format!("{part}{}", random.pick(&["", "", "|lt", "|lte", "|gt", "|gte"]))
}

fn map(random: &mut Random) -> String {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..=random.below(2) {
        let (modifiers, values) = item(random);
        keys.entry(format!("{}{modifiers}", random.pick(&FIELDS))).or_insert(values);
    }
    let items: Vec<String> = keys.iter().map(|(key, values)| format!("{}: {}", quoted(key), list(values))).collect();
    format!("{{{}}}", items.join(", "))
}

fn list(values: &[String]) -> String {
    if let [only] = values { only.clone() } else { format!("[{}]", values.join(", ")) }
}

fn keywords(random: &mut Random) -> String {
    let values = random.many(2, 3, |random| quoted(&format!("k{}", written(random))));
    match random.below(6) {
        4 => format!("{{\"|{}\": {}}}", random.pick(&["contains", "startswith", "endswith", "windash", "neq"]), list(&values)),
        5 => random.pick(&NUMBERS[..11]).to_owned(),
        0 => format!("{{\"|all\": {}}}", list(&values)),
        1 => format!("{{\"|cased\": {}}}", list(&values)),
        2 => format!("{{\"|re\": {}}}", quoted(random.pick(&REGEXES[..8]))),
        _ => list(&values),
    }
}

fn search(random: &mut Random) -> String {
    match random.below(10) {
        0 => keywords(random),
        1 | 2 => format!("[{}]", random.many(1, 2, map).join(", ")),
        _ => map(random),
    }
}

fn condition(random: &mut Random, depth: usize) -> String {
    match if depth == 0 { 9 } else { random.below(10) } {
        0 | 1 => format!("{} and {}", condition(random, depth - 1), condition(random, depth - 1)),
        2 | 3 => format!("{} or {}", condition(random, depth - 1), condition(random, depth - 1)),
        4 => format!("not {}", condition(random, depth - 1)),
        5 => format!("({})", condition(random, depth - 1)),
        6 => format!("not ({})", condition(random, depth - 1)),
        7 => random.pick(&["1 of them", "all of them", "1 of sel_*", "all of sel_*", "any of them", "1 of _*"]).to_owned(),
        _ => random.pick(&["sel_a", "sel_b", "_hidden"]).to_owned(),
    }
}

fn rule_text(random: &mut Random) -> String {
    let searches: String = ["sel_a", "sel_b", "_hidden"].map(|name| format!("  {name}: {}\n", search(random))).concat();
    let mut conditions = vec![condition(random, 2)];
    if random.chance(10) {
        conditions.push(condition(random, 1));
    }
    let conditions: Vec<String> = conditions.iter().map(|condition| quoted(condition)).collect();
    format!("title: Random\nlogsource: {{category: test}}\ndetection:\n{searches}  condition: {}\n", list(&conditions))
}

/// A random event with values that the words of rules may match.
fn event(random: &mut Random) -> Event {
    let mut event = Event::default();
    for field in FIELDS {
        let value = match random.below(10) {
            0 | 1 => continue,
            2 => Value::Null,
            3 => json!(random.chance(50)),
            4 => serde_json::from_str(random.pick(&NUMBERS)).unwrap(),
            5 => json!([random.pick(&WORDS), random.pick(&WORDS)]),
            9 => json!(random.pick(&TIMES)),
            6 => json!({ "id": random.pick(&WORDS), "inner": {"deep": random.pick(&WORDS)} }),
            _ => json!(format!("{}{}", random.pick(&WORDS), random.pick(&WORDS))),
        };
        // A nested field where the name has a point, now and then.
        match field.split_once('.').filter(|_| random.chance(40)) {
            Some((outer, inner)) => event = event.with(outer, json!({ inner: value })),
            None => event = event.with(field, value),
        }
    }
    event
}

fn schemas() -> Vec<Storage> {
    let texts = "CREATE TABLE events (Image TEXT, CommandLine TEXT, `event.id` TEXT, `user name` TEXT)";
    let mixed = "CREATE TABLE events (Image TEXT COLLATE NOCASE, CommandLine TEXT, `event.id` INTEGER, `user name`)";
    let schema = |text| engine::schema(engine::target("sqlite").unwrap(), &Source::new("schema.sql", text)).unwrap();
    vec![schema(texts), schema(mixed)]
}

/// How values stand in a detection item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Single,
    List,
    All,
    Negated,
    Keyword,
}

/// What a run has seen.
#[derive(Debug, Default)]
struct Tally {
    rules: usize,
    events: usize,
    items: BTreeMap<(Modifier, Shape), usize>,
    invalid: BTreeMap<&'static str, usize>,
    /// For each party what became of conditions.
    parties: BTreeMap<&'static str, Seen>,
}

#[derive(Debug, Default, Clone)]
struct Seen {
    refused: BTreeMap<&'static str, usize>,
    within: usize,
    matched: usize,
}

impl Tally {
    fn add(mut self, other: Self) -> Self {
        self.rules += other.rules;
        self.events += other.events;
        other.items.into_iter().for_each(|(key, count)| *self.items.entry(key).or_default() += count);
        other.invalid.into_iter().for_each(|(key, count)| *self.invalid.entry(key).or_default() += count);
        for (name, seen) in other.parties {
            let own = self.parties.entry(name).or_default();
            own.within += seen.within;
            own.matched += seen.matched;
            seen.refused.into_iter().for_each(|(key, count)| *own.refused.entry(key).or_default() += count);
        }
        self
    }

    fn count(&mut self, search: &Search) {
        match search {
            Search::All(items) => items.iter().for_each(|item| self.count_item(item)),
            Search::Any(searches) => searches.iter().for_each(|search| self.count(search)),
            Search::Keywords(item) => self.count_item(item),
        }
    }

    fn count_item(&mut self, item: &DetectionItem) {
        let shape = match (item.values.len(), item.linking) {
            _ if item.field.is_none() => Shape::Keyword,
            _ if item.has(Modifier::Neq) => Shape::Negated,
            (1, _) => Shape::Single,
            (_, Linking::Any) => Shape::List,
            (_, Linking::All) => Shape::All,
        };
        item.modifiers.iter().for_each(|modifier| *self.items.entry((*modifier, shape)).or_default() += 1);
    }
}

/// A target with a storage, its writer and its reader.
struct Party {
    name: &'static str,
    target: Arc<backend::Target>,
    reader: Reader,
    storage: Storage,
}

/// For each target its storages.
fn parties() -> Vec<Vec<Party>> {
    let party = |name, target: &str, storage: Option<Storage>| {
        let target = builtin(target).unwrap().unwrap();
        let reader = lang::reader(&target.language.name, target.language.dialect.as_deref()).unwrap();
        let storage = storage.unwrap_or_else(|| target.default_storage().unwrap().clone());
        Party { name, target, reader, storage }
    };
    let lowercase =
        builtin("kql").unwrap().unwrap().storages.iter().find(|own| own.name == "lowercase-keyword").map(|own| own.storage.clone());
    let [texts, mixed] = schemas().try_into().unwrap();
    vec![
        vec![party("sqlite texts", "sqlite", Some(texts)), party("sqlite mixed", "sqlite", Some(mixed))],
        vec![party("splunk", "splunk", None)],
        vec![party("kql", "kql", None), party("kql lowercase-keyword", "kql", lowercase)],
    ]
}

/// One condition of a rule, with the text for a failure to show.
struct Case<'c> {
    text: &'c str,
    rule: &'c Rule,
    number: usize,
    meaning: &'c Expr,
}

impl Case<'_> {
    fn expected(&self, event: &Event) -> bool {
        verisigma::eval::matches_condition(self.rule, self.number, event)
    }

    /// The answers of the evaluator, which those of the formula are.
    fn answered(&self, events: Vec<Event>) -> Vec<(Event, bool)> {
        let answer = |event: Event| {
            let expected = self.expected(&event);
            let (text, shown) = (self.text, || print::print(self.meaning));
            assert_eq!(eval::matches(self.meaning, &event), expected, "lower: {text}\n{}\n{event:?}", shown());
            (event, expected)
        };
        events.into_iter().map(answer).collect()
    }

    /// Evaluator and query, wherever an event has a record within the assumptions.
    fn query_agrees(&self, party: &Party, events: &[(Event, bool)], seen: &mut Seen) {
        let Party { name, target, reader, storage } = party;
        let (storage, suited) = storage.suited(self.meaning);
        let written = match target.write(self.meaning, &storage, &Settings::default(), &Metadata::new()) {
            Ok(written) => written,
            Err(why) => {
                assert!(why.code.name().starts_with("refused_"), "{why:?}: {}", self.text);
                *seen.refused.entry(why.code.name()).or_default() += 1;
                return;
            }
        };
        let reading = reader.read(&written.text, &storage).unwrap_or_else(|why| panic!("{}: {}\n{}", why.message, written.text, self.text));
        let (expanded, bound) = target.expand(self.meaning, &storage).unwrap();
        let distortions = storage.distortions(&expanded);
        let assumptions: Vec<_> =
            written.assumptions.iter().chain(&bound).chain(&suited).chain(&reading.assumptions).chain(&distortions).collect();
        let mut names: BTreeSet<&str> = FIELDS.into_iter().collect();
        for expr in [&expanded, &reading.expr] {
            expr.for_each_field(&mut |field| {
                names.insert(field);
            });
        }
        let recorder = storage.recorder(&names.into_iter().collect::<Vec<_>>());
        let own = if expanded == *self.meaning { Vec::new() } else { self.answered(derive(&expanded).events) };
        for (event, expected) in events.iter().chain(&own) {
            let Some(record) = recorder.record(event) else { continue };
            // Keywords look at every leaf of an event, a storage has its columns only.
            let is_held = expanded == *self.meaning || event.leaves().len() == record.leaves().len();
            if !is_held || !assumptions.iter().all(|assumption| assumption.holds(&storage, event, &record)) {
                continue;
            }
            let expected = *expected;
            seen.within += 1;
            seen.matched += usize::from(expected);
            let actual = eval::matches(&reading.expr, &record);
            assert_eq!(actual, expected, "{name}: {}\n{}\n{event:?}\n{record:?}", self.text, written.text);
        }
    }
}

/// A random rule that the parser takes, with its text.
fn rule(random: &mut Random, tally: &mut Tally) -> (String, Rule) {
    for _ in 0..100 {
        let text = rule_text(random);
        let document = engine::parse(&Source::new("rule.yml", &text)).remove(0);
        if let Some(rule) = document.rule {
            rule.detection.identifiers.iter().for_each(|it| tally.count(&it.search));
            tally.rules += 1;
            return (text, rule);
        }
        *tally.invalid.entry(document.diagnostics[0].code.name()).or_default() += 1;
    }
    panic!("no rule is taken: {:?}", tally.invalid)
}

fn rounds(usual: usize) -> usize {
    std::env::var("VERISIGMA_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

/// At most so many of the events that are derived for a rule are asked about, spread over all of them.
const DERIVED: usize = 48;

/// So many rules are made from one seed.
const BATCH: usize = 100;

fn batch(seed: u64, parties: &[Vec<Party>]) -> Tally {
    let (mut random, mut tally) = (Random(seed), Tally::default());
    for _ in 0..BATCH {
        let (text, rule) = rule(&mut random, &mut tally);
        for (number, meaning) in lower::lower(&rule).unwrap().iter().enumerate() {
            let case = Case { text: &text, rule: &rule, number, meaning };
            let derived = derive(meaning).events;
            let step = derived.len().div_ceil(DERIVED).max(1);
            let mut events: Vec<Event> = derived.into_iter().step_by(step).collect();
            events.extend((0..6).map(|_| event(&mut random)));
            tally.events += events.len();
            let events = case.answered(events);
            // One storage of each target, in turns.
            for storages in parties {
                let party = random.pick(&storages.iter().collect::<Vec<_>>());
                case.query_agrees(party, &events, tally.parties.entry(party.name).or_default());
            }
        }
    }
    tally
}

/// The shapes that no rule can have: `exists` takes a single value and no other modifier, and what needs a field is no
/// modifier of keywords.
fn is_impossible(modifier: Modifier, shape: Shape) -> bool {
    let needs_field = matches!(
        modifier,
        Modifier::Exists
            | Modifier::Cidr
            | Modifier::Fieldref
            | Modifier::Lt
            | Modifier::Lte
            | Modifier::Gt
            | Modifier::Gte
            | Modifier::Time(_)
    );
    match shape {
        Shape::Keyword => needs_field,
        Shape::Single => matches!(modifier, Modifier::All | Modifier::Neq),
        Shape::List => matches!(modifier, Modifier::All | Modifier::Neq | Modifier::Exists),
        Shape::All => matches!(modifier, Modifier::Neq | Modifier::Exists),
        Shape::Negated => modifier == Modifier::Exists,
    }
}

#[test]
fn all_parties_agree_on_random_rules() {
    let parties = parties();
    let batches = rounds(20_000).div_ceil(BATCH) as u64;
    let tally = (0..batches).into_par_iter().map(|number| batch(0x516_2d41 + number * 7919, &parties)).reduce(Tally::default, Tally::add);
    println!("{tally:#?}");
    let modifiers: BTreeSet<Modifier> = tally.items.keys().map(|(modifier, _)| *modifier).collect();
    assert_eq!(modifiers.len(), 29, "{modifiers:?}");
    for modifier in modifiers {
        for shape in [Shape::Single, Shape::List, Shape::All, Shape::Negated, Shape::Keyword] {
            let count = tally.items.get(&(modifier, shape)).copied().unwrap_or_default();
            let is_rare = count * 1_000 < tally.rules;
            assert!(is_impossible(modifier, shape) || shape == Shape::Keyword || !is_rare, "{modifier:?} {shape:?}: {count}");
        }
    }
    for (name, seen) in &tally.parties {
        assert!(seen.within > 3 * tally.rules && seen.matched > tally.rules, "{name}: {seen:?}");
    }
    assert!(tally.invalid.values().sum::<usize>() < tally.rules / 4, "{:?}", tally.invalid);
}

/// What the engine itself makes of random rules is a verified query or a refusal, never a difference.
#[test]
fn random_rules_are_converted_or_refused() {
    let (mut random, mut tally, mut seen) = (Random(0x7e57_0001), Tally::default(), Seen::default());
    let jobs: Vec<Job> = schemas()
        .into_iter()
        .map(|schema| Request { target: "sqlite".to_owned(), schema: Schema::Given(schema), ..Request::default() })
        .map(|request| Job::new(request).unwrap())
        .collect();
    for _ in 0..rounds(200) {
        let (text, rule) = rule(&mut random, &mut tally);
        for outcome in engine::convert(&rule, &random.pick(&jobs)) {
            match outcome.result {
                Conversion::Written { .. } => seen.within += 1,
                Conversion::Refused => *seen.refused.entry(outcome.diagnostics[0].code.name()).or_default() += 1,
                Conversion::Differs { query, verdict } => {
                    panic!("{text}\n{query}\n{verdict} {:?} {:?}", verdict.counterexample, outcome.diagnostics)
                }
            }
        }
    }
    println!("{} written, {:?}", seen.within, seen.refused);
    assert!(seen.within * 10 > tally.rules * 7, "{:?}", seen.refused);
}

/// Rules that are asked together answer like each by itself, whatever they say and whatever the event holds.
#[test]
fn rules_asked_together_answer_like_each_alone() {
    let (mut random, mut tally) = (Random(0x00c0_ffee), Tally::default());
    let (mut pairs, mut matched) = (0, 0);
    for _ in 0..rounds(40) {
        let rules: Vec<(String, Rule)> = (0..1 + random.below(60)).map(|_| rule(&mut random, &mut tally)).collect();
        let mut events: Vec<Event> = (0..30).map(|_| event(&mut random)).collect();
        for (_, rule) in &rules {
            let derived = lower::lower(rule).unwrap().iter().flat_map(|meaning| derive(meaning).events).collect::<Vec<_>>();
            events.extend((0..4.min(derived.len())).map(|_| random.pick(&derived)));
        }
        let set = RuleSet::new(rules.iter().map(|(_, rule)| rule));
        let mut asker = set.asker();
        for event in &events {
            let expected: Vec<usize> = (0..rules.len()).filter(|&number| engine::matches(&rules[number].1, event)).collect();
            let found = asker.matching(event);
            let different = (0..rules.len()).find(|number| expected.contains(number) != found.contains(number));
            assert_eq!(found, expected, "{event:?}\n{}", different.map_or("", |number| &rules[number].0));
            pairs += rules.len();
            matched += found.len();
        }
    }
    println!("{pairs} pairs, {matched} of them match");
    assert!(pairs > 50_000 * rounds(40) / 40 && matched * 20 > pairs, "{pairs} pairs, {matched} of them match");
}
