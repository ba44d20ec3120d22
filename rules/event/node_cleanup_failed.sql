/*
title    = "Node cannot free disk space"
severity = "medium"
params   = { failures = 2, open = 1 }
finding  = "Node {node} cannot free disk space: {count} failures, {state}: {message}"
why      = "Garbage collection of images and dead containers is the last step before the kubelet evicts pods."
advice   = """
1. See what fills the disk: df -h; du -xsh /var/lib/containerd /var/log/pods on {node}.
2. See what the node wrote: select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts.
3. Free space by hand: crictl rmi --prune; then find the pod that writes most.
"""
quiet_when = "the image file system is not known yet in the first minutes of a node"
tags     = ["node", "disk"]
[zh]
title   = "节点无法回收磁盘空间"
finding = "节点 {node} 回收磁盘失败 {count} 次，{state_zh}：{message}"
why     = "镜像与已退出容器的垃圾回收是 kubelet 驱逐 Pod 之前的最后手段。"
advice  = """
1. 在 {node} 上查看占用：df -h；du -xsh /var/lib/containerd /var/log/pods。
2. 查看该节点的事件：select ts, reason, message from event where node = '{node}' or kind = 'Node' and name = '{node}' order by ts。
3. 手工清理：crictl rmi --prune；再定位写入量大的 Pod。
"""
quiet_when = "节点刚启动的几分钟内尚无镜像文件系统信息"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, node, kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('ImageGCFailed', 'FreeDiskSpaceFailed', 'ContainerGCFailed')
        and not regexp_like(
            message,
            '(?i)invalid capacity 0|unable to find data in memory cache'
            || '|non-existent label'
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
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- It runs every five minutes; twice in a row means that nothing can be freed. A failure
-- at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
