//! Where scalars end in the text, for those of which the parser says it loosely.
//!
//! A quoted scalar ends with its quote, not where a comment behind it does; a block scalar where its text does, not where
//! the next token starts. The text is read once, from top to bottom, whatever is asked. Deliberately absent: places in
//! the middle of scalars (see `Scalar::part`).

use crate::source::Place;

/// A position in a text that moves forward only.
pub(super) struct Cursor<'s> {
    rest: &'s str,
    line: u32,
    column: u32,
}

impl<'s> Cursor<'s> {
    /// The start of a text.
    pub(super) fn new(text: &'s str) -> Self {
        Self { rest: text, line: 1, column: 1 }
    }

    /// The place of a quoted scalar, from its first quote to its last; as given where no quote stands at its start.
    pub(super) fn quoted(&mut self, place: Place) -> Place {
        self.move_to(place.line, place.column);
        let Some(quote @ ('"' | '\'')) = self.next() else { return place };
        while let Some(c) = self.next() {
            let escapes = if quote == '"' { c == '\\' } else { c == quote && self.rest.starts_with(quote) };
            if escapes {
                self.next();
            } else if c == quote {
                return self.ending(place);
            }
        }
        place
    }

    /// The place of a block scalar without the blank lines and the indentation at its end.
    pub(super) fn block(&mut self, place: Place) -> Place {
        self.move_to(place.line, place.column);
        let mut trimmed = Place { end_line: place.line, end_column: place.column.saturating_add(1), ..place };
        while (self.line, self.column) < (place.end_line, place.end_column) {
            match self.next() {
                Some(c) if c.is_whitespace() => {}
                Some(_) => trimmed = self.ending(trimmed),
                None => break,
            }
        }
        trimmed
    }

    /// A place that ends here.
    fn ending(&self, place: Place) -> Place {
        Place { end_line: self.line, end_column: self.column, ..place }
    }

    fn move_to(&mut self, line: u32, column: u32) {
        while (self.line, self.column) < (line, column) && self.next().is_some() {}
    }

    /// Takes the next character. Lines end as they do for the parser: at a line feed, or a carriage return alone.
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' || (c == '\r' && !self.rest.starts_with('\n')) {
            (self.line, self.column) = (self.line.saturating_add(1), 1);
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_end_where_their_text_does() {
        let text = "a: 'b''c' # it's\r\nb: \"\\\"\" # \"\nc: |\n  d é\n  e\n\n\nf: 'g\n  h' \n";
        let mut cursor = Cursor::new(text);
        let mut end = |place: Place, is_block: bool| {
            let place = if is_block { cursor.block(place) } else { cursor.quoted(place) };
            (place.end_line, place.end_column)
        };
        assert_eq!(end(Place::on_line(1, 4, 99), false), (1, 10));
        assert_eq!(end(Place::on_line(2, 4, 99), false), (2, 8));
        assert_eq!(end(Place { end_line: 8, end_column: 1, ..Place::on_line(3, 4, 1) }, true), (5, 4));
        assert_eq!(end(Place::on_line(8, 4, 99), false), (9, 5));
        assert_eq!(end(Place::on_line(9, 6, 7), false), (9, 13), "as given, where there is no quote");
    }
}
