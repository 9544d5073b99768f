//! What can be typed. What it means is for [`super::request`] and the commands to say.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  verisigma convert -t sqlite rule.yml                   one query on standard output
  verisigma convert -t splunk -s -o queries/ rules/      one file a rule
  verisigma verify -t sqlite rule.yml --query hand.sql   does it still mean what the rule means?
  verisigma test rules/ --events log.ndjson              which events do the rules match?
  verisigma explain rule.yml --corpus rules/             what does it look for, and who else does?
  verisigma list targets                                 languages, their formats and options

Exit codes:
  0  done
  1  something was found: a rule is invalid or refused, a query differs
  2  could not run";

/// The Sigma compiler that proves its output.
///
/// Converts Sigma detection rules to queries. Each query is read back by an independent reader and compared
/// with what the rule means: proved equal, or refuted by an event on which they differ.
#[derive(Debug, Parser)]
#[command(name = "verisigma", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How diagnostics are written to standard error
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) message_format: MessageFormat,
    /// Do not print the summary
    #[arg(short, long, global = true)]
    quiet: bool,
}

impl CommandLine {
    /// How much is said.
    pub(crate) fn volume(&self) -> Volume {
        if self.quiet { Volume::Quiet } else { Volume::Normal }
    }
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Volume {
    /// Diagnostics only.
    Quiet,
    /// Diagnostics and the summary.
    Normal,
}

/// The form of diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum MessageFormat {
    /// For people: the source line with a caret
    #[default]
    Text,
    /// For programs: one JSON object a line
    Json,
}

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum RecordFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Jsonl,
    /// One JSON document
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert rules to queries, and verify each query
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(ConvertArgs),
    /// Compare a query with the rule that it should mean
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Run rules, or a query, on events
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Say what a rule looks for, what it covers and excludes, and what it compiles to
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Count what rules cover: ATT&CK techniques, log sources, fields
    #[command(after_help = COVERAGE_EXAMPLES)]
    Coverage(CoverageArgs),
    /// Write a set of rules as a static site: a page for each rule, and pages that lead to them
    #[command(after_help = CATALOG_EXAMPLES)]
    Catalog(CatalogArgs),
    /// List what can be named on the command line
    List(ListArgs),
    /// Say what a code of a diagnostic means, with examples
    ExplainError(ExplainErrorArgs),
}

const CONVERT_EXAMPLES: &str = "\
Examples:
  verisigma convert -t sqlite rule.yml
  verisigma convert -t sqlite -O table=logs --schema create.sql rules/
  verisigma convert -t splunk -f savedsearches -O index=windows -s -o savedsearches.conf rules/
  verisigma convert -t kql --schema mapping.json --allow over -s -o queries/ rules/
  verisigma convert -t sqlite -f jsonl rules/ | jq -r 'select(.outcome == \"refused\") | .rule.path'
  verisigma convert -t sqlite --filter filters/ --vars variables.yml rules/
  cat rule.yml | verisigma convert -t sqlite -

Rules that the target cannot express exactly are refused, with the reason. \
A query that does not mean what its rule means is reported and not written.";

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The query language (`verisigma list targets`)
    #[arg(short, long, value_name = "TARGET")]
    pub(crate) target: String,
    /// What queries are wrapped in (`verisigma list formats`); or `jsonl` or `json`: everything that is known
    /// about each rule
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// Report refused rules without setting exit code 1
    #[arg(short, long)]
    pub(crate) skip_unsupported: bool,
    /// Write one file, or a directory with one file a rule (an existing directory, or a name ending in `/`)
    #[arg(short, long, value_name = "FILE|DIR/")]
    pub(crate) output: Option<PathBuf>,
    /// What may be said about the target.
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// What is added to the rules.
    #[command(flatten)]
    pub(crate) additions: Additions,
    /// Refuse queries that are only right under this assumption (`verisigma list assumptions`)
    #[arg(long, value_name = "ASSUMPTION")]
    pub(crate) deny: Vec<String>,
    /// Print a stage on the way to the query instead, to see where something goes wrong
    #[arg(long, value_enum, value_name = "STAGE", conflicts_with = "format")]
    pub(crate) emit: Option<Emit>,
    /// Processing pipelines are not supported yet.
    #[arg(short, long, value_name = "PIPELINE", hide = true)]
    pub(crate) pipeline: Vec<String>,
    /// No pipeline is applied unless named, so this changes nothing; scripts written for sigma-cli have it.
    #[arg(long, hide = true)]
    pub(crate) without_pipeline: bool,
    /// Write what the target cannot say exactly as a query that matches more (`over`) or fewer (`under`) events
    /// than its rule, and show such an event
    #[arg(long, value_enum, value_name = "over|under")]
    pub(crate) allow: Vec<Approximation>,
    /// Rules: files, directories (`*.yml` and `*.yaml` in them), `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// What is added to rules, alike in every command.
