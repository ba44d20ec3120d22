//! The trace's window joins against brute force on ten thousand random sets, and their plans.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use headwater::query::engine::{Engine, Limits};
use std::collections::BTreeSet;
use std::sync::Arc;

const WORKLOADS: &str = include_str!("../../../sql/trace/workloads.sql");
const KEYS: &str = include_str!("../../../sql/trace/keys.sql");
const EVENTS: &str = include_str!("../../../sql/trace/events.sql");
const OPERATIONS: &str = include_str!("../../../sql/trace/operations.sql");
const ACTS: &str = include_str!("../../../sql/trace/acts.sql");
const SETS: usize = 10_000;
const SECOND: i64 = 1_000_000;

/// A small random number generator (splitmix64): equal sets on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most.unsigned_abs()) as i64
    }
}

/// One start, event or operation.
struct Item {
    id: String,
    ts: i64,
    set: usize,
    pod: bool,
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn times(items: &[Item]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(items.iter().map(|i| i.ts)).with_timezone("UTC"))
}

fn put(engine: &Engine, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let fields: Vec<Field> =
        columns.iter().map(|(name, values)| Field::new(*name, values.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, v)| v).collect())
        .expect("columns of one length");
    engine.replace("public", name, schema, vec![batch]).expect("registered");
}

