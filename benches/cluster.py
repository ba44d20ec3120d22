"""A lake of generated rows that look like a cluster, written by DuckDB with the columns and types
of crates/model/src/table.rs and registered in the lake's catalog: 10 million audit rows through raw logs would
take longer than all benchmarks together.

20 namespaces, 200 workloads, 1000 pods, 30 nodes. Of the audit rows 97 % are reads and status
updates by the system, 2 % changes by controllers, 1 % changes by people and pipelines: mostly to
workloads and their ConfigMaps, a few to namespaces, very few to the whole cluster. A tenth of
the events are warnings. The starts are the table `business`: error rows of one day, evenly
spread, `line` counting them from 0. Everything follows from row numbers by hash, so a lake of one
size is the same each time.
"""
import datetime
import os
import pathlib
import shutil
import sqlite3

import measure

FIRST_DAY = datetime.datetime(2026, 11, 21, 16, tzinfo=datetime.timezone.utc)  # midnight in Shanghai
DAY_US = 86_400_000_000
ROW_GROUP_ROWS = 131_072  # as Headwater writes
FILES_A_DAY = 24  # of a lake of one day; one of 30 days has a file a day, of about as many rows

# what every generated row has: place and time by its number `i`
PLACE = """
    select i, {begin} + i * {step} + us % {step} as us, w, p, k, c,
        'team-' || (w % 20) as namespace, 'app-' || w as workload
    from (
        select i, cast(hash(i, 'workload') % 200 as bigint) as w, cast(hash(i, 'pod') % 5 as bigint) as p,
            cast(hash(i, 'kind') % 1000 as bigint) as k, cast(hash(i, 'class') % 1000 as bigint) as c,
            cast(hash(i, 'us') % 1000000000 as bigint) as us
        from range({low}, {high}) as r(i)
    )
"""

POD = "'app-' || w || '-6d5f8b9c4d-' || substr(md5(w || '/' || p), 1, 5)"
NODE = "'node-' || ((w * 7 + p) % 30)"

BUSINESS = f"""
    select make_timestamptz(us) as ts, 'bench' as cluster, namespace, workload, {POD} as pod,
        'app' as container, cast(null as varchar) as node, 'error' as level,
        'upstream app-' || ((w + 20) % 200) || '-svc answered 503 after ' || k || ' ms' as message,
        'b00000000000:' || i as row_id, 'business/app.log.gz' as source, i as line,
        cast(null as varchar) as attrs, 'com.example.Client' as logger, 'worker-' || (i % 8) as thread,
        md5('trace' || i) as trace_id, substr(md5('span' || i), 1, 16) as span_id, '503' as error_code,
        'java.io.IOException' as exception, cast(null as varchar) as stack,
        'upstream <*> answered <*> after <*> ms' as template, 'a1b2c3d4' as template_id
    from ({PLACE}) order by i
"""

EVENT = f"""
    with acts as (
        select *, case when c < 5 then 'node' when c < 100 then 'warning' else 'normal' end as act
        from ({PLACE})
    ),
    told as (
        select *, case act
            when 'node' then (['NodeNotReady', 'Rebooted', 'DiskPressure'])[1 + k % 3]
            when 'warning'
                then (['BackOff', 'Unhealthy', 'FailedMount', 'OOMKilling', 'FailedScheduling'])[1 + k % 5]
            else (['Pulled', 'Created', 'Started', 'Scheduled', 'SuccessfulCreate', 'Killing'])[1 + k % 6]
        end as reason
        from acts
    )
    select make_timestamptz(us) as ts, 'bench' as cluster,
        case when act <> 'node' then namespace end as namespace,
        case when act <> 'node' then workload end as workload,
        case when act <> 'node' then {POD} end as pod,
        cast(null as varchar) as container, {NODE} as node,
        case when act = 'normal' then 'info' else 'warn' end as level,
        reason || ' of ' || case when act = 'node' then {NODE} else {POD} end || ' at try ' || k as message,
        'e00000000000:' || i as row_id, 'event/' || (i // 10000) || '.json.gz' as source, i as line,
        cast(null as varchar) as attrs, reason,
        case when act = 'normal' then 'Normal' else 'Warning' end as type,
        case when act = 'node' then 'Node' else 'Pod' end as kind,
        case when act = 'node' then {NODE} else {POD} end as name, md5({POD}) as uid,
        1 + k % 40 as count, 'kubelet' as component, make_timestamptz(us - 60000000) as first_ts,
        make_timestamptz(us) as last_ts
    from told order by i
"""

