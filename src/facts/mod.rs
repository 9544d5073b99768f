//! Facts that others define and that are embedded as tables, for what is said about rules.
//!
//! Nothing here decides what a rule or a query means. Deliberately absent: facts about text, which decide
//! matching (`text`), and facts about targets, which are descriptors.

pub mod attack;
pub mod logsources;
pub mod windows_events;