#[derive(Debug, Default, Args)]
pub(crate) struct Additions {
    /// Filters that are applied to the rules: files, or directories
    #[arg(long, value_name = "PATH")]
    pub(crate) filter: Vec<PathBuf>,
    /// The values of placeholders (`|expand`): a YAML file of names, each with a value or a list of values
    #[arg(long, value_name = "FILE")]
    pub(crate) vars: Option<PathBuf>,
}

/// What may be said about a target, alike in every command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Settings {
    /// An option of the target (`verisigma list targets`), such as `table=logs`
    #[arg(short = 'O', long = "backend-option", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) options: Vec<(String, String)>,
    /// How the target stores events: a built-in name (`verisigma list targets`), or a file that its own tools
    /// export (SQL: a `CREATE TABLE` statement, Elasticsearch: a mapping, Splunk: YAML)
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) schema: Option<PathBuf>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("write `KEY=VALUE`".to_owned()),
    }
}

/// In which direction a query may differ from its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Approximation {
    /// It may match more events
    Over,
    /// It may match fewer events
    Under,
}

/// The stages that `--emit` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// The rule as understood
    Rule,
    /// What it means
    Ir,
    /// What the target can say, with the same meaning
    Legal,
    /// The query
    Query,
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  verisigma verify -t sqlite rule.yml --query hand-edited.sql
  verisigma verify -t sqlite rule.yml --format json       what `convert` would write

The verdict is `proved`, `tested` (undecided, but no difference found), `differs` (with an event), or \
`unread` (the query holds something whose meaning is not known).";

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The query language (`verisigma list targets`)
    #[arg(short, long, value_name = "TARGET")]
    pub(crate) target: String,
    /// What may be said about the target.
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// What is added to the rule.
    #[command(flatten)]
    pub(crate) additions: Additions,
    /// Refuse what is only right under this assumption, in what `convert` would write
    #[arg(long, value_name = "ASSUMPTION", conflicts_with = "query")]
    pub(crate) deny: Vec<String>,
    /// Judge what `convert` would write with the same option
    #[arg(long, value_enum, value_name = "over|under", conflicts_with = "query")]
    pub(crate) allow: Vec<Approximation>,
    /// The query to compare with; without it, what `convert` would write
    #[arg(long, value_name = "FILE")]
    pub(crate) query: Option<PathBuf>,
    /// Which condition of the rule the query should mean, where it has several (from 0)
    #[arg(long, value_name = "N", requires = "query")]
    pub(crate) condition: Option<usize>,
    /// How verdicts are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: RecordFormat,
    /// The rule: a file, or `-` for standard input
    #[arg(value_name = "RULE")]
    pub(crate) rule: PathBuf,
}

const TEST_EXAMPLES: &str = "\
Examples:
  verisigma test rules/ --events log.ndjson
  verisigma test rules/ --logsource category=process_creation,product=windows --events sysmon.ndjson
  verisigma test rule.yml --events a.json b.json --all --format jsonl
  verisigma test -t sqlite --query query.sql --events log.ndjson
  verisigma test --expect rules/ --through splunk         do rules and queries match their samples?
  verisigma test --expect rules/ --through kql --allow over -O case_insensitive=true

Events are JSON: `.json` (an object, an array, or objects one after the other), `.ndjson`, `.jsonl`, or `-`; or \
Windows event logs, `.evtx`. Windows events in their raw shape are flattened. The exit code does not depend on what \
matches, except with `--expect`: 1 if a sample fails. A rule's samples are those that its attributes \
`regression_tests_path` and `verisigma_tests` name, and the file `NAME.events.json`, `.yml` or `.ndjson` beside it.";

/// Arguments of `test`.
#[derive(Debug, Args)]
#[command(override_usage = "verisigma test [OPTIONS] <PATH>... --events <FILE>...
       verisigma test [OPTIONS] --expect <PATH>...
       verisigma test [OPTIONS] --target <TARGET> --query <FILE> --events <FILE>...")]
