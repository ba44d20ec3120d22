/*
title    = "Role with write rights"
severity = "low"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} {how} {resource}/{name} with write rights: {verbs} of {kinds}"
why      = "New write rights are the first half of most changes that nobody remembers; it is good to know since when they exist."
advice   = """
1. See the rules: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts.
2. See who holds it: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}.
3. Compare with what was used after a week and take the rest away.
"""
quiet_when = "roles are part of every release"
tags     = ["rbac", "inventory"]
[zh]
title   = "角色包含写权限"
finding = "{username} {how_zh}了 {resource}/{name}，包含对 {kinds} 的写权限：{verbs}"
why     = "许多无人记得的变更都始于一次授权，记录写权限的起始时间便于追溯。"
advice  = """
1. 查看规则内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' and request is not null order by ts。
2. 查看谁持有它：kubectl get clusterrolebindings,rolebindings -A -o wide | grep -w {name}。
3. 一周后对照实际用量，收回多余权限。
"""
quiet_when = "角色随每次发布一同下发"
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
    coalesce(
        array_to_string(
            (array_sort(array_agg(distinct
                replace(regexp_match(item, '"resources":\s*\[([^\]]*)\]')[1], '"', '')
            )))[1:6], ', '
        ), '?'
    ) as kinds,
    -- Webhooks see and change every object; a new pod takes any account of its namespace.
    case
        when bool_or(
            regexp_like(
                item,
                '"((mutating|validating)webhookconfigurations'
                || '|validatingadmissionpolic(ies|ybindings))"'
            )
        ) then 'high'
        when min(resource) = 'clusterroles' and bool_or(
            regexp_like(item, '"verbs":\s*\[[^\]]*"(create|[*])"')
            and regexp_like(
                item,
                '"(pods|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs)"'
            )
        ) then 'medium'
        else 'low'
    end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from items
where regexp_like(
        item, '"verbs":\s*\[[^\]]*"(create|update|patch|delete|deletecollection|[*])"'
    )
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
