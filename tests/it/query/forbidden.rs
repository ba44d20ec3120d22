//! Statements that must not be allowed, and deadly statements that are allowed. The sandbox, HTTP and MCP
//! are tested with both.

/// The path that the statements below try to write.
pub const TARGET: &str = "/tmp/headwater-forbidden";

/// Statements that are not allowed: each fails with the same error kind, and nothing is written.
pub const FORBIDDEN: &[&str] = &[
    // definitions
    "create table t (a int)",
    "create table t as select * from audit",
    "create view v as select 1",
    "create or replace view audit as select 1",
    "create external table t stored as csv location '/etc/passwd'",
    "create external table t stored as parquet location '/tmp/headwater-forbidden/'",
    "create schema s",
    "create database d",
    "create function f() returns int return 1",
    "create index i on audit (ts)",
    "drop table audit",
    "DROP TABLE IF EXISTS audit",
    "drop view audit",
    "drop schema history cascade",
    "alter table audit add column x int",
    "truncate table audit",
    // rows
    "insert into audit values (1)",
    "insert into audit select * from audit",
    "update audit set verb = 'get'",
    "delete from audit",
    "merge into audit using event on true when matched then delete",
    "copy audit to '/tmp/headwater-forbidden/a.parquet'",
    "copy (select * from audit) to '/tmp/headwater-forbidden/a.csv' stored as csv",
    "copy audit from '/etc/passwd'",
    // settings
    "set datafusion.runtime.memory_limit = '100G'",
    "set datafusion.runtime.temp_directory = '/tmp/headwater-forbidden'",
    "set datafusion.execution.enable_recursive_ctes = true",
    "set time zone 'UTC'",
    "reset datafusion.runtime.memory_limit",
    "show all",
    "show datafusion.runtime.temp_directory",
    "show create table audit",
    "show databases",
    "show functions like 'x'' or true; select 1 --'",
    "use other",
    // sessions
    "prepare p as select 1",
    "execute p",
    "deallocate p",
    "begin",
    "start transaction",
    "commit",
    "rollback",
    // explain of a write
    "explain insert into audit select * from audit",
    "explain analyze insert into audit select * from audit",
    "explain analyze delete from audit",
    "explain analyze verbose update audit set verb = 'get'",
    "explain copy audit to '/tmp/headwater-forbidden/a.parquet'",
    "explain analyze copy audit to '/tmp/headwater-forbidden/a.parquet'",
    "explain create table t as select 1",
    "explain analyze create external table t stored as csv location '/etc/passwd'",
    "explain drop table audit",
    "explain show tables",
    "describe insert into audit select * from audit",
    // writes within a query
    "with t as (insert into audit values (1) returning *) select * from t",
    "with t as (delete from audit returning *) select * from t",
    "with t as (update audit set verb = 'get' returning *) select * from t",
    "with t as (select 1) insert into audit select * from t",
    "with t as (select 1) delete from audit",
    "select * into t from audit",
    "with x as (select 1 as a) select a into t from x",
    "select * from (select * into t from audit) s",
    "select * from audit for update",
    "select * from audit for share",
    "(table audit)",
    "select 1 union all table audit",
    // files and URLs
    "select * from '/etc/passwd'",
    "select * from 'file:///etc/passwd'",
    "select * from \"/etc/passwd\"",
    "select * from `file:///etc/passwd`",
    "select * from '/proc/self/environ'",
    "select * from 'lake:///catalog.db'",
    "select * from 'http://169.254.169.254/latest/meta-data'",
    "select * from 's3://bucket/a.parquet'",
    "select (select count(*) from '/etc/passwd')",
    "select 1 where exists (select * from '/etc/passwd')",
    "select * from audit where verb in (select * from '/etc/passwd')",
    "select * from audit join '/etc/passwd' p on true",
    "with t as (select * from '/etc/passwd') select * from t",
    "with \"/etc/passwd\" as (select 1) select * from \"/etc/passwd\"",
    "select verb from audit union all select * from '/etc/passwd'",
    "explain select * from '/etc/passwd'",
    "describe '/etc/passwd'",
    "describe select * from '/etc/passwd'",
    "show columns from '/etc/passwd'",
    // table functions
    "select * from read_csv('/etc/passwd')",
    "select * from read_parquet('/etc/passwd')",
    "select * from parquet_metadata('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from generate_series(1, 10)",
    "select * from range(1, 10)",
    "select * from audit, lateral generate_series(1, 10)",
    "select * from table(read_csv('/etc/passwd'))",
    "select * from audit where line = (select max(value) from range(0, 10))",
    // tables outside the lake
    "select * from information_schema.df_settings",
    "select * from headwater.information_schema.df_settings",
    "select * from pg_catalog.pg_authid",
    "select * from report.saved",
    "select * from sqlite_master",
    "select * from files",
    "select * from other.public.audit",
    "select * from history.topology",
    "select * from \"AUDIT\"",
    // more than one statement
    "select 1; drop table audit",
    "select 1; select 2",
    "select 1;; select 2",
    "select 1 /* ; */; drop table audit --",
    "",
    ";",
    "-- nothing",
    // hidden by comments and look-alike letters
    "/* select */ drop table audit",
    "-- select 1\ndrop table audit",
    "/* /* */ select 1 */ drop table audit",
    "dr/**/op table audit",
    "drop\u{a0}table audit",
    "\u{ff24}\u{ff32}\u{ff2f}\u{ff30} table audit",
    "\u{feff}drop table audit",
    "sel\u{200b}ect 1",
    "select 1 \u{202e}; drop table audit",
    "select 1\u{0}; drop table audit",
    "select * from \u{430}udit",
    // recursion
    "with recursive t as (select 1 as n union all select n + 1 from t) select * from t",
    "select * from (with recursive t as (select 1 as n union all select n + 1 from t) select * from t) s",
    "explain with recursive t as (select 1 as n union all select n + 1 from t) select * from t",
    // syntax of other systems
    "call f()",
    "pragma table_info('audit')",
    "attach '/etc/passwd' as p",
    "vacuum",
    "load 'extension'",
    "grant all on audit to public",
    "lock table audit",
    "do $$ begin end $$",
];

