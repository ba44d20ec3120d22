/*
title    = "Volume claim cannot be bound"
severity = "high"
params   = { failures = 4, open = 1, brief = 90 }
finding  = "{namespace}: claim {sample} has no volume, {count} failures, {state}: {message}"
why      = "Every pod that uses the claim stays Pending. The usual causes are a StorageClass that does not exist, a full pool or quota of the storage, or a driver that is down."
advice   = """
1. Read the reason: kubectl describe pvc -n {namespace} {sample}; kubectl get storageclass.
2. Look for a change: select ts, username, verb, resource, name from audit where resource in ('persistentvolumeclaims', 'storageclasses', 'persistentvolumes') and operation is not null order by ts.
3. A claim cannot change its class: delete and create it with the right one, if it has no data yet.
"""
quiet_when = "a static volume is created by hand later"
tags     = ["storage"]
[zh]
title   = "PVC 无法绑定"
finding = "{namespace}：PVC {sample} 没有可用的卷，失败 {count} 次，{state_zh}：{message}"
why     = "使用该 PVC 的 Pod 都会停在 Pending。常见原因：StorageClass 不存在、存储池或配额已满、存储驱动异常。"
advice  = """
1. 查看原因：kubectl describe pvc -n {namespace} {sample}；kubectl get storageclass。
2. 查找变更：select ts, username, verb, resource, name from audit where resource in ('persistentvolumeclaims', 'storageclasses', 'persistentvolumes') and operation is not null order by ts。
3. PVC 的存储类不可修改：若尚无数据，删除后用正确的类重建。
"""
quiet_when = "静态卷稍后由人工创建"
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
            'ProvisioningFailed', 'FailedBinding', 'ClaimLost', 'ClaimMisbound',
            'VolumeMismatch', 'ProvisioningCleanupFailed'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'ProvisioningSucceeded'
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
        when count >= $failures then 'high'
        else 'low'
    end as severity,
    row_ids
from places
-- The controller tries again every 15 s; by the fourth time a slow driver has answered.
-- A failure at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
