"""The tables of a lake and the views that rules share, in DuckDB: over the files that the lake's catalog lists,
from the statements in sql/ of which Headwater makes its own views.

The view `broken` is a function of Headwater, so DuckDB reads its rows as Headwater writes them. A table without
files is read in the same way, for its columns.
"""
import pathlib
import re
import sqlite3
import subprocess

import dialect

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ["business", "standard", "event", "audit", "state", "change", "topology"]
LINES = {"business": ("concat_ws(chr(10), message, stack)", "exception"),
         "standard": ("message", "cast(null as varchar)")}


def live(lake, table):
    """Returns the files of a table that the catalog lists."""
    with sqlite3.connect(f"file:{lake / 'catalog.db'}?mode=ro", uri=True) as database:
        found = database.execute("select path from files where tab = ? order by path", (table,))
        paths = [lake / path for path, in found]
    database.close()
    return paths


def export(headwater, lake, sql, path):
    """Writes the rows of a statement of Headwater as Parquet; returns the path."""
    with path.open("wb") as file:
        command = [*headwater.lead, "--lake", lake, "sql", sql, "--format", "parquet"]
        subprocess.run(command, stdout=file, check=True)
    return path


def filled(name, **values):
    """Returns a statement of sql/ with its marks replaced."""
    sql = (ROOT / "sql" / name).read_text()
    for mark, value in values.items():
        sql = sql.replace(f"{{{mark}}}", value)
    return sql


def shared():
    """Returns the views over one table alone by name, in the dialect of rules."""
    views = {}
    for table, (text, exception) in LINES.items():
        views[f"{table}_lines"] = filled("rules/lines.sql", table=table, text=text, exception=exception)
        views[f"{table}_peers"] = filled("rules/peers.sql", table=table)
    return views


def usual():
    """Returns the views over a table and the days before by name, in the dialect of rules. How each table is counted
    is read from the program's source."""
    source, views = (ROOT / "src/query/views.rs").read_text(), {}
    for counted in re.findall(r"Counted \{ (table: [^}]*?),? \}", source):
        marks = dict(re.findall(r'(\w+): "([^"]*)"', counted))
        table = marks["table"]
        views[f"{table}_usual"] = filled("rules/usual.sql", **marks)
        views[f"{table}_days"] = filled("rules/days.sql", table=table)
    return views


def tables(headwater, lake):
    """Returns the statements that give DuckDB the tables of a lake and the views over them."""
    made = list(dialect.SETUP)
    for table in TABLES:
        files = live(lake, table) or [
            export(headwater, lake, f"select * from {table} limit 0", lake / f"{table}.parquet")]
        made.append(view("stored_state" if table == "state" else table, files))
    made.append(view("broken", [export(headwater, lake, "select * from broken", lake / "broken.parquet")]))
    of_audit = dialect.for_duckdb(filled("state/of_audit.sql", audit="audit"))
    made.append(f"create view state as select * from stored_state union all by name ({of_audit})")
    return made + [f"create view {name} as {dialect.for_duckdb(sql)}" for name, sql in shared().items()]


def view(name, files):
    """Returns the statement that makes a view over Parquet files."""
    listed = ", ".join(f"'{file}'" for file in files)
    return f"create view {name} as select * from read_parquet([{listed}], hive_partitioning = false)"


def without_history():
    """Returns the statements that give DuckDB `history.*` of a lake with one day, and the views over it."""
    return ["create schema history",
            *(f"create table history.{table} as select * from {table} limit 0" for table in TABLES),
            *(f"create view {name} as {dialect.for_duckdb(sql)}" for name, sql in usual().items())]
