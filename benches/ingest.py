"""Raw logs to Parquet: how fast beside DuckDB, and in how much memory.

`ingest`: the audit log of one simulated day (JSON lines, gzip) becomes Parquet, zstd, sorted by
time. Fair, because both read the same files with two threads, write every record as one row
(asserted) and keep request and response whole. Not alike, and in DuckDB's favour: Headwater also
finds out the format, resolves workloads, classes operations, keeps unknown fields, writes bloom
filters, gathers the topology, syncs its files and commits them to a catalog, where DuckDB is told
the columns and leaves out what it was not told. In Headwater's favour: DuckDB sorts the day as a
whole into one file, Headwater each of its files.

`memory`: the peak of ingesting the whole day, all four log types, at a tenth of the size and at
the size. It should stay flat and below 512 MiB: memory is bounded by what a worker gathers, not
by the day. DuckDB does not stand beside it; it has no reader of the other three.
"""
import gzip
import pathlib
import shutil

import measure

LIMIT_MIB = 512

COLUMNS = """{kind: 'varchar', level: 'varchar', auditID: 'varchar', stage: 'varchar', verb: 'varchar',
    requestURI: 'varchar', user: 'struct(username varchar, groups varchar[])', userAgent: 'varchar',
    sourceIPs: 'varchar[]', objectRef: 'struct(resource varchar, namespace varchar, name varchar,
    apiGroup varchar, subresource varchar)', responseStatus: 'struct(code bigint)',
    requestObject: 'json', responseObject: 'json', annotations: 'json',
    requestReceivedTimestamp: 'timestamp', stageTimestamp: 'timestamp'}"""


def simulate(headwater, folder, size):
    """Writes the raw logs of a day and returns their folder."""
    day = pathlib.Path(folder, f"day-{size}")
    if not day.exists():
        headwater("simulate", "--scenario", "memory_limit_lowered", "--seed", 1, "--size", size, "--out", day)
    return day


def raw_bytes(paths):
    """Returns how many bytes gzip files hold, uncompressed."""
    total = 0
    for path in paths:
        with gzip.open(path) as file:
            while chunk := file.read(measure.CHUNK_BYTES):
                total += len(chunk)
    return total


def rows_in(headwater, lake, table=None):
    """Returns the rows of a lake's table, or of all four."""
    tables = [table] if table else ["business", "standard", "event", "audit"]
    counts = " union all ".join(f"select count(*) as rows from {table}" for table in tables)
    answer = headwater("--lake", lake, "sql", f"select sum(rows) as rows from ({counts}) as counts",
                       "--format", "csv")
    return int(answer.output.split()[1])


def ingest(headwater, folder, size, runs):
    """Audit JSON to Parquet by both engines."""
    day = simulate(headwater, folder, size)
    files = sorted(day.glob("audit/**/*.gz"))
    raw, stored = raw_bytes(files), measure.warm(files)
    lake, target = pathlib.Path(folder, "ingest-lake"), pathlib.Path(folder, "audit.parquet")

    def ours():
        shutil.rmtree(lake, ignore_errors=True)
        return headwater("--lake", lake, "ingest", day / "audit")

    def theirs():
        return measure.duckdb(f"""copy (
            select * from read_json('{day}/audit/**/*.gz', format = 'newline_delimited', columns = {COLUMNS})
            order by requestReceivedTimestamp
        ) to '{target}' (format parquet, compression zstd)""")

    ours, theirs = measure.alternate(runs, ours, theirs)
    count = "select count(*) from read_parquet('{}')"
    written = measure.duckdb(count.format(target)).output[0][0]
    kept = measure.duckdb(count.format(f"{lake}/audit/**/*.parquet")).output[0][0]
    assert written == kept, f"duckdb wrote {written} rows, headwater {kept}"
    shutil.rmtree(lake)
    target.unlink()
    yield measure.Row(
        "ingest: audit JSON to Parquet", f"{raw / 1e6:.0f} MB", str(kept), ours, theirs,
        f"{stored / 1e6:.0f} MB gzip; headwater {raw / 1e6 / ours.seconds:.0f} MB/s, "
        f"duckdb {raw / 1e6 / theirs.seconds:.0f} MB/s of raw JSON")


def memory(headwater, folder, size):
    """The peak of a whole day at a tenth of the size and at the size. One run each: the peak is
    what counts."""
    for part in (size // 10, size):
        day = simulate(headwater, folder, part)
        measure.warm(path for path in day.rglob("*") if path.is_file())
        lake = pathlib.Path(folder, "memory-lake")
        ours = headwater("--lake", lake, "ingest", day)
        rows = rows_in(headwater, lake)
        shutil.rmtree(lake)
        verdict = "below" if ours.peak_mib < LIMIT_MIB else "ABOVE"
        size_text = f"{part / 1e6:.0f} MB"
        yield measure.Row(f"memory: whole day, limit {LIMIT_MIB} MiB", size_text, str(rows), ours,
                          note=f"{size_text}: peak {ours.peak_mib:.0f} MiB, {verdict} {LIMIT_MIB} MiB")
