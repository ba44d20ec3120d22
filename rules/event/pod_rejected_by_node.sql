/*
title    = "Kubelet rejects pods that were scheduled to it"
severity = "high"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload}: {objects} pods rejected by node {rejecting_node}, {state}: {message}"
why      = "The scheduler and the kubelet disagree about what is free: devices, aligned CPUs, ports or a label. The controller creates pod after pod, each rejected at once."
advice   = """
1. Read what was missing in the message; for devices look at the device plugin's pod on the node.
2. Count the failed pods and remove them: kubectl delete pods -n {namespace} --field-selector status.phase=Failed.
3. Keep new pods away until it is mended: kubectl cordon {rejecting_node}.
"""
quiet_when = "a node has just restarted and its device plugin registers again"
tags     = ["node", "scheduling", "gpu"]
[zh]
title   = "kubelet 拒绝已调度的 Pod"
finding = "{namespace}/{workload}：{objects} 个 Pod 被节点 {rejecting_node} 拒绝，{state_zh}：{message}"
why     = "调度器与 kubelet 对剩余资源的认识不一致（设备、对齐的 CPU、端口或标签）；控制器会不断创建又立即被拒绝的 Pod。"
advice  = """
1. 从报错判断缺什么；若为设备，检查该节点上 device plugin 的 Pod。
2. 统计并清理失败的 Pod：kubectl delete pods -n {namespace} --field-selector status.phase=Failed。
3. 修复前避免新 Pod 调度到该节点：kubectl cordon {rejecting_node}。
"""
quiet_when = "节点刚重启，device plugin 正在重新注册"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, node, message,
        node as rejecting_node,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'TopologyAffinityError', 'UnexpectedAdmissionError', 'OutOfcpu',
            'OutOfmemory', 'OutOfpods', 'OutOfephemeral-storage', 'NodeAffinity',
            'NodePorts', 'HostPortConflict', 'SysctlForbidden', 'AppArmor',
            'PodOSNotSupported', 'NodeShutdown'
        )
    group by cluster, namespace, workload, kind, name, pod, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
        case when min(node) = max(node) then min(node) end as node,
        first_value(rejecting_node order by last_ts desc, rejecting_node)
            filter (where rejecting_node is not null) as rejecting_node,
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
        case when min(node) = max(node) then min(node) end as node,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(rejecting_node order by repeats desc, rejecting_node)
                filter (where rejecting_node is not null),
            '-'
        ) as rejecting_node,
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
)
select cluster, namespace, workload, pod, node,
    sample, objects, rejecting_node, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when count >= $failures then 'high' else 'low' end as severity,
    row_ids
from places
-- A race between two pods for the last place is settled by the next one. A failure
-- at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
