//! Correlations as window queries: what they look like, and what the real SQLite answers about small tables of events.
//! The alerts that are expected are written by hand, from the definition: for every time t at which something occurs in
//! a group, the window is [t − span, t].

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use verisigma::backend::{Settings, WrittenCorrelation, builtin};
use verisigma::diag::Diagnostic;
use verisigma::ir::correlation::{Correlation, Firing, Kind, Node, Operator, Presence, Program, Slot, Threshold};
use verisigma::ir::{Case, Decimal, Expr, Pattern, Predicate, Subject};
use verisigma::source::Place;
use verisigma::storage::{Affinity, Column, ColumnType, Columns, Name, Names, Storage};

/// The rule that matches events of this kind.
fn rule(kind: &str) -> Node {
    Node::Base(Expr::test(Subject::field("E"), Predicate::like(Pattern::exact(kind), Case::Fold), Place::NOWHERE))
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn bounds(list: &[(Operator, &str)]) -> Firing {
    Firing::Thresholds(list.iter().map(|(operator, text)| Threshold { operator: *operator, number: number(text) }).collect())
}

/// Rules of these kinds, and a correlation of them all by the field U within a minute, with these counted fields.
fn program(rules: &[&str], kind: Kind, values: &[&str], firing: Firing) -> Program {
    let slot = |node| Slot { node, group: vec!["U".to_owned()], values: values.iter().map(|name| (*name).to_owned()).collect() };
    let correlation = Correlation {
        place: Place::NOWHERE,
        kind,
        slots: (0..rules.len()).map(slot).collect(),
        group_by: vec!["U".to_owned()],
        window: 60_000,
        firing,
    };
    Program { nodes: rules.iter().map(|kind| rule(kind)).chain([Node::Correlation(Box::new(correlation))]).collect() }
}

fn correlation(program: &mut Program) -> &mut Correlation {
    match program.nodes.last_mut() {
        Some(Node::Correlation(correlation)) => correlation,
        _ => panic!("no correlation"),
    }
}

fn write_with(program: &Program, schema: Option<&Storage>, settings: &Settings) -> Result<WrittenCorrelation, Diagnostic> {
    let target = builtin("sqlite").unwrap().unwrap();
    let storage = target.storage(schema, settings).unwrap();
    target.write_correlation(program, &storage, settings)
}

fn write(program: &Program) -> WrittenCorrelation {
    write_with(program, None, &Settings::default()).unwrap_or_else(|refused| panic!("{refused:?}"))
}

/// An event: the time of 2024-01-01 after `00:`, its kind, its user, and a value; `-` for nothing.
type Row<'r> = (&'r str, &'r str, &'r str, &'r str);

fn table(columns: &str, rows: &[Row<'_>]) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&format!("CREATE TABLE events ({columns})")).unwrap();
    for (time, kind, user, value) in rows {
        let time = if time.starts_with(|c: char| c.is_ascii_digit()) { format!("2024-01-01T00:{time}") } else { (*time).to_owned() };
        let stored = [&*time, kind, user, value].map(|text| if text == "-" { Sql::Null } else { Sql::Text(text.to_owned()) });
        connection.execute("INSERT INTO events VALUES (?, ?, ?, ?)", params_from_iter(stored)).unwrap();
    }
    connection
}

/// The alerts, each as its group and the time after `2024-01-01T00:`.
fn answers(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{error}: {query}"));
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let texts = (0..columns).map(|column| row.get::<_, String>(column)).collect::<Result<Vec<_>, _>>()?;
        Ok(texts.join(" ").replace("2024-01-01T00:", ""))
    };
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {query}"))
}

fn alerts(program: &Program, rows: &[Row<'_>]) -> Vec<String> {
    answers(&table("timestamp TEXT, E TEXT, U TEXT, V TEXT", rows), &write(program).query)
}

#[test]
fn events_are_counted_once_in_closed_windows() {
    let three = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "3")]));
    let rows = [
        ("00:00Z", "a", "x", "-"),
        ("00:30.500Z", "a", "x", "-"),
        ("01:00Z", "a", "x", "-"),
        ("01:00Z", "a", "y", "-"),
        ("01:00.001Z", "a", "x", "-"),
        ("01:30+00:00", "b", "x", "-"),
        ("02:00.001", "a", "x", "-"),
        ("02:00.002", "a", "x", "-"),
    ];
    // At 02:00.001: 01:00.001 (exactly the span) and itself; at 02:00.002: 02:00.001 and itself.
    assert_eq!(alerts(&three, &rows), ["x 01:00.000Z", "x 01:00.001Z"]);
    let ties = [("00:10", "a", "x", "-"), ("00:10.000Z", "a", "x", "-"), ("00:10+00:00", "a", "x", "-"), ("00:11", "a", "x", "-")];
    assert_eq!(alerts(&three, &ties), ["x 00:10.000Z", "x 00:11.000Z"]);
}

