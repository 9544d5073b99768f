//! Catalogues on the command line: what a site is made of, where it goes, and that nothing is lost by a mistake.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "cli/sandbox.rs"]
#[allow(dead_code, reason = "each suite uses a part")]
mod sandbox;

use sandbox::{RULE, Sandbox};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILTER: &str = "\
title: No <administrators>
id: 00000000-1111-4111-8111-1111111111f0
logsource:
  product: windows
  category: process_creation
filter:
  rules: any
  selection:
    User|startswith: ADM_
  condition: not selection
";

const PLACEHOLDER: &str = "\
title: Who logs on
id: 00000000-1111-4111-8111-1111111111f1
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    User|expand: '%admins%'
  condition: selection
";

/// The rule under another id and title.
fn rule(number: usize) -> String {
    RULE.replace("Whoami", &format!("Rule {number}")).replace("0a1d8e0f3b11", &format!("{number:012}"))
}

fn rules(sandbox: &Sandbox, directory: &str) {
    for number in 0..3 {
        sandbox.file(&format!("{directory}/{number}.yml"), rule(number));
    }
}

fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(directory).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn what_cannot_be_read_leaves_the_site_as_it_was() {
    let sandbox = Sandbox::new();
    rules(&sandbox, "rules");
    sandbox.run(&["catalog", "rules", "-o", "site", "-t", "sqlite"]).exits(0);
    let before = files(&sandbox.path("site"));
    let same = || assert!(files(&sandbox.path("site")) == before, "the site was changed");
    let ran = sandbox.run(&["catalog", "rulse", "-o", "site", "-t", "sqlite"]).exits(2);
    ran.says(&["error[unreadable_input]: cannot read: no such file or directory", "rulse", "nothing is written"]);
    same();
    sandbox.run(&["catalog", "rules", "rulse", "-o", "site", "-t", "sqlite"]).exits(2);
    same();
    sandbox.run(&["catalog", "rules", "--filter", "no.yml", "-o", "site", "-t", "sqlite"]).exits(2).says(&["no.yml"]);
    same();
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.run(&["catalog", "empty", "-o", "site", "-t", "sqlite"]).exits(2).says(&["error[no_rules]: no rules in `empty`"]);
    sandbox.run(&["catalog", "empty", "-o", "other", "-t", "sqlite"]).exits(2);
    same();
    assert!(!sandbox.path("other").exists());
    sandbox.file("none/a.yml", FILTER);
    sandbox.run(&["catalog", "none", "-o", "site", "-t", "sqlite"]).exits(2).says(&["no rules in `none`"]);
    same();
}

#[test]
fn a_file_that_is_no_text_is_listed_and_costs_only_itself() {
    let sandbox = Sandbox::new();
    rules(&sandbox, "rules");
    sandbox.file("rules/latin.yml", b"title: \xe9\n");
    sandbox.run(&["catalog", "rules", "-o", "site", "-t", "sqlite"]).exits(1).says(&["error[invalid_encoding]"]);
    assert!(sandbox.text("site/quality.html").contains("latin.yml"));
}

#[test]
fn directories_without_rules_are_told() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    rules(&sandbox, "rules");
    for command in
        [&["coverage"][..], &["convert", "-t", "sqlite"], &["test", "--expect"], &["catalog", "-o", "site", "-t", "sqlite", "rules"]]
    {
        let ran = sandbox.run(&[command, &["empty"]].concat()).exits(0);
        ran.says(&["warning[no_rules]: no rules in `empty`"]);
    }
}

#[test]
fn a_site_is_never_made_of_itself() {
    let sandbox = Sandbox::new();
    rules(&sandbox, "rules");
    sandbox.file("rules/long.yml", RULE.to_owned() + &"# a remark\n".repeat(5_000));
    let run = || sandbox.run(&["catalog", "rules", "-o", "rules/site", "-t", "sqlite"]).exits(0);
    run();
    let before = files(&sandbox.path("rules/site"));
    assert!(before.keys().any(|path| path.extension().is_some_and(|extension| extension == "yml")), "a rule in a file of its own");
    run().says(&["4 rules: "]);
    assert!(files(&sandbox.path("rules/site")) == before);
}

