//! `convert`: rules become queries.

use super::args::{ConvertArgs, Emit};
use super::exit::{Exit, Stop};
use super::input;
use super::output::{self, Destination, Files};
use super::record::{self, Outcome as Word, Records};
use super::report::{Report, count, usage};
use super::request::{self, Latitude};
use super::rules::{self, Collection, File, Read, Subject};
use super::summary::Summary;
use std::path::Path;
use verisigma::diag::{Code, Diagnostic};
use verisigma::engine::{self, Comment, Conversion, Job, Layout, Outcome, Stage};
use verisigma::source::Place;

/// Converts.
///
/// # Errors
/// The arguments ask for what does not exist, or the results cannot be written.
pub(crate) fn run(arguments: ConvertArgs, report: &mut Report) -> Result<Exit, Stop> {
    refuse_what_is_missing(&arguments)?;
    input::only_one_stdin(&arguments.paths)?;
    let shape = Shape::new(&arguments);
    let format = arguments.format.filter(|_| !matches!(shape, Shape::Records(_)));
    let latitude = Latitude { denied: arguments.deny, allowed: arguments.allow };
    let job = request::job(&arguments.target, format, arguments.settings, latitude)?;
    let convert = |subject: Subject<'_>| match subject {
        Subject::Rule(rule) => engine::convert(rule, &job),
        Subject::Correlation(program) => vec![engine::convert_correlation(&program, &job)],
    };
    let collection = rules::read(&arguments.paths, &arguments.additions, convert)?;
    let summary = tell(&collection, report);
    summary.notes().iter().for_each(|note| report.note(note));
    shape.unshown(&collection).iter().for_each(|note| report.note(note));
    Writer { job: &job, shape }.write(&collection.files, Destination::new(arguments.output))?;
    report.summary(&summary.to_string());
    // The program ends here: taking thousands of rules apart one by one would only take time.
    std::mem::forget(collection);
    Ok(summary.exit(arguments.skip_unsupported))
}

fn refuse_what_is_missing(arguments: &ConvertArgs) -> Result<(), Stop> {
    let missing = [("--pipeline", !arguments.pipeline.is_empty())];
    let errors: Vec<Diagnostic> =
        missing.iter().filter(|(_, given)| *given).map(|(option, _)| usage(format!("`{option}` is not supported yet"))).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

fn tell(collection: &Collection<Vec<Outcome>>, report: &mut Report) -> Summary {
    let mut summary = Summary::default();
    collection.warnings().for_each(|warning| report.note(&warning));
    for file in &collection.filters {
        file.tell(report, |()| Vec::new());
        summary.add_filters(file);
    }
    for file in &collection.files {
        file.tell(report, |outcomes| outcomes.iter().flat_map(|outcome| &outcome.diagnostics).collect());
        summary.unreadable += usize::from(file.content.is_err());
        file.documents().for_each(|read| summary.add(read.standing, &read.result));
    }
    summary
}

/// What results look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Queries, in a format of the target.
    Queries,
    /// Records of everything that is known.
    Records(Records),
    /// A stage on the way to the query.
    Stage(Stage),
}

impl Shape {
    /// A target's own format goes before the records of the same name.
    fn new(arguments: &ConvertArgs) -> Self {
        let own = |name: &str| engine::target(&arguments.target).is_some_and(|t| t.formats.iter().any(|format| format.name == name));
        match (arguments.emit, arguments.format.as_deref()) {
            (Some(Emit::Rule), _) => Self::Stage(Stage::Rule),
            (Some(Emit::Ir), _) => Self::Stage(Stage::Ir),
            (Some(Emit::Legal), _) => Self::Stage(Stage::Legal),
            (_, Some("jsonl")) if !own("jsonl") => Self::Records(Records::Lines),
            (_, Some("json")) if !own("json") => Self::Records(Records::Document),
            (Some(Emit::Query) | None, _) => Self::Queries,
        }
    }
}

