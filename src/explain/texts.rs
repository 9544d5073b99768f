//! The texts that a rule was read from: its own, and those of the filters that were applied to it.
//!
//! A [`Place`] names its source by number; here the number is a text again, with its lines. Deliberately absent: reading
//! files.

use crate::rule::{self, Detection, Variables};
use crate::source::{Place, Source};

/// The sources of a rule, by their numbers.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    texts: Vec<Text>,
}

/// A source and where its lines begin.
#[derive(Debug, Clone)]
pub(super) struct Text {
    source: Source,
    starts: Vec<usize>,
}

impl Texts {
    /// These sources. Of several with the same number the first one counts.
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        Self { texts: sources.into_iter().map(Text::new).collect() }
    }

    /// The text that a place points into.
    pub(super) fn of(&self, place: Place) -> Option<&Text> {
        self.texts.iter().find(|text| text.source.number == place.file && place.is_somewhere())
    }

    /// The title of the filter that has this detection, where its text is here.
    pub(super) fn filter_title(&self, detection: &Detection) -> Option<String> {
        let place = detection.identifiers.first()?.place;
        let documents = rule::parse_with(&self.of(place)?.source, &Variables::kept());
        let stands_there = |own: &Detection| {
            own.identifiers.first().is_some_and(|first| (first.place.line, first.place.column) == (place.line, place.column))
        };
        let filter = documents.into_iter().filter_map(|document| document.filter).find(|filter| stands_there(&filter.detection));
        filter.map(|filter| filter.metadata.title)
    }
}

impl Text {
    fn new(source: Source) -> Self {
        let breaks = source.text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Self { source, starts }
    }

    /// The characters from the start of a line on, each with its line and column, line breaks among them. Of a line that
    /// ends in `\r\n` the carriage return is left out.
    pub(super) fn characters_from(&self, line: u32) -> impl Iterator<Item = (char, (u32, u32))> + '_ {
        let start = usize::try_from(line).ok().and_then(|line| self.starts.get(line.checked_sub(1)?));
        let text = start.and_then(|start| self.source.text.get(*start..)).unwrap_or_default();
        let mut at = (line, 0);
        let placed = text.chars().map(move |c| {
            at.1 += 1;
            let place = at;
            if c == '\n' {
                at = (at.0 + 1, 0);
            }
            (c, place)
        });
        placed.filter(|(c, _)| *c != '\r')
    }
}

/// Rules for tests.
#[cfg(test)]
pub(super) mod example {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::rule::Rule;

    /// A rule with this detection section in brackets.
    pub(crate) fn rule(detection: &str) -> (Rule, Texts) {
        written(&format!("title: t\nlogsource: {{category: c}}\ndetection: {detection}\n"))
    }

    /// The rule of a text.
    pub(crate) fn written(text: &str) -> (Rule, Texts) {
        let source = Source::new("", text);
        let rule = rule::parse_with(&source, &Variables::kept()).pop().unwrap().rule.unwrap();
        (rule, Texts::new([source]))
    }
}
