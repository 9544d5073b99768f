//! Mapping files: what becomes of each type and parameter, and what queries on such a storage mean.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "a test fails by panicking and says what it skips")]

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use verisigma::diag::Code;
use verisigma::event::Event;
use verisigma::ir::{Case, eval};
use verisigma::lang::kql::{read, schema};
use verisigma::storage::{Column, Holds, IndexKind, Storage, View};

fn storage(properties: &Value) -> Storage {
    schema(&json!({"mappings": {"properties": properties}}).to_string()).unwrap()
}

fn column<'s>(storage: &'s Storage, name: &str) -> &'s Column {
    storage.columns.listed.iter().find(|column| column.name == name).unwrap()
}

/// The type of a field, the longest text that it holds, how it compares.
fn kind(storage: &Storage, name: &str) -> (IndexKind, Option<u32>, Case) {
    let kind = column(storage, name).kind;
    let indexed = if let Holds::Indexed(indexed) = kind.holds { Some(indexed) } else { None }.unwrap();
    assert_eq!(indexed.view, View::Typed);
    (indexed.kind, indexed.longest, kind.compares)
}

fn matches(query: &str, storage: &Storage, event: Value) -> bool {
    let reading = read(query, storage).unwrap();
    let event = Event::new(event.as_object().unwrap().clone());
    let mut names = Vec::new();
    reading.expr.for_each_field(&mut |field| names.push(field.to_owned()));
    let record = storage.record(&event, &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    eval::matches(&reading.expr, &record)
}

#[test]
fn types_by_their_names() {
    const TYPES: &[(&str, IndexKind)] = &[
        ("keyword", IndexKind::Keyword),
        ("constant_keyword", IndexKind::Constant),
        ("wildcard", IndexKind::Wildcard),
        ("text", IndexKind::Analyzed),
        ("match_only_text", IndexKind::Analyzed),
        ("ip", IndexKind::Ip),
        ("long", IndexKind::Whole),
        ("unsigned_long", IndexKind::Whole),
        ("float", IndexKind::Fraction),
        ("scaled_float", IndexKind::Other),
        ("boolean", IndexKind::Boolean),
        ("date_nanos", IndexKind::Date),
        ("nested", IndexKind::Nested),
        ("object", IndexKind::Object),
        ("flattened", IndexKind::Other),
        ("a new type", IndexKind::Other),
    ];
    let properties: Map<String, Value> = TYPES.iter().map(|(name, _)| ((*name).to_owned(), json!({"type": name}))).collect();
    let storage = storage(&Value::Object(properties));
    for (name, expected) in TYPES {
        assert_eq!(kind(&storage, name), (*expected, None, Case::Sensitive), "{name}");
    }
    assert!(storage.columns.others.is_none());
}

#[test]
fn parameters_that_change_what_is_found() {
    let settings = json!({"index": {"analysis": {"normalizer": {
        "own": {"type": "custom", "filter": ["lowercase"], "char_filter": []},
        "more": {"type": "custom", "filter": ["lowercase", "asciifolding"]},
    }}}});
    let properties = json!({
        "k": {"type": "keyword", "ignore_above": 1024},
        "text_limit": {"type": "keyword", "ignore_above": "256"},
        "w": {"type": "wildcard", "ignore_above": 2_147_483_647},
        "l": {"type": "keyword", "normalizer": "lowercase", "ignore_above": 10},
        "own": {"type": "keyword", "normalizer": "own"},
        "more": {"type": "keyword", "normalizer": "more"},
        "unknown": {"type": "keyword", "normalizer": "unknown"},
        "null_value": {"type": "keyword", "null_value": "none"},
        "split": {"type": "keyword", "split_queries_on_whitespace": true},
        "unsearched": {"type": "keyword", "index": false, "doc_values": false},
        "values": {"type": "keyword", "index": false},
        "english": {"type": "text", "analyzer": "english"},
        "standard": {"type": "text", "analyzer": "standard"},
        "hidden": {"type": "text", "index": false},
        "day": {"type": "date", "format": "yyyy/MM/dd"},
        "time": {"type": "date", "format": "strict_date_optional_time||epoch_millis"},
        "source": {"type": "keyword", "copy_to": ["target"]},
        "target": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
        "off": {"type": "object", "enabled": false},
    });
    let storage = schema(&json!({"logs": {"mappings": {"properties": properties}, "settings": settings}}).to_string()).unwrap();
    let plain = |name: &str| kind(&storage, name);
    assert_eq!(plain("k"), (IndexKind::Keyword, Some(1024), Case::Sensitive));
    assert_eq!(plain("text_limit"), (IndexKind::Keyword, Some(256), Case::Sensitive));
    assert_eq!(plain("w"), (IndexKind::Wildcard, None, Case::Sensitive));
    assert_eq!(plain("l"), (IndexKind::Keyword, Some(10), Case::Lower));
    assert_eq!(plain("own"), (IndexKind::Keyword, None, Case::Lower));
    for (name, expected) in
        [("values", IndexKind::Keyword), ("source", IndexKind::Keyword), ("standard", IndexKind::Analyzed), ("time", IndexKind::Date)]
    {
        assert_eq!(plain(name).0, expected, "{name}");
    }
    for name in ["more", "unknown", "null_value", "split", "unsearched", "english", "hidden", "day", "target", "target.keyword", "off"] {
        assert_eq!(plain(name).0, IndexKind::Other, "{name}");
    }
}

#[test]
fn names_are_paths() {
    let storage = storage(&json!({
        "a": {"properties": {"b": {"properties": {"c": {"type": "keyword"}}}}},
        "d.e.f": {"type": "keyword", "fields": {"text": {"type": "text"}, "lower": {"type": "keyword", "normalizer": "lowercase"}}},
        "n": {"type": "nested", "properties": {"x": {"type": "keyword"}, "o": {"properties": {"y": {"type": "long"}}}}},
        "also": {"type": "alias", "path": "a.b.c"},
        "nowhere": {"type": "alias", "path": "z"},
    }));
    for name in ["a", "a.b", "d", "d.e"] {
        assert_eq!(kind(&storage, name).0, IndexKind::Object, "{name}");
    }
    for name in ["n", "n.x", "n.o", "n.o.y"] {
        assert_eq!(kind(&storage, name).0, IndexKind::Nested, "{name}");
    }
    assert_eq!(kind(&storage, "nowhere").0, IndexKind::Other);
    assert_eq!(column(&storage, "d.e.f.lower").source, "d.e.f");
    assert_eq!(column(&storage, "also").source, "a.b.c");
    for event in [json!({"d": {"e": {"f": "X"}}}), json!({"d.e.f": "X"}), json!({"d": {"e.f": ["X"]}}), json!({"d.e": [{"f": "X"}]})] {
        assert!(matches("d.e.f:X and d.e.f.lower:x and d:* and not d.e.f:x", &storage, event.clone()), "{event}");
    }
    assert!(matches("also:v", &storage, json!({"a": {"b": {"c": "v"}}})));
    assert_eq!(read("n.x:v", &storage).unwrap_err().code, Code::QueryInvalid);
    assert_eq!(read("n:{x:v}", &storage).unwrap_err().code, Code::QueryUnread);
}

#[test]
fn a_rule_is_tested_on_the_whole_text() {
    let storage = storage(&json!({"m": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 4}}}}));
    assert_eq!(storage.tested("m"), "m.keyword");
    assert!(matches("m.keyword:*a*", &storage, json!({"m": "bab"})));
    assert!(matches("not m.keyword:* and m:*", &storage, json!({"m": "longer"})));
}

