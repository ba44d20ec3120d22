/*
title    = "Kubelet keeps restarting"
severity = "medium"
params   = { failures = 5, open = 4 }
finding  = "Kubelet of node {node} started {count} times, {state} (last {last_ts})"
why      = "While the kubelet is down no pod of the node is started, stopped or probed."
advice   = """
1. Read why it ends: journalctl -u kubelet -e on {node}.
2. See what else the node wrote: select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts.
3. Compare its configuration and certificates with a healthy node.
"""
quiet_when = "the kubelet is reconfigured several times while a node is set up"
tags     = ["node", "kubelet"]
[zh]
title   = "kubelet 反复重启"
finding = "节点 {node} 的 kubelet 启动 {count} 次，{state_zh}（最近一次 {last_ts}）"
why     = "kubelet 停止期间，该节点上的 Pod 无法被启动、停止或探测。"
advice  = """
1. 查看退出原因：在 {node} 上执行 journalctl -u kubelet -e。
2. 查看该节点的其他事件：select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts。
3. 与健康节点对比其配置与证书。
"""
quiet_when = "节点初始化时多次重配 kubelet"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where kind = 'Node'
        and reason = 'Starting'
        and message like 'Starting kubelet%'
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

places as (
    select cluster, node,
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
    group by cluster, node
)
select cluster, node,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- A node that is set up starts it two or three times. A failure at the end of the
-- logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
