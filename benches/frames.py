"""One Polars in a process of its own: reads files and writes one Parquet file sorted by time, as JSON on stdin
asks; tells seconds and rows as JSON on stdout. Called by measure.py alone.
"""
import json
import sys
import time

import polars
from polars import selectors

asked = json.load(sys.stdin)
begun = time.perf_counter()
if asked["pattern"]:
    lines = polars.scan_csv(asked["files"], has_header=False, separator="\x01", quote_char=None,
                            new_columns=["line"], infer_schema=False)
    frame = lines.select(polars.col("line").str.extract_groups(asked["pattern"]).alias("part")).unnest("part")
    frame = frame.with_columns(polars.col("1").str.to_datetime("%Y-%m-%d %H:%M:%S%.3f")).sort("1")
else:
    # Parquet has no empty objects, so objects are written as JSON
    frame = polars.scan_ndjson(asked["files"]).with_columns(selectors.struct().struct.json_encode()).sort(asked["by"])
frame.sink_parquet(asked["target"], compression="zstd")
seconds = time.perf_counter() - begun
json.dump({"seconds": seconds, "rows": polars.scan_parquet(asked["target"]).select(polars.len()).collect().item()},
          sys.stdout)
