//! Which rules are tested: those for the log source that the events are from.
//!
//! Events do not say which log they are from, and a rule's log source is not tested on them; so a rule for another
//! log may match by accident, and costs time. A rule is left out where it names another value of an attribute that is
//! asked for. One that does not name the attribute is for logs of any value of it, and stays.

use super::super::report::{Report, count, usage};
use super::super::rules::{self, Read};
use verisigma::diag::{Code, Diagnostic};
use verisigma::rule::Logsource;
use verisigma::source::Place;

/// The log source that is asked for; without attributes every one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    category: Option<String>,
    product: Option<String>,
    service: Option<String>,
}

impl Wanted {
    /// The log source of `KEY=VALUE` pairs.
    ///
    /// # Errors
    /// A key that no log source has, or one that is given twice.
    pub(super) fn new(pairs: &[(String, String)]) -> Result<Self, Diagnostic> {
        let mut wanted = Self::default();
        for (key, value) in pairs {
            let place = match key.as_str() {
                "category" => &mut wanted.category,
                "product" => &mut wanted.product,
                "service" => &mut wanted.service,
                _ => {
                    let known = "a log source has `category`, `product` and `service`";
                    return Err(usage(format!("`--logsource` does not know `{key}`")).help(known));
                }
            };
            if place.replace(value.clone()).is_some() {
                return Err(usage(format!("`--logsource` has `{key}` twice")));
            }
        }
        Ok(wanted)
    }

    /// Leaves out the rules for other log sources, and says how many. What is no valid rule stays.
    pub(super) fn retain(&self, rules: &mut Vec<&Read<()>>, report: &mut Report) {
        let before = rules.len();
        rules.retain(|read| rules::rule(&read.document).is_none_or(|rule| self.includes(&rule.logsource)));
        let left_out = before - rules.len();
        if left_out > 0 {
            let message = format!("{} for other log sources left out", count(left_out, "rule"));
            report.note(&Diagnostic::note(Code::RulesLeftOut, Place::NOWHERE, message));
        }
    }

    fn includes(&self, own: &Logsource) -> bool {
        let agrees = |wanted: &Option<String>, own: &Option<String>| match (wanted, own) {
            (Some(wanted), Some(own)) => wanted.eq_ignore_ascii_case(own),
            (None, _) | (_, None) => true,
        };
        agrees(&self.category, &own.category) && agrees(&self.product, &own.product) && agrees(&self.service, &own.service)
    }
}
