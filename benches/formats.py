"""Each kind of log to Parquet beside DuckDB and Polars, two threads: JSON and text, gzip and plain.

Fair as in ingest.py: both read the same files, write every record as one row (asserted), sorted by
time. Headwater also redacts, makes row ids and templates, and finds out the format, of which DuckDB
is told the columns or the expression. DuckDB keeps the members it was told, Headwater all.
"""
import gzip
import json
import pathlib
import random
import shutil

import ingest
import measure

LEVELS = ["debug", "info", "info", "info", "warn", "error"]
WORDS = ["basket", "order", "stock", "payment", "retry", "timeout", "connection", "user", "cart", "refused"]
# What a person would write for a logback line.
LINE = r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) +(\w+) +\[([^\]]*)\] +(\S+) - (.*)$"


def business(folder, size, form):
    """Writes application logs of about `size` bytes in four files; returns their folder and row count."""
    day = pathlib.Path(folder, f"business-{form}-{size}")
    rows, rng = 0, random.Random(7)
    for part in range(4):
        path = day / "business" / "2026-11-22" / "shop" / f"cart-6c8f7b9d5d-q8w4{'bcdf'[part]}" / "app.log.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", compresslevel=6) as file:
            written = 0
            while written < size // 4:
                at = f"2026-11-22 {rows // 36000 % 24:02}:{rows // 600 % 60:02}:{rows // 10 % 60:02}.{rows % 1000:03}"
                text = " ".join(rng.choices(WORDS, k=6)) + f" id={rng.randrange(10**6)} took {rng.randrange(900)}ms"
                level = rng.choice(LEVELS)
                if form == "json":
                    line = json.dumps({"ts": at.replace(" ", "T") + "Z", "level": level, "logger": "shop.cart",
                                       "caller": "cart/load.go:77", "msg": text, "trace_id": f"{rng.getrandbits(128):032x}",
                                       "attempt": rng.randrange(5)}, separators=(",", ":"))
                else:
                    line = f"{at} {level.upper():5} [exec-{rng.randrange(16)}] com.shop.cart.Load - {text}"
                file.write(line + "\n")
                written += len(line) + 1
                rows += 1
    return day, rows


def unpacked(day):
    """Returns a copy of a folder with its gzip files uncompressed."""
    plain = day.with_name(day.name + "-plain")
    for path in day.rglob("*.gz"):
        target = plain / path.relative_to(day).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    return plain


def one(headwater, folder, what, day, table, select, runs):
    """Ingests the files of a day by both engines."""
    files = [path for path in (day / table).rglob("*") if path.is_file()]
    raw, stored = sum(path.stat().st_size for path in files), measure.warm(files)
    if files[0].suffix == ".gz":
        raw = ingest.raw_bytes(files)
    lake, target = pathlib.Path(folder, "formats-lake"), pathlib.Path(folder, "formats.parquet")

    def ours():
        shutil.rmtree(lake, ignore_errors=True)
        return headwater("--lake", lake, "ingest", day / table)

    def theirs():
        query = select.replace("FILES", f"{day}/{table}/**/*")
        return measure.duckdb(f"copy ({query}) to '{target}' (format parquet, compression zstd)")

    by = "requestReceivedTimestamp" if table == "audit" else "ts"
    pattern = LINE if "text" in what else ""
    frames = lambda: measure.polars(files, target, by, pattern)
    ours, theirs, third = measure.alternate(runs, ours, theirs, frames)
    assert third.output == theirs.output[0][0], f"polars wrote {third.output} rows, duckdb {theirs.output}"
    written = theirs.output[0][0]
    kept = ingest.rows_in(headwater, lake)
    assert written == kept, f"duckdb wrote {written} rows, headwater {kept}"
    shutil.rmtree(lake)
    target.unlink()
    return measure.Row(f"formats: {what}", f"{raw / 1e6:.0f} MB", str(kept), ours, theirs,
                       f"{what}: {stored / 1e6:.0f} MB stored; headwater {raw / 1e6 / ours.seconds:.0f} MB/s, "
                       f"duckdb {raw / 1e6 / theirs.seconds:.0f} MB/s, "
                       f"polars {third.seconds:.2f} s, {raw / 1e6 / third.seconds:.0f} MB/s, {third.peak_mib:.0f} MiB")


def formats(headwater, folder, size, runs):
    """Audit JSON, business JSON and business text."""
    audit = (f"select * from read_json('FILES', format = 'newline_delimited', columns = {ingest.COLUMNS}) "
             "order by requestReceivedTimestamp")
    columns = ("{ts: 'timestamp', level: 'varchar', logger: 'varchar', caller: 'varchar', msg: 'varchar', "
               "trace_id: 'varchar', attempt: 'integer'}")
    objects = f"select * from read_json('FILES', format = 'newline_delimited', columns = {columns}) order by ts"
    lines = ("select cast(part.ts as timestamp) as ts, part from (select regexp_extract(line, "
             f"'{LINE}', ['ts', 'level', 'thread', 'logger', 'message']) as part from read_csv('FILES', "
             "columns = {line: 'varchar'}, delim = '\\x01', quote = '', escape = '', header = false, "
             "auto_detect = false)) order by 1")
    day = ingest.simulate(headwater, folder, size)
    yield one(headwater, folder, "audit JSON, gzip", day, "audit", audit, runs)
    plain = unpacked(pathlib.Path(day))
    yield one(headwater, folder, "audit JSON, plain", plain, "audit", audit, runs)
    shutil.rmtree(plain)
    for form, what, select in [("json", "business JSON", objects), ("text", "business text", lines)]:
        packed, rows = business(folder, size, form)
        yield one(headwater, folder, f"{what}, gzip", packed, "business", select, runs)
        plain = unpacked(packed)
        shutil.rmtree(packed)
        yield one(headwater, folder, f"{what}, plain", plain, "business", select, runs)
        shutil.rmtree(plain)
