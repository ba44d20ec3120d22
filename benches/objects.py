"""Many small objects beside few large ones: the same lines, cut at line ends into 20 objects, and
into objects of 100 KB.

Both runs are Headwater's: the column of the peer holds the 20 objects, so the ratio says what
smallness costs. It should stay below 1.3. Business, event and audit lines of one simulated day,
uncompressed, so that an object's size is its bytes.
"""
import gzip
import pathlib
import shutil

import ingest
import measure

FEW = 20
SMALL_BYTES = 100_000


def cut(day, folder, object_bytes):
    """Writes the day's lines as objects of about that size; returns how many they are."""
    count = 0
    for log in ("audit", "business", "event"):
        out, left = None, 0
        for path in sorted(day.glob(f"{log}/**/*.gz")):
            with gzip.open(path) as lines:
                for line in lines:
                    if left <= 0:
                        if out:
                            out.close()
                        target = pathlib.Path(folder, log, "2026/11/22", f"part-{count:06}.log")
                        target.parent.mkdir(parents=True, exist_ok=True)
                        out, left, count = target.open("wb"), object_bytes, count + 1
                    out.write(line)
                    left -= len(line)
        if out:
            out.close()
    return count


def objects(headwater, folder, size, runs):
    """The same bytes in few objects and in many."""
    day = ingest.simulate(headwater, folder, size)
    few, many = pathlib.Path(folder, "few"), pathlib.Path(folder, "many")
    raw = ingest.raw_bytes(path for log in ("audit", "business", "event") for path in day.glob(f"{log}/**/*.gz"))
    counts = {few: cut(day, few, raw // FEW + 1), many: cut(day, many, SMALL_BYTES)}
    for source in counts:
        measure.warm(path for path in source.rglob("*") if path.is_file())
    lake = pathlib.Path(folder, "objects-lake")

    def run(source):
        shutil.rmtree(lake, ignore_errors=True)
        return headwater("--lake", lake, "ingest", source)

    rows = {}
    for source in counts:
        run(source)
        rows[source] = ingest.rows_in(headwater, lake)
    assert rows[few] == rows[many], f"{rows[few]} rows of few objects, {rows[many]} of many"
    ours, theirs = measure.alternate(runs, lambda: run(many), lambda: run(few))
    for source in (few, many, lake):
        shutil.rmtree(source)
    yield measure.Row(f"objects: {counts[many]} beside {counts[few]} of the same bytes", f"{raw / 1e6:.0f} MB",
                      str(rows[many]), ours, theirs, f"{counts[many]} objects / {counts[few]} objects")
