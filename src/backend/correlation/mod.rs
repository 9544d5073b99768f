//! Correlations: a program becomes one statement, for targets that count in windows.
//!
//! Each correlation is a chain of common table expressions: `hits` (what occurs, from the queries of its rules or the
//! alerts of other correlations), what is counted in the window of each row, and `alerts` (the different times and
//! groups at which its condition holds). The statement gives a row for each alert of the last correlation: the names of
//! its group, then `alert_time` as text in ISO 8601 with milliseconds; ordered by time, then group. Times are compared
//! as whole milliseconds. Deliberately absent: approximations; and languages in which windows are said otherwise.

mod ast;
mod bounds;
mod windows;

use super::choose::Chooser;
use super::descriptor::{Key, Setting, Windows};
use super::emit::{Emitter, Stands};
use super::{Settings, Target, distinct, form, refuse, stage};
use crate::diag::{Code, Diagnostic};
use crate::ir::correlation::{Correlation, Kind, Node, Program, Slot};
use crate::ir::{Expr, Predicate, Subject};
use crate::source::Place;
use crate::storage::{Assumption, Name, Storage};
use ast::{Frame, From, Operator, Select, Sql, Statement, Table, Window};
use windows::Names;

/// A written correlation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCorrelation {
    /// The query alone.
    pub query: String,
    /// The whole text, in its envelope.
    pub text: String,
    /// The program that the text says, with the formulas of its rules rewritten into what the target can say.
    pub legal: Program,
    /// What must hold of the events for the text to mean what was asked for.
    pub assumptions: Vec<Assumption>,
}

impl Target {
    /// Writes a correlation as a query on a storage, which is one that [`Target::storage`] returned.
    ///
    /// # Errors
    /// What the target cannot say, or not without a denied assumption.
    pub fn write_correlation(&self, program: &Program, storage: &Storage, settings: &Settings) -> Result<WrittenCorrelation, Diagnostic> {
        let place = program.nodes.last().map_or(Place::NOWHERE, place_of);
        let refused = |why: &str| refuse::correlation(&self.name, place, why);
        let windows = self.correlations.as_ref().ok_or_else(|| refused("correlations are not written for it yet"))?;
        self.holds_statements(settings, place)?;
        let [stage] = self.stages.as_slice() else { return Err(refused("its conditions have several stages")) };
        let chooser = Chooser { stage, storage, denied: &settings.denied };
        let timestamp = self.timestamp(settings);
        let mut writer = Writer {
            target: self,
            windows,
            timestamp,
            emitter: Emitter { target: &self.name, chooser, assumptions: Vec::new() },
            tables: Vec::new(),
            several: program.nodes.iter().filter(|node| matches!(node, Node::Correlation(_))).count() > 1,
        };
        let legal = writer.program(program)?;
        let last = writer.last(program)?;
        let query = Statement { tables: writer.tables, last }.text();
        let assumptions = distinct(writer.emitter.assumptions);
        Ok(WrittenCorrelation { text: query.clone(), query, legal, assumptions })
    }

    /// The column that holds the times of events; empty where correlations are not written.
    pub fn timestamp<'s>(&'s self, settings: &'s Settings) -> &'s str {
        let option = self.options.iter().find(|(_, option)| option.sets == Setting::Timestamp);
        let chosen = option.and_then(|(name, _)| settings.options.get(name));
        chosen.or(self.correlations.as_ref().map(|windows| &windows.timestamp)).map_or("", String::as_str)
    }

    /// Makes sure that the chosen format can hold a statement of its own.
    fn holds_statements(&self, settings: &Settings, place: Place) -> Result<(), Diagnostic> {
        let chosen = |(name, _): &&(String, _)| settings.format.as_ref().is_none_or(|format| format == name);
        let Some((name, format)) = self.formats.iter().find(chosen) else {
            let format = settings.format.as_deref().unwrap_or_default();
            return Err(self.unknown("format", format, self.formats.iter().map(|(name, _)| name)));
        };
        match format.envelope.kind.as_str() {
            "bare" => Ok(()),
            _ => Err(refuse::correlation(&self.name, place, &format!("the format `{name}` holds conditions on single events"))),
        }
    }
}

fn place_of(node: &Node) -> Place {
    match node {
        Node::Base(_) => Place::NOWHERE,
        Node::Correlation(correlation) => correlation.place,
    }
}

/// Writes the tables of a statement, one after the other.
struct Writer<'w> {
    target: &'w Target,
    windows: &'w Windows,
    /// The column of times.
    timestamp: &'w str,
    emitter: Emitter<'w>,
    tables: Vec<Table>,
    /// Whether the statement has tables of several correlations.
    several: bool,
}

