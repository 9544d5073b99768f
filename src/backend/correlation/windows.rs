//! From the occurrences of a correlation to its alerts: the tables between `hits` and `alerts`.
//!
//! `hits` has a row for each occurrence that belongs to a group: its slot (from 1), what tells its event apart, its time
//! in milliseconds, the group, and a value where one is counted. A window holds the rows of a group from the span before
//! a row to its time, both included; rows of the same time see the same window, so alerts are the distinct times and
//! groups of the rows of which the condition holds. Deliberately absent: where the rows of `hits` come from.

use super::ast::{Frame, From, Operator, Rows, Select, Sql, Table, Window};
use super::bounds;
use crate::ir::Decimal;
use crate::ir::correlation::{Correlation, Firing, Kind, Operator as Compares, Presence, Threshold};

/// How tables of a correlation are named.
pub(super) struct Names {
    /// What follows the name of each of its tables.
    pub(super) suffix: String,
}

impl Names {
    pub(super) fn table(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }
}

/// What leads from the hits to the alerts, in order; the last table is that of the alerts: `time` and the group.
///
/// # Errors
/// What cannot be said, in words.
pub(super) fn tables(correlation: &Correlation, names: &Names) -> Result<Vec<Table>, String> {
    let plan = Plan { correlation, names, group: group(correlation.group_by.len()) };
    let (mut tables, condition) = match &correlation.firing {
        Firing::Thresholds(thresholds) => plan.counted(thresholds)?,
        Firing::Presence(presence) => plan.present(presence)?,
    };
    let source = tables.last().map_or_else(|| names.table("hits"), |table| table.name.clone());
    let mut alerts = Select::new(plan.anchor(), From::Table(source));
    alerts.rows = Rows::Distinct;
    alerts.filter = condition;
    tables.push(plan.table("alerts", &[], vec![alerts]));
    Ok(tables)
}

/// The columns of a group.
pub(super) fn group(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("group_{number}")).collect()
}

/// Tables, and what must hold of a row of the last one.
type Counted = (Vec<Table>, Vec<Sql>);

struct Plan<'c> {
    correlation: &'c Correlation,
    names: &'c Names,
    group: Vec<String>,
}