/// Returns the columns of `items`, each about the workload or pod of its set.
fn rows(items: &[Item], more: &[(&'static str, &str)]) -> Vec<(&'static str, ArrayRef)> {
    let same = |text: &str| texts(items.iter().map(|_| Some(text.to_owned())));
    let none = || texts(items.iter().map(|_| None));
    let mut columns = vec![
        ("ts", times(items)),
        ("namespace", same("ns")),
        ("workload", texts(items.iter().map(|i| Some(format!("w{}", i.set))))),
        ("pod", texts(items.iter().map(|i| i.pod.then(|| format!("w{}-0", i.set))))),
        ("node", none()),
        ("name", none()),
        ("row_id", texts(items.iter().map(|i| Some(i.id.clone())))),
        ("source", same("s")),
        ("message", same("m")),
        ("line", Arc::new(Int64Array::from_iter_values(items.iter().map(|_| 1)))),
        ("count", Arc::new(Int64Array::from_iter_values(items.iter().map(|_| 1)))),
    ];
    columns.extend(more.iter().map(|(name, text)| (*name, same(text))));
    columns
}

async fn engine(starts: &[Item], events: &[Item], operations: &[Item]) -> Engine {
    let engine = Engine::empty(Limits { memory_bytes: 1 << 30, threads: 2, zone: chrono_tz::Tz::UTC })
        .await
        .expect("an engine");
    put(
        &engine,
        "starts",
        vec![
            ("start_id", texts(starts.iter().map(|s| Some(s.id.clone())))),
            ("ts", times(starts)),
            ("namespace", texts(starts.iter().map(|_| Some("ns".to_owned())))),
            ("workload", texts(starts.iter().map(|s| Some(format!("w{}", s.set))))),
            ("pod", texts(starts.iter().map(|s| s.pod.then(|| format!("w{}-0", s.set))))),
            ("node", texts(starts.iter().map(|_| None))),
        ],
    );
    let nothing = || texts(std::iter::empty());
    put(&engine, "addresses", vec![("start_id", nothing()), ("namespace", nothing()), ("name", nothing())]);
    put(
        &engine,
        "calls",
        vec![
            ("namespace", nothing()),
            ("workload", nothing()),
            ("callee_namespace", nothing()),
            ("callee", nothing()),
            ("ts", times(&[])),
        ],
    );
    put(
        &engine,
        "mentions",
        vec![
            ("start_id", nothing()),
            ("key", nothing()),
            ("identity", Arc::new(arrow::array::Float64Array::from(Vec::<f64>::new()))),
            ("hop", Arc::new(Int64Array::from(Vec::<i64>::new()))),
        ],
    );
    let mut event = rows(events, &[("type", "Warning"), ("kind", "Pod"), ("component", "kubelet")]);
    event.push(("reason", texts(events.iter().map(|e| Some(e.id.clone())))));
    put(&engine, "around_event", event);
    let mut audit = rows(
        operations,
        &[
            ("username", "li.na"),
            ("verb", "patch"),
            ("resource", "deployments"),
            ("operation", "image"),
            ("stage", "ResponseComplete"),
            ("attrs", "{}"),
            ("uri", "/"),
            ("subresource", ""),
            ("request", "{}"),
            ("response", "{}"),
        ],
    );
    audit.push(("audit_id", texts(operations.iter().map(|o| Some(o.id.clone())))));
    audit.push(("code", Arc::new(Int64Array::from_iter_values(operations.iter().map(|_| 200)))));
    put(&engine, "around_audit", audit);
    engine.view("around_acts", &ACTS.replace("{table}", "around_audit")).await.expect("acts");
    engine.materialize("workloads", WORKLOADS).await.expect("workloads");
    engine.materialize("keys", KEYS).await.expect("keys");
    engine
}

/// Draws a point near a start: at the edge of a window or bucket, or a microsecond beside it.
fn near(dice: &mut Dice, start: i64, edges: &[i64]) -> i64 {
    let edge = edges[dice.below(edges.len() as i64) as usize] * SECOND;
    let bucket = [600, 3600][dice.below(2) as usize] * SECOND;
    match dice.below(5) {
        0 => start + edge,
        1 => start + edge + dice.below(3) - 1,
        2 => (start + edge).div_euclid(bucket) * bucket - dice.below(2),
        3 => start + edge + (dice.below(240) - 120) * SECOND, // clocks that differ
        _ => start - dice.below(9 * 3600) * SECOND,
    }
}

async fn pairs(engine: &Engine, sql: &str) -> BTreeSet<(String, String)> {
    use arrow::array::AsArray;
    let text =
        format!("select arrow_cast(start_id, 'Utf8') as s, arrow_cast(row_id, 'Utf8') as r from ({sql})");
    let mut found = BTreeSet::new();
    for batch in engine.query(&text).await.expect("it runs") {
        let (starts, rows) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for at in 0..batch.num_rows() {
            // there is a row for each link between the two
            found.insert((starts.value(at).to_owned(), rows.value(at).to_owned()));
        }
    }
    found
}

fn brute(starts: &[Item], items: &[Item], from_s: i64, to_s: i64) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for item in items {
        // names differ between sets, so an item can only be linked to the start of its own set
        let start = &starts[item.set];
        if (start.ts + from_s * SECOND..=start.ts + to_s * SECOND).contains(&item.ts) {
            found.insert((start.id.clone(), item.id.clone()));
        }
    }
    found
}

#[test]
fn window_joins_equal_brute_force() {
    let mut dice = Dice(7);
    // around changes to and from daylight saving time, new year and a leap day
    let nights = [1_774_746_000, 1_793_494_800, 1_798_761_600, 1_835_395_200, 1_795_363_200];
    let (mut starts, mut events, mut operations) = (Vec::new(), Vec::new(), Vec::new());
    for set in 0..SETS {
        let night = nights[dice.below(nights.len() as i64) as usize];
        let ts = (night + dice.below(12 * 3600) - 6 * 3600) * SECOND + dice.below(SECOND);
        starts.push(Item { id: format!("s{set}"), ts, set, pod: dice.below(2) == 0 });
        for n in 0..dice.below(5) {
            let at = near(&mut dice, ts, &[-7200, 600, 0]);
            events.push(Item { id: format!("e{set}-{n}"), ts: at, set, pod: dice.below(2) == 0 });
        }
        for n in 0..dice.below(5) {
            let at = near(&mut dice, ts, &[-28_800, 120, 0]);
            operations.push(Item { id: format!("o{set}-{n}"), ts: at, set, pod: false });
        }
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let engine = engine(&starts, &events, &operations).await;
        let found = pairs(&engine, EVENTS).await;
        assert!(found.len() > SETS / 2, "{}", found.len());
        assert_eq!(found, brute(&starts, &events, -7200, 600));
        let found = pairs(&engine, OPERATIONS).await;
        assert!(found.len() > SETS / 2, "{}", found.len());
        assert_eq!(found, brute(&starts, &operations, -28_800, 120));
    });
}

#[test]
fn no_join_of_the_trace_is_a_nested_loop() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let item = |id: &str| Item { id: id.into(), ts: 0, set: 0, pod: true };
        let engine = engine(&[item("s")], &[item("e")], &[item("o")]).await;
        for sql in [WORKLOADS, KEYS, EVENTS, OPERATIONS] {
            let plan = engine.query(&format!("explain {sql}")).await.expect("it plans");
            let plan = arrow::util::pretty::pretty_format_batches(&plan).expect("printed").to_string();
            assert!(plan.contains("HashJoinExec"), "{plan}");
            assert!(!plan.contains("NestedLoopJoinExec") && !plan.contains("CrossJoinExec"), "{plan}");
        }
    });
}
