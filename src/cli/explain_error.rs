//! `explain-error`: what a code means, with an example that is wrong and one that is right.

use super::args::{ExplainErrorArgs, RecordFormat};
use super::exit::{Exit, Stop};
use super::output::print;
use super::record;
use super::report::usage;
use verisigma::diag::{Code, Diagnostic, Example, Explanation, quote};
use verisigma::text::similar::nearest;

/// Explains.
///
/// # Errors
/// There is no such code, or the text cannot be written.
pub(crate) fn run(arguments: &ExplainErrorArgs) -> Result<Exit, Stop> {
    let asked = arguments.code.as_str();
    let code = Code::ALL.iter().find(|code| code.number().eq_ignore_ascii_case(asked) || code.name() == asked);
    let explanation = code.and_then(|code| code.explanation()).ok_or_else(|| unknown(asked))?;
    let text = match arguments.format {
        RecordFormat::Text => in_words(&explanation),
        RecordFormat::Jsonl | RecordFormat::Json => record::line(&explanation),
    };
    print(&text)?;
    Ok(Exit::Done)
}

fn unknown(asked: &str) -> Diagnostic {
    let known = Code::ALL.iter().flat_map(|code| [code.name(), code.number()]);
    let help = match nearest(asked, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`verisigma list codes` shows all codes".to_owned(),
    };
    usage(format!("there is no code {}", quote(asked))).help(help)
}

fn in_words(of: &Explanation) -> String {
    let head = format!("{} {}: {}\n\n{}\n\n{}\n", of.code, of.name, of.summary, of.explanation, of.source);
    format!("{head}\nWrong:\n\n{}\nRight:\n\n{}", indented(of.wrong), indented(of.right))
}

fn indented(example: Example) -> String {
    example.text.lines().map(|line| format!("{}\n", format!("    {line}").trim_end())).collect()
}
