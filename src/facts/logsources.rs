//! Log sources of Sigma: the provider, the channels and the numbered events that a log source means.
//!
//! The table beside this file follows the taxonomy of the Sigma specification (2.1.0, appendix "Taxonomy") and, for
//! services that it does not name, the tests of SigmaHQ/sigma and pySigma. Where a category means numbered events they
//! stand in it; where a service means a channel, a rule says the numbers itself. Deliberately absent: field names, and
//! how anybody's pipeline stores such logs.

use std::sync::LazyLock;

/// What a log source means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The product that a rule has to name.
    pub product: Option<&'static str>,
    /// The category that a rule has to name.
    pub category: Option<&'static str>,
    /// The service that a rule has to name.
    pub service: Option<&'static str>,
    /// Who writes the events, where there is one.
    pub provider: Option<&'static str>,
    /// The channels. None: the log has none, or the rule names it.
    pub channels: Vec<&'static str>,
    /// The numbers of the events. None: the rule names them.
    pub event_ids: Vec<u32>,
    /// The name of a log that has no numbered events.
    pub unnumbered: Option<&'static str>,
}

impl Log {
    fn parse(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t').map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
        let mut cell = || cells.next();
        let (product, category, service, provider) = (cell()?, cell()?, cell()?, cell()?);
        let (channels, event_ids, unnumbered) = (cell()?, cell()?, cell()?);
        let channels = channels.into_iter().flat_map(|cell| cell.split(';')).collect();
        let event_ids = event_ids.into_iter().flat_map(|cell| cell.split(',')).map(|id| id.parse().ok()).collect::<Option<_>>()?;
        Some(Self { product, category, service, provider, channels, event_ids, unnumbered })
    }

    /// How many attributes it names, if a rule with these names them as well.
    ///
    /// A log that is named by its product alone is not meant by a rule that says more: what that is, nobody knows.
    fn fits(&self, asked: Asked<'_>) -> Option<(usize, bool)> {
        let pairs = [(self.product, asked.product), (self.category, asked.category), (self.service, asked.service)];
        let is_in = pairs.iter().all(|(own, asked)| own.is_none() || own == asked);
        let says_more = self.category.is_none() && self.service.is_none() && (asked.category.is_some() || asked.service.is_some());
        let named = pairs.iter().filter(|(own, _)| own.is_some()).count();
        (is_in && !says_more).then_some((named, self.category.is_some()))
    }
}

/// The log source of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked<'r> {
    /// For example `windows`.
    pub product: Option<&'r str>,
    /// For example `process_creation`.
    pub category: Option<&'r str>,
    /// For example `security`.
    pub service: Option<&'r str>,
}

/// Events that hold what a log source means without being meant by it, where all fields that are asked for exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alternative {
    /// Who writes them.
    pub provider: &'static str,
    /// Where.
    pub channel: &'static str,
    /// The number.
    pub event_id: u32,
    /// The fields that exist there with the same values: their names in Sigma, and there.
    pub fields: &'static [(&'static str, &'static str)],
    /// The fields of the event that the log source means.
    pub own: &'static [&'static str],
}

/// Event 4688 of the security log (pySigma-pipeline-windows). It has more fields than these, but with other values:
/// process ids in hexadecimal, users without their domain, integrity levels as SIDs.
const PROCESS_CREATION: Alternative = Alternative {
    provider: "Microsoft-Windows-Security-Auditing",
    channel: "Security",
    event_id: 4688,
    fields: &[
        ("Image", "NewProcessName"),
        ("ParentImage", "ParentProcessName"),
        ("CommandLine", "CommandLine"),
        ("LogonId", "SubjectLogonId"),
    ],
    own: SYSMON_PROCESS_CREATE,
};

/// The data of Sysmon's event 1, as the manifest of version 15 has it (schema 4.90).
const SYSMON_PROCESS_CREATE: &[&str] = &[
    "RuleName",
    "UtcTime",
    "ProcessGuid",
    "ProcessId",
    "Image",
    "FileVersion",
    "Description",
    "Product",
    "Company",
    "OriginalFileName",
    "CommandLine",
    "CurrentDirectory",
    "User",
    "LogonGuid",
    "LogonId",
    "TerminalSessionId",
    "IntegrityLevel",
    "Hashes",
    "ParentProcessGuid",
    "ParentProcessId",
    "ParentImage",
    "ParentCommandLine",
    "ParentUser",
];

impl Log {
    /// Where else the same is written.
    pub fn alternative(&self) -> Option<Alternative> {
        let is_meant = (self.product, self.category) == (Some("windows"), Some("process_creation"));
        is_meant.then_some(PROCESS_CREATION)
    }
}

static LOGS: LazyLock<Vec<Log>> = LazyLock::new(|| lines().filter_map(Log::parse).collect());

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("logsources.tsv").lines().filter(|line| !line.starts_with('#')).skip(1)
}

/// What a log source means: of the logs of which it names every attribute, the one with most of them; of two such,
/// the one with a category. Nothing where the table knows none.
pub fn log(asked: Asked<'_>) -> Option<&'static Log> {
    let fitting = LOGS.iter().rev().filter_map(|log| Some((log.fits(asked)?, log)));
    fitting.max_by_key(|(fit, _)| *fit).map(|(_, log)| log)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::collections::BTreeSet;

    fn found(product: &str, category: &str, service: &str) -> Option<&'static Log> {
        let [product, category, service] = [product, category, service].map(|name| Some(name).filter(|name| !name.is_empty()));
        log(Asked { product, category, service })
    }

    #[test]
    fn every_row_can_be_read_and_stands_once() {
        assert_eq!(LOGS.len(), lines().count());
        let keys: BTreeSet<_> = LOGS.iter().map(|log| (log.product, log.category, log.service)).collect();
        assert_eq!(keys.len(), LOGS.len());
        for log in LOGS.iter() {
            assert!(log.product.is_some() || log.category.is_some() || log.service.is_some(), "{log:?}");
            assert!(log.unnumbered.is_none() || (log.provider.is_none() && log.channels.is_empty()), "{log:?}");
            assert!(log.event_ids.is_empty() || (log.provider.is_some() && !log.channels.is_empty()), "{log:?}");
        }
    }

    #[test]
    fn a_log_source_may_say_more_than_the_table() {
        assert_eq!(found("windows", "process_creation", "").unwrap().event_ids, [1]);
        assert_eq!(found("windows", "process_creation", "sysmon").unwrap().event_ids, [1]);
        assert_eq!(found("windows", "", "security").unwrap().channels, ["Security"]);
        assert_eq!(found("kubernetes", "application", "audit").unwrap().unnumbered, Some("Kubernetes audit logs"));
        assert_eq!(found("bluecoat", "proxy", "").unwrap().unnumbered, Some("proxy logs"));
        assert_eq!(found("linux", "", "").unwrap().unnumbered, Some("Linux logs"));
    }

    #[test]
    fn what_the_table_does_not_have_is_unknown() {
        for (product, category, service) in
            [("windows", "nothing", ""), ("linux", "", "nothing"), ("", "process_creation", ""), ("nothing", "", ""), ("", "", "")]
        {
            assert_eq!(found(product, category, service), None, "{product} {category} {service}");
        }
    }
}
