//! `coverage`: what rules cover, as a table, as values for programs, or as a layer of ATT&CK Navigator.

use super::args::{CoverageArgs, CoverageFormat};
use super::attack;
use super::exit::{Exit, Stop};
use super::input;
use super::output::{self, Destination, Files, escaped_json, one_line};
use super::report::{Report, count, thousands, usage};
use super::rules::{self, Collection, File, Standing};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use verisigma::explain::coverage::{Counted, Coverage, Tactic, Technique, Usage, layer};
use verisigma::explain::model::{AttackName, AttackStatus, Logsource};
use verisigma::facts::attack::{Attack, NOTICE};
use verisigma::rule::Document;

/// Counts.
///
/// # Errors
/// The arguments ask for what does not exist, or the result cannot be written.
pub(crate) fn run(arguments: CoverageArgs, report: &mut Report) -> Result<Exit, Stop> {
    input::only_one_stdin(arguments.paths.iter().chain(&arguments.attack))?;
    if arguments.fields && arguments.format == CoverageFormat::Navigator {
        return Err(usage("a layer of ATT&CK Navigator shows techniques: leave out `--fields`").into());
    }
    let destination = destination(&arguments)?;
    let table = attack::table(arguments.attack.as_ref())?;
    let collection = rules::read_as_written(&arguments.paths, &arguments.additions, |_| ())?;
    let summary = tell(&collection, report);
    let text = match arguments.fields {
        true => fields(&collection, arguments.format),
        false => techniques(&collection, arguments.format, &summary, &table.attack),
    };
    match destination {
        None => output::print(&text)?,
        Some(path) => {
            let mut files = Files::default();
            files.extend([(path, Path::new("").to_owned(), text)]);
            let read = collection.files.iter().map(|file| file.input.path.as_path());
            files.write(read.chain(arguments.attack.as_deref()))?;
        }
    }
    report.summary(&summary.sentence());
    Ok(summary.exit())
}

/// The file that is asked for; none for standard output.
fn destination(arguments: &CoverageArgs) -> Result<Option<PathBuf>, Stop> {
    match Destination::new(arguments.output.clone()) {
        Destination::Stdout => Ok(None),
        Destination::File(path) => Ok(Some(path)),
        Destination::Directory(path) => {
            Err(usage(format!("`{}` is a directory, and there is one file to write", input::shown(&path))).into())
        }
    }
}

/// What was read.
#[derive(Debug, Default)]
struct Summary {
    rules: usize,
    referenced: usize,
    filters: usize,
    invalid: usize,
    unreadable: usize,
}

impl Summary {
    fn add(&mut self, standing: Standing) {
        match standing {
            Standing::Rule => self.rules += 1,
            Standing::Referenced => self.referenced += 1,
            Standing::Filter => self.filters += 1,
            Standing::Invalid => self.invalid += 1,
        }
    }

    fn exit(&self) -> Exit {
        match (self.unreadable, self.invalid) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Found,
            _ => Exit::Failed,
        }
    }

    /// What is not counted for techniques.
    fn left_out(&self) -> Vec<String> {
        let parts = [
            (self.referenced, format!("{} only referred to", count(self.referenced, "rule"))),
            (self.filters, count(self.filters, "filter")),
            (self.invalid, format!("{} invalid", thousands(self.invalid))),
            (self.unreadable, count(self.unreadable, "unreadable file")),
        ];
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect()
    }

    fn sentence(&self) -> String {
        let parts: Vec<String> = std::iter::once(format!("{} counted", count(self.rules, "rule"))).chain(self.left_out()).collect();
        parts.join("; ")
    }
}

fn tell(collection: &Collection<()>, report: &mut Report) -> Summary {
    let mut summary = Summary::default();
    collection.warnings().for_each(|warning| report.note(&warning));
    for file in &collection.filters {
        file.tell(report, |()| Vec::new());
    }
    for file in &collection.files {
        file.tell(report, |()| Vec::new());
    }
    let (all, filters) = (&collection.files, &collection.filters);
    for file in all.iter().chain(filters) {
        summary.unreadable += usize::from(file.content.is_err());
        file.documents().for_each(|read| summary.add(read.standing));
    }
    summary
}

