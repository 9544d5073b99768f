//! Writing: standard output, and files that appear when the run has succeeded.
//!
//! A file is written beside its place and renamed. What was there stays until everything is written; a run
//! that fails or is interrupted before leaves no trace. Text that is shown on a terminal carries no control
//! characters, wherever it comes from: [`printable`] is the one place for that.

use super::exit::Stop;
use super::input::shown;
use super::report::{reason, usage};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::Builder;
use verisigma::diag::{Code, Diagnostic};
use verisigma::source::Place;

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Standard output.
    Stdout,
    /// One file.
    File(PathBuf),
    /// One file a rule, below this directory.
    Directory(PathBuf),
}

impl Destination {
    /// What `-o` says: a directory exists or is named with `/` at its end, `-` is standard output.
    pub(crate) fn new(output: Option<PathBuf>) -> Self {
        match output {
            None => Self::Stdout,
            Some(path) if path.as_os_str() == "-" => Self::Stdout,
            Some(path) if path.is_dir() || ends_in_separator(&path) => Self::Directory(path),
            Some(path) => Self::File(path),
        }
    }
}

fn ends_in_separator(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::is_separator)
}

/// Writes results to standard output.
///
/// # Errors
/// Nobody reads them any more, or they cannot be written.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    let text = if stdout.is_terminal() { printable(text) } else { Cow::Borrowed(text) };
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe { Stop::ClosedPipe } else { unwritable("standard output", &error).into() }
    })
}

fn unwritable(what: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::UnwritableOutput, Place::NOWHERE, format!("cannot write {what}: {}", reason(error)))
}

fn unwritable_file(path: &Path, error: &io::Error) -> Diagnostic {
    unwritable(&format!("`{}`", shown(path)), error)
}

/// Files that are to be written, each with what it comes from.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<PathBuf, (PathBuf, String)>,
    taken: Vec<Diagnostic>,
    makes_directories: bool,
}

impl Files {
    /// No files yet; what they stand in is made where it is missing.
    pub(crate) fn with_directories() -> Self {
        Self { makes_directories: true, ..Self::default() }
    }

    /// Plans files: path, origin and text of each. A path that is planned twice is an error, which
    /// [`Files::write`] gives.
    pub(crate) fn extend(&mut self, files: impl IntoIterator<Item = (PathBuf, PathBuf, String)>) {
        for (path, origin, text) in files {
            match self.files.get(&path) {
                Some((other, _)) => self.taken.push(taken(&path, other, &origin)),
                None => drop(self.files.insert(path, (origin, text))),
            }
        }
    }

    /// Writes all of them, or none.
    ///
    /// # Errors
    /// A path is planned twice or is that of an input, or something cannot be written.
    pub(crate) fn write<'i>(self, inputs: impl Iterator<Item = &'i Path>) -> Result<(), Stop> {
        if !self.taken.is_empty() {
            return Err(self.taken.into());
        }
        let inputs: BTreeSet<PathBuf> = inputs.filter_map(|path| fs::canonicalize(path).ok()).collect();
        let overwritten = self.files.keys().find(|path| fs::canonicalize(path).is_ok_and(|place| inputs.contains(&place)));
        if let Some(path) = overwritten {
            return Err(usage(format!("`{}` would be overwritten, and it is an input", shown(path))).into());
        }
        remove_on_interruption();
        self.write_all().inspect_err(|_| remove(&mut unfinished()))
    }

    fn write_all(&self) -> Result<(), Stop> {
        let mut written = Vec::new();
        for (path, (_, text)) in &self.files {
            written.extend(self.write_one(path, text)?);
        }
        put_in_place(written)
    }

    fn write_one(&self, path: &Path, text: &str) -> Result<Option<Written>, Stop> {
        if let (true, Some(directory)) = (self.makes_directories, path.parent()) {
            make_directory(directory)?;
        }
        let result = if is_special(path) { fs::write(path, text).map(|()| None) } else { write_beside(path, text.as_bytes()).map(Some) };
        Ok(result.map_err(|error| unwritable_file(path, &error))?)
    }
}

/// Puts files in their places, all of them. Whoever interrupts from here on waits until that is done.
fn put_in_place(written: Vec<Written>) -> Result<(), Stop> {
    let mut unfinished = unfinished();
    for Written { beside, place } in written {
        fs::rename(&beside, &place).map_err(|error| {
            remove(&mut unfinished);
            unwritable_file(&place, &error)
        })?;
    }
    unfinished.clear();
    Ok(())
}

/// Files that are written as they come, from several threads, and put in their places together.
#[derive(Debug)]
pub(crate) struct Staging {
    written: Mutex<Vec<Written>>,
    directories: Mutex<BTreeSet<PathBuf>>,
}

impl Staging {
    /// No files yet.
    pub(crate) fn new() -> Self {
        remove_on_interruption();
        Self { written: Mutex::default(), directories: Mutex::default() }
    }

