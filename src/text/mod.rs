//! Facts about text that tables and standards define, not opinions: case folding, wildcard patterns,
//! canonical text of values, numbers, dates, words, the grammar of IP addresses, and bounds of configuration files.
//!
//! The evaluator, the intermediate representation and all readers share this module, so it is pinned by
//! vectors and by Unicode's own data. Deliberately absent: anything that escapes or quotes. Every escape is
//! written twice, once by a backend and once by a reader, and never here.

pub mod config;
pub mod date;
pub mod encoding;
pub mod fold;
pub mod ip;
pub mod number;
pub mod pattern;
pub mod similar;
pub mod time;
pub mod visible;
pub mod words;