#[test]
fn events_without_group_or_time_do_not_count() {
    let two = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "2")]));
    let rows = [
        ("00:00", "a", "-", "-"),
        ("00:01", "a", "-", "-"),
        ("no time", "a", "x", "-"),
        ("-", "a", "x", "-"),
        ("00:05", "a", "x", "-"),
        ("00:06", "a", "X", "-"),
        ("00:07", "a", "", "-"),
        ("00:08", "a", "", "-"),
    ];
    assert_eq!(alerts(&two, &rows), [" 00:08.000Z"]);
    let mut all = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "4")]));
    let global = correlation(&mut all);
    global.group_by.clear();
    global.slots.iter_mut().for_each(|slot| slot.group.clear());
    assert_eq!(alerts(&all, &rows), ["00:06.000Z", "00:07.000Z", "00:08.000Z"]);
}

#[test]
fn an_event_that_matches_two_rules_counts_once() {
    let any = Node::Base(Expr::test(Subject::field("E"), Predicate::Exists, Place::NOWHERE));
    let mut two = program(&["a", "b"], Kind::Events, &[], bounds(&[(Operator::Gte, "2")]));
    two.nodes[1] = any;
    assert_eq!(alerts(&two, &[("00:00", "a", "x", "-"), ("00:10", "b", "x", "-"), ("02:00", "a", "x", "-")]), ["x 00:10.000Z"]);
}

#[test]
fn several_bounds_all_hold() {
    let ranged = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "2"), (Operator::Lt, "3")]));
    let rows = [("00:00", "a", "x", "-"), ("00:10", "a", "x", "-"), ("00:20", "a", "x", "-"), ("01:30", "a", "x", "-")];
    assert_eq!(alerts(&ranged, &rows), ["x 00:10.000Z"]);
    let not_one = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Neq, "1")]));
    assert_eq!(alerts(&not_one, &rows), ["x 00:10.000Z", "x 00:20.000Z"]);
}

#[test]
fn values_are_told_apart_exactly() {
    let two = program(&["a"], Kind::Values, &["V"], bounds(&[(Operator::Gte, "2")]));
    let rows = [
        ("00:00", "a", "x", "p"),
        ("00:01", "a", "x", "p"),
        ("00:02", "a", "x", "-"),
        ("00:03", "a", "x", "P"),
        ("00:10", "a", "x", "-"),
        ("01:01", "a", "x", "P"),
        ("01:02", "a", "x", "P"),
    ];
    assert_eq!(alerts(&two, &rows), ["x 00:03.000Z", "x 00:10.000Z", "x 01:01.000Z"]);
    let none = program(&["a"], Kind::Values, &["V"], bounds(&[(Operator::Lt, "1")]));
    assert_eq!(alerts(&none, &[("00:00", "a", "x", "-"), ("02:00", "a", "x", "p")]), ["x 00:00.000Z"]);
    let pairs = program(&["a"], Kind::Values, &["V", "U"], bounds(&[(Operator::Gte, "2")]));
    assert_eq!(alerts(&pairs, &rows), ["x 00:03.000Z", "x 00:10.000Z", "x 01:01.000Z"]);
}

