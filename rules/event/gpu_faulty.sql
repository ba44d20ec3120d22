/*
title    = "GPU of a node is faulty or gone"
severity = "high"
params   = { failures = 1 }
finding  = "Node {node}: GPU fault, {count} reports, {state}: {message}"
why      = "A GPU with an XID error or without a driver fails every process on it; jobs are started there again and again."
advice   = """
1. Keep new pods away: kubectl cordon {node}.
2. On the node: nvidia-smi -q -d ECC,ROW_REMAPPER; dmesg -T | grep -i xid.
3. See whose jobs are hit: select distinct namespace, workload from event where node = '{node}'.
"""
quiet_when = "the driver is being updated on a drained node"
tags     = ["gpu", "node"]
[zh]
title   = "节点 GPU 故障或丢失"
finding = "节点 {node}：GPU 故障，上报 {count} 次，{state_zh}：{message}"
why     = "出现 XID 错误或驱动丢失的 GPU 会使其上的进程全部失败，而任务仍会反复调度到该节点。"
advice  = """
1. 先避免新 Pod 调度：kubectl cordon {node}。
2. 在节点上执行：nvidia-smi -q -d ECC,ROW_REMAPPER；dmesg -T | grep -i xid。
3. 查看受影响的任务：select distinct namespace, workload from event where node = '{node}'。
"""
quiet_when = "已排空的节点正在升级驱动"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where type = 'Warning'
        and regexp_like(
            message,
            '(?i)\bxid\b|NVRM|NVML|nvidia-container-cli'
            || '|gpu has fallen off the bus|uncorrectable ECC|DCGM health'
        )
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
    row_ids
from places
-- A healthy GPU never reports these.
where count >= $failures