#[test]
fn indices_that_disagree_leave_no_type() {
    let index = |properties: Value| json!({"mappings": {"properties": properties}});
    let both = json!({
        "one": index(json!({"same": {"type": "keyword"}, "other": {"type": "keyword"}, "o": {"properties": {"x": {"type": "ip"}}}})),
        "two": index(json!({"same": {"type": "keyword"}, "other": {"type": "text"}, "o": {"type": "keyword"}, "only": {"type": "long"}})),
        "empty": {"mappings": {}},
    });
    let storage = schema(&both.to_string()).unwrap();
    let found: BTreeMap<&str, IndexKind> =
        storage.columns.listed.iter().map(|column| (column.name.as_str(), kind(&storage, &column.name).0)).collect();
    let expected = [
        ("o", IndexKind::Other),
        ("o.x", IndexKind::Ip),
        ("only", IndexKind::Whole),
        ("other", IndexKind::Other),
        ("same", IndexKind::Keyword),
    ];
    assert_eq!(found, BTreeMap::from(expected));
    assert_eq!(read("other:x", &storage).unwrap_err().code, Code::QueryUnread);
}

#[test]
fn runtime_fields_hide_what_is_mapped() {
    let mapping =
        json!({"mappings": {"runtime": {"a": {"type": "keyword"}}, "properties": {"a": {"type": "keyword"}, "b": {"type": "keyword"}}}});
    let storage = schema(&mapping.to_string()).unwrap();
    assert_eq!((kind(&storage, "a").0, kind(&storage, "b").0), (IndexKind::Other, IndexKind::Keyword));
}

