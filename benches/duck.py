"""One DuckDB in a process of its own: reads what to run as JSON on stdin, prints seconds and rows
as JSON on stdout. Seconds are those of the set-up and the timed statements, from an open
connection on: planning is in, the start of Python and the loading of DuckDB are not.

`timed` is one statement, or a list of them: then each has its columns, rows and seconds, or its error.
Called by measure.py alone.
"""
import json
import sys
import time

import duckdb


def result(database, statement, most):
    """Runs a statement; returns its columns, at most `most` rows and its seconds, or its error."""
    begun = time.perf_counter()
    try:
        done = database.execute(statement)
        rows = done.fetchmany(most)
        names = [column[0] for column in done.description]
    except duckdb.Error as error:
        return {"error": str(error)}
    return {"columns": names, "rows": rows, "seconds": time.perf_counter() - begun}


asked = json.load(sys.stdin)
database = duckdb.connect()
database.execute(f"set threads = {asked['threads']}")
database.execute("set timezone = 'UTC'")
database.execute("set enable_progress_bar = false")
begun = time.perf_counter()
for statement in asked["setup"]:
    database.execute(statement)
if isinstance(asked["timed"], str):
    rows = database.execute(asked["timed"]).fetchall()
else:
    rows = [result(database, statement, asked["most"]) for statement in asked["timed"]]
seconds = time.perf_counter() - begun
json.dump({"seconds": seconds, "rows": rows}, sys.stdout, default=str)
