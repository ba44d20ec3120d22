"""A statement of a stranger through a warm process, beside the same work in the process itself.

`headwater query-worker` is asked the way `headwater serve` asks it: a question down a pipe, Arrow up
another, the process warm. It says how long it was at it, from the statement's text to the last row,
with the session that it makes anew for each question: what the same code takes in a process that
needs no pipe. The difference is what a process of its own costs: two pipes, two wake-ups, the bytes.
Medians of --runs × 10 questions each, at least 30; 20 ms are allowed.

This reader is Python and slower than the server: Headwater is the one charged.
"""
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import tempfile
import time

import measure

GOAL_MS = 20
STATEMENTS = {
    "one row": "select 1",
    "a group": "select verb, count(*) as n from audit group by verb order by n desc",
    "1000 rows": "select * from audit order by ts limit 1000",
}


class Worker:
    """A process of the pool."""

    def __init__(self, binary, lake):
        self.temp = tempfile.mkdtemp(prefix="headwater-bench-query-")
        command = [binary, "--lake", lake, "query-worker", "--threads", str(measure.THREADS), "--temp", self.temp]
        environment = {"MIMALLOC_ARENA_RESERVE": "32MiB", "TMPDIR": self.temp}
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def ask(self, sql):
        """Asks and returns the milliseconds that passed here, those that it took there, and the bytes."""
        asked = {"sql": sql, "rows": 10_000, "bytes": 16 << 20, "memory_bytes": 1 << 30, "cpu_s": 60}
        body = json.dumps(asked).encode()
        begun = time.perf_counter()
        self.process.stdin.write(struct.pack("<cI", b"Q", len(body)) + body)
        self.process.stdin.flush()
        arrow = 0
        while True:
            kind, length = struct.unpack("<cI", self.process.stdout.read(5))
            body = self.process.stdout.read(length)
            if kind == b"E":
                break
            arrow += length
        passed = (time.perf_counter() - begun) * 1000
        return passed, json.loads(body)["Ok"]["engine_us"] / 1000, arrow

    def end(self):
        """Ends it, and returns its peak memory in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        self.process.stdin.close()
        self.process.wait()
        assert not os.path.exists(self.temp), "its folder is left"
        return int(peak) / 1024


def warm(headwater, folder, size, runs):
    """Asks each statement of a warm process."""
    bucket, lake = pathlib.Path(folder, "query-bucket"), pathlib.Path(folder, "query-lake")
    headwater("simulate", "--scenario", "memory_limit_lowered", "--seed", 5, "--size", size, "--out", bucket)
    (bucket / "truth.json").unlink()
    headwater("--lake", lake, "ingest", bucket)
    worker = Worker(headwater.lead[0], lake)
    rounds = max(30, runs * 10)
    figures = {}
    for name, sql in STATEMENTS.items():
        worker.ask(sql)
        told = [worker.ask(sql) for _ in range(rounds)]
        figures[name] = [statistics.median(column) for column in zip(*told)]
    peak = worker.end()
    for name, (passed, took, arrow) in figures.items():
        more = passed - took
        yield measure.Row(
            f"query: {name}", f"{size / 1e6:.0f} MB", f"{arrow / 1e3:.0f} kB", measure.Run(passed / 1000, peak),
            note=f"{passed:.1f} ms through a warm process, {took:.1f} ms of them in it: {more:.2f} ms more, "
                 f"median of {rounds}; less than {GOAL_MS} are wanted: {'reached' if more < GOAL_MS else 'MISSED'}")
    shutil.rmtree(bucket)
    shutil.rmtree(lake)
