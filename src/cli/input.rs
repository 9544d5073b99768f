//! Finding and reading files.
//!
//! A path that a user gives is taken as it is; a directory is searched for `*.yml` and `*.yaml`, and what it
//! holds comes sorted by the bytes of its path. Links are followed, but no directory or file is reached
//! by links twice, and none that is being searched. `NAME.events.yml` beside a rule `NAME.yml` holds its samples and
//! is no rule. What cannot be read costs only itself.

use super::exit::Stop;
use super::report::reason;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use verisigma::diag::{Code, Diagnostic};
use verisigma::source::{Place, Source};

/// A file of rules, or the place where one could not be found.
#[derive(Debug)]
pub(crate) struct Input {
    /// Its path, from the path that the user gave.
    pub(crate) path: PathBuf,
    /// Where it stands below the path that the user gave, for output that mirrors the tree.
    pub(crate) relative: PathBuf,
    /// Why there is nothing to read here, where that is known already.
    broken: Option<String>,
}

impl Input {
    /// Its text.
    pub(crate) fn read(&self) -> Result<Source, Unread> {
        match &self.broken {
            Some(reason) => Err(Unread::new(&self.path, reason)),
            None => read(&self.path),
        }
    }
}

/// What could not be read, and why.
#[derive(Debug)]
pub(crate) struct Unread {
    /// The file; its text only where that shows what is wrong.
    pub(crate) source: Source,
    /// What is wrong.
    pub(crate) diagnostic: Diagnostic,
}

impl Unread {
    pub(super) fn new(path: &Path, reason: &str) -> Self {
        let message = format!("cannot read: {reason}");
        Self { source: Source::new(&shown(path), ""), diagnostic: Diagnostic::error(Code::UnreadableInput, Place::NOWHERE, message) }
    }
}

impl From<Unread> for Stop {
    fn from(unread: Unread) -> Self {
        Self::Failed(unread.source, vec![unread.diagnostic])
    }
}

/// A path as messages and records show it: with `/` between its parts.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if std::path::is_separator(c) { '/' } else { c }).collect()
}

/// Whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Standard input can be read once only.
///
/// # Errors
/// More than one of the paths is `-`.
pub(crate) fn only_one_stdin<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<(), Stop> {
    match paths.into_iter().filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(super::report::usage("`-` is given twice, and standard input can be read once only").into()),
    }
}

/// The files of rules that the paths stand for, in their order.
pub(crate) fn find(paths: &[PathBuf]) -> Vec<Input> {
    paths.iter().flat_map(|path| if is_directory(path) { search(path, None) } else { vec![given(path)] }).collect()
}

/// As [`find`], each file once, and without those that stand in a directory, which is given by its canonical path.
pub(crate) fn find_outside(paths: &[PathBuf], left_out: &Path) -> Vec<Input> {
    let mut known = BTreeSet::new();
    let mut is_new = |input: &Input| fs::canonicalize(&input.path).map_or(true, |canonical| known.insert(canonical));
    let all = paths.iter().flat_map(|path| if is_directory(path) { search(path, Some(left_out)) } else { vec![given(path)] });
    all.filter(|input| is_new(input)).collect()
}

/// The directories among the paths in which no file of rules is.
pub(crate) fn without_rules(paths: &[PathBuf], found: &[Input]) -> Vec<PathBuf> {
    let holds = |path: &Path| found.iter().any(|input| input.path.starts_with(path));
    paths.iter().filter(|path| is_directory(path) && !holds(path)).cloned().collect()
}

fn is_directory(path: &Path) -> bool {
    !is_stdin(path) && path.is_dir()
}

fn given(path: &Path) -> Input {
    let relative = if is_stdin(path) { PathBuf::from("stdin") } else { path.file_name().map(PathBuf::from).unwrap_or_default() };
    Input { path: path.to_owned(), relative, broken: None }
}

fn search(root: &Path, left_out: Option<&Path>) -> Vec<Input> {
    let mut search = Search { root, left_out, found: Vec::new(), followed: BTreeSet::new(), inside: Vec::new() };
    search.directory(root);
    search.found.sort_by(|a, b| a.path.as_os_str().as_encoded_bytes().cmp(b.path.as_os_str().as_encoded_bytes()));
    search.found
}

/// A search through a directory.
struct Search<'p> {
    root: &'p Path,
    /// A directory in which nothing is searched, by canonical path.
    left_out: Option<&'p Path>,
    found: Vec<Input>,
    /// What links have led to, by canonical path.
    followed: BTreeSet<PathBuf>,
    /// The directories that are being searched, from the root inwards, by canonical path.
    inside: Vec<PathBuf>,
}

