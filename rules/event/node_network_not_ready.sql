/*
title    = "Node has no working pod network"
severity = "medium"
params   = { failures = 40, open = 3 }
finding  = "Node {node}: pod network not ready, {count} refusals for {objects} pods, {state}: {message}"
why      = "No new pod with a network of its own can start on the node until its network plugin works."
advice   = """
1. Look at the network plugin's pod on that node: kubectl get pods -A -o wide --field-selector spec.nodeName={node}.
2. See what the node wrote: select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts.
3. Check that /etc/cni/net.d has a configuration and that the plugin's DaemonSet tolerates the node's taints.
"""
quiet_when = "a new node waits a minute for its network plugin"
tags     = ["node", "network"]
[zh]
title   = "节点 Pod 网络未就绪"
finding = "节点 {node}：Pod 网络未就绪，{objects} 个 Pod 共被拒绝 {count} 次，{state_zh}：{message}"
why     = "在网络插件恢复之前，该节点无法启动任何使用 Pod 网络的新 Pod。"
advice  = """
1. 查看该节点上网络插件的 Pod：kubectl get pods -A -o wide --field-selector spec.nodeName={node}。
2. 查看该节点的事件：select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts。
3. 确认 /etc/cni/net.d 下有配置，且插件的 DaemonSet 能容忍该节点的污点。
"""
quiet_when = "新节点等待网络插件就绪约一分钟"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'NetworkNotReady'
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
-- A node that joins refuses each pod a dozen times within its first minute. A failure
-- at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
