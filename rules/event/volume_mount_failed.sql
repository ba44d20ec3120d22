/*
title    = "Volume cannot be attached or mounted"
severity = "high"
params   = { failures = 6 }
finding  = "{namespace}/{workload}: a volume failed to mount {count} times"
why      = "The pod stays in ContainerCreating until its volume is there. Usual causes: the disk still hangs on another node, the storage driver is down, or the claim was changed or deleted."
advice   = """
1. Read the message: Multi-Attach means that the old node still holds the disk, DeadlineExceeded that the driver does not answer.
2. Look at the claim and the driver: kubectl describe pvc -n NAMESPACE; kubectl get volumeattachments; kubectl get pods -n kube-system | grep csi.
3. Look for a change of storage before it: select ts, username, verb, resource, name from audit where operation = 'storage' order by ts.
"""
quiet_when = "a node was lost less than ten minutes ago and its disks are being released"
tags     = ["storage"]
[zh]
title   = "存储卷挂载失败"
finding = "{namespace}/{workload} 的存储卷挂载失败 {count} 次"
why     = "卷未就绪时 Pod 会一直停在 ContainerCreating。常见原因：云盘仍挂在旧节点、存储驱动异常，或 PVC 被修改、删除。"
advice  = """
1. 先看报错：Multi-Attach 表示旧节点仍占用云盘，DeadlineExceeded 表示驱动无响应。
2. 检查 PVC 与驱动：kubectl describe pvc -n NAMESPACE；kubectl get volumeattachments；kubectl get pods -n kube-system | grep csi。
3. 查看此前的存储变更：select ts, username, verb, resource, name from audit where operation = 'storage' order by ts。
"""
quiet_when = "节点刚故障不到十分钟，云盘正在释放"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload, pod, name, node,
        message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'ProvisioningFailed'
        )
        -- A missing ConfigMap or Secret belongs to event/config_error; "not
        -- registered" is a race inside a starting kubelet.
        and not regexp_like(
            message, '(?i)(configmap|secret).*(not found|non-existent)|not registered'
        )
    group by cluster, namespace, workload, pod, name, node, message, attrs->>'event_uid'
)
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(node) = max(node) then min(node) end as node,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(repeats) as count,
    first_value(message order by last_ts desc, message) as message,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from series
group by cluster, namespace, workload
-- The kubelet doubles its wait from half a second: the sixth failure comes about 15 s
-- after the first. Detaching a volume from a stopped pod takes less.
having sum(repeats) >= $failures
