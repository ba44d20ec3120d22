/*
title    = "Node under pressure evicts pods"
severity = "medium"
params   = { evicted = 1 }
finding  = "Node {node} evicted {count} pods for lack of {resource}, {state} (last {last_ts})"
why      = "When memory, disk or process ids run short the kubelet kills pods, those over their requests first. Each eviction moves load to other nodes and can start a chain."
advice   = """
1. See what is short: kubectl describe node {node} (conditions), then df -h and free -m on it.
2. Find the greedy pod: evictions name the usage in their message; check requests and ephemeral-storage limits.
3. See who was moved: select ts, namespace, workload, message from event where reason = 'Evicted' order by ts.
"""
quiet_when = "best-effort batch pods are meant to give way"
tags     = ["node", "memory", "disk"]
[zh]
title   = "节点资源紧张并驱逐 Pod"
finding = "节点 {node} 因 {resource} 不足驱逐了 {count} 个 Pod，{state_zh}（最近一次 {last_ts}）"
why     = "内存、磁盘或进程号不足时，kubelet 会优先驱逐超出 requests 的 Pod；负载转移到其他节点，可能引发连锁反应。"
advice  = """
1. 确认紧张的资源：kubectl describe node {node} 查看 conditions，再在节点上执行 df -h、free -m。
2. 找出占用过多的 Pod：驱逐消息会写明用量，检查其 requests 与 ephemeral-storage 限制。
3. 查看被驱逐的工作负载：select ts, namespace, workload, message from event where reason = 'Evicted' order by ts。
"""
quiet_when = "尽力而为的批处理 Pod 本就允许被驱逐"
*/
with pressure as (
    select cluster, node, ts, row_id,
        case when reason = 'Evicted' then namespace || '/' || name end as evicted,
        regexp_match(message, 'low on resource: ([a-z.-]*[a-z])')[1] as resource
    from event
    -- A pod over its own disk limit is not pressure on the node: event/pod_over_disk_limit.
    where (reason = 'Evicted' and message not like '%exceed%')
        or reason in (
            'EvictionThresholdMet', 'NodeHasDiskPressure',
            'NodeHasInsufficientMemory', 'NodeHasInsufficientPID', 'FreeDiskSpaceFailed'
        )
)
select cluster, node,
    case
        when max(ts) >= (select max(ts) from event) - interval '5 minutes'
        then 'still evicting' else 'over'
    end as state,
    case
        when max(ts) >= (select max(ts) from event) - interval '5 minutes'
        then '仍在持续' else '已停止'
    end as state_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct evicted) as count,
    coalesce(max(resource), 'resources') as resource,
    -- The third eviction shows that evictions do not relieve the node.
    case when count(distinct evicted) >= 3 then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from pressure
group by cluster, node
-- Pressure that image garbage collection ends does no harm, so at least one pod must have
-- been evicted.
having count(distinct evicted) >= $evicted
