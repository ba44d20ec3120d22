/*
title    = "LimitRange refuses pods"
severity = "high"
params   = { failures = 3, open = 1, brief = 30 }
finding  = "{namespace}/{workload} cannot create pods: outside the LimitRange {count} times, {state}: {message}"
why      = "The requests or limits of the pod are outside the range that the namespace allows: no pod is created or replaced."
advice   = """
1. Compare the two: kubectl get limitrange -n {namespace} -o yaml, and the resources of {workload}.
2. Find what was changed last, the range or the workload: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and (resource = 'limitranges' or operation = 'resources') order by ts.
3. Set the workload's resources within the range, or put the old range back.
"""
quiet_when = "the namespace is a sandbox with a hard ceiling"
tags     = ["quota", "capacity"]
[zh]
title   = "LimitRange 拒绝 Pod"
finding = "{namespace}/{workload} 无法创建 Pod：超出 LimitRange {count} 次，{state_zh}：{message}"
why     = "Pod 的 requests 或 limits 超出命名空间允许的范围，无法创建或替换 Pod。"
advice  = """
1. 对比两者：kubectl get limitrange -n {namespace} -o yaml 与 {workload} 的资源配置。
2. 查找最近改的是哪一个：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and (resource = 'limitranges' or operation = 'resources') order by ts。
3. 将资源调整到范围内，或恢复原来的 LimitRange。
"""
quiet_when = "命名空间是设有硬上限的沙箱环境"
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
    where reason = 'FailedCreate'
        and regexp_like(
            message,
            '(?i)(maximum|minimum) .* usage per|limit to request ratio per'
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
-- The answer stays the same until one of the two is changed; one or two may be a change
-- in steps. A failure at the end of the logs is reported at once, as little
-- known.
where count >= $failures or is_open and count >= $open
