"""Where the time of an ingest goes: each stage on one thread, and how far it is from inflating alone.

`headwater stages` reads the files once for each stage, one stage further each time, and takes differences of CPU time. No
other engine is measured: the column of the peer holds inflating alone, so the ratio is the distance from it.
"""
import json
import pathlib
import shutil

import formats
import ingest
import measure


def one(headwater, what, folder):
    """Yields one row for each stage of the files of a folder, and one for all."""
    files = [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    raw, stored = ingest.raw_bytes(files), measure.warm(files)
    run = headwater("stages", folder)
    stages = {stage["name"]: stage["seconds"] for stage in json.loads(run.output)["stages"]}
    inflate = measure.Run(stages["inflate"], 0)
    whole = sum(stages.values())
    note = (f"{what}: {stored / 1e6:.0f} MB stored; {raw / 1e6 / whole:.0f} MB/s on one thread, "
            f"inflate alone {raw / 1e6 / stages['inflate']:.0f} MB/s")
    for name, seconds in [*stages.items(), ("all", whole)]:
        yield measure.Row(f"stages: {what}: {name}", f"{raw / 1e6:.0f} MB", "", measure.Run(seconds, run.peak_mib), inflate,
                          note if name == "all" else "")


def stages(headwater, folder, size):
    """Audit JSON, business JSON and business text, gzip."""
    day = ingest.simulate(headwater, folder, size)
    yield from one(headwater, "audit JSON", pathlib.Path(day, "audit"))
    for form, what in [("json", "business JSON"), ("text", "business text")]:
        packed, _ = formats.business(folder, size, form)
        yield from one(headwater, what, packed / "business")
        shutil.rmtree(packed)
