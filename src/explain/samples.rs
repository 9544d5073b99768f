//! What a rule, and the queries that are written for it, answer to the samples that its rule set keeps for it.
//!
//! Contract: a sample is asked as `test --expect` asks it: so many of its events must match, or more; a query is asked as
//! it was read back from its text. Deliberately absent: finding and reading samples, and judging a rule by them.

use super::Subject;
use super::model::{Sample, SampleAnswer, SampleOutcome, SampleTarget};
use crate::engine::samples::{Expected, Judged, Outcome, Written, answers, answers_of, judge};
use crate::engine::{Answer, Job};
use crate::event::Event;

/// A sample as whoever asks has found it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its path, as the rule set has it.
    pub path: String,
    /// What its description calls it.
    pub name: Option<String>,
    /// What its description says of it.
    pub description: Option<String>,
    /// The form of what was read; nothing where nothing was.
    pub form: Option<Form>,
    /// What must be so of it; nothing where no description of it was read.
    pub expected: Option<Expected>,
    /// What it holds.
    pub content: Content,
}

/// The form of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A Windows event log.
    Evtx,
    /// Events as JSON.
    Json,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Evtx => "evtx",
            Self::Json => "json",
        }
    }
}

/// What a sample holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Its events.
    Events(Vec<Event>),
    /// It is named and not there.
    Absent,
    /// It, or what describes it, cannot be used: why, as a sentence without period.
    Unread(String),
}

/// The samples of a rule, each with the answers of the rule and of the targets.
pub(super) fn samples(subject: &Subject<'_>, jobs: &[Job]) -> Vec<Sample> {
    let is_read = |recorded: &Recorded| matches!(recorded.content, Content::Events(_));
    let is_asked = subject.samples.iter().any(is_read) && subject.unresolved.is_empty();
    let written: Vec<(&Job, Written)> = jobs.iter().filter(|_| is_asked).map(|job| (job, Written::new(subject.rule, job))).collect();
    subject.samples.iter().map(|recorded| sample(subject, recorded, jobs, &written)).collect()
}

fn sample(subject: &Subject<'_>, recorded: &Recorded, jobs: &[Job], written: &[(&Job, Written)]) -> Sample {
    let (rule, targets) = match &recorded.content {
        Content::Absent => (without(SampleOutcome::Absent, None), Vec::new()),
        Content::Unread(why) => (without(SampleOutcome::Unread, Some(why)), Vec::new()),
        Content::Events(_) if !subject.unresolved.is_empty() => {
            let why = subject.unresolved.first();
            let refused = |job: &Job| target(job, without(SampleOutcome::Refused, why));
            (without(SampleOutcome::Open, why), jobs.iter().map(refused).collect())
        }
        Content::Events(events) => {
            let targets = written.iter().map(|(job, written)| target(job, asked(subject, recorded, events, job, written)));
            (judged(recorded, &answers(subject.rule, events), "the rule"), targets.collect())
        }
    };
    let events = if let Content::Events(events) = &recorded.content { Some(events.len()) } else { None };
    Sample {
        name: recorded.name.clone(),
        description: recorded.description.clone(),
        form: recorded.form.map(Form::name),
        path: recorded.path.clone(),
        match_count: recorded.expected.map(|expected| match expected {
            Expected::AtLeast { number, .. } => number,
            Expected::Match => 1,
            Expected::Miss => 0,
        }),
        present: recorded.form.is_some(),
        events,
        rule,
        targets,
    }
}

fn target(job: &Job, answer: SampleAnswer) -> SampleTarget {
    SampleTarget { target: job.target.name.clone(), answer }
}

/// What the queries for a target answer.
fn asked(subject: &Subject<'_>, recorded: &Recorded, events: &[Event], job: &Job, written: &Written) -> SampleAnswer {
    match written {
        Written::Queries(queries) => {
            judged(recorded, &answers_of(queries, subject.rule, events), &format!("the query for `{}`", job.target.name))
        }
        Written::None { outcome, diagnostics } => without(named(*outcome), diagnostics.first().map(|why| &why.message)),
    }
}

