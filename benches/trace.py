"""The window joins of a trace, the same statements in both engines over the same Parquet files.

The joins are the very files sql/trace/events.sql and operations.sql, unchanged, one after the other as
the program runs them: seconds are their sum, memory is that of the greater. Around them are the
tables that src/analysis/trace/mod.rs registers: `starts` (the lake's `business` table, which for this
bench holds the starts and nothing else), `keys` (workloads.sql and keys.sql over them, written once by
DuckDB into the lake's `standard` table; the program keeps them in memory), `mentions`, `around_event`,
`around_audit` and `around_acts` (acts.sql), cut to eight hours before the first start and ten minutes after the last. Every
column of the result is read: both engines count its rows, sum its numbers and the lengths of its
texts, and must agree to the last one. `select 1` is the start of the process and the catalog: each
of Headwater's figures includes it, DuckDB's begin at an open connection.

Fair, because text, files and threads are the same; dialect.py rewrites what DuckDB names otherwise.

`trace` joins a simulated day that Headwater ingested; `trace1` and `trace30` generated rows
(cluster.py). trace30 has as many rows in 30 days and traces one of them: it should take no more
than 1.5 times as long as trace1, since files of other days are not to be read.
"""
import csv
import datetime
import io
import pathlib
import shutil

import cluster
import dialect
import ingest
import measure

SQL = pathlib.Path(__file__).resolve().parent.parent / "sql" / "trace"
TABLES = ["business", "standard", "event", "audit", "topology"]
ADDRESSES = 100
BACK = datetime.timedelta(hours=8)  # as in src/analysis/trace/mod.rs
ON = datetime.timedelta(minutes=10)

EVENTS = {"numbers": ["hop", "line", "count"],
          "texts": ["start_id", "link", "namespace", "workload", "pod", "node", "reason", "type", "kind",
                    "name", "component", "message", "row_id", "source"]}
OPERATIONS = {"numbers": ["hop", "line"],
              "texts": ["start_id", "link", "via", "namespace", "workload", "audit_id", "username", "verb",
                        "resource", "name", "operation", "message", "row_id", "source"]}

AROUND = """with around_event as (
    select * from event where ts >= '{begin}' and ts <= '{end}'
),
around_audit as (
    select * from audit where ts >= '{begin}' and ts <= '{end}'
),
around_acts as (
""" + (SQL / "acts.sql").read_text().replace("{table}", "around_audit") + ")"

# the keys of every start, as rows of `standard`
KEYS = """
with starts as (
    select row_id as start_id, ts, namespace, workload, pod, node from business
),
addresses as (
    select s.start_id, s.namespace, a.name
    from (values {addresses}) as a(start_id, name)
    join starts as s on s.start_id = a.start_id
),
calls as (
    select s.namespace, s.workload, s.namespace as callee_namespace, a.name as callee, s.ts
    from addresses as a
    join starts as s on s.start_id = a.start_id
),
workloads as (
{workloads}
),
keys as (
{keys}
)
select s.ts, 'bench' as cluster, cast(null as varchar) as namespace, cast(null as varchar) as workload,
    cast(null as varchar) as pod, cast(null as varchar) as container, cast(null as varchar) as node,
    k.link as level, k.key as message, k.start_id as row_id, 'keys' as source,
    cast(k.hop as bigint) as line, cast(k.identity as varchar) as attrs, cast(null as varchar) as stream,
    k.via as template, cast(null as varchar) as template_id
from keys as k
join starts as s on s.start_id = k.start_id
order by s.ts, k.start_id, k.key, k.link, k.hop
"""

JOIN = AROUND + """,
starts as (
    select row_id as start_id, ts, namespace, workload, pod, node
    from business
    where line % {step} = 0
),
keys as (
    select row_id as start_id, message as key, level as link, line as hop,
        cast(attrs as double) as identity, template as via
    from standard
),
mentions as (
    select start_id, 'name:' || namespace || '/' || workload || '-config' as key,
        0.8 as identity, 0 as hop
    from starts
),
linked as (
{join}
)
select {sums} from linked
"""


def sums(columns):
    """Returns what is told of a result: as many aggregates as make two results surely alike."""
    told = {"rows": "count(*)", "first_row": "min(row_id)", "last_row": "max(row_id)",
            "ts": "cast(sum(floor(date_part('epoch', ts))) as bigint)",
            "starts": "count(distinct start_id)",
            "identity": "cast(round(sum(identity) * 100) as bigint)"}
    told |= {name: f"cast(sum({name}) as bigint)" for name in columns["numbers"]}
    told |= {f"{name}_length": f"cast(sum(length({name})) as bigint)" for name in columns["texts"]}
    return ", ".join(f"{sql} as {name}" for name, sql in told.items())


def write_keys(headwater, lake):
    """Makes the keys of all starts, and puts them into the lake."""
    views = list(views_of(lake, [table for table in TABLES if table != "standard"]))
    # the first starts name a Service each, in turn
    named = measure.duckdb(f"""
        with services as (
            select name, row_number() over (order by name) - 1 as at, count(*) over () as n
            from (select distinct name from topology where relation = 'selects')
        ),
        numbered as (select row_id, row_number() over (order by ts, row_id) as at from business)
        select row_id, name from numbered join services on services.at = numbered.at % n
        order by numbered.at limit {ADDRESSES}""", views).output
    addresses = ", ".join(f"('{start}', '{name}')" for start, name in named) or "('', '')"
    text = dialect.for_duckdb(KEYS.format(addresses=addresses, **texts()))
    path = cluster.path_of("standard", 0, 0)
    (lake / path).parent.mkdir(parents=True, exist_ok=True)
    measure.duckdb("select 1", [*views, f"copy ({text}) to '{lake / path}' (format parquet)"])
    cluster.register(headwater, lake, [path])


