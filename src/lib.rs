//! Verisigma: the Sigma compiler that proves its output.
//!
//! Sigma detection rules become queries, and each query is read back by an independent reader and compared
//! with what the rule means: proved equal, or refuted by an event.
//!
//! [`engine`] is the part to start with: rules in; queries, verdicts and answers out.
//!
//! ```
//! use verisigma::engine::{Conversion, Job, Kind, Request, convert, parse};
//! use verisigma::source::Source;
//!
//! let text = r"
//! title: Whoami
//! logsource: {category: process_creation, product: windows}
//! detection:
//!   selection:
//!     Image|endswith: '\whoami.exe'
//!   condition: selection
//! ";
//! let job = Job::new(Request { target: "sqlite".to_owned(), ..Request::default() }).unwrap();
//! let document = parse(&Source::new("whoami.yml", text)).remove(0);
//! let rule = document.rule.expect("`document.diagnostics` says what is wrong");
//! let outcome = convert(&rule, &job).remove(0); // one for each condition of the rule
//! let Conversion::Written { query, verdict, .. } = outcome.result else { panic!("{:?}", outcome.diagnostics) };
//! assert_eq!(query.trim(), r"SELECT * FROM events WHERE Image LIKE '%\whoami.exe'");
//! assert_eq!(verdict.kind, Kind::Proved);
//! ```
//!
//! A query from elsewhere is judged by [`engine::verify_query`], and asked about events with
//! [`engine::read_query`]; a rule is asked with [`engine::matches`].
//!
//! No function here reads or writes a file, opens a socket or prints.

pub mod backend;
pub mod catalog;
pub mod diag;
pub mod engine;
pub mod eval;
pub mod event;
pub mod explain;
pub mod facts;
pub mod ir;
pub mod lang;
pub mod matcher;
pub mod rule;
pub mod source;
pub mod storage;
pub mod text;
pub mod verify;

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