/// Coverage of ATT&CK by the rules that stand on their own.
fn techniques(collection: &Collection<()>, format: CoverageFormat, summary: &Summary, table: &Attack) -> String {
    let alone = collection.files.iter().flat_map(File::documents).filter(|read| read.standing == Standing::Rule);
    let coverage = Coverage::new(alone.filter_map(|read| counted(&read.document)), table);
    match format {
        CoverageFormat::Text => table_of_techniques(&coverage) + &totals(&coverage, summary, table),
        CoverageFormat::Json => {
            let document = Techniques { attack_version: table.version.as_deref(), notice: NOTICE, coverage: &coverage };
            json(&document)
        }
        CoverageFormat::Csv => techniques_as_csv(&coverage),
        CoverageFormat::Navigator => json(&layer(&coverage, "Sigma rules", table)),
    }
}

fn counted(document: &Document) -> Option<Counted<'_>> {
    let correlation = document.correlation.as_ref().map(|own| &own.metadata);
    let metadata = document.rule.as_ref().map(|own| &own.metadata).or(correlation)?;
    Some(Counted { title: &metadata.title, tags: &metadata.tags })
}

#[derive(Serialize)]
struct Techniques<'c> {
    attack_version: Option<&'c str>,
    notice: &'static str,
    #[serde(flatten)]
    coverage: &'c Coverage,
}

/// A document of several lines.
fn json(document: &impl Serialize) -> String {
    escaped_json(&serde_json::to_string_pretty(document).unwrap_or_default()).into_owned() + "\n"
}

/// The rows of a tactic: its techniques, then the rules that name none.
fn rows(tactic: &Tactic) -> Vec<[String; 6]> {
    let row = |technique: &Technique| {
        let name = &technique.name;
        let (rules, with) = (technique.rules.to_string(), technique.rules_with_subtechniques.to_string());
        [tactic.name.name.clone(), name.id.clone(), name.name.clone(), status(name), rules, with]
    };
    let mut rows: Vec<[String; 6]> = tactic.techniques.iter().map(row).collect();
    if tactic.rules_without_technique > 0 {
        let number = tactic.rules_without_technique.to_string();
        let none = "No specific technique".to_owned();
        rows.push([tactic.name.name.clone(), String::new(), none, String::new(), number.clone(), number]);
    }
    rows
}

/// What became of a technique; nothing for an active one.
fn status(name: &AttackName) -> String {
    let word = match name.status {
        AttackStatus::Active => return String::new(),
        AttackStatus::Revoked => "revoked",
        AttackStatus::Deprecated => "deprecated",
        AttackStatus::Retired => "retired",
    };
    match &name.replaced_by {
        Some(now) => format!("{word}, now {now}"),
        None => word.to_owned(),
    }
}

fn table_of_techniques(coverage: &Coverage) -> String {
    let mut lines = vec![["TACTIC", "ID", "NAME", "RULES", "WITH SUB-TECHNIQUES"].map(str::to_owned)];
    for tactic in &coverage.tactics {
        for (place, [tactic, id, name, status, rules, with]) in rows(tactic).into_iter().enumerate() {
            let tactic = if place == 0 { tactic } else { String::new() };
            let name = if status.is_empty() { name } else { format!("{name} ({status})") };
            let with = if with == rules { String::new() } else { with };
            lines.push([tactic, id, name, rules, with]);
        }
    }
    aligned(&lines, 3)
}

