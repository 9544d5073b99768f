//! What targets can say: each construct of Sigma put to a target, in a small rule that has it.
//!
//! Nothing is claimed by hand. Every rule here is parsed, written with the target's defaults, read back and
//! compared, as any other rule is; what became of it is the answer. A construct that needs an option is there
//! once without and once with it. Deliberately absent: names of targets, and how a table of answers looks.

use super::{Conversion, Job, Request, Target, Verdict, convert, convert_correlation};
use crate::diag::{Code, Diagnostic, Severity};
use crate::rule::collection::link;
use crate::rule::{Document, Variables, parse_with};
use crate::source::Source;

/// What targets say of a construct of Sigma.
#[derive(Debug, Clone)]
pub struct Capability {
    /// The construct, in words.
    pub construct: &'static str,
    /// The part of a rule that has it.
    pub example: &'static str,
    /// What became of that rule, for each target.
    pub answers: Vec<Answered>,
}

/// What became of a rule that was put to a target.
#[derive(Debug, Clone)]
pub enum Answered {
    /// A query, with what verification found.
    Written(String, Box<Verdict>),
    /// No query, with the code of the first reason.
    Refused(Code),
}

/// What these targets say of every construct, in the order of the specification.
pub fn capabilities(targets: &[&Target]) -> Vec<Capability> {
    let answers = |probe: &Probe| targets.iter().map(|target| probe.put_to(target)).collect();
    PROBES.iter().map(|probe| Capability { construct: probe.construct, example: probe.example, answers: answers(probe) }).collect()
}

/// A construct, and a rule that has it.
struct Probe {
    construct: &'static str,
    example: &'static str,
    stands: Stands,
}

/// Where the example stands in its rule.
#[derive(Clone, Copy)]
enum Stands {
    /// It is the one detection item.
    Item,
    /// It is the one detection item, and the condition negates it.
    Negated,
    /// It is the one keyword.
    Keyword,
    /// It is the one keyword, and the target is told of a column that holds whole events.
    KeywordInColumn,
    /// It is a filter of the rule.
    Filter,
    /// It is a correlation of two rules.
    Correlation,
}

const fn item(construct: &'static str, example: &'static str) -> Probe {
    Probe { construct, example, stands: Stands::Item }
}

const fn correlation(construct: &'static str, example: &'static str) -> Probe {
    Probe { construct, example, stands: Stands::Correlation }
}

/// Values hold the letters k and s, whose case is special beyond ASCII, so that whoever folds ASCII letters
/// only has to say so.
const PROBES: &[Probe] = &[
    item("value", "field: desk"),
    item("list of values", "field: [desk, task]"),
    item("letters beyond ASCII", "field: Straße"),
    item("wildcards", "field: 'desk*t?p'"),
    item("number", "field: 5"),
    item("boolean", "field: true"),
    item("empty text", "field: ''"),
    item("null", "field: null"),
    Probe { construct: "not", example: "field: desk", stands: Stands::Negated },
    item("contains", "field|contains: desk"),
    item("startswith", "field|startswith: desk"),
    item("endswith", "field|endswith: desk"),
    item("all", "field|contains|all: [desk, task]"),
    item("neq", "field|neq: desk"),
    item("cased", "field|cased: Desk"),
    item("cased contains", "field|cased|contains: Desk"),
    item("exists", "field|exists: true"),
    item("re", "field|re: '[kK]ey=\\d+'"),
    item("re|i", "field|re|i: 'key=\\d+'"),
    item("re|m", "field|re|m: '^key$'"),
    item("re|s", "field|re|s: 'key.*end'"),
    item("cidr", "field|cidr: 10.0.0.0/8"),
    item("cidr, IPv6", "field|cidr: 'fe80::/10'"),
    item("windash", "field|windash|contains: ' -k '"),
    item("base64", "field|base64|contains: desk"),
    item("base64offset", "field|base64offset|contains: desk"),
    item("wide, utf16le", "field|wide|base64offset|contains: desk"),
    item("utf16be", "field|utf16be|base64|contains: desk"),
    item("utf16", "field|utf16|base64|contains: desk"),
    item("fieldref", "field|fieldref: other"),
    item("fieldref|startswith", "field|fieldref|startswith: other"),
    item("fieldref|endswith", "field|fieldref|endswith: other"),
    item("fieldref|contains", "field|fieldref|contains: other"),
    item("fieldref|cased", "field|fieldref|cased: other"),
    item("lt", "field|lt: 5"),
    item("lte", "field|lte: 5"),
    item("gt", "field|gt: 5"),
    item("gte", "field|gte: 5"),
    item("minute", "field|minute: 5"),
    item("hour", "field|hour: 5"),
    item("hour|gte", "field|hour|gte: 5"),
    item("day", "field|day: 5"),
    item("week", "field|week: 5"),
    item("month", "field|month: 5"),
    item("year", "field|year: 2024"),
    item("expand", "field|expand: '%names%'"),
    Probe { construct: "keywords", example: "desk", stands: Stands::Keyword },
    Probe { construct: "keywords in a column", example: "desk", stands: Stands::KeywordInColumn },
    Probe { construct: "filter", example: "rules: any, user: {name|startswith: svc}, condition: not user", stands: Stands::Filter },
    correlation("event_count", "type: event_count, condition: {gte: 5}"),
    correlation("value_count", "type: value_count, condition: {field: host, gte: 5}"),
    correlation("value_sum", "type: value_sum, condition: {field: size, gte: 5}"),
    correlation("value_avg", "type: value_avg, condition: {field: size, gte: 5}"),
    correlation("value_percentile", "type: value_percentile, condition: {field: size, percentile: 95, gte: 5}"),
    correlation("value_median", "type: value_median, condition: {field: size, gte: 5}"),
    correlation("temporal", "type: temporal"),
    correlation("temporal, condition", "type: temporal, condition: first and second"),
    correlation("temporal, not", "type: temporal, condition: first and not second"),
    correlation("temporal_ordered", "type: temporal_ordered"),
];

