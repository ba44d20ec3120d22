//! Joins by a window of time: the same rows as of all pairs, with the moved time computed once a row.

use arrow::array::{AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;
use headwater::query::engine::{Engine, Limits};
use std::sync::Arc;
use tokio::runtime::Runtime;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const FIRST_US: i64 = 1_795_312_800_000_000;

/// Times of a side, in seconds after the first; one is null.
fn times(count: i64, step: i64) -> Vec<Option<i64>> {
    let at = |n: i64| FIRST_US + (n * step * 7919 % 3_600) * SECOND_US;
    (0..count).map(|n| (n != 3).then(|| at(n))).collect()
}

fn engine(left: &[Option<i64>], right: &[Option<i64>]) -> Engine {
    let limits = Limits { memory_bytes: 64 << 20, threads: 2, zone: chrono_tz::UTC };
    let engine = Runtime::new().expect("a runtime").block_on(Engine::empty(limits)).expect("an engine");
    for (name, side) in [("a", left), ("e", right)] {
        let key: Int64Array = (0..side.len() as i64).map(|n| n % 5).collect();
        let ts: TimestampMicrosecondArray = side.iter().copied().collect();
        let ts = ts.with_timezone("UTC");
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("key", Arc::new(key) as _, false),
            ("ts", Arc::new(ts) as _, true),
        ]);
        let batch = batch.expect("a batch");
        engine.replace("public", name, batch.schema(), vec![batch]).expect("registered");
    }
    engine
}

fn number(engine: &Engine, sql: &str) -> i64 {
    let batches = Runtime::new().expect("a runtime").block_on(engine.query(sql)).expect("rows");
    batches.iter().map(|batch| batch.column(0).as_primitive::<Int64Type>().value(0)).sum()
}

#[test]
fn a_join_by_a_window_of_time_has_the_pairs_of_all_pairs() {
    let (left, right) = (times(400, 3), times(300, 11));
    let engine = engine(&left, &right);
    let is_pair = |(m, a): (usize, &Option<i64>), (n, e): (usize, &Option<i64>)| {
        let (Some(a), Some(e)) = (a, e) else { return false };
        m % 5 == n % 5 && (e - 2 * MINUTE_US..=*e).contains(a)
    };
    let of = |a: (usize, &Option<i64>)| right.iter().enumerate().filter(|e| is_pair(a, *e)).count() as i64;
    let counts: Vec<i64> = left.iter().enumerate().map(of).collect();
    let (pairs, with, without) = (
        counts.iter().sum::<i64>(),
        counts.iter().filter(|count| **count > 0).count() as i64,
        counts.iter().filter(|count| **count == 0).count() as i64,
    );
    assert!(pairs > 500 && with > 100 && without > 10, "{pairs} {with} {without}");

    let of = |e: (usize, &Option<i64>)| left.iter().enumerate().any(|a| is_pair(a, e));
    let alone = right.iter().enumerate().filter(|e| !of(*e)).count() as i64;
    assert!(alone > 10, "{alone}");

    let on = "a.key = e.key and a.ts between e.ts - interval '2 minutes' and e.ts";
    let moved_left =
        "a.key = e.key and a.ts + interval '1 minute' >= e.ts - interval '1 minute' and a.ts <= e.ts";
    for on in [on, moved_left] {
        let of = |join: &str| number(&engine, &format!("select count(*) from a {join} join e on {on}"));
        assert_eq!(of(""), pairs, "{on}");
        assert_eq!(of("left"), pairs + without, "{on}");
        assert_eq!(of("right"), pairs + alone, "{on}");
        assert_eq!(of("full"), pairs + without + alone, "{on}");
        assert_eq!(of("left semi"), with, "{on}");
        assert_eq!(of("left anti"), without, "{on}");
        assert_eq!(of("right semi"), right.len() as i64 - alone, "{on}");
        assert_eq!(of("right anti"), alone, "{on}");
        let exists = format!("exists (select 1 from e where {on})");
        assert_eq!(number(&engine, &format!("select count(*) from a where {exists}")), with, "{on}");
        // a mark join
        let marked = format!("select count(*) from a where a.key = 7 or {exists}");
        assert_eq!(number(&engine, &marked), with, "{on}");
        let marked = format!("select count(*) from a where a.key = 7 or not {exists}");
        assert_eq!(number(&engine, &marked), without, "{on}");
    }
    // the rows of a subquery have no null, and `in` compares the key
    let in_list = "select count(*) from a where a.key not in (select key from e where a.ts between e.ts - interval '2 minutes' and e.ts)";
    assert_eq!(number(&engine, in_list), without);
}

