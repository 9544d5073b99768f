//! What stands below a search identifier, in the words of its author: the part of the rule's text, without comments.
//!
//! Contract: order and quotes are the author's, and the text means the same search: it is read again, and where it does
//! not give the same (an alias to an anchor elsewhere, a kept line break at the end), the search is printed instead.
//! Deliberately absent: any knowledge of YAML beyond where comments and brackets can stand; places of scalars say the rest.

use super::texts::{Text, Texts};
use crate::rule::{self, Search, SearchIdentifier, Variables, print};
use crate::source::{Place, Source};

/// Behind the last scalar of a search at most so many characters are looked at, for closing brackets.
const MAX_TAIL: usize = 10_000;

/// A line and a column.
type Position = (u32, u32);

/// What stands below a search identifier, from column 0, without a line break at the end.
pub(super) fn yaml(identifier: &SearchIdentifier, texts: &Texts) -> String {
    let printed = print::search(&identifier.search);
    let sliced = texts.of(identifier.place).and_then(|text| {
        let scalars = scalars(identifier);
        [End::Exact, End::OfLine].into_iter().find_map(|end| {
            let slice = slice(text, identifier.place, &scalars, end)?;
            (reads_as(&slice).as_deref() == Some(printed.as_str())).then_some(slice)
        })
    });
    sliced.unwrap_or(printed).trim_end_matches('\n').to_owned()
}

/// Where a slice ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// After the last scalar and the brackets that it stands in.
    Exact,
    /// With the line of the last scalar: an empty value, or an alias, may follow.
    OfLine,
}

/// The scalars of a search that stand behind its name, sorted: where each begins and ends.
fn scalars(identifier: &SearchIdentifier) -> Vec<(Position, Position)> {
    let mut found = Vec::new();
    collect(&identifier.search, &mut found);
    let behind = (identifier.place.end_line, identifier.place.end_column);
    let spans = found.into_iter().map(|place| ((place.line, place.column), (place.end_line, place.end_column)));
    let mut spans: Vec<(Position, Position)> = spans.filter(|span| span.0 >= behind).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

fn collect(search: &Search, places: &mut Vec<Place>) {
    match search {
        Search::All(items) => items.iter().for_each(|item| {
            places.push(item.place);
            places.extend(item.values.iter().map(|value| value.place));
        }),
        Search::Keywords(item) => places.extend(item.values.iter().map(|value| value.place)),
        Search::Any(searches) => searches.iter().for_each(|search| collect(search, places)),
    }
}

/// A line of a slice, comment dropped.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// Whether it begins inside a scalar.
    continues: bool,
}

/// The text behind a name; `None` where it does not look like a value.
fn slice(text: &Text, name: Place, scalars: &[(Position, Position)], end: End) -> Option<String> {
    let behind = (name.end_line, name.end_column);
    let mut characters = text.from_line(name.end_line).skip_while(|(_, at)| *at < behind).skip_while(|(c, _)| *c == ' ');
    characters.next().filter(|(c, _)| *c == ':')?;
    let mut scan = Scan::new(scalars, end);
    for (c, at) in characters {
        if !scan.take(c, at)? {
            break;
        }
    }
    scan.finish()
}

/// Takes characters until the end of a search.
struct Scan<'p> {
    /// The scalars that have not ended yet.
    scalars: &'p [(Position, Position)],
    end: End,
    lines: Vec<Line>,
    line: Line,
    /// How many brackets are open.
    depth: usize,
    in_comment: bool,
    tail: usize,
}

impl<'p> Scan<'p> {
    fn new(scalars: &'p [(Position, Position)], end: End) -> Self {
        Self { scalars, end, lines: Vec::new(), line: Line::default(), depth: 0, in_comment: false, tail: 0 }
    }

    /// Takes the next character; whether there is more to take. `None` where no end is in sight.
    fn take(&mut self, c: char, at: Position) -> Option<bool> {
        while let Some((_, rest)) = self.scalars.split_first().filter(|(first, _)| first.1 <= at) {
            self.scalars = rest;
        }
        let inside = self.scalars.first().is_some_and(|(from, _)| *from <= at);
        if self.scalars.is_empty() {
            let ends = match self.end {
                End::Exact => self.depth == 0,
                End::OfLine => self.depth == 0 && c == '\n',
            };
            self.tail += 1;
            if ends || self.tail > MAX_TAIL {
                return ends.then_some(false);
            }
        }
        if c == '\n' {
            self.in_comment = false;
            let text = std::mem::take(&mut self.line.text);
            self.lines.push(Line { text: if inside { text } else { text.trim_end().to_owned() }, continues: self.line.continues });
            self.line.continues = inside;
            return Some(true);
        }
        if self.in_comment {
            return Some(true);
        }
        match c {
            _ if inside => {}
            '#' if self.line.text.is_empty() || self.line.text.ends_with([' ', '\t']) => {
                self.in_comment = true;
                return Some(true);
            }
            '[' | '{' => self.depth += 1,
            // A bracket that was opened before the name belongs to what is around.
            ']' | '}' => self.depth = self.depth.checked_sub(1)?,
            _ => {}
        }
        self.line.text.push(c);
        Some(true)
    }

    /// The lines, indented from column 0; what stands behind the colon stays in front.
    fn finish(mut self) -> Option<String> {
        let last = std::mem::take(&mut self.line);
        self.lines.push(Line { text: last.text.trim_end().to_owned(), ..last });
        let mut lines = self.lines.into_iter();
        let head = lines.next()?.text.trim_start().to_owned();
        let rest: Vec<String> = lines.filter(|line| line.continues || !line.text.is_empty()).map(|line| line.text).collect();
        let indent = rest.iter().filter(|line| !line.trim().is_empty()).map(|line| blanks(line)).min().unwrap_or_default();
        let margin = if head.is_empty() { "" } else { "  " };
        let moved = rest.iter().map(|line| line.get(indent.min(blanks(line))..).unwrap_or_default());
        let moved = moved.map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") });
        let all: Vec<String> = Some(head).filter(|head| !head.is_empty()).into_iter().chain(moved).collect();
        Some(all.join("\n"))
    }
}

/// How many blanks a line begins with.
fn blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The search that a slice is, printed; `None` where it is none.
fn reads_as(slice: &str) -> Option<String> {
    // What stands behind the colon is a value on that line, what is a map or a list of lines stands below.
    ["\n    ", " "].into_iter().find_map(|before| {
        let indented = slice.replace('\n', "\n    ");
        let text = format!("title: t\nlogsource: {{category: c}}\ndetection:\n  s:{before}{indented}\n  condition: s\n");
        let rule = rule::parse_with(&Source::new("", &text), &Variables::kept()).pop()?.rule?;
        rule.detection.identifiers.first().map(|identifier| print::search(&identifier.search))
    })
}
