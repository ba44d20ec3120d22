//! SQL as people type it, in `headwater sql` and in the sandbox that HTTP and MCP use.

use crate::program::{headwater, run};
use crate::query::sandbox::Sandbox;
use headwater::query::error::QueryError;
use headwater::query::export::csv;
use headwater::query::nearest::nearest;
use model::table::Table;
use serde_json::Value;
use std::path::PathBuf;

/// Four records at 10:00, 10:30, 11:00 and 23:30 in Shanghai.
const LINES: &str = r#"{"time":"2026-11-24T02:00:00Z","level":"error","msg":"pay failed","order":"a","n":5,"tags":["x","y"]}
{"time":"2026-11-24T02:30:00Z","level":"error","msg":"pay failed again","order":"b","n":7}
{"time":"2026-11-24T03:00:00Z","level":"info","msg":"paid","order":"a","n":9}
{"time":"2026-11-24T15:30:00Z","level":"info","msg":"closed, for \"today\"","order":"c"}
"#;

/// A lake of [`LINES`] with the sandbox over it.
struct Lake {
    sandbox: Sandbox,
}

impl Lake {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("bucket/business/2026/11/24/10");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("shop.log"), LINES).expect("written");
        let sandbox = Sandbox::over(dir, 1);
        sandbox.ingest(&sandbox.dir.path().join("bucket"));
        Self { sandbox }
    }

    fn path(&self) -> PathBuf {
        self.sandbox.dir.path().join("lake")
    }

    /// Returns the CSV of a statement, which must be the same from `headwater sql` and from the sandbox.
    #[track_caller]
    fn csv(&self, sql: &str) -> String {
        let output = run(&self.path(), &["sql", sql]);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let rows = self.sandbox.rows(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let same = csv(&rows.schema, &rows.batches).expect("CSV");
        assert_eq!(text.trim_end(), String::from_utf8_lossy(&same).trim_end(), "{sql}");
        text
    }

    /// Requires that a statement counts `expected` rows.
    #[track_caller]
    fn check(&self, condition: &str, expected: usize) {
        let text = self.csv(&format!("select count(*) as n from business where {condition}"));
        assert_eq!(text.trim_end(), format!("n\n{expected}"), "{condition}");
    }

    /// Returns the errors of a statement: of `headwater sql`, and of the sandbox with its hint.
    #[track_caller]
    fn errors(&self, sql: &str) -> [String; 2] {
        let output = run(&self.path(), &["sql", sql]);
        assert!(!output.status.success(), "{sql}");
        let of_sandbox = match self.sandbox.rows(sql) {
            Err(QueryError::NotAllowed { what, hint }) => format!("{what} {hint}"),
            Err(QueryError::Invalid(error)) => format!("{} {}", error.what, error.hint.unwrap_or_default()),
            other => panic!("{sql}: {other:?}"),
        };
        [String::from_utf8_lossy(&output.stderr).into_owned(), of_sandbox]
    }
}

#[test]
fn json_operators_bind_before_comparisons() {
    let lake = Lake::new();
    for (condition, expected) in [
        ("attrs->>'order' = 'a' and level = 'error'", 1),
        ("level = 'error' and attrs->>'order' = 'a' or attrs->>'order' = 'c'", 2),
        ("(attrs->>'order') = 'a'", 2),
        ("'a' = attrs->>'order'", 2),
        ("attrs->>'order' <> 'a'", 2),
        ("attrs->>'order' in ('a', 'b')", 3),
        ("attrs->>'order' between 'b' and 'c'", 2),
        ("attrs->>'order' like 'a%' and not attrs->>'n' = '5'", 1),
        ("attrs->>'tags' is not null", 1),
        ("attrs->'tags'->>1 = 'y'", 1),
        ("attrs->>'n'::int > 5", 2),
        ("cast(attrs->>'n' as int) + 1 > 6", 2),
        ("'order ' || attrs->>'order' = 'order b'", 1),
    ] {
        lake.check(condition, expected);
    }
}

#[test]
fn times_without_an_offset_are_in_the_zone_of_the_config() {
    let lake = Lake::new();
    for (condition, expected) in [
        ("ts between '2026-11-24 10:00' and '2026-11-24 11:00'", 3),
        ("ts >= '2026-11-24 10:30' and ts < '2026-11-24 11:00:00'", 1),
        ("ts >= '2026-11-24' and ts < '2026-11-25'", 4),
        ("'2026-11-24T10:30' < ts", 2),
        ("ts = '2026-11-24 10:30'", 1),
        ("ts = '2026-11-24T02:30:00Z'", 1),
        ("ts <= '2026-11-24T10:30:00+08:00'", 2),
        ("ts <= '2026-11-24 02:30:00+00:00'", 2),
        ("ts in ('2026-11-24 10:00', '2026-11-24 23:30:00')", 2),
        ("ts not between '2026-11-24 10:00' and '2026-11-24 10:59:59.5'", 2),
        ("ts >= timestamp '2026-11-24 10:30:00'", 3),
        ("ts >= date '2026-11-24' + interval '11 hours'", 2),
        ("ts >= '2026-11-24 11:00' - interval '30 minutes'", 3),
        ("date_trunc('hour', ts) = '2026-11-24 10:00'", 2),
        ("ts = (select max(ts) from business where ts < '2026-11-24 11:00')", 1),
        ("exists (select 1 from event e where e.pod = business.pod and e.ts > '2026-11-24')", 0),
    ] {
        lake.check(condition, expected);
    }
    let sql = "with b as (select ts as at, level from business) select level, max(at) > '2026-11-24 11:00' as late,
        count(*) filter (where at >= '2026-11-24 10:30') as n from b group by level having max(at) > '2026-11-24 10:00'
        order by level";
    assert_eq!(lake.csv(sql).trim_end(), "level,late,n\nerror,false,1\ninfo,true,2");
    let config = lake.sandbox.dir.path().join("utc.toml");
    std::fs::write(&config, "timezone = \"UTC\"\n").expect("written");
    let sql = "select count(*) as n from business where ts < '2026-11-24 03:00'";
    let output =
        headwater(&lake.path(), &["--config"]).arg(config).args(["sql", sql]).output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "n\n2");
}

