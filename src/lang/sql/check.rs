//! What the engine would reject in a syntax tree, before anything is read: unknown names, functions,
//! collations, wrong numbers of arguments, row values where a value must stand.

use super::ast::{Kind, MatchOperator, Node, Unary};
use super::dialect::Function;
use super::scope::Scope;
use super::{Result, invalid, unread};

/// Whether the engine would take the expression.
pub(super) fn check(node: &Node, scope: &Scope<'_>) -> Result<()> {
    match &node.kind {
        Kind::Relational(_) => return Err(unread(node.place, "a subquery")),
        Kind::Row(_) => return Err(invalid(node.place, "a row value where a value must stand")),
        Kind::Name { table, name, quoting } => {
            scope.resolve(table.as_deref(), name, *quoting, node.place)?;
        }
        Kind::Call { name, arguments } => check_call(node, name, arguments, scope)?,
        Kind::Collate { collation, .. } => {
            let known = scope.dialect.collation(collation);
            known.ok_or_else(|| invalid(node.place, format!("no such collation: `{collation}`")))?;
        }
        Kind::Compare { left, right, .. } | Kind::Is { left, right } => check_rows(node, &[left, right])?,
        Kind::Between { value, low, high } => check_rows(node, &[value, low, high])?,
        Kind::In { value, list } if list.is_empty() => return check_dropped(value, scope),
        Kind::Match { op: MatchOperator::Regexp, pattern, .. } => check_regexp(pattern)?,
        Kind::Match { op: MatchOperator::Like, escape: Some(escape), .. } => check_escape(escape)?,
        Kind::In { value, list } => check_rows(node, &std::iter::once(&**value).chain(list).collect::<Vec<_>>())?,
        Kind::Null
        | Kind::Number(_)
        | Kind::Text(_)
        | Kind::Blob(_)
        | Kind::Not(_)
        | Kind::Unary(..)
        | Kind::And(_)
        | Kind::Or(_)
        | Kind::IsNull(_)
        | Kind::Match { .. }
        | Kind::Binary { .. }
        | Kind::Case { .. }
        | Kind::Cast { .. } => {}
    }
    node.kind.children().into_iter().try_for_each(|child| check(child, scope))
}

/// The engine drops the value with which an empty list is searched, unless it calls a function.
fn check_dropped(value: &Node, scope: &Scope<'_>) -> Result<()> {
    let calls = |node: &Node| matches!(node.kind, Kind::Call { .. } | Kind::Match { .. });
    check(value, scope).map_err(|error| if any(value, &calls) { error } else { unread(value.place, "an invalid value in no list") })
}

/// Whether a node is there, here or below.
fn any(node: &Node, wanted: &impl Fn(&Node) -> bool) -> bool {
    wanted(node) || node.kind.children().into_iter().any(|child| any(child, wanted))
}

/// A regular expression that is invalid fails wherever it is used, even where its result is dropped.
fn check_regexp(pattern: &Node) -> Result<()> {
    let Kind::Text(text) = &literal(pattern).kind else { return Err(unread(pattern.place, "a regular expression that is no literal")) };
    let tree = super::regexp::parse(text).and_then(|tree| crate::ir::Regex::new(&tree));
    tree.map(|_| ()).map_err(|error| invalid(pattern.place, format!("an invalid regular expression: {error}")))
}

/// So does an escape that is not one character.
fn check_escape(escape: &Node) -> Result<()> {
    let escape = literal(escape);
    if let Kind::Text(text) = &escape.kind {
        let one = text.chars().count() == 1;
        return one.then_some(()).ok_or_else(|| invalid(escape.place, format!("`{text}` after `ESCAPE`, which takes one character")));
    }
    let null = matches!(escape.kind, Kind::Null);
    null.then_some(()).ok_or_else(|| unread(escape.place, "an escape character that is no literal"))
}

/// What stands under signs that change no text.
fn literal(node: &Node) -> &Node {
    if let Kind::Collate { value, .. } | Kind::Unary(Unary::Plus, value) = &node.kind { literal(value) } else { node }
}

/// Operands that are rows must all be rows of one length; such comparisons are left unread.
fn check_rows(node: &Node, operands: &[&Node]) -> Result<()> {
    let length = |operand: &&Node| if let Kind::Row(items) = &operand.kind { items.len() } else { 1 };
    let lengths: Vec<usize> = operands.iter().map(length).collect();
    match lengths.iter().max() {
        None | Some(1) => Ok(()),
        Some(longest) if lengths.iter().all(|length| length == longest) => Err(unread(node.place, "a comparison of rows")),
        Some(_) => Err(invalid(node.place, "a comparison of rows of different lengths")),
    }
}

fn check_call(node: &Node, name: &str, arguments: &[Node], scope: &Scope<'_>) -> Result<()> {
    let mut known = false;
    for (_, least, most, function) in scope.dialect.functions(name) {
        known = true;
        if (*least..=*most).contains(&arguments.len()) && arguments.len() <= scope.dialect.limits.arguments {
            return match (function, arguments) {
                (Function::Regexp, [pattern, _]) => check_regexp(pattern),
                (Function::Like, [_, _, escape]) => check_escape(escape),
                _ => check_function(node, name, *function),
            };
        }
    }
    Err(invalid(node.place, format!("{}: `{name}`", if known { "wrong number of arguments" } else { "no such function" })))
}

fn check_function(node: &Node, name: &str, function: Function) -> Result<()> {
    match function {
        Function::Aggregate => Err(invalid(node.place, format!("the aggregate `{name}` in a condition"))),
        Function::Failing => Err(invalid(node.place, format!("`{name}` cannot be used here"))),
        Function::Coalesce
        | Function::NullIf
        | Function::If
        | Function::Lower
        | Function::Upper
        | Function::Position
        | Function::Substring
        | Function::Length
        | Function::TypeOf
        | Function::Like
        | Function::Glob
        | Function::Regexp
        | Function::FormatTime
        | Function::Day
        | Function::Trim
        | Function::TrimLeft
        | Function::TrimRight
        | Function::Other => Ok(()),
    }
}
