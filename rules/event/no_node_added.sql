/*
title    = "Cluster autoscaler cannot add a node"
severity = "high"
params   = { failures = 3, open = 1, brief = 90 }
finding  = "{namespace}/{workload}: no node added for {objects} objects, {count} reports, {state}: {message}"
why      = "Pods wait, and the cluster cannot grow: the group is at its maximum, the provider has no capacity, or no group fits the pod."
advice   = """
1. Read the reason in the message; then the status: kubectl -n kube-system get configmap cluster-autoscaler-status -o yaml.
2. Raise the maximum of the node group, or allow another machine type or zone.
3. See what waits: select namespace, workload, count(*) from event where reason = 'FailedScheduling' group by 1, 2 order by 3 desc.
"""
quiet_when = "the pod is not meant to start a node of its own"
tags     = ["autoscaling", "capacity", "node"]
[zh]
title   = "集群自动扩容无法增加节点"
finding = "{namespace}/{workload}：{objects} 个对象等待节点，上报 {count} 次，{state_zh}：{message}"
why     = "Pod 在等待而集群无法扩容：节点组已达上限、云厂商缺货，或没有适合该 Pod 的节点组。"
advice  = """
1. 从报错判断原因，并查看状态：kubectl -n kube-system get configmap cluster-autoscaler-status -o yaml。
2. 调高节点组上限，或允许其他机型、可用区。
3. 查看等待的工作负载：select namespace, workload, count(*) from event where reason = 'FailedScheduling' group by 1, 2 order by 3 desc。
"""
quiet_when = "该 Pod 本就不应触发扩容"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'NotTriggerScaleUp', 'FailedToScaleUpGroup', 'ScaleUpTimedOut',
            'ScaledUpGroupNoNodes', 'FailedToCreateNodeGroup',
            'InsufficientCapacityError', 'LaunchFailed', 'NoCompatibleInstanceTypes'
        )
    group by cluster, namespace, workload, kind, name, pod, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason in ('Scheduled', 'TriggeredScaleUp')
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        min(pod) as pod,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        max(well_ts) as well_ts,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    left join well
        on series.kind = well.kind
        and series.name = well.name
        and (series.namespace is not distinct from well.namespace)
        and (series.cluster is not distinct from well.cluster)
    group by series.cluster, series.namespace, series.workload, series.kind, series.name
),

places as (
    select cluster, namespace, workload,
        case when min(pod) = max(pod) then min(pod) end as pod,
        min(name) as sample,
        count(*) as objects,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
                and (well_ts is null or well_ts < last_ts)
        ) as is_open,
        bool_and(well_ts is not null and well_ts >= last_ts) as is_well,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod,
    sample, objects, count, first_ts, last_ts, message,
    case
        when is_well then 'recovered'
        when is_open then 'still failing'
        else 'over'
    end as state,
    case
        when is_well then '已恢复'
        when is_open then '仍在持续'
        else '已停止'
    end as state_zh,
    -- A failure that passed within moments was a matter of order at the start.
    case
        when not is_open and seconds < $brief then 'low'
        when count >= $failures then 'high'
        else 'low'
    end as severity,
    row_ids
from places
-- The first report may be made while a node is already on its way. A failure at
-- the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
