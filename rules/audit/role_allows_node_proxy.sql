/*
title    = "Role that reaches kubelets"
severity = "high"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} {how} {resource}/{name}, which reaches the kubelets through {opens}"
why      = "Through nodes/proxy a caller runs commands in every pod of a node, past admission and the audit log of exec."
advice   = """
1. See the rules: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts.
2. See who holds it: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}.
3. See whether it was used: select ts, username, verb, name, uri from audit where resource = 'nodes' and subresource = 'proxy' order by ts.
4. For metrics grant nodes/metrics and nodes/stats in its place.
"""
quiet_when = "an old monitoring agent scrapes kubelets this way"
tags     = ["rbac", "escalation"]
[zh]
title   = "角色可访问 kubelet 代理接口"
finding = "{username} {how_zh}了 {resource}/{name}，可经 {opens} 访问 kubelet"
why     = "经 nodes/proxy 可在节点的任意 Pod 中执行命令，且不经过准入控制，也不会留下 exec 审计记录。"
advice  = """
1. 查看规则内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts。
2. 查看谁持有它：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}。
3. 查看是否已被使用：select ts, username, verb, name, uri from audit where resource = 'nodes' and subresource = 'proxy' order by ts。
4. 若只为采集指标，改授 nodes/metrics 与 nodes/stats。
"""
quiet_when = "旧版监控组件通过此方式采集 kubelet"
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
    coalesce(max(regexp_match(item, '"(nodes/(?:proxy|[*]))"')[1]), 'nodes, *') as opens,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from items
where regexp_like(item, '"nodes/(proxy|[*])"')
    -- A wildcard beside nodes includes its proxy.
    or regexp_like(
        item, '"resources":\s*\[[^\]]*("nodes"[^\]]*"[*]"|"[*]"[^\]]*"nodes")'
    )
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
