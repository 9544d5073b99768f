//! Expressions into plans: names resolved, affinities and collations decided.
//!
//! Source: SQLite, "Datatypes In SQLite" §4.2 and §7.1. What the engine would reject is found here, without rows.

use super::super::ast::{Binary, Kind as NodeKind, MatchOperator, Node, Quoting, Unary};
use super::super::dialect::Dialect;
use super::super::{Result, invalid, schema, unread};
use super::ast::{Query, Relational};
use super::functions::FUNCTIONS;
use super::names::{Column, Kind, Scope, Stage};
use super::plan::{Ex, Plan};
use super::run::ROW_NUMBER;
use super::value::{Conversion, How, Value};
use super::{Relation, names};
use crate::ir::{Case, Comparison};
use crate::source::Place;
use crate::storage::{Affinity, Storage};

/// The making of plans.
pub(super) struct Compiler<'s> {
    pub(super) storage: &'s Storage,
    pub(super) dialect: &'s Dialect,
    pub(super) text: &'s str,
    pub(super) plans: Vec<Plan>,
    pub(super) scopes: Vec<Scope>,
    /// The common tables that are visible, the innermost last: their names, plans and columns.
    pub(super) common: Vec<(String, usize, Vec<Column>)>,
    pub(super) base: Vec<Column>,
    pub(super) base_name: Option<String>,
    used: Vec<bool>,
    /// Below how many scopes a name was found, at most, since this was last reset.
    pub(super) escaped: Option<usize>,
}

/// An expression with how its values compare.
pub(super) struct Typed {
    pub(super) ex: Ex,
    pub(super) kind: Kind,
}

/// The relation that a query is.
pub(super) fn relation(query: &Query, text: &str, storage: &Storage, dialect: &Dialect) -> Result<Relation> {
    let base = names::base(text, storage, dialect)?;
    let mut compiler = Compiler {
        storage,
        dialect,
        text,
        plans: Vec::new(),
        scopes: Vec::new(),
        common: Vec::new(),
        used: vec![false; base.len()],
        base,
        base_name: None,
        escaped: None,
    };
    let (root, columns) = compiler.query(query)?;
    let key = |column: &Column| match storage.column(&column.name) {
        _ if names::is_row_number(column, storage, dialect) => ROW_NUMBER.to_owned(),
        Some((key, _)) => key,
        None => column.name.clone(),
    };
    let keys: Vec<String> = compiler.base.iter().map(key).collect();
    let fields = keys.iter().zip(&compiler.used).filter(|(key, used)| **used && *key != ROW_NUMBER).map(|(key, _)| key.clone()).collect();
    Ok(Relation { plans: compiler.plans, root, columns: columns.into_iter().map(|column| column.name).collect(), base: keys, fields })
}

fn plain(ex: Ex) -> Typed {
    Typed { ex, kind: Kind::PLAIN }
}

