//! Random rules over all of Sigma's surface: whatever a rule says, the reference evaluator, its formula and the
//! written query as it is read back say the same of every event.
//!
//! Rules are made from a seed, as text, so that the parser takes part. Events are derived from each rule, and
//! some are random: several values, nested ones, numbers, absent fields.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it counted"
)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use verisigma::backend::{Metadata, Settings, Target, builtin};
use verisigma::engine::{self, Conversion, Job, Request, RuleSet, Schema};
use verisigma::event::Event;
use verisigma::ir::{Expr, eval, lower, print};
use verisigma::lang::{self, Reader};
use verisigma::rule::{DetectionItem, Modifier, Rule, Search};
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

/// Modifiers with values that go with them; whether several values may be asked for with `all`.
fn item(random: &mut Random) -> (String, Vec<String>) {
    let position = random.pick(&["", "", "|contains", "|startswith", "|endswith"]);
    let cased = if random.chance(25) { "|cased" } else { "" };
    let (key, values) = match random.below(16) {
        0 => {
            let flags: String = ["|i", "|m", "|s"].into_iter().filter(|_| random.chance(30)).collect();
            (format!("|re{flags}"), random.many(1, 3, |random| quoted(random.pick(&REGEXES))))
        }
        1 => ("|cidr".to_owned(), random.many(1, 3, |random| quoted(random.pick(&NETWORKS)))),
        2 => (format!("|fieldref{position}{cased}"), vec![quoted(random.pick(&FIELDS))]),
        3 => return ("|exists".to_owned(), vec![random.pick(&["true", "false"]).to_owned()]),
        4 => (random.pick(&["|lt", "|lte", "|gt", "|gte"]).to_owned(), vec![random.pick(&NUMBERS[..11]).to_owned()]),
        5 => {
            let charset = random.pick(&["", "|wide", "|utf16le", "|utf16be", "|utf16"]);
            let base64 = random.pick(&["|base64", "|base64offset"]);
            let contains = if base64 == "|base64offset" { "|contains" } else { position };
            (format!("{charset}{base64}{contains}{cased}"), random.many(1, 2, |random| quoted(&plain(random))))
        }
        6 => (format!("|windash{position}{cased}"), random.many(1, 2, |random| quoted(&plain(random)))),
        7 => (String::new(), vec!["null".to_owned()]),
        8 => (String::new(), random.many(1, 3, |random| random.pick(&NUMBERS[..11]).to_owned())),
        9 => (String::new(), vec![random.pick(&["true", "false"]).to_owned()]),
        _ => (format!("{position}{cased}"), random.many(1, 4, |random| quoted(&written(random)))),
    };
    let all = if values.len() > 1 && random.chance(30) { "|all" } else { "" };
    let neq = if random.chance(15) { "|neq" } else { "" };
    (format!("{key}{all}{neq}"), values)
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
    match random.below(4) {
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

#[derive(Debug, Default)]
struct Tally {
    rules: usize,
    refused: BTreeMap<&'static str, usize>,
    events: usize,
    within: usize,
    matched: usize,
    modifiers: BTreeMap<Modifier, usize>,
}

struct Parties {
    target: Arc<Target>,
    reader: Reader,
}

impl Parties {
    /// Evaluator and formula on every event; the query wherever the event has a record within the assumptions.
    fn agree(&self, text: &str, rule: &Rule, storage: &Storage, random: &mut Random, tally: &mut Tally) {
        for (number, meaning) in lower::lower(rule).unwrap().iter().enumerate() {
            let mut events = derive(meaning).events;
            events.extend((0..10).map(|_| event(random)));
            for event in &events {
                let expected = engine_matches(rule, number, event);
                assert_eq!(eval::matches(meaning, event), expected, "lower: {text}\n{}\n{event:?}", print::print(meaning));
            }
            tally.events += events.len();
            self.query_agrees(text, rule, number, meaning, &events, storage, tally);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "everything that a failure is to show")]
    fn query_agrees(&self, text: &str, rule: &Rule, number: usize, meaning: &Expr, events: &[Event], storage: &Storage, tally: &mut Tally) {
        let written = match self.target.write(meaning, storage, &Settings::default(), &Metadata::new()) {
            Ok(written) => written,
            Err(why) => {
                assert!(why.code.name().starts_with("refused_"), "{why:?}: {text}");
                *tally.refused.entry(why.code.name()).or_default() += 1;
                return;
            }
        };
        let reading = self.reader.read(&written.text, storage).unwrap_or_else(|why| panic!("{}: {}\n{text}", why.message, written.text));
        let (expanded, bound) = storage.expand(meaning).unwrap();
        let distortions = storage.distortions(&expanded);
        let assumptions: Vec<_> = written.assumptions.iter().chain(&bound).chain(&reading.assumptions).chain(&distortions).collect();
        for event in events {
            let Some(record) = storage.record(event, &FIELDS) else { continue };
            // Keywords look at every leaf of an event, a table has its columns only.
            let is_held = event.leaves().len() == record.leaves().len();
            if !is_held || !assumptions.iter().all(|assumption| assumption.holds(storage, event, &record)) {
                continue;
            }
            let expected = engine_matches(rule, number, event);
            tally.within += 1;
            tally.matched += usize::from(expected);
            assert_eq!(eval::matches(&reading.expr, &record), expected, "query: {text}\n{}\n{event:?}\n{record:?}", written.text);
        }
    }
}

fn engine_matches(rule: &Rule, condition: usize, event: &Event) -> bool {
    verisigma::eval::matches_condition(rule, condition, event)
}

fn count(search: &Search, modifiers: &mut BTreeMap<Modifier, usize>) {
    let mut add = |item: &DetectionItem| item.modifiers.iter().for_each(|modifier| *modifiers.entry(*modifier).or_default() += 1);
    match search {
        Search::All(items) => items.iter().for_each(add),
        Search::Any(searches) => searches.iter().for_each(|search| count(search, modifiers)),
        Search::Keywords(item) => add(item),
    }
}

/// A random rule that the parser takes, with its text.
fn rule(random: &mut Random, tally: &mut Tally) -> (String, Rule) {
    for _ in 0..100 {
        let text = rule_text(random);
        let document = engine::parse(&Source::new("rule.yml", &text)).remove(0);
        if let Some(rule) = document.rule {
            rule.detection.identifiers.iter().for_each(|it| count(&it.search, &mut tally.modifiers));
            tally.rules += 1;
            return (text, rule);
        }
        *tally.refused.entry(document.diagnostics[0].code.name()).or_default() += 1;
    }
    panic!("no rule is taken: {:?}", tally.refused)
}

fn rounds(usual: usize) -> usize {
    std::env::var("VERISIGMA_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

#[test]
fn all_parties_agree_on_random_rules() {
    let parties = Parties { target: builtin("sqlite").unwrap().unwrap(), reader: lang::reader("sql", Some("sqlite")).unwrap() };
    let (mut random, mut tally, schemas) = (Random(0x516_2d41), Tally::default(), schemas());
    for _ in 0..rounds(1_500) {
        let (text, rule) = rule(&mut random, &mut tally);
        let storage = random.pick(&schemas);
        parties.agree(&text, &rule, &storage, &mut random, &mut tally);
    }
    println!("{tally:#?}");
    let rare: Vec<_> = tally.modifiers.iter().filter(|(_, count)| **count * 100 < tally.rules).collect();
    assert!(rare.is_empty() && tally.modifiers.len() == 23, "{rare:?} of {}", tally.modifiers.len());
    assert!(tally.within > 10 * tally.rules && tally.matched > 2 * tally.rules, "{tally:?}");
    assert!(tally.refused.values().sum::<usize>() < tally.rules / 4, "{:?}", tally.refused);
}

/// What the engine itself makes of random rules is a verified query or a refusal, never a difference.
#[test]
fn random_rules_are_converted_or_refused() {
    let (mut random, mut tally) = (Random(0x7e57_0001), Tally::default());
    let jobs: Vec<Job> = schemas()
        .into_iter()
        .map(|schema| Request { target: "sqlite".to_owned(), schema: Schema::Given(schema), ..Request::default() })
        .map(|request| Job::new(request).unwrap())
        .collect();
    for _ in 0..rounds(200) {
        let (text, rule) = rule(&mut random, &mut tally);
        for outcome in engine::convert(&rule, &random.pick(&jobs)) {
            match outcome.result {
                Conversion::Written { .. } => tally.within += 1,
                Conversion::Refused => *tally.refused.entry(outcome.diagnostics[0].code.name()).or_default() += 1,
                Conversion::Differs { query, verdict } => {
                    panic!("{text}\n{query}\n{verdict} {:?} {:?}", verdict.counterexample, outcome.diagnostics)
                }
            }
        }
    }
    println!("{} written, {:?}", tally.within, tally.refused);
    assert!(tally.within * 10 > tally.rules * 8, "{:?}", tally.refused);
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