#[test]
fn numbers_are_computed_exactly() {
    let rows = [
        ("00:00", "a", "x", "nothing"),
        ("00:01", "a", "x", "10"),
        ("00:02", "a", "x", "-3"),
        ("00:03", "a", "x", "5"),
        ("00:04", "a", "x", "1x"),
        ("01:05", "a", "x", "-"),
    ];
    let of = |kind, list: &[(Operator, &str)]| alerts(&program(&["a"], kind, &["V"], bounds(list)), &rows);
    assert_eq!(of(Kind::Sum, &[(Operator::Gte, "10")]), ["x 00:01.000Z", "x 00:03.000Z", "x 00:04.000Z"]);
    assert_eq!(of(Kind::Sum, &[(Operator::Gt, "6.5"), (Operator::Lt, "7.25")]), ["x 00:02.000Z"]);
    // Windows without numbers (the first and the last) never fire.
    assert_eq!(of(Kind::Sum, &[(Operator::Neq, "10")]), ["x 00:02.000Z", "x 00:03.000Z", "x 00:04.000Z"]);
    // 10, 7/2, 12/3.
    assert_eq!(of(Kind::Average, &[(Operator::Lte, "3.5")]), ["x 00:02.000Z"]);
    assert_eq!(of(Kind::Average, &[(Operator::Gt, "3.5"), (Operator::Lt, "4.1")]), ["x 00:03.000Z", "x 00:04.000Z"]);
    // 10; 3.5; 5.
    assert_eq!(of(Kind::Percentile(number("50")), &[(Operator::Eq, "3.5")]), ["x 00:02.000Z"]);
    assert_eq!(of(Kind::Percentile(number("50")), &[(Operator::Eq, "5")]), ["x 00:03.000Z", "x 00:04.000Z"]);
    // 10; -3 + 13 × 0.9 = 8.7; between 5 and 10: 5 + 5 × 0.8 = 9.
    assert_eq!(of(Kind::Percentile(number("90")), &[(Operator::Eq, "8.7")]), ["x 00:02.000Z"]);
    assert_eq!(of(Kind::Percentile(number("90")), &[(Operator::Gte, "9")]), ["x 00:01.000Z", "x 00:03.000Z", "x 00:04.000Z"]);
    assert_eq!(of(Kind::Percentile(number("100")), &[(Operator::Lt, "10")]), [""; 0]);
    assert_eq!(of(Kind::Percentile(number("0")), &[(Operator::Eq, "-3")]), ["x 00:02.000Z", "x 00:03.000Z", "x 00:04.000Z"]);
}

#[test]
fn rules_that_occur_together() {
    let rows = [
        ("00:00", "a", "x", "-"),
        ("00:10", "b", "x", "-"),
        ("00:20", "c", "y", "-"),
        ("01:10", "c", "x", "-"),
        ("01:10.001", "c", "x", "-"),
        ("03:00", "b", "x", "-"),
        ("03:00", "a", "x", "-"),
    ];
    let all = program(&["a", "b"], Kind::Slots, &[], bounds(&[(Operator::Gte, "2")]));
    assert_eq!(alerts(&all, &rows), ["x 00:10.000Z", "x 03:00.000Z"]);
    let any_two = program(&["a", "b", "c"], Kind::Slots, &[], bounds(&[(Operator::Gte, "2")]));
    assert_eq!(alerts(&any_two, &rows), ["x 00:10.000Z", "x 01:10.000Z", "x 03:00.000Z"]);
    let a_or_c_and_b = Presence::And(vec![Presence::Slot(1), Presence::Or(vec![Presence::Slot(0), Presence::Slot(2)])]);
    let said = program(&["a", "b", "c"], Kind::Slots, &[], Firing::Presence(a_or_c_and_b));
    assert_eq!(alerts(&said, &rows), ["x 00:10.000Z", "x 01:10.000Z", "x 03:00.000Z"]);
}

