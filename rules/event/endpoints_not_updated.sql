/*
title    = "Endpoints of a Service cannot be updated"
severity = "medium"
params   = { failures = 8, open = 1 }
finding  = "{namespace}: endpoints of {sample} cannot be written, {count} failures, {state}: {message}"
why      = "While the list of endpoints is not written, clients call pods that are gone and new pods get no traffic."
advice   = """
1. Read the reason in the message: a refused write, a quota, or an API server in trouble.
2. See what writes failed at that time: select ts, username, code, resource, name from audit where resource in ('endpoints', 'endpointslices') and code >= 400 order by ts.
3. Compare with the pods: kubectl get endpointslices -n {namespace} -l kubernetes.io/service-name={sample}.
"""
quiet_when = "the namespace is being deleted"
tags     = ["service", "network"]
[zh]
title   = "Service 的 Endpoints 无法更新"
finding = "{namespace}：{sample} 的 Endpoints 写入失败 {count} 次，{state_zh}：{message}"
why     = "Endpoints 未更新期间，客户端会访问已不存在的 Pod，新的 Pod 也收不到流量。"
advice  = """
1. 从报错判断原因：写入被拒绝、配额限制，或 API Server 异常。
2. 查看同时段失败的写入：select ts, username, code, resource, name from audit where resource in ('endpoints', 'endpointslices') and code >= 400 order by ts。
3. 与实际 Pod 对比：kubectl get endpointslices -n {namespace} -l kubernetes.io/service-name={sample}。
"""
quiet_when = "命名空间正在被删除"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    -- A conflict is only a retry.
    where reason in (
            'FailedToUpdateEndpoint', 'FailedToCreateEndpoint',
            'FailedToUpdateEndpointSlices'
        )
        and not regexp_like(
            message,
            '(?i)object has been modified|being terminated'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, namespace, workload, kind, name
),

places as (
    select cluster, namespace, workload,
        min(name) as sample,
        count(*) as objects,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
        ) as is_open,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- The controller retries at once; the waits double, so eight are two minutes. A failure
-- at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
