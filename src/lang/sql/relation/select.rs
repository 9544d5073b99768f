//! Selects into plans: sources, groups, windows, results, orders.
//!
//! Source: SQLite, "SELECT" (the processing of simple selects), "Window Functions".

use super::super::ast::{Kind as NodeKind, Node, ResultColumn};
use super::super::{Result, invalid, unread};
use super::ast::{Core, Joint, Ordered, Query, Relational, Table};
use super::calls::aggregates;
use super::compile::{Compiler, Typed};
use super::names::{Column, Named, Scope, Stage};
use super::plan::{Block, Ex, Groups, Plan, Rows, Sort, SortKey, Source};
use crate::ir::Case;
use crate::lang::sql::number::Number;
use crate::source::Place;

impl Compiler<'_> {
    /// The plan of a query, and its columns.
    pub(super) fn query(&mut self, query: &Query) -> Result<(usize, Vec<Column>)> {
        let visible = self.common.len();
        for common in &query.common {
            let scopes = std::mem::take(&mut self.scopes);
            let made = self.query(&common.query);
            self.scopes = scopes;
            let (plan, mut columns) = made?;
            if !common.columns.is_empty() && common.columns.len() != columns.len() {
                return Err(invalid(common.name.place, "a common table whose list of columns has another length"));
            }
            for (column, name) in columns.iter_mut().zip(&common.columns) {
                column.name = name.text.clone();
            }
            self.common.push((common.name.text.clone(), plan, columns));
        }
        let outer = self.escaped.take();
        let single = query.parts.len() == 1;
        let (mut blocks, mut columns, mut order) = (Vec::new(), Vec::<Column>::new(), Vec::new());
        for (joined, core) in &query.parts {
            let (block, own, sorts) = self.core(core, if single { &query.order } else { &[] })?;
            if blocks.is_empty() {
                columns = own;
            } else if columns.len() != own.len() {
                return Err(invalid(core.place, "parts of a compound with different numbers of columns"));
            } else {
                for (column, other) in columns.iter_mut().zip(&own) {
                    column.kind.mixed |= other.kind.mixed || column.kind.affinity != other.kind.affinity;
                }
            }
            blocks.push((*joined, block));
            order = sorts;
        }
        if !single {
            for term in &query.order {
                let index =
                    self.result_index(&term.node, &columns).ok_or_else(|| unread(term.node.place, "such an order of a compound"))?;
                let case = columns.get(index).and_then(|column| column.kind.case);
                order.push(sort(SortKey::Result(index), case, term));
            }
        }
        let limit = query.limit.as_ref().map(|node| self.ex(node)).transpose()?;
        let offset = query.offset.as_ref().map(|node| self.ex(node)).transpose()?;
        let correlated = self.escaped.is_some_and(|at| at < self.scopes.len());
        self.escaped = match (outer, self.escaped) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.common.truncate(visible);
        let cases = columns.iter().map(|column| column.kind.case.unwrap_or(Case::Sensitive)).collect();
        self.plans.push(Plan { blocks, order, limit, offset, cases, correlated });
        Ok((self.plans.len() - 1, columns))
    }

    /// The column of the result that a term names, by number or by name.
    fn result_index(&self, node: &Node, columns: &[Column]) -> Option<usize> {
        if let NodeKind::Number(Number::Integer(number)) = &node.kind {
            return usize::try_from(*number).ok()?.checked_sub(1).filter(|index| *index < columns.len());
        }
        let NodeKind::Name { table: None, name, .. } = &node.kind else { return None };
        columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    fn core(&mut self, core: &Core, order: &[Ordered]) -> Result<(Block, Vec<Column>, Vec<Sort>)> {
        let (sources, named) = self.sources(&core.from)?;
        let ons: Vec<Option<&Node>> = core.from.iter().map(|joint| joint.on.as_ref()).collect();
        let block = Block { sources, distinct: core.distinct, ..Block::default() };
        self.scopes.push(Scope { sources: named, aliases: Vec::new(), stage: Stage::Rows, block });
        let made = self.parts(core, &ons, order);
        let scope = self.scopes.pop();
        let (columns, sorts) = made?;
        let block = scope.map(|scope| scope.block).unwrap_or_default();
        Ok((block, columns, sorts))
    }

    fn sources(&mut self, from: &[Joint]) -> Result<(Vec<Source>, Vec<Named>)> {
        let (mut sources, mut named, mut offset) = (Vec::new(), Vec::new(), 0);
        for joint in from {
            let (rows, columns, own) = match &joint.table {
                Table::Query(query) => {
                    let (plan, columns) = self.query(query)?;
                    (Rows::Plan(plan), columns, String::new())
                }
                Table::Named(name) => {
                    let common = self.common.iter().rev().find(|common| common.0.eq_ignore_ascii_case(&name.text));
                    match common {
                        Some((_, plan, columns)) => (Rows::Plan(*plan), columns.clone(), name.text.clone()),
                        None => {
                            let other = self.storage.table.as_ref().is_some_and(|own| !own.eq_ignore_ascii_case(&name.text));
                            if other {
                                return Err(invalid(name.place, format!("no such table: `{}`", name.text)));
                            }
                            if self.base_name.get_or_insert_with(|| name.text.clone()).eq_ignore_ascii_case(&name.text) {
                                (Rows::Base, self.base.clone(), name.text.clone())
                            } else {
                                return Err(unread(name.place, "a second table"));
                            }
                        }
                    }
                }
            };
            let name = joint.alias.as_ref().map_or(own, |alias| alias.text.clone());
            let width = columns.len();
            sources.push(Source { rows, width, outer: joint.outer, on: None });
            named.push(Named { name, offset, columns });
            offset += width;
        }
        Ok((sources, named))
    }

    pub(super) fn scope(&mut self) -> Result<&mut Scope> {
        self.scopes.last_mut().ok_or_else(|| unread(Place::NOWHERE, "an expression outside a query"))
    }

    fn parts(&mut self, core: &Core, ons: &[Option<&Node>], order: &[Ordered]) -> Result<(Vec<Column>, Vec<Sort>)> {
        for (at, on) in ons.iter().enumerate() {
            if let Some(on) = on {
                let on = self.ex(on)?;
                if let Some(source) = self.scope()?.block.sources.get_mut(at) {
                    source.on = Some(on);
                }
            }
        }
        let aliases: Vec<(String, Node)> = core.columns.iter().filter_map(alias).collect();
        self.scope()?.aliases = aliases.clone();
        if let Some(condition) = &core.condition {
            let condition = self.ex(condition)?;
            self.scope()?.block.condition = Some(condition);
        }
        let values = || core.columns.iter().filter_map(|column| if let ResultColumn::Value(node, _) = column { Some(node) } else { None });
        let keys = self.keys(core)?;
        let nodes = values().chain(&core.having).chain(order.iter().map(|term| &term.node));
        if !core.group.is_empty() || core.having.is_some() || nodes.into_iter().any(aggregates) {
            self.scope()?.block.groups = Some(Groups { keyed: !core.group.is_empty(), keys, ..Groups::default() });
        }
        self.scope()?.stage = Stage::Groups;
        if let Some(having) = &core.having {
            let having = self.ex(having)?;
            self.scope()?.block.having = Some(having);
        }
        self.scope()?.stage = Stage::Result;
        self.scope()?.aliases = Vec::new();
        let mut columns = Vec::new();
        for column in &core.columns {
            self.result(column, &mut columns)?;
        }
        self.scope()?.aliases = aliases;
        let mut sorts = Vec::new();
        for term in order {
            let found = self.result_index(&term.node, &columns);
            let (key, case) = match found {
                Some(index) => (SortKey::Result(index), columns.get(index).and_then(|column| column.kind.case)),
                None if core.distinct => return Err(unread(term.node.place, "an order of distinct rows by what is not among them")),
                None => {
                    let typed = self.expression(&term.node)?;
                    (SortKey::Row(typed.ex), typed.kind.case)
                }
            };
            sorts.push(sort(key, case, term));
        }
        Ok((columns, sorts))
    }

    fn keys(&mut self, core: &Core) -> Result<Vec<(Ex, Case)>> {
        let mut keys = Vec::new();
        for node in &core.group {
            let numbered = if let NodeKind::Number(Number::Integer(number)) = &node.kind { usize::try_from(*number).ok() } else { None };
            let target = match numbered.and_then(|number| core.columns.get(number.checked_sub(1)?)) {
                Some(ResultColumn::Value(node, _)) => node,
                Some(ResultColumn::All(_)) => return Err(unread(node.place, "a group by the number of such a column")),
                None => node,
            };
            let typed = self.expression(target)?;
            keys.push((typed.ex, typed.kind.case.unwrap_or(Case::Sensitive)));
        }
        Ok(keys)
    }

    /// The key of the groups that an expression is, where it is one and no column.
    pub(super) fn group_key(&mut self, node: &Node) -> Result<Option<Typed>> {
        let is_call = |relational: &Relational| matches!(relational, Relational::Call(call) if call.over.is_none());
        let simple = if let NodeKind::Relational(relational) = &node.kind { !is_call(relational) } else { node.kind.children().is_empty() };
        let Some(scope) = self.scopes.last_mut().filter(|scope| scope.stage != Stage::Rows && !simple) else { return Ok(None) };
        let Some(groups) = scope.block.groups.take_if(|groups| !groups.keys.is_empty()) else { return Ok(None) };
        if aggregates(node) {
            scope.block.groups = Some(groups);
            return Ok(None);
        }
        let stage = std::mem::replace(&mut scope.stage, Stage::Rows);
        let typed = self.expression(node);
        let scope = self.scope()?;
        scope.stage = stage;
        let found = typed
            .ok()
            .and_then(|typed| groups.keys.iter().position(|key| key.0 == typed.ex).map(|key| Typed { ex: Ex::Key(key), kind: typed.kind }));
        scope.block.groups = Some(groups);
        Ok(found)
    }

    fn result(&mut self, column: &ResultColumn, columns: &mut Vec<Column>) -> Result<()> {
        match column {
            ResultColumn::Value(node, alias) => {
                let typed = self.expression(node)?;
                let name = match (alias, &node.kind) {
                    (Some(alias), _) => alias.clone(),
                    (None, NodeKind::Name { name, .. }) => name.clone(),
                    (None, _) => written(self.text, node.place),
                };
                self.scope()?.block.results.push(typed.ex);
                columns.push(Column { name, kind: typed.kind, visible: true });
            }
            ResultColumn::All(table) => {
                let wanted = |source: &&Named| table.as_ref().is_none_or(|table| table.text.eq_ignore_ascii_case(&source.name));
                let scope = self.scope()?;
                let all: Vec<(usize, Column)> = scope
                    .sources
                    .iter()
                    .filter(wanted)
                    .flat_map(|source| source.columns.iter().enumerate().map(|(at, column)| (source.offset + at, column.clone())))
                    .filter(|(_, column)| column.visible)
                    .collect();
                if let (true, Some(table)) = (!scope.sources.iter().any(|source| wanted(&source)), table) {
                    return Err(invalid(table.place, format!("no such table: `{}`", table.text)));
                }
                for (index, column) in all {
                    let scope = self.scope()?;
                    scope.block.results.push(Ex::Column { up: 0, index });
                    if let Some(groups) = &mut scope.block.groups {
                        groups.bare.push((index, column.name.clone()));
                    }
                    columns.push(column);
                }
            }
        }
        Ok(())
    }
}

pub(super) fn sort(key: SortKey, case: Option<Case>, term: &Ordered) -> Sort {
    Sort { key, case: case.unwrap_or(Case::Sensitive), descending: term.descending, nulls_first: term.nulls_first }
}

fn alias(column: &ResultColumn) -> Option<(String, Node)> {
    if let ResultColumn::Value(node, Some(alias)) = column { Some((alias.clone(), node.clone())) } else { None }
}

/// What stands at a place.
fn written(text: &str, place: Place) -> String {
    let mut at = (1_u32, 1_u32);
    let mut written = String::new();
    for c in text.chars() {
        if at >= (place.line, place.column) && at < (place.end_line, place.end_column) {
            written.push(c);
        }
        at = if c == '\n' { (at.0 + 1, 1) } else { (at.0, at.1 + 1) };
    }
    written
}
