//! A correlation rule together with everything that it refers to.
//!
//! Contract: made by [`collection`](super::collection), which has resolved every reference and refused cycles; so whoever
//! runs a program meets no name that is not there. Deliberately absent: what a correlation means.

use super::Rule;
use super::correlation::Correlation;

/// A correlation rule and the rules below it, each once.
#[derive(Debug, Clone)]
pub struct Program<'d> {
    /// The rules, each after those that it refers to; the last is the one that the program is about.
    pub nodes: Vec<Node<'d>>,
}

/// A rule of a program.
#[derive(Debug, Clone)]
pub enum Node<'d> {
    /// A detection rule: it occurs where an event matches.
    Rule(&'d Rule),
    /// A correlation rule: it occurs where it gives an alert.
    Correlation {
        /// What was written.
        correlation: &'d Correlation,
        /// The rules that it refers to, in the order of [`Correlation::rules`].
        slots: Vec<Slot>,
    },
}

/// A rule that a correlation refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its number in [`Program::nodes`]; smaller than that of the correlation.
    pub node: usize,
    /// Every name by which aliases and conditions may speak of it: its id and its name, where it has them.
    pub names: Vec<String>,
}
