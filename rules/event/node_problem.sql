/*
title    = "Kernel, disk or runtime of a node is faulty"
severity = "high"
params   = { failures = 1 }
finding  = "Node {node}: {problem}, {count} reports, {state}: {message}"
why      = "node-problem-detector reads the kernel's log: such problems are seldom cured by restarting a pod."
advice   = """
1. Move the work away first: kubectl drain {node} --ignore-daemonsets.
2. Read the kernel's log: dmesg -T | tail -200 on {node}.
3. See what the node wrote: select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts.
"""
quiet_when = "a known driver writes a harmless trace"
tags     = ["node", "kernel", "disk"]
[zh]
title   = "节点内核、磁盘或运行时故障"
finding = "节点 {node}：{problem}，上报 {count} 次，{state_zh}：{message}"
why     = "node-problem-detector 读取内核日志，其上报的问题很少能靠重启 Pod 解决。"
advice  = """
1. 先迁移负载：kubectl drain {node} --ignore-daemonsets。
2. 在 {node} 上查看内核日志：dmesg -T | tail -200。
3. 查看该节点的事件：select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts。
"""
quiet_when = "已知驱动会输出无害的堆栈"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        reason as problem,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where kind = 'Node'
        and reason in (
            'KernelOops', 'TaskHung', 'KernelDeadlock', 'DockerHung',
            'FilesystemIsReadOnly', 'ReadonlyFilesystem', 'CorruptDockerImage',
            'CorruptDockerOverlay2', 'UnregisterNetDevice', 'Ext4Error',
            'Ext4Warning', 'IOError', 'MemoryReadError', 'FrequentKubeletRestart',
            'FrequentDockerRestart', 'FrequentContainerdRestart',
            'ContainerRuntimeUnhealthy', 'KubeletUnhealthy', 'ContainerdUnhealthy'
        )
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, node, kind, name,
        first_value(problem order by last_ts desc, problem)
            filter (where problem is not null) as problem,
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
            first_value(problem order by repeats desc, problem)
                filter (where problem is not null),
            '-'
        ) as problem,
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
    sample, objects, problem, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    row_ids
from places
-- A healthy kernel never writes these.
where count >= $failures
