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
    let mut characters = text.characters_from(name.end_line).skip_while(|(_, at)| *at < behind).skip_while(|(c, _)| *c == ' ');
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
    /// Where in a quoted scalar the characters are.
    quoted: Quoted,
    tail: usize,
}

/// Where in a quoted scalar a character stands. The place of such a scalar reaches up to the next token, over a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Outside,
    /// Between the quotes, this one.
    Inside(char),
    /// After a backslash between double quotes.
    Escaped,
    /// After a single quote, which is the last one unless another follows.
    Closing,
    /// After the last quote.
    Closed,
}

impl Quoted {
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Inside('"'), '\\') => Self::Escaped,
            (Self::Inside('"'), '"') => Self::Closed,
            (Self::Inside('\''), '\'') => Self::Closing,
            (Self::Closing, '\'') => Self::Inside('\''),
            (Self::Closing | Self::Closed, _) => Self::Closed,
            (Self::Escaped, _) => Self::Inside('"'),
            (Self::Outside | Self::Inside(_), _) => self,
        }
    }
}

impl<'p> Scan<'p> {
    fn new(scalars: &'p [(Position, Position)], end: End) -> Self {
        Self { scalars, end, lines: Vec::new(), line: Line::default(), depth: 0, in_comment: false, quoted: Quoted::Outside, tail: 0 }
    }

    /// Whether a character belongs to a scalar; scalars that end before it are done.
    fn is_inside(&mut self, c: char, at: Position) -> bool {
        if self.quoted == Quoted::Closed || (self.quoted == Quoted::Closing && c != '\'') {
            self.quoted = Quoted::Outside;
            self.scalars = self.scalars.get(1..).unwrap_or_default();
        }
        while let Some((_, rest)) = self.scalars.split_first().filter(|(first, _)| first.1 <= at) {
            (self.scalars, self.quoted) = (rest, Quoted::Outside);
        }
        let Some((from, _)) = self.scalars.first().filter(|(from, _)| *from <= at) else { return false };
        self.quoted = if *from == at && matches!(c, '\'' | '"') { Quoted::Inside(c) } else { self.quoted.after(c) };
        true
    }

    /// Takes the next character; whether there is more to take. `None` where no end is in sight.
    fn take(&mut self, c: char, at: Position) -> Option<bool> {
        let inside = self.is_inside(c, at);
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// What stands below `s` in a detection section with these lines.
    fn cut(detection: &str) -> String {
        let text = format!("title: t\nlogsource: {{category: c}}\ndetection:\n{detection}\n  condition: s\n");
        let source = Source::new("", &text);
        let rule = rule::parse_with(&source, &Variables::kept()).pop().unwrap().rule.unwrap();
        let identifier = rule.detection.identifiers.iter().find(|own| own.name == "s").unwrap();
        yaml(identifier, &Texts::new([source]))
    }

    #[test]
    fn comments_are_dropped_and_quotes_kept() {
        for (written, expected) in [
            ("  s:\n    A: 'x # y' # z\n    B: \"it''s # '\" # it's", "A: 'x # y'\nB: \"it''s # '\""),
            (
                "  s: # first\n    # second\n    A|contains:  # third\n\n      - 'it''s # 1' # 'one'\n      - a#b # two\n    # last",
                "A|contains:\n  - 'it''s # 1'\n  - a#b",
            ),
            ("  s:\n    A: \"\\\"# \\\\\" # x\n    B: 'C:\\'   # y", "A: \"\\\"# \\\\\"\nB: 'C:\\'"),
            ("  s:\n    A#: 5 # x\n    'B #': 010.5 # y\n    C: # nothing", "A#: 5\n'B #': 010.5\nC:"),
            ("  s:\n  - A: x\n    B: y # z\n  # between\n  - C: z\n  t: z", "- A: x\n  B: y\n- C: z"),
        ] {
            assert_eq!(cut(written), expected, "{written}");
        }
    }

    #[test]
    fn other_styles_are_cut_out_too() {
        for (written, expected) in [
            ("  s: {A: x, 'B|contains': ['}', \"]\", c]} # d", "{A: x, 'B|contains': ['}', \"]\", c]}"),
            ("  s: {A: [x, # one\n      y], # two\n    B: z }\n  t: z", "{A: [x,\n    y],\n  B: z }"),
            ("  s: word # c", "word"),
            ("  s: ['a', b]", "['a', b]"),
            ("  s:\n    A: |\n      x # y\n\n      z\n    B: >-\n      v\n      w\n  # c\n  t: z", "A: |\n  x # y\n\n  z\nB: >-\n  v\n  w"),
            ("  s:\n    A: x y\n      z\n    B: 'x\n\n      y' # z", "A: x y\n  z\nB: 'x\n\n  y'"),
            ("  s:\n      A: x\r\n      B: y # z\r", "A: x\nB: y"),
            ("  'long': {A: x}\n  \"s\" : {B: x}", "{B: x}"),
        ] {
            assert_eq!(cut(written), expected, "{written}");
        }
    }

    #[test]
    fn a_section_in_brackets_ends_before_its_next_name() {
        let text = "title: t\nlogsource: {category: c}\ndetection: {s: {A: x, B: }, condition: s}\n";
        let source = Source::new("", text);
        let rule = rule::parse_with(&source, &Variables::kept()).pop().unwrap().rule.unwrap();
        assert_eq!(yaml(rule.detection.identifiers.first().unwrap(), &Texts::new([source])), "{A: x, B: }");
    }

    /// An alias says nothing without its anchor.
    #[test]
    fn what_cannot_be_cut_out_is_printed() {
        assert_eq!(cut("  t: &a\n    A: x\n  s: *a"), "A [] \"x\"");
        assert_eq!(cut("  t: {A: &v x}\n  s:\n    B: *v\n    C: y"), "B [] \"x\"\nC [] \"y\"");
        assert_eq!(cut("  s: &a\n    A: x"), "&a\n  A: x");
        assert_eq!(yaml(&identifier(), &Texts::default()), "A [] \"x\"");
    }

    fn identifier() -> SearchIdentifier {
        let text = "title: t\nlogsource: {category: c}\ndetection:\n  s: {A: x}\n  condition: s\n";
        let rule = rule::parse(&Source::new("", text)).pop().unwrap().rule.unwrap();
        rule.detection.identifiers.first().unwrap().clone()
    }
}
