"""A hundred audit rules over one day, in both engines over the same Parquet files.

Headwater runs `headwater agents run audit`: it plans every rule, reads the table once for all of them, runs
them, fetches the log lines of each finding and writes the report. DuckDB runs the same statements
(dialect.py) one after the other in one connection and does nothing with their rows, of which each
engine reads at most 20,000 of a rule.

`shipped` are the audit rules of rules/. `100 rules` are those, and copies of them that each look at one namespace
only, as teams write them: another filter, so neither engine can reuse anything. DuckDB is also timed with
the table loaded into its memory first, which is what one does there for many statements.

The rows are those of cluster.py. A rule must return rows in both engines or in none; that all columns agree is
shown by parity.py, over fewer rows of more kinds.
"""
import dataclasses
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tomllib

import cluster
import dialect
import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ["business", "standard", "event", "audit", "state", "change", "topology"]
COUNT = 100
TEAMS = 20  # of cluster.py
MOST_ROWS = 20_000  # MAX_ROWS_PER_RULE
GOAL = 0.4


@dataclasses.dataclass
class Rule:
    """A rule file: its id, its header, and its SQL without parameters."""
    id: str
    header: str
    params: dict
    body: str

    @property
    def agent(self):
        """The table of the rule."""
        return self.id.split("/")[0]

    def sql(self):
        """Returns the SQL with the values of its parameters."""
        return "".join(literal(self.params[token[1:]]) if token.startswith("$") else token
                       for token in dialect.tokens(self.body))


def literal(value):
    """Returns a value of TOML as SQL."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return "(" + ", ".join(map(literal, value)) + ")"
    return str(value).lower()


def shipped(agent="*"):
    """Returns the rules of rules/, or those of one agent."""
    rules = []
    for path in sorted((ROOT / "rules").glob(f"{agent}/*.sql")):
        header, _, body = path.read_text().partition("*/")
        params = tomllib.loads(header.partition("/*")[2]).get("params", {})
        rules.append(Rule(f"{path.parent.name}/{path.stem}", header, params, body))
    return rules


def of_teams(rules, count):
    """Returns that many copies of rules, each for one namespace."""
    copies = []
    for rule in rules:
        team = f"team-{len(copies) % TEAMS}"
        body = re.sub(r"\bfrom audit\b", f"from (select * from audit where namespace = '{team}') as audit", rule.body)
        copies.append(Rule(f"{rule.id}_{team.replace('-', '_')}", rule.header, rule.params, body))
    return copies[:count]


def write(rules, folder):
    """Writes rules into a rules folder."""
    for rule in rules:
        path = folder / f"{rule.id}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{rule.header}*/{rule.body}")


def live(lake, table):
    """Returns the files of a table that the catalog lists."""
    with sqlite3.connect(f"file:{lake / 'catalog.db'}?mode=ro", uri=True) as database:
        paths = [lake / path for path, in database.execute("select path from files where tab = ? order by path", (table,))]
    database.close()
    return paths


def export(headwater, lake, sql, path):
    """Writes the rows of a statement as Parquet; returns the path."""
    with path.open("wb") as file:
        subprocess.run([*headwater.lead, "--lake", lake, "sql", sql, "--format", "parquet"], stdout=file, check=True)
    return path


def views(headwater, lake, tables=None):
    """Returns the statements that give DuckDB the tables and views that rules read. The view `broken` is a function of
    Headwater, so DuckDB reads its rows."""
    tables = {table: live(lake, table) for table in TABLES} if tables is None else tables
    made = list(dialect.SETUP)
    for table, files in [*tables.items(), ("broken", [])]:
        if not files:
            files = [export(headwater, lake, f"select * from {table}{'' if table == 'broken' else ' limit 0'}",
                            lake / f"{table}.parquet")]
        name = "stored_state" if table == "state" else table
        listed = ", ".join(f"'{file}'" for file in files)
        made.append(f"create view {name} as select * from read_parquet([{listed}], hive_partitioning = false)")
    of_audit = (ROOT / "sql/state/of_audit.sql").read_text().replace("{audit}", "audit")
    made.append(f"create view state as select * from stored_state union all by name ({dialect.for_duckdb(of_audit)})")
    for table, text, exception in [("business", "concat_ws(chr(10), message, stack)", "exception"),
                                   ("standard", "message", "cast(null as varchar)")]:
        for name in ("lines", "peers"):
            sql = (ROOT / f"sql/rules/{name}.sql").read_text()
            for mark, value in [("{table}", table), ("{text}", text), ("{exception}", exception)]:
                sql = sql.replace(mark, value)
            made.append(f"create view {table}_{name} as {dialect.for_duckdb(sql)}")
    return made


def history(made):
    """Returns the statements that add `history.*` without rows: there is no day before."""
    return [*made, "create schema history",
            *(f"create table history.{table} as select * from {table} limit 0" for table in TABLES)]


def speed(headwater, folder, audit_rows, runs):
    """The shipped audit rules, and a hundred, over generated rows of one day."""
    lake = cluster.lake_of(headwater, pathlib.Path(folder, "rules-lake"), audit_rows, 1)
    files = live(lake, "audit")
    size = f"{measure.warm(files) / 1e6:.0f} MB"
    day = str((cluster.FIRST_DAY + cluster.datetime.timedelta(hours=8)).date())
    made = history(views(headwater, lake))
    in_memory = loaded(made)
    rules = shipped("audit")
    own = of_teams(rules, COUNT - len(rules))
    own_folder = pathlib.Path(folder, "rules")
    write(own, own_folder)
    command = ["--lake", lake, "agents", "run", "audit", "--date", day, "--json"]
    for what, asked, rule_folder in [(f"rules: {len(rules)} shipped", rules, []),
                                     (f"rules: {COUNT}", rules + own, ["--rules", own_folder])]:
        statements = [dialect.for_duckdb(rule.sql()) for rule in asked]
        ours, theirs, memory = measure.alternate(
            runs, lambda: headwater(*rule_folder, *command),
            lambda: measure.duckdb(statements, made, MOST_ROWS),
            lambda: measure.duckdb(statements, in_memory, MOST_ROWS))
        note = same(asked, json.loads(ours.output), theirs.output)
        ratio = ours.seconds / theirs.seconds
        goal = f"ratio {ratio:.2f}; goal <= {GOAL}: {'reached' if ratio <= GOAL else 'MISSED'}"
        yield measure.Row(what, size, str(audit_rows), ours, theirs, f"{note}; {goal}")
        yield measure.Row(f"{what}, DuckDB's table in memory", size, str(audit_rows), ours, memory)
    shutil.rmtree(lake)


def loaded(made):
    """Returns the statements with the audit log as a table in DuckDB's memory."""
    return [sql.replace("create view audit ", "create table audit ") for sql in made]


def same(rules, report, results):
    """Ends with an error unless the same rules return rows in both engines; returns how many do."""
    problems = [problem["what"] for problem in report["problems"]]
    found = {finding["rule"] for finding in report["findings"]}
    returned = set()
    for rule, result in zip(rules, results):
        assert "error" not in result, f"{rule.id}: {result['error']}"
        if result["rows"] and not any(f"`{rule.id}` is left out" in problem for problem in problems):
            returned.add(rule.id)
    assert found == returned, f"only headwater: {sorted(found - returned)}, only duckdb: {sorted(returned - found)}"
    return f"{len(found)} rules return rows, the same in both; {len(problems)} problems"
