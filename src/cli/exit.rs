//! How a run ends.

use std::process::ExitCode;
use verisigma::diag::Diagnostic;
use verisigma::source::Source;

/// How a run that came to its end ended. The worst of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Nothing to report.
    Done,
    /// Done, but something was found: an invalid or refused rule, a query that differs.
    Found,
    /// It could not run: usage, unreadable input, unwritable output.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::from(0),
            Exit::Found => Self::from(1),
            Exit::Failed => Self::from(2),
        }
    }
}

/// Why a run stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Whoever read the output has gone; nothing is to be said.
    ClosedPipe,
    /// It could not go on: what is wrong, in which source (one without a name for the command line).
    Failed(Source, Vec<Diagnostic>),
}

impl From<Diagnostic> for Stop {
    fn from(reason: Diagnostic) -> Self {
        vec![reason].into()
    }
}

impl From<Vec<Diagnostic>> for Stop {
    fn from(reasons: Vec<Diagnostic>) -> Self {
        Self::Failed(Source::new("", ""), reasons)
    }
}
