"""Child processes, their time and their memory: what every benchmark here stands on.

Each engine runs as a child of its own, limited to two threads. Seconds of Headwater are the
wall time of the whole process; seconds of DuckDB are told by its child (see duck.py) and leave
out the start of Python. Where the two differ, Headwater is the one charged more.

Peak memory is `ru_maxrss` of that one child, from `os.wait4`. Linux lets a child's maximum begin
at what its parent held, so this process stays small and never imports duckdb; and DuckDB's peak
holds the Python interpreter around it, about 20 MiB.
"""
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

THREADS = 2
CHUNK_BYTES = 1 << 20


@dataclasses.dataclass
class Run:
    """One run of one engine, or the median of several."""
    seconds: float
    peak_mib: float
    output: object = None


@dataclasses.dataclass
class Row:
    """One line of the printed table. `theirs` is None where there is nothing to stand beside."""
    what: str
    size: str
    rows: str
    ours: Run
    theirs: Run | None = None
    note: str = ""


def find_headwater():
    """Returns the release binary: $HEADWATER, else where cargo puts it."""
    named = os.environ.get("HEADWATER")
    targets = [os.environ.get("CARGO_TARGET_DIR"), "~/.cache/headwater/target", "./target"]
    built = [pathlib.Path(t).expanduser() / "release" / "headwater" for t in targets if t]
    for path in [pathlib.Path(named)] if named else built:
        if path.is_file():
            return path.resolve()
    sys.exit(f"error: no release build of headwater in {named or ', '.join(map(str, built))}\n"
             "hint: `cargo build --release`, or name one: HEADWATER=path")


def child(command, given=None, accepted=(0,)):
    """Runs a command to its end and returns its Run with stdout as text; ends the benchmark
    with any other exit code than those accepted."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, \
            tempfile.TemporaryFile() as stderr:
        stdin.write((given or "").encode())
        stdin.seek(0)
        begun = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdin=stdin, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode not in accepted:
            sys.exit(f"error: exit code {process.returncode} of {' '.join(map(str, command))}\n"
                     f"{stderr.read().decode(errors='replace')}")
        return Run(seconds, usage.ru_maxrss / 1024, stdout.read().decode())


class Headwater:
    """The binary with a config that gives it the same threads as DuckDB."""

    def __init__(self, binary, folder):
        config = pathlib.Path(folder, "bench.toml")
        config.write_text(f"[engine]\nthreads = {THREADS}\n")
        self.lead = [binary, "--config", config]

    def __call__(self, *arguments, accepted=(0,)):
        return child([*self.lead, *arguments], accepted=accepted)


def duckdb(timed, setup=(), most=1_000_000):
    """Runs statements in a fresh DuckDB; `timed` is the one that counts, or a list of them. Returns its
    Run; the output is the rows, of a list the results of each with at most `most` rows."""
    asked = json.dumps({"threads": THREADS, "setup": list(setup), "timed": timed, "most": most})
    run = child([sys.executable, pathlib.Path(__file__).with_name("duck.py")], asked)
    told = json.loads(run.output)
    return Run(told["seconds"], run.peak_mib, told["rows"])


def polars(files, target, by="", pattern=""):
    """Reads files in a fresh Polars and writes one sorted Parquet file; returns its Run, the count of rows as
    output. With a pattern the files are text, else JSON lines sorted by a member."""
    asked = json.dumps({"files": list(map(str, files)), "target": str(target), "by": by, "pattern": pattern})
    command = ["env", f"POLARS_MAX_THREADS={THREADS}", sys.executable, pathlib.Path(__file__).with_name("frames.py")]
    run = child(command, asked)
    told = json.loads(run.output)
    return Run(told["seconds"], run.peak_mib, told["rows"])


def alternate(runs, *engines):
    """Runs the engines in turn, `runs` times each, and returns each one's median seconds and
    greatest peak; the output is that of the last run."""
    pairs = [tuple(engine() for engine in engines) for _ in range(runs)]
    return tuple(median(side) for side in zip(*pairs))


def median(runs):
    """Returns the median seconds and the greatest peak of runs of one engine."""
    return Run(statistics.median(run.seconds for run in runs),
               max(run.peak_mib for run in runs), runs[-1].output)


def warm(paths):
    """Reads files once, so that no engine pays for the disk; returns their bytes."""
    total = 0
    for path in paths:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                total += len(chunk)
    return total


def show(rows):
    """Prints the rows as one table, notes below it."""
    head = ["what", "input", "rows", "headwater s", "duckdb s", "ratio", "headwater MiB", "duckdb MiB"]
    table = [head]
    for row in rows:
        theirs = row.theirs
        table.append([
            row.what, row.size, row.rows, f"{row.ours.seconds:.2f}",
            f"{theirs.seconds:.2f}" if theirs else "-",
            f"{row.ours.seconds / theirs.seconds:.2f}" if theirs else "-",
            f"{row.ours.peak_mib:.0f}", f"{theirs.peak_mib:.0f}" if theirs else "-",
        ])
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        what, *numbers = (cell.rjust(width) for cell, width in zip(line, widths))
        print("  ".join([what.strip().ljust(widths[0]), *numbers]))
    print()
    for row in rows:
        if row.note:
            print(f"{row.what}: {row.note}")