/// Returns statements that use as much time, memory, disk or stack as they can. Each must end by its
/// deadline, with or without rows. Made for a lake of some thousand lines.
pub fn deadly() -> Vec<String> {
    deaths().into_iter().map(|(_, sql)| sql).collect()
}

/// How a deadly statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// It is not allowed, cannot be planned, or a value is out of range.
    Refused,
    /// The deadline passed.
    Deadline,
    /// The limit of memory or disk was reached.
    Memory,
    /// It returned rows: the machine was fast enough.
    Rows,
}

const REFUSED: &[Death] = &[Death::Refused];
const DEADLINE: &[Death] = &[Death::Deadline];
const MEMORY: &[Death] = &[Death::Memory];
/// It needs both without end; the machine decides which limit comes first.
const LIMITS: &[Death] = &[Death::Deadline, Death::Memory];
/// It needs memory until a value is out of range.
const HUGE: &[Death] = &[Death::Deadline, Death::Memory, Death::Refused];
/// It ends, on a fast machine in time.
const MAY_END: &[Death] = &[Death::Deadline, Death::Memory, Death::Refused, Death::Rows];

/// Returns the deadly statements, each with the ways in which it may end.
pub fn deaths() -> Vec<(&'static [Death], String)> {
    let mut all: Vec<_> = QUERIES.iter().map(|(deaths, sql)| (*deaths, (*sql).to_owned())).collect();
    let times = |text: &str, n: usize| text.repeat(n);
    let list = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    let chain = |first: &str, n: usize, next: &dyn Fn(usize) -> String, last: &str| {
        let tables: String = (1..=n).map(|i| format!(", c{i} as ({})", next(i - 1))).collect();
        format!("with c0 as ({first}){tables} select {last} from c{n}")
    };
    let twice = |i: usize| format!("select x from c{i} union all select x from c{i}");
    let longer = |i: usize| format!("select s || s as s from c{i}");
    all.extend([
        (REFUSED, format!("select true{}", times(" or true", 7_000))),
        (REFUSED, format!("select true{}", times(" or true", 20_000))),
        (REFUSED, format!("select 1{}", times("+1", 2_000))),
        (MAY_END, format!("select 1{}", times("+1", 990))),
        (MAY_END, format!("select sum(line{}) from audit", times("+line", 990))),
        (MAY_END, format!("select * from {}audit{}", times("(", 31), times(")", 31))),
        (REFUSED, format!("select * from {}select 1", times("(", 31))),
        (REFUSED, format!("select {}1{}", times("(", 500), times(")", 500))),
        (REFUSED, format!("select {}1{}", times("[", 300), times("]", 300))),
        (REFUSED, format!("select {}true", times("not ", 3_000))),
        (REFUSED, format!("select {}1", times("- ", 3_000))),
        (MAY_END, format!("select {}1{}", times("case when true then ", 40), times(" end", 40))),
        (REFUSED, format!("select count(*) from audit where line in ({})", list(12_000))),
        (MAY_END, format!("select count(*) from audit where line in ({})", list(9_000))),
        (MAY_END, format!("select 1{}", times(" union all select 1", 300))),
        (LIMITS, format!("select length(concat({}'x'))", times("repeat('x', 100000000), ", 40))),
        (LIMITS, chain("select 1 as x", 30, &twice, "count(*)")),
        (LIMITS, format!("explain verbose {}", chain("select 1 as x", 24, &twice, "count(*)"))),
        (LIMITS, chain("select 'x' as s", 40, &longer, "length(s)")),
        (
            LIMITS,
            format!(
                "select count(*) from audit a0{}",
                (1..60)
                    .map(|i| format!(" join audit a{i} on a{i}.line >= a{}.line", i - 1))
                    .collect::<String>()
            ),
        ),
    ]);
    all
}

