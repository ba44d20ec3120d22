"""The shipped audit rules, more than a hundred, over one day: in both engines over the same Parquet files.

Headwater runs `headwater agents run audit`: it plans every rule, reads the table once for all of them, runs
them, fetches the log lines of each finding and writes the report. DuckDB runs the same statements
(dialect.py) one after the other in one connection and does nothing with their rows, of which each
engine reads at most 20,000 of a rule. The second row has DuckDB load the table into its memory first, which is
what one does there for many statements; its seconds include that.

The rows are those of cluster.py. A rule must return rows in both engines or in none; that all columns agree is
shown by parity.py, over fewer rows of more kinds.
"""
import dataclasses
import datetime
import json
import pathlib
import shutil
import tomllib

import cluster
import dialect
import measure
import views

MOST_ROWS = 20_000  # MAX_ROWS_PER_RULE
GOAL = 0.4


@dataclasses.dataclass
class Rule:
    """A rule: its id, the parameters of its header, and its SQL."""
    id: str
    params: dict
    body: str

    def sql(self, params=()):
        """Returns the SQL with the values of its parameters, some of them others than in the header."""
        values = self.params | dict(params)
        return "".join(literal(values[token[1:]]) if token.startswith("$") else token
                       for token in dialect.tokens(self.body))


def shipped(agent="*"):
    """Returns the rules of rules/, or those of one agent."""
    rules = []
    for path in sorted((views.ROOT / "rules").glob(f"{agent}/*.sql")):
        header, _, body = path.read_text().partition("*/")
        params = tomllib.loads(header.partition("/*")[2]).get("params", {})
        rules.append(Rule(f"{path.parent.name}/{path.stem}", params, body))
    return rules


def literal(value):
    """Returns a value of TOML as SQL."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return "(" + ", ".join(map(literal, value)) + ")"
    return str(value).lower()


def speed(headwater, folder, audit_rows, runs):
    """The audit rules over generated rows of one day."""
    lake = cluster.lake_of(headwater, pathlib.Path(folder, "rules-lake"), audit_rows, 1)
    size = f"{measure.warm(views.live(lake, 'audit')) / 1e6:.0f} MB"
    day = (cluster.FIRST_DAY + datetime.timedelta(hours=8)).date()
    rules = shipped("audit")
    statements = [dialect.for_duckdb(rule.sql()) for rule in rules]
    made = views.tables(headwater, lake) + views.without_history()
    in_memory = [sql.replace("create view audit ", "create table audit ") for sql in made]
    ours, theirs, memory = measure.alternate(
        runs, lambda: headwater("--lake", lake, "agents", "run", "audit", "--date", day, "--json"),
        lambda: measure.duckdb(statements, made, MOST_ROWS),
        lambda: measure.duckdb(statements, in_memory, MOST_ROWS))
    ratio = ours.seconds / theirs.seconds
    goal = f"goal <= {GOAL}: {'reached' if ratio <= GOAL else 'MISSED'}"
    note = same(rules, json.loads(ours.output), theirs.output)
    what = f"rules: {len(rules)} of audit"
    yield measure.Row(what, size, str(audit_rows), ours, theirs, f"{note}; {goal}")
    yield measure.Row(f"{what}, in DuckDB's memory", size, str(audit_rows), ours, memory)
    shutil.rmtree(lake)


def same(rules, report, results):
    """Ends with an error unless the same rules return rows in both engines; returns how many do."""
    found = {finding["rule"] for finding in report["findings"]}
    problems = [problem["what"] for problem in report["problems"]]
    returned = set()
    for rule, result in zip(rules, results):
        assert "error" not in result, f"{rule.id}: {result['error']}"
        if result["rows"] and not any(f"`{rule.id}`" in problem for problem in problems):
            returned.add(rule.id)
    assert found == returned, f"only headwater: {sorted(found - returned)}, only duckdb: {sorted(returned - found)}"
    return f"{len(found)} rules return rows, the same in both, {len(problems)} problems"