#[test]
fn a_site_stands_in_a_place_of_its_own() {
    let sandbox = Sandbox::new();
    rules(&sandbox, "all/rules");
    let before = files(&sandbox.path("all"));
    for output in ["all/rules", "all", ".", "all/rules/../../all"] {
        let ran = sandbox.run(&["catalog", "all/rules", "-o", output, "-t", "sqlite"]).exits(2);
        ran.says(&["the site would stand where its rules are"]);
    }
    sandbox.file("filter/a.yml", FILTER);
    sandbox.run(&["catalog", "all/rules", "--filter", "filter", "-o", "filter", "-t", "sqlite"]).exits(2).says(&["filter"]);
    sandbox.run(&["catalog", "all/rules", "-o", "-", "-t", "sqlite"]).exits(2).says(&["standard output"]);
    sandbox.file("other/letter.txt", "kept").file("repository/.git/config", "kept").file("file", "kept");
    let ran = sandbox.run(&["catalog", "all/rules", "-o", "other", "-t", "sqlite"]).exits(2);
    ran.says(&["`other` holds files, and no site that `verisigma catalog` wrote"]);
    sandbox.run(&["catalog", "all/rules", "-o", "file", "-t", "sqlite"]).exits(2);
    assert!(files(&sandbox.path("all")) == before && files(&sandbox.path("other")).len() == 1 && sandbox.text("file") == "kept");
    sandbox.run(&["catalog", "all/rules", "-o", "repository", "-t", "sqlite"]).exits(0);
    assert_eq!(sandbox.text("repository/.git/config"), "kept");
}

#[test]
fn standard_input_is_a_rule() {
    let sandbox = Sandbox::new();
    sandbox.run_with_stdin(&["catalog", "-", "-o", "site", "-t", "sqlite"], RULE).exits(0).says(&["1 rule: "]);
    let index = sandbox.text("site/index.html");
    assert!(index.contains("<b>Sigma rules</b>"), "{index}");
    sandbox.run(&["catalog", "-", "-", "-o", "site"]).exits(2).says(&["`-` is given twice"]);
}

#[test]
fn a_file_counts_once_and_paths_tell_files_apart() {
    let sandbox = Sandbox::new();
    rules(&sandbox, "a/rules");
    rules(&sandbox, "b/rules");
    sandbox.run(&["catalog", "a/rules", "a/../a/rules", "a/rules/0.yml", "-o", "once", "-t", "sqlite"]).exits(0).says(&["3 rules: "]);
    sandbox.run(&["catalog", "a/rules", "b/rules", "-o", "both", "-t", "sqlite", "--source-url", "https://example.org/x"]).exits(0);
    let manifest = sandbox.text("both/catalog.json");
    assert!(manifest.contains(r#""source":"a/rules/0.yml""#) && manifest.contains(r#""source":"b/rules/0.yml""#), "{manifest}");
    let linked =
        files(&sandbox.path("both")).values().any(|bytes| String::from_utf8_lossy(bytes).contains("https://example.org/x/a/rules/0.yml"));
    assert!(linked, "there is a slash between the URL and the path");
}

#[test]
fn filters_are_applied_and_named() {
    let sandbox = Sandbox::new();
    rules(&sandbox, "rules");
    sandbox.file("rules/expand.yml", PLACEHOLDER).file("filters/f.yml", FILTER).file("values.yml", "admins: [ADM_ONE, root]\n");
    sandbox.file("both/f.yml", FILTER).file("both/0.yml", rule(0)).file("both/expand.yml", PLACEHOLDER);
    let ran = sandbox.run(&["catalog", "rules", "--filter", "filters", "--vars", "values.yml", "-o", "site", "-t", "sqlite"]).exits(0);
    ran.says(&["4 rules: ", ", 1 filter"]);
    let about = sandbox.text("site/about.html");
    assert!(
        about.contains("No &lt;administrators&gt;</a>") && about.contains("filters/f.yml") && about.contains("<td class=\"number\">4</td>"),
        "{about}"
    );
    let page = sandbox.text("site/r/00000000-1111-4111-8111-1111111111f1.html");
    assert!(page.contains("ADM_ONE") && page.contains("Filters applied") && page.contains("filter/no-administrators-"), "{page}");

    sandbox.run(&["catalog", "both", "-o", "beside", "-t", "sqlite"]).exits(0).says(&["2 rules: ", ", 1 filter"]);
    let list = files(&sandbox.path("beside/filter"));
    let list = list.values().map(|bytes| String::from_utf8_lossy(bytes)).collect::<String>();
    assert!(list.contains("Rule 0") && list.contains("Who logs on") && list.contains(">f.yml<"), "{list}");
    let kept = sandbox.text("beside/r/00000000-1111-4111-8111-1111111111f1.html");
    assert!(kept.contains("Added by the filter"), "a rule whose placeholders have no values has its filters too: {kept}");
}