impl Writer<'_> {
    fn refused(&self, place: Place, why: &str) -> Diagnostic {
        refuse::correlation(&self.target.name, place, why)
    }

    /// The tables of all correlations; and the program with the formulas that are said.
    fn program(&mut self, program: &Program) -> Result<Program, Diagnostic> {
        let mut legal = Vec::new();
        for (number, node) in program.nodes.iter().enumerate() {
            legal.push(match node {
                Node::Base(expr) => Node::Base(self.legal(expr)?),
                Node::Correlation(correlation) => {
                    self.correlation(program, number, correlation)?;
                    node.clone()
                }
            });
        }
        Ok(Program { nodes: legal })
    }

    /// The formula in terms that the target can say.
    fn legal(&mut self, expr: &Expr) -> Result<Expr, Diagnostic> {
        let chooser = self.emitter.chooser;
        let (expanded, assumptions) = self.target.expand(expr, chooser.storage)?;
        if let Some(denied) = assumptions.iter().find(|assumption| chooser.denied.contains(&assumption.name)) {
            return Err(refuse::denied(&self.target.name, denied));
        }
        self.emitter.assumptions.extend(assumptions);
        let plan = stage::plan(&self.target.name, &[chooser], &[], &expanded).map_err(|refusal| self.target.refused(&refusal))?;
        self.emitter.assumptions.extend(plan.assumptions);
        Ok(Expr::and(plan.formulas))
    }

    fn correlation(&mut self, program: &Program, number: usize, correlation: &Correlation) -> Result<(), Diagnostic> {
        let names = self.names(number);
        let mut hits = Vec::new();
        for (position, slot) in (1..).zip(&correlation.slots) {
            let select = match program.nodes.get(slot.node) {
                Some(Node::Base(expr)) => Some(self.events(position, slot, expr, correlation)?),
                Some(Node::Correlation(other)) if slot.node < number => self.alerts(position, slot, other, correlation)?,
                Some(Node::Correlation(_)) | None => return Err(self.refused(correlation.place, "it refers to no rule before it")),
            };
            hits.extend(select);
        }
        if hits.is_empty() {
            return Err(self.refused(correlation.place, "no alert that it refers to has the fields of its group"));
        }
        if hits.len() > self.windows.selects {
            let message = format!("the correlation has more rules than `{}` can bear ({})", self.target.name, self.windows.selects);
            return Err(Diagnostic::error(Code::RefusedSize, correlation.place, message));
        }
        let columns = ["slot", "event", "time"].map(str::to_owned).into_iter().chain(windows::group(correlation.group_by.len()));
        let value = (!takes(&correlation.kind).is_nothing()).then(|| "value".to_owned());
        self.tables.push(Table { name: names.table("hits"), columns: columns.chain(value).collect(), selects: hits });
        let tables = windows::tables(correlation, &names).map_err(|why| self.refused(correlation.place, &why))?;
        self.tables.extend(tables);
        Ok(())
    }

    /// How the tables of a correlation are named: so that none hides the table of events.
    fn names(&self, number: usize) -> Names {
        let mut suffix = if self.several { format!("_{}", number + 1) } else { String::new() };
        let table = self.emitter.chooser.storage.table.as_deref().unwrap_or_default().to_ascii_lowercase();
        while !suffix.is_empty() && table.ends_with(&suffix) || suffix.is_empty() && OURS.iter().any(|own| table.starts_with(own)) {
            suffix.push_str("_of_rule");
        }
        Names { suffix }
    }

    /// The events that a rule matches, as hits.
    fn events(&mut self, position: i64, slot: &Slot, expr: &Expr, correlation: &Correlation) -> Result<Select, Diagnostic> {
        let place = correlation.place;
        let mut columns = vec![Sql::Number(position), Sql::Given(self.windows.event.clone())];
        columns.push(Sql::Given(self.emitter.value(Key::AsTime, self.timestamp, place)?));
        for field in &slot.group {
            columns.push(Sql::Given(self.text(field, place)?));
        }
        match takes(&correlation.kind) {
            Takes::Nothing => {}
            Takes::Tuple => columns.push(self.tuple(&slot.values, place)?),
            Takes::Number => {
                let field = slot.values.first().ok_or_else(|| self.refused(place, "it names no field"))?;
                columns.push(Sql::Given(self.emitter.value(Key::AsNumber, field, place)?));
            }
        }
        let grouped = slot.group.iter().map(|field| Expr::test(Subject::field(field), Predicate::Exists, place));
        let legal = self.legal(&Expr::and(std::iter::once(expr.clone()).chain(grouped)))?;
        let timed = self.emitter.value(Key::IsTime, self.timestamp, place)?;
        let condition = self.emitter.condition(&legal, Stands::Beside)?;
        let mut select = Select::new(columns, self.table(place)?);
        select.filter = vec![Sql::Condition(timed), Sql::Condition(condition)];
        Ok(select)
    }

    /// The table of events.
    fn table(&self, place: Place) -> Result<From, Diagnostic> {
        let chooser = self.emitter.chooser;
        let name = chooser.storage.table.as_deref().ok_or_else(|| self.refused(place, "the storage names no table"))?;
        self.written(name, place).map(From::Table)
    }

    fn written(&self, name: &str, place: Place) -> Result<String, Diagnostic> {
        let written = form::name(&self.emitter.chooser.stage.field, name);
        written.map(|(text, _)| text).ok_or_else(|| refuse::unnamed(&self.target.name, name, place))
    }

    /// A value as text, which Sigma compares by its canonical text.
    fn text(&mut self, field: &str, place: Place) -> Result<String, Diagnostic> {
        let text = self.emitter.value(Key::AsText, field, place)?;
        if let Some(own) = self.emitter.chooser.field(field) {
            let because = format!("values of `{}` are compared as texts", own.spelled);
            let assumption = Assumption::on_field(Name::CanonicalNumbers, &own.key, because);
            if self.emitter.chooser.denied.contains(&assumption.name) {
                return Err(refuse::denied_correlation(&self.target.name, place, &assumption));
            }
            self.emitter.assumptions.push(assumption);
        }
        Ok(text)
    }

    /// The values of these fields as one; nothing where one of them is absent. Hexadecimal digits hold no separator.
    fn tuple(&mut self, fields: &[String], place: Place) -> Result<Sql, Diagnostic> {
        let texts: Vec<Sql> = fields.iter().map(|field| self.text(field, place).map(Sql::Given)).collect::<Result<_, _>>()?;
        Ok(joined(texts))
    }

    /// The alerts of another correlation, as hits; none where they lack a field of the group.
    fn alerts(&self, position: i64, slot: &Slot, other: &Correlation, correlation: &Correlation) -> Result<Option<Select>, Diagnostic> {
        let field = |name: &String| {
            let own = other.group_by.iter().position(|own| own == name);
            own.map(|position| Sql::Name(format!("group_{}", position + 1)))
        };
        let Some(group) = slot.group.iter().map(field).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let count = || Sql::Call("ROW_NUMBER", Vec::new()).over("alone");
        let event = Sql::Text(format!("alert {position} ")).pair(Operator::JOIN, count());
        let mut columns = vec![Sql::Number(position), event, Sql::name("time")];
        columns.extend(group);
        match takes(&correlation.kind) {
            Takes::Nothing => {}
            Takes::Tuple => {
                columns.push(slot.values.iter().map(field).collect::<Option<Vec<_>>>().map_or_else(|| Sql::name("NULL"), joined))
            }
            Takes::Number => return Err(self.refused(correlation.place, "numbers of alerts are not written yet")),
        }
        let mut select = Select::new(columns, From::Table(self.names(slot.node).table("alerts")));
        let order = std::iter::once("time".to_owned()).chain(windows::group(other.group_by.len()));
        select.windows = vec![Window { name: "alone", group: Vec::new(), order: order.map(Sql::Name).collect(), frame: Frame::Whole }];
        Ok(Some(select))
    }

    /// What the statement gives.
    fn last(&self, program: &Program) -> Result<Select, Diagnostic> {
        let number = program.nodes.len().saturating_sub(1);
        let Some(Node::Correlation(correlation)) = program.nodes.last() else {
            return Err(self.refused(Place::NOWHERE, "the program has no correlation"));
        };
        let alerts = self.names(number).table("alerts");
        let shown = self.windows.shown.with("time", "time");
        let shown = shown.map_err(|why| self.refused(correlation.place, &why))?;
        let group = windows::group(correlation.group_by.len());
        let mut columns = Vec::new();
        for (name, column) in correlation.group_by.iter().zip(&group) {
            columns.push((Sql::name(column), Some(self.written(name, correlation.place)?)));
        }
        columns.push((Sql::Given(shown), Some("alert_time".to_owned())));
        // A name in ORDER BY is first that of what is given, and a group may have a field of the name `time`.
        let order = std::iter::once("time".to_owned()).chain(group).map(|name| Sql::Name(format!("{alerts}.{name}")));
        let mut select = Select::new([], From::Table(alerts.clone()));
        select.columns = columns;
        select.order = order.collect();
        Ok(select)
    }
}

