/*
title    = "Pods evicted for exceeding their own disk limit"
severity = "medium"
params   = { failures = 1 }
finding  = "{namespace}/{workload}: {objects} pods evicted for exceeding their disk limit, {state}: {message}"
why      = "An emptyDir or the container's own file system grew over its limit. The replacement starts empty and grows again."
advice   = """
1. See what the pod writes there: kubectl exec -n {namespace} {sample} -- du -xsh / (on its replacement).
2. Raise sizeLimit or ephemeral-storage if the size is right, else cap the cache or the log.
3. See whether a change preceded it: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "a batch job is sized to be evicted"
tags     = ["disk", "eviction"]
[zh]
title   = "Pod 因超出自身磁盘限制被驱逐"
finding = "{namespace}/{workload}：{objects} 个 Pod 因超出磁盘限制被驱逐，{state_zh}：{message}"
why     = "emptyDir 或容器可写层超过限制；替代的 Pod 从空目录开始，之后会再次写满。"
advice  = """
1. 查看写入内容：kubectl exec -n {namespace} {sample} -- du -xsh /（在替代的 Pod 上执行）。
2. 若用量合理则调高 sizeLimit 或 ephemeral-storage，否则限制缓存或日志大小。
3. 查看此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "批处理任务按设计允许被驱逐"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, node, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'Evicted'
        and regexp_like(
            message,
            'Usage of EmptyDir volume .* exceeds'
            || '|ephemeral local storage usage exceeds'
            || '|exceeded its local ephemeral storage limit'
        )
    group by cluster, namespace, workload, kind, name, pod, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
        case when min(node) = max(node) then min(node) end as node,
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
        case when min(pod) = max(pod) then min(pod) end as pod,
        case when min(node) = max(node) then min(node) end as node,
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
select cluster, namespace, workload, pod, node,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- The limit is exact, so one eviction is enough.
where count >= $failures