impl Plan<'_> {
    fn columns(&self) -> Vec<Sql> {
        self.group.iter().map(|name| Sql::name(name)).collect()
    }

    /// Time and group.
    fn anchor(&self) -> Vec<Sql> {
        std::iter::once(Sql::name("time")).chain(self.columns()).collect()
    }

    /// A table with time, group and these columns.
    fn table(&self, name: &str, more: &[&str], selects: Vec<Select>) -> Table {
        let more = more.iter().map(|name| (*name).to_owned());
        let columns = std::iter::once("time".to_owned()).chain(self.group.iter().cloned()).chain(more);
        Table { name: self.names.table(name), columns: columns.collect(), selects }
    }

    fn hits(&self) -> From {
        From::Table(self.names.table("hits"))
    }

    fn window(&self, name: &'static str, frame: Frame) -> Window {
        Window { name, group: self.columns(), order: vec![Sql::name("time")], frame }
    }

    fn recent(&self) -> Window {
        self.window("recent", Frame::Back(self.correlation.window))
    }

    fn counted(&self, thresholds: &[Threshold]) -> Result<Counted, String> {
        match &self.correlation.kind {
            Kind::Events => {
                let events = self.events();
                let source = events.as_ref().map_or_else(|| self.hits(), |table| From::Table(table.name.clone()));
                self.summed(events, source, &|_| Sql::Call("COUNT", vec![Sql::name("*")]), thresholds)
            }
            Kind::Values => self.values(thresholds),
            Kind::Sum => self.summed(None, self.hits(), &|scale| Sql::Call("SUM", vec![times(Sql::name("value"), scale)]), thresholds),
            Kind::Average => self.average(thresholds),
            Kind::Percentile(rank) => self.percentile(rank, thresholds),
            Kind::Slots => {
                let slots = (1..=self.correlation.slots.len()).map(|slot| occurs(slot).over("recent"));
                let mut select = Select::new(self.anchor(), self.hits());
                select.columns.push((Sql::Chain(Operator::ADD, slots.collect()), None));
                select.windows = vec![self.recent()];
                Ok((vec![self.table("counted", &["counted"], vec![select])], self.bounded(thresholds, 1)?))
            }
            Kind::OrderedSlots => {
                let needed = at_least(thresholds).ok_or("a bound on ordered rules other than `gte` and `gt` is not written yet")?;
                let slots: Vec<usize> = (1..=self.correlation.slots.len()).collect();
                self.ordered(&slots, needed)
            }
        }
    }

    /// Each event once, where it may match several rules.
    fn events(&self) -> Option<Table> {
        (self.correlation.slots.len() > 1).then(|| {
            let mut select = Select::new(self.anchor().into_iter().chain([Sql::name("event")]), self.hits());
            select.rows = Rows::Distinct;
            self.table("occurred", &["event"], vec![select])
        })
    }

    /// What a function makes of the rows of a window; its argument, a power of ten, is that of the bounds.
    fn summed(
        &self,
        before: Option<Table>,
        source: From,
        function: &dyn Fn(i64) -> Sql,
        thresholds: &[Threshold],
    ) -> Result<Counted, String> {
        let scale = bounds::scale(thresholds).ok_or(BOUND)?;
        let counts = matches!(self.correlation.kind, Kind::Events);
        let mut select = Select::new(self.anchor(), source);
        let counted = function(scale).over("recent");
        select.columns.push((if counts { times(counted, scale) } else { counted }, None));
        select.windows = vec![self.recent()];
        let counted = self.table("counted", &["counted"], vec![select]);
        Ok((before.into_iter().chain([counted]).collect(), self.bounded(thresholds, scale)?))
    }

    /// The mean is above a bound exactly where the values are above it in sum.
    fn average(&self, thresholds: &[Threshold]) -> Result<Counted, String> {
        let scale = bounds::scale(thresholds).ok_or(BOUND)?;
        let mut select = Select::new(self.anchor(), self.hits());
        let (mut names, mut conditions) = (Vec::new(), Vec::new());
        for (number, threshold) in (1..).zip(thresholds) {
            let bound = bounds::scaled(&threshold.number, scale, 1).ok_or(BOUND)?;
            let name = format!("excess_{number}");
            let excess = times(Sql::name("value"), scale).pair(Operator::SUBTRACT, Sql::Number(bound));
            select.columns.push((Sql::Call("SUM", vec![excess]).over("recent"), None));
            conditions.push(Sql::name(&name).pair(operator(threshold.operator), Sql::Number(0)));
            names.push(name);
        }
        select.windows = vec![self.recent()];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok((vec![self.table("counted", &names, vec![select])], conditions))
    }

    /// Every time at which something occurs in a group, once.
    fn anchors(&self) -> Table {
        let mut select = Select::new(self.anchor(), self.hits());
        select.rows = Rows::Distinct;
        self.table("anchors", &[], vec![select])
    }

    /// The hits in the window of each anchor.
    fn windows(&self) -> From {
        let same = self.group.iter().map(|name| Sql::Of("b", name.clone()).pair(Operator::EQ, Sql::Of("a", name.clone())));
        let time = |table| Sql::Of(table, "time".to_owned());
        let start = time("a").pair(Operator::SUBTRACT, Sql::Number(self.correlation.window));
        let within = [time("b").pair(Operator::GE, start), time("b").pair(Operator::LE, time("a"))];
        let on = Sql::Chain(Operator::AND, same.chain(within).collect());
        From::Join(self.names.table("anchors"), self.names.table("hits"), on)
    }

    /// Time and group of the anchor.
    fn of_anchor(&self) -> Vec<Sql> {
        std::iter::once("time").chain(self.group.iter().map(String::as_str)).map(|name| Sql::Of("a", name.to_owned())).collect()
    }

    fn values(&self, thresholds: &[Threshold]) -> Result<Counted, String> {
        let scale = bounds::scale(thresholds).ok_or(BOUND)?;
        let mut select = Select::new(self.of_anchor(), self.windows());
        let counted = Sql::CountDistinct(Box::new(Sql::Of("b", "value".to_owned())));
        select.columns.push((times(counted, scale), None));
        select.group = self.of_anchor();
        let counted = self.table("counted", &["counted"], vec![select]);
        Ok((vec![self.anchors(), counted], self.bounded(thresholds, scale)?))
    }

    /// The values of each window in order; then the one or two between which the percentile is, with their shares.
    fn percentile(&self, rank: &Decimal, thresholds: &[Threshold]) -> Result<Counted, String> {
        let scale = bounds::scale(thresholds).ok_or(BOUND)?;
        let (above, below) = bounds::rank(rank).ok_or("a rank that is no percentage with at most four digits after the point")?;
        let factor = scale.checked_mul(below).filter(|factor| *factor <= 1_000_000).ok_or(BOUND)?;
        let value = || Sql::Of("b", "value".to_owned());
        let mut select = Select::new(self.of_anchor().into_iter().chain([value()]), self.windows());
        select.columns.push((Sql::Call("ROW_NUMBER", Vec::new()).over("ascending"), None));
        select.columns.push((Sql::Call("COUNT", vec![Sql::name("*")]).over("everything"), None));
        select.filter = vec![Sql::NotNull(Box::new(value()))];
        let window = |name, order, frame| Window { name, group: self.of_anchor(), order, frame };
        // Equal values are told apart, so that no engine may number them as it likes.
        let ascending = [value()].into_iter().chain(["event", "slot"].map(|name| Sql::Of("b", name.to_owned()))).collect();
        select.windows = vec![window("ascending", ascending, Frame::Whole), window("everything", Vec::new(), Frame::Whole)];
        let ranked = self.table("ranked", &["value", "position", "total"], vec![select]);
        let mut select = Select::new(self.anchor(), From::Table(ranked.name.clone()));
        select.columns.push((interpolated(above, below, scale), None));
        select.group = self.anchor();
        let counted = self.table("counted", &["counted"], vec![select]);
        Ok((vec![self.anchors(), ranked, counted], self.bounded_by(thresholds, scale, factor.checked_div(scale).unwrap_or(1))?))
    }

    fn bounded(&self, thresholds: &[Threshold], scale: i64) -> Result<Vec<Sql>, String> {
        self.bounded_by(thresholds, scale, 1)
    }

    fn bounded_by(&self, thresholds: &[Threshold], scale: i64, factor: i64) -> Result<Vec<Sql>, String> {
        let bound = |threshold: &Threshold| {
            let bound = bounds::scaled(&threshold.number, scale, factor).ok_or(BOUND)?;
            Ok(Sql::name("counted").pair(operator(threshold.operator), Sql::Number(bound)))
        };
        thresholds.iter().map(bound).collect()
    }

    fn present(&self, presence: &Presence) -> Result<Counted, String> {
        match self.correlation.kind {
            Kind::OrderedSlots => {
                let slots = conjunction(presence).ok_or("of ordered rules only those that all occur can be said")?;
                self.ordered(&slots, slots.len())
            }
            Kind::Slots | Kind::Events | Kind::Values | Kind::Sum | Kind::Average | Kind::Percentile(_) => {
                let names: Vec<String> = (1..=self.correlation.slots.len()).map(present_name).collect();
                let mut select = Select::new(self.anchor(), self.hits());
                select.columns.extend((1..=names.len()).map(|slot| (occurs(slot).over("recent"), None)));
                select.windows = vec![self.recent()];
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                Ok((vec![self.table("counted", &names, vec![select])], vec![condition(presence)?]))
            }
        }
    }

    /// Chains of occurrences of different slots, in their order and at strictly increasing times. A step gives each row
    /// the latest time at which a chain of so many occurrences that ends with the row can start.
    fn ordered(&self, slots: &[usize], needed: usize) -> Result<Counted, String> {
        if needed == 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut tables: Vec<Table> = Vec::new();
        for length in 1..=needed {
            let source = tables.last().map_or_else(|| self.hits(), |table| From::Table(table.name.clone()));
            let mut select = Select::new(self.anchor(), source);
            select.columns.push((Sql::name("slot"), None));
            let ends: Vec<&usize> = slots.iter().skip(length - 1).take((slots.len() + 1).saturating_sub(needed)).collect();
            let start = |slot: &&usize| {
                let start = match length {
                    1 => Sql::name("time"),
                    _ => latest(slots.iter().take_while(|before| before < slot)).over("earlier"),
                };
                (slot_is(**slot), start)
            };
            if ends.is_empty() {
                return Ok((Vec::new(), vec![Sql::Number(0).pair(Operator::EQ, Sql::Number(1))]));
            }
            select.columns.push((Sql::Case(ends.iter().map(start).collect()), None));
            if length > 1 {
                select.windows = vec![self.window("earlier", Frame::Before)];
            }
            tables.push(self.table(&format!("step_{length}"), &["slot", "start"], vec![select]));
        }
        let last = tables.last().map_or_else(|| self.hits(), |table| From::Table(table.name.clone()));
        let mut select = Select::new(self.anchor(), last);
        select.columns.push((Sql::Call("MAX", vec![Sql::name("start")]).over("so_far"), None));
        select.windows = vec![self.window("so_far", Frame::SoFar)];
        tables.push(self.table("counted", &["start"], vec![select]));
        let earliest = Sql::name("time").pair(Operator::SUBTRACT, Sql::Number(self.correlation.window));
        Ok((tables, vec![Sql::name("start").pair(Operator::GE, earliest)]))
    }
}

