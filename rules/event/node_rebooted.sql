/*
title    = "Node was rebooted"
severity = "medium"
params   = { failures = 1 }
finding  = "Node {node} was rebooted {count} times (last {last_ts})"
why      = "All its pods stopped at once. Without an announced maintenance it is a crash of the kernel, the machine or its power."
advice   = """
1. Look for the cause on the machine: journalctl -b -1 -e; the console log of the cloud provider.
2. List the workloads that ran on it: select distinct namespace, workload from event where node = '{node}'.
3. See whether it was drained before, which means a planned reboot: select ts, username, verb, name from audit where resource = 'nodes' and name = '{node}' order by ts.
"""
quiet_when = "an update reboots nodes one by one"
tags     = ["node", "availability"]
[zh]
title   = "节点发生重启"
finding = "节点 {node} 重启 {count} 次（最近一次 {last_ts}）"
why     = "其上所有 Pod 同时停止。若非计划内维护，则是内核、主机或电源故障。"
advice  = """
1. 在主机上查找原因：journalctl -b -1 -e，以及云厂商的控制台日志。
2. 列出其上的工作负载：select distinct namespace, workload from event where node = '{node}'。
3. 确认此前是否排空过（即计划内重启）：select ts, username, verb, name from audit where resource = 'nodes' and name = '{node}' order by ts。
"""
quiet_when = "系统更新逐个重启节点"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('Rebooted', 'NodeRebooted')
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, node, kind, name,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, node, kind, name
),

-- A node that is cordoned before its reboot is rebooted on purpose.
cordons as (
    select cluster, name, max(ts) as cordoned_ts
    from event
    where reason = 'NodeNotSchedulable'
    group by cluster, name
),

places as (
    select objects.cluster, node,
        min(objects.name) as sample,
        count(*) as objects,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
        ) as is_open,
        coalesce(bool_and(
            cordoned_ts <= first_ts and cordoned_ts >= first_ts - interval '1 hour'
        ), false) as is_planned,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    left join cordons
        on objects.name = cordons.name
        and (objects.cluster is not distinct from cordons.cluster)
    group by objects.cluster, node
)
select cluster, node,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when is_planned then 'info' else 'medium' end as severity,
    row_ids
from places
-- The kubelet writes it once for each new boot id.
where count >= $failures
