//! Results of untrusted SQL are limited in bytes, rows and cells, whatever their types and their format: the
//! process that runs the statement writes them.

use crate::query::sandbox::{Sandbox, roomy};
use headwater::query::error::QueryError;
use headwater::query::sandbox::{Format, Output, StatementLimits, Truncated};

/// The Arrow type that stores equal values once.
const RUNS: &str = r#"RunEndEncoded("run_ends": non-null Int32, "values": Utf8)"#;

const FORMATS: [Format; 4] = [Format::Arrow, Format::Csv, Format::Json, Format::Lines];

const BYTES: usize = 1 << 20;

fn output(format: Format) -> Output {
    Output { format, bytes: BYTES, cell_bytes: 64 << 10 }
}

/// Returns expressions whose value is large; in most of their types a million rows share it.
fn large() -> Vec<String> {
    let text = "repeat('x', 15000000)";
    let runs = format!("arrow_cast({text}, '{RUNS}')");
    vec![
        "repeat('x', 100000)".into(),
        runs.clone(),
        format!("arrow_cast({text}, 'Dictionary(Int32, Utf8)')"),
        format!("arrow_cast({text}, 'Utf8View')"),
        format!("arrow_cast({text}, 'LargeUtf8')"),
        format!("named_struct('a', {runs}, 'b', 1)"),
        format!("[{runs}]"),
        format!("named_struct('a', [named_struct('b', {runs})])"),
        "array_repeat(1, 300000)".into(),
        "arrow_cast(array_repeat(1, 300000), 'LargeList(Int64)')".into(),
        "arrow_cast(array_repeat(1, 300000), 'ListView(Int64)')".into(),
        "map(['k'], [repeat('x', 100000)])".into(),
        format!("arrow_cast({text}, 'Binary')"),
    ]
}

#[test]
fn no_type_and_no_format_exceeds_the_limits() {
    let sandbox = Sandbox::new(500_000, 2);
    let limits = StatementLimits { memory_bytes: 512 << 20, ..roomy() };
    for value in large() {
        let sql = format!("select line, {value} as v from standard limit 200");
        for format in FORMATS {
            let answer = sandbox.run_as(&sql, output(format), limits);
            let place = format!("{format:?}: {value}");
            match answer {
                Ok(answer) => {
                    assert!(answer.body.len() <= BYTES, "{place}: {} bytes", answer.body.len());
                    assert!((1..200).contains(&answer.rows), "{place}: {} rows", answer.rows);
                    assert_eq!(answer.truncated, Some(Truncated::Bytes), "{place}");
                }
                // the engine itself held the value once for each row, or the machine was slow
                Err(QueryError::OutOfMemory | QueryError::TimedOut) => {}
                Err(error) => panic!("{place}: {error:?}"),
            }
        }
        let runs = value.contains("RunEndEncoded") && !value.contains('[');
        let answer = sandbox.run_as(&sql, output(Format::Csv), limits);
        let is_answered = matches!(answer, Ok(_) | Err(QueryError::TimedOut));
        assert!(!runs || is_answered, "{value}: {:?}", answer.map(|answer| answer.rows));
    }
    sandbox.close();
}

#[test]
fn every_type_has_the_same_text() {
    let sandbox = Sandbox::new(500_000, 1);
    for (value, expected) in [
        (format!("arrow_cast('a', '{RUNS}')"), "a"),
        ("arrow_cast('a', 'Dictionary(Int32, Utf8)')".into(), "a"),
        ("arrow_cast('a', 'Utf8View')".into(), "a"),
        ("arrow_cast([1, 2], 'ListView(Int64)')".into(), "\"[1,2]\""),
        ("arrow_cast([1, 2], 'LargeListView(Int64)')".into(), "\"[1,2]\""),
        ("arrow_cast([1, 2], 'FixedSizeList(2, Int64)')".into(), "\"[1,2]\""),
        ("[[1], null, []]".into(), "\"[[1],null,[]]\""),
        (format!("named_struct('a', arrow_cast('b', '{RUNS}'))"), "\"{\"\"a\"\":\"\"b\"\"}\""),
        (format!("[arrow_cast('b', '{RUNS}')]"), "\"[\"\"b\"\"]\""),
        ("map(['k'], [2])".into(), "\"{\"\"k\"\":2}\""),
        ("map([1], [2])".into(), "\"[{\"\"key\"\":1,\"\"value\"\":2}]\""),
        ("named_struct('a', '{\"n\": 5}'->'n')".into(), "\"{\"\"a\"\":\"\"5\"\"}\""),
        ("['{\"n\": 5}'->'n']".into(), "\"[\"\"5\"\"]\""),
    ] {
        let sql = format!("select {value} as v");
        let answer = sandbox.run_as(&sql, output(Format::Csv), roomy());
        let answer = answer.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        assert_eq!(String::from_utf8_lossy(&answer.body), format!("v\n{expected}\n"), "{sql}");
        assert_eq!(answer.truncated, None, "{sql}");
        for format in FORMATS {
            let answer = sandbox.run_as(&sql, output(format), roomy());
            assert!(answer.is_ok(), "{format:?}: {sql}: {answer:?}");
        }
    }
    sandbox.close();
}