/// Why a bound cannot be said.
const BOUND: &str = "a bound with more than four digits after the point, or one that is too large";

fn times(sql: Sql, factor: i64) -> Sql {
    if factor == 1 { sql } else { sql.pair(Operator::MULTIPLY, Sql::Number(factor)) }
}

fn operator(operator: Compares) -> Operator {
    match operator {
        Compares::Lt => Operator::LT,
        Compares::Lte => Operator::LE,
        Compares::Gt => Operator::GT,
        Compares::Gte => Operator::GE,
        Compares::Eq => Operator::EQ,
        Compares::Neq => Operator::NE,
    }
}

fn slot_is(slot: usize) -> Sql {
    Sql::name("slot").pair(Operator::EQ, number(slot))
}

fn number(number: usize) -> Sql {
    Sql::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// 1 where a row of the slot is there, else 0.
fn occurs(slot: usize) -> Sql {
    Sql::Call("MAX", vec![slot_is(slot)])
}

/// The latest start of the rows of these slots.
fn latest<'s>(slots: impl Iterator<Item = &'s usize>) -> Sql {
    let any = Sql::Chain(Operator::OR, slots.map(|slot| slot_is(*slot)).collect());
    Sql::Call("MAX", vec![Sql::Case(vec![(any, Sql::name("start"))])])
}

