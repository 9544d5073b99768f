//! Where a site stands, and which files it is made of.
//!
//! A site is no rule: what it was written to is left out of what is read, and it never stands where its rules are. It
//! goes to a new or an empty directory, or replaces a site; what else is there is not ours. Paths of rules are those below
//! their directory; of several directories, as much of their own paths comes before as tells them apart. Deliberately
//! absent: what is written (`catalog`).

use super::args::CatalogArgs;
use super::exit::Stop;
use super::input::{self, Input, is_stdin, shown};
use super::report::usage;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use verisigma::catalog::{MANIFEST, listed};
use verisigma::diag::quote;

/// The files of rules that a site is made of.
///
/// # Errors
/// The site would stand where its rules are, or in the place of something else.
pub(super) fn inputs(arguments: &CatalogArgs) -> Result<Vec<Input>, Stop> {
    let output = &arguments.output;
    if is_stdin(output) {
        return Err(usage("a site is a directory, and cannot go to standard output").help("name a directory with `-o`").into());
    }
    let all = || arguments.paths.iter().chain(&arguments.additions.filter);
    input::only_one_stdin(all())?;
    let place = place(output);
    let is_inside = |path: &&PathBuf| !is_stdin(path) && fs::canonicalize(path).is_ok_and(|canonical| canonical.starts_with(&place));
    if let Some(path) = all().find(is_inside) {
        let message = format!("the site would stand where its rules are: {} is in {}", quote(&shown(path)), quote(&shown(output)));
        return Err(usage(message).help("name a directory of its own with `-o`").into());
    }
    if !arguments.check {
        refuse_what_is_no_site(output)?;
    }
    Ok(input::find_outside(&arguments.paths, &place))
}

/// A path without links, as far as it exists.
fn place(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = absolute.ancestors().find_map(|ancestor| Some((ancestor, fs::canonicalize(ancestor).ok()?)));
    match known {
        Some((ancestor, canonical)) => absolute.strip_prefix(ancestor).map_or(canonical.clone(), |rest| canonical.join(rest)),
        None => absolute,
    }
}

/// Files whose names begin with a period say how a directory is kept: they are no reason not to use it.
fn refuse_what_is_no_site(output: &Path) -> Result<(), Stop> {
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let mut entries = fs::read_dir(output).into_iter().flatten().flatten().filter(|entry| !is_hidden(&entry.file_name()));
    let is_site = fs::read(output.join(MANIFEST)).is_ok_and(|manifest| listed(&manifest).is_some());
    if output.exists() && !output.is_dir() {
        return Err(usage(format!("{} is no directory", quote(&shown(output)))).into());
    }
    if !is_site && entries.next().is_some() {
        let message = format!("{} holds files, and no site that `verisigma catalog` wrote", quote(&shown(output)));
        return Err(usage(message).help("name a new directory, or empty this one").into());
    }
    Ok(())
}

/// How paths are called: by as many of their last parts as tell them apart.
#[derive(Debug)]
pub(super) struct Labels<'p> {
    paths: &'p [PathBuf],
    labels: Vec<String>,
}

impl<'p> Labels<'p> {
    pub(super) fn new(paths: &'p [PathBuf]) -> Self {
        let parts: Vec<Vec<String>> = paths.iter().map(|path| parts(path)).collect();
        let distinct: BTreeSet<&Vec<String>> = parts.iter().collect();
        let last = |parts: &[String], number: usize| parts.get(parts.len().saturating_sub(number)..).unwrap_or_default().join("/");
        let tells_apart =
            |number: &usize| distinct.iter().map(|parts| last(parts, *number)).collect::<BTreeSet<_>>().len() == distinct.len();
        let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
        let number = (1..longest).find(tells_apart).unwrap_or(longest);
        Self { paths, labels: parts.iter().map(|parts| last(parts, number)).collect() }
    }

    /// What the path is called under which a file was found.
    pub(super) fn of(&self, file: &Input) -> &str {
        let is_it = |path: &&PathBuf| **path == file.path || path.join(&file.relative) == file.path;
        let position = self.paths.iter().position(|path| is_it(&path));
        position.and_then(|at| self.labels.get(at)).map_or("", String::as_str)
    }

    /// Where a file stands below its directory, after what the directory is called.
    pub(super) fn path(&self, file: &Input) -> String {
        let label = self.of(file);
        if self.paths.contains(&file.path) { label.to_owned() } else { format!("{label}/{}", shown(&file.relative)) }
    }

    /// Where a file stands below its directory; of several directories, after what the directory is called.
    pub(super) fn short_path(&self, file: &Input) -> String {
        if self.paths.len() > 1 { self.path(file) } else { shown(&file.relative) }
    }
}

/// The parts of a path, without those that lead nowhere.
fn parts(path: &Path) -> Vec<String> {
    if is_stdin(path) {
        return vec!["stdin".to_owned()];
    }
    let is_plain = !path.components().any(|part| part == Component::ParentDir);
    let whole = if is_plain { std::path::absolute(path) } else { fs::canonicalize(path) };
    let whole = whole.unwrap_or_else(|_| path.to_owned());
    let names = whole.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
    });
    names.collect()
}

/// What a directory is called; nothing of standard input, and of the root.
pub(super) fn name(path: &Path) -> Option<String> {
    parts(path).pop().filter(|_| !is_stdin(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(paths: &[&str]) -> Vec<String> {
        Labels::new(&paths.iter().map(PathBuf::from).collect::<Vec<_>>()).labels
    }

    #[test]
    fn paths_are_called_by_what_tells_them_apart() {
        assert_eq!(labels(&["a/rules"]), ["rules"]);
        assert_eq!(labels(&["a/rules", "b/other"]), ["rules", "other"]);
        assert_eq!(labels(&["a/rules", "./b/rules/"]), ["a/rules", "b/rules"]);
        assert_eq!(labels(&["a/rules", "a/./rules", "b/rules"]), ["a/rules", "a/rules", "b/rules"]);
        assert_eq!(labels(&["-", "rules"]), ["stdin", "rules"]);
    }
}