    /// Writes a file beside its place, unless the same stands there already.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), Stop> {
        if holds(path, bytes) {
            return Ok(());
        }
        if let Some(directory) = path.parent() {
            let mut known = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
            if !known.contains(directory) {
                make_directory(directory)?;
                known.insert(directory.to_owned());
            }
        }
        let written = write_beside(path, bytes).map_err(|error| unwritable_file(path, &error))?;
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(written);
        Ok(())
    }

    /// Puts all files in their places.
    ///
    /// # Errors
    /// One of them cannot be put there.
    pub(crate) fn finish(self) -> Result<(), Stop> {
        put_in_place(self.written.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes back what was written.
    pub(crate) fn abandon(self) {
        remove(&mut unfinished());
    }
}

/// Whether a file holds these bytes.
pub(crate) fn holds(path: &Path, bytes: &[u8]) -> bool {
    let has_length = |length: u64| u64::try_from(bytes.len()).is_ok_and(|own| own == length);
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && has_length(metadata.len()))
        && fs::read(path).is_ok_and(|own| own == bytes)
}

/// Removes a file that a run wrote before.
///
/// # Errors
/// It is there, and cannot be removed.
pub(crate) fn remove_file(path: &Path) -> Result<(), Stop> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let message = format!("cannot remove `{}`: {}", shown(path), reason(&error));
            Err(Diagnostic::error(Code::UnwritableOutput, Place::NOWHERE, message).into())
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn taken(path: &Path, first: &Path, second: &Path) -> Diagnostic {
    let message = if first == second {
        format!("`{}` would be written twice, for two rules of `{}`", shown(path), shown(first))
    } else {
        format!("`{}` would be written twice, for `{}` and for `{}`", shown(path), shown(first), shown(second))
    };
    usage(message).help("write one file with `-o FILE`, or convert them one by one")
}

/// A file that is written, and only has to be put in its place.
#[derive(Debug)]
struct Written {
    beside: PathBuf,
    place: PathBuf,
}

/// Whether a path is a device, a pipe or the like, which can be written to and not replaced.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    // A link stays, and what it leads to is replaced.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (mut file, beside) = create_beside(directory)?;
    file.write_all(bytes)?;
    if let Ok(before) = fs::metadata(&place) {
        file.set_permissions(before.permissions())?;
    }
    Ok(Written { beside, place })
}

fn create_beside(directory: &Path) -> io::Result<(fs::File, PathBuf)> {
    let mut unfinished = unfinished();
    let mut builder = Builder::new();
    builder.prefix(".verisigma-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let (file, path) = builder.tempfile_in(directory)?.keep().map_err(|kept| kept.error)?;
    unfinished.push(path.clone());
    Ok((file, path))
}

/// Makes a directory and those that it is in.
///
/// # Errors
/// One of them cannot be made.
fn make_directory(path: &Path) -> Result<(), Stop> {
    let missing: Vec<&Path> = path.ancestors().take_while(|directory| !directory.as_os_str().is_empty() && !directory.exists()).collect();
    for directory in missing.into_iter().rev() {
        let mut unfinished = unfinished();
        fs::create_dir(directory).map_err(|error| unwritable_file(directory, &error))?;
        unfinished.push(directory.to_owned());
    }
    Ok(())
}

/// What was made and is to be removed again if the run does not succeed, in the order in which it was made.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes files, and directories if they are empty.
fn remove(paths: &mut Vec<PathBuf>) {
    for path in paths.drain(..).rev() {
        drop(fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)));
    }
}

#[expect(clippy::exit, reason = "an interrupted program ends, after it has cleaned up")]
fn remove_on_interruption() {
    // Without a handler, an interruption may leave temporary files, and nothing worse.
    drop(ctrlc::set_handler(|| {
        let mut unfinished = unfinished();
        remove(&mut unfinished);
        std::process::exit(130);
    }));
}

/// Text that is safe to show on a terminal: control characters and those that reorder text are escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || c == '\t' || !is_unprintable(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if harmless(c) { c.to_string() } else { c.escape_unicode().to_string() }).collect())
}

/// Text on one line: whatever could end the line or hide what follows becomes a space.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect()
}

/// JSON of the same meaning that is safe to show on a terminal.
pub(crate) fn escaped_json(json: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || !is_unprintable(c);
    if json.chars().all(harmless) {
        return Cow::Borrowed(json);
    }
    // All of these characters stand in strings, and have four hexadecimal digits.
    Cow::Owned(json.chars().map(|c| if harmless(c) { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect())
}

/// Control characters, line separators, and what changes the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(printable("a\tb\né"), "a\tb\né");
        assert_eq!(printable("\u{1b}[2J\u{202e}x\r"), "\\u{1b}[2J\\u{202e}x\\u{d}");
        assert_eq!(one_line("a\nDROP\u{2028}b\u{9b}"), "a DROP b ");
        assert_eq!(escaped_json("{\"a\":\"\u{9b}\u{202e}\"}\n"), "{\"a\":\"\\u009b\\u202e\"}\n");
    }
}
