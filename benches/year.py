#!/usr/bin/env python3
"""A lake that is a year old: what reading it costs, beside a lake of eight days.

    python3 benches/year.py [--days N] [--objects N] [--pods N] [--bytes N] [--folder DIR]

--days     days in the catalog, default 365; the last eight are simulated and ingested, the others are in the catalog
           only: no command here opens their files
--objects  objects of a day in the catalog, default 100,000
--pods     pods that the topology sees on a day, each under a new name, default 10,000
--bytes    raw bytes of each simulated day, default 4 MB
--folder   where the lakes are made, about 20 GB for a year; default: a temporary folder

Requires DuckDB (writes the topology) and a release build of headwater (see measure.py). Prints each figure with its
limit, and ends with an error if one is exceeded.
"""
import argparse
import asyncio
import datetime
import multiprocessing
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no __pycache__ beside the sources

import load
import measure

LAST = datetime.date(2026, 11, 22)
REAL_DAYS = 8
FILES = {"business": 8, "standard": 8, "event": 2, "audit": 8, "state": 1, "change": 1}
RUNS = 5
DAY_US = 86_400_000_000
TOPOLOGY = """
import duckdb, pathlib, sys
folder, pods, days = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
for day in days:
    path = folder / f"date={day}" / "part-year-0000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f'''copy (
        select ts, 'c1' as cluster, 'ns-' || pod % 40 as namespace, 'app-' || pod % 500 as workload,
            if(relation = 'uses', null, 'app-' || pod % 500 || '-' || left(md5('{day}' || pod), 10)) as pod,
            relation, kind, name || pod % modulus as name, md5('{day}' || pod // 100) || ':' || pod as row_id,
            ts as last_ts
        from (select pod, to_timestamp(epoch(timestamp '{day} 00:00:00') + pod * 86400 / {pods}) as ts
              from range({pods}) as t(pod)),
            (values ('runs_on', 'Node', 'node-', 1000), ('owns', 'ReplicaSet', 'app-rs-', 500),
                ('uses', 'ConfigMap', 'config-', 500)) as r(relation, kind, name, modulus)
        order by ts) to '{path}' (format parquet, compression zstd)''')
"""


def objects_of(database, day, count, files):
    """Adds the objects of a day, and which of the day's files have their rows."""
    name, ts = day.isoformat(), micros(day)
    # a damaged object of the analysed day would be a problem of its report
    database.execute("""
        with recursive n(n) as (select 0 union all select n + 1 from n where n + 1 < ?2)
        insert into objects (key, id, etag, size, format, frames, parsed, unparsed, dropped, state, reason, read_ts)
        select printf('year/%s/node-%04d/pod-%06d.log.gz', ?1, n / 100, n), lower(hex(randomblob(16))),
            lower(hex(randomblob(16))), 100000, 'cri+logfmt', 1000, 1000, n % 3, 0,
            iif(n % 10000 = ?4, 'damaged', 'done'), null, ?3 from n""", (name, count, ts, -1 if day == LAST else 7))
    database.execute("create temp table if not exists paths (n integer primary key, path text)")
    database.execute("delete from paths")
    database.executemany("insert into paths values (?, ?)", list(enumerate(files)))
    database.execute("""
        insert into file_objects select path, id from objects join paths on n = objects.rowid % ?2
        where key >= 'year/' || ?1 || '/' and key < 'year/' || ?1 || '0' order by 1, 2""", (name, len(files)))


def micros(day):
    """Returns the begin of a day in the lake's time zone, eight hours ahead of UTC."""
    return (day - datetime.date(1970, 1, 1)).days * DAY_US - 8 * 3600 * 1_000_000


