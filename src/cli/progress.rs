//! How far reading has come, on a terminal.
//!
//! The bar stands on standard error, only where that is a terminal, and is taken away at the end: nothing of it is
//! left in a log.

use super::args::Volume;
use super::report::{count, thousands};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A bar for files that are read one after the other.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    events: AtomicUsize,
}

impl Progress {
    /// A bar as long as the files are, as far as that is known.
    pub(crate) fn new(files: &[PathBuf], volume: Volume) -> Self {
        let bar = match volume {
            Volume::Normal => ProgressBar::new(files.iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum()),
            Volume::Quiet => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {msg}") {
            bar.set_style(style);
        }
        Self { bar, started: Instant::now(), events: AtomicUsize::new(0) }
    }

    /// So many bytes with so many events are done.
    pub(crate) fn advance(&self, bytes: u64, events: usize) {
        let events = self.events.fetch_add(events, Ordering::Relaxed) + events;
        if !self.bar.is_hidden() {
            let each_second = events as f64 / self.started.elapsed().as_secs_f64().max(0.001);
            self.bar.set_message(format!("{}, {} a second", count(events, "event"), thousands(each_second as usize)));
            self.bar.inc(bytes);
        }
    }
}

/// That something is going on which may take a moment.
#[derive(Debug)]
pub(crate) struct Waiting {
    bar: ProgressBar,
}

impl Waiting {
    /// Says what, until it is dropped.
    pub(crate) fn new(what: &'static str, volume: Volume) -> Self {
        let bar = match volume {
            Volume::Normal => ProgressBar::new_spinner().with_message(what),
            Volume::Quiet => ProgressBar::hidden(),
        };
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How many things of one kind are done.
#[derive(Debug)]
pub(crate) struct Steps {
    bar: ProgressBar,
}

impl Steps {
    /// So many are to be done.
    pub(crate) fn new(what: &'static str, number: usize, volume: Volume) -> Self {
        let bar = match volume {
            Volume::Normal => ProgressBar::new(u64::try_from(number).unwrap_or(u64::MAX)).with_message(what),
            Volume::Quiet => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// One is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
