/*
title    = "Pods cannot be scheduled"
severity = "high"
params   = { minutes = 5, attempts = 10, soon = 10 }
finding  = "{namespace}/{workload}: {pods} pods unscheduled for up to {waited}, {state} (last {last_ts}): {message}"
why      = "No node fits the pod: too little free CPU or memory, a taint, an affinity rule or an unbound volume. The workload runs below strength, or a rollout hangs."
advice   = """
1. Read the count per reason in the message (Insufficient cpu, untolerated taint, volume node affinity).
2. Compare requests with what is left: kubectl describe nodes | grep -A5 'Allocated resources'.
3. Look for a cordon, a raised request or a new quota before it: select ts, username, operation, name from audit where operation in ('node', 'resources', 'scale') order by ts.
"""
quiet_when = "the autoscaler needs longer than five minutes to add a node"
tags     = ["scheduling", "capacity"]
[zh]
title   = "Pod 无法调度"
finding = "{namespace}/{workload} 有 {pods} 个 Pod 未能调度，最长等待 {waited_zh}，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "没有节点满足要求：CPU 或内存不足、污点、亲和性限制或存储卷未绑定。工作负载副本不足，或发布卡住。"
advice  = """
1. 看报错中各原因的节点数（Insufficient cpu、untolerated taint、volume node affinity）。
2. 对比 requests 与剩余容量：kubectl describe nodes | grep -A5 'Allocated resources'。
3. 查看此前是否封锁节点、调高 requests 或扩容：select ts, username, operation, name from audit where operation in ('node', 'resources', 'scale') order by ts。
"""
quiet_when = "自动扩容新增节点的耗时超过五分钟"
*/
with waiting as (
    -- The message changes while a pod waits (other nodes, other counts), so
    -- attempts of all messages are summed; each event object has its highest count.
    select cluster, namespace, workload, name, pod, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'FailedScheduling'
        -- A pod deleted while it waited, or a volume being created, is not a shortage.
        and not regexp_like(message, '(?i)being deleted|deleting pod|waiting for first consumer')
    group by cluster, namespace, workload, name, pod, message, attrs->>'event_uid'
),

scheduled as (
    select cluster, namespace, name, max(ts) as well_ts
    from event
    where reason in ('Scheduled', 'SuccessfulDelete', 'Killing')
    group by cluster, namespace, name
),

stuck_pods as (
    select waiting.cluster, waiting.namespace,
        coalesce(waiting.workload, waiting.name) as workload, waiting.pod,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as attempts,
        cast(
            (date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts))) / 60
            as bigint
        ) as minutes,
        max(last_ts) >= (select max(ts) from event) - interval '6 minutes'
            and (max(well_ts) is null or max(well_ts) < max(last_ts)) as is_open,
        max(well_ts) is not null and max(well_ts) >= max(last_ts) as is_well,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from waiting
    left join scheduled
        on waiting.name = scheduled.name
        and (waiting.namespace is not distinct from scheduled.namespace)
        and (waiting.cluster is not distinct from scheduled.cluster)
    group by waiting.cluster, waiting.namespace, waiting.workload, waiting.name,
        waiting.pod
)
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(attempts) as count,
    count(*) as pods,
    max(minutes) as minutes,
    case
        when max(minutes) <= 1 then 'a minute'
        else max(minutes) || ' minutes'
    end as waited,
    case
        when max(minutes) < 1 then '不到 1 分钟'
        else max(minutes) || ' 分钟'
    end as waited_zh,
    case
        when bool_and(is_well) then 'recovered'
        when bool_or(is_open) then 'still failing'
        else 'over'
    end as state,
    case
        when bool_and(is_well) then '已恢复'
        when bool_or(is_open) then '仍在持续'
        else '已停止'
    end as state_zh,
    -- Pods that found a place within ten minutes waited for a node that was on its way.
    case
        when bool_and(is_well) and max(minutes) < $soon then 'low'
        when max(minutes) >= $minutes or max(attempts) >= $attempts then 'high'
        else 'low'
    end as severity,
    left(first_value(message order by last_ts desc, message), 240) as message,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from stuck_pods
-- An autoscaler adds a node within two or three minutes, so five are too long. Some
-- exporters keep only the last write of an event, without its first time: then ten
-- attempts are too many. A pod that still waits when the logs end is reported at once.
where minutes >= $minutes or attempts >= $attempts or is_open
group by cluster, namespace, workload