impl Shape {
    /// That correlation rules have no formula to show, where one is asked for.
    fn unshown(self, collection: &Collection<Vec<Outcome>>) -> Option<Diagnostic> {
        let number = collection.programs().len();
        let message = format!("{} left out: this stage is shown of detection rules only", count(number, "correlation rule"));
        (matches!(self, Self::Stage(_)) && number > 0).then(|| Diagnostic::note(Code::RulesLeftOut, Place::NOWHERE, message))
    }
}

/// Makes texts of what became of rules, and writes them.
struct Writer<'j> {
    job: &'j Job,
    shape: Shape,
}

/// The text of one condition of a rule.
struct Piece<'r> {
    rule: &'r Read<Vec<Outcome>>,
    condition: usize,
    text: String,
}

impl Writer<'_> {
    fn write(&self, files: &[File<Vec<Outcome>>], destination: Destination) -> Result<(), Stop> {
        let all: Vec<&Read<_>> = files.iter().flat_map(File::rules).collect();
        let inputs = files.iter().map(|file| file.input.path.as_path());
        match destination {
            Destination::Stdout => self.text(&all)?.map_or(Ok(()), |text| output::print(&text)),
            Destination::File(path) => {
                let mut output = Files::default();
                output.extend(self.text(&all)?.map(|text| (path, Path::new("").to_owned(), text)));
                output.write(inputs)
            }
            Destination::Directory(directory) => self.tree(files, &directory)?.write(inputs),
        }
    }

    /// One file a rule, named as its file is.
    fn tree(&self, files: &[File<Vec<Outcome>>], directory: &Path) -> Result<Files, Stop> {
        let mut output = Files::with_directories();
        for file in files {
            let path = directory.join(&file.input.relative).with_extension(self.extension());
            for rule in file.rules() {
                output.extend(self.text(&[rule])?.map(|text| (path.clone(), file.input.path.clone(), text)));
            }
        }
        Ok(output)
    }

    fn extension(&self) -> &str {
        match self.shape {
            Shape::Queries => &self.job.format.extension,
            Shape::Records(Records::Lines) => "jsonl",
            Shape::Records(Records::Document) => "json",
            Shape::Stage(_) => "txt",
        }
    }

    /// One text of all that there is to write about these rules, if there is anything.
    fn text(&self, rules: &[&Read<Vec<Outcome>>]) -> Result<Option<String>, Stop> {
        let pieces: Vec<Piece<'_>> = rules.iter().flat_map(|rule| self.pieces(rule)).collect();
        let stage_comment = Comment { open: "# ".to_owned(), close: String::new() };
        Ok(match self.shape {
            Shape::Records(format) => (!rules.is_empty()).then(|| self.records(rules, format)),
            Shape::Queries | Shape::Stage(_) if pieces.is_empty() => None,
            Shape::Stage(_) => Some(listing(rules, &pieces, Some(&stage_comment))),
            Shape::Queries => Some(match self.job.format.layout {
                Layout::Plain => listing(rules, &pieces, self.job.target.comment.as_ref()),
                Layout::Document => self.job.document(&pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>())?,
            }),
        })
    }

    fn pieces<'r>(&self, rule: &'r Read<Vec<Outcome>>) -> Vec<Piece<'r>> {
        let text = |outcome: &Outcome| match (self.shape, &outcome.result) {
            (Shape::Stage(stage), _) => {
                rules::rule(&rule.document).and_then(|rule| engine::stage(rule, outcome.condition, self.job, stage))
            }
            (Shape::Queries, Conversion::Written { text, .. }) => Some(text.clone()),
            (Shape::Queries, Conversion::Refused | Conversion::Differs { .. }) | (Shape::Records(_), _) => None,
        };
        rule.result.iter().filter_map(|outcome| Some(Piece { rule, condition: outcome.condition, text: text(outcome)? })).collect()
    }

    fn records(&self, rules: &[&Read<Vec<Outcome>>], format: Records) -> String {
        record::text(rules.iter().flat_map(|rule| self.records_of(rule)), format)
    }

    fn records_of<'r>(&'r self, rule: &'r Read<Vec<Outcome>>) -> Vec<record::Conversion<'r>> {
        let record = |outcome: Option<&'r Outcome>| record::Conversion {
            rule: rule.name(),
            condition: outcome.map(|outcome| outcome.condition).filter(|_| rule.result.len() > 1),
            target: &self.job.target.name,
            format: &self.job.format.name,
            outcome: word(outcome),
            query: outcome.and_then(written),
            verdict: outcome.and_then(verdict),
            diagnostics: rule.records(rule.document.diagnostics.iter().chain(outcome.iter().flat_map(|outcome| &outcome.diagnostics))),
        };
        if rule.result.is_empty() { vec![record(None)] } else { rule.result.iter().map(Some).map(record).collect() }
    }
}