/// Pairs of pairs: the first join has a moved time, and the second moves one of the first's columns.
#[test]
fn nested_joins_have_the_pairs_of_all_pairs() {
    let (left, right) = (times(60, 3), times(50, 11));
    let engine = engine(&left, &right);
    let mut count = 0;
    for (m, a) in left.iter().enumerate() {
        for (n, e) in right.iter().enumerate() {
            for (o, b) in left.iter().enumerate() {
                let (Some(a), Some(e), Some(b)) = (a, e, b) else { continue };
                let is_pair = m % 5 == n % 5 && (e - 10 * MINUTE_US..e + 5 * MINUTE_US).contains(a);
                count += i64::from(is_pair && m % 5 == o % 5 && *b > a + 20 * MINUTE_US);
            }
        }
    }
    assert!(count > 10, "{count}");
    let on = "a.key = e.key and a.ts >= e.ts - interval '10 minutes' and a.ts < e.ts + interval '5 minutes'";
    let nested = format!(
        "select count(*) from (select * from a join e on {on} join a as b on b.key = a.key and b.ts > a.ts + interval '20 minutes')"
    );
    assert_eq!(number(&engine, &nested), count);
    // a condition that reaches the lower join in a later pass only
    let late = "select count(*) from a left join e on a.key = e.key and a.ts >= e.ts - interval '10 minutes'
        join a as b on b.key = a.key and b.ts > a.ts + interval '20 minutes' where a.ts < e.ts + interval '5 minutes'";
    assert_eq!(number(&engine, late), count);
    let late = late.replace("select count(*) from a left", "select count(*) from (select key, ts, ts as moved_time_1, ts as moved_time_2, ts as left_time_0 from a) as a left");
    assert_eq!(number(&engine, &late), count);
}

/// What divides is not moved below the join, where it would be computed for rows that have no pair.
#[test]
fn only_intervals_are_moved() {
    let engine = engine(&times(9, 3), &times(9, 11));
    for condition in [
        "a.key <> 0 and cast(e.ts as date) < cast('2026-11-22' as date) + 10 / a.key",
        "e.ts - a.ts < interval '1 minute'",
        "a.key + 1 > e.key - 1",
    ] {
        let sql = format!("explain select a.key from a left join e on a.key = e.key and {condition}");
        let plan = explained(&engine, &sql);
        assert!(!plan.contains("moved_time"), "{plan}");
    }
    let plan = explained(&engine, "explain select a.key from a join e on a.ts > e.ts - interval '2 minutes'");
    assert!(!plan.contains("moved_time"), "without an equality the engine itself moves it: {plan}");
    assert!(plan.contains("join_proj_push_down"), "{plan}");
}

fn explained(engine: &Engine, sql: &str) -> String {
    let batches = Runtime::new().expect("a runtime").block_on(engine.query(sql)).expect("a plan");
    arrow::util::pretty::pretty_format_batches(&batches).expect("a table").to_string()
}

#[test]
fn the_moved_time_is_a_column_below_the_join() {
    let engine = engine(&times(9, 3), &times(9, 11));
    let sql = "explain select a.key from a join e on a.key = e.key and a.ts > e.ts - interval '2 minutes'";
    let plan = explained(&engine, sql);
    let join = plan.lines().find(|line| line.contains("HashJoinExec")).expect("a join");
    assert!(join.contains("moved_time_") && !join.contains("Interval"), "{plan}");
}
