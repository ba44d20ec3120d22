/*
title    = "Pods of a DaemonSet or StatefulSet fail and are replaced"
severity = "medium"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload}: {count} failed pods replaced, {state}: {message}"
why      = "The controller removes a failed pod and creates it anew; the node or the ordinal is without it meanwhile."
advice   = """
1. See which node or ordinal is hit: select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
2. See how the pods ended: kubectl get pods -n {namespace} --field-selector status.phase=Failed.
3. If it is one node, look at that node; if it is all, at the last change of {workload}.
"""
quiet_when = "nodes are being shut down"
tags     = ["daemonset", "statefulset"]
[zh]
title   = "DaemonSet/StatefulSet 的 Pod 失败后被重建"
finding = "{namespace}/{workload}：{count} 个失败的 Pod 被重建，{state_zh}：{message}"
why     = "控制器会删除失败的 Pod 并重建，期间对应的节点或序号没有实例。"
advice  = """
1. 查看涉及哪个节点或序号：select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
2. 查看 Pod 的结束原因：kubectl get pods -n {namespace} --field-selector status.phase=Failed。
3. 若集中在一个节点则检查该节点；若普遍出现则检查 {workload} 最近的变更。
"""
quiet_when = "节点正在关机"
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
    where reason in (
            'FailedDaemonPod', 'FailedPlacement', 'RecreatingFailedPod',
            'RecreatingTerminatedPod'
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
-- A node that reboots fails each of its pods once. A failure at the end of the
-- logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
