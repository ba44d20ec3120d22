/*
title    = "Volume cannot be unmounted or detached"
severity = "medium"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload}: a volume cannot be released, {count} failures, {state}: {message}"
why      = "The pod stays in Terminating and the disk cannot move to another node; its replacement will not start."
advice   = """
1. See which process or mount still holds it, on the node: findmnt | grep pvc; fuser -vm on the mount.
2. Look at the storage driver on that node: select ts, pod, message from standard where node is not null and message like '%unmount%' order by ts desc limit 50.
3. If the node hangs, drain and reboot it.
"""
quiet_when = "the node is being shut down"
tags     = ["storage"]
[zh]
title   = "存储卷无法卸载"
finding = "{namespace}/{workload}：卷无法释放，失败 {count} 次，{state_zh}：{message}"
why     = "Pod 停在 Terminating，云盘无法迁移到其他节点，替代的 Pod 也无法启动。"
advice  = """
1. 在节点上查看谁仍占用挂载点：findmnt | grep pvc，再用 fuser -vm 查看进程。
2. 查看该节点存储驱动的日志：select ts, pod, message from standard where node is not null and message like '%unmount%' order by ts desc limit 50。
3. 若节点卡死，排空后重启该节点。
"""
quiet_when = "节点正在关机"
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
    where reason in (
            'FailedUnMount', 'FailedUnmount', 'FailedDetachVolume',
            'FailedUnmapDevice'
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
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- A busy mount is released within a retry or two. A failure at the end of the
-- logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
