/*
title    = "Role bound to everybody"
severity = "critical"
params   = { own = '^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)' }
finding  = "{username} bound {role} to {subject} through {resource}/{name}"
why      = "system:unauthenticated is the whole network, system:authenticated is every pod and every account of the cloud provider, system:serviceaccounts is every pod."
advice   = """
1. See the grant: select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' order by ts.
2. Delete it: kubectl delete {resource} {name}; bind the one account that needs it.
3. See who used it: select ts, username, source_ip, verb, resource, name from audit where decision_reason like '%{name}%' order by ts.
"""
quiet_when = "a discovery document is public on purpose"
tags     = ["rbac", "access"]
[zh]
title   = "角色绑定给了所有人"
finding = "{username} 通过 {resource}/{name} 将 {role} 绑定给 {subject}"
why     = "system:unauthenticated 等于整个网络，system:authenticated 包括所有 Pod 乃至云账号，system:serviceaccounts 包括所有 Pod。"
advice  = """
1. 查看授权内容：select ts, username, verb, name, request from audit where resource = '{resource}' and name = '{name}' order by ts。
2. 删除：kubectl delete {resource} {name}，改为绑定真正需要的单个账号。
3. 查看谁用过它：select ts, username, source_ip, verb, resource, name from audit where decision_reason like '%{name}%' order by ts。
"""
quiet_when = "有意公开服务发现文档"
*/
with grants as (
    select cluster, namespace, coalesce(username, 'unknown user') as username,
        resource, coalesce(name, '?') as name, ts, row_id,
        coalesce(request->'roleRef'->>'name', response->'roleRef'->>'name', '?') as role,
        -- A JSON patch adds one subject; other requests have them all.
        coalesce(
            request->>'subjects',
            regexp_match(
                request, '"path":\s*"/subjects/[^{]*"value":\s*(\{[^}]*\})'
            )[1],
            response->>'subjects', ''
        ) as subjects
    from audit
    where resource in ('clusterrolebindings', 'rolebindings')
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The control plane binds its own default roles.
        and not regexp_like(coalesce(username, ''), $own)
),

-- One row for each subject, by the name with which it logs in.
subjects as (
    select *,
        coalesce(
            'system:serviceaccount:'
            || regexp_match(subject_json, '"namespace":\s*"([^"]*)"')[1] || ':',
            ''
        ) || regexp_match(subject_json, '"name":\s*"([^"]*)"')[1] as subject
    from (
        select *,
            unnest(
                string_to_array(
                    regexp_replace(subjects, '\}\s*,\s*\{', '}|{', 'g'), '|'
                )
            ) as subject_json
        from grants
    )
)
select cluster, namespace, username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct row_id) as count,
    min(resource) as resource,
    max(role) as role,
    array_to_string(array_sort(array_agg(distinct subject)), ', ') as subject,
    -- Pods are inside already; the network is not.
    case
        when bool_or(regexp_like(subject, '^system:(anonymous|unauthenticated)$'))
        then 'critical' else 'high'
    end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from subjects
where regexp_like(
        subject, '^system:(anonymous|unauthenticated|authenticated|serviceaccounts)$'
    )
group by cluster, namespace, username, name
