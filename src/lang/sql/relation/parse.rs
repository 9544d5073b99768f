//! Tokens into queries.
//!
//! Source: SQLite, "SELECT", "Window Functions" (the diagrams). Depth is bounded as for expressions.
//! Deliberately absent, and `query_unread`: windows based on named ones, natural and right joins, `USING`, `VALUES`,
//! recursion, `INTERSECT` and `EXCEPT`.

use super::super::ast::{Kind, Node};
use super::super::dialect::{Dialect, Level, contains_word};
use super::super::expression::any;
use super::super::lex::Token;
use super::super::parse::{Parser, Purpose};
use super::super::{Result, invalid};
use super::ast::{Bound, Call, Common, Core, Exclude, Frame, Joined, Joint, Ordered, Query, Relational, Table, Unit, Window};
use crate::diag::quote;
use crate::source::Place;

/// Recursion that a query inside a query counts for.
const QUERY_DEPTH: usize = 12;

/// Recursion beyond which a text is left unread.
const MAX_DEPTH: usize = 120;

/// Joins that are not read.
const OTHER_JOINS: &[&str] = &["NATURAL", "RIGHT", "FULL", "OUTER"];

/// Words that follow the windows of a query.
const AFTER_WINDOWS: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT"];

/// The query that a text is.
pub(super) fn query(text: &str, dialect: &Dialect) -> Result<Query> {
    let mut parser = Parser::new(text, dialect)?;
    parser.purpose = Purpose::Query;
    let query = parser.query()?;
    parser.end()?;
    Ok(query)
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query> {
        self.depth += QUERY_DEPTH;
        if self.depth > MAX_DEPTH {
            return Err(self.unread_here("queries nested this deeply"));
        }
        let common = if self.eat_word("WITH") { self.commons()? } else { Vec::new() };
        let mut parts = vec![(Joined::All, self.core()?)];
        while self.eat_word("UNION") {
            let joined = if self.eat_word("ALL") { Joined::All } else { Joined::Distinct };
            parts.push((joined, self.core()?));
        }
        if self.at_one_of(&["INTERSECT", "EXCEPT"]) {
            return Err(self.unread_here("`INTERSECT` and `EXCEPT`"));
        }
        let order = self.order()?;
        let (mut limit, mut offset) = (None, None);
        if self.eat_word("LIMIT") {
            limit = Some(any(self)?);
            if self.eat_symbol(",") {
                offset = limit.replace(any(self)?);
            } else if self.eat_word("OFFSET") {
                offset = Some(any(self)?);
            }
        }
        self.depth -= QUERY_DEPTH;
        Ok(Query { common, parts, order, limit, offset })
    }

    fn commons(&mut self) -> Result<Vec<Common>> {
        if self.at_word("RECURSIVE") {
            return Err(self.unread_here("recursion"));
        }
        self.list(|parser| {
            let name = parser.name()?;
            let columns = if parser.eat_symbol("(") {
                let columns = parser.list(Self::name)?;
                parser.expect_symbol(")")?;
                columns
            } else {
                Vec::new()
            };
            parser.expect_word("AS")?;
            if parser.eat_word("NOT") {
                parser.expect_word("MATERIALIZED")?;
            } else {
                parser.eat_word("MATERIALIZED");
            }
            parser.expect_symbol("(")?;
            let query = parser.query()?;
            parser.expect_symbol(")")?;
            Ok(Common { name, columns, query })
        })
    }

    fn core(&mut self) -> Result<Core> {
        let start = self.place();
        if self.at_word("VALUES") {
            return Err(self.unread_here("`VALUES`"));
        }
        self.expect_word("SELECT")?;
        let named = self.definitions_ahead()?;
        let outer = std::mem::replace(&mut self.windows, named);
        let distinct = self.eat_word("DISTINCT");
        if !distinct {
            self.eat_word("ALL");
        }
        let columns = self.list(Self::result_column)?;
        let from = if self.eat_word("FROM") { self.from()? } else { Vec::new() };
        let condition = if self.eat_word("WHERE") { Some(any(self)?) } else { None };
        let group = if self.at_word("GROUP") { self.by("GROUP")? } else { Vec::new() };
        let having = if self.eat_word("HAVING") { Some(any(self)?) } else { None };
        if self.eat_word("WINDOW") {
            self.definitions()?;
        }
        self.windows = outer;
        Ok(Core { distinct, columns, from, condition, group, having, place: self.since(start) })
    }

    /// The windows that this query names behind its other clauses.
    fn definitions_ahead(&mut self) -> Result<Vec<(String, Window)>> {
        let start = self.position();
        let (mut at, mut depth) = (start, 0_usize);
        loop {
            match self.token_at(at) {
                Token::End => return Ok(Vec::new()),
                Token::Symbol("(") => depth += 1,
                Token::Symbol(")") if depth == 0 => return Ok(Vec::new()),
                Token::Symbol(")") => depth -= 1,
                Token::Word(word) if depth == 0 && contains_word(AFTER_WINDOWS, word) => return Ok(Vec::new()),
                Token::Word(word) if depth == 0 && word.eq_ignore_ascii_case("WINDOW") && self.is_definition(at + 1) => break,
                Token::Word(_)
                | Token::Name(..)
                | Token::Text(_)
                | Token::Blob(_)
                | Token::Number(_)
                | Token::Variable(_)
                | Token::Symbol(_) => {}
            }
            at += 1;
        }
        self.go_to(at + 1);
        let definitions = self.definitions()?;
        self.go_to(start);
        Ok(definitions)
    }

    /// Whether `name AS` stands at a position.
    fn is_definition(&self, at: usize) -> bool {
        let is_name = matches!(self.token_at(at), Token::Word(_) | Token::Name(..));
        is_name && matches!(self.token_at(at + 1), Token::Word(word) if word.eq_ignore_ascii_case("AS"))
    }

    /// `name AS (…), …`
    fn definitions(&mut self) -> Result<Vec<(String, Window)>> {
        self.list(|parser| {
            let name = parser.name()?;
            parser.expect_word("AS")?;
            Ok((name.text, parser.window()?))
        })
    }

    /// `WORD BY a, b`
    fn by(&mut self, word: &str) -> Result<Vec<Node>> {
        self.expect_word(word)?;
        self.expect_word("BY")?;
        self.list(any)
    }

    fn from(&mut self) -> Result<Vec<Joint>> {
        let mut joints = vec![self.joint(false)?];
        loop {
            if self.eat_symbol(",") {
                joints.push(self.joint(false)?);
                continue;
            }
            if self.at_one_of(OTHER_JOINS) {
                return Err(self.unread_here("such a join"));
            }
            let outer = self.eat_word("LEFT");
            if outer {
                self.eat_word("OUTER");
            }
            let inner = !outer && (self.eat_word("INNER") || self.eat_word("CROSS"));
            if !self.eat_word("JOIN") {
                if outer || inner {
                    return Err(self.unexpected("`JOIN`"));
                }
                return Ok(joints);
            }
            joints.push(self.joint(outer)?);
        }
    }

    fn joint(&mut self, outer: bool) -> Result<Joint> {
        let table = if self.eat_symbol("(") {
            if !self.at_one_of(&["SELECT", "WITH"]) {
                return Err(self.unread_here("a join in brackets"));
            }
            let query = self.query()?;
            self.expect_symbol(")")?;
            Table::Query(Box::new(query))
        } else {
            let name = self.name()?;
            if self.at_symbol(".") || self.at_symbol("(") {
                return Err(self.unread_here("a table of a named database, or a function as a table"));
            }
            Table::Named(name)
        };
        let alias = self.alias()?;
        if self.at_one_of(&["INDEXED", "USING"]) || (self.at_word("NOT") && matches!(self.following(), Token::Word(_))) {
            return Err(self.unread_here("a table chosen so"));
        }
        let on = if self.eat_word("ON") { Some(any(self)?) } else { None };
        if self.at_word("USING") {
            return Err(self.unread_here("`USING`"));
        }
        Ok(Joint { outer, table, alias, on })
    }

    fn order(&mut self) -> Result<Vec<Ordered>> {
        if !self.eat_word("ORDER") {
            return Ok(Vec::new());
        }
        self.expect_word("BY")?;
        self.list(|parser| {
            let node = any(parser)?;
            let descending = parser.eat_word("DESC");
            if !descending {
                parser.eat_word("ASC");
            }
            let mut nulls_first = !descending;
            if parser.eat_word("NULLS") {
                nulls_first = parser.eat_word("FIRST");
                if !nulls_first {
                    parser.expect_word("LAST")?;
                }
            }
            Ok(Ordered { node, descending, nulls_first })
        })
    }

    /// `IN (SELECT …`, after the bracket.
    pub(in super::super) fn in_query(&mut self, value: Node, start: Place) -> Result<Node> {
        let query = self.bracketed()?;
        self.node(Kind::Relational(Box::new(Relational::In(value, query))), start)
    }

    /// `(SELECT …`, after the bracket.
    pub(in super::super) fn scalar_query(&mut self, start: Place) -> Result<Node> {
        let query = self.bracketed()?;
        self.node(Kind::Relational(Box::new(Relational::Scalar(query))), start)
    }

    /// `EXISTS (SELECT …)`
    pub(in super::super) fn exists(&mut self, start: Place) -> Result<Node> {
        self.skip();
        self.expect_symbol("(")?;
        let query = self.bracketed()?;
        self.node(Kind::Relational(Box::new(Relational::Exists(query))), start)
    }

    fn bracketed(&mut self) -> Result<Query> {
        if self.purpose == Purpose::Condition {
            return Err(self.unread_here("a subquery"));
        }
        let query = self.query()?;
        self.expect_symbol(")")?;
        Ok(query)
    }

    /// The arguments of a function after its bracket, and what may follow them.
    pub(in super::super) fn function(&mut self, name: String, start: Place) -> Result<Node> {
        let distinct = self.eat_word("DISTINCT");
        if !distinct {
            self.eat_word("ALL");
        }
        let every = self.eat_symbol("*");
        if every && !name.eq_ignore_ascii_case("count") {
            return Err(invalid(self.since(start), format!("wrong number of arguments to `{name}`")));
        }
        let arguments = if every || self.at_symbol(")") { Vec::new() } else { self.list(any)? };
        if self.at_word("ORDER") {
            return Err(self.unread_here("`ORDER BY` in a function"));
        }
        self.expect_symbol(")")?;
        let filter = if self.at_word("FILTER") && *self.following() == Token::Symbol("(") {
            self.skip();
            self.skip();
            self.expect_word("WHERE")?;
            let filter = any(self)?;
            self.expect_symbol(")")?;
            Some(filter)
        } else {
            None
        };
        let over = if self.eat_word("OVER") { Some(self.window()?) } else { None };
        let call = Call { name, arguments, distinct, filter, over };
        self.node(Kind::Relational(Box::new(Relational::Call(call))), start)
    }

    fn window(&mut self) -> Result<Window> {
        let start = self.place();
        if !self.at_symbol("(") {
            let name = self.name()?.text;
            let named = self.windows.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name));
            return named
                .map(|(_, window)| window.clone())
                .ok_or_else(|| invalid(self.since(start), format!("no such window: {}", quote(&name))));
        }
        self.skip();
        let partition = if self.at_word("PARTITION") { self.by("PARTITION")? } else { Vec::new() };
        let order = self.order()?;
        let frame = match self.token() {
            Token::Word(word) if word.eq_ignore_ascii_case("ROWS") => Some(Unit::Rows),
            Token::Word(word) if word.eq_ignore_ascii_case("RANGE") => Some(Unit::Range),
            Token::Word(word) if word.eq_ignore_ascii_case("GROUPS") => Some(Unit::Groups),
            Token::Word(_) | Token::Name(..) => return Err(self.unread_here("a window based on a named one")),
            Token::Text(_) | Token::Blob(_) | Token::Number(_) | Token::Variable(_) | Token::Symbol(_) | Token::End => None,
        };
        let frame = frame.map(|unit| self.frame(unit)).transpose()?;
        self.expect_symbol(")")?;
        Ok(Window { partition, order, frame, place: self.since(start) })
    }

    fn frame(&mut self, unit: Unit) -> Result<Frame> {
        let place = self.place();
        self.skip();
        let (start, end) = if self.eat_word("BETWEEN") {
            let start = self.bound()?;
            self.expect_word("AND")?;
            (start, self.bound()?)
        } else {
            (self.bound()?, Bound::Current)
        };
        let wrong = matches!(
            (&start, &end),
            (Bound::Last, _) | (_, Bound::First) | (Bound::Current | Bound::After(_), Bound::Before(_)) | (Bound::After(_), Bound::Current)
        );
        if wrong {
            return Err(invalid(self.since(place), "a frame that ends before it starts"));
        }
        let exclude = if self.eat_word("EXCLUDE") { self.exclude()? } else { Exclude::Nothing };
        Ok(Frame { unit, start, end, exclude })
    }

    fn exclude(&mut self) -> Result<Exclude> {
        if self.eat_word("NO") {
            self.expect_word("OTHERS")?;
            return Ok(Exclude::Nothing);
        }
        if self.eat_word("CURRENT") {
            self.expect_word("ROW")?;
            return Ok(Exclude::Current);
        }
        if self.eat_word("GROUP") {
            return Ok(Exclude::Group);
        }
        self.expect_word("TIES")?;
        Ok(Exclude::Ties)
    }

    fn bound(&mut self) -> Result<Bound<Node>> {
        if self.eat_word("CURRENT") {
            self.expect_word("ROW")?;
            return Ok(Bound::Current);
        }
        if self.eat_word("UNBOUNDED") {
            if self.eat_word("PRECEDING") {
                return Ok(Bound::First);
            }
            self.expect_word("FOLLOWING")?;
            return Ok(Bound::Last);
        }
        let offset = self.expression(Level::Lowest)?;
        if self.eat_word("PRECEDING") {
            return Ok(Bound::Before(offset));
        }
        self.expect_word("FOLLOWING")?;
        Ok(Bound::After(offset))
    }
}
