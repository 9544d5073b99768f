//! Window functions: partitions, orders, peers.
//!
//! Source: SQLite, "Window Functions" §2. Rows that the order leaves tied may stand in any order: what depends
//! on it is [`Open`]. Deliberately absent: which rows a frame holds (`frame`).

use super::Open;
use super::ast::{Bound, Exclude, Unit};
use super::eval::Env;
use super::frame::{excluded, frame};
use super::group::order;
use super::plan::{Aggregate, AggregateKind, Ex, SortKey, WindowCall, WindowKind};
use super::run::{Runner, ordered};
use super::sums;
use super::value::{Value, truncated};
use std::ops::Range;

/// A row in its partition: where it stands among all, its keys.
pub(super) struct Place {
    at: usize,
    partition: Vec<Value>,
    pub(super) keys: Vec<Value>,
    /// Which group of peers it belongs to.
    pub(super) peers: usize,
}

/// A partition: its rows in order, and where each group of peers stands among them.
pub(super) struct Part<'m> {
    pub(super) members: &'m [Place],
    groups: Vec<Range<usize>>,
}

/// An end of a frame whose row is asked for.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

fn integer(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn tied() -> Open {
    Open("a window function that depends on the order of rows which its order leaves tied".to_owned())
}

impl Part<'_> {
    /// For each group of peers, whether all have the same of these values.
    fn alike<T: PartialEq>(&self, values: &[T]) -> Vec<bool> {
        let same = |group: &Range<usize>| values.get(group.clone()).is_some_and(|own| own.windows(2).all(|two| two.first() == two.last()));
        self.groups.iter().map(same).collect()
    }

    /// That a row's peers are alike.
    fn settled(&self, alike: &[bool], number: usize) -> Result<(), Open> {
        let group = self.members.get(number).and_then(|place| alike.get(place.peers));
        if group == Some(&false) { Err(tied()) } else { Ok(()) }
    }

    /// Whether a range of rows holds some but not all peers of a row at its end.
    fn is_cut(&self, number: usize, range: &Range<usize>) -> bool {
        let group = self.members.get(number).and_then(|place| self.groups.get(place.peers));
        group.is_some_and(|group| group.start < range.start || group.end > range.end)
    }
}

