/*
title    = "Workload deleted or scaled to zero by hand"
severity = "high"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)", restored_minutes = 10 }
finding  = "{username} took down {names}{place}"
why      = "What was deleted or scaled to zero stops serving at once, and with a volume claim or a namespace its data may go too."
advice   = """
1. Ask the person named, or see their whole session: select ts, verb, resource, namespace, name, code from audit where username = '{username}' order by ts.
2. Restore from the repository: kubectl apply, or kubectl scale to the number of replicas before.
3. For a deleted volume claim check at once whether the volume is still there (reclaim policy Retain) before anything reuses it.
"""
quiet_when = "an announced decommissioning"
tags     = ["change", "availability"]
[zh]
title   = "人工删除工作负载或缩容至零"
finding = "{username} {place_zh}下线了 {count} 个对象（{names}）"
why     = "被删除或缩容至零的工作负载会立即停止服务；若涉及 PVC 或命名空间，数据也可能一并丢失。"
advice  = """
1. 向操作人确认，或查看其完整操作记录：select ts, verb, resource, namespace, name, code from audit where username = '{username}' order by ts。
2. 从代码仓库恢复：kubectl apply，或 kubectl scale --replicas=N。
3. 若删除了 PVC，请先确认底层卷是否仍在（回收策略 Retain），避免被覆盖。
"""
quiet_when = "计划内的下线"
*/
with changes as (
    select cluster, namespace, resource, ts, row_id, username, verb,
        coalesce(name, request->'metadata'->>'name') as name,
        request->'spec'->>'replicas' as replicas
    from audit
    where resource in (
            'deployments', 'statefulsets', 'daemonsets', 'services', 'ingresses',
            'persistentvolumeclaims', 'namespaces'
        )
        and (subresource is null or subresource in ('', 'scale'))
        and verb in ('delete', 'deletecollection', 'create', 'patch', 'update')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        -- Controllers and service accounts delete objects routinely; people do not.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
        and coalesce(uri, '') not like '%dryRun=%'
),

removals as (
    select * from changes
    where verb in ('delete', 'deletecollection')
        or (resource in ('deployments', 'statefulsets') and replicas = '0')
),

restorations as (
    select * from changes
    where verb = 'create' or (verb in ('patch', 'update') and replicas <> '0')
)
select removals.cluster, removals.namespace, removals.username,
    case
        when bool_and(removals.resource in ('deployments', 'statefulsets', 'daemonsets'))
            and min(removals.name) = max(removals.name)
        then min(removals.name)
    end as workload,
    min(removals.ts) as first_ts,
    max(removals.ts) as last_ts,
    count(*) as count,
    coalesce(' in ' || removals.namespace, '') as place,
    coalesce('在 ' || removals.namespace || ' ', '') as place_zh,
    array_to_string(
        array_sort(array_agg(
            distinct removals.resource || '/' || coalesce(removals.name, 'all')
        )),
        ', '
    ) as names,
    -- Deleting claims and namespaces deletes data.
    case
        when bool_or(removals.resource in ('persistentvolumeclaims', 'namespaces'))
        then 'critical' else 'high'
    end as severity,
    (array_agg(removals.row_id order by removals.ts, removals.row_id))[1:5] as row_ids
from removals
left join restorations
    on removals.namespace = restorations.namespace
    and removals.resource = restorations.resource
    and removals.name = restorations.name
    and (removals.cluster is not distinct from restorations.cluster)
    and restorations.ts >= removals.ts
    -- An object that is back within ten minutes was replaced or restarted.
    and date_part('epoch', restorations.ts) - date_part('epoch', removals.ts)
        <= $restored_minutes * 60
where restorations.row_id is null
group by removals.cluster, removals.namespace, removals.username
