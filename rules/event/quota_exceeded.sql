/*
title    = "Quota refuses new pods"
severity = "high"
params   = { failures = 5, open = 1, brief = 30 }
finding  = "{namespace}/{workload} cannot create pods: refused {count} times by quota {quota}, {state}: {message}"
why      = "The namespace may not use more, so the controller cannot replace or add pods. Nothing fails at once, but the workload cannot recover, scale or roll out."
advice   = """
1. Compare used and hard: kubectl describe resourcequota,limitrange -n {namespace}.
2. See whether the quota was cut or the requests were raised: select ts, username, operation, name from audit where operation in ('quota', 'resources', 'scale') and namespace = '{namespace}' order by ts.
3. Remove finished Jobs and idle workloads, or raise the quota.
"""
quiet_when = "the namespace is a sandbox with a hard ceiling"
tags     = ["quota", "capacity"]
[zh]
title   = "配额拒绝创建 Pod"
finding = "{namespace}/{workload} 无法创建 Pod：被配额 {quota} 拒绝 {count} 次，{state_zh}：{message}"
why     = "命名空间用量已达上限，控制器无法补齐或新增 Pod。短期内看不到报错，但工作负载已无法自愈、扩容或发布。"
advice  = """
1. 对比已用与上限：kubectl describe resourcequota,limitrange -n {namespace}。
2. 查看是否调低了配额或调高了资源：select ts, username, operation, name from audit where operation in ('quota', 'resources', 'scale') and namespace = '{namespace}' order by ts。
3. 清理已完成的 Job 与闲置工作负载，或调高配额。
"""
quiet_when = "命名空间是设有硬上限的沙箱环境"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        regexp_match(message, '(?:exceeded|failed) quota: ([a-z0-9.-]+)')[1] as quota,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'FailedCreate'
        and regexp_like(
            message,
            'exceeded quota|failed quota'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'SuccessfulCreate'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        first_value(quota order by last_ts desc, quota)
            filter (where quota is not null) as quota,
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
        coalesce(
            first_value(quota order by repeats desc, quota)
                filter (where quota is not null),
            '-'
        ) as quota,
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
    sample, objects, quota, count, first_ts, last_ts, message,
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
-- A rollout near the quota is refused a few times until old pods have stopped. The waits
-- double, so by the fifth refusal that should have ended. A failure at the end of
-- the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
