//! The entries of the fuzz targets on bounded input: seeds, changed seeds, and inputs made to be hostile.
//!
//! Every input is handled without a panic and within a second of an optimised build. The same inputs are taken
//! every time; the targets below `fuzz/` take others.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "fuzz/entries.rs"]
mod entries;
#[path = "fuzz/hostile.rs"]
mod hostile;

use entries::{ENTRIES, Entry, abridged};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// So many times longer than a second an input may take: builds for tests are not optimised much, and tests run
/// beside each other.
const PATIENCE: u32 = if cfg!(debug_assertions) { 10 } else { 2 };

/// Runs an entry on an input, and says which it was if it fails.
fn run(entry: &Entry, data: &[u8]) {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (entry.run)(data)));
    assert!(outcome.is_ok(), "{} panics on {}", entry.name, abridged(data));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(1) * PATIENCE, "{} takes {took:?} for {}", entry.name, abridged(data));
}

#[test]
fn seeds() {
    for entry in &ENTRIES {
        (entry.seeds)().iter().for_each(|seed| run(entry, seed));
    }
}

/// Writes the seeds of each entry into a folder of its name, to start the fuzz targets with.
#[test]
#[ignore = "writes files: VERISIGMA_SEEDS names the folder"]
fn write_seeds() {
    let folder = std::path::PathBuf::from(std::env::var_os("VERISIGMA_SEEDS").unwrap());
    for entry in &ENTRIES {
        let folder = folder.join(entry.name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in (entry.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:04}")), seed).unwrap();
        }
    }
    for (number, (entry, name, data)) in hostile::inputs().into_iter().enumerate() {
        let folder = folder.join("hostile").join(entry);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{number:04} {name}")), data).unwrap();
    }
}
