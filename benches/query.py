"""Measures what the sandbox costs: an untrusted statement through a warm child process, compared with the
time that the process itself spends on it.

The benchmark uses `headwater sandbox-worker` as `headwater serve` does: a request through one pipe, Arrow
through another. The process reports its own time from the statement's text to the last row, including
the session that it creates for each statement. The difference is the cost of the sandbox: two pipes,
two wake-ups, and the bytes. Medians of --runs × 10 statements, at least 30; the goal is 20 ms.

The client is Python and slower than the server, which counts against Headwater.
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
OUTPUT = {"format": "arrow", "bytes": 16 << 20, "cell_bytes": 1 << 20}
STATEMENTS = {
    "one row": "select 1",
    "a group": "select verb, count(*) as n from audit group by verb order by n desc",
    "1000 rows": "select * from audit order by ts limit 1000",
}


class Worker:
    """A child process of the pool."""

    def __init__(self, binary, lake):
        self.temp = tempfile.mkdtemp(prefix="headwater-bench-query-")
        command = [binary, "--lake", lake, "sandbox-worker", "--threads", str(measure.THREADS), "--temp", self.temp]
        environment = {"MIMALLOC_ARENA_RESERVE": "32MiB", "TMPDIR": self.temp}
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def run(self, sql):
        """Runs a statement; returns the milliseconds here, those in the process, and the bytes of Arrow."""
        request = {"sql": sql, "rows": 10_000, "output": OUTPUT, "memory_bytes": 1 << 30, "cpu_s": 60}
        body = json.dumps(request).encode()
        begun = time.perf_counter()
        self.process.stdin.write(struct.pack("<cI", b"Q", len(body)) + body)
        self.process.stdin.flush()
        arrow = 0
        while True:
            kind, length = struct.unpack("<cI", self.process.stdout.read(5))
            body = self.process.stdout.read(length)
            if kind in (b"E", b"L"):
                break
            arrow += length
        passed = (time.perf_counter() - begun) * 1000
        return passed, json.loads(body)["Ok"]["engine_us"] / 1000, arrow

    def end(self):
        """Ends the process; returns its peak memory in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        self.process.stdin.close()
        self.process.wait()
        assert not os.path.exists(self.temp), "its temporary folder is left"
        return int(peak) / 1024


def warm(headwater, folder, size, runs):
    """Runs each statement in a warm process."""
    bucket, lake = pathlib.Path(folder, "query-bucket"), pathlib.Path(folder, "query-lake")
    headwater("simulate", "--scenario", "memory_limit_lowered", "--seed", 5, "--size", size, "--out", bucket)
    (bucket / "truth.json").unlink()
    headwater("--lake", lake, "ingest", bucket)
    worker = Worker(headwater.lead[0], lake)
    rounds = max(30, runs * 10)
    figures = {}
    for name, sql in STATEMENTS.items():
        worker.run(sql)
        measured = [worker.run(sql) for _ in range(rounds)]
        figures[name] = [statistics.median(column) for column in zip(*measured)]
    peak = worker.end()
    for name, (passed, took, arrow) in figures.items():
        more = passed - took
        yield measure.Row(
            f"query: {name}", f"{size / 1e6:.0f} MB", f"{arrow / 1e3:.0f} kB", measure.Run(passed / 1000, peak),
            note=f"{passed:.1f} ms in total, {took:.1f} ms in the process: overhead {more:.2f} ms, "
                 f"median of {rounds}; goal < {GOAL_MS} ms: {'reached' if more < GOAL_MS else 'MISSED'}")
    shutil.rmtree(bucket)
    shutil.rmtree(lake)