impl Search<'_> {
    fn directory(&mut self, path: &Path) {
        match fs::canonicalize(path).and_then(|canonical| Ok((canonical, sorted_entries(path)?))) {
            Ok((canonical, _)) if self.left_out == Some(canonical.as_path()) => {}
            Ok((canonical, entries)) => {
                self.inside.push(canonical);
                entries.iter().for_each(|entry| self.entry(entry));
                self.inside.pop();
            }
            Err(error) => self.broken(path, &reason(&error)),
        }
    }

    fn entry(&mut self, path: &Path) {
        let named_as_rule = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => self.link(path, named_as_rule),
            Ok(metadata) if metadata.is_dir() => self.directory(path),
            Ok(metadata) if metadata.is_file() => self.file(path, named_as_rule),
            Ok(_) if named_as_rule => self.broken(path, "not a regular file"),
            Err(error) if named_as_rule => self.broken(path, &reason(&error)),
            Ok(_) | Err(_) => {}
        }
    }

    fn link(&mut self, path: &Path, named_as_rule: bool) {
        match fs::canonicalize(path) {
            Ok(target) if self.inside.contains(&target) || self.followed.contains(&target) => {}
            Ok(target) if target.is_dir() => {
                self.followed.insert(target);
                self.directory(path);
            }
            Ok(target) if target.is_file() => {
                self.followed.insert(target);
                self.file(path, named_as_rule);
            }
            Ok(_) if named_as_rule => self.broken(path, "not a regular file"),
            Err(error) if named_as_rule => self.broken(path, &reason(&error)),
            Ok(_) | Err(_) => {}
        }
    }

    fn file(&mut self, path: &Path, named_as_rule: bool) {
        if named_as_rule && !is_cases(path) {
            self.add(path, None);
        }
    }

    fn broken(&mut self, path: &Path, reason: &str) {
        self.add(path, Some(reason.to_owned()));
    }

    fn add(&mut self, path: &Path, broken: Option<String>) {
        let relative = path.strip_prefix(self.root).unwrap_or(path).to_owned();
        self.found.push(Input { path: path.to_owned(), relative, broken });
    }
}

/// Whether a file holds the samples of the rule beside it: `NAME.events.yml` beside `NAME.yml`.
fn is_cases(path: &Path) -> bool {
    let of_rule = |path: &Path| ["yml", "yaml"].iter().any(|extension| path.with_extension(extension).is_file());
    let stem = path.file_stem().map(Path::new).filter(|stem| stem.extension().is_some_and(|extension| extension == "events"));
    stem.is_some_and(|stem| of_rule(&path.with_file_name(stem.with_extension(""))))
}

fn sorted_entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// The text of a file, or of standard input.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub(crate) fn read(path: &Path) -> Result<Source, Unread> {
    decode(path, bytes(path).map_err(|error| Unread::new(path, &reason(&error)))?)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if is_stdin(path) {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path)
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<Source, Unread> {
    let name = shown(path);
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] = bytes.as_slice() {
        let error = encoding_error(Place::NOWHERE, "the text is UTF-16, not UTF-8".to_owned());
        let error = error.help("convert it, for example with `iconv -f UTF-16 -t UTF-8`");
        return Err(Unread { source: Source::new(&name, ""), diagnostic: error });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(&name, &text)),
        Err(error) => Err(not_utf8(&name, error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

fn not_utf8(name: &str, bytes: &[u8], valid_up_to: usize) -> Unread {
    let source = Source::new(name, &String::from_utf8_lossy(bytes));
    let valid = String::from_utf8_lossy(bytes.get(..valid_up_to).unwrap_or_default());
    let valid = valid.strip_prefix('\u{feff}').unwrap_or(&valid);
    let line = 1 + valid.matches('\n').count();
    let column = 1 + valid.rsplit('\n').next().unwrap_or_default().chars().count();
    let place = Place::on_line(u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX), 1);
    let byte = bytes.get(valid_up_to).copied().unwrap_or_default();
    Unread { source, diagnostic: encoding_error(place, format!("the text is not UTF-8: byte 0x{byte:02x}")) }
}

fn encoding_error(place: Place, message: String) -> Diagnostic {
    Diagnostic::error(Code::InvalidEncoding, place, message)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn place_of(bytes: &[u8]) -> Option<(u32, u32)> {
        decode(Path::new("a.yml"), bytes.to_vec()).err().map(|unread| (unread.diagnostic.place.line, unread.diagnostic.place.column))
    }

    #[test]
    fn says_where_text_is_not_utf8() {
        assert_eq!(place_of("title: é\n".as_bytes()), None);
        assert_eq!(place_of(b"title: \xe9\n"), Some((1, 8)));
        assert_eq!(place_of(b"\xef\xbb\xbfa: \xc3\xa9\n\xc3\xa9\xff"), Some((2, 2)));
        assert_eq!(place_of(b"\xff\xfet\0"), Some((0, 0)));
        assert_eq!(place_of(b"t\0i\0"), Some((0, 0)));
    }

    #[test]
    fn drops_the_byte_order_mark() {
        let source = decode(Path::new("-"), b"\xef\xbb\xbftitle".to_vec()).unwrap();
        assert_eq!((&*source.name, &*source.text), ("-", "title"));
    }
}
