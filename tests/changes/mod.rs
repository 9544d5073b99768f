//! What changed since an earlier build: the page, the JSON, and the option.

use super::made::{HOSTILE, catalog, explanation, hostile};
use super::{Files, faults, files, own_rules, pages, read, verisigma};
use serde_json::{Value, json};
use std::path::Path;
use verisigma::catalog::{self, Catalog, PAGE_LIMIT, Previous, Site};

/// The list of a site.
fn list(catalog: &Catalog) -> Value {
    serde_json::from_slice(&files(catalog)[catalog::MANIFEST]).unwrap()
}

fn previous(list: &Value) -> Option<Previous> {
    Some(Previous::read(&list.to_string()).unwrap())
}

/// Rules of which one is new, one removed, and of each of the others something else changed.
pub(crate) fn changed() -> Catalog {
    let mut earlier = list(&catalog((1..8).map(explanation).collect()));
    earlier["name"] = json!(format!("Earlier {HOSTILE}"));
    earlier["targets"] = json!(["kql", "sqlite", "panther"]);
    let rules = earlier["rules"].as_array_mut().unwrap();
    rules[0]["title"] = json!(HOSTILE);
    rules[0]["source"] = json!(HOSTILE);
    rules[1]["text"] = json!("");
    rules[1]["title"] = json!("Export of a Hive");
    rules[1]["metadata"]["tags"] = json!("");
    rules[1]["metadata"]["detection"] = json!("");
    rules[2]["logic"] = json!("canonical-1:");
    rules[2]["logsource"] = json!({"product": HOSTILE, "category": null, "service": null});
    rules[2]["level"] = json!("critical");
    rules[3]["verification"] = json!({"kql": "proved", "sqlite": "refused"});
    rules[4]["source"] = json!("elsewhere/export.yml");
    rules[5]["text"] = json!("");
    rules[5]["logic"] = Value::Null;
    let mut now = catalog((2..9).map(explanation).collect());
    now.previous = previous(&earlier);
    now
}

/// What a page has to say.
fn main(page: &str) -> &str {
    page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0
}

fn page(files: &Files) -> &str {
    pages(files).find(|(path, _)| *path == "changes.html").unwrap().1
}

#[test]
fn the_page_says_what_changed() {
    let files = files(&changed());
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!("changes_page", main(page(&files))) });
    let machine: Value = serde_json::from_slice(&files["changes.json"]).unwrap();
    let text = serde_json::to_string_pretty(&machine)
        .unwrap()
        .replace(env!("CARGO_PKG_VERSION"), "VERSION")
        .replace(['\u{202e}', '\u{200b}'], "_");
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!("changes_json", text) });
}

#[test]
fn a_site_that_is_the_same_says_so_in_each_section() {
    let rules: Vec<_> = (0..3).map(explanation).chain([hostile()]).collect();
    let earlier = list(&catalog(rules.clone()));
    let now = Catalog { previous: previous(&earlier), ..catalog(rules) };
    let counts = Site::new(&now).unwrap().changes().unwrap();
    assert_eq!(
        (counts.unchanged, counts.new, counts.removed, counts.logic, counts.text, counts.status, counts.moved),
        (4, 0, 0, 0, 0, 0, 0)
    );
    let files = files(&now);
    let page = main(page(&files));
    for sentence in
        ["No rule is new.", "No rule was removed.", "No rule looks for", "No other text", "On every target", "No rule was moved."]
    {
        assert!(page.contains(sentence), "{sentence}");
    }
    assert!(!page.contains("<table"));
}

#[test]
fn without_an_earlier_build_nothing_leads_to_a_page_of_changes() {
    let files = files(&catalog((0..3).map(explanation).collect()));
    assert!(files.iter().all(|(path, bytes)| !path.contains("changes") && !String::from_utf8_lossy(bytes).contains("changes.html")));
}

#[test]
fn many_changes_stay_on_a_page_of_bounded_size() {
    let mut all: Vec<_> = (0..400).map(explanation).collect();
    all.iter_mut().for_each(|own| own.rule.title = format!("{} {}", own.rule.source, HOSTILE.repeat(20)));
    let mut earlier = list(&catalog(all.clone()));
    for rule in earlier["rules"].as_array_mut().unwrap() {
        rule["logic"] = json!("canonical-1:");
        rule["source"] = json!(HOSTILE.repeat(99));
        rule["verification"] = json!({"kql": "invalid", "splunk": "invalid", "sqlite": "invalid"});
    }
    let files = files(&Catalog { previous: previous(&earlier), ..catalog(all) });
    let page = page(&files);
    assert!(page.len() <= PAGE_LIMIT && page.contains("are shown; all of them"), "{}", page.len());
    assert_eq!(faults("changes.html", page), Vec::<String>::new());
    let machine: Value = serde_json::from_slice(&files["changes.json"]).unwrap();
    assert_eq!((machine["logic"].as_array().unwrap().len(), machine["status"].as_array().unwrap().len()), (400, 1200));
}