impl Probe {
    fn rule(&self) -> String {
        let detection = |selection: &str, condition| {
            format!("title: Probe\nlogsource: {{category: probe}}\ndetection:\n  selection: {selection}\n  condition: {condition}\n")
        };
        match self.stands {
            Stands::Item => detection(&format!("{{{}}}", self.example), "selection"),
            Stands::Negated => detection(&format!("{{{}}}", self.example), "not selection"),
            Stands::Keyword | Stands::KeywordInColumn => detection(&format!("[{}]", self.example), "selection"),
            Stands::Filter => {
                let rule = detection("{field: desk}", "selection");
                format!("{rule}---\ntitle: Filter\nlogsource: {{category: probe}}\nfilter: {{{}}}\n", self.example)
            }
            Stands::Correlation => {
                let rule = |name: &str| format!("{}name: {name}\n---\n", detection(&format!("{{field: {name}}}"), "selection"));
                let about = "rules: [first, second], group-by: [user], timespan: 5m";
                format!("{}{}title: Correlation\ncorrelation: {{{}, {about}}}\n", rule("first"), rule("second"), self.example)
            }
        }
    }

    fn request(&self, target: &Target) -> Request {
        let has_column = target.options.iter().any(|option| option.name == "keyword_field");
        let options: &[(&str, &str)] = match self.stands {
            Stands::KeywordInColumn if has_column => &[("keyword_field", "event")],
            Stands::Item | Stands::Negated | Stands::Keyword | Stands::KeywordInColumn | Stands::Filter | Stands::Correlation => &[],
        };
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Request { target: target.name.clone(), options, ..Request::default() }
    }

    fn put_to(&self, target: &Target) -> Answered {
        let variables = Variables::read(&Source::new("variables.yml", "names: [desk, task]")).unwrap_or_default();
        let mut documents = parse_with(&Source::new(self.construct, &self.rule()), &variables);
        let links = link(&mut documents.iter_mut().collect::<Vec<_>>());
        if let Some(wrong) = documents.iter().find(|document| !document.diagnostics.is_empty()) {
            return refused(&wrong.diagnostics);
        }
        let job = match Job::new(self.request(target)) {
            Ok(job) => job,
            Err(errors) => return refused(&errors),
        };
        let documents: Vec<&Document> = documents.iter().collect();
        let correlated = links.program(&documents, documents.len().saturating_sub(1)).map(|program| convert_correlation(&program, &job));
        let rule = documents.first().and_then(|document| document.rule.as_ref());
        let outcome = correlated.or_else(|| convert(rule?, &job).into_iter().next());
        outcome.map_or(Answered::Refused(Code::MissingCondition), |outcome| match outcome.result {
            Conversion::Written { query, verdict, .. } | Conversion::Differs { query, verdict } => {
                Answered::Written(query, Box::new(verdict))
            }
            Conversion::Refused => refused(&outcome.diagnostics),
        })
    }
}

fn refused(diagnostics: &[Diagnostic]) -> Answered {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    Answered::Refused(error.map_or(Code::NotSupportedYet, |error| error.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Kind, targets};
    use crate::rule::Modifier;

    #[test]
    fn every_modifier_is_put_to_the_targets() {
        let used: Vec<&str> = PROBES.iter().flat_map(|probe| probe.example.split(':').next().unwrap_or_default().split('|')).collect();
        for (names, _) in Modifier::all() {
            assert!(names.iter().any(|name| used.contains(name)), "no example has `{names:?}`");
        }
    }

    #[test]
    fn examples_are_valid_and_what_is_written_is_right() {
        let capabilities = capabilities(&targets().iter().collect::<Vec<_>>());
        for (example, answer) in capabilities.iter().flat_map(|of| of.answers.iter().map(|answer| (of.example, answer))) {
            let expected = match answer {
                Answered::Written(_, verdict) => matches!(verdict.kind, Kind::Proved | Kind::Tested),
                Answered::Refused(code) => code.name().starts_with("refused_") || *code == Code::NotSupportedYet,
            };
            assert!(expected, "{example}: {answer:?}");
        }
    }
}
