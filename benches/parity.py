"""Every shipped rule returns the same rows in both engines.

Two lakes: the day of `headwater demo`, on which few rules find anything, and the lines of the rules' own tests:
of each rule the first case in which it fires, with its parameters, read with the rule's name as the cluster, so
that rules that group by cluster find there what their test expects. Each statement runs as `headwater sql` runs
it and, translated by dialect.py, in DuckDB over the same Parquet files. Rows are compared as sets, numbers to
nine digits.

`headwater sql` has no window, so a rule that reads `history.<table>` gets the tables cut at one point in time, by the
same text in both engines. Prints a table and what differs; a difference ends the run with an error.
"""
import collections
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import dialect
import measure
import rules
import views

DAY = datetime.datetime(2026, 11, 21, 16, tzinfo=datetime.timezone.utc)  # midnight in Shanghai, of the tests
NOON = DAY + datetime.timedelta(hours=12)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00|\+00)")


def parity(headwater, folder):
    """Compares every rule over both lakes and prints the table."""
    demo = pathlib.Path(folder, "demo")
    tried([*headwater.lead, "demo", "--dir", demo])
    shipped = rules.shipped()
    cases = {rule.id: firing_case(rule) for rule in shipped}
    lakes = [("demo day", demo / "lake", NOON, {}),
             ("lines of tests", lake_of_tests(headwater, folder, cases), DAY, cases)]
    print(f"{'parity':16}{'rules':>8}{'equal':>8}{'with rows':>12}{'rows':>8}")
    unlike = []
    for name, lake, split, params in lakes:
        statements = [windowed(rule.sql(params.get(rule.id, {}).get("params", {})), split) for rule in shipped]
        ours = [rows_of(headwater, lake, sql) for sql in statements]
        theirs = measure.duckdb([dialect.for_duckdb(sql) for sql in statements], views.tables(headwater, lake)).output
        verdicts = [verdict(our, their) for our, their in zip(ours, theirs)]
        unlike += [f"{name}: {rule.id}: {said}" for rule, said in zip(shipped, verdicts) if said]
        rows = [len(our) for our in ours if isinstance(our, list)]
        counts = len(shipped), verdicts.count(""), sum(map(bool, rows)), sum(rows)
        print("{:16}{:>8}{:>8}{:>12}{:>8}".format(name, *counts), flush=True)
    if unlike:
        sys.exit("\n".join(unlike))
    return []


def firing_case(rule):
    """Returns the first case of a rule's tests in which it fires."""
    cases = tomllib.loads((views.ROOT / "rules" / f"{rule.id}.test.toml").read_text())["case"]
    return next(case for case in cases if case["expect"] not in (0, []))


def lake_of_tests(headwater, folder, cases):
    """Returns a lake with the lines of a case of each rule, by its id."""
    lake, lines = pathlib.Path(folder, "tests-lake"), pathlib.Path(folder, "lines")
    for rule, case in cases.items():
        cluster = rule.replace("/", "-")
        for table in views.TABLES:
            for key, hour in [(table, "2026/11/22/10"), (f"history_{table}", "2026/11/21/10")]:
                if key in case:
                    path = lines / cluster / table / hour / "case.log"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(case[key].lstrip())
        config = lines / f"{cluster}.toml"
        config.write_text(f'cluster = "{cluster}"\n')
        tried([headwater.lead[0], "--config", config, "--lake", lake, "ingest", lines / cluster])
    return lake


def tried(command):
    """Runs a command that may have problems: they are in what it made, and both engines read that."""
    return subprocess.run(list(map(str, command)), capture_output=True, check=False)


def windowed(sql, split):
    """Returns a statement with its tables cut at a point in time, if it reads the days before."""
    usual = views.usual()
    before = {name: usual[name] for name in re.findall(r"\w+_(?:usual|days)\b", sql) if name in usual}
    past = set(re.findall(r"\bhistory\.(\w+)", "".join([sql, *before.values()])))
    if not past:
        return sql
    first = [f"{name} as (select * from {table} where ts {sign} '{split.isoformat()}')"
             for table in sorted(past) for name, sign in [(f"past_{table}", "<"), (f"day_{table}", ">=")]]
    first += [f"{name} as (\n{cut(view, past)})" for name, view in before.items()]
    sql = cut(sql, past)
    rest = re.sub(r"^\s*with\b", ",", sql)
    return "with " + ",\n".join(first) + (rest if rest != sql else f"\n{sql}")


def cut(sql, tables):
    """Returns a statement that reads the two parts of tables."""
    sql = "".join(dialect.tokens(sql))
    for table in tables:
        sql = re.sub(rf"\b(from|join)(\s+){table}\b", rf"\1\2day_{table} as {table}", sql)
        sql = re.sub(rf"\bhistory\.{table}\b", f"past_{table}", sql)
    return sql


def rows_of(headwater, lake, sql):
    """Returns the rows of a statement in Headwater, each an object, or its error as a text."""
    file = lake / "statement.sql"
    file.write_text(sql)
    done = tried([*headwater.lead, "--lake", lake, "sql", "-f", file, "--format", "json"])
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.decode().strip().replace("\n", " ")


def verdict(ours, theirs):
    """Returns how the results of a rule differ; nothing if they do not."""
    if isinstance(ours, str):
        return f"fails in headwater: {ours}"
    if "error" in theirs:
        return f"cannot be translated: {theirs['error'].splitlines()[0]}"
    columns = theirs["columns"]
    left = collections.Counter(tuple(plain(row[column]) for column in columns) for row in ours)
    right = collections.Counter(tuple(map(plain, row)) for row in theirs["rows"])
    if left == right:
        return ""
    only = [list((one - other).elements()) for one, other in ((left, right), (right, left))]
    if len(only[0]) == len(only[1]) == 1:
        pairs = zip(columns, only[0][0], only[1][0])
        return ", ".join(f"{column}: headwater {a}, duckdb {b}" for column, a, b in pairs if a != b)
    return f"only headwater {len(only[0])} rows {only[0][:1]}, only duckdb {len(only[1])} rows {only[1][:1]}"


def plain(value):
    """Returns a value in the form that both engines' values have in common."""
    if isinstance(value, list):
        return tuple(map(plain, value))
    if isinstance(value, str) and TIME.fullmatch(value):
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(f"{value:.9g}")
    return value
