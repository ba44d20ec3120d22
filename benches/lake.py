"""A needle in 30 days, before and after `headwater lake compact`.

The lake is read hour by hour, as a job that never merges would: 24 files a day of the audit log and
as many of the topology, each with the rows of its hour. The needles are one `audit_id`, and all
requests for one pod that lived for an hour. Compaction should make both at least five times faster:
before it, most of the time goes into opening files. What stays is the start of the process, which
each figure of Headwater holds (`select 1`).

DuckDB answers the same statements over the same files and must give the same rows. Its seconds begin
at an open connection with the list of files known.
"""
import datetime
import json
import pathlib
import shutil
import sqlite3

import measure

FIRST_DAY = datetime.datetime(2026, 10, 31, 16, tzinfo=datetime.timezone.utc)  # midnight in Shanghai
DAYS = 30
HOURS = DAYS * 24
GOAL = 5
PODS_AN_HOUR = 40


def line(hour, number, count):
    """Returns one audit event: of `count` in that hour, the one of that number."""
    at = FIRST_DAY + datetime.timedelta(hours=hour, microseconds=number * 3_600_000_000 // count)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    team = f"team-{number % 20}"
    event = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": f"{hour:04}-{number:08}", "stage": "ResponseComplete", "verb": "get",
        "requestURI": f"/api/v1/namespaces/{team}/pods/{pod(hour, number)}",
        "user": {"username": f"system:node:node-{number % 30}", "groups": ["system:nodes", "system:authenticated"]},
        "sourceIPs": [f"10.0.{number % 4}.{number % 250}"], "userAgent": "kubelet/v1.30.4 (linux/amd64)",
        "objectRef": {"resource": "pods", "namespace": team, "name": pod(hour, number), "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": stamp, "stageTimestamp": stamp,
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
    }
    if number % 100 == 0:  # some bind a pod: the topology has an edge to keep
        event |= {"verb": "create", "level": "Request", "requestObject": {"target": {"name": f"node-{number % 30}"}}}
        event["objectRef"]["subresource"] = "binding"
        event["responseStatus"]["code"] = 201
    return json.dumps(event, separators=(",", ":"))


def pod(hour, number):
    """Returns the pod that a request is for: it lives for that hour."""
    return f"import-{hour:04}-{number % PODS_AN_HOUR:03}"


def lake_of(headwater, folder, rows):
    """Reads that many rows into a lake, an hour a time; returns its folder."""
    lake, logs = pathlib.Path(folder, "hourly-lake"), pathlib.Path(folder, "hourly", "audit")
    logs.mkdir(parents=True)
    count = rows // HOURS
    for hour in range(HOURS):
        path = logs / f"{hour:04}.jsonl"
        path.write_text("".join(line(hour, number, count) + "\n" for number in range(count)))
        headwater("--lake", lake, "ingest", path)
        path.unlink()
    return lake


def needles(hour):
    """Returns what is asked, by name."""
    return {
        "audit_id": f"select row_id, username from audit where audit_id = '{hour:04}-00000007' order by row_id",
        "pod": f"select row_id, username from audit where pod = '{pod(hour, 3)}' order by row_id",
    }


def asked(headwater, lake, state, runs):
    """Asks every needle in both engines; returns a row of the table for each."""
    told = json.loads(headwater("--lake", lake, "lake", "status", "--json").output)
    audit = next(table for table in told["tables"] if table["table"] == "audit")
    catalog = [f"'{lake / path}'" for path in live(lake)]
    views = [f"create view audit as select * from read_parquet([{', '.join(catalog)}], hive_partitioning = false)"]
    rows = []
    for name, sql in needles(HOURS // 2).items():
        ours, theirs = measure.alternate(
            runs, lambda: headwater("--lake", lake, "sql", sql, "--format", "csv"),
            lambda: measure.duckdb(sql, views))
        found = [tuple(row.split(",")) for row in ours.output.split()[1:]]
        assert found and found == [tuple(row) for row in theirs.output], f"{name}: {found[:3]} {theirs.output[:3]}"
        rows.append(measure.Row(f"lake: {name} in {audit['files']} files, {state}",
                                f"{audit['bytes'] / 1e6:.0f} MB", str(audit["rows"]), ours, theirs))
    return rows


def live(lake):
    """Returns the paths of the audit files that count, and not those that await removal."""
    with sqlite3.connect(f"file:{lake / 'catalog.db'}?mode=ro", uri=True) as database:
        paths = [path for path, in database.execute("select path from files where tab = 'audit' order by path")]
    database.close()
    return paths


def compacted(headwater, folder, rows, runs):
    """Needles before and after compaction, and what compaction takes."""
    lake = lake_of(headwater, folder, rows)
    measure.warm(lake.glob("audit/**/*.parquet"))
    base = measure.median([headwater("--lake", lake, "sql", "select 1", "--format", "csv") for _ in range(runs)])
    before = asked(headwater, lake, "by hour", runs)
    done = headwater("--lake", lake, "lake", "compact", "--json")
    days = [day for day in json.loads(done.output)["days"] if day["table"] == "audit"]
    measure.warm(lake.glob("audit/**/*.parquet"))
    after = asked(headwater, lake, "compacted", runs)
    for old, new in zip(before, after):
        times = old.ours.seconds / new.ours.seconds
        verdict = "reached" if times >= GOAL else "MISSED"
        new.note = f"{times:.1f} times faster than before; {GOAL} are wanted: {verdict}"
    size = f"{sum(day['bytes_before'] for day in days) / 1e6:.0f} MB"
    yield measure.Row("lake: select 1", size, "1", base)
    yield from before
    yield measure.Row(
        "lake: compact, once", size, str(sum(day["rows"] for day in days)), done,
        note=f"{sum(day['files_before'] for day in days)} files of the audit log become "
             f"{sum(day['files_after'] for day in days)}, "
             f"{sum(day['bytes_after'] for day in days) / 1e6:.0f} MB")
    yield from after
    shutil.rmtree(lake)