/// Lines in columns; those from `numbers` on are aligned to the right.
fn aligned<const N: usize>(lines: &[[String; N]], numbers: usize) -> String {
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column < numbers {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        let _ = writeln!(text, "{}", one_line(cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
    text
}

/// The last line: how much of the matrix that is, and what is not in it.
fn totals(coverage: &Coverage, summary: &Summary, table: &Attack) -> String {
    let techniques = format!("{} of {} techniques", coverage.techniques(), table.techniques().count());
    let active = coverage.tactics.iter().filter(|tactic| tactic.name.status == AttackStatus::Active).count();
    let mut text = format!(
        "{}: {techniques} and {active} of {} tactics of MITRE ATT&CK®{}",
        count(coverage.rules, "rule"),
        table.tactics().count(),
        table.version.as_ref().map_or_else(|| ", version unknown".to_owned(), |version| format!(" v{version}")),
    );
    let mut left_out = Vec::new();
    if coverage.rules_without_attack > 0 {
        left_out.push(format!("{} without a tactic or technique", count(coverage.rules_without_attack, "rule")));
    }
    left_out.extend(summary.left_out());
    left_out.extend(coverage.unknown.iter().map(|(tag, number)| format!("unknown tag {tag} ({})", count(*number, "rule"))));
    if !left_out.is_empty() {
        let _ = write!(text, "; left out: {}", left_out.join(", "));
    }
    one_line(&text) + "\n"
}

fn techniques_as_csv(coverage: &Coverage) -> String {
    let heading = ["tactic", "technique_id", "technique", "status", "rules", "rules_with_subtechniques"].map(str::to_owned);
    csv(std::iter::once(heading).chain(coverage.tactics.iter().flat_map(rows)))
}

/// Values as RFC 4180 has them, with line feeds.
fn csv<const N: usize>(lines: impl Iterator<Item = [String; N]>) -> String {
    lines.map(|line| line.map(|cell| quoted(&cell)).join(",") + "\n").collect()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// Log sources and fields of all rules, also of those that only correlation rules refer to.
fn fields(collection: &Collection<()>, format: CoverageFormat) -> String {
    let rules = collection.files.iter().flat_map(File::documents).filter_map(|read| rules::rule(&read.document));
    let of_rules = Usage::new(rules);
    match format {
        CoverageFormat::Text => tables_of_fields(&of_rules),
        CoverageFormat::Csv => fields_as_csv(&of_rules),
        CoverageFormat::Json | CoverageFormat::Navigator => json(&of_rules),
    }
}

/// The attributes of a log source, those that it does not name empty.
fn attributes(logsource: &Logsource) -> [String; 3] {
    [&logsource.product, &logsource.category, &logsource.service].map(|part| part.clone().unwrap_or_default())
}

fn tables_of_fields(of_rules: &Usage) -> String {
    let mut logsources = vec![["PRODUCT", "CATEGORY", "SERVICE", "RULES"].map(str::to_owned)];
    for own in &of_rules.logsources {
        let [product, category, service] = attributes(&own.logsource);
        logsources.push([product, category, service, own.rules.to_string()]);
    }
    let mut fields = vec![["FIELD", "RULES"].map(str::to_owned)];
    fields.extend(of_rules.fields.iter().map(|own| [own.field.clone(), own.rules.to_string()]));
    let rules: usize = of_rules.logsources.iter().map(|own| own.rules).sum();
    let totals = [
        count(rules, "rule"),
        count(of_rules.logsources.len(), "log source"),
        count(of_rules.fields.len(), "field"),
        format!("{} with keywords in no field", count(of_rules.keyword_rules, "rule")),
    ];
    format!("{}\n{}\n{}\n", aligned(&logsources, 3), aligned(&fields, 1), totals.join(", "))
}

fn fields_as_csv(of_rules: &Usage) -> String {
    let logsource = |own: &Logsource, rules: usize| {
        let [product, category, service] = attributes(own);
        ["logsource".to_owned(), product, category, service, String::new(), rules.to_string()]
    };
    let field = |name: &str, rules: usize| ["field", "", "", "", name, &rules.to_string()].map(str::to_owned);
    let heading = ["kind", "product", "category", "service", "field", "rules"].map(str::to_owned);
    let logsources = of_rules.logsources.iter().map(|own| logsource(&own.logsource, own.rules));
    let fields = of_rules.fields.iter().map(|own| field(&own.field, own.rules));
    let keywords = Some(["keywords", "", "", "", "", &of_rules.keyword_rules.to_string()].map(str::to_owned));
    csv(std::iter::once(heading).chain(logsources).chain(fields).chain(keywords))
}