/// What the names of our tables start with.
const OURS: [&str; 7] = ["hits", "occurred", "anchors", "ranked", "step_", "counted", "alerts"];

/// What a correlation takes of each occurrence, besides its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Tuple,
    Number,
}

impl Takes {
    fn is_nothing(self) -> bool {
        self == Self::Nothing
    }
}

fn takes(kind: &Kind) -> Takes {
    match kind {
        Kind::Events | Kind::Slots | Kind::OrderedSlots => Takes::Nothing,
        Kind::Values => Takes::Tuple,
        Kind::Sum | Kind::Average | Kind::Percentile(_) => Takes::Number,
    }
}

/// Several texts as one that tells them apart; nothing where one of them is nothing.
fn joined(mut texts: Vec<Sql>) -> Sql {
    match (texts.len(), texts.pop()) {
        (1, Some(only)) => return only,
        (_, last) => texts.extend(last),
    }
    let there = texts.iter().map(|text| Sql::NotNull(Box::new(text.clone()))).collect();
    let hex = texts.into_iter().map(|text| Sql::Call("hex", vec![text]));
    let parts = hex.flat_map(|hex| [Sql::Text("-".to_owned()), hex]).skip(1);
    Sql::Case(vec![(Sql::Chain(Operator::AND, there), Sql::Chain(Operator::JOIN, parts.collect()))])
}
