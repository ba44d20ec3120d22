/*
title    = "Volume snapshot failed"
severity = "medium"
params   = { failures = 2, open = 1, brief = 90 }
finding  = "{namespace}: snapshot {sample} failed {count} times, {state}: {message}"
why      = "A backup that is missing is noticed only when it is needed."
advice   = """
1. See the reason: kubectl describe volumesnapshot -n {namespace} {sample}.
2. Check the VolumeSnapshotClass and the driver's snapshotter: kubectl get volumesnapshotclass.
3. Take the snapshot again and check that readyToUse becomes true.
"""
quiet_when = "snapshots of a test namespace"
tags     = ["storage", "backup"]
[zh]
title   = "存储卷快照失败"
finding = "{namespace}：快照 {sample} 失败 {count} 次，{state_zh}：{message}"
why     = "缺失的备份往往在需要它的时候才被发现。"
advice  = """
1. 查看原因：kubectl describe volumesnapshot -n {namespace} {sample}。
2. 检查 VolumeSnapshotClass 与驱动的 snapshotter：kubectl get volumesnapshotclass。
3. 重新创建快照并确认 readyToUse 为 true。
"""
quiet_when = "测试命名空间的快照"
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
    where kind in ('VolumeSnapshot', 'VolumeSnapshotContent', 'VolumeGroupSnapshot')
        and type = 'Warning'
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'SnapshotReady'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
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
select cluster, namespace, workload,
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
-- The first attempt often loses a race with the content object. A failure at the
-- end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