#[test]
fn rules_that_follow_each_other() {
    let ordered = program(&["a", "b", "c"], Kind::OrderedSlots, &[], bounds(&[(Operator::Gte, "3")]));
    let in_order = [("00:00", "a", "x", "-"), ("00:10", "b", "x", "-"), ("01:00", "c", "x", "-"), ("01:00.001", "c", "x", "-")];
    assert_eq!(alerts(&ordered, &in_order), ["x 01:00.000Z"]);
    let tied = [("00:00", "a", "x", "-"), ("00:10", "b", "x", "-"), ("00:10", "c", "x", "-"), ("00:20", "a", "x", "-")];
    assert_eq!(alerts(&ordered, &tied), [""; 0]);
    // The latest a before the first b; an alert wherever something occurs while the window holds the chain.
    let again = [
        ("00:00", "a", "x", "-"),
        ("00:30", "a", "x", "-"),
        ("00:31", "b", "x", "-"),
        ("00:32", "a", "x", "-"),
        ("01:20", "c", "x", "-"),
        ("01:30", "b", "x", "-"),
        ("01:30.001", "b", "x", "-"),
    ];
    assert_eq!(alerts(&ordered, &again), ["x 01:20.000Z", "x 01:30.000Z"]);
    let two = program(&["a", "b", "c"], Kind::OrderedSlots, &[], bounds(&[(Operator::Gte, "2")]));
    assert_eq!(alerts(&two, &[("00:00", "c", "x", "-"), ("00:01", "a", "x", "-"), ("00:02", "c", "x", "-")]), ["x 00:02.000Z"]);
    assert_eq!(alerts(&two, &[("00:00", "c", "x", "-"), ("00:01", "b", "x", "-"), ("00:02", "a", "x", "-")]), [""; 0]);
    let never = program(&["a"], Kind::OrderedSlots, &[], bounds(&[(Operator::Gte, "2")]));
    assert_eq!(alerts(&never, &in_order), [""; 0]);
    let named = Presence::And(vec![Presence::Slot(2), Presence::Slot(0)]);
    let named = program(&["a", "b", "c"], Kind::OrderedSlots, &[], Firing::Presence(named));
    assert_eq!(alerts(&named, &tied), ["x 00:10.000Z", "x 00:20.000Z"]);
}

/// Twice a burst of two, within a minute.
fn chain() -> Program {
    let mut program = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "2")]));
    program.nodes.push(rule("b"));
    let slots = [1, 2].map(|node| Slot { node, group: vec!["U".to_owned()], values: Vec::new() });
    let firing = bounds(&[(Operator::Gte, "2")]);
    let group_by = vec!["U".to_owned()];
    program.nodes.push(Node::Correlation(Box::new(Correlation {
        place: Place::NOWHERE,
        kind: Kind::OrderedSlots,
        slots: slots.to_vec(),
        group_by,
        window: 10_000,
        firing,
    })));
    program
}

#[test]
fn alerts_are_occurrences_of_other_correlations() {
    let rows = [
        ("00:00", "a", "x", "-"),
        ("00:30", "b", "x", "-"),
        ("00:50", "a", "x", "-"),
        ("00:55", "b", "y", "-"),
        ("01:00", "b", "x", "-"),
        ("01:00.001", "b", "x", "-"),
    ];
    assert_eq!(alerts(&chain(), &rows), ["x 01:00.000Z"]);
    let mut counted = chain();
    let outer = correlation(&mut counted);
    (outer.kind, outer.window) = (Kind::Events, 60_000);
    assert_eq!(alerts(&counted, &rows), ["x 00:50.000Z", "x 01:00.000Z", "x 01:00.001Z"]);
}

#[test]
fn aliases_and_column_types() {
    let column = |name: &str, affinity, compares| Column::new(name, ColumnType::scalar(affinity, compares));
    let storage = Storage {
        table: Some("hits".to_owned()),
        names: Names::IgnoreCase,
        columns: Columns::listed(vec![
            column("timestamp", Affinity::Text, Case::Sensitive),
            column("E", Affinity::Text, Case::Ascii),
            column("U", Affinity::Text, Case::Ascii),
            column("V", Affinity::Integer, Case::Sensitive),
        ]),
        raw: None,
        networks: None,
    };
    let mut program = program(&["a", "b"], Kind::Slots, &[], bounds(&[(Operator::Gte, "2")]));
    let own = correlation(&mut program);
    own.group_by = vec!["time".to_owned()];
    own.slots[1].group = vec!["V".to_owned()];
    let written = write_with(&program, Some(&storage), &Settings::default()).unwrap();
    let rows = [("00:00", "A", "5", "-"), ("00:01", "b", "-", "5"), ("00:02", "b", "Q", "6"), ("00:03", "a", "q", "7")];
    let connection = table("timestamp TEXT, E TEXT COLLATE NOCASE, U TEXT COLLATE NOCASE, V INTEGER", &rows);
    connection.execute_batch("ALTER TABLE events RENAME TO hits").unwrap();
    assert_eq!(answers(&connection, &written.query), ["5 00:01.000Z"]);
    // Groups compare exactly whatever the column does.
    let own = correlation(&mut program);
    own.kind = Kind::Events;
    own.slots[1].group = vec!["U".to_owned()];
    let written = write_with(&program, Some(&storage), &Settings::default()).unwrap();
    assert_eq!(answers(&connection, &written.query), [""; 0]);
}