fn present_name(slot: usize) -> String {
    format!("present_{slot}")
}

fn condition(presence: &Presence) -> Result<Sql, String> {
    let all = |parts: &[Presence]| parts.iter().map(condition).collect::<Result<Vec<_>, _>>();
    match presence {
        Presence::Slot(slot) => Ok(Sql::Name(present_name(slot + 1))),
        Presence::And(parts) => Ok(Sql::Chain(Operator::AND, all(parts)?)),
        Presence::Or(parts) => Ok(Sql::Chain(Operator::OR, all(parts)?)),
        Presence::Not(_) => Err("the absence of a rule is not written yet".to_owned()),
    }
}

/// The slots, from 1 and in order, that all have to occur; `None` where it is not only that.
fn conjunction(presence: &Presence) -> Option<Vec<usize>> {
    match presence {
        Presence::Slot(slot) => Some(vec![slot + 1]),
        Presence::And(parts) => {
            let mut slots: Vec<usize> = parts.iter().map(conjunction).collect::<Option<Vec<_>>>()?.concat();
            slots.sort_unstable();
            slots.dedup();
            Some(slots)
        }
        Presence::Or(_) | Presence::Not(_) => None,
    }
}

/// The number that is at least needed, where the bounds say nothing else. Beyond what can be counted, any number that
/// is as far beyond will do.
fn at_least(thresholds: &[Threshold]) -> Option<usize> {
    let bound = |threshold: &Threshold| {
        let wanted = |count: &usize| {
            threshold
                .operator
                .accepts(i64::try_from(*count).map_or(std::cmp::Ordering::Greater, |count| Decimal::from(count).cmp(&threshold.number)))
        };
        match threshold.operator {
            Compares::Gte | Compares::Gt => Some((0..=MOST).find(wanted).unwrap_or(MOST + 1)),
            Compares::Lt | Compares::Lte | Compares::Eq | Compares::Neq => None,
        }
    };
    thresholds.iter().map(bound).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// More rules than any correlation has.
const MOST: usize = 10_000;

/// `scale × below` times the percentile of the rank `above / below`: with (total − 1) × above = q × below + r, it lies
/// between the values at q and q + 1, counted from 0, r of `below` parts of the way.
fn interpolated(above: i64, below: i64, scale: i64) -> Sql {
    let last = || times(Sql::name("total").pair(Operator::SUBTRACT, Sql::Number(1)), above);
    let at = |offset: i64| {
        let quotient = if below == 1 { last() } else { last().pair(Operator::DIVIDE, Sql::Number(below)) };
        Sql::name("position").pair(Operator::EQ, quotient.pair(Operator::ADD, Sql::Number(offset)))
    };
    let value = |share: Sql| times(Sql::name("value").pair(Operator::MULTIPLY, share), scale);
    let rest = || last().pair(Operator::REMAINDER, Sql::Number(below));
    let branches = match below {
        1 => vec![(at(1), times(Sql::name("value"), scale))],
        _ => vec![(at(1), value(Sql::Number(below).pair(Operator::SUBTRACT, rest()))), (at(2), value(rest()))],
    };
    Sql::Call("SUM", vec![Sql::Case(branches)])
}
