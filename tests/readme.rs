//! The examples in the README and in `docs/` print what they say.
//!
//! In a block that opens with ` ```console `, a line that starts with `$ ` is a command for the shell, and the lines
//! after it are what it prints, on both streams, in the project's directory. `[..]` stands for any text within a
//! line. `UPDATE_EXAMPLES=1 cargo test --test readme` writes what is printed now; that is how lists and tables of
//! the program get into the papers. Deliberately absent: examples that write files.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn examples_print_what_they_say() {
    for path in papers() {
        let text = fs::read_to_string(&path).unwrap();
        let now = refreshed(&text);
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            fs::write(&path, now).unwrap();
        } else {
            let differs = text.lines().zip(now.lines()).position(|(old, new)| old != new).map_or(0, |line| line + 1);
            assert_eq!(text, now, "{}:{differs}: run `UPDATE_EXAMPLES=1 cargo test --test readme`", path.display());
        }
    }
}

fn papers() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut papers: Vec<PathBuf> =
        docs.chain([root.join("README.md")]).filter(|path| path.extension().is_some_and(|it| it == "md")).collect();
    papers.retain(|path| path.exists());
    papers.sort();
    papers
}

/// The text with the output of every example as it is now.
fn refreshed(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut now = Vec::new();
    let mut in_example = false;
    while let Some(line) = lines.next() {
        now.push(line.to_owned());
        if line.starts_with("```") {
            in_example = line == "```console";
        } else if let (true, Some(command)) = (in_example, line.strip_prefix("$ ")) {
            let mut written = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```")) {
                written.push(line);
            }
            now.extend(merged(&written, &run(command)));
        }
    }
    now.iter().map(|line| format!("{line}\n")).collect()
}

/// What is printed, with the written line wherever it allows the printed one.
fn merged(written: &[&str], printed: &str) -> Vec<String> {
    let mut written = written.iter();
    let line = |printed: &str| {
        let written = written.next().filter(|written| allows(written, printed));
        written.map_or(printed.trim_end(), |written| written).to_owned()
    };
    printed.lines().map(line).collect()
}

/// Whether a written line, in which `[..]` is any text, allows a printed one.
fn allows(written: &str, printed: &str) -> bool {
    let mut pieces = written.trim_end().split("[..]");
    let Some(mut rest) = printed.trim_end().strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

fn run(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_verisigma")).parent().unwrap();
    let path =
        std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap()))).unwrap();
    let mut shell = Command::new("sh");
    let output =
        shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]).env("PATH", path).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn reads_examples() {
    assert_eq!(
        refreshed("a\n```console\n$ echo b; echo c >&2\nold\n$ true\nold\n```\n$ echo d\n"),
        "a\n```console\n$ echo b; echo c >&2\nb\nc\n$ true\n```\n$ echo d\n"
    );
    assert_eq!(refreshed("```console\n$ echo took 0.6 s\ntook [..] s\n```\n"), "```console\n$ echo took 0.6 s\ntook [..] s\n```\n");
    assert!(allows("a [..] b [..]", "a x b y") && allows("a", "a ") && !allows("a [..] c", "a b") && !allows("a", "ab"));
}
