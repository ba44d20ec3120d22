#!/usr/bin/env python3
"""Headwater beside DuckDB on the same simulated files: audit JSON to Parquet, and counting it.

    python3 benches/run.py [BYTES]      needs duckdb (PyPI) and a release build

Prints seconds, the ratio (below 1 is faster than DuckDB) and Headwater's peak memory.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import duckdb

target = os.environ.get("CARGO_TARGET_DIR", os.path.expanduser("~/.cache/headwater/target"))
headwater = f"{target}/release/headwater"
size = sys.argv[1] if len(sys.argv) > 1 else "500000000"

with tempfile.TemporaryDirectory() as folder:
    day = pathlib.Path(folder, "day")
    subprocess.run([headwater, "simulate", "--scenario", "memory_limit_lowered", "--seed", "1",
                    "--size", size, "--out", day], check=True, stdout=subprocess.DEVNULL)
    raw = sum(f.stat().st_size for f in day.glob("audit/**/*.gz"))
    begun = time.perf_counter()
    subprocess.run([headwater, "--lake", f"{folder}/lake", "ingest", day / "audit"],
                   check=True, stdout=subprocess.DEVNULL)
    ours = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

    database = duckdb.connect()
    database.execute("set threads = 2")
    columns = ("{kind: 'varchar', level: 'varchar', auditID: 'varchar', stage: 'varchar', verb: 'varchar', "
               "requestURI: 'varchar', user: 'struct(username varchar, groups varchar[])', userAgent: 'varchar', "
               "sourceIPs: 'varchar[]', objectRef: 'struct(resource varchar, namespace varchar, name varchar, "
               "apiGroup varchar, subresource varchar)', responseStatus: 'struct(code bigint)', "
               "requestObject: 'json', responseObject: 'json', annotations: 'json', "
               "requestReceivedTimestamp: 'timestamp', stageTimestamp: 'timestamp'}")
    begun = time.perf_counter()
    database.execute(f"""copy (select * from read_json('{day}/audit/**/*.gz', format = 'newline_delimited',
        columns = {columns}) order by requestReceivedTimestamp)
        to '{folder}/audit.parquet' (format parquet, compression zstd)""")
    theirs = time.perf_counter() - begun
    rows = database.execute(f"select count(*) from '{folder}/audit.parquet'").fetchone()[0]
    kept = database.execute(f"select count(*) from read_parquet('{folder}/lake/audit/**/*.parquet')").fetchone()[0]
    assert rows == kept, (rows, kept)
    print(f"audit JSON to Parquet, {rows} rows, {raw / 1e6:.0f} MB gzip, sorted by time, zstd")
    print(f"{'headwater':<10} {ours:7.2f} s   peak {memory:.0f} MiB")
    print(f"{'duckdb':<10} {theirs:7.2f} s")
    print(f"{'ratio':<10} {ours / theirs:7.2f}")
