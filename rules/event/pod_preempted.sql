/*
title    = "Pods preempted by a higher priority"
severity = "medium"
params   = { failures = 2, open = 1 }
finding  = "{namespace}/{workload}: {objects} pods preempted, {state} (last {last_ts})"
why      = "The scheduler removed running pods to make room for pods of a higher priority. The workload is weaker until it finds another place."
advice   = """
1. See which pod took the place: select ts, name, message from event where reason = 'Preempted' and namespace = '{namespace}' order by ts.
2. Compare priorities: kubectl get pods -A -o custom-columns=N:.metadata.name,P:.spec.priority --sort-by=.spec.priority.
3. Add capacity, or give {workload} a PriorityClass and a PodDisruptionBudget.
"""
quiet_when = "batch pods are meant to give way"
tags     = ["scheduling", "capacity"]
[zh]
title   = "Pod 被高优先级抢占"
finding = "{namespace}/{workload}：{objects} 个 Pod 被抢占，{state_zh}（最近一次 {last_ts}）"
why     = "调度器驱逐了正在运行的 Pod，为更高优先级的 Pod 腾出空间；在重新调度成功前，工作负载能力不足。"
advice  = """
1. 查看被谁抢占：select ts, name, message from event where reason = 'Preempted' and namespace = '{namespace}' order by ts。
2. 对比优先级：kubectl get pods -A -o custom-columns=N:.metadata.name,P:.spec.priority --sort-by=.spec.priority。
3. 增加容量，或为 {workload} 配置 PriorityClass 与 PodDisruptionBudget。
"""
quiet_when = "批处理 Pod 本就允许被抢占"
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
    where reason in ('Preempted', 'Preempting')
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
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- One pod moves; two are a shortage. A failure at the end of the logs is reported
-- at once, as little known.
where count >= $failures or is_open and count >= $open
