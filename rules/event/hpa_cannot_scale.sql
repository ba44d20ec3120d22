/*
title    = "Autoscaler cannot scale its target"
severity = "high"
params   = { failures = 4, open = 1, brief = 90 }
finding  = "{namespace}/{workload}: autoscaler cannot scale, {count} failures, {state}: {message}"
why      = "The target was renamed or deleted, its selector matches other pods too, or the write is refused: load is met by a fixed number of replicas."
advice   = """
1. Read the reason: kubectl describe hpa -n {namespace} {sample}.
2. Check that the target in scaleTargetRef exists: kubectl get deploy,sts -n {namespace}.
3. See what was changed: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "the workload was removed before its autoscaler"
tags     = ["autoscaling"]
[zh]
title   = "HPA 无法伸缩目标"
finding = "{namespace}/{workload}：HPA 无法伸缩，失败 {count} 次，{state_zh}：{message}"
why     = "目标被重命名或删除、选择器匹配到其他 Pod，或写入被拒绝：副本数不会随负载变化。"
advice  = """
1. 查看原因：kubectl describe hpa -n {namespace} {sample}。
2. 确认 scaleTargetRef 指向的对象存在：kubectl get deploy,sts -n {namespace}。
3. 查看此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "工作负载先于其 HPA 被移除"
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
            'FailedGetScale', 'FailedRescale', 'FailedUpdateStatus',
            'AmbiguousSelector', 'SelectorRequired', 'InvalidSelector',
            'InvalidMetricSourceType', 'KEDAScalerFailed',
            'KEDAScaleTargetActivationFailed', 'ScaledObjectCheckFailed'
        )
        and kind in ('HorizontalPodAutoscaler', 'ScaledObject', 'ScaledJob')
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'SuccessfulRescale'
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
-- It tries every 15 s; a conflict passes at the next try. A failure at the end of
-- the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
