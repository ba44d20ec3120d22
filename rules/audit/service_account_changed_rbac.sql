/*
title    = "Service account changed roles or bindings"
severity = "medium"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)", automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed access by itself: {names}"
why      = "Accounts of pods seldom manage rights; one that does for the first time may be a token in other hands."
advice   = """
1. See all that it did: select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' and verb not in ('get', 'list', 'watch') order by ts.
2. If it is an operator, limit its role to the objects it makes; if not, delete its bindings and the pod that uses it.
"""
quiet_when = "an operator that creates roles is installed or upgraded"
tags     = ["rbac", "token"]
[zh]
title   = "ServiceAccount 修改了角色或绑定"
finding = "{username} 自行修改了权限对象：{names}"
why     = "Pod 的账号很少管理权限；首次出现此行为时，令牌可能已落入他人之手。"
advice  = """
1. 查看其全部写操作：select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' and verb not in ('get', 'list', 'watch') order by ts。
2. 若为 Operator，将其角色限定在所创建的对象；否则删除其绑定与使用它的 Pod。
"""
quiet_when = "安装或升级会创建角色的 Operator"
*/
with known as (
    -- Operators and pipelines that always did so are known.
    select distinct username as known_user
    from history.audit
    where resource in ('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings')
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and code < 300
)
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(
            array_agg(distinct verb || ' ' || resource || '/' || coalesce(name, 'all'))
        ), ', '
    ) as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
left join known on audit.username = known.known_user
where resource in ('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings')
    and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
    and username like 'system:serviceaccount:%'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not regexp_like(coalesce(username, ''), $own)
    and not regexp_like(username, $automation)
    and known.known_user is null
group by cluster, username
