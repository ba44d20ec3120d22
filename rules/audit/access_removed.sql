/*
title    = "Roles, bindings or accounts deleted"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} deleted {names} in {place}"
why      = "Who relied on it is refused from then on: controllers stop working quietly, and pods of a deleted account cannot be made anew."
advice   = """
1. See the requests: select ts, verb, resource, name, namespace from audit where username = '{username}' and resource in ('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings', 'serviceaccounts') and verb like 'delete%' order by ts.
2. See who is refused since: select username, verb, resource, namespace, count(*) from audit where code = 403 group by 1, 2, 3, 4 order by 5 desc.
3. Restore the rights that are missed from the repository: kubectl apply.
"""
quiet_when = "a team or an application is removed as announced"
tags     = ["rbac", "change"]
[zh]
title   = "角色、绑定或账号被删除"
finding = "{username} 在 {place_zh} 删除了 {names}"
why     = "依赖它的主体此后会被拒绝：控制器悄悄停工，被删账号对应的 Pod 无法重建。"
advice  = """
1. 查看删除操作：select ts, verb, resource, name, namespace from audit where username = '{username}' and resource in ('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings', 'serviceaccounts') and verb like 'delete%' order by ts。
2. 查看此后谁被拒绝：select username, verb, resource, namespace, count(*) from audit where code = 403 group by 1, 2, 3, 4 order by 5 desc。
3. 从代码仓库恢复缺失的对象：kubectl apply。
"""
quiet_when = "按计划下线团队或应用"
*/
select cluster, namespace, username,
    coalesce(namespace, 'the whole cluster') as place,
    coalesce(namespace, '整个集群') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct resource || '/' || coalesce(name, 'all'))), ', '
    ) as names,
    -- Across the cluster more depends on it.
    case when namespace is null then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in (
        'roles', 'clusterroles', 'rolebindings', 'clusterrolebindings', 'serviceaccounts'
    )
    and verb in ('delete', 'deletecollection')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username
