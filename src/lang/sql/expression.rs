//! Expressions, by precedence climbing.
//!
//! After an operator the parser is committed to it. Depth is bounded: what nests deeper than this reader goes
//! is unread, what nests deeper than the engine goes is rejected. Sources: SQLite's grammar (`parse.y`), whose
//! order of precedence is in the dialect's table and in [`Level`].

use super::ast::{Kind, MatchOperator, Node, Quoting, Unary};
use super::dialect::{Level, Operator, contains_word};
use super::lex::Token;
use super::number::{LiteralError, Number};
use super::parse::{Parser, Purpose};
use super::{Result, invalid, unread};
use crate::source::Place;

/// Levels of nodes, and of recursion, beyond which a text is left unread.
const MAX_DEPTH: usize = 120;

/// Words that start a subquery.
const SUBQUERIES: &[&str] = &["SELECT", "VALUES", "WITH"];

/// A step of precedence climbing.
enum Step {
    /// The operand grew.
    Grown(Node),
    /// No operator follows that binds tightly enough.
    Done(Node),
}

impl Parser<'_> {
    /// A node, within the limits of the engine and of this reader.
    pub(super) fn node(&self, kind: Kind, start: Place) -> Result<Node> {
        let node = Node::new(kind, self.since(start));
        if node.engine_depth > self.dialect.limits.expression_depth {
            let limit = self.dialect.limits.expression_depth;
            return Err(invalid(node.place, format!("an expression deeper than the {limit} levels that {} takes", self.dialect.name)));
        }
        if node.depth > MAX_DEPTH {
            return Err(unread(node.place, "an expression nested this deeply"));
        }
        Ok(node)
    }

    /// An expression whose operators all bind at least this tightly.
    pub(super) fn expression(&mut self, least: Level) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.unread_here("an expression nested this deeply"));
        }
        let start = self.place();
        let mut node = self.operand()?;
        let node = loop {
            match self.operator(node, start, least)? {
                Step::Grown(grown) => node = grown,
                Step::Done(done) => break done,
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    /// One operator after an operand, with what belongs to it.
    fn operator(&mut self, left: Node, start: Place, least: Level) -> Result<Step> {
        match self.token().clone() {
            Token::Symbol(symbol) => self.symbol_operator(symbol, left, start, least),
            Token::Word(word) => self.word_operator(&word.to_ascii_uppercase(), left, start, least),
            Token::Name(..) | Token::Text(_) | Token::Blob(_) | Token::Number(_) | Token::Variable(_) | Token::End => Ok(Step::Done(left)),
        }
    }

    fn symbol_operator(&mut self, symbol: &str, left: Node, start: Place, least: Level) -> Result<Step> {
        let Some((_, level, operator)) = self.dialect.operators.iter().find(|operator| operator.0 == symbol) else {
            return Ok(Step::Done(left));
        };
        if *level < least {
            return Ok(Step::Done(left));
        }
        self.skip();
        let right = Box::new(self.expression(level.tighter())?);
        let left = Box::new(left);
        let node = match operator {
            Operator::Compare(op) => self.node(Kind::Compare { op: *op, left, right }, start)?,
            Operator::NotEqual => self.node(Kind::Compare { op: crate::ir::Comparison::Eq, left, right }, start)?,
            Operator::Value(op) => self.node(Kind::Binary { op: *op, left, right }, start)?,
        };
        match operator {
            Operator::NotEqual => self.negation(node, start).map(Step::Grown),
            Operator::Compare(_) | Operator::Value(_) => Ok(Step::Grown(node)),
        }
    }

    fn word_operator(&mut self, word: &str, left: Node, start: Place, least: Level) -> Result<Step> {
        let level = match word {
            "OR" => Level::Or,
            "AND" => Level::And,
            "COLLATE" => Level::Collation,
            "NOT" | "IS" | "ISNULL" | "NOTNULL" | "IN" | "BETWEEN" => Level::Equality,
            _ if self.match_operator(word).is_some() => Level::Equality,
            _ => return Ok(Step::Done(left)),
        };
        if level < least {
            return Ok(Step::Done(left));
        }
        self.skip();
        let node = match word {
            "OR" | "AND" => self.chain(level, left, start)?,
            "COLLATE" => {
                let collation = self.name()?.text;
                self.node(Kind::Collate { value: Box::new(left), collation }, start)?
            }
            "IS" => self.is(left, start)?,
            "ISNULL" => self.node(Kind::IsNull(Box::new(left)), start)?,
            "NOTNULL" => {
                let null = self.node(Kind::IsNull(Box::new(left)), start)?;
                self.negation(null, start)?
            }
            "NOT" if self.eat_word("NULL") => {
                let null = self.node(Kind::IsNull(Box::new(left)), start)?;
                self.negation(null, start)?
            }
            "NOT" => {
                let word = if let Token::Word(word) = self.next() { word.to_ascii_uppercase() } else { String::new() };
                let test = self.test(&word, left, start)?;
                self.negation(test, start)?
            }
            word => self.test(word, left, start)?,
        };
        Ok(Step::Grown(node))
    }

    fn negation(&self, node: Node, start: Place) -> Result<Node> {
        self.node(Kind::Not(Box::new(node)), start)
    }

    fn match_operator(&self, word: &str) -> Option<MatchOperator> {
        self.dialect.matches.iter().find(|entry| entry.0 == word).map(|entry| entry.1)
    }

    /// `AND` and `OR` grow the list that the operand already is.
    fn chain(&mut self, level: Level, left: Node, start: Place) -> Result<Node> {
        let right = self.expression(level.tighter())?;
        let kind = match (level, left.kind) {
            (Level::And, Kind::And(mut list)) => {
                list.push(right);
                Kind::And(list)
            }
            (Level::Or, Kind::Or(mut list)) => {
                list.push(right);
                Kind::Or(list)
            }
            (_, kind) => {
                let left = Node { kind, ..left };
                if level == Level::And { Kind::And(vec![left, right]) } else { Kind::Or(vec![left, right]) }
            }
        };
        self.node(kind, start)
    }

    /// What follows `IS`.
    fn is(&mut self, left: Node, start: Place) -> Result<Node> {
        let negated = self.eat_word("NOT");
        // `IS NOT DISTINCT FROM` is `IS`.
        let distinct = self.eat_word("DISTINCT");
        if distinct {
            self.expect_word("FROM")?;
        }
        let right = self.expression(Level::Order)?;
        let left = Box::new(left);
        let null = matches!(right.kind, Kind::Null);
        let kind = if null { Kind::IsNull(left) } else { Kind::Is { left, right: Box::new(right) } };
        let node = self.node(kind, start)?;
        if negated == distinct { Ok(node) } else { self.negation(node, start) }
    }

    /// A test that `NOT` may stand before: `LIKE` and its kin, `IN`, `BETWEEN`.
    fn test(&mut self, word: &str, left: Node, start: Place) -> Result<Node> {
        match word {
            "IN" => self.membership(left, start),
            "BETWEEN" => {
                let low = Box::new(self.expression(Level::Not)?);
                self.expect_word("AND")?;
                let high = Box::new(self.expression(Level::Order)?);
                self.node(Kind::Between { value: Box::new(left), low, high }, start)
            }
            _ => match self.match_operator(word) {
                Some(op) => self.matching(op, left, start),
                None => {
                    let place = self.since(start);
                    Err(invalid(place, "expected a test after `NOT`"))
                }
            },
        }
    }

    fn matching(&mut self, op: MatchOperator, left: Node, start: Place) -> Result<Node> {
        let pattern = Box::new(self.expression(Level::Order)?);
        let escape = if self.eat_word("ESCAPE") { Some(Box::new(self.expression(Level::Order)?)) } else { None };
        if escape.is_some() && op != MatchOperator::Like {
            return Err(invalid(self.since(start), "`ESCAPE` after an operator other than `LIKE`"));
        }
        self.node(Kind::Match { op, text: Box::new(left), pattern, escape }, start)
    }

    fn membership(&mut self, value: Node, start: Place) -> Result<Node> {
        if !self.eat_symbol("(") {
            let table = self.name()?;
            let known = self.table.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(&table.text));
            let what = format!("`IN` the table `{}`", table.text);
            return Err(if known { unread(table.place, what) } else { invalid(table.place, format!("no such table: `{}`", table.text)) });
        }
        if self.at_one_of(SUBQUERIES) {
            return self.in_query(value, start);
        }
        let mut list = if self.at_symbol(")") { Vec::new() } else { self.list(any)? };
        self.expect_symbol(")")?;
        // The engine takes a list of one constant for a comparison, in which the constant has no affinity.
        let single = list.len() == 1 && !matches!(value.kind, Kind::Row(_));
        if let Some(only) = list.pop_if(|item| single && is_constant(item) && !matches!(item.kind, Kind::Collate { .. })) {
            let place = only.place;
            let right = Box::new(self.node(Kind::Unary(Unary::Plus, Box::new(only)), place)?);
            return self.node(Kind::Compare { op: crate::ir::Comparison::Eq, left: Box::new(value), right }, start);
        }
        self.node(Kind::In { value: Box::new(value), list }, start)
    }

    /// What stands between operators.
    fn operand(&mut self) -> Result<Node> {
        let start = self.place();
        match self.token().clone() {
            Token::Symbol("(") => self.brackets(start),
            Token::Symbol("-") => self.minus(start),
            Token::Symbol("+") => self.prefix(Unary::Plus, start),
            Token::Symbol("~") => self.prefix(Unary::Invert, start),
            Token::Number(text) => {
                self.skip();
                let number = literal(&text, start)?;
                self.node(Kind::Number(number), start)
            }
            Token::Text(text) => self.leaf(Kind::Text(text), start),
            Token::Blob(bytes) => self.leaf(Kind::Blob(bytes), start),
            Token::Name(name, quoting) => self.named(name, quoting, start),
            Token::Word(word) => self.word(&word, start),
            Token::Variable(_) => Err(self.unread_here("a bound parameter")),
            Token::Symbol(_) | Token::End => Err(self.unexpected("a value")),
        }
    }

    fn leaf(&mut self, kind: Kind, start: Place) -> Result<Node> {
        self.skip();
        self.node(kind, start)
    }

    fn prefix(&mut self, op: Unary, start: Place) -> Result<Node> {
        self.skip();
        let operand = self.expression(Level::Prefix)?;
        self.node(Kind::Unary(op, Box::new(operand)), start)
    }

    /// A minus sign belongs to the number after it: the least integer has no positive counterpart.
    fn minus(&mut self, start: Place) -> Result<Node> {
        self.skip();
        if let Token::Number(text) = self.token()
            && let Ok(integer) = format!("-{text}").parse::<i64>()
        {
            return self.leaf(Kind::Number(Number::Integer(integer)), start);
        }
        let operand = self.expression(Level::Prefix)?;
        self.node(Kind::Unary(Unary::Minus, Box::new(operand)), start)
    }

    fn brackets(&mut self, start: Place) -> Result<Node> {
        self.skip();
        if self.at_one_of(SUBQUERIES) {
            return self.scalar_query(start);
        }
        let mut items = self.list(any)?;
        self.expect_symbol(")")?;
        match items.pop() {
            Some(only) if items.is_empty() => Ok(only),
            last => {
                items.extend(last);
                self.node(Kind::Row(items), start)
            }
        }
    }

    fn word(&mut self, word: &str, start: Place) -> Result<Node> {
        match word.to_ascii_uppercase().as_str() {
            "NOT" => {
                self.skip();
                let operand = self.expression(Level::Not)?;
                self.node(Kind::Not(Box::new(operand)), start)
            }
            "NULL" => self.leaf(Kind::Null, start),
            "CASE" => self.case(start),
            "CAST" => self.cast(start),
            "EXISTS" if *self.following() == Token::Symbol("(") => self.exists(start),
            upper if contains_word(self.dialect.value_words, upper) => Err(self.unread_here("the current time")),
            // Names elsewhere, these two are keywords where a value may stand.
            "RAISE" => Err(self.unexpected("a value")),
            _ if self.is_reserved(word) => Err(self.unexpected("a value")),
            _ => self.named(word.to_owned(), Quoting::Bare, start),
        }
    }

    /// A column, or a function with its arguments.
    fn named(&mut self, name: String, quoting: Quoting, start: Place) -> Result<Node> {
        self.skip();
        if self.at_symbol("(") {
            return self.call(name, start);
        }
        if !self.eat_symbol(".") {
            return self.node(Kind::Name { table: None, name, quoting }, start);
        }
        let column = self.name()?.text;
        if self.at_symbol(".") {
            return Err(self.unread_here("a column of a table of a named database"));
        }
        self.node(Kind::Name { table: Some(name), name: column, quoting: Quoting::Name }, start)
    }

    fn call(&mut self, name: String, start: Place) -> Result<Node> {
        self.expect_symbol("(")?;
        if self.purpose == Purpose::Query {
            return self.function(name, start);
        }
        if self.at_one_of(&["DISTINCT", "ALL"]) {
            return Err(self.unread_here("`DISTINCT` in a function"));
        }
        let every = self.eat_symbol("*");
        let arguments = if every || self.at_symbol(")") { Vec::new() } else { self.list(any)? };
        if self.at_one_of(&["ORDER"]) {
            return Err(self.unread_here("`ORDER BY` in a function"));
        }
        self.expect_symbol(")")?;
        if self.at_one_of(&["FILTER", "OVER"]) {
            return Err(self.unread_here("a window function"));
        }
        self.node(Kind::Call { name, arguments }, start)
    }

    fn case(&mut self, start: Place) -> Result<Node> {
        self.skip();
        let operand = if self.at_word("WHEN") { None } else { Some(Box::new(self.expression(Level::Lowest)?)) };
        let mut branches = Vec::new();
        while branches.is_empty() || self.at_word("WHEN") {
            self.expect_word("WHEN")?;
            let when = self.expression(Level::Lowest)?;
            self.expect_word("THEN")?;
            branches.push((when, self.expression(Level::Lowest)?));
        }
        let otherwise = if self.eat_word("ELSE") { Some(Box::new(self.expression(Level::Lowest)?)) } else { None };
        self.expect_word("END")?;
        self.node(Kind::Case { operand, branches, otherwise }, start)
    }

    fn cast(&mut self, start: Place) -> Result<Node> {
        self.skip();
        self.expect_symbol("(")?;
        let value = Box::new(self.expression(Level::Lowest)?);
        self.expect_word("AS")?;
        let type_name = self.type_name()?;
        self.expect_symbol(")")?;
        self.node(Kind::Cast { value, type_name }, start)
    }

    /// The words of a type, without its numbers; empty where there is none.
    pub(super) fn type_name(&mut self) -> Result<String> {
        let mut words = Vec::new();
        while !self.at_symbol(")") && !self.at_symbol("(") && (words.is_empty() || self.is_name()) {
            words.push(self.name()?.text);
        }
        if !words.is_empty() && self.eat_symbol("(") {
            self.list(Self::signed_number)?;
            self.expect_symbol(")")?;
        }
        Ok(words.join(" "))
    }

    fn is_name(&self) -> bool {
        match self.token() {
            Token::Word(word) => !self.is_reserved(word),
            Token::Name(..) | Token::Text(_) => true,
            Token::Blob(_) | Token::Number(_) | Token::Variable(_) | Token::Symbol(_) | Token::End => false,
        }
    }

    fn signed_number(&mut self) -> Result<()> {
        if !self.eat_symbol("-") {
            self.eat_symbol("+");
        }
        if !matches!(self.token(), Token::Number(_)) {
            return Err(self.unexpected("a number"));
        }
        self.skip();
        Ok(())
    }
}

/// An expression, whatever its operators.
pub(super) fn any(parser: &mut Parser<'_>) -> Result<Node> {
    parser.expression(Level::Lowest)
}

/// Whether the engine takes an expression for a constant while it parses, before it knows any names.
fn is_constant(node: &Node) -> bool {
    if let Kind::Name { table: None, name, quoting: Quoting::Bare } = &node.kind {
        return contains_word(&["TRUE", "FALSE"], name);
    }
    let unknown = matches!(node.kind, Kind::Name { .. } | Kind::Match { .. } | Kind::Call { .. } | Kind::Relational(_));
    !unknown && node.kind.children().into_iter().all(is_constant)
}

fn literal(text: &str, place: Place) -> Result<Number> {
    Number::literal(text).map_err(|error| match error {
        LiteralError::TooBig => invalid(place, format!("the number `{text}` is too big")),
        LiteralError::Rounded => unread(place, "a number of so many digits"),
    })
}
