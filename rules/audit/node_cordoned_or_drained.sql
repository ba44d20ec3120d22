/*
title    = "Nodes cordoned, drained or removed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)", nodes = 1 }
finding  = "{username} took {count} nodes out of service ({names}), evicting {evictions} pods"
why      = "Capacity shrinks and pods move. Workloads with one replica or without a disruption budget are down meanwhile, and pending pods may find no place."
advice   = """
1. See whether the nodes are back in service: kubectl get nodes | grep SchedulingDisabled.
2. See what suffered: select ts, namespace, workload, reason from event where reason in ('FailedScheduling', 'Killing', 'Unhealthy') order by ts.
3. When the work is done: kubectl uncordon {names}. Give single-replica workloads a PodDisruptionBudget.
"""
quiet_when = "announced maintenance"
tags     = ["change", "node"]
[zh]
title   = "人工封锁、驱逐或移除节点"
finding = "{username} 将 {count} 个节点移出服务（{names}），驱逐 {evictions} 个 Pod"
why     = "可用容量减少，Pod 被迁移；单副本或没有 PDB 的工作负载会中断，待调度的 Pod 可能无处可去。"
advice  = """
1. 确认节点是否已恢复调度：kubectl get nodes | grep SchedulingDisabled。
2. 查看受影响的工作负载：select ts, namespace, workload, reason from event where reason in ('FailedScheduling', 'Killing', 'Unhealthy') order by ts。
3. 维护结束后执行 kubectl uncordon {names}，并为单副本工作负载配置 PodDisruptionBudget。
"""
quiet_when = "计划内维护"
*/
with actions as (
    select cluster, username, name, ts, row_id, verb,
        case when resource = 'nodes' then name end as target,
        case when subresource = 'eviction' then namespace || '/' || name end as evicted
    from audit
    where coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and username not like 'system:%'
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
    count(distinct evicted) as evictions,
    -- A deleted node does not return by itself.
    case
        when bool_or(target is not null and verb = 'delete') then 'high' else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from actions
group by cluster, username
-- One node is enough for workloads with a single replica; evictions alone do not count.
having count(distinct target) >= $nodes
