//! Catalogues as sites: the same bytes each time, links that lead somewhere, no markup of others, pages of bounded size.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod changes;
mod made;

use made::{HOSTILE, catalog, explanation, hostile};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use verisigma::catalog::{self, Catalog, PAGE_LIMIT, Site};
use verisigma::explain::model::{Logsource, Via};

type Files = BTreeMap<String, Vec<u8>>;

fn files(catalog: &Catalog) -> Files {
    catalog::site(catalog).unwrap().into_iter().map(|file| (file.path, file.bytes)).collect()
}

fn pages(files: &Files) -> impl Iterator<Item = (&String, &str)> {
    files.iter().filter(|(path, _)| path.ends_with(".html")).map(|(path, bytes)| (path, std::str::from_utf8(bytes).unwrap()))
}

/// Every link within a site that leads nowhere.
fn dead_links(files: &Files) -> Vec<String> {
    let links = Regex::new(r#"(?:href|src|data-source|data-values|data-inside)="([^"]*)""#).unwrap();
    let ids = Regex::new(r#"\bid="([^"]*)""#).unwrap();
    let known: BTreeMap<&String, BTreeSet<&str>> =
        pages(files).map(|(path, text)| (path, ids.captures_iter(text).map(|found| found.get(1).unwrap().as_str()).collect())).collect();
    let absolute = Regex::new("^[a-z]+:").unwrap();
    let mut dead = Vec::new();
    for (path, text) in pages(files) {
        for link in links.captures_iter(text).map(|found| found.get(1).unwrap().as_str()) {
            let (place, fragment) = link.split_once('#').unwrap_or((link, ""));
            if absolute.is_match(place) {
                continue;
            }
            let target = if place.is_empty() { path.clone() } else { resolve(path, place) };
            let is_there = files.contains_key(&target) || target == catalog::MANIFEST;
            let has_fragment = fragment.is_empty() || known.get(&target).is_some_and(|ids| ids.contains(fragment));
            if !is_there || !has_fragment {
                dead.push(format!("{path}: {link}"));
            }
        }
    }
    dead
}

fn resolve(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop().unwrap_or_else(|| panic!("{page}: {link} leaves the site"))),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What is wrong with the form of a page: headings, ids, and attributes that would be scripts.
fn faults(path: &str, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let levels: Vec<u32> =
        Regex::new("<h([1-6])").unwrap().captures_iter(page).map(|found| found.get(1).unwrap().as_str().parse().unwrap()).collect();
    if levels.iter().filter(|level| **level == 1).count() != 1 || levels[0] != 1 {
        faults.push(format!("{path}: headings {levels:?}"));
    }
    faults.extend(levels.windows(2).filter(|pair| pair[1] > pair[0] + 1).map(|pair| format!("{path}: h{} after h{}", pair[1], pair[0])));
    let ids: Vec<&str> = Regex::new(r#"\bid="([^"]*)""#).unwrap().captures_iter(page).map(|found| found.get(1).unwrap().as_str()).collect();
    if ids.len() != ids.iter().collect::<BTreeSet<_>>().len() {
        faults.push(format!("{path}: an id twice"));
    }
    let page = &*Regex::new(r#""[^"]*""#).unwrap().replace_all(page, "\"\"");
    faults.extend(Regex::new(r#"<[^>]* (on[a-z]+|style)="#).unwrap().find_iter(page).map(|found| format!("{path}: {}", found.as_str())));
    let (open, close) = (page.matches("<table").count(), page.matches("</table>").count());
    if open != close || page.matches("<caption>").count() != open {
        faults.push(format!("{path}: {open} tables, {close} ends, {} captions", page.matches("<caption>").count()));
    }
    faults
}

#[test]
fn links_lead_somewhere_and_pages_are_well_formed() {
    let plain = [catalog(vec![]), catalog((0..700).map(explanation).collect()), catalog(vec![hostile(), hostile(), explanation(3)])];
    for catalog in plain.into_iter().chain([changes::changed()]) {
        let files = files(&catalog);
        assert_eq!(dead_links(&files), Vec::<String>::new());
        let faults: Vec<String> = pages(&files).flat_map(|(path, page)| faults(path, page)).collect();
        assert_eq!(faults, Vec::<String>::new());
        let large: Vec<_> = pages(&files).filter(|(_, page)| page.len() > PAGE_LIMIT).map(|(path, page)| (path, page.len())).collect();
        assert_eq!(large, vec![]);
    }
}

#[test]
fn the_same_rules_in_any_order_give_the_same_bytes() {
    let mut rules: Vec<_> = (0..30).map(explanation).chain([hostile()]).collect();
    let one = files(&catalog(rules.clone()));
    rules.reverse();
    assert!(one == files(&catalog(rules)));
}

#[test]
fn texts_of_rules_become_no_markup() {
    let catalog = catalog(vec![hostile(), explanation(1)]);
    let files = files(&catalog);
    let paths: Vec<&String> = files.keys().collect();
    assert!(
        paths.iter().all(|path| path.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) && !path.contains("..")),
        "{paths:?}"
    );
    // What is copied is the true text, in an attribute.
    let copied = Regex::new(r#"data-copy="[^"]*""#).unwrap();
    for (path, page) in pages(&files) {
        let shown = copied.replace_all(page, "");
        for raw in ["<script>alert", "<img", "<b>x", "\u{202e}", "\u{200b}", "\u{0}", "javascript:alert(1)\""] {
            assert!(!shown.contains(raw), "{path} holds {raw:?}");
        }
        assert!(!page.contains("href=\"javascript:"), "{path}");
    }
    let page = pages(&files).find(|(path, page)| path.starts_with("r/") && page.contains("alert(1)")).unwrap().1;
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("\\u{202e}") && HOSTILE.contains('\u{202e}'));
}

#[test]
fn what_is_too_long_goes_to_a_file_of_its_own() {
    let mut long = explanation(1);
    long.body = "x: |\n  <&\"'>\n".repeat(20_000);
    long.rule.description = Some("<\u{202e}".repeat(100_000));
    long.rule.references = vec!["\"".repeat(5_000); 100];
    long.queries.iter_mut().for_each(|query| query.query = Some("&".repeat(300_000)));
    let indicator = long.indicators[0].clone();
    long.indicators = (0..5_000)
        .map(|number| {
            let mut own = indicator.clone();
            own.predicate.value = format!("<{number:05}>");
            own
        })
        .collect();
    let files = files(&catalog(vec![long.clone()]));
    let (path, page) = pages(&files).find(|(path, _)| path.starts_with("r/")).unwrap();
    assert!(page.len() <= PAGE_LIMIT, "{}", page.len());
    let beside = |extension: &str| files.get(&path.replace(".html", extension)).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(beside(".yml"), Some(long.body.clone()));
    assert_eq!(beside("-indicators.tsv").unwrap().lines().count(), 5_001);
    assert_eq!(dead_links(&files), Vec::<String>::new());
}

#[test]
fn a_page_that_stands_alone_links_to_nothing_of_a_site() {
    let page = catalog::page(&explanation(1)).unwrap();
    let own: Vec<&str> =
        Regex::new(r##"(?:href|src)="([^"#][^"]*)""##).unwrap().captures_iter(&page).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(own.iter().all(|link| link.starts_with("https://") || link.starts_with("data:text/plain;charset=utf-8,")), "{own:?}");
    assert!(page.contains("<style>") && page.contains("style-src &#39;sha256-"));
}

#[test]
fn rules_without_ids_or_with_the_same_have_pages_of_their_own() {
    let mut rules: Vec<_> = (0..6).map(explanation).collect();
    rules[0].rule.id = None;
    rules[1].rule.id = None;
    rules[2].rule.id = rules[3].rule.id.clone();
    let catalog = catalog(rules);
    let site = Site::new(&catalog).unwrap();
    let names: BTreeSet<&String> = site.entries.iter().map(|entry| &entry.name).collect();
    assert_eq!(names.len(), 6);
}

#[test]
fn log_sources_have_addresses_of_their_own() {
    let zeek = |number: usize, category: Option<&str>, service: Option<&str>| {
        let mut own = explanation(number);
        let text = |text: Option<&str>| text.map(str::to_owned);
        own.rule.logsource = Logsource {
            product: text(Some("zeek")),
            category: text(category),
            service: text(service),
            definition: text(Some("Turn <it> on")),
        };
        own
    };
    let (one, two) = (zeek(1, Some("dns"), None), zeek(2, None, Some("dns")));
    let alone = files(&catalog(vec![one.clone()]));
    let both = files(&catalog(vec![one, two]));
    let title = |path: &str| {
        let page = std::str::from_utf8(&both[path]).unwrap();
        Regex::new("<h1>([^<]*)</h1>").unwrap().captures(page).unwrap()[1].to_owned()
    };
    assert!(alone.contains_key("logsource/zeek-dns-.html"), "{:?}", alone.keys());
    assert_eq!(
        (title("logsource/zeek-dns-.html"), title("logsource/zeek--dns.html")),
        ("zeek, category dns".to_owned(), "zeek, service dns".to_owned())
    );
    let page = std::str::from_utf8(&both["logsource/zeek--dns.html"]).unwrap();
    for part in ["    service: dns", "Turn &lt;it&gt; on", "CommandLine</span> <span class=\"num\">1<", "Sysmon 1: Process creation"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn events_stand_under_their_products_and_by_how_rules_reach_them() {
    let mut linux = explanation(1);
    linux.rule.logsource.product = Some("linux".to_owned());
    linux.events.rows[0].provider = "Linux-Sysmon".to_owned();
    let mut mapped = explanation(2);
    mapped.events.rows[0].via = Via::Alternative;
    let files = files(&catalog(vec![linux, mapped, explanation(3)]));
    let page = |path: &str| std::str::from_utf8(&files[path]).unwrap();
    let (linux, windows) =
        (page("events.html").find("id=\"product-linux\"").unwrap(), page("events.html").find("id=\"product-windows\"").unwrap());
    let provider = page("events.html").find("Linux-Sysmon <span").unwrap();
    assert!(linux < provider && provider < windows, "{}", page("events.html"));
    let event = page("event/microsoft-windows-sysmon-1.html");
    assert!(event.contains("Windows event") && event.contains("Hive 3") && !event.contains("Hive 2"), "{event}");
    assert!(page("event/microsoft-windows-sysmon-1-mapped.html").contains("Hive 2"));
    assert_eq!(dead_links(&files), Vec::<String>::new());
}

#[test]
fn techniques_lead_to_their_tactics_and_to_all_their_rules() {
    let mut other = explanation(2);
    other.attack.rows.remove(0);
    other.attack.rows[0].techniques.remove(0);
    let files = files(&catalog(vec![explanation(1), other.clone()]));
    let page = |path: &str| std::str::from_utf8(&files[path]).unwrap();
    let technique = page("attack/T1059.html");
    assert!(technique.contains("TA0002.html") && technique.contains("T1059-all.html"), "{technique}");
    assert!(page("attack/T1059-all.html").contains("Hive 2") && !technique.contains("Hive 2</a>"));
    let alone = self::files(&catalog(vec![other]));
    assert!(std::str::from_utf8(&alone["attack/T1059.html"]).unwrap().contains("T1059-all.html"), "a technique that no rule names itself");
}

#[test]
fn queries_can_be_saved_without_a_script() {
    let (mut short, mut long) = (explanation(1), explanation(2));
    short.queries.iter_mut().for_each(|query| query.query = query.query.as_ref().map(|_| "a = '%<é\"\n".to_owned()));
    long.queries.iter_mut().for_each(|query| query.query = query.query.as_ref().map(|_| "b".repeat(9_000)));
    let written = long.queries.iter().filter(|query| query.query.is_some()).count();
    let files = files(&catalog(vec![short.clone(), long.clone()]));
    let page = |own: &verisigma::explain::model::Explanation| {
        std::str::from_utf8(&files[&format!("r/{}.html", own.rule.id.as_deref().unwrap())]).unwrap()
    };
    assert!(
        page(&short).contains("href=\"data:text/plain;charset=utf-8,a%20%3D%20%27%25%3C%C3%A9%22%0A\" download=\""),
        "{}",
        page(&short)
    );
    let links = Regex::new(r#"href="\.\./(r/[^"]*-[a-z]+\.[a-z]+)" download="#).unwrap();
    let found: Vec<&str> = links.captures_iter(page(&long)).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(found.len(), written, "{}", page(&long));
    assert!(found.iter().all(|path| files[*path] == "b".repeat(9_000).as_bytes()));
    assert!(page(&long).contains("; the rule matches 7 of them"));
}

#[test]
fn evidence_names_the_engine() {
    let mut own = explanation(1);
    let sqlite = own.queries.iter_mut().find(|query| query.target == "sqlite").unwrap();
    sqlite.verdict.as_mut().unwrap().evidence = verisigma::engine::Evidence::Recorded;
    let page = catalog::page(&own).unwrap();
    assert!(Regex::new("measured on SQLite 3[.0-9]+ itself").unwrap().is_match(&page), "{page}");
}

#[test]
fn rules_that_name_themselves_are_found() {
    let (mut own, mut other) = (explanation(1), explanation(2));
    (own.neighbours.names_itself, other.neighbours.names_itself) = (true, false);
    let files = files(&catalog(vec![own, other]));
    let page = std::str::from_utf8(&files["quality/related-self.html"]).unwrap();
    assert!(page.contains("Hive 1</a>") && !page.contains("Hive 2</a>"), "{page}");
}

#[test]
fn the_words_of_the_about_page_are_true() {
    let files = files(&catalog(vec![explanation(1)]));
    let page = std::str::from_utf8(&files["about.html"]).unwrap();
    let meaning = |word: &str| {
        let row = Regex::new(&format!(r#"<th scope="row">{word}</th><td>([^<]*)"#)).unwrap();
        row.captures(page).unwrap_or_else(|| panic!("{word}: {page}"))[1].to_owned()
    };
    assert!(meaning("regex_match").contains("must have the same case") && meaning("eq").contains("either case"));
    assert!(meaning("base64offset").contains("three") && !meaning("base64").contains("offset"));
    assert!(page.contains("rule and meaning agreed on all events that were tried") && page.contains("“rule = meaning”"), "{page}");
}

#[test]
fn indicators_begin_with_those_that_most_rules_have() {
    let files = files(&catalog((0..5).map(explanation).collect()));
    let page = std::str::from_utf8(&files["indicators.html"]).unwrap();
    let most = page.find("id=\"most\"").unwrap();
    assert!(most < page.find("id=\"fields\"").unwrap() && page.contains(">5</a></td>"), "{page}");
}

/// Writes a site of made rules to a directory, to be looked at.
#[test]
#[ignore = "writes files"]
fn write_an_example() {
    let directory = std::path::PathBuf::from(std::env::var_os("CATALOG_OUT").unwrap());
    for (path, bytes) in files(&catalog((0..60).map(explanation).chain([hostile()]).collect())) {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

fn verisigma(arguments: &[&str]) -> (i32, String, String) {
    let command = assert_cmd::Command::cargo_bin("verisigma").unwrap().args(arguments).env_remove("SOURCE_DATE_EPOCH").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (command.status.code().unwrap(), text(command.stdout), text(command.stderr))
}

/// The files below a directory.
fn read(directory: &std::path::Path) -> Files {
    let mut files = Files::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below: Vec<_> = path.strip_prefix(directory).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
                files.insert(below.join("/"), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A copy of our rules on the cloud, to be edited.
fn own_rules(to: &std::path::Path) {
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/cloud");
    for (path, bytes) in read(&from) {
        let path = to.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_site_on_disk_is_whole_and_is_compared_with_its_rules() {
    let directory = tempfile::tempdir().unwrap();
    let (rules, site) = (directory.path().join("rules"), directory.path().join("site"));
    own_rules(&rules);
    let (rules_path, site_path) = (rules.to_str().unwrap().to_owned(), site.to_str().unwrap().to_owned());
    let run = |more: &[&str]| verisigma(&[&["catalog", &*rules_path, "-o", &*site_path, "--license", "DRL-1.1"], more].concat());
    let (code, _, told) = run(&[]);
    assert_eq!(code, 0, "{told}");
    let first = read(&site);
    assert_eq!(dead_links(&first), Vec::<String>::new());
    assert_eq!(pages(&first).flat_map(|(path, page)| faults(path, page)).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(run(&["--check"]).0, 0);
    assert_eq!((run(&[]).0, read(&site) == first), (0, true));

    let rule = read(&rules).into_keys().find(|path| path.ends_with(".yml")).unwrap();
    let text = std::fs::read_to_string(rules.join(&rule)).unwrap();
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().trim().to_owned();
    std::fs::write(rules.join(&rule), text.replacen("title: ", "title: Edited ", 1)).unwrap();
    let (code, said, _) = run(&["--check"]);
    assert_eq!(code, 1);
    assert!(said.lines().any(|line| line == format!("out of date: r/{id}.html")), "{said}");
    assert!(read(&site) == first, "`--check` writes nothing");

    std::fs::remove_file(rules.join(&rule)).unwrap();
    std::fs::write(site.join("own.html"), "kept").unwrap();
    assert!(run(&["--check"]).1.lines().any(|line| line == format!("superfluous: r/{id}.html")));
    assert_eq!(run(&[]).0, 0);
    assert_eq!((site.join(format!("r/{id}.html")).exists(), site.join("own.html").exists()), (false, true));
    assert_eq!(run(&["--check"]).0, 0);
}

#[test]
fn what_cannot_be_read_is_reported_and_listed() {
    let directory = tempfile::tempdir().unwrap();
    let (rules, site) = (directory.path().join("rules"), directory.path().join("site"));
    own_rules(&rules);
    std::fs::write(rules.join("broken.yml"), "title: Nothing else <b>\n").unwrap();
    let (code, _, told) = verisigma(&["catalog", rules.to_str().unwrap(), "-o", site.to_str().unwrap(), "-t", "sqlite"]);
    assert_eq!(code, 1, "{told}");
    let page = String::from_utf8(read(&site).remove("quality.html").unwrap()).unwrap();
    assert!(page.contains("broken.yml") && page.contains("Nothing else &lt;b&gt;"));
    let (code, _, told) = verisigma(&["catalog", rules.to_str().unwrap(), "-o", site.to_str().unwrap(), "--source-url", "javascript:x"]);
    assert_eq!(code, 2, "{told}");
}
