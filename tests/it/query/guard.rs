//! The allow-list for untrusted SQL: what is allowed, what is not, and the limits.

use crate::query::forbidden::FORBIDDEN;
use headwater::query::error::QueryError;
use headwater::query::guard::check;

/// Requires that a statement is not allowed, and returns reason and hint.
#[track_caller]
fn not_allowed(sql: &str) -> String {
    match check(sql) {
        Err(QueryError::NotAllowed { what, hint }) => format!("{what} ({hint})"),
        other => panic!("{:.100}: {other:.200?}", sql.replace('\n', " ")),
    }
}

#[track_caller]
fn assert_allowed(sql: &str) {
    if let Err(error) = check(sql) {
        panic!("{sql:.100}: {error:?}");
    }
}

#[test]
fn statements_that_write_are_not_allowed() {
    assert!(FORBIDDEN.len() >= 60);
    for sql in FORBIDDEN {
        assert!(!not_allowed(sql).is_empty());
    }
    assert!(not_allowed("select count(*) from audit tablesample 10").contains("samples"));
    assert!(not_allowed(&format!("select 1 as \"{}\"", "a".repeat(300))).contains("a name is longer"));
}

#[test]
fn statements_that_read_are_allowed() {
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
        assert_allowed(sql);
    }
}

#[test]
fn a_syntax_error_has_its_position() {
    let Err(QueryError::Invalid(error)) = check("select verb\nfrom audit wher x = 1") else {
        panic!("valid")
    };
    assert_eq!((error.line, error.column), (Some(2), Some(17)), "{error:?}");
    let Err(QueryError::Invalid(error)) = check("select\n'abc") else { panic!("valid") };
    assert_eq!((error.line, error.column), (Some(2), Some(1)), "{error:?}");
}

/// The limits are exact, and the stack of this thread, 2 MiB, is enough.
#[test]
fn size_and_depth_are_limited() {
    let or = |n: usize| format!("select * from audit where line = 0{}", " or line = 1".repeat(n - 1));
    assert_allowed(&or(450));
    assert!(not_allowed(&or(5_000)).contains("operators"));
    let sum = |n: usize| format!("select 1{}", "+1".repeat(n));
    assert_allowed(&sum(990));
    for n in [1_100, 2_000, 5_000, 20_000, 32_000] {
        assert!(not_allowed(&sum(n)).contains("more than 1000 nested operators"), "{n}");
    }
    // the same depth with parentheses
    let steps = "+1".repeat(90);
    let nested = format!("select {}1{}", "(".repeat(30), format!("{steps})").repeat(30));
    assert!(not_allowed(&nested).contains("operators"));
    let casts = format!("select 1{}", "::int".repeat(9_000));
    assert!(not_allowed(&casts).contains("operators"));
    let tests = format!("select true{}", " is not null".repeat(5_000));
    assert!(not_allowed(&tests).contains("operators"));
    let list = |n: usize| format!("select line in ({}) from audit", vec!["1"; n].join(","));
    assert_allowed(&list(9_900));
    assert!(not_allowed(&list(10_100)).contains("elements"));
    assert!(not_allowed(&format!("select {}", vec!["1"; 10_100].join(","))).contains("syntax nodes"));
    assert!(not_allowed(&format!("select {}1{}", "(".repeat(60), ")".repeat(60))).contains("nested"));
    let tables: Vec<String> = (0..70).map(|i| format!("audit a{i}")).collect();
    assert!(not_allowed(&format!("select 1 from {}", tables.join(","))).contains("relations"));
    assert!(not_allowed(&format!("select '{}'", "x".repeat(70_000))).contains("64 KiB"));
}