fn word(outcome: Option<&Outcome>) -> Word {
    match outcome.map(|outcome| &outcome.result) {
        None => Word::Invalid,
        Some(Conversion::Written { .. }) => Word::Written,
        Some(Conversion::Refused | Conversion::Differs { .. }) => Word::Refused,
    }
}

fn written(outcome: &Outcome) -> Option<&str> {
    match &outcome.result {
        Conversion::Written { query, .. } => Some(query),
        Conversion::Refused | Conversion::Differs { .. } => None,
    }
}

/// What verification found about a condition.
pub(super) fn verdict(outcome: &Outcome) -> Option<&engine::Verdict> {
    match &outcome.result {
        Conversion::Written { verdict, .. } | Conversion::Differs { verdict, .. } => Some(verdict),
        Conversion::Refused => None,
    }
}

/// Bare texts: one alone, or each after a comment that says what it belongs to.
fn listing(rules: &[&Read<Vec<Outcome>>], pieces: &[Piece<'_>], comment: Option<&Comment>) -> String {
    match (pieces, comment) {
        ([piece], _) if rules.len() == 1 => format!("{}\n", piece.text),
        (_, Some(comment)) => pieces.iter().map(|piece| format!("{}{}\n", heading(piece, comment), piece.text)).collect(),
        (_, None) => pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join("\n\n") + "\n",
    }
}

/// A comment line. Neither path nor title can end it.
fn heading(piece: &Piece<'_>, comment: &Comment) -> String {
    let condition = if piece.rule.result.len() > 1 { format!(" (condition {})", piece.condition) } else { String::new() };
    let mut text = format!("{}{condition}", piece.rule.shown());
    let end = comment.close.trim();
    while !end.is_empty() && text.contains(end) {
        text = text.split(end).collect::<Vec<_>>().join(" ");
    }
    format!("{}{text}{}\n", comment.open, comment.close)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(title: &str, conditions: usize) -> Read<Vec<Outcome>> {
        let outcome = |condition| Outcome { condition, diagnostics: Vec::new(), result: Conversion::Refused };
        Read::example(title, (0..conditions).map(outcome).collect())
    }

    fn comment(open: &str, close: &str) -> Comment {
        Comment { open: open.to_owned(), close: close.to_owned() }
    }

    #[test]
    fn only_a_query_alone_has_no_heading() {
        let (one, two) = (read("One", 1), read("Two", 2));
        let piece = |rule, condition, text: &str| Piece { rule, condition, text: text.to_owned() };
        let dashes = comment("-- ", "");
        assert_eq!(listing(&[&one], &[piece(&one, 0, "x")], Some(&dashes)), "x\n");
        assert_eq!(listing(&[&one, &two], &[piece(&one, 0, "x")], Some(&dashes)), "-- a.yml: One\nx\n");
        let both = [piece(&two, 0, "x"), piece(&two, 1, "y")];
        assert_eq!(listing(&[&two], &both, Some(&dashes)), "-- a.yml: Two (condition 0)\nx\n-- a.yml: Two (condition 1)\ny\n");
        assert_eq!(listing(&[&two], &both, None), "x\n\ny\n");
    }

    #[test]
    fn titles_cannot_close_a_comment() {
        for title in ["a*/b", "a**//b", "a*\u{202e}/b\n*/"] {
            let read = read(title, 1);
            let heading = heading(&Piece { rule: &read, condition: 0, text: String::new() }, &comment("/* ", " */"));
            assert_eq!((heading.matches("*/").count(), heading.lines().count()), (1, 1), "{heading}");
        }
    }
}
