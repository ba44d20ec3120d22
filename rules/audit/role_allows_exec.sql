/*
title    = "Role that opens shells in pods"
severity = "high"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} {how} {resource}/{name}, which allows {opens}"
why      = "Whoever may exec, attach, forward ports or add debug containers acts with the accounts, secrets and network of every pod in reach."
advice   = """
1. See the rules: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts.
2. See who holds it: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}.
3. See whether it was used: select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts.
4. Grant it in one namespace, for a while, to the people on call.
"""
quiet_when = "a role for the people on call is set up"
tags     = ["rbac", "exec"]
[zh]
title   = "角色允许进入 Pod"
finding = "{username} {how_zh}了 {resource}/{name}，允许 {opens}"
why     = "能 exec、attach、端口转发或加调试容器的人，就能使用范围内所有 Pod 的账号、密钥与网络。"
advice  = """
1. 查看规则内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts。
2. 查看谁持有它：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}。
3. 查看是否已被使用：select ts, username, namespace, name, uri from audit where operation = 'exec' order by ts。
4. 仅对值班人员、在单个命名空间内、限时授予。
"""
quiet_when = "为值班人员建立角色"
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
    array_to_string(
        array_sort(array_agg(
            distinct regexp_match(
                item, '"(pods/(?:exec|attach|portforward|ephemeralcontainers|[*]))"'
            )[1]
        )),
        ', '
    ) as opens,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from items
where regexp_like(item, '"pods/(exec|attach|portforward|ephemeralcontainers|[*])"')
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