def texts():
    """Returns the statements of sql/trace/ by name."""
    return {path.stem: path.read_text() for path in SQL.glob("*.sql")}


def statements(views, step):
    """Returns the two statements around every `step`-th start, and how many starts that is."""
    count, first, last = measure.duckdb(
        f"select count(*), epoch_us(min(ts)), epoch_us(max(ts)) from business where line % {step} = 0",
        views).output[0]

    def at(us):
        return datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(microseconds=us)

    def around(name, columns):
        return JOIN.format(step=step, begin=(at(first) - BACK).isoformat(), end=(at(last) + ON).isoformat(),
                           join=texts()[name], sums=sums(columns))

    return {"events": around("events", EVENTS), "operations": around("operations", OPERATIONS)}, count


def views_of(lake, tables):
    """Returns what makes the lake's tables known to DuckDB: views over the same files."""
    yield from dialect.SETUP
    for table in tables:
        yield (f"create view {table} as select * from "
               f"read_parquet('{lake}/{table}/**/*.parquet', hive_partitioning = false)")


def side_by_side(headwater, lake, views, text, runs):
    """Runs a statement of one row in both engines; returns each one's Run, and the row."""
    file = lake / "statement.sql"
    file.write_text(text)
    ours, theirs = measure.alternate(
        runs, lambda: headwater("--lake", lake, "sql", "-f", file, "--format", "csv"),
        lambda: measure.duckdb(dialect.for_duckdb(text), views))
    names, values = csv.reader(io.StringIO(ours.output))
    expected = ["" if value is None else str(value) for value in theirs.output[0]]
    unlike = [f"{n}: headwater {a}, duckdb {b}" for n, a, b in zip(names, values, expected) if a != b]
    assert not unlike, "\n".join(unlike)
    return ours, theirs, dict(zip(names, values))


def joined(headwater, lake, what, steps, runs):
    """Runs the joins over ever more starts in both engines."""
    write_keys(headwater, lake)
    files = [path for table in TABLES for path in lake.glob(f"{table}/**/*.parquet")]
    measure.warm(files)
    views = list(views_of(lake, TABLES))
    events, operations = (measure.duckdb(f"select count(*) from {table}", views).output[0][0]
                          for table in ("event", "audit"))
    size, rows = f"{sum(f.stat().st_size for f in files) / 1e6:.0f} MB", f"{events} x {operations}"
    base = [headwater("--lake", lake, "sql", "select 1", "--format", "csv") for _ in range(runs)]
    yield measure.Row(f"{what}: select 1", size, "1", measure.median(base))
    for step in steps:
        both, starts = statements(views, step)
        ours, theirs, told = [], [], []
        for name, text in both.items():
            our, their, found = side_by_side(headwater, lake, views, text, runs)
            ours.append(our)
            theirs.append(their)
            told.append(f"{found['rows']} {name} of {found['starts']} starts")
            assert int(found["rows"]), f"no {name} are linked"
        yield measure.Row(f"{what}: {starts} starts", size, rows, in_turn(ours), in_turn(theirs),
                          f"{' and '.join(told)} linked, the same in both")


def in_turn(runs):
    """Returns runs one after the other as one."""
    return measure.Run(sum(run.seconds for run in runs), max(run.peak_mib for run in runs))


def simulated(headwater, folder, size, runs):
    """The joins over a simulated day; its errors, at most 10000 of them, are the starts."""
    lake = pathlib.Path(folder, "trace-lake")
    headwater("--lake", lake, "ingest", ingest.simulate(headwater, folder, size))
    starts = cluster.path_of("business", 0, 0)
    cluster.write(lake / "starts", {starts: f"""
        with errors as (
            select *, row_number() over (order by ts, row_id) - 1 as place, count(*) over () as n
            from read_parquet('{lake}/business/**/*.parquet', hive_partitioning = false)
            where level in ('error', 'fatal') and pod is not null
        ),
        spread as (select * from errors where place % greatest(1, n // 10000) = 0 order by place limit 10000)
        select * exclude (place, n) replace (row_number() over (order by place) - 1 as line)
        from spread order by place"""})
    for table in ("business", "standard"):
        cluster.drop(lake, table)
    (lake / "starts" / "business").rename(lake / "business")
    cluster.register(headwater, lake, [starts])
    yield from joined(headwater, lake, "trace", [100, 10, 1], runs)
    shutil.rmtree(lake)


def generated(headwater, folder, audit_rows, days, runs):
    """The joins over generated rows of one day or more."""
    lake = cluster.lake_of(headwater, pathlib.Path(folder, f"trace{days}-lake"), audit_rows, days)
    yield from joined(headwater, lake, f"trace{days}", [100, 10, 1], runs)
    shutil.rmtree(lake)
