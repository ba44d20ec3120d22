"""Every shipped rule returns the same rows in both engines.

Two lakes: the day of `headwater demo`, on which few rules find anything, and the lines of the rules' own tests: of each
rule the first case in which it fires, read with the rule's name as the cluster, so that rules that group by cluster
find there what their test expects. Each statement runs as `headwater sql` runs it and, translated by dialect.py, in
DuckDB over the same Parquet files. Rows are compared as sets, numbers to nine digits.

`history.<table>` and the day are cut at one point in time by the same text in both engines. The view `broken` is
made by Headwater alone (see rules.py). Prints a table and what differs; a difference ends the run with an error.
"""
import collections
import datetime
import json
import pathlib
import re
import sys
import tomllib

import dialect
import measure
import rules

DAY = datetime.datetime(2026, 11, 21, 16, tzinfo=datetime.timezone.utc)  # midnight in Shanghai, of the tests
NOON = DAY + datetime.timedelta(hours=12)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00|\+00)")


def parity(headwater, folder):
    """Compares every rule over both lakes and prints the table."""
    demo = pathlib.Path(folder, "demo")
    headwater("demo", "--dir", demo)
    lakes = [("demo day", demo / "lake", NOON), ("lines of tests", lake_of_tests(headwater, folder), DAY)]
    counts, unlike = [], []
    for name, lake, split in lakes:
        shipped = rules.shipped()
        statements = [windowed(rule.sql(), split) for rule in shipped]
        ours = [rows_of(headwater, lake, sql) for sql in statements]
        theirs = measure.duckdb([dialect.for_duckdb(sql) for sql in statements], rules.views(headwater, lake)).output
        verdicts = [verdict(our, their) for our, their in zip(ours, theirs)]
        unlike += [f"{name}: {rule.id}: {said}" for rule, said in zip(shipped, verdicts) if said]
        counts.append((name, len(shipped), verdicts.count(""), sum(map(bool, ours)), sum(map(len, ours))))
    print(f"{'parity':16}{'rules':>8}{'equal':>8}{'with rows':>12}{'rows':>8}")
    for name, *numbers in counts:
        print("{:16}{:>8}{:>8}{:>12}{:>8}".format(name, *numbers))
    if unlike:
        sys.exit("\n".join(unlike))
    return []


def lake_of_tests(headwater, folder):
    """Returns a lake with the lines of the first case of each rule in which it fires."""
    lake, lines = pathlib.Path(folder, "tests-lake"), pathlib.Path(folder, "lines")
    for rule in rules.shipped():
        cases = tomllib.loads((rules.ROOT / "rules" / f"{rule.id}.test.toml").read_text())["case"]
        case = next(case for case in cases if case["expect"] not in (0, []))
        cluster = rule.id.replace("/", "-")
        for table in rules.TABLES[:5]:
            for key, hour in [(table, "2026/11/22/10"), (f"history_{table}", "2026/11/21/10")]:
                if key in case:
                    path = lines / cluster / table / hour / "case.log"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(case[key].lstrip())
        config = lines / f"{cluster}.toml"
        config.write_text(f'cluster = "{cluster}"\n')
        measure.child([headwater.lead[0], "--config", config, "--lake", lake, "ingest", lines / cluster])
    return lake


def windowed(sql, split):
    """Returns a statement with its tables cut at a point in time, if it reads `history.*`."""
    past = set(re.findall(r"\bhistory\.(\w+)", sql))
    if not past:
        return sql
    cut = [f"{name} as (select * from {table} where ts {sign} '{split.isoformat()}')"
           for table in sorted(past) for name, sign in [(f"past_{table}", "<"), (f"day_{table}", ">=")]]
    for table in past:
        sql = re.sub(rf"\b(from|join)(\s+){table}\b", rf"\1\2day_{table} as {table}", sql)
        sql = re.sub(rf"\bhistory\.{table}\b", f"past_{table}", sql)
    rest = re.sub(r"^\s*with\b", ",", sql)
    return "with " + ",\n".join(cut) + (rest if rest != sql else f"\n{sql}")


def rows_of(headwater, lake, sql):
    """Returns the rows of a statement in Headwater, each an object."""
    file = lake / "statement.sql"
    file.write_text(sql)
    return json.loads(headwater("--lake", lake, "sql", "-f", file, "--format", "json").output)


def verdict(ours, theirs):
    """Returns how the results of a rule differ; nothing if they do not."""
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
