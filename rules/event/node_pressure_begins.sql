/*
title    = "Node runs short of a resource"
severity = "low"
params   = { failures = 1 }
finding  = "Node {node} runs short of {resource}, {count} reports, {state} (last {last_ts})"
why      = "The kubelet has begun to reclaim the resource. If that is not enough it evicts pods, those over their requests first."
advice   = """
1. See which pods use most of it: kubectl top pods -A --sort-by=memory, or df -h on {node}.
2. See what the node wrote: select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts.
3. Move or limit the largest user before the kubelet chooses one.
"""
quiet_when = "image garbage collection ends it without an eviction"
tags     = ["node", "memory", "disk"]
[zh]
title   = "节点资源开始紧张"
finding = "节点 {node} 的 {resource} 不足，上报 {count} 次，{state_zh}（最近一次 {last_ts}）"
why     = "kubelet 已开始回收资源；若仍不足将驱逐 Pod，优先驱逐超出 requests 的 Pod。"
advice  = """
1. 查看占用最多的 Pod：kubectl top pods -A --sort-by=memory，或在 {node} 上执行 df -h。
2. 查看该节点的事件：select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts。
3. 在 kubelet 选择驱逐对象之前，迁移或限制占用最大的 Pod。
"""
quiet_when = "镜像回收后即缓解，并未驱逐 Pod"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        case
            when reason = 'NodeHasDiskPressure' then 'disk'
            when reason = 'NodeHasInsufficientMemory' then 'memory'
            when reason = 'NodeHasInsufficientPID' then 'process ids'
            else regexp_match(message, 'reclaim ([a-z-]+)')[1]
        end as resource,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'EvictionThresholdMet', 'NodeHasDiskPressure',
            'NodeHasInsufficientMemory', 'NodeHasInsufficientPID'
        )
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, node, kind, name,
        first_value(resource order by last_ts desc, resource)
            filter (where resource is not null) as resource,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, node, kind, name
),

places as (
    select cluster, node,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(resource order by repeats desc, resource)
                filter (where resource is not null),
            '-'
        ) as resource,
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
    group by cluster, node
)
select cluster, node,
    sample, objects, resource, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- The kubelet reports the change of the condition once.
where count >= $failures