AUDIT = f"""
    with acts as (
        select *, case
            when c >= 30 then case when k < 600 then 'read' else 'status' end
            when c >= 10 then 'controller'
            when k < 200 then 'exec'
            when k < 300 then 'other'
            when k < 350 then 'pod'
            when k < 750 then 'workload'
            when k < 990 then 'config'
            when k < 998 then 'namespace'
            else 'cluster'
        end as act
        from ({PLACE})
    ),
    done as (
        select *,
            case act
                when 'read' then (['get', 'list', 'watch'])[1 + k % 3]
                when 'exec' then 'create'
                when 'pod' then 'delete'
                else (['update', 'patch'])[1 + k % 2]
            end as verb,
            case act
                when 'read' then (['pods', 'configmaps', 'endpoints', 'leases'])[1 + k % 4]
                when 'status' then (['pods', 'nodes', 'leases'])[1 + k % 3]
                when 'controller' then 'replicasets'
                when 'exec' then 'pods'
                when 'other' then 'events'
                when 'pod' then 'pods'
                when 'workload' then 'deployments'
                when 'config' then (['configmaps', 'secrets'])[1 + k % 2]
                when 'namespace' then (['rolebindings', 'networkpolicies', 'resourcequotas'])[1 + k % 3]
                else (['nodes', 'customresourcedefinitions', 'mutatingwebhookconfigurations'])[1 + i % 3]
            end as resource,
            case act
                when 'controller' then 'scale'
                when 'exec' then 'exec'
                when 'other' then 'other'
                when 'pod' then 'delete'
                when 'workload' then (['image', 'resources', 'config', 'scale', 'rollout'])[1 + k % 5]
                when 'config' then 'config'
                when 'namespace' then (['rbac', 'network', 'quota'])[1 + k % 3]
                when 'cluster' then (['node', 'crd', 'webhook'])[1 + i % 3]
            end as operation,
            case
                when act = 'read' then 'system:serviceaccount:kube-system:endpoint-controller'
                when act = 'status' then 'system:node:' || {NODE}
                when act = 'controller' then 'system:serviceaccount:kube-system:replicaset-controller'
                when k % 3 = 0 then 'system:serviceaccount:ci:deployer'
                else 'dev-' || (k % 40) || '@example.com'
            end as username,
            case act
                when 'workload' then workload
                when 'controller' then workload || '-6d5f8b9c4d'
                when 'config' then workload || (['-config', '-secret'])[1 + k % 2]
                when 'namespace' then 'default'
                when 'cluster' then {NODE}
                else {POD}
            end as name,
            case when act not in ('read', 'status') and hash(i, 'code') % 20 = 0 then 409 else 200 end as code
        from acts
    )
    select make_timestamptz(us) as ts, 'bench' as cluster,
        case when act <> 'cluster' then namespace end as namespace,
        case when act not in ('other', 'config', 'namespace', 'cluster') then workload end as workload,
        case when act in ('exec', 'pod') or resource = 'pods' then {POD} end as pod,
        cast(null as varchar) as container, case when resource = 'nodes' then {NODE} end as node,
        case when code < 400 then 'info' else 'warn' end as level,
        username || ' ' || verb || ' ' || resource || ' ' || name as message,
        'a' || lpad(cast(i // 100000 as varchar), 11, '0') || ':' || i as row_id,
        'audit/' || (i // 100000) || '.json.gz' as source, i as line,
        '["authorization.k8s.io/decision"]' as attrs, md5('audit' || i) as audit_id,
        'ResponseComplete' as stage, verb, username,
        ['system:authenticated'] as groups, '10.0.' || (k % 4) || '.' || (c % 250) as source_ip,
        case when c < 10 then 'kubectl/v1.30.0' else 'kubelet/v1.30.0' end as user_agent,
        case when act in ('workload', 'controller') then 'apps' else '' end as api_group, resource,
        case act when 'exec' then 'exec' when 'status' then 'status' end as subresource, name,
        '/apis/' || resource || '/' || name || '?timeout=' || (k % 60) as uri, cast(code as bigint) as code,
        'allow' as decision, 'RBAC: allowed by ClusterRoleBinding' as decision_reason, operation,
        case when act in ('workload', 'config') then cast(json_object(
            'metadata', json_object('name', name), 'spec', json_object('replicas', k % 9)
        ) as varchar) end as request,
        cast(null as varchar) as response, (k + 1) / 10.0::double as latency_ms
    from done order by i
"""

