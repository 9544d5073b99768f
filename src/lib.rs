//! Verisigma: the Sigma compiler that proves its output.
//!
//! Sigma detection rules become queries, and each query is read back by an independent reader and compared
//! with what the rule means: proved equal, or refuted by an event.

pub mod backend;
pub mod diag;
pub mod engine;
pub mod eval;
pub mod event;
pub mod ir;
pub mod lang;
pub mod rule;
pub mod source;
pub mod storage;
pub mod text;
pub mod verify;
