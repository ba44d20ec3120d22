"""The page and the SQL of `headwater serve` over 30 simulated days, on loopback.

Each day is a scenario of its own with a report. The views are requested one after the other over one
connection: medians of --runs x 5 responses, at least 15, and the bytes of the greatest. Goals: Today
300 ms and 200 KB, Incident 500 ms, Explore 700 ms.

The twelve statements are what an engineer on call looks up in a month: a needle by audit id, pod and trace id,
groups, patterns, time ranges, top users, distinct templates, joins. Headwater answers each through `POST
/v1/sql`: a request, the checks, a child process that lists the lake's files anew, JSON. DuckDB answers in
its own process over the same Parquet files, warm, the rows as Python objects; dialect.py rewrites what it
names otherwise. Both return the same number of rows. Goals: median ratio 1.2, none above 2.
"""
import datetime
import http.client
import json
import pathlib
import shutil
import statistics
import time
import urllib.parse

import dialect
import load
import measure

DAYS = 30
LAST_DAY = datetime.date(2026, 11, 22)
SCENARIOS = ["memory_limit_lowered", "bad_image", "configmap_edited", "dependency_scaled_down", "probe_tightened",
             "service_deleted", "node_drained", "quota_lowered", "hardware_failure", "harmless_changes"]
TABLES = ["audit", "event", "business", "standard"]
GOALS_MS = {"today": 300, "incident": 500, "explore": 700}
TODAY_BYTES = 200_000

STATEMENTS = {
    "needle by audit id": "select ts, username, verb, name from audit where audit_id = '{audit_id}'",
    "needle by pod": "select ts, level, message from business where pod = '{pod}' order by ts limit 200",
    "needle by trace id": "select ts, workload, message from business where trace_id = '{trace_id}' order by ts",
    "group by verb": "select verb, resource, count(*) as n from audit group by verb, resource order by n desc, verb, "
                     "resource limit 20",
    "errors by day": "select date_trunc('day', ts) as day, workload, count(*) as n from business "
                     "where level in ('error', 'fatal') group by day, workload order by n desc, day, workload limit 50",
    "like": "select count(*) as n from business where message like '%timeout%'",
    "regex": "select count(*) as n from business where regexp_like(message, 'order [0-9]+ .*failed')",
    "time range": "select ts, reason, message from event where ts >= timestamp '{from}' and ts < timestamp '{to}' "
                  "order by ts limit 200",
    "top users": "select username, count(*) as n from audit where verb in ('create', 'update', 'patch', 'delete') "
                 "group by username order by n desc, username limit 10",
    "distinct templates": "select count(distinct template_id) as n from business",
    "join": "select e.workload, count(*) as n from event as e join audit as a on a.namespace = e.namespace "
            "and a.name = e.workload and a.ts between e.ts - interval '10 minutes' and e.ts "
            "where a.verb in ('update', 'patch') group by e.workload order by n desc, e.workload limit 20",
    "window": "select ts, workload, n from (select date_trunc('hour', ts) as ts, workload, count(*) as n, "
              "row_number() over (partition by workload order by count(*) desc, date_trunc('hour', ts)) as place "
              "from business group by 1, 2) as hours where place <= 3 order by workload, n desc, ts",
}


def lake_of(headwater, folder, size):
    """Reads and analyzes the days; returns the lake's folder."""
    lake, bucket = pathlib.Path(folder, "pages-lake"), pathlib.Path(folder, "pages-bucket")
    for back in range(DAYS):
        date = str(LAST_DAY - datetime.timedelta(days=back))
        scenario = SCENARIOS[back % len(SCENARIOS)]
        headwater("simulate", "--scenario", scenario, "--seed", back + 1, "--size", size, "--date", date, "--out", bucket)
        (bucket / "truth.json").unlink()
        headwater("--lake", lake, "ingest", bucket)
        headwater("--lake", lake, "analyze", "--date", date, "--json")
        shutil.rmtree(bucket)
    return lake


