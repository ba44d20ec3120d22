/*
title    = "Pods evicted from a node that is lost or tainted"
severity = "medium"
params   = { failures = 2, open = 1, together = 5 }
finding  = "{subject}: {objects} pods evicted by a taint, {state} (last {last_ts})"
why      = "A node was unreachable for five minutes, or someone put a NoExecute taint on it: its pods are removed and started elsewhere."
advice   = """
1. See which node and why: select ts, name, reason, message from event where kind = 'Node' order by ts.
2. Find who set the taint: select ts, username, verb, name from audit where resource = 'nodes' and operation = 'node' order by ts.
3. See whether the pods found another place: select ts, namespace, workload, message from event where reason = 'FailedScheduling' order by ts.
"""
quiet_when = "a node is drained for an announced maintenance"
tags     = ["node", "eviction"]
[zh]
title   = "Pod 因节点污点被驱逐"
finding = "{subject}：{objects} 个 Pod 被污点驱逐，{state_zh}（最近一次 {last_ts}）"
why     = "节点失联超过五分钟，或被人添加了 NoExecute 污点：其上的 Pod 被移除并在其他节点重建。"
advice  = """
1. 查看涉及的节点与原因：select ts, name, reason, message from event where kind = 'Node' order by ts。
2. 查找谁设置了污点：select ts, username, verb, name from audit where resource = 'nodes' and operation = 'node' order by ts。
3. 确认 Pod 是否已重新调度：select ts, namespace, workload, message from event where reason = 'FailedScheduling' order by ts。
"""
quiet_when = "计划内维护正在排空节点"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, message,
        cast('taint' as varchar) as why,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('TaintManagerEviction', 'NodeControllerEviction')
        and message like '%Marking for deletion%'
    group by cluster, namespace, workload, kind, name, pod, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
        first_value(why order by last_ts desc, why)
            filter (where why is not null) as why,
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
        case when min(pod) = max(pod) then min(pod) end as pod,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(why order by repeats desc, why)
                filter (where why is not null),
            '-'
        ) as why,
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
),

failing as (
    select *, concat_ws('/', namespace, workload) as place,
        count(*) over (partition by cluster) as workloads
    from places
    -- One pod may be a short taint; two are a node. A failure at the end of the logs
    -- is reported at once, as little known.
    where count >= $failures or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when count(*) = 1 then min(workload) end as workload,
    case when count(*) = 1 then min(pod) end as pod,
    case when count(*) > 1 then min(why) end as name,
    min(why) as why,
    min(sample) as sample,
    count(*) as workloads,
    array_to_string((array_agg(place order by count desc, place))[1:3], ', ')
        || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end as subject,
    (array_agg(place order by place))[1:50] as places,
    sum(objects) as objects,
    sum(count) as count,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    first_value(message order by count desc, message) as message,
    case when bool_or(is_open) then 'still failing' else 'over' end as state,
    case when bool_or(is_open) then '仍在持续' else '已停止' end as state_zh,
    case when bool_or(count >= $failures) then 'medium' else 'low' end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many places is one finding.
group by cluster,
    case
        when workloads >= $together then 'all'
        else place
    end