impl Runner<'_> {
    /// The value of a window function for each row.
    pub(super) fn window(&self, call: &WindowCall, envs: &[Env<'_>]) -> Result<Vec<Value>, Open> {
        let mut places = Vec::new();
        for (at, env) in envs.iter().enumerate() {
            let partition = call.partition.iter().map(|key| self.value(&key.0, env)).collect::<Result<Vec<_>, _>>()?;
            let mut keys = Vec::new();
            for sort in &call.order {
                if let SortKey::Row(ex) = &sort.key {
                    keys.push(self.value(ex, env)?);
                }
            }
            places.push(Place { at, partition, keys, peers: 0 });
        }
        let cases = || call.partition.iter().map(|key| key.1);
        places.sort_by(|a, b| order(&a.partition, &b.partition, cases()).then_with(|| ordered(&a.keys, &b.keys, &call.order)));
        let mut values = vec![Value::Null; envs.len()];
        for members in places.chunk_by_mut(|a, b| order(&a.partition, &b.partition, cases()).is_eq()) {
            let mut groups: Vec<Range<usize>> = Vec::new();
            for (peers, own) in members.chunk_by_mut(|a, b| ordered(&a.keys, &b.keys, &call.order).is_eq()).enumerate() {
                let start = groups.last().map_or(0, |group| group.end);
                groups.push(start..start + own.len());
                for member in own {
                    member.peers = peers;
                }
            }
            let part = Part { members, groups };
            for (member, value) in part.members.iter().zip(self.part(call, &part, envs)?) {
                if let Some(place) = values.get_mut(member.at) {
                    *place = value;
                }
            }
        }
        Ok(values)
    }

    /// The values in a partition.
    fn part(&self, call: &WindowCall, part: &Part<'_>, envs: &[Env<'_>]) -> Result<Vec<Value>, Open> {
        let rows: Vec<Env<'_>> = part.members.iter().map(|place| envs.get(place.at).copied().unwrap_or_default()).collect();
        let peers = |place: &Place| part.groups.get(place.peers).map_or(0, |group| group.start);
        let in_rows = call.frame.unit == Unit::Rows;
        let (values, by_position) = match &call.kind {
            WindowKind::RowNumber => ((1..=rows.len()).map(integer).collect(), true),
            WindowKind::Rank => (part.members.iter().map(|place| integer(peers(place) + 1)).collect(), false),
            WindowKind::DenseRank => (part.members.iter().map(|place| integer(place.peers + 1)).collect(), false),
            WindowKind::Lag(arguments) => (self.shifted(arguments, part, &rows, -1)?, true),
            WindowKind::Lead(arguments) => (self.shifted(arguments, part, &rows, 1)?, true),
            WindowKind::Aggregate(aggregate) => (self.aggregated(call, part, aggregate, &rows)?, in_rows),
            WindowKind::First(ex) => (self.picked(call, part, (ex, End::First), &rows)?, in_rows),
            WindowKind::Last(ex) => (self.picked(call, part, (ex, End::Last), &rows)?, in_rows),
        };
        // What a position has is its row's only where all peers have it.
        if by_position && part.alike(&values).contains(&false) {
            return Err(tied());
        }
        Ok(values)
    }

    /// `lag` and `lead`
    fn shifted(&self, arguments: &[Ex], part: &Part<'_>, rows: &[Env<'_>], sign: i64) -> Result<Vec<Value>, Open> {
        let [value, others @ ..] = arguments else { return Ok(vec![Value::Null; rows.len()]) };
        let values = rows.iter().map(|env| self.value(value, env)).collect::<Result<Vec<_>, _>>()?;
        let others = rows.iter().map(|env| self.values(others, env)).collect::<Result<Vec<_>, _>>()?;
        if part.alike(&others).contains(&false) {
            return Err(tied());
        }
        let alike = part.alike(&values);
        let mut result = Vec::new();
        for (number, own) in others.iter().enumerate() {
            let offset = own.first().map_or(Some(1), |offset| offset.number().map(truncated)).and_then(|offset| offset.checked_mul(sign));
            let target = offset.and_then(|offset| i64::try_from(number).ok()?.checked_add(offset)).and_then(|at| usize::try_from(at).ok());
            result.push(match target.and_then(|at| Some((at, values.get(at)?))) {
                Some((at, value)) => {
                    part.settled(&alike, at)?;
                    value.clone()
                }
                None => own.get(1).cloned().unwrap_or(Value::Null),
            });
        }
        Ok(result)
    }

    /// `first_value` and `last_value`
    fn picked(&self, call: &WindowCall, part: &Part<'_>, (ex, end): (&Ex, End), rows: &[Env<'_>]) -> Result<Vec<Value>, Open> {
        let values = rows.iter().map(|env| self.value(ex, env)).collect::<Result<Vec<_>, _>>()?;
        let alike = part.alike(&values);
        let mut result = Vec::new();
        for number in 0..rows.len() {
            let mut frame = frame(call, part, number)?;
            self.charge(frame.len())?;
            let kept = |at: &usize| !excluded(call, part, *at, number);
            let at = match end {
                End::First => frame.find(kept),
                End::Last => frame.rfind(kept),
            };
            if let Some(at) = at {
                part.settled(&alike, at)?;
            }
            if call.frame.exclude != Exclude::Nothing && call.frame.unit == Unit::Rows {
                part.settled(&alike, number)?;
            }
            result.push(at.and_then(|at| values.get(at)).cloned().unwrap_or(Value::Null));
        }
        Ok(result)
    }

    fn aggregated(&self, call: &WindowCall, part: &Part<'_>, aggregate: &Aggregate, rows: &[Env<'_>]) -> Result<Vec<Value>, Open> {
        let arguments = rows.iter().map(|env| self.arguments(aggregate, env)).collect::<Result<Vec<_>, _>>()?;
        let alike = part.alike(&arguments);
        if aggregate.kind == AggregateKind::Concatenation && alike.contains(&false) {
            return Err(tied());
        }
        moving_sum(call, aggregate, &arguments)?;
        let plain = call.frame.exclude == Exclude::Nothing;
        let mut result: Vec<Value> = Vec::new();
        let mut before = None;
        for number in 0..rows.len() {
            let frame = frame(call, part, number)?;
            if call.frame.unit == Unit::Rows {
                let ends = [frame.start, frame.end.saturating_sub(1)];
                if let Some(cut) =
                    ends.into_iter().find(|at| frame.contains(at) && part.is_cut(*at, &frame) && part.settled(&alike, *at).is_err())
                {
                    part.settled(&alike, cut)?;
                }
                if !plain {
                    part.settled(&alike, number)?;
                }
            }
            if let (true, Some(value)) = (plain && before.as_ref() == Some(&frame), result.last()) {
                let value = value.clone();
                result.push(value);
                continue;
            }
            self.charge(frame.len())?;
            let seen = frame.clone().filter(|at| !excluded(call, part, *at, number));
            let values = seen.filter_map(|at| arguments.get(at)?.as_deref()).collect();
            result.push(self.combined(aggregate, values)?);
            before = Some(frame);
        }
        Ok(result)
    }
}

/// That a sum does not depend on rows that were in a frame before: the engine takes them out again, whatever
/// was rounded by them, and a sum that became a double stays one.
fn moving_sum(call: &WindowCall, aggregate: &Aggregate, arguments: &[Option<Vec<Value>>]) -> Result<(), Open> {
    let firsts = arguments.iter().flatten().filter_map(|values| values.first());
    match aggregate.kind {
        AggregateKind::Sum => sums::sum(firsts.clone()).map(|_| ())?,
        AggregateKind::Total | AggregateKind::Average => sums::total(firsts.clone()).map(|_| ())?,
        AggregateKind::Count | AggregateKind::Least | AggregateKind::Greatest | AggregateKind::Concatenation => return Ok(()),
    }
    let integers = firsts.clone().filter(|value| sums::integer(value).is_some()).count();
    let mixed = integers > 0 && integers < firsts.count();
    let grows = call.frame.start == Bound::First && call.frame.exclude == Exclude::Nothing;
    if aggregate.kind == AggregateKind::Sum && mixed && !grows {
        return Err(Open("a moving sum of integers and doubles".to_owned()));
    }
    Ok(())
}