pub(crate) struct TestArgs {
    /// The language of the query
    #[arg(short, long, value_name = "TARGET", requires = "query")]
    pub(crate) target: Option<String>,
    /// What may be said about the target.
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// What is added to the rules.
    #[command(flatten)]
    pub(crate) additions: Additions,
    /// A query to run instead of rules
    #[arg(long, value_name = "FILE", requires = "target", conflicts_with = "paths")]
    pub(crate) query: Option<PathBuf>,
    /// Files of events
    #[arg(long, value_name = "FILE", required_unless_present = "expect", num_args = 1..)]
    pub(crate) events: Vec<PathBuf>,
    /// The field that holds the time of an event, for correlation rules; the first that is there, where it is given
    /// several times [default: timestamp, @timestamp, TimeCreated_SystemTime, UtcTime]
    #[arg(long, value_name = "FIELD")]
    pub(crate) timestamp_field: Vec<String>,
    /// Leave out rules for other log sources: those that name another value of an attribute given here. A rule that
    /// does not name the attribute stays. Attributes are `category`, `product`, `service`
    #[arg(long, value_name = "KEY=VALUE,…", value_parser = key_value, value_delimiter = ',', conflicts_with = "query")]
    pub(crate) logsource: Vec<(String, String)>,
    /// Ask each rule about its own samples, and fail where it does not answer as it should
    #[arg(long, conflicts_with_all = ["events", "query", "all"])]
    pub(crate) expect: bool,
    /// Ask also the query that `convert` writes for this target
    #[arg(long, value_name = "TARGET", requires = "expect")]
    pub(crate) through: Vec<String>,
    /// Ask the query that `convert` writes with the same option
    #[arg(long, value_enum, value_name = "over|under", requires = "through")]
    pub(crate) allow: Vec<Approximation>,
    /// Fail also where a rule names a sample that is not there
    #[arg(long, requires = "expect")]
    pub(crate) require_samples: bool,
    /// Show also what does not match
    #[arg(long)]
    pub(crate) all: bool,
    /// Say which part of a rule decides: always where a sample fails; with `--events` for each rule that matches
    /// none, on the event that is nearest
    #[arg(long, conflicts_with = "query")]
    pub(crate) why: bool,
    /// How answers are written; `junit` only with `--expect`
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: TestFormat,
    /// Rules: files, directories (`*.yml` and `*.yaml` in them), `-` for standard input; before `--events`
    #[arg(required_unless_present = "query", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  verisigma explain rule.yml
  verisigma explain rule.yml -t splunk -t sqlite --corpus rules/
  verisigma explain rule.yml --corpus rules/ --format markdown > rule.md
  verisigma explain rule.yml --format json | jq .indicators

Each rule of the file is explained; correlation rules and filters are not. With `--corpus` it is counted how many \
other rules look for the same, and rules that have something to do with this one are named. A query that a target \
cannot say is a part of the explanation and does not set exit code 1, nor does a sample (`regression_tests_path`) that \
fails: `test --expect` does. With `--format json` one rule is an object, \
several are an array; docs/explain.schema.json describes the object.";

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A target whose query is shown; all of them, where none is named (`verisigma list targets`)
    #[arg(short, long, value_name = "TARGET")]
    pub(crate) target: Vec<String>,
    /// Rules to compare with, such as the rule set that the rule belongs to: directories, or files
    #[arg(long, value_name = "DIR")]
    pub(crate) corpus: Vec<PathBuf>,
    /// A table of MITRE ATT&CK instead of that of the program (v19): a STIX bundle, such as `enterprise-attack.json`, or
    /// values separated by tabs
    #[arg(long, value_name = "FILE")]
    pub(crate) attack: Option<PathBuf>,
    /// What is added to the rule.
    #[command(flatten)]
    pub(crate) additions: Additions,
    /// How the explanation is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: ExplainFormat,
    /// The rule: a file, or `-` for standard input
    #[arg(value_name = "RULE")]
    pub(crate) rule: PathBuf,
}

/// The form of explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people, on a terminal
    #[default]
    Text,
    /// For people: a page
    Markdown,
    /// For people: a page for a browser, of one rule
    Html,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
}

/// Arguments of `explain-error`.
#[derive(Debug, Args)]
pub(crate) struct ExplainErrorArgs {
    /// Its number or name, such as `VS0104` or `unknown_modifier` (`verisigma list codes`)
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
    /// How it is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: RecordFormat,
}

/// The form of the answers of `test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Jsonl,
    /// One JSON document
    Json,
    /// For build systems: XML in the form of JUnit
    Junit,
}

impl TestFormat {
    /// The form of records; nothing for JUnit.
    pub(crate) fn records(self) -> Option<RecordFormat> {
        match self {
            Self::Text => Some(RecordFormat::Text),
            Self::Jsonl => Some(RecordFormat::Jsonl),
            Self::Json => Some(RecordFormat::Json),
            Self::Junit => None,
        }
    }
}