#[test]
fn errors_have_their_place() {
    for (text, line, column) in
        [("{\n  \"mappings\": x", 2, 15), ("// a comment\n{}", 1, 1), ("", 1, 1), ("\u{feff}{\"mappings\":{}", 1, 14), ("[]", 1, 1)]
    {
        let error = schema(text).unwrap_err();
        assert_eq!(error.code, Code::InvalidSchema, "{text}");
        assert_eq!((error.place.line, error.place.column), (line, column), "{text}: {}", error.message);
    }
    for value in [
        json!({}),
        json!({"a": {"properties": {}}}),
        json!({"mappings": []}),
        json!({"mappings": {"properties": 5}}),
        json!({"mappings": {"properties": {"a": "keyword"}}}),
        json!({"mappings": {"properties": {"a": {"properties": []}}}}),
        json!({"index": {"mappings": {"properties": {"a": {"type": "keyword"}}}}, "note": "x"}),
    ] {
        assert_eq!(schema(&value.to_string()).unwrap_err().code, Code::InvalidSchema, "{value}");
    }
    assert!(schema(r#"{"mappings": {"properties": {}}}"#).is_ok() && schema(r#"{"mappings": {}}"#).is_ok());
    assert!(schema("\u{feff}{\"mappings\":{\"properties\":{\"a\":{\"type\":\"keyword\"}}}}").is_ok());
}

/// The fields of the Elastic Common Schema, from the shared folder.
fn common_schema() -> Option<Storage> {
    let Some(folder) = std::env::var_os("VERISIGMA_SHARED") else {
        eprintln!("skipped: VERISIGMA_SHARED is not set");
        return None;
    };
    let text = std::fs::read_to_string(std::path::PathBuf::from(folder).join("facts/ecs_fields.tsv")).unwrap();
    let mut properties = Map::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (parent, own) = match cells.get(3) {
            Some(parent) if !parent.is_empty() && *parent != "not-indexed" => {
                (*parent, cells[0].strip_prefix(*parent).unwrap().trim_start_matches('.'))
            }
            _ => (cells[0], ""),
        };
        let field = properties.entry(parent).or_insert_with(|| json!({}));
        let target = if own.is_empty() { field } else { &mut field["fields"][own] };
        target["type"] = json!(cells[1]);
        if cells[1] == "keyword" {
            target["ignore_above"] = json!(1024);
        }
    }
    Some(storage(&Value::Object(properties)))
}

#[test]
fn the_common_schema() {
    let Some(mut storage) = common_schema() else { return };
    assert!(storage.columns.listed.len() > 1_900);
    assert_eq!(kind(&storage, "process.command_line").0, IndexKind::Wildcard);
    assert_eq!(kind(&storage, "process.command_line.text").0, IndexKind::Analyzed);
    assert_eq!(column(&storage, "process.command_line.text").source, "process.command_line");
    assert_eq!(kind(&storage, "source.ip").0, IndexKind::Ip);
    assert_eq!(kind(&storage, "event.code"), (IndexKind::Keyword, Some(1024), Case::Sensitive));
    let event = json!({"event": {"code": 4688}, "process": {"command_line": "cmd /c whoami", "name": "cmd.exe"}, "source.ip": "10.0.0.9"});
    let query = r#"event.code:4688 and process.name:(CMD.EXE or *.exe) and process.command_line:*whoami* and source.ip:"10.0.0.0/8""#;
    assert!(matches(query, &storage, event.clone()));
    assert!(!matches("process.command_line:\"*c whoami\" or not event:*", &storage, event.clone()));
    storage.fold_keywords();
    assert!(matches("process.name:CMD.EXE and process.name:C*E", &storage, event));
    let start = std::time::Instant::now();
    for _ in 0..300 {
        assert!(read(query, &storage).is_ok());
    }
    eprintln!("{:?} for 300 queries", start.elapsed());
}