impl Compiler<'_> {
    /// An expression where only its value matters.
    pub(super) fn ex(&mut self, node: &Node) -> Result<Ex> {
        self.expression(node).map(|typed| typed.ex)
    }

    fn boxed(&mut self, node: &Node) -> Result<Box<Ex>> {
        self.ex(node).map(Box::new)
    }

    fn all(&mut self, nodes: &[Node]) -> Result<Vec<Ex>> {
        nodes.iter().map(|node| self.ex(node)).collect()
    }

    pub(super) fn expression(&mut self, node: &Node) -> Result<Typed> {
        if let Some(key) = self.group_key(node)? {
            return Ok(key);
        }
        let place = node.place;
        Ok(match &node.kind {
            NodeKind::Null => plain(Ex::Constant(Value::Null)),
            NodeKind::Number(number) => plain(Ex::Constant((*number).into())),
            NodeKind::Text(text) => plain(Ex::Constant(Value::Text(text.clone()))),
            NodeKind::Blob(bytes) => plain(Ex::Constant(Value::Blob(bytes.clone()))),
            NodeKind::Name { table, name, quoting } => self.name(table.as_deref(), name, *quoting, place)?,
            NodeKind::Not(child) => plain(Ex::Not(self.boxed(child)?)),
            NodeKind::Unary(Unary::Plus, child) => {
                let typed = self.expression(child)?;
                Typed { kind: Kind { affinity: None, mixed: false, ..typed.kind }, ..typed }
            }
            NodeKind::Unary(Unary::Minus, child) => plain(Ex::Minus(self.boxed(child)?)),
            NodeKind::Unary(Unary::Invert, _) => return Err(unread(place, "arithmetic on bits")),
            NodeKind::And(list) => plain(Ex::And(self.all(list)?)),
            NodeKind::Or(list) => plain(Ex::Or(self.all(list)?)),
            NodeKind::Compare { op, left, right } => {
                let (a, b) = (self.expression(left)?, self.expression(right)?);
                let how = self.how((&a, left), (&b, right))?;
                plain(Ex::Compare(*op, Box::new(a.ex), Box::new(b.ex), how))
            }
            NodeKind::Is { left, right } => {
                if let NodeKind::Name { table: None, name, quoting: Quoting::Bare } = &right.kind
                    && is_truth(name)
                {
                    return self.is_truth(left, name, place);
                }
                let (a, b) = (self.expression(left)?, self.expression(right)?);
                let how = self.how((&a, left), (&b, right))?;
                plain(Ex::Is(Box::new(a.ex), Box::new(b.ex), how))
            }
            NodeKind::IsNull(child) => plain(Ex::IsNull(self.boxed(child)?)),
            NodeKind::Match { op: MatchOperator::Regexp | MatchOperator::Match, .. } => {
                return Err(unread(place, "an operator that the host defines"));
            }
            NodeKind::Match { op, text, pattern, escape } => {
                let escape = escape.as_deref().map(|escape| self.boxed(escape)).transpose()?;
                plain(Ex::Match(*op, self.boxed(text)?, self.boxed(pattern)?, escape))
            }
            NodeKind::Between { value, low, high } => {
                let (a, b, c) = (self.expression(value)?, self.expression(low)?, self.expression(high)?);
                let (from, to) = (self.how((&a, value), (&b, low))?, self.how((&a, value), (&c, high))?);
                plain(Ex::Between(Box::new(a.ex), (Box::new(b.ex), from), (Box::new(c.ex), to)))
            }
            NodeKind::In { value, list } => {
                let a = self.expression(value)?;
                let mut items = Vec::new();
                for item in list {
                    let b = self.ex(item)?;
                    // The list takes the value's affinity and collation.
                    let how = self.how((&a, value), (&plain(Ex::Constant(Value::Null)), value))?;
                    items.push((b, how));
                }
                plain(Ex::In(Box::new(a.ex), items))
            }
            NodeKind::Binary { op: Binary::ShiftLeft | Binary::ShiftRight, .. } => return Err(unread(place, "arithmetic on bits")),
            NodeKind::Binary { op: Binary::JsonValue | Binary::JsonText, .. } => return Err(unread(place, "a part of a JSON text")),
            NodeKind::Binary { op, left, right } => plain(Ex::Binary(*op, self.boxed(left)?, self.boxed(right)?)),
            NodeKind::Case { operand, branches, otherwise } => self.case(operand.as_deref(), branches, otherwise.as_deref())?,
            NodeKind::Cast { value, type_name } => {
                let typed = self.expression(value)?;
                let affinity = schema::affinity(type_name);
                Typed { ex: Ex::Cast(Box::new(typed.ex), affinity), kind: Kind { affinity: Some(affinity), mixed: false, ..typed.kind } }
            }
            NodeKind::Collate { value, collation } => {
                let case = self.dialect.collation(collation);
                let case = case.ok_or_else(|| invalid(place, format!("no such collation: `{collation}`")))?;
                let case = case.ok_or_else(|| unread(place, format!("the collation `{collation}`")))?;
                let typed = self.expression(value)?;
                Typed { kind: Kind { case: Some(case), ..typed.kind }, ..typed }
            }
            NodeKind::Row(_) => return Err(unread(place, "a row value")),
            NodeKind::Call { name, arguments } => self.call(name, arguments, place)?,
            NodeKind::Relational(relational) => match relational.as_ref() {
                Relational::Exists(query) => plain(Ex::Exists(self.subquery(query, None)?.0)),
                Relational::Scalar(query) => {
                    let (plan, kind) = self.subquery(query, Some(place))?;
                    Typed { ex: Ex::Scalar(plan), kind }
                }
                Relational::In(value, query) => {
                    let a = self.expression(value)?;
                    let (plan, kind) = self.subquery(query, Some(place))?;
                    let b = Typed { ex: Ex::Constant(Value::Null), kind };
                    let how = self.how((&a, value), (&b, node))?;
                    plain(Ex::InQuery(Box::new(a.ex), plan, how))
                }
                Relational::Call(call) => self.function(call, place)?,
            },
        })
    }

    /// `IS TRUE` and `IS FALSE`, which are never NULL.
    fn is_truth(&mut self, value: &Node, name: &str, place: Place) -> Result<Typed> {
        if self.base.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
            return Err(unread(place, "a column with the name of a truth value"));
        }
        let value = self.ex(value)?;
        let when = if name.eq_ignore_ascii_case("true") { value } else { Ex::Not(Box::new(value)) };
        let how = How { conversion: Conversion::Kept, case: Case::Sensitive };
        let branch = (when, how, Ex::Constant(Value::Integer(1)));
        Ok(plain(Ex::Case(None, vec![branch], Some(Box::new(Ex::Constant(Value::Integer(0)))))))
    }

    fn subquery(&mut self, query: &Query, single: Option<Place>) -> Result<(usize, Kind)> {
        let (plan, columns) = self.query(query)?;
        match (columns.as_slice(), single) {
            ([only], _) => Ok((plan, only.kind)),
            (_, None) => Ok((plan, Kind::PLAIN)),
            (_, Some(place)) => Err(invalid(place, "a subquery that returns more than one column")),
        }
    }

    fn case(&mut self, operand: Option<&Node>, branches: &[(Node, Node)], otherwise: Option<&Node>) -> Result<Typed> {
        let value = operand.map(|operand| self.expression(operand)).transpose()?;
        let mut list = Vec::new();
        for (when, then) in branches {
            let typed = self.expression(when)?;
            let how = match (&value, operand) {
                (Some(value), Some(operand)) => self.how((value, operand), (&typed, when))?,
                (_, _) => How { conversion: Conversion::Kept, case: Case::Sensitive },
            };
            list.push((typed.ex, how, self.ex(then)?));
        }
        let otherwise = otherwise.map(|node| self.boxed(node)).transpose()?;
        Ok(plain(Ex::Case(value.map(|value| Box::new(value.ex)), list, otherwise)))
    }

    /// A scalar function.
    pub(super) fn call(&mut self, name: &str, arguments: &[Node], place: Place) -> Result<Typed> {
        if matches!(name.to_ascii_lowercase().as_str(), "iif" | "if") && arguments.len() == 3 {
            let [when, then, otherwise] = arguments else { return Err(unread(place, "such a condition")) };
            return self.case(None, &[(when.clone(), then.clone())], Some(otherwise));
        }
        let found = FUNCTIONS.iter().find(|entry| entry.0.eq_ignore_ascii_case(name) && (entry.1..=entry.2).contains(&arguments.len()));
        let Some((.., function)) = found else {
            let mut known = self.dialect.functions(name).peekable();
            if known.peek().is_none() {
                return Err(invalid(place, format!("no such function: `{name}`")));
            }
            let fits = known.any(|entry| (entry.1..=entry.2).contains(&arguments.len()));
            let what = format!("the function `{name}`");
            return Err(if fits { unread(place, what) } else { invalid(place, format!("wrong number of arguments to `{name}`")) });
        };
        let typed = arguments.iter().map(|argument| self.expression(argument)).collect::<Result<Vec<_>>>()?;
        for (argument, typed) in arguments.iter().zip(&typed) {
            if let Ex::Constant(Value::Text(text)) = &typed.ex
                && let Some(what) = function.unknown(text)
            {
                return Err(unread(argument.place, what));
            }
        }
        let explicit = arguments.iter().zip(&typed).find(|(argument, _)| argument.collated).and_then(|(_, typed)| typed.kind.case);
        let case = explicit.or_else(|| typed.iter().find_map(|typed| typed.kind.case)).unwrap_or(Case::Sensitive);
        Ok(plain(Ex::Call(*function, typed.into_iter().map(|typed| typed.ex).collect(), case)))
    }

    fn name(&mut self, table: Option<&str>, name: &str, quoting: Quoting, place: Place) -> Result<Typed> {
        for at in (0..self.scopes.len()).rev() {
            let up = self.scopes.len() - 1 - at;
            let Some(scope) = self.scopes.get_mut(at) else { continue };
            let alias =
                scope.aliases.iter().find(|alias| table.is_none() && alias.0.eq_ignore_ascii_case(name)).map(|alias| alias.1.clone());
            let found = scope.find(table, name, place)?.map(|(index, column)| (index, column.clone()));
            if let Some((index, column)) = found
                && (column.visible || alias.is_none())
            {
                if let (Some(groups), Stage::Groups | Stage::Result) = (&mut scope.block.groups, scope.stage) {
                    groups.bare.push((index, name.to_owned()));
                }
                let own = self.base.iter().position(|base| base.name == column.name);
                if let Some(used) = own.and_then(|own| self.used.get_mut(own)) {
                    *used = true;
                }
                self.escaped = Some(self.escaped.map_or(at, |before| before.min(at)));
                return Ok(Typed { ex: Ex::Column { up, index }, kind: column.kind });
            }
            if let (Some(alias), 0) = (alias, up) {
                let aliases = std::mem::take(&mut scope.aliases);
                let typed = self.expression(&alias);
                if let Some(scope) = self.scopes.get_mut(at) {
                    scope.aliases = aliases;
                }
                return typed;
            }
        }
        if table.is_none() && quoting == Quoting::NameOrText {
            return Ok(plain(Ex::Constant(Value::Text(name.to_owned()))));
        }
        if table.is_none() && quoting == Quoting::Bare && is_truth(name) {
            return Ok(plain(Ex::Constant(Value::truth(Some(name.eq_ignore_ascii_case("true"))))));
        }
        let full = table.map_or_else(|| name.to_owned(), |table| format!("{table}.{name}"));
        Err(invalid(place, format!("no such column: `{full}`")))
    }

    /// How two operands compare.
    pub(super) fn how(&self, (a, left): (&Typed, &Node), (b, right): (&Typed, &Node)) -> Result<How> {
        if a.kind.mixed || b.kind.mixed {
            return Err(unread(left.place, "a comparison of a column whose type differs between the parts of a compound"));
        }
        let conversion = match (a.kind.affinity, b.kind.affinity) {
            (Some(a), Some(b)) if is_numeric(a) || is_numeric(b) => Conversion::Numeric,
            (Some(_), Some(_)) | (None, None) => Conversion::Kept,
            (Some(only), None) | (None, Some(only)) if is_numeric(only) => Conversion::Numeric,
            (Some(Affinity::Text), None) | (None, Some(Affinity::Text)) => Conversion::Text,
            (Some(_), None) | (None, Some(_)) => Conversion::Kept,
        };
        let case = if right.collated && !left.collated { b.kind.case } else { a.kind.case.or(b.kind.case) };
        Ok(How { conversion, case: case.unwrap_or(Case::Sensitive) })
    }
}

fn is_truth(name: &str) -> bool {
    name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false")
}

fn is_numeric(affinity: Affinity) -> bool {
    match affinity {
        Affinity::Integer | Affinity::Numeric | Affinity::Real => true,
        Affinity::Text | Affinity::Untyped => false,
    }
}

/// Whether a comparison of orders holds.
pub(super) fn holds(op: Comparison, order: std::cmp::Ordering) -> bool {
    match op {
        Comparison::Eq => order.is_eq(),
        Comparison::Lt => order.is_lt(),
        Comparison::Lte => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Gte => order.is_ge(),
    }
}