const COVERAGE_EXAMPLES: &str = "\
Examples:
  verisigma coverage rules/                                   rules for each technique of ATT&CK
  verisigma coverage --fields rules/                          rules for each log source and field
  verisigma coverage --format navigator -o layer.json rules/  a layer for ATT&CK Navigator

Tactics are those of the techniques that tags name, and those that tags name themselves. A rule with a sub-technique \
counts for its technique in a second number. Rules that only correlation rules refer to cover no technique.";

/// Arguments of `coverage`.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// Count log sources and fields instead of techniques
    #[arg(long)]
    pub(crate) fields: bool,
    /// A table of MITRE ATT&CK instead of that of the program (v19): a STIX bundle, such as `enterprise-attack.json`, or
    /// values separated by tabs
    #[arg(long, conflicts_with = "fields", value_name = "FILE")]
    pub(crate) attack: Option<PathBuf>,
    /// How the numbers are written; `navigator` only without `--fields`
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: CoverageFormat,
    /// Write a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// What is added to the rules.
    #[command(flatten)]
    pub(crate) additions: Additions,
    /// Rules: files, directories (`*.yml` and `*.yaml` in them), `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

const CATALOG_EXAMPLES: &str = "\
Examples:
  verisigma catalog rules/ -o site/
  verisigma catalog rules/ -o site/ -t splunk --license DRL-1.1 --source-url https://github.com/me/rules/blob/main/
  verisigma catalog rules/ -o site/ --filter filters/ --vars variables.yml
  verisigma catalog rules/ -o site/ --check

Each rule is explained with all others as its corpus, compiled for each target, and asked about the sample that its \
attribute `regression_tests_path` names. The site needs no server: open \
`index.html`. The same rules give the same bytes; the date of the set is that of SOURCE_DATE_EPOCH, if it is set. The \
directory is new, empty, or that of a site: files that an earlier run wrote and that no longer belong to the site are \
removed, and other files stay. Where something cannot be read, or there is no rule, nothing is written. \
Documents that are no rules, or have errors, are listed on the page on quality; errors set exit code 1.";

/// Arguments of `catalog`.
#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    /// The directory of the site
    #[arg(short, long, value_name = "SITE")]
    pub(crate) output: PathBuf,
    /// A target whose queries are shown; all of them, where none is named (`verisigma list targets`)
    #[arg(short, long, value_name = "TARGET")]
    pub(crate) target: Vec<String>,
    /// Write nothing: say which files are missing, out of date or superfluous, with exit code 1 if any is
    #[arg(long)]
    pub(crate) check: bool,
    /// The `catalog.json` of an earlier build, or the site that holds it, which may be SITE itself: the site gets a page of
    /// what changed since
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    /// What the set of rules is called [default: the name of the first directory]
    #[arg(long, value_name = "TEXT")]
    pub(crate) corpus_name: Option<String>,
    /// A table of MITRE ATT&CK instead of that of the program (v19): a STIX bundle, such as `enterprise-attack.json`, or
    /// values separated by tabs
    #[arg(long, value_name = "FILE")]
    pub(crate) attack: Option<PathBuf>,
    /// The licence of rules that name none, as an SPDX identifier
    #[arg(long, value_name = "SPDX")]
    pub(crate) license: Option<String>,
    /// What stands before the path of a rule, below its directory, in the URL of its source; of several directories the
    /// path begins with the name of the directory
    #[arg(long, value_name = "URL")]
    pub(crate) source_url: Option<String>,
    /// What is added to the rules.
    #[command(flatten)]
    pub(crate) additions: Additions,
    /// Rules: directories (`*.yml` and `*.yaml` in them), files, `-` for standard input
    #[arg(required = true, value_name = "DIR")]
    pub(crate) paths: Vec<PathBuf>,
}

/// The form of the numbers of `coverage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// For people: a table
    #[default]
    Text,
    /// One JSON document
    Json,
    /// Comma-separated values
    Csv,
    /// A layer of ATT&CK Navigator
    Navigator,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum, value_name = "WHAT")]
    pub(crate) what: Listed,
    /// Only the formats, or the capabilities, of this target
    #[arg(short, long, value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// How the list is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: RecordFormat,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Query languages, with their formats, options and schemas
    Targets,
    /// What queries can be wrapped in
    Formats,
    /// What each target can say of Sigma, and what it assumes then
    Capabilities,
    /// Not supported yet
    Pipelines,
    /// Value modifiers of Sigma
    Modifiers,
    /// Not supported yet
    Checks,
    /// Codes of diagnostics
    Codes,
    /// What a query may assume about stored events
    Assumptions,
}