#[test]
fn times_are_exact_to_the_millisecond() {
    let one = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "2")]));
    let connection = table("timestamp TEXT, E TEXT, U TEXT, V TEXT", &[]);
    let mut expected = Vec::new();
    for (index, year) in [1, 1582, 1900, 1969, 1970, 1999, 2000, 2024, 2038, 9999].into_iter().enumerate() {
        for millisecond in [0, 1, 7, 123, 499, 500, 999] {
            let time = format!("{year:04}-02-28T23:59:{:02}.{millisecond:03}Z", 50 + index % 10);
            let (one, other) = (Sql::Text(time.clone()), Sql::Text(time.replace('T', " ").replace('Z', "+00:00")));
            for time in [one, other] {
                connection
                    .execute("INSERT INTO events VALUES (?, 'a', ?, NULL)", params_from_iter([time, Sql::Text(format!("{millisecond}"))]))
                    .unwrap();
            }
            expected.push(format!("{millisecond} {time}"));
        }
    }
    assert_eq!(answers(&connection, &write(&one).query), expected);
}

#[test]
fn what_cannot_be_said_is_refused_by_name() {
    let not = Firing::Presence(Presence::And(vec![Presence::Slot(0), Presence::Not(Box::new(Presence::Slot(1)))]));
    let or = Firing::Presence(Presence::Or(vec![Presence::Slot(0), Presence::Slot(1)]));
    let refused = [
        program(&["a", "b"], Kind::Slots, &[], not),
        program(&["a", "b"], Kind::OrderedSlots, &[], or),
        program(&["a", "b"], Kind::OrderedSlots, &[], bounds(&[(Operator::Lt, "2")])),
        program(&["a"], Kind::Sum, &["V"], bounds(&[(Operator::Lt, "2.00001")])),
        program(&["a"], Kind::Sum, &["V"], bounds(&[(Operator::Lt, "1e300")])),
    ];
    let mut said: Vec<String> = refused
        .iter()
        .map(|program| write_with(program, None, &Settings::default()).unwrap_err())
        .map(|why| format!("{}: {}", why.code.name(), why.message))
        .collect();
    let plain = program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "2")]));
    for name in [Name::IsoTimes, Name::CanonicalNumbers] {
        let settings = Settings { denied: vec![name], ..Settings::default() };
        let why = write_with(&plain, None, &settings).unwrap_err();
        said.push(format!("{}: {} / {:?}", why.code.name(), why.message, why.help));
    }
    for name in ["splunk", "kql"] {
        let target = builtin(name).unwrap().unwrap();
        let storage = target.storage(None, &Settings::default()).unwrap();
        let why = target.write_correlation(&plain, &storage, &Settings::default()).unwrap_err();
        said.push(format!("{}: {}", why.code.name(), why.message));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn statements_as_they_are_read() {
    let two = || bounds(&[(Operator::Gte, "2")]);
    let programs = [
        program(&["a"], Kind::Events, &[], bounds(&[(Operator::Gte, "5")])),
        program(&["a", "b"], Kind::Events, &[], bounds(&[(Operator::Gte, "5"), (Operator::Lt, "10")])),
        program(&["a"], Kind::Values, &["V", "W"], two()),
        program(&["a"], Kind::Sum, &["V"], bounds(&[(Operator::Gt, "2.5")])),
        program(&["a"], Kind::Average, &["V"], bounds(&[(Operator::Gt, "2.5")])),
        program(&["a"], Kind::Percentile(number("95")), &["V"], bounds(&[(Operator::Gt, "2.5")])),
        program(&["a", "b"], Kind::Slots, &[], two()),
        program(&["a", "b"], Kind::Slots, &[], Firing::Presence(Presence::And(vec![Presence::Slot(0), Presence::Slot(1)]))),
        program(&["a", "b", "c"], Kind::OrderedSlots, &[], bounds(&[(Operator::Gte, "3")])),
        chain(),
    ];
    let shown = programs.iter().map(|program| {
        let written = write(program);
        let assumed = written.assumptions.iter().map(|assumption| format!("-- {}: {}\n", assumption.name.name(), assumption.because));
        format!("{}\n{}", written.query, assumed.collect::<String>())
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
}
