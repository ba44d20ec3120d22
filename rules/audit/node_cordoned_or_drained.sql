/*
title    = "Nodes cordoned, drained or removed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)", nodes = 1 }
finding  = "{username} {did} ({names}){evicted}"
why      = "Capacity shrinks and pods move. Workloads with one replica or without a disruption budget are down meanwhile, and pending pods may find no place."
advice   = """
1. See whether the nodes are back in service: kubectl get nodes | grep SchedulingDisabled.
2. See what suffered: select ts, namespace, workload, reason from event where reason in ('FailedScheduling', 'Killing', 'Unhealthy') order by ts.
3. When the work is done: {undo}. Give single-replica workloads a PodDisruptionBudget.
"""
quiet_when = "announced maintenance"
tags     = ["change", "node"]
[zh]
title   = "人工封锁、驱逐或移除节点"
finding = "{username} {did_zh}（{names}）{evicted_zh}"
why     = "可用容量减少，Pod 被迁移；单副本或没有 PDB 的工作负载会中断，待调度的 Pod 可能无处可去。"
advice  = """
1. 确认节点是否已恢复调度：kubectl get nodes | grep SchedulingDisabled。
2. 查看受影响的工作负载：select ts, namespace, workload, reason from event where reason in ('FailedScheduling', 'Killing', 'Unhealthy') order by ts。
3. 维护结束后：{undo_zh}；并为单副本工作负载配置 PodDisruptionBudget。
"""
quiet_when = "计划内维护"
*/
with actions as (
    select cluster, username, name, ts, row_id, verb,
        case when resource = 'nodes' then name end as target,
        case when subresource = 'eviction' then namespace || '/' || name end as moved
    from audit
    where coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
        and coalesce(uri, '') not like '%dryRun=%'
        and (
            (resource = 'nodes' and verb = 'delete')
            -- kubectl sends a merge patch; other tools send a JSON patch, which is an
            -- array.
            or (
                resource = 'nodes'
                and verb in ('patch', 'update')
                and (
                    (request->'spec'->>'unschedulable') = 'true'
                    or regexp_like(
                        request, '"path":\s*"/spec/unschedulable",\s*"value":\s*true'
                    )
                )
            )
            or (resource = 'pods' and subresource = 'eviction' and verb = 'create')
        )
)
select cluster, username,
    case when min(target) = max(target) then min(target) end as node,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct target) as count,
    array_to_string(
        array_sort(array_agg(distinct target) filter (where target is not null)), ' '
    ) as names,
    count(distinct moved) as evictions,
    case
        when not bool_or(target is not null and verb <> 'delete')
        then 'deleted nodes from the cluster' else 'took nodes out of service'
    end as did,
    case
        when not bool_or(target is not null and verb <> 'delete')
        then '从集群中删除了节点' else '将节点移出服务'
    end as did_zh,
    case
        when count(distinct moved) > 0
        then ', pods evicted: ' || count(distinct moved) else ''
    end as evicted,
    case
        when count(distinct moved) > 0
        then '，驱逐 Pod 数：' || count(distinct moved) else ''
    end as evicted_zh,
    -- A deleted node comes back when its kubelet registers again.
    case
        when not bool_or(target is not null and verb <> 'delete')
        then 'restart the kubelet there (systemctl restart kubelet) to register it again'
        else 'kubectl uncordon ' || string_agg(distinct target, ' ')
    end as undo,
    case
        when not bool_or(target is not null and verb <> 'delete')
        then '在该机器上重启 kubelet（systemctl restart kubelet）以重新注册'
        else 'kubectl uncordon ' || string_agg(distinct target, ' ')
    end as undo_zh,
    -- A deleted node does not return by itself.
    case
        when bool_or(target is not null and verb = 'delete') then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from actions
group by cluster, username
-- One node is enough for workloads with a single replica; evictions alone do not count.
having count(distinct target) >= $nodes