const QUERIES: &[(&[Death], &str)] = &[
    // endless joins
    (
        DEADLINE,
        "select count(*) from standard a, standard b, standard c where a.message < b.message || c.message",
    ),
    (
        MAY_END,
        "select count(*) from standard a join standard b on a.message < b.message join standard c on b.message < c.message",
    ),
    (
        LIMITS,
        "select count(*) from standard a full outer join standard b on a.message > b.message full outer join standard c on b.message > c.message",
    ),
    (
        LIMITS,
        "select count(*) from standard a, event c where not exists (select 1 from standard b where b.message > a.message || 'x' and length(b.message) <> length(c.message))",
    ),
    (
        DEADLINE,
        "explain analyze select count(*) from standard a, standard b, standard c where a.message < b.message || c.message",
    ),
    (
        MAY_END,
        "select count(*) from unnest(range(0, 20000)) a(x), unnest(range(0, 20000)) b(y) where (x * y) % 7 = 3",
    ),
    // operators that need all rows in memory
    (
        LIMITS,
        "select a.message from standard a, standard b, event c order by a.message || b.message || c.message",
    ),
    (
        LIMITS,
        "select max(n) from (select row_number() over (order by a.message || b.message) as n from standard a, standard b, event c)",
    ),
    (LIMITS, "select array_agg(a.message) from standard a, standard b, standard c"),
    (LIMITS, "select string_agg(a.message, ',') from standard a, standard b, standard c"),
    (
        LIMITS,
        "select count(distinct a.message || b.message || c.message) from standard a, standard b, event c",
    ),
    (LIMITS, "select median(a.line + b.line + c.line) from standard a, standard b, event c"),
    (
        LIMITS,
        "select count(*) from (select ts, namespace, workload, pod, container, node, level, message, row_id, source, line, count(*) from standard group by cube(ts, namespace, workload, pod, container, node, level, message, row_id, source, line))",
    ),
    // huge values
    (MEMORY, "select repeat('x', 1000000000)"),
    (LIMITS, "select sum(length(repeat(message, 100000))) from standard"),
    (HUGE, "select length(repeat(repeat(repeat('x', 10000), 10000), 10000))"),
    (MEMORY, "select sum(length(rpad(message, 10000000, 'x'))) from standard"),
    (MEMORY, "select lpad('x', 2147483647, 'y')"),
    (REFUSED, "select array_length(array_repeat(1, 10000000000))"),
    (HUGE, "select cardinality(array_repeat(array_repeat(array_repeat(1, 10000), 10000), 10000))"),
    (HUGE, "select max(length(array_to_string(array_repeat(message, 1000000), ','))) from standard"),
    (LIMITS, "select sum(x) from (select unnest(generate_series(1, 10000000000)) as x)"),
    (LIMITS, "select unnest(range(0, 100000000000))"),
    // one endless function call
    (DEADLINE, "select levenshtein(repeat('a', 3000000), repeat('b', 3000000))"),
    (MAY_END, "select count(*) from standard where message ~ '((((a{1,100}){1,100}){1,100}){1,100})'"),
    (
        LIMITS,
        "select sum(length(regexp_replace(repeat(a.message, 2000), '(.*)(.*)(.*)(.*)x', 'y'))) from standard a, standard b",
    ),
    (LIMITS, "select regexp_like(repeat('ab', 200000000), '(a|b|ab)*c')"),
    (
        LIMITS,
        "select count(*) from standard a, standard b where repeat(a.message || b.message, 1000) like '%a%b%c%d%e%f%g%zz%'",
    ),
];
