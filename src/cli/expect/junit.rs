//! What came of samples, in the form of JUnit: a suite for each rule that has samples, a case for each of them.
//!
//! What failed is a failure, with its reason; what could not be asked (an absent sample, a query that is refused, an
//! answer that is open) is skipped, with its reason. A sample that is absent and required is an error.

use super::judge::Asked;
use super::{Sample, Tested};
use crate::cli::exit::Stop;
use crate::cli::output::print as write;
use crate::cli::report::usage;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use verisigma::engine::samples::Outcome;

/// Prints the document.
///
/// # Errors
/// It cannot be written.
pub(super) fn print(tested: &[Tested<'_>], require_samples: bool) -> Result<(), Stop> {
    let mut report = Report::new("verisigma");
    report.add_test_suites(tested.iter().filter_map(|rule| suite(rule, require_samples)));
    let text = report.to_string().map_err(|error| usage(format!("the report cannot be written: {error}")))?;
    write(&as_jenkins_reads(&text, report.skipped))
}

/// The crate counts what was skipped in the root element too, which the schema of Jenkins does not allow there. The
/// root comes first, and holds no text of a rule.
fn as_jenkins_reads(text: &str, skipped: usize) -> String {
    text.replacen(&format!(" skipped=\"{skipped}\""), "", 1)
}

fn suite(rule: &Tested<'_>, require_samples: bool) -> Option<TestSuite> {
    let asked = rule.asked.iter().filter_map(|asked| Some(case(asked, rule.samples.found.get(asked.sample)?)));
    let absent = rule.samples.absent.iter().map(|absent| {
        let mut status = if require_samples { TestCaseStatus::non_success(NonSuccessKind::Error) } else { TestCaseStatus::skipped() };
        status.set_message("the sample is not there").set_type("absent");
        TestCase::new(absent.path.as_str(), status)
    });
    let mut cases: Vec<TestCase> = asked.chain(absent).collect();
    let shown = rule.read.shown();
    cases.iter_mut().for_each(|case| {
        case.set_classname(shown.as_str());
    });
    if cases.is_empty() {
        return None;
    }
    let mut suite = TestSuite::new(shown);
    suite.add_test_cases(cases);
    Some(suite)
}

fn case(asked: &Asked, sample: &Sample) -> TestCase {
    let mut status = match asked.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Open | Outcome::Refused => TestCaseStatus::skipped(),
    };
    status.set_message(asked.reason.as_deref().unwrap_or_default()).set_type(asked.outcome.name());
    let notes: Vec<String> = asked.said.iter().map(|said| said.diagnostic.message.clone()).skip(1).collect();
    if asked.outcome == Outcome::Failed && !notes.is_empty() {
        status.set_description(notes.join("\n"));
    }
    let index = sample.index.map(|index| format!(" {index}")).unwrap_or_default();
    let name = sample.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let through = asked.through.as_ref().map(|target| format!(" through {target}")).unwrap_or_default();
    TestCase::new(format!("{}{index}{name}{through}", sample.path), status)
}
