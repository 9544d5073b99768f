//! Numbered events of Windows, and of Sysmon for Linux: who writes them where, and what they are called.
//!
//! The table beside this file has Microsoft's titles: headings of the documentation of Sysmon, and first sentences of
//! messages, with parameters as their names. It says for each where the text was found; a number whose text could not
//! be confirmed has none. Deliberately absent: fields of events, and events that no rule looks for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// An event of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Who writes it: `Microsoft-Windows-Sysmon`.
    pub provider: &'static str,
    /// Where it is written: `Microsoft-Windows-Sysmon/Operational`.
    pub channel: &'static str,
    /// Its number.
    pub id: u32,
    /// Microsoft's text, where it is known.
    pub title: Option<&'static str>,
}

impl Event {
    fn parse(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let (provider, channel, id, title) = (cell()?, cell()?, cell()?, cell()?);
        Some(Self { provider, channel, id: id.parse().ok()?, title: Some(title).filter(|title| !title.is_empty()) })
    }
}

/// The events by number, each number in the order of the table.
static EVENTS: LazyLock<BTreeMap<u32, Vec<Event>>> = LazyLock::new(|| {
    let mut events: BTreeMap<u32, Vec<Event>> = BTreeMap::new();
    for event in lines().filter_map(Event::parse) {
        events.entry(event.id).or_default().push(event);
    }
    events
});

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("windows_events.tsv").lines().filter(|line| !line.starts_with('#')).skip(1)
}

/// The events with a number, of any provider, in the order of the table.
pub fn events(id: u32) -> &'static [Event] {
    EVENTS.get(&id).map(Vec::as_slice).unwrap_or_default()
}

/// A provider as pages show it: without `Microsoft-Windows-`, and with `-` for blanks.
pub fn short_name(provider: &str) -> String {
    provider.strip_prefix("Microsoft-Windows-").unwrap_or(provider).replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_can_be_read_and_stands_once() {
        let all: Vec<Event> = EVENTS.values().flatten().copied().collect();
        assert_eq!(all.len(), lines().count());
        let keys: BTreeSet<_> = all.iter().map(|event| (event.provider, event.channel, event.id)).collect();
        assert_eq!(keys.len(), all.len());
        assert!(lines().all(|line| line.split('\t').count() == 5 && line.split('\t').all(|cell| cell.trim() == cell)));
    }

    #[test]
    fn a_title_says_where_it_was_found() {
        const KNOWN: &[&str] = &["ms-docs", "manifest", "message", "sigma-docs", "sigma-comment", "legacy", "knowledge"];
        for line in lines() {
            let basis = line.split('\t').next_back().unwrap_or_default();
            let has_title = line.split('\t').nth(3).is_some_and(|title| !title.is_empty());
            assert!(KNOWN.contains(&basis), "{line}");
            assert!(basis != "knowledge" || !has_title, "a text that nobody confirmed: {line}");
        }
    }

    #[test]
    fn events_have_titles_and_providers_short_names() {
        let titles = |id| events(id).iter().map(|event| (event.provider, event.title)).collect::<Vec<_>>();
        assert_eq!(titles(4688), [("Microsoft-Windows-Security-Auditing", Some("A new process has been created."))]);
        assert_eq!(titles(999_999), []);
        assert_eq!(short_name("Microsoft-Windows-Windows Defender"), "Windows-Defender");
        assert_eq!(short_name("Service Control Manager"), "Service-Control-Manager");
    }
}