TOPOLOGY = f"""
    with workloads as (
        select w, 'team-' || (w % 20) as namespace, 'app-' || w as workload from range(200) as r(w)
    ),
    edges as (
        select namespace, workload, null as pod, 'uses' as relation, 'ConfigMap' as kind,
            workload || '-config' as name
        from workloads
        union all
        select namespace, workload, null, 'uses', 'Secret', workload || '-secret' from workloads
        union all
        select namespace, workload, null, 'selects', 'Service', workload || '-svc' from workloads
        union all
        select namespace, workload, {POD}, 'runs_on', 'Node', {NODE} from workloads, range(5) as r(p)
    )
    select make_timestamptz({{begin}}) as ts, 'bench' as cluster, namespace, workload,
        cast(pod as varchar) as pod, relation, kind, name, 'e00000000000:0' as row_id
    from edges
"""


def lake_of(headwater, root, audit_rows, days):
    """Writes a lake of that many audit rows over that many days; returns its folder. There are a
    twentieth as many events, and a thousandth as many starts, in the middle day."""
    begin = int(FIRST_DAY.timestamp()) * 1_000_000
    count = FILES_A_DAY if days == 1 else days
    middle = days // 2
    files = {path_of("topology", 0, 0): TOPOLOGY.format(begin=begin)}
    starts = audit_rows // 1000
    files[path_of("business", middle, 0)] = BUSINESS.format(
        begin=begin + middle * DAY_US, step=DAY_US // starts, low=0, high=starts)
    for table, sql, rows in [("event", EVENT, audit_rows // 20), ("audit", AUDIT, audit_rows)]:
        for part in range(count):
            files[path_of(table, part * days // count, part)] = sql.format(
                begin=begin, step=days * DAY_US // rows,
                low=rows * part // count, high=rows * (part + 1) // count)
    write(root, files)
    register(headwater, root, list(files))
    return root


def path_of(table, day, part):
    """Returns where a file is, below the lake."""
    date = (FIRST_DAY + datetime.timedelta(hours=8, days=day)).date()
    return f"{table}/date={date}/bench-{part:03}.parquet"


def write(root, files):
    """Writes the rows of queries as files, by path below the lake."""
    copies = []
    for path, sql in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        copies.append(f"copy ({sql}) to '{root / path}' "
                      f"(format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})")
    measure.duckdb("select 1", copies)


def register(headwater, root, paths):
    """Puts files into a lake's catalog, as a commit of src/lake/catalog/ would."""
    catalog = root / "catalog.db"
    catalog.touch()
    headwater("--lake", root, "lake", "status")  # an empty catalog gets its tables
    spans = [f"select {at}, count(*), epoch_us(min(ts)), epoch_us(max(ts)) from read_parquet('{root / path}')"
             for at, path in enumerate(paths)]
    told = measure.duckdb(" union all ".join(spans)).output
    with sqlite3.connect(catalog) as database:
        for at, rows, least, greatest in told:
            table, date, _ = paths[at].split("/")
            database.execute(
                "insert into files (path, tab, date, rows, bytes, min_ts, max_ts)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (paths[at], table, date.removeprefix("date="), rows, os.path.getsize(root / paths[at]),
                 least, greatest))
            database.execute("insert into file_objects (path, object) values (?, 'bench')", (paths[at],))
    database.close()


def drop(root, table):
    """Takes a table out of a lake: from its catalog and from disk."""
    with sqlite3.connect(root / "catalog.db") as database:
        database.execute("pragma foreign_keys = on")
        database.execute("delete from files where tab = ?", (table,))
    database.close()
    shutil.rmtree(root / table, ignore_errors=True)
