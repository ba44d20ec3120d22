/*
title    = "Autoscaler keeps changing the size"
severity = "low"
params   = { failures = 40 }
finding  = "{namespace}/{workload} was resized {count} times, {state} (last {last_ts}): {message}"
why      = "Adding and removing replicas again and again costs warm-up each time and shifts the load around."
advice   = """
1. See sizes and reasons: select ts, message from event where namespace = '{namespace}' and reason = 'SuccessfulRescale' order by ts.
2. Lengthen behavior.scaleDown.stabilizationWindowSeconds, or raise the target.
3. Check that two autoscalers do not fight over the same workload: kubectl get hpa -n {namespace}.
"""
quiet_when = "the load itself comes in waves"
tags     = ["autoscaling"]
[zh]
title   = "HPA 频繁伸缩"
finding = "{namespace}/{workload} 被伸缩 {count} 次，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "反复增减副本会不断产生预热开销，并使负载来回迁移。"
advice  = """
1. 查看副本数与原因：select ts, message from event where namespace = '{namespace}' and reason = 'SuccessfulRescale' order by ts。
2. 调大 behavior.scaleDown.stabilizationWindowSeconds，或提高目标值。
3. 确认没有两个 HPA 同时作用于同一工作负载：kubectl get hpa -n {namespace}。
"""
quiet_when = "负载本身就呈波浪形"
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
    where reason = 'SuccessfulRescale'
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
    row_ids
from places
-- Forty a day is one every half hour of a day and a night.
where count >= $failures
