/*
title    = "Role with wildcards"
severity = "high"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} {how} {resource}/{name} with wildcards in {where_wild}"
why      = "A wildcard also covers later additions: new resources, subresources such as pods/exec, new verbs. With both it is cluster-admin."
advice   = """
1. See the rules: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts.
2. See who holds it: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}.
3. Write out the verbs and resources that were used: select verb, resource, count(*) from audit where decision_reason like '%"{name}"%' group by 1, 2 order by 3 desc.
"""
quiet_when = "an operator with such a role is installed as announced"
tags     = ["rbac", "escalation"]
[zh]
title   = "角色包含通配符权限"
finding = "{username} {how_zh}了 {resource}/{name}，其 {where_wild} 使用通配符"
why     = "通配符会自动包含今后新增的资源、pods/exec 等子资源与动作；两者都用通配符即等同 cluster-admin。"
advice  = """
1. 查看规则内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts。
2. 查看谁持有它：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}。
3. 按实际用量列出所需动作与资源：select verb, resource, count(*) from audit where decision_reason like '%"{name}"%' group by 1, 2 order by 3 desc。
"""
quiet_when = "按计划安装需要该角色的 Operator"
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
    concat_ws(
        ', ',
        case when bool_or(regexp_like(item, '"verbs":\s*\[[^\]]*"[*]"')) then 'verbs' end,
        case
            when bool_or(regexp_like(item, '"resources":\s*\[[^\]]*"[*]"'))
            then 'resources'
        end
    ) as where_wild,
    -- All verbs on all resources is cluster-admin under another name.
    case
        when bool_or(
            regexp_like(item, '"verbs":\s*\[[^\]]*"[*]"')
            and regexp_like(item, '"resources":\s*\[[^\]]*"[*]"')
        )
        then 'critical' else 'high'
    end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from items
where regexp_like(item, '"(resources|verbs)":\s*\[[^\]]*"[*]"')
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
