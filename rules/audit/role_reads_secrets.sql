/*
title    = "Role that reads Secrets"
severity = "medium"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} {how} {resource}/{name}, which reads Secrets ({verbs})"
why      = "List and watch return the contents of all Secrets in reach, tokens of other accounts included; names do not protect them."
advice   = """
1. See the rules: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts.
2. See who holds it: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}.
3. Grant get with resourceNames for the Secrets in use, or mount them into the pod.
"""
quiet_when = "an operator that manages certificates or credentials is installed"
tags     = ["rbac", "secret"]
[zh]
title   = "角色可读取 Secret"
finding = "{username} {how_zh}了 {resource}/{name}，可读取 Secret（{verbs}）"
why     = "list 与 watch 会返回范围内全部 Secret 的内容，包括其他账号的令牌，限定名称也无济于事。"
advice  = """
1. 查看规则内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts。
2. 查看谁持有它：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}。
3. 只授予带 resourceNames 的 get，或改为挂载到 Pod。
"""
quiet_when = "安装管理证书或凭据的 Operator"
*/
with items as (
    -- One row for each entry of the role's rules.
    select cluster, namespace, username, resource, name, verb, ts, row_id,
        unnest(
            string_to_array(
                regexp_replace(request->>'rules', '\}\s*,\s*\{', '}|{', 'g'), '|'
            )
        ) as item
    from audit
    where resource in ('roles', 'clusterroles')
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The control plane keeps its own default roles up to date.
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct row_id) as count,
    case
        when bool_or(verb = 'create') then 'created' else 'changed'
    end as how,
    case when bool_or(verb = 'create') then '新建' else '修改' end as how_zh,
    min(resource) as resource,
    max(regexp_match(item, '"verbs":\s*\[([^\]]*)\]')[1]) as verbs,
    -- In a ClusterRole the Secrets of kube-system are in reach too.
    case
        when min(resource) = 'clusterroles' then 'medium' else 'low'
    end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from items
where regexp_like(item, '"secrets"')
    and regexp_like(item, '"verbs":\s*\[[^\]]*"(get|list|watch|[*])"')
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
