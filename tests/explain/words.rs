//! What people read about stages, exclusions and events: that nothing is said that is false.

use super::{Written, job};
use serde_json::Value;
use verisigma::catalog;
use verisigma::explain::model::Explanation;
use verisigma::explain::render;
use verisigma::rule;
use verisigma::source::Source;

fn explained(head: &str, detection: &str) -> Explanation {
    let text = format!("title: Rule\n{head}\nlogsource: {{product: windows, category: process_creation}}\ndetection: {{{detection}}}\n");
    let source = Source::new("rule.yml", &text);
    let document = rule::parse(&source).remove(0);
    assert!(document.rule.is_some(), "{:#?}", document.diagnostics);
    Written { rule: document.rule.unwrap(), source, unresolved: Vec::new() }.explained(None, &[job("sqlite")])
}

/// Text, Markdown and HTML, blanks and line breaks as one blank, tags of HTML left out.
fn pages(of: &Explanation) -> [String; 3] {
    let page = catalog::page(of).unwrap();
    let html = page.split_once("<article").unwrap().1;
    let mut plain = String::new();
    let mut is_inside = false;
    for c in html.chars() {
        match c {
            '<' => is_inside = true,
            '>' => (is_inside, plain) = (false, plain + " "),
            _ if is_inside => {}
            _ => plain.push(c),
        }
    }
    [render::text(of), render::markdown(of), plain].map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ","))
}

fn assert_said(pages: &[String], words: &[&str]) {
    for (page, words) in pages.iter().zip(words) {
        assert!(words.is_empty() || page.contains(words), "{words:?} is not in {page}");
    }
}

fn assert_not_said(pages: &[String], words: &[&str]) {
    for (page, words) in pages.iter().flat_map(|page| words.iter().map(move |words| (page, *words))) {
        assert!(!page.contains(words), "{words:?} is in {page}");
    }
}

#[test]
fn a_group_of_several_stages_is_one_group() {
    let pages = pages(&explained("", "s: {A: x}, f1: {B: y}, f2: {C: z}, condition: s and not (f1 and not f2)"));
    assert_not_said(&pages, &["excludes alone", "each row alone excludes", "stage 2, all of"]);
    assert_said(
        &pages,
        &[
            "stages 2 and 3, all of (f1, f2): Excluded where B is `y` and C is not `z`:",
            "all of: `f1`, `f2`",
            "Excluded where B is y and C is not z excluded only together f1",
        ],
    );
}

#[test]
fn groups_of_one_filter_are_told_apart() {
    let pages = pages(&explained(
        "",
        "s: {A: x}, f: [{A: 1, B: 2}, {A: 3, B|endswith: [c, d]}], g: {D: 1, E: 2}, condition: s and not 1 of f and not g",
    ));
    assert_said(&pages, &["", "| all of: `f` (1 of 2) |"]);
    assert_said(&pages, &["", "- all of: `f` (2 of 2): `A` is `3` and `B` ends with one of `c`, `d`"]);
    assert_said(
        &pages,
        &[
            "Excluded where A is `3` and B ends with one of `c`, `d`:",
            "| all of: `g` |",
            "Excluded where A is 3 and B ends with one of c, d",
        ],
    );
}

#[test]
fn alternatives_are_no_musts() {
    let wanted = pages(&explained("", "a: {A: x}, b: {B: y}, condition: a or b"));
    assert_not_said(&wanted, &["must"]);
    assert_said(
        &wanted,
        &["(one of the alternatives asks for it)", "one of the alternatives asks for it.", "one of the alternatives asks for it"],
    );
    let nested = pages(&explained("", "a: {A: x}, b: {B: y}, f: {C: z}, condition: a or (b and not f)"));
    assert_not_said(&nested, &["must"]);
    assert_said(&nested, &["one of the alternatives excludes it"; 3]);
    let several = pages(&explained("", "a: {A: x}, b: {B: y}, condition: [a, not b and a]"));
    assert_said(&several, &["", "", "for condition 1, events must have it"]);
    assert_said(&several, &["", "", "for condition 2, events must not have it"]);
}

#[test]
fn what_stands_in_negated_brackets_is_marked() {
    let either = pages(&explained("", "a: {A: x}, b: {B: y}, c: {C: z}, condition: a and not (b or c)"));
    assert_said(&either, &["2 b (events must not have it)", "events must not have it.", "Stage 3: c events must not have it"]);
    let any = pages(&explained("", "a: {A: x}, b1: {B: y}, b2: {C: z}, condition: a and not b1 and not 1 of b*"));
    assert_said(
        &any,
        &[
            "(2 searches; events must not have any of these)",
            "2 searches; events must not have any of these.",
            "events must not have any of these",
        ],
    );
    let both = pages(&explained("", "a: {A: x}, b: {B: y}, c: {C: z}, condition: a and not (b and not c)"));
    assert_said(&both, &["events must not have it together with the others in its brackets"; 3]);
    assert_said(&both, &["events that have it are not excluded by the others in its brackets"; 3]);
}

