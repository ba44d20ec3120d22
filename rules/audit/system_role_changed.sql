/*
title    = "Built-in role changed"
severity = "critical"
params   = { addons = "^system:(coredns|kube-dns|metrics-server|aggregated-metrics-reader|managed-certificate-controller)", own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} {did} the built-in role {name}"
why      = "Components of the cluster live on its system: roles, people on view, edit and admin. One right less stops scheduling or scaling, one more reaches every holder at once."
advice   = """
1. See the change: select ts, username, verb, name, request from audit where name = '{name}' and resource in ('roles', 'clusterroles') order by ts.
2. Restart the API server with the annotation rbac.authorization.kubernetes.io/autoupdate set to true: it restores its default roles.
3. Put rights of your own into a role of your own.
"""
quiet_when = "an add-on that names its role system:… is upgraded"
tags     = ["rbac", "escalation"]
[zh]
title   = "内置角色被修改"
finding = "{username} {did_zh}了内置角色 {name}"
why     = "集群组件依赖 system: 角色，人员依赖 view、edit、admin：少一项权限，调度或伸缩就会停摆；多一项，则所有持有者同时获得。"
advice  = """
1. 查看改动：select ts, username, verb, name, request from audit where name = '{name}' and resource in ('roles', 'clusterroles') order by ts。
2. 保持注解 rbac.authorization.kubernetes.io/autoupdate 为 true 并重启 API Server，默认角色会自动恢复。
3. 自定义权限请放入自己的角色。
"""
quiet_when = "升级自带 system: 前缀角色的插件"
*/
select cluster, coalesce(username, 'unknown user') as username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case when bool_or(verb like 'delete%') then 'deleted' else 'changed' end as did,
    case when bool_or(verb like 'delete%') then '删除' else '修改' end as did_zh,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in ('roles', 'clusterroles')
    and verb in ('update', 'patch', 'delete', 'deletecollection')
    -- The roles for people are held by many, under every team's bindings.
    and (
        name like 'system:%'
        or resource = 'clusterroles'
        and name in ('cluster-admin', 'admin', 'edit', 'view')
    )
    -- Add-ons that are installed like any other and name their role so.
    and not regexp_like(name, $addons)
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, coalesce(username, 'unknown user'), name
