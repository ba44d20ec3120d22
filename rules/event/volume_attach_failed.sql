/*
title    = "Volume cannot be attached to the node"
severity = "high"
params   = { failures = 3, open = 1, brief = 90 }
finding  = "{namespace}/{workload}: volume {volume} cannot be attached, {count} failures, {state}: {message}"
why      = "The pod waits in ContainerCreating. A Multi-Attach error means that the disk still hangs on another node, often one that was lost."
advice   = """
1. See where it hangs: kubectl get volumeattachment | grep -F {volume}.
2. See whether an old pod still uses it, or its node is lost: select ts, reason, node, message from event where namespace = '{namespace}' and workload = '{workload}' or kind = 'Node' order by ts.
3. If the old node is really off, taint it node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, so that the disk is released.
"""
quiet_when = "a node was lost less than ten minutes ago and its disks are being released"
tags     = ["storage", "node"]
[zh]
title   = "存储卷无法挂接到节点"
finding = "{namespace}/{workload}：卷 {volume} 无法挂接，失败 {count} 次，{state_zh}：{message}"
why     = "Pod 停在 ContainerCreating。Multi-Attach 表示云盘仍挂在另一个节点上，往往是已失联的节点。"
advice  = """
1. 查看挂在哪里：kubectl get volumeattachment | grep -F {volume}。
2. 确认旧 Pod 是否仍在使用，或其节点已失联：select ts, reason, node, message from event where namespace = '{namespace}' and workload = '{workload}' or kind = 'Node' order by ts。
3. 若旧节点确已关机，为其添加污点 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute 以释放云盘。
"""
quiet_when = "节点刚故障不到十分钟，云盘正在释放"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, message,
        regexp_match(message, '(?i)volume "([^"]+)"')[1] as volume,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'FailedAttachVolume'
    group by cluster, namespace, workload, kind, name, pod, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason in ('SuccessfulAttachVolume', 'Started')
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        min(pod) as pod,
        first_value(volume order by last_ts desc, volume)
            filter (where volume is not null) as volume,
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
        coalesce(
            first_value(volume order by repeats desc, volume)
                filter (where volume is not null),
            '-'
        ) as volume,
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
    sample, objects, volume, count, first_ts, last_ts, message,
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
-- Detaching a disk from a stopped pod takes a minute and causes one or two failures.
-- A failure at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