#[test]
fn conditions_are_numbered_from_one() {
    let of = explained("", "a: {A: x}, b: {B: y}, condition: [a and b, b]");
    let pages = pages(&of);
    assert_not_said(&pages, &["condition 0"]);
    assert_said(&pages, &["sqlite, condition 1:", "### sqlite, condition 2", "sqlite, condition 2"]);
    assert_said(&pages, &["3 condition 2", "### Stage 3: condition 2", "Stage 0: condition 1"]);
    assert_said(&pages, &["", "", "Stage 3: condition 2"]);
    let json: Value = serde_json::from_str(&render::json(&of)).unwrap();
    assert_eq!((&json["queries"][0]["condition"], &json["queries"][1]["condition"]), (&0.into(), &1.into()));
}

#[test]
fn no_number_is_said_of_a_single_stage() {
    let alone = pages(&explained("", "a: {A: x}, condition: a"));
    assert_not_said(&alone, &["numbers of stages"]);
    let negated = pages(&explained("", "a: {A: x}, condition: not a"));
    assert_said(&negated, &["in numbers of stages: not 1", "In numbers of stages: `not 1`", "By the numbers of stages: not 1"]);
}

#[test]
fn an_absent_field_has_no_value() {
    let absent = pages(&explained("", "a: {A: null, B: '*'}, f: {C: null}, condition: a and not f"));
    assert_not_said(&absent, &["(empty)"]);
    assert_said(&pages(&explained("", "a: {A: ''}, condition: a")), &["(empty)"; 3]);
}

#[test]
fn a_retired_tactic_is_retired_once() {
    for page in pages(&explained("tags: [attack.defense-evasion]", "a: {A: x}, condition: a")) {
        assert_eq!(page.matches("(retired").count(), 1, "{page}");
    }
}

#[test]
fn sub_techniques_may_be_spelled_with_other_marks() {
    for tag in ["attack.t1059_001", "attack.T1059-001"] {
        let of = explained(&format!("tags: [{tag}]"), "a: {A: x}, condition: a");
        assert!(of.attack.unknown.is_empty(), "{tag}");
        assert_eq!(of.attack.rows.first().unwrap().techniques.first().unwrap().id, "T1059.001");
    }
}

#[test]
fn fields_that_nobody_has_are_no_need_of_sysmon() {
    let unknown = explained("", "a: {GrandParentImage: x, Image: y}, condition: a");
    assert_eq!((unknown.events.needs.clone(), unknown.events.rows.len()), (None, 1));
    assert_said(
        &pages(&unknown),
        &["In neither event: `GrandParentImage`.", "In neither event: `GrandParentImage`.", "In neither event: GrandParentImage"],
    );
    let both = pages(&explained("", "a: {GrandParentImage: x, Hashes: y}, condition: a"));
    assert_said(
        &both,
        &["Needs Sysmon: `Hashes`. In neither event: `GrandParentImage`.", "Needs Sysmon: `Hashes`.", "Needs Sysmon: Hashes"],
    );
}

#[test]
fn only_renamed_fields_are_mapped() {
    let pages = pages(&explained("", "a: {CommandLine: x, Image: y}, condition: a"));
    assert_not_said(&pages, &["CommandLine as CommandLine", "`CommandLine` is `CommandLine`"]);
    assert_said(&pages, &["there `Image` is `NewProcessName`", "", "also available from: Image as NewProcessName"]);
}

#[test]
fn filters_that_are_dead_are_named() {
    let dead = pages(&explained("", r"a: {Image: 'C:\a.exe'}, f: {Image: 'C:\b.exe'}, condition: a and not f"));
    assert_said(&dead, &["`f` suppresses nothing", "`f` suppresses nothing", "f suppresses nothing"]);
}

#[test]
fn values_of_alternatives_read_as_alternatives() {
    let pages =
        pages(&explained("", r"a: {A: x}, f: {Image|endswith: ['\a.exe', '\b.exe'], T|contains|all: [c, ' d ']}, condition: a and not f"));
    let words = r"Excluded where Image ends with one of `\a.exe`, `\b.exe` and T contains `c` and T contains ` d `:";
    assert_said(
        &pages,
        &[words, r"- all of: `f`: `Image` ends with one of `\a.exe`, `\b.exe` and `T` contains `c` and `T` contains `␣d␣`"],
    );
    assert_said(&pages, &["", "", r"Excluded where Image ends with one of \a.exe, \b.exe and T contains c and T contains"]);
}
