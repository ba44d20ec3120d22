#!/usr/bin/env python3
"""Headwater beside DuckDB on the same files, in one run, two threads each.

    python3 benches/run.py [--only NAME]... [--bytes N] [--rows N] [--runs N]

NAME    ingest   audit JSON to sorted Parquet                              (ingest.py)
        formats  JSON and text, gzip and plain, to Parquet                 (formats.py)
        stages   where that time goes: N/20 bytes of each, gzip, one thread (stages.py)
        hostile  hostile objects of N/500 bytes and twice that: is time linear? (hostile.py)
        memory   peak memory of ingesting a whole day, at N/10 and N bytes (ingest.py)
        objects  the same bytes in 10,000 objects of 100 KB and in 20      (objects.py)
        trace    the trace's window joins over a simulated day of N bytes  (trace.py)
        trace1   the same over --rows audit rows of one day, generated     (trace.py)
        trace30  the same rows spread over 30 days, traced in one          (trace.py)
        lake     a needle in 30 days of --rows/10, before and after compaction (lake.py)
        pages    views of the page and statements over HTTP, 30 days of N/100 bytes  (pages.py)
        query    statements in a warm process of their own, over N/100 bytes  (query.py)
        rules    the shipped audit rules, and a hundred, over --rows*2/5 audit rows (rules.py)
        parity   every shipped rule returns the same rows in both engines  (parity.py)
--bytes raw bytes of the simulated day, 2 GB unless told
--rows  audit rows of trace1 and trace30, 10 million unless told; a twentieth as many events
--runs  runs of each engine, in turn, of which the median is told; 3 unless told

Needs duckdb from PyPI and a release build of headwater: at HEADWATER=path, else in
$CARGO_TARGET_DIR, ~/.cache/headwater/target or ./target. Data goes to $TMPDIR and is removed.

Prints one table: a ratio below 1 means faster than DuckDB. What is measured, and why it is fair
to both, stands at the top of each file; how, in measure.py. Both engines must give the same rows,
else the run ends with an error.
"""
import argparse
import sys
import tempfile

sys.dont_write_bytecode = True  # no __pycache__ beside the sources

import formats
import hostile
import ingest
import lake
import measure
import objects
import pages
import parity
import query
import rules
import stages
import trace

# each is called with the program, a folder and what was asked
BENCHES = {
    "ingest": lambda program, folder, asked: ingest.ingest(program, folder, asked.bytes, asked.runs),
    "formats": lambda program, folder, asked: formats.formats(program, folder, asked.bytes // 4, asked.runs),
    "stages": lambda program, folder, asked: stages.stages(program, folder, asked.bytes // 20),
    "hostile": lambda program, folder, asked: hostile.hostile(program, folder, asked.bytes // 500),
    "memory": lambda program, folder, asked: ingest.memory(program, folder, asked.bytes),
    "objects": lambda program, folder, asked: objects.objects(program, folder, asked.bytes * 5 // 8, asked.runs),
    "trace": lambda program, folder, asked: trace.simulated(program, folder, asked.bytes, asked.runs),
    "trace1": lambda program, folder, asked: trace.generated(program, folder, asked.rows, 1, asked.runs),
    "trace30": lambda program, folder, asked: trace.generated(program, folder, asked.rows, 30, asked.runs),
    "lake": lambda program, folder, asked: lake.compacted(program, folder, asked.rows // 10, asked.runs),
    "pages": lambda program, folder, asked: pages.pages(program, folder, asked.bytes // 100, asked.runs),
    "query": lambda program, folder, asked: query.warm(program, folder, asked.bytes // 100, asked.runs),
    "rules": lambda program, folder, asked: rules.speed(program, folder, asked.rows * 2 // 5, asked.runs),
    "parity": lambda program, folder, asked: parity.parity(program, folder),
}


def main():
    """Runs the benchmarks asked for and prints their table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=BENCHES, metavar="NAME")
    parser.add_argument("--bytes", type=int, default=2_000_000_000, metavar="N")
    parser.add_argument("--rows", type=int, default=10_000_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    asked = parser.parse_args()
    binary = measure.find_headwater()
    rows = []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        headwater = measure.Headwater(binary, folder)
        for name in asked.only or BENCHES:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows.extend(BENCHES[name](headwater, folder, asked))
    if rows:
        measure.show(rows)


if __name__ == "__main__":
    main()
