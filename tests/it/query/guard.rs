//! Which statements of strangers may run: what is refused, what is not, and where the limits lie.

use crate::query::forbidden::FORBIDDEN;
use headwater::query::guard::{Denied, check};

#[track_caller]
fn refusal(sql: &str) -> String {
    match check(sql) {
        Err(Denied::Refused { what, hint }) => format!("{what} ({hint})"),
        other => panic!("{:.100}: {other:.200?}", sql.replace('\n', " ")),
    }
}

#[track_caller]
fn passes(sql: &str) {
    if let Err(denied) = check(sql) {
        panic!("{sql:.100}: {denied:?}");
    }
}

#[test]
fn what_does_more_than_read_is_refused() {
    assert!(FORBIDDEN.len() >= 60);
    for sql in FORBIDDEN {
        assert!(!refusal(sql).is_empty());
    }
    assert!(refusal("select count(*) from audit tablesample 10").contains("samples"));
    assert!(refusal(&format!("select 1 as \"{}\"", "a".repeat(300))).contains("a name is longer"));
}

#[test]
fn what_reads_is_not() {
    for sql in [
        "select * from audit",
        "SELECT a.verb, count(*) FROM public.Audit AS a GROUP BY 1 ORDER BY 2 DESC LIMIT 5;",
        "select * from \"audit\" ; ;",
        "select * from headwater.public.topology",
        "select 1 -- ; drop table audit",
        "select '; drop table audit', 'select into', '/etc/passwd', 'with recursive' /* drop; */",
        "select * from event where message like '%挂载失败%' and reason <> U&'\\0041'",
        "with a as (select * from audit), b as (select * from a) select * from a join b on a.row_id = b.row_id",
        "select * from (with \u{8868} as (select 1 as x) select x from \u{8868}) s",
        "select * from event e where exists (select 1 from audit a where a.pod = e.pod)",
        "(select verb from audit) union (select reason from event) except select 'x'",
        "values (1, 'a'), (2, 'b')",
        "select * from unnest([1, 2, 3]) as t(x), lateral (select x + 1) s",
        "explain select * from audit",
        "explain analyze verbose select * from audit",
        "describe audit",
        "desc history.audit",
        "describe select verb from audit",
        "show tables",
        "show columns from audit",
        "show functions",
        "select table_name from information_schema.columns",
        "select attrs->>'a' from business where attrs->'b'->>'c' = '1'",
        "select case when level = 'error' then 1 else 0 end, date_trunc('hour', ts) from standard",
    ] {
        passes(sql);
    }
}

#[test]
fn what_is_no_sql_is_said_with_its_place() {
    let Err(Denied::Wrong(fault)) = check("select verb\nfrom audit wher x = 1") else { panic!("no fault") };
    assert_eq!((fault.line, fault.column), (Some(2), Some(17)), "{fault:?}");
    let Err(Denied::Wrong(fault)) = check("select\n'abc") else { panic!("no fault") };
    assert_eq!((fault.line, fault.column), (Some(2), Some(1)), "{fault:?}");
}

/// The limits hold where they say; the stack of this thread is 2 MiB.
#[test]
fn size_and_depth_have_limits() {
    let or = |n: usize| format!("select * from audit where line = 0{}", " or line = 1".repeat(n - 1));
    passes(&or(450));
    assert!(refusal(&or(5_000)).contains("operators"));
    let sum = |n: usize| format!("select 1{}", "+1".repeat(n));
    passes(&sum(990));
    for n in [1_100, 2_000, 5_000, 20_000, 32_000] {
        assert!(refusal(&sum(n)).contains("more than 1000 operators"), "{n}");
    }
    // the same depth in other clothes
    let steps = "+1".repeat(90);
    let nested = format!("select {}1{}", "(".repeat(30), format!("{steps})").repeat(30));
    assert!(refusal(&nested).contains("operators"));
    let casts = format!("select 1{}", "::int".repeat(9_000));
    assert!(refusal(&casts).contains("operators"));
    let tests = format!("select true{}", " is not null".repeat(5_000));
    assert!(refusal(&tests).contains("operators"));
    let list = |n: usize| format!("select line in ({}) from audit", vec!["1"; n].join(","));
    passes(&list(9_900));
    assert!(refusal(&list(10_100)).contains("elements"));
    assert!(refusal(&format!("select {}", vec!["1"; 10_100].join(","))).contains("parts"));
    assert!(refusal(&format!("select {}1{}", "(".repeat(60), ")".repeat(60))).contains("nested"));
    let tables: Vec<String> = (0..70).map(|i| format!("audit a{i}")).collect();
    assert!(refusal(&format!("select 1 from {}", tables.join(","))).contains("relations"));
    assert!(refusal(&format!("select '{}'", "x".repeat(70_000))).contains("64 KiB"));
}
