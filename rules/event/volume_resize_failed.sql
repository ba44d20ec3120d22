/*
title    = "Volume cannot be enlarged"
severity = "medium"
params   = { failures = 3, open = 1, brief = 90 }
finding  = "{namespace}: {sample} cannot be enlarged, {count} failures, {state}: {message}"
why      = "The claim asks for more than it gets, so the disk fills up although it was to be enlarged."
advice   = """
1. See the claim's conditions: kubectl describe pvc -n {namespace} {sample}.
2. Check that its class has allowVolumeExpansion, and the limits of the storage.
3. Some file systems grow only when mounted again: restart the pod that uses it.
"""
quiet_when = "the storage grows a volume only offline"
tags     = ["storage", "disk"]
[zh]
title   = "存储卷扩容失败"
finding = "{namespace}：{sample} 扩容失败 {count} 次，{state_zh}：{message}"
why     = "PVC 申请了更多空间但没有生效，磁盘会在“已经扩容”的误解下写满。"
advice  = """
1. 查看 PVC 状态：kubectl describe pvc -n {namespace} {sample}。
2. 确认其存储类开启了 allowVolumeExpansion，以及存储侧的上限。
3. 部分文件系统需重新挂载才会扩容：重启使用它的 Pod。
"""
quiet_when = "存储仅支持离线扩容"
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
            'VolumeResizeFailed', 'FileSystemResizeFailed',
            'ExternalExpandingFailed'
        )
    group by cluster, namespace, workload, kind, name, pod, node, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason in ('FileSystemResizeSuccessful', 'VolumeResizeSuccessful')
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        min(pod) as pod,
        case when min(node) = max(node) then min(node) end as node,
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
                and (well_ts is null or well_ts < last_ts)
        ) as is_open,
        bool_and(well_ts is not null and well_ts >= last_ts) as is_well,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, node,
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
        when count >= $failures then 'medium'
        else 'low'
    end as severity,
    row_ids
from places
-- A driver that is restarted fails once or twice. A failure at the end of the
-- logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