def fill(lake, days, objects):
    """Adds objects to every day, and the files of the days that are not on disk."""
    database = sqlite3.connect(lake / "catalog.db", isolation_level=None)
    for pragma in ("journal_mode = delete", "journal_mode = off", "synchronous = off", "cache_size = -1500000"):
        database.execute(f"pragma {pragma}")
    later = database.execute("""select type, name, sql from sqlite_master where sql is not null
        and (type = 'trigger' or type = 'index' and tbl_name in ('objects', 'file_objects'))""").fetchall()
    for kind, name, _ in later:
        database.execute(f"drop {kind} {name}")
    database.execute("begin")
    for day in days:
        name, begin = day.isoformat(), micros(day)
        real = [path for path, in database.execute(
            "select path from files where date = ? and tab not in ('topology', 'change') order by path", (name,))]
        made = [] if real else [(f"{table}/date={name}/part-{n}-0000.parquet", table, name,
                                 begin + n * DAY_US // count, begin + (n + 1) * DAY_US // count - 1)
                                for table, count in FILES.items() for n in range(count)]
        database.executemany("insert into files (path, tab, date, rows, bytes, min_ts, max_ts) "
                             f"values (?, ?, ?, 1000000, {200 << 20}, ?, ?)", made)
        objects_of(database, day, objects, real or [path for path, *_ in made])
    database.execute("delete from object_counts")
    database.execute("insert into object_counts select state, count(*), sum(unparsed) from objects group by state")
    for *_, sql in later:
        database.execute(sql)
    database.execute("commit")
    database.execute("pragma journal_mode = wal")
    database.close()


def topology(lake, days, pods):
    """Writes the relations of each day and registers them."""
    folder = lake / "topology"
    command = [sys.executable, "-c", TOPOLOGY, folder, str(pods), *(day.isoformat() for day in days)]
    subprocess.run(list(map(str, command)), check=True)
    database = sqlite3.connect(lake / "catalog.db")
    for day in days:
        path = f"topology/date={day}/part-year-0000.parquet"
        database.execute("insert into files (path, tab, date, rows, bytes, min_ts, max_ts) values (?,?,?,?,?,?,?)", (
            path, "topology", day.isoformat(), 3 * pods, (lake / path).stat().st_size, micros(day) + 8 * 3600 * 10**6,
            micros(day) + 8 * 3600 * 10**6 + DAY_US - 1))
    database.commit()
    database.close()


async def requests(server):
    """Returns the median time of a small statement and of the metrics, in milliseconds."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    figures = []
    for method, path, body in (("POST", "/v1/sql", {"sql": "select 1"}), ("GET", "/metrics", None)):
        took = []
        for _ in range(20):
            begun = time.perf_counter()
            status, _, text = await load.request(server, reader, writer, method, path, body)
            if status != 200:
                raise SystemExit(f"error: {path}: {status} {text.decode(errors='replace')}")
            took.append(time.perf_counter() - begun)
        figures.append(statistics.median(took) * 1000)
    writer.close()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("days", 365), ("objects", 100_000), ("pods", 10_000), ("bytes", 4_000_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder")
    options = parser.parse_args()
    binary = measure.find_headwater()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        headwater = measure.Headwater(binary, folder)
        week, year = pathlib.Path(folder, "week"), pathlib.Path(folder, "year")
        days = [LAST - datetime.timedelta(days=n) for n in range(options.days)][::-1]
        for seed, day in enumerate(days[-REAL_DAYS:]):
            bucket = pathlib.Path(folder, "bucket", day.isoformat())
            headwater("simulate", "--scenario", "memory_limit_lowered", "--seed", seed + 1, "--date", day,
                      "--size", options.bytes, "--out", bucket)
            headwater("--lake", week, "ingest", bucket)
        shutil.copytree(week, year)
        for lake, filled in ((week, days[-REAL_DAYS:]), (year, days)):
            topology(lake, filled, options.pods)
            # in a process of its own: a child's peak memory begins at what its parent held
            filling = multiprocessing.Process(target=fill, args=(lake, filled, options.objects))
            filling.start()
            filling.join()
            if filling.exitcode != 0:
                sys.exit("error: the catalog was not filled")
        figures = []
        compacted = headwater("--lake", year, "lake", "compact")
        headwater("--lake", week, "lake", "compact")
        figures.append(("first compaction, s", compacted.seconds, None))
        status = [headwater("--lake", year, "lake", "status") for _ in range(3)]
        figures.append(("lake status, s", statistics.median(run.seconds for run in status), 1.0))
        figures.append(("lake status, MiB", max(run.peak_mib for run in status), 200))
        with load.Server(binary, folder, year) as server:
            sql, metrics = asyncio.run(requests(server))
        figures += [("/v1/sql select 1, ms", sql, 50), ("/metrics, ms", metrics, 100)]
        analyze = ("analyze", "--date", LAST, "--json")
        of_year, of_week = measure.alternate(RUNS, lambda: headwater("--lake", year, *analyze),
                                             lambda: headwater("--lake", week, *analyze))
        figures.append(("report of a day, s", of_year.seconds, None))
        figures.append((f"the same beside {REAL_DAYS} days", of_year.seconds / of_week.seconds, 1.2))
        size = (year / "catalog.db").stat().st_size / 2**30
        print(f"{options.days} days of {options.objects} objects and {options.pods} pods; catalog {size:.1f} GiB")
        for what, value, limit in figures:
            print(f"{what:28} {value:9.2f}" + (f"  limit {limit}" if limit else ""))
        over = [what for what, value, limit in figures if limit and value > limit]
        if over:
            sys.exit(f"error: over the limit: {', '.join(over)}")


if __name__ == "__main__":
    main()
