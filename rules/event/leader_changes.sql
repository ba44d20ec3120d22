/*
title    = "Leader changes again and again"
severity = "medium"
params   = { failures = 10 }
finding  = "{namespace}: lease {sample} changed its leader {count} times, {state} (last {last_ts}): {message}"
why      = "A controller that loses its lease stops its work and starts anew. The cause is a slow API server or etcd, or a starved process."
advice   = """
1. See who held it: select ts, message from event where namespace = '{namespace}' and reason = 'LeaderElection' order by ts.
2. See slow calls at that time: select ts, verb, resource, latency_ms from audit where latency_ms > 1000 order by ts limit 50.
3. Check CPU limits and restarts of the component.
"""
quiet_when = "a rollout replaces the component"
tags     = ["control-plane"]
[zh]
title   = "Leader 频繁切换"
finding = "{namespace}：租约 {sample} 切换 {count} 次，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "控制器失去租约后会停止并重新开始工作；原因多为 API Server 或 etcd 变慢，或进程资源不足。"
advice  = """
1. 查看持有者：select ts, message from event where namespace = '{namespace}' and reason = 'LeaderElection' order by ts。
2. 查看同时段的慢请求：select ts, verb, resource, latency_ms from audit where latency_ms > 1000 order by ts limit 50。
3. 检查该组件的 CPU 限制与重启情况。
"""
quiet_when = "该组件正在滚动发布"
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
    where reason = 'LeaderElection'
        and message like '%became leader%'
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
-- A rollout of three replicas changes it three times, three rollouts a day nine.
where count >= $failures