fn judged(recorded: &Recorded, answers: &[Answer], who: &str) -> SampleAnswer {
    let expected = recorded.expected.unwrap_or(Expected::AtLeast { number: 1, stated: false });
    let Judged { outcome, matching, reason } = judge(expected, &recorded.path, answers, who);
    SampleAnswer { outcome: named(outcome), matched: Some(matching), reason }
}

fn named(outcome: Outcome) -> SampleOutcome {
    match outcome {
        Outcome::Passed => SampleOutcome::Passed,
        Outcome::Failed => SampleOutcome::Failed,
        Outcome::Open => SampleOutcome::Open,
        Outcome::Refused => SampleOutcome::Refused,
    }
}

/// An answer of which no event was asked.
fn without(outcome: SampleOutcome, why: Option<&String>) -> SampleAnswer {
    SampleAnswer { outcome, matched: None, reason: why.cloned() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;
    use crate::engine::Request;
    use crate::explain::texts::Texts;
    use crate::source::Source;
    use serde_json::json;

    const RULE: &str = "title: A\nlogsource: {product: windows}\ndetection: {a: {Image|endswith: '\\a.exe'}, condition: a}\n";

    fn recorded(number: usize, content: Content) -> Recorded {
        let expected = Some(Expected::AtLeast { number, stated: true });
        Recorded { path: "data/a.json".to_owned(), name: None, description: None, form: Some(Form::Json), expected, content }
    }

    fn events() -> Content {
        let event = |image: &str| Event::new(json!({ "Image": image }).as_object().unwrap().clone());
        Content::Events(vec![event("C:\\a.exe"), event("C:\\b.exe")])
    }

    /// The samples of the rule for one target.
    fn asked(text: &str, recorded: &[Recorded], unresolved: &[String]) -> Vec<Sample> {
        let source = Source::new("a.yml", text);
        let rule = crate::rule::parse(&source).remove(0).rule.unwrap();
        let texts = Texts::default();
        let job = Job::new(Request { target: "splunk".to_owned(), ..Request::default() }).unwrap();
        samples(&Subject { samples: recorded, unresolved, ..Subject::new(&rule, &source, &texts) }, &[job])
    }

    fn outcomes(sample: &Sample) -> (SampleOutcome, Option<usize>, Option<SampleOutcome>) {
        (sample.rule.outcome, sample.rule.matched, sample.targets.first().map(|own| own.answer.outcome))
    }

    #[test]
    fn rule_and_query_are_asked_alike() {
        let all = asked(RULE, &[recorded(1, events()), recorded(2, events())], &[]);
        assert_eq!(outcomes(&all[0]), (SampleOutcome::Passed, Some(1), Some(SampleOutcome::Passed)));
        assert_eq!(outcomes(&all[1]), (SampleOutcome::Failed, Some(1), Some(SampleOutcome::Failed)));
        assert_eq!((all[0].events, all[0].present), (Some(2), true));
        assert_eq!(all[1].rule.reason.as_deref(), Some("the rule matches 1 of 2 events of `data/a.json`, and must match 2 or more"));
    }

    #[test]
    fn what_is_not_there_is_not_asked() {
        let absent = Recorded { form: None, ..recorded(1, Content::Absent) };
        let unread = recorded(1, Content::Unread("cannot read: no log".to_owned()));
        let all = asked(RULE, &[absent, unread], &[]);
        assert_eq!(outcomes(&all[0]), (SampleOutcome::Absent, None, None));
        assert_eq!(outcomes(&all[1]), (SampleOutcome::Unread, None, None));
        assert_eq!((all[0].present, all[1].present, all[1].rule.reason.as_deref()), (false, true, Some("cannot read: no log")));
    }

    #[test]
    fn placeholders_without_values_leave_samples_open() {
        let all = asked(RULE, &[recorded(1, events())], &["nobody knows".to_owned()]);
        assert_eq!(outcomes(&all[0]), (SampleOutcome::Open, None, Some(SampleOutcome::Refused)));
        assert_eq!(all[0].targets[0].answer.reason.as_deref(), Some("nobody knows"));
    }
}