#[test]
fn texts_of_an_earlier_list_become_no_markup() {
    let files = files(&changed());
    for raw in ["<script>alert", "<img", "<b>x", "\u{202e}", "\u{200b}"] {
        assert!(!page(&files).contains(raw), "{raw:?}");
    }
}

/// Edits the text of a rule.
fn edit(rules: &Path, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(rules.join(path)).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    std::fs::write(rules.join(path), text.replace(from, to)).unwrap();
}

/// The titles in a section.
fn section(machine: &Value, name: &str) -> Vec<String> {
    machine[name].as_array().unwrap().iter().map(|rule| rule["source"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_site_is_compared_with_what_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let (rules, site, kept) = (directory.path().join("rules"), directory.path().join("site"), directory.path().join("kept.json"));
    own_rules(&rules);
    let run =
        |more: &[&str]| verisigma(&[&["catalog", rules.to_str().unwrap(), "-o", site.to_str().unwrap(), "-t", "sqlite"], more].concat());
    let (code, _, told) = run(&[]);
    assert_eq!((code, told.contains("earlier")), (0, false), "{told}");
    let plain = read(&site);
    std::fs::copy(site.join("catalog.json"), &kept).unwrap();

    let sources: Vec<String> = read(&rules).into_keys().filter(|path| path.ends_with(".yml")).collect();
    let [first, second, third, fourth] = &sources[..] else { panic!("{sources:?}") };
    edit(&rules, first, "selection", "what_is_wanted");
    edit(&rules, first, "detection:", "detection: # said otherwise");
    let text = std::fs::read_to_string(rules.join(second)).unwrap();
    std::fs::write(rules.join(second), text.replacen("condition: ", "condition: not ", 1)).unwrap();
    std::fs::remove_file(rules.join(third)).unwrap();
    std::fs::rename(rules.join(fourth), rules.join("moved.yml")).unwrap();

    let (code, _, told) = run(&["--previous", site.to_str().unwrap()]);
    assert_eq!(code, 0, "{told}");
    let said =
        "since the earlier catalogue: 0 new, 1 removed, 1 with other logic, 1 with other text, 0 with another status, 1 moved, 0 unchanged";
    assert!(told.lines().any(|line| line.starts_with(said)), "{told}");
    let now = read(&site);
    let machine: Value = serde_json::from_slice(&now["changes.json"]).unwrap();
    let found = ["removed", "logic", "text", "moved"].map(|name| section(&machine, name).concat());
    assert_eq!(found, [third.clone(), second.clone(), first.clone(), "moved.yml".to_owned()]);
    assert_eq!(super::dead_links(&now), Vec::<String>::new());

    // What was overwritten is the same as a copy of it, to compare with and to check against.
    let kept = kept.to_str().unwrap();
    let checked = run(&["--check", "--previous", kept]);
    assert_eq!(checked.0, 0, "{checked:?}");
    assert!(checked.2.contains(said));
    assert_eq!((run(&["--previous", kept]).0, read(&site) == now), (0, true));
    let (code, said, _) = run(&["--check"]);
    assert_eq!((code, said.contains("superfluous: changes.html\n")), (1, true), "{said}");
    assert_eq!(run(&[]).0, 0);
    let after = read(&site);
    assert!(!after.contains_key("changes.html") && !after.contains_key("changes.json") && after.len() < plain.len());
}

#[test]
fn what_cannot_be_compared_with_stops_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let (rules, site) = (directory.path().join("rules"), directory.path().join("site"));
    own_rules(&rules);
    let given = directory.path().join("given.json");
    let fails = |text: &str, says: &[&str]| {
        std::fs::write(&given, text).unwrap();
        let given = given.to_str().unwrap();
        let (code, _, told) = verisigma(&["catalog", rules.to_str().unwrap(), "-o", site.to_str().unwrap(), "--previous", given]);
        assert_eq!((code, site.exists()), (2, false), "{told}");
        assert!(says.iter().all(|word| told.contains(word)) && told.contains("help: `--previous` takes"), "{told}");
    };
    fails("", &["invalid_catalog", "no JSON", "given.json:1:1"]);
    fails("{\n\"schema\": \"catalog/1\",\n\"name\": }", &["no JSON", "given.json:3:"]);
    fails("{\"schema\": \"explain/1\"}", &["its form is `explain/1`"]);
    fails("{\"schema\": \"catalog/2\"}", &["another version of the program wrote it", "this version reads `catalog/1`"]);
    fails("{\"schema\": \"catalog/1\"}", &["missing field"]);
    let without = directory.path().to_str().unwrap();
    let (code, _, told) = verisigma(&["catalog", rules.to_str().unwrap(), "-o", site.to_str().unwrap(), "--previous", without]);
    assert_eq!((code, site.exists()), (2, false), "{told}");
    assert!(told.contains("unreadable_input") && told.contains("catalog.json") && told.contains("help: `--previous` takes"), "{told}");
}
