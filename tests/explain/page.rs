//! Pages of rules as lines and tables: ours from Markdown, and those of the catalogue from the text of a page.

use std::collections::BTreeMap;

/// The headings that both have, in order.
pub(crate) const SECTIONS: [&str; 6] =
    ["MITRE ATT&CK coverage", "Event coverage", "Rule body", "Stages and Predicates", "Exclusions", "Indicators"];

/// What stands under each heading, line by line, without marks and indentation. What comes first is under no name.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The headings in order.
    pub(crate) headings: Vec<String>,
    sections: BTreeMap<String, Vec<String>>,
}

impl Page {
    /// The lines of a section.
    pub(crate) fn lines(&self, heading: &str) -> Vec<&str> {
        self.sections.get(heading).into_iter().flatten().map(String::as_str).collect()
    }

    /// The rows of the tables of a section, heads and cells.
    pub(crate) fn rows(&self, heading: &str) -> Vec<Vec<String>> {
        let row = |line: &&str| line.contains('|') && !line.contains("|---");
        let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        self.lines(heading).into_iter().filter(row).map(cells).collect()
    }

    fn add(&mut self, line: &str) {
        let heading = self.headings.last().cloned().unwrap_or_default();
        self.sections.entry(heading).or_default().push(line.trim().to_owned());
    }

    /// The text of a page of the catalogue. Its extraction lost indentation, and line breaks before stages.
    pub(crate) fn of_catalogue(text: &str) -> Self {
        let mut page = Self::default();
        let text = text.replace("Rule body yaml", "Rule body").replace("Stage ", "\nStage ");
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match SECTIONS.iter().find(|heading| **heading == line.trim()) {
                Some(heading) => page.headings.push((*heading).to_owned()),
                None => page.add(line),
            }
        }
        page
    }

    /// A page of ours.
    pub(crate) fn of_markdown(text: &str) -> Self {
        let mut page = Self::default();
        let mut fence: Option<&str> = None;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                Some(own) if line == own => fence = None,
                Some(_) => page.add(line),
                None if ticks >= 3 => fence = line.get(..ticks),
                None => match line.strip_prefix("## ") {
                    Some(heading) => page.headings.push(unmarked(heading)),
                    None => page.add(&unmarked(line.trim_start_matches("# ").trim_start_matches("### "))),
                },
            }
        }
        page
    }
}

/// A line without backticks and without the backslashes that escape marks outside of them.
fn unmarked(line: &str) -> String {
    let part = |(number, part): (usize, &str)| {
        if number % 2 == 1 {
            return part.to_owned();
        }
        let mut plain = String::new();
        let mut letters = part.chars();
        while let Some(c) = letters.next() {
            plain.extend(if c == '\\' { letters.next() } else { Some(c) });
        }
        plain
    };
    line.split('`').enumerate().map(part).collect()
}
