"""One DuckDB in a process of its own: reads what to run as JSON on stdin, tells seconds and rows
as JSON on stdout. Seconds are those of the set-up and the timed statement, from an open
connection on: planning is in, the start of Python and the loading of DuckDB are not.
Called by measure.py alone.
"""
import json
import sys
import time

import duckdb

asked = json.load(sys.stdin)
database = duckdb.connect()
database.execute(f"set threads = {asked['threads']}")
database.execute("set timezone = 'UTC'")
database.execute("set enable_progress_bar = false")
begun = time.perf_counter()
for statement in asked["setup"]:
    database.execute(statement)
rows = database.execute(asked["timed"]).fetchall()
seconds = time.perf_counter() - begun
json.dump({"seconds": seconds, "rows": rows}, sys.stdout, default=str)
