//! YAML texts as trees of nodes, each with its place, and each scalar as written.
//!
//! Built from the events of `saphyr-parser` (YAML 1.2). Nothing is resolved here: what a plain scalar means
//! is for [`super::scalar`] to say, late, because YAML versions disagree. A document is one flat table of
//! nodes; an alias is a second link to the node that its anchor names, so nothing is copied. Bounds:
//! collections nest only so deep, and all aliases of a document together stand for only so much (see [`build`]), so that
//! whoever walks a tree needs no bounds of his own.
//!
//! Reported here, because it is so of every map: duplicate keys (D-1), merge keys (D-2) and tags beyond
//! the core schema. Deliberately absent: types, and what Sigma wants.

mod build;
mod cursor;
mod merge;
mod tree;

pub(super) use tree::{List, Map, Node, Scalar, Tree, View};

use crate::diag::{Code, Diagnostic};
use crate::source::{Place, Source};
use build::Builder;
use cursor::Cursor;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

/// The documents of a text, in order. A syntax error ends them, as the last one.
pub(super) struct Documents<'s> {
    parser: Option<Parser<'s, StrInput<'s>>>,
    /// Where a NUL character ends the text, which YAML does not allow.
    nul: Option<Place>,
    cursor: Cursor<'s>,
    /// The number of the source.
    file: u32,
}

impl<'s> Documents<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        let text = &*source.text;
        let (text, nul) = text.split_once('\0').map_or((text, None), |(head, _)| (head, Some(end_of(head))));
        Self { parser: Some(Parser::new_from_str(text)), nul, cursor: Cursor::new(text), file: source.number }
    }

    /// The place of an event. Collections are spoken of by their first character.
    fn place(&mut self, event: &Event, span: Span) -> Place {
        let place = place(span).in_file(self.file);
        match event {
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, _, _) => self.cursor.block(place),
            Event::Scalar(_, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, _, _) => self.cursor.quoted(place),
            Event::SequenceStart(..) | Event::MappingStart(..) => Place::on_line(place.line, place.column, 1).in_file(place.file),
            Event::Scalar(_, ScalarStyle::Plain, _, _)
            | Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Alias(_)
            | Event::SequenceEnd
            | Event::MappingEnd => place,
        }
    }

    /// What was begun when the text ended, if it ended at a NUL character.
    fn last(&mut self, mut builder: Builder<'s>) -> Option<Tree<'s>> {
        self.parser = None;
        let place = self.nul.take()?;
        builder.fail(
            Diagnostic::error(Code::YamlSyntax, place.in_file(self.file), "a NUL character")
                .help("YAML is text: write `\"\\0\"` for the character"),
        );
        Some(builder.finish())
    }
}

impl<'s> Iterator for Documents<'s> {
    type Item = Tree<'s>;

    fn next(&mut self) -> Option<Tree<'s>> {
        let mut builder = Builder::new();
        loop {
            let step = match self.parser.as_mut()?.next_event() {
                Some(Ok((Event::StreamEnd, _))) | None => return self.last(builder),
                Some(Ok((Event::DocumentEnd, span))) if self.nul.is_none_or(|nul| place(span).line < nul.line) => {
                    return Some(builder.finish());
                }
                Some(Ok((event, span))) => {
                    let place = self.place(&event, span);
                    builder.take(event, place)
                }
                Some(Err(error)) => Err(syntax_error(&error, self.file)),
            };
            if let Err(problem) = step {
                self.parser = None;
                builder.fail(problem);
                return Some(builder.finish());
            }
        }
    }
}

fn syntax_error(error: &ScanError, file: u32) -> Diagnostic {
    let marker = error.marker();
    let place = Place::on_line(small(marker.line()), small(marker.col()).saturating_add(1), 1).in_file(file);
    let info = error.info();
    let help = if info.contains("valid YAML whitespace") {
        "write a space instead of the tab"
    } else if info.contains("anchor") || info.contains("alias") {
        "quote the value: a text that starts with `*` or `&` must be quoted"
    } else if info.contains("tab") {
        "indent with spaces: YAML does not allow tabs there"
    } else if info.contains("escape") {
        "write `'…'` instead of `\"…\"`: single quotes take backslashes as they are"
    } else {
        "check indentation and quotes here and above; quote a text that contains `: ` or ` #`, or starts with one of `*&!%@[{>|`"
    };
    Diagnostic::error(Code::YamlSyntax, place, format!("not well-formed YAML: {info}")).help(help)
}

/// The place of a span, at least one character wide.
fn place(span: Span) -> Place {
    let (line, column) = (small(span.start.line()), small(span.start.col()).saturating_add(1));
    if span.is_empty() {
        return Place::on_line(line, column, 1);
    }
    Place { end_line: small(span.end.line()), end_column: small(span.end.col()).saturating_add(1), ..Place::on_line(line, column, 0) }
}

/// The place after a text that starts a source.
fn end_of(text: &str) -> Place {
    let line = small(text.matches('\n').count()).saturating_add(1);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place::on_line(line, small(last.chars().count()).saturating_add(1), 1)
}

/// A count as it stands in places and links. Sources are far smaller than this can hold.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