class Client:
    """One connection to the server."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.host, server.port)

    def request(self, method, path, body=None):
        """Returns the seconds of a request and its body."""
        begun = time.perf_counter()
        headers = {"Content-Type": "application/json"} if body else {}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        response = self.connection.getresponse()
        text = response.read()
        seconds = time.perf_counter() - begun
        assert response.status == 200, f"{path}: {response.status} {text[:500]}"
        return seconds, text

    def rows(self, sql):
        """Returns the seconds of a statement and its rows."""
        seconds, text = self.request("POST", "/v1/sql", {"sql": sql, "limit": 1000})
        return seconds, json.loads(text)["rows"]


def values(client):
    """Returns what the needles look for: rows of the middle of the month."""
    day = LAST_DAY - datetime.timedelta(days=DAYS // 2)
    within = f"ts >= timestamp '{day} 02:00:00' and ts < timestamp '{day} 06:00:00'"
    found = {"from": f"{day} 02:00:00+00", "to": f"{day} 06:00:00+00"}
    for table, column in (("audit", "audit_id"), ("business", "pod"), ("business", "trace_id")):
        _, rows = client.rows(f"select {column} from {table} where {within} and {column} is not null order by ts limit 1")
        found[column] = rows[0][column]
    return found


def views(client):
    """Returns the addresses of the three views."""
    date = str(LAST_DAY)
    _, text = client.request("GET", f"/v1/incidents?date={date}")
    incident = json.loads(text)["incidents"][0]["id"]
    return {"today": f"/?date={date}", "incident": f"/incidents/{urllib.parse.quote(incident)}?date={date}",
            "explore": f"/explore?date={date}"}


def pages(headwater, folder, size, runs):
    """Measures the views, then the statements."""
    lake = lake_of(headwater, folder, size)
    files = [path for table in TABLES for path in lake.glob(f"{table}/**/*.parquet")]
    what = f"{measure.warm(files) / 1e6:.0f} MB"
    rounds = max(15, runs * 5)
    ratios = []
    with load.Server(headwater.lead[0], folder, lake) as server:
        client = Client(server)
        for name, path in views(client).items():
            measured = [client.request("GET", path) for _ in range(rounds)]
            ms = statistics.median(seconds for seconds, _ in measured) * 1000
            most = max(len(text) for _, text in measured)
            met = ms < GOALS_MS[name] and (name != "today" or most < TODAY_BYTES)
            yield measure.Row(f"page: {name}", what, f"{most / 1e3:.0f} kB", measure.Run(ms / 1000, server.peak_mib()),
                              note=f"{ms:.0f} ms; goal < {GOALS_MS[name]} ms: {'reached' if met else 'MISSED'}")
        found = values(client)
        statements = {name: sql.format(**found) for name, sql in STATEMENTS.items()}
        ours = {}
        for name, sql in statements.items():
            client.rows(sql)
            measured = [client.rows(sql) for _ in range(rounds)]
            ours[name] = statistics.median(seconds for seconds, _ in measured), len(measured[-1][1])
        peak = server.peak_mib()
    setup = [*dialect.SETUP, *(f"create view {table} as select * from read_parquet('{lake}/{table}/**/*.parquet', "
                               "hive_partitioning = false)" for table in TABLES)]
    theirs = measure.duckdb([dialect.for_duckdb(sql) for sql in statements.values() for _ in range(rounds + 1)], setup)
    for place, (name, (seconds, rows)) in enumerate(ours.items()):
        runs_there = theirs.output[place * (rounds + 1) + 1:(place + 1) * (rounds + 1)]
        assert all("error" not in one for one in runs_there), f"{name}: {runs_there[0]}"
        assert len(runs_there[0]["rows"]) == rows, f"{name}: headwater {rows} rows, duckdb {len(runs_there[0]['rows'])}"
        other = statistics.median(one["seconds"] for one in runs_there)
        ratios.append(seconds / other)
        yield measure.Row(f"sql: {name}", what, str(rows), measure.Run(seconds, peak), measure.Run(other, theirs.peak_mib),
                          note=f"{seconds * 1000:.1f} ms, duckdb {other * 1000:.1f} ms")
    middle, worst = statistics.median(ratios), max(ratios)
    yield measure.Row("sql: median ratio", what, "", measure.Run(middle, peak), None,
                      note=f"{middle:.2f}, greatest {worst:.2f}; goals 1.2 and 2: "
                           f"{'reached' if middle <= 1.2 and worst <= 2 else 'MISSED'}")
    shutil.rmtree(lake)