#[test]
fn a_text_that_is_not_a_time_is_an_error_with_a_hint() {
    for error in Lake::new().errors("select ts from business where ts > 'yesterday'") {
        assert!(error.contains("'yesterday'") && error.contains("2026-11-22 10:12"), "{error}");
    }
}

#[test]
fn no_column_needs_quotes() {
    let lake = Lake::new();
    for table in Table::ALL {
        let names: Vec<&str> = table.columns().map(|column| column.name).collect();
        let all = names.join(", ");
        lake.csv(&format!("select {all} from {} order by {all} limit 1", table.name()));
        for name in names {
            lake.csv(&format!(
                "select pod, {name} as nothing from {} where {name} is null order by pod limit 1",
                table.name()
            ));
            lake.csv(&format!(
                "select count(*) as n, {name} from {} group by {name} order by {name} limit 1",
                table.name()
            ));
        }
    }
    lake.csv("select pod, cluster from event");
    lake.csv("select e.namespace, count(*) cluster from event e group by e.namespace");
    lake.csv("select pod, from event");
}

#[test]
fn an_unknown_name_has_the_nearest_one() {
    let lake = Lake::new();
    for (sql, what, near) in [
        ("select user from audit", "column `user` does not exist", "`username`"),
        ("select a.usernam from audit a", "column `usernam` does not exist", "`username`"),
        ("select messsage from event", "column `messsage` does not exist", "`message`"),
        ("select podname from event", "column `podname` does not exist", "`pod`"),
        ("select * from aduit", "`aduit` does not exist", "`audit`"),
        ("select * from history.evnts", "`history.evnts` does not exist", "`event`"),
        ("select x.pod from event e", "no table `x`", "it reads: e"),
        ("select uper(pod) from event", "function `uper` does not exist", "`upper`"),
        ("select strange_function(pod) from event", "`strange_function` does not exist", "show functions"),
    ] {
        for error in lake.errors(sql) {
            assert!(error.contains(what) && error.contains(near), "{sql}: {error}");
        }
    }
    let columns = ["ts", "namespace", "user_agent", "username", "uri", "message", "level", "code"];
    for (wanted, expected) in [
        ("user", Some("username")),
        ("Levl", Some("level")),
        ("namesapce", Some("namespace")),
        ("time", Some("ts")),
        ("status", Some("code")),
        ("agent", Some("user_agent")),
        ("zz", None),
        ("color", None),
    ] {
        assert_eq!(nearest(wanted, columns), expected, "{wanted}");
    }
}

#[test]
fn json_keeps_the_order_of_columns_and_nulls() {
    let lake = Lake::new();
    let sql = "select ts, pod, level, attrs->>'n' as amount, [level, null] as list, attrs->'tags' as tags
        from business order by ts limit 1";
    let output = run(&lake.path(), &["sql", sql, "--format", "json"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let row = r#"{"ts":"2026-11-24T02:00:00.000000Z","pod":null,"level":"error","amount":"5","list":["error",null],"tags":"[\"x\",\"y\"]"}"#;
    assert_eq!(text.trim_end(), format!("[\n{row}\n]"));
    let sql = "select a.level, b.level from business a, business b limit 2";
    let output = run(&lake.path(), &["sql", sql, "--format", "json"]);
    let rows: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(rows[1]["level"].is_string() && rows[1]["level_2"].is_string(), "{rows}");
    let output = run(&lake.path(), &["sql", "select pod from event", "--format", "json"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "[]");
}

#[test]
fn csv_of_any_statement_is_written() {
    let lake = Lake::new();
    let text = lake.csv(
        "select level, array_agg(message order by ts) as texts, count(*) as n from business
         group by level order by level",
    );
    let expected = "level,texts,n\n\
        error,\"[\"\"pay failed\"\",\"\"pay failed again\"\"]\",2\n\
        info,\"[\"\"paid\"\",\"\"closed, for \\\"\"today\\\"\"\"\"]\",2";
    assert_eq!(text.trim_end(), expected);
    for (sql, expected) in [
        ("select named_struct('a', 1, 'b', [1, null]) as s", "s\n\"{\"\"a\"\":1,\"\"b\"\":[1,null]}\""),
        ("select attrs->'n' as n from business order by ts desc limit 2", "n\n\"\"\n9"),
        (
            "select [ts] as t from business order by ts limit 1",
            "t\n\"[\"\"2026-11-24T02:00:00.000000Z\"\"]\"",
        ),
        ("select cast(null as varchar) as a, true as b, interval '1 hour' as c", "a,b,c\n,true,1 hours"),
        ("select pod, [pod] as pods from event", "pod,pods"),
    ] {
        assert_eq!(lake.csv(sql).trim_end(), expected, "{sql}");
    }
}
