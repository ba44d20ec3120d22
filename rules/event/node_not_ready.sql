/*
title    = "Node not ready"
severity = "high"
params   = { times = 1 }
finding  = "Node {node} was not ready {count} times, {state} (last {last_ts})"
why      = "A node that stops reporting has its pods marked unready at once and evicted after five minutes. Everything on it fails together, so many errors of that minute may have this one cause."
advice   = """
1. See whether it came back, and in which state: kubectl describe node {node} (conditions and last heartbeat).
2. On the machine: systemctl status kubelet containerd; dmesg for disk or memory trouble.
3. List the workloads that ran on it: select distinct namespace, workload from event where node = '{node}'.
"""
quiet_when = "the node was rebooted or replaced in an announced maintenance"
tags     = ["node", "availability"]
[zh]
title   = "节点不可用"
finding = "节点 {node} 共 {count} 次进入 NotReady，{state_zh}（最近一次 {last_ts}）"
why     = "节点停止上报后，其上的 Pod 立即被标记为未就绪，五分钟后被驱逐；上面的服务会同时出错，同一时段的多处报错可能都源于此。"
advice  = """
1. 确认是否已恢复及原因：kubectl describe node {node}（查看 conditions 与最近心跳）。
2. 登录主机检查：systemctl status kubelet containerd，并用 dmesg 排查磁盘或内存故障。
3. 列出受影响的工作负载：select distinct namespace, workload from event where node = '{node}'。
"""
quiet_when = "计划内维护中重启或替换节点"
*/
with states as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, name as node, reason,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where kind = 'Node'
        and reason in (
            'NodeNotReady', 'NodeReady', 'RemovingNode', 'DeletingNode', 'ScaleDown',
            'NodeNotSchedulable'
        )
    group by cluster, name, reason
)
select cluster, node,
    min(case when reason = 'NodeNotReady' then first_ts end) as first_ts,
    max(case when reason = 'NodeNotReady' then last_ts end) as last_ts,
    sum(case when reason = 'NodeNotReady' then repeats else 0 end) as count,
    -- A node that is still not ready is an ongoing outage. Cordoned before and ready again
    -- means that the work on it was planned.
    case
        when sum(case when reason = 'NodeNotReady' then repeats else 0 end) = 1
            and max(case when reason = 'NodeNotSchedulable' then last_ts end)
                <= max(case when reason = 'NodeNotReady' then last_ts end)
            and max(case when reason = 'NodeNotSchedulable' then last_ts end)
                >= max(case when reason = 'NodeNotReady' then last_ts end) - interval '1 hour'
            and max(case when reason = 'NodeReady' then last_ts end)
                >= max(case when reason = 'NodeNotReady' then last_ts end)
        then 'info'
        when max(case when reason = 'NodeReady' then last_ts end)
            >= max(case when reason = 'NodeNotReady' then last_ts end)
        then 'high' else 'critical'
    end as severity,
    case
        when max(case when reason = 'NodeReady' then last_ts end)
            >= max(case when reason = 'NodeNotReady' then last_ts end)
        then 'recovered' else 'still not ready'
    end as state,
    case
        when max(case when reason = 'NodeReady' then last_ts end)
            >= max(case when reason = 'NodeNotReady' then last_ts end)
        then '已恢复' else '仍未就绪'
    end as state_zh,
    (array_agg(row_id order by first_ts, row_id)
        filter (where reason = 'NodeNotReady'))[1:5] as row_ids
from states
group by cluster, node
-- Nodes do not lose contact in normal operation, so once is enough. A node that the
-- autoscaler removes becomes NotReady too; it is not a fault.
having sum(case when reason = 'NodeNotReady' then repeats else 0 end) >= $times
    and not bool_or(reason in ('RemovingNode', 'DeletingNode', 'ScaleDown'))