#[test]
fn a_long_cell_is_cut_and_the_result_says_so() {
    let sandbox = Sandbox::new(500_000, 1);
    let output = |format| Output { format, bytes: BYTES, cell_bytes: 101 };
    let sql = "select repeat('é', 200) as t, array_repeat(7, 100) as l, repeat('y', 101) as whole";
    for format in [Format::Json, Format::Lines] {
        let answer = sandbox.run_as(sql, output(format), roomy()).expect("a row");
        assert_eq!((answer.truncated, answer.rows), (Some(Truncated::Cell), 1));
        let text = String::from_utf8(answer.body).expect("UTF-8");
        let text = text.trim_start_matches("[\n").trim_end_matches("\n]");
        let row: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(row["t"], "é".repeat(25) + "…" + &"é".repeat(25));
        assert_eq!(row["l"], serde_json::json!([7, 7, 7, 7, 7, 7]));
        assert_eq!(row["whole"], "y".repeat(101));
    }
    // a first row that does not fit has shorter cells
    let tight = Output { format: Format::Lines, bytes: 2_000, cell_bytes: 1 << 20 };
    let sql = "select repeat('x', 5000) as a, repeat('x', 5000) as b, array_repeat(1, 5000) as c";
    let answer = sandbox.run_as(sql, tight, roomy()).expect("a row");
    assert!(answer.rows == 1 && answer.body.len() <= 2_000 && answer.truncated == Some(Truncated::Cell));
    sandbox.close();
}

#[test]
fn names_and_nesting_are_limited() {
    let sandbox = Sandbox::new(500_000, 1);
    let name = format!("\"{}\"", "n".repeat(250));
    let tables: Vec<String> = (0..4000).map(|n| format!("t t{n}")).collect();
    let wide = format!("with t as (select 1 as {name}) select * from {}", tables[..2000].join(", "));
    let columns: Vec<String> = (0..200).map(|n| format!("1 as \"{}{n}\"", "n".repeat(250))).collect();
    let columns = format!(
        "with t as (select {}) select a.*, b.*, c.*, d.*, e.*, f.* from t a, t b, t c, t d, t e, t f",
        columns.join(", ")
    );
    for sql in [wide, columns] {
        for format in FORMATS {
            let output = Output { format, bytes: 64 << 10, cell_bytes: 64 << 10 };
            match sandbox.run_as(&sql, output, roomy()) {
                Ok(answer) => assert!(answer.body.len() <= 64 << 10, "{}", answer.body.len()),
                Err(QueryError::NotAllowed { .. } | QueryError::TimedOut | QueryError::OutOfMemory) => {}
                Err(error) => panic!("{format:?}: {error:?}"),
            }
        }
    }
    let deep = (0..80).fold("1".to_owned(), |inner, _| format!("make_array({inner})"));
    let chain = |n: usize| {
        let steps: String = (1..=n).map(|i| format!(", c{i} as (select [x] as x from c{})", i - 1)).collect();
        format!("with c0 as (select line as x from standard limit 1){steps} select x from c{n}")
    };
    for sql in [format!("select {deep} as v"), chain(80)] {
        for format in FORMATS {
            let error = sandbox.run_as(&sql, output(format), roomy()).map(|answer| answer.rows);
            let is_refused = matches!(error, Err(QueryError::NotAllowed { .. } | QueryError::Invalid(_)));
            assert!(is_refused, "{format:?}: {error:?}");
        }
    }
    assert!(sandbox.run_as(&chain(60), output(Format::Json), roomy()).is_ok());
    let twice = sandbox.run_as(
        "select 1 as a, 2 as b, a.x as a from (select 3 as x) a",
        output(Format::Json),
        roomy(),
    );
    assert!(matches!(twice, Err(QueryError::Invalid(_)) | Ok(_)), "{twice:?}");
    sandbox.close();
}
