//! What names denote in one statement.
//!
//! Source: SQLite's `lookupName`: a column of the table, else the number of the row, else an alias of the
//! result, else, in double quotes, a text, else `TRUE` and `FALSE`. With an open storage, where every name is
//! a column, whatever another storage could read otherwise is left unread.

use super::ast::{Identifier, Kind, Node, Quoting, ResultColumn, Select};
use super::dialect::{Dialect, contains_word};
use super::value::Column;
use super::{Result, invalid, unread};
use crate::source::Place;
use crate::storage::{Holds, Storage};

/// The names of a statement.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    storage: &'s Storage,
    pub(super) dialect: &'s Dialect,
    /// What columns can be qualified with.
    qualifier: String,
    /// Aliases of the result, and the columns that they rename.
    aliases: Vec<(String, Option<String>)>,
}

/// What a name denotes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    Column(Column),
    Truth(bool),
    Text(String),
}

impl<'s> Scope<'s> {
    /// The scope of a statement, whose table must be the storage's.
    pub(super) fn new(select: &Select, storage: &'s Storage, dialect: &'s Dialect) -> Result<Self> {
        if storage.table.as_ref().is_some_and(|own| !own.eq_ignore_ascii_case(&select.table.text)) {
            return Err(invalid(select.table.place, format!("no such table: `{}`", select.table.text)));
        }
        let qualifier = select.alias.as_ref().unwrap_or(&select.table).text.clone();
        let aliases = select.columns.iter().filter_map(renamed).collect();
        let scope = Self { storage, dialect, qualifier, aliases };
        for column in &select.columns {
            scope.check_result(column)?;
        }
        Ok(scope)
    }

    /// Result columns do not change which rows match, as long as they are columns.
    fn check_result(&self, column: &ResultColumn) -> Result<()> {
        match column {
            ResultColumn::All(None) => Ok(()),
            ResultColumn::All(Some(table)) if table.text.eq_ignore_ascii_case(&self.qualifier) => Ok(()),
            ResultColumn::All(Some(Identifier { text, place })) => Err(invalid(*place, format!("no such table: `{text}`"))),
            ResultColumn::Value(node, _) => {
                if let Kind::Name { table, name, quoting } = &node.kind {
                    return self.column(table.as_deref(), name, *quoting, node.place).map(|_| ());
                }
                let constant = matches!(node.kind, Kind::Null | Kind::Number(_) | Kind::Text(_) | Kind::Blob(_));
                constant.then_some(()).ok_or_else(|| unread(node.place, "a computed column of the result"))
            }
        }
    }

    /// What a name denotes.
    pub(super) fn resolve(&self, table: Option<&str>, name: &str, quoting: Quoting, place: Place) -> Result<Meaning> {
        if let Some((_, renamed)) = self.aliases.iter().find(|alias| table.is_none() && alias.0.eq_ignore_ascii_case(name)) {
            if self.storage.columns.others.is_some() || (self.storage.column(name).is_none() && renamed.is_none()) {
                return Err(unread(place, format!("the alias `{name}`")));
            }
            if let (None, Some(original)) = (self.storage.column(name), renamed) {
                return self.column(None, original, Quoting::Name, place);
            }
        }
        self.column(table, name, quoting, place)
    }

    /// What a name denotes that is no alias.
    fn column(&self, table: Option<&str>, name: &str, quoting: Quoting, place: Place) -> Result<Meaning> {
        if let Some(table) = table.filter(|table| !table.eq_ignore_ascii_case(&self.qualifier)) {
            return Err(invalid(place, format!("no such column: `{table}.{name}`")));
        }
        let bare = table.is_none() && quoting == Quoting::Bare;
        let truth = if bare { truth_word(name) } else { None };
        let row_id = contains_word(self.dialect.row_ids, name);
        match (self.storage.columns.others, self.storage.column(name)) {
            (Some(_), Some(_)) if truth.is_some() => Ok(Meaning::Truth(truth == Some(true))),
            (Some(_), _) if row_id => Err(unread(place, format!("`{name}`, which may be the number of the row"))),
            (Some(_), _) if quoting == Quoting::NameOrText => {
                let open = unread(place, format!("`\"{name}\"`, which is a text where no such column exists"));
                Err(open.help("quote names in backticks, or say with `--schema FILE` which columns there are"))
            }
            (_, Some((key, kind))) => match kind.holds {
                Holds::Scalar(affinity) => Ok(Meaning::Column(Column { key: key.as_str().into(), affinity, compares: kind.compares })),
                Holds::Extracted(_) | Holds::Event | Holds::Indexed(_) => {
                    Err(unread(place, format!("`{name}`, which is no column of a table")))
                }
            },
            (_, None) if row_id => Err(unread(place, "the number of the row")),
            (_, None) if table.is_none() && quoting == Quoting::NameOrText => Ok(Meaning::Text(name.to_owned())),
            (_, None) => truth.map(Meaning::Truth).ok_or_else(|| invalid(place, format!("no such column: `{name}`"))),
        }
    }

    /// The truth value that an expression is as a literal.
    pub(super) fn truth_literal(&self, node: &Node) -> Option<bool> {
        if let Kind::Collate { value, .. } = &node.kind {
            return self.truth_literal(value);
        }
        let Kind::Name { table: None, name, quoting: Quoting::Bare } = &node.kind else { return None };
        match self.resolve(None, name, Quoting::Bare, node.place) {
            Ok(Meaning::Truth(value)) => Some(value),
            Ok(Meaning::Column(_) | Meaning::Text(_)) | Err(_) => None,
        }
    }
}

fn renamed(column: &ResultColumn) -> Option<(String, Option<String>)> {
    match column {
        ResultColumn::All(_) | ResultColumn::Value(_, None) => None,
        ResultColumn::Value(node, Some(alias)) => {
            let name =
                if let Kind::Name { table: None, name, quoting: Quoting::Bare | Quoting::Name } = &node.kind { Some(name) } else { None };
            Some((alias.clone(), name.cloned()))
        }
    }
}

fn truth_word(name: &str) -> Option<bool> {
    match name.to_ascii_uppercase().as_str() {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    }
}
